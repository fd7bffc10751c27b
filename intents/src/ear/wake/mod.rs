//! Wake words: microWakeWord models, run in integers by a runtime of our own.
//!
//! The contract: a model file is not trusted (see `flat` and `plan`); a model that was read runs without an
//! error, in bounded time and memory. Its probabilities are those of TensorFlow Lite's kernels.

mod catalogue;
mod features;
mod fft;
mod flat;
mod kernel;
mod plan;
mod tflite;

use std::collections::VecDeque;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde::Deserialize;

pub use catalogue::Catalogue;
pub use features::{CHANNELS, Features, Frame};
pub use flat::FlatError;
use plan::{Memory, Plan};

/// A model's file at most.
const MAX_FILE: u64 = 1 << 20;

/// Probabilities that are averaged, at most.
const MAX_WINDOW: usize = 100;

/// Unless its description says otherwise, a model must be so sure, on so many probabilities.
const CUTOFF: f64 = 0.9;
const WINDOW: usize = 5;

/// Features are told to models in this unit.
const UNIT: f64 = 0.039_062_5;

/// Larger features do not occur.
const LARGEST: usize = 1024;

/// Why a wake word cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum WakeError {
    /// A file that cannot be read.
    #[error("{}: {why}", .file.display())]
    File {
        /// Which.
        file: PathBuf,
        /// Why.
        why: String,
    },
    /// There is no such wake word.
    #[error("there is no wake word `{name}`{}", listed(.known))]
    Unknown {
        /// As it was asked for.
        name: String,
        /// Those there are.
        known: Vec<String>,
    },
}

fn listed(known: &[String]) -> String {
    if known.is_empty() {
        String::new()
    } else {
        format!("; there are {}", known.join(", "))
    }
}

/// The description beside a model.
#[derive(Debug, Default, Deserialize)]
struct Manifest {
    wake_word: Option<String>,
    #[serde(default)]
    micro: Micro,
}

#[derive(Debug, Default, Deserialize)]
struct Micro {
    probability_cutoff: Option<f64>,
    #[serde(alias = "sliding_window_average_size")]
    sliding_window_size: Option<usize>,
    feature_step_size: Option<u32>,
}

/// A wake word: a model and how sure it must be.
#[derive(Debug)]
pub struct WakeWord {
    name: String,
    phrase: String,
    plan: Plan,
    /// The model's number of each feature.
    numbers: Vec<i8>,
    cutoff: f64,
    window: usize,
}

impl WakeWord {
    /// Reads a model, with its description beside it where there is one (the same name with `.json`).
    ///
    /// # Errors
    /// Says which file is wrong, and how.
    pub fn load(path: &Path) -> Result<Self, WakeError> {
        let wrong = |file: &Path, why: String| WakeError::File {
            file: file.to_owned(),
            why,
        };
        let read = |file: &Path| -> Result<Vec<u8>, WakeError> {
            let size = std::fs::metadata(file).map_err(|e| wrong(file, e.to_string()))?;
            if size.len() > MAX_FILE {
                return Err(wrong(file, "it is too large for a wake word".to_owned()));
            }
            std::fs::read(file).map_err(|e| wrong(file, e.to_string()))
        };
        let model = read(path)?;
        let beside = path.with_extension("json");
        let manifest = if beside.exists() {
            Some(read(&beside)?)
        } else {
            None
        };
        let name = path
            .file_stem()
            .map_or_else(String::new, |stem| stem.to_string_lossy().into_owned());
        Self::parse(&name, &model, manifest.as_deref()).map_err(|why| wrong(path, why))
    }

