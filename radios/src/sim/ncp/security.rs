//! Keys: of the network, of the trust centre, of single devices, for a while or for good.

use std::time::Duration;

use super::nvm::LinkKey;
use super::{Key, Ncp};
use crate::Ieee;
use crate::ezsp::types::{
    ApsKeyMetadata, CurrentSecurityState, KeyStruct, NetworkKeyInfo, SecurityContext,
};
use crate::ezsp::values::{config_id, core_key_type, key_type, security_bit};
use crate::ezsp::{Status, callback, command, wire};

/// What is valid in a key struct.
mod has {
    pub(super) const SEQUENCE: u16 = 0x01;
    pub(super) const OUTGOING: u16 = 0x02;
    pub(super) const INCOMING: u16 = 0x04;
    pub(super) const PARTNER: u16 = 0x08;
}

const fn wire_key(key: Key) -> wire::Key {
    wire::Key(key.0)
}

const fn ok_if(found: bool) -> Status {
    if found { Status::OK } else { Status::NOT_FOUND }
}

/// Transient keys at the same time.
const MAX_TRANSIENT: usize = 5;

#[expect(clippy::needless_pass_by_value)] // one signature for all commands
impl Ncp {
    pub(super) fn random_key(&mut self) -> Key {
        let mut key = [0; 16];
        for part in key.chunks_exact_mut(4) {
            part.copy_from_slice(&self.dice.next().to_le_bytes());
        }
        Key(key)
    }

    pub(super) fn set_initial_security_state(
        &mut self,
        request: command::SetInitialSecurityState,
        _: Duration,
    ) -> command::SetInitialSecurityStateReply {
        let status = if self.ram.up {
            Status::INVALID_STATE
        } else {
            self.ram.initial_security = Some(request.state);
            Status::OK
        };
        command::SetInitialSecurityStateReply { status }
    }

    pub(super) fn get_current_security_state(
        &mut self,
        _: command::GetCurrentSecurityState,
        _: Duration,
    ) -> command::GetCurrentSecurityStateReply {
        let Some(network) = self.nvm.network.as_ref().filter(|_| self.ram.up) else {
            return command::GetCurrentSecurityStateReply {
                status: Status::NOT_JOINED,
                ..Default::default()
            };
        };
        // Bit 4: it has a trust centre link key.
        let kept = security_bit::TRUST_CENTER_USES_HASHED_LINK_KEY
            | security_bit::TRUST_CENTER_GLOBAL_LINK_KEY;
        command::GetCurrentSecurityStateReply {
            status: Status::OK,
            state: CurrentSecurityState {
                bitmask: network.security & kept | 0x10,
                trust_center_long_address: network.trust_centre,
            },
        }
    }

    pub(super) fn get_key(
        &mut self,
        request: command::GetKey,
        _: Duration,
    ) -> command::GetKeyReply {
        let key_struct = self
            .nvm
            .network
            .as_ref()
            .filter(|_| self.ram.up)
            .and_then(|network| {
                let (bitmask, key, counter, sequence) = match request.key_type {
                    key_type::TRUST_CENTER_LINK_KEY => (
                        has::OUTGOING | has::PARTNER,
                        network.link_key,
                        self.nvm.aps_counter,
                        0,
                    ),
                    key_type::CURRENT_NETWORK_KEY => (
                        has::SEQUENCE | has::OUTGOING,
                        network.key,
                        self.nvm.network_counter,
                        network.key_sequence,
                    ),
                    key_type::NEXT_NETWORK_KEY => {
                        let (key, sequence) = network.next_key?;
                        (has::SEQUENCE, key, 0, sequence)
                    }
                    _ => return None,
                };
                Some(KeyStruct {
                    bitmask,
                    kind: request.key_type,
                    key: wire_key(key),
                    outgoing_frame_counter: counter,
                    incoming_frame_counter: 0,
                    sequence_number: sequence,
                    partner_eui64: Ieee(u64::MAX),
                })
            });
        command::GetKeyReply {
            status: ok_if(key_struct.is_some()),
            key_struct: key_struct.unwrap_or_default(),
        }
    }

    /// The key that a context means.
    fn key_of(&self, context: &SecurityContext) -> Option<Key> {
        let network = self.nvm.network.as_ref();
        match context.core_key_type {
            core_key_type::NETWORK => match context.key_index {
                0 => network.map(|network| network.key),
                _ => network
                    .and_then(|network| network.next_key)
                    .map(|(key, _)| key),
            },
            core_key_type::TC_LINK => network.map(|network| network.link_key),
            core_key_type::APP_LINK => self
                .nvm
                .link_keys
                .get(&context.key_index)
                .map(|key| key.key),
            _ => None,
        }
    }

