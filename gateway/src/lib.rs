//! The gateway: joins radios and voice, keeps the state of the home, publishes it.
//!
//! [`hub`] is pure: inputs in, effects out. Everything that does I/O is a thin task around it;
//! [`run`] is the loop that joins them.

pub mod ask;
pub mod backup;
pub mod cli;
pub mod clock;
pub mod config;
pub mod control;
#[cfg(feature = "sim")]
pub mod demo;
pub mod discovery;
pub mod doctor;
pub mod hub;
pub mod log;
pub mod mqtt;
pub mod parts;
pub mod presence;
#[cfg(feature = "replay")]
pub mod replay;
pub mod run;
pub mod status;
pub mod store;
pub mod trace;
#[cfg(feature = "ubus")]
pub mod ubus;
#[cfg(feature = "sentences")]
pub mod voice;
#[cfg(not(feature = "sentences"))]
#[path = "voice/absent.rs"]
pub mod voice;
#[cfg(feature = "web")]
pub mod web;
#[cfg(feature = "wyoming")]
pub mod wyoming;
