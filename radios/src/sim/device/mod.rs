//! A simulated Zigbee device: a ZCL server with a ZDO, a model and a life of its own.
//!
//! The contract: hand it what the air brings (`receive`) and let time pass (`tick`,
//! next at `next`); both return what it sends. It neither knows nor
//! cares which host is at the other end.

mod commands;
mod life;
pub mod models;
mod server;

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::air::{HA_PROFILE, Packet, To, ZDO_PROFILE};
use super::ncp::nvm::Key;
use super::zdo::{self as node_zdo, Node};
use crate::zigbee::zcl::{Attribute, Data, Frame, Global, Kind, Status, Type};
use crate::zigbee::zdo::{
    self, BindRequest, BindResponse, BindTarget, BindingRecord, Counted, LeaveRequest,
    LeaveResponse, Message as _, Neighbor, PermitJoiningRequest, PermitJoiningResponse,
    PowerDescriptor, SimpleDescriptor, UnbindRequest, UnbindResponse,
};
use crate::{Ieee, Value};
use life::Life;
use models::{Control, Model, Scale};
use server::Server;

/// A ZCL command that reached a cluster of a device.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Arrived {
    /// Since the simulator started.
    pub at: Duration,
    /// The device's name.
    pub device: String,
    /// The endpoint it was for.
    pub endpoint: u8,
    /// The cluster.
    pub cluster: u16,
    /// A command that every cluster knows, rather than the cluster's own.
    pub global: bool,
    /// Manufacturer's code.
    pub manufacturer: Option<u16>,
    /// The command's id.
    pub command: u8,
    /// Its payload.
    pub payload: Vec<u8>,
    /// To it alone, rather than to a group or everybody.
    pub unicast: bool,
}

/// What a device knows of the network it joined.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Membership {
    pub(crate) pan_id: u16,
    pub(crate) extended_pan_id: u64,
    pub(crate) key: Key,
    pub(crate) address: u16,
    pub(crate) trust_centre: Ieee,
    /// The highest frame counter it has seen of the coordinator's: lower ones are replays.
    pub(crate) counter: u32,
}

/// A simulated device.
#[derive(Debug)]
pub(crate) struct Device {
    pub(crate) name: String,
    pub(crate) ieee: Ieee,
    pub(crate) model: &'static Model,
    pub(crate) member: Option<Membership>,
    /// It looks for an open network since then.
    pub(crate) pairing: Option<Duration>,
    /// Moves by itself.
    pub(crate) lively: bool,
    server: Server,
    bindings: Vec<BindingRecord>,
    groups: BTreeSet<(u8, u16)>,
    life: Life,
    sequence: u8,
    /// What arrived and was not yet fetched.
    pub(crate) arrived: Vec<Arrived>,
}

/// Endpoint, cluster, target device and endpoint, or else target group.
type KeptBinding = (u8, u16, Option<(Ieee, u8)>, u16);

/// What a state file keeps of a device.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Kept {
    pub(crate) name: String,
    pub(crate) kind: String,
    pub(crate) ieee: Ieee,
    pub(crate) member: Option<Membership>,
    pub(crate) values: BTreeMap<String, String>,
    pub(crate) reports: Vec<(u8, u16, u16, u16, u16, f64)>,
    pub(crate) bindings: Vec<KeptBinding>,
    pub(crate) groups: Vec<(u8, u16)>,
}

impl Device {
    pub(crate) fn new(name: String, ieee: Ieee, model: &'static Model) -> Self {
        Self {
            name,
            ieee,
            model,
            member: None,
            pairing: None,
            lively: false,
            server: Server::new(model),
            bindings: Vec::new(),
            groups: BTreeSet::new(),
            life: Life::new(ieee),
            sequence: 0,
            arrived: Vec::new(),
        }
    }

