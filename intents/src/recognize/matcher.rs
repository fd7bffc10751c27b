//! The matcher: where in a sentence a template can end, and with which slots.
//!
//! It walks a template over *sets* of states, not over single guesses: after each part of a sequence,
//! states that agree in everything that matters are one. So `[a] [a] [a]…` costs the square of its
//! length and not two to the power of it. What still explodes (many wildcards) ends at the step
//! budget, as an error and never as a wrong answer.
//!
//! States keep the order in which hassil would try them, because the first of two equally good
//! readings wins.

use crate::compile::{Block, Condition, List, NodeId, Op, Program, Range, Text};
use crate::names::Names;
use crate::normal::{Blanks, Said, is_word};
use crate::{Context, Value};

/// No found slot, no learnt context.
pub(super) const NONE: u32 = u32::MAX;

/// Where a match stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct State {
    /// The next character.
    pub place: u16,
    /// A word may begin here: blanks do not count.
    pub word_start: bool,
    /// From here on, hyphens are blanks.
    pub broken: bool,
    /// Characters of literal text matched.
    pub literal: u16,
    /// The last slot found.
    pub found: u32,
    /// The last thing learnt about the context.
    pub learnt: u32,
}

/// A slot found on the way; a list linked from the last to the first.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Found {
    /// The one before.
    pub before: u32,
    /// Which slot.
    pub slot: u16,
    /// First character.
    pub start: u16,
    /// The character after the last.
    pub end: u16,
    /// What.
    pub what: What,
}

/// What was found.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum What {
    /// A value of a list: list and index.
    Choice(u16, u32),
    /// A number.
    Number(f64),
    /// Free text; open: it has not yet been told where it ends.
    Wild {
        /// Still growing.
        open: bool,
        /// A blank follows in the template.
        end_of_word: bool,
    },
    /// In explaining: words where a name should be, unknown to the home; index of the home's list.
    Unknown {
        /// Still growing.
        open: bool,
        /// The home's list.
        list: u8,
    },
    /// In explaining: a number outside the range of that list.
    Outside(f64, u16),
}

impl What {
    /// Free text that has not yet been told where it ends.
    const fn is_open(self) -> bool {
        matches!(
            self,
            Self::Wild { open: true, .. } | Self::Unknown { open: true, .. }
        )
    }

    const fn closed(self) -> Self {
        match self {
            Self::Wild { end_of_word, .. } => Self::Wild {
                open: false,
                end_of_word,
            },
            Self::Unknown { list, .. } => Self::Unknown { open: false, list },
            other => other,
        }
    }
}

/// A value that told the context something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Learnt {
    before: u32,
    list: u16,
    choice: u32,
}

/// The budget ran out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct TooComplex;

type Step = Result<(), TooComplex>;

