//! `SmartDry` laundry sensors (company 0x01AE).
//!
//! ```text
//! temperature f32le °C | humidity f32le % | shake u16le | battery u16le mV
//! ```
//!
//! The battery's high byte tells whether the dryer turns: 0 no, 6 and 7 yes. At 7, of the battery
//! only the low byte counts, from 2.847 V.

use super::battery::coin_cell;
use super::layout::{Field, Wire, exactly, field, product, put, whole};
use super::{Claim, Format, Heard};
use crate::ble::{DecodeError, Reading};

pub(super) static FORMAT: Format = Format {
    claims: &[Claim::Company(0x01ae)],
    read,
};

static LAYOUT: &[Field] = &[
    field("temperature", Wire::F32Le, whole),
    field("humidity", Wire::F32Le, whole),
    field("shake", Wire::U16Le, whole),
];

fn read(heard: &mut Heard<'_>) -> Result<Reading, DecodeError> {
    let data = exactly(heard.data, 12)?;
    let [.., low, high] = data else {
        return Err(DecodeError::Truncated("battery"));
    };
    let mut reading = product("smartdry", "SmartDry", "SmartDry cloth dryer");
    put(&mut reading, LAYOUT, data)?;
    let awake = match high {
        0 => Some(false),
        6 | 7 => Some(true),
        _ => None,
    };
    if let Some(awake) = awake {
        reading.put("power_switch", awake);
        let millivolts = if *high == 6 {
            u16::from_le_bytes([*low, *high])
        } else {
            2847 + u16::from(*low)
        };
        reading.put("voltage", f64::from(millivolts) / 1000.0);
        reading.put("battery", coin_cell(millivolts));
    }
    Ok(reading)
}

#[cfg(test)]
mod tests {
    use crate::ble::formats::transcript::{refused, says};

    const MODEL: &str = "SmartDry cloth dryer";

    #[test]
    fn the_laundry_turns() {
        says(
            "#01ae:7de6ea41702360420000c406",
            MODEL,
            "battery 0, humidity 56.035, power_switch true, shake 0, temperature 29.363, \
             voltage 1.732",
        );
        says(
            "#01ae:56d708420000c84252006907",
            MODEL,
            "battery 95.2, humidity 100, power_switch true, shake 82, temperature 34.21, \
             voltage 2.952",
        );
        says(
            "#01ae:ca9dec4160fc5f424a005200",
            MODEL,
            "battery 92.9, humidity 55.996, power_switch false, shake 74, temperature 29.577, \
             voltage 2.929",
        );
        refused("#01ae:ca9dec4160fc5f424a0052");
    }

    #[test]
    fn infinite_heat_is_left_out() {
        says(
            "#01ae:0000807f0000c84252006901",
            MODEL,
            "humidity 100, shake 82",
        );
    }
}
