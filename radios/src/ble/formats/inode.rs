//! iNode energy meters and care sensors. The high byte of the company field tells the product, the
//! low one (0x90…) whether its battery is low (bit 2).
//!
//! ```text
//! 0x82 meter, 11 bytes
//!     pulses in the last minute u16le | pulses u32le | unit 2 bits, pulses per unit 14 bits u16le
//!     battery 4 bits, light 4 bits | weekday 3 bits, pulses on that day 13 bits u16le
//! 0x91… care sensor, 22 bytes
//!     battery (top 4 bits) u16le | alarms u16le | position or pressure u16le | temperature u16le
//!     humidity or field u16le | time 4 | signature 8
//! ```

use std::time::Duration;

use nom::number::complete::{le_u16, le_u32, u8 as any_u8};

use super::fields::take_field;
use super::layout::product;
use super::{Claim, Format, Heard};
use crate::ble::{Advert, DecodeError, Reading};

pub(super) static FORMAT: Format = Format {
    claims: &[Claim::Shape(looks_like_it)],
    read,
};

/// Owner of this format's memory; no company, since its number changes with the battery.
const MEMORY: u16 = 0x9082;
const REPEAT_WITHIN: Duration = Duration::from_secs(30);

const METER: u8 = 0x82;
const METER_LENGTH: usize = 11;
const SENSOR_LENGTH: usize = 22;

/// What the three measured words of a care sensor are.
struct Product {
    id: u8,
    model: &'static str,
    first: First,
    temperature: fn(u16) -> f64,
    third: Third,
}

#[derive(PartialEq)]
enum First {
    Position,
    Pressure,
    Nothing,
}

#[derive(PartialEq)]
enum Third {
    Humidity,
    MagneticField,
    Nothing,
}

const fn sensor(
    id: u8,
    model: &'static str,
    first: First,
    temperature: fn(u16) -> f64,
    third: Third,
) -> Product {
    Product {
        id,
        model,
        first,
        temperature,
        third,
    }
}

static PRODUCTS: &[Product] = &[
    sensor(
        0x91,
        "iNode Care Sensor 1",
        First::Position,
        degrees,
        Third::Nothing,
    ),
    sensor(
        0x92,
        "iNode Care Sensor 2",
        First::Position,
        sixteenths,
        Third::Nothing,
    ),
    sensor(
        0x93,
        "iNode Care Sensor 3",
        First::Position,
        sht,
        Third::Humidity,
    ),
    sensor(
        0x94,
        "iNode Care Sensor 4",
        First::Position,
        degrees,
        Third::Nothing,
    ),
    sensor(
        0x95,
        "iNode Care Sensor 5",
        First::Position,
        degrees,
        Third::MagneticField,
    ),
    sensor(
        0x96,
        "iNode Care Sensor 6",
        First::Position,
        degrees,
        Third::Nothing,
    ),
    sensor(
        0x9a,
        "iNode Care Sensor T",
        First::Nothing,
        sixteenths,
        Third::Nothing,
    ),
    sensor(
        0x9b,
        "iNode Care Sensor HT",
        First::Nothing,
        sht,
        Third::Humidity,
    ),
    sensor(
        0x9c,
        "iNode Care Sensor PT",
        First::Pressure,
        barometer,
        Third::Nothing,
    ),
    sensor(
        0x9d,
        "iNode Care Sensor PHT",
        First::Pressure,
        sht,
        Third::Humidity,
    ),
];

const fn in_range(n: f64) -> f64 {
    n.clamp(-30.0, 70.0)
}

fn degrees(raw: u16) -> f64 {
    let raw = i32::from(raw);
    in_range(f64::from(if raw > 127 { raw - 8192 } else { raw }))
}

/// Sixteenths of a degree in 13 bits, two's complement.
fn sixteenths(raw: u16) -> f64 {
    let raw = i32::from(raw & 0x1fff);
    in_range(f64::from(if raw & 0x1000 != 0 { raw - 0x2000 } else { raw }) / 16.0)
}

fn sht(raw: u16) -> f64 {
    in_range(175.72 * f64::from(raw) * 4.0 / 65536.0 - 46.85)
}

fn barometer(raw: u16) -> f64 {
    42.5 + f64::from(raw) / 480.0
}

fn length_of(product: u8) -> Option<usize> {
    if product == METER {
        return Some(METER_LENGTH);
    }
    let known = matches!(product, 0x91..=0x96 | 0x9a..=0x9d);
    known.then_some(SENSOR_LENGTH)
}

fn looks_like_it(advert: &Advert) -> bool {
    advert
        .manufacturer_data
        .iter()
        .any(|(id, data)| length_of((id >> 8) as u8) == Some(data.len()))
}

fn read(heard: &mut Heard<'_>) -> Result<Reading, DecodeError> {
    let id = (heard.id >> 8) as u8;
    if length_of(id) != Some(heard.data.len()) {
        return Err(DecodeError::Unknown);
    }
    let mut reading = if id == METER {
        meter(heard.data)?
    } else {
        let product = PRODUCTS.iter().find(|p| p.id == id);
        care(product.ok_or(DecodeError::Unknown)?, heard.data)?
    };
    let repeat = heard
        .memory
        .repeats_bytes(MEMORY, heard.data, REPEAT_WITHIN, heard.now);
    reading.news = !repeat;
    Ok(reading)
}

