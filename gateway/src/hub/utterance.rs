//! Sentences, said or typed: from text to intent, from intent to commands, from outcomes to an
//! answer.

use std::fmt::Write as _;
use std::time::Duration;

use intents::{Context, Engine, Home, Match, NoMatch, Value as Said};
use radios::Value;
use serde_json::{Value as Json, json as json_value};

use super::command::LARGEST;
use super::engines::Engines;
use super::request::Reply;
use super::talk::{Answered, MOST_TALKS, Talk};
use super::{CallId, Hub, Now, Qos, Utterance, json};
use crate::config::Level;
use crate::parts;

/// How long a command is what "it" means.
const REMEMBERED: Duration = Duration::from_secs(120);

/// Marks the calls that answer requests.
const CALLS_OF_REQUESTS: CallId = 1 << 31;

/// Sentences, and the names they may hold.
#[derive(Debug, Default)]
pub(super) struct Language {
    /// Without any, everything is answered with an apology.
    engines: Engines,
    /// The last command, and when it was said: what "it" means.
    before: Option<(Match, Duration)>,
}

impl Language {
    /// Understands `language` besides what it understands already.
    pub(super) fn learn(&mut self, language: &str) -> Result<(), String> {
        self.engines.learn(language)
    }

    /// The sentences of `language`.
    pub(super) fn engine(&self, language: &str) -> Option<&Engine> {
        self.engines.get(language)
    }

    /// These commands are what "it" means now.
    pub(super) fn remember(&mut self, intents: &[Match], now: Now) {
        let spoken_of = |intent: &&Match| intent.slot("name").or(intent.slot("area")).is_some();
        if let Some(last) = intents.iter().rev().find(spoken_of) {
            self.before = Some((last.clone(), now.elapsed));
        }
    }

    /// The commands of a sentence, in the first language that knows such a sentence; the reason why not
    /// is the first one's.
    fn recognize(
        &self,
        text: &str,
        context: &Context,
        now: Now,
    ) -> Result<(&Engine, Vec<Match>), NoMatch> {
        let before = self
            .before
            .as_ref()
            .filter(|(_, at)| now.elapsed.saturating_sub(*at) < REMEMBERED)
            .map(|(intent, _)| intent);
        let mut reason = None;
        for engine in self.engines.iter() {
            match engine.understand_all(text, context, before) {
                Ok(intents) => return Ok((engine, intents)),
                // A language that comes closer explains better.
                Err(why) if reason.is_none() || reason == Some(NoMatch::NothingLike) => {
                    reason = Some(why);
                }
                Err(_) => {}
            }
        }
        Err(reason.unwrap_or(NoMatch::NothingLike))
    }
}

impl Hub {
    /// Uses other sentences than Hearth's own in their language.
    pub fn use_sentences(&mut self, engine: Engine) {
        self.language.engines.put(engine);
    }

    /// The sentences of the language that is spoken.
    #[must_use]
    pub fn engine(&self) -> Option<&Engine> {
        let spoken = self
            .settings
            .speech_language
            .as_ref()
            .unwrap_or(&self.settings.language);
        self.language.engines.get(spoken)
    }

    /// Whether `text` is a sentence now, in any language that is understood.
    #[must_use]
    pub fn understands(&self, text: &str, context: &Context) -> bool {
        self.language.recognize(text, context, self.now).is_ok()
    }

    /// The names that sentences may hold.
    #[must_use]
    pub const fn home(&self) -> &Home {
        self.language.engines.home()
    }

    /// Takes the home's names as they are now. Says whether they changed.
    pub(super) fn rename_home(&mut self) -> bool {
        let home = super::act::home(&self.registry);
        let changed = home != *self.language.engines.home();
        if changed {
            self.language.engines.set_home(home);
        }
        changed
    }

    /// `voice/say`: a sentence, or `{"text": …, "room": …}`.
    pub(super) fn say(&mut self, payload: &[u8], now: Now) {
        let utterance = match read(payload) {
            Ok(utterance) => utterance,
            Err(why) => return self.log(Level::Error, format!("voice/say: {why}")),
        };
        self.utterance(&utterance, now);
    }

