//! A simulated Zigbee dongle with simulated devices: for the demo and for tests.

pub mod air;
pub mod device;
pub mod faults;
pub mod nvm;
mod port;
mod zdo;
