//! Short answers, from the `responses` of a language.
//!
//! An answer is a text with places in double braces: `{{ slots.NAME }}`, `{{ value }}`, `{{ unit }}`,
//! `{{ count }}`, `{{ names }}`, `{{ reason }}`, …. `{{ slots.name | 을/를 }}` puts the Korean particle that fits
//! behind the word; a piece in `[[ … ]]` is left out when a place in it is empty. A key that ends in `?` is
//! the question that is asked before it is done. The community's answers are programs in another
//! language; those with program text in them give way to the intent's plain answer or a bare word.

use crate::sentences::Responses;
use crate::{Match, NoMatch, Outcome, Value};

type Values = Vec<(String, String)>;

/// What the places of a text hold that come from the sentence.
fn slots(intent: &Match) -> Values {
    let plainly = intent.explanation.forgiven.is_empty();
    intent
        .slots
        .iter()
        .map(|slot| {
            // People hear the name that they said, which may be an alias in their language.
            let shown = match &slot.value {
                Value::Text(value)
                    if plainly
                        && !slot.text.is_empty()
                        && value.to_lowercase() != slot.text.to_lowercase() =>
                {
                    slot.text.clone()
                }
                value => value.to_string(),
            };
            (format!("slots.{}", slot.name), shown)
        })
        .collect()
}

/// The text of the first of `keys` that the intent has and that is no program.
fn text<'r>(responses: &'r Responses, intent: &Match, keys: &[&str]) -> Option<&'r str> {
    let texts = responses.intents.get(&intent.intent)?;
    keys.iter()
        .find_map(|key| texts.get(*key).filter(|text| !text.contains("{%")))
        .map(String::as_str)
}

/// The answer to a match.
#[must_use]
pub(crate) fn respond(responses: &Responses, intent: &Match, outcome: &Outcome) -> String {
    let mut values = slots(intent);
    let mut add = |key: &str, value: String| values.push((key.to_owned(), value));
    let (keys, plain): (Vec<&str>, &str) = match outcome {
        Outcome::Done { count } => {
            add("count", count.to_string());
            (vec![&intent.response, "default"], "OK")
        }
        Outcome::Told { key, values: told } => {
            for (name, value) in told {
                add(name, value.clone());
            }
            if text(responses, intent, &[key]).is_none()
                && let Some(text) = word(responses, key)
            {
                return fill(text, &values);
            }
            (vec![key, &intent.response, "default"], "OK")
        }
        Outcome::Reading { value, unit } => {
            add("value", format!("{}", (value * 10.0).round() / 10.0));
            add("unit", unit.clone());
            (vec![&intent.response, "default"], "{{ value }} {{ unit }}")
        }
        Outcome::State { holds, names } => {
            add("names", join(responses, names));
            let key = if *holds { "yes" } else { "no" };
            let listed = !names.is_empty() && !intent.slots.iter().any(|s| s.name == "name");
            (
                vec![if listed { "names" } else { key }],
                if listed { "{{ names }}" } else { key },
            )
        }
        Outcome::Nothing => return error(responses, "nothing", &values, "there is none"),
        Outcome::Cannot { why, name } => {
            add("entity", name.clone());
            let plain = format!("{{{{ entity }}}}: {}", why.replace('_', " "));
            return error(responses, why, &values, &plain);
        }
        Outcome::Failed(reason) => {
            add("reason", reason.clone());
            return error(responses, "handle_error", &values, "{{ reason }}");
        }
    };
    fill(text(responses, intent, &keys).unwrap_or(plain), &values)
}

/// The question to put before a match is acted on.
#[must_use]
pub(crate) fn ask(responses: &Responses, intent: &Match) -> String {
    let own = format!("{}?", intent.response);
    let asked = text(responses, intent, &[&own, "default?"])
        .or_else(|| word(responses, "sure"))
        .unwrap_or("?");
    fill(asked, &slots(intent))
}

/// Several things in one: "the lamp, the fan and the heater".
#[must_use]
pub(crate) fn join(responses: &Responses, names: &[String]) -> String {
    let comma = word(responses, "comma").unwrap_or(", ");
    match (names, word(responses, "and")) {
        (_, None) | ([] | [_], _) => names.join(comma),
        ([first @ .., last], Some(and)) => {
            let values = [
                ("first".to_owned(), first.join(comma)),
                ("last".to_owned(), last.clone()),
            ];
            fill(and, &values)
        }
    }
}

