//! The words of a language's templates, and how much each of them says.
//!
//! A word that nearly every intent uses ("the", "of") says little: leaving it out or putting it in is
//! cheap. A word that few intents use ("unlock") says much. The same for clauses: one that only one
//! intent asks for is what makes a sentence that intent. All of it is counted from the templates;
//! nothing here knows a language.

use std::collections::HashMap;

use crate::compile::{List, NodeId, Op, Program};
use crate::trie::Trie;

use super::guards::Guards;
use super::index::Index;

/// No word.
pub(super) const NO_WORD: u32 = u32::MAX;

/// A node passed by without hearing any of it costs this a word.
const UNHEARD: f32 = 0.12;

/// One word of the templates.
#[derive(Debug)]
pub(super) struct Word {
    /// Its characters, folded.
    pub chars: Box<[char]>,
    /// The same without accents, when that differs.
    pub plain: Option<Box<[char]>>,
    /// Which letters are in it: a quick look before measuring distances.
    pub letters: u64,
    /// How much it says, 0 to 1.
    pub weight: f32,
    /// The intents that use it, one bit each.
    pub intents: u64,
}

impl Word {
    /// It, as a hurried typist writes it.
    pub(super) fn without_accents(&self) -> &[char] {
        self.plain.as_deref().unwrap_or(&self.chars)
    }
}

/// Words shorter than this are never another one misspelt.
const SHORTEST: usize = 4;

/// The words of a program.
#[derive(Debug, Default)]
pub(crate) struct Lexicon {
    /// All words.
    pub(super) words: Vec<Word>,
    /// Finds them: index into `words`.
    pub(super) trie: Trie,
    /// The words, sorted by what is left without accents.
    by_plain: Vec<u32>,
    /// The words that may be misspelt and their letters, sorted by length.
    by_length: Vec<(u32, u64)>,
    /// How many of these are shorter than so many characters.
    shorter: Vec<u32>,
    /// The word of each text.
    pub(super) of_text: Vec<u32>,
    /// The word of each fragment.
    pub(super) of_fragment: Vec<u32>,
    /// What each clause costs when nothing of it was heard.
    pub(super) clauses: Vec<f32>,
    /// What it costs to pass by a node unheard; none: impossible.
    pub(super) unheard: Vec<Option<f32>>,
    /// The home's lists a node may use, one bit each; bit 3: numbers, bit 4: free text.
    pub(super) uses: Vec<u8>,
    /// The intents that only ask, one bit each.
    pub(super) asking: u64,
    /// The words that must be known by themselves.
    pub(super) guards: Guards,
    /// Finds templates by what was heard.
    pub(super) index: Index,
}

/// Bit of [`Lexicon::uses`]: numbers.
pub(super) const USES_NUMBER: u8 = 1 << 3;
/// Bit of [`Lexicon::uses`]: free text.
pub(super) const USES_WILDCARD: u8 = 1 << 4;

impl Lexicon {
    /// Of a program.
    #[must_use]
    pub(crate) fn new(program: &Program) -> Self {
        let mut lexicon = Self {
            guards: Guards::new(&program.language),
            ..Self::default()
        };
        let mut known: HashMap<&[char], u32> = HashMap::new();
        for text in &program.texts {
            let core = text.core();
            if core.is_empty() {
                lexicon.of_text.push(NO_WORD);
                continue;
            }
            let next = small(known.len());
            let id = *known.entry(core).or_insert(next);
            if id == next {
                lexicon.words.push(Word {
                    chars: core.into(),
                    plain: plain(core),
                    letters: letters(core),
                    weight: 1.0,
                    intents: 0,
                });
            }
            lexicon.of_text.push(id);
        }
        lexicon.of_fragment = vec![NO_WORD; program.fragment_count];
        for (word, id) in &known {
            program.fragments.at(word, 0, |end, fragment| {
                if end == word.len()
                    && let Some(place) = lexicon.of_fragment.get_mut(fragment as usize)
                {
                    *place = *id;
                }
            });
        }
        lexicon.trie = Trie::new(known.iter().map(|(w, id)| (w.to_vec(), *id)).collect());
        lexicon.sort();
        lexicon.describe_nodes(program);
        lexicon.weigh(program);
        lexicon.index = Index::new(program, &lexicon);
        lexicon
    }

