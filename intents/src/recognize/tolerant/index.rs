//! Which templates are worth laying over a sentence: found by what was heard.
//!
//! The contract: no template is left out whose unheard clauses are cheap enough to be forgiven. Each
//! template stands under some of its clauses that cannot all be forgiven, those that are heard least often;
//! who hears none of these has too much to forgive.

use super::MOST_MISSING;
use super::lexicon::{Lexicon, NO_WORD};
use super::survey::Survey;
use crate::compile::{HOME_LISTS, Piece, Program};

/// How often a name is heard, as a word that so many intents use; and a number.
const NAME: u32 = 48;
const NUMBER: u32 = 24;

/// Finds templates.
#[derive(Debug, Default)]
pub(super) struct Index {
    /// The templates under each word; behind the words come the lists of the home, then numbers. Ranges of
    /// `templates`.
    under: Vec<(u32, u32)>,
    templates: Vec<u32>,
    /// The templates that stand under nothing.
    always: Vec<u32>,
    /// How many templates there are.
    count: usize,
}

impl Index {
    /// Of a program whose words and clauses have been weighed.
    pub(super) fn new(program: &Program, lexicon: &Lexicon) -> Self {
        let words = lexicon.words.len();
        let mut under: Vec<(u32, u32)> = Vec::new();
        let mut always = Vec::new();
        for (index, template) in (0u32..).zip(program.templates.iter().take(program.matched)) {
            let mut clauses: Vec<(u32, f32, &[Piece])> = program
                .clauses(template)
                .map(|(clause, items)| {
                    let needed = !items.iter().any(|p| matches!(p, Piece::Fragment(_)));
                    let cost = lexicon.clauses.get(clause).copied().unwrap_or(0.0);
                    // What cannot be forgiven at all is dear enough.
                    let cost = if needed { f32::INFINITY } else { cost };
                    let often = items.iter().map(|piece| match *piece {
                        Piece::Fragment(fragment) => lexicon
                            .of_fragment
                            .get(fragment as usize)
                            .and_then(|word| lexicon.words.get(*word as usize))
                            .map_or(0, |word| word.intents.count_ones()),
                        Piece::Home(_) => NAME,
                        Piece::Number => NUMBER,
                    });
                    (often.sum(), cost, items)
                })
                .collect();
            clauses.sort_by_key(|(often, ..)| *often);
            // One that is dear enough by itself, or some that are dear enough together.
            let dear = |cost: f32| cost > MOST_MISSING + 0.001;
            let alone = clauses.iter().position(|(_, cost, _)| dear(*cost));
            let chosen = alone.map_or(0..clauses.len(), |at| at..at + 1);
            let mut sum = 0.0;
            let mut items: Vec<Piece> = Vec::new();
            for (_, cost, some) in clauses.get(chosen).unwrap_or_default() {
                if dear(sum) {
                    break;
                }
                sum += cost;
                items.extend(*some);
            }
            if !dear(sum) {
                always.push(index);
                continue;
            }
            for piece in items {
                let key = match piece {
                    Piece::Fragment(fragment) => lexicon
                        .of_fragment
                        .get(fragment as usize)
                        .copied()
                        .filter(|word| *word != NO_WORD),
                    Piece::Home(list) => u32::try_from(words + usize::from(list)).ok(),
                    Piece::Number => u32::try_from(words + HOME_LISTS.len()).ok(),
                };
                under.extend(key.map(|key| (key, index)));
            }
        }
        under.sort_unstable();
        under.dedup();
        let mut ranges = vec![(0, 0); words + HOME_LISTS.len() + 1];
        let mut from = 0;
        for group in under.chunk_by(|(a, _), (b, _)| a == b) {
            let to = from + u32::try_from(group.len()).unwrap_or(0);
            if let Some(range) = group
                .first()
                .and_then(|(key, _)| ranges.get_mut(*key as usize))
            {
                *range = (from, to);
            }
            from = to;
        }
        Self {
            under: ranges,
            templates: under.into_iter().map(|(_, template)| template).collect(),
            always,
            count: program.matched,
        }
    }

    /// The templates that what was heard speaks for, in their order.
    pub(super) fn spoken_for(&self, survey: &Survey) -> Vec<u32> {
        let mut set = vec![0u64; self.count.div_ceil(64)];
        let mut add = |templates: &[u32]| {
            for template in templates {
                if let Some(word) = set.get_mut(*template as usize / 64) {
                    *word |= 1 << (template % 64);
                }
            }
        };
        add(&self.always);
        let words = self.under.len() - HOME_LISTS.len() - 1;
        let lists = survey.anchors.iter().map(|a| words + usize::from(a.list));
        let number = (!survey.numbers.is_empty()).then_some(words + HOME_LISTS.len());
        for key in survey
            .heard()
            .map(|word| word as usize)
            .chain(lists)
            .chain(number)
        {
            let (from, to) = self.under.get(key).copied().unwrap_or_default();
            add(self
                .templates
                .get(from as usize..to as usize)
                .unwrap_or_default());
        }
        let mut members = Vec::new();
        for (i, word) in (0u32..).zip(set) {
            let mut word = word;
            while word != 0 {
                members.push(i * 64 + word.trailing_zeros());
                word &= word - 1;
            }
        }
        members
    }
}
