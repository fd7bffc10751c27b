//! From a file's graph to steps that cannot go wrong: all shapes are checked here, once.
//!
//! The contract: [`Plan::read`] refuses what it does not understand and what would need too much memory or
//! too many operations; [`Plan::run`] then only moves and sums numbers.

use super::flat::FlatError;
use super::kernel::{Columns, Multiplier, Output, Rows, Window};
use super::tflite::{Code, Graph, Kind, Operator, Tensor, graphs};

/// Products in one run at most: fifty times what published models need.
const MAX_PRODUCTS: usize = 2_000_000;

/// Numbers a run works on at most.
const MAX_MEMORY: usize = 1 << 18;

/// One step of a run. Numbers name the places where a run keeps its tensors.
#[derive(Clone, Debug)]
enum Step {
    /// The same numbers in another shape.
    Copy {
        from: usize,
        to: usize,
    },
    /// What a variable holds.
    Load {
        variable: usize,
        to: usize,
    },
    /// A variable's new content.
    Store {
        from: usize,
        variable: usize,
    },
    /// Pieces of inputs in turn: so many numbers of each, until all are used.
    Join {
        from: Vec<(usize, usize)>,
        to: usize,
    },
    /// Runs of numbers: where they begin and how many.
    Cut {
        from: usize,
        runs: Vec<(usize, usize)>,
        to: usize,
    },
    Conv {
        from: usize,
        window: Window,
        rows: Rows,
        to: usize,
    },
    Depthwise {
        from: usize,
        window: Window,
        columns: Columns,
        to: usize,
    },
    Dense {
        from: usize,
        rows: Rows,
        to: usize,
    },
    /// Each number by a table.
    Table {
        from: usize,
        table: Box<[i8; 256]>,
        to: usize,
    },
}

/// A model ready to run.
#[derive(Debug)]
pub(super) struct Plan {
    steps: Vec<Step>,
    sizes: Vec<usize>,
    variables: Vec<Vec<i8>>,
    input: usize,
    output: usize,
    /// Frames of one run.
    pub(super) stride: usize,
    pub(super) input_scale: f32,
    pub(super) input_zero: i32,
    pub(super) output_scale: f32,
    pub(super) output_zero: i32,
    output_signed: bool,
}

/// What a model remembers from run to run, and room to work in.
#[derive(Clone, Debug)]
pub(super) struct Memory {
    places: Vec<Vec<i8>>,
    variables: Vec<Vec<i8>>,
    patch: Vec<i8>,
    sums: Vec<i32>,
}

impl Plan {
    /// Reads a model that takes so many numbers a frame and answers with one.
    pub(super) fn read(file: &[u8], channels: usize) -> Result<Self, FlatError> {
        let graphs = graphs(file)?;
        let Some(main) = graphs.first() else {
            return Err(super::flat::Table::root(file, "Model")?.bad("subgraphs", "there is none"));
        };
        let mut reader = Reader {
            graph: main,
            names: Vec::new(),
            variables: Vec::new(),
            handles: vec![None; main.tensors.len()],
            filled: vec![false; main.tensors.len()],
            steps: Vec::new(),
            products: 0,
        };
        let (&[input], &[output]) = (&main.inputs[..], &main.outputs[..]) else {
            return Err(main
                .at
                .bad("inputs", "a wake word model has one input and one output"));
        };
        let (first, last) = (&main.tensors[input], &main.tensors[output]);
        let stride = match first.shape[..] {
            [1, stride, width] if (1..=10).contains(&stride) && width == channels => stride,
            _ => return Err(first.at.bad("shape", "the input must be 1 × frames × 40")),
        };
        let memory: usize = main.tensors.iter().map(Tensor::numbers).sum();
        if memory > MAX_MEMORY {
            return Err(main.at.bad("tensors", "the model is too large"));
        }
        let eight = matches!(last.kind, Kind::Int8 | Kind::Uint8);
        if first.kind != Kind::Int8 || !eight || last.numbers() != 1 {
            return Err(last.at.bad("type", "the model must have 8 bit in and out"));
        }
        let scale = |tensor: &Tensor<'_>| {
            let scale = tensor.scales.first().copied();
            scale.ok_or_else(|| tensor.at.bad("quantization", "it is missing"))
        };
        let (input_scale, output_scale) = (scale(first)?, scale(last)?);
        reader.filled[input] = true;
        reader.initial(&graphs)?;
        for operator in &main.operators {
            reader.operator(operator)?;
        }
        if !reader.filled[output] {
            return Err(main.at.bad("outputs", "nothing fills the output"));
        }
        if reader.products > MAX_PRODUCTS {
            return Err(main.at.bad("operators", "the model is too slow"));
        }
        Ok(Self {
            steps: reader.steps,
            sizes: main.tensors.iter().map(Tensor::numbers).collect(),
            variables: reader.variables,
            input,
            output,
            stride,
            input_scale,
            input_zero: first.zero,
            output_scale,
            output_zero: last.zero,
            output_signed: last.kind == Kind::Int8,
        })
    }

    /// What a run needs besides.
    pub(super) fn memory(&self) -> Memory {
        let mut used = vec![false; self.sizes.len()];
        used[self.input] = true;
        for step in &self.steps {
            if let Some(to) = step.to() {
                used[to] = true;
            }
        }
        Memory {
            places: self
                .sizes
                .iter()
                .zip(used)
                .map(|(size, used)| vec![0; if used { *size } else { 0 }])
                .collect(),
            variables: self.variables.clone(),
            patch: Vec::new(),
            sums: Vec::new(),
        }
    }

    /// Runs the model on its input's numbers; the answer as it is written in the model.
    pub(super) fn run(&self, input: &[i8], memory: &mut Memory) -> i32 {
        if let Some(place) = memory.places.get_mut(self.input)
            && place.len() == input.len()
        {
            place.copy_from_slice(input);
        }
        for step in &self.steps {
            step.run(memory);
        }
        let answer = memory.places.get(self.output).and_then(|out| out.first());
        let answer = answer.copied().unwrap_or(0);
        if self.output_signed {
            i32::from(answer)
        } else {
            i32::from(answer.cast_unsigned())
        }
    }
}

