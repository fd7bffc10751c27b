//! Onset HOBO MX2001 water level loggers (company 0x00C5): the level in metres, f32le at the end.

use super::layout::{Field, Wire, exactly, field, product, put, rounded, skip};
use super::{Claim, Format, Heard};
use crate::ble::{DecodeError, Reading};

pub(super) static FORMAT: Format = Format {
    claims: &[Claim::Company(0x00c5)],
    read,
};

static LAYOUT: &[Field] = &[
    skip(16),
    field("water_level", Wire::F32Le, |n| rounded(n * 100.0, 3)),
];

fn read(heard: &mut Heard<'_>) -> Result<Reading, DecodeError> {
    let mut reading = product("hobo", "Onset", "MX2001");
    put(&mut reading, LAYOUT, exactly(heard.data, 20)?)?;
    Ok(reading)
}

#[cfg(test)]
mod tests {
    use crate::ble::formats::transcript::{refused, says};

    #[test]
    fn a_tank_fills() {
        says(
            "#00c5:0740d54f01062402000008005231029e8708cb3d",
            "MX2001",
            "water_level 9.914",
        );
        says(
            "#00c5:0740d54f01062402000008001229029d827f963e",
            "MX2001",
            "water_level 29.394",
        );
        refused("#00c5:0740d54f01062402000008001229029d827f96");
    }
}
