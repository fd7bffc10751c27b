//! A home for transcripts: a lamp, a climate sensor and a BLE thermometer.

use std::collections::BTreeMap;
use std::time::Duration;

use radios::{
    Changes, Command, Definition, DeviceId, DeviceInfo, DeviceKind, Event, Expose, ExposeKind,
    Interview, InterviewState, NetworkInfo, Outcome, Token, Value,
};

use super::super::*;

pub(super) const LAMP: &str = "0x000b57fffec6a5b2";
pub(super) const CLIMATE: &str = "0x00158d0001a2b3c4";
pub(super) const THERMOMETER: &str = "0xa4c138010203";

/// A hub with a clock and a disk that can be slow or full.
pub(super) struct Home {
    pub(super) hub: Hub,
    pub(super) now: Now,
    pub(super) disk: Disk,
    pub(super) kept: BTreeMap<&'static str, Bytes>,
    pub(super) commands: Vec<Command>,
    waiting: Vec<StoreToken>,
}

#[derive(Clone, Copy, PartialEq)]
pub(super) enum Disk {
    Fast,
    Slow,
    Full,
}

fn feature(name: &'static str, access: u8) -> Expose {
    Expose {
        name: Some(name),
        property: Some(name.to_owned()),
        access: Some(access),
        ..Expose::of(ExposeKind::Numeric)
    }
}

/// What the devices of this home offer.
pub(super) fn define(info: &DeviceInfo) -> Definition {
    let (model, exposes) = match info.model_id.as_deref() {
        Some("TRADFRI bulb E27 WS opal 980lm") => (
            "LED1545G12",
            vec![Expose {
                features: vec![
                    Expose {
                        kind: ExposeKind::Binary,
                        value_on: Some("ON".into()),
                        value_off: Some("OFF".into()),
                        ..feature("state", 7)
                    },
                    Expose {
                        value_min: Some(0.0),
                        value_max: Some(254.0),
                        ..feature("brightness", 7)
                    },
                    Expose {
                        value_min: Some(250.0),
                        value_max: Some(454.0),
                        unit: Some("mired"),
                        ..feature("color_temp", 7)
                    },
                ],
                ..Expose::of(ExposeKind::Light)
            }],
        ),
        Some("lumi.sensor_ht" | "LYWSDCGQ") => (
            "WSDCGQ01LM",
            ["temperature", "humidity", "battery"]
                .map(|name| feature(name, 1))
                .to_vec(),
        ),
        Some("lumi.plug") => (
            "ZNCZ02LM",
            vec![
                Expose {
                    features: vec![feature("state", 7)],
                    ..Expose::of(ExposeKind::Switch)
                },
                feature("power", 5),
            ],
        ),
        _ => ("unknown", Vec::new()),
    };
    Definition {
        model: model.to_owned(),
        vendor: "vendor".to_owned(),
        description: "description".to_owned(),
        exposes,
        source: "native",
    }
}

pub(super) fn id(text: &str) -> DeviceId {
    text.parse().unwrap()
}

pub(super) fn lamp() -> DeviceInfo {
    DeviceInfo {
        model_id: Some("TRADFRI bulb E27 WS opal 980lm".to_owned()),
        manufacturer: Some("IKEA of Sweden".to_owned()),
        power_source: Some("Mains (single phase)".to_owned()),
        network_address: Some(0x1234),
        interview: InterviewState::Successful,
        ..DeviceInfo::new(id(LAMP), DeviceKind::Router)
    }
}

pub(super) fn climate() -> DeviceInfo {
    DeviceInfo {
        model_id: Some("lumi.sensor_ht".to_owned()),
        power_source: Some("Battery".to_owned()),
        interview: InterviewState::Successful,
        ..DeviceInfo::new(id(CLIMATE), DeviceKind::EndDevice)
    }
}

pub(super) fn thermometer() -> DeviceInfo {
    DeviceInfo {
        model_id: Some("LYWSDCGQ".to_owned()),
        interview: InterviewState::Successful,
        ..DeviceInfo::new(id(THERMOMETER), DeviceKind::Ble)
    }
}

