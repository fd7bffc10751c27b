//! A model and a grammar, and what they make of sound.

use std::path::Path;
use std::rc::Rc;
use std::time::{Duration, Instant};

use serde::Deserialize;

use super::meant::{is_talk, meant};
use super::segment::Segmenter;
use super::vosk::{Grammar, Model, Recognizer, VoskError};
use crate::graph::GraphError;
use crate::graph::endings::{Endings, Standing};
use crate::graph::filler::TALK;
use crate::voice::protocol::{Ended, Utterance};

/// Readings of a sentence that are kept.
const ALTERNATIVES: u8 = 8;

/// Another reading whose score is less than this behind the best one's is as likely: "켜" and "꺼" differ by
/// a breath.
pub(super) const DOUBT: f32 = 0.8;

/// Sound in one utterance at most.
const MAX_UTTERANCE: Duration = Duration::from_secs(20);

/// Why the worker cannot listen.
#[derive(Debug, thiserror::Error)]
pub enum WorkerError {
    /// The library or the model.
    #[error(transparent)]
    Vosk(#[from] VoskError),
    /// The sentences of a packed model.
    #[error(transparent)]
    Sentences(#[from] GraphError),
    /// The grammar has nothing the model can hear.
    #[error("no phrase of the grammar can be said with the model's words; unknown: {}", .0.join(", "))]
    Grammar(Vec<String>),
    /// A rate it cannot take.
    #[error("sound must have 8000 to 48000 samples a second, not {0}")]
    Rate(u32),
}

/// So much of the room's sound, in milliseconds, is put behind what is to be settled: by then everything
/// that was said has come out of libvosk.
const SETTLE: u32 = 400;

fn ms(time: Duration) -> u32 {
    u32::try_from(time.as_millis()).unwrap_or(u32::MAX)
}

/// A syllable of the last word of a sentence is no shorter, in seconds.
const SYLLABLE: f32 = 0.1;

/// A text without its blanks.
fn solid(text: &str) -> String {
    text.split(' ').collect()
}

/// A loaded model with its grammar.
pub struct Ears {
    model: Rc<Model>,
    name: String,
    static_graph: bool,
    endings: Option<Rc<Endings>>,
    grammar: Option<Grammar>,
}

/// What became of a grammar.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct GrammarReport {
    /// Phrases in use.
    pub phrases: usize,
    /// Words in them.
    pub words: usize,
    /// Words the model does not have.
    pub unknown: Vec<String>,
}

impl Ears {
    /// Loads library and model.
    ///
    /// # Errors
    /// Says what is not there.
    pub fn load(library: &Path, model: &Path) -> Result<Self, WorkerError> {
        Ok(Self {
            static_graph: model.join("graph/HCLG.fst").exists(),
            endings: Endings::open(model)?.map(Rc::new),
            name: model
                .file_name()
                .map_or_else(String::new, |name| name.to_string_lossy().into_owned()),
            model: Model::load(library, model)?,
            grammar: None,
        })
    }

    /// The model's name: that of its folder.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Whether it can be told from the words that a sentence is over.
    #[must_use]
    pub const fn knows_endings(&self) -> bool {
        self.endings.is_some()
    }

    /// How what was heard stands to the sentences of the model; of several readings, as the one that is
    /// furthest from its end. `free`: what was heard without force.
    #[must_use]
    pub fn standing(&self, heard: &Utterance, free: &str) -> Standing {
        let Some(endings) = &self.endings else {
            return Standing::Part;
        };
        let standing = |text: &str| endings.standing(text);
        let sure = standing(&heard.text).min(standing(free));
        if heard
            .rivals()
            .all(|rival| standing(rival) == Standing::Whole)
        {
            sure
        } else {
            sure.min(Standing::MayGoOn)
        }
    }

    /// Whether the model takes grammars; one with a static graph has its own.
    #[must_use]
    pub const fn takes_grammar(&self) -> bool {
        !self.static_graph
    }

    /// Listens for these phrases from now on; for anything when there is none. Words are cut into those
    /// the model has. A model with a static graph keeps its own.
    ///
    /// # Errors
    /// When no phrase is left; the old grammar stays.
    pub fn set_grammar(&mut self, phrases: &[String]) -> Result<GrammarReport, WorkerError> {
        if self.static_graph {
            return Ok(GrammarReport::default());
        }
        if phrases.is_empty() {
            self.grammar = None;
            return Ok(GrammarReport::default());
        }
        let model = Rc::clone(&self.model);
        let knows = |word: &str| model.knows(word);
        let (phrases, unknown) = Segmenter::new(&knows).phrases(phrases);
        let Some(grammar) = Grammar::new(&self.model, &phrases) else {
            return Err(WorkerError::Grammar(unknown));
        };
        self.grammar = Some(grammar);
        let words: std::collections::BTreeSet<&str> = phrases
            .iter()
            .flat_map(|phrase| phrase.split(' '))
            .collect();
        Ok(GrammarReport {
            phrases: phrases.len(),
            words: words.len(),
            unknown,
        })
    }

