//! `ble/gatt`: any characteristic of any device, in one connection.
//!
//! `{"device": name or address, "characteristic": uuid, "action": …, "value": …}`, or several as
//! `"operations": […]`. The answer holds them with what was read, or says why not.

use std::time::Duration;

use radios::ble::ServiceUuid;
use radios::ble::gatt::{Action as Do, Operation};
use radios::{Command, DeviceId};
use serde_json::{Map, Value as Json, json as json_value};

use super::{Action, Asked};
use crate::hub::command::Pending;
use crate::hub::{Hub, Now};

/// Seconds for the whole request, from when it is its turn.
const LIMIT: u64 = 60;
/// Seconds to wait for a notification.
const NOTIFIED: u64 = 10;
/// Seconds that can be asked for.
const MOST_SECONDS: u64 = 300;

/// Handles the request.
pub(super) fn gatt(hub: &mut Hub, asked: &Asked, now: Now) -> Result<Option<Json>, String> {
    super::ble::on(hub)?;
    let id = whom(hub, asked)?;
    let operations = match asked.members.get("operations") {
        None => vec![operation(&asked.members, "")?],
        Some(Json::Array(rows)) => rows
            .iter()
            .enumerate()
            .map(|(at, row)| {
                let place = format!("operations[{at}].");
                let members = row.as_object().ok_or_else(|| {
                    format!("Invalid payload: 'operations[{at}]' must be an object")
                })?;
                operation(members, &place)
            })
            .collect::<Result<_, _>>()?,
        Some(_) => return Err("Invalid payload: 'operations' must be a list".to_owned()),
    };
    let limit = seconds(&asked.members, "", LIMIT)?;
    let reply = asked.reply.clone().with(json_value!({"address": id}));
    let token = hub
        .expect(Pending::Request(reply, Action::Pass))
        .ok_or("too many commands are under way")?;
    hub.send(
        id,
        Command::Gatt {
            token,
            id,
            operations,
            limit,
        },
        now,
    );
    Ok(None)
}

/// A device of the home; or any, where that is allowed.
fn whom(hub: &Hub, asked: &Asked) -> Result<DeviceId, String> {
    let name = match asked.members.get("device") {
        Some(_) => asked.text("device")?,
        None => asked.text("address")?,
    };
    let id = match hub.device(name) {
        Ok(id) => id,
        Err(why) => match name.trim().parse() {
            Ok(id) if hub.settings.gatt_any => id,
            Ok(_) => {
                return Err(format!(
                    "{why}; strangers are connected to only where `ble.gatt_any` says so"
                ));
            }
            Err(_) => return Err(why),
        },
    };
    match id {
        DeviceId::Ble(_) => Ok(id),
        DeviceId::Zigbee(_) => Err(format!("'{name}' is no Bluetooth device")),
    }
}

fn operation(members: &Map<String, Json>, place: &str) -> Result<Operation, String> {
    let wrong = |member: &str, what: &str| format!("Invalid payload: '{place}{member}' {what}");
    let uuid = |member: &str| match members.get(member) {
        None | Some(Json::Null) => Ok(None),
        Some(Json::String(text)) => {
            let uuid: Result<ServiceUuid, _> = text.trim().parse();
            uuid.map(Some)
                .map_err(|error| wrong(member, &error.to_string()))
        }
        Some(_) => Err(wrong(member, "must be a text")),
    };
    let characteristic =
        uuid("characteristic")?.ok_or_else(|| wrong("characteristic", "is missing"))?;
    let value = members.get("value").filter(|value| !value.is_null());
    let bytes = || {
        let kind = members
            .get("value_type")
            .and_then(Json::as_str)
            .unwrap_or("hex");
        let value = value.ok_or_else(|| wrong("value", "is missing"))?;
        bytes(value, kind).ok_or_else(|| {
            wrong("value", "must be hexadecimal digits, a list of bytes, or any text with \"value_type\": \"text\"")
        })
    };
    let action = match members.get("action") {
        None if value.is_some() => "write",
        None => "read",
        Some(Json::String(action)) => action,
        Some(_) => return Err(wrong("action", "must be a text")),
    };
    let action = match action {
        "write" => Do::Write(bytes()?),
        "write_without_response" => Do::WriteWithoutResponse(bytes()?),
        "read" => Do::Read,
        "notify" => Do::Notify(seconds(members, place, NOTIFIED)?),
        _ => {
            return Err(wrong(
                "action",
                "must be write, write_without_response, read or notify",
            ));
        }
    };
    Ok(Operation {
        service: uuid("service")?,
        characteristic,
        action,
    })
}

