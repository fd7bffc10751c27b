//! What an intent means in this home: which devices, which values. Pure tables and arithmetic.

use intents::{Area, Entity, Home, Match, Outcome, Value as Said};
use radios::{Changes, DeviceId, Expose, ExposeKind, Value};

use super::registry::{Device, Registry};

/// What is to be done.
pub(super) enum Plan {
    /// Nothing but to answer.
    Tell(Outcome),
    /// These commands.
    Do(Vec<Act>),
}

/// Values for one device.
pub(super) struct Act {
    pub(super) id: DeviceId,
    pub(super) values: Changes,
}

/// What a device is in Home Assistant's words, by what it exposes; the first that fits.
const DOMAINS: &[(ExposeKind, &str)] = &[
    (ExposeKind::Light, "light"),
    (ExposeKind::Cover, "cover"),
    (ExposeKind::Climate, "climate"),
    (ExposeKind::Fan, "fan"),
    (ExposeKind::Lock, "lock"),
    (ExposeKind::Switch, "switch"),
];

/// Kinds that "everything" means: what can be on or off without harm.
const SWITCHABLE: [&str; 3] = ["light", "switch", "fan"];

/// What a device shows when it is in a state that people ask about: the state, the property, its value.
const SHOWN: &[(&str, &str, Shown)] = &[
    ("on", "state", Shown::Word("ON")),
    ("off", "state", Shown::Word("OFF")),
    ("open", "state", Shown::Word("OPEN")),
    ("closed", "state", Shown::Word("CLOSE")),
    ("locked", "state", Shown::Word("LOCK")),
    ("unlocked", "state", Shown::Word("UNLOCK")),
    ("open", "contact", Shown::Truth(false)),
    ("closed", "contact", Shown::Truth(true)),
    ("on", "occupancy", Shown::Truth(true)),
    ("off", "occupancy", Shown::Truth(false)),
];

/// A value of [`SHOWN`].
enum Shown {
    Word(&'static str),
    Truth(bool),
}

/// What devices of a class that people ask about show it in.
const CLASSES: &[(&str, &str)] = &[
    ("window", "contact"),
    ("door", "contact"),
    ("occupancy", "occupancy"),
];

/// What is taken for a value that devices measure, besides the name itself.
const MEASURES: &[(&str, &[&str])] = &[
    ("carbon_dioxide", &["co2"]),
    ("illuminance", &["illuminance_lux"]),
];

/// Colours by name: hue in degrees, saturation in percent.
const COLORS: &[(&str, u16, u8)] = &[
    ("red", 0, 100),
    ("orange", 30, 100),
    ("yellow", 56, 100),
    ("green", 120, 100),
    ("turquoise", 175, 80),
    ("blue", 240, 100),
    ("purple", 280, 100),
    ("pink", 330, 60),
    ("brown", 25, 75),
    ("white", 0, 0),
];

pub(super) fn domain(device: &Device) -> &'static str {
    let has = |kind| device.definition.exposes.iter().any(|e| e.kind == kind);
    DOMAINS
        .iter()
        .find(|(kind, _)| has(*kind))
        .map_or("sensor", |(_, domain)| domain)
}

/// The names of the home.
pub(super) fn home(registry: &Registry) -> Home {
    let mut home = Home::default();
    for device in registry.iter() {
        let options = &device.options;
        if let Some(room) = &options.room
            && !home.areas.iter().any(|area| area.name == *room)
        {
            home.areas.push(Area {
                name: room.clone(),
                aliases: Vec::new(),
            });
        }
        home.entities.push(Entity {
            id: device.info.id.to_string(),
            name: options.friendly_name.clone(),
            aliases: options.aliases.clone(),
            domain: domain(device).to_owned(),
            area: options.room.clone(),
        });
    }
    home
}

