//! Four ways to command a lamp: each arrives at the lamp as ZCL and comes back as published state.

use futures_util::{SinkExt, StreamExt};
use serde_json::{Value as Json, json};
use tests::{House, places};
use tokio_tungstenite::tungstenite::Message;

const ON_OFF: u16 = 0x0006;
const LEVEL: u16 = 0x0008;
const COLOR: u16 = 0x0300;
const LAMP: &str = "hearth/Bedroom Lamp";

async fn state(house: &House, wanted: impl Fn(&Json) -> bool) -> Json {
    house.client.expect(LAMP, wanted).await
}

#[tokio::test]
async fn each_way_reaches_the_lamp_and_comes_back() {
    let Some(house) = House::build().await else {
        return;
    };
    house.join("lamp", "Bedroom Lamp", "Bedroom").await;

    // 1. A program publishes to its /set topic.
    let before = house.count().await;
    house
        .client
        .publish(
            "hearth/Bedroom Lamp/set",
            r#"{"state":"ON","brightness":120,"transition":1}"#,
        )
        .await;
    let commands = house.arrived("lamp", LEVEL, before).await;
    // Move to level with on/off, level 120, one second.
    assert_eq!(
        (commands[0].command, &commands[0].payload[..3]),
        (4, &[120, 10, 0][..]),
        "{commands:?}"
    );
    assert_eq!(commands.len(), 1);
    state(&house, |s| s["state"] == "ON" && s["brightness"] == 120).await;
    assert_eq!(house.sim.get("lamp", "state").await.unwrap(), "ON".into());

    // The lamp can be read, too.
    house.client.forget();
    house
        .client
        .publish("hearth/Bedroom Lamp/get", r#"{"state":""}"#)
        .await;
    state(&house, |s| s["state"] == "ON").await;

    if !places::hearth_has("web") {
        println!("this gateway has no page and no sentences: one way of four");
        return;
    }

    // 2. A click on the page: the same words over its WebSocket.
    let before = house.count().await;
    house.client.forget();
    let url = format!("ws://127.0.0.1:{}/api", house.web);
    let (mut page, _) = tokio_tungstenite::connect_async(url)
        .await
        .expect("the page's socket");
    let click = json!({ "topic": "Bedroom Lamp/set", "payload": { "state": "OFF" } });
    page.send(Message::text(click.to_string())).await.unwrap();
    let commands = house.arrived("lamp", ON_OFF, before).await;
    assert_eq!(commands[0].command, 0, "off: {commands:?}");
    state(&house, |s| s["state"] == "OFF").await;
    loop {
        let frame = page.next().await.expect("the page hears of it").unwrap();
        let Message::Text(text) = frame else { continue };
        let frame: Json = serde_json::from_str(&text).unwrap();
        if frame["topic"] == "Bedroom Lamp" && frame["payload"]["state"] == "OFF" {
            break;
        }
    }

    // 3. A typed sentence; a gateway without says where there is one with.
    if !places::hearth_has("sentences") {
        println!("this gateway has no sentences: two ways of four");
        let (done, _, error) = house.gateway.command(&["say", "turn on the lamp"]).await;
        assert!(!done && error.contains("hearth-full"), "{error}");
        return;
    }
    let before = house.count().await;
    house.client.forget();
    let (done, said, error) = house
        .gateway
        .command(&["say", "turn on the bedroom lamp"])
        .await;
    assert!(done, "{said}{error}");
    let commands = house.arrived("lamp", ON_OFF, before).await;
    assert_eq!(commands[0].command, 1, "on: {commands:?}");
    state(&house, |s| s["state"] == "ON").await;
    let before = house.count().await;
    let (done, said, error) = house
        .gateway
        .command(&["say", "set the bedroom lamp to warm white"])
        .await;
    assert!(done, "{said}{error}");
    assert_eq!(
        house.arrived("lamp", COLOR, before).await[0].command,
        10,
        "move to colour temperature"
    );
}

#[tokio::test]
async fn a_spoken_sentence_reaches_the_lamp() {
    let (Some(model), Some(library)) = (
        places::test_data("vosk-ko"),
        places::test_data("vosk/libvosk.so"),
    ) else {
        return;
    };
    let voice = format!("[voice]\nlanguage = \"ko\"\nmodel = {model:?}\nlibrary = {library:?}\n");
    let config = radios::sim::SimConfig::default();
    let Some(house) = House::build_with(config, &voice).await else {
        return;
    };
    house.join("lamp", "침실 불", "침실").await;
    let before = house.count().await;
    let wav = places::root().join("tests/audio/bedroom-on.wav");
    let (done, heard, error) = house
        .gateway
        .command(&["listen", wav.to_str().unwrap()])
        .await;
    assert!(done, "{heard}{error}");
    let commands = house.arrived("lamp", ON_OFF, before).await;
    assert_eq!(commands[0].command, 1, "on: {commands:?}");
    house
        .client
        .expect("hearth/침실 불", |s| s["state"] == "ON")
        .await;
}

#[tokio::test]
async fn sensors_and_plugs_report_by_themselves() {
    let Some(house) = House::build().await else {
        return;
    };
    house.join("climate", "Climate", "Living room").await;
    house.join("plug", "Plug", "Kitchen").await;
    house.sim.set("climate", "temperature", 21.5).await.unwrap();
    house
        .client
        .expect("hearth/Climate", |s| s["temperature"] == 21.5)
        .await;
    house.sim.set("plug", "power", 42.0).await.unwrap();
    house
        .client
        .expect("hearth/Plug", |s| s["power"] == 42)
        .await;

    let devices = house
        .client
        .expect("hearth/bridge/devices", |d| {
            d.as_array().is_some_and(|d| d.len() == 3)
        })
        .await;
    let climate = devices
        .as_array()
        .unwrap()
        .iter()
        .find(|d| d["friendly_name"] == "Climate")
        .unwrap();
    assert_eq!(climate["definition"]["model"], "WSDCGQ01LM");
    assert_eq!(climate["model_id"], "lumi.sensor_ht");
    let exposes: Vec<_> = climate["definition"]["exposes"]
        .as_array()
        .unwrap()
        .iter()
        .filter_map(|e| e["name"].as_str())
        .collect();
    assert!(
        exposes.contains(&"temperature")
            && exposes.contains(&"humidity")
            && exposes.contains(&"battery"),
        "{exposes:?}"
    );

    // Home Assistant finds them by itself.
    let discovery = format!(
        "homeassistant/sensor/{}/temperature/config",
        house.address("climate").await
    );
    let config = house
        .client
        .expect(&discovery, |c| c["state_topic"] == "hearth/Climate")
        .await;
    assert_eq!(config["unit_of_measurement"], "°C");
}
