//! What comes from the dongle: to whom it belongs, whether it is news, and what it changes.
//!
//! For each frame of a device, in this order: its record if that changed, what it changes, then
//! whoever waits for it, then our answer. So whoever asked finds the state already told.

use std::sync::Arc;

use tokio::time::Instant;

use super::core::Core;
use super::dedupe::FrameKey;
use super::lookup::Held;
use super::waiters::{Answer, Conversation};
use crate::devices;
use crate::ezsp::callback::{Callback, ChildJoinHandler, IncomingMessageHandler};
use crate::ezsp::values::{incoming_type, node_type};
use crate::zigbee::zcl::{self, Global};
use crate::zigbee::zdo::{self, Message as _};
use crate::{DeviceInfo, DeviceKind, Event, Ieee, InterviewState};

const ZDO: u16 = 0x0000;
const GREEN_POWER: u16 = 0xa1e0;
const BASIC: u16 = 0x0000;

impl Core {
    /// Takes one callback of the NCP. Never waits for an answer of the NCP.
    pub(super) async fn take(self: &Arc<Self>, callback: Callback) {
        match callback {
            Callback::MessageSentHandler(sent) => {
                if let Ok(tag) = u8::try_from(sent.tag) {
                    self.waiters.tell_fate(tag, sent.status);
                }
            }
            Callback::IncomingMessageHandler(message) => self.heard(message).await,
            Callback::TrustCenterJoinHandler(told) => self.trust_center_saw(told).await,
            Callback::ChildJoinHandler(told) => self.child_seen(&told),
            Callback::StackStatusHandler(told) => {
                tracing::debug!("the stack reports {}", told.status);
            }
            Callback::IncomingRouteErrorHandler(told) => {
                tracing::debug!("no route to {:#06x}: {}", told.target, told.status);
            }
            Callback::IncomingNetworkStatusHandler(told) => {
                tracing::debug!(
                    "the network reports {:#04x} about {:#06x}",
                    told.error_code,
                    told.target
                );
            }
            Callback::IdConflictHandler(told) => {
                tracing::warn!(
                    "two devices have the network address {:#06x}; they will choose others",
                    told.node_id
                );
            }
            other => tracing::trace!("{} is not of interest", other.name()),
        }
    }

    /// A child of the dongle joined: what kind it is.
    fn child_seen(&self, told: &ChildJoinHandler) {
        if !told.joining {
            return;
        }
        let kind = match told.child_type {
            node_type::ROUTER => DeviceKind::Router,
            node_type::END_DEVICE | node_type::SLEEPY_END_DEVICE => DeviceKind::EndDevice,
            _ => return,
        };
        self.with(|state| {
            if let Some(device) = state.registry.get_mut(told.child_eui64)
                && device.info.kind == DeviceKind::Unknown
            {
                device.info.kind = kind;
            }
        });
    }

    /// A message came in over the air.
    pub(super) async fn heard(self: &Arc<Self>, message: IncomingMessageHandler) {
        if matches!(
            message.kind,
            incoming_type::MULTICAST_LOOPBACK
                | incoming_type::BROADCAST_LOOPBACK
                | incoming_type::MANY_TO_ONE_ROUTE_REQUEST
        ) || message.sender == 0
        {
            return;
        }
        match message.aps_frame.profile_id {
            ZDO => self.heard_zdo(&message).await,
            GREEN_POWER => tracing::trace!("a Green Power frame is not for us"),
            _ => self.heard_zcl(message).await,
        }
    }

    /// Whose message it is; none: not known (then it is looked up) or not welcome.
    async fn sender(self: &Arc<Self>, message: &IncomingMessageHandler) -> Option<Ieee> {
        let told = message.sender_eui64;
        if told.0 != 0 && told.0 != u64::MAX {
            self.sighted(told, message.sender).await?;
            return Some(told);
        }
        if let Some(known) = self.with(|state| state.registry.at(message.sender)) {
            return Some(known);
        }
        let held = self.with(|state| state.lookups.hold(message.clone(), Instant::now()));
        if held == Held::Ask {
            let (core, address) = (self.clone(), message.sender);
            self.spawn(core.look_up(address));
        }
        None
    }

    /// The device spoke: whoever waits for that goes on.
    fn spoke(&self, device: Ieee) {
        self.with(|state| {
            if let Some(device) = state.registry.get_mut(device) {
                device.last_spoke = Some(Instant::now());
                device.spoke.notify_waiters();
            }
        });
    }

    fn is_repeat(&self, message: &IncomingMessageHandler, transaction: u8) -> bool {
        let key = FrameKey {
            sender: message.sender,
            aps: message.aps_frame.sequence,
            transaction,
            cluster: message.aps_frame.cluster_id,
            endpoint: message.aps_frame.source_endpoint,
            length: message.message.len(),
        };
        self.with(|state| {
            let repeat = !state.heard.is_new(key, Instant::now());
            if repeat {
                state.counters.repeats = state.counters.repeats.wrapping_add(1);
            }
            repeat
        })
    }