fn seconds(
    members: &Map<String, Json>,
    place: &str,
    unless_given: u64,
) -> Result<Duration, String> {
    let seconds = match members.get("timeout") {
        None | Some(Json::Null) => Some(unless_given),
        Some(value) => value.as_u64().filter(|n| (1..=MOST_SECONDS).contains(n)),
    };
    seconds.map(Duration::from_secs).ok_or_else(|| {
        format!("Invalid payload: '{place}timeout' must be seconds from 1 to {MOST_SECONDS}")
    })
}

fn bytes(value: &Json, kind: &str) -> Option<Vec<u8>> {
    match (value, kind) {
        (Json::String(text), "text") => Some(text.clone().into_bytes()),
        (Json::String(text), "hex") => {
            let digits: Vec<u8> = text.bytes().filter(|byte| !b" :-".contains(byte)).collect();
            digits
                .chunks(2)
                .map(|pair| match pair {
                    [high, low] => {
                        let digit = |byte: u8| char::from(byte).to_digit(16);
                        u8::try_from(digit(*high)? << 4 | digit(*low)?).ok()
                    }
                    _ => None,
                })
                .collect()
        }
        (Json::Array(list), _) => list
            .iter()
            .map(|byte| byte.as_u64().and_then(|byte| u8::try_from(byte).ok()))
            .collect(),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(json: &str) -> Result<Operation, String> {
        operation(
            serde_json::from_str::<Json>(json)
                .unwrap()
                .as_object()
                .unwrap(),
            "",
        )
    }

    #[test]
    fn values_are_digits_bytes_or_text() {
        for (json, data) in [
            (
                r#"{"characteristic":"ffd9","value":"cc 23 33"}"#,
                &[0xcc, 0x23, 0x33][..],
            ),
            (
                r#"{"characteristic":"ffd9","value":[204,35,51]}"#,
                &[0xcc, 0x23, 0x33],
            ),
            (
                r#"{"characteristic":"ffd9","value":"ON","value_type":"text"}"#,
                b"ON",
            ),
        ] {
            assert_eq!(read(json).unwrap().action, Do::Write(data.to_vec()));
        }
        let plain =
            read(r#"{"service":"180F","characteristic":"00002a19-0000-1000-8000-00805f9b34fb"}"#);
        let plain = plain.unwrap();
        assert_eq!(
            (plain.service, plain.action),
            (Some(ServiceUuid::of(0x180f)), Do::Read)
        );
        assert_eq!(plain.characteristic, ServiceUuid::of(0x2a19));
    }

    #[test]
    fn what_is_wrong_is_named() {
        for (json, why) in [
            ("{}", "Invalid payload: 'characteristic' is missing"),
            (
                r#"{"characteristic":"x"}"#,
                "Invalid payload: 'characteristic' a service UUID has 4 hexadecimal digits, or 32 with dashes after the 8th, 12th, 16th, 20th",
            ),
            (
                r#"{"characteristic":"ffd9","action":"write"}"#,
                "Invalid payload: 'value' is missing",
            ),
            (
                r#"{"characteristic":"ffd9","value":"c"}"#,
                "Invalid payload: 'value' must be hexadecimal digits, a list of bytes, or any text with \"value_type\": \"text\"",
            ),
            (
                r#"{"characteristic":"ffd9","value":[256]}"#,
                "Invalid payload: 'value' must be hexadecimal digits, a list of bytes, or any text with \"value_type\": \"text\"",
            ),
            (
                r#"{"characteristic":"ffd9","action":"burn"}"#,
                "Invalid payload: 'action' must be write, write_without_response, read or notify",
            ),
            (
                r#"{"characteristic":"ffd9","action":"notify","timeout":0}"#,
                "Invalid payload: 'timeout' must be seconds from 1 to 300",
            ),
        ] {
            assert_eq!(read(json).unwrap_err(), why);
        }
    }
}
