//! `BTHome`, the open format (service data 0xFCD2, version 2; 0x181C and 0x181E, version 1).
//!
//! ```text
//! v2: info u8 (bit 0 encrypted, 1 address follows, 2 speaks when triggered, 5-7 version)
//!       [ address 6, reversed ] | objects
//!     encrypted: … | ciphertext | counter u32le | tag 4
//! v1: objects (181C), or ciphertext | counter u32le | tag 4 (181E)
//! ```
//!
//! Both encrypt with AES-128-CCM; version 1 with the associated data 0x11, version 2 with none. A
//! frame is heard several times: packet ids tell which, for four seconds; counters of encrypted
//! frames only rise, but for a new battery. A plain frame of a sender with a key could be
//! anybody's, and is refused.

mod objects;
mod table;

use std::time::Duration;

use ccm::consts::{U12, U13};

use super::{Claim, Format, Heard, sealed};
use crate::Mac;
use crate::ble::{DecodeError, Reading};

const V1_PLAIN: u16 = 0x181c;
const V1_ENCRYPTED: u16 = 0x181e;
const V2: u16 = 0xfcd2;

pub(super) static FORMAT: Format = Format {
    claims: &[
        Claim::Service(V2),
        Claim::Service(V1_PLAIN),
        Claim::Service(V1_ENCRYPTED),
    ],
    read,
};

/// A packet id counts for so long; later the same number is another packet.
const SAME_PACKET: Duration = Duration::from_secs(4);
/// Ids further ahead than this are behind.
const AHEAD: u32 = 64;
/// A counter below this has begun anew, after a change of battery.
const BEGUN_ANEW: u32 = 100;
/// Memory's slot for the counter of encrypted frames.
const COUNTER: u16 = V1_ENCRYPTED;
/// Counter and tag.
const TAIL: usize = 4 + sealed::TAG;

/// Names that products of known makers advertise.
static MODELS: &[(&str, &str, &str)] = &[
    ("ATC", "ATC", "Xiaomi"),
    ("LYWSD03MMC", "LYWSD03MMC", "Xiaomi"),
    ("prst", "b-parasite", "b-parasite"),
    ("SBBT-002C", "BLU Button1", "Shelly"),
    ("SBBT-102C", "BLU Button1 ZB", "Shelly"),
    ("SBDW-002C", "BLU Door/Window", "Shelly"),
    ("SBMO-003Z", "BLU Motion", "Shelly"),
    ("SBHT-003C", "BLU H&T", "Shelly"),
    ("SBHT-203C", "BLU H&T ZB", "Shelly"),
    ("SBHT-103C", "BLU H&T Display ZB", "Shelly"),
    ("SBBT-004CEU", "BLU Wall Switch 4", "Shelly"),
    ("SBBT-004CUS", "BLU RC Button 4", "Shelly"),
    ("SBTR-001AEU", "BLU TRV", "Shelly"),
];

fn read(heard: &mut Heard<'_>) -> Result<Reading, DecodeError> {
    let frame = Frame::parse(heard.id, heard.data, heard.advert.address)?;
    let mut reading = Reading::of("bthome");
    if let Some(name) = &heard.advert.name {
        let known = MODELS.iter().find(|(begin, ..)| name.starts_with(begin));
        reading.model = known.map(|(_, model, _)| *model);
        reading.vendor = known.map(|(.., vendor)| *vendor);
    }
    let clear;
    let body = match (frame.encrypted, heard.key) {
        (false, None) => frame.body,
        (false, Some(_)) => return Err(DecodeError::NotEncrypted),
        (true, None) => return Err(DecodeError::KeyMissing),
        (true, Some(key)) => {
            let (opened, counter) = frame.open(key)?;
            let last = heard.memory.last(COUNTER, heard.now).map(|(last, _)| last);
            // Beyond the tag this is a frame of the sender's, but maybe an old one played again.
            if last.is_some_and(|last| counter < last && counter >= BEGUN_ANEW) {
                return Err(DecodeError::Invalid("counter, which went back"));
            }
            reading.news = last != Some(counter);
            heard.memory.keep(COUNTER, counter, heard.now);
            clear = opened;
            &clear
        }
    };
    let packet = objects::read(frame.version, body, &mut reading)?;
    if let Some(packet) = packet {
        let last = heard.memory.last(V2, heard.now);
        let behind = last.is_some_and(|(last, ago)| {
            ago <= SAME_PACKET
                && !(1..AHEAD).contains(&(u32::from(packet).wrapping_sub(last) & 0xff))
        });
        if behind {
            reading.news = false;
        } else {
            heard.memory.keep(V2, packet.into(), heard.now);
        }
    }
    Ok(reading)
}

/// The version of the format.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Version {
    One,
    Two,
}

/// A frame, its objects still as bytes.
struct Frame<'a> {
    version: Version,
    encrypted: bool,
    info: u8,
    /// The address that the encryption is bound to.
    address: Mac,
    body: &'a [u8],
}

impl<'a> Frame<'a> {
    fn parse(service: u16, data: &'a [u8], sender: Mac) -> Result<Self, DecodeError> {
        if service != V2 {
            return Ok(Self {
                version: Version::One,
                encrypted: service == V1_ENCRYPTED,
                info: 0,
                address: sender,
                body: data,
            });
        }
        let (&info, mut body) = data.split_first().ok_or(DecodeError::Truncated("info"))?;
        if info >> 5 != 2 {
            return Err(DecodeError::Unsupported("this version of BTHome"));
        }
        let mut address = sender;
        if info & 2 != 0 {
            let (said, rest) = body
                .split_first_chunk::<6>()
                .ok_or(DecodeError::Truncated("address"))?;
            address = Mac(Mac(*said).reversed());
            body = rest;
        }
        Ok(Self {
            version: Version::Two,
            encrypted: info & 1 != 0,
            info,
            address,
            body,
        })
    }

    /// Decrypts the body; the counter with it.
    fn open(&self, key: &crate::ble::BindKey) -> Result<(Vec<u8>, u32), DecodeError> {
        let short = || DecodeError::Truncated("ciphertext");
        let (ciphertext, tail) = self
            .body
            .len()
            .checked_sub(TAIL)
            .and_then(|at| self.body.split_at_checked(at))
            .ok_or_else(short)?;
        let (counter, tag) = tail.split_first_chunk::<4>().ok_or_else(short)?;
        let [a, b, c, d, e, f] = self.address.0;
        let [g, h, i, j] = *counter;
        let clear = match self.version {
            Version::One => {
                let nonce = [a, b, c, d, e, f, 0x1e, 0x18, g, h, i, j];
                sealed::open::<U12>(key, &nonce, &[0x11], ciphertext, tag)?
            }
            Version::Two => {
                let nonce = [a, b, c, d, e, f, 0xd2, 0xfc, self.info, g, h, i, j];
                sealed::open::<U13>(key, &nonce, &[], ciphertext, tag)?
            }
        };
        Ok((clear, u32::from_le_bytes(*counter)))
    }
}

#[cfg(test)]
mod tests;
