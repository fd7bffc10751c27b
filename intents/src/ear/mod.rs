//! The ear: sound in, and out comes when somebody speaks to us, and the sound of it.
//!
//! The contract: [`Ear::accept`] takes 16 kHz sound in pieces of any length and appends [`Event`]s; the same
//! sound gives the same events however it is cut. It reads no clock: time is the sound's own. Memory is
//! bounded by the pre-roll; a limit ends what will not end.

mod resample;
mod vad;
pub mod wake;

use std::sync::Arc;

pub use resample::Resampler;
pub use vad::Vad;
use wake::{Features, Listener, WakeWord};

use crate::voice::protocol::Ended;

/// Samples per second.
pub const RATE: u32 = 16_000;

/// Samples of one frame: 10 ms.
pub const FRAME: usize = 160;

/// Frames of so many milliseconds.
const fn frames(ms: u32) -> u32 {
    ms / 10
}

/// Silence that ends an utterance.
const PAUSE: u32 = frames(600);

/// Silence behind a sentence that is over, as far as its words tell.
pub const SHORT_PAUSE: u32 = frames(80);

/// Silence behind a sentence that could go on.
pub const MEDIUM_PAUSE: u32 = frames(350);

/// Sound kept from before speech was certain.
const BEFORE: u32 = frames(400);

/// So much of it voiced makes speech.
const SPEECH: u32 = frames(100);

/// An utterance is no longer.
const LIMIT: u32 = frames(20_000);

/// Who is being listened to begins to speak within this time.
const PATIENCE: u32 = frames(8_000);

/// So much of it makes speech after a wake word, whose end may still be heard.
const SPEECH_AFTER_WAKE: u32 = frames(200);

/// Sound kept from before a wake word was certain: whoever speaks on at once has begun by then.
const BEFORE_WOKEN: usize = frames(60) as usize;

/// After a wake word somebody speaks within this time.
const PATIENCE_AFTER_WAKE: u32 = frames(5_000);

/// What the ear tells.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// This wake word was said.
    Woken(String),
    /// Somebody begins to speak.
    Speech,
    /// Sound of an utterance.
    Sound(Vec<i16>),
    /// Nobody has spoken for [`SHORT_PAUSE`]: whoever knows that the utterance is over calls [`Ear::close`].
    ShortPause,
    /// Nobody has spoken for [`MEDIUM_PAUSE`].
    MediumPause,
    /// The utterance goes on after a pause.
    GoesOn,
    /// The utterance is over.
    Over {
        /// Why.
        ended: Ended,
        /// Milliseconds of sound since the last voiced moment; none when nobody spoke.
        quiet_ms: Option<u32>,
    },
}

/// What to listen for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Options {
    /// After an utterance the next one.
    pub again: bool,
    /// The ear finds where the utterance begins and ends; otherwise all sound is one utterance.
    pub until_silence: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// For a wake word.
    Asleep,
    /// For speech, since so many frames.
    Waiting(u32),
    /// An utterance is under way, since so many frames.
    Speaking(u32),
    /// There is nothing more to hear.
    Done,
}

/// Listens to one stream of sound; see the module.
#[derive(Clone, Debug)]
pub struct Ear {
    options: Options,
    state: State,
    vad: Vad,
    /// Less than a frame.
    rest: Vec<i16>,
    /// The last sound before speech.
    before: Vec<i16>,
    /// Sound to hand on.
    sound: Vec<i16>,
    /// Voiced frames, of late.
    voiced: u32,
    /// Frames since the last voiced one; none: there was none.
    quiet: Option<u32>,
    spoke: bool,
    /// What a wake word is heard by.
    features: Features,
    wake: Vec<Listener>,
}

impl Ear {
    /// An ear that has heard nothing yet; with wake words only what follows one counts.
    #[must_use]
    pub fn new(options: Options, wake: &[Arc<WakeWord>]) -> Self {
        let mut ear = Self {
            features: Features::new(),
            wake: wake
                .iter()
                .map(|word| Listener::new(Arc::clone(word)))
                .collect(),
            options,
            state: State::Waiting(0),
            vad: Vad::new(),
            rest: Vec::new(),
            before: Vec::new(),
            sound: Vec::new(),
            voiced: 0,
            quiet: None,
            spoke: false,
        };
        ear.begin();
        ear
    }

    /// Whether the ear finds where utterances begin and end.
    const fn finds(&self) -> bool {
        self.options.until_silence || self.options.again || self.wakes()
    }

    const fn wakes(&self) -> bool {
        !self.wake.is_empty()
    }

    /// Waits for an utterance.
    fn begin(&mut self) {
        self.voiced = 0;
        self.quiet = None;
        self.spoke = false;
        self.state = if self.wakes() {
            for listener in &mut self.wake {
                listener.forget();
            }
            self.before.clear();
            State::Asleep
        } else if self.finds() {
            State::Waiting(0)
        } else {
            State::Speaking(0)
        };
    }

    /// Takes sound.
    pub fn accept(&mut self, samples: &[i16], events: &mut Vec<Event>) {
        self.rest.extend_from_slice(samples);
        let rest = std::mem::take(&mut self.rest);
        let mut frames = rest.chunks_exact(FRAME);
        for frame in frames.by_ref() {
            self.frame(frame, events);
        }
        self.rest = frames.remainder().to_vec();
        self.flush(events);
    }

