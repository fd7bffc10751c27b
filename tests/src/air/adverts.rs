//! Adverts to put on the air: recorded ones, or ones of our own making by the documented layouts.

use std::io::Read as _;
use std::path::Path;

use radios::Mac;
use radios::ble::{Advert, ServiceUuid};
use serde_json::Value;

/// The longest legacy advert, and the longest scan response.
const ROOM: usize = 31;

/// An advert as it goes on the air.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Aired {
    /// The advert itself.
    pub data: Vec<u8>,
    /// The scan response, if it does not fit.
    pub response: Option<Vec<u8>>,
}

/// AD structures of an advert; none when they need extended advertising.
#[must_use]
pub fn aired(advert: &Advert) -> Option<Aired> {
    let mut structures = vec![vec![0x02, 0x01, 0x06]];
    for (uuid, data) in &advert.service_data {
        structures.push(match uuid.short() {
            Some(short) => structure(0x16, &[&short.to_le_bytes()[..], data].concat())?,
            None => structure(0x21, &[&uuid.0.to_le_bytes()[..], data].concat())?,
        });
    }
    for (company, data) in &advert.manufacturer_data {
        structures.push(structure(
            0xff,
            &[&company.to_le_bytes()[..], data].concat(),
        )?);
    }
    let (mut data, mut response) = (Vec::new(), Vec::new());
    for structure in structures {
        if data.len() + structure.len() <= ROOM {
            data.extend(structure);
        } else if response.len() + structure.len() <= ROOM {
            response.extend(structure);
        } else {
            return None;
        }
    }
    // A name is welcome, but no reason to leave an advert out.
    if let Some(name) = advert
        .name
        .as_ref()
        .and_then(|name| structure(0x09, name.as_bytes()))
        && response.len() + name.len() <= ROOM
    {
        response.extend(name);
    }
    Some(Aired {
        data,
        response: (!response.is_empty()).then_some(response),
    })
}

fn structure(kind: u8, content: &[u8]) -> Option<Vec<u8>> {
    let length = u8::try_from(content.len() + 1).ok()?;
    (content.len() + 2 <= ROOM).then(|| [&[length, kind], content].concat())
}

/// `count` adverts of as many senders: recorded ones from `file` (JSON lines, perhaps gzipped) over and
/// over, or else our own.
#[must_use]
pub fn list(file: Option<&Path>, count: usize) -> Vec<Advert> {
    let recorded: Vec<Advert> = file.map(recorded).unwrap_or_default();
    let own = (0_u32..).map(own);
    let kinds: Vec<Advert> = if recorded.is_empty() {
        own.take(count).collect()
    } else {
        recorded
    };
    (kinds.into_iter().filter(|advert| aired(advert).is_some()))
        .collect::<Vec<_>>()
        .into_iter()
        .cycle()
        .take(count)
        .zip(0_u32..)
        .map(|(advert, number)| Advert {
            address: sender(number),
            random: true,
            ..advert
        })
        .collect()
}

/// A random static address.
#[must_use]
pub fn sender(number: u32) -> Mac {
    let [_, a, b, c] = number.to_be_bytes();
    Mac([0xc0, 0, 0, a, b, c])
}

fn recorded(file: &Path) -> Vec<Advert> {
    let mut text = String::new();
    let Ok(mut open) = std::fs::File::open(file) else {
        return Vec::new();
    };
    let read = if file.extension().is_some_and(|end| end == "gz") {
        flate2::read::MultiGzDecoder::new(open).read_to_string(&mut text)
    } else {
        open.read_to_string(&mut text)
    };
    if read.is_err() {
        return Vec::new();
    }
    (text
        .lines()
        .filter_map(|line| serde_json::from_str::<Value>(line).ok()))
    .filter_map(|json| Advert::from_value(&json).ok())
    .filter(|advert| !advert.service_data.is_empty() || !advert.manufacturer_data.is_empty())
    // One company an advert: that is what real ones have.
    .filter(|advert| advert.manufacturer_data.len() <= 1)
    .collect()
}

