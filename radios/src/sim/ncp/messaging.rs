//! Sending, hearing, and telling what became of what was sent.

use std::time::Duration;

use super::{Flight, Ncp, Pending};
use crate::Ieee;
use crate::ezsp::types::ApsFrame;
use crate::ezsp::values::{
    config_id, counter, decision_id, incoming_type, outgoing_type, policy_id,
};
use crate::ezsp::{Status, callback, command};
use crate::sim::air::{Packet, To, ZDO_PROFILE};

/// The longest APS payload without fragmentation.
const MAX_PAYLOAD: usize = 82;
/// Broadcasts are remembered that long; the table holds so many.
const BROADCAST_MEMORY: Duration = Duration::from_secs(9);
/// From a broadcast to its being told as sent.
const BROADCAST_TIME: Duration = Duration::from_millis(20);
/// What never left the co-processor.
const LOOPBACK: Duration = Duration::from_millis(1);
/// No binding, no address table entry.
const NO_INDEX: u8 = 0xff;

#[expect(clippy::needless_pass_by_value)] // one signature for all commands
impl Ncp {
    const fn next_aps(&mut self) -> u8 {
        self.ram.aps_sequence = self.ram.aps_sequence.wrapping_add(1);
        self.ram.aps_sequence
    }

    /// Whether a message can be taken now.
    fn takes(&self, message: &[u8]) -> Status {
        if !self.ram.up {
            Status::NETWORK_DOWN
        } else if self.faults.refuses() {
            Status::BUSY
        } else if message.len() > MAX_PAYLOAD {
            Status::MESSAGE_TOO_LONG
        } else {
            Status::OK
        }
    }

    pub(super) fn send_unicast(
        &mut self,
        request: command::SendUnicast,
        now: Duration,
    ) -> command::SendUnicastReply {
        let destination = match request.kind {
            outgoing_type::DIRECT => Some(request.destination),
            outgoing_type::VIA_ADDRESS_TABLE => {
                let index = u8::try_from(request.destination).ok();
                let entry = index.and_then(|index| self.ram.addresses.get(&index));
                entry.map(|entry| entry.node)
            }
            _ => None,
        };
        let limit = usize::from(self.configured(config_id::APS_UNICAST_MESSAGE_COUNT));
        let status = match (self.takes(&request.message), destination) {
            (Status::OK, None) => Status::INVALID_INDEX,
            (Status::OK, Some(_)) if self.ram.pending.len() >= limit => {
                Status::ZIGBEE_MAX_MESSAGE_LIMIT_REACHED
            }
            (status, _) => status,
        };
        let (Status::OK, Some(node)) = (status, destination) else {
            return command::SendUnicastReply {
                status,
                sequence: 0,
            };
        };
        let sequence = self.next_aps();
        let aps_frame = ApsFrame {
            sequence,
            ..request.aps_frame
        };
        self.handle = self.handle.wrapping_add(1);
        let handle = self.handle;
        let packet = packet(To::Node(node), &aps_frame, &request.message);
        self.ram.pending.push(Pending {
            handle,
            kind: request.kind,
            destination: request.destination,
            aps_frame,
            tag: request.tag,
            message: request.message,
        });
        if node == 0 {
            self.loop_back(&packet, incoming_type::UNICAST, now);
            self.fate(handle, true, now);
        } else {
            let counter = self.next_counter();
            self.air.push_back(Flight {
                packet,
                handle: Some(handle),
                counter,
            });
        }
        command::SendUnicastReply { status, sequence }
    }

    /// What became of a message is known.
    pub(in crate::sim) fn fate(&mut self, handle: u32, delivered: bool, now: Duration) {
        let Some(index) = self
            .ram
            .pending
            .iter()
            .position(|pending| pending.handle == handle)
        else {
            return; // from before a reset
        };
        let pending = self.ram.pending.remove(index);
        self.count(if delivered {
            counter::APS_DATA_TX_UNICAST_SUCCESS
        } else {
            counter::APS_DATA_TX_UNICAST_FAILED
        });
        let status = if delivered {
            Status::OK
        } else {
            Status::ZIGBEE_DELIVERY_FAILED
        };
        self.sent(pending, status, now);
    }

