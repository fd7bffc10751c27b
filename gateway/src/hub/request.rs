//! `bridge/request/…` and its answers on `bridge/response/…`.
//!
//! A request is a JSON object, or the bare text of its main member. Its `transaction` comes back in
//! the answer. A wrong request changes nothing.

mod ble;
mod gatt;

use radios::{Changes, Command, CommandError, DeviceId, Outcome, Radio};
use serde_json::{Map, Value as Json, json as json_value};

use super::command::{LARGEST, Pending, read_values};
use super::durable::Held;
use super::state::Published;
use super::{Effect, Hub, Now, Qos, Utterance, groups, json, scenes};
use crate::config::{Level, Secret};

/// An answer still to be given.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Reply {
    /// `device/rename`
    path: String,
    transaction: Option<Json>,
    /// What a good answer holds.
    data: Json,
}

impl Reply {
    /// With `data` for a good answer.
    pub(super) fn with(self, data: Json) -> Self {
        Self { data, ..self }
    }

    /// With what a radio told besides.
    fn and(mut self, told: Changes) -> Self {
        if let Some(data) = self.data.as_object_mut() {
            for (key, value) in told {
                data.insert(key.into_owned(), json_value!(value));
            }
        }
        self
    }
}

/// What to do when the radio has done its part.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Action {
    /// Answer.
    Answer,
    /// Answer with what the radio told.
    Pass,
    /// Show what was set, then answer.
    Set { id: DeviceId },
    /// Joining is open for so many seconds.
    Permit { seconds: u8 },
    /// Forget the device.
    Forget { id: DeviceId, block: bool },
    /// Set options, now that the key among them was checked.
    Options {
        id: DeviceId,
        wanted: Secret<Map<String, Json>>,
    },
    /// Keep what was taken up: its name, its key.
    Adopt {
        id: DeviceId,
        name: Option<String>,
        key: Option<Secret<String>>,
    },
}

/// A request, read.
pub(super) struct Asked {
    pub(super) reply: Reply,
    pub(super) members: Map<String, Json>,
}

impl Asked {
    /// The text `name`; a bare payload stands for `main`.
    pub(super) fn text(&self, name: &str) -> Result<&str, String> {
        match self.members.get(name) {
            Some(Json::String(text)) => Ok(text),
            Some(_) => Err(format!("Invalid payload: '{name}' must be a text")),
            None => Err(format!("Invalid payload: '{name}' is missing")),
        }
    }

    pub(super) fn flag(&self, name: &str) -> Result<bool, String> {
        match self.members.get(name) {
            None | Some(Json::Null) => Ok(false),
            Some(Json::Bool(flag)) => Ok(*flag),
            Some(_) => Err(format!("Invalid payload: '{name}' must be true or false")),
        }
    }
}

/// How one request is handled: at once, or later (`None`) when something else must happen first.
type Handler = fn(&mut Hub, &Asked, Now) -> Result<Option<Json>, String>;

/// Every request: its path, the member that a bare payload stands for, and its handler.
const REQUESTS: &[(&str, &str, Handler)] = &[
    ("permit_join", "time", permit_join),
    ("device/set", "", set),
    ("device/rename", "", rename),
    ("device/remove", "id", remove),
    ("device/options", "", options),
    ("device/interview", "id", interview),
    ("device/states", "", states),
    ("group/add", "friendly_name", groups::add),
    ("group/remove", "id", groups::remove),
    ("group/rename", "", groups::rename),
    ("group/options", "", groups::options),
    ("group/members/add", "", groups::member_add),
    ("group/members/remove", "", groups::member_remove),
    (
        "group/members/remove_all",
        "device",
        groups::member_remove_all,
    ),
    ("scene/store", "name", scenes::store),
    ("scene/recall", "name", scenes::recall),
    ("scene/remove", "name", scenes::remove),
    ("scene/rename", "", scenes::rename),
    ("ble/nearby", "", ble::nearby),
    ("ble/adopt", "address", ble::adopt),
    ("ble/gatt", "", gatt::gatt),
    ("say", "text", say),
    ("health_check", "", health_check),
];

