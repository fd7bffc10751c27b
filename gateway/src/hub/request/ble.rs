//! Requests that choose Bluetooth devices: who is nearby, and taking one up.

use radios::{Command, DeviceId, KeyText};
use serde_json::{Value as Json, json as json_value};

use super::{Action, Asked, Reply};
use crate::config::Secret;
use crate::hub::command::Pending;
use crate::hub::durable::Held;
use crate::hub::{Effect, Hub, Now, names};

/// `ble/nearby`: who can be heard and is not of the home.
pub(super) fn nearby(hub: &mut Hub, asked: &Asked, _now: Now) -> Result<Option<Json>, String> {
    on(hub)?;
    let reply = asked.reply.clone().with(json_value!({}));
    let token = hub
        .expect(Pending::Request(reply, Action::Pass))
        .ok_or("too many commands are under way")?;
    hub.out.push(Effect::Command {
        radio: radios::Radio::Ble,
        command: Command::Nearby { token },
    });
    Ok(None)
}

/// `ble/adopt`: takes one of them up, with a name and its key.
pub(super) fn adopt(hub: &mut Hub, asked: &Asked, now: Now) -> Result<Option<Json>, String> {
    on(hub)?;
    let text = |name| match asked.members.get(name) {
        None | Some(Json::Null) => Ok(None),
        Some(Json::String(text)) if text.trim().is_empty() => Ok(None),
        Some(_) => asked.text(name).map(|text| Some(text.trim().to_owned())),
    };
    let address = asked.text("address")?;
    let id: DeviceId = address.trim().parse().map_err(|error| format!("{error}"))?;
    let DeviceId::Ble(_) = id else {
        return Err(format!("'{id}' is no Bluetooth address"));
    };
    let name = text("friendly_name")?;
    if let Some(name) = &name {
        names::check(name, id)?;
        if hub.registry.find(name).is_some_and(|other| other != id) {
            return Err(format!("friendly_name '{name}' is already in use"));
        }
    }
    let key = text("key")?;
    hub.registry.unblock(id);
    let reply = asked.reply.clone().with(json_value!({"address": id}));
    let action = Action::Adopt {
        id,
        name,
        key: key.clone().map(Secret::new),
    };
    let token = hub
        .expect(Pending::Request(reply, action))
        .ok_or("too many commands are under way")?;
    let key = key.map(KeyText);
    hub.send(id, Command::Adopt { token, id, key }, now);
    Ok(None)
}

pub(super) fn on(hub: &Hub) -> Result<(), String> {
    let off = "Bluetooth is switched off in the configuration (`ble.enabled`)";
    hub.settings.ble.then_some(()).ok_or_else(|| off.to_owned())
}

impl Hub {
    /// The radio took it up: its name and key are kept.
    pub(super) fn adopted(
        &mut self,
        id: DeviceId,
        name: Option<String>,
        key: Option<Secret<String>>,
        reply: Reply,
    ) {
        let renamed = name.map(|name| self.registry.rename(id, &name));
        if let Some(Err(why)) = renamed {
            return self.reply(reply, Err(why));
        }
        let Some(device) = self.registry.get_mut(id) else {
            let why = format!("'{id}' cannot be taken in");
            return self.reply(reply, Err(why));
        };
        if let Some(key) = key {
            device.options.bind_key = Some(key.reveal().to_ascii_lowercase());
        }
        let mut reply = reply;
        if let Some(data) = reply.data.as_object_mut() {
            let name = device.options.friendly_name.clone();
            data.insert("friendly_name".to_owned(), Json::from(name));
        }
        self.keep_registry(Held {
            then: Vec::new(),
            reply: Some(reply),
        });
        let before = self.out.len();
        self.publish_availability(id);
        self.publish_device(id, &[]);
        let effects = self.out.split_off(before);
        self.after_writes(effects);
        self.announce_when_kept(id);
    }

    /// What a device is called, for people.
    pub(super) fn called(&self, id: DeviceId) -> String {
        match self.registry.get(id) {
            Some(device) => format!("'{}' ({id})", device.options.friendly_name),
            None => format!("'{id}'"),
        }
    }
}
