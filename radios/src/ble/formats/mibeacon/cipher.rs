//! The two encryptions of MiBeacon frames, both AES-128-CCM with the associated data 0x11.

use aes::Aes128;
use aes::cipher::BlockEncrypt;
use ccm::aead::KeyInit;
use ccm::aead::generic_array::GenericArray;
use ccm::consts::U12;

use super::Frame;
use crate::Mac;
use crate::ble::formats::sealed;
use crate::ble::{BindKey, DecodeError};

const ASSOCIATED: [u8; 1] = [0x11];

/// Decrypts the body of `frame`.
pub(super) fn open(frame: &Frame<'_>, address: Mac, key: &BindKey) -> Result<Vec<u8>, DecodeError> {
    if frame.version < 4 {
        open_legacy(frame, address, key)
    } else {
        open_tagged(frame, address, key)
    }
}

/// Versions 4 and 5: ciphertext | extended counter 3 | tag 4.
fn open_tagged(frame: &Frame<'_>, address: Mac, key: &BindKey) -> Result<Vec<u8>, DecodeError> {
    // The shortest that the peers try.
    if frame.body.len() < 9 {
        return Err(DecodeError::Truncated("ciphertext"));
    }
    let (rest, tag) = frame.body.split_at(frame.body.len() - sealed::TAG);
    let (ciphertext, counter) = rest.split_at(rest.len() - 3);
    let mut nonce = [0; 12];
    nonce[..6].copy_from_slice(&address.reversed());
    nonce[6..8].copy_from_slice(&frame.product.to_le_bytes());
    nonce[8] = frame.counter;
    nonce[9..].copy_from_slice(counter);
    sealed::open::<U12>(key, &nonce, &ASSOCIATED, ciphertext, tag)
}

/// Versions 2 and 3: ciphertext | extended counter 3 | one byte that checks nothing. No tag is
/// verified, so this is the counter mode of CCM alone (RFC 3610, 2.3, L = 2).
fn open_legacy(frame: &Frame<'_>, address: Mac, key: &BindKey) -> Result<Vec<u8>, DecodeError> {
    let body = frame.body;
    if body.len() < 3 + 3 + 1 {
        return Err(DecodeError::Truncated("ciphertext"));
    }
    let (ciphertext, tail) = body.split_at(body.len() - 4);
    let mut block = [0; 16];
    block[0] = 1;
    block[1..6].copy_from_slice(frame.head);
    block[6..9].copy_from_slice(tail.get(..3).unwrap_or(&[0; 3]));
    block[9..14].copy_from_slice(address.reversed().get(..5).unwrap_or(&[0; 5]));
    let cipher = Aes128::new(GenericArray::from_slice(key.aes()));
    let mut clear = Vec::with_capacity(ciphertext.len());
    for (number, chunk) in (1u16..).zip(ciphertext.chunks(16)) {
        block[14..].copy_from_slice(&number.to_be_bytes());
        let mut stream = GenericArray::from(block);
        cipher.encrypt_block(&mut stream);
        clear.extend(chunk.iter().zip(stream).map(|(c, s)| c ^ s));
    }
    Ok(clear)
}
