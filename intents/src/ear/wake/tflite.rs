//! A TensorFlow Lite file as it is: tensors, operators, constants. What they mean is `plan`'s business.

use super::flat::{FlatError, Table};

/// Tensors of one graph, and operators, at most.
const MAX_PARTS: usize = 512;

/// Numbers in one tensor at most.
pub(super) const MAX_NUMBERS: usize = 1 << 18;

/// What a tensor's numbers are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// 32 bit: shapes, biases.
    Int32,
    /// 8 bit.
    Int8,
    /// 8 bit without a sign: the answer.
    Uint8,
    /// The handle of a variable.
    Resource,
}

/// A tensor.
#[derive(Clone, Debug)]
pub(super) struct Tensor<'f> {
    pub(super) kind: Kind,
    pub(super) shape: Vec<usize>,
    /// Its numbers when they never change, as bytes.
    pub(super) constant: &'f [u8],
    pub(super) scales: Vec<f32>,
    pub(super) zero: i32,
    pub(super) at: Table<'f>,
}

impl Tensor<'_> {
    /// How many numbers it has.
    pub(super) fn numbers(&self) -> usize {
        self.shape.iter().product()
    }

    /// Its constant numbers of 32 bits.
    pub(super) fn words(&self) -> Vec<i32> {
        let word = |four: &[u8]| i32::from_le_bytes([four[0], four[1], four[2], four[3]]);
        self.constant.chunks_exact(4).map(word).collect()
    }
}

/// What an operator does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Code {
    Concatenation,
    Conv2d,
    DepthwiseConv2d,
    FullyConnected,
    Logistic,
    Reshape,
    StridedSlice,
    SplitV,
    Quantize,
    CallOnce,
    VarHandle,
    ReadVariable,
    AssignVariable,
}

/// The numbers the format gives them.
static CODES: &[(i32, Code)] = &[
    (2, Code::Concatenation),
    (3, Code::Conv2d),
    (4, Code::DepthwiseConv2d),
    (9, Code::FullyConnected),
    (14, Code::Logistic),
    (22, Code::Reshape),
    (45, Code::StridedSlice),
    (102, Code::SplitV),
    (114, Code::Quantize),
    (129, Code::CallOnce),
    (142, Code::VarHandle),
    (143, Code::ReadVariable),
    (144, Code::AssignVariable),
];

/// An operator.
#[derive(Clone, Debug)]
pub(super) struct Operator<'f> {
    pub(super) code: Code,
    pub(super) inputs: Vec<usize>,
    pub(super) outputs: Vec<usize>,
    pub(super) options: Option<Table<'f>>,
    pub(super) at: Table<'f>,
}

/// A graph.
#[derive(Clone, Debug)]
pub(super) struct Graph<'f> {
    pub(super) tensors: Vec<Tensor<'f>>,
    pub(super) operators: Vec<Operator<'f>>,
    pub(super) inputs: Vec<usize>,
    pub(super) outputs: Vec<usize>,
    pub(super) at: Table<'f>,
}

/// Reads a file's graphs.
pub(super) fn graphs(file: &[u8]) -> Result<Vec<Graph<'_>>, FlatError> {
    let model = Table::root(file, "Model")?;
    if file.get(4..8) != Some(b"TFL3") {
        return Err(model.wrong("identifier", 4, "it is no TensorFlow Lite file"));
    }
    let mut codes = Vec::new();
    for entry in model.tables(1, "operator_codes", "OperatorCode", 64)? {
        // Old files have the number in a byte.
        let old: i8 = entry.number(0, "deprecated_builtin_code", 0)?;
        let new: i32 = entry.number(3, "builtin_code", 0)?;
        let number = new.max(i32::from(old));
        codes.push(
            CODES
                .iter()
                .find(|(of, _)| *of == number)
                .map(|(_, code)| *code),
        );
    }
    let mut buffers = Vec::new();
    for buffer in model.tables(4, "buffers", "Buffer", 4 * MAX_PARTS)? {
        buffers.push(buffer.bytes(0, "data")?);
    }
    let mut graphs = Vec::new();
    for graph in model.tables(2, "subgraphs", "SubGraph", 4)? {
        graphs.push(read(graph, &codes, &buffers)?);
    }
    Ok(graphs)
}

