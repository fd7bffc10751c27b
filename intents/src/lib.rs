//! What people say: text becomes an intent; speech becomes text in another process.
//!
//! The contract, in the order a sentence travels:
//! - [`Engine`] holds one language's sentences and the names of one [`Home`]. It owns no file, socket
//!   or clock: [`Engine::recognize`] is a pure function of the sentence, the home and the [`Context`];
//! - a [`Match`] names an intent and its slots in Home Assistant's vocabulary and explains itself;
//!   a [`NoMatch`] says what is missing, in words a user understands;
//! - the work for one sentence is bounded: what is too entangled ends as [`NoMatch::TooComplex`];
//! - sentences are data (`intents/sentences/*.yaml`), never code.
//!
//! Spoken input: the process `hearth-voice` turns audio into text; [`voice`] is its protocol and the
//! client the gateway uses.

mod compile;
#[cfg(feature = "client")]
pub mod ear;
mod engine;
mod grammar;
pub mod graph;
mod home;
mod names;
mod normal;
mod numbers;
mod outcome;
mod recognize;
mod respond;
pub mod sentences;
mod several;
pub mod template;
mod trie;
#[cfg(feature = "client")]
pub mod voice;
#[cfg(feature = "worker")]
pub mod worker;

pub use engine::Engine;
pub use grammar::Grammar;
pub use home::{Area, Entity, Floor, Home};
pub use outcome::{Context, Explanation, Match, NoMatch, RunnerUp, Slot, Value};
pub use recognize::{BUDGET, MAX_SENTENCE};
pub use respond::Outcome;
