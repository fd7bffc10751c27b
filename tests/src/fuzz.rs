//! A fuzzer for the way from the air to the home: bytes, advert, reading, events.
//!
//! The contract: deterministic (a seed gives the same run everywhere), so that what it finds can be
//! told by seed and number. Inputs are recorded adverts, mutated, and made-up ones that begin as
//! some format's do. Beyond not panicking, what comes out must be fit to publish.

pub mod files;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Duration;

use radios::ble::{Adopt, Advert, BindKey, BleConfig, Household, Memory, ad, decode_with};
use radios::{Changes, Event, Value};

/// Adverts as they are on the air (AD structures), one of each family of formats.
static RECORDED: &[&str] = &[
    // MiBeacon: plain, version 5 encrypted, legacy encrypted, lock, scale.
    "020106151695fe50205b04034c94b438c1a40d10041001ea01",
    "1a1695fe58585b0550f4830238c1a495ef58763c26000097e2abb5",
    "020106181695fe5830b603d28b98c54124f8c3491476757e00000099",
    "1b1695fe50449e0643918aeb441fd70b000920020001807c442f61",
    // BTHome: plain, encrypted, with a button, version 1.
    "0201060b16d2fc4002ca0903bf1301",
    "1216d2fc41a47266c95f730011223378237214",
    "0916d2fc440021015e3a01",
    "0e161c1823025d090303b71802015d",
    // ATC, pvvx, and both encrypted.
    "10161a18a4c1388d18b201122f640ca025",
    "12161a18b2188d38c1a42b089011f70a43200f",
    "0e161a1811d603fbfa7b6dfb1e26fd",
    "0b161a1858e9e6556581b3f9",
    // Scales, bands, plants, Qingping.
    "0d161d18229e43e507040b101301",
    "10161b180226b20705040f0201ac018642",
    "1bff5701020aff54ffffffffffffffffffffffffff03c5093f890b4b",
    "0c1650fd0e006e0134a428005b",
    "1816cdfd08096f1c40342d580104be000d0207027226020157",
    // Beacons.
    "1aff4c000215494e54454c4c495f524f434b535f48575075f2ff0c",
    "1116aafe20000bb815000000000100000002",
];

/// Services and makers that formats ask for, so that random bytes reach every reader.
static SERVICES: &[u16] = &[
    0x0d00, 0x1809, 0x180a, 0x181a, 0x181b, 0x181c, 0x181d, 0x181e, 0x2a6e, 0x2a6f, 0x5242, 0xaa20,
    0xaa21, 0xaa22, 0xf51c, 0xf525, 0xfcd2, 0xfd3d, 0xfd50, 0xfdcd, 0xfe95, 0xfeaa, 0xfee0, 0xfff9,
    0xfef5, 0xec88,
];
static MAKERS: &[u16] = &[
    0x0001, 0x0010, 0x0011, 0x0014, 0x0015, 0x0018, 0x001b, 0x0030, 0x004c, 0x00dc, 0x0118, 0x0131,
    0x0133, 0x0157, 0x0194, 0x01ae, 0x0499, 0x05cd, 0x06d3, 0x06d5, 0x06e8, 0x0757, 0x0780, 0x07b4,
    0x0828, 0x089a, 0x094f, 0x0969, 0x1000, 0x2111, 0x2449, 0x2730, 0x4c32, 0x8801, 0x9082, 0xec88,
    0xef88, 0xf9f7, 0xbeac, 0xffff,
];
static NAMES: &[&str] = &[
    "sps",
    "tps",
    "TP357 (1234)",
    "TP972",
    "GVH5075_1234",
    "Govee_H5179_1",
    "IBS-TH",
    "ITH-11-B",
    "iBBQ",
    "SBBT-002C",
    "ATC_8D18B2",
    "WoSensorTH",
    "LOOKin",
    "MJ_HT_V1",
    "s",
    "é",
    "ECo",
    "T201",
];
static KEYS: &[&str] = &[
    "e9ea895fac7cca6d30532432a516f3a8",
    "231d39c1d7cc1ab1aee224cd096db932",
    "b9ea895fac7eea6d30532432a516f3a3",
    "b853075158487ca39a5b5ea9",
];

/// A small generator of numbers (xorshift).
#[derive(Clone, Debug)]
pub(crate) struct Dice(u64);

impl Dice {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    /// One of `0..below`.
    fn below(&mut self, below: usize) -> usize {
        usize::try_from(self.next() >> 16).unwrap_or(0) % below.max(1)
    }

    fn of<T: Copy>(&mut self, list: &[T]) -> T {
        list[self.below(list.len())]
    }

