//! Blustream instrument-case sensors (company 0x0194).
//!
//! ```text
//! 4 ? | acceleration u8 | humidity u16be 0.01 % | temperature i16be 0.01 °C
//! ```

use super::layout::{Field, Wire, exactly, field, hundredths, product, put, skip, whole};
use super::{Claim, Format, Heard};
use crate::ble::{DecodeError, Reading};

pub(super) static FORMAT: Format = Format {
    claims: &[Claim::Company(0x0194)],
    read,
};

static LAYOUT: &[Field] = &[
    skip(4),
    field("acceleration_total", Wire::U8, whole),
    field("humidity", Wire::U16Be, hundredths),
    field("temperature", Wire::I16Be, hundredths),
];

fn read(heard: &mut Heard<'_>) -> Result<Reading, DecodeError> {
    let mut reading = product("blustream", "Blustream", "Blustream");
    put(&mut reading, LAYOUT, exactly(heard.data, 9)?)?;
    Ok(reading)
}

#[cfg(test)]
mod tests {
    use crate::ble::formats::transcript::{refused, says};

    #[test]
    fn a_guitar_is_watched() {
        says(
            "#0194:01def902be0ff107d0",
            "Blustream",
            "acceleration_total 190, humidity 40.81, temperature 20",
        );
        refused("#0194:01def902be0ff107");
    }
}
