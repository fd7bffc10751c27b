//! The matcher: where in a sentence a template can end, and with which slots.
//!
//! It walks a template over *sets* of states, not over single guesses: after each part of a sequence,
//! states that agree in everything that matters are one. So `[a] [a] [a]…` costs the square of its
//! length and not two to the power of it. What still explodes (many wildcards) ends at the step
//! budget, as an error and never as a wrong answer.
//!
//! States keep the order in which hassil would try them, because the first of two equally good
//! readings wins.

mod context;
mod lists;
mod state;

use super::scan::Scan;
use crate::Context;
use crate::compile::{Block, List, NodeId, Op, Program, Text};
use crate::names::Names;
use crate::normal::{Blanks, Said, is_word};
pub(super) use context::{Known, excludes, outside, requires, tells};
use state::Learnt;
pub(super) use state::{Found, NONE, State, TooComplex, What};

type Step = Result<(), TooComplex>;

/// Matches templates against one form of one sentence.
pub(super) struct Matcher<'a> {
    program: &'a Program,
    names: &'a Names,
    context: &'a Context,
    scan: &'a Scan,
    /// The sentence.
    pub said: &'a Said,
    broken: Vec<char>,
    counts_blanks: bool,
    /// The block of the template under way.
    block: Option<&'a Block>,
    /// Slots found.
    pub founds: Vec<Found>,
    learnts: Vec<Learnt>,
    spare: Vec<Vec<State>>,
    /// Steps left.
    pub budget: u32,
    /// Unknown names match too: for saying what is missing.
    pub explaining: bool,
}

impl<'a> Matcher<'a> {
    /// A matcher of one sentence, with so many steps to spend.
    pub(super) fn new(
        program: &'a Program,
        names: &'a Names,
        context: &'a Context,
        scan: &'a Scan,
        said: &'a Said,
        budget: u32,
    ) -> Self {
        let broken = if said.folded.iter().any(|c| matches!(c, '-' | '_')) {
            said.folded
                .iter()
                .map(|c| if matches!(c, '-' | '_') { ' ' } else { *c })
                .collect()
        } else {
            Vec::new()
        };
        Self {
            program,
            names,
            context,
            scan,
            said,
            broken,
            counts_blanks: program.blanks == Blanks::Count,
            block: None,
            founds: Vec::new(),
            learnts: Vec::new(),
            spare: Vec::new(),
            budget,
            explaining: false,
        }
    }

    /// All states in which the template can end.
    ///
    /// # Errors
    /// When the budget runs out.
    pub(super) fn run(&mut self, block: &'a Block, root: NodeId) -> Result<Vec<State>, TooComplex> {
        self.block = Some(block);
        self.founds.clear();
        self.learnts.clear();
        let mut out = self.take();
        let start = State {
            place: 0,
            word_start: true,
            broken: false,
            literal: 0,
            found: NONE,
            learnt: NONE,
        };
        self.node(root, start, &mut out)?;
        Ok(out)
    }

    /// Gives back a buffer of [`Matcher::run`].
    pub(super) fn give(&mut self, mut states: Vec<State>) {
        states.clear();
        self.spare.push(states);
    }

    fn take(&mut self) -> Vec<State> {
        self.spare.pop().unwrap_or_default()
    }

    fn folded(&self, state: &State) -> &[char] {
        if state.broken {
            &self.broken
        } else {
            &self.said.folded
        }
    }

    /// What is left of the sentence.
    fn rest(&self, state: &State) -> &[char] {
        self.folded(state)
            .get(usize::from(state.place)..)
            .unwrap_or_default()
    }

    /// Whether a node can match anywhere.
    fn alive(&self, id: NodeId) -> bool {
        if self.explaining {
            self.scan.worth(self.program, id).is_some()
        } else {
            self.scan.alive(self.program, id)
        }
    }

    fn found(&self, state: &State) -> Option<Found> {
        self.founds.get(state.found as usize).copied()
    }

    fn open(&self, state: &State) -> Option<Found> {
        self.found(state).filter(|found| found.what.is_open())
    }

    fn add(&mut self, found: Found) -> u32 {
        let known = self.founds.iter().rposition(|f| *f == found);
        let at = known.unwrap_or_else(|| {
            self.founds.push(found);
            self.founds.len() - 1
        });
        u32::try_from(at).unwrap_or(NONE)
    }

