//! `hearth demo` as a user runs it, and its trace, played again.

#![expect(clippy::expect_used)] // a test says what it misses by panicking

use std::path::Path;
use std::process::{Command, Output};

use tests::broker::free_port;
use tests::places;

fn hearth(arguments: &[&str]) -> Output {
    Command::new(places::program("hearth"))
        .args(arguments)
        .output()
        .expect("hearth runs")
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

#[test]
fn the_demo_works_every_way_and_its_trace_plays_again_to_the_same_end() {
    let folder = tempfile::tempdir().expect("a folder");
    let trace = folder.path().join("trace.jsonl");
    let data = folder.path().join("home");
    let listen = format!("127.0.0.1:{}", free_port());
    let broker = format!("127.0.0.1:{}", free_port());
    let mut arguments = vec![
        "demo",
        "--self-check",
        "--listen",
        &listen,
        "--broker",
        &broker,
        "--data",
        data.to_str().expect("a path"),
        "--trace",
        trace.to_str().expect("a path"),
    ];
    let voice = places::test_data("vosk-ko").map(|model| model.with_file_name(""));
    let wav = places::root().join("tests/audio/bedroom-on.wav");
    let mut ways = 6;
    if let Some(voice) = &voice {
        arguments.extend(["--voice", voice.to_str().expect("a path")]);
        arguments.extend(["--say", wav.to_str().expect("a path")]);
        ways += 1;
    }
    let output = hearth(&arguments);
    let (said, log) = (text(&output.stdout), text(&output.stderr));
    assert!(output.status.success(), "{said}\n{log}");
    let done = said.lines().filter(|line| line.starts_with("ok: ")).count();
    assert_eq!(done, ways, "{said}\n{log}");

    // The trace is one that its user can mail: no key is in it.
    let written = std::fs::read_to_string(&trace).expect("the trace");
    let network = std::fs::read_to_string(data.join("data/network.json")).expect("the network");
    let network: serde_json::Value = serde_json::from_str(&network).expect("JSON");
    for name in ["network_key", "link_key"] {
        let key: Vec<u8> = serde_json::from_value(network["data"][name].clone()).expect("a key");
        let hex: String = key.iter().map(|byte| format!("{byte:02x}")).collect();
        assert!(!written.contains(&hex), "{name} is in the trace");
        let reversed: String = key.iter().rev().map(|byte| format!("{byte:02x}")).collect();
        assert!(!written.contains(&reversed), "{name} is in the trace");
    }
    assert!(
        !written.contains("68656172746864656d6f6b6579303031"),
        "the bind key"
    );

    replays(&trace, true);

    // A trace of something that went otherwise shows where.
    let wrong = folder.path().join("wrong.jsonl");
    let lamp = |line: &str| line.contains("\"out\":\"hearth/Bedroom Lamp\"");
    let last = written
        .lines()
        .enumerate()
        .filter(|(_, line)| lamp(line))
        .last()
        .expect("the lamp's state")
        .0;
    let changed: Vec<String> = written
        .lines()
        .enumerate()
        .map(|(at, line)| match at == last {
            true => line.replace("\\\"state\\\":\\\"ON\\\"", "\\\"state\\\":\\\"OFF\\\""),
            false => line.to_owned(),
        })
        .collect();
    std::fs::write(&wrong, changed.join("\n") + "\n").expect("written");
    let told = replays(&wrong, false);
    assert!(told.contains("hearth/Bedroom Lamp"), "{told}");

    // One that breaks off in the middle of a line, as after a power cut, plays to there.
    let cut = folder.path().join("cut.jsonl");
    std::fs::write(&cut, &written[..written.len() - 20]).expect("written");
    let told = text(&hearth(&["replay", cut.to_str().expect("a path")]).stderr);
    assert!(told.contains("lines over"), "{told}");
}

fn replays(trace: &Path, same: bool) -> String {
    let output = hearth(&["replay", trace.to_str().expect("a path")]);
    let told = text(&output.stderr);
    assert_eq!(output.status.code(), Some(i32::from(!same)), "{told}");
    told
}

#[test]
fn what_is_no_trace_is_refused_by_name_and_line() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("trace.jsonl");
    let head = r#"{"hearth_trace":1,"version":"0.1.0","unix_ms":0,"config":"","registry":null,"state":null,"network":null}"#;
    for (content, line) in [
        (String::new(), "line 1"),
        ("hello\n".to_owned(), "line 1"),
        (head.replace(":1,", ":9,") + "\n", "line 1"),
        (format!("{head}\n{{\"t\":0,\"what\":1}}\n"), "line 2"),
    ] {
        std::fs::write(&file, content).expect("written");
        let output = hearth(&["replay", file.to_str().expect("a path")]);
        assert_eq!(output.status.code(), Some(1));
        assert!(
            text(&output.stderr).contains(line),
            "{}",
            text(&output.stderr)
        );
    }
}
