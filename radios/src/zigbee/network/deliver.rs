//! Getting one message to one device, and its answer back.
//!
//! A message counts as delivered when the dongle says so (the device acknowledged it) or when its
//! answer is here, whichever comes first. What happens otherwise:
//!
//! | trouble | what is done |
//! |---|---|
//! | the dongle is busy | wait with jitter, again; this uses up no try |
//! | not acknowledged, device awake | again with route discovery, then after asking for its address |
//! | not acknowledged, device asleep | again when it next speaks |
//! | acknowledged but not answered | once more |
//! | the dongle is lost | again when it is back |
//!
//! Only what [`is_repeatable`](super::repeatable::is_repeatable) is sent again when the first may
//! have arrived.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::{Instant, sleep, sleep_until, timeout_at};

use super::core::Core;
use super::dongle::{Dongle, SendError, Unicast};
use super::pace::backoff;
use super::waiters::{Answer, Awaited, Conversation};
use crate::ezsp::Status;
use crate::zigbee::{zcl, zdo};
use crate::{CommandError, Ieee};

/// Tries for one message.
const TRIES: u32 = 3;

/// Times a busy dongle is asked again for one message.
const BUSY_TRIES: u32 = 12;

/// Times one message is taken up again after the dongle was lost under it.
const RESTARTS: u32 = 3;

/// The dongle tells the fate of a message within its own retries and the time it keeps messages
/// for sleeping devices (7.68 s).
const FATE: Duration = Duration::from_secs(20);

/// How long an awake device may take to answer after it acknowledged.
const ANSWER: Duration = Duration::from_secs(6);

/// The same for a sleeping device, which answers when it next polls.
const SLEEPY_ANSWER: Duration = Duration::from_secs(12);

/// Why a message failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Trouble {
    /// The device is not (or no longer) in the network.
    Unknown,
    /// Not delivered, and why.
    NotDelivered(String),
    /// Delivered but not answered in so many seconds.
    NoAnswer(u16),
    /// The radio was down until the message was too old.
    Down(String),
}

impl Trouble {
    /// As the answer to a command.
    pub(super) fn into_error(self, device: Ieee) -> CommandError {
        match self {
            Self::Unknown => CommandError::UnknownDevice(device.into()),
            Self::NotDelivered(why) => CommandError::NotDelivered(why),
            Self::NoAnswer(seconds) => CommandError::Timeout(seconds),
            Self::Down(why) => CommandError::Unavailable(why),
        }
    }
}

impl std::fmt::Display for Trouble {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Unknown => f.write_str("the device is not in the network"),
            Self::NotDelivered(why) => write!(f, "not delivered: {why}"),
            Self::NoAnswer(seconds) => write!(f, "no answer in {seconds} s"),
            Self::Down(why) => write!(f, "radio not available: {why}"),
        }
    }
}

/// What is said, with the sequence number still open.
pub(super) enum Message<'a> {
    /// A ZCL frame.
    Zcl {
        endpoint: u8,
        profile: u16,
        cluster: u16,
        frame: &'a zcl::Frame,
        /// Whether an answer is due.
        answered: bool,
        repeatable: bool,
    },
    /// A ZDO request without its sequence number; all of ours may be repeated.
    Zdo { cluster: u16, request: &'a [u8] },
}

impl Message<'_> {
    const fn is_repeatable(&self) -> bool {
        match self {
            Self::Zcl { repeatable, .. } => *repeatable,
            Self::Zdo { .. } => true,
        }
    }

    const fn is_answered(&self) -> bool {
        match self {
            Self::Zcl { answered, .. } => *answered,
            Self::Zdo { .. } => true,
        }
    }
}

/// How one attempt went.
enum Attempt {
    /// Delivered; the answer if one was due.
    Done(Option<Answer>),
    /// The dongle would not take it: it never left.
    Busy,
    /// The dongle refused it for good.
    Refused(Status),
    /// Sent and not acknowledged.
    Failed(Status),
    /// Acknowledged and not answered.
    Unanswered,
    /// The dongle was lost; whether the message may have left before.
    Lost { left: bool },
}

