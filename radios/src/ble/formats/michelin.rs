//! Michelin tyre pressure sensors (company 0x0828).
//!
//! ```text
//! 1 | frame u8 (3 or 4) | temperature u8 − 60 °C | battery u8 0.01 V above 1 V
//! absolute pressure u16le hPa | tyre 3 characters | state u8 | frames sent u32le
//! ```

use super::layout::{Field, Wire, exactly, field, product, put, rounded, skip, whole};
use super::{Claim, Format, Heard};
use crate::ble::{DecodeError, Reading};

pub(super) static FORMAT: Format = Format {
    claims: &[Claim::Company(0x0828)],
    read,
};

static LAYOUT: &[Field] = &[
    skip(2),
    field("temperature", Wire::U8, |n| n - 60.0),
    field("voltage", Wire::U8, |n| rounded(n / 100.0 + 1.0, 2)),
    field("pressure", Wire::U16Le, whole),
    skip(3),
    field("steps", Wire::U8, whole),
    field("count", Wire::U32Le, whole),
];

fn read(heard: &mut Heard<'_>) -> Result<Reading, DecodeError> {
    let [_, 3 | 4, ..] = heard.data else {
        return Err(DecodeError::Unknown);
    };
    let data = exactly(heard.data, 14)?;
    let mut reading = product("michelin", "Michelin", "TMS");
    put(&mut reading, LAYOUT, data)?;
    let tyre = data.get(6..9).unwrap_or_default();
    reading.put("text", String::from_utf8_lossy(tyre).into_owned());
    Ok(reading)
}

#[cfg(test)]
mod tests {
    use crate::ble::formats::transcript::{refused, says};

    #[test]
    fn a_tyre_has_its_pressure() {
        says(
            "#0828:01034fc8d403505643017d511e00",
            "TMS",
            "count 1986941, pressure 980, steps 1, temperature 19, text PVC, voltage 3",
        );
        refused("#0828:01034fc8d403505643017d511e");
        refused("#0828:01054fc8d403505643017d511e00");
    }
}
