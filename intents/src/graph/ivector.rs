//! Smaller speakers. First the neutral one: what a model runs with that need not adapt to who speaks.
//!
//! Vosk's models expect, beside the sound, a vector that describes the speaker, and the program that estimates
//! it takes more memory than all the rest (51 of 85 MB). A home's commands are too short for a good
//! estimate, and in noise it does harm. So the estimator is replaced by one with a single Gaussian whose
//! answer is the average speaker.
//!
//! Between the two: an estimator with only some of the model's Gaussians, those that most sound belongs to. With 64
//! of 512 it takes 8 MB and helps about as much as the whole.
//!
//! Kaldi's binary files are marks like `<M> ` with numbers and matrices between, each with its type (`FV `, `DM
//! `: a vector of floats, a matrix of doubles) and sizes (each behind a byte that gives its width).

use nom::bytes::complete::{tag, take, take_until};
use nom::combinator::verify;
use nom::multi::count;
use nom::number::complete::{le_f64, le_i32};
use nom::sequence::preceded;
use nom::{IResult, Parser};

/// The sizes of an estimator.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Sizes {
    /// Numbers in a frame of sound.
    pub features: u32,
    /// Numbers in the speaker's vector.
    pub vector: u32,
    /// The average of its first number.
    pub offset: f64,
}

fn mark<'a>(name: &'static str) -> impl FnMut(&'a [u8]) -> IResult<&'a [u8], ()> {
    move |i| {
        let (rest, _) = tag(name.as_bytes()).parse(i)?;
        Ok((rest, ()))
    }
}

/// A size: its width in bytes, then itself.
fn size(input: &[u8]) -> IResult<&[u8], u32> {
    let small = verify(le_i32, |n| (0..=1 << 20).contains(n));
    let (rest, n) = preceded(tag(&[4_u8][..]), small).parse(input)?;
    Ok((rest, n.cast_unsigned()))
}

/// So many bytes; more than the machine can address are never there.
fn span<'a>(
    bytes: u64,
) -> impl Parser<&'a [u8], Output = &'a [u8], Error = nom::error::Error<&'a [u8]>> {
    take(usize::try_from(bytes).unwrap_or(usize::MAX))
}

fn matrix(input: &[u8]) -> IResult<&[u8], (u32, u32)> {
    let (rest, (rows, columns)) = preceded(tag(&b"DM "[..]), (size, size)).parse(input)?;
    let bytes = u64::from(rows) * u64::from(columns) * 8;
    let (rest, _) = span(bytes).parse(rest)?;
    Ok((rest, (rows, columns)))
}

fn estimator(input: &[u8]) -> IResult<&[u8], Sizes> {
    let (input, ()) = mark("\0B<IvectorExtractor> <w> ")(input)?;
    let (input, _) = matrix(input)?;
    let (input, ()) = mark("<w_vec> DV ")(input)?;
    let (input, gaussians) = size(input)?;
    let (input, _) = span(u64::from(gaussians) * 8).parse(input)?;
    let (input, ()) = mark("<M> ")(input)?;
    let (input, gaussians) = verify(size, |n| *n > 0).parse(input)?;
    let (input, all) = count(matrix, gaussians as usize).parse(input)?;
    let (features, vector) = all.first().copied().unwrap_or_default();
    let end = &b"<IvectorOffset> \x08"[..];
    let (input, _) = take_until(end).parse(input)?;
    let (input, offset) = preceded(tag(end), le_f64).parse(input)?;
    Ok((
        input,
        Sizes {
            features,
            vector,
            offset,
        },
    ))
}

/// The sizes of the estimator in `final.ie`; none when it is something else.
#[must_use]
pub fn sizes(file: &[u8]) -> Option<Sizes> {
    let (_, sizes) = estimator(file).ok()?;
    let good = (1..=4096).contains(&sizes.features)
        && (1..=4096).contains(&sizes.vector)
        && sizes.offset.is_finite();
    good.then_some(sizes)
}

/// A piece of a file as it stands, with what it holds passed over.
fn raw<'a, T>(
    mut parser: impl FnMut(&'a [u8]) -> IResult<&'a [u8], T>,
) -> impl FnMut(&'a [u8]) -> IResult<&'a [u8], &'a [u8]> {
    move |i| {
        let (rest, _) = parser(i)?;
        Ok((rest, &i[..i.len() - rest.len()]))
    }
}

/// Numbers of so many bytes behind their count.
fn numbers<'a>(
    input: &'a [u8],
    kind: &'static str,
    width: u64,
) -> IResult<&'a [u8], Vec<&'a [u8]>> {
    let (input, ()) = mark(kind)(input)?;
    let (input, many) = size(input)?;
    count(span(width), many as usize).parse(input)
}

