//! A model put together: which parts a device has, and the ways through them.

use std::borrow::Cow;

use super::exchange::{Heard, Request, Step};
use super::memory::Memory;
use super::part::{Context, Incoming, Part, Setting};
use super::{generic, table};
use crate::model::Expose;
use crate::zigbee::zcl::{Attribute, Frame, Global, Kind};
use crate::{Changes, CommandError, Definition, DeviceInfo, Property, Value};

/// What a device is and does.
#[derive(Debug)]
pub struct Model {
    pub(crate) vendor: Cow<'static, str>,
    pub(crate) model: Cow<'static, str>,
    pub(crate) description: Cow<'static, str>,
    pub(crate) named: bool,
    pub(crate) parts: Vec<Held>,
    /// Names of endpoints, where they have any.
    pub(crate) endpoints: Vec<(Cow<'static, str>, u8)>,
    /// Properties carry the endpoint's name.
    pub(crate) suffixes: bool,
    /// It reports by itself and takes neither bindings nor configuration.
    pub(crate) quiet: bool,
}

/// A part of the table, or one made for this device.
#[derive(Debug)]
pub(crate) enum Held {
    Static(&'static dyn Part),
    Own(Box<dyn Part + Send>),
}

impl Held {
    fn part(&self) -> &dyn Part {
        match self {
            Self::Static(part) => *part,
            Self::Own(part) => part.as_ref(),
        }
    }
}

/// Keys that modify others and set nothing themselves.
const MODIFIERS: &[&str] = &[
    "transition",
    "on_time",
    "off_wait_time",
    "rate",
    "optimistic",
];

impl Model {
    /// What a device is: its named model, or what its clusters tell.
    #[must_use]
    pub fn of(info: &DeviceInfo) -> Self {
        match table::find(info) {
            Some(entry) => entry.model(info),
            None => generic::model(info),
        }
    }

    fn context<'a>(&'a self, info: &'a DeviceInfo) -> Context<'a> {
        Context {
            info,
            model: self,
            endpoint: None,
        }
    }

    fn parts(&self) -> impl Iterator<Item = &dyn Part> {
        self.parts.iter().map(Held::part)
    }

    /// The endpoint of this name or number.
    pub(crate) fn endpoint_named(&self, name: &str) -> Option<u8> {
        let found = self.endpoints.iter().find(|(n, _)| n == name);
        found.map(|(_, id)| *id)
    }

    /// What properties of this endpoint end with.
    pub(crate) fn suffix(&self, endpoint: u8) -> Option<&str> {
        if !self.suffixes {
            return None;
        }
        let found = self.endpoints.iter().find(|(_, id)| *id == endpoint);
        found.map(|(name, _)| name.as_ref())
    }

    /// What the device offers.
    #[must_use]
    pub fn definition(&self, info: &DeviceInfo) -> Definition {
        let context = self.context(info);
        let mut exposes: Vec<Expose> = Vec::new();
        for part in self.parts() {
            part.exposes(&context, &mut exposes);
        }
        Definition {
            model: self.model.to_string(),
            vendor: self.vendor.to_string(),
            description: self.description.to_string(),
            exposes,
            source: if self.named { "native" } else { "generated" },
        }
    }

    /// As [`super::receive`].
    pub fn receive(
        &self,
        info: &DeviceInfo,
        endpoint: u8,
        cluster: u16,
        frame: &Frame,
        memory: &mut Memory,
    ) -> Heard {
        let mut heard = Heard::default();
        let attributes = match frame.kind {
            Kind::Cluster => Vec::new(),
            Kind::Global => match frame.global() {
                Ok(Global::ReportAttributes(attributes)) => attributes,
                Ok(Global::WriteAttributes(attributes)) => attributes,
                Ok(Global::ReadAttributesResponse(records)) => records
                    .into_iter()
                    .filter_map(|r| Some(Attribute::new(r.id, r.value.ok()?)))
                    .collect(),
                Ok(_) => return heard,
                // Xiaomi's structures break the rules; their part reads the payload itself.
                Err(error) => {
                    tracing::debug!(device = %info.id, cluster, %error, "unreadable frame");
                    Vec::new()
                }
            },
        };
        let repeated =
            frame.kind == Kind::Cluster && memory.is_repeated(endpoint, cluster, frame.sequence);
        let mut incoming = Incoming {
            context: self.context(info),
            endpoint,
            cluster,
            frame,
            attributes: &attributes,
            memory,
            repeated,
        };
        for part in self.parts() {
            part.receive(&mut incoming, &mut heard);
        }
        memory.note(&heard.changes);
        heard
    }

