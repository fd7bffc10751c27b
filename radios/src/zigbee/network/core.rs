//! What the tasks of the network share.
//!
//! Three kinds of task run: one that keeps the dongle up and reads from it ([`super::supervise`]),
//! one that takes commands in, and short-lived ones that talk with a device. The first must never
//! wait for an answer of the dongle (it is who reads the answers); the others may.

use std::future::Future;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::{Semaphore, mpsc, watch};
use tokio::time::{Instant, timeout_at};

use super::config::WallClock;
use super::dedupe::Heard;
use super::dongle::Dongle;
use super::join::Window;
use super::lookup::Lookups;
use super::pace::{BroadcastBudget, Jitter};
use super::registry::Registry;
use super::waiters::Waiters;
use crate::{Event, NetworkSettings};

/// Unicasts under way at most: what the dongle's buffers bear.
const UNICASTS: usize = 8;

/// Of these, so many to sleeping devices: those occupy a place for seconds.
const SLEEPY_UNICASTS: usize = 4;

/// Commands that wait at most, over all devices.
pub(super) const WAITING: usize = 256;

/// The dongle: up, or down and why.
#[derive(Clone)]
pub(super) enum Link {
    Up(Dongle),
    Down(String),
}

/// How patient commands are.
#[derive(Clone, Copy, Debug)]
pub(super) struct Patience {
    pub(super) awake: Duration,
    pub(super) sleepy: Duration,
}

/// What went on since the start; told when something is shed.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Counters {
    /// Commands refused because a queue was full.
    pub(super) refused: u32,
    /// Messages sent again after the dongle was lost under them.
    pub(super) resumed: u32,
    /// Frames that were repeats.
    pub(super) repeats: u32,
    /// Frames that could not be read or assigned.
    pub(super) unread: u32,
    /// Answers to devices that were not sent because too many were under way.
    pub(super) unanswered: u32,
}

/// What changes.
pub(super) struct State {
    pub(super) registry: Registry,
    pub(super) heard: Heard,
    pub(super) broadcasts: BroadcastBudget,
    pub(super) jitter: Jitter,
    pub(super) lookups: Lookups,
    pub(super) window: Window,
    /// The network's settings as last handed up.
    pub(super) told: Option<NetworkSettings>,
    /// Commands that wait or are under way.
    pub(super) waiting: usize,
    /// Answers to devices under way.
    pub(super) answering: usize,
    pub(super) counters: Counters,
}

/// What the tasks share.
pub(super) struct Core {
    pub(super) patience: Patience,
    pub(super) clock: Option<WallClock>,
    pub(super) waiters: Waiters,
    /// Opening and closing the network, one after the other.
    pub(super) joining: tokio::sync::Mutex<()>,
    pub(super) unicasts: Semaphore,
    pub(super) sleepy_unicasts: Semaphore,
    state: Mutex<State>,
    events: mpsc::Sender<Event>,
    link: watch::Sender<Link>,
    closed: watch::Sender<bool>,
}

impl Core {
    pub(super) fn new(
        patience: Patience,
        clock: Option<WallClock>,
        registry: Registry,
        events: mpsc::Sender<Event>,
    ) -> Self {
        Self {
            patience,
            clock,
            waiters: Waiters::default(),
            joining: tokio::sync::Mutex::default(),
            unicasts: Semaphore::new(UNICASTS),
            sleepy_unicasts: Semaphore::new(SLEEPY_UNICASTS),
            state: Mutex::new(State {
                registry,
                heard: Heard::default(),
                broadcasts: BroadcastBudget::default(),
                jitter: Jitter::new(),
                lookups: Lookups::default(),
                window: Window::default(),
                told: None,
                waiting: 0,
                answering: 0,
                counters: Counters::default(),
            }),
            events,
            link: watch::Sender::new(Link::Down("the dongle is being started".to_owned())),
            closed: watch::Sender::new(false),
        }
    }

    /// Looks at or changes the state; never across an await.
    pub(super) fn with<T>(&self, act: impl FnOnce(&mut State) -> T) -> T {
        act(&mut self.state.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Hands an event up; waits while the gateway is busy.
    pub(super) async fn emit(&self, event: Event) {
        if self.events.send(event).await.is_err() {
            self.close();
        }
    }

    /// Runs a task until it ends or the network does.
    pub(super) fn spawn(self: &Arc<Self>, task: impl Future<Output = ()> + Send + 'static) {
        let mut closed = self.closed.subscribe();
        tokio::spawn(async move {
            tokio::select! {
                biased;
                _ = closed.wait_for(|closed| *closed) => {}
                () = task => {}
            }
        });
    }

    /// Nobody listens any more.
    pub(super) fn close(&self) {
        self.closed.send_replace(true);
    }

    /// Waits until nobody listens any more.
    pub(super) async fn closed(&self) {
        let mut closed = self.closed.subscribe();
        // An error means that the sender is gone, which is as final.
        let _ = closed.wait_for(|closed| *closed).await;
    }

    /// The dongle came or went.
    pub(super) fn set_link(&self, link: Link) {
        let down = matches!(link, Link::Down(_));
        self.link.send_replace(link);
        if down {
            self.waiters.clear();
        }
    }

    /// The dongle if it is up.
    pub(super) fn dongle(&self) -> Option<Dongle> {
        match &*self.link.borrow() {
            Link::Up(dongle) if !dongle.is_lost() => Some(dongle.clone()),
            Link::Up(_) | Link::Down(_) => None,
        }
    }

    /// The dongle, waiting for it until `until`; else why it is down.
    pub(super) async fn dongle_until(&self, until: Instant) -> Result<Dongle, String> {
        let mut link = self.link.subscribe();
        loop {
            let reason = match &*link.borrow_and_update() {
                Link::Up(dongle) if !dongle.is_lost() => return Ok(dongle.clone()),
                Link::Up(_) => "the dongle is gone".to_owned(),
                Link::Down(reason) => reason.clone(),
            };
            match timeout_at(until, link.changed()).await {
                Ok(Ok(())) => {}
                Ok(Err(_)) | Err(_) => return Err(reason),
            }
        }
    }
}
