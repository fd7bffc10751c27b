//! The NCP as the host sees it: ask, and be told.
//!
//! [`Ncp`] is a handle; clones share one NCP. A task of its own ([`super::driver`]) keeps the
//! protocol's one contract: one command under way, and the next only after its reply, its refusal or
//! [`RESPONSE_TIMEOUT`]. A call that is no longer awaited is still seen to its end.
//!
//! When the NCP is lost, for whatever reason, that is final for the handle: every call under way and
//! every later one fails with [`EzspError::Lost`], and the receiver of callbacks ends, once, after
//! the last callback. Recovery is a new port and a new [`Ncp::connect`].

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::{mpsc, oneshot};
use tokio::time::{Instant, timeout_at};
use tracing::debug;

use super::callback::{Callback, InvalidCommand};
use super::command::{VersionCommand, VersionReply};
use super::driver::{self, Call, Driver};
use super::frame::{Control, Frame, Header};
use super::{Command, Notice, ParameterError, Parameters, Status, Version, blank_keys};
use crate::ash::{Event, Failure, Port, Request, code};
use crate::tap::{Direction, Tap, Tapped};

/// How long the NCP may take to reply.
pub const RESPONSE_TIMEOUT: Duration = Duration::from_secs(10);
/// Calls that wait for their turn; more wait with their callers.
const CALLS: usize = 16;
/// Times an NCP may boot while it is connected.
const BOOTS: u8 = 3;
/// Callbacks that wait for their reader.
const CALLBACKS: usize = 32;

/// A handle to an NCP.
#[derive(Clone, Debug)]
pub struct Ncp {
    calls: mpsc::Sender<Call>,
    version: Version,
    stack_version: u16,
    shared: Arc<Shared>,
}

/// Why an NCP is lost.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Lost {
    /// The link failed.
    #[error("{0}")]
    Link(#[from] Failure),
    /// It rebooted.
    #[error("the radio rebooted: {} ({code:#04x})", code::name(*code))]
    Reset {
        /// Why, see [`code`].
        code: u8,
    },
    /// It acknowledges, but does not reply.
    #[error("the radio does not reply")]
    Silent,
}

/// Why a call failed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EzspError {
    /// The NCP is gone; the command may have reached it or not.
    #[error("{0}")]
    Lost(#[from] Lost),
    /// No reply in time. The command may have been carried out.
    #[error("no reply to {command} within {} s", RESPONSE_TIMEOUT.as_secs())]
    Timeout {
        /// Its name.
        command: &'static str,
    },
    /// The NCP refused it: unknown, or of the wrong length.
    #[error("the radio refuses {command}: {reason}")]
    InvalidCommand {
        /// Its name.
        command: &'static str,
        /// Why.
        reason: Status,
    },
    /// The NCP cut its reply.
    #[error("the reply to {command} was cut by the radio")]
    Truncated {
        /// Its name.
        command: &'static str,
    },
    /// The command does not exist at this version or does not fit, or its reply cannot be read.
    #[error("{0}")]
    Parameters(#[from] ParameterError),
    /// The command is longer than a frame may be.
    #[error("{command} is too long for a frame")]
    TooLong {
        /// Its name.
        command: &'static str,
    },
    /// The NCP speaks a version that is not spoken here.
    #[error(
        "the radio speaks EZSP {0}, expected {oldest} to {newest}: change its firmware",
        oldest = Version::OLDEST,
        newest = Version::NEWEST
    )]
    UnsupportedVersion(u8),
}

/// What happened between host and NCP so far. All of them wrap.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counters {
    /// Commands sent.
    pub commands: u32,
    /// Callbacks handed on.
    pub callbacks: u32,
    /// Callbacks thrown away because their reader was too slow.
    pub callbacks_shed: u32,
    /// Frames in which the NCP said that it ran out of memory: the host slowed down.
    pub overflows: u32,
    /// Commands without a reply in time.
    pub timeouts: u32,
    /// Replies that nobody asked for, or too late: perhaps another program uses the line.
    pub foreign: u32,
    /// Frames and callbacks that could not be read.
    pub unreadable: u32,
}

