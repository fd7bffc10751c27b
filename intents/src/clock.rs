//! Times of day in a sentence: "at half past seven in the evening" is so many minutes after midnight.
//!
//! The contract: a sentence that tells an hour in the slots `hour` or `exact` gets the slot `at`, minutes
//! after midnight of local time. Where it may be before noon or after (`at seven`), `at_either` is there,
//! too; where it is tomorrow, `at_day` is 1. Which day it is then, the home's clock knows.

use crate::{Match, Slot, Value};

const HALF_DAY: u32 = 12 * 60;
const DAY: u32 = 2 * HALF_DAY;

/// Puts the slots `at`, `at_either` and `at_day` in the place of what tells them.
pub(crate) fn settle(found: &mut Match) {
    let Some((at, either)) = minutes(found) else {
        return;
    };
    let tomorrow = found.number("day").is_some();
    let parts = ["hour", "minute", "before", "part", "exact", "day"];
    found
        .slots
        .retain(|slot| !parts.contains(&slot.name.as_str()));
    found.slots.push(slot("at", Value::Number(f64::from(at))));
    if either {
        found.slots.push(slot("at_either", Value::Bool(true)));
    }
    if tomorrow {
        found.slots.push(slot("at_day", Value::Number(1.0)));
    }
}

/// Minutes after midnight, and whether the other half of the day may be meant.
fn minutes(found: &Match) -> Option<(u32, bool)> {
    let number = |name: &str| {
        let number = found.number(name)?;
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // clamped
        let whole = number.clamp(0.0, 60.0) as u32;
        Some(whole)
    };
    if let Some(hour) = number("exact") {
        return Some((hour * 60 % DAY, false));
    }
    let hour = number("hour")?;
    let (hour, either) = match (found.text("part"), hour) {
        (None, 1..=12) => (hour % 12, true),
        // Twelve in the morning, in the evening and at night is midnight.
        (Some("morning" | "evening" | "night"), 12) => (0, false),
        (Some("evening"), 1..=11) | (Some("afternoon"), 1..=11) => (hour + 12, false),
        (Some("night"), 6..=11) | (Some("noon"), 1..=9) => (hour + 12, false),
        _ => (hour, false),
    };
    let after = hour * 60 + number("minute").unwrap_or(0);
    let at = (after + DAY - number("before").unwrap_or(0)) % DAY;
    Some(if either {
        (at % HALF_DAY, true)
    } else {
        (at, false)
    })
}

fn slot(name: &str, value: Value) -> Slot {
    Slot {
        name: name.to_owned(),
        value,
        text: String::new(),
        span: None,
        ids: Vec::new(),
        wildcard: false,
    }
}
