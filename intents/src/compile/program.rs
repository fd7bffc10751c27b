//! The compiled form of a language's sentences: flat arrays, texts folded, names resolved.

use crate::Value;
use crate::normal::{Blanks, fold};
use crate::numbers::NumberWords;
use crate::sentences::Fractions;
use crate::trie::Trie;

/// The lists a home fills.
pub(crate) const HOME_LISTS: [&str; 3] = ["name", "area", "floor"];

/// No fragment.
pub(crate) const NO_FRAGMENT: u32 = u32::MAX;

/// Index of an [`Op`].
pub(crate) type NodeId = u32;

/// One node of a compiled template.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Op {
    /// A text.
    Text(u32),
    /// Children one after the other.
    Seq(u32, u32),
    /// Children of which one fits.
    Alt(u32, u32),
    /// Children in any order.
    Perm(u32, u32),
    /// A list's value into a slot.
    List {
        /// Which list.
        list: u16,
        /// Which slot.
        slot: u16,
        /// For the answer only.
        capture: bool,
        /// A blank follows.
        end_of_word: bool,
    },
}

/// A literal text, folded.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Text {
    /// As written, blanks and all: what a speaker says.
    pub said: Box<str>,
    /// The characters compared.
    pub folded: Box<[char]>,
    /// Blanks at the start.
    pub lead: u16,
    /// Characters that are not blanks at the edges: what a match of it is worth.
    pub solid: u16,
    /// A word ends after it.
    pub ends_word: bool,
    /// Empty as written.
    pub empty: bool,
}

impl Text {
    /// From a normalised text.
    #[must_use]
    pub(crate) fn new(text: &str, blanks: Blanks) -> Self {
        let folded: Vec<char> = text.chars().map(fold).collect();
        let folded = blanks.join(&folded);
        let short = |n: usize| u16::try_from(n).unwrap_or(u16::MAX);
        let lead = folded.iter().take_while(|c| **c == ' ').count();
        let trail = folded[lead..]
            .iter()
            .rev()
            .take_while(|c| **c == ' ')
            .count();
        Self {
            lead: short(lead),
            solid: short(folded.len() - lead - trail),
            ends_word: text.ends_with([' ', '\'']),
            empty: text.is_empty(),
            said: text.into(),
            folded: folded.into(),
        }
    }

    /// The characters without blanks at the edges.
    #[must_use]
    pub(crate) fn core(&self) -> &[char] {
        let from = usize::from(self.lead);
        self.folded
            .get(from..from + usize::from(self.solid))
            .unwrap_or_default()
    }
}

/// A list.
#[derive(Clone, Debug)]
pub(crate) enum List {
    /// Values to choose from.
    Values(Vec<Choice>),
    /// Values the home fills: index into [`HOME_LISTS`].
    Home(usize),
    /// Numbers.
    Range(Range),
    /// Any text.
    Wildcard,
}

/// One value of a list.
#[derive(Clone, Debug)]
pub(crate) struct Choice {
    /// What is said.
    pub node: NodeId,
    /// The value; none: what was heard.
    pub out: Option<Value>,
    /// Known once said.
    pub context: Vec<(String, Value)>,
}

/// A range of numbers, in tenths.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Range {
    /// The smallest.
    pub from: i32,
    /// The largest.
    pub to: i32,
    /// The distance of two.
    pub step: i32,
    /// What the number is multiplied by.
    pub multiplier: Option<f64>,
    /// Fractions between whole numbers.
    pub fractions: Option<Fractions>,
    /// Digits are understood.
    pub digits: bool,
    /// Words are understood.
    pub words: bool,
}

impl Range {
    /// Whether the number is one of the range's.
    #[must_use]
    pub(crate) fn holds(&self, number: f64) -> bool {
        let (from, to, step) = (
            f64::from(self.from),
            f64::from(self.to),
            f64::from(self.step),
        );
        let Some(fractions) = self.fractions else {
            return number >= from && number <= to && (number - from).rem_euclid(step) == 0.0;
        };
        // A fraction may follow the largest whole number.
        let whole = number.floor();
        let tenth = ((number - whole) * 10.0).round();
        whole >= from
            && whole <= to
            && (whole - from).rem_euclid(step) == 0.0
            && ((number - whole) * 10.0 - tenth).abs() < 1e-6
            && (tenth == 0.0 || fractions == Fractions::Tenths || tenth == 5.0)
    }
}

