//! MiBeacon objects: a table of what each (object, product) says.
//!
//! One row an object, in the order of their types. Some objects mean something else on some
//! products: such rows name those products and stand before the general one, if there is one at
//! all. Objects that are not in the table, or have a length it does not know, are passed over.

use nom::multi::length_data;
use nom::number::complete::{le_u8, le_u16};
use nom::{IResult, Parser};

use super::buttons::{self, LEFT_RIGHT, LEFT_RIGHT_BOTH, QUAD};
use super::object::{Object, Read, flag, float, number, signed};
use super::{locks, scales};
use crate::Changes;
use crate::ble::DecodeError;
use crate::ble::formats::instant;

/// What became of the objects of a frame.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Outcome {
    /// Objects that the table knows.
    pub(super) known: usize,
    /// The last one ends where the frame ends.
    pub(super) whole: bool,
}

/// Reads every object of `data`, sent by a product of model `model` (empty when unknown).
pub(super) fn decode(model: &'static str, data: &[u8], changes: &mut Changes) -> Outcome {
    let mut outcome = Outcome {
        known: 0,
        whole: true,
    };
    let mut rest = data;
    while !rest.is_empty() {
        let Ok((after, (kind, data))) = object(rest) else {
            outcome.whole = false;
            break;
        };
        rest = after;
        if let Some(row) = row_of(kind, model, data.len()) {
            outcome.known += 1;
            (row.read)(&mut Object {
                data,
                model,
                changes,
            });
        }
    }
    outcome
}

/// Reads a plain frame's objects.
///
/// # Errors
/// When it is cut off before it says anything.
pub(super) fn plain(
    model: &'static str,
    data: &[u8],
    changes: &mut Changes,
) -> Result<(), DecodeError> {
    let outcome = decode(model, data, changes);
    if outcome.whole || !changes.is_empty() {
        Ok(())
    } else {
        Err(DecodeError::Truncated("object"))
    }
}

fn object(data: &[u8]) -> IResult<&[u8], (u16, &[u8])> {
    (le_u16, length_data(le_u8)).parse(data)
}

fn row_of(kind: u16, model: &str, length: usize) -> Option<&'static Row> {
    let first = OBJECTS.partition_point(|row| row.kind < kind);
    OBJECTS
        .get(first..)?
        .iter()
        .take_while(|row| row.kind == kind)
        .find(|row| row.models.is_empty() || row.models.contains(&model))
        .filter(|row| (row.shortest..=row.longest).contains(&length))
}

#[derive(Clone, Copy)]
struct Row {
    kind: u16,
    /// Lengths in bytes.
    shortest: usize,
    longest: usize,
    /// Only on these models; empty: on all.
    models: &'static [&'static str],
    read: Read,
}

const fn row(kind: u16, shortest: usize, longest: usize, read: Read) -> Row {
    Row {
        kind,
        shortest,
        longest,
        models: &[],
        read,
    }
}

const fn on(models: &'static [&'static str], row: Row) -> Row {
    Row { models, ..row }
}

/// Any length but none.
const ANY: usize = 255;

const LIGHT_OR_DARK: &[&str] = &["MJYD02YL", "RTCGQ02LM"];
const AAA: &[&str] = &["LYWSDCGQ", "CGDK3"];
const SPLASH: &[&str] = &["SJWS02LM"];
const SUBMERSION: &[&str] = &["SJWS02LM", "zhiee.flood.sj01"];
const TWO_BUTTONS: &[&str] = &["XMWXKG01YL"];
const ONE_BUTTON: &[&str] = &["XMWXKG01LM"];
const FOUR_BUTTONS: &[&str] = &["PTX-F1-Display"];
const KEYPADS: &[&str] = &["KS1", "KS1BP"];
const COVERED: &[&str] = &["KS2BB", "AFWXKG220000"];
const BED: &[&str] = &["MJZNZ018H"];

