//! A scripted dongle for this module's tests: an NCP behind a real ASH link on a paused clock, with
//! one lamp on the air, whose every message can be given a fate.

use std::collections::VecDeque;
use std::io;
use std::sync::{Arc, Mutex, MutexGuard};

use tokio::io::duplex;
use tokio::sync::mpsc;

use super::source::Wire;
use crate::ash::{Event, Port, Request, Role};
use crate::ezsp::callback::{
    EnergyScanResultHandler, IncomingMessageHandler, MessageSentHandler, ScanCompleteHandler,
    StackStatusHandler, TrustCenterJoinHandler,
};
use crate::ezsp::command as ezsp;
use crate::ezsp::frame::{Control, Frame, Header};
use crate::ezsp::types::{ApsFrame, KeyStruct, NetworkKeyInfo, NetworkParameters, SecurityContext};
use crate::ezsp::values::{core_key_type, device_update, incoming_type, key_type, outgoing_type};
use crate::ezsp::wire::Key;
use crate::ezsp::{Command, Notice, Parameters, Status, Version};
use crate::tap::Tap;
use crate::zigbee::zcl::{self, Data, Global, Kind, ReadRecord};
use crate::zigbee::zdo::{self, Counted, Message as _};
use crate::{Ieee, NetworkSettings};

pub(super) const COORDINATOR: Ieee = Ieee(0x0022_3344_5566_7788);
pub(super) const LAMP: Ieee = Ieee(0x000b_57ff_fe00_0001);
pub(super) const LAMP_ADDRESS: u16 = 0x4e2a;

/// What becomes of the next unicast.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fate {
    /// It arrives, is acknowledged and answered.
    Arrives,
    /// The dongle refuses it with this status.
    Refused(Status),
    /// It is lost on the air, and the dongle says so.
    Fails(Status),
    /// It arrives, and nobody answers.
    Ignored,
    /// It arrives and is answered, then the dongle restarts before it tells.
    Restart,
    /// The dongle fails with ERROR 0x51 before it tells.
    Error,
}

/// A message that arrived.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Arrived {
    pub(super) cluster: u16,
    pub(super) options: u16,
    pub(super) payload: Vec<u8>,
}

#[derive(Debug)]
struct World {
    version: Version,
    network: Option<NetworkSettings>,
    forming: NetworkSettings,
    fates: VecDeque<Fate>,
    arrived: Vec<Arrived>,
    broadcasts: Vec<Arrived>,
    asked: Vec<&'static str>,
    sleepy: bool,
    model: &'static str,
    plugged: bool,
    sessions: u32,
    aps: u8,
    inject: Option<mpsc::UnboundedSender<Inject>>,
}

#[derive(Debug)]
enum Inject {
    Callback(u16, Vec<u8>),
    Pull,
    Silence,
}

/// The dongle and what is around it; clones share it.
#[derive(Clone, Debug)]
pub(super) struct Fake(Arc<Mutex<World>>);

impl Fake {
    pub(super) fn new(version: u8) -> Self {
        Self(Arc::new(Mutex::new(World {
            version: Version::new(version).unwrap(),
            network: None,
            forming: NetworkSettings {
                pan_id: 0,
                extended_pan_id: 0,
                channel: 0,
                network_key: [0; 16],
                network_key_sequence: 0,
                frame_counter: 0,
                link_key: [0; 16],
            },
            fates: VecDeque::new(),
            arrived: Vec::new(),
            broadcasts: Vec::new(),
            asked: Vec::new(),
            sleepy: false,
            model: "TRADFRI bulb E27 WS opal 980lm",
            plugged: true,
            sessions: 0,
            aps: 0,
            inject: None,
        })))
    }

