//! The BLE radio: a task that moves adverts and commands into the [`Household`], and events out.
//!
//! What becomes of them is decided there; here is what waits: queues, the clock, the adapter.

use std::time::Duration;

use tokio::sync::mpsc;
use tokio::time::{Instant, sleep_until};

use super::scan::ScanConfig;
use super::{Advert, BleConfig, Household, gatt};
use crate::tap::{Tap, Tapped};
use crate::{Command, CommandError, DeviceId, DeviceInfo, DeviceKind, Event, Radio, RadioHandle};

const QUEUE: usize = 64;

/// Where adverts come from.
#[derive(Debug)]
pub enum Source {
    /// The Bluetooth adapter, through BlueZ.
    Adapter,
    /// A recording, or anything else that has adverts.
    Adverts(mpsc::Receiver<Advert>),
    /// The same, with devices that can be connected to.
    Linked(mpsc::Receiver<Advert>, Box<dyn gatt::Link>),
}

/// What listens and what connects.
struct Air {
    adverts: mpsc::Receiver<Advert>,
    link: Box<dyn gatt::Link>,
    scanning: Box<dyn gatt::Scanning>,
}

/// Starts the radio.
#[must_use]
pub fn spawn(config: BleConfig, source: Source, tap: Tap) -> RadioHandle {
    let (commands, command_queue) = mpsc::channel(QUEUE);
    let (event_queue, events) = mpsc::channel(QUEUE);
    let recorded = !matches!(source, Source::Adapter);
    let Air {
        adverts,
        link,
        scanning,
    } = match source {
        Source::Adverts(adverts) => Air {
            adverts,
            link: Box::new(gatt::NoLink(
                "these adverts come without a radio".to_owned(),
            )),
            scanning: Box::new(gatt::NoScanning),
        },
        Source::Linked(adverts, link) => Air {
            adverts,
            link,
            scanning: Box::new(gatt::NoScanning),
        },
        Source::Adapter => adapter(config.scan.clone(), event_queue.clone()),
    };
    let connections = gatt::spawn(
        &config.gatt,
        &config.devices,
        link,
        scanning,
        event_queue.clone(),
    );
    let (household, begin) = Household::new(config);
    let radio = BleRadio {
        events: event_queue,
        tap,
        household,
        connections,
        started: Instant::now(),
    };
    tokio::spawn(radio.run(command_queue, adverts, recorded, begin));
    RadioHandle { commands, events }
}

#[cfg(feature = "ble")]
fn adapter(config: ScanConfig, events: mpsc::Sender<Event>) -> Air {
    let (adverts, scanner) = super::scan::spawn(config, events);
    Air {
        adverts,
        link: Box::new(gatt::bluez::BlueZ::beside(scanner.clone())),
        scanning: Box::new(scanner),
    }
}

#[cfg(not(feature = "ble"))]
fn adapter(_: ScanConfig, events: mpsc::Sender<Event>) -> Air {
    let reason = "this build has no Bluetooth (feature `ble`)".to_owned();
    let link = gatt::NoLink(reason.clone());
    tokio::spawn(async move {
        events
            .send(Event::RadioDown {
                radio: Radio::Ble,
                reason,
            })
            .await
    });
    Air {
        adverts: mpsc::channel(1).1,
        link: Box::new(link),
        scanning: Box::new(gatt::NoScanning),
    }
}

struct BleRadio {
    events: mpsc::Sender<Event>,
    tap: Tap,
    household: Household,
    connections: gatt::Queue,
    started: Instant,
}

impl BleRadio {
    async fn run(
        mut self,
        mut commands: mpsc::Receiver<Command>,
        mut adverts: mpsc::Receiver<Advert>,
        recorded: bool,
        begin: Vec<Event>,
    ) {
        if recorded {
            self.tell(Event::RadioUp {
                radio: Radio::Ble,
                network: None,
            })
            .await;
        }
        self.tell_all(begin).await;
        let mut listening = true;
        loop {
            let due = self.household.deadline().map(|due| self.started + due);
            tokio::select! {
                command = commands.recv() => match command {
                    Some(command) => self.command(command).await,
                    None => return,
                },
                advert = adverts.recv(), if listening => match advert {
                    Some(advert) => self.heard(&advert).await,
                    None => listening = false,
                },
                () = waiting(due) => {
                    let events = self.household.tick(self.now());
                    self.tell_all(events).await;
                }
            }
        }
    }

