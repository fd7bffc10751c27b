//! A client that starts the speech worker, or connects to one, and starts it again when it dies.

use std::path::PathBuf;
use std::sync::Arc;

use tokio::sync::{Notify, mpsc, watch};

use super::keeper::Keeper;
use super::protocol::{MAX_STREAMS, MAX_WAKE, Utterance};
use super::stream::{Opening, Stream, StreamEvent, StreamOptions};

/// Utterances from the microphone that nobody took yet.
const HEARD: usize = 8;

/// Where the worker is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Worker {
    /// Started by the client, spoken to by its standard input and output.
    Spawn {
        /// The program `hearth-voice`.
        program: PathBuf,
        /// The model's folder.
        model: PathBuf,
        /// libvosk; where the system looks for libraries if absent.
        library: Option<PathBuf>,
        /// Where wake words lie; beside the program if absent.
        wake_folder: Option<PathBuf>,
    },
    /// Runs by itself: the path of a Unix socket, or `tcp://host:port`.
    Connect(String),
}

/// How the worker is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Status {
    /// Starting; the model is being loaded.
    Starting,
    /// Ready, with this model.
    Ready {
        /// Its name.
        model: String,
        /// The wake words it has.
        wake: Vec<String>,
    },
    /// Not there; tried again soon.
    Down {
        /// Why, for people.
        reason: String,
    },
}

/// Why nothing was understood.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum VoiceError {
    /// The worker is not there.
    #[error("the speech worker is not ready: {0}")]
    NotReady(String),
    /// Others are being listened to.
    #[error("the speech worker is busy")]
    Busy,
    /// The worker did not answer in time.
    #[error("the speech worker did not answer in time")]
    Late,
    /// The worker says why.
    #[error("the speech worker says: {0}")]
    Refused(String),
}

/// Someone who wants what the microphone hears.
#[derive(Clone, Debug)]
pub(super) struct Microphone {
    pub(super) device: String,
    pub(super) wake: Vec<String>,
    pub(super) heard: Heard,
}

/// Where to tell what the microphone hears.
#[derive(Clone, Debug)]
pub(super) enum Heard {
    /// Only what was said.
    Utterances(mpsc::Sender<Utterance>),
    /// Everything.
    Events(mpsc::Sender<StreamEvent>),
}

impl Heard {
    /// Hands on; an event that nobody takes in time is lost, an utterance with a warning.
    pub(super) fn tell(&self, event: StreamEvent) {
        let said = matches!(&event, StreamEvent::Final(said) if !said.text.is_empty());
        let lost = match (self, event) {
            (Self::Events(tell), event) => tell.try_send(event).is_err(),
            (Self::Utterances(tell), StreamEvent::Final(utterance)) if said => {
                tell.try_send(utterance).is_err()
            }
            (Self::Utterances(_), _) => false,
        };
        if lost && said {
            tracing::warn!("voice: an utterance was lost: nobody took it in time");
        }
    }

    pub(super) fn is_closed(&self) -> bool {
        match self {
            Self::Utterances(tell) => tell.is_closed(),
            Self::Events(tell) => tell.is_closed(),
        }
    }

    pub(super) async fn closed(&self) {
        match self {
            Self::Utterances(tell) => tell.closed().await,
            Self::Events(tell) => tell.closed().await,
        }
    }
}

/// Talks to the speech worker; a cheap handle. The worker ends when the last handle is dropped.
#[derive(Clone)]
pub struct Client {
    openings: mpsc::Sender<Opening>,
    work: Arc<Notify>,
    grammar: watch::Sender<Arc<Vec<String>>>,
    microphone: watch::Sender<Option<Microphone>>,
    status: watch::Receiver<Status>,
}

impl std::fmt::Debug for Client {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Client")
            .field("status", &*self.status.borrow())
            .finish_non_exhaustive()
    }
}

