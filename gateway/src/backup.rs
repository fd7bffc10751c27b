//! Backups: one file with everything that makes a home this home.
//!
//! The contract: a backup is one JSON object that only its owner can read, written whole or not at
//! all; a restore checks the whole of it before it writes anything, and overwrites a home only when
//! told to.

use std::fmt;
use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use bytes::Bytes;
use radios::{NetworkSettings, Radio};
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

use crate::clock;
use crate::config::Config;
use crate::hub::{Document, Hub, Now, Saved, SavedError, Settings};
use crate::run::define;
use crate::store::{Store, StoreError};

/// Anything larger is no backup.
const LARGEST: u64 = 64 << 20;

#[derive(Serialize, Deserialize)]
struct Backup {
    /// The format: 1.
    hearth_backup: u32,
    /// Of the program that wrote it.
    version: String,
    /// When, for people.
    made: String,
    registry: Option<Json>,
    state: Option<Json>,
    network: Option<NetworkSettings>,
}

/// Why there is no backup, or no restored home.
#[derive(Debug, thiserror::Error)]
pub enum BackupError {
    /// The data folder.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The backup's file.
    #[error("{file}: {error}")]
    File {
        /// Which.
        file: String,
        /// What the system said.
        error: io::Error,
    },
    /// There is nothing to keep.
    #[error("{0} holds no home yet: there is nothing to back up")]
    Nothing(String),
    /// The file is none of ours, or not whole.
    #[error("{file} is no backup that this version understands: {why}")]
    Foreign {
        /// Which.
        file: String,
        /// What is wrong with it.
        why: String,
    },
    /// There is a home already.
    #[error("{folder} holds {kept} already; --force overwrites it")]
    Occupied {
        /// The data folder.
        folder: String,
        /// What is there.
        kept: Kept,
    },
    /// It was checked, but could not be written.
    #[error("cannot write to {folder}: {error}")]
    Write {
        /// The data folder.
        folder: String,
        /// What the system said.
        error: io::Error,
    },
}

/// What a home consists of, for people: `4 devices and the Zigbee network on channel 15`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Kept {
    /// So many devices.
    pub devices: usize,
    /// The network's channel.
    pub channel: Option<u8>,
}

impl fmt::Display for Kept {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let plural = if self.devices == 1 { "" } else { "s" };
        write!(f, "{} device{plural}", self.devices)?;
        match self.channel {
            Some(channel) => write!(f, " and the Zigbee network on channel {channel}"),
            None => f.write_str(" and no Zigbee network"),
        }
    }
}

impl Kept {
    fn of(
        config: &Config,
        saved: &Saved,
        network: Option<&NetworkSettings>,
    ) -> Result<Self, SavedError> {
        let hub = Hub::new(Settings::new(config, define), saved, Now::default())?;
        let devices = [Radio::Zigbee, Radio::Ble]
            .iter()
            .map(|radio| hub.records(*radio).len())
            .sum();
        Ok(Self {
            devices,
            channel: network.map(|network| network.channel),
        })
    }
}

/// Writes the home of `config` into `file`, also while its gateway runs.
///
/// # Errors
/// See [`BackupError`].
pub fn write(config: &Config, file: &Path) -> Result<Kept, BackupError> {
    let folder = config.data_dir.display().to_string();
    let loaded = Store::peek(config).load()?;
    if loaded.saved.registry.is_none() && loaded.network.is_none() {
        return Err(BackupError::Nothing(folder));
    }
    let foreign = |why: String| BackupError::Foreign {
        file: folder.clone(),
        why,
    };
    let kept = Kept::of(config, &loaded.saved, loaded.network.as_ref())
        .map_err(|error| foreign(error.to_string()))?;
    let document = |body: Option<&Bytes>| {
        body.map(|body| serde_json::from_slice(body))
            .transpose()
            .map_err(|error: serde_json::Error| foreign(error.to_string()))
    };
    let backup = Backup {
        hearth_backup: 1,
        version: env!("CARGO_PKG_VERSION").to_owned(),
        made: clock::utc(clock::wall()),
        registry: document(loaded.saved.registry.as_ref())?,
        state: document(loaded.saved.state.as_ref())?,
        network: loaded.network,
    };
    save(file, &backup).map_err(|error| BackupError::File {
        file: file.display().to_string(),
        error,
    })?;
    Ok(kept)
}

/// Beside the file first, so that an older backup stays until the new one is whole.
fn save(file: &Path, backup: &Backup) -> io::Result<()> {
    let mut beside = file.as_os_str().to_owned();
    beside.push(".new");
    // A left-over could be readable by others.
    match fs::remove_file(&beside) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let mut out = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(&beside)?;
    serde_json::to_writer_pretty(&mut out, backup)?;
    out.write_all(b"\n")?;
    out.sync_all()?;
    fs::rename(&beside, file)
}

