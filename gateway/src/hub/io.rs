//! What goes into the hub and what comes out: plain data, both ways.

use std::time::Duration;

use bytes::Bytes;
use radios::{Command, Event, Radio};

use crate::config::Secret;
use crate::store::Wear;

/// When something happens: the hub reads no clock.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Now {
    /// Since an arbitrary moment, never going back: deadlines are reckoned in it.
    pub elapsed: Duration,
    /// Since 1970, as far as the machine knows: shown, and followed by what is for a time of day.
    pub unix: Duration,
}

impl Now {
    /// Milliseconds since 1970.
    #[must_use]
    pub fn unix_ms(self) -> u64 {
        u64::try_from(self.unix.as_millis()).unwrap_or(u64::MAX)
    }
}

/// A page or another WebSocket client. Chosen by the web task.
pub type ClientId = u32;

/// Someone inside the process who waits for an [`Answer`]. Chosen by the asker.
pub type CallId = u32;

/// Ties [`Input::Stored`] to its [`Effect::Store`].
pub type StoreToken = u32;

/// What the hub is told.
#[derive(Clone, Debug, PartialEq)]
pub enum Input {
    /// A radio speaks.
    Radio(Event),
    /// Someone publishes.
    Message(Message),
    /// The broker can be reached (again).
    BrokerUp,
    /// The broker cannot be reached.
    BrokerDown {
        /// For people.
        reason: String,
    },
    /// Someone said or typed something.
    Utterance(Utterance),
    /// A WebSocket client came and is to be told everything.
    Client(ClientId),
    /// A document is on disk, or not. One for every [`Effect::Store`].
    Stored {
        /// The effect's.
        token: StoreToken,
        /// What the disk said.
        result: Result<(), String>,
    },
    /// What the flash has borne so far; before the [`Input::Stored`] of what was just written.
    Wear(Wear),
    /// Time has passed: [`super::Hub::next_deadline`] is reached.
    Tick,
    /// The process ends: say goodbye, keep what is not kept yet.
    Shutdown,
}

/// Where a message came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// The broker; the topic is whole.
    Broker,
    /// A WebSocket client; the topic lacks the base topic.
    Client(ClientId),
}

/// A message that came in.
#[derive(Clone, Debug, PartialEq)]
pub struct Message {
    /// Whole from the broker, without the base topic from a WebSocket client.
    pub topic: String,
    /// As it came.
    pub payload: Bytes,
    /// From where.
    pub origin: Origin,
}

/// Something said or typed.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Utterance {
    /// What was understood, or typed.
    pub text: String,
    /// Where it came from: `typed`, `mqtt`, `microphone`, `satellite:kitchen`, `page`. A question is
    /// answered by the one it was put to.
    pub source: String,
    /// The room it was said in.
    pub room: Option<String>,
    /// What it may have been as well, where that means something else: asked back.
    pub or: Option<String>,
    /// Milliseconds from the end of speech until it was understood as this text, where it was spoken.
    pub since_ms: Option<u32>,
    /// Whether to explain how the text was matched.
    pub explain: bool,
    /// Whether to act; otherwise it is only recognised.
    pub dry_run: bool,
    /// Who wants an [`Effect::Answer`].
    pub call: Option<CallId>,
}

/// What the hub wants done, in this order.
///
/// What promises durability (the answer to a rename, a new device in `bridge/devices`) is held back
/// by the hub until [`Input::Stored`] says that it is on disk; whoever carries out effects never
/// waits.
#[derive(Clone, Debug, PartialEq)]
pub enum Effect {
    /// Publish at the broker, and to every WebSocket client when under the base topic.
    Publish(Publish),
    /// Tell one WebSocket client.
    Tell {
        /// Whom.
        client: ClientId,
        /// Without the base topic.
        topic: String,
        /// What.
        payload: Bytes,
    },
    /// Hand to a radio. When its queue is full or it is not there, feed back
    /// `Event::Done { token, outcome: Err(CommandError::Unavailable(..)) }`.
    Command {
        /// Which.
        radio: Radio,
        /// What.
        command: Command,
    },
    /// Write to disk, in the order of these effects; then feed back [`Input::Stored`].
    Store {
        /// Echoed.
        token: StoreToken,
        /// Which document.
        document: Document,
        /// The whole of it, as JSON; may hold keys.
        body: Secret<Bytes>,
    },
    /// Answer someone inside the process.
    Answer {
        /// Whom.
        call: CallId,
        /// What.
        answer: Answer,
    },
    /// Say something to where a sentence came from: its answer, a question, the end of a timer.
    Speak(Spoken),
    /// Write a line to the log. (The hub publishes `bridge/logging` itself.)
    Log {
        /// How severe.
        level: crate::config::Level,
        /// What.
        message: String,
    },
    /// An ear is to listen as though it had heard its wake word.
    Listen {
        /// The one in this room, where there is one.
        room: Option<String>,
    },
    /// The home's names or rooms changed: the speech worker needs a new grammar.
    HomeChanged,
}

/// A document the store keeps.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Document {
    /// Devices, names, options.
    Registry,
    /// The Zigbee network with its keys; only its owner may read it.
    Network,
    /// Last known values; may be lost.
    State,
}

/// A message to publish.
#[derive(Clone, Debug, PartialEq)]
pub struct Publish {
    /// Whole, with the base topic.
    pub topic: String,
    /// Empty with `retain` removes what was retained.
    pub payload: Bytes,
    /// Whether the broker keeps it.
    pub retain: bool,
    /// How surely it is delivered.
    pub qos: Qos,
}

/// How surely a message is delivered.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Qos {
    /// 0.
    #[default]
    AtMostOnce,
    /// 1.
    AtLeastOnce,
}

/// Something to be said to a person.
#[derive(Clone, Debug, Default, PartialEq, serde::Serialize)]
pub struct Spoken {
    /// The utterance's number, which `voice/heard`, `voice/intent` and `voice/answer` show as `id`.
    pub id: u32,
    /// Where the sentence came from that is answered: [`Utterance::source`].
    pub source: String,
    /// The room it was said in.
    pub room: Option<String>,
    /// The language of the text.
    pub language: String,
    /// What to say.
    pub text: String,
    /// Whether it was understood and could be done.
    pub ok: bool,
    /// It is a question: what is heard next from there, within [`super::CONFIRM_WITHIN`], is its answer.
    pub confirm: bool,
}

/// What came of an utterance.
#[derive(Clone, Debug, Default, PartialEq, serde::Serialize)]
pub struct Answer {
    /// Whether it was understood and could be done.
    pub ok: bool,
    /// What was heard.
    pub heard: String,
    /// The intent, where one was recognised.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub intent: Option<String>,
    /// Its slots.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub slots: Vec<(String, radios::Value)>,
    /// What to say back, in the language of the home.
    pub text: String,
    /// Whether that is a question that waits for yes or no.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub confirm: bool,
    /// How the text was matched, when asked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub explanation: Option<String>,
}
