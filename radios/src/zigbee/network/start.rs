//! From a connected dongle to a network that is up: configure, then resume, form or refuse.
//!
//! The order matters: table sizes and endpoints are refused once the network is up, and all of it
//! is lost when the dongle restarts. What an older or smaller firmware does not know is skipped.

use std::time::Duration;

use tokio::time::{Instant, timeout_at};

use super::config::FormPolicy;
use super::dongle::{Inbox, Unanswered, call, status, try_call};
use super::settings::{Random, Wishes};
use crate::ezsp::Ncp;
use crate::ezsp::Status;
use crate::ezsp::callback::Callback;
use crate::ezsp::command as ezsp;
use crate::ezsp::types::{
    Clusters, InitialSecurityState, MulticastTableEntry, NetworkParameters, SecurityContext,
};
use crate::ezsp::values::{
    concentrator_type, config_id, core_key_type, decision_id, extended_value_id, join_method,
    key_type, network_init, policy_id, scan_type, security_bit, source_route_discovery,
    trust_center_decision, value_id,
};
use crate::ezsp::wire::Key;
use crate::{NetworkInfo, NetworkSettings};

/// How a table size or timer is set.
#[derive(Clone, Copy)]
enum Rule {
    /// To this value.
    Set,
    /// To this value if the firmware's is smaller.
    Grow,
}

use Rule::{Grow, Set};

/// What is configured, in this order; the packet buffers take what memory is left, so come last.
const CONFIGURATION: &[(u8, u16, Rule)] = &[
    (config_id::STACK_PROFILE, 2, Set),
    (config_id::SECURITY_LEVEL, 5, Set),
    (config_id::SUPPORTED_NETWORKS, 1, Set),
    (config_id::MAX_HOPS, 30, Set),
    (config_id::INDIRECT_TRANSMISSION_TIMEOUT, 7680, Set),
    (config_id::END_DEVICE_POLL_TIMEOUT, 8, Set),
    (config_id::MAX_END_DEVICE_CHILDREN, 32, Grow),
    (config_id::TRUST_CENTER_ADDRESS_CACHE_SIZE, 2, Set),
    (config_id::PAN_ID_CONFLICT_REPORT_THRESHOLD, 2, Set),
    (config_id::TRANSIENT_KEY_TIMEOUT_S, 300, Set),
    (
        config_id::TC_REJOINS_USING_WELL_KNOWN_KEY_TIMEOUT_S,
        90,
        Set,
    ),
    (config_id::ADDRESS_TABLE_SIZE, 16, Grow),
    (config_id::MULTICAST_TABLE_SIZE, 16, Grow),
    (config_id::KEY_TABLE_SIZE, 4, Grow),
    (config_id::SOURCE_ROUTE_TABLE_SIZE, 200, Grow),
    (config_id::PACKET_BUFFER_COUNT, 255, Set),
];

/// Values: both ways around a noisy channel that keeps broadcasts from leaving, and how long a
/// device that joins unheard is waited for.
const VALUES: &[(u8, &[u8])] = &[
    (value_id::FORCE_TX_AFTER_FAILED_CCA_ATTEMPTS, &[1]),
    (value_id::CCA_THRESHOLD, &[0]),
    (value_id::TRANSIENT_DEVICE_TIMEOUT, &10_000u16.to_le_bytes()),
];

/// Policies while the network is closed.
const POLICIES: &[(u8, u8)] = &[
    (
        policy_id::TRUST_CENTER_POLICY,
        trust_center_decision::ALLOW_UNSECURED_REJOINS,
    ),
    (
        policy_id::TC_KEY_REQUEST_POLICY,
        decision_id::ALLOW_TC_KEY_REQUESTS_AND_SEND_CURRENT_KEY,
    ),
    (
        policy_id::APP_KEY_REQUEST_POLICY,
        decision_id::DENY_APP_KEY_REQUESTS,
    ),
    (
        policy_id::BINDING_MODIFICATION_POLICY,
        decision_id::CHECK_BINDING_MODIFICATIONS_ARE_VALID_ENDPOINT_CLUSTERS,
    ),
    (
        policy_id::MESSAGE_CONTENTS_IN_CALLBACK_POLICY,
        decision_id::MESSAGE_TAG_ONLY_IN_CALLBACK,
    ),
];

/// The endpoint that speaks with devices.
pub(super) const ENDPOINT: u8 = 1;

/// An endpoint of ours.
struct Own {
    id: u8,
    profile: u16,
    device: u16,
    input: &'static [u16],
    output: &'static [u16],
}

