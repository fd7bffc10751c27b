//! What occurs in a sentence, and which templates that leaves.

use std::cell::{Cell, OnceCell};

use super::forms::Forms;
use super::matcher::{Known, excludes, outside, requires};
use crate::Context;
use crate::compile::{Block, List, NO_FRAGMENT, NodeId, Op, Piece, Program, Template};
use crate::names::Names;

/// What occurs in a sentence: fragments, names, numbers.
#[derive(Debug)]
pub(super) struct Scan {
    pub fragments: Vec<u64>,
    pub names: [Vec<u32>; 3],
    pub number: bool,
    /// Characters of the longest number in words.
    pub number_words: u16,
    /// The sentence, folded.
    text: Vec<char>,
    /// For each block, which lists have a name in the sentence that it allows: two bits a list, what is known and
    /// whether there is one.
    allowed: Vec<Cell<u8>>,
    /// For each node, whether it can match at all.
    alive: Vec<Cell<u8>>,
    /// For each node, how much of what is said it can match as literal text, as if every name were known.
    worth: OnceCell<Vec<Cell<u16>>>,
}

/// Values of [`Scan::alive`].
const UNASKED: u8 = 0;
const ALIVE: u8 = 1;
const DEAD: u8 = 2;
/// Values of [`Scan::worth`] that are none.
const UNASKED_WORTH: u16 = u16::MAX;
const NO_WORTH: u16 = u16::MAX - 1;

impl Scan {
    pub(super) fn new(program: &Program, names: &Names, forms: &Forms) -> Self {
        let mut scan = Self {
            fragments: vec![0; program.fragment_count.div_ceil(64)],
            names: Default::default(),
            number: false,
            number_words: 0,
            allowed: vec![Cell::new(0); program.blocks.len()],
            alive: vec![Cell::new(UNASKED); program.ops.len()],
            worth: OnceCell::new(),
            text: forms.bare().folded.clone(),
        };
        scan.text(program, names, &forms.bare().folded);
        if forms.skipped() {
            scan.text(program, names, &forms.whole().folded);
        }
        if forms.whole().folded.iter().any(|c| matches!(c, '-' | '_')) {
            let broken: Vec<char> = forms
                .whole()
                .folded
                .iter()
                .map(|c| if matches!(c, '-' | '_') { ' ' } else { *c })
                .collect();
            scan.text(program, names, &broken);
        }
        scan
    }

