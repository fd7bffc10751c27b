//! apk's signatures: ECDSA over P-256 with SHA-512, of the tree's SHA-512.

use p256::ecdsa::signature::hazmat::{PrehashSigner, PrehashVerifier};
use p256::ecdsa::{Signature, SigningKey, VerifyingKey};
use p256::pkcs8::{
    DecodePrivateKey, DecodePublicKey, EncodePrivateKey, EncodePublicKey, LineEnding,
};
use sha2::{Digest, Sha512};

use super::KeyError;

/// Number of the hash in a signature's head.
const SHA512: u8 = 4;

/// A secret key.
#[derive(Debug)]
pub struct ApkKey(SigningKey);

/// A public key, as it lies in `/etc/apk/keys`.
#[derive(Debug, Clone)]
pub struct ApkPublicKey(VerifyingKey);

impl ApkKey {
    /// A new one.
    ///
    /// # Errors
    /// When the system has no randomness.
    pub fn generate() -> Result<Self, KeyError> {
        loop {
            let mut secret = [0; 32];
            getrandom::fill(&mut secret).map_err(|e| KeyError::Random(e.to_string()))?;
            // One in 2³² is no number below the curve's order.
            if let Ok(key) = SigningKey::from_slice(&secret) {
                return Ok(Self(key));
            }
        }
    }

    /// Reads a PEM file (PKCS #8).
    ///
    /// # Errors
    /// When it is none, or of another curve.
    pub fn from_pem(pem: &str) -> Result<Self, KeyError> {
        let key = SigningKey::from_pkcs8_pem(pem);
        key.map(Self)
            .map_err(|_| KeyError::Form("a PKCS #8 key of the curve P-256"))
    }

    /// The PEM file.
    ///
    /// # Errors
    /// When it cannot be encoded.
    pub fn to_pem(&self) -> Result<String, KeyError> {
        let pem = self.0.to_pkcs8_pem(LineEnding::LF);
        pem.map(|pem| pem.to_string())
            .map_err(|_| KeyError::Form("a key that can be written"))
    }

    /// Its public half.
    #[must_use]
    pub fn public(&self) -> ApkPublicKey {
        ApkPublicKey(*self.0.verifying_key())
    }

    /// Signs a tree; the same tree always gets the same signature.
    #[must_use]
    pub fn sign(&self, schema: u32, tree: &[u8]) -> Vec<u8> {
        let mut block = vec![0, SHA512];
        block.extend_from_slice(&self.public().id());
        let digest = digest(schema, &block, tree);
        let signature: Result<Signature, _> = self.0.sign_prehash(&digest);
        // A digest of 64 bytes is long enough for this curve, the only thing that could be wrong.
        if let Ok(signature) = signature {
            block.extend_from_slice(signature.to_der().as_bytes());
        }
        block
    }
}

impl ApkPublicKey {
    /// Reads a PEM file.
    ///
    /// # Errors
    /// When it is none, or of another curve.
    pub fn from_pem(pem: &str) -> Result<Self, KeyError> {
        let key = VerifyingKey::from_public_key_pem(pem);
        key.map(Self)
            .map_err(|_| KeyError::Form("a public key of the curve P-256"))
    }

    /// The PEM file.
    ///
    /// # Errors
    /// When it cannot be encoded.
    pub fn to_pem(&self) -> Result<String, KeyError> {
        let pem = self.0.to_public_key_pem(LineEnding::LF);
        pem.map_err(|_| KeyError::Form("a key that can be written"))
    }

    /// What signatures name the key by: the start of the SHA-512 of its point.
    #[must_use]
    pub fn id(&self) -> [u8; 16] {
        let digest = Sha512::digest(self.0.to_encoded_point(false).as_bytes());
        let mut id = [0; 16];
        id.copy_from_slice(&digest[..16]);
        id
    }

    /// Whether a signature block is this key's and fits the tree.
    #[must_use]
    pub fn verify(&self, schema: u32, tree: &[u8], block: &[u8]) -> bool {
        let Some((head, signature)) = block.split_at_checked(18) else {
            return false;
        };
        let Ok(signature) = Signature::from_der(signature) else {
            return false;
        };
        head[..2] == [0, SHA512]
            && head[2..] == self.id()
            && self
                .0
                .verify_prehash(&digest(schema, head, tree), &signature)
                .is_ok()
    }
}

/// What is signed: the schema, the signature's head, and the tree's own digest.
fn digest(schema: u32, head: &[u8], tree: &[u8]) -> Vec<u8> {
    let mut hash = Sha512::new();
    hash.update(schema.to_le_bytes());
    hash.update(head);
    hash.update(Sha512::digest(tree));
    hash.finalize().to_vec()
}
