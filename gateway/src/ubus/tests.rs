//! The room as the hub's loop sees it.

use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{UnixListener, UnixStream};
use tokio::sync::mpsc;

use super::message::{Body, HEAD, Header, Kind, table};
use super::*;

/// A ubusd with one client.
struct Bus {
    stream: UnixStream,
}

impl Bus {
    async fn accept(listener: &UnixListener) -> Self {
        let (mut stream, _) = listener.accept().await.unwrap();
        let mut hello = Vec::new();
        Body::default().write(&mut hello, Kind::Hello, 0, 0x1234);
        stream.write_all(&hello).await.unwrap();
        let mut bus = Self { stream };
        let (header, body) = bus.read().await;
        assert_eq!(header.kind, Some(Kind::AddObject));
        assert!(String::from_utf8_lossy(&body).contains("permit_join"));
        let added = Body {
            object: Some(77),
            kind: Some(78),
            ..Body::default()
        };
        bus.write(&added, Kind::Data, header.seq, header.peer).await;
        let done = Body {
            status: Some(0),
            ..Body::default()
        };
        bus.write(&done, Kind::Status, header.seq, header.peer)
            .await;
        bus
    }

    async fn read(&mut self) -> (Header, Vec<u8>) {
        let mut head = [0; HEAD];
        self.stream.read_exact(&mut head).await.unwrap();
        let header = Header::read(&head).unwrap();
        let mut content = vec![0; header.length];
        self.stream.read_exact(&mut content).await.unwrap();
        (header, content)
    }

    async fn write(&mut self, body: &Body<'_>, kind: Kind, seq: u16, peer: u32) {
        let mut bytes = Vec::new();
        body.write(&mut bytes, kind, seq, peer);
        self.stream.write_all(&bytes).await.unwrap();
    }

    async fn call(&mut self, method: &str, arguments: Json, seq: u16) {
        let data = table(&super::json::members(arguments));
        let body = Body {
            object: Some(77),
            method: Some(method),
            data: Some(&data),
            ..Body::default()
        };
        self.write(&body, Kind::Invoke, seq, 0xabcd).await;
    }

    /// Data, if any, and status of the answer to `seq`.
    async fn answer(&mut self, seq: u16) -> (Option<Json>, u32) {
        let mut data = None;
        loop {
            let (header, content) = self.read().await;
            let body = Body::read(&content).unwrap();
            assert_eq!((header.seq, header.peer), (seq, 0xabcd));
            assert_eq!(body.object, Some(77));
            if let Some(table) = body.data {
                let members = super::blob::table(table).unwrap();
                data = Some(Json::Object(super::json::object(members)));
            }
            if let Some(status) = body.status {
                return (data, status);
            }
        }
    }
}

async fn started() -> (tempfile::TempDir, UnixListener, Ubus, mpsc::Receiver<Call>) {
    let folder = tempfile::tempdir().unwrap();
    let socket = folder.path().join("ubus.sock");
    let listener = UnixListener::bind(&socket).unwrap();
    let (calls, queue) = Ubus::queue();
    let ubus = Ubus::spawn(Some(socket), calls);
    (folder, listener, ubus, queue)
}

#[tokio::test]
async fn a_call_becomes_a_request_and_its_answer_goes_back() {
    let (_folder, listener, mut ubus, mut calls) = started().await;
    let mut bus = Bus::accept(&listener).await;
    let lamp = json!({"device": "Lamp", "values": {"state": "ON", "brightness": 120}});
    bus.call("set", lamp, 5).await;
    let call = calls.recv().await.unwrap();
    let Some(Wanted::Message(message)) = ubus.call(call) else {
        panic!("no message");
    };
    assert_eq!(message.topic, "bridge/request/device/set");
    let asked: Json = serde_json::from_slice(&message.payload).unwrap();
    assert_eq!(asked["id"], "Lamp");
    assert_eq!(asked["values"], json!({"state": "ON", "brightness": 120}));

    // Others' answers are others'.
    let others = json!({"status": "ok", "data": {}, "transaction": "mine"});
    ubus.publish("bridge/response/device/set", others.to_string().as_bytes());
    let ours = json!({
        "status": "ok", "data": {"id": "Lamp", "state": "ON"}, "transaction": asked["transaction"],
    });
    ubus.publish("bridge/response/device/set", ours.to_string().as_bytes());
    let (data, status) = bus.answer(5).await;
    assert_eq!(
        (data.unwrap(), status),
        (json!({"id": "Lamp", "state": "ON"}), 0)
    );

    // An error of the hub is a status, with its words beside it.
    bus.call("rename", json!({"device": "No", "name": "Lamp"}), 6)
        .await;
    let Some(Wanted::Message(message)) = ubus.call(calls.recv().await.unwrap()) else {
        panic!("no message");
    };
    let asked: Json = serde_json::from_slice(&message.payload).unwrap();
    let why = "Device 'No' does not exist";
    let answer =
        json!({"status": "error", "error": why, "data": {}, "transaction": asked["transaction"]});
    ubus.publish(
        "bridge/response/device/rename",
        answer.to_string().as_bytes(),
    );
    let (data, status) = bus.answer(6).await;
    assert_eq!(
        (data.unwrap(), status),
        (json!({"error": why}), Status::NotFound as u32)
    );
}

