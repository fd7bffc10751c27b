//! The task behind [`Ncp`](super::Ncp): one command at a time to the link, replies to their callers,
//! callbacks to their reader.
//!
//! Replies must never wait behind callbacks that nobody reads, because the reader may itself be
//! waiting for a reply. So while a command is under way, callbacks for which the reader has no room
//! gather in a bounded backlog, beyond which they are thrown away and counted; while none is, the
//! task stops reading instead, until the link tells the NCP to hold its callbacks back.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{mpsc, oneshot};
use tokio::time::{Instant, sleep_until};
use tracing::{debug, warn};

use super::callback::{Callback, InvalidCommand};
use super::frame::{Control, Frame, Header};
use super::ncp::{RESPONSE_TIMEOUT, Shared, hand, lost};
use super::{EzspError, Lost, Notice, Parameters, Version};
use crate::ash::{Event, Failure, Port, Request};
use crate::tap::{Direction, Tap};

/// Callbacks kept while a reply is waited for.
const BACKLOG: usize = 128;
/// Commands without a reply, one after the other, until the NCP is given up.
const SILENCES: u8 = 2;
/// How long to leave the NCP alone after it ran out of memory; doubled each time it does again…
const PAUSE: Duration = Duration::from_millis(50);
/// …up to this.
const PAUSE_MAX: Duration = Duration::from_secs(1);

/// A command that waits for its turn.
#[derive(Debug)]
pub(super) struct Call {
    pub(super) id: u16,
    pub(super) name: &'static str,
    pub(super) parameters: Vec<u8>,
    pub(super) reply: oneshot::Sender<Result<Vec<u8>, EzspError>>,
}

/// A command that was sent.
struct Sent {
    id: u16,
    name: &'static str,
    sequence: u8,
    deadline: Instant,
    reply: oneshot::Sender<Result<Vec<u8>, EzspError>>,
}

pub(super) struct Driver {
    port: Port,
    calls: mpsc::Receiver<Call>,
    callbacks: mpsc::Sender<Callback>,
    backlog: VecDeque<Callback>,
    version: Version,
    sequence: u8,
    sent: Option<Sent>,
    silences: u8,
    pause: Duration,
    rest_until: Option<Instant>,
    tap: Tap,
    shared: Arc<Shared>,
}

/// What the end of a port's events means.
pub(super) fn port_closed() -> Event {
    Event::Failed(Failure::Lost("port closed".to_owned()))
}

impl Driver {
    pub(super) fn new(
        port: Port,
        calls: mpsc::Receiver<Call>,
        callbacks: mpsc::Sender<Callback>,
        version: Version,
        tap: Tap,
        shared: Arc<Shared>,
    ) -> Self {
        Self {
            port,
            calls,
            callbacks,
            backlog: VecDeque::new(),
            version,
            // 0 and 1 were the handshake's.
            sequence: 2,
            sent: None,
            silences: 0,
            pause: Duration::ZERO,
            rest_until: None,
            tap,
            shared,
        }
    }

    pub(super) async fn run(mut self) {
        let Some(why) = self.work().await else {
            return;
        };
        debug!("NCP lost: {why}");
        self.shared.lose(why.clone());
        // Everyone who waits is told first: the reader of callbacks may be among them.
        if let Some(sent) = self.sent.take() {
            let _ = sent.reply.send(Err(why.clone().into()));
        }
        self.calls.close();
        while let Some(call) = self.calls.recv().await {
            let _ = call.reply.send(Err(why.clone().into()));
        }
        drop(self.port);
        for callback in self.backlog {
            if self.callbacks.send(callback).await.is_err() {
                return;
            }
        }
    }

    /// Works until the NCP is lost, or until nobody wants it any more: then there is no reason.
    async fn work(&mut self) -> Option<Lost> {
        loop {
            let now = Instant::now();
            let deadline = self.sent.as_ref().map(|sent| sent.deadline);
            let rest_until = self.rest_until.filter(|until| *until > now);
            let listens = self.sent.is_some() || self.backlog.is_empty();
            let room = self.callbacks.clone();
            // Commands before frames: a radio that talks without end must not keep them out. Frames
            // before the deadline: after a stall of the whole process the reply is often there.
            tokio::select! {
                biased;
                place = room.reserve(), if !self.backlog.is_empty() => match place {
                    Ok(place) => {
                        if let Some(callback) = self.backlog.pop_front() {
                            place.send(callback);
                        }
                    }
                    // Nobody reads them any more.
                    Err(_) => self.backlog.clear(),
                },
                call = self.calls.recv(), if self.sent.is_none() && rest_until.is_none() => {
                    self.send(call?);
                }
                event = self.port.events.recv(), if listens => {
                    match event.unwrap_or_else(port_closed) {
                        Event::Data(bytes) => self.receive(&bytes),
                        event => return lost(event),
                    }
                }
                () = sleep_until(deadline.unwrap_or(now)), if deadline.is_some() => {
                    if self.give_up() {
                        return Some(Lost::Silent);
                    }
                }
                () = sleep_until(rest_until.unwrap_or(now)), if rest_until.is_some() => {}
            }
        }
    }

