//! MikroTik TG-BT5 tags (company 0x094F, beacon version 1).
//!
//! ```text
//! version u8 | flags u8 (bit 0: encrypted) | salt u16le | acceleration 3 × 8.8 le, g
//! temperature i8.8 le °C | uptime u32le s | what happened u8 | battery u8 %
//! ```
//!
//! What happened, from bit 0: magnet near, tilted, dropped, impact in x, y, z. The indoor tag has no
//! thermometer and sends −128.

use nom::number::complete::{i8 as any_i8, le_u16, le_u32, u8 as any_u8};

use super::fields::take_field;
use super::layout::{exactly, product};
use super::{Claim, Format, Heard};
use crate::ble::{DecodeError, Reading};

pub(super) static FORMAT: Format = Format {
    claims: &[Claim::Company(0x094f)],
    read,
};

static EVENTS: &[(u8, &str)] = &[
    (1, "power_switch"),
    (1 << 1, "tilt"),
    (1 << 2, "dropping"),
    (IMPACTS, "impact"),
    (1 << 3, "impact_x"),
    (1 << 4, "impact_y"),
    (1 << 5, "impact_z"),
];
const IMPACTS: u8 = 0x38;

fn read(heard: &mut Heard<'_>) -> Result<Reading, DecodeError> {
    let mut data = exactly(heard.data, 18)?;
    let data = &mut data;
    let version = take_field(data, "version", any_u8)?;
    let flags = take_field(data, "flags", any_u8)?;
    if flags & 1 != 0 {
        return Err(DecodeError::Unsupported("encrypted MikroTik beacon"));
    }
    let _salt = take_field(data, "salt", le_u16)?;
    // The field's other readers take these as they stand, without a sign.
    let mut axis = || -> Result<f64, DecodeError> {
        Ok(match take_field(data, "acceleration", le_u16)? {
            u16::MAX => 0.0,
            raw => f64::from(raw) / 256.0,
        })
    };
    let (x, y, z) = (axis()?, axis()?, axis()?);
    let fraction = take_field(data, "temperature", any_u8)?;
    let degrees = take_field(data, "temperature", any_i8)?;
    let uptime = take_field(data, "uptime", le_u32)?;
    let events = take_field(data, "events", any_u8)?;
    let battery = take_field(data, "battery", any_u8)?;

    let temperature = f64::from(degrees) + f64::from(fraction) / 256.0;
    let indoor = temperature <= -128.0;
    let model = if indoor { "TG-BT5-IN" } else { "TG-BT5-OUT" };
    let mut reading = product("mikrotik", "MikroTik", model);
    reading.put("version", version);
    reading.put("user_data", flags);
    reading.put("acceleration_x", x);
    reading.put("acceleration_y", y);
    reading.put("acceleration_z", z);
    reading.put("acceleration_total", (x * x + y * y + z * z).sqrt());
    reading.put("temperature", temperature);
    reading.put("uptime", uptime);
    reading.put("battery", battery);
    for (bits, property) in EVENTS {
        reading.put(property, events & bits != 0);
    }
    Ok(reading)
}

#[cfg(test)]
mod tests {
    use crate::ble::formats::transcript::{refused, says};

    const REST: &str = "acceleration_total 255.988, acceleration_x 0, acceleration_y 255.988, \
        acceleration_z 0.004, battery 98, dropping false, impact false, impact_x false, \
        impact_y false, impact_z false, power_switch false,";

    #[test]
    fn tags_outdoors_have_a_thermometer() {
        says(
            "#094f:010010a90000fdff0100a1196be866000062",
            "TG-BT5-OUT",
            &format!(
                "{REST} temperature 25.629, tilt false, uptime 6744171, user_data 0, version 1"
            ),
        );
        says(
            "#094f:010010a90000fdff010000806be866000062",
            "TG-BT5-IN",
            &format!("{REST} temperature -128, tilt false, uptime 6744171, user_data 0, version 1"),
        );
    }

    #[test]
    fn encrypted_ones_are_not_guessed_at() {
        refused("#094f:010110a90000fdff0100a1196be866000062");
        refused("#094f:010010a90000fdff0100a1196be8660000");
    }
}
