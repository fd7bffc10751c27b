//! What devices do: the commands of their clusters, and what happens to them by itself.

use std::time::Duration;

use super::models::{BATTERY, Life as Kind};
use super::server::Place;
use super::{Answer, Device, HA_PROFILE, PULSE, Packet, To};
use crate::Ieee;
use crate::sim::faults::Dice;
use crate::zigbee::wire::Counted;
use crate::zigbee::zcl::command::{basic, color, groups, identify, level, mode, on_off, ota};
use crate::zigbee::zcl::{Attribute, Data, Frame, Status};

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

const ON_OFF: u16 = 0x0006;
const LEVEL: u16 = 0x0008;
const COLOR: u16 = 0x0300;

/// What is under way in a device.
#[derive(Debug)]
pub(super) struct Life {
    dice: Dice,
    fades: Vec<Fade>,
    /// Switch off then: on with timed off.
    off_at: Option<Duration>,
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
struct Fade {
    place: Place,
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
    #[allow(clippy::cast_possible_truncation)] // a seed need not be all of it
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

    /// A command of a cluster.
    pub(super) fn command(
        &mut self,
        endpoint: u8,
        cluster: u16,
        frame: &Frame,
        now: Duration,
    ) -> Result<Answer, Status> {
        if frame.manufacturer.is_some() {
            return Err(Status::UNSUP_MANUF_CLUSTER_COMMAND);
        }
        let malformed = |_| Status::MALFORMED_COMMAND;
        let unknown = Status::UNSUP_COMMAND;
        if frame.from_server {
            return Ok(self.listen(endpoint, cluster, frame));
        }
        match cluster {
            basic::ID => {
                basic::ToServer::parse(frame)
                    .map_err(malformed)?
                    .ok_or(unknown)?;
                self.server = super::Server::new(self.model);
                Ok(Answer::Default)
            }
            identify::ID => {
                let command = identify::ToServer::parse(frame)
                    .map_err(malformed)?
                    .ok_or(unknown)?;
                Ok(self.identify(endpoint, frame, &command))
            }
            groups::ID => {
                let command = groups::ToServer::parse(frame)
                    .map_err(malformed)?
                    .ok_or(unknown)?;
                Ok(self.group(endpoint, frame, command))
            }
            on_off::ID => {
                let command = on_off::ToServer::parse(frame)
                    .map_err(malformed)?
                    .ok_or(unknown)?;
                self.switch(endpoint, &command, now);
                Ok(Answer::Default)
            }
            level::ID => {
                let command = level::ToServer::parse(frame)
                    .map_err(malformed)?
                    .ok_or(unknown)?;
                self.dim(endpoint, &command, now)?;
                Ok(Answer::Default)
            }
            color::ID => {
                let command = color::ToServer::parse(frame)
                    .map_err(malformed)?
                    .ok_or(unknown)?;
                self.paint(endpoint, &command, now)?;
                Ok(Answer::Default)
            }
            _ => Err(unknown),
        }
    }

    /// A command to a client of the device's.
    fn listen(&mut self, endpoint: u8, cluster: u16, frame: &Frame) -> Answer {
        const IMAGE_NOTIFY: u8 = 0x00;
        if (cluster, frame.command) != (ota::ID, IMAGE_NOTIFY) {
            return Answer::Default; // heard, and nothing to do
        }
        // There may be new firmware: it asks.
        let number = |attribute| self.server.number((endpoint, ota::ID, attribute));
        let query = ota::ToServer::QueryNextImage {
            control: 0,
            manufacturer: u16::try_from(number(0x0007)).unwrap_or_default(),
            image_type: u16::try_from(number(0x0008)).unwrap_or_default(),
            version: u32::try_from(number(0x0002)).unwrap_or_default(),
            hardware: None,
        };
        Answer::Frame(query.frame().numbered(self.number()))
    }

    fn identify(&mut self, endpoint: u8, frame: &Frame, command: &identify::ToServer) -> Answer {
        let place = (endpoint, identify::ID, 0);
        match command {
            identify::ToServer::Identify { seconds } => {
                self.server.put(place, f64::from(*seconds));
            }
            identify::ToServer::IdentifyQuery {} => {
                let seconds = u16::try_from(self.server.number(place)).unwrap_or_default();
                return if seconds == 0 {
                    Answer::Silence
                } else {
                    answer(
                        frame,
                        identify::FromServer::IdentifyQueryResponse { seconds }.frame(),
                    )
                };
            }
            identify::ToServer::TriggerEffect { .. } => {}
        }
        Answer::Default
    }

