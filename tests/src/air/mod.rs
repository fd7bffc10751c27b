//! The air of a Bluetooth test: a virtual LE controller for the kernel, adverts to put on the air, and a
//! lamp to connect to.
//!
//! The controller is a program of its own (`ble-vm controller`), so that it can be pulled like a USB
//! stick: by ending it. It is told what to air a line at a time on its standard input, and tells on its
//! standard output what the host does to it.

pub mod adverts;
pub mod att;
pub mod controller;
pub mod hci;
pub mod host;
pub mod lamp;
