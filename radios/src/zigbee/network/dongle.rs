//! The dongle as the rest of the network uses it: one session with an NCP that is up.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::mpsc;

use super::deliver::Message;
use super::start::{ENDPOINT, StartError};
use crate::Ieee;
use crate::ezsp::callback::Callback;
use crate::ezsp::command as ezsp;
use crate::ezsp::types::ApsFrame;
use crate::ezsp::values::{aps_option, outgoing_type, policy_id, trust_center_decision};
use crate::ezsp::wire::Key;
use crate::ezsp::{Command, EzspError, Ncp, Status};

/// What stack and devices agree on for joining, until they have keys of their own.
const WELL_KNOWN_LINK_KEY: [u8; 16] = *b"ZigBeeAlliance09";

/// Any device.
const ANYBODY: Ieee = Ieee(u64::MAX);

/// The manufacturer code shown while joining is open: Lumi's devices leave a coordinator with
/// another one, and nobody else minds.
const LUMI: u16 = 0x115f;

/// The one shown otherwise: the maker of the stack.
const SILICON_LABS: u16 = 0x1049;

/// Callbacks kept while the network starts.
const KEPT: usize = 64;

/// Why the dongle did not reply.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum Unanswered {
    /// It is gone, or says nothing.
    #[error("{0}")]
    Lost(String),
    /// It does not know the command, or not in this form.
    #[error("{0}")]
    Refused(String),
}

/// Asks the NCP.
pub(super) async fn call<C: Command>(ncp: &Ncp, command: C) -> Result<C::Reply, Unanswered> {
    ncp.call(command).await.map_err(|error| match error {
        EzspError::Lost(_) | EzspError::Timeout { .. } => Unanswered::Lost(error.to_string()),
        other => Unanswered::Refused(other.to_string()),
    })
}

/// Asks the NCP for something that can be done without.
pub(super) async fn try_call<C: Command>(
    ncp: &Ncp,
    command: C,
) -> Result<Option<C::Reply>, Unanswered> {
    match call(ncp, command).await {
        Ok(reply) => Ok(Some(reply)),
        Err(Unanswered::Refused(why)) => {
            tracing::debug!("{why}");
            Ok(None)
        }
        Err(lost) => Err(lost),
    }
}

/// Whether the dongle did it.
pub(super) fn status(what: &str, status: Status) -> Result<(), StartError> {
    match status {
        Status::OK => Ok(()),
        status => Err(StartError::Failed(format!(
            "the dongle does not {what} the network: {status}"
        ))),
    }
}

/// The NCP's callbacks, with those set aside while something else was waited for.
pub(super) struct Inbox {
    callbacks: mpsc::Receiver<Callback>,
    kept: VecDeque<Callback>,
}

impl Inbox {
    pub(super) const fn new(callbacks: mpsc::Receiver<Callback>) -> Self {
        Self {
            callbacks,
            kept: VecDeque::new(),
        }
    }

    /// The next that was not seen yet; none: the dongle is lost.
    pub(super) async fn fresh(&mut self) -> Option<Callback> {
        self.callbacks.recv().await
    }

    /// Sets one aside.
    pub(super) fn keep(&mut self, callback: Callback) {
        if self.kept.len() < KEPT {
            self.kept.push_back(callback);
        } else {
            tracing::warn!("{} is dropped while the network starts", callback.name());
        }
    }

    /// The next, those set aside first; none: the dongle is lost.
    pub(super) async fn next(&mut self) -> Option<Callback> {
        match self.kept.pop_front() {
            Some(callback) => Some(callback),
            None => self.fresh().await,
        }
    }
}

/// Why the dongle did not take a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum SendError {
    /// It said so.
    Status(Status),
    /// It is gone; whether it may have sent the message before.
    Lost { left: bool },
}

/// A message to one device.
pub(super) struct Unicast<'a> {
    pub(super) address: u16,
    aps: ApsFrame,
    payload: &'a [u8],
}

const HOME_AUTOMATION: u16 = 0x0104;

