//! BlueMaestro: Tempo Disc, Pebble (company 0133).
//!
//! ```text
//! 16, 17  Tempo Disc THD   id | u8 battery | u16be interval | u16be log | i16be °C × 10 | i16be % × 10
//!                            | i16be dew point °C × 10 | …
//! 1b      Tempo Disc THPD  the same with u16be hPa × 10 in the dew point's place
//! 01      Pebble, 18 B     id | i16le °C × 10 × 3: least, now, most | u8 % | u16le hPa | …
//! ```

use super::fields::Fields;
use super::{Claim, Format, Heard};
use crate::Value;
use crate::ble::{DecodeError, Reading};

const COMPANY: u16 = 0x0133;
const SHORTEST: usize = 14;

pub(super) static FORMAT: Format = Format {
    claims: &[Claim::Company(COMPANY)],
    read,
};

fn read(heard: &mut Heard<'_>) -> Result<Reading, DecodeError> {
    let data = heard.data;
    let mut fields = Fields(data);
    let mut reading = Reading {
        vendor: Some("BlueMaestro"),
        ..Reading::of("bluemaestro")
    };
    match fields.u8("device")? {
        0x01 if data.len() == 18 => pebble(fields, &mut reading)?,
        device @ (0x16 | 0x17 | 0x1b) if data.len() >= SHORTEST => {
            disc(fields, device == 0x1b, &mut reading)?;
        }
        0x01 | 0x16 | 0x17 | 0x1b => return Err(DecodeError::Truncated("measurement")),
        _ => return Err(DecodeError::Unsupported("this BlueMaestro")),
    }
    Ok(reading)
}

fn tenths(raw: impl Into<f64>) -> Value {
    Value::rounded(raw.into() / 10.0, 1)
}

fn disc(mut fields: Fields<'_>, presses: bool, reading: &mut Reading) -> Result<(), DecodeError> {
    let battery = fields.u8("battery")?;
    fields.skip("log", 4)?;
    reading.put("temperature", tenths(fields.be_i16("temperature")?));
    reading.put("humidity", tenths(fields.be_i16("humidity")?));
    if presses {
        reading.model = Some("Tempo Disc THPD");
        reading.put("pressure", tenths(fields.be_u16("pressure")?));
    } else {
        reading.model = Some("Tempo Disc THD");
        reading.put("dew_point", tenths(fields.be_i16("dew point")?));
    }
    reading.put("battery", battery);
    Ok(())
}

fn pebble(mut fields: Fields<'_>, reading: &mut Reading) -> Result<(), DecodeError> {
    reading.model = Some("Pebble");
    fields.skip("least temperature", 2)?;
    reading.put("temperature", tenths(fields.le_i16("temperature")?));
    fields.skip("most temperature", 2)?;
    reading.put("humidity", fields.u8("humidity")?);
    reading.put("pressure", fields.le_u16("pressure")?);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::super::tests::{maker, said};

    #[test]
    fn a_disc_and_a_pebble() {
        let disc = maker(0x0133, "17550e10061eff2f02a6ff030100");
        assert_eq!(
            said(&disc).as_deref(),
            Ok("temperature=-20.9 humidity=67.8 dew_point=-25.3 battery=85")
        );
        let pebble = maker(0x0133, "01cf00cf00cf002ec903b2d7009167fa0700");
        assert_eq!(
            said(&pebble).as_deref(),
            Ok("temperature=20.7 humidity=46 pressure=969")
        );
    }

    #[test]
    fn a_short_frame_is_refused() {
        for hex in ["", "17550e10061eff2f02a6ff0301", "01cf00cf"] {
            assert!(said(&maker(0x0133, hex)).is_err(), "{hex}");
        }
    }
}