/// Matches templates against one form of one sentence.
pub(super) struct Matcher<'a> {
    program: &'a Program,
    names: &'a Names,
    context: &'a Context,
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
        if rest.starts_with(wanted) {
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
            if !rest[offset..].starts_with(wanted) {
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

    fn choices(
        &mut self,
        list: u16,
        slot: u16,
        capture: bool,
        state: State,
        out: &mut Vec<State>,
    ) -> Step {
        if self.rest(&state).is_empty() {
            return Ok(());
        }
        let program = self.program;
        let names = self.names;
        let open = self.open(&state);
        let mut within = self.take();
        let before = out.len();
        match program.lists.get(usize::from(list)) {
            Some(List::Values(choices)) => {
                for (i, choice) in choices.iter().enumerate() {
                    if !self.agrees(&choice.context) {
                        continue;
                    }
                    self.node(choice.node, state, &mut within)?;
                    let known = (list, small(i), !choice.context.is_empty());
                    self.chosen(known, slot, capture, state, &mut within, out);
                }
            }
            Some(List::Home(home)) => {
                let entries = names
                    .lists
                    .get(*home)
                    .map(Vec::as_slice)
                    .unwrap_or_default();
                let rest = self.rest(&state);
                let skip = rest.iter().position(|c| *c != ' ').unwrap_or(0);
                let first = rest.get(skip).copied();
                let anchored = open.is_none() && state.word_start;
                for (i, name) in entries.iter().enumerate() {
                    if anchored && name.text.core().first().copied() != first {
                        continue;
                    }
                    if !self.explaining && !self.agrees(&name.context) {
                        continue;
                    }
                    self.text(&name.text, state, &mut within)?;
                    let known = (list, small(i), !name.context.is_empty());
                    self.chosen(known, slot, capture, state, &mut within, out);
                }
                if self.explaining && out.len() == before && open.is_none() && !capture {
                    let what = What::Unknown {
                        open: true,
                        list: u8::try_from(*home).unwrap_or(u8::MAX),
                    };
                    out.push(self.open_at(state, slot, what));
                }
            }
            _ => {}
        }
        self.give(within);
        Ok(())
    }

    /// Records a value found: from the states behind its text to states that know the slot.
    fn chosen(
        &mut self,
        (list, choice, teaches): (u16, u32, bool),
        slot: u16,
        capture: bool,
        state: State,
        within: &mut Vec<State>,
        out: &mut Vec<State>,
    ) {
        for inner in within.drain(..) {
            let mut start = state.place;
            // Free text before the value is not part of it.
            if let Some(wild) = self.found(&inner)
                && matches!(wild.what, What::Wild { .. } | What::Unknown { .. })
                && self.open(&state).is_some()
                && wild.start == state.place
            {
                start = wild.end;
            }
            let found = if capture {
                inner.found
            } else {
                self.add(Found {
                    before: inner.found,
                    slot,
                    start,
                    end: inner.place,
                    what: What::Choice(list, choice),
                })
            };
            let learnt = if teaches {
                self.learn(state.learnt, list, choice)
            } else {
                inner.learnt
            };
            out.push(State {
                place: inner.place,
                broken: inner.broken,
                found,
                learnt,
                ..state
            });
        }
    }

    fn learn(&mut self, before: u32, list: u16, choice: u32) -> u32 {
        let learnt = Learnt {
            before,
            list,
            choice,
        };
        let known = self.learnts.iter().rposition(|l| *l == learnt);
        let at = known.unwrap_or_else(|| {
            self.learnts.push(learnt);
            self.learnts.len() - 1
        });
        u32::try_from(at).unwrap_or(NONE)
    }

    fn range(
        &mut self,
        list: u16,
        range: &Range,
        slot: u16,
        state: State,
        out: &mut Vec<State>,
    ) -> Step {
        if self.rest(&state).is_empty() {
            return Ok(());
        }
        let open = self.open(&state);
        let mut any_digits = false;
        let mut fits = false;
        let mut outside = None;
        let length = self.rest(&state).len();
        let mut offset = 0;
        // At the start only; behind free text, anywhere.
        while offset < length {
            let Some((start, end, number)) =
                digits(self.rest(&state), offset, range.fractions.is_some())
            else {
                if open.is_none() {
                    break;
                }
                offset += 1;
                continue;
            };
            any_digits = true;
            if range.digits && range.holds(number) {
                fits = true;
                self.number(range, number, slot, state, (offset, start, end), open, out);
            } else {
                outside = Some((number, start, end));
            }
            if open.is_none() {
                break;
            }
            offset = end;
        }
        if range.words && !any_digits {
            let mut words: Vec<(usize, usize, f64)> = Vec::new();
            let last = if open.is_some() { length } else { 1 };
            for start in 0..last {
                let place = usize::from(state.place) + start;
                let text = self.folded(&state);
                self.program.numbers.at(text, place, |end, number| {
                    if range.holds(number) {
                        words.push((start, end - usize::from(state.place), number));
                    }
                });
            }
            for (start, end, number) in words {
                fits = true;
                let before = out.len();
                self.number(range, number, slot, state, (start, start, end), open, out);
                // A number in words is literal text, and does not end a word.
                for state in out.iter_mut().skip(before) {
                    state.literal = state.literal.saturating_add(short(end - start));
                    state.word_start = false;
                }
            }
        }
        if self.explaining
            && !fits
            && open.is_none()
            && let Some((number, start, end)) = outside
        {
            let found = self.add(Found {
                before: state.found,
                slot,
                start: state.place + short(start),
                end: state.place + short(end),
                what: What::Outside(number, list),
            });
            out.push(State {
                place: state.place + short(end),
                found,
                ..state
            });
        }
        Ok(())
    }

    #[allow(clippy::too_many_arguments)] // the parts of one event
    fn number(
        &mut self,
        range: &Range,
        number: f64,
        slot: u16,
        state: State,
        (from, start, end): (usize, usize, usize),
        open: Option<Found>,
        out: &mut Vec<State>,
    ) {
        let value = range.multiplier.map_or(number, |times| number * times);
        let before = match open {
            None => state.found,
            Some(wild) => self.add(Found {
                start: state.place,
                end: state.place + short(from),
                what: wild.what.closed(),
                ..wild
            }),
        };
        let found = self.add(Found {
            before,
            slot,
            start: state.place + short(start),
            end: state.place + short(end),
            what: What::Number(value),
        });
        out.push(State {
            place: state.place + short(end),
            found,
            ..state
        });
    }

    /// Whether what a value tells agrees with what the block requires and excludes.
    fn agrees(&self, context: &[(String, Value)]) -> bool {
        let Some(block) = self.block else { return true };
        if context.is_empty() {
            return true;
        }
        let get = |key: &str| {
            context
                .iter()
                .find(|(k, _)| k == key)
                .map(|(_, v)| v.clone())
        };
        block
            .requires
            .iter()
            .all(|c| requires(c, get(&c.key), true))
            && block.excludes.iter().all(|c| excludes(c, get(&c.key)))
    }

    /// What is known under `key` in this state.
    #[must_use]
    pub(super) fn known(&self, state: &State, key: &str) -> Option<Value> {
        let mut at = state.learnt;
        while let Some(learnt) = self.learnts.get(at as usize) {
            let context: &[(String, Value)] = match self.program.lists.get(usize::from(learnt.list))
            {
                Some(List::Values(choices)) => choices
                    .get(learnt.choice as usize)
                    .map(|choice| choice.context.as_slice())
                    .unwrap_or_default(),
                Some(List::Home(home)) => self
                    .names
                    .lists
                    .get(*home)
                    .and_then(|names| names.get(learnt.choice as usize))
                    .map(|name| name.context.as_slice())
                    .unwrap_or_default(),
                _ => &[],
            };
            if let Some((_, value)) = context.iter().find(|(k, _)| k == key) {
                return Some(value.clone());
            }
            at = learnt.before;
        }
        outside(self.context, key)
    }
}

/// What the context given from outside says under `key`.
#[must_use]
pub(super) fn outside(context: &Context, key: &str) -> Option<Value> {
    if key == "area" {
        return context.area.clone().map(Value::Text);
    }
    context
        .more
        .iter()
        .find(|(k, _)| k == key)
        .map(|(_, v)| Value::Text(v.clone()))
}

/// Whether a required condition holds; a missing value is a failure unless it may still come.
#[must_use]
pub(super) fn requires(condition: &Condition, known: Option<Value>, may_come: bool) -> bool {
    match (known, &condition.values) {
        (None, _) => may_come,
        (Some(_), None) => true,
        (Some(known), Some(values)) => values.contains(&known),
    }
}

/// Whether an excluding condition lets the match live.
#[must_use]
pub(super) fn excludes(condition: &Condition, known: Option<Value>) -> bool {
    match (known, &condition.values) {
        (None, _) | (Some(_), None) => true,
        (Some(known), Some(values)) => !values.contains(&known),
    }
}

/// Digits at `offset`, perhaps after blanks: first character, end, and the number.
fn digits(text: &[char], offset: usize, fractions: bool) -> Option<(usize, usize, f64)> {
    let blanks = text[offset..].iter().take_while(|c| **c == ' ').count();
    let start = offset + blanks;
    let minus = usize::from(text.get(start) == Some(&'-'));
    let count = |from: usize| {
        text.get(from..)
            .unwrap_or_default()
            .iter()
            .take_while(|c| c.is_ascii_digit())
            .count()
    };
    let whole = count(start + minus);
    if whole == 0 {
        return None;
    }
    let mut end = start + minus + whole;
    if fractions && matches!(text.get(end), Some('.' | ',')) {
        let tail = count(end + 1);
        if tail > 0 {
            end += 1 + tail;
        }
    }
    let number: String = text[start..end]
        .iter()
        .map(|c| if *c == ',' { '.' } else { *c })
        .collect();
    number
        .parse()
        .ok()
        .filter(|n: &f64| n.is_finite())
        .map(|number| (start, end, number))
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