impl Client {
    /// Starts keeping a worker. To be called in a tokio runtime; returns at once.
    #[must_use]
    pub fn start(worker: Worker) -> Self {
        let (openings, take_openings) = mpsc::channel(MAX_STREAMS);
        let work = Arc::new(Notify::new());
        let (grammar, take_grammar) = watch::channel(Arc::new(Vec::new()));
        let (microphone, take_microphone) = watch::channel(None);
        let (tell, status) = watch::channel(Status::Starting);
        tokio::spawn(
            Keeper {
                worker,
                openings: take_openings,
                work: Arc::clone(&work),
                grammar: take_grammar,
                microphone: take_microphone,
                status: tell,
                next_id: 1,
            }
            .run(),
        );
        Self {
            openings,
            work,
            grammar,
            microphone,
            status,
        }
    }

    /// How the worker is, and when that changes.
    #[must_use]
    pub fn status(&self) -> watch::Receiver<Status> {
        self.status.clone()
    }

    /// What to listen for from now on, also after the worker was started again: the phrases of
    /// [`crate::Engine::grammar`].
    pub fn set_grammar(&self, phrases: Vec<String>) {
        self.grammar.send_if_modified(|old| {
            let new = **old != phrases;
            if new {
                *old = Arc::new(phrases);
            }
            new
        });
    }

    /// Opens a stream of sound. Returns at once; when it cannot be, the stream's first event says why.
    #[must_use]
    pub fn open(&self, options: StreamOptions) -> Stream {
        self.begin(options, None)
    }

    fn begin(&self, options: StreamOptions, recording: Option<&[i16]>) -> Stream {
        let (stream, opening) = Stream::new(options, Arc::clone(&self.work));
        if let Some(samples) = recording {
            stream.fill(samples);
        }
        if let Err(error) = self.openings.try_send(opening) {
            let (opening, why) = match error {
                mpsc::error::TrySendError::Full(opening) => (opening, VoiceError::Busy),
                mpsc::error::TrySendError::Closed(opening) => {
                    (opening, VoiceError::NotReady("it ended".to_owned()))
                }
            };
            opening.refuse(why);
        }
        stream
    }

    /// Turns an utterance into text.
    ///
    /// # Errors
    /// When the worker is not ready, busy, late, or refuses.
    pub async fn transcribe(&self, rate: u32, samples: &[i16]) -> Result<Utterance, VoiceError> {
        let options = StreamOptions {
            rate,
            ..StreamOptions::default()
        };
        let mut stream = self.begin(options, Some(samples));
        loop {
            match stream.told().await {
                Some(Ok(StreamEvent::Final(utterance))) => return Ok(utterance),
                Some(Ok(_)) => {}
                Some(Err(error)) => return Err(error),
                None => return Err(VoiceError::NotReady("it ended".to_owned())),
            }
        }
    }

    /// Listens at an ALSA device of the worker's machine, in place of the one before, until the receiver
    /// is dropped; goes on by itself when the microphone or the worker comes back. An utterance that
    /// nobody takes in time is lost, with a warning.
    #[must_use]
    pub fn listen(&self, device: String) -> mpsc::Receiver<Utterance> {
        let (tell, take) = mpsc::channel(HEARD);
        self.microphone.send_replace(Some(Microphone {
            device,
            wake: Vec::new(),
            heard: Heard::Utterances(tell),
        }));
        take
    }

    /// The same, with everything that happens; with wake words only what follows one counts. An
    /// [`StreamEvent::Error`] is not the end: the microphone is tried again.
    #[must_use]
    pub fn listen_for(&self, device: String, mut wake: Vec<String>) -> mpsc::Receiver<StreamEvent> {
        wake.truncate(MAX_WAKE);
        let (tell, take) = mpsc::channel(4 * HEARD);
        self.microphone.send_replace(Some(Microphone {
            device,
            wake,
            heard: Heard::Events(tell),
        }));
        take
    }
}
