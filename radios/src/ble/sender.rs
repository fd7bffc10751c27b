//! One device of the home: from its adverts to its events.
//!
//! The contract: a frame that repeats changes nothing, but shows that the device is there; what a
//! key does not open is said once a reason; the record goes up before what rests on it.

use std::time::Duration;

use tracing::{info, warn};

use super::interval::Interval;
use super::nearby::{Stranger, outside};
use super::smoothing::{Rules, Smoother};
use super::verdict::{Verdict, check};
use super::{Advert, BindKey, DecodeError, Memory, Reading, decode_with, define, gatt};
use crate::{
    BleRecord, Changes, DeviceId, DeviceInfo, DeviceKind, Event, Interview, InterviewState, Mac,
};

/// A device that says nothing new is still shown to be there this often.
const ALIVE_EVERY: Duration = Duration::from_secs(60);
/// How often it is looked at whether a key is needed at all.
const LOOK_AGAIN: Duration = Duration::from_secs(10);
/// Frames that do not open before a key is called wrong: the legacy encryption has no tag.
const WRONG_AFTER: u8 = 2;
/// After a frame that opened, others that do not count only after this time: some devices send
/// several formats at once, and the key is one format's.
const STILL_RIGHT: Duration = Duration::from_secs(120);
/// Properties remembered of one device.
const MOST_PROPERTIES: usize = 64;
/// Actions remembered of one device.
const MOST_ACTIONS: usize = 64;

/// How a device's key stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum KeyStatus {
    /// It opens the adverts.
    Right,
    /// It does not.
    Wrong,
    /// A token, where a key is needed.
    Token,
    /// One is needed and none is there.
    Missing,
    /// None is needed.
    NotNeeded,
    /// Nothing was heard to try it on.
    Unchecked,
    /// The device has one, and says things without.
    NotEncrypted,
}

impl KeyStatus {
    pub(super) const fn text(self) -> &'static str {
        match self {
            Self::Right => "right",
            Self::Wrong => "wrong",
            Self::Token => "token",
            Self::Missing => "missing",
            Self::NotNeeded => "not_needed",
            Self::Unchecked => "unchecked",
            Self::NotEncrypted => "not_encrypted",
        }
    }
}

impl From<Verdict> for KeyStatus {
    fn from(verdict: Verdict) -> Self {
        match verdict {
            Verdict::Right => Self::Right,
            Verdict::Wrong => Self::Wrong,
            Verdict::Token => Self::Token,
            Verdict::NotNeeded => Self::NotNeeded,
            Verdict::Unclear => Self::Unchecked,
        }
    }
}

/// One device of the home.
#[derive(Debug, Default)]
pub(super) struct Sender {
    pub(super) record: Option<DeviceInfo>,
    pub(super) key: Option<BindKey>,
    pub(super) memory: Memory,
    pub(super) smoother: Smoother,
    key_status: Option<KeyStatus>,
    key_looked: Option<Duration>,
    unopened: u8,
    opened: Option<Duration>,
    /// The last advert that says something about a key, and when it was heard.
    evidence: Option<(Box<Advert>, Duration)>,
    interval: Interval,
    told_alive: Option<Duration>,
}

impl Sender {
    /// A device that was known before.
    pub(super) fn known(record: DeviceInfo) -> Self {
        let interval = record.ble.as_ref().and_then(|ble| ble.interval);
        Self {
            interval: Interval::known(interval),
            record: Some(record),
            ..Self::default()
        }
    }

    /// What was nearby so far.
    pub(super) fn taken_up(stranger: Option<Stranger>, now: Duration) -> Self {
        Self {
            evidence: stranger.and_then(|stranger| Some((stranger.last?, now))),
            ..Self::default()
        }
    }

    /// The advert to try a key on, and when it was heard.
    pub(super) fn evidence(&self) -> Option<(&Advert, Duration)> {
        let (advert, at) = self.evidence.as_ref()?;
        Some((advert, *at))
    }

