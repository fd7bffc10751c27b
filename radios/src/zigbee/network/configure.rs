//! After the interview: bindings and reports, so that the device tells by itself.
//!
//! A step that fails is noted and the next one taken: a lamp without reports is still a lamp. What
//! is missing is tried again when the device announces itself.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;

use super::core::Core;
use super::deliver::Trouble;
use super::start::ENDPOINT;
use crate::devices::{self, Request, Step};
use crate::zigbee::zcl::command::ias_zone;
use crate::zigbee::zcl::{Attribute, Data, Frame, Global, ReportingConfig};
use crate::zigbee::zdo::{self, BindTarget};
use crate::{Binding, DeviceId, Ieee, InterviewState, Reporting};

/// How long a step waits for a device that sleeps.
const STEP: Duration = Duration::from_secs(60);

/// After so many steps in a row without an answer the rest is left for another time.
const SILENT: u32 = 3;

/// The zone a sensor gets when it enrols.
const ZONE: u8 = 23;

impl Core {
    /// Sets a device up unless that is under way or done.
    pub(super) fn start_configuring(self: &Arc<Self>, device: Ieee) {
        let start = self.with(|state| match state.registry.get_mut(device) {
            Some(device) if device.info.interview == InterviewState::Successful => {
                device.configure_again = device.configuring;
                !std::mem::replace(&mut device.configuring, true)
            }
            _ => false,
        });
        if start {
            let core = self.clone();
            self.spawn(async move {
                loop {
                    core.configure(device).await;
                    let again = core.with(|state| {
                        state.registry.get_mut(device).is_some_and(|device| {
                            device.configuring = std::mem::take(&mut device.configure_again);
                            device.configuring
                        })
                    });
                    if !again {
                        return;
                    }
                }
            });
        }
    }

    async fn configure(&self, device: Ieee) {
        let Some(info) = self.with(|state| Some(state.registry.get(device)?.info.clone())) else {
            return;
        };
        let steps: Vec<Step> = devices::setup(&info)
            .into_iter()
            .filter(|step| !is_done(&info, step))
            .collect();
        // Reads and writes alone are for the first time; an announcement need not repeat them.
        let again = info
            .endpoints
            .iter()
            .any(|e| !e.bindings.is_empty() || !e.reportings.is_empty());
        if again && steps.iter().all(|step| matches!(step, Step::Send(_))) {
            return;
        }
        let (mut silent, mut changed) = (0, false);
        for step in steps {
            match self.take_step(device, &step).await {
                Ok(()) => {
                    silent = 0;
                    changed |= !matches!(step, Step::Send(_));
                }
                Err(Failed::Refused(why)) => {
                    silent = 0;
                    tracing::debug!("{device} refuses {step:?}: {why}");
                }
                Err(Failed::Trouble(Trouble::Unknown)) => return,
                Err(Failed::Trouble(trouble)) => {
                    silent += 1;
                    tracing::debug!("{device}: {step:?}: {trouble}");
                    if silent >= SILENT {
                        tracing::warn!(
                            "{device} was not set up completely: {trouble}; this goes on when it \
                             next announces itself"
                        );
                        break;
                    }
                }
            }
        }
        if changed {
            self.emit_record(device).await;
        }
    }

