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
    /// What entering the loop costs: by how much talk must be the likelier reading to count as talk.
    pub entry: f32,
    /// How much the choices on the way of a sentence cost: at each word, the logarithm of how many could
    /// stand there, times this.
    pub choice: f32,
}

impl Default for Filler {
    fn default() -> Self {
        Self {
            words: 1500,
            word: 0.0,
            scale: 1.0,
            entry: 2.0,
            choice: 0.5,
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
    let arcs = |output: u32, entry: f32| {
        words.iter().map(move |(label, cost)| Arc {
            input: *label,
            output,
            weight: entry + filler.word + filler.scale * cost,
            next: circle,
        })
    };
    let mut out = Fst::new();
    for state in strict.states() {
        let mut here = strict.arcs(state).to_vec();
        let ways = here.len() + usize::from(strict.final_cost(state) != NEVER);
        #[allow(clippy::cast_precision_loss)] // some thousand words
        let choice = filler.choice * (ways.max(1) as f32).ln();
        for arc in &mut here {
            arc.weight += choice;
        }
        if state == start {
            here.extend(arcs(other, filler.entry));
            here.sort_by_key(|arc| arc.input);
        }
        for arc in here {
            out.push(arc);
        }
        out.end_state(strict.final_cost(state) + choice);
    }
    for arc in arcs(EPSILON, 0.0) {
        out.push(arc);
    }
    out.end_state(if words.is_empty() { NEVER } else { 0.0 });
    out.start = Some(start);
    out
}
