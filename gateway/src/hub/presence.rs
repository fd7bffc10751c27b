//! Trackers: what this gateway and the others of the broker hear of them, put together.
//!
//! Each gateway tells how it hears a tracker on `<presence topic>/<tracker>/<gateway>`:
//! `{"rssi":-61,"room":"Kitchen"}`, not retained. All gateways read all of these.

use std::collections::BTreeMap;
use std::time::Duration;

use bytes::Bytes;
use radios::{Changes, DeviceId, Value, ble};
use serde_json::{Value as Json, json as json_value};

use super::{Effect, Hub, Now, Publish, Qos, json};
use crate::presence::{Presence, Told};

/// What the hub must know of the configuration, for trackers.
#[derive(Clone, Debug, Default)]
pub struct Trackers {
    /// Where gateways tell each other.
    pub topic: String,
    /// The room this one stands in.
    pub room: Option<String>,
    /// Silence after which a tracker is away.
    pub timeout: Duration,
    /// Their names, by which all gateways know them.
    pub names: BTreeMap<DeviceId, String>,
}

/// Strengths beyond these are none.
const STRENGTHS: std::ops::RangeInclusive<f64> = -127.0..=20.0;

/// Whether `id` is a tracker's.
pub(super) const fn is_tracker(id: DeviceId) -> bool {
    match id {
        DeviceId::Ble(mac) => ble::is_tracker(mac),
        DeviceId::Zigbee(_) => false,
    }
}

/// `name` as a part of a topic.
fn part(name: &str) -> String {
    name.replace(['/', '+', '#'], "_")
}

impl Hub {
    /// At the start: whoever is not heard in time is away.
    pub(super) fn expect_trackers(&mut self, now: Now) {
        let ids: Vec<DeviceId> = self.settings.trackers.names.keys().copied().collect();
        for id in ids {
            self.tracker(id, now);
        }
    }

    fn tracker(&mut self, id: DeviceId, now: Now) -> &mut Presence {
        let timeout = self.settings.trackers.timeout;
        self.presences
            .entry(id)
            .or_insert_with(|| Presence::new(timeout, now.elapsed))
    }

    /// This gateway's radio heard a tracker.
    pub(super) fn tracker_heard(&mut self, id: DeviceId, changes: Changes, now: Now) {
        let strength = changes
            .iter()
            .find(|(name, _)| name == "rssi")
            .and_then(|(_, value)| value.as_f64());
        let room = self.settings.trackers.room.clone();
        let own = part(&self.settings.base_topic);
        let known = self.settings.trackers.names.get(&id).cloned();
        let name = known.or_else(|| Some(self.registry.get(id)?.options.friendly_name.clone()));
        if let (Some(name), Some(strength)) = (name, strength) {
            let topic = format!("{}/{}/{own}", self.settings.trackers.topic, part(&name));
            self.out.push(Effect::Publish(Publish {
                topic,
                payload: json(&json_value!({"rssi": Value::Number(strength), "room": room})),
                retain: false,
                qos: Qos::AtMostOnce,
            }));
        }
        let strength = strength.unwrap_or(*STRENGTHS.start());
        let told = self
            .tracker(id, now)
            .heard(&own, room.as_deref(), strength, now.elapsed);
        let mut changes = changes;
        changes.extend(told.map(values).unwrap_or_default());
        self.show(id, changes, now);
    }

    /// Another gateway told how it hears a tracker. Says whether the message was one of these.
    pub(super) fn told_of_tracker(&mut self, topic: &str, payload: &Bytes, now: Now) -> bool {
        let prefix = &self.settings.trackers.topic;
        let parts = topic
            .strip_prefix(prefix.as_str())
            .and_then(|rest| rest.strip_prefix('/'))
            .and_then(|rest| rest.split_once('/'));
        let Some((tracker, gateway)) = parts else {
            return false;
        };
        let names = self.settings.trackers.names.iter();
        let id = names
            .filter(|(_, name)| part(name) == tracker)
            .map(|(id, _)| *id)
            .next();
        let Some(id) = id else {
            return true;
        };
        // What is told here comes back from the broker.
        if gateway == part(&self.settings.base_topic) || gateway.is_empty() || gateway.len() > 64 {
            return true;
        }
        let told: Json = serde_json::from_slice(payload).unwrap_or_default();
        let Some(strength) = told["rssi"].as_f64().filter(|s| STRENGTHS.contains(s)) else {
            return true;
        };
        let room = told["room"].as_str().filter(|room| room.len() <= 256);
        let told = self
            .tracker(id, now)
            .heard(gateway, room, strength, now.elapsed);
        self.tell_tracker(id, told, now);
        true
    }

    pub(super) fn trackers_due(&mut self, now: Now) {
        let due: Vec<DeviceId> = self
            .presences
            .iter()
            .filter(|(_, presence)| presence.deadline().is_some_and(|due| due <= now.elapsed))
            .map(|(id, _)| *id)
            .collect();
        for id in due {
            let told = self.tracker(id, now).tick(now.elapsed);
            self.tell_tracker(id, told, now);
        }
    }

    fn tell_tracker(&mut self, id: DeviceId, told: Option<Told>, now: Now) {
        if let Some(told) = told {
            self.show(id, values(told), now);
        }
    }
}

fn values(told: Told) -> Changes {
    let presence = if told.home { "home" } else { "not_home" };
    vec![
        ("presence".into(), presence.into()),
        ("room".into(), told.room.map_or(Value::Null, Value::from)),
    ]
}
