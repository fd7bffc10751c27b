//! Entities of whole things: lamps, relays, blinds, locks, fans, thermostats.

use std::borrow::Cow;

use radios::{Expose, Value};
use serde_json::{Value as Json, json};

use super::Subject;
use super::entity::{Entity, set_topic, state_topic, template};

fn feature<'a>(expose: &'a Expose, name: &str) -> Option<&'a Expose> {
    expose.features.iter().find(|f| f.name == Some(name))
}

/// The key of a feature in the state.
fn property<'a>(expose: &'a Expose, name: &str) -> Option<&'a str> {
    feature(expose, name)?.property.as_deref()
}

fn settable(expose: &Expose) -> bool {
    expose.access.is_some_and(|a| a & Expose::SET != 0)
}

/// The entity that a device mainly is, or one for each endpoint.
fn main_entity(component: &'static str, expose: &Expose) -> Entity {
    match expose.endpoint {
        Some(endpoint) => {
            let object = format!("{component}_{endpoint}");
            let mut entity = Entity::new(component, object, endpoint.to_owned());
            let mut letters = endpoint.chars();
            let name: String = letters
                .next()
                .map(|first| first.to_uppercase().chain(letters).collect())
                .unwrap_or_default();
            entity.put("name", name);
            entity
        }
        None => {
            let mut entity = Entity::new(component, component.to_owned(), String::new());
            entity.put("name", Json::Null);
            entity
        }
    }
}

fn on_off(expose: &Expose) -> (Json, Json) {
    let text = |value: Option<&Value>, default: &str| match value {
        Some(value) => json!(value),
        None => Json::from(default),
    };
    let state = feature(expose, "state");
    (
        text(state.and_then(|s| s.value_on.as_ref()), "ON"),
        text(state.and_then(|s| s.value_off.as_ref()), "OFF"),
    )
}

/// The state of a lamp or blind of one endpoint is published on a topic of its own.
fn own_state_topic(subject: &Subject<'_>, expose: &Expose) -> String {
    match expose.endpoint {
        Some(endpoint) => format!("{}/{endpoint}", state_topic(subject)),
        None => state_topic(subject),
    }
}

pub(super) fn light(subject: &Subject<'_>, expose: &Expose) -> Vec<Entity> {
    let mut entity = main_entity("light", expose);
    entity.put("schema", "json");
    entity.put("state_topic", own_state_topic(subject, expose));
    entity.put("command_topic", set_topic(subject, expose.endpoint, None));
    entity.put("brightness", true);
    entity.put("brightness_scale", 254);
    let mut modes = Vec::new();
    if feature(expose, "color_xy").is_some() {
        modes.push("xy");
    } else if feature(expose, "color_hs").is_some() {
        modes.push("hs");
    }
    if let Some(range) = feature(expose, "color_temp") {
        modes.push("color_temp");
        let number = |value: f64| json!(Value::Number(value));
        entity.put_some("min_mireds", range.value_min.map(number));
        entity.put_some("max_mireds", range.value_max.map(number));
    }
    if modes.is_empty() {
        modes.push("brightness");
    }
    entity.put("supported_color_modes", modes);
    let effects = subject.definition.exposes.iter().find(|other| {
        other.name == Some("effect") && settable(other) && other.endpoint == expose.endpoint
    });
    if let Some(effects) = effects {
        entity.put("effect", true);
        entity.put("effect_list", effects.values.clone());
    }
    vec![entity]
}

pub(super) fn switch(subject: &Subject<'_>, expose: &Expose) -> Vec<Entity> {
    let Some(state) = property(expose, "state") else {
        return Vec::new();
    };
    let mut entity = main_entity("switch", expose);
    let (on, off) = on_off(expose);
    entity.put("payload_on", on);
    entity.put("payload_off", off);
    entity.put("state_topic", state_topic(subject));
    entity.put("value_template", template(state));
    entity.put("command_topic", set_topic(subject, expose.endpoint, None));
    vec![entity]
}

pub(super) fn lock(subject: &Subject<'_>, expose: &Expose) -> Vec<Entity> {
    let Some(state) = property(expose, "state") else {
        return Vec::new();
    };
    let mut entity = main_entity("lock", expose);
    let (on, off) = on_off(expose);
    entity.put("state_locked", on);
    entity.put("state_unlocked", off);
    entity.put("state_topic", state_topic(subject));
    entity.put("value_template", template(state));
    entity.put("command_topic", set_topic(subject, expose.endpoint, None));
    vec![entity]
}

