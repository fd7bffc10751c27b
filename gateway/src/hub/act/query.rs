//! Questions, answered from what is known.

use intents::{Match, Outcome};

use super::{Device, feature};

/// What a device shows when it is in a state that people ask about: the state, the property, its value.
const SHOWN: &[(&str, &str, Shown)] = &[
    ("on", "state", Shown::Word("ON")),
    ("off", "state", Shown::Word("OFF")),
    ("on", "fan_state", Shown::Word("ON")),
    ("off", "fan_state", Shown::Word("OFF")),
    ("open", "state", Shown::Word("OPEN")),
    ("closed", "state", Shown::Word("CLOSE")),
    ("locked", "state", Shown::Word("LOCK")),
    ("unlocked", "state", Shown::Word("UNLOCK")),
    ("open", "contact", Shown::Truth(false)),
    ("closed", "contact", Shown::Truth(true)),
    ("on", "occupancy", Shown::Truth(true)),
    ("off", "occupancy", Shown::Truth(false)),
    ("home", "presence", Shown::Word("home")),
    ("not_home", "presence", Shown::Word("not_home")),
    ("wet", "water_leak", Shown::Truth(true)),
    ("dry", "water_leak", Shown::Truth(false)),
    ("on", "smoke", Shown::Truth(true)),
    ("low", "battery_low", Shown::Truth(true)),
    ("low", "battery", Shown::Below(20.0)),
];

/// A value of [`SHOWN`].
enum Shown {
    Word(&'static str),
    Truth(bool),
    Below(f64),
}

/// What devices of a class that people ask about show it in.
const CLASSES: &[(&str, &[&str])] = &[
    ("window", &["contact"]),
    ("door", &["contact"]),
    ("occupancy", &["occupancy"]),
    ("presence", &["presence"]),
    ("battery", &["battery", "battery_low"]),
    ("moisture", &["water_leak"]),
    ("smoke", &["smoke"]),
];

/// Words in a name that tell windows from doors, whose sensors are the same.
const OPENINGS: &[(&str, &[&str])] = &[
    ("window", &["window", "창문", "窗", "fenster", "cửa sổ"]),
    (
        "door",
        &["door", "현관", "방문", "대문", "门", "tür", "tor"],
    ),
];

/// What is taken for a value that devices measure, besides the name itself.
const MEASURES: &[(&str, &[&str])] = &[
    ("temperature", &["local_temperature"]),
    ("carbon_dioxide", &["co2"]),
    ("illuminance", &["illuminance_lux"]),
];

/// The answer to a `HassGetState` or `HassClimateGetTemperature`.
pub(super) fn answer(devices: &[&Device], intent: &Match) -> Outcome {
    if intent.intent == "HassClimateGetTemperature" {
        return reading(devices, "temperature");
    }
    match (intent.text("device_class"), intent.text("state")) {
        (Some(class), None) => reading(devices, class),
        (class, Some(state)) => {
            let shows = class.and_then(|class| CLASSES.iter().find(|(name, _)| *name == class));
            let asked: Vec<&Device> = devices
                .iter()
                .filter(|device| {
                    shows.is_none_or(|(_, any)| {
                        any.iter()
                            .any(|property| feature(device, property).is_some())
                    })
                })
                .filter(|device| class.is_none_or(|class| is_opening(device, class)))
                .copied()
                .collect();
            is(
                &asked,
                state,
                shows.map(|(_, any)| *any),
                intent.slot("name").is_some(),
            )
        }
        (None, None) => Outcome::Failed("nothing to look up".to_owned()),
    }
}

/// Whether a sensor may be that of a door or window; one whose name tells neither is both.
fn is_opening(device: &Device, class: &str) -> bool {
    let Some((_, own)) = OPENINGS.iter().find(|(name, _)| *name == class) else {
        return true;
    };
    let options = &device.options;
    let names: Vec<String> = std::iter::once(&options.friendly_name)
        .chain(&options.aliases)
        .map(|name| name.to_lowercase())
        .collect();
    let says = |words: &[&str]| {
        let mut words = words.iter();
        words.any(|word| names.iter().any(|name| name.contains(word)))
    };
    let mut others = OPENINGS.iter().filter(|(name, _)| *name != class);
    says(own) || !others.any(|(_, words)| says(words))
}

/// The value of `class`; the mean where several devices measure it.
fn reading(devices: &[&Device], class: &str) -> Outcome {
    let more = MEASURES.iter().find(|(name, _)| *name == class);
    let properties: Vec<&str> = std::iter::once(class)
        .chain(
            more.into_iter()
                .flat_map(|(_, names)| names.iter().copied()),
        )
        .collect();
    let known = |device: &&Device| {
        properties
            .iter()
            .find_map(|property| Some((*property, device.state.get(property)?.as_f64()?)))
    };
    let values: Vec<f64> = devices.iter().filter_map(known).map(|(_, n)| n).collect();
    if values.is_empty() {
        return Outcome::Nothing;
    }
    let unit = devices.iter().find_map(|device| {
        let (property, _) = known(device)?;
        feature(device, property)?.unit
    });
    // A home has few devices: the count is exact.
    #[expect(clippy::cast_precision_loss)]
    let mean = values.iter().sum::<f64>() / values.len() as f64;
    let unit = unit.unwrap_or(match class {
        "temperature" => "°C",
        "humidity" | "battery" => "%",
        _ => "",
    });
    Outcome::Reading {
        value: mean,
        unit: unit.to_owned(),
    }
}

/// Whether devices are `on`, `off`, `open`, …, and which; by these properties, where a class was asked.
fn is(devices: &[&Device], wanted: &str, by: Option<&[&str]>, named: bool) -> Outcome {
    let wanted = wanted.to_lowercase();
    let shows = |device: &Device| {
        device.state.iter().any(|(property, value)| {
            SHOWN.iter().any(|(state, name, shown)| {
                *state == wanted
                    && by.is_none_or(|by| by.contains(name))
                    && (property == name
                        || property
                            .strip_prefix(name)
                            .is_some_and(|rest| rest.starts_with('_') && *name == "state"))
                    && match shown {
                        Shown::Word(word) => value
                            .as_str()
                            .is_some_and(|value| value.eq_ignore_ascii_case(word)),
                        Shown::Truth(truth) => value.as_bool() == Some(*truth),
                        Shown::Below(limit) => value.as_f64().is_some_and(|n| n < *limit),
                    }
            })
        })
    };
    if devices.is_empty() {
        return Outcome::Nothing;
    }
    let names: Vec<String> = devices
        .iter()
        .filter(|device| shows(device))
        .map(|device| device.options.friendly_name.clone())
        .collect();
    Outcome::State {
        holds: !names.is_empty(),
        names: if named { Vec::new() } else { names },
    }
}
