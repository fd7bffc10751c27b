//! The sentence-template language of Home Assistant.
//!
//! | written | means |
//! |---|---|
//! | `text` | these characters; blanks count, except at the start of a word |
//! | `[x]` | x or nothing, x tried first |
//! | `(a\|b)` | a or b |
//! | `(a;b)` | both, in any order |
//! | `{list}` `{list:slot}` | a value of the list, into the slot (named like the list by default) |
//! | `{list:@name}` `{@list}` | the same, for the answer only |
//! | `{0..100:slot}` `{10..100,10:slot}` | a whole number in that range, in these steps |
//! | `<rule>` | what the expansion rule says |
//! | `\x` | the character x itself; needed for `()[]{}<>\|;` and the backslash |
//!
//! [`parse`] is a nom parser that never panics and nests at most [`MAX_DEPTH`] deep; an error names the
//! column. Text comes out normalised like sentences do (single blanks, NFC, `'`), so that matching
//! compares characters and nothing else.

use nom::branch::alt;
use nom::bytes::complete::{tag, take_while1};
use nom::character::complete::{anychar, char, none_of, one_of};
use nom::combinator::{all_consuming, map, map_res, opt, recognize};
use nom::multi::{many0, many1};
use nom::sequence::{pair, preceded, terminated};
use nom::{Finish, IResult, Parser};

use crate::normal;

/// How deep groups may nest.
pub const MAX_DEPTH: usize = 32;

/// A parsed template.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Node {
    /// Characters to be found as they are; may be empty (the other branch of an optional).
    Text(String),
    /// One after the other.
    Sequence(Vec<Node>),
    /// One of them, tried in this order.
    Alternative(Vec<Node>),
    /// All of them in any order.
    Permutation(Vec<Node>),
    /// A value of a named list.
    List {
        /// The list.
        list: String,
        /// Where the value goes.
        slot: String,
        /// The value is for the answer only, not a slot.
        capture: bool,
        /// A blank follows in the template.
        end_of_word: bool,
    },
    /// A whole number.
    Range {
        /// The smallest.
        from: i32,
        /// The largest.
        to: i32,
        /// The distance between two.
        step: i32,
        /// Where it goes.
        slot: String,
    },
    /// An expansion rule.
    Rule(String),
}

/// A template that could not be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("column {column}: {problem}")]
pub struct TemplateError {
    /// Where, in characters, from 1.
    pub column: usize,
    /// What.
    pub problem: &'static str,
}

/// The parser's own error: where the rest of the input begins, and what was wrong there.
#[derive(Debug)]
struct Trouble {
    rest: usize,
    problem: &'static str,
}

impl nom::error::ParseError<&str> for Trouble {
    fn from_error_kind(input: &str, _: nom::error::ErrorKind) -> Self {
        Self {
            rest: input.len(),
            problem: "unexpected character",
        }
    }

    fn append(_: &str, _: nom::error::ErrorKind, other: Self) -> Self {
        other
    }
}

impl<E> nom::error::FromExternalError<&str, E> for Trouble {
    fn from_external_error(input: &str, kind: nom::error::ErrorKind, _: E) -> Self {
        nom::error::ParseError::from_error_kind(input, kind)
    }
}

type Parsed<'a, T> = IResult<&'a str, T, Trouble>;

fn fail<'a, T>(input: &'a str, problem: &'static str) -> Parsed<'a, T> {
    Err(nom::Err::Failure(Trouble {
        rest: input.len(),
        problem,
    }))
}

/// Reads a template.
///
/// # Errors
/// Names the column and what was expected there.
pub fn parse(template: &str) -> Result<Node, TemplateError> {
    let trimmed = template.trim();
    let offset = template.len() - template.trim_start().len();
    match all_consuming(|input| group(input, 0))
        .parse(trimmed)
        .finish()
    {
        Ok((_, node)) => Ok(unwrap_single(node)),
        Err(Trouble { rest, problem }) => {
            let at = offset + trimmed.len().saturating_sub(rest);
            let column = template.get(..at).map_or(0, |t| t.chars().count()) + 1;
            Err(TemplateError { column, problem })
        }
    }
}

