//! Weighted transducers in memory: states in one array, arcs in another.

/// A state's number.
pub type StateId = u32;

/// The label that reads or says nothing.
pub const EPSILON: u32 = 0;

/// The final cost of a state that is not final.
pub const NEVER: f32 = f32::INFINITY;

/// From one state to another.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Arc {
    /// Read: a transition of the acoustic model, or a word in an acceptor.
    pub input: u32,
    /// Said: a word.
    pub output: u32,
    /// What it costs.
    pub weight: f32,
    /// Where it leads.
    pub next: StateId,
}

/// A transducer. States are numbered from 0; the arcs of a state lie together.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Fst {
    /// Where it starts; none: it accepts nothing.
    pub start: Option<StateId>,
    finals: Vec<f32>,
    /// Where each state's arcs end.
    ends: Vec<u32>,
    arcs: Vec<Arc>,
}

impl Fst {
    /// One without states.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds an arc of the state that comes next; [`Fst::end_state`] ends that state.
    pub fn push(&mut self, arc: Arc) {
        self.arcs.push(arc);
    }

    /// Ends a state with the arcs pushed since the last one; gives its number.
    pub fn end_state(&mut self, cost: f32) -> StateId {
        self.finals.push(cost);
        self.ends.push(count(self.arcs.len()));
        count(self.finals.len() - 1)
    }

    /// The number of states.
    #[must_use]
    pub fn len(&self) -> usize {
        self.finals.len()
    }

    /// Whether there is no state.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.finals.is_empty()
    }

    /// The number of arcs.
    #[must_use]
    pub fn arc_count(&self) -> usize {
        self.arcs.len()
    }

    /// The states' numbers.
    pub fn states(&self) -> impl DoubleEndedIterator<Item = StateId> + use<> {
        0..count(self.finals.len())
    }

    /// What ending in this state costs; [`NEVER`] for states that are not final or not there.
    #[must_use]
    pub fn final_cost(&self, state: StateId) -> f32 {
        self.finals.get(state as usize).copied().unwrap_or(NEVER)
    }

    /// The arcs of a state.
    #[must_use]
    pub fn arcs(&self, state: StateId) -> &[Arc] {
        let range = self.range(state);
        self.arcs.get(range).unwrap_or_default()
    }

    /// All arcs.
    #[must_use]
    pub fn all_arcs(&self) -> &[Arc] {
        &self.arcs
    }

    /// All arcs, to be changed.
    pub fn all_arcs_mut(&mut self) -> &mut [Arc] {
        &mut self.arcs
    }

    fn range(&self, state: StateId) -> std::ops::Range<usize> {
        let at = state as usize;
        let to = self.ends.get(at).copied().unwrap_or(0) as usize;
        let from = match at.checked_sub(1) {
            Some(before) => self.ends.get(before).copied().unwrap_or(0) as usize,
            None => 0,
        };
        from..to.max(from)
    }

    /// Only the states for which `keep` holds, in the old order, and the arcs between them.
    #[must_use]
    pub fn filtered(&self, keep: impl Fn(StateId) -> bool) -> Self {
        let mut new = vec![None; self.len()];
        let mut next = 0;
        for state in self.states() {
            if keep(state) {
                new[state as usize] = Some(next);
                next += 1;
            }
        }
        let renamed = |state: StateId| new.get(state as usize).copied().flatten();
        let mut out = Self::new();
        for state in self.states() {
            if renamed(state).is_none() {
                continue;
            }
            for arc in self.arcs(state) {
                if let Some(next) = renamed(arc.next) {
                    out.push(Arc { next, ..*arc });
                }
            }
            out.end_state(self.final_cost(state));
        }
        out.start = self.start.and_then(renamed);
        out
    }

    /// Only what lies on a way from the start to an end.
    #[must_use]
    pub fn connected(&self) -> Self {
        let useful = useful(
            self.len(),
            self.start,
            |state| self.final_cost(state) != NEVER,
            |state, visit| {
                for arc in self.arcs(state) {
                    visit(arc.next);
                }
            },
        );
        if useful.iter().all(|useful| *useful) {
            return self.clone();
        }
        self.filtered(|state| useful[state as usize])
    }
}

/// Which of `len` states lie on a way from the start to an end.
pub(super) fn useful(
    len: usize,
    start: Option<StateId>,
    ends: impl Fn(StateId) -> bool,
    arcs: impl Fn(StateId, &mut dyn FnMut(StateId)),
) -> Vec<bool> {
    let mut reached = vec![false; len];
    let mut order: Vec<StateId> = Vec::new();
    if let Some(start) = start
        && let Some(first) = reached.get_mut(start as usize)
    {
        *first = true;
        order.push(start);
    }
    let mut at = 0;
    while let Some(state) = order.get(at).copied() {
        at += 1;
        arcs(state, &mut |next| {
            if let Some(seen) = reached.get_mut(next as usize)
                && !*seen
            {
                *seen = true;
                order.push(next);
            }
        });
    }
    // Backwards, over the reached states only: how many arrive where, then from where.
    let mut first = vec![0_u32; len + 1];
    for state in &order {
        arcs(*state, &mut |next| {
            if let Some(n) = first.get_mut(next as usize + 1) {
                *n += 1;
            }
        });
    }
    for i in 1..first.len() {
        first[i] += first[i - 1];
    }
    let mut from = vec![0_u32; first.last().copied().unwrap_or(0) as usize];
    let mut filled = first.clone();
    for state in &order {
        arcs(*state, &mut |next| {
            if let Some(at) = filled.get_mut(next as usize) {
                from[*at as usize] = *state;
                *at += 1;
            }
        });
    }
    let mut useful = vec![false; len];
    let mut open: Vec<StateId> = order.iter().copied().filter(|s| ends(*s)).collect();
    for state in &open {
        useful[*state as usize] = true;
    }
    while let Some(state) = open.pop() {
        let (begin, end) = (first[state as usize], first[state as usize + 1]);
        for before in &from[begin as usize..end as usize] {
            if !useful[*before as usize] {
                useful[*before as usize] = true;
                open.push(*before);
            }
        }
    }
    useful
}

/// A length as the files have it.
pub(super) fn count(n: usize) -> u32 {
    u32::try_from(n).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn arc(label: u32, next: StateId) -> Arc {
        Arc {
            input: label,
            output: label,
            weight: 0.0,
            next,
        }
    }

    #[test]
    fn what_leads_nowhere_and_what_is_not_reached_goes() {
        let mut fst = Fst::new();
        fst.push(arc(1, 1));
        fst.push(arc(2, 2));
        fst.end_state(NEVER);
        fst.push(arc(3, 3));
        fst.end_state(NEVER);
        fst.end_state(NEVER); // 2: a dead end
        fst.end_state(0.5); // 3: the end
        fst.push(arc(4, 3));
        fst.end_state(NEVER); // 4: nobody comes here
        fst.start = Some(0);
        let fst = fst.connected();
        assert_eq!((fst.len(), fst.arc_count()), (3, 2));
        assert_eq!(fst.arcs(0), [arc(1, 1)]);
        assert_eq!(fst.arcs(1), [arc(3, 2)]);
        assert_eq!(fst.final_cost(2), 0.5);
    }

    #[test]
    fn an_fst_without_start_is_empty_when_connected() {
        let mut fst = Fst::new();
        fst.end_state(0.0);
        assert_eq!(fst.connected(), Fst::new());
    }
}
