//! Who can be reached.
//!
//! A device that listens all the time is asked when it was silent for [`ACTIVE`], and is offline
//! when it does not answer; one that sleeps is offline after [`PASSIVE`] of silence. Being heard
//! only moves the moment to look again, so it costs nothing.

use std::time::Duration;

use bytes::Bytes;
use radios::{BleRecord, Command, DeviceId, Property};

use super::command::Pending;
use super::registry::Device;
use super::{Hub, Now, Qos};
use crate::config::Level;

/// Silence after which an active device is asked.
const ACTIVE: Duration = Duration::from_secs(10 * 60);
/// Silence after which a sleeping device is offline.
const PASSIVE: Duration = Duration::from_secs(25 * 3600);
/// Silence after which a BLE device is offline, while its rhythm is not known.
const BLE_UNKNOWN: Duration = Duration::from_secs(15 * 60);
/// A BLE device may always be silent for so long: adverts get lost, and what repeats itself is told
/// once a minute.
const BLE_SHORTEST: Duration = Duration::from_secs(240);
/// Asked one by one within this time after the start.
const START: Duration = Duration::from_secs(60);
/// Most devices asked at once.
const AT_ONCE: usize = 4;
/// Time after which a device that came back is read.
const REREAD: Duration = Duration::from_secs(2);
/// Read when a device came back.
const REREAD_PROPERTIES: [&str; 5] = ["state", "brightness", "color_temp", "color", "position"];

/// A share of `span` that differs from device to device, so that not all are asked at once.
fn jitter(id: DeviceId, span: Duration) -> Duration {
    let mixed = match id {
        DeviceId::Zigbee(ieee) => ieee.0,
        DeviceId::Ble(mac) => mac.0.iter().fold(0, |sum, b| sum << 8 | u64::from(*b)),
    }
    .wrapping_mul(0x9e37_79b9_7f4a_7c15)
        >> 54;
    span * u32::try_from(mixed).unwrap_or(0) / 1024
}

/// How long a device may be silent, with the patience grown by silence so far.
fn patience(device: &Device) -> Duration {
    if device.is_active() {
        let factor = 2 + u32::from(device.unanswered.min(10));
        ACTIVE * factor / 2 + jitter(device.info.id, Duration::from_secs(30))
    } else if super::presence::is_tracker(device.info.id) {
        // Whether it is there is what it tells; it cannot be offline.
        Duration::MAX
    } else if let Some(ble) = &device.info.ble {
        rhythm(ble)
    } else {
        PASSIVE
    }
}

/// How long a BLE device may be silent: by the rhythm learnt of it. One that speaks only when
/// something happens may be silent for a day.
fn rhythm(ble: &BleRecord) -> Duration {
    match ble.interval {
        _ if radios::ble::is_sleepy(ble) => PASSIVE,
        Some(seconds) => (3 * Duration::from_secs(seconds.into())).clamp(BLE_SHORTEST, PASSIVE),
        None => BLE_UNKNOWN,
    }
}

impl Hub {
    /// At the start: who was heard not long ago counts as reachable; active devices are asked soon.
    pub(super) fn expect_everyone(&mut self, now: Now) {
        let unix = now.unix_ms();
        for device in self.registry.iter_mut() {
            // Nothing was kept of it: it counts as there until it is due.
            device.available.get_or_insert(true);
            device.due = if device.is_active() {
                now.elapsed + Duration::from_secs(10) + jitter(device.info.id, START)
            } else {
                let age = device
                    .last_seen
                    .and_then(|seen| unix.checked_sub(seen))
                    .map_or(Duration::ZERO, Duration::from_millis);
                now.elapsed
                    .saturating_add(patience(device).saturating_sub(age))
            };
        }
        self.availability_due = self.registry.iter().map(|device| device.due).min();
    }

