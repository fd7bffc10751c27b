//! The advertisement formats: one file each, and the table that says which advert is whose.
//!
//! The contract of a format: its `FORMAT` names the adverts it may own; its reader is pure, takes
//! one element of an advert (service data, or one maker's data), never panics, and answers
//! [`DecodeError::Unknown`] for what is not its own after all, so that the next format is asked. Any
//! other error is the advert's fate unless another of its elements can be read.
//!
//! To add a format: a file here, and its line in [`FORMATS`]. Lookups go by index, so that a
//! longer table costs an advert nothing.

mod acconeer;
mod airmentor;
mod almendo;
mod altbeacon;
mod amazfit;
mod amphiro;
mod april_brother;
mod aranet;
mod atc;
mod b_parasite;
mod battery;
mod battery_service;
mod beckett;
mod beewi;
mod bluemaestro;
mod blustream;
mod bthome;
mod chefiq;
mod decimal;
mod eddystone;
mod ela;
mod feasycom;
mod fields;
mod govee;
mod grundfos;
mod heart_rate;
mod hhcc;
mod hobo;
mod holyiot;
mod hormann;
mod ibeacon;
mod inkbird;
mod inode;
mod instant;
mod jaalee;
mod jinou;
mod kegtron;
mod kkm;
mod laica;
mod layout;
mod mi_band;
mod mi_scale;
pub(in crate::ble) mod mibeacon;
mod michelin;
mod mikrotik;
mod moat;
mod mocreo;
mod moko;
mod mopeka;
mod nodon;
mod oralb;
mod oras;
mod otodata;
mod qingping;
mod radioland;
mod rapt;
mod relsib;
mod ruuvi;
mod sealed;
mod sensirion;
mod sensorpush;
mod senssun;
mod skale;
mod smartdry;
mod sonoff;
mod switchbot;
mod teltonika;
mod thermobeacon;
mod thermopro;
mod tilt;
mod tpms;
mod trackers;
#[cfg(test)]
mod transcript;
mod victron;
mod xiaogui;

use std::sync::LazyLock;
use std::time::Duration;

use super::{Advert, BindKey, DecodeError, Memory, Reading};

/// Every format. Where several claim an advert, the first here that can read it wins; beacons,
/// which tell of presence alone, stand last.
static FORMATS: &[&Format] = &[
    &bthome::FORMAT,
    &atc::FORMAT,
    &mibeacon::FORMAT,
    &mi_scale::FORMAT,
    &hhcc::FORMAT,
    &qingping::FORMAT,
    &mi_band::FORMAT,
    &amazfit::FORMAT,
    &ela::FORMAT,
    &thermopro::FORMAT,
    &thermobeacon::FORMAT,
    &govee::FORMAT,
    &inkbird::FORMAT,
    &sensorpush::FORMAT,
    &bluemaestro::FORMAT,
    &oralb::FORMAT,
    &ruuvi::FORMAT,
    &sensirion::FORMAT,
    &switchbot::FORMAT,
    &teltonika::FORMAT,
    &mopeka::FORMAT,
    &rapt::FORMAT,
    &tilt::FORMAT,
    &acconeer::FORMAT,
    &airmentor::FORMAT,
    &almendo::FORMAT,
    &b_parasite::FORMAT,
    &beckett::FORMAT,
    &blustream::FORMAT,
    &chefiq::FORMAT,
    &grundfos::FORMAT,
    &holyiot::FORMAT,
    &hormann::FORMAT,
    &inode::FORMAT,
    &jaalee::FORMAT,
    &jinou::FORMAT,
    &kkm::FORMAT,
    &laica::FORMAT,
    &michelin::FORMAT,
    &mikrotik::FORMAT,
    &moat::FORMAT,
    &mocreo::FORMAT,
    &oras::FORMAT,
    &relsib::FORMAT,
    &senssun::FORMAT,
    &smartdry::FORMAT,
    &sonoff::FORMAT,
    &kegtron::FORMAT,
    &xiaogui::FORMAT,
    &victron::FORMAT,
    &april_brother::FORMAT,
    &amphiro::FORMAT,
    &aranet::FORMAT,
    &beewi::FORMAT,
    &feasycom::FORMAT,
    &heart_rate::FORMAT,
    &hobo::FORMAT,
    &moko::FORMAT,
    &nodon::FORMAT,
    &otodata::FORMAT,
    &radioland::FORMAT,
    &skale::FORMAT,
    &tpms::FORMAT,
    &battery_service::FORMAT,
    &eddystone::FORMAT,
    &ibeacon::FORMAT,
    &altbeacon::FORMAT,
    &trackers::FORMAT,
];