/// What devices find when they look at us: what we serve, and everything we may bind.
const ENDPOINTS: &[Own] = &[
    Own {
        id: ENDPOINT,
        profile: 0x0104,
        device: 0x0005,
        input: &[0x0000, 0x0003, 0x000a, 0x0019, 0x0020, 0x0501],
        output: &[
            0x0000, 0x0001, 0x0003, 0x0004, 0x0005, 0x0006, 0x0008, 0x0009, 0x000c, 0x000f, 0x0012,
            0x0020, 0x0101, 0x0102, 0x0201, 0x0202, 0x0204, 0x0300, 0x0400, 0x0402, 0x0403, 0x0405,
            0x0406, 0x0500, 0x0502, 0x0702, 0x0b01, 0x0b04, 0x1000,
        ],
    },
    Own {
        id: 242,
        profile: 0xa1e0,
        device: 0x0061,
        input: &[0x0021],
        output: &[0x0021],
    },
];

/// Groups we hear: group 0 and the one other gateways bind remotes to, and Green Power's.
const GROUPS: &[(u16, u8)] = &[(0, ENDPOINT), (901, ENDPOINT), (0x0b84, 242)];

/// Security of a network we form: hashed link keys from one root key, everything encrypted.
const SECURITY: u16 = security_bit::TRUST_CENTER_USES_HASHED_LINK_KEY
    | security_bit::TRUST_CENTER_GLOBAL_LINK_KEY
    | security_bit::HAVE_PRECONFIGURED_KEY
    | security_bit::HAVE_NETWORK_KEY
    | security_bit::REQUIRE_ENCRYPTED_KEY;

/// Joiners use their own link key, and leave requests are not obeyed.
const EXTENDED_SECURITY: u16 = 0x0110;

/// All channels of the 2.4 GHz band.
const ALL_CHANNELS: u32 = 0x07ff_f800;

/// Channels for a new network, the preferred first: clear of the usual Wi-Fi channels, and heard by
/// every device (26 is not).
const CHANNELS: &[u8] = &[15, 20, 25, 11];

/// Each channel is listened to for (2^3 + 1) · 15.36 ms.
const LISTENING: u8 = 3;

/// How long the stack may take to come up or go down.
const STACK: Duration = Duration::from_secs(10);

/// Why the network is not up.
#[derive(Debug, thiserror::Error)]
pub(super) enum StartError {
    /// Trying again changes nothing until somebody acts.
    #[error("{0}")]
    Refused(String),
    /// Something that may pass.
    #[error("{0}")]
    Failed(String),
}

impl From<Unanswered> for StartError {
    fn from(why: Unanswered) -> Self {
        Self::Failed(why.to_string())
    }
}

/// A network that is up.
pub(super) struct Started {
    pub(super) info: NetworkInfo,
    pub(super) settings: NetworkSettings,
    /// Places in the address table.
    pub(super) addresses: u8,
}

/// What the user and earlier runs say.
pub(super) struct Plan<'a> {
    pub(super) wishes: Wishes,
    pub(super) stored: Option<&'a NetworkSettings>,
    pub(super) form: FormPolicy,
    pub(super) transmit_power: i8,
    pub(super) random: &'a mut Random,
}

/// Brings the network up.
pub(super) async fn start(
    ncp: &Ncp,
    inbox: &mut Inbox,
    plan: &mut Plan<'_>,
) -> Result<Started, StartError> {
    plan.wishes
        .check()
        .map_err(|wrong| StartError::Refused(wrong.to_string()))?;
    configure(ncp).await?;
    add_endpoints(ncp).await?;
    let coordinator = call(ncp, ezsp::GetEui64 {}).await?.eui64;
    let settings = resume_or_form(ncp, inbox, plan).await?;
    let addresses = after_up(ncp).await?;
    Ok(Started {
        info: NetworkInfo {
            coordinator,
            pan_id: settings.pan_id,
            extended_pan_id: settings.extended_pan_id,
            channel: settings.channel,
            firmware: firmware(ncp).await?,
        },
        settings,
        addresses,
    })
}