    fn world(&self) -> MutexGuard<'_, World> {
        self.0.lock().unwrap()
    }

    /// What the network opens, again and again.
    pub(super) fn open(&self) -> io::Result<Wire> {
        if !self.world().plugged {
            return Err(io::ErrorKind::NotFound.into());
        }
        let (near, far) = duplex(4096);
        let (inject, injected) = mpsc::unbounded_channel();
        self.world().inject = Some(inject);
        let port = Port::spawn(far, Role::Ncp, Tap::none());
        tokio::spawn(self.clone().run(port, injected));
        Ok(Wire::Line(Box::new(near)))
    }

    pub(super) fn hold(&self, network: NetworkSettings) {
        self.world().network = Some(network);
    }

    pub(super) fn network(&self) -> Option<NetworkSettings> {
        self.world().network.clone()
    }

    pub(super) fn fates(&self, fates: impl IntoIterator<Item = Fate>) {
        self.world().fates.extend(fates);
    }

    pub(super) fn clear_fates(&self) {
        self.world().fates.clear();
    }

    pub(super) fn be_sensor(&self) {
        let mut world = self.world();
        world.sleepy = true;
        world.model = "lumi.sensor_ht";
    }

    /// ZCL frames that arrived on a cluster since the last look, without their sequence numbers.
    pub(super) fn commands(&self, cluster: u16) -> Vec<u8> {
        let mut world = self.world();
        let (these, others) = std::mem::take(&mut world.arrived)
            .into_iter()
            .partition(|arrived: &Arrived| arrived.cluster == cluster);
        world.arrived = others;
        these
            .iter()
            .map(|arrived| zcl::Frame::parse(&arrived.payload).unwrap().command)
            .collect()
    }

    pub(super) fn arrived(&self) -> Vec<Arrived> {
        std::mem::take(&mut self.world().arrived)
    }

    pub(super) fn broadcasts(&self) -> Vec<Arrived> {
        std::mem::take(&mut self.world().broadcasts)
    }

    /// The names of the commands the host gave.
    pub(super) fn asked(&self) -> Vec<&'static str> {
        std::mem::take(&mut self.world().asked)
    }

    pub(super) fn sessions(&self) -> u32 {
        self.world().sessions
    }

    fn inject(&self, inject: Inject) {
        if let Some(sender) = &self.world().inject {
            let _ = sender.send(inject);
        }
    }

    fn callback<N: Notice>(&self, notice: &N) {
        let version = self.world().version;
        self.inject(Inject::Callback(N::ID, notice.encode(version).unwrap()));
    }

    pub(super) fn join(&self) {
        self.callback(&TrustCenterJoinHandler {
            new_node_id: LAMP_ADDRESS,
            new_node_eui64: LAMP,
            status: device_update::STANDARD_SECURITY_UNSECURED_JOIN,
            ..TrustCenterJoinHandler::default()
        });
    }

    pub(super) fn leave(&self) {
        self.callback(&TrustCenterJoinHandler {
            new_node_id: LAMP_ADDRESS,
            new_node_eui64: LAMP,
            status: device_update::DEVICE_LEFT,
            ..TrustCenterJoinHandler::default()
        });
    }

    /// A message of the lamp.
    pub(super) fn say(&self, cluster: u16, profile: u16, payload: Vec<u8>) {
        let message = self.world().message(profile, cluster, payload);
        self.callback(&message);
    }

    /// The same message, as a router that did not hear the acknowledgement repeats it.
    pub(super) fn repeat(&self, cluster: u16, payload: Vec<u8>) {
        let message = {
            let mut world = self.world();
            world.aps = world.aps.wrapping_sub(1);
            world.message(0x0104, cluster, payload)
        };
        self.callback(&message);
    }

    pub(super) fn report(&self, cluster: u16, id: u16, data: Data, sequence: u8) {
        let report = Global::ReportAttributes(vec![zcl::Attribute::new(id, data)]);
        let mut frame = zcl::Frame::ask(&report).numbered(sequence);
        frame.from_server = true;
        self.say(cluster, 0x0104, frame.encode());
    }

    pub(super) fn hang(&self) {
        self.inject(Inject::Silence);
    }

    pub(super) fn pull(&self) {
        self.world().plugged = false;
        self.inject(Inject::Pull);
    }

    pub(super) fn plug(&self) {
        self.world().plugged = true;
    }

    async fn run(self, mut port: Port, mut injected: mpsc::UnboundedReceiver<Inject>) {
        let mut silent = false;
        loop {
            tokio::select! {
                biased;
                event = port.events.recv() => match event {
                    Some(Event::Connected { .. }) => self.world().sessions += 1,
                    Some(Event::Data(bytes)) if !silent => {
                        for request in self.react(&bytes) {
                            if port.send.send(request).await.is_err() {
                                return;
                            }
                        }
                    }
                    Some(Event::Data(_) | Event::Reset { .. }) => {}
                    Some(Event::Failed(_)) | None => return,
                },
                inject = injected.recv() => match inject {
                    Some(Inject::Callback(id, parameters)) => {
                        let frame = callback(id, &parameters);
                        let _ = port.send.send(Request::Send(frame)).await;
                    }
                    Some(Inject::Silence) => silent = true,
                    Some(Inject::Pull) | None => return,
                },
            }
        }
    }

    fn react(&self, bytes: &[u8]) -> Vec<Request> {
        let frame = Frame::parse(bytes).unwrap();
        let mut world = self.world();
        let mut out = Vec::new();
        let reply = world.reply(&frame, &mut out);
        let bytes = Frame {
            control: Control::REPLY,
            parameters: &reply,
            ..frame
        }
        .encode()
        .unwrap();
        out.insert(0, Request::Send(bytes));
        out
    }
}

