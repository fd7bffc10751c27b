//! Service UUIDs: 128 bits, of which most services use only 16.

use std::fmt;
use std::str::FromStr;

/// What a short UUID is folded into: `0000xxxx-0000-1000-8000-00805f9b34fb`.
const BASE: u128 = 0x0000_0000_0000_1000_8000_0080_5f9b_34fb;
const SHORT_AT: u32 = 96;

/// The UUID of a service. Prints as four digits where it is a short one, else in full.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ServiceUuid(pub u128);

impl ServiceUuid {
    /// The full form of a 16-bit UUID.
    #[must_use]
    pub const fn of(short: u16) -> Self {
        Self(BASE | (short as u128) << SHORT_AT)
    }

    /// The 16-bit form, where it has one.
    #[must_use]
    #[expect(clippy::cast_possible_truncation)] // the cut-off part is compared
    pub const fn short(self) -> Option<u16> {
        let short = (self.0 >> SHORT_AT) as u16;
        if Self::of(short).0 == self.0 {
            Some(short)
        } else {
            None
        }
    }
}

impl From<u16> for ServiceUuid {
    fn from(short: u16) -> Self {
        Self::of(short)
    }
}

impl fmt::Display for ServiceUuid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(short) = self.short() {
            return write!(f, "{short:04x}");
        }
        let n = self.0;
        write!(
            f,
            "{:08x}-{:04x}-{:04x}-{:04x}-{:012x}",
            n >> 96,
            n >> 80 & 0xffff,
            n >> 64 & 0xffff,
            n >> 48 & 0xffff,
            n & 0xffff_ffff_ffff
        )
    }
}

impl fmt::Debug for ServiceUuid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// A text that is no UUID.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "a service UUID has 4 hexadecimal digits, or 32 with dashes after the 8th, 12th, 16th, 20th"
)]
pub struct UuidError;

impl FromStr for ServiceUuid {
    type Err = UuidError;

    fn from_str(text: &str) -> Result<Self, UuidError> {
        let digit = |byte: u8| char::from(byte).to_digit(16).ok_or(UuidError);
        if text.len() == 4 {
            let digits = text
                .bytes()
                .try_fold(0, |n, byte| Ok(n << 4 | digit(byte)?))?;
            return u16::try_from(digits).map(Self::of).map_err(|_| UuidError);
        }
        if text.len() != 36 {
            return Err(UuidError);
        }
        let mut number = 0;
        for (at, byte) in text.bytes().enumerate() {
            if matches!(at, 8 | 13 | 18 | 23) {
                if byte != b'-' {
                    return Err(UuidError);
                }
                continue;
            }
            number = number << 4 | u128::from(digit(byte)?);
        }
        Ok(Self(number))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_ones_are_known_in_both_forms() {
        let full: ServiceUuid = "0000FE95-0000-1000-8000-00805f9b34fb".parse().unwrap();
        assert_eq!(full.short(), Some(0xfe95));
        assert_eq!(full, "fe95".parse().unwrap());
        assert_eq!(full.to_string(), "fe95");
    }

    #[test]
    fn others_stay_whole() {
        let text = "ebe0ccb0-7a0a-4b0c-8a1a-6ff2997da3a6";
        let own: ServiceUuid = text.parse().unwrap();
        assert_eq!(own.short(), None);
        assert_eq!(own.to_string(), text);
        // 32-bit UUIDs are not 16-bit ones.
        let wide: ServiceUuid = "0001fe95-0000-1000-8000-00805f9b34fb".parse().unwrap();
        assert_eq!(wide.short(), None);
    }

    #[test]
    fn other_texts_are_refused() {
        for text in [
            "",
            "fe9",
            "+e95",
            "ebe0ccb0+7a0a-4b0c-8a1a-6ff2997da3a6",
            "éé",
        ] {
            assert_eq!(text.parse::<ServiceUuid>(), Err(UuidError), "{text}");
        }
    }
}
