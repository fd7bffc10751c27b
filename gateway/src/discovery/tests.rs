use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read};
use std::path::PathBuf;

use flate2::read::GzDecoder;
use radios::{DeviceId, DeviceKind, Value};

use super::*;

const IEEE: &str = "0x00158d0000abcdef";

fn feature(name: &'static str, access: u8) -> Expose {
    Expose {
        name: Some(name),
        property: Some(name.to_owned()),
        access: Some(access),
        ..Expose::of(ExposeKind::Numeric)
    }
}

fn announce(exposes: Vec<Expose>) -> BTreeMap<String, Json> {
    let id: DeviceId = IEEE.parse().unwrap();
    let definition = Definition {
        model: "LED1545G12".to_owned(),
        vendor: "IKEA".to_owned(),
        description: "TRADFRI bulb".to_owned(),
        exposes,
        source: "native",
    };
    announcements(&Subject {
        info: &DeviceInfo::new(id, DeviceKind::Router),
        definition: &definition,
        name: "dev",
        room: None,
        base_topic: "zigbee2mqtt",
        coordinator: Some(Ieee(1)),
    })
    .into_iter()
    .map(|announcement| (announcement.topic, announcement.payload))
    .collect()
}

#[test]
fn a_lamp_is_a_light() {
    let lamp = Expose {
        features: vec![
            feature("state", 7),
            feature("brightness", 7),
            Expose {
                value_min: Some(250.0),
                value_max: Some(454.0),
                ..feature("color_temp", 7)
            },
        ],
        ..Expose::of(ExposeKind::Light)
    };
    let all = announce(vec![lamp]);
    assert_eq!(all.len(), 1);
    assert_eq!(
        all["light/0x00158d0000abcdef/light/config"],
        json!({
            "schema": "json",
            "name": null,
            "state_topic": "zigbee2mqtt/dev",
            "command_topic": "zigbee2mqtt/dev/set",
            "brightness": true,
            "brightness_scale": 254,
            "supported_color_modes": ["color_temp"],
            "min_mireds": 250,
            "max_mireds": 454,
            "unique_id": "0x00158d0000abcdef_light_zigbee2mqtt",
            "object_id": "dev",
            "default_entity_id": "light.dev",
            "availability_mode": "all",
            "availability": [
                {"topic": "zigbee2mqtt/bridge/state", "value_template": "{{ value_json.state }}"},
                {"topic": "zigbee2mqtt/dev/availability", "value_template": "{{ value_json.state }}"},
            ],
            "device": {
                "identifiers": ["zigbee2mqtt_0x00158d0000abcdef"],
                "name": "dev",
                "manufacturer": "IKEA",
                "model": "TRADFRI bulb",
                "model_id": "LED1545G12",
                "via_device": "zigbee2mqtt_bridge_0x0000000000000001",
            },
            "origin": origin(),
        })
    );
}

#[test]
fn a_sensor_has_its_class_and_unit() {
    let all = announce(vec![Expose {
        unit: Some("°C"),
        ..feature("temperature", 1)
    }]);
    let payload = &all["sensor/0x00158d0000abcdef/temperature/config"];
    assert_eq!(payload["device_class"], "temperature");
    assert_eq!(payload["state_class"], "measurement");
    assert_eq!(payload["unit_of_measurement"], "°C");
    assert_eq!(
        payload["value_template"],
        "{{ value_json[\"temperature\"] }}"
    );
    assert_eq!(payload.get("name"), None);
}

#[test]
fn the_bridge_is_a_device_too() {
    let all = bridge("zigbee2mqtt", Ieee(1));
    assert_eq!(
        all[0].topic,
        "binary_sensor/1221051039810110150109113116116_0x0000000000000001/connection_state/config"
    );
    let unique = "bridge_0x0000000000000001_permit_join_zigbee2mqtt";
    assert_eq!(all[1].payload["unique_id"], unique);
}

/// The folder with test data beside the project, where there is one.
fn shared(name: &str) -> Option<PathBuf> {
    let folder = std::env::var_os("HEARTH_SHARED").map_or_else(
        || PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../shared")),
        PathBuf::from,
    );
    let path = folder.join("facts/devices").join(name);
    if path.exists() {
        return Some(path);
    }
    println!("skipped: no {}", path.display());
    None
}

fn unzip(path: &PathBuf) -> BufReader<GzDecoder<std::fs::File>> {
    BufReader::new(GzDecoder::new(std::fs::File::open(path).unwrap()))
}

fn leak(value: &Json) -> Option<&'static str> {
    value
        .as_str()
        .map(|text| &*Box::leak(text.to_owned().into_boxed_str()))
}

