//! Thermostats (ZCL 6.3) and fans (6.4): attributes under one roof.

use super::super::exchange::{Heard, Request, Step};
use super::super::part::{Context, Incoming, Outgoing, Part, Setting, bad_value};
use super::attribute::{Attribute, Meaning, per_endpoint};
use crate::Value;
use crate::model::{Expose, ExposeKind};
use crate::zigbee::zcl::clusters::{fan, thermostat};
use crate::zigbee::zcl::{Type, clusters};

const ALL: u8 = Expose::STATE | Expose::SET | Expose::GET;

const fn degrees(range: (f64, f64), divisor: f64, digits: i32) -> Meaning {
    Meaning::Number {
        divisor,
        digits,
        unit: "°C",
        range: Some(range),
        step: Some(0.5),
    }
}

/// What a thermostat tells and takes, in the order in which it is shown.
static THERMOSTAT: [Attribute; 7] = [
    Attribute {
        property: "local_temperature",
        label: "Local temperature",
        description: "Current temperature measured on the device",
        cluster: thermostat::ID,
        attribute: thermostat::LOCAL_TEMPERATURE,
        of: Type::INT16,
        meaning: Meaning::Number {
            divisor: 100.0,
            digits: 2,
            unit: "°C",
            range: Some((-273.15, 327.67)),
            step: None,
        },
        report: Some((0, 3600, 10)),
        ..Attribute::PLAIN
    },
    Attribute {
        property: "occupied_heating_setpoint",
        label: "Occupied heating setpoint",
        description: "Temperature setpoint",
        cluster: thermostat::ID,
        attribute: thermostat::OCCUPIED_HEATING_SETPOINT,
        of: Type::INT16,
        access: ALL,
        meaning: degrees((0.0, 50.0), 100.0, 2),
        report: Some((0, 3600, 10)),
        ..Attribute::PLAIN
    },
    Attribute {
        property: "occupied_cooling_setpoint",
        label: "Occupied cooling setpoint",
        description: "Temperature setpoint of cooling",
        cluster: thermostat::ID,
        attribute: thermostat::OCCUPIED_COOLING_SETPOINT,
        of: Type::INT16,
        access: ALL,
        meaning: degrees((0.0, 50.0), 100.0, 2),
        report: Some((0, 3600, 10)),
        ..Attribute::PLAIN
    },
    Attribute {
        property: "local_temperature_calibration",
        label: "Local temperature calibration",
        description: "Offset to add to the measured temperature",
        category: Some("config"),
        cluster: thermostat::ID,
        attribute: thermostat::LOCAL_TEMPERATURE_CALIBRATION,
        of: Type::INT8,
        access: ALL,
        meaning: degrees((-12.8, 12.7), 10.0, 1),
        ..Attribute::PLAIN
    },
    Attribute {
        property: "system_mode",
        label: "System mode",
        description: "Mode of this device",
        cluster: thermostat::ID,
        attribute: thermostat::SYSTEM_MODE,
        of: Type::ENUM8,
        access: ALL,
        meaning: Meaning::Several(&[
            ("off", 0),
            ("auto", 1),
            ("cool", 3),
            ("heat", 4),
            ("emergency_heating", 5),
            ("precooling", 6),
            ("fan_only", 7),
            ("dry", 8),
            ("sleep", 9),
        ]),
        report: Some((10, 3600, 0)),
        ..Attribute::PLAIN
    },
    Attribute {
        property: "running_state",
        label: "Running state",
        description: "The current running state",
        cluster: thermostat::ID,
        attribute: thermostat::RUNNING_STATE,
        of: Type::MAP16,
        meaning: Meaning::Several(&[
            ("idle", 0),
            ("heat", 1),
            ("cool", 2),
            ("fan_only", 4),
            ("heat", 5),
            ("cool", 6),
            ("heat", 8),
            ("cool", 16),
        ]),
        report: Some((10, 3600, 0)),
        ..Attribute::PLAIN
    },
    Attribute {
        property: "pi_heating_demand",
        label: "PI heating demand",
        description: "Position of the valve",
        cluster: thermostat::ID,
        attribute: thermostat::PI_HEATING_DEMAND,
        of: Type::UINT8,
        meaning: Meaning::Number {
            divisor: 1.0,
            digits: 0,
            unit: "%",
            range: Some((0.0, 100.0)),
            step: None,
        },
        ..Attribute::PLAIN
    },
];

/// Features a device that nobody named is taken to have.
const OFFERED: [&str; 5] = [
    "local_temperature",
    "occupied_heating_setpoint",
    "local_temperature_calibration",
    "system_mode",
    "running_state",
];

/// A thermostat.
#[derive(Debug)]
pub(crate) struct Thermostat;