    /// The device a state file tells of; `None` if its kind is not known.
    pub(crate) fn restore(kept: Kept, now: Duration) -> Option<Self> {
        let mut device = Self::new(kept.name, kept.ieee, models::model(&kept.kind)?);
        device.member = kept.member;
        for (place, value) in kept.values {
            let restored = parse_place(&place).zip(parse_data(&value));
            if let Some((place, data)) = restored {
                device.server.restore(place, data);
            }
        }
        for (endpoint, cluster, attribute, minimum, maximum, change) in kept.reports {
            let place = (endpoint, cluster, attribute);
            device.server.report(place, minimum, maximum, change, now);
        }
        for (source_endpoint, cluster, target, group) in kept.bindings {
            device.bindings.push(BindingRecord {
                source: device.ieee,
                source_endpoint,
                cluster,
                target: target.map_or(BindTarget::Group(group), |(ieee, endpoint)| {
                    BindTarget::Device(ieee, endpoint)
                }),
            });
        }
        device.groups = kept.groups.into_iter().collect();
        Some(device)
    }

    pub(crate) fn keep(&self) -> Kept {
        Kept {
            name: self.name.clone(),
            kind: self.model.kind.to_owned(),
            ieee: self.ieee,
            member: self.member.clone(),
            values: self
                .server
                .values()
                .map(|((endpoint, cluster, attribute), data)| {
                    let mut bytes = Vec::new();
                    data.write_typed(&mut bytes);
                    let hex = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
                    (format!("{endpoint}/{cluster:04x}/{attribute:04x}"), hex)
                })
                .collect(),
            reports: self
                .server
                .reports()
                .iter()
                .map(|report| {
                    let (endpoint, cluster, attribute) = report.place;
                    (
                        endpoint,
                        cluster,
                        attribute,
                        report.minimum,
                        report.maximum,
                        report.change,
                    )
                })
                .collect(),
            bindings: self
                .bindings
                .iter()
                .map(|binding| match binding.target {
                    BindTarget::Device(ieee, endpoint) => (
                        binding.source_endpoint,
                        binding.cluster,
                        Some((ieee, endpoint)),
                        0,
                    ),
                    BindTarget::Group(group) => {
                        (binding.source_endpoint, binding.cluster, None, group)
                    }
                })
                .collect(),
            groups: self.groups.iter().copied().collect(),
        }
    }

    /// Its network address, while it has one.
    pub(crate) fn address(&self) -> Option<u16> {
        self.member.as_ref().map(|member| member.address)
    }

    pub(crate) const fn is_sleepy(&self) -> bool {
        !self.model.router
    }

    /// It is in the network now: what it says first.
    pub(crate) fn joined(&mut self, member: Membership, now: Duration) -> Vec<Packet> {
        self.pairing = None;
        self.member = Some(member);
        let mut out = self.announce();
        out.extend(self.hello(now));
        out
    }

    /// `Device_annce`, as after joining or a power cut.
    pub(crate) fn announce(&mut self) -> Vec<Packet> {
        let Some(address) = self.address() else {
            return Vec::new();
        };
        let sequence = self.number();
        let announcement = zdo::DeviceAnnounce {
            address,
            ieee: self.ieee,
            capabilities: self.capabilities(),
        };
        let (cluster, payload) = node_zdo::reply(sequence, &announcement);
        vec![Packet {
            from: address,
            to: To::Broadcast(super::air::AWAKE),
            profile: ZDO_PROFILE,
            cluster,
            source_endpoint: 0,
            destination_endpoint: 0,
            payload,
        }]
    }

    /// It is out of the network and forgot all that belonged to it.
    pub(crate) fn left(&mut self) {
        self.member = None;
        self.bindings.clear();
        self.groups.clear();
        self.server.forget();
    }

    const fn capabilities(&self) -> u8 {
        if self.model.router {
            node_zdo::ROUTER
        } else {
            node_zdo::SLEEPY
        }
    }

    const fn number(&mut self) -> u8 {
        self.sequence = self.sequence.wrapping_add(1);
        self.sequence
    }

    /// Something came through the air.
    pub(crate) fn receive(&mut self, packet: &Packet, now: Duration) -> Vec<Packet> {
        let Some(address) = self.address() else {
            return Vec::new();
        };
        match packet.to {
            To::Group(group) if !self.groups.iter().any(|(_, member)| *member == group) => {
                Vec::new()
            }
            _ if packet.profile == ZDO_PROFILE => self
                .answer_zdo(packet)
                .map(|(cluster, payload)| packet.back(address, cluster, payload))
                .into_iter()
                .collect(),
            _ => self.answer_zcl(packet, address, now),
        }
    }

