//! Home Assistant's MQTT discovery.
use radios::{Definition, DeviceInfo, Ieee};

/// The device to announce and its surroundings.
#[derive(Clone, Copy, Debug)]
pub struct Subject<'a> {
    /// Its record.
    pub info: &'a DeviceInfo,
    /// What it offers.
    pub definition: &'a Definition,
    /// Its name.
    pub name: &'a str,
    /// Its room.
    pub room: Option<&'a str>,
    /// First part of the gateway's topics.
    pub base_topic: &'a str,
    /// The dongle's address.
    pub coordinator: Option<Ieee>,
}

/// One entity, announced.
#[derive(Clone, Debug, PartialEq)]
pub struct Announcement {
    /// Without the discovery topic: `sensor/0x…/temperature/config`.
    pub topic: String,
    /// What Home Assistant reads.
    pub payload: serde_json::Value,
}

/// Everything Home Assistant must know of a device.
#[must_use]
pub fn announcements(_subject: &Subject<'_>) -> Vec<Announcement> {
    Vec::new()
}
