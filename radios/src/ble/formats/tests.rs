//! Which format is asked about which advert.

use super::*;
use crate::Mac;
use crate::ble::ServiceUuid;

fn says(what: &'static str) -> Result<Reading, DecodeError> {
    let mut reading = Reading::of(what);
    reading.put("battery", 1u8);
    Ok(reading)
}

static BY_SERVICE: Format = Format {
    claims: &[Claim::Service(0xfcd2), Claim::LongService(7)],
    read: |heard| match heard.data {
        [] => Err(DecodeError::Unknown),
        [1] => Err(DecodeError::KeyMissing),
        _ => says("service"),
    },
};
static BY_COMPANY: Format = Format {
    claims: &[Claim::Company(0x0499)],
    read: |heard| {
        assert_eq!(heard.id, 0x0499);
        says("company")
    },
};
static EMPTY: Format = Format {
    claims: &[Claim::Company(0x0500)],
    read: |heard| match heard.data {
        [] => Err(DecodeError::Checksum),
        _ => Ok(Reading::of("empty")),
    },
};
static BY_NAME: Format = Format {
    claims: &[Claim::Name("sps"), Claim::Name("tps")],
    read: |heard| match heard.id {
        0x0499 => Err(DecodeError::Unknown),
        _ => says("name"),
    },
};
static BY_SHAPE: Format = Format {
    claims: &[Claim::Shape(|advert| advert.manufacturer_data.len() == 3)],
    read: |_| says("shape"),
};

fn asked(advert: &Advert) -> Result<&'static str, DecodeError> {
    static TABLE: &[&Format] = &[&EMPTY, &BY_SERVICE, &BY_NAME, &BY_COMPANY, &BY_SHAPE];
    let index = Index::of(TABLE);
    read_with(
        TABLE,
        &index,
        advert,
        None,
        &mut Memory::default(),
        Duration::ZERO,
    )
    .map(|reading| reading.format)
}

fn advert(services: &[(u128, &[u8])], companies: &[u16], name: Option<&str>) -> Advert {
    Advert {
        address: Mac([1, 2, 3, 4, 5, 6]),
        name: name.map(str::to_owned),
        service_data: services
            .iter()
            .map(|(uuid, data)| (ServiceUuid(*uuid), data.to_vec()))
            .collect(),
        manufacturer_data: companies.iter().map(|id| (*id, vec![9])).collect(),
        ..Advert::default()
    }
}

const FCD2: u128 = ServiceUuid::of(0xfcd2).0;

#[test]
fn each_claim_leads_to_its_format() {
    assert_eq!(asked(&advert(&[(FCD2, &[2])], &[], None)), Ok("service"));
    assert_eq!(asked(&advert(&[(7, &[2])], &[], None)), Ok("service"));
    assert_eq!(asked(&advert(&[], &[0x0499], None)), Ok("company"));
    assert_eq!(asked(&advert(&[], &[], Some("tps"))), Ok("name"));
    assert_eq!(asked(&advert(&[], &[1, 2, 3], None)), Ok("shape"));
    assert_eq!(
        asked(&advert(&[(8, &[2])], &[1], Some("other"))),
        Err(DecodeError::Unknown)
    );
}

#[test]
fn the_first_of_the_table_that_can_read_it_wins() {
    let both = advert(&[(FCD2, &[2])], &[0x0499], None);
    assert_eq!(asked(&both), Ok("service"));
    let not_its_own = advert(&[(FCD2, &[])], &[0x0499], Some("sps"));
    assert_eq!(asked(&not_its_own), Ok("company"));
    // The company number may be part of what a named one says: any is offered to it.
    let other = advert(&[], &[0x0499, 0x0501], Some("sps"));
    assert_eq!(asked(&other), Ok("name"));
}

#[test]
fn an_error_is_told_only_when_nothing_can_be_read() {
    assert_eq!(
        asked(&advert(&[(FCD2, &[1])], &[], None)),
        Err(DecodeError::KeyMissing)
    );
    assert_eq!(
        asked(&advert(&[(FCD2, &[1])], &[0x0499], None)),
        Ok("company")
    );
}

#[test]
fn what_a_key_would_open_is_told_before_anything_that_is_empty() {
    assert_eq!(asked(&advert(&[], &[0x0500], None)), Ok("empty"));
    assert_eq!(asked(&advert(&[(FCD2, &[])], &[0x0500], None)), Ok("empty"));
    assert_eq!(
        asked(&advert(&[(FCD2, &[1])], &[0x0500], None)),
        Err(DecodeError::KeyMissing)
    );
}

#[test]
fn a_crowded_advert_asks_a_bounded_number() {
    let crowded = advert(&[], &[0x0499; 300], Some("sps"));
    assert_eq!(asked(&crowded), Ok("company"));
}

/// An advert with one maker's data, in hexadecimal.
pub(super) fn maker(company: u16, hex: &str) -> Advert {
    let data = crate::ble::advert::from_hex(hex).unwrap();
    Advert {
        manufacturer_data: vec![(company, data)],
        ..Advert::default()
    }
}

/// The same, with a name.
pub(super) fn named(name: &str, company: u16, hex: &str) -> Advert {
    Advert {
        name: Some(name.into()),
        ..maker(company, hex)
    }
}

/// An advert with service data.
pub(super) fn service(uuid: u16, hex: &str) -> Advert {
    let data = crate::ble::advert::from_hex(hex).unwrap();
    Advert {
        service_data: vec![(uuid.into(), data)],
        ..Advert::default()
    }
}

/// What a reading says of a property; `Null` if nothing.
pub(super) fn change(reading: &Reading, property: &str) -> crate::Value {
    reading
        .changes
        .iter()
        .find(|(name, _)| name == property)
        .map_or(crate::Value::Null, |(_, value)| value.clone())
}

/// All of it as `name=value`, in the reading's order.
pub(super) fn said(advert: &Advert) -> Result<String, DecodeError> {
    let reading = crate::ble::decode(advert, None)?;
    let words: Vec<String> = reading
        .changes
        .iter()
        .map(|(name, value)| format!("{name}={}", serde_json::json!(value)))
        .collect();
    Ok(words.join(" "))
}
