//! The daemon's loop: the pure hub in the middle, a thin task around it for each thing that does I/O.
//!
//! The contract: everything that happens becomes one [`Input`], is handled to its end, and its
//! [`Effect`](crate::hub::Effect)s are carried out in their order, none of which waits: what cannot be taken at once is
//! answered as such (a radio's full queue) or shed visibly (a broker that is away). A radio, broker
//! or page that does not work keeps none of the others from working.

mod bus;
mod home;
mod live;
mod logging;
mod pages;
mod pulse;
mod wires;

use std::future::Future;
use std::path::PathBuf;
use std::time::Duration;

use radios::tap::Tap;
use tokio::sync::mpsc;
use tokio::time::{Instant, MissedTickBehavior, interval, sleep, sleep_until, timeout};

use crate::ask::Ask;
use crate::config::Config;
use crate::control::{self, Asked, Control};
use crate::hub::{Input, SavedError};
use crate::mqtt::Broker;
use crate::status::{Board, Status};
use crate::store::{Loaded, Store, StoreError, Writer};
use crate::trace::{Head, Trace};
use crate::voice::Voice;
use bus::Bus;
use live::{Calls, Live};
use pages::Pages;

#[cfg(feature = "replay")]
pub(crate) use home::World;
pub use home::define;
pub(crate) use home::{Clock, Home, hub};
pub use pulse::watch;
#[cfg(feature = "replay")]
pub(crate) use wires::Commands;
pub(crate) use wires::Radios;
pub use wires::Wires;

/// Inputs on their way to the hub.
const QUEUE: usize = 256;
/// How long the gateway before may still be ending, and how often to look.
const HANDOVER: Duration = Duration::from_secs(3);
const AGAIN: Duration = Duration::from_millis(100);
/// Questions of the control socket on their way.
const CLIENTS: usize = 8;
/// The end may take so long: goodbye to the broker, the last state to the disk.
const GOODBYE: Duration = Duration::from_millis(800);

/// What runs besides what the configuration says.
#[derive(Debug, Default)]
pub struct Plan {
    /// Where a trace is written.
    pub trace: Option<PathBuf>,
    /// Given radios instead of the configured ones: a simulated dongle, recorded adverts.
    pub wires: Wires,
    /// Sentences from inside the process.
    pub asks: Option<mpsc::Receiver<Ask>>,
    /// The configuration's file, to be read again on demand.
    pub file: Option<PathBuf>,
}

/// How the gateway came to its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// It was asked to stop.
    Stopped,
    /// It is to start anew, with the configuration as it is now.
    Again,
}

/// The gateway cannot start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The data folder cannot be used.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// What was stored cannot be used.
    #[error(transparent)]
    Saved(#[from] SavedError),
    /// The broker's part of the configuration cannot be used.
    #[error("mqtt: {0}")]
    Mqtt(String),
    /// The trace cannot be written.
    #[error("cannot write the trace {path}: {error}")]
    Trace {
        /// Its file.
        path: String,
        /// What the system said.
        error: std::io::Error,
    },
}

