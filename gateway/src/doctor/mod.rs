//! What keeps Hearth from working, found by looking; in plain words, with what to do.
//!
//! The contract: looking changes nothing and takes seconds. Every look is a row of `LOOKS`: a name
//! and a function from the machine and the configuration to findings. What lies in `/proc`, `/sys`,
//! `/dev` and `/etc` is read below one root, so that tests bring a machine of their own.

mod machine;
mod network;
mod speech;
mod stick;
#[cfg(test)]
mod tests;

use std::fmt;
use std::path::{Path, PathBuf};

use serde::Serialize;

use crate::config::Config;
use crate::control::{self, Silent};
use crate::status::Status;

/// How bad it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    /// As it should be.
    Good,
    /// Works, but may not for long, or not as wished.
    Note,
    /// Does not work.
    Bad,
}

/// One thing that was looked at.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// What was looked at.
    pub about: &'static str,
    /// How bad it is.
    pub level: Level,
    /// What was seen.
    pub seen: String,
    /// What to do.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub advice: Option<String>,
}

impl Finding {
    fn good(about: &'static str, seen: impl Into<String>) -> Self {
        Self {
            about,
            level: Level::Good,
            seen: seen.into(),
            advice: None,
        }
    }

    fn note(about: &'static str, seen: impl Into<String>, advice: impl Into<String>) -> Self {
        Self {
            about,
            level: Level::Note,
            seen: seen.into(),
            advice: Some(advice.into()),
        }
    }

    fn bad(about: &'static str, seen: impl Into<String>, advice: impl Into<String>) -> Self {
        Self {
            level: Level::Bad,
            ..Self::note(about, seen, advice)
        }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mark = match self.level {
            Level::Good => "ok  ",
            Level::Note => "note",
            Level::Bad => "BAD ",
        };
        write!(f, "{mark} {:<13} {}", self.about, self.seen)?;
        match &self.advice {
            Some(advice) => write!(f, "\n                   → {advice}"),
            None => Ok(()),
        }
    }
}

/// Where to look.
#[derive(Clone, Debug)]
pub struct Machine {
    root: PathBuf,
}

impl Default for Machine {
    fn default() -> Self {
        Self::below("/")
    }
}

impl Machine {
    /// The machine whose files lie below `root`.
    pub fn below(root: impl Into<PathBuf>) -> Self {
        Self { root: root.into() }
    }

    /// Where a path of this machine lies; one that is not absolute begins where we are.
    fn path(&self, path: &str) -> PathBuf {
        match path.strip_prefix('/') {
            Some(below) => self.root.join(below.trim_start_matches('/')),
            None => path.into(),
        }
    }

    fn read(&self, absolute: &str) -> Option<String> {
        let bytes = std::fs::read(self.path(absolute)).ok()?;
        Some(String::from_utf8_lossy(&bytes).into_owned())
    }

    fn entries(&self, absolute: &str) -> Vec<PathBuf> {
        let read = std::fs::read_dir(self.path(absolute));
        let mut entries: Vec<_> = read
            .into_iter()
            .flatten()
            .filter_map(|entry| Some(entry.ok()?.path()))
            .collect();
        entries.sort();
        entries
    }
}

/// What is known before looking closer.
pub(crate) struct Patient<'a> {
    pub(crate) machine: &'a Machine,
    pub(crate) config: &'a Config,
    /// What the running gateway tells of itself.
    pub(crate) status: Option<&'a Status>,
    /// Whether the stick may be asked.
    pub(crate) probe: bool,
}

/// Looks that need no waiting, in the order in which they are shown.
const LOOKS: &[fn(&Patient<'_>) -> Vec<Finding>] = &[
    stick::plugged_in,
    stick::used_by_others,
    machine::clock,
    machine::memory,
    machine::flash,
    machine::bluetooth,
    network::ports,
    speech::voice,
];

/// Looks at everything.
pub async fn examine(machine: &Machine, file: &Path, probe: bool) -> Vec<Finding> {
    let mut findings = Vec::new();
    let config = match Config::load(file) {
        Ok(config) => {
            findings.push(Finding::good("configuration", file.display().to_string()));
            config
        }
        Err(error) => {
            let advice =
                "correct it; Hearth does not start with it. The rest is looked at with defaults";
            findings.push(Finding::bad("configuration", error.to_string(), advice));
            Config::default()
        }
    };
    let (status, running) = running(control::status(&config.control()).await);
    findings.push(running);
    let patient = Patient {
        machine,
        config: &config,
        status: status.as_ref(),
        probe,
    };
    findings.extend(LOOKS.iter().flat_map(|look| look(&patient)));
    findings.extend(stick::answers(&patient).await);
    findings.push(network::broker(&patient).await);
    findings
}

fn running(asked: Result<Status, Silent>) -> (Option<Status>, Finding) {
    match asked {
        Ok(status) if status.healthy => (
            Some(status),
            Finding::good("gateway", "runs, and everything that is switched on works"),
        ),
        Ok(status) => {
            let seen = format!("runs, but: {}", status.complaints.join("; "));
            let finding =
                Finding::bad("gateway", seen, "see below, and the log: logread -e hearth");
            (Some(status), finding)
        }
        Err(Silent::Hangs(_)) => (
            None,
            Finding::bad(
                "gateway",
                "runs, but does not answer",
                "it ends and is started again by itself within two minutes; if not: /etc/init.d/hearth restart",
            ),
        ),
        Err(silent @ (Silent::Forbidden(_) | Silent::Strange(_))) => (
            None,
            Finding::note("gateway", silent.to_string(), "ask as root"),
        ),
        Err(Silent::Away(_)) => (
            None,
            Finding::note(
                "gateway",
                "does not run",
                "start it: /etc/init.d/hearth start, or hearth run; the log says why it ended",
            ),
        ),
    }
}
