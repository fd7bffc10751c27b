//! Switches, covers, locks, fans and heating.

use intents::Match;
use radios::{Changes, Expose, ExposeKind, Property, Value};

use super::{Device, Why, domain, feature};

/// What is wished of something that can be on or off.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Wish {
    On,
    Off,
    Toggle,
}

/// Properties that heat or cool to a temperature, the usual one first.
const SETPOINTS: [&str; 3] = [
    "occupied_heating_setpoint",
    "current_heating_setpoint",
    "occupied_cooling_setpoint",
];

/// Heating and cooling modes that "on" means, the best first.
const RUNNING: [&str; 3] = ["auto", "heat", "cool"];

/// Fans' speeds, the slowest first.
const SPEEDS: [&str; 3] = ["low", "medium", "high"];

/// What a percentage beyond which nobody heats a home in Celsius must be: Fahrenheit.
const FAHRENHEIT: f64 = 45.0;

fn one(property: &str, value: impl Into<Value>) -> Changes {
    vec![(Property::Owned(property.to_owned()), value.into())]
}

/// On, open, lock; off, close, unlock.
pub(super) fn switch(device: &Device, wish: Wish) -> Result<Changes, Why> {
    let word = |on: &'static str, off: &'static str| match wish {
        Wish::On => Ok(on),
        Wish::Off => Ok(off),
        Wish::Toggle => Err("wrong_kind"),
    };
    match domain(device) {
        "cover" => match wish {
            Wish::Toggle => {
                let open = device.state.get("state").and_then(Value::as_str) == Some("OPEN");
                Ok(one("state", if open { "CLOSE" } else { "OPEN" }))
            }
            _ => Ok(one("state", word("OPEN", "CLOSE")?)),
        },
        "lock" => Ok(one("state", word("LOCK", "UNLOCK")?)),
        "climate" => {
            let modes = feature(device, "system_mode").ok_or("wrong_kind")?;
            let mode = match wish {
                Wish::On => *RUNNING
                    .iter()
                    .find(|mode| modes.values.iter().any(|value| value == *mode))
                    .ok_or("wrong_kind")?,
                Wish::Off => "off",
                Wish::Toggle => return Err("wrong_kind"),
            };
            Ok(one("system_mode", mode))
        }
        _ => {
            let kinds = [ExposeKind::Light, ExposeKind::Switch, ExposeKind::Fan];
            let exposes = device.definition.exposes.iter();
            let states: Changes = exposes
                .filter(|expose| kinds.contains(&expose.kind))
                .flat_map(|expose| &expose.features)
                .filter(|feature| ["state", "fan_state"].contains(&feature.name.unwrap_or("")))
                .filter_map(|feature| feature.property.clone())
                .map(|property| {
                    let value = match wish {
                        Wish::On => "ON",
                        Wish::Off => "OFF",
                        Wish::Toggle if property.starts_with("fan_state") => {
                            let on = device.state.get(&property).and_then(Value::as_str);
                            if on == Some("ON") { "OFF" } else { "ON" }
                        }
                        Wish::Toggle => "TOGGLE",
                    };
                    (Property::Owned(property), value.into())
                })
                .collect();
            if states.is_empty() {
                return Err("wrong_kind");
            }
            Ok(states)
        }
    }
}

/// A cover stays where it is.
pub(super) fn stop(device: &Device) -> Result<Changes, Why> {
    if domain(device) == "cover" {
        Ok(one("state", "STOP"))
    } else {
        Err("wrong_kind")
    }
}

/// A cover to a position.
pub(super) fn position(device: &Device, intent: &Match) -> Result<Changes, Why> {
    feature(device, "position").ok_or("no_position")?;
    let position = match (intent.number("position"), intent.number("position_step")) {
        (Some(position), _) => position,
        (None, Some(step)) => {
            let now = device.state.get("position").and_then(Value::as_f64);
            now.ok_or("unknown_yet")? + step
        }
        (None, None) => return Err("what"),
    };
    Ok(one("position", position.clamp(0.0, 100.0).round()))
}

