//! The interview: what is this device, and what does it offer?
//!
//! Node descriptor, active endpoints, simple descriptors, Basic cluster, each with several tries.
//! What was learnt is kept, so an interview of a sleeping device that fails goes on where it ended
//! when the device next speaks. Lumi's devices tell their model by themselves and may be asleep
//! again before they can be asked for more: for them the model is enough.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::{Instant, sleep, timeout};

use super::core::Core;
use super::deliver::Trouble;
use super::registry::{Device, Progress};
use crate::zigbee::zcl::{Frame, Global};
use crate::zigbee::zdo::{self, LogicalType};
use crate::{CommandError, DeviceKind, Endpoint, Event, Ieee, Interview, InterviewState, Outcome};

/// Times each step is taken; each is sent up to three times below.
const TRIES: u32 = 3;

/// How long a step waits for a device that sleeps.
const STEP: Duration = Duration::from_secs(60);

/// How long a device may take from joining to its announcement.
const SETTLING: Duration = Duration::from_secs(5);

/// The Basic cluster, in two helpings: the second is nice to have.
const BASIC: u16 = 0x0000;
const WHO: &[u16] = &[0x0004, 0x0005, 0x0007];
const WHICH: &[u16] = &[0x0006, 0x4000];

/// Endpoints asked for; the specification allows 240, devices have a handful.
const ENDPOINTS: usize = 32;

/// Green Power's endpoint has no simple descriptor worth asking for.
const GREEN_POWER: u8 = 242;

const HOME_AUTOMATION: u16 = 0x0104;

impl Core {
    /// Interviews a device unless that is under way.
    pub(super) fn start_interview(self: &Arc<Self>, device: Ieee) {
        let start = self.with(|state| match state.registry.get_mut(device) {
            Some(device) if !device.interviewing => {
                device.interviewing = true;
                true
            }
            _ => false,
        });
        if start {
            let core = self.clone();
            self.spawn(async move { core.interview(device).await });
        }
    }

    /// Interviews a device again, as told.
    pub(super) async fn interview_again(self: &Arc<Self>, device: Ieee) -> Outcome {
        let unknown = || CommandError::UnknownDevice(device.into());
        let under_way = self
            .with(|state| {
                let device = state.registry.get_mut(device)?;
                if !device.interviewing {
                    device.progress = Progress::default();
                }
                Some(device.interviewed.clone())
            })
            .ok_or_else(unknown)?;
        let ended = under_way.notified();
        tokio::pin!(ended);
        ended.as_mut().enable();
        self.start_interview(device);
        ended.await;
        let state = self
            .with(|state| {
                state
                    .registry
                    .get(device)
                    .map(|device| device.info.interview)
            })
            .ok_or_else(unknown)?;
        match state {
            InterviewState::Successful => Ok(Vec::new()),
            _ => Err(CommandError::NotDelivered(
                "the interview failed; it goes on when the device next speaks".to_owned(),
            )),
        }
    }

    async fn interview(self: Arc<Self>, device: Ieee) {
        let stage = |stage| Event::Interview {
            id: device.into(),
            stage,
        };
        self.change(device, |device| {
            device.info.interview = InterviewState::InProgress;
        });
        self.emit(stage(Interview::Started)).await;
        tracing::info!("interviewing {device}");
        self.settled(device).await;
        let result = self.steps(device).await;
        let failed = result.is_err();
        let present = self.change(device, |device| {
            device.interviewing = false;
            device.info.interview = if failed {
                device.interview_failed = Some(Instant::now());
                InterviewState::Failed
            } else {
                device.interview_failed = None;
                InterviewState::Successful
            };
        });
        if !present {
            return; // it left meanwhile
        }
        self.emit_record(device).await;
        match result {
            Ok(()) => {
                let model = self.with(|state| {
                    let info = &state.registry.get(device)?.info;
                    info.model_id.clone()
                });
                let model = model.unwrap_or_else(|| "of unknown model".to_owned());
                tracing::info!("{device} is a {model}");
                self.emit(stage(Interview::Successful)).await;
                self.start_configuring(device);
            }
            Err(why) => {
                tracing::warn!("the interview of {device} failed for now: {why}");
                self.emit(stage(Interview::Failed(why))).await;
            }
        }
        if let Some(ended) =
            self.with(|state| Some(state.registry.get(device)?.interviewed.clone()))
        {
            ended.notify_waiters();
        }
    }

