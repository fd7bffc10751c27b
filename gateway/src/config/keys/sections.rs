//! The keys of sections of which there may be several: devices, satellites, trackers.

use radios::ble::{Identity, TrackerConfig};

use super::{ROOM, SWITCH, TEXT};
use crate::config::raw::Raw;
use crate::config::value::{
    bind_key, eddystone, ibeacon, label, labels, limits, per_property, put, tcp, text,
};
use crate::config::{Device, Satellite};

/// A key of a section of which there may be several, read into `T`.
#[derive(Clone, Copy)]
pub struct SectionKey<T> {
    /// Its name.
    pub name: &'static str,
    /// What a value must be.
    pub expects: &'static str,
    /// One line for people.
    pub about: &'static str,
    /// Whether its value must not be shown.
    pub secret: bool,
    pub(in crate::config) set: fn(&mut T, &Raw) -> Option<()>,
}

impl<T> std::fmt::Debug for SectionKey<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("SectionKey").field(&self.name).finish()
    }
}

/// Every key of a section `devices.<address>`.
pub const DEVICE_KEYS: &[SectionKey<Device>] = &[
    SectionKey {
        name: "friendly_name",
        expects: "a name of 1 to 64 characters without `/`, `+` and `#`",
        about: "The device's name, until it is renamed.",
        secret: false,
        set: |d, raw| {
            put(
                &mut d.friendly_name,
                label(raw)
                    .filter(|name| !name.contains(['/', '+', '#']))
                    .map(Some),
            )
        },
    },
    SectionKey {
        name: "room",
        expects: ROOM,
        about: "The room it is in, until another is set.",
        secret: false,
        set: |d, raw| put(&mut d.room, label(raw).map(Some)),
    },
    SectionKey {
        name: "aliases",
        expects: "a list of at most 8 names of 1 to 64 characters",
        about: "What else people call it, for sentences, until others are set.",
        secret: false,
        set: |d, raw| put(&mut d.aliases, labels(raw)),
    },
    SectionKey {
        name: "confirm",
        expects: SWITCH,
        about: "Whether it is asked back before it is opened, unlocked or switched by voice.",
        secret: false,
        set: |d, raw| put(&mut d.confirm, raw.boolean()),
    },
    SectionKey {
        name: "push_to_talk",
        expects: "an action such as \"single\"",
        about: "What this button does when its room's ear is to listen, without a wake word.",
        secret: false,
        set: |d, raw| put(&mut d.push_to_talk, label(raw).map(Some)),
    },
    SectionKey {
        name: "bind_key",
        expects: "24 or 32 hexadecimal digits",
        about: "Key of a BLE device's encrypted advertisements, until another is set.",
        secret: true,
        set: |d, raw| put(&mut d.bind_key, bind_key(raw).map(Some)),
    },
    SectionKey {
        name: "minimum_interval",
        expects: PER_PROPERTY,
        about: "As `ble.minimum_interval`, for this device or single properties of it.",
        secret: false,
        set: |d, raw| put(&mut d.minimum_interval, per_property(raw).map(Some)),
    },
    SectionKey {
        name: "average",
        expects: PER_PROPERTY,
        about: "As `ble.average`, for this device or single properties of it.",
        secret: false,
        set: |d, raw| put(&mut d.average, per_property(raw).map(Some)),
    },
    SectionKey {
        name: "limits",
        expects: "a list such as [\"temperature=-30..50\"]",
        about: "What this BLE device's values can be; others are dropped.",
        secret: false,
        set: |d, raw| put(&mut d.limits, limits(raw)),
    },
];

/// Every key of a section `[voice.satellites.NAME]`.
pub const SATELLITE_KEYS: &[SectionKey<Satellite>] = &[
    SectionKey {
        name: "server",
        expects: "\"tcp://host:port\"",
        about: "Where the voice satellite listens, mostly at port 10700; Hearth connects to it.",
        secret: false,
        set: |s, raw| put(&mut s.server, tcp(raw)),
    },
    SectionKey {
        name: "room",
        expects: ROOM,
        about: "The room it stands in: \"turn on the lamp\" means the lamp there.",
        secret: false,
        set: |s, raw| put(&mut s.room, label(raw).map(Some)),
    },
    SectionKey {
        name: "wake",
        expects: "a list of at most 4 wake words such as [\"okay_nabu\"]",
        about: "What Hearth listens for in the sound of a satellite that has no wake word of its own; `voice.wake` unless given, and without any every sentence counts.",
        secret: false,
        set: |s, raw| put(&mut s.wake, labels(raw).filter(|words| words.len() <= 4)),
    },
];

/// Every key of a section `[[ble.tracker]]`. All but the name say by what it is known.
pub const TRACKER_KEYS: &[SectionKey<TrackerConfig>] = &[
    SectionKey {
        name: "name",
        expects: "a name of 1 to 64 characters without `/`, `+` and `#`",
        about: "What the tracker is called.",
        secret: false,
        set: |t, raw| {
            let name = label(raw).filter(|name| !name.contains(['/', '+', '#']));
            put(&mut t.name, name)
        },
    },
    SectionKey {
        name: "irk",
        expects: "32 hexadecimal digits",
        about: "Identity resolving key of a phone or watch, whose address changes.",
        secret: true,
        set: |t, raw| known_by(t, raw.text()?.parse().ok().map(Box::new).map(Identity::Irk)),
    },
    SectionKey {
        name: "ibeacon",
        expects: "a UUID, or \"UUID/major\", or \"UUID/major/minor\"",
        about: "An iBeacon's or AltBeacon's identity.",
        secret: false,
        set: |t, raw| known_by(t, ibeacon(raw)),
    },
    SectionKey {
        name: "eddystone",
        expects: "20 hexadecimal digits, or those, `/` and 12 more",
        about: "An Eddystone beacon's namespace, and its instance.",
        secret: false,
        set: |t, raw| known_by(t, eddystone(raw)),
    },
    SectionKey {
        name: "address",
        expects: "an address such as \"a4:c1:38:01:02:03\"",
        about: "An address that does not change.",
        secret: false,
        set: |t, raw| known_by(t, raw.text()?.parse().ok().map(Identity::Address)),
    },
    SectionKey {
        name: "local_name",
        expects: TEXT,
        about: "The name it advertises.",
        secret: false,
        set: |t, raw| known_by(t, text(raw).map(Identity::Name)),
    },
];

const PER_PROPERTY: &str = "seconds from 0 to 3600, or a list such as [\"temperature=60\"]";

fn known_by(tracker: &mut TrackerConfig, identity: Option<Identity>) -> Option<()> {
    tracker.identities.push(identity?);
    Some(())
}
