//! How frames are laid out.

use super::super::fields::Fields;
use crate::Value;
use crate::ble::{DecodeError, Reading};

/// How a frame is laid out.
#[derive(Clone, Copy)]
pub(super) enum Layout {
    /// 24 bits of both values and a battery, from this byte on.
    Packed { at: usize },
    /// `i16le °C × 100 | u16le % × 100 | u8 battery`, from this byte on.
    Little { at: usize },
    /// As `Packed`, and which of two probes: 41 or 82. The second measures no humidity.
    Pair,
    /// `2 | 24 bits of both values | u16be CO₂ | error`.
    Air,
    /// `2 | sign u1, °C × 10⁷ + % × 10⁴ + PM2.5 u31be`.
    Dust,
    /// `4 | present | moving: 11`.
    Presence,
    /// `2 | sensor | as Packed`: the device itself or its outdoor part.
    Parts,
    /// `8 | probe | alarm`.
    OneProbe,
    /// `8 | probe | alarm | 1 | probe | alarm`.
    TwoProbes,
    /// The same, and in byte 6 whether it is probes 1 and 2 or 3 and 4.
    TwoOfFour,
    /// `8 | probe | alarm | 2 | probe | alarm`.
    TwoWide,
    /// `8 | probe | alarm | 2 | air`.
    ProbeAndAir,
    /// `8 | (probe | alarm | low alarm) × 2`, pairs as `TwoOfFour`.
    TwoOfFourWide,
    /// `2 | battery | which | 1 | (i16le °C | low alarm | alarm | 1) × 2`.
    TwoOfSix,
    /// The same with the alarms the other way round, without telling which probes are there.
    TwoOfSixBare,
}

/// Reads a frame laid out so.
pub(super) fn read(layout: Layout, data: &[u8], reading: &mut Reading) -> Result<(), DecodeError> {
    let mut fields = Fields(data);
    match layout {
        Layout::Packed { at } => {
            fields.skip("header", at)?;
            packed(&mut fields, reading, ["temperature", "humidity", "battery"])
        }
        Layout::Little { at } => little(data, at, reading),
        Layout::Pair => pair(&mut fields, reading),
        Layout::Air => air(&mut fields, reading),
        Layout::Dust => dust(&mut fields, reading),
        Layout::Presence => presence(&mut fields, reading),
        Layout::Parts => parts(&mut fields, reading),
        Layout::OneProbe => {
            fields.skip("header", 8)?;
            probe(&mut fields, 1, reading)
        }
        Layout::TwoProbes => two(&mut fields, [1, 2], 1, reading),
        Layout::TwoWide => two(&mut fields, [1, 2], 2, reading),
        Layout::TwoOfFour => {
            let numbers = pair_of_four(data)?;
            two(&mut fields, numbers, 1, reading)
        }
        Layout::ProbeAndAir => {
            fields.skip("header", 8)?;
            probe(&mut fields, 1, reading)?;
            fields.skip("alarm", 2)?;
            let air = f64::from(fields.be_i16("temperature")?) / 100.0;
            reading.put("temperature", Value::rounded(air, 2));
            Ok(())
        }
        Layout::TwoOfFourWide => {
            let numbers = pair_of_four(data)?;
            fields.skip("header", 8)?;
            for number in numbers {
                probe(&mut fields, number, reading)?;
                let low = hundredths(fields.be_i16("low alarm")?);
                of_probe(reading, "low_temperature_alarm", number, low);
            }
            Ok(())
        }
        Layout::TwoOfSix => six(&mut fields, true, reading),
        Layout::TwoOfSixBare => six(&mut fields, false, reading),
    }
}

/// Outside of this a thermometer's value is none.
const POSSIBLE: std::ops::RangeInclusive<f64> = -40.0..=100.0;

/// Temperature and humidity of 24 bits.
fn both(fields: &mut Fields<'_>) -> Result<(f64, f64), DecodeError> {
    const SIGN: u32 = 0x80_0000;
    let raw = fields.be_u24("temperature and humidity")?;
    let value = raw & !SIGN;
    let temperature = f64::from(value / 1000) / 10.0;
    let sign = if raw & SIGN == 0 { 1.0 } else { -1.0 };
    Ok((sign * temperature, f64::from(value % 1000) / 10.0))
}