    /// Waits until a device that joined just now says that it is ready: before, it has no key to
    /// read our questions with.
    async fn settled(&self, device: Ieee) {
        let Some(spoke) = self.with(|state| Some(state.registry.get(device)?.spoke.clone())) else {
            return;
        };
        let speaks = spoke.notified();
        tokio::pin!(speaks);
        speaks.as_mut().enable();
        let silent = self.with(|state| {
            let device = state.registry.get(device);
            device.is_some_and(|device| device.last_spoke.is_none())
        });
        if silent {
            // One that never announces itself is asked anyway.
            let _ = timeout(SETTLING, speaks).await;
        }
    }

    /// Changes what is known of a device. Whether it is still there.
    pub(super) fn change(&self, device: Ieee, act: impl FnOnce(&mut Device)) -> bool {
        self.with(|state| state.registry.get_mut(device).map(act).is_some())
    }

    fn progress(&self, device: Ieee) -> Progress {
        self.with(|state| state.registry.get(device).map(|d| d.progress.clone()))
            .unwrap_or_default()
    }

    /// The step that failed, in words.
    async fn steps(self: &Arc<Self>, device: Ieee) -> Result<(), String> {
        let told = self
            .node_descriptor(device)
            .await
            .map_err(|trouble| format!("node descriptor: {trouble}"));
        let told = match told {
            Ok(()) => self
                .endpoints(device)
                .await
                .map_err(|trouble| format!("endpoints: {trouble}")),
            failed => failed,
        };
        if let Err(why) = told {
            return self.make_do(device).then_some(()).ok_or(why);
        }
        match self.basic(device).await {
            Err(why) if !self.make_do(device) => Err(format!("basic cluster: {why}")),
            _ => Ok(()),
        }
    }

    /// Settles for what a Lumi device told by itself. Whether it told enough.
    fn make_do(&self, device: Ieee) -> bool {
        self.with(|state| {
            let Some(device) = state.registry.get_mut(device) else {
                return false;
            };
            let info = &mut device.info;
            let lumi = info
                .model_id
                .as_deref()
                .is_some_and(|model| model.starts_with("lumi."));
            if lumi && info.endpoints.is_empty() {
                info.endpoints.push(Endpoint {
                    id: 1,
                    profile: HOME_AUTOMATION,
                    input: vec![BASIC],
                    ..Endpoint::default()
                });
            }
            if lumi && info.kind == DeviceKind::Unknown {
                info.kind = DeviceKind::EndDevice;
            }
            lumi
        })
    }

    /// Asks with several tries and growing pauses.
    async fn patiently<R: zdo::Request>(
        &self,
        device: Ieee,
        request: impl Fn(u16) -> R,
    ) -> Result<R::Response, Trouble> {
        let mut turn = 0;
        loop {
            let address = self
                .with(|state| Some(state.registry.get(device)?.info.network_address))
                .ok_or(Trouble::Unknown)?
                .unwrap_or_default();
            let until = Instant::now() + STEP;
            match self.ask_zdo(device, &request(address), until).await {
                Ok(answer) => return Ok(answer),
                Err(trouble) => {
                    turn += 1;
                    if turn >= TRIES || trouble == Trouble::Unknown {
                        return Err(trouble);
                    }
                    tracing::debug!("{device}, try {turn}: {trouble}");
                    sleep(Duration::from_secs(1) * turn).await;
                }
            }
        }
    }

