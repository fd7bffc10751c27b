//! The tree of values, read.

use nom::IResult;
use nom::bytes::complete::take;
use nom::multi::count;
use nom::number::complete::{le_u8, le_u16, le_u32, le_u64};

use super::{HEADER, Value, kind};

/// Why a file is no ADB, or not a whole one.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AdbError {
    /// The first bytes are not those of the format.
    #[error("not an apk 3 file")]
    Magic,
    /// A newer layout.
    #[error("ADB layout {0}, only 0 is known")]
    Version(u8),
    /// Bytes are missing or point outside.
    #[error("{0}: cut short or pointing outside the file")]
    Cut(&'static str),
    /// Another kind of value than the field holds.
    #[error("{field}: value of kind {kind:#x}")]
    Kind {
        /// Which field.
        field: &'static str,
        /// The four bits found.
        kind: u32,
    },
    /// Compressed in a way that is not read here, or damaged.
    #[error("compression: {0}")]
    Compression(String),
    /// Blocks in an order that does not exist.
    #[error("block of type {0} where none may be")]
    Block(u32),
    /// A package's content is not what its tree says.
    #[error("{0}: content does not match its checksum")]
    Content(String),
    /// The tree grew over 256 MB.
    #[error("more than fits into one file")]
    Size,
}

/// An object or array: the words of its slots, from the first field on.
#[derive(Debug, Clone, Default)]
pub struct Object(Vec<Value>);

impl Object {
    /// Field `index` of an object (fields count from one), or nothing.
    #[must_use]
    pub fn field(&self, index: usize) -> Value {
        let at = index.checked_sub(1).and_then(|at| self.0.get(at));
        at.copied().unwrap_or_default()
    }

    /// The items of an array, or the fields of an object.
    #[must_use]
    pub fn items(&self) -> &[Value] {
        &self.0
    }
}

/// Looks values up in a tree. It copies nothing but what is asked for.
#[derive(Debug, Clone, Copy)]
pub struct Reader<'a> {
    bytes: &'a [u8],
}

impl<'a> Reader<'a> {
    /// A reader of a tree, which starts with its versions and root.
    ///
    /// # Errors
    /// When it is shorter than its header or of a newer layout.
    pub fn new(bytes: &'a [u8]) -> Result<Self, AdbError> {
        match bytes.first() {
            Some(0) if bytes.len() >= HEADER => Ok(Self { bytes }),
            Some(&version) if bytes.len() >= HEADER => Err(AdbError::Version(version)),
            _ => Err(AdbError::Cut("header")),
        }
    }

    /// The word of the root.
    ///
    /// # Errors
    /// When the header is cut short.
    pub fn root(&self) -> Result<Value, AdbError> {
        self.at(4, "root", le_u32).map(Value)
    }

    /// A number; nothing counts as zero.
    ///
    /// # Errors
    /// When it is another kind of value or points outside.
    pub fn int(&self, value: Value, field: &'static str) -> Result<u64, AdbError> {
        match value.kind() {
            kind::SPECIAL if value.is_null() => Ok(0),
            kind::INT => Ok(u64::from(value.rest())),
            kind::INT_32 => self.at(value.rest(), field, le_u32).map(u64::from),
            kind::INT_64 => self.at(value.rest(), field, le_u64),
            kind => Err(AdbError::Kind { field, kind }),
        }
    }

    /// Bytes; nothing counts as none.
    ///
    /// # Errors
    /// When it is another kind of value or points outside.
    pub fn blob(&self, value: Value, field: &'static str) -> Result<&'a [u8], AdbError> {
        let at = value.rest();
        let (head, length) = match value.kind() {
            kind::SPECIAL if value.is_null() => return Ok(&[]),
            kind::BLOB_8 => (1, self.at(at, field, le_u8).map(u32::from)?),
            kind::BLOB_16 => (2, self.at(at, field, le_u16).map(u32::from)?),
            kind::BLOB_32 => (4, self.at(at, field, le_u32)?),
            kind => return Err(AdbError::Kind { field, kind }),
        };
        self.at(at.saturating_add(head), field, take(length))
    }

    /// Text; what is no UTF-8 is shown as well as can be.
    ///
    /// # Errors
    /// As [`Reader::blob`].
    pub fn text(&self, value: Value, field: &'static str) -> Result<String, AdbError> {
        let bytes = self.blob(value, field)?;
        Ok(String::from_utf8_lossy(bytes).into_owned())
    }

    /// An object; nothing counts as one without fields.
    ///
    /// # Errors
    /// When it is another kind of value or points outside.
    pub fn object(&self, value: Value, field: &'static str) -> Result<Object, AdbError> {
        self.slots(value, field)
    }

    /// An array; nothing counts as an empty one.
    ///
    /// # Errors
    /// When it is another kind of value or points outside.
    pub fn array(&self, value: Value, field: &'static str) -> Result<Object, AdbError> {
        self.slots(value, field)
    }

    fn slots(&self, value: Value, field: &'static str) -> Result<Object, AdbError> {
        if value.is_null() {
            return Ok(Object::default());
        }
        let kind = value.kind();
        // Which of the two it is depends on the field, not on the mark.
        if !matches!(kind, kind::OBJECT | kind::ARRAY) {
            return Err(AdbError::Kind { field, kind });
        }
        let slots = self.at(value.rest(), field, le_u32)?;
        // No more than the bytes that are there can hold.
        let fits = self.bytes.len() / 4;
        let slots = usize::try_from(slots).ok().filter(|&n| n > 0 && n <= fits);
        let rest = slots.ok_or(AdbError::Cut(field))? - 1;
        let first = value.rest().saturating_add(4);
        let words = self.at(first, field, count(le_u32, rest))?;
        Ok(Object(words.into_iter().map(Value).collect()))
    }

    fn at<T>(
        &self,
        place: u32,
        field: &'static str,
        mut parser: impl nom::Parser<&'a [u8], Output = T, Error = nom::error::Error<&'a [u8]>>,
    ) -> Result<T, AdbError> {
        let bytes = usize::try_from(place)
            .ok()
            .and_then(|at| self.bytes.get(at..));
        let read: IResult<_, _> = parser.parse(bytes.ok_or(AdbError::Cut(field))?);
        read.map(|(_, value)| value)
            .map_err(|_| AdbError::Cut(field))
    }
}
