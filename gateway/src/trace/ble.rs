//! Events of the BLE radio as JSON, for what adverts without their key do not tell.

use std::borrow::Cow;

use radios::{Changes, DeviceId, DeviceInfo, Event, Interview, Radio, Value};
use serde_json::{Map, Value as Json, json};

/// The event as a line keeps it; `None` for events of Zigbee, and for answers to commands.
#[must_use]
pub fn ble_line(event: &Event) -> Option<Json> {
    let of_ble = |id: &DeviceId| matches!(id, DeviceId::Ble(_));
    Some(match event {
        Event::Device(info) if of_ble(&info.id) => json!({"device": info}),
        Event::Joined { id } if of_ble(id) => json!({"joined": id}),
        Event::Left { id } if of_ble(id) => json!({"left": id}),
        Event::Interview { id, stage } if of_ble(id) => match stage {
            Interview::Started => json!({"interview": id, "stage": "started"}),
            Interview::Successful => json!({"interview": id, "stage": "successful"}),
            Interview::Failed(why) => json!({"interview": id, "stage": "failed", "why": why}),
        },
        Event::Changed {
            id,
            changes,
            linkquality,
        } if of_ble(id) => {
            let changes: Map<String, Json> = changes
                .iter()
                .map(|(name, value)| (name.to_string(), json!(value)))
                .collect();
            json!({"changed": id, "changes": changes, "linkquality": linkquality})
        }
        Event::RadioDown {
            radio: Radio::Ble,
            reason,
        } => json!({"down": reason}),
        Event::RadioUp {
            radio: Radio::Ble, ..
        } => json!({"up": true}),
        _ => return None,
    })
}

/// The event that a line keeps.
#[must_use]
pub fn ble_event(line: &Json) -> Option<Event> {
    let id = |key: &str| line[key].as_str()?.parse::<DeviceId>().ok();
    if let Some(id) = id("changed") {
        let changes: Changes = line["changes"]
            .as_object()?
            .iter()
            .map(|(name, value)| {
                let value: Value = serde_json::from_value(value.clone()).ok()?;
                Some((Cow::Owned(name.clone()), value))
            })
            .collect::<Option<_>>()?;
        let linkquality = line["linkquality"].as_u64();
        return Some(Event::Changed {
            id,
            changes,
            linkquality: linkquality.and_then(|quality| u8::try_from(quality).ok()),
        });
    }
    if let Some(id) = id("joined") {
        return Some(Event::Joined { id });
    }
    if let Some(id) = id("left") {
        return Some(Event::Left { id });
    }
    if let Some(id) = id("interview") {
        let stage = match line["stage"].as_str()? {
            "started" => Interview::Started,
            "successful" => Interview::Successful,
            _ => Interview::Failed(line["why"].as_str().unwrap_or_default().to_owned()),
        };
        return Some(Event::Interview { id, stage });
    }
    if line["device"].is_object() {
        let info: DeviceInfo = serde_json::from_value(line["device"].clone()).ok()?;
        return Some(Event::Device(Box::new(info)));
    }
    let radio = Radio::Ble;
    if line["up"] == true {
        return Some(Event::RadioUp {
            radio,
            network: None,
        });
    }
    let reason = line["down"].as_str()?.to_owned();
    Some(Event::RadioDown { radio, reason })
}

#[cfg(test)]
mod tests {
    use super::*;
    use radios::{DeviceKind, Ieee, Mac};

    #[test]
    fn events_read_as_they_are_written() {
        let id = DeviceId::Ble(Mac([1, 2, 3, 4, 5, 6]));
        for event in [
            Event::Device(Box::new(DeviceInfo::new(id, DeviceKind::Ble))),
            Event::Joined { id },
            Event::Left { id },
            Event::Interview {
                id,
                stage: Interview::Started,
            },
            Event::Interview {
                id,
                stage: Interview::Failed("no".to_owned()),
            },
            Event::Changed {
                id,
                changes: vec![
                    ("temperature".into(), 21.5.into()),
                    ("opening".into(), true.into()),
                ],
                linkquality: Some(80),
            },
            Event::RadioUp {
                radio: Radio::Ble,
                network: None,
            },
            Event::RadioDown {
                radio: Radio::Ble,
                reason: "gone".to_owned(),
            },
        ] {
            let line = ble_line(&event).unwrap();
            let again = ble_event(&line).unwrap();
            // Objects do not keep an order; compare as written.
            assert_eq!(ble_line(&again).unwrap(), line);
        }
        let id = DeviceId::Zigbee(Ieee(1));
        assert_eq!(ble_line(&Event::Joined { id }), None);
        assert_eq!(ble_event(&json!({"joined": "lamp"})), None);
    }
}
