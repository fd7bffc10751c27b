//! Multicast, address, binding, child, neighbour and route tables, and Green Power's (empty).

use std::time::Duration;

use super::nvm::Child;
use super::{Address, Ncp};
use crate::Ieee;
use crate::ezsp::types::{
    BindingTableEntry, ChildData, MulticastTableEntry, NeighborTableEntry, RouteTableEntry,
};
use crate::ezsp::values::config_id;
use crate::ezsp::{Parameters as _, Status, command};

/// An address table entry that is not used.
const NOBODY: u16 = 0xffff;
const NOBODYS_IEEE: Ieee = Ieee(u64::MAX);

#[expect(clippy::needless_pass_by_value)] // one signature for all commands
impl Ncp {
    /// Whether a table has such an index.
    fn within(&self, index: u8, size: u8) -> bool {
        u16::from(index) < self.configured(size)
    }

    pub(super) fn set_multicast_table_entry(
        &mut self,
        request: command::SetMulticastTableEntry,
        _: Duration,
    ) -> command::SetMulticastTableEntryReply {
        let status = if self.within(request.index, config_id::MULTICAST_TABLE_SIZE) {
            let entry = (request.value.multicast_id, request.value.endpoint);
            self.ram.multicast.insert(request.index, entry);
            Status::OK
        } else {
            Status::INVALID_INDEX
        };
        command::SetMulticastTableEntryReply { status }
    }

    pub(super) fn get_multicast_table_entry(
        &mut self,
        request: command::GetMulticastTableEntry,
        _: Duration,
    ) -> command::GetMulticastTableEntryReply {
        let (multicast_id, endpoint) = self
            .ram
            .multicast
            .get(&request.index)
            .copied()
            .unwrap_or_default();
        command::GetMulticastTableEntryReply {
            status: if self.within(request.index, config_id::MULTICAST_TABLE_SIZE) {
                Status::OK
            } else {
                Status::INVALID_INDEX
            },
            value: MulticastTableEntry {
                multicast_id,
                endpoint,
                network_index: 0,
            },
        }
    }

    fn put_address(&mut self, index: u8, ieee: Ieee, node: u16) -> Status {
        if !self.within(index, config_id::ADDRESS_TABLE_SIZE) {
            return Status::INVALID_INDEX;
        }
        if ieee == NOBODYS_IEEE || ieee.0 == 0 {
            self.ram.addresses.remove(&index);
        } else {
            self.ram.addresses.insert(index, Address { ieee, node });
        }
        Status::OK
    }

    fn address_at(&self, index: u8) -> Address {
        let entry = self.ram.addresses.get(&index).copied();
        entry.unwrap_or(Address {
            ieee: NOBODYS_IEEE,
            node: NOBODY,
        })
    }

    pub(super) fn replace_address_table_entry(
        &mut self,
        request: command::ReplaceAddressTableEntry,
        _: Duration,
    ) -> command::ReplaceAddressTableEntryReply {
        let old = self.address_at(request.address_table_index);
        let old_extended_timeout = self.ram.extended_timeouts.remove(&old.ieee);
        let status = self.put_address(
            request.address_table_index,
            request.new_eui64,
            request.new_id,
        );
        if status.is_ok() && request.new_extended_timeout {
            self.ram.extended_timeouts.insert(request.new_eui64);
        }
        command::ReplaceAddressTableEntryReply {
            status,
            old_eui64: old.ieee,
            old_id: old.node,
            old_extended_timeout,
        }
    }

    pub(super) fn set_address_table_remote_eui64(
        &mut self,
        request: command::SetAddressTableRemoteEui64,
        _: Duration,
    ) -> command::SetAddressTableRemoteEui64Reply {
        let node = self.address_at(request.address_table_index).node;
        command::SetAddressTableRemoteEui64Reply {
            status: self.put_address(request.address_table_index, request.eui64, node),
        }
    }

    pub(super) fn set_address_table_remote_node_id(
        &mut self,
        request: command::SetAddressTableRemoteNodeId,
        _: Duration,
    ) -> command::SetAddressTableRemoteNodeIdReply {
        if let Some(entry) = self.ram.addresses.get_mut(&request.address_table_index) {
            entry.node = request.id;
        }
        command::SetAddressTableRemoteNodeIdReply {}
    }

    pub(super) fn set_address_table_info(
        &mut self,
        request: command::SetAddressTableInfo,
        _: Duration,
    ) -> command::SetAddressTableInfoReply {
        command::SetAddressTableInfoReply {
            status: self.put_address(request.index, request.eui64, request.nwk),
        }
    }

    pub(super) fn get_address_table_remote_node_id(
        &mut self,
        request: command::GetAddressTableRemoteNodeId,
        _: Duration,
    ) -> command::GetAddressTableRemoteNodeIdReply {
        command::GetAddressTableRemoteNodeIdReply {
            node_id: self.address_at(request.address_table_index).node,
        }
    }

