//! Speech, from the gateway's side: the worker `hearth-voice`, a microphone, a recording.
//!
//! The contract: the worker is another process that may be slow, die or be missing; nothing here
//! makes the home wait for it. What it understands becomes an utterance like a typed one.

use std::path::{Path, PathBuf};
use std::time::Duration;

use intents::Context;
use intents::voice::{Client, Status, Wav, Worker};
use tokio::sync::mpsc;
use tokio::time::timeout;

use crate::config::Config;
use crate::hub::{Hub, Now, Utterance};
use crate::run;
use crate::store::Store;

/// Loading a model may take this long.
const LOADING: Duration = Duration::from_secs(130);

/// The worker that the configuration names, if any.
#[must_use]
pub fn worker(config: &Config) -> Option<Worker> {
    let voice = &config.voice;
    if let Some(socket) = &voice.socket {
        return Some(Worker::Connect(socket.clone()));
    }
    Some(Worker::Spawn {
        program: program(),
        model: voice.model.clone()?,
        library: voice.library.clone(),
    })
}

/// `hearth-voice` beside `hearth`, or wherever the system finds it.
fn program() -> PathBuf {
    const NAME: &str = "hearth-voice";
    std::env::current_exe()
        .ok()
        .map(|path| path.with_file_name(NAME))
        .filter(|path| path.exists())
        .unwrap_or_else(|| NAME.into())
}

/// What a recording says, with the names of the home as last stored.
///
/// # Errors
/// In words for people: a file that is no recording, no worker, nothing understood.
pub async fn hear(config: &Config, wav: &Path) -> Result<String, String> {
    let shown = wav.display();
    let content = std::fs::read(wav).map_err(|error| format!("{shown}: {error}"))?;
    let sound = Wav::parse(&content).map_err(|error| format!("{shown}: {error}"))?;
    let worker = worker(config)
        .ok_or("speech needs a model: set voice.model (and voice.library) in the configuration")?;
    let hub = stored(config)?;
    let client = Client::start(worker);
    if let Some(engine) = hub.engine() {
        client.set_grammar(engine.grammar().phrases);
    }
    ready(&client).await?;
    let utterance = client
        .transcribe(sound.rate, &sound.samples)
        .await
        .map_err(|error| error.to_string())?;
    // The recogniser's first guess may be no sentence, and its second one is.
    let known = |text: &&str| {
        hub.engine()
            .is_some_and(|engine| engine.recognize(text, &Context::default()).is_ok())
    };
    utterance
        .texts()
        .find(known)
        .or_else(|| utterance.texts().next())
        .filter(|text| !text.is_empty())
        .map(str::to_owned)
        .ok_or_else(|| format!("{shown}: nothing was understood"))
}

async fn ready(client: &Client) -> Result<(), String> {
    let mut status = client.status();
    let wait = async {
        loop {
            match &*status.borrow_and_update() {
                Status::Ready { .. } => return Ok(()),
                Status::Down { reason } => {
                    return Err(format!("the speech worker does not start: {reason}"));
                }
                Status::Starting => {}
            }
            if status.changed().await.is_err() {
                return Err("the speech worker has ended".to_owned());
            }
        }
    };
    timeout(LOADING, wait)
        .await
        .unwrap_or_else(|_| Err("the speech worker takes too long to start".to_owned()))
}

/// A hub with the home as last stored.
fn stored(config: &Config) -> Result<Hub, String> {
    let loaded = Store::peek(&config.data_dir)
        .load()
        .map_err(|error| error.to_string())?;
    run::hub(config, &loaded.saved, Now::default()).map_err(|error| error.to_string())
}

/// The ear of a running home: the microphone, where one is configured.
#[derive(Debug, Default)]
pub struct Ear {
    client: Option<Client>,
    heard: Option<mpsc::Receiver<intents::voice::Utterance>>,
    room: Option<String>,
}

impl Ear {
    /// Listens if a microphone and a model (or a worker's socket) are configured.
    #[must_use]
    pub fn open(config: &Config) -> Self {
        let Some(microphone) = &config.voice.microphone else {
            return Self::default();
        };
        let Some(worker) = worker(config) else {
            tracing::warn!("voice.microphone is set, but no voice.model: nothing is heard");
            return Self::default();
        };
        let client = Client::start(worker);
        tracing::info!("listening at {microphone}");
        Self {
            heard: Some(client.listen(microphone.clone())),
            client: Some(client),
            room: config.voice.room.clone(),
        }
    }

    /// The home's names as they are now.
    pub fn learn(&self, hub: &Hub) {
        if let (Some(client), Some(engine)) = (&self.client, hub.engine()) {
            client.set_grammar(engine.grammar().phrases);
        }
    }

    /// The next utterance that is one; never, if nothing listens.
    pub async fn next(&mut self, hub: &Hub) -> Utterance {
        loop {
            let Some(heard) = &mut self.heard else {
                return std::future::pending().await;
            };
            let Some(utterance) = heard.recv().await else {
                self.heard = None;
                continue;
            };
            // A room is full of talk that is not meant for us: only sentences count.
            let context = Context {
                area: self.room.clone(),
                more: Vec::new(),
            };
            let text = hub.engine().and_then(|engine| {
                utterance
                    .texts()
                    .find(|text| engine.recognize(text, &context).is_ok())
            });
            if let Some(text) = text {
                return Utterance {
                    text: text.to_owned(),
                    source: "microphone".to_owned(),
                    room: self.room.clone(),
                    ..Utterance::default()
                };
            }
            tracing::debug!("heard something that is no sentence of ours");
        }
    }
}