    fn sent(&mut self, pending: Pending, status: Status, at: Duration) {
        let policy = self
            .ram
            .policies
            .get(&policy_id::MESSAGE_CONTENTS_IN_CALLBACK_POLICY);
        let whole = policy == Some(&decision_id::MESSAGE_TAG_AND_CONTENTS_IN_CALLBACK);
        let sent = callback::MessageSentHandler {
            kind: pending.kind,
            destination: pending.destination,
            aps_frame: pending.aps_frame,
            tag: pending.tag,
            status,
            message: if whole { pending.message } else { Vec::new() },
        };
        self.tell_at(&sent, Some(at));
    }

    /// Sends to many.
    fn cast(
        &mut self,
        kind: u8,
        to: To,
        mut aps_frame: ApsFrame,
        tag: u16,
        message: Vec<u8>,
        now: Duration,
    ) -> (Status, u8) {
        let mut status = self.takes(&message);
        while self
            .ram
            .broadcasts
            .front()
            .is_some_and(|at| *at + BROADCAST_MEMORY <= now)
        {
            self.ram.broadcasts.pop_front();
        }
        let table = usize::from(self.configured(config_id::BROADCAST_TABLE_SIZE));
        if status.is_ok() && self.ram.broadcasts.len() >= table {
            self.count(counter::BROADCAST_TABLE_FULL);
            status = Status::BUSY;
        }
        if !status.is_ok() {
            return (status, 0);
        }
        self.ram.broadcasts.push_back(now);
        self.count(counter::APS_DATA_TX_BROADCAST);
        let sequence = self.next_aps();
        aps_frame.sequence = sequence;
        let destination = match to {
            To::Node(address) | To::Group(address) | To::Broadcast(address) => address,
            To::Ieee(_) => 0xffff,
        };
        let packet = packet(to, &aps_frame, &message);
        match to {
            To::Group(group) if self.is_member(group) => {
                self.loop_back(&packet, incoming_type::MULTICAST_LOOPBACK, now);
            }
            To::Broadcast(_) => self.loop_back(&packet, incoming_type::BROADCAST_LOOPBACK, now),
            _ => {}
        }
        let counter = self.next_counter();
        self.air.push_back(Flight {
            packet,
            handle: None,
            counter,
        });
        let pending = Pending {
            handle: 0,
            kind,
            destination,
            aps_frame,
            tag,
            message,
        };
        self.sent(pending, Status::OK, now + BROADCAST_TIME);
        (status, sequence)
    }

    fn is_member(&self, group: u16) -> bool {
        self.ram
            .multicast
            .values()
            .any(|entry| entry.0 == group && entry.1 != 0)
    }

    pub(super) fn send_broadcast(
        &mut self,
        request: command::SendBroadcast,
        now: Duration,
    ) -> command::SendBroadcastReply {
        let to = To::Broadcast(request.destination);
        let (status, sequence) = if request.destination < 0xfff8 {
            (Status::INVALID_PARAMETER, 0)
        } else {
            let kind = outgoing_type::BROADCAST;
            self.cast(
                kind,
                to,
                request.aps_frame,
                request.tag,
                request.message,
                now,
            )
        };
        command::SendBroadcastReply { status, sequence }
    }

    pub(super) fn proxy_broadcast(
        &mut self,
        request: command::ProxyBroadcast,
        now: Duration,
    ) -> command::ProxyBroadcastReply {
        let (kind, to) = (
            outgoing_type::BROADCAST_WITH_ALIAS,
            To::Broadcast(request.destination),
        );
        let (status, aps_sequence) = self.cast(
            kind,
            to,
            request.aps_frame,
            request.tag,
            request.message,
            now,
        );
        command::ProxyBroadcastReply {
            status,
            aps_sequence,
        }
    }

    pub(super) fn send_multicast(
        &mut self,
        request: command::SendMulticast,
        now: Duration,
    ) -> command::SendMulticastReply {
        let (kind, to) = (
            outgoing_type::MULTICAST,
            To::Group(request.aps_frame.group_id),
        );
        let (status, sequence) = self.cast(
            kind,
            to,
            request.aps_frame,
            request.tag,
            request.message,
            now,
        );
        command::SendMulticastReply { status, sequence }
    }

