//! The state machine of one end of an ASH link. No I/O, no clock: see [the contract](super).

use std::collections::VecDeque;
use std::time::Duration;

use super::frame::{
    self, CANCEL, FLAG, Frame, FrameError, MAX_PAYLOAD, MIN_PAYLOAD, PROTOCOL_VERSION,
};
use super::{BadFrame, Counters, Deframer, Event, Failure, Role, SendError, Settings, code};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// Not asked to connect yet.
    Idle,
    /// The host sent RST `tries` times and waits.
    Connecting { tries: u8, until: Duration },
    /// Frames flow, or may.
    Connected,
    /// Given up. The NCP answers all with ERROR until RST.
    Failed { code: u8 },
}

/// A DATA frame that waits for its turn.
#[derive(Debug)]
struct Queued {
    payload: Vec<u8>,
    /// May be held back while the host is not ready.
    callback: bool,
}

/// A DATA frame that waits for its acknowledgement.
#[derive(Debug)]
struct Unacked {
    payload: Vec<u8>,
    sent: Duration,
    /// Sent more than once: its acknowledgement says nothing about the round trip.
    again: bool,
    /// To be sent again now.
    due: bool,
}

/// One end of an ASH link.
#[derive(Debug)]
pub struct Link {
    role: Role,
    settings: Settings,
    counters: Counters,
    now: Duration,
    state: State,
    deframer: Deframer,
    events: VecDeque<Event>,
    /// RST, RSTACK or ERROR to be sent; a newer one replaces an older one.
    handshake: Option<Frame>,

    // Sending.
    queue: VecDeque<Queued>,
    /// Frames `next - unacked.len()` to `next - 1`.
    unacked: VecDeque<Unacked>,
    next: u8,
    ack_timeout: Duration,
    ack_timer: Option<Duration>,
    expiries: u8,
    /// Something this end said seems lost. If it was a flag, the frame that waits for it must not
    /// swallow the next: that one begins with a flag.
    guard: bool,
    /// NCP: callbacks wait until then, because the host is not ready.
    hold: Option<Duration>,

    /// Host: what RSTACK said, until the first frame is acknowledged or received. Till then the same
    /// RSTACK again answers a second RST of ours, which the NCP had before any frame of ours.
    greeting: Option<u8>,

    // Receiving.
    expected: u8,
    /// A NAK went out and no good frame has come since.
    rejecting: bool,
    nak: bool,
    /// When to acknowledge at the latest.
    ack_due: Option<Duration>,
    ready: bool,
    /// Host: readiness changed, or has to be repeated: an ACK of its own must go out.
    tell_ready: bool,
    refresh: Option<Duration>,
}

impl Link {
    /// The host's end with the vendor's parameters.
    #[must_use]
    pub fn host() -> Self {
        Self::new(Role::Host, Settings::host())
    }

    /// The NCP's end with the vendor's parameters.
    #[must_use]
    pub fn ncp() -> Self {
        Self::new(Role::Ncp, Settings::ncp())
    }

    /// An end with other parameters. The window is held within 1…7.
    #[must_use]
    pub fn new(role: Role, settings: Settings) -> Self {
        Self {
            role,
            settings: Settings {
                window: settings.window.clamp(1, 7),
                ..settings
            },
            counters: Counters::default(),
            now: Duration::ZERO,
            state: State::Idle,
            deframer: Deframer::default(),
            events: VecDeque::new(),
            handshake: None,
            queue: VecDeque::new(),
            unacked: VecDeque::new(),
            next: 0,
            ack_timeout: settings.ack_timeout,
            ack_timer: None,
            expiries: 0,
            guard: false,
            hold: None,
            greeting: None,
            expected: 0,
            rejecting: false,
            nak: false,
            ack_due: None,
            ready: true,
            tell_ready: false,
            refresh: None,
        }
    }

    /// Brings the link up, or up again. Frames not yet delivered are dropped. The host sends RST and
    /// tells [`Event::Connected`] or [`Event::Failed`] later; the NCP boots, see
    /// [`restart`](Self::restart).
    pub fn connect(&mut self, now: Duration) {
        match self.role {
            Role::Ncp => self.restart(code::POWER_ON, now),
            Role::Host => {
                self.advance(now);
                self.start_afresh();
                self.deframer.clear();
                self.send_rst(1);
            }
        }
    }