impl Hub {
    pub(super) fn request(&mut self, path: &str, payload: &[u8], now: Now) {
        let asked = match read(path, payload) {
            Ok(asked) => asked,
            Err((reply, why)) => return self.reply(reply, Err(why)),
        };
        let Some((.., handler)) = REQUESTS.iter().find(|(known, ..)| *known == path) else {
            let known: Vec<&str> = REQUESTS.iter().map(|(path, ..)| *path).collect();
            let why = format!("unknown request; known are {}", known.join(", "));
            return self.reply(asked.reply, Err(why));
        };
        match handler(self, &asked, now) {
            Ok(Some(data)) => self.reply(
                Reply {
                    data,
                    ..asked.reply
                },
                Ok(()),
            ),
            Ok(None) => {}
            Err(why) => self.reply(asked.reply, Err(why)),
        }
    }

    /// Publishes an answer; an error is also logged.
    pub(super) fn reply(&mut self, reply: Reply, result: Result<(), String>) {
        let mut answer = match result {
            Ok(()) => json_value!({"data": reply.data, "status": "ok"}),
            Err(why) => {
                self.log(Level::Error, format!("request '{}': {why}", reply.path));
                json_value!({"data": {}, "status": "error", "error": why})
            }
        };
        if let (Some(transaction), Some(answer)) = (reply.transaction, answer.as_object_mut()) {
            answer.insert("transaction".to_owned(), transaction);
        }
        let topic = format!("bridge/response/{}", reply.path);
        self.publish(&topic, json(&answer), false, Qos::AtMostOnce);
    }

    /// The radio has done its part of a request, or could not.
    pub(super) fn acted(&mut self, reply: Reply, action: Action, outcome: Outcome, now: Now) {
        match (action, outcome) {
            (Action::Answer, Ok(_)) => self.reply(reply, Ok(())),
            (Action::Pass, Ok(told)) => self.reply(reply.and(told), Ok(())),
            (Action::Set { id }, Ok(changes)) => {
                // Who is connected does not advertise.
                if let DeviceId::Ble(_) = id {
                    self.heard(id, now);
                }
                self.show(id, changes.clone(), now);
                self.reply(reply.and(changes), Ok(()));
            }
            (Action::Permit { seconds }, Ok(_)) => {
                self.permit(seconds, now);
                self.reply(reply, Ok(()));
            }
            (Action::Options { id, wanted }, Ok(told)) => {
                self.set_options(id, wanted.reveal(), reply.and(told), now);
            }
            // A key that cannot be checked now is when the radio is back.
            (Action::Options { id, wanted }, Err(CommandError::Unavailable(_))) => {
                self.set_options(id, wanted.reveal(), reply, now);
            }
            (Action::Options { id, .. }, Err(why)) => {
                let why = format!("{}: {why}", self.called(id));
                self.reply(reply, Err(why));
            }
            (Action::Adopt { id, name, key }, Ok(told)) => {
                self.adopted(id, name, key, reply.and(told));
            }
            (Action::Adopt { id, .. }, Err(why)) => {
                self.reply(reply, Err(format!("{}: {why}", self.called(id))));
            }
            (Action::Forget { id, block }, Ok(_) | Err(CommandError::UnknownDevice(_))) => {
                self.forget(id, block, reply, now);
            }
            (_, Err(why)) => self.reply(reply, Err(why.to_string())),
        }
    }

