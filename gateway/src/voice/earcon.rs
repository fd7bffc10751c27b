//! Earcons: short tones that tell without words what Hearth did, or wants.

use std::f32::consts::TAU;

use super::sound::Sound;

/// What a tone tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Earcon {
    /// The wake word was heard: speak.
    Woken,
    /// It is done.
    Understood,
    /// It was not understood, or could not be done.
    NotUnderstood,
    /// Please say it again, or answer.
    Again,
}

/// Samples per second: what satellites play unless told otherwise.
const RATE: u32 = 22_050;

/// A fifth of full scale: heard in a room, and no fright at night.
const LOUDNESS: f32 = 6_500.0;

/// Fading in and out, so that nothing clicks.
const FADE_MS: f32 = 12.0;

/// Hertz (0: a rest) and milliseconds, one after the other.
const fn notes(earcon: Earcon) -> &'static [(f32, f32)] {
    match earcon {
        Earcon::Woken => &[(880.0, 90.0)],
        Earcon::Understood => &[(659.3, 80.0), (987.8, 130.0)],
        Earcon::NotUnderstood => &[(392.0, 120.0), (293.7, 180.0)],
        Earcon::Again => &[
            (587.3, 90.0),
            (0.0, 50.0),
            (587.3, 90.0),
            (0.0, 50.0),
            (784.0, 130.0),
        ],
    }
}

impl Earcon {
    /// Its tones.
    #[must_use]
    pub fn sound(self) -> Sound {
        let mut samples = Vec::new();
        for (hertz, ms) in notes(self) {
            tone(&mut samples, *hertz, *ms);
        }
        Sound {
            rate: RATE,
            samples,
        }
    }
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_precision_loss,
    clippy::cast_sign_loss,
    reason = "some thousand samples between -6500 and 6500"
)]
fn tone(samples: &mut Vec<i16>, hertz: f32, ms: f32) {
    let rate = RATE as f32;
    let count = (ms * rate / 1000.0) as usize;
    let fade = FADE_MS * rate / 1000.0;
    samples.extend((0..count).map(|i| {
        let edge = (i as f32).min((count - i) as f32);
        let level = (edge / fade).min(1.0) * LOUDNESS;
        (level * (TAU * hertz * i as f32 / rate).sin()) as i16
    }));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn earcons_are_short_soft_and_end_in_silence() {
        let all = [
            Earcon::Woken,
            Earcon::Understood,
            Earcon::NotUnderstood,
            Earcon::Again,
        ];
        for earcon in all {
            let sound = earcon.sound();
            assert!((50..500).contains(&sound.milliseconds()), "{earcon:?}");
            let loudest = sound
                .samples
                .iter()
                .map(|s| s.unsigned_abs())
                .max()
                .unwrap();
            assert!((5_000..=6_500).contains(&loudest), "{earcon:?}: {loudest}");
            assert!(sound.samples.last().unwrap().unsigned_abs() < 100);
        }
        let sounds: Vec<_> = all.iter().map(|earcon| earcon.sound()).collect();
        assert!(
            sounds
                .iter()
                .enumerate()
                .all(|(i, a)| !sounds[i + 1..].contains(a))
        );
    }
}
