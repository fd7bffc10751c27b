//! The ASH link: frames on the serial line and the state machine that makes them reliable.
//!
//! ASH (asynchronous serial host protocol, Silicon Labs UG101) carries EZSP frames of 3 to 220
//! bytes over a UART: each arrives once and in order, or the link says that it failed.
//!
//! - [`frame`]: what one frame looks like on the wire, both directions; [`Deframer`] finds frames in
//!   a stream of bytes.
//! - [`Link`]: the state machine of either end, without I/O.
//! - [`port`]: the task that moves bytes between a stream and a link.
//!
//! The contract of [`Link`]: hand it something ([`connect`](Link::connect),
//! [`receive`](Link::receive), [`send`](Link::send), [`handle_timeout`](Link::handle_timeout)),
//! then drain [`poll_transmit`](Link::poll_transmit) and [`poll_event`](Link::poll_event) until they
//! are empty, then sleep until [`poll_timeout`](Link::poll_timeout) or until bytes arrive. Clock
//! values are [`Duration`](std::time::Duration)s since any moment that stays the same; a clock that
//! goes back is taken to stand still.

mod deframer;
mod event;
pub mod frame;
mod link;
pub mod port;
mod settings;

#[cfg(test)]
mod channel_tests;
#[cfg(test)]
mod link_tests;
#[cfg(test)]
mod port_tests;

pub use deframer::{BadFrame, Deframer};
pub use event::{Event, Failure, Role, SendError};
pub use frame::{Frame, FrameError, MAX_PAYLOAD, MIN_PAYLOAD, PROTOCOL_VERSION};
pub use link::Link;
pub use port::{Port, Request};
pub use settings::{Counters, Settings};

/// Why an NCP started or failed, as RSTACK and ERROR carry it.
pub mod code {
    /// A reset by the pin.
    pub const EXTERNAL: u8 = 0x01;
    /// Power came on.
    pub const POWER_ON: u8 = 0x02;
    /// The watchdog bit.
    pub const WATCHDOG: u8 = 0x03;
    /// The firmware gave up on itself.
    pub const ASSERT: u8 = 0x06;
    /// Back from the bootloader.
    pub const BOOTLOADER: u8 = 0x09;
    /// A reset by software: the normal answer to RST.
    pub const SOFTWARE: u8 = 0x0b;
    /// The NCP's frames were not acknowledged in time: the host was too slow.
    pub const ACK_TIMEOUTS: u8 = 0x51;

    /// `code` in words.
    #[must_use]
    pub const fn name(code: u8) -> &'static str {
        match code {
            EXTERNAL => "external reset",
            POWER_ON => "power on",
            WATCHDOG => "watchdog reset",
            ASSERT => "assertion failed",
            BOOTLOADER => "bootloader reset",
            SOFTWARE => "software reset",
            ACK_TIMEOUTS => "its frames were not acknowledged in time",
            0x80.. => "chip specific reason",
            _ => "unknown reason",
        }
    }
}
