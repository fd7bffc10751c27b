//! Signatures: Ed25519 for opkg's indexes, ECDSA for all of apk.

pub mod ec;
pub mod usign;

/// Why a key cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// Not a key of this kind.
    #[error("not {0}")]
    Form(&'static str),
    /// The system has no randomness.
    #[error("no random numbers: {0}")]
    Random(String),
}
