//! The task that moves bytes between a stream and a [`Link`].
//!
//! It owns the stream and never waits for anyone: bytes are read, acknowledged and written whatever
//! the reader of [`Port::events`] does. When that one is slow, frames gather in a bounded queue; at
//! three quarters the NCP is told to hold its callbacks back, and beyond the bound frames are thrown
//! away, counted and warned of.
//!
//! A host's port connects at once, so its first event is `Connected` or `Failed`. After `Failed` or
//! `Reset` it waits for [`Request::Connect`]. After `Failed(Lost)` the stream is gone and the port
//! ends. Dropping the [`Port`], or its sender, ends it too; [`Port::close`] waits until the
//! stream is closed.

use std::collections::VecDeque;
use std::io;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep_until, timeout};
use tracing::{debug, trace, warn};

use super::{Counters, Event, Failure, Link, Role, SendError};
use crate::tap::{Tap, Tapped};

/// DATA frames that wait for the reader of events.
const INBOUND: usize = 128;
/// The NCP is told to hold callbacks back when fewer places than this are free…
const FEW: usize = INBOUND / 4;
/// …and to go on when this many are.
const ENOUGH: usize = INBOUND / 2;
/// Events handed over ahead of their reader, and requests ahead of the link.
const CHANNEL: usize = 8;
/// While the line takes no bytes, deadlines that have passed are looked at this often.
const STUCK: Duration = Duration::from_millis(10);

/// What a port is asked to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Request {
    /// Send an EZSP frame. While the link is down it is dropped: `Failed` or `Reset` has told, or will.
    Send(Vec<u8>),
    /// Bring the link up (again): see [`Link::connect`].
    Connect,
    /// The NCP reboots for this reason: see [`Link::restart`].
    Restart(u8),
    /// The NCP gives up for this reason: see [`Link::fail`].
    Fail(u8),
}

/// Both ends of the queues to a port's task.
#[derive(Debug)]
pub struct Port {
    /// To the link. A full link makes the sender wait.
    pub send: mpsc::Sender<Request>,
    /// An NCP's callbacks to the link: frames that may wait while the host is not ready, and that
    /// responses sent through `send` overtake then. A full link makes the sender wait.
    pub callbacks: mpsc::Sender<Vec<u8>>,
    /// From the link.
    pub events: mpsc::Receiver<Event>,
    counters: Arc<Mutex<Counters>>,
    task: JoinHandle<()>,
}

impl Port {
    /// Starts a port with the vendor's parameters on a stream without a write buffer of its own:
    /// it is never flushed, because that blocks the thread on a tty. Must be called within a tokio
    /// runtime.
    pub fn spawn(
        io: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
        role: Role,
        tap: Tap,
    ) -> Self {
        let link = match role {
            Role::Host => Link::host(),
            Role::Ncp => Link::ncp(),
        };
        Self::spawn_link(io, link, tap)
    }

    /// Starts a port for a link with other parameters, see [`spawn`](Self::spawn).
    pub fn spawn_link(
        io: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
        link: Link,
        tap: Tap,
    ) -> Self {
        let (send, requests) = mpsc::channel(CHANNEL);
        let (callbacks, callback_queue) = mpsc::channel(CHANNEL);
        let (handover, events) = mpsc::channel(CHANNEL);
        let counters = Arc::new(Mutex::new(Counters::default()));
        let task = Task {
            link,
            epoch: Instant::now(),
            inbound: VecDeque::new(),
            ready: true,
            shed: 0,
            out: Vec::new(),
            tap,
            counters: Arc::clone(&counters),
        };
        Self {
            send,
            callbacks,
            events,
            counters,
            task: tokio::spawn(task.run(io, requests, callback_queue, handover)),
        }
    }

    /// Ends the port and waits until the stream is closed, so that it can be opened again.
    pub async fn close(self) {
        let Self { task, events, .. } = self;
        drop(events); // which ends the task
        let _ = task.await;
    }

    /// A port without a line: whoever holds the other ends plays the link. For recorded frames. Must
    /// be called within a tokio runtime.
    #[must_use]
    pub fn scripted() -> (Self, mpsc::Receiver<Request>, mpsc::Sender<Event>) {
        let (send, requests) = mpsc::channel(INBOUND);
        let (told, events) = mpsc::channel(INBOUND);
        let port = Self {
            send,
            callbacks: mpsc::channel(1).0,
            events,
            counters: Arc::default(),
            task: tokio::spawn(async {}),
        };
        (port, requests, told)
    }

