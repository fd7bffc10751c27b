//! The task behind [`super::Client`]: keeps a worker alive and carries everybody's sound to it.
//!
//! The contract: it never waits for the worker to read. A task of its own writes; this one hands it one
//! message after the other, control first, then a piece of each stream in turn, so that no stream can crowd
//! out another. Whoever waits for an answer has one by its deadline; a worker that takes nothing for
//! [`ANSWER`] is started again.

use std::collections::VecDeque;
use std::process::Stdio;
use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, BufReader};
use tokio::process::{Child, Command};
use tokio::sync::{Notify, mpsc, watch};
use tokio::time::{Instant, sleep_until, timeout, timeout_at};

use super::client::{Microphone, Status, VoiceError, Worker};
use super::protocol::{Ended, MAX_LINE, MAX_STREAMS, Reply, Request, VERSION, line};
use super::stream::{Inlet, Opening, StreamEvent, Told};

/// Wake words of a worker that are remembered.
const MAX_KNOWN: usize = 64;

/// Loading a model may take this long: a router reads 200 MB from a stick.
const LOADING: Duration = Duration::from_secs(120);

/// Besides twice the length of the sound, an answer may take this long.
const ANSWER: Duration = Duration::from_secs(10);

/// Waiting before the worker, or the microphone, is started again: doubled each time, up to the last.
const BACK_OFF: (Duration, Duration) = (Duration::from_secs(1), Duration::from_secs(60));

/// A worker that runs by itself costs nothing to look for, and may come at any time: no longer than this between two looks.
const LOOK: Duration = Duration::from_secs(5);

/// A worker that lived this long was well: the waiting begins anew.
const WELL: Duration = Duration::from_secs(60);

/// Bytes of sound in one message: a tenth of a second at 16 kHz.
const PIECE: usize = 3200;

/// Messages the writing task holds.
const WRITING: usize = 2;

