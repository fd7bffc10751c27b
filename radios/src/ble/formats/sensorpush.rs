//! SensorPush: thermometers for cold chains.
//!
//! The company number is part of the frame. HT1 (name `s`), least significant bit first:
//!
//! ```text
//! u12 % × 2¹²/125 + 6 | u14 °C × 2¹⁴/175.72 + 46.85 | u5 kind: 1 | …
//! ```
//!
//! It is an iBeacon in between. Others: `u2 page: 0, u6 kind | number, little endian`. The number holds all values, each within a
//! range of its kind, in mixed radix: see [`KINDS`].

use super::fields::Fields;
use super::{Claim, Format, Heard, ibeacon};
use crate::Value;
use crate::ble::{Advert, DecodeError, Reading, ServiceUuid};

pub(super) static FORMAT: Format = Format {
    claims: &[Claim::Shape(looks_like)],
    read,
};

const FIRST_SERVICE: ServiceUuid = ServiceUuid(0xef09_0000_11d6_42ba_93b8_9dd7_ec09_0aa9);
const SERVICE: ServiceUuid = ServiceUuid(0xef09_0000_11d6_42ba_93b8_9dd7_ec09_0ab0);
const FIRST_NAME: &str = "s";
const APPLE: u16 = 0x004c;
const NAME: &str = "SensorPush";

/// A value in a frame: `places` steps of `step` from `least` on.
struct Place {
    property: &'static str,
    least: f64,
    step: f64,
    places: u64,
}

const fn place(property: &'static str, least: f64, step: f64, places: u64) -> Place {
    Place {
        property,
        least,
        step,
        places,
    }
}

const HUMIDITY: Place = place("humidity", 0.0, 0.0025, 40_001);

/// Kind, model, values. Pressure in hPa.
static KINDS: &[(u8, &str, &[Place])] = &[
    (
        0,
        "HTP.xw",
        &[
            place("temperature", -40.0, 0.0025, 72_001),
            HUMIDITY,
            place("pressure", 300.0, 0.01, 95_001),
        ],
    ),
    (
        1,
        "HT.w",
        &[place("temperature", -40.0, 0.0025, 66_001), HUMIDITY],
    ),
    (2, "TC.x", &[place("temperature", -200.0, 0.0625, 32_001)]),
];

fn is_first(advert: &Advert) -> bool {
    advert.name.as_deref() == Some(FIRST_NAME) && advert.services.contains(&FIRST_SERVICE)
}

fn looks_like(advert: &Advert) -> bool {
    advert.services.contains(&SERVICE)
        || advert
            .name
            .as_deref()
            .is_some_and(|name| name.starts_with(NAME))
        || is_first(advert)
}

fn read(heard: &mut Heard<'_>) -> Result<Reading, DecodeError> {
    let mut reading = Reading {
        vendor: Some("SensorPush"),
        ..Reading::of("sensorpush")
    };
    let first_kind = is_first(heard.advert);
    if first_kind {
        reading.beacon = heard.advert.maker(APPLE).and_then(ibeacon::identity);
    }
    let Some((company, data)) = heard.memory.newest(&heard.advert.manufacturer_data) else {
        return Ok(reading);
    };
    if first_kind && company == APPLE {
        return Ok(reading);
    }
    let mut frame = company.to_le_bytes().to_vec();
    frame.extend_from_slice(data);
    if first_kind {
        first(&frame, &mut reading)?;
    } else {
        later(&frame, &mut reading)?;
    }
    Ok(reading)
}

fn first(frame: &[u8], reading: &mut Reading) -> Result<(), DecodeError> {
    const KIND: u32 = 1;
    let bits = Fields(frame).le_u32("measurement")?;
    if bits >> 26 & 0x1f != KIND {
        return Err(DecodeError::Unsupported("this SensorPush frame"));
    }
    let humidity = f64::from(bits & 0xfff) * 125.0 / 4096.0 - 6.0;
    let temperature = f64::from(bits >> 12 & 0x3fff) * 175.72 / 16384.0 - 46.85;
    reading.model = Some("HT1");
    reading.put("temperature", Value::rounded(temperature, 2));
    reading.put("humidity", Value::rounded(humidity.clamp(0.0, 100.0), 2));
    Ok(())
}

#[expect(clippy::cast_precision_loss)] // a place has less than 100,000 steps
fn later(frame: &[u8], reading: &mut Reading) -> Result<(), DecodeError> {
    const LONGEST: usize = 8;
    let mut fields = Fields(frame);
    let kind = fields.u8("kind")?;
    if kind & 3 != 0 || fields.0.len() > LONGEST {
        return Err(DecodeError::Unsupported("this SensorPush page"));
    }
    let (_, model, places) = KINDS
        .iter()
        .find(|(known, ..)| *known == kind >> 2)
        .ok_or(DecodeError::Unsupported("this SensorPush"))?;
    let mut number = fields
        .0
        .iter()
        .rev()
        .fold(0u64, |number, byte| number << 8 | u64::from(*byte));
    reading.model = Some(model);
    for place in *places {
        let steps = number % place.places;
        number /= place.places;
        let value = place.least + steps as f64 * place.step;
        reading.put(place.property, Value::rounded(value, 3));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::super::tests::{maker, named, said};
    use super::*;

    #[test]
    fn one_number_holds_all() {
        let htw = named("SensorPush HT.w 0CA1", 0x9a04, "c9a546");
        assert_eq!(
            said(&htw).as_deref(),
            Ok("temperature=20.53 humidity=44.895")
        );
        let htp = Advert {
            services: vec![SERVICE],
            ..maker(0x8900, "e456bea6b4")
        };
        assert_eq!(
            said(&htp).as_deref(),
            Ok("temperature=22.663 humidity=46.068 pressure=989.65")
        );
        let tcx = named("SensorPush TC.x EEFF", 0xf908, "0d0000");
        assert_eq!(said(&tcx).as_deref(), Ok("temperature=23.563"));
    }

    #[test]
    fn the_first_one_counts_bits() {
        let ht1 = |company, hex| Advert {
            services: vec![FIRST_SERVICE],
            ..named("s", company, hex)
        };
        assert_eq!(
            said(&ht1(0x4834, "6205")).as_deref(),
            Ok("temperature=13.94 humidity=58.09")
        );
        assert_eq!(
            said(&ht1(0xffff, "ff07")).as_deref(),
            Ok("temperature=128.86 humidity=100")
        );
        let beacon = "0215ef09000011d642ba93b89dd7ec090aa900010956c8";
        let reading = crate::ble::decode(&ht1(APPLE, beacon), None).unwrap();
        assert!(reading.changes.is_empty() && reading.beacon.is_some());
    }

    #[test]
    fn other_pages_and_kinds_are_refused() {
        assert!(said(&named("SensorPush HT.w 0CA1", 0x9a05, "c9a546")).is_err());
        assert!(said(&named("SensorPush HT.w 0CA1", 0x9afc, "c9a546")).is_err());
    }
}