    /// Sets options that were found good.
    fn set_options(&mut self, id: DeviceId, wanted: &Map<String, Json>, reply: Reply, now: Now) {
        let Some(device) = self.registry.get_mut(id) else {
            return self.reply(reply, Err(format!("Device '{id}' does not exist")));
        };
        let from = device.options.clone();
        let mut to = from.clone();
        for (option, value) in wanted {
            if let Err(why) = to.set(option, value) {
                return self.reply(reply, Err(why));
            }
        }
        device.options = to.clone();
        let topic = device.topic.clone();
        let mut reply = reply;
        if let Some(data) = reply.data.as_object_mut() {
            data.insert("from".to_owned(), Json::Object(from.shown()));
            data.insert("to".to_owned(), Json::Object(to.shown()));
            data.insert("restart_required".to_owned(), Json::Bool(false));
        }
        self.keep_registry(Held {
            then: Vec::new(),
            reply: Some(reply),
        });
        if from.bind_key.is_some() && to.bind_key.is_none() {
            let none = vec![("key_status".into(), radios::Value::Null)];
            self.show(id, none, now);
        }
        if from.retain && !to.retain {
            self.clear_when_kept(topic);
        } else if to.retain && !from.retain {
            self.publish_device(id, &[]);
        }
        if from.room != to.room {
            self.announce_when_kept(id);
        }
    }

    /// Forgets a device, its state and what is retained of it.
    fn forget(&mut self, id: DeviceId, block: bool, reply: Reply, now: Now) {
        if block {
            self.registry.block(id);
        }
        if let Some(device) = self.registry.remove(id) {
            self.reread.retain(|(_, other)| *other != id);
            if self.registry.leave_groups(id) {
                self.publish_groups();
            }
            let topics = [
                device.topic.clone(),
                format!("{}/availability", device.topic),
            ];
            self.state_changed(now);
            self.log(
                Level::Info,
                format!("'{}' is removed", device.options.friendly_name),
            );
            self.keep_registry(Held {
                then: Vec::new(),
                reply: Some(reply),
            });
            let announced = device.announced.into_iter();
            for topic in topics.into_iter().chain(announced) {
                self.clear_when_kept(topic);
            }
        } else {
            self.reply(reply, Ok(()));
        }
    }

    /// Clears a retained topic once every write under way is on disk.
    pub(super) fn clear_when_kept(&mut self, topic: String) {
        let before = self.out.len();
        self.clear(topic);
        let effects = self.out.split_off(before);
        self.after_writes(effects);
    }

    pub(super) fn device(&self, name: &str) -> Result<DeviceId, String> {
        self.registry.find(name).ok_or_else(|| {
            let shown: String = name.chars().take(64).collect();
            format!("Device '{shown}' does not exist")
        })
    }
}

fn read(path: &str, payload: &[u8]) -> Result<Asked, (Reply, String)> {
    let good = path.len() <= 64
        && path
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b"/_".contains(&b));
    let reply = Reply {
        path: if good { path } else { "unknown" }.to_owned(),
        ..Reply::default()
    };
    if payload.len() > LARGEST {
        let why = format!(
            "Invalid payload: it has {} bytes; at most {LARGEST} are taken",
            payload.len()
        );
        return Err((reply, why));
    }
    let Ok(text) = std::str::from_utf8(payload) else {
        return Err((reply, "Invalid payload: it is not UTF-8".to_owned()));
    };
    let value = match serde_json::from_str::<Json>(text) {
        Ok(value) => value,
        Err(error) if text.trim_start().starts_with(['{', '[', '"']) => {
            return Err((reply, format!("Invalid payload: it is not JSON: {error}")));
        }
        Err(_) => Json::from(text),
    };
    let mut members = match value {
        Json::Object(members) => members,
        Json::Null => Map::new(),
        bare => {
            let main = REQUESTS
                .iter()
                .find(|(known, ..)| *known == path)
                .map_or("", |(_, main, _)| main);
            if main.is_empty() && bare.as_str() != Some("") {
                let why = "Invalid payload: it must be a JSON object".to_owned();
                return Err((reply, why));
            }
            Map::from_iter([(main.to_owned(), bare)])
        }
    };
    let transaction = members.remove("transaction");
    Ok(Asked {
        reply: Reply {
            transaction,
            ..reply
        },
        members,
    })
}

