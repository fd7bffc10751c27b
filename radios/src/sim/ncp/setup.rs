//! Configuration, values, policies, endpoints, counters, and the part itself.

use std::time::Duration;

use super::Ncp;
use crate::Ieee;
use crate::ezsp::values::{
    config_id, decision_id, extended_value_id, mfg_token, policy_id, value_id,
};
use crate::ezsp::{Status, Version, command};
use crate::zigbee::zdo::{Counted, SimpleDescriptor};

/// The firmware that speaks a protocol version: build, and major, minor, patch.
pub(super) const fn firmware(version: Version) -> (u16, [u8; 3]) {
    match version.number() {
        0..=8 => (163, [6, 10, 3]),
        9 => (0, [7, 0, 2]),
        10 => (0, [7, 1, 3]),
        11 => (0, [7, 2, 1]),
        12 => (0, [7, 3, 1]),
        13 => (0, [7, 4, 4]),
        14 | 15 => (0, [8, 0, 2]),
        16 => (0, [8, 1, 0]),
        17 => (0, [8, 2, 0]),
        18 => (0, [9, 0, 1]),
        _ => (0, [9, 1, 0]),
    }
}

/// Configuration: id, the firmware's value, whether it sizes memory (and is fixed once the network
/// is up).
pub(super) const CONFIGURATION: &[(u8, u16, bool)] = &[
    (config_id::PACKET_BUFFER_COUNT, 255, true),
    (config_id::NEIGHBOR_TABLE_SIZE, 26, true),
    (config_id::APS_UNICAST_MESSAGE_COUNT, 32, true),
    (config_id::BINDING_TABLE_SIZE, 32, true),
    (config_id::ADDRESS_TABLE_SIZE, 8, true),
    (config_id::MULTICAST_TABLE_SIZE, 8, true),
    (config_id::ROUTE_TABLE_SIZE, 16, true),
    (config_id::DISCOVERY_TABLE_SIZE, 8, true),
    (config_id::STACK_PROFILE, 0, false),
    (config_id::SECURITY_LEVEL, 5, false),
    (config_id::MAX_HOPS, 30, false),
    (config_id::MAX_END_DEVICE_CHILDREN, 6, true),
    (config_id::INDIRECT_TRANSMISSION_TIMEOUT, 3000, false),
    (config_id::END_DEVICE_POLL_TIMEOUT, 8, false),
    (config_id::TX_POWER_MODE, 0, false),
    (config_id::DISABLE_RELAY, 0, false),
    (config_id::TRUST_CENTER_ADDRESS_CACHE_SIZE, 0, true),
    (config_id::SOURCE_ROUTE_TABLE_SIZE, 7, true),
    (config_id::FRAGMENT_WINDOW_SIZE, 1, false),
    (config_id::FRAGMENT_DELAY_MS, 0, false),
    (config_id::KEY_TABLE_SIZE, 12, true),
    (config_id::APS_ACK_TIMEOUT, 1600, false),
    (config_id::ACTIVE_SCAN_DURATION, 3, false),
    (config_id::PAN_ID_CONFLICT_REPORT_THRESHOLD, 1, false),
    (config_id::REQUEST_KEY_TIMEOUT, 0, false),
    (config_id::APPLICATION_ZDO_FLAGS, 0, false),
    (config_id::BROADCAST_TABLE_SIZE, 15, true),
    (config_id::MAC_FILTER_TABLE_SIZE, 0, true),
    (config_id::SUPPORTED_NETWORKS, 1, true),
    (config_id::SEND_MULTICASTS_TO_SLEEPY_ADDRESS, 0, false),
    (config_id::ZLL_GROUP_ADDRESSES, 0, false),
    (config_id::ZLL_RSSI_THRESHOLD, 0x80, false),
    (config_id::MTORR_FLOW_CONTROL, 1, false),
    (config_id::RETRY_QUEUE_SIZE, 8, true),
    (config_id::NEW_BROADCAST_ENTRY_THRESHOLD, 7, false),
    (config_id::TRANSIENT_KEY_TIMEOUT_S, 300, false),
    (config_id::BROADCAST_MIN_ACKS_NEEDED, 255, false),
    (
        config_id::TC_REJOINS_USING_WELL_KNOWN_KEY_TIMEOUT_S,
        300,
        false,
    ),
    (config_id::CTUNE_VALUE, 0, false),
    (config_id::ASSUME_TC_CONCENTRATOR_TYPE, 0, false),
    (config_id::GP_PROXY_TABLE_SIZE, 5, true),
];

