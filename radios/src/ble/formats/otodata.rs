//! Otodata RC1010 monitors on propane tanks with Rotarex gauges (company 0x03B1).
//!
//! ```text
//! OTOTELE | 2 | level u16le 0.01 % | status u16le | …          19 bytes
//! OTO3281 …                                                    22 bytes: who it is
//! ```

use super::layout::{Field, Wire, field, hundredths, product, put, skip, whole};
use super::{Claim, Format, Heard};
use crate::ble::{DecodeError, Reading};

pub(super) static FORMAT: Format = Format {
    claims: &[Claim::Company(0x03b1)],
    read,
};

static LAYOUT: &[Field] = &[
    skip(9),
    field("level", Wire::U16Le, hundredths),
    field("status", Wire::U16Le, whole),
];

fn read(heard: &mut Heard<'_>) -> Result<Reading, DecodeError> {
    let mut reading = product("otodata", "Otodata", "RC1010");
    match heard.data.len() {
        19 if heard.data.starts_with(b"OTOTELE") => put(&mut reading, LAYOUT, heard.data)?,
        22 if heard.data.starts_with(b"OTO") => {}
        _ => return Err(DecodeError::Unknown),
    }
    Ok(reading)
}

#[cfg(test)]
mod tests {
    use crate::ble::formats::transcript::{refused, says};

    #[test]
    fn a_tank_is_nearly_full() {
        says(
            "#03b1:4f544f54454c4502006b260000366e0f000000",
            "RC1010",
            "level 98.35, status 0",
        );
        says(
            "#03b1:4f544f3332383148845603132111010400022af20304",
            "RC1010",
            "",
        );
        refused("#03b1:4f544f54454c4502006b260000366e0f0000");
    }
}
