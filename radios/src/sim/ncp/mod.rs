//! The simulated co-processor: EZSP commands in, replies and callbacks out.
//!
//! It keeps what a real one keeps in flash ([`nvm`]) and loses at each reset what a real one loses:
//! configuration, policies, endpoints, multicast and address tables, transient keys. It holds no
//! clock and does no I/O: the simulated world drives it.

mod messaging;
mod network;
pub mod nvm;
mod security;
mod setup;
mod stack;
mod tables;
mod tokens;

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::time::Duration;

use super::air::Packet;
use super::device::Membership;
use super::faults::{Dice, Faults};
use crate::Ieee;
use crate::ezsp::frame::{Control, Frame, Header};
use crate::ezsp::types::{ApsFrame, InitialSecurityState};
use crate::ezsp::values::value_id;
use crate::ezsp::{Command, Notice, Parameters, Status, Version, callback, command};
use crate::zigbee::zdo::SimpleDescriptor;
use nvm::{Key, Network, Nvm};

/// Callbacks that wait for the host; a real part's buffers hold no more either.
const MAX_WAITING: usize = 200;

/// Something the co-processor sends into the air.
#[derive(Debug)]
pub(super) struct Flight {
    pub(super) packet: Packet,
    /// Whose fate the co-processor wants to know.
    pub(super) handle: Option<u32>,
    /// The network layer's frame counter.
    pub(super) counter: u32,
}

/// What comes of an attempt to join.
#[derive(Debug)]
pub(super) enum Joining {
    /// No open network is in sight.
    Closed,
    /// The trust centre did not let the device in.
    Refused,
    /// It is in.
    Joined(Membership),
}

/// A message whose fate the host is to be told.
#[derive(Debug)]
struct Pending {
    handle: u32,
    kind: u8,
    destination: u16,
    aps_frame: ApsFrame,
    tag: u16,
    message: Vec<u8>,
}

/// An entry of the address table.
#[derive(Clone, Copy, Debug)]
struct Address {
    ieee: Ieee,
    node: u16,
}

/// Something the co-processor does later.
#[derive(Debug)]
enum Later {
    /// Send a callback.
    Callback(Vec<u8>, u16),
    /// The network is up.
    Up,
    /// The network is down.
    Down,
    /// The network moves to another channel.
    Channel(u8),
}

/// What a reset loses.
#[derive(Debug)]
struct Ram {
    /// The host has named our version.
    negotiated: bool,
    sequence: u8,
    header: Header,
    ieee: Ieee,
    configuration: BTreeMap<u8, u16>,
    values: BTreeMap<u8, Vec<u8>>,
    policies: BTreeMap<u8, u8>,
    endpoints: Vec<SimpleDescriptor>,
    multicast: BTreeMap<u8, (u16, u8)>,
    addresses: BTreeMap<u8, Address>,
    extended_timeouts: BTreeSet<Ieee>,
    transient_keys: Vec<(Ieee, Key)>,
    initial_security: Option<InitialSecurityState>,
    up: bool,
    /// Open for joining until then; the maximum is for ever.
    open_until: Option<Duration>,
    /// Open since then: devices take a moment to notice.
    open_since: Duration,
    power: i8,
    manufacturer_code: u16,
    power_descriptor: u16,
    counters: [u16; COUNTERS],
    aps_sequence: u8,
    pending: Vec<Pending>,
    broadcasts: VecDeque<Duration>,
    later: Vec<(Duration, Later)>,
    overflowed: bool,
}

const COUNTERS: usize = 40;

/// The simulated co-processor.
#[derive(Debug)]
pub(super) struct Ncp {
    version: Version,
    nvm: Nvm,
    ram: Ram,
    faults: Faults,
    dice: Dice,
    handle: u32,
    replies: VecDeque<Vec<u8>>,
    callbacks: VecDeque<Vec<u8>>,
    air: VecDeque<Flight>,
    removed: Vec<Ieee>,
    switched: Option<(Key, Key)>,
    /// Addresses of those in the network, as the neighbour table has them.
    nodes: Vec<(Ieee, u16)>,
}

