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

#[cfg(not(feature = "sentences"))]
mod absent;
#[cfg(all(feature = "client", target_os = "linux"))]
pub mod alsa;
#[cfg(feature = "sentences")]
mod clock;
#[cfg(feature = "sentences")]
mod compile;
#[cfg(feature = "client")]
pub mod ear;
#[cfg(feature = "sentences")]
mod engine;
#[cfg(feature = "sentences")]
mod grammar;
#[cfg(feature = "sentences")]
pub mod graph;
#[cfg(feature = "sentences")]
mod heap;
mod home;
pub mod leash;
#[cfg(feature = "sentences")]
mod names;
#[cfg(feature = "sentences")]
mod normal;
#[cfg(feature = "sentences")]
mod numbers;
mod outcome;
#[cfg(feature = "sentences")]
mod recognize;
#[cfg(feature = "sentences")]
mod respond;
#[cfg(feature = "sentences")]
pub mod sentences;
#[cfg(feature = "sentences")]
mod several;
#[cfg(feature = "sentences")]
pub mod template;
#[cfg(feature = "sentences")]
mod trie;
#[cfg(feature = "client")]
pub mod voice;
#[cfg(feature = "worker")]
pub mod worker;

#[cfg(not(feature = "sentences"))]
pub use absent::Engine;
#[cfg(feature = "sentences")]
pub use engine::Engine;
#[cfg(feature = "sentences")]
pub use grammar::Grammar;
pub use home::{Area, Entity, Floor, Home};
pub use outcome::{Context, Explanation, Match, NoMatch, Outcome, RunnerUp, Slot, Value};
#[cfg(feature = "sentences")]
pub use recognize::{BUDGET, MAX_SENTENCE};
