//! From a file's graph to steps that cannot go wrong: all shapes are checked here, once.
//!
//! The contract: [`Plan::read`] refuses what it does not understand and what would need too much memory or
//! too many operations; [`Plan::run`] then only moves and sums numbers.

mod layers;
mod read;

use super::flat::FlatError;
use super::kernel::{Columns, Rows, Window};
use super::tflite::{Kind, Tensor, graphs};
use read::Reader;

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
