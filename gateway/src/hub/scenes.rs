//! Scenes: how the devices of a room or group stood at one moment, to be put back so.

use std::collections::BTreeSet;

use intents::{Match, Outcome};
use radios::{Changes, DeviceId, Property, Value};
use serde::{Deserialize, Serialize};
use serde_json::{Value as Json, json as json_value};

use super::act::{self, Act, Plan};
use super::command::Pending;
use super::durable::Held;
use super::registry::Device;
use super::request::{Asked, Reply};
use super::{Effect, Hub, Now, Publish, Qos, json};

/// Most scenes of a home.
const MOST_SCENES: usize = 128;
/// Longest name, in characters.
const LONGEST: usize = 64;
/// Most devices of one scene.
const MOST_MEMBERS: usize = 128;

/// How several devices stood.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Scene {
    pub(super) id: u16,
    pub(super) name: String,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) aliases: Vec<String>,
    /// The room it was stored of.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) room: Option<String>,
    /// The group it was stored of.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) group: Option<u16>,
    /// Devices and their values, as pairs: JSON knows texts as keys only.
    #[serde(default, with = "members")]
    pub(super) members: Vec<(DeviceId, Changes)>,
    /// Its announcement to Home Assistant.
    #[serde(skip)]
    pub(super) announced: BTreeSet<String>,
}

/// Members as a map of addresses to values.
mod members {
    use std::collections::BTreeMap;

    use radios::{Changes, DeviceId, Value};
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    pub(super) fn serialize<S: Serializer>(
        members: &[(DeviceId, Changes)],
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        let map: BTreeMap<DeviceId, Value> = members
            .iter()
            .map(|(id, values)| (*id, Value::Object(values.clone())))
            .collect();
        map.serialize(serializer)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Vec<(DeviceId, Changes)>, D::Error> {
        let map = BTreeMap::<DeviceId, Value>::deserialize(deserializer)?;
        Ok(map
            .into_iter()
            .filter_map(|(id, value)| match value {
                Value::Object(values) => Some((id, values)),
                _ => None,
            })
            .collect())
    }
}

/// Kinds that a scene keeps: nobody's film unlocks a door or changes the heating.
const KEPT: [&str; 4] = ["light", "switch", "cover", "fan"];

/// How a device stands, as the command that puts it back so.
fn stand(device: &Device) -> Option<Changes> {
    let domain = act::domain(device);
    if !KEPT.contains(&domain) {
        return None;
    }
    let mut values = Changes::new();
    let mut keep = |name: &str, value: Option<&Value>| {
        if let Some(value) = value.filter(|value| **value != Value::Null) {
            values.push((Property::Owned(name.to_owned()), value.clone()));
        }
    };
    let state = |name: &str| device.state.get(name);
    match domain {
        "cover" if state("position").is_some() => keep("position", state("position")),
        "fan" if state("fan_mode").is_some() => keep("fan_mode", state("fan_mode")),
        _ => {
            let switches = device.exposes().filter_map(|expose| {
                let name = expose.name?;
                let property = expose.property.as_deref()?;
                ["state", "fan_state"].contains(&name).then_some(property)
            });
            for property in switches.collect::<BTreeSet<&str>>() {
                keep(property, state(property));
            }
            let on = state("state").and_then(Value::as_str) == Some("ON");
            if domain == "light" && on {
                keep("brightness", state("brightness"));
                let white = state("color_mode").and_then(Value::as_str) == Some("color_temp");
                if white || state("color").is_none() {
                    keep("color_temp", state("color_temp"));
                } else {
                    keep("color", state("color"));
                }
            }
        }
    }
    (!values.is_empty()).then_some(values)
}

/// Of what a scene is stored.
#[derive(Clone, Debug, Default)]
struct Of {
    room: Option<String>,
    group: Option<u16>,
}

impl Hub {
    /// Keeps how the devices stand now under `name`, in place of a scene of that name.
    fn store_scene(&mut self, name: &str, of: Of, reply: Option<Reply>) -> Result<u16, String> {
        let name = name.trim();
        if name.is_empty() || name.chars().count() > LONGEST || name.contains(char::is_control) {
            return Err(format!("a scene's name has 1 to {LONGEST} characters"));
        }
        let members: Vec<(DeviceId, Changes)> =
            match of.group.and_then(|id| self.registry.group(id)) {
                Some(group) => group
                    .members
                    .iter()
                    .filter_map(|id| Some((*id, stand(self.registry.get(*id)?)?)))
                    .collect(),
                None => self
                    .registry
                    .iter()
                    .filter(|device| {
                        of.room.as_ref().is_none_or(|room| {
                            let own = device.options.room.as_ref().map(|own| own.to_lowercase());
                            own == Some(room.to_lowercase())
                        })
                    })
                    .filter_map(|device| Some((device.info.id, stand(device)?)))
                    .collect(),
            };
        if members.is_empty() {
            return Err("there is no lamp, switch, cover or fan whose state is known".to_owned());
        }
        let members = members.into_iter().take(MOST_MEMBERS).collect();
        let id = self.registry.put_scene(
            Scene {
                name: name.to_owned(),
                room: of.room,
                group: of.group,
                members,
                ..Scene::default()
            },
            MOST_SCENES,
        )?;
        self.keep_scenes(reply, Some(id));
        Ok(id)
    }