/// An advert of our own, of one of ten layouts, with contents by `number`.
#[must_use]
pub fn own(number: u32) -> Advert {
    let [.., high, low] = number.to_be_bytes();
    let service = |uuid: u16, data: Vec<u8>| Advert {
        service_data: vec![(ServiceUuid::from(uuid), data)],
        ..Advert::default()
    };
    let company = |id: u16, data: Vec<u8>| Advert {
        manufacturer_data: vec![(id, data)],
        ..Advert::default()
    };
    match number % 10 {
        // BTHome v2: packet id, temperature, humidity.
        0 => service(0xfcd2, vec![0x40, 0, low, 2, low, high, 3, 0xbf, 0x13]),
        // MiBeacon v5, plain: temperature and humidity.
        1 => service(
            0xfe95,
            vec![
                0x50, 0x20, 0xaa, 1, low, 1, 2, 3, 4, 5, 6, 0x0d, 0x10, 4, low, 0, high, 2,
            ],
        ),
        // ATC1441
        2 => service(
            0x181a,
            vec![
                0xa4, 0xc1, 0x38, 1, high, low, 0, low, 47, 100, 0x0c, 0xa0, low,
            ],
        ),
        // pvvx
        3 => service(
            0x181a,
            vec![
                low, high, 1, 0x38, 0xc1, 0xa4, low, 9, 0x4d, 0x10, 0xa0, 0x0b, 88, low, 5,
            ],
        ),
        // Ruuvi 5
        4 => company(
            0x0499,
            vec![
                5, 0x12, low, 0x53, high, 0xc3, 0x7c, 0, 4, 0xff, 0xfc, 4, 0x0c, 0xac, 0x36, low,
                0, 0xcd, 0xcb, 0xb8, 0x33, high, 0x88, 0x4f,
            ],
        ),
        // iBeacon
        5 => company(
            0x004c,
            vec![
                2, 0x15, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, high, low, 0, 1,
                0xc5,
            ],
        ),
        // Eddystone TLM
        6 => service(
            0xfeaa,
            vec![0x20, 0, 0x0b, 0xb8, 0x15, low, 0, 0, high, low, 0, 1, 0, 0],
        ),
        // Mi Scale v1
        7 => service(
            0x181d,
            vec![0x22, low, 0x3c, 0xb2, 7, 1, 1, 12, high % 24, low % 60],
        ),
        // Govee H5075
        8 => Advert {
            name: Some(format!("GVH5075_{low:02X}{high:02X}")),
            ..company(0xec88, vec![0, 3, low, high, 0x5c, 0])
        },
        // Qingping
        _ => service(
            0xfdcd,
            vec![
                0x88, 0x16, low, high, 0, 0x34, 0x2d, 0x58, 1, 4, low, 1, 0xe9, 1, 2, 1, 0x5c,
            ],
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn our_own_fit_the_air_and_differ() {
        let list = list(None, 1000);
        assert_eq!(list.len(), 1000);
        assert!(list.iter().all(|advert| aired(advert).is_some()));
        let mut contents: Vec<_> = (list.iter().filter_map(aired))
            .map(|aired| (aired.data, aired.response))
            .collect();
        contents.sort();
        contents.dedup();
        assert!(contents.len() > 950, "{}", contents.len());
    }

    #[test]
    fn structures_have_length_and_kind() {
        let advert = Advert {
            name: Some("T".into()),
            service_data: vec![(ServiceUuid::from(0xfe95), vec![1, 2])],
            ..Advert::default()
        };
        let aired = aired(&advert).unwrap();
        assert_eq!(aired.data, [2, 1, 6, 5, 0x16, 0x95, 0xfe, 1, 2]);
        assert_eq!(aired.response, Some(vec![2, 9, b'T']));
    }
}
