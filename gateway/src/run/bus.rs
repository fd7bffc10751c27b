//! ubus, where it is compiled in.

use std::path::Path;

use tokio::sync::mpsc;

use super::{Home, Live};
use crate::config::Config;
#[cfg(feature = "ubus")]
use crate::ubus::{Refusal, Status, Ubus, Wanted};

#[cfg(feature = "ubus")]
pub(super) use crate::ubus::Call;

/// Without ubus, nobody calls.
#[cfg(not(feature = "ubus"))]
#[derive(Clone, Copy, Debug)]
pub(super) enum Call {}

/// The way out to ubus.
#[derive(Debug, Default)]
pub(super) struct Bus {
    #[cfg(feature = "ubus")]
    ubus: Option<Ubus>,
}

impl Bus {
    /// Looks for ubusd. Calls come out of the queue.
    pub(super) fn open(config: &Config) -> (Self, mpsc::Receiver<Call>) {
        #[cfg(feature = "ubus")]
        {
            let (sender, calls) = Ubus::queue();
            let ubus = Some(Ubus::spawn(config.ubus.clone(), sender));
            (Self { ubus }, calls)
        }
        #[cfg(not(feature = "ubus"))]
        {
            let _ = config;
            (Self::default(), mpsc::channel(1).1)
        }
    }

    /// The loop lives.
    pub(super) fn alive(&mut self) {
        #[cfg(feature = "ubus")]
        if let Some(ubus) = &mut self.ubus {
            ubus.alive();
        }
    }

    /// `topic` without the base topic.
    pub(super) fn publish(&mut self, topic: &str, payload: &[u8]) {
        #[cfg(feature = "ubus")]
        if let Some(ubus) = &mut self.ubus {
            ubus.publish(topic, payload);
        }
        #[cfg(not(feature = "ubus"))]
        let _ = (topic, payload);
    }
}

impl Home<Live> {
    /// What a call on ubus wants; true: the gateway is to start anew with another configuration.
    #[cfg(feature = "ubus")]
    pub(super) fn bus(
        &mut self,
        call: Call,
        status: impl FnOnce(&mut Self) -> crate::status::Status,
        now: &Config,
        file: Option<&Path>,
    ) -> bool {
        let ticket = call.ticket;
        let Some(wanted) = self
            .world
            .bus
            .ubus
            .as_mut()
            .and_then(|ubus| ubus.call(call))
        else {
            return false;
        };
        let answer = match wanted {
            Wanted::Message(message) => {
                self.feed(crate::hub::Input::Message(message));
                return false;
            }
            Wanted::Status => Ok(serde_json::json!(status(self))),
            Wanted::Devices(name) => self.hub.inventory(name.as_deref()).ok_or_else(|| Refusal {
                status: Status::NotFound,
                why: format!("Device '{}' does not exist", name.unwrap_or_default()),
            }),
            Wanted::Voice => Ok(self
                .world
                .bus
                .ubus
                .as_ref()
                .map(Ubus::voice)
                .unwrap_or_default()),
            Wanted::Reload => match file.map(Config::load) {
                None => Err(Refusal {
                    status: Status::NotSupported,
                    why: "this gateway has no configuration file".to_owned(),
                }),
                // What runs goes on running.
                Some(Err(why)) => Err(Refusal::argument(why.to_string())),
                Some(Ok(read)) => Ok(serde_json::json!({"changed": read != *now})),
            },
        };
        let again = answer
            .as_ref()
            .is_ok_and(|answer| answer.get("changed") == Some(&serde_json::Value::Bool(true)));
        if let Some(ubus) = &mut self.world.bus.ubus {
            ubus.answer(ticket, answer);
        }
        again
    }

    #[cfg(not(feature = "ubus"))]
    pub(super) fn bus(
        &mut self,
        call: Call,
        _: impl FnOnce(&mut Self) -> crate::status::Status,
        _: &Config,
        _: Option<&Path>,
    ) -> bool {
        match call {}
    }
}
