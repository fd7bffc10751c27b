//! `BeeWi` (Otio) door sensors (company 0x000D).
//!
//! ```text
//! 08 | 0c | open u8 (bit 0) | 06 | battery u8 %
//! ```

use super::layout::product;
use super::{Claim, Format, Heard};
use crate::ble::{DecodeError, Reading};

pub(super) static FORMAT: Format = Format {
    claims: &[Claim::Company(0x000d)],
    read,
};

fn read(heard: &mut Heard<'_>) -> Result<Reading, DecodeError> {
    let [0x08, 0x0c, state, _, battery] = heard.data else {
        return Err(DecodeError::Unknown);
    };
    let mut reading = product("beewi", "BeeWi", "BSDOO");
    reading.put("opening", state & 1 != 0);
    reading.put("battery", *battery);
    Ok(reading)
}

#[cfg(test)]
mod tests {
    use crate::ble::formats::transcript::{refused, says};

    #[test]
    fn a_window_opens() {
        says("#000d:080c000664", "BSDOO", "battery 100, opening false");
        says("#000d:080c010664", "BSDOO", "battery 100, opening true");
        refused("#000d:050c010664");
    }
}
