//! Asking back: what is not done before somebody says yes, and which of two readings was meant.
//!
//! A question is put to whom the sentence came from, and only an answer from there counts, for
//! [`CONFIRM_WITHIN`]. Any other command from there takes the question back.

use std::time::Duration;

use intents::Match;

use super::registry::Registry;
use super::talk::{Answered, Talk};
use super::{Hub, Now, Utterance, act};
use crate::config::{Confirm, Level};

/// How long a question waits for its answer.
pub const CONFIRM_WITHIN: Duration = Duration::from_secs(15);

/// Most questions that wait.
const MOST_QUESTIONS: usize = 16;

/// A question that waits for its answer.
#[derive(Debug)]
pub(super) struct Question {
    source: String,
    until: Duration,
    language: String,
    /// What to do: at yes the first, or the one that is chosen.
    readings: Vec<Vec<Match>>,
}

/// Words for a garage in names and descriptions, of all languages.
const GARAGES: &[&str] = &[
    "garage",
    "차고",
    "车库",
    "車庫",
    "nhà xe",
    "gara",
    "toreinfahrt",
    "hoftor",
];

/// Whether `intent` opens, unlocks or switches what is not to be so without a question.
fn needs(registry: &Registry, wanted: &[Confirm], intent: &Match) -> bool {
    let off = intent.intent == "HassTurnOff";
    let opens = match intent.intent.as_str() {
        "HassTurnOn" | "HassToggle" => true,
        "HassSetPosition" => intent
            .number("position")
            .is_none_or(|position| position > 0.0),
        _ => false,
    };
    let everything = intent.text("name") == Some("all") && intent.slot("area").is_none();
    if off && everything && wanted.contains(&Confirm::AllOff) {
        return true;
    }
    act::targets(registry, intent).into_iter().any(|device| {
        let marked = device.options.confirm;
        match act::domain(device) {
            "lock" => off && (marked || wanted.contains(&Confirm::Lock)),
            "cover" => {
                let names = [
                    &device.options.friendly_name,
                    &device.definition.description,
                ];
                let garage = names
                    .into_iter()
                    .chain(&device.options.aliases)
                    .map(|name| name.to_lowercase())
                    .any(|name| GARAGES.iter().any(|word| name.contains(word)));
                opens && (marked || (garage && wanted.contains(&Confirm::Garage)))
            }
            _ => marked && (opens || off),
        }
    })
}

impl Hub {
    /// Asks back, where the sentence demands it. Says whether it did.
    pub(super) fn asks_back(
        &mut self,
        utterance: &Utterance,
        id: u32,
        language: &str,
        intents: &[Match],
        now: Now,
    ) -> bool {
        let typed = ["typed", "mqtt"].contains(&utterance.source.as_str());
        if typed && !self.settings.confirm_typed {
            return false;
        }
        let wanted = &self.settings.confirm;
        let Some(doubtful) = intents
            .iter()
            .find(|intent| needs(&self.registry, wanted, intent))
            .cloned()
        else {
            return false;
        };
        let text = self
            .language
            .engine(language)
            .map_or_else(|| "?".to_owned(), |engine| engine.ask(&doubtful));
        let readings = vec![intents.to_vec()];
        self.put_question(utterance, id, language, readings, text, now);
        true
    }

    /// Asks which of two readings was meant.
    pub(super) fn asks_which(
        &mut self,
        utterance: &Utterance,
        id: u32,
        language: &str,
        (one, other): (Vec<Match>, Vec<Match>),
        now: Now,
    ) {
        let said = utterance.or.clone().unwrap_or_default();
        let text = self.language.engine(language).map_or_else(
            || "?".to_owned(),
            |engine| {
                let values = [("one", utterance.text.clone()), ("other", said)];
                engine.phrase("which", &values)
            },
        );
        self.put_question(utterance, id, language, vec![one, other], text, now);
    }

    fn put_question(
        &mut self,
        utterance: &Utterance,
        id: u32,
        language: &str,
        readings: Vec<Vec<Match>>,
        text: String,
        now: Now,
    ) {
        self.forget_question(&utterance.source);
        if self.questions.len() >= MOST_QUESTIONS {
            self.questions.remove(0);
            self.log(
                Level::Warn,
                "a question is given up: too many wait for their answers".to_owned(),
            );
        }
        let intents = readings.first().cloned().unwrap_or_default();
        self.questions.push(Question {
            source: utterance.source.clone(),
            until: now.elapsed + CONFIRM_WITHIN,
            language: language.to_owned(),
            readings,
        });
        let answer = Answered {
            id,
            language: language.to_owned(),
            ok: true,
            text,
            confirm: true,
            heard: Some(now),
        };
        self.answer(utterance, &intents, answer);
    }

    pub(super) fn forget_question(&mut self, source: &str) {
        self.questions.retain(|question| question.source != source);
    }

    /// Takes `intent` as the answer to a question, if it is one. Says whether it was.
    pub(super) fn answers_question(
        &mut self,
        utterance: &Utterance,
        id: u32,
        intent: &Match,
        now: Now,
    ) -> bool {
        let (yes, no) = (intent.intent == "HearthYes", intent.intent == "HearthNo");
        if !yes && !no && intent.intent != "HearthChoose" {
            return false;
        }
        self.questions
            .retain(|question| question.until > now.elapsed);
        let Some(at) = self
            .questions
            .iter()
            .position(|question| question.source == utterance.source)
        else {
            return false;
        };
        let question = &self.questions[at];
        let chosen = match (intent.number("choice"), intent.text("state")) {
            _ if no => None,
            _ if yes && question.readings.len() == 1 => question.readings.first(),
            (Some(number), _) => question
                .readings
                .iter()
                .zip(1_u8..)
                .find_map(|(reading, n)| (f64::from(n) == number).then_some(reading)),
            (None, Some(state)) => {
                let wanted = if state == "on" {
                    "HassTurnOn"
                } else {
                    "HassTurnOff"
                };
                let fits = |reading: &&Vec<Match>| reading.iter().any(|i| i.intent == wanted);
                question.readings.iter().find(fits)
            }
            // Yes to "this or that?" says nothing.
            _ => None,
        };
        let chosen = chosen.cloned();
        let question = self.questions.remove(at);
        match chosen {
            Some(intents) => {
                self.language.remember(&intents, now);
                let talk = Talk {
                    language: question.language,
                    utterance: utterance.clone(),
                    id,
                    heard: now,
                    parts: Vec::new(),
                };
                self.act(talk, intents, now);
            }
            None => {
                let text = self
                    .language
                    .engine(&question.language)
                    .map_or_else(String::new, |engine| engine.phrase("left", &[]));
                let answer = Answered {
                    id,
                    language: question.language,
                    ok: true,
                    text,
                    confirm: false,
                    heard: Some(now),
                };
                self.answer(utterance, std::slice::from_ref(intent), answer);
            }
        }
        true
    }
}
