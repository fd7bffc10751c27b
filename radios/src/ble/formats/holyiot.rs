//! HolyIOT trackers (service data 0x5242): one measurement a frame.
//!
//! ```text
//! 1 | battery u8 % | address 6 | 2 | kind u8 | value 2
//! ```

use super::layout::{exactly, product};
use super::{Claim, Format, Heard};
use crate::ble::{DecodeError, Reading};

pub(super) static FORMAT: Format = Format {
    claims: &[Claim::Service(0x5242)],
    read,
};

fn read(heard: &mut Heard<'_>) -> Result<Reading, DecodeError> {
    let [_, battery, address @ .., _, _, kind, high, low] = exactly(heard.data, 13)? else {
        return Err(DecodeError::Truncated("value"));
    };
    if address != heard.advert.address.0 {
        return Err(DecodeError::OtherAddress);
    }
    let mut reading = product("holyiot", "HolyIOT", "HolyIOT BLE tracker");
    match kind {
        1 => {
            // Sign and whole degrees in one byte, hundredths away from zero in the other.
            let whole = f64::from(i8::from_be_bytes([*high]));
            let hundredths = f64::from(*low) / 100.0;
            let sign = if whole < 0.0 { -1.0 } else { 1.0 };
            reading.put("temperature", whole + sign * hundredths);
        }
        2 => {
            let above = i16::from_be_bytes([*high, *low]);
            reading.put("pressure", 80_000 + i32::from(above));
        }
        3 => reading.put("humidity", *high),
        4 => reading.put("vibration", *high != 0),
        5 => reading.put("side", *high),
        6 => reading.put("button", if *high == 1 { "toggle" } else { "no press" }),
        _ => return Err(DecodeError::Unsupported("kind of measurement")),
    }
    reading.put("battery", *battery);
    Ok(reading)
}

#[cfg(test)]
mod tests {
    use crate::ble::formats::transcript::{refused, says};

    const MODEL: &str = "HolyIOT BLE tracker";
    // It is an iBeacon besides.
    const WHO: &str = "C6:B5:45:F6:F1:8E name=bin-tracker \
         #004c:02159976aed5f58c49af85ebd0ac7281e3f6271b4cb924";

    #[test]
    fn one_measurement_after_the_other() {
        for (data, expected) in [
            ("0601ed25", "battery 100, temperature -19.37"),
            ("06025334", "battery 100, pressure 101300"),
            ("06034c00", "battery 100, humidity 76"),
            ("06040100", "battery 100, vibration true"),
            ("06050500", "battery 100, side 5"),
            ("06060100", "battery 100, button toggle"),
        ] {
            says(
                &format!("{WHO} 5242:4164c6b545f6f18e06{data}"),
                MODEL,
                expected,
            );
        }
    }

    #[test]
    fn others_frames_are_not_repeated_for_them() {
        refused("C6:B5:45:F6:F1:8F 5242:4164c6b545f6f18e0606034c00");
        refused("C6:B5:45:F6:F1:8E 5242:4164c6b545f6f18e0606004c00");
    }
}
