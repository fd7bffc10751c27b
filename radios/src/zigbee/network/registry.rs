//! The devices of the network: found by IEEE address, reached by network address.
//!
//! A network address is only where a device is today; it is corrected whenever a frame tells
//! another. Two devices never share one: the later claim wins.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;

use tokio::sync::{Mutex, Notify};
use tokio::time::Instant;

use crate::devices::{Heard, Memory};
use crate::{Command, DeviceId, DeviceInfo, DeviceKind, Ieee, InterviewState, Property};

/// Devices at most: more than a Zigbee network of this kind of dongle can bear.
const DEVICES: usize = 512;

/// Commands that wait for one device at most.
const COMMANDS: usize = 16;

/// Devices remembered as removed, so that their last frames do not bring them back.
const REMOVED: usize = 64;

/// A command that waits.
#[derive(Debug)]
pub(super) struct Waiting {
    pub(super) command: Command,
    pub(super) since: Instant,
}

/// How far an interview came, so that it can be taken up where it ended.
#[derive(Clone, Debug, Default)]
pub(super) struct Progress {
    pub(super) node: bool,
    pub(super) endpoints: bool,
    pub(super) described: BTreeSet<u8>,
    pub(super) basic: bool,
}

#[derive(Debug, Default)]
struct Later {
    turn: u32,
    properties: Vec<Property>,
}

/// A device and what goes on with it.
pub(super) struct Device {
    pub(super) info: DeviceInfo,
    /// What the converters remember of it.
    pub(super) memory: Memory,
    /// Commands in the order they came.
    pub(super) queue: VecDeque<Waiting>,
    /// A task works the queue.
    pub(super) working: bool,
    /// An interview is under way.
    pub(super) interviewing: bool,
    /// When the last interview ended without success.
    pub(super) interview_failed: Option<Instant>,
    /// Told when an interview ends.
    pub(super) interviewed: Arc<Notify>,
    /// What the interview knows already.
    pub(super) progress: Progress,
    /// Bindings and reports are being set up.
    pub(super) configuring: bool,
    /// …and again after that: it joined anew meanwhile.
    pub(super) configure_again: bool,
    /// Changes that time will bring.
    later: Later,
    /// One conversation at a time: small devices cannot do more.
    pub(super) gate: Arc<Mutex<()>>,
    /// Told on each frame of the device.
    pub(super) spoke: Arc<Notify>,
    /// When it last spoke.
    pub(super) last_spoke: Option<Instant>,
}

impl Device {
    fn new(mut info: DeviceInfo) -> Self {
        if info.interview == InterviewState::InProgress {
            info.interview = InterviewState::Pending;
        }
        Self {
            info,
            memory: Memory::default(),
            queue: VecDeque::new(),
            working: false,
            interviewing: false,
            interview_failed: None,
            interviewed: Arc::default(),
            progress: Progress::default(),
            configuring: false,
            configure_again: false,
            later: Later::default(),
            gate: Arc::default(),
            spoke: Arc::default(),
            last_spoke: None,
        }
    }

    /// Whether its radio is off most of the time.
    pub(super) fn is_sleepy(&self) -> bool {
        self.info.kind == DeviceKind::EndDevice
            && !self.info.power_source.as_deref().is_some_and(|source| {
                source.starts_with("Mains") || source.starts_with("DC") || source == "Emergency"
            })
    }

    /// Takes note of changes that time will bring; the turn to ask for when it has. What the
    /// device says meanwhile counts instead.
    pub(super) fn expect_later(&mut self, heard: &Heard) -> Option<u32> {
        let said = |property: &Property| heard.changes.iter().any(|(p, _)| p == property);
        if heard.later.is_some() || self.later.properties.iter().any(said) {
            self.later.turn = self.later.turn.wrapping_add(1);
            self.later.properties.clear();
        }
        let later = heard.later.as_ref()?;
        self.later.properties = later.changes.iter().map(|(p, _)| p.clone()).collect();
        Some(self.later.turn)
    }

    /// Whether the changes of that turn still stand.
    pub(super) fn is_due(&mut self, turn: u32) -> bool {
        let due = self.later.turn == turn && !self.later.properties.is_empty();
        if due {
            self.later.properties.clear();
        }
        due
    }

    /// Puts a command at the end of its queue, or hands it back when that is full.
    pub(super) fn enqueue(&mut self, waiting: Waiting) -> Result<(), Waiting> {
        if self.queue.len() >= COMMANDS {
            return Err(waiting);
        }
        self.queue.push_back(waiting);
        Ok(())
    }
}

/// All devices.
#[derive(Default)]
pub(super) struct Registry {
    devices: BTreeMap<Ieee, Device>,
    addresses: BTreeMap<u16, Ieee>,
    removed: VecDeque<Ieee>,
}

