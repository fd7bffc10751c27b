//! Models put together from a device's clusters, for those that have no name in the table.

use std::borrow::Cow;

use super::model::{Held, Model};
use super::part::Part;
use super::parts::action::{Commands, UNDERSTOOD};
use super::parts::battery::Battery;
use super::parts::electricity::{Meter, Scale};
use super::parts::ias::{Guards, Zone};
use super::parts::identify::{Effect, Identify, POWER_ON_BEHAVIOR};
use super::parts::light::Light;
use super::parts::measure::{self, Illuminance, Occupancy, Pressure};
use super::parts::on_off::OnOff;
use crate::DeviceInfo;
use crate::zigbee::zcl::clusters::{self, color, level, on_off};

/// Clusters that are served by one part each, in the order in which they are shown.
const BY_CLUSTER: &[(u16, &dyn Part)] = &[
    (
        clusters::power::ID,
        &Battery {
            curve: None,
            whole: false,
        },
    ),
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

/// The model that a device's clusters make.
pub(super) fn model(info: &DeviceInfo) -> Model {
    let serves = |cluster: u16| info.endpoints.iter().any(|e| e.input.contains(&cluster));
    let mut parts: Vec<Held> = Vec::new();
    if serves(level::ID) && serves(on_off::ID) {
        let light = light(info);
        let color_loop = light.xy || light.hs;
        parts.push(Held::Own(Box::new(light)));
        parts.push(Held::Own(Box::new(Effect { color_loop })));
        parts.push(Held::Static(&POWER_ON_BEHAVIOR));
    } else if serves(on_off::ID) {
        parts.push(Held::Static(&OnOff { quiet: false }));
        parts.push(Held::Static(&POWER_ON_BEHAVIOR));
    }
    if serves(clusters::electrical::ID) || serves(clusters::metering::ID) {
        let scale = Scale::default();
        let quiet = false;
        parts.push(Held::Own(Box::new(Meter { scale, quiet })));
    }
    for (cluster, part) in BY_CLUSTER {
        if serves(*cluster) {
            parts.push(Held::Static(*part));
        }
    }
    if serves(clusters::ias_zone::ID) {
        parts.push(Held::Own(Box::new(zone(info))));
    }
    if serves(clusters::identify::ID) {
        parts.push(Held::Static(&Identify));
    }
    let controls = info.endpoints.iter().any(|e| {
        let mut understood = UNDERSTOOD.iter();
        understood.any(|c| e.output.contains(c) && !e.input.contains(c))
    });
    if controls {
        parts.push(Held::Static(&Commands));
    }
    let named = info.endpoints.iter();
    let named = named.filter(|e| e.input.contains(&on_off::ID) || e.output.contains(&on_off::ID));
    let endpoints: Vec<(Cow<'static, str>, u8)> =
        named.map(|e| (e.id.to_string().into(), e.id)).collect();
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
    let lamp = LAMPS.iter().find(|(id, ..)| *id == endpoint.device);
    let (temperature, xy) = lamp.map_or((true, true), |(_, t, xy)| (*t, *xy));
    Light {
        temperature: temperature.then_some((0, 0)),
        xy,
        ..Light::default()
    }
}

fn zone(info: &DeviceInfo) -> Zone {
    let known = info.endpoints.iter().flat_map(|e| &e.known);
    let zone = known
        .filter(|k| k.cluster == clusters::ias_zone::ID && k.attribute == clusters::ias_zone::TYPE)
        .map(|k| k.value)
        .next();
    Zone {
        guards: zone.map_or(Guards::Alarm, Guards::of_zone_type),
        tamper: true,
        battery_low: true,
    }
}
