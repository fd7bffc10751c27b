//! The BLE radio: adverts become events of the home's devices.
//!
//! The contract:
//! - an advert belongs to the home when its sender is known (its record was stored, or a key was
//!   given for it), or when it can be read while joining is open, the same gesture as for Zigbee;
//! - a frame that repeats (each format tells which do) says nothing new: one press is one event;
//! - what cannot be decrypted is said once a device and reason, never advert by advert.

use std::collections::HashMap;
use std::time::Duration;

use tokio::sync::mpsc;
use tokio::time::Instant;
use tracing::{info, warn};

use super::scan::ScanConfig;
use super::{Advert, BindKey, DecodeError, Memory, Reading, decode_with, define};
use crate::tap::{Tap, Tapped};
use crate::{
    Changes, Command, CommandError, DeviceId, DeviceInfo, DeviceKind, Event, Interview,
    InterviewState, Mac, Outcome, Radio, RadioHandle,
};

/// Devices one home can have; more are refused, visibly.
const MOST_DEVICES: usize = 512;
/// A device that says nothing new is still shown to be there this often.
const ALIVE_EVERY: Duration = Duration::from_secs(60);
const QUEUE: usize = 64;

/// What the BLE radio starts with.
#[derive(Debug, Default)]
pub struct BleConfig {
    /// Which adapter, and how to listen.
    pub scan: ScanConfig,
    /// Devices of the home.
    pub devices: Vec<DeviceInfo>,
    /// Their bind keys.
    pub keys: Vec<(Mac, BindKey)>,
}

/// Where adverts come from.
#[derive(Debug)]
pub enum Source {
    /// The Bluetooth adapter, through BlueZ.
    Adapter,
    /// A recording, or anything else that has adverts.
    Adverts(mpsc::Receiver<Advert>),
}

/// Starts the radio.
#[must_use]
pub fn spawn(config: BleConfig, source: Source, tap: Tap) -> RadioHandle {
    let (commands, command_queue) = mpsc::channel(QUEUE);
    let (event_queue, events) = mpsc::channel(QUEUE);
    let recorded = matches!(source, Source::Adverts(_));
    let adverts = match source {
        Source::Adverts(adverts) => adverts,
        Source::Adapter => adapter(config.scan.clone(), event_queue.clone()),
    };
    let radio = BleRadio::new(config, event_queue, tap);
    tokio::spawn(radio.run(command_queue, adverts, recorded));
    RadioHandle { commands, events }
}

#[cfg(feature = "ble")]
fn adapter(config: ScanConfig, events: mpsc::Sender<Event>) -> mpsc::Receiver<Advert> {
    super::scan::spawn(config, events).0
}

#[cfg(not(feature = "ble"))]
fn adapter(_: ScanConfig, events: mpsc::Sender<Event>) -> mpsc::Receiver<Advert> {
    let reason = "this build has no Bluetooth (feature `ble`)".to_owned();
    tokio::spawn(async move {
        events
            .send(Event::RadioDown {
                radio: Radio::Ble,
                reason,
            })
            .await
    });
    mpsc::channel(1).1
}

struct BleRadio {
    events: mpsc::Sender<Event>,
    tap: Tap,
    devices: HashMap<Mac, Sender>,
    open_until: Option<Instant>,
    started: Instant,
    refused: u32,
}

/// One sender of the home.
struct Sender {
    record: Option<DeviceInfo>,
    key: Option<BindKey>,
    memory: Memory,
    told_alive: Option<Instant>,
    complained: Option<DecodeError>,
}

impl Sender {
    fn new() -> Self {
        Self {
            record: None,
            key: None,
            memory: Memory::default(),
            told_alive: None,
            complained: None,
        }
    }
}

impl BleRadio {
    fn new(config: BleConfig, events: mpsc::Sender<Event>, tap: Tap) -> Self {
        let mut devices: HashMap<Mac, Sender> = HashMap::new();
        for record in config.devices {
            if let DeviceId::Ble(mac) = record.id {
                devices.entry(mac).or_insert_with(Sender::new).record = Some(record);
            }
        }
        for (mac, key) in config.keys {
            devices.entry(mac).or_insert_with(Sender::new).key = Some(key);
        }
        Self {
            events,
            tap,
            devices,
            open_until: None,
            started: Instant::now(),
            refused: 0,
        }
    }