/// A fan to a speed: in percent, faster or slower, or by its mode's name.
pub(super) fn speed(device: &Device, intent: &Match) -> Result<Changes, Why> {
    let percent = (
        intent.number("percentage"),
        intent.number("percentage_step"),
    );
    if let Some(range) = feature(device, "percentage").or_else(|| feature(device, "fan_speed")) {
        let property = range.property.clone().unwrap_or_default();
        let (least, most) = (
            range.value_min.unwrap_or(0.0),
            range.value_max.unwrap_or(100.0),
        );
        let width = (most - least).max(1.0);
        let now = device.state.get(&property).and_then(Value::as_f64);
        let wanted = match percent {
            (Some(percent), _) => Some(percent / 100.0 * width + least),
            (None, Some(step)) => Some(now.unwrap_or(least) + step / 100.0 * width),
            (None, None) => None,
        };
        if let Some(wanted) = wanted {
            return Ok(one(&property, wanted.round().clamp(least, most)));
        }
    }
    let modes = feature(device, "fan_mode").ok_or("no_speed")?;
    let has = |mode: &str| modes.values.iter().any(|value| value == mode);
    if let Some(mode) = intent.text("mode") {
        if !has(mode) {
            return Err("no_speed");
        }
        return Ok(one("fan_mode", mode.to_owned()));
    }
    let speeds: Vec<&str> = SPEEDS.into_iter().filter(|mode| has(mode)).collect();
    let last = speeds.len().checked_sub(1).ok_or("no_speed")?;
    let wanted = match percent {
        (Some(percent), _) if percent < 1.0 => return Ok(one("fan_mode", "off")),
        // Thirds of the way, where there are three.
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            clippy::cast_precision_loss
        )]
        (Some(percent), _) => {
            ((percent / 100.0 * speeds.len() as f64).ceil() as usize).clamp(1, last + 1) - 1
        }
        (None, Some(step)) => {
            let now = device.state.get("fan_mode").and_then(Value::as_str);
            let now = now.and_then(|now| speeds.iter().position(|speed| *speed == now));
            match now {
                Some(now) if step > 0.0 => (now + 1).min(last),
                Some(now) => now.saturating_sub(1),
                None => 0,
            }
        }
        (None, None) => return Err("what"),
    };
    let mode = speeds.get(wanted).copied().ok_or("no_speed")?;
    Ok(one("fan_mode", mode.to_owned()))
}

/// The property to set a thermostat's temperature by: the cooling one while it cools.
fn setpoint_of(device: &Device) -> Option<&Expose> {
    let cools = device.state.get("system_mode").and_then(Value::as_str) == Some("cool");
    let cooling = cools
        .then(|| feature(device, "occupied_cooling_setpoint"))
        .flatten();
    cooling.or_else(|| SETPOINTS.iter().find_map(|name| feature(device, name)))
}

/// A thermostat to a temperature, or so much warmer.
pub(super) fn setpoint(device: &Device, intent: &Match) -> Result<Changes, Why> {
    let range = setpoint_of(device).ok_or("wrong_kind")?;
    let property = range.property.clone().unwrap_or_default();
    let most = range.value_max.unwrap_or(35.0);
    let wanted = match (
        intent.number("temperature"),
        intent.number("temperature_step"),
    ) {
        (Some(degrees), _) if degrees > FAHRENHEIT && most <= FAHRENHEIT => {
            ((degrees - 32.0) * 10.0 / 9.0).round() / 2.0
        }
        (Some(degrees), _) => degrees,
        (None, Some(step)) => {
            let now = device.state.get(&property).and_then(Value::as_f64);
            now.ok_or("unknown_yet")? + step
        }
        (None, None) => return Err("what"),
    };
    if !(range.value_min.unwrap_or(5.0)..=most).contains(&wanted) {
        return Err("too_far");
    }
    Ok(one(&property, wanted))
}

/// A thermostat to heating, cooling, …
pub(super) fn mode(device: &Device, intent: &Match) -> Result<Changes, Why> {
    let modes = feature(device, "system_mode").ok_or("no_mode")?;
    let mode = intent.text("mode").ok_or("what")?;
    if !modes.values.iter().any(|value| value == mode) {
        return Err("no_mode");
    }
    Ok(one("system_mode", mode.to_owned()))
}