impl<'a> Unicast<'a> {
    /// `message`, encoded as `payload`, to whoever has `address`; on a second try over a new route.
    pub(super) fn new(address: u16, message: &Message<'_>, payload: &'a [u8], again: bool) -> Self {
        let mut options = aps_option::RETRY
            | aps_option::ENABLE_ROUTE_DISCOVERY
            | aps_option::ENABLE_ADDRESS_DISCOVERY;
        if again {
            options |= aps_option::FORCE_ROUTE_DISCOVERY;
        }
        let aps = match message {
            Message::Zcl {
                endpoint,
                profile,
                cluster,
                ..
            } => ApsFrame {
                profile_id: *profile,
                cluster_id: *cluster,
                source_endpoint: ENDPOINT,
                destination_endpoint: *endpoint,
                options,
                ..ApsFrame::default()
            },
            Message::Zdo { cluster, .. } => ApsFrame {
                cluster_id: *cluster,
                options,
                ..ApsFrame::default()
            },
        };
        Self {
            address,
            aps,
            payload,
        }
    }

    /// An answer to a device's own message: not acknowledged, the device asks again if it matters.
    pub(super) fn answer(address: u16, asked: &ApsFrame, payload: &'a [u8]) -> Self {
        Self {
            address,
            aps: ApsFrame {
                profile_id: if asked.profile_id == 0xffff {
                    HOME_AUTOMATION
                } else {
                    asked.profile_id
                },
                cluster_id: asked.cluster_id,
                source_endpoint: ENDPOINT,
                destination_endpoint: asked.source_endpoint,
                options: aps_option::ENABLE_ROUTE_DISCOVERY | aps_option::ENABLE_ADDRESS_DISCOVERY,
                ..ApsFrame::default()
            },
            payload,
        }
    }
}

/// Places of the address table given to sleeping devices, the longest unused first.
#[derive(Debug)]
struct Places {
    free: u8,
    taken: VecDeque<(u8, Ieee, u16)>,
}

/// One session with an NCP whose network is up; clones share it.
#[derive(Clone)]
pub(super) struct Dongle {
    ncp: Ncp,
    pub(super) coordinator: Ieee,
    places: Arc<Mutex<Places>>,
}

impl Dongle {
    pub(super) fn new(ncp: Ncp, coordinator: Ieee, addresses: u8) -> Self {
        let places = Places {
            free: addresses,
            taken: VecDeque::new(),
        };
        Self {
            ncp,
            coordinator,
            places: Arc::new(Mutex::new(places)),
        }
    }

    pub(super) const fn ncp(&self) -> &Ncp {
        &self.ncp
    }

    async fn call<C: Command>(&self, command: C) -> Result<C::Reply, Unanswered> {
        call(&self.ncp, command).await
    }

    /// Hands a message to the stack; its fate comes under `tag`.
    pub(super) async fn send_unicast(
        &self,
        unicast: Unicast<'_>,
        tag: u8,
    ) -> Result<(), SendError> {
        if self.is_lost() {
            return Err(SendError::Lost { left: false });
        }
        let send = ezsp::SendUnicast {
            kind: outgoing_type::DIRECT,
            destination: unicast.address,
            aps_frame: unicast.aps,
            tag: u16::from(tag),
            message: unicast.payload.to_vec(),
        };
        let send = self.call(send).await.map(|reply| reply.status);
        self.sent(send)
    }

    /// Broadcasts a ZDO message.
    pub(super) async fn broadcast_zdo(
        &self,
        destination: u16,
        cluster: u16,
        payload: &[u8],
        tag: u8,
    ) -> Result<(), SendError> {
        let send = ezsp::SendBroadcast {
            destination,
            aps_frame: ApsFrame {
                cluster_id: cluster,
                options: aps_option::ENABLE_ROUTE_DISCOVERY | aps_option::ENABLE_ADDRESS_DISCOVERY,
                ..ApsFrame::default()
            },
            tag: u16::from(tag),
            message: payload.to_vec(),
            ..ezsp::SendBroadcast::default()
        };
        let send = self.call(send).await.map(|reply| reply.status);
        self.sent(send)
    }

    fn sent(&self, status: Result<Status, Unanswered>) -> Result<(), SendError> {
        match status {
            Ok(Status::OK) => Ok(()),
            Ok(status) => Err(SendError::Status(status)),
            Err(Unanswered::Lost(_)) => Err(SendError::Lost { left: true }),
            Err(Unanswered::Refused(why)) => {
                tracing::warn!("{why}");
                Err(SendError::Status(Status::NOT_SUPPORTED))
            }
        }
    }