    fn byte(&mut self) -> u8 {
        const EDGES: [u8; 6] = [0, 1, 0x7f, 0x80, 0xfe, 0xff];
        match self.below(3) {
            0 => self.of(&EDGES),
            _ => self.next().to_le_bytes()[2],
        }
    }

    fn bytes(&mut self, length: usize) -> Vec<u8> {
        (0..length).map(|_| self.byte()).collect()
    }
}

/// The fuzzer: a home that never rests.
#[derive(Debug)]
pub struct Fuzzer {
    dice: Dice,
    corpus: Vec<Vec<u8>>,
    keys: Vec<BindKey>,
    home: Household,
    memory: Memory,
    now: Duration,
    /// Adverts tried.
    pub tried: u32,
    /// Adverts that said something.
    pub read: u32,
    /// Events of the home.
    pub events: u32,
}

impl Fuzzer {
    /// A fuzzer whose run `seed` determines; `more` adverts join the recorded ones.
    #[must_use]
    pub fn new(seed: u64, more: Vec<Vec<u8>>) -> Self {
        let recorded = RECORDED.iter().map(|hex| unhex(hex));
        let (home, _) = Household::new(BleConfig {
            adopt: Adopt::Nearby,
            ..BleConfig::default()
        });
        Self {
            dice: Dice(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1),
            corpus: recorded.chain(more).collect(),
            keys: KEYS.iter().filter_map(|key| key.parse().ok()).collect(),
            home,
            memory: Memory::default(),
            now: Duration::from_secs(1),
            tried: 0,
            read: 0,
            events: 0,
        }
    }

    /// Tries one more advert.
    ///
    /// # Errors
    /// What went wrong, with the bytes that did it.
    pub fn step(&mut self) -> Result<(), String> {
        let bytes = if self.dice.below(4) == 0 {
            self.invented()
        } else {
            self.mutated()
        };
        self.tried += 1;
        let number = self.tried;
        let shown = bytes
            .iter()
            .fold(String::new(), |s, b| s + &format!("{b:02x}"));
        match catch_unwind(AssertUnwindSafe(|| self.try_one(&bytes))) {
            Ok(Ok(())) => Ok(()),
            Ok(Err(wrong)) => Err(format!("advert {number}, {shown}: {wrong}")),
            Err(_) => Err(format!("advert {number}, {shown}: panicked")),
        }
    }

    fn mutated(&mut self) -> Vec<u8> {
        let at = self.dice.below(self.corpus.len());
        let mut bytes = self.corpus.get(at).cloned().unwrap_or_default();
        for _ in 0..=self.dice.below(4) {
            let at = self.dice.below(bytes.len() + 1);
            match self.dice.below(7) {
                0 => {
                    if let Some(byte) = bytes.get_mut(at) {
                        *byte ^= 1 << self.dice.below(8);
                    }
                }
                1 | 2 => {
                    if let Some(byte) = bytes.get_mut(at) {
                        *byte = self.dice.byte();
                    }
                }
                3 => bytes.truncate(at),
                4 => {
                    let more = self.dice.below(6);
                    bytes.extend(self.dice.bytes(more));
                }
                5 => {
                    let other = self.dice.below(self.corpus.len());
                    let other = self.corpus.get(other).cloned().unwrap_or_default();
                    bytes.extend(other);
                }
                _ => bytes.insert(at, self.dice.byte()),
            }
        }
        // The first structure's length is often what a mutation broke; mend it sometimes.
        if self.dice.below(2) == 0
            && let Some(length) = bytes.len().checked_sub(1)
            && let (Some(first), Ok(length)) = (bytes.first_mut(), u8::try_from(length))
        {
            *first = length;
        }
        bytes
    }

    fn invented(&mut self) -> Vec<u8> {
        let mut bytes = Vec::new();
        for _ in 0..=self.dice.below(3) {
            let length = match self.dice.below(4) {
                0 => self.dice.below(200),
                _ => self.dice.below(28),
            };
            let (kind, id) = match self.dice.below(5) {
                0 | 1 => (0x16, self.dice.of(SERVICES).to_le_bytes().to_vec()),
                2 | 3 => (0xff, self.dice.of(MAKERS).to_le_bytes().to_vec()),
                _ => (0x09, self.dice.of(NAMES).as_bytes().to_vec()),
            };
            let data = if kind == 0x09 {
                Vec::new()
            } else {
                self.dice.bytes(length)
            };
            let all = 1 + id.len() + data.len();
            bytes.push(u8::try_from(all).unwrap_or(u8::MAX));
            bytes.push(kind);
            bytes.extend(id);
            bytes.extend(data);
        }
        bytes
    }

