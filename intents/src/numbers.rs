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
//! 80/20: …              20 is what << and >> divide by, where it is no power of ten
//! ```
//!
//! A word is understood when any public set spells a number so, also with blanks for hyphens. Where
//! we have no rules of our own, CLDR's serve, packed into one file in this notation
//! (`numbers/cldr.txt`). CLDR's own file of a language (`common/rbnf/LANGUAGE.xml`) can be given as it
//! is and comes first; of its sets the cardinal ones serve.

use std::collections::BTreeSet;

use nom::branch::alt;
use nom::bytes::complete::{tag, take_until, take_while, take_while1};
use nom::character::complete::{char, digit1, multispace0, one_of, space0};
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

/// CLDR's rules of every language, packed by `numbers/pack.py`: `@de de_LI`, then the sets.
const CLDR: &str = include_str!("../numbers/cldr.txt");

/// How deep rules may call each other; deeper is no number.
const MAX_CALLS: usize = 24;

/// Ways to say a fraction in one set of rules: Spanish has "punto" and "coma".
const FRACTIONS: usize = 2;

/// Languages whose script their region implies (CLDR's likely subtags).
const SCRIPTS: &[(&str, &str)] = &[
    ("zh-hk", "zh_Hant"),
    ("zh-mo", "zh_Hant"),
    ("zh-tw", "zh_Hant"),
];

/// What CLDR may call a language's file, the best name first: `de_CH`, `de`.
#[must_use]
pub(crate) fn file_names(language: &str) -> Vec<String> {
    let mut names = vec![language.replace('-', "_")];
    let lower = language.to_lowercase();
    names.extend(
        SCRIPTS
            .iter()
            .filter(|(l, _)| *l == lower)
            .map(|(_, name)| (*name).to_owned()),
    );
    names.extend(language.split(['-', '_']).next().map(str::to_owned));
    names
}

/// The number words of one language.
#[derive(Debug, Default)]
pub(crate) struct NumberWords {
    trie: Trie,
    numbers: Vec<f64>,
}

