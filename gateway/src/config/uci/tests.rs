use std::path::Path;

use proptest::prelude::*;

use super::*;
use crate::config::{Config, Server};

const FILE: &str = "/etc/config/hearth";

fn config(text: &str) -> Result<Config, String> {
    Config::parse(text, Path::new(FILE), |_| None).map_err(|error| error.to_string())
}

/// What libuci's `uci export` says of each text (the package's name left out); asked of libuci itself,
/// or `Err` with the line where it refuses.
const GOLDEN: &[(&str, Result<&str, usize>)] = &[
    ("", Ok("\n")),
    ("\n# only a comment\n\n", Ok("\n")),
    ("config a\n", Ok("\nconfig a\n\n")),
    (
        "config a 'b'\n\toption c 'd'\n",
        Ok("\nconfig a 'b'\n\toption c 'd'\n\n"),
    ),
    (
        "c a b\no c d\nl e f\n",
        Ok("\nconfig a 'b'\n\toption c 'd'\n\tlist e 'f'\n\n"),
    ),
    // Quotes may begin and end within a word; a quote within quotes is written from outside.
    (
        "config a\noption b x'y z'\"w\"\n",
        Ok("\nconfig a\n\toption b 'xy zw'\n\n"),
    ),
    (
        "config a\noption b 'it'\\''s'\n",
        Ok("\nconfig a\n\toption b 'it'\\''s'\n\n"),
    ),
    (
        "config a\noption b \"it's\"\n",
        Ok("\nconfig a\n\toption b 'it'\\''s'\n\n"),
    ),
    // A backslash makes the next character ordinary, but not in single quotes.
    (
        "config a\noption b x\\ y\\#\\;\n",
        Ok("\nconfig a\n\toption b 'x y#;'\n\n"),
    ),
    (
        "config a\noption b \"\\\"\\n\"\n",
        Ok("\nconfig a\n\toption b '\"n'\n\n"),
    ),
    (
        "config a\noption b '\\n'\n",
        Ok("\nconfig a\n\toption b '\\n'\n\n"),
    ),
    // Values over several lines, and lines that go on.
    (
        "config a\noption b 'x\ny'\n",
        Ok("\nconfig a\n\toption b 'x\ny'\n\n"),
    ),
    (
        "config a\noption b x\\\ny\n",
        Ok("\nconfig a\n\toption b 'xy'\n\n"),
    ),
    (
        "config a\noption b \\\r\nx\n",
        Ok("\nconfig a\n\toption b 'x'\n\n"),
    ),
    ("config a\noption \\\n b x\n", Err(2)),
    (
        "config a\noption b \"x\\\ny\"\n",
        Ok("\nconfig a\n\toption b 'xy'\n\n"),
    ),
    // Comments end a line wherever they begin outside of quotes.
    (
        "config a # b\noption b c#d\n",
        Ok("\nconfig a\n\toption b 'c'\n\n"),
    ),
    (
        "config a\noption b '#c'\n",
        Ok("\nconfig a\n\toption b '#c'\n\n"),
    ),
    // Several statements on a line; a `;` right after a bare word hides the rest.
    (
        "config a 'x';option b 'c'; option d e\n",
        Ok("\nconfig a 'x'\n\toption b 'c'\n\toption d 'e'\n\n"),
    ),
    (
        "config a\noption b c; option d e\n",
        Ok("\nconfig a\n\toption b 'c'\n\n"),
    ),
    // The same again.
    (
        "config a b\noption c d\nconfig a b\noption c e\n",
        Ok("\nconfig a 'b'\n\toption c 'e'\n\n"),
    ),
    (
        "config a\noption c d\nlist c e\n",
        Ok("\nconfig a\n\tlist c 'd'\n\tlist c 'e'\n\n"),
    ),
    (
        "config a\nlist c d\noption c e\n",
        Ok("\nconfig a\n\toption c 'e'\n\n"),
    ),
    // Nothing is said by an empty option, something by an empty item.
    (
        "config a\noption b ''\nlist c ''\n",
        Ok("\nconfig a\n\tlist c ''\n\n"),
    ),
    (
        "config a\noption b c\noption b ''\n",
        Ok("\nconfig a\n\toption b 'c'\n\n"),
    ),
    // Files from elsewhere.
    (
        "config a b\r\n\toption c 'd'\r\n",
        Ok("\nconfig a 'b'\n\toption c 'd'\n\n"),
    ),
    ("package x\nconfig a\n", Ok("\nconfig a\n\n")),
    (
        "config a\noption b 불빛\n",
        Ok("\nconfig a\n\toption b '불빛'\n\n"),
    ),
    // Refused.
    ("config\n", Err(1)),
    ("config ''\n", Err(1)),
    ("option a b\n", Err(1)),
    ("config a\noption\n", Err(2)),
    ("config a\n\noption b c d\n", Err(3)),
    ("config a\noption b 'c\n\n", Err(2)),
    ("config a\noption b \"c\n", Err(2)),
    ("config a b-c\n", Err(1)),
    ("config a\noption b-c d\n", Err(2)),
    ("config a b\nconfig c b\n", Err(2)),
    ("section a\n", Err(1)),
    ("mqtt.server = 1\n", Err(1)),
];