/// The texts that a template without lists and rules stands for, at most `limit`; none when there are
/// more or when it names lists or rules.
#[must_use]
pub fn expand(node: &Node, limit: usize) -> Option<Vec<String>> {
    let join = |left: Vec<String>, right: &[String]| {
        (left.len() * right.len() <= limit).then(|| {
            left.iter()
                .flat_map(|l| right.iter().map(move |r| format!("{l}{r}")))
                .collect()
        })
    };
    match node {
        Node::Text(text) => Some(vec![text.clone()]),
        Node::Sequence(items) => items.iter().try_fold(vec![String::new()], |all, item| {
            join(all, &expand(item, limit)?)
        }),
        Node::Alternative(items) => {
            let all: Vec<String> = items
                .iter()
                .map(|item| expand(item, limit))
                .collect::<Option<Vec<_>>>()?
                .concat();
            (all.len() <= limit).then_some(all)
        }
        Node::Permutation(_) | Node::List { .. } | Node::Range { .. } | Node::Rule(_) => None,
    }
}

/// `((a|b))` is `(a|b)`: what wildcards at the ends of a sentence depend on.
fn unwrap_single(node: Node) -> Node {
    match node {
        Node::Sequence(mut items)
            if items.len() == 1
                && matches!(
                    items.first(),
                    Some(Node::Sequence(_) | Node::Alternative(_) | Node::Permutation(_))
                ) =>
        {
            items.pop().unwrap_or(Node::Sequence(items))
        }
        Node::Alternative(mut items) if items.len() == 1 => {
            items.pop().unwrap_or(Node::Alternative(items))
        }
        other => other,
    }
}

/// The inside of a group, up to its closing bracket or the end.
fn group(mut input: &str, depth: usize) -> Parsed<'_, Node> {
    if depth > MAX_DEPTH {
        return fail(input, "groups nest too deep");
    }
    let mut group = Node::Sequence(Vec::new());
    loop {
        let next = input.chars().next();
        let item = match next {
            None | Some(')' | ']') => break,
            Some('|') => {
                input = &input[1..];
                group = match group {
                    Node::Alternative(mut items) => {
                        items.push(Node::Sequence(Vec::new()));
                        Node::Alternative(items)
                    }
                    other => Node::Alternative(vec![other, Node::Sequence(Vec::new())]),
                };
                continue;
            }
            Some(';') => {
                input = &input[1..];
                group = match group {
                    Node::Permutation(mut items) => {
                        items.push(Node::Sequence(Vec::new()));
                        Node::Permutation(items)
                    }
                    other => Node::Permutation(vec![other, Node::Sequence(Vec::new())]),
                };
                continue;
            }
            Some('(') => {
                let start = input;
                let (rest, inner) = self::group(&input[1..], depth + 1)?;
                input = close(start, rest, ')', "this ( is not closed")?.0;
                inner
            }
            Some('[') => {
                let start = input;
                let (rest, inner) = self::group(&input[1..], depth + 1)?;
                input = close(start, rest, ']', "this [ is not closed")?.0;
                let mut items = match inner {
                    Node::Alternative(items) => items,
                    other => vec![other],
                };
                items.push(Node::Text(String::new()));
                Node::Alternative(items)
            }
            Some('{') => {
                let (rest, node) = list(input)?;
                input = rest;
                node
            }
            Some('<') => {
                let (rest, node) = rule(input)?;
                input = rest;
                node
            }
            Some('}') => return fail(input, "a } without its {"),
            Some('>') => return fail(input, "a > without its <"),
            Some(_) => {
                let (rest, text) = chunk(input)?;
                input = rest;
                Node::Text(text)
            }
        };
        let items = match &mut group {
            Node::Sequence(items) => items,
            Node::Alternative(branches) | Node::Permutation(branches) => {
                match branches.last_mut() {
                    Some(Node::Sequence(items)) => items,
                    // Every `|` and `;` begins a sequence.
                    _ => return fail(input, "unexpected character"),
                }
            }
            _ => return fail(input, "unexpected character"),
        };
        items.push(item);
    }
    if let Node::Permutation(items) = &mut group {
        for item in items {
            if let Node::Sequence(parts) = item {
                parts.insert(0, Node::Text(" ".to_owned()));
                parts.push(Node::Text(" ".to_owned()));
            }
        }
    }
    if depth == 0 && !input.is_empty() {
        return fail(
            input,
            if input.starts_with(')') {
                "a ) without its ("
            } else {
                "a ] without its ["
            },
        );
    }
    Ok((input, group))
}

