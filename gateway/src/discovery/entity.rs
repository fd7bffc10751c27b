//! Entities of single properties: sensors, numbers, choices, switches, buttons, texts.

use radios::{DeviceId, Expose, Value};
use serde_json::{Map, Value as Json, json};

use super::hints::{self, Family};
use super::{Announcement, Subject, device, origin};

/// An entity in the making.
pub(super) struct Entity {
    component: &'static str,
    /// `temperature`, `switch_left`.
    object: String,
    /// Ends the entity's id: empty for what a device mainly is.
    suffix: String,
    pub(super) payload: Map<String, Json>,
}

impl Entity {
    pub(super) fn new(component: &'static str, object: String, suffix: String) -> Self {
        Self {
            component,
            object,
            suffix,
            payload: Map::new(),
        }
    }

    pub(super) fn put(&mut self, key: &str, value: impl Into<Json>) {
        self.payload.insert(key.to_owned(), value.into());
    }

    pub(super) fn put_some(&mut self, key: &str, value: Option<impl Into<Json>>) {
        if let Some(value) = value {
            self.put(key, value);
        }
    }

    /// Adds what every entity has.
    pub(super) fn finish(mut self, subject: &Subject<'_>) -> Announcement {
        let id = subject.info.id;
        let base = subject.base_topic;
        let name = subject.name.to_lowercase().replace([' ', '/'], "_");
        let object_id = if self.suffix.is_empty() {
            name
        } else {
            format!("{name}_{}", self.suffix)
        };
        let template = "{{ value_json.state }}";
        self.put(
            "availability",
            json!([
                {"topic": format!("{base}/bridge/state"), "value_template": template},
                {"topic": format!("{base}/{}/availability", subject.name), "value_template": template},
            ]),
        );
        self.put("availability_mode", "all");
        self.put(
            "default_entity_id",
            format!("{}.{object_id}", self.component),
        );
        self.put("object_id", object_id);
        self.put("unique_id", format!("{id}_{}_{base}", self.object));
        self.put("device", device(subject));
        self.put("origin", origin());
        Announcement {
            topic: format!("{}/{id}/{}/config", self.component, self.object),
            payload: Json::Object(self.payload),
        }
    }
}

/// The topic a device's state is published on.
pub(super) fn state_topic(subject: &Subject<'_>) -> String {
    format!("{}/{}", subject.base_topic, subject.name)
}

/// The topic to set `property` on; everything, without one.
pub(super) fn set_topic(
    subject: &Subject<'_>,
    endpoint: Option<&str>,
    property: Option<&str>,
) -> String {
    let mut topic = state_topic(subject);
    for part in endpoint.into_iter().chain(["set"]).chain(property) {
        topic.push('/');
        topic.push_str(part);
    }
    topic
}

/// The template that takes `property` out of the state.
pub(super) fn template(property: &str) -> String {
    format!("{{{{ value_json[\"{property}\"] }}}}")
}

/// `power_on_behavior` → `Power on behavior`.
pub(super) fn sentence(name: &str) -> String {
    let text = name.replace('_', " ");
    let mut letters = text.chars();
    letters
        .next()
        .map(|first| first.to_uppercase().chain(letters).collect())
        .unwrap_or_default()
}

fn can(expose: &Expose, access: u8) -> bool {
    expose.access.is_some_and(|bits| bits & access != 0)
}

