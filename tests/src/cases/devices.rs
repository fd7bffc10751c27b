//! `cases devices`: raw ZCL frames of devices in and out.
//!
//! A line is `{id, input, expect}`. `input` holds the device's identity (`modelID`,
//! `manufacturerName`, `endpoints`, …) and one of: `hex` with `endpoint` and `clusterId` (a frame
//! heard), `set` or `get` (properties wished), or `steps` (several of these, one device). `expect`
//! holds `published` (properties, in the order of publishing) or `sent` (frames with their
//! sequence number zeroed, and the `state` to show then).
//!
//! Tolerant: numbers may differ by a hundredth, and the state to show is not compared (that of the
//! cases holds what their device would have answered to reads).

use radios::devices::{self, Memory};
use radios::zigbee::zcl::{Frame, clusters};
use radios::{Changes, DeviceId, DeviceInfo, DeviceKind, Endpoint, Ieee, Known, Value};
use serde_json::{Value as Json, json};

use super::{Lines, Options, Tally};

/// Runs the cases.
///
/// # Errors
/// A line that is no case.
pub fn run(options: &Options, lines: &mut Lines<'_>, tally: &mut Tally) -> Result<(), String> {
    for line in lines {
        let (place, case) = line?;
        let input = &case["input"];
        let info = device(input).ok_or_else(|| format!("{place}: `input` is no device"))?;
        let name = format!(
            "{} {}",
            case["id"].as_str().unwrap_or_default(),
            input["modelID"]
        );
        let mut memory = Memory::with_state(&changes(&input["state"]));
        let (expected, got) = match input["steps"].as_array() {
            None => step(&info, input, &case["expect"], &mut memory, options),
            Some(steps) => {
                let expects = case["expect"]["steps"].as_array();
                let expects = expects.ok_or_else(|| format!("{place}: `steps` expect nothing"))?;
                steps
                    .iter()
                    .zip(expects)
                    .map(|(input, expect)| step(&info, input, expect, &mut memory, options))
                    .find(|(expected, got)| !same(expected, got, options))
                    .unwrap_or_default()
            }
        };
        let equal = same(&expected, &got, options);
        tally.count(&place, &name, &expected, &got, equal);
    }
    Ok(())
}

/// One frame or wish: what is expected of it, and what came.
fn step(
    info: &DeviceInfo,
    input: &Json,
    expect: &Json,
    memory: &mut Memory,
    options: &Options,
) -> (Json, Json) {
    if input.get("hex").is_some() {
        return report(info, input, expect, memory);
    }
    let endpoint = input["endpointName"].as_str();
    let requests = if input.get("set").is_some() {
        devices::set(info, memory, endpoint, &changes(&input["set"]))
    } else {
        let wished = changes(&input["get"]);
        let keys: Vec<_> = wished.into_iter().map(|(key, _)| key).collect();
        devices::get(info, &keys)
    };
    let error = requests.as_ref().err().map(ToString::to_string);
    let requests = requests.unwrap_or_default();
    let mut shown = Changes::new();
    for request in &requests {
        memory.note(&request.changes);
        for (property, value) in request.changes.clone() {
            shown.retain(|(p, _)| *p != property);
            shown.push((property, value));
        }
    }
    let sent: Vec<Json> = requests
        .iter()
        .map(|r| json!([r.endpoint, r.cluster, hex(&r.frame.encode())]))
        .collect();
    let wanted = expect["sent"].as_array().cloned().unwrap_or_default();
    let wanted: Vec<Json> = wanted
        .iter()
        .map(|s| json!([s["ep"], s["cid"], s["hex"]]))
        .collect();
    if options.tolerant {
        return (json!({"sent": wanted}), json!({"sent": sent}));
    }
    let mut got = json!({"sent": sent, "state": object(shown)});
    if let Some(error) = error
        && !wanted.is_empty()
    {
        got["error"] = error.into();
    }
    (json!({"sent": wanted, "state": expect["state"]}), got)
}

