//! What happens to a device by itself: lamps fade, meters count, the weather drifts, Xiaomi's talk.

use std::time::Duration;

use super::models::{BATTERY, Life as Kind};
use super::server::Place;
use super::{Device, HA_PROFILE, Packet, To};
use crate::Ieee;
use crate::sim::faults::Dice;
use crate::zigbee::zcl::command::basic;
use crate::zigbee::zcl::{Attribute, Data, Frame, Global};

/// Between two steps of a lively device's own life.
const PULSE: Duration = Duration::from_secs(2);
/// A lamp is repainted so often while it fades.
const STEP: Duration = Duration::from_millis(100);
/// What hangs on the plug, in watts.
const LOAD: f64 = 42.0;
/// Xiaomi's own manufacturer code, which its reports carry although the node descriptor differs.
const XIAOMI: u16 = 0x115f;
/// Xiaomi's devices tell their battery this often.
const BATTERY_EVERY: Duration = Duration::from_secs(3300);
/// A lively climate sensor speaks this often.
const CLIMATE_EVERY: Duration = Duration::from_secs(6);

pub(super) const ON_OFF: u16 = 0x0006;
pub(super) const LEVEL: u16 = 0x0008;
pub(super) const COLOR: u16 = 0x0300;

/// What is under way in a device.
#[derive(Debug)]
pub(super) struct Life {
    dice: Dice,
    pub(super) fades: Vec<Fade>,
    /// Switch off then: on with timed off.
    pub(super) off_at: Option<Duration>,
    /// The plug's energy in Wh below what its meter shows.
    energy: f64,
    pulsed: Duration,
    told_climate: Duration,
    told_battery: Option<Duration>,
    /// Leave, and (true) join again.
    leaving: Option<bool>,
    /// Steps of the daily curve, for drift.
    phase: f64,
}

/// A number on its way to another.
#[derive(Clone, Debug)]
pub(super) struct Fade {
    pub(super) place: Place,
    from: f64,
    to: f64,
    began: Duration,
    span: Duration,
    /// And then switch off.
    off: bool,
}

impl Fade {
    fn at(&self, now: Duration) -> f64 {
        let gone = now.saturating_sub(self.began);
        if gone >= self.span {
            return self.to;
        }
        self.from + (self.to - self.from) * gone.as_secs_f64() / self.span.as_secs_f64()
    }
}

impl Life {
    #[expect(clippy::cast_possible_truncation)] // a seed need not be all of it
    pub(super) fn new(ieee: Ieee) -> Self {
        Self {
            dice: Dice::new(ieee.0 as u32 ^ 0x5bd1_e995),
            fades: Vec::new(),
            off_at: None,
            energy: 0.0,
            pulsed: Duration::ZERO,
            told_climate: Duration::ZERO,
            told_battery: None,
            leaving: None,
            phase: 0.0,
        }
    }

    pub(super) const fn leave(&mut self, rejoin: bool) {
        self.leaving = Some(rejoin);
    }

    pub(super) fn next(&self, lively: bool) -> Option<Duration> {
        let paint = (!self.fades.is_empty()).then(|| self.pulsed + STEP);
        let pulse = lively.then(|| self.pulsed + PULSE);
        let battery = self.told_battery.map(|told| told + BATTERY_EVERY);
        [paint, pulse, self.off_at, battery]
            .into_iter()
            .flatten()
            .min()
    }
}

impl Device {
    /// It is to leave (and to look for a network again).
    pub(crate) const fn leaving(&mut self) -> Option<bool> {
        self.life.leaving.take()
    }

    pub(super) fn is_on(&self, endpoint: u8) -> bool {
        self.server.number((endpoint, ON_OFF, 0)) != 0
    }

    pub(super) fn put_on(&mut self, endpoint: u8, on: bool, now: Duration) {
        let place = (endpoint, ON_OFF, 0);
        self.server.put(place, f64::from(u8::from(on)));
        self.life.off_at = None;
        drop(self.moved(place, now));
    }

    /// Lets a number move to another.
    pub(super) fn fade(&mut self, place: Place, to: f64, span: Duration, off: bool, now: Duration) {
        self.life.fades.retain(|fade| fade.place != place);
        #[expect(clippy::cast_precision_loss)] // at most two bytes
        let from = self.server.number(place) as f64;
        self.life.fades.push(Fade {
            place,
            from,
            to,
            began: now,
            span,
            off,
        });
        self.life.pulsed = now;
        self.repaint(now);
    }

    fn repaint(&mut self, now: Duration) {
        let fades = std::mem::take(&mut self.life.fades);
        for fade in fades {
            self.server.put(fade.place, fade.at(now).round());
            let (endpoint, cluster, _) = fade.place;
            let left = (fade.began + fade.span).saturating_sub(now);
            let remaining = if cluster == LEVEL { 0x0001 } else { 0x0002 };
            self.server
                .put((endpoint, cluster, remaining), left.as_secs_f64() * 10.0);
            if !left.is_zero() {
                self.life.fades.push(fade);
            } else if fade.off {
                self.put_on(endpoint, false, now);
            }
        }
    }

    /// What follows from a change at `place`: other attributes, and what a device says unasked.
    pub(super) fn moved(&mut self, place: Place, now: Duration) -> Vec<Packet> {
        match (self.model.life, place) {
            (Kind::Plug, (_, ON_OFF, 0)) => {
                self.consume();
                Vec::new()
            }
            (Kind::XiaomiClimate | Kind::XiaomiContact, BATTERY) => self.tell_battery(now),
            (Kind::XiaomiClimate | Kind::XiaomiContact, place) => self.tell(&[place]),
            _ => Vec::new(),
        }
    }

