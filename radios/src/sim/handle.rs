//! The simulator as a task, and the handle that tests and the demo hold it by.

use std::io;
use std::time::Duration;

use tokio::sync::{mpsc, oneshot};

use super::config::SimConfig;
use super::device::Arrived;
use super::faults::Faults;
use super::ncp::nvm::Network;
use super::serve::{Act, Engine};
use crate::{Ieee, Value};

/// Why the simulator did not do it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SimError {
    /// The simulator has ended.
    #[error("the simulator has ended")]
    Gone,
    /// No such device.
    #[error("no simulated device `{0}`")]
    NoDevice(String),
    /// It makes no sense.
    #[error("{0}")]
    Refused(String),
}

/// What is known of a simulated device from outside.
#[derive(Clone, Debug, PartialEq, serde::Serialize)]
pub struct DeviceStatus {
    /// What simulator and tests call it.
    pub name: String,
    /// Its model.
    pub kind: String,
    /// Its address.
    pub ieee: Ieee,
    /// Its network address, while it is in a network.
    pub address: Option<u16>,
    /// It looks for a network.
    pub pairing: bool,
}

/// Holds a running simulator; it ends when the last handle is dropped.
#[derive(Clone, Debug)]
pub struct Handle {
    acts: mpsc::Sender<Act>,
    faults: Faults,
    address: String,
}

/// Starts a simulator on the current tokio runtime.
///
/// # Errors
/// When it cannot listen where it should, its state file is not one, or a device is of no known kind.
pub fn spawn(config: SimConfig) -> io::Result<Handle> {
    let faults = Faults::default();
    let (acts, inbox) = mpsc::channel(64);
    let engine = Engine::new(config, faults.clone(), inbox)?;
    let address = engine.address().to_owned();
    tokio::spawn(engine.run());
    Ok(Handle {
        acts,
        faults,
        address,
    })
}

impl Handle {
    /// What a host opens: the path of a tty, or `tcp://host:port`. It stays the same when the cable
    /// is pulled and plugged in again.
    #[must_use]
    pub fn address(&self) -> &str {
        &self.address
    }

    /// The fault switchboard.
    #[must_use]
    pub const fn faults(&self) -> &Faults {
        &self.faults
    }

