//! AD structures: an advertisement as it is on the air.
//!
//! ```text
//! repeated: length u8 (of what follows) | kind u8 | content
//! ```
//!
//! The contract: what can be read before a structure that is cut off is kept, the rest is not; a
//! zero length ends the advert, as the radio pads it.

use nom::bytes::complete::take;
use nom::multi::{length_data, many0};
use nom::number::complete::{le_u8, le_u16, le_u32, le_u128};
use nom::{IResult, Parser};

use super::{Advert, ServiceUuid};

/// Kinds of AD structures (assigned numbers, section 2.3).
mod kind {
    pub(super) const SOME_16: u8 = 0x02;
    pub(super) const ALL_16: u8 = 0x03;
    pub(super) const SOME_32: u8 = 0x04;
    pub(super) const ALL_32: u8 = 0x05;
    pub(super) const SOME_128: u8 = 0x06;
    pub(super) const ALL_128: u8 = 0x07;
    pub(super) const SHORT_NAME: u8 = 0x08;
    pub(super) const NAME: u8 = 0x09;
    pub(super) const TX_POWER: u8 = 0x0a;
    pub(super) const DATA_16: u8 = 0x16;
    pub(super) const DATA_32: u8 = 0x20;
    pub(super) const DATA_128: u8 = 0x21;
    pub(super) const MAKER: u8 = 0xff;
}

/// Adds what the AD structures in `bytes` say to `advert`.
pub fn read(bytes: &[u8], advert: &mut Advert) {
    let mut rest = bytes;
    while let Ok((after, content)) = structure(rest) {
        rest = after;
        let Some((kind, data)) = content.split_first() else {
            break;
        };
        // A structure too short for its kind says nothing.
        let _ = add(*kind, data, advert);
    }
}

fn structure(input: &[u8]) -> IResult<&[u8], &[u8]> {
    length_data(le_u8).parse(input)
}

const fn wide(short: u32) -> ServiceUuid {
    ServiceUuid(ServiceUuid::of(0).0 | (short as u128) << 96)
}

fn add<'a>(kind: u8, data: &'a [u8], advert: &mut Advert) -> IResult<&'a [u8], ()> {
    match kind {
        kind::SOME_16 | kind::ALL_16 => {
            let (_, uuids) = many0(le_u16).parse(data)?;
            advert
                .services
                .extend(uuids.into_iter().map(ServiceUuid::of));
        }
        kind::SOME_32 | kind::ALL_32 => {
            let (_, uuids) = many0(le_u32).parse(data)?;
            advert.services.extend(uuids.into_iter().map(wide));
        }
        kind::SOME_128 | kind::ALL_128 => {
            let (_, uuids) = many0(le_u128).parse(data)?;
            advert.services.extend(uuids.into_iter().map(ServiceUuid));
        }
        kind::NAME => advert.name = Some(String::from_utf8_lossy(data).into_owned()),
        kind::SHORT_NAME if advert.name.is_none() => {
            advert.name = Some(String::from_utf8_lossy(data).into_owned());
        }
        kind::TX_POWER => {
            let (_, power) = nom::number::complete::i8(data)?;
            advert.tx_power = Some(power.into());
        }
        kind::DATA_16 => {
            let (data, uuid) = le_u16(data)?;
            advert.service_data.push((uuid.into(), data.to_vec()));
        }
        kind::DATA_32 => {
            let (data, uuid) = le_u32(data)?;
            advert.service_data.push((wide(uuid), data.to_vec()));
        }
        kind::DATA_128 => {
            let (data, uuid) = le_u128(data)?;
            advert.service_data.push((ServiceUuid(uuid), data.to_vec()));
        }
        kind::MAKER => {
            let (data, company) = le_u16(data)?;
            advert.manufacturer_data.push((company, data.to_vec()));
        }
        _ => {}
    }
    take(0usize)(data).map(|(rest, _)| (rest, ()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ble::advert::from_hex;

    fn heard(hex: &str) -> Advert {
        let mut advert = Advert::default();
        read(&from_hex(&hex.replace(' ', "")).unwrap(), &mut advert);
        advert
    }

    #[test]
    fn each_kind_has_its_place() {
        let advert = heard("020106 0302f0ff 0409747073 020afc 0516aafe2000 0aff980800000007bc0008");
        assert_eq!(advert.services, [ServiceUuid::of(0xfff0)]);
        assert_eq!(advert.name.as_deref(), Some("tps"));
        assert_eq!(advert.tx_power, Some(-4));
        assert_eq!(advert.service_data, [(0xfeaa.into(), vec![0x20, 0])]);
        assert_eq!(
            advert.manufacturer_data,
            [(0x0898, vec![0, 0, 0, 7, 0xbc, 0, 8])]
        );
    }

    #[test]
    fn the_whole_name_beats_the_short_one_in_any_order() {
        assert_eq!(heard("03086162 0409616263").name.as_deref(), Some("abc"));
        assert_eq!(heard("0409616263 03086162").name.as_deref(), Some("abc"));
    }

    #[test]
    fn a_maker_may_speak_twice() {
        let advert = heard("05ff5707122e04ff5707f1");
        let makers: Vec<_> = advert.manufacturer_data.iter().map(|(id, _)| *id).collect();
        assert_eq!(makers, [0x0757, 0x0757]);
    }

    #[test]
    fn long_uuids_are_read_whole() {
        let advert = heard("1107b00a09ecd79db893ba42d611000009ef");
        assert_eq!(
            advert.services,
            ["ef090000-11d6-42ba-93b8-9dd7ec090ab0".parse().unwrap()]
        );
    }

    #[test]
    fn a_cut_structure_and_what_follows_a_zero_is_not_read() {
        assert_eq!(heard("0409746070ff").name.as_deref(), Some("t`p"));
        assert_eq!(heard("040974"), Advert::default());
        assert_eq!(heard("0003ff5707"), Advert::default());
        assert_eq!(heard("02ff57"), Advert::default());
    }
}
