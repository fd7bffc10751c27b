//! Keeping the dongle up: open, connect, start, read; and again when it is lost.
//!
//! The dongle counts as lost when its line closes, its link fails, it restarts, or it no longer
//! replies. One recovery serves all: open the line again (it may have another name now), connect,
//! configure, resume the network. Commands wait meanwhile.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::{Instant, sleep, sleep_until, timeout};

use super::config::FormPolicy;
use super::core::{Core, Link};
use super::dongle::{Dongle, Inbox};
use super::pace::backoff;
use super::settings::{Random, Wishes};
use super::source::{Source, Wire};
use super::start::{Plan, StartError, Started, read_settings, start};
use crate::ash::{Failure, Port, Role};
use crate::ezsp::{EzspError, Lost, Ncp};
use crate::tap::{Tap, Tapped};
use crate::{Event, NetworkSettings, Radio};

/// Pauses between attempts to reach the dongle: it shall serve within 2 s of its return.
const FIRST_PAUSE: Duration = Duration::from_millis(200);
const LAST_PAUSE: Duration = Duration::from_secs(1);

/// The pause after a refusal: somebody has to act.
const REFUSED_PAUSE: Duration = Duration::from_secs(15);

/// How long opening a line may take.
const OPENING: Duration = Duration::from_secs(5);

/// After so much silence the dongle is asked whether it lives.
const SILENCE: Duration = Duration::from_secs(10);

/// How often the frame counter is looked at, and how far it may run ahead of what was handed up.
const COUNTER_LOOK: Duration = Duration::from_secs(600);
const COUNTER_LEAD: u32 = 2_000;

/// The task that keeps the dongle up.
pub(super) struct Supervisor {
    pub(super) core: Arc<Core>,
    pub(super) source: Box<dyn Source>,
    pub(super) tap: Tap,
    pub(super) wishes: Wishes,
    pub(super) form: FormPolicy,
    pub(super) transmit_power: i8,
    pub(super) random: Random,
    pub(super) stored: Option<NetworkSettings>,
    /// The dongle has worked in this run.
    pub(super) was_up: bool,
}

/// A session that works.
struct Session {
    dongle: Dongle,
    inbox: Inbox,
    started: Started,
}

impl Supervisor {
    /// Runs until nobody listens any more.
    pub(super) async fn run(mut self) {
        let core = self.core.clone();
        tokio::select! {
            biased;
            () = core.closed() => {}
            () = self.keep_up() => {}
        }
        self.core
            .set_link(Link::Down("the gateway is closing".to_owned()));
    }

    async fn keep_up(&mut self) {
        // What was told since the dongle was last up, and how often it was tried since.
        let mut told: Option<String> = None;
        let mut attempts = 0;
        loop {
            let error = match self.connect().await {
                Ok(session) => {
                    (told, attempts) = (None, 0);
                    let why = self.serve(session).await;
                    self.named(StartError::Failed(why))
                }
                Err(error) => error,
            };
            let refused = matches!(error, StartError::Refused(_));
            let reason = match &error {
                StartError::Refused(why) => why.clone(),
                StartError::Failed(why) => format!("{why}; trying again"),
            };
            self.core.set_link(Link::Down(reason.clone()));
            // Told once, and again when it turns out that somebody has to act.
            if told.is_none() || refused && told.as_ref() != Some(&reason) {
                tracing::warn!("the Zigbee dongle is not available: {reason}");
                self.core
                    .emit(Event::RadioDown {
                        radio: Radio::Zigbee,
                        reason: reason.clone(),
                    })
                    .await;
                told = Some(reason);
            } else {
                tracing::debug!("the Zigbee dongle is still not available: {reason}");
            }
            let pause = if refused {
                REFUSED_PAUSE
            } else {
                backoff(FIRST_PAUSE, LAST_PAUSE, attempts)
            };
            attempts = attempts.saturating_add(1);
            sleep(pause).await;
        }
    }

    /// An error of the dongle at our end of the wire.
    fn named(&self, error: StartError) -> StartError {
        match error {
            StartError::Failed(why) => StartError::Failed(format!("{}: {why}", self.source.name())),
            refused @ StartError::Refused(_) => refused,
        }
    }

    /// From nothing to a network that is up.
    async fn connect(&mut self) -> Result<Session, StartError> {
        // What cannot be opened names itself.
        let wire = match timeout(OPENING, self.source.open()).await {
            Ok(opened) => opened.map_err(|error| StartError::Failed(error.to_string()))?,
            Err(_) => {
                let why = "opening takes too long".to_owned();
                return Err(self.named(StartError::Failed(why)));
            }
        };
        self.start(wire).await.map_err(|error| self.named(error))
    }

