//! What a package installs: folders, files and links, each with its owner and mode.

use std::collections::BTreeMap;
use std::path::Path;

/// What lies at a path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Node {
    /// A folder.
    Folder,
    /// A file and its content.
    File(Vec<u8>),
    /// A symbolic link and where it leads.
    Link(String),
}

/// A node and who may do what with it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// What it is.
    pub node: Node,
    /// Permission bits.
    pub mode: u32,
}

/// Why a tree cannot be gathered.
#[derive(Debug, thiserror::Error)]
pub enum TreeError {
    /// The file system said no.
    #[error("{path}: {error}")]
    Io {
        /// Where.
        path: String,
        /// What it said.
        error: std::io::Error,
    },
    /// Two files, or a file and a folder, at one place.
    #[error("{0}: put there twice")]
    Twice(String),
    /// A name that would leave the root, or no text.
    #[error("{0}: not a path below /")]
    Path(String),
}

/// Paths below the root, without a leading slash, sorted; everything belongs to root.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Tree(BTreeMap<String, Entry>);

impl Tree {
    /// All entries, sorted by path; folders come before what is in them.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Entry)> {
        self.0.iter().map(|(path, entry)| (path.as_str(), entry))
    }

    /// The entry at a path, which may start with a slash.
    #[must_use]
    pub fn get(&self, path: &str) -> Option<&Entry> {
        self.0.get(path.trim_start_matches('/'))
    }

    /// Paths of files and links with their leading slash, sorted.
    pub fn files(&self) -> impl Iterator<Item = String> {
        self.iter()
            .filter(|(_, entry)| entry.node != Node::Folder)
            .map(|(path, _)| format!("/{path}"))
    }

    /// Bytes of all files.
    #[must_use]
    pub fn size(&self) -> u64 {
        self.iter()
            .map(|(_, entry)| match &entry.node {
                Node::File(content) => content.len() as u64,
                _ => 0,
            })
            .sum()
    }

    /// Puts something at a path and makes the folders above it.
    ///
    /// # Errors
    /// When a file is there already, or the path is none below the root.
    pub fn put(&mut self, path: &str, node: Node, mode: u32) -> Result<(), TreeError> {
        let path = path.trim_matches('/');
        let bad = |part: &str| part.is_empty() || part == "." || part == "..";
        if path.split('/').any(bad) || path.contains(['\n', '\0']) {
            return Err(TreeError::Path(path.to_owned()));
        }
        for (at, _) in path.match_indices('/') {
            let above = Entry {
                node: Node::Folder,
                mode: 0o755,
            };
            let above = self.0.entry(path[..at].to_owned()).or_insert(above);
            if above.node != Node::Folder {
                return Err(TreeError::Twice(path[..at].to_owned()));
            }
        }
        match self.0.get(path).map(|old| &old.node) {
            None => {}
            Some(Node::Folder) if node == Node::Folder => {}
            Some(_) => return Err(TreeError::Twice(path.to_owned())),
        }
        self.0.insert(path.to_owned(), Entry { node, mode });
        Ok(())
    }

    /// Puts another content into a file; tells whether there is one.
    pub fn replace(&mut self, path: &str, node: &Node) -> bool {
        let entry = self.0.get_mut(path.trim_matches('/'));
        let entry = entry.filter(|entry| matches!(entry.node, Node::File(_)));
        entry.map(|entry| entry.node = node.clone()).is_some()
    }

    /// Sets the mode of what is at a path; tells whether something is there.
    pub fn set_mode(&mut self, path: &str, mode: u32) -> bool {
        let entry = self.0.get_mut(path.trim_matches('/'));
        entry.map(|entry| entry.mode = mode).is_some()
    }

    /// Takes a file or a whole folder from the disk. Times, owners and the maker's umask do not matter: of the
    /// mode only "may its owner run it" is kept, and what lies in `etc/config` is for root alone.
    ///
    /// # Errors
    /// When it cannot be read, or something is there already.
    pub fn take(&mut self, from: &Path, to: &str) -> Result<(), TreeError> {
        use std::os::unix::fs::PermissionsExt;
        let wrong = |error| TreeError::Io {
            path: from.display().to_string(),
            error,
        };
        let about = std::fs::symlink_metadata(from).map_err(wrong)?;
        let to = to.trim_matches('/');
        if about.is_dir() {
            if !to.is_empty() {
                self.put(to, Node::Folder, 0o755)?;
            }
            for inside in std::fs::read_dir(from).map_err(wrong)? {
                let inside = inside.map_err(wrong)?;
                let name = inside.file_name();
                let name = name.to_str();
                let name =
                    name.ok_or_else(|| TreeError::Path(inside.path().display().to_string()))?;
                self.take(&inside.path(), &format!("{to}/{name}"))?;
            }
            return Ok(());
        }
        if about.is_symlink() {
            let target = std::fs::read_link(from).map_err(wrong)?;
            let target = target.to_str();
            let target = target.ok_or_else(|| TreeError::Path(from.display().to_string()))?;
            return self.put(to, Node::Link(target.to_owned()), 0o777);
        }
        let mode = match about.permissions().mode() & 0o100 {
            _ if to.starts_with("etc/config/") => 0o600,
            0 => 0o644,
            _ => 0o755,
        };
        let content = std::fs::read(from).map_err(wrong)?;
        self.put(to, Node::File(content), mode)
    }
}
