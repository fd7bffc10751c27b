//! A simulated Zigbee dongle with simulated devices: for the demo and for tests.
//!
//! [`spawn`] starts an EZSP network co-processor of any protocol version behind a pty or a TCP port,
//! with devices around it that join, answer, report and sleep as real ones do. Any host can use it;
//! other people's do, in the project's tests. The [`Handle`] reaches behind the scenes: it lets
//! devices join, sets what they measure, shows what arrived at them, and breaks things
//! ([`Faults`]).
//!
//! The contract within: the co-processor ([`ncp`]) and the devices ([`device`]) know each other
//! only through [`air`] packets, and neither does any I/O; [`serve`](self) moves the bytes.

pub mod air;
mod config;
pub mod device;
pub mod faults;
mod handle;
pub mod ncp;
mod port;
mod serve;
mod world;
mod zdo;

#[cfg(test)]
mod serve_tests;
#[cfg(test)]
mod test_host;
#[cfg(test)]
mod tests;

pub use config::{DeviceConfig, SimConfig};
pub use device::Arrived;
pub use faults::{Faults, Struck, Switches, Times};
pub use handle::{DeviceStatus, Handle, SimError, spawn};
pub use port::Listen;
