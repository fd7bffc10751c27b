//! Sending, polling and routing.

use crate::Ieee;
use crate::ezsp::Status;
use crate::ezsp::parameters::commands;
use crate::ezsp::types::ApsFrame;
use crate::ezsp::wire::{Counted, Lv8, Secret, Since, Success, Tag, Until};

commands! {
    SetConcentrator 0x0010 "setConcentrator" since 8
        (on: bool, concentrator_type: u16, min_time: u16, max_time: u16, route_error_threshold: u8, delivery_failure_threshold: u8, max_hops: u8)
        -> SetConcentratorReply (status: Status);
    SetBrokenRouteErrorCode 0x0011 "setBrokenRouteErrorCode" since 8 (error_code: u8)
        -> SetBrokenRouteErrorCodeReply (status: Status);
    MaximumPayloadLength 0x0033 "maximumPayloadLength" since 8 () -> MaximumPayloadLengthReply (aps_length: u8);
    SendUnicast 0x0034 "sendUnicast" since 8
        (kind: u8, destination: u16, aps_frame: ApsFrame, tag: u16 as Tag, message: Vec<u8> as Lv8)
        -> SendUnicastReply (status: Status, sequence: u8);
    SendBroadcast 0x0036 "sendBroadcast" since 8
        (alias: u16, destination: u16, sequence: u8, aps_frame: ApsFrame, radius: u8, tag: u16, message: Vec<u8>) by {
            14 [alias: u16, destination: u16, sequence: u8, aps_frame: ApsFrame, radius: u8, tag: u16, message: Vec<u8> as Lv8]
            8 [destination: u16, aps_frame: ApsFrame, radius: u8, tag: u16 as Tag, message: Vec<u8> as Lv8]
        }
        -> SendBroadcastReply (status: Status, sequence: u8);
    ProxyBroadcast 0x0037 "proxyBroadcast" since 8 until 13
        (source: u16, destination: u16, nwk_sequence: u8, aps_frame: ApsFrame, radius: u8, tag: u16 as Tag, message: Vec<u8> as Lv8)
        -> ProxyBroadcastReply (status: Status, aps_sequence: u8);
    SendMulticast 0x0038 "sendMulticast" since 8 (
            aps_frame: ApsFrame, hops: u8, nonmember_radius: u8, broadcast_addr: u16, alias: u16, sequence: u8, tag: u16, message: Vec<u8>
        ) by {
            14 [aps_frame: ApsFrame, hops: u8, broadcast_addr: u16, alias: u16, sequence: u8, tag: u16, message: Vec<u8> as Lv8]
            8 [aps_frame: ApsFrame, hops: u8, nonmember_radius: u8, tag: u16 as Tag, message: Vec<u8> as Lv8]
        }
        -> SendMulticastReply (status: Status, sequence: u8);
    SendReply 0x0039 "sendReply" since 8 (sender: u16, aps_frame: ApsFrame, message: Vec<u8> as Lv8)
        -> SendReplyReply (status: Status);
    SendMulticastWithAlias 0x003a "sendMulticastWithAlias" since 8 until 13
        (aps_frame: ApsFrame, hops: u8, nonmember_radius: u8, alias: u16, nwk_sequence: u8, tag: u16 as Tag, message: Vec<u8> as Lv8)
        -> SendMulticastWithAliasReply (status: Status, sequence: u8);
    SendManyToOneRouteRequest 0x0041 "sendManyToOneRouteRequest" since 8 (concentrator_type: u16, radius: u8)
        -> SendManyToOneRouteRequestReply (status: Status);
    PollForData 0x0042 "pollForData" since 8 (interval: u16, units: u8, failure_limit: u8)
        -> PollForDataReply (status: Status);
    SendRawMessageExtended 0x0051 "sendRawMessageExtended" since 8
        (message: Vec<u8> as Secret<Lv8>, priority: u8, use_cca: bool)
        -> SendRawMessageExtendedReply (status: Status);
    SendPanIdUpdate 0x0057 "sendPanIdUpdate" since 8 (new_pan: u16)
        -> SendPanIdUpdateReply (status: Status as Success);
    SetSourceRouteDiscoveryMode 0x005a "setSourceRouteDiscoveryMode" since 8 (mode: u8)
        -> SetSourceRouteDiscoveryModeReply (remaining_time: u32);
    SetExtendedTimeout 0x007e "setExtendedTimeout" since 8 (remote_eui64: Ieee, extended_timeout: bool)
        -> SetExtendedTimeoutReply (status: Status as Since<14, Status>);
    // From version 14 on OK means that the timeout is extended.
    GetExtendedTimeout 0x007f "getExtendedTimeout" since 8 (remote_eui64: Ieee)
        -> GetExtendedTimeoutReply (extended_timeout: bool as Until<14, bool>, status: Status as Since<14, Status>);
    SendBootloadMessage 0x0090 "sendBootloadMessage" since 8
        (broadcast: bool, dest_eui64: Ieee, message: Vec<u8> as Lv8)
        -> SendBootloadMessageReply (status: Status);
    SendRawMessage 0x0096 "sendRawMessage" since 8 until 13 (message: Vec<u8> as Secret<Lv8>)
        -> SendRawMessageReply (status: Status);
    // From version 9 on accepted, but without effect.
    SetSourceRoute 0x00ae "setSourceRoute" since 8 (destination: u16, relay_list: Vec<u16> as Counted<u16>)
        -> SetSourceRouteReply (status: Status);
    GetSourceRouteTableEntry 0x00c1 "getSourceRouteTableEntry" since 8 (index: u8)
        -> GetSourceRouteTableEntryReply (status: Status, destination: u16, closer_index: u8);
    GetSourceRouteTableFilledSize 0x00c2 "getSourceRouteTableFilledSize" since 8 ()
        -> GetSourceRouteTableFilledSizeReply (source_route_table_filled_size: u8);
    GetSourceRouteTableTotalSize 0x00c3 "getSourceRouteTableTotalSize" since 8 ()
        -> GetSourceRouteTableTotalSizeReply (source_route_table_total_size: u8);
    SetRoutingShortcutThreshold 0x00d0 "setRoutingShortcutThreshold" since 8 (index: u8)
        -> SetRoutingShortcutThresholdReply (status: Status);
    GetRoutingShortcutThreshold 0x00d1 "getRoutingShortcutThreshold" since 8 ()
        -> GetRoutingShortcutThresholdReply (routing_shortcut_thresh: u8);
    SendLinkPowerDeltaRequest 0x00f7 "sendLinkPowerDeltaRequest" since 8 ()
        -> SendLinkPowerDeltaRequestReply (status: Status);
}