    /// The NCP reboots by itself for the reason `code`: it says so with RSTACK and is up at once.
    /// Nothing for a host.
    pub fn restart(&mut self, code: u8, now: Duration) {
        self.advance(now);
        if self.role == Role::Ncp {
            self.start_afresh();
            self.state = State::Connected;
            self.handshake = Some(Frame::RstAck {
                version: PROTOCOL_VERSION,
                code,
            });
        }
    }

    /// The NCP gives up for the reason `code`: it says so with ERROR, now and to all that comes
    /// until RST. Nothing for a host.
    pub fn fail(&mut self, code: u8, now: Duration) {
        self.advance(now);
        if self.role == Role::Ncp {
            self.start_afresh();
            self.state = State::Failed { code };
            self.send_error(code);
        }
    }

    /// Takes an EZSP frame for sending.
    ///
    /// # Errors
    /// When the link is not up, the queue is full or the length is impossible.
    pub fn send(&mut self, payload: impl Into<Vec<u8>>) -> Result<(), SendError> {
        self.enqueue(payload.into(), false)
    }

    /// Takes an EZSP frame for sending that is held back, for a second at most, while the host says
    /// it is not ready: an NCP's callback. Frames taken with [`send`](Self::send) overtake it then.
    ///
    /// # Errors
    /// As [`send`](Self::send).
    pub fn send_callback(&mut self, payload: impl Into<Vec<u8>>) -> Result<(), SendError> {
        self.enqueue(payload.into(), true)
    }

    /// How many more frames [`send`](Self::send) would take now; none when the link is not up.
    #[must_use]
    pub fn room(&self) -> usize {
        self.room_for(false)
    }

    /// How many more frames [`send_callback`](Self::send_callback) would take now; none when the
    /// link is not up. They have places of their own, so that held callbacks keep no response out.
    #[must_use]
    pub fn callback_room(&self) -> usize {
        self.room_for(true)
    }

    /// The host tells the NCP whether callbacks are welcome; it repeats a no until it is a yes.
    /// Responses come in any case. Nothing for an NCP.
    pub fn set_ready(&mut self, ready: bool, now: Duration) {
        self.advance(now);
        if self.role == Role::Host && self.ready != ready {
            self.ready = ready;
            self.tell_ready = true;
            self.refresh = None;
        }
    }

    /// Takes bytes from the line, cut up in any way.
    pub fn receive(&mut self, bytes: &[u8], now: Duration) {
        self.advance(now);
        for &byte in bytes {
            match self.deframer.push(byte) {
                None => {}
                Some(Ok(frame)) => self.take(frame),
                Some(Err(bad)) => self.refuse(bad),
            }
        }
        #[expect(clippy::cast_possible_truncation)] // the counter wraps
        let count = bytes.len() as u32;
        self.counters.bytes = self.counters.bytes.wrapping_add(count);
        self.counters.xoffs = self.deframer.xoffs();
    }

    /// Lets time pass. Early calls do no harm.
    pub fn handle_timeout(&mut self, now: Duration) {
        self.advance(now);
        let now = self.now;
        let passed = |moment: Option<Duration>| moment.is_some_and(|m| m <= now);
        if let State::Connecting { tries, until } = self.state
            && until <= now
        {
            if tries < self.settings.reset_tries {
                self.send_rst(tries + 1);
            } else {
                self.give_up(Failure::NoAnswer { tries });
            }
        }
        if passed(self.ack_timer) {
            self.expire();
        }
        if passed(self.hold) {
            self.hold = None;
        }
        if passed(self.refresh) {
            self.refresh = None;
            self.tell_ready = true;
        }
    }

