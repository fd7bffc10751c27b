//! Joins the core to the bus: messages in, calls and adverts out.

use std::collections::HashMap;
use std::time::Duration;

use dbus::Message;
use dbus::message::MessageType;
use tokio::sync::{mpsc, oneshot, watch};
use tokio::time::{Instant, sleep_until};
use tracing::{debug, warn};

use super::bus::Bus;
use super::machine::Machine;
use super::monitor::Monitors;
use super::words::{Call, Input, Output, Refusal};
use super::{Control, Request, ScanConfig, ScanStatus, wire};
use crate::Event;
use crate::ble::Advert;

/// Adverts that wait to be read: a few seconds' worth in a crowded place.
const QUEUE: usize = 512;
const REQUESTS: usize = 8;
/// A lost bus is looked for this often.
const LOOK_AGAIN: Duration = Duration::from_secs(2);
/// How often the rate is taken.
const RATE_OVER: Duration = Duration::from_secs(10);
/// Messages taken in a row before others have their turn.
const MOST_IN_A_ROW: u32 = 64;

/// Starts the scanner. It ends when nobody takes the adverts any more.
#[must_use]
pub fn spawn(config: ScanConfig, events: mpsc::Sender<Event>) -> (mpsc::Receiver<Advert>, Control) {
    let (adverts, receiver) = mpsc::channel(QUEUE);
    let (requests, request_queue) = mpsc::channel(REQUESTS);
    let (status, status_receiver) = watch::channel(ScanStatus::default());
    let task = Task {
        machine: Machine::new(&config),
        monitors: Monitors::new(&config.patterns),
        address: config.bus,
        start: Instant::now(),
        adverts,
        events,
        requests: request_queue,
        status,
        calls: HashMap::new(),
        told: None,
        pausing: Vec::new(),
        shed: 0,
        rated: (Instant::now(), 0, 0),
    };
    tokio::spawn(task.run());
    let control = Control {
        requests,
        status: status_receiver,
    };
    (receiver, control)
}

struct Task {
    machine: Machine,
    monitors: Monitors,
    address: Option<String>,
    start: Instant,
    adverts: mpsc::Sender<Advert>,
    events: mpsc::Sender<Event>,
    requests: mpsc::Receiver<Request>,
    status: watch::Sender<ScanStatus>,
    /// Calls under way by serial number.
    calls: HashMap<u32, (u32, Call)>,
    /// The radio's latest state, to be told when there is room.
    told: Option<Event>,
    pausing: Vec<oneshot::Sender<()>>,
    shed: u32,
    /// When the rate was taken last, how many had been heard then, and the rate.
    rated: (Instant, u32, u32),
}

/// Why a turn of the loop ended.
enum Turn {
    Bus(std::io::Result<()>),
    Request(Option<Request>),
    Time,
    Told,
    Ended,
}

impl Task {
    async fn run(mut self) {
        loop {
            let bus = tokio::select! {
                bus = Bus::open(self.address.as_deref()) => bus,
                () = self.adverts.closed() => return,
            };
            let reason = match bus {
                Ok(bus) => match self.serve(&bus).await {
                    Some(reason) => reason,
                    None => return,
                },
                Err(reason) => reason,
            };
            self.calls.clear();
            self.machine
                .handle(Input::Disconnected(reason), self.start.elapsed());
            if !self.without_bus().await {
                return;
            }
        }
    }

    /// Waits before the bus is looked for again. False: it is over.
    async fn without_bus(&mut self) -> bool {
        let again = Instant::now() + LOOK_AGAIN;
        loop {
            self.put_out(None);
            match self.wait(None, Some(again)).await {
                Turn::Time => return true,
                Turn::Ended => return false,
                Turn::Request(request) => self.request(request),
                Turn::Told | Turn::Bus(_) => {}
            }
        }
    }

    /// Works until the bus is lost, for that reason; none: nobody listens any more.
    async fn serve(&mut self, bus: &Bus) -> Option<String> {
        self.machine.handle(Input::Connected, self.start.elapsed());
        let mut in_a_row = 0_u32;
        loop {
            self.put_out(Some(bus));
            // Sending may have read, too: nothing is waited for before all is taken in.
            if let Some(message) = bus.pop() {
                self.take_in(bus, message);
                in_a_row = in_a_row.wrapping_add(1);
                if in_a_row.is_multiple_of(MOST_IN_A_ROW) {
                    tokio::task::yield_now().await;
                }
                continue;
            }
            let deadline = self.machine.deadline().map(|at| self.start + at);
            let rate = self.rated.0 + RATE_OVER;
            let wake = deadline.map_or(rate, |at| at.min(rate));
            match self.wait(Some(bus), Some(wake)).await {
                Turn::Bus(Err(error)) => return Some(format!("D-Bus is gone ({error})")),
                Turn::Bus(Ok(())) => {}
                Turn::Request(request) => self.request(request),
                Turn::Time => self.machine.handle(Input::Tick, self.start.elapsed()),
                Turn::Told => {}
                Turn::Ended => return None,
            }
        }
    }

