//! What BLE devices offer, and the home's words for what their formats call otherwise.
//!
//! Formats speak of `motion` and `opening`; the home speaks zigbee2mqtt's `occupancy` and `contact`.
//! One table turns the one into the other, one tells what each kind of product offers.

use super::formats::mibeacon;
use crate::{Changes, Definition, DeviceInfo, DeviceKind, Expose, ExposeKind, Value};

/// A format's word, the home's word, and whether a flag changes its sense.
static WORDS: &[(&str, &str, bool)] = &[
    ("motion", "occupancy", false),
    ("opening", "contact", true),
    ("moisture_detected", "water_leak", false),
    ("bottom_submersion", "water_leak", false),
    ("moisture", "soil_moisture", false),
    ("lock", "locked", true),
    ("no_motion_time", "no_occupancy_since", false),
];

/// Puts `changes` into the home's words.
pub(super) fn in_home_words(changes: &mut Changes) {
    for (property, value) in changes {
        if let Some((_, word, inverted)) = WORDS.iter().find(|(theirs, ..)| theirs == property) {
            *property = (*word).into();
            if let (true, Value::Bool(flag)) = (*inverted, &mut *value) {
                *flag = !*flag;
            }
        }
    }
}

/// What is told of one property.
struct Property {
    name: &'static str,
    label: &'static str,
    /// None: a flag.
    unit: Option<&'static str>,
}

const fn number(name: &'static str, label: &'static str, unit: &'static str) -> Property {
    Property {
        name,
        label,
        unit: Some(unit),
    }
}

const fn flag(name: &'static str, label: &'static str) -> Property {
    Property {
        name,
        label,
        unit: None,
    }
}

static PROPERTIES: &[Property] = &[
    number("temperature", "Temperature", "°C"),
    number("humidity", "Humidity", "%"),
    number("battery", "Battery", "%"),
    number("illuminance", "Illuminance", "lx"),
    number("soil_moisture", "Soil moisture", "%"),
    number("conductivity", "Conductivity", "µS/cm"),
    number("formaldehyde", "Formaldehyde", "mg/m³"),
    number("weight", "Weight", "kg"),
    number("impedance", "Impedance", "Ω"),
    number("heart_rate", "Heart rate", "bpm"),
    number("rssi", "Signal strength", "dBm"),
    flag("occupancy", "Occupancy"),
    flag("contact", "Contact"),
    flag("light", "Light"),
    flag("smoke", "Smoke"),
    flag("water_leak", "Water leak"),
    flag("locked", "Locked"),
];

/// A product's description and what such products offer besides battery and signal strength.
static KINDS: &[(&str, &[&str])] = &[
    ("Temperature/Humidity", &["temperature", "humidity"]),
    ("Thermometer", &["temperature", "humidity"]),
    ("Clock", &["temperature", "humidity"]),
    (
        "Plant",
        &[
            "temperature",
            "soil_moisture",
            "conductivity",
            "illuminance",
        ],
    ),
    (
        "Flower Pot",
        &[
            "temperature",
            "soil_moisture",
            "conductivity",
            "illuminance",
        ],
    ),
    ("Motion", &["occupancy", "illuminance"]),
    ("Presence", &["occupancy", "illuminance"]),
    ("Occupancy", &["occupancy", "illuminance"]),
    ("Nightlight", &["occupancy", "light"]),
    ("Door/Window", &["contact", "light"]),
    ("Door Lock", &["locked", "contact", "action"]),
    ("Leak", &["water_leak"]),
    ("Flood", &["water_leak"]),
    ("Smoke", &["smoke"]),
    ("Formaldehyde", &["temperature", "humidity", "formaldehyde"]),
    ("Scale", &["weight", "impedance", "heart_rate"]),
    ("Switch", &["action"]),
    ("Button", &["action"]),
    ("Remote", &["action"]),
    ("Kettle", &["temperature"]),
];

/// What a BLE device offers, by its model.
#[must_use]
pub fn define(device: &DeviceInfo) -> Option<Definition> {
    if device.kind != DeviceKind::Ble {
        return None;
    }
    let model = device.model_id.as_deref()?;
    let product = mibeacon::product_of_model(model)?;
    let mut offers: Vec<&str> = Vec::new();
    for (kind, properties) in KINDS {
        if product.description.contains(kind) {
            offers.extend(
                properties
                    .iter()
                    .filter(|p| !offers.contains(p))
                    .copied()
                    .collect::<Vec<_>>(),
            );
        }
    }
    offers.extend(["battery", "rssi"]);
    Some(Definition {
        model: product.model.to_owned(),
        vendor: product.vendor.to_owned(),
        description: product.description.to_owned(),
        exposes: offers.into_iter().map(expose).collect(),
        source: "native",
    })
}

fn expose(name: &'static str) -> Expose {
    let access = Some(Expose::STATE);
    let property = Some(name.to_owned());
    let Some(known) = PROPERTIES.iter().find(|known| known.name == name) else {
        // Buttons differ in what they can do; the values come with the presses.
        let label = Some("Action".to_owned());
        return Expose {
            name: Some(name),
            label,
            property,
            access,
            ..Expose::of(ExposeKind::Enum)
        };
    };
    let kind = if known.unit.is_some() {
        ExposeKind::Numeric
    } else {
        ExposeKind::Binary
    };
    let mut expose = Expose {
        name: Some(name),
        label: Some(known.label.to_owned()),
        property,
        access,
        unit: known.unit,
        category: matches!(name, "battery" | "rssi").then_some("diagnostic"),
        ..Expose::of(kind)
    };
    match kind {
        ExposeKind::Binary => {
            // What is reported of a contact is its opening: its `on` is false, as zigbee2mqtt has it.
            expose.value_on = Some(Value::Bool(name != "contact"));
            expose.value_off = Some(Value::Bool(name == "contact"));
        }
        _ if known.unit == Some("%") => {
            expose.value_min = Some(0.0);
            expose.value_max = Some(100.0);
        }
        _ => {}
    }
    expose
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Mac;

    #[test]
    fn the_home_has_one_word_for_a_door() {
        let mut changes: Changes = vec![
            ("opening".into(), true.into()),
            ("battery".into(), 5u8.into()),
        ];
        in_home_words(&mut changes);
        assert_eq!(
            changes,
            vec![
                ("contact".into(), false.into()),
                ("battery".into(), 5u8.into())
            ]
        );
    }

    #[test]
    fn a_thermometer_offers_what_it_measures() {
        let mut device = DeviceInfo::new(Mac([0; 6]).into(), DeviceKind::Ble);
        device.model_id = Some("LYWSD03MMC".into());
        let names: Vec<_> = define(&device)
            .unwrap()
            .exposes
            .iter()
            .filter_map(|e| e.name)
            .collect();
        assert_eq!(names, ["temperature", "humidity", "battery", "rssi"]);
        device.model_id = Some("lumi.plug".into());
        assert_eq!(define(&device), None);
    }
}
