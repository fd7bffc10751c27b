//! How well a template accounts for a sentence: each part of the template takes the characters it
//! hears, wherever they are; what it does not hear and what nobody takes has its price.
//!
//! Parts are taken greedily in the template's order. Words out of that order cost a little; which of
//! several branches is taken is decided by what it takes less what it costs. The work is linear in the
//! size of the template, and branches that hear nothing are not entered at all.

use super::lexicon::Lexicon;
use super::survey::{Anchor, Span, Survey};
use crate::Value;
use crate::compile::{Block, List, NodeId, Op, Program};
use crate::names::Names;
use crate::recognize::matcher::{Found, NONE, What, tells};

/// A word that comes before one that the template has before it.
const OUT_OF_ORDER: f32 = 0.12;
/// A name of a kind that the template does not speak of.
pub(super) const WRONG_KIND: f32 = 1.0;

/// How far the parts of a template have come.
#[derive(Clone, Copy, Debug)]
pub(super) struct State {
    /// The characters taken.
    pub taken: u128,
    /// Behind the last characters taken.
    pub last: u8,
    /// What was paid.
    pub cost: f32,
    /// How often the order was not the template's.
    pub turns: u8,
    /// The last slot found.
    pub found: u32,
}

/// One template against one sentence.
pub(super) struct Cover<'a> {
    pub program: &'a Program,
    pub lexicon: &'a Lexicon,
    pub names: &'a Names,
    pub survey: &'a Survey,
    /// The names taken to be names.
    pub anchors: Vec<&'a Anchor>,
    /// What each character weighs.
    pub mass: Vec<f32>,
    /// The characters of names: no other word may take them.
    pub reserved: u128,
    /// The block of the template under way.
    pub block: Option<&'a Block>,
    /// Names of another kind than the template's may stand.
    pub any_kind: bool,
    /// What nodes may take.
    pub reaches: Reaches,
    /// What became of each clause.
    pub asked: Vec<Asked>,
    /// Slots found.
    pub founds: Vec<Found>,
}

/// The characters that nodes may take, as far as somebody asked.
#[derive(Debug)]
pub(super) struct Reaches {
    /// For each node the place of its set in `masks`, counted from one; nought: nobody asked.
    of: Vec<u16>,
    masks: Vec<u128>,
}

impl Reaches {
    pub(super) fn new(program: &Program) -> Self {
        Self {
            of: vec![0; program.ops.len()],
            masks: vec![0],
        }
    }

    fn keep(&mut self, id: NodeId, mask: u128) {
        let Some(place) = self.of.get_mut(id as usize) else {
            return;
        };
        if mask == 0 {
            *place = 1;
        } else if let Ok(next) = u16::try_from(self.masks.len() + 1) {
            self.masks.push(mask);
            *place = next;
        }
    }
}

/// What became of a clause.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Asked {
    /// Nobody asked yet.
    Not,
    /// Something of it was heard.
    Heard,
    /// None of its words were heard.
    Unheard,
    /// No name or number was heard that it cannot do without.
    Missing,
}

