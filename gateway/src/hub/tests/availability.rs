use std::time::Duration;

use radios::{CommandError, Event};

use super::super::*;
use super::Home;
use super::home::{CLIMATE, LAMP, THERMOMETER, changes, id, settings};

const MINUTE: Duration = Duration::from_secs(60);

/// Only what concerns `name`.
fn of(lines: Vec<String>, name: &str) -> Vec<String> {
    lines
        .into_iter()
        .filter(|line| line.contains(name) && !line.contains("bridge/"))
        .collect()
}

#[test]
fn a_silent_lamp_is_asked_after_ten_minutes_and_offline_without_an_answer() {
    let mut home = Home::settled();
    home.report(LAMP, &[("state", "ON".into())], 90);
    assert!(of(home.pass(10 * MINUTE - MINUTE / 60), LAMP).is_empty());
    assert_eq!(
        of(home.pass(MINUTE), LAMP),
        [format!("Zigbee get {LAMP} state")]
    );
    let lines = home.done(Err(CommandError::Timeout(10)));
    assert_eq!(
        lines[2],
        r#"hearth/Bedroom Lamp/availability {"state":"offline"} (retained)"#
    );
    // It is asked again, more and more seldom.
    assert!(of(home.pass(14 * MINUTE), LAMP).is_empty());
    assert_eq!(of(home.pass(2 * MINUTE), LAMP).len(), 1);
    assert_eq!(
        home.done(Ok(changes(&[("state", "ON".into())]))),
        [
            r#"hearth/Bedroom Lamp/availability {"state":"online"} (retained)"#,
            r#"hearth/Bedroom Lamp {"state":"ON","linkquality":90}"#
        ]
    );
}

#[test]
fn being_heard_is_enough() {
    let mut home = Home::settled();
    for _ in 0..100 {
        home.report(LAMP, &[], 90);
        assert!(of(home.pass(MINUTE), LAMP).is_empty());
    }
}

#[test]
fn a_sleeping_sensor_may_be_silent_for_25_hours() {
    let mut home = Home::settled();
    home.report(CLIMATE, &[("temperature", 20.into())], 90);
    home.report(THERMOMETER, &[("temperature", 20.into())], 90);
    assert!(of(home.pass(25 * 60 * MINUTE - MINUTE), "Climate").is_empty());
    let lines = home.pass(2 * MINUTE);
    assert_eq!(
        of(lines.clone(), "Climate"),
        [r#"hearth/Climate/availability {"state":"offline"} (retained)"#]
    );
    assert_eq!(of(lines, "Thermometer").len(), 1);
    assert_eq!(
        home.report(CLIMATE, &[], 90),
        [r#"hearth/Climate/availability {"state":"online"} (retained)"#]
    );
}

#[test]
fn silence_counts_over_a_restart() {
    let mut home = Home::settled();
    home.report(CLIMATE, &[("temperature", 20.into())], 90);
    home.put(Input::Shutdown);
    let now = Now {
        elapsed: Duration::ZERO,
        unix: home.now.unix + 24 * 60 * MINUTE,
    };
    home.hub = Hub::new(settings(), &home.saved(), now).unwrap();
    home.now = now;
    assert!(of(home.pass(59 * MINUTE), "Climate").is_empty());
    assert_eq!(of(home.pass(2 * MINUTE), "Climate").len(), 1);
}

#[test]
fn a_dongle_that_is_away_makes_no_device_offline() {
    let mut home = Home::settled();
    home.report(LAMP, &[("state", "ON".into())], 90);
    home.pass(11 * MINUTE);
    let lines = home.done(Err(CommandError::Unavailable("pulled".to_owned())));
    assert!(lines.is_empty(), "{lines:?}");
}

#[test]
fn a_lamp_that_comes_back_is_read() {
    let mut home = Home::settled();
    home.radio(Event::Announced { id: id(LAMP) });
    assert_eq!(
        home.pass(Duration::from_secs(3)),
        [format!("Zigbee get {LAMP} state brightness color_temp")]
    );
}

/// After a power cut the registry is there, the state may not be.
#[test]
fn a_device_of_which_nothing_was_kept_counts_as_there_until_it_is_due() {
    let home = Home::settled();
    let mut again = Home::with(
        settings(),
        &Saved {
            state: None,
            ..home.saved()
        },
    );
    let told = again.greeting();
    assert_eq!(told["Climate/availability"], r#"{"state":"online"}"#);
    let asked = of(again.pass(2 * MINUTE), LAMP);
    assert_eq!(asked, [format!("Zigbee get {LAMP} state")]);
}
