//! Commands: each is answered exactly once, whatever happens.
//!
//! Those for a device wait in its queue and are carried out in their order; devices do not wait for
//! each other. While the dongle is away or the device sleeps they wait, up to their age limit.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::mpsc;
use tokio::time::Instant;

use super::core::{Core, WAITING};
use super::deliver::Trouble;
use super::registry::Waiting;
use crate::devices::{self, Request};
use crate::zigbee::zcl::{Frame, Global, Kind};
use crate::zigbee::zdo;
use crate::{Changes, Command, CommandError, DeviceId, Event, Ieee, Outcome, Property, Token};

/// How long a device may take to leave.
const LEAVING: Duration = Duration::from_secs(15);

impl Core {
    /// Takes commands in until the gateway hangs up.
    pub(super) async fn take_commands(self: Arc<Self>, mut commands: mpsc::Receiver<Command>) {
        while let Some(command) = commands.recv().await {
            let token = command.token();
            if let Err(error) = self.take_command(command) {
                self.finish(token, Err(error)).await;
            }
        }
        self.close();
    }

    /// Answers a command.
    pub(super) async fn finish(&self, token: Token, outcome: Outcome) {
        self.with(|state| state.waiting = state.waiting.saturating_sub(1));
        self.emit(Event::Done { token, outcome }).await;
    }

    /// Begins a command. An error is its answer.
    fn take_command(self: &Arc<Self>, command: Command) -> Result<(), CommandError> {
        // Counted also when it is refused: `finish` counts down.
        let waiting = self.with(|state| {
            state.waiting += 1;
            state.waiting
        });
        if waiting > WAITING {
            return Err(self.refuse(&command));
        }
        let core = self.clone();
        match command {
            Command::Set { ref id, .. } | Command::Get { ref id, .. } => {
                let device = zigbee(*id)?;
                self.enqueue(device, command)
            }
            Command::PermitJoin {
                token,
                seconds,
                through,
            } => {
                self.spawn(async move {
                    let outcome = core.permit_join(seconds, through).await;
                    core.finish(token, outcome).await;
                });
                Ok(())
            }
            Command::Interview { token, id } => {
                let device = zigbee(id)?;
                self.spawn(async move {
                    let outcome = core.interview_again(device).await;
                    core.finish(token, outcome).await;
                });
                Ok(())
            }
            Command::Remove { token, id, force } => {
                let device = zigbee(id)?;
                self.spawn(async move {
                    let outcome = core.remove(device, force).await;
                    core.finish(token, outcome).await;
                });
                Ok(())
            }
            Command::BindKey { id, .. } | Command::Adopt { id, .. } | Command::Gatt { id, .. } => {
                Err(CommandError::UnknownDevice(id))
            }
            Command::Nearby { .. } => Err(CommandError::Unavailable("only over BLE".to_owned())),
        }
    }

    fn refuse(&self, command: &Command) -> CommandError {
        let refused = self.with(|state| {
            state.counters.refused = state.counters.refused.wrapping_add(1);
            state.counters.refused
        });
        tracing::warn!(
            "command {} is refused: too many wait ({refused} refused so far)",
            command.token()
        );
        CommandError::Unavailable("too many commands wait already".to_owned())
    }

    fn enqueue(self: &Arc<Self>, device: Ieee, command: Command) -> Result<(), CommandError> {
        let waiting = Waiting {
            command,
            since: Instant::now(),
        };
        let start = self.with(|state| match state.registry.get_mut(device) {
            None => Err(None),
            Some(device) => {
                device.enqueue(waiting).map_err(|full| Some(full.command))?;
                let start = !device.working;
                device.working = true;
                Ok(start)
            }
        });
        match start {
            Err(None) => Err(CommandError::UnknownDevice(device.into())),
            Err(Some(refused)) => Err(self.refuse(&refused)),
            Ok(start) => {
                if start {
                    let core = self.clone();
                    self.spawn(async move { core.work(device).await });
                }
                Ok(())
            }
        }
    }

    /// Carries out what waits for a device, until nothing does.
    async fn work(self: Arc<Self>, device: Ieee) {
        loop {
            let next = self.with(|state| {
                let patience = self.patience;
                let device = state.registry.get_mut(device)?;
                let Some(waiting) = device.queue.pop_front() else {
                    device.working = false;
                    return None;
                };
                let age = if device.is_sleepy() {
                    patience.sleepy
                } else {
                    patience.awake
                };
                Some((waiting.command, waiting.since + age))
            });
            let Some((command, until)) = next else {
                return;
            };
            let token = command.token();
            let outcome = match command {
                Command::Set {
                    endpoint, values, ..
                } => self.set(device, endpoint.as_deref(), &values, until).await,
                Command::Get { properties, .. } => self.get(device, &properties, until).await,
                // Only these two are put in queues.
                other => Err(CommandError::Unsupported {
                    what: "set",
                    property: format!("{:?}", other.token()),
                    why: "not a command for a device's queue".to_owned(),
                }),
            };
            self.finish(token, outcome).await;
        }
    }

