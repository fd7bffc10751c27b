//! Making sentences comparable: what is heard, typed and written in templates meets here.
//!
//! A sentence becomes [`Said`]: its characters with blanks single, NFC, punctuation at the edges of
//! words gone, each beside its folded form (what is compared) and its place in the sentence as given
//! (what a user is shown). Every later step keeps the three in step.

use unicode_normalization::UnicodeNormalization;

/// Dashes that speech recognisers attach to words; the hyphen and the minus sign stay.
const PUNCTUATION: &str = "。,，?¿？؟!¡！;；:：’…—–―";

pub(crate) fn is_punctuation(c: char) -> bool {
    c == '.' || PUNCTUATION.contains(c)
}

/// A letter, a digit or anything else that words are made of.
#[must_use]
pub(crate) fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

/// Scripts written without blanks between words; Hangul counts, whose blanks few people agree on.
#[must_use]
pub(crate) fn is_cjk(c: char) -> bool {
    matches!(c, '\u{4e00}'..='\u{9fff}' | '\u{3400}'..='\u{4dbf}' | '\u{3040}'..='\u{30ff}' | '\u{ac00}'..='\u{d7af}')
}

/// The form in which characters are compared: one for one, so that places stay.
#[must_use]
pub(crate) fn fold(c: char) -> char {
    if c.is_ascii() {
        return c.to_ascii_lowercase();
    }
    match c {
        'ſ' => return 's',
        'µ' => return 'μ',
        'ς' => return 'σ',
        _ => {}
    }
    let mut lower = c.to_lowercase();
    match (lower.next(), lower.next()) {
        (Some(one), None) => one,
        _ => c,
    }
}

/// Single blanks, NFC, one apostrophe: what templates and names go through.
#[must_use]
pub(crate) fn normalize(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut blank = false;
    for c in text.chars() {
        if c.is_whitespace() {
            if !blank {
                out.push(' ');
            }
            blank = true;
        } else {
            blank = false;
            out.push(if c == '’' { '\'' } else { c });
        }
    }
    if unicode_normalization::is_nfc(&out) {
        out
    } else {
        out.nfc().collect()
    }
}

/// What blanks mean in a language.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Blanks {
    /// They separate words.
    #[default]
    Count,
    /// They mean nothing between two characters of scripts without blanks.
    CountOutsideCjk,
    /// They mean nothing.
    Ignored,
}

impl Blanks {
    /// Whether the blank at `at` means nothing.
    fn drops(self, chars: &[char], at: usize) -> bool {
        chars[at] == ' '
            && match self {
                Self::Count => false,
                Self::Ignored => true,
                Self::CountOutsideCjk => {
                    at > 0 && is_cjk(chars[at - 1]) && chars.get(at + 1).is_some_and(|c| is_cjk(*c))
                }
            }
    }

    /// The characters without the blanks that mean nothing.
    #[must_use]
    pub(crate) fn join(self, chars: &[char]) -> Vec<char> {
        (0..chars.len())
            .filter(|&at| !self.drops(chars, at))
            .map(|at| chars[at])
            .collect()
    }
}

/// A sentence on its way through the matcher; three columns of equal length.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Said {
    /// The characters as said.
    pub chars: Vec<char>,
    /// What is compared.
    pub folded: Vec<char>,
    /// Byte place in the sentence as given.
    pub places: Vec<u32>,
}

impl Said {
    /// The sentence ready for matching, but for skip words.
    #[must_use]
    pub(crate) fn new(sentence: &str) -> Self {
        let mut said = Self::with_capacity(sentence.len() + 1);
        let nfc = unicode_normalization::is_nfc(sentence);
        let mut blank = false;
        let mut push = |c: char, place: usize| {
            if c.is_whitespace() {
                if !blank {
                    said.push(' ', place);
                }
                blank = true;
            } else {
                blank = false;
                said.push(if c == '’' { '\'' } else { c }, place);
            }
        };
        if nfc {
            for (place, c) in sentence.char_indices() {
                push(c, place);
            }
        } else {
            // Combining marks belong to the letter before them: normalise cluster by cluster.
            let mut start = 0;
            let mut clusters = Vec::new();
            for (place, c) in sentence.char_indices() {
                if place > start && !composes(c) {
                    clusters.push((start, place));
                    start = place;
                }
            }
            clusters.push((start, sentence.len()));
            for (from, to) in clusters {
                for c in sentence.get(from..to).unwrap_or_default().nfc() {
                    push(c, from);
                }
            }
        }
        said.strip_punctuation();
        said.trim();
        said
    }

