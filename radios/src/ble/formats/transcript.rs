//! Adverts and readings as lines of text, for the formats' tests.
//!
//! An advert is written as words: `AA:BB:CC:DD:EE:FF` its address, `name=…` its name (`_` for a
//! space), `fff0` a service it has, `feaa:2000…` service data, `#004c:0215…` a maker's data. What
//! it says is written as `property value` pairs, in the order of their names. Everything goes the
//! way of a heard advert, through the table of formats.

use std::fmt::Write as _;

use crate::Value;
use crate::ble::advert::from_hex;
use crate::ble::{Advert, DecodeError, Reading, decode, vocabulary};

/// The advert that `text` writes.
pub(super) fn advert(text: &str) -> Advert {
    let mut advert = Advert::default();
    for word in text.split_whitespace() {
        if let Some(name) = word.strip_prefix("name=") {
            advert.name = Some(name.replace('_', " "));
        } else if let Some((company, data)) = word.strip_prefix('#').and_then(|w| w.split_once(':'))
        {
            let company = u16::from_str_radix(company, 16).expect("a company");
            advert
                .manufacturer_data
                .push((company, from_hex(data).expect("hexadecimal")));
        } else if let Ok(address) = word.parse() {
            advert.address = address;
        } else if let Some((service, data)) = word.split_once(':') {
            let service = service.parse().expect("a service");
            advert
                .service_data
                .push((service, from_hex(data).expect("hexadecimal")));
        } else {
            advert.services.push(word.parse().expect("a service"));
        }
    }
    advert
}

/// What an advert comes to.
pub(super) fn read(text: &str) -> Result<Reading, DecodeError> {
    decode(&advert(text), None)
}

/// Asserts that the home has a word for all that is said.
#[track_caller]
fn is_understood(reading: &Reading) {
    let mut changes = reading.changes.clone();
    vocabulary::in_home_words(reading.format, &mut changes);
    for (property, _) in &changes {
        assert!(vocabulary::word(property).is_some(), "{property}");
    }
}

/// What it says, in one line.
#[track_caller]
pub(super) fn line(reading: &Reading) -> String {
    is_understood(reading);
    let mut changes: Vec<_> = reading.changes.iter().collect();
    changes.sort_by(|(a, _), (b, _)| a.cmp(b));
    let mut line = String::new();
    for (property, value) in changes {
        let comma = if line.is_empty() { "" } else { ", " };
        let value = match value {
            Value::Number(n) => Value::rounded(*n, 3),
            other => other.clone(),
        };
        let json = serde_json::to_string(&value).expect("a value");
        let _ = write!(line, "{comma}{property} {}", json.trim_matches('"'));
    }
    line
}

/// What an advert says in one line, or why nothing.
pub(super) fn said(text: &str) -> Result<String, DecodeError> {
    read(text).map(|reading| line(&reading))
}

/// Asserts what an advert says, and which model says it.
#[track_caller]
pub(super) fn says(text: &str, model: &str, expected: &str) {
    let reading = read(text).unwrap_or_else(|error| panic!("{text}: {error}"));
    assert_eq!(line(&reading), expected, "{text}");
    assert_eq!(reading.model, Some(model), "{text}");
}

/// Asserts that an advert says nothing.
#[track_caller]
pub(super) fn refused(text: &str) {
    if let Ok(reading) = read(text) {
        panic!("{text}: {}: {}", reading.format, line(&reading));
    }
}
