//! MiBeacon: Xiaomi's advertisement format (service data 0xFE95), plain and encrypted.
//!
//! ```text
//! frame control u16le | product u16le | frame counter u8
//!   [ address 6, reversed ]            frame control bit 4
//!   [ capability u8 [ io u8 ] ]        bit 5; io when capability & 0x20
//!   objects | ciphertext               bit 6; ciphertext when bit 3
//! object: type u16le | length u8 | data
//! ```
//!
//! Versions 4 and 5 encrypt with AES-128-CCM and a 4-byte tag; older ones check no tag, so that a
//! wrong key shows only in object lengths that do not add up.

mod buttons;
mod cipher;
mod locks;
mod object;
mod objects;
mod products;
mod scales;

use std::time::Duration;

use nom::bytes::complete::take;
use nom::number::complete::{le_u8, le_u16};
use nom::{IResult, Parser};

use super::{Claim, Format, Heard, atc};
use crate::ble::{BindKey, DecodeError, Reading};
use crate::{Changes, Mac};

pub(in crate::ble) use products::{product, product_of_model};

const SERVICE: u16 = 0xfe95;

pub(super) static FORMAT: Format = Format {
    claims: &[Claim::Service(SERVICE)],
    read,
};

/// Models for which there is firmware that also speaks better formats.
const REFLASHED: &[&str] = &["LYWSD03MMC", "CGG1", "MHO-C401", "CGDK2"];
/// A counter seen within this time is a repeat; later it has wrapped round.
const REPEAT_WITHIN: Duration = Duration::from_secs(30);
/// Nobody presses a button 256 times in this time.
const PRESS_WITHIN: Duration = Duration::from_secs(3600);

fn read(heard: &mut Heard<'_>) -> Result<Reading, DecodeError> {
    let content = decode(heard.data, heard.advert.address, heard.key)?;
    let product = product(content.product);
    // A press must not come again, however long its frame is sent.
    let within = match content.changes.iter().any(|(p, _)| p == "action") {
        true => PRESS_WITHIN,
        false => REPEAT_WITHIN,
    };
    // Frames without objects count on their own.
    let repeat = !content.changes.is_empty()
        && heard
            .memory
            .repeats(SERVICE, content.counter.into(), within, heard.now);
    let outranked = product.is_some_and(|p| REFLASHED.contains(&p.model))
        && heard.memory.outranked(atc::RANK_MIBEACON);
    Ok(Reading {
        model: product.map(|p| p.model),
        vendor: product.map(|p| p.vendor),
        news: !repeat && !outranked,
        changes: content.changes,
        ..Reading::of("mibeacon")
    })
}

const ENCRYPTED: u16 = 1 << 3;
const HAS_ADDRESS: u16 = 1 << 4;
const HAS_CAPABILITY: u16 = 1 << 5;
const HAS_OBJECTS: u16 = 1 << 6;
const MESH: u16 = 1 << 7;

/// The parts of a frame, objects still as bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Frame<'a> {
    /// Format version, 2…5.
    version: u8,
    /// The product; see [`product`].
    product: u16,
    /// Rises by one with each new frame; repeats carry the same.
    counter: u8,
    /// Whether `body` is ciphertext.
    encrypted: bool,
    /// Whether there are objects.
    has_objects: bool,
    /// The five bytes before anything optional: part of the legacy nonce.
    head: &'a [u8],
    body: &'a [u8],
}

/// What a frame says.
#[derive(Clone, Debug, PartialEq)]
struct Content {
    /// The product identifier.
    product: u16,
    /// The frame counter.
    counter: u8,
    /// Property values.
    changes: Changes,
}

/// Parses a frame's header.
///
/// # Errors
/// Names the field that is missing or not supported, or says that the payload names another
/// address than `address`, which replays of others' adverts do.
fn parse(data: &[u8], address: Mac) -> Result<Frame<'_>, DecodeError> {
    let head = data.get(..5).ok_or(DecodeError::Truncated("header"))?;
    let (rest, (control, product, counter)) =
        header(data).map_err(|_| DecodeError::Truncated("header"))?;
    let version = (control >> 12) as u8;
    if version < 2 {
        return Err(DecodeError::Unsupported("MiBeacon version below 2"));
    }
    if control & MESH != 0 {
        return Err(DecodeError::Unsupported("Bluetooth mesh frame"));
    }
    let (rest, said) = optional(control & HAS_ADDRESS != 0, 6, rest)
        .map_err(|_| DecodeError::Truncated("address"))?;
    if said.is_some_and(|said| said != address.reversed()) {
        return Err(DecodeError::OtherAddress);
    }
    let (rest, capability) = optional(control & HAS_CAPABILITY != 0, 1, rest)
        .map_err(|_| DecodeError::Truncated("capability"))?;
    let has_io = capability.is_some_and(|c| c.iter().any(|c| c & 0x20 != 0));
    let (body, _io) =
        optional(has_io, 1, rest).map_err(|_| DecodeError::Truncated("io capability"))?;
    let body = if control & HAS_OBJECTS == 0 {
        &[]
    } else {
        body
    };
    Ok(Frame {
        version,
        product,
        counter,
        encrypted: control & ENCRYPTED != 0,
        has_objects: control & HAS_OBJECTS != 0,
        head,
        body,
    })
}

fn header(data: &[u8]) -> IResult<&[u8], (u16, u16, u8)> {
    (le_u16, le_u16, le_u8).parse(data)
}

fn optional(there: bool, length: usize, data: &[u8]) -> IResult<&[u8], Option<&[u8]>> {
    if !there {
        return Ok((data, None));
    }
    let (rest, taken) = take(length)(data)?;
    Ok((rest, Some(taken)))
}

/// Models of scales that rest when their frames have no object.
const SCALES: &[&str] = &["MJTZC01YM", "MJTZC02YM", "MJTZC03YM"];

/// Decodes service data of `address`, with its key where the frame is encrypted.
///
/// # Errors
/// As [`parse`]; besides a missing or wrong key, and objects that do not add up.
fn decode(data: &[u8], address: Mac, key: Option<&BindKey>) -> Result<Content, DecodeError> {
    let frame = parse(data, address)?;
    let model = product(frame.product).map_or("", |p| p.model);
    let mut changes = Changes::new();
    if !frame.encrypted {
        objects::plain(model, frame.body, &mut changes)?;
    } else if !frame.body.is_empty() {
        let key = key.ok_or(DecodeError::KeyMissing)?;
        let clear = cipher::open(&frame, address, key)?;
        let outcome = objects::decode(model, &clear, &mut changes);
        // Without a tag, nonsense is how a wrong key looks.
        if frame.version < 4 && !outcome.whole {
            return Err(DecodeError::KeyWrong);
        }
        if frame.version < 4 && outcome.known == 0 {
            return Err(DecodeError::Invalid("object"));
        }
    }
    if !frame.has_objects && SCALES.contains(&model) {
        changes.push(("stabilized".into(), false.into()));
    }
    Ok(Content {
        product: frame.product,
        counter: frame.counter,
        changes,
    })
}

#[cfg(test)]
mod tests;
