//! A client that starts the speech worker, or connects to one, and starts it again when it dies.

use std::path::PathBuf;
use std::process::Stdio;
use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, BufReader};
use tokio::process::{Child, Command};
use tokio::sync::{mpsc, oneshot, watch};
use tokio::time::{Instant, sleep, timeout, timeout_at};

use super::protocol::{MAX_AUDIO, MAX_LINE, Reply, Request, Utterance, VERSION, line};

/// Loading a model may take this long: a router reads 200 MB from a stick.
const LOADING: Duration = Duration::from_secs(120);

/// Besides twice the length of the sound, an answer may take this long.
const ANSWER: Duration = Duration::from_secs(10);

/// Waiting before the worker is started again: doubled each time, up to the last.
const BACK_OFF: (Duration, Duration) = (Duration::from_secs(1), Duration::from_secs(60));

/// A worker that lived this long was well: the waiting begins anew.
const WELL: Duration = Duration::from_secs(60);

/// Calls that may wait for their turn.
const CALLS: usize = 4;

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

/// A call, answered exactly once.
struct Call {
    rate: u32,
    sound: Vec<u8>,
    answer: oneshot::Sender<Result<Utterance, VoiceError>>,
}

/// Someone who wants what the microphone hears.
#[derive(Clone)]
struct Microphone {
    device: String,
    heard: mpsc::Sender<Utterance>,
}

/// Talks to the speech worker; a cheap handle. The worker ends when the last handle is dropped.
#[derive(Clone)]
pub struct Client {
    calls: mpsc::Sender<Call>,
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
        let (calls, take_calls) = mpsc::channel(CALLS);
        let (grammar, take_grammar) = watch::channel(Arc::new(Vec::new()));
        let (microphone, take_microphone) = watch::channel(None);
        let (tell, status) = watch::channel(Status::Starting);
        tokio::spawn(
            Keeper {
                worker,
                calls: take_calls,
                grammar: take_grammar,
                microphone: take_microphone,
                status: tell,
                next_id: 1,
            }
            .run(),
        );
        Self {
            calls,
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

    /// Turns an utterance into text.
    ///
    /// # Errors
    /// When the worker is not ready, busy, late, or refuses.
    pub async fn transcribe(&self, rate: u32, samples: &[i16]) -> Result<Utterance, VoiceError> {
        let sound = samples.iter().flat_map(|s| s.to_le_bytes()).collect();
        let (answer, told) = oneshot::channel();
        let call = Call {
            rate,
            sound,
            answer,
        };
        self.calls.try_send(call).map_err(|error| match error {
            mpsc::error::TrySendError::Full(_) => VoiceError::Busy,
            mpsc::error::TrySendError::Closed(_) => VoiceError::NotReady("it ended".to_owned()),
        })?;
        told.await
            .unwrap_or_else(|_| Err(VoiceError::NotReady("it ended".to_owned())))
    }

    /// Listens at an ALSA device of the worker's machine, in place of the one before, until the receiver
    /// is dropped; goes on by itself when the worker was started again. An utterance that nobody takes
    /// in time is lost, with a warning.
    #[must_use]
    pub fn listen(&self, device: String) -> mpsc::Receiver<Utterance> {
        let (heard, take) = mpsc::channel(HEARD);
        self.microphone
            .send_replace(Some(Microphone { device, heard }));
        take
    }
}

/// The task that keeps a worker alive.
struct Keeper {
    worker: Worker,
    calls: mpsc::Receiver<Call>,
    grammar: watch::Receiver<Arc<Vec<String>>>,
    microphone: watch::Receiver<Option<Microphone>>,
    status: watch::Sender<Status>,
    next_id: u32,
}

/// Why a connection ended.
enum End {
    /// Nobody needs it any more.
    Unneeded,
    /// It broke.
    Broken(String),
}

type Read = Box<dyn AsyncRead + Unpin + Send>;
type Write = Box<dyn AsyncWrite + Unpin + Send>;

impl Keeper {
    async fn run(mut self) {
        let mut wait = BACK_OFF.0;
        loop {
            self.status.send_replace(Status::Starting);
            let begun = Instant::now();
            let reason = match self.connect().await {
                Ok((mut child, read, write)) => {
                    let end = self.converse(read, write).await;
                    if let Some(child) = &mut child {
                        // It is told to end by its closed input; a stuck one is ended.
                        if timeout(Duration::from_secs(2), child.wait()).await.is_err() {
                            let _ = child.kill().await;
                        }
                    }
                    match end {
                        End::Unneeded => return,
                        End::Broken(reason) => reason,
                    }
                }
                Err(reason) => reason,
            };
            if begun.elapsed() > WELL {
                wait = BACK_OFF.0;
            }
            tracing::warn!("voice: {reason}; trying again in {} s", wait.as_secs());
            self.status.send_replace(Status::Down {
                reason: reason.clone(),
            });
            if self.refuse(wait, &reason).await {
                return;
            }
            wait = (wait * 2).min(BACK_OFF.1);
        }
    }

