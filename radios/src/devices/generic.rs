//! Models put together from a device's clusters, for those that have no name in the table.

use std::borrow::Cow;

use super::model::{Held, Model};
use super::part::Part;
use super::parts::action::{Commands, UNDERSTOOD};
use super::parts::battery::Battery;
use super::parts::climate::{Fan, Thermostat};
use super::parts::closures::{Cover, Lock};
use super::parts::electricity::{Meter, Scale};
use super::parts::hue::{self, Hue};
use super::parts::ias::{Guards, Zone};
use super::parts::identify::{Effect, Identify, POWER_ON_BEHAVIOR};
use super::parts::light::Light;
use super::parts::measure::{self, Illuminance, Occupancy, Pressure};
use super::parts::on_off::OnOff;
use super::parts::tuya;
use super::parts::xiaomi;
use super::table;
use crate::DeviceInfo;
use crate::zigbee::zcl::clusters::{self, color, level, on_off};

/// Clusters that are served by one part each, in the order in which they are shown.
const BY_CLUSTER: &[(u16, &dyn Part)] = &[
    (clusters::temperature::ID, &measure::TEMPERATURE),
    (clusters::humidity::ID, &measure::HUMIDITY),
    (clusters::pressure::ID, &Pressure { unit: "kPa" }),
    (clusters::illuminance::ID, &Illuminance),
    (clusters::occupancy::ID, &Occupancy),
    (clusters::soil_moisture::ID, &measure::SOIL_MOISTURE),
    (clusters::co2::ID, &measure::CO2),
    (clusters::pm25::ID, &measure::PM25),
    (clusters::flow::ID, &measure::FLOW),
    (
        clusters::device_temperature::ID,
        &measure::DEVICE_TEMPERATURE,
    ),
];

/// Clusters whose `state` is more than a relay's.
const BY_CLUSTER_FIRST: &[(u16, &dyn Part)] = &[
    (clusters::window_covering::ID, &Cover),
    (clusters::door_lock::ID, &Lock),
    (clusters::thermostat::ID, &Thermostat),
    (clusters::fan::ID, &Fan),
];

/// Relays that measure and take the standard's words.
const RELAY: &[&dyn Part] = &[&OnOff { quiet: false }, &POWER_ON_BEHAVIOR];
/// Tuya's relays.
const TUYA_RELAY: &[&dyn Part] = &[
    &OnOff { quiet: false },
    &tuya::POWER_ON_BEHAVIOR,
    &tuya::INDICATOR_MODE,
];
/// Tuya's plugs that measure. They give no scale of their own and count so.
const TUYA_PLUG: &[&dyn Part] = &[
    &OnOff { quiet: false },
    &tuya::POWER_OUTAGE_MEMORY,
    &tuya::INDICATOR_MODE,
    &tuya::CHILD_LOCK,
    &Meter {
        scale: Scale {
            power: Some(1.0),
            voltage: Some(1.0),
            current: Some(1000.0),
            energy: Some(100.0),
        },
        quiet: false,
    },
];

