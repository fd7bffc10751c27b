//! The task: moves bytes between the port and the link, frames between the link and the
//! co-processor, and wakes everybody in time.

use std::io;
use std::path::PathBuf;
use std::time::Duration;

use tokio::sync::mpsc;
use tokio::time::Instant;

use super::config::SimConfig;
use super::faults::{Faults, Line, Way};
use super::ncp::nvm;
use super::port::{Done, Port};
use super::world::{Sim, State};
use crate::ash::{self, Link};

/// Something the handle wants done.
pub(super) type Act = Box<dyn FnOnce(&mut Engine) + Send>;

/// A host that does not read loses what does not fit: a UART has no memory.
const MAX_UNREAD: usize = 64 * 1024;
/// The state file is written that long after the first change.
const SAVE_AFTER: Duration = Duration::from_millis(200);

/// The simulator as a task.
pub(super) struct Engine {
    pub(super) sim: Sim,
    link: Link,
    port: Port,
    faults: Faults,
    to_host: Line,
    to_ncp: Line,
    unread: Vec<u8>,
    inbox: mpsc::Receiver<Act>,
    began: Instant,
    state_file: Option<PathBuf>,
    saved: State,
    save_at: Option<Duration>,
}

impl Engine {
    pub(super) fn new(
        config: SimConfig,
        faults: Faults,
        inbox: mpsc::Receiver<Act>,
    ) -> io::Result<Self> {
        let state = match &config.state_file {
            Some(path) => nvm::load(path)?,
            None => None,
        };
        let port = Port::open(config.listen.clone())?;
        let (seed, state_file) = (config.seed, config.state_file.clone());
        let sim = Sim::new(config, state, faults.clone())?;
        let mut link = Link::ncp();
        link.connect(Duration::ZERO);
        while link.poll_transmit().is_some() {} // it boots long before anybody listens
        Ok(Self {
            saved: sim.state_to_keep(),
            sim,
            link,
            port,
            to_host: Line::new(faults.clone(), Way::ToHost, seed),
            to_ncp: Line::new(faults.clone(), Way::ToNcp, seed.wrapping_add(1)),
            faults,
            unread: Vec::new(),
            inbox,
            began: Instant::now(),
            state_file,
            save_at: None,
        })
    }

    pub(super) fn address(&self) -> &str {
        self.port.address()
    }

    fn now(&self) -> Duration {
        self.began.elapsed()
    }

    /// Lets something happen to the simulated world.
    pub(super) fn act<T>(&mut self, act: impl FnOnce(&mut Sim, Duration) -> T) -> T {
        let now = self.now();
        act(&mut self.sim, now)
    }

    pub(super) fn reset(&mut self, code: u8) {
        let now = self.now();
        self.sim.reset(now);
        self.link.restart(code, now);
    }

    pub(super) fn fail(&mut self, code: u8) {
        let now = self.now();
        self.link.fail(code, now);
    }

    pub(super) fn unplug(&mut self) {
        self.port.pull();
        self.unread.clear();
        let now = self.now();
        self.sim.reset(now); // the cable is also its power
    }

    pub(super) fn plug(&mut self) -> io::Result<()> {
        self.port.plug()?;
        let now = self.now();
        self.link.restart(ash::code::POWER_ON, now);
        while self.link.poll_transmit().is_some() {} // nobody has opened it yet
        Ok(())
    }

    pub(super) async fn run(mut self) {
        let mut buffer = [0; 512];
        loop {
            self.pump();
            let wake = [
                self.link.poll_timeout(),
                self.sim.poll_timeout(),
                self.save_at,
            ]
            .into_iter()
            .flatten()
            .min();
            let sleep = async {
                match wake {
                    Some(wake) => tokio::time::sleep_until(self.began + wake).await,
                    None => std::future::pending().await,
                }
            };
            tokio::select! {
                act = self.inbox.recv() => match act {
                    Some(act) => act(&mut self),
                    None => break,
                },
                done = self.port.exchange(&mut buffer, &self.unread) => match done {
                    Done::Read(read) => {
                        let bytes = buffer.get(..read).unwrap_or_default();
                        let heard = self.to_ncp.carry(bytes);
                        if !self.faults.is_silent() {
                            let now = self.now();
                            self.link.receive(&heard, now);
                        }
                    }
                    Done::Wrote(written) => drop(self.unread.drain(..written)),
                    Done::Connected | Done::Gone => self.unread.clear(),
                },
                () = sleep => {}
            }
        }
        if let Some(path) = &self.state_file {
            let state = self.sim.state_to_keep();
            if let Err(error) = nvm::save(path, &state) {
                tracing::warn!(%error, "the simulator's state is not kept");
            }
        }
    }

    /// Carries on with whatever can be done now.
    fn pump(&mut self) {
        let now = self.now();
        if !self.faults.is_silent() {
            self.link.handle_timeout(now);
        }
        self.sim.handle_timeout(now);
        loop {
            let mut busy = false;
            while let Some(event) = self.link.poll_event() {
                busy = true;
                match event {
                    ash::Event::Connected { .. } => self.sim.reset(now),
                    ash::Event::Data(frame) => self.sim.receive(&frame, now),
                    ash::Event::Reset { .. } | ash::Event::Failed(_) => {}
                }
            }
            while self.link.room() > 0
                && let Some(reply) = self.sim.poll_reply()
            {
                busy = true;
                complain(self.link.send(reply));
            }
            while self.link.callback_room() > 0
                && let Some(callback) = self.sim.poll_callback()
            {
                busy = true;
                complain(self.link.send_callback(callback));
            }
            if !busy {
                break;
            }
        }
        while let Some(frame) = self.link.poll_transmit() {
            let frame = self.to_host.carry(&frame);
            if self.faults.is_silent() {
                continue;
            }
            if self.unread.len() + frame.len() > MAX_UNREAD {
                tracing::warn!("the host does not read: the simulator drops an ASH frame");
                continue;
            }
            self.unread.extend_from_slice(&frame);
        }
        self.save(now);
    }

    fn save(&mut self, now: Duration) {
        let Some(path) = &self.state_file else {
            return;
        };
        let due = self.save_at.is_some_and(|at| at <= now);
        if !due && (self.save_at.is_some() || !self.sim.take_changed()) {
            return;
        }
        let state = self.sim.state_to_keep();
        if !due && !state.is_other_network(&self.saved) {
            self.save_at = Some(now + SAVE_AFTER);
            return;
        }
        self.save_at = None;
        self.sim.take_changed();
        match nvm::save(path, &state) {
            Ok(()) => self.saved = state,
            Err(error) => tracing::warn!(%error, "the simulator's state is not kept"),
        }
    }
}

fn complain(sent: Result<(), ash::SendError>) {
    if let Err(error) = sent {
        tracing::warn!(%error, "the simulator drops a frame");
    }
}
