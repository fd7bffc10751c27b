//! Words as people write them to words as the model has them.
//!
//! Models of languages like Korean have pieces of words: "꺼 줘" and not "꺼줘". A word the model does not
//! have is cut into as few known pieces as possible; of two ways with as few pieces, the one with the
//! longer first piece ("퍼센트 로", not "퍼 센트로").

use std::collections::{BTreeSet, HashMap};

/// Characters of one piece at most.
const MAX_PIECE: usize = 12;

/// Cuts words; remembers what it asked the model.
pub(crate) struct Segmenter<'a> {
    knows: &'a dyn Fn(&str) -> bool,
    asked: HashMap<String, bool>,
    cut: HashMap<String, Option<String>>,
}

impl<'a> Segmenter<'a> {
    /// A segmenter over what `knows` says.
    pub(crate) fn new(knows: &'a dyn Fn(&str) -> bool) -> Self {
        Self {
            knows,
            asked: HashMap::new(),
            cut: HashMap::new(),
        }
    }

    fn known(&mut self, word: &str) -> bool {
        if let Some(known) = self.asked.get(word) {
            return *known;
        }
        let known = (self.knows)(word);
        self.asked.insert(word.to_owned(), known);
        known
    }

    /// A word in known pieces with blanks between; none when it cannot be cut so.
    fn word(&mut self, word: &str) -> Option<String> {
        if self.known(word) {
            return Some(word.to_owned());
        }
        if let Some(cut) = self.cut.get(word) {
            return cut.clone();
        }
        let chars: Vec<char> = word.chars().collect();
        // best[i]: pieces needed for what begins at i, and where the first of them ends.
        let mut best: Vec<Option<(usize, usize)>> = vec![None; chars.len() + 1];
        best[chars.len()] = Some((0, 0));
        for start in (0..chars.len()).rev() {
            // Longer pieces first, and only a better way replaces one.
            for end in (start + 1..=chars.len().min(start + MAX_PIECE)).rev() {
                let Some((pieces, _)) = best[end] else {
                    continue;
                };
                if best[start].is_some_and(|(least, _)| least <= pieces + 1) {
                    continue;
                }
                let piece: String = chars[start..end].iter().collect();
                if self.known(&piece) {
                    best[start] = Some((pieces + 1, end));
                }
            }
        }
        let mut pieces: Vec<String> = Vec::new();
        let mut at = 0;
        while at < chars.len() {
            let Some((_, end)) = best[at] else { break };
            pieces.push(chars[at..end].iter().collect());
            at = end;
        }
        let cut = (at == chars.len() && !pieces.is_empty()).then(|| pieces.join(" "));
        self.cut.insert(word.to_owned(), cut.clone());
        cut
    }

    /// Phrases in known words, and the words that could not be cut into any.
    pub(crate) fn phrases(&mut self, phrases: &[String]) -> (Vec<String>, Vec<String>) {
        let mut unknown = BTreeSet::new();
        let mut out = BTreeSet::new();
        for phrase in phrases {
            let lower = phrase.to_lowercase();
            let words: Vec<Option<String>> = lower
                .split_whitespace()
                .map(|word| {
                    let cut = self.word(word);
                    if cut.is_none() {
                        unknown.insert(word.to_owned());
                    }
                    cut
                })
                .collect();
            if let Some(words) = words.into_iter().collect::<Option<Vec<_>>>()
                && !words.is_empty()
            {
                out.insert(words.join(" "));
            }
        }
        (out.into_iter().collect(), unknown.into_iter().collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_cut_into_few_and_long_pieces() {
        let vocabulary = [
            "불",
            "꺼",
            "줘",
            "켜줘",
            "퍼",
            "퍼센트",
            "센트로",
            "로",
            "turn",
            "on",
        ];
        let knows = |word: &str| vocabulary.contains(&word);
        let mut segmenter = Segmenter::new(&knows);
        let (phrases, unknown) = segmenter.phrases(&[
            "불 꺼줘".into(),
            "불켜줘".into(),
            "퍼센트로".into(),
            "Turn on".into(),
            "뷁 켜줘".into(),
        ]);
        assert_eq!(phrases, ["turn on", "불 꺼 줘", "불 켜줘", "퍼센트 로"]);
        assert_eq!(unknown, ["뷁"]);
    }
}