    /// The next frame for the line, as bytes.
    pub fn poll_transmit(&mut self) -> Option<Vec<u8>> {
        if let Some(frame) = self.handshake.take() {
            let mut bytes = Vec::with_capacity(8);
            if matches!(frame, Frame::Rst | Frame::RstAck { .. }) {
                bytes.push(CANCEL); // what the other end may have of a cut frame
            }
            bytes.extend(frame.encode());
            return Some(bytes);
        }
        if self.state != State::Connected {
            return None;
        }
        let mut bytes = Vec::new();
        if self.guard {
            bytes.push(FLAG);
        }
        self.next_frame(&mut bytes)?;
        self.guard = false;
        Some(bytes)
    }

    /// Writes the next frame of a connected link.
    fn next_frame(&mut self, bytes: &mut Vec<u8>) -> Option<()> {
        if std::mem::take(&mut self.nak) {
            self.counters.naks_sent = self.counters.naks_sent.wrapping_add(1);
            let not_ready = self.acknowledge();
            let ack = self.expected;
            bytes.extend(Frame::Nak { ack, not_ready }.encode());
            return Some(());
        }
        if let Some(index) = self.unacked.iter().position(|frame| frame.due) {
            self.counters.retransmitted = self.counters.retransmitted.wrapping_add(1);
            return self.transmit(index, true, bytes);
        }
        if let Some(payload) = self.dequeue() {
            self.counters.sent = self.counters.sent.wrapping_add(1);
            self.unacked.push_back(Unacked {
                payload,
                sent: self.now,
                again: false,
                due: false,
            });
            self.next = (self.next + 1) % 8;
            return self.transmit(self.unacked.len() - 1, false, bytes);
        }
        if self.tell_ready || self.ack_due.is_some_and(|due| due <= self.now) {
            let not_ready = self.acknowledge();
            let ack = self.expected;
            bytes.extend(Frame::Ack { ack, not_ready }.encode());
            return Some(());
        }
        None
    }

    /// The next thing to tell.
    pub fn poll_event(&mut self) -> Option<Event> {
        self.events.pop_front()
    }

    /// When to call [`handle_timeout`](Self::handle_timeout) next, if nothing else happens.
    #[must_use]
    pub fn poll_timeout(&self) -> Option<Duration> {
        let until = match self.state {
            State::Connecting { until, .. } => Some(until),
            State::Connected => [
                self.ack_timer,
                self.ack_due,
                self.refresh,
                self.hold.filter(|_| !self.queue.is_empty()),
            ]
            .into_iter()
            .flatten()
            .min(),
            State::Idle | State::Failed { .. } => None,
        };
        until.map(|moment| moment.max(self.now))
    }

    /// Which end this is.
    #[must_use]
    pub const fn role(&self) -> Role {
        self.role
    }

    /// Whether frames flow.
    #[must_use]
    pub fn is_connected(&self) -> bool {
        self.state == State::Connected
    }

    /// What happened so far.
    #[must_use]
    pub const fn counters(&self) -> Counters {
        self.counters
    }

    fn advance(&mut self, now: Duration) {
        self.now = self.now.max(now);
    }

    /// Both ends count from 0 and nothing is under way.
    fn start_afresh(&mut self) {
        self.state = State::Idle;
        self.handshake = None;
        self.queue.clear();
        self.unacked.clear();
        self.next = 0;
        self.ack_timeout = self.settings.ack_timeout;
        self.ack_timer = None;
        self.expiries = 0;
        self.guard = false;
        self.hold = None;
        self.greeting = None;
        self.expected = 0;
        self.rejecting = false;
        self.nak = false;
        self.ack_due = None;
        self.tell_ready = !self.ready; // an NCP that has reset does not remember
        self.refresh = None;
    }

    fn send_rst(&mut self, tries: u8) {
        self.handshake = Some(Frame::Rst);
        self.state = State::Connecting {
            tries,
            until: self.now + self.settings.reset_timeout,
        };
    }

    fn send_error(&mut self, code: u8) {
        self.handshake = Some(Frame::Error {
            version: PROTOCOL_VERSION,
            code,
        });
    }

    fn give_up(&mut self, failure: Failure) {
        self.start_afresh();
        let code = code::ACK_TIMEOUTS;
        self.state = State::Failed { code };
        if self.role == Role::Ncp {
            self.send_error(code);
        }
        self.events.push_back(Event::Failed(failure));
    }

