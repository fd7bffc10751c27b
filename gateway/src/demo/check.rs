//! The demo's own check: each way to command the lamp must arrive at the simulated device and come
//! back as published state.

use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use radios::sim::{Arrived, Handle};
use serde_json::{Value as Json, json};
use tokio::net::TcpStream;
use tokio::time::{Instant, sleep, timeout};
use tokio_tungstenite::tungstenite::Message;

use super::tour::failed;
use super::{DemoError, Options};
use crate::cli::gateway::Gateway;
use crate::config::Config;
use crate::voice;

/// For a command to arrive and its state to come back.
const PATIENCE: Duration = Duration::from_secs(10);
/// Clusters On/Off and Level Control.
const CLUSTERS: [u16; 2] = [0x0006, 0x0008];

/// Tries everything; prints a line for each.
pub(super) async fn everything(
    options: &Options,
    config: &Config,
    gateway: &mut Gateway,
    dongle: &Handle,
) -> Result<(), DemoError> {
    for (name, property) in [
        ("Climate", "temperature"),
        ("Plug", "power"),
        ("Thermometer", "temperature"),
    ] {
        let value = told(gateway, name, property).await?;
        println!("ok: {name} tells its {property}: {value}");
    }

    gateway.subscribe("Bedroom Lamp").await.map_err(failed)?;
    reset(gateway, dongle, "OFF").await?;
    click(config, json!({"state": "ON"})).await?;
    expect(gateway, dongle, "a click on the page", |state| {
        state["state"] == "ON"
    })
    .await?;

    reset(gateway, dongle, "OFF").await?;
    let wish = json!({"state": "ON", "brightness": 120, "transition": 1});
    gateway
        .publish("Bedroom Lamp/set", wish.to_string())
        .await
        .map_err(failed)?;
    expect(gateway, dongle, "a message on MQTT", |state| {
        state["state"] == "ON" && state["brightness"] == 120
    })
    .await?;

    reset(gateway, dongle, "OFF").await?;
    say(gateway, "turn on the bedroom lamp").await?;
    expect(gateway, dongle, "a typed sentence", |state| {
        state["state"] == "ON"
    })
    .await?;

    match &options.say {
        None => println!("left out: a spoken sentence (--voice DIR and --say FILE.wav add it)"),
        Some(wav) => {
            reset(gateway, dongle, "OFF").await?;
            let heard = voice::hear(config, wav).await.map_err(failed)?;
            say(gateway, &heard).await?;
            expect(gateway, dongle, "a spoken sentence", |state| {
                state["state"] == "ON"
            })
            .await?;
        }
    }
    Ok(())
}

/// The lamp's state first, by MQTT, so that the next command changes something.
async fn reset(gateway: &mut Gateway, dongle: &Handle, to: &str) -> Result<(), DemoError> {
    let wish = json!({"state": to}).to_string();
    gateway
        .publish("Bedroom Lamp/set", wish)
        .await
        .map_err(failed)?;
    state(gateway, "Bedroom Lamp", |state| state["state"] == to).await?;
    dongle.clear_log().await.map_err(failed)
}

/// A command must have arrived at the lamp, and its state come back.
async fn expect(
    gateway: &mut Gateway,
    dongle: &Handle,
    way: &str,
    wanted: impl Fn(&Json) -> bool,
) -> Result<(), DemoError> {
    let at_lamp = |arrived: &Arrived| {
        arrived.device == "lamp" && !arrived.global && CLUSTERS.contains(&arrived.cluster)
    };
    // Both at once: what was published leaves only while the connection is looked after.
    let (arrived, state) = tokio::join!(
        dongle.arrived(PATIENCE, at_lamp),
        state(gateway, "Bedroom Lamp", wanted)
    );
    let arrived = arrived
        .map_err(failed)?
        .ok_or_else(|| DemoError::Failed(format!("{way}: nothing arrived at the lamp")))?;
    let state = state.map_err(|error| DemoError::Failed(format!("{way}: {error}")))?;
    println!(
        "ok: {way} arrived as ZCL (cluster {:#06x}, command {:#04x}) and came back as {state}",
        arrived.cluster, arrived.command
    );
    Ok(())
}

/// Waits for a device to have told a property.
async fn told(gateway: &mut Gateway, name: &str, property: &str) -> Result<Json, DemoError> {
    let deadline = Instant::now() + PATIENCE * 2;
    loop {
        let states = gateway
            .request("device/states", json!({}))
            .await
            .map_err(failed)?;
        let value = &states[name][property];
        if value.is_number() {
            return Ok(value.clone());
        }
        if Instant::now() > deadline {
            let why = format!("{name} has not told its {property}: {}", states[name]);
            return Err(DemoError::Failed(why));
        }
        sleep(Duration::from_millis(250)).await;
    }
}

/// Waits for a device's state to be published as wanted.
async fn state(
    gateway: &mut Gateway,
    name: &str,
    wanted: impl Fn(&Json) -> bool,
) -> Result<Json, DemoError> {
    let deadline = Instant::now() + PATIENCE * 2;
    let mut last = Json::Null;
    while let Some(message) = gateway.next_until(deadline).await.map_err(failed)? {
        if message.topic == name {
            last = message.json();
            if wanted(&last) {
                return Ok(last);
            }
        }
    }
    Err(DemoError::Failed(format!(
        "{name} is not as it should be: {last}"
    )))
}

async fn say(gateway: &mut Gateway, sentence: &str) -> Result<(), DemoError> {
    let answer = gateway
        .request("say", json!({"text": sentence, "explain": true}))
        .await
        .map_err(failed)?;
    if answer["ok"] == true {
        return Ok(());
    }
    let text = answer["text"].as_str().unwrap_or_default();
    Err(DemoError::Failed(format!("\"{sentence}\": {text}")))
}

/// What the page sends when somebody clicks.
async fn click(config: &Config, wish: Json) -> Result<(), DemoError> {
    let at = config.web.listen;
    let stream = TcpStream::connect(at).await.map_err(failed)?;
    let url = format!("ws://{at}/api");
    let (mut socket, _) = timeout(PATIENCE, tokio_tungstenite::client_async(url, stream))
        .await
        .map_err(failed)?
        .map_err(failed)?;
    // The page clicks when it has seen the lamp.
    loop {
        let frame = timeout(PATIENCE, socket.next()).await.map_err(failed)?;
        let Some(Ok(frame)) = frame else {
            return Err(DemoError::Failed("the page's socket closed".to_owned()));
        };
        if let Message::Text(text) = frame
            && text.starts_with("{\"topic\":\"Bedroom Lamp\",")
        {
            break;
        }
    }
    let frame = json!({"topic": "Bedroom Lamp/set", "payload": wish}).to_string();
    socket
        .send(Message::Text(frame.into()))
        .await
        .map_err(failed)?;
    socket.close(None).await.map_err(failed)
}
