//! Speech, from the gateway's side: the ears of a home, the one worker behind them, and what becomes of
//! what they hear.
//!
//! The contract: the worker `hearth-voice` is another process that may be slow, die or be missing; nothing
//! here makes the home wait for it. What it understands becomes an utterance like a typed one, and the answer
//! goes back to the ear that heard it.
//!
//! # Adding an ear
//!
//! An ear is a task that has sound from somewhere: this machine's microphone, a satellite, a page. It is
//! given an [`Ears`] (from [`Voice::ears`]) and says with an [`Ear`] what it is called and where it stands.
//!
//! 1. [`Ears::now`] or [`Ears::client`] gives the worker; [`Client::open`] a stream there, which takes sound
//!    and tells what was said.
//! 2. [`Ears::heard`] takes what was said and tells at once what it is: [`Verdict::Sentence`] (an answer
//!    follows, or a question) or [`Verdict::Nothing`] (somebody talks).
//! 3. Answers, questions and news come through [`Voice::mouths`]: [`Mouths::add`] with the ear's
//!    [`Ear::source`] gives a queue of [`Reply`]s. [`Mouth::speak`] makes sound of one, where the ear has a speaker.
//! 4. When the home's names change the worker is replaced: [`Ears::replaced`] tells, and the ear opens anew.

#[cfg(feature = "wyoming")]
mod assist;
mod earcon;
mod meaning;
mod microphone;
#[cfg(feature = "web")]
mod page;
mod recording;
#[cfg(feature = "wyoming")]
mod satellites;
mod sound;
mod speech;
#[cfg_attr(
    not(any(feature = "web", feature = "wyoming")),
    allow(dead_code, reason = "only these two ears are kept")
)]
mod tapes;
mod worker;

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use intents::Context;
use intents::voice::{Client, StreamOptions};
use tokio::sync::{broadcast, mpsc, oneshot, watch};
use tokio::task::JoinSet;

use crate::ask::Ask;
use crate::config::Config;
use crate::hub::{Answer, Hub, Utterance};
use crate::status;
use meaning::{Meaning, meaning};
use tapes::{Taped, Tapes};

pub use crate::ask::Reply;
pub use earcon::Earcon;
#[cfg(feature = "web")]
pub use page::Microphones;
pub use recording::hear;
pub(crate) use recording::stored;
pub use sound::Sound;
pub use speech::Mouth;
pub use tapes::MINUTES as KEPT_MINUTES;
pub use worker::{packed, prepare, worker};

/// Calls to listen that an ear did not see yet.
const CALLS: usize = 4;

/// Utterances of all ears that nobody took yet.
const HEARD: usize = 16;

/// Who heard something.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ear {
    /// Where it came from: `microphone`, `satellite:kitchen`, `page`.
    pub source: String,
    /// The room it stands in: "the lamp" means the one there.
    pub room: Option<String>,
}

/// What an utterance was.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// A sentence, this one; its answer follows, or a question.
    Sentence(String),
    /// No sentence, or too much is said at once.
    Nothing,
}

/// Something heard, on its way to the hub.
#[derive(Debug)]
enum Heard {
    /// Spoken: to be done.
    Speech {
        ear: Ear,
        utterance: intents::voice::Utterance,
        verdict: oneshot::Sender<Verdict>,
    },
    /// Spoken: only its text is wanted.
    Reading {
        utterance: intents::voice::Utterance,
        text: oneshot::Sender<String>,
    },
    /// A text: to be done.
    Text(Ask),
    /// A text: only its meaning is wanted.
    Meaning {
        text: String,
        matches: oneshot::Sender<Result<Vec<intents::Match>, String>>,
    },
}

/// What an ear needs: the worker, and somebody to tell.
#[derive(Clone, Debug)]
pub struct Ears {
    client: watch::Receiver<Option<Client>>,
    heard: mpsc::Sender<Heard>,
    /// Whose ear is to listen at once, by [`Ear::source`].
    calls: broadcast::Sender<String>,
    tapes: Tapes,
}

/// Waits for calls to listen at once, as though a wake word had been said.
#[derive(Debug)]
pub struct Calls {
    source: String,
    calls: broadcast::Receiver<String>,
}

impl Calls {
    /// Returns when this ear is called. May be dropped and called again.
    pub async fn next(&mut self) {
        loop {
            match self.calls.recv().await {
                Ok(source) if source == self.source => return,
                // Somebody else was; or more called than anybody can listen to.
                Ok(_) | Err(broadcast::error::RecvError::Lagged(_)) => {}
                Err(broadcast::error::RecvError::Closed) => std::future::pending().await,
            }
        }
    }
}

