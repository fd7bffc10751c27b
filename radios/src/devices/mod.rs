//! Device models: what a device offers, and the conversion between its frames and properties.
//!
//! The contract: everything here is a pure function of a device's record ([`DeviceInfo`]), of what
//! is remembered between frames ([`Memory`]) and of the frame or command at hand. Nothing here
//! sends, waits or reads a clock; what should happen comes back as data.
//!
//! - [`Model::of`] finds what a device is: a named model of the table, or one put together from
//!   its clusters. It is cheap; a caller with many frames keeps it until the record changes.
//! - A frame in: [`receive`] gives [`Heard`]: changed properties, what to publish later, and facts
//!   to keep in the record ([`learn`]).
//! - A command out: [`set`] and [`get`] give [`Request`]s, frames without a sequence number, each
//!   with the state to show once it was delivered. A bad value is an error that names property and
//!   expectation, and nothing is sent.
//! - After an interview: [`setup`] gives [`Step`]s to bind, report, read and write.
//!
//! Property names, units and rounding are zigbee2mqtt's.

pub(crate) mod color;
mod exchange;
mod generic;
mod memory;
mod model;
mod part;
mod parts;
mod table;

use crate::{Changes, CommandError, Definition, DeviceInfo, Property};

pub use exchange::{Heard, Later, Request, Step};
pub use memory::Memory;
pub use model::Model;

use crate::model::Known;
use crate::zigbee::zcl::Frame;

/// A named colour temperature, in mired.
pub(crate) fn temperature_preset(name: &str, min: f64, max: f64) -> Option<f64> {
    parts::light::preset(Some(name), min, max)
}

/// What a device offers.
#[must_use]
pub fn define(info: &DeviceInfo) -> Definition {
    Model::of(info).definition(info)
}

/// A frame from `endpoint` of a device, on `cluster`, as properties.
///
/// A frame that is malformed or says nothing of interest gives an empty [`Heard`].
pub fn receive(
    info: &DeviceInfo,
    endpoint: u8,
    cluster: u16,
    frame: &Frame,
    memory: &mut Memory,
) -> Heard {
    Model::of(info).receive(info, endpoint, cluster, frame, memory)
}

/// Properties to be set, as frames. `endpoint` is the name or number the topic gave, if any.
///
/// # Errors
/// [`CommandError::BadValue`] names the property and what was expected,
/// [`CommandError::Unsupported`] a property that cannot be set. Keys that mean nothing to the
/// device beside ones that do are passed over with a warning.
pub fn set(
    info: &DeviceInfo,
    memory: &Memory,
    endpoint: Option<&str>,
    values: &Changes,
) -> Result<Vec<Request>, CommandError> {
    Model::of(info).set(info, memory, endpoint, values)
}

/// Properties to be read, as frames. None: a sign of life, the version every device can tell.
///
/// # Errors
/// [`CommandError::Unsupported`] when none of them can be read.
pub fn get(info: &DeviceInfo, properties: &[Property]) -> Result<Vec<Request>, CommandError> {
    if properties.is_empty() {
        use crate::zigbee::zcl::clusters::basic;
        let endpoint = info
            .endpoints
            .iter()
            .find(|endpoint| endpoint.input.contains(&basic::ID))
            .or(info.endpoints.first())
            .map_or(1, |endpoint| endpoint.id);
        return Ok(vec![Request::read(
            endpoint,
            basic::ID,
            None,
            &[basic::ZCL_VERSION],
        )]);
    }
    Model::of(info).get(info, properties)
}

/// What to do after an interview so that the device reports by itself.
#[must_use]
pub fn setup(info: &DeviceInfo) -> Vec<Step> {
    Model::of(info).setup(info)
}

/// Keeps what was learnt in the record; true when the record changed and should be stored.
pub fn learn(info: &mut DeviceInfo, learned: &[(u8, Known)]) -> bool {
    let mut changed = false;
    for (id, known) in learned {
        let Some(endpoint) = info.endpoints.iter_mut().find(|e| e.id == *id) else {
            continue;
        };
        match endpoint
            .known
            .iter_mut()
            .find(|k| k.cluster == known.cluster && k.attribute == known.attribute)
        {
            Some(old) if old.value == known.value => {}
            Some(old) => {
                old.value = known.value;
                changed = true;
            }
            None => {
                endpoint.known.push(*known);
                changed = true;
            }
        }
    }
    changed
}

#[cfg(test)]
mod tests;
