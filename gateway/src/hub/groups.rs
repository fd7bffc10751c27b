//! Groups: several devices under one name.
//!
//! A command to a group goes to each of its members, with what that member can do of it. A group's state
//! is made of theirs: on while one of them is.

use std::collections::BTreeSet;

use radios::{
    Changes, Definition, DeviceId, DeviceInfo, DeviceKind, Expose, ExposeKind, Ieee, Value,
};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value as Json, json as json_value};

use super::act;
use super::command::Pending;
use super::registry::{Device, Registry};
use super::request::{Asked, Reply};
use super::state::State;
use super::{Effect, Hub, Now, Publish, Qos, json};
use crate::config::Level;
use crate::discovery;

/// Most groups of a home, and members of a group.
const MOST_GROUPS: usize = 64;
const MOST_MEMBERS: usize = 128;

/// What a group shows of its members besides `state`.
const SHARED: [&str; 5] = [
    "brightness",
    "color_temp",
    "color",
    "color_mode",
    "position",
];

/// Several devices under one name.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Group {
    pub(super) id: u16,
    pub(super) name: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) room: Option<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) aliases: Vec<String>,
    #[serde(default)]
    pub(super) members: Vec<DeviceId>,
    /// As last published.
    #[serde(skip)]
    pub(super) state: State,
    /// Its announcements to Home Assistant.
    #[serde(skip)]
    pub(super) announced: BTreeSet<String>,
}

/// What a group offers: what its members do, the richest of them for all.
fn definition(registry: &Registry, group: &Group) -> Definition {
    let devices: Vec<&Device> = group
        .members
        .iter()
        .filter_map(|id| registry.get(*id))
        .collect();
    let wanted = match act::group_domain(registry, &group.members) {
        "light" => ExposeKind::Light,
        "cover" => ExposeKind::Cover,
        _ => ExposeKind::Switch,
    };
    let expose = devices
        .iter()
        .flat_map(|device| &device.definition.exposes)
        .filter(|expose| expose.kind == wanted && expose.endpoint.is_none())
        .max_by_key(|expose| expose.features.len())
        .cloned()
        .unwrap_or_else(|| Expose {
            features: vec![Expose {
                name: Some("state"),
                property: Some("state".to_owned()),
                access: Some(Expose::STATE | Expose::SET),
                value_on: Some("ON".into()),
                value_off: Some("OFF".into()),
                ..Expose::of(ExposeKind::Binary)
            }],
            ..Expose::of(ExposeKind::Switch)
        });
    Definition {
        model: "Group".to_owned(),
        vendor: "Hearth".to_owned(),
        description: "Group".to_owned(),
        exposes: vec![expose],
        source: "native",
    }
}

/// The values of a command that `device` can do.
fn share(device: &Device, values: &Changes) -> Changes {
    const MODIFIERS: [&str; 1] = ["transition"];
    let can = |name: &str| {
        act::feature(device, name).is_some_and(|e| e.access.is_none_or(|a| a & Expose::SET != 0))
    };
    let own: Changes = values
        .iter()
        .filter(|(name, _)| MODIFIERS.contains(&name.as_ref()) || can(name))
        .cloned()
        .collect();
    if own
        .iter()
        .all(|(name, _)| MODIFIERS.contains(&name.as_ref()))
    {
        return Changes::new();
    }
    own
}

impl Hub {
    /// A command to a group: to each of its members.
    pub(super) fn set_group(&mut self, id: u16, values: Changes, now: Now) {
        let mut values = values;
        if let Some(done) = self.scene_of_group(id, &mut values, now)
            && let Err(why) = done
        {
            self.log(Level::Error, why);
        }
        let Some(group) = self.registry.group(id) else {
            return;
        };
        let all: Vec<(DeviceId, Changes)> = group
            .members
            .iter()
            .filter_map(|id| Some((*id, share(self.registry.get(*id)?, &values))))
            .filter(|(_, values)| !values.is_empty())
            .collect();
        for (id, values) in all {
            self.set_values(id, None, values, Pending::Set(id), now);
        }
    }