impl Ears {
    /// Calls for `ear`, from now on.
    #[must_use]
    pub fn calls(&self, ear: &Ear) -> Calls {
        Calls {
            source: ear.source.clone(),
            calls: self.calls.subscribe(),
        }
    }

    /// The worker as it is now; waits until there is one.
    pub async fn client(&mut self) -> Client {
        loop {
            if let Some(client) = &*self.client.borrow_and_update() {
                return client.clone();
            }
            self.replaced().await;
        }
    }

    /// Returns when the worker was replaced since the last [`Self::client`].
    pub async fn replaced(&mut self) {
        if self.client.changed().await.is_err() {
            // The home ends; this task with it.
            std::future::pending::<()>().await;
        }
    }

    /// The worker as it is now, if there is one.
    #[must_use]
    pub fn now(&mut self) -> Option<Client> {
        self.client.borrow_and_update().clone()
    }

    /// A stream of what `source` hears, to this worker.
    #[cfg_attr(not(any(feature = "web", feature = "wyoming")), allow(dead_code))]
    fn open(&self, client: &Client, source: &str, options: StreamOptions) -> Taped {
        let rate = options.rate;
        Taped::new(client.open(options), self.tapes.tape(source, rate))
    }

    /// The wake words that the worker has, once it is ready.
    #[must_use]
    pub fn wake_words(&self) -> Vec<String> {
        let client = self.client.borrow();
        let status = client.as_ref().map(Client::status);
        match status.as_ref().map(|status| status.borrow()).as_deref() {
            Some(intents::voice::Status::Ready { wake, .. }) => wake.clone(),
            _ => Vec::new(),
        }
    }

    /// Tells what `ear` heard, and what it was.
    pub async fn heard(&self, ear: &Ear, utterance: intents::voice::Utterance) -> Verdict {
        let (verdict, told) = oneshot::channel();
        let heard = Heard::Speech {
            ear: ear.clone(),
            utterance,
            verdict,
        };
        if self.heard.try_send(heard).is_err() {
            tracing::warn!("{}: an utterance was lost: too many at once", ear.source);
            return Verdict::Nothing;
        }
        told.await.unwrap_or(Verdict::Nothing)
    }

    /// The text of what was heard, without doing anything; empty when it was nothing.
    pub async fn read(&self, utterance: intents::voice::Utterance) -> String {
        let (text, told) = oneshot::channel();
        let heard = Heard::Reading { utterance, text };
        if self.heard.try_send(heard).is_err() {
            return String::new();
        }
        told.await.unwrap_or_default()
    }

    /// Does what a text asks for; no answer, if too much is asked at once.
    pub async fn ask(&self, utterance: Utterance) -> Option<Answer> {
        let (answer, told) = oneshot::channel();
        let heard = Heard::Text(Ask { utterance, answer });
        self.heard.try_send(heard).ok()?;
        told.await.ok()
    }

    /// What a text means, without doing it.
    ///
    /// # Errors
    /// Why not, for people.
    pub async fn recognize(&self, text: String) -> Result<Vec<intents::Match>, String> {
        let (matches, told) = oneshot::channel();
        let busy = || "too much is asked at once".to_owned();
        self.heard
            .try_send(Heard::Meaning { text, matches })
            .map_err(|_| busy())?;
        told.await.unwrap_or_else(|_| Err(busy()))
    }
}

/// Replies that wait to be said by one ear.
const REPLIES: usize = 4;

/// Who says what to whom: by [`Ear::source`].
#[derive(Clone, Debug, Default)]
pub struct Mouths {
    queues: Arc<Mutex<HashMap<String, mpsc::Sender<Reply>>>>,
}

impl Mouths {
    /// What is to be said where `source` hears; in place of whoever had this name before.
    #[must_use]
    pub fn add(&self, source: &str) -> mpsc::Receiver<Reply> {
        let (queue, replies) = mpsc::channel(REPLIES);
        let mut queues = self.queues();
        queues.retain(|_, queue| !queue.is_closed());
        queues.insert(source.to_owned(), queue);
        replies
    }

    /// Says `reply` where `source` heard, if somebody can there.
    pub fn say(&self, source: &str, reply: Reply) {
        if let Some(queue) = self.queues().get(source)
            && let Err(mpsc::error::TrySendError::Full(_)) = queue.try_send(reply)
        {
            tracing::warn!("{source}: an answer was not said: too many wait");
        }
    }

