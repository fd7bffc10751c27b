//! The hub: the registry of devices, their state, and what everyone may ask of them.
//!
//! The contract: it is pure. [`Hub::handle`] takes an [`Input`] and the time, and returns
//! [`Effect`]s to be carried out in their order; it opens no socket, reads no clock and writes no
//! file. The same inputs give the same effects, so a whole home is replayed in microseconds.

mod io;

pub use io::{
    Answer, CallId, ClientId, Document, Effect, Input, Message, Now, Origin, Publish, Qos,
    StoreToken, Utterance,
};

use std::time::Duration;

/// The hub. See the [module](self).
#[derive(Debug)]
pub struct Hub {}

impl Hub {
    /// Handles one input.
    pub fn handle(&mut self, _input: Input, _now: Now) -> Vec<Effect> {
        Vec::new()
    }

    /// When it wants [`Input::Tick`], in [`Now::elapsed`].
    #[must_use]
    pub const fn next_deadline(&self) -> Option<Duration> {
        None
    }
}
