//! Frames of the format's own documentation and of published decoders' tests.

use super::*;
use crate::Value;
use crate::ble::{Advert, BindKey, Memory, decode_with};

const KEY: &str = "231d39c1d7cc1ab1aee224cd096db932";

struct Ear {
    memory: Memory,
    key: Option<BindKey>,
    now: Duration,
}

impl Ear {
    fn new(key: Option<&str>) -> Self {
        Self {
            memory: Memory::default(),
            key: key.map(|k| k.parse().unwrap()),
            now: Duration::from_secs(100),
        }
    }

    fn hear(&mut self, service: u16, data: &str) -> Result<Reading, DecodeError> {
        let advert = Advert {
            address: "54:48:E6:8F:80:A5".parse().unwrap(),
            service_data: vec![(service.into(), crate::ble::advert::from_hex(data).unwrap())],
            ..Advert::default()
        };
        decode_with(&advert, self.key.as_ref(), &mut self.memory, self.now)
    }
}

fn say(service: u16, data: &str) -> Vec<(String, Value)> {
    let said = Ear::new(None).hear(service, data).unwrap().changes;
    said.into_iter().map(|(p, v)| (p.into_owned(), v)).collect()
}

fn is(property: &str, value: impl Into<Value>) -> (String, Value) {
    (property.to_owned(), value.into())
}

#[test]
fn a_thermometer_of_either_version() {
    assert_eq!(
        say(V2, "4002ca0903bf13"),
        [is("temperature", 25.06), is("humidity", 50.55)]
    );
    assert_eq!(
        say(V1_PLAIN, "23025d090303b71802015d"),
        [
            is("temperature", 23.97),
            is("humidity", 63.27),
            is("battery", 93u8)
        ]
    );
}

#[test]
fn several_of_a_kind_are_numbered() {
    assert_eq!(
        say(V2, "4002ca0945110110 01".replace(' ', "").as_str()),
        [
            is("temperature_1", 25.06),
            is("temperature_2", 27.3),
            is("power", true)
        ]
    );
    // The first of two buttons was not pressed; it keeps its number.
    assert_eq!(
        say(V2, "443a003a02"),
        [is("action", "button_2_double_press")]
    );
    assert_eq!(
        say(V2, "403c0203"),
        [is("action", "dimmer_rotate_right"), is("steps", 3u8)]
    );
}

#[test]
fn texts_commands_and_versions() {
    assert_eq!(say(V2, "445302c3a4"), [is("text", "ä")]);
    assert_eq!(say(V2, "4454020a0b"), [is("raw", "0a0b")]);
    assert_eq!(
        say(V2, "443b010364"),
        [is("action", "command_step_up"), is("args", "64")]
    );
    let reading = Ear::new(None).hear(V2, "40f100010204").unwrap();
    assert_eq!(reading.firmware.as_deref(), Some("4.2.1.0"));
    assert_eq!(reading.changes, []);
}

#[test]
fn an_unknown_object_ends_the_frame() {
    assert_eq!(say(V2, "40015dfe5d0903b718"), [is("battery", 93u8)]);
    assert_eq!(
        Ear::new(None).hear(V2, "4003bf"),
        Err(DecodeError::Truncated("object"))
    );
}

#[test]
fn a_packet_is_news_once() {
    let mut ear = Ear::new(None);
    let mut news = |after: u64, data: &str| {
        ear.now += Duration::from_secs(after);
        ear.hear(V2, data).unwrap().news
    };
    assert!(news(0, "4400093a01"));
    assert!(!news(1, "4400093a01"));
    assert!(!news(1, "4400083a01"), "an older one");
    assert!(news(1, "44000a3a01"));
    assert!(!news(1, "44004a3a01"), "64 ahead is behind");
    assert!(news(5, "44000a3a01"), "the same id after a while");
}

#[test]
fn encrypted_frames_open_and_their_counters_rise() {
    let first = "41a47266c95f730011223378237214";
    let mut ear = Ear::new(Some(KEY));
    let reading = ear.hear(V2, first).unwrap();
    assert!(reading.news);
    assert_eq!(
        reading.changes,
        vec![
            ("temperature".into(), 25.06.into()),
            ("humidity".into(), 50.55.into())
        ]
    );
    assert!(!ear.hear(V2, first).unwrap().news);
    ear.memory.keep(COUNTER, u32::MAX, ear.now);
    assert_eq!(
        ear.hear(V2, first),
        Err(DecodeError::Invalid("counter, which went back"))
    );
    assert_eq!(Ear::new(None).hear(V2, first), Err(DecodeError::KeyMissing));
    assert_eq!(
        Ear::new(Some("331d39c1d7cc1ab1aee224cd096db932")).hear(V2, first),
        Err(DecodeError::KeyWrong)
    );
    assert_eq!(
        Ear::new(Some(KEY)).hear(V2, "4004138a01"),
        Err(DecodeError::NotEncrypted)
    );
    assert_eq!(
        Ear::new(Some(KEY))
            .hear(V1_ENCRYPTED, "fba435e4d3c312fb0011223357d90a99")
            .unwrap()
            .changes,
        reading.changes
    );
}

proptest::proptest! {
    #[test]
    fn nothing_panics(data in proptest::collection::vec(proptest::num::u8::ANY, 0..60), one in proptest::bool::ANY, info in 0x40u8..0x48) {
        let service = if one { V1_PLAIN } else { V2 };
        let hex = crate::ble::advert::to_hex(&data);
        let hex = if one { hex } else { format!("{info:02x}{hex}") };
        let _ = Ear::new(None).hear(service, &hex);
    }
}
