//! Voice satellites, from a spoken file to the lamp's ZCL: PyPI's `wyoming-satellite`, a real recogniser, a real
//! broker, a simulated lamp. And satellites that misbehave.

#![expect(clippy::unwrap_used, clippy::panic)]

use std::fmt::Write as _;
use std::io::Write as _;
use std::net::{TcpListener, TcpStream};
use std::process::Stdio;
use std::time::Duration;

use radios::sim::SimConfig;
use serde_json::Value as Json;
use tests::broker::free_port;
use tests::satellite::Way;
use tests::spoken::{Peer, listening, recording};
use tests::{House, Satellite};

const ON_OFF: u16 = 0x0006;
const LAMP: &str = "hearth/침실 불";

/// What `satellite` hears turns the lamp on, and its answer is played.
async fn says(house: &House, satellite: &Satellite, name: &str, beep: bool) {
    house.client.forget();
    let before = house.count().await;
    let played = satellite.played().len();
    satellite.hear(&recording("bedroom-on.wav"), beep);
    let commands = house.arrived("lamp", ON_OFF, before).await;
    assert_eq!(commands[0].command, 1, "{name}: {commands:?}");
    let source = format!("satellite:{name}");
    house
        .client
        .expect("hearth/voice/heard", |heard| heard["source"] == source)
        .await;
    house.client.expect(LAMP, |s| s["state"] == "ON").await;
    for _ in 0..100 {
        if satellite.played().len() > played {
            return;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("{name}: nothing was played");
}

/// Each way a satellite has: always sending, sending when somebody speaks, waking by itself.
#[tokio::test]
async fn every_kind_of_satellite_reaches_the_lamp_and_speaks() {
    let tts = free_port();
    let Some(mut speak) = Peer::python("tts_peer.py", &[&tts.to_string()]) else {
        return;
    };
    let ways = [
        ("always", Way::Always),
        ("voice", Way::Voice),
        ("wake", Way::Wake),
    ];
    let mut satellites = Vec::new();
    let mut more = format!("tts = \"tcp://127.0.0.1:{tts}\"\n");
    for (name, way) in ways {
        let Some(satellite) = Satellite::start(way) else {
            return;
        };
        let server = satellite.server();
        let _ = write!(
            more,
            "\n[voice.satellites.{name}]\nserver = {server:?}\nroom = \"침실\"\n"
        );
        satellites.push(satellite);
    }
    let spoken = tempfile::NamedTempFile::new().unwrap();
    let _speak = Peer(
        speak
            .stdout(Stdio::from(spoken.reopen().unwrap()))
            .spawn()
            .unwrap(),
    );
    let Some(house) = listening(&more).await else {
        return;
    };
    for ((name, way), satellite) in ways.iter().zip(&satellites) {
        for _ in 0..2 {
            says(&house, satellite, name, *way == Way::Wake).await;
        }
    }
    // The peer was asked for each answer, in the language of the home.
    let said = std::fs::read_to_string(spoken.path()).unwrap();
    assert_eq!(said.lines().count(), 6, "{said}");
    assert!(said.lines().all(|line| line.starts_with("ko: ")), "{said}");
    // What was played are its tones, at full length: 0.3 s each.
    tokio::time::sleep(Duration::from_millis(500)).await;
    for satellite in &satellites {
        let loud = satellite
            .played()
            .chunks_exact(2)
            .filter(|s| i16::from_le_bytes([s[0], s[1]]).unsigned_abs() > 7_000)
            .count();
        assert!(loud > 6_000, "{loud} loud samples");
        assert!(satellite.log().contains("synthesize") || satellite.log().contains("Synthesize"));
    }
}

/// What a satellite that misbehaves does once it was greeted.
type Mischief = fn(TcpStream);

/// A satellite that says what it is, as often as it is asked, and then misbehaves.
fn rude(mischief: Mischief) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            std::thread::spawn(move || {
                let mut stream = stream;
                let data = br#"{"satellite":{"name":"rude","installed":true}}"#;
                let head = format!("{{\"type\":\"info\",\"data_length\":{}}}\n", data.len());
                let run = br#"{"type":"run-pipeline","data":{"start_stage":"asr","end_stage":"tts","restart_on_end":true}}"#;
                let greeting = [head.as_bytes(), data, run, b"\n"].concat();
                if stream.write_all(&greeting).is_ok() {
                    mischief(stream);
                }
            });
        }
    });
    format!("tcp://127.0.0.1:{port}")
}

