//! Qingping's own format (service data 0xFDCD, and 0xFFF9 for the older ones).
//!
//! ```text
//! flags u8 (bit 6: an event, sent when it happens) | product u8 | address 6, reversed | objects
//! object: id u8 | length u8 | value
//! ```

use std::time::Duration;

use nom::multi::length_data;
use nom::number::complete::le_u8;
use nom::{IResult, Parser};

use super::{Claim, Format, Heard};
use crate::ble::{DecodeError, Reading};

const SERVICE: u16 = 0xfdcd;
const OLDER: u16 = 0xfff9;

pub(super) static FORMAT: Format = Format {
    claims: &[Claim::Service(SERVICE), Claim::Service(OLDER)],
    read,
};

/// Packet ids tell repeats for so long.
const REPEAT_WITHIN: Duration = Duration::from_secs(30);
const EVENT: u8 = 1 << 6;

/// Products by their number.
static PRODUCTS: &[(u8, &str)] = &[
    (0x01, "CGG1"),
    (0x04, "CGH1"),
    (0x07, "CGG1"),
    (0x09, "CGP1W"),
    (0x0c, "CGD1"),
    (0x0e, "CGDN1"),
    (0x0f, "CGM1"),
    (0x10, "CGDK2"),
    (0x12, "CGPR1"),
    (0x15, "CGF1W"),
    (0x16, "CGG1"),
    (0x18, "CGP23W"),
    (0x1e, "CGC1"),
    (0x24, "CGDN1"),
    (0x26, "CGP23W"),
    (0x33, "CGP22C"),
    (0x4f, "CGG3"),
    (0x52, "CGR1PC"),
    (0x5d, "CGP22C"),
    (0x62, "CGR1PC"),
];

fn read(heard: &mut Heard<'_>) -> Result<Reading, DecodeError> {
    let [flags, product, rest @ ..] = heard.data else {
        return Err(DecodeError::Truncated("product"));
    };
    let (_, model) = PRODUCTS
        .iter()
        .find(|(known, _)| known == product)
        .ok_or(DecodeError::Unsupported("this Qingping product"))?;
    // The air monitors say another address than they send from, so that it proves nothing.
    let (_address, mut rest) = rest
        .split_first_chunk::<6>()
        .ok_or(DecodeError::Truncated("address"))?;
    let mut reading = Reading::of("qingping");
    reading.vendor = Some("Qingping");
    reading.model = Some(model);
    let (mut packet, mut first) = (None, None);
    while let Ok((after, (id, value))) = object(rest) {
        rest = after;
        match (id, value) {
            (0x0f, [number]) => packet = Some(*number),
            _ => {
                first.get_or_insert(id);
                say(&mut reading, id, value, flags & EVENT != 0);
            }
        }
    }
    if let Some(packet) = packet {
        // A packet's properties come in frames of their own.
        let which = u32::from_be_bytes([0, 0, packet, first.unwrap_or_default()]);
        let repeats = heard
            .memory
            .repeats(SERVICE, which, REPEAT_WITHIN, heard.now);
        reading.news = !repeats;
    }
    if reading.changes.is_empty() && !rest.is_empty() {
        return Err(DecodeError::Truncated("object"));
    }
    Ok(reading)
}

fn object(data: &[u8]) -> IResult<&[u8], (u8, &[u8])> {
    (le_u8, length_data(le_u8)).parse(data)
}

fn say(reading: &mut Reading, id: u8, value: &[u8], event: bool) {
    let whole = |bytes: &[u8]| {
        bytes
            .iter()
            .rev()
            .fold(0u32, |n, byte| n << 8 | u32::from(*byte))
    };
    match (id, value) {
        (0x01, &[t0, t1, h0, h1]) => {
            let temperature = i16::from_le_bytes([t0, t1]);
            reading.put("temperature", f64::from(temperature) / 10.0);
            reading.put("humidity", f64::from(whole(&[h0, h1])) / 10.0);
        }
        // On mains.
        (0x02, [0xff]) => reading.put("battery", 100u8),
        // Clocks are heard with the top bit set: it is no part of the percentage.
        (0x02, [percent]) => reading.put("battery", percent & 0x7f),
        (0x04, [state]) => {
            reading.put("door", matches!(state, 0 | 2));
            reading.put("door_left_open", *state == 2);
        }
        (0x07, [_, _]) => reading.put("pressure", f64::from(whole(value)) / 10.0),
        (0x08, [motion, lux @ ..]) if lux.len() == 3 => {
            reading.put("motion", *motion != 0);
            // In an event these bytes are something else.
            if !event {
                reading.put("illuminance", whole(lux));
            }
        }
        (0x09, [_, _, _, _]) => reading.put("illuminance", whole(value)),
        (0x11, [light]) => reading.put("light", *light != 0),
        (0x12, &[a, b, c, d]) => {
            reading.put("pm25", whole(&[a, b]));
            reading.put("pm10", whole(&[c, d]));
        }
        (0x13, [_, _]) => reading.put("co2", whole(value)),
        (0x15, [_, _]) => reading.put("voc_index", whole(value)),
        (0x19, [noise]) => reading.put("noise", *noise),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use crate::ble::DecodeError;
    use crate::ble::formats::transcript::said;

    #[test]
    fn objects_follow_one_another() {
        assert_eq!(
            said("58:2D:34:40:1C:6F fdcd:08096f1c40342d580104be000d0207027226020157"),
            Ok("battery 87, humidity 52.5, pressure 984.2, temperature 19".into())
        );
        assert_eq!(
            said("38:C1:A4:06:0F:DA fdcd:0824b6ebc994c27c0104d100ba0112040a000a0013026f02"),
            Ok("co2 623, humidity 44.2, pm10 10, pm25 10, temperature 20.9".into())
        );
        assert_eq!(
            said("58:2D:34:50:FD:AF fdcd:080caffd50342d5801040d019e020201aa"),
            Ok("battery 42, humidity 67, temperature 26.9".into())
        );
    }

    #[test]
    fn an_event_tells_motion_and_no_light() {
        assert_eq!(
            said("58:2D:34:60:5E:00 fdcd:4812005e60342d580804008b09000f0122"),
            Ok("motion false".into())
        );
    }

    #[test]
    fn others_are_refused() {
        assert_eq!(
            said("CF:8C:28:A4:0C:00 fdcd:080e0aa4288ccf04"),
            Ok(String::new())
        );
        assert_eq!(
            said("CF:8C:28:A4:0C:00 fdcd:080e0aa4288ccf040104be"),
            Err(DecodeError::Truncated("object"))
        );
        assert_eq!(
            said("58:2D:34:60:5E:00 fdcd:08ff005e60342d58020164"),
            Err(DecodeError::Unsupported("this Qingping product"))
        );
    }
}
