//! When which device is read: each in its turn, one that fails ever more seldom.

use std::collections::HashMap;
use std::time::Duration;

use crate::Mac;

/// The first reading comes soon, spread over this time.
const FIRST: Duration = Duration::from_secs(60);
/// A failed reading is tried again after this, doubled with each failure.
const AGAIN: Duration = Duration::from_secs(5 * 60);
/// But not later than this.
const SELDOM: Duration = Duration::from_secs(6 * 3600);

/// See the [module](self). Times are since an epoch of the caller's.
#[derive(Debug, Default)]
pub(super) struct Schedule {
    every: Option<Duration>,
    rows: HashMap<Mac, Row>,
}

#[derive(Debug)]
struct Row {
    due: Duration,
    failures: u32,
}

impl Schedule {
    /// Readings every so often; none: never.
    pub(super) fn new(every: Option<Duration>) -> Self {
        Self {
            every,
            rows: HashMap::new(),
        }
    }

    /// From now on, this device too. One that is known keeps its turn.
    pub(super) fn add(&mut self, mac: Mac, now: Duration) {
        let spread = mac.0.iter().fold(0u32, |sum, byte| {
            sum.wrapping_mul(31).wrapping_add(u32::from(*byte))
        });
        let due = now + FIRST * (spread % 64) / 64;
        self.rows.entry(mac).or_insert(Row { due, failures: 0 });
    }

    /// Not this one any more.
    pub(super) fn remove(&mut self, mac: Mac) {
        self.rows.remove(&mac);
    }

    /// When the next is due.
    pub(super) fn next(&self) -> Option<Duration> {
        self.every?;
        self.rows.values().map(|row| row.due).min()
    }

    /// Who is due.
    pub(super) fn due(&self, now: Duration) -> Option<Mac> {
        self.every?;
        let due = self.rows.iter().filter(|(_, row)| row.due <= now);
        due.min_by_key(|(_, row)| row.due).map(|(mac, _)| *mac)
    }

    /// It was read, also out of its turn; or could not be.
    pub(super) fn was_read(&mut self, mac: Mac, ok: bool, now: Duration) {
        let (Some(every), Some(row)) = (self.every, self.rows.get_mut(&mac)) else {
            return;
        };
        if ok {
            *row = Row {
                due: now + every,
                failures: 0,
            };
        } else {
            let wait = AGAIN.saturating_mul(1 << row.failures.min(16));
            row.due = now + wait.min(SELDOM.max(every));
            row.failures = row.failures.saturating_add(1);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const A: Mac = Mac([0xc4, 0x7c, 0x8d, 1, 2, 3]);
    const B: Mac = Mac([0xc4, 0x7c, 0x8d, 1, 2, 4]);
    const HOUR: Duration = Duration::from_secs(3600);

    #[test]
    fn each_is_read_in_its_turn() {
        let mut schedule = Schedule::new(Some(HOUR));
        schedule.add(A, Duration::ZERO);
        schedule.add(B, Duration::ZERO);
        let mut now = schedule.next().unwrap();
        assert!(now < FIRST);
        let first = schedule.due(now).unwrap();
        schedule.was_read(first, true, now);
        now = schedule.next().unwrap();
        let second = schedule.due(now).unwrap();
        assert_ne!(first, second);
        schedule.was_read(second, true, now);
        assert_eq!(schedule.due(now), None);
        assert!(schedule.next().unwrap() >= HOUR);
    }

    #[test]
    fn one_that_fails_is_tried_ever_more_seldom() {
        let mut schedule = Schedule::new(Some(HOUR));
        schedule.add(A, Duration::ZERO);
        let mut waits = Vec::new();
        for _ in 0..9 {
            let now = schedule.next().unwrap();
            schedule.was_read(A, false, now);
            waits.push((schedule.next().unwrap() - now).as_secs() / 60);
        }
        assert_eq!(waits, [5, 10, 20, 40, 80, 160, 320, 360, 360]);
        let now = schedule.next().unwrap();
        schedule.was_read(A, true, now);
        assert_eq!(schedule.next(), Some(now + HOUR));
    }

    #[test]
    fn without_an_interval_nothing_is_due() {
        let mut schedule = Schedule::new(None);
        schedule.add(A, Duration::ZERO);
        assert_eq!((schedule.next(), schedule.due(HOUR)), (None, None));
    }
}