    pub(super) fn export_key(
        &mut self,
        request: command::ExportKey,
        _: Duration,
    ) -> command::ExportKeyReply {
        let key = self.key_of(&request.context);
        command::ExportKeyReply {
            status: ok_if(key.is_some()),
            key: wire_key(key.unwrap_or_default()),
            context: request.context,
        }
    }

    pub(super) fn import_key(
        &mut self,
        request: command::ImportKey,
        _: Duration,
    ) -> command::ImportKeyReply {
        let key = Key(request.key.0);
        let status = match (request.context.core_key_type, &mut self.nvm.network) {
            (core_key_type::APP_LINK, _) => {
                let (index, partner) = (request.context.key_index, request.context.eui64);
                self.put_link_key(index, partner, key)
            }
            (_, None) => Status::INVALID_STATE,
            (core_key_type::NETWORK, Some(network)) if request.context.key_index == 0 => {
                network.key = key;
                Status::OK
            }
            (core_key_type::TC_LINK, Some(network)) => {
                network.link_key = key;
                Status::OK
            }
            _ => Status::INVALID_PARAMETER,
        };
        command::ImportKeyReply {
            status,
            context: request.context,
        }
    }

    pub(super) fn get_network_key_info(
        &mut self,
        _: command::GetNetworkKeyInfo,
        _: Duration,
    ) -> command::GetNetworkKeyInfoReply {
        let info = self.nvm.network.as_ref().map(|network| NetworkKeyInfo {
            network_key_set: true,
            alternate_network_key_set: network.next_key.is_some(),
            network_key_sequence_number: network.key_sequence,
            alt_network_key_sequence_number: network.next_key.map_or(0, |(_, sequence)| sequence),
            network_key_frame_counter: self.nvm.network_counter,
        });
        command::GetNetworkKeyInfoReply {
            status: Status::OK,
            network_key_info: info.unwrap_or_default(),
        }
    }

    pub(super) fn get_aps_key_info(
        &mut self,
        request: command::GetApsKeyInfo,
        _: Duration,
    ) -> command::GetApsKeyInfoReply {
        let key = self.key_of(&request.context_in);
        command::GetApsKeyInfoReply {
            status: ok_if(key.is_some()),
            eui64: request.context_in.eui64,
            key_data: ApsKeyMetadata {
                bitmask: has::OUTGOING,
                outgoing_frame_counter: self.nvm.aps_counter,
                ..Default::default()
            },
            context: request.context_in,
        }
    }

    fn key_slots(&self) -> u8 {
        u8::try_from(self.configured(config_id::KEY_TABLE_SIZE)).unwrap_or(u8::MAX)
    }

    fn put_link_key(&mut self, index: u8, partner: Ieee, key: Key) -> Status {
        if index >= self.key_slots() {
            return Status::INVALID_INDEX;
        }
        self.nvm.link_keys.insert(index, LinkKey { partner, key });
        Status::OK
    }

    fn slot_of(&self, partner: Ieee) -> Option<u8> {
        let keys = self.nvm.link_keys.iter();
        keys.filter(|(_, key)| key.partner == partner)
            .map(|(index, _)| *index)
            .next()
    }

    pub(super) fn get_key_table_entry(
        &mut self,
        request: command::GetKeyTableEntry,
        _: Duration,
    ) -> command::GetKeyTableEntryReply {
        let entry = self.nvm.link_keys.get(&request.index);
        let status = if request.index >= self.key_slots() {
            Status::INVALID_INDEX
        } else {
            ok_if(entry.is_some())
        };
        let key_struct = entry.map(|entry| KeyStruct {
            bitmask: has::OUTGOING | has::INCOMING | has::PARTNER,
            kind: key_type::APPLICATION_LINK_KEY,
            key: wire_key(entry.key),
            partner_eui64: entry.partner,
            ..Default::default()
        });
        command::GetKeyTableEntryReply {
            status,
            key_struct: key_struct.unwrap_or_default(),
        }
    }

    pub(super) fn set_key_table_entry(
        &mut self,
        request: command::SetKeyTableEntry,
        _: Duration,
    ) -> command::SetKeyTableEntryReply {
        command::SetKeyTableEntryReply {
            status: self.put_link_key(request.index, request.address, Key(request.key_data.0)),
        }
    }