/// Values: id, the firmware's bytes, whether the host may write them.
pub(super) const VALUES: &[(u8, &[u8], bool)] = &[
    (value_id::FREE_BUFFERS, &[0xf8], false),
    (value_id::MAXIMUM_INCOMING_TRANSFER_SIZE, &[82, 0], true),
    (value_id::MAXIMUM_OUTGOING_TRANSFER_SIZE, &[82, 0], true),
    (value_id::STACK_TOKEN_WRITING, &[1], true),
    (value_id::STACK_IS_PERFORMING_REJOIN, &[0], false),
    (value_id::MAC_FILTER_LIST, &[], true),
    (value_id::EXTENDED_SECURITY_BITMASK, &[0, 0], true),
    (value_id::NODE_SHORT_ID, &[0, 0], false),
    (value_id::DESCRIPTOR_CAPABILITY, &[0], true),
    (value_id::RADIO_HOLD_OFF, &[0], true),
    (value_id::MFG_SECURITY_CONFIG, &[0, 0, 0, 0], true),
    (value_id::NEXT_HOST_REJOIN_REASON, &[0], false),
    (value_id::LAST_REJOIN_REASON, &[0], false),
    (value_id::NEXT_ZIGBEE_SEQUENCE_NUMBER, &[0], false),
    (value_id::CCA_THRESHOLD, &[0], true),
    (value_id::CLEAR_COUNTERS, &[], true),
    (value_id::ENABLE_R21_BEHAVIOR, &[0], true),
    (value_id::ANTENNA_MODE, &[0], true),
    (value_id::MFGLIB_OPTIONS, &[0], true),
    (value_id::TRANSIENT_KEY_TIMEOUT_S, &[0x2c, 0x01], true),
    (value_id::END_DEVICE_KEEP_ALIVE_SUPPORT_MODE, &[3], true),
    (value_id::ACTIVE_RADIO_CONFIG, &[0], false),
    (value_id::TRANSIENT_DEVICE_TIMEOUT, &[0x10, 0x27], true),
    (value_id::KEY_STORAGE_VERSION, &[0], false),
    (value_id::DELAYED_JOIN_ACTIVATION, &[0], true),
];

/// Policies and the firmware's decisions.
pub(super) const POLICIES: &[(u8, u8)] = &[
    (policy_id::TRUST_CENTER_POLICY, 0),
    (
        policy_id::BINDING_MODIFICATION_POLICY,
        decision_id::DISALLOW_BINDING_MODIFICATION,
    ),
    (
        policy_id::UNICAST_REPLIES_POLICY,
        decision_id::HOST_WILL_NOT_SUPPLY_REPLY,
    ),
    (
        policy_id::POLL_HANDLER_POLICY,
        decision_id::POLL_HANDLER_IGNORE,
    ),
    (
        policy_id::MESSAGE_CONTENTS_IN_CALLBACK_POLICY,
        decision_id::MESSAGE_TAG_ONLY_IN_CALLBACK,
    ),
    (
        policy_id::TC_KEY_REQUEST_POLICY,
        decision_id::DENY_TC_KEY_REQUESTS,
    ),
    (
        policy_id::APP_KEY_REQUEST_POLICY,
        decision_id::DENY_APP_KEY_REQUESTS,
    ),
    (
        policy_id::PACKET_VALIDATE_LIBRARY_POLICY,
        decision_id::PACKET_VALIDATE_LIBRARY_CHECKS_DISABLED,
    ),
    (policy_id::ZLL_POLICY, 0),
    (policy_id::TC_REJOINS_USING_WELL_KNOWN_KEY_POLICY, 0),
];

