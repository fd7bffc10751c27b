//! The devices of the home: records, names and options; what the document `registry` holds.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::time::Duration;

use radios::{Definition, DeviceId, DeviceInfo, DeviceKind, Expose, ExposeKind};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value as Json};

use super::groups::Group;
use super::names;
use super::scenes::Scene;
use super::state::State;
use crate::clock;

/// Most devices in one home; a Zigbee network holds fewer.
pub(super) const MOST_DEVICES: usize = 1000;

/// Makes a definition of a record: [`radios::devices::define`], or a table in tests.
pub type Define = fn(&DeviceInfo) -> Definition;

/// What a user sets for one device.
#[derive(Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Options {
    /// Its name; unique.
    pub friendly_name: String,
    /// The room it is in.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub room: Option<String>,
    /// What else people call it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub aliases: Vec<String>,
    /// One line for people.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// Whether the broker keeps its state.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub retain: bool,
    /// Quality of service of its state, 0 or 1.
    #[serde(skip_serializing_if = "is_zero")]
    pub qos: u8,
    /// Whether it is asked back before it is opened, unlocked or switched.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub confirm: bool,
    /// Key of a BLE device's advertisements. Kept, never shown.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bind_key: Option<String>,
}

const fn is_zero(number: &u8) -> bool {
    *number == 0
}

/// As shown to anyone.
impl std::fmt::Debug for Options {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_map().entries(self.shown()).finish()
    }
}

impl Options {
    /// As shown to anyone: secrets replaced.
    pub(super) fn shown(&self) -> Map<String, Json> {
        let mut shown = match serde_json::to_value(self) {
            Ok(Json::Object(map)) => map,
            _ => Map::new(),
        };
        if let Some(key) = shown.get_mut("bind_key") {
            *key = Json::from("(hidden)");
        }
        shown
    }

    /// Sets option `name`; `null` takes it back.
    ///
    /// # Errors
    /// What would be right.
    pub(super) fn set(&mut self, name: &str, value: &Json) -> Result<(), String> {
        let expected = |what: &str| format!("option '{name}' must be {what}");
        let text = |longest: usize| match value {
            Json::Null => Ok(None),
            Json::String(text) if text.trim().is_empty() => Ok(None),
            Json::String(text)
                if text.chars().count() <= longest && !text.contains(char::is_control) =>
            {
                Ok(Some(text.trim().to_owned()))
            }
            _ => Err(expected(&format!(
                "a text of at most {longest} characters, or null"
            ))),
        };
        match name {
            "room" => self.room = text(64)?,
            "description" => self.description = text(200)?,
            "aliases" => {
                let items = match value {
                    Json::Null => &[][..],
                    Json::Array(items) if items.len() <= 8 => items,
                    _ => return Err(expected("a list of at most 8 names")),
                };
                self.aliases = items
                    .iter()
                    .map(|item| match item {
                        Json::String(name)
                            if (1..=64).contains(&name.trim().chars().count())
                                && !name.contains(char::is_control) =>
                        {
                            Ok(name.trim().to_owned())
                        }
                        _ => Err(expected("a list of names of 1 to 64 characters")),
                    })
                    .collect::<Result<_, _>>()?;
            }
            "retain" | "confirm" => {
                let wanted = match value {
                    Json::Null => false,
                    Json::Bool(wanted) => *wanted,
                    _ => return Err(expected("true or false")),
                };
                if name == "retain" {
                    self.retain = wanted;
                } else {
                    self.confirm = wanted;
                }
            }
            "qos" => {
                self.qos = match value.as_u64() {
                    None if value.is_null() => 0,
                    Some(0) => 0,
                    Some(1) => 1,
                    _ => return Err(expected("0 or 1")),
                }
            }
            "bind_key" => {
                self.bind_key = match value {
                    Json::Null => None,
                    Json::String(key)
                        if matches!(key.len(), 24 | 32)
                            && key.bytes().all(|b| b.is_ascii_hexdigit()) =>
                    {
                        Some(key.to_ascii_lowercase())
                    }
                    _ => return Err(expected("24 or 32 hexadecimal digits, or null")),
                }
            }
            _ => {
                return Err(format!(
                    "unknown option '{name}'; known are room, aliases, description, retain, qos, confirm, bind_key"
                ));
            }
        }
        Ok(())
    }
}

