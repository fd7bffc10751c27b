//! Several things in one breath: two commands, one command for several things, all but one, and "it".
//!
//! The words for it are data (`and_words`, `except_words`, `it_words` of a language's sentences); the
//! work is done on whole sentences, so every template profits. A part that means nothing by itself is
//! put in the place of a name or room of the part that does: "turn on the lamp and the fan" is "turn on
//! the lamp" and "turn on the fan". Only what then fits a template counts; tolerance comes last and for
//! the whole sentence.

use crate::engine::Engine;
use crate::normal::{fold, is_word};
use crate::{Context, Match, NoMatch, Slot, Value};

/// Commands in one sentence, at most.
const MOST: usize = 6;

/// The intents of words that say when, in how long and at what time: they are no sentence by themselves.
const DELAY: &str = "HearthDelay";
const AT: &str = "HearthAt";

/// Whether a match only says when.
pub(crate) fn only_when(found: &Match) -> bool {
    found.intent == DELAY || found.intent == AT
}

/// Places at most between words, for words for a time to be looked for in the middle.
const MOST_PLACES: usize = 24;

/// Words before a name that may be dropped where it takes another's place: "in the".
const ARTICLES: usize = 3;

/// The words of one language that join, take out and refer.
#[derive(Clone, Debug, Default)]
pub(crate) struct Joints {
    /// "and"
    pub and: Vec<Vec<char>>,
    /// "except"
    pub except: Vec<Vec<char>>,
    /// "it"
    pub it: Vec<Vec<char>>,
    /// They are whole words; else the language writes no blanks.
    pub whole: bool,
}

impl Joints {
    /// From the sentences' words.
    pub(crate) fn new(and: &[String], except: &[String], it: &[String], whole: bool) -> Self {
        let words = |words: &[String]| {
            let mut words: Vec<Vec<char>> = words
                .iter()
                .map(|word| word.trim().chars().map(fold).collect())
                .filter(|word: &Vec<char>| !word.is_empty())
                .collect();
            words.sort_by_key(|word| std::cmp::Reverse(word.len()));
            words
        };
        Self {
            and: words(and),
            except: words(except),
            it: words(it),
            whole,
        }
    }

    /// Where one of the words occurs, longer ones first: byte ranges.
    fn find(&self, words: &[Vec<char>], text: &str) -> Vec<(usize, usize)> {
        let chars: Vec<(usize, char)> = text.char_indices().map(|(at, c)| (at, fold(c))).collect();
        let place = |i: usize| chars.get(i).map_or(text.len(), |(at, _)| *at);
        let mut found: Vec<(usize, usize)> = Vec::new();
        for word in words {
            for i in 0..chars.len() {
                let fits = word
                    .iter()
                    .enumerate()
                    .all(|(k, c)| chars.get(i + k).is_some_and(|(_, other)| other == c));
                let edge = |i: Option<usize>| {
                    i.and_then(|i| chars.get(i))
                        .is_none_or(|(_, c)| !is_word(*c))
                };
                let alone = edge(i.checked_sub(1)) && edge(Some(i + word.len()));
                let span = (place(i), place(i + word.len()));
                let inside = found
                    .iter()
                    .any(|(from, to)| span.0 < *to && *from < span.1);
                if fits && (alone || !self.whole) && !inside {
                    found.push(span);
                }
            }
        }
        found.sort_unstable();
        found
    }
}

impl Engine {
    /// What a sentence means when it may hold several commands, in the order to do them in. `before`
    /// is the command before it: what "it" means. Something taken out ("all but the kitchen") is in the
    /// slots `except_name` or `except_area`.
    ///
    /// # Errors
    /// Says what is missing.
    pub fn understand_all(
        &self,
        sentence: &str,
        context: &Context,
        before: Option<&Match>,
    ) -> Result<Vec<Match>, NoMatch> {
        if let Ok(found) = self.exactly(sentence, context)
            && !only_when(&found)
        {
            return Ok(vec![found]);
        }
        if sentence.len() <= crate::MAX_SENTENCE
            && let Some(found) = self.later(sentence, context, before)
        {
            return Ok(found);
        }
        if sentence.len() <= crate::MAX_SENTENCE
            && let Some(found) = self.several(sentence, context, before, MOST)
        {
            return Ok(found);
        }
        self.recognize(sentence, context).map(|found| vec![found])
    }

