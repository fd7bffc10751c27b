//! What goes to stderr: a `tracing` subscriber of our own, small enough for a router.
//!
//! One line a record: time, level, room, message, fields. Records of our own crates obey the level
//! asked for; those of libraries are shown from `warn` on, and all of them at `trace`. What a user
//! should see on MQTT and the page (ours, from `info` on) is also handed to a [`Listener`].

use std::fmt::{self, Write as _};
use std::io::Write as _;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, AtomicU8, Ordering};

use tracing::field::{Field, Visit};
use tracing::level_filters::LevelFilter;
use tracing::span;
use tracing::{Event, Level, Metadata, Subscriber};

use crate::clock;

/// One record, for `bridge/logging`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    /// `error`, `warning`, `info`, `debug`: zigbee2mqtt's words.
    pub level: &'static str,
    /// What happened, with its fields.
    pub message: String,
    /// Where: `zigbee`, `hub`, `mqtt`, …
    pub room: String,
}

/// Takes records that users should see. Must not log.
pub type Listener = Box<dyn Fn(Record) + Send + Sync>;

static LEVEL: AtomicU8 = AtomicU8::new(3);
/// Whether what is well goes to stdout: a supervisor that keeps both as a log calls all of stderr an error.
static SORTED: AtomicBool = AtomicBool::new(false);
static LISTENER: OnceLock<Listener> = OnceLock::new();

const LEVELS: [(&str, LevelFilter); 6] = [
    ("off", LevelFilter::OFF),
    ("error", LevelFilter::ERROR),
    ("warn", LevelFilter::WARN),
    ("info", LevelFilter::INFO),
    ("debug", LevelFilter::DEBUG),
    ("trace", LevelFilter::TRACE),
];

/// Starts logging to stderr at `level`, or at what `HEARTH_LOG` says. Later calls change nothing.
pub fn start(level: &str) {
    set_level(level);
    if let Ok(level) = std::env::var("HEARTH_LOG") {
        set_level(&level);
    }
    SORTED.store(intents::leash::kept(), Ordering::Relaxed);
    // Fails only if a subscriber is there already: that one stays.
    let _ = tracing::subscriber::set_global_default(Stderr);
}

/// Shows records up to `level` (`off`, `error`, `warn` or `warning`, `info`, `debug`, `trace`);
/// false if there is no such level.
pub fn set_level(level: &str) -> bool {
    let level = level.trim().to_ascii_lowercase();
    let level = if level == "warning" { "warn" } else { &level };
    let Some(index) = LEVELS.iter().position(|(name, _)| *name == level) else {
        return false;
    };
    LEVEL.store(index.try_into().unwrap_or(3), Ordering::Relaxed);
    tracing::callsite::rebuild_interest_cache();
    true
}

/// Hands our own records from `info` on to `listener`, for the life of the process.
pub fn listen(listener: Listener) {
    let _ = LISTENER.set(listener);
    tracing::callsite::rebuild_interest_cache();
}

fn level() -> LevelFilter {
    LEVELS
        .get(usize::from(LEVEL.load(Ordering::Relaxed)))
        .map_or(LevelFilter::INFO, |(_, filter)| *filter)
}

/// Our crates: their records are ours.
fn ours(target: &str) -> bool {
    ["hearth", "radios", "intents"]
        .iter()
        .any(|name| target.split("::").next() == Some(name))
}

/// Libraries that call the ordinary an error: the embedded broker, each client that goes.
const NOISY: [&str; 1] = ["rumqttd"];

struct Stderr;

impl Subscriber for Stderr {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        let level = level();
        let limit = if ours(metadata.target()) || level == LevelFilter::TRACE {
            level
        } else if NOISY
            .iter()
            .any(|noisy| metadata.target().starts_with(noisy))
        {
            LevelFilter::OFF
        } else {
            level.min(LevelFilter::WARN)
        };
        // What listeners get does not depend on how quiet stderr is.
        let limit = if ours(metadata.target()) && LISTENER.get().is_some() {
            limit.max(LevelFilter::INFO)
        } else {
            limit
        };
        metadata.is_event() && *metadata.level() <= limit
    }

    fn event(&self, event: &Event<'_>) {
        let metadata = event.metadata();
        let mut line = Line::default();
        event.record(&mut line);
        let text = line.finish();
        let target = metadata.target();
        let room = target.split("::").nth(1).unwrap_or(target);
        if *metadata.level() <= level() {
            // One write a line: lines of several tasks do not mix. Nothing to do if stderr is closed.
            let line = format!(
                "{} {:5} {room}: {text}\n",
                clock::utc(clock::wall()),
                metadata.level().as_str(),
            );
            let well = *metadata.level() > Level::WARN;
            let _ = if well && SORTED.load(Ordering::Relaxed) {
                let mut out = std::io::stdout().lock();
                out.write_all(line.as_bytes()).and_then(|()| out.flush())
            } else {
                std::io::stderr().lock().write_all(line.as_bytes())
            };
        }
        if let Some(listener) = LISTENER.get()
            && *metadata.level() <= Level::INFO
            && ours(target)
        {
            listener(Record {
                level: word(*metadata.level()),
                message: text,
                room: room.to_owned(),
            });
        }
    }

    // Spans are not shown: the rooms' messages name what they are about.
    fn new_span(&self, _: &span::Attributes<'_>) -> span::Id {
        span::Id::from_u64(1)
    }
    fn record(&self, _: &span::Id, _: &span::Record<'_>) {}
    fn record_follows_from(&self, _: &span::Id, _: &span::Id) {}
    fn enter(&self, _: &span::Id) {}
    fn exit(&self, _: &span::Id) {}
}

fn word(level: Level) -> &'static str {
    match level {
        Level::ERROR => "error",
        Level::WARN => "warning",
        Level::INFO => "info",
        _ => "debug",
    }
}

/// The message and fields of an event, as one line.
#[derive(Default)]
struct Line {
    message: String,
    fields: String,
}

impl Line {
    fn finish(mut self) -> String {
        self.message.push_str(&self.fields);
        // A device's name or a broker's reason may hold anything; a log line stays one line.
        if self.message.contains(char::is_control) {
            self.message = self
                .message
                .chars()
                .map(|c| if c.is_control() { ' ' } else { c })
                .collect();
        }
        self.message
    }
}

impl Visit for Line {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        // Writing to a string cannot fail.
        let _ = if field.name() == "message" {
            write!(self.message, "{value:?}")
        } else {
            write!(self.fields, " {}={value:?}", field.name())
        };
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        if field.name() == "message" {
            self.message.push_str(value);
        } else {
            let _ = write!(self.fields, " {}={value:?}", field.name());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::{Arc, Mutex};

    #[test]
    fn our_records_reach_the_listener_libraries_do_not() {
        let heard = Arc::new(Mutex::new(Vec::new()));
        let sink = Arc::clone(&heard);
        listen(Box::new(move |record| sink.lock().unwrap().push(record)));
        tracing::subscriber::with_default(Stderr, || {
            tracing::warn!(target: "hearth::hub", dropped = 3, "queue full\nsecond line");
            tracing::info!(target: "rumqttd::router", "connected");
            tracing::debug!(target: "hearth::hub", "detail");
        });
        assert_eq!(
            *heard.lock().unwrap(),
            [Record {
                level: "warning",
                message: "queue full second line dropped=3".to_owned(),
                room: "hub".to_owned(),
            }]
        );
    }

    #[test]
    fn levels_have_names() {
        assert!(!set_level("loud"));
        assert!(set_level("Warning"));
        assert_eq!(level(), LevelFilter::WARN);
        assert!(set_level("info"));
    }
}
