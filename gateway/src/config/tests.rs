use std::path::Path;

use super::keys::{DEVICE_KEYS, KEYS, SATELLITE_KEYS, TRACKER_KEYS, reference};
use super::*;

fn parse(text: &str) -> Result<Config, String> {
    with(text, &[])
}

fn with(text: &str, environment: &[(&str, &str)]) -> Result<Config, String> {
    Config::parse(text, Path::new("hearth.toml"), |name| {
        environment
            .iter()
            .find(|(key, _)| *key == name)
            .map(|(_, value)| (*value).to_owned())
    })
    .map_err(|error| error.to_string())
}

const SMALLEST: &str = r#"
data_dir = "data"

[mqtt]
server = "mqtt://127.0.0.1:1883"
base_topic = "hearth"

[zigbee]
port = "auto"
channel = 15

[ble]
enabled = false

[web]
listen = "127.0.0.1:8099"

[homeassistant]
enabled = true

[voice]
language = "en"
"#;

#[test]
fn the_smallest_file_of_the_manual_is_read() {
    let config = parse(SMALLEST).unwrap();
    assert_eq!(config.zigbee.channel, Some(15));
    assert!(config.homeassistant.enabled);
    assert_eq!(config.mqtt.server.to_string(), "mqtt://127.0.0.1:1883");
}

#[test]
fn an_empty_file_is_all_defaults() {
    assert_eq!(parse("").unwrap(), Config::default());
}

/// What the table says is the default is the default.
#[test]
fn every_default_in_the_table_is_the_default() {
    for key in KEYS.iter().filter(|key| !key.default.is_empty()) {
        let text = match key.path.split_once('.') {
            Some((section, name)) => format!("[{section}]\n{name} = {}\n", key.default),
            None => format!("{} = {}\n", key.path, key.default),
        };
        assert_eq!(parse(&text).unwrap(), Config::default(), "{}", key.path);
    }
}

/// Each key refuses a wrong value by name, line and expectation, and is settable from the
/// environment.
#[test]
fn every_key_refuses_a_wrong_type_with_its_place() {
    for key in KEYS {
        let text = match key.path.split_once('.') {
            Some((section, name)) => format!("\n[{section}]\n{name} = 1979-05-27\n"),
            None => format!("\n\n{} = 1979-05-27\n", key.path),
        };
        let error = parse(&text).unwrap_err();
        let found = if key.secret {
            "something else"
        } else {
            "a date"
        };
        assert_eq!(
            error,
            format!(
                "hearth.toml:3: `{}`: expected {}, found {found}",
                key.path, key.expects
            )
        );
        if key.default.starts_with('[') {
            // No items may be a list, too.
            continue;
        }
        let error = with("", &[(&key.variable(), "")]).unwrap_err();
        assert!(
            error.starts_with(&format!("environment variable {}", key.variable())),
            "{error}"
        );
    }
}

#[test]
fn errors_name_file_line_key_and_what_was_expected() {
    for (text, expected) in [
        (
            "[zigbee]\nchannel = 9",
            "hearth.toml:2: `zigbee.channel`: expected a channel from 11 to 26, found 9",
        ),
        (
            "[mqtt]\n\nserver = \"http://x\"",
            "hearth.toml:3: `mqtt.server`: expected \"mqtt://host:port\", \"mqtts://host:port\" or \"embedded\", found \"http://x\"",
        ),
        (
            "[mqtt]\nsever = \"mqtt://x\"",
            "hearth.toml:2: unknown key `mqtt.sever`; did you mean `mqtt.server`?",
        ),
        (
            "channel = 11",
            "hearth.toml:1: unknown key `channel`; did you mean `zigbee.channel`?",
        ),
        (
            "[mqqt]\nserver = \"mqtt://x\"",
            "hearth.toml:1: unknown key `mqqt`; did you mean `mqtt`?",
        ),
        (
            "mqtt = 3",
            "hearth.toml:1: `mqtt`: expected a section `[mqtt]`, found 3",
        ),
        (
            "[mqtt]\nserver = \"a\"\nserver = \"b\"",
            "hearth.toml:3: not TOML: duplicate key",
        ),
        (
            "[devices.lamp]\nroom = \"Attic\"",
            "hearth.toml:1: `devices.lamp`: expected an address: 0x and 16 (Zigbee) or 12 (BLE) hexadecimal digits, found \"lamp\"",
        ),
        (
            "[devices.0x00158d0001a2b3c4]\nroom = \"Attic\"\nrom = \"Attic\"",
            "hearth.toml:3: unknown key `devices.0x00158d0001a2b3c4.rom`; did you mean `room`?",
        ),
        (
            "[devices]\n0x00158d0001a2b3c4 = {friendly_name = \"a/b\"}",
            "hearth.toml:2: `devices.0x00158d0001a2b3c4.friendly_name`: expected a name of 1 to 64 characters without `/`, `+` and `#`, found \"a/b\"",
        ),
        (
            "[mqtt]\npassword = \"x\"",
            "hearth.toml: `mqtt.password`: needs `mqtt.user`",
        ),
    ] {
        assert_eq!(parse(text).unwrap_err(), expected, "{text}");
    }
    assert!(
        parse("[mqtt\n")
            .unwrap_err()
            .starts_with("hearth.toml:1: not TOML")
    );
}

