//! `devices`, `set`, `rename`.

use std::process::ExitCode;
use std::time::Duration;

use serde_json::{Map, Value as Json, json};
use tokio::time::Instant;

use super::args::Args;
use super::failure::{Failure, Outcome};
use super::gateway::Gateway;
use super::local;

/// For a device that is awake to answer.
const ANSWER: Duration = Duration::from_secs(10);

/// For all of several properties to be told, once the first is.
const SETTLE: Duration = Duration::from_secs(2);

/// `hearth devices --nearby [--json]`
fn nearby(args: &Args, as_json: bool) -> Outcome {
    let config = args.config()?;
    let data = local::block_on(async {
        let mut gateway = Gateway::connect(&config).await?;
        gateway.request("ble/nearby", json!({})).await
    })??;
    let list = data["nearby"].as_array().cloned().unwrap_or_default();
    if as_json {
        let text = serde_json::to_string_pretty(&list).map_err(Failure::failed)?;
        println!("{text}");
        return Ok(ExitCode::SUCCESS);
    }
    if list.is_empty() {
        println!("Nobody else is heard. A sleeping device may take some minutes.");
        return Ok(ExitCode::SUCCESS);
    }
    let text = |value: &Json| match value {
        Json::String(text) => text.clone(),
        Json::Null => "–".to_owned(),
        other => other.to_string(),
    };
    let rows: Vec<[String; 5]> = list
        .iter()
        .map(|one| {
            let name = if one["model"].is_null() {
                &one["name"]
            } else {
                &one["model"]
            };
            let says = match &one["values"] {
                _ if one["private_address"] == true => "changes its address".to_owned(),
                _ if one["needs_key"] == true => "needs its key".to_owned(),
                Json::Object(values) => pairs(values),
                _ => String::new(),
            };
            [
                text(&one["address"]),
                text(name),
                text(&one["format"]),
                text(&one["rssi"]),
                says,
            ]
        })
        .collect();
    print_table(["ADDRESS", "MODEL", "FORMAT", "DBM", "SAYS"], &rows);
    Ok(ExitCode::SUCCESS)
}

/// `hearth adopt ADDRESS [NAME] [--key KEY]`
pub(super) fn adopt(args: &mut Args) -> Outcome {
    let address = args.value("ADDRESS")?;
    let name = args.next();
    let mut key = args
        .option("key")
        .map(|key| key.to_string_lossy().into_owned());
    args.done()?;
    if key.as_deref() == Some("-") {
        let mut line = String::new();
        std::io::stdin()
            .read_line(&mut line)
            .map_err(Failure::failed)?;
        key = Some(line.trim().to_owned());
    }
    let config = args.config()?;
    let body = json!({"address": address, "friendly_name": name, "key": key});
    let data = local::block_on(async {
        let mut gateway = Gateway::connect(&config).await?;
        gateway.request("ble/adopt", body).await
    })??;
    let name = data["friendly_name"].as_str().unwrap_or(&address);
    match data["message"].as_str() {
        Some(message) => println!("{name} is of the home now: {message}"),
        None => println!("{name} is of the home now"),
    }
    Ok(ExitCode::SUCCESS)
}

/// `hearth devices [--json]`
pub(super) fn list(args: &mut Args) -> Outcome {
    let as_json = args.switch("json");
    let strangers = args.switch("nearby");
    args.done()?;
    if strangers {
        return nearby(args, as_json);
    }
    let config = args.config()?;
    let devices = local::block_on(async {
        let mut gateway = Gateway::connect(&config).await?;
        let seen = gateway.everything().await?;
        let mut devices = match seen.get("bridge/devices") {
            Some(Json::Array(devices)) => devices.clone(),
            _ => return Err(Failure::failed("the gateway has not told its devices")),
        };
        devices.retain(|device| device["type"] != "Coordinator");
        for device in &mut devices {
            let name = device["friendly_name"]
                .as_str()
                .unwrap_or_default()
                .to_owned();
            device["state"] = seen.get(&name).cloned().unwrap_or(Json::Null);
            if let Some(there) = seen.get(&format!("{name}/availability")) {
                device["availability"] = there["state"].clone();
            }
        }
        Ok(devices)
    })??;
    if as_json {
        println!(
            "{}",
            serde_json::to_string_pretty(&devices).map_err(Failure::failed)?
        );
        return Ok(ExitCode::SUCCESS);
    }
    if devices.is_empty() {
        println!("No devices yet. `hearth permit-join` opens the home for new ones.");
        return Ok(ExitCode::SUCCESS);
    }
    let rows: Vec<[String; 5]> = devices.iter().map(row).collect();
    print_table(["NAME", "ROOM", "MODEL", "ADDRESS", "STATE"], &rows);
    Ok(ExitCode::SUCCESS)
}

fn row(device: &Json) -> [String; 5] {
    let text = |value: &Json| value.as_str().unwrap_or("–").to_owned();
    let model = match &device["definition"]["model"] {
        Json::String(model) => model.clone(),
        _ => text(&device["model_id"]),
    };
    let mut state = match &device["state"] {
        Json::Object(values) => pairs(values),
        _ => "nothing heard yet".to_owned(),
    };
    if device["availability"] == "offline" {
        state.insert_str(0, "OFFLINE ");
    }
    [
        text(&device["friendly_name"]),
        text(&device["room"]),
        model,
        text(&device["ieee_address"]),
        state,
    ]
}

