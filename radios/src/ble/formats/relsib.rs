//! Relsib climate sensors: `EClerk` Eco (service data 0xAA20, 0xAA21, 0xAA22 under the name ECo),
//! WT51 and WH52 (0x1809 with 0xAAA2 beside it).
//!
//! ```text
//! EClerk  [ 4, only in 0xAA20 ] temperature i16le 0.01 °C | humidity u16le 0.01 % | co2 u16le | …
//!         in 0xAA20, at 13: battery u8 (top bit: plugged in); 0x8000: not measured yet
//! WH52    1809: temperature u16be | 181A: humidity u16be, both on the scale of an SHT's temperature
//! WT51    1809: temperature as text, "+023.5"
//! ```

use nom::number::complete::{be_u16, le_u16};

use super::fields::take_field;
use super::layout::{product, rounded};
use super::{Claim, Format, Heard};
use crate::ble::{DecodeError, Reading};

pub(super) static FORMAT: Format = Format {
    claims: &[
        Claim::Service(ECLERK_WITH_BATTERY),
        Claim::Service(0xaa21),
        Claim::Service(0xaa22),
        Claim::Service(THERMOMETER),
    ],
    read,
};

const ECLERK_WITH_BATTERY: u16 = 0xaa20;
const THERMOMETER: u16 = 0x1809;
const ENVIRONMENT: u16 = 0x181a;
/// Service data that only Relsib's devices have.
const RELSIB: u16 = 0xaaa2;
const NOT_READY: u16 = 0x8000;

fn read(heard: &mut Heard<'_>) -> Result<Reading, DecodeError> {
    if heard.id != THERMOMETER {
        return eclerk(heard);
    }
    if heard.advert.service(RELSIB).is_none() {
        return Err(DecodeError::Unknown);
    }
    match heard.data.len() {
        2 => wh52(heard),
        6 => wt51(heard.data),
        _ => Err(DecodeError::Unknown),
    }
}

fn eclerk(heard: &Heard<'_>) -> Result<Reading, DecodeError> {
    if heard.advert.name.as_deref() != Some("ECo") || heard.data.len() != 22 {
        return Err(DecodeError::Unknown);
    }
    let mut reading = product("relsib", "Relsib", "EClerk Eco");
    let mut data = heard.data;
    if heard.id == ECLERK_WITH_BATTERY {
        let battery = data.get(13).ok_or(DecodeError::Truncated("battery"))?;
        let plugged = battery & 0x80 != 0;
        reading.put("battery", if plugged { 100 } else { battery & 0x7f });
        data = data.get(4..).unwrap_or_default();
    }
    for (property, scale) in [("temperature", 100.0), ("humidity", 100.0), ("co2", 1.0)] {
        let raw = take_field(&mut data, property, le_u16)?;
        if raw == NOT_READY {
            continue;
        }
        // Only a temperature is ever below zero.
        let value = if property == "temperature" {
            f64::from(i16::from_le_bytes(raw.to_le_bytes()))
        } else {
            f64::from(raw)
        };
        reading.put(property, value / scale);
    }
    Ok(reading)
}

fn on_scale(raw: u16) -> f64 {
    rounded(f64::from(raw) / 65535.0 * 175.0 - 45.0, 2)
}

fn wh52(heard: &Heard<'_>) -> Result<Reading, DecodeError> {
    let mut humidity = heard
        .advert
        .service(ENVIRONMENT)
        .ok_or(DecodeError::Unknown)?;
    let mut temperature = heard.data;
    let mut reading = product("relsib", "Relsib", "WH52");
    let raw = take_field(&mut temperature, "temperature", be_u16)?;
    reading.put("temperature", on_scale(raw));
    let raw = take_field(&mut humidity, "humidity", be_u16)?;
    reading.put("humidity", on_scale(raw));
    Ok(reading)
}

fn wt51(data: &[u8]) -> Result<Reading, DecodeError> {
    let degrees = std::str::from_utf8(data)
        .ok()
        .and_then(|text| text.trim().parse::<f64>().ok())
        .filter(|degrees| degrees.is_finite())
        .ok_or(DecodeError::Invalid("temperature"))?;
    let mut reading = product("relsib", "Relsib", "WT51");
    reading.put("temperature", degrees);
    Ok(reading)
}

#[cfg(test)]
mod tests {
    use crate::ble::formats::transcript::{refused, says};

    #[test]
    fn an_eclerk_needs_a_while() {
        const MODEL: &str = "EClerk Eco";
        for (data, expected) in [
            (
                "aa20:040000000080008000800080f04600c2eb0b010b0300",
                "battery 70",
            ),
            (
                "aa20:84000000b20a200a15030080f04700c2eb0b010b0300",
                "battery 71, co2 789, humidity 25.92, temperature 27.38",
            ),
            (
                "aa20:24080000200a750943030080f08000c2eb0b010b0300",
                "battery 100, co2 835, humidity 24.21, temperature 25.92",
            ),
            (
                "aa21:220a75094303008045636c65726b45636f0000000000",
                "co2 835, humidity 24.21, temperature 25.94",
            ),
            (
                "aa22:18fc7509430300804f4f4f2052656c73696200000000",
                "co2 835, humidity 24.21, temperature -10",
            ),
        ] {
            says(&format!("name=ECo {data}"), MODEL, expected);
        }
        refused("aa21:220a75094303008045636c65726b45636f0000000000");
    }

    #[test]
    fn simple_ones_need_no_name() {
        says(
            "1809:4dea 181a:b14c aaa2:30333531",
            "WH52",
            "humidity 76.2, temperature 8.26",
        );
        says(
            "1809:2b3032332e35 aaa2:313730363030363039",
            "WT51",
            "temperature 23.5",
        );
        refused("1809:2b3032332e35");
        refused("1809:2b3032332f35 aaa2:313730363030363039");
        refused("1809:4dea aaa2:30333531");
    }
}