/// The parts that every property's entity has: name, class, category, icon.
fn describe(entity: &mut Entity, expose: &Expose, family: Family) {
    let name = expose.name.unwrap_or_default();
    let hint = hints::find(family, name, expose.unit);
    let settable = can(expose, Expose::SET);
    let mut class = hint.map_or("", |hint| hint.class);
    // What has a unit by nature is nothing without it.
    if family == Family::Number && expose.unit.is_none() {
        class = "";
    }
    let mut category = match expose.category {
        Some(category) => category,
        None => hint.map_or("", |hint| hint.category),
    };
    // A mains meter's fine points; a battery's voltage says so itself.
    if matches!(class, "voltage" | "frequency") && expose.category.is_none() {
        category = if can(expose, Expose::GET) {
            "diagnostic"
        } else {
            ""
        };
    }
    if category == "config" && (!settable || entity.component == "sensor") {
        category = "diagnostic";
    }
    if class.is_empty() {
        let label = expose.label.clone().unwrap_or_else(|| sentence(name));
        entity.put(
            "name",
            match expose.endpoint {
                Some(endpoint) => format!("{label} {endpoint}"),
                None => label,
            },
        );
    } else {
        entity.put("device_class", class);
    }
    for (key, value) in [
        ("entity_category", category),
        ("icon", hint.map_or("", |hint| hint.icon)),
    ] {
        if !value.is_empty() {
            entity.put(key, value);
        }
    }
    if hint.is_some_and(|hint| !hint.enabled) {
        entity.put("enabled_by_default", false);
    }
}

/// An entity of `expose`, and its property.
fn begin<'a>(
    component: &'static str,
    prefix: &str,
    expose: &'a Expose,
    family: Family,
) -> Option<(Entity, &'a str)> {
    let property = expose.property.as_deref()?;
    let object = format!("{prefix}{property}");
    let mut entity = Entity::new(component, object, property.to_owned());
    describe(&mut entity, expose, family);
    Some((entity, property))
}

fn state(entity: &mut Entity, subject: &Subject<'_>, expose: &Expose, property: &str) {
    if can(expose, Expose::STATE) {
        entity.put("state_topic", state_topic(subject));
        entity.put("value_template", template(property));
    }
}

fn plain(value: Option<&Value>) -> Json {
    value.map_or(Json::Null, |value| json!(value))
}

pub(super) fn binary(subject: &Subject<'_>, expose: &Expose) -> Vec<Entity> {
    let settable = can(expose, Expose::SET);
    let (component, prefix) = if settable {
        ("switch", "switch_")
    } else {
        ("binary_sensor", "")
    };
    let Some((mut entity, property)) = begin(component, prefix, expose, Family::Binary) else {
        return Vec::new();
    };
    let (on, off) = (
        plain(expose.value_on.as_ref()),
        plain(expose.value_off.as_ref()),
    );
    entity.put("state_topic", state_topic(subject));
    entity.put("value_template", template(property));
    if settable {
        if on.is_boolean() {
            let inner = format!("value_json[\"{property}\"]");
            let (yes, no) = if on == Json::Bool(true) {
                ("true", "false")
            } else {
                ("false", "true")
            };
            entity.put(
                "value_template",
                format!("{{% if {inner} %}}{yes}{{% else %}}{no}{{% endif %}}"),
            );
        }
        let text = |value: Json| match value {
            Json::String(text) => text,
            other => other.to_string(),
        };
        entity.put("payload_on", text(on));
        entity.put("payload_off", text(off));
        entity.put(
            "command_topic",
            set_topic(subject, expose.endpoint, Some(property)),
        );
    } else {
        entity.put("payload_on", on);
        entity.put("payload_off", off);
        if expose.name == Some("contact") {
            entity.put("name", Json::Null);
        }
        number_off(&mut entity, subject, expose);
    }
    vec![entity]
}

pub(super) fn numeric(subject: &Subject<'_>, expose: &Expose) -> Vec<Entity> {
    let settable = can(expose, Expose::SET);
    let component = if settable { "number" } else { "sensor" };
    let Some((mut entity, property)) = begin(component, "", expose, Family::Number) else {
        return Vec::new();
    };
    entity.put("state_topic", state_topic(subject));
    entity.put("value_template", template(property));
    entity.put_some("unit_of_measurement", expose.unit);
    number_off(&mut entity, subject, expose);
    if settable {
        let number = |value: f64| json!(Value::Number(value));
        entity.put(
            "command_topic",
            set_topic(subject, expose.endpoint, Some(property)),
        );
        entity.put("min", number(expose.value_min.unwrap_or(0.0)));
        entity.put("max", number(expose.value_max.unwrap_or(65_535.0)));
        entity.put_some("step", expose.value_step.map(number));
    } else {
        let name = expose.name.unwrap_or_default();
        let hint = hints::find(Family::Number, name, expose.unit);
        let measures = hint.map_or("", |hint| hint.state_class);
        if !measures.is_empty() {
            entity.put("state_class", measures);
        }
        if !entity.payload.contains_key("enabled_by_default") {
            entity.put("enabled_by_default", true);
        }
    }
    vec![entity]
}

