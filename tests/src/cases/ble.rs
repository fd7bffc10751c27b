//! Advertisements: decoded as if just heard, compared in the formats' own words. Lines that follow
//! one another with the same `session` come from one sender, which is remembered between them.
//!
//! A line is `{address, local_name, rssi, service_data, manufacturer_data, bindkey, expected}`;
//! where `expect_undecodable` is true, nothing may come out. Numbers are equal within half of their
//! last digit; a flag equals 0 and 1; a peer's `event:NAME {type}` is our `action` `NAME_type`.

use std::time::Duration;

use radios::ble::{Advert, BindKey, Memory, decode_with};
use radios::{Changes, Value};
use serde_json::{Map, Value as Json};

use super::{Lines, Options, Tally};

/// From one advert of a session to the next.
const BETWEEN: Duration = Duration::from_millis(10);

/// Runs the cases.
///
/// # Errors
/// When a line is no case.
pub fn run(_: &Options, lines: &mut Lines<'_>, tally: &mut Tally) -> Result<(), String> {
    let mut memory = Memory::default();
    let mut session = Json::Null;
    let mut now = Duration::ZERO;
    for line in lines {
        let (place, case) = line?;
        if case["session"].is_null() || case["session"] != session {
            session = case["session"].clone();
            memory = Memory::default();
        }
        now += BETWEEN;
        let advert = Advert::from_value(&case).map_err(|e| format!("{place}: {e}"))?;
        let key: Option<BindKey> = case["bindkey"].as_str().and_then(|text| text.parse().ok());
        let decoded = decode_with(&advert, key.as_ref(), &mut memory, now);
        let empty = Map::new();
        let expected = case["expected"].as_object().unwrap_or(&empty);
        let nothing = case["expect_undecodable"] == true;
        let equal = match &decoded {
            Ok(reading) if nothing => reading.changes.is_empty(),
            Ok(reading) => equal(&reading.changes, expected),
            Err(_) => nothing || expected.is_empty(),
        };
        let name = format!(
            "{} {}",
            case["format"].as_str().unwrap_or("?"),
            advert.address
        );
        let wanted = if nothing {
            "nothing".to_owned()
        } else {
            case["expected"].to_string()
        };
        let got = match decoded {
            Ok(reading) => Json::from_iter(
                reading
                    .changes
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

fn equal(changes: &Changes, expected: &Map<String, Json>) -> bool {
    expected.iter().all(|(property, wanted)| {
        if let Some(event) = property.strip_prefix("event:") {
            let kind = wanted["type"].as_str().unwrap_or_default();
            let action = format!("{event}_{kind}");
            return find(changes, "action")
                .is_some_and(|v| v.as_str() == Some(&action) || v.as_str() == Some(kind));
        }
        find(changes, property).is_some_and(|value| same(value, wanted))
    }) && (changes.is_empty() == expected.is_empty())
}

fn find<'a>(changes: &'a Changes, property: &str) -> Option<&'a Value> {
    changes.iter().find(|(p, _)| p == property).map(|(_, v)| v)
}

fn same(value: &Value, wanted: &Json) -> bool {
    match (value, wanted) {
        (Value::Bool(flag), Json::Bool(wanted)) => flag == wanted,
        (Value::Bool(flag), Json::Number(wanted)) => {
            wanted.as_f64() == Some(f64::from(u8::from(*flag)))
        }
        (Value::Number(number), Json::Number(wanted)) => wanted
            .as_f64()
            .is_some_and(|wanted| (number - wanted).abs() < 0.005),
        (Value::Text(text), Json::String(wanted)) => text == wanted,
        _ => false,
    }
}