fn permit_join(hub: &mut Hub, asked: &Asked, _now: Now) -> Result<Option<Json>, String> {
    let time = match asked.members.get("time") {
        Some(Json::Number(number)) => number.as_u64(),
        Some(Json::String(text)) => text.trim().parse().ok(),
        _ => None,
    };
    let seconds = time
        .and_then(|time| u8::try_from(time).ok())
        .filter(|seconds| *seconds < 255)
        .ok_or("Invalid payload: 'time' must be seconds from 0 to 254")?;
    let mut data = json_value!({"time": seconds});
    let through = match asked.members.get("device") {
        None | Some(Json::Null) => None,
        Some(Json::String(name)) => {
            if let Some(data) = data.as_object_mut() {
                data.insert("device".to_owned(), Json::from(name.clone()));
            }
            match &hub.network {
                Some(network) if name == "Coordinator" => Some(network.coordinator.into()),
                _ => Some(hub.device(name)?),
            }
        }
        Some(_) => return Err("Invalid payload: 'device' must be a text".to_owned()),
    };
    let reply = Reply {
        data,
        ..asked.reply.clone()
    };
    let (zigbee, ble) = (hub.settings.zigbee, hub.settings.ble && through.is_none());
    if !zigbee && !ble {
        return Err("Zigbee is switched off in the configuration".to_owned());
    }
    // Both radios listen for newcomers; where there is a dongle, its answer counts.
    for (radio, there) in [(Radio::Ble, ble), (Radio::Zigbee, zigbee)] {
        if !there {
            continue;
        }
        let pending = match (radio, zigbee) {
            (Radio::Zigbee, _) => Pending::Request(reply.clone(), Action::Answer),
            (Radio::Ble, false) => Pending::Request(reply.clone(), Action::Permit { seconds }),
            (Radio::Ble, true) => Pending::Quiet,
        };
        let token = hub
            .expect(pending)
            .ok_or("too many commands are under way")?;
        hub.out.push(Effect::Command {
            radio,
            command: Command::PermitJoin {
                token,
                seconds,
                through,
            },
        });
    }
    Ok(None)
}

/// As `<name>/set`, for whoever wants to know what came of it: the answer tells what is set now.
fn set(hub: &mut Hub, asked: &Asked, now: Now) -> Result<Option<Json>, String> {
    let name = asked.text("id")?;
    let id = hub.device(name)?;
    let values = match asked.members.get("values") {
        Some(values @ Json::Object(_)) => read_values(values.to_string().as_bytes(), None)
            .map_err(|why| format!("Invalid payload: {why}"))?,
        _ => return Err("Invalid payload: 'values' must be an object".to_owned()),
    };
    let reply = asked.reply.clone().with(json_value!({"id": name}));
    let pending = Pending::Request(reply, Action::Set { id });
    if hub.set_values(id, None, values, pending, now) {
        Ok(None)
    } else {
        Err("too many commands are under way".to_owned())
    }
}

fn rename(hub: &mut Hub, asked: &Asked, _now: Now) -> Result<Option<Json>, String> {
    let id = if asked.flag("last")? {
        hub.last_joined
            .filter(|id| hub.registry.get(*id).is_some())
            .ok_or("No device has joined since start")?
    } else {
        hub.device(asked.text("from")?)?
    };
    let to = asked.text("to")?;
    let homeassistant = asked.flag("homeassistant_rename")?;
    let (from, topics) = hub
        .registry
        .get(id)
        .map(|device| {
            let topics = [
                device.topic.clone(),
                format!("{}/availability", device.topic),
            ];
            (device.options.friendly_name.clone(), topics)
        })
        .ok_or_else(|| format!("Device '{id}' does not exist"))?;
    hub.registry.rename(id, to)?;
    let data = json_value!({"from": from, "to": to, "homeassistant_rename": homeassistant});
    hub.keep_registry(Held {
        then: Vec::new(),
        reply: Some(Reply {
            data,
            ..asked.reply.clone()
        }),
    });
    if from != to {
        for topic in topics {
            hub.clear_when_kept(topic);
        }
        let before = hub.out.len();
        hub.publish_availability(id);
        hub.publish_device(id, &[]);
        let effects = hub.out.split_off(before);
        hub.after_writes(effects);
        hub.announce_when_kept(id);
    }
    Ok(None)
}