    fn send(&mut self, call: Call) {
        let Call {
            id,
            name,
            parameters,
            reply,
        } = call;
        // The caller went away while it waited.
        if reply.is_closed() {
            return;
        }
        let frame = Frame {
            header: Header::Extended,
            sequence: self.sequence,
            control: Control::COMMAND,
            id,
            parameters: &parameters,
        };
        let Ok(bytes) = frame.encode() else {
            let _ = reply.send(Err(EzspError::TooLong { command: name }));
            return;
        };
        hand(&self.tap, Direction::Sent, &bytes, Some(self.version));
        self.shared
            .count(|c| c.commands = c.commands.wrapping_add(1));
        // With one command under way there is room in the port's queue, unless it has closed, which
        // its events tell, or hangs, which the deadline tells.
        if let Err(error) = self.port.send.try_send(Request::Send(bytes)) {
            debug!("{name} was not sent: {error}");
        }
        self.sent = Some(Sent {
            id,
            name,
            sequence: self.sequence,
            deadline: Instant::now() + RESPONSE_TIMEOUT,
            reply,
        });
        self.sequence = self.sequence.wrapping_add(1);
    }

    /// Ends the command under way without a reply; whether the NCP is to be given up.
    fn give_up(&mut self) -> bool {
        if let Some(sent) = self.sent.take() {
            warn!("the radio did not reply to {}", sent.name);
            self.shared
                .count(|c| c.timeouts = c.timeouts.wrapping_add(1));
            let command = sent.name;
            let _ = sent.reply.send(Err(EzspError::Timeout { command }));
        }
        self.silences += 1;
        self.silences >= SILENCES
    }

    fn receive(&mut self, bytes: &[u8]) {
        hand(&self.tap, Direction::Received, bytes, Some(self.version));
        let frame = match Frame::parse(bytes) {
            Ok(frame) if frame.control.is_from_ncp() => frame,
            Ok(frame) => {
                warn!(id = frame.id, "a command came from the radio");
                return self.shared.count(|c| c.foreign = c.foreign.wrapping_add(1));
            }
            Err(error) => {
                warn!("{error}");
                return self
                    .shared
                    .count(|c| c.unreadable = c.unreadable.wrapping_add(1));
            }
        };
        self.throttle(frame.control.has_overflow());
        if frame.control.is_asynchronous() {
            self.callback(&frame);
        } else {
            self.reply(&frame);
        }
    }

    /// Leaves the NCP alone for a while when it ran out of memory.
    fn throttle(&mut self, overflow: bool) {
        if !overflow {
            self.pause = Duration::ZERO;
            return;
        }
        self.pause = (self.pause * 2).clamp(PAUSE, PAUSE_MAX);
        self.rest_until = Some(Instant::now() + self.pause);
        self.shared.count(|c| {
            c.overflows = c.overflows.wrapping_add(1);
            if c.overflows.is_power_of_two() {
                warn!(
                    times = c.overflows,
                    "the radio ran out of memory; slowing down"
                );
            }
        });
    }

    fn reply(&mut self, frame: &Frame<'_>) {
        let ours = |sent: &mut Sent| {
            sent.sequence == frame.sequence
                && (sent.id == frame.id || frame.id == InvalidCommand::ID)
        };
        let Some(sent) = self.sent.take_if(ours) else {
            let name = super::name(frame.id, self.version);
            warn!(
                "a reply that nobody waits for: {name}, number {}",
                frame.sequence
            );
            return self.shared.count(|c| c.foreign = c.foreign.wrapping_add(1));
        };
        self.silences = 0;
        let command = sent.name;
        let result = if frame.id == InvalidCommand::ID && sent.id != InvalidCommand::ID {
            match InvalidCommand::decode(frame.parameters, self.version) {
                Ok(InvalidCommand { reason }) => Err(EzspError::InvalidCommand { command, reason }),
                Err(error) => Err(error.into()),
            }
        } else if frame.control.is_truncated() {
            Err(EzspError::Truncated { command })
        } else {
            Ok(frame.parameters.to_vec())
        };
        let _ = sent.reply.send(result);
    }

    fn callback(&mut self, frame: &Frame<'_>) {
        let callback = match Callback::decode(frame.id, frame.parameters, self.version) {
            Ok(Some(callback)) => callback,
            unreadable => {
                match unreadable {
                    Err(error) => warn!("{error}"),
                    _ => debug!("callback {:#06x} is not known", frame.id),
                }
                return self
                    .shared
                    .count(|c| c.unreadable = c.unreadable.wrapping_add(1));
            }
        };
        if self.backlog.len() >= BACKLOG {
            return self.shared.count(|c| {
                c.callbacks_shed = c.callbacks_shed.wrapping_add(1);
                if c.callbacks_shed.is_power_of_two() {
                    warn!(
                        shed = c.callbacks_shed,
                        "messages from the radio are thrown away: their reader is too slow"
                    );
                }
            });
        }
        self.shared
            .count(|c| c.callbacks = c.callbacks.wrapping_add(1));
        if self.backlog.is_empty() {
            match self.callbacks.try_send(callback) {
                Err(mpsc::error::TrySendError::Full(callback)) => self.backlog.push_back(callback),
                Ok(()) | Err(mpsc::error::TrySendError::Closed(_)) => {}
            }
        } else {
            self.backlog.push_back(callback);
        }
    }
}
