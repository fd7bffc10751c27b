//! The fault switchboard: everything that goes wrong with dongles in the field, at the turn of a switch.
//!
//! Switches can be turned while the simulator runs. They act where the fault would: on the bytes of
//! the line ([`Line`]), in the co-processor, or on the air between it and a device.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serde::{Deserialize, Serialize};

/// How often an event is to strike: so many times, or for ever.
pub type Times = Option<u32>;

/// The switches. The default is a world without faults.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Switches {
    /// Share of ASH frames to the host that get lost, 0…1.
    pub lose_to_host: f64,
    /// Share of ASH frames to the co-processor that get lost, 0…1.
    pub lose_to_ncp: f64,
    /// Share of ASH frames to the host in which a bit is turned, 0…1.
    pub corrupt_to_host: f64,
    /// Share of ASH frames to the co-processor in which a bit is turned, 0…1.
    pub corrupt_to_ncp: f64,
    /// So many of the next messages the host wants sent are refused as busy.
    pub busy: u32,
    /// The co-processor hangs: it neither hears nor says anything.
    pub silent: bool,
    /// Every response carries the overflow flag.
    pub overflow: bool,
    /// Devices, by name, that messages do not reach: so many more, `null` for always.
    pub undeliverable: BTreeMap<String, Times>,
    /// Devices, by name, that acknowledge but do not answer or report: so many more, `null` for always.
    pub mute: BTreeMap<String, Times>,
    /// Devices, by name, that fetch their messages only so many milliseconds later.
    pub asleep: BTreeMap<String, u32>,
}

/// What the switchboard did so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Struck {
    /// ASH frames lost, both ways.
    pub lost: u32,
    /// ASH frames damaged, both ways.
    pub corrupted: u32,
    /// Messages refused as busy.
    pub busy: u32,
    /// Messages that did not reach their device.
    pub undelivered: u32,
    /// Answers and reports swallowed.
    pub muted: u32,
}

/// The switchboard: shared by the simulator and whoever turns the switches.
#[derive(Clone, Debug, Default)]
pub struct Faults(Arc<Mutex<(Switches, Struck)>>);

impl Faults {
    fn lock(&self) -> MutexGuard<'_, (Switches, Struck)> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The switches as they are.
    #[must_use]
    pub fn switches(&self) -> Switches {
        self.lock().0.clone()
    }

    /// Turns switches.
    pub fn change(&self, turn: impl FnOnce(&mut Switches)) {
        turn(&mut self.lock().0);
    }

    /// Turns everything off.
    pub fn clear(&self) {
        self.lock().0 = Switches::default();
    }

    /// What the switchboard did so far.
    #[must_use]
    pub fn struck(&self) -> Struck {
        self.lock().1
    }

    pub(super) fn is_silent(&self) -> bool {
        self.lock().0.silent
    }

    pub(super) fn overflows(&self) -> bool {
        self.lock().0.overflow
    }

    /// Whether a message the host wants sent is refused now.
    pub(super) fn refuses(&self) -> bool {
        let (switches, struck) = &mut *self.lock();
        let refuses = switches.busy > 0;
        if refuses {
            switches.busy -= 1;
            struck.busy += 1;
        }
        refuses
    }

    /// Whether a message to `device` is lost on the air.
    pub(super) fn undeliverable(&self, device: &str) -> bool {
        let (switches, struck) = &mut *self.lock();
        let strikes = strike(&mut switches.undeliverable, device);
        struck.undelivered += u32::from(strikes);
        strikes
    }

    /// Whether an answer of `device` is swallowed.
    pub(super) fn mute(&self, device: &str) -> bool {
        let (switches, struck) = &mut *self.lock();
        let strikes = strike(&mut switches.mute, device);
        struck.muted += u32::from(strikes);
        strikes
    }

    /// How long `device` leaves its messages waiting, in milliseconds.
    pub(super) fn asleep(&self, device: &str) -> Option<u32> {
        self.lock().0.asleep.get(device).copied()
    }

    /// The shares of frames to lose and to damage in one direction.
    fn shares(&self, way: Way) -> (f64, f64) {
        let (switches, _) = &*self.lock();
        match way {
            Way::ToHost => (switches.lose_to_host, switches.corrupt_to_host),
            Way::ToNcp => (switches.lose_to_ncp, switches.corrupt_to_ncp),
        }
    }
}

fn strike(switch: &mut BTreeMap<String, Times>, device: &str) -> bool {
    match switch.get_mut(device) {
        None => false,
        Some(None) => true,
        Some(Some(0)) => {
            switch.remove(device);
            false
        }
        Some(Some(times)) => {
            *times -= 1;
            true
        }
    }
}

/// A direction of the serial line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// From the co-processor.
    ToHost,
    /// From the host.
    ToNcp,
}

