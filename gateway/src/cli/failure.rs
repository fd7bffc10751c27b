//! Why a command did not do what it was told, and the exit code that stands for it.

use std::process::ExitCode;

/// Why a command did not do what it was told.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// The command line is wrong: exit code 2.
    #[error("{0}")]
    Usage(String),
    /// It could not be done: exit code 1.
    #[error("{0}")]
    Failed(String),
}

impl Failure {
    #[expect(clippy::needless_pass_by_value)] // as `map_err` wants it
    pub(super) fn failed(why: impl ToString) -> Self {
        Self::Failed(why.to_string())
    }
}

impl From<lexopt::Error> for Failure {
    fn from(error: lexopt::Error) -> Self {
        Self::Usage(error.to_string())
    }
}

/// An exit code, or why there is none.
pub(super) type Outcome = Result<ExitCode, Failure>;
