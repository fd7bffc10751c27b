//! The queue: one operation at a time, each answered exactly once.
//!
//! The contract:
//! - every command that is [taken](Queue::take) ends in exactly one [`Event::Done`]; one that is not
//!   taken is answered by the error that `take` gives;
//! - one device is connected at a time. While a connection is made, scanning stands still. Every step
//!   has a limit; what failed in passing is tried [`TRIES`] times, with pauses;
//! - a lamp stays connected until it was idle for [`IDLE`] or another device is wanted; everything
//!   else is let go at once;
//! - the queue holds [`MOST_WAITING`] commands; more are refused, and counted.

use std::collections::HashMap;
use std::time::Duration;

use tokio::sync::mpsc;
use tokio::time::{Instant, sleep, sleep_until, timeout};
use tracing::{debug, info, warn};

use super::lamps::{Lamp, lamp};
use super::lighting::{Memory, Opened};
use super::link::{Link, LinkError, Scanning, Write};
use super::look::Wish;
use super::operation::{Operation, Progress};
use super::readers::{Reader, Time, Writes, reader};
use super::schedule::Schedule;
use super::session::{Session, limited};
use crate::{Changes, Command, CommandError, DeviceId, DeviceInfo, Event, Mac, Outcome, Token};

/// How often something is tried that fails in passing.
pub const TRIES: u32 = 3;
/// Between two tries, times their number.
const PAUSE: Duration = Duration::from_millis(700);
/// A device must be heard within this time.
const FIND: Duration = Duration::from_secs(10);
/// A connection must stand within this time, characteristics and all.
const CONNECT: Duration = Duration::from_secs(30);
/// A lamp is let go after so much idleness.
pub const IDLE: Duration = Duration::from_secs(120);
/// Commands that may wait.
pub const MOST_WAITING: usize = 32;
/// A read that nobody asked for may take so long.
const READING: Duration = Duration::from_secs(120);

/// What the queue is told at its start.
#[derive(Clone, Debug, Default)]
pub struct Settings {
    /// Sensors that must be asked are, this often; none: only on demand.
    pub read_every: Option<Duration>,
    /// Seconds east of UTC, for clocks.
    pub utc_offset: i32,
}

/// The commands' way in.
#[derive(Debug)]
pub struct Queue {
    orders: mpsc::Sender<Order>,
    shed: u32,
    utc_offset: i32,
}

#[derive(Debug)]
enum Order {
    Do(Job),
    Keep(Mac, &'static Reader),
    Forget(Mac),
}

#[derive(Debug)]
struct Job {
    /// None: nobody asked.
    token: Option<Token>,
    address: Mac,
    what: What,
    limit: Option<Duration>,
}

#[derive(Debug)]
enum What {
    Set(Lamp, Wish),
    Ask(Lamp),
    Read(&'static Reader),
    /// And what is shown then.
    Write(Writes, Changes),
    Operations(Progress),
}

/// Starts the queue for a home with these devices; it ends when its [`Queue`] is dropped.
#[must_use]
pub fn spawn(
    settings: &Settings,
    known: &[DeviceInfo],
    link: Box<dyn Link>,
    scanning: Box<dyn Scanning>,
    events: mpsc::Sender<Event>,
) -> Queue {
    let (orders, queue) = mpsc::channel(MOST_WAITING);
    let mut worker = Worker {
        link,
        scanning,
        events,
        live: None,
        lamps: HashMap::new(),
        readers: HashMap::new(),
        schedule: Schedule::new(settings.read_every),
        began: Instant::now(),
    };
    for device in known {
        let regular = reader(device).filter(|reader| reader.regularly);
        if let (DeviceId::Ble(mac), Some(reader)) = (device.id, regular) {
            worker.keep(mac, reader);
        }
    }
    tokio::spawn(worker.run(queue));
    Queue {
        orders,
        shed: 0,
        utc_offset: settings.utc_offset,
    }
}

impl Queue {
    /// Takes a command for `device`, to be answered later.
    ///
    /// # Errors
    /// The answer, where it is known at once: nothing to set or read, a bad value, a full queue.
    pub fn take(&mut self, command: Command, device: &DeviceInfo) -> Result<(), CommandError> {
        let DeviceId::Ble(address) = device.id else {
            return Err(CommandError::UnknownDevice(device.id));
        };
        let token = Some(command.token());
        let mut limit = None;
        let what = match command {
            Command::Set { values, .. } => match (lamp(device), reader(device)) {
                (Some(lamp), _) => What::Set(lamp, Wish::read(&values, &lamp.abilities)?),
                (None, Some(reader)) => {
                    let (writes, shown) = reader.set(&values, self.now())?;
                    What::Write(writes, shown)
                }
                (None, None) => {
                    let property = values.first().map(|(property, _)| property.to_string());
                    return Err(only_tells("set", property));
                }
            },
            Command::Get { properties, .. } => match (lamp(device), reader(device)) {
                (Some(lamp), _) => What::Ask(lamp),
                (None, Some(reader)) if reader.reads() => What::Read(reader),
                _ => {
                    let property = properties.first().map(ToString::to_string);
                    return Err(only_tells("read", property));
                }
            },
            Command::Gatt {
                operations,
                limit: within,
                ..
            } => {
                limit = Some(within);
                What::Operations(Progress::new(checked(operations)?))
            }
            other => {
                debug!(token = other.token(), "not a command for a connection");
                return Err(only_tells("do", None));
            }
        };
        let job = Job {
            token,
            address,
            what,
            limit,
        };
        self.orders.try_send(Order::Do(job)).map_err(|error| {
            CommandError::Unavailable(match error {
                mpsc::error::TrySendError::Full(_) => {
                    self.shed = self.shed.saturating_add(1);
                    if self.shed.is_power_of_two() {
                        warn!(
                            shed = self.shed,
                            "BLE: too many commands wait for a connection"
                        );
                    }
                    format!("{MOST_WAITING} commands wait for Bluetooth already")
                }
                mpsc::error::TrySendError::Closed(_) => "Bluetooth has ended".to_owned(),
            })
        })
    }

