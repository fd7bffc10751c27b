//! The simulated world: the co-processor, the devices, the air between them, and time.
//!
//! Without I/O: hand it EZSP frames ([`Sim::receive`]) and time ([`Sim::handle_timeout`]), then drain
//! [`Sim::poll_reply`] and [`Sim::poll_callback`]; [`Sim::poll_timeout`] says when something happens by itself.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, VecDeque};
use std::io;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::air::{EVERYBODY, Packet, To};
use super::config::SimConfig;
use super::device::{Arrived, Device, Kept, models};
use super::faults::{Dice, Faults};
use super::handle::{DeviceStatus, SimError};
use super::ncp::nvm::{Network, Nvm};
use super::ncp::{Flight, Joining, Ncp};
use crate::Value;

/// The log holds so many commands; older ones are forgotten.
const MAX_LOG: usize = 10_000;
/// A parent keeps a message for a sleeping child that long.
const INDIRECT: Duration = Duration::from_millis(7680);
/// A sleepy device fetches its messages that often while it has something to do.
const POLL: Duration = Duration::from_millis(120);
/// A device that looks for a network scans that often.
const SCAN: Duration = Duration::from_millis(250);
/// From association to the announcement.
const AUTHENTICATION: Duration = Duration::from_millis(60);

/// What the state file holds.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct State {
    ncp: Nvm,
    devices: Vec<Kept>,
}

impl State {
    /// Whether it differs in what must never be lost: the network, and who is in it.
    pub(crate) fn is_other_network(&self, other: &Self) -> bool {
        let members = |state: &Self| -> Vec<Option<u16>> {
            let addresses = state.devices.iter();
            addresses
                .map(|kept| kept.member.as_ref().map(|member| member.address))
                .collect()
        };
        self.ncp.network != other.ncp.network
            || self.ncp.restored_ieee != other.ncp.restored_ieee
            || members(self) != members(other)
    }
}

/// Something on its way.
#[derive(Debug)]
enum Event {
    /// A packet reaches a device.
    Reach {
        device: usize,
        packet: Packet,
        fate: Option<u32>,
    },
    /// The co-processor learns what became of a message.
    Fate { handle: u32, delivered: bool },
    /// A packet reaches the co-processor.
    Hear { device: usize, packet: Packet },
    /// A device has its keys and speaks.
    Joined { device: usize },
}

/// The simulated world.
pub(crate) struct Sim {
    ncp: Ncp,
    devices: Vec<Device>,
    schedule: BinaryHeap<Reverse<(Duration, u32)>>,
    events: Vec<(u32, Event)>,
    number: u32,
    scan_at: Option<Duration>,
    faults: Faults,
    dice: Dice,
    latency: Duration,
    patience: Duration,
    log: VecDeque<Arrived>,
    joining: Vec<(usize, super::device::Membership)>,
    changed: bool,
}

impl Sim {
    pub(crate) fn new(config: SimConfig, state: Option<State>, faults: Faults) -> io::Result<Self> {
        let (nvm, kept) = match state {
            Some(state) => (state.ncp, state.devices),
            None => (Nvm::blank(config.ieee), Vec::new()),
        };
        let mut devices: Vec<Device> = kept
            .into_iter()
            .filter_map(|kept| Device::restore(kept, Duration::ZERO))
            .collect();
        for wanted in config.devices {
            if devices.iter().any(|device| device.name == wanted.name) {
                continue;
            }
            let model = models::model(&wanted.kind).ok_or_else(|| {
                let kinds: Vec<&str> = models::MODELS.iter().map(|model| model.kind).collect();
                let error = format!(
                    "no device is of kind `{}`: there are {}",
                    wanted.kind,
                    kinds.join(", ")
                );
                io::Error::new(io::ErrorKind::InvalidInput, error)
            })?;
            let mut device = Device::new(wanted.name, wanted.ieee, model);
            device.pairing = wanted.pairing.then_some(Duration::ZERO);
            devices.push(device);
        }
        for device in &mut devices {
            device.lively = config.lively;
        }
        let mut sim = Self {
            ncp: Ncp::new(config.version, nvm, faults.clone(), config.seed),
            devices,
            schedule: BinaryHeap::new(),
            events: Vec::new(),
            number: 0,
            scan_at: None,
            faults,
            dice: Dice::new(config.seed.wrapping_mul(0x9E37_79B9)),
            latency: config.latency,
            patience: config.patience,
            log: VecDeque::new(),
            joining: Vec::new(),
            changed: false,
        };
        sim.scan_at = sim.anybody_pairing().then_some(Duration::ZERO);
        Ok(sim)
    }

