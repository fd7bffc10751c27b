//! Who else can be heard: the senders that are not of the home, for choosing from.
//!
//! Bounded: when it is full, whoever was silent for long goes first, then whoever says least, then
//! the weakest. So a crowd of passing phones displaces neither each other's radio nor the sensor on
//! the shelf.

use std::collections::HashMap;
use std::time::Duration;

use super::formats::mibeacon;
use super::gatt::lamps::Recognised;
use super::{Advert, DecodeError, Memory, Reading, define};
use crate::{Changes, Mac, Value};

/// Senders kept.
pub(super) const MOST: usize = 128;
/// Silence after which a sender is no longer nearby.
const GONE: Duration = Duration::from_secs(600);
/// Silence after which a sender makes room for another.
const QUIET: Duration = Duration::from_secs(60);
/// Values shown of one sender.
const SAMPLES: usize = 12;

/// A sender nearby.
#[derive(Debug)]
pub(super) struct Stranger {
    name: Option<String>,
    format: Option<&'static str>,
    model: Option<&'static str>,
    vendor: Option<&'static str>,
    rssi: Option<i16>,
    seen: Duration,
    private: bool,
    samples: Changes,
    beacon: bool,
    pub(super) needs_key: bool,
    /// Whether it was said that it cannot be taken up.
    pub(super) complained: bool,
    pub(super) memory: Memory,
    /// The last advert that says something about a key.
    pub(super) last: Option<Box<Advert>>,
}

/// All of them.
#[derive(Debug, Default)]
pub(super) struct Nearby {
    strangers: HashMap<Mac, Stranger>,
    /// How many found no room.
    shed: u32,
}

/// Whether `address` is one that its owner changes every quarter of an hour: nobody to remember.
pub(super) fn is_private(advert: &Advert) -> bool {
    let [first, ..] = advert.address.0;
    // The two uppermost bits of a random address: 11 is static, for as long as the battery lasts.
    advert.random && first >> 6 != 0b11
}

/// What a newcomer may be worth, before it is read: service data is what sensors send.
fn guess(advert: &Advert) -> (bool, u8, i16) {
    let sensor = !is_private(advert) && !advert.service_data.is_empty();
    (true, u8::from(sensor), advert.rssi.unwrap_or(i16::MIN))
}

impl Stranger {
    /// The smaller, the sooner it goes.
    fn worth(&self, now: Duration) -> (bool, u8, i16) {
        let fresh = now.saturating_sub(self.seen) < QUIET;
        let says = if self.private || self.beacon {
            0
        } else {
            1 + u8::from(self.needs_key) + 2 * u8::from(!self.samples.is_empty())
        };
        (fresh, says, self.rssi.unwrap_or(i16::MIN))
    }

    fn show(&self, mac: Mac, now: Duration) -> Value {
        let text = |text: Option<&'static str>| text.map_or(Value::Null, Value::from);
        let age = now.saturating_sub(self.seen).as_secs_f64();
        Value::Object(vec![
            ("address".into(), mac.to_string().into()),
            (
                "name".into(),
                self.name.clone().map_or(Value::Null, Value::from),
            ),
            ("format".into(), text(self.format)),
            ("model".into(), text(self.model)),
            ("vendor".into(), text(self.vendor)),
            ("rssi".into(), self.rssi.map_or(Value::Null, Value::from)),
            ("seconds_ago".into(), Value::rounded(age, 1)),
            ("needs_key".into(), self.needs_key.into()),
            ("private_address".into(), self.private.into()),
            ("values".into(), Value::Object(self.samples.clone())),
        ])
    }
}

impl Nearby {
    /// What is remembered of a sender that was heard; none where there is no room for it.
    pub(super) fn hear(&mut self, advert: &Advert, now: Duration) -> Option<&mut Stranger> {
        let mac = advert.address;
        if !self.strangers.contains_key(&mac) && self.strangers.len() >= MOST {
            let (worst, worth) = self
                .strangers
                .iter()
                .map(|(mac, stranger)| (*mac, stranger.worth(now)))
                .min_by_key(|(_, worth)| *worth)?;
            if worth >= guess(advert) {
                self.shed = self.shed.saturating_add(1);
                if self.shed.is_power_of_two() {
                    tracing::debug!(shed = self.shed, "BLE: more senders nearby than are listed");
                }
                return None;
            }
            self.strangers.remove(&worst);
        }
        let stranger = self.strangers.entry(mac).or_insert_with(|| Stranger {
            name: None,
            format: None,
            model: None,
            vendor: None,
            rssi: None,
            seen: now,
            private: is_private(advert),
            samples: Changes::new(),
            beacon: false,
            needs_key: false,
            complained: false,
            memory: Memory::default(),
            last: None,
        });
        stranger.seen = now;
        if advert.rssi.is_some() {
            stranger.rssi = advert.rssi;
        }
        if advert.name.is_some() {
            stranger.name.clone_from(&advert.name);
        }
        Some(stranger)
    }