    fn now(&self) -> Duration {
        self.started.elapsed()
    }

    async fn tell(&self, event: Event) {
        // Nobody listens any more only when the gateway ends.
        let _ = self.events.send(event).await;
    }

    async fn tell_all(&self, events: Vec<Event>) {
        for event in events {
            match &event {
                Event::Device(record) => self.connections.keep(record),
                Event::Left {
                    id: DeviceId::Ble(mac),
                } => self.connections.forget(*mac),
                _ => {}
            }
            self.tell(event).await;
        }
    }

    async fn command(&mut self, command: Command) {
        let token = command.token();
        if let Command::Set { id, .. } | Command::Get { id, .. } | Command::Gatt { id, .. } =
            command
        {
            // Who is connected to answers later.
            if let Err(error) = self.connect(id, command) {
                let outcome = Err(error);
                self.tell(Event::Done { token, outcome }).await;
            }
            return;
        }
        let (events, outcome) = self.household.obey(command, self.now());
        self.tell_all(events).await;
        self.tell(Event::Done { token, outcome }).await;
    }

    /// Hands over what needs a connection.
    fn connect(&mut self, id: DeviceId, command: Command) -> Result<(), CommandError> {
        let DeviceId::Ble(mac) = id else {
            return Err(CommandError::UnknownDevice(id));
        };
        match (self.household.record(mac), &command) {
            (Some(record), _) => self.connections.take(command, record),
            // Whether a stranger may be connected to was decided by who sent this.
            (None, Command::Gatt { .. }) => {
                let stranger = DeviceInfo::new(id, DeviceKind::Ble);
                self.connections.take(command, &stranger)
            }
            (None, _) => Err(CommandError::UnknownDevice(id)),
        }
    }

    async fn heard(&mut self, advert: &Advert) {
        if self.tap.is_on() && self.household.concerns(advert) {
            self.tap.hand(Tapped::Advert(&advert.to_json()));
        }
        let events = self.household.heard(advert, self.now());
        self.tell_all(events).await;
    }
}

/// Until `due`; for ever where nothing is.
async fn waiting(due: Option<Instant>) {
    match due {
        Some(due) => sleep_until(due).await,
        None => std::future::pending().await,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Changes;

    #[tokio::test(start_paused = true)]
    async fn adverts_and_commands_go_in_events_and_answers_come_out() {
        let (air, adverts) = mpsc::channel(8);
        let mut radio = spawn(BleConfig::default(), Source::Adverts(adverts), Tap::none());
        assert_eq!(
            radio.events.recv().await,
            Some(Event::RadioUp {
                radio: Radio::Ble,
                network: None
            })
        );
        let plain = Advert::from_json(
            r#"{"address":"A4:C1:38:B4:94:4C","service_data":{"fe95":"50305b04034c94b438c1a40d10041001ea01"}}"#,
        )
        .unwrap();
        air.send(plain.clone()).await.unwrap();
        tokio::time::sleep(Duration::from_secs(1)).await;
        assert!(radio.events.try_recv().is_err(), "a stranger");
        let open = Command::PermitJoin {
            token: 1,
            seconds: 60,
            through: None,
        };
        radio.commands.send(open).await.unwrap();
        assert_eq!(
            radio.events.recv().await,
            Some(Event::Done {
                token: 1,
                outcome: Ok(Changes::new())
            })
        );
        air.send(plain.clone()).await.unwrap();
        assert!(matches!(
            radio.events.recv().await,
            Some(Event::Joined { .. })
        ));
        // Joining closes by itself; who is in stays in.
        tokio::time::sleep(Duration::from_secs(61)).await;
        while radio.events.try_recv().is_ok() {}
        air.send(plain).await.unwrap();
        assert!(matches!(
            radio.events.recv().await,
            Some(Event::Changed { .. })
        ));
    }
}
