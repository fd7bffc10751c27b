//! Serial lines: ttys, `tcp://` bridges, finding the dongle.
//!
//! - [`PortAddr`] is what a user writes: `auto`, `/dev/ttyUSB0?baud=115200&flow=sw`,
//!   `tcp://192.168.1.9:6638`.
//! - [`open()`] opens one; an [`Opener`] opens it again and again, also when the stick comes back under
//!   another name.
//! - [`find()`] lists the sticks that are plugged in, [`probe`](probe::probe) tries what line settings a
//!   stick answers to.
//!
//! Everything here reads the kernel's sysfs itself: routers have no udev, and no `/dev/serial/by-id`.

mod address;
mod dongles;
mod find;
mod open;
pub mod probe;
mod tty;

#[cfg(test)]
mod fake_sysfs;

pub use address::{Flow, Line, PortAddr, PortAddrError};
pub use dongles::{DONGLES, Dongle, Firmware};
pub use find::{Adapter, Identity, Usb, find, find_in};
pub use open::{Opener, Stream, open};