pub(super) fn settings() -> Settings {
    let mut config = Config::default();
    config.ble.enabled = true;
    Settings::new(&config, define)
}

pub(super) fn changes(pairs: &[(&'static str, Value)]) -> Changes {
    pairs
        .iter()
        .map(|(name, value)| ((*name).into(), value.clone()))
        .collect()
}

impl Home {
    pub(super) fn empty() -> Self {
        Self::with(settings(), &Saved::default())
    }

    pub(super) fn with(settings: Settings, saved: &Saved) -> Self {
        let now = Now {
            elapsed: Duration::from_secs(100),
            unix: Duration::from_secs(1_800_000_000),
        };
        Self {
            hub: Hub::new(settings, saved, now).unwrap(),
            now,
            disk: Disk::Fast,
            kept: BTreeMap::new(),
            commands: Vec::new(),
            waiting: Vec::new(),
        }
    }

    /// The broker is there, the dongle works, and all three devices are known by name.
    pub(super) fn settled() -> Self {
        Self::settled_with(settings())
    }

    pub(super) fn settled_with(settings: Settings) -> Self {
        let mut home = Self::with(settings, &Saved::default());
        home.put(Input::BrokerUp);
        home.radio(Event::RadioUp {
            radio: Radio::Zigbee,
            network: Some(NetworkInfo {
                coordinator: radios::Ieee(0x0012_4b00_0000_0001),
                pan_id: 0x1a62,
                extended_pan_id: 0x00dd_ccbb_aa99_8877,
                channel: 15,
                firmware: "EmberZNet 7.4.4, EZSP 13".to_owned(),
            }),
        });
        for (info, name) in [
            (lamp(), "Bedroom Lamp"),
            (climate(), "Climate"),
            (thermometer(), "Thermometer"),
        ] {
            let from = info.id.to_string();
            home.radio(Event::Device(Box::new(info)));
            home.request(
                "device/rename",
                &format!(r#"{{"from":"{from}","to":"{name}"}}"#),
            );
        }
        home
    }

    /// Puts `input` in; every effect comes out as a line. What a fast disk answers is put in too.
    pub(super) fn put(&mut self, input: Input) -> Vec<String> {
        let mut lines = Vec::new();
        let mut inputs = vec![input];
        while let Some(input) = inputs.pop() {
            for effect in self.hub.handle(input, self.now) {
                if let Effect::Store {
                    token,
                    document,
                    body,
                } = &effect
                {
                    let result = match self.disk {
                        Disk::Fast => Ok(()),
                        Disk::Full => Err("no space left".to_owned()),
                        Disk::Slow => {
                            self.waiting.push(*token);
                            lines.push(line(&effect));
                            continue;
                        }
                    };
                    if result.is_ok() {
                        let name = match document {
                            Document::Registry => "registry",
                            Document::Network => "network",
                            Document::State => "state",
                        };
                        self.kept.insert(name, body.reveal().clone());
                    }
                    inputs.insert(
                        0,
                        Input::Stored {
                            token: *token,
                            result,
                        },
                    );
                }
                if let Effect::Command { command, .. } = &effect {
                    self.commands.push(command.clone());
                }
                lines.push(line(&effect));
            }
        }
        lines
    }

    /// The slow disk is done with everything.
    pub(super) fn disk_done(&mut self) -> Vec<String> {
        let waiting = std::mem::take(&mut self.waiting);
        waiting
            .into_iter()
            .flat_map(|token| {
                self.put(Input::Stored {
                    token,
                    result: Ok(()),
                })
            })
            .collect()
    }

    pub(super) fn radio(&mut self, event: Event) -> Vec<String> {
        self.put(Input::Radio(event))
    }

    pub(super) fn mqtt(&mut self, topic: &str, payload: &str) -> Vec<String> {
        self.put(Input::Message(Message {
            topic: topic.to_owned(),
            payload: Bytes::copy_from_slice(payload.as_bytes()),
            origin: Origin::Broker,
        }))
    }

    /// A request; `bridge/devices` and `bridge/info` are left out of what comes back.
    pub(super) fn request(&mut self, path: &str, payload: &str) -> Vec<String> {
        let mut lines = self.mqtt(&format!("hearth/bridge/request/{path}"), payload);
        brief(&mut lines);
        lines
    }

    /// The last command's outcome.
    pub(super) fn done(&mut self, outcome: Outcome) -> Vec<String> {
        let token = self.last_token();
        self.radio(Event::Done { token, outcome })
    }

    pub(super) fn last_token(&self) -> Token {
        self.commands.last().unwrap().token()
    }

    pub(super) fn report(
        &mut self,
        device: &str,
        pairs: &[(&'static str, Value)],
        linkquality: u8,
    ) -> Vec<String> {
        self.radio(Event::Changed {
            id: id(device),
            changes: changes(pairs),
            linkquality: Some(linkquality),
        })
    }

    pub(super) fn interview(&mut self, device: &str, stage: Interview) -> Vec<String> {
        let mut lines = self.radio(Event::Interview {
            id: id(device),
            stage,
        });
        brief(&mut lines);
        lines
    }

    /// Time passes up to the next deadline, `times` times.
    pub(super) fn pass(&mut self, time: Duration) -> Vec<String> {
        let end = self.now.elapsed + time;
        let mut lines = Vec::new();
        while let Some(due) = self.hub.next_deadline().filter(|due| *due <= end) {
            self.at(due.max(self.now.elapsed));
            lines.extend(self.put(Input::Tick));
        }
        self.at(end);
        lines
    }

    fn at(&mut self, elapsed: Duration) {
        self.now.unix += elapsed - self.now.elapsed;
        self.now.elapsed = elapsed;
    }

    /// What is on disk, as the next start finds it.
    pub(super) fn saved(&self) -> Saved {
        Saved {
            registry: self.kept.get("registry").cloned(),
            state: self.kept.get("state").cloned(),
        }
    }

    /// The newest value of a retained topic is checked by many tests.
    pub(super) fn greeting(&mut self) -> BTreeMap<String, String> {
        self.hub
            .handle(Input::Client(7), self.now)
            .into_iter()
            .map(|effect| match effect {
                Effect::Tell {
                    client: 7,
                    topic,
                    payload,
                } => (topic, String::from_utf8(payload.to_vec()).unwrap()),
                other => panic!("{other:?}"),
            })
            .collect()
    }
}

/// Leaves out the long documents.
pub(super) fn brief(lines: &mut Vec<String>) {
    lines.retain(|line| {
        !line.starts_with("hearth/bridge/devices") && !line.starts_with("hearth/bridge/info")
    });
}

fn line(effect: &Effect) -> String {
    let text = |payload: &Bytes| String::from_utf8(payload.to_vec()).unwrap();
    match effect {
        Effect::Publish(publish) => {
            let retain = if publish.retain { " (retained)" } else { "" };
            format!("{} {}{retain}", publish.topic, text(&publish.payload))
        }
        Effect::Tell {
            client,
            topic,
            payload,
        } => format!("client {client}: {topic} {}", text(payload)),
        Effect::Command { radio, command } => match command {
            Command::Set {
                id,
                endpoint,
                values,
                ..
            } => format!(
                "{radio:?} set {id} {}{}",
                endpoint
                    .as_ref()
                    .map_or(String::new(), |e| format!("endpoint {e} ")),
                serde_json::to_string(&Value::Object(values.clone())).unwrap()
            ),
            Command::Get { id, properties, .. } => {
                format!("{radio:?} get {id} {}", properties.join(" "))
            }
            other => format!("{radio:?} {other:?}"),
        },
        Effect::Store { document, .. } => format!("store {document:?}"),
        Effect::Answer { call, answer } => format!("answer {call}: {}", answer.text),
        Effect::Speak(spoken) => format!(
            "speak to {}: {}{}",
            spoken.source,
            spoken.text,
            if spoken.confirm { " (asks)" } else { "" }
        ),
        Effect::Log { level, message } => format!("log {}: {message}", level.name()),
        Effect::Listen { room } => format!("listen {}", room.as_deref().unwrap_or("here")),
        Effect::HomeChanged => "home changed".to_owned(),
    }
}
