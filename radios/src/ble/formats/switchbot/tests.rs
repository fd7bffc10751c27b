//! Adverts as they were on the air.

use super::super::tests::{maker, said, service};
use super::*;
use crate::ble::{Memory, decode_with};
use std::time::Duration;

fn both(of_service: &str, of_maker: &str) -> Advert {
    Advert {
        service_data: service(SERVICE, of_service).service_data,
        ..maker(COMPANY, of_maker)
    }
}

fn says(advert: &Advert) -> String {
    said(advert).unwrap_or_else(|error| error.to_string())
}

#[test]
fn meters_with_and_without_the_makers_data() {
    let old = service(OLD_SERVICE, "54006400990e");
    assert_eq!(says(&old), "temperature=25 humidity=14 battery=100");
    let oldest = Advert {
        service_data: vec![(ServiceUuid(LONG_SERVICE), old.service_data[0].1.clone())],
        ..Advert::default()
    };
    assert_eq!(says(&oldest), says(&old));
    let cold = both("6900ba031938", "c4f92675df22dc030096a9");
    assert_eq!(says(&cold), "temperature=-25.3 humidity=56 battery=58");
    let outdoors = both("770058", "c4f92675df22dc030096a9");
    assert_eq!(says(&outdoors), "temperature=22 humidity=41 battery=88");
}

#[test]
fn a_meter_that_has_not_measured_says_nothing() {
    assert_eq!(says(&service(SERVICE, "540000000000")), "");
}

#[test]
fn a_curtain_counts_what_is_open() {
    let curtain = both("63c058001104", "e7ab46ac8f927c0f001104");
    assert_eq!(
        says(&curtain),
        "position=100 moving=false light_level=1 battery=88"
    );
}

#[test]
fn the_model_is_remembered_where_a_frame_does_not_tell_it() {
    let mut memory = Memory::default();
    let mut hear = |advert: &Advert| decode_with(advert, None, &mut memory, Duration::ZERO);
    let alone = maker(COMPANY, "e7ab46ac8f927c0f001104");
    assert!(hear(&alone).is_err());
    assert!(hear(&service(SERVICE, "63c058001104")).is_ok());
    let reading = hear(&alone).unwrap();
    assert_eq!(reading.model, Some("Curtain"));
    assert_eq!(reading.changes.len(), 3);
}

#[test]
fn cut_frames_say_less_and_others_nothing() {
    assert_eq!(said(&service(SERVICE, "5400")).as_deref(), Ok(""));
    assert!(said(&service(SERVICE, "")).is_err());
    assert!(said(&service(SERVICE, "0100")).is_err());
}
