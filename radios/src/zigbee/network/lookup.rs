//! Finding out who is where: the address of a device, and the device at an address.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use tokio::time::{Instant, sleep, timeout};

use super::core::Core;
use super::deliver::Message;
use super::dongle::{Dongle, Unicast};
use super::registry::Sighting;
use crate::ezsp::Status;
use crate::ezsp::callback::IncomingMessageHandler;
use crate::ezsp::values::broadcast_address;
use crate::zigbee::zdo::{self, Message as _};
use crate::{Event, Ieee};

/// Addresses asked for at one time.
const ASKED: usize = 16;

/// Frames kept of a sender that is being looked up.
const FRAMES: usize = 8;

/// How long an unknown sender is left alone after it could not be looked up.
const PAUSE: Duration = Duration::from_secs(30);

/// How long a lookup waits for its answer.
const ANSWER: Duration = Duration::from_secs(5);

/// Unknown senders, and what they said.
#[derive(Default)]
pub(super) struct Lookups(BTreeMap<u16, Sender>);

struct Sender {
    since: Instant,
    frames: Vec<IncomingMessageHandler>,
    asking: bool,
}

/// What to do about a frame of an unknown sender.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Held {
    /// Look the sender up; the frame is kept.
    Ask,
    /// Nothing: it is being looked up, or was not found lately.
    Wait,
}

impl Lookups {
    /// Keeps a frame of an unknown sender.
    pub(super) fn hold(&mut self, frame: IncomingMessageHandler, now: Instant) -> Held {
        self.0
            .retain(|_, sender| sender.asking || now.duration_since(sender.since) < PAUSE);
        if let Some(sender) = self.0.get_mut(&frame.sender) {
            if sender.asking && sender.frames.len() < FRAMES {
                sender.frames.push(frame);
            } else {
                tracing::debug!("a frame of unknown {:#06x} is dropped", frame.sender);
            }
            return Held::Wait;
        }
        if self.0.len() >= ASKED {
            tracing::warn!("too many unknown senders: {:#06x} is ignored", frame.sender);
            return Held::Wait;
        }
        let sender = Sender {
            since: now,
            asking: true,
            frames: vec![frame],
        };
        let address = sender.frames.first().map_or(0, |frame| frame.sender);
        self.0.insert(address, sender);
        Held::Ask
    }

    /// The sender was found, or not: what it said meanwhile.
    fn release(&mut self, address: u16, found: bool) -> Vec<IncomingMessageHandler> {
        if found {
            return self.0.remove(&address).map_or_else(Vec::new, |s| s.frames);
        }
        if let Some(sender) = self.0.get_mut(&address) {
            sender.asking = false;
            sender.frames.clear();
        }
        Vec::new()
    }
}

impl Core {
    /// Looks up an unknown sender, then hears what it said.
    pub(super) fn look_up(
        self: Arc<Self>,
        address: u16,
    ) -> std::pin::Pin<Box<dyn Future<Output = ()> + Send>> {
        Box::pin(self.look_up_now(address))
    }

    async fn look_up_now(self: Arc<Self>, address: u16) {
        let found = match self.dongle() {
            Some(dongle) => match dongle.device_at(address).await {
                Some(device) => Some(device),
                None => self.ask_who(&dongle, address).await,
            },
            None => None,
        };
        // One that was removed, or for which there is no room, stays unknown.
        let known = match found {
            Some(device) => self.sighted(device, address).await.is_some(),
            None => false,
        };
        tracing::debug!("who is {address:#06x}? {found:?}");
        let frames = self.with(|state| state.lookups.release(address, known));
        for frame in frames {
            self.heard(frame).await;
        }
    }

