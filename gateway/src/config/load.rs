//! From text to [`Config`].

use std::collections::BTreeMap;
use std::net::{Ipv4Addr, SocketAddr};
use std::ops::Range;
use std::path::{Path, PathBuf};

use radios::DeviceId;
use radios::ble::{Adopt, Rules, TrackerConfig, tracker};
use toml_edit::{Document, Item, TableLike};

use super::keys::{DEVICE_KEYS, KEYS, Key, SectionKey, TRACKER_KEYS};
use super::raw::Raw;
use super::{
    Ble, Config, ConfigError, Confirm, Device, HomeAssistant, Level, Mqtt, Place, Server, Voice,
    Web, Zigbee,
};

impl Default for Config {
    fn default() -> Self {
        let local = |port| SocketAddr::from((Ipv4Addr::LOCALHOST, port));
        Self {
            data_dir: PathBuf::from("data"),
            control: None,
            ubus: None,
            log: Level::Info,
            mqtt: Mqtt {
                server: Server::Plain {
                    host: "127.0.0.1".to_owned(),
                    port: 1883,
                },
                user: None,
                password: None,
                base_topic: "hearth".to_owned(),
                client_id: None,
                ca: None,
                insecure: false,
                keepalive: 60,
                maximum_packet_size: 4_194_304,
                listen: local(1883),
            },
            zigbee: Zigbee {
                enabled: true,
                port: "auto".to_owned(),
                baudrate: 115_200,
                channel: None,
                pan_id: None,
                ext_pan_id: None,
                network_key: None,
                overwrite: false,
                transmit_power: None,
            },
            ble: Ble {
                enabled: false,
                adapter: None,
                scan: radios::ble::scan::Scanning::Active,
                adopt: Adopt::Listed,
                rules: Rules::default(),
                room: None,
                read_interval: 3600,
                utc_offset: 0,
                gatt_any: false,
                presence_timeout: 180,
                presence_topic: "hearth/presence".to_owned(),
                theengs_topics: None,
                trackers: Vec::new(),
            },
            web: Web {
                enabled: true,
                listen: local(8099),
                token: None,
            },
            homeassistant: HomeAssistant {
                enabled: false,
                discovery_topic: "homeassistant".to_owned(),
                status_topic: "homeassistant/status".to_owned(),
            },
            voice: Voice {
                language: "en".to_owned(),
                speech_language: None,
                model: None,
                library: None,
                socket: None,
                sentences: None,
                microphone: None,
                room: None,
                confirm: vec![Confirm::Lock, Confirm::Garage, Confirm::AllOff],
                confirm_typed: false,
            },
            devices: BTreeMap::new(),
        }
    }
}

impl Config {
    /// Reads `file` and the environment of this process.
    ///
    /// # Errors
    /// The first thing that is wrong, with its place.
    pub fn load(file: &Path) -> Result<Self, ConfigError> {
        let text = std::fs::read_to_string(file).map_err(|error| ConfigError::Unreadable {
            place: Place::File(file.to_owned()),
            why: error.to_string(),
        })?;
        Self::parse(&text, file, |name| std::env::var(name).ok())
    }

    /// Reads `text`, which came from `file`; `environment` looks variables up.
    ///
    /// # Errors
    /// The first thing that is wrong, with its place.
    pub fn parse(
        text: &str,
        file: &Path,
        environment: impl Fn(&str) -> Option<String>,
    ) -> Result<Self, ConfigError> {
        let source = Source { text, file };
        let document = Document::parse(text).map_err(|error| ConfigError::Syntax {
            place: source.place(error.span()),
            why: error.message().replace('\n', ", "),
        })?;
        let mut config = Self::default();
        source.table(&mut config, "", document.as_table())?;
        for key in KEYS {
            let variable = key.variable();
            if let Some(value) = environment(&variable) {
                let raw = Raw::Environment(value);
                apply(&mut config, key, &raw, || Place::Environment(variable))?;
            }
        }
        source.fit(&config)?;
        Ok(config)
    }
}

fn apply(
    config: &mut Config,
    key: &Key,
    raw: &Raw,
    place: impl FnOnce() -> Place,
) -> Result<(), ConfigError> {
    (key.set)(config, raw).ok_or_else(|| ConfigError::BadValue {
        place: place(),
        key: key.path.to_owned(),
        expected: key.expects.to_owned(),
        found: if key.secret {
            "something else".to_owned()
        } else {
            raw.to_string()
        },
    })
}