    fn node(&mut self, id: NodeId, state: State, out: &mut Vec<State>) -> Step {
        self.budget = self.budget.checked_sub(1).ok_or(TooComplex)?;
        let program = self.program;
        if !self.alive(id) {
            return Ok(());
        }
        let Some(op) = program.ops.get(id as usize) else {
            return Ok(());
        };
        match *op {
            Op::Text(text) => {
                if let Some(text) = program.texts.get(text as usize) {
                    self.text(text, state, out)?;
                }
                Ok(())
            }
            Op::Seq(from, to) => {
                let kids = &program.kids[from as usize..to as usize];
                let mut now = self.take();
                let mut next = self.take();
                now.push(state);
                for kid in kids {
                    for state in &now {
                        self.node(*kid, *state, &mut next)?;
                    }
                    self.budget = self
                        .budget
                        .checked_sub(small(next.len()))
                        .ok_or(TooComplex)?;
                    unite(&mut next);
                    now.clear();
                    std::mem::swap(&mut now, &mut next);
                    if now.is_empty() {
                        break;
                    }
                }
                out.extend(&now);
                self.give(now);
                self.give(next);
                Ok(())
            }
            Op::Alt(from, to) => {
                for kid in &program.kids[from as usize..to as usize] {
                    self.node(*kid, state, out)?;
                }
                Ok(())
            }
            Op::Perm(from, to) => {
                let kids = &program.kids[from as usize..to as usize];
                let all = 1u32
                    .checked_shl(small(kids.len()))
                    .unwrap_or(0)
                    .wrapping_sub(1);
                self.permutation(kids, all, state, out)
            }
            Op::List {
                list,
                slot,
                capture,
                end_of_word,
            } => match program.lists.get(usize::from(list)) {
                Some(List::Wildcard) => {
                    if !self.rest(&state).is_empty() {
                        let what = What::Wild {
                            open: true,
                            end_of_word,
                        };
                        out.push(self.open_at(state, slot, what));
                    }
                    Ok(())
                }
                Some(List::Range(range)) => self.range(list, range, slot, state, out),
                Some(List::Values(_) | List::Home(_)) => {
                    self.choices(list, slot, capture, state, out)
                }
                None => Ok(()),
            },
        }
    }

    fn open_at(&mut self, state: State, slot: u16, what: What) -> State {
        let found = self.add(Found {
            before: state.found,
            slot,
            start: state.place,
            end: state.place,
            what,
        });
        State { found, ..state }
    }

    fn permutation(
        &mut self,
        kids: &[NodeId],
        left: u32,
        state: State,
        out: &mut Vec<State>,
    ) -> Step {
        for (i, kid) in kids.iter().enumerate().take(32) {
            let bit = 1u32 << i;
            if left & bit == 0 {
                continue;
            }
            if left == bit {
                return self.node(*kid, state, out);
            }
            let mut after = self.take();
            self.node(*kid, state, &mut after)?;
            unite(&mut after);
            for state in &after {
                self.permutation(kids, left & !bit, *state, out)?;
            }
            self.give(after);
        }
        Ok(())
    }

    fn text(&mut self, text: &Text, state: State, out: &mut Vec<State>) -> Step {
        if text.empty {
            out.push(state);
            return Ok(());
        }
        let mut wanted: &[char] = &text.folded;
        let mut place = usize::from(state.place);
        if state.word_start && self.counts_blanks {
            wanted = &wanted[usize::from(text.lead)..];
            place += self.rest(&state).iter().take_while(|c| **c == ' ').count();
        }
        let here = State {
            place: short(place),
            ..state
        };
        let blank = wanted.iter().all(|c| *c == ' ');
        if let Some(wild) = self.open(&state) {
            if blank {
                out.push(State {
                    word_start: true,
                    ..here
                });
                return Ok(());
            }
            return self.after_wild(text, wanted, wild, here, out);
        }
        let rest = self.rest(&here);
        if begins(rest, wanted) {
            out.push(State {
                place: short(place + wanted.len()),
                word_start: text.ends_word,
                literal: state.literal.saturating_add(text.solid),
                ..state
            });
        } else if blank && !wanted.is_empty() && rest.iter().all(|c| *c == ' ') {
            out.push(state);
        } else if !state.broken && !self.broken.is_empty() {
            let end = place + wanted.len();
            if self.broken.get(place..end) == Some(wanted) {
                out.push(State {
                    place: short(end),
                    broken: true,
                    ..state
                });
            }
        }
        Ok(())
    }

    /// Free text ends wherever this text can begin; each such place is a state.
    fn after_wild(
        &mut self,
        text: &Text,
        wanted: &[char],
        wild: Found,
        state: State,
        out: &mut Vec<State>,
    ) -> Step {
        let boundary = self.counts_blanks
            && matches!(
                wild.what,
                What::Wild {
                    end_of_word: true,
                    ..
                } | What::Unknown { .. }
            );
        let length = self.rest(&state).len();
        let mut first = true;
        for offset in 1..length {
            let rest = self.rest(&state);
            if !begins(&rest[offset..], wanted) {
                continue;
            }
            if first && boundary {
                let before = is_word(rest[offset - 1]);
                let after = rest.get(offset).is_some_and(|c| is_word(*c));
                if before == after {
                    continue;
                }
            }
            first = matches!(wild.what, What::Unknown { .. });
            self.budget = self.budget.checked_sub(1).ok_or(TooComplex)?;
            let end = state.place.saturating_add(short(offset));
            let closed = self.add(Found {
                start: state.place,
                end,
                what: wild.what.closed(),
                ..wild
            });
            let next = State {
                place: end,
                word_start: true,
                found: closed,
                ..state
            };
            self.text(text, next, out)?;
        }
        Ok(())
    }
}

/// Whether a text begins so; most do not, and their first character tells.
fn begins(text: &[char], wanted: &[char]) -> bool {
    match (wanted, text) {
        ([], _) => true,
        ([first, wanted @ ..], [c, text @ ..]) => c == first && text.starts_with(wanted),
        _ => false,
    }
}

/// States that agree in everything are one; the first stays.
fn unite(states: &mut Vec<State>) {
    let mut i = 1;
    while i < states.len() {
        if states[..i].contains(&states[i]) {
            states.remove(i);
        } else {
            i += 1;
        }
    }
}

fn short(n: usize) -> u16 {
    u16::try_from(n).unwrap_or(u16::MAX)
}

fn small(n: usize) -> u32 {
    u32::try_from(n).unwrap_or(u32::MAX)
}
