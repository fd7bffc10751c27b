//! GATT: devices that are connected to, one at a time.
//!
//! The contract: [`spawn`] gives a [`Queue`] that takes commands and answers each exactly once, over a
//! [`Link`], which is BlueZ ([`bluez`]) or a simulated peripheral. What lamps and
//! sensors are told and tell is pure and in tables: [`lamps`], `readers`.

#[cfg(feature = "ble")]
pub mod bluez;
pub mod define;
pub mod lamps;
mod lighting;
pub mod link;
mod look;
pub mod operation;
pub mod queue;
mod readers;
mod schedule;
mod session;
#[cfg(any(test, feature = "sim"))]
pub mod sim;
#[cfg(test)]
mod tests;

pub use lamps::{is_lamp, recognise};
pub use link::{Link, LinkError, NoLink, NoScanning, Peer, Scanning};
pub use operation::{Action, Operation};
pub use queue::{Queue, Settings, spawn};
