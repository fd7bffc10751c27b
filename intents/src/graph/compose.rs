//! The model's graph and the sentences' acceptor as one.

use std::collections::HashMap;

use super::GraphError;
use super::fst::{Arc, EPSILON, Fst, NEVER, StateId};

/// States of a result at most: more would not fit a router.
const MAX_STATES: usize = 4_000_000;

/// What is read by `left` and said by `right`: `left` turns sounds into words, `right` is an acceptor of
/// words without epsilons that says its output labels. States that can only be left with words that
/// `right` does not take there are never made.
///
/// # Errors
/// When the result is too large.
pub fn composed(left: &Fst, right: &Fst) -> Result<Fst, GraphError> {
    let (Some(start_left), Some(start_right)) = (left.start, right.start) else {
        return Ok(Fst::new());
    };
    let ahead = Ahead::new(left, right);
    let mut known: HashMap<(StateId, StateId), StateId> = HashMap::new();
    let mut states = vec![(start_left, start_right)];
    known.insert((start_left, start_right), 0);
    let mut out = Fst::new();
    let mut at = 0;
    while let Some((l, r)) = states.get(at).copied() {
        at += 1;
        let mut arrive = |l: StateId, r: StateId| -> Option<StateId> {
            if !ahead.meets(l, r) {
                return None;
            }
            Some(*known.entry((l, r)).or_insert_with(|| {
                states.push((l, r));
                super::fst::count(states.len() - 1)
            }))
        };
        for arc in left.arcs(l) {
            if arc.output == EPSILON {
                if let Some(next) = arrive(arc.next, r) {
                    out.push(Arc { next, ..*arc });
                }
                continue;
            }
            for word in matching(right.arcs(r), arc.output) {
                if let Some(next) = arrive(arc.next, word.next) {
                    out.push(Arc {
                        input: arc.input,
                        output: word.output,
                        weight: arc.weight + word.weight,
                        next,
                    });
                }
            }
        }
        let end = left.final_cost(l) + right.final_cost(r);
        out.end_state(if end.is_finite() { end } else { NEVER });
        if states.len() > MAX_STATES {
            return Err(GraphError::Unfit(format!(
                "the sentences need a graph of more than {MAX_STATES} states"
            )));
        }
    }
    out.start = Some(0);
    Ok(out.connected())
}

/// The arcs that read this label; they are sorted by it.
fn matching(arcs: &[Arc], label: u32) -> &[Arc] {
    let from = arcs.partition_point(|arc| arc.input < label);
    let to = from + arcs[from..].partition_point(|arc| arc.input == label);
    &arcs[from..to]
}

/// Which words can come next: of each state on the left, and of each on the right. A bit per word and
/// one more for ending.
struct Ahead {
    width: usize,
    left: Vec<u64>,
    right: Vec<u64>,
}

impl Ahead {
    fn new(left: &Fst, right: &Fst) -> Self {
        let mut words: Vec<u32> = right.all_arcs().iter().map(|arc| arc.input).collect();
        words.sort_unstable();
        words.dedup();
        let end = words.len();
        let width = (end + 1).div_ceil(64);
        let mut ahead = Self {
            width,
            left: vec![0; width * left.len()],
            right: vec![0; width * right.len()],
        };
        let bit = |label: u32| words.binary_search(&label).ok();
        let set = |bits: &mut [u64], state: StateId, bit: usize| {
            bits[state as usize * width + bit / 64] |= 1 << (bit % 64);
        };
        for state in right.states() {
            for arc in right.arcs(state) {
                if let Some(bit) = bit(arc.input) {
                    set(&mut ahead.right, state, bit);
                }
            }
            if right.final_cost(state) != NEVER {
                set(&mut ahead.right, state, end);
            }
        }
        for state in left.states() {
            for arc in left.arcs(state) {
                if arc.output != EPSILON
                    && let Some(bit) = bit(arc.output)
                {
                    set(&mut ahead.left, state, bit);
                }
            }
            if left.final_cost(state) != NEVER {
                set(&mut ahead.left, state, end);
            }
        }
        ahead.spread(left);
        ahead
    }

    /// What follows an arc without a word also follows the state before it.
    fn spread(&mut self, left: &Fst) {
        let order = behind_first(left);
        let mut changed = true;
        while changed {
            changed = false;
            for state in &order {
                for arc in left.arcs(*state) {
                    if arc.output != EPSILON || arc.next == *state {
                        continue;
                    }
                    let (to, from) = (*state as usize * self.width, arc.next as usize * self.width);
                    for i in 0..self.width {
                        let more = self.left[from + i] & !self.left[to + i];
                        if more != 0 {
                            self.left[to + i] |= more;
                            changed = true;
                        }
                    }
                }
            }
        }
    }

    fn meets(&self, l: StateId, r: StateId) -> bool {
        let (l, r) = (l as usize * self.width, r as usize * self.width);
        let right = &self.right[r..r + self.width];
        self.left[l..l + self.width]
            .iter()
            .zip(right)
            .any(|(a, b)| a & b != 0)
    }
}

/// The states, each behind those its silent arcs lead to, as far as there are no circles.
fn behind_first(fst: &Fst) -> Vec<StateId> {
    let mut order = Vec::with_capacity(fst.len());
    let mut seen = vec![false; fst.len()];
    let mut open: Vec<(StateId, usize)> = Vec::new();
    for root in fst.states() {
        if std::mem::replace(&mut seen[root as usize], true) {
            continue;
        }
        open.push((root, 0));
        while let Some((state, at)) = open.last_mut() {
            let Some(arc) = fst.arcs(*state).get(*at) else {
                order.push(*state);
                open.pop();
                continue;
            };
            *at += 1;
            if arc.output == EPSILON && !std::mem::replace(&mut seen[arc.next as usize], true) {
                open.push((arc.next, 0));
            }
        }
    }
    order
}
