//! Trackers: what somebody carries about, known by what it sends rather than by its address.
//!
//! A tracker is found in an advert by one of its [`Identity`]s; what is told of it is how well it is
//! heard, smoothed, and at most once in [`TELL`]. Whether it is home, and in which room, is for whoever
//! hears of it from all over the house.

use std::time::Duration;

use super::irk::Irk;
use super::{Advert, Beacon};
use crate::Mac;

/// Trackers of one home; more are refused.
pub const MOST: usize = 32;
/// Between two tellings of one tracker.
pub const TELL: Duration = Duration::from_secs(5);
/// Within this time a new strength counts for two thirds.
const SMOOTH: f64 = 8.0;

/// By what a tracker is known.
#[derive(Clone, Debug, PartialEq)]
pub enum Identity {
    /// A fixed address.
    Address(Mac),
    /// The advertised name.
    Name(String),
    /// Addresses made with this key.
    Irk(Box<Irk>),
    /// Apple's iBeacon, or an `AltBeacon` of the same numbers; any group or number where none is given.
    Beacon {
        /// The owner's UUID.
        uuid: u128,
        /// The group.
        major: Option<u16>,
        /// The number in the group.
        minor: Option<u16>,
    },
    /// Eddystone-UID; any instance where none is given.
    Eddystone {
        /// The owner's namespace.
        namespace: [u8; 10],
        /// The number there.
        instance: Option<[u8; 6]>,
    },
}

/// A tracker as its user describes it.
#[derive(Clone, Debug, PartialEq)]
pub struct TrackerConfig {
    /// What it is called.
    pub name: String,
    /// By what it is known: any of these.
    pub identities: Vec<Identity>,
}

impl TrackerConfig {
    /// The address a tracker goes by in the home: made of its name. Its first byte marks a group
    /// address of nobody's making, so that no sender has it.
    #[must_use]
    pub fn id(&self) -> Mac {
        // FNV-1a.
        let hash = self.name.bytes().fold(0xcbf2_9ce4_8422_2325u64, |hash, b| {
            (hash ^ u64::from(b)).wrapping_mul(0x0100_0000_01b3)
        });
        let [a, b, c, d, e, ..] = hash.to_be_bytes();
        Mac([MARK, a, b, c, d, e])
    }
}

const MARK: u8 = 0x03;

/// Whether an address is a tracker's in the home.
#[must_use]
pub const fn is_tracker(mac: Mac) -> bool {
    mac.0[0] == MARK
}

/// A tracker and how it is heard.
#[derive(Debug)]
pub(super) struct Tracker {
    pub(super) id: Mac,
    pub(super) name: String,
    identities: Vec<Identity>,
    strength: Option<(f64, Duration)>,
    told: Option<Duration>,
}

impl Tracker {
    pub(super) fn new(config: TrackerConfig) -> Self {
        Self {
            id: config.id(),
            name: config.name,
            identities: config.identities,
            strength: None,
            told: None,
        }
    }

    /// Whether this is its advert.
    pub(super) fn sent(&self, advert: &Advert, beacon: Option<Beacon>) -> bool {
        self.identities.iter().any(|identity| match identity {
            Identity::Address(address) => *address == advert.address,
            Identity::Name(name) => advert.name.as_ref() == Some(name),
            Identity::Irk(irk) => irk.resolves(advert.address),
            Identity::Beacon { uuid, major, minor } => match beacon {
                Some(
                    Beacon::IBeacon {
                        uuid: told,
                        major: group,
                        minor: number,
                    }
                    | Beacon::AltBeacon {
                        uuid: told,
                        major: group,
                        minor: number,
                    },
                ) => {
                    told == *uuid
                        && major.is_none_or(|major| major == group)
                        && minor.is_none_or(|minor| minor == number)
                }
                _ => false,
            },
            Identity::Eddystone {
                namespace,
                instance,
            } => match beacon {
                Some(Beacon::Eddystone {
                    namespace: told,
                    instance: number,
                }) => told == *namespace && instance.is_none_or(|instance| instance == number),
                _ => false,
            },
        })
    }

    /// It was heard; gives its strength when it is time to tell it.
    pub(super) fn heard(&mut self, rssi: Option<i16>, now: Duration) -> Option<Option<f64>> {
        if let Some(rssi) = rssi {
            let new = f64::from(rssi);
            let smoothed = self.strength.map_or(new, |(old, at)| {
                let share = 1.0 - (-now.saturating_sub(at).as_secs_f64() / SMOOTH).exp();
                old + (new - old) * share.max(0.1)
            });
            self.strength = Some((smoothed, now));
        }
        if self
            .told
            .is_some_and(|told| now.saturating_sub(told) < TELL)
        {
            return None;
        }
        self.told = Some(now);
        Some(self.strength.map(|(strength, _)| strength.round()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tracker(identity: Identity) -> Tracker {
        Tracker::new(TrackerConfig {
            name: "Keys".to_owned(),
            identities: vec![identity],
        })
    }

    fn advert(address: &str) -> Advert {
        Advert {
            address: address.parse().unwrap(),
            name: Some("Tag".to_owned()),
            ..Advert::default()
        }
    }

    #[test]
    fn each_identity_finds_its_adverts_and_no_others() {
        let beacon = |major, minor| {
            Some(Beacon::IBeacon {
                uuid: 7,
                major,
                minor,
            })
        };
        let stone = |number: u8| {
            Some(Beacon::Eddystone {
                namespace: [1; 10],
                instance: [number; 6],
            })
        };
        let irk = "ec0234a357c8ad05341010a60a397d9b".parse().unwrap();
        let any = "70:81:94:0D:FB:AA";
        let other = "70:81:94:0D:FB:AB";
        for (identity, its, not) in [
            (
                Identity::Address(any.parse().unwrap()),
                (any, None),
                (other, None),
            ),
            (Identity::Irk(Box::new(irk)), (any, None), (other, None)),
            (
                Identity::Beacon {
                    uuid: 7,
                    major: Some(1),
                    minor: None,
                },
                (other, beacon(1, 9)),
                (other, beacon(2, 9)),
            ),
            (
                Identity::Eddystone {
                    namespace: [1; 10],
                    instance: Some([2; 6]),
                },
                (other, stone(2)),
                (other, stone(3)),
            ),
        ] {
            let tracker = tracker(identity.clone());
            assert!(tracker.sent(&advert(its.0), its.1), "{identity:?}");
            assert!(!tracker.sent(&advert(not.0), not.1), "{identity:?}");
        }
        assert!(tracker(Identity::Name("Tag".to_owned())).sent(&advert(any), None));
        assert!(!tracker(Identity::Name("Tax".to_owned())).sent(&advert(any), None));
    }

    #[test]
    fn strength_is_smoothed_and_told_every_five_seconds() {
        let mut tracker = tracker(Identity::Name("Tag".to_owned()));
        let at = Duration::from_secs;
        assert_eq!(tracker.heard(Some(-60), at(0)), Some(Some(-60.0)));
        assert_eq!(tracker.heard(Some(-90), at(1)), None);
        assert_eq!(tracker.heard(Some(-60), at(2)), None);
        let told = tracker.heard(Some(-60), at(6)).flatten().unwrap();
        assert!((-62.0..-60.0).contains(&told), "{told}");
        assert_eq!(tracker.heard(None, at(20)), Some(Some(told)));
    }

    #[test]
    fn a_trackers_address_is_nobodys() {
        let id = tracker(Identity::Name(String::new())).id;
        assert!(is_tracker(id));
        assert!(id.0[0] & 1 == 1, "a group address never sends");
    }
}
