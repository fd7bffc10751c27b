//! What the commands of a device's clusters do to it.

use std::time::Duration;

use super::life::{COLOR, LEVEL};
use super::{Answer, Device};
use crate::zigbee::wire::Counted;
use crate::zigbee::zcl::command::{
    basic, color, door_lock, groups, identify, level, mode, on_off, ota, window_covering,
};
use crate::zigbee::zcl::{Frame, Status};

impl Device {
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
            window_covering::ID => {
                let command = window_covering::ToServer::parse(frame)
                    .map_err(malformed)?
                    .ok_or(unknown)?;
                self.roll(endpoint, &command, now)?;
                Ok(Answer::Default)
            }
            door_lock::ID => {
                use door_lock::{FromServer, ToServer};
                let command = ToServer::parse(frame).map_err(malformed)?.ok_or(unknown)?;
                let (state, response) = match command {
                    ToServer::LockDoor { .. } => (1.0, FromServer::LockDoorResponse { status: 0 }),
                    ToServer::UnlockDoor { .. } => {
                        (2.0, FromServer::UnlockDoorResponse { status: 0 })
                    }
                };
                self.server.put((endpoint, door_lock::ID, 0), state);
                Ok(answer(frame, response.frame()))
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

    /// A blind moves.
    fn roll(
        &mut self,
        endpoint: u8,
        command: &window_covering::ToServer,
        now: Duration,
    ) -> Result<(), Status> {
        use window_covering::ToServer;
        /// From one end to the other.
        const WAY: f64 = 2.0;
        let place = (endpoint, window_covering::ID, 0x0008);
        let to = match command {
            ToServer::UpOpen {} => 0.0,
            ToServer::DownClose {} => 100.0,
            ToServer::GoToLiftPercentage { percent } if *percent <= 100 => f64::from(*percent),
            ToServer::GoToLiftPercentage { .. } => return Err(Status::INVALID_VALUE),
            ToServer::Stop {} => {
                self.life.fades.retain(|fade| fade.place != place);
                return Ok(());
            }
            _ => return Err(Status::UNSUP_COMMAND),
        };
        #[expect(clippy::cast_precision_loss)] // one byte
        let way = (self.server.number(place) as f64 - to).abs() / 100.0;
        self.fade(place, to, Duration::from_secs_f64(WAY * way), false, now);
        Ok(())
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
        #[expect(clippy::cast_precision_loss)] // one byte
        let current = self.server.number(place) as f64;
        let (target, span, mask, options) = match *command {
            ToServer::MoveToLevel {
                level,
                transition,
                mask,
                options,
            }
            | ToServer::MoveToLevelWithOnOff {
                level,
                transition,
                mask,
                options,
            } => {
                let span = self.transition(endpoint, transition);
                (f64::from(level), span, mask, options)
            }
            ToServer::Move {
                mode,
                rate,
                mask,
                options,
            }
            | ToServer::MoveWithOnOff {
                mode,
                rate,
                mask,
                options,
            } => {
                let (target, span) = travel(mode, rate, current)?;
                (target, span, mask, options)
            }
            ToServer::Step {
                mode,
                size,
                transition,
                mask,
                options,
            }
            | ToServer::StepWithOnOff {
                mode,
                size,
                transition,
                mask,
                options,
            } => {
                let span = self.transition(endpoint, transition);
                (step(mode, size, current)?, span, mask, options)
            }
            ToServer::Stop { .. } | ToServer::StopWithOnOff { .. } => {
                self.life.fades.retain(|fade| fade.place != place);
                return Ok(());
            }
        };
        let with_on_off = matches!(
            command,
            ToServer::MoveToLevelWithOnOff { .. }
                | ToServer::MoveWithOnOff { .. }
                | ToServer::StepWithOnOff { .. }
        );
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
        #[expect(clippy::cast_precision_loss)] // two bytes
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

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // clamped
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
