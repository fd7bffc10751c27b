//! Transcripts: adverts and commands in, events and outcomes out, on a virtual clock.

use super::*;

const SHUT: &str = "A4:C1:38:02:83:F4";
const KEY: &str = "e9ea895fac7cca6d30532432a516f3a8";
const OTHER_KEY: &str = "00112233445566778899aabbccddeeff";
const PLAIN: &str = "A4:C1:38:B4:94:4C";

fn json(text: &str) -> Advert {
    Advert::from_json(text).unwrap()
}

/// A thermometer that says 46 % to whoever has its key.
fn shut() -> Advert {
    json(
        r#"{"address":"A4:C1:38:02:83:F4","rssi":-60,"local_name":"LYWSD03MMC","service_data":{"fe95":"58585b0550f4830238c1a495ef58763c26000097e2abb5"}}"#,
    )
}

/// Another one that says 27.2 °C and 49 % to everybody, in its frame `counter`.
fn plain(counter: u8) -> Advert {
    json(&format!(
        r#"{{"address":"{PLAIN}","rssi":-70,"service_data":{{"fe95":"50305b04{counter:02x}4c94b438c1a40d10041001ea01"}}}}"#
    ))
}

fn id(text: &str) -> DeviceId {
    text.parse().unwrap()
}

fn at(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

fn household(config: BleConfig) -> Household {
    Household::new(config).0
}

fn listing(address: &str) -> BleConfig {
    BleConfig {
        listed: vec![address.parse().unwrap()],
        ..BleConfig::default()
    }
}

fn adopt(
    home: &mut Household,
    address: &str,
    key: Option<&str>,
    now: u64,
) -> (Vec<Event>, Outcome) {
    let command = Command::Adopt {
        token: 1,
        id: id(address),
        key: key.map(|key| KeyText(key.to_owned())),
    };
    home.obey(command, at(now))
}

fn open(home: &mut Household, seconds: u8, now: u64) {
    let command = Command::PermitJoin {
        token: 1,
        seconds,
        through: None,
    };
    assert!(home.obey(command, at(now)).1.is_ok());
}

/// Events in short: `joined`, `record`, `ready`, and what changed.
fn told(events: &[Event]) -> Vec<String> {
    events
        .iter()
        .map(|event| match event {
            Event::Joined { .. } => "joined".to_owned(),
            Event::Device(_) => "record".to_owned(),
            Event::Interview { .. } => "ready".to_owned(),
            Event::Left { .. } => "left".to_owned(),
            Event::Changed { changes, .. } => changes
                .iter()
                .map(|(name, value)| format!("{name}={}", serde_json::json!(value)))
                .collect::<Vec<_>>()
                .join(" "),
            other => format!("{other:?}"),
        })
        .collect()
}

fn status(outcome: &Outcome) -> String {
    match outcome {
        Ok(changes) => changes
            .iter()
            .find(|(name, _)| name == "key_status")
            .map_or_else(String::new, |(_, v)| v.as_str().unwrap().to_owned()),
        Err(error) => error.to_string(),
    }
}

fn nearby(home: &mut Household, now: u64) -> Vec<Value> {
    let (_, outcome) = home.obey(Command::Nearby { token: 9 }, at(now));
    match outcome.unwrap().remove(0) {
        (_, Value::List(list)) => list,
        other => panic!("{other:?}"),
    }
}

#[test]
fn strangers_are_nearby_and_no_devices() {
    let mut home = household(BleConfig::default());
    assert!(home.heard(&plain(3), at(1)).is_empty());
    assert!(home.heard(&shut(), at(2)).is_empty());
    let list = nearby(&mut home, 3);
    let shown = |at: usize, key: &str| serde_json::json!(list[at].get(key)).to_string();
    assert_eq!(list.len(), 2);
    assert_eq!(shown(0, "address"), r#""0xa4c138b4944c""#);
    assert_eq!(shown(0, "values"), r#"{"humidity":49,"temperature":27.2}"#);
    assert_eq!(shown(0, "needs_key"), "false");
    assert_eq!(shown(1, "model"), r#""LYWSD03MMC""#);
    assert_eq!(shown(1, "needs_key"), "true");
    assert_eq!(shown(1, "rssi"), "-60");
    assert_eq!(shown(1, "seconds_ago"), "1");
    assert_eq!(nearby(&mut home, 700).len(), 0, "long gone");
}

#[test]
fn one_that_is_listed_joins_when_it_is_heard() {
    let mut home = household(listing(PLAIN));
    let events = told(&home.heard(&plain(3), at(1)));
    assert_eq!(events[..3], ["joined", "record", "ready"]);
    assert!(
        events.last().unwrap().contains("temperature="),
        "{events:?}"
    );
    assert!(home.heard(&plain(3), at(2)).is_empty(), "the same again");
    let alive = told(&home.heard(&plain(3), at(70)));
    assert!(alive[0].ends_with("rssi=-70"), "{alive:?}");
}

#[test]
fn joining_takes_up_what_can_be_read_while_it_is_open() {
    let mut home = household(BleConfig::default());
    home.heard(&plain(3), at(1));
    open(&mut home, 60, 2);
    // The frame was heard before: it still says what the temperature is.
    let events = told(&home.heard(&plain(3), at(3)));
    assert_eq!(events[..3], ["joined", "record", "ready"]);
    assert!(
        events.last().unwrap().contains("temperature="),
        "{events:?}"
    );
    assert!(home.heard(&shut(), at(4)).is_empty(), "it needs its key");
    assert_eq!(home.deadline(), Some(at(62)));
    home.tick(at(62));
    assert_eq!(home.deadline(), None);
    assert!(!home.concerns(&shut()));
}

#[test]
fn a_key_is_judged_by_the_advert_that_was_heard() {
    let mut home = household(BleConfig::default());
    home.heard(&shut(), at(1));
    let (events, outcome) = adopt(&mut home, SHUT, Some(OTHER_KEY), 4);
    assert!(events.is_empty());
    assert_eq!(
        status(&outcome),
        "`key`: the key is wrong: it does not open the advert that was heard 3 s ago"
    );
    let (_, outcome) = adopt(&mut home, SHUT, Some("e9ea895fac7cca6d30532432"), 4);
    assert!(status(&outcome).contains("token"), "{outcome:?}");
    let (_, outcome) = adopt(&mut home, SHUT, Some("12"), 4);
    assert!(status(&outcome).contains("32 hexadecimal digits"));
    let (events, outcome) = adopt(&mut home, SHUT, Some(KEY), 5);
    assert_eq!(status(&outcome), "right");
    let events = told(&events);
    assert_eq!(events[..3], ["joined", "record", "ready"]);
    assert!(
        events
            .last()
            .unwrap()
            .contains("humidity=46 key_status=\"right\""),
        "{events:?}"
    );
}

#[test]
fn a_key_for_one_not_heard_yet_is_kept_and_checked() {
    let mut home = household(BleConfig::default());
    let (events, outcome) = adopt(&mut home, SHUT, Some(OTHER_KEY), 1);
    assert_eq!(status(&outcome), "unchecked");
    assert_eq!(told(&events).last().unwrap(), "key_status=\"unchecked\"");
    // One frame may be damaged; two are not.
    assert!(
        !told(&home.heard(&shut(), at(2)))
            .join(" ")
            .contains("wrong")
    );
    let events = told(&home.heard(&shut(), at(3)));
    assert!(events[0].starts_with("key_status=\"wrong\""), "{events:?}");
    assert!(home.heard(&shut(), at(4)).is_empty(), "said once");
    // Another key, and at once what it opens.
    let bind = Command::BindKey {
        token: 2,
        id: id(SHUT),
        key: Some(KeyText(KEY.to_owned())),
    };
    let (events, outcome) = home.obey(bind, at(5));
    assert_eq!(status(&outcome), "right");
    let events = told(&events);
    assert!(
        events.last().unwrap().starts_with("humidity=46 key_status"),
        "{events:?}"
    );
}

#[test]
fn a_key_that_opened_is_not_called_wrong_for_a_frame_of_another_kind() {
    let mut home = household(BleConfig {
        keys: vec![(SHUT.parse().unwrap(), KEY.parse().unwrap())],
        ..BleConfig::default()
    });
    let events = told(&home.heard(&shut(), at(1)));
    assert!(
        events.last().unwrap().contains("key_status=\"right\""),
        "{events:?}"
    );
    // The same with its last byte, part of the tag, changed.
    let mut damaged = shut();
    for (_, data) in &mut damaged.service_data {
        *data.last_mut().unwrap() ^= 1;
    }
    for second in 2..100 {
        for line in told(&home.heard(&damaged, at(second))) {
            assert!(!line.contains("key_status"), "{second}: {line}");
        }
    }
    let events: Vec<String> = (121..130)
        .flat_map(|second| told(&home.heard(&damaged, at(second))))
        .collect();
    let wrong = events
        .iter()
        .filter(|line| line.contains("key_status=\"wrong\""));
    assert_eq!(wrong.count(), 1, "{events:?}");
}

#[test]
fn one_whose_key_is_missing_is_shown_with_the_reason() {
    let mut home = household(listing(SHUT));
    let events = told(&home.heard(&shut(), at(1)));
    assert_eq!(
        events,
        [
            "joined",
            "record",
            "ready",
            "key_status=\"missing\" rssi=-60"
        ]
    );
    let (_, outcome) = home.obey(
        Command::BindKey {
            token: 2,
            id: id(PLAIN),
            key: Some(KeyText(KEY.to_owned())),
        },
        at(2),
    );
    assert_eq!(status(&outcome), "unchecked");
}

#[test]
fn a_key_that_is_not_needed_is_called_so() {
    let mut home = household(BleConfig::default());
    home.heard(&plain(3), at(1));
    let (_, outcome) = adopt(&mut home, PLAIN, Some(KEY), 2);
    assert_eq!(status(&outcome), "not_needed");
}

#[test]
fn changing_addresses_never_fill_the_home() {
    let config = BleConfig {
        adopt: Adopt::Nearby,
        ..BleConfig::default()
    };
    let mut home = household(config);
    for number in 0..5000u32 {
        let [_, a, b, c] = number.to_be_bytes();
        let mut advert = plain(3);
        advert.address = Mac([0x40, 0, 0, a, b, c]);
        advert.random = true;
        advert.service_data = vec![(
            super::super::ServiceUuid::from(0xfcd2),
            vec![0x40, 0x02, 0xca, 0x09],
        )];
        assert!(home.heard(&advert, at(1)).is_empty());
    }
    assert!(home.devices.is_empty());
    assert_eq!(home.nearby.len(), super::super::nearby::MOST);
    // The crowd does not hide a sensor.
    assert_eq!(told(&home.heard(&plain(3), at(2)))[0], "joined");
}

#[test]
fn a_crowd_of_strangers_is_bounded_and_the_sensor_stays() {
    let mut home = household(BleConfig::default());
    home.heard(&plain(3), at(0));
    for number in 0..1000u32 {
        let [_, a, b, c] = number.to_be_bytes();
        let advert = Advert {
            address: Mac([0x40, 0, 0, a, b, c]),
            random: true,
            rssi: Some(-40),
            manufacturer_data: vec![(0x004c, vec![0x10, 5])],
            ..Advert::default()
        };
        home.heard(&advert, at(1));
    }
    let list = nearby(&mut home, 2);
    assert_eq!(list.len(), super::super::nearby::MOST);
    assert_eq!(
        list[0].get("address").and_then(Value::as_str),
        Some("0xa4c138b4944c")
    );
}

#[test]
fn what_was_told_is_remembered_in_the_record() {
    let mut home = household(listing(PLAIN));
    let events = home.heard(&plain(3), at(1));
    let record = events
        .iter()
        .rev()
        .find_map(|event| match event {
            Event::Device(record) => Some(record.clone()),
            _ => None,
        })
        .unwrap();
    let ble = record.ble.unwrap();
    assert_eq!(ble.properties, ["temperature", "humidity"]);
    assert_eq!(ble.format.as_deref(), Some("mibeacon"));
}

#[test]
fn values_are_held_back_as_the_rules_say() {
    let mut home = household(BleConfig {
        rules: Rules {
            minimum: super::super::PerProperty {
                all: 30,
                single: Vec::new(),
            },
            ..Rules::default()
        },
        ..listing(PLAIN)
    });
    home.heard(&plain(3), at(1));
    assert!(home.heard(&plain(4), at(2)).is_empty());
    assert_eq!(home.deadline(), Some(at(31)));
    let events = told(&home.tick(at(31)));
    assert!(events[0].starts_with("temperature="), "{events:?}");
    assert_eq!(home.deadline(), None);
}

#[test]
fn a_tracker_is_heard_under_any_address() {
    let irk: super::super::Irk = "ec0234a357c8ad05341010a60a397d9b".parse().unwrap();
    let phone = TrackerConfig {
        name: "Anna's phone".to_owned(),
        identities: vec![super::super::Identity::Irk(Box::new(irk))],
    };
    let tracker = phone.id();
    let (mut home, begin) = Household::new(BleConfig {
        trackers: vec![phone],
        ..BleConfig::default()
    });
    assert_eq!(told(&begin), ["record"]);
    let mut advert = Advert {
        address: "70:81:94:0D:FB:AA".parse().unwrap(),
        random: true,
        rssi: Some(-55),
        ..Advert::default()
    };
    let events = home.heard(&advert, at(1));
    assert_eq!(
        events,
        [Event::Changed {
            id: tracker.into(),
            changes: vec![("rssi".into(), (-55.0).into())],
            linkquality: None
        }]
    );
    assert!(home.heard(&advert, at(2)).is_empty(), "not every advert");
    advert.address = "70:81:95:0D:FB:AA".parse().unwrap();
    assert!(home.heard(&advert, at(20)).is_empty(), "somebody else's");
    let (_, outcome) = adopt(&mut home, "70:81:95:0D:FB:AA", None, 21);
    assert!(status(&outcome).contains("tracker"), "{outcome:?}");
}

#[test]
fn sensors_cannot_be_set_and_unknown_ones_not_removed() {
    let mut home = household(listing(PLAIN));
    let set = Command::Set {
        token: 9,
        id: id(PLAIN),
        endpoint: None,
        values: vec![("state".into(), "ON".into())],
    };
    let (_, outcome) = home.obey(set, at(1));
    assert!(matches!(outcome, Err(CommandError::Unsupported { .. })));
    let remove = |address: &str| Command::Remove {
        token: 10,
        id: id(address),
        force: false,
    };
    assert!(home.obey(remove(SHUT), at(1)).1.is_err());
    assert_eq!(told(&home.obey(remove(PLAIN), at(1)).0), ["left"]);
    assert!(home.heard(&plain(3), at(2)).is_empty());
}

#[test]
fn two_buttons_in_one_frame_are_two_presses() {
    let mut home = household(listing(PLAIN));
    let buttons = json(&format!(
        r#"{{"address":"{PLAIN}","service_data":{{"fcd2":"4401643a013a02"}}}}"#
    ));
    let events = told(&home.heard(&buttons, at(1)));
    assert_eq!(
        events[events.len() - 2..],
        [
            "battery=100 action=\"button_1_press\"",
            "action=\"button_2_double_press\""
        ]
    );
}

#[test]
fn an_updated_firmware_is_noted_in_the_record() {
    let mut home = household(listing(PLAIN));
    let version = |minor: u8| {
        json(&format!(
            r#"{{"address":"{PLAIN}","service_data":{{"fcd2":"400164f10001{minor:02x}04"}}}}"#
        ))
    };
    let noted = |events: &[Event]| {
        events.iter().rev().find_map(|event| match event {
            Event::Device(record) => record.software_build_id.clone(),
            _ => None,
        })
    };
    assert_eq!(
        noted(&home.heard(&version(2), at(1))).as_deref(),
        Some("4.2.1.0")
    );
    assert_eq!(
        noted(&home.heard(&version(3), at(60))).as_deref(),
        Some("4.3.1.0")
    );
    assert_eq!(noted(&home.heard(&version(3), at(120))), None);
}