    fn anybody_pairing(&self) -> bool {
        self.devices.iter().any(|device| device.pairing.is_some())
    }

    /// The co-processor lost its power or was told to reset.
    pub(crate) fn reset(&mut self, now: Duration) {
        self.ncp.reset(now);
        self.changed = true;
    }

    /// An EZSP frame came.
    pub(crate) fn receive(&mut self, frame: &[u8], now: Duration) {
        self.ncp.receive(frame, now);
        self.changed = true;
        self.fly(now);
    }

    /// The next reply for the host.
    pub(crate) fn poll_reply(&mut self) -> Option<Vec<u8>> {
        self.ncp.poll_reply()
    }

    /// The next callback for the host.
    pub(crate) fn poll_callback(&mut self) -> Option<Vec<u8>> {
        self.ncp.poll_callback()
    }

    /// When something happens by itself.
    pub(crate) fn poll_timeout(&self) -> Option<Duration> {
        let scheduled = self.schedule.peek().map(|Reverse((at, _))| *at);
        let devices = self.devices.iter().filter_map(Device::next).min();
        [scheduled, devices, self.ncp.poll_timeout(), self.scan_at]
            .into_iter()
            .flatten()
            .min()
    }

    /// Time passed.
    pub(crate) fn handle_timeout(&mut self, now: Duration) {
        self.ncp.handle_timeout(now);
        while let Some(Reverse((at, number))) = self.schedule.peek().copied() {
            if at > now {
                break;
            }
            self.schedule.pop();
            if let Some(index) = self.events.iter().position(|(n, _)| *n == number) {
                let (_, event) = self.events.swap_remove(index);
                self.happen(event, now);
            }
        }
        for index in 0..self.devices.len() {
            let due = self
                .devices
                .get(index)
                .and_then(Device::next)
                .is_some_and(|at| at <= now);
            if due && let Some(device) = self.devices.get_mut(index) {
                let packets = device.tick(now);
                self.changed = true;
                self.send(index, packets, now);
            }
        }
        if self.scan_at.is_some_and(|at| at <= now) {
            self.scan(now);
        }
        self.fly(now);
    }

    fn later(&mut self, at: Duration, event: Event) {
        self.number = self.number.wrapping_add(1);
        self.schedule.push(Reverse((at, self.number)));
        self.events.push((self.number, event));
    }

    fn happen(&mut self, event: Event, now: Duration) {
        self.changed = true;
        match event {
            Event::Reach {
                device: index,
                packet,
                fate,
            } => {
                let Some(device) = self.devices.get_mut(index) else {
                    return;
                };
                let answers = device.receive(&packet, now);
                self.log.extend(device.arrived.drain(..));
                while self.log.len() > MAX_LOG {
                    self.log.pop_front();
                }
                if let Some(handle) = fate {
                    // Mostly the acknowledgement comes first, but a host must not count on it.
                    let late = self.dice.chance(0.125) && !answers.is_empty();
                    let after = if late { self.latency * 2 } else { self.latency };
                    let delivered = true;
                    self.later(now + after, Event::Fate { handle, delivered });
                }
                self.send(index, answers, now);
                self.send_reports(index, now);
                self.depart(index, now);
            }
            Event::Fate { handle, delivered } => self.ncp.fate(handle, delivered, now),
            Event::Hear { device, packet } => {
                let Some(device) = self.devices.get(device) else {
                    return;
                };
                self.ncp.hear(&packet, device.ieee, self.dice.next(), now);
            }
            Event::Joined { device: index } => {
                let at = self.joining.iter().position(|(device, _)| *device == index);
                if let Some(at) = at
                    && let Some(device) = self.devices.get_mut(index)
                {
                    let (_, member) = self.joining.swap_remove(at);
                    let packets = device.joined(member, now);
                    self.send(index, packets, now);
                }
            }
        }
    }

    /// What follows at once from what a device was told: reports without delay.
    fn send_reports(&mut self, index: usize, now: Duration) {
        if let Some(device) = self.devices.get_mut(index) {
            let packets = device.tick(now);
            self.send(index, packets, now);
        }
    }

    /// A device that was told to leave goes, once it has answered.
    fn depart(&mut self, index: usize, now: Duration) {
        let Some(device) = self.devices.get_mut(index) else {
            return;
        };
        let Some(rejoin) = device.leaving() else {
            return;
        };
        let ieee = device.ieee;
        if rejoin {
            let packets = device.announce();
            self.send(index, packets, now);
            return;
        }
        if let Some(address) = device.address() {
            device.left();
            self.ncp.left(ieee, address, now + self.latency * 2);
        }
    }

