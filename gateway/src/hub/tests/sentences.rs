use radios::{CommandError, Event, Value};

use super::super::*;
use super::Home;
use super::home::{CLIMATE, LAMP, THERMOMETER, changes, settings};

fn roomy() -> Home {
    roomy_in("en")
}

/// The settled home with a lamp and a climate sensor in the bedroom, whose names are also Korean.
fn roomy_in(language: &str) -> Home {
    let mut settings = settings();
    settings.language = language.to_owned();
    let mut home = Home::settled_with(settings);
    for (name, room, alias) in [
        ("Bedroom Lamp", "Bedroom", "침실 조명"),
        ("Climate", "Bedroom", "온습도계"),
        ("Thermometer", "Bathroom", "욕실 온도계"),
    ] {
        home.request(
            "device/options",
            &format!(r#"{{"id":"{name}","options":{{"room":"{room}","aliases":["{alias}"]}}}}"#),
        );
    }
    home.report(
        LAMP,
        &[("state", "OFF".into()), ("brightness", 100u8.into())],
        90,
    );
    home.report(
        CLIMATE,
        &[("temperature", 21.46.into()), ("humidity", 40u8.into())],
        90,
    );
    home.report(THERMOMETER, &[("temperature", 24.0.into())], 90);
    home
}

fn say(home: &mut Home, text: &str) -> Vec<String> {
    home.put(Input::Utterance(Utterance {
        text: text.to_owned(),
        source: "typed".to_owned(),
        call: Some(1),
        ..Utterance::default()
    }))
}

#[test]
fn a_sentence_turns_the_lamp_on_and_is_answered_when_it_is() {
    let mut home = roomy();
    assert_eq!(
        say(&mut home, "turn on the bedroom lamp"),
        [
            r#"hearth/voice/heard {"id":1,"room":null,"source":"typed","text":"turn on the bedroom lamp"}"#,
            r#"hearth/voice/intent {"id":1,"intent":"HassTurnOn","recognise_us":0,"room":null,"slots":{"name":"Bedroom Lamp"},"source":"typed","text":"turn on the bedroom lamp"}"#,
            r#"Zigbee set 0x000b57fffec6a5b2 {"state":"ON"}"#,
        ]
    );
    home.now.elapsed += Duration::from_millis(40);
    assert_eq!(
        home.done(Ok(changes(&[("state", "ON".into())]))),
        [
            r#"hearth/Bedroom Lamp {"state":"ON","brightness":100,"linkquality":90}"#,
            r#"hearth/voice/answer {"act_ms":40,"confirm":false,"heard":"turn on the bedroom lamp","id":1,"language":"en","ok":true,"room":null,"source":"typed","text":"Turned on Bedroom Lamp"}"#,
            "speak to typed: Turned on Bedroom Lamp",
            "answer 1: Turned on Bedroom Lamp",
        ]
    );
}

/// The commands a sentence leads to.
fn commands(home: &mut Home, text: &str) -> Vec<String> {
    say(home, text)
        .into_iter()
        .filter(|line| line.starts_with("Zigbee") || line.starts_with("Ble"))
        .collect()
}

#[test]
fn sentences_become_values() {
    let mut home = roomy();
    let set = |values: &str| vec![format!("Zigbee set {LAMP} {values}")];
    for (text, expected) in [
        ("toggle the bedroom lamp", set(r#"{"state":"TOGGLE"}"#)),
        (
            "set the bedroom lamp to 50 percent",
            set(r#"{"brightness":127}"#),
        ),
        (
            "set bedroom lamp brightness to zero",
            set(r#"{"state":"OFF"}"#),
        ),
        (
            "make the bedroom lamp 20 percent brighter",
            set(r#"{"brightness":151}"#),
        ),
        (
            "set the bedroom lamp to warm white",
            set(r#"{"color_temp":370}"#),
        ),
        // 153 mired is colder than this lamp can be.
        (
            "set the bedroom lamp to daylight",
            set(r#"{"color_temp":250}"#),
        ),
        (
            "set bedroom lamp to 300 mired",
            set(r#"{"color_temp":300}"#),
        ),
        (
            "turn off the lights in the bedroom",
            set(r#"{"state":"OFF"}"#),
        ),
        ("turn off all lights", set(r#"{"state":"OFF"}"#)),
        ("turn everything off", set(r#"{"state":"OFF"}"#)),
        ("turn on everything in the bathroom", vec![]),
    ] {
        assert_eq!(commands(&mut home, text), expected, "{text}");
    }
}

#[test]
fn korean_is_understood() {
    let mut home = roomy_in("ko");
    assert_eq!(
        commands(&mut home, "침실 조명 켜 줘"),
        [format!(r#"Zigbee set {LAMP} {{"state":"ON"}}"#)]
    );
    home.done(Ok(changes(&[("state", "ON".into())])));
    let lines = say(&mut home, "온습도계 온도 알려줘");
    assert!(lines.last().unwrap().contains("21.5"), "{lines:?}");
}

#[test]
fn questions_are_answered_from_what_is_known() {
    let mut home = roomy();
    for (text, expected) in [
        (
            "what is the temperature of climate",
            "answer 1: 21.5 degrees",
        ),
        (
            "what is the temperature in the bathroom",
            "answer 1: 24 degrees",
        ),
        ("what is the humidity in the bedroom", "answer 1: 40 %"),
        ("is the bedroom lamp on", "answer 1: No"),
        (
            "what is the humidity in the bathroom",
            "answer 1: There is nothing of the kind there",
        ),
    ] {
        assert_eq!(say(&mut home, text).last().unwrap(), expected, "{text}");
    }
}

#[test]
fn the_room_it_is_said_in_is_meant() {
    let mut home = roomy();
    let lines = home.put(Input::Utterance(Utterance {
        text: "turn on the light".to_owned(),
        room: Some("Bedroom".to_owned()),
        ..Utterance::default()
    }));
    assert_eq!(lines[2], format!(r#"Zigbee set {LAMP} {{"state":"ON"}}"#));
}

#[test]
fn what_cannot_be_done_is_said() {
    let mut home = roomy();
    for (text, expected) in [
        ("turn on the fountain", "answer 1: I know no device called"),
        ("the rain in spain", "answer 1: I did not understand that"),
        ("", "answer 1: I did not understand that"),
        ("turn on the climate", "answer 1: That cannot be done with"),
    ] {
        let lines = say(&mut home, text);
        assert!(
            lines.last().unwrap().starts_with(expected),
            "{text}: {lines:?}"
        );
        assert!(lines.iter().any(|line| line.contains(r#""ok":false"#)));
        assert!(home.commands.is_empty());
    }
    say(&mut home, "turn on the bedroom lamp");
    let lines = home.done(Err(CommandError::NotDelivered("no ack".to_owned())));
    assert_eq!(
        lines.last().unwrap(),
        "answer 1: Bedroom Lamp cannot be reached"
    );
}

#[test]
fn a_sentence_may_come_by_mqtt() {
    let mut home = roomy();
    let on = format!(r#"Zigbee set {LAMP} {{"state":"ON"}}"#);
    assert_eq!(
        home.mqtt("hearth/voice/say", "turn on the bedroom lamp")[2],
        on
    );
    let room = r#"{"text":"turn on the lights","room":"Bedroom"}"#;
    assert_eq!(home.mqtt("hearth/voice/say", room)[2], on);
    for (payload, why) in [
        (
            "{\"text\":",
            "voice/say: the payload is not JSON: EOF while parsing a value at line 1 column 8",
        ),
        ("{}", "voice/say: 'text' is missing"),
        (r#"{"text":1}"#, "voice/say: 'text' must be a text"),
    ] {
        assert_eq!(
            home.mqtt("hearth/voice/say", payload)[1],
            format!("log error: {why}")
        );
    }
}

#[test]
fn recognising_alone_does_nothing_and_explains() {
    let mut home = roomy();
    let effects = home.hub.handle(
        Input::Utterance(Utterance {
            text: "turn on the bedroom lamp".to_owned(),
            explain: true,
            dry_run: true,
            call: Some(3),
            ..Utterance::default()
        }),
        home.now,
    );
    let Some(Effect::Answer { call: 3, answer }) = effects.last() else {
        panic!("{effects:?}");
    };
    assert_eq!(answer.intent.as_deref(), Some("HassTurnOn"));
    assert_eq!(
        answer.slots,
        [("name".to_owned(), Value::from("Bedroom Lamp"))]
    );
    let why = answer.explanation.as_deref().unwrap();
    assert!(
        why.contains("{name}") && why.contains("from \"bedroom lamp\""),
        "{why}"
    );
}

#[test]
fn new_names_are_understood_at_once() {
    let mut home = roomy();
    let lines = home.request("device/rename", r#"{"from":"Bedroom Lamp","to":"Moon"}"#);
    assert!(lines.contains(&"home changed".to_owned()), "{lines:?}");
    assert_eq!(commands(&mut home, "turn on the moon").len(), 1);
    // Nothing that is spoken of changed.
    let lines = home.request(
        "device/options",
        r#"{"id":"Moon","options":{"retain":true}}"#,
    );
    assert!(!lines.contains(&"home changed".to_owned()), "{lines:?}");
    home.request("device/remove", "Moon");
    home.done(Ok(Vec::new()));
    assert!(commands(&mut home, "turn on the moon").is_empty());
}

#[test]
fn an_unknown_language_is_said_and_everything_else_works() {
    let mut settings = settings();
    settings.language = "tlh".to_owned();
    let mut home = Home::settled_with(settings);
    let lines = say(&mut home, "turn on the lamp");
    assert_eq!(
        lines.last().unwrap(),
        "answer 1: there are no sentences in 'tlh'"
    );
    assert_eq!(home.mqtt("hearth/Bedroom Lamp/set", "ON").len(), 1);
    home.radio(Event::PermitJoin { seconds: 0 });
}

#[test]
fn a_home_understands_two_languages_and_answers_in_that_of_the_sentence() {
    let mut settings = settings();
    settings.speech_language = Some("ko".to_owned());
    let mut home = Home::settled_with(settings);
    home.request(
        "device/options",
        r#"{"id":"Bedroom Lamp","options":{"aliases":["침실 조명"]}}"#,
    );
    for text in ["turn on the bedroom lamp", "침실 조명 켜 줘"] {
        assert_eq!(
            commands(&mut home, text),
            [format!("Zigbee set {LAMP} {{\"state\":\"ON\"}}")]
        );
        let said = home.done(Ok(changes(&[("state", "ON".into())])));
        let answer = said.last().unwrap();
        assert_eq!(text.is_ascii(), answer.is_ascii(), "{answer}");
    }
    assert_eq!(home.hub.engine().map(intents::Engine::language), Some("ko"));
}

#[test]
fn a_requested_sentence_is_answered_to_its_asker_when_it_is_done() {
    let mut home = roomy();
    let said = home.request(
        "say",
        r#"{"text":"turn on the bedroom lamp","transaction":"t1","explain":true}"#,
    );
    assert!(
        said.iter().any(|line| line.starts_with("Zigbee set")),
        "{said:?}"
    );
    assert!(
        !said.iter().any(|line| line.contains("bridge/response")),
        "{said:?}"
    );
    let said = home.done(Ok(changes(&[("state", "ON".into())])));
    let response = said.last().unwrap();
    assert!(
        response.starts_with("hearth/bridge/response/say"),
        "{response}"
    );
    for part in [
        r#""transaction":"t1""#,
        r#""ok":true"#,
        r#""text":"Turned on Bedroom Lamp""#,
        "explanation",
    ] {
        assert!(response.contains(part), "{response}");
    }
    let said = home.request("say", r#"{"text":"turn on the lamp","dry_run":7}"#);
    assert!(
        said.last().unwrap().contains(r#""status":"error""#),
        "{said:?}"
    );
    let said = home.request("say", r#"{"text":"make me a sandwich","transaction":2}"#);
    assert!(said.last().unwrap().contains(r#""ok":false"#), "{said:?}");
}

fn sets(said: &[String]) -> Vec<&str> {
    said.iter()
        .filter(|line| line.starts_with("Zigbee set"))
        .map(String::as_str)
        .collect()
}

#[test]
fn two_commands_in_one_breath_are_both_done_and_it_is_what_was_spoken_of() {
    let mut home = roomy();
    let said = say(
        &mut home,
        "turn on the bedroom lamp and set it to 50 percent",
    );
    assert_eq!(
        sets(&said),
        [
            r#"Zigbee set 0x000b57fffec6a5b2 {"state":"ON"}"#,
            r#"Zigbee set 0x000b57fffec6a5b2 {"brightness":127}"#,
        ]
    );
    let said = say(&mut home, "turn it off");
    assert_eq!(
        sets(&said),
        [r#"Zigbee set 0x000b57fffec6a5b2 {"state":"OFF"}"#]
    );
}

#[test]
fn what_is_taken_out_stays_as_it_is() {
    let mut home = roomy();
    let said = say(&mut home, "turn off all the lights except in the bedroom");
    assert!(sets(&said).is_empty(), "{said:?}");
    let said = say(&mut home, "turn off all the lights except in the bathroom");
    assert_eq!(
        sets(&said),
        [r#"Zigbee set 0x000b57fffec6a5b2 {"state":"OFF"}"#]
    );
}

#[test]
fn what_is_nearly_said_is_done_and_what_is_no_command_is_not() {
    let mut home = roomy();
    let said = say(&mut home, "kindly swich on the bedroom lapm");
    assert_eq!(
        sets(&said),
        [r#"Zigbee set 0x000b57fffec6a5b2 {"state":"ON"}"#]
    );
    for talk in [
        "don't turn on the bedroom lamp",
        "the bedroom lamp was on all night",
        "we talked about the bedroom",
    ] {
        let said = say(&mut home, talk);
        assert!(sets(&said).is_empty(), "{talk}: {said:?}");
    }
}
