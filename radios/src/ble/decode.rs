//! From an advertisement to a reading: which format it is, and what it says.

use super::{Advert, BindKey, mibeacon};
use crate::Changes;

/// What an advertisement says.
#[derive(Clone, Debug, PartialEq)]
pub struct Reading {
    /// The maker's model name, where the format tells it.
    pub model: Option<&'static str>,
    /// The maker.
    pub vendor: Option<&'static str>,
    /// Rises with each new frame where the format counts them: tells repeats from news.
    pub counter: Option<u8>,
    /// Property values.
    pub changes: Changes,
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
}

impl DecodeError {
    /// Whether a key, or another one, would help.
    #[must_use]
    pub const fn concerns_key(&self) -> bool {
        matches!(self, Self::KeyMissing | Self::KeyWrong | Self::Token)
    }
}

/// Decodes `advert`, with the sender's key where one is known.
///
/// # Errors
/// See [`DecodeError`].
pub fn decode(advert: &Advert, key: Option<&BindKey>) -> Result<Reading, DecodeError> {
    let data = advert
        .service(mibeacon::SERVICE)
        .ok_or(DecodeError::Unknown)?;
    let content = mibeacon::decode(data, advert.address, key)?;
    let product = mibeacon::product(content.product);
    Ok(Reading {
        model: product.map(|p| p.model),
        vendor: product.map(|p| p.vendor),
        counter: Some(content.counter),
        changes: content.changes,
    })
}