    fn group(&mut self, endpoint: u8, frame: &Frame, command: groups::ToServer) -> Answer {
        use groups::{FromServer, ToServer};
        const CAPACITY: usize = 16;
        let response = match command {
            ToServer::Add { group, .. } => {
                let mine = self.groups.iter().filter(|(e, _)| *e == endpoint).count();
                let status = if mine >= CAPACITY {
                    Status::INSUFFICIENT_SPACE
                } else if self.groups.insert((endpoint, group)) {
                    Status::SUCCESS
                } else {
                    Status::DUPLICATE_EXISTS
                };
                FromServer::AddResponse {
                    status: status.0,
                    group,
                }
            }
            ToServer::AddIfIdentifying { group, .. } => {
                if self.server.number((endpoint, identify::ID, 0)) > 0 {
                    self.groups.insert((endpoint, group));
                }
                return Answer::Default;
            }
            ToServer::View { group } => {
                let status = self.membership(endpoint, group);
                FromServer::ViewResponse {
                    status: status.0,
                    group,
                    name: Counted(Vec::new()),
                }
            }
            ToServer::GetMembership { groups } => {
                let mine: Vec<u16> = self
                    .groups
                    .iter()
                    .filter(|(e, group)| {
                        *e == endpoint && (groups.0.is_empty() || groups.0.contains(group))
                    })
                    .map(|(_, group)| *group)
                    .collect();
                let taken = self.groups.iter().filter(|(e, _)| *e == endpoint).count();
                FromServer::GetMembershipResponse {
                    capacity: u8::try_from(CAPACITY.saturating_sub(taken)).unwrap_or_default(),
                    groups: Counted(mine),
                }
            }
            ToServer::Remove { group } => {
                let status = self.membership(endpoint, group);
                self.groups.remove(&(endpoint, group));
                FromServer::RemoveResponse {
                    status: status.0,
                    group,
                }
            }
            ToServer::RemoveAll {} => {
                self.groups.retain(|(e, _)| *e != endpoint);
                return Answer::Default;
            }
        };
        answer(frame, response.frame())
    }

    fn membership(&self, endpoint: u8, group: u16) -> Status {
        if self.groups.contains(&(endpoint, group)) {
            Status::SUCCESS
        } else {
            Status::NOT_FOUND
        }
    }

    fn is_on(&self, endpoint: u8) -> bool {
        self.server.number((endpoint, ON_OFF, 0)) != 0
    }

    fn put_on(&mut self, endpoint: u8, on: bool, now: Duration) {
        let place = (endpoint, ON_OFF, 0);
        self.server.put(place, f64::from(u8::from(on)));
        self.life.off_at = None;
        drop(self.moved(place, now));
    }

    fn switch(&mut self, endpoint: u8, command: &on_off::ToServer, now: Duration) {
        use on_off::ToServer;
        self.life
            .fades
            .retain(|fade| fade.place != (endpoint, LEVEL, 0));
        match command {
            ToServer::Off {} | ToServer::OffWithEffect { .. } => self.put_on(endpoint, false, now),
            ToServer::On {} | ToServer::OnWithRecallGlobalScene {} => {
                self.put_on(endpoint, true, now);
            }
            ToServer::Toggle {} => self.put_on(endpoint, !self.is_on(endpoint), now),
            ToServer::OnWithTimedOff {
                control, on_time, ..
            } => {
                if control & 1 != 0 && !self.is_on(endpoint) {
                    return; // only when on, it says
                }
                self.put_on(endpoint, true, now);
                self.life.off_at = Some(now + tenths(*on_time));
            }
        }
    }

    /// Whether a level or colour command is carried out: a lamp that is off only listens when told so.
    fn listens(&self, endpoint: u8, cluster: u16, mask: Option<u8>, options: Option<u8>) -> bool {
        let own = u8::try_from(self.server.number((endpoint, cluster, 0x000f))).unwrap_or_default();
        let mask = mask.unwrap_or_default();
        let effective = (own & !mask) | (options.unwrap_or_default() & mask);
        self.is_on(endpoint) || effective & 1 != 0
    }

