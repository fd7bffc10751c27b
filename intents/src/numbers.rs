//! Numbers as words: a small engine for number-formatting rules, and the words of one language.
//!
//! Rules are data, in the notation of Unicode's rule-based number format (UTS #35, part "Numbers"),
//! one file a language in `intents/numbers`:
//!
//! ```text
//! %cardinal:            a set of rules; sets named %%… only serve others
//! 20: twenty[->>];      20 and up: the word, then the remainder in brackets if there is one
//! 100: << hundred[ >>]; << is how many hundreds, >> what is left
//! 1100>: << hundred;    each > divides by ten times less: by 100, not by 1000
//! 60: =%other=;         the same number by another set
//! x.x: << point >>;     numbers with a fraction
//! ```
//!
//! A word is understood when any public set spells a number so, also with blanks for hyphens.

use std::collections::BTreeSet;

use nom::branch::alt;
use nom::bytes::complete::{tag, take_until, take_while, take_while1};
use nom::character::complete::{char, digit1, multispace0, space0};
use nom::combinator::{map, map_res, opt, value};
use nom::multi::{many0, many0_count};
use nom::sequence::{delimited, preceded, terminated};
use nom::{Finish, IResult, Parser};

use crate::normal::fold;
use crate::trie::Trie;

/// The rules of the languages we know: a new one is a line here and its file.
const RULES: &[(&str, &str)] = &[
    ("en", include_str!("../numbers/en.txt")),
    ("ko", include_str!("../numbers/ko.txt")),
];

/// How deep rules may call each other; deeper is no number.
const MAX_CALLS: usize = 24;

/// The number words of one language.
#[derive(Debug, Default)]
pub(crate) struct NumberWords {
    trie: Trie,
    numbers: Vec<f64>,
}

impl NumberWords {
    /// The words of a language for these numbers; none for a language without rules.
    #[must_use]
    pub(crate) fn new(language: &str, wanted: &BTreeSet<i64>) -> Self {
        let family = language.split(['-', '_']).next().unwrap_or_default();
        let Some((_, text)) = RULES.iter().find(|(code, _)| *code == family) else {
            return Self::default();
        };
        let Some(rules) = Rules::parse(text) else {
            return Self::default();
        };
        let mut words = Vec::new();
        let mut numbers = Vec::new();
        for tenths in wanted {
            let index = u32::try_from(numbers.len()).unwrap_or(u32::MAX);
            for spelled in rules.spell(*tenths) {
                let folded: Vec<char> = spelled.chars().map(fold).collect();
                let apart = folded.iter().map(|c| if *c == '-' { ' ' } else { *c });
                words.push((apart.collect(), index));
                words.push((folded, index));
            }
            #[allow(clippy::cast_precision_loss)] // ranges of commands are far below 2^53
            numbers.push(*tenths as f64 / 10.0);
        }
        Self {
            trie: Trie::new(words),
            numbers,
        }
    }

    /// Calls `found(end, number)` for every number word that begins at `start`.
    pub(crate) fn at(&self, text: &[char], start: usize, mut found: impl FnMut(usize, f64)) {
        self.trie.at(text, start, |end, index| {
            if let Some(number) = self.numbers.get(index as usize) {
                found(end, *number);
            }
        });
    }
}

/// The spellings of a whole number in a language, for a speaker to say and a recogniser to expect.
#[must_use]
pub(crate) fn spell(language: &str, number: i64) -> Vec<String> {
    RULES
        .iter()
        .find(|(code, _)| *code == language.split(['-', '_']).next().unwrap_or_default())
        .and_then(|(_, text)| Rules::parse(text))
        .map(|rules| rules.spell(number.saturating_mul(10)))
        .unwrap_or_default()
}

#[derive(Debug)]
struct Rules<'a> {
    sets: Vec<Set<'a>>,
}

