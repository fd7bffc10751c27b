//! KKM beacons and their many brands (Eddystone service 0xFEAA, frame 0x21): K6, K6P, K9, `BlueCharm`
//! BC08, BC04P, BC021.
//!
//! ```text
//! 21 | version u8 (1) | what follows u8 | voltage u16be mV | temperature i8.8 °C | humidity u8.8 %
//! acceleration 3 × i16be mg
//! ```
//!
//! Bits from 0: voltage, temperature, humidity, acceleration. The K6 sends an acceleration that it
//! does not announce.

use nom::number::complete::{be_i16, be_u16};

use super::battery::coin_cell;
use super::fields::take_field;
use super::layout::{product, rounded};
use super::{Claim, Format, Heard};
use crate::ble::{DecodeError, Reading};

pub(super) static FORMAT: Format = Format {
    claims: &[Claim::Service(0xfeaa)],
    read,
};

const VOLTAGE: u8 = 1;
const TEMPERATURE: u8 = 2;
const HUMIDITY: u8 = 4;
const ACCELERATION: u8 = 8;

/// What follows, and the model that sends it.
static MODELS: &[(u8, usize, &str)] = &[
    (0x07, 15, "K6 Sensor Beacon"),
    (0x07, 9, "K6P"),
    (0x0b, 13, "KSensor"),
    (0x0f, 15, "K9"),
];

fn read(heard: &mut Heard<'_>) -> Result<Reading, DecodeError> {
    let [0x21, 1, follows, rest @ ..] = heard.data else {
        return Err(DecodeError::Unknown);
    };
    let (.., model) = MODELS
        .iter()
        .find(|(mask, length, _)| mask == follows && *length == heard.data.len())
        .ok_or(DecodeError::Unsupported("set of KKM measurements"))?;
    let mut reading = product("kkm", "KKM", model);
    let mut rest = rest;
    let data = &mut rest;
    if follows & VOLTAGE != 0 {
        let millivolts = take_field(data, "voltage", be_u16)?;
        reading.put("voltage", f64::from(millivolts) / 1000.0);
        reading.put("battery", coin_cell(millivolts));
    }
    if follows & TEMPERATURE != 0 {
        let raw = take_field(data, "temperature", be_i16)?;
        reading.put("temperature", f64::from(raw) / 256.0);
    }
    if follows & HUMIDITY != 0 {
        let raw = take_field(data, "humidity", be_u16)?;
        reading.put("humidity", f64::from(raw) / 256.0);
    }
    if follows & ACCELERATION != 0 || data.len() == 6 {
        let x = take_field(data, "acceleration", be_i16)?;
        let y = take_field(data, "acceleration", be_i16)?;
        let z = take_field(data, "acceleration", be_i16)?;
        let square = |n: i16| f64::from(n) * f64::from(n);
        let total = (square(x) + square(y) + square(z)).sqrt();
        reading.put("acceleration_x", x);
        reading.put("acceleration_y", y);
        reading.put("acceleration_z", z);
        reading.put("acceleration_total", rounded(total, 1));
    }
    Ok(reading)
}

#[cfg(test)]
mod tests {
    use crate::ble::formats::transcript::{refused, says};

    #[test]
    fn a_k6_sends_more_than_it_announces() {
        says(
            "feaa:2101070e5b16531f95fffcffec03eb",
            "K6 Sensor Beacon",
            "acceleration_total 1003.2, acceleration_x -4, acceleration_y -20, acceleration_z 1003, \
             battery 100, humidity 31.582, temperature 22.324, voltage 3.675",
        );
    }

    #[test]
    fn each_model_sends_its_set() {
        says(
            "feaa:2101070e5bffc01f95",
            "K6P",
            "battery 100, humidity 31.582, temperature -0.25, voltage 3.675",
        );
        says(
            "feaa:21010b0c0df540ff95fe69fc80",
            "KSensor",
            "acceleration_total 989.9, acceleration_x -107, acceleration_y -407, \
             acceleration_z -896, battery 100, temperature -10.75, voltage 3.085",
        );
        says(
            "feaa:21010f0e33f1a94e01002e000f03f7",
            "K9",
            "acceleration_total 1016.2, acceleration_x 46, acceleration_y 15, acceleration_z 1015, \
             battery 100, humidity 78.004, temperature -14.34, voltage 3.635",
        );
        refused("feaa:2101070e5bffc01f");
        refused("feaa:2102070e5bffc01f95");
    }
}
