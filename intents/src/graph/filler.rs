//! Everything else that people say: what tells a command from talk.
//!
//! A graph of nothing but sentences hears a sentence in every noise. So beside them stands a loop over the
//! model's commonest words, any number in any order, at their own costs; what is said through it comes out as words
//! with a mark before them. The recogniser then weighs the best sentence against the best of everything else, in one
//! pass; and what is heard of talk tells whether it sounds like a sentence after all (see [`super::near`]).

use std::collections::HashMap;

use super::acceptor::Acceptor;
use super::fst::{Arc, Fst, NEVER, StateId};
use super::vocabulary::Vocabulary;

/// What stands before a word that was heard in the loop. (Folders of an older packer say `<other>` for all of it.)
pub const TALK: char = '<';

/// The labels that words of the model are said by, beside their own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Labels {
    /// All of the model's are below.
    free: u32,
}

impl Labels {
    /// For a model whose labels are below `free`.
    #[must_use]
    pub const fn beyond(free: u32) -> Self {
        Self { free }
    }

    /// By which the last word of a question is said, until it is [`priced`].
    const fn asked(self, label: u32) -> u32 {
        self.free.saturating_add(label)
    }

    /// By which a word of talk is said.
    #[must_use]
    pub const fn talk(self, label: u32) -> u32 {
        self.free.saturating_mul(2).saturating_add(label)
    }

    /// Which word of talk this is, if it is one.
    #[must_use]
    pub const fn talked(self, label: u32) -> Option<u32> {
        label.checked_sub(self.free.saturating_mul(2))
    }

    /// Which last word of a question this is, if it is one.
    const fn question(self, label: u32) -> Option<u32> {
        match self.talked(label) {
            Some(_) => None,
            None => label.checked_sub(self.free),
        }
    }
}

/// How the loop is made.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Filler {
    /// Words in the loop.
    pub words: usize,
    /// What each word costs beside its own cost.
    pub word: f32,
    /// How much of a word's own cost counts.
    pub scale: f32,
    /// What a word of the sentences costs more that is in the loop for their sake only.
    pub own: f32,
    /// What entering the loop costs: by how much talk must be the likelier reading to count as talk.
    pub entry: f32,
    /// How much the choices on the way of a sentence cost: at each word, the logarithm of how many could
    /// stand there, times this.
    pub choice: f32,
    /// What a sentence costs that is written as a question ("창문이 열려 있어?"): people tell each other the like
    /// all day, so it must be heard clearly.
    pub question: f32,
}

/// What a word costs by the model itself, which may put silence behind it or not.
const BOUNDARY: f32 = std::f32::consts::LN_2;

impl Default for Filler {
    fn default() -> Self {
        Self {
            words: 1500,
            word: 0.0,
            scale: 1.0,
            own: 2.0,
            entry: 6.5,
            choice: 0.5,
            question: 20.0,
        }
    }
}

/// Whether nothing but questions ends here, and nothing goes on.
fn asked(strict: &Fst, state: StateId) -> bool {
    let end = strict.final_cost(state);
    end != NEVER && end > 0.0 && strict.arcs(state).is_empty()
}

/// What a choice at a state of the sentences costs.
fn choice(strict: &Fst, state: StateId, filler: Filler) -> f32 {
    let ways = strict.arcs(state).len() + usize::from(strict.final_cost(state) != NEVER);
    #[expect(clippy::cast_precision_loss)] // some thousand words
    let ways = ways.max(1) as f32;
    filler.choice * ways.ln()
}

/// What words cost more that can be said in two from this state, too: as much as in two. Else "불켜 줘" were
/// likelier than "불 꺼 줘" for no more than the model's having a word of it.
fn in_two(
    strict: &Fst,
    state: StateId,
    vocabulary: &Vocabulary,
    filler: Filler,
) -> HashMap<u32, f32> {
    let symbols = vocabulary.symbols();
    let mut costs = HashMap::new();
    for first in strict.arcs(state) {
        let cost = BOUNDARY + choice(strict, first.next, filler);
        for then in strict.arcs(first.next) {
            if let (Some(one), Some(other)) = (symbols.word(first.input), symbols.word(then.input))
                && let Some(label) = symbols.label(&format!("{one}{other}"))
            {
                let least: &mut f32 = costs.entry(label).or_insert(cost);
                *least = least.min(cost);
            }
        }
    }
    costs
}

/// The graph with the costs of questions, which it said until now by labels of their own. They are put in only
/// now that no cost is pushed to the front any more: a question must be heard to its end before it pays.
#[must_use]
pub fn priced(mut graph: Fst, filler: Filler, labels: Labels) -> Fst {
    for arc in graph.all_arcs_mut() {
        if let Some(label) = labels.question(arc.output) {
            arc.output = label;
            arc.weight += filler.question;
        }
    }
    graph
}

/// The sentences with the loop beside them. Its words, and the last word of a question, are said by labels of their
/// own; see [`priced`] for the latter.
#[must_use]
pub fn beside(acceptor: &Acceptor, vocabulary: &Vocabulary, filler: Filler, labels: Labels) -> Fst {
    let strict = &acceptor.fst;
    let Some(start) = strict.start else {
        return Fst::new();
    };
    let mut words = vocabulary.likeliest();
    // Talk has the words of the sentences, too.
    let own = acceptor.words();
    let rest = words.split_off(filler.words.min(words.len()));
    let own = rest
        .into_iter()
        .filter(|(label, _)| own.binary_search(label).is_ok())
        .map(|(label, cost)| (label, cost + filler.own));
    words.extend(own);
    words.sort_unstable_by_key(|(label, _)| *label);
    let circle = super::fst::count(strict.len());
    let arcs = |entry: f32| {
        words.iter().map(move |(label, cost)| Arc {
            input: *label,
            output: labels.talk(*label),
            weight: entry + filler.word + filler.scale * cost,
            next: circle,
        })
    };
    let mut out = Fst::new();
    for state in strict.states() {
        let choice = choice(strict, state, filler);
        let whole = in_two(strict, state, vocabulary, filler);
        let mut here = strict.arcs(state).to_vec();
        for arc in &mut here {
            arc.weight += choice + whole.get(&arc.input).copied().unwrap_or_default();
            if asked(strict, arc.next) {
                arc.output = labels.asked(arc.output);
            }
        }
        if state == start {
            here.extend(arcs(filler.entry));
            here.sort_by_key(|arc| arc.input);
        }
        for arc in here {
            out.push(arc);
        }
        let end = strict.final_cost(state);
        out.end_state(if end == NEVER {
            NEVER
        } else if asked(strict, state) {
            choice
        } else {
            end * filler.question + choice
        });
    }
    for arc in arcs(0.0) {
        out.push(arc);
    }
    out.end_state(if words.is_empty() { NEVER } else { 0.0 });
    out.start = Some(start);
    out
}
