//! RAPT Pill hydrometers (company 4152: the frame begins with `RAPT`).
//!
//! ```text
//! "PT" | 01 | address 6 | u16be (°C + 273.15) × 128 | f32be gravity × 1000 | i16be × 3 | i16be % × 256
//! "PT" | 02 | 00 | valid u8 | f32be gravity a day | u16be … as above
//! ```

use super::fields::Fields;
use super::{Claim, Format, Heard};
use crate::Value;
use crate::ble::{DecodeError, Reading};

const COMPANY: u16 = 0x4152;
const LENGTH: usize = 23;

pub(super) static FORMAT: Format = Format {
    claims: &[Claim::Company(COMPANY)],
    read,
};

fn read(heard: &mut Heard<'_>) -> Result<Reading, DecodeError> {
    if heard.data.len() != LENGTH || !heard.data.starts_with(b"PT") {
        return Err(DecodeError::Unknown);
    }
    let mut fields = Fields(heard.data);
    fields.skip("mark", 2)?;
    let mut reading = Reading {
        model: Some("RAPT Pill"),
        vendor: Some("KegLand"),
        ..Reading::of("rapt")
    };
    match fields.u8("version")? {
        1 => fields.skip("address", 6)?,
        2 => {
            fields.skip("padding", 1)?;
            let valid = fields.u8("validity")? != 0;
            let velocity = f64::from(fields.be_f32("gravity a day")?);
            if valid && velocity.is_finite() {
                reading.put("gravity_velocity", Value::rounded(velocity, 4));
            }
        }
        _ => return Err(DecodeError::Unsupported("this RAPT frame")),
    }
    let temperature = f64::from(fields.be_u16("temperature")?) / 128.0 - 273.15;
    let gravity = f64::from(fields.be_f32("gravity")?) / 1000.0;
    fields.skip("acceleration", 6)?;
    let battery = f64::from(fields.be_i16("battery")?) / 256.0;
    if !gravity.is_finite() {
        return Err(DecodeError::Invalid("gravity"));
    }
    reading.put("temperature", Value::rounded(temperature, 2));
    reading.put("gravity", Value::rounded(gravity, 4));
    reading.put("battery", Value::rounded(battery, 0));
    Ok(reading)
}

#[cfg(test)]
mod tests {
    use super::super::tests::{maker, said};

    const REST: &str = "948b447cb9f6344502622677";

    #[test]
    fn both_versions() {
        let first = format!("50540178e36d3cb994{REST}2aac");
        let all = "temperature=23.94 gravity=1.0109 battery=43";
        assert_eq!(said(&maker(0x4152, &first)).as_deref(), Ok(all));
        let second = format!("50540200013e9dd1ab{REST}2aac");
        let more = format!("gravity_velocity=0.3082 {all}");
        assert_eq!(said(&maker(0x4152, &second)), Ok(more));
        let new = format!("505402000000000000{REST}2aac");
        assert_eq!(said(&maker(0x4152, &new)).as_deref(), Ok(all));
    }

    #[test]
    fn its_other_frames_are_refused() {
        assert!(said(&maker(0x4152, "50546450696c6c4731")).is_err());
        assert!(said(&maker(0x4152, &format!("50540378e36d3cb994{REST}2aac"))).is_err());
    }
}
