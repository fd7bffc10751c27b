//! The structs that parameters are made of. Fields are in wire order.

use nom::Parser;
use nom::bytes::complete::take;
use nom::multi::count;
use nom::number::complete::{le_u16, le_u32, u8};

use super::Version;
use super::layout::Kind;
#[cfg(test)]
use super::wire::Source;
use super::wire::{ByteBelow, Key, OrDefault, Secret, Since, Taken, Unwritable, Wire, structs};
use crate::Ieee;

structs! {
    /// The APS header of a message, as the stack gives and takes it.
    ApsFrame {
        /// Profile.
        profile_id: u16,
        /// Cluster.
        cluster_id: u16,
        /// Endpoint it comes from.
        source_endpoint: u8,
        /// Endpoint it goes to.
        destination_endpoint: u8,
        /// Bits of [`aps_option`](super::values::aps_option).
        options: u16,
        /// Group, for a multicast.
        group_id: u16,
        /// APS sequence number.
        sequence: u8,
    }

    /// How a packet was received.
    RxPacketInfo {
        sender_short_id: u16,
        sender_long_id: Ieee,
        binding_index: u8,
        address_index: u8,
        last_hop_lqi: u8,
        last_hop_rssi: i8,
        last_hop_timestamp: u32,
    }

    /// What makes a network.
    NetworkParameters {
        /// Extended PAN identifier, as a number.
        extended_pan_id: u64,
        /// PAN identifier.
        pan_id: u16,
        /// Transmit power in dBm.
        radio_tx_power: u8,
        /// Channel.
        radio_channel: u8,
        join_method: u8,
        /// Network address of the network manager.
        nwk_manager_id: u16,
        /// Network update identifier.
        nwk_update_id: u8,
        /// Channel mask.
        channels: u32,
    }

    /// Security to form or join with.
    InitialSecurityState {
        bitmask: u16,
        preconfigured_key: Key,
        network_key: Key,
        network_key_sequence_number: u8,
        preconfigured_trust_center_eui64: Ieee,
    }

    /// Security in force.
    CurrentSecurityState {
        bitmask: u16,
        trust_center_long_address: Ieee,
    }

    /// Which key of the security manager is meant.
    SecurityContext {
        core_key_type: u8,
        key_index: u8,
        derived_type: u16 as ByteBelow<13, u16>,
        /// IEEE address.
        eui64: Ieee,
        multi_network_index: u8,
        flags: u8,
        psa_key_alg_permission: u32,
    }

    /// What is kept beside an APS link key.
    ApsKeyMetadata {
        bitmask: u16,
        outgoing_frame_counter: u32,
        incoming_frame_counter: u32,
        ttl_in_seconds: u16,
    }

    /// The state of the network keys.
    NetworkKeyInfo {
        network_key_set: bool,
        alternate_network_key_set: bool,
        network_key_sequence_number: u8,
        alt_network_key_sequence_number: u8,
        network_key_frame_counter: u32,
    }

    /// A key as old versions report it.
    KeyStruct {
        bitmask: u16,
        kind: u8,
        key: Key,
        outgoing_frame_counter: u32,
        incoming_frame_counter: u32,
        sequence_number: u8,
        partner_eui64: Ieee,
    }

    /// A transient link key as old versions report it.
    TransientKeyData {
        /// IEEE address.
        eui64: Ieee,
        key_data: Key,
        bitmask: u16,
        remaining_time_seconds: u16,
    }

    /// A group this node is in.
    MulticastTableEntry {
        multicast_id: u16,
        endpoint: u8,
        network_index: u8 as OrDefault<u8>,
    }

    /// A binding.
    BindingTableEntry {
        kind: u8,
        local: u8,
        /// Cluster.
        cluster_id: u16,
        remote: u8,
        identifier: Ieee,
        network_index: u8,
    }

    /// A child.
    ChildData {
        /// IEEE address.
        eui64: Ieee,
        kind: u8,
        id: u16,
        phy: u8,
        power: u8,
        timeout: u8,
        timeout_remaining: u32 as Since<10, u32>,
    }

    /// A neighbour.
    NeighborTableEntry {
        short_id: u16,
        average_lqi: u8,
        in_cost: u8,
        out_cost: u8,
        age: u8,
        long_id: Ieee,
    }

    /// A route.
    RouteTableEntry {
        destination: u16,
        next_hop: u16,
        status: u8,
        age: u8,
        concentrator_type: u8,
        route_record_state: u8,
    }

    /// A network found by a scan.
    ZigbeeNetwork {
        channel: u8,
        /// PAN identifier.
        pan_id: u16,
        /// Extended PAN identifier, as a number.
        extended_pan_id: u64,
        allowing_join: bool,
        stack_profile: u8,
        /// Network update identifier.
        nwk_update_id: u8,
    }

    /// A beacon.
    BeaconData {
        channel: u8,
        lqi: u8,
        rssi: i8,
        depth: u8,
        /// Network update identifier.
        nwk_update_id: u8,
        power: i8,
        parent_priority: i8,
        /// PAN identifier.
        pan_id: u16,
        /// Extended PAN identifier, as a number.
        extended_pan_id: u64,
        sender: u16,
        enhanced: bool,
        permit_join: bool,
        has_capacity: bool,
    }

    /// A stored beacon and its place.
    BeaconIterator {
        beacon: BeaconData,
        index: u8,
    }

    /// Which beacons count.
    BeaconClassification {
        min_rssi_for_receiving_pkts: i8,
        beacon_classification_mask: u16,
    }

    /// Duty cycle limits.
    DutyCycleLimits {
        vendor_id: u16,
        vendor_string: [u8; 7],
    }

    /// The duty cycle of one device.
    DeviceDutyCycle {
        node_id: u16,
        duty_cycle_consumed: u16,
    }

    /// Parameters of a second radio.
    RadioParameters {
        /// Transmit power in dBm.
        radio_tx_power: i8,
        radio_page: u8,
        /// Channel.
        radio_channel: u8,
    }

    /// The running state of an AES-MMO hash.
    MmoHashContext {
        result: [u8; 16] as Secret<[u8; 16]>,
        length: u32,
    }

    /// A sink of a Green Power device.
    GpSinkListEntry {
        kind: u8,
        sink_eui: Ieee,
        sink_node_id: u16,
    }

    /// A Green Power device as a proxy knows it.
    GpProxyTableEntry {
        status: u8,
        /// Bits of [`aps_option`](super::values::aps_option).
        options: u32,
        gpd: GpAddress,
        assigned_alias: u16,
        security_options: u8,
        gpd_security_frame_counter: u32,
        gpd_key: Key,
        sink_list: [GpSinkListEntry; 2],
        groupcast_radius: u8,
        search_counter: u8,
    }

    /// A Green Power device as a sink knows it.
    GpSinkTableEntry {
        status: u8,
        /// Bits of [`aps_option`](super::values::aps_option).
        options: u32,
        gpd: GpAddress,
        device_id: u8,
        sink_list: [GpSinkListEntry; 2],
        assigned_alias: u16,
        groupcast_radius: u8,
        security_options: u8,
        gpd_security_frame_counter: u32,
        gpd_key: Key,
    }

    /// Touchlink: identifiers of a transaction.
    ZllSecurityAlgorithm {
        transaction_id: u32,
        response_id: u32,
        bitmask: u16,
    }

    /// Touchlink: a network found.
    ZllNetwork {
        zigbee_network: ZigbeeNetwork,
        security_algorithm: ZllSecurityAlgorithm,
        /// IEEE address.
        eui64: Ieee,
        node_id: u16,
        state: u16,
        node_type: u8,
        number_sub_devices: u8,
        total_group_identifiers: u8,
        rssi_correction: u8,
    }

    /// Touchlink: a device found.
    ZllDeviceInfo {
        ieee_address: Ieee,
        endpoint_id: u8,
        /// Profile.
        profile_id: u16,
        device_id: u16,
        version: u8,
        group_id_count: u8,
    }

    /// Touchlink: addresses and groups to give out.
    ZllAddressAssignment {
        node_id: u16,
        free_node_id_min: u16,
        free_node_id_max: u16,
        group_id_min: u16,
        group_id_max: u16,
        free_group_id_min: u16,
        free_group_id_max: u16,
    }

    /// Touchlink: keys to begin with.
    ZllInitialSecurityState {
        bitmask: u32,
        key_index: u8,
        encryption_key: Key,
        preconfigured_key: Key,
    }

    /// Touchlink: the data token.
    ZllData {
        bitmask: u32,
        free_node_id_min: u16,
        free_node_id_max: u16,
        my_group_id_min: u16,
        free_group_id_min: u16,
        free_group_id_max: u16,
        rssi_correction: u8,
    }

    /// Touchlink: the security token.
    ZllSecurity {
        bitmask: u32,
        key_index: u8,
        encryption_key: Key,
        preconfigured_key: Key,
    }

    /// A power amplifier description.
    PaDescriptor {
        algorithm: u8,
        num_segments_or_entries: u8,
        min_ddbm: i16,
        max_ddbm: i16,
    }

    /// A segment of a power curve.
    PaCurveSegment {
        max_power_level: u8,
        slope: i32,
        intercept: i32,
    }

    /// A power curve.
    PaCurve {
        curve_min_ddbm: i16,
        curve_max_ddbm: i16,
        segments: [PaCurveSegment; 9],
    }

    /// A power table.
    PaTable {
        ddbm_values: [i16; 16],
    }

    /// What is known of the power amplifier.
    PaMetadata {
        version: u8,
        num_descriptors: u8,
        pa_voltage: u16,
        signature: u32,
    }

    /// A Green Power device's address.
    GpAddress {
        /// 0: a source id; 2: an IEEE address and an endpoint.
        application_id: u8,
        /// The source id (in the first four bytes) or the IEEE address, least significant byte first.
        id: [u8; 8],
        /// Endpoint of a device with an IEEE address.
        endpoint: u8,
    }
}