/// Failures that say the message never reached the air or the device's parent kept it.
const NEVER_LEFT: &[Status] = &[
    Status::ZIGBEE_SEND_UNICAST_NO_ROUTE,
    Status::ZIGBEE_ID_DISCOVERY_FAILED,
    Status::MAC_INDIRECT_TIMEOUT,
    Status::MAC_TRANSMIT_QUEUE_FULL,
    Status::CCA_FAILURE,
    Status::TRANSMIT_BLOCKED,
];

/// Refusals that pass.
const BUSY: &[Status] = &[
    Status::BUSY,
    Status::ZIGBEE_MAX_MESSAGE_LIMIT_REACHED,
    Status::ALLOCATION_FAILED,
    Status::NO_MORE_RESOURCE,
    Status::EZSP_OUT_OF_MEMORY,
    Status::EZSP_QUEUE_FULL,
    Status::NETWORK_DOWN,
    Status::MAC_TRANSMIT_QUEUE_FULL,
    Status::TRANSMIT_BUSY,
    Status::NOT_READY,
    Status::WOULD_BLOCK,
];

/// Where a device is now.
struct Place {
    address: Option<u16>,
    sleepy: bool,
    spoke: Arc<tokio::sync::Notify>,
}

impl Core {
    /// Sends a ZCL frame to a device and waits for its answer.
    pub(super) async fn ask_zcl(
        &self,
        device: Ieee,
        endpoint: u8,
        cluster: u16,
        frame: &zcl::Frame,
        until: Instant,
    ) -> Result<Option<zcl::Frame>, Trouble> {
        let profile = self.profile(device, endpoint);
        let message = Message::Zcl {
            endpoint,
            profile,
            cluster,
            frame,
            answered: is_answered(frame),
            repeatable: super::repeatable::is_repeatable(cluster, frame),
        };
        let answer = self.converse(device, &message, until).await?;
        Ok(answer.and_then(|answer| zcl::Frame::parse(&answer.payload).ok()))
    }

    /// Sends a ZDO request to a device and waits for its answer.
    pub(super) async fn ask_zdo<R: zdo::Request>(
        &self,
        device: Ieee,
        request: &R,
        until: Instant,
    ) -> Result<R::Response, Trouble> {
        let mut fields = Vec::new();
        request.write_fields(&mut fields);
        let message = Message::Zdo {
            cluster: R::CLUSTER,
            request: &fields,
        };
        let answer = self.converse(device, &message, until).await?;
        let payload = answer.map(|answer| answer.payload).unwrap_or_default();
        match zdo::parse::<R::Response>(&payload) {
            Ok((_, response)) => Ok(response),
            Err(error) => Err(not_delivered(format!("its answer cannot be read: {error}"))),
        }
    }

    /// The profile of a device's endpoint; Home Automation until it is known.
    fn profile(&self, device: Ieee, endpoint: u8) -> u16 {
        const HOME_AUTOMATION: u16 = 0x0104;
        self.with(|state| {
            let device = state.registry.get(device)?;
            let found = device.info.endpoints.iter().find(|e| e.id == endpoint)?;
            Some(found.profile)
        })
        .unwrap_or(HOME_AUTOMATION)
    }

    fn place(&self, device: Ieee) -> Result<Place, Trouble> {
        self.with(|state| {
            let device = state.registry.get(device).ok_or(Trouble::Unknown)?;
            Ok(Place {
                address: device.info.network_address,
                sleepy: device.is_sleepy(),
                spoke: device.spoke.clone(),
            })
        })
    }

    /// One conversation with a device; others with it wait their turn.
    pub(super) async fn converse(
        &self,
        device: Ieee,
        message: &Message<'_>,
        until: Instant,
    ) -> Result<Option<Answer>, Trouble> {
        let gate = self
            .with(|state| state.registry.get(device).map(|d| d.gate.clone()))
            .ok_or(Trouble::Unknown)?;
        let Ok(_turn) = timeout_at(until, gate.lock()).await else {
            return Err(Trouble::NotDelivered(
                "the device was busy with earlier messages".to_owned(),
            ));
        };
        let mut restarts = 0;
        loop {
            let dongle = self.dongle_until(until).await.map_err(Trouble::Down)?;
            let left = match self.try_all(&dongle, device, message, until).await {
                Ok(answer) => return Ok(answer),
                Err(Ended::Trouble(trouble)) => return Err(trouble),
                Err(Ended::Lost { left }) => left,
            };
            if left && !message.is_repeatable() {
                return Err(Trouble::NotDelivered(
                    "the dongle was lost while the message was under way; it may have arrived, \
                     and is not one to repeat"
                        .to_owned(),
                ));
            }
            restarts += 1;
            if restarts > RESTARTS {
                return Err(Trouble::NotDelivered(
                    "the dongle was lost again and again".to_owned(),
                ));
            }
            self.with(|state| state.counters.resumed = state.counters.resumed.wrapping_add(1));
            // Let whoever watches the dongle notice before it is asked for again.
            sleep(Duration::from_millis(50)).await;
        }
    }