    /// The same, from what the files hold.
    ///
    /// # Errors
    /// In words for people.
    #[expect(clippy::cast_possible_truncation)] // clamped to 8 bits
    pub fn parse(name: &str, model: &[u8], manifest: Option<&[u8]>) -> Result<Self, String> {
        let plan = Plan::read(model, CHANNELS).map_err(|error| error.to_string())?;
        let manifest: Manifest = match manifest {
            Some(json) => serde_json::from_slice(json).map_err(|e| format!("description: {e}"))?,
            None => Manifest::default(),
        };
        let micro = manifest.micro;
        let cutoff = micro.probability_cutoff.unwrap_or(CUTOFF);
        let window = micro.sliding_window_size.unwrap_or(WINDOW);
        if !(0.0..1.0).contains(&cutoff) {
            return Err("description: probability_cutoff must be from 0 to 1".to_owned());
        }
        if !(1..=MAX_WINDOW).contains(&window) {
            return Err("description: sliding_window_size must be 1 to 100".to_owned());
        }
        if micro.feature_step_size.is_some_and(|step| step != 10) {
            return Err("description: feature_step_size must be 10 (ms)".to_owned());
        }
        let numbers = (0..LARGEST)
            .map(|feature| {
                #[expect(clippy::cast_precision_loss)] // a few hundred
                let real = feature as f64 * UNIT / f64::from(plan.input_scale);
                let number = (real + f64::from(plan.input_zero)).round_ties_even();
                number.clamp(-128.0, 127.0) as i8
            })
            .collect();
        Ok(Self {
            name: name.to_owned(),
            phrase: manifest.wake_word.unwrap_or_else(|| name.replace('_', " ")),
            plan,
            numbers,
            cutoff,
            window,
        })
    }

    /// Its name: that of its file.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// How it is said.
    #[must_use]
    pub fn phrase(&self) -> &str {
        &self.phrase
    }
}

/// Listens for one wake word in one stream of sound.
#[derive(Clone, Debug)]
pub struct Listener {
    word: Arc<WakeWord>,
    memory: Memory,
    input: Vec<i8>,
    recent: VecDeque<i32>,
    last: i32,
}

impl Listener {
    /// A listener that has heard nothing yet.
    #[must_use]
    pub fn new(word: Arc<WakeWord>) -> Self {
        Self {
            memory: word.plan.memory(),
            input: Vec::with_capacity(word.plan.stride * CHANNELS),
            recent: VecDeque::with_capacity(word.window),
            last: word.plan.output_zero,
            word,
        }
    }

    /// Its wake word.
    #[must_use]
    pub fn word(&self) -> &WakeWord {
        &self.word
    }

    /// Takes a frame; whether the wake word was just said.
    pub fn accept(&mut self, frame: &Frame) -> bool {
        let Some(answer) = self.step(frame) else {
            return false;
        };
        if self.recent.len() == self.word.window {
            self.recent.pop_front();
        }
        self.recent.push_back(answer);
        self.recent.len() == self.word.window && self.mean() > self.word.cutoff
    }

    /// What has been heard so far does not count any more.
    pub fn forget(&mut self) {
        self.recent.clear();
        self.input.clear();
        self.memory = self.word.plan.memory();
    }

    /// Takes a frame; the model's answer when it had enough of them, as the model writes it.
    pub fn step(&mut self, frame: &Frame) -> Option<i32> {
        let numbers = &self.word.numbers;
        self.input.extend(frame.iter().map(|feature| {
            let last = numbers.last().copied().unwrap_or(0);
            numbers.get(usize::from(*feature)).copied().unwrap_or(last)
        }));
        if self.input.len() < self.word.plan.stride * CHANNELS {
            return None;
        }
        self.last = self.word.plan.run(&self.input, &mut self.memory);
        self.input.clear();
        Some(self.last)
    }

    #[expect(clippy::cast_precision_loss)] // 100 at most
    fn mean(&self) -> f64 {
        let zero = self.word.plan.output_zero;
        let sum: i32 = self.recent.iter().map(|answer| answer - zero).sum();
        f64::from(sum) * f64::from(self.word.plan.output_scale) / self.recent.len() as f64
    }
}
