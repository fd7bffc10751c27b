//! Ruuvi: RuuviTag and Ruuvi Air (company 0499), all numbers big endian.
//!
//! ```text
//! 03  u8 % × 2 | sign u1 °C u7 | u8 °C × 100 | u16 Pa - 50000 | i16 mg × 3 | u16 mV
//! 05  i16 °C × 200 | u16 % × 400 | u16 Pa - 50000 | i16 mg × 3 | u11 mV - 1600, u5 (dBm + 40) / 2
//!       | u8 movements | u16 sequence | address 6
//! 06  i16 °C × 200 | u16 % × 400 | u16 Pa - 50000 | u16 PM2.5 × 10 | u16 ppm | VOC u8 | NOx u8
//!       | light u8 | sound u8 | sequence u8 | flags u8 | address 3
//! e1  i16 °C × 200 | u16 % × 400 | u16 Pa - 50000 | u16 PM1, 2.5, 4, 10 × 10 | u16 ppm | VOC u8
//!       | NOx u8 | u24 lx × 100 | 3 | sequence u24 | flags u8 | 5 | address 6
//! ```
//!
//! All ones, or the least of a signed number, is no value. VOC (flag bit 6) and NOx (bit 7) have their
//! lowest bit among the flags; light of format 06 is logarithmic. The oldest tags advertise a web
//! address (Eddystone, FEAA) whose end is a format 02 or 04 frame in base 64, as 03 up to pressure.
//!
//! Acceleration is told in m/s². E1 needs extended advertising.

use std::time::Duration;

use super::fields::Fields;
use super::{Claim, Format, Heard};
use crate::Value;
use crate::ble::{DecodeError, Reading};

const COMPANY: u16 = 0x0499;
const EDDYSTONE: u16 = 0xfeaa;
const REPEAT_WITHIN: Duration = Duration::from_secs(60);

pub(super) static FORMAT: Format = Format {
    claims: &[Claim::Company(COMPANY), Claim::Service(EDDYSTONE)],
    read,
};

fn read(heard: &mut Heard<'_>) -> Result<Reading, DecodeError> {
    let data = heard.data;
    if heard.id == EDDYSTONE {
        return of_url(data);
    }
    let mut fields = Fields(data);
    match fields.u8("format")? {
        3 => format3(fields),
        5 => format5(fields, heard),
        6 => format6(fields, heard),
        0xe1 => format_e1(fields, heard),
        _ => Err(DecodeError::Unsupported("this Ruuvi format")),
    }
}

fn tag(format: &'static str) -> Reading {
    Reading {
        model: Some("RuuviTag"),
        vendor: Some("Ruuvi"),
        ..Reading::of(format)
    }
}

fn air(format: &'static str, repeat: bool) -> Reading {
    Reading {
        model: Some("Ruuvi Air"),
        news: !repeat,
        ..tag(format)
    }
}

impl Reading {
    /// Adds a property that has a value.
    fn put_some(&mut self, property: &'static str, value: Option<f64>, digits: i32) {
        if let Some(value) = value {
            self.put(property, Value::rounded(value, digits));
        }
    }
}

fn told(raw: u16) -> Option<f64> {
    (raw != u16::MAX).then_some(raw.into())
}

fn hectopascals(raw: u16) -> f64 {
    (f64::from(raw) + 50_000.0) / 100.0
}

/// Temperature, humidity and pressure as all formats from 05 on have them.
fn climate(fields: &mut Fields<'_>, reading: &mut Reading) -> Result<(), DecodeError> {
    let temperature = fields.be_i16("temperature")?;
    let humidity = told(fields.be_u16("humidity")?);
    let pressure = fields.be_u16("pressure")?;
    let temperature = (temperature != i16::MIN).then_some(f64::from(temperature) / 200.0);
    // Ruuvi's own resolution is 0.005 °C.
    reading.put_some("temperature", temperature, 3);
    reading.put_some("humidity", humidity.map(|raw| raw / 400.0), 3);
    reading.put_some(
        "pressure",
        told(pressure).map(|_| hectopascals(pressure)),
        2,
    );
    Ok(())
}

