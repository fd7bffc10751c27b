//! How fields lie on the wire: one trait, both directions, for ZCL and ZDO alike.
//!
//! The contract: [`Wire::parse`] reads exactly what [`Wire::write`] writes, never panics, and never
//! allocates more than the bytes at hand warrant. Everything is little-endian. An error names the
//! field that was being read.

use std::fmt;

use nom::error::{ErrorKind, ParseError};
use nom::{IResult, Parser};

use crate::Ieee;

/// A frame that is not what it should be: where it broke off, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Malformed {
    /// The field that was being read.
    pub field: &'static str,
    /// Bytes that were left at that point.
    pub left: usize,
    /// What is wrong with it.
    pub reason: Reason,
}

/// Why a field is malformed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reason {
    /// The frame ends inside the field.
    Short,
    /// A value that is not defined.
    Undefined,
    /// A list that claims more elements than its bytes can hold, or nests too deep.
    Oversized,
    /// Bytes follow the last field.
    Trailing,
}

impl fmt::Display for Malformed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { field, left, .. } = self;
        match self.reason {
            Reason::Short => write!(f, "frame ends within `{field}` ({left} bytes left)"),
            Reason::Undefined => write!(f, "`{field}` has an undefined value"),
            Reason::Oversized => write!(f, "`{field}` claims more than {left} bytes can hold"),
            Reason::Trailing => write!(f, "{left} bytes follow the last field of `{field}`"),
        }
    }
}

impl std::error::Error for Malformed {}

impl ParseError<&[u8]> for Malformed {
    fn from_error_kind(input: &[u8], _: ErrorKind) -> Self {
        Self {
            field: "",
            left: input.len(),
            reason: Reason::Short,
        }
    }

    fn append(_: &[u8], _: ErrorKind, other: Self) -> Self {
        other
    }
}

/// What a parser of this module gives.
pub type Parsed<'a, T> = IResult<&'a [u8], T, Malformed>;

/// Stops with `reason` in `field`.
pub(crate) fn malformed<'a, T>(
    field: &'static str,
    input: &'a [u8],
    reason: Reason,
) -> Parsed<'a, T> {
    Err(nom::Err::Error(Malformed {
        field,
        left: input.len(),
        reason,
    }))
}

/// Reads a field and puts its name on an error that has none yet.
pub(crate) fn named<'a, T>(
    field: &'static str,
    mut parser: impl FnMut(&'a [u8]) -> Parsed<'a, T>,
    input: &'a [u8],
) -> Parsed<'a, T> {
    parser(input).map_err(|error| {
        error.map(|mut malformed| {
            if malformed.field.is_empty() {
                malformed.field = field;
            }
            malformed
        })
    })
}

/// Ends a parse: the value, or the error without nom's wrapping. Bytes left over are an error.
pub(crate) fn complete<T>(what: &'static str, parsed: Parsed<'_, T>) -> Result<T, Malformed> {
    match open(what, parsed)? {
        ([], value) => Ok(value),
        (rest, _) => Err(Malformed {
            field: what,
            left: rest.len(),
            reason: Reason::Trailing,
        }),
    }
}

/// Ends a parse, leaving what follows (later revisions append fields).
pub(crate) fn open<'a, T>(
    what: &'static str,
    parsed: Parsed<'a, T>,
) -> Result<(&'a [u8], T), Malformed> {
    match parsed {
        Ok(done) => Ok(done),
        Err(nom::Err::Error(malformed) | nom::Err::Failure(malformed)) => Err(malformed),
        Err(nom::Err::Incomplete(_)) => Err(Malformed {
            field: what,
            left: 0,
            reason: Reason::Short,
        }),
    }
}

/// Reads elements up to the end of the frame.
pub(crate) fn to_end<'a, T>(
    mut element: impl FnMut(&'a [u8]) -> Parsed<'a, T>,
    mut input: &'a [u8],
) -> Parsed<'a, Vec<T>> {
    let mut items = Vec::new();
    while !input.is_empty() {
        let before = input.len();
        let (rest, item) = element(input)?;
        if rest.len() == before {
            return malformed("", input, Reason::Oversized);
        }
        items.push(item);
        input = rest;
    }
    Ok((input, items))
}

/// A field with one layout for reading and writing.
pub trait Wire: Sized {
    /// Reads it from the front of `input`.
    ///
    /// # Errors
    /// [`Malformed`] when `input` is too short or holds an undefined value.
    fn parse(input: &[u8]) -> Parsed<'_, Self>;

    /// Appends it to `out`.
    fn write(&self, out: &mut Vec<u8>);
}

