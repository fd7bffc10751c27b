//! Devices as they speak: what they send and what it means, what is wished and what they get.

use super::*;
use crate::model::Known;
use crate::{DeviceId, DeviceKind, Endpoint, Ieee, Value};

fn bytes(hex: &str) -> Vec<u8> {
    let digits: Vec<char> = hex.chars().filter(|c| !c.is_whitespace()).collect();
    let byte = |pair: &[char]| u8::from_str_radix(&pair.iter().collect::<String>(), 16).unwrap();
    digits.chunks(2).map(byte).collect()
}

fn device(model: &str, input: &[u16], output: &[u16]) -> DeviceInfo {
    let mut info = DeviceInfo::new(DeviceId::Zigbee(Ieee(1)), DeviceKind::Router);
    info.model_id = Some(model.to_owned());
    info.endpoints = vec![Endpoint {
        id: 1,
        profile: 0x0104,
        input: input.to_vec(),
        output: output.to_vec(),
        ..Endpoint::default()
    }];
    info
}

fn bulb() -> DeviceInfo {
    device(
        "TRADFRI bulb E27 WS opal 980lm",
        &[0, 3, 4, 5, 6, 8, 0x300],
        &[],
    )
}

fn json(text: &str) -> Changes {
    let Value::Object(members) = serde_json::from_str(text).unwrap() else {
        panic!("an object")
    };
    members
}

/// What a device makes known with a frame, as JSON.
fn hears(info: &DeviceInfo, cluster: u16, hex: &str) -> String {
    let frame = Frame::parse(&bytes(hex)).unwrap();
    let heard = receive(info, 1, cluster, &frame, &mut Memory::default());
    serde_json::to_string(&Value::Object(heard.changes)).unwrap()
}

/// The frames for a wish, as hexadecimal digits, and the state shown.
fn sends(info: &DeviceInfo, memory: &Memory, wish: &str) -> (Vec<String>, String) {
    let requests = set(info, memory, None, &json(wish)).unwrap();
    let shown = requests.iter().flat_map(|r| r.changes.clone()).collect();
    let hex = |r: &Request| {
        r.frame
            .encode()
            .iter()
            .map(|b| format!("{b:02x}"))
            .collect()
    };
    (
        requests.iter().map(hex).collect(),
        serde_json::to_string(&Value::Object(shown)).unwrap(),
    )
}

