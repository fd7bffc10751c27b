//! A sentence from inside the process, whoever heard it, on its way to the hub; and what is said to it.

use tokio::sync::oneshot;

use crate::hub::{Answer, Utterance};

/// A sentence from inside the process, and where its answer goes.
#[derive(Debug)]
pub struct Ask {
    /// The sentence.
    pub utterance: Utterance,
    /// For the answer.
    pub answer: oneshot::Sender<Answer>,
}

/// Something to be said.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reply {
    /// The words.
    pub text: String,
    /// Their language; the home's unless given.
    pub language: Option<String>,
    /// Whether it was understood and could be done.
    pub ok: bool,
    /// It is a question: what is said next is its answer.
    pub confirm: bool,
}