/// A manufacturing token of so many bytes: text, then 0xff.
fn padded(text: &str, length: usize) -> Vec<u8> {
    let mut bytes = text.as_bytes().to_vec();
    bytes.resize(length, 0xff);
    bytes
}

#[expect(clippy::needless_pass_by_value)] // one signature for all commands
impl Ncp {
    pub(super) const fn nop(&mut self, _: command::Nop, _: Duration) -> command::NopReply {
        command::NopReply {}
    }

    pub(super) fn echo(&mut self, request: command::Echo, _: Duration) -> command::EchoReply {
        command::EchoReply { echo: request.data }
    }

    pub(super) fn get_configuration_value(
        &mut self,
        request: command::GetConfigurationValue,
        _: Duration,
    ) -> command::GetConfigurationValueReply {
        let value = self.ram.configuration.get(&request.config_id).copied();
        command::GetConfigurationValueReply {
            status: if value.is_some() {
                Status::OK
            } else {
                Status::INVALID_INDEX
            },
            value: value.unwrap_or_default(),
        }
    }

    pub(super) fn set_configuration_value(
        &mut self,
        request: command::SetConfigurationValue,
        _: Duration,
    ) -> command::SetConfigurationValueReply {
        let row = CONFIGURATION.iter().find(|row| row.0 == request.config_id);
        let status = match row {
            None => Status::INVALID_INDEX,
            Some((.., true)) if self.ram.up => Status::INVALID_STATE,
            Some((config_id::MAX_END_DEVICE_CHILDREN, ..)) if request.value > 64 => {
                Status::INVALID_PARAMETER
            }
            Some(_) => {
                self.ram
                    .configuration
                    .insert(request.config_id, request.value);
                Status::OK
            }
        };
        command::SetConfigurationValueReply { status }
    }

    pub(super) fn get_value(
        &mut self,
        request: command::GetValue,
        _: Duration,
    ) -> command::GetValueReply {
        let value = match request.value_id {
            value_id::VERSION_INFO => {
                let (build, [major, minor, patch]) = firmware(self.version);
                let [low, high] = build.to_le_bytes();
                // A special number of 0, and 0xAA: generally available.
                Some(vec![low, high, major, minor, patch, 0, 0xaa])
            }
            value_id::NWK_FRAME_COUNTER => Some(self.nvm.network_counter.to_le_bytes().to_vec()),
            value_id::APS_FRAME_COUNTER => Some(self.nvm.aps_counter.to_le_bytes().to_vec()),
            id => self.ram.values.get(&id).cloned(),
        };
        command::GetValueReply {
            status: if value.is_some() {
                Status::OK
            } else {
                Status::INVALID_INDEX
            },
            value: value.unwrap_or_default(),
        }
    }

    pub(super) fn set_value(
        &mut self,
        request: command::SetValue,
        _: Duration,
    ) -> command::SetValueReply {
        let status = match (request.value_id, request.value.as_slice()) {
            (value_id::NWK_FRAME_COUNTER | value_id::APS_FRAME_COUNTER, _) if self.ram.up => {
                Status::INVALID_STATE
            }
            (value_id::NWK_FRAME_COUNTER, &[a, b, c, d]) => {
                self.nvm.network_counter = u32::from_le_bytes([a, b, c, d]);
                Status::OK
            }
            (value_id::APS_FRAME_COUNTER, &[a, b, c, d]) => {
                self.nvm.aps_counter = u32::from_le_bytes([a, b, c, d]);
                Status::OK
            }
            // Can be written, though not read.
            (value_id::FORCE_TX_AFTER_FAILED_CCA_ATTEMPTS, [_]) => Status::OK,
            (value_id::ENDPOINT_FLAGS, [endpoint, _, _]) => {
                if self.ram.endpoints.iter().any(|e| e.endpoint == *endpoint) {
                    Status::OK
                } else {
                    Status::INVALID_PARAMETER
                }
            }
            (id, value) => match VALUES.iter().find(|row| row.0 == id) {
                None => Status::INVALID_INDEX,
                Some((_, first, writable)) => {
                    if *writable && (first.is_empty() || first.len() == value.len()) {
                        self.ram.values.insert(id, value.to_vec());
                        Status::OK
                    } else {
                        Status::INVALID_PARAMETER
                    }
                }
            },
        };
        command::SetValueReply { status }
    }

