//! Reading a frame field by field, each under the name that an error then tells.

use nom::bytes::complete::take;
use nom::error::Error;
use nom::number::complete as number;
use nom::{IResult, Parser};

use crate::ble::DecodeError;

/// What is left of a frame.
#[derive(Clone, Copy)]
pub(super) struct Fields<'a>(pub(super) &'a [u8]);

type Field<T> = Result<T, DecodeError>;

macro_rules! numbers {
    ($($name:ident: $type:ty),* $(,)?) => {$(
        /// The next number.
        pub(super) fn $name(&mut self, field: &'static str) -> Field<$type> {
            self.next(field, number::$name)
        }
    )*};
}

/// Reads one field off the front of `data` with any parser.
///
/// # Errors
/// Names it, when it is cut off or otherwise not what the parser takes.
pub(super) fn take_field<'a, T>(
    data: &mut &'a [u8],
    name: &'static str,
    mut parser: impl Parser<&'a [u8], Output = T, Error = Error<&'a [u8]>>,
) -> Field<T> {
    let parsed: IResult<&[u8], T> = parser.parse(data);
    let (rest, value) = parsed.map_err(|_| DecodeError::Truncated(name))?;
    *data = rest;
    Ok(value)
}

impl<'a> Fields<'a> {
    numbers! {
        u8: u8, i8: i8,
        le_u16: u16, le_i16: i16, be_u16: u16, be_i16: i16,
        be_u24: u32, le_u32: u32, be_u32: u32,
        le_f32: f32, be_f32: f32,
    }

    fn next<T>(
        &mut self,
        field: &'static str,
        parser: impl Parser<&'a [u8], Output = T, Error = Error<&'a [u8]>>,
    ) -> Field<T> {
        take_field(&mut self.0, field, parser)
    }

    /// The next `count` bytes.
    pub(super) fn bytes(&mut self, field: &'static str, count: usize) -> Field<&'a [u8]> {
        self.next(field, take(count))
    }

    /// Leaves out `count` bytes.
    pub(super) fn skip(&mut self, field: &'static str, count: usize) -> Field<()> {
        self.bytes(field, count).map(|_| ())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_missing_field_is_named() {
        let mut fields = Fields(&[1, 2, 3, 4]);
        assert_eq!(fields.le_u16("voltage"), Ok(0x0201));
        assert_eq!(fields.skip("flags", 1), Ok(()));
        assert_eq!(
            fields.be_i16("temperature"),
            Err(DecodeError::Truncated("temperature"))
        );
        assert_eq!(fields.u8("battery"), Ok(4));
    }
}
