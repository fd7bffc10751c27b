//! What a package is, as its `package.toml` says.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use serde::Deserialize;

use crate::dependency::DependencyError;
use crate::lmo::{self, LmoError};
use crate::package::Package;
use crate::tree::{Node, Tree, TreeError};

/// One `package.toml`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Definition {
    /// Its name.
    pub name: String,
    /// Where it stands in lists.
    pub section: String,
    /// What it is, for people.
    pub description: String,
    /// An SPDX expression; the workspace's when missing.
    pub license: Option<String>,
    /// `name` or `name >= 1.2`; `{version}` stands for its own version.
    #[serde(default)]
    pub depends: Vec<String>,
    /// Packages in whose place it can be installed.
    #[serde(default)]
    pub provides: Vec<String>,
    /// Packages beside which it cannot be installed.
    #[serde(default)]
    pub conflicts: Vec<String>,
    /// Files whose changes are kept; folders that sysupgrade keeps end in a slash.
    #[serde(default)]
    pub conffiles: Vec<String>,
    /// OpenWrt's `Require-User`.
    pub user: Option<String>,
    /// The Rust targets it exists for; without any it is the same for every CPU.
    #[serde(default)]
    pub targets: Vec<String>,
    /// What to run to get what it is made of, told when that is missing; such a package is left out then.
    pub made_by: Option<String>,
    /// What it installs.
    pub install: Vec<Install>,
    /// Modes that differ from what a file's own says, by path on the router.
    #[serde(default)]
    pub modes: BTreeMap<String, u32>,
    /// The crate whose dependencies it holds, for the list of parts and their licences.
    pub parts: Option<Parts>,
    /// The folder of the `package.toml`.
    #[serde(skip)]
    pub folder: PathBuf,
}

/// A file or a folder, and where it goes. A `.po` that goes to an `.lmo` is compiled.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Install {
    /// Beside the `package.toml`; in the folder of the target's build when it starts with `{build}/`, in the one
    /// above, of all builds, with `{out}/`.
    pub from: String,
    /// Where on the router.
    pub to: String,
}

/// The crate a package's program is built from.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Parts {
    /// The crate.
    #[serde(rename = "crate")]
    pub krate: String,
    /// Its features; the default ones are never taken.
    #[serde(default)]
    pub features: Vec<String>,
    /// Licence texts of what is no crate, beside the `package.toml`.
    #[serde(default)]
    pub texts: Vec<String>,
}

/// Why packages cannot be made.
#[derive(Debug, thiserror::Error)]
pub enum DefinitionError {
    /// A file that cannot be read.
    #[error("{path}: {error}")]
    Io {
        /// Which file.
        path: String,
        /// What the system says.
        error: std::io::Error,
    },
    /// A file that does not say what it should.
    #[error("{path}: {reason}")]
    Form {
        /// Which file.
        path: String,
        /// What is wrong, and where.
        reason: String,
    },
    /// What it installs cannot be gathered.
    #[error("{name}: {error}")]
    Tree {
        /// Which package.
        name: String,
        /// What is wrong.
        error: TreeError,
    },
    /// A catalogue of translations that cannot be compiled.
    #[error("{path}: {error}")]
    Lmo {
        /// Which file.
        path: String,
        /// What is wrong, and where.
        error: LmoError,
    },
    /// A dependency that is none.
    #[error("{name}: {error}")]
    Dependency {
        /// Which package.
        name: String,
        /// What is wrong.
        error: DependencyError,
    },
}

/// What is the same for all packages of a build.
#[derive(Debug, Clone, Default)]
pub struct Common {
    /// `X.Y.Z-rN`.
    pub version: String,
    /// An SPDX expression.
    pub license: String,
    /// Who answers for the packages.
    pub maintainer: String,
    /// The page of the project.
    pub url: String,
    /// Seconds since 1970 that every file bears.
    pub epoch: u64,
}

/// Reads a TOML file.
///
/// # Errors
/// When it cannot be read or says something else.
pub fn read<T: serde::de::DeserializeOwned>(path: &Path) -> Result<T, DefinitionError> {
    let name = path.display().to_string();
    let text = std::fs::read_to_string(path).map_err(|error| DefinitionError::Io {
        path: name.clone(),
        error,
    })?;
    toml_edit::de::from_str(&text).map_err(|error| DefinitionError::Form {
        path: name,
        reason: error.to_string(),
    })
}

