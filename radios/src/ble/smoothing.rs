//! Measured values, told less often: a minimum time between two, their mean over a window, and
//! limits beyond which a value is a slip of the radio and not of the weather.
//!
//! Only numbers are held back. Flags and whatever comes with an action go through at once.

use std::time::Duration;

use crate::{Changes, Property, Value};

/// Properties of one device that are smoothed; more pass as they are.
const MOST: usize = 32;

/// How the values of one device are told.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Rules {
    /// Seconds between two values at the least.
    pub minimum: PerProperty<u32>,
    /// Seconds over which values are averaged.
    pub average: PerProperty<u32>,
    /// Values outside are dropped.
    pub limits: Vec<(String, (f64, f64))>,
}

/// A value for all properties, and others for single ones.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct PerProperty<T> {
    /// For all others.
    pub all: T,
    /// By name.
    pub single: Vec<(String, T)>,
}

impl<T: Copy> PerProperty<T> {
    fn of(&self, property: &str) -> T {
        self.single
            .iter()
            .find(|(name, _)| name == property)
            .map_or(self.all, |(_, value)| *value)
    }
}

/// What the air can be, and what it cannot: for properties that the rules do not name.
static LIMITS: &[(&str, f64, f64)] = &[
    ("temperature", -60.0, 100.0),
    ("humidity", 0.0, 100.0),
    ("battery", 0.0, 100.0),
    ("soil_moisture", 0.0, 100.0),
    ("pressure", 300.0, 1200.0),
];

/// The values of one device on their way.
#[derive(Clone, Debug, Default)]
pub struct Smoother {
    slots: Vec<Slot>,
    /// Values beyond their limits so far.
    pub outliers: u32,
}

#[derive(Clone, Debug)]
struct Slot {
    property: Property,
    /// When it may be told again.
    due: Duration,
    /// Values since it was last told.
    sum: f64,
    count: u32,
    last: f64,
    digits: i32,
    averaged: bool,
}

impl Slot {
    fn take(&mut self) -> Value {
        let value = if self.averaged && self.count > 1 {
            Value::rounded(self.sum / f64::from(self.count), self.digits)
        } else {
            Value::Number(self.last)
        };
        self.sum = 0.0;
        self.count = 0;
        value
    }
}

impl Smoother {
    /// Takes new values; gives those to tell now.
    pub fn take(&mut self, changes: Changes, rules: &Rules, now: Duration) -> Changes {
        let event = changes
            .iter()
            .any(|(property, _)| property.starts_with("action"));
        let mut told = Changes::new();
        for (property, value) in changes {
            let Value::Number(number) = value else {
                told.push((property, value));
                continue;
            };
            if !within(&property, number, rules) {
                self.outliers = self.outliers.saturating_add(1);
                tracing::debug!(%property, number, "BLE: a value beyond its limits is dropped");
                continue;
            }
            let average = rules.average.of(&property);
            let pause = average.max(rules.minimum.of(&property));
            let full = self.slots.len() >= MOST;
            let slot = self.slots.iter_mut().find(|slot| slot.property == property);
            match slot {
                _ if pause == 0 || event => told.push((property, value)),
                None if full => told.push((property, value)),
                None => {
                    self.slots.push(Slot {
                        property: property.clone(),
                        due: now + seconds(pause),
                        sum: 0.0,
                        count: 0,
                        last: number,
                        digits: digits(number),
                        averaged: average > 0,
                    });
                    told.push((property, value));
                }
                Some(slot) => {
                    slot.sum += number;
                    slot.count += 1;
                    slot.last = number;
                    slot.digits = slot.digits.max(digits(number));
                    if now >= slot.due {
                        slot.due = now + seconds(pause);
                        told.push((property, slot.take()));
                    }
                }
            }
        }
        told
    }

    /// When [`Self::due`] has something to tell.
    #[must_use]
    pub fn deadline(&self) -> Option<Duration> {
        let waiting = self.slots.iter().filter(|slot| slot.count > 0);
        waiting.map(|slot| slot.due).min()
    }