    /// "… in ten minutes", "… at seven": the commands, each with the slot `delay` in seconds, or with `at`.
    fn later(
        &self,
        sentence: &str,
        context: &Context,
        before: Option<&Match>,
    ) -> Option<Vec<Match>> {
        let joints = self.joints()?;
        let sentence = sentence.trim();
        let inner = sentence
            .char_indices()
            .filter(|(at, c)| *at > 0 && (*c == ' ' || !joints.whole))
            .map(|(at, _)| at);
        let places: Vec<usize> = std::iter::once(0)
            .chain(inner)
            .chain([sentence.len()])
            .collect();
        // Words for a time are at the end or the beginning; in a short sentence, also in the middle.
        let short = places.len() <= MOST_PLACES;
        let mut parts: Vec<(usize, usize)> = places
            .iter()
            .flat_map(|from| places.iter().map(move |to| (*from, *to)))
            .filter(|(from, to)| from < to && to - from < sentence.len())
            .filter(|(from, to)| short || *from == 0 || *to == sentence.len())
            .collect();
        // The longest first: "in one hour and ten minutes".
        parts.sort_by_key(|(from, to)| std::cmp::Reverse(to - from));
        for (from, to) in parts {
            let when = &sentence[from..to];
            let Ok(delay) = self.exactly(when, context) else {
                continue;
            };
            if !only_when(&delay) {
                continue;
            }
            let told: Vec<(&str, Value)> = if delay.intent == AT {
                let all = ["at", "at_either", "at_day"].into_iter();
                all.filter_map(|name| Some((name, delay.slot(name)?.value.clone())))
                    .collect()
            } else {
                let seconds = [("hours", 3600.0), ("minutes", 60.0), ("seconds", 1.0)]
                    .iter()
                    .filter_map(|(name, unit)| Some(delay.number(name)? * unit))
                    .sum();
                vec![("delay", Value::Number(seconds))]
            };
            let what = format!("{}{}", &sentence[..from], &sentence[to..]);
            let mut found = self.several(what.trim(), context, before, MOST)?;
            for command in &mut found {
                forget_places(command);
                for (name, value) in &told {
                    command.slots.push(Slot {
                        name: (*name).to_owned(),
                        value: value.clone(),
                        text: when.trim().to_owned(),
                        span: None,
                        ids: Vec::new(),
                        wildcard: false,
                    });
                }
            }
            return Some(found);
        }
        None
    }

    fn several(
        &self,
        sentence: &str,
        context: &Context,
        before: Option<&Match>,
        most: usize,
    ) -> Option<Vec<Match>> {
        if let Ok(found) = self.exactly(sentence, context) {
            return (!only_when(&found)).then(|| vec![found]);
        }
        if most == 0 {
            return None;
        }
        let joints = self.joints()?;
        if let Some(found) = self.all_but(joints, sentence, context) {
            return Some(vec![found]);
        }
        for (from, to) in joints.find(&joints.and, sentence) {
            let (left, right) = (sentence[..from].trim(), sentence[to..].trim());
            if left.is_empty() || right.is_empty() {
                continue;
            }
            if let Some(mut first) = self.several(left, context, before, most / 2) {
                let known = first.last().or(before);
                if let Some(rest) = self.several(right, context, known, most - 1) {
                    first.extend(rest);
                    return Some(first);
                }
                if let Some(model) = first.last()
                    && let Some(rest) = self.likewise(joints, left, model, right, context, most - 1)
                {
                    first.extend(rest);
                    return Some(first);
                }
            } else if let Some(rest) = self.several(right, context, before, most - 1)
                && let Some(model) = rest.first()
                && let Some(mut first) =
                    self.likewise(joints, right, model, left, context, most - 1)
            {
                first.extend(rest);
                return Some(first);
            }
        }
        self.it(joints, sentence, context, before)
    }

