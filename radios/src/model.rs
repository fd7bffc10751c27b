//! What is known of a device: its record (kept over restarts) and what it offers.
//!
//! The JSON form is zigbee2mqtt's `bridge/devices` vocabulary, because dashboards read it.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use crate::DeviceId;

/// A device's record: everything learnt at joining, kept by the gateway over restarts.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DeviceInfo {
    /// Its address for life.
    pub id: DeviceId,
    /// Its role.
    pub kind: DeviceKind,
    /// The Zigbee network address; may change at any time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub network_address: Option<u16>,
    /// The manufacturer's name: Basic cluster 0x0004, or from the advertisement.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub manufacturer: Option<String>,
    /// The model identifier: Basic cluster 0x0005 (`lumi.sensor_ht`), or the product's name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub model_id: Option<String>,
    /// The manufacturer code of the node descriptor.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub manufacturer_code: Option<u16>,
    /// `Battery`, `Mains (single phase)`, …
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub power_source: Option<String>,
    /// Basic cluster 0x4000.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub software_build_id: Option<String>,
    /// Basic cluster 0x0006.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub date_code: Option<String>,
    /// Its Zigbee endpoints, in the order of the active endpoint list.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub endpoints: Vec<Endpoint>,
    /// How far the interview came.
    #[serde(default)]
    pub interview: InterviewState,
    /// What a BLE device's adverts told so far.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ble: Option<Box<BleRecord>>,
}

/// What a BLE device's adverts told so far: what it offers is known by nothing else.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct BleRecord {
    /// The format of its adverts: `mibeacon`, `bthome`, …; `tracker` for what is carried about.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub format: Option<String>,
    /// The name it advertises.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Properties it has told, in the home's words.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub properties: Vec<String>,
    /// What its buttons did.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub actions: Vec<String>,
    /// Seconds between two signs of life at the most, once learnt.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub interval: Option<u16>,
}

impl DeviceInfo {
    /// A device of which only the address is known.
    #[must_use]
    pub const fn new(id: DeviceId, kind: DeviceKind) -> Self {
        Self {
            id,
            kind,
            network_address: None,
            manufacturer: None,
            model_id: None,
            manufacturer_code: None,
            power_source: None,
            software_build_id: None,
            date_code: None,
            endpoints: Vec::new(),
            interview: InterviewState::Pending,
            ble: None,
        }
    }
}

/// A device's role.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum DeviceKind {
    /// The dongle itself.
    Coordinator,
    /// A mains-powered Zigbee device that routes.
    Router,
    /// A Zigbee device that does not route, mostly asleep.
    EndDevice,
    /// A Bluetooth Low Energy device.
    #[serde(rename = "BLE")]
    Ble,
    /// Not yet told.
    Unknown,
}

/// How far the interview came.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum InterviewState {
    /// Not begun.
    #[default]
    Pending,
    /// Under way.
    InProgress,
    /// Complete.
    Successful,
    /// Given up; taken up again when the device next speaks.
    Failed,
}

/// A Zigbee endpoint: its simple descriptor and what was configured on it.
#[derive(Clone, Debug, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Endpoint {
    /// 1…240.
    pub id: u8,
    /// Profile, 0x0104 for Zigbee 3.0 and Home Automation.
    pub profile: u16,
    /// Device id within the profile.
    pub device: u16,
    /// Server clusters.
    pub input: Vec<u16>,
    /// Client clusters.
    pub output: Vec<u16>,
    /// Bindings to this gateway that succeeded.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub bindings: Vec<Binding>,
    /// Reports the device agreed to send.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub reportings: Vec<Reporting>,
    /// What was read of it once and conversion goes by: multipliers, divisors, limits.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub known: Vec<Known>,
}

/// An attribute that was read once and is kept, such as a meter's divisor.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Known {
    /// The cluster.
    pub cluster: u16,
    /// The attribute.
    pub attribute: u16,
    /// Its value.
    pub value: i64,
}

/// A binding of one cluster.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Binding {
    /// The bound cluster.
    pub cluster: u16,
    /// The IEEE address it reports to.
    pub target: DeviceId,
    /// The endpoint there.
    pub endpoint: u8,
}

/// A configured report (ZCL 2.5.7).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reporting {
    /// The cluster.
    pub cluster: u16,
    /// The attribute.
    pub attribute: u16,
    /// Seconds between reports at the least.
    pub minimum: u16,
    /// Seconds between reports at the most.
    pub maximum: u16,
    /// Smallest change that is reported, in the attribute's unit; 0 for discrete attributes.
    pub change: u32,
}

/// What a device offers, derived from its record by [`crate::devices`]; never stored.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Definition {
    /// The maker's model name: `WSDCGQ01LM`.
    pub model: String,
    /// The maker.
    pub vendor: String,
    /// One line for people.
    pub description: String,
    /// What can be seen and set.
    pub exposes: Vec<Expose>,
    /// `native` for a named model, `generated` when derived from its clusters.
    pub source: &'static str,
}

/// The kind of an [`Expose`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum ExposeKind {
    /// Two values.
    Binary,
    /// A number with a unit.
    Numeric,
    /// One of several texts.
    Enum,
    /// Any text.
    Text,
    /// Named members.
    Composite,
    /// Several values of one form.
    List,
    /// A lamp: features state, brightness, color_temp, color_xy, color_hs.
    Light,
    /// A relay: feature state.
    Switch,
    /// A blind or curtain.
    Cover,
    /// A lock.
    Lock,
    /// A fan.
    Fan,
    /// A thermostat.
    Climate,
}

/// One thing a device offers, in zigbee2mqtt's `exposes` vocabulary.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Expose {
    /// Its kind.
    #[serde(rename = "type")]
    pub kind: ExposeKind,
    /// `temperature`; absent on lights, switches and the like.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<&'static str>,
    /// For people: `Temperature`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub label: Option<String>,
    /// The key in the state: the name, with the endpoint's suffix where there are several.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub property: Option<String>,
    /// Bit 0: in the published state; bit 1: can be set; bit 2: can be read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub access: Option<u8>,
    /// The endpoint's name where there are several: `left`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub endpoint: Option<&'static str>,
    /// One line for people.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<&'static str>,
    /// `config` or `diagnostic`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub category: Option<&'static str>,
    /// °C, %, W, …
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unit: Option<&'static str>,
    /// Smallest value.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub value_min: Option<f64>,
    /// Largest value.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub value_max: Option<f64>,
    /// Step between values.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub value_step: Option<f64>,
    /// The value that means on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub value_on: Option<crate::Value>,
    /// The value that means off.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub value_off: Option<crate::Value>,
    /// The value that toggles.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub value_toggle: Option<&'static str>,
    /// The values of an enumeration; owned where they were learnt from what the device did.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub values: Vec<Cow<'static, str>>,
    /// The members of a light, switch, composite, …
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub features: Vec<Expose>,
}

impl Expose {
    /// The value is in the published state.
    pub const STATE: u8 = 1;
    /// The value can be set.
    pub const SET: u8 = 2;
    /// The value can be read on demand.
    pub const GET: u8 = 4;

    /// An expose of `kind` and nothing else.
    #[must_use]
    pub const fn of(kind: ExposeKind) -> Self {
        Self {
            kind,
            name: None,
            label: None,
            property: None,
            access: None,
            endpoint: None,
            description: None,
            category: None,
            unit: None,
            value_min: None,
            value_max: None,
            value_step: None,
            value_on: None,
            value_off: None,
            value_toggle: None,
            values: Vec::new(),
            features: Vec::new(),
        }
    }
}
