//! What radios tell: devices come, speak and go.

use std::time::Duration;

use radios::{Changes, DeviceId, DeviceInfo, DeviceKind, Event, Interview, InterviewState, Radio};
use serde_json::{Value as Json, json as json_value};

use super::durable::{Held, MOST_AFTER};
use super::presence::is_tracker;
use super::registry::{MOST_DEVICES, Options};
use super::{Effect, Hub, Joining, Now, Qos, json};
use crate::clock;
use crate::config::{Device, Level};

impl Hub {
    pub(super) fn radio(&mut self, event: Event, now: Now) {
        match event {
            Event::Changed {
                id,
                changes,
                linkquality,
            } => self.changed(id, changes, linkquality, now),
            Event::Done { token, outcome } => self.done(token, outcome, now),
            Event::RadioUp { radio, network } => {
                match (&network, radio) {
                    (Some(network), _) => self.log(
                        Level::Info,
                        format!(
                            "Zigbee works: {}, channel {}",
                            network.firmware, network.channel
                        ),
                    ),
                    (None, Radio::Zigbee) => self.log(Level::Info, "Zigbee works".to_owned()),
                    (None, Radio::Ble) => self.log(Level::Info, "Bluetooth works".to_owned()),
                }
                if network.is_some() {
                    self.network = network;
                    self.publish_devices();
                    self.announce_bridge();
                }
                self.publish_info();
            }
            Event::RadioDown { radio, reason } => {
                let name = match radio {
                    Radio::Zigbee => "Zigbee",
                    Radio::Ble => "Bluetooth",
                };
                self.log(Level::Warn, format!("{name} is away: {reason}"));
            }
            Event::Network(settings) => self.keep_network(json(&*settings)),
            Event::PermitJoin { seconds } => self.permit(seconds, now),
            Event::Joined { id } => {
                if self.admit(DeviceInfo::new(id, DeviceKind::Unknown), now) {
                    self.last_joined = Some(id);
                    self.heard(id, now);
                    self.tell("device_joined", id, &[]);
                }
            }
            Event::Announced { id } => {
                self.heard(id, now);
                self.tell("device_announce", id, &[]);
                self.reread_soon(id, now);
            }
            Event::Left { id } => {
                if self.registry.get(id).is_some() {
                    self.set_available(id, false, now);
                    if let Some(device) = self.registry.get_mut(id) {
                        device.due = Duration::MAX;
                    }
                }
                self.tell("device_leave", id, &[]);
            }
            Event::Interview { id, stage } => self.interviewed(id, &stage),
            Event::Device(info) => self.record(*info, now),
        }
    }

    /// The hot path: a report.
    fn changed(&mut self, id: DeviceId, changes: Changes, linkquality: Option<u8>, now: Now) {
        let Some(device) = self.registry.get_mut(id) else {
            tracing::debug!(%id, "a device without a record was heard");
            return;
        };
        if is_tracker(id) {
            self.heard(id, now);
            return self.tracker_heard(id, changes, now);
        }
        if linkquality.is_some() {
            device.linkquality = linkquality;
        }
        let key = changes.iter().find(|(name, _)| name == "key_status");
        let turned = key.is_some_and(|(_, status)| device.state.get("key_status") != Some(status));
        let mut changes = changes;
        if turned {
            let since = clock::utc(now.unix);
            changes.push(("key_status_since".into(), since.into()));
        }
        self.heard(id, now);
        self.show(id, changes, now);
        if turned {
            self.publish_devices();
        }
    }

    pub(super) fn permit(&mut self, seconds: u8, now: Now) {
        let open = Duration::from_secs(u64::from(seconds));
        self.joining = (seconds > 0).then(|| Joining {
            until: now.elapsed + open,
            until_unix: now.unix_ms() + 1000 * u64::from(seconds),
        });
        self.publish_info();
    }

    /// Makes sure that a device is known. Says whether it is.
    fn admit(&mut self, info: DeviceInfo, now: Now) -> bool {
        let id = info.id;
        if self.registry.get(id).is_some() {
            return true;
        }
        if self.registry.is_blocked(id) {
            tracing::debug!(%id, "a blocked device was heard");
            return false;
        }
        if self.registry.len() >= MOST_DEVICES {
            self.log(
                Level::Error,
                format!("{id} cannot be taken in: there are {MOST_DEVICES} devices already"),
            );
            return false;
        }
        let configured = self.settings.devices.get(&id).cloned().unwrap_or_default();
        self.registry.insert(info, options_of(configured));
        if is_tracker(id)
            && let Some(device) = self.registry.get_mut(id)
        {
            device.available = Some(true);
            self.publish_availability(id);
        } else if let Some(device) = self.registry.get_mut(id) {
            device.due = now.elapsed + Duration::from_secs(600);
            let due = device.due;
            self.availability_due = Some(self.availability_due.map_or(due, |at| at.min(due)));
        }
        self.keep_registry(Held::default());
        true
    }