    /// Answers calls with the reason why not, for so long; true when nobody is left to call.
    async fn refuse(&mut self, time: Duration, reason: &str) -> bool {
        let until = Instant::now() + time;
        loop {
            match timeout_at(until, self.calls.recv()).await {
                Err(_) => return false,
                Ok(None) => return true,
                Ok(Some(call)) => {
                    let _ = call
                        .answer
                        .send(Err(VoiceError::NotReady(reason.to_owned())));
                }
            }
        }
    }

    async fn connect(&self) -> Result<(Option<Child>, Read, Write), String> {
        match &self.worker {
            Worker::Spawn {
                program,
                model,
                library,
            } => {
                let mut command = Command::new(program);
                command.arg("--model").arg(model).args(["--serve", "-"]);
                if let Some(library) = library {
                    command.arg("--lib").arg(library);
                }
                let mut child = command
                    .stdin(Stdio::piped())
                    .stdout(Stdio::piped())
                    .kill_on_drop(true)
                    .spawn()
                    .map_err(|error| format!("{}: {error}", program.display()))?;
                match (child.stdout.take(), child.stdin.take()) {
                    (Some(read), Some(write)) => Ok((Some(child), Box::new(read), Box::new(write))),
                    _ => Err("the speech worker has no input or output".to_owned()),
                }
            }
            Worker::Connect(address) => {
                let wrong = |error: std::io::Error| format!("speech worker at {address}: {error}");
                if let Some(place) = address.strip_prefix("tcp://") {
                    let stream = tokio::net::TcpStream::connect(place).await.map_err(wrong)?;
                    let (read, write) = stream.into_split();
                    return Ok((None, Box::new(read), Box::new(write)));
                }
                let stream = tokio::net::UnixStream::connect(address)
                    .await
                    .map_err(wrong)?;
                let (read, write) = stream.into_split();
                Ok((None, Box::new(read), Box::new(write)))
            }
        }
    }

    /// Everything from hello to the end of the connection.
    async fn converse(&mut self, read: Read, write: Write) -> End {
        let (tell, mut replies) = mpsc::channel(64);
        let reader = tokio::spawn(read_replies(read, tell));
        let end = self.talk(&mut replies, write).await;
        reader.abort();
        match end {
            Ok(()) => End::Unneeded,
            Err(reason) => End::Broken(reason),
        }
    }

    async fn talk(
        &mut self,
        replies: &mut mpsc::Receiver<Reply>,
        mut write: Write,
    ) -> Result<(), String> {
        let gone = || "the speech worker ended".to_owned();
        let hello = loop {
            tokio::select! {
                hello = timeout(LOADING, replies.recv()) => {
                    break hello.map_err(|_| "the speech worker did not load its model in time".to_owned())?;
                }
                call = self.calls.recv() => match call {
                    None => return Ok(()),
                    Some(call) => {
                        let loading = "the model is being loaded".to_owned();
                        let _ = call.answer.send(Err(VoiceError::NotReady(loading)));
                    }
                }
            }
        };
        let Some(Reply::Hello { version, model, .. }) = hello else {
            return Err(gone());
        };
        if version != VERSION {
            return Err(format!(
                "the speech worker speaks version {version} of the protocol, not {VERSION}"
            ));
        }
        tracing::info!("voice: listening with the model {model}");
        self.grammar.mark_changed();
        self.microphone.mark_changed();
        self.status.send_replace(Status::Ready { model });
        let mut listening: Option<(u32, Microphone)> = None;
        loop {
            let closed = async {
                match &listening {
                    Some((_, microphone)) => microphone.heard.closed().await,
                    None => std::future::pending().await,
                }
            };
            tokio::select! {
                biased;
                reply = replies.recv() => match reply {
                    None => return Err(gone()),
                    Some(reply) => self.told(reply, &mut listening, &mut write).await?,
                },
                changed = self.grammar.changed() => {
                    if changed.is_err() {
                        return Ok(());
                    }
                    let phrases = self.grammar.borrow_and_update().to_vec();
                    send(&mut write, &Request::Grammar { phrases }).await?;
                }
                changed = self.microphone.changed() => {
                    if changed.is_err() {
                        return Ok(());
                    }
                    if let Some((id, _)) = listening.take() {
                        send(&mut write, &Request::End { id }).await?;
                    }
                    let wanted = self.microphone.borrow_and_update().clone();
                    listening = self.listen(wanted, &mut write).await?;
                }
                () = closed => {
                    if let Some((id, _)) = listening.take() {
                        send(&mut write, &Request::End { id }).await?;
                    }
                }
                call = self.calls.recv() => {
                    let Some(call) = call else { return Ok(()) };
                    self.call(call, replies, &mut write).await?;
                    // The worker does one thing at a time: back to the microphone.
                    if let Some((_, microphone)) = listening.take() {
                        listening = self.listen(Some(microphone), &mut write).await?;
                    }
                }
            }
        }
    }

    fn id(&mut self) -> u32 {
        let id = self.next_id;
        self.next_id = self
            .next_id
            .checked_add(1)
            .filter(|id| *id < u32::MAX)
            .unwrap_or(1);
        id
    }

