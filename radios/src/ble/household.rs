//! Whose adverts belong to the home, and what becomes of them.
//!
//! The contract:
//! - it is pure: adverts, commands and the time in, [`Event`]s and outcomes out;
//! - a sender belongs to the home when it was named: stored, in the configuration, with a key, chosen
//!   from those nearby, or readable while joining is open (or always, where [`Adopt::Nearby`] says
//!   so). An address that its owner keeps changing is never taken up by itself;
//! - everything is bounded, and what finds no room is counted and said.

use std::collections::{BTreeMap, HashMap};
use std::time::Duration;

use tracing::{info, warn};

use super::nearby::Nearby;
use super::scan::ScanConfig;
use super::sender::{KeyStatus, Sender};
use super::smoothing::Rules;
use super::tracker::{self, Tracker, TrackerConfig};
use super::verdict::check;
use super::{Advert, Beacon, BindKey, Memory, decode_with, gatt};
use crate::{
    BleRecord, Changes, Command, CommandError, DeviceId, DeviceInfo, DeviceKind, Event,
    InterviewState, KeyText, Mac, Outcome, Value,
};

/// Devices one home can have; more are refused, visibly.
const MOST_DEVICES: usize = 512;

/// Which senders become devices of the home.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Adopt {
    /// Those that were named or chosen.
    #[default]
    Listed,
    /// Besides, whatever can be read and has an address of its own.
    Nearby,
}

/// What the BLE radio starts with.
#[derive(Debug, Default)]
pub struct BleConfig {
    /// Which adapter, and how to listen.
    pub scan: ScanConfig,
    /// Devices of the home.
    pub devices: Vec<DeviceInfo>,
    /// Their bind keys.
    pub keys: Vec<(Mac, BindKey)>,
    /// Devices named beforehand, of which nothing may be known yet.
    pub listed: Vec<Mac>,
    /// Who else is taken up.
    pub adopt: Adopt,
    /// How values are told: of all devices, and of single ones.
    pub rules: Rules,
    /// Rules of single devices.
    pub device_rules: BTreeMap<Mac, Rules>,
    /// What people carry about.
    pub trackers: Vec<TrackerConfig>,
    /// How devices are connected to.
    pub gatt: gatt::Settings,
}

/// Devices, trackers and whoever else is nearby.
#[derive(Debug)]
pub struct Household {
    devices: HashMap<Mac, Sender>,
    nearby: Nearby,
    trackers: Vec<Tracker>,
    rules: Rules,
    device_rules: BTreeMap<Mac, Rules>,
    adopt: Adopt,
    open_until: Option<Duration>,
    /// When held back values are due.
    due: Option<Duration>,
    refused: u32,
}

impl Household {
    /// The home that `config` describes, and the records of its trackers.
    #[must_use]
    pub fn new(config: BleConfig) -> (Self, Vec<Event>) {
        let mut devices: HashMap<Mac, Sender> = HashMap::new();
        let mut known = HashMap::new();
        for record in config.devices {
            match record.id {
                DeviceId::Ble(mac) if tracker::is_tracker(mac) => {
                    known.insert(mac, record);
                }
                DeviceId::Ble(mac) => {
                    devices.insert(mac, Sender::known(record));
                }
                DeviceId::Zigbee(_) => {}
            }
        }
        for mac in config.listed {
            devices.entry(mac).or_default();
        }
        for (mac, key) in config.keys {
            let sender = devices.entry(mac).or_default();
            sender.use_key(Some(key), None);
        }
        let trackers: Vec<Tracker> = config
            .trackers
            .into_iter()
            .take(tracker::MOST)
            .map(Tracker::new)
            .collect();
        let events = trackers
            .iter()
            .map(tracker_record)
            .filter(|record| match record.id {
                DeviceId::Ble(mac) => known.get(&mac) != Some(record),
                DeviceId::Zigbee(_) => false,
            })
            .map(|record| Event::Device(Box::new(record)))
            .collect();
        let household = Self {
            devices,
            nearby: Nearby::default(),
            trackers,
            rules: config.rules,
            device_rules: config.device_rules,
            adopt: config.adopt,
            open_until: None,
            due: None,
            refused: 0,
        };
        (household, events)
    }

