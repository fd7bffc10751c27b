//! ADB, the container of apk-tools 3: the form of `.apk` packages and of `packages.adb` indexes.
//!
//! A file is `ADB.` and a schema, or `ADBd` and then the same as raw deflate. Blocks follow, each padded to eight
//! bytes: one with a tree of values, then signatures of it, then, in a package, one for each file's content.
//!
//! The tree lives in one stretch of bytes. A value is a word of 32 bits: four bits of type, 28 bits that are the
//! value itself or the place where it lies. Everything is little-endian. Equal values are stored once.
//!
//! [`Writer`] and [`Reader`] know values only; [`schema`] knows what stands in which field; [`mod@file`] knows blocks.

pub mod file;
mod read;
pub mod schema;
mod write;

pub use read::{AdbError, Object, Reader};
pub use write::Writer;

/// What a word says about its value.
mod kind {
    pub(super) const SPECIAL: u32 = 0x0;
    pub(super) const INT: u32 = 0x1;
    pub(super) const INT_32: u32 = 0x2;
    pub(super) const INT_64: u32 = 0x3;
    pub(super) const BLOB_8: u32 = 0x8;
    pub(super) const BLOB_16: u32 = 0x9;
    pub(super) const BLOB_32: u32 = 0xa;
    pub(super) const ARRAY: u32 = 0xd;
    pub(super) const OBJECT: u32 = 0xe;
}

/// Bytes before the tree: two versions, two bytes reserved, and the word of the root.
const HEADER: usize = 8;

/// One word: a value, or where it lies. The null value is "not there".
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Value(u32);

impl Value {
    /// Nothing.
    pub const NULL: Self = Self(0);

    fn new(kind: u32, rest: u32) -> Self {
        Self(kind << 28 | rest & 0x0fff_ffff)
    }

    fn kind(self) -> u32 {
        self.0 >> 28
    }

    fn rest(self) -> u32 {
        self.0 & 0x0fff_ffff
    }

    /// Whether there is nothing.
    #[must_use]
    pub fn is_null(self) -> bool {
        self.0 == 0
    }
}
