//! `NodOn` NIU buttons (service data 0x0000, which is no assigned service).
//!
//! ```text
//! 02 59 | 8 | colour u16be | battery u8 (low 7 bits) | 2 | press u8
//! ```

use std::time::Duration;

use super::layout::{exactly, product};
use super::{Claim, Format, Heard};
use crate::ble::{DecodeError, Reading};

pub(super) static FORMAT: Format = Format {
    claims: &[Claim::Service(0x0000)],
    read,
};

/// Owner of this format's memory.
const MEMORY: u16 = 0x0259;
/// One press is advertised for about this long.
const REPEAT_WITHIN: Duration = Duration::from_secs(5);

static PRESSES: &[(u8, &str)] = &[
    (1, "single"),
    (2, "double"),
    (3, "long"),
    (4, "release"),
    (5, "triple"),
    (6, "quadruple"),
    (7, "quintuple"),
];

fn read(heard: &mut Heard<'_>) -> Result<Reading, DecodeError> {
    let [0x02, 0x59, .., battery, _, _, press] = exactly(heard.data, 16)? else {
        return Err(DecodeError::Unknown);
    };
    let (_, press) = PRESSES
        .iter()
        .find(|(code, _)| code == press)
        .ok_or(DecodeError::Invalid("press"))?;
    let mut reading = product("nodon", "NodOn", "NIU");
    reading.put("action", *press);
    reading.put("battery", battery & 0x7f);
    // Each press has two changing bytes before it, so that the same press again is other bytes.
    let repeat = heard
        .memory
        .repeats_bytes(MEMORY, heard.data, REPEAT_WITHIN, heard.now);
    reading.news = !repeat;
    Ok(reading)
}

#[cfg(test)]
mod tests {
    use crate::ble::formats::transcript::{refused, says};

    #[test]
    fn every_kind_of_press() {
        for (data, expected) in [
            (
                "02599c37d90287a521520006635ab801",
                "action single, battery 99",
            ),
            (
                "02599c37d90287a52152000660259003",
                "action long, battery 96",
            ),
            (
                "02599c37d90287a521520006622b8104",
                "action release, battery 98",
            ),
            (
                "02599c37d90287a521520004595eb905",
                "action triple, battery 89",
            ),
        ] {
            says(&format!("0000:{data}"), "NIU", expected);
        }
        refused("0000:02599c37d90287a521520006635ab808");
        refused("0000:03599c37d90287a521520006635ab801");
    }
}
