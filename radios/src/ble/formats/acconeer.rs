//! Acconeer radar modules (company 0xACC0): presence or distance, with temperature and battery.
//!
//! ```text
//! kind u8 | battery u16le % | temperature i16le °C | presence or distance u16le | 8 unused
//! ```

use super::layout::{Field, Wire, exactly, field, product, put, whole};
use super::{Claim, Format, Heard};
use crate::ble::{DecodeError, Reading};

pub(super) static FORMAT: Format = Format {
    claims: &[Claim::Company(0xacc0)],
    read,
};

static STATE: &[Field] = &[
    field("battery", Wire::U16Le, whole),
    field("temperature", Wire::I16Le, whole),
];
static DISTANCE: &[Field] = &[
    field("battery", Wire::U16Le, whole),
    field("temperature", Wire::I16Le, whole),
    field("distance_mm", Wire::U16Le, whole),
];

fn read(heard: &mut Heard<'_>) -> Result<Reading, DecodeError> {
    let [kind, fields @ ..] = exactly(heard.data, 15)? else {
        return Err(DecodeError::Truncated("kind"));
    };
    let (model, layout) = match kind {
        0x80 => ("XM122", STATE),
        0x90 => ("XM126", DISTANCE),
        0x91 => ("XM126", STATE),
        _ => return Err(DecodeError::Unsupported("kind of radar")),
    };
    let mut reading = product("acconeer", "Acconeer", model);
    put(&mut reading, layout, fields)?;
    if *kind != 0x90 {
        let presence = fields.get(4..6).unwrap_or_default();
        reading.put("motion", presence.iter().any(|byte| *byte != 0));
    }
    Ok(reading)
}

#[cfg(test)]
mod tests {
    use crate::ble::formats::transcript::{refused, says};

    #[test]
    fn radars_tell_presence_or_distance() {
        says(
            "#acc0:806400160001000000000000000000",
            "XM122",
            "battery 100, motion true, temperature 22",
        );
        says(
            "#acc0:916400160000000000000000000000",
            "XM126",
            "battery 100, motion false, temperature 22",
        );
        says(
            "#acc0:906400160058050000000000000000",
            "XM126",
            "battery 100, distance_mm 1368, temperature 22",
        );
        refused("#acc0:816400160058050000000000000000");
    }
}
