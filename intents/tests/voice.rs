//! The client against workers of all kinds: one that answers, one that dies, one that says nonsense.

#![expect(clippy::unwrap_used)] // helpers of tests

use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use intents::voice::protocol::{Ended, MAX_STREAMS, Reply, Request, Utterance, VERSION, line};
use intents::voice::{Client, Status, StreamEvent, StreamOptions, VoiceError, Worker};
use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{UnixListener, UnixStream};

struct Peer {
    read: BufReader<tokio::net::unix::OwnedReadHalf>,
    write: tokio::net::unix::OwnedWriteHalf,
}

impl Peer {
    async fn accept(listener: &UnixListener) -> Self {
        let (read, write) = listener.accept().await.unwrap().0.into_split();
        Self {
            read: BufReader::new(read),
            write,
        }
    }

    async fn says(&mut self, reply: &Reply) {
        self.write.write_all(&line(reply).unwrap()).await.unwrap();
    }

    /// The next request, and how much sound came with it.
    async fn hears(&mut self) -> (Request, usize) {
        let mut text = String::new();
        self.read.read_line(&mut text).await.unwrap();
        let request = serde_json::from_str(&text).unwrap();
        let mut sound = Vec::new();
        if let Request::Audio { bytes, .. } = request {
            sound = vec![0; bytes];
            self.read.read_exact(&mut sound).await.unwrap();
        }
        (request, sound.len())
    }

    async fn hello(&mut self) {
        self.says(&Reply::Hello {
            version: VERSION,
            model: "test".into(),
            grammar: true,
            wake: Vec::new(),
        })
        .await;
    }
}

async fn until(client: &Client, wanted: impl FnMut(&Status) -> bool) {
    let mut status = client.status();
    tokio::time::timeout(Duration::from_secs(20), status.wait_for(wanted))
        .await
        .unwrap()
        .unwrap();
}

#[tokio::test]
async fn an_utterance_becomes_text() {
    let folder = TempDir::new().unwrap();
    let socket = folder.path().join("socket");
    let listener = UnixListener::bind(&socket).unwrap();
    let client = Client::start(Worker::Connect(socket.display().to_string()));
    client.set_grammar(vec!["침실 불 켜 줘".into()]);
    let mut worker = Peer::accept(&listener).await;
    assert_eq!(
        client.transcribe(16_000, &[0; 16]).await,
        Err(VoiceError::NotReady("the model is being loaded".into()))
    );
    worker.hello().await;
    let (request, _) = worker.hears().await;
    assert_eq!(
        request,
        Request::Grammar {
            phrases: vec!["침실 불 켜 줘".into()]
        }
    );
    let asking = tokio::spawn({
        let client = client.clone();
        async move { client.transcribe(16_000, &[1; 4000]).await }
    });
    let (begin, _) = worker.hears().await;
    let Request::Start {
        id, rate: 16_000, ..
    } = begin
    else {
        panic!("{begin:?}")
    };
    let mut heard = 0;
    loop {
        match worker.hears().await {
            (Request::Audio { .. }, bytes) => heard += bytes,
            (end, _) => break assert_eq!(end, Request::End { id }),
        }
    }
    assert_eq!(heard, 8000);
    let said = |id, text: &str| {
        Reply::Final(Utterance {
            id,
            text: text.into(),
            ..Utterance::default()
        })
    };
    // An answer to another utterance is nobody's.
    worker.says(&said(id + 1, "else")).await;
    worker.says(&said(id, "침실 불 켜 줘")).await;
    assert_eq!(asking.await.unwrap().unwrap().text, "침실 불 켜 줘");
}

