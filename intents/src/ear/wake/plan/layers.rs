//! The operators that sum and scale: convolutions, dense layers, functions of one number.

use super::super::flat::FlatError;
use super::super::kernel::{Columns, Multiplier, Output, Rows, Window};
use super::super::tflite::{Code, Kind, Operator, Tensor};
use super::Step;
use super::read::{Reader, option};

impl<'f> Reader<'_, 'f> {
    pub(super) fn convolution(&mut self, operator: &Operator<'f>) -> Result<(), FlatError> {
        let wrong = |field, what| operator.at.bad(field, what);
        let deep = operator.code == Code::Conv2d;
        let (from, input) = self.input(operator, 0)?;
        let weights = self.constant(operator, 1, Kind::Int8)?;
        let (to, out) = self.output(operator, 0)?;
        let (&[1, height, width, channels], &[1, rows, columns, after], &[first, tall, wide, last]) =
            (&input.shape[..], &out.shape[..], &weights.shape[..])
        else {
            return Err(wrong("inputs", "images of four dimensions are needed"));
        };
        let fits = if deep {
            last == channels && first == after
        } else {
            first == 1 && last == after && after == channels && option::<i32>(operator, 3, 1)? == 1
        };
        if !fits || tall * wide * channels == 0 {
            return Err(wrong("inputs", "weights and images do not fit"));
        }
        let base = if deep { 4 } else { 5 };
        let places = |index: usize| -> Result<[usize; 2], FlatError> {
            let one = |index| -> Result<usize, FlatError> {
                let value: i32 = option(operator, index, 1)?;
                usize::try_from(value)
                    .ok()
                    .filter(|value| (1..=64).contains(value))
                    .ok_or_else(|| wrong("stride", "it is out of range"))
            };
            Ok([one(index + 1)?, one(index)?])
        };
        let (stride, dilation) = (places(1)?, places(base)?);
        let same = option::<i8>(operator, 0, 0)? == 0;
        let mut before = [0; 2];
        for (i, (size, patch, length)) in [(height, tall, rows), (width, wide, columns)]
            .into_iter()
            .enumerate()
        {
            let reach = (patch - 1) * dilation[i] + 1;
            let expected = if same {
                size.div_ceil(stride[i])
            } else {
                (size + stride[i]).saturating_sub(reach) / stride[i]
            };
            if length != expected || (!same && reach > size) {
                return Err(wrong("outputs", "it has not the size the stride makes"));
            }
            if same {
                before[i] =
                    ((length.saturating_sub(1)) * stride[i] + reach).saturating_sub(size) / 2;
            }
        }
        let patch = tall * wide * channels;
        let output = self.scales(operator, input, weights, out, base - 1)?;
        let bias = self.bias(operator, after)?;
        let numbers: Vec<i8> = weights.constant.iter().map(|b| b.cast_signed()).collect();
        let zero = i8::try_from(input.zero).map_err(|_| wrong("inputs", "its zero is no 8 bit"))?;
        let window = Window {
            input: [height, width, channels],
            patch: [tall, wide],
            stride,
            dilation,
            before,
            output: [rows, columns],
            zero,
        };
        let products = [columns, patch, if deep { after } else { 1 }]
            .into_iter()
            .fold(rows, usize::saturating_mul);
        self.products = self.products.saturating_add(products);
        let zero = i32::from(zero);
        let step = if deep {
            let bias = bias
                .iter()
                .zip(numbers.chunks_exact(patch))
                .map(|(bias, row)| less(*bias, zero, row.iter()))
                .collect();
            let rows = Rows {
                weights: numbers,
                bias,
                output,
            };
            Step::Conv {
                from,
                window,
                rows,
                to,
            }
        } else {
            let bias = bias
                .iter()
                .enumerate()
                .map(|(channel, bias)| {
                    less(*bias, zero, numbers[channel..].iter().step_by(channels))
                })
                .collect();
            let columns = Columns {
                weights: numbers,
                bias,
                output,
            };
            Step::Depthwise {
                from,
                window,
                columns,
                to,
            }
        };
        self.push(step);
        Ok(())
    }

    pub(super) fn dense(&mut self, operator: &Operator<'f>) -> Result<(), FlatError> {
        let wrong = |field, what| operator.at.bad(field, what);
        let (from, input) = self.input(operator, 0)?;
        let weights = self.constant(operator, 1, Kind::Int8)?;
        let (to, out) = self.output(operator, 0)?;
        let &[after, length] = &weights.shape[..] else {
            return Err(wrong("inputs", "weights of two dimensions are needed"));
        };
        if length == 0 || input.numbers() != length || out.numbers() != after || weights.zero != 0 {
            return Err(wrong("inputs", "weights, input and output do not fit"));
        }
        if option::<i8>(operator, 1, 0)? != 0 {
            return Err(wrong("weights_format", "only the default one is supported"));
        }
        let output = self.scales(operator, input, weights, out, 0)?;
        let numbers: Vec<i8> = weights.constant.iter().map(|b| b.cast_signed()).collect();
        let zero = input.zero;
        let bias = self
            .bias(operator, after)?
            .iter()
            .zip(numbers.chunks_exact(length))
            .map(|(bias, row)| less(*bias, zero, row.iter()))
            .collect();
        self.products = self.products.saturating_add(length * after);
        let rows = Rows {
            weights: numbers,
            bias,
            output,
        };
        self.push(Step::Dense { from, rows, to });
        Ok(())
    }

    pub(super) fn bias(
        &self,
        operator: &Operator<'f>,
        channels: usize,
    ) -> Result<Vec<i32>, FlatError> {
        if operator.inputs.len() < 3 {
            return Ok(vec![0; channels]);
        }
        let bias = self.constant(operator, 2, Kind::Int32)?.words();
        if bias.len() != channels {
            return Err(operator
                .at
                .bad("inputs", "there is not one bias for each channel"));
        }
        Ok(bias)
    }

    /// How sums become numbers of the output; `activation` is where the options have theirs.
    #[expect(clippy::cast_possible_truncation)] // six divided by a normal number, clamped
    pub(super) fn scales(
        &self,
        operator: &Operator<'f>,
        input: &Tensor<'f>,
        weights: &Tensor<'f>,
        out: &Tensor<'f>,
        activation: usize,
    ) -> Result<Output, FlatError> {
        let wrong = |what| operator.at.bad("quantization", what);
        let (Some(from), Some(to)) = (input.scales.first(), out.scales.first()) else {
            return Err(wrong("input and output need a scale"));
        };
        let channels = out.shape.last().copied().unwrap_or(1);
        if out.kind != Kind::Int8
            || weights.scales.is_empty()
            || (weights.scales.len() != 1 && weights.scales.len() != channels)
        {
            return Err(wrong("the weights need one scale, or one for each channel"));
        }
        let scale =
            |weight: &f32| Multiplier::new(f64::from(*from) * f64::from(*weight) / f64::from(*to));
        let (mut least, mut most) = (-128, 127);
        match option::<i8>(operator, activation, 0)? {
            0 => {}
            1 => least = out.zero.max(-128),
            3 => {
                least = out.zero.max(-128);
                let six = (6.0 / f64::from(*to)).round().min(1e4) as i32;
                most = out.zero.saturating_add(six).min(127);
            }
            _ => {
                return Err(operator
                    .at
                    .bad("fused_activation_function", "it is not supported"));
            }
        }
        if least > most {
            return Err(wrong("the output's zero is out of range"));
        }
        Ok(Output {
            scales: weights.scales.iter().map(scale).collect(),
            zero: out.zero,
            least,
            most,
        })
    }

    /// A function of one number, as a table of all 256.
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_precision_loss,
        clippy::cast_sign_loss
    )] // 8 bits, clamped
    pub(super) fn table(
        &mut self,
        operator: &Operator<'f>,
        function: impl Fn(f32) -> f32,
    ) -> Result<(), FlatError> {
        let wrong = |field, what| operator.at.bad(field, what);
        let (from, input) = self.input(operator, 0)?;
        let (to, out) = self.output(operator, 0)?;
        let (Some(before), Some(after)) = (input.scales.first(), out.scales.first()) else {
            return Err(wrong("quantization", "input and output need a scale"));
        };
        if input.numbers() != out.numbers() || input.kind != Kind::Int8 {
            return Err(wrong("outputs", "it is not the input's size"));
        }
        let (least, most) = if out.kind == Kind::Int8 {
            (-128, 127)
        } else {
            (0, 255)
        };
        let mut table = Box::new([0_i8; 256]);
        for x in i8::MIN..=i8::MAX {
            let real = before * (i32::from(x) - input.zero) as f32;
            let scaled = (function(real) * (1.0 / after)).round().clamp(-1e4, 1e4) as i32;
            let value = scaled.saturating_add(out.zero).clamp(least, most);
            table[usize::from(x.cast_unsigned())] = (value as u8).cast_signed();
        }
        self.push(Step::Table { from, table, to });
        Ok(())
    }
}

/// A bias less what the input's zero makes of the weights.
fn less<'w>(bias: i32, zero: i32, weights: impl Iterator<Item = &'w i8>) -> i32 {
    let sum: i32 = weights.map(|w| i32::from(*w)).sum();
    bias.wrapping_sub(zero.wrapping_mul(sum))
}