/// A condition on the context.
#[derive(Clone, Debug)]
pub(crate) struct Condition {
    /// Of which the value is meant.
    pub key: String,
    /// The values allowed (or forbidden); none: any.
    pub values: Option<Vec<Value>>,
    /// Where the value is copied to.
    pub slot: Option<String>,
}

/// Sentences that share slots and conditions.
#[derive(Clone, Debug)]
pub(crate) struct Block {
    /// Index of the intent's name.
    pub intent: u16,
    /// Slots implied.
    pub slots: Vec<(String, Value)>,
    /// What must be known.
    pub requires: Vec<Condition>,
    /// What must not be.
    pub excludes: Vec<Condition>,
    /// Words of which one must occur.
    pub keywords: Vec<Vec<char>>,
    /// The answer.
    pub response: String,
    /// Which file it is from.
    pub file: u16,
}

/// Which end of a sentence is free text, and so keeps its skip words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Free {
    /// Neither end.
    None,
    /// The start.
    Start,
    /// The end.
    End,
    /// All of it.
    All,
}

/// One sentence template.
#[derive(Clone, Debug)]
pub(crate) struct Template {
    /// Its block.
    pub block: u16,
    /// Its line in the file, 0 for none.
    pub line: u32,
    /// Its node.
    pub root: NodeId,
    /// Its clauses: a range of [`Program::clauses_of`].
    pub clauses: (u32, u32),
    /// Where it is free text.
    pub free: Free,
    /// As written.
    pub source: Box<str>,
}

/// What is asked of a sentence by a clause: one of its items.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Piece {
    /// A fragment of text, by its number.
    Fragment(u32),
    /// A name of the home, by its list.
    Home(u8),
    /// A number.
    Number,
}

impl Program {
    /// The clauses of a template: which, and what each asks for.
    pub(crate) fn clauses(&self, template: &Template) -> impl Iterator<Item = (usize, &[Piece])> {
        let (from, to) = template.clauses;
        let all = self.clauses_of.get(from as usize..to as usize);
        all.unwrap_or_default().iter().map(|clause| {
            let clause = *clause as usize;
            let (from, to) = self.clauses.get(clause).copied().unwrap_or_default();
            let items = self.clause_items.get(from as usize..to as usize);
            (clause, items.unwrap_or_default())
        })
    }
}

/// A language's sentences, ready to match.
#[derive(Debug, Default)]
pub(crate) struct Program {
    /// The language.
    pub language: String,
    /// What blanks mean.
    pub blanks: Blanks,
    /// Skip words, folded, longest first.
    pub skip: Vec<Vec<char>>,
    /// Nodes.
    pub ops: Vec<Op>,
    /// Children of nodes.
    pub kids: Vec<NodeId>,
    /// Texts.
    pub texts: Vec<Text>,
    /// Lists.
    pub lists: Vec<List>,
    /// Names of slots.
    pub slots: Vec<String>,
    /// Names of intents.
    pub intents: Vec<String>,
    /// Blocks.
    pub blocks: Vec<Block>,
    /// Templates, in the order of the files; behind them those for speech recognisers only.
    pub templates: Vec<Template>,
    /// How many of the templates are matched.
    pub matched: usize,
    /// The clauses of templates: places in `clauses`.
    pub clauses_of: Vec<u32>,
    /// The templates that a fragment speaks for, one range of `spoken_for` a fragment: each template is found
    /// by the fragments of its narrowest clause.
    pub speaks_for: Vec<(u32, u32)>,
    /// See `speaks_for`.
    pub spoken_for: Vec<u32>,
    /// The templates that no fragment speaks for.
    pub unspoken: Vec<u32>,
    /// Different clauses: ranges of `clause_items`.
    pub clauses: Vec<(u32, u32)>,
    /// Items of clauses.
    pub clause_items: Vec<Piece>,
    /// Finds the fragments of a sentence.
    pub fragments: Trie,
    /// How many fragments there are.
    pub fragment_count: usize,
    /// The fragment of each text, [`NO_FRAGMENT`] for blanks.
    pub fragment_of: Vec<u32>,
    /// Number words.
    pub numbers: NumberWords,
    /// Names of the files.
    pub files: Vec<String>,
}
