//! When a speaker falls silent: energy against a floor that follows the room's noise.
//!
//! Deliberately simple and deterministic. It ends an utterance half a second earlier than Vosk's own
//! end-pointing does, and it only listens for the end: what is speech is the recogniser's business.

use std::time::Duration;

/// How long one frame is.
const FRAME: Duration = Duration::from_millis(20);

/// Louder than the floor by this much is speech, in dB.
const MARGIN: f32 = 9.0;

/// Softer than this is never speech, in dB of full scale.
const SILENCE: f32 = -55.0;

/// What the detector says of the sound so far.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Heard {
    /// Nothing yet.
    Waiting,
    /// Speech, or a short pause in it.
    Speech,
    /// Speech, and silence after it for long enough.
    Over,
}

/// Listens for the end of speech.
#[derive(Debug)]
pub(crate) struct Vad {
    frame: usize,
    pending: Vec<i16>,
    floor: f32,
    voiced: u32,
    silent: u32,
    speech: bool,
    needed: u32,
    pause: u32,
}

impl Vad {
    /// For so many samples per second; `pause` of silence ends an utterance.
    pub(crate) fn new(rate: u32, pause: Duration) -> Self {
        let frames = |time: Duration| {
            u32::try_from(time.as_millis() / FRAME.as_millis()).unwrap_or(u32::MAX)
        };
        Self {
            frame: usize::try_from(rate).unwrap_or(16_000) / 50,
            pending: Vec::new(),
            floor: -50.0,
            voiced: 0,
            silent: 0,
            speech: false,
            needed: frames(Duration::from_millis(100)),
            pause: frames(pause),
        }
    }

    /// Takes sound.
    pub(crate) fn accept(&mut self, samples: &[i16]) -> Heard {
        self.pending.extend_from_slice(samples);
        let frame = self.frame.max(1);
        let pending = std::mem::take(&mut self.pending);
        let mut frames = pending.chunks_exact(frame);
        for samples in frames.by_ref() {
            self.frame(level(samples));
        }
        self.pending = frames.remainder().to_vec();
        match (self.speech, self.silent >= self.pause) {
            (false, _) => Heard::Waiting,
            (true, false) => Heard::Speech,
            (true, true) => Heard::Over,
        }
    }

    fn frame(&mut self, level: f32) {
        let loud = level > (self.floor + MARGIN).max(SILENCE);
        if loud {
            self.voiced += 1;
            self.silent = 0;
            // A room that stays loud is noise, not speech: rise by 1 dB a second.
            self.floor += 0.02;
        } else {
            self.silent += 1;
            if !self.speech {
                self.voiced = 0;
            }
            // Down at once, up slowly.
            let share = if level < self.floor { 0.3 } else { 0.02 };
            self.floor += (level.max(-75.0) - self.floor) * share;
        }
        if self.voiced >= self.needed {
            self.speech = true;
        }
    }
}

/// The level of a frame in dB of full scale.
fn level(samples: &[i16]) -> f32 {
    let sum: f32 = samples
        .iter()
        .map(|s| {
            let s = f32::from(*s) / 32_768.0;
            s * s
        })
        .sum();
    #[allow(clippy::cast_precision_loss)] // some hundred samples
    let mean = sum / samples.len().max(1) as f32;
    10.0 * mean.max(1e-10).log10()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `loudness` of full scale for so many milliseconds at 16 kHz.
    fn tone(loudness: f32, ms: usize) -> Vec<i16> {
        (0..ms * 16)
            .map(|i| {
                #[allow(clippy::cast_precision_loss, clippy::cast_possible_truncation)]
                let s = ((i as f32 * 0.3).sin() * loudness * 32_767.0) as i16;
                s
            })
            .collect()
    }

    #[test]
    fn speech_ends_after_a_pause_and_not_in_one() {
        let mut vad = Vad::new(16_000, Duration::from_millis(600));
        assert_eq!(vad.accept(&tone(0.001, 500)), Heard::Waiting);
        assert_eq!(vad.accept(&tone(0.2, 60)), Heard::Waiting);
        assert_eq!(vad.accept(&tone(0.2, 400)), Heard::Speech);
        assert_eq!(vad.accept(&tone(0.001, 400)), Heard::Speech);
        assert_eq!(vad.accept(&tone(0.2, 400)), Heard::Speech);
        assert_eq!(vad.accept(&tone(0.001, 580)), Heard::Speech);
        assert_eq!(vad.accept(&tone(0.001, 40)), Heard::Over);
    }

    #[test]
    fn a_click_is_no_speech_and_steady_noise_neither() {
        let mut vad = Vad::new(16_000, Duration::from_millis(600));
        vad.accept(&tone(0.001, 300));
        assert_eq!(vad.accept(&tone(0.5, 40)), Heard::Waiting);
        assert_eq!(vad.accept(&tone(0.001, 900)), Heard::Waiting);
        let mut vad = Vad::new(16_000, Duration::from_millis(600));
        assert_eq!(vad.accept(&tone(0.006, 3000)), Heard::Waiting);
    }
}
