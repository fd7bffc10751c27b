//! Our host against the simulated dongle, at every protocol version and with every fault of its
//! switchboard: no accepted command is lost, and none is invented.
//!
//! Bytes go over a real pty, time is real. Each test runs all versions side by side.

#![cfg(feature = "sim")]
#![expect(clippy::unwrap_used, clippy::panic)]

use std::collections::BTreeMap;
use std::future::Future;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use radios::ezsp::Version;
use radios::serial::{Opener, PortAddr};
use radios::sim::{self, DeviceConfig, Handle, SimConfig};
use radios::tap::Tap;
use radios::zigbee::{self, ZigbeeConfig};
use radios::{
    Changes, Command, DeviceId, DeviceInfo, Event, Interview, InterviewState, NetworkSettings,
    Outcome, RadioHandle, Value,
};
use tokio::sync::{Notify, mpsc};
use tokio::time::{sleep, timeout};

const ON_OFF: u16 = 0x0006;
const LEVEL: u16 = 0x0008;

/// Everything that came up, and a bell for news.
#[derive(Clone, Default)]
struct Log(Arc<Record>);

#[derive(Default)]
struct Record {
    events: Mutex<Vec<Event>>,
    news: Notify,
}

impl Log {
    fn len(&self) -> usize {
        self.0.events.lock().unwrap().len()
    }

    fn since(&self, start: usize) -> Vec<Event> {
        self.0.events.lock().unwrap()[start..].to_vec()
    }

    async fn find<T>(
        &self,
        start: usize,
        what: &str,
        mut find: impl FnMut(&Event) -> Option<T>,
    ) -> T {
        let found = async {
            loop {
                let news = self.0.news.notified();
                if let Some(found) = self.since(start).iter().find_map(&mut find) {
                    return found;
                }
                news.await;
            }
        };
        match timeout(Duration::from_secs(60), found).await {
            Ok(found) => found,
            Err(_) => panic!("no {what} in {:#?}", self.since(start)),
        }
    }
}

struct Home {
    sim: Handle,
    version: u8,
    ids: BTreeMap<String, DeviceId>,
    commands: mpsc::Sender<Command>,
    log: Log,
    token: u32,
}

fn start(
    sim: &Handle,
    network: Option<NetworkSettings>,
    devices: Vec<DeviceInfo>,
) -> (mpsc::Sender<Command>, Log) {
    let port: PortAddr = sim.address().parse().unwrap();
    let config = ZigbeeConfig::new(Box::new(Opener::new(port)));
    let RadioHandle {
        commands,
        mut events,
    } = zigbee::spawn(config, network, devices, Tap::none());
    let log = Log::default();
    let writer = log.clone();
    tokio::spawn(async move {
        while let Some(event) = events.recv().await {
            writer.0.events.lock().unwrap().push(event);
            writer.0.news.notify_waiters();
        }
    });
    (commands, log)
}

impl Home {
    async fn new(version: u8) -> Self {
        let config = SimConfig {
            version: Version::new(version).unwrap(),
            ..SimConfig::default()
        };
        let ids = DeviceConfig::home()
            .into_iter()
            .map(|device| (device.name, device.ieee.into()))
            .collect();
        let sim = sim::spawn(config).unwrap();
        let (commands, log) = start(&sim, None, vec![]);
        let home = Self {
            sim,
            version,
            ids,
            commands,
            log,
            token: 0,
        };
        home.up(0).await;
        home
    }

    async fn with(version: u8, devices: &[&str]) -> Self {
        let mut home = Self::new(version).await;
        for device in devices {
            home.join(device).await;
        }
        home
    }

    fn id(&self, device: &str) -> DeviceId {
        self.ids[device]
    }

    async fn up(&self, start: usize) {
        self.log
            .find(start, "RadioUp", |e| {
                matches!(e, Event::RadioUp { .. }).then_some(())
            })
            .await;
    }

    async fn send(&mut self, command: impl FnOnce(u32) -> Command) -> u32 {
        self.token += 1;
        self.commands.send(command(self.token)).await.unwrap();
        self.token
    }

    async fn done(&self, wanted: u32) -> Outcome {
        let what = format!("Done of {wanted} (EZSP {})", self.version);
        self.log
            .find(0, &what, |event| match event {
                Event::Done { token, outcome } if *token == wanted => Some(outcome.clone()),
                _ => None,
            })
            .await
    }