#[test]
fn a_file_that_is_not_there_is_named() {
    let error = Config::load(Path::new("/no/such/hearth.toml")).unwrap_err();
    assert!(
        error
            .to_string()
            .starts_with("/no/such/hearth.toml: cannot read"),
        "{error}"
    );
}

#[test]
fn the_environment_wins() {
    let config = with(
        SMALLEST,
        &[
            ("HEARTH_MQTT_SERVER", "mqtts://broker.lan"),
            ("HEARTH_BLE_ENABLED", "true"),
            ("HEARTH_ZIGBEE_CHANNEL", "20"),
        ],
    )
    .unwrap();
    assert_eq!(config.mqtt.server.to_string(), "mqtts://broker.lan:8883");
    assert!(config.ble.enabled);
    assert_eq!(config.zigbee.channel, Some(20));
}

#[test]
fn servers_are_read_as_people_write_them() {
    for (text, expected) in [
        ("mqtt://broker", Some("mqtt://broker:1883")),
        ("mqtt://[fe80::1]:1884/", Some("mqtt://[fe80::1]:1884")),
        ("mqtts://broker.lan:1", Some("mqtts://broker.lan:1")),
        ("embedded", Some("embedded")),
        ("broker", None),
        ("mqtt://", None),
        ("mqtt://user:secret@broker", None),
        ("mqtt://broker:0", None),
        ("mqtt://broker:99999", None),
    ] {
        let config = parse(&format!("[mqtt]\nserver = {text:?}"));
        assert_eq!(
            config.ok().map(|c| c.mqtt.server.to_string()).as_deref(),
            expected,
            "{text}"
        );
    }
}

#[test]
fn keys_and_passwords_are_not_shown() {
    let config = parse(
        "[mqtt]\nuser = \"u\"\npassword = \"hunter22\"\n[zigbee]\nnetwork_key = \"00112233445566778899aabbccddeeff\"\n[web]\ntoken = \"sesame00\"",
    )
    .unwrap();
    assert_eq!(config.mqtt.password.as_ref().unwrap().reveal(), "hunter22");
    assert_eq!(
        config.zigbee.network_key.as_ref().unwrap().reveal()[15],
        0xff
    );
    let shown = format!("{config:?}");
    for secret in ["hunter22", "sesame00", "255", "ff"] {
        assert!(
            !shown.contains(&format!("\"{secret}")),
            "{secret} in {shown}"
        );
    }
    assert!(!shown.contains("hunter22") && !shown.contains("sesame00"));
    let error = parse("[zigbee]\nnetwork_key = \"00112233\"").unwrap_err();
    assert!(!error.contains("00112233"), "{error}");
}

#[test]
fn trackers_are_known_by_what_they_send() {
    let config = Config::parse(
        "[[ble.tracker]]\nname = \"Keys\"\nibeacon = \"e2c56db5-dffb-48d2-b060-d0f5a71096e0/1/7\"\n\
         [[ble.tracker]]\nname = \"Watch\"\nirk = \"ec0234a357c8ad05341010a60a397d9b\"\naddress = \"a4:c1:38:01:02:03\"\n\
         [[ble.tracker]]\nname = \"Bag\"\neddystone = \"00112233445566778899/aabbccddeeff\"\nlocal_name = \"Bag\"\n",
        Path::new("hearth.toml"),
        |_| None,
    )
    .unwrap();
    let [keys, watch, bag] = &config.ble.trackers[..] else {
        panic!("{:?}", config.ble.trackers)
    };
    assert_eq!(
        keys.identities,
        [radios::ble::Identity::Beacon {
            uuid: 0xe2c5_6db5_dffb_48d2_b060_d0f5_a710_96e0,
            major: Some(1),
            minor: Some(7),
        }]
    );
    assert_eq!((watch.identities.len(), bag.identities.len()), (2, 2));
    assert!(!format!("{config:?}").contains("ec0234a3"));
    for (text, named) in [
        ("[[ble.tracker]]\nname = \"Keys\"", "local_name"),
        ("[[ble.tracker]]\nlocal_name = \"Keys\"", "needs a name"),
        (
            "[[ble.tracker]]\nname = \"a/b\"\nlocal_name = \"x\"",
            "ble.tracker.name",
        ),
        ("[[ble.tracker]]\nname = \"a\"\nibeacon = \"12\"", "UUID"),
        (
            "[[ble.tracker]]\nname = \"a\"\nirk = \"12\"",
            "32 hexadecimal digits",
        ),
        ("[[ble.tracker]]\nname = \"a\"\nirq = \"12\"", "irk"),
        ("[ble]\ntracker = 3", "[[ble.tracker]]"),
        ("[ble]\nadopt = \"all\"", "nearby"),
    ] {
        let error = parse(text).unwrap_err();
        assert!(error.contains(named), "{text}: {error}");
    }
}