    /// What happened on the link so far.
    #[must_use]
    pub fn counters(&self) -> Counters {
        *self.counters.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

struct Task {
    link: Link,
    epoch: Instant,
    inbound: VecDeque<Event>,
    ready: bool,
    shed: u32,
    out: Vec<u8>,
    tap: Tap,
    counters: Arc<Mutex<Counters>>,
}

impl Task {
    async fn run(
        mut self,
        io: impl AsyncRead + AsyncWrite + Unpin,
        mut requests: mpsc::Receiver<Request>,
        mut callbacks: mpsc::Receiver<Vec<u8>>,
        handover: mpsc::Sender<Event>,
    ) {
        let (mut reader, mut writer) = tokio::io::split(io);
        let mut chunk = [0; 1024];
        if self.link.role() == Role::Host {
            self.link.connect(self.now());
        }
        let lost = loop {
            self.drain();
            let deadline = self.deadline();
            let up = self.link.is_connected();
            let takes_requests = !up || self.link.room() > 0;
            let takes_callbacks = !up || self.link.callback_room() > 0;
            // Bytes before deadlines: after a stall of the whole process the acknowledgement that a
            // deadline waits for is often there already.
            tokio::select! {
                biased;
                written = writer.write(&self.out), if !self.out.is_empty() => match written {
                    Ok(0) => break io::ErrorKind::WriteZero.to_string(),
                    Ok(n) => drop(self.out.drain(..n)),
                    Err(e) => break e.to_string(),
                },
                place = handover.reserve(), if !self.inbound.is_empty() => match place {
                    Ok(place) => {
                        if let Some(event) = self.inbound.pop_front() {
                            place.send(event);
                        }
                    }
                    Err(_) => return,
                },
                read = reader.read(&mut chunk) => match read {
                    Ok(0) => break "end of stream".to_owned(),
                    Ok(n) => {
                        let now = self.now();
                        self.link.receive(&chunk[..n], now);
                        self.link.handle_timeout(now);
                        // A stream that is always ready must not keep requests out.
                        if takes_requests && let Ok(request) = requests.try_recv() {
                            self.handle(request);
                        }
                    }
                    Err(e) => break e.to_string(),
                },
                () = sleep_until(deadline.unwrap_or(self.epoch)), if deadline.is_some() => {
                    self.link.handle_timeout(self.now());
                }
                () = handover.closed() => return,
                request = requests.recv(), if takes_requests => match request {
                    Some(request) => self.handle(request),
                    None => {
                        // Last words, as far as the line takes them.
                        let _ = timeout(Duration::from_secs(1), writer.write_all(&self.out)).await;
                        return;
                    }
                },
                Some(payload) = callbacks.recv(), if takes_callbacks => {
                    let taken = self.link.send_callback(payload);
                    dropped(taken);
                }
            }
        };
        self.tell(Event::Failed(Failure::Lost(lost)));
        drop((reader, writer));
        for event in self.inbound {
            if handover.send(event).await.is_err() {
                return;
            }
        }
    }

    fn now(&self) -> Duration {
        self.epoch.elapsed()
    }

    fn handle(&mut self, request: Request) {
        let now = self.now();
        let taken = match request {
            Request::Send(payload) => self.link.send(payload),
            Request::Connect => {
                self.out.clear();
                self.link.connect(now);
                Ok(())
            }
            Request::Restart(code) => {
                self.out.clear();
                self.link.restart(code, now);
                Ok(())
            }
            Request::Fail(code) => {
                self.link.fail(code, now);
                Ok(())
            }
        };
        dropped(taken);
    }

    /// Takes what the link has to say; to the line only when that has taken what went before, so
    /// that acknowledgements are fresh and a stuck line gathers nothing.
    fn drain(&mut self) {
        self.link.receive(&[], self.now());
        while let Some(event) = self.link.poll_event() {
            self.tell(event);
        }
        let free = INBOUND.saturating_sub(self.inbound.len());
        if free < FEW {
            self.ready = false;
        } else if free >= ENOUGH {
            self.ready = true;
        }
        self.link.set_ready(self.ready, self.now());
        if self.out.is_empty() {
            while let Some(bytes) = self.link.poll_transmit() {
                trace!(bytes = bytes.len(), "to the line");
                self.out.extend(bytes);
            }
        }
        let counters = Counters {
            shed: self.shed,
            ..self.link.counters()
        };
        *self.counters.lock().unwrap_or_else(PoisonError::into_inner) = counters;
    }

    fn deadline(&self) -> Option<Instant> {
        let mut deadline = self.epoch + self.link.poll_timeout()?;
        if !self.out.is_empty() {
            deadline = deadline.max(Instant::now() + STUCK);
        }
        Some(deadline)
    }

    /// Puts an event in line for its reader.
    fn tell(&mut self, event: Event) {
        let line = match &event {
            Event::Data(_) if self.inbound.len() >= INBOUND => {
                self.shed = self.shed.wrapping_add(1);
                if self.shed.is_power_of_two() {
                    warn!(
                        shed = self.shed,
                        "frames from the radio are thrown away: their reader is too slow"
                    );
                }
                return;
            }
            Event::Data(_) => None,
            Event::Connected { code } => Some(format!("connected {code:#04x}")),
            Event::Reset { code } => Some(format!("reset {code:#04x}")),
            Event::Failed(Failure::Lost(why)) => Some(format!("lost: {why}")),
            Event::Failed(why) => Some(format!("failed: {why}")),
        };
        if let Some(line) = line {
            debug!(role = ?self.link.role(), "link {line}");
            self.tap.hand(Tapped::Link(&line));
            // A peer that resets and resets must not fill the queue.
            if self.inbound.back() == Some(&event) {
                return;
            }
        }
        self.inbound.push_back(event);
    }
}

/// Says so when a frame was not taken. That the link is down was told already.
fn dropped(taken: Result<(), SendError>) {
    match taken {
        Ok(()) => {}
        Err(SendError::NotConnected) => debug!("a frame was dropped: the link is not up"),
        Err(e) => warn!("a frame was dropped: {e}"),
    }
}
