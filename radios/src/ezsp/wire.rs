//! How one field lies on the wire, by version.
//!
//! A [`Wire`] is a way of writing: it names the [`Wire::Value`] that it writes, its width at each
//! version and how it is written and read. Most values are their own way ([`u8`], [`Ieee`],
//! [`Status`], structs); the others are markers that the table puts behind `as`: `tag: u16 as Tag`.
//! The contract: `take` reads what `put` wrote, at every version, and never allocates more than
//! the input holds.

use std::fmt;
use std::marker::PhantomData;

use nom::bytes::complete::take;
use nom::multi::{count, length_data, many0};
use nom::number::complete::{i8, le_i16, le_i32, le_u16, le_u32, le_u64, u8};
use nom::{IResult, Parser};

use super::layout::Kind;
use super::{Status, Version};
use crate::Ieee;

/// What is left of the input, and the value.
pub type Taken<'a, T> = IResult<&'a [u8], T>;

/// Why a value cannot be written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unwritable {
    /// More bytes or items than its count can say.
    TooLong,
}

/// A way of writing a field.
pub trait Wire {
    /// What is written.
    type Value: Clone + fmt::Debug + Default + PartialEq;

    /// What it looks like, for those that only pass through.
    const KIND: Kind;

    /// Writes `value` at the end of `out`.
    ///
    /// # Errors
    /// When it is too long for its length prefix.
    fn put(value: &Self::Value, version: Version, out: &mut Vec<u8>) -> Result<(), Unwritable>;

    /// Reads a value from the start of `input`.
    ///
    /// # Errors
    /// When the input is cut short.
    fn take(input: &[u8], version: Version) -> Taken<'_, Self::Value>;

    /// A value that can be written at `version`, made from `source`.
    #[cfg(test)]
    fn make(source: &mut Source<'_>, version: Version) -> Self::Value;
}

/// Bytes to make test values from; zeros when they run out.
#[cfg(test)]
pub struct Source<'a>(pub &'a [u8]);

#[cfg(test)]
impl Source<'_> {
    fn byte(&mut self) -> u8 {
        let Some((first, rest)) = self.0.split_first() else {
            return 0;
        };
        self.0 = rest;
        *first
    }

    fn bytes<const N: usize>(&mut self) -> [u8; N] {
        std::array::from_fn(|_| self.byte())
    }

    fn some(&mut self) -> Vec<u8> {
        let length = self.byte() & 0x1f;
        (0..length).map(|_| self.byte()).collect()
    }
}

macro_rules! numbers {
    ($($type:ident $parser:ident $width:literal;)*) => {$(
        impl Wire for $type {
            type Value = Self;
            const KIND: Kind = Kind::Fixed($width);

            fn put(value: &Self, _: Version, out: &mut Vec<u8>) -> Result<(), Unwritable> {
                out.extend_from_slice(&value.to_le_bytes());
                Ok(())
            }

            fn take(input: &[u8], _: Version) -> Taken<'_, Self> {
                $parser(input)
            }

            #[cfg(test)]
            fn make(source: &mut Source<'_>, _: Version) -> Self {
                Self::from_le_bytes(source.bytes())
            }
        }
    )*};
}

numbers! {
    u8 u8 1;
    i8 i8 1;
    u16 le_u16 2;
    i16 le_i16 2;
    u32 le_u32 4;
    i32 le_i32 4;
    u64 le_u64 8;
}

impl Wire for bool {
    type Value = Self;
    const KIND: Kind = Kind::Fixed(1);

    fn put(value: &Self, _: Version, out: &mut Vec<u8>) -> Result<(), Unwritable> {
        out.push(u8::from(*value));
        Ok(())
    }

    fn take(input: &[u8], _: Version) -> Taken<'_, Self> {
        u8.map(|byte| byte != 0).parse(input)
    }

    #[cfg(test)]
    fn make(source: &mut Source<'_>, _: Version) -> Self {
        source.byte() & 1 == 1
    }
}

impl Wire for Ieee {
    type Value = Self;
    const KIND: Kind = Kind::Fixed(8);

    fn put(value: &Self, _: Version, out: &mut Vec<u8>) -> Result<(), Unwritable> {
        out.extend_from_slice(&value.to_le_bytes());
        Ok(())
    }

    fn take(input: &[u8], _: Version) -> Taken<'_, Self> {
        le_u64.map(Self).parse(input)
    }

    #[cfg(test)]
    fn make(source: &mut Source<'_>, _: Version) -> Self {
        Self::from_le_bytes(source.bytes())
    }
}

/// A 128-bit key, in natural order. `Debug` hides it.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
pub struct Key(pub [u8; 16]);

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Key(…)")
    }
}

impl Wire for Key {
    type Value = Self;
    const KIND: Kind = Kind::Secret(&Kind::Fixed(16));

    fn put(value: &Self, _: Version, out: &mut Vec<u8>) -> Result<(), Unwritable> {
        out.extend_from_slice(&value.0);
        Ok(())
    }