async fn configure(ncp: &Ncp) -> Result<(), Unanswered> {
    for (config_id, value, rule) in CONFIGURATION.iter().copied() {
        if let Grow = rule {
            let now = try_call(ncp, ezsp::GetConfigurationValue { config_id }).await?;
            if now.is_some_and(|now| now.status == Status::OK && now.value >= value) {
                continue;
            }
        }
        let set = ezsp::SetConfigurationValue { config_id, value };
        let reply = try_call(ncp, set).await?;
        tracing::trace!("configuration {config_id:#04x} = {value}: {reply:?}");
    }
    for (value_id, value) in VALUES.iter().copied() {
        set_value(ncp, value_id, value).await?;
    }
    for (policy_id, decision_id) in POLICIES.iter().copied() {
        let set = ezsp::SetPolicy {
            policy_id,
            decision_id,
        };
        let reply = try_call(ncp, set).await?;
        tracing::trace!("policy {policy_id:#04x} = {decision_id:#04x}: {reply:?}");
    }
    Ok(())
}

async fn set_value(ncp: &Ncp, value_id: u8, value: &[u8]) -> Result<(), Unanswered> {
    let set = ezsp::SetValue {
        value_id,
        value: value.to_vec(),
    };
    let reply = try_call(ncp, set).await?;
    tracing::trace!("value {value_id:#04x}: {reply:?}");
    Ok(())
}

async fn add_endpoints(ncp: &Ncp) -> Result<(), StartError> {
    for own in ENDPOINTS {
        let flags = ezsp::GetExtendedValue {
            value_id: extended_value_id::ENDPOINT_FLAGS,
            characteristics: u32::from(own.id),
        };
        if try_call(ncp, flags)
            .await?
            .is_some_and(|reply| reply.status == Status::OK)
        {
            continue;
        }
        let add = ezsp::AddEndpoint {
            endpoint: own.id,
            profile_id: own.profile,
            device_id: own.device,
            device_version: 0,
            clusters: Clusters {
                input: own.input.to_vec(),
                output: own.output.to_vec(),
            },
        };
        let status = call(ncp, add).await?.status;
        if status != Status::OK && own.id == ENDPOINT {
            return Err(StartError::Failed(format!(
                "the dongle took no endpoint {}: {status}",
                own.id
            )));
        }
    }
    Ok(())
}

async fn resume_or_form(
    ncp: &Ncp,
    inbox: &mut Inbox,
    plan: &mut Plan<'_>,
) -> Result<NetworkSettings, StartError> {
    let init = ezsp::NetworkInit {
        network_init_bitmask: network_init::PARENT_INFO_IN_TOKEN
            | network_init::END_DEVICE_REJOIN_ON_REBOOT,
    };
    match call(ncp, init).await?.status {
        Status::OK => {
            wait_for(inbox, Status::NETWORK_UP).await?;
            let settings = read_settings(ncp).await?;
            match plan.wishes.difference(&settings, plan.stored) {
                None => return Ok(settings),
                Some(difference) if plan.form == FormPolicy::Overwrite => {
                    tracing::warn!("leaving the dongle's network as told: {difference}");
                    leave(ncp, inbox).await?;
                }
                Some(difference) => {
                    return Err(StartError::Refused(format!(
                        "the dongle holds another network than this home: {difference}. Nothing \
                         was changed. Use the home's dongle, set the options to the dongle's \
                         network, or allow to overwrite it: its devices must then join again"
                    )));
                }
            }
        }
        Status::NOT_JOINED => {}
        status => {
            return Err(StartError::Failed(format!(
                "the dongle cannot resume its network: {status}"
            )));
        }
    }
    if plan.form == FormPolicy::Never {
        return Err(StartError::Refused(
            "the dongle holds no network, and forming one is not allowed".to_owned(),
        ));
    }
    form(ncp, inbox, plan).await
}

async fn leave(ncp: &Ncp, inbox: &mut Inbox) -> Result<(), StartError> {
    match call(ncp, ezsp::LeaveNetwork { options: 0 }).await?.status {
        Status::OK => wait_for(inbox, Status::NETWORK_DOWN).await,
        status => Err(StartError::Failed(format!(
            "the dongle does not leave its network: {status}"
        ))),
    }
}

