use std::collections::BTreeMap;

use super::super::*;
use super::Home;
use super::home::{CLIMATE, settings};

/// The settled home; its climate sensor stands for a button one talks by, in the bedroom.
fn with_a_button() -> Home {
    let mut settings = settings();
    let button = config::Device {
        push_to_talk: Some("single".to_owned()),
        ..config::Device::default()
    };
    settings.devices = BTreeMap::from([(CLIMATE.parse().unwrap(), button)]);
    let mut home = Home::settled_with(settings);
    home.request(
        "device/options",
        r#"{"id":"Climate","options":{"room":"Bedroom"}}"#,
    );
    home
}

fn listens(effects: &[String]) -> Vec<&String> {
    effects.iter().filter(|e| e.starts_with("listen")).collect()
}

#[test]
fn a_button_makes_the_ear_of_its_room_listen() {
    let mut home = with_a_button();
    let effects = home.report(CLIMATE, &[("action", "single".into())], 90);
    assert_eq!(listens(&effects), ["listen Bedroom"]);
    let effects = home.report(CLIMATE, &[("action", "double".into())], 90);
    assert!(listens(&effects).is_empty(), "{effects:?}");
}

#[test]
fn a_message_makes_an_ear_listen() {
    let mut home = with_a_button();
    assert_eq!(
        home.mqtt("hearth/voice/listen", r#"{"room":"Kitchen"}"#),
        ["listen Kitchen"]
    );
    assert_eq!(home.mqtt("hearth/voice/listen", ""), ["listen here"]);
    let wrong = home.mqtt("hearth/voice/listen", "{");
    assert!(
        listens(&wrong).is_empty() && wrong.iter().any(|e| e.contains("voice/listen")),
        "{wrong:?}"
    );
}