impl Cover<'_> {
    /// What the characters of a set weigh.
    pub(super) fn weight(&self, set: u128) -> f32 {
        let mut set = set;
        let mut sum = 0.0;
        while set != 0 {
            let at = set.trailing_zeros() as usize;
            sum += self.mass.get(at).copied().unwrap_or(0.0);
            set &= set - 1;
        }
        sum
    }

    /// Whether anything of a node was heard.
    fn hears(&mut self, id: NodeId) -> bool {
        self.reach(id) != 0
    }

    /// The characters that a node may take; none when nothing of it was heard.
    pub(super) fn reach(&mut self, id: NodeId) -> u128 {
        let known = self.reaches.of.get(id as usize).copied();
        if let Some(known @ 1..) = known {
            let masks = &self.reaches.masks;
            return masks
                .get(usize::from(known) - 1)
                .copied()
                .unwrap_or(u128::MAX);
        }
        let program = self.program;
        let reach = match program.ops.get(id as usize) {
            Some(Op::Text(text)) => self
                .survey
                .of(self.lexicon.word(*text))
                .fold(0, |set, span| set | span.mask()),
            Some(Op::Seq(from, to) | Op::Alt(from, to) | Op::Perm(from, to)) => {
                let kids = &program.kids[*from as usize..*to as usize];
                kids.iter().fold(0, |set, kid| set | self.reach(*kid))
            }
            Some(Op::List { list, .. }) => match program.lists.get(usize::from(*list)) {
                Some(List::Home(home)) => self
                    .anchors
                    .iter()
                    .filter(|a| usize::from(a.list) == *home)
                    .fold(0, |set, anchor| set | anchor.span.mask()),
                Some(List::Range(_)) => self
                    .survey
                    .numbers
                    .iter()
                    .fold(0, |set, number| set | number.span.mask()),
                Some(List::Values(choices)) => choices
                    .iter()
                    .fold(0, |set, choice| set | self.reach(choice.node)),
                Some(List::Wildcard) | None => 0,
            },
            None => 0,
        };
        self.reaches.keep(id, reach);
        reach
    }

    /// Lets a node take what it hears; nothing when it cannot do without what it does not hear.
    pub(super) fn node(&mut self, id: NodeId, state: State, strict: bool) -> Option<State> {
        if !self.hears(id) {
            return self.unheard(id, state, strict);
        }
        let program = self.program;
        match *program.ops.get(id as usize)? {
            Op::Text(text) => {
                let word = self.lexicon.word(text);
                match self.place(word, &state) {
                    Some(span) => Some(self.take(span, state)),
                    None => self.unheard(id, state, strict),
                }
            }
            Op::Seq(from, to) | Op::Perm(from, to) => {
                let any_order = matches!(program.ops.get(id as usize), Some(Op::Perm(..)));
                let mut state = state;
                for kid in &program.kids[from as usize..to as usize] {
                    if any_order {
                        state.last = 0;
                    }
                    state = self.node(*kid, state, strict)?;
                }
                Some(state)
            }
            Op::Alt(from, to) => {
                let mut best: Option<(f32, State)> = None;
                for kid in &program.kids[from as usize..to as usize] {
                    let Some(after) = self.node(*kid, state, strict) else {
                        continue;
                    };
                    let worth = self.weight(after.taken & !state.taken) * 1.5 - after.cost;
                    if best.as_ref().is_none_or(|(old, _)| worth > *old) {
                        best = Some((worth, after));
                    }
                }
                best.map(|(_, state)| state)
            }
            Op::List {
                list,
                slot,
                capture,
                ..
            } => {
                let slot = (!capture).then_some(slot);
                match program.lists.get(usize::from(list))? {
                    List::Home(home) => self.name(list, *home, slot, state),
                    List::Range(_) => self.number(list, slot, state),
                    List::Values(_) => self.choice(list, slot, state),
                    List::Wildcard => None,
                }
            }
        }
    }

    /// Passes a node by.
    fn unheard(&self, id: NodeId, mut state: State, strict: bool) -> Option<State> {
        let cost = (*self.lexicon.unheard.get(id as usize)?)?;
        if strict && cost > 0.0 {
            return None;
        }
        state.cost += cost.min(0.5);
        Some(state)
    }

    /// The best place for a word that is still free.
    fn place(&self, word: u32, state: &State) -> Option<Span> {
        let free = |span: &Span| span.mask() & (state.taken | self.reserved) == 0;
        let mut best: Option<(f32, Span)> = None;
        for span in self.survey.of(word).filter(free) {
            if span.glued && span.start != state.last {
                continue;
            }
            let cost = span.cost
                + if span.start < state.last {
                    OUT_OF_ORDER
                } else {
                    0.0
                };
            if best.as_ref().is_none_or(|(old, _)| cost < *old) {
                best = Some((cost, span));
            }
        }
        best.map(|(_, span)| span)
    }

    fn take(&self, span: Span, mut state: State) -> State {
        if span.start < state.last {
            state.cost += OUT_OF_ORDER;
            state.turns = state.turns.saturating_add(1);
        }
        state.cost += span.cost;
        state.taken |= span.mask();
        state.last = span.end;
        state
    }

    fn found(&mut self, slot: Option<u16>, span: Span, what: What, state: State) -> State {
        let mut state = self.take(span, state);
        if let Some(slot) = slot {
            self.founds.push(Found {
                before: state.found,
                slot,
                start: u16::from(span.start),
                end: u16::from(span.end),
                what,
            });
            state.found = u32::try_from(self.founds.len() - 1).unwrap_or(NONE);
        }
        state
    }

    fn name(&mut self, list: u16, home: usize, slot: Option<u16>, state: State) -> Option<State> {
        let mut best: Option<(f32, Span, u32)> = None;
        for anchor in &self.anchors {
            if usize::from(anchor.list) != home || anchor.span.mask() & state.taken != 0 {
                continue;
            }
            for name in &anchor.names {
                let Some(entry) = self
                    .names
                    .lists
                    .get(home)
                    .and_then(|l| l.get(*name as usize))
                else {
                    continue;
                };
                let kind = if self.agrees(&entry.context) {
                    0.0
                } else if self.any_kind {
                    WRONG_KIND
                } else {
                    continue;
                };
                if best.as_ref().is_none_or(|(old, ..)| kind < *old) {
                    best = Some((kind, anchor.span, *name));
                }
            }
        }
        let (kind, span, name) = best?;
        let mut state = self.found(slot, span, What::Choice(list, name), state);
        state.cost += kind;
        Some(state)
    }

    fn number(&mut self, list: u16, slot: Option<u16>, state: State) -> Option<State> {
        let Some(List::Range(range)) = self.program.lists.get(usize::from(list)) else {
            return None;
        };
        let survey = self.survey;
        let heard = survey.numbers.iter().find(|heard| {
            heard.span.mask() & (state.taken | self.reserved) == 0
                && range.holds(heard.number)
                && (if heard.words {
                    range.words
                } else {
                    range.digits
                })
        })?;
        let number = range
            .multiplier
            .map_or(heard.number, |by| heard.number * by);
        // A number may stand anywhere.
        let at = State { last: 0, ..state };
        Some(self.found(slot, heard.span, What::Number(number), at))
    }

    fn choice(&mut self, list: u16, slot: Option<u16>, state: State) -> Option<State> {
        let program = self.program;
        let Some(List::Values(choices)) = program.lists.get(usize::from(list)) else {
            return None;
        };
        let mut best: Option<(f32, u32, State)> = None;
        for (i, choice) in choices.iter().enumerate() {
            if !self.hears(choice.node) || !self.agrees(&choice.context) {
                continue;
            }
            let Some(after) = self.node(choice.node, state, true) else {
                continue;
            };
            let heard = after.taken & !state.taken;
            if heard == 0 {
                continue;
            }
            let worth = self.weight(heard) - (after.cost - state.cost);
            if best.as_ref().is_none_or(|(old, ..)| worth > *old) {
                best = Some((worth, u32::try_from(i).unwrap_or(u32::MAX), after));
            }
        }
        let (_, choice, after) = best?;
        let heard = after.taken & !state.taken;
        let span = Span {
            start: u8::try_from(heard.trailing_zeros()).unwrap_or(u8::MAX),
            end: u8::try_from(128 - heard.leading_zeros()).unwrap_or(u8::MAX),
            glued: false,
            cost: 0.0,
        };
        let mut state = after;
        if let Some(slot) = slot {
            self.founds.push(Found {
                before: state.found,
                slot,
                start: u16::from(span.start),
                end: u16::from(span.end),
                what: What::Choice(list, choice),
            });
            state.found = u32::try_from(self.founds.len() - 1).unwrap_or(NONE);
        }
        Some(state)
    }

    /// Whether what a value tells agrees with what the block requires and excludes.
    fn agrees(&self, context: &[(String, Value)]) -> bool {
        let Some(block) = self.block else { return true };
        context.is_empty() || tells(block, context)
    }
}
