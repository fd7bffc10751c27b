//! A client of ubus that publishes one object: bytes and a clock value in; calls, bytes and a
//! deadline out.
//!
//! The contract: feed what the socket gave to [`Client::receive`], carry out what [`Client::poll`]
//! gives until it gives nothing, write what [`Client::output`] holds. An error means that the
//! connection is of no more use; a new client starts anew. A call is answered once, now or later,
//! by [`Client::answer`]; one that cannot be read is answered here.
//!
//! ubusd speaks first (hello). Then the object is published; its number comes back, and calls for
//! it follow. Events are sent by calling object 1.

use std::collections::VecDeque;
use std::time::Duration;

use super::blob::{self, BlobError, Member, Value};
use super::message::{Body, HEAD, Header, Kind, LARGEST, Status, table};

/// The largest call that is read; a larger one is refused without keeping it.
pub const LARGEST_CALL: usize = 64 * 1024;
/// Calls that wait for [`Client::poll`].
const MOST_CALLS: usize = 64;
/// Bytes that wait to be written; events are shed beyond.
const MOST_OUTPUT: usize = 2 * LARGEST;
/// ubusd greets and takes the object within this time.
const PATIENCE: Duration = Duration::from_secs(10);
/// The object of ubusd that takes events.
const EVENTS: u32 = 1;
/// procd's object, and its method that wants to be called again and again.
const PROCD: &str = "service";
const FEED: &str = "watchdog";

/// A method, as it is published.
#[derive(Clone, Copy, Debug)]
pub struct Method {
    /// Its name.
    pub name: &'static str,
    /// Its arguments and their types ([`blob::kind`]).
    pub arguments: &'static [(&'static str, u8)],
}

/// Who waits for an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Caller {
    seq: u16,
    peer: u32,
    no_reply: bool,
}

/// What happened.
#[derive(Clone, Debug, PartialEq)]
pub enum Heard {
    /// The object is published.
    Published,
    /// Someone calls a method.
    Call {
        /// For the answer.
        caller: Caller,
        /// Which; of those published.
        method: &'static str,
        /// With what.
        arguments: Vec<Member>,
    },
}

/// Where procd's object is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Procd {
    Unknown,
    /// Asked for by this message.
    Sought(u16),
    At(u32),
    /// Fed by this message.
    Fed(u32, u16),
    /// It does not want to.
    No,
}

/// The connection is of no more use.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Broken {
    /// What came cannot be understood.
    #[error("ubus sent what cannot be read: {0}")]
    Unreadable(#[from] BlobError),
    /// The object may not be published.
    #[error(
        "ubus does not take the object ({0:?}): another program has it, or /usr/share/acl.d does not allow it"
    )]
    Refused(Status),
    /// ubusd does not answer.
    #[error("ubus does not answer")]
    Silent,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// Nothing came yet.
    Greeting { until: Duration },
    /// The object is on its way.
    Publishing { until: Duration, seq: u16 },
    /// The object has this number.
    Serving { object: u32 },
}

/// See the [module](self).
#[derive(Debug)]
pub struct Client {
    path: &'static str,
    methods: &'static [Method],
    state: State,
    seq: u16,
    /// The start of a message.
    received: Vec<u8>,
    /// Bytes of a message too large to be kept that are still to come.
    skip: usize,
    heard: VecDeque<Heard>,
    out: Vec<u8>,
    shed: u32,
    procd: Procd,
}

impl Client {
    /// Of a connection just made.
    #[must_use]
    pub const fn new(path: &'static str, methods: &'static [Method], now: Duration) -> Self {
        Self {
            path,
            methods,
            state: State::Greeting {
                until: now.saturating_add(PATIENCE),
            },
            seq: 0,
            received: Vec::new(),
            skip: 0,
            heard: VecDeque::new(),
            out: Vec::new(),
            shed: 0,
            procd: Procd::Unknown,
        }
    }

