//! Relays: On/Off (ZCL 3.8).

use super::super::exchange::{Heard, Request, Step, report};
use super::super::part::{Context, Incoming, Outgoing, Part, Setting};
use crate::model::{Expose, ExposeKind};
use crate::zigbee::zcl::Type;
use crate::zigbee::zcl::clusters::on_off::{ID, ON_OFF};
use crate::zigbee::zcl::command::on_off::ToServer;
use crate::{CommandError, Value};

/// A relay: `state`.
#[derive(Debug)]
pub(crate) struct OnOff {
    /// The device refuses reporting configuration or needs none.
    pub(crate) quiet: bool,
}

/// What `state` may be set to.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Switch {
    On,
    Off,
    Toggle,
}

impl Switch {
    /// The wish in a `state` value.
    pub(crate) fn of(setting: &Setting<'_>, value: &Value) -> Result<Self, CommandError> {
        let text = value.as_str().map(str::to_ascii_lowercase);
        match (text.as_deref(), value) {
            (Some("on"), _) | (_, Value::Bool(true)) => Ok(Self::On),
            (Some("off"), _) | (_, Value::Bool(false)) => Ok(Self::Off),
            (Some("toggle"), _) => Ok(Self::Toggle),
            _ => Err(super::super::part::bad_value(
                &setting.shown("state"),
                value,
                "ON, OFF or TOGGLE",
            )),
        }
    }

    pub(crate) const fn state(self) -> Option<&'static str> {
        match self {
            Self::On => Some("ON"),
            Self::Off => Some("OFF"),
            Self::Toggle => None,
        }
    }
}

/// The state of a relay as text.
pub(crate) fn state(on: f64) -> Value {
    Value::from(if on == 1.0 { "ON" } else { "OFF" })
}

/// On, off or toggle as one frame, with `on_time` and `off_wait_time` where given.
pub(crate) fn switch(setting: &Setting<'_>, wish: Switch) -> Outgoing {
    let endpoint = setting.context.target(ID);
    let tenths = |key: &str| -> Result<Option<u16>, CommandError> {
        let Some(value) = setting.beside(key) else {
            return Ok(None);
        };
        match value.as_f64() {
            #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // bounded here
            Some(seconds) if (0.0..=6553.4).contains(&seconds) => {
                Ok(Some((seconds * 10.0).round() as u16))
            }
            _ => Err(super::super::part::bad_value(
                key,
                value,
                "seconds, a number from 0 to 6553",
            )),
        }
    };
    let on_time = tenths("on_time")?;
    let off_wait_time = tenths("off_wait_time")?;
    let command = match wish {
        Switch::On if on_time.is_some() || off_wait_time.is_some() => ToServer::OnWithTimedOff {
            control: 0,
            on_time: on_time.unwrap_or(0),
            off_wait_time: off_wait_time.unwrap_or(0),
        },
        Switch::On => ToServer::On {},
        Switch::Off => ToServer::Off {},
        Switch::Toggle => ToServer::Toggle {},
    };
    let changes = wish
        .state()
        .map(|state| (setting.shown("state"), state.into()));
    let request = Request::new(endpoint, ID, command.frame());
    Ok(vec![request.showing(changes.into_iter().collect())])
}

/// Binding and reporting of the relay on every endpoint that has one.
pub(crate) fn setup(context: &Context<'_>, out: &mut Vec<Step>) {
    for endpoint in context.serving(ID) {
        out.push(Step::Bind {
            endpoint: endpoint.id,
            cluster: ID,
        });
        out.push(Step::Report {
            endpoint: endpoint.id,
            cluster: ID,
            manufacturer: None,
            reports: vec![report(ON_OFF, Type::BOOL, 0, 3600, 0)],
        });
        out.push(Step::Send(Request::read(endpoint.id, ID, None, &[ON_OFF])));
    }
}

/// The feature `state`.
pub(crate) fn feature() -> Expose {
    let mut expose = Expose::of(ExposeKind::Binary);
    expose.name = Some("state");
    expose.label = Some("State".to_owned());
    expose.property = Some("state".to_owned());
    expose.access = Some(Expose::STATE | Expose::SET | Expose::GET);
    expose.description = Some("On/off state");
    expose.value_on = Some("ON".into());
    expose.value_off = Some("OFF".into());
    expose.value_toggle = Some("TOGGLE");
    expose
}

impl Part for OnOff {
    fn exposes(&self, context: &Context<'_>, out: &mut Vec<Expose>) {
        let mut switch = Expose::of(ExposeKind::Switch);
        switch.features = vec![feature()];
        super::attribute::per_endpoint(context, ID, &switch, out);
    }

    fn receive(&self, incoming: &mut Incoming<'_>, heard: &mut Heard) {
        if let Some(on) = incoming.number(ID, ON_OFF) {
            heard.put(incoming.property("state"), state(on));
        }
    }

    fn set(&self, setting: &Setting<'_>) -> Option<Outgoing> {
        if setting.key != "state" {
            return None;
        }
        Some(Switch::of(setting, setting.value).and_then(|wish| switch(setting, wish)))
    }

    fn get(&self, context: &Context<'_>, key: &str) -> Option<Vec<Request>> {
        (key == "state").then(|| vec![Request::read(context.target(ID), ID, None, &[ON_OFF])])
    }

    fn setup(&self, context: &Context<'_>, out: &mut Vec<Step>) {
        if !self.quiet {
            setup(context, out);
        }
    }
}