    /// `bridge/request/say`: a sentence that is answered to whoever asked.
    pub(super) fn asked_to_say(
        &mut self,
        utterance: Utterance,
        reply: Reply,
        now: Now,
    ) -> Result<(), String> {
        if self.says.len() >= MOST_TALKS {
            return Err("too much at once".to_owned());
        }
        // Calls of others inside the process have small numbers.
        let call = CALLS_OF_REQUESTS | (self.next_talk & !CALLS_OF_REQUESTS);
        self.next_talk = self.next_talk.wrapping_add(1);
        self.says.insert(call, reply);
        let utterance = Utterance {
            call: Some(call),
            ..utterance
        };
        self.utterance(&utterance, now);
        Ok(())
    }

    pub(super) fn utterance(&mut self, utterance: &Utterance, now: Now) {
        let id = self.next_utterance;
        self.next_utterance = self.next_utterance.wrapping_add(1);
        let mut heard = json_value!({
            "id": id, "text": utterance.text, "source": utterance.source, "room": utterance.room,
        });
        if let Some(heard) = heard.as_object_mut() {
            if let Some(other) = &utterance.or {
                heard.insert("or".to_owned(), Json::from(other.clone()));
            }
            if let Some(since) = utterance.since_ms {
                heard.insert("since_ms".to_owned(), Json::from(since));
            }
        }
        self.publish("voice/heard", json(&heard), false, Qos::AtMostOnce);
        let context = Context {
            area: utterance.room.clone(),
            more: Vec::new(),
        };
        if !parts::SENTENCES {
            let language = self.settings.language.clone();
            let text = parts::NO_SENTENCES.to_owned();
            return self.answer(utterance, &[], Answered::bad(id, language, text, now));
        }
        let began = (self.settings.stopwatch)();
        let read = |text: &str| {
            let result = self.language.recognize(text, &context, now);
            result.map(|(engine, intents)| (engine.language().to_owned(), intents))
        };
        let result = read(&utterance.text);
        let other = utterance.or.as_ref().and_then(|other| read(other).ok());
        let took = (self.settings.stopwatch)().saturating_sub(began);
        match result {
            Ok((language, intents)) => {
                self.tell_intents(utterance, id, &intents, took);
                self.understood(utterance, id, language, intents, other, now);
            }
            Err(why) => {
                let (language, text) = match self.language.engines.iter().next() {
                    Some(engine) => (engine.language().to_owned(), engine.apologize(&why)),
                    None => {
                        let language = self.settings.language.clone();
                        let text = format!("there are no sentences in '{language}'");
                        (language, text)
                    }
                };
                self.answer(utterance, &[], Answered::bad(id, language, text, now));
            }
        }
    }

    /// Publishes what a sentence means.
    fn tell_intents(&mut self, utterance: &Utterance, id: u32, intents: &[Match], took: Duration) {
        for intent in intents {
            let shown = json_value!({
                "id": id,
                "text": utterance.text,
                "source": utterance.source,
                "room": utterance.room,
                "recognise_us": u64::try_from(took.as_micros()).unwrap_or(u64::MAX),
                "intent": intent.intent,
                "slots": slots(intent)
                    .into_iter()
                    .map(|(name, value)| (name, json_value!(value)))
                    .collect::<serde_json::Map<_, _>>(),
            });
            self.publish("voice/intent", json(&shown), false, Qos::AtMostOnce);
        }
    }

