//! Flatbuffers: tables, vectors and texts in a file, found by offsets.
//!
//! The contract: nothing is trusted. Every offset is checked when it is followed, a vector is never longer than
//! its file, and an error names table and field and says where in the file it was.

use nom::IResult;
use nom::number::complete::{le_f32, le_i8, le_i32, le_i64, le_u8, le_u16, le_u32};

/// A file that is no flatbuffer, or not the one it should be.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{table}.{field} at byte {offset}: {what}")]
pub struct FlatError {
    /// The table, as the format's description calls it.
    pub table: &'static str,
    /// Its field.
    pub field: &'static str,
    /// Where in the file.
    pub offset: usize,
    /// What is wrong.
    pub what: &'static str,
}

/// A table in a file.
#[derive(Clone, Copy, Debug)]
pub(super) struct Table<'f> {
    file: &'f [u8],
    at: usize,
    name: &'static str,
}

/// A number that can be read from a file.
pub(super) trait Number: Copy {
    /// Bytes of it.
    const SIZE: usize;
    /// Reads one.
    fn read(input: &[u8]) -> IResult<&[u8], Self>;
}

macro_rules! numbers {
    ($($kind:ty = $size:literal by $parser:path),* $(,)?) => {
        $(impl Number for $kind {
            const SIZE: usize = $size;
            fn read(input: &[u8]) -> IResult<&[u8], Self> {
                $parser(input)
            }
        })*
    };
}

numbers! {
    u8 = 1 by le_u8,
    i8 = 1 by le_i8,
    u16 = 2 by le_u16,
    u32 = 4 by le_u32,
    i32 = 4 by le_i32,
    i64 = 8 by le_i64,
    f32 = 4 by le_f32,
}

fn number<N: Number>(file: &[u8], at: usize) -> Option<N> {
    Some(N::read(file.get(at..)?).ok()?.1)
}

impl<'f> Table<'f> {
    /// The file's outermost table.
    pub(super) fn root(file: &'f [u8], name: &'static str) -> Result<Self, FlatError> {
        let at = number::<u32>(file, 0).map(|at| at as usize);
        let table = Self {
            file,
            at: at.unwrap_or(0),
            name,
        };
        match at {
            Some(at) if at < file.len() => Ok(table),
            _ => Err(table.wrong("root", 0, "the file ends before it")),
        }
    }

    /// An error in one of its fields.
    pub(super) const fn wrong(
        &self,
        field: &'static str,
        offset: usize,
        what: &'static str,
    ) -> FlatError {
        FlatError {
            table: self.name,
            field,
            offset,
            what,
        }
    }

    /// An error in one of its fields, as far as they go.
    pub(super) const fn bad(&self, field: &'static str, what: &'static str) -> FlatError {
        self.wrong(field, self.at, what)
    }

    /// Where a field is; none when it has its default value.
    fn field(&self, index: usize, field: &'static str) -> Result<Option<usize>, FlatError> {
        let short = |at| self.wrong(field, at, "the file ends before it");
        let back = number::<i32>(self.file, self.at).ok_or_else(|| short(self.at))?;
        let far = || self.wrong(field, self.at, "the table's layout is not in the file");
        let layout = i64::try_from(self.at)
            .ok()
            .and_then(|at| usize::try_from(at - i64::from(back)).ok())
            .ok_or_else(far)?;
        let size = number::<u16>(self.file, layout).ok_or_else(far)?;
        let slot = 4 + 2 * index;
        if slot + 2 > usize::from(size) {
            return Ok(None);
        }
        let offset = number::<u16>(self.file, layout + slot).ok_or_else(far)?;
        Ok((offset != 0).then(|| self.at + usize::from(offset)))
    }

    /// A number, or its default.
    pub(super) fn number<N: Number>(
        &self,
        index: usize,
        field: &'static str,
        default: N,
    ) -> Result<N, FlatError> {
        match self.field(index, field)? {
            None => Ok(default),
            Some(at) => number(self.file, at)
                .ok_or_else(|| self.wrong(field, at, "the file ends before it")),
        }
    }

    /// What a field points to.
    fn follow(&self, at: usize, field: &'static str) -> Result<usize, FlatError> {
        let to = number::<u32>(self.file, at).and_then(|far| at.checked_add(far as usize));
        to.filter(|to| *to < self.file.len())
            .ok_or_else(|| self.wrong(field, at, "it points outside of the file"))
    }

    /// A table in it.
    pub(super) fn table(
        &self,
        index: usize,
        field: &'static str,
        name: &'static str,
    ) -> Result<Option<Self>, FlatError> {
        let Some(at) = self.field(index, field)? else {
            return Ok(None);
        };
        Ok(Some(Self {
            file: self.file,
            at: self.follow(at, field)?,
            name,
        }))
    }

    /// The bytes of a vector of elements of so many bytes.
    fn elements(
        &self,
        index: usize,
        field: &'static str,
        size: usize,
    ) -> Result<(usize, &'f [u8]), FlatError> {
        let Some(at) = self.field(index, field)? else {
            return Ok((0, &[]));
        };
        let at = self.follow(at, field)?;
        let long = || self.wrong(field, at, "it is longer than the file");
        let count = number::<u32>(self.file, at).ok_or_else(long)? as usize;
        let begin = at + 4;
        let bytes = count
            .checked_mul(size)
            .and_then(|bytes| begin.checked_add(bytes))
            .and_then(|end| self.file.get(begin..end))
            .ok_or_else(long)?;
        Ok((begin, bytes))
    }

    /// A vector of numbers.
    pub(super) fn numbers<N: Number>(
        &self,
        index: usize,
        field: &'static str,
    ) -> Result<Vec<N>, FlatError> {
        let (_, bytes) = self.elements(index, field, N::SIZE)?;
        Ok(bytes
            .chunks_exact(N::SIZE)
            .filter_map(|one| number(one, 0))
            .collect())
    }

    /// A vector of bytes.
    pub(super) fn bytes(&self, index: usize, field: &'static str) -> Result<&'f [u8], FlatError> {
        Ok(self.elements(index, field, 1)?.1)
    }

    /// A text.
    pub(super) fn text(&self, index: usize, field: &'static str) -> Result<&'f str, FlatError> {
        std::str::from_utf8(self.bytes(index, field)?)
            .map_err(|_| self.bad(field, "it is no UTF-8"))
    }

    /// A vector of tables, at most so many.
    pub(super) fn tables(
        &self,
        index: usize,
        field: &'static str,
        name: &'static str,
        most: usize,
    ) -> Result<Vec<Self>, FlatError> {
        let (begin, bytes) = self.elements(index, field, 4)?;
        if bytes.len() / 4 > most {
            return Err(self.wrong(field, begin, "there are too many"));
        }
        (0..bytes.len() / 4)
            .map(|i| {
                Ok(Self {
                    file: self.file,
                    at: self.follow(begin + 4 * i, field)?,
                    name,
                })
            })
            .collect()
    }
}
