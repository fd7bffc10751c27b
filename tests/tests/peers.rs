//! Other people's hosts on the simulated dongle: they are the proof that it behaves like a real one.
//!
//! Each starts on a blank part, forms a network, lets the lamp join, interviews, switches, dims and
//! reads it; then the dongle is started anew from its state file and the host resumes. What the host
//! says it did is held against what arrived at the lamp.

// A test that cannot set up its world ends with the reason.
#![expect(clippy::unwrap_used, clippy::panic)]

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tests::places;

/// A machine with two cores runs several of these at a time.
const PATIENCE: Duration = Duration::from_secs(180);

#[derive(Clone, Copy)]
enum Host {
    Bellows,
    Herdsman,
}

#[derive(Clone, Copy)]
enum Wire {
    Pty,
    Tcp,
}

/// The program `ncp-sim`, ended when dropped.
struct Dongle {
    program: Child,
    address: String,
    control: BufReader<TcpStream>,
    _output: BufReader<ChildStdout>,
}

impl Dongle {
    fn start(version: u8, wire: Wire, folder: &Path, joining: bool) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_ncp-sim"));
        command.args([
            "--version",
            &version.to_string(),
            "--control",
            "127.0.0.1:0",
            "--state",
        ]);
        command.arg(folder.join("dongle.json"));
        match wire {
            Wire::Pty => command.arg("--pty").arg(folder.join("tty")),
            Wire::Tcp => command.args(["--tcp", "127.0.0.1:0"]),
        };
        if joining {
            command.args(["--join-after", "0"]);
        }
        let mut program = command.stdout(Stdio::piped()).spawn().unwrap();
        let mut output = BufReader::new(program.stdout.take().unwrap());
        let mut line = || {
            let mut line = String::new();
            output.read_line(&mut line).unwrap();
            line.trim().to_owned()
        };
        let address = line();
        let control = TcpStream::connect(line()).unwrap();
        Self {
            program,
            address,
            control: BufReader::new(control),
            _output: output,
        }
    }

    fn ask(&mut self, order: &Value) -> Value {
        writeln!(self.control.get_mut(), "{order}").unwrap();
        let mut answer = String::new();
        self.control.read_line(&mut answer).unwrap();
        let answer: Value = serde_json::from_str(&answer).unwrap();
        answer
            .get("ok")
            .cloned()
            .unwrap_or_else(|| panic!("{order}: {answer}"))
    }

    /// The cluster's own commands that arrived at the lamp: cluster, command, payload.
    fn arrived(&mut self) -> Vec<(u64, u64, Vec<u64>)> {
        let log = self.ask(&json!("log"));
        let number = |value: &Value| value.as_u64().unwrap();
        log.as_array()
            .unwrap()
            .iter()
            .filter(|arrived| arrived["device"] == "lamp" && arrived["global"] == false)
            .map(|arrived| {
                let payload = arrived["payload"]
                    .as_array()
                    .unwrap()
                    .iter()
                    .map(number)
                    .collect();
                (
                    number(&arrived["cluster"]),
                    number(&arrived["command"]),
                    payload,
                )
            })
            .collect()
    }
}

impl Drop for Dongle {
    fn drop(&mut self) {
        drop(self.program.kill());
        drop(self.program.wait());
    }
}

/// Runs a host to its end and returns its steps by name.
fn run(host: Host, what: &str, dongle: &Dongle, folder: &Path, peers: &Path) -> Vec<Value> {
    let scripts = places::root().join("tests/peers");
    let (mut command, port) = match host {
        Host::Bellows => {
            let mut command = Command::new(peers.join("venv/bin/python"));
            command.arg(scripts.join("bellows_peer.py"));
            (command, dongle.address.replace("tcp://", "socket://"))
        }
        Host::Herdsman => {
            let mut command = Command::new(peers.join("node/node_modules/.bin/node"));
            command
                .arg(scripts.join("herdsman_peer.js"))
                .env("PEERS", peers);
            (command, dongle.address.clone())
        }
    };
    let said = std::fs::File::create(folder.join(format!("{what}.log"))).unwrap();
    let steps = folder.join(format!("{what}.steps"));
    let mut program = command
        .args([what, "--port", &port, "--verbose", "--dir"])
        .arg(folder)
        .stdin(Stdio::null())
        .stdout(std::fs::File::create(&steps).unwrap())
        .stderr(said)
        .spawn()
        .unwrap();
    let until = Instant::now() + PATIENCE;
    let status = loop {
        match program.try_wait().unwrap() {
            Some(status) => break Some(status),
            None if Instant::now() > until => {
                drop(program.kill());
                break None;
            }
            None => std::thread::sleep(Duration::from_millis(50)),
        }
    };
    let steps = std::fs::read_to_string(steps).unwrap();
    if !status.is_some_and(|status| status.success()) {
        let said = std::fs::read_to_string(folder.join(format!("{what}.log"))).unwrap();
        let lines: Vec<&str> = said.lines().collect();
        let end = lines[lines.len().saturating_sub(60)..].join("\n");
        panic!("the host ended with {status:?} after:\n{steps}\nits last words:\n{end}");
    }
    steps
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

fn step<'a>(steps: &'a [Value], name: &str) -> &'a Value {
    let found = steps.iter().find(|step| step["step"] == name);
    found.unwrap_or_else(|| panic!("no step `{name}` in {steps:?}"))
}