    fn queues(&self) -> std::sync::MutexGuard<'_, HashMap<String, mpsc::Sender<Reply>>> {
        // Nothing panics while it is held.
        self.queues
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}

/// The ears of a running home and the worker behind them.
#[derive(Debug)]
pub struct Voice {
    ears: Ears,
    /// Those that can be called: the microphone, satellites.
    places: Vec<Ear>,
    mouths: Mouths,
    heard: mpsc::Receiver<Heard>,
    keeper: Option<worker::Keeper>,
    /// For the keeper, when one is first wanted.
    unkept: Option<(Config, watch::Sender<Option<Client>>)>,
    /// What is known without the worker.
    shown: status::Voice,
    /// Dropped, they end.
    _tasks: JoinSet<()>,
}

impl Voice {
    /// Listens wherever the configuration says, if anywhere.
    #[must_use]
    pub fn open(config: &Config) -> Self {
        let (set_client, client) = watch::channel(None);
        let (tell, heard) = mpsc::channel(HEARD);
        let ears = Ears {
            client,
            heard: tell,
            calls: broadcast::channel(CALLS).0,
            tapes: Tapes::new(config),
        };
        let mouths = Mouths::default();
        let (tasks, places) = listen(config, &ears, &mouths);
        let mut opened = Self {
            places,
            ears,
            mouths,
            heard,
            keeper: None,
            unkept: Some((config.clone(), set_client)),
            shown: status::Voice {
                language: config.voice.language.clone(),
                wake: wake_words(config),
                ..status::Voice::default()
            },
            _tasks: tasks,
        };
        if !opened._tasks.is_empty() {
            opened.start();
        }
        opened
    }

    /// Starts the worker, unless that is done: whoever only listens now and then asks for it.
    /// True when it is new, and wants to know the home's names.
    pub fn start(&mut self) -> bool {
        let Some((config, client)) = self.unkept.take() else {
            return false;
        };
        self.keeper = Some(worker::Keeper::start(&config, client));
        true
    }

    /// Lets an ear listen at once, without its wake word: the one in `room`, else the first there is.
    pub fn listen(&self, room: Option<&str>) {
        let there = |ear: &&Ear| {
            let named = ear.room.as_ref().map(|room| room.to_lowercase());
            room.is_some_and(|room| named == Some(room.to_lowercase()))
        };
        let ear = self.places.iter().find(there).or(self.places.first());
        let Some(ear) = ear else {
            tracing::warn!("nobody can listen: there is no voice.microphone and no satellite");
            return;
        };
        tracing::info!("{} listens", ear.source);
        // An ear that is not connected hears no call.
        let _ = self.ears.calls.send(ear.source.clone());
    }

    /// For one more ear. Nothing is heard unless the configuration makes this home listen.
    #[must_use]
    pub fn ears(&self) -> Ears {
        self.ears.clone()
    }

    /// For whoever has something to say, and for one more ear.
    #[must_use]
    pub fn mouths(&self) -> Mouths {
        self.mouths.clone()
    }

    /// The home's names as they are now.
    pub fn learn(&mut self, hub: &Hub) {
        if let Some(keeper) = &mut self.keeper {
            keeper.learn(hub);
        }
    }

    /// Keeps the sound of what is said for so many minutes, for debugging; none ends that, and removes it.
    ///
    /// # Errors
    /// In words for people.
    pub fn keep(&self, minutes: u32) -> Result<Option<status::Kept>, String> {
        self.ears.tapes.keep(minutes)
    }

    /// How it is.
    #[must_use]
    pub fn status(&self) -> status::Voice {
        let mut status = self.shown.clone();
        status.kept = self.ears.tapes.kept();
        if let Some(keeper) = &self.keeper {
            (status.state, status.reason, status.model) = keeper.state();
        }
        status
    }

    /// The next sentence that was heard; never, if nothing listens. May be dropped and called again.
    pub async fn next(&mut self, hub: &Hub) -> Ask {
        loop {
            let work = async {
                match &mut self.keeper {
                    Some(keeper) => keeper.work().await,
                    None => std::future::pending().await,
                }
            };
            let heard = tokio::select! {
                heard = self.heard.recv() => heard,
                () = work => continue,
            };
            let Some(heard) = heard else {
                return std::future::pending().await;
            };
            if let Some(ask) = ask(hub, heard) {
                return ask;
            }
        }
    }
}