/// What the macro below makes of one command: decode, do, encode.
type Reply = Result<Vec<u8>, Status>;

/// The commands and who carries them out; all others are not part of this firmware.
macro_rules! commands {
    ($ncp:ident, $id:ident, $parameters:ident, $now:ident: $($command:ident => $method:ident;)*) => {
        match $id {
            $(command::$command::ID if command::$command::is_in($ncp.version) => {
                let request = <command::$command as Parameters>::decode($parameters, $ncp.version)
                    .map_err(|_| Status::EZSP_COMMAND_TOO_LONG)?;
                let reply: <command::$command as Command>::Reply = $ncp.$method(request, $now);
                reply.encode($ncp.version).map_err(|_| Status::EZSP_TRUNCATED)
            })*
            _ => Err(Status::EZSP_INVALID_FRAME_ID),
        }
    };
}

impl Ncp {
    pub(super) fn new(version: Version, nvm: Nvm, faults: Faults, seed: u32) -> Self {
        let ram = Ram::new(&nvm);
        Self {
            version,
            nvm,
            ram,
            faults,
            dice: Dice::new(seed ^ 0x00c0_ffee),
            handle: 0,
            replies: VecDeque::new(),
            callbacks: VecDeque::new(),
            air: VecDeque::new(),
            removed: Vec::new(),
            switched: None,
            nodes: Vec::new(),
        }
    }

    /// RST, the reset pin or the power switch.
    pub(super) fn reset(&mut self, _now: Duration) {
        self.nvm.boots = self.nvm.boots.wrapping_add(1);
        // Counters are kept in steps, so that a reset never repeats one.
        self.nvm.network_counter = self.nvm.network_counter.saturating_add(1024);
        self.ram = Ram::new(&self.nvm);
        self.replies.clear();
        self.callbacks.clear();
        self.air.clear();
    }

    pub(super) const fn nvm(&self) -> &Nvm {
        &self.nvm
    }

    /// The network it belongs to, up or not.
    pub(super) const fn network(&self) -> Option<&Network> {
        self.nvm.network.as_ref()
    }

    /// The next reply for the host.
    pub(super) fn poll_reply(&mut self) -> Option<Vec<u8>> {
        self.replies.pop_front()
    }

    /// The next callback for the host.
    pub(super) fn poll_callback(&mut self) -> Option<Vec<u8>> {
        self.callbacks.pop_front()
    }

    /// The next thing for the air.
    pub(super) fn poll_air(&mut self) -> Option<Flight> {
        self.air.pop_front()
    }

    /// Devices the host wants out.
    pub(super) fn poll_removed(&mut self) -> Vec<Ieee> {
        std::mem::take(&mut self.removed)
    }

    /// The network key was switched from the one to the other.
    pub(super) const fn poll_switched(&mut self) -> Option<(Key, Key)> {
        self.switched.take()
    }

    pub(super) fn poll_timeout(&self) -> Option<Duration> {
        let later = self.ram.later.iter().map(|(at, _)| *at).min();
        let closing = self.ram.open_until.filter(|until| *until != Duration::MAX);
        match (later, closing) {
            (Some(later), Some(closing)) => Some(later.min(closing)),
            (later, closing) => later.or(closing),
        }
    }

    pub(super) fn handle_timeout(&mut self, now: Duration) {
        while let Some(index) = self.first_due(now) {
            let (_, later) = self.ram.later.remove(index);
            self.do_later(later);
        }
        if self.ram.open_until.is_some_and(|until| until <= now) {
            self.close();
        }
    }

    /// The earliest of what is due.
    fn first_due(&self, now: Duration) -> Option<usize> {
        let due = self
            .ram
            .later
            .iter()
            .enumerate()
            .filter(|(_, (at, _))| *at <= now);
        due.min_by_key(|(index, (at, _))| (*at, *index))
            .map(|(index, _)| index)
    }

