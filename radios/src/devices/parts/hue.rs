//! Philips Hue's own: the lamp's state in one attribute, and its effects (cluster 0xFC03).
//!
//! State and commands share one layout: 16 bits saying which fields follow, then the fields in the
//! order of their bits.

use super::super::color::round;
use super::super::exchange::{Heard, Request};
use super::super::part::{Context, Incoming, Outgoing, Part, Setting};
use crate::Value;
use crate::model::{Expose, ExposeKind};
use crate::zigbee::wire::Wire;
use crate::zigbee::zcl::Frame;
use crate::zigbee::zcl::clusters::identify;
use crate::zigbee::zcl::command::identify::ToServer as Identify;

/// The cluster.
pub(crate) const ID: u16 = 0xfc03;
/// The manufacturer code of Signify.
const SIGNIFY: u16 = 0x100b;
const STATE: u16 = 0x0002;
const MULTI_COLOR: u8 = 0x00;

/// Fields, by bit.
const ON_OFF: u16 = 0x0001;
const BRIGHTNESS: u16 = 0x0002;
const MIREDS: u16 = 0x0004;
const XY: u16 = 0x0008;
const FADE: u16 = 0x0010;
const EFFECT: u16 = 0x0020;

/// Effects of the lamp itself, by their number.
const OWN: &[(&str, u8)] = &[
    ("candle", 0x01),
    ("fireplace", 0x02),
    ("colorloop", 0x03),
    ("sunrise", 0x09),
    ("sparkle", 0x0a),
    ("opal", 0x0b),
    ("glisten", 0x0c),
    ("sunset", 0x0d),
    ("underwater", 0x0e),
    ("cosmos", 0x0f),
    ("sunbeam", 0x10),
    ("enchant", 0x11),
];

/// Effects of the Identify cluster; those that end one end the lamp's own, too.
const COMMON: &[(&str, u8)] = &[
    ("blink", 0x00),
    ("breathe", 0x01),
    ("okay", 0x02),
    ("channel_change", 0x0b),
    ("finish_effect", 0xfe),
    ("stop_effect", 0xff),
];

const NONE: &[&str] = &["none", "stop_hue_effect"];

/// A Hue lamp beside what any lamp is.
#[derive(Debug)]
pub(crate) struct Hue;

fn command(target: u8, bytes: &[u8]) -> Request {
    let frame = Frame::tell(MULTI_COLOR, bytes.to_vec()).of_manufacturer(SIGNIFY);
    Request::new(target, ID, frame)
}

fn read(target: u8) -> Request {
    Request::read(target, ID, Some(SIGNIFY), &[STATE])
}

impl Hue {
    fn effect(setting: &Setting<'_>) -> Outgoing {
        let name = setting.value.as_str().unwrap_or_default();
        let target = setting.context.target(ID);
        let shown = |name: &'static str| vec![(setting.shown("effect"), name.into())];
        let none = || command(target, &[0x20, 0x00, 0x00]).showing(shown("none"));
        if let Some((name, number)) = OWN.iter().find(|(known, _)| *known == name) {
            let start = command(target, &[0x21, 0x00, 0x01, *number]);
            return Ok(vec![start.showing(shown(name)), read(target)]);
        }
        if NONE.contains(&name) {
            return Ok(vec![none()]);
        }
        match COMMON.iter().find(|(known, _)| *known == name) {
            Some((_, effect)) => {
                let trigger = Identify::TriggerEffect {
                    effect: *effect,
                    variant: 0,
                };
                let target = setting.context.target(identify::ID);
                let trigger = Request::new(target, identify::ID, trigger.frame());
                Ok(if *effect >= 0xfe {
                    vec![none(), trigger]
                } else {
                    vec![trigger]
                })
            }
            None => {
                let names = COMMON.iter().chain(OWN).map(|(name, _)| *name);
                let names: Vec<_> = names.chain(NONE.iter().copied()).collect();
                Err(setting.bad(format_args!("one of {}", names.join(", "))))
            }
        }
    }