impl Step {
    const fn to(&self) -> Option<usize> {
        match self {
            Self::Store { .. } => None,
            Self::Copy { to, .. }
            | Self::Load { to, .. }
            | Self::Join { to, .. }
            | Self::Cut { to, .. }
            | Self::Conv { to, .. }
            | Self::Depthwise { to, .. }
            | Self::Dense { to, .. }
            | Self::Table { to, .. } => Some(*to),
        }
    }

    /// All places are there and fit: the reader has seen to it.
    fn run(&self, memory: &mut Memory) {
        let Memory {
            places,
            variables,
            patch,
            sums,
        } = memory;
        if let Self::Store { from, variable } = self {
            variables[*variable].copy_from_slice(&places[*from]);
            return;
        }
        let Some(to) = self.to() else { return };
        let mut out = std::mem::take(&mut places[to]);
        match self {
            Self::Store { .. } => {}
            Self::Copy { from, .. } => out.copy_from_slice(&places[*from]),
            Self::Load { variable, .. } => out.copy_from_slice(&variables[*variable]),
            Self::Join { from, .. } => {
                let mut at = 0;
                let mut turn = 0;
                while at < out.len() {
                    for (place, length) in from {
                        let begin = turn * length;
                        out[at..at + length]
                            .copy_from_slice(&places[*place][begin..begin + length]);
                        at += length;
                    }
                    turn += 1;
                }
            }
            Self::Cut { from, runs, .. } => {
                let mut at = 0;
                for (begin, length) in runs {
                    out[at..at + length].copy_from_slice(&places[*from][*begin..begin + length]);
                    at += length;
                }
            }
            Self::Conv {
                from, window, rows, ..
            } => {
                let channels = rows.bias.len();
                window.each(&places[*from], patch, |place, patch| {
                    rows.apply(patch, &mut out[place * channels..(place + 1) * channels]);
                });
            }
            Self::Depthwise {
                from,
                window,
                columns,
                ..
            } => {
                let channels = columns.bias.len();
                window.each(&places[*from], patch, |place, patch| {
                    let out = &mut out[place * channels..(place + 1) * channels];
                    columns.apply(patch, sums, out);
                });
            }
            Self::Dense { from, rows, .. } => rows.apply(&places[*from], &mut out),
            Self::Table { from, table, .. } => {
                for (out, x) in out.iter_mut().zip(&places[*from]) {
                    *out = table[usize::from(x.cast_unsigned())];
                }
            }
        }
        places[to] = out;
    }
}

/// Reads a graph's operators into steps.
struct Reader<'g, 'f> {
    graph: &'g Graph<'f>,
    names: Vec<&'f str>,
    variables: Vec<Vec<i8>>,
    /// The variable a tensor is the handle of.
    handles: Vec<Option<usize>>,
    /// The tensors whose numbers are there by now.
    filled: Vec<bool>,
    steps: Vec<Step>,
    products: usize,
}

