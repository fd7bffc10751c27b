//! Binding, address, multicast, neighbour, route and child tables.

use crate::Ieee;
use crate::ezsp::Status;
use crate::ezsp::parameters::commands;
use crate::ezsp::types::{
    BindingTableEntry, ChildData, MulticastTableEntry, NeighborTableEntry, RouteTableEntry,
};
use crate::ezsp::wire::Since;

commands! {
    ClearBindingTable 0x002a "clearBindingTable" since 8 () -> ClearBindingTableReply (status: Status);
    SetBinding 0x002b "setBinding" since 8 (index: u8, value: BindingTableEntry) -> SetBindingReply (status: Status);
    GetBinding 0x002c "getBinding" since 8 (index: u8) -> GetBindingReply (status: Status, value: BindingTableEntry);
    DeleteBinding 0x002d "deleteBinding" since 8 (index: u8) -> DeleteBindingReply (status: Status);
    BindingIsActive 0x002e "bindingIsActive" since 8 (index: u8) -> BindingIsActiveReply (active: bool);
    GetBindingRemoteNodeId 0x002f "getBindingRemoteNodeId" since 8 (index: u8)
        -> GetBindingRemoteNodeIdReply (node_id: u16);
    SetBindingRemoteNodeId 0x0030 "setBindingRemoteNodeId" since 8 (index: u8, node_id: u16)
        -> SetBindingRemoteNodeIdReply ();
    GetNeighborFrameCounter 0x003e "getNeighborFrameCounter" since 8 (eui64: Ieee)
        -> GetNeighborFrameCounterReply (status: Status, frame_counter: u32);
    GetChildData 0x004a "getChildData" since 8 (index: u8)
        -> GetChildDataReply (status: Status, child_data: ChildData);
    AddressTableEntryIsActive 0x005b "addressTableEntryIsActive" since 8 (address_table_index: u8)
        -> AddressTableEntryIsActiveReply (active: bool);
    SetAddressTableRemoteEui64 0x005c "setAddressTableRemoteEui64" since 8 until 13
        (address_table_index: u8, eui64: Ieee)
        -> SetAddressTableRemoteEui64Reply (status: Status);
    SetAddressTableInfo 0x005c "setAddressTableInfo" since 14 (index: u8, eui64: Ieee, nwk: u16)
        -> SetAddressTableInfoReply (status: Status);
    SetAddressTableRemoteNodeId 0x005d "setAddressTableRemoteNodeId" since 8 until 13
        (address_table_index: u8, id: u16)
        -> SetAddressTableRemoteNodeIdReply ();
    GetAddressTableRemoteEui64 0x005e "getAddressTableRemoteEui64" since 8 until 13 (address_table_index: u8)
        -> GetAddressTableRemoteEui64Reply (eui64: Ieee);
    GetAddressTableInfo 0x005e "getAddressTableInfo" since 14 (index: u8)
        -> GetAddressTableInfoReply (status: Status, nwk: u16, eui64: Ieee);
    GetAddressTableRemoteNodeId 0x005f "getAddressTableRemoteNodeId" since 8 until 13 (address_table_index: u8)
        -> GetAddressTableRemoteNodeIdReply (node_id: u16);
    // Below version 14 there is no status: an unknown device has the node id 0xffff.
    LookupNodeIdByEui64 0x0060 "lookupNodeIdByEui64" since 8 (eui64: Ieee)
        -> LookupNodeIdByEui64Reply (status: Status as Since<14, Status>, node_id: u16);
    LookupEui64ByNodeId 0x0061 "lookupEui64ByNodeId" since 8 (node_id: u16)
        -> LookupEui64ByNodeIdReply (status: Status, eui64: Ieee);
    GetMulticastTableEntry 0x0063 "getMulticastTableEntry" since 8 (index: u8)
        -> GetMulticastTableEntryReply (status: Status, value: MulticastTableEntry);
    SetMulticastTableEntry 0x0064 "setMulticastTableEntry" since 8 (index: u8, value: MulticastTableEntry)
        -> SetMulticastTableEntryReply (status: Status);
    ClearBindingTableOnLeave 0x006d "clearBindingTableOnLeave" since 19 (clear: bool)
        -> ClearBindingTableOnLeaveReply ();
    GetNeighbor 0x0079 "getNeighbor" since 8 (index: u8)
        -> GetNeighborReply (status: Status, value: NeighborTableEntry);
    NeighborCount 0x007a "neighborCount" since 8 () -> NeighborCountReply (value: u8);
    GetRouteTableEntry 0x007b "getRouteTableEntry" since 8 (index: u8)
        -> GetRouteTableEntryReply (status: Status, value: RouteTableEntry);
    ReplaceAddressTableEntry 0x0082 "replaceAddressTableEntry" since 8
        (address_table_index: u8, new_eui64: Ieee, new_id: u16, new_extended_timeout: bool)
        -> ReplaceAddressTableEntryReply (status: Status, old_eui64: Ieee, old_id: u16, old_extended_timeout: bool);
    SetChildData 0x00ac "setChildData" since 9 (index: u8, child_data: ChildData)
        -> SetChildDataReply (status: Status);
    SetNeighborFrameCounter 0x00ad "setNeighborFrameCounter" since 9 (eui64: Ieee, frame_counter: u32)
        -> SetNeighborFrameCounterReply (status: Status);
    ChildId 0x0106 "childId" since 12 (child_index: u8) -> ChildIdReply (child_id: u16);
}
