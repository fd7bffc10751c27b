//! The words after a command: options, then values, in any order.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

#[cfg(any(feature = "sentences", feature = "sim"))]
use lexopt::ValueExt;
use lexopt::{Arg, Parser};

use super::failure::Failure;
use crate::config::Config;

/// Options that take a value; all others are switches.
const VALUED: &[&str] = &[
    "trace", "listen", "broker", "data", "room", "voice", "say", "key", "model", "out", "home",
    "language", "words",
];
const SWITCHES: &[&str] = &[
    "json",
    "explain",
    "self-check",
    "probe",
    "tty",
    "uci",
    "print",
    "force",
    "no-wait",
    "nearby",
    "adapt",
    "neutral",
    "base",
];

/// What was given. Each command takes what it knows, then calls [`Args::done`].
#[derive(Debug, Default)]
pub(super) struct Args {
    options: Vec<(String, OsString)>,
    switches: Vec<String>,
    values: std::collections::VecDeque<OsString>,
    config: Option<PathBuf>,
}

impl Args {
    /// Reads the rest of the line; `None` if it asks for help.
    pub(super) fn read(mut parser: Parser) -> Result<Option<Self>, lexopt::Error> {
        let mut args = Self::default();
        while let Some(arg) = parser.next()? {
            match arg {
                Arg::Short('h') | Arg::Long("help") => return Ok(None),
                Arg::Short('c') => args.config = Some(parser.value()?.into()),
                Arg::Long("config") => args.config = Some(parser.value()?.into()),
                Arg::Long(name) if VALUED.contains(&name) => {
                    let name = name.to_owned();
                    args.options.push((name, parser.value()?));
                }
                Arg::Long(name) if SWITCHES.contains(&name) => args.switches.push(name.to_owned()),
                Arg::Value(value) => args.values.push_back(value),
                other => return Err(other.unexpected()),
            }
        }
        Ok(Some(args))
    }

    /// Whether `--name` was given.
    pub(super) fn switch(&mut self, name: &str) -> bool {
        let before = self.switches.len();
        self.switches.retain(|given| given != name);
        self.switches.len() < before
    }

    /// The value of `--name`.
    pub(super) fn option(&mut self, name: &str) -> Option<OsString> {
        let at = self.options.iter().position(|(given, _)| given == name)?;
        Some(self.options.remove(at).1)
    }

    /// The value of `--name`, parsed.
    #[cfg(any(feature = "sentences", feature = "sim"))]
    pub(super) fn parsed<T: std::str::FromStr>(&mut self, name: &str) -> Result<Option<T>, Failure>
    where
        T::Err: std::error::Error + Send + Sync + 'static,
    {
        self.option(name)
            .map(|value| value.parse::<T>())
            .transpose()
            .map_err(|error| Failure::Usage(format!("--{name}: {error}")))
    }

    /// The next value, if any.
    pub(super) fn next(&mut self) -> Option<String> {
        self.values
            .pop_front()
            .map(|value| value.to_string_lossy().into_owned())
    }

    /// The next value; `what` names it if it is missing.
    pub(super) fn value(&mut self, what: &str) -> Result<String, Failure> {
        self.next()
            .ok_or_else(|| Failure::Usage(format!("missing {what}")))
    }

    /// Nothing may be left.
    pub(super) fn done(&self) -> Result<(), Failure> {
        let left = self
            .switches
            .first()
            .or(self.options.first().map(|(name, _)| name))
            .map(|name| format!("--{name}"))
            .or(self
                .values
                .front()
                .map(|value| value.to_string_lossy().into_owned()));
        match left {
            Some(word) => Err(Failure::Usage(format!("unexpected `{word}`"))),
            None => Ok(()),
        }
    }

    /// The configuration file: as told, or where it usually is.
    pub(super) fn config_file(&self) -> Result<PathBuf, Failure> {
        if let Some(file) = &self.config {
            return Ok(file.clone());
        }
        if let Some(file) = std::env::var_os("HEARTH_CONFIG") {
            return Ok(file.into());
        }
        [
            "hearth.toml",
            "/etc/config/hearth",
            "/etc/hearth/hearth.toml",
        ]
        .iter()
        .map(Path::new)
        .find(|file| file.exists())
        .map(Path::to_owned)
        .ok_or_else(|| {
            Failure::failed(
                "no configuration: there is neither ./hearth.toml nor /etc/config/hearth nor \
                     /etc/hearth/hearth.toml; \
                     give --config FILE (`hearth config` shows what can be in it, `hearth demo` \
                     needs none)",
            )
        })
    }

    /// The configuration.
    pub(super) fn config(&self) -> Result<Config, Failure> {
        Config::load(&self.config_file()?).map_err(Failure::failed)
    }
}
