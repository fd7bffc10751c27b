//! Tokens: the flash as hosts read and write it, laid out as real firmware lays it out.
//!
//! A write takes effect where the stack reads its token: addresses and network data after a reset.

use std::time::Duration;

use super::nvm::{Child, Network};
use super::{Key, Ncp};
use crate::Ieee;
use crate::ezsp::types::TokenInfo;
use crate::ezsp::values::{node_type, nvm3_key};
use crate::ezsp::{Status, command};

/// The tokens there are: key, bytes of one element, elements, whether it is a counter.
const TOKENS: &[(u32, u32, u8, bool)] = &[
    (nvm3_key::STACK_NVDATA_VERSION, 2, 1, false),
    (nvm3_key::STACK_BOOT_COUNTER, 4, 1, true),
    (nvm3_key::STACK_NONCE_COUNTER, 4, 1, true),
    (nvm3_key::STACK_KEYS, 17, 1, false),
    (nvm3_key::STACK_NODE_DATA, 16, 1, false),
    (nvm3_key::STACK_APS_FRAME_COUNTER, 4, 1, true),
    (nvm3_key::STACK_TRUST_CENTER, 26, 1, false),
    (nvm3_key::STACK_NETWORK_MANAGEMENT, 8, 1, false),
    (nvm3_key::STACK_RESTORED_EUI64, 8, 1, false),
    (nvm3_key::STACK_CHILD_TABLE, 11, 64, false),
];

const UNSET: Ieee = Ieee(u64::MAX);

/// Takes so many bytes off the front.
fn take<const N: usize>(bytes: &mut &[u8]) -> Option<[u8; N]> {
    let (first, rest) = bytes.split_first_chunk::<N>()?;
    *bytes = rest;
    Some(*first)
}

#[expect(clippy::needless_pass_by_value)] // one signature for all commands
impl Ncp {
    pub(super) fn get_token_count(
        &mut self,
        _: command::GetTokenCount,
        _: Duration,
    ) -> command::GetTokenCountReply {
        command::GetTokenCountReply {
            count: u32::try_from(TOKENS.len()).unwrap_or_default(),
        }
    }

    pub(super) fn get_token_info(
        &mut self,
        request: command::GetTokenInfo,
        _: Duration,
    ) -> command::GetTokenInfoReply {
        let Some((nvm3_key, size, elements, counter)) = TOKENS.get(usize::from(request.index))
        else {
            return command::GetTokenInfoReply {
                status: Status::INVALID_INDEX,
                ..Default::default()
            };
        };
        command::GetTokenInfoReply {
            status: Status::OK,
            token_info: TokenInfo {
                nvm3_key: *nvm3_key,
                is_counter: *counter,
                is_indexed: *elements > 1,
                size: *size,
                array_size: *elements,
            },
        }
    }

    pub(super) fn get_token_data(
        &mut self,
        request: command::GetTokenData,
        _: Duration,
    ) -> command::GetTokenDataReply {
        let value = self.token(request.token, request.index);
        command::GetTokenDataReply {
            status: if value.is_some() {
                Status::OK
            } else {
                Status::NOT_FOUND
            },
            value: Some(value.unwrap_or_default()),
        }
    }

    fn token(&self, key: u32, index: u32) -> Option<Vec<u8>> {
        let network = self.nvm.network.as_ref();
        if index != 0 && key != nvm3_key::STACK_CHILD_TABLE {
            return None;
        }
        let mut out = Vec::new();
        match key {
            nvm3_key::STACK_NVDATA_VERSION => out.extend_from_slice(&[0xfe, 0x01]),
            nvm3_key::STACK_BOOT_COUNTER => out.extend_from_slice(&self.nvm.boots.to_le_bytes()),
            nvm3_key::STACK_NONCE_COUNTER => {
                out.extend_from_slice(&self.nvm.network_counter.to_le_bytes());
            }
            nvm3_key::STACK_APS_FRAME_COUNTER => {
                out.extend_from_slice(&self.nvm.aps_counter.to_le_bytes());
            }
            nvm3_key::STACK_KEYS => {
                let key = network.map(|network| network.key).unwrap_or_default();
                out.extend_from_slice(&key.0);
                out.push(network.map_or(0, |network| network.key_sequence));
            }
            nvm3_key::STACK_NODE_DATA => {
                out.extend_from_slice(&network.map_or(0xffff, |n| n.pan_id).to_le_bytes());
                out.extend_from_slice(&network.map_or(-1, |n| n.power).to_le_bytes());
                out.push(network.map_or(0, |network| network.channel));
                out.push(2);
                out.push(network.map_or(0, |_| node_type::COORDINATOR));
                out.extend_from_slice(&network.map_or(0xffff_u16, |_| 0).to_le_bytes());
                out.extend_from_slice(&network.map_or(0, |n| n.extended_pan_id).to_le_bytes());
            }
            nvm3_key::STACK_TRUST_CENTER => {
                out.extend_from_slice(&network.map_or(0, |network| network.security).to_le_bytes());
                out.extend_from_slice(&network.map_or(Ieee(0), |n| n.trust_centre).to_le_bytes());
                let key = network.map(|network| network.link_key).unwrap_or_default();
                out.extend_from_slice(&key.0);
            }
            nvm3_key::STACK_NETWORK_MANAGEMENT => {
                out.extend_from_slice(&network.map_or(0, |network| network.channels).to_le_bytes());
                out.extend_from_slice(&network.map_or(0, |network| network.manager).to_le_bytes());
                out.push(network.map_or(0, |network| network.update_id));
                out.push(0);
            }
            nvm3_key::STACK_RESTORED_EUI64 => {
                out.extend_from_slice(&self.nvm.restored_ieee.unwrap_or(UNSET).to_le_bytes());
            }
            nvm3_key::STACK_CHILD_TABLE => {
                let child = u8::try_from(index)
                    .ok()
                    .and_then(|index| self.nvm.children.get(&index));
                if index >= 64 {
                    return None;
                }
                out.extend_from_slice(&child.map_or(UNSET, |child| child.ieee).to_le_bytes());
                out.extend_from_slice(&child.map_or(0xffff, |child| child.node).to_le_bytes());
                out.push(child.map_or(0, |child| child.flags));
            }
            _ => return None,
        }
        Some(out)
    }