    /// Whether the NCP is gone: what is asked now does not reach it.
    pub(super) fn is_lost(&self) -> bool {
        self.ncp.lost().is_some()
    }

    /// Tells the stack to wait longer for a sleeping device's acknowledgement.
    pub(super) async fn expect_sleepy(&self, device: Ieee, address: u16) {
        let place = {
            let mut places = self.places.lock().unwrap_or_else(PoisonError::into_inner);
            let known = places.taken.iter().position(|(_, at, _)| *at == device);
            match known.and_then(|at| places.taken.remove(at)) {
                Some(entry) if entry.2 == address => {
                    places.taken.push_back(entry);
                    return;
                }
                Some((place, ..)) => Some(place),
                None if usize::from(places.free) > places.taken.len() => {
                    u8::try_from(places.taken.len()).ok()
                }
                None => places.taken.pop_front().map(|(place, ..)| place),
            }
            .inspect(|place| places.taken.push_back((*place, device, address)))
        };
        let Some(address_table_index) = place else {
            return;
        };
        let replace = ezsp::ReplaceAddressTableEntry {
            address_table_index,
            new_eui64: device,
            new_id: address,
            new_extended_timeout: true,
        };
        match self.call(replace).await {
            Ok(reply) if reply.status == Status::OK => {}
            Ok(reply) => tracing::debug!("no extended timeout for {device}: {}", reply.status),
            Err(error) => tracing::debug!("no extended timeout for {device}: {error}"),
        }
    }

    /// The network address the stack knows for a device.
    pub(super) async fn address_of(&self, eui64: Ieee) -> Option<u16> {
        let reply = self.call(ezsp::LookupNodeIdByEui64 { eui64 }).await.ok()?;
        (reply.status == Status::OK && reply.node_id < 0xfff8).then_some(reply.node_id)
    }

    /// The device the stack knows at an address.
    pub(super) async fn device_at(&self, node_id: u16) -> Option<Ieee> {
        let reply = self
            .call(ezsp::LookupEui64ByNodeId { node_id })
            .await
            .ok()?;
        let found = reply.eui64;
        (reply.status == Status::OK && found.0 != 0 && found != ANYBODY).then_some(found)
    }

    /// Lets devices join: with the well-known key, and through the dongle itself if `seconds` is
    /// not 0.
    pub(super) async fn open(&self, seconds: u8) -> Result<(), StartError> {
        let key = Key(WELL_KNOWN_LINK_KEY);
        let imported = if self.ncp.version().since(13) {
            let import = ezsp::ImportTransientKey {
                eui64: ANYBODY,
                plaintext_key: key,
                flags: 0,
            };
            self.call(import).await?.status
        } else {
            let add = ezsp::AddTransientLinkKey {
                partner: ANYBODY,
                transient_key: key,
            };
            self.call(add).await?.status
        };
        status("open", imported)?;
        self.call(ezsp::SetManufacturerCode { code: LUMI }).await?;
        self.set_joins(
            trust_center_decision::ALLOW_JOINS | trust_center_decision::ALLOW_UNSECURED_REJOINS,
        )
        .await?;
        self.permit(seconds).await
    }

    /// Lets nobody join.
    pub(super) async fn close(&self) -> Result<(), StartError> {
        self.permit(0).await?;
        self.call(ezsp::ClearTransientLinkKeys {}).await?;
        self.set_joins(trust_center_decision::ALLOW_UNSECURED_REJOINS)
            .await
    }

    /// Shows the usual manufacturer code again.
    pub(super) async fn be_usual(&self) -> Result<(), Unanswered> {
        self.call(ezsp::SetManufacturerCode { code: SILICON_LABS })
            .await
            .map(|_| ())
    }

    async fn set_joins(&self, decision_id: u8) -> Result<(), StartError> {
        let set = ezsp::SetPolicy {
            policy_id: policy_id::TRUST_CENTER_POLICY,
            decision_id,
        };
        status("set the joining policy of", self.call(set).await?.status)
    }

    async fn permit(&self, duration: u8) -> Result<(), StartError> {
        status(
            "open or close",
            self.call(ezsp::PermitJoining { duration }).await?.status,
        )
    }

    /// What the NCP counts: whether it is alive, and how it fares.
    pub(super) async fn counters(&self) -> Result<Vec<u16>, Unanswered> {
        Ok(self.call(ezsp::ReadCounters {}).await?.values)
    }
}
