//! Amphiro hand showers (Oras Hydractiva, Hansa Activejet; company 0xFAEE), while the water runs.
//!
//! ```text
//! shower u24be | seconds u16be | 3 | water u24be 1/2560 l | temperature u8 °C | energy u16be 0.01 kWh
//! ```

use super::layout::{Field, Wire, exactly, field, hundredths, product, put, rounded, skip, whole};
use super::{Claim, Format, Heard};
use crate::ble::{DecodeError, Reading};

pub(super) static FORMAT: Format = Format {
    claims: &[Claim::Company(0xfaee)],
    read,
};

static LAYOUT: &[Field] = &[
    field("session", Wire::U24Be, whole),
    field("duration", Wire::U16Be, whole),
    skip(3),
    field("water", Wire::U24Be, |n| rounded(n / 2560.0, 3)),
    field("temperature", Wire::U8, whole),
    field("energy", Wire::U16Be, hundredths),
];

fn read(heard: &mut Heard<'_>) -> Result<Reading, DecodeError> {
    let mut reading = product("amphiro", "Oras", "Hydractiva Digital");
    put(&mut reading, LAYOUT, exactly(heard.data, 19)?)?;
    Ok(reading)
}

#[cfg(test)]
mod tests {
    use crate::ble::formats::transcript::{refused, says};

    #[test]
    fn somebody_showers() {
        says(
            "#faee:0000240015000015001a0029000c194f000000",
            "Hydractiva Digital",
            "duration 21, energy 0.12, session 36, temperature 41, water 2.6",
        );
        refused("#faee:0000240015000015001a0029000c194f0000");
    }
}
