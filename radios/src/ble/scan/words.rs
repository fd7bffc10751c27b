//! What goes into the scanner's core and what comes out of it.
//!
//! The contract: these are facts about BlueZ's objects and calls to BlueZ, free of D-Bus. The core
//! ([`Machine`](super::machine::Machine)) can so be driven by a transcript.

use std::sync::Arc;

use crate::Event;
use crate::ble::{Advert, ServiceUuid};

/// Where an adapter lives: `/org/bluez/hci0`.
pub(super) type Path = Arc<str>;

/// Something that happened.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Input {
    /// The bus is open, nothing is asked for yet.
    Connected,
    /// The bus is closed or cannot be opened.
    Disconnected(String),
    /// Whether somebody owns `org.bluez` now.
    Owner(bool),
    /// An object appeared, or has further interfaces.
    Added(Object),
    /// An object went away, or lost these interfaces.
    Removed(String, Lost),
    /// Properties of an adapter.
    Adapter(String, AdapterProperties),
    /// Properties of a device.
    Device(String, DeviceProperties),
    /// The answer to call number so-and-so.
    Reply(u32, Result<Answer, Refusal>),
    /// Stop scanning until told otherwise.
    Pause,
    /// Scan again.
    Resume,
    /// Nothing but time has passed.
    Tick,
}

/// What the core wants done.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Output {
    /// Call BlueZ (or the bus) and hand the answer back under this number.
    Call(u32, Call),
    /// An advert was heard.
    Advert(Advert),
    /// The radio is up, or down.
    Event(Event),
    /// Nothing scans any more: whoever asked for a pause may connect.
    Paused,
}

/// A method call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Call {
    /// Ask the bus for these signals.
    Match(&'static str),
    /// Does anybody own `org.bluez`?
    Owner,
    /// All of BlueZ's objects.
    Objects,
    /// Power an adapter on or off.
    Power(Path, bool),
    /// Ask for LE adverts, each of them.
    Filter(Path),
    /// Start discovery: active scanning.
    Start(Path),
    /// Stop discovery.
    Stop(Path),
    /// Offer our advertisement monitor: passive scanning.
    Monitor(Path),
    /// Take it back.
    Unmonitor(Path),
}

/// What a call brought.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Answer {
    /// Nothing but success.
    Done,
    /// For [`Call::Owner`].
    Owner(bool),
    /// For [`Call::Objects`].
    Objects(Vec<Object>),
}

/// A D-Bus error.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Refusal {
    /// `org.bluez.Error.NotReady`
    pub name: String,
    /// What BlueZ says of it.
    pub message: String,
}

impl Refusal {
    /// Whether the name ends so: `NotReady`.
    pub(super) fn is(&self, name: &str) -> bool {
        self.name.rsplit('.').next() == Some(name)
    }
}

/// One of BlueZ's objects, as far as scanning goes.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Object {
    /// `/org/bluez/hci0`, `/org/bluez/hci0/dev_A4_C1_38_02_83_F4`
    pub path: String,
    /// `org.bluez.Adapter1`
    pub adapter: Option<AdapterProperties>,
    /// `org.bluez.Device1`
    pub device: Option<DeviceProperties>,
    /// `org.bluez.AdvertisementMonitorManager1`
    pub monitors: bool,
}

/// Interfaces that an object lost.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Lost {
    pub adapter: bool,
    pub device: bool,
    pub monitors: bool,
}

/// Of `org.bluez.Adapter1`; none: not said.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct AdapterProperties {
    /// `00:AA:01:00:00:00`
    pub address: Option<String>,
    /// The name people gave it.
    pub alias: Option<String>,
    pub powered: Option<bool>,
    pub discovering: Option<bool>,
    /// Whether it can be a central, so speaks LE.
    pub central: Option<bool>,
    /// Whether an rfkill switch holds it off.
    pub blocked: Option<bool>,
}

/// Of `org.bluez.Device1`; none, empty: not said.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct DeviceProperties {
    pub random: Option<bool>,
    /// The advertised name, never BlueZ's stand-in.
    pub name: Option<String>,
    pub rssi: Option<i16>,
    pub tx_power: Option<i16>,
    pub services: Option<Vec<ServiceUuid>>,
    pub service_data: Vec<(ServiceUuid, Vec<u8>)>,
    pub manufacturer_data: Vec<(u16, Vec<u8>)>,
    /// The signal strength is no longer known (discovery ended).
    pub faded: bool,
}

impl DeviceProperties {
    /// Whether an advert brought this, rather than a connection or a pairing.
    pub(super) fn is_advert(&self) -> bool {
        self.rssi.is_some() || !self.service_data.is_empty() || !self.manufacturer_data.is_empty()
    }
}
