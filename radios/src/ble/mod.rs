//! Bluetooth Low Energy: advertisements in, [`Event`](crate::Event)s out.
//!
//! The contract: a [`Source`] hands up [`Advert`]s, from a real adapter ([`scan`]) or from a
//! recording; everything behind it is the same. [`decode()`] is pure: an advert, perhaps a
//! [`BindKey`], and the [`Memory`] of its sender, which tells repeats from news, give a [`Reading`],
//! or an error that says what is missing. Whose adverts become devices of the home, and
//! what is told of them, is [`household`]'s; it is pure too. [`radio`] moves the bytes.

pub mod ad;
pub mod advert;
pub mod decode;
pub mod define;
mod dialect;
mod formats;
pub mod gatt;
pub mod household;
pub mod interval;
pub mod irk;
pub mod key;
pub mod memory;
mod nearby;
pub mod radio;
pub mod scan;
mod sender;
pub mod smoothing;
pub mod tracker;
pub mod uuid;
pub mod verdict;
mod vocabulary;

pub use advert::Advert;
pub use decode::{Beacon, DecodeError, Reading, decode, decode_with};
pub use define::{define, is_sleepy};
pub use household::{Adopt, BleConfig, Household};
pub use irk::{Irk, IrkError};
pub use key::{BindKey, KeyError};
pub use memory::Memory;
pub use radio::{Source, spawn};
pub use smoothing::{PerProperty, Rules};
pub use tracker::{Identity, TrackerConfig, is_tracker};
pub use uuid::ServiceUuid;
pub use verdict::{Verdict, check};