#[test]
fn files_are_read_as_libuci_reads_them() {
    for (text, expected) in GOLDEN {
        let read = Package::parse(text)
            .map(|package| package.to_string())
            .map_err(|wrong| wrong.line);
        assert_eq!(read, expected.map(str::to_owned), "{text:?}");
    }
}

const HOME: &str = r"
# The smallest home, and everything that is not a plain table.
config hearth 'main'
	option enabled '1'
	option voice '0'
	option log 'debug'

config mqtt 'mqtt'
	option server 'mqtt://192.168.1.2'
	option user 'hearth'
	option password 'it'\''s a secret'

config zigbee 'zigbee'
	option port '/dev/ttyUSB0'
	option channel '15'
	option pan_id '0x1a62'

config ble 'ble'
	option enabled 'on'

config device
	option address '0x00158d0001a2b3c4'
	option friendly_name 'Lamp'
	list aliases 'the light'
	list aliases '불'

config tracker
	option name 'Phone'
	option irk '00112233445566778899aabbccddeeff'

config tracker 'watch'
	option name 'Watch'
	option address 'a4:c1:38:01:02:03'
";

#[test]
fn sections_are_the_tables_of_the_toml_file() {
    let config = config(HOME).unwrap();
    assert_eq!(config.data_dir, Path::new("/etc/hearth"));
    assert_eq!(
        config.control(),
        Path::new("/var/run/hearth/control.sock"),
        "OpenWrt's places are the defaults"
    );
    assert_eq!(config.log, crate::config::Level::Debug);
    let server = Server::Plain {
        host: "192.168.1.2".to_owned(),
        port: 1883,
    };
    assert_eq!(config.mqtt.server, server);
    let password = config.mqtt.password.unwrap();
    assert_eq!(password.reveal(), "it's a secret");
    assert_eq!(config.zigbee.channel, Some(15));
    assert_eq!(config.zigbee.pan_id, Some(0x1a62));
    assert!(config.ble.enabled);
    let device = config.devices.values().next().unwrap();
    assert_eq!(device.friendly_name.as_deref(), Some("Lamp"));
    assert_eq!(device.aliases, ["the light", "불"]);
    let names: Vec<_> = config.ble.trackers.iter().map(|t| &t.name).collect();
    assert_eq!(names, ["Phone", "Watch"]);
}