/// A format, and what its adverts look like.
pub(super) struct Format {
    /// Any of these makes an advert a candidate.
    pub(super) claims: &'static [Claim],
    /// Reads it.
    pub(super) read: Read,
}

/// What makes an advert one for a format. The reader is given the element that is named.
#[derive(Clone, Copy)]
pub(super) enum Claim {
    /// Service data of this 16-bit UUID.
    Service(u16),
    /// Service data of this full UUID.
    LongService(u128),
    /// Data of this maker.
    Company(u16),
    /// A name that begins so. The last maker's data is given, or an empty element where there is
    /// none; the rest is in [`Heard::advert`].
    Name(&'static str),
    /// Anything else, told by a look at the advert, which must be quick: it is asked of every
    /// advert. The element is that of [`Claim::Name`].
    Shape(Look),
}

/// Whether an advert has a certain shape.
pub(super) type Look = fn(&Advert) -> bool;

/// Reads one element of an advert.
pub(super) type Read = fn(&mut Heard<'_>) -> Result<Reading, DecodeError>;

/// One element of an advert, and what is known of its sender.
pub(super) struct Heard<'a> {
    /// The whole advert.
    pub(super) advert: &'a Advert,
    /// The service (0 for one with a full UUID) or the maker of `data`.
    pub(super) id: u16,
    /// The element's bytes.
    pub(super) data: &'a [u8],
    /// The sender's key.
    pub(super) key: Option<&'a BindKey>,
    /// What is remembered of the sender.
    pub(super) memory: &'a mut Memory,
    /// Time since any fixed moment.
    pub(super) now: Duration,
}

/// Candidates of one advert; more than any real one has.
const MOST_CANDIDATES: usize = 16;

/// Reads `advert` with the first format that can.
pub(super) fn read(
    advert: &Advert,
    key: Option<&BindKey>,
    memory: &mut Memory,
    now: Duration,
) -> Result<Reading, DecodeError> {
    read_with(FORMATS, &INDEX, advert, key, memory, now)
}

fn read_with(
    formats: &[&Format],
    index: &Index,
    advert: &Advert,
    key: Option<&BindKey>,
    memory: &mut Memory,
    now: Duration,
) -> Result<Reading, DecodeError> {
    let candidates = index.candidates(advert);
    let (mut fate, mut empty) = (DecodeError::Unknown, None);
    for candidate in candidates.all() {
        let Some(format) = formats.get(usize::from(candidate.format)) else {
            continue;
        };
        let (id, data) = candidate.element.of(advert);
        let reading = (format.read)(&mut Heard {
            advert,
            id,
            data,
            key,
            memory,
            now,
        });
        match reading {
            Ok(reading) if !reading.changes.is_empty() || reading.beacon.is_some() => {
                return Ok(reading);
            }
            // An empty frame says at least who it is; another element may say more.
            Ok(reading) if empty.is_none() => empty = Some(reading),
            // What a key would open is worth more than how another element failed.
            Err(error) if fate == DecodeError::Unknown => fate = error,
            Err(error) if error.concerns_key() && !fate.concerns_key() => fate = error,
            _ => {}
        }
    }
    empty.filter(|_| !fate.concerns_key()).ok_or(fate)
}

/// Which bytes of an advert a candidate reads.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Element {
    Service(u8),
    Company(u8),
    None,
}

impl Element {
    fn of(self, advert: &Advert) -> (u16, &[u8]) {
        match self {
            Self::Service(at) => advert
                .service_data
                .get(usize::from(at))
                .map(|(uuid, data)| (uuid.short().unwrap_or(0), data.as_slice())),
            Self::Company(at) => advert
                .manufacturer_data
                .get(usize::from(at))
                .map(|(company, data)| (*company, data.as_slice())),
            Self::None => None,
        }
        .unwrap_or((0, &[]))
    }
}

/// A format that may read an element.
#[derive(Clone, Copy)]
struct Candidate {
    format: u8,
    element: Element,
}

