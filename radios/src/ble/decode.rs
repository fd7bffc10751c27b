//! From an advertisement to a reading: which format it is, and what it says.

use std::time::Duration;

use super::{Advert, BindKey, Memory, formats};
use crate::Changes;

/// What an advertisement says.
#[derive(Clone, Debug, PartialEq)]
pub struct Reading {
    /// The format's name: `mibeacon`, `bthome`, …
    pub format: &'static str,
    /// The maker's model name, where the format tells it.
    pub model: Option<&'static str>,
    /// The maker.
    pub vendor: Option<&'static str>,
    /// False: this frame repeats one already heard. The device is alive; the changes are old.
    pub news: bool,
    /// Property values, in the formats' words (`motion`, `opening`, …).
    pub changes: Changes,
    /// The version of the sender's firmware, where it tells it.
    pub firmware: Option<String>,
    /// Who it is, for frames that tell an identity besides the address.
    pub beacon: Option<Beacon>,
}

impl Reading {
    /// A reading that says nothing yet.
    #[must_use]
    pub const fn of(format: &'static str) -> Self {
        Self {
            format,
            model: None,
            vendor: None,
            news: true,
            changes: Changes::new(),
            firmware: None,
            beacon: None,
        }
    }

    /// Adds a property.
    pub fn put(&mut self, property: &'static str, value: impl Into<crate::Value>) {
        self.changes.push((property.into(), value.into()));
    }
}

/// An identity that a beacon tells, whatever address it uses.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Beacon {
    /// Apple's iBeacon.
    IBeacon {
        /// The owner's UUID.
        uuid: u128,
        /// Its group.
        major: u16,
        /// Its number in the group.
        minor: u16,
    },
    /// `AltBeacon`: a UUID and two numbers, as iBeacon has them, by any maker.
    AltBeacon {
        /// The first 16 bytes of the identity.
        uuid: u128,
        /// The next two.
        major: u16,
        /// The last two.
        minor: u16,
    },
    /// Eddystone-UID.
    Eddystone {
        /// The owner's namespace.
        namespace: [u8; 10],
        /// Its number there.
        instance: [u8; 6],
    },
}

/// Why an advertisement says nothing to us.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DecodeError {
    /// None of the formats known here.
    #[error("no known format")]
    Unknown,
    /// Ends inside the named field.
    #[error("cut off in its {0}")]
    Truncated(&'static str),
    /// The named field holds what it cannot hold.
    #[error("its {0} cannot be true")]
    Invalid(&'static str),
    /// A checksum over the payload does not fit.
    #[error("its checksum does not fit")]
    Checksum,
    /// A variant that is not read.
    #[error("{0} is not supported")]
    Unsupported(&'static str),
    /// The payload names another sender.
    #[error("the payload names another address than its sender")]
    OtherAddress,
    /// An object has a length it cannot have.
    #[error("object {object:#06x} cannot have {length} bytes")]
    Length {
        /// The object's type.
        object: u16,
        /// Its length.
        length: usize,
    },
    /// Encrypted, and no key is known.
    #[error("encrypted: its bind key is needed (32 hexadecimal digits)")]
    KeyMissing,
    /// Encrypted with another key.
    #[error("the bind key is wrong: the advert does not decrypt with it")]
    KeyWrong,
    /// 12 bytes where 16 are needed.
    #[error(
        "24 digits are a token or a key of the oldest devices; this device needs its bind key of 32 digits"
    )]
    Token,
    /// Plain, though the sender has a key: anybody could have sent it.
    #[error("not encrypted, though a bind key is set for this device")]
    NotEncrypted,
}

impl DecodeError {
    /// Whether a key, another one or none, would help.
    #[must_use]
    pub const fn concerns_key(&self) -> bool {
        matches!(
            self,
            Self::KeyMissing | Self::KeyWrong | Self::Token | Self::NotEncrypted
        )
    }
}

/// Decodes `advert` as if it were the first of its sender.
///
/// # Errors
/// See [`DecodeError`].
pub fn decode(advert: &Advert, key: Option<&BindKey>) -> Result<Reading, DecodeError> {
    decode_with(advert, key, &mut Memory::default(), Duration::ZERO)
}

/// Decodes `advert`, with its sender's key where one is known and with what is remembered of it.
/// `now` is the time since any fixed moment.
///
/// # Errors
/// See [`DecodeError`]. Where several formats could read it and none did, the error of the first.
pub fn decode_with(
    advert: &Advert,
    key: Option<&BindKey>,
    memory: &mut Memory,
    now: Duration,
) -> Result<Reading, DecodeError> {
    formats::read(advert, key, memory, now)
}