/// Several answers as one; what is said twice is said once.
#[must_use]
pub(crate) fn combine(responses: &Responses, texts: &[String]) -> String {
    let mut said: Vec<&str> = Vec::new();
    for text in texts {
        let text = text.trim().trim_end_matches(['.', '。']);
        if !text.is_empty() && !said.contains(&text) {
            said.push(text);
        }
    }
    said.join(word(responses, "stop").unwrap_or(". "))
}

/// So many seconds, in words: "1 hour 5 minutes".
#[must_use]
pub(crate) fn duration(responses: &Responses, seconds: u64) -> String {
    let parts = [
        (seconds / 3600, "hour", "hours", "h"),
        (seconds / 60 % 60, "minute", "minutes", "min"),
        (seconds % 60, "second", "seconds", "s"),
    ];
    let mut told: Vec<String> = parts
        .iter()
        .filter(|(number, ..)| *number > 0)
        .map(|(number, one, many, short)| {
            let key = if *number == 1 { one } else { many };
            match word(responses, key) {
                Some(text) => fill(text, &[("n".to_owned(), number.to_string())]),
                None => format!("{number} {short}"),
            }
        })
        .collect();
    if told.is_empty() {
        told.push(match word(responses, "seconds") {
            Some(text) => fill(text, &[("n".to_owned(), "0".to_owned())]),
            None => "0 s".to_owned(),
        });
    }
    told.join(" ")
}

/// A text of the language that belongs to no intent, filled.
#[must_use]
pub(crate) fn phrase(responses: &Responses, key: &str, values: &[(&str, String)]) -> String {
    let values: Values = values
        .iter()
        .map(|(key, value)| ((*key).to_owned(), value.clone()))
        .collect();
    fill(word(responses, key).unwrap_or_default(), &values)
}

fn word<'r>(responses: &'r Responses, key: &str) -> Option<&'r str> {
    responses.words.get(key).map(String::as_str)
}

/// The answer to a sentence that was not understood.
#[must_use]
pub(crate) fn apologize(responses: &Responses, reason: &NoMatch) -> String {
    let plain = reason.to_string();
    let value = |key: &str, value: &str| (key.to_owned(), value.to_owned());
    let (key, values) = match reason {
        NoMatch::UnknownName { what, text, .. } => match what.as_str() {
            "area" => ("no_area", vec![value("area", text)]),
            "floor" => ("no_floor", vec![value("floor", text)]),
            _ => ("no_entity", vec![value("entity", text)]),
        },
        NoMatch::WrongKind { name, domain, .. } => (
            "wrong_kind",
            vec![value("entity", name), value("domain", domain)],
        ),
        NoMatch::Missing { missing, .. } => ("missing", vec![value("missing", missing)]),
        NoMatch::OutOfRange {
            number, from, to, ..
        } => (
            "out_of_range",
            vec![
                value("number", number),
                value("from", &from.to_string()),
                value("to", &to.to_string()),
            ],
        ),
        NoMatch::Empty | NoMatch::TooLong(_) | NoMatch::NothingLike | NoMatch::TooComplex(_) => {
            ("no_intent", Vec::new())
        }
    };
    error(responses, key, &values, &plain)
}

fn error(responses: &Responses, key: &str, values: &[(String, String)], plain: &str) -> String {
    let text = responses
        .errors
        .get(key)
        .filter(|text| !text.contains("{%"))
        .map_or(plain, String::as_str);
    fill(text, values)
}

/// Fills the places of a text; what is not known stays empty.
fn fill(text: &str, values: &[(String, String)]) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("[[") {
        out.push_str(&places(before, values).0);
        let Some((piece, after)) = after.split_once("]]") else {
            rest = "";
            break;
        };
        let (piece, whole) = places(piece, values);
        if whole {
            out.push_str(&piece);
        }
        rest = after;
    }
    out.push_str(&places(rest, values).0);
    out.trim().to_owned()
}