    fn answer_zdo(&mut self, packet: &Packet) -> Option<(u16, Vec<u8>)> {
        use zdo::Status;
        let payload = &packet.payload;
        match packet.cluster {
            BindRequest::CLUSTER => {
                let (sequence, request) = zdo::parse::<BindRequest>(payload).ok()?;
                let binding = BindingRecord {
                    source: request.source,
                    source_endpoint: request.source_endpoint,
                    cluster: request.cluster,
                    target: request.target,
                };
                let status =
                    if request.source != self.ieee || !self.has_endpoint(request.source_endpoint) {
                        Status::INVALID_ENDPOINT
                    } else if self.bindings.contains(&binding) {
                        Status::SUCCESS
                    } else if self.bindings.len() >= 16 {
                        Status::TABLE_FULL
                    } else {
                        self.bindings.push(binding);
                        Status::SUCCESS
                    };
                Some(node_zdo::reply(sequence, &BindResponse { status }))
            }
            UnbindRequest::CLUSTER => {
                let (sequence, request) = zdo::parse::<UnbindRequest>(payload).ok()?;
                let before = self.bindings.len();
                self.bindings.retain(|binding| {
                    (binding.source_endpoint, binding.cluster, binding.target)
                        != (request.source_endpoint, request.cluster, request.target)
                });
                let status = if self.bindings.len() < before {
                    Status::SUCCESS
                } else {
                    Status::NO_ENTRY
                };
                Some(node_zdo::reply(sequence, &UnbindResponse { status }))
            }
            LeaveRequest::CLUSTER => {
                let (sequence, request) = zdo::parse::<LeaveRequest>(payload).ok()?;
                let own = request.ieee == self.ieee || request.ieee.0 == 0;
                let status = if own {
                    Status::SUCCESS
                } else {
                    Status::DEVICE_NOT_FOUND
                };
                if own {
                    self.life.leave(request.flags & 0x80 != 0);
                }
                Some(node_zdo::reply(sequence, &LeaveResponse { status }))
            }
            PermitJoiningRequest::CLUSTER => {
                let (sequence, _) = zdo::parse::<PermitJoiningRequest>(payload).ok()?;
                // Broadcasts are obeyed without a word.
                (packet.is_unicast() && self.model.router).then(|| {
                    node_zdo::reply(
                        sequence,
                        &PermitJoiningResponse {
                            status: Status::SUCCESS,
                        },
                    )
                })
            }
            cluster => {
                let unicast = packet.is_unicast();
                let answer = self.node()?.answer(cluster, payload, unicast);
                // What it does not know it says so, if it was asked alone.
                answer.or_else(|| {
                    (unicast && cluster & zdo::RESPONSE == 0).then(|| {
                        let sequence = payload.first().copied().unwrap_or_default();
                        (
                            cluster | zdo::RESPONSE,
                            vec![sequence, Status::NOT_SUPPORTED.0],
                        )
                    })
                })
            }
        }
    }

    fn has_endpoint(&self, endpoint: u8) -> bool {
        self.model.endpoints.iter().any(|e| e.id == endpoint)
    }

    fn node(&self) -> Option<Node> {
        let member = self.member.as_ref()?;
        let (logical, power) = if self.model.router {
            (
                1,
                PowerDescriptor {
                    mode_and_available: 0x10,
                    source_and_level: 0xc1,
                },
            )
        } else {
            (
                2,
                PowerDescriptor {
                    mode_and_available: 0x40,
                    source_and_level: 0xc4,
                },
            )
        };
        Some(Node {
            ieee: self.ieee,
            address: member.address,
            descriptor: Node::descriptor(
                logical,
                self.capabilities(),
                self.model.manufacturer_code,
                0,
            ),
            power,
            endpoints: self
                .model
                .endpoints
                .iter()
                .map(|endpoint| SimpleDescriptor {
                    endpoint: endpoint.id,
                    profile: HA_PROFILE,
                    device: endpoint.device,
                    version: 1,
                    input: Counted(endpoint.input.to_vec()),
                    output: Counted(endpoint.output.to_vec()),
                })
                .collect(),
            neighbors: if self.model.router {
                vec![Neighbor {
                    extended_pan_id: member.extended_pan_id,
                    ieee: member.trust_centre,
                    address: 0,
                    flags: 0b0000_0100, // a coordinator that hears when idle, our parent
                    permit: 2,
                    depth: 0,
                    lqi: 200,
                }]
            } else {
                Vec::new()
            },
            bindings: self.bindings.clone(),
        })
    }

