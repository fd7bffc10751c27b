//! Tolerance: what a sentence that fits no template most probably means, or that it means nothing.
//!
//! The contract: this is asked only about sentences that the exact matcher rejected, so no sentence
//! that was understood changes its meaning by it. Names of the home and numbers are *anchors*: all of
//! them must be accounted for. Every template whose decisive words were heard is laid over the
//! sentence ([`cover`]): what it hears it takes, wherever that stands; words left over, words missing,
//! letters that differ and an order that differs have prices, weighed by how much a word says
//! ([`lexicon`]). The cheapest wins if it is cheap for how much of the sentence it explains, if another
//! intent is not about as cheap, and if none of the words left over turns the meaning round ([`guards`]).

mod cover;
mod distance;
mod guards;
mod index;
mod lexicon;
mod survey;

use std::cmp::Reverse;

use super::forms::{Form, Forms};
use super::matcher::{Found, Known, NONE, What, excludes, outside, requires};
use super::reading::{Reading, Readings, chosen, finish};
use super::scan::Scan;
use crate::compile::{Block, List, Piece, Program, Template};
use crate::names::Names;
use crate::{Context, Match, Value};
use cover::{Asked, Cover, Reaches, State};
pub(crate) use distance::heard;
use lexicon::USES_NUMBER;
pub(crate) use lexicon::{Lexicon, letters};
use survey::{Anchor, Survey};

/// Clauses not heard may cost so much.
const MOST_MISSING: f32 = 1.0;
/// A room must be known, and is not.
const NO_AREA: f32 = 0.3;
/// What is paid for each unit explained, at most: for questions, and for what changes something.
const PRICE_OF_QUESTION: f32 = 0.85;
const PRICE_OF_ACTION: f32 = 0.5;
/// What is paid at most in all.
const MOST: f32 = 4.2;
/// How much dearer another intent must be.
const MARGIN: f32 = 0.08;
/// At least so much must be explained.
const LEAST: f32 = 0.9;
/// In a question, words out of order are a statement.
const TURNED_QUESTION: f32 = 0.5;
/// What must be heard besides names and values, when something is left over.
const LEAST_SAID: f32 = 0.6;
const LEAST_ASKED: f32 = 0.15;
/// Sums of weights in another order differ by less.
const SLACK: f32 = 0.001;

/// A template laid over the sentence.
#[derive(Debug)]
struct Candidate {
    cost: f32,
    gain: f32,
    template: usize,
    intent: u16,
    founds: Vec<Found>,
    copied: Vec<(String, Value)>,
    taken: u128,
    turns: u8,
    missing: f32,
}

/// A template that may be laid over the sentence.
struct Open<'a> {
    index: usize,
    template: &'a Template,
    block: &'a Block,
    missing: f32,
    /// It hears enough to win at the best.
    may_win: bool,
    /// What became of it.
    laid: Option<Option<Candidate>>,
}

