//! Grundfos Alpha pumps through their MI401 reader (company 0xF214).
//!
//! ```text
//! 2 | counter u8 | battery state u8 | pump u16le | flow u16le / 6.5534 | pressure i16le / 32767
//! 1 | mode u8 | temperature u8 °C | …
//! ```

use std::time::Duration;

use super::layout::{Field, Wire, exactly, field, product, put, rounded, skip, whole};
use super::{Claim, Format, Heard};
use crate::ble::{DecodeError, Reading};

const COMPANY: u16 = 0xf214;

pub(super) static FORMAT: Format = Format {
    claims: &[Claim::Company(COMPANY)],
    read,
};

const REPEAT_WITHIN: Duration = Duration::from_secs(30);

static MODES: [&str; 10] = [
    "Constant speed level 3",
    "Constant speed level 2",
    "Constant speed level 1",
    "Autoadapt",
    "Proportional pressure level 1",
    "Proportional pressure level 2",
    "Proportional pressure level 3",
    "Constant differential pressure level 1",
    "Constant differential pressure level 2",
    // Level 3 would be expected; what hears these pumps says 1.
    "Constant differential pressure level 1",
];

static LAYOUT: &[Field] = &[
    skip(3),
    field("battery_status", Wire::U8, whole),
    field("pump_id", Wire::U16Le, whole),
    field("flow", Wire::U16Le, |n| rounded(n / 6.5534, 1)),
    field("water_pressure", Wire::I16Le, |n| rounded(n / 32767.0, 3)),
    skip(2),
    field("temperature", Wire::U8, whole),
];

fn read(heard: &mut Heard<'_>) -> Result<Reading, DecodeError> {
    let data = exactly(heard.data, 19)?;
    let mut reading = product("grundfos", "Grundfos", "MI401");
    put(&mut reading, LAYOUT, data)?;
    let mode = data.get(11).ok_or(DecodeError::Truncated("mode"))?;
    let mode = MODES
        .get(usize::from(*mode))
        .ok_or(DecodeError::Invalid("mode"))?;
    reading.put("pump_mode", *mode);
    let counter = data.get(2).ok_or(DecodeError::Truncated("counter"))?;
    reading.news = !heard
        .memory
        .repeats(COMPANY, u32::from(*counter), REPEAT_WITHIN, heard.now);
    Ok(reading)
}

#[cfg(test)]
mod tests {
    use crate::ble::formats::transcript::{refused, says};

    #[test]
    fn a_pump_keeps_its_pressure() {
        says(
            "name=MI401 #f214:30017a03059884103e0f19070d0114ffffffff",
            "MI401",
            "battery_status 3, flow 645.2, pump_id 38917, \
             pump_mode Constant differential pressure level 1, temperature 13, water_pressure 0.119",
        );
        refused("#f214:30017a03059884103e0f190a0d0114ffffffff");
        refused("#f214:30017a03059884103e0f19070d0114ffffff");
    }
}
