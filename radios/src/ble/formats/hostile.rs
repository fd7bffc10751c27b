//! Every format against bytes nobody should send: whatever is claimed for it, of every length, and
//! real frames with flipped bytes. Nothing panics, and what comes out is fit to be published.

use std::time::Duration;

use super::transcript::advert;
use super::*;
use crate::Value;
use crate::ble::ServiceUuid;

/// Repeatable randomness (xorshift).
struct Chance(u64);

impl Chance {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    fn below(&mut self, limit: usize) -> usize {
        usize::try_from(self.next() >> 11).unwrap_or(0) % limit.max(1)
    }

    fn byte(&mut self) -> u8 {
        // The edges are where mistakes are.
        match self.below(4) {
            0 => 0x00,
            1 => 0xff,
            2 => 0x80,
            _ => self.next().to_be_bytes()[4],
        }
    }

    fn bytes(&mut self, length: usize) -> Vec<u8> {
        (0..length).map(|_| self.byte()).collect()
    }
}

fn is_fit(advert: &Advert, key: Option<&BindKey>, memory: &mut Memory, now: Duration) {
    let Ok(reading) = read(advert, key, memory, now) else {
        return;
    };
    assert!(reading.changes.len() < 64, "{advert:?}: {reading:?}");
    for (property, value) in &reading.changes {
        assert!(!property.is_empty(), "{advert:?}");
        let fit = match value {
            Value::Number(number) => number.is_finite(),
            Value::Text(text) => text.len() < 300,
            Value::Bool(_) => true,
            _ => false,
        };
        assert!(fit, "{advert:?}: {property} is {value:?}");
    }
}

#[test]
fn any_bytes_of_any_length() {
    let mut chance = Chance(0x9e37_79b9_7f4a_7c15);
    let key = "a1b2c3d4e5f60718293a4b5c6d7e8f90".parse().ok();
    let mut memory = Memory::default();
    for format in FORMATS {
        for claim in format.claims {
            for length in (0..48).chain([100, 250]) {
                let data = chance.bytes(length);
                let mut advert = Advert::default();
                match *claim {
                    Claim::Service(id) => advert.service_data.push((id.into(), data)),
                    Claim::LongService(id) => advert.service_data.push((ServiceUuid(id), data)),
                    Claim::Company(id) => advert.manufacturer_data.push((id, data)),
                    Claim::Name(name) => {
                        advert.name = Some(name.to_owned());
                        let [.., high, low] = chance.next().to_be_bytes();
                        let company = u16::from_be_bytes([high, low]);
                        advert.manufacturer_data.push((company, data));
                    }
                    Claim::Shape(_) => continue,
                }
                let key = key.as_ref().filter(|_| length % 2 == 0);
                is_fit(
                    &advert,
                    key,
                    &mut memory,
                    Duration::from_secs(length as u64),
                );
            }
        }
    }
}

/// Frames of formats that are told by their shape, and of some that have many branches.
static REAL: &[&str] = &[
    "#8290:0400cfe40000dc05b0ed10",
    "#9192:01b000001700a81900000400f4bbce6e77a00b97d1b5",
    "aa20 #1200:0700360264f881d2be0693",
    "5F:5A:29:E5:E0:94 #5dc0:008c00000002205f5a29e5e094",
    "66:55:44:33:22:11 #ffff:ee1bc878f64a4790365ad509227b7442c5245c7de4828b98",
    "#ffff:beacd3162f5af3ee494799db09756062d0fc005a0005c400",
    "fff7:ab03aabbccddeeff64ebff7f005e01",
    "name=MOCREO #8341:dd0262b0200af31400000150bf000000",
    "#061a:06ccc408c0cd0bdecd2bb3da6582f160611063411b615029",
    "#004c:0215b5b182c7eab14988aa99b5c1517008d90001641ac5",
    "feaa:10f6037275752e76692f2342475159414d713877",
    "feaa:21010f0e33f1a94e01002e000f03f7",
    "name=ECo aa20:84000000b20a200a15030080f04700c2eb0b010b0300",
    "1809:2b3032332e35 aaa2:313730363030363039",
    "name=P_MAG_CCCCCC 2a06:3b00 #0757:f2070c",
    "#0131:0c464e0120373130303030303030",
    "#05cd:01406313c000c900c900ca00cb00c0008d11",
    "#02e1:100289a302b040af925d09a4d89aa0128bdef48c6298a9",
    "fcd2:40009801640305084405a1b20c3a01",
    "fe95:5058480b5ddc3312342d580d1004ed005b02",
    "fdcd:080caffd50342d5801040a017f0202012a",
    "181a:5601cf38c1a44008bd13470c64cc0f",
];

#[test]
fn real_frames_with_flipped_bytes() {
    let mut chance = Chance(0x2545_f491_4f6c_dd1d);
    let key: Option<BindKey> = "aff4d0995b7d1e176c0c33ecb9e70dcd".parse().ok();
    let mut memory = Memory::default();
    for (text, second) in REAL.iter().zip(0..) {
        let real = advert(text);
        for _ in 0..400 {
            let mut hurt = real.clone();
            for (_, data) in &mut hurt.service_data {
                flip(data, &mut chance);
            }
            for (_, data) in &mut hurt.manufacturer_data {
                flip(data, &mut chance);
            }
            let key = key.as_ref().filter(|_| chance.below(2) == 0);
            is_fit(&hurt, key, &mut memory, Duration::from_secs(second));
        }
    }
}

fn flip(data: &mut Vec<u8>, chance: &mut Chance) {
    for _ in 0..=chance.below(3) {
        let at = chance.below(data.len());
        if let Some(byte) = data.get_mut(at) {
            *byte = chance.byte();
        }
    }
    if chance.below(8) == 0 {
        data.truncate(chance.below(data.len() + 1));
    }
}
