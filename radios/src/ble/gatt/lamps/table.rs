//! Which lamps there are: by name or service in the air, and by model in the home.

use super::govee::{Colors, Govee};
use super::lednetwf::{self, LedNetWf};
use super::triones::Triones;
use super::yeelight::{self, Yeelight};
use super::{super::look::Abilities, Codec};
use crate::ble::{Advert, ServiceUuid};
use crate::{DeviceInfo, DeviceKind};

/// A lamp of the home.
#[derive(Clone, Copy, Debug)]
pub(in crate::ble::gatt) struct Lamp {
    pub(in crate::ble::gatt) codec: &'static dyn Codec,
    pub(in crate::ble::gatt) abilities: Abilities,
    pub(in crate::ble::gatt) vendor: &'static str,
    pub(in crate::ble::gatt) description: &'static str,
}

/// What an advert tells of a lamp, for its record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recognised {
    /// The model, by which [`is_lamp`] knows it again.
    pub model_id: String,
    /// The maker.
    pub vendor: &'static str,
    /// The version of its protocol, where the advert tells one.
    pub version: Option<String>,
}

const RGB: Abilities = Abilities {
    brightness: true,
    color: true,
    temperature: None,
    white: false,
};
const RGBW: Abilities = Abilities { white: true, ..RGB };

/// Models that are what their name says: start of the name, model, kind.
static NAMED: &[(&str, &str, Lamp)] = &[
    (
        "Triones",
        "Triones",
        triones("Bluetooth lamp or strip (Triones)"),
    ),
    ("QHM-", "QHM", triones("Bluetooth strip (QHM)")),
    ("LEDBLE-", "LEDBLE", triones("Bluetooth strip (LEDBLE)")),
    ("LEDBlue-", "LEDBlue", triones("Bluetooth bulb (LEDBlue)")),
    ("Dream~", "Dream", triones("Bluetooth strip (Dream)")),
    (
        "XMCTD_",
        "MJCTD01YL",
        Lamp {
            codec: &Yeelight { candela: false },
            abilities: Abilities {
                temperature: Some(yeelight::WHITES),
                ..RGB
            },
            vendor: "Yeelight",
            description: "Bedside lamp (Bluetooth)",
        },
    ),
    (
        "yeelight_ms",
        "YLFW01YL",
        Lamp {
            codec: &Yeelight { candela: true },
            abilities: Abilities {
                color: false,
                ..RGB
            },
            vendor: "Yeelight",
            description: "Candela lamp",
        },
    ),
];

const fn triones(description: &'static str) -> Lamp {
    Lamp {
        codec: &Triones,
        abilities: RGBW,
        vendor: "Triones",
        description,
    }
}

/// Services that say enough by themselves.
static SERVED: &[(ServiceUuid, &str)] = &[
    (ServiceUuid::of(0xffd5), "Triones"),
    (yeelight::SERVICE, "MJCTD01YL"),
];

/// Beginnings of Govee's names, before the model.
static GOVEE_NAMES: &[&str] = &["ihoment_", "Govee_", "Minger_"];
/// What begins like a lamp of theirs and is none, or is switched in another way.
static GOVEE_OTHERS: &[&str] = &["H6053"];
/// Models with segments, and whether their brightness is in per cent.
static GOVEE_SEGMENTS: &[(&str, bool)] = &[
    ("H6072", false),
    ("H6102", false),
    ("H6199", true),
    ("H617A", true),
    ("H617C", true),
    ("H7015", true),
];

/// Products of LEDnetWF and what they can do; others are taken for colour strips.
static LEDNETWF_PRODUCTS: &[(&[u8], Abilities)] = &[
    (
        &[
            0x08, 0x33, 0xa1, 0xa2, 0xa3, 0xa4, 0xa6, 0xa7, 0xa9, 0xaa, 0xab, 0xac, 0xad,
        ],
        RGB,
    ),
    (&[0x04, 0x06, 0x20, 0x26, 0x27, 0x44, 0x48, 0x54], RGBW),
    (
        &[0x07, 0x0e, 0x1e, 0x25, 0x35, 0x3b, 0x53],
        Abilities {
            temperature: Some(lednetwf::WHITES),
            ..RGB
        },
    ),
    (
        &[0x09, 0x16, 0x1c, 0x52, 0x62],
        Abilities {
            color: false,
            temperature: Some(lednetwf::WHITES),
            ..RGB
        },
    ),
    (
        &[0x17, 0x21, 0x41],
        Abilities {
            color: false,
            white: true,
            ..RGB
        },
    ),
    (
        &[0x0b, 0x19, 0x93, 0x94, 0x97],
        Abilities {
            brightness: false,
            color: false,
            temperature: None,
            white: false,
        },
    ),
];
const LEDNETWF: &str = "LEDnetWF";
/// Version of the protocol from which its newer frames are used.
const MODERN: u8 = 5;

