//! Amazfit Smart Scale (service data 0xFEE0, 20 bytes).
//!
//! ```text
//! 5 unknown | impedance u16le 0.1 Ω | weight u16le 5 g | 3, zero until settled | heart rate u8 | 7
//! ```

use super::layout::exactly;
use super::{Claim, Format, Heard, layout};
use crate::ble::{DecodeError, Reading};

pub(super) static FORMAT: Format = Format {
    claims: &[Claim::Service(0xfee0)],
    read,
};

fn read(heard: &mut Heard<'_>) -> Result<Reading, DecodeError> {
    let &[_, _, _, _, _, i0, i1, w0, w1, a, b, c, pulse, ..] = exactly(heard.data, 20)? else {
        return Err(DecodeError::Unknown);
    };
    let mut reading = layout::product("amazfit", "Amazfit", "Smart Scale");
    let weight = f64::from(u16::from_le_bytes([w0, w1])) / 200.0;
    let settled = [a, b, c] != [0; 3];
    reading.put("weight_non_stabilized", weight);
    reading.put("stabilized", settled);
    if settled {
        reading.put("weight", weight);
        let impedance = f64::from(u16::from_le_bytes([i0, i1])) / 10.0;
        reading.put("impedance", impedance);
        reading.put("heart_rate", pulse);
    }
    Ok(reading)
}

#[cfg(test)]
mod tests {
    use crate::ble::formats::transcript::said;

    #[test]
    fn a_settled_weight() {
        assert_eq!(
            said("fee0:ba82e6c7fc3414a442bf46ec68000462bba30100"),
            Ok("heart_rate 104, impedance 517.2, stabilized true, weight 85.3, weight_non_stabilized 85.3".into())
        );
    }
}
