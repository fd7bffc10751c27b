//! Tilt: hydrometers that float in beer. An iBeacon (company 004C) whose UUID tells the colour, whose
//! major number is °F and whose minor is the specific gravity × 1000; a Tilt Pro, told by its minor
//! number of 5000 and more, has one digit more of both.

use super::fields::Fields;
use super::{Claim, Format, Heard};
use crate::Value;
use crate::ble::{Beacon, DecodeError, Reading};

const APPLE: u16 = 0x004c;
const IBEACON: &[u8] = &[0x02, 0x15];
const FIRST: u128 = 0xa495_bb10_c5b1_4b44_b512_1370_f02d_74de;
const STEP: u128 = 0x10 << 96;
const PRO_FROM: u16 = 5000;

static MODELS: &[(&str, &str)] = &[
    ("Tilt Red", "Tilt Pro Red"),
    ("Tilt Green", "Tilt Pro Green"),
    ("Tilt Black", "Tilt Pro Black"),
    ("Tilt Purple", "Tilt Pro Purple"),
    ("Tilt Orange", "Tilt Pro Orange"),
    ("Tilt Blue", "Tilt Pro Blue"),
    ("Tilt Yellow", "Tilt Pro Yellow"),
    ("Tilt Pink", "Tilt Pro Pink"),
];

pub(super) static FORMAT: Format = Format {
    claims: &[Claim::Company(APPLE)],
    read,
};

fn model(uuid: u128) -> Option<&'static (&'static str, &'static str)> {
    let number = uuid.checked_sub(FIRST)?;
    if !number.is_multiple_of(STEP) {
        return None;
    }
    MODELS.get(usize::try_from(number / STEP).ok()?)
}

fn read(heard: &mut Heard<'_>) -> Result<Reading, DecodeError> {
    let mut fields = Fields(heard.data);
    let unknown = |_| DecodeError::Unknown;
    if fields.bytes("kind", 2).map_err(unknown)? != IBEACON {
        return Err(DecodeError::Unknown);
    }
    let bytes = fields.bytes("uuid", 16).map_err(unknown)?;
    let uuid = bytes
        .iter()
        .fold(0, |uuid, byte| uuid << 8 | u128::from(*byte));
    let (plain, pro) = model(uuid).ok_or(DecodeError::Unknown)?;
    let major = fields.be_u16("temperature")?;
    let minor = fields.be_u16("gravity")?;
    let power = fields.i8("power")?;
    let is_pro = minor >= PRO_FROM;
    let more = if is_pro { 10.0 } else { 1.0 };
    let fahrenheit = f64::from(major) / more;
    let mut reading = Reading {
        model: Some(if is_pro { pro } else { plain }),
        vendor: Some("Tilt"),
        beacon: Some(Beacon::IBeacon { uuid, major, minor }),
        ..Reading::of("tilt")
    };
    let celsius = (fahrenheit - 32.0) * 5.0 / 9.0;
    reading.put("temperature", Value::rounded(celsius, 2));
    let gravity = f64::from(minor) / 1000.0 / more;
    reading.put("gravity", Value::rounded(gravity, 4));
    reading.put("uuid", format!("{uuid:032x}"));
    reading.put("major", major);
    reading.put("minor", minor);
    reading.put("measured_power", power);
    Ok(reading)
}

#[cfg(test)]
mod tests {
    use super::super::tests::{change, maker};
    use super::*;
    use crate::ble::decode;

    fn hear(color: &str, rest: &str) -> Result<Reading, DecodeError> {
        let hex = format!("0215a495bb{color}c5b14b44b5121370f02d74de{rest}");
        decode(&maker(APPLE, &hex), None)
    }

    #[test]
    fn colours_have_uuids() {
        let red = hear("10", "004403f8c5").unwrap();
        assert_eq!(red.model, Some("Tilt Red"));
        assert_eq!(change(&red, "temperature"), 20u8.into());
        assert_eq!(change(&red, "gravity"), 1.016.into());
        let pink = hear("80", "02a827b6c5").unwrap();
        assert_eq!(pink.model, Some("Tilt Pro Pink"));
        assert_eq!(change(&pink, "temperature"), 20u8.into());
        assert_eq!(change(&pink, "gravity"), 1.0166.into());
    }

    #[test]
    fn other_beacons_are_not_its_own() {
        for color in ["00", "11", "90"] {
            let heard = hear(color, "004403f8c5");
            assert!(!heard.is_ok_and(|reading| reading.format == "tilt"));
        }
        assert!(hear("10", "0044").is_err());
    }
}