    fn do_later(&mut self, later: Later) {
        match later {
            Later::Callback(parameters, id) => self.queue(&parameters, id),
            Later::Up => {
                self.ram.up = true;
                self.tell(&callback::StackStatusHandler {
                    status: Status::NETWORK_UP,
                });
            }
            Later::Down => {
                self.tell(&callback::StackStatusHandler {
                    status: Status::NETWORK_DOWN,
                });
            }
            Later::Channel(channel) => {
                if let Some(network) = &mut self.nvm.network {
                    network.channel = channel;
                    network.update_id = network.update_id.wrapping_add(1);
                    self.tell(&callback::StackStatusHandler {
                        status: Status::ZIGBEE_CHANNEL_CHANGED,
                    });
                }
            }
        }
    }

    /// Sends a callback.
    fn tell<N: Notice>(&mut self, notice: &N) {
        self.tell_at(notice, None);
    }

    /// Sends a callback at some time.
    fn tell_at<N: Notice>(&mut self, notice: &N, at: Option<Duration>) {
        if !(N::FIRST..=N::LAST).contains(&self.version.number()) {
            return;
        }
        match (notice.encode(self.version), at) {
            (Ok(parameters), None) => self.queue(&parameters, N::ID),
            (Ok(parameters), Some(at)) => {
                self.ram
                    .later
                    .push((at, Later::Callback(parameters, N::ID)));
            }
            (Err(error), _) => tracing::warn!(%error, "the simulated NCP cannot say that"),
        }
    }

    fn queue(&mut self, parameters: &[u8], id: u16) {
        if !self.ram.negotiated {
            return; // nobody listens yet
        }
        if self.callbacks.len() >= MAX_WAITING {
            tracing::warn!("the host is too slow: the simulated NCP drops a callback");
            self.ram.overflowed = true;
            return;
        }
        let frame = Frame {
            header: self.ram.header,
            sequence: self.ram.sequence,
            control: Control::CALLBACK,
            id,
            parameters,
        };
        match frame.encode() {
            Ok(frame) => self.callbacks.push_back(frame),
            Err(error) => tracing::warn!(%error, "the simulated NCP cannot say that"),
        }
    }

    /// An EZSP frame came.
    pub(super) fn receive(&mut self, frame: &[u8], now: Duration) {
        let frame = match Frame::parse(frame) {
            Ok(frame) if !frame.control.is_from_ncp() => frame,
            _ => return,
        };
        self.ram.sequence = frame.sequence;
        self.ram.header = frame.header;
        let (id, parameters) = match self.obey(&frame, now) {
            Ok(reply) => (frame.id, reply),
            Err(reason) => {
                let invalid = callback::InvalidCommand { reason };
                let parameters = invalid.encode(self.version).unwrap_or_default();
                (callback::InvalidCommand::ID, parameters)
            }
        };
        let mut control = Control::REPLY;
        if self.faults.overflows() || std::mem::take(&mut self.ram.overflowed) {
            control = control.with_overflow();
        }
        let reply = Frame {
            header: frame.header,
            sequence: frame.sequence,
            control,
            id,
            parameters: &parameters,
        };
        match reply.encode() {
            Ok(reply) => self.replies.push_back(reply),
            Err(error) => tracing::warn!(%error, "the simulated NCP cannot say that"),
        }
    }