    /// Acts on what a sentence means, or asks back.
    fn understood(
        &mut self,
        utterance: &Utterance,
        id: u32,
        language: String,
        intents: Vec<Match>,
        other: Option<(String, Vec<Match>)>,
        now: Now,
    ) {
        if utterance.dry_run {
            let mut answer = Answered::bad(id, language, String::new(), now);
            answer.ok = true;
            return self.answer(utterance, &intents, answer);
        }
        if let [intent] = &intents[..] {
            if self.answers_question(utterance, id, intent, now) {
                return;
            }
            if ["HearthYes", "HearthNo", "HearthChoose"].contains(&intent.intent.as_str()) {
                // Nobody asked: it was said to somebody else.
                let text = self
                    .language
                    .engine(&language)
                    .map_or_else(String::new, |engine| {
                        engine.apologize(&NoMatch::NothingLike)
                    });
                let quiet = Utterance {
                    dry_run: true,
                    ..utterance.clone()
                };
                return self.answer(&quiet, &[], Answered::bad(id, language, text, now));
            }
        }
        self.forget_question(&utterance.source);
        if let Some((_, other)) = other.filter(|(_, other)| !same(other, &intents)) {
            return self.asks_which(utterance, id, &language, (intents, other), now);
        }
        if self.asks_back(utterance, id, &language, &intents, now) {
            return;
        }
        self.language.remember(&intents, now);
        let talk = Talk {
            language,
            utterance: utterance.clone(),
            id,
            heard: now,
            parts: Vec::new(),
        };
        self.act(talk, intents, now);
    }
}

impl Answered {
    /// Nothing was done.
    fn bad(id: u32, language: String, text: String, now: Now) -> Self {
        Self {
            id,
            language,
            ok: false,
            text,
            confirm: false,
            heard: Some(now),
        }
    }
}

/// Whether two readings mean the same.
fn same(one: &[Match], other: &[Match]) -> bool {
    let alike = |a: &Match, b: &Match| a.intent == b.intent && slots(a) == slots(b);
    one.len() == other.len() && one.iter().zip(other).all(|(a, b)| alike(a, b))
}

/// Reads the payload of `voice/say`.
fn read(payload: &[u8]) -> Result<Utterance, String> {
    if payload.len() > LARGEST {
        return Err(format!(
            "the payload has {} bytes; at most {LARGEST} are taken",
            payload.len()
        ));
    }
    let text = std::str::from_utf8(payload).map_err(|_| "the payload is not UTF-8".to_owned())?;
    let mut utterance = Utterance {
        source: "mqtt".to_owned(),
        ..Utterance::default()
    };
    if !text.trim_start().starts_with('{') {
        text.trim().clone_into(&mut utterance.text);
        return Ok(utterance);
    }
    let members: Json =
        serde_json::from_str(text).map_err(|error| format!("the payload is not JSON: {error}"))?;
    let member = |name: &str| match members.get(name) {
        None | Some(Json::Null) => Ok(None),
        Some(Json::String(text)) => Ok(Some(text.clone())),
        Some(_) => Err(format!("'{name}' must be a text")),
    };
    utterance.text = member("text")?.ok_or("'text' is missing")?;
    utterance.room = member("room")?;
    utterance.or = member("or")?;
    if let Some(source) = member("source")? {
        utterance.source = source;
    }
    Ok(utterance)
}

pub(super) fn slots(intent: &Match) -> Vec<(String, Value)> {
    intent
        .slots
        .iter()
        .map(|slot| (slot.name.clone(), value(&slot.value)))
        .collect()
}

fn value(said: &Said) -> Value {
    match said {
        Said::Number(number) => Value::Number(*number),
        Said::Text(text) => Value::from(text.clone()),
        Said::Bool(truth) => Value::Bool(*truth),
        Said::List(items) => Value::List(items.iter().map(value).collect()),
    }
}

/// How a sentence was matched, for people.
pub(super) fn explanation(intent: &Match) -> String {
    let why = &intent.explanation;
    let mut text = format!("\"{}\" is like \"{}\"", why.compared, why.template);
    // Writing to a String cannot fail.
    if !why.source.is_empty() {
        let _ = write!(text, " ({})", why.source);
    }
    for slot in &intent.slots {
        let _ = write!(text, "\n  {} = {}", slot.name, slot.value);
        if slot.text.is_empty() {
            text.push_str(", implied");
        } else {
            let _ = write!(text, ", from \"{}\"", slot.text);
        }
    }
    for forgiven in &why.forgiven {
        let _ = write!(text, "\n  overlooked: {forgiven}");
    }
    if let Some(other) = &why.runner_up {
        let _ = write!(
            text,
            "\n  not {} by \"{}\": {}",
            other.intent, other.template, other.lost
        );
    }
    text
}