    pub(super) fn get_address_table_remote_eui64(
        &mut self,
        request: command::GetAddressTableRemoteEui64,
        _: Duration,
    ) -> command::GetAddressTableRemoteEui64Reply {
        command::GetAddressTableRemoteEui64Reply {
            eui64: self.address_at(request.address_table_index).ieee,
        }
    }

    pub(super) fn get_address_table_info(
        &mut self,
        request: command::GetAddressTableInfo,
        _: Duration,
    ) -> command::GetAddressTableInfoReply {
        let entry = self.address_at(request.index);
        command::GetAddressTableInfoReply {
            status: if !self.within(request.index, config_id::ADDRESS_TABLE_SIZE) {
                Status::INVALID_INDEX
            } else if entry.ieee == NOBODYS_IEEE {
                Status::NOT_FOUND
            } else {
                Status::OK
            },
            nwk: entry.node,
            eui64: entry.ieee,
        }
    }

    /// Everybody whose both addresses the stack knows.
    fn known(&self) -> impl Iterator<Item = (Ieee, u16)> {
        let own = self.ram.up.then_some((self.ram.ieee, 0));
        let children = self
            .nvm
            .children
            .values()
            .map(|child| (child.ieee, child.node));
        let addresses = self
            .ram
            .addresses
            .values()
            .map(|entry| (entry.ieee, entry.node));
        own.into_iter()
            .chain(children)
            .chain(self.nodes.iter().copied())
            .chain(addresses)
    }

    pub(super) fn lookup_node_id_by_eui64(
        &mut self,
        request: command::LookupNodeIdByEui64,
        _: Duration,
    ) -> command::LookupNodeIdByEui64Reply {
        let found = self.known().find(|(ieee, _)| *ieee == request.eui64);
        command::LookupNodeIdByEui64Reply {
            status: if found.is_some() {
                Status::OK
            } else {
                Status::NOT_FOUND
            },
            node_id: found.map_or(NOBODY, |(_, node)| node),
        }
    }

    pub(super) fn lookup_eui64_by_node_id(
        &mut self,
        request: command::LookupEui64ByNodeId,
        _: Duration,
    ) -> command::LookupEui64ByNodeIdReply {
        let found = self.known().find(|(_, node)| *node == request.node_id);
        command::LookupEui64ByNodeIdReply {
            status: if found.is_some() {
                Status::OK
            } else {
                Status::NOT_FOUND
            },
            eui64: found.map_or(NOBODYS_IEEE, |(ieee, _)| ieee),
        }
    }

    pub(super) fn set_binding(
        &mut self,
        request: command::SetBinding,
        _: Duration,
    ) -> command::SetBindingReply {
        let status = if self.within(request.index, config_id::BINDING_TABLE_SIZE) {
            let bytes = command::SetBinding::encode(&request, self.version).unwrap_or_default();
            let entry = bytes.get(1..).unwrap_or_default().to_vec();
            self.nvm.bindings.insert(request.index, entry);
            Status::OK
        } else {
            Status::INVALID_INDEX
        };
        command::SetBindingReply { status }
    }

    fn binding(&self, index: u8) -> Option<BindingTableEntry> {
        let mut bytes = vec![index];
        bytes.extend_from_slice(self.nvm.bindings.get(&index)?);
        command::SetBinding::decode(&bytes, self.version)
            .ok()
            .map(|binding| binding.value)
    }

    pub(super) fn get_binding(
        &mut self,
        request: command::GetBinding,
        _: Duration,
    ) -> command::GetBindingReply {
        command::GetBindingReply {
            status: if self.within(request.index, config_id::BINDING_TABLE_SIZE) {
                Status::OK
            } else {
                Status::INVALID_INDEX
            },
            value: self.binding(request.index).unwrap_or_default(), // type 0: unused
        }
    }

    pub(super) fn delete_binding(
        &mut self,
        request: command::DeleteBinding,
        _: Duration,
    ) -> command::DeleteBindingReply {
        let status = if self.within(request.index, config_id::BINDING_TABLE_SIZE) {
            self.nvm.bindings.remove(&request.index);
            Status::OK
        } else {
            Status::INVALID_INDEX
        };
        command::DeleteBindingReply { status }
    }

    pub(super) fn clear_binding_table(
        &mut self,
        _: command::ClearBindingTable,
        _: Duration,
    ) -> command::ClearBindingTableReply {
        self.nvm.bindings.clear();
        command::ClearBindingTableReply { status: Status::OK }
    }

    pub(super) fn get_child_data(
        &mut self,
        request: command::GetChildData,
        _: Duration,
    ) -> command::GetChildDataReply {
        let child = self.nvm.children.get(&request.index);
        command::GetChildDataReply {
            status: if child.is_some() {
                Status::OK
            } else {
                Status::NOT_JOINED
            },
            child_data: child
                .map(|child| ChildData {
                    eui64: child.ieee,
                    kind: child.kind,
                    id: child.node,
                    phy: 0,
                    power: 128,
                    timeout: 8,
                    timeout_remaining: 15_360,
                })
                .unwrap_or_default(),
        }
    }