    /// A change of scenes: it is written, then told.
    fn keep_scenes(&mut self, reply: Option<Reply>, changed: Option<u16>) {
        let before = self.out.len();
        self.publish_scenes();
        self.publish_groups();
        if let Some(id) = changed {
            self.announce_scene(id);
        }
        let then = self.out.split_off(before);
        self.keep_registry(Held { then, reply });
    }

    /// `bridge/scenes`
    pub(super) fn publish_scenes(&mut self) {
        let scenes: Vec<Json> = self
            .registry
            .scenes()
            .map(|scene| {
                let group = scene.group.and_then(|id| self.registry.group(id));
                let members: serde_json::Map<String, Json> = scene
                    .members
                    .iter()
                    .map(|(id, values)| {
                        (id.to_string(), json_value!(Value::Object(values.clone())))
                    })
                    .collect();
                json_value!({
                    "id": scene.id, "name": scene.name, "room": scene.room,
                    "group": group.map(|group| &group.name), "members": members,
                })
            })
            .collect();
        self.publish("bridge/scenes", json(&scenes), true, Qos::AtMostOnce);
    }

    /// Announces a scene to Home Assistant.
    pub(super) fn announce_scene(&mut self, id: u16) {
        let (Some(ha), Some(scene)) = (&self.settings.homeassistant, self.registry.scene(id))
        else {
            return;
        };
        let base = &self.settings.base_topic;
        let topic = format!(
            "{}/scene/{base}_scene_{id}/scene/config",
            ha.discovery_topic
        );
        let payload = json_value!({
            "name": scene.name,
            "unique_id": format!("scene_{id}_{base}"),
            "command_topic": format!("{base}/bridge/request/scene/recall"),
            "payload_on": json_value!({"id": id}).to_string(),
            "availability": [{
                "topic": format!("{base}/bridge/state"),
                "value_template": "{{ value_json.state }}",
            }],
            "origin": {"name": "Hearth", "sw": env!("CARGO_PKG_VERSION")},
        });
        let effect = Effect::Publish(Publish {
            topic: topic.clone(),
            payload: json(&payload),
            retain: true,
            qos: Qos::AtLeastOnce,
        });
        if let Some(scene) = self.registry.scene_mut(id) {
            scene.announced.insert(topic);
        }
        self.out.push(effect);
    }

    /// Puts the devices of a scene back.
    fn recall_scene(&mut self, id: u16, now: Now) -> Result<(), String> {
        let scene = self.registry.scene(id).ok_or("there is no such scene")?;
        match act::recall(&self.registry, &scene.members) {
            Plan::Do(acts) => {
                for Act { id, values } in acts {
                    self.set_values(id, None, values, Pending::Set(id), now);
                }
                Ok(())
            }
            Plan::Tell(_) => Err("none of its devices is there any more".to_owned()),
        }
    }

    fn forget_scene(&mut self, id: u16, reply: Option<Reply>) {
        if let Some(scene) = self.registry.remove_scene(id) {
            self.keep_scenes(reply, None);
            for topic in scene.announced {
                self.clear_when_kept(topic);
            }
        }
    }

    /// zigbee2mqtt's `scene_store`, `scene_recall` and `scene_remove` in a command to a group: taken out
    /// of `values`.
    pub(super) fn scene_of_group(
        &mut self,
        group: u16,
        values: &mut Changes,
        now: Now,
    ) -> Option<Result<(), String>> {
        let at = values.iter().position(|(name, _)| {
            ["scene_store", "scene_recall", "scene_remove"].contains(&name.as_ref())
        })?;
        let (what, value) = values.remove(at);
        // Either a number, a name, or both.
        let number = value.get("ID").unwrap_or(&value).as_f64();
        let name = value.get("name").unwrap_or(&value).as_str();
        let found = self
            .registry
            .scenes()
            .filter(|scene| scene.group == Some(group))
            .find(|scene| number == Some(scene.id.into()) || name == Some(scene.name.as_str()))
            .map(|scene| scene.id);
        let unknown = "there is no such scene of the group".to_owned();
        Some(match (what.as_ref(), found) {
            ("scene_store", _) => {
                let number = number.map_or_else(String::new, |n| format!("{n:.0}"));
                let name = name.map_or_else(|| format!("Scene {number}"), str::to_owned);
                let of = Of {
                    room: None,
                    group: Some(group),
                };
                self.store_scene(name.trim(), of, None).map(drop)
            }
            ("scene_recall", Some(id)) => self.recall_scene(id, now),
            ("scene_remove", Some(id)) => {
                self.forget_scene(id, None);
                Ok(())
            }
            _ => Err(unknown),
        })
    }

