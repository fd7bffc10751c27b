//! Green Power.

use crate::Ieee;
use crate::ezsp::Status;
use crate::ezsp::parameters::commands;
use crate::ezsp::types::{GpAddress, GpProxyTableEntry, GpSinkTableEntry};
use crate::ezsp::wire::{Key, Lv8};

commands! {
    GpProxyTableRemoveEntry 0x005d "gpProxyTableRemoveEntry" since 17 (proxy_index: u8)
        -> GpProxyTableRemoveEntryReply ();
    GpClearProxyTable 0x005f "gpClearProxyTable" since 17 () -> GpClearProxyTableReply ();
    GpSinkTableInit 0x0070 "gpSinkTableInit" since 8 () -> GpSinkTableInitReply ();
    GpProxyTableLookup 0x00c0 "gpProxyTableLookup" since 8 (addr: GpAddress) -> GpProxyTableLookupReply (index: u8);
    DGpSend 0x00c6 "dGpSend" since 8
        (action: bool, use_cca: bool, addr: GpAddress, gpd_command_id: u8, gpd_asdu: Vec<u8> as Lv8, gpep_handle: u8, gp_tx_queue_entry_lifetime_ms: u16)
        -> DGpSendReply (status: Status);
    GpProxyTableGetEntry 0x00c8 "gpProxyTableGetEntry" since 8 (proxy_index: u8)
        -> GpProxyTableGetEntryReply (status: Status, entry: GpProxyTableEntry);
    GpProxyTableProcessGpPairing 0x00c9 "gpProxyTableProcessGpPairing" since 8
        (options: u32, addr: GpAddress, comm_mode: u8, sink_network_address: u16, sink_group_id: u16, assigned_alias: u16, sink_ieee_address: Ieee, gpd_key: Key)
        -> GpProxyTableProcessGpPairingReply (gp_pairing_added: bool);
    GpSinkTableGetEntry 0x00dd "gpSinkTableGetEntry" since 8 (index: u8)
        -> GpSinkTableGetEntryReply (status: Status, entry: GpSinkTableEntry);
    GpSinkTableLookup 0x00de "gpSinkTableLookup" since 8 (addr: GpAddress) -> GpSinkTableLookupReply (index: u8);
    GpSinkTableSetEntry 0x00df "gpSinkTableSetEntry" since 8 (sink_index: u8, entry: GpSinkTableEntry)
        -> GpSinkTableSetEntryReply (status: Status);
    GpSinkTableRemoveEntry 0x00e0 "gpSinkTableRemoveEntry" since 8 (sink_index: u8) -> GpSinkTableRemoveEntryReply ();
    GpSinkTableFindOrAllocateEntry 0x00e1 "gpSinkTableFindOrAllocateEntry" since 8 (addr: GpAddress)
        -> GpSinkTableFindOrAllocateEntryReply (index: u8);
    GpSinkTableClearAll 0x00e2 "gpSinkTableClearAll" since 8 () -> GpSinkTableClearAllReply ();
    GpSinkCommission 0x010a "gpSinkCommission" since 12
        (options: u8, gpm_addr_for_security: u16, gpm_addr_for_pairing: u16, sink_endpoint: u8)
        -> GpSinkCommissionReply (status: Status);
    GpTranslationTableClear 0x010b "gpTranslationTableClear" since 12 () -> GpTranslationTableClearReply ();
    GpSecurityTestVectors 0x0117 "gpSecurityTestVectors" since 13 () -> GpSecurityTestVectorsReply (status: Status);
    GpSinkTableGetNumberOfActiveEntries 0x0118 "gpSinkTableGetNumberOfActiveEntries" since 13 ()
        -> GpSinkTableGetNumberOfActiveEntriesReply (number_of_entries: u8);
}