/// The lamp that `advert` is of.
#[must_use]
pub fn recognise(advert: &Advert) -> Option<Recognised> {
    let name = advert.name.as_deref().unwrap_or_default();
    if name.starts_with(LEDNETWF) {
        return Some(lednetwf(advert));
    }
    let by_name = NAMED.iter().find(|(start, ..)| name.starts_with(start));
    let by_service = || {
        let served = |(uuid, _): &&(ServiceUuid, &str)| advert.services.contains(uuid);
        let (_, model) = SERVED.iter().find(served)?;
        NAMED.iter().find(|(_, named, _)| named == model)
    };
    if let Some((_, model, lamp)) = by_name.or_else(by_service) {
        return Some(Recognised {
            model_id: (*model).to_owned(),
            vendor: lamp.vendor,
            version: None,
        });
    }
    let rest = GOVEE_NAMES
        .iter()
        .find_map(|start| name.strip_prefix(start))?;
    let model = rest.get(..5).filter(|model| is_govee_lamp(model))?;
    Some(Recognised {
        model_id: model.to_owned(),
        vendor: "Govee",
        version: None,
    })
}

/// H6xxx and H70xx are lamps; H5xxx are sensors, H71xx appliances.
fn is_govee_lamp(model: &str) -> bool {
    let digits = model.as_bytes();
    digits.len() == 5
        && (model.starts_with("H6") || model.starts_with("H70"))
        && digits.iter().skip(1).all(u8::is_ascii_hexdigit)
        && !GOVEE_OTHERS.contains(&model)
}

/// `status | version | mac 6 | product u16be | …` under a company of Zengge's (0x5a00…0x5aff).
fn lednetwf(advert: &Advert) -> Recognised {
    let told = advert
        .manufacturer_data
        .iter()
        .find(|(company, data)| company >> 8 == 0x5a && data.len() >= 10)
        .and_then(|(_, data)| Some((*data.get(1)?, *data.get(9)?)));
    Recognised {
        model_id: match told {
            Some((_, product)) => format!("{LEDNETWF} {product:02x}"),
            None => LEDNETWF.to_owned(),
        },
        vendor: "Zengge",
        version: told.map(|(version, _)| version.to_string()),
    }
}

/// The lamp of a record.
pub(in crate::ble::gatt) fn lamp(device: &DeviceInfo) -> Option<Lamp> {
    if device.kind != DeviceKind::Ble {
        return None;
    }
    let model = device.model_id.as_deref()?;
    if let Some((.., lamp)) = NAMED.iter().find(|(_, named, _)| *named == model) {
        return Some(*lamp);
    }
    if let Some(product) = model.strip_prefix(LEDNETWF) {
        let version = device.software_build_id.as_deref();
        return Some(lednetwf_lamp(
            product.trim(),
            version.and_then(|v| v.parse().ok()),
        ));
    }
    if !is_govee_lamp(model) || device.manufacturer.as_deref() != Some("Govee") {
        return None;
    }
    Some(Lamp {
        codec: match GOVEE_SEGMENTS.iter().find(|(known, _)| *known == model) {
            Some((_, true)) => &Govee {
                colors: Colors::Segments,
                full: 100,
            },
            Some((_, false)) => &Govee {
                colors: Colors::Segments,
                full: 255,
            },
            None => &Govee {
                colors: Colors::Whole,
                full: 255,
            },
        },
        abilities: RGB,
        vendor: "Govee",
        description: "Bluetooth lamp or strip",
    })
}

