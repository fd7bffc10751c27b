//! Adverts in the words of Theengs and `OpenMQTTGateway`, for dashboards made for those: topic
//! `<first part>/BTtoMQTT/<address>`, not retained, and `<first part>/LWT`.

use radios::{Changes, DeviceId, Value};
use serde_json::{Map, Value as Json, json as json_value};

use super::registry::Device;
use super::{Effect, Hub, Publish, Qos, json};

/// The home's word, theirs, and what to do with the value.
const KEYS: &[(&str, &str, Turn)] = &[
    ("temperature", "tempc", Turn::Keep),
    ("temperature", "tempf", Turn::Fahrenheit),
    ("humidity", "hum", Turn::Keep),
    ("battery", "batt", Turn::Keep),
    ("voltage", "volt", Turn::Volts),
    ("pressure", "pres", Turn::Keep),
    ("illuminance", "lux", Turn::Keep),
    ("soil_moisture", "moi", Turn::Keep),
    ("conductivity", "fer", Turn::Keep),
    ("formaldehyde", "for", Turn::Keep),
    ("acceleration_x", "accx", Turn::Keep),
    ("acceleration_y", "accy", Turn::Keep),
    ("acceleration_z", "accz", Turn::Keep),
    ("contact", "open", Turn::Not),
    ("occupancy", "motion", Turn::Keep),
];

/// What is ours alone.
const OWN: [&str; 2] = ["key_status", "key_status_since"];

/// A property by which a kind of device is known, and Theengs' name for the kind.
const TYPES: &[(&str, &str)] = &[
    ("weight", "SCALE"),
    ("soil_moisture", "PLANT"),
    ("contact", "CTMO"),
    ("occupancy", "CTMO"),
    ("temperature_probe_1", "BBQ"),
    ("formaldehyde", "AIR"),
    ("temperature", "THB"),
];

#[derive(Clone, Copy)]
enum Turn {
    Keep,
    Fahrenheit,
    Volts,
    Not,
}

impl Turn {
    fn apply(self, value: &Value) -> Value {
        match (self, value) {
            (Self::Fahrenheit, Value::Number(c)) => Value::rounded(c * 1.8 + 32.0, 2),
            (Self::Volts, Value::Number(millivolts)) => Value::rounded(millivolts / 1000.0, 3),
            (Self::Not, Value::Bool(flag)) => Value::Bool(!flag),
            _ => value.clone(),
        }
    }
}

impl Hub {
    /// Whether the gateway is there, in their words.
    pub(super) fn tell_theengs_state(&mut self, up: bool) {
        if let Some(topic) = &self.settings.theengs {
            let words = if up { "online" } else { "offline" };
            self.out.push(Effect::Publish(Publish {
                topic: format!("{topic}/LWT"),
                payload: words.into(),
                retain: true,
                qos: Qos::AtMostOnce,
            }));
        }
    }

    /// What a BLE device told, in their words.
    pub(super) fn tell_theengs(&mut self, id: DeviceId, momentary: &Changes) {
        let DeviceId::Ble(mac) = id else { return };
        let (Some(topic), Some(device)) = (&self.settings.theengs, self.registry.get(id)) else {
            return;
        };
        let address = mac.colons();
        let topic = format!("{topic}/BTtoMQTT/{}", address.replace(':', ""));
        self.out.push(Effect::Publish(Publish {
            topic,
            payload: json(&words(device, &address, momentary)),
            retain: false,
            qos: Qos::AtMostOnce,
        }));
    }
}

fn words(device: &Device, address: &str, momentary: &Changes) -> Json {
    let mut told = Map::new();
    let definition = &device.definition;
    let info = &device.info;
    let has = |property: &str| device.state.get(property).is_some();
    let kind = TYPES.iter().find(|(property, _)| has(property));
    for (key, value) in [
        ("id", Some(address)),
        (
            "name",
            info.ble.as_ref().and_then(|ble| ble.name.as_deref()),
        ),
        ("brand", info.manufacturer.as_deref()),
        ("model", Some(definition.description.as_str())),
        ("model_id", info.model_id.as_deref()),
        ("type", Some(kind.map_or("UNIQ", |(_, kind)| *kind))),
    ] {
        if let Some(value) = value {
            told.insert(key.to_owned(), Json::from(value));
        }
    }
    for (property, value) in device.state.iter().chain(momentary) {
        let mut known = false;
        for (_, key, turn) in KEYS.iter().filter(|(ours, ..)| ours == property) {
            told.insert((*key).to_owned(), json_value!(turn.apply(value)));
            known = true;
        }
        if !known && !OWN.contains(&&**property) {
            told.insert(property.to_string(), json_value!(value));
        }
    }
    Json::Object(told)
}
