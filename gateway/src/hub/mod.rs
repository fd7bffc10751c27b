//! The hub: the registry of devices, their state, and what everyone may ask of them.
//!
//! The contract: it is pure. [`Hub::handle`] takes an [`Input`] and the time, and returns
//! [`Effect`]s to be carried out in their order; it opens no socket, reads no clock and writes no
//! file. The same inputs give the same effects, so a whole home is replayed in microseconds.
//!
//! What is acknowledged is on disk: the effects that follow a change of the registry are held back
//! until [`Input::Stored`] (see [`durable`](self)); mere state is written seldom, because flash
//! wears out.

mod act;
mod announce;
mod availability;
mod bridge;
mod census;
mod collections;
mod command;
mod confirm;
mod durable;
mod engines;
mod groups;
mod inventory;
mod io;
mod listen;
mod names;
mod presence;
mod radio;
mod registry;
mod request;
mod scenes;
mod state;
mod talk;
#[cfg(test)]
mod tests;
mod theengs;
mod timers;
mod topic;
mod utterance;

pub use confirm::CONFIRM_WITHIN;
pub use io::{
    Answer, CallId, ClientId, Document, Effect, Input, Message, Now, Origin, Publish, Qos, Spoken,
    StoreToken, Utterance,
};
pub use presence::Trackers;
pub use registry::{Define, Options};
pub use topic::SUBSCRIPTIONS;

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::time::Duration;

use bytes::Bytes;
use radios::{DeviceId, NetworkInfo, Radio, Token};
use serde::Serialize;

use crate::config::{self, Config, Level};
use crate::presence::Presence;
use crate::status::Flash;
use crate::store::Wear;
use command::Pending;
use durable::Held;
use registry::Registry;
use state::Published;
use talk::Talk;
use utterance::Language;

/// What the hub must know of the configuration.
#[derive(Clone, Debug)]
pub struct Settings {
    /// First part of every topic.
    pub base_topic: String,
    /// Language of sentences and answers.
    pub language: String,
    /// Language of speech, where it is another.
    pub speech_language: Option<String>,
    /// The broker, for `bridge/info`.
    pub server: String,
    /// Least severe level that is published on `bridge/logging`.
    pub log: Level,
    /// Home Assistant's topics, when devices are announced to it.
    pub homeassistant: Option<config::HomeAssistant>,
    /// Whether there is a Zigbee radio.
    pub zigbee: bool,
    /// Whether there is a BLE radio.
    pub ble: bool,
    /// Whether requests may connect to BLE devices that are not of the home.
    pub gatt_any: bool,
    /// What people carry about.
    pub trackers: Trackers,
    /// First part of Theengs' topics, where adverts are told there besides.
    pub theengs: Option<String>,
    /// Names and rooms that the configuration gives.
    pub devices: BTreeMap<DeviceId, config::Device>,
    /// What is asked back before it is done.
    pub confirm: Vec<config::Confirm>,
    /// Whether that is asked of those who type, too.
    pub confirm_typed: bool,
    /// The time on the wall where the home is, of a time since 1970 in UTC.
    pub local: fn(Duration) -> Duration,
    /// Tells how long recognising takes, for `voice/intent` alone. The hub itself reads no clock.
    pub stopwatch: fn() -> Duration,
    /// What a device offers, from its record.
    pub define: Define,
}

impl Settings {
    /// The hub's part of `config`.
    #[must_use]
    pub fn new(config: &Config, define: Define) -> Self {
        let ble = &config.ble;
        let mut devices = config.devices.clone();
        let mut names = BTreeMap::new();
        for tracker in &ble.trackers {
            let id = DeviceId::Ble(tracker.id());
            names.insert(id, tracker.name.clone());
            devices.entry(id).or_default().friendly_name = Some(tracker.name.clone());
        }
        Self {
            base_topic: config.mqtt.base_topic.clone(),
            language: config.voice.language.clone(),
            speech_language: config.voice.speech_language.clone(),
            server: config.mqtt.server.to_string(),
            log: config.log,
            homeassistant: config
                .homeassistant
                .enabled
                .then(|| config.homeassistant.clone()),
            zigbee: config.zigbee.enabled,
            ble: ble.enabled,
            gatt_any: ble.gatt_any,
            trackers: Trackers {
                topic: ble.presence_topic.clone(),
                room: ble.room.clone(),
                timeout: Duration::from_secs(ble.presence_timeout.into()),
                names: if ble.enabled { names } else { BTreeMap::new() },
            },
            theengs: ble.theengs_topics.clone(),
            devices,
            confirm: config.voice.confirm.clone(),
            confirm_typed: config.voice.confirm_typed,
            local: |utc| utc,
            stopwatch: || Duration::ZERO,
            define,
        }
    }
}