/// How a packet was received, as callbacks carry it: only link quality and RSSI below version 14.
#[derive(Debug)]
pub enum PacketInfo {}

impl Wire for PacketInfo {
    type Value = RxPacketInfo;
    const KIND: Kind = Kind::PacketInfo;

    fn put(value: &RxPacketInfo, version: Version, out: &mut Vec<u8>) -> Result<(), Unwritable> {
        if version.since(14) {
            return RxPacketInfo::put(value, version, out);
        }
        u8::put(&value.last_hop_lqi, version, out)?;
        i8::put(&value.last_hop_rssi, version, out)
    }

    fn take(input: &[u8], version: Version) -> Taken<'_, RxPacketInfo> {
        if version.since(14) {
            return RxPacketInfo::take(input, version);
        }
        let (rest, last_hop_lqi) = u8(input)?;
        let (rest, last_hop_rssi) = i8::take(rest, version)?;
        Ok((
            rest,
            RxPacketInfo {
                last_hop_lqi,
                last_hop_rssi,
                ..RxPacketInfo::default()
            },
        ))
    }

    #[cfg(test)]
    fn make(source: &mut Source<'_>, version: Version) -> RxPacketInfo {
        let info = RxPacketInfo::make(source, version);
        if version.since(14) {
            return info;
        }
        RxPacketInfo {
            last_hop_lqi: info.last_hop_lqi,
            last_hop_rssi: info.last_hop_rssi,
            ..RxPacketInfo::default()
        }
    }
}

