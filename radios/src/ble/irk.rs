//! Resolvable private addresses: whose a changing address is (Core specification, Vol 3 Part H 2.2.2).
//!
//! A phone that wants to be known by its owner alone takes a new address every quarter of an hour:
//! 24 random bits and their hash under its identity resolving key. Whoever has the key knows them all.

use std::fmt;
use std::str::FromStr;

use aes::Aes128;
use aes::cipher::{BlockEncrypt, KeyInit};

use super::advert::from_hex;
use crate::Mac;

/// An identity resolving key. `Debug` hides it.
#[derive(Clone)]
pub struct Irk {
    key: [u8; 16],
    cipher: Aes128,
}

impl PartialEq for Irk {
    fn eq(&self, other: &Self) -> bool {
        self.key == other.key
    }
}

impl fmt::Debug for Irk {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Irk(…)")
    }
}

/// A text that is no key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("an identity resolving key has 32 hexadecimal digits")]
pub struct IrkError;

impl FromStr for Irk {
    type Err = IrkError;

    /// 32 digits, most significant first, as phones and computers show the key.
    fn from_str(text: &str) -> Result<Self, IrkError> {
        let bytes = from_hex(text.trim()).ok_or(IrkError)?;
        Ok(Self::new(bytes.try_into().map_err(|_| IrkError)?))
    }
}

impl Irk {
    /// Of 16 bytes, most significant first.
    #[must_use]
    pub fn new(key: [u8; 16]) -> Self {
        Self {
            key,
            cipher: Aes128::new(&key.into()),
        }
    }

    /// The hash of the upper half of an address, its random part.
    #[must_use]
    pub fn hash(&self, random: [u8; 3]) -> [u8; 3] {
        let mut block = [0; 16];
        block[13..].copy_from_slice(&random);
        let mut block = block.into();
        self.cipher.encrypt_block(&mut block);
        [block[13], block[14], block[15]]
    }

    /// Whether `address` was made with this key.
    #[must_use]
    pub fn resolves(&self, address: Mac) -> bool {
        let [a, b, c, hash @ ..] = address.0;
        // 01 in the uppermost bits is what makes an address a resolvable one.
        a >> 6 == 0b01 && self.hash([a, b, c]) == hash
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The sample data of the Core specification, Vol 3 Part H, appendix D.7.
    #[test]
    fn the_specifications_sample_resolves() {
        let irk: Irk = "ec0234a357c8ad05341010a60a397d9b".parse().unwrap();
        assert_eq!(irk.hash([0x70, 0x81, 0x94]), [0x0d, 0xfb, 0xaa]);
        let address = |text: &str| text.parse::<Mac>().unwrap();
        assert!(irk.resolves(address("70:81:94:0D:FB:AA")));
        assert!(!irk.resolves(address("70:81:94:0D:FB:AB")));
        assert!(
            !irk.resolves(address("F0:81:94:0D:FB:AA")),
            "a static address"
        );
    }

    #[test]
    fn a_key_is_hidden_and_has_sixteen_bytes() {
        let irk: Irk = "ec0234a357c8ad05341010a60a397d9b".parse().unwrap();
        assert_eq!(format!("{irk:?}"), "Irk(…)");
        for text in ["", "ec", "zz0234a357c8ad05341010a60a397d9b"] {
            assert!(text.parse::<Irk>().is_err());
        }
    }
}
