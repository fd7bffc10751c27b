//! Everything that can be said is done: scenes, groups, heating, questions back.

use radios::{CommandError, Event, Value};

use super::super::*;
use super::Home;
use super::full::{FAN, GARAGE, HEATER, LOCK, PLUG, define, from, full, full_with, say, told};
use super::home::{CLIMATE, LAMP, changes, settings};

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