#[test]
fn errors_name_file_section_option_and_line() {
    for (text, expected) in [
        (
            "config mqtt 'mqtt'\n\toption sever 'x'\n",
            "/etc/config/hearth:2: section 'mqtt', option 'sever': unknown key `mqtt.sever`; did you mean `mqtt.server`?",
        ),
        (
            "config zigbee\n\n\toption channel '9'\n",
            "/etc/config/hearth:3: section '@zigbee[0]', option 'channel': `zigbee.channel`: expected a channel from 11 to 26, found \"9\"",
        ),
        (
            "config zigbe 'zigbee'\n",
            "/etc/config/hearth:1: section 'zigbee': unknown section type 'zigbe'; did you mean `zigbee`?",
        ),
        (
            "config device\n\toption friendly_name 'x'\n",
            "/etc/config/hearth:1: section '@device[0]': `address`: expected `option address` in every `config device`, found none",
        ),
        (
            "config device\n\toption address 'lamp'\n",
            "/etc/config/hearth:2: section '@device[0]', option 'address': `devices.lamp`: expected an address: 0x and 16 (Zigbee) or 12 (BLE) hexadecimal digits, found \"lamp\"",
        ),
        (
            "config device\n\toption address '0x00158d0001a2b3c4'\n\toption naem 'x'\n",
            "/etc/config/hearth:3: section '@device[0]', option 'naem': unknown key `devices.0x00158d0001a2b3c4.naem`; did you mean `name`?",
        ),
        (
            "config tracker\n\toption name 'x'\n",
            "/etc/config/hearth:1: section '@tracker[0]': `ble.tracker.name`: `x`: by what is it known? irk, ibeacon, eddystone, address or local_name",
        ),
        (
            "config hearth 'main'\n\toption enabled 'maybe'\n",
            "/etc/config/hearth:2: section 'main', option 'enabled': `hearth.enabled`: expected 0 or 1, found \"maybe\"",
        ),
        (
            "config mqtt 'a'\n\toption user 'x'\nconfig mqtt 'b'\n\toption user 'y'\n",
            "/etc/config/hearth:4: section 'b', option 'user': `user`: another section says this already",
        ),
        (
            "config mqtt 'mqtt'\n\toption server 'mqtt://a\n",
            "/etc/config/hearth:2: a quote is not closed before the end of the file",
        ),
        (
            "config web 'web'\n\toption token 'short'\n",
            "/etc/config/hearth:2: section 'web', option 'token': `web.token`: expected a text of 8 characters or more, found something else",
        ),
    ] {
        let error = config(text).unwrap_err();
        if text.contains("naem") {
            assert!(
                error.starts_with(
                    "/etc/config/hearth:3: section '@device[0]', option 'naem': unknown key"
                ),
                "{error}"
            );
        } else {
            assert_eq!(error, expected, "{text}");
        }
    }
}

#[test]
fn the_syntax_is_told_by_the_content_and_where_there_is_none_by_the_place() {
    for (text, file, uci) in [
        ("config mqtt\n", "hearth.toml", true),
        ("# x\n\n\tconfig mqtt 'mqtt'\n", "x", true),
        ("config = 1\n", "/etc/config/hearth", false),
        ("data_dir = \"x\"\n", "/etc/config/hearth", false),
        ("[mqtt]\n", "hearth.toml", false),
        ("# nothing\n", "/etc/config/hearth", true),
        ("", "hearth.toml", false),
        ("", "/root/config/hearth.toml", false),
    ] {
        assert_eq!(is_uci(text, Path::new(file)), uci, "{text:?} in {file}");
    }
}

#[test]
fn the_documentation_holds_the_schema() {
    let documented = include_str!("../../../../docs/configuration.md");
    assert!(documented.contains(&reference()), "{}", reference());
}

#[test]
fn a_toml_file_becomes_a_uci_file_that_says_the_same() {
    let toml = r#"
data_dir = "/etc/hearth"
control = "/var/run/hearth/control.sock"
log = "warn"

[mqtt]
server = "mqtt://192.168.1.2:1884"
user = "it's me"
password = "a b"

[zigbee]
channel = 20
ext_pan_id = [1, 2, 3, 4, 5, 6, 7, 8]

[ble]
enabled = true

[[ble.tracker]]
name = "Phone"
irk = "00112233445566778899aabbccddeeff"

[devices."0x00158d0001a2b3c4"]
friendly_name = "Lamp"
aliases = ["the light", "불"]
"#;
    let file = Path::new("hearth.toml");
    let uci = from_toml(toml, file).unwrap();
    let wanted = Config::parse(toml, file, |_| None).unwrap();
    assert_eq!(config(&uci).unwrap(), wanted, "{uci}");
}

/// What every key's default would be in UCI is taken, as its own default.
#[test]
fn every_key_can_be_given() {
    use crate::config::keys::KEYS;
    let usual = config("").unwrap();
    // Lists are statements of their own, and tested as such.
    let said = |default: &str| !default.is_empty() && !default.starts_with('[');
    for key in KEYS.iter().filter(|key| said(key.default)) {
        let (kind, name) = key.path.split_once('.').unwrap_or(("hearth", key.path));
        let value = key.default.trim_matches('"');
        let mut read = config(&format!("config {kind} 'x'\n\toption {name} '{value}'\n"))
            .unwrap_or_else(|error| panic!("{error}"));
        if key.path == "data_dir" {
            read.data_dir.clone_from(&usual.data_dir);
        }
        assert_eq!(read, usual, "{}", key.path);
    }
}

