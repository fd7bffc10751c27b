//! Announcing devices to Home Assistant, and taking announcements back.

use radios::{DeviceId, Ieee, InterviewState};

use super::registry::Device;
use super::{Effect, Hub, Publish, Qos, json};
use crate::discovery;

/// Most actions announced of one device.
const MOST_ACTIONS: usize = 128;

fn subject<'a>(
    device: &'a Device,
    base_topic: &'a str,
    coordinator: Option<Ieee>,
) -> discovery::Subject<'a> {
    discovery::Subject {
        info: &device.info,
        definition: &device.definition,
        name: &device.options.friendly_name,
        room: device.options.room.as_deref(),
        base_topic,
        coordinator,
    }
}

impl Hub {
    pub(super) fn announce_all(&mut self) {
        let ids: Vec<DeviceId> = self.registry.iter().map(|device| device.info.id).collect();
        for id in ids {
            self.announce(id);
        }
        let groups: Vec<u16> = self.registry.groups().map(|group| group.id).collect();
        for id in groups {
            self.announce_group(id);
        }
        let scenes: Vec<u16> = self.registry.scenes().map(|scene| scene.id).collect();
        for id in scenes {
            self.announce_scene(id);
        }
        self.announce_bridge();
    }

    /// Announces the gateway itself, once its dongle is known.
    pub(super) fn announce_bridge(&mut self) {
        let (Some(ha), Some(network)) = (&self.settings.homeassistant, &self.network) else {
            return;
        };
        for announcement in discovery::bridge(&self.settings.base_topic, network.coordinator) {
            self.out.push(Effect::Publish(Publish {
                topic: format!("{}/{}", ha.discovery_topic, announcement.topic),
                payload: json(&announcement.payload),
                retain: true,
                qos: Qos::AtLeastOnce,
            }));
        }
    }

    /// Announces a device once every write under way is on disk.
    pub(super) fn announce_when_kept(&mut self, id: DeviceId) {
        let before = self.out.len();
        self.announce(id);
        let effects = self.out.split_off(before);
        self.after_writes(effects);
    }

    /// A button did something: Home Assistant is told, and what it is told of when it is new.
    pub(super) fn announce_action(&mut self, id: DeviceId, action: &str) {
        let (Some(ha), Some(device)) = (&self.settings.homeassistant, self.registry.get_mut(id))
        else {
            return;
        };
        if action.is_empty() {
            return;
        }
        if device.actions.len() < MOST_ACTIONS && device.actions.insert(action.to_owned()) {
            let coordinator = self.network.as_ref().map(|network| network.coordinator);
            let subject = subject(device, &self.settings.base_topic, coordinator);
            let trigger = discovery::trigger(&subject, action);
            let topic = format!("{}/{}", ha.discovery_topic, trigger.topic);
            device.announced.insert(topic.clone());
            self.out.push(Effect::Publish(Publish {
                topic,
                payload: json(&trigger.payload),
                retain: true,
                qos: Qos::AtLeastOnce,
            }));
        }
        self.out.push(Effect::Publish(Publish {
            topic: format!("{}/action", device.topic),
            payload: action.to_owned().into(),
            retain: false,
            qos: Qos::AtMostOnce,
        }));
    }

    /// Publishes what Home Assistant must know of a device; takes back what is no more true.
    fn announce(&mut self, id: DeviceId) {
        let Some(ha) = &self.settings.homeassistant else {
            return;
        };
        let Some(device) = self.registry.get_mut(id) else {
            return;
        };
        let complete = match id {
            DeviceId::Zigbee(_) => device.info.interview == InterviewState::Successful,
            DeviceId::Ble(_) => true,
        };
        if !complete {
            return;
        }
        let coordinator = self.network.as_ref().map(|network| network.coordinator);
        let subject = subject(device, &self.settings.base_topic, coordinator);
        let mut announcements = discovery::announcements(&subject);
        announcements.extend(
            device
                .actions
                .iter()
                .map(|action| discovery::trigger(&subject, action)),
        );
        let topics = announcements
            .iter()
            .map(|a| format!("{}/{}", ha.discovery_topic, a.topic))
            .collect();
        let stale = std::mem::replace(&mut device.announced, topics);
        let stale: Vec<String> = stale.difference(&device.announced).cloned().collect();
        for announcement in announcements {
            self.out.push(Effect::Publish(Publish {
                topic: format!("{}/{}", ha.discovery_topic, announcement.topic),
                payload: json(&announcement.payload),
                retain: true,
                qos: Qos::AtLeastOnce,
            }));
        }
        for topic in stale {
            self.clear(topic);
        }
    }
}
