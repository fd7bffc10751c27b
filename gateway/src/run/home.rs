//! The hub and what is around it, without any I/O of its own: the same for a real home and a replay.

use std::collections::VecDeque;
use std::time::Duration;

use bytes::Bytes;
use intents::Engine;
use radios::{Command, CommandError, Definition, DeviceId, DeviceInfo, Event, Radio};
use tokio::time::Instant;

use crate::clock;
use crate::config::{Config, Level, Secret};
use crate::hub::{
    Answer, CallId, ClientId, Document, Effect, Hub, Input, Now, Publish, Saved, SavedError,
    Settings, Spoken, StoreToken,
};

/// Where effects go. No method waits.
pub(crate) trait World {
    /// To the broker and every page.
    fn publish(&mut self, publish: Publish);
    /// To one page.
    fn tell(&mut self, client: ClientId, topic: &str, payload: &Bytes);
    /// To a radio; or why not.
    fn command(&mut self, radio: Radio, command: Command) -> Result<(), CommandError>;
    /// To the disk; the result comes back as [`Input::Stored`], now or later.
    fn store(
        &mut self,
        token: StoreToken,
        document: Document,
        body: Secret<Bytes>,
    ) -> Option<Input>;
    /// To someone inside the process.
    fn answer(&mut self, call: CallId, answer: Answer);
    /// To a person, where they asked.
    fn speak(&mut self, _spoken: Spoken) {}
    /// To the log.
    fn log(&mut self, level: Level, message: &str);
    /// To the ear of this room, or the gateway's own.
    fn listen(&mut self, room: Option<&str>);
    /// The home's names or rooms changed.
    fn home_changed(&mut self, hub: &Hub);
    /// An input is about to be handled: for traces.
    fn noticed(&mut self, _input: &Input) {}
}

/// The hub in its world.
#[derive(Debug)]
pub(crate) struct Home<W> {
    pub(crate) hub: Hub,
    pub(crate) world: W,
    clock: Clock,
}

/// The two times the hub is told.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Clock {
    began: Instant,
    /// What was shown at `began`; none: what the machine shows.
    unix: Option<Duration>,
}

impl Clock {
    /// The machine's.
    pub(crate) fn real() -> Self {
        Self {
            began: Instant::now(),
            unix: None,
        }
    }

    /// One that shows `unix` now and goes with tokio's clock.
    #[cfg(feature = "replay")]
    pub(crate) fn replayed(unix: Duration) -> Self {
        Self {
            began: Instant::now(),
            unix: Some(unix),
        }
    }

    pub(crate) fn now(&self) -> Now {
        let elapsed = self.began.elapsed();
        Now {
            elapsed,
            unix: self.unix.map_or_else(clock::wall, |unix| unix + elapsed),
        }
    }
}

impl<W: World> Home<W> {
    pub(crate) const fn new(hub: Hub, world: W, clock: Clock) -> Self {
        Self { hub, world, clock }
    }

    /// The time, as the hub is told it.
    pub(crate) fn now(&self) -> Now {
        self.clock.now()
    }

    /// When the hub wants to be woken.
    pub(crate) fn wake_at(&self) -> Option<Instant> {
        self.hub
            .next_deadline()
            .and_then(|deadline| self.clock.began.checked_add(deadline))
    }

    /// Handles `input` and everything that follows from it at once.
    pub(crate) fn feed(&mut self, input: Input) {
        let mut inputs = VecDeque::from([input]);
        while let Some(input) = inputs.pop_front() {
            self.world.noticed(&input);
            for effect in self.hub.handle(input, self.clock.now()) {
                inputs.extend(self.carry_out(effect));
            }
        }
    }

    /// Carries one effect out; gives what the hub must hear of it at once.
    fn carry_out(&mut self, effect: Effect) -> Option<Input> {
        match effect {
            Effect::Publish(publish) => self.world.publish(publish),
            Effect::Tell {
                client,
                topic,
                payload,
            } => self.world.tell(client, &topic, &payload),
            Effect::Command { radio, command } => {
                let token = command.token();
                if let Err(error) = self.world.command(radio, command) {
                    let outcome = Err(error);
                    return Some(Input::Radio(Event::Done { token, outcome }));
                }
            }
            Effect::Store {
                token,
                document,
                body,
            } => return self.world.store(token, document, body),
            Effect::Answer { call, answer } => self.world.answer(call, answer),
            Effect::Speak(spoken) => self.world.speak(spoken),
            Effect::Log { level, message } => self.world.log(level, &message),
            Effect::Listen { room } => self.world.listen(room.as_deref()),
            Effect::HomeChanged => self.world.home_changed(&self.hub),
        }
        None
    }
}

/// The hub of the home that was saved, with the user's own sentences where there are some.
pub(crate) fn hub(config: &Config, saved: &Saved, now: Now) -> Result<Hub, SavedError> {
    let mut settings = Settings::new(config, define);
    settings.stopwatch = stopwatch;
    settings.local = clock::local;
    let mut hub = Hub::new(settings, saved, now)?;
    let voice = &config.voice;
    if let Some(folder) = &voice.sentences {
        for language in [Some(&voice.language), voice.speech_language.as_ref()] {
            match language.map(|language| Engine::open(language, Some(folder))) {
                Some(Ok(engine)) => hub.use_sentences(engine),
                // Hearth's own stay in use.
                Some(Err(error)) => tracing::error!("voice.sentences: {error}"),
                None => {}
            }
        }
    }
    Ok(hub)
}

/// Time that passes, for measuring how long something takes.
fn stopwatch() -> Duration {
    static BEGAN: std::sync::OnceLock<std::time::Instant> = std::sync::OnceLock::new();
    BEGAN.get_or_init(std::time::Instant::now).elapsed()
}

/// What a device offers, from its record, whichever radio it speaks over.
#[must_use]
pub fn define(device: &DeviceInfo) -> Definition {
    match device.id {
        DeviceId::Ble(_) if cfg!(any(feature = "ble", feature = "sim", feature = "replay")) => {
            radios::ble::define(device).unwrap_or_else(|| radios::devices::define(device))
        }
        _ => radios::devices::define(device),
    }
}