/// The model that a device's clusters make.
pub(super) fn model(info: &DeviceInfo) -> Model {
    let serves = |cluster: u16| info.endpoints.iter().any(|e| e.input.contains(&cluster));
    let id = info.model_id.as_deref().unwrap_or_default();
    let maker = info.manufacturer.as_deref().unwrap_or_default();
    let is_tuya = maker.starts_with("_T") && id.starts_with("TS");
    let is_xiaomi = id.starts_with("lumi.");
    let measures = serves(clusters::electrical::ID) || serves(clusters::metering::ID);
    let mut parts: Vec<Held> = Vec::new();
    let mut add = |part: &'static dyn Part| parts.push(Held::Static(part));
    let all = |add: &mut dyn FnMut(&'static dyn Part), parts: &[&'static dyn Part]| {
        parts.iter().for_each(|part| add(*part));
    };
    if is_xiaomi {
        add(xiaomi_status(info));
    }
    let mut add = |part: &'static dyn Part| parts.push(Held::Static(part));
    for (cluster, part) in BY_CLUSTER_FIRST {
        if serves(*cluster) {
            add(*part);
        }
    }
    if serves(level::ID) && serves(on_off::ID) {
        if serves(hue::ID) {
            add(&Hue);
        }
        let light = light(info);
        let color_loop = light.xy || light.hs;
        parts.push(Held::Own(Box::new(light)));
        parts.push(Held::Own(Box::new(Effect { color_loop })));
        parts.push(Held::Static(&POWER_ON_BEHAVIOR));
    } else if serves(on_off::ID) && is_tuya && measures {
        all(&mut add, TUYA_PLUG);
    } else if serves(on_off::ID) && is_tuya {
        all(&mut add, TUYA_RELAY);
    } else if serves(on_off::ID) && is_xiaomi {
        add(&OnOff { quiet: true });
    } else if serves(on_off::ID) {
        all(&mut add, RELAY);
    }
    let mut add = |part: &'static dyn Part| parts.push(Held::Static(part));
    if measures && !(is_tuya && serves(on_off::ID)) {
        add(&Meter {
            scale: Scale {
                power: None,
                voltage: None,
                current: None,
                energy: None,
            },
            quiet: false,
        });
    }
    if serves(clusters::power::ID) && !is_xiaomi {
        let curve = table::curve(id);
        let whole = false;
        parts.push(Held::Own(Box::new(Battery { curve, whole })));
    }
    let mut add = |part: &'static dyn Part| parts.push(Held::Static(part));
    for (cluster, part) in BY_CLUSTER {
        if serves(*cluster) {
            add(*part);
        }
    }
    if serves(clusters::ias_zone::ID) {
        parts.push(Held::Own(Box::new(zone(info))));
    }
    let mut add = |part: &'static dyn Part| parts.push(Held::Static(part));
    if serves(clusters::identify::ID) {
        add(&Identify);
    }
    let sends = |cluster: &u16| info.endpoints.iter().any(|e| e.output.contains(cluster));
    if UNDERSTOOD.iter().any(sends) {
        add(&Commands);
    }
    let named = info.endpoints.iter();
    let named = named.filter(|e| e.input.contains(&on_off::ID) || e.output.contains(&on_off::ID));
    let endpoints: Vec<(Cow<'static, str>, u8)> = named
        .zip(1..)
        .map(|(e, n): (_, u8)| (format!("l{n}").into(), e.id))
        .collect();
    let suffixes = endpoints.len() > 1;
    let text = |text: &Option<String>| Cow::Owned(text.clone().unwrap_or_default());
    Model {
        vendor: text(&info.manufacturer),
        model: text(&info.model_id),
        description: Cow::Borrowed("Automatically generated definition"),
        named: false,
        parts,
        endpoints: if suffixes { endpoints } else { Vec::new() },
        suffixes,
        quiet: is_xiaomi,
    }
}

/// What a Mijia or Aqara device that has no name in the table tells in its status structure.
fn xiaomi_status(info: &DeviceInfo) -> &'static dyn Part {
    static MAINS: xiaomi::Status = xiaomi::Status {
        keys: &[xiaomi::COMMON, xiaomi::METER],
        curve: None,
    };
    static BATTERY: xiaomi::Status = xiaomi::Status {
        keys: &[xiaomi::BATTERY, xiaomi::COMMON],
        curve: Some(xiaomi::CELL),
    };
    match info.kind {
        crate::DeviceKind::EndDevice => &BATTERY,
        _ => &MAINS,
    }
}

/// Device ids of lamps (Zigbee Lighting & Occupancy, ZLL): id, colour temperature, colour.
const LAMPS: &[(u16, bool, bool)] = &[
    (0x0100, false, false),
    (0x0101, false, false),
    (0x0102, false, true),
    (0x010c, true, false),
    (0x010d, true, true),
    (0x0200, false, true),
    (0x0210, true, true),
    (0x0220, true, false),
];