    fn dim(
        &mut self,
        endpoint: u8,
        command: &level::ToServer,
        now: Duration,
    ) -> Result<(), Status> {
        use level::ToServer;
        let place = (endpoint, LEVEL, 0);
        #[allow(clippy::cast_precision_loss)] // one byte
        let current = self.server.number(place) as f64;
        let (target, span, with_on_off, mask, options) = match *command {
            ToServer::MoveToLevel {
                level,
                transition,
                mask,
                options,
            } => (
                f64::from(level),
                self.transition(endpoint, transition),
                false,
                mask,
                options,
            ),
            ToServer::MoveToLevelWithOnOff {
                level,
                transition,
                mask,
                options,
            } => (
                f64::from(level),
                self.transition(endpoint, transition),
                true,
                mask,
                options,
            ),
            ToServer::Move {
                mode,
                rate,
                mask,
                options,
            } => {
                let (target, span) = travel(mode, rate, current)?;
                (target, span, false, mask, options)
            }
            ToServer::MoveWithOnOff {
                mode,
                rate,
                mask,
                options,
            } => {
                let (target, span) = travel(mode, rate, current)?;
                (target, span, true, mask, options)
            }
            ToServer::Step {
                mode,
                size,
                transition,
                mask,
                options,
            } => (
                step(mode, size, current)?,
                self.transition(endpoint, transition),
                false,
                mask,
                options,
            ),
            ToServer::StepWithOnOff {
                mode,
                size,
                transition,
                mask,
                options,
            } => (
                step(mode, size, current)?,
                self.transition(endpoint, transition),
                true,
                mask,
                options,
            ),
            ToServer::Stop { .. } | ToServer::StopWithOnOff { .. } => {
                self.life.fades.retain(|fade| fade.place != place);
                return Ok(());
            }
        };
        if with_on_off {
            if target > 1.0 && !self.is_on(endpoint) {
                // It starts dark and rises.
                self.server.put(place, 1.0);
                self.put_on(endpoint, true, now);
            }
            let off = target <= 1.0
                && !matches!(command, ToServer::MoveToLevelWithOnOff { level: 1, .. });
            self.fade(place, target.max(1.0), span, off, now);
        } else if self.listens(endpoint, LEVEL, mask, options) {
            self.fade(place, target.max(1.0), span, false, now);
        }
        Ok(())
    }

    /// The time a transition takes; 0xffff is the device's own.
    fn transition(&self, endpoint: u8, given: u16) -> Duration {
        if given != 0xffff {
            return tenths(given);
        }
        let own = self.server.number((endpoint, LEVEL, 0x0010));
        tenths(u16::try_from(own).unwrap_or_default())
    }

    #[allow(clippy::too_many_lines)] // one row a command
    fn paint(
        &mut self,
        endpoint: u8,
        command: &color::ToServer,
        now: Duration,
    ) -> Result<(), Status> {
        use color::ToServer;
        let at = |attribute| (endpoint, COLOR, attribute);
        let has = |device: &Self, attribute| {
            device
                .server
                .get(at(attribute))
                .map(drop)
                .ok_or(Status::UNSUP_COMMAND)
        };
        #[allow(clippy::cast_precision_loss)] // two bytes
        let number = |device: &Self, attribute| device.server.number(at(attribute)) as f64;
        const HUE: u16 = 0x0000;
        const SATURATION: u16 = 0x0001;
        const X: u16 = 0x0003;
        const Y: u16 = 0x0004;
        const TEMPERATURE: u16 = 0x0007;
        const ENHANCED_HUE: u16 = 0x4000;
        let coolest = number(self, 0x400b);
        let warmest = number(self, 0x400c);
        // What moves where, in which time, and the colour mode it leads to.
        let (moves, span, colour_mode, mask, options): (Vec<(u16, f64)>, u16, u8, _, _) =
            match *command {
                ToServer::MoveToColorTemperature {
                    mireds,
                    transition,
                    mask,
                    options,
                } => {
                    let mireds = f64::from(mireds).clamp(coolest, warmest);
                    (vec![(TEMPERATURE, mireds)], transition, 2, mask, options)
                }
                ToServer::StepColorTemperature {
                    mode,
                    size,
                    transition,
                    minimum,
                    maximum,
                    mask,
                    options,
                } => {
                    let lowest = coolest.max(f64::from(minimum));
                    let highest = if maximum == 0 {
                        warmest
                    } else {
                        warmest.min(f64::from(maximum))
                    };
                    let by = signed(mode, f64::from(size))?;
                    let mireds = (number(self, TEMPERATURE) + by).max(lowest).min(highest);
                    (vec![(TEMPERATURE, mireds)], transition, 2, mask, options)
                }
                ToServer::MoveColorTemperature {
                    mode,
                    rate,
                    mask,
                    options,
                    ..
                } => {
                    if mode == mode::COLOR_STOP {
                        self.stop(endpoint);
                        return Ok(());
                    }
                    let to = if signed(mode, 1.0)? > 0.0 {
                        warmest
                    } else {
                        coolest
                    };
                    let span = (number(self, TEMPERATURE) - to).abs() / f64::from(rate.max(1));
                    (
                        vec![(TEMPERATURE, to)],
                        whole_tenths(span),
                        2,
                        mask,
                        options,
                    )
                }
                ToServer::MoveToColor {
                    x,
                    y,
                    transition,
                    mask,
                    options,
                } => {
                    has(self, HUE)?;
                    (
                        vec![(X, x.into()), (Y, y.into())],
                        transition,
                        1,
                        mask,
                        options,
                    )
                }
                ToServer::MoveToHue {
                    hue,
                    transition,
                    mask,
                    options,
                    ..
                } => {
                    has(self, HUE)?;
                    (vec![(HUE, hue.into())], transition, 0, mask, options)
                }
                ToServer::MoveToSaturation {
                    saturation,
                    transition,
                    mask,
                    options,
                } => {
                    has(self, SATURATION)?;
                    (
                        vec![(SATURATION, saturation.into())],
                        transition,
                        0,
                        mask,
                        options,
                    )
                }
                ToServer::MoveToHueAndSaturation {
                    hue,
                    saturation,
                    transition,
                    mask,
                    options,
                } => {
                    has(self, HUE)?;
                    let moves = vec![(HUE, hue.into()), (SATURATION, saturation.into())];
                    (moves, transition, 0, mask, options)
                }
                ToServer::EnhancedMoveToHue {
                    hue,
                    transition,
                    mask,
                    options,
                    ..
                } => {
                    has(self, ENHANCED_HUE)?;
                    let moves = vec![(ENHANCED_HUE, hue.into()), (HUE, f64::from(hue >> 8))];
                    (moves, transition, 0, mask, options)
                }
                ToServer::EnhancedMoveToHueAndSaturation {
                    hue,
                    saturation,
                    transition,
                    mask,
                    options,
                } => {
                    has(self, ENHANCED_HUE)?;
                    let moves = vec![
                        (ENHANCED_HUE, hue.into()),
                        (HUE, f64::from(hue >> 8)),
                        (SATURATION, saturation.into()),
                    ];
                    (moves, transition, 0, mask, options)
                }
                ToServer::StopMoveStep { .. } => {
                    self.stop(endpoint);
                    return Ok(());
                }
                _ => return Err(Status::UNSUP_COMMAND),
            };
        if self.listens(endpoint, COLOR, mask, options) {
            self.server.put(at(0x0008), colour_mode.into());
            self.server.put(at(0x4001), colour_mode.into());
            for (attribute, to) in moves {
                self.fade(at(attribute), to, tenths(span), false, now);
            }
        }
        Ok(())
    }