async fn form(
    ncp: &Ncp,
    inbox: &mut Inbox,
    plan: &mut Plan<'_>,
) -> Result<NetworkSettings, StartError> {
    let restored = plan.stored.is_some();
    let mut wishes = plan.wishes;
    if !restored && wishes.channel.is_none() {
        wishes.channel = quiet_channel(ncp, inbox).await?;
    }
    let wanted = wishes
        .settle(plan.stored, plan.random)
        .map_err(|wrong| StartError::Refused(wrong.to_string()))?;
    let mut bitmask = SECURITY;
    if restored {
        tracing::info!("the dongle holds no network: forming the stored one on it");
        let counter = wanted.frame_counter.to_le_bytes();
        set_value(ncp, value_id::NWK_FRAME_COUNTER, &counter).await?;
        bitmask |= security_bit::NO_FRAME_COUNTER_RESET;
    } else {
        tracing::info!("the dongle holds no network: forming a new one");
    }
    let state = InitialSecurityState {
        bitmask,
        preconfigured_key: Key(wanted.link_key),
        network_key: Key(wanted.network_key),
        network_key_sequence_number: wanted.network_key_sequence,
        ..InitialSecurityState::default()
    };
    status(
        "set the security of",
        call(ncp, ezsp::SetInitialSecurityState { state })
            .await?
            .status,
    )?;
    set_value(
        ncp,
        value_id::EXTENDED_SECURITY_BITMASK,
        &EXTENDED_SECURITY.to_le_bytes(),
    )
    .await?;
    if !restored {
        try_call(ncp, ezsp::ClearKeyTable {}).await?;
    }
    let [radio_tx_power] = plan.transmit_power.to_le_bytes();
    let parameters = NetworkParameters {
        extended_pan_id: wanted.extended_pan_id,
        pan_id: wanted.pan_id,
        radio_tx_power,
        radio_channel: wanted.channel,
        join_method: join_method::USE_MAC_ASSOCIATION,
        channels: ALL_CHANNELS,
        ..NetworkParameters::default()
    };
    status(
        "form",
        call(ncp, ezsp::FormNetwork { parameters }).await?.status,
    )?;
    wait_for(inbox, Status::NETWORK_UP).await?;
    set_value(ncp, value_id::STACK_TOKEN_WRITING, &[1]).await?;
    // What counts is what the dongle holds now.
    let settings = read_settings(ncp).await?;
    if settings.network_key != wanted.network_key || settings.pan_id != wanted.pan_id {
        return Err(StartError::Failed(
            "the dongle formed another network than it was told".to_owned(),
        ));
    }
    Ok(settings)
}

/// The channel with the least noise; none when the dongle cannot tell.
async fn quiet_channel(ncp: &Ncp, inbox: &mut Inbox) -> Result<Option<u8>, StartError> {
    let scan = ezsp::StartScan {
        scan_type: scan_type::ENERGY_SCAN,
        channel_mask: CHANNELS.iter().fold(0, |mask, channel| mask | 1 << channel),
        duration: LISTENING,
    };
    match try_call(ncp, scan).await? {
        Some(reply) if reply.status == Status::OK => {}
        other => {
            tracing::debug!("the dongle does not listen to channels: {other:?}");
            return Ok(None);
        }
    }
    // What was heard the loudest, for each of the channels.
    let mut noise: Vec<Option<i8>> = vec![None; CHANNELS.len()];
    let until = Instant::now() + STACK;
    loop {
        let callback = match timeout_at(until, inbox.fresh()).await {
            Ok(Some(callback)) => callback,
            Ok(None) => return Err(StartError::Failed("the dongle is gone".to_owned())),
            Err(_) => break,
        };
        match callback {
            Callback::EnergyScanResultHandler(heard) => {
                for (channel, loudest) in CHANNELS.iter().zip(&mut noise) {
                    if *channel == heard.channel {
                        *loudest =
                            Some(loudest.map_or(heard.max_rssi_value, |rssi| {
                                rssi.max(heard.max_rssi_value)
                            }));
                    }
                }
            }
            Callback::ScanCompleteHandler(_) => break,
            other => inbox.keep(other),
        }
    }
    tracing::debug!("noise on channels {CHANNELS:?}: {noise:?} dBm");
    let heard = CHANNELS.iter().zip(noise);
    let quiet = heard.filter_map(|(channel, rssi)| Some((*channel, rssi?)));
    // The first of equals is the preferred one.
    Ok(quiet
        .min_by_key(|(_, rssi)| *rssi)
        .map(|(channel, _)| channel))
}

/// Waits until the stack reports `wanted`; what else comes is kept for later.
async fn wait_for(inbox: &mut Inbox, wanted: Status) -> Result<(), StartError> {
    let until = Instant::now() + STACK;
    loop {
        let callback = timeout_at(until, inbox.fresh())
            .await
            .map_err(|_| StartError::Failed(format!("the stack did not report {wanted}")))?
            .ok_or_else(|| StartError::Failed("the dongle is gone".to_owned()))?;
        match callback {
            Callback::StackStatusHandler(told) if told.status == wanted => return Ok(()),
            Callback::StackStatusHandler(told) => {
                tracing::debug!("the stack reports {}", told.status);
            }
            other => inbox.keep(other),
        }
    }
}

