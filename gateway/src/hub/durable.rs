//! What must be on disk before anyone hears of it.
//!
//! A change of the registry is written at once. Whatever tells the world of it (the answer to a
//! request, an event, `bridge/devices`) is [`Held`] until the write is on disk; if it cannot be
//! written, the answer is an error and the write is tried again. Mere state is written at most once
//! in [`STATE_EVERY`] and at shutdown.

use std::collections::BTreeMap;
use std::time::Duration;

use bytes::Bytes;
use radios::{Changes, DeviceId, Value};
use serde::{Deserialize, Serialize};

use super::request::Reply;
use super::state::State;
use super::timers::StoredTimer;
use super::{Document, Effect, Hub, Now, json};
use crate::config::{Level, Secret};
use crate::status::Flash;

/// How seldom mere state is written.
const STATE_EVERY: Duration = Duration::from_secs(600);
/// When a failed write is tried again.
const AGAIN: Duration = Duration::from_secs(60);
/// Most writes under way. More wait for none: each holds the whole registry.
const MOST_HELD: usize = 256;

/// Most effects that wait for one write: a device that joins over and over fills no memory while the disk hangs.
pub(super) const MOST_AFTER: usize = 1024;

/// What follows a write.
#[derive(Debug, Default)]
pub(super) struct Held {
    /// Done when it is on disk.
    pub(super) then: Vec<Effect>,
    /// Answered when it is on disk, or when it is not.
    pub(super) reply: Option<Reply>,
}

#[derive(Serialize, Deserialize)]
struct StateDocument {
    devices: BTreeMap<DeviceId, DeviceState>,
    /// Milliseconds since 1970 when it was written.
    #[serde(default)]
    written: u64,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    timers: Vec<StoredTimer>,
    /// What the flash had borne when this was written.
    #[serde(default)]
    flash: Option<Flash>,
}

#[derive(Serialize, Deserialize)]
struct DeviceState {
    #[serde(default)]
    state: BTreeMap<String, Value>,
    #[serde(default)]
    linkquality: Option<u8>,
    #[serde(default)]
    last_seen: Option<u64>,
    #[serde(default)]
    available: Option<bool>,
}

impl Hub {
    /// Writes the registry; `held` follows when it is on disk.
    pub(super) fn keep_registry(&mut self, held: Held) {
        match self.registry.store() {
            Ok(body) => {
                self.store_again = None;
                self.newest_registry = self.store(Document::Registry, body.into(), held);
            }
            Err(error) => self.log(Level::Error, format!("cannot write the registry: {error}")),
        }
    }

    /// Writes the network with its keys; it is held only until it is on disk.
    pub(super) fn keep_network(&mut self, body: Bytes) {
        let token = self.store(Document::Network, body.clone(), Held::default());
        self.network_unkept = Some((token, body));
    }

    /// What could not be written is tried again.
    pub(super) fn keep_again(&mut self) {
        self.store_again = None;
        self.keep_registry(Held::default());
        if let Some((_, body)) = self.network_unkept.take() {
            self.keep_network(body);
        }
    }

    pub(super) fn keep_state(&mut self) {
        self.state_due = None;
        let devices = self
            .registry
            .iter()
            .map(|device| {
                let state = DeviceState {
                    state: device
                        .state
                        .iter()
                        .map(|(name, value)| (name.to_string(), value.clone()))
                        .collect(),
                    linkquality: device.linkquality,
                    last_seen: device.last_seen,
                    available: device.available,
                };
                (device.info.id, state)
            })
            .collect();
        let body = json(&StateDocument {
            devices,
            written: self.now.unix_ms(),
            timers: self.stored_timers(),
            flash: Some(self.wear()),
        });
        self.store(Document::State, body, Held::default());
    }

    pub(super) fn store(&mut self, document: Document, body: Bytes, held: Held) -> u32 {
        let token = self.next_store;
        self.next_store = self.next_store.wrapping_add(1);
        if self.held.len() >= MOST_HELD {
            self.log(
                Level::Error,
                "the disk is too slow: too many changes wait to be written".to_owned(),
            );
        }
        self.held.insert(token, held);
        self.out.push(Effect::Store {
            token,
            document,
            body: Secret::new(body),
        });
        token
    }

    /// State changed: it will be written in a while.
    pub(super) fn state_changed(&mut self, now: Now) {
        if self.state_due.is_none() {
            self.state_due = Some(now.elapsed + STATE_EVERY);
        }
    }

    pub(super) fn stored(&mut self, token: u32, result: Result<(), String>, now: Now) {
        let Some(held) = self.held.remove(&token) else {
            return;
        };
        let newest = token == self.newest_registry;
        let network = self
            .network_unkept
            .as_ref()
            .is_some_and(|(of, _)| *of == token);
        match &result {
            Err(why) => {
                self.log(Level::Error, format!("cannot write to disk: {why}"));
                if newest || network {
                    self.store_again = Some(now.elapsed + AGAIN);
                }
            }
            Ok(()) if network => self.network_unkept = None,
            Ok(()) => {}
        }
        self.out.extend(held.then);
        if newest {
            self.publish_devices();
            self.publish_info();
            if self.rename_home() {
                self.out.push(Effect::HomeChanged);
            }
        }
        if let Some(reply) = held.reply {
            match result {
                Ok(()) => self.reply(reply, Ok(())),
                Err(why) => self.reply(
                    reply,
                    Err(format!(
                        "done, but not kept: cannot write to disk: {why}; will be tried again"
                    )),
                ),
            }
        }
    }

    /// Takes in what the document `state` holds, for devices that are known.
    pub(super) fn load_state(&mut self, body: &[u8]) {
        match serde_json::from_slice::<StateDocument>(body) {
            Ok(document) => {
                self.load_timers(document.timers, document.written);
                if let Some(flash) = document.flash {
                    self.wear_before = flash;
                }
                for (id, saved) in document.devices {
                    if let Some(device) = self.registry.get_mut(id) {
                        let changes: Changes = saved
                            .state
                            .into_iter()
                            .map(|(name, value)| (name.into(), value))
                            .collect();
                        device.state = State::from(changes);
                        device.linkquality = saved.linkquality;
                        device.last_seen = saved.last_seen;
                        device.available = saved.available;
                    }
                }
            }
            Err(error) => self.log(
                Level::Warn,
                format!("the saved state cannot be understood and is forgotten: {error}"),
            ),
        }
    }
}
