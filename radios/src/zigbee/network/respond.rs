//! Our side of the Cluster Library: what devices may ask of us, and the default response they are
//! due (ZCL 2.5.12).

use std::sync::Arc;

use super::core::Core;
use super::dongle::Unicast;
use crate::ezsp::callback::IncomingMessageHandler;
use crate::zigbee::wire::Rest;
use crate::zigbee::zcl::{
    self, Data, Frame, Global, Kind, ReadRecord, ReadReporting, ReportingRecord, ReportingStatus,
    Status, WriteStatus,
    command::{ias_zone, ota, poll_control},
};

/// Answers under way at most; a device that hears none asks again.
const ANSWERS: usize = 16;

/// The zone a sensor gets when it enrols: there is one controller, so any number will do.
const ZONE: u8 = 23;

impl Core {
    /// Sends what a device is due for its message, if anything.
    pub(super) fn answer(self: &Arc<Self>, asked: &IncomingMessageHandler, frame: &Frame) {
        let utc = self.clock.as_ref().map(|clock| clock());
        let Some(answer) = answer_to(asked.aps_frame.cluster_id, frame, utc) else {
            return;
        };
        let Some(dongle) = self.dongle() else { return };
        let taken = self.with(|state| {
            if state.answering >= ANSWERS {
                state.counters.unanswered = state.counters.unanswered.wrapping_add(1);
                return false;
            }
            state.answering += 1;
            true
        });
        if !taken {
            tracing::warn!("a device gets no answer: too many are under way");
            return;
        }
        let (core, sender, aps) = (self.clone(), asked.sender, asked.aps_frame.clone());
        self.spawn(async move {
            let payload = answer.encode();
            let _slot = core.unicasts.acquire().await;
            if let Some(mut fate) = core.waiters.fate() {
                let unicast = Unicast::answer(sender, &aps, &payload);
                match dongle.send_unicast(unicast, fate.key()).await {
                    Ok(()) => {
                        // The place is held until the stack is done with the message.
                        let _ =
                            tokio::time::timeout(std::time::Duration::from_secs(10), fate.get())
                                .await;
                    }
                    Err(error) => tracing::debug!("an answer was not sent: {error:?}"),
                }
            }
            core.with(|state| state.answering = state.answering.saturating_sub(1));
        });
    }
}

/// What is due for `frame` on `cluster`.
fn answer_to(cluster: u16, frame: &Frame, utc: Option<u32>) -> Option<Frame> {
    let specific = match frame.kind {
        Kind::Global => frame
            .global()
            .ok()
            .and_then(|global| attributes(cluster, frame, &global, utc)),
        Kind::Cluster => command(cluster, frame),
    };
    specific.or_else(|| {
        let status = match frame.kind {
            Kind::Global if frame.global().is_err() => Status::UNSUP_COMMAND,
            Kind::Global | Kind::Cluster => Status::SUCCESS,
        };
        let due = !frame.disable_default_response || !status.is_success();
        let command = frame.command;
        due.then(|| frame.answer(&Global::DefaultResponse { command, status }))
    })
}

/// Answers to global commands: we hold a clock and a name.
fn attributes(cluster: u16, frame: &Frame, asked: &Global, utc: Option<u32>) -> Option<Frame> {
    let read = |id: &u16| ReadRecord {
        id: *id,
        value: own_attribute(cluster, *id, utc)
            .filter(|_| frame.manufacturer.is_none())
            .ok_or(Status::UNSUPPORTED_ATTRIBUTE),
    };
    let answer = match asked {
        Global::ReadAttributes(ids) => {
            Global::ReadAttributesResponse(ids.iter().map(read).collect())
        }
        Global::WriteAttributes(attributes) | Global::WriteAttributesUndivided(attributes) => {
            let refuse = |id| WriteStatus {
                status: match own_attribute(cluster, id, utc) {
                    Some(_) => Status::READ_ONLY,
                    None => Status::UNSUPPORTED_ATTRIBUTE,
                },
                id,
            };
            Global::WriteAttributesResponse(attributes.iter().map(|a| refuse(a.id)).collect())
        }
        Global::ConfigureReporting(configs) => Global::ConfigureReportingResponse(
            configs
                .iter()
                .map(|config| {
                    let (received, id) = match config {
                        zcl::ReportingConfig::Send { id, .. } => (false, *id),
                        zcl::ReportingConfig::Expect { id, .. } => (true, *id),
                    };
                    ReportingStatus {
                        status: Status::UNREPORTABLE_ATTRIBUTE,
                        received,
                        id,
                    }
                })
                .collect(),
        ),
        Global::ReadReportingConfig(records) => Global::ReadReportingConfigResponse(
            records
                .iter()
                .map(|ReadReporting { received, id }| ReportingRecord {
                    received: *received,
                    id: *id,
                    config: Err(Status::UNREPORTABLE_ATTRIBUTE),
                })
                .collect(),
        ),
        Global::DiscoverAttributes { .. } => Global::DiscoverAttributesResponse {
            complete: true,
            attributes: Vec::new(),
        },
        Global::DiscoverAttributesExtended { .. } => Global::DiscoverAttributesExtendedResponse {
            complete: true,
            attributes: Vec::new(),
        },
        Global::DiscoverCommands { generated, .. } => Global::DiscoverCommandsResponse {
            generated: *generated,
            complete: true,
            commands: Vec::new(),
        },
        _ => return None,
    };
    Some(frame.answer(&answer))
}

