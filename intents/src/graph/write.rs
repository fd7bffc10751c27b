//! Transducers as OpenFst's binary files, which stock libvosk loads.

use super::fst::{EPSILON, Fst};
use super::read::{MAGIC, OUTPUT_SYMBOLS};
use super::symbols::Symbols;

/// OpenFst's properties bit "can be changed": what tells a `vector` from a `const`.
const EXPANDED: u64 = 1;
const MUTABLE: u64 = 2;

fn head(
    kind: &str,
    version: i32,
    properties: u64,
    fst: &Fst,
    symbols: Option<&Symbols>,
) -> Vec<u8> {
    let mut out = MAGIC.to_le_bytes().to_vec();
    for text in [kind, "standard"] {
        out.extend(super::fst::count(text.len()).to_le_bytes());
        out.extend(text.as_bytes());
    }
    out.extend(version.to_le_bytes());
    let flags = if symbols.is_some() { OUTPUT_SYMBOLS } else { 0 };
    out.extend(flags.to_le_bytes());
    out.extend(properties.to_le_bytes());
    let start = fst.start.map_or(-1, i64::from);
    out.extend(start.to_le_bytes());
    out.extend((fst.len() as u64).to_le_bytes());
    out.extend((fst.arc_count() as u64).to_le_bytes());
    if let Some(symbols) = symbols {
        out.extend(symbols.to_bytes());
    }
    out
}

fn arcs(out: &mut Vec<u8>, arcs: &[super::fst::Arc]) {
    for arc in arcs {
        out.extend(arc.input.to_le_bytes());
        out.extend(arc.output.to_le_bytes());
        out.extend(arc.weight.to_le_bytes());
        out.extend(arc.next.to_le_bytes());
    }
}

/// As a `const` file, with these output symbols.
#[must_use]
pub fn to_const(fst: &Fst, symbols: Option<&Symbols>) -> Vec<u8> {
    let mut out = head("const", 2, EXPANDED, fst, symbols);
    let mut at = 0_u32;
    for state in fst.states() {
        let here = fst.arcs(state);
        let silent = |label: fn(&super::fst::Arc) -> u32| {
            super::fst::count(here.iter().filter(|arc| label(arc) == EPSILON).count())
        };
        let count = super::fst::count(here.len());
        out.extend(fst.final_cost(state).to_le_bytes());
        for number in [at, count, silent(|arc| arc.input), silent(|arc| arc.output)] {
            out.extend(number.to_le_bytes());
        }
        at += count;
    }
    arcs(&mut out, fst.all_arcs());
    out
}

/// As a `vector` file, with these output symbols.
#[must_use]
pub fn to_vector(fst: &Fst, symbols: Option<&Symbols>) -> Vec<u8> {
    let mut out = head("vector", 2, EXPANDED | MUTABLE, fst, symbols);
    for state in fst.states() {
        let here = fst.arcs(state);
        out.extend(fst.final_cost(state).to_le_bytes());
        out.extend((here.len() as u64).to_le_bytes());
        arcs(&mut out, here);
    }
    out
}