pub(super) fn choice(subject: &Subject<'_>, expose: &Expose) -> Vec<Entity> {
    // What a remote does is an event, told on its own topic.
    if expose.name == Some("action") {
        return Vec::new();
    }
    if expose.values == ["home", "not_home"] {
        return tracker(subject, expose);
    }
    let settable = can(expose, Expose::SET);
    let component = match (settable, expose.values.as_slice()) {
        (true, [_]) => "button",
        (true, _) => "select",
        (false, _) => "sensor",
    };
    let Some((mut entity, property)) = begin(component, "", expose, Family::Choice) else {
        return Vec::new();
    };
    if settable {
        entity.put(
            "command_topic",
            set_topic(subject, expose.endpoint, Some(property)),
        );
    }
    match (component, expose.values.as_slice()) {
        ("button", [only]) => entity.put("payload_press", only.clone()),
        ("select", values) => {
            entity.put("options", values.to_vec());
            state(&mut entity, subject, expose, property);
        }
        _ => {
            entity.put("state_topic", state_topic(subject));
            entity.put("value_template", template(property));
        }
    }
    vec![entity]
}

/// What somebody carries about: home or not, and everything else known of it.
fn tracker(subject: &Subject<'_>, expose: &Expose) -> Vec<Entity> {
    let Some(property) = expose.property.as_deref() else {
        return Vec::new();
    };
    let mut entity = Entity::new("device_tracker", property.to_owned(), String::new());
    entity.put("name", Json::Null);
    entity.put("state_topic", state_topic(subject));
    entity.put("value_template", template(property));
    entity.put("payload_home", "home");
    entity.put("payload_not_home", "not_home");
    entity.put("source_type", "bluetooth_le");
    entity.put("json_attributes_topic", state_topic(subject));
    vec![entity]
}

/// The second and third of a kind say which they are; over Zigbee endpoints do.
fn number_off(entity: &mut Entity, subject: &Subject<'_>, expose: &Expose) {
    let ble = matches!(subject.info.id, DeviceId::Ble(_));
    if ble
        && expose.property.as_deref() != expose.name
        && let Some(label) = &expose.label
    {
        entity.put("name", label.clone());
    }
}

pub(super) fn text(subject: &Subject<'_>, expose: &Expose) -> Vec<Entity> {
    if !can(expose, Expose::SET) {
        return shortened(subject, expose);
    }
    let Some((mut entity, property)) = begin("text", "", expose, Family::Other) else {
        return Vec::new();
    };
    entity.put(
        "command_topic",
        set_topic(subject, expose.endpoint, Some(property)),
    );
    entity.put("value_template", template(property));
    if can(expose, Expose::STATE) {
        entity.put("state_topic", state_topic(subject));
    }
    vec![entity]
}

pub(super) fn compound(subject: &Subject<'_>, expose: &Expose) -> Vec<Entity> {
    if can(expose, Expose::STATE) {
        shortened(subject, expose)
    } else {
        Vec::new()
    }
}

/// A sensor of what may be longer than Home Assistant's states: cut.
fn shortened(subject: &Subject<'_>, expose: &Expose) -> Vec<Entity> {
    let Some((mut entity, property)) = begin("sensor", "", expose, Family::Other) else {
        return Vec::new();
    };
    entity.put("state_topic", state_topic(subject));
    entity.put(
        "value_template",
        format!(
            "{{{{ value_json[\"{property}\"] | default('',True) | string | truncate(254, True, '', 0) }}}}"
        ),
    );
    vec![entity]
}