/// What the sentence most probably means.
pub(super) fn recognize(
    program: &Program,
    lexicon: &Lexicon,
    names: &Names,
    context: &Context,
    forms: &Forms,
    scan: &Scan,
) -> Option<Match> {
    let survey = Survey::new(program, lexicon, names, &forms.bare().folded)?;
    // Whatever is left of a word that turns the meaning round is left over in the end, too.
    if survey.guards & !survey.accounted() != 0 {
        return None;
    }
    let candidates = lexicon.index.spoken_for(&survey);
    let mut covers: Vec<(Cover<'_>, Vec<Open<'_>>)> = readings_of_names(lexicon, names, &survey)
        .into_iter()
        .map(|(anchors, granted)| {
            let mut cover = cover_of(program, lexicon, names, &survey, anchors, granted);
            let open = forgivable(&mut cover, &candidates, |block| scan.allows(block, context));
            (cover, open)
        })
        .collect();
    // Who can win is laid first: mostly nobody does, and that is the end of it.
    let mut any = false;
    for (cover, open) in &mut covers {
        for open in open.iter_mut().filter(|open| open.may_win) {
            let laid = lay(cover, context, open);
            any |= laid.as_ref().is_some_and(|laid| wins(lexicon, laid));
            open.laid = Some(laid);
        }
    }
    if !any {
        return None;
    }
    // The best of each intent.
    let mut best: Vec<Candidate> = Vec::new();
    for (cover, open) in &mut covers {
        for mut open in open.drain(..) {
            let laid = open.laid.take();
            let Some(candidate) = laid.unwrap_or_else(|| lay(cover, context, &open)) else {
                continue;
            };
            let place = best.iter_mut().find(|c| c.intent == candidate.intent);
            match place {
                Some(old) if candidate.cost + 1e-4 < old.cost => *old = candidate,
                Some(_) => {}
                None => best.push(candidate),
            }
        }
    }
    best.sort_by(|a, b| a.cost.total_cmp(&b.cost));
    let winner = best.first()?;
    if !wins(lexicon, winner) {
        return None;
    }
    if best
        .get(1)
        .is_some_and(|other| other.cost < winner.cost + MARGIN)
    {
        return None;
    }
    if other_mood(lexicon, &survey, winner) || answer_first(program, lexicon, winner) {
        return None;
    }
    if survey.guards & !winner.taken != 0 {
        return None;
    }
    Some(explained(program, names, forms, &survey, &best))
}

/// Whether a candidate is cheap enough for how much of the sentence it explains.
fn wins(lexicon: &Lexicon, candidate: &Candidate) -> bool {
    candidate.gain >= LEAST
        && candidate.cost <= MOST
        && candidate.cost <= price(lexicon, candidate.intent) * candidate.gain
}

/// What may be paid for each unit explained.
fn price(lexicon: &Lexicon, intent: u16) -> f32 {
    if lexicon.asks(intent) {
        PRICE_OF_QUESTION
    } else {
        PRICE_OF_ACTION
    }
}

/// The templates whose unheard clauses can be forgiven, and whether they may win.
fn forgivable<'a>(
    cover: &mut Cover<'a>,
    candidates: &[u32],
    allows: impl Fn(&Block) -> bool,
) -> Vec<Open<'a>> {
    let (program, lexicon) = (cover.program, cover.lexicon);
    let lists = cover.anchors.iter().fold(0u8, |bits, a| bits | 1 << a.list);
    let digits = cover.survey.numbers.iter().any(|n| !n.words);
    let all = survey::range(0, cover.survey.text.len());
    let mut found = Vec::new();
    for index in candidates {
        let index = *index as usize;
        let Some(template) = program.templates.get(index) else {
            continue;
        };
        let uses = lexicon.uses(template.root);
        if uses & lists != lists || (digits && uses & USES_NUMBER == 0) {
            continue;
        }
        let Some(missing) = missing(cover, template) else {
            continue;
        };
        if missing > MOST_MISSING {
            continue;
        }
        let block = program.blocks.get(usize::from(template.block));
        let Some(block) = block.filter(|block| allows(block)) else {
            continue;
        };
        // At the best it takes all that it hears.
        let reach = cover.reach(template.root) & all;
        let gain = cover.weight(reach) + SLACK;
        let cost = missing + cover.weight(all & !reach) - SLACK;
        let may_win = gain >= LEAST && cost <= MOST && cost <= price(lexicon, block.intent) * gain;
        found.push(Open {
            index,
            template,
            block,
            missing,
            may_win,
            laid: None,
        });
    }
    found
}

