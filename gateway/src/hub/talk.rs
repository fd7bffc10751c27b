//! A sentence under way: its commands, what came of each, and the one answer to whoever asked.

use intents::{Match, Outcome, Slot, Value as Said};
use radios::{Changes, CommandError, DeviceId};
use serde_json::json as json_value;

use super::act::{Act, Plan};
use super::command::Pending;
use super::{Answer, Effect, Hub, Now, Qos, Spoken, Utterance, json, utterance};

/// Most sentences whose devices have not all answered.
pub(super) const MOST_TALKS: usize = 64;

/// A sentence whose devices have not all answered.
#[derive(Debug)]
pub(super) struct Talk {
    /// The language of the answer.
    pub(super) language: String,
    pub(super) utterance: Utterance,
    /// The utterance's number.
    pub(super) id: u32,
    /// When it was heard.
    pub(super) heard: Now,
    pub(super) parts: Vec<Part>,
}

/// One command of it.
#[derive(Debug)]
pub(super) struct Part {
    intent: Match,
    waiting: usize,
    done: usize,
    /// What came of it, as far as that is known.
    outcome: Option<Outcome>,
}

/// Why a radio's command failed, as a key of the language's errors.
const fn why(error: &CommandError) -> &'static str {
    match error {
        CommandError::NotDelivered(_) | CommandError::Timeout(_) => "unreachable",
        CommandError::Refused(_) => "refused",
        CommandError::Unavailable(_) => "no_radio",
        CommandError::UnknownDevice(_)
        | CommandError::Unsupported { .. }
        | CommandError::BadValue { .. } => "wrong_kind",
    }
}

impl Hub {
    /// Does what the commands of a sentence ask for, and answers when all of it is done.
    pub(super) fn act(&mut self, talk: Talk, intents: Vec<Match>, now: Now) {
        let number = self.next_talk;
        self.next_talk = self.next_talk.wrapping_add(1);
        let busy = self.talks.len() >= MOST_TALKS;
        self.talks.insert(number, talk);
        let mut all = Vec::new();
        for intent in intents {
            let plan = if busy {
                Plan::Tell(Outcome::Failed("too much at once".to_owned()))
            } else {
                self.plan(number, &intent, now)
            };
            let (acts, outcome) = match plan {
                Plan::Tell(outcome) => (Vec::new(), Some(outcome)),
                Plan::Do(acts) => (acts, None),
            };
            let Some(talk) = self.talks.get_mut(&number) else {
                return;
            };
            let part = talk.parts.len();
            talk.parts.push(Part {
                intent,
                waiting: acts.len(),
                done: 0,
                outcome,
            });
            all.extend(acts.into_iter().map(|act| (part, act)));
        }
        if all.is_empty() {
            return self.conclude(number);
        }
        for (part, Act { id, values }) in all {
            if !self.set_values(id, None, values, Pending::Said(number, part, id), now) {
                let why = CommandError::Unavailable("too many commands are under way".to_owned());
                self.said(number, part, id, Err(why), now);
            }
        }
    }

    /// What an intent of the sentence `talk` asks for.
    fn plan(&mut self, talk: u32, intent: &Match, now: Now) -> Plan {
        if let Some(outcome) = self.time(talk, intent, now) {
            return Plan::Tell(outcome);
        }
        match intent.intent.as_str() {
            "HearthSceneStore" => Plan::Tell(self.store_said_scene(intent)),
            "HassGetCurrentTime" | "HassGetCurrentDate" if !crate::clock::is_set(now.unix) => {
                Plan::Tell(super::timers::cannot("no_clock"))
            }
            "HassGetCurrentTime" | "HassGetCurrentDate" => {
                let local = (self.settings.local)(now.unix);
                let values = crate::clock::told(local);
                Plan::Tell(Outcome::Told {
                    key: "default",
                    values,
                })
            }
            _ => super::act::plan(&self.registry, intent),
        }
    }

    /// One device of a sentence has answered.
    pub(super) fn said(
        &mut self,
        number: u32,
        part: usize,
        id: DeviceId,
        outcome: Result<Changes, CommandError>,
        now: Now,
    ) {
        let failed = match outcome {
            Ok(changes) => {
                self.show(id, changes, now);
                None
            }
            Err(error) => {
                let device = self.registry.get(id);
                let name = device.map_or_else(
                    || id.to_string(),
                    |device| device.options.friendly_name.clone(),
                );
                self.log(
                    crate::config::Level::Warn,
                    format!("cannot set '{name}': {error}"),
                );
                Some(Outcome::Cannot {
                    why: why(&error),
                    name,
                })
            }
        };
        let Some(part) = self
            .talks
            .get_mut(&number)
            .and_then(|talk| talk.parts.get_mut(part))
        else {
            return;
        };
        part.waiting = part.waiting.saturating_sub(1);
        match failed {
            None => part.done += 1,
            failed => part.outcome = failed,
        }
        if part.waiting == 0 && part.outcome.is_none() {
            part.outcome = Some(Outcome::Done { count: part.done });
        }
        self.conclude(number);
    }

