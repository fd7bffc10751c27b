//! Jaalee JHT climate sensors: an iBeacon of theirs that carries the reading, or service data
//! 0xF525 and 0xF51C.
//!
//! ```text
//! iBeacon  02 15 | uuid 16 | temperature u16be | humidity u16be | power | battery u8
//! service  battery u8 | address 6, reversed | [ 1 ] | … temperature u16be | humidity u16be at the end
//! ```

use super::layout::{Field, Wire, field, product, put, rounded, skip, whole};
use super::{Claim, Format, Heard};
use crate::ble::{DecodeError, Reading};

pub(super) static FORMAT: Format = Format {
    claims: &[
        Claim::Service(0xf525),
        Claim::Service(0xf51c),
        Claim::Company(APPLE),
    ],
    read,
};

const APPLE: u16 = 0x004c;
/// How their iBeacons begin.
const BEACON: [u8; 18] = [
    0x02, 0x15, 0xeb, 0xef, 0xd0, 0x83, 0x70, 0xa2, 0x47, 0xc8, 0x98, 0x37, 0xe7, 0xb5, 0x63, 0x4d,
    0xf5, 0x25,
];

const TEMPERATURE: Field = field("temperature", Wire::U16Be, |n| {
    rounded(175.0 * n / 65535.0 - 45.0, 2)
});
const HUMIDITY: Field = field("humidity", Wire::U16Be, |n| rounded(100.0 * n / 65535.0, 2));

static IN_BEACON: &[Field] = &[
    skip(18),
    TEMPERATURE,
    HUMIDITY,
    skip(1),
    field("battery", Wire::U8, whole),
];
static CLIMATE: &[Field] = &[TEMPERATURE, HUMIDITY];

fn read(heard: &mut Heard<'_>) -> Result<Reading, DecodeError> {
    let mut reading = product("jaalee", "Jaalee", "JHT");
    if heard.id == APPLE {
        if heard.data.len() != 24 || !heard.data.starts_with(&BEACON) {
            return Err(DecodeError::Unknown);
        }
        put(&mut reading, IN_BEACON, heard.data)?;
        return Ok(reading);
    }
    let (head, climate) = match heard.data.len() {
        11 | 12 => heard.data.split_at(heard.data.len() - 4),
        _ => return Err(DecodeError::Unknown),
    };
    let [battery, address @ ..] = head else {
        return Err(DecodeError::Truncated("battery"));
    };
    if !address.starts_with(&heard.advert.address.reversed()) {
        return Err(DecodeError::OtherAddress);
    }
    put(&mut reading, CLIMATE, climate)?;
    reading.put("battery", *battery);
    Ok(reading)
}

#[cfg(test)]
mod tests {
    use crate::ble::formats::transcript::{refused, says};

    #[test]
    fn climate_in_a_beacon() {
        says(
            "#004c:0215ebefd08370a247c89837e7b5634df52565823d1acc64",
            "JHT",
            "battery 100, humidity 23.87, temperature 24.39",
        );
    }

    #[test]
    fn climate_in_service_data() {
        says(
            "D3:F2:B4:CD:1E:4B f525 f525:644b1ecdb4f2d37420591a",
            "JHT",
            "battery 100, humidity 34.81, temperature 34.38",
        );
        refused("D3:F2:B4:CD:1E:4C f525 f525:644b1ecdb4f2d37420591a");
        refused("D3:F2:B4:CD:1E:4B f525:644b1ecdb4f2d3742059");
    }
}