    /// Held back values whose time has come.
    pub fn due(&mut self, rules: &Rules, now: Duration) -> Changes {
        let due = self
            .slots
            .iter_mut()
            .filter(|slot| slot.count > 0 && slot.due <= now);
        due.map(|slot| {
            let pause = rules.average.of(&slot.property);
            slot.due = now + seconds(pause.max(rules.minimum.of(&slot.property)));
            (slot.property.clone(), slot.take())
        })
        .collect()
    }
}

fn seconds(count: u32) -> Duration {
    Duration::from_secs(count.into())
}

fn within(property: &str, number: f64, rules: &Rules) -> bool {
    let given = rules.limits.iter().find(|(name, _)| name == property);
    let (least, most) = match given {
        Some((_, limits)) => *limits,
        None => match LIMITS.iter().find(|(name, ..)| *name == property) {
            Some((_, least, most)) => (*least, *most),
            None => return number.is_finite(),
        },
    };
    (least..=most).contains(&number)
}

/// Decimals of a measured value: its mean has no more.
fn digits(number: f64) -> i32 {
    (0..3)
        .find(|digits| {
            let scaled = number * 10f64.powi(*digits);
            (scaled - scaled.round()).abs() < 1e-6
        })
        .unwrap_or(3)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn temperature(degrees: f64) -> Changes {
        vec![("temperature".into(), degrees.into())]
    }

    fn at(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    #[test]
    fn the_mean_of_a_window_is_told_at_its_end() {
        let mut smoother = Smoother::default();
        let rules = Rules {
            average: PerProperty {
                all: 60,
                single: Vec::new(),
            },
            ..Rules::default()
        };
        assert_eq!(
            smoother.take(temperature(20.0), &rules, at(0)),
            temperature(20.0)
        );
        assert!(smoother.take(temperature(21.0), &rules, at(10)).is_empty());
        assert!(smoother.take(temperature(21.5), &rules, at(20)).is_empty());
        assert_eq!(smoother.deadline(), Some(at(60)));
        assert!(smoother.due(&rules, at(59)).is_empty());
        assert_eq!(smoother.due(&rules, at(60)), temperature(21.3));
        assert_eq!(smoother.deadline(), None);
    }

    #[test]
    fn a_minimum_interval_tells_the_last_value() {
        let mut smoother = Smoother::default();
        let rules = Rules {
            minimum: PerProperty {
                all: 0,
                single: vec![("temperature".to_owned(), 30)],
            },
            ..Rules::default()
        };
        smoother.take(temperature(20.0), &rules, at(0));
        assert!(smoother.take(temperature(21.0), &rules, at(1)).is_empty());
        assert!(smoother.take(temperature(22.0), &rules, at(2)).is_empty());
        let both: Changes = vec![
            ("temperature".into(), 23.0.into()),
            ("humidity".into(), 40.0.into()),
        ];
        let humidity: Changes = vec![("humidity".into(), 40.0.into())];
        assert_eq!(smoother.take(both, &rules, at(3)), humidity);
        assert_eq!(smoother.due(&rules, at(30)), temperature(23.0));
    }

    #[test]
    fn flags_and_presses_are_never_held_back() {
        let mut smoother = Smoother::default();
        let rules = Rules {
            minimum: PerProperty {
                all: 600,
                single: Vec::new(),
            },
            ..Rules::default()
        };
        let door: Changes = vec![("contact".into(), true.into())];
        let turn: Changes = vec![
            ("action".into(), "dimmer_rotate_left".into()),
            ("steps".into(), 3.into()),
        ];
        for second in 0..5 {
            assert_eq!(smoother.take(door.clone(), &rules, at(second)), door);
            assert_eq!(smoother.take(turn.clone(), &rules, at(second)), turn);
        }
    }

    #[test]
    fn what_cannot_be_is_dropped_and_counted() {
        let mut smoother = Smoother::default();
        let mut rules = Rules::default();
        assert!(smoother.take(temperature(200.0), &rules, at(0)).is_empty());
        rules.limits = vec![("temperature".to_owned(), (0.0, 250.0))];
        assert_eq!(smoother.take(temperature(200.0), &rules, at(1)).len(), 1);
        assert_eq!(smoother.outliers, 1);
    }
}
