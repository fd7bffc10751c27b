use std::time::Duration;

use radios::{CommandError, Event};

use super::super::*;
use super::Home;
use super::home::{CLIMATE, Disk, LAMP, brief, id, settings};

#[test]
fn joining_is_opened_counted_down_and_closed() {
    let mut home = Home::settled();
    assert_eq!(
        home.request(
            "permit_join",
            r#"{"time":254,"device":null,"transaction":"a-1"}"#
        ),
        [
            "Ble PermitJoin { token: 1, seconds: 254, through: None }",
            "Zigbee PermitJoin { token: 2, seconds: 254, through: None }"
        ]
    );
    home.radio(Event::PermitJoin { seconds: 254 });
    assert_eq!(
        home.done(Ok(Vec::new())),
        [
            r#"hearth/bridge/response/permit_join {"data":{"time":254},"status":"ok","transaction":"a-1"}"#
        ]
    );
    let info: serde_json::Value = serde_json::from_str(&home.greeting()["bridge/info"]).unwrap();
    assert_eq!(info["permit_join"], true);
    assert_eq!(info["permit_join_end"], 1_800_000_254_000u64);
    let lines = home.pass(Duration::from_secs(255));
    assert!(lines[0].contains(r#""permit_join":false"#), "{lines:?}");
    assert!(!home.greeting()["bridge/info"].contains("permit_join_end"));
}

#[test]
fn joining_may_go_through_one_router() {
    let mut home = Home::settled();
    assert_eq!(
        home.request("permit_join", r#"{"time":60,"device":"Bedroom Lamp"}"#),
        ["Zigbee PermitJoin { token: 1, seconds: 60, through: Some(Zigbee(0x000b57fffec6a5b2)) }"]
    );
    assert_eq!(
        home.request("permit_join", "60"),
        [
            "Ble PermitJoin { token: 2, seconds: 60, through: None }",
            "Zigbee PermitJoin { token: 3, seconds: 60, through: None }"
        ]
    );
}

#[test]
fn a_rename_is_answered_when_it_is_on_disk() {
    let mut home = Home::settled();
    home.report(CLIMATE, &[("temperature", 21.5.into())], 90);
    home.disk = Disk::Slow;
    assert_eq!(
        home.request(
            "device/rename",
            r#"{"from":"Climate","to":"Attic","transaction":7}"#
        ),
        ["store Registry"]
    );
    let mut lines = home.disk_done();
    brief(&mut lines);
    assert_eq!(
        lines,
        [
            "hearth/Climate  (retained)",
            "hearth/Climate/availability  (retained)",
            r#"hearth/Attic/availability {"state":"online"} (retained)"#,
            r#"hearth/Attic {"temperature":21.5,"linkquality":90}"#,
            "home changed",
            r#"hearth/bridge/response/device/rename {"data":{"from":"Climate","homeassistant_rename":false,"to":"Attic"},"status":"ok","transaction":7}"#,
        ]
    );
    assert!(home.mqtt("hearth/Climate/get/temperature", "")[1].contains("is unknown"));
}

#[test]
fn a_full_disk_is_said_and_tried_again() {
    let mut home = Home::settled();
    home.disk = Disk::Full;
    let lines = home.request("device/rename", r#"{"from":"Climate","to":"Attic"}"#);
    assert_eq!(
        lines.last().unwrap(),
        r#"hearth/bridge/response/device/rename {"data":{},"error":"done, but not kept: cannot write to disk: no space left; will be tried again","status":"error"}"#
    );
    home.disk = Disk::Fast;
    let lines = home.pass(Duration::from_secs(61));
    assert_eq!(lines[0], "store Registry");
    let mut again = Home::with(settings(), &home.saved());
    assert!(again.greeting()["bridge/devices"].contains("Attic"));
}

#[test]
fn the_last_one_joined_is_renamed_without_its_name() {
    let mut home = Home::settled();
    home.radio(Event::Joined { id: id(CLIMATE) });
    let lines = home.request("device/rename", r#"{"last":true,"to":"Attic"}"#);
    assert!(
        lines.last().unwrap().contains(r#""from":"Climate""#),
        "{lines:?}"
    );
}

#[test]
fn wrong_names_are_refused_and_nothing_changes() {
    let mut home = Home::settled();
    let before = home.greeting();
    for (payload, why) in [
        (
            r#"{"from":"Climate","to":"Bedroom Lamp"}"#,
            "friendly_name 'Bedroom Lamp' is already in use",
        ),
        (
            r#"{"from":"Climate","to":"a/b"}"#,
            "name 'a/b' must not contain '/'",
        ),
        (
            r#"{"from":"Climate","to":"bridge"}"#,
            "name 'bridge' is reserved",
        ),
        (r#"{"from":"Climate","to":""}"#, "a name must not be empty"),
        (r#"{"from":"Climate"}"#, "Invalid payload: 'to' is missing"),
        (
            r#"{"from":"Nobody","to":"x"}"#,
            "Device 'Nobody' does not exist",
        ),
        (
            r#"{"from":3,"to":"x"}"#,
            "Invalid payload: 'from' must be a text",
        ),
        (
            r#"{"last":true,"to":"x"}"#,
            "No device has joined since start",
        ),
        (r"Climate", "Invalid payload: it must be a JSON object"),
    ] {
        let lines = home.request("device/rename", payload);
        let answer = format!(
            r#"hearth/bridge/response/device/rename {{"data":{{}},"error":"{why}","status":"error"}}"#
        );
        assert_eq!(lines.last(), Some(&answer));
    }
    assert_eq!(home.greeting(), before);
}

#[test]
fn a_removed_device_is_forgotten_with_its_state() {
    let mut home = Home::settled();
    home.report(LAMP, &[("state", "ON".into())], 90);
    assert_eq!(
        home.request("device/remove", r#"{"id":"Bedroom Lamp","force":true}"#),
        [format!(
            "Zigbee Remove {{ token: 1, id: Zigbee({LAMP}), force: true }}"
        )]
    );
    let mut lines = home.done(Ok(Vec::new()));
    brief(&mut lines);
    assert_eq!(
        lines,
        [
            r#"hearth/bridge/logging {"level":"info","message":"'Bedroom Lamp' is removed","namespace":"hearth:hub"}"#,
            "log info: 'Bedroom Lamp' is removed",
            "store Registry",
            "hearth/Bedroom Lamp  (retained)",
            "hearth/Bedroom Lamp/availability  (retained)",
            "home changed",
            r#"hearth/bridge/response/device/remove {"data":{"block":false,"force":true,"id":"Bedroom Lamp"},"status":"ok"}"#,
        ]
    );
    assert!(!home.greeting().contains_key("Bedroom Lamp"));
    // The name is free again, and a late report is nobody's.
    assert!(home.report(LAMP, &[("state", "ON".into())], 90).is_empty());
    home.request("device/rename", r#"{"from":"Climate","to":"Bedroom Lamp"}"#);
    assert!(home.greeting()["bridge/devices"].contains("Bedroom Lamp"));
}

#[test]
fn a_device_that_does_not_answer_stays_unless_forced() {
    let mut home = Home::settled();
    home.request("device/remove", "Bedroom Lamp");
    let lines = home.done(Err(CommandError::NotDelivered("no ack".to_owned())));
    assert_eq!(
        lines.last().unwrap(),
        r#"hearth/bridge/response/device/remove {"data":{},"error":"not delivered: no ack","status":"error"}"#
    );
    assert!(home.greeting()["bridge/devices"].contains("Bedroom Lamp"));
}

#[test]
fn a_blocked_device_stays_away() {
    let mut home = Home::settled();
    home.request("device/remove", r#"{"id":"Climate","block":true}"#);
    home.done(Ok(Vec::new()));
    let mut again = Home::with(settings(), &home.saved());
    for home in [&mut home, &mut again] {
        let lines = home.radio(Event::Device(Box::new(super::home::climate())));
        assert!(lines.is_empty(), "{lines:?}");
    }
}

#[test]
fn options_are_checked_kept_and_shown() {
    let mut home = Home::settled();
    let lines = home.request(
        "device/options",
        r#"{"id":"Bedroom Lamp","options":{"room":"Bedroom","retain":true}}"#,
    );
    assert_eq!(
        lines.last().unwrap(),
        r#"hearth/bridge/response/device/options {"data":{"from":{"friendly_name":"Bedroom Lamp"},"id":"Bedroom Lamp","restart_required":false,"to":{"friendly_name":"Bedroom Lamp","retain":true,"room":"Bedroom"}},"status":"ok"}"#
    );
    let lines = home.report(LAMP, &[("state", "ON".into())], 90);
    assert_eq!(
        lines[1],
        r#"hearth/Bedroom Lamp {"state":"ON","linkquality":90} (retained)"#
    );
    let lines = home.request(
        "device/options",
        r#"{"id":"Bedroom Lamp","options":{"retain":false}}"#,
    );
    assert!(
        lines.contains(&"hearth/Bedroom Lamp  (retained)".to_owned()),
        "{lines:?}"
    );
    let before = home.greeting();
    for options in [
        r#"{"room":3}"#,
        r#"{"room":"x","retain":"yes"}"#,
        r#"{"qos":2}"#,
        r#"{"colour":"red"}"#,
        r#"{"bind_key":"123"}"#,
        "[]",
    ] {
        let lines = home.request(
            "device/options",
            &format!(r#"{{"id":"Bedroom Lamp","options":{options}}}"#),
        );
        assert!(
            lines.last().unwrap().contains(r#""status":"error""#),
            "{lines:?}"
        );
    }
    assert_eq!(home.greeting(), before);
}

#[test]
fn a_bind_key_reaches_the_radio_and_nobody_else() {
    let mut home = Home::settled();
    let lines = home.request(
        "device/options",
        r#"{"id":"Thermometer","options":{"bind_key":"00112233445566778899AABBCCDDEEFF"}}"#,
    );
    assert!(lines[0].starts_with("Ble BindKey"), "{lines:?}");
    assert_eq!(lines.len(), 1, "the radio tries it before it is kept");
    assert!(home.hub.bind_keys().is_empty());
    let lines = home.done(Ok(vec![("key_status".into(), "right".into())]));
    let answer = lines.last().unwrap();
    assert!(answer.contains(r#""key_status":"right""#), "{lines:?}");
    for line in lines.iter().chain(home.greeting().values()) {
        assert!(!line.to_lowercase().contains("00112233"), "{line}");
    }
    assert_eq!(
        home.hub.bind_keys()[0].1,
        "00112233445566778899aabbccddeeff"
    );
}

#[test]
fn the_rest_of_the_requests_answer() {
    let mut home = Home::settled();
    assert_eq!(
        home.request("health_check", ""),
        [r#"hearth/bridge/response/health_check {"data":{"healthy":true},"status":"ok"}"#]
    );
    assert_eq!(
        home.request("device/interview", r#"{"id":"Climate"}"#),
        [format!(
            "Zigbee Interview {{ token: 1, id: Zigbee({CLIMATE}) }}"
        )]
    );
    assert_eq!(
        home.done(Ok(Vec::new())),
        [r#"hearth/bridge/response/device/interview {"data":{"id":"Climate"},"status":"ok"}"#]
    );
    let lines = home.request("touchlink/scan", r#"{"transaction":"t"}"#);
    assert!(
        lines
            .last()
            .unwrap()
            .contains(r#""status":"error","transaction":"t""#),
        "{lines:?}"
    );
}

/// What was retained under an old name goes when the broker is back.
#[test]
fn what_was_cleared_while_the_broker_was_away_is_cleared_again() {
    let mut home = Home::settled();
    home.put(Input::BrokerDown {
        reason: "gone".to_owned(),
    });
    home.request("device/rename", r#"{"from":"Climate","to":"Attic"}"#);
    let lines = home.put(Input::BrokerUp);
    assert_eq!(
        lines[..2],
        [
            "hearth/Climate  (retained)",
            "hearth/Climate/availability  (retained)"
        ]
    );
    assert!(
        !home
            .put(Input::BrokerUp)
            .contains(&"hearth/Climate  (retained)".to_owned())
    );
}
