//! One stream of sound in the worker: its ear, and its recogniser while somebody speaks.

use std::time::{Duration, Instant};

use super::recognizer::{Ears, Listening};
use super::sources::Recorder;
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
    listening: Option<Box<Listening>>,
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
            listening: None,
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
        let mut events = Vec::new();
        match &mut self.resampler {
            Some(resampler) => self.ear.accept(&resampler.accept(samples), &mut events),
            None => self.ear.accept(samples, &mut events),
        }
        match self.follow(ears, events, at, replies) {
            Ok(true) if !self.again => Outcome::Over,
            Ok(_) => Outcome::Open,
            Err(reason) => Outcome::Failed(reason),
        }
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
                Event::Over { ended, quiet_ms } => {
                    let mut said = match self.listening.take() {
                        Some(listening) => listening.finish(ended),
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
        let listening = match &mut self.listening {
            Some(listening) => listening,
            none => {
                let begun = ears.listen(ear::RATE).map_err(|error| error.to_string())?;
                self.partial.clear();
                self.told = Instant::now();
                none.insert(Box::new(begun))
            }
        };
        // The ear has the limit.
        let _ = listening.accept(samples);
        if self.told.elapsed() >= PARTIAL {
            self.told = Instant::now();
            let text = listening.partial();
            if text != self.partial {
                self.partial.clone_from(&text);
                replies.push(Reply::Partial { id: self.id, text });
            }
        }
        Ok(())
    }
}
