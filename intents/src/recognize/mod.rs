//! Text to intent, with the reasons.
//!
//! In this order: the sentence is normalised; templates whose clauses it cannot satisfy, or whose block
//! the context forbids, are left out; each remaining template is matched with the skip words left in and
//! then with them removed; every reading that consumes the whole sentence and whose conditions hold is
//! ranked, and the best one wins:
//!
//! 1. one that names an entity, and the longest name among these;
//! 2. fewest pieces of free text;
//! 3. most characters of literal text;
//! 4. least free text;
//! 5. the intent's name, then the order of the templates.
//!
//! When nothing fits, the same templates are tried once more with unknown names allowed, to say what
//! is missing ([`explain`]).

mod explain;
mod matcher;

use std::cmp::Reverse;

use crate::compile::{Block, Free, Piece, Program, Template};
use crate::names::Names;
use crate::normal::{Blanks, Said};
use crate::{Context, Explanation, Match, NoMatch, RunnerUp, Slot, Value};
use matcher::{Found, Matcher, State, What, excludes, outside, requires};

/// Characters in a sentence, at most.
pub const MAX_SENTENCE: usize = 500;

/// Matcher steps for one sentence, at most: some milliseconds on a PC, some tens on a router.
pub const BUDGET: u32 = 200_000;

/// Readings kept while matching.
const KEPT: usize = 8;

/// Recognises a sentence.
///
/// # Errors
/// Says what is missing.
pub(crate) fn recognize(
    program: &Program,
    names: &Names,
    sentence: &str,
    context: &Context,
) -> Result<Match, NoMatch> {
    let length = sentence.chars().take(MAX_SENTENCE * 4).count();
    if length > MAX_SENTENCE {
        return Err(NoMatch::TooLong(length));
    }
    let forms = Forms::new(program, sentence);
    if forms.bare.is_empty() {
        return Err(NoMatch::Empty);
    }
    let scan = Scan::new(program, names, &forms);
    let mut readings = Readings::default();
    let mut budget = BUDGET;
    let open: Vec<bool> = program
        .blocks
        .iter()
        .map(|block| scan.allows(block, context))
        .collect();
    let candidates = program
        .templates
        .iter()
        .take(program.matched)
        .enumerate()
        .filter(|(_, template)| {
            open.get(usize::from(template.block)) == Some(&true)
                && scan.fits(program, names, template, false)
        });
    let mut matchers: [Option<Matcher<'_>>; FORMS] = Default::default();
    for (index, template) in candidates {
        let Some(block) = program.blocks.get(usize::from(template.block)) else {
            continue;
        };
        for form in forms.of(template.free).into_iter().flatten() {
            let said = forms.get(form);
            let matcher = matchers[form as usize]
                .get_or_insert_with(|| Matcher::new(program, names, context, said, 0));
            matcher.budget = budget;
            let ends = matcher.run(block, template.root);
            budget = matcher.budget;
            let ends = ends.map_err(|_| NoMatch::TooComplex(BUDGET))?;
            for state in &ends {
                if let Some(reading) = read(program, matcher, block, index, form, state) {
                    readings.add(program, reading);
                }
            }
            matcher.give(ends);
        }
    }
    let steps = BUDGET - budget;
    match readings.best.first() {
        Some(best) => Ok(finish(program, names, &forms, best, &readings, steps)),
        None => Err(explain::explain(program, names, context, &forms, &scan)),
    }
}

const FORMS: usize = 5;

/// The forms of a sentence that templates are matched against.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Form {
    /// With all its words.
    Whole,
    /// Without skip words.
    Bare,
    /// Without skip words at the end: its start is free text.
    FreeStart,
    /// Without skip words at the start: its end is free text.
    FreeEnd,
    /// With all its words and no word boundary behind: all of it is free text.
    Free,
}

/// A sentence in all its forms.
#[derive(Debug)]
struct Forms {
    whole: Said,
    bare: Said,
    free_start: Said,
    free_end: Said,
    free: Said,
    skipped: bool,
}

