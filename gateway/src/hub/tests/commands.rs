use radios::{CommandError, Event};

use super::super::*;
use super::Home;
use super::home::{LAMP, changes, settings};

#[test]
fn a_lamp_is_set_and_shows_its_state() {
    let mut home = Home::settled();
    assert_eq!(
        home.mqtt(
            "hearth/Bedroom Lamp/set",
            r#"{"state":"ON","brightness":120,"transition":1}"#
        ),
        [r#"Zigbee set 0x000b57fffec6a5b2 {"state":"ON","brightness":120,"transition":1}"#]
    );
    assert_eq!(
        home.done(Ok(changes(&[
            ("state", "ON".into()),
            ("brightness", 120u8.into())
        ]))),
        [r#"hearth/Bedroom Lamp {"state":"ON","brightness":120}"#]
    );
    assert_eq!(
        home.report(LAMP, &[("color_temp", 370u16.into())], 92),
        [
            r#"hearth/Bedroom Lamp/availability {"state":"online"} (retained)"#,
            r#"hearth/Bedroom Lamp {"state":"ON","brightness":120,"color_temp":370,"linkquality":92}"#
        ]
    );
}

#[test]
fn every_form_of_set_reaches_the_lamp() {
    let mut home = Home::settled();
    let on = r#"Zigbee set 0x000b57fffec6a5b2 {"state":"ON"}"#;
    for (topic, payload, expected) in [
        ("Bedroom Lamp/set", "ON", on),
        ("Bedroom Lamp/set", "on", on),
        ("Bedroom Lamp/set/state", "ON", on),
        ("0x000b57fffec6a5b2/set", r#"{"state":"ON"}"#, on),
        (
            "Bedroom Lamp/set/brightness",
            "63.75",
            r#"Zigbee set 0x000b57fffec6a5b2 {"brightness":63.75}"#,
        ),
        (
            "Bedroom Lamp/left/set",
            "TOGGLE",
            r#"Zigbee set 0x000b57fffec6a5b2 endpoint left {"state":"TOGGLE"}"#,
        ),
        (
            "Bedroom Lamp/2/set/state",
            "OFF",
            r#"Zigbee set 0x000b57fffec6a5b2 endpoint 2 {"state":"OFF"}"#,
        ),
        (
            "Bedroom Lamp/get",
            r#"{"state":"","brightness":""}"#,
            "Zigbee get 0x000b57fffec6a5b2 state brightness",
        ),
        (
            "Bedroom Lamp/get",
            "",
            "Zigbee get 0x000b57fffec6a5b2 state brightness color_temp",
        ),
        (
            "Bedroom Lamp/get/state",
            "",
            "Zigbee get 0x000b57fffec6a5b2 state",
        ),
        (
            "Bedroom Lamp/left/get/state",
            "",
            "Zigbee get 0x000b57fffec6a5b2 state_left",
        ),
    ] {
        assert_eq!(
            home.mqtt(&format!("hearth/{topic}"), payload),
            [expected],
            "{topic} {payload}"
        );
    }
}

#[test]
fn a_page_sends_without_the_base_topic() {
    let mut home = Home::settled();
    let lines = home.put(Input::Message(Message {
        topic: "Bedroom Lamp/set".to_owned(),
        payload: Bytes::from_static(br#"{"state":"OFF"}"#),
        origin: Origin::Client(1),
    }));
    assert_eq!(lines, [r#"Zigbee set 0x000b57fffec6a5b2 {"state":"OFF"}"#]);
}

#[test]
fn what_the_device_refuses_is_said_and_changes_nothing() {
    let mut home = Home::settled();
    home.mqtt("hearth/Bedroom Lamp/set", "ON");
    assert_eq!(
        home.done(Err(CommandError::NotDelivered("no ack".to_owned()))),
        [
            r#"hearth/bridge/logging {"level":"error","message":"cannot set 'Bedroom Lamp': not delivered: no ack","namespace":"hearth:hub"}"#,
            "log error: cannot set 'Bedroom Lamp': not delivered: no ack"
        ]
    );
    // A second answer to the same command is nobody's.
    let token = home.last_token();
    let again = home.radio(Event::Done {
        token,
        outcome: Ok(changes(&[("state", "ON".into())])),
    });
    assert!(again.is_empty(), "{again:?}");
}

#[test]
fn a_radio_that_is_switched_off_says_so() {
    let mut off = settings();
    off.zigbee = false;
    let mut home = Home::settled_with(off);
    let lines = home.mqtt("hearth/Bedroom Lamp/set", "ON");
    assert_eq!(
        lines[1],
        "log error: cannot set 'Bedroom Lamp': radio not available: it is switched off in the configuration"
    );
}

#[test]
fn commands_without_answers_are_bounded_and_shedding_is_said() {
    let mut home = Home::settled();
    let mut shed = 0;
    for _ in 0..2000 {
        let lines = home.mqtt("hearth/Bedroom Lamp/set", "ON");
        shed += usize::from(lines.iter().any(|line| line.contains("command shed")));
    }
    assert_eq!(shed, 2000 - 1024);
}

/// Home Assistant sends the state with every colour; a lamp that is on need not hear it again.
#[test]
fn state_is_dropped_beside_a_colour_when_already_on() {
    let mut with = settings();
    with.homeassistant = Some(config::Config::default().homeassistant);
    let mut home = Home::settled_with(with);
    let payload = r#"{"state":"ON","color_temp":300}"#;
    assert_eq!(
        home.mqtt("hearth/Bedroom Lamp/set", payload),
        [r#"Zigbee set 0x000b57fffec6a5b2 {"state":"ON","color_temp":300}"#]
    );
    home.done(Ok(changes(&[("state", "ON".into())])));
    assert_eq!(
        home.mqtt("hearth/Bedroom Lamp/set", payload),
        [r#"Zigbee set 0x000b57fffec6a5b2 {"color_temp":300}"#]
    );
}
