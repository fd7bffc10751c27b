//! iBeacon (company 0x004C, type 0x02 of 21 bytes), and what some makers put into its numbers.
//!
//! ```text
//! 02 15 | uuid 16 | major u16be | minor u16be | power at 1 m i8 dBm
//! ```
//!
//! The products of [`PRODUCTS`] are told by their UUID. Cypress' solar beacons have a reading in
//! the minor number, under any UUID, so that it is given for every beacon in words of its own; who
//! has no such beacon leaves them out.

use nom::number::complete::{be_u16, be_u128, i8 as any_i8, u8 as any_u8};

use super::fields::take_field;
use super::{Claim, Format, Heard};
use crate::ble::{Beacon, DecodeError, Reading};

pub(super) static FORMAT: Format = Format {
    claims: &[Claim::Company(0x004c)],
    read,
};

/// What a product puts into its numbers.
#[derive(Clone, Copy)]
enum Content {
    /// Nothing.
    Identity,
    /// Battery in the last byte, where others have the power.
    BatteryForPower,
    /// Battery in the low byte of the major number.
    BatteryInMajor,
    /// Battery and whole degrees in the minor number.
    BatteryAndTemperature,
}

struct Product {
    uuid: u128,
    vendor: &'static str,
    model: &'static str,
    content: Content,
}

const fn product(
    uuid: u128,
    vendor: &'static str,
    model: &'static str,
    content: Content,
) -> Product {
    Product {
        uuid,
        vendor,
        model,
        content,
    }
}

static PRODUCTS: &[Product] = &[
    product(
        0xb5b1_82c7_eab1_4988_aa99_b5c1_5170_08d9,
        "April Brother",
        "ABTemp",
        Content::BatteryAndTemperature,
    ),
    product(
        0x655f_83ca_ae16_a10a_702e_31f3_0d58_dd82,
        "Leagend",
        "BM2",
        Content::BatteryForPower,
    ),
    product(
        0x3ba2_9cd9_a42c_8948_56ba_daf2_606e_f777,
        "Leagend",
        "BM6",
        Content::BatteryInMajor,
    ),
    product(
        // "Theengs-iBeacon1"
        0x5468_6565_6e67_732d_6942_6561_636f_6e31,
        "Theengs",
        "TheengsIB01",
        Content::Identity,
    ),
    product(
        0x5468_6565_6e67_732d_6942_6561_636f_6e32,
        "Theengs",
        "TheengsIB02",
        Content::Identity,
    ),
];

/// Who an iBeacon's data say it is; for products that are beacons besides.
pub(super) fn identity(data: &[u8]) -> Option<Beacon> {
    let mut rest = data.strip_prefix(&[0x02, 0x15])?;
    let data = &mut rest;
    Some(Beacon::IBeacon {
        uuid: take_field(data, "uuid", be_u128).ok()?,
        major: take_field(data, "major", be_u16).ok()?,
        minor: take_field(data, "minor", be_u16).ok()?,
    })
}

fn read(heard: &mut Heard<'_>) -> Result<Reading, DecodeError> {
    let [0x02, 0x15, rest @ ..] = heard.data else {
        return Err(DecodeError::Unknown);
    };
    let mut rest = rest;
    let data = &mut rest;
    let uuid = take_field(data, "uuid", be_u128)?;
    let major = take_field(data, "major", be_u16)?;
    let minor = take_field(data, "minor", be_u16)?;
    let last = take_field(data, "measured power", any_u8)?;
    let power = any_i8::<_, nom::error::Error<&[u8]>>([last].as_slice()).map_or(0, |(_, n)| n);

    let mut reading = Reading::of("ibeacon");
    reading.beacon = Some(Beacon::IBeacon { uuid, major, minor });
    reading.put("uuid", format!("{uuid:032x}"));
    reading.put("major", major);
    reading.put("minor", minor);
    let known = PRODUCTS.iter().find(|known| known.uuid == uuid);
    reading.vendor = known.map(|known| known.vendor);
    reading.model = known.map(|known| known.model);
    let [high, low] = minor.to_be_bytes();
    match known.map(|known| known.content) {
        Some(Content::BatteryForPower) => {
            reading.put("battery", last);
            return Ok(reading);
        }
        Some(Content::BatteryInMajor) => reading.put("battery", major.to_le_bytes()[0]),
        Some(Content::BatteryAndTemperature) => {
            reading.put("battery", high);
            reading.put("temperature", low);
        }
        Some(Content::Identity) => {}
        None => {
            let share = |byte: u8| f64::from(byte) / 256.0;
            reading.put("cypress_temperature", 175.72 * share(low) - 46.85);
            reading.put("cypress_humidity", 125.0 * share(high) - 6.0);
        }
    }
    reading.put("measured_power", power);
    Ok(reading)
}

#[cfg(test)]
mod tests {
    use crate::ble::Beacon;
    use crate::ble::formats::transcript::{line, read, refused, says};

    #[test]
    fn a_beacon_tells_who_it_is() {
        let reading = read("#004c:0215e2c56db5dffb48d2b060d0f5a71096e000640000c5").unwrap();
        assert_eq!(
            line(&reading),
            "cypress_humidity -6, cypress_temperature -46.85, major 100, measured_power -59, \
             minor 0, uuid e2c56db5dffb48d2b060d0f5a71096e0"
        );
        assert_eq!(
            reading.beacon,
            Some(Beacon::IBeacon {
                uuid: 0xe2c5_6db5_dffb_48d2_b060_d0f5_a710_96e0,
                major: 100,
                minor: 0,
            })
        );
    }

    #[test]
    fn some_put_a_reading_into_the_numbers() {
        says(
            "#004c:0215b5b182c7eab14988aa99b5c1517008d90001641ac5",
            "ABTemp",
            "battery 100, major 1, measured_power -59, minor 25626, temperature 26, \
             uuid b5b182c7eab14988aa99b5c1517008d9",
        );
        says(
            "#004c:0215655f83caae16a10a702e31f30d58dd82f441423144",
            "BM2",
            "battery 68, major 62529, minor 16945, uuid 655f83caae16a10a702e31f30d58dd82",
        );
        says(
            "#004c:02153ba29cd9a42c894856badaf2606ef777114d0000cd",
            "BM6",
            "battery 77, major 4429, measured_power -51, minor 0, \
             uuid 3ba29cd9a42c894856badaf2606ef777",
        );
    }

    #[test]
    fn what_else_apple_says_is_no_beacon() {
        refused("#004c:0f06a033bd08c5001002440c");
        refused("#004c:1005441cbd08c5");
        refused("#004c:0215e2c56db5dffb48d2b060d0f5a71096e000640000");
    }
}
