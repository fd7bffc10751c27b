//! Bluetooth Low Energy: advertisements in, [`Event`](crate::Event)s out.
//!
//! The contract: a [`Source`] hands up [`Advert`]s, from a real adapter ([`scan`]) or from a
//! recording; everything behind it is the same. [`decode()`] is pure: an advert, perhaps a
//! [`BindKey`], and the [`Memory`] of its sender, which tells repeats from news, give a [`Reading`],
//! or an error that says what is missing. Whose adverts become devices of the home is [`radio`]'s.

pub mod ad;
pub mod advert;
pub mod decode;
pub mod define;
mod formats;
pub mod key;
pub mod memory;
pub mod radio;
pub mod scan;
pub mod uuid;

pub use advert::Advert;
pub use decode::{Beacon, DecodeError, Reading, decode, decode_with};
pub use define::define;
pub use key::{BindKey, KeyError};
pub use memory::Memory;
pub use radio::{BleConfig, Source, spawn};
pub use uuid::ServiceUuid;