    async fn heard_zdo(self: &Arc<Self>, message: &IncomingMessageHandler) {
        let Some(sequence) = message.message.first().copied() else {
            return;
        };
        let cluster = message.aps_frame.cluster_id;
        if cluster == zdo::DeviceAnnounce::CLUSTER {
            if self.is_repeat(message, sequence) {
                return;
            }
            match zdo::parse::<zdo::DeviceAnnounce>(&message.message) {
                Ok((_, told)) => {
                    self.announced(told.ieee, told.address, Some(told.capabilities))
                        .await;
                    self.spoke(told.ieee);
                }
                Err(error) => self.unreadable(message, &error.to_string()),
            }
            return;
        }
        if let Some(device) = self.with(|state| state.registry.at(message.sender)) {
            self.spoke(device);
        }
        if cluster & zdo::RESPONSE != 0 {
            let answer = Answer {
                sender: message.sender,
                payload: message.message.clone(),
            };
            self.waiters
                .tell_answer(Conversation::Zdo { cluster, sequence }, answer);
        }
        // Requests are answered by the stack itself.
    }

    async fn heard_zcl(self: &Arc<Self>, message: IncomingMessageHandler) {
        let Some(device) = self.sender(&message).await else {
            return;
        };
        if self.with(|state| state.registry.was_removed(device)) {
            return;
        }
        let frame = match zcl::Frame::parse(&message.message) {
            Ok(frame) => frame,
            Err(error) => return self.unreadable(&message, &error.to_string()),
        };
        self.spoke(device);
        if self.is_repeat(&message, frame.sequence) {
            tracing::debug!("{device} repeats itself");
            return;
        }
        let (cluster, endpoint) = (
            message.aps_frame.cluster_id,
            message.aps_frame.source_endpoint,
        );
        let learnt = self.with(|state| {
            let device = state.registry.get_mut(device)?;
            let before = device.info.model_id.is_some();
            let learnt = cluster == BASIC && learn_basic(&mut device.info, &frame);
            Some((learnt, learnt && !before))
        });
        let Some((learnt, model_is_new)) = learnt else {
            return;
        };
        if learnt {
            self.emit_record(device).await;
        }
        self.convert(device, endpoint, cluster, &frame, message.last_hop_lqi)
            .await;
        let awaited = may_answer(cluster, &frame)
            && self.waiters.tell_answer(
                Conversation::Zcl {
                    device,
                    cluster,
                    sequence: frame.sequence,
                },
                Answer {
                    sender: message.sender,
                    payload: message.message.clone(),
                },
            );
        let unicast = matches!(
            message.kind,
            incoming_type::UNICAST | incoming_type::UNICAST_REPLY
        );
        if unicast && !awaited && !is_response(&frame) {
            self.answer(&message, &frame);
        }
        self.resume_interview(device, model_is_new);
    }

    /// Hands up what a frame says of its device.
    async fn convert(
        self: &Arc<Self>,
        device: Ieee,
        endpoint: u8,
        cluster: u16,
        frame: &zcl::Frame,
        linkquality: u8,
    ) {
        let converted = self.with(|state| {
            let device = state.registry.get_mut(device)?;
            let heard =
                devices::receive(&device.info, endpoint, cluster, frame, &mut device.memory);
            let learnt = devices::learn(&mut device.info, &heard.learned);
            let turn = device.expect_later(&heard);
            Some((heard, learnt, turn))
        });
        let Some((heard, learnt, turn)) = converted else {
            return;
        };
        if learnt {
            self.emit_record(device).await;
        }
        self.emit(Event::Changed {
            id: device.into(),
            changes: heard.changes,
            linkquality: Some(linkquality),
        })
        .await;
        if let (Some(later), Some(turn)) = (heard.later, turn) {
            let core = self.clone();
            self.spawn(async move {
                tokio::time::sleep(later.after).await;
                let due = core.with(|state| {
                    state.registry.get_mut(device).is_some_and(|device| {
                        let due = device.is_due(turn);
                        if due {
                            device.memory.note(&later.changes);
                        }
                        due
                    })
                });
                if due {
                    core.emit(Event::Changed {
                        id: device.into(),
                        changes: later.changes,
                        linkquality: None,
                    })
                    .await;
                }
            });
        }
    }

    fn unreadable(&self, message: &IncomingMessageHandler, why: &str) {
        tracing::debug!(
            "a frame of {:#06x} on cluster {:#06x} cannot be read: {why}",
            message.sender,
            message.aps_frame.cluster_id
        );
        self.with(|state| state.counters.unread = state.counters.unread.wrapping_add(1));
    }

    /// A device whose interview did not end well is awake now.
    fn resume_interview(self: &Arc<Self>, device: Ieee, at_once: bool) {
        /// An interview that failed rests so long.
        const REST: std::time::Duration = std::time::Duration::from_secs(10);
        let due = self.with(|state| {
            state.registry.get(device).is_some_and(|device| {
                !device.interviewing
                    && device.info.interview != InterviewState::Successful
                    && (at_once
                        || device
                            .interview_failed
                            .is_none_or(|failed| failed.elapsed() >= REST))
            })
        });
        if due {
            self.start_interview(device);
        }
    }
}

