//! Timers, and commands for later: "in ten minutes" and "at half past ten" are timers with something to do; who
//! wants to be woken at seven sets one that rings.
//!
//! They are kept with the state and written when they change, so that a restart does not lose them. One
//! that ended while Hearth was down still rings, unless that is long ago.

mod day;

use std::time::Duration;

use intents::{Match, Outcome};
use serde::{Deserialize, Serialize};
use serde_json::{Value as Json, json as json_value};

use super::talk::Talk;
use super::{Effect, Hub, Now, Qos, Spoken, Utterance, json};
use crate::clock;
use crate::config::Level;
use day::Wish;

/// Most timers at once.
const MOST_TIMERS: usize = 32;

/// The longest timer.
const LONGEST: u64 = 48 * 3600;

/// A timer that ended so long before a start says nothing any more.
const STALE_MS: u64 = 10 * 60 * 1000;

/// Rings at a time of day.
const WAKE: &str = "HearthWake";

/// Something that time brings.
#[derive(Clone, Debug)]
pub(super) struct Timer {
    id: u32,
    name: Option<String>,
    /// Where it was set.
    source: String,
    room: Option<String>,
    language: String,
    /// What it was set to, in seconds.
    total: u64,
    /// The time it was set to, if it was: seconds since 1970.
    at: Option<u64>,
    /// How that was said and when, in [`Now::elapsed`], as long as this start knows.
    wish: Option<(Wish, Duration)>,
    goes: Goes,
    /// What to do then; nothing: it rings.
    commands: Vec<Match>,
}

#[derive(Clone, Copy, Debug)]
enum Goes {
    /// Ends then, in [`Now::elapsed`].
    Until(Duration),
    /// Stands still with so much left.
    Paused(Duration),
}

/// A timer as kept.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct StoredTimer {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    #[serde(default)]
    source: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    room: Option<String>,
    language: String,
    total: u64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    at: Option<u64>,
    /// Milliseconds left when it was written.
    left_ms: u64,
    paused: bool,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    commands: Vec<Match>,
}

impl Timer {
    fn left(&self, now: Now) -> Duration {
        match self.goes {
            Goes::Until(end) => end.saturating_sub(now.elapsed),
            Goes::Paused(left) => left,
        }
    }

    const fn deadline(&self) -> Option<Duration> {
        match self.goes {
            Goes::Until(end) => Some(end),
            Goes::Paused(_) => None,
        }
    }

    /// Seconds left, as people count them: a minute that just began is a minute.
    fn seconds_left(&self, now: Now) -> u64 {
        let left = self.left(now);
        left.as_secs() + u64::from(left.subsec_millis() >= 500)
    }
}

/// Seconds that an intent tells: `hours`, `minutes`, `seconds`.
fn seconds(intent: &Match) -> u64 {
    let of = |name: &str| intent.number(name).unwrap_or(0.0).clamp(0.0, 100_000.0);
    let seconds = of("hours") * 3600.0 + of("minutes") * 60.0 + of("seconds");
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // clamped
    let whole = seconds.round() as u64;
    whole
}

impl Hub {
    /// What a sentence asks of the timers; `None` when it is about something else.
    pub(super) fn time(&mut self, talk: u32, intent: &Match, now: Now) -> Option<Outcome> {
        let kind = intent.intent.as_str();
        if intent.slot("delay").is_some() {
            return Some(self.later(talk, intent, now));
        }
        if intent.slot("at").is_some() {
            return Some(self.at(talk, intent, now));
        }
        Some(match kind {
            "HassStartTimer" => {
                let timer =
                    self.timer_of(talk, seconds(intent), intent.text("name"), Vec::new(), now);
                match timer {
                    Ok(timer) if timer.name.is_some() => self.start(timer, "named", now),
                    Ok(timer) => self.start(timer, "default", now),
                    Err(why) => cannot(why),
                }
            }
            "HassCancelAllTimers" => {
                let count = self.timers.len();
                self.timers.clear();
                self.timers_changed(now);
                if count == 0 {
                    cannot("no_timer")
                } else {
                    Outcome::Done { count }
                }
            }
            WAKE => cannot("when"),
            "HassTimerStatus" => self.remaining(talk, intent, now),
            "HassCancelTimer" | "HassPauseTimer" | "HassUnpauseTimer" | "HassIncreaseTimer"
            | "HassDecreaseTimer" => {
                let at = match self.which(talk, intent) {
                    Ok(at) => at,
                    Err(outcome) => return Some(outcome),
                };
                let by = Duration::from_secs(seconds(intent));
                let timer = &mut self.timers[at];
                match kind {
                    "HassCancelTimer" => {
                        self.timers.remove(at);
                    }
                    "HassPauseTimer" => timer.goes = Goes::Paused(timer.left(now)),
                    "HassUnpauseTimer" => timer.resume(now),
                    _ => timer.shift(by, kind == "HassIncreaseTimer", now),
                }
                self.timers_changed(now);
                Outcome::Done { count: 1 }
            }
            _ => return None,
        })
    }

