//! One satellite, from the side of whoever listens to it.
//!
//! The satellite is the TCP server; we connect, ask what it is, say that we listen, and it sends sound:
//!
//! ```text
//! ▸ describe                    ◂ info {satellite}
//! ▸ run-satellite
//!                               ◂ run-pipeline {start_stage: wake}     or asr: it woke by itself
//! ▸ detect                      ◂ audio-chunk …
//! ▸ detection, transcribe       ◂ audio-chunk …
//! ▸ voice-started, voice-stopped, transcript
//! ▸ synthesize, audio-start, audio-chunk …, audio-stop
//!                               ◂ played
//! ▸ ping                        ◂ pong
//! ```
//!
//! The contract: pure. It is told what came, from the satellite ([`Satellite::came`]), from the recogniser
//! ([`Satellite::heard`]), from the home ([`Satellite::said`], [`Satellite::reply`]), and what time it is
//! ([`Satellite::tick`]); it says what to do. `transcript` is held back until the answer is known, because satellites that
//! wake by themselves stop sending sound at it, and a question needs its answer.

use std::time::Duration;

use super::audio::samples;
use super::message::{
    At, Detect, Detection, Echo, Failure, Message, Nothing, RunPipeline, Speaker, Synthesize, Text,
    Transcribe,
};
use crate::voice::{Earcon, Reply, Verdict};

/// An answer to `describe` takes no longer.
const INFO: Duration = Duration::from_secs(10);
/// Between two pings.
const PING: Duration = Duration::from_secs(10);
/// Whoever answered pings before and does not for this long is gone.
const PONG: Duration = Duration::from_secs(25);
/// A satellite is told what was heard after this time, even if the devices have not answered.
const ANSWER: Duration = Duration::from_secs(2);
/// Somebody who is listened to speaks within this time.
const SILENCE: Duration = Duration::from_secs(8);
/// Before a stream that broke is opened again.
const RETRY: Duration = Duration::from_secs(2);
/// What is said with the speaker's sound in the room is nobody's wish.
const ECHO: Duration = Duration::from_millis(300);

/// What to do.
#[derive(Clone, Debug, PartialEq)]
pub enum Do {
    /// Tell the satellite.
    Send(Message),
    /// Let it play a tone.
    Play(Earcon),
    /// Let it say something: then [`Satellite::speaking`].
    Speak(Reply),
    /// Open a stream to the recogniser, in place of the one before.
    Open {
        /// Samples per second.
        rate: u32,
        /// Wake words to wait for.
        wake: Vec<String>,
        /// Whether it goes on after an utterance.
        again: bool,
    },
    /// Hand it sound.
    Hear(Vec<i16>),
    /// There is no more sound for it; what it heard is still told.
    End,
    /// Drop it.
    Drop,
    /// Tell the home what was heard: then [`Satellite::said`].
    Tell(intents::voice::Utterance),
    /// Hang up, for this reason.
    Leave(&'static str),
}

/// What a stream is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Mode {
    /// Wake words, and a command after each.
    Wake,
    /// Commands without a wake word, one after the other.
    Always,
    /// One command.
    Command,
}

/// A satellite.
#[derive(Debug)]
pub struct Satellite {
    wake: Vec<String>,
    language: String,
    since: Duration,
    /// What it says it is called.
    name: Option<String>,
    /// What it asked for.
    pipeline: Option<Mode>,
    /// Its answers can be heard.
    audible: bool,
    restart: bool,
    /// To be opened with the next sound.
    wanted: Option<Mode>,
    stream: Option<Mode>,
    /// Samples of the stream, and how many are a second.
    sound: (u64, u32),
    /// Somebody said the wake word, or was asked something: they deserve an answer, whatever it is.
    attentive: bool,
    /// What was heard and not yet told to the satellite, and when it has to be.
    untold: Option<(String, Duration)>,
    /// A question was put: listen when it has been played.
    question: bool,
    mute_until: Option<Duration>,
    silent_until: Option<Duration>,
    retry_at: Duration,
    ping_at: Duration,
    pong: Option<Duration>,
}