/// Whether the sentence begins or ends with a word of the other sort that was left over: a question's
/// word before a command, a command's verb before or behind a question.
fn other_mood(lexicon: &Lexicon, survey: &Survey, winner: &Candidate) -> bool {
    let asks = lexicon.asks(winner.intent);
    let own = 1u64 << (u32::from(winner.intent) % 64);
    let used_by = |(start, end): &(usize, usize)| -> u64 {
        let word = &survey.text[*start..*end];
        let left = survey::range(*start, *end) & winner.taken == 0;
        let known = lexicon.known(word).filter(|_| left);
        known.map_or(0, |word| word.intents)
    };
    let edges = [survey.words.first(), survey.words.last()];
    let mut edges = edges.into_iter().flatten().map(used_by);
    if asks {
        return edges.any(|used| used != 0 && used & lexicon.asking == 0);
    }
    let first = edges.next().unwrap_or(0);
    first & lexicon.asking != 0 && first & own == 0
}

/// Whether a question begins with its answer, out of order: "locked the door" is "lock the door"
/// misspelt, not "is the door locked".
fn answer_first(program: &Program, lexicon: &Lexicon, winner: &Candidate) -> bool {
    let value = |found: &Found| match found.what {
        What::Choice(list, _) => {
            matches!(program.lists.get(usize::from(list)), Some(List::Values(_)))
        }
        _ => false,
    };
    lexicon.asks(winner.intent)
        && winner.turns > 0
        && winner.founds.iter().any(|f| f.start == 0 && value(f))
}

/// Which words are names: the longest, and without those that may be plain words.
fn readings_of_names<'s>(
    lexicon: &Lexicon,
    names: &Names,
    survey: &'s Survey,
) -> Vec<(Vec<&'s Anchor>, u128)> {
    let mut all: Vec<&Anchor> = survey.anchors.iter().collect();
    all.sort_by_key(|a| {
        let length = a.span.end - a.span.start;
        (Reverse(length), a.span.cost > 0.0, a.list)
    });
    let choose = |order: &[&'s Anchor]| -> Vec<&'s Anchor> {
        let mut chosen: Vec<&Anchor> = Vec::new();
        for anchor in order {
            if chosen
                .iter()
                .all(|c| c.span.mask() & anchor.span.mask() == 0)
            {
                chosen.push(anchor);
            }
        }
        chosen
    };
    let mut readings = vec![choose(&all)];
    let mut places = all.clone();
    places.sort_by_key(|a| a.list == 0);
    readings.push(choose(&places));
    let plain: Vec<&Anchor> = all
        .iter()
        .filter(|anchor| {
            let text = &survey.text[usize::from(anchor.span.start)..usize::from(anchor.span.end)];
            anchor.span.cost == 0.0 && lexicon.known(text).is_none()
        })
        .copied()
        .collect();
    readings.push(choose(&plain));
    let mut out: Vec<(Vec<&Anchor>, u128)> = Vec::new();
    for reading in readings {
        let same = |(other, _): &(Vec<&Anchor>, u128)| {
            other.len() == reading.len()
                && other
                    .iter()
                    .zip(&reading)
                    .all(|(a, b)| std::ptr::eq(*a, *b))
        };
        if out.iter().any(same) {
            continue;
        }
        // The room of a device may be said besides and tells nothing new.
        let known: Vec<&Anchor> = reading
            .iter()
            .filter(|place| is_place_of(names, place, &reading))
            .copied()
            .collect();
        if !known.is_empty() {
            let rest = reading
                .iter()
                .filter(|a| !known.iter().any(|k| std::ptr::eq(*k, **a)));
            let granted = known.iter().fold(0, |set, a| set | a.span.mask());
            let rest: Vec<&Anchor> = rest.copied().collect();
            out.push((reading.clone(), 0));
            out.push((rest, granted));
        } else {
            out.push((reading, 0));
        }
    }
    out
}

/// Whether an anchor is the room of one of the devices named besides.
fn is_place_of(names: &Names, place: &Anchor, all: &[&Anchor]) -> bool {
    let [entities, areas, _] = &names.lists;
    place.list == 1
        && all.iter().filter(|a| a.list == 0).any(|device| {
            device.names.iter().any(|name| {
                let area = entities.get(*name as usize).and_then(|n| n.area.as_ref());
                area.is_some_and(|area| {
                    place
                        .names
                        .iter()
                        .any(|place| areas.get(*place as usize).is_some_and(|p| p.value == *area))
                })
            })
        })
}

fn cover_of<'a>(
    program: &'a Program,
    lexicon: &'a Lexicon,
    names: &'a Names,
    survey: &'a Survey,
    anchors: Vec<&'a Anchor>,
    granted: u128,
) -> Cover<'a> {
    let mut mass = survey.mass_with(&anchors);
    for (at, mass) in mass.iter_mut().enumerate() {
        if granted >> at & 1 == 1 {
            *mass = 0.0;
        }
    }
    Cover {
        program,
        lexicon,
        names,
        survey,
        mass,
        reserved: anchors.iter().fold(granted, |set, a| set | a.span.mask()),
        anchors,
        block: None,
        any_kind: false,
        reaches: Reaches::new(program),
        asked: vec![Asked::Not; program.clauses.len()],
        founds: Vec::new(),
    }
}