    /// No more sound comes: ends what is under way. Always ends in an [`Event::Over`], unless there was one
    /// already.
    pub fn end(&mut self, events: &mut Vec<Event>) {
        if self.state == State::Done {
            return;
        }
        if matches!(self.state, State::Speaking(_)) {
            let rest = std::mem::take(&mut self.rest);
            self.sound.extend_from_slice(&rest);
        }
        self.over(Ended::End, events);
        self.state = State::Done;
    }

    /// The utterance is over, as its words tell: the next silence need not be waited for.
    pub fn close(&mut self, events: &mut Vec<Event>) {
        if matches!(self.state, State::Speaking(_)) {
            self.over(Ended::Silence, events);
        }
    }

    fn flush(&mut self, events: &mut Vec<Event>) {
        if self.sound.is_empty() {
            return;
        }
        if let Some(Event::Sound(last)) = events.last_mut() {
            last.append(&mut self.sound);
        } else {
            events.push(Event::Sound(std::mem::take(&mut self.sound)));
        }
    }

    fn over(&mut self, ended: Ended, events: &mut Vec<Event>) {
        self.flush(events);
        let quiet_ms = self.quiet.filter(|_| self.spoke).map(|quiet| quiet * 10);
        events.push(Event::Over { ended, quiet_ms });
        self.begin();
        if !self.options.again {
            self.state = State::Done;
        }
    }

    fn frame(&mut self, frame: &[i16], events: &mut Vec<Event>) {
        if self.state == State::Done {
            return;
        }
        let voiced = self.vad.frame(frame);
        if self.wakes() && self.woken(frame, events) {
            return;
        }
        let before = self.quiet.unwrap_or_default();
        if voiced {
            self.voiced += 1;
            self.quiet = Some(0);
        } else {
            self.quiet = self.quiet.map(|quiet| quiet + 1);
            // Clicks do not add up to speech.
            if !self.spoke && self.quiet.is_none_or(|quiet| quiet > 10) {
                self.voiced = 0;
            }
        }
        let (enough, patience) = if self.wakes() {
            (SPEECH_AFTER_WAKE, PATIENCE_AFTER_WAKE)
        } else {
            (SPEECH, PATIENCE)
        };
        let begins = !self.spoke && self.voiced >= enough;
        match self.state {
            State::Asleep | State::Done => {}
            State::Waiting(since) => {
                self.before.extend_from_slice(frame);
                let keep = BEFORE as usize * FRAME;
                let drop = self.before.len().saturating_sub(keep);
                self.before.drain(..drop);
                self.state = State::Waiting(since.saturating_add(1));
                if begins {
                    self.sound.append(&mut self.before);
                    self.state = State::Speaking(BEFORE);
                } else if since >= patience && (!self.options.again || self.wakes()) {
                    self.over(Ended::Nobody, events);
                    return;
                }
            }
            State::Speaking(since) => {
                self.sound.extend_from_slice(frame);
                self.state = State::Speaking(since.saturating_add(1));
                if since >= LIMIT {
                    self.over(Ended::Limit, events);
                    return;
                }
                if self.finds() && self.quiet.is_some_and(|quiet| quiet >= PAUSE) {
                    self.over(Ended::Silence, events);
                    return;
                }
                if self.finds() && self.spoke {
                    self.pause(before, events);
                }
            }
        }
        if begins {
            self.spoke = true;
            self.flush_before(events);
        }
    }

    /// Tells of pauses; `before` this frame nobody spoke for so many.
    fn pause(&mut self, before: u32, events: &mut Vec<Event>) {
        let event = match self.quiet {
            Some(0) if before >= SHORT_PAUSE => Event::GoesOn,
            Some(SHORT_PAUSE) => Event::ShortPause,
            Some(MEDIUM_PAUSE) => Event::MediumPause,
            _ => return,
        };
        self.flush(events);
        events.push(event);
    }

    /// Listens for a wake word; true while nothing else counts.
    fn woken(&mut self, frame: &[i16], events: &mut Vec<Event>) -> bool {
        let mut samples = [0; FRAME];
        samples.copy_from_slice(frame);
        // The noise is followed all the time.
        let features = self.features.accept(&samples);
        if self.state != State::Asleep {
            return false;
        }
        self.before.extend_from_slice(frame);
        let drop = self.before.len().saturating_sub(BEFORE_WOKEN * FRAME);
        self.before.drain(..drop);
        let heard = features.and_then(|features| {
            // Each hears all of it.
            let heard: Vec<bool> = self.wake.iter_mut().map(|l| l.accept(&features)).collect();
            heard.iter().position(|heard| *heard)
        });
        if let Some(listener) = heard.and_then(|at| self.wake.get(at)) {
            events.push(Event::Woken(listener.word().name().to_owned()));
            self.state = State::Waiting(0);
        }
        true
    }

    /// Speech began: that is told before its sound.
    fn flush_before(&mut self, events: &mut Vec<Event>) {
        events.push(Event::Speech);
        self.flush(events);
    }
}