/// What handles and driver share.
#[derive(Debug, Default)]
pub(super) struct Shared {
    lost: Mutex<Option<Lost>>,
    counters: Mutex<Counters>,
}

impl Shared {
    pub(super) fn count(&self, change: impl FnOnce(&mut Counters)) {
        change(&mut self.counters.lock().unwrap_or_else(PoisonError::into_inner));
    }

    pub(super) fn lose(&self, why: Lost) {
        *self.lost.lock().unwrap_or_else(PoisonError::into_inner) = Some(why);
    }

    fn lost(&self) -> Option<Lost> {
        self.lost
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }
}

impl Ncp {
    /// Waits until the port's link is up, agrees on the protocol version and starts the driver. The
    /// receiver gets all callbacks, and ends when the NCP is lost; read it, or the NCP is told to wait
    /// and callbacks are thrown away.
    ///
    /// `tap` is handed every frame, keys blanked. Must be called within a tokio runtime.
    ///
    /// # Errors
    /// When the link does not come up, the NCP does not reply or speaks another version.
    pub async fn connect(
        mut port: Port,
        tap: Tap,
    ) -> Result<(Self, mpsc::Receiver<Callback>), EzspError> {
        let mut boots = 0;
        let (version, stack_version) = loop {
            match agree(&mut port, &tap).await {
                // Opening its line made it boot, or it told of power on before it heard our reset.
                Err(EzspError::Lost(Lost::Reset { code })) if boots < BOOTS => {
                    debug!("NCP reset again: {}", code::name(code));
                    boots += 1;
                    // A port that has closed says why through its events.
                    let _ = port.send.send(Request::Connect).await;
                }
                agreed => break agreed?,
            }
        };
        debug!(%version, stack = format_args!("{stack_version:#06x}"), "NCP connected");
        let (calls, queue) = mpsc::channel(CALLS);
        let (callbacks, receiver) = mpsc::channel(CALLBACKS);
        let shared = Arc::new(Shared::default());
        let driver = Driver::new(port, queue, callbacks, version, tap, Arc::clone(&shared));
        tokio::spawn(driver.run());
        let ncp = Self {
            calls,
            version,
            stack_version,
            shared,
        };
        Ok((ncp, receiver))
    }

    /// Carries out a command. Several callers are served in turn.
    ///
    /// # Errors
    /// See [`EzspError`]. Only [`EzspError::Lost`] is final.
    pub async fn call<C: Command>(&self, command: C) -> Result<C::Reply, EzspError> {
        let version = self.version;
        if !C::is_in(version) {
            return Err(ParameterError::NotInVersion {
                frame: C::NAME,
                version,
            }
            .into());
        }
        let parameters = command.encode(version)?;
        let reply = self.exchange(C::ID, C::NAME, parameters).await?;
        Ok(C::Reply::decode(&reply, version)?)
    }

    async fn exchange(
        &self,
        id: u16,
        name: &'static str,
        parameters: Vec<u8>,
    ) -> Result<Vec<u8>, EzspError> {
        let (reply, answer) = oneshot::channel();
        let call = Call {
            id,
            name,
            parameters,
            reply,
        };
        let gone = || EzspError::Lost(self.lost().unwrap_or(Lost::Silent));
        self.calls.send(call).await.map_err(|_| gone())?;
        answer.await.unwrap_or_else(|_| Err(gone()))
    }

    /// The protocol version it speaks.
    #[must_use]
    pub const fn version(&self) -> Version {
        self.version
    }

    /// Its stack's version, a digit in each four bits: `0x7440` is 7.4.4.0.
    #[must_use]
    pub const fn stack_version(&self) -> u16 {
        self.stack_version
    }

