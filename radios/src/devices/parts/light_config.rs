//! Lamps: how they start and fade by themselves (`level_config`, `color_options`,
//! `color_temp_startup`).

use super::super::color::round;
use super::super::exchange::{Heard, Request};
use super::super::part::{Context, Incoming, Outgoing, Setting};
use super::light::{Light, preset};
use crate::zigbee::zcl::clusters::{color, level};
use crate::zigbee::zcl::{Attribute, Data, Frame, Global, Type};
use crate::{CommandError, Value};

/// A member of `level_config`.
struct Member {
    key: &'static str,
    attribute: u16,
    of: Type,
    /// What the attribute counts in one unit.
    divisor: f64,
    /// Values with a name.
    names: &'static [(&'static str, f64)],
}

const PREVIOUS: (&str, f64) = ("previous", 255.0);

const MEMBERS: &[Member] = &[
    Member {
        key: "on_off_transition_time",
        attribute: level::ON_OFF_TRANSITION,
        of: Type::UINT16,
        divisor: 10.0,
        names: &[],
    },
    Member {
        key: "on_transition_time",
        attribute: level::ON_TRANSITION,
        of: Type::UINT16,
        divisor: 10.0,
        names: &[("disabled", 6553.5)],
    },
    Member {
        key: "off_transition_time",
        attribute: level::OFF_TRANSITION,
        of: Type::UINT16,
        divisor: 10.0,
        names: &[("disabled", 6553.5)],
    },
    Member {
        key: "current_level_startup",
        attribute: level::START_UP,
        of: Type::UINT8,
        divisor: 1.0,
        names: &[("minimum", 0.0), PREVIOUS],
    },
    Member {
        key: "on_level",
        attribute: level::ON_LEVEL,
        of: Type::UINT8,
        divisor: 1.0,
        names: &[PREVIOUS],
    },
];

const EXECUTE_IF_OFF: &str = "execute_if_off";
const STARTUP_PREVIOUS: f64 = 65535.0;

/// Level Control's settings as members of `level_config`.
pub(super) fn receive_level(incoming: &Incoming<'_>, heard: &mut Heard) {
    for member in MEMBERS {
        let Some(raw) = incoming.number(level::ID, member.attribute) else {
            continue;
        };
        let number = round(raw / member.divisor, 1);
        let value = match member.names.iter().find(|(_, n)| *n == number) {
            Some((name, _)) => Value::from(*name),
            None => Value::Number(number),
        };
        heard.put_member(incoming.property("level_config"), member.key, value);
    }
    if let Some(bits) = incoming.whole(level::ID, level::OPTIONS) {
        let value = Value::Bool(bits & 1 == 1);
        heard.put_member(incoming.property("level_config"), EXECUTE_IF_OFF, value);
    }
}

/// Color Control's settings.
pub(super) fn receive_color(incoming: &Incoming<'_>, heard: &mut Heard) {
    if let Some(mireds) = incoming.number(color::ID, color::START_UP_TEMPERATURE) {
        heard.put(incoming.property("color_temp_startup"), mireds);
    }
    if let Some(bits) = incoming.whole(color::ID, color::OPTIONS) {
        let value = Value::Bool(bits & 1 == 1);
        heard.put_member(incoming.property("color_options"), EXECUTE_IF_OFF, value);
    }
}

fn write(setting: &Setting<'_>, cluster: u16, attribute: u16, data: Data) -> Request {
    let write = Global::WriteAttributes(vec![Attribute::new(attribute, data)]);
    let endpoint = setting.context.target(cluster);
    Request::new(endpoint, cluster, Frame::ask(&write))
}

fn execute_if_off(value: &Value) -> Option<Data> {
    Some(Data::Bitmap(1, u64::from(value.as_bool()?)))
}