    /// The tries on one session with the dongle.
    async fn try_all(
        &self,
        dongle: &Dongle,
        device: Ieee,
        message: &Message<'_>,
        until: Instant,
    ) -> Result<Option<Answer>, Ended> {
        let mut answer = self.awaited(device, message)?;
        let payload = match message {
            Message::Zcl { frame, .. } => {
                let sequence = answer
                    .as_ref()
                    .map_or_else(|| self.waiters.unanswered(), Awaited::sequence);
                (*frame).clone().numbered(sequence).encode()
            }
            Message::Zdo { request, .. } => {
                let sequence = answer.as_ref().map_or(0, Awaited::sequence);
                [&[sequence], *request].concat()
            }
        };
        let (mut tries, mut busy) = (0, 0);
        let mut left = false;
        loop {
            let place = self.place(device)?;
            let address = match place.address {
                Some(address) => address,
                None => match self.find_address(dongle, device).await {
                    Some(address) => address,
                    None => {
                        return Err(not_delivered("its network address is not known").into());
                    }
                },
            };
            // Register before sending: it may speak while we wait for the fate.
            let spoke = place.spoke.notified();
            tokio::pin!(spoke);
            spoke.as_mut().enable();
            let unicast = Unicast::new(address, message, &payload, tries > 0);
            let attempt = self
                .attempt(dongle, device, &place, unicast, answer.as_mut(), until)
                .await;
            let why = match attempt {
                Attempt::Done(answer) => return Ok(answer),
                Attempt::Lost { left: now } => return Err(Ended::Lost { left: left || now }),
                Attempt::Refused(status) => {
                    return Err(not_delivered(format!("the dongle refused it: {status}")).into());
                }
                Attempt::Busy => {
                    busy += 1;
                    let wait = backoff(Duration::from_millis(250), Duration::from_secs(4), busy);
                    let wait = self.with(|state| state.jitter.spread(wait));
                    if busy > BUSY_TRIES || Instant::now() + wait > until {
                        return Err(not_delivered("the dongle was too busy").into());
                    }
                    sleep(wait).await;
                    continue;
                }
                Attempt::Failed(status) => {
                    left |= !NEVER_LEFT.contains(&status);
                    format!("no acknowledgement ({status})")
                }
                Attempt::Unanswered => {
                    left = true;
                    let seconds = if place.sleepy { SLEEPY_ANSWER } else { ANSWER };
                    // One more chance for the answer, not all of them: it did arrive.
                    tries = tries.max(TRIES - 2);
                    if tries + 1 >= TRIES || !message.is_repeatable() {
                        let seconds = u16::try_from(seconds.as_secs()).unwrap_or(u16::MAX);
                        return Err(Trouble::NoAnswer(seconds).into());
                    }
                    "no answer".to_owned()
                }
            };
            if left && !message.is_repeatable() {
                return Err(not_delivered(format!(
                    "{why}; it may have arrived, and is not one to repeat"
                ))
                .into());
            }
            tries += 1;
            if place.sleepy {
                tracing::debug!("{device} sleeps; its message waits until it speaks");
                if timeout_at(until, spoke).await.is_err() {
                    return Err(not_delivered(format!("{why}; the device sleeps")).into());
                }
                // It polls for a moment after it spoke: every word of it is a new chance.
                tries = tries.min(TRIES - 1);
            } else if tries >= TRIES || Instant::now() >= until {
                return Err(not_delivered(why).into());
            } else if tries + 1 == TRIES {
                self.find_address(dongle, device).await;
            } else {
                let wait = self.with(|state| state.jitter.spread(Duration::from_millis(500)));
                sleep(wait).await;
            }
        }
    }