/// What was on disk.
#[derive(Clone, Debug, Default)]
pub struct Saved {
    /// [`Document::Registry`].
    pub registry: Option<Bytes>,
    /// [`Document::State`].
    pub state: Option<Bytes>,
}

/// The document on disk is whole but not one that this version understands.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the registry on disk cannot be understood: {0}")]
pub struct SavedError(pub String);

/// Until when joining is open.
#[derive(Clone, Copy, Debug)]
struct Joining {
    /// In [`Now::elapsed`].
    until: Duration,
    /// Milliseconds since 1970, to show.
    until_unix: u64,
}

/// The hub. See the [module](self).
pub struct Hub {
    settings: Settings,
    registry: Registry,
    network: Option<NetworkInfo>,
    joining: Option<Joining>,
    last_joined: Option<DeviceId>,
    pending: HashMap<Token, Pending>,
    next_token: Token,
    held: BTreeMap<StoreToken, Held>,
    next_store: StoreToken,
    /// The newest write of the registry: once it is on disk, everyone is shown the devices.
    newest_registry: StoreToken,
    /// When to try a failed write again.
    store_again: Option<Duration>,
    /// The network while it is not on disk. Holds keys.
    network_unkept: Option<(StoreToken, Bytes)>,
    /// When to write changed state.
    state_due: Option<Duration>,
    /// What was written to flash since the start.
    wear: Wear,
    /// What was written before, and since when all of it is counted.
    wear_before: Flash,
    /// When to look at availability next.
    availability_due: Option<Duration>,
    /// Trackers, whoever hears them.
    presences: BTreeMap<DeviceId, Presence>,
    /// Devices to read again after they came back.
    reread: Vec<(Duration, DeviceId)>,
    broker_up: bool,
    /// Retained topics that were removed while the broker was away.
    uncleared: BTreeSet<String>,
    last_log: String,
    language: Language,
    /// Sentences whose devices have not all answered.
    talks: HashMap<u32, Talk>,
    next_talk: u32,
    next_utterance: u32,
    timers: Vec<timers::Timer>,
    next_timer: u32,
    /// What somebody is to say yes to.
    questions: Vec<confirm::Question>,
    /// When the input came that is being handled.
    now: Now,
    /// Requests whose sentence has not been answered.
    says: HashMap<CallId, request::Reply>,
    out: Vec<Effect>,
}

/// Without keys, and short.
impl std::fmt::Debug for Hub {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Hub")
            .field("devices", &self.registry.len())
            .field("pending", &self.pending.len())
            .finish_non_exhaustive()
    }
}

impl Hub {
    /// A hub that knows what was saved.
    ///
    /// # Errors
    /// A registry that this version does not understand; saved state that it does not understand is
    /// only forgotten.
    pub fn new(settings: Settings, saved: &Saved, now: Now) -> Result<Self, SavedError> {
        let mut registry = Registry::new(settings.base_topic.clone(), settings.define);
        if let Some(body) = &saved.registry {
            registry
                .load(body)
                .map_err(|error| SavedError(error.to_string()))?;
        }
        let mut hub = Self {
            settings,
            registry,
            network: None,
            joining: None,
            last_joined: None,
            pending: HashMap::new(),
            next_token: 1,
            held: BTreeMap::new(),
            next_store: 1,
            newest_registry: 0,
            store_again: None,
            network_unkept: None,
            state_due: None,
            wear: Wear::default(),
            wear_before: Flash {
                since: now.unix.as_secs(),
                ..Flash::default()
            },
            availability_due: None,
            presences: BTreeMap::new(),
            reread: Vec::new(),
            broker_up: false,
            uncleared: BTreeSet::new(),
            last_log: String::new(),
            language: Language::default(),
            talks: HashMap::new(),
            next_talk: 1,
            next_utterance: 1,
            timers: Vec::new(),
            next_timer: 1,
            questions: Vec::new(),
            now,
            says: HashMap::new(),
            out: Vec::new(),
        };
        let languages = [
            Some(&hub.settings.language),
            hub.settings.speech_language.as_ref(),
        ];
        let languages: Vec<String> = languages
            .into_iter()
            .flatten()
            .filter(|_| cfg!(feature = "sentences"))
            .cloned()
            .collect();
        for language in languages {
            if let Err(why) = hub.language.learn(&language) {
                hub.log(Level::Error, why);
            }
        }
        hub.take_over_configured();
        if let Some(body) = &saved.state {
            hub.load_state(body);
        }
        hub.expect_everyone(now);
        hub.expect_trackers(now);
        hub.rename_home();
        Ok(hub)
    }