impl Drop for Voice {
    fn drop(&mut self) {
        let _ = self.keep(0);
    }
}

/// Wake words of all ears.
fn wake_words(config: &Config) -> Vec<String> {
    let satellites = config.voice.satellites.values();
    let mut words = config.voice.wake.clone();
    words.extend(satellites.flat_map(|one| one.wake.clone()));
    words.sort();
    words.dedup();
    words
}

/// The ears that the configuration names, and where they stand.
fn listen(config: &Config, ears: &Ears, mouths: &Mouths) -> (JoinSet<()>, Vec<Ear>) {
    let voice = &config.voice;
    let mouth = Mouth::new(config);
    let mut tasks = JoinSet::new();
    let mut places = Vec::new();
    if let Some(device) = &voice.microphone {
        let ear = Ear {
            source: "microphone".to_owned(),
            room: voice.room.clone(),
        };
        let replies = mouths.add(&ear.source);
        let speaker = voice.speaker.clone();
        places.push(ear.clone());
        tasks.spawn(microphone::run(
            (device.clone(), voice.wake.clone()),
            ear,
            ears.clone(),
            speaker,
            mouth.clone(),
            replies,
        ));
    }
    #[cfg(feature = "wyoming")]
    for (name, satellite) in &voice.satellites {
        let ear = Ear {
            source: format!("satellite:{name}"),
            room: satellite.room.clone(),
        };
        let replies = mouths.add(&ear.source);
        places.push(ear);
        let mut satellite = satellite.clone();
        if satellite.wake.is_empty() {
            satellite.wake.clone_from(&voice.wake);
        }
        tasks.spawn(satellites::run(
            name.clone(),
            satellite,
            ears.clone(),
            mouth.clone(),
            replies,
        ));
    }
    #[cfg(feature = "wyoming")]
    if let Some(offer) = assist::Offer::new(config) {
        tasks.spawn(assist::run(offer, ears.clone()));
    }
    #[cfg(not(feature = "wyoming"))]
    if !voice.satellites.is_empty() || voice.wyoming.listen.is_some() {
        tracing::warn!(
            "voice.satellites and voice.wyoming: {}",
            crate::parts::NO_WYOMING
        );
    }
    (tasks, places)
}

/// The sentence that was heard, if it was one; the ear is told either way. An ear that went away
/// meanwhile has still been heard.
fn ask(hub: &Hub, heard: Heard) -> Option<Ask> {
    match heard {
        Heard::Speech {
            ear,
            utterance,
            verdict,
        } => {
            let (said, told) = spoken(hub, ear, &utterance);
            drop(verdict.send(told));
            // Its answer is said by whoever goes by the ear's name.
            let (answer, _) = oneshot::channel();
            said.map(|utterance| Ask { utterance, answer })
        }
        Heard::Reading { utterance, text } => {
            let read = match meaning(hub, &utterance, &Context::default()) {
                Meaning::Sentence(text) | Meaning::Doubt(text, _) => Some(text),
                Meaning::Nothing => utterance.texts().next(),
            };
            drop(text.send(read.unwrap_or_default().to_owned()));
            None
        }
        Heard::Text(ask) => Some(ask),
        Heard::Meaning { text, matches } => {
            let found = hub.engine().map_or_else(
                || Err("there are no sentences".to_owned()),
                |engine| {
                    engine
                        .understand_all(&text, &Context::default(), None)
                        .map_err(|why| engine.apologize(&why))
                },
            );
            drop(matches.send(found));
            None
        }
    }
}

fn spoken(
    hub: &Hub,
    Ear { source, room }: Ear,
    utterance: &intents::voice::Utterance,
) -> (Option<Utterance>, Verdict) {
    let context = Context {
        area: room.clone(),
        more: Vec::new(),
    };
    let (text, or) = match meaning(hub, utterance, &context) {
        Meaning::Sentence(text) => (text, None),
        Meaning::Doubt(one, other) => (one, Some(other.to_owned())),
        Meaning::Nothing => {
            tracing::debug!("{source}: heard something that is no sentence of ours");
            return (None, Verdict::Nothing);
        }
    };
    let said = Utterance {
        text: text.to_owned(),
        source,
        room,
        or,
        since_ms: Some(utterance.since_ms),
        ..Utterance::default()
    };
    (Some(said), Verdict::Sentence(text.to_owned()))
}