pub(super) fn cover(subject: &Subject<'_>, expose: &Expose) -> Vec<Entity> {
    let mut entity = main_entity("cover", expose);
    let topic = own_state_topic(subject, expose);
    entity.put("command_topic", set_topic(subject, expose.endpoint, None));
    entity.put("state_topic", topic.clone());
    entity.put("value_template", "{{ value_json[\"state\"] }}");
    entity.put("state_open", "OPEN");
    entity.put("state_closed", "CLOSE");
    entity.put("state_stopped", "STOP");
    if feature(expose, "position").is_some() {
        entity.put("position_topic", topic.clone());
        entity.put("position_template", "{{ value_json[\"position\"] }}");
        entity.put(
            "set_position_topic",
            set_topic(subject, expose.endpoint, None),
        );
        entity.put("set_position_template", "{ \"position\": {{ position }} }");
    }
    if feature(expose, "tilt").is_some() {
        entity.put("tilt_status_topic", topic);
        entity.put("tilt_status_template", "{{ value_json[\"tilt\"] }}");
        entity.put(
            "tilt_command_topic",
            set_topic(subject, expose.endpoint, Some("tilt")),
        );
    }
    vec![entity]
}

pub(super) fn fan(subject: &Subject<'_>, expose: &Expose) -> Vec<Entity> {
    let Some(state) = property(expose, "state") else {
        return Vec::new();
    };
    let mut entity = main_entity("fan", expose);
    let topic = state_topic(subject);
    entity.put("state_topic", topic.clone());
    entity.put(
        "state_value_template",
        format!("{{{{ value_json.{state} }}}}"),
    );
    entity.put(
        "command_topic",
        set_topic(subject, expose.endpoint, Some(state)),
    );
    if let Some(speed) = feature(expose, "speed")
        && let Some(property) = speed.property.as_deref()
    {
        let number = |value: f64| json!(Value::Number(value));
        entity.put("percentage_state_topic", topic);
        entity.put(
            "percentage_value_template",
            format!("{{{{ value_json[\"{property}\"] | default('None') }}}}"),
        );
        entity.put(
            "percentage_command_topic",
            set_topic(subject, expose.endpoint, Some(property)),
        );
        entity.put("percentage_command_template", "{{ value | default('') }}");
        entity.put("speed_range_min", number(speed.value_min.unwrap_or(1.0)));
        entity.put("speed_range_max", number(speed.value_max.unwrap_or(254.0)));
    } else if let Some(mode) = feature(expose, "mode")
        && let Some(property) = mode.property.as_deref()
    {
        fan_modes(&mut entity, subject, expose, property, &mode.values);
    }
    vec![entity]
}

/// Modes in the order of their speed; what is in no order is a preset.
const SPEEDS: [&str; 4] = ["low", "medium", "high", "on"];

