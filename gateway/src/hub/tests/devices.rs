use std::time::Duration;

use radios::{Event, Interview};

use super::super::*;
use super::Home;
use super::home::{
    CLIMATE, Disk, LAMP, THERMOMETER, brief, climate, id, lamp, settings, thermometer,
};

#[test]
fn a_device_joins_and_is_kept_before_anyone_hears_of_it() {
    let mut home = Home::empty();
    home.put(Input::BrokerUp);
    home.disk = Disk::Slow;
    assert_eq!(
        home.radio(Event::Joined { id: id(LAMP) }),
        [
            "store Registry",
            r#"hearth/0x000b57fffec6a5b2/availability {"state":"online"} (retained)"#
        ]
    );
    let mut lines = home.disk_done();
    brief(&mut lines);
    assert_eq!(lines, [
        r#"hearth/bridge/event {"data":{"friendly_name":"0x000b57fffec6a5b2","ieee_address":"0x000b57fffec6a5b2"},"type":"device_joined"} (retained)"#.trim_end_matches(" (retained)"),
        "home changed"
    ]);
    let started = home.interview(LAMP, Interview::Started);
    assert!(
        started[2].contains(r#""status":"started","#)
            || started[2].contains(r#""status":"started"}"#),
        "{started:?}"
    );
    assert_eq!(
        home.radio(Event::Device(Box::new(lamp()))),
        ["store Registry"]
    );
    assert_eq!(
        home.interview(LAMP, Interview::Successful),
        [
            r#"hearth/bridge/logging {"level":"info","message":"interview of '0x000b57fffec6a5b2' is complete","namespace":"hearth:hub"}"#,
            "log info: interview of '0x000b57fffec6a5b2' is complete",
            "store Registry",
        ]
    );
    let lines = home.disk_done();
    let event = lines
        .iter()
        .find(|line| line.contains("device_interview"))
        .unwrap();
    assert!(
        event.contains(r#""status":"successful""#) && event.contains(r#""model":"LED1545G12""#),
        "{event}"
    );
    // Two writes, but the devices are shown once: when the newest is on disk.
    let shown = lines
        .iter()
        .filter(|line| line.starts_with("hearth/bridge/devices"))
        .count();
    assert_eq!(shown, 1);
}

/// Nothing piles up behind a disk that hangs, whatever a device says again and again.
#[test]
fn what_waits_for_a_disk_that_hangs_is_bounded() {
    let mut home = Home::empty();
    home.put(Input::BrokerUp);
    home.disk = Disk::Slow;
    home.radio(Event::Joined { id: id(LAMP) });
    let mut told = 0;
    for _ in 0..3000 {
        let lines = home.radio(Event::Announced { id: id(LAMP) });
        told += lines.iter().filter(|l| l.contains("announce")).count();
    }
    let waited = home.disk_done();
    let waited = waited.iter().filter(|l| l.contains("announce")).count();
    assert_eq!(told + waited, 3000);
    assert!(waited <= 1024 && told > 0, "{waited}");
}

#[test]
fn bridge_devices_has_the_shape_dashboards_read() {
    let mut home = Home::settled();
    let told = home.greeting();
    let devices: serde_json::Value = serde_json::from_str(&told["bridge/devices"]).unwrap();
    let types: Vec<&str> = devices
        .as_array()
        .unwrap()
        .iter()
        .map(|device| device["type"].as_str().unwrap())
        .collect();
    assert_eq!(types, ["Coordinator", "Router", "EndDevice", "BLE"]);
    let lamp = &devices[1];
    assert_eq!(lamp["ieee_address"], LAMP);
    assert_eq!(lamp["friendly_name"], "Bedroom Lamp");
    assert_eq!(lamp["interview_completed"], true);
    assert_eq!(lamp["definition"]["exposes"][0]["type"], "light");
    let info: serde_json::Value = serde_json::from_str(&told["bridge/info"]).unwrap();
    assert_eq!(info["network"]["extended_pan_id"], "0x00ddccbbaa998877");
    assert_eq!(
        info["config"]["devices"][CLIMATE]["friendly_name"],
        "Climate"
    );
}

#[test]
fn a_restart_finds_everything_again() {
    let mut home = Home::settled();
    home.report(CLIMATE, &[("temperature", 21.5.into())], 100);
    home.request(
        "device/options",
        r#"{"id":"Climate","options":{"room":"Attic"}}"#,
    );
    home.put(Input::Shutdown);
    let mut again = Home::with(settings(), &home.saved());
    let told = again.greeting();
    assert_eq!(told["Climate"], r#"{"temperature":21.5,"linkquality":100}"#);
    assert_eq!(told["Climate/availability"], r#"{"state":"online"}"#);
    assert!(told["bridge/devices"].contains(r#""room":"Attic""#));
    assert_eq!(again.hub.records(Radio::Zigbee).len(), 2);
    assert_eq!(again.hub.records(Radio::Ble), [thermometer()]);
}

#[test]
fn mere_state_is_written_at_most_once_in_ten_minutes() {
    let mut home = Home::settled();
    let mut writes = 0;
    for second in 0..3600 {
        let mut lines = home.report(CLIMATE, &[("temperature", second.into())], 100);
        lines.extend(home.pass(Duration::from_secs(1)));
        writes += lines.iter().filter(|line| *line == "store State").count();
    }
    assert_eq!(writes, 6);
    home.report(CLIMATE, &[("temperature", 1.into())], 100);
    assert_eq!(
        home.put(Input::Shutdown),
        [
            "store State",
            r#"hearth/bridge/state {"state":"offline"} (retained)"#
        ]
    );
}

#[test]
fn a_registry_of_another_kind_is_refused_and_a_garbled_state_forgotten() {
    let now = Now::default();
    let saved = Saved {
        registry: Some(Bytes::from_static(b"{\"devices\": 3}")),
        state: None,
    };
    assert!(Hub::new(settings(), &saved, now).is_err());
    let saved = Saved {
        registry: None,
        state: Some(Bytes::from_static(b"nonsense")),
    };
    assert!(Hub::new(settings(), &saved, now).is_ok());
}

#[test]
fn the_configuration_names_new_devices() {
    let mut named = settings();
    named.devices.insert(
        id(THERMOMETER),
        crate::config::Device {
            friendly_name: Some("Bath".to_owned()),
            room: Some("Bathroom".to_owned()),
            aliases: vec!["욕실".to_owned()],
            bind_key: Some(config::Secret::new(
                "00112233445566778899aabbccddeeff".to_owned(),
            )),
            ..crate::config::Device::default()
        },
    );
    let mut home = Home::with(named, &Saved::default());
    home.radio(Event::Device(Box::new(thermometer())));
    let told = home.greeting();
    assert!(told["bridge/devices"].contains(r#""friendly_name":"Bath""#));
    assert!(told["bridge/devices"].contains(r#""room":"Bathroom""#));
    assert!(told.values().all(|text| !text.contains("00112233")));
    assert_eq!(home.hub.bind_keys().len(), 1);
}

#[test]
fn a_device_that_leaves_is_remembered() {
    let mut home = Home::settled();
    home.report(CLIMATE, &[("temperature", 21.5.into())], 100);
    assert_eq!(
        home.radio(Event::Left { id: id(CLIMATE) }),
        [
            r#"hearth/Climate/availability {"state":"offline"} (retained)"#,
            r#"hearth/bridge/event {"data":{"friendly_name":"Climate","ieee_address":"0x00158d0001a2b3c4"},"type":"device_leave"}"#,
        ]
    );
    assert!(home.greeting().contains_key("Climate"));
}

#[test]
fn the_same_record_again_is_no_change() {
    let mut home = Home::settled();
    assert!(home.radio(Event::Device(Box::new(climate()))).is_empty());
}

#[test]
fn whoever_connects_late_is_told_everything() {
    let mut home = Home::settled();
    home.report(LAMP, &[("state", "ON".into())], 90);
    home.put(Input::BrokerDown {
        reason: "gone".to_owned(),
    });
    let lines = home.put(Input::BrokerUp);
    for expected in [
        r#"hearth/bridge/state {"state":"online"} (retained)"#,
        "hearth/bridge/groups [] (retained)",
        r#"hearth/Bedroom Lamp/availability {"state":"online"} (retained)"#,
        r#"hearth/Bedroom Lamp {"state":"ON","linkquality":90}"#,
    ] {
        assert!(lines.iter().any(|line| line == expected), "{expected}");
    }
    assert_eq!(
        home.greeting()["Bedroom Lamp"],
        r#"{"state":"ON","linkquality":90}"#
    );
}

#[test]
fn the_network_is_kept_with_its_keys_and_nobody_sees_them() {
    let mut home = Home::settled();
    let settings = radios::NetworkSettings {
        pan_id: 0x1a62,
        extended_pan_id: 1,
        channel: 15,
        network_key: [0xab; 16],
        network_key_sequence: 0,
        frame_counter: 0,
        link_key: [0xcd; 16],
    };
    home.disk = Disk::Full;
    let lines = home.radio(Event::Network(Box::new(settings.clone())));
    assert_eq!(lines[0], "store Network");
    assert!(lines[2].contains("no space left"), "{lines:?}");
    home.disk = Disk::Fast;
    home.pass(Duration::from_secs(61));
    let kept: radios::NetworkSettings = serde_json::from_slice(&home.kept["network"]).unwrap();
    assert_eq!(kept, settings);
    let effects = home
        .hub
        .handle(Input::Radio(Event::Network(Box::new(settings))), home.now);
    assert!(!format!("{effects:?} {:?}", home.hub).contains("171"));
    assert!(
        !home
            .greeting()
            .values()
            .any(|text| text.contains("171") || text.contains("abab"))
    );
}
