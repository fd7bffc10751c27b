//! What the NCP sends on its own.

use crate::Ieee;
use crate::ezsp::Status;
use crate::ezsp::parameters::callbacks;
use crate::ezsp::types::{
    ApsFrame, BindingTableEntry, DeviceDutyCycle, GpAddress, PacketInfo, RxPacketInfo,
    ZigbeeNetwork, ZllAddressAssignment, ZllDeviceInfo, ZllNetwork,
};
use crate::ezsp::wire::{ByteBelow, Counted, Lv8, Optional, Reason, Secret, Since, Tag};

callbacks! {
    NoCallbacks 0x0007 "noCallbacks" since 8 ();
    StackTokenChangedHandler 0x000d "stackTokenChangedHandler" since 8 (token_address: u16);
    TimerHandler 0x000f "timerHandler" since 8 (timer_id: u8);
    StackStatusHandler 0x0019 "stackStatusHandler" since 8 (status: Status);
    NetworkFoundHandler 0x001b "networkFoundHandler" since 8
        (network_found: ZigbeeNetwork, last_hop_lqi: u8, last_hop_rssi: i8);
    ScanCompleteHandler 0x001c "scanCompleteHandler" since 8 (channel: u8, status: Status);
    ChildJoinHandler 0x0023 "childJoinHandler" since 8
        (index: u8, joining: bool, child_id: u16, child_eui64: Ieee, child_type: u8);
    TrustCenterJoinHandler 0x0024 "trustCenterJoinHandler" since 8
        (new_node_id: u16, new_node_eui64: Ieee, status: u8, policy_decision: u8, parent_of_new_node_id: u16);
    RemoteSetBindingHandler 0x0031 "remoteSetBindingHandler" since 8
        (entry: BindingTableEntry, index: u8, policy_decision: Status);
    RemoteDeleteBindingHandler 0x0032 "remoteDeleteBindingHandler" since 8 (index: u8, policy_decision: Status);
    MessageSentHandler 0x003f "messageSentHandler" since 8
        (kind: u8, destination: u16, aps_frame: ApsFrame, tag: u16, status: Status, message: Vec<u8>) by {
            14 [status: Status, kind: u8, destination: u16, aps_frame: ApsFrame, tag: u16, message: Vec<u8> as Lv8]
            8 [kind: u8, destination: u16, aps_frame: ApsFrame, tag: u16 as Tag, status: Status, message: Vec<u8> as Lv8]
        };
    PollCompleteHandler 0x0043 "pollCompleteHandler" since 8 (status: Status);
    PollHandler 0x0044 "pollHandler" since 8 (child_id: u16, transmit_expected: bool as Since<11, bool>);
    IncomingMessageHandler 0x0045 "incomingMessageHandler" since 8
        (
            kind: u8, aps_frame: ApsFrame, sender: u16, sender_eui64: Ieee, binding_index: u8, address_index: u8,
            last_hop_lqi: u8, last_hop_rssi: i8, last_hop_timestamp: u32, message: Vec<u8>
        ) by {
            14 [
                kind: u8, aps_frame: ApsFrame, sender: u16, sender_eui64: Ieee, binding_index: u8, address_index: u8,
                last_hop_lqi: u8, last_hop_rssi: i8, last_hop_timestamp: u32, message: Vec<u8> as Lv8
            ]
            8 [
                kind: u8, aps_frame: ApsFrame, last_hop_lqi: u8, last_hop_rssi: i8, sender: u16, binding_index: u8,
                address_index: u8, message: Vec<u8> as Lv8
            ]
        };
    MacFilterMatchMessageHandler 0x0046 "macFilterMatchMessageHandler" since 8
        (filter_match: u16 as ByteBelow<18, u16>, legacy_passthrough_type: u8, packet_info: RxPacketInfo as PacketInfo, message: Vec<u8> as Secret<Lv8>);
    EnergyScanResultHandler 0x0048 "energyScanResultHandler" since 8 (channel: u8, max_rssi_value: i8);
    DutyCycleHandler 0x004d "dutyCycleHandler" since 8
        (channel_page: u8, channel: u8, state: u8, array_of_device_duty_cycles: Vec<DeviceDutyCycle> as Counted<DeviceDutyCycle>);
    CustomFrameHandler 0x0054 "customFrameHandler" since 8 (payload: Vec<u8> as Lv8);
    // Comes instead of a reply.
    InvalidCommand 0x0058 "invalidCommand" since 8 (reason: Status as Reason);
    IncomingRouteRecordHandler 0x0059 "incomingRouteRecordHandler" since 8
        (source: u16, source_eui: Ieee, last_hop_lqi: u8, last_hop_rssi: i8, relay_list: Vec<u16> as Counted<u16>);
    IncomingSenderEui64Handler 0x0062 "incomingSenderEui64Handler" since 8 until 13 (sender_eui64: Ieee);
    MuxInvalidRxHandler 0x0062 "muxInvalidRxHandler" since 17 (new_rx_channel: u8, old_rx_channel: u8);
    SwitchNetworkKeyHandler 0x006e "switchNetworkKeyHandler" since 8 (sequence_number: u8);
    DsaVerifyHandler 0x0078 "dsaVerifyHandler" since 8 (status: Status);
    IdConflictHandler 0x007c "idConflictHandler" since 8 (node_id: u16);
    IncomingManyToOneRouteRequestHandler 0x007d "incomingManyToOneRouteRequestHandler" since 8
        (source: u16, long_id: Ieee, cost: u8);
    IncomingRouteErrorHandler 0x0080 "incomingRouteErrorHandler" since 8 (status: Status, target: u16);
    MfglibRxHandler 0x008e "mfglibRxHandler" since 8 (link_quality: u8, rssi: i8, packet: Vec<u8> as Lv8);
    IncomingBootloadMessageHandler 0x0092 "incomingBootloadMessageHandler" since 8
        (long_id: Ieee, packet_info: RxPacketInfo as PacketInfo, message: Vec<u8> as Lv8);
    BootloadTransmitCompleteHandler 0x0093 "bootloadTransmitCompleteHandler" since 8
        (status: Status, message: Vec<u8> as Lv8);
    MacPassthroughMessageHandler 0x0097 "macPassthroughMessageHandler" since 8
        (message_type: u8, packet_info: RxPacketInfo as PacketInfo, message: Vec<u8> as Secret<Lv8>);
    RawTransmitCompleteHandler 0x0098 "rawTransmitCompleteHandler" since 8
        (message: Vec<u8> as Since<14, Secret<Lv8>>, status: Status);
    ZigbeeKeyEstablishmentHandler 0x009b "zigbeeKeyEstablishmentHandler" since 8 (partner: Ieee, status: u8);
    GenerateCbkeKeysHandler 0x009e "generateCbkeKeysHandler" since 8 (status: Status, ephemeral_public_key: [u8; 22]);
    CalculateSmacsHandler 0x00a0 "calculateSmacsHandler" since 8
        (status: Status, initiator_smac: [u8; 16], responder_smac: [u8; 16]);
    DsaSignHandler 0x00a7 "dsaSignHandler" since 8 (status: Status, message: Vec<u8> as Lv8);
    ZllNetworkFoundHandler 0x00b6 "zllNetworkFoundHandler" since 8
        (network_info: ZllNetwork, is_device_info_null: bool, device_info: ZllDeviceInfo, packet_info: RxPacketInfo as PacketInfo);
    ZllScanCompleteHandler 0x00b7 "zllScanCompleteHandler" since 8 (status: Status);
    ZllAddressAssignmentHandler 0x00b8 "zllAddressAssignmentHandler" since 8
        (address_info: ZllAddressAssignment, packet_info: RxPacketInfo as PacketInfo);
    ZllTouchLinkTargetHandler 0x00bb "zllTouchLinkTargetHandler" since 8 (network_info: ZllNetwork);
    IncomingNetworkStatusHandler 0x00c4 "incomingNetworkStatusHandler" since 8 (error_code: u8, target: u16);
    // The status is of a range of its own. Not all firmware sends the packet information.
    GpepIncomingMessageHandler 0x00c5 "gpepIncomingMessageHandler" since 8
        (
            status: u8, gpd_link: u8, sequence_number: u8, addr: GpAddress, gpdf_security_level: u8, gpdf_security_key_type: u8,
            auto_commissioning: bool, bidirectional_info: u8, gpd_security_frame_counter: u32, gpd_command_id: u8, mic: u32,
            proxy_table_index: u8, gpd_command_payload: Vec<u8> as Lv8, packet_info: Option<RxPacketInfo> as Since<16, Optional<RxPacketInfo>>
        );
    DGpSentHandler 0x00c7 "dGpSentHandler" since 8 (status: Status, gpep_handle: u8);
    UnusedPanIdFoundHandler 0x00d2 "unusedPanIdFoundHandler" since 8 (pan_id: u16, channel: u8);
    CounterRolloverHandler 0x00f2 "counterRolloverHandler" since 8 (kind: u8);
}