    /// Gives it another key, which `status` is known of.
    pub(super) fn use_key(&mut self, key: Option<BindKey>, status: Option<KeyStatus>) {
        self.key = key;
        self.key_status = status;
        self.key_looked = None;
        self.unopened = 0;
        self.opened = None;
        self.memory = Memory::default();
    }

    /// Makes the record of a device of which nothing may have been heard.
    pub(super) fn introduce(&mut self, mac: Mac, advert: Option<&Advert>) -> Vec<Event> {
        let mut record = DeviceInfo::new(mac.into(), DeviceKind::Ble);
        record.power_source = Some("Battery".to_owned());
        record.interview = InterviewState::Successful;
        let mut ble = BleRecord::default();
        if let Some(advert) = advert {
            ble.name.clone_from(&advert.name);
            if let Some((format, model, vendor)) = outside(advert) {
                ble.format = Some(format.to_owned());
                record.model_id = model.map(str::to_owned);
                record.manufacturer = vendor.map(str::to_owned);
            }
            if let Some(lamp) = gatt::recognise(advert) {
                ble.format = Some("lamp".to_owned());
                record.model_id = Some(lamp.model_id);
                record.manufacturer = Some(lamp.vendor.to_owned());
                record.software_build_id = lamp.version;
                record.power_source = Some("Mains (single phase)".to_owned());
            }
        }
        record.ble = Some(Box::new(ble));
        info!(device = %mac, model = record.model_id.as_deref().unwrap_or("?"), "BLE device joined");
        self.record = Some(record.clone());
        let id = DeviceId::Ble(mac);
        vec![
            Event::Joined { id },
            Event::Device(Box::new(record)),
            Event::Interview {
                id,
                stage: Interview::Successful,
            },
        ]
    }

    /// It was heard.
    pub(super) fn hear(&mut self, advert: &Advert, rules: &Rules, now: Duration) -> Vec<Event> {
        match &self.record {
            Some(record) if gatt::is_lamp(record) => return self.lamp_heard(advert, now),
            None if gatt::recognise(advert).is_some() => {
                let mut events = self.introduce(advert.address, Some(advert));
                events.extend(self.lamp_heard(advert, now));
                return events;
            }
            _ => {}
        }
        match decode_with(advert, self.key.as_ref(), &mut self.memory, now) {
            Ok(reading) => self.said(advert, &reading, rules, now),
            Err(error) => self.unreadable(advert, &error, now),
        }
    }

    /// A lamp was heard: it is there, and may tell more of what it is.
    fn lamp_heard(&mut self, advert: &Advert, now: Duration) -> Vec<Event> {
        let mut events = Vec::new();
        let rhythm = self.interval.heard(now);
        let interval = self.interval.learnt();
        if let Some(record) = &mut self.record {
            let mut learnt = false;
            // Its name and its version may come in different adverts.
            if record.software_build_id.is_none()
                && let Some(lamp) = gatt::recognise(advert)
                && lamp.version.is_some()
            {
                record.model_id = Some(lamp.model_id);
                record.software_build_id = lamp.version;
                learnt = true;
            }
            if rhythm {
                record.ble.get_or_insert_default().interval = interval;
            }
            if learnt || rhythm {
                events.push(Event::Device(Box::new(record.clone())));
            }
        }
        if self.is_alive_due(now) {
            events.push(self.tell(advert.address, Changes::new(), advert.rssi, now));
        }
        events
    }

    /// What it says once more from the advert that was kept: states, not what was pressed back then.
    pub(super) fn hear_again(&mut self, rules: &Rules, now: Duration) -> Vec<Event> {
        let Some((advert, _)) = self.evidence.take() else {
            return Vec::new();
        };
        if self.record.as_ref().is_some_and(gatt::is_lamp) {
            return self.lamp_heard(&advert, now);
        }
        let decoded = decode_with(&advert, self.key.as_ref(), &mut self.memory, now);
        let events = match decoded {
            Ok(mut reading) => {
                reading.changes.retain(|(name, _)| !is_event(name));
                self.said(&advert, &reading, rules, now)
            }
            Err(error) => self.unreadable(&advert, &error, now),
        };
        self.evidence.get_or_insert((advert, now));
        events
    }