/// A device of the home.
#[derive(Clone, Debug)]
pub(super) struct Device {
    pub(super) info: DeviceInfo,
    pub(super) definition: Definition,
    pub(super) options: Options,
    pub(super) state: State,
    pub(super) linkquality: Option<u8>,
    /// Milliseconds since 1970.
    pub(super) last_seen: Option<u64>,
    /// Whether it can be reached; nothing is known of a new device.
    pub(super) available: Option<bool>,
    /// When its availability is looked at again.
    pub(super) due: Duration,
    /// Pings without an answer in a row.
    pub(super) unanswered: u8,
    /// The base topic and its name.
    pub(super) topic: String,
    /// Properties shown as `null` while unknown.
    pub(super) expected: Vec<String>,
    /// What its buttons did so far: Home Assistant is told of an action when it is first seen.
    pub(super) actions: BTreeSet<String>,
    /// Its announcements to Home Assistant, as last published.
    pub(super) announced: BTreeSet<String>,
}

impl Device {
    /// Whether it listens all the time, so that asking it makes sense.
    pub(super) fn is_active(&self) -> bool {
        match self.info.kind {
            DeviceKind::Router => true,
            DeviceKind::EndDevice => self
                .info
                .power_source
                .as_deref()
                .is_some_and(|source| source.starts_with("Mains") || source.starts_with("DC")),
            DeviceKind::Coordinator | DeviceKind::Ble | DeviceKind::Unknown => false,
        }
    }

    /// Whether it is a Zigbee device.
    pub(super) const fn radio(&self) -> radios::Radio {
        match self.info.id {
            DeviceId::Zigbee(_) => radios::Radio::Zigbee,
            DeviceId::Ble(_) => radios::Radio::Ble,
        }
    }

    /// When it was last heard, as it is shown of a BLE device: that is all there is to know of one
    /// that only talks.
    pub(super) fn shown_last_seen(&self) -> Option<String> {
        match self.info.id {
            DeviceId::Ble(mac) if !radios::ble::is_tracker(mac) => self
                .last_seen
                .map(|ms| clock::utc(Duration::from_millis(ms))),
            _ => None,
        }
    }

    /// Every exposed value, features of lights and the like included.
    pub(super) fn exposes(&self) -> impl Iterator<Item = &Expose> {
        self.definition.exposes.iter().flat_map(|expose| {
            let own = expose.property.is_some().then_some(expose);
            let features: &[Expose] = match expose.kind {
                ExposeKind::Composite | ExposeKind::List => &[],
                _ => &expose.features,
            };
            own.into_iter().chain(features)
        })
    }

    /// The state of each lamp and blind of a device with several, under the names a single one has:
    /// Home Assistant reads these.
    pub(super) fn parts(&self) -> Vec<(String, radios::Value)> {
        let kinds = [ExposeKind::Light, ExposeKind::Cover];
        self.definition
            .exposes
            .iter()
            .filter(|expose| kinds.contains(&expose.kind))
            .filter_map(|expose| {
                let endpoint = expose.endpoint?;
                let suffix = format!("_{endpoint}");
                let values = expose
                    .features
                    .iter()
                    .filter_map(|feature| {
                        let property = feature.property.as_deref()?;
                        let bare = property.strip_suffix(&*suffix).unwrap_or(property);
                        Some((bare.to_owned().into(), self.state.get(property)?.clone()))
                    })
                    .collect();
                let topic = format!("{}/{endpoint}", self.topic);
                Some((topic, radios::Value::Object(values)))
            })
            .collect()
    }

