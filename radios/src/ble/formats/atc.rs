//! ATC and pvvx: what Xiaomi's thermometers send with other people's firmware (service data
//! 0x181A). The length tells which of the four it is.
//!
//! ```text
//! 13 atc1441: address 6 | temperature i16be 0.1 | humidity u8 | battery u8 | mV u16be | counter u8
//! 15 pvvx: address 6, reversed | temperature i16le 0.01 | humidity u16le 0.01 | mV u16le |
//!          battery u8 | counter u8 | flags u8 (bit 0 reed contact open, 1 output on)
//! 11, 8 encrypted: counter u8 | ciphertext 6 or 3 | tag 4
//!    in clear, 6: temperature i16le 0.01 | humidity u16le 0.01 | battery u8 | flags u8
//!              3: (°C + 40) * 2 u8 | humidity * 2 u8 | battery u8, bit 7 output on
//! ```
//!
//! AES-128-CCM; the nonce is the reversed address, the AD structure's head (length, kind, service)
//! and the counter. A sender may be set to speak all of these and more, in turn: it is believed in
//! the best it has.

use std::time::Duration;

use ccm::consts::U11;

use super::layout::{Field, Wire, exactly, field, hundredths, put, thousandths, whole};
use super::{Claim, Format, Heard, sealed};
use crate::Value;
use crate::ble::{DecodeError, Reading};

pub(super) static FORMAT: Format = Format {
    claims: &[Claim::Service(SERVICE)],
    read,
};

const SERVICE: u16 = 0x181a;
/// A counter seen within this time is a repeat; later it has wrapped round.
const REPEAT_WITHIN: Duration = Duration::from_secs(30);

/// How good the formats are that one such sender speaks, best last. Between them stand the
/// original `MiBeacon` frames.
const RANK_ATC_ENCRYPTED: u8 = 9;
pub(super) const RANK_MIBEACON: u8 = 19;
const RANK_ATC: u8 = 29;
const RANK_PVVX: u8 = 39;

static ATC1441: &[Field] = &[
    field("temperature", Wire::I16Be, |n| n / 10.0),
    field("humidity", Wire::U8, whole),
    field("battery", Wire::U8, whole),
    field("voltage", Wire::U16Be, thousandths),
];
static PVVX: &[Field] = &[
    field("temperature", Wire::I16Le, hundredths),
    field("humidity", Wire::U16Le, hundredths),
    field("voltage", Wire::U16Le, thousandths),
    field("battery", Wire::U8, whole),
];
static PVVX_CLEAR: &[Field] = &[
    field("temperature", Wire::I16Le, hundredths),
    field("humidity", Wire::U16Le, hundredths),
];
static ATC1441_CLEAR: &[Field] = &[
    field("temperature", Wire::U8, |n| n / 2.0 - 40.0),
    field("humidity", Wire::U8, |n| n / 2.0),
];

fn read(heard: &mut Heard<'_>) -> Result<Reading, DecodeError> {
    let mut reading = Reading::of("atc");
    reading.vendor = Some("Xiaomi");
    let address = heard.advert.address;
    let (rank, counter) = match heard.data.len() {
        13 => {
            let body = addressed(heard.data, address.0)?;
            put(&mut reading, ATC1441, body)?;
            (RANK_ATC, body.last())
        }
        15 => {
            let body = addressed(heard.data, address.reversed())?;
            put(&mut reading, PVVX, body)?;
            flags(&mut reading, body.last());
            (RANK_PVVX, body.get(7))
        }
        11 => {
            let clear = open(heard)?;
            put(&mut reading, PVVX_CLEAR, &clear)?;
            charge(&mut reading, clear.get(4));
            flags(&mut reading, clear.get(5));
            (RANK_PVVX, heard.data.first())
        }
        8 => {
            let clear = open(heard)?;
            put(&mut reading, ATC1441_CLEAR, &clear)?;
            charge(&mut reading, clear.get(2).map(|b| b & 0x7f).as_ref());
            reading.put("power", clear.get(2).is_some_and(|b| b & 0x80 != 0));
            (RANK_ATC_ENCRYPTED, heard.data.first())
        }
        _ => return Err(DecodeError::Unknown),
    };
    let counter = u32::from(*counter.unwrap_or(&0));
    let repeats = heard
        .memory
        .repeats(SERVICE, counter, REPEAT_WITHIN, heard.now);
    reading.news = !heard.memory.outranked(rank) && !repeats;
    Ok(reading)
}

