//! Almendo bluSensor (company 0x06E8), protocol 1.
//!
//! ```text
//! version u8 | 1 | model u8 | revision u8 | status u8 | code u8 | state u8
//! temperature i16le 0.01 °C | humidity u16le 0.01 % | co2 u16le | tvoc u16le ppb | aqi u8
//! ```

use super::layout::{Field, Wire, field, hundredths, product, put, skip, whole};
use super::{Claim, Format, Heard};
use crate::ble::{DecodeError, Reading};

pub(super) static FORMAT: Format = Format {
    claims: &[Claim::Company(0x06e8)],
    read,
};

static LAYOUT: &[Field] = &[
    skip(7),
    field("temperature", Wire::I16Le, hundredths),
    field("humidity", Wire::U16Le, hundredths),
    field("co2", Wire::U16Le, whole),
    field("voc", Wire::U16Le, whole),
    field("aqi", Wire::U8, whole),
];

fn read(heard: &mut Heard<'_>) -> Result<Reading, DecodeError> {
    match heard.data {
        [1, _, 0x0a, ..] => {}
        [1, ..] => return Err(DecodeError::Unsupported("bluSensor model")),
        _ => return Err(DecodeError::Unsupported("bluSensor protocol")),
    }
    let mut reading = product("almendo", "Almendo", "bluSensor Mini");
    put(&mut reading, LAYOUT, heard.data)?;
    Ok(reading)
}

#[cfg(test)]
mod tests {
    use crate::ble::formats::transcript::{refused, says};

    #[test]
    fn a_mini_tells_all_it_has() {
        says(
            "#06e8:010a0a08011800fb09e511a6030f0203",
            "bluSensor Mini",
            "aqi 3, co2 934, humidity 45.81, temperature 25.55, voc 527",
        );
        refused("#06e8:010a0a08011800fb09e511a6030f02");
        refused("#06e8:020a0a08011800fb09e511a6030f0203");
    }
}
