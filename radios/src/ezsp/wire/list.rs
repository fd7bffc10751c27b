//! Bytes and items of any number.

use std::marker::PhantomData;

use nom::Parser;
use nom::bytes::complete::take;
use nom::multi::{count, length_data, many0};
use nom::number::complete::{le_u16, le_u32, u8};

#[cfg(test)]
use super::Source;
use super::{Taken, Unwritable, Wire};
use crate::ezsp::Version;
use crate::ezsp::layout::Kind;

/// Bytes behind their number, one byte.
#[derive(Debug)]
pub enum Lv8 {}

impl Wire for Lv8 {
    type Value = Vec<u8>;
    const KIND: Kind = Kind::Counted(1, &Kind::Fixed(1));

    fn put(value: &Vec<u8>, _: Version, out: &mut Vec<u8>) -> Result<(), Unwritable> {
        out.push(u8::try_from(value.len()).map_err(|_| Unwritable::TooLong)?);
        out.extend_from_slice(value);
        Ok(())
    }

    fn take(input: &[u8], _: Version) -> Taken<'_, Vec<u8>> {
        length_data(u8).map(<[u8]>::to_vec).parse(input)
    }

    #[cfg(test)]
    fn make(source: &mut Source<'_>, _: Version) -> Vec<u8> {
        source.some()
    }
}

/// Bytes behind their number, four bytes.
#[derive(Debug)]
pub enum Lv32 {}

impl Wire for Lv32 {
    type Value = Vec<u8>;
    const KIND: Kind = Kind::Counted(4, &Kind::Fixed(1));

    fn put(value: &Vec<u8>, _: Version, out: &mut Vec<u8>) -> Result<(), Unwritable> {
        let length = u32::try_from(value.len()).map_err(|_| Unwritable::TooLong)?;
        out.extend_from_slice(&length.to_le_bytes());
        out.extend_from_slice(value);
        Ok(())
    }

    fn take(input: &[u8], _: Version) -> Taken<'_, Vec<u8>> {
        length_data(le_u32).map(<[u8]>::to_vec).parse(input)
    }

    #[cfg(test)]
    fn make(source: &mut Source<'_>, _: Version) -> Vec<u8> {
        source.some()
    }
}

/// Items behind their number, one byte.
#[derive(Debug)]
pub struct Counted<W>(PhantomData<W>);

impl<W: Wire> Wire for Counted<W> {
    type Value = Vec<W::Value>;
    const KIND: Kind = Kind::Counted(1, &W::KIND);

    fn put(value: &Self::Value, version: Version, out: &mut Vec<u8>) -> Result<(), Unwritable> {
        out.push(u8::try_from(value.len()).map_err(|_| Unwritable::TooLong)?);
        value.iter().try_for_each(|item| W::put(item, version, out))
    }

    fn take(input: &[u8], version: Version) -> Taken<'_, Self::Value> {
        let (rest, length) = u8(input)?;
        // No item is without a byte: a count alone allocates nothing.
        let (_, _) = take(length)(rest)?;
        count(|input| W::take(input, version), usize::from(length)).parse(rest)
    }

    #[cfg(test)]
    fn make(source: &mut Source<'_>, version: Version) -> Self::Value {
        let length = source.byte() & 0x0f;
        (0..length).map(|_| W::make(source, version)).collect()
    }
}

/// 16-bit numbers to the end of the frame.
#[derive(Debug)]
pub enum Rest {}

impl Wire for Rest {
    type Value = Vec<u16>;
    const KIND: Kind = Kind::Rest(&Kind::Fixed(2));

    fn put(value: &Vec<u16>, _: Version, out: &mut Vec<u8>) -> Result<(), Unwritable> {
        out.extend(value.iter().flat_map(|item| item.to_le_bytes()));
        Ok(())
    }

    fn take(input: &[u8], _: Version) -> Taken<'_, Vec<u16>> {
        many0(le_u16).parse(input)
    }

    #[cfg(test)]
    fn make(source: &mut Source<'_>, _: Version) -> Vec<u16> {
        source.some().into_iter().map(u16::from).collect()
    }
}