    /// Sorts the words for [`Lexicon::plain_like`] and [`Lexicon::about_as_long`].
    fn sort(&mut self) {
        let words = &self.words;
        self.by_plain = (0..small(words.len())).collect();
        self.by_plain
            .sort_by_key(|id| words[*id as usize].without_accents());
        let long = (0u32..).zip(words);
        let mut long: Vec<(u32, &Word)> = long
            .filter(|(_, word)| word.chars.len() >= SHORTEST)
            .collect();
        long.sort_by_key(|(_, word)| word.chars.len());
        let longest = long.last().map_or(0, |(_, word)| word.chars.len());
        self.shorter = (0..longest + 2)
            .map(|length| small(long.partition_point(|(_, word)| word.chars.len() < length)))
            .collect();
        self.by_length = long.iter().map(|(id, word)| (*id, word.letters)).collect();
    }

    /// The words that are this one but for accents, which it comes without.
    pub(super) fn plain_like(&self, bare: &[char]) -> impl Iterator<Item = (u32, &Word)> {
        let word = |id: u32| self.words.get(id as usize);
        let plain = move |id: u32| word(id).map_or(&[][..], Word::without_accents);
        let from = self.by_plain.partition_point(|id| plain(*id) < bare);
        let rest = self.by_plain.get(from..).unwrap_or_default().iter();
        rest.map_while(move |id| Some((*id, word(*id)?)))
            .take_while(move |(_, word)| word.without_accents() == bare)
    }

    /// The words not more than so many characters longer or shorter, with their letters.
    pub(super) fn about_as_long(&self, length: usize, most: usize) -> &[(u32, u64)] {
        let place = |length: usize| {
            let last = self.by_length.len();
            self.shorter.get(length).map_or(last, |n| *n as usize)
        };
        if most == 0 {
            return &[];
        }
        let (from, to) = (place(length.saturating_sub(most)), place(length + most + 1));
        self.by_length.get(from..to).unwrap_or_default()
    }

    /// What nodes use and cost, children first: a node's children always come before it.
    fn describe_nodes(&mut self, program: &Program) {
        let count = program.ops.len();
        self.unheard = vec![None; count];
        self.uses = vec![0; count];
        for (id, op) in program.ops.iter().enumerate() {
            let (unheard, uses) = match *op {
                Op::Text(text) => {
                    let blank = self.of_text.get(text as usize) == Some(&NO_WORD);
                    (Some(if blank { 0.0 } else { UNHEARD }), 0)
                }
                Op::Seq(from, to) | Op::Perm(from, to) => {
                    let kids = &program.kids[from as usize..to as usize];
                    kids.iter().fold((Some(0.0), 0), |(unheard, uses), kid| {
                        let kid = *kid as usize;
                        let sum = unheard.zip(self.unheard[kid]).map(|(a, b)| a + b);
                        (sum, uses | self.uses[kid])
                    })
                }
                Op::Alt(from, to) => {
                    let kids = &program.kids[from as usize..to as usize];
                    let least = kids
                        .iter()
                        .filter_map(|kid| self.unheard[*kid as usize])
                        .min_by(f32::total_cmp);
                    let uses = kids.iter().fold(0, |u, kid| u | self.uses[*kid as usize]);
                    (least, uses)
                }
                Op::List { list, .. } => {
                    let uses = match program.lists.get(usize::from(list)) {
                        Some(List::Home(home)) => 1 << home,
                        Some(List::Range(_)) => USES_NUMBER,
                        Some(List::Wildcard) => USES_WILDCARD,
                        Some(List::Values(choices)) => choices
                            .iter()
                            .fold(0, |u, c| u | self.uses[c.node as usize]),
                        None => 0,
                    };
                    (None, uses)
                }
            };
            self.unheard[id] = unheard;
            self.uses[id] = uses;
        }
    }

