//! Times of day: when "at seven" is, and what becomes of it when the clock is put right.
//!
//! A duration goes by [`Now::elapsed`], a time of day by the clock on the wall. A router without a clock of its own
//! wakes up in 1970 or where it ended, until a time server tells it better: whatever was wished for before that
//! is for the day on which it was wished for, as is known then.

use std::time::Duration;

use intents::Match;

use super::{Goes, STALE_MS, Timer, WAKE};
use crate::clock;
use crate::config::Level;
use crate::hub::{Hub, Now};

/// How soon it is seen that the clock was put right, where nothing else happens.
const LOOK: Duration = Duration::from_secs(60);

/// A clock that is so far from where it went was put right; by less, it is only set a little.
const PUT_RIGHT: Duration = Duration::from_secs(60);

/// Who wants to be woken at seven means the morning; at three, whichever comes first.
const MORNING: u64 = 4 * 60;

/// What is to be done tomorrow at six may be meant for the afternoon; at seven, the morning is.
const TOMORROW_MORNING: u64 = 7 * 60;

const HALF_DAY: u64 = 12 * 60;

const DAY: u64 = 86_400;

/// A time of day, as it was wished for.
#[derive(Clone, Copy, Debug)]
pub(super) struct Wish {
    /// After midnight.
    minutes: u64,
    /// Or twelve hours later.
    either: bool,
    today: bool,
    wake: bool,
}

impl Wish {
    pub(super) fn of(intent: &Match) -> Self {
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // clamped
        let minutes = intent.number("at").unwrap_or(0.0).clamp(0.0, 1439.0) as u64;
        Self {
            minutes,
            either: intent.slot("at_either").is_some(),
            today: intent.slot("at_day").is_none(),
            wake: intent.intent == WAKE,
        }
    }

    /// The time that was meant at `said`: both since 1970.
    pub(super) fn when(self, local: fn(Duration) -> Duration, said: Duration) -> Duration {
        let next = |minutes| clock::next(local, said, minutes, self.today);
        let (minutes, wake) = (self.minutes, self.wake);
        match (self.either, self.today) {
            (false, _) => next(minutes),
            (true, true) if wake && minutes >= MORNING => next(minutes),
            (true, true) => next(minutes).min(next(minutes + HALF_DAY)),
            (true, false) if wake || minutes >= TOMORROW_MORNING => next(minutes),
            (true, false) => next(minutes + HALF_DAY),
        }
    }
}

impl Timer {
    /// When to look after it: a clock may be put right without a word.
    pub(in crate::hub) fn look(&self, now: Now) -> Option<Duration> {
        let end = self.deadline()?;
        Some(match self.at {
            Some(_) => end.min(now.elapsed + LOOK),
            None => end,
        })
    }

    /// Goes on until its time of day, if it has one.
    pub(super) fn follow(&mut self, now: Now) {
        if let (Some(at), Goes::Until(_), true) = (self.at, self.goes, clock::is_set(now.unix)) {
            let left = Duration::from_secs(at).saturating_sub(now.unix);
            self.goes = Goes::Until(now.elapsed + left);
        }
    }

    /// Goes on after a pause; its time of day may have passed: then it is the next day's.
    pub(super) fn resume(&mut self, now: Now) {
        self.goes = Goes::Until(now.elapsed + self.left(now));
        if let Some(at) = &mut self.at
            && clock::is_set(now.unix)
        {
            let late = now.unix.as_secs().saturating_sub(*at);
            *at += late.div_ceil(DAY) * DAY;
            self.follow(now);
        }
    }

    /// Moves it by so much; a time of day is none that was wished for any more.
    pub(super) fn shift(&mut self, by: Duration, later: bool, now: Now) {
        let moved = |from: Duration, first: Duration| {
            if later {
                from.saturating_add(by)
            } else {
                from.saturating_sub(by).max(first)
            }
        };
        self.goes = match self.goes {
            Goes::Until(end) => Goes::Until(moved(end, now.elapsed)),
            Goes::Paused(left) => Goes::Paused(moved(left, Duration::ZERO)),
        };
        self.at = self
            .at
            .map(|at| moved(Duration::from_secs(at), now.unix).as_secs());
        self.wish = None;
    }

    /// Whether its time passed so long ago that it is of no use any more.
    fn is_stale(&self, now: Now) -> bool {
        self.deadline().is_some()
            && self
                .at
                .is_some_and(|at| now.unix_ms() > at.saturating_mul(1000).saturating_add(STALE_MS))
    }
}

impl Hub {
    /// Lets what goes by the clock follow it; `before` is when it was last looked at.
    pub(in crate::hub) fn follow_clock(&mut self, before: Now) {
        let now = self.now;
        let since = &mut self.wear_before.since;
        if clock::is_set(now.unix) && !clock::is_set(Duration::from_secs(*since)) {
            *since = now.unix.as_secs();
        }
        if !clock::is_set(now.unix) || !self.timers.iter().any(|timer| timer.at.is_some()) {
            return;
        }
        let went = before.unix + now.elapsed.saturating_sub(before.elapsed);
        if went.abs_diff(now.unix) >= PUT_RIGHT {
            self.clock_put_right();
        }
        for timer in &mut self.timers {
            timer.follow(now);
        }
    }

    fn clock_put_right(&mut self) {
        let (now, local) = (self.now, self.settings.local);
        for timer in &mut self.timers {
            if let Some((wish, said)) = timer.wish {
                let said = now.unix.saturating_sub(now.elapsed.saturating_sub(said));
                timer.at = Some(wish.when(local, said).as_secs());
            }
            timer.follow(now);
        }
        let (stale, going) = std::mem::take(&mut self.timers)
            .into_iter()
            .partition(|timer| timer.is_stale(now));
        self.timers = going;
        let stale: Vec<Timer> = stale;
        for timer in stale {
            let what = if timer.commands.is_empty() {
                "an alarm"
            } else {
                "a command"
            };
            let name = self.timer_name(&timer);
            self.log(
                Level::Warn,
                format!(
                    "{what} for {name} is left out: the clock was put right, and that is long past"
                ),
            );
        }
        self.timers_changed(now);
    }
}
