//! Letting devices in: opening and closing the network, and noticing who came, moved or left.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::{Instant, sleep_until};

use super::core::Core;
use super::deliver::Trouble;
use super::dongle::Dongle;
use super::registry::{Progress, Sighting};
use super::start::StartError;
use crate::ezsp::callback::TrustCenterJoinHandler;
use crate::ezsp::values::{broadcast_address, device_update, join_decision};
use crate::zigbee::zdo::{self, Message as _};
use crate::{CommandError, DeviceId, DeviceKind, Event, Ieee, InterviewState, Outcome};

/// How long the manufacturer code of the open network stays after it closed: who came last may
/// still look at us.
const LINGER: Duration = Duration::from_secs(60);

/// Opening waits so long for the dongle.
const PATIENCE: Duration = Duration::from_secs(10);

/// 255 would mean for ever.
const LONGEST: u8 = 254;

/// Whether the network is open.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Window {
    closes: Option<Instant>,
    through: Option<DeviceId>,
    /// Tells a timer whether its window is still the one that is open.
    turn: u32,
}

impl Core {
    /// Opens or closes the network as told.
    pub(super) async fn permit_join(
        self: &Arc<Self>,
        seconds: u8,
        through: Option<DeviceId>,
    ) -> Outcome {
        let _turn = self.joining.lock().await;
        let seconds = seconds.min(LONGEST);
        let until = Instant::now() + PATIENCE;
        let dongle = self
            .dongle_until(until)
            .await
            .map_err(CommandError::Unavailable)?;
        self.set_window(&dongle, seconds, through).await?;
        let turn = self.with(|state| {
            state.window = Window {
                closes: (seconds > 0)
                    .then(|| Instant::now() + Duration::from_secs(u64::from(seconds))),
                through,
                turn: state.window.turn.wrapping_add(1),
            };
            state.window.turn
        });
        if seconds > 0 {
            tracing::info!("open for joining for {seconds} s");
        } else {
            tracing::info!("closed for joining");
        }
        self.emit(Event::PermitJoin { seconds }).await;
        let core = self.clone();
        self.spawn(async move { core.watch_window(turn).await });
        Ok(Vec::new())
    }

    /// Closes the window when its time is over, and shows the usual manufacturer code later.
    async fn watch_window(self: Arc<Self>, turn: u32) {
        let is_current = || self.with(|state| state.window.turn == turn);
        if let Some(closes) = self.with(|state| state.window.closes) {
            sleep_until(closes).await;
            if !is_current() {
                return;
            }
            self.with(|state| state.window.closes = None);
            tracing::info!("closed for joining: the time is over");
            self.emit(Event::PermitJoin { seconds: 0 }).await;
            if let Some(dongle) = self.dongle()
                && let Err(error) = dongle.close().await
            {
                tracing::warn!("closing failed: {error}");
            }
        }
        sleep_until(Instant::now() + LINGER).await;
        if is_current()
            && let Some(dongle) = self.dongle()
        {
            // A dongle that is lost now starts with the usual code anyway.
            let _ = dongle.be_usual().await;
        }
    }

    /// Opens again after the dongle restarted within an open window.
    pub(super) async fn reopen(self: Arc<Self>) {
        let Some((dongle, window)) = self
            .dongle()
            .map(|dongle| (dongle, self.with(|state| state.window)))
        else {
            return;
        };
        let left = window
            .closes
            .and_then(|closes| closes.checked_duration_since(Instant::now()))
            .and_then(|left| u8::try_from(left.as_secs()).ok())
            .unwrap_or(0);
        if left > 0 {
            tracing::info!("open for joining for another {left} s");
            if let Err(error) = self.set_window(&dongle, left, window.through).await {
                tracing::warn!("opening again failed: {error}");
            }
        }
    }

    async fn set_window(
        &self,
        dongle: &Dongle,
        seconds: u8,
        through: Option<DeviceId>,
    ) -> Result<(), CommandError> {
        let own = seconds > 0
            && match through {
                Some(through) => through == DeviceId::Zigbee(dongle.coordinator),
                None => true,
            };
        let done = if seconds > 0 {
            dongle.open(if own { seconds } else { 0 }).await
        } else {
            dongle.close().await
        };
        done.map_err(|error| match error {
            StartError::Failed(why) | StartError::Refused(why) => CommandError::Unavailable(why),
        })?;
        let request = zdo::PermitJoiningRequest {
            seconds,
            trust_center: true,
        };
        match through.filter(|_| seconds > 0) {
            None => {
                let Some(sequence) = self
                    .waiters
                    .zdo(zdo::PermitJoiningResponse::CLUSTER)
                    .map(|awaited| awaited.sequence())
                else {
                    return Ok(());
                };
                let payload = zdo::encode(sequence, &request);
                let left = self
                    .broadcast(
                        dongle,
                        broadcast_address::ALL_ROUTERS_AND_COORDINATOR,
                        zdo::PermitJoiningRequest::CLUSTER,
                        &payload,
                    )
                    .await;
                if !left {
                    tracing::warn!("routers may not have heard about joining");
                }
                Ok(())
            }
            Some(DeviceId::Zigbee(router)) if router != dongle.coordinator => {
                let until = Instant::now() + PATIENCE;
                let answer = self
                    .ask_zdo(router, &request, until)
                    .await
                    .map_err(|trouble| trouble.into_error(router))?;
                if answer.status.is_success() {
                    Ok(())
                } else {
                    Err(CommandError::Refused(answer.status.to_string()))
                }
            }
            Some(DeviceId::Zigbee(_)) => Ok(()),
            Some(other @ DeviceId::Ble(_)) => Err(CommandError::UnknownDevice(other)),
        }
    }

