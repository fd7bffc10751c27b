//! The object `hearth` on OpenWrt's ubus: scripts and LuCI see the home and act on it.
//!
//! The contract: a call becomes what a page would have sent, and is answered when the hub has
//! answered; `status` and `devices` are answered at once from what is known. An error is a status of
//! ubus and, for people, a table with `error`. What happens in the home is told as events
//! `hearth.*`. The daemon does not need ubusd: where it is not there or restarts, it is looked for
//! again.
//!
//! [`blob`] and [`message`] are the codec, [`client`] the state machine, `task` moves the bytes.

pub mod blob;
pub mod client;
pub mod json;
pub mod message;
mod methods;
mod task;
#[cfg(test)]
mod tests;

use std::collections::{BTreeSet, HashMap};
use std::path::PathBuf;
use std::time::Duration;

use serde_json::{Map, Value as Json};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio::time::Instant;

use crate::hub::{ClientId, Message, Origin};
pub use client::Method;
pub use message::Status;
pub use methods::{METHODS, OBJECT};

/// As whom the hub knows this room. Pages count up from 0.
pub const CLIENT: ClientId = ClientId::MAX;
/// Calls on their way to the hub, and answers and events on their way out.
const QUEUE: usize = 64;
/// Calls that wait for the hub.
const MOST_WAITING: usize = 64;
/// Nobody waits longer: ubus' own tools give up after 30 s.
const PATIENCE: Duration = Duration::from_secs(60);
/// Properties that tell of danger, and events are sent of.
const ALARMS: [&str; 9] = [
    "water_leak",
    "smoke",
    "gas",
    "carbon_monoxide",
    "vibration_alarm",
    "tamper",
    "sos",
    "alarm",
    "moisture_alarm",
];
/// Alarms remembered, so that each is told once.
const MOST_ALARMS: usize = 256;

/// A call, and whose it is.
#[derive(Debug)]
pub struct Call {
    /// For the answer.
    pub ticket: Ticket,
    /// Of [`METHODS`].
    pub method: &'static str,
    /// Its arguments.
    pub arguments: Map<String, Json>,
}

/// Whom to answer: a caller on one of the connections made so far.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ticket {
    connection: u32,
    caller: client::Caller,
}

/// What goes out.
#[derive(Debug)]
enum Said {
    Answer(Ticket, Result<Json, Refusal>),
    Event(String, Json),
    Alive,
}

/// Why a call fails.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// For programs.
    pub status: Status,
    /// For people.
    pub why: String,
}

impl Refusal {
    /// An argument is missing or wrong.
    #[must_use]
    pub fn argument(why: impl Into<String>) -> Self {
        Self {
            status: Status::InvalidArgument,
            why: why.into(),
        }
    }
}

/// What the loop does for a call.
#[derive(Debug)]
pub enum Wanted {
    /// Feed this to the hub; its answer comes by itself.
    Message(Message),
    /// The status document.
    Status,
    /// All devices, or one.
    Devices(Option<String>),
    /// What was last heard.
    Voice,
    /// Read the configuration again.
    Reload,
}

/// The loop's end.
#[derive(Debug)]
pub struct Ubus {
    said: mpsc::Sender<Said>,
    task: JoinHandle<()>,
    waiting: HashMap<String, Waiting>,
    next: u32,
    voice: Map<String, Json>,
    alarms: BTreeSet<(String, &'static str)>,
    shed: u32,
}

#[derive(Debug)]
struct Waiting {
    ticket: Ticket,
    until: Instant,
    reply: fn(Json) -> Json,
}

impl Ubus {
    /// Looks for ubusd at `socket`, or where OpenWrt has it. Calls go to `calls`.
    #[must_use]
    pub fn spawn(socket: Option<PathBuf>, calls: mpsc::Sender<Call>) -> Self {
        let (said, queue) = mpsc::channel(QUEUE);
        Self {
            said,
            task: tokio::spawn(task::serve(socket, calls, queue)),
            waiting: HashMap::new(),
            next: 0,
            voice: Map::new(),
            alarms: BTreeSet::new(),
            shed: 0,
        }
    }

    /// A queue for [`Ubus::spawn`].
    #[must_use]
    pub fn queue() -> (mpsc::Sender<Call>, mpsc::Receiver<Call>) {
        mpsc::channel(QUEUE)
    }

