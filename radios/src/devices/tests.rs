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
        &json(r#"{"state_l2":"ON"}"#),
    )
    .unwrap();
    assert_eq!((requests[0].endpoint, requests[0].cluster), (2, 6));
    assert_eq!(requests[0].changes, json(r#"{"state_l2":"ON"}"#));
    let by_topic = set(
        &info,
        &Memory::default(),
        Some("2"),
        &json(r#"{"state":"ON"}"#),
    );
    assert_eq!(by_topic.unwrap(), requests);
    assert_eq!(
        hears(&info, 6, "18 01 0a 0000 10 01"),
        r#"{"state_l1":"ON"}"#
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

#[test]
fn a_mijia_sensor_tells_all_it_knows_in_one_string() {
    let sensor = device("lumi.sensor_ht\0", &[0, 3, 0x402, 0x405, 0xffff], &[]);
    // Voltage 2985 mV, 21.37 °C, 47.91 %: as WSDCGQ01LM sends them about once an hour.
    let pairs = "0121a90b 0421a813 0521 0400 0624 0500000000 6429 5908 6521 b712 0a21 0000";
    let length = format!("{:02x}", bytes(pairs).len());
    let report = format!("1c5f11 21 0a 01ff 42 {length} {pairs}");
    assert_eq!(
        hears(&sensor, 0, &report),
        r#"{"voltage":2985,"battery":90,"power_outage_count":3,"temperature":21.37,"humidity":47.91}"#
    );
    // With the model id before it, as after a press of the button.
    let model = "0500 42 03 616263";
    let report = format!("1c5f11 21 0a {model} 01ff 42 {length} {pairs}");
    assert!(hears(&sensor, 0, &report).contains("\"temperature\":21.37"));
    // Cut short: nothing is made up.
    assert_eq!(
        hears(&sensor, 0, "1c5f11 21 0a 01ff 42 06 0121a90b 0421"),
        "{}"
    );
    assert_eq!(
        hears(&sensor, 0x402, "18 01 0a 0000 29 1027"),
        "{}",
        "100 °C at start"
    );
    assert!(
        setup(&sensor).is_empty(),
        "it takes no bindings and no configuration"
    );
    let names: Vec<_> = define(&sensor)
        .exposes
        .iter()
        .filter_map(|e| e.name)
        .collect();
    for name in ["battery", "temperature", "humidity", "voltage"] {
        assert!(names.contains(&name), "{name} in {names:?}");
    }
}

#[test]
fn an_old_mijia_sensor_tells_a_struct() {
    let sensor = device("lumi.sensor_magnet", &[0, 3, 6], &[]);
    let report = "1c5f11440a 02ff 4c0600 1001 21ea0b 21a811 240100000000 216400 2057";
    assert_eq!(
        hears(&sensor, 0, report),
        r#"{"voltage":3050,"battery":100,"power_outage_count":99}"#
    );
    assert_eq!(hears(&sensor, 6, "18460a00001000"), r#"{"contact":true}"#);
}

#[test]
fn motion_ends_by_itself() {
    let sensor = device("lumi.sensor_motion.aq2", &[0, 0x400, 0x406], &[]);
    let frame = Frame::parse(&bytes("18020a00001801")).unwrap();
    let heard = receive(&sensor, 1, 0x406, &frame, &mut Memory::default());
    assert_eq!(heard.changes, json(r#"{"occupancy":true}"#));
    let later = heard.later.unwrap();
    assert_eq!(later.after.as_secs(), 90);
    assert_eq!(later.changes, json(r#"{"occupancy":false}"#));
    assert_eq!(
        hears(&sensor, 0x400, "18030a000021 2a00"),
        r#"{"illuminance":42,"occupancy":true}"#
    );
}

#[test]
fn a_button_is_pressed_held_and_let_go() {
    let button = device("lumi.sensor_switch", &[0, 6], &[]);
    let mut memory = Memory::default();
    let hear = |hex: &str, memory: &mut Memory| {
        receive(&button, 1, 6, &Frame::parse(&bytes(hex)).unwrap(), memory)
    };
    let down = hear("18010a00001000", &mut memory);
    assert_eq!(down.changes, json("{}"));
    let hold = down.later.unwrap();
    assert_eq!(hold.changes, json(r#"{"action":"hold"}"#));
    let up = hear("18020a00001001", &mut memory);
    assert_eq!(up.changes, json(r#"{"action":"single"}"#));
    assert!(up.later.unwrap().changes.is_empty(), "the hold is off");
    hear("18030a00001000", &mut memory);
    memory.note(&hold.changes);
    let up = hear("18040a00001001", &mut memory);
    assert_eq!(up.changes, json(r#"{"action":"release"}"#));
    let twice = hear("18050a00802002", &mut memory);
    assert_eq!(twice.changes, json(r#"{"action":"double"}"#));
}

#[test]
fn a_xiaomi_plug_measures_and_remembers() {
    let plug = device("lumi.plug.mmeu01", &[0, 6, 0xc, 0xfcc0], &[]);
    let report = "1c5f117f0af700411d052152006429a909652028692003973900f057449b10019f2000a02001";
    assert_eq!(
        hears(&plug, 0xfcc0, report),
        r#"{"power_outage_count":81,"state":"OFF","current":0.86}"#
    );
    let (frames, shown) = sends(&plug, &Memory::default(), r#"{"overload_protection":768}"#);
    assert_eq!(frames, ["145f1100020b023900004044"]);
    assert_eq!(shown, r#"{"overload_protection":768}"#);
    let error = set(
        &plug,
        &Memory::default(),
        None,
        &json(r#"{"overload_protection":9999}"#),
    );
    assert_eq!(
        error.unwrap_err().to_string(),
        "`overload_protection`: 9999 given, a number from 100 to 2300 expected"
    );
}

#[test]
fn a_double_rocker_is_addressed_by_name() {
    let mut switch = device("lumi.ctrl_neutral2", &[0], &[]);
    for id in [2, 3] {
        let mut endpoint = switch.endpoints[0].clone();
        endpoint.id = id;
        endpoint.input = vec![6, 0x10];
        switch.endpoints.push(endpoint);
    }
    let right = set(
        &switch,
        &Memory::default(),
        None,
        &json(r#"{"state_right":"ON"}"#),
    )
    .unwrap();
    assert_eq!((right[0].endpoint, right[0].cluster), (3, 6));
    let topic = set(
        &switch,
        &Memory::default(),
        Some("right"),
        &json(r#"{"state":"ON"}"#),
    );
    assert_eq!(topic.unwrap(), right);
    let decoupled = json(r#"{"operation_mode_right":"decoupled"}"#);
    let mode = set(&switch, &Memory::default(), None, &decoupled).unwrap();
    assert_eq!((mode[0].endpoint, mode[0].cluster), (1, 0));
    assert_eq!(mode[0].frame.encode(), bytes("145f11000223ff20fe"));
    assert_eq!(mode[0].changes, decoupled);
    let read = get(&switch, &["state_left".into()]).unwrap();
    assert_eq!((read[0].endpoint, read[0].cluster), (2, 6));
}

#[test]
fn a_hue_lamp_tells_all_in_one_attribute_and_plays_effects() {
    let mut lamp = device("LCA001", &[0, 3, 6, 8, 0x300, 0xfc03], &[]);
    lamp.manufacturer = Some("Signify Netherlands B.V.".to_owned());
    // On, brightness 100, 250 mired.
    assert_eq!(
        hears(&lamp, 0xfc03, "1c0b10010a 0200 41 06 0700 01 64 fa00"),
        r#"{"philips_raw":"07000164fa00","state":"ON","brightness":100,"color_temp":250,"color_mode":"color_temp"}"#
    );
    // Cut short: what is there holds.
    assert_eq!(
        hears(&lamp, 0xfc03, "1c0b10010a 0200 41 03 070001"),
        r#"{"philips_raw":"070001","state":"ON"}"#
    );
    let (frames, shown) = sends(&lamp, &Memory::default(), r#"{"effect":"candle"}"#);
    assert_eq!(frames, ["050b10000021000101", "140b1000000200"]);
    assert_eq!(shown, r#"{"effect":"candle"}"#);
    let (frames, _) = sends(
        &lamp,
        &Memory::default(),
        r#"{"color":{"hue":334,"saturation":18}}"#,
    );
    assert_eq!(frames, ["01004382ed2e00000000"]);
}

#[test]
fn a_tuya_plug_counts_as_it_always_does_once_it_is_set_up() {
    let mut plug = device("TS011F", &[0, 3, 6, 0x702, 0xb04], &[]);
    plug.manufacturer = Some("_TZ3000_typdpbpg".to_owned());
    let (frames, shown) = sends(
        &plug,
        &Memory::default(),
        r#"{"power_outage_memory":"restore"}"#,
    );
    assert_eq!(frames, ["10000202803002"]);
    assert_eq!(shown, r#"{"power_outage_memory":"restore"}"#);
    plug.endpoints[0].bindings.push(crate::Binding {
        cluster: 0xb04,
        target: DeviceId::Zigbee(Ieee(0xff)),
        endpoint: 1,
    });
    assert_eq!(
        hears(&plug, 0xb04, "18010a 0805 21 f401"),
        r#"{"current":0.5}"#
    );
    assert_eq!(
        hears(&plug, 0x702, "18010a 0000 25 393000000000"),
        r#"{"energy":123.45}"#
    );
}

#[test]
fn a_voltage_is_all_that_some_tell() {
    let keypad = device("3400-D", &[0, 1, 0x500], &[]);
    assert_eq!(
        hears(&keypad, 1, "18010a 2000 20 1c"),
        r#"{"voltage":2800,"battery":27}"#
    );
    assert_eq!(
        hears(&bulb(), 1, "18010a 2000 20 1c"),
        "{}",
        "a lamp has none"
    );
}

#[test]
fn a_remote_tells_what_was_pressed_once() {
    let remote = device("some remote", &[0, 1], &[6, 8]);
    let mut memory = Memory::default();
    let mut hear = |cluster, hex: &str| {
        let frame = Frame::parse(&bytes(hex)).unwrap();
        receive(&remote, 1, cluster, &frame, &mut memory).changes
    };
    assert_eq!(hear(6, "01 10 01"), json(r#"{"action":"on"}"#));
    assert_eq!(hear(6, "01 10 01"), json("{}"), "the same frame again");
    assert_eq!(
        hear(8, "01 11 01 01 28"),
        json(r#"{"action":"brightness_move_down","action_rate":40}"#)
    );
    assert_eq!(hear(8, "01 12 03"), json(r#"{"action":"brightness_stop"}"#));
    let names: Vec<_> = define(&remote)
        .exposes
        .iter()
        .filter_map(|e| e.name)
        .collect();
    assert!(names.contains(&"action"));
}

#[test]
fn an_alarm_is_named_by_what_it_guards() {
    let mut sensor = device("whatever", &[0, 0x500], &[]);
    let notice = "09 10 00 0100 00 00 0000";
    assert!(hears(&sensor, 0x500, notice).contains(r#""alarm":true"#));
    let frame = Frame::parse(&bytes("18 11 01 0100 00 31 1500")).unwrap();
    let heard = receive(&sensor, 1, 0x500, &frame, &mut Memory::default());
    assert!(learn(&mut sensor, &heard.learned));
    assert_eq!(
        hears(&sensor, 0x500, notice),
        r#"{"contact":false,"tamper":false,"battery_low":false}"#
    );
    assert!(setup(&sensor).contains(&Step::Enroll { endpoint: 1 }));
}

#[test]
fn frames_of_any_kind_are_heard_without_panic() {
    use proptest::prelude::*;
    let devices = [
        bulb(),
        device("lumi.sensor_ht", &[0, 1, 6], &[]),
        device("lumi.sensor_cube", &[0, 12, 18], &[]),
        device(
            "anything",
            &[0, 1, 6, 8, 0x300, 0x402, 0x500, 0x702, 0xb04, 0xfc03],
            &[6, 8],
        ),
    ];
    let clusters = [
        0, 1, 6, 8, 12, 18, 0x300, 0x402, 0x403, 0x500, 0x702, 0xb04, 0xfc03, 0xfcc0,
    ];
    proptest!(|(
        which in 0..devices.len(),
        cluster in 0..clusters.len(),
        bytes in proptest::collection::vec(any::<u8>(), 3..60),
    )| {
        if let Ok(frame) = Frame::parse(&bytes) {
            let _ = receive(&devices[which], 1, clusters[cluster], &frame, &mut Memory::default());
        }
    });
}

#[test]
fn memory_forgets_the_oldest() {
    let mut memory = Memory::default();
    for n in 0..500 {
        memory.note(&vec![(format!("p{n}").into(), Value::from(1u8))]);
    }
    assert!(memory.value("p499").is_some());
    assert!(memory.value("p0").is_none());
}