    fn with_capacity(length: usize) -> Self {
        Self {
            chars: Vec::with_capacity(length),
            folded: Vec::with_capacity(length),
            places: Vec::with_capacity(length),
        }
    }

    fn push(&mut self, c: char, place: usize) {
        self.chars.push(c);
        self.folded.push(fold(c));
        self.places.push(u32::try_from(place).unwrap_or(u32::MAX));
    }

    /// How many characters.
    #[must_use]
    pub(crate) fn len(&self) -> usize {
        self.chars.len()
    }

    /// Whether nothing is left.
    #[must_use]
    pub(crate) fn is_empty(&self) -> bool {
        self.chars.is_empty()
    }

    /// The characters as text.
    #[must_use]
    pub(crate) fn text(&self) -> String {
        self.chars.iter().collect()
    }

    fn retain(&mut self, keep: &[bool]) {
        let mut k = keep.iter();
        self.chars.retain(|_| k.next() == Some(&true));
        let mut k = keep.iter();
        self.folded.retain(|_| k.next() == Some(&true));
        let mut k = keep.iter();
        self.places.retain(|_| k.next() == Some(&true));
    }

    fn cut(&mut self, from: usize, to: usize) {
        self.chars.drain(from..to);
        self.folded.drain(from..to);
        self.places.drain(from..to);
    }

    /// Blanks at both ends go.
    pub(crate) fn trim(&mut self) {
        let end = self.len() - self.chars.iter().rev().take_while(|c| **c == ' ').count();
        self.cut(end, self.len());
        let start = self.chars.iter().take_while(|c| **c == ' ').count();
        self.cut(0, start);
    }

    /// A blank at the end: a word boundary for templates that end with one.
    pub(crate) fn close(&mut self) {
        let place = self.places.last().map_or(0, |place| place + 1);
        self.chars.push(' ');
        self.folded.push(' ');
        self.places.push(place);
    }

    /// Blanks that mean nothing go.
    pub(crate) fn join(&mut self, blanks: Blanks) {
        let keep: Vec<bool> = (0..self.len())
            .map(|at| !blanks.drops(&self.chars, at))
            .collect();
        self.retain(&keep);
    }

    /// Punctuation goes at both ends and at the edges of words; within a word it stays: `2.5`, `A.C.`.
    fn strip_punctuation(&mut self) {
        if !self.chars.iter().any(|c| is_punctuation(*c)) {
            return;
        }
        let start = self
            .chars
            .iter()
            .take_while(|c| is_punctuation(**c))
            .count();
        self.cut(0, start);
        if !self.ends_with_initialism() {
            let end = self
                .chars
                .iter()
                .rev()
                .take_while(|c| is_punctuation(**c))
                .count();
            self.cut(self.len() - end, self.len());
        }
        // Runs before a word, after a non-word character.
        self.drop_runs(is_punctuation, |before, after| {
            before.is_some_and(|c| !is_word(c)) && after.is_some_and(is_word)
        });
        // Runs after a word, before a non-word character; here the full stop may belong to the word.
        self.drop_runs(
            |c| c != '.' && is_punctuation(c),
            |before, after| before.is_some_and(is_word) && after.is_some_and(|c| !is_word(c)),
        );
        let chars = &self.chars;
        let keep: Vec<bool> = (0..chars.len())
            .map(|i| {
                let initialism =
                    i >= 3 && is_word(chars[i - 1]) && chars[i - 2] == '.' && is_word(chars[i - 3]);
                chars[i] != '.' || initialism || chars.get(i + 1).is_none_or(|c| is_word(*c))
            })
            .collect();
        self.retain(&keep);
        self.drop_runs(is_punctuation, |before, after| {
            before.is_some_and(|c| !is_word(c)) && after.is_some_and(|c| !is_word(c))
        });
    }