    /// Counts in how many intents words and clauses occur.
    fn weigh(&mut self, program: &Program) {
        let intents = program.intents.len().max(2);
        for (i, name) in program.intents.iter().enumerate().take(64) {
            if name.contains("Get") || name.contains("Status") {
                self.asking |= 1 << i;
            }
        }
        let bit = |block: u16| -> u64 {
            program
                .blocks
                .get(usize::from(block))
                .map_or(0, |b| 1 << (u64::from(b.intent) % 64))
        };
        let mut nodes = vec![0u64; program.ops.len()];
        let mut clauses = vec![0u64; program.clauses.len()];
        for template in program.templates.iter().take(program.matched) {
            let bit = bit(template.block);
            if let Some(node) = nodes.get_mut(template.root as usize) {
                *node |= bit;
            }
            for (clause, _) in program.clauses(template) {
                if let Some(bits) = clauses.get_mut(clause) {
                    *bits |= bit;
                }
            }
        }
        // From parents to children: whoever uses a node uses what is in it.
        let mut words = vec![0u64; self.words.len()];
        for (id, op) in program.ops.iter().enumerate().rev() {
            let bits = nodes[id];
            match *op {
                Op::Text(text) => {
                    let word = self.of_text.get(text as usize).copied().unwrap_or(NO_WORD);
                    if let Some(word) = words.get_mut(word as usize) {
                        *word |= bits;
                    }
                }
                Op::Seq(from, to) | Op::Alt(from, to) | Op::Perm(from, to) => {
                    for kid in &program.kids[from as usize..to as usize] {
                        nodes[*kid as usize] |= bits;
                    }
                }
                Op::List { list, .. } => {
                    if let Some(List::Values(choices)) = program.lists.get(usize::from(list)) {
                        for choice in choices {
                            nodes[choice.node as usize] |= bits;
                        }
                    }
                }
            }
        }
        let spread = |bits: u64| -> f32 {
            // Few intents: the counts are small.
            #[expect(clippy::cast_precision_loss)]
            let share = (bits.count_ones().max(1) as f32).ln() / (intents as f32).ln();
            share.min(1.0)
        };
        for (word, bits) in self.words.iter_mut().zip(&words) {
            word.weight = 1.0 - 0.85 * spread(*bits);
            word.intents = *bits;
        }
        self.clauses = clauses
            .into_iter()
            .map(|bits| 0.3 + 1.2 * (1.0 - spread(bits)))
            .collect();
    }

    /// The word written so, if it is one.
    pub(super) fn known(&self, text: &[char]) -> Option<&Word> {
        let mut found = None;
        self.trie.at(text, 0, |end, word| {
            if end == text.len() {
                found = Some(word);
            }
        });
        self.words.get(found? as usize)
    }

    /// Whether an intent only asks.
    pub(super) fn asks(&self, intent: u16) -> bool {
        self.asking >> (u32::from(intent) % 64) & 1 == 1
    }

    /// The word of a text's node.
    pub(super) fn word(&self, text: u32) -> u32 {
        self.of_text.get(text as usize).copied().unwrap_or(NO_WORD)
    }

    /// What a node uses of the home.
    pub(super) fn uses(&self, node: NodeId) -> u8 {
        self.uses.get(node as usize).copied().unwrap_or(0)
    }
}

/// The letters of a word, one bit for a class of them.
pub(crate) fn letters(word: &[char]) -> u64 {
    word.iter()
        .fold(0, |bits, c| bits | 1 << (u32::from(*c) % 61))
}

/// The word without accents, when it has any: what a hurried typist writes.
pub(super) fn plain(word: &[char]) -> Option<Box<[char]>> {
    if word.iter().all(char::is_ascii) || word.iter().any(|c| crate::normal::is_cjk(*c)) {
        return None;
    }
    let mut bare = Vec::with_capacity(word.len());
    for c in word {
        if *c == 'đ' {
            bare.push('d');
            continue;
        }
        unicode_normalization::char::decompose_canonical(*c, |part| {
            if !unicode_normalization::char::is_combining_mark(part) {
                bare.push(part);
            }
        });
    }
    (bare != word).then(|| bare.into())
}

fn small(n: usize) -> u32 {
    u32::try_from(n).unwrap_or(u32::MAX)
}