    async fn listen(
        &mut self,
        microphone: Option<Microphone>,
        write: &mut Write,
    ) -> Result<Option<(u32, Microphone)>, String> {
        let Some(microphone) = microphone.filter(|m| !m.heard.is_closed()) else {
            return Ok(None);
        };
        let id = self.id();
        let device = microphone.device.clone();
        send(write, &Request::Listen { id, device }).await?;
        Ok(Some((id, microphone)))
    }

    /// A reply that no call waits for.
    async fn told(
        &mut self,
        reply: Reply,
        listening: &mut Option<(u32, Microphone)>,
        write: &mut Write,
    ) -> Result<(), String> {
        match reply {
            Reply::Grammar {
                phrases,
                words,
                unknown,
            } => {
                tracing::debug!(phrases, words, "voice: grammar");
                if !unknown.is_empty() {
                    tracing::warn!(
                        "voice: the model has no words for {}; they cannot be heard",
                        unknown.join(", ")
                    );
                }
            }
            Reply::Final(said) => {
                if let Some((id, microphone)) = listening
                    && *id == said.id
                    && !said.text.is_empty()
                    && microphone.heard.try_send(said).is_err()
                {
                    tracing::warn!("voice: an utterance was lost: nobody took it in time");
                }
            }
            Reply::Error { id, reason } => {
                tracing::warn!("voice: {reason}");
                if let Some((now, microphone)) = listening.take() {
                    if now == id {
                        // The microphone was pulled, perhaps: not so fast.
                        sleep(BACK_OFF.0).await;
                        *listening = self.listen(Some(microphone), write).await?;
                    } else {
                        *listening = Some((now, microphone));
                    }
                }
            }
            Reply::Hello { .. } | Reply::Partial { .. } => {}
        }
        Ok(())
    }

    /// One utterance, from its first sound to the answer. An error is the end of the connection.
    async fn call(
        &mut self,
        call: Call,
        replies: &mut mpsc::Receiver<Reply>,
        write: &mut Write,
    ) -> Result<(), String> {
        let id = self.id();
        let Call {
            rate,
            sound,
            answer,
        } = call;
        let seconds = sound.len() as u64 / 2 / u64::from(rate.max(1));
        let until = Instant::now() + ANSWER + Duration::from_secs(2 * seconds);
        let result = timeout_at(until, utterance(id, rate, &sound, replies, write)).await;
        let (told, end) = match result {
            Ok(Ok(told)) => (told, Ok(())),
            Ok(Err(reason)) => (Err(VoiceError::NotReady(reason.clone())), Err(reason)),
            Err(_) => (
                Err(VoiceError::Late),
                Err("the speech worker did not answer in time".to_owned()),
            ),
        };
        let _ = answer.send(told);
        end
    }
}

async fn utterance(
    id: u32,
    rate: u32,
    sound: &[u8],
    replies: &mut mpsc::Receiver<Reply>,
    write: &mut Write,
) -> Result<Result<Utterance, VoiceError>, String> {
    let start = Request::Start {
        id,
        rate,
        until_silence: false,
    };
    send(write, &start).await?;
    for piece in sound.chunks(MAX_AUDIO.min(3200)) {
        send(write, &Request::Audio { bytes: piece.len() }).await?;
        write.write_all(piece).await.map_err(|e| e.to_string())?;
        // Replies must not pile up in front of a worker that waits to write.
        while let Ok(reply) = replies.try_recv() {
            if let Some(told) = answer_of(id, reply) {
                return Ok(told);
            }
        }
    }
    send(write, &Request::End { id }).await?;
    while let Some(reply) = replies.recv().await {
        if let Some(told) = answer_of(id, reply) {
            return Ok(told);
        }
    }
    Err("the speech worker ended".to_owned())
}

fn answer_of(id: u32, reply: Reply) -> Option<Result<Utterance, VoiceError>> {
    match reply {
        Reply::Final(said) if said.id == id => Some(Ok(said)),
        Reply::Error { id: of, reason } if of == id => Some(Err(VoiceError::Refused(reason))),
        _ => None,
    }
}

async fn send(write: &mut Write, request: &Request) -> Result<(), String> {
    let line = line(request).map_err(|e| e.to_string())?;
    if line.len() > MAX_LINE {
        return Err("a grammar is too long for one message".to_owned());
    }
    write.write_all(&line).await.map_err(|e| e.to_string())?;
    write.flush().await.map_err(|e| e.to_string())
}

/// Hands on what the worker says until it says no more, or nonsense.
async fn read_replies(read: Read, tell: mpsc::Sender<Reply>) {
    let mut read = BufReader::new(read);
    let limit = u64::try_from(MAX_LINE).unwrap_or(u64::MAX);
    loop {
        let mut text = Vec::new();
        match (&mut read).take(limit).read_until(b'\n', &mut text).await {
            Ok(0) | Err(_) => return,
            Ok(_) => {}
        }
        match serde_json::from_slice(&text) {
            Ok(reply) => {
                if tell.send(reply).await.is_err() {
                    return;
                }
            }
            Err(error) => {
                tracing::warn!("voice: the speech worker says nonsense: {error}");
                return;
            }
        }
    }
}