fn read<'f>(
    at: Table<'f>,
    codes: &[Option<Code>],
    buffers: &[&'f [u8]],
) -> Result<Graph<'f>, FlatError> {
    let mut tensors = Vec::new();
    for tensor in at.tables(0, "tensors", "Tensor", MAX_PARTS)? {
        tensors.push(self::tensor(tensor, buffers)?);
    }
    let indices = |table: &Table<'f>, index, field| -> Result<Vec<usize>, FlatError> {
        let wrong = || table.bad(field, "there is no such tensor");
        table
            .numbers::<i32>(index, field)?
            .into_iter()
            .map(|i| {
                usize::try_from(i)
                    .ok()
                    .filter(|i| *i < tensors.len())
                    .ok_or_else(wrong)
            })
            .collect()
    };
    let mut operators = Vec::new();
    for operator in at.tables(3, "operators", "Operator", MAX_PARTS)? {
        let code: u32 = operator.number(0, "opcode_index", 0)?;
        let code = codes
            .get(code as usize)
            .ok_or_else(|| operator.bad("opcode_index", "there is no such operator code"))?
            .ok_or_else(|| operator.bad("opcode_index", "an operator that is not supported"))?;
        operators.push(Operator {
            code,
            inputs: indices(&operator, 1, "inputs")?,
            outputs: indices(&operator, 2, "outputs")?,
            options: operator.table(4, "builtin_options", "Options")?,
            at: operator,
        });
    }
    Ok(Graph {
        inputs: indices(&at, 1, "inputs")?,
        outputs: indices(&at, 2, "outputs")?,
        tensors,
        operators,
        at,
    })
}

fn tensor<'f>(at: Table<'f>, buffers: &[&'f [u8]]) -> Result<Tensor<'f>, FlatError> {
    let kind = match at.number::<i8>(1, "type", 0)? {
        2 => Kind::Int32,
        3 => Kind::Uint8,
        9 => Kind::Int8,
        13 => Kind::Resource,
        _ => return Err(at.bad("type", "only integers of 8 and 32 bits are supported")),
    };
    let mut shape = Vec::new();
    let mut numbers = 1_usize;
    for size in at.numbers::<i32>(0, "shape")? {
        let size = usize::try_from(size).map_err(|_| at.bad("shape", "a size is negative"))?;
        numbers = numbers
            .checked_mul(size)
            .filter(|numbers| *numbers <= MAX_NUMBERS && shape.len() < 4)
            .ok_or_else(|| at.bad("shape", "it is too large"))?;
        shape.push(size);
    }
    let buffer: u32 = at.number(2, "buffer", 0)?;
    let constant = *buffers
        .get(buffer as usize)
        .ok_or_else(|| at.bad("buffer", "there is no such buffer"))?;
    let bytes = match kind {
        Kind::Int32 => 4 * numbers,
        Kind::Int8 | Kind::Uint8 => numbers,
        Kind::Resource => 0,
    };
    if !constant.is_empty() && constant.len() != bytes {
        return Err(at.bad("buffer", "it does not have the shape's length"));
    }
    let (mut scales, mut zero) = (Vec::new(), 0);
    if let Some(quantization) = at.table(4, "quantization", "QuantizationParameters")? {
        scales = quantization.numbers::<f32>(2, "scale")?;
        if scales
            .iter()
            .any(|s| !s.is_normal() || *s < 0.0 || *s > 1e6)
        {
            return Err(quantization.bad("scale", "it is no positive number"));
        }
        let zeros = quantization.numbers::<i64>(3, "zero_point")?;
        let far = || quantization.bad("zero_point", "it is not in the range of the type");
        for one in &zeros {
            zero = i32::try_from(*one)
                .ok()
                .filter(|zero| (-128..=255).contains(zero))
                .ok_or_else(far)?;
            // Weights with a channel's own zero are another kind of model.
            if zeros.len() > 1 && zero != 0 {
                return Err(far());
            }
        }
    }
    Ok(Tensor {
        kind,
        shape,
        constant,
        scales,
        zero,
        at,
    })
}