fn callback(id: u16, parameters: &[u8]) -> Vec<u8> {
    Frame {
        header: Header::Extended,
        sequence: 0,
        control: Control::CALLBACK,
        id,
        parameters,
    }
    .encode()
    .unwrap()
}

impl World {
    fn notify<N: Notice>(&self, notice: &N, out: &mut Vec<Request>) {
        let parameters = notice.encode(self.version).unwrap();
        out.push(Request::Send(callback(N::ID, &parameters)));
    }

    fn message(&mut self, profile: u16, cluster: u16, payload: Vec<u8>) -> IncomingMessageHandler {
        self.aps = self.aps.wrapping_add(1);
        let endpoint = u8::from(profile != 0);
        IncomingMessageHandler {
            kind: incoming_type::UNICAST,
            aps_frame: ApsFrame {
                profile_id: profile,
                cluster_id: cluster,
                source_endpoint: endpoint,
                destination_endpoint: endpoint,
                sequence: self.aps,
                ..ApsFrame::default()
            },
            sender: LAMP_ADDRESS,
            last_hop_lqi: 200,
            message: payload,
            ..IncomingMessageHandler::default()
        }
    }

    fn reply(&mut self, frame: &Frame<'_>, out: &mut Vec<Request>) -> Vec<u8> {
        let version = self.version;
        if frame.id == ezsp::VersionCommand::ID {
            return ezsp::VersionReply {
                protocol_version: version.number(),
                stack_type: 2,
                stack_version: 0x7440,
            }
            .encode(version)
            .unwrap();
        }
        macro_rules! on {
            ($frame:expr, { $($command:ident => $reply:expr,)* } plain { $($plain:ident)* }) => {
                match $frame.id {
                    $(ezsp::$command::ID if ezsp::$command::is_in(version) => {
                        self.asked.push(ezsp::$command::NAME);
                        let command = ezsp::$command::decode($frame.parameters, version).unwrap();
                        #[allow(clippy::redundant_closure_call)]
                        let reply = ($reply)(&mut *self, command, &mut *out);
                        <ezsp::$command as Command>::Reply::encode(&reply, version).unwrap()
                    })*
                    $(ezsp::$plain::ID if ezsp::$plain::is_in(version) => {
                        self.asked.push(ezsp::$plain::NAME);
                        <ezsp::$plain as Command>::Reply::default().encode(version).unwrap()
                    })*
                    other => panic!("command {other:#06x} is not in the script"),
                }
            };
        }
        type Out = Vec<Request>;
        on!(frame, {
            GetConfigurationValue => |_: &mut Self, _, _: &mut Out| ezsp::GetConfigurationValueReply {
                status: Status::OK,
                value: 8,
            },
            GetExtendedValue => |_: &mut Self, _, _: &mut Out| ezsp::GetExtendedValueReply {
                status: Status::INVALID_PARAMETER,
                value: vec![0, 0],
            },
            GetValue => |_: &mut Self, _, _: &mut Out| ezsp::GetValueReply {
                status: Status::OK,
                value: vec![0, 1, 7, 4, 4, 0, 0xaa],
            },
            GetEui64 => |_: &mut Self, _, _: &mut Out| ezsp::GetEui64Reply { eui64: COORDINATOR },
            NetworkInit => |world: &mut Self, _, out: &mut Out| {
                let up = world.network.is_some();
                if up {
                    world.notify(&StackStatusHandler { status: Status::NETWORK_UP }, out);
                }
                ezsp::NetworkInitReply {
                    status: if up { Status::OK } else { Status::NOT_JOINED },
                }
            },
            StartScan => |world: &mut Self, scan: ezsp::StartScan, out: &mut Out| {
                for (channel, max_rssi_value) in [(11, -40), (15, -55), (20, -90), (25, -90)] {
                    assert_ne!(scan.channel_mask & (1 << channel), 0);
                    world.notify(&EnergyScanResultHandler { channel, max_rssi_value }, out);
                }
                world.notify(&ScanCompleteHandler::default(), out);
                ezsp::StartScanReply::default()
            },
            SetInitialSecurityState => |world: &mut Self, set: ezsp::SetInitialSecurityState, _: &mut Out| {
                world.forming.network_key = set.state.network_key.0;
                world.forming.network_key_sequence = set.state.network_key_sequence_number;
                world.forming.link_key = set.state.preconfigured_key.0;
                ezsp::SetInitialSecurityStateReply::default()
            },
            SetValue => |world: &mut Self, set: ezsp::SetValue, _: &mut Out| {
                if let (0x23, [a, b, c, d]) = (set.value_id, set.value.as_slice()) {
                    world.forming.frame_counter = u32::from_le_bytes([*a, *b, *c, *d]);
                }
                ezsp::SetValueReply::default()
            },
            FormNetwork => |world: &mut Self, form: ezsp::FormNetwork, out: &mut Out| {
                world.network = Some(NetworkSettings {
                    pan_id: form.parameters.pan_id,
                    extended_pan_id: form.parameters.extended_pan_id,
                    channel: form.parameters.radio_channel,
                    ..world.forming.clone()
                });
                world.notify(&StackStatusHandler { status: Status::NETWORK_UP }, out);
                ezsp::FormNetworkReply::default()
            },
            LeaveNetwork => |world: &mut Self, _, out: &mut Out| {
                world.network = None;
                world.notify(&StackStatusHandler { status: Status::NETWORK_DOWN }, out);
                ezsp::LeaveNetworkReply::default()
            },
            GetNetworkParameters => |world: &mut Self, _, _: &mut Out| {
                let network = world.network.clone().unwrap();
                ezsp::GetNetworkParametersReply {
                    status: Status::OK,
                    node_type: 1,
                    parameters: NetworkParameters {
                        extended_pan_id: network.extended_pan_id,
                        pan_id: network.pan_id,
                        radio_channel: network.channel,
                        ..NetworkParameters::default()
                    },
                }
            },
            ExportKey => |world: &mut Self, ask: ezsp::ExportKey, _: &mut Out| {
                let network = world.network.clone().unwrap();
                ezsp::ExportKeyReply {
                    status: Status::OK,
                    key: Key(match ask.context.core_key_type {
                        core_key_type::NETWORK => network.network_key,
                        _ => network.link_key,
                    }),
                    context: SecurityContext::default(),
                }
            },
            GetNetworkKeyInfo => |world: &mut Self, _, _: &mut Out| {
                let network = world.network.clone().unwrap();
                ezsp::GetNetworkKeyInfoReply {
                    status: Status::OK,
                    network_key_info: NetworkKeyInfo {
                        network_key_sequence_number: network.network_key_sequence,
                        network_key_frame_counter: network.frame_counter,
                        ..NetworkKeyInfo::default()
                    },
                }
            },
            GetKey => |world: &mut Self, ask: ezsp::GetKey, _: &mut Out| {
                let network = world.network.clone().unwrap();
                ezsp::GetKeyReply {
                    status: Status::OK,
                    key_struct: KeyStruct {
                        key: Key(match ask.key_type {
                            key_type::CURRENT_NETWORK_KEY => network.network_key,
                            _ => network.link_key,
                        }),
                        outgoing_frame_counter: network.frame_counter,
                        sequence_number: network.network_key_sequence,
                        ..KeyStruct::default()
                    },
                }
            },
            LookupNodeIdByEui64 => |_: &mut Self, _, _: &mut Out| ezsp::LookupNodeIdByEui64Reply {
                status: Status::OK,
                node_id: LAMP_ADDRESS,
            },
            LookupEui64ByNodeId => |_: &mut Self, ask: ezsp::LookupEui64ByNodeId, _: &mut Out| {
                let known = ask.node_id == LAMP_ADDRESS;
                ezsp::LookupEui64ByNodeIdReply {
                    status: if known { Status::OK } else { Status::NOT_FOUND },
                    eui64: LAMP,
                }
            },
            ReadCounters => |_: &mut Self, _, _: &mut Out| ezsp::ReadCountersReply { values: vec![0; 40] },
            SendBroadcast => |world: &mut Self, send: ezsp::SendBroadcast, out: &mut Out| {
                world.broadcasts.push(Arrived {
                    cluster: send.aps_frame.cluster_id,
                    options: send.aps_frame.options,
                    payload: send.message,
                });
                world.notify(&MessageSentHandler {
                    kind: outgoing_type::BROADCAST,
                    destination: send.destination,
                    aps_frame: send.aps_frame,
                    tag: send.tag,
                    ..MessageSentHandler::default()
                }, out);
                ezsp::SendBroadcastReply::default()
            },
            SendUnicast => |world: &mut Self, send: ezsp::SendUnicast, out: &mut Out| world.unicast(&send, out),
        } plain {
            SetConfigurationValue SetPolicy AddEndpoint ClearKeyTable SetMulticastTableEntry
            SetConcentrator SetSourceRouteDiscoveryMode SendManyToOneRouteRequest
            ImportTransientKey AddTransientLinkKey SetManufacturerCode PermitJoining
            ClearTransientLinkKeys ReplaceAddressTableEntry
        })
    }