    /// The sentence once more with `other` in the place of a name or a room.
    fn likewise(
        &self,
        joints: &Joints,
        sentence: &str,
        model: &Match,
        other: &str,
        context: &Context,
        most: usize,
    ) -> Option<Vec<Match>> {
        // "the lamp, the fan and the heater": what is left may be several things itself.
        if most > 0
            && let Some((from, to)) = joints.find(&joints.and, other).first().copied()
            && let Some(mut first) =
                self.likewise(joints, sentence, model, other[..from].trim(), context, 0)
            && let Some(rest) = self.likewise(
                joints,
                sentence,
                model,
                other[to..].trim(),
                context,
                most - 1,
            )
        {
            first.extend(rest);
            return Some(first);
        }
        for slot in &model.slots {
            let (Some((from, to)), "name" | "area") = (slot.span, slot.name.as_str()) else {
                continue;
            };
            let (Some(head), Some(tail)) = (sentence.get(..from), sentence.get(to..)) else {
                continue;
            };
            for cut in cuts(other) {
                let Ok(mut found) = self.exactly(&format!("{head}{cut}{tail}"), context) else {
                    continue;
                };
                let differs = found
                    .slot(&slot.name)
                    .is_some_and(|new| new.value != slot.value && !new.wildcard);
                if found.intent == model.intent && differs {
                    forget_places(&mut found);
                    return Some(vec![found]);
                }
            }
        }
        None
    }

    /// "All the lights except the kitchen", in any order of its parts.
    fn all_but(&self, joints: &Joints, sentence: &str, context: &Context) -> Option<Match> {
        for (from, to) in joints.find(&joints.except, sentence) {
            let (head, tail) = (&sentence[..from], &sentence[to..]);
            // The name behind the word, and the command around both.
            for cut in cuts(tail) {
                for (length, slot) in self.names_at(cut) {
                    let rest = &cut[length..];
                    if let Ok(mut found) = self.exactly(&format!("{head} {rest}"), context) {
                        forget_places(&mut found);
                        found.slots.push(slot);
                        return Some(found);
                    }
                }
            }
            // The name before the word, as in Korean.
            for (at, _) in head.char_indices() {
                for (length, slot) in self.names_at(&head[at..]) {
                    let between = head[at + length..].trim();
                    if between.chars().count() > 1 {
                        continue;
                    }
                    if let Ok(mut found) = self.exactly(&format!("{}{tail}", &head[..at]), context)
                    {
                        forget_places(&mut found);
                        found.slots.push(slot);
                        return Some(found);
                    }
                }
            }
        }
        None
    }

    /// The name, or the room, of the command before in the place of "it".
    fn it(
        &self,
        joints: &Joints,
        sentence: &str,
        context: &Context,
        before: Option<&Match>,
    ) -> Option<Vec<Match>> {
        let before = before?;
        let named = before
            .slot("name")
            .filter(|slot| slot.value.as_str() != Some("all"))
            .or_else(|| before.slot("area"))?;
        let name = named.value.as_str()?;
        for (from, to) in joints.find(&joints.it, sentence) {
            let said = format!("{}{name}{}", &sentence[..from], &sentence[to..]);
            if let Ok(mut found) = self.exactly(&said, context) {
                forget_places(&mut found);
                return Some(vec![found]);
            }
        }
        None
    }

    /// Names and rooms of the home that a text begins with, the longest first: bytes, and the slot.
    fn names_at(&self, text: &str) -> Vec<(usize, Slot)> {
        let mut found = self.homely(text);
        found.sort_by_key(|(length, _, _)| std::cmp::Reverse(*length));
        found
            .into_iter()
            .map(|(length, slot, value)| {
                let ids = if slot == "except_name" {
                    self.ids(&value)
                } else {
                    Vec::new()
                };
                let slot = Slot {
                    name: slot.to_owned(),
                    value: Value::Text(value),
                    text: text[..length].to_owned(),
                    span: None,
                    ids,
                    wildcard: false,
                };
                (length, slot)
            })
            .collect()
    }
}

/// The text, and the text without its first words.
fn cuts(text: &str) -> Vec<&str> {
    let mut all = vec![text.trim_start()];
    let mut rest = text.trim_start();
    for _ in 0..ARTICLES {
        match rest.split_once(' ') {
            Some((_, after)) if !after.trim().is_empty() => {
                rest = after.trim_start();
                all.push(rest);
            }
            _ => break,
        }
    }
    all
}

/// The places in a sentence that was put together are not those of the sentence given.
fn forget_places(found: &mut Match) {
    for slot in &mut found.slots {
        slot.span = None;
    }
}