    async fn run(
        mut self,
        mut commands: mpsc::Receiver<Command>,
        mut adverts: mpsc::Receiver<Advert>,
        recorded: bool,
    ) {
        if recorded {
            self.tell(Event::RadioUp {
                radio: Radio::Ble,
                network: None,
            })
            .await;
        }
        let mut listening = true;
        loop {
            tokio::select! {
                command = commands.recv() => match command {
                    Some(command) => self.command(command).await,
                    None => return,
                },
                advert = adverts.recv(), if listening => match advert {
                    Some(advert) => self.heard(&advert).await,
                    None => listening = false,
                },
                () = closing(self.open_until), if self.open_until.is_some() => self.open_until = None,
            }
        }
    }

    async fn tell(&self, event: Event) {
        // Nobody listens any more only when the gateway ends.
        let _ = self.events.send(event).await;
    }

    async fn command(&mut self, command: Command) {
        let token = command.token();
        let outcome = self.obey(command).await;
        self.tell(Event::Done { token, outcome }).await;
    }

    async fn obey(&mut self, command: Command) -> Outcome {
        match command {
            Command::PermitJoin { seconds, .. } => {
                let until = Instant::now() + Duration::from_secs(seconds.into());
                self.open_until = (seconds > 0).then_some(until);
            }
            Command::Remove { id, .. } => {
                let mac = self.known(id)?;
                self.devices.remove(&mac);
                self.tell(Event::Left { id }).await;
            }
            Command::BindKey { id, key, .. } => {
                let DeviceId::Ble(mac) = id else {
                    return Err(CommandError::UnknownDevice(id));
                };
                let key = key
                    .map(|text| text.0.parse::<BindKey>())
                    .transpose()
                    .map_err(|error| CommandError::BadValue {
                        property: "bind_key".into(),
                        why: error.to_string(),
                    })?;
                if !self.has_room(mac) {
                    return Err(CommandError::Unavailable(format!(
                        "{MOST_DEVICES} BLE devices are the most"
                    )));
                }
                let sender = self.devices.entry(mac).or_insert_with(Sender::new);
                sender.key = key;
                sender.complained = None;
                sender.memory = Memory::default();
            }
            Command::Interview { id, .. } => {
                self.known(id)?;
            }
            Command::Set { id, values, .. } => {
                self.known(id)?;
                return Err(read_only(
                    "set",
                    values.first().map(|(property, _)| property.to_string()),
                ));
            }
            Command::Get { id, properties, .. } => {
                self.known(id)?;
                return Err(read_only(
                    "read",
                    properties.first().map(ToString::to_string),
                ));
            }
        }
        Ok(Changes::new())
    }

    fn known(&self, id: DeviceId) -> Result<Mac, CommandError> {
        match id {
            DeviceId::Ble(mac) if self.devices.contains_key(&mac) => Ok(mac),
            _ => Err(CommandError::UnknownDevice(id)),
        }
    }

    fn has_room(&mut self, mac: Mac) -> bool {
        let room = self.devices.contains_key(&mac) || self.devices.len() < MOST_DEVICES;
        if !room {
            self.refused = self.refused.saturating_add(1);
            if self.refused.is_power_of_two() {
                warn!(
                    refused = self.refused,
                    "BLE: more than {MOST_DEVICES} devices; the newcomer is not taken up"
                );
            }
        }
        room
    }

    async fn heard(&mut self, advert: &Advert) {
        let mac = advert.address;
        let open = self.open_until.is_some_and(|until| Instant::now() < until);
        if !open && !self.devices.contains_key(&mac) {
            return;
        }
        if self.tap.is_on() {
            self.tap.hand(Tapped::Advert(&advert.to_json()));
        }
        let now = self.started.elapsed();
        let mut stranger = Memory::default();
        let said = match self.devices.get_mut(&mac) {
            Some(sender) => decode_with(advert, sender.key.as_ref(), &mut sender.memory, now),
            None => decode_with(advert, None, &mut stranger, now),
        };
        match said {
            Ok(reading) => self.said(advert, reading, stranger).await,
            Err(error) => self.unreadable(mac, error),
        }
    }

