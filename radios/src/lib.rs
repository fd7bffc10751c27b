//! What devices say and accept: the radios of a Hearth home.
//!
//! One contract for all of them: [`Event`]s go up, [`Command`]s go down, both plain data. A radio
//! is a task behind a [`RadioHandle`]; it owns its wire, its protocol state and the conversion
//! between frames and properties. It knows no MQTT, no voice and no files.
//!
//! Protocol cores ([`ash`], [`ezsp`], [`zigbee::zcl`], [`ble`] decoders) are sans-IO: bytes and a
//! clock value in, frames and deadlines out. Parsers are nom parsers that never panic and name the
//! field that is wrong.

pub mod address;
pub mod ash;
pub mod ble;
pub mod calendar;
pub mod devices;
pub mod event;
pub mod ezsp;
pub mod model;
pub mod serial;
#[cfg(feature = "sim")]
pub mod sim;
pub mod tap;
pub mod value;
pub mod zigbee;

pub use address::{AddressError, DeviceId, Ieee, Mac};
pub use event::{
    Command, CommandError, Event, Interview, KeyText, NetworkInfo, NetworkSettings, Outcome, Radio,
    RadioHandle, Token,
};
pub use model::{
    Binding, BleRecord, Definition, DeviceInfo, DeviceKind, Endpoint, Expose, ExposeKind,
    InterviewState, Known, Reporting,
};
pub use value::{Changes, Property, Value};
