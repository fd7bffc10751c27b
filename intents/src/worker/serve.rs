//! The protocol's other side: requests in, what was heard out.
//!
//! One thread owns the model and does everything that matters; it takes [`Event`]s from a bounded queue.
//! A thread reads the connection, another one the microphone; a full queue makes them wait.

use std::io::{BufRead, BufReader, Read, Write};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread;
use std::time::{Duration, Instant};

use super::recognizer::{Ears, Listening};
use super::sources::{self, Recorder};
use super::vad::{Heard, Vad};
use crate::voice::protocol::{Ended, MAX_AUDIO, MAX_LINE, Reply, Request, VERSION, line};

/// Silence that ends an utterance.
const PAUSE: Duration = Duration::from_millis(600);

/// Sound kept from before speech began.
const BEFORE: Duration = Duration::from_millis(400);

/// Time between two partial results.
const PARTIAL: Duration = Duration::from_millis(250);

/// Pieces of sound and requests that may wait.
const QUEUE: usize = 64;

/// What happens to the worker.
enum Event {
    /// Somebody connected: where to write.
    Connected(Box<dyn Write + Send>),
    /// They asked for something, with the sound that came with it.
    Asked(Request, Vec<u8>),
    /// They wrote something that is no request.
    Nonsense(String),
    /// They are gone.
    Gone,
    /// The microphone of this listening heard.
    Sound(u32, Vec<i16>),
    /// The microphone of this listening ended.
    Silent(u32, String),
}

/// Where connections come from: calls its argument with each one's two halves, one after the other.
pub(crate) type Connections =
    Box<dyn FnOnce(&mut dyn FnMut(Box<dyn Read + Send>, Box<dyn Write + Send>)) + Send>;

/// Serves connections until there are no more.
pub(crate) fn serve(ears: Ears, recorder: String, connections: Connections) {
    let (send, events) = sync_channel(QUEUE);
    let reader = send.clone();
    thread::spawn(move || {
        connections(&mut |read, write| {
            if reader.send(Event::Connected(write)).is_ok() {
                requests(read, &reader);
                let _ = reader.send(Event::Gone);
            }
        });
        // The queue stays open for the microphone's sake: say that this is the end.
        let _ = reader.send(Event::Asked(Request::End { id: u32::MAX }, Vec::new()));
    });
    Worker {
        ears,
        recorder,
        send,
        out: None,
        task: Task::Idle,
    }
    .run(&events);
}

/// Reads requests until the connection ends.
fn requests(read: Box<dyn Read + Send>, events: &SyncSender<Event>) {
    let mut read = BufReader::new(read);
    loop {
        let mut text = Vec::new();
        let limit = u64::try_from(MAX_LINE).unwrap_or(u64::MAX);
        match (&mut read).take(limit).read_until(b'\n', &mut text) {
            Ok(0) | Err(_) => return,
            Ok(_) => {}
        }
        if text.last() != Some(&b'\n') {
            let _ = events.send(Event::Nonsense("a line is too long or cut off".to_owned()));
            return;
        }
        let event = match serde_json::from_slice::<Request>(&text) {
            Ok(Request::Audio { bytes }) if bytes > MAX_AUDIO || bytes % 2 != 0 => {
                // What follows cannot be told from requests any more.
                let _ = events.send(Event::Nonsense(format!("{bytes} bytes of sound")));
                return;
            }
            Ok(Request::Audio { bytes }) => {
                let mut sound = vec![0; bytes];
                if read.read_exact(&mut sound).is_err() {
                    return;
                }
                Event::Asked(Request::Audio { bytes }, sound)
            }
            Ok(request) => Event::Asked(request, Vec::new()),
            Err(error) => Event::Nonsense(error.to_string()),
        };
        if events.send(event).is_err() {
            return;
        }
    }
}

/// What is under way.
enum Task {
    /// Nothing.
    Idle,
    /// An utterance from the gateway.
    Utterance {
        id: u32,
        listening: Box<Listening>,
        vad: Option<Vad>,
        told: Instant,
        partial: String,
    },
    /// Listening at the microphone.
    Microphone {
        id: u32,
        _recorder: Recorder,
        vad: Vad,
        before: Vec<i16>,
        listening: Option<Box<Listening>>,
    },
}

struct Worker {
    ears: Ears,
    recorder: String,
    send: SyncSender<Event>,
    out: Option<Box<dyn Write + Send>>,
    task: Task,
}

impl Worker {
    fn run(mut self, events: &Receiver<Event>) {
        while let Ok(event) = events.recv() {
            match event {
                Event::Connected(out) => {
                    self.out = Some(out);
                    let hello = Reply::Hello {
                        version: VERSION,
                        model: self.ears.name().to_owned(),
                        grammar: self.ears.takes_grammar(),
                    };
                    self.say(&hello);
                }
                Event::Gone => {
                    self.out = None;
                    self.task = Task::Idle;
                }
                Event::Nonsense(what) => self.fail(0, &format!("no request: {what}")),
                Event::Asked(Request::End { id: u32::MAX }, _) => return,
                Event::Asked(request, sound) => self.asked(request, &sound),
                Event::Sound(id, samples) => self.sound(id, &samples),
                Event::Silent(id, reason) => {
                    if matches!(self.task, Task::Microphone { id: now, .. } if now == id) {
                        self.task = Task::Idle;
                        self.fail(id, &reason);
                    }
                }
            }
        }
    }

