//! Forming, resuming, leaving, opening the network, and who comes and goes.

use std::time::Duration;

use super::nvm::{Child, Network};
use super::{Joining, Later, Membership, Ncp};
use crate::Ieee;
use crate::ezsp::types::NetworkParameters;
use crate::ezsp::values::{
    config_id, counter, device_update, join_decision, key_status, network_status, node_type,
    policy_id, scan_type, security_bit, trust_center_decision,
};
use crate::ezsp::{Status, callback, command};

/// From a command to the network being up.
const START: Duration = Duration::from_millis(30);
/// A device notices an open network that long after it was opened.
const NOTICE: Duration = Duration::from_millis(300);
/// One channel of a scan.
const SCAN: Duration = Duration::from_millis(3);
/// From the broadcast that says so to a change of the channel.
const CHANGE: Duration = Duration::from_millis(800);
/// The transient key of everybody.
const ANYBODY: Ieee = Ieee(u64::MAX);

#[expect(clippy::needless_pass_by_value)] // one signature for all commands
impl Ncp {
    pub(super) const fn get_eui64(
        &mut self,
        _: command::GetEui64,
        _: Duration,
    ) -> command::GetEui64Reply {
        command::GetEui64Reply {
            eui64: self.ram.ieee,
        }
    }

    pub(super) const fn get_node_id(
        &mut self,
        _: command::GetNodeId,
        _: Duration,
    ) -> command::GetNodeIdReply {
        command::GetNodeIdReply {
            node_id: if self.ram.up { 0 } else { 0xfffe },
        }
    }

    pub(super) fn network_init(
        &mut self,
        _: command::NetworkInit,
        now: Duration,
    ) -> command::NetworkInitReply {
        let status = if self.ram.up {
            Status::INVALID_STATE
        } else if let Some(network) = &self.nvm.network {
            self.ram.power = network.power;
            self.ram.later.push((now + START, Later::Up));
            Status::OK
        } else {
            Status::NOT_JOINED
        };
        command::NetworkInitReply { status }
    }

    pub(super) const fn network_state(
        &mut self,
        _: command::NetworkState,
        _: Duration,
    ) -> command::NetworkStateReply {
        command::NetworkStateReply {
            status: if self.ram.up {
                network_status::JOINED_NETWORK
            } else {
                network_status::NO_NETWORK
            },
        }
    }

    pub(super) fn form_network(
        &mut self,
        request: command::FormNetwork,
        now: Duration,
    ) -> command::FormNetworkReply {
        let wanted = request.parameters;
        let refused = |status| command::FormNetworkReply { status };
        if self.ram.up
            || self
                .ram
                .later
                .iter()
                .any(|(_, later)| matches!(later, Later::Up))
        {
            return refused(Status::INVALID_STATE);
        }
        let Some(security) = self.ram.initial_security.clone() else {
            return refused(Status::ZIGBEE_SECURITY_STATE_NOT_SET);
        };
        if !(11..=26).contains(&wanted.radio_channel) {
            return refused(Status::TRANSMIT_INVALID_CHANNEL);
        }
        let power = i8::from_le_bytes([wanted.radio_tx_power]);
        if !(-20..=20).contains(&power) {
            return refused(Status::TRANSMIT_INVALID_POWER);
        }
        if security.bitmask & security_bit::NO_FRAME_COUNTER_RESET == 0 {
            self.nvm.network_counter = 0;
            self.nvm.aps_counter = 0;
        }
        let random = |ncp: &mut Self| loop {
            let [a, b, ..] = ncp.dice.next().to_le_bytes();
            let pan_id = u16::from_le_bytes([a, b]);
            if !matches!(pan_id, 0 | 0xffff) {
                break pan_id;
            }
        };
        let pan_id = match wanted.pan_id {
            0xffff => random(self),
            pan_id => pan_id,
        };
        let extended_pan_id = match wanted.extended_pan_id {
            0 => u64::from(self.dice.next()) << 32 | u64::from(self.dice.next()),
            id => id,
        };
        let key = if security.bitmask & security_bit::HAVE_NETWORK_KEY == 0 {
            self.random_key()
        } else {
            super::Key(security.network_key.0)
        };
        self.nvm.network = Some(Network {
            pan_id,
            extended_pan_id,
            channel: wanted.radio_channel,
            power,
            manager: wanted.nwk_manager_id,
            update_id: 0, // what the host says of it is ignored
            channels: wanted.channels,
            key,
            key_sequence: security.network_key_sequence_number,
            next_key: None,
            link_key: super::Key(security.preconfigured_key.0),
            security: security.bitmask,
            extended_security: self.ram.extended_security(),
            trust_centre: self.ram.ieee,
        });
        self.nvm.children.clear();
        self.nodes.clear();
        self.ram.power = power;
        self.ram.later.push((now + START, Later::Up));
        command::FormNetworkReply { status: Status::OK }
    }

