//! Lists in a template: values, names of the home, numbers.

use super::state::{Found, NONE, State, What};
use super::{Learnt, Matcher, Step, short, small};
use crate::compile::{List, Range};

impl Matcher<'_> {
    pub(super) fn choices(
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
                    if !self.alive(choice.node) || !self.agrees(&choice.context) {
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

    pub(super) fn range(
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
                    let end = end - usize::from(state.place);
                    // Behind free text, the first place of a word counts.
                    let again = |&(from, to, _): &(usize, usize, f64)| {
                        from < start
                            && text
                                .get(usize::from(state.place) + from..usize::from(state.place) + to)
                                == text.get(place..usize::from(state.place) + end)
                    };
                    if range.holds(number) && !words.iter().any(again) {
                        words.push((start, end, number));
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

    #[expect(clippy::too_many_arguments)] // the parts of one event
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
