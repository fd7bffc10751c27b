//! The Zigbee Cluster Library codec (specification 07-5123), both directions.
//!
//! Bytes in, values out, and back: nothing here knows a device, a clock or a network. A [`Frame`]
//! carries either a [`Global`] command (attributes: read, write, report, …) or a command of its
//! cluster ([`command`]). What a cluster, its attributes and types are called is in [`clusters`].
//!
//! ```
//! use radios::zigbee::zcl::{Data, Frame, Global};
//! // A temperature report: 22.59 °C.
//! let frame = Frame::parse(&[0x18, 0x07, 0x0a, 0x00, 0x00, 0x29, 0xd3, 0x08]).unwrap();
//! let Global::ReportAttributes(report) = frame.global().unwrap() else { panic!() };
//! assert_eq!(report[0].data, Data::Int(2, 2259));
//! ```

pub mod clusters;
pub mod command;
mod data;
mod frame;
mod global;
mod status;

pub use data::{Data, Type};
pub use frame::{Frame, Kind};
pub use global::{
    Attribute, AttributeInfo, Global, ReadRecord, ReadReporting, ReportingConfig, ReportingRecord,
    ReportingStatus, WriteStatus, id,
};
pub use status::Status;

pub use super::wire::{Malformed, Reason};

#[cfg(test)]
mod tests;