    fn awaited(
        &self,
        device: Ieee,
        message: &Message<'_>,
    ) -> Result<Option<Awaited<Conversation, Answer>>, Ended> {
        const RESPONSE: u16 = 0x8000;
        if !message.is_answered() {
            return Ok(None);
        }
        let awaited = match message {
            Message::Zcl { cluster, .. } => self.waiters.zcl(device, *cluster),
            Message::Zdo { cluster, .. } => self.waiters.zdo(*cluster | RESPONSE),
        };
        match awaited {
            Some(awaited) => Ok(Some(awaited)),
            None => Err(not_delivered("too many conversations are under way").into()),
        }
    }

    /// Sends once, and waits for the fate and the answer.
    async fn attempt(
        &self,
        dongle: &Dongle,
        device: Ieee,
        place: &Place,
        unicast: Unicast<'_>,
        mut answer: Option<&mut Awaited<Conversation, Answer>>,
        until: Instant,
    ) -> Attempt {
        let sleepy = match place.sleepy {
            true => Some(self.sleepy_unicasts.acquire().await),
            false => None,
        };
        let slot = self.unicasts.acquire().await;
        if place.sleepy {
            dongle.expect_sleepy(device, unicast.address).await;
        }
        let Some(mut fate) = self.waiters.fate() else {
            return Attempt::Busy;
        };
        match dongle.send_unicast(unicast, fate.key()).await {
            Ok(()) => {}
            Err(SendError::Status(status)) if BUSY.contains(&status) => return Attempt::Busy,
            Err(SendError::Status(status)) => return Attempt::Refused(status),
            Err(SendError::Lost { left }) => return Attempt::Lost { left },
        }
        let sent = tokio::select! {
            biased;
            early = wait(answer.as_deref_mut()) => {
                return early.map_or(Attempt::Lost { left: true }, |a| Attempt::Done(Some(a)));
            }
            sent = fate.get() => sent,
            () = sleep_until(Instant::now() + FATE) => Some(Status::TIMEOUT),
        };
        drop((slot, sleepy));
        match (sent, answer) {
            (None, _) => Attempt::Lost { left: true },
            (Some(Status::OK), None) => Attempt::Done(None),
            (Some(Status::OK), Some(answer)) => {
                let patience = if place.sleepy { SLEEPY_ANSWER } else { ANSWER };
                let last = (Instant::now() + patience).min(until.max(Instant::now() + ANSWER));
                match timeout_at(last, answer.get()).await {
                    Ok(Some(answer)) => Attempt::Done(Some(answer)),
                    Ok(None) => Attempt::Lost { left: true },
                    Err(_) => Attempt::Unanswered,
                }
            }
            (Some(status), _) => Attempt::Failed(status),
        }
    }
}

/// Whether an answer is due: reads and the like always get one; the rest a default response unless
/// told not to.
fn is_answered(frame: &zcl::Frame) -> bool {
    use zcl::id;
    match frame.kind {
        zcl::Kind::Global => match frame.command {
            id::REPORT_ATTRIBUTES | id::WRITE_ATTRIBUTES_NO_RESPONSE => {
                !frame.disable_default_response
            }
            id::DEFAULT_RESPONSE
            | id::READ_ATTRIBUTES_RESPONSE
            | id::WRITE_ATTRIBUTES_RESPONSE
            | id::CONFIGURE_REPORTING_RESPONSE
            | id::READ_REPORTING_CONFIG_RESPONSE => false,
            _ => true,
        },
        zcl::Kind::Cluster => !frame.disable_default_response,
    }
}

async fn wait(answer: Option<&mut Awaited<Conversation, Answer>>) -> Option<Answer> {
    match answer {
        Some(answer) => answer.get().await,
        None => std::future::pending().await,
    }
}

fn not_delivered(why: impl Into<String>) -> Trouble {
    Trouble::NotDelivered(why.into())
}

/// How the tries on one session ended.
enum Ended {
    Trouble(Trouble),
    Lost { left: bool },
}

impl From<Trouble> for Ended {
    fn from(trouble: Trouble) -> Self {
        Self::Trouble(trouble)
    }
}