    /// Handles one input.
    pub fn handle(&mut self, input: Input, now: Now) -> Vec<Effect> {
        let before = std::mem::replace(&mut self.now, now);
        self.follow_clock(before);
        match input {
            Input::Radio(event) => self.radio(event, now),
            Input::Message(message) => self.message(&message, now),
            Input::BrokerUp => self.broker_up(),
            Input::BrokerDown { reason } => {
                if std::mem::take(&mut self.broker_up) {
                    self.log(Level::Warn, format!("broker away: {reason}"));
                }
            }
            Input::Utterance(utterance) => self.utterance(&utterance, now),
            Input::Client(client) => self.greet(client),
            Input::Stored { token, result } => self.stored(token, result, now),
            Input::Wear(wear) => self.wear = wear,
            Input::Tick => self.tick(now),
            Input::Shutdown => self.shutdown(),
        }
        std::mem::take(&mut self.out)
    }

    /// When it wants [`Input::Tick`], in [`Now::elapsed`].
    #[must_use]
    pub fn next_deadline(&self) -> Option<Duration> {
        let single = [
            self.state_due,
            self.store_again,
            self.availability_due,
            self.joining.map(|joining| joining.until),
        ];
        let reread = self.reread.iter().map(|(due, _)| *due);
        let trackers = self.presences.values().filter_map(Presence::deadline);
        let timers = self.timers.iter().filter_map(|timer| timer.look(self.now));
        single
            .into_iter()
            .flatten()
            .chain(reread)
            .chain(trackers)
            .chain(timers)
            .min()
    }

    /// What was written to flash, also by earlier starts whose last state is known.
    #[must_use]
    pub fn wear(&self) -> Flash {
        Flash {
            writes: self.wear_before.writes.saturating_add(self.wear.writes),
            bytes: self.wear_before.bytes.saturating_add(self.wear.bytes),
            since: self.wear_before.since,
        }
    }

    /// Keys of BLE devices' advertisements, for starting the radio.
    pub fn bind_keys(&self) -> Vec<(DeviceId, String)> {
        self.registry
            .iter()
            .filter_map(|device| Some((device.info.id, device.options.bind_key.clone()?)))
            .collect()
    }

    /// Records of all devices of one radio, for starting it.
    pub fn records(&self, radio: Radio) -> Vec<radios::DeviceInfo> {
        self.registry
            .iter()
            .filter(|device| device.radio() == radio)
            .map(|device| device.info.clone())
            .collect()
    }

    fn tick(&mut self, now: Now) {
        if self
            .joining
            .is_some_and(|joining| now.elapsed >= joining.until)
        {
            self.joining = None;
            self.publish_info();
        }
        if self.store_again.is_some_and(|due| now.elapsed >= due) {
            self.keep_again();
        }
        if self.state_due.is_some_and(|due| now.elapsed >= due) {
            self.keep_state();
        }
        if self.availability_due.is_some_and(|due| now.elapsed >= due) {
            self.check_availability(now);
        }
        self.reread_due(now);
        self.trackers_due(now);
        self.timers_due(now);
    }

    fn shutdown(&mut self) {
        if self.state_due.is_some() {
            self.keep_state();
        }
        self.publish_state(false);
        self.tell_theengs_state(false);
    }

    /// A message from outside: for Home Assistant's birth, or under the base topic.
    fn message(&mut self, message: &Message, now: Now) {
        let topic = match message.origin {
            Origin::Broker => {
                if let Some(ha) = &self.settings.homeassistant
                    && message.topic == ha.status_topic
                {
                    if &*message.payload == b"online" {
                        self.announce_all();
                        self.publish_everything();
                    }
                    return;
                }
                if self.told_of_tracker(&message.topic, &message.payload, now) {
                    return;
                }
                let Some(rest) = message
                    .topic
                    .strip_prefix(&self.settings.base_topic)
                    .and_then(|rest| rest.strip_prefix('/'))
                else {
                    return;
                };
                rest
            }
            Origin::Client(_) => &message.topic,
        };
        match topic::read(topic) {
            topic::Asked::Set(target) => self.set(&target, &message.payload, now),
            topic::Asked::Get(target) => self.get(&target, &message.payload, now),
            topic::Asked::Request(path) => self.request(path, &message.payload, now),
            topic::Asked::Say => self.say(&message.payload, now),
            topic::Asked::Listen => self.listen(&message.payload),
            topic::Asked::Nothing => {
                if let Origin::Client(_) = message.origin {
                    let shown: String = topic.chars().take(80).collect();
                    self.log(Level::Error, format!("nothing listens on topic '{shown}'"));
                }
            }
        }
    }