    async fn set(
        &self,
        device: Ieee,
        endpoint: Option<&str>,
        values: &Changes,
        until: Instant,
    ) -> Outcome {
        let requests = self
            .with(|state| {
                let device = state.registry.get(device)?;
                Some(devices::set(&device.info, &device.memory, endpoint, values))
            })
            .ok_or_else(|| CommandError::UnknownDevice(device.into()))??;
        let mut shown = Changes::new();
        for request in requests {
            self.carry_out(device, &request, until).await?;
            self.change(device, |device| device.memory.note(&request.changes));
            for (property, value) in request.changes {
                match shown.iter_mut().find(|(known, _)| *known == property) {
                    Some((_, old)) => *old = value,
                    None => shown.push((property, value)),
                }
            }
        }
        Ok(shown)
    }

    async fn get(&self, device: Ieee, properties: &[Property], until: Instant) -> Outcome {
        let requests = self
            .with(|state| Some(devices::get(&state.registry.get(device)?.info, properties)))
            .ok_or_else(|| CommandError::UnknownDevice(device.into()))??;
        for request in requests {
            self.carry_out(device, &request, until).await?;
        }
        Ok(Changes::new())
    }

    /// Sends a request and judges its answer.
    async fn carry_out(
        &self,
        device: Ieee,
        request: &Request,
        until: Instant,
    ) -> Result<(), CommandError> {
        let answer = self
            .ask_zcl(
                device,
                request.endpoint,
                request.cluster,
                &request.frame,
                until,
            )
            .await
            .map_err(|trouble| trouble.into_error(device))?;
        match answer.as_ref().and_then(refusal) {
            Some(why) => Err(CommandError::Refused(why)),
            None => Ok(()),
        }
    }

    /// Tells a device to leave, and forgets it.
    async fn remove(self: &Arc<Self>, device: Ieee, force: bool) -> Outcome {
        if self.with(|state| state.registry.get(device).is_none()) {
            return Err(CommandError::UnknownDevice(device.into()));
        }
        let request = zdo::LeaveRequest {
            ieee: device,
            flags: 0,
        };
        let until = Instant::now() + LEAVING;
        let told = self.ask_zdo(device, &request, until).await;
        match told {
            Ok(answer) if answer.status.is_success() => {}
            // It left faster than it answered.
            Err(Trouble::Unknown) => {}
            Ok(answer) if !force => return Err(CommandError::Refused(answer.status.to_string())),
            Err(trouble) if !force => return Err(trouble.into_error(device)),
            Ok(_) | Err(_) => tracing::info!("{device} is forgotten without its answer"),
        }
        self.left(device).await;
        Ok(Changes::new())
    }
}

fn zigbee(id: DeviceId) -> Result<Ieee, CommandError> {
    match id {
        DeviceId::Zigbee(ieee) => Ok(ieee),
        DeviceId::Ble(_) => Err(CommandError::UnknownDevice(id)),
    }
}

/// Why a device refuses, if its answer says so.
fn refusal(answer: &Frame) -> Option<String> {
    if answer.kind != Kind::Global {
        return None;
    }
    match answer.global().ok()? {
        Global::DefaultResponse { status, .. } if !status.is_success() => Some(status.to_string()),
        Global::WriteAttributesResponse(failed) => failed
            .iter()
            .find(|record| !record.status.is_success())
            .map(|record| format!("attribute {:#06x}: {}", record.id, record.status)),
        Global::ConfigureReportingResponse(failed) => failed
            .iter()
            .find(|record| !record.status.is_success())
            .map(|record| format!("reports of {:#06x}: {}", record.id, record.status)),
        // A read that brought something is a success.
        Global::ReadAttributesResponse(records)
            if !records.is_empty() && records.iter().all(|record| record.value.is_err()) =>
        {
            records
                .iter()
                .find_map(|record| Some((record.id, record.value.as_ref().err()?)))
                .map(|(id, status)| format!("attribute {id:#06x}: {status}"))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::zigbee::zcl::{Data, ReadRecord, Status};

    #[test]
    fn a_refusal_is_told_in_words() {
        let asked = Frame::tell(1, vec![]);
        let answer = |global| refusal(&asked.answer(&global));
        let default = |status| Global::DefaultResponse { command: 1, status };
        assert_eq!(answer(default(Status::SUCCESS)), None);
        assert_eq!(
            answer(default(Status::INVALID_FIELD)).as_deref(),
            Some("invalid field")
        );
        let record = |id, value| ReadRecord { id, value };
        let some = Global::ReadAttributesResponse(vec![
            record(0, Ok(Data::Bool(Some(true)))),
            record(1, Err(Status::UNSUPPORTED_ATTRIBUTE)),
        ]);
        assert_eq!(answer(some), None);
        let none =
            Global::ReadAttributesResponse(vec![record(1, Err(Status::UNSUPPORTED_ATTRIBUTE))]);
        assert!(answer(none).unwrap().contains("0x0001"));
    }
}
