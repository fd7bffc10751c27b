//! What the flash has had to bear.

use serde::{Deserialize, Serialize};

/// Files written to the data folder since the process started. A rename changes no content and is not counted; nor
/// is what goes to a `state_dir` of its own, which is there so that it is no flash.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Wear {
    /// Files written.
    pub writes: u32,
    /// Bytes in them.
    pub bytes: u64,
}

impl Wear {
    pub(super) fn count(&mut self, bytes: usize) {
        self.writes = self.writes.saturating_add(1);
        self.bytes = self
            .bytes
            .saturating_add(u64::try_from(bytes).unwrap_or(u64::MAX));
    }
}