    /// The trust centre saw a device join, rejoin or leave.
    pub(super) async fn trust_center_saw(self: &Arc<Self>, told: TrustCenterJoinHandler) {
        let device = told.new_node_eui64;
        match told.status {
            device_update::DEVICE_LEFT => self.left(device).await,
            _ if told.policy_decision == join_decision::DENY_JOIN => {
                tracing::info!("{device} was not let in: the network is closed");
            }
            device_update::STANDARD_SECURITY_UNSECURED_JOIN
            | device_update::HIGH_SECURITY_UNSECURED_JOIN => {
                self.joined(device, told.new_node_id).await;
            }
            _ => self.announced(device, told.new_node_id, None).await,
        }
    }

    /// A device joined as new: it remembers nothing of us.
    async fn joined(self: &Arc<Self>, device: Ieee, address: u16) {
        self.with(|state| state.registry.welcome(device));
        let Some(sighting) = self.sighted(device, address).await else {
            return;
        };
        tracing::info!("{device} joined");
        self.with(|state| {
            if let Some(device) = state.registry.get_mut(device) {
                device.info.interview = InterviewState::Pending;
                device.interview_failed = None;
                device.progress = Progress::default();
                device.last_spoke = None;
                for endpoint in &mut device.info.endpoints {
                    endpoint.bindings.clear();
                    endpoint.reportings.clear();
                }
            }
        });
        if sighting == Sighting::Known {
            self.emit_record(device).await;
        }
        self.emit(Event::Joined { id: device.into() }).await;
        self.start_interview(device);
    }

    /// A device is here again, or says so after joining.
    pub(super) async fn announced(
        self: &Arc<Self>,
        device: Ieee,
        address: u16,
        capabilities: Option<u8>,
    ) {
        /// Full function device: it routes.
        const ROUTES: u8 = 0x02;
        self.with(|state| state.registry.welcome(device));
        let Some(sighting) = self.sighted(device, address).await else {
            return;
        };
        let known = self.with(|state| {
            let device = state.registry.get_mut(device)?;
            if let Some(capabilities) = capabilities
                && device.info.kind == DeviceKind::Unknown
            {
                device.info.kind = if capabilities & ROUTES == 0 {
                    DeviceKind::EndDevice
                } else {
                    DeviceKind::Router
                };
            }
            let interviewed = device.info.interview == InterviewState::Successful;
            Some((interviewed, device.interviewing))
        });
        match (sighting, known) {
            // Known to the network but not to us: our memory of it was lost.
            (Sighting::New, _) => {
                tracing::info!("{device} is in the network and was not known");
                self.emit(Event::Joined { id: device.into() }).await;
                self.start_interview(device);
            }
            // The last word of its joining.
            (_, Some((false, true)) | None) => {}
            (_, Some((interviewed, _))) => {
                self.emit(Event::Announced { id: device.into() }).await;
                if interviewed {
                    self.start_configuring(device);
                } else {
                    self.start_interview(device);
                }
            }
        }
    }

    /// A device left the network: what waited for it fails.
    pub(super) async fn left(&self, device: Ieee) {
        let Some(gone) = self.with(|state| state.registry.remove(device)) else {
            return;
        };
        tracing::info!("{device} left the network");
        self.emit(Event::Left { id: device.into() }).await;
        for waiting in gone.queue {
            let why = Trouble::NotDelivered("the device left the network".to_owned());
            self.finish(waiting.command.token(), Err(why.into_error(device)))
                .await;
        }
    }

    /// Hands up a device's record as it is now.
    pub(super) async fn emit_record(&self, device: Ieee) {
        if let Some(record) =
            self.with(|state| state.registry.get(device).map(|device| device.info.clone()))
        {
            self.emit(Event::Device(Box::new(record))).await;
        }
    }
}
