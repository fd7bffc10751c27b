//! Smaller transducers that accept and say the same at the same cost.

use std::collections::HashMap;

use super::fst::{Arc, EPSILON, Fst, NEVER, StateId, count};

/// Costs that differ by less are the same.
const STEP: f32 = 1.0 / 1024.0;

/// Joins states from which the same can follow (the coarsest bisimulation): exact for deterministic
/// acceptors, sound for everything.
#[must_use]
pub fn minimized(fst: &Fst) -> Fst {
    let (class, classes) = classes(fst);
    quotient(fst, &class, classes)
}

/// Whether two transducers do the same step by step (are bisimilar); so also when they are the same but
/// for the order of states and arcs.
#[must_use]
pub fn equivalent(a: &Fst, b: &Fst) -> bool {
    let (Some(start_a), Some(start_b)) = (a.start, b.start) else {
        return a.start == b.start;
    };
    let mut both = a.clone();
    let offset = count(a.len());
    for state in b.states() {
        for arc in b.arcs(state) {
            both.push(Arc {
                next: arc.next + offset,
                ..*arc
            });
        }
        both.end_state(b.final_cost(state));
    }
    let (class, _) = classes(&both);
    class[start_a as usize] == class[(start_b + offset) as usize]
}

/// The class of each state, and how many there are.
fn classes(fst: &Fst) -> (Vec<u32>, usize) {
    let mut class: Vec<u32> = vec![0; fst.len()];
    let mut classes = 0;
    loop {
        let mut known: HashMap<u128, u32> = HashMap::with_capacity(classes);
        let next: Vec<u32> = fst
            .states()
            .map(|state| {
                let mark = signature(fst, state, &class);
                let new = count(known.len());
                *known.entry(mark).or_insert(new)
            })
            .collect();
        class = next;
        if known.len() == classes {
            break;
        }
        classes = known.len();
    }
    (class, classes)
}

/// What a state does, in terms of the classes known so far. A sum over the arcs, so their order is
/// of no account.
fn signature(fst: &Fst, state: StateId, class: &[u32]) -> u128 {
    let mut sum = mix(
        u64::from(class[state as usize]),
        u64::from(quantized(fst.final_cost(state))),
    );
    for arc in fst.arcs(state) {
        let labels = u64::from(arc.input) << 32 | u64::from(arc.output);
        let rest = u64::from(quantized(arc.weight)) << 32 | u64::from(class[arc.next as usize]);
        sum = sum.wrapping_add(mix(labels, rest));
    }
    sum
}

/// Two numbers to one that looks like chance.
fn mix(a: u64, b: u64) -> u128 {
    let mut x = (u128::from(a) << 64 | u128::from(b)) ^ 0x9e37_79b9_7f4a_7c15_f39c_c060_5ced_c835;
    for _ in 0..2 {
        x = x.wrapping_mul(0x2360_ed05_1fc6_5da4_4385_df64_9fcc_f645);
        x ^= x >> 67;
    }
    x
}

fn quantized(cost: f32) -> u32 {
    if cost == NEVER {
        return u32::MAX;
    }
    #[expect(clippy::cast_possible_truncation)] // costs are small
    let steps = (cost / STEP).round() as i32;
    steps.cast_unsigned()
}

/// One state for each class: the first of its states.
fn quotient(fst: &Fst, class: &[u32], classes: usize) -> Fst {
    let mut first: Vec<Option<StateId>> = vec![None; classes];
    for state in fst.states() {
        first[class[state as usize] as usize].get_or_insert(state);
    }
    let mut out = Fst::new();
    for state in first.into_iter().flatten() {
        let mut arcs: Vec<Arc> = fst
            .arcs(state)
            .iter()
            .map(|arc| Arc {
                next: class[arc.next as usize],
                ..*arc
            })
            .collect();
        arcs.sort_by(|a, b| {
            (a.input, a.output, a.next)
                .cmp(&(b.input, b.output, b.next))
                .then(a.weight.total_cmp(&b.weight))
        });
        arcs.dedup_by_key(|arc| (arc.input, arc.output, arc.next));
        for arc in arcs {
            out.push(arc);
        }
        out.end_state(fst.final_cost(state));
    }
    out.start = fst.start.map(|start| class[start as usize]);
    out
}

