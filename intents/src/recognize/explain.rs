//! What was missing: the templates once more, with unknown names and wrong kinds allowed.

use std::cmp::Reverse;

use super::forms::Forms;
use super::matcher::{Known, Matcher, What, requires};
use super::reading::{chosen, consumed, trimmed};
use super::scan::Scan;
use crate::compile::{HOME_LISTS, List, Program};
use crate::names::Names;
use crate::{Context, NoMatch, Value};

/// Steps spent on an explanation, at most.
const BUDGET: u32 = 15_000;

/// How good an explanation is, smaller is better: most heard, fewest and shortest unknown words, then the
/// order of the templates.
type Blame = (Reverse<u16>, usize, usize, usize);

/// The best explanation of why nothing matched. Never fails: at the worst it says that nothing is
/// like the sentence.
pub(super) fn explain(
    program: &Program,
    names: &Names,
    context: &Context,
    forms: &Forms,
    scan: &Scan,
) -> NoMatch {
    let said = forms.bare();
    let spoken = said.chars.iter().filter(|c| **c != ' ').count();
    // Too little of the template was heard to blame it on a name.
    let little = |literal: u16| usize::from(literal) * 4 < spoken || literal < 2;
    // Those that may have heard most come first: most of the others are not looked at then.
    let mut candidates: Vec<(Reverse<u16>, usize)> = scan
        .spoken_for(program)
        .filter_map(|index| {
            let most = scan.fits_loosely(program, program.templates.get(index)?)?;
            (!little(most)).then_some((Reverse(most), index))
        })
        .collect();
    candidates.sort_unstable();
    let mut matcher = Matcher::new(program, names, context, scan, said, BUDGET);
    matcher.explaining = true;
    let mut best: Option<(Blame, NoMatch)> = None;
    for (most, index) in candidates {
        if best.as_ref().is_some_and(|(found, _)| most > found.0) {
            break;
        }
        let Some(template) = program.templates.get(index) else {
            continue;
        };
        let Some(block) = program.blocks.get(usize::from(template.block)) else {
            continue;
        };
        let Ok(ends) = matcher.run(block, template.root) else {
            break;
        };
        for state in &ends {
            if little(state.literal) {
                continue;
            }
            let Some(founds) = consumed(&matcher, state) else {
                continue;
            };
            let intent = program
                .intents
                .get(usize::from(block.intent))
                .cloned()
                .unwrap_or_default();
            let source = template.source.to_string();
            let mut unknown = 0;
            let mut length = 0;
            let mut reason = None;
            for found in &founds {
                let text = || -> String { said.chars[trimmed(said, found)].iter().collect() };
                match found.what {
                    What::Unknown { list, .. } => {
                        unknown += 1;
                        length += trimmed(said, found).len();
                        let what = match HOME_LISTS.get(usize::from(list)) {
                            Some(&"name") | None => "device",
                            Some(other) => other,
                        };
                        reason.get_or_insert_with(|| NoMatch::UnknownName {
                            what: what.to_owned(),
                            text: text(),
                            intent: intent.clone(),
                            template: source.clone(),
                        });
                    }
                    What::Outside(_, list) => {
                        unknown += 1;
                        let range = match program.lists.get(usize::from(list)) {
                            Some(List::Range(range)) => (range.from, range.to),
                            _ => (0, 0),
                        };
                        reason.get_or_insert_with(|| NoMatch::OutOfRange {
                            number: text(),
                            from: range.0,
                            to: range.1,
                            intent: intent.clone(),
                            template: source.clone(),
                        });
                    }
                    _ => {}
                }
            }
            if reason.is_none() {
                reason = block.requires.iter().find_map(|condition| {
                    let known = matcher.known(state, &condition.key);
                    if requires(condition, known, false) {
                        return None;
                    }
                    let name = founds.iter().rev().find_map(|found| match found.what {
                        What::Choice(list, choice) => chosen(program, names, list, choice),
                        _ => None,
                    });
                    Some(match (known.map(Known::value), name) {
                        (Some(Value::Text(domain)), Some(Value::Text(name)))
                            if condition.key == "domain" =>
                        {
                            NoMatch::WrongKind {
                                name,
                                domain,
                                intent: intent.clone(),
                                template: source.clone(),
                            }
                        }
                        _ => NoMatch::Missing {
                            missing: condition.key.clone(),
                            intent: intent.clone(),
                            template: source.clone(),
                        },
                    })
                });
            }
            let Some(reason) = reason else { continue };
            let key = (Reverse(state.literal), unknown, length, index);
            if best.as_ref().is_none_or(|(old, _)| key < *old) {
                best = Some((key, reason));
            }
        }
        matcher.give(ends);
    }
    best.map_or(NoMatch::NothingLike, |(_, reason)| reason)
}