    /// A timer for the sentence `talk`.
    fn timer_of(
        &mut self,
        talk: u32,
        seconds: u64,
        name: Option<&str>,
        commands: Vec<Match>,
        now: Now,
    ) -> Result<Timer, &'static str> {
        if self.timers.len() >= MOST_TIMERS {
            return Err("too_many_timers");
        }
        if seconds == 0 || seconds > LONGEST {
            return Err("what");
        }
        let talk = self.talks.get(&talk).ok_or("what")?;
        let id = self.next_timer;
        self.next_timer = self.next_timer.wrapping_add(1);
        Ok(Timer {
            id,
            name: name.map(str::to_owned),
            source: talk.utterance.source.clone(),
            room: talk.utterance.room.clone(),
            language: talk.language.clone(),
            total: seconds,
            at: None,
            wish: None,
            goes: Goes::Until(now.elapsed + Duration::from_secs(seconds)),
            commands,
        })
    }

    fn start(&mut self, timer: Timer, key: &'static str, now: Now) -> Outcome {
        let duration = self.in_words(&timer.language, timer.total);
        let name = timer.name.clone().unwrap_or_default();
        self.timers.push(timer);
        self.timers_changed(now);
        Outcome::Told {
            key,
            values: vec![("duration", duration), ("timer", name)],
        }
    }

    /// A command for later.
    fn later(&mut self, talk: u32, intent: &Match, now: Now) -> Outcome {
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // clamped
        let seconds = intent.number("delay").unwrap_or(0.0).clamp(0.0, 1e6) as u64;
        match self.timer_of(talk, seconds, None, to_do(intent), now) {
            Ok(timer) => self.start(timer, "later", now),
            Err(why) => cannot(why),
        }
    }

    /// A command for a time of day, or an alarm.
    fn at(&mut self, talk: u32, intent: &Match, now: Now) -> Outcome {
        if !clock::is_set(now.unix) {
            return cannot("no_clock");
        }
        let local = self.settings.local;
        let wish = Wish::of(intent);
        let when = wish.when(local, now.unix);
        let left = when.saturating_sub(now.unix);
        let seconds = left.as_secs() + u64::from(left.subsec_nanos() > 0);
        let mut timer = match self.timer_of(talk, seconds, None, to_do(intent), now) {
            Ok(timer) => timer,
            Err(why) => return cannot(why),
        };
        timer.at = Some(when.as_secs());
        timer.wish = Some((wish, now.elapsed));
        timer.follow(now);
        self.timers.push(timer);
        self.timers_changed(now);
        let day = |time: Duration| local(time).as_secs() / 86_400;
        let key = match (intent.intent == WAKE, day(when) > day(now.unix)) {
            (true, false) => "default",
            (true, true) => "tomorrow",
            (false, false) => "later_at",
            (false, true) => "later_tomorrow",
        };
        Outcome::Told {
            key,
            values: self.clock_shows(when.as_secs()),
        }
    }

    /// A time, as answers tell it.
    fn clock_shows(&self, at: u64) -> Vec<(&'static str, String)> {
        clock::told((self.settings.local)(Duration::from_secs(at)))
    }

    fn in_words(&self, language: &str, seconds: u64) -> String {
        let engine = self.language.engine(language);
        engine.map_or_else(|| format!("{seconds} s"), |engine| engine.duration(seconds))
    }

    /// The timers an intent may mean: those of its name or length; otherwise all that only ring, or all.
    fn meant(&self, talk: u32, intent: &Match) -> Vec<usize> {
        let name = intent.text("name");
        let length = ["start_hours", "start_minutes", "start_seconds"]
            .iter()
            .zip([3600.0, 60.0, 1.0])
            .filter_map(|(slot, unit)| Some(intent.number(slot)? * unit))
            .reduce(|a, b| a + b);
        let alarm = intent.slot("alarm").is_some();
        #[expect(clippy::cast_precision_loss)] // two days at most
        let fits = |timer: &Timer| match (name, length) {
            _ if alarm => timer.at.is_some() && timer.commands.is_empty(),
            (Some(name), _) => timer.name.as_deref() == Some(name),
            (None, Some(length)) => timer.total as f64 == length,
            (None, None) => true,
        };
        let all: Vec<usize> = (0..self.timers.len())
            .filter(|at| self.timers.get(*at).is_some_and(fits))
            .collect();
        // Of several, the one set where the sentence comes from; of these, the one that rings.
        let here = |at: &usize| {
            self.timers
                .get(*at)
                .zip(self.talks.get(&talk))
                .is_some_and(|(timer, talk)| {
                    timer.source == talk.utterance.source && timer.room == talk.utterance.room
                })
        };
        let rings = |at: &usize| self.timers.get(*at).is_some_and(|t| t.commands.is_empty());
        let mut narrowed = all;
        for narrower in [&rings as &dyn Fn(&usize) -> bool, &here] {
            if narrowed.len() > 1 {
                let fewer: Vec<usize> =
                    narrowed.iter().copied().filter(|at| narrower(at)).collect();
                if !fewer.is_empty() {
                    narrowed = fewer;
                }
            }
        }
        narrowed
    }

    fn which(&self, talk: u32, intent: &Match) -> Result<usize, Outcome> {
        match self.meant(talk, intent)[..] {
            [] => Err(cannot("no_timer")),
            [one] => Ok(one),
            ref several => {
                let names = several.iter().filter_map(|at| self.timers.get(*at));
                let names: Vec<String> = names.map(|timer| self.timer_name(timer)).collect();
                let language = self.talks.get(&talk).map(|talk| talk.language.clone());
                let engine = language.and_then(|l| self.language.engine(&l));
                Err(Outcome::Cannot {
                    why: "which_timer",
                    name: engine.map_or_else(|| names.join(", "), |engine| engine.join(&names)),
                })
            }
        }
    }

    fn timer_name(&self, timer: &Timer) -> String {
        match (&timer.name, timer.at) {
            (Some(name), _) => name.clone(),
            (None, Some(at)) => {
                let minutes = (self.settings.local)(Duration::from_secs(at)).as_secs() / 60;
                format!("{}:{:02}", minutes / 60 % 24, minutes % 60)
            }
            (None, None) => self.in_words(&timer.language, timer.total),
        }
    }

    /// How much time is left of which timers.
    fn remaining(&self, talk: u32, intent: &Match, now: Now) -> Outcome {
        let list = intent.slot("list").is_some();
        let meant = if list {
            (0..self.timers.len()).collect()
        } else {
            self.meant(talk, intent)
        };
        let timers: Vec<&Timer> = meant.iter().filter_map(|at| self.timers.get(*at)).collect();
        let Some(language) = self.talks.get(&talk).map(|talk| talk.language.as_str()) else {
            return Outcome::Nothing;
        };
        let told: Vec<String> = match timers[..] {
            [] => return cannot("no_timer"),
            [one] if !list => vec![self.in_words(language, one.seconds_left(now))],
            ref several => several
                .iter()
                .map(|timer| {
                    if list && timer.at.is_some() {
                        return self.timer_name(timer);
                    }
                    let left = self.in_words(language, timer.seconds_left(now));
                    format!("{}: {left}", self.timer_name(timer))
                })
                .collect(),
        };
        let engine = self.language.engine(language);
        let remaining = engine.map_or_else(|| told.join(", "), |engine| engine.join(&told));
        let (key, value) = if list {
            ("list", "timers")
        } else {
            ("default", "remaining")
        };
        Outcome::Told {
            key,
            values: vec![(value, remaining)],
        }
    }

    /// Timers changed: they are written and told.
    fn timers_changed(&mut self, now: Now) {
        self.now = now;
        self.publish_timers();
        self.keep_state();
    }

    /// `voice/timers`
    pub(super) fn publish_timers(&mut self) {
        let now = self.now;
        let timers: Vec<Json> = self
            .timers
            .iter()
            .map(|timer| {
                let left = timer.left(now);
                let ends = now.unix.saturating_add(left);
                let paused = timer.deadline().is_none();
                json_value!({
                    "id": timer.id, "name": timer.name, "room": timer.room, "source": timer.source,
                    "seconds": timer.total, "paused": paused,
                    "left": paused.then_some(left.as_secs()),
                    "ends": (!paused).then(|| u64::try_from(ends.as_millis()).unwrap_or(u64::MAX)),
                    "commands": timer.commands.iter().map(|c| &c.intent).collect::<Vec<_>>(),
                })
            })
            .collect();
        self.publish("voice/timers", json(&timers), true, Qos::AtMostOnce);
    }

    /// Rings and does what is due.
    pub(super) fn timers_due(&mut self, now: Now) {
        let due = |timer: &Timer| timer.deadline().is_some_and(|end| end <= now.elapsed);
        if !self.timers.iter().any(due) {
            return;
        }
        let (ended, going) = std::mem::take(&mut self.timers).into_iter().partition(due);
        self.timers = going;
        self.timers_changed(now);
        let ended: Vec<Timer> = ended;
        for timer in ended {
            let id = self.next_utterance;
            self.next_utterance = self.next_utterance.wrapping_add(1);
            if timer.commands.is_empty() {
                self.ring(&timer, id);
                continue;
            }
            let talk = Talk {
                utterance: Utterance {
                    source: timer.source,
                    room: timer.room,
                    ..Utterance::default()
                },
                language: timer.language,
                id,
                heard: now,
                parts: Vec::new(),
            };
            self.act(talk, timer.commands, now);
        }
    }

    fn ring(&mut self, timer: &Timer, id: u32) {
        let name = timer.name.clone().unwrap_or_default();
        let duration = self.in_words(&timer.language, timer.total);
        let engine = self.language.engine(&timer.language);
        let text = engine.map_or_else(String::new, |engine| {
            if let Some(at) = timer.at {
                return engine.phrase("rings_at", &self.clock_shows(at));
            }
            let key = if name.is_empty() {
                "rings"
            } else {
                "rings_named"
            };
            engine.phrase(key, &[("timer", name.clone()), ("duration", duration)])
        });
        let event = json_value!({
            "id": timer.id, "name": timer.name, "event": "finished", "source": timer.source,
            "room": timer.room, "seconds": timer.total, "text": text,
        });
        self.publish("voice/timer", json(&event), false, Qos::AtLeastOnce);
        self.out.push(Effect::Speak(Spoken {
            id,
            source: timer.source.clone(),
            room: timer.room.clone(),
            language: timer.language.clone(),
            text,
            ok: true,
            confirm: false,
        }));
    }

    /// The timers, to be kept.
    pub(super) fn stored_timers(&self) -> Vec<StoredTimer> {
        let timers = self.timers.iter();
        timers
            .map(|timer| StoredTimer {
                name: timer.name.clone(),
                source: timer.source.clone(),
                room: timer.room.clone(),
                language: timer.language.clone(),
                total: timer.total,
                at: timer.at,
                left_ms: u64::try_from(timer.left(self.now).as_millis()).unwrap_or(u64::MAX),
                paused: timer.deadline().is_none(),
                commands: timer.commands.clone(),
            })
            .collect()
    }

    /// Takes up timers that were kept at `written`, in milliseconds since 1970.
    pub(super) fn load_timers(&mut self, timers: Vec<StoredTimer>, written: u64) {
        let now = self.now;
        // A router that has not been told the time since it started is in the past: nothing has gone by.
        let gone = now.unix_ms().saturating_sub(written);
        for stored in timers.into_iter().take(MOST_TIMERS) {
            let late = gone.saturating_sub(stored.left_ms);
            if !stored.paused && late > STALE_MS {
                let what = if stored.commands.is_empty() {
                    "a timer ended"
                } else {
                    "a command for later was due"
                };
                self.log(
                    Level::Warn,
                    format!("{what} while Hearth was not running; that is too long ago"),
                );
                continue;
            }
            let left = |ms: u64| Duration::from_millis(ms);
            let id = self.next_timer;
            self.next_timer = self.next_timer.wrapping_add(1);
            let mut timer = Timer {
                id,
                name: stored.name,
                source: stored.source,
                room: stored.room,
                language: stored.language,
                total: stored.total,
                at: stored.at,
                wish: None,
                goes: if stored.paused {
                    Goes::Paused(left(stored.left_ms))
                } else {
                    Goes::Until(now.elapsed + left(stored.left_ms.saturating_sub(gone)))
                },
                commands: stored.commands,
            };
            timer.follow(now);
            self.timers.push(timer);
        }
    }
}

/// What to do when it is time: nothing for an alarm, which rings.
fn to_do(intent: &Match) -> Vec<Match> {
    if intent.intent == WAKE {
        return Vec::new();
    }
    let mut command = intent.clone();
    let when = ["delay", "at", "at_either", "at_day"];
    command
        .slots
        .retain(|slot| !when.contains(&slot.name.as_str()));
    vec![command]
}

pub(super) const fn cannot(why: &'static str) -> Outcome {
    Outcome::Cannot {
        why,
        name: String::new(),
    }
}
