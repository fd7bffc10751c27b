//! Whether what somebody carries about is home, and in which room.
//!
//! Several gateways of one broker hear the same tracker, each as well as its room allows. The
//! contract: this is pure; whoever hears the tracker, and when, goes in, [`Told`] comes out. Every
//! gateway that hears the same reckons the same.
//!
//! - home: any of them heard it within the timeout;
//! - room: that of the gateway which hears it best. Another one must be better by [`MARGIN`] for
//!   [`DWELL`] before it is believed, or the tracker would hop at every step.

use std::collections::BTreeMap;
use std::time::Duration;

/// Gateways that are listened to, of one tracker; more are ignored.
const MOST_GATEWAYS: usize = 16;
/// A gateway that has not heard it for this long has no say in where it is.
const STALE: Duration = Duration::from_secs(30);
/// By how many dB another gateway must hear it better.
pub const MARGIN: f64 = 4.0;
/// For how long.
pub const DWELL: Duration = Duration::from_secs(10);
/// Weight of a new strength against what was heard before.
const NEWS: f64 = 0.4;

/// One tracker.
#[derive(Clone, Debug)]
pub struct Presence {
    timeout: Duration,
    gateways: BTreeMap<String, Hearing>,
    told: Option<Told>,
    /// When the silence began that may end in `not_home`.
    since: Duration,
    /// The gateway that speaks for the room told.
    best: Option<String>,
    /// Who hears it better, and since when.
    rival: Option<(String, Duration)>,
}

/// How one gateway hears it.
#[derive(Clone, Debug)]
struct Hearing {
    room: Option<String>,
    strength: f64,
    at: Duration,
}

/// What is known of a tracker.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Told {
    /// Whether it is home.
    pub home: bool,
    /// Where, if the gateway that hears it best says in which room it stands.
    pub room: Option<String>,
}

impl Presence {
    /// A tracker of which nothing was heard before `now`.
    #[must_use]
    pub const fn new(timeout: Duration, now: Duration) -> Self {
        Self {
            timeout,
            gateways: BTreeMap::new(),
            told: None,
            since: now,
            best: None,
            rival: None,
        }
    }

    /// A gateway heard it. Gives what is new.
    pub fn heard(
        &mut self,
        gateway: &str,
        room: Option<&str>,
        strength: f64,
        now: Duration,
    ) -> Option<Told> {
        self.since = now;
        match self.gateways.get_mut(gateway) {
            Some(hearing) => {
                let old = now.saturating_sub(hearing.at) >= STALE;
                let share = if old { 1.0 } else { NEWS };
                hearing.strength += (strength - hearing.strength) * share;
                hearing.at = now;
                hearing.room = room.map(str::to_owned);
            }
            None => {
                self.gateways
                    .retain(|_, hearing| now.saturating_sub(hearing.at) < STALE);
                if self.gateways.len() < MOST_GATEWAYS {
                    let hearing = Hearing {
                        room: room.map(str::to_owned),
                        strength,
                        at: now,
                    };
                    self.gateways.insert(gateway.to_owned(), hearing);
                }
            }
        }
        self.reckon(now)
    }

    /// Time has passed. Gives what is new.
    pub fn tick(&mut self, now: Duration) -> Option<Told> {
        if now.saturating_sub(self.since) < self.timeout {
            return None;
        }
        self.best = None;
        self.rival = None;
        self.turn(Told {
            home: false,
            room: None,
        })
    }

    /// When [`Self::tick`] may have something to tell.
    #[must_use]
    pub fn deadline(&self) -> Option<Duration> {
        let away = self.told.as_ref().is_some_and(|told| !told.home);
        (!away).then(|| self.since + self.timeout)
    }

