//! What BLE devices offer: by their model, and by what they have told so far.
//!
//! Few products are known by name, and of none can it be said beforehand all that it may tell. So
//! what a device told is kept in its record, and what it offers is both put together.

use super::formats::mibeacon;
use super::gatt;
use super::is_tracker;
pub(super) use super::vocabulary::in_home_words;
use super::vocabulary::{Kind, word};
use crate::{BleRecord, Definition, DeviceId, DeviceInfo, DeviceKind, Expose, ExposeKind, Value};

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

/// What a tracker offers.
static TRACKER: [&str; 2] = ["home", "not_home"];

/// What a BLE device offers, by its model and its record.
#[must_use]
pub fn define(device: &DeviceInfo) -> Option<Definition> {
    if device.kind != DeviceKind::Ble {
        return None;
    }
    let none = BleRecord::default();
    let ble = device.ble.as_deref().unwrap_or(&none);
    if matches!(device.id, DeviceId::Ble(mac) if is_tracker(mac)) {
        return Some(tracker());
    }
    if let Some(lamp) = gatt::define::define_lamp(device) {
        return Some(lamp);
    }
    let model = device.model_id.as_deref();
    let product = model.and_then(mibeacon::product_of_model);
    if product.is_none() && device.ble.is_none() {
        return None;
    }
    let mut offers: Vec<&str> = Vec::new();
    for (kind, properties) in KINDS {
        if product.is_some_and(|product| product.description.contains(kind)) {
            for property in *properties {
                if !offers.contains(property) {
                    offers.push(property);
                }
            }
        }
    }
    for property in &ble.properties {
        if !offers.contains(&property.as_str()) {
            offers.push(property);
        }
    }
    // What most have, last.
    offers.retain(|property| !matches!(*property, "battery" | "rssi" | "action"));
    let told = |name: &str| ble.properties.iter().any(|property| property == name);
    if told("action") || !ble.actions.is_empty() || product.is_some_and(|p| presses(p.description))
    {
        offers.push("action");
    }
    if product.is_some() || told("battery") {
        offers.push("battery");
    }
    offers.push("rssi");
    let format = ble.format.as_deref().unwrap_or("unknown");
    let own = |text: Option<&str>, other: &str| text.unwrap_or(other).to_owned();
    let mut exposes: Vec<Expose> = offers.into_iter().filter_map(expose).collect();
    // Buttons differ in what they can do: it is known by what they did.
    for action in exposes.iter_mut().filter(|e| e.name == Some("action")) {
        action.values = ble.actions.iter().cloned().map(Into::into).collect();
    }
    gatt::define::extend(device, &mut exposes);
    Some(match product {
        Some(product) => Definition {
            model: product.model.to_owned(),
            vendor: product.vendor.to_owned(),
            description: product.description.to_owned(),
            exposes,
            source: "native",
        },
        None => Definition {
            model: own(model.or(ble.name.as_deref()), format),
            vendor: own(device.manufacturer.as_deref(), "Bluetooth"),
            description: format!("Bluetooth device ({format})"),
            exposes,
            source: "native",
        },
    })
}

fn presses(description: &str) -> bool {
    KINDS
        .iter()
        .any(|(kind, properties)| description.contains(kind) && properties.contains(&"action"))
}

/// Whether a device speaks only when something happens: it measures nothing.
#[must_use]
pub fn is_sleepy(ble: &BleRecord) -> bool {
    !ble.properties.is_empty()
        && ble.properties.iter().all(|property| {
            word(property).is_some_and(|(word, _)| {
                word.diagnostic
                    || !matches!(word.kind, Kind::Number(unit) if !unit.is_empty() && unit != "s")
            })
        })
}

fn tracker() -> Definition {
    let presence = Expose {
        name: Some("presence"),
        label: Some("Presence".to_owned()),
        property: Some("presence".to_owned()),
        access: Some(Expose::STATE),
        values: TRACKER.map(Into::into).to_vec(),
        ..Expose::of(ExposeKind::Enum)
    };
    let room = Expose {
        name: Some("room"),
        label: Some("Room".to_owned()),
        property: Some("room".to_owned()),
        access: Some(Expose::STATE),
        ..Expose::of(ExposeKind::Text)
    };
    Definition {
        model: "Tracker".to_owned(),
        vendor: "Hearth".to_owned(),
        description: "What somebody carries about".to_owned(),
        exposes: [presence, room].into_iter().chain(expose("rssi")).collect(),
        source: "native",
    }
}