/// What `intent` asks for.
pub(super) fn plan(registry: &Registry, intent: &Match) -> Plan {
    let devices = targets(registry, intent);
    let state = |on: &'static str, open: &'static str, lock: Option<&'static str>| {
        command(&devices, |device| {
            let value = match domain(device) {
                "cover" => open,
                "lock" => lock.ok_or("that cannot be done with a lock")?,
                _ => on,
            };
            Ok(vec![("state".into(), value.into())])
        })
    };
    match intent.intent.as_str() {
        "HassTurnOn" => state("ON", "OPEN", Some("LOCK")),
        "HassTurnOff" => state("OFF", "CLOSE", Some("UNLOCK")),
        "HassToggle" => state("TOGGLE", "STOP", None),
        "HassLightSet" => command(&devices, |device| light(device, intent)),
        "HassSetPosition" => command(&devices, |device| {
            let position = intent.number("position").ok_or("to which position?")?;
            feature(device, "position").ok_or("it has no position")?;
            Ok(vec![("position".into(), position.clamp(0.0, 100.0).into())])
        }),
        "HassClimateGetTemperature" => Plan::Tell(reading(&devices, "temperature")),
        "HassGetState" => Plan::Tell(match (intent.text("device_class"), intent.text("state")) {
            (Some(class), None) => {
                let other = MEASURES.iter().find(|(name, _)| *name == class);
                let names = other.map_or(&[][..], |(_, names)| names);
                let mut known = std::iter::once(&class).chain(names);
                let first = known.find(|name| devices.iter().any(|d| d.state.get(name).is_some()));
                reading(&devices, first.unwrap_or(&class))
            }
            (class, Some(state)) => {
                let by = class.and_then(|class| CLASSES.iter().find(|(name, _)| *name == class));
                let asked: Vec<&Device> = devices
                    .iter()
                    .filter(|device| by.is_none_or(|(_, shows)| feature(device, shows).is_some()))
                    .copied()
                    .collect();
                is(&asked, state, intent.slot("name").is_some())
            }
            (None, None) => Outcome::Failed("nothing to look up".to_owned()),
        }),
        other => Plan::Tell(Outcome::Failed(format!("{other} cannot be done here"))),
    }
}

/// The devices an intent speaks of, without those it takes out.
pub(super) fn targets<'a>(registry: &'a Registry, intent: &Match) -> Vec<&'a Device> {
    let mut devices = spoken_of(registry, intent);
    if let Some(name) = intent.slot("except_name") {
        devices.retain(|device| !name.ids.contains(&device.info.id.to_string()));
    }
    if let Some(area) = intent.text("except_area") {
        let area = area.to_lowercase();
        devices.retain(|device| {
            device.options.room.as_ref().map(|room| room.to_lowercase()) != Some(area.clone())
        });
    }
    devices
}

fn spoken_of<'a>(registry: &'a Registry, intent: &Match) -> Vec<&'a Device> {
    let area = intent.text("area");
    let in_area = |device: &&Device| {
        area.is_none_or(|area| {
            device
                .options
                .room
                .as_deref()
                .is_some_and(|room| room.to_lowercase() == area.to_lowercase())
        })
    };
    match intent.slot("name") {
        Some(name) if !name.ids.is_empty() => name
            .ids
            .iter()
            .filter_map(|id| registry.get(id.parse().ok()?))
            .filter(in_area)
            .collect(),
        Some(name) if name.value.as_str() == Some("all") => registry
            .iter()
            .filter(|device| SWITCHABLE.contains(&domain(device)))
            .filter(in_area)
            .collect(),
        Some(_) => Vec::new(),
        None => registry
            .iter()
            .filter(|device| {
                // Whoever measures answers, whatever else it is.
                let fits = |wanted: &str| {
                    ["sensor", "binary_sensor"].contains(&wanted) || wanted == domain(device)
                };
                match intent.slot("domain").map(|slot| &slot.value) {
                    Some(Said::Text(wanted)) => fits(wanted),
                    Some(Said::List(any)) => any.iter().filter_map(Said::as_str).any(fits),
                    _ => true,
                }
            })
            .filter(in_area)
            .collect(),
    }
}

/// One command for every device that can do it; why not, when none can.
fn command(devices: &[&Device], values: impl Fn(&Device) -> Result<Changes, &'static str>) -> Plan {
    let mut acts = Vec::new();
    let mut why = None;
    for device in devices {
        match values(device) {
            Ok(values) => acts.push(Act {
                id: device.info.id,
                values,
            }),
            Err(reason) => why = Some(format!("{}: {reason}", device.options.friendly_name)),
        }
    }
    match (acts.is_empty(), why) {
        (false, _) => Plan::Do(acts),
        (true, Some(why)) => Plan::Tell(Outcome::Failed(why)),
        (true, None) => Plan::Tell(Outcome::Nothing),
    }
}

