//! Hörmann garage door drives (company 0x07B4). They send two frames of that company; the longer
//! one tells how far the door is open.
//!
//! ```text
//! state u8 | opening u8 0.5 % | … 17 bytes in all
//! ```

use super::layout::{exactly, product};
use super::{Claim, Format, Heard};
use crate::ble::{DecodeError, Reading};

pub(super) static FORMAT: Format = Format {
    claims: &[Claim::Company(0x07b4)],
    read,
};

fn read(heard: &mut Heard<'_>) -> Result<Reading, DecodeError> {
    let [_, opening, ..] = exactly(heard.data, 17)? else {
        return Err(DecodeError::Truncated("opening"));
    };
    let mut reading = product("hormann", "Hörmann", "Supramatic E4 BS");
    reading.put("opening", *opening != 0);
    reading.put("opening_percentage", f64::from(*opening) / 2.0);
    Ok(reading)
}

#[cfg(test)]
mod tests {
    use crate::ble::formats::transcript::{refused, says};

    #[test]
    fn a_door_opens() {
        for (data, expected) in [
            (
                "140000000000000000efbbafa9d1a73b04",
                "opening false, opening_percentage 0",
            ),
            (
                "173e000000000000006722d81075f42a04",
                "opening true, opening_percentage 31",
            ),
            (
                "13c8000000000000006722d81075f42a04",
                "opening true, opening_percentage 100",
            ),
        ] {
            says(&format!("#07b4:{data}"), "Supramatic E4 BS", expected);
        }
        refused("#07b4:01022d2000");
    }
}