/// Runs the gateway until `stop`.
///
/// # Errors
/// What keeps it from starting. What breaks later is logged, and tried again.
pub async fn run(
    config: Config,
    plan: Plan,
    stop: impl Future<Output = ()>,
) -> Result<End, StartError> {
    let Plan {
        trace,
        wires,
        asks,
        file,
    } = plan;
    let (inputs, mut queue) = mpsc::channel(QUEUE);
    let mut records = logging::listen();
    let mut store = opened(&config).await?;
    let Loaded { saved, network, .. } = store.load()?;
    let clock = Clock::real();
    let hub = home::hub(&config, &saved, clock.now())?;
    let trace = trace
        .map(|path| {
            let head = Head::new(&config, &saved, network.as_ref());
            Trace::begin(&path, &head).map_err(|error| StartError::Trace {
                path: path.display().to_string(),
                error,
            })
        })
        .transpose()?;
    let tap = trace.as_ref().map_or_else(Tap::none, Trace::tap);
    let broker = Broker::spawn(&config, inputs.clone()).map_err(StartError::Mqtt)?;
    let mut radios = Radios::start(&config, wires, &hub, network, &tap);
    let (told, mut spoken) = mpsc::channel(QUEUE);
    let (bus, mut bus_calls) = Bus::open(&config);
    let mut voice = Voice::open(&config);
    let world = Live {
        prefix: format!("{}/", config.mqtt.base_topic),
        broker,
        writer: Writer::spawn(store, inputs),
        pages: Pages::open(&config, &voice, told).await,
        bus,
        radios: radios.commands(),
        calls: Calls::default(),
        mouths: voice.mouths(),
        trace,
        last: logging::Last::default(),
        names_changed: true,
        board: Board::new(&config),
        called: Vec::new(),
    };
    let mut home = Home::new(hub, world, clock);
    let (askers, mut questions) = mpsc::channel(CLIENTS);
    let _control = control(&config, askers);
    let mut beat = interval(pulse::BEAT);
    beat.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut asks = asks;
    let mut stop = std::pin::pin!(stop);
    tracing::info!("running, version {}", env!("CARGO_PKG_VERSION"));
    let end = loop {
        pulse::beat();
        let wake = home.wake_at();
        if home.world.pages.speech_wanted() && voice.start() {
            home.world.names_changed = true;
        }
        for room in std::mem::take(&mut home.world.called) {
            voice.listen(room.as_deref());
        }
        if std::mem::take(&mut home.world.names_changed) {
            voice.learn(&home.hub);
        }
        tokio::select! {
            () = &mut stop => break End::Stopped,
            event = radios.next() => home.feed(Input::Radio(event)),
            Some(input) = queue.recv() => home.feed(input),
            Some(page) = spoken.recv() => home.page(page),
            (client, payload) = home.world.pages.told() => {
                home.world.pages.tell(client, "voice/microphone", &payload);
            }
            Some(ask) = asked(&mut asks) => home.ask(ask),
            heard = voice.next(&home.hub) => home.ask(heard),
            Some(asked) = questions.recv() => home.tell(asked, &radios, &voice),
            Some(call) = bus_calls.recv() => {
                if home.bus(call, |home| home.status(&radios, &voice), &config, file.as_deref()) {
                    tracing::info!("the configuration changed: starting anew");
                    break End::Again;
                }
            }
            _ = beat.tick() => home.world.bus.alive(),
            Some(record) = records.recv() => home.world.publish_log(&record),
            () = sleep_until(wake.unwrap_or_else(far)), if wake.is_some() => home.feed(Input::Tick),
        }
    };
    home.feed(Input::Shutdown);
    // Nobody listens to their answers any more: what is queued is finished all the same.
    drop(queue);
    if timeout(GOODBYE, home.world.finish()).await.is_err() {
        tracing::warn!("ended before the broker or the disk had taken everything");
    }
    Ok(end)
}

/// The next sentence from inside the process; never, if there is nobody.
async fn asked(asks: &mut Option<mpsc::Receiver<Ask>>) -> Option<Ask> {
    match asks {
        Some(asks) => asks.recv().await,
        None => std::future::pending().await,
    }
}

/// The folders of the home; when restarted in a hurry, the gateway before may not have let go of it yet.
async fn opened(config: &Config) -> Result<Store, StoreError> {
    let deadline = Instant::now() + HANDOVER;
    loop {
        match Store::of(config) {
            Err(StoreError::InUse { .. }) if Instant::now() < deadline => sleep(AGAIN).await,
            opened => return opened,
        }
    }
}

/// The control socket; a home without one runs all the same.
fn control(config: &Config, asked: mpsc::Sender<Asked>) -> Option<Control> {
    let path = config.control();
    Control::listen(&path, asked)
        .inspect_err(|error| {
            tracing::warn!(
                "`hearth status` will not see this gateway: {}: {error}",
                path.display()
            );
        })
        .ok()
}

/// A moment that does not come.
fn far() -> Instant {
    Instant::now() + Duration::from_secs(86_400)
}

/// Ends at SIGTERM or SIGINT.
///
/// # Errors
/// What the system said.
pub fn signal() -> std::io::Result<impl Future<Output = ()>> {
    use tokio::signal::unix::{SignalKind, signal};
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    Ok(async move {
        tokio::select! {
            _ = terminate.recv() => tracing::info!("asked to end (SIGTERM)"),
            _ = interrupt.recv() => tracing::info!("asked to end (Ctrl-C)"),
        }
    })
}

impl Home<Live> {
    /// How everything is, as of now.
    fn status(&mut self, radios: &Radios, voice: &Voice) -> Status {
        self.world.board.port(&radios.port());
        self.world.board.page(self.world.pages.at());
        let now = self.now();
        self.world
            .board
            .status(&self.hub, now, Some(voice.status()), self.hub.wear())
    }

    /// What the control socket asks.
    fn tell(&mut self, asked: Asked, radios: &Radios, voice: &Voice) {
        let line = match asked.ask {
            control::Ask::Status => serde_json::json!(self.status(radios, voice)),
            control::Ask::Ping => serde_json::json!({"alive": true}),
            control::Ask::Keep { minutes } => match voice.keep(minutes) {
                Ok(kept) => serde_json::json!({ "kept": kept }),
                Err(error) => serde_json::json!({ "error": error }),
            },
        };
        // Whoever asked may have gone.
        let _ = asked.answer.send(line.to_string());
    }

    /// A sentence from inside the process.
    fn ask(&mut self, ask: Ask) {
        if let Some(input) = self.world.calls.ask(ask) {
            self.feed(input);
        }
    }
}