/// A second of sound: somebody seems to speak.
fn speech() -> Vec<u8> {
    let wav = std::fs::read(recording("bedroom-on.wav")).unwrap();
    let sound = &wav[44..];
    let head = format!(
        "{{\"type\":\"audio-chunk\",\"data\":{{\"rate\":16000,\"width\":2,\"channels\":1}},\"payload_length\":{}}}\n",
        sound.len()
    );
    [head.as_bytes(), sound].concat()
}

/// One stalls, one floods, one hangs up in the middle of a sentence, one sends garbage, one never reads: the others'
/// sentences and everybody's switches go on.
#[tokio::test]
async fn rude_satellites_disturb_nobody() {
    let Some(good) = Satellite::start(Way::Always) else {
        return;
    };
    let mischiefs: [(&str, Mischief); 5] = [
        ("stalls", |mut stream| {
            let half = speech();
            let _ = stream.write_all(&half[..half.len() / 2]);
            std::thread::sleep(Duration::from_secs(600));
        }),
        ("floods", |mut stream| {
            let sound = speech();
            while stream.write_all(&sound).is_ok() {}
        }),
        ("hangs-up", |mut stream| {
            let sound = speech();
            let _ = stream.write_all(&sound[..sound.len() - 9_000]);
            std::thread::sleep(Duration::from_millis(100));
        }),
        ("garbage", |mut stream| {
            let _ = stream.write_all(&[0x2a; 200_000]);
            // Closed at once, what was sent would be lost with the connection.
            std::thread::sleep(Duration::from_secs(5));
        }),
        ("deaf", |mut stream| {
            // Pings without end, and the answers are never read.
            while stream
                .write_all(
                    b"{\"type\":\"ping\",\"data\":{\"text\":\"xxxxxxxxxxxxxxxxxxxxxxxxxx\"}}\n",
                )
                .is_ok()
            {}
        }),
    ];
    let mut more = format!(
        "\n[voice.satellites.good]\nserver = {:?}\nroom = \"침실\"\n",
        good.server()
    );
    for (name, mischief) in mischiefs {
        let server = rude(mischief);
        let _ = write!(more, "\n[voice.satellites.{name}]\nserver = {server:?}\n");
    }
    let Some(house) = listening(&more).await else {
        return;
    };
    for _ in 0..2 {
        says(&house, &good, "good", false).await;
        // A switch between, as quick as ever.
        let before = house.count().await;
        house.client.forget();
        let begun = tokio::time::Instant::now();
        house
            .client
            .publish("hearth/침실 불/set", r#"{"brightness":77}"#)
            .await;
        house.arrived("lamp", 0x0008, before).await;
        assert!(begun.elapsed() < Duration::from_secs(5));
        house.client.expect(LAMP, |s| s["brightness"] == 77).await;
    }
    let pid = house.gateway.pid().unwrap();
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
    let resident: u64 = status
        .lines()
        .find_map(|line| line.strip_prefix("VmRSS:"))
        .and_then(|line| line.trim().strip_suffix(" kB"))
        .and_then(|kb| kb.parse().ok())
        .unwrap();
    assert!(resident < 120_000, "{resident} kB");
    let log = house.gateway.log();
    for told in [
        "satellite garbage at",
        "it speaks no Wyoming",
        "satellite hangs-up at",
        "satellite deaf at",
        "it takes nothing any more",
    ] {
        assert!(log.contains(told), "{told}:\n{log}");
    }
}

/// Home Assistant's Assist, as its Wyoming integration speaks: by the package it is made with.
#[tokio::test]
async fn assist_hears_understands_and_acts() {
    let port = free_port();
    let wav = recording("bedroom-on.wav");
    let port_text = port.to_string();
    let arguments = [
        port_text.as_str(),
        wav.to_str().unwrap(),
        "침실 불 꺼 줘",
        "침실 불 켜 줘",
    ];
    let Some(mut peer) = Peer::python("assist_peer.py", &arguments) else {
        return;
    };
    let more = format!("\n[voice.wyoming]\nlisten = \"127.0.0.1:{port}\"\n");
    let Some(house) = listening(&more).await else {
        return;
    };
    let before = house.count().await;
    let output = tokio::task::spawn_blocking(move || peer.output().unwrap())
        .await
        .unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{text}{errors}");
    let told: Vec<Json> = text
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    let kinds: Vec<&str> = told.iter().map(|t| t["what"].as_str().unwrap()).collect();
    assert_eq!(
        kinds,
        [
            "info",
            "pong",
            "transcript",
            "transcript",
            "intents",
            "not-recognized",
            "handled",
            "not-handled"
        ],
        "{text}"
    );
    assert_eq!(told[0]["asr"][0][1], false, "it ends commands by itself");
    assert_eq!(told[0]["asr"][0][2][0][0], "ko");
    assert_eq!(told[0]["handle"][0][0], true);
    assert_eq!(told[1]["text"], "there?");
    // The model has words of its own; where it parts them is its business.
    for transcript in &told[2..4] {
        let text = transcript["text"].as_str().unwrap().replace(' ', "");
        assert_eq!(text, "침실불켜줘");
    }
    assert_eq!(told[4]["intents"][0][0], "HassTurnOff");
    assert_eq!(told[6]["context"]["conversation_id"], "01");
    // Only the one that was to be done was.
    let commands = house.arrived("lamp", ON_OFF, before).await;
    let done: Vec<u8> = commands.iter().map(|c| c.command).collect();
    assert_eq!(done, [1]);
}

/// Whoever is not on the list is hung up on, in silence.
#[tokio::test]
async fn strangers_are_hung_up_on() {
    use std::io::Read as _;
    let port = free_port();
    // This machine may always call; its other address may not.
    let Some(address) = own_address() else {
        println!("skipped: this machine has no address but 127.0.0.1");
        return;
    };
    let more = format!(
        "[voice]\nlanguage = \"en\"\n[voice.wyoming]\nlisten = \"0.0.0.0:{port}\"\nallow = [\"192.0.2.1\"]\n"
    );
    let Some(house) = House::build_with(SimConfig::default(), &more).await else {
        return;
    };
    let ask = |address: String| {
        tokio::task::spawn_blocking(move || {
            let mut stream = TcpStream::connect(address).unwrap();
            stream.write_all(b"{\"type\":\"describe\"}\n").unwrap();
            stream
                .set_read_timeout(Some(Duration::from_secs(10)))
                .unwrap();
            let mut answer = [0; 12];
            stream.read_exact(&mut answer).is_ok()
        })
    };
    assert!(ask(format!("127.0.0.1:{port}")).await.unwrap());
    assert!(!ask(format!("{address}:{port}")).await.unwrap());
    let log = house.gateway.log();
    assert!(log.contains("it is not among voice.wyoming.allow"), "{log}");
}

/// The address this machine would be called by from outside. Nothing is sent.
fn own_address() -> Option<std::net::IpAddr> {
    let socket = std::net::UdpSocket::bind("0.0.0.0:0").ok()?;
    socket.connect("192.0.2.1:9").ok()?;
    let address = socket.local_addr().ok()?.ip();
    (!address.is_loopback() && !address.is_unspecified()).then_some(address)
}