#[tokio::test]
async fn what_is_wrong_is_answered_at_once() {
    let (_folder, listener, mut ubus, mut calls) = started().await;
    let mut bus = Bus::accept(&listener).await;
    bus.call("explode", json!({}), 1).await;
    assert_eq!(bus.answer(1).await, (None, Status::MethodNotFound as u32));
    bus.call("say", json!({"text": 5}), 2).await;
    assert_eq!(bus.answer(2).await, (None, Status::InvalidArgument as u32));
    bus.call("say", json!({}), 3).await;
    assert!(ubus.call(calls.recv().await.unwrap()).is_none());
    let (told, status) = bus.answer(3).await;
    assert_eq!(
        (told.unwrap(), status),
        (json!({"error": "'text' is missing"}), 2)
    );
    // Not a table.
    let body = Body {
        object: Some(77),
        method: Some("say"),
        data: Some(&[0x83, 0, 0, 99]),
        ..Body::default()
    };
    bus.write(&body, Kind::Invoke, 4, 0xabcd).await;
    assert_eq!(bus.answer(4).await, (None, Status::ParseError as u32));
    // Too large to be kept, and the next one is understood all the same.
    bus.call("say", json!({"text": "x".repeat(100_000)}), 5)
        .await;
    assert_eq!(bus.answer(5).await, (None, Status::NoMemory as u32));
    bus.call("status", json!({}), 6).await;
    let call = calls.recv().await.unwrap();
    let ticket = call.ticket;
    assert!(matches!(ubus.call(call), Some(Wanted::Status)));
    ubus.answer(ticket, Ok(json!({"healthy": true})));
    assert_eq!(bus.answer(6).await, (Some(json!({"healthy": true})), 0));
}

#[tokio::test]
async fn the_object_is_there_again_when_ubusd_is() {
    let (_folder, listener, mut ubus, mut calls) = started().await;
    let mut bus = Bus::accept(&listener).await;
    bus.call("status", json!({}), 1).await;
    let before = calls.recv().await.unwrap().ticket;
    drop(bus);
    let mut bus = Bus::accept(&listener).await;
    // Nobody waits for this answer any more: the new connection does not see it.
    ubus.answer(before, Ok(json!({"stale": true})));
    bus.call("voice", json!({}), 2).await;
    let call = calls.recv().await.unwrap();
    let ticket = call.ticket;
    assert!(matches!(ubus.call(call), Some(Wanted::Voice)));
    let heard = json!({"text": "turn on the lamp", "source": "typed", "room": null});
    ubus.publish("voice/heard", heard.to_string().as_bytes());
    ubus.answer(ticket, Ok(ubus.voice()));
    assert_eq!(bus.answer(2).await, (Some(json!({"heard": heard})), 0));
}

#[tokio::test]
async fn the_home_tells_events_and_each_alarm_once() {
    let (_folder, listener, mut ubus, mut calls) = started().await;
    let mut bus = Bus::accept(&listener).await;
    // Published once this is answered.
    bus.call("status", json!({}), 1).await;
    calls.recv().await.unwrap();
    let joined = json!({"type": "device_joined", "data": {"friendly_name": "0x01"}});
    ubus.publish("bridge/event", joined.to_string().as_bytes());
    ubus.publish("Cellar", br#"{"water_leak":false,"battery":90}"#);
    for _ in 0..3 {
        ubus.publish("Cellar", br#"{"water_leak":true,"battery":90}"#);
    }
    ubus.publish("Cellar", br#"{"water_leak":false}"#);
    ubus.publish("Cellar", br#"{"water_leak":true}"#);
    let alarm = json!({"device": "Cellar", "property": "water_leak"});
    for (name, data) in [
        ("hearth.device_joined", json!({"friendly_name": "0x01"})),
        ("hearth.alarm", alarm.clone()),
        ("hearth.alarm", alarm),
    ] {
        let (header, content) = bus.read().await;
        let body = Body::read(&content).unwrap();
        assert_eq!((header.kind, header.peer), (Some(Kind::Invoke), 1));
        assert_eq!((body.object, body.method), (Some(1), Some("send")));
        let members = super::blob::table(body.data.unwrap()).unwrap();
        assert_eq!(
            Json::Object(super::json::object(members)),
            json!({"id": name, "data": data})
        );
    }
}

/// Every error the hub has a word for, as programs see it.
#[test]
fn words_are_statuses() {
    for (why, status) in [
        ("Device 'x' does not exist", Status::NotFound),
        (
            "Invalid payload: 'time' must be seconds",
            Status::InvalidArgument,
        ),
        (
            "Zigbee is switched off in the configuration",
            Status::NotSupported,
        ),
        ("too many commands are under way", Status::NoMemory),
        ("something else", Status::UnknownError),
    ] {
        assert_eq!(methods::status(why), status, "{why}");
    }
}

#[test]
fn every_method_is_implemented() {
    for method in METHODS {
        let filled: Map<String, Json> = method
            .arguments
            .iter()
            .map(|(name, kind)| {
                let value = match *kind {
                    blob::kind::INT32 => json!(1),
                    blob::kind::INT8 => json!(true),
                    blob::kind::TABLE => json!({"state": "ON"}),
                    blob::kind::LIST => json!(["a"]),
                    _ => json!("a"),
                };
                ((*name).to_owned(), value)
            })
            .collect();
        assert!(
            methods::deed(method.name, filled).is_ok(),
            "{}",
            method.name
        );
    }
}