    /// Whether an advert is of the home, and so of a trace of it.
    #[must_use]
    pub fn concerns(&self, advert: &Advert) -> bool {
        self.open_until.is_some()
            || self.adopt == Adopt::Nearby
            || self.devices.contains_key(&advert.address)
    }

    /// When [`Self::tick`] has something to do.
    #[must_use]
    pub fn deadline(&self) -> Option<Duration> {
        [self.due, self.open_until].into_iter().flatten().min()
    }

    /// Does what is due.
    pub fn tick(&mut self, now: Duration) -> Vec<Event> {
        if self.open_until.is_some_and(|until| until <= now) {
            self.open_until = None;
        }
        if self.due.is_none_or(|due| due > now) {
            return Vec::new();
        }
        let Self {
            devices,
            rules,
            device_rules,
            ..
        } = self;
        let events = devices
            .iter_mut()
            .filter_map(|(mac, sender)| {
                sender.due(*mac, device_rules.get(mac).unwrap_or(rules), now)
            })
            .collect();
        let waiting = self.devices.values();
        self.due = waiting
            .filter_map(|sender| sender.smoother.deadline())
            .min();
        events
    }

    /// The record of a device, where it has one.
    pub(super) fn record(&self, mac: Mac) -> Option<&DeviceInfo> {
        self.devices.get(&mac)?.record.as_ref()
    }

    /// Takes an advert.
    pub fn heard(&mut self, advert: &Advert, now: Duration) -> Vec<Event> {
        let mac = advert.address;
        if let Some(sender) = self.devices.get_mut(&mac) {
            let rules = self.device_rules.get(&mac).unwrap_or(&self.rules);
            let mut events = sender.hear(advert, rules, now);
            let due = sender.smoother.deadline();
            self.due = [self.due, due].into_iter().flatten().min();
            self.track(advert, None, now, &mut events);
            return events;
        }
        self.stranger(advert, now)
    }

    fn stranger(&mut self, advert: &Advert, now: Duration) -> Vec<Event> {
        let mac = advert.address;
        let open = self.adopt == Adopt::Nearby || self.open_until.is_some_and(|until| now < until);
        let mut events = Vec::new();
        let mut nobody = Memory::default();
        let mut stranger = self.nearby.hear(advert, now);
        let memory = stranger
            .as_mut()
            .map_or(&mut nobody, |stranger| &mut stranger.memory);
        let decoded = decode_with(advert, None, memory, now);
        let mut beacon = None;
        match decoded {
            Ok(reading) => {
                beacon = reading.beacon;
                if let Some(stranger) = stranger {
                    stranger.said(advert, &reading);
                    if open && stranger.is_readable() && self.has_room(mac) {
                        events = self.take_up(mac, None, None, now).unwrap_or_default();
                    }
                }
            }
            Err(error) => {
                if let Some(stranger) = stranger {
                    stranger.unreadable(advert, &error);
                    let lamp = gatt::recognise(advert);
                    if let Some(lamp) = &lamp {
                        stranger.is_lamp(lamp, advert);
                    }
                    if open && error.concerns_key() && !stranger.complained {
                        stranger.complained = true;
                        info!(device = %mac, "BLE device nearby not taken up: {error}");
                    }
                    if open && lamp.is_some() && !stranger.is_private() {
                        events = self.take_up(mac, None, None, now).unwrap_or_default();
                    }
                }
            }
        }
        self.track(advert, beacon, now, &mut events);
        events
    }

    /// Tells of the trackers that sent this.
    fn track(
        &mut self,
        advert: &Advert,
        beacon: Option<Beacon>,
        now: Duration,
        events: &mut Vec<Event>,
    ) {
        for tracker in &mut self.trackers {
            if tracker.sent(advert, beacon)
                && let Some(strength) = tracker.heard(advert.rssi, now)
            {
                let strength = strength.map(|strength| ("rssi".into(), strength.into()));
                events.push(Event::Changed {
                    id: tracker.id.into(),
                    changes: strength.into_iter().collect(),
                    linkquality: None,
                });
            }
        }
    }