/// An expose from the catalogue's short form.
fn expose(short: &Json) -> Expose {
    let endpoint = leak(&short["e"]);
    let name = leak(&short["n"]);
    let list = |key: &str| short[key].as_array().cloned().unwrap_or_default();
    let value = |key: &str| match &short[key] {
        Json::Null => None,
        other => Some(serde_json::from_value::<Value>(other.clone()).unwrap()),
    };
    let mut kind = Expose::of(match short["t"].as_str().unwrap() {
        "binary" => ExposeKind::Binary,
        "numeric" => ExposeKind::Numeric,
        "enum" => ExposeKind::Enum,
        "text" => ExposeKind::Text,
        "composite" => ExposeKind::Composite,
        "list" => ExposeKind::List,
        "light" => ExposeKind::Light,
        "switch" => ExposeKind::Switch,
        "cover" => ExposeKind::Cover,
        "lock" => ExposeKind::Lock,
        "fan" => ExposeKind::Fan,
        "climate" => ExposeKind::Climate,
        other => panic!("{other}"),
    });
    kind.property = leak(&short["p"]).or(name).map(str::to_owned);
    kind.name = name;
    kind.label = leak(&short["l"]).map(str::to_owned);
    kind.endpoint = endpoint;
    kind.access = short["a"].as_u64().and_then(|a| u8::try_from(a).ok());
    kind.category = leak(&short["c"]);
    kind.unit = leak(&short["u"]);
    kind.value_min = short["min"].as_f64();
    kind.value_max = short["max"].as_f64();
    kind.value_step = short["step"].as_f64();
    kind.value_on = value("on");
    kind.value_off = value("off");
    kind.values = list("v").iter().filter_map(leak).map(Into::into).collect();
    kind.features = list("f").iter().map(expose).collect();
    kind
}

/// zigbee2mqtt's own announcements of thousands of devices: ours of the same exposes are the same.
#[test]
fn announcements_are_those_home_assistant_knows() {
    let (Some(golden), Some(catalogue)) = (
        shared("ha_discovery_dev.jsonl.gz"),
        shared("catalogue.json.gz"),
    ) else {
        return;
    };
    let mut text = String::new();
    unzip(&catalogue).read_to_string(&mut text).unwrap();
    let catalogue: Json = serde_json::from_str(&text).unwrap();
    let exposes: BTreeMap<&str, &Json> = catalogue["definitions"]
        .as_array()
        .unwrap()
        .iter()
        .map(|definition| (definition["src"].as_str().unwrap(), &definition["x"]))
        .collect();
    let mut same: BTreeMap<String, (usize, usize)> = BTreeMap::new();
    let mut wrong: BTreeMap<String, usize> = BTreeMap::new();
    let mut invented = 0;
    for line in unzip(&golden).lines() {
        let case: Json = serde_json::from_str(&line.unwrap()).unwrap();
        let Some(exposes) = exposes[case["src"].as_str().unwrap()].as_array() else {
            continue;
        };
        let heard = Expose {
            unit: Some("lqi"),
            ..feature("linkquality", 1)
        };
        let mut ours = announce(exposes.iter().map(expose).chain([heard]).collect());
        for (topic, theirs) in case["discovery"].as_object().unwrap() {
            let topic = topic.replace("IEEE", IEEE);
            let component = topic.split('/').next().unwrap().to_owned();
            // What does not come from exposes, or from features this gateway does not have.
            let object = topic.split('/').nth(2).unwrap();
            if ["last_seen", "update"].contains(&object) {
                continue;
            }
            let counts = same.entry(component).or_default();
            counts.1 += 1;
            let Some(mut mine) = ours.remove(&topic) else {
                *wrong.entry(format!("missing {topic}")).or_default() += 1;
                continue;
            };
            let members = mine.as_object_mut().unwrap();
            members.remove("device");
            members.remove("origin");
            if mine == *theirs {
                counts.0 += 1;
            } else {
                for key in mine
                    .as_object()
                    .unwrap()
                    .keys()
                    .chain(theirs.as_object().unwrap().keys())
                {
                    if mine.get(key) != theirs.get(key) {
                        let what = format!(
                            "{} {object} {key}: {:?} for {:?}",
                            topic.split('/').next().unwrap(),
                            mine.get(key),
                            theirs.get(key)
                        );
                        *wrong.entry(what).or_default() += 1;
                    }
                }
            }
        }
        invented += ours.len();
    }
    let mut worst: Vec<(usize, String)> = wrong.into_iter().map(|(what, n)| (n, what)).collect();
    worst.sort_unstable_by(|a, b| b.cmp(a));
    for (n, what) in worst.iter().take(25) {
        println!("{n} × {what}");
    }
    let (equal, all) = same.values().fold((0, 0), |(a, b), (c, d)| (a + c, b + d));
    println!("{same:?}\n{equal} of {all} equal, {invented} more announced");
    for (component, least) in [
        ("light", 95),
        ("switch", 95),
        ("sensor", 90),
        ("binary_sensor", 90),
        ("number", 90),
        ("select", 90),
        ("button", 90),
        ("cover", 75),
        ("lock", 95),
    ] {
        let (equal, all) = same[component];
        assert!(equal * 100 >= all * least, "{component}: {equal} of {all}");
    }
}