    /// Why it is lost, if it is.
    #[must_use]
    pub fn lost(&self) -> Option<Lost> {
        self.shared.lost()
    }

    /// What happened so far.
    #[must_use]
    pub fn counters(&self) -> Counters {
        *self
            .shared
            .counters
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

/// Why an event means that the NCP is lost; none for data.
pub(super) fn lost(event: Event) -> Option<Lost> {
    match event {
        Event::Data(_) => None,
        Event::Connected { code } | Event::Reset { code } => Some(Lost::Reset { code }),
        Event::Failed(failure) => Some(Lost::Link(failure)),
    }
}

/// Waits for the link and agrees on the protocol version; that and the stack's.
async fn agree(port: &mut Port, tap: &Tap) -> Result<(Version, u16), EzspError> {
    match port.events.recv().await {
        Some(Event::Connected { code }) => debug!("NCP reset: {}", code::name(code)),
        Some(event) => return Err(lost(event).unwrap_or(Lost::Silent).into()),
        None => return Err(Lost::from(Failure::Lost("port closed".to_owned())).into()),
    }
    // In the legacy header any version of an NCP understands the question.
    let common = Version::COMMON.number();
    let mut reply = handshake(port, tap, Header::Legacy, 0, common).await?;
    let number = reply.protocol_version;
    let version = Version::new(number).ok_or(EzspError::UnsupportedVersion(number))?;
    // Until it is asked for its own version the NCP refuses everything else.
    if number != common {
        reply = handshake(port, tap, Header::Extended, 1, number).await?;
        if reply.protocol_version != number {
            return Err(EzspError::UnsupportedVersion(reply.protocol_version));
        }
    }
    Ok((version, reply.stack_version))
}

/// Asks for a protocol version.
async fn handshake(
    port: &mut Port,
    tap: &Tap,
    header: Header,
    sequence: u8,
    number: u8,
) -> Result<VersionReply, EzspError> {
    let command = VersionCommand::NAME;
    let frame = Frame {
        header,
        sequence,
        control: Control::COMMAND,
        id: VersionCommand::ID,
        parameters: &[number],
    };
    let bytes = frame.encode().map_err(|_| EzspError::TooLong { command })?;
    hand(tap, Direction::Sent, &bytes, None);
    // A port that has closed says why through its events.
    let _ = port.send.send(Request::Send(bytes)).await;
    let deadline = Instant::now() + RESPONSE_TIMEOUT;
    loop {
        let event = timeout_at(deadline, port.events.recv())
            .await
            .map_err(|_| EzspError::Timeout { command })?
            .unwrap_or_else(driver::port_closed);
        let bytes = match event {
            Event::Data(bytes) => bytes,
            event => return Err(lost(event).unwrap_or(Lost::Silent).into()),
        };
        hand(tap, Direction::Received, &bytes, None);
        match Frame::parse(&bytes) {
            Ok(reply)
                if reply.id == VersionCommand::ID
                    && reply.sequence == sequence
                    && reply.control.is_from_ncp() =>
            {
                return Ok(VersionReply::decode(reply.parameters, Version::COMMON)?);
            }
            Ok(refusal) if refusal.id == InvalidCommand::ID && refusal.sequence == sequence => {
                let refusal = InvalidCommand::decode(refusal.parameters, Version::COMMON)?;
                let reason = refusal.reason;
                return Err(EzspError::InvalidCommand { command, reason });
            }
            // What the NCP had to say before it was asked.
            Ok(other) => debug!(id = other.id, "frame before the handshake's end"),
            Err(error) => debug!("before the handshake's end: {error}"),
        }
    }
}

/// Hands a frame to the tap, keys blanked.
pub(super) fn hand(tap: &Tap, direction: Direction, bytes: &[u8], version: Option<Version>) {
    if tap.is_on() {
        tap.hand(Tapped::Ezsp(direction, &blank_keys(bytes, version)));
    }
}
