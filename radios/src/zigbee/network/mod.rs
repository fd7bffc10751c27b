//! The network of one home: everything between the dongle and [`Event`]s and [`Command`]s.
//!
//! The contract:
//! - a network is formed, resumed or refused, never silently replaced;
//! - every command is answered exactly once, whatever the dongle or the device does;
//! - given the same frames at the same (virtual) times it does the same: no wall clock, and
//!   randomness only in the keys of a network being formed.

mod config;
mod source;

use tokio::sync::mpsc;

pub use config::{FormPolicy, WallClock, ZigbeeConfig};
pub use source::{Line, Opening, Source, Wire};

use crate::tap::Tap;
use crate::{Command, CommandError, DeviceInfo, Event, NetworkSettings, Radio, RadioHandle};

/// Commands and events on their way at most.
const QUEUE: usize = 64;

/// Starts the Zigbee radio as a task of the current tokio runtime. It knows `devices` and the
/// `network` from earlier runs; it ends when the handle is dropped.
pub fn spawn(
    config: ZigbeeConfig,
    network: Option<NetworkSettings>,
    devices: Vec<DeviceInfo>,
    tap: Tap,
) -> RadioHandle {
    let (commands, mut incoming) = mpsc::channel::<Command>(QUEUE);
    let (up, events) = mpsc::channel(QUEUE);
    let _ = (network, devices, tap);
    tokio::spawn(async move {
        let reason = format!("{} is not driven yet", config.port.name());
        let down = Event::RadioDown {
            radio: Radio::Zigbee,
            reason: reason.clone(),
        };
        if up.send(down).await.is_err() {
            return;
        }
        while let Some(command) = incoming.recv().await {
            let done = Event::Done {
                token: command.token(),
                outcome: Err(CommandError::Unavailable(reason.clone())),
            };
            if up.send(done).await.is_err() {
                return;
            }
        }
    });
    RadioHandle { commands, events }
}