    /// Asks the sender itself.
    async fn ask_who(&self, dongle: &Dongle, address: u16) -> Option<Ieee> {
        let request = zdo::IeeeAddressRequest {
            address,
            kind: 0,
            start: 0,
        };
        for _ in 0..2 {
            let mut answer = self.waiters.zdo(zdo::IeeeAddressResponse::CLUSTER)?;
            let payload = zdo::encode(answer.sequence(), &request);
            let cluster = zdo::IeeeAddressRequest::CLUSTER;
            let message = Message::Zdo {
                cluster,
                request: &[],
            };
            let fate = self.waiters.fate()?;
            let unicast = Unicast::new(address, &message, &payload, false);
            if dongle.send_unicast(unicast, fate.key()).await.is_ok()
                && let Ok(Some(answer)) = timeout(ANSWER, answer.get()).await
                && let Ok((_, told)) = zdo::parse::<zdo::IeeeAddressResponse>(&answer.payload)
                && told.status.is_success()
                && told.address == address
            {
                return Some(told.ieee);
            }
        }
        None
    }

    /// Finds where a device is now; none: nobody knows.
    pub(super) async fn find_address(&self, dongle: &Dongle, device: Ieee) -> Option<u16> {
        let known = self.with(|state| state.registry.get(device)?.info.network_address);
        let stack = dongle.address_of(device).await;
        let found = match stack {
            Some(address) if known != Some(address) => Some(address),
            _ => self.ask_where(dongle, device).await,
        };
        if let Some(address) = found {
            self.sighted(device, address).await;
        }
        found.or(stack).or(known)
    }

    /// Asks everybody.
    async fn ask_where(&self, dongle: &Dongle, ieee: Ieee) -> Option<u16> {
        let mut answer = self.waiters.zdo(zdo::NetworkAddressResponse::CLUSTER)?;
        let request = zdo::NetworkAddressRequest {
            ieee,
            kind: 0,
            start: 0,
        };
        let payload = zdo::encode(answer.sequence(), &request);
        self.broadcast(
            dongle,
            broadcast_address::RX_ON_WHEN_IDLE,
            zdo::NetworkAddressRequest::CLUSTER,
            &payload,
        )
        .await;
        let answer = timeout(ANSWER, answer.get()).await.ok()??;
        let (_, told) = zdo::parse::<zdo::NetworkAddressResponse>(&answer.payload).ok()?;
        (told.status.is_success() && told.ieee == ieee).then_some(told.address)
    }

    /// A device is at an address: if that is news, its record goes up.
    pub(super) async fn sighted(&self, device: Ieee, address: u16) -> Option<Sighting> {
        let (sighting, record) = self.with(|state| {
            if state.registry.was_removed(device) {
                return None;
            }
            let sighting = state.registry.sighted(device, address)?;
            let news = sighting != Sighting::Known;
            let record = state.registry.get(device).filter(|_| news);
            Some((sighting, record.map(|device| device.info.clone())))
        })?;
        if let Some(record) = record {
            self.emit(Event::Device(Box::new(record))).await;
        }
        Some(sighting)
    }

    /// Broadcasts a ZDO message as soon as the network bears it, and once more if it did not leave.
    pub(super) async fn broadcast(
        &self,
        dongle: &Dongle,
        destination: u16,
        cluster: u16,
        payload: &[u8],
    ) -> bool {
        for _ in 0..2 {
            let when = self.with(|state| state.broadcasts.take(Instant::now()));
            tokio::time::sleep_until(when).await;
            let Some(mut fate) = self.waiters.fate() else {
                return false;
            };
            match dongle
                .broadcast_zdo(destination, cluster, payload, fate.key())
                .await
            {
                Ok(()) => match timeout(Duration::from_secs(10), fate.get()).await {
                    Ok(Some(Status::OK)) => return true,
                    Ok(Some(status)) => tracing::debug!("a broadcast did not leave: {status}"),
                    Ok(None) => return false,
                    // Some firmware does not tell.
                    Err(_) => return true,
                },
                Err(super::dongle::SendError::Status(status)) => {
                    tracing::debug!("a broadcast was refused: {status}");
                    sleep(Duration::from_millis(500)).await;
                }
                Err(super::dongle::SendError::Lost { .. }) => return false,
            }
        }
        false
    }
}