    fn take(input: &[u8], version: Version) -> Taken<'_, Self> {
        <[u8; 16] as Wire>::take(input, version).map(|(rest, key)| (rest, Self(key)))
    }

    #[cfg(test)]
    fn make(source: &mut Source<'_>, _: Version) -> Self {
        Self(source.bytes())
    }
}

/// So many bytes, no more, no less.
#[derive(Clone, PartialEq, Eq)]
pub struct Blob<const N: usize>(pub [u8; N]);

impl<const N: usize> Default for Blob<N> {
    fn default() -> Self {
        Self([0; N])
    }
}

impl<const N: usize> fmt::Debug for Blob<N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Blob<{N}>(…)")
    }
}

impl<const N: usize> Wire for Blob<N> {
    type Value = Self;
    const KIND: Kind = Kind::Fixed(N);

    fn put(value: &Self, _: Version, out: &mut Vec<u8>) -> Result<(), Unwritable> {
        out.extend_from_slice(&value.0);
        Ok(())
    }

    fn take(input: &[u8], _: Version) -> Taken<'_, Self> {
        let (rest, bytes) = take(N)(input)?;
        let mut blob = Self::default();
        blob.0.copy_from_slice(bytes);
        Ok((rest, blob))
    }

    #[cfg(test)]
    fn make(source: &mut Source<'_>, _: Version) -> Self {
        Self(source.bytes())
    }
}

impl<T, const N: usize> Wire for [T; N]
where
    T: Wire<Value = T> + Clone + fmt::Debug + Default + PartialEq,
    [T; N]: Default,
{
    type Value = Self;
    const KIND: Kind = Kind::Array(&T::KIND, N);

    fn put(value: &Self, version: Version, out: &mut Vec<u8>) -> Result<(), Unwritable> {
        value.iter().try_for_each(|item| T::put(item, version, out))
    }

    fn take(input: &[u8], version: Version) -> Taken<'_, Self> {
        let mut items = Self::default();
        let mut rest = input;
        for item in &mut items {
            (rest, *item) = T::take(rest, version)?;
        }
        Ok((rest, items))
    }

    #[cfg(test)]
    fn make(source: &mut Source<'_>, version: Version) -> Self {
        std::array::from_fn(|_| T::make(source, version))
    }
}

/// A status: `EmberStatus` below version 14, `sl_Status` from there.
impl Wire for Status {
    type Value = Self;
    const KIND: Kind = Kind::Status;

    fn put(value: &Self, version: Version, out: &mut Vec<u8>) -> Result<(), Unwritable> {
        if version.since(14) {
            out.extend_from_slice(&value.0.to_le_bytes());
        } else {
            out.push(value.to_ember());
        }
        Ok(())
    }

    fn take(input: &[u8], version: Version) -> Taken<'_, Self> {
        if version.since(14) {
            le_u32.map(Self).parse(input)
        } else {
            u8.map(Self::from_ember).parse(input)
        }
    }

    #[cfg(test)]
    fn make(source: &mut Source<'_>, version: Version) -> Self {
        if version.since(14) {
            Self(u32::make(source, version))
        } else {
            Self::from_ember(source.byte())
        }
    }
}

/// A status: `EzspStatus` below version 14, `sl_Status` from there.
#[derive(Debug)]
pub enum Ezsp {}

impl Wire for Ezsp {
    type Value = Status;
    const KIND: Kind = Kind::Status;

    fn put(value: &Status, version: Version, out: &mut Vec<u8>) -> Result<(), Unwritable> {
        if version.since(14) {
            return Status::put(value, version, out);
        }
        out.push(value.to_ezsp());
        Ok(())
    }

    fn take(input: &[u8], version: Version) -> Taken<'_, Status> {
        if version.since(14) {
            return Status::take(input, version);
        }
        u8.map(Status::from_ezsp).parse(input)
    }

    #[cfg(test)]
    fn make(source: &mut Source<'_>, _: Version) -> Status {
        Status::from_ezsp(source.byte())
    }
}

/// A status: `EmberStatus`, at every version.
#[derive(Debug)]
pub enum Ember {}

impl Wire for Ember {
    type Value = Status;
    const KIND: Kind = Kind::Fixed(1);

    fn put(value: &Status, _: Version, out: &mut Vec<u8>) -> Result<(), Unwritable> {
        out.push(value.to_ember());
        Ok(())
    }

    fn take(input: &[u8], _: Version) -> Taken<'_, Status> {
        u8.map(Status::from_ember).parse(input)
    }

    #[cfg(test)]
    fn make(source: &mut Source<'_>, _: Version) -> Status {
        Status::from_ember(source.byte())
    }
}

/// A status: `sl_Status`, at every version.
#[derive(Debug)]
pub enum Sl {}

impl Wire for Sl {
    type Value = Status;
    const KIND: Kind = Kind::Fixed(4);

    fn put(value: &Status, _: Version, out: &mut Vec<u8>) -> Result<(), Unwritable> {
        out.extend_from_slice(&value.0.to_le_bytes());
        Ok(())
    }

    fn take(input: &[u8], _: Version) -> Taken<'_, Status> {
        le_u32.map(Status).parse(input)
    }

    #[cfg(test)]
    fn make(source: &mut Source<'_>, version: Version) -> Status {
        Status(u32::make(source, version))
    }
}