    /// Reads from all members what was asked of their group.
    pub(super) fn get_group(&mut self, id: u16, payload: &[u8], now: Now) {
        let Some(group) = self.registry.group(id) else {
            return;
        };
        let names: Vec<String> = group
            .members
            .iter()
            .filter_map(|id| Some(self.registry.get(*id)?.options.friendly_name.clone()))
            .collect();
        for name in names {
            let target = super::topic::Target {
                name: &name,
                endpoint: None,
                attribute: None,
            };
            self.get(&target, payload, now);
        }
    }

    /// A device's values changed: so may those of its groups.
    pub(super) fn show_groups(&mut self, id: DeviceId, changed: &[radios::Property]) {
        let groups: Vec<u16> = self
            .registry
            .groups()
            .filter(|group| group.members.contains(&id))
            .map(|group| group.id)
            .collect();
        for group in groups {
            self.show_group(group, Some((id, changed)));
        }
    }

    /// Publishes a group's state, where it changed.
    fn show_group(&mut self, id: u16, of: Option<(DeviceId, &[radios::Property])>) {
        let Some(group) = self.registry.group(id) else {
            return;
        };
        let values = |name: &str| {
            let devices = group.members.iter().filter_map(|id| self.registry.get(*id));
            devices
                .filter_map(|device| device.state.get(name).cloned())
                .collect::<Vec<Value>>()
        };
        let mut changes = Changes::new();
        let states = values("state");
        let is = |word: &'static str| states.iter().any(|value| value.as_str() == Some(word));
        for (one, other) in [("ON", "OFF"), ("OPEN", "CLOSE"), ("LOCK", "UNLOCK")] {
            if is(one) || is(other) {
                changes.push(("state".into(), if is(one) { one } else { other }.into()));
                break;
            }
        }
        for name in SHARED {
            let newest = of
                .filter(|(_, changed)| changed.iter().any(|property| property == name))
                .and_then(|(id, _)| self.registry.get(id)?.state.get(name).cloned());
            let all = values(name);
            let agreed = all.first().filter(|first| all.iter().all(|v| v == *first));
            if let Some(value) = newest.or_else(|| agreed.cloned()) {
                changes.push((name.into(), value));
            }
        }
        let Some(group) = self.registry.group_mut(id) else {
            return;
        };
        if group.state.merge(changes).changed {
            self.publish_group(id);
        }
    }

    fn publish_group(&mut self, id: u16) {
        let Some(group) = self.registry.group(id) else {
            return;
        };
        if group.state.iter().next().is_none() {
            return;
        }
        let (topic, payload) = (group.name.clone(), json(&group.state));
        self.publish(&topic, payload, false, Qos::AtMostOnce);
    }

    /// State and availability of every group.
    pub(super) fn publish_all_groups(&mut self) {
        let ids: Vec<u16> = self.registry.groups().map(|group| group.id).collect();
        for id in ids {
            self.show_group(id, None);
            self.publish_group(id);
            if let Some(group) = self.registry.group(id) {
                let topic = format!("{}/availability", group.name);
                let online = super::availability::online(true);
                self.publish(&topic, online, true, Qos::AtLeastOnce);
            }
        }
    }

    pub(super) fn publish_groups(&mut self) {
        let groups: Vec<Json> = self
            .registry
            .groups()
            .map(|group| {
                let scenes: Vec<Json> = self
                    .registry
                    .scenes()
                    .filter(|scene| scene.group == Some(group.id))
                    .map(|scene| json_value!({"id": scene.id, "name": scene.name}))
                    .collect();
                let members: Vec<Json> = group
                    .members
                    .iter()
                    .map(|id| {
                        let device = self.registry.get(*id);
                        let endpoint = device
                            .and_then(|device| device.info.endpoints.first())
                            .map_or(1, |endpoint| endpoint.id);
                        json_value!({"ieee_address": id, "endpoint": endpoint})
                    })
                    .collect();
                json_value!({
                    "id": group.id, "friendly_name": group.name, "description": null,
                    "room": group.room, "scenes": scenes, "members": members,
                })
            })
            .collect();
        self.publish("bridge/groups", json(&groups), true, Qos::AtMostOnce);
    }