/// Moves costs as near to the start as they can go: what is dear is then known early, and states that
/// differ only in when they charge become equal. What all ways cost stays at the start's arcs.
#[must_use]
pub fn pushed(fst: &Fst) -> Fst {
    let Some(start) = fst.start else {
        return fst.clone();
    };
    // The least cost from each state to an end; arcs may also refund, so until nothing changes.
    let mut least: Vec<f32> = fst.states().map(|state| fst.final_cost(state)).collect();
    for _ in 0..fst.len() {
        let mut changed = false;
        for state in fst.states().rev() {
            let mut best = least[state as usize];
            for arc in fst.arcs(state) {
                best = best.min(arc.weight + least[arc.next as usize]);
            }
            if best < least[state as usize] - STEP / 16.0 {
                least[state as usize] = best;
                changed = true;
            }
        }
        if !changed {
            break;
        }
    }
    let at = |state: StateId| least[state as usize];
    let mut out = Fst::new();
    for state in fst.states() {
        // The start pays for all: it keeps what it would have to hand on.
        let owed = if state == start { 0.0 } else { at(state) };
        for arc in fst.arcs(state) {
            if at(arc.next) != NEVER {
                out.push(Arc {
                    weight: arc.weight + at(arc.next) - owed,
                    ..*arc
                });
            }
        }
        let end = fst.final_cost(state);
        out.end_state(if end == NEVER { NEVER } else { end - owed });
    }
    out.start = Some(start);
    out
}

/// Removes arcs that neither read nor say anything where that needs no more arcs than it saves.
#[must_use]
pub fn without_idle(fst: &Fst) -> Fst {
    let mut arcs: Vec<Vec<Arc>> = fst.states().map(|state| fst.arcs(state).to_vec()).collect();
    let mut finals: Vec<f32> = fst.states().map(|state| fst.final_cost(state)).collect();
    let mut comes = vec![0_u32; fst.len()];
    for arc in fst.all_arcs() {
        comes[arc.next as usize] += 1;
    }
    let idle = |arc: &Arc| arc.input == EPSILON && arc.output == EPSILON;
    for state in 0..arcs.len() {
        let mut at = 0;
        // Idle arcs may go in circles.
        let mut rounds = 10_000;
        while at < arcs[state].len() && rounds > 0 {
            rounds -= 1;
            let arc = arcs[state][at];
            let to = arc.next as usize;
            let alone = comes[to] == 1 && Some(arc.next) != fst.start && to != state;
            let single = arcs[to].len() == 1 && finals[to] == NEVER && arcs[to][0].next != arc.next;
            if idle(&arc) && alone {
                arcs[state].swap_remove(at);
                let moved = std::mem::take(&mut arcs[to]);
                arcs[state].extend(moved.into_iter().map(|next| Arc {
                    weight: arc.weight + next.weight,
                    ..next
                }));
                finals[state] = finals[state].min(arc.weight + finals[to]);
                finals[to] = NEVER;
                comes[to] = 0;
            } else if single && idle(&arcs[to][0]) && Some(arc.next) != fst.start {
                // What leads only on is passed by.
                let on = arcs[to][0];
                comes[to] -= 1;
                comes[on.next as usize] += 1;
                if comes[to] == 0 {
                    comes[on.next as usize] -= 1;
                    arcs[to].clear();
                }
                arcs[state][at] = Arc {
                    weight: arc.weight + on.weight,
                    next: on.next,
                    ..arc
                };
            } else {
                at += 1;
            }
        }
    }
    let mut out = Fst::new();
    for (arcs, cost) in arcs.into_iter().zip(finals) {
        for arc in arcs {
            out.push(arc);
        }
        out.end_state(cost);
    }
    out.start = fst.start;
    out.connected()
}
