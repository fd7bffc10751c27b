//! usign's keys and signatures, which are also signify's: Ed25519 in two lines of text.
//!
//! The first line is a comment, the second base64: two letters of kind, then a number of eight bytes that tells the
//! key, then key or signature. A secret key has a salt and checksum besides and is stored without a password.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use ed25519_dalek::{Signature, Signer, SigningKey, VerifyingKey};
use sha2::{Digest, Sha512};

use super::KeyError;

const KIND: &[u8] = b"Ed";
/// "bcrypt" with no rounds: not encrypted.
const PLAIN: &[u8] = b"BK\0\0\0\0";
const COMMENT: &str = "untrusted comment: ";

/// A secret key.
#[derive(Debug)]
pub struct UsignKey {
    number: [u8; 8],
    key: SigningKey,
}

/// A public key, as it lies in `/etc/opkg/keys` under its number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UsignPublicKey {
    number: [u8; 8],
    key: VerifyingKey,
}

impl UsignKey {
    /// A new one.
    ///
    /// # Errors
    /// When the system has no randomness.
    pub fn generate() -> Result<Self, KeyError> {
        let (mut number, mut secret) = ([0; 8], [0; 32]);
        for random in [&mut number[..], &mut secret[..]] {
            getrandom::fill(random).map_err(|e| KeyError::Random(e.to_string()))?;
        }
        let key = SigningKey::from_bytes(&secret);
        Ok(Self { number, key })
    }

    /// Reads the file of a secret key.
    ///
    /// # Errors
    /// When it is none, or needs a password.
    pub fn parse(text: &str) -> Result<Self, KeyError> {
        let wrong = KeyError::Form("a usign secret key without password");
        let bytes = decode(text)
            .filter(|b| b.len() == 104)
            .ok_or(wrong.clone())?;
        let mut number = [0; 8];
        number.copy_from_slice(&bytes[32..40]);
        let mut pair = [0; 64];
        pair.copy_from_slice(&bytes[40..]);
        if &bytes[..2] != KIND || &bytes[2..8] != PLAIN {
            return Err(wrong);
        }
        let key = SigningKey::from_keypair_bytes(&pair).map_err(|_| wrong)?;
        Ok(Self { number, key })
    }

    /// The file of the secret key.
    #[must_use]
    pub fn text(&self) -> String {
        let pair = self.key.to_keypair_bytes();
        let sum = Sha512::digest(pair);
        let bytes = [KIND, PLAIN, &[0; 16], &sum[..8], &self.number, &pair].concat();
        encode(&self.comment("private key"), &bytes)
    }

    /// Its public half.
    #[must_use]
    pub fn public(&self) -> UsignPublicKey {
        UsignPublicKey {
            number: self.number,
            key: self.key.verifying_key(),
        }
    }

    /// The file of a signature.
    #[must_use]
    pub fn sign(&self, message: &[u8]) -> String {
        let signature = self.key.sign(message).to_bytes();
        let bytes = [KIND, &self.number, &signature].concat();
        encode(&self.comment("signed by key"), &bytes)
    }

    fn comment(&self, what: &str) -> String {
        format!("{what} {}", self.public().name())
    }
}

impl UsignPublicKey {
    /// Reads the file of a public key.
    ///
    /// # Errors
    /// When it is none.
    pub fn parse(text: &str) -> Result<Self, KeyError> {
        let wrong = KeyError::Form("a usign public key");
        let bytes = decode(text).filter(|b| b.len() == 42 && b.starts_with(KIND));
        let bytes = bytes.ok_or(wrong.clone())?;
        let (mut number, mut key) = ([0; 8], [0; 32]);
        number.copy_from_slice(&bytes[2..10]);
        key.copy_from_slice(&bytes[10..]);
        let key = VerifyingKey::from_bytes(&key).map_err(|_| wrong)?;
        Ok(Self { number, key })
    }

    /// The file of the public key.
    #[must_use]
    pub fn text(&self) -> String {
        let bytes = [KIND, &self.number, self.key.as_bytes()].concat();
        encode(&format!("public key {}", self.name()), &bytes)
    }

    /// The name the file must have in `/etc/opkg/keys`.
    #[must_use]
    pub fn name(&self) -> String {
        crate::package::hex(&self.number)
    }

    /// Whether a signature's file is this key's and fits the message.
    #[must_use]
    pub fn verify(&self, message: &[u8], signature: &str) -> bool {
        let Some(bytes) = decode(signature).filter(|b| b.len() == 74) else {
            return false;
        };
        let mut raw = [0; 64];
        raw.copy_from_slice(&bytes[10..]);
        bytes.starts_with(KIND)
            && bytes[2..10] == self.number
            && self
                .key
                .verify_strict(message, &Signature::from_bytes(&raw))
                .is_ok()
    }
}

fn encode(comment: &str, bytes: &[u8]) -> String {
    format!("{COMMENT}{comment}\n{}\n", STANDARD.encode(bytes))
}

fn decode(text: &str) -> Option<Vec<u8>> {
    let mut lines = text.lines();
    lines.next().filter(|line| line.starts_with(COMMENT))?;
    STANDARD.decode(lines.next()?.trim()).ok()
}
