//! A home with one of everything: a lock, a thermostat, a fan, a garage door and a radio besides the usual lamp and sensors.

use radios::{DeviceInfo, DeviceKind, Event, Expose, ExposeKind};

use super::super::*;
use super::home::{LAMP, id, settings};
use super::{Home, home};

pub(super) const LOCK: &str = "0x00124b0000000001";
pub(super) const HEATER: &str = "0x00124b0000000002";
pub(super) const FAN: &str = "0x00124b0000000003";
pub(super) const GARAGE: &str = "0x00124b0000000004";
pub(super) const PLUG: &str = "0x00124b0000000005";

fn feature(kind: ExposeKind, name: &'static str) -> Expose {
    Expose {
        name: Some(name),
        property: Some(name.to_owned()),
        access: Some(7),
        ..Expose::of(kind)
    }
}

/// The usual home's devices, and a lock, a thermostat, a fan and a garage door.
pub(super) fn define(info: &DeviceInfo) -> radios::Definition {
    let mut definition = home::define(info);
    let (kind, features) = match info.model_id.as_deref() {
        Some("lock") => (ExposeKind::Lock, vec![feature(ExposeKind::Binary, "state")]),
        Some("cover") => (
            ExposeKind::Cover,
            vec![
                feature(ExposeKind::Enum, "state"),
                feature(ExposeKind::Numeric, "position"),
            ],
        ),
        Some("fan") => (
            ExposeKind::Fan,
            vec![
                feature(ExposeKind::Binary, "fan_state"),
                Expose {
                    values: ["low", "medium", "high", "auto"].map(Into::into).to_vec(),
                    ..feature(ExposeKind::Enum, "fan_mode")
                },
            ],
        ),
        Some("thermostat") => (
            ExposeKind::Climate,
            vec![
                feature(ExposeKind::Numeric, "local_temperature"),
                Expose {
                    value_min: Some(7.0),
                    value_max: Some(30.0),
                    ..feature(ExposeKind::Numeric, "occupied_heating_setpoint")
                },
                Expose {
                    values: ["off", "auto", "heat"].map(Into::into).to_vec(),
                    ..feature(ExposeKind::Enum, "system_mode")
                },
            ],
        ),
        _ => return definition,
    };
    definition.exposes = vec![Expose {
        features,
        ..Expose::of(kind)
    }];
    definition
}

pub(super) fn full() -> Home {
    full_with(Settings {
        define,
        ..settings()
    })
}

pub(super) fn full_with(settings: Settings) -> Home {
    let mut home = Home::settled_with(settings);
    for (device, model, name, room) in [
        (LOCK, "lock", "Front Door", "Hall"),
        (HEATER, "thermostat", "Heater", "Bedroom"),
        (FAN, "fan", "Fan", "Bedroom"),
        (GARAGE, "cover", "Garage Door", "Hall"),
        (PLUG, "lumi.plug", "Radio", "Kitchen"),
    ] {
        let info = DeviceInfo {
            model_id: Some(model.to_owned()),
            interview: radios::InterviewState::Successful,
            ..DeviceInfo::new(id(device), DeviceKind::Router)
        };
        home.radio(Event::Device(Box::new(info)));
        home.request(
            "device/rename",
            &format!(r#"{{"from":"{device}","to":"{name}"}}"#),
        );
        home.request(
            "device/options",
            &format!(r#"{{"id":"{name}","options":{{"room":"{room}"}}}}"#),
        );
    }
    home.request(
        "device/options",
        r#"{"id":"Bedroom Lamp","options":{"room":"Bedroom","aliases":["침실 스탠드"]}}"#,
    );
    home.report(
        LAMP,
        &[("state", "ON".into()), ("brightness", 100u8.into())],
        90,
    );
    home.report(PLUG, &[("state", "OFF".into())], 90);
    home.report(
        HEATER,
        &[
            ("occupied_heating_setpoint", 20.0.into()),
            ("local_temperature", 19.5.into()),
            ("system_mode", "heat".into()),
        ],
        90,
    );
    home
}

/// Says it aloud in the hall.
pub(super) fn say(home: &mut Home, text: &str) -> Vec<String> {
    from(home, text, "satellite:hall")
}

pub(super) fn from(home: &mut Home, text: &str, source: &str) -> Vec<String> {
    home.put(Input::Utterance(Utterance {
        text: text.to_owned(),
        source: source.to_owned(),
        ..Utterance::default()
    }))
}

/// Commands to devices, and what is said.
pub(super) fn told(lines: &[String]) -> Vec<String> {
    lines
        .iter()
        .filter(|line| {
            line.starts_with("Zigbee set") || line.starts_with("Ble") || line.starts_with("speak")
        })
        .map(|line| line.replace("speak to satellite:hall: ", "> "))
        .collect()
}
