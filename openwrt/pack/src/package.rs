//! A package before it is written in either form.

use sha2::{Digest, Sha256};

use crate::dependency::Dependency;
use crate::tree::{Node, Tree, TreeError};

/// Everything both forms are written from.
#[derive(Debug, Clone, Default)]
pub struct Package {
    /// Its name.
    pub name: String,
    /// `X.Y.Z-rN`.
    pub version: String,
    /// OpenWrt's word for the CPU, such as `aarch64_cortex-a53`; `all` for what runs everywhere.
    pub architecture: String,
    /// Where it stands in lists, such as `net`.
    pub section: String,
    /// What it is, for people.
    pub description: String,
    /// An SPDX expression.
    pub license: String,
    /// Who answers for it.
    pub maintainer: String,
    /// Its page.
    pub url: String,
    /// What it was made from.
    pub source: String,
    /// What must be there, too.
    pub depends: Vec<Dependency>,
    /// Packages in whose place it can be installed; apk lets none of them be beside it.
    pub provides: Vec<String>,
    /// Packages beside which it cannot be installed, for opkg: each of them must say so itself.
    pub conflicts: Vec<String>,
    /// Files whose changes are kept, and folders and files that sysupgrade keeps.
    pub conffiles: Vec<String>,
    /// OpenWrt's `Require-User`: `user=uid:group=gid:group=gid,…`.
    pub user: Option<String>,
    /// What it installs.
    pub tree: Tree,
    /// Seconds since 1970 that everything in it bears.
    pub epoch: u64,
}

impl Package {
    /// Those conffiles that are files of the package: entries as they are, folders as the files in them.
    #[must_use]
    pub fn conffiles_in_tree(&self) -> Vec<String> {
        let of = |entry: &str, file: &str| {
            file == entry || entry.ends_with('/') && file.starts_with(entry)
        };
        self.tree
            .files()
            .filter(|file| self.conffiles.iter().any(|entry| of(entry, file)))
            .collect()
    }

    /// Folders that perhaps no other package brings, the deepest first: those with a name of ours in their path, and
    /// those deep in the system, such as `etc/hotplug.d/tty`. What lies higher the system itself brings, some of it empty
    /// (`etc/uci-defaults`).
    #[must_use]
    pub fn own_folders(&self) -> Vec<String> {
        const DEEP: usize = 3;
        let ours = |path: &str| path.split('/').any(|part| part.starts_with("hearth"));
        let deep = |path: &str| path.split('/').count() >= DEEP;
        let mut folders: Vec<String> = self
            .tree
            .iter()
            .filter(|(path, entry)| entry.node == Node::Folder && (ours(path) || deep(path)))
            .map(|(path, _)| path.to_owned())
            .collect();
        folders.reverse();
        folders
    }

    /// Folders whose files are the user's.
    #[must_use]
    pub fn kept_folders(&self) -> Vec<String> {
        let folders = self
            .conffiles
            .iter()
            .filter_map(|entry| entry.strip_suffix('/'));
        folders
            .map(|folder| folder.trim_start_matches('/').to_owned())
            .collect()
    }

    /// The tree with the list for sysupgrade: those conffiles that the package itself does not bring, after what
    /// a list in the tree already says.
    ///
    /// # Errors
    /// When something else lies where the list goes.
    pub fn with_keep_list(&self) -> Result<Tree, TreeError> {
        let mut tree = self.tree.clone();
        let of_package = |entry: &&String| {
            let entry = tree.get(entry);
            entry.is_some_and(|entry| entry.node != Node::Folder)
        };
        let path = format!("lib/upgrade/keep.d/{}", self.name);
        let listed = match tree.get(&path).map(|entry| &entry.node) {
            Some(Node::File(content)) => String::from_utf8_lossy(content).into_owned(),
            _ => String::new(),
        };
        let mut keep: Vec<&str> = listed.lines().collect();
        for entry in self.conffiles.iter().filter(|e| !of_package(e)) {
            if !keep.contains(&entry.as_str()) {
                keep.push(entry);
            }
        }
        if !keep.is_empty() {
            let list = Node::File(lines(&keep));
            if !tree.replace(&path, &list) {
                tree.put(&path, list, 0o644)?;
            }
        }
        Ok(tree)
    }

    /// The tree with all that OpenWrt's functions look for beside an apk: the list of files, conffiles and the
    /// checksums they were installed with, users.
    ///
    /// # Errors
    /// When the tree brings such a file itself.
    pub fn with_apk_lists(&self) -> Result<Tree, TreeError> {
        let mut tree = self.with_keep_list()?;
        let base = format!("lib/apk/packages/{}", self.name);
        let put = |tree: &mut Tree, kind: &str, content: Vec<u8>| {
            tree.put(&format!("{base}.{kind}"), Node::File(content), 0o644)
        };
        if let Some(user) = &self.user {
            put(&mut tree, "rusers", lines(&[user]))?;
        }
        let list: Vec<String> = tree.files().collect();
        put(&mut tree, "list", lines(&list))?;
        if !self.conffiles.is_empty() {
            put(&mut tree, "conffiles", lines(&self.conffiles))?;
            let sums: Vec<String> = self.conffiles.iter().filter_map(|e| self.sum(e)).collect();
            if !sums.is_empty() {
                put(&mut tree, "conffiles_static", lines(&sums))?;
            }
        }
        Ok(tree)
    }

    fn sum(&self, file: &str) -> Option<String> {
        match &self.tree.get(file)?.node {
            Node::File(content) => Some(format!("{file} {}", hex(&Sha256::digest(content)))),
            _ => None,
        }
    }

    /// Init scripts in it.
    #[must_use]
    pub fn services(&self) -> Vec<String> {
        self.tree
            .files()
            .filter(|file| file.starts_with("/etc/init.d/"))
            .collect()
    }
}

fn lines(texts: &[impl AsRef<str>]) -> Vec<u8> {
    texts
        .iter()
        .flat_map(|text| [text.as_ref().as_bytes(), b"\n"].concat())
        .collect()
}

/// Bytes as hexadecimal digits.
#[must_use]
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
