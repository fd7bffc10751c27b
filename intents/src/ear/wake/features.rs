//! Sound to the 40 numbers a frame that wake word models are trained on: the "micro-frontend", in integers.
//!
//! Every 10 ms a window of 30 ms: Hann, Fourier, 40 triangles on the mel scale, root, less the noise so far,
//! gain by the noise (PCAN), logarithm. The constants are the ones the models were trained with; each step is
//! exact to the last bit, because a model hears the difference.

use std::sync::{Arc, OnceLock};

use super::fft::{BINS, Complex, Fft, SIZE};

/// Numbers of one frame.
pub const CHANNELS: usize = 40;

/// One frame; about 0 to 670.
pub type Frame = [u16; CHANNELS];

/// Samples of a window, and from one to the next.
const WINDOW: usize = 480;
const STEP: usize = 160;

const WINDOW_BITS: u32 = 12;
const WEIGHT_BITS: u32 = 12;
const LOWEST: f64 = 125.0;
const HIGHEST: f64 = 7500.0;

const NOISE_BITS: u32 = 14;
const SMOOTHING_BITS: u32 = 10;
/// Of 16,384: 0.025 for even channels, 0.06 for odd ones, 0.05 of the signal stays.
const EVEN: u32 = 409;
const ODD: u32 = 983;
const REMAINS: u32 = 819;

const GAIN_BITS: u32 = 21;
const STRENGTH: f32 = 0.95;
const OFFSET: f32 = 80.0;
const SNR_BITS: u32 = 12;
const OUT_BITS: u32 = 6;

/// What the transform of 512 and the weights make larger, in bits.
const CORRECTION: u32 = 3;

const LOG_BITS: u32 = 16;
const LOG_SCALE_BITS: u32 = 6;
/// Of 65,536: ln 2.
const LN_2: u64 = 45_426;
const SEGMENT_BITS: u32 = 7;

/// What one frequency gives to its channel, and to the one above.
#[derive(Debug)]
struct Weight {
    channel: usize,
    own: u64,
    above: u64,
}

/// Tables, the same for every stream.
#[derive(Debug)]
struct Tables {
    fft: Fft,
    window: [i32; WINDOW],
    first: usize,
    weights: Vec<Weight>,
    gain: Vec<i16>,
    logarithm: Vec<i32>,
}

/// The reference makes its weights in single precision: of 236 two lie so near to the middle between two numbers
/// that it rounds them up. This much more does the same in double precision, and to no other.
const NEARLY: f64 = 0.015;

fn mel(hertz: f64) -> f64 {
    1127.0 * (hertz / 700.0).ln_1p()
}

impl Tables {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_precision_loss,
        clippy::cast_sign_loss
    )] // tables of small numbers
    fn new() -> Self {
        let mut window = [0; WINDOW];
        for (i, weight) in window.iter_mut().enumerate() {
            let angle = std::f64::consts::TAU * (i as f64 + 0.5) / WINDOW as f64;
            let hann = 0.5 - 0.5 * angle.cos();
            *weight = (hann * f64::from(1 << WINDOW_BITS) + 0.5).floor() as i32;
        }
        // 53.49995, which single precision rounds up.
        window[17] += 1;
        let spacing = (mel(HIGHEST) - mel(LOWEST)) / (CHANNELS + 1) as f64;
        let middle = |channel: usize| mel(LOWEST) + spacing * (channel + 1) as f64;
        let hertz = 8000.0 / (BINS - 1) as f64;
        let first = (1.5 + LOWEST / hertz) as usize;
        let mut weights = Vec::new();
        let mut bin = first;
        for channel in 0..=CHANNELS {
            while mel(bin as f64 * hertz) <= middle(channel) {
                let share = (middle(channel) - mel(bin as f64 * hertz)) / spacing;
                let all = f64::from(1 << WEIGHT_BITS);
                weights.push(Weight {
                    channel,
                    own: (share * all + 0.5 + NEARLY).floor() as u64,
                    above: ((1.0 - share) * all + 0.5 - NEARLY).floor() as u64,
                });
                bin += 1;
            }
        }
        let logarithm = (0..=(1 << SEGMENT_BITS) + 1)
            .map(|i| {
                let x = f64::from(i) / f64::from(1 << SEGMENT_BITS);
                let above = ((1.0 + x).log2() - x) * f64::from(1 << LOG_BITS);
                if x > 1.0 { 0 } else { above.round() as i32 }
            })
            .collect();
        Self {
            fft: Fft::new(),
            window,
            first,
            weights,
            gain: gains(),
            logarithm,
        }
    }
}

