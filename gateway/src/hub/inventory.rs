//! Every device in one document: what it is, how it is, and what can be set, flat enough for a
//! small page or a shell script. For all there is to know, see `bridge/devices`.

use radios::{Expose, ExposeKind};
use serde_json::{Map, Value as Json, json as json_value};

use super::registry::Device;
use super::{Hub, Published};

/// Most controls of one device: a faulty one may offer any number.
const MOST_CONTROLS: usize = 64;

impl Hub {
    /// All devices, or the one of this name or address; none: there is no such device.
    #[must_use]
    pub fn inventory(&self, name: Option<&str>) -> Option<Json> {
        let shown: Vec<Json> = match name {
            Some(name) => {
                let id = self.registry.find(name)?;
                self.registry.get(id).map(device).into_iter().collect()
            }
            None => self.registry.iter().map(device).collect(),
        };
        Some(json_value!({ "devices": shown }))
    }
}

fn device(device: &Device) -> Json {
    let info = &device.info;
    let state = Published {
        state: &device.state,
        momentary: &[],
        linkquality: device.linkquality,
        expected: &[],
        last_seen: None,
    };
    let mut shown = json_value!({
        "address": info.id,
        "name": device.options.friendly_name,
        "type": info.kind,
        "vendor": device.definition.vendor,
        "model": device.definition.model,
        "about": device.definition.description,
        "interview": info.interview,
        "state": state,
        "controls": device.exposes().filter(|e| e.access.is_some_and(|a| a & Expose::SET != 0))
            .take(MOST_CONTROLS).filter_map(control).collect::<Vec<_>>(),
        "units": units(device),
    });
    if let Some(shown) = shown.as_object_mut() {
        if let Some(room) = &device.options.room {
            shown.insert("room".to_owned(), Json::from(room.clone()));
        }
        if let Some(source) = &info.power_source {
            shown.insert("power_source".to_owned(), Json::from(source.clone()));
        }
        if let Some(available) = device.available {
            shown.insert("available".to_owned(), Json::Bool(available));
        }
        if let Some(seen) = device.last_seen {
            shown.insert("last_seen".to_owned(), Json::from(seen / 1000));
        }
    }
    shown
}

/// What can be set, without what is empty.
fn control(expose: &Expose) -> Option<Json> {
    let kind = match expose.kind {
        ExposeKind::Binary => "binary",
        ExposeKind::Numeric => "numeric",
        ExposeKind::Enum => "enum",
        ExposeKind::Text => "text",
        // A colour and the like: for pages that know them.
        _ => return None,
    };
    let mut shown = Map::new();
    let mut put = |name: &str, value: Option<Json>| {
        if let Some(value) = value {
            shown.insert(name.to_owned(), value);
        }
    };
    put("property", expose.property.clone().map(Json::from));
    put("type", Some(Json::from(kind)));
    put("label", expose.label.clone().map(Json::from));
    put("unit", expose.unit.map(Json::from));
    put("min", expose.value_min.map(number));
    put("max", expose.value_max.map(number));
    put("step", expose.value_step.map(number));
    put("on", expose.value_on.as_ref().map(|on| json_value!(on)));
    put("off", expose.value_off.as_ref().map(|off| json_value!(off)));
    put(
        "values",
        (!expose.values.is_empty()).then(|| json_value!(expose.values)),
    );
    put("category", expose.category.map(Json::from));
    Some(Json::Object(shown))
}

/// A whole number where it is one.
fn number(value: f64) -> Json {
    json_value!(radios::Value::Number(value))
}

/// The units of what it tells.
fn units(device: &Device) -> Map<String, Json> {
    device
        .exposes()
        .filter_map(|expose| Some((expose.property.clone()?, Json::from(expose.unit?))))
        .take(MOST_CONTROLS)
        .collect()
}