impl Registry {
    /// The devices of an earlier run; those of other radios are not ours.
    pub(super) fn new(known: Vec<DeviceInfo>) -> Self {
        let mut registry = Self::default();
        for info in known {
            if let DeviceId::Zigbee(ieee) = info.id
                && info.kind != DeviceKind::Coordinator
            {
                let address = info.network_address;
                if registry.insert(ieee, info).is_some()
                    && let Some(address) = address
                {
                    registry.addresses.insert(address, ieee);
                }
            }
        }
        registry
    }

    pub(super) fn get(&self, ieee: Ieee) -> Option<&Device> {
        self.devices.get(&ieee)
    }

    pub(super) fn get_mut(&mut self, ieee: Ieee) -> Option<&mut Device> {
        self.devices.get_mut(&ieee)
    }

    /// Whose network address this is.
    pub(super) fn at(&self, address: u16) -> Option<Ieee> {
        self.addresses.get(&address).copied()
    }

    fn insert(&mut self, ieee: Ieee, info: DeviceInfo) -> Option<&mut Device> {
        if self.devices.len() >= DEVICES && !self.devices.contains_key(&ieee) {
            tracing::warn!("device {ieee} is ignored: {DEVICES} devices are the most");
            return None;
        }
        Some(
            self.devices
                .entry(ieee)
                .or_insert_with(|| Device::new(info)),
        )
    }

    /// A device is at this address; it is entered if it is new. Says what changed; none: there is
    /// no room for it.
    pub(super) fn sighted(&mut self, ieee: Ieee, address: u16) -> Option<Sighting> {
        let mut sighting = Sighting::Known;
        if !self.devices.contains_key(&ieee) {
            self.insert(ieee, DeviceInfo::new(ieee.into(), DeviceKind::Unknown))?;
            sighting = Sighting::New;
        }
        let device = self.devices.get_mut(&ieee)?;
        if device.info.network_address != Some(address) {
            if let Some(old) = device.info.network_address.replace(address)
                && self.addresses.get(&old) == Some(&ieee)
            {
                self.addresses.remove(&old);
            }
            if sighting == Sighting::Known {
                sighting = Sighting::Moved;
            }
        }
        if let Some(other) = self.addresses.insert(address, ieee)
            && other != ieee
            && let Some(other) = self.devices.get_mut(&other)
        {
            other.info.network_address = None;
        }
        Some(sighting)
    }

    /// Forgets a device and hands back what waited for it. Its late frames are ignored until it
    /// joins again.
    pub(super) fn remove(&mut self, ieee: Ieee) -> Option<Device> {
        let device = self.devices.remove(&ieee)?;
        self.addresses.retain(|_, at| *at != ieee);
        if self.removed.len() >= REMOVED {
            self.removed.pop_front();
        }
        self.removed.push_back(ieee);
        Some(device)
    }

    /// Whether it was removed and has not joined since.
    pub(super) fn was_removed(&self, ieee: Ieee) -> bool {
        self.removed.contains(&ieee)
    }

    /// It joined: it is welcome again.
    pub(super) fn welcome(&mut self, ieee: Ieee) {
        self.removed.retain(|removed| *removed != ieee);
    }
}

/// What a sighting changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Sighting {
    /// It was not known.
    New,
    /// It has another network address.
    Moved,
    /// Nothing.
    Known,
}

#[cfg(test)]
mod tests {
    use super::*;

    const LAMP: Ieee = Ieee(0xaa);
    const PLUG: Ieee = Ieee(0xbb);

    #[test]
    fn an_address_belongs_to_the_last_who_claimed_it() {
        let mut registry = Registry::default();
        assert_eq!(registry.sighted(LAMP, 0x1000), Some(Sighting::New));
        assert_eq!(registry.sighted(LAMP, 0x1000), Some(Sighting::Known));
        assert_eq!(registry.sighted(LAMP, 0x2000), Some(Sighting::Moved));
        assert_eq!(registry.at(0x1000), None);
        assert_eq!(registry.sighted(PLUG, 0x2000), Some(Sighting::New));
        assert_eq!(registry.at(0x2000), Some(PLUG));
        assert_eq!(registry.get(LAMP).unwrap().info.network_address, None);
    }

    #[test]
    fn a_removed_device_stays_out_until_it_joins() {
        let mut registry = Registry::default();
        registry.sighted(LAMP, 0x1000);
        assert!(registry.remove(LAMP).is_some());
        assert!(registry.was_removed(LAMP) && registry.at(0x1000).is_none());
        registry.welcome(LAMP);
        assert!(!registry.was_removed(LAMP));
    }

    #[test]
    fn room_is_bounded() {
        let mut registry = Registry::default();
        for n in 0..600u16 {
            registry.sighted(Ieee(u64::from(n)), n);
        }
        assert_eq!(registry.devices.len(), DEVICES);
    }
}