    pub(super) fn send_multicast_with_alias(
        &mut self,
        request: command::SendMulticastWithAlias,
        now: Duration,
    ) -> command::SendMulticastWithAliasReply {
        let (kind, to) = (
            outgoing_type::MULTICAST_WITH_ALIAS,
            To::Group(request.aps_frame.group_id),
        );
        let (status, sequence) = self.cast(
            kind,
            to,
            request.aps_frame,
            request.tag,
            request.message,
            now,
        );
        command::SendMulticastWithAliasReply { status, sequence }
    }

    pub(super) fn send_reply(
        &mut self,
        request: command::SendReply,
        _: Duration,
    ) -> command::SendReplyReply {
        let status = self.takes(&request.message);
        if status.is_ok() {
            let packet = packet(
                To::Node(request.sender),
                &request.aps_frame,
                &request.message,
            );
            let counter = self.next_counter();
            self.air.push_back(Flight {
                packet,
                handle: None,
                counter,
            });
        }
        command::SendReplyReply { status }
    }

    pub(super) const fn maximum_payload_length(
        &mut self,
        _: command::MaximumPayloadLength,
        _: Duration,
    ) -> command::MaximumPayloadLengthReply {
        #[expect(clippy::cast_possible_truncation)] // 82
        command::MaximumPayloadLengthReply {
            aps_length: MAX_PAYLOAD as u8,
        }
    }

    /// What it sends to itself, or hears of what it sends to all.
    fn loop_back(&mut self, packet: &Packet, kind: u8, now: Duration) {
        if packet.profile == ZDO_PROFILE {
            let Some((cluster, payload)) = self.zdo(packet, now) else {
                return;
            };
            if kind == incoming_type::UNICAST {
                let answer = packet.back(0, cluster, payload);
                self.hand_up(&answer, self.ram.ieee, kind, (255, 0), now + LOOPBACK);
            }
            return;
        }
        self.hand_up(packet, self.ram.ieee, kind, (255, 0), now + LOOPBACK);
    }

    /// Something came through the air.
    pub(in crate::sim) fn hear(&mut self, packet: &Packet, sender: Ieee, luck: u32, now: Duration) {
        if !self.ram.up {
            return;
        }
        let kind = match packet.to {
            To::Group(group) if !self.is_member(group) => return,
            To::Group(_) => incoming_type::MULTICAST,
            To::Broadcast(_) => incoming_type::BROADCAST,
            To::Node(_) | To::Ieee(_) => incoming_type::UNICAST,
        };
        self.count(if kind == incoming_type::UNICAST {
            counter::APS_DATA_RX_UNICAST
        } else {
            counter::APS_DATA_RX_BROADCAST
        });
        self.nodes.retain(|(known, _)| *known != sender);
        self.nodes.push((sender, packet.from));
        if packet.profile == ZDO_PROFILE && packet.cluster < 0x8000 && packet.cluster != 0x0013 {
            // A request: the stack answers by itself; the host hears of it only if it wants to.
            if let Some((cluster, payload)) = self.zdo(packet, now) {
                let counter = self.next_counter();
                self.air.push_back(Flight {
                    packet: packet.back(0, cluster, payload),
                    handle: None,
                    counter,
                });
            }
            if self.configured(config_id::APPLICATION_ZDO_FLAGS) & 1 == 0 {
                return;
            }
        }
        let signal = (160 + (luck % 60) as u8, -60 + (luck % 20) as i8);
        self.hand_up(packet, sender, kind, signal, now);
    }

    fn hand_up(&mut self, packet: &Packet, sender: Ieee, kind: u8, signal: (u8, i8), at: Duration) {
        let sequence = self.next_aps();
        let group_id = match packet.to {
            To::Group(group) => group,
            _ => 0,
        };
        let incoming = callback::IncomingMessageHandler {
            kind,
            aps_frame: ApsFrame {
                profile_id: packet.profile,
                cluster_id: packet.cluster,
                source_endpoint: packet.source_endpoint,
                destination_endpoint: packet.destination_endpoint,
                options: 0x0140,
                group_id,
                sequence,
            },
            sender: packet.from,
            sender_eui64: sender,
            binding_index: NO_INDEX,
            address_index: NO_INDEX,
            last_hop_lqi: signal.0,
            last_hop_rssi: signal.1,
            last_hop_timestamp: 0,
            message: packet.payload.clone(),
        };
        self.tell_at(&incoming, Some(at));
    }

