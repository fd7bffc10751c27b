//! A sentence from inside the process, whoever heard it, on its way to the hub.

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
