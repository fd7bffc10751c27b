//! H512x and H5130: motion, buttons, doors, vibration, pressure, in 24 encrypted bytes.
//!
//! ```text
//! 2 | time 4 | AES-128-ECB block 16 | crc u16be over the block
//! block: 2 | model | 1 | battery | what happened | …
//! ```
//!
//! The key is the time and twelve zeros; key and block are reversed before decrypting, the result
//! after it. So nothing is secret, and each press differs from the last by its time.

use std::time::Duration;

use aes::Aes128;
use aes::cipher::{BlockDecrypt, KeyInit};

use super::super::Heard;
use super::super::fields::Fields;
use super::of_model;
use crate::ble::{DecodeError, Reading};

const LENGTH: usize = 24;
const OWNER: u16 = 0x5120;
/// A press is repeated for a few seconds.
const REPEAT_WITHIN: Duration = Duration::from_secs(60);

/// What a model tells.
#[derive(Clone, Copy)]
enum Tells {
    Buttons,
    Motion,
    Window,
    Vibration,
    Pressure,
}

struct Model {
    /// In the block.
    number: u8,
    /// In the name, which is believed first.
    name: &'static str,
    model: &'static str,
    tells: Tells,
}

const fn model(number: u8, name: &'static str, model: &'static str, tells: Tells) -> Model {
    Model {
        number,
        name,
        model,
        tells,
    }
}

static MODELS: &[Model] = &[
    model(3, "GV5121", "H5121", Tells::Motion),
    model(8, "GV5122", "H5122", Tells::Buttons),
    model(2, "GV5123", "H5123", Tells::Window),
    model(9, "GV5124", "H5124", Tells::Vibration),
    model(10, "GV5125", "H5125", Tells::Buttons),
    model(11, "GV5126", "H5126", Tells::Buttons),
    model(13, "GV5130", "H5130", Tells::Pressure),
];

static BUTTONS: &[&str] = &[
    "button_0_press",
    "button_1_press",
    "button_2_press",
    "button_3_press",
    "button_4_press",
    "button_5_press",
    "button_6_press",
];

/// Whether it is such a frame.
pub(super) fn fits(data: &[u8]) -> bool {
    data.len() == LENGTH && open(data).is_ok()
}

/// The block of a frame whose checksum fits, and the time.
fn open(data: &[u8]) -> Result<(&[u8], &[u8]), DecodeError> {
    let mut fields = Fields(data);
    fields.skip("header", 2)?;
    let time = fields.bytes("time", 4)?;
    let block = fields.bytes("block", 16)?;
    if fields.be_u16("checksum")? != checksum(block) {
        return Err(DecodeError::Checksum);
    }
    Ok((time, block))
}

/// CRC-16 with polynomial 1021 from 1D0F.
fn checksum(bytes: &[u8]) -> u16 {
    bytes.iter().fold(0x1d0f, |sum, byte| {
        (0..8).fold(sum ^ u16::from(*byte) << 8, |sum, _| {
            let carry = if sum & 0x8000 == 0 { 0 } else { 0x1021 };
            sum << 1 ^ carry
        })
    })
}

fn decrypt(time: &[u8], block: &[u8]) -> [u8; 16] {
    let reversed = |bytes: &[u8]| {
        let mut padded = [0; 16];
        for (to, from) in padded.iter_mut().rev().zip(bytes) {
            *to = *from;
        }
        padded
    };
    let mut clear = reversed(block).into();
    Aes128::new(&reversed(time).into()).decrypt_block(&mut clear);
    clear.reverse();
    clear.into()
}

/// Reads one.
pub(super) fn read(data: &[u8], heard: &mut Heard<'_>) -> Result<Reading, DecodeError> {
    let (time, block) = open(data)?;
    let clear = decrypt(time, block);
    let mut fields = Fields(&clear);
    fields.skip("header", 2)?;
    let number = fields.u8("model")?;
    fields.skip("version", 1)?;
    let battery = fields.u8("battery")?;
    let what = fields.u8("event")?;
    let name = heard.advert.name.as_deref().unwrap_or_default();
    let model = MODELS
        .iter()
        .find(|m| name.contains(m.name) || m.number == number)
        .ok_or(DecodeError::Unsupported("this Govee sensor"))?;
    let mut reading = of_model(model.model);
    reading.news = !heard
        .memory
        .repeats_bytes(OWNER, data, REPEAT_WITHIN, heard.now);
    reading.put("battery", battery);
    match (model.tells, what) {
        (Tells::Window, _) => reading.put("window", what == 2),
        (Tells::Vibration, 1) => reading.put("action", "vibration"),
        (Tells::Motion, 1) => reading.put("action", "motion"),
        (Tells::Pressure, 16) => reading.put("action", "button_0_press"),
        (Tells::Pressure, _) => reading.put("presence", what == 1),
        (Tells::Buttons, _) => {
            if let Some(press) = BUTTONS.get(usize::from(what)) {
                reading.put("action", *press);
            }
        }
        (Tells::Vibration | Tells::Motion, _) => {}
    }
    Ok(reading)
}