    fn answer_zcl(&mut self, packet: &Packet, address: u16, now: Duration) -> Vec<Packet> {
        let Ok(frame) = Frame::parse(&packet.payload) else {
            return Vec::new(); // not even a header: nothing to refer to
        };
        let mut out = Vec::new();
        for endpoint in self.model.endpoints {
            let meant = match packet.to {
                To::Group(group) => self.groups.contains(&(endpoint.id, group)),
                _ => [endpoint.id, 0xff].contains(&packet.destination_endpoint),
            };
            if !meant {
                continue;
            }
            self.arrived.push(Arrived {
                at: now,
                device: self.name.clone(),
                endpoint: endpoint.id,
                cluster: packet.cluster,
                global: frame.kind == Kind::Global,
                manufacturer: frame.manufacturer,
                command: frame.command,
                payload: frame.payload.clone(),
                unicast: packet.is_unicast(),
            });
            let cluster = packet.cluster;
            let described = endpoint.attributes.iter().any(|(id, _)| *id == cluster);
            let client = endpoint.output.contains(&cluster);
            let server = endpoint.input.contains(&cluster) || described && !client;
            let own = if frame.from_server { client } else { server };
            let done = if !own {
                Err(Status::UNSUPPORTED_CLUSTER)
            } else if frame.kind == Kind::Cluster {
                self.command(endpoint.id, cluster, &frame, now)
            } else if frame.from_server && server {
                Err(Status::UNSUP_GENERAL_COMMAND) // what is described belongs to the server
            } else {
                let answer = self.server.global(endpoint.id, cluster, &frame, now);
                answer.map(|answer| match answer {
                    Some(global) => Answer::Frame(frame.answer(&global)),
                    None => Answer::Silence,
                })
            };
            let status = done.as_ref().err().copied().unwrap_or(Status::SUCCESS);
            let answer = match done {
                Ok(Answer::Frame(answer)) => Some(answer),
                Ok(Answer::Silence) => None,
                _ if !packet.is_unicast() => None,
                Ok(Answer::Default) if frame.disable_default_response => None,
                Ok(Answer::Default) | Err(_) => Some(frame.answer(&Global::DefaultResponse {
                    command: frame.command,
                    status,
                })),
            };
            if let Some(answer) = answer {
                let mut back = packet.back(address, packet.cluster, answer.encode());
                back.source_endpoint = endpoint.id;
                out.push(back);
            }
        }
        out
    }

    /// Time passed.
    pub(crate) fn tick(&mut self, now: Duration) -> Vec<Packet> {
        let mut out = self.live(now);
        if let Some(address) = self.address() {
            for (endpoint, cluster, attributes) in self.server.due(now) {
                let frame = self.report(attributes);
                for binding in &self.bindings {
                    if (binding.source_endpoint, binding.cluster) != (endpoint, cluster) {
                        continue;
                    }
                    let (to, destination_endpoint) = match binding.target {
                        BindTarget::Device(ieee, target) => (To::Ieee(ieee), target),
                        BindTarget::Group(group) => (To::Group(group), 0xff),
                    };
                    out.push(Packet {
                        from: address,
                        to,
                        profile: HA_PROFILE,
                        cluster,
                        source_endpoint: endpoint,
                        destination_endpoint,
                        payload: frame.clone(),
                    });
                }
            }
        }
        out
    }