    fn speed(setting: &Setting<'_>) -> Outgoing {
        let speed = setting.number(0.0, 1.0)?;
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // 0…1 times 255
        let byte = (speed * 255.0) as u8;
        let target = setting.context.target(ID);
        Ok(vec![command(target, &[0x80, 0x00, byte])])
    }

    /// The fields of a state; `None` where it ends too early.
    fn state(bytes: &[u8], incoming: &Incoming<'_>, heard: &mut Heard) -> Option<()> {
        let (mut rest, flags) = u16::parse(bytes).ok()?;
        fn next<T: Wire>(rest: &mut &[u8]) -> Option<T> {
            let (after, value) = T::parse(rest).ok()?;
            *rest = after;
            Some(value)
        }
        if flags & ON_OFF != 0 {
            let on: u8 = next(&mut rest)?;
            let state = if on == 0 { "OFF" } else { "ON" };
            heard.put(incoming.property("state"), state);
        }
        if flags & BRIGHTNESS != 0 {
            let level: u8 = next(&mut rest)?;
            heard.put(incoming.property("brightness"), level);
        }
        if flags & MIREDS != 0 {
            let mireds: u16 = next(&mut rest)?;
            heard.put(incoming.property("color_temp"), mireds);
            heard.put(incoming.property("color_mode"), "color_temp");
        }
        if flags & XY != 0 {
            let x: u16 = next(&mut rest)?;
            let y: u16 = next(&mut rest)?;
            let part = |n: u16| Value::Number(round(f64::from(n) / 65535.0, 4));
            heard.put_member(incoming.property("color"), "x", part(x));
            heard.put_member(incoming.property("color"), "y", part(y));
            heard.put(incoming.property("color_mode"), "xy");
        }
        if flags & FADE != 0 {
            let _: u16 = next(&mut rest)?;
        }
        if flags & EFFECT != 0 {
            let number: u8 = next(&mut rest)?;
            let known = OWN.iter().find(|(_, n)| *n == number);
            let name = known.map_or("none", |(name, _)| name);
            heard.put(incoming.property("effect"), name);
        }
        Some(())
    }
}

impl Part for Hue {
    fn exposes(&self, _context: &Context<'_>, out: &mut Vec<Expose>) {
        let mut expose = Expose::of(ExposeKind::Enum);
        expose.name = Some("effect");
        expose.label = Some("Effect".to_owned());
        expose.property = Some("effect".to_owned());
        expose.access = Some(Expose::STATE | Expose::SET);
        expose.description = Some("Play an effect");
        expose.values = COMMON
            .iter()
            .chain(OWN)
            .map(|(name, _)| (*name).into())
            .collect();
        expose.values.extend(NONE.iter().copied().map(Into::into));
        out.push(expose);
        let text = "How fast the effect goes";
        let access = Expose::SET;
        let mut speed = super::measure::numeric("effect_speed", "Effect speed", text, "", access);
        speed.value_min = Some(0.0);
        speed.value_max = Some(1.0);
        speed.value_step = Some(0.01);
        out.push(speed);
    }

    fn receive(&self, incoming: &mut Incoming<'_>, heard: &mut Heard) {
        let Some(bytes) = incoming.data(ID, STATE).and_then(|data| data.as_bytes()) else {
            return;
        };
        let raw: String = bytes.iter().map(|b| format!("{b:02x}")).collect();
        heard.put("philips_raw", raw);
        // What is there before it ends is as good as the rest.
        let _ = Self::state(bytes, incoming, heard);
    }

    fn set(&self, setting: &Setting<'_>) -> Option<Outgoing> {
        match setting.key {
            "effect" => Some(Self::effect(setting)),
            "effect_speed" => Some(Self::speed(setting)),
            _ => None,
        }
    }

    /// One attribute tells all.
    fn get(&self, context: &Context<'_>, key: &str) -> Option<Vec<Request>> {
        let told = [
            "state",
            "brightness",
            "color",
            "color_temp",
            "color_mode",
            "effect",
        ];
        told.contains(&key).then(|| vec![read(context.target(ID))])
    }
}
