//! The gateway's link to a real broker: will, comeback, refusals, TLS, oversize; and the embedded one.

#![expect(clippy::expect_used, clippy::panic)] // a test says what it misses by panicking

use std::process::Command;
use std::time::Duration;

use bytes::Bytes;
use hearth::config::{Config, Secret, Server};
use hearth::hub::{Input, Message, Origin, Publish, Qos};
use hearth::mqtt::Broker as Link;
use tests::broker::{Broker, free_port};
use tests::client::Client;
use tokio::sync::mpsc;
use tokio::time::timeout;

fn plain(port: u16) -> Config {
    let mut config = Config::default();
    config.mqtt.server = Server::Plain {
        host: "127.0.0.1".to_owned(),
        port,
    };
    config
}

fn link(config: &Config) -> (Link, mpsc::Receiver<Input>) {
    let (inputs, queue) = mpsc::channel(16);
    (Link::spawn(config, inputs).expect("a link"), queue)
}

async fn next(queue: &mut mpsc::Receiver<Input>) -> Input {
    timeout(Duration::from_secs(20), queue.recv())
        .await
        .expect("an input in time")
        .expect("an input")
}

async fn message(queue: &mut mpsc::Receiver<Input>) -> Message {
    match next(queue).await {
        Input::Message(message) => message,
        other => panic!("{other:?}"),
    }
}

fn state(online: &'static str) -> Publish {
    Publish {
        topic: "hearth/bridge/state".to_owned(),
        payload: Bytes::from_static(online.as_bytes()),
        retain: true,
        qos: Qos::AtLeastOnce,
    }
}

#[tokio::test]
async fn commands_come_in_and_states_go_out() {
    let Some(broker) = Broker::start() else {
        return;
    };
    let user = Client::connect(broker.port()).await;
    let (link, mut queue) = link(&plain(broker.port()));
    assert_eq!(next(&mut queue).await, Input::BrokerUp);
    link.publish(state("online"));
    user.expect("hearth/bridge/state", |state| state == "online")
        .await;
    // Whoever sees that we are online is heard from then on.
    user.publish("hearth/Lamp/set", "ON").await;
    user.publish("hearth/Wall/left/set/state", "OFF").await;
    user.publish("hearth/bridge/request/permit_join", "{}")
        .await;
    user.publish("hearth/Lamp", "not for us").await;
    user.publish("hearth/voice/say", "lights on").await;
    for (topic, payload) in [
        ("hearth/Lamp/set", "ON"),
        ("hearth/Wall/left/set/state", "OFF"),
        ("hearth/bridge/request/permit_join", "{}"),
        ("hearth/voice/say", "lights on"),
    ] {
        assert_eq!(
            message(&mut queue).await,
            Message {
                topic: topic.to_owned(),
                payload: Bytes::from_static(payload.as_bytes()),
                origin: Origin::Broker,
            }
        );
    }
    // A clean goodbye leaves no will.
    link.publish(state("bye"));
    link.finish().await;
    user.expect("hearth/bridge/state", |state| state == "bye")
        .await;
    tokio::time::sleep(Duration::from_millis(300)).await;
    assert_eq!(user.last()["hearth/bridge/state"], "bye");
}

#[tokio::test]
async fn a_broker_that_restarts_is_found_again() {
    let Some(mut broker) = Broker::start() else {
        return;
    };
    let (link, mut queue) = link(&plain(broker.port()));
    assert_eq!(next(&mut queue).await, Input::BrokerUp);
    broker.kill();
    assert!(matches!(next(&mut queue).await, Input::BrokerDown { .. }));
    // Nothing waits for a broker that is away: everything is published again afterwards.
    link.publish(state("lost"));
    broker.resume();
    assert_eq!(next(&mut queue).await, Input::BrokerUp);
    let user = Client::connect(broker.port()).await;
    user.publish("hearth/Lamp/set", "ON").await;
    assert_eq!(&message(&mut queue).await.payload[..], b"ON");
    assert!(!user.last().contains_key("hearth/bridge/state"));
}

#[tokio::test]
async fn a_gateway_that_dies_leaves_its_will() {
    let Some(broker) = Broker::start() else {
        return;
    };
    let user = Client::connect(broker.port()).await;
    let (link, mut queue) = link(&plain(broker.port()));
    assert_eq!(next(&mut queue).await, Input::BrokerUp);
    link.publish(state("online"));
    user.expect("hearth/bridge/state", |state| state == "online")
        .await;
    // A second gateway of the same name ends the first connection without a goodbye.
    let mut other = plain(broker.port());
    other.mqtt.base_topic = "other".to_owned();
    other.mqtt.client_id = Some("hearth-hearth".to_owned());
    let (_second, mut second_queue) = self::link(&other);
    assert_eq!(next(&mut second_queue).await, Input::BrokerUp);
    user.expect("hearth/bridge/state", |state| state["state"] == "offline")
        .await;
}