    /// What the socket gave.
    ///
    /// # Errors
    /// The connection is of no more use.
    pub fn receive(&mut self, mut bytes: &[u8], now: Duration) -> Result<(), Broken> {
        while !bytes.is_empty() {
            let skipped = self.skip.min(bytes.len());
            self.skip -= skipped;
            bytes = bytes.get(skipped..).unwrap_or_default();
            bytes = self.fill(HEAD, bytes);
            if self.received.len() < HEAD {
                break;
            }
            let header = Header::read(&self.received)?;
            if header.length > LARGEST_CALL {
                self.received.clear();
                self.skip = header.length;
                self.too_large(&header);
                continue;
            }
            bytes = self.fill(HEAD + header.length, bytes);
            if self.received.len() == HEAD + header.length {
                let message = std::mem::take(&mut self.received);
                self.message(&header, message.get(HEAD..).unwrap_or_default(), now)?;
                // The next one is likely as large.
                self.received = message;
                self.received.clear();
            }
        }
        Ok(())
    }

    /// Takes of `bytes` what is missing to `length`; gives the rest.
    fn fill<'a>(&mut self, length: usize, bytes: &'a [u8]) -> &'a [u8] {
        let missing = length.saturating_sub(self.received.len()).min(bytes.len());
        let (ours, rest) = bytes.split_at(missing);
        self.received.extend_from_slice(ours);
        rest
    }

    fn message(&mut self, header: &Header, content: &[u8], now: Duration) -> Result<(), Broken> {
        match (self.state, header.kind) {
            (State::Greeting { .. }, Some(Kind::Hello)) => {
                self.publish(now);
                Ok(())
            }
            (State::Publishing { seq, until }, Some(kind @ (Kind::Data | Kind::Status)))
                if seq == header.seq =>
            {
                let body = Body::read(content)?;
                match (kind, body.object, body.status) {
                    (Kind::Data, Some(object), _) => {
                        self.state = State::Serving { object };
                        self.heard.push_back(Heard::Published);
                    }
                    (Kind::Status, _, status) => {
                        return Err(Broken::Refused(Status::of(status.unwrap_or(9))));
                    }
                    // Nothing that numbers the object: the status that follows tells.
                    _ => self.state = State::Publishing { seq, until },
                }
                Ok(())
            }
            (State::Serving { object }, Some(Kind::Invoke)) => {
                self.invoked(object, header, content);
                Ok(())
            }
            (State::Serving { .. }, Some(Kind::Data | Kind::Status)) => {
                self.procd_said(header.seq, &Body::read(content)?);
                Ok(())
            }
            // Answers to events, subscriptions, what newer versions add: nothing to do.
            _ => Ok(()),
        }
    }

    fn publish(&mut self, now: Duration) {
        let methods: Vec<Member> = self
            .methods
            .iter()
            .map(|method| {
                let arguments = method
                    .arguments
                    .iter()
                    .map(|(name, kind)| ((*name).to_owned(), Value::Int32(i32::from(*kind))))
                    .collect();
                (method.name.to_owned(), Value::Table(arguments))
            })
            .collect();
        let signature = table(&methods);
        let body = Body {
            path: Some(self.path),
            signature: Some(&signature),
            ..Body::default()
        };
        let seq = self.next();
        body.write(&mut self.out, Kind::AddObject, seq, 0);
        self.state = State::Publishing {
            until: now.saturating_add(PATIENCE),
            seq,
        };
    }

    fn invoked(&mut self, object: u32, header: &Header, content: &[u8]) {
        let mut caller = Caller {
            seq: header.seq,
            peer: header.peer,
            no_reply: false,
        };
        let body = match Body::read(content) {
            Ok(body) => body,
            Err(error) => {
                tracing::debug!("a ubus call cannot be read: {error}");
                return self.answer(caller, Err(Status::ParseError));
            }
        };
        caller.no_reply = body.no_reply;
        if body.object != Some(object) {
            return self.answer(caller, Err(Status::NotFound));
        }
        let Some(method) = self
            .methods
            .iter()
            .find(|method| Some(method.name) == body.method)
        else {
            return self.answer(caller, Err(Status::MethodNotFound));
        };
        let arguments = match blob::table(body.data.unwrap_or_default()) {
            Ok(arguments) => arguments,
            Err(error) => {
                tracing::debug!("a ubus call of {} cannot be read: {error}", method.name);
                return self.answer(caller, Err(Status::ParseError));
            }
        };
        let wrong = method.arguments.iter().any(|(name, kind)| {
            arguments
                .iter()
                .any(|(given, value)| given == name && !fits(value, *kind))
        });
        if wrong {
            return self.answer(caller, Err(Status::InvalidArgument));
        }
        if self.heard.len() >= MOST_CALLS {
            tracing::warn!("a ubus call was not taken: {MOST_CALLS} wait");
            return self.answer(caller, Err(Status::NoMemory));
        }
        self.heard.push_back(Heard::Call {
            caller,
            method: method.name,
            arguments,
        });
    }

    fn too_large(&mut self, header: &Header) {
        tracing::warn!(bytes = header.length, "a ubus message is too large");
        if header.kind == Some(Kind::Invoke) {
            let caller = Caller {
                seq: header.seq,
                peer: header.peer,
                no_reply: false,
            };
            self.answer(caller, Err(Status::NoMemory));
        }
    }

    /// What happened, the oldest first.
    pub fn poll(&mut self) -> Option<Heard> {
        self.heard.pop_front()
    }

    /// Answers a call: with a table, or why not.
    pub fn answer(&mut self, caller: Caller, answer: Result<&[Member], Status>) {
        match answer {
            Ok(members) => self.end(caller, Status::Ok, Some(members)),
            Err(status) => self.end(caller, status, None),
        }
    }

    /// Says why not, with a table for people.
    pub fn refuse(&mut self, caller: Caller, status: Status, told: &[Member]) {
        self.end(caller, status, Some(told));
    }

    fn end(&mut self, caller: Caller, mut status: Status, members: Option<&[Member]>) {
        let State::Serving { object } = self.state else {
            return;
        };
        if caller.no_reply {
            return;
        }
        if let Some(members) = members {
            let data = table(members);
            if data.len() + 64 > LARGEST || self.out.len() + data.len() > MOST_OUTPUT {
                tracing::warn!(bytes = data.len(), "an answer is too large for ubus");
                status = Status::NoMemory;
            } else {
                let body = Body {
                    object: Some(object),
                    data: Some(&data),
                    ..Body::default()
                };
                body.write(&mut self.out, Kind::Data, caller.seq, caller.peer);
            }
        }
        let body = Body {
            status: Some(status as u32),
            object: Some(object),
            ..Body::default()
        };
        body.write(&mut self.out, Kind::Status, caller.seq, caller.peer);
    }

    /// Tells everyone who listens for `name`. Shed while the object is not published or ubusd
    /// takes nothing.
    pub fn event(&mut self, name: &str, data: Vec<Member>) {
        if !matches!(self.state, State::Serving { .. }) {
            return;
        }
        let members = [
            ("id".to_owned(), Value::Text(name.to_owned())),
            ("data".to_owned(), Value::Table(data)),
        ];
        let data = table(&members);
        if data.len() > LARGEST_CALL || self.out.len() + data.len() > MOST_OUTPUT {
            self.shed = self.shed.saturating_add(1);
            if self.shed.is_power_of_two() {
                tracing::warn!(shed = self.shed, "ubus is too slow: events are shed");
            }
            return;
        }
        let body = Body {
            object: Some(EVENTS),
            method: Some("send"),
            data: Some(&data),
            ..Body::default()
        };
        let seq = self.next();
        body.write(&mut self.out, Kind::Invoke, seq, EVENTS);
    }

    /// Tells procd's watchdog of `instance` of the service `service` that all is well, and that it is to start the
    /// instance anew when nobody says so for `seconds`. Where procd may not be asked, it never is again.
    pub fn alive(&mut self, service: &str, instance: &str, seconds: i32) {
        if !matches!(self.state, State::Serving { .. }) || self.out.len() > LARGEST_CALL {
            return;
        }
        match self.procd {
            // The last question is still open: ubusd or procd is slow.
            Procd::Unknown | Procd::Sought(_) => {
                let seq = self.next();
                let body = Body {
                    path: Some(PROCD),
                    ..Body::default()
                };
                body.write(&mut self.out, Kind::Lookup, seq, 0);
                self.procd = Procd::Sought(seq);
            }
            Procd::At(object) | Procd::Fed(object, _) => {
                let text = |text: &str| Value::Text(text.to_owned());
                let members = [
                    ("name".to_owned(), text(service)),
                    ("instance".to_owned(), text(instance)),
                    ("mode".to_owned(), Value::Int32(1)),
                    ("timeout".to_owned(), Value::Int32(seconds)),
                ];
                let data = table(&members);
                let seq = self.next();
                let body = Body {
                    object: Some(object),
                    method: Some(FEED),
                    data: Some(&data),
                    ..Body::default()
                };
                body.write(&mut self.out, Kind::Invoke, seq, object);
                self.procd = Procd::Fed(object, seq);
            }
            Procd::No => {}
        }
    }

    fn procd_said(&mut self, seq: u16, body: &Body<'_>) {
        let status = body.status.map(Status::of);
        self.procd = match self.procd {
            Procd::Sought(asked) if asked == seq => match (body.object, status) {
                (Some(object), None) => Procd::At(object),
                // Not there, or not for us.
                (_, Some(_)) => Procd::No,
                _ => return,
            },
            Procd::Fed(object, asked) if asked == seq => match status {
                Some(Status::Ok) => Procd::At(object),
                Some(status) => {
                    tracing::debug!("procd's watchdog is not fed: {status:?}");
                    Procd::No
                }
                None => return,
            },
            _ => return,
        };
    }

    /// What is to be written; [`Client::written`] takes it off.
    #[must_use]
    pub fn output(&self) -> &[u8] {
        &self.out
    }

    /// The first `count` bytes of the output were written.
    pub fn written(&mut self, count: usize) {
        self.out.drain(..count.min(self.out.len()));
        if self.out.is_empty() {
            // An answer may have been large.
            self.out.shrink_to(4096);
        }
    }

    /// When ubusd will have been silent for too long.
    #[must_use]
    pub const fn deadline(&self) -> Option<Duration> {
        match self.state {
            State::Greeting { until } | State::Publishing { until, .. } => Some(until),
            State::Serving { .. } => None,
        }
    }

    /// Time has passed.
    ///
    /// # Errors
    /// Too much of it.
    pub fn tick(&self, now: Duration) -> Result<(), Broken> {
        match self.deadline() {
            Some(deadline) if deadline <= now => Err(Broken::Silent),
            _ => Ok(()),
        }
    }

    fn next(&mut self) -> u16 {
        self.seq = self.seq.wrapping_add(1);
        self.seq
    }
}

/// Whether a value may stand for an argument of this type. Shells send numbers in whatever width.
const fn fits(value: &Value, kind: u8) -> bool {
    use super::blob::kind as of;
    match kind {
        of::INT32 | of::INT64 | of::INT16 | of::DOUBLE => matches!(
            value,
            Value::Int64(_) | Value::Int32(_) | Value::Int16(_) | Value::Double(_)
        ),
        of::INT8 => matches!(value, Value::Int8(_)),
        of::TEXT => matches!(value, Value::Text(_)),
        of::TABLE => matches!(value, Value::Table(_)),
        of::LIST => matches!(value, Value::List(_)),
        _ => true,
    }
}

#[cfg(test)]
mod tests;
