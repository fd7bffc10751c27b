//! Bind keys: what decrypts a Xiaomi device's advertisements.
//!
//! A key is 16 bytes (32 hexadecimal digits), or 12 bytes for devices of the legacy encryption. A
//! *token* also has 24 digits and opens nothing, the commonest mistake; errors say so.

use std::fmt;
use std::str::FromStr;

use super::advert::from_hex;

/// What the legacy encryption puts between the halves of a 12-byte key.
const LEGACY_MIDDLE: [u8; 4] = [0x8d, 0x3d, 0x3c, 0x97];

/// The key of one device. `Debug` hides it.
#[derive(Clone, PartialEq, Eq)]
pub struct BindKey {
    bytes: [u8; 16],
    legacy: bool,
}

/// A text that is no key.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// Other than 24 or 32 digits.
    #[error("a bind key has 32 hexadecimal digits (24 for very old devices), this has {0}")]
    Length(usize),
    /// Something that is no hexadecimal digit.
    #[error("a bind key has only hexadecimal digits 0-9 and a-f")]
    Digits,
}

impl BindKey {
    /// The AES-128 key.
    #[must_use]
    pub const fn aes(&self) -> &[u8; 16] {
        &self.bytes
    }

    /// Given as 12 bytes, and so of use to the legacy encryption alone.
    #[must_use]
    pub const fn is_legacy(&self) -> bool {
        self.legacy
    }
}

impl FromStr for BindKey {
    type Err = KeyError;

    fn from_str(text: &str) -> Result<Self, KeyError> {
        let text = text.trim();
        let digits = text.chars().count();
        if digits != 24 && digits != 32 {
            return Err(KeyError::Length(digits));
        }
        let given = from_hex(text).ok_or(KeyError::Digits)?;
        let mut bytes = [0; 16];
        if let (Some(head), Some(tail), 12) = (given.get(..6), given.get(6..), given.len()) {
            bytes[..6].copy_from_slice(head);
            bytes[6..10].copy_from_slice(&LEGACY_MIDDLE);
            bytes[10..].copy_from_slice(tail);
            return Ok(Self {
                bytes,
                legacy: true,
            });
        }
        bytes.copy_from_slice(&given);
        Ok(Self {
            bytes,
            legacy: false,
        })
    }
}

impl fmt::Debug for BindKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("BindKey(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_come_in_two_lengths() {
        let long: BindKey = "e9ea895fac7cca6d30532432a516f3a8".parse().unwrap();
        assert!(!long.is_legacy());
        let short: BindKey = "b853075158487ca39a5b5ea9".parse().unwrap();
        assert!(short.is_legacy());
        assert_eq!(
            short.aes(),
            "b853075158488d3d3c977ca39a5b5ea9"
                .parse::<BindKey>()
                .unwrap()
                .aes()
        );
        assert_eq!(format!("{short:?}"), "BindKey(…)");
    }

    #[test]
    fn others_are_refused() {
        assert_eq!("00".parse::<BindKey>(), Err(KeyError::Length(2)));
        assert_eq!(
            "zz53075158487ca39a5b5ea9".parse::<BindKey>(),
            Err(KeyError::Digits)
        );
        assert_eq!(
            "+153075158487ca39a5b5ea9".parse::<BindKey>(),
            Err(KeyError::Digits)
        );
        assert_eq!(
            "ééééééééééééééééééééééééé".parse::<BindKey>(),
            Err(KeyError::Length(25))
        );
    }
}
