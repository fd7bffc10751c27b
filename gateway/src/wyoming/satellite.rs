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
mod tests {
    use super::super::message::{Format, Info};
    use super::*;
    use intents::voice::{StreamEvent, Utterance};
    use serde_json::json;

    const SOUND: Format = Format {
        rate: 16_000,
        width: 2,
        channels: 1,
        timestamp: None,
    };

    const fn at(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    /// What is done, in short.
    fn short(todo: &[Do]) -> String {
        let words: Vec<String> = todo
            .iter()
            .map(|act| match act {
                Do::Send(Message::Transcript(text)) => {
                    format!("transcript={}", text.text.clone().unwrap_or_default())
                }
                Do::Send(message) => message.kind().to_owned(),
                Do::Play(earcon) => format!("{earcon:?}"),
                Do::Speak(reply) => format!("say={}", reply.text),
                Do::Open { wake, again, .. } => format!("open{wake:?}{again}"),
                Do::Hear(samples) => format!("hear{}", samples.len()),
                Do::End => "end".to_owned(),
                Do::Drop => "drop".to_owned(),
                Do::Tell(utterance) => format!("tell={}", utterance.text),
                Do::Leave(why) => format!("leave: {why}"),
            })
            .collect();
        words.join(" ")
    }

    /// A satellite that has said what it is.
    fn greeted(wake: &[&str]) -> Satellite {
        let wake = wake.iter().map(|word| (*word).to_owned()).collect();
        let (mut satellite, todo) = Satellite::new(wake, "ko".to_owned(), at(0));
        assert_eq!(short(&todo), "describe");
        let info = json!({"satellite": {"name": "Kitchen", "area": null}, "asr": []});
        let info = Message::Info(Info {
            programs: info.as_object().cloned().unwrap(),
        });
        assert_eq!(short(&satellite.came(info, &[], at(0))), "run-satellite");
        satellite
    }

    fn run(start: &str) -> Message {
        Message::RunPipeline(RunPipeline {
            start_stage: start.to_owned(),
            end_stage: "tts".to_owned(),
            ..RunPipeline::default()
        })
    }

    fn sound(satellite: &mut Satellite, seconds: u64) -> String {
        short(&satellite.came(Message::AudioChunk(SOUND), &[0; 640], at(seconds)))
    }

    fn heard(text: &str) -> StreamEvent {
        StreamEvent::Final(Utterance {
            text: text.to_owned(),
            ..Utterance::default()
        })
    }

    fn reply(text: &str, confirm: bool) -> Reply {
        Reply {
            text: text.to_owned(),
            language: None,
            ok: true,
            confirm,
        }
    }

    /// It sends all its sound, and the wake word is found in it here.
    #[test]
    fn a_satellite_that_always_streams() {
        let mut it = greeted(&["okay_nabu"]);
        assert_eq!(sound(&mut it, 1), "", "nothing was asked for yet");
        assert_eq!(short(&it.came(run("wake"), &[], at(1))), "detect");
        assert_eq!(sound(&mut it, 1), r#"open["okay_nabu"]true hear320"#);
        assert_eq!(sound(&mut it, 2), "hear320");
        let woken = it.heard(StreamEvent::Woken("okay_nabu".to_owned()), at(2));
        assert_eq!(short(&woken), "detection transcribe Woken");
        assert_eq!(
            short(&it.heard(StreamEvent::Speech, at(3))),
            "voice-started"
        );
        assert_eq!(
            short(&it.heard(heard("불 켜 줘"), at(4))),
            "voice-stopped tell=불 켜 줘"
        );
        let verdict = Verdict::Sentence("불 켜 줘".to_owned());
        assert_eq!(short(&it.said(verdict, at(4))), "");
        assert_eq!(
            short(&it.reply(reply("켰어요", false), at(4))),
            "transcript=불 켜 줘 say=켰어요"
        );
        assert_eq!(
            short(&it.speaking(Some("켰어요"), at(1), at(4))),
            "synthesize"
        );
        assert_eq!(sound(&mut it, 5), "hear320", "it listens all the time");
        // Talk without the wake word is nobody's business, and no reason for a tone.
        assert_eq!(short(&it.heard(heard(""), at(9))), "voice-stopped");
    }

    /// It woke by itself, and stops sending when it is told what was heard.
    #[test]
    fn a_satellite_that_wakes_by_itself() {
        let mut it = greeted(&[]);
        assert_eq!(short(&it.came(run("asr"), &[], at(1))), "transcribe");
        assert_eq!(sound(&mut it, 1), "open[]false hear320");
        it.heard(StreamEvent::Speech, at(1));
        it.heard(heard("불 켜 줘"), at(2));
        assert_eq!(sound(&mut it, 2), "", "one command was asked for");
        it.said(Verdict::Sentence("불 켜 줘".to_owned()), at(2));
        // The devices do not answer: it is released all the same.
        assert_eq!(short(&it.tick(at(5))), "transcript=불 켜 줘");
        assert_eq!(
            short(&it.reply(reply("켰어요", false), at(6))),
            "say=켰어요"
        );
    }

    /// A button was pressed in its room: the next words count, and then the wake word is wanted again.
    #[test]
    fn a_satellite_that_is_called() {
        let mut it = greeted(&["okay_nabu"]);
        assert_eq!(short(&it.called(at(1))), "", "it is not listened to yet");
        it.came(run("wake"), &[], at(1));
        sound(&mut it, 1);
        let called = short(&it.called(at(2)));
        assert!(called.starts_with("Woken drop"), "{called}");
        assert_eq!(sound(&mut it, 2), "open[]false hear320");
        it.heard(StreamEvent::Speech, at(3));
        let said = short(&it.heard(heard("불 켜 줘"), at(4)));
        assert!(said.contains("tell=불 켜 줘"), "{said}");
        it.said(Verdict::Sentence("불 켜 줘".to_owned()), at(4));
        it.reply(reply("켰어요", false), at(4));
        it.speaking(Some("켰어요"), at(1), at(4));
        let next = (5..12)
            .map(|second| sound(&mut it, second))
            .find(|todo| todo.contains("open"));
        assert_eq!(next.as_deref(), Some(r#"open["okay_nabu"]true hear320"#));
    }

    #[test]
    fn who_says_nothing_after_the_wake_word_is_told_so() {
        let mut it = greeted(&[]);
        it.came(run("asr"), &[], at(1));
        sound(&mut it, 1);
        assert_eq!(it.deadline(), at(9));
        assert_eq!(
            short(&it.tick(at(9))),
            "error NotUnderstood transcript= drop"
        );
    }

    #[test]
    fn a_question_is_listened_to_without_a_wake_word() {
        let mut it = greeted(&["okay_nabu"]);
        it.came(run("wake"), &[], at(1));
        sound(&mut it, 1);
        it.heard(StreamEvent::Woken("okay_nabu".to_owned()), at(2));
        it.heard(heard("문 열어 줘"), at(3));
        it.said(Verdict::Sentence("문 열어 줘".to_owned()), at(3));
        assert_eq!(
            short(&it.reply(reply("정말요?", true), at(3))),
            "say=정말요?",
            "the satellite is not told that it is over"
        );
        assert_eq!(
            short(&it.speaking(Some("정말요?"), at(1), at(3))),
            "synthesize drop transcribe"
        );
        assert_eq!(sound(&mut it, 4), "", "its own voice");
        assert_eq!(sound(&mut it, 5), "open[]false hear320");
        it.heard(heard("네"), at(6));
        it.said(Verdict::Sentence("네".to_owned()), at(6));
        assert_eq!(
            short(&it.reply(reply("열었어요", false), at(6))),
            "transcript=네 detect say=열었어요"
        );
        assert_eq!(sound(&mut it, 7), r#"open["okay_nabu"]true hear320"#);
    }

    #[test]
    fn sound_may_end_and_begin_again() {
        let mut it = greeted(&[]);
        assert_eq!(short(&it.came(run("wake"), &[], at(1))), "transcribe");
        assert_eq!(sound(&mut it, 1), "open[]true hear320");
        let stop = Message::AudioStop(At::default());
        assert_eq!(short(&it.came(stop, &[], at(2))), "end");
        assert_eq!(short(&it.heard(heard(""), at(2))), "voice-stopped");
        assert_eq!(short(&it.came(run("wake"), &[], at(3))), "drop transcribe");
        assert_eq!(sound(&mut it, 3), "open[]true hear320");
    }

    #[test]
    fn a_broken_stream_is_opened_again_but_not_at_once() {
        let mut it = greeted(&[]);
        it.came(run("wake"), &[], at(1));
        sound(&mut it, 1);
        let error = StreamEvent::Error("the speech worker ended".to_owned());
        assert_eq!(short(&it.heard(error, at(2))), "drop");
        assert_eq!(sound(&mut it, 3), "");
        assert_eq!(sound(&mut it, 4), "open[]true hear320");
        assert_eq!(short(&it.lost(at(5))), "drop");
        assert_eq!(sound(&mut it, 5), "open[]true hear320");
    }

    #[test]
    fn what_is_no_satellite_is_left() {
        let (mut it, _) = Satellite::new(Vec::new(), "en".to_owned(), at(0));
        let info = Message::Info(Info::default());
        assert_eq!(
            short(&it.came(info, &[], at(0))),
            "leave: it is no satellite"
        );
        assert_eq!(short(&it.tick(at(10))), "leave: it does not say what it is");
        let mut it = greeted(&[]);
        it.came(Message::Pong(Echo::default()), &[], at(1));
        assert_eq!(short(&it.tick(at(10))), "ping");
        assert_eq!(
            short(&it.tick(at(26))),
            "leave: it does not answer any more"
        );
        let mut it = greeted(&[]);
        it.came(run("asr"), &[], at(1));
        let odd = Message::AudioChunk(Format { rate: 1, ..SOUND });
        assert_eq!(
            short(&it.came(odd, &[0; 64], at(1))),
            "leave: its sound cannot be used"
        );
    }

    /// Whatever comes in whatever order: sound goes only where a stream is open, and nothing panics.
    fn any() -> impl proptest::strategy::Strategy<Value = Vec<(u8, u16)>> {
        proptest::collection::vec((proptest::prelude::any::<u8>(), 0_u16..3000), 0..80)
    }

    proptest::proptest! {
        #[test]
        fn any_order_of_events_is_survived(steps in any(), wake in proptest::prelude::any::<bool>()) {
            let mut it = greeted(if wake { &["okay_nabu"] } else { &[] });
            let mut now = at(0);
            let mut open = false;
            for (what, ms) in steps {
                now += Duration::from_millis(ms.into());
                let todo = match what % 16 {
                    0 => it.came(run("wake"), &[], now),
                    1 => it.came(run("asr"), &[], now),
                    2 => it.came(Message::AudioStop(At::default()), &[], now),
                    3 => it.came(Message::Played(Nothing {}), &[], now),
                    4 => it.came(Message::Detection(Detection::default()), &[], now),
                    5 if open => it.heard(StreamEvent::Woken("x".to_owned()), now),
                    6 if open => it.heard(StreamEvent::Speech, now),
                    7 if open => it.heard(heard("on"), now),
                    8 if open => it.heard(heard(""), now),
                    9 if open => it.heard(StreamEvent::Error("no".to_owned()), now),
                    10 => it.said(Verdict::Nothing, now),
                    11 => it.said(Verdict::Sentence("on".to_owned()), now),
                    12 => it.reply(reply("yes", what > 128), now),
                    13 => it.speaking(Some("yes"), at(1), now),
                    14 => it.lost(now),
                    15 => it.tick(now),
                    _ => it.came(Message::AudioChunk(SOUND), &[0; 64], now),
                };
                for act in todo {
                    match act {
                        Do::Open { .. } => open = true,
                        Do::Drop => open = false,
                        Do::Hear(_) => assert!(open),
                        _ => {}
                    }
                }
            }
        }
    }
}