    fn obey(&mut self, frame: &Frame<'_>, now: Duration) -> Reply {
        if frame.id == command::VersionCommand::ID {
            return self.handshake(frame);
        }
        if !self.ram.negotiated || frame.header != Header::Extended {
            return Err(Status::EZSP_VERSION_NOT_SET);
        }
        let (id, parameters) = (frame.id, frame.parameters);
        commands! { self, id, parameters, now:
            Nop => nop;
            Echo => echo;
            GetConfigurationValue => get_configuration_value;
            SetConfigurationValue => set_configuration_value;
            GetValue => get_value;
            SetValue => set_value;
            GetExtendedValue => get_extended_value;
            GetPolicy => get_policy;
            SetPolicy => set_policy;
            AddEndpoint => add_endpoint;
            SetManufacturerCode => set_manufacturer_code;
            SetPowerDescriptor => set_power_descriptor;
            GetMfgToken => get_mfg_token;
            SetMfgToken => set_mfg_token;
            CustomFrame => custom_frame;
            GetXncpInfo => get_xncp_info;
            GetRandomNumber => get_random_number;
            GetPhyInterfaceCount => get_phy_interface_count;
            ReadCounters => read_counters;
            ReadAndClearCounters => read_and_clear_counters;
            LaunchStandaloneBootloader => launch_standalone_bootloader;
            GetEui64 => get_eui64;
            GetNodeId => get_node_id;
            NetworkInit => network_init;
            NetworkState => network_state;
            FormNetwork => form_network;
            LeaveNetwork => leave_network;
            GetNetworkParameters => get_network_parameters;
            GetParentChildParameters => get_parent_child_parameters;
            PermitJoining => permit_joining;
            SetRadioPower => set_radio_power;
            SetRadioChannel => set_radio_channel;
            SetLogicalAndRadioChannel => set_logical_and_radio_channel;
            GetLogicalChannel => get_logical_channel;
            SetRadioIeee802154CcaMode => set_radio_ieee802154_cca_mode;
            StartScan => start_scan;
            StopScan => stop_scan;
            FindUnusedPanId => find_unused_pan_id;
            SendPanIdUpdate => send_pan_id_update;
            RemoveDevice => remove_device;
            SetInitialSecurityState => set_initial_security_state;
            GetCurrentSecurityState => get_current_security_state;
            GetKey => get_key;
            ExportKey => export_key;
            ImportKey => import_key;
            GetNetworkKeyInfo => get_network_key_info;
            GetApsKeyInfo => get_aps_key_info;
            GetKeyTableEntry => get_key_table_entry;
            SetKeyTableEntry => set_key_table_entry;
            AddOrUpdateKeyTableEntry => add_or_update_key_table_entry;
            FindKeyTableEntry => find_key_table_entry;
            EraseKeyTableEntry => erase_key_table_entry;
            ClearKeyTable => clear_key_table;
            ExportLinkKeyByIndex => export_link_key_by_index;
            ExportLinkKeyByEui => export_link_key_by_eui;
            ImportLinkKey => import_link_key;
            AddTransientLinkKey => add_transient_link_key;
            ImportTransientKey => import_transient_key;
            ExportTransientKeyByIndex => export_transient_key_by_index;
            ExportTransientKeyByEui => export_transient_key_by_eui;
            ClearTransientLinkKeys => clear_transient_link_keys;
            BroadcastNextNetworkKey => broadcast_next_network_key;
            BroadcastNetworkKeySwitch => broadcast_network_key_switch;
            UnicastCurrentNetworkKey => unicast_current_network_key;
            SendTrustCenterLinkKey => send_trust_center_link_key;
            SendUnicast => send_unicast;
            SendBroadcast => send_broadcast;
            ProxyBroadcast => proxy_broadcast;
            SendMulticast => send_multicast;
            SendMulticastWithAlias => send_multicast_with_alias;
            SendReply => send_reply;
            MaximumPayloadLength => maximum_payload_length;
            SetExtendedTimeout => set_extended_timeout;
            GetExtendedTimeout => get_extended_timeout;
            SetConcentrator => set_concentrator;
            SetSourceRouteDiscoveryMode => set_source_route_discovery_mode;
            SendManyToOneRouteRequest => send_many_to_one_route_request;
            SetSourceRoute => set_source_route;
            GetSourceRouteTableTotalSize => get_source_route_table_total_size;
            GetSourceRouteTableFilledSize => get_source_route_table_filled_size;
            SetMulticastTableEntry => set_multicast_table_entry;
            GetMulticastTableEntry => get_multicast_table_entry;
            ReplaceAddressTableEntry => replace_address_table_entry;
            SetAddressTableRemoteEui64 => set_address_table_remote_eui64;
            SetAddressTableRemoteNodeId => set_address_table_remote_node_id;
            SetAddressTableInfo => set_address_table_info;
            GetAddressTableRemoteNodeId => get_address_table_remote_node_id;
            GetAddressTableRemoteEui64 => get_address_table_remote_eui64;
            GetAddressTableInfo => get_address_table_info;
            LookupNodeIdByEui64 => lookup_node_id_by_eui64;
            LookupEui64ByNodeId => lookup_eui64_by_node_id;
            SetBinding => set_binding;
            GetBinding => get_binding;
            DeleteBinding => delete_binding;
            ClearBindingTable => clear_binding_table;
            GetChildData => get_child_data;
            SetChildData => set_child_data;
            GetNeighbor => get_neighbor;
            NeighborCount => neighbor_count;
            GetRouteTableEntry => get_route_table_entry;
            SetNeighborFrameCounter => set_neighbor_frame_counter;
            GetNeighborFrameCounter => get_neighbor_frame_counter;
            GetTokenCount => get_token_count;
            GetTokenInfo => get_token_info;
            GetTokenData => get_token_data;
            SetTokenData => set_token_data;
            TokenFactoryReset => token_factory_reset;
            GpSinkTableInit => gp_sink_table_init;
            GpSinkTableClearAll => gp_sink_table_clear_all;
            GpClearProxyTable => gp_clear_proxy_table;
            GpProxyTableLookup => gp_proxy_table_lookup;
            GpProxyTableGetEntry => gp_proxy_table_get_entry;
            GpProxyTableProcessGpPairing => gp_proxy_table_process_gp_pairing;
            GpSinkTableLookup => gp_sink_table_lookup;
        }
    }