/// The gain by noise, as parabolas between powers of two.
#[expect(clippy::cast_possible_truncation, clippy::cast_precision_loss)]
fn gains() -> Vec<i16> {
    let gain = |noise: u32| -> i16 {
        let noise = noise as f32 / (1 << (SMOOTHING_BITS - CORRECTION)) as f32;
        let gain = (1 << GAIN_BITS) as f32 * (noise + OFFSET).powf(-STRENGTH);
        if gain > f32::from(i16::MAX) {
            i16::MAX
        } else {
            (gain + 0.5) as i16
        }
    };
    let mut table = vec![gain(0), gain(1)];
    for bits in 2..=32_u32 {
        let low = 1_u32 << (bits - 1);
        let high = if bits == 32 { u32::MAX } else { 2 * low };
        let (y0, y1, y2) = (gain(low), gain(low + (low >> 1)), gain(high));
        let (d1, d2) = (i32::from(y1) - i32::from(y0), i32::from(y2) - i32::from(y0));
        let a1 = 4 * d1 - d2;
        table.extend([y0, a1 as i16, (d2 - a1) as i16, 0]);
    }
    table
}

const fn bits(x: u32) -> u32 {
    32 - x.leading_zeros()
}

/// The rounded square root; below 2^32 at most 65,535, as the reference has it.
#[expect(clippy::cast_possible_truncation)] // a root has half the bits
const fn root(x: u64) -> u32 {
    let root = x.isqrt();
    let most = if x >> 32 == 0 { 0xffff } else { 0xffff_ffff };
    if x - root * root > root && root != most {
        root as u32 + 1
    } else {
        root as u32
    }
}

/// Makes frames of one stream of sound.
#[derive(Clone, Debug)]
pub struct Features {
    tables: Arc<Tables>,
    input: Vec<i16>,
    noise: [u32; CHANNELS],
}

/// The tables are made once.
static TABLES: OnceLock<Arc<Tables>> = OnceLock::new();

impl Default for Features {
    fn default() -> Self {
        Self::new()
    }
}

impl Features {
    /// For a stream that begins.
    #[must_use]
    pub fn new() -> Self {
        Self {
            tables: Arc::clone(TABLES.get_or_init(|| Arc::new(Tables::new()))),
            input: Vec::with_capacity(WINDOW),
            noise: [0; CHANNELS],
        }
    }

