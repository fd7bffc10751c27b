//! MiBeacon objects: a table of what each (object, product) says.
//!
//! One row an object. A few objects mean something else on some products: such rows name those
//! products and stand before the general one. Objects not in the table are skipped by their length.

use nom::bytes::complete::take;
use nom::multi::length_data;
use nom::number::complete::{le_u8, le_u16};
use nom::{IResult, Parser};

use super::product;
use crate::ble::DecodeError;
use crate::{Changes, Value};

/// Reads every object of `data`.
pub(super) fn decode(
    product_id: u16,
    data: &[u8],
    changes: &mut Changes,
) -> Result<(), DecodeError> {
    let model = product(product_id).map_or("", |p| p.model);
    let mut rest = data;
    while !rest.is_empty() {
        let (after, (kind, content)) =
            object(rest).map_err(|_| DecodeError::Truncated("object"))?;
        rest = after;
        let row = OBJECTS
            .iter()
            .find(|row| row.kind == kind && (row.models.is_empty() || row.models.contains(&model)));
        if let Some(row) = row {
            if !row.lengths.contains(&content.len()) {
                return Err(DecodeError::Length {
                    object: kind,
                    length: content.len(),
                });
            }
            (row.read)(content, changes);
        }
    }
    Ok(())
}

fn object(data: &[u8]) -> IResult<&[u8], (u16, &[u8])> {
    (le_u16, length_data(le_u8)).parse(data)
}

struct Row {
    kind: u16,
    lengths: std::ops::RangeInclusive<usize>,
    /// Only on these models; empty: on all.
    models: &'static [&'static str],
    read: fn(&[u8], &mut Changes),
}

const fn row(kind: u16, shortest: usize, longest: usize, read: fn(&[u8], &mut Changes)) -> Row {
    Row {
        kind,
        lengths: shortest..=longest,
        models: &[],
        read,
    }
}

const fn on(models: &'static [&'static str], row: Row) -> Row {
    Row { models, ..row }
}

/// The unsigned little-endian number of up to four bytes at `at`.
fn unsigned(data: &[u8], at: usize, width: usize) -> u32 {
    let field: IResult<&[u8], &[u8]> = take(width)(data.get(at..).unwrap_or(&[]));
    field.map_or(0, |(_, bytes)| {
        bytes
            .iter()
            .rev()
            .fold(0, |n, byte| n << 8 | u32::from(*byte))
    })
}

#[allow(clippy::cast_possible_truncation, clippy::cast_possible_wrap)] // two's complement, 16 bits
fn signed16(data: &[u8], at: usize) -> i16 {
    unsigned(data, at, 2) as u16 as i16
}

fn float32(data: &[u8]) -> f64 {
    f64::from(f32::from_bits(unsigned(data, 0, 4)))
}

fn put(changes: &mut Changes, property: &'static str, value: impl Into<Value>) {
    changes.push((property.into(), value.into()));
}

fn first(data: &[u8]) -> u32 {
    unsigned(data, 0, 1)
}

/// `|d, c| put the number scaled`.
macro_rules! number {
    ($property:literal) => {
        |data, changes| put(changes, $property, unsigned(data, 0, data.len()))
    };
    ($property:literal, /$divisor:literal) => {
        |data, changes| {
            put(
                changes,
                $property,
                f64::from(unsigned(data, 0, data.len())) / f64::from($divisor),
            )
        }
    };
}

macro_rules! signed {
    ($property:literal, /$divisor:literal) => {
        |data, changes| {
            put(
                changes,
                $property,
                f64::from(signed16(data, 0)) / f64::from($divisor),
            )
        }
    };
}

macro_rules! float {
    ($property:literal, $digits:literal) => {
        |data, changes| put_float(changes, $property, data, $digits)
    };
}

fn put_float(changes: &mut Changes, property: &'static str, data: &[u8], digits: i32) {
    let number = float32(data);
    if number.is_finite() {
        put(changes, property, Value::rounded(number, digits));
    }
}

/// A flag, true for a first byte that is `$pattern`.
macro_rules! flag {
    ($property:literal, $pattern:pat) => {
        |data, changes| put(changes, $property, matches!(first(data), $pattern))
    };
}

