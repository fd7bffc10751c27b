//! Heart rate belts that tell the rate while nobody is connected: Polar (company 0x006B) and XOSS
//! (0xFF04).
//!
//! ```text
//! Polar  3 | rate u8     XOSS  1 | battery u8 (low 7 bits) | 1 | rate u8
//! ```

use super::layout::product;
use super::{Claim, Format, Heard};
use crate::ble::{DecodeError, Reading};

pub(super) static FORMAT: Format = Format {
    claims: &[Claim::Company(POLAR), Claim::Company(0xff04)],
    read,
};

const POLAR: u16 = 0x006b;

fn read(heard: &mut Heard<'_>) -> Result<Reading, DecodeError> {
    let [_, second, _, rate] = heard.data else {
        return Err(DecodeError::Unknown);
    };
    let mut reading = if heard.id == POLAR {
        product("polar", "Polar", "H10")
    } else {
        let mut xoss = product("xoss", "XOSS", "X2");
        xoss.put("battery", second & 0x7f);
        xoss
    };
    reading.put("heart_rate", *rate);
    Ok(reading)
}

#[cfg(test)]
mod tests {
    use crate::ble::formats::transcript::{refused, says};

    #[test]
    fn hearts_beat() {
        says(
            "name=Polar_H10_75087320 #006b:2f166b68",
            "H10",
            "heart_rate 104",
        );
        says("name=X2 #ff04:0161063f", "X2", "battery 97, heart_rate 63");
        refused("#006b:2f166b");
    }
}
