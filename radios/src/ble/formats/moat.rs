//! Moat S2 climate sensors (company or, named so, service data 0x1000).
//!
//! ```text
//! 10 | temperature u16le | humidity u16le | battery u16le mV | 2
//! ```

use super::layout::{Field, Wire, exactly, field, product, put, rounded, skip, thousandths};
use super::{Claim, Format, Heard};
use crate::ble::{Advert, DecodeError, Reading};

const NUMBER: u16 = 0x1000;

pub(super) static FORMAT: Format = Format {
    claims: &[Claim::Company(NUMBER), Claim::Service(NUMBER)],
    read,
};

static LAYOUT: &[Field] = &[
    skip(10),
    field("temperature", Wire::U16Le, |n| {
        rounded(175.72 * n / 65536.0 - 46.85, 3)
    }),
    field("humidity", Wire::U16Le, |n| {
        rounded(125.0 * n / 65536.0 - 6.0, 3)
    }),
    field("voltage", Wire::U16Le, thousandths),
];
static BATTERY: &[Field] = &[skip(14), field("battery", Wire::U16Le, percent)];

/// From mV; the steps are the cell's, as measured.
fn percent(mv: f64) -> f64 {
    const CURVE: &[(f64, f64, f64)] = &[
        (3000.0, 100.0, 0.0),
        (2900.0, 42.0, 0.58),
        (2740.0, 18.0, 0.15),
        (2440.0, 6.0, 0.04),
        (2100.0, 0.0, 6.0 / 340.0),
    ];
    CURVE
        .iter()
        .find(|(from, ..)| mv >= *from)
        .map_or(0.0, |(from, percent, slope)| {
            rounded(percent + (mv - from) * slope, 1)
        })
}

/// The service is one of those that anybody uses.
fn is_named(advert: &Advert) -> bool {
    let name = advert.name.as_deref().unwrap_or_default();
    name.to_lowercase().starts_with("moat")
}

fn read(heard: &mut Heard<'_>) -> Result<Reading, DecodeError> {
    let by_service = heard.advert.manufacturer_data.is_empty();
    if by_service && !is_named(heard.advert) {
        return Err(DecodeError::Unknown);
    }
    let data = exactly(heard.data, 18)?;
    let mut reading = product("moat", "Moat", "Moat S2");
    put(&mut reading, LAYOUT, data)?;
    put(&mut reading, BATTERY, data)?;
    Ok(reading)
}

#[cfg(test)]
mod tests {
    use crate::ble::formats::transcript::{refused, says};

    #[test]
    fn a_humid_place() {
        says(
            "#1000:aabbccddeeff11111111d46103cbbe0a0000",
            "Moat S2",
            "battery 19.5, humidity 93.127, temperature 20.3, voltage 2.75",
        );
        refused("#1000:aabbccddeeff11111111d46103cbbe0a00");
    }

    #[test]
    fn its_service_counts_by_its_name() {
        let words = "battery 100, humidity 49.389, temperature 21.093, voltage 3.061";
        let data = "1000:df79e3a612b31153db62fc627071f50bffff";
        says(&format!("name=Moat_S2 {data}"), "Moat S2", words);
        refused(data);
    }
}
