//! Garbage from every side: a clear error, and nothing changes.

use futures_util::SinkExt;
use serde_json::{Value as Json, json};
use tests::{Gateway, House};
use tokio_tungstenite::tungstenite::Message;

async fn lamp(house: &House) -> Json {
    house
        .client
        .expect("hearth/Lamp", |s| s["state"].is_string())
        .await
}

async fn complaint(house: &House, about: &str) -> String {
    let line = house
        .client
        .expect("hearth/bridge/logging", |line| {
            line["level"] != "info" && line["message"].as_str().is_some_and(|m| m.contains(about))
        })
        .await;
    line["message"].as_str().unwrap_or_default().to_owned()
}

#[tokio::test]
async fn messages_that_make_no_sense_change_nothing() {
    let Some(house) = House::build().await else {
        return;
    };
    house.join("lamp", "Lamp", "Hall").await;
    house
        .client
        .publish("hearth/Lamp/set", r#"{"state":"ON","brightness":100}"#)
        .await;
    house
        .client
        .expect("hearth/Lamp", |s| {
            s["state"] == "ON" && s["brightness"] == 100
        })
        .await;
    let before = house.settled().await;
    house.client.forget();

    house
        .client
        .publish("hearth/Lamp/set", r#"{"state":"#)
        .await;
    complaint(&house, "Lamp").await;
    house
        .client
        .publish("hearth/Nobody/set", r#"{"state":"ON"}"#)
        .await;
    complaint(&house, "Nobody").await;
    house
        .client
        .publish("hearth/Lamp/set", r#"{"brightness":"very"}"#)
        .await;
    complaint(&house, "brightness").await;
    house
        .client
        .publish("hearth/Lamp/set", r#"{"flavour":3}"#)
        .await;
    complaint(&house, "flavour").await;
    for payload in [
        &b"\xff\xfe\x00"[..],
        b"",
        b"[]",
        b"null",
        b"12",
        b"{\"state\":{\"x\":[1]}}",
    ] {
        house.client.publish("hearth/Lamp/set", payload).await;
    }
    // A megabyte of JSON, and a megabyte of nothing.
    let long = json!({ "state": "x".repeat(1 << 20) }).to_string();
    house.client.publish("hearth/Lamp/set", long).await;
    house
        .client
        .publish("hearth/Lamp/set", vec![b'['; 1 << 20])
        .await;
    house
        .client
        .publish("hearth/bridge/request/device/rename", vec![b'{'; 1 << 20])
        .await;

    for (what, body) in [
        (
            "device/rename",
            json!({ "from": "Nobody", "to": "Somebody" }),
        ),
        ("device/rename", json!({ "from": "Lamp", "to": "a/+/#" })),
        ("device/rename", json!({ "from": "Lamp" })),
        ("device/rename", json!({ "from": "Lamp", "to": "bridge" })),
        ("device/remove", json!({ "id": 7 })),
        ("permit_join", json!({ "time": "soon" })),
        ("permit_join", json!({ "time": 100_000 })),
        ("no/such/request", json!({})),
    ] {
        let response = house.request(what, body.clone()).await;
        assert_eq!(response["status"], "error", "{what} {body}: {response}");
        assert!(
            response["error"].as_str().is_some_and(|e| !e.is_empty()),
            "{what} {body}: {response}"
        );
    }

    assert_eq!(house.count().await, before, "garbage reached a device");
    let devices = house.client.last();
    assert!(!devices.contains_key("hearth/Somebody"));
    house
        .client
        .publish("hearth/Lamp/get", r#"{"state":""}"#)
        .await;
    assert_eq!(lamp(&house).await["state"], "ON");
}

#[tokio::test]
async fn garbage_on_the_page_s_socket_changes_nothing() {
    let Some(house) = House::build().await else {
        return;
    };
    house.join("lamp", "Lamp", "Hall").await;
    let before = house.settled().await;
    for garbage in [
        Message::text("not json"),
        Message::text("{}"),
        Message::text(r#"{"topic":7,"payload":{}}"#),
        Message::text(r#"{"topic":"Nobody/set","payload":{"state":"ON"}}"#),
        Message::text(format!(
            r#"{{"topic":"Lamp/set","payload":"{}"}}"#,
            "x".repeat(1 << 20)
        )),
        Message::binary(vec![0xff; 4096]),
    ] {
        let url = format!("ws://127.0.0.1:{}/api", house.web);
        let (mut page, _) = tokio_tungstenite::connect_async(url)
            .await
            .expect("the page's socket");
        // It may be shut in our face; the gateway must live.
        let _ = page.send(garbage).await;
        let _ = page.close(None).await;
    }
    assert_eq!(house.count().await, before, "garbage reached a device");
    house
        .client
        .publish("hearth/Lamp/set", r#"{"state":"ON"}"#)
        .await;
    house
        .client
        .expect("hearth/Lamp", |s| s["state"] == "ON")
        .await;
}

#[tokio::test]
async fn garbage_on_the_serial_line_is_discarded() {
    let Some(house) = House::build().await else {
        return;
    };
    house.join("lamp", "Lamp", "Hall").await;
    house.sim.faults().change(|f| f.corrupt_to_host = 0.05);
    for brightness in 1..=40 {
        house
            .client
            .publish(
                "hearth/Lamp/set",
                format!(r#"{{"brightness":{brightness}}}"#),
            )
            .await;
        house
            .client
            .expect("hearth/Lamp", |s| s["brightness"] == brightness)
            .await;
    }
    assert!(
        house.sim.faults().struck().corrupted > 0,
        "nothing was corrupted: the test proves nothing"
    );
    house.sim.faults().clear();
}

#[tokio::test]
async fn a_wrong_configuration_is_refused_by_line() {
    for (more, wanted) in [
        (
            "[voice]\nlangauge = \"en\"\n",
            "did you mean `voice.language`",
        ),
        ("[voice]\nlanguage = 7\n", "voice.language"),
        ("[zigbeee]\n", "zigbee"),
        ("[voice\n", "hearth.toml:"),
    ] {
        let gateway = Gateway::configure("mqtt://127.0.0.1:1", "/dev/null", None, more);
        let (done, _, error) = gateway.command(&["run"]).await;
        assert!(!done, "{more} was taken");
        assert!(
            error.contains("hearth.toml:") && error.contains(wanted),
            "{more}: {error}"
        );
    }
}