#[test]
fn state_brightness_and_transition_are_one_frame() {
    let (frames, shown) = sends(
        &bulb(),
        &Memory::default(),
        r#"{"state":"ON","brightness":120,"transition":1}"#,
    );
    assert_eq!(frames, ["010004780a000000"]);
    assert_eq!(shown, r#"{"brightness":120,"state":"ON"}"#);
}

#[test]
fn brightness_0_is_off() {
    let (frames, shown) = sends(&bulb(), &Memory::default(), r#"{"brightness":0}"#);
    assert_eq!(frames, ["0100040000000000"]);
    assert_eq!(shown, r#"{"brightness":0,"state":"OFF"}"#);
}

#[test]
fn colour_comes_before_on_and_after_off() {
    let on = sends(
        &bulb(),
        &Memory::default(),
        r#"{"state":"ON","color_temp":300}"#,
    );
    assert_eq!(on.0, ["01000a2c0100000000", "010001"]);
    let off = sends(
        &bulb(),
        &Memory::default(),
        r#"{"color_temp":300,"state":"OFF"}"#,
    );
    assert_eq!(off.0, ["010000", "01000a2c0100000000"]);
}

#[test]
fn a_colour_temperature_is_kept_within_the_lamp() {
    let far = sends(&bulb(), &Memory::default(), r#"{"color_temp":153}"#);
    assert_eq!(far.1, r#"{"color_mode":"color_temp","color_temp":250}"#);
    let named = sends(&bulb(), &Memory::default(), r#"{"color_temp":"warmest"}"#);
    assert_eq!(named.1, r#"{"color_mode":"color_temp","color_temp":454}"#);
}

#[test]
fn toggling_shows_nothing_until_the_lamp_tells() {
    let (frames, shown) = sends(&bulb(), &Memory::default(), r#"{"state":"toggle"}"#);
    assert_eq!((frames[0].as_str(), shown.as_str()), ("010002", "{}"));
}

#[test]
fn fading_on_goes_to_the_brightness_before() {
    let memory = Memory::with_state(&json(r#"{"state":"OFF","brightness":77}"#));
    let (frames, _) = sends(&bulb(), &memory, r#"{"state":"ON","transition":2}"#);
    assert_eq!(frames, ["0100044d14000000"]);
}

#[test]
fn bad_values_name_property_and_expectation_and_send_nothing() {
    for (wish, message) in [
        (
            r#"{"brightness":300}"#,
            "`brightness`: 300 given, a number from 0 to 254 expected",
        ),
        (
            r#"{"state":"maybe"}"#,
            "`state`: \"maybe\" given, ON, OFF or TOGGLE expected",
        ),
        (
            r#"{"state":"ON","transition":"slowly"}"#,
            "`transition`: \"slowly\" given, seconds, a number from 0 to 6553 expected",
        ),
        (
            r#"{"color_temp":"purple"}"#,
            "`color_temp`: \"purple\" given, mireds from 250 to 454, or coolest, cool, neutral, warm or warmest expected",
        ),
    ] {
        let error = set(&bulb(), &Memory::default(), None, &json(wish)).unwrap_err();
        assert_eq!(error.to_string(), message);
    }
    let error = set(
        &bulb(),
        &Memory::default(),
        None,
        &json(r#"{"color":"red"}"#),
    );
    assert!(matches!(error, Err(CommandError::Unsupported { .. })));
    let error = set(
        &bulb(),
        &Memory::default(),
        Some("left"),
        &json(r#"{"state":"ON"}"#),
    );
    assert!(matches!(error, Err(CommandError::BadValue { .. })));
}

#[test]
fn reports_become_properties() {
    assert_eq!(
        hears(&bulb(), 6, "18 01 0a 0000 10 01"),
        r#"{"state":"ON"}"#
    );
    assert_eq!(
        hears(&bulb(), 8, "18 01 0a 0000 20 78"),
        r#"{"brightness":120}"#
    );
    assert_eq!(
        hears(&bulb(), 0x300, "18 01 0a 0700 21 c800 0800 30 02"),
        r#"{"color_temp":200,"color_mode":"color_temp"}"#
    );
    let sensor = device("nobody knows", &[0, 1, 0x402, 0x405, 0x403], &[]);
    assert_eq!(
        hears(&sensor, 0x402, "18 01 0a 0000 29 d308"),
        r#"{"temperature":22.59}"#
    );
    assert_eq!(hears(&sensor, 0x402, "18 01 0a 0000 29 0080"), "{}");
    assert_eq!(
        hears(&sensor, 0x405, "18 01 0a 0000 21 8e12"),
        r#"{"humidity":47.5}"#
    );
    assert_eq!(
        hears(&sensor, 1, "18 01 0a 2100 20 63"),
        r#"{"battery":49.5}"#
    );
}

#[test]
fn a_meter_counts_by_what_was_read_at_setup() {
    let mut plug = device("some plug", &[0, 6, 0x702, 0xb04], &[]);
    let frame = Frame::parse(&bytes("18 01 01 0103 00 22 010000 0203 00 22 e80300")).unwrap();
    let heard = receive(&plug, 1, 0x702, &frame, &mut Memory::default());
    assert!(learn(&mut plug, &heard.learned));
    assert!(!learn(&mut plug, &heard.learned), "no news the second time");
    let known = &plug.endpoints[0].known;
    assert_eq!(
        known[1],
        Known {
            cluster: 0x702,
            attribute: 0x302,
            value: 1000
        }
    );
    let energy = hears(&plug, 0x702, "18 01 0a 0000 25 393000000000");
    assert_eq!(energy, r#"{"energy":12.35}"#);
}

#[test]
fn several_relays_carry_their_endpoints() {
    let mut info = device("some relay", &[0, 6], &[]);
    let mut second = info.endpoints[0].clone();
    second.id = 2;
    info.endpoints.push(second);
    let requests = set(
        &info,
        &Memory::default(),
        None,
        &json(r#"{"state_2":"ON"}"#),
    )
    .unwrap();
    assert_eq!((requests[0].endpoint, requests[0].cluster), (2, 6));
    assert_eq!(requests[0].changes, json(r#"{"state_2":"ON"}"#));
    let by_topic = set(
        &info,
        &Memory::default(),
        Some("2"),
        &json(r#"{"state":"ON"}"#),
    );
    assert_eq!(by_topic.unwrap(), requests);
    assert_eq!(
        hears(&info, 6, "18 01 0a 0000 10 01"),
        r#"{"state_1":"ON"}"#
    );
}

#[test]
fn a_lamp_is_bound_reported_and_read() {
    let steps = setup(&bulb());
    for cluster in [6, 8, 0x300] {
        assert!(steps.contains(&Step::Bind {
            endpoint: 1,
            cluster
        }));
    }
    let hex = |r: Request| {
        r.frame
            .encode()
            .iter()
            .map(|b| format!("{b:02x}"))
            .collect()
    };
    let frames: Vec<String> = steps.iter().filter_map(Step::request).map(hex).collect();
    assert!(frames.contains(&"10000600000010 0000 100e".replace(' ', "")));
    assert!(frames.contains(&"1000060000002005 00100e01".replace(' ', "")));
}

#[test]
fn what_a_lamp_offers_is_named() {
    let definition = define(&bulb());
    assert_eq!(
        (definition.model.as_str(), definition.source),
        ("LED1545G12", "native")
    );
    let light = &definition.exposes[0];
    let names: Vec<_> = light.features.iter().filter_map(|f| f.name).collect();
    assert_eq!(
        names,
        ["state", "brightness", "color_temp", "color_temp_startup"]
    );
    assert_eq!(light.features[2].value_min, Some(250.0));
}

/// A read of no property only asks for a sign of life.
#[test]
fn reading_nothing_asks_for_the_version() {
    let requests = get(&bulb(), &[]).unwrap();
    let [request] = requests.as_slice() else {
        panic!("{requests:?}")
    };
    assert_eq!((request.endpoint, request.cluster), (1, 0));
    assert_eq!(request.frame.payload, [0, 0]);
}