    pub(super) fn set_token_data(
        &mut self,
        request: command::SetTokenData,
        _: Duration,
    ) -> command::SetTokenDataReply {
        let size = TOKENS
            .iter()
            .find(|row| row.0 == request.token)
            .map(|row| row.1);
        let status = match size {
            None => Status::NOT_FOUND,
            Some(size) if usize::try_from(size) != Ok(request.token_data.len()) => {
                Status::INVALID_PARAMETER
            }
            Some(_) => match self.put_token(request.token, request.index, &request.token_data) {
                Some(()) => Status::OK,
                None => Status::INVALID_STATE,
            },
        };
        command::SetTokenDataReply { status }
    }

    fn put_token(&mut self, key: u32, index: u32, mut bytes: &[u8]) -> Option<()> {
        let bytes = &mut bytes;
        let network = self.nvm.network.as_mut();
        match key {
            nvm3_key::STACK_NONCE_COUNTER => {
                self.nvm.network_counter = u32::from_le_bytes(take(bytes)?);
            }
            nvm3_key::STACK_APS_FRAME_COUNTER => {
                self.nvm.aps_counter = u32::from_le_bytes(take(bytes)?);
            }
            nvm3_key::STACK_KEYS => {
                let network: &mut Network = network?;
                network.key = Key(take(bytes)?);
                let [sequence] = take(bytes)?;
                network.key_sequence = sequence;
            }
            nvm3_key::STACK_NODE_DATA => {
                let network = network?;
                network.pan_id = u16::from_le_bytes(take(bytes)?);
                network.power = i8::from_le_bytes(take(bytes)?);
                let [channel, _profile, _kind] = take(bytes)?;
                network.channel = channel;
                let _node: [u8; 2] = take(bytes)?;
                network.extended_pan_id = u64::from_le_bytes(take(bytes)?);
            }
            nvm3_key::STACK_TRUST_CENTER => {
                let network = network?;
                network.security = u16::from_le_bytes(take(bytes)?);
                network.trust_centre = Ieee::from_le_bytes(take(bytes)?);
                network.link_key = Key(take(bytes)?);
            }
            nvm3_key::STACK_NETWORK_MANAGEMENT => {
                let network = network?;
                network.channels = u32::from_le_bytes(take(bytes)?);
                network.manager = u16::from_le_bytes(take(bytes)?);
                let [update_id] = take(bytes)?;
                network.update_id = update_id;
            }
            nvm3_key::STACK_RESTORED_EUI64 => {
                let ieee = Ieee::from_le_bytes(take(bytes)?);
                self.nvm.restored_ieee = Some(ieee).filter(|ieee| *ieee != UNSET);
            }
            nvm3_key::STACK_CHILD_TABLE => {
                let index = u8::try_from(index).ok()?;
                let ieee = Ieee::from_le_bytes(take(bytes)?);
                let node = u16::from_le_bytes(take(bytes)?);
                let [flags] = take(bytes)?;
                if ieee == UNSET {
                    self.nvm.children.remove(&index);
                } else {
                    let kind = self
                        .nvm
                        .children
                        .get(&index)
                        .map_or(node_type::SLEEPY_END_DEVICE, |child| child.kind);
                    self.nvm.children.insert(
                        index,
                        Child {
                            ieee,
                            node,
                            kind,
                            flags,
                        },
                    );
                }
            }
            _ => return None, // kept by the stack alone
        }
        Some(())
    }

    pub(super) fn token_factory_reset(
        &mut self,
        request: command::TokenFactoryReset,
        _: Duration,
    ) -> command::TokenFactoryResetReply {
        self.nvm.network = None;
        self.nvm.children.clear();
        self.nvm.link_keys.clear();
        self.nvm.bindings.clear();
        self.nvm.restored_ieee = None;
        if !request.exclude_outgoing_fc {
            self.nvm.network_counter = 0;
            self.nvm.aps_counter = 0;
        }
        if !request.exclude_boot_counter {
            self.nvm.boots = 0;
        }
        command::TokenFactoryResetReply {}
    }
}
