//! Advertisements: decoded as if just heard, compared in the formats' own words. Lines that follow
//! one another with the same `session` come from one sender, which is remembered between them.
//!
//! A line is `{address, local_name, rssi, service_uuids, service_data, manufacturer_data, raw,
//! bindkey, expected, units}`; where `expect_undecodable` is true, nothing may come out. Otherwise
//! what is expected must be known of the sender, from this advert or an earlier one of the session.
//! Numbers are equal within half of their last digit; a flag equals 0 and 1; a peer's `event:NAME
//! {type}` is our `action` `NAME_type` (what other words of theirs are ours: `words`); a property of a part, `NAME@part`, is our `NAME_part`, or
//! `NAME` for the part `primary`; `error` for a value means that none may come out. `UNITS` are
//! changed into ours first.

use std::collections::HashMap;
use std::time::Duration;

use radios::ble::{Advert, BindKey, Memory, decode_with};
use radios::{Changes, Value};
use serde_json::{Map, Value as Json};

use super::{Lines, Options, Tally};

mod words;

/// From one advert of a session to the next.
const BETWEEN: Duration = Duration::from_millis(10);

/// What is known of the sender after an advert.
#[derive(Default)]
struct State {
    /// The newest value of each property.
    values: HashMap<String, Value>,
    /// What was pressed; over when the next advert comes.
    actions: Vec<String>,
}

impl State {
    fn learn(&mut self, changes: &Changes) {
        self.actions.clear();
        for (property, value) in changes {
            match (property.as_ref(), value) {
                ("action", Value::Text(action)) => self.actions.push(action.to_string()),
                _ => {
                    self.values.insert(property.to_string(), value.clone());
                }
            }
        }
    }
}

/// Runs the cases.
///
/// # Errors
/// When a line is no case.
pub fn run(_: &Options, lines: &mut Lines<'_>, tally: &mut Tally) -> Result<(), String> {
    let mut memory = Memory::default();
    let mut session = Json::Null;
    let mut state = State::default();
    let mut now = Duration::ZERO;
    for line in lines {
        let (place, mut case) = line?;
        if case["session"].is_null() || case["session"] != session {
            session = case["session"].clone();
            memory = Memory::default();
            state = State::default();
        }
        now += BETWEEN;
        if let Some(address) = case["address"].as_str().and_then(of_apple) {
            case["address"] = Json::String(address);
        }
        let advert = Advert::from_value(&case).map_err(|e| format!("{place}: {e}"))?;
        let key: Option<BindKey> = case["bindkey"].as_str().and_then(|text| text.parse().ok());
        let decoded = decode_with(&advert, key.as_ref(), &mut memory, now);
        let none = Changes::new();
        let changes = match &decoded {
            Ok(reading) if reading.news => &reading.changes,
            _ => &none,
        };
        state.learn(changes);
        let empty = Map::new();
        let expected = case["expected"].as_object().unwrap_or(&empty);
        let equal = if case["expect_undecodable"] == true || expected.is_empty() {
            changes.is_empty()
        } else {
            expected
                .iter()
                .all(|(property, wanted)| known(&state, property, wanted, &case))
        };
        let name = format!(
            "{} {}",
            case["format"].as_str().unwrap_or("?"),
            advert.address
        );
        let wanted = if case["expect_undecodable"] == true {
            "nothing".to_owned()
        } else {
            case["expected"].to_string()
        };
        let got = match &decoded {
            Ok(_) => Json::from_iter(
                changes
                    .iter()
                    .map(|(p, v)| (p.to_string(), serde_json::json!(v))),
            )
            .to_string(),
            Err(error) => error.to_string(),
        };
        tally.count(&place, &name, &wanted, &got, equal);
    }
    Ok(())
}

/// Apple's hosts tell a UUID of their own instead of an address: its last digits stand for one.
fn of_apple(uuid: &str) -> Option<String> {
    if uuid.len() != 36 || !uuid.is_ascii() {
        return None;
    }
    let digits = uuid.get(24..)?.as_bytes();
    let pairs: Vec<&str> = digits
        .chunks(2)
        .filter_map(|pair| std::str::from_utf8(pair).ok())
        .collect();
    Some(pairs.join(":"))
}

