//! From alternatives to a deterministic acceptor.

use std::collections::HashMap;

use super::GraphError;
use super::fst::{Arc, EPSILON, Fst, NEVER, StateId, count};

/// States of a deterministic acceptor at most.
const MAX_STATES: usize = 500_000;

/// An acceptor under construction: any number of arcs with the same label, and arcs with none.
#[derive(Clone, Debug, Default)]
pub struct Nfa {
    arcs: Vec<Vec<(u32, StateId)>>,
    ends: Vec<bool>,
}

impl Nfa {
    /// With a start, state 0.
    #[must_use]
    pub fn new() -> Self {
        let mut nfa = Self::default();
        nfa.state();
        nfa
    }

    /// A new state.
    pub fn state(&mut self) -> StateId {
        self.arcs.push(Vec::new());
        self.ends.push(false);
        count(self.arcs.len() - 1)
    }

    /// How many states there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.arcs.len()
    }

    /// Never: there is a start.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.arcs.is_empty()
    }

    /// A way between two states.
    pub fn arc(&mut self, from: StateId, label: u32, to: StateId) {
        if let Some(arcs) = self.arcs.get_mut(from as usize) {
            arcs.push((label, to));
        }
    }

    /// Makes a state an end.
    pub fn end(&mut self, state: StateId) {
        if let Some(end) = self.ends.get_mut(state as usize) {
            *end = true;
        }
    }

    /// All states that are reached without a label.
    fn closure(&self, states: &mut Vec<StateId>) {
        let mut at = 0;
        while let Some(state) = states.get(at).copied() {
            at += 1;
            for (label, next) in &self.arcs[state as usize] {
                if *label == EPSILON && !states.contains(next) {
                    states.push(*next);
                }
            }
        }
        // Only states that do something tell sets apart.
        states.retain(|state| {
            self.ends[*state as usize]
                || self.arcs[*state as usize]
                    .iter()
                    .any(|(label, _)| *label != EPSILON)
        });
        states.sort_unstable();
        states.dedup();
    }

    /// The same texts, one arc per label, as few states as can be, no costs.
    ///
    /// # Errors
    /// When it would be too large.
    pub fn deterministic(&self) -> Result<Fst, GraphError> {
        let mut first = vec![0];
        self.closure(&mut first);
        let mut sets = vec![first.clone()];
        let mut known: HashMap<Vec<StateId>, StateId> = HashMap::from([(first, 0)]);
        let mut fst = Fst::new();
        let mut at = 0;
        while at < sets.len() {
            let mut steps: Vec<(u32, StateId)> = Vec::new();
            let mut end = false;
            for state in &sets[at] {
                steps.extend(
                    self.arcs[*state as usize]
                        .iter()
                        .filter(|(label, _)| *label != EPSILON),
                );
                end |= self.ends[*state as usize];
            }
            at += 1;
            steps.sort_unstable();
            steps.dedup();
            for group in steps.chunk_by(|a, b| a.0 == b.0) {
                let mut set: Vec<StateId> = group.iter().map(|(_, next)| *next).collect();
                self.closure(&mut set);
                if set.is_empty() {
                    continue;
                }
                let next = match known.get(&set) {
                    Some(next) => *next,
                    None => {
                        let next = count(sets.len());
                        known.insert(set.clone(), next);
                        sets.push(set);
                        next
                    }
                };
                let label = group.first().map_or(EPSILON, |(label, _)| *label);
                fst.push(Arc {
                    input: label,
                    output: label,
                    weight: 0.0,
                    next,
                });
            }
            fst.end_state(if end { 0.0 } else { NEVER });
            if sets.len() > MAX_STATES {
                return Err(GraphError::Unfit(format!(
                    "the sentences need more than {MAX_STATES} states"
                )));
            }
        }
        fst.start = Some(0);
        Ok(super::minimize::minimized(&fst.connected()))
    }
}

/// How many different texts an acceptor without circles takes; infinite for one with circles.
#[must_use]
pub fn texts(fst: &Fst) -> f64 {
    // Sums grow along the arcs; a way longer than there are states has a circle.
    let mut sums: Vec<f64> = vec![0.0; fst.len()];
    for round in 0..=fst.len() {
        let next: Vec<f64> = fst
            .states()
            .map(|state| {
                let here = f64::from(u8::from(fst.final_cost(state) != NEVER));
                let arcs = fst.arcs(state).iter();
                here + arcs.map(|arc| sums[arc.next as usize]).sum::<f64>()
            })
            .collect();
        if next == sums {
            return fst.start.map_or(0.0, |start| sums[start as usize]);
        }
        sums = next;
        if round > 10_000 {
            break;
        }
    }
    f64::INFINITY
}