/// What a token looks like. The size is one byte below version 19 (and in early 18), four from
/// there: when reading, the length of the frame decides.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TokenInfo {
    /// Its NVM3 key, see [`nvm3_key`](super::values::nvm3_key).
    pub nvm3_key: u32,
    /// Whether it is a counter.
    pub is_counter: bool,
    /// Whether it has several elements.
    pub is_indexed: bool,
    /// Bytes of one element.
    pub size: u32,
    /// Number of elements.
    pub array_size: u8,
}

impl Wire for TokenInfo {
    type Value = Self;
    const KIND: Kind = Kind::TokenInfo;

    fn put(value: &Self, version: Version, out: &mut Vec<u8>) -> Result<(), Unwritable> {
        u32::put(&value.nvm3_key, version, out)?;
        bool::put(&value.is_counter, version, out)?;
        bool::put(&value.is_indexed, version, out)?;
        ByteBelow::<19, u32>::put(&value.size, version, out)?;
        u8::put(&value.array_size, version, out)
    }

    fn take(input: &[u8], version: Version) -> Taken<'_, Self> {
        let wide = input.len() >= 11;
        let (rest, nvm3_key) = le_u32(input)?;
        let (rest, is_counter) = bool::take(rest, version)?;
        let (rest, is_indexed) = bool::take(rest, version)?;
        let (rest, size) = if wide {
            le_u32(rest)?
        } else {
            u8.map(u32::from).parse(rest)?
        };
        let (rest, array_size) = u8(rest)?;
        Ok((
            rest,
            Self {
                nvm3_key,
                is_counter,
                is_indexed,
                size,
                array_size,
            },
        ))
    }

    #[cfg(test)]
    fn make(source: &mut Source<'_>, version: Version) -> Self {
        Self {
            nvm3_key: u32::make(source, version),
            is_counter: bool::make(source, version),
            is_indexed: bool::make(source, version),
            size: ByteBelow::<19, u32>::make(source, version),
            array_size: u8::make(source, version),
        }
    }
}

/// The clusters of an endpoint: on the wire both numbers come first, then both lists.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Clusters {
    /// Server clusters.
    pub input: Vec<u16>,
    /// Client clusters.
    pub output: Vec<u16>,
}

impl Wire for Clusters {
    type Value = Self;
    const KIND: Kind = Kind::Clusters;

    fn put(value: &Self, _: Version, out: &mut Vec<u8>) -> Result<(), Unwritable> {
        for list in [&value.input, &value.output] {
            out.push(u8::try_from(list.len()).map_err(|_| Unwritable::TooLong)?);
        }
        for cluster in value.input.iter().chain(&value.output) {
            out.extend_from_slice(&cluster.to_le_bytes());
        }
        Ok(())
    }

    fn take(input: &[u8], _: Version) -> Taken<'_, Self> {
        let (rest, (inputs, outputs)) = (u8, u8).parse(input)?;
        // The bytes first, so that a count alone allocates nothing.
        let length = 2 * (usize::from(inputs) + usize::from(outputs));
        let (_, _) = take(length)(rest)?;
        let (rest, input) = count(le_u16, usize::from(inputs)).parse(rest)?;
        let (rest, output) = count(le_u16, usize::from(outputs)).parse(rest)?;
        Ok((rest, Self { input, output }))
    }

    #[cfg(test)]
    fn make(source: &mut Source<'_>, version: Version) -> Self {
        Self {
            input: super::wire::Counted::<u16>::make(source, version),
            output: super::wire::Counted::<u16>::make(source, version),
        }
    }
}
