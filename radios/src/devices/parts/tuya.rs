//! Tuya's own attributes on standard clusters.

use super::attribute::{Attribute, Choice, Meaning};
use crate::model::Expose;
use crate::zigbee::zcl::Type;
use crate::zigbee::zcl::clusters::on_off;

const SETTABLE: Attribute = Attribute {
    cluster: on_off::ID,
    of: Type::ENUM8,
    category: Some("config"),
    access: Expose::STATE | Expose::SET | Expose::GET,
    ..Attribute::PLAIN
};

/// What a relay does when power comes back.
pub(crate) static POWER_ON_BEHAVIOR: Attribute = Attribute {
    property: "power_on_behavior",
    label: "Power-on behavior",
    description: "What it does when power comes back",
    attribute: on_off::TUYA_POWER_ON_BEHAVIOR,
    meaning: Meaning::Several(&[("off", 0), ("on", 1), ("previous", 2)]),
    ..SETTABLE
};

/// The same, as plugs that measure call it.
pub(crate) static POWER_OUTAGE_MEMORY: Attribute = Attribute {
    property: "power_outage_memory",
    label: "Power outage memory",
    description: "What it does when power comes back",
    attribute: on_off::TUYA_POWER_ON_BEHAVIOR,
    meaning: Meaning::Several(&[("off", 0), ("on", 1), ("restore", 2)]),
    ..SETTABLE
};

/// When its light is on: never, against the relay, with it, always.
pub(crate) static INDICATOR_MODE: Attribute = Attribute {
    property: "indicator_mode",
    label: "Indicator mode",
    description: "When its light is on",
    attribute: on_off::TUYA_BACKLIGHT_MODE,
    meaning: Meaning::Several(&[("off", 0), ("off/on", 1), ("on/off", 2), ("on", 3)]),
    ..SETTABLE
};

/// Its button does nothing.
pub(crate) static CHILD_LOCK: Attribute = Attribute {
    property: "child_lock",
    label: "Child lock",
    description: "Whether its button does nothing",
    attribute: on_off::TUYA_CHILD_LOCK,
    of: Type::BOOL,
    meaning: Meaning::Two {
        on: (Choice::Named("LOCK"), 1),
        off: (Choice::Named("UNLOCK"), 0),
    },
    ..SETTABLE
};