    fn say(&mut self, reply: &Reply) {
        let Some(out) = &mut self.out else { return };
        let written = line(reply)
            .map_err(std::io::Error::other)
            .and_then(|line| out.write_all(&line))
            .and_then(|()| out.flush());
        if written.is_err() {
            self.out = None;
        }
    }

    fn fail(&mut self, id: u32, reason: &str) {
        self.say(&Reply::Error {
            id,
            reason: reason.to_owned(),
        });
    }

    /// Ends what is under way, as an error to whoever waits for it.
    fn interrupt(&mut self) {
        if let Task::Utterance { id, .. } = std::mem::replace(&mut self.task, Task::Idle) {
            self.fail(id, "another utterance began");
        }
    }

    fn asked(&mut self, request: Request, sound: &[u8]) {
        match request {
            Request::Grammar { phrases } => match self.ears.set_grammar(&phrases) {
                Ok(report) => self.say(&Reply::Grammar {
                    phrases: report.phrases,
                    words: report.words,
                    unknown: report.unknown,
                }),
                Err(error) => self.fail(0, &error.to_string()),
            },
            Request::Start {
                id,
                rate,
                until_silence,
            } => {
                self.interrupt();
                match self.ears.listen(rate) {
                    Ok(listening) => {
                        self.task = Task::Utterance {
                            id,
                            listening: Box::new(listening),
                            vad: until_silence.then(|| Vad::new(rate, PAUSE)),
                            told: Instant::now(),
                            partial: String::new(),
                        };
                    }
                    Err(error) => self.fail(id, &error.to_string()),
                }
            }
            Request::Audio { .. } => self.heard(&sources::samples(sound)),
            Request::End { id } => match std::mem::replace(&mut self.task, Task::Idle) {
                Task::Utterance {
                    id: now, listening, ..
                } if now == id => self.finish(id, *listening, Ended::End),
                Task::Microphone {
                    id: now, listening, ..
                } if now == id => {
                    if let Some(listening) = listening {
                        self.finish(id, *listening, Ended::End);
                    }
                }
                // It ended before this came.
                other => self.task = other,
            },
            Request::Listen { id, device } => {
                self.interrupt();
                match self.microphone(id, &device) {
                    Ok(task) => self.task = task,
                    Err(reason) => self.fail(id, &reason),
                }
            }
        }
    }

    fn finish(&mut self, id: u32, listening: Listening, ended: Ended) {
        let mut said = listening.finish(ended);
        said.id = id;
        self.say(&Reply::Final(said));
    }

    /// Sound from the gateway.
    fn heard(&mut self, samples: &[i16]) {
        let Task::Utterance {
            id,
            listening,
            vad,
            told,
            partial,
        } = &mut self.task
        else {
            return;
        };
        let id = *id;
        let full = listening.accept(samples);
        let over = vad
            .as_mut()
            .is_some_and(|vad| vad.accept(samples) == Heard::Over);
        if full || over {
            let ended = if full { Ended::Limit } else { Ended::Silence };
            if let Task::Utterance { listening, .. } = std::mem::replace(&mut self.task, Task::Idle)
            {
                self.finish(id, *listening, ended);
            }
        } else if told.elapsed() >= PARTIAL {
            *told = Instant::now();
            let text = listening.partial();
            if text != *partial {
                partial.clone_from(&text);
                self.say(&Reply::Partial { id, text });
            }
        }
    }

    fn microphone(&self, id: u32, device: &str) -> Result<Task, String> {
        let (recorder, sound) = Recorder::start(&self.recorder, device)?;
        let events = self.send.clone();
        thread::spawn(move || {
            let ended = sources::pieces(sound, sources::RATE, |piece| {
                events.send(Event::Sound(id, piece)).is_ok()
            });
            let reason = match ended {
                Ok(()) => "the microphone's recorder ended".to_owned(),
                Err(error) => format!("the microphone's recorder: {error}"),
            };
            let _ = events.send(Event::Silent(id, reason));
        });
        Ok(Task::Microphone {
            id,
            _recorder: recorder,
            vad: Vad::new(sources::RATE, PAUSE),
            before: Vec::new(),
            listening: None,
        })
    }

    /// Sound from the microphone.
    fn sound(&mut self, from: u32, samples: &[i16]) {
        let Task::Microphone {
            id,
            vad,
            before,
            listening,
            ..
        } = &mut self.task
        else {
            return;
        };
        if *id != from {
            return;
        }
        let id = *id;
        let heard = vad.accept(samples);
        let mut full = false;
        match (heard, &mut *listening) {
            (Heard::Waiting, _) => {
                before.extend_from_slice(samples);
                let keep = usize::try_from(u64::from(sources::RATE) * BEFORE.as_secs() + 6400)
                    .unwrap_or(6400);
                let drop = before.len().saturating_sub(keep);
                before.drain(..drop);
                return;
            }
            (_, Some(listening)) => full = listening.accept(samples),
            (_, listening @ None) => match self.ears.listen(sources::RATE) {
                Ok(mut begun) => {
                    begun.accept(before);
                    begun.accept(samples);
                    before.clear();
                    *listening = Some(Box::new(begun));
                }
                Err(error) => {
                    let reason = error.to_string();
                    self.task = Task::Idle;
                    self.fail(id, &reason);
                    return;
                }
            },
        }
        if full || heard == Heard::Over {
            *vad = Vad::new(sources::RATE, PAUSE);
            if let Some(done) = listening.take() {
                let ended = if full { Ended::Limit } else { Ended::Silence };
                self.finish(id, *done, ended);
            }
        }
    }
}
