//! What the bridge tells of itself and its devices: `bridge/state`, `bridge/info`,
//! `bridge/devices`, `bridge/groups`; and the greeting of a WebSocket client.

use radios::{Definition, DeviceInfo, InterviewState};
use serde::{Serialize, Serializer};
use serde_json::{Map, Value as Json, json as json_value};

use super::availability::online;
use super::registry::Device;
use super::{ClientId, Effect, Hub, Qos, json};

/// What the dongle is called.
const COORDINATOR: &str = "Coordinator";

impl Hub {
    pub(super) fn publish_state(&mut self, up: bool) {
        self.publish("bridge/state", online(up), true, Qos::AtLeastOnce);
    }

    pub(super) fn publish_info(&mut self) {
        let info = json(&self.info());
        self.publish("bridge/info", info, true, Qos::AtMostOnce);
    }

    pub(super) fn publish_devices(&mut self) {
        let devices = json(&Devices(self));
        self.publish("bridge/devices", devices, true, Qos::AtMostOnce);
    }

    /// Tells a new WebSocket client everything.
    pub(super) fn greet(&mut self, client: ClientId) {
        let before = self.out.len();
        self.publish_state(true);
        self.publish_info();
        self.publish_devices();
        self.publish_groups();
        self.publish_scenes();
        self.publish_timers();
        self.publish_everything();
        let prefix = self.settings.base_topic.len() + 1;
        for effect in self.out.split_off(before) {
            if let Effect::Publish(publish) = effect
                && let Some(topic) = publish.topic.get(prefix..)
            {
                self.out.push(Effect::Tell {
                    client,
                    topic: topic.to_owned(),
                    payload: publish.payload,
                });
            }
        }
    }

    fn info(&self) -> Json {
        let network = self.network.as_ref();
        let devices: Map<String, Json> = self
            .registry
            .iter()
            .map(|device| {
                (
                    device.info.id.to_string(),
                    Json::Object(device.options.shown()),
                )
            })
            .collect();
        let groups: Map<String, Json> = self
            .registry
            .groups()
            .map(|group| {
                let shown = json_value!({"friendly_name": group.name, "room": group.room});
                (group.id.to_string(), shown)
            })
            .collect();
        let version = env!("CARGO_PKG_VERSION");
        let ha = self.settings.homeassistant.as_ref();
        let mut info = json_value!({
            "version": version,
            "commit": "",
            "coordinator": {
                "ieee_address": network.map(|network| network.coordinator),
                "type": "EmberZNet",
                "meta": {"revision": network.map(|network| &network.firmware)},
            },
            "network": {
                "pan_id": network.map(|network| network.pan_id),
                "extended_pan_id": network.map(|network| format!("0x{:016x}", network.extended_pan_id)),
                "channel": network.map(|network| network.channel),
            },
            "log_level": self.settings.log.name(),
            "permit_join": self.joining.is_some(),
            "restart_required": false,
            "config": {
                "mqtt": {"base_topic": self.settings.base_topic, "server": self.settings.server},
                "homeassistant": {
                    "enabled": ha.is_some(),
                    "discovery_topic": ha.map(|ha| &ha.discovery_topic),
                    "status_topic": ha.map(|ha| &ha.status_topic),
                },
                "ble": {"enabled": self.settings.ble},
                "voice": {"language": self.settings.language, "sentences": crate::parts::SENTENCES},
                "devices": devices,
                "groups": groups,
            },
            "flash": self.wear(),
            "config_schema": {},
            "mqtt": {"version": 4, "server": self.settings.server},
        });
        if let (Some(joining), Some(info)) = (self.joining, info.as_object_mut()) {
            info.insert("permit_join_end".to_owned(), Json::from(joining.until_unix));
        }
        info
    }
}

/// `bridge/devices`. One device after the other is made JSON: the tree of a whole home would be megabytes.
struct Devices<'a>(&'a Hub);

