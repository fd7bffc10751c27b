//! A real Fourier transform of 512 samples in 16 bit integers, bit for bit that of the micro-frontend that wake
//! word models are trained with.
//!
//! Two samples make one complex number; 256 of those go through four passes of radix 4, each scaled by a
//! quarter; a last pass parts the even from the odd. Every product is rounded to 15 bits, sums wrap.

/// Samples of one transform.
pub(super) const SIZE: usize = 512;

/// Complex numbers of it.
const HALF: usize = SIZE / 2;

/// Frequencies that come out.
pub(super) const BINS: usize = HALF + 1;

/// A complex number of 15 bits after the point.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Complex {
    pub(super) re: i16,
    pub(super) im: i16,
}

#[expect(clippy::cast_possible_truncation)] // sums wrap, as the reference's do
const fn round(x: i32) -> i16 {
    (x.wrapping_add(1 << 14) >> 15) as i16
}

impl Complex {
    const fn times(self, other: Self) -> Self {
        let (a, b) = (self.re as i32, self.im as i32);
        let (c, d) = (other.re as i32, other.im as i32);
        Self {
            re: round((a * c).wrapping_sub(b * d)),
            im: round((a * d).wrapping_add(b * c)),
        }
    }

    const fn plus(self, other: Self) -> Self {
        Self {
            re: self.re.wrapping_add(other.re),
            im: self.im.wrapping_add(other.im),
        }
    }

    const fn minus(self, other: Self) -> Self {
        Self {
            re: self.re.wrapping_sub(other.re),
            im: self.im.wrapping_sub(other.im),
        }
    }

    /// A part of it; the factor is that part of 32,767.
    const fn part(self, factor: i32) -> Self {
        Self {
            re: round(self.re as i32 * factor),
            im: round(self.im as i32 * factor),
        }
    }

    #[expect(clippy::cast_possible_truncation)] // at most 32,767
    fn turn(phase: f64) -> Self {
        let scale = f64::from(i16::MAX);
        Self {
            re: (0.5 + scale * phase.cos()).floor() as i16,
            im: (0.5 + scale * phase.sin()).floor() as i16,
        }
    }
}

const QUARTER: i32 = 32_767 / 4;
const HALVED: i32 = 32_767 / 2;

/// The tables of the transform.
#[derive(Debug)]
pub(super) struct Fft {
    turns: Vec<Complex>,
    last: Vec<Complex>,
}

impl Fft {
    #[expect(clippy::cast_precision_loss)] // 256 at most
    pub(super) fn new() -> Self {
        let part = |i: usize| i as f64 / HALF as f64;
        Self {
            turns: (0..HALF)
                .map(|i| Complex::turn(-2.0 * std::f64::consts::PI * part(i)))
                .collect(),
            last: (0..HALF / 2)
                .map(|i| Complex::turn(-std::f64::consts::PI * (part(i + 1) + 0.5)))
                .collect(),
        }
    }

    /// The spectrum of real samples.
    pub(super) fn transform(&self, samples: &[i16; SIZE], out: &mut [Complex; BINS]) {
        let mut work = [Complex::default(); HALF];
        // Digits of the index to base 4, turned round: what each pass takes then lies side by side.
        for (i, slot) in work.iter_mut().enumerate() {
            let from = ((i & 3) << 6) | ((i & 12) << 2) | ((i >> 2) & 12) | (i >> 6);
            *slot = Complex {
                re: samples[2 * from],
                im: samples[2 * from + 1],
            };
        }
        let mut quarter = 1;
        while quarter < HALF {
            let step = HALF / (4 * quarter);
            for group in work.chunks_exact_mut(4 * quarter) {
                self.pass(group, quarter, step);
            }
            quarter *= 4;
        }
        let first = work[0].part(HALVED);
        out[0] = Complex {
            re: first.re.wrapping_add(first.im),
            im: 0,
        };
        out[HALF] = Complex {
            re: first.re.wrapping_sub(first.im),
            im: 0,
        };
        for k in 1..=HALF / 2 {
            let near = work[k].part(HALVED);
            let mirror = work[HALF - k];
            let far = Complex {
                re: mirror.re,
                im: mirror.im.wrapping_neg(),
            }
            .part(HALVED);
            let sum = near.plus(far);
            let turned = near.minus(far).times(self.last[k - 1]);
            out[k] = Complex {
                re: half(i32::from(sum.re) + i32::from(turned.re)),
                im: half(i32::from(sum.im) + i32::from(turned.im)),
            };
            out[HALF - k] = Complex {
                re: half(i32::from(sum.re) - i32::from(turned.re)),
                im: half(i32::from(turned.im) - i32::from(sum.im)),
            };
        }
    }

    fn pass(&self, group: &mut [Complex], quarter: usize, step: usize) {
        let (a, rest) = group.split_at_mut(quarter);
        let (b, rest) = rest.split_at_mut(quarter);
        let (c, d) = rest.split_at_mut(quarter);
        for k in 0..quarter {
            let base = a[k].part(QUARTER);
            let one = b[k].part(QUARTER).times(self.turns[k * step]);
            let two = c[k].part(QUARTER).times(self.turns[2 * k * step]);
            let three = d[k].part(QUARTER).times(self.turns[3 * k * step]);
            let (even, odd) = (base.plus(two), base.minus(two));
            let (sum, difference) = (one.plus(three), one.minus(three));
            a[k] = even.plus(sum);
            c[k] = even.minus(sum);
            b[k] = Complex {
                re: odd.re.wrapping_add(difference.im),
                im: odd.im.wrapping_sub(difference.re),
            };
            d[k] = Complex {
                re: odd.re.wrapping_sub(difference.im),
                im: odd.im.wrapping_add(difference.re),
            };
        }
    }
}

#[expect(clippy::cast_possible_truncation)] // half of a sum of two 16 bit numbers
const fn half(x: i32) -> i16 {
    (x >> 1) as i16
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[expect(clippy::cast_precision_loss, clippy::cast_possible_truncation)]
    fn it_is_a_fourier_transform() {
        let mut samples = [0_i16; SIZE];
        for (i, sample) in samples.iter_mut().enumerate() {
            let angle = i as f64 / SIZE as f64 * std::f64::consts::TAU;
            *sample = ((20.0 * angle).cos() * 12_000.0 + (97.0 * angle).sin() * 8_000.0) as i16;
        }
        let mut out = [Complex::default(); BINS];
        Fft::new().transform(&samples, &mut out);
        for (k, bin) in out.iter().enumerate() {
            let (mut re, mut im) = (0.0, 0.0);
            for (i, sample) in samples.iter().enumerate() {
                let angle = -((i * k) as f64) / SIZE as f64 * std::f64::consts::TAU;
                re += f64::from(*sample) * angle.cos() / SIZE as f64;
                im += f64::from(*sample) * angle.sin() / SIZE as f64;
            }
            assert!(
                (f64::from(bin.re) - re).abs() < 6.0,
                "{k}: {bin:?} {re} {im}"
            );
            assert!(
                (f64::from(bin.im) - im).abs() < 6.0,
                "{k}: {bin:?} {re} {im}"
            );
        }
    }
}