    fn room_for(&self, callback: bool) -> usize {
        if self.state == State::Connected {
            let queued = self.queue.iter().filter(|q| q.callback == callback).count();
            self.settings.queue.saturating_sub(queued)
        } else {
            0
        }
    }

    fn enqueue(&mut self, payload: Vec<u8>, callback: bool) -> Result<(), SendError> {
        if !(MIN_PAYLOAD..=MAX_PAYLOAD).contains(&payload.len()) {
            return Err(SendError::Length(payload.len()));
        }
        if self.state != State::Connected {
            return Err(SendError::NotConnected);
        }
        if self.room_for(callback) == 0 {
            return Err(SendError::Full);
        }
        self.queue.push_back(Queued { payload, callback });
        Ok(())
    }

    /// The next frame that may be sent for the first time.
    fn dequeue(&mut self) -> Option<Vec<u8>> {
        if self.unacked.len() >= usize::from(self.settings.window) {
            return None;
        }
        let held = self.hold.is_some();
        let index = self.queue.iter().position(|q| !(held && q.callback))?;
        self.queue.remove(index).map(|q| q.payload)
    }

    /// Sends an unacknowledged frame; it carries the acknowledgement that may be due.
    fn transmit(&mut self, index: usize, again: bool, bytes: &mut Vec<u8>) -> Option<()> {
        let oldest = self.oldest();
        let frame = self.unacked.get_mut(index)?;
        frame.due = false;
        frame.again |= again;
        frame.sent = self.now;
        let number = (oldest + u8::try_from(index).ok()?) % 8;
        frame::encode_data(number, again, self.expected, &frame.payload, bytes);
        self.ack_due = None;
        if index == 0 || self.ack_timer.is_none() {
            self.ack_timer = Some(self.now + self.ack_timeout);
        }
        Some(())
    }

    /// An ACK or NAK goes out now. Whether it says not ready.
    fn acknowledge(&mut self) -> bool {
        self.ack_due = None;
        self.tell_ready = false;
        if !self.ready {
            self.refresh = Some(self.now + self.settings.not_ready_refresh);
        }
        !self.ready
    }

    /// The number of the oldest unacknowledged frame, or of the next if there is none.
    fn oldest(&self) -> u8 {
        // At most 7 are unacknowledged.
        #[expect(clippy::cast_possible_truncation)]
        let under_way = self.unacked.len() as u8;
        (self.next + 8 - under_way) % 8
    }

    /// The wait for an acknowledgement was in vain.
    fn expire(&mut self) {
        self.counters.expiries = self.counters.expiries.wrapping_add(1);
        self.expiries += 1;
        self.ack_timer = None;
        if self.expiries >= self.settings.expiries {
            let tries = self.expiries;
            return self.give_up(Failure::NotAcknowledged { tries });
        }
        self.adapt(self.ack_timeout * 2);
        self.send_again();
    }

    fn send_again(&mut self) {
        self.guard = true;
        for frame in &mut self.unacked {
            frame.due = true;
        }
    }

    fn adapt(&mut self, timeout: Duration) {
        let Settings {
            ack_timeout_min,
            ack_timeout_max,
            ..
        } = self.settings;
        self.ack_timeout = timeout.min(ack_timeout_max).max(ack_timeout_min);
    }

    fn take(&mut self, frame: Frame) {
        match (self.role, frame) {
            (Role::Host, Frame::RstAck { version, code }) => self.reset_by_ncp(version, code),
            (Role::Host, Frame::Error { code, .. }) if self.state == State::Connected => {
                self.give_up(Failure::Ncp { code });
            }
            // Connecting: RST is under way, and its timer runs.
            (Role::Host, Frame::Error { .. }) => {}
            (Role::Ncp, Frame::Rst) => {
                self.restart(code::SOFTWARE, self.now);
                self.connected(code::SOFTWARE);
            }
            (_, Frame::Rst | Frame::RstAck { .. } | Frame::Error { .. }) => self.unexpected(),
            (role, frame) => match self.state {
                State::Connected => self.take_numbered(frame),
                State::Failed { code } if role == Role::Ncp => self.send_error(code),
                // What the NCP sent before it was reset.
                State::Idle | State::Connecting { .. } | State::Failed { .. } => {}
            },
        }
    }