impl<'f> Reader<'_, 'f> {
    /// The variables with what they begin with: other graphs assign it.
    fn initial(&mut self, graphs: &[Graph<'f>]) -> Result<(), FlatError> {
        for graph in graphs.iter().skip(1) {
            let mut handles = vec![None; graph.tensors.len()];
            for operator in &graph.operators {
                match (operator.code, &operator.inputs[..], &operator.outputs[..]) {
                    (Code::VarHandle, _, &[out]) => handles[out] = Some(name(operator)?),
                    (Code::AssignVariable, &[handle, value], _) => {
                        let value = &graph.tensors[value];
                        let name = handles[handle];
                        let (Some(name), Kind::Int8) = (name, value.kind) else {
                            return Err(operator.at.bad("inputs", "no variable of 8 bit numbers"));
                        };
                        if value.constant.len() != value.numbers() || self.names.contains(&name) {
                            return Err(operator.at.bad("inputs", "no constant, or a second one"));
                        }
                        self.names.push(name);
                        self.variables
                            .push(value.constant.iter().map(|b| b.cast_signed()).collect());
                    }
                    _ => return Err(operator.at.bad("opcode_index", "no business in this graph")),
                }
            }
        }
        Ok(())
    }

    /// An operator's numbered input, filled by now, of 8 bit.
    fn input<'o>(
        &'o self,
        operator: &Operator<'f>,
        index: usize,
    ) -> Result<(usize, &'o Tensor<'f>), FlatError> {
        let wrong = |what| operator.at.bad("inputs", what);
        let at = *operator
            .inputs
            .get(index)
            .ok_or_else(|| wrong("there are too few"))?;
        if !self.filled[at] {
            return Err(wrong("nothing fills it before"));
        }
        if self.graph.tensors[at].kind != Kind::Int8 {
            return Err(wrong("it must have 8 bit and a sign"));
        }
        Ok((at, &self.graph.tensors[at]))
    }

    /// An operator's constant input.
    fn constant(
        &self,
        operator: &Operator<'f>,
        index: usize,
        kind: Kind,
    ) -> Result<&Tensor<'f>, FlatError> {
        let wrong = |what| operator.at.bad("inputs", what);
        let at = *operator
            .inputs
            .get(index)
            .ok_or_else(|| wrong("there are too few"))?;
        let tensor = &self.graph.tensors[at];
        if tensor.kind != kind || tensor.constant.is_empty() {
            return Err(wrong("it must be a constant of the right type"));
        }
        Ok(tensor)
    }

    fn output(
        &self,
        operator: &Operator<'f>,
        index: usize,
    ) -> Result<(usize, &Tensor<'f>), FlatError> {
        let wrong = |what| operator.at.bad("outputs", what);
        let at = *operator
            .outputs
            .get(index)
            .ok_or_else(|| wrong("there are too few"))?;
        let tensor = &self.graph.tensors[at];
        if self.filled[at] || !tensor.constant.is_empty() {
            return Err(wrong("it is filled already"));
        }
        if !matches!(tensor.kind, Kind::Int8 | Kind::Uint8) {
            return Err(wrong("it must have 8 bit"));
        }
        Ok((at, tensor))
    }

    fn push(&mut self, step: Step) {
        if let Some(to) = step.to() {
            self.filled[to] = true;
        }
        self.steps.push(step);
    }

    fn operator(&mut self, operator: &Operator<'f>) -> Result<(), FlatError> {
        let wrong = |field, what| operator.at.bad(field, what);
        match operator.code {
            // Its graph was read already.
            Code::CallOnce => {}
            Code::VarHandle => {
                let name = name(operator)?;
                let variable = self.names.iter().position(|n| *n == name);
                let variable =
                    variable.ok_or_else(|| wrong("outputs", "a variable without a beginning"))?;
                if let Some(out) = operator.outputs.first() {
                    self.handles[*out] = Some(variable);
                }
            }
            Code::ReadVariable => {
                let variable = self.variable(operator)?;
                let (to, tensor) = self.output(operator, 0)?;
                if tensor.numbers() != self.variables[variable].len() {
                    return Err(wrong("outputs", "it has not the variable's shape"));
                }
                self.push(Step::Load { variable, to });
            }
            Code::AssignVariable => {
                let variable = self.variable(operator)?;
                let (from, tensor) = self.input(operator, 1)?;
                if tensor.numbers() != self.variables[variable].len() {
                    return Err(wrong("inputs", "it has not the variable's shape"));
                }
                self.push(Step::Store { from, variable });
            }
            Code::Reshape => {
                let (from, tensor) = self.input(operator, 0)?;
                let (to, out) = self.output(operator, 0)?;
                if tensor.numbers() != out.numbers() {
                    return Err(wrong("outputs", "it has not as many numbers"));
                }
                self.push(Step::Copy { from, to });
            }
            Code::Concatenation => self.join(operator)?,
            Code::StridedSlice => self.slice(operator)?,
            Code::SplitV => self.split(operator)?,
            Code::Conv2d | Code::DepthwiseConv2d => self.convolution(operator)?,
            Code::FullyConnected => self.dense(operator)?,
            Code::Logistic => self.table(operator, |x| 1.0 / (1.0 + (-x).exp()))?,
            Code::Quantize => self.table(operator, |x| x)?,
        }
        Ok(())
    }

    fn variable(&self, operator: &Operator<'f>) -> Result<usize, FlatError> {
        let handle = operator.inputs.first().and_then(|at| self.handles[*at]);
        handle.ok_or_else(|| operator.at.bad("inputs", "it is no variable's handle"))
    }

    fn join(&mut self, operator: &Operator<'f>) -> Result<(), FlatError> {
        let wrong = |field, what| operator.at.bad(field, what);
        let (to, out) = self.output(operator, 0)?;
        let axis = axis(option(operator, 0, 0)?, out.shape.len())
            .ok_or_else(|| wrong("axis", "there is no such dimension"))?;
        plain(operator, 1)?;
        let mut from = Vec::new();
        let mut along = 0;
        for index in 0..operator.inputs.len() {
            let (at, tensor) = self.input(operator, index)?;
            let same = tensor.shape.len() == out.shape.len()
                && tensor
                    .shape
                    .iter()
                    .zip(&out.shape)
                    .enumerate()
                    .all(|(i, (a, b))| i == axis || a == b)
                && tensor.zero == out.zero
                && tensor.scales.first() == out.scales.first();
            if !same {
                return Err(wrong("inputs", "shape or scale is not the output's"));
            }
            along += tensor.shape[axis];
            from.push((at, tensor.shape[axis..].iter().product()));
        }
        if along != out.shape[axis] || from.iter().all(|(_, length)| *length == 0) {
            return Err(wrong("outputs", "it has not the length of all inputs"));
        }
        self.push(Step::Join { from, to });
        Ok(())
    }

    fn slice(&mut self, operator: &Operator<'f>) -> Result<(), FlatError> {
        let wrong = |field, what| operator.at.bad(field, what);
        let (from, tensor) = self.input(operator, 0)?;
        let (to, out) = self.output(operator, 0)?;
        let begin = self.constant(operator, 1, Kind::Int32)?.words();
        let end = self.constant(operator, 2, Kind::Int32)?.words();
        let step = self.constant(operator, 3, Kind::Int32)?.words();
        let (begins, ends): (i32, i32) = (option(operator, 0, 0)?, option(operator, 1, 0)?);
        for other in 2..5 {
            if option::<i32>(operator, other, 0)? != 0 {
                return Err(wrong("mask", "only begin and end may be masked"));
            }
        }
        let dimensions = tensor.shape.len();
        if [begin.len(), end.len(), step.len(), out.shape.len()] != [dimensions; 4]
            || step.iter().any(|step| *step != 1)
        {
            return Err(wrong(
                "inputs",
                "begin, end and stride 1 are needed for each dimension",
            ));
        }
        let mut ranges = Vec::new();
        for (i, size) in tensor.shape.iter().enumerate() {
            let bound = |value: i32| {
                let size = i32::try_from(*size).unwrap_or(i32::MAX);
                let value = if value < 0 {
                    value.saturating_add(size)
                } else {
                    value
                };
                usize::try_from(value.clamp(0, size)).unwrap_or(0)
            };
            let first = if begins >> i & 1 == 1 {
                0
            } else {
                bound(begin[i])
            };
            let last = if ends >> i & 1 == 1 {
                *size
            } else {
                bound(end[i])
            };
            if last.checked_sub(first) != Some(out.shape[i]) {
                return Err(wrong("outputs", "it has not the shape of the slice"));
            }
            ranges.push((first, out.shape[i]));
        }
        let runs = runs(&tensor.shape, &ranges);
        self.push(Step::Cut { from, runs, to });
        Ok(())
    }

    fn split(&mut self, operator: &Operator<'f>) -> Result<(), FlatError> {
        let wrong = |field, what| operator.at.bad(field, what);
        let (from, tensor) = self.input(operator, 0)?;
        let shape = tensor.shape.clone();
        let sizes = self.constant(operator, 1, Kind::Int32)?.words();
        let along = self.constant(operator, 2, Kind::Int32)?.words();
        let axis = along
            .first()
            .and_then(|value| axis(*value, shape.len()))
            .ok_or_else(|| wrong("inputs", "there is no such dimension"))?;
        if sizes.len() != operator.outputs.len() {
            return Err(wrong("outputs", "there are not as many as sizes"));
        }
        let mut begin = 0;
        for (index, size) in sizes.iter().enumerate() {
            let (to, out) = self.output(operator, index)?;
            let size = usize::try_from(*size).map_err(|_| wrong("inputs", "a size is negative"))?;
            let mut ranges: Vec<(usize, usize)> = shape.iter().map(|size| (0, *size)).collect();
            ranges[axis] = (begin, size);
            let fits = out.shape.iter().eq(ranges.iter().map(|(_, length)| length));
            begin += size;
            if !fits || begin > shape[axis] {
                return Err(wrong("outputs", "it has not the shape of the piece"));
            }
            let runs = runs(&shape, &ranges);
            self.push(Step::Cut { from, runs, to });
        }
        Ok(())
    }

    fn convolution(&mut self, operator: &Operator<'f>) -> Result<(), FlatError> {
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

    fn dense(&mut self, operator: &Operator<'f>) -> Result<(), FlatError> {
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

    fn bias(&self, operator: &Operator<'f>, channels: usize) -> Result<Vec<i32>, FlatError> {
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
    #[allow(clippy::cast_possible_truncation)] // six divided by a normal number, clamped
    fn scales(
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
    #[allow(clippy::cast_possible_truncation)] // clamped to 8 bits
    fn table(
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
            table[usize::from(x.cast_unsigned())] = value as u8 as i8;
        }
        self.push(Step::Table { from, table, to });
        Ok(())
    }
}

/// The name of the variable a handle is made for.
fn name<'f>(operator: &Operator<'f>) -> Result<&'f str, FlatError> {
    match &operator.options {
        Some(options) => options.text(1, "shared_name"),
        None => Err(operator
            .at
            .bad("builtin_options", "a variable without a name")),
    }
}