/// What the clauses cost of which nothing was heard; nothing when one of them cannot do without.
fn missing(cover: &mut Cover<'_>, template: &Template) -> Option<f32> {
    let (program, lexicon) = (cover.program, cover.lexicon);
    let mut cost = 0.0;
    for (clause, items) in program.clauses(template) {
        match cover.asked.get(clause) {
            Some(Asked::Heard) => continue,
            Some(Asked::Unheard) => {
                cost += lexicon.clauses.get(clause).copied().unwrap_or(1.5);
                continue;
            }
            Some(Asked::Missing) => return None,
            Some(Asked::Not) | None => {}
        }
        let mut words = false;
        let heard = items.iter().any(|piece| match *piece {
            Piece::Fragment(fragment) => {
                words = true;
                lexicon
                    .of_fragment
                    .get(fragment as usize)
                    .is_some_and(|word| cover.survey.has(*word))
            }
            Piece::Number => !cover.survey.numbers.is_empty(),
            Piece::Home(list) => cover.anchors.iter().any(|a| a.list == list),
        });
        let asked = match (heard, words) {
            (true, _) => Asked::Heard,
            (false, true) => Asked::Unheard,
            (false, false) => Asked::Missing,
        };
        if let Some(place) = cover.asked.get_mut(clause) {
            *place = asked;
        }
        match asked {
            Asked::Missing => return None,
            Asked::Unheard => cost += lexicon.clauses.get(clause).copied().unwrap_or(1.5),
            _ => {}
        }
    }
    Some(cost)
}

/// Lays a template over the sentence.
fn lay<'a>(cover: &mut Cover<'a>, context: &Context, open: &Open<'a>) -> Option<Candidate> {
    let Open {
        index,
        template,
        block,
        missing,
        ..
    } = *open;
    cover.block = Some(block);
    cover.founds.clear();
    let asks = cover.lexicon.asks(block.intent);
    cover.any_kind = asks;
    let start = State {
        taken: 0,
        last: 0,
        cost: 0.0,
        turns: 0,
        found: NONE,
    };
    let state = cover.node(template.root, start, false)?;
    let mut founds = Vec::new();
    let mut at = state.found;
    while let Some(found) = cover.founds.get(at as usize) {
        founds.push(*found);
        at = found.before;
    }
    founds.reverse();
    let known = |key: &str| -> Option<Known<'_>> {
        let learnt = founds.iter().rev().find_map(|found| match found.what {
            What::Choice(list, choice) => context_of(cover, list, choice)?
                .iter()
                .find(|(k, _)| k == key)
                .map(|(_, v)| Known::Value(v)),
            _ => None,
        });
        learnt.or_else(|| outside(context, key))
    };
    let mut cost = state.cost + missing;
    let mut copied = Vec::new();
    for condition in &block.excludes {
        if !excludes(condition, known(&condition.key)) {
            return None;
        }
    }
    for condition in &block.requires {
        let value = known(&condition.key);
        if requires(condition, value, false) {
            if let (Some(slot), Some(value)) = (&condition.slot, value) {
                copied.push((slot.clone(), value.value()));
            }
        } else if condition.key == "area" && value.is_none() {
            // "Turn on the light" somewhere is to be asked back, not to be done everywhere.
            let number = founds.iter().any(|f| matches!(f.what, What::Number(_)));
            let whole = cover.survey.whole != 0;
            if !asks && !number && !whole {
                return None;
            }
            cost += if whole { 0.0 } else { NO_AREA };
        } else if value.is_none() || !asks {
            return None;
        }
    }
    if asks {
        cost += TURNED_QUESTION * f32::from(state.turns);
    }
    let all = survey::range(0, cover.survey.text.len());
    let left = cover.weight(all & !state.taken);
    cost += left;
    let gain = cover.weight(state.taken);
    // Names and values alone are what people talk about, too: some word must say what to do.
    let slots = founds.iter().fold(0, |set, found| {
        set | survey::range(usize::from(found.start), usize::from(found.end))
    });
    let literal = cover.weight(state.taken & !slots);
    if left > 0.3 && literal < (if asks { LEAST_ASKED } else { LEAST_SAID }) {
        return None;
    }
    Some(Candidate {
        cost,
        gain,
        template: index,
        intent: block.intent,
        founds,
        copied,
        taken: state.taken,
        turns: state.turns,
        missing,
    })
}

