//! What stands in which field, counted from one. The names are those `apk adbdump` prints.

/// The four letters of a file's schema.
pub mod magic {
    /// A package.
    pub const PACKAGE: u32 = u32::from_le_bytes(*b"pckg");
    /// An index.
    pub const INDEX: u32 = u32::from_le_bytes(*b"indx");
}

/// The root of a package.
pub mod package {
    #![allow(missing_docs)] // the names say it
    pub const INFO: usize = 1;
    pub const PATHS: usize = 2;
    pub const SCRIPTS: usize = 3;
    pub const TRIGGERS: usize = 4;
    pub const REPLACES_PRIORITY: usize = 5;
}

/// What is known of a package, in itself and in an index.
pub mod info {
    #![allow(missing_docs)] // the names say it
    pub const NAME: usize = 1;
    pub const VERSION: usize = 2;
    /// In a package an identity of 20 bytes; in an index the SHA-256 of the package's tree.
    pub const HASHES: usize = 3;
    pub const DESCRIPTION: usize = 4;
    pub const ARCH: usize = 5;
    pub const LICENSE: usize = 6;
    pub const ORIGIN: usize = 7;
    pub const MAINTAINER: usize = 8;
    pub const URL: usize = 9;
    pub const INSTALLED_SIZE: usize = 12;
    pub const FILE_SIZE: usize = 13;
    pub const DEPENDS: usize = 15;
    pub const PROVIDES: usize = 16;
    pub const COUNT: usize = 21;
}

/// A dependency.
pub mod dependency {
    #![allow(missing_docs)] // the names say it
    pub const NAME: usize = 1;
    pub const VERSION: usize = 2;
    /// A mask of equal 1, less 2, greater 4, fuzzy 8, conflict 16; nothing means equal.
    pub const MATCH: usize = 3;
}

/// A folder.
pub mod path {
    #![allow(missing_docs)] // the names say it
    pub const NAME: usize = 1;
    pub const ACL: usize = 2;
    pub const FILES: usize = 3;
}

/// A file.
pub mod file {
    #![allow(missing_docs)] // the names say it
    pub const NAME: usize = 1;
    pub const ACL: usize = 2;
    pub const SIZE: usize = 3;
    pub const MTIME: usize = 4;
    /// SHA-256 of the content.
    pub const HASH: usize = 5;
    /// For what is no plain file: two bytes of type, then where a link leads.
    pub const TARGET: usize = 6;
}

/// Who may do what.
pub mod acl {
    #![allow(missing_docs)] // the names say it
    pub const MODE: usize = 1;
    pub const USER: usize = 2;
    pub const GROUP: usize = 3;
}

/// Scripts.
pub mod scripts {
    #![allow(missing_docs)] // the names say it
    pub const POST_INSTALL: usize = 3;
    pub const PRE_DEINSTALL: usize = 4;
    pub const POST_DEINSTALL: usize = 5;
    pub const PRE_UPGRADE: usize = 6;
    pub const POST_UPGRADE: usize = 7;
}

/// The root of an index.
pub mod index {
    #![allow(missing_docs)] // the names say it
    pub const DESCRIPTION: usize = 1;
    pub const PACKAGES: usize = 2;
}

/// The type bits of a symbolic link, as in `st_mode`.
pub const LINK: u16 = 0o120_000;

/// Fields by number, each at most once, as an object takes them.
#[must_use]
pub fn fields<const N: usize>(set: [(usize, super::Value); N]) -> Vec<super::Value> {
    let most = set.iter().map(|(field, _)| *field).max().unwrap_or(0);
    let mut values = vec![super::Value::NULL; most];
    for (field, value) in set {
        if let Some(slot) = field.checked_sub(1).and_then(|at| values.get_mut(at)) {
            *slot = value;
        }
    }
    values
}