/// Whether `wanted` is what is known of `property`.
fn known(state: &State, property: &str, wanted: &Json, case: &Json) -> bool {
    let text = |member: &str| case[member].as_str().unwrap_or_default();
    let (peer, format) = (text("peer"), text("format"));
    if let Some(event) = property.strip_prefix("event:") {
        return happened(state, event, wanted);
    }
    let ours = match property.split_once('@') {
        None => property.to_owned(),
        Some((name, "primary")) => name.to_owned(),
        Some((name, part)) => {
            let part = format!("_{}", part.replace(' ', "_"));
            format!("{}{part}", name.strip_suffix(&part).unwrap_or(name))
        }
    };
    let value = state.values.get(&ours);
    if wanted == "error" || wanted.is_null() {
        return value.is_none();
    }
    let wanted = in_our_unit(state, property, wanted, case);
    if value.is_some_and(|value| same(value, &wanted)) {
        return true;
    }
    // Several of a kind are numbered: `mass_2`.
    let base = ours.trim_end_matches(|c: char| c.is_ascii_digit());
    let (base, number) = match base.strip_suffix('_') {
        Some(base) if base.len() + 1 < ours.len() => ours.split_at(base.len()),
        _ => (ours.as_str(), ""),
    };
    let theirs = words::WORDS.iter().filter(|word| {
        (word.theirs == ours || word.theirs == base) && (word.peer.is_empty() || word.peer == peer)
    });
    let other_word = theirs.flat_map(|word| word.ours).any(|word| {
        let numbered = format!("{word}{number}");
        [*word, &numbered]
            .iter()
            .filter_map(|word| state.values.get(*word))
            .any(|value| same(value, &wanted))
    });
    // Of several of a kind, this peer tells the last.
    let last_of_several = || {
        (1..=9)
            .rev()
            .find_map(|n| state.values.get(&format!("{ours}_{n}")))
            .is_some_and(|value| peer == "ble_monitor" && same(value, &wanted))
    };
    other_word
        || last_of_several()
        || wanted
            .as_str()
            .is_some_and(|wanted| told_otherwise(state, &ours, wanted))
        || words::ON_PURPOSE.iter().any(|other| {
            (other.peer.is_empty() || other.peer == peer)
                && format.starts_with(other.formats)
                && other.property == ours
                && (other.when)(case)
        })
}

/// Whether an event of a peer's is one of the actions.
fn happened(state: &State, event: &str, wanted: &Json) -> bool {
    let kind = wanted["type"].as_str().unwrap_or_default();
    let whole = format!("{event}_{kind}");
    let button = event.strip_prefix("button_").unwrap_or_default();
    let told = state.actions.iter().any(|action| {
        *action == whole || action == kind || (!button.is_empty() && pressed(action, button, kind))
    }) || flag_of(state, &format!("event:{event}"), kind)
        || (event == "error"
            && state
                .values
                .get("error")
                .is_some_and(|e| e.as_str() == Some(kind)));
    let counted = |(name, count): (&String, &Json)| {
        count.is_null()
            || count == ""
            || state
                .values
                .get(name)
                .is_some_and(|value| same(value, count))
    };
    let counts = wanted["props"].as_object();
    told && counts.is_none_or(|counts| counts.iter().all(counted))
}

/// Whether `action` is a press of `button`, alone or with others.
fn pressed(action: &str, button: &str, press: &str) -> bool {
    let lower = button.to_lowercase();
    let of = |name: &str| {
        if name.is_empty() {
            action == format!("button_{press}")
        } else {
            action == format!("button_{name}_{press}")
        }
    };
    of(&lower)
        || words::TOGETHER
            .iter()
            .any(|(names, buttons)| buttons.contains(&lower.as_str()) && of(names))
}

/// Whether a text of a peer's is a flag of ours.
fn flag_of(state: &State, property: &str, text: &str) -> bool {
    words::TEXTS.iter().any(|(theirs, says, ours, value)| {
        *theirs == property
            && *says == text
            && state.values.get(*ours) == Some(&Value::Bool(*value))
    })
}

/// Whether a text of a peer's is told by an action or a flag.
fn told_otherwise(state: &State, property: &str, text: &str) -> bool {
    let text = plain(text);
    let press = words::PRESS
        .iter()
        .find(|(theirs, _)| *theirs == text)
        .map_or(text.as_str(), |(_, ours)| *ours);
    let ends = |action: &String| action.ends_with(press);
    let part = property
        .trim_end_matches(|c: char| c.is_ascii_digit())
        .trim_end_matches('_');
    if words::PRESSES.contains(&property) || words::PRESSES.contains(&part) {
        return state.actions.iter().any(ends);
    }
    if property == "action" {
        return state.actions.iter().any(|action| same_text(&text, action));
    }
    if let Some((_, button)) = words::BUTTONS
        .iter()
        .find(|(theirs, _)| *theirs == property)
    {
        return state.actions.iter().any(|action| {
            ["press", "double_press", "long_press"]
                .iter()
                .any(|press| pressed(action, button, press))
        });
    }
    let remote = words::REMOTES
        .iter()
        .find(|(theirs, says, _)| *theirs == property && says.eq_ignore_ascii_case(&text));
    if let Some((.., button)) = remote {
        let begin = format!("button_{button}_");
        return state
            .actions
            .iter()
            .any(|action| action.starts_with(&begin));
    }
    // Ours is the kilogram; their numbers were changed into it.
    let weighed = ["weight", "weight_non_stabilized"]
        .iter()
        .any(|w| state.values.contains_key(*w));
    if property == "weight_unit" && !state.values.contains_key("weight_unit") {
        return weighed && (text == "kg" || UNITS.iter().any(|(unit, ..)| *unit == text));
    }
    flag_of(state, property, &text)
}