impl Forms {
    fn new(program: &Program, sentence: &str) -> Self {
        let said = Said::new(sentence);
        let finish = |mut said: Said| {
            if program.blanks == Blanks::Count {
                said.close();
            } else {
                said.join(program.blanks);
            }
            said
        };
        // Where some blanks count, skip words are words all the same.
        let anywhere = program.blanks == Blanks::CountOutsideCjk;
        let bare = said.without(&program.skip, anywhere);
        let skipped = bare.chars != said.chars;
        if !skipped {
            let whole = finish(said.clone());
            return Self {
                bare: if said.is_empty() {
                    Said::default()
                } else {
                    whole.clone()
                },
                free_start: whole.clone(),
                free_end: whole.clone(),
                free: said,
                whole,
                skipped,
            };
        }
        let start = said.without_at(&program.skip, anywhere, false);
        let end = said.without_at(&program.skip, anywhere, true);
        Self {
            whole: finish(said.clone()),
            bare: finish(bare),
            free_start: finish(start),
            free_end: finish(end),
            free: said,
            skipped,
        }
    }

    fn get(&self, form: Form) -> &Said {
        match form {
            Form::Whole => &self.whole,
            Form::Bare => &self.bare,
            Form::FreeStart => &self.free_start,
            Form::FreeEnd => &self.free_end,
            Form::Free => &self.free,
        }
    }

    /// The forms to try for a template, in order.
    fn of(&self, free: Free) -> [Option<Form>; 2] {
        let form = match free {
            Free::None => Form::Bare,
            Free::Start => Form::FreeStart,
            Free::End => Form::FreeEnd,
            Free::All => Form::Free,
        };
        // A skip word may belong to the template: what was really said comes first.
        let whole = self.skipped && self.get(form).chars == self.bare.chars;
        [whole.then_some(Form::Whole), Some(form)]
    }
}

/// What occurs in a sentence: fragments, names, numbers.
#[derive(Debug)]
struct Scan {
    fragments: Vec<u64>,
    names: [Vec<u32>; 3],
    number: bool,
    words: Vec<Vec<char>>,
}

impl Scan {
    fn new(program: &Program, names: &Names, forms: &Forms) -> Self {
        let mut scan = Self {
            fragments: vec![0; program.fragment_count.div_ceil(64)],
            names: Default::default(),
            number: false,
            words: forms
                .bare
                .folded
                .split(|c| *c == ' ')
                .map(<[char]>::to_vec)
                .collect(),
        };
        scan.text(program, names, &forms.bare.folded);
        if forms.skipped {
            scan.text(program, names, &forms.whole.folded);
        }
        if forms.whole.folded.iter().any(|c| matches!(c, '-' | '_')) {
            let broken: Vec<char> = forms
                .whole
                .folded
                .iter()
                .map(|c| if matches!(c, '-' | '_') { ' ' } else { *c })
                .collect();
            scan.text(program, names, &broken);
        }
        scan
    }

    fn text(&mut self, program: &Program, names: &Names, text: &[char]) {
        for start in 0..text.len() {
            let bits = &mut self.fragments;
            program.fragments.at(text, start, |_, fragment| {
                if let Some(word) = bits.get_mut(fragment as usize / 64) {
                    *word |= 1 << (fragment % 64);
                }
            });
            let found = &mut self.names;
            names.trie.at(text, start, |_, key| {
                if let Some(list) = found.get_mut(key as usize >> 24) {
                    list.push(key & 0xff_ffff);
                }
            });
            if !self.number {
                self.number = text[start].is_ascii_digit();
                let number = &mut self.number;
                program.numbers.at(text, start, |_, _| *number = true);
            }
        }
    }

