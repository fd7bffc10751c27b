//! `/set` and `/get`: from a message to a command, and from its outcome to published state.

use radios::{Changes, Command, CommandError, DeviceId, Outcome, Property, Radio, Token, Value};

use super::request::{Action, Reply};
use super::topic::Target;
use super::{Effect, Hub, Now};
use crate::config::Level;

/// Largest payload read as JSON.
pub(super) const LARGEST: usize = 64 * 1024;
/// Most properties in one command.
const MOST_PROPERTIES: usize = 64;
/// Most commands under way.
const MOST_PENDING: usize = 1024;

/// What a command under way is for.
#[derive(Debug)]
pub(super) enum Pending {
    /// `/set`.
    Set(DeviceId),
    /// `/get`.
    Get(DeviceId),
    /// Is it there?
    Ping(DeviceId),
    /// A request that is answered when it is done.
    Request(Reply, Action),
    /// This part of a sentence spoke of this device.
    Said(u32, usize, DeviceId),
    /// Nobody waits; a failure is logged.
    Quiet,
}

impl Hub {
    /// A token for a command that is about to be sent; none when too many are under way.
    pub(super) fn expect(&mut self, pending: Pending) -> Option<Token> {
        if self.pending.len() >= MOST_PENDING {
            self.log(
                Level::Error,
                format!("command shed: {MOST_PENDING} are under way already"),
            );
            return None;
        }
        while self.pending.contains_key(&self.next_token) {
            self.next_token = self.next_token.wrapping_add(1);
        }
        let token = self.next_token;
        self.next_token = self.next_token.wrapping_add(1);
        self.pending.insert(token, pending);
        Some(token)
    }

    /// Hands a command to the radio of `id`; answers it here when there is none.
    pub(super) fn send(&mut self, id: DeviceId, command: Command, now: Now) {
        let (radio, there) = match id {
            DeviceId::Zigbee(_) => (Radio::Zigbee, self.settings.zigbee),
            DeviceId::Ble(_) => (Radio::Ble, self.settings.ble),
        };
        if there {
            self.out.push(Effect::Command { radio, command });
        } else {
            let why = CommandError::Unavailable("it is switched off in the configuration".into());
            self.done(command.token(), Err(why), now);
        }
    }

    pub(super) fn set(&mut self, target: &Target<'_>, payload: &[u8], now: Now) {
        let group = self.registry.find_group(target.name);
        let id = self.registry.find(target.name);
        if id.is_none() && group.is_none() {
            return self.unknown(target.name);
        }
        let values = match read_values(payload, target.attribute) {
            Ok(values) => values,
            Err(why) => {
                return self.log(Level::Error, format!("cannot set '{}': {why}", target.name));
            }
        };
        match (id, group) {
            (Some(id), _) => {
                self.set_values(id, target.endpoint, values, Pending::Set(id), now);
            }
            (None, Some(group)) => self.set_group(group, values, now),
            (None, None) => {}
        }
    }

    /// Sends values to a device, unless too much is under way.
    pub(super) fn set_values(
        &mut self,
        id: DeviceId,
        endpoint: Option<&str>,
        mut values: Changes,
        pending: Pending,
        now: Now,
    ) -> bool {
        self.drop_needless_state(id, &mut values);
        let token = self.expect(pending);
        if let Some(token) = token {
            self.send(
                id,
                Command::Set {
                    token,
                    id,
                    endpoint: endpoint.map(str::to_owned),
                    values,
                },
                now,
            );
        }
        token.is_some()
    }

    /// Home Assistant sends `state: ON` with every colour; a lamp that is on need not hear it.
    fn drop_needless_state(&self, id: DeviceId, values: &mut Changes) {
        let has = |name: &str| values.iter().any(|(property, _)| property == name);
        if self.settings.homeassistant.is_some()
            && (has("color_temp") || has("color"))
            && values
                .iter()
                .any(|(name, value)| name == "state" && value.as_str() == Some("ON"))
            && self
                .registry
                .get(id)
                .and_then(|device| device.state.get("state"))
                .and_then(Value::as_str)
                == Some("ON")
        {
            values.retain(|(name, _)| name != "state");
        }
    }

    pub(super) fn get(&mut self, target: &Target<'_>, payload: &[u8], now: Now) {
        let Some(id) = self.registry.find(target.name) else {
            return match self.registry.find_group(target.name) {
                Some(group) => self.get_group(group, payload, now),
                None => self.unknown(target.name),
            };
        };
        let properties = match target.attribute {
            Some(attribute) => Ok(vec![Property::Owned(attribute.to_owned())]),
            None if payload.is_empty() => Ok(self
                .registry
                .get(id)
                .map(super::registry::Device::readable)
                .unwrap_or_default()),
            None => read_values(payload, None)
                .map(|values| values.into_iter().map(|(name, _)| name).collect()),
        };
        let properties: Vec<Property> = match properties {
            Ok(properties) => properties,
            Err(why) => {
                return self.log(
                    Level::Error,
                    format!("cannot read '{}': {why}", target.name),
                );
            }
        };
        // `state_left` for an endpoint in the topic.
        let properties = match target.endpoint {
            Some(endpoint) if endpoint.parse::<u8>().is_err() => properties
                .into_iter()
                .map(|name| Property::Owned(format!("{name}_{endpoint}")))
                .collect(),
            _ => properties,
        };
        if properties.is_empty() {
            return self.log(
                Level::Error,
                format!("cannot read '{}': nothing in it can be read", target.name),
            );
        }
        if let Some(token) = self.expect(Pending::Get(id)) {
            self.send(
                id,
                Command::Get {
                    token,
                    id,
                    properties,
                },
                now,
            );
        }
    }

