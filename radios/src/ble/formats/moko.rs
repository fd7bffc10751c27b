//! MOKO beacons: Mokobeacon (service data 0xFF01) and `BeaconX` Pro (0xFEAB).
//!
//! ```text
//! FF01  battery u8 % | 6 | acceleration 3 × i16le mg
//! FEAB  70 | 2 | temperature i16be 0.1 °C | humidity u16be 0.1 % | battery u16be mV | …   (from 3)
//!       60 | 5 | acceleration 3 × i16be, mg in the upper 12 bits | battery u16be mV       (from 6)
//!       40 | 2 | battery u16be mV | …                                                     (from 3)
//! ```

use super::layout::{Field, Wire, field, product, put, skip, tenths, thousandths, whole};
use super::{Claim, Format, Heard};
use crate::ble::{DecodeError, Reading};

pub(super) static FORMAT: Format = Format {
    claims: &[Claim::Service(MOKOBEACON), Claim::Service(0xfeab)],
    read,
};

const MOKOBEACON: u16 = 0xff01;

const fn upper_12_bits(n: f64) -> f64 {
    (n / 16.0).floor()
}

static BEACON: &[Field] = &[
    field("battery", Wire::U8, whole),
    skip(6),
    field("acceleration_x", Wire::I16Le, whole),
    field("acceleration_y", Wire::I16Le, whole),
    field("acceleration_z", Wire::I16Le, whole),
];
static CLIMATE: &[Field] = &[
    skip(3),
    field("temperature", Wire::I16Be, tenths),
    field("humidity", Wire::U16Be, tenths),
    field("voltage", Wire::U16Be, thousandths),
];
static MOTION: &[Field] = &[
    skip(6),
    field("acceleration_x", Wire::I16Be, upper_12_bits),
    field("acceleration_y", Wire::I16Be, upper_12_bits),
    field("acceleration_z", Wire::I16Be, upper_12_bits),
    field("voltage", Wire::U16Be, thousandths),
];
static DEVICE: &[Field] = &[skip(3), field("voltage", Wire::U16Be, thousandths)];

fn read(heard: &mut Heard<'_>) -> Result<Reading, DecodeError> {
    if heard.id == MOKOBEACON {
        if heard.data.len() != 13 {
            return Err(DecodeError::Unknown);
        }
        let mut reading = product("moko", "MOKO", "Mokobeacon");
        put(&mut reading, BEACON, heard.data)?;
        return Ok(reading);
    }
    let layout = match heard.data {
        [0x70, ..] => CLIMATE,
        [0x60, ..] => MOTION,
        [0x40, ..] => DEVICE,
        _ => return Err(DecodeError::Unknown),
    };
    let mut reading = product("moko", "MOKO", "BeaconX Pro");
    put(&mut reading, layout, heard.data)?;
    Ok(reading)
}

#[cfg(test)]
mod tests {
    use crate::ble::formats::transcript::{refused, says};

    // At rest, the three accelerations amount to one g: what their byte order and unit were told by.
    #[test]
    fn a_beacon_lies_flat() {
        says(
            "ff01:64000000005085a000f0ffe003",
            "Mokobeacon",
            "acceleration_x 160, acceleration_y -16, acceleration_z 992, battery 100",
        );
        refused("ff01:64000000005085a000f0ffe0");
    }

    #[test]
    fn a_pro_tells_climate_or_motion() {
        says(
            "feab:70000a011201ee0caf03def14635998a",
            "BeaconX Pro",
            "humidity 49.4, temperature 27.4, voltage 3.247",
        );
        says(
            "feab:60000a010007154039c0fa000bf901f40c93fe3487",
            "BeaconX Pro",
            "acceleration_x 340, acceleration_y 924, acceleration_z -96, voltage 3.065",
        );
        refused("feab:50000a010007154039c0fa000bf901f40c93fe3487");
    }
}