/// Objects by type.
#[rustfmt::skip]
static OBJECTS: &[Row] = &[
    // Motion that is never said to end.
    row(0x0003, 1, ANY, |o| o.put("motion", true)),
    row(0x0006, 5, 5, locks::fingerprint),
    row(0x0007, 1, ANY, locks::door),
    row(0x0008, 1, ANY, locks::armed),
    row(0x000a, 2, 2, |o| {
        let raw = o.signed(0);
        // 0 is no temperature of a body.
        if raw != 0 {
            o.put("temperature", f64::from(raw) / 100.0);
        }
    }),
    row(0x000b, 9, 9, locks::lock),
    on(LIGHT_OR_DARK, row(0x000f, 3, 3, |o| {
        o.put("motion", true);
        o.put("light", o.whole() >= 100);
    })),
    on(&["CGPR1"], row(0x000f, 3, 3, |o| {
        o.put("motion", true);
        o.put("illuminance", o.whole());
    })),
    row(0x000f, 3, 3, |o| o.put("motion", true)),
    row(0x0010, 1, ANY, |o| {
        let brushing = o.first() == 0;
        o.put("toothbrush", brushing);
        if let Some(number) = o.data.get(1) {
            o.put(if brushing { "counter" } else { "score" }, *number);
        }
    }),
    row(0x1001, 3, 3, buttons::button),
    row(0x1004, 2, 2, signed!("temperature", /10)),
    row(0x1005, 2, ANY, |o| {
        o.put("power", o.first() != 0);
        o.put("temperature", o.unsigned(1, 1));
    }),
    // These two show whole percents on their own display, and the peers follow it.
    on(&["LYWSD03MMC", "MHO-C401"], row(0x1006, 2, 2, |o| o.put("humidity", o.whole() / 10))),
    row(0x1006, 2, 2, number!("humidity", /10)),
    on(&["MJYD02YL", "MCCGQ02HL"], row(0x1007, 3, 3, |o| o.put("light", o.whole() == 100))),
    row(0x1007, 3, 3, number!("illuminance")),
    row(0x1008, 1, ANY, |o| o.put("moisture", o.first())),
    row(0x1009, 2, 2, number!("conductivity")),
    on(AAA, row(0x100a, 1, ANY, |o| o.put_battery(0.8, 1.6))),
    row(0x100a, 1, ANY, |o| o.put_battery(2.2, 3.1)),
    row(0x100d, 4, 4, |o| {
        o.put("temperature", f64::from(o.signed(0)) / 10.0);
        o.put("humidity", f64::from(o.unsigned(2, 2)) / 10.0);
    }),
    on(&["DSL-C08"], row(0x100e, 1, 1, locks::attribute)),
    on(&["loock.safe.v1"], row(0x100f, 1, 1, flag!("door", 1))),
    row(0x1010, 2, 2, number!("formaldehyde", /100)),
    row(0x1012, 1, ANY, flag!("power", 1..)),
    row(0x1013, 1, ANY, |o| o.put("consumable", o.first())),
    row(0x1014, 1, ANY, flag!("moisture_detected", 1..)),
    row(0x1015, 1, ANY, flag!("smoke", 1..)),
    row(0x1017, 4, 4, idle),
    row(0x1018, 1, ANY, flag!("light", 1..)),
    row(0x1019, 1, ANY, |o| match o.first() {
        0 => o.put("opening", true),
        1 => {
            o.put("opening", false);
            o.put("door_left_open", false);
        }
        2 => {
            o.put("opening", true);
            o.put("door_left_open", true);
        }
        _ => {}
    }),
    row(0x101b, 1, ANY, |o| {
        o.put("motion", false);
        if o.data.len() == 4 {
            o.put("no_motion_time", o.whole());
        }
    }),
    row(0x2000, 5, 5, body),
    row(0x3003, 1, ANY, brushing),
    row(0x4801, 4, 4, float!("temperature", 1)),
    row(0x4802, 1, ANY, |o| o.put("humidity", o.first())),
    row(0x4803, 1, ANY, |o| o.put("battery", o.first())),
    row(0x4804, 1, ANY, opening),
    row(0x4805, 4, 4, float!("illuminance", 2)),
    on(SUBMERSION, row(0x4806, 1, 1, flag!("bottom_submersion", 1..))),
    row(0x4806, 1, 1, flag!("moisture_detected", 1..)),
    row(0x4808, 4, 4, float!("humidity", 1)),
    row(0x480c, 1, 1, |o| match o.first() {
        0 => o.put("opening", true),
        1 => o.put("opening", false),
        _ => {}
    }),
    row(0x4810, 1, ANY, sleeping),
    row(0x4811, 1, ANY, flag!("snoring", 1..)),
    row(0x4818, 2, 2, idle),
    row(0x483c, 1, 1, flag!("occupancy", 1..)),
    row(0x483d, 4, 4, number!("pressure_present_duration")),
    row(0x483e, 4, 4, number!("pressure_not_present_duration")),
    row(0x483f, 4, 4, number!("pressure_present_time_set")),
    row(0x4840, 4, 4, number!("pressure_not_present_time_set")),
    on(&["XMOSB01XS"], row(0x484e, 1, ANY, flag!("occupancy", 1))),
    row(0x484e, 1, ANY, flag!("occupancy", 1..)),
    // Minutes, here and in the three that follow.
    row(0x484f, 1, 1, |o| {
        o.put("motion", o.first() == 0);
        o.put("no_motion_time", u32::from(o.first()) * 60);
    }),
    row(0x4850, 1, 1, |o| o.put("motion_time", u32::from(o.first()) * 60)),
    // The peers disagree on the length of these two; both are read.
    row(0x4851, 1, 4, number!("duration_detected")),
    row(0x4852, 1, 4, number!("duration_cleared")),
    on(SPLASH, row(0x487b, 1, 1, flag!("top_splash", 1..))),
    row(0x4a01, 1, ANY, flag!("battery_low", 1..)),
    row(0x4a08, 4, 4, |o| {
        o.put("motion", true);
        o.put_float("illuminance", 2);
    }),
    on(&["XMWS01XS"], row(0x4a0c, 0, ANY, |o| buttons::named(o, LEFT_RIGHT, "press"))),
    row(0x4a0c, 0, ANY, |o| buttons::single(o, "press")),
    on(&["XMWS01XS"], row(0x4a0d, 0, ANY, |o| buttons::named(o, LEFT_RIGHT, "double_press"))),
    row(0x4a0d, 0, ANY, |o| buttons::single(o, "double_press")),
    on(&["XMWS01XS"], row(0x4a0e, 0, ANY, |o| buttons::named(o, LEFT_RIGHT, "long_press"))),
    row(0x4a0e, 0, ANY, |o| buttons::single(o, "long_press")),
    row(0x4a0f, 1, ANY, |o| if o.first() == 1 {
        o.put("opening", true);
        o.put("device_forcibly_removed", true);
    }),
    row(0x4a12, 1, ANY, opening),
    row(0x4a13, 1, ANY, |o| if o.first() == 1 {
        buttons::single(o, "press");
    }),
    row(0x4a1a, 1, ANY, |o| if o.first() == 1 {
        o.put("opening", true);
        o.put("door_left_open", true);
    }),
    on(SPLASH, row(0x4a68, 1, 1, |o| match o.first() {
        0 => o.put("bottom_submersion", true),
        1 => o.put("bottom_submersion", false),
        2 => o.put("top_splash", true),
        3 => o.put("top_splash", false),
        _ => {}
    })),
    row(0x4c01, 4, 4, float!("temperature", 2)),
    row(0x4c02, 1, 1, number!("humidity")),
    row(0x4c03, 1, ANY, |o| o.put("battery", o.first())),
    row(0x4c08, 4, 4, float!("humidity", 2)),
    row(0x4e01, 1, ANY, flag!("battery_low", 1..)),
    on(TWO_BUTTONS, row(0x4e0c, 1, ANY, |o| buttons::named(o, LEFT_RIGHT_BOTH, "press"))),
    on(&["K9BB-1BTN"], row(0x4e0c, 1, ANY, |o| match o.first() {
        1 => buttons::single(o, "press"),
        8 => buttons::single(o, "long_press"),
        15 => buttons::single(o, "double_press"),
        _ => {}
    })),
    on(ONE_BUTTON, row(0x4e0c, 0, ANY, |o| buttons::single(o, "press"))),
    on(FOUR_BUTTONS, row(0x4e0c, 1, ANY, |o| buttons::named(o, QUAD, "press"))),
    on(TWO_BUTTONS, row(0x4e0d, 1, ANY, |o| buttons::named(o, LEFT_RIGHT_BOTH, "double_press"))),
    on(ONE_BUTTON, row(0x4e0d, 0, ANY, |o| buttons::single(o, "double_press"))),
    on(FOUR_BUTTONS, row(0x4e0d, 1, ANY, |o| buttons::named(o, QUAD, "double_press"))),
    on(TWO_BUTTONS, row(0x4e0e, 1, ANY, |o| buttons::named(o, LEFT_RIGHT_BOTH, "long_press"))),
    on(ONE_BUTTON, row(0x4e0e, 0, ANY, |o| buttons::single(o, "long_press"))),
    on(FOUR_BUTTONS, row(0x4e0e, 1, ANY, |o| buttons::named(o, QUAD, "long_press"))),
    on(BED, row(0x4e16, 1, ANY, |o| if o.first() == 1 {
        o.put("bed_occupancy", true);
    })),
    row(0x4e16, 9, 9, scales::s200),
    row(0x4e17, 1, ANY, |o| if o.first() == 1 {
        o.put("bed_occupancy", false);
    }),
    row(0x5003, 1, ANY, |o| o.put("battery", o.first())),
    row(0x5010, 1, ANY, sleeping),
    row(0x5011, 1, ANY, flag!("snoring", 1..)),
    row(0x5403, 1, ANY, |o| o.put("battery", o.first())),
    on(&["ES5BB"], row(0x5413, 1, ANY, flag!("occupancy_close_range", 1..))),
    row(0x5422, 1, 1, |o| o.put("charging_state", match o.first() {
        0 => "charging",
        1 => "not_charging",
        2 => "full",
        _ => "unknown",
    })),
    row(0x5601, 1, ANY, flag!("battery_low", 1..)),
    on(KEYPADS, row(0x560c, 1, ANY, |o| match o.first() {
        1..=4 => buttons::named(o, QUAD, "press"),
        _ => buttons::single(o, "press"),
    })),
    on(COVERED, row(0x560c, 0, ANY, |o| buttons::single(o, "press"))),
    on(KEYPADS, row(0x560d, 1, ANY, |o| buttons::named(o, QUAD, "double_press"))),
    on(COVERED, row(0x560d, 0, ANY, |o| buttons::single(o, "double_press"))),
    on(KEYPADS, row(0x560e, 1, ANY, |o| buttons::named(o, QUAD, "long_press"))),
    on(COVERED, row(0x560e, 0, ANY, |o| buttons::single(o, "long_press"))),
    row(0x5810, 1, 1, flag!("asleep", 0 | 2..)),
    row(0x5a16, 1, ANY, |o| match o.first() {
        1 => o.put("bed_occupancy", true),
        2 => o.put("bed_occupancy", false),
        3 => buttons::single(o, "double_press"),
        _ => {}
    }),
    row(0x6012, 1, 1, number!("humidity")),
    row(0x605d, 1, 1, number!("temperature")),
    row(0x6461, 1, 1, flag!("wearing", 0 | 2..)),
    row(0x6e16, 9, 9, scales::s400),
];