impl Satellite {
    /// A satellite that was connected to just now, and what to do first. `wake`: for one that sends all its
    /// sound and leaves it to us to hear a wake word; without any, every sentence counts.
    #[must_use]
    pub fn new(wake: Vec<String>, language: String, now: Duration) -> (Self, Vec<Do>) {
        let satellite = Self {
            wake,
            language,
            since: now,
            name: None,
            pipeline: None,
            audible: true,
            restart: false,
            wanted: None,
            stream: None,
            sound: (0, 16_000),
            attentive: false,
            untold: None,
            question: false,
            mute_until: None,
            silent_until: None,
            retry_at: now,
            ping_at: now + PING,
            pong: None,
        };
        (satellite, vec![Do::Send(Message::Describe(Nothing {}))])
    }

    /// What it says it is called.
    #[must_use]
    pub fn name(&self) -> Option<&str> {
        self.name.as_deref()
    }

    /// The satellite sent something.
    pub fn came(&mut self, message: Message, payload: &[u8], now: Duration) -> Vec<Do> {
        let mut out = Vec::new();
        match message {
            Message::Info(info) => {
                let satellite = info.programs.get("satellite").filter(|it| it.is_object());
                let Some(satellite) = satellite else {
                    return vec![Do::Leave("it is no satellite")];
                };
                let name = satellite.get("name").and_then(|name| name.as_str());
                if self.name.is_none() {
                    self.name = Some(name.unwrap_or_default().chars().take(64).collect());
                    out.push(Do::Send(Message::RunSatellite(Nothing {})));
                }
            }
            Message::Ping(Echo { text }) => out.push(Do::Send(Message::Pong(Echo { text }))),
            Message::Pong(_) => self.pong = Some(now),
            Message::RunPipeline(run) => self.run(&run, now, &mut out),
            Message::Detection(_) => {
                // It woke by itself; sound follows, with or without a `run-pipeline`.
                self.attentive = true;
                if self.pipeline.is_none() {
                    self.begin(Mode::Command, now, &mut out);
                }
            }
            Message::AudioChunk(format) => self.sound(&format, payload, now, &mut out),
            Message::AudioStop(_) => {
                if self.stream.is_some() {
                    out.push(Do::End);
                }
                self.pipeline = None;
                self.wanted = None;
                self.restart = false;
            }
            Message::Played(_) => {
                if let Some(until) = &mut self.mute_until {
                    *until = (*until).min(now + ECHO);
                }
            }
            _ => {}
        }
        out
    }

    fn run(&mut self, run: &RunPipeline, now: Duration, out: &mut Vec<Do>) {
        let mode = match run.start_stage.as_str() {
            "asr" => Mode::Command,
            "wake" if self.wake.is_empty() => Mode::Always,
            "wake" => Mode::Wake,
            _ => return,
        };
        self.audible = run.end_stage == "tts";
        self.restart = run.restart_on_end || mode != Mode::Command;
        self.attentive = mode == Mode::Command;
        self.begin(mode, now, out);
    }

    /// Listens in this way from the next sound on.
    fn begin(&mut self, mode: Mode, now: Duration, out: &mut Vec<Do>) {
        if self.stream.take().is_some() {
            out.push(Do::Drop);
        }
        self.pipeline = Some(mode);
        self.listen(mode, now, out);
    }

    fn listen(&mut self, mode: Mode, now: Duration, out: &mut Vec<Do>) {
        self.wanted = Some(mode);
        self.silent_until = (mode == Mode::Command).then_some(now + SILENCE);
        out.push(Do::Send(if mode == Mode::Wake {
            Message::Detect(Detect {
                names: Some(self.wake.clone()),
            })
        } else {
            self.transcribe()
        }));
    }

    fn transcribe(&self) -> Message {
        Message::Transcribe(Transcribe {
            language: Some(self.language.clone()),
        })
    }

