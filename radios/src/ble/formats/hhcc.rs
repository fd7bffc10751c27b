//! HHCC's pink plant sensor, HHCCJCY10 (service data 0xFD50, 9 bytes, big endian).
//!
//! ```text
//! moisture u8 | temperature u16 0.1 °C | illuminance u24 lx | battery u8 | conductivity u16 µS/cm
//! ```

use super::layout::exactly;
use super::{Claim, Format, Heard, layout};
use crate::ble::{DecodeError, Reading};

pub(super) static FORMAT: Format = Format {
    claims: &[Claim::Service(0xfd50)],
    read,
};

fn read(heard: &mut Heard<'_>) -> Result<Reading, DecodeError> {
    let &[moisture, t1, t0, l2, l1, l0, battery, c1, c0] = exactly(heard.data, 9)? else {
        return Err(DecodeError::Unknown);
    };
    let mut reading = layout::product("hhcc", "HHCC", "HHCCJCY10");
    let temperature = f64::from(u16::from_be_bytes([t1, t0])) / 10.0;
    reading.put("temperature", temperature);
    reading.put("moisture", moisture);
    reading.put("illuminance", u32::from_be_bytes([0, l2, l1, l0]));
    reading.put("battery", battery);
    reading.put("conductivity", u16::from_be_bytes([c1, c0]));
    Ok(reading)
}

#[cfg(test)]
mod tests {
    use crate::ble::formats::transcript::said;

    #[test]
    fn a_plant() {
        assert_eq!(
            said("fd50:0e006e0134a428005b"),
            Ok(
                "battery 40, conductivity 91, illuminance 79012, moisture 14, temperature 11"
                    .into()
            )
        );
    }
}