fn close<'a>(
    start: &'a str,
    rest: &'a str,
    bracket: char,
    problem: &'static str,
) -> Parsed<'a, ()> {
    match char::<_, Trouble>(bracket).parse(rest) {
        Ok((rest, _)) => Ok((rest, ())),
        Err(_) if rest.is_empty() => fail(start, problem),
        Err(_) => fail(rest, "this bracket closes another kind of group"),
    }
}

const SPECIAL: &str = "()[]{}<>|;\\ ";

/// A word with the blanks after it, or blanks alone.
fn chunk(input: &str) -> Parsed<'_, String> {
    let escaped = || preceded(char('\\'), anychar);
    let letter = || alt((escaped(), none_of(SPECIAL)));
    let word = pair(
        opt(char(' ')),
        pair(many1(letter()), recognize(many0(char(' ')))),
    );
    let (rest, text) = alt((
        map(word, |(before, (letters, after))| {
            let mut text: String = before.into_iter().collect();
            text.extend(letters);
            text.push_str(after);
            text
        }),
        map(recognize(many1(char(' '))), str::to_owned),
    ))
    .parse(input)?;
    if text.is_empty() || rest.len() == input.len() {
        return fail(input, "unexpected character");
    }
    Ok((rest, normal::normalize(&text)))
}

fn name(input: &str) -> Parsed<'_, &str> {
    take_while1(|c: char| !"{}<>:()[]|;@\\".contains(c)).parse(input)
}

fn number(input: &str) -> Parsed<'_, i32> {
    map_res(
        recognize(pair(opt(char('-')), many1(one_of("0123456789")))),
        str::parse,
    )
    .parse(input)
}

fn range(input: &str) -> Parsed<'_, Node> {
    let (rest, from) = number(input)?;
    let (rest, _) = tag("..").parse(rest)?;
    let (rest, to) = number(rest)?;
    let (rest, step) = opt(preceded(char(','), number)).parse(rest)?;
    let Ok((rest, slot)) = preceded(char::<_, Trouble>(':'), name).parse(rest) else {
        return fail(rest, "a range needs a slot: {0..100:slot}");
    };
    let step = step.unwrap_or(1);
    if step < 1 || to < from {
        return fail(input, "a range goes up, in steps of 1 or more");
    }
    Ok((
        rest,
        Node::Range {
            from,
            to,
            step,
            slot: slot.trim().to_owned(),
        },
    ))
}

fn list_name(input: &str) -> Parsed<'_, Node> {
    let (rest, all) = opt(char('@')).parse(input)?;
    let (rest, list) = name(rest)?;
    let (rest, slot) = opt(preceded(char(':'), pair(opt(char('@')), name))).parse(rest)?;
    let list = list.trim().to_owned();
    let (capture, slot) = slot.map_or((all.is_some(), list.clone()), |(at, slot)| {
        (all.is_some() || at.is_some(), slot.trim().to_owned())
    });
    Ok((
        rest,
        Node::List {
            list,
            slot,
            capture,
            end_of_word: rest.get(1..).unwrap_or_default().starts_with(' '),
        },
    ))
}

fn list(input: &str) -> Parsed<'_, Node> {
    let inside = alt((range, list_name));
    match terminated(preceded(char('{'), inside), char('}')).parse(input) {
        Ok(parsed) => Ok(parsed),
        Err(nom::Err::Failure(trouble)) => Err(nom::Err::Failure(trouble)),
        Err(_) if input.contains('}') => fail(input, "expected {list}, {list:slot} or {0..9:slot}"),
        Err(_) => fail(input, "this { is not closed"),
    }
}

