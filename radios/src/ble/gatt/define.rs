//! What devices offer that are spoken to over GATT.

use super::lamps::lamp;
use super::readers::reader;
use crate::{Definition, DeviceInfo, Expose, ExposeKind};

const ALL: u8 = Expose::STATE | Expose::SET | Expose::GET;

/// What a lamp offers.
#[must_use]
pub fn define_lamp(device: &DeviceInfo) -> Option<Definition> {
    let lamp = lamp(device)?;
    let abilities = lamp.abilities;
    let state = Expose {
        value_on: Some("ON".into()),
        value_off: Some("OFF".into()),
        value_toggle: Some("TOGGLE"),
        description: Some("On/off state"),
        ..named(ExposeKind::Binary, "state", "State", ALL)
    };
    let mut whole = Expose::of(if abilities.brightness {
        ExposeKind::Light
    } else {
        ExposeKind::Switch
    });
    whole.features.push(state);
    if abilities.brightness {
        whole.features.push(Expose {
            description: Some("Brightness of the light"),
            ..bounded("brightness", "Brightness", ALL, 0, 254)
        });
    }
    if let Some((coolest, warmest)) = abilities.temperature {
        whole.features.push(Expose {
            unit: Some("mired"),
            description: Some("Color temperature of the light"),
            ..bounded("color_temp", "Color temp", ALL, coolest, warmest)
        });
    }
    if abilities.color {
        whole
            .features
            .push(color("color_xy", "Color (X/Y)", [("x", "X"), ("y", "Y")]));
        let members = [("hue", "Hue"), ("saturation", "Saturation")];
        whole
            .features
            .push(color("color_hs", "Color (HS)", members));
    }
    let mut exposes = vec![whole];
    if abilities.white {
        exposes.push(Expose {
            description: Some("White light of this brightness"),
            ..bounded("white", "White", Expose::SET, 0, 254)
        });
    }
    exposes.push(rssi());
    Some(Definition {
        model: device.model_id.clone().unwrap_or_default(),
        vendor: lamp.vendor.to_owned(),
        description: lamp.description.to_owned(),
        exposes,
        source: "native",
    })
}

/// Adds what a sensor offers besides what its adverts tell, and that it can be asked.
pub fn extend(device: &DeviceInfo, exposes: &mut Vec<Expose>) {
    let Some(reader) = reader(device) else {
        return;
    };
    for expose in exposes.iter_mut().filter(|_| reader.reads()) {
        if !matches!(expose.name, Some("rssi" | "action")) {
            expose.access = expose.access.map(|access| access | Expose::GET);
        }
    }
    if reader.has_clock() {
        exposes.push(Expose {
            values: vec!["now".into()],
            description: Some("Sets the clock"),
            category: Some("config"),
            ..named(ExposeKind::Enum, "clock", "Clock", Expose::SET)
        });
    }
    if reader.has_units() {
        exposes.push(Expose {
            values: vec!["celsius".into(), "fahrenheit".into()],
            description: Some("What its display shows"),
            category: Some("config"),
            ..named(
                ExposeKind::Enum,
                "temperature_unit",
                "Temperature unit",
                ALL,
            )
        });
    }
}

fn rssi() -> Expose {
    Expose {
        unit: Some("dBm"),
        category: Some("diagnostic"),
        ..named(
            ExposeKind::Numeric,
            "rssi",
            "Signal strength",
            Expose::STATE,
        )
    }
}

fn named(kind: ExposeKind, name: &'static str, label: &str, access: u8) -> Expose {
    Expose {
        name: Some(name),
        label: Some(label.to_owned()),
        property: Some(name.to_owned()),
        access: Some(access),
        ..Expose::of(kind)
    }
}

fn bounded(name: &'static str, label: &str, access: u8, min: u16, max: u16) -> Expose {
    Expose {
        value_min: Some(min.into()),
        value_max: Some(max.into()),
        ..named(ExposeKind::Numeric, name, label, access)
    }
}

fn color(name: &'static str, label: &str, members: [(&'static str, &str); 2]) -> Expose {
    Expose {
        property: Some("color".to_owned()),
        description: Some("Color of the light"),
        features: members
            .map(|(name, label)| named(ExposeKind::Numeric, name, label, ALL))
            .to_vec(),
        ..named(ExposeKind::Composite, name, label, ALL)
    }
}
