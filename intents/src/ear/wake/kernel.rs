//! The sums of a network of 8 bit integers: convolutions and what scales them back to 8 bits.
//!
//! A product of a sum and a scale is rounded twice, when it is cut to its upper 32 bits and when it is shifted, each
//! time to the nearest and halves up: found by comparing with TensorFlow Lite's library, whose answers these are
//! to the last bit.

/// A scale as an integer of 31 bits and a shift to the left.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Multiplier {
    factor: i32,
    shift: i32,
}

impl Multiplier {
    /// Of a positive scale.
    #[expect(clippy::cast_possible_truncation)] // 2^31 at most, and that is handled
    pub(super) fn new(scale: f64) -> Self {
        let mut shift = 0;
        let mut part = scale;
        while part >= 1.0 && shift < 31 {
            part /= 2.0;
            shift += 1;
        }
        while part < 0.5 && shift > -31 {
            part *= 2.0;
            shift -= 1;
        }
        let mut factor = (part * f64::from(1_u32 << 31)).round().min(2_147_483_648.0) as i64;
        if factor == 1 << 31 {
            factor /= 2;
            shift += 1;
        }
        let factor = i32::try_from(factor).unwrap_or(i32::MAX);
        Self { factor, shift }
    }

    /// A sum scaled.
    #[expect(clippy::cast_possible_truncation)] // shifted by 31 bits
    pub(super) const fn scale(self, sum: i32) -> i32 {
        let (left, right) = if self.shift > 0 {
            (self.shift.unsigned_abs(), 0)
        } else {
            (0, self.shift.unsigned_abs())
        };
        // A sum has 24 bits at most and a scale 31: no larger than 2^62 after any sensible shift.
        let product = (sum as i64 * self.factor as i64).wrapping_shl(left);
        let high = (product + (1 << 30)) >> 31;
        if right == 0 {
            return high as i32;
        }
        ((high + (1 << (right - 1))) >> right) as i32
    }
}

/// How sums of one channel become numbers of 8 bits.
#[derive(Clone, Debug)]
pub(super) struct Output {
    /// One for each channel, or one for all.
    pub(super) scales: Vec<Multiplier>,
    pub(super) zero: i32,
    pub(super) least: i32,
    pub(super) most: i32,
}

impl Output {
    #[expect(clippy::cast_possible_truncation)] // clamped to 8 bits
    fn of(&self, channel: usize, sum: i32) -> i8 {
        let last = self.scales.len().saturating_sub(1);
        let Some(scale) = self.scales.get(channel.min(last)) else {
            return 0;
        };
        let scaled = scale.scale(sum).saturating_add(self.zero);
        scaled.clamp(self.least, self.most) as i8
    }
}

/// Sums of products with rows of weights: a convolution's patch, a dense layer's input.
#[derive(Clone, Debug)]
pub(super) struct Rows {
    /// One row for each channel that comes out.
    pub(super) weights: Vec<i8>,
    /// With what the input's zero makes of the weights taken away.
    pub(super) bias: Vec<i32>,
    pub(super) output: Output,
}

impl Rows {
    /// All channels for one patch.
    pub(super) fn apply(&self, patch: &[i8], out: &mut [i8]) {
        let rows = self.weights.chunks_exact(patch.len().max(1));
        for (channel, ((row, bias), out)) in rows.zip(&self.bias).zip(out).enumerate() {
            let dot: i32 = row
                .iter()
                .zip(patch)
                .map(|(w, x)| i32::from(*w) * i32::from(*x))
                .sum();
            *out = self.output.of(channel, bias.wrapping_add(dot));
        }
    }
}

/// Sums of products channel by channel.
#[derive(Clone, Debug)]
pub(super) struct Columns {
    /// One row for each place of the patch, one weight for each channel.
    pub(super) weights: Vec<i8>,
    pub(super) bias: Vec<i32>,
    pub(super) output: Output,
}

impl Columns {
    /// All channels for one patch; `sums` is room to work in.
    pub(super) fn apply(&self, patch: &[i8], sums: &mut Vec<i32>, out: &mut [i8]) {
        let channels = self.bias.len().max(1);
        sums.clear();
        sums.extend_from_slice(&self.bias);
        let places = patch.chunks_exact(channels);
        for (place, weights) in places.zip(self.weights.chunks_exact(channels)) {
            for ((sum, x), w) in sums.iter_mut().zip(place).zip(weights) {
                *sum = sum.wrapping_add(i32::from(*x) * i32::from(*w));
            }
        }
        for (channel, (out, sum)) in out.iter_mut().zip(sums.iter()).enumerate() {
            *out = self.output.of(channel, *sum);
        }
    }
}

/// Where the patches of a convolution lie.
#[derive(Clone, Debug)]
pub(super) struct Window {
    /// Height, width and channels of the input.
    pub(super) input: [usize; 3],
    /// Height and width of the patch.
    pub(super) patch: [usize; 2],
    pub(super) stride: [usize; 2],
    pub(super) dilation: [usize; 2],
    /// Rows and columns of nothing before the input.
    pub(super) before: [usize; 2],
    /// Height and width of the output.
    pub(super) output: [usize; 2],
    /// What nothing is.
    pub(super) zero: i8,
}

impl Window {
    /// Gathers each patch in turn.
    pub(super) fn each(
        &self,
        input: &[i8],
        patch: &mut Vec<i8>,
        mut take: impl FnMut(usize, &[i8]),
    ) {
        let [height, width, channels] = self.input;
        for place in 0..self.output[0] * self.output[1] {
            let (row, column) = (place / self.output[1], place % self.output[1]);
            patch.clear();
            for i in 0..self.patch[0] {
                let y = row * self.stride[0] + i * self.dilation[0];
                let y = y.checked_sub(self.before[0]).filter(|y| *y < height);
                for j in 0..self.patch[1] {
                    let x = column * self.stride[1] + j * self.dilation[1];
                    let x = x.checked_sub(self.before[1]).filter(|x| *x < width);
                    let pixel = y.zip(x).and_then(|(y, x)| {
                        let begin = (y * width + x) * channels;
                        input.get(begin..begin + channels)
                    });
                    match pixel {
                        Some(pixel) => patch.extend_from_slice(pixel),
                        None => patch.resize(patch.len() + channels, self.zero),
                    }
                }
            }
            take(place, patch);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_multiplier_scales_and_rounds_twice() {
        for scale in [0.000_12, 0.003_7, 0.25, 0.5, 0.999, 1.0, 3.3] {
            let multiplier = Multiplier::new(scale);
            for sum in [-100_000, -1234, -3, -1, 0, 1, 2, 77, 30_000, 123_456] {
                let exact = f64::from(sum) * scale;
                let got = f64::from(multiplier.scale(sum));
                assert!(
                    (got - exact).abs() <= 0.75 + 1e-3,
                    "{scale} {sum}: {got} {exact}"
                );
            }
        }
    }
}