    pub(super) fn set_child_data(
        &mut self,
        request: command::SetChildData,
        _: Duration,
    ) -> command::SetChildDataReply {
        let data = request.child_data;
        let child = Child {
            ieee: data.eui64,
            node: data.id,
            kind: data.kind,
            flags: 0, // as real firmware leaves it: the child works only once its token says 0x80
        };
        let status = if self.within(request.index, config_id::MAX_END_DEVICE_CHILDREN) {
            self.nvm.children.insert(request.index, child);
            Status::OK
        } else {
            Status::INVALID_INDEX
        };
        command::SetChildDataReply { status }
    }

    pub(super) fn get_neighbor(
        &mut self,
        request: command::GetNeighbor,
        _: Duration,
    ) -> command::GetNeighborReply {
        let neighbor = self.nodes.get(usize::from(request.index));
        command::GetNeighborReply {
            status: if neighbor.is_some() {
                Status::OK
            } else {
                Status::INVALID_INDEX
            },
            value: neighbor
                .map(|&(long_id, short_id)| NeighborTableEntry {
                    short_id,
                    average_lqi: 200,
                    in_cost: 1,
                    out_cost: 1,
                    age: 3,
                    long_id,
                })
                .unwrap_or_default(),
        }
    }

    pub(super) fn neighbor_count(
        &mut self,
        _: command::NeighborCount,
        _: Duration,
    ) -> command::NeighborCountReply {
        command::NeighborCountReply {
            value: u8::try_from(self.nodes.len()).unwrap_or(u8::MAX),
        }
    }

    pub(super) fn get_route_table_entry(
        &mut self,
        request: command::GetRouteTableEntry,
        _: Duration,
    ) -> command::GetRouteTableEntryReply {
        command::GetRouteTableEntryReply {
            status: if self.within(request.index, config_id::ROUTE_TABLE_SIZE) {
                Status::OK
            } else {
                Status::INVALID_INDEX
            },
            value: RouteTableEntry {
                destination: NOBODY,
                next_hop: NOBODY,
                status: 3, // unused
                ..Default::default()
            },
        }
    }

    pub(super) const fn set_neighbor_frame_counter(
        &mut self,
        _: command::SetNeighborFrameCounter,
        _: Duration,
    ) -> command::SetNeighborFrameCounterReply {
        command::SetNeighborFrameCounterReply { status: Status::OK }
    }

    pub(super) fn get_neighbor_frame_counter(
        &mut self,
        request: command::GetNeighborFrameCounter,
        _: Duration,
    ) -> command::GetNeighborFrameCounterReply {
        let known = self.nodes.iter().any(|(ieee, _)| *ieee == request.eui64);
        command::GetNeighborFrameCounterReply {
            status: if known { Status::OK } else { Status::NOT_FOUND },
            frame_counter: 0,
        }
    }

    pub(super) const fn gp_sink_table_init(
        &mut self,
        _: command::GpSinkTableInit,
        _: Duration,
    ) -> command::GpSinkTableInitReply {
        command::GpSinkTableInitReply {}
    }

    pub(super) const fn gp_sink_table_clear_all(
        &mut self,
        _: command::GpSinkTableClearAll,
        _: Duration,
    ) -> command::GpSinkTableClearAllReply {
        command::GpSinkTableClearAllReply {}
    }

    pub(super) const fn gp_clear_proxy_table(
        &mut self,
        _: command::GpClearProxyTable,
        _: Duration,
    ) -> command::GpClearProxyTableReply {
        command::GpClearProxyTableReply {}
    }

    pub(super) const fn gp_proxy_table_lookup(
        &mut self,
        _: command::GpProxyTableLookup,
        _: Duration,
    ) -> command::GpProxyTableLookupReply {
        command::GpProxyTableLookupReply { index: 0xff }
    }

    pub(super) fn gp_proxy_table_get_entry(
        &mut self,
        _: command::GpProxyTableGetEntry,
        _: Duration,
    ) -> command::GpProxyTableGetEntryReply {
        command::GpProxyTableGetEntryReply {
            status: Status::NOT_FOUND,
            ..Default::default()
        }
    }

    pub(super) const fn gp_proxy_table_process_gp_pairing(
        &mut self,
        _: command::GpProxyTableProcessGpPairing,
        _: Duration,
    ) -> command::GpProxyTableProcessGpPairingReply {
        command::GpProxyTableProcessGpPairingReply {
            gp_pairing_added: false,
        }
    }

    pub(super) const fn gp_sink_table_lookup(
        &mut self,
        _: command::GpSinkTableLookup,
        _: Duration,
    ) -> command::GpSinkTableLookupReply {
        command::GpSinkTableLookupReply { index: 0xff }
    }
}
