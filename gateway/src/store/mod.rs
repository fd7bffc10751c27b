//! Persistence that survives a pulled plug and spares the flash.
//!
//! The contract: [`Store::save`] returns when the document is on disk for good; whatever moment the
//! power fails at, [`Store::load`] finds the newest document whose save had returned, or a newer
//! one. A document is a JSON file with a checksum. It is written beside the old one, synced, the old
//! one kept as the previous generation, the new one renamed into its place, and the folder synced. A
//! torn or garbled file is put aside, the next best generation taken, and that is said.
//!
//! Flash wears out: a document that says nothing new is not written again, what is written is
//! counted ([`Wear`]), and mere state may go to a folder in RAM (`state_dir`), from which
//! [`Store::settle`] brings it home at a clean end.
//!
//! Files hold keys, so only their owner may read them.

#[cfg(test)]
mod day;
mod envelope;
mod files;
#[cfg(test)]
mod tests;
mod wear;
mod writer;

use std::io;
use std::path::Path;

use bytes::Bytes;
use radios::NetworkSettings;

use crate::config::Config;
use crate::hub::{Document, Saved};
pub use files::{Disk, Files, Peek};
pub use wear::Wear;
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

/// The documents in the data folder; mere state perhaps in another.
#[derive(Debug)]
pub struct Store<F = Disk> {
    files: F,
    /// Where mere state is written instead.
    state: Option<F>,
    /// The checksum and length of what each document holds on disk.
    holds: [Option<(u32, usize)>; DOCUMENTS],
    /// State was written that the data folder lacks.
    unsettled: bool,
    wear: Wear,
}

const DOCUMENTS: usize = 3;

const fn index(document: Document) -> usize {
    match document {
        Document::Registry => 0,
        Document::Network => 1,
        Document::State => 2,
    }
}

impl Store<Disk> {
    /// Opens the folders of `config`, creating them if missing, for this process alone.
    ///
    /// # Errors
    /// A folder that cannot be created or written, or that another process uses.
    pub fn of(config: &Config) -> Result<Self, StoreError> {
        let store = Self::open(&config.data_dir)?;
        match state_folder(config) {
            Some(folder) => Ok(store.with_state(Disk::open(folder)?)),
            None => Ok(store),
        }
    }

    /// Opens `folder`, creating it if missing, for this process alone.
    ///
    /// # Errors
    /// A folder that cannot be created or written, or that another process uses.
    pub fn open(folder: &Path) -> Result<Self, StoreError> {
        Ok(Self::over(Disk::open(folder)?))
    }
}

impl Store<Peek> {
    /// Looks at the folders of `config` and changes nothing, also while another process uses them.
    #[must_use]
    pub fn peek(config: &Config) -> Self {
        let store = Self::over(Peek::at(&config.data_dir));
        match state_folder(config) {
            Some(folder) => store.with_state(Peek::at(folder)),
            None => store,
        }
    }
}

/// The folder for mere state, where it is not the data folder.
fn state_folder(config: &Config) -> Option<&Path> {
    config
        .state_dir
        .as_deref()
        .filter(|folder| *folder != config.data_dir)
}

impl<F: Files> Store<F> {
    /// A store over other files: for tests with faults.
    pub const fn over(files: F) -> Self {
        Self {
            files,
            state: None,
            holds: [None; DOCUMENTS],
            unsettled: false,
            wear: Wear {
                writes: 0,
                bytes: 0,
            },
        }
    }

    /// Writes mere state there instead.
    #[must_use]
    pub fn with_state(self, files: F) -> Self {
        Self {
            state: Some(files),
            ..self
        }
    }

    /// What was written to the data folder so far.
    #[must_use]
    pub const fn wear(&self) -> Wear {
        self.wear
    }

    /// Reads every document, repairing what a crash left behind.
    ///
    /// # Errors
    /// Files that are there but cannot be read or renamed: starting without them would lose them.
    pub fn load(&mut self) -> Result<Loaded, StoreError> {
        let mut loaded = Loaded::default();
        let complaints = &mut loaded.complaints;
        loaded.saved.registry = self.find(Document::Registry, complaints)?;
        loaded.saved.state = self.find_state(complaints)?;
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

    /// Writes `body` as `document`, unless that is what it holds; returns when it is on disk for good.
    ///
    /// # Errors
    /// What the system says. The document is then the old one, or the new one.
    pub fn save(&mut self, document: Document, body: &[u8]) -> io::Result<()> {
        let news = Some(envelope::print(body));
        if self.holds[index(document)] == news {
            return Ok(());
        }
        // What a write that fails leaves is not known.
        self.holds[index(document)] = None;
        match (&mut self.state, document) {
            (Some(files), Document::State) => {
                put(files, document, &envelope::seal(body))?;
                self.unsettled = true;
            }
            _ => {
                let content = envelope::seal(body);
                self.wear.count(content.len());
                put(&mut self.files, document, &content)?;
            }
        }
        self.holds[index(document)] = news;
        Ok(())
    }

    /// Brings mere state from its own folder to the data folder, where it outlives a restart of the machine.
    ///
    /// # Errors
    /// What the system says; the data folder then holds older state.
    pub fn settle(&mut self) -> io::Result<()> {
        let Some(state) = self.state.as_mut().filter(|_| self.unsettled) else {
            return Ok(());
        };
        let content = state.read(&Names::of(Document::State).current)?;
        self.wear.count(content.len());
        put(&mut self.files, Document::State, &content)?;
        self.unsettled = false;
        Ok(())
    }

    /// The newest state: that in its own folder, unless the machine was started anew and forgot it.
    fn find_state(&mut self, complaints: &mut Vec<String>) -> Result<Option<Bytes>, StoreError> {
        let Some(state) = self.state.take() else {
            return self.find(Document::State, complaints);
        };
        let older = self.find(Document::State, complaints)?;
        let at_home = self.holds[index(Document::State)];
        let mut other = Self::over(state);
        let found = other.find(Document::State, complaints);
        let held = other.holds[index(Document::State)];
        self.state = Some(other.files);
        // What a crash left in RAM has not come home.
        self.unsettled = held.is_some() && held != at_home;
        self.holds[index(Document::State)] = held;
        Ok(found?.or(older))
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
                    self.holds[index(document)] = Some(envelope::print(body));
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

/// Writes a sealed document beside the old one, then into its place.
fn put<F: Files>(files: &mut F, document: Document, content: &[u8]) -> io::Result<()> {
    let names = Names::of(document);
    files.write(&names.new, content)?;
    match files.rename(&names.current, &names.old) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        other => other?,
    }
    files.rename(&names.new, &names.current)?;
    files.sync()
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