    async fn with<T: Send + 'static>(
        &self,
        act: impl FnOnce(&mut Engine) -> T + Send + 'static,
    ) -> Result<T, SimError> {
        let (done, outcome) = oneshot::channel();
        let act: Act = Box::new(move |engine| {
            drop(done.send(act(engine))); // nobody waits: nobody minds
        });
        self.acts.send(act).await.map_err(|_| SimError::Gone)?;
        outcome.await.map_err(|_| SimError::Gone)
    }

    /// All devices.
    ///
    /// # Errors
    /// When the simulator has ended.
    pub async fn devices(&self) -> Result<Vec<DeviceStatus>, SimError> {
        self.with(|engine| engine.sim.statuses()).await
    }

    /// The network the co-processor belongs to, keys included.
    ///
    /// # Errors
    /// When the simulator has ended.
    pub async fn network(&self) -> Result<Option<Network>, SimError> {
        self.with(|engine| engine.sim.network().cloned()).await
    }

    /// Puts a device into pairing mode: it joins as soon as the network is open, leaving the one it
    /// was in.
    ///
    /// # Errors
    /// When there is no such device.
    pub async fn join(&self, device: &str) -> Result<(), SimError> {
        let device = device.to_owned();
        self.with(move |engine| engine.act(|sim, now| sim.pair(&device, now)))
            .await?
    }

    /// The device leaves by itself, as if reset by hand.
    ///
    /// # Errors
    /// When there is no such device.
    pub async fn leave(&self, device: &str) -> Result<(), SimError> {
        let device = device.to_owned();
        self.with(move |engine| engine.act(|sim, now| sim.leave(&device, now)))
            .await?
    }

    /// The device was without power for a moment: it announces itself.
    ///
    /// # Errors
    /// When there is no such device.
    pub async fn announce(&self, device: &str) -> Result<(), SimError> {
        let device = device.to_owned();
        self.with(move |engine| engine.act(|sim, now| sim.announce(&device, now)))
            .await?
    }

    /// Somebody does something to a device: opens the window, warms the room, presses the button.
    ///
    /// # Errors
    /// When there is no such device, or it has no such property or value.
    pub async fn set(
        &self,
        device: &str,
        property: &str,
        value: impl Into<Value>,
    ) -> Result<(), SimError> {
        let (device, property, value) = (device.to_owned(), property.to_owned(), value.into());
        self.with(move |engine| engine.act(|sim, now| sim.set(&device, &property, &value, now)))
            .await?
    }

    /// The device sends a ZCL frame of the caller's making to the coordinator.
    ///
    /// # Errors
    /// When there is no such device.
    pub async fn say(
        &self,
        device: &str,
        endpoint: u8,
        cluster: u16,
        frame: Vec<u8>,
    ) -> Result<(), SimError> {
        let device = device.to_owned();
        self.with(move |engine| {
            engine.act(|sim, now| sim.say(&device, endpoint, cluster, frame, now))
        })
        .await?
    }

    /// What a device is like, as its properties.
    ///
    /// # Errors
    /// When there is no such device.
    pub async fn state(&self, device: &str) -> Result<Vec<(&'static str, Value)>, SimError> {
        let device = device.to_owned();
        self.with(move |engine| engine.sim.state(&device)).await?
    }

    /// One property of a device; `Null` where it has none such.
    ///
    /// # Errors
    /// When there is no such device.
    pub async fn get(&self, device: &str, property: &str) -> Result<Value, SimError> {
        let state = self.state(device).await?;
        let found = state.into_iter().find(|(name, _)| *name == property);
        Ok(found.map_or(Value::Null, |(_, value)| value))
    }

    /// Every ZCL command that reached a cluster of a device, oldest first (the last 10 000 of them).
    ///
    /// # Errors
    /// When the simulator has ended.
    pub async fn log(&self) -> Result<Vec<Arrived>, SimError> {
        self.with(|engine| engine.sim.log()).await
    }

    /// Forgets what the log holds.
    ///
    /// # Errors
    /// When the simulator has ended.
    pub async fn clear_log(&self) -> Result<(), SimError> {
        self.with(|engine| engine.sim.clear_log()).await
    }

    /// Waits for a ZCL command at a device; `None` if none such is in the log within that time.
    ///
    /// # Errors
    /// When the simulator has ended.
    pub async fn arrived(
        &self,
        within: Duration,
        wanted: impl Fn(&Arrived) -> bool,
    ) -> Result<Option<Arrived>, SimError> {
        let until = tokio::time::Instant::now() + within;
        loop {
            if let Some(found) = self
                .log()
                .await?
                .into_iter()
                .find(|arrived| wanted(arrived))
            {
                return Ok(Some(found));
            }
            if tokio::time::Instant::now() >= until {
                return Ok(None);
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }

    /// The co-processor reboots by itself, for the reason `code` (see [`crate::ash::code`]).
    ///
    /// # Errors
    /// When the simulator has ended.
    pub async fn reset(&self, code: u8) -> Result<(), SimError> {
        self.with(move |engine| engine.reset(code)).await
    }

    /// The co-processor gives up with ERROR, for the reason `code` (0x51: unacknowledged frames).
    ///
    /// # Errors
    /// When the simulator has ended.
    pub async fn fail(&self, code: u8) -> Result<(), SimError> {
        self.with(move |engine| engine.fail(code)).await
    }

    /// Pulls the cable: the stream ends, the tty is gone, the co-processor is without power.
    ///
    /// # Errors
    /// When the simulator has ended.
    pub async fn unplug(&self) -> Result<(), SimError> {
        self.with(Engine::unplug).await
    }

    /// Plugs the cable in again.
    ///
    /// # Errors
    /// When it cannot listen where it did.
    pub async fn plug(&self) -> Result<(), SimError> {
        self.with(Engine::plug)
            .await?
            .map_err(|error| SimError::Refused(error.to_string()))
    }
}
