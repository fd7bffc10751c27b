//! The few words that must be known by themselves: those that turn a meaning round ("don't",
//! "yesterday", "except"), those that mean the whole home ("all", "everywhere"), and those that mean
//! nothing ("kindly", "um").
//!
//! A sentence with one of the first left over is no command, however well the rest fits. Without one
//! of the second, what needs a room is not done in all of them. The third are free. A language is a line
//! in the files of `intents/words`; a word that begins or ends with `~` may be part of a longer one.

use crate::normal::{fold, is_word};
use crate::trie::Trie;

/// The tables: words that turn the meaning round (`en: not, don't, …`), that mean the whole home (`en: all,
/// every, …`), that mean nothing (`en: please, kindly, …`).
const TABLES: [&str; 3] = [
    include_str!("../../../words/turning.txt"),
    include_str!("../../../words/whole.txt"),
    include_str!("../../../words/filler.txt"),
];

/// The word may begin within a longer one.
const HEAD: u32 = 1;
/// The word may end within a longer one.
const TAIL: u32 = 2;

/// The words of a language that must be known by themselves.
#[derive(Debug, Default)]
pub(super) struct Guards {
    /// Finds them: table in the upper bits, [`HEAD`] and [`TAIL`] in the lower two.
    words: Trie,
}

/// The characters of a sentence that belong to words of the tables.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Guarded {
    /// To words that turn a meaning round.
    pub turning: u128,
    /// To words that mean the whole home.
    pub whole: u128,
    /// To words that mean nothing.
    pub filler: u128,
}

impl Guards {
    /// Of a language.
    pub(super) fn new(language: &str) -> Self {
        let family = language.split(['-', '_']).next().unwrap_or_default();
        let mut all = Vec::new();
        for (table, text) in (0u32..).zip(TABLES) {
            let words = text.lines().find_map(|line| {
                let (code, words) = line.split_once(':')?;
                (code == family).then_some(words)
            });
            for word in words.unwrap_or_default().split(',').map(str::trim) {
                let (head, word) = match word.strip_prefix('~') {
                    Some(word) => (HEAD, word),
                    None => (0, word),
                };
                let (tail, word) = match word.strip_suffix('~') {
                    Some(word) => (TAIL, word),
                    None => (0, word),
                };
                all.push((word.chars().map(fold).collect(), table << 2 | head | tail));
            }
        }
        Self {
            words: Trie::new(all),
        }
    }

    /// Where they occur.
    pub(super) fn of(&self, text: &[char]) -> Guarded {
        let mut found = [0u128; TABLES.len()];
        for at in 0..text.len() {
            let begins = at == 0 || !is_word(text[at - 1]);
            self.words.at(text, at, |end, word| {
                let ends = text.get(end).is_none_or(|c| !is_word(*c));
                if (begins || word & HEAD != 0)
                    && (ends || word & TAIL != 0)
                    && let Some(set) = found.get_mut(word as usize >> 2)
                {
                    *set |= super::survey::range(at, end);
                }
            });
        }
        let [turning, whole, filler] = found;
        Guarded {
            turning,
            whole,
            filler,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn guards_are_whole_words_unless_they_say_otherwise() {
        let of = |language, text: &str| {
            let text: Vec<char> = text.chars().collect();
            Guards::new(language).of(&text).turning
        };
        assert_eq!(of("en", "do not turn it on"), 0b11_1111);
        assert_eq!(of("en-US", "the knot"), 0);
        assert_ne!(of("ko", "불 켜지마"), 0);
        assert_ne!(of("zh-CN", "别关灯"), 0);
        assert_eq!(of("xx", "not"), 0);
    }

    #[test]
    fn a_language_is_a_line() {
        for line in TABLES.iter().flat_map(|t| t.lines()) {
            let (code, words) = line.split_once(": ").unwrap_or_default();
            assert!((2..=3).contains(&code.len()), "{line}");
            assert!(words.split(',').all(|w| !w.trim().is_empty()), "{line}");
        }
    }
}
