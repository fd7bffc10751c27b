//! The last known values of one device.

use radios::{Changes, Property, Value};
use serde::ser::{Serialize, SerializeMap, Serializer};

/// Most properties kept of one device: no device has as many, only a faulty one.
const MOST: usize = 512;

/// Properties that tell of a moment, not of a state: published once, never kept.
fn is_momentary(property: &str) -> bool {
    property.starts_with("action")
        || property.starts_with("step_")
        || matches!(
            property,
            "transition_time" | "elapsed" | "no_occupancy_since"
        )
}

/// The values kept of a device.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct State(Vec<(Property, Value)>);

impl State {
    pub(super) fn get(&self, property: &str) -> Option<&Value> {
        self.0
            .iter()
            .find(|(name, _)| name == property)
            .map(|(_, value)| value)
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &(Property, Value)> {
        self.0.iter()
    }

    /// Takes `changes` in. Returns what is of the moment only, whether any kept value changed, and
    /// how many were shed because there are too many.
    pub(super) fn merge(&mut self, changes: Changes) -> Merged {
        let mut merged = Merged::default();
        for (property, value) in changes {
            if is_momentary(&property) {
                merged.momentary.push((property, value));
            } else if let Some((_, kept)) = self.0.iter_mut().find(|(name, _)| *name == property) {
                if *kept != value {
                    *kept = value;
                    merged.changed = true;
                }
            } else if self.0.len() < MOST {
                self.0.push((property, value));
                merged.changed = true;
            } else {
                merged.shed += 1;
            }
        }
        merged
    }
}

/// What [`State::merge`] found.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Merged {
    pub(super) momentary: Changes,
    pub(super) changed: bool,
    pub(super) shed: usize,
}

impl From<Changes> for State {
    fn from(changes: Changes) -> Self {
        let mut state = Self::default();
        state.merge(changes);
        state
    }
}

impl Serialize for State {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|(name, value)| (name, value)))
    }
}

/// What is published of a device: its state, what is of this moment, and how well it is heard.
pub(super) struct Published<'a> {
    pub(super) state: &'a State,
    pub(super) momentary: &'a [(Property, Value)],
    pub(super) linkquality: Option<u8>,
    /// When a BLE device was last heard.
    pub(super) last_seen: Option<String>,
    /// Properties to show as `null` while nothing is known of them.
    pub(super) expected: &'a [String],
}

impl Serialize for Published<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        for (name, value) in self.state.iter().chain(self.momentary) {
            map.serialize_entry(name, value)?;
        }
        for name in self.expected {
            let known = self.state.get(name).is_some()
                || self
                    .momentary
                    .iter()
                    .any(|(momentary, _)| momentary == name)
                || (name == "linkquality" && self.linkquality.is_some())
                || (name == "last_seen" && self.last_seen.is_some());
            if !known && !is_momentary(name) {
                map.serialize_entry(name, &())?;
            }
        }
        if let Some(linkquality) = self.linkquality
            && self.state.get("linkquality").is_none()
        {
            map.serialize_entry("linkquality", &linkquality)?;
        }
        if let Some(last_seen) = &self.last_seen {
            map.serialize_entry("last_seen", last_seen)?;
        }
        map.end()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_are_published_but_not_kept() {
        let mut state = State::from(vec![("battery".into(), 80u8.into())]);
        let merged = state.merge(vec![("action".into(), "single".into())]);
        assert!(!merged.changed);
        let published = serde_json::to_string(&Published {
            state: &state,
            momentary: &merged.momentary,
            linkquality: Some(120),
            last_seen: None,
            expected: &["voltage".to_owned(), "action".to_owned()],
        })
        .unwrap();
        assert_eq!(
            published,
            r#"{"battery":80,"action":"single","voltage":null,"linkquality":120}"#
        );
        assert_eq!(state.get("action"), None);
    }

    #[test]
    fn a_device_that_invents_properties_is_bounded() {
        let mut state = State::default();
        let merged = state.merge(
            (0..1000)
                .map(|i| (Property::from(format!("p{i}")), i.into()))
                .collect(),
        );
        assert_eq!(merged.shed, 1000 - MOST);
    }
}
