//! The network of one home: everything between the dongle and [`Event`](crate::Event)s and
//! [`Command`]s.
//!
//! The contract:
//! - a network is formed, resumed or refused, never silently replaced;
//! - every command is answered exactly once, whatever the dongle or the device does;
//! - given the same frames at the same (virtual) times it does the same: no wall clock, and
//!   randomness only in the keys of a network being formed.

mod commands;
mod config;
mod configure;
mod core;
mod dedupe;
mod deliver;
mod dongle;
mod interview;
mod join;
mod lookup;
mod pace;
mod receive;
mod registry;
mod repeatable;
mod respond;
mod settings;
mod source;
mod start;
mod supervise;
mod waiters;

#[cfg(test)]
mod fake;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use tokio::sync::mpsc;

pub use config::{FormPolicy, WallClock, ZigbeeConfig};
pub use source::{Opening, Source, Wire};

use self::core::{Core, Patience};
use self::registry::Registry;
use self::settings::{Random, Wishes};
use self::supervise::Supervisor;
use crate::tap::Tap;
use crate::{Command, DeviceInfo, NetworkSettings, RadioHandle};

/// Commands and events on their way at most.
const QUEUE: usize = 64;

/// Starts the Zigbee radio as tasks of the current tokio runtime. It knows `devices` and the
/// `network` from earlier runs; it ends when the handle, or either end of it, is dropped.
///
/// Whoever holds the handle must go on reading events while it waits for room for a command.
pub fn spawn(
    config: ZigbeeConfig,
    network: Option<NetworkSettings>,
    devices: Vec<DeviceInfo>,
    tap: Tap,
) -> RadioHandle {
    let (commands, incoming) = mpsc::channel::<Command>(QUEUE);
    let (up, events) = mpsc::channel(QUEUE);
    let patience = Patience {
        awake: config.command_age,
        sleepy: config.sleepy_command_age,
    };
    let wishes = Wishes::of(&config);
    let core = Arc::new(Core::new(
        patience,
        config.clock,
        Registry::new(devices),
        up,
    ));
    let supervisor = Supervisor {
        core: core.clone(),
        source: config.port,
        tap,
        wishes,
        form: config.form,
        transmit_power: config.transmit_power,
        random: Random::from_seed(config.seed),
        stored: network,
        was_up: false,
    };
    tokio::spawn(supervisor.run());
    core.spawn(core.clone().take_commands(incoming));
    RadioHandle { commands, events }
}