/// What must have arrived at the lamp whenever a host was done with it.
fn assert_commanded(arrived: &[(u64, u64, Vec<u64>)]) {
    let of = |cluster| arrived.iter().filter(move |command| command.0 == cluster);
    let switched: Vec<u64> = of(0x0006).map(|command| command.1).collect();
    assert_eq!(switched, [0, 1, 2], "off, on, toggle");
    let dimmed: Vec<&[u64]> = of(0x0008)
        .map(|command| command.2.get(..3).unwrap())
        .collect();
    assert_eq!(dimmed, [[120, 0, 0]], "move to level 120 at once");
    let painted: Vec<&[u64]> = of(0x0300)
        .map(|command| command.2.get(..4).unwrap())
        .collect();
    assert_eq!(painted, [[0x72, 0x01, 0, 0]], "move to 370 mired at once");
}

fn convinces(host: Host, version: u8, wire: Wire) {
    let Some(installed) = places::test_data("peers/installed") else {
        return;
    };
    let peers: PathBuf = installed.parent().unwrap().to_owned();
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();

    let mut dongle = Dongle::start(version, wire, folder, true);
    let steps = run(host, "form", &dongle, folder, &peers);
    let started = step(&steps, "started");
    let interviewed = step(&steps, "interviewed");
    assert_eq!(started["ezsp"], version);
    assert_eq!(interviewed["model"], "TRADFRI bulb E27 WS opal 980lm");
    assert_eq!(interviewed["manufacturer"], "IKEA of Sweden");
    assert_eq!(interviewed["router"], true);
    assert_eq!(interviewed["endpoints"], json!([1]));
    assert_eq!(
        interviewed["input"],
        json!([0, 3, 4, 5, 6, 8, 768, 2821, 4096])
    );
    step(&steps, "done");
    assert_commanded(&dongle.arrived());

    // What the host believes of the network is what the part holds.
    let network = dongle.ask(&json!("network"));
    assert_eq!(network["pan_id"], started["pan_id"]);
    assert_eq!(network["channel"], started["channel"]);
    if let Some(key) = started.get("network_key") {
        assert_eq!(&network["key"], key);
        assert_eq!(network["link_key"], started["link_key"]);
    }
    let lamp = dongle.ask(&json!("devices"))[0].clone();
    assert_eq!(lamp["name"], "lamp");
    assert!(lamp["address"].is_number(), "{lamp}");
    let state = dongle.ask(&json!({ "state": "lamp" }));
    assert_eq!(
        state,
        json!({ "state": "OFF", "brightness": 120, "color_temp": 370 })
    );

    // Power off and on again: the network and who is in it are still there.
    drop(dongle);
    let mut dongle = Dongle::start(version, wire, folder, false);
    let steps = run(host, "resume", &dongle, folder, &peers);
    let resumed = step(&steps, "started");
    for field in [
        "pan_id",
        "channel",
        "extended_pan_id",
        "network_key",
        "link_key",
    ] {
        assert_eq!(resumed.get(field), started.get(field), "{field}");
    }
    step(&steps, "done");
    assert_commanded(&dongle.arrived());
    assert_eq!(dongle.ask(&json!("devices"))[0]["address"], lamp["address"]);
}

#[test]
fn bellows_believes_version_8_on_a_tty() {
    convinces(Host::Bellows, 8, Wire::Pty);
}

#[test]
fn bellows_believes_version_13_over_tcp() {
    convinces(Host::Bellows, 13, Wire::Tcp);
}

#[test]
fn bellows_believes_version_18_on_a_tty() {
    convinces(Host::Bellows, 18, Wire::Pty);
}

#[test]
fn herdsman_believes_version_13_on_a_tty() {
    convinces(Host::Herdsman, 13, Wire::Pty);
}

#[test]
fn herdsman_believes_version_14_over_tcp() {
    convinces(Host::Herdsman, 14, Wire::Tcp);
}

#[test]
fn herdsman_believes_version_16_over_tcp() {
    convinces(Host::Herdsman, 16, Wire::Tcp);
}

#[test]
fn herdsman_believes_version_18_on_a_tty() {
    convinces(Host::Herdsman, 18, Wire::Pty);
}

#[test]
fn herdsman_believes_version_19_over_tcp() {
    convinces(Host::Herdsman, 19, Wire::Tcp);
}