    fn unicast(
        &mut self,
        send: &ezsp::SendUnicast,
        out: &mut Vec<Request>,
    ) -> ezsp::SendUnicastReply {
        let fate = self.fates.pop_front().unwrap_or(Fate::Arrives);
        let status = match fate {
            Fate::Refused(status) => {
                return ezsp::SendUnicastReply {
                    status,
                    sequence: 0,
                };
            }
            Fate::Fails(status) => status,
            _ if send.destination != LAMP_ADDRESS => Status::ZIGBEE_DELIVERY_FAILED,
            _ => Status::OK,
        };
        if status == Status::OK {
            self.arrived.push(Arrived {
                cluster: send.aps_frame.cluster_id,
                options: send.aps_frame.options,
                payload: send.message.clone(),
            });
        }
        match fate {
            Fate::Restart => out.push(Request::Restart(0x03)),
            Fate::Error => out.push(Request::Fail(0x51)),
            _ => {
                let answer = match (status, fate) {
                    (Status::OK, Fate::Arrives) => self.answer(send),
                    _ => None,
                };
                self.notify(
                    &MessageSentHandler {
                        kind: outgoing_type::DIRECT,
                        destination: send.destination,
                        aps_frame: send.aps_frame.clone(),
                        tag: send.tag,
                        status,
                        ..MessageSentHandler::default()
                    },
                    out,
                );
                if let Some((cluster, payload)) = answer {
                    let message = self.message(send.aps_frame.profile_id, cluster, payload);
                    self.notify(&message, out);
                }
            }
        }
        ezsp::SendUnicastReply::default()
    }