    pub(super) fn leave_network(
        &mut self,
        _: command::LeaveNetwork,
        now: Duration,
    ) -> command::LeaveNetworkReply {
        if !self.ram.up {
            return command::LeaveNetworkReply {
                status: Status::INVALID_STATE,
            };
        }
        self.ram.up = false;
        self.ram.open_until = None;
        self.nvm.network = None;
        self.nvm.children.clear();
        self.nodes.clear();
        self.ram.later.push((now + START, Later::Down));
        command::LeaveNetworkReply { status: Status::OK }
    }

    pub(super) fn get_network_parameters(
        &mut self,
        _: command::GetNetworkParameters,
        _: Duration,
    ) -> command::GetNetworkParametersReply {
        let Some(network) = self.nvm.network.as_ref().filter(|_| self.ram.up) else {
            return command::GetNetworkParametersReply {
                status: Status::NOT_JOINED,
                ..Default::default()
            };
        };
        let [radio_tx_power] = self.ram.power.to_le_bytes();
        command::GetNetworkParametersReply {
            status: Status::OK,
            node_type: node_type::COORDINATOR,
            parameters: NetworkParameters {
                extended_pan_id: network.extended_pan_id,
                pan_id: network.pan_id,
                radio_tx_power,
                radio_channel: network.channel,
                join_method: 0,
                nwk_manager_id: network.manager,
                nwk_update_id: network.update_id,
                channels: network.channels,
            },
        }
    }

    pub(super) fn get_parent_child_parameters(
        &mut self,
        _: command::GetParentChildParameters,
        _: Duration,
    ) -> command::GetParentChildParametersReply {
        command::GetParentChildParametersReply {
            child_count: u8::try_from(self.nvm.children.len()).unwrap_or(u8::MAX),
            parent_eui64: Ieee(0),
            parent_node_id: 0xffff,
        }
    }

    pub(super) fn permit_joining(
        &mut self,
        request: command::PermitJoining,
        now: Duration,
    ) -> command::PermitJoiningReply {
        if !self.ram.up {
            return command::PermitJoiningReply {
                status: Status::INVALID_STATE,
            };
        }
        let was_open = self.ram.open_until.is_some();
        self.ram.open_until = match request.duration {
            0 => None,
            255 => Some(Duration::MAX),
            seconds => Some(now + Duration::from_secs(seconds.into())),
        };
        if !was_open {
            self.ram.open_since = now;
        }
        let status = match (was_open, self.ram.open_until.is_some()) {
            (_, true) => Some(Status::ZIGBEE_NETWORK_OPENED),
            (true, false) => Some(Status::ZIGBEE_NETWORK_CLOSED),
            (false, false) => None,
        };
        if let Some(status) = status {
            self.tell_at(&callback::StackStatusHandler { status }, Some(now));
        }
        command::PermitJoiningReply { status: Status::OK }
    }

    /// The time for joining is over.
    pub(super) fn close(&mut self) {
        self.ram.open_until = None;
        self.tell(&callback::StackStatusHandler {
            status: Status::ZIGBEE_NETWORK_CLOSED,
        });
    }

    pub(super) const fn set_radio_power(
        &mut self,
        request: command::SetRadioPower,
        _: Duration,
    ) -> command::SetRadioPowerReply {
        let possible = request.power >= -20 && request.power <= 20;
        if possible {
            self.ram.power = request.power;
        }
        command::SetRadioPowerReply {
            status: if possible {
                Status::OK
            } else {
                Status::TRANSMIT_INVALID_POWER
            },
        }
    }

    fn set_channel(&mut self, channel: u8) -> Status {
        match &mut self.nvm.network {
            _ if !(11..=26).contains(&channel) => Status::TRANSMIT_INVALID_CHANNEL,
            None => Status::INVALID_STATE,
            Some(network) => {
                network.channel = channel;
                Status::OK
            }
        }
    }

    pub(super) fn set_radio_channel(
        &mut self,
        request: command::SetRadioChannel,
        _: Duration,
    ) -> command::SetRadioChannelReply {
        command::SetRadioChannelReply {
            status: self.set_channel(request.channel),
        }
    }

    pub(super) fn set_logical_and_radio_channel(
        &mut self,
        request: command::SetLogicalAndRadioChannel,
        _: Duration,
    ) -> command::SetLogicalAndRadioChannelReply {
        command::SetLogicalAndRadioChannelReply {
            status: self.set_channel(request.channel),
        }
    }

