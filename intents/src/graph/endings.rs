//! Where sentences end: whether what was heard so far is a whole sentence, and whether it may go on; and which of them
//! talk sounds like.
//!
//! The listener need not wait long behind a sentence that cannot go on. The packer keeps the word acceptor
//! beside the graph for this; a folder without one is listened to with long pauses.

use std::fs::File;
use std::path::Path;

use super::GraphError;
use super::fst::{Fst, NEVER};
use super::near::{Near, Neighbour, Reach};
use super::read::read;
use super::source::Source;
use super::symbols::Symbols;

/// The file's place in a packed folder.
pub(super) const FILE: &str = "graph/sentences.fst";

/// How words stand to the sentences; the later, the nearer the end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Standing {
    /// No sentence, perhaps the beginning of one.
    Part,
    /// A sentence that is also the beginning of a longer one.
    MayGoOn,
    /// A sentence, and no longer one begins so.
    Whole,
}

/// The sentences of a packed folder.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Endings {
    sentences: Fst,
    words: Symbols,
    near: Near,
}

impl Endings {
    /// Of an acceptor, deterministic, with the words of its labels.
    #[must_use]
    pub fn new(sentences: Fst, words: Symbols) -> Self {
        Self {
            near: Near::new(&sentences, &words),
            sentences,
            words,
        }
    }

    /// Those of a packed folder; none when it has none.
    ///
    /// # Errors
    /// Names the file and field that is wrong.
    pub fn open(folder: &Path) -> Result<Option<Self>, GraphError> {
        let path = folder.join(FILE);
        if !path.exists() {
            return Ok(None);
        }
        let file = File::open(&path).map_err(|e| GraphError::io(&path, e))?;
        let (sentences, _) = read(&mut Source::new(path.display().to_string(), file))?;
        let path = folder.join("graph/words.txt");
        let text = std::fs::read_to_string(&path).map_err(|e| GraphError::io(&path, e))?;
        let words = Symbols::from_text(&path.display().to_string(), &text)?;
        Ok(Some(Self::new(sentences, words)))
    }

    /// The sentences that sound most like a text; see [`Near::closest`].
    #[must_use]
    pub fn closest(&self, heard: &str, reach: Reach) -> Vec<Neighbour> {
        self.near.closest(&self.words, heard, reach)
    }

    /// How a text, words of the model with blanks between, stands to the sentences.
    #[must_use]
    pub fn standing(&self, text: &str) -> Standing {
        let fst = &self.sentences;
        let end = fst.start.and_then(|start| {
            text.split_ascii_whitespace()
                .try_fold(start, |state, word| {
                    let label = self.words.label(word)?;
                    let mut arcs = fst.arcs(state).iter();
                    arcs.find(|arc| arc.input == label).map(|arc| arc.next)
                })
        });
        match end {
            Some(end) if fst.final_cost(end) != NEVER => {
                if fst.arcs(end).is_empty() {
                    Standing::Whole
                } else {
                    Standing::MayGoOn
                }
            }
            _ => Standing::Part,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::graph::acceptor::Acceptor;
    use crate::graph::sentences::Letters;
    use crate::graph::vocabulary::Vocabulary;

    #[test]
    fn a_sentence_is_whole_where_none_goes_on_behind_it() {
        let words = ["<eps>", "turn", "on", "the", "lamp", "in", "kitchen"];
        let symbols: Symbols = (0..).zip(words.map(Into::into)).collect();
        let costs = (1..7).map(|label| (label, 1.0)).collect();
        let vocabulary = Vocabulary::new(symbols.clone(), costs);
        let letters = Letters::of(["turn on the lamp", "turn on the lamp in the kitchen"]).unwrap();
        let acceptor = Acceptor::new(&letters, &vocabulary).unwrap();
        let endings = Endings::new(acceptor.fst, symbols);
        for (text, standing) in [
            ("", Standing::Part),
            ("turn on the", Standing::Part),
            ("turn on the lamp", Standing::MayGoOn),
            ("turn on the lamp in", Standing::Part),
            ("turn on the lamp in the kitchen", Standing::Whole),
            ("turn on the lamp in the kitchen lamp", Standing::Part),
            ("lamp", Standing::Part),
            ("something else", Standing::Part),
        ] {
            assert_eq!(endings.standing(text), standing, "{text}");
        }
        assert_eq!(Endings::default().standing("lamp"), Standing::Part);
    }
}
