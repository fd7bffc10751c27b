//! Jinou BEC07-5 beacons (they say they have service 0xAA20). The reading begins in the company
//! field: sign and whole degrees.
//!
//! ```text
//! negative u8 (1) | degrees u8 | decimals u8 | 1 | percent u8 | decimals u8 | battery u8 | address 6
//! ```

use super::layout::product;
use super::{Claim, Format, Heard};
use crate::ble::{Advert, DecodeError, Reading};

pub(super) static FORMAT: Format = Format {
    claims: &[Claim::Shape(looks_like_it)],
    read,
};

const LENGTH: usize = 11;

fn looks_like_it(advert: &Advert) -> bool {
    advert.offers(0xaa20)
        && advert
            .manufacturer_data
            .iter()
            .any(|(_, data)| data.len() == LENGTH)
}

/// `7` is .7 and `12` is .12: the decimals are written as a number.
fn decimal(whole: u8, decimals: u8) -> f64 {
    let scale = match decimals {
        0..=9 => 10.0,
        10..=99 => 100.0,
        _ => 1000.0,
    };
    f64::from(whole) + f64::from(decimals) / scale
}

fn read(heard: &mut Heard<'_>) -> Result<Reading, DecodeError> {
    let [decimals, _, percent, percent_decimals, ..] = heard.data else {
        return Err(DecodeError::Unknown);
    };
    if heard.data.len() != LENGTH {
        return Err(DecodeError::Unknown);
    }
    let [negative, degrees] = heard.id.to_le_bytes();
    let temperature = decimal(degrees, *decimals);
    let mut reading = product("jinou", "Jinou", "BEC07-5");
    reading.put(
        "temperature",
        if negative == 1 {
            -temperature
        } else {
            temperature
        },
    );
    reading.put("humidity", decimal(*percent, *percent_decimals));
    Ok(reading)
}

#[cfg(test)]
mod tests {
    use crate::ble::formats::transcript::{refused, says};

    #[test]
    fn whole_degrees_hide_in_the_company() {
        says(
            "aa20 #1200:0700360264f881d2be0693",
            "BEC07-5",
            "humidity 54.2, temperature 18.7",
        );
        says(
            "aa20 #1201:0700360c64f881d2be0693",
            "BEC07-5",
            "humidity 54.12, temperature -18.7",
        );
        refused("#1200:0700360264f881d2be0693");
    }
}