/// The candidates of one advert, in the order of the table.
struct Candidates {
    list: [Candidate; MOST_CANDIDATES],
    count: usize,
}

impl Candidates {
    fn all(&self) -> &[Candidate] {
        self.list.get(..self.count).unwrap_or_default()
    }

    fn add(&mut self, format: u8, element: Element) {
        let same = |c: &Candidate| c.format == format && c.element == element;
        if self.all().iter().any(same) || self.count == MOST_CANDIDATES {
            return;
        }
        let at = self.all().partition_point(|c| c.format <= format);
        self.list.copy_within(at..self.count, at + 1);
        if let Some(place) = self.list.get_mut(at) {
            *place = Candidate { format, element };
            self.count += 1;
        }
    }
}

/// What formats told by name or shape are given.
fn last_maker(advert: &Advert) -> Element {
    let last = advert.manufacturer_data.len().checked_sub(1);
    last.and_then(|at| u8::try_from(at).ok())
        .map_or(Element::None, Element::Company)
}

/// Formats by what they claim.
struct Index {
    services: Vec<(u16, u8)>,
    long_services: Vec<(u128, u8)>,
    companies: Vec<(u16, u8)>,
    names: Vec<(&'static str, u8)>,
    /// Bit by bit, the bytes with which a claimed name begins.
    initials: [u64; 4],
    shapes: Vec<(Look, u8)>,
}

static INDEX: LazyLock<Index> = LazyLock::new(|| Index::of(FORMATS));

impl Index {
    fn of(formats: &[&Format]) -> Self {
        let mut index = Self {
            services: Vec::new(),
            long_services: Vec::new(),
            companies: Vec::new(),
            names: Vec::new(),
            initials: [0; 4],
            shapes: Vec::new(),
        };
        for (number, format) in (0..=u8::MAX).zip(formats) {
            for claim in format.claims {
                match *claim {
                    Claim::Service(uuid) => index.services.push((uuid, number)),
                    Claim::LongService(uuid) => index.long_services.push((uuid, number)),
                    Claim::Company(company) => index.companies.push((company, number)),
                    Claim::Name(prefix) => {
                        index.names.push((prefix, number));
                        if let Some(byte) = prefix.bytes().next() {
                            index.initials[usize::from(byte >> 6)] |= 1 << (byte & 63);
                        }
                    }
                    Claim::Shape(look) => index.shapes.push((look, number)),
                }
            }
        }
        index.services.sort_unstable();
        index.long_services.sort_unstable();
        index.companies.sort_unstable();
        index
    }

    fn candidates(&self, advert: &Advert) -> Candidates {
        let mut found = Candidates {
            list: [Candidate {
                format: 0,
                element: Element::None,
            }; MOST_CANDIDATES],
            count: 0,
        };
        for (at, (uuid, _)) in (0..=u8::MAX).zip(&advert.service_data) {
            let element = Element::Service(at);
            match uuid.short() {
                Some(short) => of_id(&self.services, &short, |f| found.add(f, element)),
                None => of_id(&self.long_services, &uuid.0, |f| found.add(f, element)),
            }
        }
        for (at, (company, _)) in (0..=u8::MAX).zip(&advert.manufacturer_data) {
            of_id(&self.companies, company, |f| {
                found.add(f, Element::Company(at));
            });
        }
        if let Some(name) = &advert.name {
            let begins = |byte: u8| self.initials[usize::from(byte >> 6)] >> (byte & 63) & 1 == 1;
            if name.bytes().next().is_some_and(begins) {
                for (prefix, format) in &self.names {
                    if name.starts_with(prefix) {
                        found.add(*format, last_maker(advert));
                    }
                }
            }
        }
        for (look, format) in &self.shapes {
            if look(advert) {
                found.add(*format, last_maker(advert));
            }
        }
        found
    }
}

fn of_id<K: Ord>(sorted: &[(K, u8)], id: &K, mut found: impl FnMut(u8)) {
    let start = sorted.partition_point(|(key, _)| key < id);
    for (key, format) in sorted.get(start..).unwrap_or_default() {
        if key != id {
            break;
        }
        found(*format);
    }
}

#[cfg(test)]
mod hostile;
#[cfg(test)]
mod tests;
