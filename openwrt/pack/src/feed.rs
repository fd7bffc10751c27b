//! A feed: a folder with packages of one architecture and their indexes, as a web server offers it.

use std::io;
use std::path::{Path, PathBuf};

use crate::apk::{self, ApkError, Indexed};
use crate::index::{self, Listed};
use crate::package::Package;
use crate::sign::KeyError;
use crate::sign::ec::ApkKey;
use crate::sign::usign::UsignKey;
use crate::{gzip, ipk};

/// Both keys a feed is signed with.
#[derive(Debug)]
pub struct Keys {
    /// For opkg.
    pub usign: UsignKey,
    /// For apk.
    pub apk: ApkKey,
}

/// Names of the key files in their folder: secret ones, then public ones.
pub mod key_files {
    #![allow(missing_docs)] // the names say it
    pub const USIGN_SECRET: &str = "usign.sec";
    pub const USIGN_PUBLIC: &str = "usign.pub";
    pub const APK_SECRET: &str = "apk.pem";
    pub const APK_PUBLIC: &str = "hearth.pem";
}

/// Why a feed could not be made.
#[derive(Debug, thiserror::Error)]
pub enum FeedError {
    /// The file system said no.
    #[error("{path}: {error}")]
    Io {
        /// Where.
        path: String,
        /// What it said.
        error: io::Error,
    },
    /// A key that is none.
    #[error("{path}: {error}")]
    Key {
        /// Which file.
        path: String,
        /// What is wrong.
        error: KeyError,
    },
    /// A package that cannot be written.
    #[error("{name}: {error}")]
    Package {
        /// Which.
        name: String,
        /// What is wrong.
        error: ApkError,
    },
}

fn io_error(path: &Path) -> impl FnOnce(io::Error) -> FeedError {
    let path = path.display().to_string();
    move |error| FeedError::Io { path, error }
}

fn key_error(path: &Path) -> impl FnOnce(KeyError) -> FeedError {
    let path = path.display().to_string();
    move |error| FeedError::Key { path, error }
}

impl Keys {
    /// Reads the secret keys of a folder.
    ///
    /// # Errors
    /// When one is missing or none.
    pub fn read(folder: &Path) -> Result<Self, FeedError> {
        let text = |path: &Path| std::fs::read_to_string(path).map_err(io_error(path));
        let (usign, apk) = (
            folder.join(key_files::USIGN_SECRET),
            folder.join(key_files::APK_SECRET),
        );
        Ok(Self {
            usign: UsignKey::parse(&text(&usign)?).map_err(key_error(&usign))?,
            apk: ApkKey::from_pem(&text(&apk)?).map_err(key_error(&apk))?,
        })
    }

    /// Makes new ones and writes all four files; secret ones for their owner only. Never overwrites.
    ///
    /// # Errors
    /// When there are some already, or they cannot be written.
    pub fn create(folder: &Path) -> Result<Self, FeedError> {
        use std::os::unix::fs::OpenOptionsExt;
        std::fs::create_dir_all(folder).map_err(io_error(folder))?;
        let made = key_error(folder);
        let keys = (|| {
            Ok(Self {
                usign: UsignKey::generate()?,
                apk: ApkKey::generate()?,
            })
        })();
        let keys: Self = keys.map_err(made)?;
        let files = [
            (key_files::USIGN_SECRET, 0o600, Ok(keys.usign.text())),
            (key_files::APK_SECRET, 0o600, keys.apk.to_pem()),
            (
                key_files::USIGN_PUBLIC,
                0o644,
                Ok(keys.usign.public().text()),
            ),
            (key_files::APK_PUBLIC, 0o644, keys.apk.public().to_pem()),
        ];
        for (name, mode, content) in files {
            let path = folder.join(name);
            let content = content.map_err(key_error(&path))?;
            let mut options = std::fs::OpenOptions::new();
            let opened = options.write(true).create_new(true).mode(mode).open(&path);
            opened
                .and_then(|mut file| io::Write::write_all(&mut file, content.as_bytes()))
                .map_err(io_error(&path))?;
        }
        Ok(keys)
    }
}

/// A file of a feed that was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Written {
    /// Where.
    pub path: PathBuf,
    /// Its size.
    pub bytes: u64,
}

/// Writes packages and indexes of one architecture into a folder; what else lies there goes.
///
/// # Errors
/// When a package cannot be written, or the folder cannot.
pub fn write(folder: &Path, packages: &[Package], keys: &Keys) -> Result<Vec<Written>, FeedError> {
    if folder.exists() {
        std::fs::remove_dir_all(folder).map_err(io_error(folder))?;
    }
    std::fs::create_dir_all(folder).map_err(io_error(folder))?;
    let mut written = Vec::new();
    let mut put = |name: &str, content: &[u8]| {
        let path = folder.join(name);
        std::fs::write(&path, content).map_err(io_error(&path))?;
        let bytes = content.len() as u64;
        written.push(Written { path, bytes });
        Ok::<u64, FeedError>(bytes)
    };
    let mut packages: Vec<&Package> = packages.iter().collect();
    packages.sort_by(|a, b| a.name.cmp(&b.name));
    let (mut for_opkg, mut for_apk) = (Vec::new(), Vec::new());
    for package in packages {
        let failed = |error: ApkError| FeedError::Package {
            name: package.name.clone(),
            error,
        };
        let ipk = ipk::write(package).map_err(|error| failed(error.into()))?;
        let name = ipk::file_name(package);
        put(&name, &ipk.bytes)?;
        for_opkg.push((name, ipk));
        let apk = apk::write(package, Some(&keys.apk)).map_err(failed)?;
        let size = put(&apk::file_name(package), &apk.packed())?;
        // The index needs the description only.
        let about = crate::adb::file::AdbFile {
            data: Vec::new(),
            ..apk
        };
        for_apk.push((package, about, size));
    }
    let listed: Vec<Listed<'_>> = for_opkg
        .iter()
        .map(|(file_name, ipk)| Listed { file_name, ipk })
        .collect();
    let (list, manifest) = index::packages(&listed);
    put("Packages", list.as_bytes())?;
    put("Packages.gz", &gzip::pack(list.as_bytes()))?;
    put("Packages.manifest", manifest.as_bytes())?;
    put("Packages.sig", keys.usign.sign(list.as_bytes()).as_bytes())?;
    let indexed: Vec<Indexed<'_>> = for_apk
        .iter()
        .map(|(package, file, size)| Indexed {
            package,
            file,
            size: *size,
        })
        .collect();
    let index = apk::write_index("Hearth", &indexed, Some(&keys.apk));
    let index = index.map_err(|error| FeedError::Package {
        name: "packages.adb".to_owned(),
        error,
    })?;
    put("packages.adb", &index.packed())?;
    Ok(written)
}
