//! Frames of real products with the keys that were published with them, and clear records.

use super::*;
use crate::ble::formats::transcript::{advert, line};
use crate::ble::{decode, decode_with};

#[track_caller]
fn says(key: &str, data: &str, model: &str, expected: &str) {
    let advert = advert(&format!("#02e1:{data}"));
    let key = key.parse().unwrap();
    let reading = decode(&advert, Some(&key)).unwrap();
    assert_eq!(line(&reading), expected);
    assert_eq!(reading.model, Some(model));
}

#[test]
fn the_sun_shines() {
    says(
        "adeccb947395801a4dd45a2eaa44bf17",
        "100242a0016207adceb37b605d7e0ee21b24df5c",
        "Solar charger",
        "battery_current 1.4, battery_voltage 13.88, charge_state absorption, charger_error 0, \
         load_current 0, solar_power 19, yield_today 0.03",
    );
}

#[test]
fn a_battery_is_half_full() {
    says(
        "aff4d0995b7d1e176c0c33ecb9e70dcd",
        "100289a302b040af925d09a4d89aa0128bdef48c6298a9",
        "Battery monitor",
        "alarm 0, battery 50, consumed_ah 50, current 0, voltage 12.53",
    );
    says(
        "0da694539597f9cf6c613cde60d7bf05",
        "1000a4a3025f150d8dcbff517f30eb65e76b22a04ac4e1",
        "Battery monitor",
        "alarm 0, temperature 22.5, voltage 12.22",
    );
}

#[test]
fn converters_and_chargers() {
    says(
        "64ba49f1a8562e45197a8e1fe50d7658",
        "1000c0a304121d64ca8d442b90bbdf6a8cba",
        "DC/DC converter",
        "charger_error 0, device_state off, input_voltage 13.15, off_reason 128",
    );
    says(
        "c129cf8f75c3fe5a1655b481e205fb7d",
        "100030a308f926c1b5170a0d2280335bf12d5ed083",
        "AC charger",
        "charge_state storage, charger_error 0, output_current_1 0.4, output_voltage_1 13.49, \
         temperature 21",
    );
    says(
        "fac570d66380b797a5b7543758be00e4",
        "1080b0a3093523fadedea38b1af8bcbde91ca8b6dbb60e",
        "Smart BatteryProtect",
        "alarm 0, charger_error 0, device_state active, input_voltage 13.07, off_reason 0, \
         output_state 1, output_voltage 13.07, warning 0",
    );
    says(
        "346c410e8c824dd723c0f5b13b9eabc8",
        "100043a40bf4e434af0e46c3b8eb68e08e616993f70c",
        "Multi RS",
        "ac_in_power 0, ac_input 2, ac_out_power 722, battery_current -12.8, battery_voltage 51.71, \
         charger_error 0, device_state inverting, solar_power 0, yield_today 5.32",
    );
    says(
        "da3f5fa2860cb1cf86ba7a6d1d16b9dd",
        "100380270c1252dad26f0b8eb39162074d140df410",
        "VE.Bus",
        "ac_in_power 1459, ac_input 0, ac_out_power 1046, alarm 0, battery_current 23.2, \
         battery_voltage 14.45, charger_error 0, device_state float, temperature 32",
    );
}

fn of_clear(id: u8, hex: &str) -> String {
    let clear = crate::ble::advert::from_hex(hex).unwrap();
    let mut reading = Reading::of("victron");
    records::put(&mut reading, records::find(id).unwrap(), &clear).unwrap();
    line(&reading)
}

#[test]
fn batteries_that_watch_themselves() {
    assert_eq!(
        of_clear(0x05, "000000060000c7e3f1f8ffffff2c35b5fa"),
        "balancer_state 3, battery_voltage 13.24, bms_flags 100663296, cell_voltage_1 3.31, \
         cell_voltage_2 3.31, cell_voltage_3 3.31, cell_voltage_4 3.31, error_flags 0, temperature 13"
    );
    assert_eq!(
        of_clear(0x0a, "0040388b0afaff951555148ccf0200ffb3"),
        "alarm 5205, battery 99.5, consumed_ah 4.4, current -0.6, error_flags 0, io_status 5525, \
         remaining_minutes 14400, voltage 26.99"
    );
}

#[test]
fn what_is_wired_to_the_second_input() {
    for (clear, expected) in [
        (
            "ffffe6040000feff010000000080fe0c",
            "midpoint_voltage 655.34",
        ),
        ("ffffe6040000feff000000000080feac", "starter_voltage -0.02"),
        ("ffffe6040000ffff020000000080fede", "temperature 382.2"),
    ] {
        assert!(of_clear(0x02, clear).contains(expected), "{expected}");
    }
}

#[test]
fn keys_are_checked() {
    let frame = advert("#02e1:100242a0016207adceb37b605d7e0ee21b24df5c");
    let fate = |key: Option<&str>| {
        let key = key.map(|text| text.parse().unwrap());
        decode(&frame, key.as_ref()).unwrap_err()
    };
    assert_eq!(fate(None), DecodeError::KeyMissing);
    assert_eq!(
        fate(Some("00eccb947395801a4dd45a2eaa44bf17")),
        DecodeError::KeyWrong
    );
    assert_eq!(fate(Some("adeccb947395801a4dd45a2e")), DecodeError::Token);
}

#[test]
fn a_count_is_news_once() {
    let frame = advert("#02e1:100242a0016207adceb37b605d7e0ee21b24df5c");
    let key = "adeccb947395801a4dd45a2eaa44bf17".parse().unwrap();
    let mut memory = crate::ble::Memory::default();
    let mut news = |second| {
        let now = Duration::from_secs(second);
        decode_with(&frame, Some(&key), &mut memory, now)
            .unwrap()
            .news
    };
    assert!(news(0));
    assert!(!news(1));
}