/// A text without case and punctuation: `Lock (inside)` is `lock_inside`.
fn plain(text: &str) -> String {
    if matches!(text, "+" | "-") {
        return text.to_owned();
    }
    let words: Vec<String> = text
        .split(|c: char| !c.is_alphanumeric())
        .filter(|word| !word.is_empty())
        .map(str::to_lowercase)
        .collect();
    words.join("_")
}

/// Whether two texts say the same.
fn same_text(theirs: &str, ours: &str) -> bool {
    if theirs == ours {
        return true;
    }
    let (theirs, ours) = (plain(theirs), plain(ours));
    // Moments may or may not tell their zone, and what stands between day and time.
    let moment = |text: &str| text.trim_end_matches("_00_00").replace('t', "_");
    theirs == ours
        || moment(&theirs) == moment(&ours)
        || words::SAME_TEXTS
            .iter()
            .any(|(a, b)| (*a == theirs && *b == ours) || (*a == ours && *b == theirs))
}

/// A unit of a peer's, and what makes ours of it: times, plus.
static UNITS: &[(&str, f64, f64)] = &[
    ("mV", 0.001, 0.0),
    ("mL", 0.001, 0.0),
    ("lb", 0.453_592_37, 0.0),
    ("lbs", 0.453_592_37, 0.0),
    ("jin", 0.5, 0.0),
    ("mg", 0.009_806_65, 0.0),
    ("°F", 5.0 / 9.0, -160.0 / 9.0),
];

/// Units that a peer does not tell: peer, the formats, the properties.
static UNTOLD: &[(&str, &str, &str, &str)] = &[("ble_monitor", "ruuvi", "acceleration", "mg")];

fn in_our_unit(state: &State, property: &str, wanted: &Json, case: &Json) -> Json {
    let text = |member: &str| case[member].as_str().unwrap_or_default();
    let untold = || {
        UNTOLD
            .iter()
            .find(|(peer, format, begin, _)| {
                text("peer") == *peer
                    && text("format").starts_with(format)
                    && property.starts_with(begin)
            })
            .map(|(.., unit)| *unit)
    };
    // The list of units goes by the peer's own names.
    let unit = case["units"][property]
        .as_str()
        .or_else(|| case["units"][property.replace("weight", "mass")].as_str())
        .or_else(|| match property {
            "volume_ml" | "volume_mL" => Some("mL"),
            _ if property.contains("weight") && !state.values.contains_key("weight_unit") => {
                case["expected"]["weight_unit"].as_str()
            }
            _ => None,
        })
        .or_else(untold);
    let row = UNITS.iter().find(|(name, ..)| Some(*name) == unit);
    // Rain stays in millimetres.
    let near = property.starts_with("distance") && unit == Some("mm");
    let near = near || (property == "distance_mm" && !state.values.contains_key(property));
    let row = if near { Some(&("mm", 0.001, 0.0)) } else { row };
    match (row, wanted.as_f64()) {
        (Some((_, times, plus)), Some(number)) => (number * times + plus).into(),
        _ => wanted.clone(),
    }
}

fn same(value: &Value, wanted: &Json) -> bool {
    match (value, wanted) {
        (Value::Bool(flag), Json::Bool(wanted)) => flag == wanted,
        (Value::Bool(flag), Json::Number(wanted)) => {
            wanted.as_f64() == Some(f64::from(u8::from(*flag)))
        }
        (Value::Number(number), Json::Number(wanted)) => wanted
            .as_f64()
            .is_some_and(|wanted| (number - wanted).abs() < 0.0051_f64.max(wanted.abs() * 1e-9)),
        (Value::Text(text), Json::String(wanted)) => same_text(wanted, text),
        (Value::Text(text), Json::Number(wanted)) => same_text(&wanted.to_string(), text),
        // A key that a peer tells with its kind: `Fingerprint key id 2`.
        (Value::Number(number), Json::String(wanted)) => wanted
            .rsplit(' ')
            .next()
            .is_some_and(|last| last.parse() == Ok(*number)),
        _ => false,
    }
}