/// Motion ended so many seconds ago. Sent in steps from one minute on; below, the maker's own
/// application counts it as motion still.
fn idle(o: &mut Object<'_>) {
    let seconds = o.whole();
    o.put("motion", seconds <= 30);
    o.put("no_motion_time", seconds);
}

/// A state that is told by 1 and 2.
fn opening(o: &mut Object<'_>) {
    match o.first() {
        1 => o.put("opening", true),
        2 => {
            o.put("opening", false);
            o.put("door_left_open", false);
            o.put("device_forcibly_removed", false);
        }
        _ => {}
    }
}

/// A sleep tracker's state; its button, too.
fn sleeping(o: &mut Object<'_>) {
    match o.first() {
        0 => o.put("sleeping", false),
        1 => o.put("sleeping", true),
        2 => buttons::single(o, "double_press"),
        _ => {}
    }
}

/// Begin or end u8 | time u32 | score u8.
fn brushing(o: &mut Object<'_>) {
    let time = (o.data.len() >= 5).then(|| instant::iso(o.unsigned(1, 4)));
    let state = match o.first() {
        0 => Some((true, "start_time")),
        1 => Some((false, "end_time")),
        _ => None,
    };
    if let Some((brushing, when)) = state {
        o.put("toothbrush", brushing);
        if let Some(time) = time {
            o.put(when, time);
        }
    }
    if let (Some(score), 6) = (o.data.get(5), o.data.len()) {
        o.put("score", *score);
    }
}

