//! Feasycom beacons (service data 0xFFF0).
//!
//! ```text
//! model u8 | firmware 3 | address 6 | battery u8 % (101: from the mains)
//! ```

use super::layout::{exactly, product};
use super::{Claim, Format, Heard};
use crate::ble::{DecodeError, Reading};

pub(super) static FORMAT: Format = Format {
    claims: &[Claim::Service(0xfff0)],
    read,
};

static MODELS: &[(u8, &str)] = &[
    (0x15, "BP102"),
    (0x19, "BP109"),
    (0x1a, "BP103"),
    (0x1b, "BP104"),
    (0x1c, "BP201"),
    (0x1d, "BP106"),
    (0x1e, "BP101"),
    (0x24, "BP120"),
    (0x27, "BP108"),
    (0x28, "BP108N"),
    (0x29, "BP103B"),
];
const PLUGGED_IN: u8 = 101;

fn read(heard: &mut Heard<'_>) -> Result<Reading, DecodeError> {
    let [model, _, _, _, address @ .., battery] = exactly(heard.data, 11)? else {
        return Err(DecodeError::Truncated("battery"));
    };
    let (_, model) = MODELS
        .iter()
        .find(|(id, _)| id == model)
        .ok_or(DecodeError::Unknown)?;
    if address != heard.advert.address.0 {
        return Err(DecodeError::OtherAddress);
    }
    let mut reading = product("feasycom", "Feasycom", model);
    reading.put("plugged_in", *battery == PLUGGED_IN);
    if *battery <= 100 {
        reading.put("battery", *battery);
    }
    Ok(reading)
}

#[cfg(test)]
mod tests {
    use crate::ble::formats::transcript::{refused, says};

    #[test]
    fn a_beacon_on_a_battery() {
        says(
            "AA:BB:CC:DD:EE:FF fff0:27021992aabbccddeeff64",
            "BP108",
            "battery 100, plugged_in false",
        );
        says(
            "AA:BB:CC:DD:EE:FF fff0:29021992aabbccddeeff65",
            "BP103B",
            "plugged_in true",
        );
        refused("AA:BB:CC:DD:EE:FE fff0:27021992aabbccddeeff64");
        refused("AA:BB:CC:DD:EE:FF fff0:ff021992aabbccddeeff64");
    }
}
