//! What can be said in a home, letter by letter: templates and names as one acceptor.
//!
//! A template becomes a small network of letters, with each name and each spelled number once in each place
//! where it may stand. No sentence is ever listed: a home with hundreds of thousands of them has a network of
//! some thousand states. Made deterministic, it is what the recogniser's words are cut from.

use std::collections::HashMap;

use super::GraphError;
use super::automaton::Nfa;
use super::fst::{EPSILON, Fst, NEVER, StateId};
use crate::compile::{Block, List, NodeId, Op, Program};
use crate::names::{Name, Names};
use crate::numbers::spell;

/// States of the network before it is made deterministic, at most.
const MAX_STATES: usize = 2_000_000;

/// Numbers of one range at most.
const MAX_NUMBERS: usize = 1_000;

/// How deep templates nest at most.
const MAX_DEPTH: usize = 64;

/// Parts of a permutation that are tried in any order; of more, only as written.
const MAX_ORDERS: usize = 5;

/// The sentences of a home, letter by letter; labels are Unicode code points.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Letters(pub(super) Fst);

impl Letters {
    /// From a language's templates and a home's names. A language may have templates for recognisers,
    /// fewer and plainer than those that are understood: then only these.
    pub(crate) fn new(program: &Program, names: &Names) -> Result<Self, GraphError> {
        let (all, speech) = program
            .templates
            .split_at(program.matched.min(program.templates.len()));
        let templates = if speech.is_empty() { all } else { speech };
        let mut network = Network {
            program,
            names,
            block: None,
            nfa: Nfa::new(),
            numbers: HashMap::new(),
        };
        for template in templates {
            network.block = program.blocks.get(usize::from(template.block));
            if let Some(end) = network.node(template.root, 0, 0) {
                network.nfa.end(end);
            }
            if network.nfa.len() > MAX_STATES {
                return Err(GraphError::Unfit(format!(
                    "the sentences need more than {MAX_STATES} letters"
                )));
            }
        }
        network.nfa.deterministic().map(Self)
    }

    /// A number that is another one when the sentences are.
    #[must_use]
    pub fn fingerprint(&self) -> u64 {
        use std::hash::{Hash, Hasher};
        let mut hasher = std::hash::DefaultHasher::new();
        for state in self.0.states() {
            self.0.final_cost(state).to_bits().hash(&mut hasher);
            for arc in self.0.arcs(state) {
                (arc.input, arc.next).hash(&mut hasher);
            }
        }
        hasher.finish()
    }

    /// Some of the sentences, each a walk through them that a fixed row of numbers chooses: for checks.
    #[must_use]
    pub fn samples(&self, count: usize) -> Vec<String> {
        let mut chance = 0x9e37_79b9_u32;
        let mut draw = move |of: usize| {
            chance ^= chance << 13;
            chance ^= chance >> 17;
            chance ^= chance << 5;
            chance as usize % of.max(1)
        };
        (0..count)
            .filter_map(|_| {
                let mut state = self.0.start?;
                let mut text = String::new();
                loop {
                    let arcs = self.0.arcs(state);
                    let ends = self.0.final_cost(state) != NEVER;
                    let way = draw(arcs.len() + usize::from(ends));
                    let Some(arc) = arcs.get(way) else {
                        return ends.then_some(text);
                    };
                    text.push(char::from_u32(arc.input)?);
                    state = arc.next;
                }
            })
            .collect()
    }

    /// From sentences as they are.
    ///
    /// # Errors
    /// When they are too many.
    pub fn of<'s>(sentences: impl IntoIterator<Item = &'s str>) -> Result<Self, GraphError> {
        let mut nfa = Nfa::new();
        for sentence in sentences {
            let end = letters(&mut nfa, 0, sentence);
            nfa.end(end);
        }
        nfa.deterministic().map(Self)
    }
}

/// A text behind a state; gives where it ends.
fn letters(nfa: &mut Nfa, from: StateId, text: &str) -> StateId {
    let mut at = from;
    for letter in text.chars().flat_map(char::to_lowercase) {
        let letter = if letter.is_whitespace() { ' ' } else { letter };
        let next = nfa.state();
        nfa.arc(at, u32::from(letter), next);
        at = next;
    }
    at
}

struct Network<'a> {
    program: &'a Program,
    names: &'a Names,
    block: Option<&'a Block>,
    nfa: Nfa,
    /// The numbers of a range as said.
    numbers: HashMap<u16, Vec<String>>,
}

