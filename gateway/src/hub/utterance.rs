//! Sentences, said or typed: from text to intent, from intent to commands, from outcomes to an
//! answer.

use std::fmt::Write as _;
use std::time::Duration;

use intents::{Context, Engine, Home, Match, NoMatch, Outcome, Value as Said};
use radios::{Changes, DeviceId, Value};
use serde_json::{Value as Json, json as json_value};

use super::act::{Act, Plan};
use super::command::{LARGEST, Pending};
use super::request::Reply;
use super::{Answer, CallId, Effect, Hub, Now, Qos, Utterance, json};
use crate::config::Level;

/// How long a command is what "it" means.
const REMEMBERED: Duration = Duration::from_secs(120);

/// Most sentences whose devices have not all answered.
const MOST_TALKS: usize = 64;

/// Marks the calls that answer requests.
const CALLS_OF_REQUESTS: CallId = 1 << 31;

/// A sentence whose devices have not all answered.
#[derive(Debug)]
pub(super) struct Talk {
    /// The language of the answer.
    language: String,
    intent: Match,
    utterance: Utterance,
    waiting: usize,
    done: usize,
    failed: Option<String>,
}

/// Sentences, and the names they may hold.
#[derive(Debug, Default)]
pub(super) struct Language {
    /// The language of answers first. Without any, everything is answered with an apology.
    engines: Vec<Engine>,
    home: Home,
    /// The last command, and when it was said: what "it" means.
    before: Option<(Match, Duration)>,
}

impl Language {
    /// Understands `language` besides what it understands already.
    pub(super) fn learn(&mut self, language: &str) -> Result<(), String> {
        if self
            .engines
            .iter()
            .all(|known| known.language() != language)
        {
            let mut engine = Engine::new(language).map_err(|error| error.to_string())?;
            engine.set_tolerant(true);
            self.engines.push(engine);
        }
        Ok(())
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
        for engine in &self.engines {
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
    pub fn use_sentences(&mut self, mut engine: Engine) {
        engine.set_home(&self.language.home);
        engine.set_tolerant(true);
        let known = &mut self.language.engines;
        match known
            .iter_mut()
            .find(|known| known.language() == engine.language())
        {
            Some(known) => *known = engine,
            None => known.push(engine),
        }
    }

    /// The sentences of the language that is spoken.
    #[must_use]
    pub fn engine(&self) -> Option<&Engine> {
        let spoken = self
            .settings
            .speech_language
            .as_ref()
            .unwrap_or(&self.settings.language);
        self.language
            .engines
            .iter()
            .find(|engine| engine.language() == spoken)
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
            for engine in &mut self.language.engines {
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
        let heard = json_value!({
            "text": utterance.text, "source": utterance.source, "room": utterance.room,
        });
        self.publish("voice/heard", json(&heard), false, Qos::AtMostOnce);
        let context = Context {
            area: utterance.room.clone(),
            more: Vec::new(),
        };
        let result = self.language.recognize(&utterance.text, &context, now);
        match result.map(|(engine, intents)| (engine.language().to_owned(), intents)) {
            Ok((language, intents)) => {
                let last = intents.len().saturating_sub(1);
                for (i, intent) in intents.into_iter().enumerate() {
                    let shown = json_value!({
                        "text": utterance.text,
                        "intent": intent.intent,
                        "slots": slots(&intent)
                            .into_iter()
                            .map(|(name, value)| (name, json_value!(value)))
                            .collect::<serde_json::Map<_, _>>(),
                    });
                    self.publish("voice/intent", json(&shown), false, Qos::AtMostOnce);
                    self.language.before = Some((intent.clone(), now.elapsed));
                    let mut utterance = utterance.clone();
                    // Whoever asked gets one answer: that of the last command.
                    utterance.call = utterance.call.filter(|_| i == last);
                    if utterance.dry_run {
                        self.answer(&utterance, Some(&intent), true, String::new());
                    } else {
                        self.act(language.clone(), intent, utterance, now);
                    }
                }
            }
            Err(why) => {
                let text = match self.language.engines.first() {
                    Some(engine) => engine.apologize(&why),
                    None => format!("there are no sentences in '{}'", self.settings.language),
                };
                self.answer(utterance, None, false, text);
            }
        }
    }

    /// Does what an intent asks for.
    fn act(&mut self, language: String, intent: Match, utterance: Utterance, now: Now) {
        match super::act::plan(&self.registry, &intent) {
            Plan::Tell(outcome) => self.conclude(&language, &intent, &utterance, &outcome),
            Plan::Do(acts) => {
                if self.talks.len() >= MOST_TALKS {
                    let busy = Outcome::Failed("too much at once".to_owned());
                    return self.conclude(&language, &intent, &utterance, &busy);
                }
                let number = self.next_talk;
                self.next_talk = self.next_talk.wrapping_add(1);
                self.talks.insert(
                    number,
                    Talk {
                        language,
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
            self.conclude(&talk.language, &talk.intent, &talk.utterance, &outcome);
        }
    }

    fn conclude(
        &mut self,
        language: &str,
        intent: &Match,
        utterance: &Utterance,
        outcome: &Outcome,
    ) {
        let ok = !matches!(outcome, Outcome::Failed(_) | Outcome::Nothing);
        let text = self
            .language
            .engines
            .iter()
            .find(|engine| engine.language() == language)
            .map_or_else(String::new, |engine| engine.respond(intent, outcome));
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
        let Some(call) = utterance.call else { return };
        match self.says.remove(&call) {
            Some(reply) => {
                let data = json_value!(answer);
                self.reply(reply.with(data), Ok(()));
            }
            None => self.out.push(Effect::Answer { call, answer }),
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
