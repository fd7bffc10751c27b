//! A Bluetooth lamp in a whole home: taken up, switched in four ways, and a word for every failure.

#![expect(clippy::unwrap_used, clippy::expect_used)] // a test from end to end

use futures_util::{SinkExt, StreamExt};
use hearth::config::Config;
use hearth::run::{self, Plan, Wires};
use radios::Mac;
use radios::ble::gatt::sim::{Fault, SimAir, SimTriones};
use radios::ble::{Advert, Source};
use serde_json::{Value as Json, json};
use tests::{Broker, Client, broker::free_port};
use tokio::sync::{mpsc, oneshot};
use tokio_tungstenite::tungstenite::Message;

const LAMP: Mac = Mac([0xc1, 0x05, 0x11, 0, 1, 0x66]);
const STATE: &str = "hearth/Strip";

/// Sends a request and gives its answer.
async fn request(client: &Client, path: &str, payload: Json) -> Json {
    client.forget();
    client
        .publish(
            &format!("hearth/bridge/request/{path}"),
            payload.to_string(),
        )
        .await;
    client
        .expect(&format!("hearth/bridge/response/{path}"), |_| true)
        .await
}

async fn visit(client: Client, air: SimAir, adverts: mpsc::Sender<Advert>, web: u16) {
    client
        .expect("hearth/bridge/state", |s| s["state"] == "online")
        .await;
    let advert = Advert {
        address: LAMP,
        name: Some("Triones:C10511000166".to_owned()),
        rssi: Some(-58),
        ..Advert::default()
    };
    adverts.send(advert).await.unwrap();

    // Chosen from those nearby.
    loop {
        let nearby = request(&client, "ble/nearby", json!({})).await;
        if nearby["data"]["nearby"][0]["format"] == "lamp" {
            break;
        }
    }
    let adopted = request(
        &client,
        "ble/adopt",
        json!({"address": "0xc10511000166", "friendly_name": "Strip"}),
    )
    .await;
    assert_eq!(adopted["status"], "ok", "{adopted}");
    let devices = client
        .expect("hearth/bridge/devices", |all| {
            all.as_array()
                .is_some_and(|all| all.iter().any(|d| d["friendly_name"] == "Strip"))
        })
        .await;
    let lamp = devices
        .as_array()
        .unwrap()
        .iter()
        .find(|device| device["friendly_name"] == "Strip")
        .unwrap();
    assert_eq!(lamp["type"], "BLE");
    assert_eq!(lamp["definition"]["exposes"][0]["type"], "light");

    // 1. A program publishes to its /set topic.
    client
        .publish(
            "hearth/Strip/set",
            r#"{"state":"ON","brightness":127,"color":{"r":255,"g":0,"b":0}}"#,
        )
        .await;
    let state = client
        .expect(STATE, |s| s["state"] == "ON" && s["brightness"] == 127)
        .await;
    assert_eq!(state["color"]["hue"], 0, "{state}");
    assert_eq!(air.shows(LAMP).unwrap(), "on 128,0,0 white 0");
    let lines = air.transcript();
    assert!(
        lines.iter().any(|line| line == "> ffd9 5680000000f0aa"),
        "{lines:?}"
    );

    // 2. A click on the page.
    client.forget();
    let (mut page, _) = tokio_tungstenite::connect_async(format!("ws://127.0.0.1:{web}/api"))
        .await
        .expect("the page's socket");
    let click = json!({ "topic": "Strip/set", "payload": { "state": "OFF" } });
    page.send(Message::text(click.to_string())).await.unwrap();
    loop {
        let frame = page.next().await.expect("the page hears of it").unwrap();
        let Message::Text(text) = frame else { continue };
        let frame: Json = serde_json::from_str(&text).unwrap();
        if frame["topic"] == "Strip" && frame["payload"]["state"] == "OFF" {
            break;
        }
    }
    assert_eq!(air.shows(LAMP).unwrap(), "off 128,0,0 white 0");

    // 3. A sentence.
    let said = request(&client, "say", json!({"text": "turn on the strip"})).await;
    assert_eq!(said["status"], "ok", "{said}");
    client.expect(STATE, |s| s["state"] == "ON").await;
    assert_eq!(air.shows(LAMP).unwrap(), "on 128,0,0 white 0");

    // 4. Its own frames, by request, in one connection.
    let read = request(
        &client,
        "ble/gatt",
        json!({"device": "Strip", "transaction": 7, "operations": [
            {"characteristic": "ffd9", "action": "write", "value": "cc2433"},
            {"characteristic": "ffd4", "action": "notify", "timeout": 5},
            {"characteristic": "ffd9", "action": "write_without_response", "value": [0xef, 1, 0x77]},
        ]}),
    )
    .await;
    assert_eq!(
        (&read["status"], &read["transaction"]),
        (&json!("ok"), &json!(7))
    );
    let operations = &read["data"]["operations"];
    assert_eq!(operations[1]["value"], "661524412001800000000799", "{read}");
    assert_eq!(air.shows(LAMP).unwrap(), "off 128,0,0 white 0");

    // What does not work is said.
    let stranger = request(
        &client,
        "ble/gatt",
        json!({"address": "0xa4c138010203", "characteristic": "2a00"}),
    )
    .await;
    assert!(
        stranger["error"].as_str().unwrap().contains("ble.gatt_any"),
        "{stranger}"
    );
    let nothing = request(
        &client,
        "ble/gatt",
        json!({"device": "Strip", "characteristic": "2a00"}),
    )
    .await;
    assert_eq!(
        nothing["error"], "the device refused: it has no characteristic 2a00",
        "{nothing}"
    );
    air.faults(LAMP, [Fault::Refuses, Fault::Refuses, Fault::Refuses]);
    client.forget();
    client
        .publish("hearth/Strip/set", r#"{"state":"ON"}"#)
        .await;
    let why = "cannot set 'Strip': not delivered: le-connection-abort-by-local, after 3 tries";
    client
        .expect("hearth/bridge/logging", |line| line["message"] == why)
        .await;
    // The next command works again.
    client
        .publish("hearth/Strip/set", r#"{"state":"ON"}"#)
        .await;
    client.expect(STATE, |s| s["state"] == "ON").await;
}

#[tokio::test]
async fn each_way_reaches_the_bluetooth_lamp_and_comes_back() {
    let Some(broker) = Broker::start() else {
        return;
    };
    let client = Client::connect(broker.port()).await;
    let folder = tempfile::TempDir::new().unwrap();
    let file = folder.path().join("hearth.toml");
    let web = free_port();
    let data = folder.path().join("data");
    std::fs::write(
        &file,
        format!(
            "data_dir = {data:?}\n[mqtt]\nserver = {:?}\n[zigbee]\nenabled = false\n[ble]\n\
             enabled = true\n[web]\nlisten = \"127.0.0.1:{web}\"\n",
            broker.url()
        ),
    )
    .unwrap();
    let config = Config::load(&file).unwrap();
    let air = SimAir::default();
    air.add(LAMP, SimTriones::default());
    let (sender, adverts) = mpsc::channel(8);
    let plan = Plan {
        wires: Wires {
            zigbee: None,
            ble: Some(Source::Linked(adverts, air.link())),
        },
        ..Plan::default()
    };
    let (end, ended) = oneshot::channel::<()>();
    let gateway = run::run(config, plan, async {
        let _ = ended.await;
    });
    let user = async {
        visit(client, air, sender, web).await;
        drop(end);
    };
    let (ran, ()) = tokio::join!(gateway, user);
    ran.unwrap();
}