    /// What is to be done for a call; none: it was answered.
    pub fn call(&mut self, call: Call) -> Option<Wanted> {
        let Call {
            ticket,
            method,
            arguments,
        } = call;
        let deed = match methods::deed(method, arguments) {
            Ok(deed) => deed,
            Err(refusal) => {
                self.answer(ticket, Err(refusal));
                return None;
            }
        };
        let (path, mut body, reply) = match deed {
            methods::Deed::Here(wanted) => return Some(wanted),
            methods::Deed::Request { path, body, reply } => (path, body, reply),
        };
        let now = Instant::now();
        self.waiting.retain(|_, waiting| waiting.until > now);
        if self.waiting.len() >= MOST_WAITING {
            tracing::warn!("a ubus call was not taken: {MOST_WAITING} wait for their answers");
            let why = "too much at once".to_owned();
            let status = Status::NoMemory;
            self.answer(ticket, Err(Refusal { status, why }));
            return None;
        }
        self.next = self.next.wrapping_add(1);
        let transaction = format!("ubus-{:x}", self.next);
        body.insert("transaction".to_owned(), Json::from(transaction.clone()));
        let until = now + PATIENCE;
        let waiting = Waiting {
            ticket,
            until,
            reply,
        };
        self.waiting.insert(transaction, waiting);
        Some(Wanted::Message(Message {
            topic: format!("bridge/request/{path}"),
            payload: Json::Object(body).to_string().into(),
            origin: Origin::Client(CLIENT),
        }))
    }

    /// The loop lives: procd's watchdog is told so, where a supervisor keeps this process.
    pub fn alive(&mut self) {
        if intents::leash::kept() {
            self.say(Said::Alive);
        }
    }

    /// Answers a call.
    pub fn answer(&mut self, ticket: Ticket, answer: Result<Json, Refusal>) {
        self.say(Said::Answer(ticket, answer));
    }

    /// What was last said, understood and answered.
    #[must_use]
    pub fn voice(&self) -> Json {
        Json::Object(self.voice.clone())
    }

    /// Sees what is published; `topic` without the base topic.
    pub fn publish(&mut self, topic: &str, payload: &[u8]) {
        if topic.starts_with("bridge/response/") {
            self.response(payload);
        } else if topic == "bridge/event" {
            if let Ok(mut event) = serde_json::from_slice::<Json>(payload)
                && let Some(kind) = event["type"].as_str().map(|kind| format!("hearth.{kind}"))
            {
                let mut data = event["data"].take();
                // All that a device offers is far too much for everyone who listens.
                if let Some(data) = data.as_object_mut() {
                    data.remove("definition");
                }
                self.say(Said::Event(kind, data));
            }
        } else if let Some(what) = topic.strip_prefix("voice/") {
            if matches!(what, "heard" | "intent" | "answer")
                && let Ok(said) = serde_json::from_slice(payload)
            {
                if what == "heard" {
                    self.voice.clear();
                }
                self.voice.insert(what.to_owned(), said);
            }
        } else if !topic.starts_with("bridge/") {
            self.alarms(topic, payload);
        }
    }

    fn response(&mut self, payload: &[u8]) {
        // Most answers are for others.
        if self.waiting.is_empty() {
            return;
        }
        let Ok(mut response) = serde_json::from_slice::<Json>(payload) else {
            return;
        };
        let Some(waiting) = response["transaction"]
            .as_str()
            .and_then(|transaction| self.waiting.remove(transaction))
        else {
            return;
        };
        let answer = if response["status"] == "ok" {
            Ok((waiting.reply)(response["data"].take()))
        } else {
            let why = response["error"].as_str().unwrap_or_default().to_owned();
            let status = methods::status(&why);
            Err(Refusal { status, why })
        };
        self.answer(waiting.ticket, answer);
    }

    /// An alarm that a device did not tell before.
    fn alarms(&mut self, device: &str, payload: &[u8]) {
        let mentions = |property: &&&str| {
            payload
                .windows(property.len())
                .any(|window| window == property.as_bytes())
        };
        if ALARMS.iter().filter(mentions).count() == 0 {
            return;
        }
        let Ok(Json::Object(state)) = serde_json::from_slice::<Json>(payload) else {
            return;
        };
        for property in ALARMS {
            let on = match state.get(property) {
                Some(Json::Bool(on)) => *on,
                Some(Json::String(text)) => text.eq_ignore_ascii_case("on"),
                _ => continue,
            };
            let key = (device.to_owned(), property);
            if !on {
                self.alarms.remove(&key);
            } else if self.alarms.len() < MOST_ALARMS && self.alarms.insert(key) {
                let data = serde_json::json!({"device": device, "property": property});
                self.say(Said::Event("hearth.alarm".to_owned(), data));
            }
        }
    }

    fn say(&mut self, said: Said) {
        if let Err(mpsc::error::TrySendError::Full(_)) = self.said.try_send(said) {
            self.shed = self.shed.saturating_add(1);
            if self.shed.is_power_of_two() {
                tracing::warn!(
                    shed = self.shed,
                    "ubus is too slow: answers or events are shed"
                );
            }
        }
    }
}

impl Drop for Ubus {
    fn drop(&mut self) {
        self.task.abort();
    }
}
