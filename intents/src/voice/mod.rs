//! The gateway's side of speech: the protocol, and a client that keeps the speech worker alive.
//!
//! The worker `hearth-voice` is a process of its own because it may need hundreds of megabytes, may
//! crash in a C library, and may run on another machine. Nothing the gateway does ever waits for it
//! without end: every call of [`Client`] returns by its deadline, with an error if need be.

mod client;
mod keeper;
pub mod memory;
pub mod protocol;
mod stream;
mod wav;

pub use client::{Client, Status, VoiceError, Worker};
pub use protocol::Utterance;
pub use stream::{INLET, Stream, StreamEvent, StreamOptions};
pub use wav::{Wav, WavError};