    pub(super) fn get(&self, mac: Mac) -> Option<&Stranger> {
        self.strangers.get(&mac)
    }

    pub(super) fn remove(&mut self, mac: Mac) -> Option<Stranger> {
        self.strangers.remove(&mac)
    }

    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        self.strangers.len()
    }

    /// Everybody, those that can be read first, then by strength.
    pub(super) fn list(&mut self, now: Duration) -> Value {
        self.strangers
            .retain(|_, stranger| now.saturating_sub(stranger.seen) < GONE);
        let mut all: Vec<(&Mac, &Stranger)> = self.strangers.iter().collect();
        all.sort_by_key(|(mac, stranger)| {
            let (_, says, rssi) = stranger.worth(now);
            (std::cmp::Reverse((says, rssi)), **mac)
        });
        let shown = all.iter().map(|(mac, stranger)| stranger.show(**mac, now));
        Value::List(shown.collect())
    }
}

impl Stranger {
    /// Its advert was read.
    pub(super) fn said(&mut self, advert: &Advert, reading: &Reading) {
        self.format = Some(reading.format);
        self.model = reading.model.or(self.model);
        self.vendor = reading.vendor.or(self.vendor);
        self.beacon = reading.beacon.is_some() && reading.changes.is_empty();
        let mut changes = reading.changes.clone();
        define::in_home_words(reading.format, &mut changes);
        if !self.needs_key && reading.news && !changes.is_empty() {
            self.last = Some(Box::new(advert.clone()));
        }
        for (property, value) in changes {
            if let Some((_, known)) = self
                .samples
                .iter_mut()
                .find(|(known, _)| *known == property)
            {
                *known = value;
            } else if self.samples.len() < SAMPLES {
                self.samples.push((property, value));
            }
        }
    }

    /// Its advert could not be read.
    pub(super) fn unreadable(&mut self, advert: &Advert, error: &DecodeError) {
        if error.concerns_key() {
            self.needs_key = true;
            self.last = Some(Box::new(advert.clone()));
            if let Some((format, model, vendor)) = outside(advert) {
                self.format = Some(format);
                self.model = model.or(self.model);
                self.vendor = vendor.or(self.vendor);
            }
        }
    }

    /// It is a lamp: its adverts say nothing, but it can be taken up.
    pub(super) fn is_lamp(&mut self, lamp: &Recognised, advert: &Advert) {
        self.format = Some("lamp");
        self.vendor = Some(lamp.vendor);
        self.last = Some(Box::new(advert.clone()));
    }

    /// Whether it can be read, and is somebody.
    pub(super) fn is_readable(&self) -> bool {
        !self.private && !self.samples.is_empty()
    }

    /// When it was last heard.
    pub(super) const fn seen(&self) -> Duration {
        self.seen
    }

    /// Whether its address is one that changes.
    pub(super) const fn is_private(&self) -> bool {
        self.private
    }
}

/// Services whose adverts tell their format also when they are encrypted.
static OUTSIDES: &[(u16, &str)] = &[(0xfcd2, "bthome"), (0x181e, "bthome"), (0x181a, "atc")];

/// Format, model and maker of an encrypted advert, as far as its outside tells.
pub(super) fn outside(
    advert: &Advert,
) -> Option<(&'static str, Option<&'static str>, Option<&'static str>)> {
    if let Some([_, _, low, high, ..]) = advert.service(0xfe95) {
        let product = mibeacon::product(u16::from_le_bytes([*low, *high]));
        return Some((
            "mibeacon",
            product.map(|p| p.model),
            product.map(|p| p.vendor),
        ));
    }
    if advert.maker(0x02e1).is_some() {
        return Some(("victron", None, Some("Victron Energy")));
    }
    let (_, format) = OUTSIDES
        .iter()
        .find(|(service, _)| advert.service(*service).is_some())?;
    Some((format, None, None))
}