fn lednetwf_lamp(product: &str, version: Option<u8>) -> Lamp {
    let product = u8::from_str_radix(product, 16).ok();
    let known = product.and_then(|product| {
        LEDNETWF_PRODUCTS
            .iter()
            .find(|(products, _)| products.contains(&product))
    });
    let abilities = known.map_or(RGB, |(_, abilities)| *abilities);
    let codec: &'static dyn Codec = match (version, abilities.temperature) {
        // It does not say which frames it takes: the oldest, which Triones' lamps take.
        (None, _) => &Triones,
        (Some(MODERN..), _) => &LedNetWf {
            modern: true,
            two_whites: true,
        },
        (Some(_), Some(_)) => &LedNetWf {
            modern: false,
            two_whites: true,
        },
        (Some(_), None) => &LedNetWf {
            modern: false,
            two_whites: false,
        },
    };
    Lamp {
        codec,
        abilities,
        vendor: "Zengge",
        description: "Bluetooth lamp or strip (LEDnetWF)",
    }
}

/// Whether the record is of a lamp that is spoken to over GATT.
#[must_use]
pub fn is_lamp(device: &DeviceInfo) -> bool {
    lamp(device).is_some()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Mac;

    fn advert(name: &str) -> Advert {
        Advert {
            name: Some(name.to_owned()),
            ..Advert::default()
        }
    }

    fn record(recognised: &Recognised) -> DeviceInfo {
        let mut record = DeviceInfo::new(Mac([0; 6]).into(), DeviceKind::Ble);
        record.model_id = Some(recognised.model_id.clone());
        record.manufacturer = Some(recognised.vendor.to_owned());
        record.software_build_id.clone_from(&recognised.version);
        record
    }

    #[test]
    fn names_in_the_air_are_models_in_the_home() {
        for (name, model) in [
            ("Triones:C10511000166", "Triones"),
            ("QHM-095F", "QHM"),
            ("LEDBLE-DE1254F9", "LEDBLE"),
            ("LEDBlue-C2AF4BD5", "LEDBlue"),
            ("Dream~MAC", "Dream"),
            ("LEDnetWF010097DAB37A", "LEDnetWF"),
            ("XMCTD_1234", "MJCTD01YL"),
            ("yeelight_ms", "YLFW01YL"),
            ("ihoment_H6159_A1B2", "H6159"),
            ("Govee_H617A_2C43", "H617A"),
            ("Minger_H6001_0F12", "H6001"),
        ] {
            let recognised = recognise(&advert(name)).unwrap();
            assert_eq!(recognised.model_id, model, "{name}");
            assert!(is_lamp(&record(&recognised)), "{name}");
        }
        for name in [
            "",
            "GVH5075_1234",
            "Govee_H5074_1234",
            "Govee_H7120_1234",
            "LYWSD02",
            "Govee_H6é",
        ] {
            assert_eq!(recognise(&advert(name)), None, "{name}");
        }
    }

    #[test]
    fn services_speak_for_the_nameless() {
        let advert = Advert {
            services: vec![ServiceUuid::of(0x180f), ServiceUuid::of(0xffd5)],
            ..Advert::default()
        };
        assert_eq!(recognise(&advert).unwrap().model_id, "Triones");
    }

    #[test]
    fn lednetwf_tells_its_product_and_version() {
        let data = vec![0x54, 0x05, 8, 0x65, 0xf0, 1, 2, 3, 0x00, 0x53, 0x2d, 2];
        let advert = Advert {
            manufacturer_data: vec![(0x5a51, data)],
            ..advert("LEDnetWF0200A3010203")
        };
        let recognised = recognise(&advert).unwrap();
        assert_eq!(recognised.model_id, "LEDnetWF 53");
        assert_eq!(recognised.version.as_deref(), Some("5"));
        let lamp = lamp(&record(&recognised)).unwrap();
        assert!(lamp.abilities.temperature.is_some());
        assert!(format!("{:?}", lamp.codec).contains("modern: true"));
    }

    #[test]
    fn a_govee_sensor_with_a_lamps_service_is_no_lamp() {
        let advert = Advert {
            // The service of all their lamps, and of some of their sensors.
            services: vec![ServiceUuid(0x0001_0203_0405_0607_0809_0a0b_0c0d_1910)],
            ..advert("GVH5075_AAAA")
        };
        assert_eq!(recognise(&advert), None);
    }
}
