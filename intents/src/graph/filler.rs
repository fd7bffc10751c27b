//! Everything else that people say: what tells a command from talk.
//!
//! A graph of nothing but sentences hears a sentence in every noise. So beside them stands a loop over the
//! model's commonest words, any number in any order, at their own costs; whatever is said through it comes out as
//! one mark. The recogniser then weighs the best sentence against the best of everything else, in one pass.

use super::acceptor::Acceptor;
use super::fst::{Arc, EPSILON, Fst, NEVER};
use super::vocabulary::Vocabulary;

/// What the recogniser says for anything heard in the loop.
pub const OTHER: &str = "<other>";

/// How the loop is made.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Filler {
    /// Words in the loop.
    pub words: usize,
    /// What each word costs beside its own cost.
    pub word: f32,
    /// How much of a word's own cost counts.
    pub scale: f32,
}

impl Default for Filler {
    fn default() -> Self {
        Self {
            words: 2000,
            word: 0.0,
            scale: 1.0,
        }
    }
}

/// The sentences with the loop beside them, which says the label `other` once.
#[must_use]
pub fn beside(acceptor: &Acceptor, vocabulary: &Vocabulary, filler: Filler, other: u32) -> Fst {
    let strict = &acceptor.fst;
    let Some(start) = strict.start else {
        return Fst::new();
    };
    let mut words = vocabulary.likeliest();
    words.truncate(filler.words);
    words.sort_unstable_by_key(|(label, _)| *label);
    let circle = super::fst::count(strict.len());
    let arcs = |output: u32| {
        words.iter().map(move |(label, cost)| Arc {
            input: *label,
            output,
            weight: filler.word + filler.scale * cost,
            next: circle,
        })
    };
    let mut out = Fst::new();
    for state in strict.states() {
        let mut here = strict.arcs(state).to_vec();
        if state == start {
            here.extend(arcs(other));
            here.sort_by_key(|arc| arc.input);
        }
        for arc in here {
            out.push(arc);
        }
        out.end_state(strict.final_cost(state));
    }
    for arc in arcs(EPSILON) {
        out.push(arc);
    }
    out.end_state(if words.is_empty() { NEVER } else { 0.0 });
    out.start = Some(start);
    out
}
