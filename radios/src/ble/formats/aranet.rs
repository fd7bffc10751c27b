//! Aranet4 CO₂ monitors (company 0x0702) that share their readings.
//!
//! ```text
//! flags u8 (bit 5: shared) | 7 | co2 u16le | temperature i16le 1/20 °C | pressure u16le 0.1 hPa
//! humidity u8 % | battery u8 % | colour u8 | interval u16le s | age u16le s | counter u8
//! ```
//!
//! Values with their top bit (temperature: the one below) set are not measured yet.

use std::time::Duration;

use super::layout::{Field, Wire, exactly, field, product, put, skip, whole};
use super::{Claim, Format, Heard};
use crate::ble::{DecodeError, Reading};

const COMPANY: u16 = 0x0702;

pub(super) static FORMAT: Format = Format {
    claims: &[Claim::Company(COMPANY)],
    read,
};

const REPEAT_WITHIN: Duration = Duration::from_secs(600);
const SHARED: u8 = 0x20;

static LAYOUT: &[Field] = &[
    skip(8),
    field(
        "co2",
        Wire::U16Le,
        |n| {
            if n >= 32768.0 { f64::NAN } else { n }
        },
    ),
    field("temperature", Wire::U16Le, |n| {
        if n == 16384.0 {
            f64::NAN
        } else {
            signed(n) / 20.0
        }
    }),
    field("pressure", Wire::U16Le, |n| {
        if n >= 32768.0 { f64::NAN } else { n / 10.0 }
    }),
    field(
        "humidity",
        Wire::U8,
        |n| {
            if n >= 128.0 { f64::NAN } else { n }
        },
    ),
    field(
        "battery",
        Wire::U8,
        |n| if n >= 128.0 { n - 128.0 } else { n },
    ),
    field("air_quality_level", Wire::U8, whole),
];

fn signed(n: f64) -> f64 {
    if n >= 32768.0 { n - 65536.0 } else { n }
}

fn read(heard: &mut Heard<'_>) -> Result<Reading, DecodeError> {
    let data = exactly(heard.data, 22)?;
    let [flags, .., counter] = data else {
        return Err(DecodeError::Truncated("counter"));
    };
    if flags & SHARED == 0 {
        return Err(DecodeError::Unsupported(
            "Aranet that does not share its readings",
        ));
    }
    let mut reading = product("aranet", "Aranet", "Aranet4");
    put(&mut reading, LAYOUT, data)?;
    let repeat = heard
        .memory
        .repeats(COMPANY, u32::from(*counter), REPEAT_WITHIN, heard.now);
    reading.news = !repeat;
    Ok(reading)
}

#[cfg(test)]
mod tests {
    use crate::ble::formats::transcript::{refused, says};

    #[test]
    fn air_in_a_room() {
        says(
            "#0702:210e0401000c0f016f030802681f1362012c018c00b9",
            "Aranet4",
            "air_quality_level 1, battery 98, co2 879, humidity 19, pressure 804, temperature 26",
        );
        says(
            "#0702:210e0401000c0f014c030e02601f1162012c01b10036",
            "Aranet4",
            "air_quality_level 1, battery 98, co2 844, humidity 17, pressure 803.2, temperature 26.3",
        );
    }

    #[test]
    fn nothing_is_guessed_while_it_warms_up() {
        says(
            "#0702:210e0401000c0f010080004000808062012c018c00b9",
            "Aranet4",
            "air_quality_level 1, battery 98",
        );
        refused("#0702:010e0401000c0f016f030802681f1362012c018c00b9");
        refused("#0702:210e0401000c0f016f030802681f1362012c018c00");
    }
}