    async fn node_descriptor(&self, device: Ieee) -> Result<(), Trouble> {
        if self.progress(device).node {
            return Ok(());
        }
        let answer = self
            .patiently(device, |address| zdo::NodeDescriptorRequest { address })
            .await?;
        let descriptor = match answer.descriptor {
            Some(descriptor) if answer.status.is_success() => descriptor,
            _ => {
                return Err(Trouble::NotDelivered(format!(
                    "the device answered {}",
                    answer.status
                )));
            }
        };
        self.change(device, |device| {
            device.info.kind = match descriptor.logical_type() {
                LogicalType::EndDevice => DeviceKind::EndDevice,
                LogicalType::Router | LogicalType::Coordinator => DeviceKind::Router,
                LogicalType::Reserved(_) => device.info.kind,
            };
            device.info.manufacturer_code = Some(descriptor.manufacturer);
            if device.info.power_source.is_none()
                && device.info.kind == DeviceKind::EndDevice
                && descriptor.receives_when_idle()
                && descriptor.is_mains_powered()
            {
                device.info.power_source = Some("Mains (single phase)".to_owned());
            }
            device.progress.node = true;
        });
        Ok(())
    }

    async fn endpoints(&self, device: Ieee) -> Result<(), Trouble> {
        if !self.progress(device).endpoints {
            let answer = self
                .patiently(device, |address| zdo::ActiveEndpointsRequest { address })
                .await?;
            if !answer.status.is_success() {
                return Err(Trouble::NotDelivered(format!(
                    "the device answered {}",
                    answer.status
                )));
            }
            self.change(device, |device| {
                let mut known = std::mem::take(&mut device.info.endpoints);
                for id in answer.endpoints.0.into_iter().take(ENDPOINTS) {
                    if device.info.endpoints.iter().any(|e| e.id == id) {
                        continue;
                    }
                    let same = known.iter().position(|e| e.id == id);
                    let endpoint = same.map_or_else(
                        || Endpoint {
                            id,
                            ..Endpoint::default()
                        },
                        |at| known.swap_remove(at),
                    );
                    device.info.endpoints.push(endpoint);
                }
                device.progress.endpoints = true;
            });
        }
        let open: Vec<u8> = self
            .with(|state| {
                let device = state.registry.get(device)?;
                let ids = device.info.endpoints.iter().map(|e| e.id);
                Some(
                    ids.filter(|id| *id != GREEN_POWER && !device.progress.described.contains(id))
                        .collect(),
                )
            })
            .ok_or(Trouble::Unknown)?;
        for endpoint in open {
            let answer = self
                .patiently(device, |address| zdo::SimpleDescriptorRequest {
                    address,
                    endpoint,
                })
                .await?;
            self.change(device, |device| {
                device.progress.described.insert(endpoint);
                let Some(descriptor) = answer.descriptor.0 else {
                    return;
                };
                if let Some(own) = device.info.endpoints.iter_mut().find(|e| e.id == endpoint) {
                    own.profile = descriptor.profile;
                    own.device = descriptor.device;
                    own.input = descriptor.input.0;
                    own.output = descriptor.output.0;
                }
            });
        }
        Ok(())
    }

    async fn basic(&self, device: Ieee) -> Result<(), String> {
        let endpoint = self.with(|state| {
            let device = state.registry.get(device)?;
            let mut endpoints = device.info.endpoints.iter();
            let found = endpoints.find(|e| e.input.contains(&BASIC));
            Some((found.map(|e| e.id), device.progress.basic))
        });
        let endpoint = match endpoint {
            None => return Err(Trouble::Unknown.to_string()),
            Some((_, true) | (None, _)) => return Ok(()),
            Some((Some(endpoint), false)) => endpoint,
        };
        let mut turn = 0;
        while let Err(trouble) = self.read(device, endpoint, WHO).await {
            turn += 1;
            if turn >= TRIES || trouble == Trouble::Unknown {
                return Err(trouble.to_string());
            }
            sleep(Duration::from_secs(1) * turn).await;
        }
        self.change(device, |device| device.progress.basic = true);
        if let Err(trouble) = self.read(device, endpoint, WHICH).await {
            tracing::debug!("{device} does not tell its build: {trouble}");
        }
        Ok(())
    }

    /// Reads attributes of the Basic cluster; what comes is learnt where frames are received.
    async fn read(&self, device: Ieee, endpoint: u8, ids: &[u16]) -> Result<(), Trouble> {
        let frame = Frame::ask(&Global::ReadAttributes(ids.to_vec()));
        let until = Instant::now() + STEP;
        self.ask_zcl(device, endpoint, BASIC, &frame, until)
            .await
            .map(|_| ())
    }
}