    /// Begins an utterance. Each has a recogniser of its own (made in 1 to 5 ms with a grammar), so that
    /// what was said before changes nothing.
    ///
    /// # Errors
    /// When the rate is out of range or libvosk refuses.
    pub fn listen(&self, rate: u32) -> Result<Listening, WorkerError> {
        if !(8_000..=48_000).contains(&rate) {
            return Err(WorkerError::Rate(rate));
        }
        Ok(Listening {
            recognizer: Recognizer::new(&self.model, rate, self.grammar.as_ref(), ALTERNATIVES)?,
            rate,
            strict: self.static_graph,
            sentences: self.endings.clone(),
            samples: 0,
            busy: Duration::ZERO,
            parts: Vec::new(),
        })
    }

    /// Recognises an utterance that is there as a whole.
    ///
    /// # Errors
    /// When the rate is out of range or libvosk refuses.
    pub fn hear(&self, rate: u32, samples: &[i16]) -> Result<Utterance, WorkerError> {
        let mut listening = self.listen(rate)?;
        // In pieces of a tenth of a second, as from a microphone: the result is the same live.
        for piece in samples.chunks((rate / 10) as usize) {
            if listening.accept(piece) {
                return Ok(listening.finish(Ended::Limit));
            }
        }
        Ok(listening.finish(Ended::End))
    }
}

/// One utterance under way.
pub struct Listening {
    recognizer: Recognizer,
    rate: u32,
    /// The model has a graph of its own: scores are those of whole sentences.
    strict: bool,
    sentences: Option<Rc<Endings>>,
    samples: usize,
    busy: Duration,
    parts: Vec<Vec<Reading>>,
}

/// One of the things that may have been said.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Reading {
    #[serde(default)]
    pub confidence: f32,
    #[serde(default)]
    pub text: String,
    /// When its words were said, where that was asked for.
    #[serde(default)]
    pub result: Vec<Word>,
}

#[derive(Clone, Debug, Deserialize)]
pub(super) struct Word {
    /// In seconds from the beginning of the sound.
    start: f32,
    end: f32,
    word: String,
}

impl Word {
    /// Whether it is as long as the last of a sentence, which is drawn out. One that nobody said is pressed
    /// into what little sound there is.
    fn ends(&self) -> bool {
        let syllables = self.word.chars().fold(0.0, |sum, letter| {
            sum + if letter.is_ascii() || letter < '\u{2000}' {
                0.34
            } else {
                1.0
            }
        });
        self.end - self.start >= SYLLABLE * syllables
    }
}

#[derive(Debug, Deserialize)]
struct Readings {
    #[serde(default)]
    alternatives: Vec<Reading>,
    #[serde(default)]
    text: String,
}

#[derive(Debug, Default, Deserialize)]
struct Partial {
    #[serde(default)]
    partial: String,
}

impl Listening {
    /// Takes sound; true when the utterance is as long as one may be.
    pub fn accept(&mut self, samples: &[i16]) -> bool {
        let start = Instant::now();
        if self.recognizer.accept(samples) {
            let result = self.recognizer.result();
            self.part(&result);
        }
        self.busy += start.elapsed();
        self.samples += samples.len();
        self.samples as u64 >= u64::from(self.rate) * MAX_UTTERANCE.as_secs()
    }

    fn part(&mut self, json: &str) {
        let Ok(read) = serde_json::from_str::<Readings>(json) else {
            return;
        };
        let mut readings: Vec<Reading> = Vec::new();
        let plain = Reading {
            confidence: 0.0,
            text: read.text,
            result: Vec::new(),
        };
        let mut heard: Vec<Reading> = read.alternatives.into_iter().chain([plain]).collect();
        heard.retain(|reading| !reading.text.is_empty());
        // A packed model also hears everything else: where that is likelier, nobody spoke to us, unless it sounds so.
        if self.strict && heard.first().is_some_and(|best| is_talk(&best.text)) {
            heard = match &self.sentences {
                Some(sentences) => meant(sentences, &heard),
                None => Vec::new(),
            };
            if heard.is_empty() {
                self.parts.push(heard);
                return;
            }
        }
        for mut reading in heard {
            if self.strict && is_talk(&reading.text) {
                continue;
            }
            let words: Vec<&str> = reading
                .text
                .split_whitespace()
                .filter(|word| !matches!(*word, "[unk]" | "<UNK>" | "<unk>"))
                .collect();
            reading.text = words.join(" ");
            // A packed graph has some words both in one piece and in two.
            let same = |other: &Reading| {
                if self.strict {
                    solid(&other.text) == solid(&reading.text)
                } else {
                    other.text == reading.text
                }
            };
            if !reading.text.is_empty() && !readings.iter().any(same) {
                readings.push(reading);
            }
        }
        if !readings.is_empty() {
            self.parts.push(readings);
        }
    }

