//! Persistence that survives a pulled plug and spares the flash.
//!
//! The contract: [`Store::save`] returns when the document is on disk for good; whatever moment the
//! power fails at, [`Store::load`] finds the newest document whose save had returned, or a newer
//! one. A document is a JSON file with a checksum. It is written beside the old one, synced, the old
//! one kept as the previous generation, the new one renamed into its place, and the folder synced. A
//! torn or garbled file is put aside, the next best generation taken, and that is said.
//!
//! Files hold keys, so only their owner may read them.

mod envelope;
mod files;
#[cfg(test)]
mod tests;
mod writer;

use std::io;
use std::path::Path;

use bytes::Bytes;
use radios::NetworkSettings;

use crate::hub::{Document, Saved};
pub use files::{Disk, Files, Peek};
pub use writer::Writer;

/// The data folder cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The system does not let us.
    #[error("data folder {folder}: {what}: {error}")]
    Io {
        /// Which folder.
        folder: String,
        /// What was tried.
        what: &'static str,
        /// What the system said.
        error: io::Error,
    },
    /// Another process uses it.
    #[error("data folder {folder} is in use by another Hearth")]
    InUse {
        /// Which folder.
        folder: String,
    },
}

/// What was found on disk.
#[derive(Clone, Debug, Default)]
pub struct Loaded {
    /// What the hub had kept.
    pub saved: Saved,
    /// The Zigbee network.
    pub network: Option<NetworkSettings>,
    /// What was wrong, for people; also logged.
    pub complaints: Vec<String>,
}

/// The documents in one folder.
#[derive(Debug)]
pub struct Store<F = Disk> {
    files: F,
}

impl Store<Disk> {
    /// Opens `folder`, creating it if missing, for this process alone.
    ///
    /// # Errors
    /// A folder that cannot be created or written, or that another process uses.
    pub fn open(folder: &Path) -> Result<Self, StoreError> {
        Ok(Self {
            files: Disk::open(folder)?,
        })
    }
}

impl Store<Peek> {
    /// Looks at `folder` and changes nothing, also while another process uses it.
    #[must_use]
    pub fn peek(folder: &Path) -> Self {
        Self {
            files: Peek::at(folder),
        }
    }
}

impl<F: Files> Store<F> {
    /// A store over other files: for tests with faults.
    pub const fn over(files: F) -> Self {
        Self { files }
    }

    /// Reads every document, repairing what a crash left behind.
    ///
    /// # Errors
    /// Files that are there but cannot be read or renamed: starting without them would lose them.
    pub fn load(&mut self) -> Result<Loaded, StoreError> {
        let mut loaded = Loaded::default();
        let complaints = &mut loaded.complaints;
        loaded.saved.registry = self.find(Document::Registry, complaints)?;
        loaded.saved.state = self.find(Document::State, complaints)?;
        if let Some(body) = self.find(Document::Network, complaints)? {
            match serde_json::from_slice(&body) {
                Ok(network) => loaded.network = Some(network),
                // serde's message could quote a key.
                Err(_) => complaints.push("network.json is not a network; ignored".to_owned()),
            }
        }
        for complaint in &loaded.complaints {
            tracing::warn!("{complaint}");
        }
        Ok(loaded)
    }

    /// Writes `body` as `document`; returns when it is on disk for good.
    ///
    /// # Errors
    /// What the system says. The document is then the old one, or the new one.
    pub fn save(&mut self, document: Document, body: &[u8]) -> io::Result<()> {
        let names = Names::of(document);
        self.files.write(&names.new, &envelope::seal(body))?;
        match self.files.rename(&names.current, &names.old) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            other => other?,
        }
        self.files.rename(&names.new, &names.current)?;
        self.files.sync()
    }

    /// The newest whole generation of `document`, put in its place.
    fn find(
        &mut self,
        document: Document,
        complaints: &mut Vec<String>,
    ) -> Result<Option<Bytes>, StoreError> {
        let names = Names::of(document);
        let mut damaged = false;
        for name in [&names.current, &names.new, &names.old] {
            let content = match self.files.read(name) {
                Ok(content) => content,
                Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
                Err(error) => return Err(self.error("cannot read", error)),
            };
            match envelope::open(&content) {
                Ok(body) => {
                    if *name != names.current {
                        if damaged {
                            complaints.push(format!(
                                "{}: the previous generation ({name}) is used instead",
                                names.current
                            ));
                        }
                        self.repair(&names, name)
                            .map_err(|error| self.error("cannot repair", error))?;
                    }
                    return Ok(Some(Bytes::copy_from_slice(body)));
                }
                // A torn new file beside a whole one is what every crash leaves: not worth a word.
                Err(_) if *name == names.new => {}
                Err(why) => {
                    damaged = true;
                    complaints.push(format!("{name} is damaged: {why}"));
                }
            }
        }
        if damaged {
            complaints.push(format!(
                "{}: no generation is whole; starting without it (the damaged file is kept as {})",
                names.current, names.damaged
            ));
            self.files
                .rename(&names.current, &names.damaged)
                .and_then(|()| self.files.sync())
                .or_else(|error| match error.kind() {
                    io::ErrorKind::NotFound => Ok(()),
                    _ => Err(error),
                })
                .map_err(|error| self.error("cannot put aside a damaged file", error))?;
        }
        Ok(None)
    }

    /// Puts generation `found` in the place of the current one, so that the next save keeps it.
    fn repair(&mut self, names: &Names, found: &str) -> io::Result<()> {
        match self.files.rename(&names.current, &names.damaged) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            other => other?,
        }
        self.files.rename(found, &names.current)?;
        self.files.sync()
    }

    fn error(&self, what: &'static str, error: io::Error) -> StoreError {
        StoreError::Io {
            folder: self.files.name(),
            what,
            error,
        }
    }
}

/// The files of one document.
struct Names {
    current: String,
    new: String,
    old: String,
    damaged: String,
}

impl Names {
    fn of(document: Document) -> Self {
        let current = match document {
            Document::Registry => "registry.json",
            Document::Network => "network.json",
            Document::State => "state.json",
        };
        Self {
            current: current.to_owned(),
            new: format!("{current}.new"),
            old: format!("{current}.old"),
            damaged: format!("{current}.damaged"),
        }
    }
}