    /// What the lamp answers.
    fn answer(&self, send: &ezsp::SendUnicast) -> Option<(u16, Vec<u8>)> {
        let cluster = send.aps_frame.cluster_id;
        if send.aps_frame.profile_id != 0 {
            return self
                .answer_zcl(cluster, &send.message)
                .map(|frame| (cluster, frame.encode()));
        }
        let sequence = send.message[0];
        let address = LAMP_ADDRESS;
        let status = zdo::Status::SUCCESS;
        let payload = match cluster {
            zdo::NodeDescriptorRequest::CLUSTER => zdo::encode(
                sequence,
                &zdo::NodeDescriptorResponse {
                    status,
                    address,
                    descriptor: Some(zdo::NodeDescriptor {
                        kind_flags: if self.sleepy { 2 } else { 1 },
                        capabilities: if self.sleepy { 0x80 } else { 0x8e },
                        manufacturer: 0x117c,
                        ..zdo::NodeDescriptor::default()
                    }),
                },
            ),
            zdo::ActiveEndpointsRequest::CLUSTER => zdo::encode(
                sequence,
                &zdo::ActiveEndpointsResponse {
                    status,
                    address,
                    endpoints: Counted(vec![1]),
                },
            ),
            zdo::SimpleDescriptorRequest::CLUSTER => zdo::encode(
                sequence,
                &zdo::SimpleDescriptorResponse {
                    status,
                    address,
                    descriptor: zdo::SizedDescriptor(Some(zdo::SimpleDescriptor {
                        endpoint: 1,
                        profile: 0x0104,
                        device: 0x010c,
                        version: 1,
                        input: Counted(vec![0, 3, 4, 5, 6, 8, 0x0300]),
                        output: Counted(vec![0x0019]),
                    })),
                },
            ),
            zdo::IeeeAddressRequest::CLUSTER => zdo::encode(
                sequence,
                &zdo::IeeeAddressResponse {
                    status,
                    ieee: LAMP,
                    address,
                    children: None,
                },
            ),
            zdo::BindRequest::CLUSTER | zdo::LeaveRequest::CLUSTER => vec![sequence, 0],
            _ => vec![sequence, zdo::Status::NOT_SUPPORTED.0],
        };
        Some((cluster | zdo::RESPONSE, payload))
    }

