//! What the ends of a link are, tell and refuse.

#[cfg(doc)]
use super::Link;
use super::code;
use super::frame::{MAX_PAYLOAD, MIN_PAYLOAD, PROTOCOL_VERSION};

/// Which end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// The computer: it resets the NCP and connects.
    Host,
    /// The radio: it is reset.
    Ncp,
}

/// What a link tells.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// The link is up and both ends start afresh. At the host: RST was answered. At the NCP: RST
    /// came and is being answered; it comes again with each RST.
    Connected {
        /// The reset code in RSTACK, see [`code`].
        code: u8,
    },
    /// An EZSP frame, 3…220 bytes; each once and in order.
    Data(Vec<u8>),
    /// The NCP rebooted by itself: all that was under way is lost, all it was told is forgotten. The
    /// link is down, because frames that met the NCP on its way up may have been counted or not;
    /// [`Link::connect`] settles that.
    Reset {
        /// Why, see [`code`].
        code: u8,
    },
    /// The link is down. The host brings it up with [`Link::connect`]; the NCP waits for RST.
    Failed(Failure),
}

/// Why a link is down.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Failure {
    /// RST was never answered.
    #[error("no answer to {tries} resets")]
    NoAnswer {
        /// How many were sent.
        tries: u8,
    },
    /// DATA was sent again and again and never acknowledged.
    #[error("a frame sent {tries} times was never acknowledged")]
    NotAcknowledged {
        /// How often it was sent.
        tries: u8,
    },
    /// The NCP gave up.
    #[error("the radio gave up: {} ({code:#04x})", code::name(*code))]
    Ncp {
        /// Why, see [`code`].
        code: u8,
    },
    /// The NCP speaks another ASH.
    #[error("the radio speaks ASH version {0}, expected {PROTOCOL_VERSION}")]
    Version(u8),
    /// The stream under the link ended or failed; only a [`port`](super::port) says so.
    #[error("serial line lost: {0}")]
    Lost(String),
}

/// Why a frame was not taken for sending.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SendError {
    /// The link is not up.
    #[error("the link is not up")]
    NotConnected,
    /// The queue is full.
    #[error("the send queue is full")]
    Full,
    /// EZSP frames have 3…220 bytes.
    #[error("a frame of {0} bytes, expected {MIN_PAYLOAD} to {MAX_PAYLOAD}")]
    Length(usize),
}
