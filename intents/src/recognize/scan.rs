//! What occurs in a sentence, and which templates that leaves.

use std::cell::Cell;

use super::forms::Forms;
use super::matcher::{excludes, outside, requires};
use crate::Context;
use crate::compile::{Block, List, NO_FRAGMENT, NodeId, Op, Piece, Program, Template};
use crate::names::Names;

/// What occurs in a sentence: fragments, names, numbers.
#[derive(Debug)]
pub(super) struct Scan {
    pub fragments: Vec<u64>,
    pub names: [Vec<u32>; 3],
    pub number: bool,
    pub words: Vec<Vec<char>>,
    /// For each block, which lists have a name in the sentence that it allows: two bits a list, what is known and
    /// whether there is one.
    allowed: Vec<Cell<u8>>,
    /// For each node, whether it can match at all: two bits as said, two as if every name were known.
    alive: Vec<Cell<u8>>,
}

impl Scan {
    pub(super) fn new(program: &Program, names: &Names, forms: &Forms) -> Self {
        let mut scan = Self {
            fragments: vec![0; program.fragment_count.div_ceil(64)],
            names: Default::default(),
            number: false,
            allowed: vec![Cell::new(0); program.blocks.len()],
            alive: vec![Cell::new(0); program.ops.len()],
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
            if !self.number {
                self.number = text[start].is_ascii_digit();
                let number = &mut self.number;
                program.numbers.at(text, start, |_, _| *number = true);
            }
        }
    }

    /// Whether the block may be tried in this context with these words.
    pub(super) fn allows(&self, block: &Block, context: &Context) -> bool {
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
    pub(super) fn fits(
        &self,
        program: &Program,
        names: &Names,
        template: &Template,
        loose: bool,
    ) -> bool {
        self.alive(program, template.root, loose)
            && program.clauses(template).all(|(_, items)| {
                items.iter().any(|piece| match *piece {
                    Piece::Fragment(fragment) => self.has(fragment),
                    Piece::Number => loose || self.number,
                    Piece::Home(list) => {
                        loose || self.named(program, names, template, usize::from(list))
                    }
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
    /// templates share is asked once. `loose` as in [`Scan::fits`].
    pub(super) fn alive(&self, program: &Program, id: NodeId, loose: bool) -> bool {
        let Some(known) = self.alive.get(id as usize) else {
            return false;
        };
        let shift = if loose { 2 } else { 0 };
        let before = known.get() >> shift;
        if before & 1 == 1 {
            return before & 2 == 2;
        }
        let kids = |from: u32, to: u32| {
            let kids = program.kids.get(from as usize..to as usize);
            kids.unwrap_or_default().iter()
        };
        let alive = match program.ops.get(id as usize) {
            Some(Op::Text(text)) => program
                .fragment_of
                .get(*text as usize)
                .is_none_or(|fragment| *fragment == NO_FRAGMENT || self.has(*fragment)),
            Some(Op::Seq(from, to) | Op::Perm(from, to)) => {
                kids(*from, *to).all(|kid| self.alive(program, *kid, loose))
            }
            Some(Op::Alt(from, to)) => kids(*from, *to).any(|kid| self.alive(program, *kid, loose)),
            Some(Op::List { list, .. }) => match program.lists.get(usize::from(*list)) {
                Some(List::Values(choices)) => choices
                    .iter()
                    .any(|choice| self.alive(program, choice.node, loose)),
                Some(List::Home(home)) => {
                    loose || self.names.get(*home).is_some_and(|found| !found.is_empty())
                }
                Some(List::Range(_)) => loose || self.number,
                Some(List::Wildcard) => true,
                None => false,
            },
            None => false,
        };
        known.set(known.get() | (1 | u8::from(alive) << 1) << shift);
        alive
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
                            .all(|c| requires(c, Some(value.clone()), true))
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