    /// Its advert was read.
    pub(super) fn said(
        &mut self,
        advert: &Advert,
        reading: &Reading,
        rules: &Rules,
        now: Duration,
    ) -> Vec<Event> {
        let mac = advert.address;
        let mut events = Vec::new();
        if self.record.is_none() {
            if reading.changes.is_empty() {
                return events;
            }
            events = self.introduce(mac, Some(advert));
            self.told_alive = None;
        }
        self.keep(advert, reading, now);
        if self.key_status == Some(KeyStatus::Right) && !reading.changes.is_empty() {
            self.opened = Some(now);
            self.unopened = 0;
        }
        let mut changes = if reading.news {
            reading.changes.clone()
        } else {
            Changes::new()
        };
        define::in_home_words(reading.format, &mut changes);
        let rhythm = self.interval.heard(now);
        if self.learn(advert, reading, &changes) || rhythm {
            events.extend(self.record.clone().map(Box::new).map(Event::Device));
        }
        // A state holds one action: buttons pressed in one frame are told one after the other.
        let later = after_the_first(&mut changes);
        let mut changes = self.smoother.take(changes, rules, now);
        changes.extend(self.look_at_key(advert, now));
        if !changes.is_empty() || self.is_alive_due(now) {
            events.push(self.tell(mac, changes, advert.rssi, now));
        }
        for action in later {
            events.push(self.tell(mac, vec![action], advert.rssi, now));
        }
        events
    }

    /// Keeps an advert now and then, for a key to be tried on.
    fn keep(&mut self, advert: &Advert, reading: &Reading, now: Duration) {
        let kept = self.evidence.as_ref();
        let old = kept.is_none_or(|(_, at)| now.saturating_sub(*at) >= ALIVE_EVERY);
        // One that is shut says more of a key than any that is open.
        if old && !reading.changes.is_empty() && self.unopened == 0 {
            self.evidence = Some((Box::new(advert.clone()), now));
        }
    }

    fn is_alive_due(&self, now: Duration) -> bool {
        self.told_alive
            .is_none_or(|told| now.saturating_sub(told) >= ALIVE_EVERY)
    }

    fn tell(&mut self, mac: Mac, mut changes: Changes, rssi: Option<i16>, now: Duration) -> Event {
        self.told_alive = Some(now);
        if let Some(rssi) = rssi {
            changes.push(("rssi".into(), rssi.into()));
        }
        Event::Changed {
            id: mac.into(),
            changes,
            linkquality: None,
        }
    }

    /// Held back values whose time has come.
    pub(super) fn due(&mut self, mac: Mac, rules: &Rules, now: Duration) -> Option<Event> {
        let changes = self.smoother.due(rules, now);
        (!changes.is_empty()).then(|| self.tell(mac, changes, None, now))
    }

    /// Takes into the record what was not known yet. Says whether there was anything.
    fn learn(&mut self, advert: &Advert, reading: &Reading, changes: &Changes) -> bool {
        let Some(record) = &mut self.record else {
            return false;
        };
        let mut learnt = false;
        let fill = |place: &mut Option<String>, with: Option<&str>| {
            let fills = place.is_none() && with.is_some();
            if fills {
                *place = with.map(str::to_owned);
            }
            fills
        };
        learnt |= fill(&mut record.model_id, reading.model);
        learnt |= fill(&mut record.manufacturer, reading.vendor);
        // Unlike the rest, it changes: with an update.
        if reading.firmware.is_some() && record.software_build_id != reading.firmware {
            record.software_build_id.clone_from(&reading.firmware);
            learnt = true;
        }
        let ble = record.ble.get_or_insert_default();
        if !reading.changes.is_empty() {
            learnt |= fill(&mut ble.format, Some(reading.format));
        }
        learnt |= fill(&mut ble.name, advert.name.as_deref());
        if ble.interval != self.interval.learnt() {
            ble.interval = self.interval.learnt();
            learnt = true;
        }
        for (property, value) in changes {
            let known = ble.properties.iter().any(|known| known == property);
            if !known && ble.properties.len() < MOST_PROPERTIES {
                ble.properties.push(property.to_string());
                learnt = true;
            }
            if property == "action"
                && let Some(action) = value.as_str()
                && !ble.actions.iter().any(|known| known == action)
                && ble.actions.len() < MOST_ACTIONS
            {
                ble.actions.push(action.to_owned());
                learnt = true;
            }
        }
        learnt
    }