    /// Properties that can be read on demand.
    pub(super) fn readable(&self) -> Vec<radios::Property> {
        self.exposes()
            .filter(|expose| expose.access.is_some_and(|a| a & Expose::GET != 0))
            .filter_map(|expose| expose.property.clone().map(Into::into))
            .collect()
    }
}

/// All devices, found by address or name.
#[derive(Debug)]
pub(super) struct Registry {
    devices: BTreeMap<DeviceId, Device>,
    names: HashMap<String, DeviceId>,
    blocked: BTreeSet<DeviceId>,
    pub(super) groups: Vec<Group>,
    pub(super) scenes: Vec<Scene>,
    base_topic: String,
    define: Define,
}

/// What the document holds.
#[derive(Debug, Default, Deserialize)]
struct Stored {
    #[serde(default)]
    devices: Vec<StoredDevice>,
    #[serde(default)]
    blocked: BTreeSet<DeviceId>,
    #[serde(default)]
    groups: Vec<Group>,
    #[serde(default)]
    scenes: Vec<Scene>,
}

#[derive(Debug, Deserialize)]
struct StoredDevice {
    info: DeviceInfo,
    #[serde(default)]
    options: Options,
}

#[derive(Serialize)]
struct Storing<'a> {
    devices: Vec<StoringDevice<'a>>,
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    blocked: &'a BTreeSet<DeviceId>,
    #[serde(skip_serializing_if = "<[Group]>::is_empty")]
    groups: &'a [Group],
    #[serde(skip_serializing_if = "<[Scene]>::is_empty")]
    scenes: &'a [Scene],
}

#[derive(Serialize)]
struct StoringDevice<'a> {
    info: &'a DeviceInfo,
    options: &'a Options,
}

impl Registry {
    pub(super) fn new(base_topic: String, define: Define) -> Self {
        Self {
            devices: BTreeMap::new(),
            names: HashMap::new(),
            blocked: BTreeSet::new(),
            groups: Vec::new(),
            scenes: Vec::new(),
            base_topic,
            define,
        }
    }

    /// Takes in what the document `registry` holds.
    pub(super) fn load(&mut self, body: &[u8]) -> Result<(), serde_json::Error> {
        let stored: Stored = serde_json::from_slice(body)?;
        self.blocked = stored.blocked;
        self.groups = stored.groups;
        self.scenes = stored.scenes;
        for device in stored.devices {
            self.insert(device.info, device.options);
        }
        Ok(())
    }

    /// The document `registry`.
    pub(super) fn store(&self) -> Result<Vec<u8>, serde_json::Error> {
        serde_json::to_vec(&Storing {
            devices: self
                .devices
                .values()
                .map(|device| StoringDevice {
                    info: &device.info,
                    options: &device.options,
                })
                .collect(),
            blocked: &self.blocked,
            groups: &self.groups,
            scenes: &self.scenes,
        })
    }

    pub(super) fn get(&self, id: DeviceId) -> Option<&Device> {
        self.devices.get(&id)
    }

    pub(super) fn get_mut(&mut self, id: DeviceId) -> Option<&mut Device> {
        self.devices.get_mut(&id)
    }

