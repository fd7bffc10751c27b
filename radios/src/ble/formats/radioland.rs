//! Radioland RDL52832 beacons: an iBeacon with climate and acceleration in service data 0x1803 or
//! 0x0318.
//!
//! ```text
//! temperature i8.8 °C | humidity u8.8 % | 3 × ( negative u8 | g u8 | tenths u8 | hundredths u8 )
//! ```

use nom::number::complete::{be_i16, be_u16, u8 as any_u8};

use super::fields::take_field;
use super::layout::{exactly, product};
use super::{Claim, Format, Heard};
use crate::ble::{DecodeError, Reading};

pub(super) static FORMAT: Format = Format {
    claims: &[Claim::Service(0x1803), Claim::Service(0x0318)],
    read,
};

static AXES: [&str; 3] = ["acceleration_x", "acceleration_y", "acceleration_z"];

fn read(heard: &mut Heard<'_>) -> Result<Reading, DecodeError> {
    let mut data = exactly(heard.data, 16)?;
    let data = &mut data;
    let temperature = take_field(data, "temperature", be_i16)?;
    let humidity = take_field(data, "humidity", be_u16)?;
    let mut reading = product("radioland", "Radioland", "RDL52832");
    reading.put("temperature", f64::from(temperature) / 256.0);
    reading.put("humidity", f64::from(humidity) / 256.0);
    for axis in AXES {
        let (negative, g, tenths, hundredths) =
            take_field(data, axis, (any_u8, any_u8, any_u8, any_u8))?;
        if negative > 1 || tenths > 9 || hundredths > 9 {
            return Err(DecodeError::Invalid("acceleration"));
        }
        let mg = i32::from(g) * 1000 + i32::from(tenths) * 100 + i32::from(hundredths) * 10;
        reading.put(axis, if negative == 1 { -mg } else { mg });
    }
    Ok(reading)
}

#[cfg(test)]
mod tests {
    use crate::ble::formats::transcript::{refused, says};

    #[test]
    fn a_beacon_stands_on_its_side() {
        says(
            "name=RDL52832 1803:183a2f33010000020000000100000907 \
             #004c:0215fda50693a4e24fb1afcfc6eb07647825270f270fd8",
            "RDL52832",
            "acceleration_x -20, acceleration_y 10, acceleration_z 970, humidity 47.199, \
             temperature 24.227",
        );
        says(
            "0318:1a463d34000002000100090600000105",
            "RDL52832",
            "acceleration_x 200, acceleration_y -960, acceleration_z 150, humidity 61.203, \
             temperature 26.273",
        );
        refused("1803:183a2f33020000020000000100000907");
    }
}