    /// What a device says once it is in the network.
    pub(super) fn hello(&mut self, now: Duration) -> Vec<Packet> {
        match self.model.life {
            Kind::Plain | Kind::Lamp | Kind::Plug => Vec::new(),
            Kind::XiaomiClimate | Kind::XiaomiContact => {
                let mut out = self.tell(&[(1, basic::ID, 0x0005)]);
                out.extend(self.tell_battery(now));
                out
            }
        }
    }

    /// Time passes.
    pub(super) fn live(&mut self, now: Duration) -> Vec<Packet> {
        let mut out = Vec::new();
        if self.life.off_at.is_some_and(|at| at <= now) {
            self.put_on(1, false, now);
        }
        if self
            .life
            .told_battery
            .is_some_and(|told| told + BATTERY_EVERY <= now)
        {
            out.extend(self.tell_battery(now));
        }
        if !self.life.fades.is_empty() && self.life.pulsed + STEP <= now {
            self.life.pulsed = now;
            self.repaint(now);
        }
        if self.lively && self.life.pulsed + PULSE <= now {
            let gone = now.saturating_sub(self.life.pulsed);
            self.life.pulsed = now;
            match self.model.life {
                Kind::Plug => {
                    #[expect(clippy::cast_precision_loss)] // watts
                    let power = self.server.number((1, 0x0b04, 0x050b)) as f64;
                    // A lively plug counts a hundred times as fast, so that one sees it.
                    self.life.energy += power * gone.as_secs_f64() / 36.0;
                    let shown = (self.life.energy / 10.0).floor();
                    self.life.energy -= shown * 10.0;
                    #[expect(clippy::cast_precision_loss)] // six bytes
                    let total = self.server.number((1, 0x0702, 0)) as f64 + shown;
                    self.server.put((1, 0x0702, 0), total);
                    self.consume();
                }
                Kind::XiaomiClimate if self.life.told_climate + CLIMATE_EVERY <= now => {
                    self.life.told_climate = now;
                    out.extend(self.drift());
                }
                _ => {}
            }
        }
        out
    }

    /// What the plug draws now.
    fn consume(&mut self) {
        let watts = if self.is_on(1) {
            LOAD * (0.97 + 0.06 * self.life.dice.unit())
        } else {
            0.0
        };
        self.server.put((1, 0x0b04, 0x050b), watts.round());
        self.server.put((1, 0x0702, 0x0400), watts.round());
        let volts = 229.0 + 4.0 * self.life.dice.unit();
        self.server.put((1, 0x0b04, 0x0505), volts.round());
        self.server
            .put((1, 0x0b04, 0x0508), (watts / volts * 1000.0).round());
    }

    fn drift(&mut self) -> Vec<Packet> {
        self.life.phase += 0.15;
        let temperature = 2150.0 + 120.0 * self.life.phase.sin() + 20.0 * self.life.dice.unit();
        let humidity = 4520.0 - 350.0 * self.life.phase.sin() + 60.0 * self.life.dice.unit();
        self.server.put((1, 0x0402, 0), temperature.round());
        self.server.put((1, 0x0405, 0), humidity.round());
        self.tell(&[(1, 0x0402, 0), (1, 0x0405, 0)])
    }

    /// Reports to the coordinator, without binding or configuration.
    fn tell(&mut self, places: &[Place]) -> Vec<Packet> {
        let mut out = Vec::new();
        for &place in places {
            let (Some(from), Some(data)) = (self.address(), self.server.get(place).cloned()) else {
                continue;
            };
            let (source_endpoint, cluster, id) = place;
            out.push(Packet {
                from,
                to: To::Node(0),
                profile: HA_PROFILE,
                cluster,
                source_endpoint,
                destination_endpoint: 1,
                payload: self.report(vec![Attribute { id, data }]),
            });
        }
        out
    }

    /// Xiaomi's 0xFF01: a list of numbered values as a character string.
    fn tell_battery(&mut self, now: Duration) -> Vec<Packet> {
        self.life.told_battery = Some(now);
        let Some(from) = self.address() else {
            return Vec::new();
        };
        let millivolts = u16::try_from(self.server.number(BATTERY)).unwrap_or_default();
        let mut rows = vec![
            (0x01, Data::Uint(2, millivolts.into())),
            (0x04, Data::Uint(2, 0x13a8)),
            (0x05, Data::Uint(2, 9)),
            (0x06, Data::Uint(5, 1)),
        ];
        match self.model.life {
            Kind::XiaomiClimate => {
                rows.push((0x64, Data::Int(2, self.server.number((1, 0x0402, 0)))));
                let humidity =
                    u64::try_from(self.server.number((1, 0x0405, 0))).unwrap_or_default();
                rows.push((0x65, Data::Uint(2, humidity)));
            }
            Kind::XiaomiContact => {
                rows.push((
                    0x64,
                    Data::Bool(Some(self.server.number((1, ON_OFF, 0)) != 0)),
                ));
            }
            Kind::Plain | Kind::Lamp | Kind::Plug => {}
        }
        rows.push((0x0a, Data::Uint(2, 0)));
        let mut list = Vec::new();
        for (number, data) in rows {
            list.push(number);
            data.write_typed(&mut list);
        }
        let attributes = vec![Attribute {
            id: 0xff01,
            data: Data::Text(Some(list)),
        }];
        let global = Global::ReportAttributes(attributes);
        let mut frame = Frame::ask(&global)
            .of_manufacturer(XIAOMI)
            .numbered(self.number());
        frame.from_server = true;
        vec![Packet {
            from,
            to: To::Node(0),
            profile: HA_PROFILE,
            cluster: basic::ID,
            source_endpoint: 1,
            destination_endpoint: 1,
            payload: frame.encode(),
        }]
    }
}