    pub(super) fn get_extended_value(
        &mut self,
        request: command::GetExtendedValue,
        _: Duration,
    ) -> command::GetExtendedValueReply {
        let (status, value) = match request.value_id {
            extended_value_id::ENDPOINT_FLAGS => {
                let endpoint =
                    |e: &SimpleDescriptor| u32::from(e.endpoint) == request.characteristics;
                if self.ram.endpoints.iter().any(endpoint) {
                    (Status::OK, vec![1, 0])
                } else {
                    (Status::INVALID_PARAMETER, vec![0, 0])
                }
            }
            extended_value_id::LAST_LEAVE_REASON => (Status::OK, vec![0, 0xff, 0xff]),
            extended_value_id::GET_SOURCE_ROUTE_OVERHEAD => (Status::OK, vec![0]),
            extended_value_id::MEMORY_USAGE_DATA if self.version.since(17) => {
                (Status::OK, vec![0, 0x40, 0, 0])
            }
            _ => (Status::INVALID_INDEX, Vec::new()),
        };
        command::GetExtendedValueReply { status, value }
    }

    pub(super) fn get_policy(
        &mut self,
        request: command::GetPolicy,
        _: Duration,
    ) -> command::GetPolicyReply {
        let decision = self.ram.policies.get(&request.policy_id).copied();
        command::GetPolicyReply {
            status: if decision.is_some() {
                Status::OK
            } else {
                Status::INVALID_INDEX
            },
            decision_id: decision.unwrap_or_default(),
        }
    }

    pub(super) fn set_policy(
        &mut self,
        request: command::SetPolicy,
        _: Duration,
    ) -> command::SetPolicyReply {
        // A decision belongs to its policy: 0x1x to bindings, 0x4x to message contents, …
        let kind = match request.policy_id {
            policy_id::BINDING_MODIFICATION_POLICY => Some(1),
            policy_id::UNICAST_REPLIES_POLICY => Some(2),
            policy_id::POLL_HANDLER_POLICY => Some(3),
            policy_id::MESSAGE_CONTENTS_IN_CALLBACK_POLICY => Some(4),
            policy_id::TC_KEY_REQUEST_POLICY => Some(5),
            policy_id::APP_KEY_REQUEST_POLICY => Some(6),
            _ => None,
        };
        let status = match self.ram.policies.get_mut(&request.policy_id) {
            None => Status::INVALID_INDEX,
            Some(_) if kind.is_some_and(|kind| request.decision_id >> 4 != kind) => {
                Status::INVALID_PARAMETER
            }
            Some(decision) => {
                *decision = request.decision_id;
                Status::OK
            }
        };
        command::SetPolicyReply { status }
    }

    pub(super) fn add_endpoint(
        &mut self,
        request: command::AddEndpoint,
        _: Duration,
    ) -> command::AddEndpointReply {
        let known = self
            .ram
            .endpoints
            .iter()
            .any(|e| e.endpoint == request.endpoint);
        let status = if self.ram.up || known {
            Status::INVALID_STATE
        } else if self.ram.endpoints.len() >= 8 {
            Status::NO_MORE_RESOURCE
        } else {
            self.ram.endpoints.push(SimpleDescriptor {
                endpoint: request.endpoint,
                profile: request.profile_id,
                device: request.device_id,
                version: request.device_version,
                input: Counted(request.clusters.input),
                output: Counted(request.clusters.output),
            });
            Status::OK
        };
        command::AddEndpointReply { status }
    }

    pub(super) const fn set_manufacturer_code(
        &mut self,
        request: command::SetManufacturerCode,
        _: Duration,
    ) -> command::SetManufacturerCodeReply {
        self.ram.manufacturer_code = request.code;
        command::SetManufacturerCodeReply { status: Status::OK }
    }

    pub(super) const fn set_power_descriptor(
        &mut self,
        request: command::SetPowerDescriptor,
        _: Duration,
    ) -> command::SetPowerDescriptorReply {
        self.ram.power_descriptor = request.descriptor;
        command::SetPowerDescriptorReply { status: Status::OK }
    }