fn option<N: super::flat::Number>(
    operator: &Operator<'_>,
    index: usize,
    default: N,
) -> Result<N, FlatError> {
    match &operator.options {
        Some(options) => options.number(index, "option", default),
        None => Ok(default),
    }
}

/// An operator without an activation of its own.
fn plain(operator: &Operator<'_>, index: usize) -> Result<(), FlatError> {
    if option::<i8>(operator, index, 0)? != 0 {
        return Err(operator
            .at
            .bad("fused_activation_function", "it is not supported here"));
    }
    Ok(())
}

/// A dimension, counted from the end when negative.
fn axis(value: i32, dimensions: usize) -> Option<usize> {
    let count = i32::try_from(dimensions).ok()?;
    let axis = if value < 0 {
        value.checked_add(count)?
    } else {
        value
    };
    usize::try_from(axis).ok().filter(|axis| *axis < dimensions)
}

/// A bias less what the input's zero makes of the weights.
fn less<'w>(bias: i32, zero: i32, weights: impl Iterator<Item = &'w i8>) -> i32 {
    let sum: i32 = weights.map(|w| i32::from(*w)).sum();
    bias.wrapping_sub(zero.wrapping_mul(sum))
}

/// The numbers of a part of a tensor, as runs of neighbours: each range is a begin and a length.
fn runs(shape: &[usize], ranges: &[(usize, usize)]) -> Vec<(usize, usize)> {
    let mut runs = vec![(0, 1)];
    let mut inner: usize = shape.iter().product();
    for (size, (begin, length)) in shape.iter().zip(ranges) {
        if *size == 0 || *length == 0 {
            return Vec::new();
        }
        inner /= size;
        let mut next: Vec<(usize, usize)> = Vec::new();
        for (at, _) in runs {
            for i in *begin..begin + length {
                let piece = (at + i * inner, inner);
                match next.last_mut() {
                    Some((last, whole)) if *last + *whole == piece.0 && inner == 1 => *whole += 1,
                    _ => next.push(piece),
                }
            }
        }
        runs = next;
    }
    let mut merged: Vec<(usize, usize)> = Vec::new();
    for (begin, length) in runs {
        match merged.last_mut() {
            Some((last, whole)) if *last + *whole == begin => *whole += length,
            _ => merged.push((begin, length)),
        }
    }
    merged
}
