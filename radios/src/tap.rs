//! A tap on the wires: what a trace records and a replay feeds back.
//!
//! Radios hand every frame they send or receive to their [`Tap`]. Keys are blanked before a frame
//! gets here; a tap may write what it is given to a file that its user mails to strangers.

use std::fmt;
use std::sync::Arc;

/// Which way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// From the device to us.
    Received,
    /// From us to the device.
    Sent,
}

/// What passed the tap.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tapped<'a> {
    /// An EZSP frame (header and parameters), keys blanked.
    Ezsp(Direction, &'a [u8]),
    /// The link came up or down: `reset 0x0b`, `connected`, `lost: …`.
    Link(&'a str),
    /// An advertisement, as one line of JSON.
    Advert(&'a str),
}

/// A listener on the wires, or none.
#[derive(Clone, Default)]
pub struct Tap(Option<Arc<Listener>>);

type Listener = dyn Fn(Tapped<'_>) + Send + Sync;

impl Tap {
    /// A tap that hands everything to `listener`.
    pub fn new(listener: impl Fn(Tapped<'_>) + Send + Sync + 'static) -> Self {
        Self(Some(Arc::new(listener)))
    }

    /// Nobody listens.
    #[must_use]
    pub const fn none() -> Self {
        Self(None)
    }

    /// Whether it is worth preparing something to hand over.
    #[must_use]
    pub const fn is_on(&self) -> bool {
        self.0.is_some()
    }

    /// Hands `item` to the listener, if there is one.
    pub fn hand(&self, item: Tapped<'_>) {
        if let Some(listener) = &self.0 {
            listener(item);
        }
    }
}

impl fmt::Debug for Tap {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Tap").field(&self.is_on()).finish()
    }
}
