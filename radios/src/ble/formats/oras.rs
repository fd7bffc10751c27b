//! Company 0x0131: Oras washbasin faucets and Garnet `SeeLevel` tank monitors.
//!
//! ```text
//! Oras, 18 bytes    1 | battery u8 (low 7 bits) | 1 | serial 10 characters | …
//! Garnet, 14 bytes  3 | tank u8 | value 3 characters | volume 3 | total 3 | alarm 1 character
//! ```
//!
//! Where a tank cannot be measured, the value is an error such as `OPN`.

use nom::Parser;
use nom::bytes::complete::take;
use nom::character::complete::digit1;
use nom::combinator::{all_consuming, map_res};
use nom::number::complete::u8 as any_u8;

use super::fields::take_field;
use super::layout::product;
use super::{Claim, Format, Heard};
use crate::ble::{DecodeError, Reading};

pub(super) static FORMAT: Format = Format {
    claims: &[Claim::Company(0x0131)],
    read,
};

static TANKS: [&str; 14] = [
    "fresh_tank",
    "black_tank",
    "grey_tank",
    "lpg_tank",
    "lpg_tank_2",
    "galley_tank",
    "galley_tank_2",
    "temperature",
    "temperature_probe_2",
    "temperature_probe_3",
    "temperature_probe_4",
    "chemical_tank",
    "chemical_tank_2",
    VOLTAGE,
];
const VOLTAGE: &str = "voltage";

fn read(heard: &mut Heard<'_>) -> Result<Reading, DecodeError> {
    match heard.data {
        [_, battery, ..] if heard.data.len() == 18 => {
            let mut reading = product("oras", "Oras", "Electra Washbasin Faucet");
            reading.put("battery", battery & 0x7f);
            Ok(reading)
        }
        [_, _, _, tank, rest @ ..] if heard.data.len() == 14 => garnet(*tank, rest),
        _ => Err(DecodeError::Unknown),
    }
}

fn garnet(tank: u8, mut data: &[u8]) -> Result<Reading, DecodeError> {
    let data = &mut data;
    let property = *TANKS
        .get(usize::from(tank))
        .ok_or(DecodeError::Unsupported("SeeLevel sensor"))?;
    let value = take_field(data, "value", take(3usize))?;
    let value = number(value).ok_or(DecodeError::Invalid("value"))?;
    let _volume = take_field(data, "volume", take(3usize))?;
    let _total = take_field(data, "total", take(3usize))?;
    let alarm = take_field(data, "alarm", any_u8)?;
    if !alarm.is_ascii_digit() {
        return Err(DecodeError::Invalid("alarm"));
    }
    let mut reading = product("oras", "Garnet", "SeeLevel II 709-BTP3");
    let value = f64::from(value);
    let scale = if property == VOLTAGE { 10.0 } else { 1.0 };
    reading.put(property, value / scale);
    reading.put("problem", alarm != b'0');
    Ok(reading)
}

fn number(text: &[u8]) -> Option<u16> {
    let digits = map_res(digit1::<&[u8], nom::error::Error<&[u8]>>, |digits| {
        std::str::from_utf8(digits)
            .ok()
            .and_then(|d| d.parse().ok())
            .ok_or(())
    });
    all_consuming(digits)
        .parse(text.trim_ascii())
        .ok()
        .map(|(_, n)| n)
}

#[cfg(test)]
mod tests {
    use crate::ble::formats::transcript::{refused, says};

    #[test]
    fn a_faucet_has_a_battery() {
        says(
            "name=ORAS #0131:006400323131313030373933350020202020",
            "Electra Washbasin Faucet",
            "battery 100",
        );
    }

    #[test]
    fn tanks_are_told_one_by_one() {
        const MODEL: &str = "SeeLevel II 709-BTP3";
        says(
            "#0131:0c464e0d31333230303030303030",
            MODEL,
            "problem false, voltage 13.2",
        );
        says(
            "#0131:0c464e0120373130303030303030",
            MODEL,
            "black_tank 71, problem false",
        );
        // "OPN": nothing is connected there.
        refused("#0131:0c464e014f504e30303030303030");
        refused("#0131:0c464e0e20373130303030303030");
    }
}