    /// The device of this name or address.
    pub(super) fn find(&self, key: &str) -> Option<DeviceId> {
        if let Some(id) = self.names.get(key) {
            return Some(*id);
        }
        let id = key.parse().ok()?;
        self.devices.contains_key(&id).then_some(id)
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &Device> {
        self.devices.values()
    }

    pub(super) fn iter_mut(&mut self) -> impl Iterator<Item = &mut Device> {
        self.devices.values_mut()
    }

    pub(super) fn len(&self) -> usize {
        self.devices.len()
    }

    pub(super) fn is_blocked(&self, id: DeviceId) -> bool {
        self.blocked.contains(&id)
    }

    pub(super) fn unblock(&mut self, id: DeviceId) {
        self.blocked.remove(&id);
    }

    pub(super) fn block(&mut self, id: DeviceId) {
        if self.blocked.len() < MOST_DEVICES {
            self.blocked.insert(id);
        }
    }

    /// Adds a device. A name that is not free or not fit is replaced by the address.
    pub(super) fn insert(&mut self, info: DeviceInfo, mut options: Options) {
        let id = info.id;
        let taken = self
            .names
            .get(&options.friendly_name)
            .is_some_and(|other| *other != id);
        if taken || names::check(&options.friendly_name, id).is_err() {
            options.friendly_name = id.to_string();
        }
        let topic = format!("{}/{}", self.base_topic, options.friendly_name);
        self.names.insert(options.friendly_name.clone(), id);
        let definition = define(self.define, &info);
        // What a button can do is known by what it did.
        let actions = info
            .ble
            .iter()
            .flat_map(|ble| ble.actions.clone())
            .collect();
        let mut device = Device {
            info,
            definition,
            options,
            state: State::default(),
            linkquality: None,
            last_seen: None,
            available: None,
            due: Duration::MAX,
            unanswered: 0,
            topic,
            expected: Vec::new(),
            actions,
            announced: BTreeSet::new(),
        };
        device.expected = expected(&device);
        self.devices.insert(id, device);
    }

    /// Replaces the record of a known device. Says whether it changed.
    pub(super) fn update(&mut self, info: DeviceInfo) -> bool {
        let with = self.define;
        match self.devices.get_mut(&info.id) {
            Some(device) if device.info != info => {
                device.definition = define(with, &info);
                device.info = info;
                device.expected = expected(device);
                true
            }
            _ => false,
        }
    }

    /// Gives a device another name.
    ///
    /// # Errors
    /// Why not, for people; nothing changed.
    pub(super) fn rename(&mut self, id: DeviceId, name: &str) -> Result<(), String> {
        names::check(name, id)?;
        let group = self.groups.iter().any(|group| group.name == name);
        match self.names.get(name) {
            _ if group => {
                return Err(format!("friendly_name '{name}' is a group's"));
            }
            Some(other) if *other != id => {
                return Err(format!("friendly_name '{name}' is already in use"));
            }
            _ => {}
        }
        let topic = format!("{}/{name}", self.base_topic);
        let device = self
            .devices
            .get_mut(&id)
            .ok_or_else(|| format!("Device '{id}' does not exist"))?;
        let old = std::mem::replace(&mut device.options.friendly_name, name.to_owned());
        device.topic = topic;
        self.names.remove(&old);
        self.names.insert(name.to_owned(), id);
        Ok(())
    }

    /// Forgets a device.
    pub(super) fn remove(&mut self, id: DeviceId) -> Option<Device> {
        let device = self.devices.remove(&id)?;
        self.names.remove(&device.options.friendly_name);
        Some(device)
    }
}

/// What a device offers; over Zigbee also how well it is heard.
fn define(with: Define, info: &DeviceInfo) -> Definition {
    let mut definition = with(info);
    let heard = "linkquality";
    if matches!(info.id, DeviceId::Zigbee(_))
        && definition.exposes.iter().all(|e| e.name != Some(heard))
    {
        definition.exposes.push(Expose {
            name: Some(heard),
            label: Some("Linkquality".to_owned()),
            property: Some(heard.to_owned()),
            access: Some(Expose::STATE),
            description: Some("Link quality (signal strength)"),
            category: Some("diagnostic"),
            unit: Some("lqi"),
            value_min: Some(0.0),
            value_max: Some(255.0),
            ..Expose::of(ExposeKind::Numeric)
        });
    }
    definition
}

/// Top-level properties that are part of the published state.
fn expected(device: &Device) -> Vec<String> {
    device
        .exposes()
        .filter(|expose| expose.access.is_some_and(|a| a & Expose::STATE != 0))
        .filter_map(|expose| expose.property.clone())
        .collect()
}