    /// Makes a device of a sender, with what was heard of it.
    fn take_up(
        &mut self,
        mac: Mac,
        key: Option<BindKey>,
        status: Option<KeyStatus>,
        now: Duration,
    ) -> Option<Vec<Event>> {
        if !self.has_room(mac) {
            return None;
        }
        let mut sender = Sender::taken_up(self.nearby.remove(mac), now);
        sender.use_key(key, None);
        let advert = sender.evidence().map(|(advert, _)| advert.clone());
        let mut events = sender.introduce(mac, advert.as_ref());
        let rules = self.device_rules.get(&mac).unwrap_or(&self.rules);
        events.extend(sender.hear_again(rules, now));
        if status == Some(KeyStatus::Unchecked) {
            events.push(key_told(mac, KeyStatus::Unchecked));
        }
        self.devices.insert(mac, sender);
        Some(events)
    }

    /// Does what is asked; gives what happened, and the outcome.
    pub fn obey(&mut self, command: Command, now: Duration) -> (Vec<Event>, Outcome) {
        let mut events = Vec::new();
        let outcome = self.act(command, now, &mut events);
        (events, outcome)
    }

    fn act(&mut self, command: Command, now: Duration, events: &mut Vec<Event>) -> Outcome {
        match command {
            Command::PermitJoin { seconds, .. } => {
                let until = now + Duration::from_secs(seconds.into());
                self.open_until = (seconds > 0).then_some(until);
            }
            Command::Remove { id, .. } => {
                let mac = self.known(id)?;
                self.devices.remove(&mac);
                events.push(Event::Left { id });
            }
            Command::BindKey { id, key, .. } => return self.bind(id, key, now, events),
            Command::Adopt { id, key, .. } => return self.adopt(id, key, now, events),
            Command::Nearby { .. } => {
                return Ok(vec![("nearby".into(), self.nearby.list(now))]);
            }
            Command::Interview { id, .. } => {
                self.known(id)?;
            }
            Command::Set { id, values, .. } => {
                self.known(id)?;
                return Err(read_only(
                    "set",
                    values.first().map(|(property, _)| property.to_string()),
                ));
            }
            Command::Get { id, properties, .. } => {
                self.known(id)?;
                return Err(read_only(
                    "read",
                    properties.first().map(ToString::to_string),
                ));
            }
            // Whoever connects takes it before it comes here.
            Command::Gatt { id, .. } => {
                self.known(id)?;
                return Err(read_only("connect to", None));
            }
        }
        Ok(Changes::new())
    }

    fn known(&self, id: DeviceId) -> Result<Mac, CommandError> {
        match id {
            DeviceId::Ble(mac) if self.devices.contains_key(&mac) => Ok(mac),
            DeviceId::Ble(mac) if self.trackers.iter().any(|tracker| tracker.id == mac) => Ok(mac),
            _ => Err(CommandError::UnknownDevice(id)),
        }
    }

    fn has_room(&mut self, mac: Mac) -> bool {
        let room = self.devices.contains_key(&mac) || self.devices.len() < MOST_DEVICES;
        if !room {
            self.refused = self.refused.saturating_add(1);
            if self.refused.is_power_of_two() {
                warn!(
                    refused = self.refused,
                    "BLE: more than {MOST_DEVICES} devices; the newcomer is not taken up"
                );
            }
        }
        room
    }

    /// What the last advert of `mac` that says something about keys says of this one.
    fn judge(&self, mac: Mac, key: &BindKey, now: Duration) -> Result<KeyStatus, String> {
        let stranger = || {
            let stranger = self.nearby.get(mac)?;
            Some((stranger.last.as_deref()?, stranger.seen()))
        };
        let sender = self.devices.get(&mac);
        let evidence = sender.and_then(Sender::evidence).or_else(stranger);
        let Some((advert, at)) = evidence else {
            return Ok(KeyStatus::Unchecked);
        };
        let ago = now.saturating_sub(at).as_secs();
        match KeyStatus::from(check(advert, key)) {
            KeyStatus::Wrong => Err(format!(
                "the key is wrong: it does not open the advert that was heard {ago} s ago"
            )),
            KeyStatus::Token => Err(
                "24 digits are a token or a key of the oldest devices; this device needs its bind key of 32 digits"
                    .to_owned(),
            ),
            other => Ok(other),
        }
    }