    /// Whether the key is right, or needed at all: now that something was read.
    fn look_at_key(
        &mut self,
        advert: &Advert,
        now: Duration,
    ) -> Option<(crate::Property, crate::Value)> {
        let key = self.key.as_ref()?;
        let looked = self
            .key_looked
            .is_some_and(|at| now.saturating_sub(at) < LOOK_AGAIN);
        if self.key_status == Some(KeyStatus::Right) || looked {
            return None;
        }
        self.key_looked = Some(now);
        let status = match check(advert, key) {
            Verdict::Right => KeyStatus::Right,
            Verdict::NotNeeded if self.key_status.is_none_or(|s| s == KeyStatus::Unchecked) => {
                KeyStatus::NotNeeded
            }
            _ => return None,
        };
        self.unopened = 0;
        if status == KeyStatus::Right {
            self.opened = Some(now);
            info!(device = %advert.address, "BLE: the bind key opens the adverts");
        }
        self.turn(status)
    }

    /// Takes a status over; gives what to tell if it is another.
    fn turn(&mut self, status: KeyStatus) -> Option<(crate::Property, crate::Value)> {
        let other = self.key_status.replace(status) != Some(status);
        other.then(|| ("key_status".into(), status.text().into()))
    }

    /// Its advert could not be read.
    fn unreadable(&mut self, advert: &Advert, error: &DecodeError, now: Duration) -> Vec<Event> {
        // A device also sends frames of formats that are none of ours; only keys are the user's affair.
        if !error.concerns_key() {
            return Vec::new();
        }
        let mac = advert.address;
        let mut events = Vec::new();
        if self.record.is_none() {
            events = self.introduce(mac, Some(advert));
        }
        if *error != DecodeError::NotEncrypted {
            self.evidence = Some((Box::new(advert.clone()), now));
        }
        if self.interval.heard(now)
            && let Some(record) = &mut self.record
        {
            record.ble.get_or_insert_default().interval = self.interval.learnt();
            events.push(Event::Device(Box::new(record.clone())));
        }
        let status = match error {
            DecodeError::KeyMissing => KeyStatus::Missing,
            DecodeError::Token => KeyStatus::Token,
            DecodeError::NotEncrypted => KeyStatus::NotEncrypted,
            _ => KeyStatus::Wrong,
        };
        self.unopened = self.unopened.saturating_add(1);
        let lately = |at| now.saturating_sub(at) < STILL_RIGHT;
        let sure = (status != KeyStatus::Wrong || self.unopened >= WRONG_AFTER)
            && !self.opened.is_some_and(lately);
        let told = if sure { self.turn(status) } else { None };
        if told.is_some() {
            warn!(device = %mac, "BLE: {error}");
        }
        if told.is_some() || self.is_alive_due(now) {
            let changes = told.into_iter().collect();
            events.push(self.tell(mac, changes, advert.rssi, now));
        }
        events
    }
}

/// Takes every action but the first out of `changes`.
fn after_the_first(changes: &mut Changes) -> Changes {
    let mut later = Changes::new();
    let mut first = true;
    changes.retain(|change| {
        let keep = change.0 != "action" || std::mem::take(&mut first);
        if !keep {
            later.push(change.clone());
        }
        keep
    });
    later
}

/// What happened, rather than what is.
fn is_event(property: &str) -> bool {
    property.starts_with("action") || matches!(property, "steps" | "number_of_presses")
}
