//! Remotes: commands that a device's client clusters send become `action`s.

use super::super::exchange::{Heard, Step};
use super::super::part::{Context, Incoming, Part};
use crate::Value;
use crate::model::{Expose, ExposeKind};
use crate::zigbee::zcl::clusters;
use crate::zigbee::zcl::command::{color, level, mode, on_off, scenes, window_covering};

/// `action` of a remote: what was pressed, turned or chosen.
#[derive(Debug)]
pub(crate) struct Commands;

/// Clusters whose commands are understood.
pub(crate) const UNDERSTOOD: &[u16] = &[
    clusters::on_off::ID,
    clusters::level::ID,
    clusters::color::ID,
    clusters::scenes::ID,
    clusters::window_covering::ID,
];

/// An action and its numbers.
type Action = (String, Vec<(&'static str, f64)>);

fn named(name: &str) -> Option<Action> {
    Some((name.to_owned(), Vec::new()))
}

const fn direction(mode: u8) -> &'static str {
    if mode == mode::LEVEL_DOWN {
        "down"
    } else {
        "up"
    }
}

fn on_off(command: &on_off::ToServer) -> Option<Action> {
    use on_off::ToServer as C;
    named(match command {
        C::Off {} => "off",
        C::On {} => "on",
        C::Toggle {} => "toggle",
        C::OffWithEffect { .. } => "off",
        C::OnWithRecallGlobalScene {} => "recall_global",
        C::OnWithTimedOff { .. } => "on",
    })
}

fn level(command: &level::ToServer) -> Option<Action> {
    use level::ToServer as C;
    let seconds = |tenths: u16| f64::from(tenths) / 10.0;
    Some(match *command {
        C::MoveToLevel {
            level, transition, ..
        }
        | C::MoveToLevelWithOnOff {
            level, transition, ..
        } => (
            "brightness_move_to_level".to_owned(),
            vec![
                ("action_level", level.into()),
                ("action_transition_time", seconds(transition)),
            ],
        ),
        C::Move { mode, rate, .. } | C::MoveWithOnOff { mode, rate, .. } => (
            format!("brightness_move_{}", direction(mode)),
            vec![("action_rate", rate.into())],
        ),
        C::Step {
            mode,
            size,
            transition,
            ..
        }
        | C::StepWithOnOff {
            mode,
            size,
            transition,
            ..
        } => (
            format!("brightness_step_{}", direction(mode)),
            vec![
                ("action_step_size", size.into()),
                ("action_transition_time", seconds(transition)),
            ],
        ),
        C::Stop { .. } | C::StopWithOnOff { .. } => return named("brightness_stop"),
    })
}

fn color(command: &color::ToServer) -> Option<Action> {
    use color::ToServer as C;
    let seconds = |tenths: u16| f64::from(tenths) / 10.0;
    Some(match *command {
        C::MoveToColorTemperature {
            mireds, transition, ..
        } => (
            "color_temperature_move".to_owned(),
            vec![
                ("action_color_temperature", mireds.into()),
                ("action_transition_time", seconds(transition)),
            ],
        ),
        C::StepColorTemperature {
            mode,
            size,
            transition,
            ..
        } => (
            format!(
                "color_temperature_step_{}",
                if mode == mode::COLOR_UP { "up" } else { "down" }
            ),
            vec![
                ("action_step_size", size.into()),
                ("action_transition_time", seconds(transition)),
            ],
        ),
        C::MoveColorTemperature { mode, rate, .. } => match mode {
            mode::COLOR_STOP => return named("color_temperature_move_stop"),
            mode => (
                format!(
                    "color_temperature_move_{}",
                    if mode == mode::COLOR_UP { "up" } else { "down" }
                ),
                vec![("action_rate", rate.into())],
            ),
        },
        C::StopMoveStep { .. } => return named("stop_move_step"),
        _ => return None,
    })
}

fn scenes(command: &scenes::ToServer) -> Option<Action> {
    match command {
        scenes::ToServer::Recall { scene, .. } => named(&format!("recall_{scene}")),
        scenes::ToServer::Store { scene, .. } => named(&format!("store_{scene}")),
        _ => None,
    }
}

fn covering(command: &window_covering::ToServer) -> Option<Action> {
    use window_covering::ToServer as C;
    named(match command {
        C::UpOpen {} => "open",
        C::DownClose {} => "close",
        C::Stop {} => "stop",
        _ => return None,
    })
}

impl Part for Commands {
    fn exposes(&self, context: &Context<'_>, out: &mut Vec<Expose>) {
        let mut expose = Expose::of(ExposeKind::Enum);
        expose.name = Some("action");
        expose.label = Some("Action".to_owned());
        expose.property = Some("action".to_owned());
        expose.access = Some(Expose::STATE);
        expose.category = Some("diagnostic");
        expose.description = Some("What was pressed or turned");
        // What it also serves it does not control.
        let sends = |cluster| {
            let mut endpoints = context.info.endpoints.iter();
            endpoints.any(|e| e.output.contains(&cluster) && !e.input.contains(&cluster))
        };
        if sends(clusters::on_off::ID) {
            expose
                .values
                .extend(["on", "off", "toggle"].map(Into::into));
        }
        if sends(clusters::level::ID) {
            expose.values.extend(
                [
                    "brightness_move_to_level",
                    "brightness_move_up",
                    "brightness_move_down",
                    "brightness_step_up",
                    "brightness_step_down",
                    "brightness_stop",
                ]
                .map(Into::into),
            );
        }
        if sends(clusters::window_covering::ID) {
            expose
                .values
                .extend(["open", "close", "stop"].map(Into::into));
        }
        if !expose.values.is_empty() {
            out.push(expose);
        }
    }

    fn receive(&self, incoming: &mut Incoming<'_>, heard: &mut Heard) {
        let frame = incoming.frame;
        let action = match incoming.cluster {
            clusters::on_off::ID => {
                on_off::ToServer::parse(frame).map(|c| c.and_then(|c| on_off(&c)))
            }
            clusters::level::ID => level::ToServer::parse(frame).map(|c| c.and_then(|c| level(&c))),
            clusters::color::ID => color::ToServer::parse(frame).map(|c| c.and_then(|c| color(&c))),
            clusters::scenes::ID => {
                scenes::ToServer::parse(frame).map(|c| c.and_then(|c| scenes(&c)))
            }
            clusters::window_covering::ID => {
                window_covering::ToServer::parse(frame).map(|c| c.and_then(|c| covering(&c)))
            }
            _ => return,
        };
        let Ok(Some((mut action, numbers))) = action else {
            return;
        };
        if incoming.repeated {
            return;
        }
        if let Some(suffix) = incoming.context.model.suffix(incoming.endpoint) {
            action.push('_');
            action.push_str(suffix);
        }
        heard.put("action", action);
        for (property, number) in numbers {
            heard.put(property, Value::Number(number));
        }
    }

    fn setup(&self, context: &Context<'_>, out: &mut Vec<Step>) {
        for endpoint in &context.info.endpoints {
            for cluster in UNDERSTOOD {
                // What it also serves it does not control.
                if endpoint.output.contains(cluster) && !endpoint.input.contains(cluster) {
                    out.push(Step::Bind {
                        endpoint: endpoint.id,
                        cluster: *cluster,
                    });
                }
            }
        }
    }
}