    pub(super) fn set_extended_timeout(
        &mut self,
        request: command::SetExtendedTimeout,
        _: Duration,
    ) -> command::SetExtendedTimeoutReply {
        let known = self
            .ram
            .addresses
            .values()
            .any(|entry| entry.ieee == request.remote_eui64);
        if known && request.extended_timeout {
            self.ram.extended_timeouts.insert(request.remote_eui64);
        } else {
            self.ram.extended_timeouts.remove(&request.remote_eui64);
        }
        command::SetExtendedTimeoutReply {
            status: if known {
                Status::OK
            } else {
                Status::INVALID_PARAMETER
            },
        }
    }

    pub(super) fn get_extended_timeout(
        &mut self,
        request: command::GetExtendedTimeout,
        _: Duration,
    ) -> command::GetExtendedTimeoutReply {
        let extended = self.ram.extended_timeouts.contains(&request.remote_eui64);
        command::GetExtendedTimeoutReply {
            extended_timeout: extended,
            status: if extended { Status::OK } else { Status::FAIL },
        }
    }

    pub(super) const fn set_concentrator(
        &mut self,
        request: command::SetConcentrator,
        _: Duration,
    ) -> command::SetConcentratorReply {
        let sensible = !request.on
            || matches!(request.concentrator_type, 0xfff8 | 0xfff9)
                && request.min_time <= request.max_time;
        command::SetConcentratorReply {
            status: if sensible {
                Status::OK
            } else {
                Status::INVALID_PARAMETER
            },
        }
    }

    pub(super) const fn set_source_route_discovery_mode(
        &mut self,
        request: command::SetSourceRouteDiscoveryMode,
        _: Duration,
    ) -> command::SetSourceRouteDiscoveryModeReply {
        command::SetSourceRouteDiscoveryModeReply {
            remaining_time: if request.mode == 0 { u32::MAX } else { 5000 },
        }
    }

    pub(super) const fn send_many_to_one_route_request(
        &mut self,
        _: command::SendManyToOneRouteRequest,
        _: Duration,
    ) -> command::SendManyToOneRouteRequestReply {
        command::SendManyToOneRouteRequestReply {
            status: if self.ram.up {
                Status::OK
            } else {
                Status::NETWORK_DOWN
            },
        }
    }

    pub(super) fn set_source_route(
        &mut self,
        _: command::SetSourceRoute,
        _: Duration,
    ) -> command::SetSourceRouteReply {
        command::SetSourceRouteReply { status: Status::OK }
    }

    pub(super) fn get_source_route_table_total_size(
        &mut self,
        _: command::GetSourceRouteTableTotalSize,
        _: Duration,
    ) -> command::GetSourceRouteTableTotalSizeReply {
        let size = self.configured(config_id::SOURCE_ROUTE_TABLE_SIZE);
        command::GetSourceRouteTableTotalSizeReply {
            source_route_table_total_size: u8::try_from(size).unwrap_or(u8::MAX),
        }
    }

    pub(super) const fn get_source_route_table_filled_size(
        &mut self,
        _: command::GetSourceRouteTableFilledSize,
        _: Duration,
    ) -> command::GetSourceRouteTableFilledSizeReply {
        command::GetSourceRouteTableFilledSizeReply {
            source_route_table_filled_size: 0,
        }
    }
}

/// A packet of the coordinator's.
fn packet(to: To, aps: &ApsFrame, message: &[u8]) -> Packet {
    Packet {
        from: 0,
        to,
        profile: aps.profile_id,
        cluster: aps.cluster_id,
        source_endpoint: aps.source_endpoint,
        destination_endpoint: aps.destination_endpoint,
        payload: message.to_vec(),
    }
}