/// The text being read and where it came from.
struct Source<'a> {
    text: &'a str,
    file: &'a Path,
}

impl Source<'_> {
    fn place(&self, span: Option<Range<usize>>) -> Place {
        match span {
            Some(span) => {
                let before = self
                    .text
                    .as_bytes()
                    .get(..span.start)
                    .unwrap_or(self.text.as_bytes());
                let line = 1 + before.iter().filter(|b| **b == b'\n').count();
                Place::Line(self.file.to_owned(), line)
            }
            None => Place::File(self.file.to_owned()),
        }
    }

    /// The place of `name` in `table`: its key's, or its value's.
    fn place_in(&self, table: &dyn TableLike, name: &str) -> Place {
        let span = table
            .get_key_value(name)
            .and_then(|(key, item)| key.span().or_else(|| item.span()));
        self.place(span)
    }

    fn table(
        &self,
        config: &mut Config,
        section: &str,
        table: &dyn TableLike,
    ) -> Result<(), ConfigError> {
        for (name, item) in table.iter() {
            let path = if section.is_empty() {
                name.to_owned()
            } else {
                format!("{section}.{name}")
            };
            let place = || self.place_in(table, name);
            if let Some(key) = KEYS.iter().find(|key| key.path == path) {
                let raw = item
                    .as_value()
                    .map_or(Raw::Other("a section"), Raw::from_toml);
                apply(config, key, &raw, place)?;
            } else if path == "ble.tracker" {
                self.trackers(config, item, place)?;
            } else if section.is_empty() && name == "devices" {
                let devices = self.section(item, &path, place)?;
                self.devices(config, devices)?;
            } else if section.is_empty() && is_section(name) {
                self.table(config, name, self.section(item, &path, place)?)?;
            } else {
                return Err(ConfigError::UnknownKey {
                    place: place(),
                    nearest: nearest(&path, KEYS.iter().map(|key| key.path)),
                    key: path,
                });
            }
        }
        Ok(())
    }

    fn section<'t>(
        &self,
        item: &'t Item,
        path: &str,
        place: impl FnOnce() -> Place,
    ) -> Result<&'t dyn TableLike, ConfigError> {
        item.as_table_like().ok_or_else(|| ConfigError::BadValue {
            place: place(),
            key: path.to_owned(),
            expected: format!("a section `[{path}]`"),
            found: item
                .as_value()
                .map_or_else(|| "a list".to_owned(), |v| Raw::from_toml(v).to_string()),
        })
    }

    /// Every section `[[ble.tracker]]`.
    fn trackers(
        &self,
        config: &mut Config,
        item: &Item,
        place: impl Fn() -> Place,
    ) -> Result<(), ConfigError> {
        let path = "ble.tracker";
        let tables = item
            .as_array_of_tables()
            .ok_or_else(|| ConfigError::BadValue {
                place: place(),
                key: path.to_owned(),
                expected: "sections `[[ble.tracker]]`".to_owned(),
                found: "something else".to_owned(),
            })?;
        for table in tables {
            let mut tracker = TrackerConfig {
                name: String::new(),
                identities: Vec::new(),
            };
            let conflict = |name: &str, why: String| ConfigError::Conflict {
                place: self.place(table.span()),
                key: format!("{path}.{name}"),
                why,
            };
            for (name, item) in table {
                let place = || self.place_in(table, name);
                assign(&mut tracker, TRACKER_KEYS, path, (name, item), place)?;
            }
            if tracker.name.is_empty() {
                return Err(conflict("name", "every tracker needs a name".to_owned()));
            }
            if tracker.identities.is_empty() {
                let why = "by what is it known? irk, ibeacon, eddystone, address or local_name";
                return Err(conflict("name", format!("`{}`: {why}", tracker.name)));
            }
            if config.ble.trackers.iter().any(|t| t.name == tracker.name) {
                let why = format!("another tracker is already called `{}`", tracker.name);
                return Err(conflict("name", why));
            }
            if config.ble.trackers.len() >= tracker::MOST {
                let why = format!("at most {} trackers", tracker::MOST);
                return Err(conflict("name", why));
            }
            config.ble.trackers.push(tracker);
        }
        Ok(())
    }

    fn devices(&self, config: &mut Config, devices: &dyn TableLike) -> Result<(), ConfigError> {
        for (address, item) in devices.iter() {
            let place = || self.place_in(devices, address);
            let path = format!("devices.{address}");
            let id: DeviceId = address.parse().map_err(|_| ConfigError::BadValue {
                place: place(),
                key: path.clone(),
                expected: "an address: 0x and 16 (Zigbee) or 12 (BLE) hexadecimal digits"
                    .to_owned(),
                found: format!("{address:?}"),
            })?;
            let table = self.section(item, &path, place)?;
            let mut device = Device::default();
            for (name, item) in table.iter() {
                let place = || self.place_in(table, name);
                assign(&mut device, DEVICE_KEYS, &path, (name, item), place)?;
            }
            if let Some(name) = &device.friendly_name
                && config
                    .devices
                    .values()
                    .any(|other| other.friendly_name.as_ref() == Some(name))
            {
                return Err(ConfigError::Conflict {
                    place: self.place_in(table, "friendly_name"),
                    key: format!("{path}.friendly_name"),
                    why: format!("another device is already called `{name}`"),
                });
            }
            if config.devices.insert(id, device).is_some() {
                return Err(ConfigError::Conflict {
                    place: place(),
                    key: path,
                    why: "this device is given twice".to_owned(),
                });
            }
        }
        Ok(())
    }

    /// Checks what single keys cannot.
    fn fit(&self, config: &Config) -> Result<(), ConfigError> {
        let conflict = |key: &str, why: &str| {
            Err(ConfigError::Conflict {
                place: Place::File(self.file.to_owned()),
                key: key.to_owned(),
                why: why.to_owned(),
            })
        };
        let mqtt = &config.mqtt;
        let tls = matches!(mqtt.server, Server::Tls { .. });
        if mqtt.ca.is_some() && !tls {
            return conflict("mqtt.ca", "only with `mqtts://`");
        }
        if mqtt.insecure && !tls {
            return conflict("mqtt.insecure", "only with `mqtts://`");
        }
        if mqtt.password.is_some() && mqtt.user.is_none() {
            return conflict("mqtt.password", "needs `mqtt.user`");
        }
        if config.homeassistant.enabled && config.homeassistant.discovery_topic == mqtt.base_topic {
            return conflict(
                "homeassistant.discovery_topic",
                "must differ from `mqtt.base_topic`",
            );
        }
        Ok(())
    }
}

