//! Mopeka: levels of propane and other tanks (company 0059, service FEE5, 10 bytes).
//!
//! ```text
//! model | battery V × 32 | button u1, °C + 40 u7 | u14le level, quality u2 | address 3 | u8 x | u8 y
//! ```
//!
//! The level is the time of an echo; how high that is depends on what is in the tank and how warm it
//! is. It is told in mm, if the echo was good enough to be one: for propane, or for air where the
//! sensor looks down from the top of the tank.

use super::fields::Fields;
use super::{Claim, Format, Heard};
use crate::Value;
use crate::ble::{DecodeError, Reading};

const COMPANY: u16 = 0x0059;
const SERVICE: u16 = 0xfee5;
const LENGTH: usize = 10;

pub(super) static FORMAT: Format = Format {
    claims: &[Claim::Company(COMPANY)],
    read,
};

const TOP_DOWN: u8 = 0x0a;
const TOP_DOWN_CELLULAR: u8 = 0x0b;

static MODELS: &[(u8, &str)] = &[
    (0x03, "Pro Check"),
    (0x04, "Pro-200"),
    (0x05, "Pro Check H2O"),
    (0x06, "Lippert BottleCheck"),
    (0x08, "Pro Plus"),
    (0x09, "Pro Plus with Cellular"),
    (TOP_DOWN, "TD40/TD200"),
    (TOP_DOWN_CELLULAR, "TD40/TD200 with Cellular"),
    (0x0c, "Pro Check Universal"),
    (0x12, "Pro-200B"),
];

fn read(heard: &mut Heard<'_>) -> Result<Reading, DecodeError> {
    if heard.data.len() != LENGTH || !heard.advert.offers(SERVICE) {
        return Err(DecodeError::Unknown);
    }
    let mut fields = Fields(heard.data);
    let number = fields.u8("model")?;
    let (_, model) = MODELS
        .iter()
        .find(|(known, _)| *known == number)
        .ok_or(DecodeError::Unsupported("this Mopeka"))?;
    let volts = f64::from(fields.u8("battery")?) / 32.0;
    let warmth = fields.u8("temperature")?;
    let level = fields.le_u16("level")?;
    fields.skip("address", 3)?;
    let (x, y) = (fields.u8("tilt")?, fields.u8("tilt")?);
    let mut reading = Reading {
        model: Some(model),
        vendor: Some("Mopeka"),
        ..Reading::of("mopeka")
    };
    let percent = ((volts - 2.2) / 0.65 * 100.0).clamp(0.0, 100.0);
    let raw = f64::from(warmth & 0x7f);
    let quality = level >> 14;
    reading.put("temperature", raw - 40.0);
    reading.put("battery", Value::rounded(percent, 1));
    reading.put("voltage", Value::rounded(volts, 3));
    reading.put("button_pressed", warmth & 0x80 != 0);
    if quality > 0 {
        // Half the speed of sound, over the temperature.
        let per_tick = if matches!(number, TOP_DOWN | TOP_DOWN_CELLULAR) {
            0.153_096 + 0.000_327 * raw - 0.000_000_294 * raw * raw
        } else {
            0.573_045 - 0.002_822 * raw - 0.000_005_35 * raw * raw
        };
        let level = f64::from(level & 0x3fff) * per_tick;
        reading.put("tank_level", level.trunc());
    }
    reading.put(
        "reading_quality",
        (f64::from(quality) * 100.0 / 3.0).round(),
    );
    reading.put("reading_quality_raw", quality);
    reading.put("accelerometer_x", x);
    reading.put("accelerometer_y", y);
    Ok(reading)
}

#[cfg(test)]
mod tests {
    use super::super::tests::{maker, said};
    use super::*;
    use crate::ble::Advert;

    fn tank(hex: &str) -> Advert {
        Advert {
            services: vec![SERVICE.into()],
            ..maker(COMPANY, hex)
        }
    }

    #[test]
    fn a_tank() {
        assert_eq!(
            said(&tank("125f3178c7cce52ba83f")).as_deref(),
            Ok(
                "temperature=9 battery=100 voltage=2.969 button_pressed=false tank_level=806 \
                reading_quality=100 reading_quality_raw=3 accelerometer_x=168 accelerometer_y=63"
            )
        );
        assert_eq!(
            said(&tank("0872460030e0f509f0d8")).as_deref(),
            Ok(
                "temperature=30 battery=100 voltage=3.563 button_pressed=false \
                reading_quality=0 reading_quality_raw=0 accelerometer_x=240 accelerometer_y=216"
            )
        );
    }

    #[test]
    fn others_use_the_company_too() {
        assert!(said(&maker(COMPANY, "125f3178c7cce52ba83f")).is_err());
        assert!(said(&tank("ff5f3178c7cce52ba83f")).is_err());
        assert!(said(&tank("125f3178c7cce52ba8")).is_err());
    }
}