    fn reckon(&mut self, now: Duration) -> Option<Told> {
        let fresh = |hearing: &&Hearing| now.saturating_sub(hearing.at) < STALE;
        let (name, strongest) = self
            .gateways
            .iter()
            .filter(|(_, hearing)| fresh(hearing))
            .max_by(|(_, a), (_, b)| a.strength.total_cmp(&b.strength))?;
        let current = self
            .best
            .as_ref()
            .and_then(|best| self.gateways.get(best))
            .filter(fresh);
        let moves = match current {
            None => true,
            Some(_) if self.best.as_ref() == Some(name) => {
                self.rival = None;
                false
            }
            Some(current) if strongest.strength < current.strength + MARGIN => {
                self.rival = None;
                false
            }
            Some(_) => match &self.rival {
                Some((rival, since)) if rival == name => now.saturating_sub(*since) >= DWELL,
                _ => {
                    self.rival = Some((name.clone(), now));
                    false
                }
            },
        };
        if moves {
            self.best = Some(name.clone());
            self.rival = None;
        }
        let best = self.best.as_ref().and_then(|best| self.gateways.get(best));
        let room = best.and_then(|hearing| hearing.room.clone());
        self.turn(Told { home: true, room })
    }

    fn turn(&mut self, told: Told) -> Option<Told> {
        if self.told.as_ref() == Some(&told) {
            return None;
        }
        self.told = Some(told.clone());
        Some(told)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    fn home(room: &str) -> Option<Told> {
        Some(Told {
            home: true,
            room: Some(room.to_owned()),
        })
    }

    fn away() -> Option<Told> {
        Some(Told {
            home: false,
            room: None,
        })
    }

    #[test]
    fn home_while_heard_and_away_after_the_timeout() {
        let mut phone = Presence::new(at(180), at(0));
        assert_eq!(phone.deadline(), Some(at(180)));
        assert_eq!(
            phone.heard("k", Some("Kitchen"), -60.0, at(10)),
            home("Kitchen")
        );
        assert_eq!(phone.heard("k", Some("Kitchen"), -70.0, at(100)), None);
        assert_eq!(phone.tick(at(190)), None, "heard since");
        assert_eq!(phone.deadline(), Some(at(280)));
        assert_eq!(phone.tick(at(280)), away());
        assert_eq!((phone.deadline(), phone.tick(at(500))), (None, None));
        assert_eq!(
            phone.heard("k", Some("Kitchen"), -60.0, at(600)),
            home("Kitchen")
        );
    }

    #[test]
    fn never_heard_is_away_in_the_end() {
        let mut phone = Presence::new(at(180), at(5));
        assert_eq!(phone.tick(at(100)), None);
        assert_eq!(phone.tick(at(185)), away());
    }

    #[test]
    fn the_room_follows_slowly() {
        let mut phone = Presence::new(at(180), at(0));
        let mut rooms = Vec::new();
        // Sitting in the kitchen, a gust now and then; from the 60th second on upstairs.
        for second in 0..120 {
            let (kitchen, upstairs) = match second {
                0..60 if second % 7 == 3 => (-75.0, -62.0),
                0..60 => (-60.0, -72.0),
                _ => (-75.0, -60.0),
            };
            for told in [
                phone.heard("a", Some("Kitchen"), kitchen, at(second)),
                phone.heard("b", Some("Upstairs"), upstairs, at(second)),
            ] {
                rooms.extend(told.map(|told| (second, told.room.unwrap())));
            }
        }
        assert_eq!(rooms.len(), 2, "{rooms:?}");
        assert_eq!(rooms[0], (0, "Kitchen".to_owned()));
        let (second, room) = &rooms[1];
        assert_eq!(room, "Upstairs");
        assert!((70..80).contains(second), "{second}");
    }

    #[test]
    fn a_gateway_that_falls_silent_loses_its_say() {
        let mut phone = Presence::new(at(180), at(0));
        phone.heard("a", Some("Kitchen"), -40.0, at(0));
        assert_eq!(phone.heard("b", Some("Upstairs"), -90.0, at(29)), None);
        assert_eq!(
            phone.heard("b", Some("Upstairs"), -90.0, at(31)),
            home("Upstairs")
        );
    }

    #[test]
    fn strangers_on_the_broker_cannot_fill_it() {
        let mut phone = Presence::new(at(180), at(0));
        for number in 0..1000 {
            phone.heard(&number.to_string(), None, -60.0, at(1));
        }
        assert_eq!(phone.gateways.len(), MOST_GATEWAYS);
    }
}