/// A button's press: the first byte, where there is one, tells which.
macro_rules! press {
    ($press:literal, $($which:literal => $name:literal),*) => {
        |data, changes| {
            let action = match (data.is_empty(), first(data)) {
                $((false, $which) => concat!("button_", $name, "_", $press),)*
                _ => concat!("button_", $press),
            };
            put(changes, "action", action);
        }
    };
}

const LIGHT_AS_FLAG: &[&str] = &["MJYD02YL", "RTCGQ02LM"];
const LEFT_RIGHT: &[&str] = &[
    "XMWS01XS",
    "K9B-2BTN",
    "XMWXKG01YL",
    "PTX_YK1_QMIMB",
    "YLAI003",
];
const COUNTED: &[&str] = &["KS1", "KS1BP", "KS2BB", "AFWXKG220000"];

/// Objects by type. Lengths in bytes.
static OBJECTS: &[Row] = &[
    row(0x0003, 0, 255, |_, changes| put(changes, "motion", true)),
    row(0x0006, 5, 5, |data, changes| {
        let result = match unsigned(data, 4, 1) {
            0 => "match_successful",
            1 => "match_failed",
            2 => "timeout",
            3 => "low_quality_too_light_fuzzy",
            4 => "insufficient_area",
            5 => "skin_is_too_dry",
            6 => "skin_is_too_wet",
            _ => return,
        };
        put(changes, "fingerprint", result == "match_successful");
        put(changes, "action", result);
        put(changes, "key_id", unsigned(data, 0, 4));
    }),
    row(0x0007, 1, 1, |data, changes| match first(data) {
        0 => put(changes, "opening", true),
        1 => put(changes, "opening", false),
        2 => {
            put(changes, "opening", true);
            put(changes, "door_left_open", true);
        }
        3 => put(changes, "action", "knock_on_the_door"),
        4 => put(changes, "pry_the_door", true),
        5 => put(changes, "door_stuck", true),
        _ => {}
    }),
    row(0x0008, 1, 1, flag!("armed", 0)),
    row(0x000a, 2, 2, |data, changes| {
        let raw = signed16(data, 0);
        if raw != 0 {
            put(changes, "temperature", f64::from(raw) / 100.0);
        }
    }),
    row(0x000b, 9, 9, lock),
    on(
        LIGHT_AS_FLAG,
        row(0x000f, 3, 3, |data, changes| {
            put(changes, "motion", true);
            put(changes, "light", unsigned(data, 0, 3) >= 100);
        }),
    ),
    row(0x000f, 3, 3, |data, changes| {
        put(changes, "motion", true);
        put(changes, "illuminance", unsigned(data, 0, 3));
    }),
    row(0x0010, 1, 2, flag!("toothbrush", 0)),
    row(0x1001, 3, 3, button),
    row(0x1004, 2, 2, signed!("temperature", /10)),
    row(0x1005, 2, 2, |data, changes| {
        put(changes, "power", first(data) != 0);
        put(changes, "temperature", unsigned(data, 1, 1));
    }),
    // These two show whole percents on their own display, and the peers follow it.
    on(
        &["LYWSD03MMC", "MHO-C401"],
        row(0x1006, 2, 2, |data, changes| {
            put(changes, "humidity", unsigned(data, 0, 2) / 10);
        }),
    ),
    row(0x1006, 2, 2, number!("humidity", /10)),
    on(
        &["MJYD02YL", "MCCGQ02HL"],
        row(0x1007, 3, 3, |data, changes| {
            put(changes, "light", unsigned(data, 0, 3) == 100);
        }),
    ),
    row(0x1007, 3, 3, number!("illuminance")),
    row(0x1008, 1, 1, number!("moisture")),
    row(0x1009, 2, 2, number!("conductivity")),
    row(0x100a, 1, 1, number!("battery")),
    row(0x100d, 4, 4, |data, changes| {
        put(changes, "temperature", f64::from(signed16(data, 0)) / 10.0);
        put(changes, "humidity", f64::from(unsigned(data, 2, 2)) / 10.0);
    }),
    row(0x100e, 1, 1, |data, changes| {
        put(changes, "lock", first(data) & 1 == 0);
        put(changes, "childlock", first(data) & 8 != 0);
    }),
    row(0x100f, 1, 1, flag!("opening", 1)),
    row(0x1010, 2, 2, number!("formaldehyde", /100)),
    row(0x1012, 1, 1, flag!("power", 1..)),
    row(0x1013, 1, 1, number!("consumable")),
    row(0x1014, 1, 1, flag!("moisture_detected", 1..)),
    row(0x1015, 1, 1, flag!("smoke", 1..)),
    row(0x1017, 4, 4, idle),
    row(0x1018, 1, 1, flag!("light", 1..)),
    row(0x1019, 1, 1, |data, changes| match first(data) {
        0 => put(changes, "opening", true),
        1 => put(changes, "opening", false),
        2 => {
            put(changes, "opening", true);
            put(changes, "door_left_open", true);
        }
        _ => {}
    }),
    row(0x101b, 0, 255, |_, changes| put(changes, "motion", false)),
    row(0x2000, 5, 5, |data, changes| {
        let probe = |at| f64::from(signed16(data, at)) / 100.0;
        // The factor is the maker's fit, not ln 2.
        #[allow(clippy::approx_constant)]
        let body = 3.719_34e-11 * (0.693_14 * probe(0)).exp()
            - 1.028_01e-8 * (0.538_71 * probe(2)).exp()
            + 36.413;
        if body.is_finite() {
            changes.push(("temperature".into(), Value::rounded(body, 2)));
        }
        put(changes, "battery", unsigned(data, 4, 1));
    }),
    row(0x3003, 5, 6, flag!("toothbrush", 0)),
    row(0x4801, 4, 4, float!("temperature", 1)),
    row(0x4802, 1, 1, number!("humidity")),
    row(0x4803, 1, 1, number!("battery")),
    row(0x4804, 1, 1, flag!("opening", 1)),
    row(0x4805, 4, 4, float!("illuminance", 1)),
    on(
        &["SJWS02LM", "zhiee.flood.sj01"],
        row(0x4806, 1, 1, flag!("bottom_submersion", 1..)),
    ),
    row(0x4806, 1, 1, flag!("moisture_detected", 1..)),
    row(0x4808, 4, 4, float!("humidity", 1)),
    row(0x480c, 1, 1, flag!("opening", 0)),
    row(0x4810, 1, 1, number!("sleep_state")),
    row(0x4811, 1, 1, flag!("snoring", 1..)),
    row(0x4818, 2, 2, idle),
    row(0x483c, 1, 1, flag!("pressure_present", 1..)),
    row(0x483d, 4, 4, number!("pressure_present_duration")),
    row(0x483e, 4, 4, number!("pressure_not_present_duration")),
    row(0x4840, 4, 4, number!("pressure_not_present_time_set")),
    on(&["XMOSB01XS"], row(0x484e, 1, 1, flag!("occupancy", 1))),
    row(0x484e, 1, 1, flag!("occupancy", 1..)),
    row(0x4850, 1, 1, number!("motion_timer")),
    // The peers disagree on the length of these two; both are read.
    row(0x4851, 1, 4, number!("occupied_duration")),
    row(0x4852, 1, 4, number!("cleared_duration")),
    row(0x487b, 1, 1, flag!("top_splash", 1..)),
    row(0x4a01, 1, 1, flag!("battery_low", 1..)),
    row(0x4a08, 4, 4, |data, changes| {
        put(changes, "motion", true);
        put_float(changes, "illuminance", data, 1);
    }),
    on(
        LEFT_RIGHT,
        row(0x4a0c, 0, 1, press!("press", 0 => "left", 1 => "right")),
    ),
    on(
        LEFT_RIGHT,
        row(
            0x4a0d,
            0,
            1,
            press!("double_press", 0 => "left", 1 => "right"),
        ),
    ),
    on(
        LEFT_RIGHT,
        row(
            0x4a0e,
            0,
            1,
            press!("long_press", 0 => "left", 1 => "right"),
        ),
    ),
    row(0x4a0c, 0, 1, press!("press",)),
    row(0x4a0d, 0, 1, press!("double_press",)),
    row(0x4a0e, 0, 1, press!("long_press",)),
    row(0x4a0f, 1, 1, |data, changes| {
        if first(data) == 1 {
            put(changes, "door_has_been_forced", true);
        }
    }),
    row(0x4a12, 1, 1, flag!("opening", 1)),
    row(0x4a13, 1, 1, press!("press",)),
    row(0x4a1a, 1, 1, flag!("door_left_open", 1)),
    row(0x4a68, 1, 1, |data, changes| match first(data) {
        0 => put(changes, "bottom_submersion", true),
        1 => put(changes, "bottom_submersion", false),
        2 => put(changes, "top_splash", true),
        3 => put(changes, "top_splash", false),
        _ => {}
    }),
    row(0x4c01, 4, 4, float!("temperature", 2)),
    row(0x4c02, 1, 1, number!("humidity")),
    row(0x4c03, 1, 1, number!("battery")),
    row(0x4c08, 4, 4, float!("humidity", 2)),
    row(0x4c14, 1, 1, number!("mode")),
    row(0x4e01, 1, 1, flag!("battery_low", 1..)),
    on(
        LEFT_RIGHT,
        row(
            0x4e0c,
            0,
            1,
            press!("press", 1 => "left", 2 => "right", 3 => "both"),
        ),
    ),
    on(
        LEFT_RIGHT,
        row(
            0x4e0d,
            0,
            1,
            press!("double_press", 1 => "left", 2 => "right", 3 => "both"),
        ),
    ),
    on(
        LEFT_RIGHT,
        row(
            0x4e0e,
            0,
            1,
            press!("long_press", 1 => "left", 2 => "right", 3 => "both"),
        ),
    ),
    on(
        &["K9BB-1BTN"],
        row(0x4e0c, 0, 1, |data, changes| match first(data) {
            1 => put(changes, "action", "button_press"),
            8 => put(changes, "action", "button_long_press"),
            15 => put(changes, "action", "button_double_press"),
            _ => {}
        }),
    ),
    row(0x4e0c, 0, 1, press!("press",)),
    row(0x4e0d, 0, 1, press!("double_press",)),
    row(0x4e0e, 0, 1, press!("long_press",)),
    row(0x4e16, 9, 9, |data, changes| {
        put(changes, "profile_id", first(data));
        put(changes, "weight", f64::from(unsigned(data, 1, 4)) / 100.0);
    }),
    row(0x4e1c, 0, 255, |_, changes| {
        put(changes, "action", "device_reset");
    }),
    row(0x5003, 1, 1, number!("battery")),
    row(0x5010, 1, 1, number!("sleep_state")),
    row(0x5011, 1, 1, flag!("snoring", 1..)),
    row(0x5403, 1, 1, number!("battery")),
    row(0x5413, 1, 1, flag!("occupancy", 1..)),
    row(0x5414, 1, 1, number!("mode")),
    row(0x5422, 1, 1, flag!("charging", 0)),
    row(0x5601, 1, 1, flag!("battery_low", 1..)),
    on(
        COUNTED,
        row(
            0x560c,
            0,
            1,
            press!("press", 1 => "1", 2 => "2", 3 => "3", 4 => "4"),
        ),
    ),
    on(
        COUNTED,
        row(
            0x560d,
            0,
            1,
            press!("double_press", 1 => "1", 2 => "2", 3 => "3", 4 => "4"),
        ),
    ),
    on(
        COUNTED,
        row(
            0x560e,
            0,
            1,
            press!("long_press", 1 => "1", 2 => "2", 3 => "3", 4 => "4"),
        ),
    ),
    row(0x5810, 1, 1, flag!("asleep", 0)),
    row(0x6012, 1, 1, number!("humidity")),
    row(0x6461, 1, 1, flag!("wearing", 0)),
    row(0x6e16, 9, 9, scale),
];

