//! The few things a store does with files; behind a trait, so that tests can pull the plug.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use super::StoreError;

/// Files of one folder, by name.
pub trait Files: Send + 'static {
    /// What the folder is called, for people.
    fn name(&self) -> String;

    /// The whole of a file.
    ///
    /// # Errors
    /// [`io::ErrorKind::NotFound`], or whatever keeps it from being read.
    fn read(&mut self, name: &str) -> io::Result<Vec<u8>>;

    /// Writes the whole of a file that only its owner may read; returns when its content is on disk.
    ///
    /// # Errors
    /// What the system says.
    fn write(&mut self, name: &str, content: &[u8]) -> io::Result<()>;

    /// Renames a file over another; on disk for good only after [`Files::sync`].
    ///
    /// # Errors
    /// [`io::ErrorKind::NotFound`], or what the system says.
    fn rename(&mut self, from: &str, to: &str) -> io::Result<()>;

    /// Returns when the names of the folder's files are on disk.
    ///
    /// # Errors
    /// What the system says.
    fn sync(&mut self) -> io::Result<()>;
}

/// A real folder, locked for this process.
#[derive(Debug)]
pub struct Disk {
    folder: PathBuf,
    /// The folder itself, locked as long as it is used.
    handle: File,
}

/// Largest document read: anything more is no document of ours.
const LARGEST: u64 = 64 << 20;

impl Disk {
    pub(super) fn open(folder: &Path) -> Result<Self, StoreError> {
        let error = |what| {
            move |error| StoreError::Io {
                folder: folder.display().to_string(),
                what,
                error,
            }
        };
        fs::create_dir_all(folder).map_err(error("cannot be created"))?;
        let handle = File::open(folder).map_err(error("cannot be opened"))?;
        match handle.try_lock() {
            Ok(()) => {}
            Err(fs::TryLockError::WouldBlock) => {
                return Err(StoreError::InUse {
                    folder: folder.display().to_string(),
                });
            }
            // Some file systems have no locks; that is no reason not to run.
            Err(fs::TryLockError::Error(why)) => {
                tracing::debug!("data folder cannot be locked: {why}");
            }
        }
        // A folder that takes no files is told of now, not when the first device has joined.
        let probe = folder.join("lock");
        OpenOptions::new()
            .create(true)
            .truncate(false)
            .write(true)
            .open(&probe)
            .and_then(|_| fs::remove_file(&probe))
            .map_err(error("cannot be written"))?;
        Ok(Self {
            folder: folder.to_owned(),
            handle,
        })
    }
}

impl Files for Disk {
    fn name(&self) -> String {
        self.folder.display().to_string()
    }

    fn read(&mut self, name: &str) -> io::Result<Vec<u8>> {
        let path = self.folder.join(name);
        if fs::metadata(&path)?.len() > LARGEST {
            return Ok(Vec::new());
        }
        fs::read(path)
    }

    fn write(&mut self, name: &str, content: &[u8]) -> io::Result<()> {
        let mut options = OpenOptions::new();
        options.write(true).create(true).truncate(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let mut file = options.open(self.folder.join(name))?;
        file.write_all(content)?;
        file.sync_all()
    }

    fn rename(&mut self, from: &str, to: &str) -> io::Result<()> {
        fs::rename(self.folder.join(from), self.folder.join(to))
    }

    fn sync(&mut self) -> io::Result<()> {
        self.handle.sync_all()
    }
}

/// A folder that is only looked at, also while another process uses it. What would change it is
/// taken and forgotten.
#[derive(Debug)]
pub struct Peek {
    folder: PathBuf,
}

impl Peek {
    pub(super) fn at(folder: &Path) -> Self {
        Self {
            folder: folder.to_owned(),
        }
    }
}

impl Files for Peek {
    fn name(&self) -> String {
        self.folder.display().to_string()
    }

    fn read(&mut self, name: &str) -> io::Result<Vec<u8>> {
        fs::read(self.folder.join(name))
    }

    fn write(&mut self, _: &str, _: &[u8]) -> io::Result<()> {
        Ok(())
    }

    fn rename(&mut self, _: &str, _: &str) -> io::Result<()> {
        Ok(())
    }

    fn sync(&mut self) -> io::Result<()> {
        Ok(())
    }
}
