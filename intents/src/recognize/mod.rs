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
mod forms;
mod matcher;
mod reading;
mod scan;
mod tolerant;

use crate::compile::Program;
use crate::names::Names;
use crate::{Context, Match, NoMatch};
use forms::{FORMS, Forms};
use matcher::Matcher;
use reading::{Readings, finish, read};
use scan::Scan;
pub(crate) use tolerant::{Lexicon, heard, letters};

/// Characters in a sentence, at most.
pub const MAX_SENTENCE: usize = 500;

/// Matcher steps for one sentence, at most: some milliseconds on a PC, some tens on a router.
pub const BUDGET: u32 = 200_000;

/// Recognises a sentence.
///
/// # Errors
/// Says what is missing.
pub(crate) fn recognize(
    program: &Program,
    names: &Names,
    lexicon: Option<&Lexicon>,
    sentence: &str,
    context: &Context,
) -> Result<Match, NoMatch> {
    let length = sentence.chars().take(MAX_SENTENCE * 4).count();
    if length > MAX_SENTENCE {
        return Err(NoMatch::TooLong(length));
    }
    let forms = Forms::new(program, sentence);
    if forms.is_empty() {
        return Err(NoMatch::Empty);
    }
    let scan = Scan::new(program, names, &forms);
    let mut readings = Readings::default();
    let mut budget = BUDGET;
    let candidates = scan.spoken_for(program).filter_map(|index| {
        let template = program.templates.get(index)?;
        scan.fits(program, names, template)
            .then_some((index, template))
    });
    let mut matchers: [Option<Matcher<'_>>; FORMS] = Default::default();
    for (index, template) in candidates {
        let Some(block) = program.blocks.get(usize::from(template.block)) else {
            continue;
        };
        if !scan.allows(block, context) {
            continue;
        }
        for form in forms.of(template.free).into_iter().flatten() {
            let said = forms.get(form);
            let matcher = matchers[form as usize]
                .get_or_insert_with(|| Matcher::new(program, names, context, &scan, said, 0));
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
        None => lexicon
            .and_then(|lexicon| {
                tolerant::recognize(program, lexicon, names, context, &forms, &scan)
            })
            .ok_or_else(|| explain::explain(program, names, context, &forms, &scan)),
    }
}
