//! Laica bathroom scales (company 0xA0AC, which AAA00x scales use): each byte is XORed with 0xA0.
//!
//! ```text
//! address 6 | measured 4 | kind u8: 0x0D weight, 0x06 impedance | check u8     (kind is not masked)
//! ```
//!
//! Weight is the low 18 bits of a u32be in grams, impedance a u16be in Ω.

use std::time::Duration;

use super::layout::{exactly, product, rounded};
use super::{Claim, Format, Heard};
use crate::ble::{DecodeError, Reading};

const COMPANY: u16 = 0xa0ac;

pub(super) static FORMAT: Format = Format {
    claims: &[Claim::Company(COMPANY)],
    read,
};

const REPEAT_WITHIN: Duration = Duration::from_secs(30);
const MASK: u8 = 0xa0;

fn read(heard: &mut Heard<'_>) -> Result<Reading, DecodeError> {
    let [.., a, b, c, d, kind, _] = exactly(heard.data, 12)? else {
        return Err(DecodeError::Truncated("kind"));
    };
    let [a, b, c, d] = [a, b, c, d].map(|byte| byte ^ MASK);
    let mut reading = product("laica", "Laica", "Laica Smart Scale");
    match kind {
        0x06 => {
            // A body is within these.
            let ohms = u16::from_be_bytes([a, b]).clamp(430, 630);
            reading.put("impedance", ohms);
        }
        0x0d => {
            let grams = f64::from(u32::from_be_bytes([a, b, c, d]) & 0x3_ffff);
            reading.put("weight", rounded(grams / 1000.0, 1));
        }
        _ => return Err(DecodeError::Unknown),
    }
    let repeat = heard
        .memory
        .repeats_bytes(COMPANY, heard.data, REPEAT_WITHIN, heard.now);
    reading.news = !repeat;
    Ok(reading)
}

#[cfg(test)]
mod tests {
    use crate::ble::formats::transcript::{refused, says};

    #[test]
    fn thirteen_kilograms() {
        says(
            "name=AAA002 ffb0 #a0ac:a02bbe5e91a0a02c92140dbf",
            "Laica Smart Scale",
            "weight 13",
        );
        says(
            "#a0ac:a02bbe5e91a0a254921406bf",
            "Laica Smart Scale",
            "impedance 630",
        );
        refused("#a0ac:a02bbe5e91a0a02c92140cbf");
        refused("#a0ac:a02bbe5e91a0a02c92140d");
    }
}
