//! What a co-processor keeps in flash: everything that survives a reset and a power cut.
//!
//! Kept as one JSON file, together with what the simulated devices remember of their network.

use std::collections::BTreeMap;
use std::fmt;
use std::io::{self, Write as _};
use std::path::Path;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::Ieee;

/// A 128-bit key. Prints as stars, is written as hexadecimal digits.
#[derive(Clone, Copy, PartialEq, Eq, Default)]
pub struct Key(pub [u8; 16]);

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Key(*)")
    }
}

impl Serialize for Key {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&format_args!("{:032x}", u128::from_be_bytes(self.0)))
    }
}

impl<'de> Deserialize<'de> for Key {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        u128::from_str_radix(&text, 16)
            .map(|number| Self(number.to_be_bytes()))
            .map_err(serde::de::Error::custom)
    }
}

/// The flash of a co-processor.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Nvm {
    /// The address burnt in at the factory.
    pub factory_ieee: Ieee,
    /// Manufacturing token 0x00 (custom address in user data): writable once.
    #[serde(default)]
    pub burnt_ieee: Option<Ieee>,
    /// Token 0x1E12A (restored address): writable at will.
    #[serde(default)]
    pub restored_ieee: Option<Ieee>,
    /// The network it belongs to, if any.
    #[serde(default)]
    pub network: Option<Network>,
    /// Outgoing frame counter of the network layer.
    #[serde(default)]
    pub network_counter: u32,
    /// Outgoing frame counter of the trust centre link key.
    #[serde(default)]
    pub aps_counter: u32,
    /// Application link keys by slot.
    #[serde(default)]
    pub link_keys: BTreeMap<u8, LinkKey>,
    /// End devices that joined through it, by slot.
    #[serde(default)]
    pub children: BTreeMap<u8, Child>,
    /// The binding table, by slot.
    #[serde(default)]
    pub bindings: BTreeMap<u8, Vec<u8>>,
    /// Other tokens that were written, by NVM3 key and index.
    #[serde(default)]
    pub tokens: BTreeMap<String, Vec<u8>>,
    /// Resets so far.
    #[serde(default)]
    pub boots: u32,
}

impl Nvm {
    /// A part fresh from the factory.
    #[must_use]
    pub const fn blank(ieee: Ieee) -> Self {
        Self {
            factory_ieee: ieee,
            burnt_ieee: None,
            restored_ieee: None,
            network: None,
            network_counter: 0,
            aps_counter: 0,
            link_keys: BTreeMap::new(),
            children: BTreeMap::new(),
            bindings: BTreeMap::new(),
            tokens: BTreeMap::new(),
            boots: 0,
        }
    }

    /// The address it uses after a reset.
    #[must_use]
    pub fn ieee(&self) -> Ieee {
        self.restored_ieee
            .or(self.burnt_ieee)
            .unwrap_or(self.factory_ieee)
    }
}

/// The network a co-processor belongs to.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Network {
    /// PAN identifier.
    pub pan_id: u16,
    /// Extended PAN identifier, as a number.
    pub extended_pan_id: u64,
    /// Channel 11…26.
    pub channel: u8,
    /// Transmission power in dBm.
    pub power: i8,
    /// Network address of the network manager.
    pub manager: u16,
    /// Raised with each change of channel or PAN.
    pub update_id: u8,
    /// Channels it may move to.
    pub channels: u32,
    /// The network key.
    pub key: Key,
    /// Its sequence number.
    pub key_sequence: u8,
    /// The key to switch to, with its sequence number.
    #[serde(default)]
    pub next_key: Option<(Key, u8)>,
    /// The trust centre link key (root of hashed link keys).
    pub link_key: Key,
    /// Bits of the initial security state.
    pub security: u16,
    /// Bits of the extended security mask.
    #[serde(default)]
    pub extended_security: u16,
    /// Address of the trust centre.
    pub trust_centre: Ieee,
}

/// An application link key.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LinkKey {
    /// With whom.
    pub partner: Ieee,
    /// The key.
    pub key: Key,
}

/// An end device that joined through the co-processor itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Child {
    /// Its address for life.
    pub ieee: Ieee,
    /// Its network address.
    pub node: u16,
    /// Node type: 3 end device, 4 sleepy end device.
    pub kind: u8,
    /// Flags of the child table token.
    pub flags: u8,
}

/// Reads a state file; none where there is no file.
///
/// # Errors
/// When it cannot be read, or holds something else.
pub fn load<T: serde::de::DeserializeOwned>(path: &Path) -> io::Result<Option<T>> {
    match std::fs::read(path) {
        Ok(text) => serde_json::from_slice(&text).map(Some).map_err(|error| {
            io::Error::new(
                io::ErrorKind::InvalidData,
                format!("{}: {error}", path.display()),
            )
        }),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

/// Writes a state file, readable by its owner only, in one step.
///
/// # Errors
/// When the file system says so.
pub fn save<T: Serialize>(path: &Path, state: &T) -> io::Result<()> {
    use std::os::unix::fs::OpenOptionsExt as _;
    let beside = path.with_extension("new");
    let mut file = std::fs::OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(0o600)
        .open(&beside)?;
    serde_json::to_writer_pretty(&mut file, state)?;
    file.write_all(b"\n")?;
    std::fs::rename(&beside, path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_written_as_digits_and_never_printed() {
        let key = Key(*b"ZigBeeAlliance09");
        let text = serde_json::to_string(&key).unwrap();
        assert_eq!(text, "\"5a6967426565416c6c69616e63653039\"");
        assert_eq!(serde_json::from_str::<Key>(&text).unwrap(), key);
        assert_eq!(format!("{key:?}"), "Key(*)");
    }
}