/// Two probes i16, 0.01 °C, and the battery: the body's temperature, by the maker's fit.
fn body(o: &mut Object<'_>) {
    let probe = |at| f64::from(o.signed(at)) / 100.0;
    // The factor is the fit's, not ln 2.
    #[expect(clippy::approx_constant)]
    let body = 3.719_34e-11 * (0.693_14 * probe(0)).exp()
        - 1.028_01e-8 * (0.538_71 * probe(2)).exp()
        + 36.413;
    if body.is_finite() {
        o.put("temperature", crate::Value::rounded(body, 2));
    }
    o.put("battery", o.unsigned(4, 1));
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Value;

    #[test]
    fn the_table_is_sorted() {
        assert!(OBJECTS.is_sorted_by_key(|row| row.kind));
    }

    #[test]
    fn every_row_reads_every_length_it_allows() {
        for row in OBJECTS {
            for length in (row.shortest..=row.longest).take(16) {
                for fill in [0x00, 0x01, 0x02, 0x7f, 0xff] {
                    for model in row.models.iter().chain([&""]) {
                        let (data, mut changes) = (vec![fill; length], Changes::new());
                        (row.read)(&mut Object {
                            data: &data,
                            model,
                            changes: &mut changes,
                        });
                    }
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

    fn say(model: &'static str, data: &[u8]) -> (Outcome, Vec<(String, Value)>) {
        let mut changes = Changes::new();
        let outcome = decode(model, data, &mut changes);
        let said = changes.into_iter().map(|(p, v)| (p.into_owned(), v));
        (outcome, said.collect())
    }

    #[test]
    fn objects_follow_one_another() {
        let frame = [
            0x04, 0x10, 2, 0xea, 0x00, 0xfe, 0xca, 1, 9, 0x08, 0x10, 1, 77,
        ];
        let (outcome, said) = say("LYWSD02", &frame);
        assert_eq!(
            said,
            [
                ("temperature".into(), Value::from(23.4)),
                ("moisture".into(), Value::from(77u8))
            ]
        );
        assert_eq!(
            outcome,
            Outcome {
                known: 2,
                whole: true
            }
        );
    }

    #[test]
    fn what_is_cut_or_of_another_length_is_passed_over() {
        let (outcome, said) = say(
            "LYWSD02",
            &[0x04, 0x10, 1, 0xea, 0x08, 0x10, 1, 7, 4, 0x10, 2],
        );
        assert_eq!(said, [("moisture".into(), Value::from(7u8))]);
        assert_eq!(
            outcome,
            Outcome {
                known: 1,
                whole: false
            }
        );
    }

    #[test]
    fn the_same_object_depends_on_the_product() {
        let frame = [0x0c, 0x4e, 1, 3];
        let pressed = |name: &'static str| vec![("action".to_owned(), Value::from(name))];
        assert_eq!(
            say("XMWXKG01YL", &frame).1,
            pressed("button_left_right_press")
        );
        assert_eq!(say("XMWXKG01LM", &frame).1, pressed("button_press"));
        assert_eq!(
            say("PTX-F1-Display", &frame).1,
            pressed("button_mid_right_press")
        );
        assert_eq!(say("LYWSD02", &frame).1, []);
        let lit = [0x07, 0x10, 3, 100, 0, 0];
        assert_eq!(
            say("HHCCJCY01", &lit).1,
            [("illuminance".into(), Value::from(100u8))]
        );
        assert_eq!(
            say("MJYD02YL", &lit).1,
            [("light".into(), Value::from(true))]
        );
    }
}
