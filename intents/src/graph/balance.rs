//! A fair search: talk is not to be given up before it is over.
//!
//! Words of talk cost much at once, those of a sentence nearly nothing, so half way through any talk some sentence
//! is far ahead, and a search that follows only what is near the best loses the talk, although it would win in
//! the end. So whoever is inside a sentence owes something meanwhile, and gets it back at its end. No way
//! through the graph costs more or less for it.

use super::fst::{Fst, NEVER, StateId};

/// What is owed while a sentence is said.
const OWED: f32 = 8.0;

/// The graph with that debt; `talk` tells what talk says.
#[must_use]
pub fn balanced(graph: Fst, talk: impl Fn(u32) -> bool) -> Fst {
    let mut before: Vec<Vec<StateId>> = vec![Vec::new(); graph.len()];
    let (mut says, mut said) = (Vec::new(), Vec::new());
    for state in graph.states() {
        for arc in graph.arcs(state) {
            before[arc.next as usize].push(state);
            if talk(arc.output) {
                says.push(state);
                said.push(arc.next);
            }
        }
    }
    if says.is_empty() {
        return graph;
    }
    // Talk may still begin where it can be said, and is under way where it was.
    let mut owed = vec![OWED; graph.len()];
    let mut open = says;
    while let Some(state) = open.pop() {
        if std::mem::take(&mut owed[state as usize]) > 0.0 {
            open.extend(&before[state as usize]);
        }
    }
    let mut open = said;
    let mut seen = vec![false; graph.len()];
    while let Some(state) = open.pop() {
        if !std::mem::replace(&mut seen[state as usize], true) {
            owed[state as usize] = 0.0;
            open.extend(graph.arcs(state).iter().map(|arc| arc.next));
        }
    }
    let mut out = Fst::new();
    for state in graph.states() {
        let here = owed[state as usize];
        for arc in graph.arcs(state) {
            let mut arc = *arc;
            arc.weight += owed[arc.next as usize] - here;
            out.push(arc);
        }
        let end = graph.final_cost(state);
        out.end_state(if end == NEVER { NEVER } else { end - here });
    }
    out.start = graph.start;
    out
}
