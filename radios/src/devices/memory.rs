//! What is remembered of a device between frames: the last values that conversions look back at.

use crate::{Changes, Property, Value};

/// The last known state of a device, as far as a conversion may need it. Bounded: a device that
/// sends ever new properties makes it forget the oldest.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Memory {
    state: Vec<(Property, Value)>,
    /// Sequence numbers of the last commands heard: remotes repeat them.
    heard: Option<(u8, u16, u8)>,
}

const MOST: usize = 48;

impl Memory {
    /// Takes over what is known, for example from the stored state at start.
    #[must_use]
    pub fn with_state(changes: &Changes) -> Self {
        let mut memory = Self::default();
        memory.note(changes);
        memory
    }

    /// Notes new values: after [`super::receive`] it has happened already; after a delivered
    /// [`super::Request`] the sender does it with the request's `changes`.
    pub fn note(&mut self, changes: &Changes) {
        for (property, value) in changes {
            if let Some((_, old)) = self.state.iter_mut().find(|(p, _)| p == property) {
                old.clone_from(value);
                continue;
            }
            if self.state.len() == MOST {
                self.state.remove(0);
            }
            self.state.push((property.clone(), value.clone()));
        }
    }

    /// The last value of `property`.
    #[must_use]
    pub fn value(&self, property: &str) -> Option<&Value> {
        let found = self.state.iter().find(|(p, _)| p == property);
        found.map(|(_, value)| value)
    }

    /// Whether a command is a repetition of the last one; remembers it.
    pub(crate) fn is_repeated(&mut self, endpoint: u8, cluster: u16, sequence: u8) -> bool {
        self.heard.replace((endpoint, cluster, sequence)) == Some((endpoint, cluster, sequence))
    }
}
