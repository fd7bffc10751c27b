//! What recognition gives: a [`Match`] with its reasons, or a [`NoMatch`] that says what is missing.
//!
//! Intents and slots are Home Assistant's: `HassTurnOn`, `HassTurnOff`, `HassToggle`, `HassLightSet`,
//! `HassGetState`, `HassClimateGetTemperature`, … with slots `name`, `area`, `floor`, `domain`,
//! `device_class`, `brightness` (percent), `temperature` (kelvin for lights), `color`. Where Home
//! Assistant has no word, Hearth's own sentences add: `brightness_step` (percent points, signed),
//! `temperature_step` (kelvin for lights, signed, more is colder light; degrees for heating), `mired`,
//! `position_step`, `percentage_step`, `mode`; `name: all` for everything that can be switched; and
//! `delay` (seconds) or `at` (minutes after midnight; `at_either`: or twelve hours later; `at_day`: 1 for
//! tomorrow) for what is to be done later. Its own intents begin with `Hearth`: `HearthYes`,
//! `HearthNo` and `HearthChoose` answer a question, `HearthSceneStore`, `HearthClimateMode`,
//! `HearthWake` rings at a time of day.

use std::fmt;

use serde::{Deserialize, Serialize};

/// What is known besides the words.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Context {
    /// The area in which the words were spoken: "turn on the light" means the one there.
    #[serde(default)]
    pub area: Option<String>,
    /// Anything else that sentences may require or exclude (`requires_context`).
    #[serde(default)]
    pub more: Vec<(String, String)>,
}

/// The value of a slot.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Value {
    /// A number, whatever way it was said.
    Number(f64),
    /// A name, a state, free text.
    Text(String),
    /// Yes or no; only as a fixed slot of a sentence.
    Bool(bool),
    /// Any of these: a word that may mean several kinds of device.
    List(Vec<Value>),
}

impl Value {
    /// The text in it.
    #[must_use]
    pub fn as_str(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            _ => None,
        }
    }

    /// The number in it.
    #[must_use]
    pub const fn as_f64(&self) -> Option<f64> {
        match self {
            Self::Number(number) => Some(*number),
            _ => None,
        }
    }
}

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Number(number) => number.fmt(f),
            Self::Text(text) => f.write_str(text),
            Self::Bool(yes) => yes.fmt(f),
            Self::List(values) => {
                for (i, value) in values.iter().enumerate() {
                    if i > 0 {
                        f.write_str(", ")?;
                    }
                    value.fmt(f)?;
                }
                Ok(())
            }
        }
    }
}

/// One slot of a match.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Slot {
    /// Its name: `area`.
    pub name: String,
    /// Its value: the main name, the number, the `out` of a list.
    pub value: Value,
    /// The words it was taken from; empty for slots fixed by the sentence or taken from the context.
    pub text: String,
    /// Where these words are: byte range in the sentence as it was given.
    pub span: Option<(usize, usize)>,
    /// The home's entities of that name ([`crate::Entity::id`]), more than one when they share it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub ids: Vec<String>,
    /// Free text that no list checked.
    pub wildcard: bool,
}

/// A sentence understood.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Match {
    /// `HassTurnOn`, …
    pub intent: String,
    /// Said, implied by the sentence, or taken from the context.
    pub slots: Vec<Slot>,
    /// The key of the answer in the language's responses.
    pub response: String,
    /// Why this and nothing else.
    pub explanation: Explanation,
}

impl Match {
    /// The slot `name`.
    #[must_use]
    pub fn slot(&self, name: &str) -> Option<&Slot> {
        self.slots.iter().find(|slot| slot.name == name)
    }

    /// The text in the slot `name`.
    #[must_use]
    pub fn text(&self, name: &str) -> Option<&str> {
        self.slot(name)?.value.as_str()
    }

    /// The number in the slot `name`.
    #[must_use]
    pub fn number(&self, name: &str) -> Option<f64> {
        self.slot(name)?.value.as_f64()
    }
}

