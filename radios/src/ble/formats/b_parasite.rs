//! b-parasite soil sensors with their own format (service data 0x181A, firmware before BTHome).
//!
//! ```text
//! protocol u8 (high nibble version, bit 0: light follows) | counter u8 | battery u16be mV
//! temperature i16be | humidity u16be / 65536 | moisture u16be / 65536 | address 6 [ light u16be lx ]
//! ```
//!
//! Temperature is in thousandths of a degree, in version 2 in hundredths.

use std::time::Duration;

use super::layout::{Field, Wire, field, hundredths, product, put, skip, thousandths, whole};
use super::{Claim, Format, Heard};
use crate::ble::{DecodeError, Reading};

const SERVICE: u16 = 0x181a;

pub(super) static FORMAT: Format = Format {
    claims: &[Claim::Service(SERVICE)],
    read,
};

/// The counter has four bits or more; adverts of one count are over within seconds.
const REPEAT_WITHIN: Duration = Duration::from_secs(30);

fn share(n: f64) -> f64 {
    n / 65536.0 * 100.0
}

const BATTERY: Field = field("voltage", Wire::U16Be, thousandths);
const HUMIDITY: Field = field("humidity", Wire::U16Be, share);
const MOISTURE: Field = field("moisture", Wire::U16Be, share);

static THOUSANDTHS: &[Field] = &[
    BATTERY,
    field("temperature", Wire::I16Be, thousandths),
    HUMIDITY,
    MOISTURE,
];
static HUNDREDTHS: &[Field] = &[
    BATTERY,
    field("temperature", Wire::I16Be, hundredths),
    HUMIDITY,
    MOISTURE,
];
static LIGHT: &[Field] = &[skip(14), field("illuminance", Wire::U16Be, whole)];

fn read(heard: &mut Heard<'_>) -> Result<Reading, DecodeError> {
    let model = match heard.data.len() {
        16 => "b-parasite V1.0.0",
        18 => "b-parasite V1.1.0",
        _ => return Err(DecodeError::Unknown),
    };
    let [protocol, counter, fields @ ..] = heard.data else {
        return Err(DecodeError::Truncated("protocol"));
    };
    let layout = match protocol >> 4 {
        1 => THOUSANDTHS,
        2 => HUNDREDTHS,
        _ => return Err(DecodeError::Unknown),
    };
    let mut reading = product("svc-181a-other", "rbaron", model);
    put(&mut reading, layout, fields)?;
    if fields.len() == 16 {
        put(&mut reading, LIGHT, fields)?;
    }
    reading.news = !heard
        .memory
        .repeats(SERVICE, u32::from(*counter), REPEAT_WITHIN, heard.now);
    Ok(reading)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use crate::ble::formats::transcript::{advert, refused, says};
    use crate::ble::{Memory, decode_with};

    #[test]
    fn both_revisions_tell_of_the_soil() {
        says(
            "181a:100b0aa1542cbca1fffff0caf0ca0201",
            "b-parasite V1.0.0",
            "humidity 73.683, moisture 99.998, temperature 21.548, voltage 2.721",
        );
        says(
            "181a:110b0aa1542cbca1fffff0caf0ca02010042",
            "b-parasite V1.1.0",
            "humidity 73.683, illuminance 66, moisture 99.998, temperature 21.548, voltage 2.721",
        );
    }

    #[test]
    fn version_2_has_coarser_degrees() {
        says(
            "181a:21c30b8608dea6666b85aabbccddeeff30d4",
            "b-parasite V1.1.0",
            "humidity 64.999, illuminance 12500, moisture 42, temperature 22.7, voltage 2.95",
        );
        refused("181a:21c30b8608dea6666b85aabbccddeeff30");
        refused("181a:31c30b8608dea6666b85aabbccddeeff30d4");
    }

    #[test]
    fn a_counter_tells_repeats() {
        let first = advert("181a:100b0aa1542cbca1fffff0caf0ca0201");
        let next = advert("181a:100c0aa1542cbca1fffff0caf0ca0201");
        let mut memory = Memory::default();
        let news: Vec<bool> = [&first, &first, &next]
            .into_iter()
            .zip(0..)
            .map(|(advert, second)| {
                let now = Duration::from_secs(second);
                decode_with(advert, None, &mut memory, now).unwrap().news
            })
            .collect();
        assert_eq!(news, [true, false, true]);
    }
}
