//! ThermoPro: room thermometers TP35x/TP39x, meat probes TP96x/TP97x.
//!
//! The company number is part of the frame, and changes with the reading:
//!
//! ```text
//! TP35x, TP39x   c2 | i16le °C × 10 | u8 % | u8 battery (bits 0-1: 0 empty, 1 half, 2 full) | …
//! TP96x, TP97x   u8 probe | u16le °C + 30 inside | u16le battery mV | u16le °C + 30 outside | [6]
//! TP97x, 23 B    u8 probe | u16le °F + 54 outside | u16le battery mV
//!                  | f32le °F + 54 × 3: tip, centre, end | 6
//! ```
//!
//! Temperature and humidity of all ones: nothing measured yet.

use super::fields::Fields;
use super::{Claim, Format, Heard};
use crate::Value;
use crate::ble::{DecodeError, Reading};

pub(super) static FORMAT: Format = Format {
    claims: &[
        Claim::Name("TP35"),
        Claim::Name("TP39"),
        Claim::Name("TP96"),
        Claim::Name("TP97"),
    ],
    read,
};

/// The models that names tell.
static MODELS: &[&str] = &[
    "TP350S", "TP351", "TP357", "TP357S", "TP358", "TP358S", "TP359", "TP359S", "TP393", "TP397",
    "TP960", "TP960R", "TP962R", "TP970", "TP970R", "TP972S", "TP96", "TP97",
];

fn read(heard: &mut Heard<'_>) -> Result<Reading, DecodeError> {
    let name = heard.advert.name.as_deref().unwrap_or_default();
    let model = name.split(' ').next().unwrap_or_default();
    let mut reading = Reading {
        model: MODELS.iter().find(|known| **known == model).copied(),
        vendor: Some("ThermoPro"),
        ..Reading::of("thermopro")
    };
    let Some((company, rest)) = heard.memory.newest(&heard.advert.manufacturer_data) else {
        return Ok(reading);
    };
    let mut frame = company.to_le_bytes().to_vec();
    frame.extend_from_slice(rest);
    let length = frame.len();
    match name.get(..4) {
        Some("TP97") if length == 23 => long_probe(&frame, &mut reading)?,
        Some("TP96" | "TP97") if matches!(length, 7 | 13) => probe(&frame, &mut reading)?,
        Some("TP35" | "TP39") if length >= 6 => room(&frame, &mut reading)?,
        _ => return Err(DecodeError::Unknown),
    }
    Ok(reading)
}

fn room(frame: &[u8], reading: &mut Reading) -> Result<(), DecodeError> {
    let mut fields = Fields(frame);
    fields.skip("company", 1)?;
    let (raw, humidity) = (fields.le_i16("temperature")?, fields.u8("humidity")?);
    let battery = fields.u8("battery")? & 3;
    let level = [Some(1u8), Some(50), Some(100), None][usize::from(battery)];
    if let Some(level) = level {
        reading.put("battery", level);
    }
    reading.put("battery_low", battery != 2);
    if (raw, humidity) != (-1, 0xff) {
        reading.put("temperature", Value::rounded(f64::from(raw) / 10.0, 1));
        reading.put("humidity", humidity);
    }
    Ok(())
}

fn probe(frame: &[u8], reading: &mut Reading) -> Result<(), DecodeError> {
    let mut fields = Fields(frame);
    let probe = fields.u8("probe")?;
    let inside = f64::from(fields.le_u16("temperature inside")?) - 30.0;
    let battery = battery(fields.le_u16("battery")?);
    let outside = f64::from(fields.le_u16("temperature outside")?) - 30.0;
    for (what, value) in [
        ("internal_temperature", inside),
        ("ambient_temperature", outside),
        ("battery", battery),
    ] {
        of_probe(reading, what, probe, Value::Number(value));
    }
    Ok(())
}