    async fn start(&mut self, wire: Wire) -> Result<Session, StartError> {
        let failed = |why: String| StartError::Failed(why);
        let port = match wire {
            Wire::Line(line) => Port::spawn(line, Role::Host, self.tap.clone()),
            Wire::Port(port) => port,
        };
        let (ncp, callbacks) = match Ncp::connect(port, self.tap.clone()).await {
            Ok(connected) => connected,
            Err(error @ EzspError::Lost(Lost::Link(Failure::NoAnswer { .. }))) => {
                // One that has worked hangs; its line settings were right.
                let new = (!self.was_up).then(|| self.source.unanswered()).flatten();
                let tried = new.map(|line| {
                    format!(
                        "{error} at {line}. Other line settings are tried in turn; if none works, \
                         this is no dongle with EZSP firmware"
                    )
                });
                return Err(failed(tried.unwrap_or_else(|| error.to_string())));
            }
            Err(error) => return Err(failed(error.to_string())),
        };
        let mut inbox = Inbox::new(callbacks);
        let mut plan = Plan {
            wishes: self.wishes,
            stored: self.stored.as_ref(),
            form: self.form,
            transmit_power: self.transmit_power,
            random: &mut self.random,
        };
        let started = start(&ncp, &mut inbox, &mut plan).await?;
        if self.form == FormPolicy::Overwrite {
            // Said once is meant once: from now on this is the home's network.
            self.form = FormPolicy::IfBlank;
        }
        let dongle = Dongle::new(ncp, started.info.coordinator, started.addresses);
        Ok(Session {
            dongle,
            inbox,
            started,
        })
    }

    /// Serves until the dongle is lost; says why.
    async fn serve(&mut self, session: Session) -> String {
        let Session {
            dongle,
            mut inbox,
            started,
        } = session;
        tracing::info!(
            "the Zigbee network is up: {}, channel {}, PAN {:#06x}",
            started.info.firmware,
            started.info.channel,
            started.info.pan_id
        );
        self.stored = Some(started.settings.clone());
        self.was_up = true;
        let core = &self.core;
        core.with(|state| state.told = Some(started.settings.clone()));
        core.emit(Event::Network(Box::new(started.settings))).await;
        core.set_link(Link::Up(dongle.clone()));
        core.emit(Event::RadioUp {
            radio: Radio::Zigbee,
            network: Some(started.info),
        })
        .await;
        core.spawn(core.clone().reopen());
        let mut look = Instant::now() + COUNTER_LOOK;
        loop {
            // Replies go past the inbox, so asking here does not stop what answers.
            let callback = tokio::select! {
                biased;
                callback = inbox.next() => callback,
                () = sleep_until(look) => {
                    look = Instant::now() + COUNTER_LOOK;
                    core.spawn(keep_settings(core.clone(), dongle.clone()));
                    continue;
                }
                why = watch(&dongle) => return why,
            };
            match callback {
                Some(callback) => core.take(callback).await,
                None => {
                    let why = dongle
                        .ncp()
                        .lost()
                        .map_or_else(|| "the dongle is gone".to_owned(), |lost| lost.to_string());
                    self.tap.hand(Tapped::Link(&format!("lost: {why}")));
                    return why;
                }
            }
        }
    }
}

/// Waits for silence, then asks the dongle whether it lives, for ever; ends when it does not.
async fn watch(dongle: &Dongle) -> String {
    loop {
        sleep(SILENCE).await;
        match dongle.counters().await {
            Ok(counters) => tracing::trace!("the dongle lives: {counters:?}"),
            Err(error) => return error.to_string(),
        }
    }
}

/// Hands the network's settings up again when its frame counter has run ahead of what is stored: a
/// restored network must start above what devices saw.
async fn keep_settings(core: Arc<Core>, dongle: Dongle) {
    tracing::debug!("so far: {:?}", core.with(|state| state.counters));
    let now = match read_settings(dongle.ncp()).await {
        Ok(now) => now,
        Err(error) => {
            tracing::debug!("the network's settings cannot be read now: {error}");
            return;
        }
    };
    let news = core.with(|state| {
        let same = state.told.as_ref().is_some_and(|told| {
            let ahead = now.frame_counter.wrapping_sub(told.frame_counter);
            let told = NetworkSettings {
                frame_counter: now.frame_counter,
                ..told.clone()
            };
            told == now && ahead <= COUNTER_LEAD
        });
        if !same {
            state.told = Some(now.clone());
        }
        !same
    });
    if news {
        core.emit(Event::Network(Box::new(now))).await;
    }
}
