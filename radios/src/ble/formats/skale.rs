//! Atomax Skale coffee scales (company 0x81EF).
//!
//! ```text
//! weight i16le 0.1 g | 2
//! ```

use super::layout::{Field, Wire, exactly, field, product, put};
use super::{Claim, Format, Heard};
use crate::ble::{DecodeError, Reading};

pub(super) static FORMAT: Format = Format {
    claims: &[Claim::Company(0x81ef)],
    read,
};

static LAYOUT: &[Field] = &[field("weight", Wire::I16Le, |n| n / 10_000.0)];

fn read(heard: &mut Heard<'_>) -> Result<Reading, DecodeError> {
    let mut reading = product("skale", "Atomax", "Skale");
    put(&mut reading, LAYOUT, exactly(heard.data, 4)?)?;
    Ok(reading)
}

#[cfg(test)]
mod tests {
    use crate::ble::formats::transcript::{refused, says};

    #[test]
    fn a_cup_is_lifted_off() {
        says("#81ef:d70400ff", "Skale", "weight 0.124");
        says("#81ef:60fcffff", "Skale", "weight -0.093");
        refused("#81ef:60fcff");
    }
}