impl Network<'_> {
    /// A node behind a state; gives where it ends, none when it cannot be said.
    fn node(&mut self, id: NodeId, from: StateId, depth: usize) -> Option<StateId> {
        if depth > MAX_DEPTH || self.nfa.len() > MAX_STATES {
            return None;
        }
        let program = self.program;
        match *program.ops.get(id as usize)? {
            Op::Text(text) => {
                let text = program.texts.get(text as usize)?;
                Some(letters(&mut self.nfa, from, &text.said))
            }
            Op::Seq(first, last) => {
                let kids = program.kids.get(first as usize..last as usize)?;
                kids.iter()
                    .try_fold(from, |at, kid| self.node(*kid, at, depth + 1))
            }
            Op::Perm(first, last) => {
                let kids = program.kids.get(first as usize..last as usize)?;
                if kids.len() > MAX_ORDERS {
                    return kids
                        .iter()
                        .try_fold(from, |at, kid| self.node(*kid, at, depth + 1));
                }
                self.orders(kids, from, depth)
            }
            Op::Alt(first, last) => {
                let kids = program.kids.get(first as usize..last as usize)?;
                self.one_of(kids.iter().copied(), from, depth)
            }
            Op::List { list, .. } => self.list(list, from, depth),
        }
    }

    /// All orders: a state for each set of parts that were said.
    fn orders(&mut self, kids: &[NodeId], from: StateId, depth: usize) -> Option<StateId> {
        let all = 1_usize << kids.len();
        let mut states = vec![from];
        states.extend((1..all).map(|_| self.nfa.state()));
        for said in 0..all {
            for (i, kid) in kids.iter().enumerate() {
                if said >> i & 1 == 0
                    && let Some(end) = self.node(*kid, states[said], depth + 1)
                {
                    self.nfa.arc(end, EPSILON, states[said | 1 << i]);
                }
            }
        }
        states.last().copied()
    }

    fn one_of(
        &mut self,
        kids: impl Iterator<Item = NodeId>,
        from: StateId,
        depth: usize,
    ) -> Option<StateId> {
        let end = self.nfa.state();
        let mut any = false;
        for kid in kids {
            if let Some(at) = self.node(kid, from, depth + 1) {
                self.nfa.arc(at, EPSILON, end);
                any = true;
            }
        }
        any.then_some(end)
    }

    fn texts<'t>(
        &mut self,
        texts: impl Iterator<Item = &'t str>,
        from: StateId,
    ) -> Option<StateId> {
        let end = self.nfa.state();
        let mut any = false;
        for text in texts {
            let at = letters(&mut self.nfa, from, text);
            self.nfa.arc(at, EPSILON, end);
            any = true;
        }
        any.then_some(end)
    }

    fn list(&mut self, list: u16, from: StateId, depth: usize) -> Option<StateId> {
        let program = self.program;
        match program.lists.get(usize::from(list))? {
            List::Values(choices) => {
                self.one_of(choices.iter().map(|choice| choice.node), from, depth)
            }
            List::Home(home) => {
                let (names, block) = (self.names, self.block);
                let fitting = names
                    .lists
                    .get(*home)?
                    .iter()
                    .filter(|name| fits(name, block));
                self.texts(fitting.map(|name| &*name.text.said), from)
            }
            List::Range(range) => {
                let said = self.numbers.remove(&list).unwrap_or_else(|| {
                    (i64::from(range.from)..=i64::from(range.to))
                        .step_by(usize::try_from(range.step).unwrap_or(1).max(1))
                        .take(MAX_NUMBERS)
                        .flat_map(|number| spell(&program.language, number).into_iter().take(1))
                        .map(|said| said.replace('-', " "))
                        .collect()
                });
                let end = self.texts(said.iter().map(String::as_str), from);
                self.numbers.insert(list, said);
                end
            }
            // Whatever may be said there, it is no sentence of this home.
            List::Wildcard => None,
        }
    }
}

/// Whether a name is of the kind the block is about.
fn fits(name: &Name, block: Option<&Block>) -> bool {
    name.context.iter().all(|(key, value)| {
        block.is_none_or(|block| {
            block.requires.iter().filter(|c| c.key == *key).all(|c| {
                c.values
                    .as_ref()
                    .is_none_or(|values| values.contains(value))
            })
        })
    })
}
