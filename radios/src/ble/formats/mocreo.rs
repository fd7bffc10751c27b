//! MOCREO sensors. The company field is part of the data; its high byte tells the model. The ST7
//! wraps the same, three bytes short of it, into company 0x004A.
//!
//! ```text
//! 1 | model u8 | 1 | version (low nibble) u8 | battery (low 7 bits) u8 | 1
//! temperature i16le 0.01 °C | humidity u16le 0.01 % | bit 0 water, bit 1 button u8 | …
//! ```

use super::layout::{exactly, product};
use super::{Claim, Format, Heard};
use crate::ble::{DecodeError, Reading};

pub(super) static FORMAT: Format = Format {
    claims: &[Claim::Name("MOCREO"), Claim::Name("ST7")],
    read,
};

/// Which measurements a model has.
#[derive(Clone, Copy, PartialEq)]
enum Has {
    Temperature,
    Climate,
    Water,
}

static MODELS: &[(u8, &str, Has)] = &[
    (0x81, "ST5", Has::Temperature),
    (0x82, "SW2", Has::Water),
    (0x83, "ST6", Has::Climate),
    (0x84, "ST8", Has::Temperature),
    (0x86, "ST9", Has::Climate),
    (0x87, "ST10", Has::Temperature),
    (0x8b, "MS1", Has::Temperature),
    (0x94, "MS2", Has::Temperature),
    (0x96, "MS3", Has::Temperature),
];

fn read(heard: &mut Heard<'_>) -> Result<Reading, DecodeError> {
    if heard.advert.name.as_deref() == Some("ST7") {
        return st7(heard);
    }
    let model = (heard.id >> 8) as u8;
    let [_, _, battery, _, t0, t1, h0, h1, state, ..] = exactly(heard.data, 16)? else {
        return Err(DecodeError::Truncated("state"));
    };
    let (_, model, has) = MODELS
        .iter()
        .find(|(id, ..)| *id == model)
        .ok_or(DecodeError::Unsupported("MOCREO model"))?;
    let mut reading = product("mocreo", "MOCREO", model);
    if *has == Has::Water {
        reading.put("water_leak", state & 1 != 0);
    } else {
        reading.put("temperature", hundredths([*t0, *t1]));
    }
    if *has == Has::Climate {
        reading.put("humidity", hundredths([*h0, *h1]));
    }
    reading.put("battery", battery & 0x7f);
    Ok(reading)
}

fn hundredths(bytes: [u8; 2]) -> f64 {
    f64::from(i16::from_le_bytes(bytes)) / 100.0
}

fn st7(heard: &Heard<'_>) -> Result<Reading, DecodeError> {
    let [_, _, _, _, _, _, 0x10, _, _, battery, t0, t1, ..] = exactly(heard.data, 14)? else {
        return Err(DecodeError::Unsupported("MOCREO model"));
    };
    if heard.id != 0x004a {
        return Err(DecodeError::Unknown);
    }
    let mut reading = product("mocreo", "MOCREO", "ST7");
    reading.put("temperature", hundredths([*t0, *t1]));
    reading.put("battery", battery & 0x7f);
    Ok(reading)
}

#[cfg(test)]
mod tests {
    use crate::ble::formats::transcript::{refused, says};

    #[test]
    fn each_model_tells_what_it_has() {
        for (advert, model, expected) in [
            (
                "#8701:890181b092f70000000000da73000000",
                "ST10",
                "battery 1, temperature -21.58",
            ),
            (
                "#8341:dd0262b0200af31400000150bf000000",
                "ST6",
                "battery 98, humidity 53.63, temperature 25.92",
            ),
            (
                "#8201:1580e4000000000000000086f6000000",
                "SW2",
                "battery 100, water_leak false",
            ),
            (
                "#9401:7b00e4b0370a6212000000002e000000",
                "MS2",
                "battery 100, temperature 26.15",
            ),
        ] {
            says(&format!("name=MOCREO {advert}"), model, expected);
        }
        refused("name=MOCREO #9501:7b00e4b0370a6212000000002e000000");
        refused("name=MOCREO #9401:7b00e4b0370a6212000000002e0000");
        refused("#9401:7b00e4b0370a6212000000002e000000");
    }
}
