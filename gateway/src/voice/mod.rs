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
//! given an [`Ears`] (from [`Voice::ears`]) and says with an [`Ear`] what it is called and where it stands. It
//! waits for the worker with [`Ears::client`], opens a stream there, sends it sound and takes what was
//! said. That it hands to [`Ears::heard`], which tells what came of it: [`Said::Answer`] (an answer to be
//! spoken, as soon as the devices have answered), [`Said::Doubt`] (ask to say it again) or [`Said::Nothing`]
//! (it was no sentence; somebody talks). When the home's names change the worker is replaced:
//! [`Ears::replaced`] tells, and the ear starts again from [`Ears::client`].

mod meaning;
mod microphone;
mod recording;
mod worker;

use intents::Context;
use intents::voice::Client;
use tokio::sync::{mpsc, oneshot, watch};

use crate::config::Config;
use crate::hub::{Answer, Hub, Utterance};
use crate::run::Ask;
use meaning::{Meaning, meaning};

pub use recording::hear;
pub(crate) use recording::stored;
pub use worker::{packed, prepare, worker};

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

/// What came of an utterance.
#[derive(Debug)]
pub enum Said {
    /// It was a sentence; this answers.
    Answer(oneshot::Receiver<Answer>),
    /// It can mean two things; it must be said again.
    Doubt,
    /// It was no sentence, or too much is said at once.
    Nothing,
}

/// Something heard, on its way to the hub.
#[derive(Debug)]
struct Heard {
    ear: Ear,
    utterance: intents::voice::Utterance,
    said: oneshot::Sender<Said>,
}

/// What an ear needs: the worker, and somebody to tell.
#[derive(Clone, Debug)]
pub struct Ears {
    client: watch::Receiver<Option<Client>>,
    heard: mpsc::Sender<Heard>,
}

impl Ears {
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

    /// Tells what `ear` heard, and what came of it.
    pub async fn heard(&self, ear: &Ear, utterance: intents::voice::Utterance) -> Said {
        let (said, told) = oneshot::channel();
        let heard = Heard {
            ear: ear.clone(),
            utterance,
            said,
        };
        if self.heard.try_send(heard).is_err() {
            tracing::warn!("{}: an utterance was lost: too many at once", ear.source);
            return Said::Nothing;
        }
        told.await.unwrap_or(Said::Nothing)
    }
}

/// The ears of a running home and the worker behind them.
#[derive(Debug)]
pub struct Voice {
    ears: Ears,
    heard: mpsc::Receiver<Heard>,
    keeper: Option<worker::Keeper>,
    /// Dropped, they end.
    _tasks: tokio::task::JoinSet<()>,
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
        };
        let voice = &config.voice;
        let mut tasks = tokio::task::JoinSet::new();
        if let Some(device) = &voice.microphone {
            let ear = Ear {
                source: "microphone".to_owned(),
                room: voice.room.clone(),
            };
            let wake = voice.wake.clone();
            tasks.spawn(microphone::run(device.clone(), wake, ear, ears.clone()));
        }
        let keeper = (!tasks.is_empty()).then(|| worker::Keeper::start(config, set_client));
        Self {
            ears,
            heard,
            keeper,
            _tasks: tasks,
        }
    }

    /// For one more ear. Nothing is heard unless the configuration makes this home listen.
    #[must_use]
    pub fn ears(&self) -> Ears {
        self.ears.clone()
    }

    /// The home's names as they are now.
    pub fn learn(&mut self, hub: &Hub) {
        if let Some(keeper) = &mut self.keeper {
            keeper.learn(hub);
        }
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

/// The sentence that was heard, if it was one; the ear is told either way.
fn ask(hub: &Hub, heard: Heard) -> Option<Ask> {
    let Heard {
        ear: Ear { source, room },
        utterance,
        said,
    } = heard;
    let context = Context {
        area: room.clone(),
        more: Vec::new(),
    };
    let (ask, told) = match meaning(hub, &utterance, &context) {
        Meaning::Sentence(text) => {
            let (answer, answered) = oneshot::channel();
            let utterance = Utterance {
                text: text.to_owned(),
                source,
                room,
                ..Utterance::default()
            };
            (Some(Ask { utterance, answer }), Said::Answer(answered))
        }
        Meaning::Doubt(one, other) => {
            tracing::info!("{source}: heard “{one}” or “{other}”: please say it again");
            (None, Said::Doubt)
        }
        Meaning::Nothing => {
            tracing::debug!("{source}: heard something that is no sentence of ours");
            (None, Said::Nothing)
        }
    };
    // An ear that went away meanwhile has still been heard.
    drop(said.send(told));
    ask
}