/// The task that keeps a worker alive.
pub(super) struct Keeper {
    pub(super) worker: Worker,
    pub(super) openings: mpsc::Receiver<Opening>,
    pub(super) work: Arc<Notify>,
    pub(super) grammar: watch::Receiver<Arc<Vec<String>>>,
    pub(super) microphone: watch::Receiver<Option<Microphone>>,
    pub(super) status: watch::Sender<Status>,
    pub(super) next_id: u32,
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
    pub(super) async fn run(mut self) {
        let longest = match &self.worker {
            Worker::Spawn { .. } => BACK_OFF.1,
            Worker::Connect(_) => LOOK,
        };
        let mut wait = BACK_OFF.0;
        let mut told = None;
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
            if wait == longest && told.as_ref() == Some(&reason) {
                tracing::debug!("voice: {reason}; trying again in {} s", wait.as_secs());
            } else {
                tracing::warn!("voice: {reason}; trying again in {} s", wait.as_secs());
            }
            self.status.send_replace(Status::Down {
                reason: reason.clone(),
            });
            if self.refuse(wait, &reason).await {
                return;
            }
            wait = (wait * 2).min(longest);
            told = Some(reason);
        }
    }

    /// Answers with the reason why not, for so long; true when nobody is left to ask.
    async fn refuse(&mut self, time: Duration, reason: &str) -> bool {
        let until = Instant::now() + time;
        loop {
            match timeout_at(until, self.openings.recv()).await {
                Err(_) => return false,
                Ok(None) => return true,
                Ok(Some(opening)) => opening.refuse(VoiceError::NotReady(reason.to_owned())),
            }
        }
    }

    async fn connect(&self) -> Result<(Option<Child>, Read, Write), String> {
        match &self.worker {
            Worker::Spawn {
                program,
                model,
                library,
                wake_folder,
            } => {
                let mut command = Command::new(program);
                command.arg("--model").arg(model).args(["--serve", "-"]);
                if let Some(library) = library {
                    command.arg("--lib").arg(library);
                }
                if let Some(folder) = wake_folder {
                    command.arg("--wake-folder").arg(folder);
                }
                let mut child = command
                    .stdin(Stdio::piped())
                    .stdout(Stdio::piped())
                    .kill_on_drop(true)
                    .spawn()
                    .map_err(|error| {
                        let program = program.display();
                        if error.kind() == std::io::ErrorKind::NotFound {
                            // On a router it is a package of its own.
                            return format!(
                                "the speech worker {program} is not there: install it, or name one \
                                 that runs elsewhere by `voice.socket`"
                            );
                        }
                        format!("{program}: {error}")
                    })?;
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
        let (out, take) = mpsc::channel(WRITING);
        let writer = tokio::spawn(write_requests(write, take));
        let end = self.talk(&mut replies, out).await;
        reader.abort();
        // Nothing more is worth writing; this closes the worker's input.
        writer.abort();
        match end {
            Ok(()) => End::Unneeded,
            Err(reason) => End::Broken(reason),
        }
    }

    /// The model's name and the wake words there are, once the worker is ready; none when nobody needs it any more.
    async fn hello(
        &mut self,
        replies: &mut mpsc::Receiver<Reply>,
    ) -> Result<Option<(String, Vec<String>)>, String> {
        let until = Instant::now() + LOADING;
        let hello = loop {
            tokio::select! {
                hello = timeout_at(until, replies.recv()) => {
                    break hello.map_err(|_| "the speech worker did not load its model in time".to_owned())?;
                }
                opening = self.openings.recv() => match opening {
                    None => return Ok(None),
                    Some(opening) => {
                        opening.refuse(VoiceError::NotReady("the model is being loaded".to_owned()));
                    }
                }
            }
        };
        let Some(Reply::Hello {
            version,
            model,
            mut wake,
            ..
        }) = hello
        else {
            return Err(gone());
        };
        if version != VERSION {
            return Err(format!(
                "the speech worker speaks version {version} of the protocol, not {VERSION}"
            ));
        }
        wake.truncate(MAX_KNOWN);
        Ok(Some((model, wake)))
    }

    async fn talk(
        &mut self,
        replies: &mut mpsc::Receiver<Reply>,
        out: mpsc::Sender<Vec<u8>>,
    ) -> Result<(), String> {
        let Some((model, wake)) = self.hello(replies).await? else {
            return Ok(());
        };
        tracing::info!("voice: listening with the model {model}");
        self.grammar.mark_changed();
        self.microphone.mark_changed();
        self.status.send_replace(Status::Ready { model, wake });
        let mut talk = Talk::default();
        let end = loop {
            let closed = async {
                match &talk.listening {
                    Some(listening) => listening.microphone.heard.closed().await,
                    None => std::future::pending().await,
                }
            };
            let now = Instant::now();
            let writes = talk.has_work();
            if !writes {
                talk.stuck = None;
            } else if talk.stuck.is_none() {
                talk.stuck = Some(now + ANSWER);
            }
            let alarm = talk.alarm();
            tokio::select! {
                biased;
                reply = replies.recv() => match reply {
                    None => break Err(gone()),
                    Some(reply) => talk.told(reply),
                },
                changed = self.grammar.changed() => {
                    if changed.is_err() {
                        break Ok(());
                    }
                    let phrases = self.grammar.borrow_and_update().to_vec();
                    if let Err(reason) = talk.ask(&Request::Grammar { phrases }) {
                        break Err(reason);
                    }
                }
                changed = self.microphone.changed() => {
                    if changed.is_err() {
                        break Ok(());
                    }
                    talk.deafen();
                    let wanted = self.microphone.borrow_and_update().clone();
                    talk.listening = wanted.filter(|m| !m.heard.is_closed()).map(|microphone| Listening {
                        microphone,
                        id: None,
                        again: now,
                        wait: BACK_OFF.0,
                    });
                }
                () = closed => talk.deafen(),
                opening = self.openings.recv() => match opening {
                    None => break Ok(()),
                    Some(opening) if talk.full() => opening.refuse(VoiceError::Busy),
                    Some(opening) => {
                        let id = self.id();
                        talk.open(id, opening);
                    }
                },
                permit = out.reserve(), if writes => match permit {
                    Ok(permit) => {
                        talk.stuck = None;
                        if let Some(bytes) = talk.next() {
                            permit.send(bytes);
                        }
                    }
                    Err(_) => break Err(gone()),
                },
                () = sleep_until(alarm.unwrap_or(now)), if alarm.is_some() => {
                    let id = self.id();
                    if let Err(reason) = talk.alarmed(Instant::now(), id) {
                        break Err(reason);
                    }
                }
                () = self.work.notified(), if !writes => {}
            }
        };
        let why = end.clone().err().unwrap_or_else(|| "it ended".to_owned());
        talk.close(&why);
        end
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
}

fn gone() -> String {
    "the speech worker ended".to_owned()
}

/// A stream the worker knows.
struct Open {
    id: u32,
    inlet: Arc<Inlet>,
    events: mpsc::Sender<Told>,
    again: bool,
    /// `end` was sent.
    ended: bool,
    /// The last answer is due.
    until: Option<Instant>,
}

/// The microphone somebody wants to hear.
struct Listening {
    microphone: Microphone,
    /// As the worker knows it; none: it failed, or was not asked for yet.
    id: Option<u32>,
    /// When to ask for it again.
    again: Instant,
    wait: Duration,
}

/// A connection under way.
#[derive(Default)]
struct Talk {
    control: VecDeque<Vec<u8>>,
    streams: Vec<Open>,
    /// Whose sound comes next.
    turn: usize,
    listening: Option<Listening>,
    /// The worker must have taken something by then.
    stuck: Option<Instant>,
}

impl Talk {
    fn ask(&mut self, request: &Request) -> Result<(), String> {
        let line = line(request).map_err(|e| e.to_string())?;
        if line.len() > MAX_LINE {
            return Err("a grammar is too long for one message".to_owned());
        }
        self.control.push_back(line);
        Ok(())
    }

    /// Whether the worker, or the queue to it, has enough.
    fn full(&self) -> bool {
        self.streams.len() + usize::from(self.listening.is_some()) >= MAX_STREAMS
            || self.control.len() > 4 * MAX_STREAMS
    }

    fn open(&mut self, id: u32, opening: Opening) {
        let Opening {
            options,
            inlet,
            events,
        } = opening;
        let start = Request::Start {
            id,
            rate: options.rate,
            until_silence: options.until_silence,
            wake: options.wake,
            again: options.again,
        };
        if let Err(reason) = self.ask(&start) {
            let _ = events.try_send(Err(VoiceError::Refused(reason)));
            inlet.close();
            return;
        }
        // A recording is there as a whole: the answer is due by its length.
        let until = {
            let waiting = inlet.lock();
            waiting.ended.then(|| {
                let seconds = waiting.sound.len() / 2 / (options.rate.max(1) as usize);
                Instant::now() + ANSWER + Duration::from_secs(2 * seconds as u64)
            })
        };
        self.streams.push(Open {
            id,
            inlet,
            events,
            again: options.again,
            ended: false,
            until,
        });
    }

    /// Whether there is something to write.
    fn has_work(&self) -> bool {
        !self.control.is_empty()
            || self.streams.iter().any(|stream| {
                let waiting = stream.inlet.lock();
                waiting.dropped || !waiting.sound.is_empty() || (waiting.ended && !stream.ended)
            })
    }

    /// The next message to write: control first, then a piece of each stream in turn.
    fn next(&mut self) -> Option<Vec<u8>> {
        if let Some(line) = self.control.pop_front() {
            return Some(line);
        }
        for _ in 0..self.streams.len() {
            let at = self.turn % self.streams.len();
            self.turn = at + 1;
            let stream = self.streams.get_mut(at)?;
            let id = stream.id;
            let (dropped, over) = {
                let waiting = stream.inlet.lock();
                (waiting.dropped, waiting.ended)
            };
            if dropped {
                let told = stream.ended;
                self.streams.remove(at);
                if told {
                    continue;
                }
                return line(&Request::End { id }).ok();
            }
            let piece = stream.inlet.take(PIECE);
            if !piece.is_empty() {
                let head = Request::Audio {
                    id: Some(id),
                    bytes: piece.len(),
                };
                let mut bytes = line(&head).ok()?;
                bytes.extend_from_slice(&piece);
                return Some(bytes);
            }
            if over && !stream.ended {
                stream.ended = true;
                stream.until.get_or_insert_with(|| Instant::now() + ANSWER);
                return line(&Request::End { id }).ok();
            }
        }
        None
    }

    /// Nobody wants the microphone any more.
    fn deafen(&mut self) {
        if let Some(Listening { id: Some(id), .. }) = self.listening.take() {
            // A short line: it always fits.
            let _ = self.ask(&Request::End { id });
        }
    }

    /// When something is due.
    fn alarm(&self) -> Option<Instant> {
        let microphone = self
            .listening
            .as_ref()
            .filter(|listening| listening.id.is_none())
            .map(|listening| listening.again);
        let answers = self.streams.iter().filter_map(|stream| stream.until);
        answers.chain(microphone).chain(self.stuck).min()
    }

    /// Something is due; `id` is for the microphone.
    fn alarmed(&mut self, now: Instant, id: u32) -> Result<(), String> {
        if let Some(listening) = &mut self.listening
            && listening.id.is_none()
            && listening.again <= now
        {
            listening.id = Some(id);
            let device = listening.microphone.device.clone();
            let wake = listening.microphone.wake.clone();
            self.ask(&Request::Listen { id, device, wake })?;
        }
        let mut late = self.stuck.is_some_and(|until| until <= now);
        for stream in &self.streams {
            if stream.until.is_some_and(|until| until <= now) {
                let _ = stream.events.try_send(Err(VoiceError::Late));
                late = true;
            }
        }
        if late {
            return Err("the speech worker did not answer in time".to_owned());
        }
        Ok(())
    }

    /// Hands on what the worker says.
    fn told(&mut self, reply: Reply) {
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
            Reply::Woken { id, wake } => self.event(id, StreamEvent::Woken(wake)),
            Reply::Speech { id } => self.event(id, StreamEvent::Speech),
            Reply::Partial { id, text } => self.event(id, StreamEvent::Partial(text)),
            Reply::Final(said) => {
                let id = said.id;
                let last = said.ended == Ended::End;
                self.event(id, StreamEvent::Final(said));
                self.over(|stream| stream.id == id && (last || !stream.again));
            }
            Reply::Error { id, reason } => self.failed(id, reason),
            Reply::Hello { .. } => {}
        }
    }

    fn event(&mut self, id: u32, event: StreamEvent) {
        if let Some(listening) = &mut self.listening
            && listening.id == Some(id)
        {
            listening.wait = BACK_OFF.0;
            listening.microphone.heard.tell(event);
        } else if let Some(stream) = self.streams.iter().find(|stream| stream.id == id) {
            let partial = matches!(event, StreamEvent::Partial(_));
            if stream.events.try_send(Ok(event)).is_err() && !partial {
                tracing::warn!("voice: nobody takes what a stream tells: it is lost");
            }
        }
    }

    fn failed(&mut self, id: u32, reason: String) {
        if let Some(listening) = &mut self.listening
            && listening.id == Some(id)
        {
            // The microphone was pulled, perhaps: not so fast.
            let wait = listening.wait;
            tracing::warn!("voice: {reason}; trying again in {} s", wait.as_secs());
            listening.id = None;
            listening.again = Instant::now() + wait;
            listening.wait = (wait * 2).min(BACK_OFF.1);
            listening.microphone.heard.tell(StreamEvent::Error(reason));
        } else if let Some(stream) = self.streams.iter().find(|stream| stream.id == id) {
            let _ = stream.events.try_send(Err(VoiceError::Refused(reason)));
            self.over(|stream| stream.id == id);
        } else {
            tracing::warn!("voice: {reason}");
        }
    }

    /// Ends streams; what was told is still there for them to take.
    fn over(&mut self, which: impl Fn(&Open) -> bool) {
        self.streams.retain(|stream| {
            let over = which(stream);
            if over {
                stream.inlet.close();
            }
            !over
        });
    }

    /// The connection is over.
    fn close(&mut self, why: &str) {
        for stream in &self.streams {
            let _ = stream
                .events
                .try_send(Err(VoiceError::NotReady(why.to_owned())));
        }
        self.over(|_| true);
    }
}

/// Writes messages one after the other.
async fn write_requests(mut write: Write, mut take: mpsc::Receiver<Vec<u8>>) {
    while let Some(bytes) = take.recv().await {
        if write.write_all(&bytes).await.is_err() || write.flush().await.is_err() {
            return;
        }
    }
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
