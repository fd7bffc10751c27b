//! The gateway: joins radios and voice, keeps the state of the home, publishes it.
//!
//! [`hub`] is pure: inputs in, effects out. Everything that does I/O is a thin task around it.

pub mod clock;
pub mod config;
pub mod discovery;
pub mod hub;
pub mod log;
pub mod mqtt;
pub mod store;
#[cfg(feature = "web")]
pub mod web;