    fn sound(
        &mut self,
        format: &super::message::Format,
        payload: &[u8],
        now: Duration,
        out: &mut Vec<Do>,
    ) {
        if self.mute_until.is_some_and(|until| now < until)
            && self.stream.or(self.wanted) != Some(Mode::Wake)
        {
            return;
        }
        let rate = format.rate;
        let samples = match samples(format, payload) {
            Ok(samples) if !samples.is_empty() => samples,
            Ok(_) => return,
            Err(error) => {
                tracing::debug!("a satellite's sound is of no use: {error}");
                out.push(Do::Leave("its sound cannot be used"));
                return;
            }
        };
        if self.stream.is_some() && rate != self.sound.1 {
            // Another microphone, as it seems.
            self.wanted = self.stream.take();
            out.push(Do::Drop);
        }
        if self.stream.is_none() {
            if now < self.retry_at {
                return;
            }
            let Some(mode) = self.wanted.take() else {
                return;
            };
            out.push(Do::Open {
                rate,
                wake: if mode == Mode::Wake {
                    self.wake.clone()
                } else {
                    Vec::new()
                },
                again: mode != Mode::Command,
            });
            self.stream = Some(mode);
            self.sound = (0, rate);
        }
        self.sound.0 += samples.len() as u64;
        out.push(Do::Hear(samples));
    }

    /// When, in the stream's sound.
    fn at(&self) -> Option<u64> {
        let (samples, rate) = self.sound;
        Some(samples.saturating_mul(1000) / u64::from(rate.max(1)))
    }

    /// The recogniser heard something.
    pub fn heard(&mut self, event: intents::voice::StreamEvent, now: Duration) -> Vec<Do> {
        use intents::voice::StreamEvent;
        let mut out = Vec::new();
        let timestamp = self.at();
        match event {
            StreamEvent::Woken(name) => {
                self.attentive = true;
                out.push(Do::Send(Message::Detection(Detection {
                    name: Some(name),
                    timestamp,
                })));
                out.push(Do::Send(self.transcribe()));
                if self.audible {
                    out.push(Do::Play(Earcon::Woken));
                }
            }
            StreamEvent::Speech => {
                self.silent_until = None;
                out.push(Do::Send(Message::VoiceStarted(At { timestamp })));
            }
            StreamEvent::Partial(_) => {}
            StreamEvent::Final(utterance) => {
                out.push(Do::Send(Message::VoiceStopped(At { timestamp })));
                if self.stream == Some(Mode::Command) {
                    self.stream = None;
                    self.silent_until = None;
                }
                if utterance.text.is_empty() {
                    self.nothing(&mut out, now);
                } else {
                    out.push(Do::Tell(utterance));
                }
            }
            StreamEvent::Error(reason) => {
                let mode = self.stream.take();
                self.retry_at = now + RETRY;
                out.push(Do::Drop);
                if mode != Some(Mode::Command) && !self.attentive {
                    // Nobody waits for anything: it is tried again with the next sound.
                    tracing::debug!("a satellite's stream broke: {reason}");
                    self.wanted = self.pipeline;
                    return out;
                }
                out.push(Do::Send(Message::Error(Failure {
                    text: reason,
                    code: Some("stt-stream-failed".to_owned()),
                })));
                self.finish(&mut out, "", now);
            }
        }
        out
    }

    /// The stream is over without a word: the worker was replaced, or there is none.
    pub fn lost(&mut self, now: Duration) -> Vec<Do> {
        let mut out = Vec::new();
        if let Some(mode) = self.stream.take() {
            out.push(Do::Drop);
            if mode != Mode::Command || self.silent_until.is_some() {
                self.wanted = Some(mode);
            } else {
                self.finish(&mut out, "", now);
            }
        }
        out
    }

    /// Nothing of use was said.
    fn nothing(&mut self, out: &mut Vec<Do>, now: Duration) {
        if self.attentive {
            if self.audible {
                out.push(Do::Play(Earcon::NotUnderstood));
            }
            self.finish(out, "", now);
        }
    }

    /// What became of what was heard, and its text.
    pub fn said(&mut self, verdict: Verdict, now: Duration) -> Vec<Do> {
        let mut out = Vec::new();
        match verdict {
            Verdict::Sentence(text) => self.untold = Some((text, now + ANSWER)),
            Verdict::Nothing => self.nothing(&mut out, now),
        }
        out
    }

