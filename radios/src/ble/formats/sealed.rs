//! AES-128-CCM with a tag of four bytes: what MiBeacon, `BTHome` and ATC encrypt with.

use aes::Aes128;
use ccm::Ccm;
use ccm::aead::generic_array::{ArrayLength, GenericArray};
use ccm::aead::{AeadInPlace, KeyInit};
use ccm::consts::U4;

use crate::ble::{BindKey, DecodeError};

/// The tag's length.
pub(super) const TAG: usize = 4;

/// Opens `sealed`, which ends with its tag.
///
/// # Errors
/// [`DecodeError::Token`] for a key of 12 bytes, [`DecodeError::KeyWrong`] when the tag does not
/// fit, [`DecodeError::Truncated`] when there is no tag.
pub(super) fn open<N>(
    key: &BindKey,
    nonce: &[u8],
    associated: &[u8],
    ciphertext: &[u8],
    tag: &[u8],
) -> Result<Vec<u8>, DecodeError>
where
    N: ArrayLength<u8> + ccm::NonceSize,
{
    if key.is_legacy() {
        return Err(DecodeError::Token);
    }
    if tag.len() != TAG || nonce.len() != N::USIZE {
        return Err(DecodeError::Truncated("tag"));
    }
    let cipher = Ccm::<Aes128, U4, N>::new(GenericArray::from_slice(key.aes()));
    let mut clear = ciphertext.to_vec();
    cipher
        .decrypt_in_place_detached(
            GenericArray::from_slice(nonce),
            associated,
            &mut clear,
            GenericArray::from_slice(tag),
        )
        .map_err(|_| DecodeError::KeyWrong)?;
    Ok(clear)
}

#[cfg(test)]
mod tests {
    use super::*;
    use ccm::consts::U13;

    #[test]
    fn the_right_key_opens_and_others_are_told_apart() {
        let key: BindKey = "231d39c1d7cc1ab1aee224cd096db932".parse().unwrap();
        let nonce = [7; 13];
        let mut text = *b"hello";
        let tag = Ccm::<Aes128, U4, U13>::new(GenericArray::from_slice(key.aes()))
            .encrypt_in_place_detached(GenericArray::from_slice(&nonce), b"", &mut text)
            .unwrap();
        let open = |key: &str| open::<U13>(&key.parse().unwrap(), &nonce, b"", &text, &tag);
        assert_eq!(open("231d39c1d7cc1ab1aee224cd096db932").unwrap(), b"hello");
        assert_eq!(
            open("231d39c1d7cc1ab1aee224cd096db933"),
            Err(DecodeError::KeyWrong)
        );
        assert_eq!(open("231d39c1d7cc1ab1aee224cd"), Err(DecodeError::Token));
    }
}