/// One direction of the serial line, frame by frame subject to the switchboard.
#[derive(Debug)]
pub struct Line {
    faults: Faults,
    way: Way,
    dice: Dice,
    fate: Fate,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fate {
    /// Between frames: undecided.
    Open,
    Pass,
    Lose,
    /// Turn bit `.1` of the byte that comes after `.0` more.
    Corrupt(u8, u8),
}

/// ASH's frame delimiter.
const FLAG: u8 = 0x7E;

impl Line {
    /// A line without a past; `seed` makes its luck repeatable.
    #[must_use]
    pub const fn new(faults: Faults, way: Way, seed: u32) -> Self {
        Self {
            faults,
            way,
            dice: Dice::new(seed),
            fate: Fate::Open,
        }
    }

    /// What arrives of `bytes` at the other end.
    pub fn carry(&mut self, bytes: &[u8]) -> Vec<u8> {
        let (lose, corrupt) = self.faults.shares(self.way);
        if lose == 0.0 && corrupt == 0.0 && self.fate == Fate::Open {
            return bytes.to_vec();
        }
        let mut arrived = Vec::with_capacity(bytes.len());
        for &byte in bytes {
            if self.fate == Fate::Open && byte != FLAG {
                self.fate = self.decide(lose, corrupt);
            }
            match &mut self.fate {
                Fate::Open | Fate::Pass => arrived.push(byte),
                Fate::Lose => {}
                Fate::Corrupt(0, bit) => {
                    arrived.push(byte ^ (1 << *bit));
                    self.fate = Fate::Pass;
                }
                Fate::Corrupt(after, _) => {
                    *after -= 1;
                    arrived.push(byte);
                }
            }
            if byte == FLAG {
                self.fate = Fate::Open;
            }
        }
        arrived
    }

    fn decide(&mut self, lose: f64, corrupt: f64) -> Fate {
        if self.dice.chance(lose) {
            self.faults.lock().1.lost += 1;
            return Fate::Lose;
        }
        if self.dice.chance(corrupt) {
            self.faults.lock().1.corrupted += 1;
            let [after, bit, ..] = self.dice.next().to_le_bytes();
            return Fate::Corrupt(after % 4, bit % 8);
        }
        Fate::Pass
    }
}

/// A small generator of repeatable luck (xorshift32).
#[derive(Clone, Debug)]
pub struct Dice(u32);

impl Dice {
    /// Luck that repeats with `seed`.
    #[must_use]
    pub const fn new(seed: u32) -> Self {
        Self(if seed == 0 { 0x9E37_79B9 } else { seed })
    }

    /// Any number.
    pub const fn next(&mut self) -> u32 {
        let mut x = self.0;
        x ^= x << 13;
        x ^= x >> 17;
        x ^= x << 5;
        self.0 = x;
        x
    }

    /// True in the given share of throws.
    pub fn chance(&mut self, share: f64) -> bool {
        share > 0.0 && self.unit() < share
    }

    /// A number in 0…1, 1 excluded.
    pub fn unit(&mut self) -> f64 {
        f64::from(self.next()) / (f64::from(u32::MAX) + 1.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FRAME: [u8; 4] = [0x81, 0x60, 0x59, FLAG];

    #[test]
    fn a_line_without_faults_carries_everything() {
        let mut line = Line::new(Faults::default(), Way::ToHost, 1);
        assert_eq!(line.carry(&FRAME), FRAME);
    }

    #[test]
    fn frames_get_lost_whole_and_in_one_direction() {
        let faults = Faults::default();
        faults.change(|switches| switches.lose_to_host = 1.0);
        let mut to_host = Line::new(faults.clone(), Way::ToHost, 1);
        let mut to_ncp = Line::new(faults.clone(), Way::ToNcp, 1);
        assert!(to_host.carry(&FRAME[..2]).is_empty());
        faults.clear();
        assert!(to_host.carry(&FRAME[2..]).is_empty());
        assert_eq!(to_host.carry(&FRAME), FRAME);
        assert_eq!(to_ncp.carry(&FRAME), FRAME);
        assert_eq!(faults.struck().lost, 1);
    }

    #[test]
    fn a_damaged_frame_differs_in_one_bit() {
        let faults = Faults::default();
        faults.change(|switches| switches.corrupt_to_ncp = 1.0);
        let mut line = Line::new(faults.clone(), Way::ToNcp, 7);
        let arrived = line.carry(&FRAME);
        let turned: u32 = arrived
            .iter()
            .zip(FRAME)
            .map(|(a, b)| (a ^ b).count_ones())
            .sum();
        assert_eq!((arrived.len(), turned), (FRAME.len(), 1));
        assert_eq!(faults.struck().corrupted, 1);
    }

    #[test]
    fn strikes_are_counted_down() {
        let faults = Faults::default();
        faults.change(|switches| {
            switches.undeliverable.insert("lamp".into(), Some(2));
            switches.mute.insert("plug".into(), None);
            switches.busy = 1;
        });
        let lamp: Vec<bool> = (0..3).map(|_| faults.undeliverable("lamp")).collect();
        assert_eq!(lamp, [true, true, false]);
        assert!((0..9).all(|_| faults.mute("plug")));
        assert_eq!([faults.refuses(), faults.refuses()], [true, false]);
        assert!(!faults.undeliverable("plug"));
    }
}
