//! Who moves in: opens the home, lets the devices join, names them, and tells what to try.

use std::path::Path;
use std::time::Duration;

use radios::sim::{DeviceConfig, Handle};
use serde_json::{Value as Json, json};
use tokio::time::{Instant, sleep};

use super::{DemoError, Options, check};
use crate::cli::gateway::Gateway;
use crate::config::Config;

/// How the simulator's devices are called in the home: name, room, what Koreans say.
const NAMES: [(&str, &str, &str, &[&str]); 3] = [
    ("lamp", "Bedroom Lamp", "Bedroom", &["침실 조명", "침실 불"]),
    (
        "climate",
        "Climate",
        "Living room",
        &["거실 온도계", "거실"],
    ),
    ("plug", "Plug", "Kitchen", &["주방 플러그"]),
];

/// For the gateway to be there.
const START: Duration = Duration::from_secs(15);
/// For one device to join and to be asked what it is.
const JOIN: Duration = Duration::from_secs(60);

/// Furnishes the home; then waits for ever, or checks it.
pub(super) async fn lead(
    options: &Options,
    config: &Config,
    file: &Path,
    dongle: &Handle,
    devices: &[DeviceConfig],
) -> Result<(), DemoError> {
    let mut gateway = connect(config).await?;
    for device in devices {
        furnish(&mut gateway, dongle, device).await?;
    }
    ask(&mut gateway, "permit_join", json!({"time": 0})).await?;
    if options.self_check {
        return check::everything(options, config, &mut gateway, dongle).await;
    }
    drop(gateway);
    tell(options, config, file);
    std::future::pending().await
}

async fn connect(config: &Config) -> Result<Gateway, DemoError> {
    let deadline = Instant::now() + START;
    loop {
        match Gateway::connect(config).await {
            Ok(gateway) => return Ok(gateway),
            Err(error) if Instant::now() > deadline => return Err(failed(error)),
            Err(_) => sleep(Duration::from_millis(100)).await,
        }
    }
}

/// Lets a device join and names it, unless the home knows it from an earlier time.
async fn furnish(
    gateway: &mut Gateway,
    dongle: &Handle,
    device: &DeviceConfig,
) -> Result<(), DemoError> {
    let Some((_, name, room, aliases)) = NAMES.iter().find(|(kind, ..)| *kind == device.kind)
    else {
        return Ok(());
    };
    let address = device.ieee.to_string();
    let known = gateway.everything().await.map_err(failed)?;
    let ready = |device: &Json| {
        device["ieee_address"] == address.as_str() && device["interview_completed"] == true
    };
    let devices = known.get("bridge/devices").and_then(Json::as_array);
    if devices.is_some_and(|devices| devices.iter().any(ready)) {
        return Ok(());
    }
    // The dongle may still be starting: joining is asked for until it is open.
    let deadline = Instant::now() + START;
    while let Err(error) = ask(gateway, "permit_join", json!({"time": 254})).await {
        if Instant::now() > deadline {
            return Err(error);
        }
        sleep(Duration::from_millis(200)).await;
    }
    dongle.join(&device.name).await.map_err(failed)?;
    let deadline = Instant::now() + JOIN;
    loop {
        let message = gateway.next_until(deadline).await.map_err(failed)?;
        let Some(message) = message else {
            let why = format!("the simulated {} did not join", device.name);
            return Err(DemoError::Failed(why));
        };
        let event = message.json();
        if message.topic == "bridge/event"
            && event["type"] == "device_interview"
            && event["data"]["ieee_address"] == address.as_str()
            && event["data"]["status"] == "successful"
        {
            break;
        }
    }
    let rename = json!({"from": address, "to": name, "homeassistant_rename": true});
    ask(gateway, "device/rename", rename).await?;
    let options = json!({"id": address, "options": {"room": room, "aliases": aliases}});
    ask(gateway, "device/options", options).await
}

async fn ask(gateway: &mut Gateway, path: &str, body: Json) -> Result<(), DemoError> {
    gateway.request(path, body).await.map(drop).map_err(failed)
}

pub(super) fn failed(error: impl std::fmt::Display) -> DemoError {
    DemoError::Failed(error.to_string())
}

fn tell(options: &Options, config: &Config, file: &Path) {
    let broker = config.mqtt.listen;
    let base = &config.mqtt.base_topic;
    let program = std::env::current_exe()
        .map_or_else(|_| "hearth".to_owned(), |path| path.display().to_string());
    let file = file.display();
    let listen = if options.voice.is_some() {
        format!("\n  Speak (Korean)   {program} listen FILE.wav -c {file}")
    } else {
        String::new()
    };
    println!(
        "\nThe home is ready.\n\n\
         \x20 Look and click   http://{}/\n\
         \x20 Publish          mosquitto_pub -h {} -p {} -t '{base}/Bedroom Lamp/set' \\\n\
         \x20                    -m '{{\"state\":\"ON\",\"brightness\":120,\"transition\":1}}'\n\
         \x20 Watch            mosquitto_sub -h {} -p {} -v -t '{base}/#'\n\
         \x20 Type             {program} say \"turn on the bedroom lamp\" -c {file}{listen}\n\
         \x20 See more         {program} devices -c {file}\n\n\
         Ctrl-C ends it.",
        options.listen,
        broker.ip(),
        broker.port(),
        broker.ip(),
        broker.port(),
    );
}
