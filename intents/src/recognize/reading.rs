//! Readings: ways to understand a sentence, ranked, and what becomes of the best.

use std::cmp::Reverse;

use super::forms::{Form, Forms};
use super::matcher::{Found, Matcher, State, What, excludes, requires};
use crate::compile::{Block, Program};
use crate::names::Names;
use crate::normal::{Said, is_cjk};
use crate::{Explanation, Match, RunnerUp, Slot, Value};

/// Readings kept while matching.
pub(super) const KEPT: usize = 8;

/// How good a reading is; the smaller the better.
pub(super) type Rank = (bool, Reverse<usize>, usize, Reverse<u16>, usize);

/// One way to understand a sentence.
#[derive(Clone, Debug)]
pub(super) struct Reading {
    pub template: usize,
    pub form: Form,
    pub founds: Vec<Found>,
    pub copied: Vec<(String, Value)>,
    pub rank: Rank,
}

impl Reading {
    pub(super) fn block<'p>(&self, program: &'p Program) -> Option<&'p Block> {
        let template = program.templates.get(self.template)?;
        program.blocks.get(usize::from(template.block))
    }

    pub(super) fn intent<'p>(&self, program: &'p Program) -> &'p str {
        self.block(program)
            .and_then(|block| program.intents.get(usize::from(block.intent)))
            .map_or("", String::as_str)
    }
}

/// The best readings, best first.
#[derive(Debug, Default)]
pub(super) struct Readings {
    pub best: Vec<Reading>,
    pub count: usize,
}

impl Readings {
    pub(super) fn add(&mut self, program: &Program, reading: Reading) {
        self.count += 1;
        let key = |r: &Reading| (r.rank, r.intent(program).to_owned());
        let at = if self.best.is_empty() {
            0
        } else {
            let new = key(&reading);
            self.best.partition_point(|old| key(old) <= new)
        };
        if at < KEPT {
            self.best.insert(at, reading);
            self.best.truncate(KEPT);
        }
    }
}

/// Closes the free text that reaches to the end; the chain of slots from first to last, or nothing
/// when the sentence is not used up.
pub(super) fn consumed(matcher: &Matcher<'_>, state: &State) -> Option<Vec<Found>> {
    let said = matcher.said;
    let mut founds = Vec::new();
    let mut at = state.found;
    while let Some(found) = matcher.founds.get(at as usize) {
        founds.push(*found);
        at = found.before;
    }
    founds.reverse();
    let from = usize::from(state.place);
    let rest = said.chars.get(from..).unwrap_or_default();
    let lead = rest.iter().take_while(|c| **c == ' ').count();
    let solid = rest.len() - rest.iter().rev().take_while(|c| **c == ' ').count();
    if lead < solid {
        match founds.last_mut() {
            Some(last)
                if matches!(
                    last.what,
                    What::Wild { open: true, .. } | What::Unknown { open: true, .. }
                ) =>
            {
                last.start = u16::try_from(from + lead).unwrap_or(u16::MAX);
                last.end = u16::try_from(from + solid).unwrap_or(u16::MAX);
            }
            _ if rest
                .iter()
                .all(|c| *c == ' ' || crate::normal::is_punctuation(*c)) => {}
            _ => return None,
        }
    }
    let empty = founds.iter().any(|found| {
        matches!(found.what, What::Wild { .. } | What::Unknown { .. })
            && trimmed(said, found).is_empty()
    });
    (!empty).then_some(founds)
}

pub(super) fn trimmed(said: &Said, found: &Found) -> std::ops::Range<usize> {
    let (mut start, mut end) = (usize::from(found.start), usize::from(found.end));
    end = end.min(said.len());
    while start < end && said.chars[start] == ' ' {
        start += 1;
    }
    while end > start && said.chars[end - 1] == ' ' {
        end -= 1;
    }
    start..end
}