#[test]
fn rules_are_for_a_device_or_its_properties() {
    let address = "[devices.\"0xa4c138010203\"]\n";
    let text = format!(
        "{address}minimum_interval = 30\naverage = [\"temperature=60\"]\nlimits = [\"temperature=-30..50\"]"
    );
    let config = Config::parse(&text, Path::new("hearth.toml"), |_| None).unwrap();
    let device = config.devices.values().next().unwrap();
    assert_eq!(device.minimum_interval.as_ref().unwrap().all, 30);
    assert_eq!(
        device.average.as_ref().unwrap().single,
        [("temperature".to_owned(), 60)]
    );
    assert_eq!(device.limits, [("temperature".to_owned(), (-30.0, 50.0))]);
    for wrong in [
        "average = 9999",
        "average = [\"temperature\"]",
        "limits = [\"temperature=5..1\"]",
        "limits = [\"temperature=x..1\"]",
    ] {
        assert!(parse(&format!("{address}{wrong}")).is_err(), "{wrong}");
    }
}

#[test]
fn satellites_are_named_and_have_a_place() {
    let config = parse(
        r#"
        [voice]
        tts = "tcp://127.0.0.1:10200"
        [voice.wyoming]
        listen = "0.0.0.0:10300"
        allow = ["192.168.1.0/24", "::1"]
        [voice.satellites.kitchen]
        server = "tcp://192.168.1.31:10700"
        room = "Kitchen"
        wake = ["okay_nabu"]
        [voice.satellites.hall]
        server = "tcp://hall.lan:10700"
        "#,
    )
    .unwrap();
    assert_eq!(
        config.voice.tts,
        Tts::Wyoming("tcp://127.0.0.1:10200".into())
    );
    assert_eq!(
        config.voice.satellites["kitchen"],
        Satellite {
            server: "tcp://192.168.1.31:10700".into(),
            room: Some("Kitchen".into()),
            wake: vec!["okay_nabu".into()],
        }
    );
    assert_eq!(config.voice.satellites.len(), 2);
    let allowed = |address: &str| {
        let address = address.parse().unwrap();
        config
            .voice
            .wyoming
            .allow
            .iter()
            .any(|network| network.holds(address))
    };
    for (address, expected) in [
        ("192.168.1.7", true),
        ("192.168.2.7", false),
        ("::1", true),
        ("::ffff:192.168.1.7", true),
        ("::2", false),
        ("0.0.0.0", false),
    ] {
        assert_eq!(allowed(address), expected, "{address}");
    }
    for (wrong, why) in [
        ("[voice.satellites.x]\nroom = \"Hall\"", "where is it?"),
        (
            "[voice.satellites.x]\nserver = \"hall:10700\"",
            "expected \"tcp://host:port\"",
        ),
        (
            "[voice.satellites.\"a/b\"]\nserver = \"tcp://a:1\"",
            "1 to 32 letters",
        ),
        (
            "[voice.satellites.x]\nserver = \"tcp://a:1\"\nroon = \"a\"",
            "did you mean `room`?",
        ),
        (
            "[voice.wyoming]\nallow = [\"10.0.0.0/33\"]",
            "expected a list",
        ),
        (
            "[voice.wyoming]\nallowed = []",
            "unknown key `voice.wyoming.allowed`",
        ),
    ] {
        let error = parse(wrong).unwrap_err();
        assert!(error.contains(why), "{error}");
    }
}

#[test]
fn every_key_is_in_the_reference() {
    let reference = reference();
    for key in KEYS {
        assert!(reference.contains(&format!("| `{}` |", key.path)));
        assert!(!key.about.is_empty() && key.about.ends_with('.'));
    }
    assert_eq!(
        reference.lines().count(),
        2 + KEYS.len() + DEVICE_KEYS.len() + SATELLITE_KEYS.len() + TRACKER_KEYS.len()
    );
}

/// The documentation shows every key as the table has it.
#[test]
fn the_documentation_holds_the_reference() {
    let documented = include_str!("../../../docs/configuration.md");
    for line in reference().lines() {
        assert!(
            documented.contains(line),
            "docs/configuration.md lacks this line:\n{line}"
        );
    }
}