    pub(super) fn add_or_update_key_table_entry(
        &mut self,
        request: command::AddOrUpdateKeyTableEntry,
        _: Duration,
    ) -> command::AddOrUpdateKeyTableEntryReply {
        let free = (0..self.key_slots()).find(|index| !self.nvm.link_keys.contains_key(index));
        let status = match self.slot_of(request.address).or(free) {
            Some(index) => self.put_link_key(index, request.address, Key(request.key_data.0)),
            None => Status::FULL,
        };
        command::AddOrUpdateKeyTableEntryReply { status }
    }

    pub(super) fn find_key_table_entry(
        &mut self,
        request: command::FindKeyTableEntry,
        _: Duration,
    ) -> command::FindKeyTableEntryReply {
        // An address of zeroes asks for a free slot.
        let index = if request.address.0 == 0 {
            (0..self.key_slots()).find(|index| !self.nvm.link_keys.contains_key(index))
        } else {
            self.slot_of(request.address)
        };
        command::FindKeyTableEntryReply {
            index: index.unwrap_or(0xff),
        }
    }

    pub(super) fn erase_key_table_entry(
        &mut self,
        request: command::EraseKeyTableEntry,
        _: Duration,
    ) -> command::EraseKeyTableEntryReply {
        let status = if request.index >= self.key_slots() {
            Status::INVALID_INDEX
        } else {
            self.nvm.link_keys.remove(&request.index);
            Status::OK
        };
        command::EraseKeyTableEntryReply { status }
    }

    pub(super) fn clear_key_table(
        &mut self,
        _: command::ClearKeyTable,
        _: Duration,
    ) -> command::ClearKeyTableReply {
        self.nvm.link_keys.clear();
        command::ClearKeyTableReply { status: Status::OK }
    }

    pub(super) fn export_link_key_by_index(
        &mut self,
        request: command::ExportLinkKeyByIndex,
        _: Duration,
    ) -> command::ExportLinkKeyByIndexReply {
        let entry = self.nvm.link_keys.get(&request.index);
        let status = if request.index >= self.key_slots() {
            Status::INVALID_INDEX
        } else {
            ok_if(entry.is_some())
        };
        let partner = entry.map_or(Ieee(0), |entry| entry.partner);
        command::ExportLinkKeyByIndexReply {
            status,
            context: SecurityContext {
                core_key_type: core_key_type::APP_LINK,
                key_index: request.index,
                eui64: partner,
                ..Default::default()
            },
            eui64: partner,
            plaintext_key: wire_key(entry.map(|entry| entry.key).unwrap_or_default()),
            key_data: ApsKeyMetadata::default(),
        }
    }

    pub(super) fn export_link_key_by_eui(
        &mut self,
        request: command::ExportLinkKeyByEui,
        _: Duration,
    ) -> command::ExportLinkKeyByEuiReply {
        let index = self.slot_of(request.eui64);
        let entry = index.and_then(|index| self.nvm.link_keys.get(&index));
        command::ExportLinkKeyByEuiReply {
            status: ok_if(entry.is_some()),
            context: SecurityContext {
                core_key_type: core_key_type::APP_LINK,
                key_index: index.unwrap_or(0xff),
                eui64: request.eui64,
                ..Default::default()
            },
            index: index.unwrap_or(0xff),
            plaintext_key: wire_key(entry.map(|entry| entry.key).unwrap_or_default()),
            key_data: ApsKeyMetadata::default(),
        }
    }

    pub(super) fn import_link_key(
        &mut self,
        request: command::ImportLinkKey,
        _: Duration,
    ) -> command::ImportLinkKeyReply {
        command::ImportLinkKeyReply {
            status: self.put_link_key(request.index, request.address, Key(request.key.0)),
        }
    }

    fn put_transient_key(&mut self, partner: Ieee, key: Key) -> Status {
        self.ram
            .transient_keys
            .retain(|(known, _)| *known != partner);
        if self.ram.transient_keys.len() >= MAX_TRANSIENT {
            return Status::FULL;
        }
        self.ram.transient_keys.push((partner, key));
        Status::OK
    }

    pub(super) fn add_transient_link_key(
        &mut self,
        request: command::AddTransientLinkKey,
        _: Duration,
    ) -> command::AddTransientLinkKeyReply {
        command::AddTransientLinkKeyReply {
            status: self.put_transient_key(request.partner, Key(request.transient_key.0)),
        }
    }

