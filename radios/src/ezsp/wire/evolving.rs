//! Fields that came, went or grew with a version, and last fields that may be missing.

use std::marker::PhantomData;

use nom::Parser;
use nom::number::complete::u8;

#[cfg(test)]
use super::Source;
use super::{Taken, Unwritable, Wire};
use crate::ezsp::Version;
use crate::ezsp::layout::Kind;

/// A number that is one byte below version `V`.
#[derive(Debug)]
pub struct ByteBelow<const V: u8, T>(PhantomData<T>);

/// A message tag: one byte below version 14, two from there.
pub type Tag = ByteBelow<14, u16>;

macro_rules! byte_below {
    ($($type:ident $width:literal;)*) => {$(
        impl<const V: u8> Wire for ByteBelow<V, $type> {
            type Value = $type;
            const KIND: Kind = Kind::ByteBelow(V, $width);

            fn put(value: &$type, version: Version, out: &mut Vec<u8>) -> Result<(), Unwritable> {
                if version.since(V) {
                    return $type::put(value, version, out);
                }
                out.push(u8::try_from(*value).map_err(|_| Unwritable::TooLong)?);
                Ok(())
            }

            fn take(input: &[u8], version: Version) -> Taken<'_, $type> {
                if version.since(V) {
                    return $type::take(input, version);
                }
                u8.map($type::from).parse(input)
            }

            #[cfg(test)]
            fn make(source: &mut Source<'_>, version: Version) -> $type {
                if version.since(V) {
                    return $type::make(source, version);
                }
                $type::from(source.byte())
            }
        }
    )*};
}

byte_below! {
    u16 2;
    u32 4;
}

/// A field that is there from version `V` on; its default before.
#[derive(Debug)]
pub struct Since<const V: u8, W>(PhantomData<W>);

impl<const V: u8, W: Wire> Wire for Since<V, W> {
    type Value = W::Value;
    const KIND: Kind = Kind::Since(V, &W::KIND);

    fn put(value: &W::Value, version: Version, out: &mut Vec<u8>) -> Result<(), Unwritable> {
        if version.since(V) {
            return W::put(value, version, out);
        }
        Ok(())
    }

    fn take(input: &[u8], version: Version) -> Taken<'_, W::Value> {
        if version.since(V) {
            return W::take(input, version);
        }
        Ok((input, W::Value::default()))
    }

    #[cfg(test)]
    fn make(source: &mut Source<'_>, version: Version) -> W::Value {
        if version.since(V) {
            return W::make(source, version);
        }
        W::Value::default()
    }
}

/// A field that is there below version `V`; its default from there.
#[derive(Debug)]
pub struct Until<const V: u8, W>(PhantomData<W>);

impl<const V: u8, W: Wire> Wire for Until<V, W> {
    type Value = W::Value;
    const KIND: Kind = Kind::Until(V, &W::KIND);

    fn put(value: &W::Value, version: Version, out: &mut Vec<u8>) -> Result<(), Unwritable> {
        if version.since(V) {
            return Ok(());
        }
        W::put(value, version, out)
    }

    fn take(input: &[u8], version: Version) -> Taken<'_, W::Value> {
        if version.since(V) {
            return Ok((input, W::Value::default()));
        }
        W::take(input, version)
    }

    #[cfg(test)]
    fn make(source: &mut Source<'_>, version: Version) -> W::Value {
        if version.since(V) {
            return W::Value::default();
        }
        W::make(source, version)
    }
}

/// A last field that may be missing.
#[derive(Debug)]
pub struct Optional<W>(PhantomData<W>);

impl<W: Wire> Wire for Optional<W> {
    type Value = Option<W::Value>;
    const KIND: Kind = Kind::Optional(&W::KIND);

    fn put(value: &Self::Value, version: Version, out: &mut Vec<u8>) -> Result<(), Unwritable> {
        match value {
            Some(value) => W::put(value, version, out),
            None => Ok(()),
        }
    }

    fn take(input: &[u8], version: Version) -> Taken<'_, Self::Value> {
        if input.is_empty() {
            return Ok((input, None));
        }
        W::take(input, version).map(|(rest, value)| (rest, Some(value)))
    }

    #[cfg(test)]
    fn make(source: &mut Source<'_>, version: Version) -> Self::Value {
        (source.byte() & 1 == 1).then(|| W::make(source, version))
    }
}

/// A last field that old firmware leaves out: its default then. Always written.
#[derive(Debug)]
pub struct OrDefault<W>(PhantomData<W>);

impl<W: Wire> Wire for OrDefault<W> {
    type Value = W::Value;
    const KIND: Kind = Kind::Optional(&W::KIND);

    fn put(value: &W::Value, version: Version, out: &mut Vec<u8>) -> Result<(), Unwritable> {
        W::put(value, version, out)
    }

    fn take(input: &[u8], version: Version) -> Taken<'_, W::Value> {
        if input.is_empty() {
            return Ok((input, W::Value::default()));
        }
        W::take(input, version)
    }

    #[cfg(test)]
    fn make(source: &mut Source<'_>, version: Version) -> W::Value {
        W::make(source, version)
    }
}