    fn try_one(&mut self, bytes: &[u8]) -> Result<(), String> {
        let mut advert = Advert {
            random: self.dice.below(4) == 0,
            rssi: (self.dice.below(2) == 0).then_some(-60),
            ..Advert::default()
        };
        advert.address = self.address(bytes);
        if self.dice.below(8) == 0 {
            advert.name = Some(self.dice.of(NAMES).to_owned());
        }
        ad::read(bytes, &mut advert);
        let again = Advert::from_json(&advert.to_json()).map_err(|e| e.to_string())?;
        if sorted(&again) != sorted(&advert) {
            return Err("its JSON form reads differently".to_owned());
        }
        // Sometimes minutes or months pass.
        self.now += match self.dice.below(100) {
            0 => Duration::from_secs(1 << self.dice.below(24)),
            _ => Duration::from_millis(self.dice.below(5000) as u64),
        };
        if self.dice.below(50) == 0 {
            self.memory = Memory::default();
        }
        let key = match self.dice.below(2) {
            0 => None,
            _ => self.keys.get(self.dice.below(self.keys.len())),
        };
        if let Ok(reading) = decode_with(&advert, key, &mut self.memory, self.now) {
            publishable(&reading.changes)?;
            self.read += u32::from(!reading.changes.is_empty());
        }
        let mut events = self.home.heard(&advert, self.now);
        events.extend(self.home.tick(self.now));
        for event in &events {
            if let Event::Changed { changes, .. } = event {
                publishable(changes)?;
            }
        }
        self.events += u32::try_from(events.len()).unwrap_or(0);
        Ok(())
    }

    /// The payload's own address, often: others are refused early.
    fn address(&mut self, bytes: &[u8]) -> radios::Mac {
        let mut six = [1, 2, 3, 4, 5, 6];
        let at = self.dice.below(bytes.len() + 1);
        if let Some(found) = bytes.get(at..at + 6) {
            six.copy_from_slice(found);
        }
        match self.dice.below(4) {
            0 => radios::Mac([1, 2, 3, 4, 5, 6]),
            1 => radios::Mac(six),
            _ => radios::Mac(radios::Mac(six).reversed()),
        }
    }
}

fn sorted(advert: &Advert) -> Advert {
    let mut advert = advert.clone();
    // JSON objects keep no order, and one value a key.
    advert.service_data.sort();
    advert.manufacturer_data.sort();
    advert.service_data.dedup_by_key(|(id, _)| *id);
    advert.manufacturer_data.dedup_by_key(|(id, _)| *id);
    for (_, data) in &mut advert.service_data {
        data.clear();
    }
    for (_, data) in &mut advert.manufacturer_data {
        data.clear();
    }
    advert
}

fn publishable(changes: &Changes) -> Result<(), String> {
    for (property, value) in changes {
        if property.is_empty() {
            return Err("a property without a name".to_owned());
        }
        if let Value::Number(number) = value
            && !number.is_finite()
        {
            return Err(format!("{property} is {number}"));
        }
        serde_json::to_string(value).map_err(|e| format!("{property}: {e}"))?;
    }
    Ok(())
}

/// The bytes of hexadecimal digits.
#[must_use]
pub fn unhex(hex: &str) -> Vec<u8> {
    (0..hex.len() / 2)
        .filter_map(|at| u8::from_str_radix(hex.get(2 * at..2 * at + 2)?, 16).ok())
        .collect()
}

/// The adverts of a file of BLE cases, as they are on the air.
#[must_use]
pub fn adverts_of(path: &std::path::Path) -> Vec<Vec<u8>> {
    let Ok(lines) = crate::cases::lines(path) else {
        return Vec::new();
    };
    lines
        .filter_map(|line| Advert::from_value(&line.ok()?.1).ok())
        .map(|advert| {
            let mut bytes = Vec::new();
            let mut put = |kind: u8, parts: &[&[u8]]| {
                let content = parts.concat();
                if let Ok(length) = u8::try_from(content.len() + 1) {
                    bytes.push(length);
                    bytes.push(kind);
                    bytes.extend(content);
                }
            };
            for (uuid, data) in &advert.service_data {
                match uuid.short() {
                    Some(short) => put(0x16, &[&short.to_le_bytes(), data]),
                    None => put(0x21, &[&uuid.0.to_le_bytes(), data]),
                }
            }
            for (company, data) in &advert.manufacturer_data {
                put(0xff, &[&company.to_le_bytes(), data]);
            }
            if let Some(name) = &advert.name {
                put(0x09, &[name.as_bytes()]);
            }
            bytes
        })
        .collect()
}