/// Motion ended so many seconds ago.
fn idle(data: &[u8], changes: &mut Changes) {
    let seconds = unsigned(data, 0, data.len());
    put(changes, "motion", seconds <= 30);
    put(changes, "no_motion_time", seconds);
}

/// Button, value, press.
fn button(data: &[u8], changes: &mut Changes) {
    let (value, press) = (unsigned(data, 1, 1), unsigned(data, 2, 1));
    let action = match press {
        0 | 5 => "button_press",
        1 => "button_double_press",
        2 | 6 => "button_long_press",
        3 => {
            put(changes, "number_of_presses", value);
            "button_press"
        }
        4 => {
            let (action, steps) = if value <= 127 {
                ("rotate_right", value)
            } else {
                ("rotate_left", 256 - value)
            };
            put(changes, "steps", steps);
            action
        }
        _ => return,
    };
    put(changes, "action", action);
}

/// Action (low nibble) and method (high nibble), key, time.
fn lock(data: &[u8], changes: &mut Changes) {
    const ACTIONS: [&str; 10] = [
        "unlock_outside_the_door",
        "lock",
        "turn_on_anti_lock",
        "turn_off_anti_lock",
        "unlock_inside_the_door",
        "lock_inside_the_door",
        "turn_on_child_lock",
        "turn_off_child_lock",
        "lock_outside_the_door",
        "abnormal",
    ];
    const METHODS: [&str; 16] = [
        "bluetooth",
        "password",
        "biometrics",
        "key",
        "turntable",
        "nfc",
        "one_time_password",
        "two_step_verification",
        "homekit",
        "coercion",
        "manual",
        "automatic",
        "abnormal",
        "unknown",
        "unknown",
        "unknown",
    ];
    let code = first(data);
    let Some(action) = ACTIONS.get((code & 0xf) as usize).copied() else {
        return;
    };
    let Some(method) = METHODS.get((code >> 4) as usize).copied() else {
        return;
    };
    put(changes, "action", action);
    put(changes, "lock_method", method);
    match code & 0xf {
        0 | 4 => put(changes, "lock", true),
        1 | 5 | 8 => put(changes, "lock", false),
        6 => put(changes, "childlock", true),
        7 => put(changes, "childlock", false),
        _ => {}
    }
    put(changes, "key_id", unsigned(data, 1, 4));
}

