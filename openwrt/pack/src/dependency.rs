//! Dependencies: a name, and perhaps a version it must have.

use std::fmt;
use std::str::FromStr;

/// How a version must compare.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Comparison {
    /// Exactly this.
    Equal,
    /// This or older.
    AtMost,
    /// This or newer.
    AtLeast,
}

/// As apk writes a comparison, as opkg does, and apk's mask for it.
const COMPARISONS: &[(Comparison, &str, &str, u64)] = &[
    (Comparison::AtLeast, ">=", ">=", 5),
    (Comparison::AtMost, "<=", "<=", 3),
    (Comparison::Equal, "=", "=", 1),
];

impl Comparison {
    /// The mask of equal 1, less 2, greater 4.
    #[must_use]
    pub fn mask(self) -> u64 {
        let row = COMPARISONS.iter().find(|row| row.0 == self);
        row.map_or(1, |row| row.3)
    }
}

/// A dependency, read from `name` or `name >= 1.2`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Dependency {
    /// The other package.
    pub name: String,
    /// The version it must have.
    pub version: Option<(Comparison, String)>,
}

/// A text that is no dependency.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?}: not of the form `name` or `name >= 1.2-r1`")]
pub struct DependencyError(String);

impl FromStr for Dependency {
    type Err = DependencyError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let wrong = || DependencyError(text.to_owned());
        let split = COMPARISONS
            .iter()
            .find_map(|row| text.split_once(row.1).map(|parts| (row.0, parts)));
        let (name, version) = match split {
            Some((comparison, (name, version))) => {
                (name.trim(), Some((comparison, version.trim())))
            }
            None => (text.trim(), None),
        };
        let good = |text: &str, more: &str| {
            !text.is_empty()
                && text
                    .chars()
                    .all(|c| c.is_ascii_alphanumeric() || more.contains(c))
        };
        if !good(name, "-_.+:") || version.is_some_and(|(_, version)| !good(version, "-_.~")) {
            return Err(wrong());
        }
        Ok(Self {
            name: name.to_owned(),
            version: version.map(|(comparison, version)| (comparison, version.to_owned())),
        })
    }
}

impl fmt::Display for Dependency {
    /// As opkg writes it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name)?;
        let Some((comparison, version)) = &self.version else {
            return Ok(());
        };
        let row = COMPARISONS.iter().find(|row| row.0 == *comparison);
        write!(f, " ({} {version})", row.map_or("=", |row| row.2))
    }
}
