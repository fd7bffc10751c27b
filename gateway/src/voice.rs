//! Speech, from the gateway's side: the worker `hearth-voice`, a microphone, a recording.
//!
//! The contract: the worker is another process that may be slow, die or be missing; nothing here
//! makes the home wait for it. What it understands becomes an utterance like a typed one.

use std::path::{Path, PathBuf};
use std::time::Duration;

use intents::Context;
use intents::graph::pack;
use intents::graph::sentences::Letters;
use intents::voice::{Client, Status, Wav, Worker};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
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
    let packed = packed(config);
    let model = if pack::packed(&packed) {
        packed
    } else {
        voice.model.clone()?
    };
    Some(Worker::Spawn {
        program: program(),
        model,
        library: voice.library.clone(),
    })
}

/// Where the model is kept that was packed for this home.
#[must_use]
pub fn packed(config: &Config) -> PathBuf {
    config.data_dir.join("voice")
}

/// Packs the configured model for the home as it is now, unless that is done; a model with a graph of its own
/// stays as it is. A whole model would need half a gigabyte to listen with, and mishears more.
///
/// # Errors
/// In words for people.
pub fn prepare(config: &Config, hub: &Hub) -> Result<Option<pack::Report>, String> {
    let (Some(model), Some(engine)) = (&config.voice.model, hub.engine()) else {
        return Ok(None);
    };
    if config.voice.socket.is_some() || !pack::packable(model) {
        return Ok(None);
    }
    let letters = engine.letters().map_err(|error| error.to_string())?;
    pack::refresh(model, &letters, &packed(config), &pack::Options::default())
        .map_err(|error| error.to_string())
}

/// What packing came to, in the log.
fn tell(report: Option<pack::Report>) {
    let Some(report) = report else { return };
    tracing::info!(
        "listening for {:.0} sentences of {} words",
        report.sentences,
        report.words
    );
    for (word, like) in &report.unknown {
        match like {
            Some(like) => tracing::warn!(
                "the speech model does not know `{word}`; an alias that sounds like it may help, \
                 such as `{like}`"
            ),
            None => tracing::warn!("the speech model does not know `{word}`; give it an alias"),
        }
    }
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
    let hub = stored(config)?;
    tell(prepare(config, &hub)?);
    let worker = worker(config)
        .ok_or("speech needs a model: set voice.model (and voice.library) in the configuration")?;
    let client = Client::start(worker);
    if let Some(engine) = hub.engine() {
        client.set_grammar(engine.grammar().phrases);
    }
    ready(&client).await?;
    let utterance = client
        .transcribe(sound.rate, &sound.samples)
        .await
        .map_err(|error| error.to_string())?;
    if let Some((one, other)) = in_doubt(&hub, &utterance, &Context::default()) {
        return Err(format!(
            "{shown}: “{one}” or “{other}”? Please say it again"
        ));
    }
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

/// Two readings that are as likely and mean different things.
fn in_doubt<'u>(
    hub: &Hub,
    utterance: &'u intents::voice::Utterance,
    context: &Context,
) -> Option<(&'u str, &'u str)> {
    let engine = hub.engine().filter(|_| utterance.doubt)?;
    let mut texts = utterance.texts();
    let (one, other) = (texts.next()?, texts.next()?);
    let (a, b) = (
        engine.recognize(one, context).ok()?,
        engine.recognize(other, context).ok()?,
    );
    let same = a.intent == b.intent
        && a.slots.len() == b.slots.len()
        && a.slots
            .iter()
            .zip(&b.slots)
            .all(|(a, b)| a.name == b.name && a.value == b.value);
    (!same).then_some((one, other))
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
pub(crate) fn stored(config: &Config) -> Result<Hub, String> {
    let loaded = Store::peek(&config.data_dir)
        .load()
        .map_err(|error| error.to_string())?;
    run::hub(config, &loaded.saved, Now::default()).map_err(|error| error.to_string())
}

/// The ear of a running home: the microphone, where one is configured.
#[derive(Debug, Default)]
pub struct Ear {
    config: Option<Config>,
    client: Option<Client>,
    heard: Option<mpsc::Receiver<intents::voice::Utterance>>,
    room: Option<String>,
    packing: Option<JoinHandle<Result<Option<pack::Report>, String>>>,
    /// What is to be packed when that is done.
    waiting: Option<Letters>,
}

impl Ear {
    /// Listens if a microphone and a model (or a worker's socket) are configured; with a model that is to be
    /// packed, as soon as the home's names are known.
    #[must_use]
    pub fn open(config: &Config) -> Self {
        if config.voice.microphone.is_none() {
            return Self::default();
        }
        let mut ear = Self {
            config: Some(config.clone()),
            room: config.voice.room.clone(),
            ..Self::default()
        };
        if ear.model().is_none() {
            ear.start();
        }
        ear
    }

    /// The model to pack, if the configured one is such.
    fn model(&self) -> Option<PathBuf> {
        let voice = &self.config.as_ref()?.voice;
        let model = voice.model.as_ref().filter(|_| voice.socket.is_none())?;
        pack::packable(model).then(|| model.clone())
    }

    /// Starts the worker, in place of the one before.
    fn start(&mut self) {
        let Some(config) = &self.config else { return };
        let Some(microphone) = &config.voice.microphone else {
            return;
        };
        let Some(worker) = worker(config) else {
            tracing::warn!("voice.microphone is set, but no voice.model: nothing is heard");
            return;
        };
        let client = Client::start(worker);
        tracing::info!("listening at {microphone}");
        self.heard = Some(client.listen(microphone.clone()));
        self.client = Some(client);
    }

    /// The home's names as they are now.
    pub fn learn(&mut self, hub: &Hub) {
        let Some(engine) = hub.engine() else { return };
        if self.model().is_none() {
            if let Some(client) = &self.client {
                client.set_grammar(engine.grammar().phrases);
            }
            return;
        }
        match engine.letters() {
            Ok(letters) => {
                self.waiting = Some(letters);
                self.pack();
            }
            Err(error) => tracing::warn!("the speech model cannot be packed: {error}"),
        }
    }

    /// Packs what waits, beside the runtime, one after the other.
    fn pack(&mut self) {
        let (Some(model), Some(config), None) = (self.model(), &self.config, &self.packing) else {
            return;
        };
        let Some(letters) = self.waiting.take() else {
            return;
        };
        let out = packed(config);
        self.packing = Some(tokio::task::spawn_blocking(move || {
            pack::refresh(&model, &letters, &out, &pack::Options::default())
                .map_err(|error| error.to_string())
        }));
    }

    /// The model was packed, or was so already.
    fn packed(&mut self, done: Result<Option<pack::Report>, String>) {
        match done {
            Ok(report) => {
                let new = report.is_some() || self.client.is_none();
                tell(report);
                if new {
                    self.start();
                }
            }
            Err(error) => tracing::warn!("the speech model cannot be packed: {error}"),
        }
        self.pack();
    }

    /// The next utterance that is one; never, if nothing listens.
    pub async fn next(&mut self, hub: &Hub) -> Utterance {
        loop {
            if let Some(packing) = &mut self.packing {
                let done = packing.await;
                self.packing = None;
                self.packed(done.unwrap_or_else(|error| Err(error.to_string())));
                continue;
            }
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
            if let Some((one, other)) = in_doubt(hub, &utterance, &context) {
                tracing::info!("heard “{one}” or “{other}”: please say it again");
                continue;
            }
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
