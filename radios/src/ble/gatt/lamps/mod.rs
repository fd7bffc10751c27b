//! Lamps: which one an advert is of, and how each kind is spoken to.
//!
//! The contract: a `Codec` is pure. It makes frames of a wish and tells what a frame of the lamp
//! says; when, how often and over which connection is the [queue](super::queue)'s. A new kind of lamp
//! is one file here and its lines in `table`.

mod govee;
mod lednetwf;
mod table;
mod triones;
mod yeelight;

pub(super) use table::{Lamp, lamp};
pub use table::{Recognised, is_lamp, recognise};

use std::time::Duration;

use super::look::Look;
use crate::ble::ServiceUuid;

/// How a kind of lamp is spoken to.
pub(super) trait Codec: Sync + std::fmt::Debug {
    /// Where frames go, best first.
    fn writes(&self) -> &'static [ServiceUuid];
    /// Where the lamp speaks, best first; nothing: it never does.
    fn notifies(&self) -> &'static [ServiceUuid];
    /// Frames that bring a lamp to `to`, of which only `wish` was asked for.
    fn frames(&self, wish: &Look, to: &Look) -> Vec<Vec<u8>>;
    /// Questions for its state; each is answered by one frame that tells a look.
    fn questions(&self) -> Vec<Vec<u8>>;
    /// What a frame of the lamp says.
    fn told(&self, frame: &[u8]) -> Result<Told, FrameError>;
    /// Whether the state may be asked for right after `wish`.
    fn can_read_back(&self, _wish: &Look) -> bool {
        true
    }
    /// The frame as it goes into the air, the `count`th of its connection.
    fn wrap(&self, frame: Vec<u8>, _count: u8) -> Vec<u8> {
        frame
    }
    /// Said while connected, this often.
    fn keep_alive(&self) -> Option<(Duration, Vec<u8>)> {
        None
    }
    /// What opens a connection to a lamp that obeys only whom it knows.
    fn pairing(&self) -> Option<Pairing> {
        None
    }
}

/// How a lamp is told who we are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Pairing {
    pub(super) frame: Vec<u8>,
    /// It always answers; else silence is consent.
    pub(super) answered: bool,
}

/// What a frame of a lamp says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Told {
    /// Its state, or part of it.
    Look(Look),
    /// Part of its state, unasked.
    Part(Look),
    /// It obeys.
    Paired,
    /// It wants its button pressed.
    PressButton,
    /// It does not want to.
    NotPaired,
    /// Something else.
    Other,
}

/// A frame that is none of this lamp's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("lamp frame: `{0}` is missing or wrong")]
pub(super) struct FrameError(pub(super) &'static str);

type Rest<'a, T> = Result<(&'a [u8], T), nom::Err<nom::error::Error<&'a [u8]>>>;

/// Runs `parser`; an error names `field`.
fn field<'a, T>(
    field: &'static str,
    parser: impl FnOnce(&'a [u8]) -> Rest<'a, T>,
    input: &'a [u8],
) -> Result<(&'a [u8], T), FrameError> {
    parser(input).map_err(|_| FrameError(field))
}

/// The sum of all bytes, in eight bits.
fn sum(bytes: &[u8]) -> u8 {
    bytes.iter().fold(0, |sum, byte| sum.wrapping_add(*byte))
}

/// `frame`, with the sum of its bytes behind it.
fn summed(mut frame: Vec<u8>) -> Vec<u8> {
    frame.push(sum(&frame));
    frame
}