/// The text with its places filled, and whether all of them were known.
fn places(text: &str, values: &[(String, String)]) -> (String, bool) {
    let mut out = String::new();
    let mut whole = true;
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("{{") {
        out.push_str(before);
        let Some((place, after)) = after.split_once("}}") else {
            return (out, whole);
        };
        let (key, particles) = match place.split_once('|') {
            Some((key, particles)) => (key.trim(), particles.trim().split_once('/')),
            None => (place.trim(), None),
        };
        match values.iter().find(|(known, _)| known == key) {
            Some((_, value)) if !value.is_empty() => {
                out.push_str(value);
                if let Some((closed, open)) = particles {
                    out.push_str(particle(value, closed, open));
                }
            }
            _ => whole = false,
        }
        rest = after;
    }
    out.push_str(rest);
    (out, whole)
}

/// The Korean particle behind `word`: `closed` after a syllable that ends in a consonant, `open` after
/// one that does not. 으로 is 로 after ㄹ too.
fn particle<'p>(word: &str, closed: &'p str, open: &'p str) -> &'p str {
    /// The final consonant ㄹ among the 28 endings of a Hangul syllable.
    const RIEUL: u32 = 8;
    let ending = word.chars().rev().find_map(|c| match c {
        '가'..='힣' => Some((u32::from(c) - u32::from('가')) % 28),
        // 영 일 이 삼 사 오 육 칠 팔 구: how the digit is read.
        '0' | '3' | '6' => Some(21),
        '1' | '7' | '8' => Some(RIEUL),
        '2' | '4' | '5' | '9' | '%' => Some(0),
        'l' | 'L' => Some(RIEUL),
        'm' | 'n' | 'M' | 'N' => Some(4),
        c if c.is_alphabetic() => Some(0),
        _ => None,
    });
    match ending {
        Some(RIEUL) if closed == "으로" => open,
        Some(0) | None => open,
        Some(_) => closed,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn values(pairs: &[(&str, &str)]) -> Values {
        let pairs = pairs.iter();
        pairs
            .map(|(k, v)| ((*k).to_owned(), (*v).to_owned()))
            .collect()
    }

    #[test]
    fn places_are_filled_once() {
        let values = values(&[("slots.name", "{{ value }}")]);
        assert_eq!(
            fill("a {{ slots.name }} b {{ x }}c", &values),
            "a {{ value }} b c"
        );
        assert_eq!(fill("a {{ open", &values), "a");
    }

    #[test]
    fn a_piece_is_left_out_when_what_it_tells_is_not_known() {
        let text = "Turned on the lights[[ in the {{ slots.area }}]]";
        assert_eq!(fill(text, &[]), "Turned on the lights");
        let known = values(&[("slots.area", "Kitchen")]);
        assert_eq!(fill(text, &known), "Turned on the lights in the Kitchen");
        assert_eq!(fill("a [[open {{ slots.area }}", &known), "a");
    }

    #[test]
    fn particles_fit_their_word() {
        for (word, object, subject, to) in [
            ("조명", "조명을", "조명이", "조명으로"),
            ("스탠드", "스탠드를", "스탠드가", "스탠드로"),
            ("침실", "침실을", "침실이", "침실로"),
            ("Lamp 3", "Lamp 3을", "Lamp 3이", "Lamp 3으로"),
            ("50%", "50%를", "50%가", "50%로"),
        ] {
            let values = values(&[("w", word)]);
            assert_eq!(fill("{{ w | 을/를 }}", &values), object);
            assert_eq!(fill("{{ w | 이/가 }}", &values), subject);
            assert_eq!(fill("{{ w | 으로/로 }}", &values), to);
        }
    }

    #[test]
    fn answers_join_and_what_is_said_twice_is_said_once() {
        let mut responses = Responses::default();
        let texts = ["Done", "Done", "It is off."].map(str::to_owned);
        assert_eq!(combine(&responses, &texts), "Done. It is off");
        let names = ["a", "b", "c"].map(str::to_owned);
        assert_eq!(join(&responses, &names), "a, b, c");
        responses
            .words
            .insert("and".to_owned(), "{{ first }} and {{ last }}".to_owned());
        assert_eq!(join(&responses, &names), "a, b and c");
        assert_eq!(duration(&responses, 3723), "1 h 2 min 3 s");
        assert_eq!(duration(&responses, 0), "0 s");
    }
}
