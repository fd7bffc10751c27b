//! Telling a repeated frame from a new one.
//!
//! A sleepy device that did not hear its acknowledgement sends the frame again, often through
//! another parent. The APS and ZCL sequence numbers stay the same; a new press of the same button
//! has new ones.

use std::collections::VecDeque;
use std::time::Duration;

use tokio::time::Instant;

/// Frames remembered at most.
const FRAMES: usize = 128;

/// How long a repeat can come after its first: the sequence numbers wrap later than this.
const WINDOW: Duration = Duration::from_secs(10);

/// What makes two frames the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct FrameKey {
    /// The sender.
    pub(super) sender: u16,
    /// Its APS counter.
    pub(super) aps: u8,
    /// Its ZCL or ZDO transaction sequence number.
    pub(super) transaction: u8,
    /// The cluster.
    pub(super) cluster: u16,
    /// The sender's endpoint.
    pub(super) endpoint: u8,
    /// The length of the payload: firmware that never counts still differs in what it says.
    pub(super) length: usize,
}

/// The frames heard lately.
#[derive(Debug, Default)]
pub(super) struct Heard {
    frames: VecDeque<(Instant, FrameKey)>,
}

impl Heard {
    /// Whether this frame is the first of its kind.
    pub(super) fn is_new(&mut self, key: FrameKey, now: Instant) -> bool {
        while let Some((then, _)) = self.frames.front() {
            if self.frames.len() < FRAMES && now.duration_since(*then) < WINDOW {
                break;
            }
            self.frames.pop_front();
        }
        if self.frames.iter().any(|(_, known)| *known == key) {
            return false;
        }
        self.frames.push_back((now, key));
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: FrameKey = FrameKey {
        sender: 0x1234,
        aps: 7,
        transaction: 9,
        cluster: 6,
        endpoint: 1,
        length: 5,
    };

    #[test]
    fn a_repeat_is_known_and_a_new_press_is_not() {
        let start = Instant::now();
        let mut heard = Heard::default();
        assert!(heard.is_new(KEY, start));
        assert!(!heard.is_new(KEY, start + Duration::from_secs(1)));
        let next = FrameKey {
            aps: 8,
            transaction: 10,
            ..KEY
        };
        assert!(heard.is_new(next, start + Duration::from_secs(1)));
        assert!(heard.is_new(KEY, start + Duration::from_secs(11)));
    }

    #[test]
    fn memory_is_bounded() {
        let mut heard = Heard::default();
        let now = Instant::now();
        for sender in 0..1000 {
            assert!(heard.is_new(FrameKey { sender, ..KEY }, now));
        }
        assert!(heard.frames.len() <= FRAMES);
    }
}
