//! From text to [`Config`].

use std::collections::BTreeMap;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};

use radios::DeviceId;
use radios::ble::{Adopt, Rules, TrackerConfig, tracker};

use super::keys::{DEVICE_KEYS, KEYS, Key, SATELLITE_KEYS, SectionKey, TRACKER_KEYS};
use super::names::{is_section, nearest, sections};
use super::raw::Raw;
use super::tree::{Entry, Item, Table};
use super::uci;
use super::{
    Ble, Config, ConfigError, Confirm, Device, HomeAssistant, Level, Mqtt, Place, Satellite,
    Server, Tts, Voice, Web, Wyoming, Zigbee,
};

/// As many can be listened to at a time.
const MOST_SATELLITES: usize = 8;

impl Default for Config {
    fn default() -> Self {
        let local = |port| SocketAddr::from((Ipv4Addr::LOCALHOST, port));
        Self {
            data_dir: PathBuf::from("data"),
            control: None,
            ubus: None,
            state_dir: None,
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
                wake: Vec::new(),
                wake_folder: None,
                confirm: vec![Confirm::Lock, Confirm::Garage, Confirm::AllOff],
                confirm_typed: false,
                speaker: None,
                tts: Tts::Off,
                earcons: true,
                satellites: BTreeMap::new(),
                wyoming: Wyoming::default(),
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
        // A copy is read where the original is for root alone; errors name the original.
        let shown =
            std::env::var_os("HEARTH_CONFIG_NAME").map_or_else(|| file.into(), PathBuf::from);
        Self::parse(&text, &shown, |name| std::env::var(name).ok())
    }

    /// Reads `text`, which came from `file`, in TOML or UCI syntax; `environment` looks variables up.
    ///
    /// # Errors
    /// The first thing that is wrong, with its place.
    pub fn parse(
        text: &str,
        file: &Path,
        environment: impl Fn(&str) -> Option<String>,
    ) -> Result<Self, ConfigError> {
        let (mut config, root) = if uci::is_uci(text, file) {
            (Self::on_openwrt(), uci::tree(text, file)?)
        } else {
            (Self::default(), Table::from_toml(text, file)?)
        };
        table(&mut config, "", &root)?;
        for key in KEYS {
            let variable = key.variable();
            if let Some(value) = environment(&variable) {
                let raw = Raw::Environment(value);
                apply(&mut config, key, &raw, || Place::Environment(variable))?;
            }
        }
        fit(&config, file)?;
        Ok(config)
    }

    /// The defaults where the configuration is UCI: the places that OpenWrt has for such things.
    fn on_openwrt() -> Self {
        Self {
            data_dir: PathBuf::from("/etc/hearth"),
            control: Some(PathBuf::from("/var/run/hearth/control.sock")),
            ..Self::default()
        }
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

fn table(config: &mut Config, section: &str, table: &Table) -> Result<(), ConfigError> {
    for entry in &table.entries {
        let name = &entry.name;
        let path = if section.is_empty() {
            name.clone()
        } else {
            format!("{section}.{name}")
        };
        if let Some(key) = KEYS.iter().find(|key| key.path == path) {
            apply(config, key, entry.item.raw(), || entry.place.clone())?;
        } else if path == "ble.tracker" {
            trackers(config, entry)?;
        } else if path == "voice.satellites" {
            satellites(config, section_of(entry, &path)?)?;
        } else if path == "voice.wyoming" {
            self::table(config, &path, section_of(entry, &path)?)?;
        } else if section.is_empty() && name == "devices" {
            devices(config, section_of(entry, &path)?)?;
        } else if section.is_empty() && is_section(name) {
            self::table(config, name, section_of(entry, &path)?)?;
        } else {
            let nearest = match entry.item {
                Item::Table(_) if section.is_empty() => {
                    nearest(&path, sections().chain(["devices"]))
                }
                _ => nearest(&path, KEYS.iter().map(|key| key.path)),
            };
            return Err(ConfigError::UnknownKey {
                place: entry.place.clone(),
                key: path,
                nearest,
            });
        }
    }
    Ok(())
}

fn section_of<'t>(entry: &'t Entry, path: &str) -> Result<&'t Table, ConfigError> {
    let found = match &entry.item {
        Item::Table(table) => return Ok(table),
        Item::Tables(_) => "a list".to_owned(),
        Item::Value(raw) => raw.to_string(),
    };
    Err(ConfigError::BadValue {
        place: entry.place.clone(),
        key: path.to_owned(),
        expected: format!("a section `[{path}]`"),
        found,
    })
}

/// Every section `[[ble.tracker]]`.
fn trackers(config: &mut Config, entry: &Entry) -> Result<(), ConfigError> {
    let path = "ble.tracker";
    let Item::Tables(tables) = &entry.item else {
        return Err(ConfigError::BadValue {
            place: entry.place.clone(),
            key: path.to_owned(),
            expected: "sections `[[ble.tracker]]`".to_owned(),
            found: "something else".to_owned(),
        });
    };
    for table in tables {
        let mut tracker = TrackerConfig {
            name: String::new(),
            identities: Vec::new(),
        };
        let conflict = |name: &str, why: String| ConfigError::Conflict {
            place: table.place.clone(),
            key: format!("{path}.{name}"),
            why,
        };
        for entry in &table.entries {
            assign(&mut tracker, TRACKER_KEYS, path, entry)?;
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

/// Every section `[voice.satellites.NAME]`.
fn satellites(config: &mut Config, all: &Table) -> Result<(), ConfigError> {
    for entry in &all.entries {
        let name = &entry.name;
        let path = format!("voice.satellites.{name}");
        let conflict = |why: &str| ConfigError::Conflict {
            place: entry.place.clone(),
            key: path.clone(),
            why: why.to_owned(),
        };
        let good = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-' | ' ');
        if name.is_empty() || name.chars().count() > 32 || !name.chars().all(good) {
            return Err(conflict(
                "a satellite's name has 1 to 32 letters and digits",
            ));
        }
        let mut satellite = Satellite::default();
        for entry in &section_of(entry, &path)?.entries {
            assign(&mut satellite, SATELLITE_KEYS, &path, entry)?;
        }
        if satellite.server.is_empty() {
            return Err(conflict("where is it? server = \"tcp://host:10700\""));
        }
        if config.voice.satellites.len() >= MOST_SATELLITES {
            return Err(conflict("there are too many satellites"));
        }
        config.voice.satellites.insert(name.clone(), satellite);
    }
    Ok(())
}

fn devices(config: &mut Config, devices: &Table) -> Result<(), ConfigError> {
    for entry in &devices.entries {
        let address = &entry.name;
        let path = format!("devices.{address}");
        let id: DeviceId = address.parse().map_err(|_| ConfigError::BadValue {
            place: entry.place.clone(),
            key: path.clone(),
            expected: "an address: 0x and 16 (Zigbee) or 12 (BLE) hexadecimal digits".to_owned(),
            found: format!("{address:?}"),
        })?;
        let table = section_of(entry, &path)?;
        let mut device = Device::default();
        for entry in &table.entries {
            assign(&mut device, DEVICE_KEYS, &path, entry)?;
        }
        if let Some(name) = &device.friendly_name
            && config
                .devices
                .values()
                .any(|other| other.friendly_name.as_ref() == Some(name))
        {
            let named = table.entries.iter().find(|e| e.name == "friendly_name");
            return Err(ConfigError::Conflict {
                place: named.map_or(&entry.place, |named| &named.place).clone(),
                key: format!("{path}.friendly_name"),
                why: format!("another device is already called `{name}`"),
            });
        }
        if config.devices.insert(id, device).is_some() {
            return Err(ConfigError::Conflict {
                place: entry.place.clone(),
                key: path,
                why: "this device is given twice".to_owned(),
            });
        }
    }
    Ok(())
}

/// Checks what single keys cannot.
fn fit(config: &Config, file: &Path) -> Result<(), ConfigError> {
    let conflict = |key: &str, why: &str| {
        Err(ConfigError::Conflict {
            place: Place::File(file.to_owned()),
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

/// One key of a section that there may be several of, `path.name`, into `target`.
fn assign<T>(
    target: &mut T,
    keys: &[SectionKey<T>],
    path: &str,
    entry: &Entry,
) -> Result<(), ConfigError> {
    let path = format!("{path}.{}", entry.name);
    let Some(key) = keys.iter().find(|key| key.name == entry.name) else {
        return Err(ConfigError::UnknownKey {
            place: entry.place.clone(),
            key: path,
            nearest: nearest(&entry.name, keys.iter().map(|key| key.name)),
        });
    };
    let raw = entry.item.raw();
    (key.set)(target, raw).ok_or_else(|| ConfigError::BadValue {
        place: entry.place.clone(),
        key: path,
        expected: key.expects.to_owned(),
        found: if key.secret {
            "something else".to_owned()
        } else {
            raw.to_string()
        },
    })
}