/// `state=ON brightness=120`, plain values only.
fn pairs(values: &Map<String, Json>) -> String {
    let plain = values.iter().filter_map(|(key, value)| match value {
        Json::String(text) => Some(format!("{key}={text}")),
        Json::Number(_) | Json::Bool(_) => Some(format!("{key}={value}")),
        _ => None,
    });
    plain.collect::<Vec<_>>().join(" ")
}

fn print_table<const N: usize>(head: [&str; N], rows: &[[String; N]]) {
    let width = |column: usize| {
        rows.iter()
            .map(|row| row.get(column).map_or(0, |cell| cell.chars().count()))
            .chain(head.get(column).map(|cell| cell.len()))
            .max()
            .unwrap_or(0)
    };
    let line = |cells: Vec<&str>| {
        let mut line = String::new();
        for (column, cell) in cells.into_iter().enumerate() {
            line.push_str(cell);
            let fill = (width(column) + 2).saturating_sub(cell.chars().count());
            line.extend(std::iter::repeat_n(' ', fill));
        }
        println!("{}", line.trim_end());
    };
    line(head.to_vec());
    for row in rows {
        line(row.iter().map(String::as_str).collect());
    }
}

/// `hearth set NAME KEY=VALUE…`
pub(super) fn set(args: &mut Args) -> Outcome {
    let name = args.value("NAME")?;
    let mut values = Map::new();
    while let Some(word) = args.next() {
        let Some((key, value)) = word.split_once('=').filter(|(key, _)| !key.is_empty()) else {
            return Err(Failure::Usage(format!(
                "`{word}`: expected KEY=VALUE, such as state=ON"
            )));
        };
        let value = serde_json::from_str(value).unwrap_or_else(|_| Json::String(value.to_owned()));
        values.insert(key.to_owned(), value);
    }
    if values.is_empty() {
        return Err(Failure::Usage("missing KEY=VALUE".to_owned()));
    }
    args.done()?;
    let config = args.config()?;
    local::block_on(async {
        let mut gateway = Gateway::connect(&config).await?;
        let name = friendly(&mut gateway, &name).await?;
        gateway.subscribe(&name).await?;
        gateway.subscribe("bridge/logging").await?;
        // The retained state comes at once; what comes after it is the answer.
        settle(&mut gateway).await?;
        let body = Json::Object(values.clone()).to_string();
        gateway.publish(&format!("{name}/set"), body).await?;
        let mut deadline = Instant::now() + ANSWER;
        let mut shown = None;
        while let Some(message) = gateway.next_until(deadline).await? {
            let body = message.json();
            if message.topic == name {
                let Json::Object(state) = body else { continue };
                if values.keys().all(|key| !state.contains_key(key)) {
                    continue;
                }
                // Of several properties, each may come in a message of its own.
                let done = values
                    .iter()
                    .all(|(key, value)| state.get(key).is_none_or(|now| now == value));
                if shown.is_none() {
                    deadline = deadline.min(Instant::now() + SETTLE);
                }
                shown = Some(pairs(&state));
                if done {
                    break;
                }
            } else if message.topic == "bridge/logging"
                && body["level"] == "error"
                && let Some(why) = body["message"].as_str().filter(|why| why.contains(&name))
            {
                return Err(Failure::failed(why));
            }
        }
        if let Some(state) = shown {
            println!("{name}: {state}");
            return Ok(ExitCode::SUCCESS);
        }
        Err(Failure::Failed(format!(
            "sent, but {name} has not answered within {} s; a sleeping device does when it wakes",
            ANSWER.as_secs()
        )))
    })?
}

/// `hearth rename NAME NEW-NAME`
pub(super) fn rename(args: &mut Args) -> Outcome {
    let from = args.value("NAME")?;
    let to = args.value("NEW-NAME")?;
    args.done()?;
    let config = args.config()?;
    local::block_on(async {
        let mut gateway = Gateway::connect(&config).await?;
        let data = gateway
            .request("device/rename", json!({"from": from, "to": to}))
            .await?;
        println!(
            "{} is now {}",
            data["from"].as_str().unwrap_or(&from),
            data["to"].as_str().unwrap_or(&to)
        );
        Ok(ExitCode::SUCCESS)
    })?
}

/// Lets what the broker retained pass.
async fn settle(gateway: &mut Gateway) -> Result<(), Failure> {
    gateway.request("health_check", json!({})).await.map(drop)
}

/// The name of the device that is called `name`, or has that address.
async fn friendly(gateway: &mut Gateway, name: &str) -> Result<String, Failure> {
    gateway.subscribe("bridge/devices").await?;
    let deadline = Instant::now() + ANSWER;
    while let Some(message) = gateway.next_until(deadline).await? {
        if message.topic != "bridge/devices" {
            continue;
        }
        let devices = message.json();
        let mut names = Vec::new();
        for device in devices.as_array().into_iter().flatten() {
            let friendly = device["friendly_name"].as_str().unwrap_or_default();
            if friendly == name || device["ieee_address"] == name {
                return Ok(friendly.to_owned());
            }
            if device["type"] != "Coordinator" {
                names.push(friendly.to_owned());
            }
        }
        return Err(Failure::Failed(format!(
            "there is no `{name}`; there are: {}",
            names.join(", ")
        )));
    }
    Err(Failure::failed("the gateway has not told its devices"))
}
