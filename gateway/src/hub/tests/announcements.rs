//! What Home Assistant is told.

use super::super::*;
use super::Home;
use super::home::{LAMP, settings};

fn with_home_assistant() -> Home {
    let mut settings = settings();
    settings.homeassistant = Some(config::Config::default().homeassistant);
    Home::settled_with(settings)
}

fn topics(lines: &[String], empty: bool) -> Vec<&str> {
    lines
        .iter()
        .filter(|line| line.starts_with("homeassistant/") && line.ends_with("(retained)"))
        .filter(|line| line.ends_with("  (retained)") == empty)
        .filter_map(|line| line.split(' ').next())
        .collect()
}

const LIGHT: &str = "homeassistant/light/0x000b57fffec6a5b2/light/config";

#[test]
fn devices_are_announced_when_the_broker_is_there_and_when_home_assistant_starts() {
    let mut home = with_home_assistant();
    for lines in [
        home.put(Input::BrokerUp),
        home.mqtt("homeassistant/status", "online"),
    ] {
        let told = topics(&lines, false);
        assert!(told.contains(&LIGHT), "{told:?}");
        assert!(told.contains(&"homeassistant/sensor/0x00158d0001a2b3c4/temperature/config"));
        assert!(told.contains(&"homeassistant/sensor/0xa4c138010203/battery/config"));
        assert_eq!(told.len(), 2 + 4 + 3 + 3, "{told:?}");
    }
    assert!(home.mqtt("homeassistant/status", "offline").is_empty());
}

#[test]
fn a_rename_changes_the_topics_in_the_announcement() {
    let mut home = with_home_assistant();
    let lines = home.request("device/rename", r#"{"from":"Bedroom Lamp","to":"Moon"}"#);
    let light = lines.iter().find(|line| line.starts_with(LIGHT)).unwrap();
    assert!(
        light.contains(r#""command_topic":"hearth/Moon/set""#),
        "{light}"
    );
    assert!(
        light.contains(r#""unique_id":"0x000b57fffec6a5b2_light_hearth""#),
        "{light}"
    );
}

#[test]
fn a_removed_device_is_taken_back() {
    let mut home = with_home_assistant();
    home.request("device/remove", "Bedroom Lamp");
    let lines = home.done(Ok(Vec::new()));
    let signal = "homeassistant/sensor/0x000b57fffec6a5b2/linkquality/config";
    assert_eq!(topics(&lines, true), [LIGHT, signal]);
    assert!(!topics(&home.put(Input::BrokerUp), false).contains(&LIGHT));
}

#[test]
fn what_is_not_known_yet_is_null() {
    let mut home = with_home_assistant();
    let lines = home.report(LAMP, &[("state", "ON".into())], 90);
    assert_eq!(
        lines[1],
        r#"hearth/Bedroom Lamp {"state":"ON","brightness":null,"color_temp":null,"linkquality":90}"#
    );
}

#[test]
fn nothing_is_announced_unless_asked() {
    let mut home = Home::settled();
    assert!(topics(&home.put(Input::BrokerUp), false).is_empty());
    assert!(home.mqtt("homeassistant/status", "online").is_empty());
}

#[test]
fn what_a_button_does_is_a_trigger_from_the_first_time_on() {
    let mut home = with_home_assistant();
    let first = home.report(LAMP, &[("action", "single".into())], 90);
    let trigger = "homeassistant/device_automation/0x000b57fffec6a5b2/action_single/config";
    assert_eq!(topics(&first, false), [trigger]);
    assert_eq!(first.last().unwrap(), "hearth/Bedroom Lamp/action single");
    let again = home.report(LAMP, &[("action", "single".into())], 90);
    assert_eq!(
        again,
        [
            r#"hearth/Bedroom Lamp {"action":"single","state":null,"brightness":null,"color_temp":null,"linkquality":90}"#,
            "hearth/Bedroom Lamp/action single"
        ]
    );
    // It survives a new announcement, and goes with the device.
    let lines = home.request("device/rename", r#"{"from":"Bedroom Lamp","to":"Moon"}"#);
    assert!(topics(&lines, false).contains(&trigger) && !topics(&lines, true).contains(&trigger));
    home.request("device/remove", "Moon");
    assert!(topics(&home.done(Ok(Vec::new())), true).contains(&trigger));
}
