//! How long to wait between attempts: soon at first, then more and more seldom, never in step with
//! others that lost the same broker.

use std::time::Duration;

const FIRST: Duration = Duration::from_millis(200);
const LONGEST: Duration = Duration::from_secs(30);

/// Waits grow by half again, up to [`LONGEST`].
#[derive(Debug)]
pub(super) struct Backoff(Duration);

impl Default for Backoff {
    fn default() -> Self {
        Self(FIRST)
    }
}

impl Backoff {
    /// It worked: the next wait is short.
    pub(super) fn reset(&mut self) {
        self.0 = FIRST;
    }

    /// The next wait: between half of it and the whole.
    pub(super) fn next(&mut self) -> Duration {
        let whole = self.0;
        self.0 = (whole * 3 / 2).min(LONGEST);
        let mut random = [0u8; 1];
        // Without randomness it is the whole.
        if getrandom::fill(&mut random).is_err() {
            return whole;
        }
        whole / 2 + whole / 2 * u32::from(random[0]) / 255
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_grow_to_half_a_minute_and_start_over() {
        let mut backoff = Backoff::default();
        let waits: Vec<Duration> = (0..30).map(|_| backoff.next()).collect();
        assert!(waits[0] >= FIRST / 2 && waits[0] <= FIRST);
        assert!(waits[29] >= LONGEST / 2 && waits[29] <= LONGEST);
        let total: Duration = waits.iter().take(10).sum();
        assert!(total < Duration::from_secs(30), "{total:?}");
        backoff.reset();
        assert!(backoff.next() <= FIRST);
    }
}