    /// Listens without a wake word, once.
    fn ask_again(&mut self, now: Duration, out: &mut Vec<Do>) {
        if self.stream.take().is_some() {
            out.push(Do::Drop);
        }
        self.attentive = true;
        self.listen(Mode::Command, now, out);
    }

    /// Somebody pressed a button to talk: what follows counts, without a wake word.
    pub fn called(&mut self, now: Duration) -> Vec<Do> {
        let mut out = Vec::new();
        if self.pipeline.is_some() {
            if self.audible {
                out.push(Do::Play(Earcon::Woken));
            }
            self.ask_again(now, &mut out);
        }
        out
    }

    /// The home has something to say: an answer, a question, or news.
    pub fn reply(&mut self, reply: Reply, now: Duration) -> Vec<Do> {
        let mut out = Vec::new();
        self.question = reply.confirm && self.pipeline.is_some();
        if !self.question
            && let Some((text, _)) = self.untold.take()
        {
            self.finish(&mut out, &text, now);
        }
        if self.audible {
            out.push(Do::Speak(reply));
        } else if self.question {
            self.spoken(now, &mut out);
        }
        out
    }

    /// What was to be said is on its way, `text` as sound of this length; with `text` none it is a tone.
    pub fn speaking(&mut self, text: Option<&str>, length: Duration, now: Duration) -> Vec<Do> {
        let mut out = Vec::new();
        if let Some(text) = text {
            out.push(Do::Send(Message::Synthesize(Synthesize {
                text: text.to_owned(),
                voice: Some(Speaker {
                    name: None,
                    language: Some(self.language.clone()),
                }),
            })));
        }
        self.mute_until = Some(now + length + ECHO);
        self.spoken(now + length, &mut out);
        out
    }

    /// Whoever was asked something is listened to.
    fn spoken(&mut self, now: Duration, out: &mut Vec<Do>) {
        if std::mem::take(&mut self.question) {
            self.untold = None;
            self.ask_again(now, out);
        }
    }

    /// Tells the satellite what was heard, and listens as before.
    fn finish(&mut self, out: &mut Vec<Do>, text: &str, now: Duration) {
        self.untold = None;
        self.attentive = false;
        self.silent_until = None;
        out.push(Do::Send(Message::Transcript(Text::new(text))));
        if self.stream == Some(Mode::Command) {
            self.stream = None;
            out.push(Do::Drop);
        }
        match self.pipeline {
            Some(mode) if self.restart => {
                if self.stream.is_none() && self.wanted.is_none() {
                    self.listen(mode, now, out);
                }
            }
            _ => {
                self.pipeline = None;
                self.wanted = None;
            }
        }
    }

    /// When [`Self::tick`] wants to be called.
    #[must_use]
    pub fn deadline(&self) -> Duration {
        let untold = self.untold.as_ref().map(|(_, at)| *at);
        let info = self.name.is_none().then_some(self.since + INFO);
        [untold, info, self.silent_until]
            .into_iter()
            .flatten()
            .fold(self.ping_at, Duration::min)
    }

    /// Time has passed.
    pub fn tick(&mut self, now: Duration) -> Vec<Do> {
        let mut out = Vec::new();
        if self.name.is_none() && now >= self.since + INFO {
            return vec![Do::Leave("it does not say what it is")];
        }
        if self.pong.is_some_and(|at| now >= at + PONG) {
            return vec![Do::Leave("it does not answer any more")];
        }
        if now >= self.ping_at {
            self.ping_at = now + PING;
            out.push(Do::Send(Message::Ping(Echo { text: None })));
        }
        if self.untold.as_ref().is_some_and(|(_, at)| now >= *at)
            && let Some((text, _)) = self.untold.take()
        {
            self.finish(&mut out, &text, now);
        }
        if self.silent_until.is_some_and(|at| now >= at) {
            self.silent_until = None;
            out.push(Do::Send(Message::Error(Failure {
                text: "nobody spoke".to_owned(),
                code: Some("stt-no-text-recognized".to_owned()),
            })));
            self.nothing(&mut out, now);
        }
        out
    }
}

#[cfg(test)]
mod tests;
