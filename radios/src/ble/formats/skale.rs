//! Atomax Skale coffee scales (company 0x81EF).
//!
//! ```text
//! weight i16le 0.1 g | 2
//! ```

use super::layout::{Field, Wire, exactly, field, product, put, tenths};
use super::{Claim, Format, Heard};
use crate::ble::{DecodeError, Reading};

pub(super) static FORMAT: Format = Format {
    claims: &[Claim::Company(0x81ef)],
    read,
};

static LAYOUT: &[Field] = &[field("weight", Wire::I16Le, tenths)];

fn read(heard: &mut Heard<'_>) -> Result<Reading, DecodeError> {
    let mut reading = product("skale", "Atomax", "Skale");
    put(&mut reading, LAYOUT, exactly(heard.data, 4)?)?;
    reading.put("weight_unit", "g");
    Ok(reading)
}

#[cfg(test)]
mod tests {
    use crate::ble::formats::transcript::{refused, says};

    #[test]
    fn a_cup_is_lifted_off() {
        says("#81ef:d70400ff", "Skale", "weight 123.9, weight_unit g");
        says("#81ef:60fcffff", "Skale", "weight -92.8, weight_unit g");
        refused("#81ef:60fcff");
    }
}