    /// `device` is one of the home: it is read regularly, where that is worth while.
    pub fn keep(&self, device: &DeviceInfo) {
        let regular = reader(device).filter(|reader| reader.regularly);
        if let (DeviceId::Ble(mac), Some(reader)) = (device.id, regular)
            && self.orders.try_send(Order::Keep(mac, reader)).is_err()
        {
            warn!(device = %mac, "BLE: the queue is full; the device is only read on demand");
        }
    }

    /// It is no longer.
    pub fn forget(&self, mac: Mac) {
        if self.orders.try_send(Order::Forget(mac)).is_err() {
            debug!(device = %mac, "the queue is full: forgotten with the next start");
        }
    }

    fn now(&self) -> Time {
        let unix = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
        Time {
            unix: unix.map_or(0, |unix| u32::try_from(unix.as_secs()).unwrap_or(u32::MAX)),
            offset: self.utc_offset,
        }
    }
}

fn checked(operations: Vec<Operation>) -> Result<Vec<Operation>, CommandError> {
    use super::operation::{Action, LONGEST_VALUE, MOST_OPERATIONS};
    let bad = |why: String| CommandError::BadValue {
        property: "operations".to_owned(),
        why,
    };
    if operations.is_empty() || operations.len() > MOST_OPERATIONS {
        return Err(bad(format!("expected 1 to {MOST_OPERATIONS} operations")));
    }
    let long = operations.iter().any(|operation| match &operation.action {
        Action::Write(data) | Action::WriteWithoutResponse(data) => data.len() > LONGEST_VALUE,
        Action::Read | Action::Notify(_) => false,
    });
    if long {
        return Err(bad(format!("a value has at most {LONGEST_VALUE} bytes")));
    }
    Ok(operations)
}

fn only_tells(what: &'static str, property: Option<String>) -> CommandError {
    CommandError::Unsupported {
        what,
        property: property.unwrap_or_default(),
        why: "a BLE sensor only tells, it cannot be asked".to_owned(),
    }
}

/// A connection that stands.
struct Live {
    session: Session,
    opened: Option<Opened>,
    idle_at: Instant,
}

struct Worker {
    link: Box<dyn Link>,
    scanning: Box<dyn Scanning>,
    events: mpsc::Sender<Event>,
    live: Option<Live>,
    lamps: HashMap<Mac, Memory>,
    readers: HashMap<Mac, &'static Reader>,
    schedule: Schedule,
    began: Instant,
}

/// What the worker turns to next.
enum Next {
    Order(Option<Order>),
    Notified(Result<(usize, Vec<u8>), LinkError>),
    KeepAlive,
    Idle,
    Due(Mac),
}

impl Worker {
    async fn run(mut self, mut queue: mpsc::Receiver<Order>) {
        loop {
            match self.next(&mut queue).await {
                Next::Order(Some(Order::Do(job))) => self.carry_out(job).await,
                Next::Order(Some(Order::Keep(mac, reader))) => self.keep(mac, reader),
                Next::Order(Some(Order::Forget(mac))) => {
                    self.readers.remove(&mac);
                    self.schedule.remove(mac);
                    self.lamps.remove(&mac);
                    self.hang_up_on(mac).await;
                }
                Next::Order(None) => {
                    self.hang_up().await;
                    return;
                }
                Next::Notified(Ok((from, frame))) => self.overheard(from, &frame).await,
                Next::Notified(Err(error)) => {
                    debug!("BLE: the lamp let go: {error}");
                    self.hang_up().await;
                }
                Next::KeepAlive => self.keep_alive().await,
                Next::Idle => self.hang_up().await,
                Next::Due(mac) => self.read_due(mac).await,
            }
        }
    }