impl Part for Thermostat {
    fn exposes(&self, context: &Context<'_>, out: &mut Vec<Expose>) {
        let mut climate = Expose::of(ExposeKind::Climate);
        for attribute in &THERMOSTAT {
            let name = attribute.property;
            // Who cools besides has said so when it was read.
            let cools = || {
                context
                    .serving(thermostat::ID)
                    .flat_map(|endpoint| &endpoint.known)
                    .any(|known| {
                        known.cluster == thermostat::ID
                            && known.attribute == thermostat::OCCUPIED_COOLING_SETPOINT
                    })
            };
            if OFFERED.contains(&name) || (name == "occupied_cooling_setpoint" && cools()) {
                attribute.features(&mut climate.features);
            }
        }
        per_endpoint(context, thermostat::ID, &climate, out);
    }

    fn receive(&self, incoming: &mut Incoming<'_>, heard: &mut Heard) {
        for attribute in &THERMOSTAT {
            attribute.receive(incoming, heard);
        }
        let cooling = thermostat::OCCUPIED_COOLING_SETPOINT;
        if incoming.whole(thermostat::ID, cooling).is_some() {
            incoming.learn(cooling, 1, heard);
        }
    }

    fn set(&self, setting: &Setting<'_>) -> Option<Outgoing> {
        THERMOSTAT
            .iter()
            .find_map(|attribute| attribute.set(setting))
    }

    fn get(&self, context: &Context<'_>, key: &str) -> Option<Vec<Request>> {
        THERMOSTAT
            .iter()
            .find_map(|attribute| attribute.get(context, key))
    }

    fn setup(&self, context: &Context<'_>, out: &mut Vec<Step>) {
        for attribute in &THERMOSTAT {
            if OFFERED.contains(&attribute.property) {
                attribute.setup(context, out);
            }
        }
    }
}

/// Speeds of a fan, and the numbers they have.
const SPEEDS: [(&str, i64); 7] = [
    ("off", 0),
    ("low", 1),
    ("medium", 2),
    ("high", 3),
    ("on", 4),
    ("auto", 5),
    ("smart", 6),
];

static SPEED: Attribute = Attribute {
    property: "fan_mode",
    label: "Fan mode",
    description: "Mode of the fan",
    cluster: fan::ID,
    attribute: fan::MODE,
    of: Type::ENUM8,
    access: ALL,
    meaning: Meaning::Several(&SPEEDS),
    report: Some((0, 3600, 0)),
    ..Attribute::PLAIN
};

/// A fan.
#[derive(Debug)]
pub(crate) struct Fan;

impl Part for Fan {
    fn exposes(&self, context: &Context<'_>, out: &mut Vec<Expose>) {
        let mut state = super::on_off::feature();
        state.property = Some("fan_state".to_owned());
        state.description = Some("On/off state of this fan");
        state.access = Some(Expose::STATE | Expose::SET);
        state.value_toggle = None;
        let mut fan = Expose::of(ExposeKind::Fan);
        fan.features.push(state);
        SPEED.features(&mut fan.features);
        if let Some(mode) = fan.features.last_mut() {
            mode.name = Some("mode");
        }
        per_endpoint(context, clusters::fan::ID, &fan, out);
    }

    fn receive(&self, incoming: &mut Incoming<'_>, heard: &mut Heard) {
        SPEED.receive(incoming, heard);
        if let Some(mode) = incoming.whole(fan::ID, fan::MODE) {
            let state = if mode == 0 { "OFF" } else { "ON" };
            heard.put(incoming.property("fan_state"), state);
        }
    }

    fn set(&self, setting: &Setting<'_>) -> Option<Outgoing> {
        let mode = match setting.key {
            "fan_mode" => setting.value.clone(),
            "fan_state" => match setting
                .value
                .as_str()
                .map(str::to_ascii_lowercase)
                .as_deref()
            {
                Some("on") => Value::from("on"),
                Some("off") => Value::from("off"),
                _ => return Some(Err(bad_value(setting.key, setting.value, "ON or OFF"))),
            },
            _ => return None,
        };
        let as_mode = Setting {
            key: "fan_mode",
            value: &mode,
            ..*setting
        };
        let outgoing = SPEED.set(&as_mode)?;
        Some(outgoing.map(|mut requests| {
            for request in &mut requests {
                let off = request
                    .changes
                    .iter()
                    .any(|(_, v)| v.as_str() == Some("off"));
                let state = if off { "OFF" } else { "ON" };
                request
                    .changes
                    .push((setting.shown("fan_state"), state.into()));
            }
            requests
        }))
    }

    fn get(&self, context: &Context<'_>, key: &str) -> Option<Vec<Request>> {
        let key = if key == "fan_state" { "fan_mode" } else { key };
        SPEED.get(context, key)
    }

    fn setup(&self, context: &Context<'_>, out: &mut Vec<Step>) {
        SPEED.setup(context, out);
    }
}
