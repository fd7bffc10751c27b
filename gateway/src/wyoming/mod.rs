//! The Wyoming protocol: how voice satellites and Home Assistant's Assist speak over TCP.
//!
//! The contract: [`event`] and [`message`] are a pure codec; [`satellite`] is a state machine that is told
//! what came and what time it is, and says what to do; [`link`] moves the bytes. None trusts a peer: lengths,
//! speed and memory are bounded, and what is odd is passed over or ends one connection, never more.

pub mod audio;
pub mod event;
pub mod link;
pub mod message;
pub mod satellite;
pub mod tts;
