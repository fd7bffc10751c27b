//! Xiaomi's buttons and cubes: what was done with them, as `action`.

use std::time::Duration;

use super::super::exchange::{Heard, Later};
use super::super::part::{Context, Incoming, Part};
use super::measure::numeric;
use crate::Value;
use crate::model::{Expose, ExposeKind};
use crate::zigbee::zcl::clusters::{analog_input, multistate_input, on_off};

/// Buttons that count their presses in a Multistate Input.
#[derive(Debug)]
pub(crate) struct Presses {
    /// Value and action.
    pub(crate) actions: &'static [(i64, &'static str)],
}

impl Part for Presses {
    fn exposes(&self, _context: &Context<'_>, out: &mut Vec<Expose>) {
        out.push(action(self.actions.iter().map(|(_, name)| *name).collect()));
    }

    fn receive(&self, incoming: &mut Incoming<'_>, heard: &mut Heard) {
        let pressed = incoming.whole(multistate_input::ID, multistate_input::PRESENT_VALUE);
        let pressed = pressed.or_else(|| incoming.whole(on_off::ID, on_off::XIAOMI_BUTTON));
        let plain = || {
            incoming
                .whole(on_off::ID, on_off::ON_OFF)
                .filter(|on| *on == 1)
        };
        let Some(pressed) = pressed.or_else(plain) else {
            return;
        };
        if let Some((_, name)) = self.actions.iter().find(|(n, _)| *n == pressed) {
            heard.put("action", *name);
        }
    }
}

/// The first button of the kind: it tells going down, going up, and quick repetitions.
#[derive(Debug)]
pub(crate) struct Button;

/// Down for longer is a hold.
const HOLD: Duration = Duration::from_millis(1000);

const REPETITIONS: &[(i64, &str)] = &[(2, "double"), (3, "triple"), (4, "quadruple")];

impl Part for Button {
    fn exposes(&self, _context: &Context<'_>, out: &mut Vec<Expose>) {
        out.push(action(vec![
            "single",
            "double",
            "triple",
            "quadruple",
            "hold",
            "release",
            "many",
        ]));
    }

    fn receive(&self, incoming: &mut Incoming<'_>, heard: &mut Heard) {
        if let Some(times) = incoming.whole(on_off::ID, on_off::XIAOMI_BUTTON) {
            let known = REPETITIONS.iter().find(|(n, _)| *n == times);
            heard.put("action", known.map_or("many", |(_, name)| name));
            return;
        }
        let held = incoming.memory.value("action") == Some(&"hold".into());
        match incoming.whole(on_off::ID, on_off::ON_OFF) {
            Some(0) => {
                heard.later = Some(Later {
                    after: HOLD,
                    changes: vec![("action".into(), "hold".into())],
                });
            }
            Some(_) => {
                heard.put("action", if held { "release" } else { "single" });
                // No longer down: what was to be a hold is none.
                heard.later = Some(Later {
                    after: Duration::ZERO,
                    changes: Vec::new(),
                });
            }
            None => {}
        }
    }
}

/// A cube that is shaken, thrown, turned over and around.
#[derive(Debug)]
pub(crate) struct Cube;

impl Part for Cube {
    fn exposes(&self, _context: &Context<'_>, out: &mut Vec<Expose>) {
        out.push(action(vec![
            "shake",
            "throw",
            "wakeup",
            "fall",
            "tap",
            "slide",
            "flip180",
            "flip90",
            "rotate_left",
            "rotate_right",
        ]));
        for (name, label, text, unit) in [
            ("action_angle", "Action angle", "How far it was turned", "°"),
            ("side", "Side", "The side that is up", ""),
        ] {
            out.push(numeric(name, label, text, unit, Expose::STATE));
        }
    }

    fn receive(&self, incoming: &mut Incoming<'_>, heard: &mut Heard) {
        if let Some(angle) = incoming.number(analog_input::ID, analog_input::PRESENT_VALUE) {
            let left = angle < 0.0;
            let angle = Value::rounded(angle, 2);
            heard.put("action", if left { "rotate_left" } else { "rotate_right" });
            heard.put("angle", angle.clone());
            heard.put("action_angle", angle);
        }
        let moved = incoming.whole(multistate_input::ID, multistate_input::PRESENT_VALUE);
        let Some(moved) = moved else {
            return;
        };
        let (name, side) = match moved {
            0 => ("shake", None),
            1 => ("throw", None),
            2 => ("wakeup", None),
            3 => ("fall", None),
            512.. => ("tap", Some(moved - 512)),
            256.. => ("slide", Some(moved - 256)),
            128.. => ("flip180", Some(moved - 128)),
            64.. => ("flip90", Some(moved & 7)),
            _ => return,
        };
        heard.put("action", name);
        #[expect(clippy::cast_precision_loss)] // small numbers
        if name == "flip90" {
            let from = (((moved - 64) >> 3) & 7) as f64;
            heard.put("action_from_side", from);
            heard.put("action_to_side", side.unwrap_or(0) as f64);
            heard.put("action_side", side.unwrap_or(0) as f64);
            heard.put("from_side", from);
            heard.put("to_side", side.unwrap_or(0) as f64);
        }
        #[expect(clippy::cast_precision_loss)]
        if let Some(side) = side {
            heard.put("side", side as f64);
        }
    }
}

fn action(values: Vec<&'static str>) -> Expose {
    let mut expose = Expose::of(ExposeKind::Enum);
    expose.name = Some("action");
    expose.label = Some("Action".to_owned());
    expose.property = Some("action".to_owned());
    expose.access = Some(Expose::STATE);
    expose.category = Some("diagnostic");
    expose.description = Some("What was done with it");
    expose.values = values.into_iter().map(Into::into).collect();
    expose
}