    async fn take_step(&self, device: Ieee, step: &Step) -> Result<(), Failed> {
        let until = Instant::now() + STEP;
        match step {
            Step::Bind { endpoint, cluster } => {
                let dongle = self
                    .dongle_until(until)
                    .await
                    .map_err(|why| Failed::Trouble(Trouble::Down(why)))?;
                let target = dongle.coordinator;
                let request = zdo::BindRequest {
                    source: device,
                    source_endpoint: *endpoint,
                    cluster: *cluster,
                    target: BindTarget::Device(target, ENDPOINT),
                };
                let answer = self.ask_zdo(device, &request, until).await?;
                if !answer.status.is_success() {
                    return Err(Failed::Refused(answer.status.to_string()));
                }
                self.at_endpoint(device, *endpoint, |e| {
                    e.bindings.push(Binding {
                        cluster: *cluster,
                        target: DeviceId::Zigbee(target),
                        endpoint: ENDPOINT,
                    });
                });
                Ok(())
            }
            Step::Report {
                endpoint,
                cluster,
                reports,
                ..
            } => {
                let Some(request) = step.request() else {
                    return Ok(());
                };
                let failed = match self.send_step(device, &request, until).await? {
                    Some(Global::ConfigureReportingResponse(failed)) => failed,
                    Some(Global::DefaultResponse { status, .. }) if !status.is_success() => {
                        return Err(Failed::Refused(status.to_string()));
                    }
                    _ => Vec::new(),
                };
                let refused = |id: u16| {
                    failed
                        .iter()
                        .find(|record| {
                            !record.status.is_success() && (record.id == id || record.id == 0xffff)
                        })
                        .map(|record| record.status)
                };
                let mut result = Ok(());
                for report in reports {
                    let ReportingConfig::Send {
                        id,
                        minimum,
                        maximum,
                        change,
                        ..
                    } = report
                    else {
                        continue;
                    };
                    if let Some(status) = refused(*id) {
                        result = Err(Failed::Refused(format!("attribute {id:#06x}: {status}")));
                        continue;
                    }
                    let reporting = Reporting {
                        cluster: *cluster,
                        attribute: *id,
                        minimum: *minimum,
                        maximum: *maximum,
                        change: change
                            .as_i64()
                            .and_then(|change| u32::try_from(change).ok())
                            .unwrap_or(0),
                    };
                    self.at_endpoint(device, *endpoint, |e| {
                        e.reportings
                            .retain(|r| (r.cluster, r.attribute) != (*cluster, *id));
                        e.reportings.push(reporting);
                    });
                }
                result
            }
            Step::Send(request) => match self.send_step(device, request, until).await? {
                Some(Global::DefaultResponse { status, .. }) if !status.is_success() => {
                    Err(Failed::Refused(status.to_string()))
                }
                _ => Ok(()),
            },
            Step::Enroll { endpoint } => self.enroll(device, *endpoint, until).await,
        }
    }

    async fn send_step(
        &self,
        device: Ieee,
        request: &Request,
        until: Instant,
    ) -> Result<Option<Global>, Failed> {
        let answer = self
            .ask_zcl(
                device,
                request.endpoint,
                request.cluster,
                &request.frame,
                until,
            )
            .await?;
        Ok(answer.and_then(|answer| answer.global().ok()))
    }

    /// A security sensor reports to whom it is enrolled with.
    async fn enroll(&self, device: Ieee, endpoint: u8, until: Instant) -> Result<(), Failed> {
        const CIE_ADDRESS: u16 = 0x0010;
        let dongle = self
            .dongle_until(until)
            .await
            .map_err(|why| Failed::Trouble(Trouble::Down(why)))?;
        let ours = Attribute::new(CIE_ADDRESS, Data::Eui64(dongle.coordinator));
        let write = Frame::ask(&Global::WriteAttributes(vec![ours]));
        self.ask_zcl(device, endpoint, ias_zone::ID, &write, until)
            .await?;
        let response = ias_zone::ToServer::EnrollResponse {
            code: 0,
            zone_id: ZONE,
        };
        let mut frame = response.frame();
        frame.disable_default_response = true;
        self.ask_zcl(device, endpoint, ias_zone::ID, &frame, until)
            .await?;
        Ok(())
    }

    fn at_endpoint(&self, device: Ieee, id: u8, act: impl FnOnce(&mut crate::Endpoint)) {
        self.change(device, |device| {
            if let Some(endpoint) = device.info.endpoints.iter_mut().find(|e| e.id == id) {
                act(endpoint);
            }
        });
    }
}

/// Why a step was not taken.
enum Failed {
    /// The device said no.
    Refused(String),
    /// It said nothing.
    Trouble(Trouble),
}

impl From<Trouble> for Failed {
    fn from(trouble: Trouble) -> Self {
        Self::Trouble(trouble)
    }
}

/// Whether the record holds what a step would bring.
fn is_done(info: &crate::DeviceInfo, step: &Step) -> bool {
    let at = |id: u8| info.endpoints.iter().find(|e| e.id == id);
    match step {
        Step::Bind { endpoint, cluster } => {
            at(*endpoint).is_some_and(|e| e.bindings.iter().any(|b| b.cluster == *cluster))
        }
        Step::Report {
            endpoint,
            cluster,
            reports,
            ..
        } => at(*endpoint).is_some_and(|e| {
            reports.iter().all(|report| match report {
                ReportingConfig::Send { id, .. } => e
                    .reportings
                    .iter()
                    .any(|r| (r.cluster, r.attribute) == (*cluster, *id)),
                ReportingConfig::Expect { .. } => true,
            })
        }),
        Step::Send(_) | Step::Enroll { .. } => false,
    }
}
