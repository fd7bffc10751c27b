//! Where a single format means something else by a word than the others: its units, and what it
//! says that is not so.
//!
//! Readings keep the words and numbers of the wire, as the field's other decoders have them. On the
//! way into the home each format's dialect is translated first, then the words all share. A newcomer
//! adds a row.

use crate::{Changes, Value};

/// What becomes of a value.
#[derive(Clone, Copy)]
enum Turn {
    /// It is left out.
    Drop,
    /// The number of the format's units in one of the home's.
    Times(f64),
    /// It is another word's, after this factor.
    Word(&'static str, f64),
    /// A function of it; `None` leaves it out.
    By(fn(f64) -> Option<f64>),
}

/// Metres per second squared.
const G: f64 = 9.806_65;
const MILLI_G: f64 = G / 1000.0;

/// A format, how its words begin, and what becomes of their values. The first that fits.
static DIALECTS: &[(&str, &str, Turn)] = &[
    ("almendo", "voc", Turn::Word("voc_parts", 1.0)),
    // Its unit is not known.
    ("blustream", "acceleration", Turn::Drop),
    ("holyiot", "pressure", Turn::Times(0.01)),
    ("inode", "acceleration", Turn::Times(G)),
    // The flag `motion` once more.
    ("inode", "motion_timer", Turn::Drop),
    ("kkm", "acceleration", Turn::Times(MILLI_G)),
    ("mikrotik", "acceleration_total", Turn::Drop),
    ("mikrotik", "acceleration", Turn::By(signed_g)),
    // −128 °C: the tag for indoors has no thermometer.
    ("mikrotik", "temperature", Turn::By(above_minus_100)),
    ("mikrotik", "user_data", Turn::Drop),
    ("moko", "acceleration", Turn::Times(MILLI_G)),
    ("radioland", "acceleration", Turn::Times(MILLI_G)),
];

/// A format, a word, what is counted by the frame's own `energy_unit`, and what becomes of the value.
static METERS: &[(&str, &str, &str, Turn)] = &[
    // Cubic metres, and litres an hour.
    ("inode", "energy", "m3", Turn::Word("water", 1000.0)),
    (
        "inode",
        "power",
        "m3",
        Turn::Word("volume_flow_rate", 0.001),
    ),
    ("inode", "energy", "cnt", Turn::Word("count", 1.0)),
    ("inode", "power", "cnt", Turn::Drop),
];

/// The UUID of Cypress' own solar beacons: of all others the numbers are not a climate.
const CYPRESS: &str = "0005000100001000800000805f9b0131";

/// 8.8 bits, which the wire's readers take without their sign.
fn signed_g(g: f64) -> Option<f64> {
    Some(G * if g >= 128.0 { g - 256.0 } else { g })
}

fn above_minus_100(degrees: f64) -> Option<f64> {
    (degrees > -100.0).then_some(degrees)
}

/// Translates what a device of `format` said into what all formats mean.
pub(super) fn translate(format: &str, changes: &mut Changes) {
    let cypress = changes
        .iter()
        .any(|(property, value)| property == "uuid" && value.as_str() == Some(CYPRESS));
    let counted = changes
        .iter()
        .find(|(property, _)| property == "energy_unit")
        .and_then(|(_, unit)| Some(unit.as_str()?.to_owned()));
    changes.retain_mut(|(property, value)| {
        if property.starts_with("cypress_") {
            return cypress;
        }
        let meter = METERS.iter().find(|(of, word, unit, _)| {
            *of == format && property == word && counted.as_deref() == Some(unit)
        });
        let dialect = DIALECTS
            .iter()
            .find(|(of, word, _)| *of == format && property.starts_with(word));
        let turn = meter
            .map(|(.., turn)| turn)
            .or(dialect.map(|(.., turn)| turn));
        let Some(turn) = turn else {
            return true;
        };
        let number = value.as_f64();
        let (word, number) = match (*turn, number) {
            (Turn::Drop, _) => return false,
            (_, None) => return true,
            (Turn::Times(factor), Some(n)) => (None, Some(n * factor)),
            (Turn::Word(word, factor), Some(n)) => (Some(word), Some(n * factor)),
            (Turn::By(meaning), Some(n)) => (None, meaning(n)),
        };
        if let Some(word) = word {
            *property = word.into();
        }
        if let Some(number) = number {
            *value = Value::rounded(number, 3);
        }
        number.is_some()
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    fn translated(format: &str, said: &[(&'static str, Value)]) -> Vec<(String, Value)> {
        let mut changes: Changes = said.iter().map(|(p, v)| ((*p).into(), v.clone())).collect();
        translate(format, &mut changes);
        changes
            .into_iter()
            .map(|(p, v)| (p.into_owned(), v))
            .collect()
    }

    fn number(property: &str, n: f64) -> (String, Value) {
        (property.to_owned(), n.into())
    }

    #[test]
    fn a_tag_at_rest_feels_one_g() {
        // As TG-BT5 tags send it: 0, −0.0117, 1 g; no thermometer.
        let said = [
            ("acceleration_y", 255.988_281_25.into()),
            ("acceleration_z", 1.0.into()),
            ("acceleration_total", 255.99.into()),
            ("temperature", (-128.0).into()),
            ("battery", 98u8.into()),
        ];
        assert_eq!(
            translated("mikrotik", &said),
            [
                number("acceleration_y", -0.115),
                number("acceleration_z", 9.807),
                number("battery", 98.0),
            ]
        );
    }

    #[test]
    fn each_format_has_its_units() {
        let z = |format, n: f64| translated(format, &[("acceleration_z", n.into())]);
        assert_eq!(z("kkm", 1003.0), [number("acceleration_z", 9.836)]);
        assert_eq!(z("inode", -9.0), [number("acceleration_z", -88.26)]);
        assert_eq!(z("bthome", 9.81), [number("acceleration_z", 9.81)]);
        assert_eq!(z("blustream", 190.0), []);
        assert_eq!(
            translated("holyiot", &[("pressure", 101_300.0.into())]),
            [number("pressure", 1013.0)]
        );
        assert_eq!(
            translated("almendo", &[("voc", 527.0.into())]),
            [number("voc_parts", 527.0)]
        );
    }

    #[test]
    fn what_a_meter_counts_is_told_by_its_unit() {
        let said = |unit: &'static str, flow: &'static str| {
            [
                ("energy", 21.293.into()),
                ("energy_unit", unit.into()),
                ("power", 2376.0.into()),
                ("power_unit", flow.into()),
            ]
        };
        let told = |unit, flow| {
            let mut told = translated("inode", &said(unit, flow));
            told.retain(|(property, _)| !property.ends_with("_unit"));
            told
        };
        assert_eq!(
            told("m3", "m3"),
            [number("water", 21_293.0), number("volume_flow_rate", 2.376)]
        );
        assert_eq!(told("cnt", "cnt"), [number("count", 21.293)]);
        assert_eq!(
            told("kWh", "W"),
            [number("energy", 21.293), number("power", 2376.0)]
        );
    }

    #[test]
    fn only_cypress_beacons_have_a_climate() {
        let of = |uuid: &'static str| {
            let said = [("uuid", uuid.into()), ("cypress_temperature", 21.5.into())];
            translated("ibeacon", &said).len()
        };
        assert_eq!(of("e2c56db5dffb48d2b060d0f5a71096e0"), 1);
        assert_eq!(of("0005000100001000800000805f9b0131"), 2);
    }
}