fn packed(
    fields: &mut Fields<'_>,
    reading: &mut Reading,
    [temperature, humidity, battery]: [&'static str; 3],
) -> Result<(), DecodeError> {
    let (celsius, percent) = both(fields)?;
    let state = fields.u8("battery")?;
    if POSSIBLE.contains(&celsius) && state & 0x80 == 0 {
        reading.put(temperature, celsius);
        if !humidity.is_empty() {
            reading.put(humidity, percent);
        }
    }
    reading.put(battery, state & 0x7f);
    Ok(())
}

fn little(data: &[u8], at: usize, reading: &mut Reading) -> Result<(), DecodeError> {
    let mut fields = Fields(data);
    fields.skip("header", at)?;
    let temperature = f64::from(fields.le_i16("temperature")?) / 100.0;
    let humidity = f64::from(fields.le_u16("humidity")?) / 100.0;
    reading.put("temperature", Value::rounded(temperature, 2));
    reading.put("humidity", Value::rounded(humidity, 2));
    reading.put("battery", fields.u8("battery")?);
    Ok(())
}

fn pair(fields: &mut Fields<'_>, reading: &mut Reading) -> Result<(), DecodeError> {
    fields.skip("header", 2)?;
    let names = match fields.0.last() {
        Some(0x41) => ["temperature_probe_1", "humidity_probe_1", "battery"],
        Some(0x82) => ["temperature_probe_2", "", "battery"],
        _ => return Err(DecodeError::Invalid("probe")),
    };
    packed(fields, reading, names)
}

fn air(fields: &mut Fields<'_>, reading: &mut Reading) -> Result<(), DecodeError> {
    fields.skip("header", 2)?;
    let (temperature, humidity) = both(fields)?;
    let co2 = fields.be_u16("co2")?;
    let failed = fields.u8("error")? != 0;
    if failed || !POSSIBLE.contains(&temperature) {
        return Err(DecodeError::Invalid("measurement"));
    }
    reading.put("temperature", temperature);
    reading.put("humidity", humidity);
    reading.put("co2", co2);
    Ok(())
}

fn dust(fields: &mut Fields<'_>, reading: &mut Reading) -> Result<(), DecodeError> {
    const SIGN: u32 = 0x8000_0000;
    fields.skip("header", 2)?;
    let raw = fields.be_u32("measurement")?;
    let value = raw & !SIGN;
    let sign = if raw & SIGN == 0 { 1.0 } else { -1.0 };
    reading.put("temperature", sign * f64::from(value / 1_000_000) / 10.0);
    reading.put("humidity", f64::from(value % 1_000_000 / 1000) / 10.0);
    reading.put("pm25", value % 1000);
    Ok(())
}

fn presence(fields: &mut Fields<'_>, reading: &mut Reading) -> Result<(), DecodeError> {
    fields.skip("header", 4)?;
    reading.put("occupancy", fields.u8("presence")? == 1);
    reading.put("motion", fields.u8("motion")? == 0x11);
    Ok(())
}

fn parts(fields: &mut Fields<'_>, reading: &mut Reading) -> Result<(), DecodeError> {
    const REMOTE: u8 = 1;
    fields.skip("header", 2)?;
    let sensor = fields.u8("sensor")?;
    let names = if sensor == REMOTE {
        ["temperature_remote", "humidity_remote", "battery_remote"]
    } else {
        ["temperature", "humidity", "battery"]
    };
    reading.put("sensor_id", sensor);
    packed(fields, reading, names)
}

/// In °C, 0 where there is none.
fn hundredths(raw: i16) -> f64 {
    f64::from(raw.max(0)) / 100.0
}

fn of_probe(reading: &mut Reading, what: &str, number: u8, value: f64) {
    let name = format!("{what}_probe_{number}");
    reading
        .changes
        .push((name.into(), Value::rounded(value, 2)));
}

fn probe(fields: &mut Fields<'_>, number: u8, reading: &mut Reading) -> Result<(), DecodeError> {
    let celsius = hundredths(fields.be_i16("temperature")?);
    let alarm = hundredths(fields.be_i16("alarm")?);
    of_probe(reading, "temperature", number, celsius);
    of_probe(reading, "temperature_alarm", number, alarm);
    Ok(())
}

fn two(
    fields: &mut Fields<'_>,
    [first, second]: [u8; 2],
    between: usize,
    reading: &mut Reading,
) -> Result<(), DecodeError> {
    fields.skip("header", 8)?;
    probe(fields, first, reading)?;
    fields.skip("low alarm", between)?;
    probe(fields, second, reading)
}

fn pair_of_four(data: &[u8]) -> Result<[u8; 2], DecodeError> {
    match data.get(6).map(|which| which & 0x3f) {
        Some(1) => Ok([1, 2]),
        Some(2) => Ok([3, 4]),
        _ => Err(DecodeError::Invalid("probes")),
    }
}

fn six(fields: &mut Fields<'_>, told: bool, reading: &mut Reading) -> Result<(), DecodeError> {
    fields.skip("header", 2)?;
    let battery = fields.u8("battery")? & 0x7f;
    let which = fields.u8("probes")?;
    let pair = which >> 6;
    if pair == 3 {
        return Err(DecodeError::Invalid("probes"));
    }
    for in_pair in 0..2 {
        fields.skip("mark", 1)?;
        let celsius = fields.le_i16("temperature")?;
        let alarms = [fields.le_i16("alarm")?, fields.le_i16("alarm")?];
        let at = 2 * pair + in_pair;
        let number = at + 1;
        if !told {
            let [alarm, low] = alarms.map(|raw| f64::from(raw.max(0)));
            of_probe(reading, "temperature", number, celsius.max(0).into());
            of_probe(reading, "temperature_alarm", number, alarm);
            of_probe(reading, "low_temperature_alarm", number, low);
        } else if which >> at & 1 == 1 {
            let [low, alarm] = alarms;
            of_probe(reading, "temperature", number, celsius.into());
            for (what, raw) in [("temperature_alarm", alarm), ("low_temperature_alarm", low)] {
                if raw >= 0 {
                    of_probe(reading, what, number, raw.into());
                }
            }
        }
    }
    reading.put("battery", battery);
    Ok(())
}