/// The reason of `invalidCommand`, an `EzspStatus`. From version 14 on hosts and firmware disagree
/// on its width: four bytes are written, and the first is read.
#[derive(Debug)]
pub enum Reason {}

impl Wire for Reason {
    type Value = Status;
    const KIND: Kind = Kind::Status;

    fn put(value: &Status, version: Version, out: &mut Vec<u8>) -> Result<(), Unwritable> {
        let byte = value.to_ezsp();
        if version.since(14) {
            out.extend_from_slice(&u32::from(byte).to_le_bytes());
        } else {
            out.push(byte);
        }
        Ok(())
    }

    fn take(input: &[u8], _: Version) -> Taken<'_, Status> {
        let (_, byte) = u8(input)?;
        Ok((&[], Status::from_reason(byte)))
    }

    #[cfg(test)]
    fn make(source: &mut Source<'_>, _: Version) -> Status {
        Status::from_reason(source.byte())
    }
}

/// Whether it went well: an `EmberStatus` below version 14, a truth value from there.
#[derive(Debug)]
pub enum Success {}

impl Wire for Success {
    type Value = Status;
    const KIND: Kind = Kind::Fixed(1);

    fn put(value: &Status, version: Version, out: &mut Vec<u8>) -> Result<(), Unwritable> {
        if version.since(14) {
            return bool::put(&value.is_ok(), version, out);
        }
        Ember::put(value, version, out)
    }

    fn take(input: &[u8], version: Version) -> Taken<'_, Status> {
        if version.since(14) {
            let (rest, ok) = bool::take(input, version)?;
            return Ok((rest, if ok { Status::OK } else { Status::FAIL }));
        }
        Ember::take(input, version)
    }

    #[cfg(test)]
    fn make(source: &mut Source<'_>, version: Version) -> Status {
        match source.byte() {
            byte if !version.since(14) => Status::from_ember(byte),
            byte if byte & 1 == 1 => Status::OK,
            _ => Status::FAIL,
        }
    }
}

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

/// A field that holds a key, or may: blanked in traces.
#[derive(Debug)]
pub struct Secret<W>(PhantomData<W>);

impl<W: Wire> Wire for Secret<W> {
    type Value = W::Value;
    const KIND: Kind = Kind::Secret(&W::KIND);

    fn put(value: &W::Value, version: Version, out: &mut Vec<u8>) -> Result<(), Unwritable> {
        W::put(value, version, out)
    }

    fn take(input: &[u8], version: Version) -> Taken<'_, W::Value> {
        W::take(input, version)
    }

    #[cfg(test)]
    fn make(source: &mut Source<'_>, version: Version) -> W::Value {
        W::make(source, version)
    }
}

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

/// Writes a struct: fields and how each is written.
macro_rules! structs {
    ($(
        $(#[$doc:meta])*
        $name:ident { $($(#[$field_doc:meta])* $field:ident: $type:ty $(as $wire:ty)?,)* }
    )*) => {$(
        $(#[$doc])*
        #[derive(Clone, Debug, Default, PartialEq, Eq)]
        pub struct $name {
            $($(#[$field_doc])* #[allow(missing_docs)] pub $field: $type,)*
        }

        impl $crate::ezsp::wire::Wire for $name {
            type Value = Self;
            const KIND: $crate::ezsp::layout::Kind = $crate::ezsp::layout::Kind::Struct(&[
                $($crate::ezsp::layout::Field {
                    name: stringify!($field),
                    kind: <$crate::ezsp::wire::way!($type $(, $wire)?) as $crate::ezsp::wire::Wire>::KIND,
                },)*
            ]);

            fn put(
                value: &Self,
                version: $crate::ezsp::Version,
                out: &mut Vec<u8>,
            ) -> Result<(), $crate::ezsp::wire::Unwritable> {
                $(<$crate::ezsp::wire::way!($type $(, $wire)?) as $crate::ezsp::wire::Wire>::put(
                    &value.$field,
                    version,
                    out,
                )?;)*
                Ok(())
            }

            fn take(
                rest: &[u8],
                version: $crate::ezsp::Version,
            ) -> $crate::ezsp::wire::Taken<'_, Self> {
                $(let (rest, $field) =
                    <$crate::ezsp::wire::way!($type $(, $wire)?) as $crate::ezsp::wire::Wire>::take(
                        rest, version,
                    )?;)*
                Ok((rest, Self { $($field,)* }))
            }

            #[cfg(test)]
            fn make(
                source: &mut $crate::ezsp::wire::Source<'_>,
                version: $crate::ezsp::Version,
            ) -> Self {
                Self {
                    $($field: <$crate::ezsp::wire::way!($type $(, $wire)?) as $crate::ezsp::wire::Wire>::make(
                        source, version,
                    ),)*
                }
            }
        }
    )*};
}

/// How a field is written: as `as` says, or as its type is.
macro_rules! way {
    ($type:ty) => {
        $type
    };
    ($type:ty, $wire:ty) => {
        $wire
    };
}

pub(in crate::ezsp) use {structs, way};
