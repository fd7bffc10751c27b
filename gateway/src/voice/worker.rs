//! The worker `hearth-voice`: which one, the model packed for this home, and a new one when names change.
//!
//! The contract: all ears share one worker. When the home's names change, the model is packed anew beside
//! the runtime and the worker replaced; whoever listens sees the new client and goes on with it.

use std::path::PathBuf;
use std::time::Duration;

use intents::graph::pack;
use intents::graph::sentences::Letters;
use intents::voice::{Client, Status, Worker};
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time::timeout;

use crate::config::Config;
use crate::hub::Hub;
use crate::status::State;

/// Loading a model may take this long.
const LOADING: Duration = Duration::from_secs(130);

/// Words that one line tells of.
const MOST_SHOWN: usize = 20;

/// The worker that the configuration names, if any.
#[must_use]
pub fn worker(config: &Config) -> Option<Worker> {
    let voice = &config.voice;
    if let Some(socket) = &voice.socket {
        return Some(Worker::Connect(socket.clone()));
    }
    let packed = packed(config);
    let model = match &voice.model {
        // One with a graph of its own is not packed: what lies there was packed from another.
        Some(model) if !pack::packable(model) => model.clone(),
        _ if pack::packed(&packed) => packed,
        model => model.clone()?,
    };
    Some(Worker::Spawn {
        program: program(),
        model,
        library: voice.library.clone(),
        wake_folder: voice.wake_folder.clone(),
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
pub(super) fn tell(report: Option<pack::Report>) {
    let Some(report) = report else { return };
    tracing::info!(
        "listening for {:.0} sentences of {} words",
        report.sentences,
        report.words
    );
    if let Some(complaint) = unheard(&report.unknown) {
        tracing::warn!("{complaint}");
    }
}

/// What to do about words that the model does not know: each with one written alike that it knows, if there is one.
fn unheard(unknown: &[(String, Option<String>)]) -> Option<String> {
    // With a particle behind it, it is the same word.
    let bare = unknown.iter().filter(|(word, _)| {
        let begins = |(other, _): &(String, _)| other != word && word.starts_with(other.as_str());
        !unknown.iter().any(begins)
    });
    let words: Vec<String> = bare
        .map(|(word, like)| match like {
            Some(like) => format!("`{word}` (but `{like}`)"),
            None => format!("`{word}`"),
        })
        .collect();
    let shown = words.len().min(MOST_SHOWN);
    let more = match words.len() - shown {
        0 => String::new(),
        more => format!(" and {more} more words"),
    };
    (shown > 0).then(|| {
        format!(
            "the speech model does not know {}{more}: what is called so needs an alias of words it knows",
            words[..shown].join(", ")
        )
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

/// Waits until the worker listens.
pub(super) async fn ready(client: &Client) -> Result<(), String> {
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

/// Keeps the one worker of a running home.
#[derive(Debug)]
pub(super) struct Keeper {
    config: Config,
    client: watch::Sender<Option<Client>>,
    packing: Option<JoinHandle<Result<Option<pack::Report>, String>>>,
    /// What is to be packed when that is done.
    waiting: Option<Letters>,
    /// Why the model could not be packed the last time.
    failed: Option<String>,
}

impl Keeper {
    /// Starts the worker; with a model that is to be packed, as soon as the home's names are known.
    pub(super) fn start(config: &Config, client: watch::Sender<Option<Client>>) -> Self {
        let keeper = Self {
            config: config.clone(),
            client,
            packing: None,
            waiting: None,
            failed: None,
        };
        if keeper.model().is_none() {
            keeper.replace();
        }
        keeper
    }

    /// How the worker is, why it is not there, and its model.
    pub(super) fn state(&self) -> (State, Option<String>, Option<String>) {
        let Some(client) = &*self.client.borrow() else {
            let none = worker(&self.config).is_none() && self.model().is_none();
            let none = none.then(|| "there is no voice.model".to_owned());
            return match self.failed.clone().or(none) {
                Some(reason) => (State::Down, Some(reason), None),
                None => (State::Starting, None, None),
            };
        };
        match &*client.status().borrow() {
            Status::Starting => (State::Starting, None, None),
            Status::Ready { model, .. } => (State::Up, None, Some(model.clone())),
            Status::Down { reason } => (State::Down, Some(reason.clone()), None),
        }
    }

    /// The model to pack, if the configured one is such.
    fn model(&self) -> Option<PathBuf> {
        let voice = &self.config.voice;
        let model = voice.model.as_ref().filter(|_| voice.socket.is_none())?;
        pack::packable(model).then(|| model.clone())
    }

    /// Starts a worker in place of the one before.
    fn replace(&self) {
        let Some(worker) = worker(&self.config) else {
            tracing::warn!("there is no voice.model: nothing is heard");
            return;
        };
        self.client.send_replace(Some(Client::start(worker)));
    }

    /// The home's names as they are now.
    pub(super) fn learn(&mut self, hub: &Hub) {
        let Some(engine) = hub.engine() else { return };
        if self.model().is_none() {
            if let Some(client) = &*self.client.borrow() {
                client.set_grammar(engine.grammar().phrases);
            }
            return;
        }
        match engine.letters() {
            Ok(letters) => {
                self.waiting = Some(letters);
                self.pack();
            }
            Err(error) => self.fail(&error.to_string()),
        }
    }

    fn fail(&mut self, error: &str) {
        let reason = format!("the speech model cannot be packed: {error}");
        tracing::warn!("{reason}");
        self.failed = Some(reason);
    }

    /// Packs what waits, beside the runtime, one after the other.
    fn pack(&mut self) {
        let (Some(model), None) = (self.model(), &self.packing) else {
            return;
        };
        let Some(letters) = self.waiting.take() else {
            return;
        };
        let out = packed(&self.config);
        tracing::debug!("packing the speech model");
        self.packing = Some(tokio::task::spawn_blocking(move || {
            pack::refresh(&model, &letters, &out, &pack::Options::default())
                .map_err(|error| error.to_string())
        }));
    }

    /// Does what there is to do when packing is done; never returns otherwise. May be dropped and called again.
    pub(super) async fn work(&mut self) {
        let Some(packing) = &mut self.packing else {
            return std::future::pending().await;
        };
        let done = packing.await.unwrap_or_else(|error| Err(error.to_string()));
        self.packing = None;
        tracing::debug!("the speech model is packed");
        match done {
            Ok(report) => {
                self.failed = None;
                let new = report.is_some() || self.client.borrow().is_none();
                tell(report);
                if new {
                    self.replace();
                }
            }
            Err(error) => self.fail(&error),
        }
        self.pack();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keeper(config: &Config) -> Keeper {
        Keeper::start(config, watch::channel(None).0)
    }

    #[test]
    fn a_model_with_a_graph_of_its_own_is_taken_in_place_of_what_was_packed_before() {
        let folder = tempfile::tempdir().unwrap();
        let model = |name: &str, files: &[&str]| {
            let model = folder.path().join(name);
            std::fs::create_dir_all(model.join("graph")).unwrap();
            for file in files {
                std::fs::write(model.join("graph").join(file), "").unwrap();
            }
            model
        };
        let whole = model("whole", &["HCLr.fst", "disambig_tid.int"]);
        let own = model("own", &["HCLG.fst"]);
        let packed = model("voice", &["HCLG.fst"]);
        for (configured, taken) in [(None, &packed), (Some(&whole), &packed), (Some(&own), &own)] {
            let mut config = Config {
                data_dir: folder.path().to_owned(),
                ..Config::default()
            };
            config.voice.model = configured.cloned();
            let Some(Worker::Spawn { model, .. }) = worker(&config) else {
                panic!("a worker of its own")
            };
            assert_eq!(&model, taken);
        }
    }

    #[test]
    fn words_that_cannot_be_heard_are_told_once() {
        let words = |words: &[(&str, Option<&str>)]| {
            let owned = |&(word, like): &(&str, Option<&str>)| (word.into(), like.map(Into::into));
            unheard(&words.iter().map(owned).collect::<Vec<_>>())
        };
        assert_eq!(words(&[]), None);
        assert_eq!(
            words(&[
                ("lamp", None),
                ("lamp가", None),
                ("lamp를", Some("를")),
                ("텔레비존", Some("텔레비전")),
            ])
            .unwrap(),
            "the speech model does not know `lamp`, `텔레비존` (but `텔레비전`): what is called so needs an \
             alias of words it knows"
        );
        let many: Vec<String> = (10..99).map(|n| format!("word {n}")).collect();
        let many: Vec<_> = many.iter().map(|word| (word.as_str(), None)).collect();
        let told = words(&many).unwrap();
        assert!(told.contains("`word 29` and 69 more words: "), "{told}");
    }

    #[tokio::test]
    async fn tells_why_it_does_not_listen() {
        let folder = tempfile::tempdir().unwrap();
        let mut config = Config {
            data_dir: folder.path().to_owned(),
            ..Config::default()
        };
        let (state, reason, _) = keeper(&config).state();
        assert_eq!(state, State::Down);
        assert_eq!(reason.unwrap(), "there is no voice.model");

        // One that is to be packed first, and cannot be.
        let model = folder.path().join("model");
        std::fs::create_dir_all(model.join("graph")).unwrap();
        for file in ["HCLr.fst", "disambig_tid.int"] {
            std::fs::write(model.join("graph").join(file), "").unwrap();
        }
        config.voice.model = Some(model);
        let mut keeper = keeper(&config);
        assert_eq!(keeper.state().0, State::Starting);
        let hub = crate::run::hub(
            &config,
            &crate::hub::Saved::default(),
            crate::hub::Now::default(),
        );
        keeper.learn(&hub.unwrap());
        keeper.work().await;
        let (state, reason, model) = keeper.state();
        assert_eq!((state, model), (State::Down, None));
        assert!(reason.unwrap().contains("cannot be packed"));

        // Somebody else's, who is not there.
        config.voice.socket = Some("/nonexistent/voice.sock".to_owned());
        let keeper = Keeper::start(&config, watch::channel(None).0);
        assert_eq!(keeper.state().0, State::Starting);
    }
}