/// One key of a section that there may be several of, `path.name`, into `target`.
fn assign<T>(
    target: &mut T,
    keys: &[SectionKey<T>],
    path: &str,
    (name, item): (&str, &Item),
    place: impl Fn() -> Place,
) -> Result<(), ConfigError> {
    let path = format!("{path}.{name}");
    let Some(key) = keys.iter().find(|key| key.name == name) else {
        return Err(ConfigError::UnknownKey {
            place: place(),
            key: path,
            nearest: nearest(name, keys.iter().map(|key| key.name)),
        });
    };
    let raw = item
        .as_value()
        .map_or(Raw::Other("a section"), Raw::from_toml);
    (key.set)(target, &raw).ok_or_else(|| ConfigError::BadValue {
        place: place(),
        key: path,
        expected: key.expects.to_owned(),
        found: if key.secret {
            "something else".to_owned()
        } else {
            raw.to_string()
        },
    })
}

fn is_section(name: &str) -> bool {
    KEYS.iter().any(|key| {
        key.path
            .strip_prefix(name)
            .is_some_and(|rest| rest.starts_with('.'))
    })
}

/// The candidate most like `key`, if any is like enough.
fn nearest<'a>(key: &str, candidates: impl Iterator<Item = &'a str>) -> Option<String> {
    let name = |path: &str| path.rsplit('.').next().unwrap_or_default().to_owned();
    candidates
        .map(|candidate| {
            // A right name in a wrong section is as likely as a slip of the finger.
            let by_name = if name(key) == name(candidate) {
                2
            } else {
                usize::MAX
            };
            (distance(key, candidate).min(by_name), candidate)
        })
        .min_by_key(|(distance, _)| *distance)
        .filter(|(distance, _)| *distance <= 1 + key.len() / 4)
        .map(|(_, candidate)| candidate.to_owned())
}

/// Edit distance (insert, delete, replace).
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().take(100).collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, ca) in a.chars().take(100).enumerate() {
        let mut corner = i;
        let mut left = i + 1;
        for (cell, cb) in row.iter_mut().skip(1).zip(&b) {
            let replaced = corner + usize::from(ca != *cb);
            corner = *cell;
            left = replaced.min(corner + 1).min(left + 1);
            *cell = left;
        }
        if let Some(first) = row.first_mut() {
            *first = i + 1;
        }
    }
    row.last().copied().unwrap_or_default()
}