/// Whether a frame is an answer by its kind alone: those are never answered.
const fn is_response(frame: &zcl::Frame) -> bool {
    use zcl::id;
    matches!(frame.kind, zcl::Kind::Global)
        && matches!(
            frame.command,
            id::READ_ATTRIBUTES_RESPONSE
                | id::WRITE_ATTRIBUTES_RESPONSE
                | id::CONFIGURE_REPORTING_RESPONSE
                | id::READ_REPORTING_CONFIG_RESPONSE
                | id::DEFAULT_RESPONSE
                | id::DISCOVER_ATTRIBUTES_RESPONSE
                | id::DISCOVER_ATTRIBUTES_EXTENDED_RESPONSE
                | id::DISCOVER_COMMANDS_RECEIVED_RESPONSE
                | id::DISCOVER_COMMANDS_GENERATED_RESPONSE
        )
}

/// Commands that servers send unasked: never the answer to one of ours.
const UNASKED: &[(u16, u8)] = &[(0x0020, 0x00), (0x0500, 0x00), (0x0500, 0x01)];

/// Whether a frame can be what somebody waits for.
fn may_answer(cluster: u16, frame: &zcl::Frame) -> bool {
    is_response(frame)
        || frame.kind == zcl::Kind::Cluster
            && frame.from_server
            && !UNASKED.contains(&(cluster, frame.command))
}

/// Takes what a frame of the Basic cluster says of the device into its record. Whether anything is
/// new.
pub(super) fn learn_basic(info: &mut DeviceInfo, frame: &zcl::Frame) -> bool {
    let attributes: Vec<_> = match frame.global() {
        Ok(Global::ReportAttributes(attributes)) => {
            attributes.into_iter().map(|a| (a.id, a.data)).collect()
        }
        Ok(Global::ReadAttributesResponse(records)) => records
            .into_iter()
            .filter_map(|record| Some((record.id, record.value.ok()?)))
            .collect(),
        _ => return false,
    };
    if frame.manufacturer.is_some() {
        return false;
    }
    let before = info.clone();
    for (id, data) in attributes {
        let text = || {
            data.as_text()
                .map(|text| text.trim_matches(['\0', ' ']).to_owned())
                .filter(|text| !text.is_empty())
        };
        match id {
            0x0004 => info.manufacturer = text().or(info.manufacturer.take()),
            0x0005 => info.model_id = text().or(info.model_id.take()),
            0x0006 => info.date_code = text().or(info.date_code.take()),
            0x0007 => {
                if let Some(source) = data.as_i64().and_then(power_source) {
                    info.power_source = Some(source.to_owned());
                }
            }
            0x4000 => info.software_build_id = text().or(info.software_build_id.take()),
            _ => {}
        }
    }
    // Lumi's devices report their model and are mostly asleep when asked for their maker.
    if info.manufacturer.is_none()
        && info
            .model_id
            .as_deref()
            .is_some_and(|model| model.starts_with("lumi."))
    {
        info.manufacturer = Some("LUMI".to_owned());
    }
    *info != before
}

/// The names of the Basic cluster's power sources (ZCL 3.2.2.2.8); bit 7 tells a backup battery.
fn power_source(code: i64) -> Option<&'static str> {
    Some(match code & 0x7f {
        0 => "Unknown",
        1 => "Mains (single phase)",
        2 => "Mains (3 phase)",
        3 => "Battery",
        4 => "DC Source",
        5 => "Emergency mains constantly powered",
        6 => "Emergency mains and transfer switch",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::zigbee::zcl::{Attribute, Data};

    #[test]
    fn a_lumi_model_report_names_the_maker_too() {
        let mut info = DeviceInfo::new(Ieee(1).into(), DeviceKind::EndDevice);
        let report =
            Global::ReportAttributes(vec![Attribute::new(5, Data::text("lumi.sensor_ht"))]);
        assert!(learn_basic(&mut info, &zcl::Frame::ask(&report)));
        assert_eq!(info.model_id.as_deref(), Some("lumi.sensor_ht"));
        assert_eq!(info.manufacturer.as_deref(), Some("LUMI"));
        assert!(
            !learn_basic(&mut info, &zcl::Frame::ask(&report)),
            "no news"
        );
    }

    #[test]
    fn reports_are_no_answers_and_responses_are() {
        let report = zcl::Frame::ask(&Global::ReportAttributes(vec![]));
        assert!(!may_answer(6, &report));
        let response = report.answer(&Global::DefaultResponse {
            command: 0x0a,
            status: zcl::Status::SUCCESS,
        });
        assert!(may_answer(6, &response) && is_response(&response));
        let press = zcl::Frame::tell(2, vec![]);
        assert!(!may_answer(6, &press));
        let alarm = zcl::command::ias_zone::FromServer::EnrollRequest {
            zone_type: 0,
            manufacturer: 0,
        };
        assert!(!may_answer(0x0500, &alarm.frame()));
    }
}
