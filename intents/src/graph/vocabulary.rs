//! The words a model can hear, and how what people write is cut into them.
//!
//! Models of languages like Korean have pieces of words: "켜줘" is one of theirs, "꺼줘" is not, and
//! is heard as "꺼 줘". Of the ways to cut, the likeliest by the model's own word costs is taken; counting
//! pieces would prefer "퍼 센트로" to "퍼센트 로".

use std::fs::File;
use std::path::Path;

use super::GraphError;
use super::ngram::{Unigrams, unigrams};
use super::source::Source;
use super::symbols::Symbols;

/// Characters of one piece at most.
const MAX_PIECE: usize = 16;

/// Characters of a written word at most.
const MAX_WRITTEN: usize = 64;

/// A model's words.
#[derive(Clone, Debug, Default)]
pub struct Vocabulary {
    symbols: Symbols,
    /// Cost by label; words that the language model never says by themselves have none.
    costs: Vec<(u32, f32)>,
}

impl Vocabulary {
    /// Reads it from a model's folder: words and costs of `graph/Gr.fst`, or else the words of
    /// `graph/words.txt`.
    ///
    /// # Errors
    /// Names the file and field that is wrong.
    pub fn read(model: &Path) -> Result<Self, GraphError> {
        let path = model.join("graph/Gr.fst");
        let file = File::open(&path).map_err(|e| GraphError::io(&path, e))?;
        let Unigrams { symbols, costs } =
            unigrams(&mut Source::new(path.display().to_string(), file))?;
        let symbols = match symbols {
            Some(symbols) => symbols,
            None => {
                let path = model.join("graph/words.txt");
                let text = std::fs::read_to_string(&path).map_err(|e| GraphError::io(&path, e))?;
                Symbols::from_text(&path.display().to_string(), &text)?
            }
        };
        Ok(Self::new(symbols, costs))
    }

    /// From words and their costs.
    #[must_use]
    pub fn new(symbols: Symbols, mut costs: Vec<(u32, f32)>) -> Self {
        costs.sort_by(|a, b| a.0.cmp(&b.0).then(a.1.total_cmp(&b.1)));
        costs.dedup_by_key(|(label, _)| *label);
        // Marks such as <UNK> and #0 cannot be said.
        costs.retain(|(label, _)| {
            symbols
                .word(*label)
                .is_some_and(|word| !word.starts_with(['<', '#', '[', '!']))
        });
        Self { symbols, costs }
    }

    /// The words with their labels.
    #[must_use]
    pub const fn symbols(&self) -> &Symbols {
        &self.symbols
    }

    /// How many words can be said.
    #[must_use]
    pub fn len(&self) -> usize {
        self.costs.len()
    }