    /// Takes packets of a device into the air.
    fn send(&mut self, index: usize, packets: Vec<Packet>, now: Duration) {
        for packet in packets {
            let Some(device) = self.devices.get(index) else {
                return;
            };
            let announcement =
                packet.profile == super::air::ZDO_PROFILE && packet.cluster == 0x0013;
            if !announcement && self.faults.mute(&device.name) {
                continue;
            }
            let coordinator = device.member.as_ref().map(|member| member.trust_centre);
            let arrival = now + self.latency;
            let (to_ncp, to_device): (bool, Vec<usize>) = match packet.to {
                To::Node(0) => (true, Vec::new()),
                To::Ieee(ieee) if Some(ieee) == coordinator => (true, Vec::new()),
                To::Node(address) => (false, self.find(|d| d.address() == Some(address))),
                To::Ieee(ieee) => (false, self.find(|d| d.ieee == ieee && d.member.is_some())),
                To::Group(_) => (
                    true,
                    self.find(|d| d.member.is_some() && d.ieee != device.ieee),
                ),
                // What devices broadcast interests the coordinator alone here.
                To::Broadcast(_) => (true, Vec::new()),
            };
            for device in to_device {
                let packet = packet.clone();
                self.later(
                    arrival,
                    Event::Reach {
                        device,
                        packet,
                        fate: None,
                    },
                );
            }
            if to_ncp {
                self.later(
                    arrival,
                    Event::Hear {
                        device: index,
                        packet,
                    },
                );
            }
        }
    }

    fn find(&self, wanted: impl Fn(&Device) -> bool) -> Vec<usize> {
        let found = self
            .devices
            .iter()
            .enumerate()
            .filter(|(_, device)| wanted(device));
        found.map(|(index, _)| index).collect()
    }

    /// Takes what the co-processor sends into the air.
    fn fly(&mut self, now: Duration) {
        while let Some(flight) = self.ncp.poll_air() {
            let Flight {
                packet,
                handle,
                counter,
            } = flight;
            let Some(network) = self.ncp.network().cloned() else {
                continue;
            };
            let mut reached = Vec::new();
            for (index, device) in self.devices.iter_mut().enumerate() {
                let sleepy = device.is_sleepy();
                let Some(member) = &mut device.member else {
                    continue;
                };
                let meant = match packet.to {
                    To::Node(address) => member.address == address,
                    To::Ieee(ieee) => device.ieee == ieee,
                    To::Group(_) => device.model.router,
                    To::Broadcast(EVERYBODY) => true,
                    To::Broadcast(_) => device.model.router,
                };
                // Another network, another key, or a replayed counter: a device hears nothing.
                let heard = member.pan_id == network.pan_id
                    && member.extended_pan_id == network.extended_pan_id
                    && member.key == network.key
                    && counter > member.counter;
                if !meant || !heard || self.faults.undeliverable(&device.name) {
                    continue;
                }
                let asleep = self.faults.asleep(&device.name);
                let delay = match asleep.map(|millis| Duration::from_millis(millis.into())) {
                    Some(delay) => delay,
                    None if sleepy => POLL,
                    None => Duration::ZERO,
                };
                if delay < INDIRECT {
                    member.counter = counter;
                    reached.push((index, delay + self.latency));
                }
            }
            if reached.is_empty()
                && let Some(handle) = handle
            {
                let sleepy = self.devices.iter().any(|device| {
                    device.is_sleepy() && To::Node(device.address().unwrap_or(0xffff)) == packet.to
                });
                let wait = if sleepy { INDIRECT } else { self.patience };
                self.later(
                    now + wait,
                    Event::Fate {
                        handle,
                        delivered: false,
                    },
                );
            }
            for (device, delay) in reached {
                let packet = packet.clone();
                self.later(
                    now + delay,
                    Event::Reach {
                        device,
                        packet,
                        fate: handle,
                    },
                );
            }
        }
        for removed in self.ncp.poll_removed() {
            for index in self.find(|device| device.ieee == removed && device.member.is_some()) {
                self.go(index, now);
            }
        }
        if let Some(switched) = self.ncp.poll_switched() {
            // The new key was handed out before: whoever was in the network follows.
            for device in &mut self.devices {
                if let Some(member) = &mut device.member
                    && member.key == switched.0
                {
                    member.key = switched.1;
                    member.counter = 0;
                }
            }
        }
    }