    /// Answers, once all parts of a sentence are done.
    fn conclude(&mut self, number: u32) {
        let done = |talk: &Talk| talk.parts.iter().all(|part| part.waiting == 0);
        if !self.talks.get(&number).is_some_and(done) {
            return;
        }
        let Some(talk) = self.talks.remove(&number) else {
            return;
        };
        let parts: Vec<(Match, Outcome)> = talk
            .parts
            .into_iter()
            .map(|part| (part.intent, part.outcome.unwrap_or(Outcome::Nothing)))
            .collect();
        let ok = parts.iter().all(|(_, outcome)| outcome.is_good());
        let text = self.language.engine(&talk.language).map_or_else(
            || "OK".to_owned(),
            |engine| {
                let texts: Vec<String> = alike(&parts, |names| engine.join(names))
                    .iter()
                    .map(|(intent, outcome)| engine.respond(intent, outcome))
                    .collect();
                engine.combine(&texts)
            },
        );
        let intents: Vec<Match> = parts.into_iter().map(|(intent, _)| intent).collect();
        let answer = Answered {
            id: talk.id,
            language: talk.language,
            ok,
            text,
            confirm: false,
            heard: Some(talk.heard),
        };
        self.answer(&talk.utterance, &intents, answer);
    }

    /// Answers whoever asked, and everyone who listens.
    pub(super) fn answer(&mut self, utterance: &Utterance, intents: &[Match], answered: Answered) {
        let first = intents.first();
        let answer = Answer {
            ok: answered.ok,
            heard: utterance.text.clone(),
            intent: first.map(|intent| intent.intent.clone()),
            slots: first.map(utterance::slots).unwrap_or_default(),
            explanation: utterance.explain.then(|| {
                let told: Vec<String> = intents.iter().map(utterance::explanation).collect();
                told.join("\n")
            }),
            text: answered.text.clone(),
            confirm: answered.confirm,
        };
        let answer = Answer {
            explanation: answer.explanation.filter(|text| !text.is_empty()),
            ..answer
        };
        let act_ms = answered
            .heard
            .map(|heard| self.now.elapsed.saturating_sub(heard.elapsed).as_millis());
        let said = json_value!({
            "id": answered.id, "text": answer.text, "ok": answer.ok, "heard": answer.heard,
            "source": utterance.source, "room": utterance.room, "language": answered.language,
            "confirm": answer.confirm, "act_ms": act_ms,
        });
        self.publish("voice/answer", json(&said), false, Qos::AtMostOnce);
        if !utterance.dry_run && !answer.text.is_empty() {
            self.out.push(Effect::Speak(Spoken {
                id: answered.id,
                source: utterance.source.clone(),
                room: utterance.room.clone(),
                language: answered.language,
                text: answered.text,
                ok: answer.ok,
                confirm: answer.confirm,
            }));
        }
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

/// What is answered.
pub(super) struct Answered {
    pub(super) id: u32,
    pub(super) language: String,
    pub(super) ok: bool,
    pub(super) text: String,
    pub(super) confirm: bool,
    /// When the sentence was heard.
    pub(super) heard: Option<Now>,
}

/// The parts of an answer, where those that were done alike but for the name are one.
fn alike(parts: &[(Match, Outcome)], join: impl Fn(&[String]) -> String) -> Vec<(Match, Outcome)> {
    let done = |outcome: &Outcome| matches!(outcome, Outcome::Done { .. });
    let others = |intent: &Match| -> Vec<(String, Said)> {
        let slots = intent.slots.iter().filter(|slot| slot.name != "name");
        slots.map(|s| (s.name.clone(), s.value.clone())).collect()
    };
    let name = |slot: &Slot| match slot.value.as_str() {
        Some(value) if value.to_lowercase() == slot.text.to_lowercase() => value.to_owned(),
        Some(value) if slot.text.is_empty() => value.to_owned(),
        _ => slot.text.clone(),
    };
    let mut told: Vec<(Match, Outcome)> = Vec::new();
    let mut names: Vec<Vec<String>> = Vec::new();
    for (intent, outcome) in parts {
        let own = intent.slot("name").map(name);
        if let (Some((last, so_far)), Some(names), Some(own)) =
            (told.last(), names.last_mut(), &own)
            && last.intent == intent.intent
            && last.response == intent.response
            && done(so_far)
            && done(outcome)
            && others(last) == others(intent)
        {
            names.push(own.clone());
        } else {
            told.push((intent.clone(), outcome.clone()));
            names.push(own.into_iter().collect());
        }
    }
    for ((intent, _), names) in told.iter_mut().zip(names) {
        if names.len() > 1
            && let Some(slot) = intent.slots.iter_mut().find(|slot| slot.name == "name")
        {
            slot.value = Said::Text(join(&names));
            slot.text = String::new();
        }
    }
    told
}