/// The network as the dongle holds it, keys included.
pub(super) async fn read_settings(ncp: &Ncp) -> Result<NetworkSettings, StartError> {
    let network = call(ncp, ezsp::GetNetworkParameters {}).await?;
    status("read", network.status)?;
    let mut settings = NetworkSettings {
        pan_id: network.parameters.pan_id,
        extended_pan_id: network.parameters.extended_pan_id,
        channel: network.parameters.radio_channel,
        network_key: [0; 16],
        network_key_sequence: 0,
        frame_counter: 0,
        link_key: [0; 16],
    };
    if ncp.version().since(13) {
        settings.network_key = export_key(ncp, core_key_type::NETWORK).await?;
        settings.link_key = export_key(ncp, core_key_type::TC_LINK).await?;
        let info = call(ncp, ezsp::GetNetworkKeyInfo {}).await?;
        status("read the key of", info.status)?;
        settings.network_key_sequence = info.network_key_info.network_key_sequence_number;
        settings.frame_counter = info.network_key_info.network_key_frame_counter;
    } else {
        let key_type = key_type::CURRENT_NETWORK_KEY;
        let key = call(ncp, ezsp::GetKey { key_type }).await?;
        status("read the key of", key.status)?;
        settings.network_key = key.key_struct.key.0;
        settings.network_key_sequence = key.key_struct.sequence_number;
        settings.frame_counter = key.key_struct.outgoing_frame_counter;
        let key_type = key_type::TRUST_CENTER_LINK_KEY;
        let key = call(ncp, ezsp::GetKey { key_type }).await?;
        status("read the link key of", key.status)?;
        settings.link_key = key.key_struct.key.0;
    }
    Ok(settings)
}

async fn export_key(ncp: &Ncp, core_key_type: u8) -> Result<[u8; 16], StartError> {
    let context = SecurityContext {
        core_key_type,
        ..SecurityContext::default()
    };
    let reply = call(ncp, ezsp::ExportKey { context }).await?;
    status("read a key of", reply.status)?;
    Ok(reply.key.0)
}

/// What is set on a network that is up; says how many places the address table has.
async fn after_up(ncp: &Ncp) -> Result<u8, Unanswered> {
    for (index, (multicast_id, endpoint)) in (0u8..).zip(GROUPS.iter().copied()) {
        let set = ezsp::SetMulticastTableEntry {
            index,
            value: MulticastTableEntry {
                multicast_id,
                endpoint,
                network_index: 0,
            },
        };
        let reply = try_call(ncp, set).await?;
        tracing::trace!("group {multicast_id:#06x}: {reply:?}");
    }
    let concentrator = ezsp::SetConcentrator {
        on: true,
        concentrator_type: concentrator_type::HIGH_RAM_CONCENTRATOR,
        min_time: 5,
        max_time: 60,
        route_error_threshold: 3,
        delivery_failure_threshold: 1,
        max_hops: 0,
    };
    match try_call(ncp, concentrator).await? {
        Some(reply) if reply.status == Status::OK => {}
        Some(reply) => tracing::warn!("the dongle does not gather routes: {}", reply.status),
        None => tracing::warn!("the dongle does not gather routes: it knows no such command"),
    }
    let mode = source_route_discovery::RESCHEDULE;
    try_call(ncp, ezsp::SetSourceRouteDiscoveryMode { mode }).await?;
    // Routers learn the way to us at once, not in a minute.
    let early = ezsp::SendManyToOneRouteRequest {
        concentrator_type: concentrator_type::HIGH_RAM_CONCENTRATOR,
        radius: 0,
    };
    try_call(ncp, early).await?;
    let config_id = config_id::ADDRESS_TABLE_SIZE;
    let size = try_call(ncp, ezsp::GetConfigurationValue { config_id }).await?;
    Ok(size
        .filter(|size| size.status == Status::OK)
        .map_or(0, |size| u8::try_from(size.value).unwrap_or(u8::MAX)))
}

/// `EmberZNet 7.4.4, EZSP 13`.
async fn firmware(ncp: &Ncp) -> Result<String, Unanswered> {
    let value_id = value_id::VERSION_INFO;
    let reply = try_call(ncp, ezsp::GetValue { value_id }).await?;
    let version = ncp.version();
    let told = reply.filter(|reply| reply.status == Status::OK);
    Ok(match told.as_ref().map(|reply| reply.value.as_slice()) {
        Some([_, _, major, minor, patch, ..]) => {
            format!("EmberZNet {major}.{minor}.{patch}, EZSP {version}")
        }
        _ => format!("EZSP {version}"),
    })
}