    /// A device was heard.
    pub(super) fn heard(&mut self, id: DeviceId, now: Now) {
        let Some(device) = self.registry.get_mut(id) else {
            return;
        };
        device.last_seen = Some(now.unix_ms());
        device.unanswered = 0;
        device.due = now.elapsed.saturating_add(patience(device));
        let due = device.due;
        if self.availability_due.is_none_or(|at| at > due) {
            self.availability_due = Some(due);
        }
        self.set_available(id, true, now);
    }

    pub(super) fn set_available(&mut self, id: DeviceId, available: bool, now: Now) {
        if let Some(device) = self.registry.get_mut(id)
            && device.available != Some(available)
        {
            device.available = Some(available);
            self.publish_availability(id);
            self.state_changed(now);
        }
    }

    pub(super) fn publish_availability(&mut self, id: DeviceId) {
        let Some(device) = self.registry.get(id) else {
            return;
        };
        let topic = format!("{}/availability", device.options.friendly_name);
        let Some(available) = device.available else {
            return;
        };
        self.publish(&topic, online(available), true, Qos::AtLeastOnce);
    }

    /// Asks and gives up whoever is due.
    pub(super) fn check_availability(&mut self, now: Now) {
        let due: Vec<DeviceId> = self
            .registry
            .iter()
            .filter(|device| device.due <= now.elapsed)
            .map(|device| device.info.id)
            .collect();
        let mut asked = 0;
        for id in due {
            let Some(device) = self.registry.get_mut(id) else {
                continue;
            };
            if !device.is_active() {
                device.due = Duration::MAX;
                self.set_available(id, false, now);
            } else if asked < AT_ONCE {
                asked += 1;
                // The answer moves it; this is for the case that none comes at all.
                device.due = now.elapsed + patience(device);
                let readable = device.readable();
                let properties = readable.into_iter().take(1).collect();
                self.read(id, properties, Pending::Ping(id), now);
            } else {
                device.due = now.elapsed + Duration::from_secs(5);
            }
        }
        self.availability_due = self
            .registry
            .iter()
            .map(|device| device.due)
            .filter(|due| *due < Duration::MAX)
            .min();
    }

    /// A ping came back without an answer.
    pub(super) fn unanswered(&mut self, id: DeviceId, now: Now) {
        let Some(device) = self.registry.get_mut(id) else {
            return;
        };
        device.unanswered = device.unanswered.saturating_add(1);
        device.due = now.elapsed + patience(device);
        let name = device.options.friendly_name.clone();
        if device.available != Some(false) {
            self.log(Level::Info, format!("'{name}' does not answer"));
        }
        self.set_available(id, false, now);
    }

    /// A device came back: what it does is read in a moment.
    pub(super) fn reread_soon(&mut self, id: DeviceId, now: Now) {
        let known = self.reread.iter().any(|(_, other)| *other == id);
        if !known && self.registry.get(id).is_some_and(Device::is_active) {
            self.reread.push((now.elapsed + REREAD, id));
        }
    }

    pub(super) fn reread_due(&mut self, now: Now) {
        let (due, later) = std::mem::take(&mut self.reread)
            .into_iter()
            .partition(|(at, _)| *at <= now.elapsed);
        self.reread = later;
        for (_, id) in Vec::<(Duration, DeviceId)>::into_iter(due) {
            let properties: Vec<Property> = self
                .registry
                .get(id)
                .map(Device::readable)
                .unwrap_or_default()
                .into_iter()
                .filter(|property| REREAD_PROPERTIES.contains(&&**property))
                .collect();
            if !properties.is_empty() {
                self.read(id, properties, Pending::Ping(id), now);
            }
        }
    }

    fn read(&mut self, id: DeviceId, properties: Vec<Property>, pending: Pending, now: Now) {
        if let Some(token) = self.expect(pending) {
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
}

/// `{"state":"online"}` or `offline`.
pub(super) fn online(online: bool) -> Bytes {
    Bytes::from_static(if online {
        br#"{"state":"online"}"#
    } else {
        br#"{"state":"offline"}"#
    })
}