    async fn wait(&mut self, bus: Option<&Bus>, until: Option<Instant>) -> Turn {
        let unasked = self.calls.is_empty();
        tokio::select! {
            turned = async { match bus {
                Some(bus) => bus.turn(unasked).await,
                None => std::future::pending().await,
            } } => Turn::Bus(turned),
            request = self.requests.recv(), if !self.requests.is_closed() => Turn::Request(request),
            room = self.events.reserve(), if self.told.is_some() => {
                if let (Ok(room), Some(event)) = (room, self.told.take()) {
                    room.send(event);
                }
                Turn::Told
            }
            () = async { match until {
                Some(until) => sleep_until(until).await,
                None => std::future::pending().await,
            } } => Turn::Time,
            () = self.adverts.closed() => Turn::Ended,
        }
    }

    fn request(&mut self, request: Option<Request>) {
        let now = self.start.elapsed();
        match request {
            Some(Request::Pause(done)) => {
                self.pausing.retain(|waiting| !waiting.is_closed());
                self.pausing.push(done);
                self.machine.handle(Input::Pause, now);
            }
            Some(Request::Resume) => self.machine.handle(Input::Resume, now),
            // The last control is gone: nobody can ask any more.
            None => self.requests.close(),
        }
    }

    /// Hands what was read to the core.
    fn take_in(&mut self, bus: &Bus, mut message: Message) {
        let input = match message.msg_type() {
            MessageType::Signal => wire::signal(&message),
            MessageType::MethodCall => {
                let answer = (self.monitors.answer(&message))
                    .or_else(|| wire::decline(&message))
                    .filter(|_| !message.get_no_reply());
                if let Some(Err(error)) = answer.map(|answer| bus.send(answer)) {
                    debug!("BLE: an answer to BlueZ was not sent: {error}");
                }
                None
            }
            MessageType::MethodReturn | MessageType::Error => message
                .get_reply_serial()
                .and_then(|serial| self.calls.remove(&serial))
                .map(|(id, call)| Input::Reply(id, wire::answer(&call, &mut message))),
        };
        if let Some(input) = input {
            self.machine.handle(input, self.start.elapsed());
        }
    }

    /// Does what the core wants.
    fn put_out(&mut self, bus: Option<&Bus>) {
        while let Some(output) = self.machine.poll() {
            match output {
                Output::Call(id, call) => self.call(bus, id, call),
                Output::Advert(advert) => self.hand_up(advert),
                Output::Event(event) => {
                    self.told = Some(event);
                    self.show();
                }
                Output::Paused => {
                    for waiting in self.pausing.drain(..) {
                        // Whoever asked may have given up.
                        let _ = waiting.send(());
                    }
                    self.show();
                }
            }
        }
        if self.rated.0.elapsed() >= RATE_OVER {
            let heard = self.machine.status().heard;
            let (at, before, _) = self.rated;
            let seconds = u32::try_from(at.elapsed().as_secs())
                .unwrap_or(u32::MAX)
                .max(1);
            self.rated = (Instant::now(), heard, heard.wrapping_sub(before) / seconds);
            self.show();
        }
    }

    fn call(&mut self, bus: Option<&Bus>, id: u32, call: Call) {
        let sent = match bus {
            None => Err("D-Bus is gone".to_owned()),
            Some(bus) => wire::write(&call, Monitors::ROOT)
                .and_then(|message| bus.send(message).map_err(|error| error.to_string())),
        };
        match sent {
            Ok(serial) => {
                // At most the matches and one more are under way; unanswered ones time out.
                if self.calls.len() > 32 {
                    self.calls.clear();
                }
                self.calls.insert(serial, (id, call));
            }
            Err(message) => {
                let refusal = Refusal {
                    name: "org.freedesktop.DBus.Error.Failed".into(),
                    message,
                };
                let now = self.start.elapsed();
                self.machine.handle(Input::Reply(id, Err(refusal)), now);
            }
        }
    }

    fn hand_up(&mut self, advert: Advert) {
        if let Err(mpsc::error::TrySendError::Full(_)) = self.adverts.try_send(advert) {
            self.shed = self.shed.saturating_add(1);
            if self.shed.is_power_of_two() {
                warn!(
                    shed = self.shed,
                    "BLE: adverts come faster than they are read; some were dropped"
                );
            }
        }
    }

    fn show(&self) {
        let status = ScanStatus {
            per_second: self.rated.2,
            shed: self.shed,
            ..self.machine.status()
        };
        self.status.send_if_modified(|shown| {
            let changed = *shown != status;
            *shown = status;
            changed
        });
    }
}