/// A frame heard.
fn report(info: &DeviceInfo, input: &Json, expect: &Json, memory: &mut Memory) -> (Json, Json) {
    // Several publications of one frame show the same in the end.
    let mut published = serde_json::Map::new();
    for part in expect["published"].as_array().into_iter().flatten() {
        published.extend(part.as_object().cloned().unwrap_or_default());
    }
    let frame = bytes(input["hex"].as_str().unwrap_or_default());
    let number = |key: &str| input[key].as_u64();
    let (endpoint, cluster) = (number("endpoint"), number("clusterId"));
    let got = match (Frame::parse(&frame), endpoint, cluster) {
        (Ok(frame), Some(endpoint), Some(cluster)) => {
            #[expect(clippy::cast_possible_truncation)] // ids of the case's own device
            let (endpoint, cluster) = (endpoint as u8, cluster as u16);
            object(devices::receive(info, endpoint, cluster, &frame, memory).changes)
        }
        (Err(error), ..) => json!(error.to_string()),
        _ => json!("`endpoint` or `clusterId` is missing"),
    };
    (Json::Object(published), got)
}

/// The device of a case.
fn device(input: &Json) -> Option<DeviceInfo> {
    let text = |key: &str| input[key].as_str().map(str::to_owned);
    let id = |n: &Json| u16::try_from(n.as_u64()?).ok();
    let kind = match input["deviceType"].as_str() {
        Some("Router") => DeviceKind::Router,
        Some("EndDevice") => DeviceKind::EndDevice,
        _ => DeviceKind::Unknown,
    };
    let mut info = DeviceInfo::new(DeviceId::Zigbee(Ieee(0x0102_0304_0506_0708)), kind);
    info.model_id = text("modelID");
    info.manufacturer = text("manufacturerName");
    info.manufacturer_code = id(&input["manufacturerID"]);
    info.software_build_id = text("softwareBuildID");
    info.date_code = text("dateCode");
    info.power_source = text("powerSource");
    let ids = |list: &Json| -> Vec<u16> {
        list.as_array()
            .into_iter()
            .flatten()
            .filter_map(id)
            .collect()
    };
    let known: Vec<Known> = input["cached"]
        .as_object()
        .into_iter()
        .flatten()
        .filter_map(|(name, value)| {
            let (cluster, attribute) = name.split_once('.')?;
            let cluster = clusters::cluster_named(cluster)?;
            Some(Known {
                cluster: cluster.id,
                attribute: cluster.attribute_named(attribute)?.id,
                value: value.as_i64()?,
            })
        })
        .collect();
    for endpoint in input["endpoints"].as_array()? {
        info.endpoints.push(Endpoint {
            id: u8::try_from(endpoint["ID"].as_u64()?).ok()?,
            profile: id(&endpoint["profileID"])?,
            device: id(&endpoint["deviceID"])?,
            input: ids(&endpoint["in"]),
            output: ids(&endpoint["out"]),
            known: known.clone(),
            ..Endpoint::default()
        });
    }
    Some(info)
}

fn changes(json: &Json) -> Changes {
    match serde_json::from_value(json.clone()) {
        Ok(Value::Object(members)) => members,
        _ => Changes::new(),
    }
}

fn object(changes: Changes) -> Json {
    serde_json::to_value(Value::Object(changes)).unwrap_or_default()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|b| format!("{b:02x}")).collect()
}

fn bytes(hex: &str) -> Vec<u8> {
    let pairs = hex.as_bytes().chunks_exact(2);
    pairs
        .filter_map(|pair| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok())
        .collect()
}

/// Equal, numbers as numbers.
fn same(a: &Json, b: &Json, options: &Options) -> bool {
    match (a, b) {
        (Json::Number(a), Json::Number(b)) => {
            let (a, b) = (
                a.as_f64().unwrap_or_default(),
                b.as_f64().unwrap_or_default(),
            );
            let near = if options.tolerant { 0.0101 } else { 1e-9 };
            (a - b).abs() <= near * a.abs().max(1.0)
        }
        (Json::Array(a), Json::Array(b)) => {
            a.len() == b.len() && a.iter().zip(b).all(|(a, b)| same(a, b, options))
        }
        (Json::Object(a), Json::Object(b)) => {
            a.len() == b.len()
                && a.iter()
                    .all(|(key, value)| b.get(key).is_some_and(|other| same(value, other, options)))
        }
        _ => a == b,
    }
}
