//! The network and the radio: forming, joining, scanning, channels, duty cycle.

use crate::Ieee;
use crate::ezsp::Status;
use crate::ezsp::parameters::commands;
use crate::ezsp::types::{
    BeaconClassification, BeaconData, BeaconIterator, DutyCycleLimits, NetworkParameters,
    RadioParameters,
};
use crate::ezsp::wire::{Blob, Since};

commands! {
    GetNextBeacon 0x0004 "getNextBeacon" since 8 until 13 ()
        -> GetNextBeaconReply (status: Status, beacon_data: BeaconData);
    GetNumStoredBeacons 0x0008 "getNumStoredBeacons" since 8 () -> GetNumStoredBeaconsReply (num_stored_beacons: u8);
    SetManufacturerCode 0x0015 "setManufacturerCode" since 8 (code: u16)
        -> SetManufacturerCodeReply (status: Status as Since<14, Status>);
    SetPowerDescriptor 0x0016 "setPowerDescriptor" since 8 (descriptor: u16)
        -> SetPowerDescriptorReply (status: Status as Since<14, Status>);
    NetworkInit 0x0017 "networkInit" since 8 (network_init_bitmask: u16) -> NetworkInitReply (status: Status);
    NetworkState 0x0018 "networkState" since 8 () -> NetworkStateReply (status: u8);
    StartScan 0x001a "startScan" since 8 (scan_type: u8, channel_mask: u32, duration: u8)
        -> StartScanReply (status: Status);
    StopScan 0x001d "stopScan" since 8 () -> StopScanReply (status: Status);
    FormNetwork 0x001e "formNetwork" since 8 (parameters: NetworkParameters) -> FormNetworkReply (status: Status);
    JoinNetwork 0x001f "joinNetwork" since 8 (node_type: u8, parameters: NetworkParameters)
        -> JoinNetworkReply (status: Status);
    LeaveNetwork 0x0020 "leaveNetwork" since 8 (options: u8 as Since<14, u8>) -> LeaveNetworkReply (status: Status);
    FindAndRejoinNetwork 0x0021 "findAndRejoinNetwork" since 8
        (have_current_network_key: bool, channel_mask: u32, reason: u8 as Since<14, u8>, node_type: u8 as Since<14, u8>)
        -> FindAndRejoinNetworkReply (status: Status);
    PermitJoining 0x0022 "permitJoining" since 8 (duration: u8) -> PermitJoiningReply (status: Status);
    GetEui64 0x0026 "getEui64" since 8 () -> GetEui64Reply (eui64: Ieee);
    GetNodeId 0x0027 "getNodeId" since 8 () -> GetNodeIdReply (node_id: u16);
    GetNetworkParameters 0x0028 "getNetworkParameters" since 8 ()
        -> GetNetworkParametersReply (status: Status, node_type: u8, parameters: NetworkParameters);
    GetParentChildParameters 0x0029 "getParentChildParameters" since 8 ()
        -> GetParentChildParametersReply (child_count: u8, parent_eui64: Ieee, parent_node_id: u16);
    GetDutyCycleState 0x0035 "getDutyCycleState" since 8 ()
        -> GetDutyCycleStateReply (status: Status, returned_state: u8);
    JoinNetworkDirectly 0x003b "joinNetworkDirectly" since 8
        (local_node_type: u8, beacon: BeaconData, radio_tx_power: i8, clear_beacons_after_network_up: bool)
        -> JoinNetworkDirectlyReply (status: Status);
    ClearStoredBeacons 0x003c "clearStoredBeacons" since 8 ()
        -> ClearStoredBeaconsReply (status: Status as Since<14, Status>);
    GetFirstBeacon 0x003d "getFirstBeacon" since 8 until 13 ()
        -> GetFirstBeaconReply (status: Status, beacon_iterator: BeaconIterator);
    SetPendingNetworkUpdateChannel 0x003d "setPendingNetworkUpdateChannel" since 18 (channel: u8)
        -> SetPendingNetworkUpdateChannelReply ();
    SetDutyCycleLimitsInStack 0x0040 "setDutyCycleLimitsInStack" since 8 (limits: DutyCycleLimits)
        -> SetDutyCycleLimitsInStackReply (status: Status);
    GetDutyCycleLimits 0x004b "getDutyCycleLimits" since 8 ()
        -> GetDutyCycleLimitsReply (status: Status, limits: DutyCycleLimits);
    GetCurrentDutyCycle 0x004c "getCurrentDutyCycle" since 8 (max_devices: u8)
        -> GetCurrentDutyCycleReply (status: Status, array_of_device_duty_cycles: Blob<134>);
    GetStandaloneBootloaderVersionPlatMicroPhy 0x0091 "getStandaloneBootloaderVersionPlatMicroPhy" since 8 ()
        -> GetStandaloneBootloaderVersionPlatMicroPhyReply (bootloader_version: u16, node_plat: u8, node_micro: u8, node_phy: u8);
    OverrideCurrentChannel 0x0095 "overrideCurrentChannel" since 8 until 8 (channel: u8)
        -> OverrideCurrentChannelReply (status: Status);
    SetRadioIeee802154CcaMode 0x0095 "setRadioIeee802154CcaMode" since 9 (cca_mode: u8)
        -> SetRadioIeee802154CcaModeReply (status: Status);
    SetRadioPower 0x0099 "setRadioPower" since 8 (power: i8) -> SetRadioPowerReply (status: Status);
    SetRadioChannel 0x009a "setRadioChannel" since 8 (channel: u8) -> SetRadioChannelReply (status: Status);
    EnergyScanRequest 0x009c "energyScanRequest" since 8
        (target: u16, scan_channels: u32, scan_duration: u8, scan_count: u16)
        -> EnergyScanRequestReply (status: Status);
    SetLogicalAndRadioChannel 0x00b9 "setLogicalAndRadioChannel" since 8 (channel: u8)
        -> SetLogicalAndRadioChannelReply (status: Status);
    GetLogicalChannel 0x00ba "getLogicalChannel" since 8 () -> GetLogicalChannelReply (radio_channel: u8);
    FindUnusedPanId 0x00d3 "findUnusedPanId" since 8 (channel_mask: u32, duration: u8)
        -> FindUnusedPanIdReply (status: Status);
    SetLongUpTime 0x00e3 "setLongUpTime" since 8 until 13 (has_long_up_time: bool) -> SetLongUpTimeReply ();
    SetHubConnectivity 0x00e4 "setHubConnectivity" since 8 until 13 (connected: bool) -> SetHubConnectivityReply ();
    IsUpTimeLong 0x00e5 "isUpTimeLong" since 8 until 13 () -> IsUpTimeLongReply (has_long_up_time: bool);
    IsHubConnected 0x00e6 "isHubConnected" since 8 until 13 () -> IsHubConnectedReply (connected: bool);
    SetParentClassificationEnabled 0x00e7 "setParentClassificationEnabled" since 8 until 13 (enabled: bool)
        -> SetParentClassificationEnabledReply ();
    SetBeaconClassificationParams 0x00ef "setBeaconClassificationParams" since 8 (param: BeaconClassification)
        -> SetBeaconClassificationParamsReply (status: Status);
    GetParentClassificationEnabled 0x00f0 "getParentClassificationEnabled" since 8 until 13 ()
        -> GetParentClassificationEnabledReply (enabled: bool);
    GetBeaconClassificationParams 0x00f3 "getBeaconClassificationParams" since 8 ()
        -> GetBeaconClassificationParamsReply (status: Status, param: BeaconClassification);
    SetMacPollFailureWaitTime 0x00f4 "setMacPollFailureWaitTime" since 8 (wait_before_retry_interval_ms: u32)
        -> SetMacPollFailureWaitTimeReply ();
    MultiPhyStart 0x00f8 "multiPhyStart" since 8 (phy_index: u8, page: u8, channel: u8, power: i8, bitmask: u8)
        -> MultiPhyStartReply (status: Status);
    MultiPhyStop 0x00f9 "multiPhyStop" since 8 (phy_index: u8) -> MultiPhyStopReply (status: Status);
    MultiPhySetRadioPower 0x00fa "multiPhySetRadioPower" since 8 (phy_index: u8, power: i8)
        -> MultiPhySetRadioPowerReply (status: Status);
    MultiPhySetRadioChannel 0x00fb "multiPhySetRadioChannel" since 8 (phy_index: u8, page: u8, channel: u8)
        -> MultiPhySetRadioChannelReply (status: Status);
    GetPhyInterfaceCount 0x00fc "getPhyInterfaceCount" since 8 () -> GetPhyInterfaceCountReply (interface_count: u8);
    GetRadioParameters 0x00fd "getRadioParameters" since 8 (phy_index: u8)
        -> GetRadioParametersReply (status: Status, parameters: RadioParameters);
    SetPassiveAckConfig 0x0105 "setPassiveAckConfig" since 12 (config: u8, min_acks_needed: u8)
        -> SetPassiveAckConfigReply (status: Status);
    RadioSetSchedulerPriorities 0x012b "radioSetSchedulerPriorities" since 14
        (background_rx: u8, min_tx_priority: u8, tx_step: u8, max_tx_priority: u8, active_rx: u8) by {
            16 [background_rx: u8, min_tx_priority: u8, tx_step: u8, max_tx_priority: u8, active_rx: u8]
            8 [background_rx: u8, min_tx_priority: u8, active_rx: u8]
        }
        -> RadioSetSchedulerPrioritiesReply ();
}