    pub(super) fn get_logical_channel(
        &mut self,
        _: command::GetLogicalChannel,
        _: Duration,
    ) -> command::GetLogicalChannelReply {
        command::GetLogicalChannelReply {
            radio_channel: self
                .nvm
                .network
                .as_ref()
                .map_or(0, |network| network.channel),
        }
    }

    pub(super) const fn set_radio_ieee802154_cca_mode(
        &mut self,
        _: command::SetRadioIeee802154CcaMode,
        _: Duration,
    ) -> command::SetRadioIeee802154CcaModeReply {
        command::SetRadioIeee802154CcaModeReply { status: Status::OK }
    }

    /// A channel is changed after a broadcast said so.
    pub(super) fn change_channel(&mut self, channels: u32, now: Duration) {
        if let Some(channel) = (11..=26).find(|channel| channels == 1 << channel) {
            self.ram.later.push((now + CHANGE, Later::Channel(channel)));
        }
    }

    /// What an energy scan hears, in dBm.
    pub(super) fn energy(&mut self) -> i8 {
        -95 + (self.dice.next() % 25) as i8
    }

    pub(super) fn start_scan(
        &mut self,
        request: command::StartScan,
        now: Duration,
    ) -> command::StartScanReply {
        let channels: Vec<u8> = (11..=26)
            .filter(|channel| request.channel_mask & 1 << channel != 0)
            .collect();
        let status = if channels.is_empty() {
            Status::INVALID_CHANNEL_MASK
        } else if request.duration > 14 {
            Status::BAD_SCAN_DURATION
        } else if request.scan_type > scan_type::ACTIVE_SCAN {
            Status::MAC_INCORRECT_SCAN_TYPE
        } else {
            let mut at = now;
            for &channel in &channels {
                at += SCAN;
                if request.scan_type == scan_type::ENERGY_SCAN {
                    let max_rssi_value = self.energy();
                    let heard = callback::EnergyScanResultHandler {
                        channel,
                        max_rssi_value,
                    };
                    self.tell_at(&heard, Some(at));
                }
            }
            let done = callback::ScanCompleteHandler {
                channel: channels.last().copied().unwrap_or_default(),
                status: Status::OK,
            };
            self.tell_at(&done, Some(at + SCAN));
            Status::OK
        };
        command::StartScanReply { status }
    }

    pub(super) const fn stop_scan(
        &mut self,
        _: command::StopScan,
        _: Duration,
    ) -> command::StopScanReply {
        command::StopScanReply { status: Status::OK }
    }

    pub(super) fn find_unused_pan_id(
        &mut self,
        request: command::FindUnusedPanId,
        now: Duration,
    ) -> command::FindUnusedPanIdReply {
        let Some(channel) = (11..=26).find(|channel| request.channel_mask & 1 << channel != 0)
        else {
            return command::FindUnusedPanIdReply {
                status: Status::INVALID_CHANNEL_MASK,
            };
        };
        let [a, b, ..] = self.dice.next().to_le_bytes();
        let found = callback::UnusedPanIdFoundHandler {
            pan_id: u16::from_le_bytes([a, b]) & 0x3fff | 1,
            channel,
        };
        self.tell_at(&found, Some(now + 10 * SCAN));
        command::FindUnusedPanIdReply { status: Status::OK }
    }

    pub(super) fn send_pan_id_update(
        &mut self,
        request: command::SendPanIdUpdate,
        _: Duration,
    ) -> command::SendPanIdUpdateReply {
        let status = match &mut self.nvm.network {
            Some(network) if self.ram.up => {
                network.pan_id = request.new_pan;
                Status::OK
            }
            _ => Status::INVALID_STATE,
        };
        command::SendPanIdUpdateReply { status }
    }

    pub(super) fn remove_device(
        &mut self,
        request: command::RemoveDevice,
        _: Duration,
    ) -> command::RemoveDeviceReply {
        let status = if self.ram.up {
            self.removed.push(request.target_long);
            Status::OK
        } else {
            Status::INVALID_STATE
        };
        command::RemoveDeviceReply { status }
    }

