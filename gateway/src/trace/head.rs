//! The first line of a trace: what the home was when it began.

use radios::NetworkSettings;
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;
use toml_edit::{DocumentMut, Item, Table, value};

use super::secret;
use crate::clock;
use crate::config::Config;
use crate::hub::Saved;

/// The first line.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Head {
    /// The format: 1.
    pub hearth_trace: u32,
    /// Of the program that wrote it.
    pub version: String,
    /// Milliseconds since 1970 when it began.
    pub unix_ms: u64,
    /// What matters of the configuration, as TOML, without secrets.
    pub config: String,
    /// The stored registry, keys blanked.
    pub registry: Json,
    /// The stored values.
    pub state: Json,
    /// The Zigbee network, without its keys.
    pub network: Option<Network>,
}

/// A Zigbee network without its keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Network {
    /// PAN identifier.
    pub pan_id: u16,
    /// Extended PAN identifier.
    pub extended_pan_id: u64,
    /// Channel.
    pub channel: u8,
}

impl Head {
    /// The head of a trace that begins now.
    #[must_use]
    pub fn new(config: &Config, saved: &Saved, network: Option<&NetworkSettings>) -> Self {
        let document = |body: &Option<bytes::Bytes>| {
            let text = body.as_deref().map(String::from_utf8_lossy);
            text.and_then(|text| serde_json::from_str(&secret::blank(&text)).ok())
                .unwrap_or(Json::Null)
        };
        Self {
            hearth_trace: 1,
            version: env!("CARGO_PKG_VERSION").to_owned(),
            unix_ms: u64::try_from(clock::wall().as_millis()).unwrap_or(u64::MAX),
            config: told(config),
            registry: document(&saved.registry),
            state: document(&saved.state),
            network: network.map(|network| Network {
                pan_id: network.pan_id,
                extended_pan_id: network.extended_pan_id,
                channel: network.channel,
            }),
        }
    }
}

/// The keys that the hub and the radios' decoders depend on. Named one by one, so that a new key
/// does not get into traces by itself.
fn told(config: &Config) -> String {
    let mut toml = DocumentMut::new();
    let log = match config.log.name() {
        "warning" => "warn",
        name => name,
    };
    toml["log"] = value(log);
    let mut section = |name: &str, keys: &[(&str, Item)]| {
        let mut table = Table::new();
        for (key, item) in keys {
            table.insert(key, item.clone());
        }
        toml.insert(name, Item::Table(table));
    };
    let mqtt = &config.mqtt;
    section(
        "mqtt",
        &[
            ("server", value(mqtt.server.to_string())),
            ("base_topic", value(&mqtt.base_topic)),
        ],
    );
    let mut zigbee = vec![("enabled", value(config.zigbee.enabled))];
    if let Some(channel) = config.zigbee.channel {
        zigbee.push(("channel", value(i64::from(channel))));
    }
    section("zigbee", &zigbee);
    let ble = &config.ble;
    let adopt = match ble.adopt {
        radios::ble::Adopt::Listed => "listed",
        radios::ble::Adopt::Nearby => "nearby",
    };
    let mut keys = vec![
        ("enabled", value(ble.enabled)),
        ("adopt", value(adopt)),
        ("minimum_interval", value(i64::from(ble.rules.minimum.all))),
        ("average", value(i64::from(ble.rules.average.all))),
        ("gatt_any", value(ble.gatt_any)),
        ("presence_timeout", value(i64::from(ble.presence_timeout))),
        ("presence_topic", value(&ble.presence_topic)),
    ];
    for (key, text) in [("room", &ble.room), ("theengs_topics", &ble.theengs_topics)] {
        if let Some(text) = text {
            keys.push((key, value(text)));
        }
    }
    section("ble", &keys);
    let ha = &config.homeassistant;
    section(
        "homeassistant",
        &[
            ("enabled", value(ha.enabled)),
            ("discovery_topic", value(&ha.discovery_topic)),
            ("status_topic", value(&ha.status_topic)),
        ],
    );
    let mut voice = vec![("language", value(&config.voice.language))];
    if let Some(language) = &config.voice.speech_language {
        voice.push(("speech_language", value(language)));
    }
    section("voice", &voice);
    let mut devices = Table::new();
    devices.set_implicit(true);
    for (id, device) in &config.devices {
        let mut table = Table::new();
        for (key, text) in [
            ("friendly_name", &device.friendly_name),
            ("room", &device.room),
        ] {
            if let Some(text) = text {
                table.insert(key, value(text));
            }
        }
        if !device.aliases.is_empty() {
            let aliases: toml_edit::Array = device.aliases.iter().collect();
            table.insert("aliases", value(aliases));
        }
        devices.insert(&id.to_string(), Item::Table(table));
    }
    toml.insert("devices", Item::Table(devices));
    toml.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::Path;

    #[test]
    fn the_configuration_is_told_without_its_secrets() {
        let text = "log = \"debug\"\n[mqtt]\nserver = \"mqtt://10.0.0.2:1884\"\nuser = \"me\"\n\
                    password = \"hunter2\"\nbase_topic = \"home\"\n[zigbee]\nnetwork_key = \
                    \"000102030405060708090a0b0c0d0e0f\"\nchannel = 20\n[web]\ntoken = \"open-sesame\"\n\
                    [devices.\"0xa4c138010203\"]\nfriendly_name = \"Thermo\"\nbind_key = \
                    \"e9ea895fac7cca6d30532432a516f3a8\"\n";
        let config = Config::parse(text, Path::new("hearth.toml"), |_| None).unwrap();
        let head = Head::new(&config, &Saved::default(), None);
        for secret in ["hunter2", "0f", "sesame", "e9ea"] {
            assert!(!head.config.contains(secret), "{}", head.config);
        }
        let again = Config::parse(&head.config, Path::new("trace"), |_| None).unwrap();
        assert_eq!(again.mqtt.base_topic, "home");
        assert_eq!(again.zigbee.channel, Some(20));
        assert_eq!(again.log, config.log);
        assert_eq!(again.devices.len(), 1);
    }
}