    /// Devices in pairing mode look around.
    fn scan(&mut self, now: Duration) {
        for index in 0..self.devices.len() {
            let Some(device) = self.devices.get_mut(index) else {
                continue;
            };
            let looking = device.pairing.is_some_and(|since| since <= now);
            if !looking || self.joining.iter().any(|(joining, _)| *joining == index) {
                continue;
            }
            let taken: Vec<u16> = self.devices.iter().filter_map(Device::address).collect();
            let Some(device) = self.devices.get_mut(index) else {
                continue;
            };
            match self
                .ncp
                .associate(device.ieee, device.is_sleepy(), &taken, now)
            {
                Joining::Closed => {}
                Joining::Refused => device.pairing = Some(now + 8 * SCAN),
                Joining::Joined(member) => {
                    device.pairing = None;
                    self.joining.push((index, member));
                    self.later(now + AUTHENTICATION, Event::Joined { device: index });
                    self.changed = true;
                }
            }
        }
        self.scan_at = self.anybody_pairing().then(|| now + SCAN);
    }

    // What the handle reaches behind the scenes.

    fn index(&self, name: &str) -> Result<usize, SimError> {
        let found = self.devices.iter().position(|device| device.name == name);
        found.ok_or_else(|| SimError::NoDevice(name.to_owned()))
    }

    fn device(&mut self, name: &str) -> Result<(usize, &mut Device), SimError> {
        let index = self.index(name)?;
        let missing = || SimError::NoDevice(name.to_owned());
        self.changed = true;
        Ok((index, self.devices.get_mut(index).ok_or_else(missing)?))
    }

    pub(crate) fn statuses(&self) -> Vec<DeviceStatus> {
        self.devices
            .iter()
            .map(|device| DeviceStatus {
                name: device.name.clone(),
                kind: device.model.kind.to_owned(),
                ieee: device.ieee,
                address: device.address(),
                pairing: device.pairing.is_some(),
            })
            .collect()
    }

    pub(crate) const fn network(&self) -> Option<&Network> {
        self.ncp.network()
    }

    pub(crate) fn pair(&mut self, name: &str, now: Duration) -> Result<(), SimError> {
        let (_, device) = self.device(name)?;
        device.left();
        device.pairing = Some(now);
        self.scan_at = Some(now);
        Ok(())
    }

    fn go(&mut self, index: usize, now: Duration) {
        if let Some(device) = self.devices.get_mut(index)
            && let Some(address) = device.address()
        {
            let ieee = device.ieee;
            device.left();
            self.ncp.left(ieee, address, now + self.latency);
        }
    }

    pub(crate) fn leave(&mut self, name: &str, now: Duration) -> Result<(), SimError> {
        let (index, device) = self.device(name)?;
        device.pairing = None;
        self.go(index, now);
        Ok(())
    }

    pub(crate) fn announce(&mut self, name: &str, now: Duration) -> Result<(), SimError> {
        let (index, device) = self.device(name)?;
        let packets = device.announce();
        self.send(index, packets, now);
        Ok(())
    }

    pub(crate) fn set(
        &mut self,
        name: &str,
        property: &str,
        value: &Value,
        now: Duration,
    ) -> Result<(), SimError> {
        let (index, device) = self.device(name)?;
        let packets = device
            .set(property, value, now)
            .map_err(SimError::Refused)?;
        self.send(index, packets, now);
        Ok(())
    }

    pub(crate) fn say(
        &mut self,
        name: &str,
        endpoint: u8,
        cluster: u16,
        frame: Vec<u8>,
        now: Duration,
    ) -> Result<(), SimError> {
        let (index, device) = self.device(name)?;
        let packets = device.say(endpoint, cluster, frame);
        self.send(index, packets, now);
        Ok(())
    }

    pub(crate) fn state(&self, name: &str) -> Result<Vec<(&'static str, Value)>, SimError> {
        let index = self.index(name)?;
        Ok(self
            .devices
            .get(index)
            .map(Device::state)
            .unwrap_or_default())
    }

    pub(crate) fn log(&self) -> Vec<Arrived> {
        self.log.iter().cloned().collect()
    }

    pub(crate) fn clear_log(&mut self) {
        self.log.clear();
    }

    /// What the state file is to hold.
    pub(crate) fn state_to_keep(&self) -> State {
        State {
            ncp: self.ncp.nvm().clone(),
            devices: self.devices.iter().map(Device::keep).collect(),
        }
    }

    /// Whether something may have changed since this was last asked.
    pub(crate) const fn take_changed(&mut self) -> bool {
        std::mem::replace(&mut self.changed, false)
    }
}