    fn bind(
        &mut self,
        id: DeviceId,
        key: Option<KeyText>,
        now: Duration,
        events: &mut Vec<Event>,
    ) -> Outcome {
        let DeviceId::Ble(mac) = id else {
            return Err(CommandError::UnknownDevice(id));
        };
        let key = parse("bind_key", key)?;
        let status = match &key {
            Some(key) => Some(
                self.judge(mac, key, now)
                    .map_err(|why| bad("bind_key", why))?,
            ),
            None => None,
        };
        if !self.has_room(mac) {
            return Err(full());
        }
        let stranger = &mut self.nearby;
        let sender = self
            .devices
            .entry(mac)
            .or_insert_with(|| Sender::taken_up(stranger.remove(mac), now));
        sender.use_key(key, None);
        let rules = self.device_rules.get(&mac).unwrap_or(&self.rules);
        events.extend(sender.hear_again(rules, now));
        if status == Some(KeyStatus::Unchecked) {
            events.push(key_told(mac, KeyStatus::Unchecked));
        }
        Ok(status.map(told).unwrap_or_default())
    }

    fn adopt(
        &mut self,
        id: DeviceId,
        key: Option<KeyText>,
        now: Duration,
        events: &mut Vec<Event>,
    ) -> Outcome {
        let DeviceId::Ble(mac) = id else {
            return Err(CommandError::UnknownDevice(id));
        };
        if tracker::is_tracker(mac) {
            return Err(bad("address", "it is a tracker's already".to_owned()));
        }
        if self.devices.contains_key(&mac) {
            return match key {
                Some(_) => self.bind(id, key, now, events),
                None => Ok(Changes::new()),
            };
        }
        if self
            .nearby
            .get(mac)
            .is_some_and(super::nearby::Stranger::is_private)
        {
            let why = "its owner changes this address every few minutes; \
                       describe it as a tracker in the configuration instead";
            return Err(bad("address", why.to_owned()));
        }
        let key = parse("key", key)?;
        let status = match &key {
            Some(key) => self.judge(mac, key, now).map_err(|why| bad("key", why))?,
            None => match self.nearby.get(mac) {
                Some(stranger) if stranger.needs_key => KeyStatus::Missing,
                Some(_) => KeyStatus::NotNeeded,
                None => KeyStatus::Unchecked,
            },
        };
        let told = if key.is_some() || status == KeyStatus::Missing {
            told(status)
        } else {
            Changes::new()
        };
        let given = key.is_some().then_some(status);
        events.extend(self.take_up(mac, key, given, now).ok_or_else(full)?);
        Ok(told)
    }
}

fn parse(property: &str, key: Option<KeyText>) -> Result<Option<BindKey>, CommandError> {
    key.map(|text| text.0.parse::<BindKey>())
        .transpose()
        .map_err(|error| bad(property, error.to_string()))
}

fn bad(property: &str, why: String) -> CommandError {
    CommandError::BadValue {
        property: property.to_owned(),
        why,
    }
}

fn full() -> CommandError {
    CommandError::Unavailable(format!("{MOST_DEVICES} BLE devices are the most"))
}

/// The outcome that tells of a key.
fn told(status: KeyStatus) -> Changes {
    let message = match status {
        KeyStatus::Right => "the key is right: it opens the advert that was heard",
        KeyStatus::NotNeeded => "kept, but the adverts that were heard are not encrypted",
        KeyStatus::Missing => "its adverts are encrypted: it needs its bind key",
        _ => "kept; no encrypted advert was heard yet, the first one will tell whether it is right",
    };
    vec![
        ("key_status".into(), status.text().into()),
        ("message".into(), message.into()),
    ]
}

fn key_told(mac: Mac, status: KeyStatus) -> Event {
    Event::Changed {
        id: mac.into(),
        changes: vec![("key_status".into(), Value::from(status.text()))],
        linkquality: None,
    }
}

fn read_only(what: &'static str, property: Option<String>) -> CommandError {
    let why = "a BLE sensor only tells, it cannot be asked".to_owned();
    CommandError::Unsupported {
        what,
        property: property.unwrap_or_default(),
        why,
    }
}

fn tracker_record(tracker: &Tracker) -> DeviceInfo {
    let mut record = DeviceInfo::new(tracker.id.into(), DeviceKind::Ble);
    record.interview = InterviewState::Successful;
    record.ble = Some(Box::new(BleRecord {
        format: Some("tracker".to_owned()),
        name: Some(tracker.name.clone()),
        ..BleRecord::default()
    }));
    record
}

#[cfg(test)]
mod tests;