    async fn next(&mut self, queue: &mut mpsc::Receiver<Order>) -> Next {
        if let Some(mac) = self.schedule.due(self.began.elapsed()) {
            // Who waits goes first.
            return match queue.try_recv() {
                Ok(order) => Next::Order(Some(order)),
                Err(mpsc::error::TryRecvError::Disconnected) => Next::Order(None),
                Err(mpsc::error::TryRecvError::Empty) => Next::Due(mac),
            };
        }
        let due = self.schedule.next().map(|due| self.began + due);
        let (mut idle_at, mut alive_at) = (None, None);
        let notified = match &mut self.live {
            Some(live) => {
                idle_at = Some(live.idle_at);
                alive_at = live.opened.as_ref().and_then(|opened| opened.alive_at);
                Some(live.session.notified())
            }
            None => None,
        };
        let notified = async {
            match notified {
                Some(notified) => notified.await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            biased;
            order = queue.recv() => Next::Order(order),
            notified = notified => Next::Notified(notified),
            () = until(idle_at) => Next::Idle,
            () = until(alive_at) => Next::KeepAlive,
            () = until(due) => match self.schedule.due(self.began.elapsed()) {
                Some(mac) => Next::Due(mac),
                // A clock that rounds: once more.
                None => Next::KeepAlive,
            },
        }
    }

    fn keep(&mut self, mac: Mac, reader: &'static Reader) {
        self.readers.insert(mac, reader);
        self.schedule.add(mac, self.began.elapsed());
    }

    async fn tell(&mut self, event: Event) {
        // Nobody listens any more only when the gateway ends.
        let _ = self.events.send(event).await;
    }

    async fn carry_out(&mut self, mut job: Job) {
        let outcome = match job.limit {
            None => self.perform(&mut job).await,
            Some(limit) => {
                let done = timeout(limit, self.perform(&mut job)).await;
                match done {
                    Ok(outcome) => outcome,
                    Err(_) => {
                        self.scanning.resume().await;
                        self.hang_up().await;
                        let seconds = limit.as_secs().try_into().unwrap_or(u16::MAX);
                        Err(CommandError::Timeout(seconds))
                    }
                }
            }
        };
        if let What::Read(_) = job.what {
            let now = self.began.elapsed();
            self.schedule.was_read(job.address, outcome.is_ok(), now);
        }
        let outcome = match (outcome, job.what) {
            (Ok(_), What::Operations(progress)) => {
                Ok(vec![("operations".into(), progress.results())])
            }
            (outcome, _) => outcome,
        };
        let id = DeviceId::Ble(job.address);
        match (job.token, outcome) {
            (Some(token), outcome) => self.tell(Event::Done { token, outcome }).await,
            (None, Ok(changes)) => {
                let linkquality = None;
                self.tell(Event::Changed {
                    id,
                    changes,
                    linkquality,
                })
                .await;
            }
            (None, Err(error)) => info!(device = %job.address, "BLE: not read: {error}"),
        }
        self.rest().await;
    }

    /// Lamps stay connected for what comes next; others are let go.
    async fn rest(&mut self) {
        match &mut self.live {
            Some(live) if live.opened.is_some() => live.idle_at = Instant::now() + IDLE,
            _ => self.hang_up().await,
        }
    }

    /// Tries until it is done, or cannot be.
    async fn perform(&mut self, job: &mut Job) -> Outcome {
        let mut tries = 1;
        loop {
            let error = match self.attempt(job).await {
                Ok(changes) => return Ok(changes),
                Err(error) => error,
            };
            self.hang_up().await;
            if !error.is_passing() || tries == TRIES {
                return Err(error.for_command(tries));
            }
            debug!(device = %job.address, tries, "BLE: {error}");
            sleep(PAUSE * tries).await;
            tries += 1;
        }
    }

    async fn attempt(&mut self, job: &mut Job) -> Result<Changes, LinkError> {
        self.connect(job.address).await?;
        let Some(live) = &mut self.live else {
            return Err(LinkError::Lost);
        };
        let session = &mut live.session;
        match &mut job.what {
            What::Set(lamp, _) | What::Ask(lamp) => {
                let opened = match &mut live.opened {
                    Some(opened) => opened,
                    none => none.insert(Opened::open(session, *lamp).await?),
                };
                let memory = self.lamps.entry(job.address).or_default();
                let look = if let What::Set(_, wish) = &job.what {
                    opened.set(session, wish, memory).await?
                } else {
                    memory.look = memory.look.with(opened.ask(session).await?);
                    memory.talks = true;
                    memory.look
                };
                Ok(look.changes(&opened.lamp.abilities))
            }
            What::Read(reader) => reader.read(session).await,
            What::Write(writes, shown) => {
                for (uuid, data) in writes.iter() {
                    let at = session.find(None, *uuid)?;
                    session.write(at, data, Write::Acknowledged).await?;
                }
                Ok(shown.clone())
            }
            What::Operations(progress) => {
                progress.go_on(session).await?;
                Ok(Changes::new())
            }
        }
    }

    async fn connect(&mut self, address: Mac) -> Result<(), LinkError> {
        if let Some(live) = &self.live {
            if live.session.address == address {
                return Ok(());
            }
            self.hang_up().await;
        }
        match limited("looking for it", FIND, self.link.find(address)).await {
            Err(LinkError::TimedOut { seconds, .. }) => return Err(LinkError::NotInRange(seconds)),
            found => found?,
        }
        self.scanning.pause().await;
        let peer = limited("connecting", CONNECT, self.link.connect(address)).await;
        self.scanning.resume().await;
        self.live = Some(Live {
            session: Session::new(address, peer?),
            opened: None,
            idle_at: Instant::now() + IDLE,
        });
        Ok(())
    }

    async fn hang_up(&mut self) {
        if let Some(live) = self.live.take() {
            live.session.close().await;
        }
    }

    async fn hang_up_on(&mut self, mac: Mac) {
        if let Some(live) = &self.live
            && live.session.address == mac
        {
            self.hang_up().await;
        }
    }

    /// The connected lamp spoke by itself: somebody used its button or its remote.
    async fn overheard(&mut self, from: usize, frame: &[u8]) {
        let Some(live) = &self.live else { return };
        let Some(opened) = &live.opened else { return };
        let Some(look) = opened.heard(from, frame) else {
            return;
        };
        let address = live.session.address;
        let abilities = opened.lamp.abilities;
        let memory = self.lamps.entry(address).or_default();
        memory.talks = true;
        let before = memory.look;
        memory.look = before.with(look);
        if memory.look != before {
            let changes = memory.look.changes(&abilities);
            self.tell(Event::Changed {
                id: address.into(),
                changes,
                linkquality: None,
            })
            .await;
        }
    }

    async fn keep_alive(&mut self) {
        let Some(live) = &mut self.live else { return };
        let Some(opened) = &mut live.opened else {
            return;
        };
        if let Err(error) = opened.keep_alive(&mut live.session).await {
            debug!("BLE: not kept alive: {error}");
            self.hang_up().await;
        }
    }

    async fn read_due(&mut self, mac: Mac) {
        let Some(reader) = self.readers.get(&mac) else {
            self.schedule.remove(mac);
            return;
        };
        let job = Job {
            token: None,
            address: mac,
            what: What::Read(reader),
            limit: Some(READING),
        };
        self.carry_out(job).await;
    }
}

async fn until(moment: Option<Instant>) {
    match moment {
        Some(moment) => sleep_until(moment).await,
        None => std::future::pending().await,
    }
}
