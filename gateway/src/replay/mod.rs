//! Playing a trace again: the recorded frames, adverts and messages go through the same decoders,
//! network and hub as they did, on a clock that stands still but for the trace's own times.
//!
//! The contract: nothing outside the process is touched. What comes out is compared with what was
//! published then, topic by topic; so a trace of a bug shows the bug, and once it is fixed, shows the
//! difference. Chance is left out: `bridge/logging` and `bridge/health`, link quality, the order
//! within a burst, and points in time by [`TOLERANCE`].

mod adverts;
mod compare;
mod dongle;
mod script;
mod world;

use std::io;
use std::path::Path;
use std::time::Duration;

use radios::ble;
use radios::tap::Tap;
use tokio::time::{Instant, sleep_until};

use crate::config::{Config, ConfigError, Secret};
use crate::hub::{Hub, Input, Message, Origin, SavedError, Settings, Utterance};
use crate::run::{Clock, Home, Radios, define};
use crate::trace::What;
use adverts::Ahead;
use dongle::Dongle;
use script::Script;
use world::Recorded;

pub use compare::{Difference, Published, TOLERANCE};

/// The trace cannot be played.
#[derive(Debug, thiserror::Error)]
pub enum ReplayError {
    /// It cannot be read.
    #[error("{file}: {error}")]
    File {
        /// Its file.
        file: String,
        /// What the system said.
        error: io::Error,
    },
    /// It is no trace, or not one of this version.
    #[error("{file}, line {line}: {why}")]
    Line {
        /// Its file.
        file: String,
        /// Where.
        line: usize,
        /// What is wrong.
        why: String,
    },
    /// Its configuration is none.
    #[error("the trace's configuration: {0}")]
    Config(#[from] ConfigError),
    /// Its registry is none.
    #[error(transparent)]
    Saved(#[from] SavedError),
    /// There is no clock to hold.
    #[error("cannot start: {0}")]
    Runtime(io::Error),
}

/// What came of it.
#[derive(Debug)]
pub struct Report {
    /// Lines played.
    pub lines: usize,
    /// The time the trace covers.
    pub covers: Duration,
    /// Lines that the trace itself tells are missing: differences are to be expected then.
    pub lost: u32,
    /// Messages that were published then.
    pub recorded: usize,
    /// Messages that came out now.
    pub published: Vec<Published>,
    /// The first difference, if any.
    pub difference: Option<Difference>,
}

/// Plays the trace in `file`.
///
/// # Errors
/// See [`ReplayError`].
pub fn replay(file: &Path) -> Result<Report, ReplayError> {
    let script = Script::read(file)?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .build()
        .map_err(ReplayError::Runtime)?;
    runtime.block_on(play(script))
}

/// The world goes on for so long after the last line: for what was under way.
const AFTERWARDS: Duration = Duration::from_millis(100);

/// Frames that came so close together, in seconds, were read before anything was done about them.
const TOGETHER: f64 = 0.001;

async fn play(script: Script) -> Result<Report, ReplayError> {
    let mut config = Config::parse(&script.head.config, Path::new("(trace)"), |_| None)?;
    if let Some(formed) = script.formed() {
        config.zigbee.channel = Some(formed.channel);
        config.zigbee.pan_id = Some(formed.pan_id);
        config.zigbee.ext_pan_id = Some(formed.extended_pan_id);
        config.zigbee.network_key = Some(Secret::new(formed.network_key));
    }
    let clock = Clock::replayed(Duration::from_millis(script.head.unix_ms));
    let hub = Hub::new(Settings::new(&config, define), &script.saved(), clock.now())?;
    let (mut dongle, port) = Dongle::new();
    let (adverts, source) = tokio::sync::mpsc::channel(64);
    let wires = crate::run::Wires {
        zigbee: Some(Box::new(port)),
        ble: Some(ble::Source::Adverts(source)),
    };
    let mut radios = Radios::start(&config, wires, &hub, script.network(), &Tap::none());
    let world = Recorded::new(radios.commands());
    let mut home = Home::new(hub, world, clock);
    let mut ahead = Ahead::default();

    let began = Instant::now();
    let mut expected = Vec::new();
    let mut lost = 0;
    let covers = script
        .lines
        .last()
        .map_or(Duration::ZERO, crate::trace::Line::at);
    let lines = script.lines.len();
    let mut lines_left = script.lines.into_iter().peekable();
    let mut together = false;
    while let Some(line) = lines_left.next() {
        if !together {
            pass(&mut home, &mut radios, &mut ahead, began + line.at()).await;
        }
        together = lines_left.peek().is_some_and(|next| {
            let frames = [&line.what, &next.what];
            frames
                .iter()
                .all(|what| matches!(what, What::Received { .. }))
                && next.t - line.t < TOGETHER
        });
        match line.what {
            What::Received { rx } => dongle.says(&rx).await,
            What::Sent { tx } => dongle.heard(&tx).await,
            What::Link { link } => dongle.link(&link).await,
            What::Advert { advert } => {
                if let Ok(advert) = ble::Advert::from_value(&advert) {
                    let _ = adverts.send(advert).await;
                }
            }
            What::Ble { ble } => {
                settle(&mut home, &mut radios, &mut ahead).await;
                if let Some(event) = ahead.missing(&ble) {
                    home.feed(Input::Radio(event));
                }
            }
            What::In {
                r#in,
                payload,
                client,
            } => home.feed(Input::Message(Message {
                topic: r#in.into_owned(),
                payload: payload.into_owned().into(),
                origin: client.map_or(Origin::Broker, Origin::Client),
            })),
            What::Out {
                out,
                payload,
                retain,
            } => expected.push(Published::new(line.t, &out, &payload, retain)),
            What::Said {
                said,
                source,
                room,
                or,
                explain,
                dry_run,
            } => home.feed(Input::Utterance(Utterance {
                text: said.into_owned(),
                source: source.into_owned(),
                room,
                or,
                explain,
                dry_run,
                ..Utterance::default()
            })),
            What::Broker { broker } if broker.is_empty() => home.feed(Input::BrokerUp),
            What::Broker { broker } => home.feed(Input::BrokerDown {
                reason: broker.into_owned(),
            }),
            What::Stored { stored, error } => home.feed(Input::Stored {
                token: stored,
                result: error.map_or(Ok(()), Err),
            }),
            What::Wear { wear } => home.feed(Input::Wear(wear)),
            What::Ended { .. } => home.feed(Input::Shutdown),
            What::Lost { lost: lines } => lost += lines,
        }
        if !together {
            settle(&mut home, &mut radios, &mut ahead).await;
            dongle.listen().await;
            settle(&mut home, &mut radios, &mut ahead).await;
        }
    }
    pass(
        &mut home,
        &mut radios,
        &mut ahead,
        began + covers + AFTERWARDS,
    )
    .await;
    let published = home.world.into_published();
    Ok(Report {
        lines,
        covers,
        lost,
        recorded: expected.len(),
        difference: compare::first(&expected, &published),
        published,
    })
}

/// Lets everything happen that happens until `moment`.
async fn pass(home: &mut Home<Recorded>, radios: &mut Radios, ahead: &mut Ahead, moment: Instant) {
    loop {
        let wake = home.wake_at().filter(|wake| *wake < moment);
        tokio::select! {
            biased;
            event = radios.next() => {
                ahead.note(&event);
                home.feed(Input::Radio(event));
            }
            () = sleep_until(wake.unwrap_or(moment)) => match wake {
                Some(_) => home.feed(Input::Tick),
                None => return,
            },
        }
    }
}

/// Lets everything happen that needs no time: bytes and messages on their way between tasks.
async fn settle(home: &mut Home<Recorded>, radios: &mut Radios, ahead: &mut Ahead) {
    /// Tasks a frame passes on its way, both ways, and some more.
    const HOPS: u32 = 48;
    let mut calm = 0;
    while calm < HOPS {
        tokio::select! {
            biased;
            event = radios.next() => {
                ahead.note(&event);
                home.feed(Input::Radio(event));
                calm = 0;
            }
            () = tokio::task::yield_now() => calm += 1,
        }
    }
}