fn acceleration(fields: &mut Fields<'_>, reading: &mut Reading) -> Result<(), DecodeError> {
    const MILLI_G: f64 = 0.009_806_65;
    let mut axes = [0; 3];
    for axis in &mut axes {
        *axis = fields.be_i16("acceleration")?;
    }
    if axes.contains(&i16::MIN) {
        return Ok(());
    }
    let [x, y, z] = axes.map(|raw| (f64::from(raw) * MILLI_G * 100.0).round() / 100.0);
    reading.put("acceleration_x", x);
    reading.put("acceleration_y", y);
    reading.put("acceleration_z", z);
    let total = (x * x + y * y + z * z).sqrt();
    reading.put("acceleration_total", Value::rounded(total, 2));
    Ok(())
}

fn voltage(millivolts: u16, reading: &mut Reading) {
    reading.put("voltage", Value::rounded(f64::from(millivolts) / 1000.0, 3));
    reading.put("battery", super::battery::coin_cell(millivolts));
}

/// Humidity, temperature and pressure as formats up to 04 have them.
fn old_climate(fields: &mut Fields<'_>, reading: &mut Reading) -> Result<(), DecodeError> {
    let humidity = fields.u8("humidity")?;
    let (whole, hundredths) = (fields.u8("temperature")?, fields.u8("temperature")?);
    let pressure = fields.be_u16("pressure")?;
    if hundredths < 100 {
        let value = f64::from(whole & 0x7f) + f64::from(hundredths) / 100.0;
        let value = if whole & 0x80 == 0 { value } else { -value };
        reading.put("temperature", Value::rounded(value, 2));
    }
    if humidity <= 200 {
        reading.put("humidity", f64::from(humidity) / 2.0);
    }
    reading.put("pressure", Value::rounded(hectopascals(pressure), 2));
    Ok(())
}

fn format3(mut fields: Fields<'_>) -> Result<Reading, DecodeError> {
    let mut reading = tag("ruuvi3");
    old_climate(&mut fields, &mut reading)?;
    acceleration(&mut fields, &mut reading)?;
    voltage(fields.be_u16("voltage")?, &mut reading);
    Ok(reading)
}

fn format5(mut fields: Fields<'_>, heard: &mut Heard<'_>) -> Result<Reading, DecodeError> {
    const NO_VOLTAGE: u16 = 0x7ff;
    const NO_POWER: u16 = 0x1f;
    let mut reading = tag("ruuvi5");
    climate(&mut fields, &mut reading)?;
    acceleration(&mut fields, &mut reading)?;
    let power = fields.be_u16("voltage")?;
    let movements = fields.u8("movements")?;
    let sequence = fields.be_u16("sequence")?;
    fields.skip("address", 6)?;
    if power >> 5 != NO_VOLTAGE {
        voltage(1600 + (power >> 5), &mut reading);
    }
    let sent_with = power & 0x1f;
    if sent_with != NO_POWER {
        reading.put("tx_power", f64::from(sent_with) * 2.0 - 40.0);
    }
    let (owner, now) = (COMPANY, heard.now);
    let moves = u32::from(movements);
    let before = heard.memory.last(owner, now).map(|(count, _)| count >> 16);
    reading.put("movement_counter", movements);
    let moved = before.is_some_and(|before| before != moves);
    reading.put("motion", moved);
    reading.put("motion_timer", moved);
    let count = moves << 16 | u32::from(sequence);
    reading.news = !heard.memory.repeats(owner, count, REPEAT_WITHIN, now);
    Ok(reading)
}

/// VOC and NOx indices.
fn gases(voc: u8, nox: u8, flags: u8, reading: &mut Reading) {
    const NONE: u16 = 0x1ff;
    for (property, high, bit) in [("voc_index", voc, 6), ("nox_index", nox, 7)] {
        let index = u16::from(high) << 1 | u16::from(flags >> bit & 1);
        if index != NONE {
            reading.put(property, index);
        }
    }
}

