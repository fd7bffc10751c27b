//! Short answers, from the `responses` of a language.
//!
//! An answer is a text with places in double braces: `{{ slots.NAME }}`, `{{ value }}`, `{{ unit }}`,
//! `{{ count }}`, `{{ names }}`, `{{ reason }}`. The community's answers are programs in another
//! language; those with program text in them give way to the intent's plain answer or a bare word.

use crate::sentences::Responses;
use crate::{Match, NoMatch};

/// What came of an intent.
#[derive(Clone, Debug, PartialEq)]
pub enum Outcome {
    /// It was done with so many devices.
    Done {
        /// How many.
        count: usize,
    },
    /// A value was asked for and is known.
    Reading {
        /// It.
        value: f64,
        /// Its unit: `°C`, `%`.
        unit: String,
    },
    /// A state was asked about: whether it is so, and of which devices.
    State {
        /// Whether.
        holds: bool,
        /// Which; may be empty.
        names: Vec<String>,
    },
    /// There is nothing of the kind there.
    Nothing,
    /// It failed; why, for people.
    Failed(String),
}

/// The answer to a match.
#[must_use]
pub(crate) fn respond(responses: &Responses, intent: &Match, outcome: &Outcome) -> String {
    let mut values: Vec<(String, String)> = intent
        .slots
        .iter()
        .map(|slot| (format!("slots.{}", slot.name), slot.value.to_string()))
        .collect();
    let mut add = |key: &str, value: String| values.push((key.to_owned(), value));
    let (keys, plain): (Vec<&str>, &str) = match outcome {
        Outcome::Done { count } => {
            add("count", count.to_string());
            (vec![&intent.response, "default"], "OK")
        }
        Outcome::Reading { value, unit } => {
            add("value", format!("{}", (value * 10.0).round() / 10.0));
            add("unit", unit.clone());
            (vec![&intent.response, "default"], "{{ value }} {{ unit }}")
        }
        Outcome::State { holds, names } => {
            add("names", names.join(", "));
            let key = if *holds { "yes" } else { "no" };
            let listed = !names.is_empty() && !intent.slots.iter().any(|s| s.name == "name");
            (
                vec![if listed { "names" } else { key }],
                if listed { "{{ names }}" } else { key },
            )
        }
        Outcome::Nothing => return error(responses, "nothing", &values, "there is none"),
        Outcome::Failed(reason) => {
            add("reason", reason.clone());
            return error(responses, "handle_error", &values, "{{ reason }}");
        }
    };
    let texts = responses.intents.get(&intent.intent);
    let text = keys
        .iter()
        .find_map(|key| texts?.get(*key).filter(|text| !text.contains("{%")))
        .map_or(plain, String::as_str);
    fill(text, &values)
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
    while let Some((before, after)) = rest.split_once("{{") {
        out.push_str(before);
        let Some((place, after)) = after.split_once("}}") else {
            return out;
        };
        if let Some((_, value)) = values.iter().find(|(key, _)| key == place.trim()) {
            out.push_str(value);
        }
        rest = after;
    }
    out.push_str(rest);
    out.trim().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_filled_once() {
        let values = [("slots.name".to_owned(), "{{ value }}".to_owned())];
        assert_eq!(
            fill("a {{ slots.name }} b {{ x }}c", &values),
            "a {{ value }} b c"
        );
        assert_eq!(fill("a {{ open", &values), "a ");
    }
}