    /// Announces a group to Home Assistant; takes back what is no more true.
    pub(super) fn announce_group(&mut self, id: u16) {
        let (Some(ha), Some(group)) = (&self.settings.homeassistant, self.registry.group(id))
        else {
            return;
        };
        let definition = definition(&self.registry, group);
        // Home Assistant knows groups by an address that no device has.
        let info = DeviceInfo::new(DeviceId::Zigbee(Ieee(id.into())), DeviceKind::Unknown);
        let subject = discovery::Subject {
            info: &info,
            definition: &definition,
            name: &group.name,
            room: group.room.as_deref(),
            base_topic: &self.settings.base_topic,
            coordinator: self.network.as_ref().map(|network| network.coordinator),
        };
        let mut topics = BTreeSet::new();
        let announcements = if group.members.is_empty() {
            Vec::new()
        } else {
            discovery::announcements(&subject)
        };
        let mut effects = Vec::new();
        for announcement in announcements {
            let topic = format!("{}/{}", ha.discovery_topic, announcement.topic);
            topics.insert(topic.clone());
            effects.push(Effect::Publish(Publish {
                topic,
                payload: json(&announcement.payload),
                retain: true,
                qos: Qos::AtLeastOnce,
            }));
        }
        let stale: Vec<String> = self.registry.group_mut(id).map_or(Vec::new(), |group| {
            let old = std::mem::replace(&mut group.announced, topics);
            old.difference(&group.announced).cloned().collect()
        });
        self.out.extend(effects);
        for topic in stale {
            self.clear(topic);
        }
    }

    /// A change of groups: it is written, then told.
    fn keep_groups(&mut self, reply: Reply, changed: Option<u16>) {
        let before = self.out.len();
        self.publish_groups();
        if let Some(id) = changed {
            if let Some(group) = self.registry.group(id) {
                let topic = format!("{}/availability", group.name);
                let online = super::availability::online(true);
                self.publish(&topic, online, true, Qos::AtLeastOnce);
            }
            self.show_group(id, None);
            self.announce_group(id);
        }
        let then = self.out.split_off(before);
        self.keep_registry(super::durable::Held {
            then,
            reply: Some(reply),
        });
    }

    fn group_named(&self, name: &str) -> Result<u16, String> {
        self.registry.find_group(name).ok_or_else(|| {
            let shown: String = name.chars().take(64).collect();
            format!("Group '{shown}' does not exist")
        })
    }
}

/// The member `name` as a text or number.
fn key(asked: &Asked, name: &str) -> Result<String, String> {
    match asked.members.get(name) {
        Some(Json::Number(number)) => Ok(number.to_string()),
        _ => asked.text(name).map(str::to_owned),
    }
}

/// `group/add`
pub(super) fn add(hub: &mut Hub, asked: &Asked, _now: Now) -> Result<Option<Json>, String> {
    let name = asked.text("friendly_name")?;
    let id = match asked.members.get("id") {
        None | Some(Json::Null) => None,
        Some(id) => Some(
            id.as_u64()
                .and_then(|id| u16::try_from(id).ok())
                .filter(|id| *id > 0)
                .ok_or("Invalid payload: 'id' must be a number from 1 to 65535")?,
        ),
    };
    if hub.registry.groups().count() >= MOST_GROUPS {
        return Err(format!("there are {MOST_GROUPS} groups already"));
    }
    let id = hub.registry.add_group(name, id)?;
    let data = json_value!({"friendly_name": name, "id": id});
    hub.keep_groups(asked.reply.clone().with(data), Some(id));
    Ok(None)
}

/// `group/remove`
pub(super) fn remove(hub: &mut Hub, asked: &Asked, _now: Now) -> Result<Option<Json>, String> {
    let name = key(asked, "id")?;
    let id = hub.group_named(&name)?;
    let Some(group) = hub.registry.remove_group(id) else {
        return Err(format!("Group '{name}' does not exist"));
    };
    let data = json_value!({"id": name, "force": asked.flag("force")?});
    hub.keep_groups(asked.reply.clone().with(data), None);
    let base = format!("{}/{}", hub.settings.base_topic, group.name);
    for topic in group
        .announced
        .into_iter()
        .chain([format!("{base}/availability")])
    {
        hub.clear_when_kept(topic);
    }
    Ok(None)
}