#[tokio::test]
async fn the_microphone_is_taken_up_again_after_a_call_and_after_a_restart() {
    let folder = TempDir::new().unwrap();
    let socket = folder.path().join("socket");
    let listener = UnixListener::bind(&socket).unwrap();
    let client = Client::start(Worker::Connect(socket.display().to_string()));
    client.set_grammar(vec!["a".into()]);
    let mut heard = client.listen("default".into());
    for round in 0..2 {
        let mut worker = Peer::accept(&listener).await;
        worker.hello().await;
        assert!(
            matches!(worker.hears().await.0, Request::Grammar { .. }),
            "{round}"
        );
        let (Request::Listen { id, device, .. }, _) = worker.hears().await else {
            panic!("{round}")
        };
        assert_eq!(device, "default");
        let text = format!("round {round}");
        worker
            .says(&Reply::Final(Utterance {
                id,
                text: text.clone(),
                ..Utterance::default()
            }))
            .await;
        assert_eq!(heard.recv().await.unwrap().text, text);
        // The worker goes away: the client waits a second and comes back.
    }
    drop(heard);
    until(&client, |status| {
        matches!(status, Status::Down { .. } | Status::Starting)
    })
    .await;
}

#[tokio::test]
async fn a_worker_that_dies_is_started_again_and_never_waited_for() {
    let folder = TempDir::new().unwrap();
    let count = folder.path().join("count");
    let script = folder.path().join("dies");
    std::fs::write(
        &script,
        format!("#!/bin/sh\necho x >> {}\nexit 3\n", count.display()),
    )
    .unwrap();
    std::fs::set_permissions(&script, std::fs::Permissions::from_mode(0o700)).unwrap();
    let client = Client::start(Worker::Spawn {
        program: script.clone(),
        model: "model".into(),
        library: None,
        wake_folder: None,
    });
    until(
        &client,
        |status| matches!(status, Status::Down { reason } if reason == "the speech worker ended"),
    )
    .await;
    let before = tokio::time::Instant::now();
    assert!(matches!(
        client.transcribe(16_000, &[0; 100]).await,
        Err(VoiceError::NotReady(_))
    ));
    assert!(before.elapsed() < Duration::from_secs(1));
    let starts = || {
        std::fs::read_to_string(&count)
            .unwrap_or_default()
            .lines()
            .count()
    };
    let again = async {
        while starts() < 3 {
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(60), again)
        .await
        .unwrap();
}

#[tokio::test]
async fn nonsense_is_the_end_of_a_connection_and_of_nothing_else() {
    let folder = TempDir::new().unwrap();
    let socket = folder.path().join("socket");
    let listener = UnixListener::bind(&socket).unwrap();
    let client = Client::start(Worker::Connect(socket.display().to_string()));
    let mut worker = Peer::accept(&listener).await;
    worker.write.write_all(b"\xff\xfe{]\n").await.unwrap();
    until(&client, |status| matches!(status, Status::Down { .. })).await;
    let mut worker = Peer::accept(&listener).await;
    worker
        .says(&Reply::Hello {
            version: VERSION + 1,
            model: String::new(),
            grammar: true,
            wake: Vec::new(),
        })
        .await;
    until(
        &client,
        |status| matches!(status, Status::Down { reason } if reason.contains("version 2")),
    )
    .await;
}

/// On a router the worker is a service of its own, which may be started hours after the gateway.
#[tokio::test(start_paused = true)]
async fn a_worker_elsewhere_is_found_soon_after_it_came() {
    let folder = TempDir::new().unwrap();
    let socket = folder.path().join("voice.sock");
    let client = Client::start(Worker::Connect(socket.display().to_string()));
    tokio::time::sleep(Duration::from_secs(3610)).await;
    assert!(matches!(*client.status().borrow(), Status::Down { .. }));
    let listener = UnixListener::bind(&socket).unwrap();
    let came = tokio::time::Instant::now();
    Peer::accept(&listener).await.hello().await;
    assert!(
        came.elapsed() <= Duration::from_secs(5),
        "{:?}",
        came.elapsed()
    );
}

fn satellite() -> StreamOptions {
    StreamOptions {
        rate: 16_000,
        wake: vec!["okay_nabu".into()],
        again: true,
        until_silence: true,
    }
}

fn said(id: u32, text: &str, ended: Ended) -> Reply {
    Reply::Final(Utterance {
        id,
        text: text.into(),
        ended,
        ..Utterance::default()
    })
}

/// A client and its worker, past their greetings.
async fn pair() -> (Client, Peer) {
    let folder = TempDir::new().unwrap();
    let socket = folder.path().join("socket");
    let listener = UnixListener::bind(&socket).unwrap();
    let client = Client::start(Worker::Connect(socket.display().to_string()));
    let mut worker = Peer::accept(&listener).await;
    worker.hello().await;
    assert!(matches!(worker.hears().await.0, Request::Grammar { .. }));
    until(&client, |status| matches!(status, Status::Ready { .. })).await;
    (client, worker)
}

#[tokio::test]
async fn two_rooms_speak_at_once_and_each_has_its_answer() {
    let (client, mut worker) = pair().await;
    let mut kitchen = client.open(satellite());
    let mut page = client.open(StreamOptions {
        rate: 48_000,
        until_silence: true,
        ..StreamOptions::default()
    });
    let (first, _) = worker.hears().await;
    let Request::Start { id: k, wake, .. } = first else {
        panic!("{first:?}")
    };
    assert_eq!(wake, ["okay_nabu"]);
    let (second, _) = worker.hears().await;
    let Request::Start {
        id: p,
        rate: 48_000,
        ..
    } = second
    else {
        panic!("{second:?}")
    };
    // One sends two seconds at once, the other a tenth: it does not wait behind.
    kitchen.send(&[1; 32_000]).unwrap();
    page.send(&[2; 1600]).unwrap();
    let mut before = 0;
    loop {
        match worker.hears().await {
            (Request::Audio { id, .. }, 3200) if id == Some(p) => break,
            (Request::Audio { id, .. }, 3200) if id == Some(k) => before += 1,
            other => panic!("{other:?}"),
        }
    }
    assert!(before <= 4, "{before} pieces came first");
    worker.says(&Reply::Speech { id: p }).await;
    worker
        .says(&Reply::Woken {
            id: k,
            wake: "okay_nabu".into(),
        })
        .await;
    worker.says(&said(p, "lamp on", Ended::Silence)).await;
    worker.says(&said(k, "lamp off", Ended::Silence)).await;
    assert_eq!(page.next().await, Some(StreamEvent::Speech));
    let Some(StreamEvent::Final(heard)) = page.next().await else {
        panic!()
    };
    assert_eq!(heard.text, "lamp on");
    assert_eq!(page.next().await, None);
    assert!(page.send(&[0; 10]).is_err());
    assert_eq!(
        kitchen.next().await,
        Some(StreamEvent::Woken("okay_nabu".into()))
    );
    assert!(
        matches!(kitchen.next().await, Some(StreamEvent::Final(said)) if said.text == "lamp off")
    );
    // It goes on until its end.
    worker.says(&said(k, "again", Ended::Silence)).await;
    assert!(matches!(kitchen.next().await, Some(StreamEvent::Final(said)) if said.text == "again"));
    kitchen.end();
    loop {
        match worker.hears().await.0 {
            Request::Audio { .. } => {}
            end => break assert_eq!(end, Request::End { id: k }),
        }
    }
    worker.says(&said(k, "", Ended::End)).await;
    assert!(matches!(kitchen.next().await, Some(StreamEvent::Final(_))));
    assert_eq!(kitchen.next().await, None);
}

#[tokio::test]
async fn a_flood_is_shed_and_counted_and_a_stall_hurts_nobody() {
    let (client, mut worker) = pair().await;
    let stalled = client.open(satellite());
    let flood = client.open(satellite());
    let mut sent = 0;
    // The worker takes nothing: send never waits all the same.
    while flood.send(&[7; 16_000]).is_ok() {
        sent += 1;
    }
    assert_eq!(sent, 5, "five seconds may wait");
    assert_eq!(flood.send(&[7; 16_000]), Err(VoiceError::Busy));
    assert_eq!(flood.shed(), 32_000);
    assert_eq!(stalled.shed(), 0);
    let asking = tokio::spawn({
        let client = client.clone();
        async move { client.transcribe(16_000, &[9; 1600]).await }
    });
    let mut starts = Vec::new();
    loop {
        match worker.hears().await.0 {
            Request::Start { id, .. } => starts.push(id),
            Request::Audio { .. } => {}
            Request::End { id } if Some(&id) == starts.get(2) => break,
            other => panic!("{other:?}"),
        }
    }
    worker.says(&said(starts[2], "heard", Ended::End)).await;
    assert_eq!(asking.await.unwrap().unwrap().text, "heard");
    // Once some was taken there is room again.
    tokio::join!(flood.room(), async {
        for _ in 0..40 {
            worker.hears().await;
        }
    });
    flood.send(&[7; 16_000]).unwrap();
    // Who goes without a word is gone at the worker, too.
    drop(flood);
    loop {
        match worker.hears().await.0 {
            Request::Audio { .. } => {}
            end => break assert_eq!(end, Request::End { id: starts[1] }),
        }
    }
}

#[tokio::test]
async fn a_stream_too_many_is_told_so_and_a_dead_worker_ends_them_all() {
    let (client, worker) = pair().await;
    let mut streams: Vec<_> = (0..MAX_STREAMS).map(|_| client.open(satellite())).collect();
    tokio::time::sleep(Duration::from_millis(50)).await;
    let mut more = client.open(satellite());
    let busy = VoiceError::Busy.to_string();
    assert_eq!(more.next().await, Some(StreamEvent::Error(busy)));
    assert_eq!(more.next().await, None);
    drop(worker);
    for stream in &mut streams {
        assert!(matches!(stream.next().await, Some(StreamEvent::Error(_))));
        assert_eq!(stream.next().await, None);
    }
}

/// The tests' data, or a printed line; missing data is a failure where everything is required.
fn data(name: &str) -> Option<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/data");
    let folder = std::env::var_os("HEARTH_TEST_DATA").map_or(root, PathBuf::from);
    let path = folder.join(name);
    if path.exists() {
        return Some(path);
    }
    assert!(
        std::env::var_os("HEARTH_REQUIRE_ALL").is_none(),
        "{} is missing: run `make test-data`",
        path.display()
    );
    eprintln!(
        "skipped: {} is not there (`make test-data` fetches it)",
        path.display()
    );
    None
}

