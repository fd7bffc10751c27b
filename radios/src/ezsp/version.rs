//! EZSP protocol versions.

use std::fmt;

/// A protocol version that is spoken here: 8 to 19.
///
/// Version 15 was never seen in released firmware; it is treated like 14.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Version(u8);

impl Version {
    /// The oldest: the first with the extended header.
    pub const OLDEST: Self = Self(8);
    /// The newest.
    pub const NEWEST: Self = Self(19);
    /// The most common in the field (EmberZNet 7.4 and 7.5).
    pub const COMMON: Self = Self(13);

    /// The version of this number, if it is spoken here.
    #[must_use]
    pub const fn new(number: u8) -> Option<Self> {
        if number >= Self::OLDEST.0 && number <= Self::NEWEST.0 {
            Some(Self(number))
        } else {
            None
        }
    }

    /// Its number.
    #[must_use]
    pub const fn number(self) -> u8 {
        self.0
    }

    /// Whether it is `number` or newer.
    #[must_use]
    pub const fn since(self, number: u8) -> bool {
        self.0 >= number
    }

    /// Every version that is spoken here.
    pub fn all() -> impl Iterator<Item = Self> {
        (Self::OLDEST.0..=Self::NEWEST.0).map(Self)
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_8_to_19_are_spoken() {
        assert_eq!(Version::new(7), None);
        assert_eq!(Version::new(20), None);
        assert_eq!(Version::all().count(), 12);
        assert!(Version::COMMON.since(13) && !Version::COMMON.since(14));
    }
}