#[tokio::test]
async fn a_megabyte_comes_through_and_more_breaks_nothing_for_good() {
    let Some(broker) = Broker::start() else {
        return;
    };
    let user = Client::connect(broker.port()).await;
    let mut config = plain(broker.port());
    config.mqtt.maximum_packet_size = 2 << 20;
    let (link, mut queue) = link(&config);
    assert_eq!(next(&mut queue).await, Input::BrokerUp);
    user.publish("hearth/Lamp/set", vec![b'x'; 1 << 20]).await;
    assert_eq!(message(&mut queue).await.payload.len(), 1 << 20);
    // What is too long to publish is kept back; the link stays.
    link.publish(Publish {
        payload: vec![b'x'; 3 << 20].into(),
        ..state("")
    });
    user.publish("hearth/Lamp/set", "ON").await;
    assert_eq!(&message(&mut queue).await.payload[..], b"ON");
    user.publish("hearth/Lamp/set", vec![b'x'; 3 << 20]).await;
    let Input::BrokerDown { reason } = next(&mut queue).await else {
        panic!("not refused")
    };
    assert!(
        reason.contains("more than mqtt.maximum_packet_size"),
        "{reason}"
    );
    assert_eq!(next(&mut queue).await, Input::BrokerUp);
    user.publish("hearth/Lamp/set", "ON").await;
    assert_eq!(&message(&mut queue).await.payload[..], b"ON");
}

/// Certificates of an authority of our own, made by openssl.
fn certificates(folder: &std::path::Path) {
    let script = "set -e
openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj '/CN=Test authority' -keyout ca.key -out ca.pem
openssl req -newkey rsa:2048 -nodes -subj '/CN=localhost' -keyout server.key -out server.csr
printf 'subjectAltName=DNS:localhost\\nbasicConstraints=CA:FALSE\\n' > san
openssl x509 -req -days 2 -in server.csr -CA ca.pem -CAkey ca.key -CAcreateserial -extfile san -out server.pem
chmod a+r server.key";
    let made = Command::new("sh")
        .args(["-c", script])
        .current_dir(folder)
        .output()
        .expect("a shell");
    let told = String::from_utf8_lossy(&made.stderr);
    assert!(made.status.success(), "{told}");
}

#[tokio::test]
async fn tls_is_checked_against_the_authority_given() {
    let program = tests::places::system_program;
    let (Some(mosquitto), Some(_)) = (program("mosquitto"), program("openssl")) else {
        return;
    };
    let folder = tempfile::tempdir().expect("a folder");
    certificates(folder.path());
    let port = free_port();
    let at = |name: &str| folder.path().join(name);
    let password = "secret";
    std::fs::write(
        at("mosquitto.conf"),
        format!(
            "listener {port} 127.0.0.1\nallow_anonymous true\ncertfile {}\nkeyfile {}\n",
            at("server.pem").display(),
            at("server.key").display()
        ),
    )
    .expect("written");
    let mut broker = Command::new(mosquitto)
        .arg("-c")
        .arg(at("mosquitto.conf"))
        .spawn()
        .expect("a broker");
    while std::net::TcpStream::connect(("127.0.0.1", port)).is_err() {
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    let mut config = Config::default();
    config.mqtt.server = Server::Tls {
        host: "localhost".to_owned(),
        port,
    };
    config.mqtt.user = Some("user".to_owned());
    config.mqtt.password = Some(Secret::new(password.to_owned()));
    // Unknown to the public authorities: never up.
    let (_unknown, mut refused) = link(&config);
    // With its authority: up.
    config.mqtt.ca = Some(at("ca.pem"));
    let (_known, mut queue) = link(&config);
    assert_eq!(next(&mut queue).await, Input::BrokerUp);
    // Not checked at all, when told so.
    config.mqtt.ca = None;
    config.mqtt.insecure = true;
    config.mqtt.client_id = Some("insecure".to_owned());
    let (_insecure, mut queue) = link(&config);
    assert_eq!(next(&mut queue).await, Input::BrokerUp);
    let told = timeout(Duration::from_secs(1), refused.recv()).await;
    assert!(!matches!(told, Ok(Some(Input::BrokerUp))), "{told:?}");
    // What cannot be an authority is said at once.
    config.mqtt.insecure = false;
    config.mqtt.ca = Some(at("server.key"));
    let (inputs, _queue) = mpsc::channel(1);
    let why = Link::spawn(&config, inputs).expect_err("no certificate");
    assert!(why.contains("there is no certificate in it"), "{why}");
    let _ = broker.kill();
    let _ = broker.wait();
}

#[tokio::test]
async fn the_embedded_broker_serves_others_too() {
    let port = free_port();
    let mut config = Config::default();
    config.mqtt.server = Server::Embedded;
    config.mqtt.listen = ([127, 0, 0, 1], port).into();
    let (link, mut queue) = link(&config);
    assert_eq!(next(&mut queue).await, Input::BrokerUp);
    link.publish(state("online"));
    let user = Client::connect(port).await;
    // Retained for whoever comes later.
    user.expect("hearth/bridge/state", |state| state == "online")
        .await;
    user.publish("hearth/Lamp/set", "ON").await;
    assert_eq!(message(&mut queue).await.topic, "hearth/Lamp/set");
    user.publish("hearth/Lamp/set", vec![b'x'; 1 << 20]).await;
    assert_eq!(message(&mut queue).await.payload.len(), 1 << 20);
    // The port is taken now: that is said at once.
    let (inputs, _queue) = mpsc::channel(1);
    let why = Link::spawn(&config, inputs).expect_err("taken");
    assert!(why.contains("cannot listen on"), "{why}");
}