    pub(super) fn text(&mut self, program: &Program, names: &Names, text: &[char]) {
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
            self.number |= text[start].is_ascii_digit();
            let (number, longest) = (&mut self.number, &mut self.number_words);
            program.numbers.at(text, start, |end, _| {
                *number = true;
                *longest = (*longest).max(u16::try_from(end - start).unwrap_or(u16::MAX));
            });
        }
    }

    /// Whether the block may be tried in this context with these words.
    pub(super) fn allows(&self, block: &Block, context: &Context) -> bool {
        let known = |key: &str| outside(context, key);
        let said = |word: &Vec<char>| self.text.split(|c| *c == ' ').any(|w| w == word);
        (block.keywords.is_empty() || block.keywords.iter().any(said))
            && block
                .requires
                .iter()
                .all(|c| requires(c, known(&c.key), true))
            && block.excludes.iter().all(|c| excludes(c, known(&c.key)))
    }

    /// Whether the template can match, as far as its clauses tell.
    pub(super) fn fits(&self, program: &Program, names: &Names, template: &Template) -> bool {
        let named = |list: u8| self.named(program, names, template, usize::from(list));
        self.holds(program, template, named) && self.alive(program, template.root)
    }

    /// The most characters of literal text that the template can match, if it can match once every name is
    /// known.
    pub(super) fn fits_loosely(&self, program: &Program, template: &Template) -> Option<u16> {
        self.holds(program, template, |_| true)
            .then(|| self.worth(program, template.root))
            .flatten()
    }

    /// Whether every clause of a template has something in the sentence.
    fn holds(&self, program: &Program, template: &Template, named: impl Fn(u8) -> bool) -> bool {
        program.clauses(template).all(|(_, items)| {
            items.iter().any(|piece| match *piece {
                Piece::Fragment(fragment) => self.has(fragment),
                Piece::Number => self.number,
                Piece::Home(list) => named(list),
            })
        })
    }

    /// The templates that what was heard speaks for, in their order.
    pub(super) fn spoken_for(&self, program: &Program) -> impl Iterator<Item = usize> + use<> {
        let mut set = vec![0u64; program.matched.div_ceil(64)];
        let mut add = |templates: &[u32]| {
            for template in templates {
                if let Some(word) = set.get_mut(*template as usize / 64) {
                    *word |= 1 << (template % 64);
                }
            }
        };
        add(&program.unspoken);
        for fragment in bits(&self.fragments) {
            let (from, to) = program
                .speaks_for
                .get(fragment)
                .copied()
                .unwrap_or_default();
            add(program
                .spoken_for
                .get(from as usize..to as usize)
                .unwrap_or_default());
        }
        let members: Vec<usize> = bits(&set).collect();
        members.into_iter()
    }

    /// Whether a fragment occurs.
    fn has(&self, fragment: u32) -> bool {
        self.fragments
            .get(fragment as usize / 64)
            .is_some_and(|word| word >> (fragment % 64) & 1 == 1)
    }

    /// Whether a node can match anywhere in the sentence, as far as its texts tell: a node that many
    /// templates share is asked once.
    pub(super) fn alive(&self, program: &Program, id: NodeId) -> bool {
        let Some(known) = self.alive.get(id as usize) else {
            return false;
        };
        match known.get() {
            UNASKED => {}
            before => return before == ALIVE,
        }
        let kids = |from: u32, to: u32| {
            let kids = program.kids.get(from as usize..to as usize);
            kids.unwrap_or_default().iter()
        };
        let alive = match program.ops.get(id as usize) {
            Some(Op::Text(text)) => self.heard(program, *text),
            Some(Op::Seq(from, to) | Op::Perm(from, to)) => {
                kids(*from, *to).all(|kid| self.alive(program, *kid))
            }
            Some(Op::Alt(from, to)) => kids(*from, *to).any(|kid| self.alive(program, *kid)),
            Some(Op::List { list, .. }) => match program.lists.get(usize::from(*list)) {
                Some(List::Values(choices)) => choices
                    .iter()
                    .any(|choice| self.alive(program, choice.node)),
                Some(List::Home(home)) => {
                    self.names.get(*home).is_some_and(|found| !found.is_empty())
                }
                Some(List::Range(_)) => self.number,
                Some(List::Wildcard) => true,
                None => false,
            },
            None => false,
        };
        known.set(if alive { ALIVE } else { DEAD });
        alive
    }

    /// The most characters of literal text that a node can match, if it can match anywhere in the sentence
    /// once every name is known. What is a value of a list does not count.
    pub(super) fn worth(&self, program: &Program, id: NodeId) -> Option<u16> {
        let known = self
            .worth
            .get_or_init(|| vec![Cell::new(UNASKED_WORTH); program.ops.len()])
            .get(id as usize)?;
        match known.get() {
            UNASKED_WORTH => {}
            before => return (before != NO_WORTH).then_some(before),
        }
        let kids = |from: u32, to: u32| {
            let kids = program.kids.get(from as usize..to as usize);
            kids.unwrap_or_default().iter()
        };
        let worth = match program.ops.get(id as usize)? {
            Op::Text(text) => self
                .heard(program, *text)
                .then(|| program.texts.get(*text as usize).map_or(0, |t| t.solid)),
            Op::Seq(from, to) | Op::Perm(from, to) => kids(*from, *to)
                .try_fold(0u16, |sum, kid| {
                    Some(sum.saturating_add(self.worth(program, *kid)?))
                }),
            Op::Alt(from, to) => kids(*from, *to)
                .filter_map(|kid| self.worth(program, *kid))
                .max(),
            Op::List { list, .. } => match program.lists.get(usize::from(*list))? {
                List::Values(choices) => choices
                    .iter()
                    .any(|choice| self.worth(program, choice.node).is_some())
                    .then_some(0),
                List::Home(_) | List::Wildcard => Some(0),
                List::Range(_) => self.number.then_some(self.number_words),
            },
        };
        known.set(worth.map_or(NO_WORTH, |worth| worth.min(NO_WORTH - 1)));
        worth
    }

    /// Whether a text occurs; blanks do anywhere.
    fn heard(&self, program: &Program, text: u32) -> bool {
        program
            .fragment_of
            .get(text as usize)
            .is_none_or(|fragment| *fragment == NO_FRAGMENT || self.has(*fragment))
    }

    /// Whether a name that the template's block allows occurs.
    pub(super) fn named(
        &self,
        program: &Program,
        names: &Names,
        template: &Template,
        list: usize,
    ) -> bool {
        let (Some(found), Some(entries)) = (self.names.get(list), names.lists.get(list)) else {
            return false;
        };
        if found.is_empty() {
            return false;
        }
        let known = self.allowed.get(usize::from(template.block));
        let before = known.map_or(0, Cell::get) >> (2 * list);
        if before & 1 == 1 {
            return before & 2 == 2;
        }
        let block = program.blocks.get(usize::from(template.block));
        let any = found.iter().any(|index| {
            entries.get(*index as usize).is_some_and(|name| {
                block.is_none_or(|block| {
                    name.context.iter().all(|(key, value)| {
                        block
                            .requires
                            .iter()
                            .filter(|c| c.key == *key)
                            .all(|c| requires(c, Some(Known::Value(value)), true))
                    })
                })
            })
        });
        if let Some(known) = known {
            known.set(known.get() | (1 | u8::from(any) << 1) << (2 * list));
        }
        any
    }
}

/// The members of a set.
fn bits(set: &[u64]) -> impl Iterator<Item = usize> + '_ {
    set.iter().enumerate().flat_map(|(i, word)| {
        let mut word = *word;
        std::iter::from_fn(move || {
            (word != 0).then(|| {
                let bit = word.trailing_zeros() as usize;
                word &= word - 1;
                i * 64 + bit
            })
        })
    })
}