    fn reset_by_ncp(&mut self, version: u8, code: u8) {
        match self.state {
            State::Idle | State::Failed { .. } => {}
            State::Connecting { .. } | State::Connected if version != PROTOCOL_VERSION => {
                self.give_up(Failure::Version(version));
            }
            State::Connecting { .. } => {
                self.start_afresh();
                self.state = State::Connected;
                self.greeting = Some(code);
                self.connected(code);
            }
            State::Connected if self.greeting == Some(code) => {
                self.rejecting = false;
                self.nak = false;
            }
            State::Connected => {
                self.start_afresh();
                self.events.push_back(Event::Reset { code });
            }
        }
    }

    fn connected(&mut self, code: u8) {
        self.counters.connects = self.counters.connects.wrapping_add(1);
        self.events.push_back(Event::Connected { code });
    }

    fn unexpected(&mut self) {
        self.counters.unexpected = self.counters.unexpected.wrapping_add(1);
    }

    fn take_numbered(&mut self, frame: Frame) {
        match frame {
            Frame::Ack { ack, not_ready } => {
                if self.take_ack(ack) {
                    self.take_readiness(not_ready);
                }
            }
            Frame::Nak { ack, not_ready } => {
                self.counters.naks_received = self.counters.naks_received.wrapping_add(1);
                if self.take_ack(ack) {
                    self.take_readiness(not_ready);
                    self.send_again();
                }
            }
            Frame::Data {
                number,
                retransmit,
                ack,
                payload,
            } => {
                if !self.take_ack(ack) {
                    self.reject();
                } else if number == self.expected {
                    self.expected = (number + 1) % 8;
                    self.rejecting = false;
                    self.nak = false;
                    self.greeting = None;
                    self.counters.received = self.counters.received.wrapping_add(1);
                    self.events.push_back(Event::Data(payload));
                    let due = self.now + self.settings.ack_delay;
                    self.ack_due = Some(self.ack_due.map_or(due, |earlier| earlier.min(due)));
                } else if retransmit {
                    self.counters.duplicates = self.counters.duplicates.wrapping_add(1);
                    self.ack_due = Some(self.now);
                    self.guard = true;
                } else {
                    self.counters.out_of_sequence = self.counters.out_of_sequence.wrapping_add(1);
                    self.reject();
                }
            }
            Frame::Rst | Frame::RstAck { .. } | Frame::Error { .. } => self.unexpected(),
        }
    }

    /// Takes the ackNum of a frame. False if it acknowledges what was never sent.
    fn take_ack(&mut self, ack: u8) -> bool {
        let acked = usize::from((ack + 8 - self.oldest()) % 8);
        if acked > self.unacked.len() {
            self.unexpected();
            return false;
        }
        if acked == 0 {
            return true;
        }
        let newest = self.unacked.drain(..acked).next_back();
        if let Some(frame) = newest.filter(|frame| !frame.again) {
            let round_trip = self.now.saturating_sub(frame.sent);
            self.adapt(self.ack_timeout * 7 / 8 + round_trip / 2);
        }
        self.expiries = 0;
        self.greeting = None;
        self.ack_timer = if self.unacked.is_empty() {
            None
        } else {
            Some(self.now + self.ack_timeout)
        };
        true
    }

    fn take_readiness(&mut self, not_ready: bool) {
        if self.role == Role::Ncp {
            self.hold = not_ready.then(|| self.now + self.settings.not_ready_hold);
        }
    }

    /// Asks for a DATA frame again, once until it comes: more would breed a storm of NAKs.
    fn reject(&mut self) {
        if !std::mem::replace(&mut self.rejecting, true) {
            self.nak = true;
        }
    }

    fn refuse(&mut self, bad: BadFrame) {
        let counter = match bad.error {
            FrameError::Crc { .. } => &mut self.counters.crc_errors,
            _ => &mut self.counters.framing_errors,
        };
        *counter = counter.wrapping_add(1);
        if self.state == State::Connected && bad.looks_like_data() {
            self.reject();
        }
    }
}
