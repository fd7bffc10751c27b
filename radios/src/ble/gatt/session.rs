//! One connection: every step has its limit, notifications are kept while something else is done.

use std::collections::VecDeque;
use std::future::Future;
use std::time::Duration;

use tokio::time::timeout;

use super::link::{Doing, LinkError, Peer, Write};
use crate::Mac;
use crate::ble::ServiceUuid;

/// A write, read or subscription may take so long.
pub(super) const STEP: Duration = Duration::from_secs(10);
/// Notifications kept until they are asked for.
const MOST_HELD: usize = 64;

/// A connected peripheral.
pub(super) struct Session {
    pub(super) address: Mac,
    peer: Box<dyn Peer>,
    held: VecDeque<(usize, Vec<u8>)>,
    shed: u32,
}

impl Session {
    pub(super) fn new(address: Mac, peer: Box<dyn Peer>) -> Self {
        Self {
            address,
            peer,
            held: VecDeque::new(),
            shed: 0,
        }
    }

    /// The characteristic `uuid`, in `service` where one is named.
    pub(super) fn find(
        &self,
        service: Option<ServiceUuid>,
        uuid: ServiceUuid,
    ) -> Result<usize, LinkError> {
        self.peer
            .characteristics()
            .iter()
            .position(|c| c.uuid == uuid && service.is_none_or(|service| service == c.service))
            .ok_or(LinkError::NoCharacteristic(uuid))
    }

    /// The first of several that is there and `fits`.
    pub(super) fn first(
        &self,
        uuids: &[ServiceUuid],
        fits: impl Fn(&super::link::Characteristic) -> bool,
    ) -> Option<usize> {
        let all = self.peer.characteristics();
        uuids
            .iter()
            .find_map(|uuid| all.iter().position(|c| c.uuid == *uuid && fits(c)))
    }

    /// Writes as the characteristic allows, confirmed or not as `wanted` where both are possible.
    pub(super) async fn write(
        &mut self,
        at: usize,
        data: &[u8],
        wanted: Write,
    ) -> Result<(), LinkError> {
        let how = match self.peer.characteristics().get(at) {
            Some(c) if wanted == Write::Command && c.write && !c.command => Write::Acknowledged,
            Some(c) if wanted == Write::Acknowledged && c.command && !c.write => Write::Command,
            _ => wanted,
        };
        limited("writing", STEP, self.peer.write(at, data, how)).await
    }

    pub(super) async fn read(&mut self, at: usize) -> Result<Vec<u8>, LinkError> {
        limited("reading", STEP, self.peer.read(at)).await
    }

    pub(super) async fn subscribe(&mut self, at: usize) -> Result<(), LinkError> {
        limited("subscribing", STEP, self.peer.subscribe(at)).await
    }

    /// The next notification of any characteristic, without a limit.
    pub(super) async fn notified(&mut self) -> Result<(usize, Vec<u8>), LinkError> {
        if let Some(held) = self.held.pop_front() {
            return Ok(held);
        }
        self.peer.notified().await
    }

    /// The next notification of `at` within `limit`; others are kept.
    pub(super) async fn notified_at(
        &mut self,
        at: usize,
        limit: Duration,
    ) -> Result<Vec<u8>, LinkError> {
        if let Some(held) = self.held.iter().position(|(from, _)| *from == at)
            && let Some((_, data)) = self.held.remove(held)
        {
            return Ok(data);
        }
        let wait = async {
            loop {
                let (from, data) = self.peer.notified().await?;
                if from == at {
                    return Ok(data);
                }
                if self.held.len() < MOST_HELD {
                    self.held.push_back((from, data));
                } else {
                    self.shed = self.shed.saturating_add(1);
                    if self.shed.is_power_of_two() {
                        tracing::warn!(device = %self.address, shed = self.shed, "BLE: notifications shed");
                    }
                }
            }
        };
        timeout(limit, wait).await.unwrap_or(Err(LinkError::Silent))
    }

    /// What came before is of no interest.
    pub(super) fn forget_notifications(&mut self) {
        self.held.clear();
    }

    /// Lets go of it; one that does not let go in time is left to the stack.
    pub(super) async fn close(mut self) {
        if let Err(error) = limited("disconnecting", STEP, self.peer.disconnect()).await {
            tracing::debug!(device = %self.address, "BLE: {error}");
        }
    }
}

/// `doing`, with a limit that names the step.
pub(super) async fn limited<T>(
    step: &'static str,
    limit: Duration,
    doing: Doing<'_, T>,
) -> Result<T, LinkError> {
    within(step, limit, doing).await
}

async fn within<T>(
    step: &'static str,
    limit: Duration,
    doing: impl Future<Output = Result<T, LinkError>>,
) -> Result<T, LinkError> {
    timeout(limit, doing)
        .await
        .unwrap_or(Err(LinkError::TimedOut {
            step,
            seconds: limit.as_secs(),
        }))
}