/// The reason of a match.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Explanation {
    /// The sentence template, as written.
    pub template: String,
    /// Where it is written: `en.yaml:12`; without a line for compiled sentences.
    pub source: String,
    /// The sentence as it was compared: blanks, punctuation and skip words gone.
    pub compared: String,
    /// How many readings fitted, this one included.
    pub readings: usize,
    /// The next best reading that means something else, and why it lost.
    pub runner_up: Option<RunnerUp>,
    /// Work done, in matcher steps.
    pub steps: u32,
    /// What was overlooked to understand it, in words for people; empty for a sentence that fits.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub forgiven: Vec<String>,
}

/// What else the sentence could have meant.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RunnerUp {
    /// Its intent.
    pub intent: String,
    /// Its slots.
    pub slots: Vec<(String, Value)>,
    /// Its template.
    pub template: String,
    /// Why it lost.
    pub lost: String,
}

/// A sentence not understood. `Display` gives the sentence to show.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error, Serialize)]
pub enum NoMatch {
    /// Nothing but blanks and punctuation.
    #[error("nothing was said")]
    Empty,
    /// Longer than any command.
    #[error("that is too long for a command ({0} characters)")]
    TooLong(usize),
    /// A sentence fits but for a name the home does not know.
    #[error("no {what} called '{text}'")]
    UnknownName {
        /// `device`, `area` or `floor`.
        what: String,
        /// The words in its place.
        text: String,
        /// The intent it would have been.
        intent: String,
        /// The template that came closest.
        template: String,
    },
    /// A sentence fits, but the thing named is of another kind.
    #[error("'{name}' is a {domain}: that cannot be done with it")]
    WrongKind {
        /// The thing's name.
        name: String,
        /// What it is.
        domain: String,
        /// The intent it would have been.
        intent: String,
        /// The template that came closest.
        template: String,
    },
    /// A sentence fits, but something must be known besides, such as the room.
    #[error("which {missing} is meant?")]
    Missing {
        /// What must be known: `area`.
        missing: String,
        /// The intent it would have been.
        intent: String,
        /// The template that came closest.
        template: String,
    },
    /// A sentence fits but for a number outside its range.
    #[error("{number} is out of range ({from} to {to})")]
    OutOfRange {
        /// The number said.
        number: String,
        /// The smallest.
        from: i32,
        /// The largest.
        to: i32,
        /// The intent it would have been.
        intent: String,
        /// The template that came closest.
        template: String,
    },
    /// No sentence is like that.
    #[error("that was not understood")]
    NothingLike,
    /// Given up after this many steps.
    #[error("that is too entangled to understand (given up after {0} steps)")]
    TooComplex(u32),
}

/// What came of an intent.
#[derive(Clone, Debug, PartialEq)]
pub enum Outcome {
    /// It was done with so many devices.
    Done {
        /// How many.
        count: usize,
    },
    /// It was done, or is known, and the intent's answer of this key tells it.
    Told {
        /// The key.
        key: &'static str,
        /// What its places hold.
        values: Vec<(&'static str, String)>,
    },
    /// A value was asked for and is known.
    Reading {
        /// It.
        value: f64,
        /// Its unit: `°C`, `%`.
        unit: String,
    },
    /// A state was asked about: whether it is so, and of which devices.
    State {
        /// Whether.
        holds: bool,
        /// Which; may be empty.
        names: Vec<String>,
    },
    /// There is nothing of the kind there.
    Nothing,
    /// It cannot be done, for a reason that the language's `errors` have a text for.
    Cannot {
        /// The key of the text.
        why: &'static str,
        /// The device it cannot be done with.
        name: String,
    },
    /// It failed; why, for people.
    Failed(String),
}

impl Outcome {
    /// Whether what was asked for is done or known.
    #[must_use]
    pub const fn is_good(&self) -> bool {
        !matches!(self, Self::Failed(_) | Self::Nothing | Self::Cannot { .. })
    }
}