fn samples(wav: &str) -> intents::voice::Wav {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../tests/audio")
        .join(wav);
    intents::voice::Wav::parse(&std::fs::read(path).unwrap()).unwrap()
}

/// The demo home in Korean.
fn korean() -> intents::Engine {
    let area = |name: &str, alias: &str| intents::Area {
        name: name.into(),
        aliases: vec![alias.into()],
    };
    let mut engine = intents::Engine::new("ko").unwrap();
    engine.set_home(&intents::Home {
        areas: vec![area("Bedroom", "침실"), area("Living Room", "거실")],
        entities: vec![intents::Entity {
            id: "lamp".into(),
            name: "Bedroom Lamp".into(),
            domain: "light".into(),
            area: Some("Bedroom".into()),
            ..intents::Entity::default()
        }],
        floors: Vec::new(),
    });
    engine
}

#[tokio::test]
async fn real_speech_becomes_an_intent() {
    let (Some(library), Some(model)) = (data("vosk/libvosk.so"), data("vosk-ko")) else {
        return;
    };
    let engine = korean();
    let client = Client::start(Worker::Spawn {
        program: env!("CARGO_BIN_EXE_hearth-voice").into(),
        model,
        library: Some(library),
        wake_folder: data("wake/models"),
    });
    client.set_grammar(engine.grammar().phrases);
    let ready =
        |status: &Status| matches!(status, Status::Ready { model, .. } if model == "vosk-ko");
    let mut status = client.status();
    let load = Duration::from_secs(120);
    tokio::time::timeout(load, status.wait_for(ready))
        .await
        .unwrap()
        .unwrap();
    for (wav, meant) in [
        ("bedroom-on.wav", "HassTurnOn"),
        ("living-room-temperature.wav", "HassClimateGetTemperature"),
        ("bedroom-off.wav", "HassTurnOff"),
    ] {
        let wav = samples(wav);
        let said = client.transcribe(wav.rate, &wav.samples).await.unwrap();
        let found = engine
            .understand(said.texts(), &intents::Context::default())
            .unwrap();
        assert_eq!(found.intent, meant, "{said:?}");
        assert_eq!(
            found.text("area"),
            Some(if meant == "HassClimateGetTemperature" {
                "Living Room"
            } else {
                "Bedroom"
            })
        );
    }
    // A rate nobody has is refused, and that is all.
    assert!(matches!(
        client.transcribe(100, &[0; 10]).await,
        Err(VoiceError::Refused(_))
    ));
}