/// A triangle of doubles: half of a matrix that is its own mirror image.
fn triangle(input: &[u8]) -> IResult<&[u8], ()> {
    let (input, side) = preceded(tag(&b"DP "[..]), size).parse(input)?;
    let (input, _) = span(u64::from(side) * (u64::from(side) + 1) / 2 * 8).parse(input)?;
    Ok((input, ()))
}

/// An estimator's parts, a piece for each Gaussian.
struct Parts<'a> {
    weights: Vec<&'a [u8]>,
    means: Vec<&'a [u8]>,
    spreads: Vec<&'a [u8]>,
    tail: &'a [u8],
}

fn parts(input: &[u8]) -> IResult<&[u8], Parts<'_>> {
    let (input, ()) = mark("\0B<IvectorExtractor> <w> ")(input)?;
    let (input, _) = matrix(input)?;
    let (input, weights) = numbers(input, "<w_vec> DV ", 8)?;
    let many = weights.len();
    let (input, ()) = mark("<M> ")(input)?;
    let (input, _) = verify(size, |n| *n as usize == many).parse(input)?;
    let (input, means) = count(raw(matrix), many).parse(input)?;
    let (input, ()) = mark("<SigmaInv> ")(input)?;
    let (input, spreads) = count(raw(triangle), many).parse(input)?;
    Ok((
        &[],
        Parts {
            weights,
            means,
            spreads,
            tail: input,
        },
    ))
}

/// The Gaussians' own file, a piece of each array for each Gaussian.
struct Gaussians<'a> {
    constants: Vec<&'a [u8]>,
    weights: Vec<&'a [u8]>,
    means: Vec<&'a [u8]>,
    spreads: Vec<&'a [u8]>,
    features: u32,
}

fn rows<'a>(input: &'a [u8], kind: &'static str) -> IResult<&'a [u8], (Vec<&'a [u8]>, u32)> {
    let (input, ()) = mark(kind)(input)?;
    let (input, (many, columns)) = (size, size).parse(input)?;
    let (input, rows) = count(span(u64::from(columns) * 4), many as usize).parse(input)?;
    Ok((input, (rows, columns)))
}

fn gaussians(input: &[u8]) -> IResult<&[u8], Gaussians<'_>> {
    let (input, constants) = numbers(input, "\0B<DiagGMM> <GCONSTS> FV ", 4)?;
    let (input, weights) = numbers(input, "<WEIGHTS> FV ", 4)?;
    let (input, (means, features)) = rows(input, "<MEANS_INVVARS> FM ")?;
    let (input, (spreads, _)) = rows(input, "<INV_VARS> FM ")?;
    Ok((
        input,
        Gaussians {
            constants,
            weights,
            means,
            spreads,
            features,
        },
    ))
}

/// `final.ie` and `final.dubm` with only the `keep` heaviest Gaussians; none when they are no such files.
#[must_use]
pub fn reduced(estimator: &[u8], dubm: &[u8], keep: usize) -> Option<(Vec<u8>, Vec<u8>)> {
    let (_, parts) = parts(estimator).ok()?;
    let (_, all) = gaussians(dubm).ok()?;
    let many = parts.weights.len();
    let lengths = [&all.constants, &all.weights, &all.means, &all.spreads];
    if keep == 0 || lengths.iter().any(|part| part.len() != many) {
        return None;
    }
    let weight = |i: usize| -> f64 {
        let bytes = parts.weights[i].try_into().unwrap_or_default();
        f64::from_le_bytes(bytes)
    };
    let mut kept: Vec<usize> = (0..many).collect();
    kept.sort_by(|a, b| weight(*b).total_cmp(&weight(*a)));
    kept.truncate(keep);
    kept.sort_unstable();
    let size = super::fst::count(kept.len());
    let sum: f64 = kept.iter().map(|i| weight(*i)).sum();
    let mut out = Writer::new();
    for mark in ["<IvectorExtractor>", "<w>", "DM"] {
        out.mark(mark);
    }
    out.size(0);
    out.size(0);
    out.mark("<w_vec>");
    out.mark("DV");
    out.size(size);
    for i in &kept {
        out.doubles(weight(*i) / sum, 1);
    }
    out.mark("<M>");
    out.size(size);
    out.pieces(&parts.means, &kept);
    out.mark("<SigmaInv>");
    out.pieces(&parts.spreads, &kept);
    out.0.extend(parts.tail);
    let estimator = out.0;

    let mut out = Writer::new();
    out.mark("<DiagGMM>");
    for (mark, pieces) in [("<GCONSTS>", &all.constants), ("<WEIGHTS>", &all.weights)] {
        out.mark(mark);
        out.mark("FV");
        out.size(size);
        out.pieces(pieces, &kept);
    }
    for (mark, pieces) in [
        ("<MEANS_INVVARS>", &all.means),
        ("<INV_VARS>", &all.spreads),
    ] {
        out.mark(mark);
        out.mark("FM");
        out.size(size);
        out.size(all.features);
        out.pieces(pieces, &kept);
    }
    out.mark("</DiagGMM>");
    Some((estimator, out.0))
}