/// What follows the sender's own address.
fn addressed(data: &[u8], address: [u8; 6]) -> Result<&[u8], DecodeError> {
    let (said, body) = data
        .split_first_chunk::<6>()
        .ok_or(DecodeError::Truncated("address"))?;
    if *said == address {
        Ok(body)
    } else {
        Err(DecodeError::OtherAddress)
    }
}

fn flags(reading: &mut Reading, flags: Option<&u8>) {
    let flags = flags.copied().unwrap_or(0);
    reading.put("power", flags & 2 != 0);
    reading.put("opening", flags & 1 != 0);
}

/// The battery, and the voltage that a cell of that charge has: the frame has no room for it.
fn charge(reading: &mut Reading, percent: Option<&u8>) {
    let percent = percent.copied().unwrap_or(0).min(100);
    reading.put("battery", percent);
    let volts = 2.2 + 0.9 * f64::from(percent) / 100.0;
    reading.put("voltage", Value::rounded(volts, 3));
}

fn open(heard: &Heard<'_>) -> Result<Vec<u8>, DecodeError> {
    let key = heard.key.ok_or(DecodeError::KeyMissing)?;
    let length = heard.data.len();
    let [counter, sealed @ ..] = exactly(heard.data, length)? else {
        return Err(DecodeError::Truncated("counter"));
    };
    let (ciphertext, tag) = sealed.split_at(sealed.len().saturating_sub(sealed::TAG));
    let [f, e, d, c, b, a] = heard.advert.address.reversed();
    #[expect(clippy::cast_possible_truncation)] // 8 or 11
    let nonce = [
        f,
        e,
        d,
        c,
        b,
        a,
        length as u8 + 3,
        0x16,
        0x1a,
        0x18,
        *counter,
    ];
    sealed::open::<U11>(key, &nonce, &[0x11], ciphertext, tag)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ble::formats::transcript::said;
    use crate::ble::{Advert, Memory, decode_with};

    #[test]
    fn plain_frames() {
        assert_eq!(
            said("A4:C1:38:8D:18:B2 181a:a4c1388d18b201122f640ca025"),
            Ok("battery 100, humidity 47, temperature 27.4, voltage 3.232".into())
        );
        assert_eq!(
            said("A4:C1:38:8D:18:B2 181a:b2188d38c1a42b089011f70a43200f"),
            Ok("battery 67, humidity 44.96, opening true, power true, temperature 20.91, voltage 2.807".into())
        );
        assert_eq!(
            said("A4:C1:38:8D:18:B3 181a:a4c1388d18b201122f640ca025"),
            Err(DecodeError::OtherAddress)
        );
        assert_eq!(said("181a:00"), Err(DecodeError::Unknown));
    }

    fn hear(memory: &mut Memory, data: &str, key: Option<&str>) -> Result<Reading, DecodeError> {
        let advert = Advert {
            address: "A4:C1:38:8D:18:B2".parse().unwrap(),
            service_data: vec![(SERVICE.into(), crate::ble::advert::from_hex(data).unwrap())],
            ..Advert::default()
        };
        let key = key.map(|k| k.parse().unwrap());
        decode_with(&advert, key.as_ref(), memory, Duration::from_secs(9))
    }

    #[test]
    fn encrypted_frames() {
        const KEY: Option<&str> = Some("b9ea895fac7eea6d30532432a516f3a3");
        let (pvvx, atc) = ("11d603fbfa7b6dfb1e26fd", "58e9e6556581b3f9");
        let temperature = |data| {
            let reading = hear(&mut Memory::default(), data, KEY).unwrap();
            reading.changes.first().map(|(_, v)| v.clone())
        };
        assert_eq!(temperature(pvvx), Some(Value::from(23.45)));
        assert_eq!(temperature(atc), Some(Value::from(26.5)));
        let mut memory = Memory::default();
        assert_eq!(hear(&mut memory, pvvx, None), Err(DecodeError::KeyMissing));
        assert_eq!(
            hear(&mut memory, "12d603fbfa7b6dfb1e26fd", KEY),
            Err(DecodeError::KeyWrong)
        );
        // The better of two formats is believed.
        assert!(hear(&mut memory, pvvx, KEY).unwrap().news);
        assert!(!hear(&mut memory, pvvx, KEY).unwrap().news);
        assert!(!hear(&mut memory, atc, KEY).unwrap().news);
    }
}
