//! The seam between GATT and whatever carries it: BlueZ, or a simulated peripheral.
//!
//! The contract: nothing here waits for ever by itself, but nothing here has a limit of its own
//! either: limits, tries and pauses are the [queue](super::queue)'s. A future that is dropped leaves
//! the peer usable, or fails its next step.

use std::future::Future;
use std::pin::Pin;

use crate::ble::ServiceUuid;
use crate::{CommandError, Mac};

/// One step under way.
pub type Doing<'a, T> = Pin<Box<dyn Future<Output = Result<T, LinkError>> + Send + 'a>>;

/// The way to peripherals: an adapter.
pub trait Link: Send + std::fmt::Debug {
    /// Ends when the device was heard and can be connected to.
    fn find(&mut self, address: Mac) -> Doing<'_, ()>;
    /// Connects and learns the characteristics.
    fn connect(&mut self, address: Mac) -> Doing<'_, Box<dyn Peer>>;
}

/// A connected peripheral. Characteristics are named by their place in [`Peer::characteristics`].
pub trait Peer: Send {
    /// What it has.
    fn characteristics(&self) -> &[Characteristic];
    /// Writes.
    fn write<'a>(&'a mut self, at: usize, data: &'a [u8], how: Write) -> Doing<'a, ()>;
    /// Reads.
    fn read(&mut self, at: usize) -> Doing<'_, Vec<u8>>;
    /// Asks for notifications.
    fn subscribe(&mut self, at: usize) -> Doing<'_, ()>;
    /// The next notification; [`LinkError::Lost`] when the connection is gone.
    fn notified(&mut self) -> Doing<'_, (usize, Vec<u8>)>;
    /// Lets go of it.
    fn disconnect(&mut self) -> Doing<'_, ()>;
}

/// Scanning, which stands still while a connection is made: adapters that do both at once lose
/// connections.
pub trait Scanning: Send {
    /// Ends when scanning stands still.
    fn pause(&mut self) -> Pin<Box<dyn Future<Output = ()> + Send + '_>>;
    /// It may go on.
    fn resume(&mut self) -> Pin<Box<dyn Future<Output = ()> + Send + '_>>;
}

impl Scanning for crate::ble::scan::Control {
    fn pause(&mut self) -> Pin<Box<dyn Future<Output = ()> + Send + '_>> {
        Box::pin(Self::pause(self))
    }

    fn resume(&mut self) -> Pin<Box<dyn Future<Output = ()> + Send + '_>> {
        Box::pin(Self::resume(self))
    }
}

/// Nothing scans.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoScanning;

impl Scanning for NoScanning {
    fn pause(&mut self) -> Pin<Box<dyn Future<Output = ()> + Send + '_>> {
        Box::pin(std::future::ready(()))
    }

    fn resume(&mut self) -> Pin<Box<dyn Future<Output = ()> + Send + '_>> {
        Box::pin(std::future::ready(()))
    }
}

/// There is no adapter.
#[derive(Clone, Debug)]
pub struct NoLink(pub String);

impl Link for NoLink {
    fn find(&mut self, _: Mac) -> Doing<'_, ()> {
        Box::pin(std::future::ready(Err(LinkError::NoAdapter(
            self.0.clone(),
        ))))
    }

    fn connect(&mut self, _: Mac) -> Doing<'_, Box<dyn Peer>> {
        Box::pin(std::future::ready(Err(LinkError::NoAdapter(
            self.0.clone(),
        ))))
    }
}

/// How a value is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Write {
    /// The peripheral confirms.
    Acknowledged,
    /// It does not.
    Command,
}

/// One characteristic.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Characteristic {
    /// The service it belongs to.
    pub service: ServiceUuid,
    /// Its own UUID.
    pub uuid: ServiceUuid,
    /// Can be read.
    pub read: bool,
    /// Can be written, with confirmation.
    pub write: bool,
    /// Can be written without.
    pub command: bool,
    /// Notifies or indicates.
    pub notify: bool,
}

/// Why a step failed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LinkError {
    /// Bluetooth is off or absent.
    #[error("{0}")]
    NoAdapter(String),
    /// The device was not heard.
    #[error("not in range: it was not heard for {0} s")]
    NotInRange(u64),
    /// A step took too long.
    #[error("{step} timed out after {seconds} s")]
    TimedOut {
        /// `connecting`, `reading`, …
        step: &'static str,
        /// How long was waited.
        seconds: u64,
    },
    /// The connection broke.
    #[error("the connection was lost")]
    Lost,
    /// The stack or the device refused.
    #[error("{0}")]
    Failed(String),
    /// It has no such characteristic.
    #[error("it has no characteristic {0}")]
    NoCharacteristic(ServiceUuid),
    /// It is connected and takes what is written, but says nothing.
    #[error("it does not answer")]
    Silent,
    /// It obeys only whom it knows.
    #[error("it needs pairing: press the button on it, then try again")]
    Unpaired,
    /// It answered something impossible.
    #[error("{0}")]
    Nonsense(String),
}

impl LinkError {
    /// Whether another connection may help.
    #[must_use]
    pub const fn is_passing(&self) -> bool {
        matches!(self, Self::TimedOut { .. } | Self::Lost | Self::Failed(_))
    }

    /// For the one who asked, after so many tries.
    #[must_use]
    pub fn for_command(&self, tries: u32) -> CommandError {
        match self {
            Self::NoAdapter(why) => CommandError::Unavailable(why.clone()),
            Self::NoCharacteristic(_) | Self::Unpaired | Self::Nonsense(_) => {
                CommandError::Refused(self.to_string())
            }
            error if tries > 1 => {
                CommandError::NotDelivered(format!("{error}, after {tries} tries"))
            }
            error => CommandError::NotDelivered(error.to_string()),
        }
    }
}