impl Definition {
    /// All packages whose `package.toml` lies in a folder of this folder, by name.
    ///
    /// # Errors
    /// When one cannot be read.
    pub fn all(folder: &Path) -> Result<Vec<Self>, DefinitionError> {
        let wrong = |error| DefinitionError::Io {
            path: folder.display().to_string(),
            error,
        };
        let mut all = Vec::new();
        for inside in std::fs::read_dir(folder).map_err(wrong)? {
            let folder = inside.map_err(wrong)?.path();
            let file = folder.join("package.toml");
            if file.is_file() {
                let mut definition: Self = read(&file)?;
                definition.folder = folder;
                all.push(definition);
            }
        }
        all.sort_by(|a, b| a.name.cmp(&b.name));
        Ok(all)
    }

    /// Whether it exists for a Rust target.
    #[must_use]
    pub fn is_for(&self, target: &str) -> bool {
        self.targets.is_empty() || self.targets.iter().any(|one| one == target)
    }

    /// Where something to install lies.
    #[must_use]
    pub fn place(&self, from: &str, build: &Path) -> PathBuf {
        if let Some(rest) = from.strip_prefix("{build}/") {
            return build.join(rest);
        }
        match (from.strip_prefix("{out}/"), build.parent()) {
            (Some(rest), Some(out)) => out.join(rest),
            _ => self.folder.join(from),
        }
    }

    /// What it needs of a target's build and is not there.
    #[must_use]
    pub fn missing(&self, build: &Path) -> Vec<PathBuf> {
        let places = self.install.iter().map(|one| self.place(&one.from, build));
        places.filter(|place| !place.exists()).collect()
    }

    /// The package for an architecture, made of what was built into `build`.
    ///
    /// # Errors
    /// When something is missing or put at the same place twice.
    pub fn package(
        &self,
        common: &Common,
        build: &Path,
        architecture: &str,
    ) -> Result<Package, DefinitionError> {
        let failed = |error| DefinitionError::Tree {
            name: self.name.clone(),
            error,
        };
        let mut tree = Tree::default();
        for one in &self.install {
            let from = self.place(&one.from, build);
            match is_catalogue(one) {
                true => {
                    let node = Node::File(compiled(&from)?);
                    tree.put(&one.to, node, 0o644).map_err(failed)?;
                }
                false => tree.take(&from, &one.to).map_err(failed)?,
            }
        }
        for (path, mode) in &self.modes {
            if !tree.set_mode(path, *mode) {
                return Err(failed(TreeError::Path(path.clone())));
            }
        }
        let parse = |text: &String| text.replace("{version}", &common.version).parse();
        let depends: Result<_, _> = self.depends.iter().map(parse).collect();
        let depends = depends.map_err(|error| DefinitionError::Dependency {
            name: self.name.clone(),
            error,
        })?;
        Ok(Package {
            name: self.name.clone(),
            version: common.version.clone(),
            architecture: match self.targets.as_slice() {
                [] => "all".to_owned(),
                _ => architecture.to_owned(),
            },
            section: self.section.clone(),
            description: self.description.clone(),
            license: self
                .license
                .clone()
                .unwrap_or_else(|| common.license.clone()),
            maintainer: common.maintainer.clone(),
            url: common.url.clone(),
            source: format!("feeds/hearth/{}", self.name),
            depends,
            provides: self.provides.clone(),
            conflicts: self.conflicts.clone(),
            conffiles: self.conffiles.clone(),
            user: self.user.clone(),
            tree,
            epoch: common.epoch,
        })
    }
}

/// Whether this is to be compiled.
fn is_catalogue(one: &Install) -> bool {
    let ends = |path: &str, with| Path::new(path).extension() == Some(with);
    ends(&one.from, OsStr::new("po")) && ends(&one.to, OsStr::new("lmo"))
}

/// LuCI's form of a catalogue.
fn compiled(from: &Path) -> Result<Vec<u8>, DefinitionError> {
    let path = from.display().to_string();
    match std::fs::read_to_string(from) {
        Ok(text) => lmo::compile(&text).map_err(|error| DefinitionError::Lmo { path, error }),
        Err(error) => Err(DefinitionError::Io { path, error }),
    }
}

/// One row of `architectures.toml`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Target {
    /// OpenWrt's names for the CPUs that run it.
    pub architectures: Vec<String>,
}

/// The table from Rust targets to package architectures.
///
/// # Errors
/// When it cannot be read.
pub fn architectures(path: &Path) -> Result<BTreeMap<String, Target>, DefinitionError> {
    read(path)
}
