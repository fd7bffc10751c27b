//! What is wrong with a configuration, and where.

use std::fmt;
use std::path::PathBuf;

/// Where a value came from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    /// A line of a file, from 1.
    Line(PathBuf, usize),
    /// A file as a whole.
    File(PathBuf),
    /// An environment variable.
    Environment(String),
    /// In a file in UCI syntax.
    Uci(Box<UciPlace>),
}

/// A place in a file in UCI syntax.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UciPlace {
    /// Which file.
    pub file: PathBuf,
    /// Its line, from 1.
    pub line: usize,
    /// The section: its name, or `@TYPE[INDEX]`.
    pub section: String,
    /// The option, if it is about one.
    pub option: Option<String>,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Line(file, line) => write!(f, "{}:{line}", file.display()),
            Self::File(file) => write!(f, "{}", file.display()),
            Self::Environment(name) => write!(f, "environment variable {name}"),
            Self::Uci(place) => {
                let file = place.file.display();
                write!(f, "{file}:{}: section '{}'", place.line, place.section)?;
                match &place.option {
                    Some(option) => write!(f, ", option '{option}'"),
                    None => Ok(()),
                }
            }
        }
    }
}

/// Why a configuration was refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ConfigError {
    /// The file cannot be read.
    #[error("{place}: cannot read the configuration: {why}")]
    Unreadable {
        /// Which file.
        place: Place,
        /// What the system says.
        why: String,
    },
    /// The file is neither TOML nor UCI.
    #[error("{place}: {why}")]
    Syntax {
        /// Which line.
        place: Place,
        /// What the parser says.
        why: String,
    },
    /// No such key.
    #[error("{place}: unknown key `{key}`{}", suggestion(.nearest.as_deref()))]
    UnknownKey {
        /// Where.
        place: Place,
        /// The key, with its section.
        key: String,
        /// The known key most like it.
        nearest: Option<String>,
    },
    /// No such type of sections, in UCI syntax.
    #[error("{place}: unknown section type '{kind}'{}", suggestion(.nearest.as_deref()))]
    UnknownSection {
        /// Where.
        place: Place,
        /// The type.
        kind: String,
        /// The known type most like it.
        nearest: Option<String>,
    },
    /// A value that does not fit its key.
    #[error("{place}: `{key}`: expected {expected}, found {found}")]
    BadValue {
        /// Where.
        place: Place,
        /// The key, with its section.
        key: String,
        /// What would be right.
        expected: String,
        /// What is there; hidden where it is a secret.
        found: String,
    },
    /// Two values that do not fit each other.
    #[error("{place}: `{key}`: {why}")]
    Conflict {
        /// Where.
        place: Place,
        /// The key, with its section.
        key: String,
        /// What does not fit.
        why: String,
    },
}

fn suggestion(nearest: Option<&str>) -> String {
    nearest.map_or_else(String::new, |key| format!("; did you mean `{key}`?"))
}
