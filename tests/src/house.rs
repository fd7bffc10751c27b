//! A whole house: broker, simulated dongle, gateway, a user's client.

use std::time::Duration;

use radios::sim::{self, DeviceConfig, SimConfig};
use serde_json::{Value as Json, json};

use crate::broker::free_port;
use crate::{Broker, Client, Gateway};

/// A tty; for a gateway under an emulator a TCP port, since qemu-user knows no TCGETS2.
fn line() -> sim::Listen {
    let emulated = std::env::var("HEARTH_PROGRAM").is_ok_and(|words| words.starts_with("qemu-"));
    if emulated {
        sim::Listen::Tcp(([127, 0, 0, 1], 0).into())
    } else {
        SimConfig::default().listen
    }
}

/// Everything runs; joined devices are named as in the demo.
#[derive(Debug)]
pub struct House {
    /// The user's programs.
    pub client: Client,
    /// The gateway.
    pub gateway: Gateway,
    /// The dongle and the devices around it.
    pub sim: sim::Handle,
    /// The broker.
    pub broker: Broker,
    /// Where the page is.
    pub web: u16,
}

impl House {
    /// A house of the demo's devices, none of them joined yet, with a gateway that is online.
    ///
    /// `None`: the test is skipped, for a reason that was printed.
    pub async fn build() -> Option<Self> {
        Self::build_with(
            SimConfig {
                latency: Duration::from_millis(1),
                listen: line(),
                ..SimConfig::default()
            },
            "",
        )
        .await
    }

    /// The same with a simulator and configuration of its own.
    ///
    /// # Panics
    /// When something does not start.
    pub async fn build_with(config: SimConfig, more: &str) -> Option<Self> {
        Self::build_as(config, more, |_| ()).await
    }

    /// The same; `change` may do what it wants with the configuration and the environment before the gateway starts.
    ///
    /// # Panics
    /// When something does not start.
    pub async fn build_as(
        config: SimConfig,
        more: &str,
        change: impl FnOnce(&mut Gateway),
    ) -> Option<Self> {
        let broker = Broker::start()?;
        let sim = sim::spawn(config).expect("the simulator starts");
        let web = free_port();
        let mut gateway = Gateway::configure(&broker.url(), sim.address(), Some(web), more);
        change(&mut gateway);
        let client = Client::connect(broker.port()).await;
        gateway.start();
        let house = Self {
            client,
            gateway,
            sim,
            broker,
            web,
        };
        house.online().await;
        house
            .client
            .expect("hearth/bridge/info", |info| {
                !info["network"]["channel"].is_null()
            })
            .await;
        Some(house)
    }

    /// Waits until the gateway says that it is there.
    pub async fn online(&self) {
        self.client
            .expect("hearth/bridge/state", |state| state["state"] == "online")
            .await;
    }

    /// Sends a request and gives the response to it.
    pub async fn request(&self, what: &str, mut body: Json) -> Json {
        static NUMBER: std::sync::atomic::AtomicU32 = std::sync::atomic::AtomicU32::new(1);
        let number = NUMBER.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        let transaction = format!("test-{number}");
        body["transaction"] = json!(transaction);
        self.client
            .publish(&format!("hearth/bridge/request/{what}"), body.to_string())
            .await;
        self.client
            .expect(&format!("hearth/bridge/response/{what}"), |r| {
                r["transaction"] == transaction
            })
            .await
    }

    /// Sends a request that must succeed.
    ///
    /// # Panics
    /// When it is refused.
    pub async fn ask(&self, what: &str, body: Json) -> Json {
        let response = self.request(what, body).await;
        assert_eq!(response["status"], "ok", "{what}: {response}");
        response
    }

    /// Lets the simulated device join, waits for its interview and gives it a name and a room.
    ///
    /// # Panics
    /// When it does not.
    pub async fn join(&self, device: &str, name: &str, room: &str) {
        self.ask("permit_join", json!({ "time": 200 })).await;
        self.sim.join(device).await.expect("it looks for a network");
        let address = self.address(device).await;
        self.client
            .expect("hearth/bridge/event", |event| {
                event["type"] == "device_interview"
                    && event["data"]["ieee_address"] == address
                    && event["data"]["status"] == "successful"
            })
            .await;
        self.ask("device/rename", json!({ "from": address, "to": name }))
            .await;
        self.ask(
            "device/options",
            json!({ "id": name, "options": { "room": room } }),
        )
        .await;
    }

    /// A simulated device's IEEE address as topics write it.
    ///
    /// # Panics
    /// When there is no such device.
    pub async fn address(&self, device: &str) -> String {
        let devices = self.sim.devices().await.expect("devices");
        devices
            .iter()
            .find(|d| d.name == device)
            .expect("a device of that name")
            .ieee
            .to_string()
    }

    /// Waits until the speech model is packed for the home as it is, and loaded.
    ///
    /// # Panics
    /// When that takes too long.
    pub async fn listening(&self) {
        let mut well = 0;
        for _ in 0..1200 {
            let log = self.gateway.log();
            let count = |text: &str| log.matches(text).count();
            let packed = count("packing the speech model") == count("the speech model is packed");
            let loaded = log.rfind("listening with the model") > log.rfind("sentences of");
            well = if packed && loaded && log.contains("listening with the model") {
                well + 1
            } else {
                0
            };
            if well > 10 {
                return;
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        panic!("the model is not loaded:\n{}", self.gateway.log());
    }

    /// Waits until a command of `cluster` arrives at `device`, one after those already counted.
    ///
    /// # Panics
    /// When none does.
    pub async fn arrived(&self, device: &str, cluster: u16, since: usize) -> Vec<sim::Arrived> {
        let deadline = tokio::time::Instant::now() + crate::client::PATIENCE;
        loop {
            let log = self.sim.log().await.expect("the log");
            let found: Vec<_> = log
                .into_iter()
                .skip(since)
                .filter(|a| a.device == device && a.cluster == cluster && !a.global)
                .collect();
            if !found.is_empty() {
                return found;
            }
            assert!(
                tokio::time::Instant::now() < deadline,
                "no command of cluster {cluster:#06x} at `{device}`"
            );
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// How many commands arrived at devices so far.
    ///
    /// # Panics
    /// When the simulator has ended.
    pub async fn count(&self) -> usize {
        self.sim.log().await.expect("the log").len()
    }

    /// The same, once nothing more comes: after joining, a device is still asked this and that.
    ///
    /// # Panics
    /// When the simulator is gone.
    pub async fn settled(&self) -> usize {
        let mut before = self.count().await;
        loop {
            tokio::time::sleep(std::time::Duration::from_millis(500)).await;
            let now = self.count().await;
            if now == before {
                return now;
            }
            before = now;
        }
    }
}

/// The demo's devices, unpaired.
#[must_use]
pub fn devices() -> Vec<DeviceConfig> {
    DeviceConfig::home()
}