    /// When to call [`Device::tick`] next.
    pub(crate) fn next(&self) -> Option<Duration> {
        self.member.as_ref()?;
        match (self.server.next(), self.life.next(self.lively)) {
            (Some(report), Some(life)) => Some(report.min(life)),
            (report, life) => report.or(life),
        }
    }

    /// The frame of a report.
    fn report(&mut self, attributes: Vec<Attribute>) -> Vec<u8> {
        let mut frame = Frame::ask(&Global::ReportAttributes(attributes)).numbered(self.number());
        frame.from_server = true;
        frame.encode()
    }

    /// What outsiders see of it.
    pub(crate) fn state(&self) -> Vec<(&'static str, Value)> {
        self.model
            .controls
            .iter()
            .filter_map(|control| Some((control.property, self.look(control)?)))
            .collect()
    }

    fn look(&self, control: &Control) -> Option<Value> {
        let data = self
            .server
            .get((control.endpoint, control.cluster, control.attribute))?;
        Some(match control.scale {
            Scale::OnOff => Value::from(if data.as_i64()? == 0 { "OFF" } else { "ON" }),
            Scale::TrueIs(number) => Value::Bool(data.as_i64()? == number),
            Scale::Times(factor) => Value::rounded(data.as_f64()? / factor, 3),
        })
    }

    /// Somebody did something to it: pressed its button, opened the window, warmed the room. Says
    /// what it sends at once, or why that cannot be done.
    pub(crate) fn set(
        &mut self,
        property: &str,
        value: &Value,
        now: Duration,
    ) -> Result<Vec<Packet>, String> {
        let model = self.model;
        let control = model
            .controls
            .iter()
            .find(|control| control.property == property)
            .ok_or_else(|| format!("a {} has no `{property}`", model.kind))?;
        let wrong = || format!("`{property}` of a {} cannot be {value:?}", model.kind);
        #[expect(clippy::cast_precision_loss)] // 0 or 1
        let number = match (control.scale, value) {
            (Scale::OnOff, Value::Text(text)) if text == "ON" => 1.0,
            (Scale::OnOff, Value::Text(text)) if text == "OFF" => 0.0,
            (Scale::OnOff, Value::Bool(on)) => f64::from(u8::from(*on)),
            (Scale::TrueIs(number), Value::Bool(on)) => {
                (if *on { number } else { 1 - number }) as f64
            }
            (Scale::Times(factor), value) => (value.as_f64().ok_or_else(wrong)? * factor).round(),
            _ => return Err(wrong()),
        };
        let place = (control.endpoint, control.cluster, control.attribute);
        if !self.server.put(place, number) {
            return Err(wrong());
        }
        let mut out = self.moved(place, now);
        out.extend(self.tick(now));
        Ok(out)
    }

    /// A frame of its own making, as any bytes.
    pub(crate) fn say(&self, endpoint: u8, cluster: u16, payload: Vec<u8>) -> Vec<Packet> {
        self.address()
            .map(|from| Packet {
                from,
                to: To::Node(0),
                profile: HA_PROFILE,
                cluster,
                source_endpoint: endpoint,
                destination_endpoint: 1,
                payload,
            })
            .into_iter()
            .collect()
    }
}

/// What a cluster command leads to.
enum Answer {
    /// A default response, if the sender wants one.
    Default,
    /// An answer of its own.
    Frame(Frame),
    /// Nothing.
    Silence,
}

fn parse_place(text: &str) -> Option<server::Place> {
    let mut parts = text.split('/');
    let place = (
        parts.next()?.parse().ok()?,
        u16::from_str_radix(parts.next()?, 16).ok()?,
        u16::from_str_radix(parts.next()?, 16).ok()?,
    );
    parts.next().is_none().then_some(place)
}

fn parse_data(text: &str) -> Option<Data> {
    let bytes: Option<Vec<u8>> = (0..text.len() / 2)
        .map(|i| u8::from_str_radix(text.get(2 * i..2 * i + 2)?, 16).ok())
        .collect();
    let bytes = bytes?;
    let (of, value) = bytes.split_first()?;
    Data::parse(Type(*of), value).ok().map(|(_, data)| data)
}
