//! Xiaogui bathroom scales. The company field is 0xC0 and, above it, a counter.
//!
//! ```text
//! weight u16be | impedance u16be 0.1 Ω | unit 2 | state u8 | address 6
//! ```
//!
//! State 0x20 and 0x21 are a TZC4 with weights in tenths of a kg, 0x30 and 0x31 one that shows
//! pounds and tells tenths of them, 0x24 and 0x25 a QJ-J with hundredths of a kg; when odd, the
//! weight has settled.

use std::time::Duration;

use super::layout::{exactly, product, rounded};
use super::{Claim, Format, Heard};
use crate::ble::{Advert, DecodeError, Reading};

pub(super) static FORMAT: Format = Format {
    claims: &[Claim::Shape(looks_like_it)],
    read,
};

const COMPANY_LOW: u8 = 0xc0;
const LENGTH: usize = 13;
/// In kg.
const POUND: f64 = 0.453_592_37;
const REPEAT_WITHIN: Duration = Duration::from_secs(30);

fn looks_like_it(advert: &Advert) -> bool {
    advert
        .manufacturer_data
        .iter()
        .any(|(id, data)| id.to_le_bytes()[0] == COMPANY_LOW && data.len() == LENGTH)
}

fn read(heard: &mut Heard<'_>) -> Result<Reading, DecodeError> {
    let [low, counter] = heard.id.to_le_bytes();
    let [w0, w1, i0, i1, _, _, state, address @ ..] = exactly(heard.data, LENGTH)? else {
        return Err(DecodeError::Truncated("address"));
    };
    if low != COMPANY_LOW {
        return Err(DecodeError::Unknown);
    }
    let (model, scale) = match state {
        0x20 | 0x21 => ("TZC4", 0.1),
        0x24 | 0x25 => ("QJ-J", 0.01),
        0x30 | 0x31 => ("TZC4", POUND / 10.0),
        _ => return Err(DecodeError::Unknown),
    };
    if address != heard.advert.address.0 {
        return Err(DecodeError::OtherAddress);
    }
    let weight = rounded(f64::from(u16::from_be_bytes([*w0, *w1])) * scale, 2);
    let settled = state & 1 != 0;
    let mut reading = product("xiaogui", "Xiaogui", model);
    reading.put("weight_non_stabilized", weight);
    reading.put("weight_unit", "kg");
    reading.put("stabilized", settled);
    if settled {
        reading.put("weight", weight);
        let impedance = f64::from(u16::from_be_bytes([*i0, *i1])) / 10.0;
        reading.put("impedance", impedance);
    }
    let frame = u32::from(counter) << 8 | u32::from(*state);
    let owner = u16::from(COMPANY_LOW);
    reading.news = !heard.memory.repeats(owner, frame, REPEAT_WITHIN, heard.now);
    Ok(reading)
}

#[cfg(test)]
mod tests {
    use crate::ble::formats::transcript::{refused, says};

    #[test]
    fn a_weight_settles() {
        says(
            "5F:5A:29:E5:E0:94 #5dc0:008c00000002205f5a29e5e094",
            "TZC4",
            "stabilized false, weight_non_stabilized 14, weight_unit kg",
        );
        says(
            "5F:5A:29:E5:E0:94 #a3c0:0276138b0002215f5a29e5e094",
            "TZC4",
            "impedance 500.3, stabilized true, weight 63, weight_non_stabilized 63, weight_unit kg",
        );
        says(
            "5F:5A:29:E5:E0:94 #7dc0:2c4700000a01255f5a29e5e094",
            "QJ-J",
            "impedance 0, stabilized true, weight 113.35, weight_non_stabilized 113.35, \
             weight_unit kg",
        );
    }

    #[test]
    fn pounds() {
        says(
            "5F:5A:5C:52:D3:94 #f7c0:06a413800002315f5a5c52d394",
            "TZC4",
            "impedance 499.2, stabilized true, weight 77.11, weight_non_stabilized 77.11, \
             weight_unit kg",
        );
    }

    #[test]
    fn others_frames_are_not_repeated_for_them() {
        refused("5F:5A:29:E5:E0:95 #5dc0:008c00000002205f5a29e5e094");
        refused("5F:5A:29:E5:E0:94 #5dc0:008c00000002225f5a29e5e094");
    }
}