    /// Whether none can.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.costs.is_empty()
    }

    /// What a word costs by itself.
    #[must_use]
    pub fn cost(&self, label: u32) -> Option<f32> {
        let at = self.costs.binary_search_by_key(&label, |(label, _)| *label);
        at.ok().map(|at| self.costs[at].1)
    }

    /// The words that can be said with their costs, the likeliest first.
    #[must_use]
    pub fn likeliest(&self) -> Vec<(u32, f32)> {
        let mut all = self.costs.clone();
        all.sort_by(|a, b| a.1.total_cmp(&b.1).then(a.0.cmp(&b.0)));
        all
    }

    /// A written word as labels of words of the model; none when it cannot be cut into such.
    #[must_use]
    pub fn cut(&self, word: &str) -> Option<Vec<u32>> {
        let ends: Vec<usize> = word
            .char_indices()
            .map(|(at, _)| at)
            .chain([word.len()])
            .collect();
        let length = ends.len() - 1;
        if length == 0 || length > MAX_WRITTEN {
            return None;
        }
        // best[i]: the cost of the first i characters, the last piece and where it begins.
        let mut best: Vec<Option<(f32, u32, usize)>> = vec![None; length + 1];
        best[0] = Some((0.0, 0, 0));
        for to in 1..=length {
            for from in to.saturating_sub(MAX_PIECE)..to {
                let Some((before, _, _)) = best[from] else {
                    continue;
                };
                let Some((label, cost)) = word
                    .get(ends[from]..ends[to])
                    .and_then(|piece| self.symbols.label(piece))
                    .and_then(|label| Some((label, self.cost(label)?)))
                else {
                    continue;
                };
                let sum = before + cost;
                if best[to].is_none_or(|(least, _, _)| sum < least) {
                    best[to] = Some((sum, label, from));
                }
            }
        }
        let mut labels = Vec::new();
        let mut at = length;
        while at > 0 {
            let (_, label, from) = best[at]?;
            labels.push(label);
            at = from;
        }
        labels.reverse();
        Some(labels)
    }

    /// A word of the model that is written much like this one, for whom it cannot hear it.
    #[must_use]
    pub fn like(&self, word: &str) -> Option<&str> {
        use unicode_normalization::UnicodeNormalization;
        let wanted: Vec<char> = word.nfd().collect();
        let most = wanted.len().div_ceil(2).min(4);
        let mut best: Option<(usize, f32, &str)> = None;
        for (label, cost) in &self.costs {
            let Some(other) = self.symbols.word(*label) else {
                continue;
            };
            // Short and likely words only: what nobody says is no help.
            if *cost > 16.0 || other.chars().count() > word.chars().count() + 2 {
                continue;
            }
            let letters: Vec<char> = other.nfd().collect();
            if letters.len().abs_diff(wanted.len()) > most {
                continue;
            }
            let far = distance(&wanted, &letters);
            if far <= most && best.is_none_or(|(d, c, _)| (far, *cost) < (d, c)) {
                best = Some((far, *cost, other));
            }
        }
        best.map(|(_, _, word)| word)
    }
}

/// Edits between two texts.
#[must_use]
pub fn distance(a: &[char], b: &[char]) -> usize {
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.iter().enumerate() {
        let mut corner = i;
        row[0] = i + 1;
        for (j, y) in b.iter().enumerate() {
            let change = corner + usize::from(x != y);
            corner = row[j + 1];
            row[j + 1] = change.min(row[j] + 1).min(corner + 1);
        }
    }
    row[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn vocabulary() -> Vocabulary {
        let words = [
            ("<eps>", 0.0),
            ("켜줘", 12.0),
            ("꺼", 9.0),
            ("줘", 8.0),
            ("켜", 10.0),
            ("퍼", 11.0),
            ("센트로", 14.0),
            ("퍼센트", 9.0),
            ("로", 4.0),
            ("<UNK>", 1.0),
        ];
        let symbols = words
            .iter()
            .zip(0..)
            .map(|((word, _), label)| (label, (*word).into()))
            .collect();
        Vocabulary::new(
            symbols,
            words.iter().zip(0..).map(|((_, c), l)| (l, *c)).collect(),
        )
    }

    #[test]
    fn words_are_cut_at_the_least_cost() {
        let vocabulary = vocabulary();
        let cut = |word: &str| {
            vocabulary.cut(word).map(|labels| {
                let words: Vec<&str> = labels
                    .iter()
                    .filter_map(|label| vocabulary.symbols().word(*label))
                    .collect();
                words.join(" ")
            })
        };
        assert_eq!(cut("켜줘").as_deref(), Some("켜줘"));
        assert_eq!(cut("꺼줘").as_deref(), Some("꺼 줘"));
        assert_eq!(cut("퍼센트로").as_deref(), Some("퍼센트 로"));
        assert_eq!(cut("뷁"), None);
        assert_eq!(cut("<UNK>"), None);
        assert_eq!(cut(""), None);
        assert_eq!(vocabulary.like("꺼죠"), Some("꺼"));
    }
}