fn format6(mut fields: Fields<'_>, heard: &mut Heard<'_>) -> Result<Reading, DecodeError> {
    let mut measured = air("ruuvi6", false);
    climate(&mut fields, &mut measured)?;
    let dust = told(fields.be_u16("pm25")?).map(|raw| raw / 10.0);
    let co2 = told(fields.be_u16("co2")?);
    let (voc, nox) = (fields.u8("voc")?, fields.u8("nox")?);
    let light = fields.u8("light")?;
    fields.skip("sound", 1)?;
    let sequence = fields.u8("sequence")?;
    let flags = fields.u8("flags")?;
    fields.skip("address", 3)?;
    measured.put_some("pm25", dust, 1);
    measured.put_some("co2", co2, 0);
    gases(voc, nox, flags, &mut measured);
    if light != u8::MAX {
        // 254 steps from 0 to 65,535 lx.
        let lux = (f64::from(light) * 65_536_f64.ln() / 254.0).exp() - 1.0;
        measured.put("illuminance", Value::rounded(lux, 0));
    }
    measured.put_some("iaqs", air_quality(co2, dust), 0);
    measured.news = !heard
        .memory
        .repeats(COMPANY, sequence.into(), REPEAT_WITHIN, heard.now);
    Ok(measured)
}

fn format_e1(mut fields: Fields<'_>, heard: &mut Heard<'_>) -> Result<Reading, DecodeError> {
    const NO_LIGHT: u32 = 0xff_ffff;
    let mut measured = air("ruuviE1", false);
    climate(&mut fields, &mut measured)?;
    let mut dust = None;
    for property in ["pm1", "pm25", "pm4", "pm10"] {
        let value = told(fields.be_u16(property)?).map(|raw| raw / 10.0);
        measured.put_some(property, value, 1);
        if property == "pm25" {
            dust = value;
        }
    }
    let co2 = told(fields.be_u16("co2")?);
    let (voc, nox) = (fields.u8("voc")?, fields.u8("nox")?);
    let light = fields.be_u24("light")?;
    fields.skip("reserved", 3)?;
    let sequence = fields.be_u24("sequence")?;
    let flags = fields.u8("flags")?;
    fields.skip("address", 11)?;
    measured.put_some("co2", co2, 0);
    gases(voc, nox, flags, &mut measured);
    if light != NO_LIGHT {
        measured.put("illuminance", Value::rounded(f64::from(light) / 100.0, 2));
    }
    measured.put_some("iaqs", air_quality(co2, dust), 0);
    measured.news = !heard
        .memory
        .repeats(COMPANY, sequence, REPEAT_WITHIN, heard.now);
    Ok(measured)
}

/// Ruuvi's indoor air quality score: 100 less the distance from clean air, which is 420 ppm CO₂ and
/// no dust; 2300 ppm or 60 µg/m³ is 100 away.
fn air_quality(co2: Option<f64>, dust: Option<f64>) -> Option<f64> {
    let dx = dust?.clamp(0.0, 60.0) / 60.0 * 100.0;
    let dy = (co2?.clamp(420.0, 2300.0) - 420.0) / (2300.0 - 420.0) * 100.0;
    Some((100.0 - dx.hypot(dy)).clamp(0.0, 100.0).round())
}

/// `u8 10 | i8 power | u8 03 | "ruu.vi/#" | base 64`.
fn of_url(data: &[u8]) -> Result<Reading, DecodeError> {
    const SITE: &[u8] = b"\x03ruu.vi/#";
    const DIGITS: usize = 8;
    let mut fields = Fields(data);
    let url = fields.u8("frame").map_err(|_| DecodeError::Unknown)? == 0x10;
    fields.skip("power", 1).map_err(|_| DecodeError::Unknown)?;
    let site = fields.bytes("site", SITE.len());
    if !url || site != Ok(SITE) {
        return Err(DecodeError::Unknown);
    }
    let frame = from_base64(fields.bytes("measurement", DIGITS)?)?;
    let mut fields = Fields(&frame);
    let mut reading = tag(match fields.u8("format")? {
        2 => "ruuvi2",
        4 => "ruuvi4",
        _ => return Err(DecodeError::Unsupported("this Ruuvi format")),
    });
    old_climate(&mut fields, &mut reading)?;
    Ok(reading)
}