fn rule(input: &str) -> Parsed<'_, Node> {
    match terminated(preceded(char::<_, Trouble>('<'), name), char('>')).parse(input) {
        Ok((rest, name)) => Ok((rest, Node::Rule(name.trim().to_owned()))),
        Err(_) if input.contains('>') => fail(input, "expected <rule>"),
        Err(_) => fail(input, "this < is not closed"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn text(t: &str) -> Node {
        Node::Text(t.to_owned())
    }

    fn seq(items: &[Node]) -> Node {
        Node::Sequence(items.to_vec())
    }

    #[test]
    fn a_chunk_is_a_word_with_the_blanks_after_it() {
        assert_eq!(
            parse("turn  on light[s]"),
            Ok(seq(&[
                text("turn "),
                text("on "),
                text("light"),
                Node::Alternative(vec![seq(&[text("s")]), text("")]),
            ]))
        );
    }

    #[test]
    fn lists_rules_and_ranges() {
        let list = |list: &str, slot: &str, capture, end_of_word| Node::List {
            list: list.into(),
            slot: slot.into(),
            capture,
            end_of_word,
        };
        assert_eq!(
            parse("{area}에 <light> {color:@c} {@x}{0..100,10:level}"),
            Ok(seq(&[
                list("area", "area", false, false),
                text("에 "),
                Node::Rule("light".into()),
                text(" "),
                list("color", "c", true, true),
                text(" "),
                list("x", "x", true, false),
                Node::Range {
                    from: 0,
                    to: 100,
                    step: 10,
                    slot: "level".into()
                },
            ]))
        );
    }

    #[test]
    fn permutations_stand_between_blanks_and_mix_from_left_to_right() {
        let spaced = |t: &str| seq(&[text(" "), text(t), text(" ")]);
        assert_eq!(
            parse("(a;b)"),
            Ok(Node::Permutation(vec![spaced("a"), spaced("b")]))
        );
        assert_eq!(
            parse("(a;b|c)"),
            Ok(Node::Alternative(vec![
                Node::Permutation(vec![seq(&[text("a")]), seq(&[text("b")])]),
                seq(&[text("c")])
            ]))
        );
    }

    #[test]
    fn escapes_are_ordinary_letters() {
        assert_eq!(parse(r"a\(b\) \;"), Ok(seq(&[text("a(b) "), text(";")])));
    }

    #[test]
    fn small_templates_expand() {
        let all = |t: &str| expand(&parse(t).unwrap(), 10);
        assert_eq!(all("lamp[a|y]").unwrap(), ["lampa", "lampy", "lamp"]);
        assert_eq!(all("{list}"), None);
        assert_eq!(all("(a|b)(a|b)(a|b)(a|b)"), None);
    }

    #[test]
    fn errors_name_the_column() {
        for (template, column, problem) in [
            ("turn (on", 6, "this ( is not closed"),
            ("turn [on", 6, "this [ is not closed"),
            ("turn on)", 8, "a ) without its ("),
            ("turn (on]", 9, "this bracket closes another kind of group"),
            ("켜 {area", 3, "this { is not closed"),
            ("<a", 1, "this < is not closed"),
            ("a}", 2, "a } without its {"),
            ("{0..100}", 8, "a range needs a slot: {0..100:slot}"),
            ("{}", 1, "expected {list}, {list:slot} or {0..9:slot}"),
        ] {
            assert_eq!(
                parse(template),
                Err(TemplateError { column, problem }),
                "{template}"
            );
        }
        let deep = "(".repeat(100) + &")".repeat(100);
        assert_eq!(parse(&deep).unwrap_err().problem, "groups nest too deep");
    }

    proptest! {
        #[test]
        fn any_text_parses_or_names_a_column_inside_it(template in r"[a-c켜 ()\[\]{}<>|;:@\\.0-9]{0,40}") {
            if let Err(error) = parse(&template) {
                prop_assert!(error.column >= 1 && error.column <= template.chars().count() + 1);
            }
        }
    }
}
