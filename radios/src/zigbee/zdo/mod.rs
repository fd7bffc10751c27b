//! The Zigbee Device Object codec (profile 0, endpoint 0; Zigbee specification 05-3474, 2.4), both
//! directions.
//!
//! A ZDO message is an APS payload: a sequence byte, then the fields. Its cluster id says which
//! message it is; the answer's is the question's plus 0x8000. Every message is a struct whose
//! declaration below is both codecs; [`Message`] ties it to its cluster.
//!
//! ```
//! use radios::zigbee::zdo::{self, Message};
//! let question = zdo::ActiveEndpointsRequest { address: 0x1234 };
//! assert_eq!(zdo::encode(7, &question), [7, 0x34, 0x12]);
//! let (sequence, answer) =
//!     zdo::parse::<zdo::ActiveEndpointsResponse>(&[7, 0, 0x34, 0x12, 1, 1]).unwrap();
//! assert_eq!((sequence, answer.endpoints.0), (7, vec![1]));
//! ```

mod descriptor;
mod message;

pub use descriptor::{
    LogicalType, NodeDescriptor, PowerDescriptor, PowerSources, SimpleDescriptor, SizedDescriptor,
};
pub use message::*;

pub use super::wire::{Counted, Malformed, Reason};

#[cfg(test)]
mod tests;
