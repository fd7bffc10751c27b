//! Recognition graphs: what a speech model listens for in this home, packed without OpenFst or Kaldi.
//!
//! A Vosk model knows hundreds of thousands of words; a home needs a few hundred. [`pack`](pack::pack) makes of the
//! model, the sentences and the home's names a model folder with a *static* graph that accepts those
//! sentences and nothing else. Stock libvosk runs it in a tenth of the memory and mishears less.
//!
//! The contract, in the order the data travels:
//! - [`read`] and [`ngram`] read OpenFst's binary files (`const`, `vector`, `olabel_lookahead`, `ngram`) as a
//!   stream: a file that lies about its sizes ends in an error that names the field and the byte, and
//!   nothing is allocated before its bytes were there;
//! - [`vocabulary`] cuts written words into those the model has, by its own word costs;
//! - [`acceptor`] holds the sentences as a minimal deterministic word acceptor; numbers and names are
//!   parts of it, sentences are never listed one by one;
//! - [`filler`] puts talk beside them; [`compose`] joins model and acceptor, [`minimize`] shrinks the result,
//!   [`balance`] keeps talk in the search, [`mod@write`] stores it;
//! - [`endings`] and [`near`] say of what was heard whether it is a whole sentence, or sounds like one.
//!
//! All costs are negated natural logarithms, as in the files: they add up, and less is better.

pub mod acceptor;
pub mod automaton;
pub mod balance;
pub mod compose;
pub mod endings;
pub mod filler;
pub mod fst;
pub mod ivector;
pub mod minimize;
pub mod near;
pub mod ngram;
pub mod pack;
pub mod read;
pub mod sentences;
pub mod sounds;
pub mod source;
pub mod symbols;
pub mod vocabulary;
pub mod write;

use std::path::Path;

/// Why a graph cannot be read or made.
#[derive(Debug, thiserror::Error)]
pub enum GraphError {
    /// A file cannot be opened, read or written.
    #[error("{file}: {error}")]
    Io {
        /// The file.
        file: String,
        /// What the system says.
        error: std::io::Error,
    },
    /// A file is not what it should be.
    #[error("{file}: {what}, byte {at}: {problem}")]
    Format {
        /// The file.
        file: String,
        /// The field.
        what: &'static str,
        /// Where it begins.
        at: u64,
        /// What is wrong with it.
        problem: String,
    },
    /// The parts are good but do not fit together.
    #[error("{0}")]
    Unfit(String),
}

impl GraphError {
    /// For a file of the file system.
    #[must_use]
    pub fn io(file: &Path, error: std::io::Error) -> Self {
        Self::Io {
            file: file.display().to_string(),
            error,
        }
    }
}