    /// `A.C.` at the very end keeps its last full stop.
    fn ends_with_initialism(&self) -> bool {
        let mut pairs = 0;
        let mut rest = self.chars.as_slice();
        while let [before @ .., letter, '.'] = rest {
            if !is_word(*letter) {
                break;
            }
            pairs += 1;
            rest = before;
            if pairs >= 2 && rest.last().is_none_or(|c| !is_word(*c)) {
                return true;
            }
        }
        false
    }

    /// Drops runs of characters of a `kind` whose neighbours fit; a run gives way at its ends to
    /// reach neighbours that fit, as a regular expression would.
    fn drop_runs(
        &mut self,
        kind: impl Fn(char) -> bool,
        fits: impl Fn(Option<char>, Option<char>) -> bool,
    ) {
        let chars = &self.chars;
        let mut keep = vec![true; chars.len()];
        let mut i = 0;
        while i < chars.len() {
            if !kind(chars[i]) {
                i += 1;
                continue;
            }
            let end = i + chars[i..].iter().take_while(|c| kind(**c)).count();
            let before = i.checked_sub(1).and_then(|b| chars.get(b)).copied();
            let mut stop = end;
            while stop > i && !fits(before, chars.get(stop).copied()) {
                stop -= 1;
            }
            keep[i..stop].fill(false);
            i = if stop > i { stop } else { i + 1 };
        }
        self.retain(&keep);
    }

    /// Removes skip words (folded, longest first) as whole words anywhere; as mere characters where
    /// the language ignores blanks.
    #[must_use]
    pub(crate) fn without(&self, skip: &[Vec<char>], ignore_blanks: bool) -> Self {
        if skip.is_empty() {
            return self.clone();
        }
        let mut out = Self::with_capacity(self.len() + 1);
        let mut i = 0;
        while i < self.len() {
            let begins = ignore_blanks || i == 0 || !is_word(self.chars[i - 1]);
            let rest = &self.folded[i..];
            let found = skip.iter().filter(|_| begins).find(|word| {
                word.first() == rest.first()
                    && rest.starts_with(word)
                    && (ignore_blanks
                        || self.chars.get(i + word.len()).is_none_or(|c| !is_word(*c)))
            });
            if let Some(word) = found {
                if !ignore_blanks && out.chars.last() != Some(&' ') {
                    out.chars.push(' ');
                    out.folded.push(' ');
                    out.places.push(self.places[i]);
                }
                i += word.len();
            } else {
                if ignore_blanks || self.chars[i] != ' ' || out.chars.last() != Some(&' ') {
                    out.chars.push(self.chars[i]);
                    out.folded.push(self.folded[i]);
                    out.places.push(self.places[i]);
                }
                i += 1;
            }
        }
        if !ignore_blanks {
            out.trim();
        }
        out
    }

    /// Removes skip words from one end only: the other end is free text.
    #[must_use]
    pub(crate) fn without_at(&self, skip: &[Vec<char>], ignore_blanks: bool, start: bool) -> Self {
        let mut out = self.clone();
        if skip.is_empty() {
            return out;
        }
        if !ignore_blanks {
            // A comma between two blanks leaves both behind.
            let keep: Vec<bool> = (0..out.len())
                .map(|at| out.chars[at] != ' ' || at == 0 || out.chars[at - 1] != ' ')
                .collect();
            out.retain(&keep);
        }
        loop {
            if !ignore_blanks {
                out.trim();
            }
            let found = skip.iter().find(|word| {
                if start {
                    out.folded.starts_with(word)
                        && (ignore_blanks || out.chars.get(word.len()).is_none_or(|c| !is_word(*c)))
                } else {
                    out.folded.ends_with(word)
                        && (ignore_blanks
                            || (out.len() - word.len())
                                .checked_sub(1)
                                .is_none_or(|b| !is_word(out.chars[b])))
                }
            });
            match found {
                Some(word) if start => out.cut(0, word.len()),
                Some(word) => out.cut(out.len() - word.len(), out.len()),
                None => return out,
            }
        }
    }
}

