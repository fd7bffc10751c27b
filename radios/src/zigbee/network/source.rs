//! Where the dongle's bytes come from: asked for once at the start and again after each loss.

use std::future::Future;
use std::io;
use std::pin::Pin;

use crate::ash::Port;
use crate::serial::{Opener, Stream};

/// What an opened source hands over.
pub enum Wire {
    /// A serial line with a dongle at its end.
    Line(Box<dyn Stream>),
    /// An ASH port, or what stands for one: recorded EZSP frames, a scripted dongle.
    Port(Port),
}

/// The future of [`Source::open`].
pub type Opening<'a> = Pin<Box<dyn Future<Output = io::Result<Wire>> + Send + 'a>>;

/// The way to a dongle. Opened again after every loss, so it must find the dongle also under
/// another name.
pub trait Source: Send {
    /// For people: `/dev/ttyUSB0`.
    fn name(&self) -> String;

    /// Opens the wire.
    ///
    /// # Errors
    /// For people, naming what cannot be opened; the network tries again with back-off.
    fn open(&mut self) -> Opening<'_>;

    /// The wire opened, but nothing answered at its end: the next opening may try other line
    /// settings. For people: which were used; none where there is nothing to choose.
    fn unanswered(&mut self) -> Option<String> {
        None
    }
}

/// A source from a closure, for tests and the demo: each call yields the next wire.
impl<F> Source for F
where
    F: FnMut() -> io::Result<Wire> + Send,
{
    fn name(&self) -> String {
        "the given line".to_owned()
    }

    fn open(&mut self) -> Opening<'_> {
        let wire = self();
        Box::pin(async move { wire })
    }
}

/// A tty or TCP bridge, found again under another name when it comes back under one.
impl Source for Opener {
    fn name(&self) -> String {
        Self::name(self).to_owned()
    }

    fn open(&mut self) -> Opening<'_> {
        Box::pin(async move { Self::open(self).await.map(Wire::Line) })
    }

    fn unanswered(&mut self) -> Option<String> {
        self.try_other_line().map(|line| line.to_string())
    }
}
