//! A part of a model: one thing it does, with both directions of its conversion.

use std::fmt;

use super::exchange::{Heard, Request, Step};
use super::memory::Memory;
use super::model::Model;
use crate::model::{Endpoint, Expose, Known};
use crate::zigbee::zcl::{Attribute, Frame};
use crate::{Changes, CommandError, DeviceInfo, Property, Value};

/// One thing that a device does. A model is a list of these; adding one to the house means one
/// implementation and its entries in the table.
pub(crate) trait Part: fmt::Debug + Sync {
    /// What it offers.
    fn exposes(&self, context: &Context<'_>, out: &mut Vec<Expose>);

    /// What a frame says about it.
    fn receive(&self, _incoming: &mut Incoming<'_>, _heard: &mut Heard) {}

    /// Sets `setting.key`; `None` when that is none of its keys.
    fn set(&self, _setting: &Setting<'_>) -> Option<Outgoing> {
        None
    }

    /// Reads `key`; `None` when that is none of its keys or cannot be read.
    fn get(&self, _context: &Context<'_>, _key: &str) -> Option<Vec<Request>> {
        None
    }

    /// What makes the device report it.
    fn setup(&self, _context: &Context<'_>, _out: &mut Vec<Step>) {}
}

/// What came of setting a property.
pub(crate) type Outgoing = Result<Vec<Request>, CommandError>;

/// Which device, and which endpoint of it.
#[derive(Clone, Copy)]
pub(crate) struct Context<'a> {
    pub(crate) info: &'a DeviceInfo,
    pub(crate) model: &'a Model,
    /// The endpoint that was named, if one was.
    pub(crate) endpoint: Option<u8>,
}

impl<'a> Context<'a> {
    /// The endpoint to address for `cluster`: the named one, the model's default, the first that
    /// has the cluster, the first.
    pub(crate) fn target(&self, cluster: u16) -> u8 {
        if let Some(endpoint) = self.endpoint {
            return endpoint;
        }
        if let Some(endpoint) = self.model.endpoint_named("default") {
            return endpoint;
        }
        let endpoints = &self.info.endpoints;
        let first = endpoints.first().map_or(1, |e| e.id);
        endpoints
            .iter()
            .find(|e| e.input.contains(&cluster))
            .map_or(first, |e| e.id)
    }

    /// The endpoints that serve `cluster`.
    pub(crate) fn serving(&self, cluster: u16) -> impl Iterator<Item = &'a Endpoint> + use<'a> {
        let endpoints = self.info.endpoints.iter();
        endpoints.filter(move |e| e.input.contains(&cluster))
    }

    /// The value of an attribute kept in the record, from `endpoint`.
    pub(crate) fn known(&self, endpoint: u8, cluster: u16, attribute: u16) -> Option<i64> {
        let endpoint = self.info.endpoints.iter().find(|e| e.id == endpoint)?;
        endpoint
            .known
            .iter()
            .find(|k| k.cluster == cluster && k.attribute == attribute)
            .map(|k| k.value)
    }

    /// The property's name with the endpoint's suffix, where the model has several.
    pub(crate) fn property(&self, name: &'static str, endpoint: u8) -> Property {
        match self.model.suffix(endpoint) {
            Some(suffix) => format!("{name}_{suffix}").into(),
            None => name.into(),
        }
    }
}

/// A frame, and where it came from.
pub(crate) struct Incoming<'a> {
    pub(crate) context: Context<'a>,
    pub(crate) endpoint: u8,
    pub(crate) cluster: u16,
    pub(crate) frame: &'a Frame,
    /// Attributes reported or successfully read.
    pub(crate) attributes: &'a [Attribute],
    pub(crate) memory: &'a Memory,
    /// The cluster command was heard before.
    pub(crate) repeated: bool,
}

impl Incoming<'_> {
    /// The reported value of an attribute of `cluster`, as a number.
    pub(crate) fn number(&self, cluster: u16, attribute: u16) -> Option<f64> {
        self.data(cluster, attribute)?.as_f64()
    }

