//! Home Assistant's MQTT discovery: what each device offers, announced as entities.
//!
//! One retained message an entity, as zigbee2mqtt publishes them, so that a Home Assistant that knew
//! a device by zigbee2mqtt knows it again. What a kind of expose becomes is one row of `MAKERS`;
//! what a property's name implies (class, icon, category) is one row of `hints::HINTS`.

mod entity;
mod hints;
mod things;

use radios::{Definition, DeviceInfo, Expose, ExposeKind, Ieee};
use serde_json::{Value as Json, json};

use entity::Entity;

/// The device to announce and its surroundings.
#[derive(Clone, Copy, Debug)]
pub struct Subject<'a> {
    /// Its record.
    pub info: &'a DeviceInfo,
    /// What it offers.
    pub definition: &'a Definition,
    /// Its name.
    pub name: &'a str,
    /// Its room.
    pub room: Option<&'a str>,
    /// First part of the gateway's topics.
    pub base_topic: &'a str,
    /// The dongle's address.
    pub coordinator: Option<Ieee>,
}

/// One entity, announced.
#[derive(Clone, Debug, PartialEq)]
pub struct Announcement {
    /// Without the discovery topic: `sensor/0x…/temperature/config`.
    pub topic: String,
    /// What Home Assistant reads.
    pub payload: Json,
}

/// Makes entities of an expose.
type Maker = fn(&Subject<'_>, &Expose) -> Vec<Entity>;

/// What each kind of expose becomes.
const MAKERS: &[(ExposeKind, Maker)] = &[
    (ExposeKind::Light, things::light),
    (ExposeKind::Switch, things::switch),
    (ExposeKind::Cover, things::cover),
    (ExposeKind::Lock, things::lock),
    (ExposeKind::Fan, things::fan),
    (ExposeKind::Climate, things::climate),
    (ExposeKind::Binary, entity::binary),
    (ExposeKind::Numeric, entity::numeric),
    (ExposeKind::Enum, entity::choice),
    (ExposeKind::Text, entity::text),
    (ExposeKind::Composite, entity::compound),
    (ExposeKind::List, entity::compound),
];

/// Everything Home Assistant must know of a device.
#[must_use]
pub fn announcements(subject: &Subject<'_>) -> Vec<Announcement> {
    let made = subject.definition.exposes.iter().flat_map(|expose| {
        MAKERS
            .iter()
            .find(|(kind, _)| *kind == expose.kind)
            .map(|(_, maker)| maker(subject, expose))
            .unwrap_or_default()
    });
    let mut all: Vec<Announcement> = made.map(|entity| entity.finish(subject)).collect();
    // The first of two that want to be the same entity is it.
    let mut topics = std::collections::HashSet::new();
    all.retain(|announcement| topics.insert(announcement.topic.clone()));
    all
}

/// A trigger for what a button does, told on the device's topic `action`.
#[must_use]
pub fn trigger(subject: &Subject<'_>, action: &str) -> Announcement {
    // A topic part of its own, whatever the device calls it.
    let part: String = action
        .chars()
        .map(|c| {
            if c.is_alphanumeric() || c == '_' || c == '-' {
                c
            } else {
                '_'
            }
        })
        .collect();
    Announcement {
        topic: format!("device_automation/{}/action_{part}/config", subject.info.id),
        payload: json!({
            "automation_type": "trigger",
            "type": "action",
            "subtype": action,
            "payload": action,
            "topic": format!("{}/{}/action", subject.base_topic, subject.name),
            "device": device(subject),
            "origin": origin(),
        }),
    }
}

/// The device that entities belong to.
fn device(subject: &Subject<'_>) -> Json {
    let info = subject.info;
    let definition = subject.definition;
    let mut device = json!({
        // zigbee2mqtt's word, so that a device moved from there stays the same device.
        "identifiers": [format!("zigbee2mqtt_{}", info.id)],
        "name": subject.name,
        "manufacturer": definition.vendor,
        "model": definition.description,
        "model_id": definition.model,
    });
    if let Some(device) = device.as_object_mut() {
        let mut add = |key: &str, value: Option<String>| {
            if let Some(value) = value {
                device.insert(key.to_owned(), Json::from(value));
            }
        };
        add("sw_version", info.software_build_id.clone());
        add("suggested_area", subject.room.map(str::to_owned));
        add(
            "via_device",
            subject
                .coordinator
                .map(|coordinator| format!("zigbee2mqtt_bridge_{coordinator}")),
        );
    }
    device
}

/// Announces the gateway itself: whether it is there, and a switch that opens the network.
#[must_use]
pub fn bridge(base_topic: &str, coordinator: Ieee) -> Vec<Announcement> {
    // zigbee2mqtt's node: the base topic as decimal character codes.
    let node: String = base_topic.bytes().map(|b| b.to_string()).collect();
    let device = json!({
        "identifiers": [format!("zigbee2mqtt_bridge_{coordinator}")],
        "name": "Hearth",
        "manufacturer": "Hearth",
        "model": "Bridge",
        "sw_version": env!("CARGO_PKG_VERSION"),
    });
    let state = format!("{base_topic}/bridge/state");
    let info = format!("{base_topic}/bridge/info");
    let entities = [
        (
            "binary_sensor",
            "connection_state",
            json!({
                "name": "Connection state",
                "device_class": "connectivity",
                "entity_category": "diagnostic",
                "state_topic": state,
                "value_template": "{{ value_json.state }}",
                "payload_on": "online",
                "payload_off": "offline",
            }),
        ),
        (
            "switch",
            "permit_join",
            json!({
                "name": "Permit join",
                "icon": "mdi:human-greeting-proximity",
                "state_topic": info,
                "value_template": "{{ value_json.permit_join | lower }}",
                "command_topic": format!("{base_topic}/bridge/request/permit_join"),
                "state_on": "true",
                "state_off": "false",
                "payload_on": "{\"time\": 254}",
                "payload_off": "{\"time\": 0}",
            }),
        ),
        (
            "sensor",
            "version",
            json!({
                "name": "Version",
                "icon": "mdi:home-automation",
                "entity_category": "diagnostic",
                "state_topic": info,
                "value_template": "{{ value_json.version }}",
            }),
        ),
    ];
    entities
        .into_iter()
        .map(|(component, id, mut payload)| {
            if let Some(payload) = payload.as_object_mut() {
                let unique = format!("bridge_{coordinator}_{id}_{base_topic}");
                payload.insert("unique_id".to_owned(), Json::from(unique));
                payload.insert(
                    "object_id".to_owned(),
                    Json::from(format!("hearth_bridge_{id}")),
                );
                payload.insert("device".to_owned(), device.clone());
                payload.insert("origin".to_owned(), origin());
                if id != "connection_state" {
                    payload.insert(
                        "availability".to_owned(),
                        json!([{"topic": state, "value_template": "{{ value_json.state }}"}]),
                    );
                }
            }
            Announcement {
                topic: format!("{component}/{node}_{coordinator}/{id}/config"),
                payload,
            }
        })
        .collect()
}

/// Who announces.
fn origin() -> Json {
    json!({"name": "Hearth", "sw": env!("CARGO_PKG_VERSION"), "url": env!("CARGO_PKG_REPOSITORY")})
}

#[cfg(test)]
mod tests;
