//! The names of one home: what sentences can speak of.
//!
//! Names are compared without regard to case, so a home may spell them as its owner likes. Every
//! name may have aliases; a slot always carries the main name, the alias that was heard is in the
//! slot's text.

use serde::{Deserialize, Serialize};

#[cfg(feature = "sentences")]
use crate::template;

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

#[cfg(feature = "sentences")]
impl Home {
    /// The same home with names that are templates, `lamp(a|y)`, spelled out: each form is an alias of the
    /// name as written. Plain names come before them. Only for homes that are written so: a person's
    /// device may well have a bracket in its name.
    #[must_use]
    pub fn with_templates(mut self) -> Self {
        for entity in &mut self.entities {
            spell_out(&entity.name, &mut entity.aliases);
        }
        for area in &mut self.areas {
            spell_out(&area.name, &mut area.aliases);
        }
        for floor in &mut self.floors {
            spell_out(&floor.name, &mut floor.aliases);
        }
        self.entities
            .sort_by_key(|entity| is_template(&entity.name));
        self.areas.sort_by_key(|area| is_template(&area.name));
        self.floors.sort_by_key(|floor| is_template(&floor.name));
        self
    }
}

/// Forms of one name at most.
#[cfg(feature = "sentences")]
const MAX_FORMS: usize = 1_000;

#[cfg(feature = "sentences")]
fn is_template(name: &str) -> bool {
    name.contains(['(', '[', '|'])
}

#[cfg(feature = "sentences")]
fn spell_out(name: &str, aliases: &mut Vec<String>) {
    let forms: Vec<String> = std::iter::once(name)
        .chain(aliases.iter().map(String::as_str))
        .filter(|text| is_template(text))
        .filter_map(|text| template::expand(&template::parse(text).ok()?, MAX_FORMS))
        .flatten()
        .collect();
    aliases.extend(forms);
}

#[cfg(all(test, feature = "sentences"))]
mod tests {
    use super::*;

    #[test]
    fn names_that_are_templates_are_spelled_out() {
        let area = |name: &str| Area {
            name: name.to_owned(),
            aliases: Vec::new(),
        };
        let home = Home {
            areas: vec![
                area("dnevna soba|dnevn(i|oj) sobi"),
                area("[big] hall"),
                area("attic"),
            ],
            ..Home::default()
        }
        .with_templates();
        let spelled: Vec<&[String]> = home.areas.iter().map(|a| a.aliases.as_slice()).collect();
        assert_eq!(home.areas.first().map(|a| a.name.as_str()), Some("attic"));
        let none: &[&str] = &[];
        assert_eq!(spelled[0], none);
        assert_eq!(spelled[1], ["dnevna soba", "dnevni sobi", "dnevnoj sobi"]);
        assert_eq!(spelled[2], ["big hall", " hall"]);
    }
}
