//! Everything that can be said is done: timers, scenes, groups, heating, questions back.

use radios::{CommandError, DeviceInfo, DeviceKind, Event, Expose, ExposeKind, Value};

use super::super::*;
use super::home::{CLIMATE, LAMP, changes, id, settings};
use super::{Home, home};

const LOCK: &str = "0x00124b0000000001";
const HEATER: &str = "0x00124b0000000002";
const FAN: &str = "0x00124b0000000003";
const GARAGE: &str = "0x00124b0000000004";
const PLUG: &str = "0x00124b0000000005";

fn feature(kind: ExposeKind, name: &'static str) -> Expose {
    Expose {
        name: Some(name),
        property: Some(name.to_owned()),
        access: Some(7),
        ..Expose::of(kind)
    }
}

/// The usual home's devices, and a lock, a thermostat, a fan and a garage door.
fn define(info: &DeviceInfo) -> radios::Definition {
    let mut definition = home::define(info);
    let (kind, features) = match info.model_id.as_deref() {
        Some("lock") => (ExposeKind::Lock, vec![feature(ExposeKind::Binary, "state")]),
        Some("cover") => (
            ExposeKind::Cover,
            vec![
                feature(ExposeKind::Enum, "state"),
                feature(ExposeKind::Numeric, "position"),
            ],
        ),
        Some("fan") => (
            ExposeKind::Fan,
            vec![
                feature(ExposeKind::Binary, "fan_state"),
                Expose {
                    values: ["low", "medium", "high", "auto"].map(Into::into).to_vec(),
                    ..feature(ExposeKind::Enum, "fan_mode")
                },
            ],
        ),
        Some("thermostat") => (
            ExposeKind::Climate,
            vec![
                feature(ExposeKind::Numeric, "local_temperature"),
                Expose {
                    value_min: Some(7.0),
                    value_max: Some(30.0),
                    ..feature(ExposeKind::Numeric, "occupied_heating_setpoint")
                },
                Expose {
                    values: ["off", "auto", "heat"].map(Into::into).to_vec(),
                    ..feature(ExposeKind::Enum, "system_mode")
                },
            ],
        ),
        _ => return definition,
    };
    definition.exposes = vec![Expose {
        features,
        ..Expose::of(kind)
    }];
    definition
}

fn full() -> Home {
    full_with(Settings {
        define,
        ..settings()
    })
}

