//! Chef iQ meat probes (company 0x05CD): six temperatures along the probe.
//!
//! ```text
//! 2 | battery u8 | probe 3 u8 °C | 2 | meat u16le | tip u16le | probe 1 u16le | probe 2 u16le
//! ambient u16le | 2
//! ```
//!
//! Tenths of a degree; from 0x7FF0, and 0xFE in the byte, a sensor has nothing to measure.

use super::layout::{Field, Wire, exactly, field, product, put, skip, whole};
use super::{Claim, Format, Heard};
use crate::ble::{DecodeError, Reading};

pub(super) static FORMAT: Format = Format {
    claims: &[Claim::Company(0x05cd)],
    read,
};

const fn degrees(n: f64) -> f64 {
    if n >= 32752.0 { f64::NAN } else { n / 10.0 }
}

static LAYOUT: &[Field] = &[
    skip(2),
    field("battery", Wire::U8, whole),
    field("temperature_probe_3", Wire::U8, |n| {
        if n >= 254.0 { f64::NAN } else { n }
    }),
    skip(2),
    field("meat_temperature", Wire::U16Le, degrees),
    field("temperature_probe_tip", Wire::U16Le, degrees),
    field("temperature_probe_1", Wire::U16Le, degrees),
    field("temperature_probe_2", Wire::U16Le, degrees),
    field("ambient_temperature", Wire::U16Le, degrees),
];

fn read(heard: &mut Heard<'_>) -> Result<Reading, DecodeError> {
    let mut reading = product("chefiq", "Chef iQ", "CQ60");
    put(&mut reading, LAYOUT, exactly(heard.data, 18)?)?;
    Ok(reading)
}

#[cfg(test)]
mod tests {
    use crate::ble::formats::transcript::{refused, says};

    #[test]
    fn a_probe_in_the_meat_and_one_in_the_drawer() {
        says(
            "#05cd:01406313c000c900c900ca00cb00c0008d11",
            "CQ60",
            "ambient_temperature 19.2, battery 99, meat_temperature 20.1, temperature_probe_1 20.2, \
             temperature_probe_2 20.3, temperature_probe_3 19, temperature_probe_tip 20.1",
        );
        says(
            "#05cd:014063fefb7ffb7ffb7ffb7ffb7ffb7f8d11",
            "CQ60",
            "battery 99",
        );
        refused("#05cd:01406313c000c900c900ca00cb00c0008d");
    }
}