/// Makes a reading of a state in which a template ended, if it is one.
pub(super) fn read(
    program: &Program,
    matcher: &Matcher<'_>,
    block: &Block,
    template: usize,
    form: Form,
    state: &State,
) -> Option<Reading> {
    let founds = consumed(matcher, state)?;
    let mut copied = Vec::new();
    for condition in &block.excludes {
        if !excludes(condition, matcher.known(state, &condition.key)) {
            return None;
        }
    }
    for condition in &block.requires {
        let known = matcher.known(state, &condition.key);
        if !requires(condition, known, false) {
            return None;
        }
        if let (Some(slot), Some(value)) = (&condition.slot, known) {
            copied.push((slot.clone(), value.value()));
        }
    }
    if mere_talk(matcher.said, &founds, state) {
        return None;
    }
    let (mut wild, mut wild_length, mut name) = (0, 0, None);
    for found in &founds {
        let is_name = program
            .slots
            .get(usize::from(found.slot))
            .is_some_and(|s| s == "name");
        if matches!(found.what, What::Wild { .. }) {
            wild += 1;
            wild_length += trimmed(matcher.said, found).len();
            if is_name {
                name = None;
            }
        } else if is_name {
            name = Some(usize::from(found.end.saturating_sub(found.start)));
        }
    }
    if name.is_none()
        && block
            .slots
            .iter()
            .chain(&copied)
            .any(|(slot, _)| slot == "name")
    {
        name = Some(0);
    }
    Some(Reading {
        template,
        form,
        founds,
        copied,
        rank: (
            name.is_none(),
            Reverse(name.unwrap_or(0)),
            wild,
            Reverse(state.literal),
            wild_length,
        ),
    })
}

/// Whether next to nothing of a template was heard and free text takes the rest, as in "ai vô địch world cup"
/// ("who is world champion"), where people are asked for in a zone of any name: `ai {zone}`. Two letters are too
/// little to tell a question to the home by when three words follow. In scripts without blanks they are words.
fn mere_talk(said: &Said, founds: &[Found], state: &State) -> bool {
    const LETTERS: u16 = 2;
    const WORDS: usize = 3;
    let free = |found: &Found| matches!(found.what, What::Wild { .. });
    let words = |found: &Found| {
        let text = &said.chars[trimmed(said, found)];
        text.split(|c| *c == ' ').filter(|w| !w.is_empty()).count()
    };
    // What is heard across a hyphen is not counted as literal text.
    state.literal <= LETTERS
        && !state.broken
        && !founds.is_empty()
        && founds.iter().all(free)
        && founds.iter().map(words).sum::<usize>() >= WORDS
        && !said.chars.iter().any(|c| is_cjk(*c))
}

/// The slots of a reading: said, then implied, then copied from the context.
pub(super) fn slots(
    program: &Program,
    names: &Names,
    said: &Said,
    given: Option<&Block>,
    reading: &Reading,
) -> Vec<Slot> {
    let mut slots: Vec<Slot> = Vec::new();
    for found in &reading.founds {
        let range = trimmed(said, found);
        let text: String = said.chars[range.clone()].iter().collect();
        let value = match found.what {
            What::Number(number) | What::Outside(number, _) => Value::Number(number),
            What::Wild { .. } | What::Unknown { .. } => Value::Text(text.clone()),
            What::Choice(list, choice) => {
                chosen(program, names, list, choice).unwrap_or_else(|| Value::Text(text.clone()))
            }
        };
        let name = program
            .slots
            .get(usize::from(found.slot))
            .cloned()
            .unwrap_or_default();
        let ids = match (&value, found.what) {
            (Value::Text(value), What::Choice(..)) if name == "name" => names.ids(value),
            _ => Vec::new(),
        };
        let span = (!range.is_empty()).then(|| {
            let place = |i: usize| said.places.get(i).map_or(0, |p| *p as usize);
            let last = range.end - 1;
            (
                place(range.start),
                place(last) + said.chars[last].len_utf8(),
            )
        });
        slots.retain(|slot| slot.name != name);
        slots.push(Slot {
            name,
            value,
            text,
            span,
            ids,
            wildcard: matches!(found.what, What::Wild { .. } | What::Unknown { .. }),
        });
    }
    let implied = given
        .map(|block| block.slots.as_slice())
        .unwrap_or_default();
    for (name, value) in implied.iter().chain(&reading.copied) {
        if !slots.iter().any(|slot| slot.name == *name) {
            slots.push(Slot {
                name: name.clone(),
                value: value.clone(),
                text: String::new(),
                span: None,
                ids: Vec::new(),
                wildcard: false,
            });
        }
    }
    slots
}