macro_rules! wire_number {
    ($($type:ty => $parser:ident),*) => {$(
        impl Wire for $type {
            fn parse(input: &[u8]) -> Parsed<'_, Self> {
                nom::number::complete::$parser(input)
            }

            fn write(&self, out: &mut Vec<u8>) {
                out.extend_from_slice(&self.to_le_bytes());
            }
        }
    )*};
}

wire_number!(u8 => le_u8, u16 => le_u16, u32 => le_u32, u64 => le_u64, i8 => le_i8, i16 => le_i16, i32 => le_i32);

impl Wire for bool {
    fn parse(input: &[u8]) -> Parsed<'_, Self> {
        u8::parse(input).map(|(rest, byte)| (rest, byte != 0))
    }

    fn write(&self, out: &mut Vec<u8>) {
        out.push(u8::from(*self));
    }
}

impl Wire for Ieee {
    fn parse(input: &[u8]) -> Parsed<'_, Self> {
        u64::parse(input).map(|(rest, number)| (rest, Self(number)))
    }

    fn write(&self, out: &mut Vec<u8>) {
        self.0.write(out);
    }
}

impl<const N: usize> Wire for [u8; N] {
    fn parse(input: &[u8]) -> Parsed<'_, Self> {
        match input.split_first_chunk::<N>() {
            Some((bytes, rest)) => Ok((rest, *bytes)),
            None => malformed("", input, Reason::Short),
        }
    }

    fn write(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(self);
    }
}

/// A field that may be left off at the end of a frame.
impl<T: Wire> Wire for Option<T> {
    fn parse(input: &[u8]) -> Parsed<'_, Self> {
        if input.is_empty() {
            return Ok((input, None));
        }
        T::parse.map(Some).parse(input)
    }

    fn write(&self, out: &mut Vec<u8>) {
        if let Some(value) = self {
            value.write(out);
        }
    }
}

/// A list behind its 8-bit count. Writing stops at 255 elements, what the count can say.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Counted<T>(pub Vec<T>);

impl<T: Wire> Wire for Counted<T> {
    fn parse(input: &[u8]) -> Parsed<'_, Self> {
        let (mut rest, count) = u8::parse(input)?;
        let mut items = Vec::new();
        for _ in 0..count {
            let (after, item) = T::parse(rest)?;
            items.push(item);
            rest = after;
        }
        Ok((rest, Self(items)))
    }

    fn write(&self, out: &mut Vec<u8>) {
        let count = u8::try_from(self.0.len()).unwrap_or(u8::MAX);
        count.write(out);
        for item in self.0.iter().take(usize::from(count)) {
            item.write(out);
        }
    }
}

/// Everything up to the end of the frame, as it came.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Rest(pub Vec<u8>);

impl Wire for Rest {
    fn parse(input: &[u8]) -> Parsed<'_, Self> {
        Ok((&[], Self(input.to_vec())))
    }

    fn write(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.0);
    }
}

/// A group of fields as a struct: the declaration is both codecs.
macro_rules! wire_struct {
    ($(
        $(#[$meta:meta])*
        $name:ident { $($(#[$field_meta:meta])* $field:ident: $type:ty),* $(,)? }
    )*) => {$(
        $(#[$meta])*
        #[derive(Clone, Debug, PartialEq, Eq, Default)]
        #[allow(missing_docs)] // the names are the specification's
        pub struct $name { $($(#[$field_meta])* pub $field: $type),* }

        impl $crate::zigbee::wire::Wire for $name {
            #[allow(unused_mut)]
            fn parse(input: &[u8]) -> $crate::zigbee::wire::Parsed<'_, Self> {
                let rest = input;
                $(
                    let (rest, $field) = $crate::zigbee::wire::named(
                        stringify!($field),
                        <$type as $crate::zigbee::wire::Wire>::parse,
                        rest,
                    )?;
                )*
                Ok((rest, Self { $($field),* }))
            }

            #[allow(unused_variables)]
            fn write(&self, out: &mut Vec<u8>) {
                $($crate::zigbee::wire::Wire::write(&self.$field, out);)*
            }
        }
    )*};
}

pub(crate) use wire_struct;

#[cfg(test)]
mod tests {
    use super::*;

    wire_struct! {
        #[allow(unreachable_pub)]
        Pair { first: u16, second: Counted<u16> }
    }

    #[test]
    fn errors_name_the_field() {
        let error = complete("pair", Pair::parse(&[1, 0, 2, 9, 9])).unwrap_err();
        assert_eq!(
            error.to_string(),
            "frame ends within `second` (0 bytes left)"
        );
        let error = complete("pair", Pair::parse(&[1, 0, 0, 9])).unwrap_err();
        assert_eq!(error.to_string(), "1 bytes follow the last field of `pair`");
    }
}