/// The attributes we hold: Basic (3.2) and, when the time is known, Time (3.12).
fn own_attribute(cluster: u16, id: u16, utc: Option<u32>) -> Option<Data> {
    const BASIC: u16 = 0x0000;
    const TIME: u16 = 0x000a;
    /// Master, and its zone and daylight saving are not to be asked elsewhere.
    const MASTER: u64 = 0b1101;
    Some(match (cluster, id, utc) {
        (BASIC, 0x0000, _) => Data::Uint(1, 8),
        (BASIC, 0x0004, _) => Data::text("Hearth"),
        (BASIC, 0x0005, _) => Data::text("Hearth gateway"),
        (BASIC, 0x0007, _) => Data::Enum8(1),
        (TIME, 0x0000, Some(now)) => Data::Utc(now),
        (TIME, 0x0001, Some(_)) => Data::Bitmap(1, MASTER),
        // No zone is known here: local time is universal time.
        (TIME, 0x0002, Some(_)) => Data::Int(4, 0),
        (TIME, 0x0006 | 0x0007, Some(now)) => Data::Uint(4, u64::from(now)),
        (TIME, 0x0008, Some(now)) => Data::Utc(now),
        (TIME, 0x0009, Some(now)) => Data::Utc(now.saturating_add(24 * 60 * 60)),
        _ => return None,
    })
}

/// Answers to commands of clusters.
fn command(cluster: u16, frame: &Frame) -> Option<Frame> {
    let answer = match cluster {
        ota::ID => match ota::ToServer::parse(frame).ok()?? {
            ota::ToServer::QueryNextImage { .. } => ota::FromServer::QueryNextImageResponse {
                status: Status::NO_IMAGE_AVAILABLE.0,
                rest: Rest::default(),
            }
            .frame(),
        },
        ias_zone::ID => match ias_zone::FromServer::parse(frame).ok()?? {
            ias_zone::FromServer::EnrollRequest { .. } => ias_zone::ToServer::EnrollResponse {
                code: 0,
                zone_id: ZONE,
            }
            .frame(),
            ias_zone::FromServer::StatusChangeNotification { .. } => return None,
        },
        poll_control::ID => match poll_control::FromServer::parse(frame).ok()?? {
            poll_control::FromServer::CheckIn {} => poll_control::ToServer::CheckInResponse {
                start_fast_polling: false,
                timeout: 0,
            }
            .frame(),
        },
        _ => return None,
    };
    let mut answer = answer.numbered(frame.sequence);
    answer.disable_default_response = true;
    Some(answer)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::zigbee::zcl::Attribute;

    fn asked(global: &Global) -> Frame {
        Frame::ask(global).numbered(9)
    }

    #[test]
    fn the_time_is_told_when_it_is_known() {
        let read = asked(&Global::ReadAttributes(vec![0, 0x1234]));
        let answer = answer_to(0x000a, &read, Some(800_000_000)).unwrap();
        assert_eq!((answer.sequence, answer.from_server), (9, true));
        let Ok(Global::ReadAttributesResponse(records)) = answer.global() else {
            panic!("{answer:?}")
        };
        assert_eq!(records[0].value, Ok(Data::Utc(800_000_000)));
        assert_eq!(records[1].value, Err(Status::UNSUPPORTED_ATTRIBUTE));
        let unknown = answer_to(0x000a, &read, None).unwrap();
        let Ok(Global::ReadAttributesResponse(records)) = unknown.global() else {
            panic!("{unknown:?}")
        };
        assert_eq!(records[0].value, Err(Status::UNSUPPORTED_ATTRIBUTE));
    }

    #[test]
    fn a_report_gets_a_default_response_only_when_it_asks_for_one() {
        let mut report = asked(&Global::ReportAttributes(vec![Attribute::new(
            0,
            Data::Bool(Some(true)),
        )]));
        assert_eq!(answer_to(6, &report, None), None);
        report.disable_default_response = false;
        let answer = answer_to(6, &report, None).unwrap();
        assert_eq!(answer.encode(), [0x18, 9, 0x0b, 0x0a, 0x00]);
    }

    #[test]
    fn a_sensor_is_enrolled_and_a_check_in_answered() {
        let enroll = ias_zone::FromServer::EnrollRequest {
            zone_type: 13,
            manufacturer: 0x1037,
        };
        let answer = answer_to(ias_zone::ID, &enroll.frame().numbered(4), None).unwrap();
        assert_eq!(answer.encode(), [0x11, 4, 0x00, 0x00, ZONE]);
        let check_in = poll_control::FromServer::CheckIn {}.frame().numbered(5);
        let answer = answer_to(poll_control::ID, &check_in, None).unwrap();
        assert_eq!(answer.encode(), [0x11, 5, 0x00, 0x00, 0x00, 0x00]);
    }
}
