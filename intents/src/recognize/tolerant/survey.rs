//! What of the templates and the home occurs in a sentence, exactly or nearly, and what each character
//! of it weighs.

use super::distance::{allowed, edits, heard_into};
use super::lexicon::{Lexicon, letters, plain};
use crate::compile::Program;
use crate::names::Names;
use crate::normal::{is_cjk, is_word};

/// Characters of a sentence, at most: a set of them fits one number.
pub(super) const MOST: usize = 120;

/// What a word nobody knows weighs.
const UNKNOWN: f32 = 1.0;
/// How much less an unknown word weighs at the beginning or end.
const EDGE: f32 = 0.7;
/// What a character of a script without blanks weighs, unknown.
const UNKNOWN_CJK: f32 = 0.45;
/// What a word of a name weighs.
const NAME: f32 = 1.2;
/// What a number weighs.
const NUMBER: f32 = 1.5;
/// What it costs to take a plain word for a number.
const DOUBTFUL: f32 = 0.6;
/// What one edit costs.
const EDIT: f32 = 0.3;

/// One occurrence of something.
#[derive(Clone, Copy, Debug)]
pub(super) struct Span {
    /// First character.
    pub start: u8,
    /// The character after the last.
    pub end: u8,
    /// May only follow directly on what was heard before: it begins within a word.
    pub glued: bool,
    /// What it costs that it is not quite so.
    pub cost: f32,
}

impl Span {
    /// Its characters.
    pub(super) fn mask(self) -> u128 {
        range(usize::from(self.start), usize::from(self.end))
    }
}

/// The characters from `start` to `end` as a set.
pub(super) fn range(start: usize, end: usize) -> u128 {
    let below = |n: usize| if n >= 128 { u128::MAX } else { (1 << n) - 1 };
    below(end) & !below(start)
}

/// A name of the home, heard.
#[derive(Clone, Debug)]
pub(super) struct Anchor {
    /// Where.
    pub span: Span,
    /// Which list of the home.
    pub list: u8,
    /// Which names of the list: more than one when several are called so.
    pub names: Vec<u32>,
}

/// A number heard.
#[derive(Clone, Copy, Debug)]
pub(super) struct Heard {
    /// Where.
    pub span: Span,
    /// It.
    pub number: f64,
    /// In words.
    pub words: bool,
}

/// What occurs in one sentence.
#[derive(Debug)]
pub(super) struct Survey {
    /// The sentence, folded.
    pub text: Vec<char>,
    /// Occurrences of each word of the lexicon: where its spans begin in `spans`.
    first: Vec<u32>,
    spans: Vec<(u32, Span)>,
    /// Names of the home.
    pub anchors: Vec<Anchor>,
    /// Numbers.
    pub numbers: Vec<Heard>,
    /// What each character weighs when nothing accounts for it.
    pub mass: Vec<f32>,
    /// Words: first character and the one after the last.
    pub words: Vec<(usize, usize)>,
    /// The characters of words that turn a meaning round.
    pub guards: u128,
    /// The characters of words that mean the whole home.
    pub whole: u128,
    /// The characters of words that mean nothing.
    pub filler: u128,
}

impl Survey {
    /// Of a sentence without skip words and without a blank at the end.
    pub(super) fn new(
        program: &Program,
        lexicon: &Lexicon,
        names: &Names,
        text: &[char],
    ) -> Option<Self> {
        let text: Vec<char> = text
            .iter()
            .map(|c| if *c == '-' { ' ' } else { *c })
            .collect();
        let text: Vec<char> = match text.split_last() {
            Some((' ', rest)) => rest.to_vec(),
            _ => text,
        };
        if text.is_empty() || text.len() > MOST {
            return None;
        }
        let guarded = lexicon.guards.of(&text);
        let mut survey = Self {
            words: words(&text),
            guards: guarded.turning,
            filler: guarded.filler,
            whole: guarded.whole,
            mass: vec![0.0; text.len()],
            first: Vec::new(),
            spans: Vec::new(),
            anchors: Vec::new(),
            numbers: Vec::new(),
            text,
        };
        survey.names(names);
        survey.number_words(program);
        survey.exact(lexicon);
        survey.doubt_numbers(lexicon);
        survey.near_words(lexicon);
        survey.near_names(names);
        survey.spans.sort_by_key(|(word, span)| (*word, span.start));
        survey.first = vec![u32::MAX; lexicon.words.len()];
        for (i, (word, _)) in survey.spans.iter().enumerate().rev() {
            if let Some(first) = survey.first.get_mut(*word as usize) {
                *first = u32::try_from(i).unwrap_or(u32::MAX);
            }
        }
        survey.weigh(lexicon);
        Some(survey)
    }