    /// Whether the block may be tried in this context with these words.
    fn allows(&self, block: &Block, context: &Context) -> bool {
        let known = |key: &str| outside(context, key);
        (block.keywords.is_empty() || block.keywords.iter().any(|k| self.words.contains(k)))
            && block
                .requires
                .iter()
                .all(|c| requires(c, known(&c.key), true))
            && block.excludes.iter().all(|c| excludes(c, known(&c.key)))
    }

    /// Whether the template can match, as far as its clauses tell; `loose`: as if every name were
    /// known and every number said.
    fn fits(&self, program: &Program, names: &Names, template: &Template, loose: bool) -> bool {
        let (from, to) = template.clauses;
        program.clauses[from as usize..to as usize]
            .iter()
            .all(|(from, to)| {
                program.clause_items[*from as usize..*to as usize]
                    .iter()
                    .any(|piece| match *piece {
                        Piece::Fragment(fragment) => self
                            .fragments
                            .get(fragment as usize / 64)
                            .is_some_and(|word| word >> (fragment % 64) & 1 == 1),
                        Piece::Number => loose || self.number,
                        Piece::Home(list) => {
                            loose || self.named(program, names, template, usize::from(list))
                        }
                    })
            })
    }

    /// Whether a name that the template's block allows occurs.
    fn named(&self, program: &Program, names: &Names, template: &Template, list: usize) -> bool {
        let (Some(found), Some(entries)) = (self.names.get(list), names.lists.get(list)) else {
            return false;
        };
        let block = program.blocks.get(usize::from(template.block));
        found.iter().any(|index| {
            entries.get(*index as usize).is_some_and(|name| {
                block.is_none_or(|block| {
                    name.context.iter().all(|(key, value)| {
                        block
                            .requires
                            .iter()
                            .filter(|c| c.key == *key)
                            .all(|c| requires(c, Some(value.clone()), true))
                    })
                })
            })
        })
    }
}

/// How good a reading is; the smaller the better.
type Rank = (bool, Reverse<usize>, usize, Reverse<u16>, usize);

/// One way to understand a sentence.
#[derive(Clone, Debug)]
struct Reading {
    template: usize,
    form: Form,
    founds: Vec<Found>,
    copied: Vec<(String, Value)>,
    rank: Rank,
}

impl Reading {
    fn block<'p>(&self, program: &'p Program) -> Option<&'p Block> {
        let template = program.templates.get(self.template)?;
        program.blocks.get(usize::from(template.block))
    }

    fn intent<'p>(&self, program: &'p Program) -> &'p str {
        self.block(program)
            .and_then(|block| program.intents.get(usize::from(block.intent)))
            .map_or("", String::as_str)
    }
}

/// The best readings, best first.
#[derive(Debug, Default)]
struct Readings {
    best: Vec<Reading>,
    count: usize,
}

impl Readings {
    fn add(&mut self, program: &Program, reading: Reading) {
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
fn consumed(matcher: &Matcher<'_>, state: &State) -> Option<Vec<Found>> {
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

fn trimmed(said: &Said, found: &Found) -> std::ops::Range<usize> {
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
fn read(
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
        if !requires(condition, known.clone(), false) {
            return None;
        }
        if let (Some(slot), Some(value)) = (&condition.slot, known) {
            copied.push((slot.clone(), value));
        }
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

/// The slots of a reading: said, then implied, then copied from the context.
fn slots(
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

fn chosen(program: &Program, names: &Names, list: u16, choice: u32) -> Option<Value> {
    match program.lists.get(usize::from(list))? {
        crate::compile::List::Values(choices) => choices.get(choice as usize)?.out.clone(),
        crate::compile::List::Home(home) => Some(Value::Text(
            names.lists.get(*home)?.get(choice as usize)?.value.clone(),
        )),
        _ => None,
    }
}

fn template_of(program: &Program, reading: &Reading) -> (String, String) {
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

fn finish(
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
        },
    }
}

/// Why the second reading lost against the first.
fn lost(best: &Rank, other: &Rank) -> String {
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