    /// Time it took so far.
    #[must_use]
    pub const fn busy(&self) -> Duration {
        self.busy
    }

    /// The text so far.
    pub fn partial(&mut self) -> String {
        let start = Instant::now();
        let json = self.recognizer.partial();
        self.busy += start.elapsed();
        let mut text: Vec<String> = self
            .parts
            .iter()
            .filter_map(|p| p.first())
            .map(|r| r.text.clone())
            .collect();
        if let Ok(Partial { partial }) = serde_json::from_str(&json)
            && !partial.is_empty()
        {
            text.push(partial);
        }
        let text = text.join(" ");
        // Talk is nobody's business.
        let said = text.split(' ');
        let said: Vec<&str> = said
            .filter(|word| !(self.strict && word.starts_with(TALK)))
            .collect();
        said.join(" ")
    }

    /// What was said if nothing more is; and what is heard without libvosk's being made to finish, which
    /// completes a sentence by force, with words nobody said. For that the room goes on for a while. Empty
    /// where the last word is too short for one that ends a sentence.
    #[must_use]
    pub fn settle(mut self, room: &[i16]) -> (Utterance, String) {
        let start = Instant::now();
        let back: Vec<i16> = room.iter().rev().copied().collect();
        let mut left = SETTLE as usize * self.rate as usize / 1000;
        for piece in [&back[..], room].into_iter().cycle() {
            if left == 0 || piece.is_empty() {
                break;
            }
            let piece = piece.get(..left).unwrap_or(piece);
            left -= piece.len();
            let _ = self.recognizer.accept(piece);
        }
        let json = self.recognizer.partial();
        let free = serde_json::from_str::<Partial>(&json).unwrap_or_default();
        self.recognizer.tell_times();
        let json = self.recognizer.finish();
        self.part(&json);
        let best = self.parts.first().and_then(|part| part.first());
        let ends = best
            .and_then(|best| best.result.last())
            .is_some_and(Word::ends);
        let said = self.said(Ended::Silence, start.elapsed());
        (said, if ends { free.partial } else { String::new() })
    }

    /// What was said.
    #[must_use]
    pub fn finish(mut self, ended: Ended) -> Utterance {
        let start = Instant::now();
        let json = self.recognizer.finish();
        self.part(&json);
        self.said(ended, start.elapsed())
    }

    /// What the parts say; the last took so long.
    fn said(mut self, ended: Ended, last: Duration) -> Utterance {
        let mut alternatives: Vec<String> = Vec::new();
        // Talk with a command in it is still talk.
        if self.parts.iter().any(Vec::is_empty) {
            self.parts.clear();
        }
        let with = |part: usize, choice: usize| -> Option<String> {
            let texts: Option<Vec<&str>> = self
                .parts
                .iter()
                .enumerate()
                .map(|(i, p)| Some(p.get(if i == part { choice } else { 0 })?.text.as_str()))
                .collect();
            Some(texts?.join(" "))
        };
        let close = match &self.parts[..] {
            [part] if self.strict => {
                let best = part.first().map_or(0.0, |r| r.confidence);
                let close = |r: &&Reading| r.confidence > 0.0 && best - r.confidence < DOUBT;
                part.iter().skip(1).take_while(close).count()
            }
            _ => 0,
        };
        let mut confidence = f32::from(u8::from(!self.parts.is_empty()));
        for (i, part) in self.parts.iter().enumerate() {
            // The scores are logarithms: the share of the best among those heard.
            let best = part.first().map_or(0.0, |r| r.confidence);
            let all: f32 = part.iter().map(|r| (r.confidence - best).exp()).sum();
            confidence *= 1.0 / all.max(1.0);
            alternatives.extend((1..part.len()).filter_map(|choice| with(i, choice)));
        }
        alternatives.truncate(usize::from(ALTERNATIVES) * 2);
        Utterance {
            id: 0,
            text: with(0, 0).unwrap_or_default(),
            alternatives,
            doubt: close > 0,
            close,
            confidence,
            audio_ms: u32::try_from(self.samples * 1000 / self.rate as usize).unwrap_or(u32::MAX),
            decode_ms: ms(self.busy + last),
            last_ms: ms(last),
            since_ms: 0,
            ended,
        }
    }
}