    fn stop(&mut self, endpoint: u8) {
        self.life
            .fades
            .retain(|fade| (fade.place.0, fade.place.1) != (endpoint, COLOR));
    }

    fn fade(&mut self, place: Place, to: f64, span: Duration, off: bool, now: Duration) {
        self.life.fades.retain(|fade| fade.place != place);
        #[allow(clippy::cast_precision_loss)] // at most two bytes
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
            Kind::Lamp | Kind::Plug => Vec::new(),
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
                    #[allow(clippy::cast_precision_loss)] // watts
                    let power = self.server.number((1, 0x0b04, 0x050b)) as f64;
                    // A lively plug counts a hundred times as fast, so that one sees it.
                    self.life.energy += power * gone.as_secs_f64() / 36.0;
                    let shown = (self.life.energy / 10.0).floor();
                    self.life.energy -= shown * 10.0;
                    #[allow(clippy::cast_precision_loss)] // six bytes
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
            Kind::Lamp | Kind::Plug => {}
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
        let global = crate::zigbee::zcl::Global::ReportAttributes(attributes);
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

/// A command of the server in answer to `frame`.
fn answer(frame: &Frame, mut command: Frame) -> Answer {
    command.sequence = frame.sequence;
    command.disable_default_response = true;
    Answer::Frame(command)
}

fn tenths(tenths: u16) -> Duration {
    Duration::from_millis(u64::from(tenths) * 100)
}

#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // clamped
fn whole_tenths(seconds: f64) -> u16 {
    (seconds * 10.0).clamp(0.0, 65_534.0) as u16
}

/// Where a level goes that moves at `rate` a second, and when it gets there.
fn travel(mode: u8, rate: u8, from: f64) -> Result<(f64, Duration), Status> {
    let to = match mode {
        mode::LEVEL_UP => 254.0,
        mode::LEVEL_DOWN => 1.0,
        _ => return Err(Status::INVALID_FIELD),
    };
    let rate = if matches!(rate, 0 | 0xff) { 50 } else { rate };
    Ok((
        to,
        tenths(whole_tenths((to - from).abs() / f64::from(rate))),
    ))
}

fn step(mode: u8, size: u8, from: f64) -> Result<f64, Status> {
    match mode {
        mode::LEVEL_UP => Ok((from + f64::from(size)).min(254.0)),
        mode::LEVEL_DOWN => Ok((from - f64::from(size)).max(0.0)),
        _ => Err(Status::INVALID_FIELD),
    }
}

fn signed(mode: u8, size: f64) -> Result<f64, Status> {
    match mode {
        mode::COLOR_UP => Ok(size),
        mode::COLOR_DOWN => Ok(-size),
        _ => Err(Status::INVALID_FIELD),
    }
}