    fn answer_zcl(&self, cluster: u16, payload: &[u8]) -> Option<zcl::Frame> {
        let frame = zcl::Frame::parse(payload).unwrap();
        let answer = match frame.kind {
            Kind::Cluster if frame.disable_default_response => return None,
            Kind::Cluster => Global::DefaultResponse {
                command: frame.command,
                status: zcl::Status::SUCCESS,
            },
            Kind::Global => match frame.global().unwrap() {
                Global::ReadAttributes(ids) => Global::ReadAttributesResponse(
                    ids.into_iter()
                        .map(|id| ReadRecord {
                            id,
                            value: match (cluster, id) {
                                (0, 4) => Ok(Data::text("IKEA of Sweden")),
                                (0, 5) => Ok(Data::text(self.model)),
                                (0, 7) => Ok(Data::Enum8(if self.sleepy { 3 } else { 1 })),
                                (6, 0) => Ok(Data::Bool(Some(true))),
                                _ => Err(zcl::Status::UNSUPPORTED_ATTRIBUTE),
                            },
                        })
                        .collect(),
                ),
                Global::ConfigureReporting(_) => Global::ConfigureReportingResponse(vec![]),
                Global::WriteAttributes(_) => Global::WriteAttributesResponse(vec![]),
                _ => return None,
            },
        };
        Some(frame.answer(&answer))
    }
}
