//! The real world around the hub: broker, pages, radios, disk, log, trace.

use std::collections::HashMap;

use bytes::Bytes;
use radios::{Command, CommandError, Radio};
use tokio::sync::oneshot;

use super::bus::Bus;
use super::home::World;
use super::logging::Last;
use super::pages::Pages;
use super::wires::Commands;
use crate::ask::Ask;
use crate::config::{Level, Secret};
use crate::hub::{
    Answer, CallId, ClientId, Document, Hub, Input, Origin, Publish, Qos, Spoken, StoreToken,
    Utterance,
};
use crate::log::Record;
use crate::mqtt::Broker;
use crate::status::Board;
use crate::store::Writer;
use crate::trace::{Trace, What, ble_line};
use crate::voice::{Mouths, Reply};

/// Sentences under way from inside the process.
const MOST_CALLS: usize = 64;

pub(super) struct Live {
    /// Base topic and `/`.
    pub(super) prefix: String,
    pub(super) broker: Broker,
    pub(super) writer: Writer,
    pub(super) pages: Pages,
    pub(super) bus: Bus,
    pub(super) radios: Commands,
    pub(super) calls: Calls,
    /// Whoever can say something to a person.
    pub(super) mouths: Mouths,
    pub(super) trace: Option<Trace>,
    pub(super) last: Last,
    /// The home's names are others than the speech worker knows.
    pub(super) names_changed: bool,
    /// How the rooms are.
    pub(super) board: Board,
    /// Ears that are to listen at once, by room.
    pub(super) called: Vec<Option<String>>,
}

impl Live {
    /// A line of another room, on `bridge/logging`.
    pub(super) fn publish_log(&mut self, record: &Record) {
        if let Some(payload) = self.last.payload(record) {
            let publish = Publish {
                topic: format!("{}bridge/logging", self.prefix),
                payload: payload.into(),
                retain: false,
                qos: Qos::AtMostOnce,
            };
            self.publish(publish);
        }
    }

    /// Lets broker, disk and trace take what is theirs.
    pub(super) async fn finish(self) {
        tokio::join!(self.broker.finish(), self.writer.finish());
        if let Some(trace) = self.trace {
            trace.finish();
        }
    }
}

impl World for Live {
    fn publish(&mut self, publish: Publish) {
        if let Some(trace) = &self.trace {
            trace.write(What::Out {
                out: publish.topic.as_str().into(),
                payload: What::payload(&publish.payload),
                retain: publish.retain,
            });
        }
        if let Some(topic) = publish.topic.strip_prefix(&self.prefix) {
            self.pages.publish(topic, &publish.payload);
            self.bus.publish(topic, &publish.payload);
        }
        self.broker.publish(publish);
    }

    fn tell(&mut self, client: ClientId, topic: &str, payload: &Bytes) {
        self.pages.tell(client, topic, payload);
    }

    fn command(&mut self, radio: Radio, command: Command) -> Result<(), CommandError> {
        self.radios.send(radio, command)
    }

    fn store(
        &mut self,
        token: StoreToken,
        document: Document,
        body: Secret<Bytes>,
    ) -> Option<Input> {
        self.writer.write(token, document, body)
    }

    fn answer(&mut self, call: CallId, answer: Answer) {
        self.calls.answer(call, answer);
    }

    fn speak(&mut self, spoken: Spoken) {
        self.mouths.say(
            &spoken.source,
            Reply {
                text: spoken.text,
                language: Some(spoken.language),
                ok: spoken.ok,
                confirm: spoken.confirm,
            },
        );
    }

    fn log(&mut self, level: Level, message: &str) {
        // The hub has published the line itself: `logging` leaves out what comes from here.
        match level {
            Level::Error => tracing::error!(target: "hearth::hub", "{message}"),
            Level::Warn => tracing::warn!(target: "hearth::hub", "{message}"),
            Level::Info => tracing::info!(target: "hearth::hub", "{message}"),
            Level::Debug => tracing::debug!(target: "hearth::hub", "{message}"),
            Level::Trace => tracing::trace!(target: "hearth::hub", "{message}"),
        }
    }

    fn listen(&mut self, room: Option<&str>) {
        // Carried out before the next input: it cannot grow.
        self.called.push(room.map(str::to_owned));
    }

    fn home_changed(&mut self, _: &Hub) {
        self.names_changed = true;
    }

    fn noticed(&mut self, input: &Input) {
        self.board.noticed(input);
        if let Some(trace) = &self.trace
            && let Some(what) = seen(input)
        {
            trace.write(what);
        }
    }
}

/// What a trace tells of an input; Zigbee events follow from the frames.
fn seen(input: &Input) -> Option<What<'_>> {
    Some(match input {
        Input::Message(message) => What::In {
            r#in: message.topic.as_str().into(),
            payload: What::payload(&message.payload),
            client: match message.origin {
                Origin::Broker => None,
                Origin::Client(client) => Some(client),
            },
        },
        Input::BrokerUp => What::Broker { broker: "".into() },
        Input::BrokerDown { reason } => What::Broker {
            broker: reason.as_str().into(),
        },
        Input::Utterance(Utterance {
            text,
            source,
            room,
            or,
            explain,
            dry_run,
            ..
        }) => What::Said {
            said: text.as_str().into(),
            source: source.as_str().into(),
            room: room.clone(),
            or: or.clone(),
            explain: *explain,
            dry_run: *dry_run,
        },
        Input::Radio(event) => What::Ble {
            ble: ble_line(event)?,
        },
        Input::Stored { token, result } => What::Stored {
            stored: *token,
            error: result.as_ref().err().cloned(),
        },
        Input::Wear(wear) => What::Wear { wear: *wear },
        Input::Shutdown => What::Ended { ended: true },
        _ => return None,
    })
}

/// Who waits for an answer inside the process.
#[derive(Debug, Default)]
pub(super) struct Calls {
    waiting: HashMap<CallId, oneshot::Sender<Answer>>,
    next: CallId,
}

impl Calls {
    /// The input for a sentence; `None` when too many are under way, which the asker hears.
    pub(super) fn ask(&mut self, ask: Ask) -> Option<Input> {
        self.waiting.retain(|_, answer| !answer.is_closed());
        if self.waiting.len() >= MOST_CALLS {
            tracing::warn!("a sentence was not taken: {MOST_CALLS} wait for their answers");
            return None;
        }
        self.next = self.next.wrapping_add(1);
        self.waiting.insert(self.next, ask.answer);
        Some(Input::Utterance(Utterance {
            call: Some(self.next),
            ..ask.utterance
        }))
    }

    fn answer(&mut self, call: CallId, answer: Answer) {
        if let Some(waiting) = self.waiting.remove(&call) {
            // Whoever asked may have gone.
            let _ = waiting.send(answer);
        }
    }
}
