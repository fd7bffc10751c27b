//! The few words that must be known by themselves: those that turn a meaning round ("don't",
//! "yesterday", "except"), those that mean the whole home ("all", "everywhere"), and those that mean
//! nothing ("kindly", "um").
//!
//! A sentence with one of the first left over is no command, however well the rest fits. Without one
//! of the second, what needs a room is not done in all of them. The third are free. A language is a line
//! in the files of `intents/words`; a word that begins or ends with `~` may be part of a longer one.

use crate::normal::{fold, is_word};

/// Turn the meaning round. `en: not, don't, …`
pub(super) const TURNING: &str = include_str!("../../../words/turning.txt");
/// Mean the whole home. `en: all, every, …`
pub(super) const WHOLE: &str = include_str!("../../../words/whole.txt");
/// Mean nothing. `en: please, kindly, …`
pub(super) const FILLER: &str = include_str!("../../../words/filler.txt");

/// The characters of a sentence that belong to the words of a table.
pub(super) fn of(table: &str, language: &str, text: &[char]) -> u128 {
    let family = language.split(['-', '_']).next().unwrap_or_default();
    let words = table.lines().find_map(|line| {
        let (code, words) = line.split_once(':')?;
        (code == family).then_some(words)
    });
    words
        .unwrap_or_default()
        .split(',')
        .map(str::trim)
        .filter(|w| !w.is_empty())
        .fold(0, |set, word| set | occurrences(word, text))
}

/// Where a word occurs.
fn occurrences(word: &str, text: &[char]) -> u128 {
    let (head, word) = match word.strip_prefix('~') {
        Some(word) => (true, word),
        None => (false, word),
    };
    let (tail, word) = match word.strip_suffix('~') {
        Some(word) => (true, word),
        None => (false, word),
    };
    let folded: Vec<char> = word.chars().map(fold).collect();
    (0..text.len())
        .filter(|at| {
            text[*at..].starts_with(&folded)
                && (head || *at == 0 || !is_word(text[at - 1]))
                && (tail || text.get(at + folded.len()).is_none_or(|c| !is_word(*c)))
        })
        .fold(0, |set, at| {
            set | super::survey::range(at, at + folded.len())
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn guards_are_whole_words_unless_they_say_otherwise() {
        let of = |language, text: &str| of(TURNING, language, &text.chars().collect::<Vec<_>>());
        assert_eq!(of("en", "do not turn it on"), 0b11_1111);
        assert_eq!(of("en-US", "the knot"), 0);
        assert_ne!(of("ko", "불 켜지마"), 0);
        assert_ne!(of("zh-CN", "别关灯"), 0);
        assert_eq!(of("xx", "not"), 0);
    }

    #[test]
    fn a_language_is_a_line() {
        for line in [TURNING, WHOLE, FILLER].iter().flat_map(|t| t.lines()) {
            let (code, words) = line.split_once(": ").unwrap_or_default();
            assert!((2..=3).contains(&code.len()), "{line}");
            assert!(words.split(',').all(|w| !w.trim().is_empty()), "{line}");
        }
    }
}