    /// A device associates; `taken` are the addresses that are not free.
    pub(in crate::sim) fn associate(
        &mut self,
        ieee: Ieee,
        sleepy: bool,
        taken: &[u16],
        now: Duration,
    ) -> Joining {
        let open = self.ram.up && self.ram.open_until.is_some_and(|until| until > now);
        if !open || now < self.ram.open_since + NOTICE {
            return Joining::Closed;
        }
        let Some(network) = self.nvm.network.clone() else {
            return Joining::Closed;
        };
        self.count(counter::JOIN_INDICATION);
        let address = loop {
            let [a, b, ..] = self.dice.next().to_le_bytes();
            let address = u16::from_le_bytes([a, b]);
            if (1..0xfff0).contains(&address) && !taken.contains(&address) {
                break address;
            }
        };
        let policy = self
            .ram
            .policies
            .get(&policy_id::TRUST_CENTER_POLICY)
            .copied()
            .unwrap_or_default();
        let allowed = policy & trust_center_decision::ALLOW_JOINS != 0;
        // Without a key both sides know, the network key cannot be handed over.
        let key = self
            .ram
            .transient_keys
            .iter()
            .any(|(partner, _)| *partner == ieee)
            || policy & trust_center_decision::JOINS_USE_INSTALL_CODE_KEY == 0
                && self
                    .ram
                    .transient_keys
                    .iter()
                    .any(|(partner, key)| *partner == ANYBODY && key.0 == *b"ZigBeeAlliance09");
        if allowed && sleepy && !self.adopt(ieee, address, now) {
            return Joining::Refused;
        }
        let joined = callback::TrustCenterJoinHandler {
            new_node_id: address,
            new_node_eui64: ieee,
            status: device_update::STANDARD_SECURITY_UNSECURED_JOIN,
            policy_decision: if allowed {
                join_decision::USE_PRECONFIGURED_KEY
            } else {
                join_decision::DENY_JOIN
            },
            parent_of_new_node_id: 0,
        };
        self.tell_at(&joined, Some(now));
        if !allowed || !key {
            self.nvm.children.retain(|_, child| child.ieee != ieee);
            return Joining::Refused;
        }
        self.nodes.retain(|(known, _)| *known != ieee);
        self.nodes.push((ieee, address));
        self.count(counter::NEIGHBOR_ADDED);
        // Later it asks for a link key of its own, and proves that it has it.
        for (after, status) in [
            (120, key_status::TC_RESPONDED_TO_KEY_REQUEST),
            (180, key_status::TC_REQUESTER_VERIFY_KEY_SUCCESS),
        ] {
            let established = callback::ZigbeeKeyEstablishmentHandler {
                partner: ieee,
                status,
            };
            self.tell_at(&established, Some(now + Duration::from_millis(after)));
        }
        Joining::Joined(Membership {
            pan_id: network.pan_id,
            extended_pan_id: network.extended_pan_id,
            key: network.key,
            address,
            trust_centre: network.trust_centre,
            counter: self.nvm.network_counter,
        })
    }

    /// Takes an end device as a child; false if there are too many.
    fn adopt(&mut self, ieee: Ieee, node: u16, now: Duration) -> bool {
        self.nvm.children.retain(|_, child| child.ieee != ieee);
        let limit =
            u8::try_from(self.configured(config_id::MAX_END_DEVICE_CHILDREN)).unwrap_or(u8::MAX);
        let Some(index) = (0..limit).find(|index| !self.nvm.children.contains_key(index)) else {
            return false;
        };
        let kind = node_type::SLEEPY_END_DEVICE;
        let flags = 0x80;
        self.nvm.children.insert(
            index,
            Child {
                ieee,
                node,
                kind,
                flags,
            },
        );
        let joined = callback::ChildJoinHandler {
            index,
            joining: true,
            child_id: node,
            child_eui64: ieee,
            child_type: kind,
        };
        self.tell_at(&joined, Some(now));
        true
    }

    /// A device left the network.
    pub(in crate::sim) fn left(&mut self, ieee: Ieee, address: u16, at: Duration) {
        let index = self
            .nvm
            .children
            .iter()
            .find(|(_, child)| child.ieee == ieee)
            .map(|(index, _)| *index);
        self.nodes.retain(|(known, _)| *known != ieee);
        if !self.ram.up {
            return;
        }
        if let Some(index) = index
            && let Some(child) = self.nvm.children.remove(&index)
        {
            let gone = callback::ChildJoinHandler {
                index,
                joining: false,
                child_id: child.node,
                child_eui64: ieee,
                child_type: child.kind,
            };
            self.count(counter::CHILD_REMOVED);
            self.tell_at(&gone, Some(at));
        }
        let left = callback::TrustCenterJoinHandler {
            new_node_id: address,
            new_node_eui64: ieee,
            status: device_update::DEVICE_LEFT,
            policy_decision: join_decision::NO_ACTION,
            parent_of_new_node_id: 0,
        };
        self.tell_at(&left, Some(at));
    }
}
