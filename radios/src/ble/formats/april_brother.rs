//! April Brother N03 climate and light sensors: service data of 15 bytes that begins `ab 03`.
//!
//! ```text
//! ab 03 | address 6 | battery u8 % | temperature i16le ⅛ °C | humidity u16le ½ % | light u16le lx
//! ```

use super::layout::{Field, Wire, field, product, put, skip, whole};
use super::{Claim, Format, Heard};
use crate::ble::{Advert, DecodeError, Reading};

pub(super) static FORMAT: Format = Format {
    claims: &[Claim::Shape(looks_like_it)],
    read,
};

static LAYOUT: &[Field] = &[
    skip(8),
    field("battery", Wire::U8, whole),
    field("temperature", Wire::I16Le, |n| n / 8.0),
    field("humidity", Wire::U16Le, |n| n / 2.0),
    field("illuminance", Wire::U16Le, whole),
];

fn frame(advert: &Advert) -> Option<&[u8]> {
    advert
        .service_data
        .iter()
        .map(|(_, data)| data.as_slice())
        .find(|data| data.len() == 15 && data.starts_with(&[0xab, 0x03]))
}

fn looks_like_it(advert: &Advert) -> bool {
    frame(advert).is_some()
}

fn read(heard: &mut Heard<'_>) -> Result<Reading, DecodeError> {
    let data = frame(heard.advert).ok_or(DecodeError::Unknown)?;
    let mut reading = product("april_brother", "April Brother", "ABN03");
    put(&mut reading, LAYOUT, data)?;
    Ok(reading)
}

#[cfg(test)]
mod tests {
    use crate::ble::formats::transcript::{refused, says};

    #[test]
    fn climate_and_light() {
        says(
            "fff7:ab03aabbccddeeff64ebff7f005e01",
            "ABN03",
            "battery 100, humidity 63.5, illuminance 350, temperature -2.625",
        );
        refused("fff7:ab03aabbccddeeff64ebff7f005e");
    }
}
