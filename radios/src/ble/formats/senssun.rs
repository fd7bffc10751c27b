//! Senssun bathroom scales (company 0x0100).
//!
//! ```text
//! 3 | address 6 | 1 | weight u16be 0.01 kg | impedance u16be Ω | state u8 | 2
//! ```
//!
//! The weight has settled when bits 5 and 7 of the state are set.

use std::time::Duration;

use super::layout::{Field, Wire, exactly, field, hundredths, product, put, skip, whole};
use super::{Claim, Format, Heard};
use crate::ble::{DecodeError, Reading};

const COMPANY: u16 = 0x0100;

pub(super) static FORMAT: Format = Format {
    claims: &[Claim::Company(COMPANY)],
    read,
};

const REPEAT_WITHIN: Duration = Duration::from_secs(30);
const SETTLED: u8 = 0xa0;

static LAYOUT: &[Field] = &[
    skip(10),
    field("weight", Wire::I16Be, hundredths),
    field("impedance", Wire::I16Be, whole),
];

fn read(heard: &mut Heard<'_>) -> Result<Reading, DecodeError> {
    let data = exactly(heard.data, 17)?;
    let mut reading = product("senssun", "Senssun", "Senssun Smart Scale");
    put(&mut reading, LAYOUT, data)?;
    let state = data.get(14).ok_or(DecodeError::Truncated("state"))?;
    reading.put("stabilized", state & SETTLED == SETTLED);
    let measured = data.get(9..15).unwrap_or_default();
    let repeat = heard
        .memory
        .repeats_bytes(COMPANY, measured, REPEAT_WITHIN, heard.now);
    reading.news = !repeat;
    Ok(reading)
}

#[cfg(test)]
mod tests {
    use crate::ble::formats::transcript::{refused, says};

    #[test]
    fn somebody_stands_still() {
        says(
            "name=IF_B7 #0100:020311187a93c1b333021a4500b4a1ab61",
            "Senssun Smart Scale",
            "impedance 180, stabilized true, weight 67.25",
        );
        refused("#0100:020311187a93c1b333021a4500b4a1ab");
    }
}