fn long_probe(frame: &[u8], reading: &mut Reading) -> Result<(), DecodeError> {
    let mut fields = Fields(frame);
    let probe = fields.u8("probe")?;
    let outside = celsius(fields.le_u16("temperature outside")?.into());
    let battery = battery(fields.le_u16("battery")?);
    for what in [
        "internal_temperature",
        "internal_center_temperature",
        "internal_end_temperature",
    ] {
        let inside = f64::from(fields.le_f32("temperature inside")?);
        if !inside.is_finite() {
            return Err(DecodeError::Invalid("temperature inside"));
        }
        of_probe(reading, what, probe, Value::rounded(celsius(inside), 1));
    }
    let outside = (outside * 10.0).round() / 10.0;
    of_probe(
        reading,
        "ambient_temperature",
        probe,
        Value::Number(outside.trunc()),
    );
    of_probe(reading, "battery", probe, Value::Number(battery));
    Ok(())
}

/// From °F, 54 above what is meant.
fn celsius(raw: f64) -> f64 {
    (raw - 54.0 - 32.0) * 5.0 / 9.0
}

fn of_probe(reading: &mut Reading, what: &str, probe: u8, value: Value) {
    let number = u16::from(probe) + 1;
    reading
        .changes
        .push((format!("{what}_probe_{number}").into(), value));
}

/// Percent of a voltage in mV: the cell's curve, as thermopro-ble has fitted it.
fn battery(millivolts: u16) -> f64 {
    let percent = 52.317_286 * (f64::from(millivolts) / 273.624_277_936 - 8.764_854_393_94).tanh();
    (percent + 51.069_25).clamp(0.0, 100.0).round()
}

#[cfg(test)]
mod tests {
    use super::super::tests::{change, named};
    use super::*;
    use crate::ble::{Memory, decode};
    use std::time::Duration;

    #[test]
    fn a_room_thermometer_says_part_of_it_in_its_company() {
        let reading = decode(&named("TP357 (2142)", 0xf1c2, "001d022c"), None).unwrap();
        assert_eq!(reading.model, Some("TP357"));
        assert_eq!(change(&reading, "temperature"), 24.1.into());
        assert_eq!(change(&reading, "humidity"), 29u8.into());
        assert_eq!(change(&reading, "battery"), 100u8.into());
        assert_eq!(change(&reading, "battery_low"), false.into());
    }

    #[test]
    fn all_ones_are_no_measurement() {
        let reading = decode(&named("TP357S (3C62)", 0xffc2, "ffff220b01"), None).unwrap();
        assert_eq!(change(&reading, "temperature"), Value::Null);
        assert_eq!(change(&reading, "battery"), 100u8.into());
    }

    #[test]
    fn of_gathered_readings_the_changed_one_is_read() {
        let mut memory = Memory::default();
        let mut advert = named("TP357S (C890)", 0xc7c2, "0014220b01");
        for company in [0xc6c2, 0xc8c2, 0xd0c2] {
            advert
                .manufacturer_data
                .push((company, vec![0, 0x19, 0x22, 0x0b, 1]));
        }
        let mut say =
            |advert: &_| super::super::read(advert, None, &mut memory, Duration::ZERO).unwrap();
        assert_eq!(say(&advert).changes, []);
        advert.manufacturer_data[3].1[1] = 0x14;
        let reading = say(&advert);
        assert_eq!(change(&reading, "temperature"), 20.8.into());
        assert_eq!(change(&reading, "humidity"), 20u8.into());
    }

    #[test]
    fn probes_have_numbers() {
        let reading = decode(&named("TP962R (0000)", 0x3701, "003b0b3700"), None).unwrap();
        assert_eq!(
            change(&reading, "internal_temperature_probe_2"),
            25u8.into()
        );
        assert_eq!(change(&reading, "ambient_temperature_probe_2"), 25u8.into());
        assert_eq!(change(&reading, "battery_probe_2"), 100u8.into());
        let long = "006a0a33d3b8420040ae426606ae426c54737744f8";
        let reading = decode(&named("TP972S", 0x7200, long), None).unwrap();
        assert_eq!(change(&reading, "internal_temperature_probe_1"), 3.6.into());
        assert_eq!(
            change(&reading, "internal_end_temperature_probe_1"),
            0.6.into()
        );
        assert_eq!(change(&reading, "ambient_temperature_probe_1"), 15u8.into());
        assert_eq!(change(&reading, "battery_probe_1"), 90u8.into());
    }

    #[test]
    fn what_is_no_float_is_refused() {
        let advert = named(
            "TP972S",
            0x7200,
            "006a0a33ffffff7f0040ae426606ae426c54737744f8",
        );
        assert!(decode(&advert, None).is_err());
    }
}
