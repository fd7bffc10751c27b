//! Whether a frame is speech: sixteen bands against what the room sounds like when nobody speaks.
//!
//! Each band has a floor: the least it was within the last second and a half, so that it follows a fan, a road or
//! other people's talk, and is not pulled up by the speaker. What counts is how far the bands stand above their
//! floors on the whole, against how far they do so in this room anyway.

use std::sync::OnceLock;

/// Samples looked at: 16 ms, of which 10 are new.
const WINDOW: usize = 256;

/// Samples of a frame.
const FRAME: usize = super::FRAME;

/// Where bands begin and end, in bins of 62.5 Hz: 125 Hz to 4 kHz, a little finer below.
const EDGES: [usize; 17] = [
    2, 4, 6, 8, 10, 12, 14, 16, 19, 22, 26, 30, 35, 41, 48, 56, 64,
];
const BANDS: usize = 16;

/// Softer than this is never speech, in dB of full scale.
const SILENCE: f32 = -58.0;

/// Bands stand at most this far above their floor, in dB.
const MOST: f32 = 24.0;

/// Frames after which a floor is forgotten: twice this.
const MEMORY: u32 = 75;

/// How far above the room's usual the bands must stand for speech to begin, and to go on.
const BEGIN: f32 = 3.2;
const GO_ON: f32 = 1.8;

/// What is softer than the speaker by this much, in dB, is somebody or something else.
const BEHIND: f32 = 17.0;

/// The speaker's level is forgotten by so much a frame, in dB.
const FORGET: f32 = 0.03;

/// Tells speech from the room.
#[derive(Clone, Debug)]
pub struct Vad {
    last: [f32; WINDOW],
    smooth: [f32; BANDS],
    floor: [f32; BANDS],
    least: [f32; BANDS],
    age: u32,
    /// How far the bands stand above their floors when nobody speaks.
    usual: f32,
    /// How loud the speaker is, in dB.
    loud: f32,
    voiced: bool,
    begun: bool,
}

impl Default for Vad {
    fn default() -> Self {
        Self::new()
    }
}

impl Vad {
    /// One that knows no room yet.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            last: [0.0; WINDOW],
            smooth: [-90.0; BANDS],
            floor: [0.0; BANDS],
            least: [0.0; BANDS],
            age: 0,
            usual: 2.0,
            loud: SILENCE,
            voiced: false,
            begun: false,
        }
    }

    /// Whether this frame is voiced.
    pub fn frame(&mut self, frame: &[i16]) -> bool {
        self.last.copy_within(FRAME.., 0);
        for (slot, sample) in self.last[WINDOW - FRAME..].iter_mut().zip(frame) {
            *slot = f32::from(*sample) / 32_768.0;
        }
        let (bands, level) = bands(&self.last);
        let above = self.above(&bands);
        let edge = if self.voiced { GO_ON } else { BEGIN };
        let out = above > self.usual + edge;
        self.voiced = out && level > (self.loud - BEHIND).max(SILENCE);
        self.loud = (self.loud - FORGET).max(SILENCE);
        if self.voiced {
            self.loud += (level - self.loud).max(0.0) * 0.2;
        }
        // What is usual is learnt from what is no speech; and what never ends is no speech, either.
        self.usual += if out {
            0.02
        } else {
            (above - self.usual).clamp(-2.0, 2.0) * 0.02
        };
        self.voiced
    }

    /// How far the bands stand above their floors, in dB.
    #[expect(clippy::cast_precision_loss)] // sixteen
    fn above(&mut self, bands: &[f32; BANDS]) -> f32 {
        if !self.begun {
            self.begun = true;
            self.smooth = *bands;
            self.floor = *bands;
            self.least = *bands;
        }
        self.age += 1;
        let renew = self.age >= MEMORY;
        if renew {
            self.age = 0;
        }
        let mut sum = 0.0;
        for (i, band) in bands.iter().enumerate() {
            let smooth = &mut self.smooth[i];
            *smooth += (band - *smooth) * 0.4;
            self.least[i] = self.least[i].min(*smooth);
            self.floor[i] = self.floor[i].min(*smooth);
            if renew {
                self.floor[i] = self.least[i];
                self.least[i] = *smooth;
            }
            sum += (*smooth - self.floor[i]).clamp(0.0, MOST);
        }
        sum / BANDS as f32
    }
}

/// A window and the turns of Fourier's transform, made once.
struct Tables {
    hann: [f32; WINDOW],
    /// Sine and cosine.
    turns: [(f32, f32); WINDOW / 2],
}

