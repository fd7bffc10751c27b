//! The names of one home: what sentences can speak of.
//!
//! Names are compared without regard to case, so a home may spell them as its owner likes. Every
//! name may have aliases; a slot always carries the main name, the alias that was heard is in the
//! slot's text.

use serde::{Deserialize, Serialize};

/// What can be spoken of.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Home {
    /// Devices, groups, scenes: whatever has a name of its own.
    #[serde(default)]
    pub entities: Vec<Entity>,
    /// Rooms and other places.
    #[serde(default)]
    pub areas: Vec<Area>,
    /// Storeys.
    #[serde(default)]
    pub floors: Vec<Floor>,
}

/// A thing with a name.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entity {
    /// The gateway's own key of it; comes back in [`crate::Slot::ids`].
    #[serde(default)]
    pub id: String,
    /// What people call it.
    pub name: String,
    /// What else they call it, for instance in another language.
    #[serde(default)]
    pub aliases: Vec<String>,
    /// What it is, in Home Assistant's words: `light`, `switch`, `sensor`, `cover`, …
    #[serde(default)]
    pub domain: String,
    /// The name of the area it is in.
    #[serde(default)]
    pub area: Option<String>,
}

/// A room or another place.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Area {
    /// What people call it.
    pub name: String,
    /// What else they call it.
    #[serde(default)]
    pub aliases: Vec<String>,
}

/// A storey.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Floor {
    /// What people call it.
    pub name: String,
    /// What else they call it.
    #[serde(default)]
    pub aliases: Vec<String>,
}