    async fn said(&mut self, advert: &Advert, reading: Reading, stranger: Memory) {
        let mac = advert.address;
        let now = Instant::now();
        if reading.changes.is_empty() && !self.devices.contains_key(&mac) || !self.has_room(mac) {
            return;
        }
        let sender = self.devices.entry(mac).or_insert_with(|| Sender {
            memory: stranger,
            ..Sender::new()
        });
        sender.complained = None;
        let news = reading.news;
        let alive = sender
            .told_alive
            .is_none_or(|told| now - told >= ALIVE_EVERY);
        let mut events = Vec::new();
        if sender.record.is_none() {
            let record = record(mac, &reading);
            info!(device = %mac, model = record.model_id.as_deref().unwrap_or("?"), "BLE device joined");
            sender.record = Some(record.clone());
            let id = DeviceId::Ble(mac);
            events.push(Event::Joined { id });
            events.push(Event::Device(Box::new(record)));
            events.push(Event::Interview {
                id,
                stage: Interview::Successful,
            });
        }
        if alive || (news && !reading.changes.is_empty()) {
            sender.told_alive = Some(now);
            let mut changes = if news {
                reading.changes
            } else {
                Changes::new()
            };
            define::in_home_words(&mut changes);
            if let Some(rssi) = advert.rssi {
                changes.push(("rssi".into(), rssi.into()));
            }
            events.push(Event::Changed {
                id: mac.into(),
                changes,
                linkquality: None,
            });
        }
        for event in events {
            self.tell(event).await;
        }
    }

    fn unreadable(&mut self, mac: Mac, error: DecodeError) {
        let Some(sender) = self.devices.get_mut(&mac) else {
            if error.concerns_key() {
                info!(device = %mac, "BLE device nearby not taken up: {error}");
            }
            return;
        };
        // A device also sends frames of formats that are none of ours; only keys are the user's affair.
        if error.concerns_key() && sender.complained.as_ref() != Some(&error) {
            warn!(device = %mac, "BLE: {error}");
            sender.complained = Some(error);
        }
    }
}

fn read_only(what: &'static str, property: Option<String>) -> CommandError {
    let why = "a BLE sensor only tells, it cannot be asked".to_owned();
    CommandError::Unsupported {
        what,
        property: property.unwrap_or_default(),
        why,
    }
}

fn record(mac: Mac, reading: &Reading) -> DeviceInfo {
    let mut record = DeviceInfo::new(mac.into(), DeviceKind::Ble);
    record.model_id = reading.model.map(str::to_owned);
    record.manufacturer = reading.vendor.map(str::to_owned);
    record.power_source = Some("Battery".to_owned());
    record.interview = InterviewState::Successful;
    record
}

