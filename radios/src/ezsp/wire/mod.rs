//! How one field lies on the wire, by version.
//!
//! A [`Wire`] is a way of writing: it names the [`Wire::Value`] that it writes, its width at each
//! version and how it is written and read. Most values are their own way (`u8`, [`Ieee`],
//! [`Status`](super::Status), structs); the others are markers that the table puts behind `as`: `tag: u16 as Tag`.
//! The contract: `take` reads what `put` wrote, at every version, and never allocates more than
//! the input holds.

use std::fmt;
use std::marker::PhantomData;

use nom::bytes::complete::take;
use nom::number::complete::{i8, le_i16, le_i32, le_u16, le_u32, le_u64, u8};
use nom::{IResult, Parser};

use super::Version;
use super::layout::{Kind, is_secret};
use crate::Ieee;

mod evolving;
mod list;
mod status;

pub use evolving::{ByteBelow, Optional, OrDefault, Since, Tag, Until};
pub use list::{Counted, Lv8, Lv32, Rest};
pub use status::{Ember, Ezsp, Reason, Sl, Success};

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

/// A field as logs may show it: never a key.
pub(super) fn shown<W: Wire>(value: &W::Value) -> &dyn fmt::Debug {
    match W::KIND {
        // Structs hide their own.
        Kind::Struct(_) => value,
        kind if is_secret(kind) => &"…",
        _ => value,
    }
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

/// Writes a struct: fields and how each is written.
macro_rules! structs {
    ($(
        $(#[$doc:meta])*
        $name:ident { $($(#[$field_doc:meta])* $field:ident: $type:ty $(as $wire:ty)?,)* }
    )*) => {$(
        $(#[$doc])*
        #[derive(Clone, Default, PartialEq, Eq)]
        pub struct $name {
            $($(#[$field_doc])* #[allow(missing_docs)] pub $field: $type,)*
        }

        impl std::fmt::Debug for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.debug_struct(stringify!($name))
                    $(.field(
                        stringify!($field),
                        $crate::ezsp::wire::shown::<$crate::ezsp::wire::way!($type $(, $wire)?)>(
                            &self.$field,
                        ),
                    ))*
                    .finish()
            }
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
