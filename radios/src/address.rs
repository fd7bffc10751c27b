//! Addresses: what identifies a device for its whole life.
//!
//! A Zigbee device is its 64-bit IEEE address (EUI-64), a BLE device its 48-bit MAC. Both print as
//! `0x` and lower-case hexadecimal digits, most significant first (16 and 12 of them), which is how
//! MQTT topics and dashboards write them.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A 64-bit IEEE address (EUI-64), as a number: `0x00158d0001a2b3c4`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Ieee(pub u64);

impl Ieee {
    /// From the wire, least significant byte first.
    #[must_use]
    pub const fn from_le_bytes(bytes: [u8; 8]) -> Self {
        Self(u64::from_le_bytes(bytes))
    }

    /// For the wire, least significant byte first.
    #[must_use]
    pub const fn to_le_bytes(self) -> [u8; 8] {
        self.0.to_le_bytes()
    }
}

/// A 48-bit Bluetooth device address, in display order.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Mac(pub [u8; 6]);

impl Mac {
    /// The bytes in reverse, as most advertisements carry them.
    #[must_use]
    pub const fn reversed(self) -> [u8; 6] {
        let [a, b, c, d, e, f] = self.0;
        [f, e, d, c, b, a]
    }

    /// The colon form Bluetooth tools print: `A4:C1:38:01:02:03`.
    #[must_use]
    pub fn colons(self) -> String {
        let [a, b, c, d, e, f] = self.0;
        format!("{a:02X}:{b:02X}:{c:02X}:{d:02X}:{e:02X}:{f:02X}")
    }
}

/// Which device: the key of every registry.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum DeviceId {
    /// A Zigbee device.
    Zigbee(Ieee),
    /// A Bluetooth Low Energy device.
    Ble(Mac),
}

impl fmt::Display for Ieee {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "0x{:016x}", self.0)
    }
}

impl fmt::Debug for Ieee {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl fmt::Display for Mac {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("0x")?;
        self.0.iter().try_for_each(|b| write!(f, "{b:02x}"))
    }
}

impl fmt::Debug for Mac {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl fmt::Display for DeviceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Zigbee(ieee) => ieee.fmt(f),
            Self::Ble(mac) => mac.fmt(f),
        }
    }
}

impl From<Ieee> for DeviceId {
    fn from(ieee: Ieee) -> Self {
        Self::Zigbee(ieee)
    }
}

impl From<Mac> for DeviceId {
    fn from(mac: Mac) -> Self {
        Self::Ble(mac)
    }
}

/// A text that is no address.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{0}` is no address: expected 0x and 16 (Zigbee) or 12 (BLE) hexadecimal digits, or aa:bb:cc:dd:ee:ff"
)]
pub struct AddressError(pub String);

impl FromStr for DeviceId {
    type Err = AddressError;

    fn from_str(text: &str) -> Result<Self, AddressError> {
        let wrong = || AddressError(text.chars().take(40).collect());
        let digits: String = match text.strip_prefix("0x").or_else(|| text.strip_prefix("0X")) {
            Some(digits) => digits.to_owned(),
            None if text.len() == 17 && text.bytes().skip(2).step_by(3).all(|b| b == b':') => {
                text.replace(':', "")
            }
            None => return Err(wrong()),
        };
        if !digits.bytes().all(|b| b.is_ascii_hexdigit()) {
            return Err(wrong());
        }
        let number = u64::from_str_radix(&digits, 16).map_err(|_| wrong())?;
        match digits.len() {
            16 => Ok(Self::Zigbee(Ieee(number))),
            12 => {
                let [_, _, a, b, c, d, e, f] = number.to_be_bytes();
                Ok(Self::Ble(Mac([a, b, c, d, e, f])))
            }
            _ => Err(wrong()),
        }
    }
}

impl FromStr for Ieee {
    type Err = AddressError;

    fn from_str(text: &str) -> Result<Self, AddressError> {
        match text.parse()? {
            DeviceId::Zigbee(ieee) => Ok(ieee),
            DeviceId::Ble(_) => Err(AddressError(text.to_owned())),
        }
    }
}

impl FromStr for Mac {
    type Err = AddressError;

    fn from_str(text: &str) -> Result<Self, AddressError> {
        match text.parse()? {
            DeviceId::Ble(mac) => Ok(mac),
            DeviceId::Zigbee(_) => Err(AddressError(text.to_owned())),
        }
    }
}

macro_rules! as_text {
    ($($type:ty),*) => {$(
        impl Serialize for $type {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl<'de> Deserialize<'de> for $type {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = std::borrow::Cow::<'_, str>::deserialize(deserializer)?;
                text.parse().map_err(serde::de::Error::custom)
            }
        }
    )*};
}

as_text!(Ieee, Mac, DeviceId);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_print_as_they_parse() {
        for text in ["0x00158d0001a2b3c4", "0xa4c138010203"] {
            assert_eq!(text.parse::<DeviceId>().unwrap().to_string(), text);
        }
        assert_eq!(
            "A4:C1:38:01:02:03".parse(),
            Ok(DeviceId::Ble(Mac([0xa4, 0xc1, 0x38, 1, 2, 3])))
        );
        assert_eq!(
            Ieee(0x0102_0304_0506_0708).to_le_bytes(),
            [8, 7, 6, 5, 4, 3, 2, 1]
        );
    }

    #[test]
    fn other_texts_are_refused_by_name() {
        for text in [
            "",
            "0x",
            "lamp",
            "0x12",
            "0x+0158d0001a2b3c4",
            "0xzz158d0001a2b3c4",
            "A4-C1-38-01-02-03",
        ] {
            assert!(text.parse::<DeviceId>().is_err(), "{text}");
        }
    }
}