    /// A command came to its end.
    pub(super) fn done(&mut self, token: Token, outcome: Outcome, now: Now) {
        let Some(pending) = self.pending.remove(&token) else {
            return;
        };
        match (pending, outcome) {
            (Pending::Set(id) | Pending::Get(id), Ok(changes)) => {
                // Who is connected does not advertise.
                if let DeviceId::Ble(_) = id {
                    self.heard(id, now);
                }
                self.show(id, changes, now);
            }
            (Pending::Ping(id), Ok(changes)) => {
                self.heard(id, now);
                self.show(id, changes, now);
            }
            (Pending::Ping(id), Err(CommandError::Unavailable(_))) => {
                // The dongle is away, not the device.
                tracing::debug!(%id, "not asked: no radio");
            }
            (Pending::Ping(id), Err(CommandError::Refused(_))) => self.heard(id, now),
            (Pending::Ping(id), Err(_)) => self.unanswered(id, now),
            (Pending::Set(id), Err(why)) => self.failed("set", id, &why),
            (Pending::Get(id), Err(why)) => self.failed("read", id, &why),
            (Pending::Request(reply, action), outcome) => self.acted(reply, action, outcome, now),
            (Pending::Said(number, part, id), outcome) => {
                self.said(number, part, id, outcome, now);
            }
            (Pending::Quiet, Ok(_)) => {}
            (Pending::Quiet, Err(why)) => self.log(Level::Warn, why.to_string()),
        }
    }

    /// Takes in and publishes what a command changed.
    pub(super) fn show(&mut self, id: DeviceId, changes: Changes, now: Now) {
        if changes.is_empty() {
            return;
        }
        let Some(device) = self.registry.get_mut(id) else {
            return;
        };
        let changed: Vec<Property> = changes.iter().map(|(name, _)| name.clone()).collect();
        let merged = device.state.merge(changes);
        if merged.shed > 0 {
            tracing::warn!(%id, shed = merged.shed, "too many properties: shed");
        }
        if merged.changed {
            self.state_changed(now);
        }
        self.publish_device(id, &merged.momentary);
        self.show_groups(id, &changed);
        self.tell_theengs(id, &merged.momentary);
        for (property, value) in &merged.momentary {
            if property == "action"
                && let Some(action) = value.as_str()
            {
                self.announce_action(id, action);
                self.pressed(id, action);
            }
        }
    }

    fn failed(&mut self, what: &str, id: DeviceId, why: &CommandError) {
        let name = self
            .registry
            .get(id)
            .map_or_else(|| id.to_string(), |d| d.options.friendly_name.clone());
        self.log(Level::Error, format!("cannot {what} '{name}': {why}"));
    }

    fn unknown(&mut self, name: &str) {
        let shown: String = name.chars().take(64).collect();
        self.log(Level::Error, format!("device '{shown}' is unknown"));
    }
}

/// Bare words that stand for `{"state": …}`.
const STATES: [&str; 8] = [
    "ON", "OFF", "TOGGLE", "OPEN", "CLOSE", "STOP", "LOCK", "UNLOCK",
];

/// Reads the payload of `/set`: an object, a bare state, or the value of `attribute`.
///
/// # Errors
/// What is wrong, for people.
pub(super) fn read_values(payload: &[u8], attribute: Option<&str>) -> Result<Changes, String> {
    if payload.len() > LARGEST {
        return Err(format!(
            "the payload has {} bytes; at most {LARGEST} are taken",
            payload.len()
        ));
    }
    let text = std::str::from_utf8(payload).map_err(|_| "the payload is not UTF-8".to_owned())?;
    if let Some(attribute) = attribute {
        let value = serde_json::from_str(text).unwrap_or_else(|_| Value::from(text.to_owned()));
        return Ok(vec![(Property::Owned(attribute.to_owned()), value)]);
    }
    let bare = text.trim().trim_matches('"');
    if let Some(state) = STATES.iter().find(|state| state.eq_ignore_ascii_case(bare)) {
        return Ok(vec![("state".into(), Value::from(*state))]);
    }
    let values = match serde_json::from_str::<Value>(text) {
        Ok(Value::Object(values)) => values,
        Ok(_) => return Err("the payload must be a JSON object or a state such as ON".to_owned()),
        Err(error) => return Err(format!("the payload is not JSON: {error}")),
    };
    if values.is_empty() {
        return Err("the payload names no property".to_owned());
    }
    if values.len() > MOST_PROPERTIES {
        return Err(format!(
            "the payload names {} properties; at most {MOST_PROPERTIES} are taken",
            values.len()
        ));
    }
    Ok(values)
}