static TABLES: OnceLock<Tables> = OnceLock::new();

impl Tables {
    #[expect(clippy::cast_precision_loss)] // 256 at most
    fn new() -> Self {
        let angle = |i: f32| std::f32::consts::TAU * i / WINDOW as f32;
        Self {
            hann: std::array::from_fn(|i| 0.5 - 0.5 * angle(i as f32 + 0.5).cos()),
            turns: std::array::from_fn(|i| (-angle(i as f32)).sin_cos()),
        }
    }
}

/// The level of each band, and of all, in dB of full scale.
#[expect(clippy::cast_precision_loss, clippy::cast_possible_truncation)] // 256 at most
fn bands(samples: &[f32; WINDOW]) -> ([f32; BANDS], f32) {
    let mut re = [0.0_f32; WINDOW];
    let mut im = [0.0_f32; WINDOW];
    let tables = TABLES.get_or_init(Tables::new);
    for (i, (sample, hann)) in samples.iter().zip(&tables.hann).enumerate() {
        re[(i as u8).reverse_bits() as usize] = sample * hann;
    }
    fourier(&tables.turns, &mut re, &mut im);
    let mut out = [0.0; BANDS];
    let mut all = 0.0;
    for (i, slot) in out.iter_mut().enumerate() {
        let mut sum = 0.0;
        for k in EDGES[i]..EDGES[i + 1] {
            sum += re[k] * re[k] + im[k] * im[k];
        }
        all += sum;
        // A full sine is 0 dB: half of the window's half of its length, squared.
        let width = (EDGES[i + 1] - EDGES[i]) as f32;
        *slot = 10.0 * (sum / width / 4096.0).max(1e-9).log10();
    }
    (out, 10.0 * (all / 4096.0 / 1.5).max(1e-9).log10())
}

/// Fourier's transform, its input in the order of turned round bits.
fn fourier(turns: &[(f32, f32)], re: &mut [f32; WINDOW], im: &mut [f32; WINDOW]) {
    let mut half = 1;
    while half < WINDOW {
        for (k, (sin, cos)) in turns.iter().step_by(WINDOW / 2 / half).enumerate() {
            let mut i = k;
            while i < WINDOW {
                let j = i + half;
                let (a, b) = (re[j] * cos - im[j] * sin, re[j] * sin + im[j] * cos);
                re[j] = re[i] - a;
                im[j] = im[i] - b;
                re[i] += a;
                im[i] += b;
                i += 2 * half;
            }
        }
        half *= 2;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// White noise, and a voice of ten harmonics with a melody, each as loud as said.
    #[expect(clippy::cast_possible_truncation, clippy::cast_precision_loss)]
    fn sound(frames: usize, noise: f32, voice: f32) -> Vec<i16> {
        let mut seed = 1_u32;
        (0..frames * FRAME)
            .map(|i| {
                seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                let hiss = (f64::from(seed >> 8) / f64::from(1 << 23) - 1.0) * f64::from(noise);
                let time = i as f64 / 16_000.0;
                let pitch = 140.0 * time + 2.0 * (5.0 * time).sin();
                let sung: f64 = (1..=10)
                    .map(|h| (f64::from(h) * pitch * std::f64::consts::TAU).sin() / f64::from(h))
                    .sum();
                (hiss + sung * f64::from(voice)) as i16
            })
            .collect()
    }

    fn voiced(vad: &mut Vad, sound: &[i16]) -> usize {
        sound
            .chunks_exact(FRAME)
            .filter(|frame| vad.frame(frame))
            .count()
    }

    #[test]
    fn a_voice_is_told_from_steady_noise_however_loud_that_is() {
        for noise in [10.0, 300.0, 3000.0] {
            let mut vad = Vad::new();
            assert_eq!(voiced(&mut vad, &sound(300, noise, 0.0)), 0, "{noise}");
            let voice = sound(100, noise, noise * 4.0);
            assert!(voiced(&mut vad, &voice) > 80, "{noise}");
            // A moment may still be voiced.
            assert!(voiced(&mut vad, &sound(100, noise, 0.0)) < 12, "{noise}");
        }
    }

    #[test]
    fn silence_is_none_and_noise_that_stays_becomes_none() {
        let mut vad = Vad::new();
        assert_eq!(voiced(&mut vad, &vec![0; 100 * FRAME]), 0);
        // Somebody turns a fan on.
        assert!(voiced(&mut vad, &sound(200, 2000.0, 0.0)) > 0);
        assert_eq!(voiced(&mut vad, &sound(300, 2000.0, 0.0)), 0);
    }
}