/// The battery's nibble: 1 is full, others count in tenths from 1.
fn battery(reading: &mut Reading, nibble: u8) {
    let percent = match nibble {
        1 => 100,
        n => 10 * (i32::from(n.min(11)) - 1),
    };
    reading.put("battery", percent);
    reading.put("voltage", f64::from(percent - 10) * 1.2 / 100.0 + 1.8);
}

fn meter(mut data: &[u8]) -> Result<Reading, DecodeError> {
    let data = &mut data;
    let minute = take_field(data, "pulses of the minute", le_u16)?;
    let sum = take_field(data, "pulses", le_u32)?;
    let options = take_field(data, "constant", le_u16)?;
    let battery_light = take_field(data, "battery", any_u8)?;
    let day = take_field(data, "day", le_u16)?;

    let (power_unit, energy_unit, usual) = match options >> 14 {
        0 => ("W", "kWh", 100),
        1 => ("m3", "m3", 1000),
        _ => ("cnt", "cnt", 1),
    };
    let constant = match options & 0x3fff {
        0 => usual,
        constant => constant,
    };
    let mut reading = product("inode", "iNode", "iNode Energy Meter");
    reading.put("energy", f64::from(sum) / f64::from(constant));
    reading.put("energy_unit", energy_unit);
    reading.put("power", 60_000.0 * f64::from(minute) / f64::from(constant));
    reading.put("power_unit", power_unit);
    reading.put("constant", constant);
    battery(&mut reading, battery_light >> 4);
    reading.put("light_level", f64::from(battery_light & 15) * 100.0 / 15.0);
    reading.put("week_day", day >> 13);
    reading.put("week_day_total", day & 0x1fff);
    Ok(reading)
}

fn care(of: &Product, mut data: &[u8]) -> Result<Reading, DecodeError> {
    let data = &mut data;
    let groups = take_field(data, "battery", le_u16)?;
    let _alarms = take_field(data, "alarms", le_u16)?;
    let first = take_field(data, "position", le_u16)?;
    let raw_temperature = take_field(data, "temperature", le_u16)?;
    let third = take_field(data, "humidity", le_u16)?;

    let mut reading = product("inode", "iNode", of.model);
    reading.put("temperature", (of.temperature)(raw_temperature));
    match of.third {
        Third::Humidity => {
            let humidity = 125.0 * f64::from(third) * 4.0 / 65536.0 - 6.0;
            reading.put("humidity", humidity.clamp(1.0, 100.0));
        }
        Third::MagneticField => reading.put("magnetic_field", third),
        Third::Nothing => {}
    }
    match of.first {
        First::Position => position(&mut reading, first),
        First::Pressure => reading.put("pressure", f64::from(first) / 16.0),
        First::Nothing => {}
    }
    battery(&mut reading, (groups >> 12) as u8);
    Ok(reading)
}

/// `moving 1 bit | x 5 bits | y 5 bits | z 5 bits`, two's complement.
fn position(reading: &mut Reading, raw: u16) {
    let axis = |shift: u16| {
        let n = i32::from(raw >> shift & 0x1f);
        if n & 0x10 != 0 { n - 32 } else { n }
    };
    let (x, y, z) = (axis(10), axis(5), axis(0));
    let moving = raw & 0x8000 != 0;
    reading.put("motion", moving);
    reading.put("motion_timer", moving);
    reading.put(
        "acceleration_total",
        f64::from(x * x + y * y + z * z).sqrt(),
    );
    reading.put("acceleration_x", x);
    reading.put("acceleration_y", y);
    reading.put("acceleration_z", z);
}

#[cfg(test)]
mod tests {
    use crate::ble::formats::transcript::{refused, says};

    #[test]
    fn a_meter_counts_kilowatt_hours_or_water() {
        says(
            "#8290:0400cfe40000dc05b0ed10",
            "iNode Energy Meter",
            "battery 100, constant 1500, energy 39.05, energy_unit kWh, light_level 0, power 160, \
             power_unit W, voltage 2.88, week_day 0, week_day_total 4333",
        );
        // The same frame of a water meter at 1236 pulses per cubic metre would be in other units.
        says(
            "#8290:6300f0cf0000c409820080",
            "iNode Energy Meter",
            "battery 70, constant 2500, energy 21.293, energy_unit kWh, light_level 13.333, \
             power 2376, power_unit W, voltage 2.52, week_day 4, week_day_total 0",
        );
        says(
            "#8290:6300f0cf0000c449820080",
            "iNode Energy Meter",
            "battery 70, constant 2500, energy 21.293, energy_unit m3, light_level 13.333, \
             power 2376, power_unit m3, voltage 2.52, week_day 4, week_day_total 0",
        );
        refused("#8290:0400cfe40000dc05b0ed");
    }

    #[test]
    fn care_sensors_tell_climate_or_position() {
        says(
            "#9b90:01a0000000007f14b9298e61af6cde99ef797870ee41",
            "iNode Care Sensor HT",
            "battery 90, humidity 75.49, temperature 9.425, voltage 2.76",
        );
        says(
            "#9192:01b000001700a81900000400f4bbce6e77a00b97d1b5",
            "iNode Care Sensor 1",
            "acceleration_total 9, acceleration_x 0, acceleration_y 0, acceleration_z -9, \
             battery 100, motion false, motion_timer false, temperature -30, voltage 2.88",
        );
        refused("#9792:01b000001700a81900000400f4bbce6e77a00b97d1b5");
    }

    #[test]
    fn sixteenths_are_thirteen_bits() {
        assert_eq!(super::sixteenths(0x0150), 21.0);
        assert_eq!(super::sixteenths(0x1ff8), -0.5);
    }
}