/// Base 64 with `-` and `_`, whole groups of four.
fn from_base64(text: &[u8]) -> Result<Vec<u8>, DecodeError> {
    let digit = |byte: &u8| match byte {
        b'A'..=b'Z' => Ok(byte - b'A'),
        b'a'..=b'z' => Ok(byte - b'a' + 26),
        b'0'..=b'9' => Ok(byte - b'0' + 52),
        b'-' => Ok(62),
        b'_' => Ok(63),
        _ => Err(DecodeError::Invalid("base 64")),
    };
    let mut bytes = Vec::with_capacity(text.len() / 4 * 3);
    for group in text.chunks_exact(4) {
        let bits = group
            .iter()
            .try_fold(0u32, |bits, byte| Ok(bits << 6 | u32::from(digit(byte)?)))?;
        let [_, a, b, c] = bits.to_be_bytes();
        bytes.extend([a, b, c]);
    }
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::super::tests::{change, maker, said, service};
    use super::*;
    use crate::ble::{Memory, decode_with};

    #[test]
    fn a_tag_in_its_old_and_new_format() {
        assert_eq!(
            said(&maker(COMPANY, "03b28145ca20007a002603d0088f")).as_deref(),
            Ok(
                "temperature=-1.69 humidity=89 pressure=1017.44 acceleration_x=1.2 \
                acceleration_y=0.37 acceleration_z=9.57 acceleration_total=9.65 \
                voltage=2.191 battery=0"
            )
        );
        assert_eq!(
            said(&maker(
                COMPANY,
                "05138a5f61c4f0ffe4ffdc0414c5b6ec29b3f27a52fad4cd"
            ))
            .as_deref(),
            Ok(
                "temperature=25.01 humidity=61.043 pressure=1004.16 acceleration_x=-0.27 \
                acceleration_y=-0.35 acceleration_z=10.24 acceleration_total=10.25 \
                voltage=3.181 battery=100 tx_power=4 movement_counter=236 motion=false motion_timer=false"
            )
        );
    }

    #[test]
    fn what_was_not_measured_is_not_told() {
        let none = "058000ffffffff800080008000fffffffff27a52fad4cdaa";
        assert_eq!(
            said(&maker(COMPANY, none)).as_deref(),
            Ok("movement_counter=255 motion=false motion_timer=false")
        );
    }

    #[test]
    fn a_movement_is_motion_and_a_repeat_is_no_news() {
        let mut memory = Memory::default();
        let mut hear = |moves: &str, sequence: &str| {
            let hex = format!("05138a5f61c4f0ffe4ffdc0414c5b6{moves}{sequence}f27a52fad4cd");
            let advert = maker(COMPANY, &hex.replace(' ', ""));
            decode_with(&advert, None, &mut memory, Duration::from_secs(1)).unwrap()
        };
        assert_eq!(change(&hear("ec", "29b3"), "motion"), false.into());
        assert!(!hear("ec", "29b3").news);
        let moved = hear("ed", "29b4");
        assert!(moved.news);
        assert_eq!(change(&moved, "motion"), true.into());
    }

    #[test]
    fn air_quality_in_both_formats() {
        assert_eq!(
            said(&maker(COMPANY, "0615113e08c9030007057b3e00a44d6290ff00ff")).as_deref(),
            Ok(
                "temperature=26.965 humidity=39.7 pressure=1014.59 pm25=0.7 co2=1403 \
                voc_index=124 nox_index=1 illuminance=1287 iaqs=48"
            )
        );
        let e1 = "e1170c5668c79e0065007004bd11ca00c90a0213e0ac000000decdee110000000000cbb8334c884f";
        assert_eq!(
            said(&maker(COMPANY, e1)).as_deref(),
            Ok(
                "temperature=29.5 humidity=55.3 pressure=1011.02 pm1=10.1 pm25=11.2 pm4=121.3 \
                pm10=455.4 co2=201 voc_index=20 nox_index=4 illuminance=13027 iaqs=81"
            )
        );
    }

    #[test]
    fn the_oldest_write_a_web_address() {
        let url = service(EDDYSTONE, "10ee037275752e76692f23416a7759414d4666");
        assert_eq!(
            said(&url).as_deref(),
            Ok("temperature=24 humidity=30 pressure=995.03")
        );
        let other = service(EDDYSTONE, "10ee037275752e76692f2341402759414d4666");
        assert!(said(&other).is_err());
    }

    #[test]
    fn cut_frames_are_refused() {
        let whole = "0615113e08c9030007057b3e00a44d6290ff00ff";
        for length in (0..whole.len()).step_by(2) {
            assert!(said(&maker(COMPANY, &whole[..length])).is_err());
        }
    }
}