fn full_with(settings: Settings) -> Home {
    let mut home = Home::settled_with(settings);
    for (device, model, name, room) in [
        (LOCK, "lock", "Front Door", "Hall"),
        (HEATER, "thermostat", "Heater", "Bedroom"),
        (FAN, "fan", "Fan", "Bedroom"),
        (GARAGE, "cover", "Garage Door", "Hall"),
        (PLUG, "lumi.plug", "Radio", "Kitchen"),
    ] {
        let info = DeviceInfo {
            model_id: Some(model.to_owned()),
            interview: radios::InterviewState::Successful,
            ..DeviceInfo::new(id(device), DeviceKind::Router)
        };
        home.radio(Event::Device(Box::new(info)));
        home.request(
            "device/rename",
            &format!(r#"{{"from":"{device}","to":"{name}"}}"#),
        );
        home.request(
            "device/options",
            &format!(r#"{{"id":"{name}","options":{{"room":"{room}"}}}}"#),
        );
    }
    home.request(
        "device/options",
        r#"{"id":"Bedroom Lamp","options":{"room":"Bedroom","aliases":["침실 스탠드"]}}"#,
    );
    home.report(
        LAMP,
        &[("state", "ON".into()), ("brightness", 100u8.into())],
        90,
    );
    home.report(PLUG, &[("state", "OFF".into())], 90);
    home.report(
        HEATER,
        &[
            ("occupied_heating_setpoint", 20.0.into()),
            ("local_temperature", 19.5.into()),
            ("system_mode", "heat".into()),
        ],
        90,
    );
    home
}

/// Says it aloud in the hall.
fn say(home: &mut Home, text: &str) -> Vec<String> {
    from(home, text, "satellite:hall")
}

fn from(home: &mut Home, text: &str, source: &str) -> Vec<String> {
    home.put(Input::Utterance(Utterance {
        text: text.to_owned(),
        source: source.to_owned(),
        ..Utterance::default()
    }))
}

/// Commands to devices, and what is said.
fn told(lines: &[String]) -> Vec<String> {
    lines
        .iter()
        .filter(|line| {
            line.starts_with("Zigbee set") || line.starts_with("Ble") || line.starts_with("speak")
        })
        .map(|line| line.replace("speak to satellite:hall: ", "> "))
        .collect()
}

#[test]
fn every_kind_of_thing_is_set() {
    let mut home = full();
    for (text, device, values) in [
        ("lock the front door", LOCK, r#"{"state":"LOCK"}"#),
        (
            "set the heater to 21.5 degrees",
            HEATER,
            r#"{"occupied_heating_setpoint":21.5}"#,
        ),
        (
            "set the heater to 70 degrees",
            HEATER,
            r#"{"occupied_heating_setpoint":21}"#,
        ),
        (
            "make the heater a bit warmer",
            HEATER,
            r#"{"occupied_heating_setpoint":21}"#,
        ),
        (
            "make it cooler in the bedroom",
            HEATER,
            r#"{"occupied_heating_setpoint":19}"#,
        ),
        (
            "set the heater to auto",
            HEATER,
            r#"{"system_mode":"auto"}"#,
        ),
        ("turn off the heater", HEATER, r#"{"system_mode":"off"}"#),
        ("turn on the fan", FAN, r#"{"fan_state":"ON"}"#),
        ("set the fan to 50%", FAN, r#"{"fan_mode":"medium"}"#),
        ("set the fan to high", FAN, r#"{"fan_mode":"high"}"#),
        ("set the fan to auto", FAN, r#"{"fan_mode":"auto"}"#),
        ("close the garage door", GARAGE, r#"{"state":"CLOSE"}"#),
        ("stop the garage door", GARAGE, r#"{"state":"STOP"}"#),
        (
            "make the bedroom lamp a bit brighter",
            LAMP,
            r#"{"brightness":125}"#,
        ),
    ] {
        let lines = say(&mut home, text);
        let expected = format!("Zigbee set {device} {values}");
        assert_eq!(told(&lines), [expected], "{text}");
        home.done(Ok(Vec::new()));
    }
}

#[test]
fn what_a_thing_cannot_do_is_said_in_words_of_the_home() {
    let mut home = full();
    for (text, answer) in [
        ("set the heater to 40 degrees", "Heater cannot go that far"),
        (
            "make the bedroom lamp blue",
            "Bedroom Lamp cannot show that colour",
        ),
        ("play some music", "There is nothing here that plays"),
        ("how much time is left", "There is no such timer"),
    ] {
        let lines = say(&mut home, text);
        assert_eq!(told(&lines), [format!("> {answer}")], "{text}");
    }
    say(&mut home, "turn on the fan");
    let lines = home.done(Err(CommandError::Timeout(10)));
    assert_eq!(told(&lines), ["> Fan cannot be reached"]);
}

#[test]
fn a_breath_gets_one_answer_when_all_of_it_is_done() {
    let mut home = full();
    let lines = say(&mut home, "turn on the bedroom lamp and the fan");
    assert_eq!(
        told(&lines),
        [
            format!(r#"Zigbee set {LAMP} {{"state":"ON"}}"#),
            format!(r#"Zigbee set {FAN} {{"fan_state":"ON"}}"#),
        ]
    );
    let tokens: Vec<_> = home.commands.iter().map(radios::Command::token).collect();
    let [.., lamp, fan] = tokens[..] else {
        panic!("{tokens:?}")
    };
    let outcome = Ok(changes(&[("state", "ON".into())]));
    let lines = home.radio(Event::Done {
        token: lamp,
        outcome,
    });
    assert!(told(&lines).is_empty(), "{lines:?}");
    let outcome = Ok(changes(&[("fan_state", "ON".into())]));
    let lines = home.radio(Event::Done {
        token: fan,
        outcome,
    });
    assert_eq!(told(&lines), ["> Turned on Bedroom Lamp and Fan"]);
}

#[test]
fn unlocking_waits_for_a_yes_from_where_it_was_said() {
    let mut home = full();
    let unlock = format!(r#"Zigbee set {LOCK} {{"state":"UNLOCK"}}"#);
    let asks = "> Unlock Front Door? (asks)";
    let lines = say(&mut home, "unlock the front door");
    assert_eq!(told(&lines).concat(), asks);
    assert!(lines.iter().any(|l| l.contains(r#""confirm":true"#)));
    // Somebody else's yes is none.
    assert!(told(&from(&mut home, "yes", "satellite:kitchen")).is_empty());
    assert_eq!(told(&say(&mut home, "yes please")).concat(), unlock);
    home.done(Ok(Vec::new()));

    say(&mut home, "unlock the front door");
    let lines = say(&mut home, "no thanks");
    assert_eq!(told(&lines), ["> All right, nothing is changed"]);
    assert!(told(&say(&mut home, "yes")).is_empty());

    say(&mut home, "unlock the front door");
    home.pass(CONFIRM_WITHIN);
    assert!(told(&say(&mut home, "yes")).is_empty());

    // Another command takes the question back.
    say(&mut home, "unlock the front door");
    say(&mut home, "lock the front door");
    assert!(told(&say(&mut home, "yes")).is_empty());
    // Who types is not asked.
    let lines = from(&mut home, "unlock the front door", "typed");
    assert_eq!(told(&lines), [unlock]);
}

#[test]
fn garages_all_off_and_what_is_marked_ask_back_too() {
    let mut home = full();
    home.request(
        "device/options",
        r#"{"id":"Radio","options":{"confirm":true}}"#,
    );
    for (text, question) in [
        ("open the garage door", "Open Garage Door?"),
        ("set the garage door to 50%", "Open Garage Door?"),
        (
            "turn everything off",
            "Turn everything off, in the whole home?",
        ),
        ("turn on the radio", "Turn on Radio?"),
    ] {
        let lines = say(&mut home, text);
        assert_eq!(told(&lines), [format!("> {question} (asks)")], "{text}");
    }
    let mut settings = Settings {
        define,
        ..settings()
    };
    settings.confirm = Vec::new();
    settings.confirm_typed = true;
    let mut home = full_with(settings);
    assert!(told(&say(&mut home, "unlock the front door"))[0].starts_with("Zigbee"));
}

#[test]
fn of_two_readings_the_one_that_is_chosen_is_done() {
    for (reply, expected) in [
        ("off", Some("OFF")),
        ("the first one", Some("ON")),
        ("no", None),
    ] {
        let mut home = full();
        let lines = home.put(Input::Utterance(Utterance {
            text: "turn on the bedroom lamp".to_owned(),
            or: Some("turn off the bedroom lamp".to_owned()),
            source: "satellite:hall".to_owned(),
            ..Utterance::default()
        }));
        let question =
            "> Did you say “turn on the bedroom lamp” or “turn off the bedroom lamp”? (asks)";
        assert_eq!(told(&lines), [question]);
        let lines = say(&mut home, reply);
        let set = expected.map(|state| format!(r#"Zigbee set {LAMP} {{"state":"{state}"}}"#));
        let commands: Vec<String> = told(&lines)
            .into_iter()
            .filter(|line| line.starts_with("Zigbee"))
            .collect();
        assert_eq!(commands, set.into_iter().collect::<Vec<_>>(), "{reply}");
    }
}

#[test]
fn timers_run_wait_grow_and_ring() {
    let mut home = full();
    let minutes = |n: u64| Duration::from_secs(n * 60);
    let lines = say(&mut home, "set a pizza timer for ten minutes");
    assert_eq!(told(&lines), ["> pizza timer for 10 minutes is running"]);
    assert!(lines.contains(&"store State".to_owned()), "{lines:?}");
    home.pass(minutes(4));
    let lines = say(&mut home, "how much time is left");
    assert_eq!(told(&lines), ["> 6 minutes left"]);
    say(&mut home, "pause the timer");
    home.pass(minutes(60));
    say(&mut home, "resume the timer");
    say(&mut home, "add five minutes to the pizza timer");
    let lines = say(&mut home, "set a timer for 1 minute");
    assert_eq!(told(&lines), ["> Timer for 1 minute is running"]);
    let lines = say(&mut home, "how much time is left on the timer");
    assert_eq!(
        told(&lines),
        ["> pizza: 11 minutes and 1 minute: 1 minute left"]
    );
    let lines = say(&mut home, "cancel the timer");
    assert_eq!(told(&lines), ["> Which timer: pizza and 1 minute?"]);
    say(&mut home, "cancel the 1 minute timer");
    let lines = home.pass(minutes(11));
    assert_eq!(told(&lines), ["> The pizza timer is done"]);
    assert!(
        lines
            .iter()
            .any(|l| l.starts_with("hearth/voice/timer {") && l.contains(r#""event":"finished""#)),
        "{lines:?}"
    );
    assert_eq!(
        told(&say(&mut home, "cancel all timers")),
        ["> There is no such timer"]
    );
}

#[test]
fn a_command_for_later_is_done_then_and_outlives_a_restart() {
    let mut home = full();
    let lines = say(&mut home, "turn off the bedroom lamp in ten minutes");
    assert_eq!(told(&lines), ["> I will do that in 10 minutes"]);
    let saved = home.saved();
    let off = format!(r#"Zigbee set {LAMP} {{"state":"OFF"}}"#);
    assert_eq!(told(&home.pass(Duration::from_secs(601))).concat(), off);

    // Started anew four minutes later.
    let settings = || Settings {
        define,
        ..settings()
    };
    let start = |minutes: u64| {
        let mut again = Home::with(settings(), &Saved::default());
        again.now.unix += Duration::from_secs(minutes * 60);
        again.hub = Hub::new(settings(), &saved, again.now).unwrap();
        again
    };
    let mut again = start(4);
    assert!(told(&again.pass(Duration::from_secs(355))).is_empty());
    assert_eq!(told(&again.pass(Duration::from_secs(10))).concat(), off);
    // A little late is better than never; hours late is not.
    assert_eq!(told(&start(15).pass(Duration::from_secs(1))), [off]);
    assert!(told(&start(300).pass(Duration::from_secs(1))).is_empty());
}

/// The clocks of Berlin: put forward at two on 29 March 2026, back at three on 25 October.
fn berlin(utc: Duration) -> Duration {
    let zone = crate::clock::Zone::parse("CET-1CEST,M3.5.0,M10.5.0/3").unwrap();
    zone.local(utc)
}

/// The full home at so many seconds since 1970.
fn full_at(unix: u64) -> Home {
    let mut home = full_with(Settings {
        define,
        local: berlin,
        ..settings()
    });
    home.now.unix = Duration::from_secs(unix);
    home
}

#[test]
fn a_command_for_a_time_of_day_is_done_then() {
    // 15 January 2026, 20:00 in Berlin.
    let mut home = full_at(1_768_503_600);
    for (said, answer) in [
        (
            "turn off the bedroom lamp at half past ten",
            "> I will do that at 22:30",
        ),
        (
            "turn on the fan at 7 am",
            "> I will do that tomorrow at 7:00",
        ),
        ("turn off the fan at nine", "> I will do that at 21:00"),
        ("wake me at seven", "> I will wake you tomorrow at 7:00"),
        ("wake me", "> At what time?"),
        ("which timers are set", "> Set: 22:30, 7:00, 21:00 and 7:00"),
        (
            "set a pizza timer for ten minutes",
            "> pizza timer for 10 minutes is running",
        ),
        ("cancel the alarm", "> The alarm is off"),
        (
            "which timers are set",
            "> Set: 22:30, 7:00, 21:00 and pizza: 10 minutes",
        ),
        (
            "set an alarm for six thirty",
            "> I will wake you tomorrow at 6:30",
        ),
    ] {
        assert_eq!(told(&say(&mut home, said)), [answer], "{said}");
    }
    let hours = |hours: u64| Duration::from_secs(hours * 3600);
    let fan = |state| format!(r#"Zigbee set {FAN} {{"fan_state":"{state}"}}"#);
    let lines = home.pass(hours(1)).concat();
    assert!(
        lines.contains("The pizza timer is done") && lines.contains(&fan("OFF")),
        "{lines}"
    );
    // Ninety minutes later, after a restart.
    let saved = home.saved();
    let settings = Settings {
        define,
        local: berlin,
        ..settings()
    };
    home.hub = Hub::new(settings, &saved, home.now).unwrap();
    let off = format!(r#"Zigbee set {LAMP} {{"state":"OFF"}}"#);
    assert!(told(&home.pass(Duration::from_secs(5398))).is_empty());
    assert_eq!(told(&home.pass(Duration::from_secs(2))), [off]);
    assert_eq!(told(&home.pass(hours(8))), ["> It is 6:30"]);
    assert_eq!(
        told(&say(&mut home, "cancel all timers")),
        ["> All timers are off"]
    );
}

#[test]
fn the_night_on_which_clocks_are_changed_is_longer_or_shorter() {
    // From 22:00 to 7:00 there are 8 hours on 28 March 2026, and 10 on 24 October.
    for (evening, hours) in [(1_774_731_600, 8), (1_792_872_000, 10)] {
        let mut home = full_at(evening);
        assert_eq!(
            told(&say(&mut home, "wake me at seven")),
            ["> I will wake you tomorrow at 7:00"]
        );
        assert!(told(&home.pass(Duration::from_secs(hours * 3600 - 1))).is_empty());
        assert_eq!(told(&home.pass(Duration::from_secs(1))), ["> It is 7:00"]);
    }
}

#[test]
fn a_clock_that_was_never_set_plans_nothing() {
    let mut home = full_at(86_400);
    assert_eq!(
        told(&say(&mut home, "wake me at seven")),
        ["> I do not know what time it is"]
    );
}

#[test]
fn a_group_is_one_thing_with_many_members() {
    let mut home = full();
    let lines = home.request("group/add", r#"{"friendly_name":"Evening","id":7}"#);
    assert!(
        lines
            .iter()
            .any(|l| l.starts_with("hearth/bridge/response/group/add")
                && l.contains(r#""data":{"friendly_name":"Evening","id":7}"#)),
        "{lines:?}"
    );
    for device in ["Bedroom Lamp", "Radio"] {
        home.request(
            "group/members/add",
            &format!(r#"{{"group":"Evening","device":"{device}"}}"#),
        );
    }
    let greeting = home.greeting();
    assert!(greeting["bridge/groups"].contains(LAMP), "{greeting:?}");
    assert_eq!(greeting["Evening"], r#"{"state":"ON","brightness":100}"#);
    let lines = home.mqtt("hearth/Evening/set", r#"{"state":"OFF","brightness":10}"#);
    assert_eq!(
        told(&lines),
        [
            format!(r#"Zigbee set {LAMP} {{"state":"OFF","brightness":10}}"#),
            format!(r#"Zigbee set {PLUG} {{"state":"OFF"}}"#),
        ]
    );
    let lines = home.report(LAMP, &[("state", "OFF".into())], 90);
    assert!(
        lines.contains(&r#"hearth/Evening {"state":"OFF","brightness":100}"#.to_owned()),
        "{lines:?}"
    );
    let lines = say(&mut home, "turn on evening");
    assert_eq!(told(&lines).len(), 2, "{lines:?}");
    // A name is one thing's.
    for (path, payload) in [
        ("group/add", r#"{"friendly_name":"Radio"}"#),
        ("device/rename", r#"{"from":"Radio","to":"Evening"}"#),
        ("group/rename", r#"{"from":"Evening","to":"Radio"}"#),
        (
            "group/members/add",
            r#"{"group":"Evening","device":"Nobody"}"#,
        ),
        ("group/remove", r#"{"id":"Nothing"}"#),
    ] {
        let lines = home.request(path, payload);
        let bad = lines.iter().any(|l| l.contains(r#""status":"error""#));
        assert!(bad, "{path}: {lines:?}");
    }
    home.request("group/rename", r#"{"from":"Evening","to":"Dusk"}"#);
    // It is kept.
    let again = Home::with(
        Settings {
            define,
            ..settings()
        },
        &home.saved(),
    );
    let mut again = again;
    assert!(again.greeting()["bridge/groups"].contains("Dusk"));
    home.request("device/remove", r#"{"id":"Radio"}"#);
    home.done(Ok(Vec::new()));
    assert!(!home.greeting()["bridge/groups"].contains(PLUG));
    home.request("group/remove", r#"{"id":7}"#);
    assert_eq!(home.greeting()["bridge/groups"], "[]");
}

#[test]
fn a_scene_puts_a_room_back_as_it_was() {
    let mut home = full();
    home.report(FAN, &[("fan_mode", "low".into())], 90);
    let lines = home.request("scene/store", r#"{"name":"Movie Night","room":"bedroom"}"#);
    assert!(
        lines.iter().any(|l| l.contains(r#""status":"ok""#)),
        "{lines:?}"
    );
    let stored = format!(r#"Zigbee set {LAMP} {{"state":"ON","brightness":100}}"#);
    let low = format!(r#"Zigbee set {FAN} {{"fan_mode":"low"}}"#);
    home.report(
        LAMP,
        &[("state", "OFF".into()), ("brightness", 3u8.into())],
        90,
    );
    let lines = say(&mut home, "activate movie night");
    assert_eq!(told(&lines), [stored.clone(), low.clone()]);
    let lines = home.mqtt(
        "hearth/bridge/request/scene/recall",
        r#"{"name":"movie night"}"#,
    );
    assert_eq!(told(&lines), [stored, low]);
    // Stored anew by voice: the lamp is off now.
    let lines = say(&mut home, "save this as movie night");
    assert_eq!(told(&lines), ["> Movie Night is saved"]);
    assert!(home.greeting()["bridge/scenes"].contains(r#"{"state":"OFF"}"#));
    let lines = home.request("scene/remove", "Movie Night");
    assert!(
        lines.iter().any(|l| l.contains(r#""status":"ok""#)),
        "{lines:?}"
    );
    assert_eq!(home.greeting()["bridge/scenes"], "[]");

    // zigbee2mqtt's way, by a group.
    home.request("group/add", "Evening");
    home.request(
        "group/members/add",
        r#"{"group":"Evening","device":"Bedroom Lamp"}"#,
    );
    home.mqtt(
        "hearth/Evening/set",
        r#"{"scene_store":{"ID":1,"name":"Dark"}}"#,
    );
    assert!(home.greeting()["bridge/groups"].contains(r#""name":"Dark""#));
    let lines = home.mqtt("hearth/Evening/set", r#"{"scene_recall":1}"#);
    assert_eq!(
        told(&lines),
        [format!(r#"Zigbee set {LAMP} {{"state":"OFF"}}"#)]
    );
}

#[test]
fn questions_about_anything_are_answered() {
    let mut home = full();
    home.report(CLIMATE, &[("battery", 9u8.into())], 90);
    for (text, answer) in [
        ("how warm is it in the bedroom", "19.5 degrees"),
        ("which lights are on", "Bedroom Lamp"),
        ("are any batteries low", "Climate"),
        ("is a window open", "There is nothing of the kind there"),
        ("what time is it", "It is 8:00"),
        ("what day is it", "It is 2027-1-15"),
    ] {
        let lines = say(&mut home, text);
        assert_eq!(told(&lines), [format!("> {answer}")], "{text}");
    }
}

#[test]
fn home_assistant_is_told_of_groups_and_scenes() {
    let mut config = Config::default();
    config.homeassistant.enabled = true;
    let mut home = full_with(Settings::new(&config, define));
    home.request("group/add", "Evening");
    let lines = home.request(
        "group/members/add",
        r#"{"group":"Evening","device":"Bedroom Lamp"}"#,
    );
    let light = lines
        .iter()
        .find(|l| l.starts_with("homeassistant/light/0x0000000000000001/"))
        .unwrap();
    assert!(
        light.contains(r#""command_topic":"hearth/Evening/set""#),
        "{light}"
    );
    let lines = home.request("scene/store", r#"{"name":"Dark","group":"Evening"}"#);
    assert!(
        lines
            .iter()
            .any(|l| l.starts_with("homeassistant/scene/")
                && l.contains(r#""payload_on":"{\"id\":1}""#)),
        "{lines:?}"
    );
    let lines = home.request("group/remove", r#"{"id":"Evening"}"#);
    assert!(
        lines
            .iter()
            .any(|l| l == "homeassistant/light/0x0000000000000001/light/config  (retained)"),
        "{lines:?}"
    );
}

#[test]
fn korean_answers_have_their_particles() {
    let mut settings = Settings {
        define,
        ..settings()
    };
    settings.language = "ko".to_owned();
    let mut home = full_with(settings);
    say(&mut home, "침실 스탠드 꺼 줘");
    let lines = home.done(Ok(changes(&[("state", Value::from("OFF"))])));
    assert_eq!(told(&lines), ["> 침실 스탠드를 껐어요"]);
    let lines = say(&mut home, "10분 타이머 맞춰줘");
    assert_eq!(told(&lines), ["> 10분 타이머를 시작했어요"]);
}
