//! Mi Band (company 0x0157, 24 bytes): the heart rate at offset 3, 0xFF while none is measured; steps
//! as u32le in service data 0xFEE0, where the same advert has it.

use super::layout::exactly;
use super::{Claim, Format, Heard, layout};
use crate::ble::{DecodeError, Reading};

pub(super) static FORMAT: Format = Format {
    claims: &[Claim::Company(0x0157)],
    read,
};

const STEPS: u16 = 0xfee0;
const NO_HEART_RATE: u8 = 0xff;

fn read(heard: &mut Heard<'_>) -> Result<Reading, DecodeError> {
    let [_, _, _, rate, ..] = exactly(heard.data, 24)? else {
        return Err(DecodeError::Unknown);
    };
    let mut reading = layout::product("mi_band", "Xiaomi", "Mi Band");
    if *rate != NO_HEART_RATE {
        reading.put("heart_rate", *rate);
    }
    if let Some(Ok(steps)) = heard.advert.service(STEPS).map(<[u8; 4]>::try_from) {
        reading.put("steps", u32::from_le_bytes(steps));
    }
    Ok(reading)
}

#[cfg(test)]
mod tests {
    use crate::ble::formats::transcript::said;

    #[test]
    fn a_pulse_and_steps() {
        assert_eq!(
            said("#0157:020aff54ffffffffffffffffffffffffff03c5093f890b4b"),
            Ok("heart_rate 84".into())
        );
        assert_eq!(
            said("#0157:02010154ffffffffffffffffffffffffff03fffdff3b6145 fee0:0b000000"),
            Ok("heart_rate 84, steps 11".into())
        );
    }
}