pub(super) fn chosen(program: &Program, names: &Names, list: u16, choice: u32) -> Option<Value> {
    match program.lists.get(usize::from(list))? {
        crate::compile::List::Values(choices) => choices.get(choice as usize)?.out.clone(),
        crate::compile::List::Home(home) => Some(Value::Text(
            names.lists.get(*home)?.get(choice as usize)?.value.clone(),
        )),
        _ => None,
    }
}

pub(super) fn template_of(program: &Program, reading: &Reading) -> (String, String) {
    let Some(template) = program.templates.get(reading.template) else {
        return Default::default();
    };
    let file = reading
        .block(program)
        .and_then(|block| program.files.get(usize::from(block.file)))
        .cloned()
        .unwrap_or_default();
    let source = if template.line == 0 {
        file
    } else {
        format!("{file}:{}", template.line)
    };
    (template.source.to_string(), source)
}

pub(super) fn finish(
    program: &Program,
    names: &Names,
    forms: &Forms,
    best: &Reading,
    readings: &Readings,
    steps: u32,
) -> Match {
    let said = forms.get(best.form);
    let found = slots(program, names, said, best.block(program), best);
    let meaning = |slots: &[Slot]| -> Vec<(String, Value)> {
        let mut meaning: Vec<_> = slots
            .iter()
            .map(|slot| (slot.name.clone(), slot.value.clone()))
            .collect();
        meaning.sort_by(|a, b| a.0.cmp(&b.0));
        meaning
    };
    let own = meaning(&found);
    let runner_up = readings.best.iter().skip(1).find_map(|other| {
        let its = slots(
            program,
            names,
            forms.get(other.form),
            other.block(program),
            other,
        );
        let its = meaning(&its);
        let differs = other.intent(program) != best.intent(program) || its != own;
        differs.then(|| RunnerUp {
            intent: other.intent(program).to_owned(),
            slots: its,
            template: template_of(program, other).0,
            lost: lost(&best.rank, &other.rank),
        })
    });
    let (template, source) = template_of(program, best);
    Match {
        intent: best.intent(program).to_owned(),
        response: best
            .block(program)
            .map_or_else(String::new, |block| block.response.clone()),
        slots: found,
        explanation: Explanation {
            template,
            source,
            compared: said.text().trim().to_owned(),
            readings: readings.count,
            runner_up,
            steps,
            forgiven: Vec::new(),
        },
    }
}

/// Why the second reading lost against the first.
pub(super) fn lost(best: &Rank, other: &Rank) -> String {
    if best.0 != other.0 {
        "it names no device".to_owned()
    } else if best.1 != other.1 {
        format!(
            "its device name is shorter ({} against {} characters)",
            other.1.0, best.1.0
        )
    } else if best.2 != other.2 {
        format!(
            "it has more free text ({} against {} pieces)",
            other.2, best.2
        )
    } else if best.3 != other.3 {
        format!(
            "fewer of its words were heard ({} against {} characters)",
            other.3.0, best.3.0
        )
    } else if best.4 != other.4 {
        format!(
            "it leaves more to free text ({} against {} characters)",
            other.4, best.4
        )
    } else {
        "equally good, but later".to_owned()
    }
}
