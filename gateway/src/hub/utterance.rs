//! Sentences, said or typed: from text to intent, from intent to commands, from outcomes to an
//! answer.

use std::fmt::Write as _;

use intents::{Context, Engine, Home, Match, NoMatch, Outcome, Value as Said};
use radios::{Changes, DeviceId, Value};
use serde_json::{Value as Json, json as json_value};

use super::act::{Act, Plan};
use super::command::{LARGEST, Pending};
use super::{Answer, Effect, Hub, Now, Qos, Utterance, json};
use crate::config::Level;

/// Most sentences whose devices have not all answered.
const MOST_TALKS: usize = 64;

/// A sentence whose devices have not all answered.
#[derive(Debug)]
pub(super) struct Talk {
    intent: Match,
    utterance: Utterance,
    waiting: usize,
    done: usize,
    failed: Option<String>,
}

/// Sentences of one language, and the names they may hold.
#[derive(Debug)]
pub(super) struct Language {
    engine: Option<Engine>,
    home: Home,
}

impl Language {
    pub(super) fn new(language: &str) -> Result<Self, String> {
        Engine::new(language)
            .map(|engine| Self {
                engine: Some(engine),
                home: Home::default(),
            })
            .map_err(|error| error.to_string())
    }

    /// Without sentences: everything is answered with an apology.
    pub(super) fn none() -> Self {
        Self {
            engine: None,
            home: Home::default(),
        }
    }
}

impl Hub {
    /// Uses other sentences than Hearth's own.
    pub fn use_sentences(&mut self, mut engine: Engine) {
        engine.set_home(&self.language.home);
        self.language.engine = Some(engine);
    }

    /// The sentences in use.
    #[must_use]
    pub const fn engine(&self) -> Option<&Engine> {
        self.language.engine.as_ref()
    }

    /// The names that sentences may hold.
    #[must_use]
    pub const fn home(&self) -> &Home {
        &self.language.home
    }

    /// Takes the home's names as they are now. Says whether they changed.
    pub(super) fn rename_home(&mut self) -> bool {
        let home = super::act::home(&self.registry);
        let changed = home != self.language.home;
        if changed {
            if let Some(engine) = &mut self.language.engine {
                engine.set_home(&home);
            }
            self.language.home = home;
        }
        changed
    }

    /// `voice/say`: a sentence, or `{"text": …, "room": …}`.
    pub(super) fn say(&mut self, payload: &[u8], now: Now) {
        let utterance = match read(payload) {
            Ok(utterance) => utterance,
            Err(why) => return self.log(Level::Error, format!("voice/say: {why}")),
        };
        self.utterance(utterance, now);
    }

    pub(super) fn utterance(&mut self, utterance: Utterance, now: Now) {
        let heard = json_value!({
            "text": utterance.text, "source": utterance.source, "room": utterance.room,
        });
        self.publish("voice/heard", json(&heard), false, Qos::AtMostOnce);
        let context = Context {
            area: utterance.room.clone(),
            more: Vec::new(),
        };
        let result = match &self.language.engine {
            Some(engine) => engine.recognize(&utterance.text, &context),
            None => Err(NoMatch::NothingLike),
        };
        match result {
            Ok(intent) => {
                let shown = json_value!({
                    "text": utterance.text,
                    "intent": intent.intent,
                    "slots": slots(&intent)
                        .into_iter()
                        .map(|(name, value)| (name, json_value!(value)))
                        .collect::<serde_json::Map<_, _>>(),
                });
                self.publish("voice/intent", json(&shown), false, Qos::AtMostOnce);
                if utterance.dry_run {
                    self.answer(&utterance, Some(&intent), true, String::new());
                } else {
                    self.act(intent, utterance, now);
                }
            }
            Err(why) => {
                let text = match &self.language.engine {
                    Some(engine) => engine.apologize(&why),
                    None => format!("there are no sentences in '{}'", self.settings.language),
                };
                self.answer(&utterance, None, false, text);
            }
        }
    }

    /// Does what an intent asks for.
    fn act(&mut self, intent: Match, utterance: Utterance, now: Now) {
        match super::act::plan(&self.registry, &intent) {
            Plan::Tell(outcome) => self.conclude(&intent, &utterance, &outcome),
            Plan::Do(acts) => {
                if self.talks.len() >= MOST_TALKS {
                    let busy = Outcome::Failed("too much at once".to_owned());
                    return self.conclude(&intent, &utterance, &busy);
                }
                let number = self.next_talk;
                self.next_talk = self.next_talk.wrapping_add(1);
                self.talks.insert(
                    number,
                    Talk {
                        intent,
                        utterance,
                        waiting: acts.len(),
                        done: 0,
                        failed: None,
                    },
                );
                for Act { id, values } in acts {
                    if !self.set_values(id, None, values, Pending::Said(number, id), now) {
                        let why = "too many commands are under way".to_owned();
                        self.said(number, id, Err(why), now);
                    }
                }
            }
        }
    }

    /// One device of a sentence has answered.
    pub(super) fn said(
        &mut self,
        number: u32,
        id: DeviceId,
        outcome: Result<Changes, String>,
        now: Now,
    ) {
        let name = self
            .registry
            .get(id)
            .map_or_else(|| id.to_string(), |d| d.options.friendly_name.clone());
        let failed = match outcome {
            Ok(changes) => {
                self.show(id, changes, now);
                None
            }
            Err(why) => Some(format!("{name}: {why}")),
        };
        let Some(talk) = self.talks.get_mut(&number) else {
            return;
        };
        talk.waiting = talk.waiting.saturating_sub(1);
        match failed {
            None => talk.done += 1,
            failed => talk.failed = failed,
        }
        if talk.waiting == 0
            && let Some(talk) = self.talks.remove(&number)
        {
            let outcome = match talk.failed {
                Some(why) => Outcome::Failed(why),
                None => Outcome::Done { count: talk.done },
            };
            self.conclude(&talk.intent, &talk.utterance, &outcome);
        }
    }

    fn conclude(&mut self, intent: &Match, utterance: &Utterance, outcome: &Outcome) {
        let ok = !matches!(outcome, Outcome::Failed(_) | Outcome::Nothing);
        let text = match &self.language.engine {
            Some(engine) => engine.respond(intent, outcome),
            None => String::new(),
        };
        self.answer(utterance, Some(intent), ok, text);
    }

    /// Answers whoever asked, and everyone who listens.
    fn answer(&mut self, utterance: &Utterance, intent: Option<&Match>, ok: bool, text: String) {
        let answer = Answer {
            ok,
            heard: utterance.text.clone(),
            intent: intent.map(|intent| intent.intent.clone()),
            slots: intent.map(slots).unwrap_or_default(),
            explanation: intent.filter(|_| utterance.explain).map(explanation),
            text,
        };
        let said = json_value!({"text": answer.text, "ok": ok, "heard": answer.heard});
        self.publish("voice/answer", json(&said), false, Qos::AtMostOnce);
        if let Some(call) = utterance.call {
            self.out.push(Effect::Answer { call, answer });
        }
    }
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
    if let Some(source) = member("source")? {
        utterance.source = source;
    }
    Ok(utterance)
}

fn slots(intent: &Match) -> Vec<(String, Value)> {
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
fn explanation(intent: &Match) -> String {
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
    if let Some(other) = &why.runner_up {
        let _ = write!(
            text,
            "\n  not {} by \"{}\": {}",
            other.intent, other.template, other.lost
        );
    }
    text
}
