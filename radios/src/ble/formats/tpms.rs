//! Tyre pressure sensors of many brands (company 0x0100): caps of four wheels, 80… to 83… EA:CA.
//!
//! ```text
//! wheel u8 | ea ca | serial 3 | pressure i32le Pa | temperature i32le 0.01 °C | battery u8 % | alarm u8
//! ```

use nom::number::complete::{le_i32, u8 as any_u8};

use super::fields::take_field;
use super::layout::{exactly, product};
use super::{Claim, Format, Heard};
use crate::ble::{DecodeError, Reading};

pub(super) static FORMAT: Format = Format {
    claims: &[Claim::Company(0x0100)],
    read,
};

fn read(heard: &mut Heard<'_>) -> Result<Reading, DecodeError> {
    let [wheel, 0xea, 0xca, _, _, _, rest @ ..] = exactly(heard.data, 16)? else {
        return Err(DecodeError::Unknown);
    };
    let mut rest = rest;
    let data = &mut rest;
    let pressure = take_field(data, "pressure", le_i32)?;
    let temperature = take_field(data, "temperature", le_i32)?;
    let battery = take_field(data, "battery", any_u8)?;
    let alarm = take_field(data, "alarm", any_u8)?;
    let mut reading = product("tpms", "TPMS", "TPMS");
    reading.put("count", (wheel & 0x0f) + 1);
    reading.put("pressure", f64::from(pressure) / 100.0);
    reading.put("temperature", f64::from(temperature) / 100.0);
    reading.put("battery", battery);
    reading.put("problem", alarm & 1 != 0);
    Ok(reading)
}

#[cfg(test)]
mod tests {
    use crate::ble::formats::transcript::{refused, says};

    #[test]
    fn two_wheels() {
        says(
            "#0100:80eacaddeefff46503007c0c00003300",
            "TPMS",
            "battery 51, count 1, pressure 2227.08, problem false, temperature 31.96",
        );
        says(
            "#0100:82eacaddeeff11fc0300aa0600005300",
            "TPMS",
            "battery 83, count 3, pressure 2611.37, problem false, temperature 17.06",
        );
        refused("#0100:82ebcaddeeff11fc0300aa0600005300");
    }
}