fn context_of<'a>(cover: &Cover<'a>, list: u16, choice: u32) -> Option<&'a [(String, Value)]> {
    match cover.program.lists.get(usize::from(list))? {
        List::Values(choices) => Some(&choices.get(choice as usize)?.context),
        List::Home(home) => Some(&cover.names.lists.get(*home)?.get(choice as usize)?.context),
        _ => None,
    }
}

/// The match of the best candidate, with what was forgiven.
fn explained(
    program: &Program,
    names: &Names,
    forms: &Forms,
    survey: &Survey,
    best: &[Candidate],
) -> Match {
    let readings = Readings {
        best: best
            .iter()
            .take(2)
            .map(|candidate| Reading {
                template: candidate.template,
                form: Form::Bare,
                founds: candidate.founds.clone(),
                copied: candidate.copied.clone(),
                rank: (false, Reverse(0), 0, Reverse(0), 0),
            })
            .collect(),
        count: best.len(),
    };
    let (Some(winner), Some(first)) = (best.first(), readings.best.first()) else {
        return Match::default();
    };
    let mut found = finish(program, names, forms, first, &readings, 0);
    let why = &mut found.explanation;
    if let (Some(other), Some(candidate)) = (&mut why.runner_up, best.get(1)) {
        other.lost = format!(
            "it fits worse ({:.1} against {:.1} to forgive)",
            candidate.cost, winner.cost
        );
    }
    let mut left: Vec<String> = Vec::new();
    for (start, end) in &survey.words {
        let span = survey::range(*start, *end);
        if span & winner.taken == 0 {
            left.push(survey.text[*start..*end].iter().collect());
        }
    }
    if !left.is_empty() {
        why.forgiven
            .push(format!("not understood: {}", left.join(", ")));
    }
    for found in &winner.founds {
        let What::Choice(list, choice) = found.what else {
            continue;
        };
        let said: String = survey.text[usize::from(found.start)..usize::from(found.end)]
            .iter()
            .collect();
        let anchor = survey
            .anchors
            .iter()
            .find(|a| u16::from(a.span.start) == found.start && u16::from(a.span.end) == found.end);
        if anchor.is_some_and(|a| a.span.cost > 0.0)
            && let Some(value) = chosen(program, names, list, choice)
        {
            why.forgiven.push(format!("\"{said}\" taken for {value}"));
        }
    }
    if winner.missing > 0.0 {
        why.forgiven
            .push("words of the sentence are missing".to_owned());
    }
    if winner.turns > 0 {
        why.forgiven.push("the order of the words".to_owned());
    }
    found
}