/// Of a property that has no word: it is shown as it comes.
fn unnamed(property: &str) -> Expose {
    let text = property.replace('_', " ");
    let mut letters = text.chars();
    let label = letters
        .next()
        .map(|first| first.to_uppercase().chain(letters).collect());
    Expose {
        label,
        property: Some(property.to_owned()),
        access: Some(Expose::STATE),
        ..Expose::of(ExposeKind::Text)
    }
}

fn expose(property: &str) -> Option<Expose> {
    if property.is_empty() || property == "key_status" {
        return None;
    }
    let Some((word, which)) = word(property) else {
        return Some(unnamed(property));
    };
    let kind = match word.kind {
        Kind::Number(_) => ExposeKind::Numeric,
        Kind::Flag => ExposeKind::Binary,
        Kind::Text => ExposeKind::Text,
        Kind::Action => ExposeKind::Enum,
    };
    let label = if which.is_empty() {
        word.label.to_owned()
    } else {
        format!("{} {which}", word.label)
    };
    let mut expose = Expose {
        name: Some(word.name),
        label: Some(label),
        property: Some(property.to_owned()),
        access: Some(Expose::STATE),
        category: word.diagnostic.then_some("diagnostic"),
        ..Expose::of(kind)
    };
    match word.kind {
        Kind::Flag => {
            // What is reported of a contact is its opening: its `on` is false, as zigbee2mqtt has it.
            expose.value_on = Some(Value::Bool(word.name != "contact"));
            expose.value_off = Some(Value::Bool(word.name == "contact"));
        }
        Kind::Number(unit) => {
            expose.unit = (!unit.is_empty()).then_some(unit);
            if unit == "%" {
                expose.value_min = Some(0.0);
                expose.value_max = Some(100.0);
            }
        }
        Kind::Text | Kind::Action => {}
    }
    Some(expose)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Mac;

    fn names(device: &DeviceInfo) -> Vec<String> {
        let definition = define(device).unwrap();
        let exposes = definition.exposes.into_iter();
        exposes.filter_map(|expose| expose.property).collect()
    }

    #[test]
    fn a_thermometer_offers_what_it_measures() {
        let mut device = DeviceInfo::new(Mac([0; 6]).into(), DeviceKind::Ble);
        device.model_id = Some("LYWSD03MMC".into());
        assert_eq!(
            names(&device),
            ["temperature", "humidity", "battery", "rssi"]
        );
        device.model_id = Some("lumi.plug".into());
        assert_eq!(define(&device), None);
    }

    #[test]
    fn an_unknown_device_offers_what_it_told() {
        let mut device = DeviceInfo::new(Mac([0; 6]).into(), DeviceKind::Ble);
        let told = [
            "temperature_1",
            "temperature_2",
            "battery",
            "window",
            "made_up",
        ];
        device.ble = Some(Box::new(BleRecord {
            format: Some("bthome".to_owned()),
            name: Some("DIY 12AB".to_owned()),
            properties: told.map(str::to_owned).to_vec(),
            ..BleRecord::default()
        }));
        assert_eq!(
            names(&device),
            [
                "temperature_1",
                "temperature_2",
                "window",
                "made_up",
                "battery",
                "rssi"
            ]
        );
        let definition = define(&device).unwrap();
        assert_eq!(definition.model, "DIY 12AB");
        assert_eq!(
            definition.exposes[1].label.as_deref(),
            Some("Temperature 2")
        );
        assert_eq!(definition.exposes[1].unit, Some("°C"));
    }

    #[test]
    fn a_button_lists_what_it_has_done() {
        let mut device = DeviceInfo::new(Mac([0; 6]).into(), DeviceKind::Ble);
        let done = ["single", "double"].map(str::to_owned).to_vec();
        device.ble = Some(Box::new(BleRecord {
            actions: done.clone(),
            ..BleRecord::default()
        }));
        let exposes = define(&device).unwrap().exposes;
        let action = |expose: &&Expose| expose.name == Some("action");
        assert_eq!(exposes.iter().find(action).unwrap().values, done);
    }

    #[test]
    fn who_only_reports_what_happens_is_sleepy() {
        let sleepy = |properties: &[&str]| {
            is_sleepy(&BleRecord {
                properties: properties.iter().map(ToString::to_string).collect(),
                ..BleRecord::default()
            })
        };
        assert!(sleepy(&["contact", "battery"]));
        assert!(sleepy(&["action", "voltage"]));
        assert!(!sleepy(&["contact", "illuminance"]));
        assert!(!sleepy(&["temperature"]));
        assert!(!sleepy(&[]));
    }
}