#[tokio::test]
async fn a_worker_that_is_not_installed_is_told_as_that() {
    let client = Client::start(Worker::Spawn {
        program: "/nonexistent/hearth-voice".into(),
        model: "model".into(),
        library: None,
        wake_folder: None,
    });
    until(&client, |status| {
        matches!(status, Status::Down { reason } if reason
            == "the speech worker /nonexistent/hearth-voice is not there: install it, or name one \
                that runs elsewhere by `voice.socket`")
    })
    .await;
}

#[tokio::test]
async fn a_socket_serves_one_client_after_the_other() {
    let (Some(library), Some(model)) = (data("vosk/libvosk.so"), data("vosk-ko")) else {
        return;
    };
    let folder = TempDir::new().unwrap();
    let socket = folder.path().join("socket");
    let mut worker = tokio::process::Command::new(env!("CARGO_BIN_EXE_hearth-voice"))
        .arg("--model")
        .arg(model)
        .arg("--lib")
        .arg(library)
        .arg("--serve")
        .arg(&socket)
        .kill_on_drop(true)
        .spawn()
        .unwrap();
    let mut stream = None;
    for _ in 0..1200 {
        match UnixStream::connect(&socket).await {
            Ok(connected) => {
                stream = Some(connected);
                break;
            }
            Err(_) => tokio::time::sleep(Duration::from_millis(100)).await,
        }
    }
    // The first one talks nonsense; the worker survives it.
    let mut stream = stream.unwrap();
    stream
        .write_all(b"{\"type\":\"grammar\",\"phrases\":[\"\\u0000\",\"\",\"xyzzyx\"]}\n{\"type\":\"audio\",\"bytes\":3}\n")
        .await
        .unwrap();
    let mut said = String::new();
    let _ = stream.read_to_string(&mut said).await;
    drop(stream);
    assert!(said.contains("no phrase of the grammar"), "{said}");
    let client = Client::start(Worker::Connect(socket.display().to_string()));
    client.set_grammar(vec!["침실 불 켜줘".into(), "침실 불 꺼줘".into()]);
    until(&client, |status| matches!(status, Status::Ready { .. })).await;
    let wav = samples("bedroom-on.wav");
    let said = client.transcribe(wav.rate, &wav.samples).await.unwrap();
    assert!(said.text.contains("침실"), "{said:?}");
    assert!(worker.try_wait().unwrap().is_none());

    // Told to end it ends by itself, which a jail's first process must, and leaves no socket behind.
    let pid = worker.id().unwrap().to_string();
    let told = std::process::Command::new("kill").arg(pid).status();
    assert!(told.unwrap().success());
    let ended = tokio::time::timeout(Duration::from_secs(10), worker.wait()).await;
    assert_eq!(ended.unwrap().unwrap().code(), Some(0));
    assert!(!socket.exists());
}