/// The byte behind the letter that `at` is in or behind, with all that joins it under NFC.
#[must_use]
pub(crate) fn end_of_letter(sentence: &str, at: usize) -> usize {
    let boundary = (at..sentence.len())
        .find(|at| sentence.is_char_boundary(*at))
        .unwrap_or(sentence.len());
    let rest = sentence.get(boundary..).unwrap_or_default();
    let joins = rest.chars().take_while(|c| composes(*c));
    boundary + joins.map(char::len_utf8).sum::<usize>()
}

/// Whether `c` may join the character before it under NFC.
fn composes(c: char) -> bool {
    unicode_normalization::char::is_combining_mark(c)
        || matches!(c, '\u{1161}'..='\u{1175}' | '\u{11a8}'..='\u{11c2}')
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn said(sentence: &str) -> String {
        Said::new(sentence).text()
    }

    #[test]
    fn blanks_and_punctuation_at_edges_go() {
        for (given, compared) in [
            ("  Turn  on\tthe light. ", "Turn on the light"),
            ("turn on, please!", "turn on please"),
            ("set it to 2.5 degrees", "set it to 2.5 degrees"),
            ("turn on the A.C.", "turn on the A.C."),
            ("turn on the A.C. now", "turn on the A.C. now"),
            ("l’entrée", "l'entrée"),
            ("¿qué hora es?", "qué hora es"),
            ("going to bed—", "going to bed"),
            ("-5 degrees", "-5 degrees"),
            ("거실 불 켜줘。", "거실 불 켜줘"),
        ] {
            assert_eq!(said(given), compared, "{given}");
        }
    }

    #[test]
    fn decomposed_hangul_is_composed_and_keeps_its_place() {
        let given: String = "거실 불".nfd().collect();
        let said = Said::new(&given);
        assert_eq!(said.text(), "거실 불");
        assert_eq!(said.places[0], 0);
        assert_eq!(
            &given[said.places[3] as usize..].nfc().collect::<String>(),
            "불"
        );
    }

    #[test]
    fn skip_words_go_as_whole_words() {
        let skip: Vec<Vec<char>> = ["could you", "please"]
            .iter()
            .map(|w| w.chars().collect())
            .collect();
        let said = Said::new("Could you turn on the pleasegone light please");
        assert_eq!(
            said.without(&skip, false).text(),
            "turn on the pleasegone light"
        );
        assert_eq!(
            said.without_at(&skip, false, true).text(),
            "turn on the pleasegone light please"
        );
        assert_eq!(
            said.without_at(&skip, false, false).text(),
            "Could you turn on the pleasegone light"
        );
    }

    #[test]
    fn removing_skip_words_leaves_single_blanks() {
        let skip = vec!["please".chars().collect()];
        let said = Said::new("set an hour , two minutes please");
        assert_eq!(said.text(), "set an hour  two minutes please");
        assert_eq!(
            said.without_at(&skip, false, false).text(),
            "set an hour two minutes"
        );
        assert_eq!(
            said.without_at(&skip, false, true).text(),
            "set an hour two minutes please"
        );
        assert_eq!(said.without(&skip, false).text(), "set an hour two minutes");
        assert_eq!(said.without(&[], false), said);
    }

    #[test]
    fn cjk_blanks_join() {
        let mut said = Said::new("불 꺼 줘 TV 켜 줘");
        said.join(Blanks::CountOutsideCjk);
        assert_eq!(said.text(), "불꺼줘 TV 켜줘");
    }

    proptest! {
        #[test]
        fn columns_stay_in_step(sentence in r"[a-zA-Z0-9 .,’'\u{300}켜\u{1112}\u{1161}…!-]{0,40}") {
            let mut said = Said::new(&sentence);
            said.join(Blanks::CountOutsideCjk);
            said.close();
            prop_assert_eq!(said.chars.len(), said.folded.len());
            prop_assert_eq!(said.chars.len(), said.places.len());
            prop_assert!(said.places.windows(2).all(|w| w[0] <= w[1]));
        }
    }
}
