//! Watching over silence.
//!
//! An adapter that has heard nothing for so long has most likely stopped hearing: scanning is begun
//! anew, and if that brings nothing the adapter is switched off and on. A place where nothing
//! advertises is possible too, so the second remedy, which tears connections, is used sparingly.

use std::time::Duration;

/// After the first try, every so many-th remedy is the strong one.
const STRONG_EVERY: u32 = 10;

/// What to do about silence.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Remedy {
    /// Stop and start.
    Restart,
    /// Off and on.
    PowerCycle,
}

/// Since when nothing was heard, and what was tried.
#[derive(Debug)]
pub(super) struct Vigil {
    limit: Duration,
    since: Duration,
    tried: u32,
}

impl Vigil {
    pub(super) const fn new(limit: Duration) -> Self {
        Self {
            limit,
            since: Duration::ZERO,
            tried: 0,
        }
    }

    /// Something was heard.
    pub(super) fn heard(&mut self, now: Duration) {
        self.since = now;
        self.tried = 0;
    }

    /// Listening has begun (again): the time before does not count.
    pub(super) fn listening(&mut self, now: Duration) {
        self.since = now;
    }

    /// When the silence has lasted too long.
    pub(super) fn deadline(&self) -> Duration {
        self.since + self.limit
    }

    /// What to do, when it has.
    pub(super) fn remedy(&mut self, now: Duration) -> Option<Remedy> {
        if now < self.deadline() {
            return None;
        }
        self.since = now;
        self.tried = self.tried.saturating_add(1);
        Some(if self.tried % STRONG_EVERY == 2 {
            Remedy::PowerCycle
        } else {
            Remedy::Restart
        })
    }

    /// How often in a row.
    pub(super) const fn tried(&self) -> u32 {
        self.tried
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn remedies_grow_stronger_and_rarer() {
        let at = Duration::from_secs;
        let mut vigil = Vigil::new(at(90));
        vigil.listening(at(10));
        assert_eq!(vigil.remedy(at(99)), None);
        assert_eq!(vigil.remedy(at(100)), Some(Remedy::Restart));
        assert_eq!(vigil.remedy(at(101)), None);
        assert_eq!(vigil.remedy(at(190)), Some(Remedy::PowerCycle));
        let strong = (3..=22)
            .filter(|n| vigil.remedy(at(100 + 90 * n)) == Some(Remedy::PowerCycle))
            .count();
        assert_eq!(strong, 2);
        vigil.heard(at(5000));
        assert_eq!(vigil.remedy(at(5089)), None);
        assert_eq!(vigil.remedy(at(5090)), Some(Remedy::Restart));
    }
}
