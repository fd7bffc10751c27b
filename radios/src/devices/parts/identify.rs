//! Showing which one it is: Identify (ZCL 3.5), its effects, and what happens after a power cut.

use super::super::exchange::Request;
use super::super::part::{Context, Outgoing, Part, Setting};
use super::attribute::{Attribute, Meaning};
use crate::model::{Expose, ExposeKind};
use crate::zigbee::zcl::Type;
use crate::zigbee::zcl::clusters::on_off;
use crate::zigbee::zcl::clusters::{color, identify::ID};
use crate::zigbee::zcl::command::{self, color::ToServer as Color, identify::ToServer};

/// `identify`: it blinks or beeps for a few seconds.
#[derive(Debug)]
pub(crate) struct Identify;

/// `effect`: one of the effects of the cluster.
#[derive(Debug)]
pub(crate) struct Effect {
    /// It can run through all colours, too.
    pub(crate) color_loop: bool,
}

/// `power_on_behavior` of relays and lamps (ZCL 3.8.2.2.5).
pub(crate) static POWER_ON_BEHAVIOR: Attribute = Attribute {
    property: "power_on_behavior",
    label: "Power-on behavior",
    description: "What it does when power comes back",
    category: Some("config"),
    cluster: on_off::ID,
    attribute: on_off::START_UP,
    of: Type::ENUM8,
    access: Expose::STATE | Expose::SET | Expose::GET,
    meaning: Meaning::Several(&[("off", 0), ("on", 1), ("toggle", 2), ("previous", 255)]),
    ..Attribute::PLAIN
};

const EFFECTS: &[(&str, u8)] = &[
    ("blink", 0x00),
    ("breathe", 0x01),
    ("okay", 0x02),
    ("channel_change", 0x0b),
    ("finish_effect", 0xfe),
    ("stop_effect", 0xff),
];

const COLOR_LOOP: &str = "colorloop";
const STOP_COLOR_LOOP: &str = "stop_colorloop";
/// Steps of hue in a second: once round in 15 s.
const COLOR_LOOP_RATE: u8 = 17;

fn choice(name: &'static str, label: &str, description: &'static str) -> Expose {
    let mut expose = Expose::of(ExposeKind::Enum);
    expose.name = Some(name);
    expose.label = Some(label.to_owned());
    expose.property = Some(name.to_owned());
    expose.access = Some(Expose::SET);
    expose.description = Some(description);
    expose
}

impl Part for Identify {
    fn exposes(&self, _context: &Context<'_>, out: &mut Vec<Expose>) {
        let mut expose = choice("identify", "Identify", "Make it show itself");
        expose.category = Some("config");
        expose.values = vec!["identify".into()];
        out.push(expose);
    }

    fn set(&self, setting: &Setting<'_>) -> Option<Outgoing> {
        if setting.key != "identify" {
            return None;
        }
        let frame = ToServer::Identify { seconds: 3 }.frame();
        Some(Ok(vec![Request::new(
            setting.context.target(ID),
            ID,
            frame,
        )]))
    }
}

impl Part for Effect {
    fn exposes(&self, _context: &Context<'_>, out: &mut Vec<Expose>) {
        let mut expose = choice("effect", "Effect", "Play an effect");
        expose.values = EFFECTS.iter().map(|(name, _)| (*name).into()).collect();
        if self.color_loop {
            expose
                .values
                .extend([COLOR_LOOP, STOP_COLOR_LOOP].map(Into::into));
        }
        out.push(expose);
    }

    fn set(&self, setting: &Setting<'_>) -> Option<Outgoing> {
        if setting.key != "effect" {
            return None;
        }
        let name = setting.value.as_str().unwrap_or_default();
        let context = &setting.context;
        if self.color_loop && (name == COLOR_LOOP || name == STOP_COLOR_LOOP) {
            let going = name == COLOR_LOOP;
            let command = Color::MoveHue {
                mode: if going {
                    command::mode::COLOR_UP
                } else {
                    command::mode::COLOR_STOP
                },
                rate: if going { COLOR_LOOP_RATE } else { 1 },
                mask: Some(0),
                options: Some(0),
            };
            let target = context.target(color::ID);
            let mut requests = vec![Request::new(target, color::ID, command.frame())];
            if !going {
                // Where it stopped only the lamp knows.
                let attributes = [color::CURRENT_HUE, color::MODE];
                requests.push(Request::read(target, color::ID, None, &attributes));
            }
            return Some(Ok(requests));
        }
        Some(match EFFECTS.iter().find(|(known, _)| *known == name) {
            Some((_, effect)) => {
                let command = ToServer::TriggerEffect {
                    effect: *effect,
                    variant: 0,
                };
                Ok(vec![Request::new(context.target(ID), ID, command.frame())])
            }
            None => {
                let names: Vec<_> = EFFECTS.iter().map(|(name, _)| *name).collect();
                Err(setting.bad(format_args!("one of {}", names.join(", "))))
            }
        })
    }
}
