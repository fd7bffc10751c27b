//! Bluetooth Low Energy: advertisements in, [`Event`](crate::Event)s out.
//!
//! The contract: a [`Source`] hands up [`Advert`]s, from a real adapter ([`bluez`]) or from a
//! recording; everything behind it is the same. [`decode()`] is pure: an advert and perhaps a
//! [`BindKey`] give a [`Reading`], or an error that says what is missing. Whose adverts become
//! devices of the home, and how repeats are told from news, is [`radio`]'s.

pub mod advert;
#[cfg(feature = "ble")]
pub mod bluez;
pub mod decode;
pub mod define;
pub mod key;
pub mod mibeacon;
pub mod radio;

pub use advert::Advert;
pub use decode::{DecodeError, Reading, decode};
pub use define::define;
pub use key::{BindKey, KeyError};
pub use radio::{BleConfig, Source, spawn};