    pub(super) fn get_mfg_token(
        &mut self,
        request: command::GetMfgToken,
        _: Duration,
    ) -> command::GetMfgTokenReply {
        let token_data = match request.token_id {
            mfg_token::MFG_STRING => padded("Hearth", 16),
            mfg_token::MFG_BOARD_NAME => padded("Simulated NCP", 16),
            mfg_token::MFG_CUSTOM_EUI_64 => self
                .nvm
                .burnt_ieee
                .unwrap_or(Ieee(u64::MAX))
                .to_le_bytes()
                .to_vec(),
            mfg_token::MFG_CUSTOM_VERSION
            | mfg_token::MFG_MANUF_ID
            | mfg_token::MFG_PHY_CONFIG
            | mfg_token::MFG_CTUNE => vec![0xff; 2],
            mfg_token::MFG_BOOTLOAD_AES_KEY | mfg_token::MFG_STORAGE => vec![0xff; 16],
            _ => Vec::new(),
        };
        command::GetMfgTokenReply { token_data }
    }

    pub(super) fn set_mfg_token(
        &mut self,
        request: command::SetMfgToken,
        _: Duration,
    ) -> command::SetMfgTokenReply {
        let bytes = <[u8; 8]>::try_from(request.token_data.as_slice());
        let status = match (request.token_id, bytes, self.nvm.burnt_ieee) {
            (mfg_token::MFG_CUSTOM_EUI_64, Ok(bytes), None) => {
                self.nvm.burnt_ieee = Some(Ieee::from_le_bytes(bytes));
                Status::OK
            }
            // Manufacturing tokens are flash without an erase: once only.
            (mfg_token::MFG_CUSTOM_EUI_64, Ok(_), Some(_)) => Status::INVALID_STATE,
            _ => Status::INVALID_PARAMETER,
        };
        command::SetMfgTokenReply { status }
    }

    pub(super) fn custom_frame(
        &mut self,
        _: command::CustomFrame,
        _: Duration,
    ) -> command::CustomFrameReply {
        command::CustomFrameReply {
            status: Status::NOT_SUPPORTED,
            reply: Vec::new(),
        }
    }

    pub(super) const fn get_xncp_info(
        &mut self,
        _: command::GetXncpInfo,
        _: Duration,
    ) -> command::GetXncpInfoReply {
        command::GetXncpInfoReply {
            status: Status::NOT_SUPPORTED,
            manufacturer_id: 0,
            version_number: 0,
        }
    }

    #[expect(clippy::cast_possible_truncation)] // half of the luck will do
    pub(super) fn get_random_number(
        &mut self,
        _: command::GetRandomNumber,
        _: Duration,
    ) -> command::GetRandomNumberReply {
        command::GetRandomNumberReply {
            status: Status::OK,
            value: self.dice.next() as u16,
        }
    }

    pub(super) const fn get_phy_interface_count(
        &mut self,
        _: command::GetPhyInterfaceCount,
        _: Duration,
    ) -> command::GetPhyInterfaceCountReply {
        command::GetPhyInterfaceCountReply { interface_count: 1 }
    }

    pub(super) fn read_counters(
        &mut self,
        _: command::ReadCounters,
        _: Duration,
    ) -> command::ReadCountersReply {
        command::ReadCountersReply {
            values: self.ram.counters.to_vec(),
        }
    }

    pub(super) fn read_and_clear_counters(
        &mut self,
        _: command::ReadAndClearCounters,
        _: Duration,
    ) -> command::ReadAndClearCountersReply {
        let values = self.ram.counters.to_vec();
        self.ram.counters.fill(0);
        command::ReadAndClearCountersReply { values }
    }

    pub(super) const fn launch_standalone_bootloader(
        &mut self,
        _: command::LaunchStandaloneBootloader,
        _: Duration,
    ) -> command::LaunchStandaloneBootloaderReply {
        command::LaunchStandaloneBootloaderReply {
            status: Status::NOT_SUPPORTED,
        }
    }
}