/// Profile, packed weight (11 bits), heart rate (7) and impedance (14), time.
fn scale(data: &[u8], changes: &mut Changes) {
    let packed = unsigned(data, 1, 4);
    let (weight, heart, impedance) = (packed & 0x7ff, packed >> 11 & 0x7f, packed >> 18);
    put(changes, "profile_id", first(data));
    if weight != 0 && weight != 0x7ff {
        put(changes, "weight", f64::from(weight) / 10.0);
    }
    if heart != 0 && heart != 0x7f {
        put(changes, "heart_rate", heart + 50);
    }
    if impedance != 0 {
        let which = if weight == 0 && heart == 0 {
            "impedance_high"
        } else {
            "impedance"
        };
        put(changes, which, f64::from(impedance) / 10.0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_reads_every_length_it_allows_and_more() {
        for row in OBJECTS {
            for length in row.lengths.clone().take(16) {
                for fill in [0x00, 0x01, 0x7f, 0xff] {
                    let mut changes = Changes::new();
                    (row.read)(&vec![fill; length], &mut changes);
                }
            }
        }
    }

    #[test]
    fn a_product_s_own_row_stands_before_the_general_one() {
        for (at, row) in OBJECTS.iter().enumerate() {
            if !row.models.is_empty() {
                let general = OBJECTS
                    .iter()
                    .position(|r| r.kind == row.kind && r.models.is_empty());
                assert!(general.is_none_or(|g| g > at), "object {:#06x}", row.kind);
            }
            for model in row.models {
                assert!(
                    super::super::products::tests_models().any(|m| m == *model),
                    "{model}"
                );
            }
        }
    }

    #[test]
    fn objects_follow_one_another() {
        let mut changes = Changes::new();
        decode(
            0x055b,
            &[
                0x04, 0x10, 2, 0xea, 0x00, 0xfe, 0xca, 1, 9, 0x0a, 0x10, 1, 77,
            ],
            &mut changes,
        )
        .unwrap();
        assert_eq!(
            changes,
            vec![
                ("temperature".into(), 23.4.into()),
                ("battery".into(), 77u8.into())
            ]
        );
    }

    #[test]
    fn wrong_lengths_are_named() {
        let mut changes = Changes::new();
        assert_eq!(
            decode(0x055b, &[0x04, 0x10, 1, 0xea], &mut changes),
            Err(DecodeError::Length {
                object: 0x1004,
                length: 1
            })
        );
        assert_eq!(
            decode(0x055b, &[0x04, 0x10, 2, 0xea], &mut changes),
            Err(DecodeError::Truncated("object"))
        );
    }
}