    /// A device's record is new or changed.
    fn record(&mut self, info: DeviceInfo, now: Now) {
        let id = info.id;
        let new = self.registry.get(id).is_none();
        if !self.admit(info.clone(), now) {
            return;
        }
        if self.registry.update(info) {
            self.keep_registry(Held::default());
        } else if !new {
            return;
        }
        self.announce_when_kept(id);
    }

    fn interviewed(&mut self, id: DeviceId, stage: &Interview) {
        let Some(device) = self.registry.get_mut(id) else {
            return;
        };
        let name = device.options.friendly_name.clone();
        let (state, status) = match stage {
            Interview::Started => (InterviewState::InProgress, "started"),
            Interview::Successful => (InterviewState::Successful, "successful"),
            Interview::Failed(_) => (InterviewState::Failed, "failed"),
        };
        device.info.interview = state;
        let mut more = vec![("status", Json::from(status))];
        match stage {
            Interview::Started => {
                self.log(Level::Info, format!("interview of '{name}' began"));
            }
            Interview::Successful => {
                more.push((
                    "supported",
                    Json::from(device.definition.source == "native"),
                ));
                more.push(("definition", super::bridge::definition(&device.definition)));
                self.log(Level::Info, format!("interview of '{name}' is complete"));
            }
            Interview::Failed(why) => {
                let why = format!("interview of '{name}' failed: {why}");
                self.log(Level::Error, why);
            }
        }
        self.tell("device_interview", id, &more);
        if *stage == Interview::Started {
            self.publish_devices();
        } else {
            self.keep_registry(Held::default());
            self.announce_when_kept(id);
        }
    }

    /// Publishes an event of a device, once what it rests on is on disk.
    fn tell(&mut self, kind: &str, id: DeviceId, more: &[(&str, Json)]) {
        let name = self
            .registry
            .get(id)
            .map_or_else(|| id.to_string(), |d| d.options.friendly_name.clone());
        let mut data = json_value!({"friendly_name": name, "ieee_address": id});
        if let Some(data) = data.as_object_mut() {
            for (key, value) in more {
                data.insert((*key).to_owned(), value.clone());
            }
        }
        let event = json(&json_value!({"type": kind, "data": data}));
        let effect = self.publication("bridge/event", event, false, Qos::AtMostOnce);
        self.after_writes(vec![effect]);
    }

    /// Does `effects` when every write under way is on disk; now if there is none, or if the disk keeps too many
    /// waiting already.
    pub(super) fn after_writes(&mut self, effects: Vec<Effect>) {
        match self.held.get_mut(&self.newest_registry) {
            Some(held) if held.then.len() < MOST_AFTER => held.then.extend(effects),
            Some(_) => {
                self.log(
                    Level::Error,
                    format!("the disk is too slow: what happens is told before it is kept; {MOST_AFTER} wait already"),
                );
                self.out.extend(effects);
            }
            None => self.out.extend(effects),
        }
    }

    /// Names and rooms from the configuration, for devices that have none of their own.
    pub(super) fn take_over_configured(&mut self) {
        let mut changed = false;
        for (id, configured) in self.settings.devices.clone() {
            let Some(device) = self.registry.get_mut(id) else {
                continue;
            };
            if device.options.room.is_none() && configured.room.is_some() {
                device.options.room = configured.room;
                changed = true;
            }
            if device.options.aliases.is_empty() && !configured.aliases.is_empty() {
                device.options.aliases = configured.aliases;
                changed = true;
            }
            if configured.confirm && !device.options.confirm {
                device.options.confirm = true;
                changed = true;
            }
            if device.options.bind_key.is_none() && configured.bind_key.is_some() {
                device.options.bind_key = configured.bind_key.map(|key| key.reveal().clone());
                changed = true;
            }
            if let Some(name) = configured.friendly_name
                && device.options.friendly_name == id.to_string()
            {
                match self.registry.rename(id, &name) {
                    Ok(()) => changed = true,
                    Err(why) => self.log(Level::Error, format!("configuration: {why}")),
                }
            }
        }
        if changed {
            self.keep_registry(Held::default());
        }
    }
}

fn options_of(configured: Device) -> Options {
    Options {
        friendly_name: configured.friendly_name.unwrap_or_default(),
        room: configured.room,
        aliases: configured.aliases,
        confirm: configured.confirm,
        bind_key: configured.bind_key.map(|key| key.reveal().clone()),
        ..Options::default()
    }
}