/// `group/rename`
pub(super) fn rename(hub: &mut Hub, asked: &Asked, _now: Now) -> Result<Option<Json>, String> {
    let from = key(asked, "from")?;
    let to = asked.text("to")?;
    let id = hub.group_named(&from)?;
    let old = hub.registry.rename_group(id, to)?;
    let data = json_value!({
        "from": from, "to": to, "homeassistant_rename": asked.flag("homeassistant_rename")?,
    });
    hub.keep_groups(asked.reply.clone().with(data), Some(id));
    if old != to {
        let base = hub.settings.base_topic.clone();
        hub.clear_when_kept(format!("{base}/{old}/availability"));
        let before = hub.out.len();
        hub.publish_group(id);
        let effects = hub.out.split_off(before);
        hub.after_writes(effects);
    }
    Ok(None)
}

/// `group/options`: room and aliases.
pub(super) fn options(hub: &mut Hub, asked: &Asked, _now: Now) -> Result<Option<Json>, String> {
    let name = key(asked, "id")?;
    let id = hub.group_named(&name)?;
    let Some(Json::Object(wanted)) = asked.members.get("options") else {
        return Err("Invalid payload: 'options' must be an object".to_owned());
    };
    let Some(group) = hub.registry.group(id) else {
        return Err(format!("Group '{name}' does not exist"));
    };
    // A group's options are checked as a device's are.
    let mut options = super::Options {
        room: group.room.clone(),
        aliases: group.aliases.clone(),
        ..super::Options::default()
    };
    for (option, value) in wanted {
        if !["room", "aliases"].contains(&option.as_str()) {
            return Err(format!(
                "unknown option '{option}'; known are room, aliases"
            ));
        }
        options.set(option, value)?;
    }
    if let Some(group) = hub.registry.group_mut(id) {
        group.room = options.room.clone();
        group.aliases = options.aliases.clone();
    }
    let to: Map<String, Json> = options.shown();
    let data = json_value!({"id": name, "to": {"room": to.get("room"), "aliases": to.get("aliases")}, "restart_required": false});
    hub.keep_groups(asked.reply.clone().with(data), Some(id));
    Ok(None)
}

/// Group and device of a request about members.
fn member(hub: &Hub, asked: &Asked) -> Result<(u16, DeviceId, Json), String> {
    let (group, device) = (key(asked, "group")?, asked.text("device")?);
    let data = json_value!({"group": group, "device": device});
    Ok((hub.group_named(&group)?, hub.device(device)?, data))
}

/// `group/members/add`
pub(super) fn member_add(hub: &mut Hub, asked: &Asked, _now: Now) -> Result<Option<Json>, String> {
    let (id, device, data) = member(hub, asked)?;
    if let Some(group) = hub.registry.group_mut(id) {
        if group.members.len() >= MOST_MEMBERS {
            return Err(format!("a group has at most {MOST_MEMBERS} members"));
        }
        if !group.members.contains(&device) {
            group.members.push(device);
        }
    }
    hub.keep_groups(asked.reply.clone().with(data), Some(id));
    Ok(None)
}

/// `group/members/remove`
pub(super) fn member_remove(
    hub: &mut Hub,
    asked: &Asked,
    _now: Now,
) -> Result<Option<Json>, String> {
    let (id, device, data) = member(hub, asked)?;
    if let Some(group) = hub.registry.group_mut(id) {
        group.members.retain(|member| *member != device);
    }
    hub.keep_groups(asked.reply.clone().with(data), Some(id));
    Ok(None)
}

/// `group/members/remove_all`: a device from one group, or from all.
pub(super) fn member_remove_all(
    hub: &mut Hub,
    asked: &Asked,
    _now: Now,
) -> Result<Option<Json>, String> {
    let device = hub.device(asked.text("device")?)?;
    let only = match asked.members.get("group") {
        None | Some(Json::Null) => None,
        Some(_) => Some(hub.group_named(&key(asked, "group")?)?),
    };
    for group in hub.registry.groups_mut() {
        if only.is_none_or(|only| only == group.id) {
            group.members.retain(|member| *member != device);
        }
    }
    let data = json_value!({"device": asked.text("device")?, "group": asked.members.get("group")});
    hub.keep_groups(asked.reply.clone().with(data), only);
    Ok(None)
}