    /// Where a word of the lexicon occurs.
    pub(super) fn of(&self, word: u32) -> impl Iterator<Item = Span> + '_ {
        let from = self
            .first
            .get(word as usize)
            .map_or(usize::MAX, |first| *first as usize);
        self.spans
            .get(from..)
            .unwrap_or_default()
            .iter()
            .take_while(move |(w, _)| *w == word)
            .map(|(_, span)| *span)
    }

    /// The characters that anything known may take.
    pub(super) fn accounted(&self) -> u128 {
        let spans = self.spans.iter().map(|(_, span)| span);
        let anchors = self.anchors.iter().map(|anchor| &anchor.span);
        let numbers = self.numbers.iter().map(|number| &number.span);
        spans
            .chain(anchors)
            .chain(numbers)
            .fold(0, |set, span| set | span.mask())
    }

    /// The words of the lexicon that occur, perhaps more than once.
    pub(super) fn heard(&self) -> impl Iterator<Item = u32> + '_ {
        self.spans.iter().map(|(word, _)| *word)
    }

    /// Whether a word of the lexicon occurs.
    pub(super) fn has(&self, word: u32) -> bool {
        self.first
            .get(word as usize)
            .is_some_and(|f| *f != u32::MAX)
    }

    /// A word may begin here.
    fn starts(&self, at: usize) -> bool {
        let c = self.text[at];
        c != ' ' && (at == 0 || !is_word(self.text[at - 1]) || is_cjk(c) || dense(c))
    }

    /// A word may end before here.
    fn ends(&self, at: usize) -> bool {
        self.text
            .get(at)
            .is_none_or(|c| !is_word(*c) || is_cjk(*c) || dense(*c) || is_cjk(self.text[at - 1]))
    }

    /// The word around a character.
    fn around(&self, at: usize) -> (usize, usize) {
        self.words
            .iter()
            .find(|(start, end)| *start <= at && at < *end)
            .copied()
            .unwrap_or((at, at + 1))
    }

    fn names(&mut self, names: &Names) {
        let mut found: Vec<(usize, usize, u32)> = Vec::new();
        for start in 0..self.text.len() {
            if !self.starts(start) {
                continue;
            }
            names.trie.at(&self.text, start, |end, key| {
                let (_, word) = self.around(end - 1);
                // A suffix may follow a longer name: a particle, a plural.
                let whole = self.ends(end) || (end - start >= 4 && word - end <= 3);
                if whole {
                    found.push((start, end, key));
                }
            });
        }
        for (start, end, key) in found {
            self.anchor(start, end, key, 0.0);
        }
    }

    fn anchor(&mut self, start: usize, end: usize, key: u32, cost: f32) {
        let (list, name) = (u8::try_from(key >> 24).unwrap_or(u8::MAX), key & 0xff_ffff);
        let span = Span {
            start: small(start),
            end: small(end),
            glued: false,
            cost,
        };
        let same = self
            .anchors
            .iter_mut()
            .find(|a| a.list == list && a.span.start == span.start && a.span.end == span.end);
        match same {
            Some(anchor) => anchor.names.push(name),
            None => self.anchors.push(Anchor {
                span,
                list,
                names: vec![name],
            }),
        }
    }

    fn number_words(&mut self, program: &Program) {
        let mut at = 0;
        while at < self.text.len() {
            let digits = |from: usize| -> usize {
                self.text
                    .get(from..)
                    .unwrap_or_default()
                    .iter()
                    .take_while(|c| c.is_ascii_digit())
                    .count()
            };
            let begins = at == 0 || !self.text[at - 1].is_ascii_digit();
            let whole = digits(at);
            if whole > 0 && begins {
                let mut end = at + whole;
                if matches!(self.text.get(end), Some('.' | ',')) && digits(end + 1) > 0 {
                    end += 1 + digits(end + 1);
                }
                let written: String = self.text[at..end]
                    .iter()
                    .map(|c| if *c == ',' { '.' } else { *c })
                    .collect();
                if let Ok(number) = written.parse() {
                    self.number(at, end, number, false);
                }
                at = end;
                continue;
            }
            if self.starts(at) {
                let mut longest = None;
                program.numbers.at(&self.text, at, |end, number| {
                    if self.ends(end) {
                        longest = Some((end, number));
                    }
                });
                if let Some((end, number)) = longest {
                    self.number(at, end, number, true);
                }
            }
            at += 1;
        }
    }

    fn number(&mut self, start: usize, end: usize, number: f64, words: bool) {
        let span = Span {
            start: small(start),
            end: small(end),
            glued: false,
            cost: 0.0,
        };
        self.numbers.push(Heard {
            span,
            number,
            words,
        });
    }

    /// A number's word that is a word of the templates, too ("ein"), is more likely that.
    fn doubt_numbers(&mut self, lexicon: &Lexicon) {
        for heard in self.numbers.iter_mut().filter(|heard| heard.words) {
            let (start, end) = (usize::from(heard.span.start), usize::from(heard.span.end));
            let word = &self.text[start..end];
            if lexicon.known(word).is_some() {
                heard.span.cost = DOUBTFUL;
            }
        }
    }

    /// Words of the lexicon as they are.
    fn exact(&mut self, lexicon: &Lexicon) {
        for start in 0..self.text.len() {
            if self.text[start] == ' ' {
                continue;
            }
            let begins = self.starts(start);
            let (_, word_end) = self.around(start);
            let mut found = Vec::new();
            lexicon.trie.at(&self.text, start, |end, word| {
                let length = end - start;
                let whole = self.ends(end);
                let most = length >= 3 && length * 5 >= (word_end - start) * 3;
                // A word begins with it, or it follows on another piece of the same word.
                if whole || (begins && most) || (!begins && length >= 2) {
                    found.push((word, end));
                }
            });
            for (word, end) in found {
                let span = Span {
                    start: small(start),
                    end: small(end),
                    glued: !begins,
                    cost: 0.0,
                };
                self.spans.push((word, span));
            }
        }
    }

    /// What is known already and may account for a whole word.
    fn whole_spans(&self) -> impl Iterator<Item = u128> + '_ {
        self.spans
            .iter()
            .map(|(_, span)| span)
            .chain(self.anchors.iter().map(|anchor| &anchor.span))
            .chain(self.numbers.iter().map(|number| &number.span))
            .filter(|span| !span.glued)
            .map(|span| span.mask())
    }

    /// Whether something known already accounts for a whole word.
    fn known(&self, start: usize, end: usize) -> bool {
        let wanted = range(start, end);
        self.whole_spans().any(|span| span & wanted == wanted)
    }

    /// Words that are nearly one of the lexicon's.
    fn near_words(&mut self, lexicon: &Lexicon) {
        for (start, end) in self.words.clone() {
            let word = &self.text[start..end];
            // A word that is known by itself is never another one misheard.
            if (self.guards | self.filler) & range(start, end) != 0 {
                continue;
            }
            if end - start < 2 || word.iter().any(|c| is_cjk(*c) || c.is_ascii_digit()) {
                continue;
            }
            if self.known(start, end) {
                continue;
            }
            let bare = plain(word);
            let bare = bare.as_deref().unwrap_or(word);
            let mut best: Vec<(u32, usize)> = lexicon
                .plain_like(bare)
                .filter(|(_, other)| *other.chars != *word)
                .map(|(id, _)| (id, 1))
                .collect();
            let most = allowed(word.len());
            let sum = letters(word);
            for (id, letters) in lexicon.about_as_long(word.len(), most) {
                if (sum ^ letters).count_ones() as usize > 2 * most {
                    continue;
                }
                let Some(other) = lexicon.words.get(*id as usize) else {
                    continue;
                };
                let most = most.min(allowed(other.chars.len()));
                if other.without_accents() != bare
                    && let Some(far) = edits(word, &other.chars, most)
                {
                    best.push((*id, far));
                }
            }
            let least = best.iter().map(|(_, far)| *far).min().unwrap_or(0);
            for (id, far) in best {
                if far == least {
                    #[expect(clippy::cast_precision_loss)] // a handful of edits
                    let cost = EDIT * far as f32;
                    let span = Span {
                        start: small(start),
                        end: small(end),
                        glued: false,
                        cost,
                    };
                    self.spans.push((id, span));
                }
            }
        }
    }

    /// Names of the home that are nearly said.
    fn near_names(&mut self, names: &Names) {
        let whole: Vec<u128> = self.whole_spans().collect();
        let known: Vec<bool> = self
            .words
            .iter()
            .map(|(start, end)| covered(&whole, range(*start, *end)))
            .collect();
        // The sound of a window is a piece of the sentence's.
        let mut sound = Vec::with_capacity(self.text.len());
        let sounds: Vec<(usize, usize)> = self
            .words
            .iter()
            .map(|(start, end)| {
                let from = sound.len();
                heard_into(&self.text[*start..*end], &mut sound);
                (from, sound.len())
            })
            .collect();
        let mut windows: Vec<(usize, usize, &[char], u64)> = Vec::new();
        for (i, ((start, _), (from, _))) in self.words.iter().zip(&sounds).enumerate() {
            let mut all_known = true;
            for (j, ((_, end), (_, to))) in
                self.words.iter().zip(&sounds).enumerate().skip(i).take(5)
            {
                all_known &= known[j];
                let inside = range(*start, *end);
                let exact = self
                    .anchors
                    .iter()
                    .any(|a| a.span.cost == 0.0 && inside & !a.span.mask() == 0);
                if !exact && (!all_known || end - start >= 8) {
                    let sound = &sound[*from..*to];
                    windows.push((*start, *end, sound, letters(sound)));
                }
            }
        }
        if windows.is_empty() {
            return;
        }
        windows.sort_by_key(|(_, _, sound, _)| sound.len());
        let shorter = |length: usize| windows.partition_point(|(_, _, s, _)| s.len() < length);
        // Of names that are nearly said only the nearest count.
        let mut least = usize::MAX;
        let mut best: Vec<(u32, usize, usize, usize)> = Vec::new();
        for (list, entries) in names.lists.iter().enumerate() {
            for (i, name) in entries.iter().enumerate() {
                let length = name.sound.len();
                let most = allowed(length).min(least);
                if allowed(length) == 0 {
                    continue;
                }
                let near = shorter(length.saturating_sub(most))..shorter(length + most + 1);
                for (start, end, sound, sum) in windows.get(near).unwrap_or_default() {
                    if (sum ^ name.letters).count_ones() as usize > 2 * most {
                        continue;
                    }
                    if let Some(far) = edits(sound, &name.sound, most) {
                        let key = u32::try_from((list << 24) | (i & 0xff_ffff)).unwrap_or(u32::MAX);
                        best.push((key, *start, *end, far));
                        least = least.min(far);
                    }
                }
            }
        }
        best.retain(|(.., far)| *far == least);
        best.sort_unstable();
        for (key, start, end, far) in best {
            #[expect(clippy::cast_precision_loss)] // a handful of edits
            let cost = 0.1 + EDIT * far as f32;
            self.anchor(start, end, key, cost);
        }
    }

    /// What every character weighs.
    fn weigh(&mut self, lexicon: &Lexicon) {
        for (start, end) in &self.words {
            // Lengths of words are small numbers.
            #[expect(clippy::cast_precision_loss)]
            let length = (end - start) as f32;
            for at in *start..*end {
                let c = self.text[at];
                self.mass[at] = if is_cjk(c) || dense(c) {
                    UNKNOWN_CJK
                } else {
                    UNKNOWN / length
                };
            }
        }
        // Who begins or ends politely does so with words nobody can list.
        for edge in [self.words.first(), self.words.last()] {
            let Some((start, end)) = edge.filter(|_| self.words.len() > 2) else {
                continue;
            };
            for mass in &mut self.mass[*start..*end] {
                *mass *= EDGE;
            }
        }
        for (id, span) in &self.spans {
            let Some(word) = lexicon.words.get(*id as usize) else {
                continue;
            };
            let (start, end) = (usize::from(span.start), usize::from(span.end));
            let weight = word.weight.max(0.1) + span.cost;
            for at in start..end {
                #[expect(clippy::cast_precision_loss)]
                let each = if is_cjk(self.text[at]) || dense(self.text[at]) {
                    UNKNOWN_CJK * weight
                } else {
                    weight / (end - start) as f32
                };
                if !span.glued && each < self.mass[at] {
                    self.mass[at] = each;
                }
            }
        }
        for (at, mass) in self.mass.iter_mut().enumerate() {
            if self.filler >> at & 1 == 1 {
                *mass = mass.min(0.01);
            } else if self.whole >> at & 1 == 1 {
                *mass = mass.min(0.06);
            }
        }
        for number in &self.numbers {
            let (start, end) = (usize::from(number.span.start), usize::from(number.span.end));
            if number.words {
                continue;
            }
            for at in start..end {
                #[expect(clippy::cast_precision_loss)]
                let each = NUMBER / (end - start) as f32;
                self.mass[at] = each;
            }
        }
    }

    /// What the characters weigh once these names are what they are.
    pub(super) fn mass_with(&self, anchors: &[&Anchor]) -> Vec<f32> {
        let mut mass = self.mass.clone();
        for anchor in anchors {
            let (start, end) = (usize::from(anchor.span.start), usize::from(anchor.span.end));
            let text = &self.text[start..end];
            #[expect(clippy::cast_precision_loss)]
            let (words, solid) = (
                text.split(|c| *c == ' ').count() as f32,
                text.iter().filter(|c| **c != ' ').count().max(1) as f32,
            );
            let each = (NAME * words.max(solid / 6.0)) / solid;
            for (mass, c) in mass[start..end].iter_mut().zip(text) {
                *mass = if *c == ' ' { 0.0 } else { each };
            }
        }
        mass
    }
}

/// Scripts without blanks that `is_cjk` does not hold: Thai, Lao, Khmer, Burmese.
fn dense(c: char) -> bool {
    matches!(c, '\u{e00}'..='\u{eff}' | '\u{1000}'..='\u{109f}' | '\u{1780}'..='\u{17ff}')
}

/// Whether one of the sets holds all of another.
fn covered(sets: &[u128], wanted: u128) -> bool {
    sets.iter().any(|set| set & wanted == wanted)
}

fn words(text: &[char]) -> Vec<(usize, usize)> {
    let mut words = Vec::new();
    let mut start = None;
    for (at, c) in text.iter().enumerate() {
        let inside = *c != ' ' && *c != '\'';
        match (start, inside) {
            (None, true) => start = Some(at),
            (Some(from), false) => {
                words.push((from, at));
                start = None;
            }
            _ => {}
        }
    }
    words.extend(start.map(|from| (from, text.len())));
    words
}

fn small(n: usize) -> u8 {
    u8::try_from(n).unwrap_or(u8::MAX)
}