    /// As [`super::set`].
    ///
    /// # Errors
    /// As [`super::set`].
    pub fn set(
        &self,
        info: &DeviceInfo,
        memory: &Memory,
        endpoint: Option<&str>,
        values: &Changes,
    ) -> Result<Vec<Request>, CommandError> {
        let named = endpoint.map(|name| self.named(info, name)).transpose()?;
        let mut requests: Vec<Request> = Vec::new();
        let mut unknown: Option<&str> = None;
        let mut done: Vec<(Option<u8>, &'static str)> = Vec::new();
        for (key, value) in in_order(values) {
            let (bare, target, suffix) = match (named, self.split(key)) {
                (Some((id, suffix)), _) => (key.as_ref(), Some(id), suffix),
                (None, Some((bare, id, suffix))) => (bare, Some(id), Some(suffix)),
                (None, None) => (key.as_ref(), None, None),
            };
            if MODIFIERS.contains(&bare) {
                continue;
            }
            // State and brightness become one frame, and so do the other families.
            if let Some(family) = family(bare) {
                if done.contains(&(target, family)) {
                    continue;
                }
                done.push((target, family));
            }
            let mut context = self.context(info);
            context.endpoint = target;
            let setting = Setting {
                context,
                memory,
                key: bare,
                value,
                all: values,
                suffix: suffix.filter(|_| self.suffixes),
            };
            match self.parts().find_map(|part| part.set(&setting)) {
                Some(outgoing) => requests.extend(outgoing?),
                None => unknown = unknown.or(Some(key)),
            }
        }
        if let Some(key) = unknown {
            if requests.is_empty() {
                return Err(unsupported("set", key, &self.model));
            }
            tracing::warn!(device = %info.id, key, "cannot be set on this device, passed over");
        }
        Ok(requests)
    }

    /// As [`super::get`].
    ///
    /// # Errors
    /// As [`super::get`].
    pub fn get(
        &self,
        info: &DeviceInfo,
        properties: &[Property],
    ) -> Result<Vec<Request>, CommandError> {
        let mut requests: Vec<Request> = Vec::new();
        let mut unknown: Option<&str> = None;
        for property in properties {
            let (bare, target) = match self.split(property) {
                Some((bare, id, _)) => (bare, Some(id)),
                None => (property.as_ref(), None),
            };
            let mut context = self.context(info);
            context.endpoint = target;
            match self.parts().find_map(|part| part.get(&context, bare)) {
                Some(read) => {
                    for request in read {
                        if !requests.contains(&request) {
                            requests.push(request);
                        }
                    }
                }
                None => unknown = unknown.or(Some(property)),
            }
        }
        match unknown {
            Some(property) if requests.is_empty() => {
                Err(unsupported("read", property, &self.model))
            }
            _ => Ok(requests),
        }
    }

    /// As [`super::setup`].
    #[must_use]
    pub fn setup(&self, info: &DeviceInfo) -> Vec<Step> {
        if self.quiet {
            return Vec::new();
        }
        let context = self.context(info);
        let mut steps = Vec::new();
        for part in self.parts() {
            part.setup(&context, &mut steps);
        }
        let mut distinct: Vec<Step> = Vec::with_capacity(steps.len());
        for step in steps {
            if !distinct.contains(&step) {
                distinct.push(step);
            }
        }
        distinct
    }

    /// The endpoint that a topic named, by name or number.
    fn named<'a>(
        &'a self,
        info: &DeviceInfo,
        name: &str,
    ) -> Result<(u8, Option<&'a str>), CommandError> {
        if let Some((known, id)) = self.endpoints.iter().find(|(n, _)| n == name) {
            return Ok((*id, Some(known)));
        }
        let number = name.parse().ok();
        match number.filter(|n| info.endpoints.iter().any(|e| e.id == *n)) {
            Some(id) => Ok((id, self.suffix(id))),
            None => Err(CommandError::BadValue {
                property: "endpoint".to_owned(),
                why: format!("the device has no endpoint `{}`", shortened(name)),
            }),
        }
    }

    /// A key with an endpoint's name or number behind it: `state_left`, `state_2`.
    fn split<'a>(&'a self, key: &'a str) -> Option<(&'a str, u8, &'a str)> {
        let (bare, behind) = key.rsplit_once('_')?;
        let number = || behind.parse::<u8>().ok();
        self.endpoints
            .iter()
            .find(|(name, _)| name == behind)
            .or_else(|| {
                let number = number()?;
                self.endpoints.iter().find(|(_, id)| *id == number)
            })
            .map(|(name, id)| (bare, *id, name.as_ref()))
            .or_else(|| Some((bare, self.on_side(behind)?, behind)))
    }

    /// The rocker on a side, where the endpoints of two or three have no names of their own.
    fn on_side(&self, side: &str) -> Option<u8> {
        let sides: &[&str] = match self.endpoints.len() {
            _ if self.named => return None,
            2 => &["left", "right"],
            3 => &["left", "center", "right"],
            _ => return None,
        };
        let at = sides.iter().position(|known| *known == side)?;
        self.endpoints.get(at).map(|(_, id)| *id)
    }
}

/// The keys that one frame sets together.
fn family(key: &str) -> Option<&'static str> {
    match key {
        "state" | "brightness" | "brightness_percent" => Some("state and brightness"),
        "color" | "color_temp" | "color_temp_percent" => Some("colour"),
        _ => None,
    }
}

/// The order in which keys are set: when a lamp goes on, colour comes before state and brightness
/// so that it does not light up in the old colour; when it goes off, after.
fn in_order(values: &Changes) -> Vec<&(Property, Value)> {
    let is_last = |key: &str| key.starts_with("state") || is_brightness(key);
    let off = values.iter().any(|(key, value)| {
        key.starts_with("state")
            && value
                .as_str()
                .is_some_and(|text| text.eq_ignore_ascii_case("off"))
    });
    let mut ordered: Vec<_> = values.iter().collect();
    ordered.sort_by_key(|(key, _)| is_last(key) != off);
    ordered
}

fn is_brightness(key: &str) -> bool {
    key == "brightness" || key.starts_with("brightness_l") || key == "brightness_percent"
}

fn unsupported(what: &'static str, property: &str, model: &str) -> CommandError {
    CommandError::Unsupported {
        what,
        property: shortened(property),
        why: format!("{model} has no such property, or none that can be {what}"),
    }
}

fn shortened(text: &str) -> String {
    text.chars().take(40).collect()
}
