//! Bytes of a file, parsed by nom piece by piece, with the place for error messages.

use std::io::Read;

use nom::combinator::verify;
use nom::error::{Error, ErrorKind};
use nom::number::streaming::{le_f32, le_u32, le_u64};
use nom::{Err, IResult, Parser};

use super::GraphError;

/// Bytes asked of the file at once.
const BLOCK: usize = 1 << 16;

/// What a parser of one piece returns.
pub type Piece<'a, T> = IResult<&'a [u8], T>;

/// A stream of bytes under parsers.
///
/// A piece is parsed by a nom *streaming* parser; while it asks for more, more is read. So a piece never
/// takes more memory than the file has bytes for it.
#[derive(Debug)]
pub struct Source<R> {
    read: R,
    name: String,
    buffer: Vec<u8>,
    from: usize,
    at: u64,
}

impl<R: Read> Source<R> {
    /// A stream that is called `name` in errors.
    #[must_use]
    pub fn new(name: String, read: R) -> Self {
        Self {
            read,
            name,
            buffer: Vec::new(),
            from: 0,
            at: 0,
        }
    }

    /// Bytes taken so far.
    #[must_use]
    pub const fn at(&self) -> u64 {
        self.at
    }

    /// An error about the field that was just to be read.
    #[must_use]
    pub fn wrong(&self, what: &'static str, problem: impl Into<String>) -> GraphError {
        GraphError::Format {
            file: self.name.clone(),
            what,
            at: self.at,
            problem: problem.into(),
        }
    }

    /// Parses one piece, at most `limit` bytes long.
    ///
    /// # Errors
    /// Names `what` when the file ends within it or the parser refuses it.
    pub fn parse<T>(
        &mut self,
        what: &'static str,
        limit: usize,
        mut parser: impl FnMut(&[u8]) -> Piece<'_, T>,
    ) -> Result<T, GraphError> {
        loop {
            let rest = self.buffer.get(self.from..).unwrap_or_default();
            match parser(rest) {
                Ok((left, value)) => {
                    let taken = rest.len() - left.len();
                    self.from += taken;
                    self.at += taken as u64;
                    return Ok(value);
                }
                Err(Err::Incomplete(_)) if rest.len() < limit => {
                    if !self.fill()? {
                        let missing = self.buffer.len() - self.from;
                        return Err(
                            self.wrong(what, format!("the file ends after {missing} bytes of it"))
                        );
                    }
                }
                Err(Err::Incomplete(_)) => {
                    return Err(self.wrong(what, format!("longer than {limit} bytes")));
                }
                Err(Err::Error(error) | Err::Failure(error)) => {
                    let problem = match error.code {
                        ErrorKind::Verify => "a value that cannot be",
                        ErrorKind::Tag => "not the mark expected here",
                        ErrorKind::Char => "not UTF-8",
                        _ => "malformed",
                    };
                    return Err(self.wrong(what, problem));
                }
            }
        }
    }

    /// A number.
    ///
    /// # Errors
    /// When the file ends.
    pub fn u32(&mut self, what: &'static str) -> Result<u32, GraphError> {
        self.parse(what, 4, |i| le_u32.parse(i))
    }

    /// A long number.
    ///
    /// # Errors
    /// When the file ends.
    pub fn u64(&mut self, what: &'static str) -> Result<u64, GraphError> {
        self.parse(what, 8, |i| le_u64.parse(i))
    }

    /// A cost.
    ///
    /// # Errors
    /// When the file ends or it is no number.
    pub fn cost(&mut self, what: &'static str) -> Result<f32, GraphError> {
        self.parse(what, 4, |i| verify(le_f32, |cost| !cost.is_nan()).parse(i))
    }

    /// A mark that must be there.
    ///
    /// # Errors
    /// When something else is.
    pub fn mark(&mut self, what: &'static str, mark: u32) -> Result<(), GraphError> {
        self.parse(what, 4, |i| verify(le_u32, |read| *read == mark).parse(i))
            .map(|_| ())
    }

    /// Passes over bytes.
    ///
    /// # Errors
    /// When the file has fewer.
    pub fn skip(&mut self, what: &'static str, mut bytes: u64) -> Result<(), GraphError> {
        while bytes > 0 {
            let there = (self.buffer.len() - self.from) as u64;
            if there == 0 && !self.fill()? {
                return Err(self.wrong(what, format!("the file ends {bytes} bytes before its end")));
            }
            let step = bytes.min((self.buffer.len() - self.from) as u64);
            self.from += usize::try_from(step).unwrap_or_default();
            self.at += step;
            bytes -= step;
        }
        Ok(())
    }

    /// Reads another block; false at the end of the file.
    fn fill(&mut self) -> Result<bool, GraphError> {
        self.buffer.drain(..self.from);
        self.from = 0;
        let old = self.buffer.len();
        self.buffer.resize(old + BLOCK, 0);
        let read = loop {
            match self.read.read(&mut self.buffer[old..]) {
                Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
                other => break other,
            }
        };
        let count = *read.as_ref().unwrap_or(&0);
        self.buffer.truncate(old + count);
        read.map(|count| count > 0).map_err(|error| GraphError::Io {
            file: self.name.clone(),
            error,
        })
    }
}

/// A parser's refusal.
pub(super) fn refuse<T>(input: &[u8], kind: ErrorKind) -> Piece<'_, T> {
    Err(Err::Failure(Error::new(input, kind)))
}
