//! Victron Instant Readout (company 0x02E1): solar chargers, battery monitors, converters. The key is
//! in the maker's app, under the product's information.
//!
//! ```text
//! 10 | 1 | product u16le | record u8 | counter u16le | first byte of the key u8 | ciphertext
//! ```
//!
//! AES-128-CTR with the counter, little endian, as the first block. There is no tag: that byte of the
//! key is all that tells a wrong one. What a record holds is a row of bit fields, see [`records`].

mod records;

use std::time::Duration;

use aes::Aes128;
use aes::cipher::BlockEncrypt;
use ccm::aead::KeyInit;
use ccm::aead::generic_array::GenericArray;
use nom::number::complete::{le_u16, u8 as any_u8};

use super::fields::take_field;
use super::layout::product;
use super::{Claim, Format, Heard};
use crate::ble::{BindKey, DecodeError, Reading};

const COMPANY: u16 = 0x02e1;

pub(super) static FORMAT: Format = Format {
    claims: &[Claim::Company(COMPANY)],
    read,
};

/// Products send one count several times, and a new one each few seconds.
const REPEAT_WITHIN: Duration = Duration::from_secs(60);
const INSTANT_READOUT: u8 = 0x10;

fn read(heard: &mut Heard<'_>) -> Result<Reading, DecodeError> {
    let mut rest = heard.data;
    let data = &mut rest;
    if take_field(data, "kind of record", any_u8)? != INSTANT_READOUT {
        return Err(DecodeError::Unknown);
    }
    let _version = take_field(data, "version", any_u8)?;
    let _product = take_field(data, "product", le_u16)?;
    let id = take_field(data, "record", any_u8)?;
    let counter = take_field(data, "counter", le_u16)?;
    let check = take_field(data, "check of the key", any_u8)?;
    let record = records::find(id).ok_or(DecodeError::Unsupported("Victron record"))?;

    let key = heard.key.ok_or(DecodeError::KeyMissing)?;
    if key.is_legacy() {
        return Err(DecodeError::Token);
    }
    if key.aes()[0] != check {
        return Err(DecodeError::KeyWrong);
    }
    let clear = decrypt(data, counter, key);
    let mut reading = product("victron", "Victron Energy", record.model);
    records::put(&mut reading, record, &clear)?;
    let repeat = heard
        .memory
        .repeats(COMPANY, u32::from(counter), REPEAT_WITHIN, heard.now);
    reading.news = !repeat;
    Ok(reading)
}

fn decrypt(ciphertext: &[u8], counter: u16, key: &BindKey) -> Vec<u8> {
    let cipher = Aes128::new(GenericArray::from_slice(key.aes()));
    let mut clear = Vec::with_capacity(ciphertext.len());
    for (block, chunk) in (u128::from(counter)..).zip(ciphertext.chunks(16)) {
        let mut stream = GenericArray::from(block.to_le_bytes());
        cipher.encrypt_block(&mut stream);
        clear.extend(chunk.iter().zip(stream).map(|(c, s)| c ^ s));
    }
    clear
}

#[cfg(test)]
mod tests;