struct Writer(Vec<u8>);

impl Writer {
    fn new() -> Self {
        Self(b"\0B".to_vec())
    }

    fn mark(&mut self, mark: &str) {
        self.0.extend(mark.as_bytes());
        self.0.push(b' ');
    }

    fn size(&mut self, size: u32) {
        self.0.push(4);
        self.0.extend(size.to_le_bytes());
    }

    fn pieces(&mut self, pieces: &[&[u8]], kept: &[usize]) {
        for i in kept {
            self.0.extend(pieces[*i]);
        }
    }

    fn floats(&mut self, value: f32, many: u32) {
        for _ in 0..many {
            self.0.extend(value.to_le_bytes());
        }
    }

    fn doubles(&mut self, value: f64, many: u32) {
        for _ in 0..many {
            self.0.extend(value.to_le_bytes());
        }
    }
}

/// The neutral estimator, `final.ie`.
#[must_use]
pub fn neutral(sizes: Sizes) -> Vec<u8> {
    let mut out = Writer::new();
    out.mark("<IvectorExtractor>");
    out.mark("<w>");
    out.mark("DM");
    out.size(0);
    out.size(0);
    out.mark("<w_vec>");
    out.mark("DV");
    out.size(1);
    out.doubles(1.0, 1);
    // Nothing in the sound speaks for any speaker; or next to nothing, for the solver divides by how far it
    // still is from the answer.
    out.mark("<M>");
    out.size(1);
    out.mark("DM");
    out.size(sizes.features);
    out.size(sizes.vector);
    for _ in 0..sizes.features {
        out.doubles(0.0, sizes.vector - 1);
        out.doubles(1e-6, 1);
    }
    // The identity, its lower half.
    out.mark("<SigmaInv>");
    out.mark("DP");
    out.size(sizes.features);
    for row in 0..sizes.features {
        out.doubles(0.0, row);
        out.doubles(1.0, 1);
    }
    out.mark("<IvectorOffset>");
    out.0.push(8);
    out.doubles(sizes.offset, 1);
    out.mark("</IvectorExtractor>");
    out.0
}

/// The one Gaussian of the neutral estimator, `final.dubm`.
#[must_use]
pub fn neutral_gaussian(sizes: Sizes) -> Vec<u8> {
    let mut out = Writer::new();
    out.mark("<DiagGMM>");
    out.mark("<GCONSTS>");
    out.mark("FV");
    out.size(1);
    #[expect(clippy::cast_precision_loss)] // 4096 at most
    let constant = -0.5 * (2.0 * std::f32::consts::PI).ln() * sizes.features as f32;
    out.floats(constant, 1);
    out.mark("<WEIGHTS>");
    out.mark("FV");
    out.size(1);
    out.floats(1.0, 1);
    for (mark, value) in [("<MEANS_INVVARS>", 0.0), ("<INV_VARS>", 1.0)] {
        out.mark(mark);
        out.mark("FM");
        out.size(1);
        out.size(sizes.features);
        out.floats(value, sizes.features);
    }
    out.mark("</DiagGMM>");
    out.0
}

#[cfg(test)]
mod tests {
    use super::*;

    const SIZES: Sizes = Sizes {
        features: 40,
        vector: 100,
        offset: 148.33,
    };

    #[test]
    fn the_neutral_estimator_has_the_sizes_of_the_model_s() {
        let file = neutral(SIZES);
        assert_eq!(sizes(&file), Some(SIZES));
        // As long as one that Kaldi wrote with these sizes.
        assert_eq!((file.len(), neutral_gaussian(SIZES).len()), (38_708, 440));
        for length in 0..file.len() - 30 {
            assert_eq!(sizes(&file[..length]), None, "{length}");
        }
    }

    #[test]
    fn an_estimator_is_reduced_to_its_heaviest_gaussians() {
        let (file, dubm) = (neutral(SIZES), neutral_gaussian(SIZES));
        // Of one, one is left: the same file.
        assert_eq!(
            reduced(&file, &dubm, 64),
            Some((file.clone(), dubm.clone()))
        );
        assert_eq!(reduced(&file, &dubm, 0), None);
        assert_eq!(reduced(&file, b"", 1), None);
        for length in (0..file.len() - 60).step_by(7) {
            assert_eq!(reduced(&file[..length], &dubm, 1), None, "{length}");
        }
    }

    #[test]
    fn the_gaussian_s_constant_is_that_of_a_normal_distribution() {
        let file = neutral_gaussian(SIZES);
        let at = file
            .windows(3)
            .position(|w| w == b"FV ")
            .map_or(0, |at| at + 8);
        let constant = f32::from_le_bytes([file[at], file[at + 1], file[at + 2], file[at + 3]]);
        assert!((constant + 36.757).abs() < 0.01, "{constant}");
    }
}
