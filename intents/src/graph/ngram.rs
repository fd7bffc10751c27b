//! What each word costs by itself, from a model's language model.
//!
//! Vosk keeps it as an OpenFst `ngram` transducer: contexts as a tree in bits (LOUDS), and for each context
//! the words that may follow. The words that follow no context at all stand first and name every word
//! of the model; only they are wanted, so everything behind them is passed over.
//!
//! Layout behind the head and the symbols, with s contexts, f followers and e ends: `s`, `f`, `e` as
//! 64-bit numbers; three arrays of bits in 64-bit words (2s+1 bits: the tree; s+f+1 bits: per context a 0, then
//! a 1 for each follower; s bits: which contexts may end); s+1 and f labels (tree, followers); s+1, e and f+1
//! costs (backing off, ends, followers).

use std::io::Read;

use nom::Parser;
use nom::combinator::verify;
use nom::number::streaming::le_u64;

use super::GraphError;
use super::fst::EPSILON;
use super::read::{Head, head, walk};
use super::source::Source;
use super::symbols::Symbols;

/// Words and their costs by themselves.
#[derive(Clone, Debug, Default)]
pub struct Unigrams {
    /// The words, when the file has them.
    pub symbols: Option<Symbols>,
    /// Label and cost.
    pub costs: Vec<(u32, f32)>,
}

/// Reads words and their costs from a language model: an `ngram`, or any transducer with one state from
/// which all words are read (as written beside a base).
///
/// # Errors
/// Names the field that is wrong.
pub fn unigrams<R: Read>(source: &mut Source<R>) -> Result<Unigrams, GraphError> {
    let (head, symbols) = head(source)?;
    let costs = if head.kind == "ngram" {
        ngram(source)?
    } else {
        plain(source, head)?
    };
    Ok(Unigrams { symbols, costs })
}

fn plain<R: Read>(source: &mut Source<R>, head: Head) -> Result<Vec<(u32, f32)>, GraphError> {
    struct Words(Vec<(u32, f32)>);
    impl super::read::Visit for Words {
        fn state(&mut self, _: f32) {}
        fn arc(&mut self, _: u32, arc: super::fst::Arc) {
            if arc.output != EPSILON {
                self.0.push((arc.output, arc.weight));
            }
        }
    }
    let mut words = Words(Vec::new());
    walk(source, head, &mut words)?;
    Ok(words.0)
}

fn ngram<R: Read>(source: &mut Source<R>) -> Result<Vec<(u32, f32)>, GraphError> {
    let mut number = |what| {
        source.parse(what, 8, |i| {
            verify(le_u64, |n| *n < u64::from(u32::MAX)).parse(i)
        })
    };
    let contexts = number("number of contexts")?;
    let followers = number("number of followers")?;
    let ends = number("number of ends")?;
    let words_of = |bits: u64| bits.div_ceil(64) * 8;
    source.skip("tree of contexts", words_of(2 * contexts + 1))?;
    // The first run of ones, behind the first zero.
    let mut first = 0_u64;
    let mut bytes = words_of(contexts + followers + 1);
    let mut started = false;
    'runs: while bytes > 0 {
        let bits = source.u64("followers of contexts")?;
        bytes -= 8;
        for i in 0..64 {
            match (started, bits >> i & 1 == 1) {
                (false, false) => started = true,
                (true, true) => first += 1,
                (false, true) => {
                    return Err(source.wrong("followers of contexts", "they begin with a 1"));
                }
                (true, false) => break 'runs,
            }
        }
    }
    if first > followers {
        return Err(source.wrong("followers of contexts", "more than the file tells"));
    }
    source.skip("followers of contexts", bytes)?;
    source.skip("ends of contexts", words_of(contexts))?;
    source.skip("words of contexts", (contexts + 1) * 4)?;
    let mut labels = Vec::new();
    for _ in 0..first {
        labels.push(source.u32("word")?);
    }
    source.skip("words", (followers - first) * 4)?;
    source.skip("costs of backing off", (contexts + 1) * 4)?;
    source.skip("costs of ending", ends * 4)?;
    let mut costs = Vec::new();
    for label in labels {
        let cost = source.cost("cost of a word")?;
        costs.push((label, cost));
    }
    Ok(costs)
}
