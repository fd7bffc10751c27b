//! Sound of any rate to the ear's 16 kHz.
//!
//! A windowed sinc, evaluated from a table of [`PHASES`] steps between two samples: what lies above half the
//! lower rate is 60 dB down, and a rate needs no common divisor with the other.

use super::RATE;

/// Positions between two samples that the table knows.
const PHASES: usize = 128;

/// Zero crossings on each side of the middle.
const CROSSINGS: usize = 12;

/// Makes 16 kHz of another rate, piece by piece.
#[derive(Clone, Debug)]
pub struct Resampler {
    /// Rows of taps, one for each phase.
    table: Vec<f32>,
    taps: usize,
    /// Sound that later samples still need.
    held: Vec<f32>,
    /// Where the next sample lies in `held`, in parts of `RATE`.
    at: u64,
    rate: u64,
}

impl Resampler {
    /// For so many samples per second; none when it is the ear's rate already.
    #[must_use]
    #[expect(
        clippy::cast_precision_loss,
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss
    )] // small numbers
    pub fn new(rate: u32) -> Option<Self> {
        if rate == RATE {
            return None;
        }
        let rate = rate.clamp(8_000, 48_000);
        // Cut where the lower of both rates ends, a little before.
        let cut = (f64::from(RATE) / f64::from(rate)).min(1.0) * 0.94;
        let half = (CROSSINGS as f64 / cut).ceil();
        let taps = 2 * half as usize;
        let mut table = Vec::with_capacity(PHASES * taps);
        for phase in 0..PHASES {
            let begin = table.len();
            let middle = half - 1.0 + phase as f64 / PHASES as f64;
            for tap in 0..taps {
                let x = tap as f64 - middle;
                let angle = std::f64::consts::PI * x;
                let sinc = if x.abs() < 1e-9 {
                    cut
                } else {
                    (angle * cut).sin() / angle
                };
                // Blackman.
                let w = (angle / half).clamp(-std::f64::consts::PI, std::f64::consts::PI);
                table.push((sinc * (0.42 + 0.5 * w.cos() + 0.08 * (2.0 * w).cos())) as f32);
            }
            // Silence in the middle of a loud constant: every phase passes as much.
            let sum: f32 = table[begin..].iter().sum();
            for tap in &mut table[begin..] {
                *tap /= sum;
            }
        }
        Some(Self {
            table,
            taps,
            held: vec![0.0; taps / 2 - 1],
            at: 0,
            rate: u64::from(rate),
        })
    }

    /// Takes sound and gives what can be made of it by now.
    #[expect(clippy::cast_possible_truncation)] // clamped
    pub fn accept(&mut self, samples: &[i16]) -> Vec<i16> {
        self.held.extend(samples.iter().map(|s| f32::from(*s)));
        let mut out = Vec::with_capacity(
            samples.len().saturating_mul(RATE as usize) / self.rate as usize + 1,
        );
        let step = u64::from(RATE);
        loop {
            let begin = (self.at / step) as usize;
            let Some(window) = self.held.get(begin..begin + self.taps) else {
                break;
            };
            let phase = ((self.at % step) * PHASES as u64 / step) as usize;
            let row = &self.table[phase * self.taps..(phase + 1) * self.taps];
            let sum: f32 = window.iter().zip(row).map(|(s, t)| s * t).sum();
            out.push(sum.round().clamp(-32_768.0, 32_767.0) as i16);
            self.at += self.rate;
        }
        let used = ((self.at / step) as usize).min(self.held.len());
        self.held.drain(..used);
        self.at -= used as u64 * step;
        out
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[expect(clippy::cast_precision_loss, clippy::cast_possible_truncation)]
    fn tone(rate: u32, hertz: f32) -> Vec<i16> {
        (0..rate)
            .map(|i| {
                let angle = i as f32 / rate as f32 * hertz * std::f32::consts::TAU;
                (angle.sin() * 16_384.0) as i16
            })
            .collect()
    }

    #[expect(clippy::cast_precision_loss)]
    fn level(samples: &[i16]) -> f32 {
        let sum: f32 = samples.iter().map(|s| f32::from(*s).powi(2)).sum();
        10.0 * (sum / samples.len() as f32 / 16_384.0_f32.powi(2) * 2.0)
            .max(1e-12)
            .log10()
    }

    #[test]
    fn a_tone_stays_and_what_has_no_room_goes() {
        for rate in [8_000, 11_025, 22_050, 24_000, 44_100, 48_000] {
            let mut resampler = Resampler::new(rate).unwrap();
            let mut out = Vec::new();
            for piece in tone(rate, 1000.0).chunks(777) {
                out.extend(resampler.accept(piece));
            }
            assert!(
                (15_900..=16_000).contains(&out.len()),
                "{rate}: {}",
                out.len()
            );
            // The same tone, sample for sample, but for the delay of half a window.
            let clean = tone(16_000, 1000.0);
            let error: Vec<i16> = out[400..8400]
                .iter()
                .zip(&clean[400..])
                .map(|(a, b)| a - b)
                .collect();
            assert!(level(&error) < -35.0, "{rate}: {}", level(&error));
            assert!(level(&out[400..8400]).abs() < 0.2);
        }
        // 11 kHz cannot be told at 16 kHz: it must not come out as 5 kHz.
        let mut resampler = Resampler::new(48_000).unwrap();
        let out = resampler.accept(&tone(48_000, 11_000.0));
        assert!(level(&out[400..8400]) < -50.0, "{}", level(&out[400..8400]));
        assert!(Resampler::new(16_000).is_none());
    }
}
