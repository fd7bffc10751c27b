//! Wrong topics and payloads: a clear error, and nothing changes.

use super::super::*;
use super::Home;
use super::home::{LAMP, brief};

#[test]
fn wrong_payloads_are_named_and_change_nothing() {
    let mut home = Home::settled();
    home.report(LAMP, &[("state", "ON".into())], 90);
    let before = home.greeting();
    let many: String = (0..100).map(|i| format!(r#""p{i}":1,"#)).collect();
    let many = format!("{{{}}}", many.trim_end_matches(','));
    let deep = "[".repeat(100_000);
    let deep = &deep[..60_000];
    for (topic, payload, why) in [
        ("Nobody/set", "ON", "device 'Nobody' is unknown"),
        (
            "0x0000000000000000/set",
            "ON",
            "device '0x0000000000000000' is unknown",
        ),
        ("Nobody/get", "{}", "device 'Nobody' is unknown"),
        (
            "Bedroom Lamp/set",
            "{\"state\":",
            "cannot set 'Bedroom Lamp': the payload is not JSON: EOF while parsing a value at line 1 column 9",
        ),
        (
            "Bedroom Lamp/set",
            "[1]",
            "cannot set 'Bedroom Lamp': the payload must be a JSON object or a state such as ON",
        ),
        (
            "Bedroom Lamp/set",
            "{}",
            "cannot set 'Bedroom Lamp': the payload names no property",
        ),
        (
            "Bedroom Lamp/set",
            "",
            "cannot set 'Bedroom Lamp': the payload is not JSON: EOF while parsing a value at line 1 column 0",
        ),
        (
            "Bedroom Lamp/set",
            &many,
            "cannot set 'Bedroom Lamp': the payload names 100 properties; at most 64 are taken",
        ),
        (
            "Bedroom Lamp/set",
            deep,
            "cannot set 'Bedroom Lamp': the payload is not JSON: recursion limit exceeded at line 1 column 128",
        ),
        (
            "Bedroom Lamp/get",
            "nonsense",
            "cannot read 'Bedroom Lamp': the payload is not JSON: expected ident at line 1 column 2",
        ),
        (
            "Climate/get",
            "",
            "cannot read 'Climate': nothing in it can be read",
        ),
    ] {
        let lines = home.mqtt(&format!("hearth/{topic}"), payload);
        assert_eq!(lines.last(), Some(&format!("log error: {why}")));
        assert!(lines.len() <= 2 && home.commands.is_empty(), "{lines:?}");
    }
    assert_eq!(home.greeting(), before);
}

#[test]
fn a_megabyte_is_refused_everywhere() {
    let mut home = Home::settled();
    let before = home.greeting();
    let big = "x".repeat(1 << 20);
    for topic in [
        "hearth/Bedroom Lamp/set",
        "hearth/Bedroom Lamp/set/state",
        "hearth/Bedroom Lamp/get",
        "hearth/bridge/request/device/rename",
        "hearth/bridge/request/permit_join",
    ] {
        let lines = home.mqtt(topic, &big);
        assert!(
            lines
                .iter()
                .any(|line| line.contains("at most 65536 are taken")),
            "{topic}"
        );
        assert!(lines.iter().map(String::len).sum::<usize>() < 1000);
    }
    assert!(home.commands.is_empty());
    assert_eq!(home.greeting(), before);
}

#[test]
fn wrong_requests_answer_with_an_error() {
    let mut home = Home::settled();
    let before = home.greeting();
    for (path, payload) in [
        ("permit_join", "{"),
        ("permit_join", "255"),
        ("permit_join", "-1"),
        ("permit_join", r#"{"time":"soon"}"#),
        ("permit_join", r#"{"time":10,"device":"Nobody"}"#),
        ("permit_join", r#"{"time":10,"device":5}"#),
        ("device/remove", r#"{"id":"Nobody"}"#),
        ("device/remove", r#"{"id":"Climate","force":"yes"}"#),
        ("device/options", r#"{"id":"Climate"}"#),
        ("device/interview", "Nobody"),
        ("nothing/like/that", ""),
        ("device/rename", "\u{0}"),
    ] {
        let lines = home.request(path, payload);
        let answer = lines.last().unwrap();
        assert!(
            answer.starts_with(&format!("hearth/bridge/response/{path} "))
                && answer.contains(r#""status":"error""#),
            "{lines:?}"
        );
    }
    // A path that is no topic is not echoed.
    let lines = home.request("a b+#", "");
    assert!(
        lines
            .last()
            .unwrap()
            .starts_with("hearth/bridge/response/unknown "),
        "{lines:?}"
    );
    assert!(home.commands.is_empty());
    assert_eq!(home.greeting(), before);
}

#[test]
fn bytes_that_are_no_text_are_refused() {
    let mut home = Home::settled();
    for topic in [
        "hearth/Bedroom Lamp/set",
        "hearth/bridge/request/permit_join",
    ] {
        let mut lines = home.put(Input::Message(Message {
            topic: topic.to_owned(),
            payload: Bytes::from_static(&[0xff, 0xfe, 0x00]),
            origin: Origin::Broker,
        }));
        brief(&mut lines);
        assert!(
            lines.iter().any(|line| line.contains("not UTF-8")),
            "{lines:?}"
        );
    }
}

#[test]
fn topics_of_others_are_not_ours() {
    let mut home = Home::settled();
    for topic in [
        "zigbee2mqtt/Bedroom Lamp/set",
        "hearthBedroom Lamp/set",
        "hearth",
        "hearth/",
        "",
    ] {
        assert!(home.mqtt(topic, "ON").is_empty(), "{topic}");
    }
}

#[test]
fn the_same_complaint_is_published_once() {
    let mut home = Home::settled();
    assert_eq!(home.mqtt("hearth/Nobody/set", "ON").len(), 2);
    assert_eq!(home.mqtt("hearth/Nobody/set", "ON").len(), 1);
}