    pub(super) fn import_transient_key(
        &mut self,
        request: command::ImportTransientKey,
        _: Duration,
    ) -> command::ImportTransientKeyReply {
        command::ImportTransientKeyReply {
            status: self.put_transient_key(request.eui64, Key(request.plaintext_key.0)),
        }
    }

    pub(super) fn export_transient_key_by_index(
        &mut self,
        request: command::ExportTransientKeyByIndex,
        _: Duration,
    ) -> command::ExportTransientKeyByIndexReply {
        let entry = self
            .ram
            .transient_keys
            .get(usize::from(request.index))
            .copied();
        let (partner, key) = entry.unwrap_or((Ieee(0), Key::default()));
        command::ExportTransientKeyByIndexReply {
            status: ok_if(entry.is_some()),
            context: SecurityContext {
                core_key_type: core_key_type::TC_LINK_WITH_TIMEOUT,
                key_index: request.index,
                eui64: partner,
                ..Default::default()
            },
            plaintext_key: wire_key(key),
            key_data: ApsKeyMetadata::default(),
        }
    }

    pub(super) fn export_transient_key_by_eui(
        &mut self,
        request: command::ExportTransientKeyByEui,
        _: Duration,
    ) -> command::ExportTransientKeyByEuiReply {
        let entry = self
            .ram
            .transient_keys
            .iter()
            .find(|(partner, _)| *partner == request.eui64);
        command::ExportTransientKeyByEuiReply {
            status: ok_if(entry.is_some()),
            context: SecurityContext {
                core_key_type: core_key_type::TC_LINK_WITH_TIMEOUT,
                eui64: request.eui64,
                ..Default::default()
            },
            plaintext_key: wire_key(entry.map(|(_, key)| *key).unwrap_or_default()),
            key_data: ApsKeyMetadata::default(),
        }
    }

    pub(super) fn clear_transient_link_keys(
        &mut self,
        _: command::ClearTransientLinkKeys,
        _: Duration,
    ) -> command::ClearTransientLinkKeysReply {
        self.ram.transient_keys.clear();
        command::ClearTransientLinkKeysReply {}
    }

    pub(super) fn broadcast_next_network_key(
        &mut self,
        request: command::BroadcastNextNetworkKey,
        _: Duration,
    ) -> command::BroadcastNextNetworkKeyReply {
        let key = if request.key.0 == [0; 16] {
            self.random_key() // zeroes ask for any
        } else {
            Key(request.key.0)
        };
        let status = match &mut self.nvm.network {
            Some(network) if self.ram.up => {
                network.next_key = Some((key, network.key_sequence.wrapping_add(1)));
                Status::OK
            }
            _ => Status::INVALID_STATE,
        };
        command::BroadcastNextNetworkKeyReply { status }
    }

    pub(super) fn broadcast_network_key_switch(
        &mut self,
        _: command::BroadcastNetworkKeySwitch,
        now: Duration,
    ) -> command::BroadcastNetworkKeySwitchReply {
        let status = match self
            .nvm
            .network
            .as_mut()
            .map(|network| (network.next_key.take(), network))
        {
            Some((Some((key, sequence)), network)) if self.ram.up => {
                self.switched = Some((network.key, key));
                network.key = key;
                network.key_sequence = sequence;
                self.nvm.network_counter = 0;
                let switched = callback::SwitchNetworkKeyHandler {
                    sequence_number: sequence,
                };
                self.tell_at(&switched, Some(now));
                Status::OK
            }
            _ => Status::INVALID_STATE,
        };
        command::BroadcastNetworkKeySwitchReply { status }
    }

    pub(super) const fn unicast_current_network_key(
        &mut self,
        _: command::UnicastCurrentNetworkKey,
        _: Duration,
    ) -> command::UnicastCurrentNetworkKeyReply {
        command::UnicastCurrentNetworkKeyReply {
            status: if self.ram.up {
                Status::OK
            } else {
                Status::INVALID_STATE
            },
        }
    }

    pub(super) const fn send_trust_center_link_key(
        &mut self,
        _: command::SendTrustCenterLinkKey,
        _: Duration,
    ) -> command::SendTrustCenterLinkKeyReply {
        command::SendTrustCenterLinkKeyReply {
            status: if self.ram.up {
                Status::OK
            } else {
                Status::INVALID_STATE
            },
        }
    }
}
