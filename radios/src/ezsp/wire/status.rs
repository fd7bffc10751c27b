//! How statuses lie on the wire: one byte of one of two kinds below version 14, mostly four from there.

use nom::Parser;
use nom::number::complete::{le_u32, u8};

#[cfg(test)]
use super::Source;
use super::{Taken, Unwritable, Wire};
use crate::ezsp::layout::Kind;
use crate::ezsp::{Status, Version};

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