async fn closing(until: Option<Instant>) {
    if let Some(until) = until {
        tokio::time::sleep_until(until).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Value;

    const ADDRESS: &str = "A4:C1:38:02:83:F4";
    const KEY: &str = "e9ea895fac7cca6d30532432a516f3a8";

    fn humidity_46() -> Advert {
        Advert::from_json(
            r#"{"address":"A4:C1:38:02:83:F4","rssi":-60,"service_data":{"fe95":"58585b0550f4830238c1a495ef58763c26000097e2abb5"}}"#,
        )
        .unwrap()
    }

    fn changed(humidity: Option<u8>) -> Event {
        let mut changes = Changes::new();
        changes.extend(humidity.map(|h| ("humidity".into(), Value::from(h))));
        changes.push(("rssi".into(), Value::from(-60i8)));
        Event::Changed {
            id: ADDRESS.parse().unwrap(),
            changes,
            linkquality: None,
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_thermometer_with_its_key_joins_and_reports_once_a_frame() {
        let (air, adverts) = mpsc::channel(8);
        let config = BleConfig {
            keys: vec![(ADDRESS.parse().unwrap(), KEY.parse().unwrap())],
            ..BleConfig::default()
        };
        let mut radio = spawn(config, Source::Adverts(adverts), Tap::none());
        air.send(humidity_46()).await.unwrap();
        air.send(humidity_46()).await.unwrap();
        assert_eq!(
            radio.events.recv().await,
            Some(Event::RadioUp {
                radio: Radio::Ble,
                network: None
            })
        );
        assert!(matches!(
            radio.events.recv().await,
            Some(Event::Joined { .. })
        ));
        let Some(Event::Device(record)) = radio.events.recv().await else {
            panic!("no record")
        };
        assert_eq!(record.model_id.as_deref(), Some("LYWSD03MMC"));
        assert!(matches!(
            radio.events.recv().await,
            Some(Event::Interview {
                stage: Interview::Successful,
                ..
            })
        ));
        assert_eq!(radio.events.recv().await, Some(changed(Some(46))));
        // The repeat said nothing; a minute later it shows that the device is there.
        tokio::time::sleep(ALIVE_EVERY).await;
        air.send(humidity_46()).await.unwrap();
        assert_eq!(radio.events.recv().await, Some(changed(Some(46))));
        assert!(radio.events.try_recv().is_err());
    }

    #[tokio::test(start_paused = true)]
    async fn strangers_join_only_while_joining_is_open() {
        let (air, adverts) = mpsc::channel(8);
        let mut radio = spawn(BleConfig::default(), Source::Adverts(adverts), Tap::none());
        radio.events.recv().await;
        let plain = Advert::from_json(
            r#"{"address":"A4:C1:38:B4:94:4C","service_data":{"fe95":"50305b04034c94b438c1a40d10041001ea01"}}"#,
        )
        .unwrap();
        air.send(plain.clone()).await.unwrap();
        tokio::time::sleep(Duration::from_secs(1)).await;
        assert!(radio.events.try_recv().is_err());

        radio
            .commands
            .send(Command::PermitJoin {
                token: 1,
                seconds: 60,
                through: None,
            })
            .await
            .unwrap();
        assert_eq!(
            radio.events.recv().await,
            Some(Event::Done {
                token: 1,
                outcome: Ok(Changes::new())
            })
        );
        air.send(plain).await.unwrap();
        assert!(matches!(
            radio.events.recv().await,
            Some(Event::Joined { .. })
        ));
    }

    #[tokio::test(start_paused = true)]
    async fn a_key_given_later_opens_what_was_shut() {
        let (air, adverts) = mpsc::channel(8);
        let mut radio = spawn(BleConfig::default(), Source::Adverts(adverts), Tap::none());
        radio.events.recv().await;
        air.send(humidity_46()).await.unwrap();
        let id = ADDRESS.parse().unwrap();
        for (token, key) in [(1, "short"), (2, KEY)] {
            radio
                .commands
                .send(Command::BindKey {
                    token,
                    id,
                    key: Some(crate::KeyText(key.into())),
                })
                .await
                .unwrap();
        }
        let Some(Event::Done {
            token: 1,
            outcome: Err(error),
        }) = radio.events.recv().await
        else {
            panic!("no answer")
        };
        assert_eq!(
            error.to_string(),
            "`bind_key`: a bind key has 32 hexadecimal digits (24 for very old devices), this has 5"
        );
        assert!(matches!(
            radio.events.recv().await,
            Some(Event::Done {
                token: 2,
                outcome: Ok(_)
            })
        ));
        air.send(humidity_46()).await.unwrap();
        assert!(matches!(
            radio.events.recv().await,
            Some(Event::Joined { .. })
        ));
    }

    #[tokio::test(start_paused = true)]
    async fn sensors_cannot_be_set() {
        let (_air, adverts) = mpsc::channel(8);
        let config = BleConfig {
            devices: vec![DeviceInfo::new(ADDRESS.parse().unwrap(), DeviceKind::Ble)],
            ..BleConfig::default()
        };
        let mut radio = spawn(config, Source::Adverts(adverts), Tap::none());
        radio.events.recv().await;
        let values = vec![("state".into(), Value::from("ON"))];
        let set = Command::Set {
            token: 9,
            id: ADDRESS.parse().unwrap(),
            endpoint: None,
            values,
        };
        radio.commands.send(set).await.unwrap();
        assert!(matches!(
            radio.events.recv().await,
            Some(Event::Done {
                token: 9,
                outcome: Err(CommandError::Unsupported { .. })
            })
        ));
    }
}
