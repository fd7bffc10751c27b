//! One stream of sound in the worker: its ear, and its turn while somebody speaks.

use std::time::{Duration, Instant};

use super::recognizer::Ears;
use super::sources::Recorder;
use super::turn::Turn;
use crate::ear::{self, Ear, Event, Resampler};
use crate::voice::protocol::{Reply, Utterance};

/// Time between two partial results.
const PARTIAL: Duration = Duration::from_millis(250);

/// What became of a stream.
pub(super) enum Outcome {
    /// It goes on.
    Open,
    /// Everything was told.
    Over,
    /// It cannot go on.
    Failed(String),
}

/// A stream under way.
pub(super) struct Stream {
    pub(super) id: u32,
    /// When sound came last.
    pub(super) heard: Instant,
    ear: Ear,
    again: bool,
    resampler: Option<Resampler>,
    turn: Option<Turn>,
    told: Instant,
    partial: String,
    _recorder: Option<Recorder>,
}

impl Stream {
    pub(super) fn new(id: u32, rate: u32, ear: Ear, again: bool) -> Self {
        let now = Instant::now();
        Self {
            id,
            heard: now,
            ear,
            again,
            resampler: Resampler::new(rate),
            turn: None,
            told: now,
            partial: String::new(),
            _recorder: None,
        }
    }

    /// The same, with the recorder its sound comes from, which lives as long.
    pub(super) fn with(mut self, recorder: Recorder) -> Self {
        self._recorder = Some(recorder);
        self
    }

    /// Takes sound that came at this moment.
    pub(super) fn accept(
        &mut self,
        ears: &Ears,
        samples: &[i16],
        at: Instant,
        replies: &mut Vec<Reply>,
    ) -> Outcome {
        self.heard = at;
        let resampled;
        let samples = match &mut self.resampler {
            Some(resampler) => {
                resampled = resampler.accept(samples);
                &resampled
            }
            None => samples,
        };
        let mut events = Vec::new();
        let mut left = samples.len();
        // Frame by frame: where an utterance ends by its words, what follows is no more of it.
        for piece in samples.chunks(ear::FRAME) {
            left -= piece.len();
            self.ear.accept(piece, &mut events);
            let only_sound = events.iter().all(|e| matches!(e, Event::Sound(_)));
            if only_sound && left > 0 {
                continue;
            }
            let behind = Duration::from_secs(left as u64) / ear::RATE;
            let then = at.checked_sub(behind).unwrap_or(at);
            match self.follow(ears, std::mem::take(&mut events), then, replies) {
                Ok(true) if !self.again => return Outcome::Over,
                Ok(_) => {}
                Err(reason) => return Outcome::Failed(reason),
            }
        }
        Outcome::Open
    }

    /// No more sound comes.
    pub(super) fn end(&mut self, ears: &Ears, at: Instant, replies: &mut Vec<Reply>) -> Outcome {
        let mut events = Vec::new();
        self.ear.end(&mut events);
        match self.follow(ears, events, at, replies) {
            Ok(_) => Outcome::Over,
            Err(reason) => Outcome::Failed(reason),
        }
    }

    /// Does what the ear says; true when an utterance is over.
    fn follow(
        &mut self,
        ears: &Ears,
        events: Vec<Event>,
        at: Instant,
        replies: &mut Vec<Reply>,
    ) -> Result<bool, String> {
        let id = self.id;
        let mut over = false;
        for event in events {
            match event {
                Event::Woken(wake) => replies.push(Reply::Woken { id, wake }),
                Event::Speech => replies.push(Reply::Speech { id }),
                Event::Sound(samples) => self.sound(ears, &samples, replies)?,
                Event::ShortPause | Event::MediumPause => {
                    let known = match &mut self.turn {
                        Some(turn) if event == Event::ShortPause => turn.short_pause(ears)?,
                        Some(turn) => turn.medium_pause(),
                        None => false,
                    };
                    if known {
                        let mut events = Vec::new();
                        self.ear.close(&mut events);
                        over |= self.follow(ears, events, at, replies)?;
                    }
                }
                Event::GoesOn => {
                    if let Some(turn) = &mut self.turn {
                        turn.goes_on(ears)?;
                    }
                }
                Event::Over { ended, quiet_ms } => {
                    let mut said = match self.turn.take() {
                        Some(turn) => turn.finish(ended),
                        None => Utterance {
                            ended,
                            ..Utterance::default()
                        },
                    };
                    said.id = id;
                    let after = u32::try_from(at.elapsed().as_millis()).unwrap_or(u32::MAX);
                    said.since_ms = quiet_ms.map_or(0, |quiet| quiet.saturating_add(after));
                    replies.push(Reply::Final(said));
                    over = true;
                }
            }
        }
        Ok(over)
    }

    fn sound(
        &mut self,
        ears: &Ears,
        samples: &[i16],
        replies: &mut Vec<Reply>,
    ) -> Result<(), String> {
        let turn = match &mut self.turn {
            Some(turn) => turn,
            none => {
                self.partial.clear();
                self.told = Instant::now();
                none.insert(Turn::begin(ears)?)
            }
        };
        turn.accept(samples);
        if self.told.elapsed() >= PARTIAL {
            self.told = Instant::now();
            if let Some(text) = turn.partial()
                && text != self.partial
            {
                self.partial.clone_from(&text);
                replies.push(Reply::Partial { id: self.id, text });
            }
        }
        Ok(())
    }
}