fn fan_modes(
    entity: &mut Entity,
    subject: &Subject<'_>,
    expose: &Expose,
    property: &str,
    values: &[Cow<'static, str>],
) {
    let topic = state_topic(subject);
    let command = set_topic(subject, expose.endpoint, Some(property));
    let speeds: Vec<&str> = ["off"]
        .into_iter()
        .chain(
            SPEEDS
                .into_iter()
                .filter(|speed| values.iter().any(|value| value == speed)),
        )
        .collect();
    let by_number: Vec<String> = speeds
        .iter()
        .enumerate()
        .map(|(i, s)| format!("{i}:'{s}'"))
        .collect();
    let by_name: Vec<String> = speeds
        .iter()
        .enumerate()
        .map(|(i, s)| format!("'{s}':{i}"))
        .collect();
    entity.put("percentage_state_topic", topic.clone());
    entity.put(
        "percentage_value_template",
        format!(
            "{{{{ {{{}}}[value_json[\"{property}\"]] | default('None') }}}}",
            by_name.join(", ")
        ),
    );
    entity.put("percentage_command_topic", command.clone());
    entity.put(
        "percentage_command_template",
        format!(
            "{{{{ {{{}}}[value] | default('') }}}}",
            by_number.join(", ")
        ),
    );
    entity.put("speed_range_min", 1);
    entity.put("speed_range_max", speeds.len().saturating_sub(1));
    let presets: Vec<&str> = values
        .iter()
        .map(AsRef::as_ref)
        .filter(|v| !SPEEDS.contains(v) && *v != "off")
        .collect();
    if !presets.is_empty() {
        let quoted: Vec<String> = presets.iter().map(|preset| format!("'{preset}'")).collect();
        entity.put("preset_mode_state_topic", topic);
        entity.put("preset_mode_command_topic", command);
        entity.put(
            "preset_mode_value_template",
            format!(
                "{{{{ value_json[\"{property}\"] if value_json[\"{property}\"] in [{}] else 'None' | default('None') }}}}",
                quoted.join(", ")
            ),
        );
        entity.put("preset_modes", presets);
    }
}

/// A thermostat's choices: feature, and the words of its keys.
const CLIMATE_CHOICES: &[(&str, &str, &str, &str)] = &[
    ("system_mode", "mode", "state_template", "modes"),
    ("fan_mode", "fan_mode", "state_template", "fan_modes"),
    ("swing_mode", "swing_mode", "state_template", "swing_modes"),
    ("preset", "preset_mode", "value_template", "preset_modes"),
];

/// The words of `running_state`, and Home Assistant's for them.
const ACTIONS: &str =
    "{None:None,'idle':'idle','heat':'heating','cool':'cooling','fan_only':'fan'}";

pub(super) fn climate(subject: &Subject<'_>, expose: &Expose) -> Vec<Entity> {
    let setpoint = |name: &str| feature(expose, name).filter(|f| f.property.is_some());
    let heat =
        setpoint("occupied_heating_setpoint").or_else(|| setpoint("current_heating_setpoint"));
    let cool = setpoint("occupied_cooling_setpoint");
    let Some(target) = heat.or(cool) else {
        return Vec::new();
    };
    let mut entity = main_entity("climate", expose);
    let topic = state_topic(subject);
    // The endpoint is in the topic: the property's suffix would name it twice.
    let set = |property: &str| {
        let suffix = expose.endpoint.map(|endpoint| format!("_{endpoint}"));
        let bare = suffix.and_then(|suffix| property.strip_suffix(&*suffix));
        set_topic(subject, expose.endpoint, bare.or(Some(property)))
    };
    let number = |value: f64| json!(Value::Number(value));
    entity.put("temperature_unit", "C");
    entity.put("temp_step", number(target.value_step.unwrap_or(0.5)));
    entity.put_some("min_temp", target.value_min.map(|v| number(v).to_string()));
    entity.put_some("max_temp", target.value_max.map(|v| number(v).to_string()));
    if let Some(local) = property(expose, "local_temperature") {
        entity.put("current_temperature_topic", topic.clone());
        entity.put("current_temperature_template", template(local));
    }
    let humidity = subject.definition.exposes.iter().find(|other| {
        other.name == Some("humidity") && !settable(other) && other.endpoint == expose.endpoint
    });
    if let Some(property) = humidity.and_then(|humidity| humidity.property.as_deref()) {
        entity.put("current_humidity_topic", topic.clone());
        entity.put("current_humidity_template", template(property));
    }
    let targets: &[(&str, Option<&Expose>)] = match (heat, cool) {
        (Some(_), Some(_)) => &[("temperature_low", heat), ("temperature_high", cool)],
        _ => &[("temperature", Some(target))],
    };
    for (key, target) in targets {
        if let Some(property) = target.and_then(|t| t.property.as_deref()) {
            entity.put(&format!("{key}_command_topic"), set(property));
            entity.put(&format!("{key}_state_topic"), topic.clone());
            entity.put(&format!("{key}_state_template"), template(property));
        }
    }
    for (name, key, state, list) in CLIMATE_CHOICES {
        if let Some(choice) = feature(expose, name)
            && let Some(property) = choice.property.as_deref()
        {
            entity.put(list, choice.values.clone());
            entity.put(&format!("{key}_state_topic"), topic.clone());
            entity.put(&format!("{key}_{state}"), template(property));
            if settable(choice) {
                entity.put(&format!("{key}_command_topic"), set(property));
            }
        }
    }
    if let Some(running) = property(expose, "running_state") {
        entity.put("action_topic", topic);
        entity.put(
            "action_template",
            format!("{{% set values = {ACTIONS} %}}{{{{ values[value_json[\"{running}\"]] }}}}"),
        );
    }
    let mut entities = vec![entity];
    for name in [
        "local_temperature",
        "local_temperature_calibration",
        "pi_heating_demand",
    ] {
        if let Some(more) = feature(expose, name) {
            for mut entity in super::entity::numeric(subject, more) {
                entity.payload.remove("enabled_by_default");
                entities.push(entity);
            }
        }
    }
    entities
}
