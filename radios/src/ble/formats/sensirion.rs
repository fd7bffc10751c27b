//! Sensirion gadgets (company 06D5).
//!
//! ```text
//! kind: 00 | sample u8 | device u16 | u16le values, as the sample kind says
//! ```
//!
//! Temperature is always first: 175 °C from -45 on over the whole range.

use super::fields::Fields;
use super::{Claim, Format, Heard};
use crate::Value;
use crate::ble::{DecodeError, Reading};

const COMPANY: u16 = 0x06d5;
const FULL: f64 = 65_535.0;

pub(super) static FORMAT: Format = Format {
    claims: &[Claim::Company(COMPANY)],
    read,
};

/// What 16 bits say: times, plus.
struct Measure(&'static str, f64, f64);

const TEMPERATURE: Measure = Measure("temperature", 175.0 / FULL, -45.0);
const HUMIDITY: Measure = Measure("humidity", 100.0 / FULL, 0.0);
const WIDE_HUMIDITY: Measure = Measure("humidity", 125.0 / FULL, -6.0);
const CO2: Measure = Measure("co2", 1.0, 0.0);
const VOC: Measure = Measure("voc", 1.0, 0.0);
const VOC_RAW: Measure = Measure("voc_raw", 1.0, 0.0);
const NOX: Measure = Measure("nox", 1.0, 0.0);
const DUST: Measure = Measure("pm25", 1000.0 / FULL, 0.0);
const FINE_DUST: Measure = Measure("pm25", 0.1, 0.0);
const FORMALDEHYDE: Measure = Measure("hcho", 0.2, 0.0);
/// Not understood.
const SKIP: Measure = Measure("", 0.0, 0.0);

static SAMPLES: &[(u8, &[Measure])] = &[
    (3, &[TEMPERATURE, HUMIDITY, VOC, VOC_RAW]),
    (4, &[TEMPERATURE, HUMIDITY]),
    (6, &[TEMPERATURE, WIDE_HUMIDITY]),
    (8, &[TEMPERATURE, HUMIDITY, CO2]),
    (10, &[TEMPERATURE, HUMIDITY, CO2]),
    (12, &[TEMPERATURE, HUMIDITY, CO2, DUST]),
    (14, &[TEMPERATURE, HUMIDITY, FORMALDEHYDE]),
    (16, &[TEMPERATURE, HUMIDITY, VOC, DUST]),
    (20, &[TEMPERATURE, HUMIDITY, CO2, VOC, DUST, FORMALDEHYDE]),
    (22, &[TEMPERATURE, HUMIDITY, VOC, NOX]),
    (24, &[TEMPERATURE, HUMIDITY, VOC, SKIP, FINE_DUST]),
    (26, &[TEMPERATURE, HUMIDITY, CO2, VOC, SKIP, FINE_DUST]),
    (28, &[TEMPERATURE, HUMIDITY, CO2, FINE_DUST]),
    (30, &[TEMPERATURE, HUMIDITY, VOC, FINE_DUST]),
    (
        32,
        &[TEMPERATURE, HUMIDITY, CO2, VOC, FINE_DUST, FORMALDEHYDE],
    ),
    (34, &[CO2]),
];

/// The gadgets that names tell.
static MODELS: &[&str] = &["MyCO2", "SHT40 Gadget", "SHT41 Gadget", "SHT45 Gadget"];

fn read(heard: &mut Heard<'_>) -> Result<Reading, DecodeError> {
    let mut fields = Fields(heard.data);
    if fields.u8("kind")? != 0 {
        return Err(DecodeError::Unsupported("this Sensirion frame"));
    }
    let kind = fields.u8("sample")?;
    let (_, measures) = SAMPLES
        .iter()
        .find(|(known, _)| *known == kind)
        .ok_or(DecodeError::Unsupported("this Sensirion sample"))?;
    fields.skip("device", 2)?;
    let name = heard.advert.name.as_deref().unwrap_or_default();
    let mut reading = Reading {
        model: MODELS.iter().find(|known| **known == name).copied(),
        vendor: Some("Sensirion"),
        ..Reading::of("sensirion")
    };
    for Measure(property, times, plus) in *measures {
        let raw = f64::from(fields.le_u16("value")?);
        if !property.is_empty() {
            reading.put(property, Value::rounded(raw * times + plus, 2));
        }
    }
    Ok(reading)
}

#[cfg(test)]
mod tests {
    use super::super::tests::{maker, named, said};

    #[test]
    fn gadgets() {
        let co2 = named("MyCO2", 0x06d5, "000867355367925c0b04");
        assert_eq!(
            said(&co2).as_deref(),
            Ok("temperature=25.63 humidity=36.16 co2=1035")
        );
        let sht = named("SHT40 Gadget", 0x06d5, "0006e2e7036a1c65");
        assert_eq!(
            said(&sht).as_deref(),
            Ok("temperature=27.47 humidity=43.37")
        );
    }

    #[test]
    fn other_frames_and_cut_ones_are_refused() {
        assert!(said(&maker(0x06d5, "0108")).is_err());
        assert!(said(&maker(0x06d5, "00070000")).is_err());
        assert!(said(&maker(0x06d5, "000867355367925c0b")).is_err());
    }
}