    /// Takes 10 ms; a frame once there are 30.
    pub fn accept(&mut self, samples: &[i16; STEP]) -> Option<Frame> {
        self.input.extend_from_slice(samples);
        if self.input.len() < WINDOW {
            return None;
        }
        let frame = self.frame();
        self.input.drain(..STEP);
        Some(frame)
    }

    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        clippy::cast_possible_wrap
    )] // integers of the reference's width
    fn frame(&mut self) -> Frame {
        let tables = Arc::clone(&self.tables);
        let mut samples = [0_i16; SIZE];
        let mut loudest = 0_i16;
        for ((out, sample), weight) in samples.iter_mut().zip(&self.input).zip(&tables.window) {
            *out = ((i32::from(*sample) * weight) >> WINDOW_BITS) as i16;
            loudest = loudest.max(out.wrapping_abs());
        }
        let shift = 15 - bits(loudest as u32);
        for sample in &mut samples {
            *sample = ((*sample as u16) << shift) as i16;
        }
        let mut spectrum = [Complex::default(); BINS];
        tables.fft.transform(&samples, &mut spectrum);
        let mut sums = [0_u64; CHANNELS + 2];
        for (weight, bin) in tables.weights.iter().zip(&spectrum[tables.first..]) {
            let (re, im) = (i32::from(bin.re), i32::from(bin.im));
            let energy = (re * re).wrapping_add(im * im) as u64;
            let own = weight.own.wrapping_mul(energy);
            sums[weight.channel] = sums[weight.channel].wrapping_add(own);
            let above = weight.above.wrapping_mul(energy);
            sums[weight.channel + 1] = sums[weight.channel + 1].wrapping_add(above);
        }
        let mut frame = [0; CHANNELS];
        for (channel, out) in frame.iter_mut().enumerate() {
            let signal = root(sums[channel + 1]) >> shift;
            let clean = self.less_noise(channel, signal);
            let gained = amplify(&tables.gain, self.noise[channel], clean);
            *out = logarithm(&tables.logarithm, gained.wrapping_shl(CORRECTION));
        }
        frame
    }

    /// Takes the noise so far away.
    #[expect(clippy::cast_possible_truncation)]
    fn less_noise(&mut self, channel: usize, signal: u32) -> u32 {
        let smoothing = u64::from(if channel.is_multiple_of(2) { EVEN } else { ODD });
        let scaled = signal.wrapping_shl(SMOOTHING_BITS);
        let old = u64::from(self.noise[channel]);
        let estimate = ((u64::from(scaled) * smoothing + old * ((1 << NOISE_BITS) - smoothing))
            >> NOISE_BITS) as u32;
        self.noise[channel] = estimate;
        let floor = ((u64::from(signal) * u64::from(REMAINS)) >> NOISE_BITS) as u32;
        (scaled.saturating_sub(estimate) >> SMOOTHING_BITS).max(floor)
    }
}

/// The less the louder the noise is.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
fn amplify(table: &[i16], noise: u32, signal: u32) -> u32 {
    let gain = gain(table, noise);
    let snr = ((u64::from(signal).wrapping_mul(u64::from(gain as u32)))
        >> (GAIN_BITS - CORRECTION - SNR_BITS)) as u32;
    if snr < 2 << SNR_BITS {
        (snr * snr) >> (2 + 2 * SNR_BITS - OUT_BITS)
    } else {
        (snr >> (SNR_BITS - OUT_BITS)) - (1 << OUT_BITS)
    }
}

#[expect(clippy::cast_possible_truncation, clippy::cast_possible_wrap)]
fn gain(table: &[i16], noise: u32) -> i32 {
    if noise <= 2 {
        return i32::from(table[noise as usize]);
    }
    let interval = bits(noise);
    let row = (4 * interval - 6) as usize;
    let part = if interval < 11 {
        noise << (11 - interval)
    } else {
        noise >> (interval - 11)
    } & 0x3ff;
    let part = part as i32;
    let slope = i32::from(table[row + 1]) << 5;
    let bent = ((i32::from(table[row + 2]) * part) >> 5) + slope;
    let result = (bent.wrapping_mul(part).wrapping_add(1 << 14)) >> 15;
    i32::from((result + i32::from(table[row])) as i16)
}

/// 64 times the natural logarithm; 0 of 0 and 1.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::cast_possible_wrap
)]
fn logarithm(table: &[i32], x: u32) -> u16 {
    if x < 2 {
        return 0;
    }
    let whole = bits(x) - 1;
    let rest = x - (1 << whole);
    let rest = if whole < LOG_BITS {
        rest << (LOG_BITS - whole)
    } else {
        rest >> (whole - LOG_BITS)
    } as i32;
    let segment = (rest >> (LOG_BITS - SEGMENT_BITS)) as usize;
    let (c0, c1) = (table[segment], table[segment + 1]);
    let begin = (segment << (LOG_BITS - SEGMENT_BITS)) as i32;
    let part = rest + c0 + (((c1 - c0) * (rest - begin)) >> LOG_BITS);
    let log2 = (u64::from(whole) << LOG_BITS) + part as u64;
    let round = 1 << (LOG_BITS - 1);
    let natural = (LN_2 * log2 + round) >> LOG_BITS;
    let scaled = ((natural << LOG_SCALE_BITS) + round) >> LOG_BITS;
    u16::try_from(scaled).unwrap_or(u16::MAX)
}
