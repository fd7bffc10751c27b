//! How often a sender is heard, learnt from its adverts: the longest of up to 16 gaps.
//!
//! Senders repeat a frame several times in a second and then rest for minutes; what matters is the
//! rest. So of each minute, or of the gap that is longer than one, only the longest gap counts.

use std::time::Duration;

/// Gaps remembered.
const GAPS: usize = 16;
/// Gaps it takes to tell anything.
const ENOUGH: u8 = 4;
/// Time of which only the longest gap counts.
const WINDOW: Duration = Duration::from_secs(60);

/// What is known of one sender's rhythm.
#[derive(Clone, Debug, Default)]
pub struct Interval {
    last: Option<Duration>,
    window: Duration,
    longest: Duration,
    /// Seconds, rounded up.
    gaps: [u16; GAPS],
    known: u8,
    next: u8,
    told: Option<u16>,
}

impl Interval {
    /// One whose rhythm was learnt before, in seconds.
    #[must_use]
    pub fn known(seconds: Option<u16>) -> Self {
        Self {
            told: seconds,
            ..Self::default()
        }
    }

    /// The sender was heard. Says whether what is learnt of it changed.
    pub fn heard(&mut self, now: Duration) -> bool {
        let Some(last) = self.last.replace(now) else {
            self.window = now;
            return false;
        };
        self.longest = self.longest.max(now.saturating_sub(last));
        if now.saturating_sub(self.window) < WINDOW {
            return false;
        }
        let seconds = self.longest.as_millis().div_ceil(1000);
        let gap = u16::try_from(seconds).unwrap_or(u16::MAX);
        if let Some(place) = self.gaps.get_mut(usize::from(self.next)) {
            *place = gap;
        }
        self.next = (self.next + 1) % 16;
        self.known = (self.known + 1).min(16);
        self.window = now;
        self.longest = Duration::ZERO;
        self.learn()
    }

    /// Seconds between two signs of life at the most, where enough was heard to tell.
    #[must_use]
    pub const fn learnt(&self) -> Option<u16> {
        self.told
    }

    /// Slower is believed at once, much faster only after all gaps were: what is told is kept on
    /// disk, and shall not change with every gust.
    fn learn(&mut self) -> bool {
        if self.known < ENOUGH {
            return false;
        }
        let heard = self.gaps.iter().take(usize::from(self.known));
        let longest = heard.max().copied().unwrap_or_default();
        let learnt = longest.checked_next_power_of_two().unwrap_or(u16::MAX);
        let believed = self.told.is_none_or(|told| {
            learnt > told || (usize::from(self.known) == GAPS && learnt <= told / 4)
        });
        if believed {
            self.told = Some(learnt);
        }
        believed
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seconds(tenths: u64) -> Duration {
        Duration::from_millis(tenths * 100)
    }

    #[test]
    fn a_chatterer_is_known_after_some_minutes() {
        let mut interval = Interval::default();
        let mut at = 0;
        while interval.learnt().is_none() {
            at += 25;
            interval.heard(seconds(at));
        }
        assert_eq!(interval.learnt(), Some(4));
        assert!((2400..3000).contains(&at), "after {} s", at / 10);
    }

    #[test]
    fn of_bursts_the_rest_between_counts() {
        let mut interval = Interval::default();
        for burst in 0..5 {
            for repeat in 0..10 {
                interval.heard(seconds(burst * 6000 + repeat));
            }
        }
        assert_eq!(interval.learnt(), Some(1024));
    }

    #[test]
    fn one_long_silence_is_forgotten_after_sixteen_gaps() {
        let mut interval = Interval::known(Some(4));
        let mut at = 0;
        for _ in 0..200 {
            at += 20;
            interval.heard(seconds(at));
        }
        at += 30_000;
        assert!(interval.heard(seconds(at)), "an hour without it");
        assert_eq!(interval.learnt(), Some(4096));
        let mut changed = 0;
        for _ in 0..600 {
            at += 20;
            changed += u32::from(interval.heard(seconds(at)));
        }
        assert_eq!((interval.learnt(), changed), (Some(2), 1));
    }
}