    /// The version handshake: until the host has named our version, nothing else is answered.
    fn handshake(&mut self, frame: &Frame<'_>) -> Reply {
        let request = command::VersionCommand::decode(frame.parameters, self.version)
            .map_err(|_| Status::EZSP_COMMAND_TOO_LONG)?;
        if request.desired_protocol_version == self.version.number() {
            self.ram.negotiated = true;
        }
        let (_, [major, minor, patch]) = setup::firmware(self.version);
        let reply = command::VersionReply {
            protocol_version: self.version.number(),
            stack_type: 2,
            stack_version: u16::from(major) << 12 | u16::from(minor) << 8 | u16::from(patch) << 4,
        };
        reply
            .encode(self.version)
            .map_err(|_| Status::EZSP_TRUNCATED)
    }

    fn count(&mut self, counter: u8) {
        if let Some(counter) = self.ram.counters.get_mut(usize::from(counter)) {
            *counter = counter.wrapping_add(1);
        }
    }

    fn configured(&self, id: u8) -> u16 {
        self.ram.configuration.get(&id).copied().unwrap_or_default()
    }

    /// The frame counter of the next packet.
    const fn next_counter(&mut self) -> u32 {
        self.nvm.network_counter = self.nvm.network_counter.saturating_add(1);
        self.nvm.network_counter
    }
}

impl Ram {
    fn new(nvm: &Nvm) -> Self {
        Self {
            negotiated: false,
            sequence: 0,
            header: Header::Extended,
            ieee: nvm.ieee(),
            configuration: setup::CONFIGURATION
                .iter()
                .map(|row| (row.0, row.1))
                .collect(),
            values: setup::VALUES
                .iter()
                .map(|row| (row.0, row.1.to_vec()))
                .collect(),
            policies: setup::POLICIES.iter().copied().collect(),
            endpoints: Vec::new(),
            multicast: BTreeMap::new(),
            addresses: BTreeMap::new(),
            extended_timeouts: BTreeSet::new(),
            transient_keys: Vec::new(),
            initial_security: None,
            up: false,
            open_until: None,
            open_since: Duration::ZERO,
            power: nvm.network.as_ref().map_or(0, |network| network.power),
            manufacturer_code: 0x1049,
            power_descriptor: 0,
            counters: [0; COUNTERS],
            aps_sequence: 0,
            pending: Vec::new(),
            broadcasts: VecDeque::new(),
            later: Vec::new(),
            overflowed: false,
        }
    }

    fn extended_security(&self) -> u16 {
        let value = self.values.get(&value_id::EXTENDED_SECURITY_BITMASK);
        match value.map(Vec::as_slice) {
            Some([low, high]) => u16::from_le_bytes([*low, *high]),
            _ => 0,
        }
    }
}