#[derive(Debug)]
struct Set<'a> {
    name: &'a str,
    rules: Vec<(Base, Vec<Part<'a>>)>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Base {
    /// The smallest number, and what `<<` and `>>` divide by.
    From(i64, i64),
    Fraction,
    Negative,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Part<'a> {
    Text(&'a str),
    /// `<<` or `<%set<`: how often the base goes in, or the whole part.
    Left(Option<&'a str>),
    /// `>>` or `>%set>`: the remainder, or the digits of the fraction.
    Right(Option<&'a str>),
    /// `=%set=`: the same number by another set.
    Same(&'a str),
    /// `[…]`: only when there is a remainder.
    Optional(Vec<Part<'a>>),
}

impl<'a> Rules<'a> {
    fn parse(text: &'a str) -> Option<Self> {
        let comment = || {
            many0(preceded(
                multispace0::<&str, nom::error::Error<&str>>,
                terminated(preceded(char('#'), take_until("\n")), char('\n')),
            ))
        };
        let (rest, sets) = many0(preceded(comment(), set)).parse(text).finish().ok()?;
        let (rest, _) = comment().parse(rest).finish().ok()?;
        rest.trim().is_empty().then_some(Self { sets })
    }

    fn spell(&self, tenths: i64) -> Vec<String> {
        let mut out: Vec<String> = Vec::new();
        for set in self.sets.iter().filter(|set| !set.name.starts_with("%%")) {
            let mut text = String::new();
            if self.write(set, tenths, &mut text, 0).is_some() && !out.contains(&text) {
                out.push(text);
            }
        }
        out
    }

    fn set(&self, name: &str) -> Option<&Set<'a>> {
        self.sets.iter().find(|set| set.name == name)
    }

    fn write(&self, set: &Set<'a>, tenths: i64, out: &mut String, calls: usize) -> Option<()> {
        if calls > MAX_CALLS {
            return None;
        }
        let whole = tenths / 10;
        let (base, parts) = if tenths < 0 {
            set.rules.iter().find(|(base, _)| *base == Base::Negative)?
        } else if tenths % 10 != 0 {
            set.rules.iter().find(|(base, _)| *base == Base::Fraction)?
        } else {
            set.rules
                .iter()
                .rev()
                .find(|(base, _)| matches!(base, Base::From(from, _) if *from <= whole))?
        };
        let (left, right) = match *base {
            Base::Negative => (0, -tenths),
            Base::Fraction => (whole * 10, tenths % 10 * 10),
            Base::From(_, unit) => (whole / unit * 10, whole % unit * 10),
        };
        self.parts(set, parts, (tenths, left, right), out, calls)
    }

    fn parts(
        &self,
        set: &Set<'a>,
        parts: &[Part<'a>],
        numbers: (i64, i64, i64),
        out: &mut String,
        calls: usize,
    ) -> Option<()> {
        let (same, left, right) = numbers;
        for part in parts {
            let (name, number) = match part {
                Part::Text(text) => {
                    out.push_str(text);
                    continue;
                }
                Part::Optional(inner) => {
                    if right != 0 {
                        self.parts(set, inner, numbers, out, calls)?;
                    }
                    continue;
                }
                Part::Left(name) => (name.unwrap_or(set.name), left),
                Part::Right(name) => (name.unwrap_or(set.name), right),
                Part::Same(name) => (*name, same),
            };
            self.write(self.set(name)?, number, out, calls + 1)?;
        }
        Some(())
    }
}

fn set(input: &str) -> IResult<&str, Set<'_>> {
    let name = take_while1(|c: char| c == '%' || c == '-' || c.is_ascii_alphanumeric());
    let (rest, name) = delimited(multispace0, name, char(':')).parse(input)?;
    if !name.starts_with('%') {
        return Err(nom::Err::Error(nom::error::Error::new(
            input,
            nom::error::ErrorKind::Tag,
        )));
    }
    let (rest, rules) = many0(rule).parse(rest)?;
    Ok((rest, Set { name, rules }))
}

fn rule(input: &str) -> IResult<&str, (Base, Vec<Part<'_>>)> {
    let base = alt((
        value(Base::Negative, tag("-x")),
        value(Base::Fraction, tag("x.x")),
        map_res(
            (digit1, many0_count(char('>'))),
            |(digits, shift): (&str, usize)| {
                digits.parse::<i64>().map(|from| {
                    let mut unit = 1;
                    while from > 0 && unit <= from / 10 {
                        unit *= 10;
                    }
                    Base::From(from, (0..shift).fold(unit, |unit, _| (unit / 10).max(1)))
                })
            },
        ),
    ));
    let (rest, base) = delimited(multispace0, base, char(':')).parse(input)?;
    // An apostrophe keeps the blanks after it.
    let (rest, _) = (space0, opt(char('\''))).parse(rest)?;
    let (rest, parts) = terminated(parts, char(';')).parse(rest)?;
    Ok((rest, (base, parts)))
}

fn parts(input: &str) -> IResult<&str, Vec<Part<'_>>> {
    many0(alt((
        delimited(char('['), map(parts, Part::Optional), char(']')),
        delimited(char('<'), map(reference, Part::Left), char('<')),
        delimited(char('>'), map(reference, Part::Right), char('>')),
        delimited(char('='), map(set_name, Part::Same), char('=')),
        map(take_while1(|c| !"[]<>=;".contains(c)), Part::Text),
    )))
    .parse(input)
}

fn set_name(input: &str) -> IResult<&str, &str> {
    nom::combinator::verify(
        take_while(|c: char| c == '%' || c == '-' || c.is_ascii_alphanumeric()),
        |name: &str| name.starts_with('%'),
    )
    .parse(input)
}

fn reference(input: &str) -> IResult<&str, Option<&str>> {
    opt(set_name).parse(input)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_language_s_rules_read_to_the_end() {
        for (code, text) in RULES {
            let rules = Rules::parse(text).unwrap_or_else(|| panic!("{code}"));
            assert!(rules.sets.iter().all(|set| !set.rules.is_empty()), "{code}");
            for number in 0..=10_000 {
                assert!(!rules.spell(number * 10).is_empty(), "{code} {number}");
            }
        }
    }

    #[test]
    fn english_numbers() {
        for (number, word) in [
            (0, "zero"),
            (13, "thirteen"),
            (21, "twenty-one"),
            (100, "one hundred"),
            (105, "one hundred and five"),
            (2700, "two thousand seven hundred"),
            (2700, "twenty-seven hundred"),
            (10_000, "ten thousand"),
        ] {
            let spelled = spell("en-US", number);
            assert!(spelled.iter().any(|s| s == word), "{number}: {spelled:?}");
        }
        let words = NumberWords::new("en", &BTreeSet::from([205, 210]));
        let text: Vec<char> = "twenty one twenty point five".chars().collect();
        let mut found = Vec::new();
        words.at(&text, 0, |end, number| found.push((end, number)));
        words.at(&text, 11, |end, number| found.push((end, number)));
        assert_eq!(found, [(10, 21.0), (28, 20.5)]);
    }

    #[test]
    fn korean_numbers_are_sino_korean_and_native() {
        for (number, word) in [
            (0, "영"),
            (10, "십"),
            (21, "이십일"),
            (21, "스물한"),
            (21, "스물하나"),
            (20, "스무"),
            (24, "이십사"),
            (100, "백"),
            (150, "백오십"),
            (2700, "이천칠백"),
            (10_000, "만"),
        ] {
            let spelled = spell("ko", number);
            assert!(spelled.iter().any(|s| s == word), "{number}: {spelled:?}");
        }
    }
}