pub(super) fn set(light: &Light, setting: &Setting<'_>) -> Option<Outgoing> {
    Some(match setting.key {
        "level_config" => set_level_config(setting),
        "color_options" => match setting.value.get(EXECUTE_IF_OFF).and_then(execute_if_off) {
            Some(data) => {
                let request = write(setting, color::ID, color::OPTIONS, data);
                let shown = (setting.shown("color_options"), setting.value.clone());
                Ok(vec![request.showing(vec![shown])])
            }
            None => Err(setting.bad("{\"execute_if_off\": true or false}")),
        },
        "color_temp_startup" if light.temperature.is_some() => startup(light, setting),
        _ => return None,
    })
}

fn set_level_config(setting: &Setting<'_>) -> Outgoing {
    let Value::Object(members) = setting.value else {
        return Err(setting.bad("an object such as {\"on_level\": 100}"));
    };
    let mut requests = Vec::new();
    for (key, value) in members {
        if key == EXECUTE_IF_OFF {
            let data = execute_if_off(value);
            let data = data.ok_or_else(|| setting.bad("execute_if_off true or false"))?;
            requests.push(write(setting, level::ID, level::OPTIONS, data));
            continue;
        }
        let Some(member) = MEMBERS.iter().find(|m| m.key == key) else {
            let keys: Vec<_> = MEMBERS.iter().map(|m| m.key).collect();
            return Err(setting.bad(format_args!("one of {}", keys.join(", "))));
        };
        let data = member.data(value);
        let data = data.ok_or_else(|| setting.bad(format_args!("a number as `{key}`")))?;
        requests.push(write(setting, level::ID, member.attribute, data));
    }
    if let Some(last) = requests.last_mut() {
        last.changes = vec![(setting.shown("level_config"), setting.value.clone())];
    }
    Ok(requests)
}

impl Member {
    fn data(&self, value: &Value) -> Option<Data> {
        let named = value.as_str().and_then(|text| {
            let found = self.names.iter().find(|(name, _)| *name == text);
            found.map(|(_, number)| *number)
        });
        let number = named.or_else(|| value.as_f64()).filter(|n| *n >= 0.0)?;
        self.of.of_number((number * self.divisor).round())
    }
}

fn startup(light: &Light, setting: &Setting<'_>) -> Outgoing {
    let range = light.range(&setting.context).unwrap_or((153, 500));
    let (min, max) = (f64::from(range.0), f64::from(range.1));
    let name = setting.value.as_str();
    let mireds = match setting.value.as_f64() {
        Some(mireds) if mireds == STARTUP_PREVIOUS => Ok(mireds),
        Some(mireds) if mireds > 0.0 => Ok(mireds.round().clamp(min, max)),
        _ if name == Some("previous") => Ok(STARTUP_PREVIOUS),
        _ => match preset(name, min, max) {
            Some(mireds) => Ok(mireds.clamp(min, max)),
            None => Err::<f64, CommandError>(setting.bad(format_args!(
                "mireds from {min} to {max}, previous, coolest, cool, neutral, warm or warmest"
            ))),
        },
    }?;
    let data = Type::UINT16.of_number(mireds).unwrap_or(Data::None);
    let request = write(setting, color::ID, color::START_UP_TEMPERATURE, data);
    let shown = (setting.shown("color_temp_startup"), mireds.into());
    Ok(vec![request.showing(vec![shown])])
}

pub(super) fn get(light: &Light, context: &Context<'_>, key: &str) -> Option<Vec<Request>> {
    let (cluster, attributes): (u16, Vec<u16>) = match key {
        "level_config" => (level::ID, MEMBERS.iter().map(|m| m.attribute).collect()),
        "color_options" => (color::ID, vec![color::OPTIONS]),
        "color_temp_startup" if light.temperature.is_some() => {
            (color::ID, vec![color::START_UP_TEMPERATURE])
        }
        _ => return None,
    };
    Some(vec![Request::read(
        context.target(cluster),
        cluster,
        None,
        &attributes,
    )])
}