    /// The reported value of an attribute of `cluster`, as a whole number.
    pub(crate) fn whole(&self, cluster: u16, attribute: u16) -> Option<i64> {
        self.data(cluster, attribute)?.as_i64()
    }

    /// The reported value of an attribute of `cluster`.
    pub(crate) fn data(&self, cluster: u16, attribute: u16) -> Option<&crate::zigbee::zcl::Data> {
        if self.cluster != cluster {
            return None;
        }
        let found = self.attributes.iter().find(|a| a.id == attribute);
        found.map(|a| &a.data)
    }

    /// The property's name, with this endpoint's suffix where the model has several.
    pub(crate) fn property(&self, name: &'static str) -> Property {
        self.context.property(name, self.endpoint)
    }

    /// A fact for the record.
    pub(crate) fn learn(&self, attribute: u16, value: i64, heard: &mut Heard) {
        let known = Known {
            cluster: self.cluster,
            attribute,
            value,
        };
        heard.learned.push((self.endpoint, known));
    }
}

/// A property to be set, with everything that was given beside it.
pub(crate) struct Setting<'a> {
    pub(crate) context: Context<'a>,
    pub(crate) memory: &'a Memory,
    /// The key without the endpoint's suffix.
    pub(crate) key: &'a str,
    pub(crate) value: &'a Value,
    /// The whole command.
    pub(crate) all: &'a Changes,
    /// The name of the endpoint that the key or topic named, for the properties shown.
    pub(crate) suffix: Option<&'a str>,
}

impl Setting<'_> {
    /// Another key of the same command, for the same endpoint.
    pub(crate) fn beside(&self, key: &str) -> Option<&Value> {
        let exact = self.all.iter().find(|(k, _)| k == key);
        let suffixed = || {
            let suffix = self.suffix?;
            self.all.iter().find(|(k, _)| {
                k.strip_prefix(key).and_then(|k| k.strip_prefix('_')) == Some(suffix)
            })
        };
        suffixed().or(exact).map(|(_, value)| value)
    }

    /// The last value of a property of this endpoint.
    pub(crate) fn last(&self, name: &str) -> Option<&Value> {
        match self.suffix {
            Some(suffix) => self.memory.value(&format!("{name}_{suffix}")),
            None => self.memory.value(name),
        }
    }

    /// The name under which a property is shown.
    pub(crate) fn shown(&self, name: &'static str) -> Property {
        match self.suffix {
            Some(suffix) => format!("{name}_{suffix}").into(),
            None => name.into(),
        }
    }

    /// The value is not what it should be.
    pub(crate) fn bad(&self, expected: impl fmt::Display) -> CommandError {
        bad_value(self.key, self.value, expected)
    }

    /// The value as a number within bounds.
    pub(crate) fn number(&self, minimum: f64, maximum: f64) -> Result<f64, CommandError> {
        match self.value.as_f64() {
            Some(n) if (minimum..=maximum).contains(&n) => Ok(n),
            _ => Err(self.bad(format_args!("a number from {minimum} to {maximum}"))),
        }
    }

    /// The transition in tenths of a second: from the command, else `None`.
    pub(crate) fn transition(&self) -> Result<Option<u16>, CommandError> {
        let Some(value) = self.beside("transition") else {
            return Ok(None);
        };
        match value.as_f64() {
            Some(seconds) if (0.0..=6553.4).contains(&seconds) => {
                #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // bounded above
                Ok(Some((seconds * 10.0).round() as u16))
            }
            _ => Err(bad_value(
                "transition",
                value,
                "seconds, a number from 0 to 6553",
            )),
        }
    }
}

/// The error for a value that is not what it should be.
pub(crate) fn bad_value(
    property: &str,
    value: &Value,
    expected: impl fmt::Display,
) -> CommandError {
    let mut given = serde_json::to_string(value).unwrap_or_default();
    if let Some((cut, _)) = given.char_indices().nth(40) {
        given.truncate(cut);
        given.push('…');
    }
    CommandError::BadValue {
        property: property.to_owned(),
        why: format!("{given} given, {expected} expected"),
    }
}
