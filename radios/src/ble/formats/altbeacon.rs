//! `AltBeacon`, under any maker's company.
//!
//! ```text
//! be ac | uuid 16 | major u16be | minor u16be | power at 1 m i8 dBm | reserved 1
//! ```

use nom::number::complete::{be_u16, be_u128, i8 as any_i8};

use super::fields::take_field;
use super::{Claim, Format, Heard};
use crate::ble::{Advert, Beacon, DecodeError, Reading};

pub(super) static FORMAT: Format = Format {
    claims: &[Claim::Shape(looks_like_it)],
    read,
};

const LENGTH: usize = 24;
const START: [u8; 2] = [0xbe, 0xac];

fn is_one(data: &[u8]) -> bool {
    data.len() == LENGTH && data.starts_with(&START)
}

fn looks_like_it(advert: &Advert) -> bool {
    advert
        .manufacturer_data
        .iter()
        .any(|(_, data)| is_one(data))
}

fn read(heard: &mut Heard<'_>) -> Result<Reading, DecodeError> {
    if !is_one(heard.data) {
        return Err(DecodeError::Unknown);
    }
    let mut rest = heard.data.get(START.len()..).unwrap_or_default();
    let data = &mut rest;
    let uuid = take_field(data, "uuid", be_u128)?;
    let major = take_field(data, "major", be_u16)?;
    let minor = take_field(data, "minor", be_u16)?;
    let power = take_field(data, "measured power", any_i8)?;
    let mut reading = Reading::of("altbeacon");
    reading.beacon = Some(Beacon::AltBeacon { uuid, major, minor });
    reading.put("uuid", format!("{uuid:032x}"));
    reading.put("major", major);
    reading.put("minor", minor);
    reading.put("measured_power", power);
    Ok(reading)
}

#[cfg(test)]
mod tests {
    use crate::ble::Beacon;
    use crate::ble::formats::transcript::{line, read, refused};

    #[test]
    fn a_beacon_of_no_company() {
        let reading = read("#ffff:beacd3162f5af3ee494799db09756062d0fc005a0005c400").unwrap();
        assert_eq!(
            line(&reading),
            "major 90, measured_power -60, minor 5, uuid d3162f5af3ee494799db09756062d0fc"
        );
        assert_eq!(
            reading.beacon,
            Some(Beacon::AltBeacon {
                uuid: 0xd316_2f5a_f3ee_4947_99db_0975_6062_d0fc,
                major: 90,
                minor: 5,
            })
        );
        refused("#ffff:beacd3162f5af3ee494799db09756062d0fc005a0005c4");
    }
}