    fn broker_up(&mut self) {
        self.broker_up = true;
        for topic in std::mem::take(&mut self.uncleared) {
            self.clear(topic);
        }
        self.publish_state(true);
        self.tell_theengs_state(true);
        self.publish_info();
        self.publish_devices();
        self.publish_groups();
        self.publish_scenes();
        self.publish_timers();
        self.announce_all();
        self.publish_everything();
    }

    /// Availability and state of every device.
    fn publish_everything(&mut self) {
        let ids: Vec<DeviceId> = self.registry.iter().map(|device| device.info.id).collect();
        for id in ids {
            self.publish_availability(id);
            self.publish_device(id, &[]);
        }
        self.publish_all_groups();
    }

    /// Publishes a device's state, with what is of this moment.
    fn publish_device(&mut self, id: DeviceId, momentary: &[(radios::Property, radios::Value)]) {
        let Some(device) = self.registry.get(id) else {
            return;
        };
        let nulls = self.settings.homeassistant.is_some();
        let nothing = device.state.iter().next().is_none() && device.linkquality.is_none();
        if momentary.is_empty() && nothing {
            return;
        }
        let published = Published {
            state: &device.state,
            momentary,
            linkquality: device.linkquality,
            expected: if nulls { &device.expected } else { &[] },
            last_seen: device.shown_last_seen(),
        };
        let effect = Effect::Publish(Publish {
            topic: device.topic.clone(),
            payload: json(&published),
            retain: device.options.retain,
            qos: if device.options.qos == 0 {
                Qos::AtMostOnce
            } else {
                Qos::AtLeastOnce
            },
        });
        let parts = if nulls { device.parts() } else { Vec::new() };
        self.out.push(effect);
        for (topic, values) in parts {
            self.out.push(Effect::Publish(Publish {
                topic,
                payload: json(&values),
                retain: false,
                qos: Qos::AtMostOnce,
            }));
        }
    }

    /// Publishes under the base topic.
    fn publish(&mut self, topic: &str, payload: Bytes, retain: bool, qos: Qos) {
        let effect = self.publication(topic, payload, retain, qos);
        self.out.push(effect);
    }

    fn publication(&self, topic: &str, payload: Bytes, retain: bool, qos: Qos) -> Effect {
        Effect::Publish(Publish {
            topic: format!("{}/{topic}", self.settings.base_topic),
            payload,
            retain,
            qos,
        })
    }

    /// Removes what the broker retains on `topic`, now or when it is back.
    fn clear(&mut self, topic: String) {
        if !self.broker_up && self.uncleared.len() < 10_000 {
            self.uncleared.insert(topic.clone());
        }
        self.out.push(Effect::Publish(Publish {
            topic,
            payload: Bytes::new(),
            retain: true,
            qos: Qos::AtLeastOnce,
        }));
    }

    /// Logs, and publishes on `bridge/logging`; the same line twice in a row only once.
    fn log(&mut self, level: Level, message: String) {
        if level <= self.settings.log && self.last_log != message {
            self.last_log.clone_from(&message);
            let line = Logging {
                level: level.name(),
                message: &message,
                namespace: "hearth:hub",
            };
            self.publish("bridge/logging", json(&line), false, Qos::AtMostOnce);
        }
        self.out.push(Effect::Log { level, message });
    }
}

#[derive(Serialize)]
struct Logging<'a> {
    level: &'a str,
    message: &'a str,
    namespace: &'a str,
}

/// JSON of something made here.
fn json<T: Serialize>(value: &T) -> Bytes {
    let mut out = Vec::with_capacity(256);
    match serde_json::to_writer(&mut out, value) {
        Ok(()) => out.into(),
        // Keys are texts and numbers finite or null: there is nothing to fail on.
        Err(error) => {
            tracing::error!(%error, "cannot write JSON");
            Bytes::from_static(b"null")
        }
    }
}
