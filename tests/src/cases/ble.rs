//! Advertisements: decoded as if just heard, compared in the formats' own words. Lines that follow
//! one another with the same `session` come from one sender, which is remembered between them.
//!
//! A line is `{address, local_name, rssi, service_uuids, service_data, manufacturer_data, raw,
//! bindkey, expected, units}`; where `expect_undecodable` is true, nothing may come out. Otherwise
//! what is expected must be known of the sender, from this advert or an earlier one of the session.
//! Numbers are equal within half of their last digit; a flag equals 0 and 1; a peer's `event:NAME
//! {type}` is our `action` `NAME_type`; a property of a part, `NAME@part`, is our `NAME_part`, or
//! `NAME` for the part `primary`; `error` for a value means that none may come out. [`UNITS`] are
//! changed into ours first.

use std::collections::HashMap;
use std::time::Duration;

use radios::ble::{Advert, BindKey, Memory, decode_with};
use radios::{Changes, Value};
use serde_json::{Map, Value as Json};

use super::{Lines, Options, Tally};

/// From one advert of a session to the next.
const BETWEEN: Duration = Duration::from_millis(10);

/// What is known of the sender after an advert: the newest value of each property.
type State = HashMap<String, Value>;

/// Runs the cases.
///
/// # Errors
/// When a line is no case.
pub fn run(_: &Options, lines: &mut Lines<'_>, tally: &mut Tally) -> Result<(), String> {
    let mut memory = Memory::default();
    let mut session = Json::Null;
    let mut state = State::new();
    let mut now = Duration::ZERO;
    for line in lines {
        let (place, mut case) = line?;
        if case["session"].is_null() || case["session"] != session {
            session = case["session"].clone();
            memory = Memory::default();
            state.clear();
        }
        now += BETWEEN;
        if let Some(address) = case["address"].as_str().and_then(of_apple) {
            case["address"] = Json::String(address);
        }
        let advert = Advert::from_value(&case).map_err(|e| format!("{place}: {e}"))?;
        let key: Option<BindKey> = case["bindkey"].as_str().and_then(|text| text.parse().ok());
        let decoded = decode_with(&advert, key.as_ref(), &mut memory, now);
        let none = Changes::new();
        let changes = decoded.as_ref().map_or(&none, |reading| &reading.changes);
        // A press is over when the next advert comes.
        state.remove("action");
        state.extend(changes.iter().map(|(p, v)| (p.to_string(), v.clone())));
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
    if let Some(event) = property.strip_prefix("event:") {
        let kind = wanted["type"].as_str().unwrap_or_default();
        let action = format!("{event}_{kind}");
        return state
            .get("action")
            .is_some_and(|v| v.as_str() == Some(&action) || v.as_str() == Some(kind));
    }
    let ours = match property.split_once('@') {
        None => property.to_owned(),
        Some((name, "primary")) => name.to_owned(),
        Some((name, part)) => {
            let part = format!("_{}", part.replace(' ', "_"));
            format!("{}{part}", name.strip_suffix(&part).unwrap_or(name))
        }
    };
    let value = state.get(&ours);
    if wanted == "error" {
        return value.is_none();
    }
    value.is_some_and(|value| same(value, &in_our_unit(property, wanted, case)))
}

/// A unit of a peer's, and what makes ours of it: times, plus.
static UNITS: &[(&str, f64, f64)] = &[
    ("mV", 0.001, 0.0),
    ("mg", 0.009_806_65, 0.0),
    ("°F", 5.0 / 9.0, -160.0 / 9.0),
];

/// Units that a peer does not tell: peer, the formats, the properties.
static UNTOLD: &[(&str, &str, &str, &str)] = &[("ble_monitor", "ruuvi", "acceleration", "mg")];

fn in_our_unit(property: &str, wanted: &Json, case: &Json) -> Json {
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
    let unit = case["units"][property].as_str().or_else(untold);
    let row = UNITS.iter().find(|(name, ..)| Some(*name) == unit);
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
            .is_some_and(|wanted| (number - wanted).abs() < 0.0051),
        (Value::Text(text), Json::String(wanted)) => text == wanted,
        _ => false,
    }
}
