//! The operators of a graph, one after the other: which tensors they take and give, and those that only
//! move numbers.

use super::super::flat::{FlatError, Number};
use super::super::tflite::{Code, Graph, Kind, Operator, Tensor};
use super::Step;

/// Reads a graph's operators into steps.
pub(super) struct Reader<'g, 'f> {
    pub(super) graph: &'g Graph<'f>,
    pub(super) names: Vec<&'f str>,
    pub(super) variables: Vec<Vec<i8>>,
    /// The variable a tensor is the handle of.
    pub(super) handles: Vec<Option<usize>>,
    /// The tensors whose numbers are there by now.
    pub(super) filled: Vec<bool>,
    pub(super) steps: Vec<Step>,
    pub(super) products: usize,
}

impl<'f> Reader<'_, 'f> {
    /// The variables with what they begin with: other graphs assign it.
    pub(super) fn initial(&mut self, graphs: &[Graph<'f>]) -> Result<(), FlatError> {
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
    pub(super) fn input<'o>(
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
    pub(super) fn constant(
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

    pub(super) fn output(
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

    pub(super) fn push(&mut self, step: Step) {
        if let Some(to) = step.to() {
            self.filled[to] = true;
        }
        self.steps.push(step);
    }

    pub(super) fn operator(&mut self, operator: &Operator<'f>) -> Result<(), FlatError> {
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

    pub(super) fn variable(&self, operator: &Operator<'f>) -> Result<usize, FlatError> {
        let handle = operator.inputs.first().and_then(|at| self.handles[*at]);
        handle.ok_or_else(|| operator.at.bad("inputs", "it is no variable's handle"))
    }

    pub(super) fn join(&mut self, operator: &Operator<'f>) -> Result<(), FlatError> {
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

    pub(super) fn slice(&mut self, operator: &Operator<'f>) -> Result<(), FlatError> {
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

    pub(super) fn split(&mut self, operator: &Operator<'f>) -> Result<(), FlatError> {
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

/// An operator's option, or what it is by default.
pub(super) fn option<N: Number>(
    operator: &Operator<'_>,
    index: usize,
    default: N,
) -> Result<N, FlatError> {
    match &operator.options {
        Some(options) => options.number(index, "option", default),
        None => Ok(default),
    }
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

/// An operator without an activation of its own.
fn plain(operator: &Operator<'_>, index: usize) -> Result<(), FlatError> {
    if option::<i8>(operator, index, 0)? != 0 {
        return Err(operator
            .at
            .bad("fused_activation_function", "it is not supported here"));
    }
    Ok(())
}