fn feature<'a>(device: &'a Device, property: &str) -> Option<&'a Expose> {
    device
        .exposes()
        .find(|expose| expose.property.as_deref() == Some(property))
}

/// The values of a `HassLightSet`.
fn light(device: &Device, intent: &Match) -> Result<Changes, &'static str> {
    let now = |property: &str| device.state.get(property).and_then(Value::as_f64);
    let mut values = Changes::new();
    let percent = match (
        intent.number("brightness"),
        intent.number("brightness_step"),
    ) {
        (Some(percent), _) => Some(percent.clamp(0.0, 100.0)),
        (None, Some(step)) => {
            let current = now("brightness").unwrap_or(127.0) * 100.0 / 254.0;
            // Darker is never off.
            Some((current + step).clamp(1.0, 100.0))
        }
        (None, None) => None,
    };
    if let Some(percent) = percent {
        feature(device, "brightness").ok_or("its brightness cannot be set")?;
        if percent < 0.5 {
            values.push(("state".into(), "OFF".into()));
        } else {
            let level = (percent * 254.0 / 100.0).round().max(1.0);
            values.push(("brightness".into(), level.into()));
        }
    }
    let mired = match (
        intent.number("mired"),
        intent.number("temperature"),
        intent.number("temperature_step"),
    ) {
        (Some(mired), ..) => Some(mired),
        (None, Some(kelvin), _) => Some(1e6 / kelvin.max(1.0)),
        (None, None, Some(step)) => {
            let kelvin = 1e6 / now("color_temp").unwrap_or(370.0).max(1.0);
            Some(1e6 / (kelvin + step).clamp(1000.0, 10_000.0))
        }
        (None, None, None) => None,
    };
    if let Some(mired) = mired {
        let range = feature(device, "color_temp").ok_or("its white tone cannot be set")?;
        let (least, most) = (
            range.value_min.unwrap_or(153.0),
            range.value_max.unwrap_or(500.0),
        );
        let mired = mired.round().min(most).max(least);
        values.push(("color_temp".into(), mired.into()));
    }
    if let Some(name) = intent.text("color") {
        let (_, hue, saturation) = COLORS
            .iter()
            .find(|(known, ..)| *known == name)
            .ok_or("that colour is unknown")?;
        feature(device, "color").ok_or("its colour cannot be set")?;
        let color = vec![
            ("hue".into(), (*hue).into()),
            ("saturation".into(), (*saturation).into()),
        ];
        values.push(("color".into(), Value::Object(color)));
    }
    if values.is_empty() {
        return Err("set it to what?");
    }
    Ok(values)
}

/// The value of `property`; the mean where several devices measure it.
fn reading(devices: &[&Device], property: &str) -> Outcome {
    let values: Vec<f64> = devices
        .iter()
        .filter_map(|device| device.state.get(property)?.as_f64())
        .collect();
    let unit = devices
        .iter()
        .find_map(|device| feature(device, property)?.unit);
    if values.is_empty() {
        return Outcome::Nothing;
    }
    // A home has few devices: the count is exact.
    #[allow(clippy::cast_precision_loss)]
    let mean = values.iter().sum::<f64>() / values.len() as f64;
    let unit = unit.unwrap_or(match property {
        "temperature" => "°C",
        "humidity" | "battery" => "%",
        _ => "",
    });
    Outcome::Reading {
        value: mean,
        unit: unit.to_owned(),
    }
}

/// Whether devices are `on`, `off`, `open`, …, and which.
fn is(devices: &[&Device], wanted: &str, named: bool) -> Outcome {
    let names: Vec<String> = devices
        .iter()
        .filter(|device| {
            SHOWN.iter().any(|(state, property, shown)| {
                let value = device.state.get(property);
                *state == wanted.to_lowercase()
                    && match shown {
                        Shown::Word(word) => value
                            .and_then(Value::as_str)
                            .is_some_and(|value| value.eq_ignore_ascii_case(word)),
                        Shown::Truth(truth) => value.and_then(Value::as_bool) == Some(*truth),
                    }
            })
        })
        .map(|device| device.options.friendly_name.clone())
        .collect();
    if devices.is_empty() {
        return Outcome::Nothing;
    }
    Outcome::State {
        holds: !names.is_empty(),
        names: if named { Vec::new() } else { names },
    }
}