fn remove(hub: &mut Hub, asked: &Asked, now: Now) -> Result<Option<Json>, String> {
    let name = asked.text("id")?;
    let id = hub.device(name)?;
    let (block, force) = (asked.flag("block")?, asked.flag("force")?);
    let reply = Reply {
        data: json_value!({"id": name, "block": block, "force": force}),
        ..asked.reply.clone()
    };
    let there = match id {
        DeviceId::Zigbee(_) => hub.settings.zigbee,
        DeviceId::Ble(_) => hub.settings.ble,
    };
    if force && !there {
        hub.forget(id, block, reply, now);
        return Ok(None);
    }
    let token = hub
        .expect(Pending::Request(reply, Action::Forget { id, block }))
        .ok_or("too many commands are under way")?;
    hub.send(id, Command::Remove { token, id, force }, now);
    Ok(None)
}

fn options(hub: &mut Hub, asked: &Asked, now: Now) -> Result<Option<Json>, String> {
    let name = asked.text("id")?;
    let id = hub.device(name)?;
    let Some(Json::Object(wanted)) = asked.members.get("options") else {
        return Err("Invalid payload: 'options' must be an object".to_owned());
    };
    let device = hub
        .registry
        .get(id)
        .ok_or_else(|| format!("Device '{name}' does not exist"))?;
    let mut to = device.options.clone();
    for (option, value) in wanted {
        to.set(option, value)?;
    }
    let other_key = to.bind_key != device.options.bind_key;
    let reply = asked.reply.clone().with(json_value!({"id": name}));
    if !other_key {
        hub.set_options(id, wanted, reply, now);
        return Ok(None);
    }
    let key = to.bind_key.map(radios::KeyText);
    let wanted = Secret::new(wanted.clone());
    let token = hub
        .expect(Pending::Request(reply, Action::Options { id, wanted }))
        .ok_or("too many commands are under way")?;
    hub.send(id, Command::BindKey { token, id, key }, now);
    Ok(None)
}

fn interview(hub: &mut Hub, asked: &Asked, now: Now) -> Result<Option<Json>, String> {
    let name = asked.text("id")?;
    let id = hub.device(name)?;
    let reply = Reply {
        data: json_value!({"id": name}),
        ..asked.reply.clone()
    };
    let token = hub
        .expect(Pending::Request(reply, Action::Answer))
        .ok_or("too many commands are under way")?;
    hub.send(id, Command::Interview { token, id }, now);
    Ok(None)
}

/// The last state of every device, by name: for whoever came after it was published.
fn states(hub: &mut Hub, _asked: &Asked, _now: Now) -> Result<Option<Json>, String> {
    let states: Map<String, Json> = hub
        .registry
        .iter()
        .map(|device| {
            let state = Published {
                state: &device.state,
                momentary: &[],
                linkquality: device.linkquality,
                expected: &[],
                last_seen: device.shown_last_seen(),
            };
            (device.options.friendly_name.clone(), json_value!(state))
        })
        .collect();
    Ok(Some(Json::Object(states)))
}

fn say(hub: &mut Hub, asked: &Asked, now: Now) -> Result<Option<Json>, String> {
    let optional = |name| match asked.members.get(name) {
        None | Some(Json::Null) => Ok(None),
        Some(_) => asked.text(name).map(|text| Some(text.to_owned())),
    };
    let utterance = Utterance {
        text: asked.text("text")?.to_owned(),
        source: optional("source")?.unwrap_or_else(|| "mqtt".to_owned()),
        room: optional("room")?,
        explain: asked.flag("explain")?,
        dry_run: asked.flag("dry_run")?,
        ..Utterance::default()
    };
    hub.asked_to_say(utterance, asked.reply.clone(), now)?;
    Ok(None)
}

fn health_check(_hub: &mut Hub, _asked: &Asked, _now: Now) -> Result<Option<Json>, String> {
    Ok(Some(json_value!({"healthy": true})))
}