    /// `HearthSceneStore`: the scene that is named, once more as it is now.
    pub(super) fn store_said_scene(&mut self, intent: &Match) -> Outcome {
        let Some(scene) = act::scene(intent).and_then(|id| self.registry.scene(id)) else {
            return Outcome::Nothing;
        };
        let of = match intent.text("area") {
            Some(area) => Of {
                room: Some(area.to_owned()),
                group: None,
            },
            None => Of {
                room: scene.room.clone(),
                group: scene.group,
            },
        };
        let name = scene.name.clone();
        match self.store_scene(&name, of, None) {
            Ok(_) => Outcome::Done { count: 1 },
            Err(_) => Outcome::Nothing,
        }
    }
}

/// The scene a request names, by `id` or `name`.
fn named(hub: &Hub, asked: &Asked) -> Result<u16, String> {
    if let Some(id) = asked.members.get("id").and_then(Json::as_u64) {
        let id = u16::try_from(id)
            .ok()
            .filter(|id| hub.registry.scene(*id).is_some());
        return id.ok_or_else(|| "Scene does not exist".to_owned());
    }
    let name = asked.text("name")?;
    let found = hub.registry.find_scene(name);
    found.ok_or_else(|| {
        let shown: String = name.chars().take(LONGEST).collect();
        format!("Scene '{shown}' does not exist")
    })
}

/// `scene/store`: of a `room`, of a `group`, or of the whole home.
pub(super) fn store(hub: &mut Hub, asked: &Asked, _now: Now) -> Result<Option<Json>, String> {
    let name = asked.text("name")?;
    let room = match asked.members.get("room") {
        None | Some(Json::Null) => None,
        Some(_) => Some(asked.text("room")?.to_owned()),
    };
    let group = match asked.members.get("group") {
        None | Some(Json::Null) => None,
        Some(_) => {
            let name = asked.text("group")?;
            let found = hub.registry.find_group(name);
            Some(found.ok_or_else(|| format!("Group '{name}' does not exist"))?)
        }
    };
    let data = json_value!({"name": name, "room": room, "group": asked.members.get("group")});
    let reply = asked.reply.clone().with(data);
    hub.store_scene(name, Of { room, group }, Some(reply))?;
    Ok(None)
}

/// `scene/recall`
pub(super) fn recall(hub: &mut Hub, asked: &Asked, now: Now) -> Result<Option<Json>, String> {
    let id = named(hub, asked)?;
    hub.recall_scene(id, now)?;
    Ok(Some(json_value!({"id": id})))
}

/// `scene/remove`
pub(super) fn remove(hub: &mut Hub, asked: &Asked, _now: Now) -> Result<Option<Json>, String> {
    let id = named(hub, asked)?;
    let reply = asked.reply.clone().with(json_value!({"id": id}));
    hub.forget_scene(id, Some(reply));
    Ok(None)
}

/// `scene/rename`: another name, or other `aliases`.
pub(super) fn rename(hub: &mut Hub, asked: &Asked, _now: Now) -> Result<Option<Json>, String> {
    let from = asked.text("from")?;
    let id = hub
        .registry
        .find_scene(from)
        .ok_or_else(|| format!("Scene '{from}' does not exist"))?;
    let to = match asked.members.get("to") {
        None | Some(Json::Null) => from.to_owned(),
        Some(_) => asked.text("to")?.trim().to_owned(),
    };
    if to.is_empty() || to.chars().count() > LONGEST {
        return Err(format!("a scene's name has 1 to {LONGEST} characters"));
    }
    if hub
        .registry
        .find_scene(&to)
        .is_some_and(|other| other != id)
    {
        return Err(format!("name '{to}' is already in use"));
    }
    let mut options = super::Options::default();
    let aliases = asked.members.get("aliases");
    if let Some(aliases) = aliases {
        options.set("aliases", aliases)?;
    }
    if let Some(scene) = hub.registry.scene_mut(id) {
        scene.name.clone_from(&to);
        if aliases.is_some() {
            scene.aliases = options.aliases;
        }
    }
    let reply = asked
        .reply
        .clone()
        .with(json_value!({"from": from, "to": to}));
    hub.keep_scenes(Some(reply), Some(id));
    Ok(None)
}