impl Serialize for Devices<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let coordinator = self.0.network.as_ref().map(|network| {
            json_value!({
                "ieee_address": network.coordinator,
                "type": COORDINATOR,
                "network_address": 0,
                "supported": true,
                "friendly_name": COORDINATOR,
                "disabled": false,
                "definition": null,
                "power_source": null,
                "model_id": null,
                "manufacturer": null,
                "interviewing": false,
                "interview_completed": true,
                "interview_state": InterviewState::Successful,
                "endpoints": {},
            })
        });
        let devices = self.0.registry.iter().map(device);
        serializer.collect_seq(coordinator.into_iter().chain(devices))
    }
}

/// A device in `bridge/devices`.
fn device(device: &Device) -> Json {
    let info = &device.info;
    let mut shown = json_value!({
        "ieee_address": info.id,
        "type": info.kind,
        "network_address": info.network_address,
        "supported": device.definition.source == "native",
        "friendly_name": device.options.friendly_name,
        "disabled": false,
        "definition": definition(&device.definition),
        "power_source": info.power_source,
        "software_build_id": info.software_build_id,
        "date_code": info.date_code,
        "model_id": info.model_id,
        "manufacturer": info.manufacturer,
        "interviewing": info.interview == InterviewState::InProgress,
        "interview_completed": info.interview == InterviewState::Successful,
        "interview_state": info.interview,
        "endpoints": endpoints(info),
    });
    if let Some(shown) = shown.as_object_mut() {
        // How its key stands, and since when; the key itself is nobody's affair.
        if let Some(status) = device.state.get("key_status") {
            let since = device.state.get("key_status_since");
            let told = json_value!({"status": status, "since": since});
            shown.insert("bind_key".to_owned(), told);
        }
        for (key, value) in [
            ("room", &device.options.room),
            ("description", &device.options.description),
        ] {
            if let Some(value) = value {
                shown.insert(key.to_owned(), Json::from(value.clone()));
            }
        }
    }
    shown
}

/// A definition in `bridge/devices`.
pub(super) fn definition(definition: &Definition) -> Json {
    json_value!({
        "source": definition.source,
        "model": definition.model,
        "vendor": definition.vendor,
        "description": definition.description,
        "exposes": definition.exposes,
        "options": [],
        "supports_ota": false,
    })
}

fn endpoints(info: &DeviceInfo) -> Map<String, Json> {
    let names = |clusters: &[u16]| clusters.iter().copied().map(cluster).collect::<Vec<_>>();
    info.endpoints
        .iter()
        .map(|endpoint| {
            let bindings: Vec<Json> = endpoint
                .bindings
                .iter()
                .map(|binding| {
                    json_value!({
                        "cluster": cluster(binding.cluster),
                        "target": {
                            "type": "endpoint",
                            "ieee_address": binding.target,
                            "endpoint": binding.endpoint,
                        },
                    })
                })
                .collect();
            let reportings: Vec<Json> = endpoint
                .reportings
                .iter()
                .map(|reporting| {
                    json_value!({
                        "cluster": cluster(reporting.cluster),
                        "attribute": attribute(reporting.cluster, reporting.attribute),
                        "minimum_report_interval": reporting.minimum,
                        "maximum_report_interval": reporting.maximum,
                        "reportable_change": reporting.change,
                    })
                })
                .collect();
            let shown = json_value!({
                "scenes": [],
                "bindings": bindings,
                "configured_reportings": reportings,
                "clusters": {"input": names(&endpoint.input), "output": names(&endpoint.output)},
            });
            (endpoint.id.to_string(), shown)
        })
        .collect()
}

fn cluster(id: u16) -> String {
    radios::zigbee::zcl::clusters::name(id).into_owned()
}

fn attribute(of: u16, id: u16) -> Json {
    radios::zigbee::zcl::clusters::cluster(of)
        .and_then(|cluster| cluster.attribute(id))
        .map_or_else(|| Json::from(id), |info| Json::from(info.name))
}