    async fn begin(&mut self, device: &str, values: &[(&'static str, Value)]) -> u32 {
        let id = self.id(device);
        let values: Changes = values
            .iter()
            .map(|(property, value)| ((*property).into(), value.clone()))
            .collect();
        self.send(|token| Command::Set {
            token,
            id,
            endpoint: None,
            values,
        })
        .await
    }

    async fn set(&mut self, device: &str, values: &[(&'static str, Value)]) -> Outcome {
        let token = self.begin(device, values).await;
        self.done(token).await
    }

    /// Opens, lets a device in, and waits until it is interviewed and set up.
    async fn join(&mut self, device: &str) -> DeviceInfo {
        let token = self
            .send(|token| Command::PermitJoin {
                token,
                seconds: 200,
                through: None,
            })
            .await;
        self.done(token).await.unwrap();
        let (start, id) = (self.log.len(), self.id(device));
        self.sim.join(device).await.unwrap();
        let what = format!("interview of {device} (EZSP {})", self.version);
        self.log
            .find(start, &what, |event| match event {
                Event::Interview {
                    id: of,
                    stage: Interview::Successful,
                } if *of == id => Some(()),
                _ => None,
            })
            .await;
        // Bindings and reports end with the record once more.
        self.log
            .find(start, "a device that is set up", |event| match event {
                Event::Device(info)
                    if info.id == id
                        && info.interview == InterviewState::Successful
                        && (device == "climate" || !info.endpoints[0].reportings.is_empty()) =>
                {
                    Some(info.as_ref().clone())
                }
                _ => None,
            })
            .await
    }

    /// Waits for a property to be told since `start`.
    async fn told(&self, start: usize, device: &str, property: &str) -> Value {
        let id = self.id(device);
        let what = format!("{property} of {device} (EZSP {})", self.version);
        self.log
            .find(start, &what, |event| match event {
                Event::Changed {
                    id: of, changes, ..
                } if *of == id => changes
                    .iter()
                    .find(|(p, _)| p == property)
                    .map(|(_, value)| value.clone()),
                _ => None,
            })
            .await
    }

    /// How often a command reached a device since the log was last cleared.
    async fn arrived(&self, device: &str, cluster: u16, command: u8) -> usize {
        let log = self.sim.log().await.unwrap();
        log.iter()
            .filter(|a| a.device == device && a.cluster == cluster && !a.global)
            .filter(|a| a.command == command)
            .count()
    }

    /// Every token so far was answered once, and only those.
    async fn all_answered_once(&self) {
        for token in 1..=self.token {
            let _ = self.done(token).await;
        }
        sleep(Duration::from_millis(200)).await;
        let mut answered: Vec<_> = self
            .log
            .since(0)
            .iter()
            .filter_map(|event| match event {
                Event::Done { token, .. } => Some(*token),
                _ => None,
            })
            .collect();
        answered.sort_unstable();
        assert_eq!(answered, (1..=self.token).collect::<Vec<_>>());
    }
}

/// Runs a story at every version, side by side.
async fn at_every_version<F>(story: impl Fn(u8) -> F)
where
    F: Future<Output = ()> + Send + 'static,
{
    let tasks: Vec<_> = Version::all()
        .map(|version| (version, tokio::spawn(story(version.number()))))
        .collect();
    for (version, task) in tasks {
        if let Err(error) = task.await {
            panic!("EZSP {version}: {error}");
        }
    }
}

#[tokio::test]
async fn devices_join_are_set_read_and_report() {
    at_every_version(|version| async move {
        let mut home = Home::new(version).await;
        let lamp = home.join("lamp").await;
        assert_eq!(
            lamp.model_id.as_deref(),
            Some("TRADFRI bulb E27 WS opal 980lm")
        );
        let climate = home.join("climate").await;
        assert_eq!(climate.model_id.as_deref(), Some("lumi.sensor_ht"));
        home.join("plug").await;

        let wanted = [("state", "ON".into()), ("brightness", 120u8.into())];
        let outcome = home.set("lamp", &wanted).await.unwrap();
        assert!(
            outcome.contains(&("brightness".into(), 120u8.into())),
            "{outcome:?}"
        );
        assert_eq!(home.arrived("lamp", LEVEL, 4).await, 1);
        assert_eq!(
            home.sim.get("lamp", "state").await.unwrap(),
            Value::from("ON")
        );

        let (start, id) = (home.log.len(), home.id("lamp"));
        let token = home
            .send(|token| Command::Get {
                token,
                id,
                properties: vec!["state".into()],
            })
            .await;
        assert!(home.done(token).await.is_ok());
        assert_eq!(home.told(start, "lamp", "state").await, Value::from("ON"));

        let start = home.log.len();
        home.sim.set("plug", "state", "ON").await.unwrap();
        assert_eq!(home.told(start, "plug", "state").await, Value::from("ON"));
        let start = home.log.len();
        home.sim.set("climate", "temperature", 23.4).await.unwrap();
        assert_eq!(
            home.told(start, "climate", "temperature").await,
            Value::Number(23.4)
        );
        home.all_answered_once().await;
    })
    .await;
}

#[tokio::test]
async fn a_restarted_gateway_resumes_the_same_network_and_devices() {
    at_every_version(|version| async move {
        let mut home = Home::with(version, &["lamp"]).await;
        let network = home
            .log
            .find(0, "Network", |event| match event {
                Event::Network(network) => Some(network.as_ref().clone()),
                _ => None,
            })
            .await;
        let lamp = home
            .log
            .since(0)
            .into_iter()
            .rev()
            .find_map(|event| match event {
                Event::Device(info) => Some(*info),
                _ => None,
            });
        let (commands, log) = {
            // The first gateway ends before the second begins.
            drop(std::mem::replace(&mut home.commands, mpsc::channel(1).0));
            sleep(Duration::from_millis(500)).await;
            start(&home.sim, Some(network.clone()), lamp.into_iter().collect())
        };
        (home.commands, home.log, home.token) = (commands, log, 0);
        home.up(0).await;
        let resumed = home
            .log
            .find(0, "Network", |event| match event {
                Event::Network(network) => Some(network.as_ref().clone()),
                _ => None,
            })
            .await;
        assert_eq!(resumed.network_key, network.network_key);
        assert_eq!(resumed.extended_pan_id, network.extended_pan_id);
        assert!(home.set("lamp", &[("state", "ON".into())]).await.is_ok());
    })
    .await;
}

#[tokio::test]
async fn busy_deaf_and_dumb() {
    at_every_version(|version| async move {
        let mut home = Home::with(version, &["lamp"]).await;
        let on = [("state", Value::from("ON"))];
        home.sim.clear_log().await.unwrap();
        home.sim.faults().change(|s| s.busy = 4);
        assert!(
            home.set("lamp", &[("state", "TOGGLE".into())])
                .await
                .is_ok()
        );
        assert_eq!(home.arrived("lamp", ON_OFF, 2).await, 1);

        home.sim.faults().change(|s| {
            s.undeliverable.insert("lamp".into(), Some(2));
        });
        let outcome = home.set("lamp", &on).await;
        assert!(outcome.is_ok(), "{outcome:?}");
        home.sim.faults().change(|s| {
            s.mute.insert("lamp".into(), Some(1));
        });
        let outcome = home.set("lamp", &on).await;
        assert!(outcome.is_ok(), "{outcome:?}");
        home.sim.faults().change(|s| {
            s.undeliverable.insert("lamp".into(), None);
        });
        assert!(home.set("lamp", &on).await.is_err());
        home.sim.faults().clear();
        home.sim.faults().change(|s| s.overflow = true);
        for _ in 0..3 {
            assert!(home.set("lamp", &on).await.is_ok());
        }
        home.all_answered_once().await;
    })
    .await;
}

#[tokio::test]
async fn a_bad_line_loses_nothing() {
    at_every_version(|version| async move {
        let mut home = Home::with(version, &["lamp", "plug"]).await;
        home.sim.clear_log().await.unwrap();
        home.sim.faults().change(|s| {
            s.lose_to_host = 0.05;
            s.lose_to_ncp = 0.05;
            s.corrupt_to_host = 0.05;
            s.corrupt_to_ncp = 0.05;
        });
        for turn in 0..10 {
            let state = if turn % 2 == 0 { "ON" } else { "OFF" };
            home.begin("lamp", &[("state", "TOGGLE".into())]).await;
            home.begin("plug", &[("state", state.into())]).await;
            // As many as may wait for one device come at once, no more.
            if turn % 5 == 4 {
                home.all_answered_once().await;
            }
        }
        home.all_answered_once().await;
        home.sim.faults().clear();
        let ok = |event: &Event| matches!(event, Event::Done { outcome: Ok(_), .. });
        let done = home.log.since(0).iter().filter(|e| ok(e)).count();
        assert_eq!(done, home.token as usize, "{:#?}", home.log.since(0));
        let restarts = home
            .log
            .since(0)
            .iter()
            .filter(|e| matches!(e, Event::RadioDown { .. }))
            .count();
        if restarts == 0 {
            assert_eq!(home.arrived("lamp", ON_OFF, 2).await, 10);
        }
        assert_eq!(
            home.sim.get("plug", "state").await.unwrap(),
            Value::from("OFF")
        );
    })
    .await;
}

#[tokio::test]
async fn the_dongle_restarts_in_the_middle_of_commands() {
    at_every_version(|version| async move {
        let mut home = Home::with(version, &["lamp", "plug"]).await;
        for turn in 0..3u8 {
            home.sim.clear_log().await.unwrap();
            let start = home.log.len();
            let mut tokens = Vec::new();
            for n in 0..5u8 {
                let level = 50 + 10 * turn + n;
                tokens.push(home.begin("lamp", &[("brightness", level.into())]).await);
                let state = if n % 2 == 0 { "ON" } else { "OFF" };
                tokens.push(home.begin("plug", &[("state", state.into())]).await);
                if n == 2 {
                    match turn {
                        0 => home.sim.reset(0x03).await.unwrap(),
                        1 => home.sim.fail(0x51).await.unwrap(),
                        _ => {
                            home.sim.unplug().await.unwrap();
                            sleep(Duration::from_millis(700)).await;
                            home.sim.plug().await.unwrap();
                        }
                    }
                }
            }
            let broken = Instant::now();
            home.up(start).await;
            // The bound is 2 s from the dongle's return; with twelve homes on this machine at once
            // only the order of magnitude can be held to.
            assert!(
                broken.elapsed() < Duration::from_secs(10),
                "{:?}",
                broken.elapsed()
            );
            for token in tokens {
                let outcome = home.done(token).await;
                assert!(outcome.is_ok(), "EZSP {version}, turn {turn}: {outcome:?}");
            }
            let downs = home.log.since(start);
            let downs = downs
                .iter()
                .filter(|e| matches!(e, Event::RadioDown { .. }));
            assert_eq!(downs.count(), 1);
            assert_eq!(
                home.sim.get("plug", "state").await.unwrap(),
                Value::from("ON")
            );
            let last = Value::from(54 + 10 * turn);
            assert_eq!(home.sim.get("lamp", "brightness").await.unwrap(), last);
        }
        home.all_answered_once().await;
    })
    .await;
}

#[tokio::test]
async fn a_sleeping_sensor_is_interviewed_over_its_naps() {
    at_every_version(|version| async move {
        let mut home = Home::new(version).await;
        home.sim.faults().change(|s| {
            s.asleep.insert("climate".into(), 1500);
        });
        let climate = home.join("climate").await;
        assert_eq!(climate.model_id.as_deref(), Some("lumi.sensor_ht"));
        let start = home.log.len();
        home.sim.set("climate", "humidity", 41.5).await.unwrap();
        assert_eq!(
            home.told(start, "climate", "humidity").await,
            Value::Number(41.5)
        );
        home.all_answered_once().await;
    })
    .await;
}

#[tokio::test]
async fn a_hung_dongle_is_started_again() {
    let mut home = Home::with(13, &["lamp"]).await;
    let start = home.log.len();
    home.sim.faults().change(|s| s.silent = true);
    let token = home.begin("lamp", &[("state", "ON".into())]).await;
    home.log
        .find(start, "RadioDown", |e| {
            matches!(e, Event::RadioDown { .. }).then_some(())
        })
        .await;
    home.sim.faults().change(|s| s.silent = false);
    home.up(start).await;
    assert!(home.done(token).await.is_ok());
}

#[tokio::test]
async fn a_removed_device_is_gone_and_may_come_back() {
    at_every_version(|version| async move {
        let mut home = Home::with(version, &["lamp"]).await;
        let id = home.id("lamp");
        let token = home
            .send(|token| Command::Remove {
                token,
                id,
                force: false,
            })
            .await;
        assert_eq!(home.done(token).await, Ok(vec![]));
        assert!(home.set("lamp", &[("state", "ON".into())]).await.is_err());
        home.join("lamp").await;
        assert!(home.set("lamp", &[("state", "ON".into())]).await.is_ok());
        home.all_answered_once().await;
    })
    .await;
}