/// Makes the home in `file` the home of `config`, whose gateway must not run.
///
/// # Errors
/// See [`BackupError`]; nothing is changed then, except by [`BackupError::Write`].
pub fn restore(config: &Config, file: &Path, force: bool) -> Result<Kept, BackupError> {
    let name = file.display().to_string();
    let foreign = |why: String| BackupError::Foreign {
        file: name.clone(),
        why,
    };
    let unreadable = |error| BackupError::File {
        file: name.clone(),
        error,
    };
    if fs::metadata(file).map_err(unreadable)?.len() > LARGEST {
        return Err(foreign("it is far too large".to_owned()));
    }
    let content = fs::read(file).map_err(unreadable)?;
    // serde's message could quote a key.
    let backup: Backup = serde_json::from_slice(&content).map_err(|error| {
        foreign(format!(
            "it cannot be read at line {}, column {}",
            error.line(),
            error.column()
        ))
    })?;
    if backup.hearth_backup != 1 {
        return Err(foreign(format!("its format is {}", backup.hearth_backup)));
    }
    let body = |json: &Option<Json>| json.as_ref().map(|json| Bytes::from(json.to_string()));
    let saved = Saved {
        registry: body(&backup.registry),
        state: body(&backup.state),
    };
    let kept = Kept::of(config, &saved, backup.network.as_ref())
        .map_err(|error| foreign(error.to_string()))?;

    let folder = config.data_dir.display().to_string();
    let mut store = Store::of(config)?;
    let there = store.load()?;
    if !force && (there.saved.registry.is_some() || there.network.is_some()) {
        let kept = Kept::of(config, &there.saved, there.network.as_ref()).unwrap_or(Kept {
            devices: 0,
            channel: None,
        });
        return Err(BackupError::Occupied { folder, kept });
    }
    let unwritten = |error| BackupError::Write {
        folder: folder.clone(),
        error,
    };
    let network = backup
        .network
        .map(|network| serde_json::to_vec(&network))
        .transpose()
        .map_err(|error| unwritten(error.into()))?;
    for (document, body) in [
        (Document::Network, network.map(Bytes::from)),
        (Document::State, saved.state),
        (Document::Registry, saved.registry),
    ] {
        if let Some(body) = body {
            store.save(document, &body).map_err(unwritten)?;
        }
    }
    store.settle().map_err(unwritten)?;
    Ok(kept)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    fn home() -> (tempfile::TempDir, Config) {
        let folder = tempfile::tempdir().unwrap();
        let config = Config {
            data_dir: folder.path().join("data"),
            ..Config::default()
        };
        (folder, config)
    }

    fn network() -> NetworkSettings {
        NetworkSettings {
            pan_id: 0x1a62,
            extended_pan_id: 1,
            channel: 20,
            network_key: [7; 16],
            network_key_sequence: 0,
            frame_counter: 0,
            link_key: [9; 16],
        }
    }

    #[test]
    fn a_home_moves_and_is_not_overwritten_by_accident() {
        let (old_folder, old) = home();
        let file = old_folder.path().join("home.backup");
        assert!(matches!(write(&old, &file), Err(BackupError::Nothing(_))));
        let mut store = Store::open(&old.data_dir).unwrap();
        let body = serde_json::to_vec(&network()).unwrap();
        store.save(Document::Network, &body).unwrap();
        // The store is still open: a running gateway does not keep one from a backup.
        let kept = write(&old, &file).unwrap();
        assert_eq!(
            kept.to_string(),
            "0 devices and the Zigbee network on channel 20"
        );
        assert_eq!(
            fs::metadata(&file).unwrap().permissions().mode() & 0o777,
            0o600
        );
        assert!(matches!(
            restore(&old, &file, true),
            Err(BackupError::Store(StoreError::InUse { .. }))
        ));
        let (_new_folder, new) = home();
        assert_eq!(restore(&new, &file, false).unwrap(), kept);
        let loaded = Store::open(&new.data_dir).unwrap().load().unwrap();
        assert_eq!(loaded.network, Some(network()));
        assert!(matches!(
            restore(&new, &file, false),
            Err(BackupError::Occupied { .. })
        ));
        assert_eq!(restore(&new, &file, true).unwrap(), kept);
    }

    #[test]
    fn what_is_no_backup_changes_nothing() {
        let (folder, config) = home();
        let file = folder.path().join("file");
        for content in [
            "",
            "{}",
            "{\"hearth_backup\":2,\"version\":\"\",\"made\":\"\"}",
            "{\"hearth_backup\":1,\"version\":\"\",\"made\":\"\",\"registry\":7}",
        ] {
            fs::write(&file, content).unwrap();
            assert!(
                matches!(
                    restore(&config, &file, true),
                    Err(BackupError::Foreign { .. })
                ),
                "{content}"
            );
        }
        assert!(!config.data_dir.exists());
    }
}