fn word() -> impl Strategy<Value = String> {
    prop_oneof![
        "[a-z0-9_]{1,6}",
        Just("config".to_owned()),
        Just("option".to_owned()),
        r#"[ \t\n'"\\#;a-z가-힣]{0,8}"#,
    ]
}

/// Text that is nearly UCI.
fn nearly() -> impl Strategy<Value = String> {
    let blank = prop_oneof![
        4 => Just(" "), 3 => Just("\n"), 1 => Just("\t"), 1 => Just(";"), 1 => Just("; "),
        1 => Just(" # "), 1 => Just("\\\n"), 1 => Just("'"), 1 => Just("\""), 1 => Just("\r\n"),
    ];
    let piece = prop_oneof![
        3 => Just("config ".to_owned()),
        4 => Just("option ".to_owned()),
        2 => Just("list ".to_owned()),
        1 => Just("package ".to_owned()),
        6 => word(),
        3 => word().prop_map(|word| format!("'{}'", word.replace('\'', r"'\''"))),
        1 => word().prop_map(|word| format!("\"{word}\"")),
    ];
    proptest::collection::vec((piece, blank), 0..24).prop_map(|parts| {
        let parts = parts.into_iter().map(|(piece, blank)| piece + blank);
        parts.collect::<String>()
    })
}

fn package() -> impl Strategy<Value = Package> {
    let value = prop_oneof![
        "\\PC{1,12}".prop_map(Value::One),
        proptest::collection::vec("[ -~\n]{0,9}", 1..4).prop_map(Value::Many),
    ];
    let options = proptest::collection::btree_map("[a-z_0-9]{1,8}", value, 0..5);
    let sections = proptest::collection::vec(("[a-z]{1,8}", any::<bool>(), options), 0..6);
    sections.prop_map(|sections| Package {
        sections: sections
            .into_iter()
            .enumerate()
            .map(|(index, (kind, named, options))| Section {
                kind,
                name: named.then(|| format!("s{index}")),
                line: 0,
                options: options
                    .into_iter()
                    .map(|(name, value)| Choice {
                        name,
                        value,
                        line: 0,
                    })
                    .collect(),
            })
            .collect(),
    })
}

proptest! {
    #[test]
    fn what_is_written_is_read_as_the_same(package in package()) {
        let mut read = Package::parse(&package.to_string()).unwrap();
        for section in &mut read.sections {
            section.line = 0;
            for option in &mut section.options {
                option.line = 0;
            }
        }
        prop_assert_eq!(read, package);
    }

    #[test]
    fn no_text_is_too_much(text in nearly()) {
        if let Err(wrong) = Package::parse(&text) {
            prop_assert!((1..=1 + text.matches('\n').count()).contains(&wrong.line));
        }
        let _ = config(&text);
    }
}

/// The real `uci`, where there is one (`HEARTH_UCI`), exports the same and refuses the same.
#[test]
fn libuci_agrees() {
    let Some(uci) = std::env::var_os("HEARTH_UCI") else {
        println!("skipped: HEARTH_UCI names no uci to compare with");
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    let ask = |text: &str| {
        std::fs::write(folder.path().join("hearth"), text).unwrap();
        let told = std::process::Command::new(&uci)
            .arg("-c")
            .arg(folder.path())
            .args(["export", "hearth"])
            .output()
            .unwrap();
        told.status
            .success()
            .then(|| String::from_utf8_lossy(&told.stdout).into_owned())
    };
    let ours = |text: &str| {
        let package = Package::parse(text).ok()?;
        Some(format!("package hearth\n{package}"))
    };
    for (text, _) in GOLDEN {
        assert_eq!(ours(text), ask(text), "{text:?}");
    }
    let cases = std::env::var("HEARTH_UCI_CASES").ok();
    let cases = cases.and_then(|cases| cases.parse().ok()).unwrap_or(500);
    let mut runner = proptest::test_runner::TestRunner::new(ProptestConfig {
        cases,
        failure_persistence: None,
        ..ProptestConfig::default()
    });
    runner
        .run(&nearly(), |text| {
            prop_assert_eq!(ours(&text), ask(&text), "{:?}", text);
            Ok(())
        })
        .unwrap();
}
