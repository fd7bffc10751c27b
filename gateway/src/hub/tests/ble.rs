//! Bluetooth devices: chosen from those nearby, with keys that are tried first; trackers; Theengs.

use std::time::Duration;

use radios::{BleRecord, CommandError, DeviceInfo, DeviceKind, Event, Mac, Value, ble};

use super::super::*;
use super::Home;
use super::home::{THERMOMETER, changes, define, id};

const KEY: &str = "00112233445566778899aabbccddeeff";
const SENSOR: &str = "0xa4c138b4944c";

fn config(more: &str) -> Config {
    let text = format!("[ble]\nenabled = true\n{more}");
    Config::parse(&text, std::path::Path::new("test"), |_| None).unwrap()
}

fn settings(more: &str) -> Settings {
    Settings::new(&config(more), |info| {
        ble::define(info).unwrap_or_else(|| define(info))
    })
}

fn sensor(properties: &[&str]) -> DeviceInfo {
    DeviceInfo {
        ble: Some(Box::new(BleRecord {
            format: Some("bthome".to_owned()),
            properties: properties.iter().map(ToString::to_string).collect(),
            ..BleRecord::default()
        })),
        ..DeviceInfo::new(id(SENSOR), DeviceKind::Ble)
    }
}

fn told(home: &mut Home, device: &str, pairs: &[(&'static str, Value)]) -> Vec<String> {
    home.radio(Event::Changed {
        id: id(device),
        changes: changes(pairs),
        linkquality: None,
    })
}

#[test]
fn who_is_nearby_is_asked_of_the_radio() {
    let mut home = Home::settled();
    assert_eq!(
        home.request("ble/nearby", r#"{"transaction":"n"}"#),
        ["Ble Nearby { token: 1 }"]
    );
    let one = Value::Object(vec![("address".into(), SENSOR.into())]);
    assert_eq!(
        home.done(Ok(vec![("nearby".into(), Value::List(vec![one]))])),
        [format!(
            r#"hearth/bridge/response/ble/nearby {{"data":{{"nearby":[{{"address":"{SENSOR}"}}]}},"status":"ok","transaction":"n"}}"#
        )]
    );
    let mut off = settings("");
    off.ble = false;
    let lines = Home::settled_with(off).request("ble/nearby", "");
    assert!(lines.last().unwrap().contains("ble.enabled"), "{lines:?}");
}

#[test]
fn one_that_is_taken_up_has_its_name_and_its_key() {
    let mut home = Home::settled();
    let ask = format!(r#"{{"address":"{SENSOR}","friendly_name":"Balcony","key":"{KEY}"}}"#);
    let lines = home.request("ble/adopt", &ask);
    assert!(lines[0].starts_with("Ble Adopt"), "{lines:?}");
    // A wrong key changes nothing.
    let lines = home.done(Err(CommandError::BadValue {
        property: "key".to_owned(),
        why: "the key is wrong".to_owned(),
    }));
    assert!(
        lines
            .last()
            .unwrap()
            .contains(&format!("'{SENSOR}': `key`: the key is wrong")),
        "{lines:?}"
    );
    assert!(home.hub.bind_keys().is_empty());
    home.request("ble/adopt", &ask);
    home.radio(Event::Joined { id: id(SENSOR) });
    home.radio(Event::Device(Box::new(sensor(&["temperature"]))));
    let lines = home.done(Ok(vec![("key_status".into(), "right".into())]));
    let answer = lines
        .iter()
        .find(|line| line.contains("response/ble/adopt"))
        .unwrap();
    assert!(
        answer.contains(&format!(
            r#"{{"address":"{SENSOR}","friendly_name":"Balcony","key_status":"right"}}"#
        )),
        "{answer}"
    );
    assert_eq!(home.hub.bind_keys(), [(id(SENSOR), KEY.to_owned())]);
    for line in lines.iter().chain(home.greeting().values()) {
        assert!(!line.contains("00112233"), "{line}");
    }
    for wrong in [
        r#"{"address":"lamp"}"#.to_owned(),
        r#"{"address":"0x00158d0001a2b3c4"}"#.to_owned(),
        format!(r#"{{"address":"{SENSOR}","friendly_name":"Climate"}}"#),
        format!(r#"{{"address":"{SENSOR}","friendly_name":"a/b/set"}}"#),
        "{}".to_owned(),
    ] {
        let lines = home.request("ble/adopt", &wrong);
        assert!(
            lines.last().unwrap().contains(r#""status":"error""#),
            "{wrong}: {lines:?}"
        );
    }
}

#[test]
fn a_key_that_fails_is_told_with_its_moment() {
    let mut home = Home::settled();
    let lines = told(&mut home, THERMOMETER, &[("key_status", "wrong".into())]);
    assert!(
        lines
            .iter()
            .any(|line| line.starts_with("hearth/Thermometer {")
                && line
                    .contains(r#""key_status":"wrong","key_status_since":"2027-01-15T08:00:00Z""#)),
        "{lines:?}"
    );
    assert!(
        home.greeting()["bridge/devices"]
            .contains(r#""bind_key":{"since":"2027-01-15T08:00:00Z","status":"wrong"}"#)
    );
    home.pass(Duration::from_secs(60));
    let lines = told(&mut home, THERMOMETER, &[("key_status", "wrong".into())]);
    assert!(lines.iter().all(|line| !line.contains("bridge/devices")));
    assert!(
        lines.iter().any(|line| line.contains("08:00:00Z\"")),
        "since then: {lines:?}"
    );
}

#[test]
fn joining_opens_bluetooth_too_also_without_zigbee() {
    let mut without = settings("");
    without.zigbee = false;
    let mut home = Home::settled_with(without);
    assert_eq!(
        home.request("permit_join", "60"),
        ["Ble PermitJoin { token: 1, seconds: 60, through: None }"]
    );
    let lines = home.done(Ok(Vec::new()));
    assert!(lines[0].contains(r#""permit_join":true"#), "{lines:?}");
    assert!(lines.last().unwrap().contains(r#""status":"ok""#));
}

#[test]
fn silence_is_measured_by_the_rhythm_that_was_learnt() {
    for (properties, interval, minutes) in [
        (&["temperature"][..], None, 15),
        (&["temperature"], Some(4), 4),
        (&["temperature"], Some(1024), 52),
        (&["action", "battery"], Some(64), 25 * 60),
    ] {
        let mut home = Home::with(settings(""), &Saved::default());
        let mut info = sensor(properties);
        info.ble.as_mut().unwrap().interval = interval;
        home.radio(Event::Device(Box::new(info)));
        told(&mut home, SENSOR, &[("rssi", (-60).into())]);
        let topic = format!("{SENSOR}/availability");
        let online = |home: &mut Home| home.greeting()[&topic].contains("online");
        home.pass(Duration::from_secs(60 * minutes - 60));
        assert!(online(&mut home), "{properties:?} {interval:?}");
        home.pass(Duration::from_secs(120));
        assert!(!online(&mut home), "{properties:?} {interval:?}");
        told(&mut home, SENSOR, &[("rssi", (-60).into())]);
        assert!(online(&mut home));
    }
}

#[test]
fn what_a_device_told_is_announced_and_still_is_after_a_restart() {
    let announced = |home: &mut Home| -> Vec<String> {
        let mut topics: Vec<String> = home
            .put(Input::BrokerUp)
            .into_iter()
            .filter(|line| line.starts_with("homeassistant/") && line.contains(SENSOR))
            .map(|line| line.split(' ').next().unwrap().to_owned())
            .collect();
        topics.sort();
        topics
    };
    let with_ha = || {
        let mut config = config("");
        config.homeassistant.enabled = true;
        Settings::new(&config, |info| {
            ble::define(info).unwrap_or_else(|| define(info))
        })
    };
    let lists_its_action = |home: &mut Home| {
        home.put(Input::BrokerUp).iter().any(|line| {
            line.starts_with("hearth/bridge/devices")
                && line.contains(r#""values":["button_press"]"#)
        })
    };
    let mut home = Home::with(with_ha(), &Saved::default());
    let mut info = sensor(&["temperature_1", "temperature_2", "contact", "action"]);
    info.ble.as_mut().unwrap().actions = vec!["button_press".to_owned()];
    home.radio(Event::Device(Box::new(info)));
    let topics = announced(&mut home);
    assert_eq!(
        topics,
        [
            format!("homeassistant/binary_sensor/{SENSOR}/contact/config"),
            format!("homeassistant/device_automation/{SENSOR}/action_button_press/config"),
            format!("homeassistant/sensor/{SENSOR}/rssi/config"),
            format!("homeassistant/sensor/{SENSOR}/temperature_1/config"),
            format!("homeassistant/sensor/{SENSOR}/temperature_2/config"),
        ]
    );
    assert!(lists_its_action(&mut home));
    let saved = home.saved();
    let mut again = Home::with(with_ha(), &saved);
    assert_eq!(announced(&mut again), topics);
    assert!(lists_its_action(&mut again));
}

const PHONE: &str = "[[ble.tracker]]\nname = \"Anna's phone\"\nlocal_name = \"x\"\n";

fn tracker() -> (Mac, DeviceInfo) {
    let mac = config(PHONE).ble.trackers[0].id();
    let info = DeviceInfo {
        ble: Some(Box::new(BleRecord {
            format: Some("tracker".to_owned()),
            ..BleRecord::default()
        })),
        ..DeviceInfo::new(mac.into(), DeviceKind::Ble)
    };
    (mac, info)
}

/// Two gateways, and the broker between them.
struct Two {
    homes: [Home; 2],
}

impl Two {
    fn new() -> Self {
        let (_, info) = tracker();
        let homes = [("hearth", "Kitchen"), ("hearth-up", "Upstairs")].map(|(base, room)| {
            let mut settings = settings(&format!("room = \"{room}\"\n{PHONE}"));
            settings.base_topic = base.to_owned();
            let mut home = Home::with(settings, &Saved::default());
            home.put(Input::BrokerUp);
            home.radio(Event::Device(Box::new(info.clone())));
            home
        });
        Self { homes }
    }

    /// Gateway `which` hears the phone; everybody hears of it. Gives what is published of it.
    fn heard(&mut self, which: usize, rssi: i16) -> Vec<String> {
        let (mac, _) = tracker();
        let event = Event::Changed {
            id: mac.into(),
            changes: changes(&[("rssi", rssi.into())]),
            linkquality: None,
        };
        let mut lines = self.homes[which].radio(event);
        let shared: Vec<String> = lines
            .iter()
            .filter(|line| line.starts_with("hearth/presence/"))
            .cloned()
            .collect();
        for line in shared {
            let (topic, payload) = line.split_once(" {").unwrap();
            for home in &mut self.homes {
                lines.extend(home.mqtt(topic, &format!("{{{payload}")));
            }
        }
        lines.retain(|line| line.contains("phone {"));
        lines
    }

    fn pass(&mut self, seconds: u64) -> Vec<String> {
        let time = Duration::from_secs(seconds);
        let mut lines: Vec<String> = self
            .homes
            .iter_mut()
            .flat_map(|home| home.pass(time))
            .collect();
        lines.retain(|line| line.contains("phone {"));
        lines
    }
}

#[test]
fn two_gateways_agree_on_where_a_tracker_is() {
    let mut two = Two::new();
    let lines = two.heard(0, -60);
    assert_eq!(
        lines,
        [
            r#"hearth/Anna's phone {"rssi":-60,"presence":"home","room":"Kitchen"}"#,
            r#"hearth-up/Anna's phone {"presence":"home","room":"Kitchen"}"#,
        ]
    );
    assert!(
        two.heard(1, -75)
            .iter()
            .all(|line| !line.contains("Upstairs"))
    );
    // Up the stairs.
    let mut lines = Vec::new();
    for _ in 0..5 {
        two.pass(5);
        lines.extend(two.heard(0, -80));
        lines.extend(two.heard(1, -55));
    }
    for base in ["hearth/", "hearth-up/"] {
        assert!(
            lines
                .iter()
                .any(|line| line.starts_with(base) && line.contains(r#""room":"Upstairs""#)),
            "{lines:#?}"
        );
    }
    // Only one still hears it: for the other it is home as well.
    two.pass(100);
    two.heard(1, -55);
    assert!(two.pass(170).is_empty());
    let lines = two.pass(20);
    assert_eq!(lines.len(), 2, "{lines:?}");
    assert!(
        lines
            .iter()
            .all(|line| line.contains(r#""presence":"not_home","room":null"#))
    );
}

#[test]
fn a_tracker_is_announced_as_one_and_is_never_offline() {
    let mut with_ha = config(PHONE);
    with_ha.homeassistant.enabled = true;
    let settings = Settings::new(&with_ha, |info| ble::define(info).unwrap());
    let mut home = Home::with(settings, &Saved::default());
    home.put(Input::BrokerUp);
    let (mac, info) = tracker();
    let lines = home.radio(Event::Device(Box::new(info)));
    let topic = format!("homeassistant/device_tracker/{mac}/presence/config");
    let line = lines.iter().find(|line| line.starts_with(&topic)).unwrap();
    assert!(
        line.contains(r#""payload_not_home":"not_home""#)
            && line.contains(r#""source_type":"bluetooth_le""#)
    );
    home.pass(Duration::from_secs(48 * 3600));
    assert!(
        home.greeting()
            .get("Anna's phone/availability")
            .is_none_or(|state| state.contains("online"))
    );
    assert!(home.greeting()["Anna's phone"].contains("not_home"));
}

#[test]
fn strangers_on_the_presence_topic_change_nothing() {
    let mut two = Two::new();
    two.heard(0, -60);
    let home = &mut two.homes[0];
    for (topic, payload) in [
        (
            "hearth/presence/Anna's phone/hearth",
            r#"{"rssi":-10,"room":"Moon"}"#,
        ),
        ("hearth/presence/Anna's phone/x", "nonsense"),
        (
            "hearth/presence/Anna's phone/x",
            r#"{"rssi":1e300,"room":"Moon"}"#,
        ),
        ("hearth/presence/Bob/x", r#"{"rssi":-10,"room":"Moon"}"#),
        (
            "hearth/presence/Anna's phone/",
            r#"{"rssi":-10,"room":"Moon"}"#,
        ),
        ("hearth/presence", "{}"),
    ] {
        let lines = home.mqtt(topic, payload);
        assert!(
            lines.iter().all(|line| !line.contains("Moon")),
            "{topic}: {lines:?}"
        );
    }
}

#[test]
fn theengs_hears_it_in_its_own_words() {
    let mut home = Home::with(
        settings("theengs_topics = \"home/TheengsGateway\"\n"),
        &Saved::default(),
    );
    let lines = home.put(Input::BrokerUp);
    assert!(lines.contains(&"home/TheengsGateway/LWT online (retained)".to_owned()));
    let mut info = sensor(&["temperature", "humidity", "voltage", "contact"]);
    info.model_id = Some("DIY".to_owned());
    home.radio(Event::Device(Box::new(info)));
    let lines = told(
        &mut home,
        SENSOR,
        &[
            ("temperature", 21.5.into()),
            ("humidity", 40.into()),
            ("voltage", 2987.into()),
            ("contact", false.into()),
            ("key_status", "right".into()),
            ("rssi", (-61).into()),
        ],
    );
    let line = lines
        .iter()
        .find_map(|line| line.strip_prefix("home/TheengsGateway/BTtoMQTT/A4C138B4944C "))
        .unwrap();
    let told: serde_json::Value = serde_json::from_str(line).unwrap();
    assert_eq!(
        told,
        serde_json::json!({
            "id": "A4:C1:38:B4:94:4C", "model": "Bluetooth device (bthome)", "model_id": "DIY", "type": "CTMO",
            "tempc": 21.5, "tempf": 70.7, "hum": 40, "volt": 2.987, "open": true, "rssi": -61,
        })
    );
    let lines = home.put(Input::Shutdown);
    assert!(lines.contains(&"home/TheengsGateway/LWT offline (retained)".to_owned()));
}