/// What a lamp says it can do: by its capabilities when they were read, by its device id otherwise.
fn light(info: &DeviceInfo) -> Light {
    let found = info.endpoints.iter().find(|e| e.input.contains(&color::ID));
    let Some(endpoint) = found else {
        return Light::default();
    };
    let known = endpoint
        .known
        .iter()
        .find(|k| k.cluster == color::ID && k.attribute == color::CAPABILITIES);
    if let Some(known) = known {
        let bit = |n: u8| known.value >> n & 1 == 1;
        return Light {
            temperature: bit(4).then_some((0, 0)),
            xy: bit(3),
            hs: bit(0),
            enhanced: bit(1),
            ..Light::default()
        };
    }
    let id = info.model_id.as_deref().unwrap_or_default();
    let maker = info.manufacturer.as_deref().unwrap_or_default();
    if let Some(lamp) = LAMPS.iter().find(|(device, ..)| *device == endpoint.device) {
        let (_, temperature, xy) = *lamp;
        return Light {
            temperature: temperature.then_some((0, 0)),
            xy,
            ..Light::default()
        };
    }
    let says = |words: &[&str]| words.iter().any(|word| id.contains(word));
    let white = says(WHITE) && !says(&["RGB"]);
    let family = FAMILIES.iter().find(|family| family.0.contains(&maker));
    let (hs, enhanced) = family.map_or((false, false), |family| (family.1, family.2));
    Light {
        temperature: Some((0, 0)),
        xy: !white,
        hs: hs && !white,
        enhanced,
        ..Light::default()
    }
}

/// Words in a model id that mean white from warm to cool and no colour.
const WHITE: &[&str] = &[
    "CCT", "TW", " WS ", "TunW", "Tunable", "tunable", "LTW", "LTA", "LTG",
];

/// Makers whose lamps take hue and saturation, and hue in 16 bits.
const FAMILIES: &[(&[&str], bool, bool)] = &[
    (&["Philips", "Signify Netherlands B.V."], true, true),
    (&["OSRAM", "LEDVANCE", "innr"], true, false),
];

fn zone(info: &DeviceInfo) -> Zone {
    let known = info.endpoints.iter().flat_map(|e| &e.known);
    let zone = known
        .filter(|k| k.cluster == clusters::ias_zone::ID && k.attribute == clusters::ias_zone::TYPE)
        .map(|k| k.value)
        .next();
    let id = info.model_id.as_deref().unwrap_or_default();
    let named = || {
        let words = ZONES
            .iter()
            .find(|(words, _)| words.iter().any(|w| id.contains(w)));
        words.map_or(Guards::Alarm, |(_, guards)| *guards)
    };
    Zone {
        guards: zone.map_or_else(named, Guards::of_zone_type),
        tamper: true,
        battery_low: true,
        all: false,
    }
}

/// Words in a model id that tell what a zone guards, until its type was read.
const ZONES: &[(&[&str], Guards)] = &[
    (
        &[
            "Door", "door", "DOOR", "Contact", "contact", "Magnet", "magnet", "DWS", "Window",
        ],
        Guards::Contact,
    ),
    (
        &["Motion", "motion", "PIR", "Pir", "Occupancy"],
        Guards::Occupancy,
    ),
    (
        &["Water", "water", "WATER", "Leak", "leak", "Flood", "flood"],
        Guards::WaterLeak,
    ),
    (&["Smoke", "smoke", "SMOKE"], Guards::Smoke),
    (&["COSensor", "CO_V", "COSENSOR"], Guards::CarbonMonoxide),
    (&["Gas", "gas", "GAS"], Guards::Gas),
    (&["Vibration", "vibration"], Guards::Vibration),
];
