//! What the BLE radio told the hub, then and now.
//!
//! Bind keys are not in a trace, so encrypted adverts stay closed in a replay. What the radio told
//! the hub is recorded beside the adverts: what the replayed radio does not tell by itself is taken
//! from there.

use std::collections::VecDeque;

use radios::Event;
use serde_json::Value as Json;

use crate::trace::{ble_event, ble_line};

/// Events kept for comparison.
const MOST: usize = 256;

/// Events that the replayed radio told before their recorded lines came.
#[derive(Debug, Default)]
pub(super) struct Ahead(VecDeque<Json>);

impl Ahead {
    /// The replayed radio told this.
    pub(super) fn note(&mut self, event: &Event) {
        if let Some(line) = ble_line(event) {
            if self.0.len() >= MOST {
                self.0.pop_front();
            }
            self.0.push_back(line);
        }
    }

    /// The recorded event, unless the replayed radio has told it.
    pub(super) fn missing(&mut self, recorded: &Json) -> Option<Event> {
        if let Some(at) = self.0.iter().position(|told| told == recorded) {
            self.0.remove(at);
            return None;
        }
        ble_event(recorded)
    }
}
