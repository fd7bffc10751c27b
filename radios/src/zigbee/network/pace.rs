//! How fast and how often: the broadcast budget of a Zigbee network, and waits with jitter.

use std::collections::VecDeque;
use std::time::Duration;

use tokio::time::Instant;

/// Broadcasts a network bears within [`BROADCAST_WINDOW`]: each router holds a table of that size.
const BROADCASTS: usize = 8;

/// How long a broadcast occupies the routers' tables.
const BROADCAST_WINDOW: Duration = Duration::from_secs(9);

/// Lets through eight broadcasts in any nine seconds.
#[derive(Debug, Default)]
pub(super) struct BroadcastBudget {
    sent: VecDeque<Instant>,
}

impl BroadcastBudget {
    /// Takes a place and says when it may be used: now, or in the future.
    pub(super) fn take(&mut self, now: Instant) -> Instant {
        let free = match self.sent.len() {
            BROADCASTS.. => self.sent.pop_front().map(|first| first + BROADCAST_WINDOW),
            _ => None,
        };
        let when = free.map_or(now, |free| free.max(now));
        self.sent.push_back(when);
        when
    }
}

/// Small random numbers that are the same in every run: spreads retries, so needs no secrecy.
#[derive(Debug)]
pub(super) struct Jitter(u32);

impl Jitter {
    pub(super) const fn new() -> Self {
        Self(0x2545_f491)
    }

    /// Between half of `wait` and all of it.
    pub(super) fn spread(&mut self, wait: Duration) -> Duration {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 17;
        self.0 ^= self.0 << 5;
        wait / 2 + wait * (self.0 % 512) / 1024
    }
}

/// `first` doubled `turn` times, `last` at the most.
pub(super) fn backoff(first: Duration, last: Duration, turn: u32) -> Duration {
    first.saturating_mul(1 << turn.min(16)).min(last)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_ninth_broadcast_waits_for_the_first_to_fade() {
        let start = Instant::now();
        let mut budget = BroadcastBudget::default();
        for _ in 0..8 {
            assert_eq!(budget.take(start), start);
        }
        assert_eq!(budget.take(start), start + BROADCAST_WINDOW);
        assert_eq!(
            budget.take(start + Duration::from_secs(20)),
            start + Duration::from_secs(20)
        );
    }

    #[test]
    fn waits_grow_to_a_bound_and_spread() {
        let ms = Duration::from_millis;
        let waits: Vec<_> = (0..5).map(|n| backoff(ms(200), ms(2000), n)).collect();
        assert_eq!(waits, [ms(200), ms(400), ms(800), ms(1600), ms(2000)]);
        assert_eq!(backoff(ms(200), ms(2000), u32::MAX), ms(2000));
        let mut jitter = Jitter::new();
        for _ in 0..100 {
            let wait = jitter.spread(ms(1000));
            assert!(wait >= ms(500) && wait <= ms(1000), "{wait:?}");
        }
    }
}