impl NumberWords {
    /// The words of a language for these numbers (in tenths), by CLDR's rules if given, else by our own;
    /// none for a language without rules.
    #[must_use]
    pub(crate) fn new(language: &str, wanted: &BTreeSet<i64>, cldr: Option<&str>) -> Self {
        let rules = match cldr {
            Some(xml) => Rules::parse_cldr(xml),
            None => own(language).and_then(Rules::parse),
        };
        let Some(rules) = rules else {
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
            #[expect(clippy::cast_precision_loss)] // ranges of commands are far below 2^53
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

/// The rules of a language: our own, else those of CLDR's packed file.
fn own(language: &str) -> Option<&'static str> {
    let family = language.split(['-', '_']).next().unwrap_or_default();
    RULES
        .iter()
        .find(|(code, _)| *code == family)
        .map(|(_, text)| *text)
        .or_else(|| file_names(language).iter().find_map(|name| packed(name)))
}

/// The packed rules of a file of CLDR: behind a line that names it, up to the next such line.
fn packed(name: &str) -> Option<&'static str> {
    CLDR.split("\n@").skip(1).find_map(|block| {
        let (names, rules) = block.split_once('\n')?;
        names.split(' ').any(|n| n == name).then_some(rules)
    })
}

/// The spellings of a whole number in a language, for a speaker to say and a recogniser to expect.
#[must_use]
pub(crate) fn spell(language: &str, number: i64) -> Vec<String> {
    own(language)
        .and_then(Rules::parse)
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
    public: bool,
    rules: Vec<(Base, Vec<Part<'a>>)>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Base {
    /// The smallest number, and what `<<` and `>>` divide by.
    From(i64, i64),
    Fraction,
    Negative,
    /// Of no use for commands: infinity and the like.
    Other,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Part<'a> {
    Text(&'a str),
    /// `<<` or `<%set<`: how often the base goes in, or the whole part.
    Left(Option<&'a str>),
    /// `>>` or `>%set>`: the remainder, or the digit of the fraction.
    Right(Option<&'a str>),
    /// `=%set=`: the same number by another set.
    Same(&'a str),
    /// `[…]`: only when there is a remainder.
    Optional(Vec<Part<'a>>),
    /// `$(cardinal,one{…}other{…})$`: the form that agrees with how often the base goes in.
    Plural(Vec<(&'a str, &'a str)>),
    /// Digits, not words.
    Digits,
}

/// A number on its way through a rule: itself, how often the base goes in, the remainder (all in
/// tenths), and whether it has a fraction.
#[derive(Clone, Copy)]
struct Number {
    same: i64,
    left: i64,
    right: i64,
    fraction: bool,
}

/// How a number is being said.
#[derive(Clone, Copy)]
struct Way {
    /// Which of a set's rules for fractions serves.
    fraction: usize,
    /// How many rules called each other so far.
    calls: usize,
}

impl<'a> Rules<'a> {
    /// Our own files.
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

    /// CLDR's files. A rule that cannot be read is left out.
    fn parse_cldr(xml: &'a str) -> Option<Self> {
        let mut sets: Vec<Set<'a>> = Vec::new();
        let mut rest = xml;
        while let Some((_, after)) = rest.split_once('<') {
            let (tag, text) = if let Some(comment) = after.strip_prefix("!--") {
                ("", comment.split_once("-->")?.1)
            } else {
                after.split_once('>')?
            };
            rest = text;
            let attribute = |name: &str| -> Option<&'a str> {
                tag.split_once(name)?
                    .1
                    .strip_prefix("=\"")?
                    .split_once('"')
                    .map(|(v, _)| v)
            };
            if tag.starts_with("ruleset ") {
                let name = attribute("type")?;
                let cardinal = name.starts_with("spellout")
                    && (name.contains("cardinal") || name.contains("numbering"))
                    && !["ordinal", "year", "verbose"]
                        .iter()
                        .any(|other| name.contains(other));
                sets.push(Set {
                    name,
                    public: cardinal && attribute("access") != Some("private"),
                    rules: Vec::new(),
                });
            } else if tag.starts_with("rbnfrule ") {
                let (rule, after) = text.split_once("</rbnfrule>")?;
                rest = after;
                let radix: String = attribute("radix")
                    .unwrap_or("10")
                    .chars()
                    .filter(char::is_ascii_digit)
                    .collect();
                let base = match attribute("value")? {
                    "-x" => Base::Negative,
                    "x.x" | "x,x" => Base::Fraction,
                    number => number.parse().map_or(Base::Other, |from| {
                        Base::From(from, power(from, radix.parse().unwrap_or(10)))
                    }),
                };
                if let (Some(set), Ok((_, parts))) =
                    (sets.last_mut(), terminated(parts, char(';')).parse(rule))
                {
                    set.rules.push((base, parts));
                }
            }
        }
        (!sets.is_empty()).then_some(Self { sets })
    }

    fn spell(&self, tenths: i64) -> Vec<String> {
        let mut out: Vec<String> = Vec::new();
        let ways = if tenths % 10 == 0 { 1 } else { FRACTIONS };
        let sets = self.sets.iter().filter(|set| set.public);
        for (set, fraction) in sets.flat_map(|set| (0..ways).map(move |way| (set, way))) {
            let mut text = String::new();
            let way = Way { fraction, calls: 0 };
            if self.write(set, tenths, &mut text, way).is_some() {
                // Soft hyphens say where a printed word may break, and commands are not printed.
                text.retain(|c| c != '\u{ad}');
                if !text.is_empty() && !out.contains(&text) {
                    out.push(text);
                }
            }
        }
        out
    }

    fn set(&self, name: &str) -> Option<&Set<'a>> {
        self.sets.iter().find(|set| set.name == name)
    }

    fn write(&self, set: &Set<'a>, tenths: i64, out: &mut String, way: Way) -> Option<()> {
        if way.calls > MAX_CALLS {
            return None;
        }
        let whole = tenths / 10;
        let fraction = tenths % 10 != 0;
        let rule = |wanted: Base| set.rules.iter().find(|(base, _)| *base == wanted);
        let (base, parts) = if tenths < 0 {
            rule(Base::Negative)?
        } else if fraction {
            set.rules
                .iter()
                .filter(|(base, _)| *base == Base::Fraction)
                .nth(way.fraction)
                .or_else(|| rule(Base::Fraction))?
        } else {
            set.rules
                .iter()
                .filter_map(|rule| match rule.0 {
                    Base::From(from, _) if from <= whole => Some((from, rule)),
                    _ => None,
                })
                .max_by_key(|(from, _)| *from)?
                .1
        };
        let (left, right) = match *base {
            Base::Negative => (0, -tenths),
            Base::Fraction => (whole * 10, tenths % 10 * 10),
            Base::From(0, _) => (0, 0),
            Base::From(_, unit) => (whole / unit * 10, whole % unit * 10),
            Base::Other => return None,
        };
        let number = Number {
            same: tenths,
            left,
            right,
            fraction,
        };
        self.parts(set, parts, number, out, way)
    }

    fn parts(
        &self,
        set: &Set<'a>,
        parts: &[Part<'a>],
        number: Number,
        out: &mut String,
        way: Way,
    ) -> Option<()> {
        for part in parts {
            let (name, part) = match part {
                Part::Text(text) => {
                    out.push_str(text);
                    continue;
                }
                Part::Optional(inner) => {
                    if number.right != 0 || number.fraction {
                        self.parts(set, inner, number, out, way)?;
                    }
                    continue;
                }
                Part::Plural(forms) => {
                    out.push_str(agreeing(forms, number.left / 10));
                    continue;
                }
                Part::Digits => return None,
                // No zero is said unless a set is named for it.
                Part::Left(None) if number.left == 0 && !number.fraction => continue,
                Part::Right(None) if number.right == 0 && !number.fraction => continue,
                Part::Left(name) => (name.unwrap_or(set.name), number.left),
                Part::Right(name) => (name.unwrap_or(set.name), number.right),
                Part::Same(name) => (*name, number.same),
            };
            let way = Way {
                calls: way.calls + 1,
                ..way
            };
            self.write(self.set(name)?, part, out, way)?;
        }
        Some(())
    }
}

/// The largest power of `radix` that is not above `number`.
fn power(number: i64, radix: i64) -> i64 {
    let radix = radix.max(2);
    let mut power = 1;
    while number > 0 && power <= number / radix {
        power *= radix;
    }
    power
}

/// The form for a count, by the rule most languages with such forms share for small numbers.
fn agreeing<'a>(forms: &[(&'a str, &'a str)], count: i64) -> &'a str {
    let wanted: &[&str] = match count {
        1 => &["one", "other"],
        2 => &["two", "few", "other"],
        3 | 4 => &["few", "other"],
        _ => &["many", "other"],
    };
    wanted
        .iter()
        .find_map(|category| forms.iter().find(|(name, _)| name == category))
        .or_else(|| forms.first())
        .map_or("", |(_, form)| form)
}

fn set(input: &str) -> IResult<&str, Set<'_>> {
    let name = preceded(
        char('%'),
        take_while1(|c: char| c == '%' || c == '-' || c.is_ascii_alphanumeric()),
    );
    let (rest, name): (_, &str) = delimited(multispace0, name, char(':')).parse(input)?;
    let (rest, rules) = many0(rule).parse(rest)?;
    Ok((
        rest,
        Set {
            name: name.trim_start_matches('%'),
            public: !name.starts_with('%'),
            rules,
        },
    ))
}

fn rule(input: &str) -> IResult<&str, (Base, Vec<Part<'_>>)> {
    let base = alt((
        value(Base::Negative, tag("-x")),
        value(Base::Fraction, tag("x.x")),
        map_res(
            (
                digit1,
                opt(preceded(char('/'), digit1)),
                many0_count(char('>')),
            ),
            |(digits, radix, shift): (&str, Option<&str>, usize)| {
                digits.parse::<i64>().map(|from| {
                    let radix = radix.and_then(|radix| radix.parse().ok()).unwrap_or(10);
                    let unit = power(from, radix);
                    Base::From(from, (0..shift).fold(unit, |unit, _| (unit / 10).max(1)))
                })
            },
        ),
    ));
    let (rest, base) = delimited(multispace0, base, char(':')).parse(input)?;
    let (rest, _) = space0.parse(rest)?;
    let (rest, parts) = terminated(parts, char(';')).parse(rest)?;
    Ok((rest, (base, parts)))
}

const SPECIAL: &str = "[]<>=;←→$'";

fn parts(input: &str) -> IResult<&str, Vec<Part<'_>>> {
    let plural = map(
        delimited(
            (tag("$("), take_until(","), char(',')),
            many0((
                take_while1(char::is_alphabetic),
                delimited(char('{'), take_until("}"), char('}')),
            )),
            tag(")$"),
        ),
        Part::Plural,
    );
    let digits = |c: char| "#0,.".contains(c);
    many0(alt((
        delimited(char('['), map(parts, Part::Optional), char(']')),
        delimited(one_of("<←"), map(opt(set_name), Part::Left), one_of("<←")),
        delimited(
            one_of(">→"),
            map(opt(set_name), Part::Right),
            (one_of(">→"), opt(one_of(">→"))),
        ),
        delimited(char('='), map(set_name, Part::Same), char('=')),
        value(
            Part::Digits,
            delimited(one_of("=<>←→"), take_while1(digits), one_of("=<>←→")),
        ),
        plural,
        // An apostrophe only keeps the blanks beside it.
        value(Part::Text(""), char('\'')),
        map(take_while1(|c| !SPECIAL.contains(c)), Part::Text),
    )))
    .parse(input)
}

fn set_name(input: &str) -> IResult<&str, &str> {
    let name = take_while(|c: char| c == '%' || c == '-' || c.is_ascii_alphanumeric());
    map(
        nom::combinator::verify(name, |name: &str| name.starts_with('%')),
        |name: &str| name.trim_start_matches('%'),
    )
    .parse(input)
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
    fn packed_rules_spell_as_cldr_s_files_do() {
        let folder = std::env::var_os("HEARTH_TEST_DATA").map_or_else(
            || std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/data"),
            std::path::PathBuf::from,
        );
        let folder = folder.join("intents/numbers");
        if !folder.exists() {
            let all = std::env::var_os("HEARTH_REQUIRE_ALL").is_some();
            assert!(!all, "CLDR's files are missing: run `make test-data`");
            println!("skipped: CLDR's files are not there (`make test-data` fetches them)");
            return;
        }
        for block in CLDR.split("\n@").skip(1) {
            let (names, text) = block.split_once('\n').unwrap();
            let packed = Rules::parse(text).unwrap_or_else(|| panic!("{names}"));
            for name in names.split(' ') {
                let xml = std::fs::read_to_string(folder.join(format!("{name}.xml"))).unwrap();
                let whole = Rules::parse_cldr(&xml).unwrap();
                for tenths in (0..1500).chain((1500..100_000).step_by(370)) {
                    let sorted = |rules: &Rules<'_>| {
                        let mut all = rules.spell(tenths);
                        all.sort();
                        all
                    };
                    assert_eq!(sorted(&packed), sorted(&whole), "{name} {tenths}");
                }
            }
        }
    }

    #[test]
    fn languages_without_rules_of_ours_use_cldr_s() {
        for (language, number, word) in [
            ("de", 45, "fünfundvierzig"),
            ("de-CH", 45, "fünfundvierzig"),
            ("vi", 25, "hai mươi lăm"),
            ("zh", 25, "二十五"),
            ("zh-TW", 100, "一百"),
            ("fr", 80, "quatre-vingts"),
            ("fr", 71, "soixante-et-onze"),
            ("pt-BR", 22, "vinte e dois"),
        ] {
            let spelled = spell(language, number);
            assert!(
                spelled.iter().any(|s| s == word),
                "{language} {number}: {spelled:?}"
            );
        }
    }

    #[test]
    fn a_fraction_is_said_in_every_way_a_language_has() {
        let rules = own("es").and_then(Rules::parse).unwrap();
        let spelled = rules.spell(615);
        for word in ["sesenta y uno coma cinco", "sesenta y uno punto cinco"] {
            assert!(spelled.iter().any(|s| s == word), "{spelled:?}");
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
        let words = NumberWords::new("en", &BTreeSet::from([205, 210]), None);
        let text: Vec<char> = "twenty one twenty point five".chars().collect();
        let mut found = Vec::new();
        words.at(&text, 0, |end, number| found.push((end, number)));
        words.at(&text, 11, |end, number| found.push((end, number)));
        assert_eq!(found, [(10, 21.0), (28, 20.5)]);
    }

    #[test]
    fn cldr_s_files_read_as_they_are() {
        let xml = r#"<?xml version="1.0"?><!-- a < b --><ldml><rbnf>
            <ruleset type="spellout-cardinal"><rbnfrule value="0">=%spellout-numbering=;</rbnfrule>
                <rbnfrule value="60" radix="20">soixante[-→→];</rbnfrule></ruleset>
            <ruleset type="spellout-numbering"><rbnfrule value="x.x">←← virgule →→;</rbnfrule>
                <rbnfrule value="5">cinq;</rbnfrule><rbnfrule value="11">onze;</rbnfrule>
                <rbnfrule value="1000">←%%x← $(cardinal,one{mil}other{mils})$[ →→];</rbnfrule>
                <rbnfrule value="2000">=#,##0=;</rbnfrule></ruleset>
            <ruleset type="x" access="private"><rbnfrule value="1">' un;</rbnfrule></ruleset>
            <ruleset type="spellout-ordinal"><rbnfrule value="0">no;</rbnfrule></ruleset>
        </rbnf></ldml>"#;
        let rules = Rules::parse_cldr(xml).unwrap();
        assert_eq!(rules.spell(710), ["soixante-onze", "onze"]);
        assert_eq!(rules.spell(50), ["cinq"]);
        assert_eq!(rules.spell(55), ["cinq virgule cinq"]);
        assert_eq!(rules.spell(10_050), ["soixante-cinq", " un mil cinq"]);
        assert_eq!(rules.spell(20_000), ["soixante"]);
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
