//! What an intent means in this home: which devices, which values. Pure tables and arithmetic.

mod light;
mod query;
mod things;

use intents::{Area, Entity, Home, Match, Outcome, Value as Said};
use radios::{Changes, DeviceId, Expose, ExposeKind};

use super::registry::{Device, Registry};
use things::Wish;

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

/// The key of a group or scene among the names of the home.
const GROUP: &str = "group:";
const SCENE: &str = "scene:";

/// Why a device cannot do something: a key of the language's errors.
type Why = &'static str;

pub(super) fn domain(device: &Device) -> &'static str {
    let has = |kind| device.definition.exposes.iter().any(|e| e.kind == kind);
    DOMAINS
        .iter()
        .find(|(kind, _)| has(*kind))
        .map_or("sensor", |(_, domain)| domain)
}

/// What a group is: what all of it is.
pub(super) fn group_domain(registry: &Registry, members: &[DeviceId]) -> &'static str {
    let mut kinds = members
        .iter()
        .filter_map(|id| registry.get(*id))
        .map(domain);
    match kinds.next() {
        Some(first) if kinds.all(|kind| kind == first) => first,
        _ => "group",
    }
}

/// The names of the home.
pub(super) fn home(registry: &Registry) -> Home {
    let mut home = Home::default();
    let mut add = |entity: Entity| {
        if let Some(room) = &entity.area
            && !home.areas.iter().any(|area| area.name == *room)
        {
            home.areas.push(Area {
                name: room.clone(),
                aliases: Vec::new(),
            });
        }
        home.entities.push(entity);
    };
    for device in registry.iter() {
        let options = &device.options;
        add(Entity {
            id: device.info.id.to_string(),
            name: options.friendly_name.clone(),
            aliases: options.aliases.clone(),
            domain: domain(device).to_owned(),
            area: options.room.clone(),
        });
    }
    for group in registry.groups() {
        add(Entity {
            id: format!("{GROUP}{}", group.id),
            name: group.name.clone(),
            aliases: group.aliases.clone(),
            domain: group_domain(registry, &group.members).to_owned(),
            area: group.room.clone(),
        });
    }
    for scene in registry.scenes() {
        add(Entity {
            id: format!("{SCENE}{}", scene.id),
            name: scene.name.clone(),
            aliases: scene.aliases.clone(),
            domain: "scene".to_owned(),
            area: scene.room.clone(),
        });
    }
    home
}

/// The scene an intent names.
pub(super) fn scene(intent: &Match) -> Option<u16> {
    let ids = &intent.slot("name")?.ids;
    ids.iter()
        .find_map(|id| id.strip_prefix(SCENE)?.parse().ok())
}

/// What `intent` asks for.
pub(super) fn plan(registry: &Registry, intent: &Match) -> Plan {
    let devices = targets(registry, intent);
    match intent.intent.as_str() {
        "HassTurnOn" => match scene(intent).and_then(|id| registry.scene(id)) {
            Some(scene) => recall(registry, &scene.members),
            None => command(&devices, |device| things::switch(device, Wish::On)),
        },
        "HassTurnOff" => command(&devices, |device| things::switch(device, Wish::Off)),
        "HassToggle" => command(&devices, |device| things::switch(device, Wish::Toggle)),
        "HassStopMoving" => command(&only(devices, "cover"), things::stop),
        "HassLightSet" => command(&devices, |device| light::set(device, intent)),
        "HassSetPosition" => command(&devices, |device| things::position(device, intent)),
        "HassFanSetSpeed" => command(&only(devices, "fan"), |device| {
            things::speed(device, intent)
        }),
        "HassClimateSetTemperature" => command(&only(devices, "climate"), |device| {
            things::setpoint(device, intent)
        }),
        "HearthClimateMode" => command(&only(devices, "climate"), |device| {
            things::mode(device, intent)
        }),
        "HassClimateGetTemperature" | "HassGetState" => Plan::Tell(query::answer(&devices, intent)),
        "HearthMedia" => Plan::Tell(Outcome::Cannot {
            why: "no_media",
            name: String::new(),
        }),
        other => Plan::Tell(Outcome::Failed(format!("{other} cannot be done here"))),
    }
}

/// Those of a kind, where a room was named rather than one of them.
fn only<'a>(devices: Vec<&'a Device>, kind: &str) -> Vec<&'a Device> {
    if devices.len() < 2 {
        return devices;
    }
    devices.into_iter().filter(|d| domain(d) == kind).collect()
}

/// The values of a scene, for those of its devices that are still there.
pub(super) fn recall(registry: &Registry, members: &[(DeviceId, Changes)]) -> Plan {
    let acts: Vec<Act> = members
        .iter()
        .filter(|(id, _)| registry.get(*id).is_some())
        .map(|(id, values)| Act {
            id: *id,
            values: values.clone(),
        })
        .collect();
    if acts.is_empty() {
        return Plan::Tell(Outcome::Nothing);
    }
    Plan::Do(acts)
}

/// The devices an intent speaks of, without those it takes out.
pub(super) fn targets<'a>(registry: &'a Registry, intent: &Match) -> Vec<&'a Device> {
    let mut devices = spoken_of(registry, intent);
    if let Some(name) = intent.slot("except_name") {
        let out = named(registry, &name.ids);
        devices.retain(|device| !out.iter().any(|other| other.info.id == device.info.id));
    }
    if let Some(area) = intent.text("except_area") {
        let area = area.to_lowercase();
        devices.retain(|device| {
            device.options.room.as_ref().map(|room| room.to_lowercase()) != Some(area.clone())
        });
    }
    devices
}

/// Devices by their keys among the names of the home; a group stands for its members.
fn named<'a>(registry: &'a Registry, ids: &[String]) -> Vec<&'a Device> {
    let mut found: Vec<&Device> = Vec::new();
    for id in ids {
        let members: &[DeviceId] = match id.strip_prefix(GROUP) {
            Some(group) => group
                .parse()
                .ok()
                .and_then(|id| registry.group(id))
                .map_or(&[], |group| &group.members),
            None => &id.parse().map_or(Vec::new(), |id| vec![id]),
        };
        for device in members.iter().filter_map(|id| registry.get(*id)) {
            if !found.iter().any(|other| other.info.id == device.info.id) {
                found.push(device);
            }
        }
    }
    found
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
        Some(name) if !name.ids.is_empty() => {
            let group = name.ids.iter().any(|id| id.starts_with(GROUP));
            let devices = named(registry, &name.ids).into_iter();
            devices.filter(|device| group || in_area(device)).collect()
        }
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
                    ["sensor", "binary_sensor", "person"].contains(&wanted)
                        || wanted == domain(device)
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
fn command(devices: &[&Device], values: impl Fn(&Device) -> Result<Changes, Why>) -> Plan {
    let mut acts = Vec::new();
    let mut refusal = None;
    for device in devices {
        match values(device) {
            Ok(values) => acts.push(Act {
                id: device.info.id,
                values,
            }),
            Err(why) => {
                refusal = Some(Outcome::Cannot {
                    why,
                    name: device.options.friendly_name.clone(),
                });
            }
        }
    }
    match (acts.is_empty(), refusal) {
        (false, _) => Plan::Do(acts),
        (true, Some(refusal)) => Plan::Tell(refusal),
        (true, None) => Plan::Tell(Outcome::Nothing),
    }
}

/// The expose of a property.
pub(super) fn feature<'a>(device: &'a Device, property: &str) -> Option<&'a Expose> {
    device
        .exposes()
        .find(|expose| expose.property.as_deref() == Some(property))
}
