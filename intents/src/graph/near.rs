//! Which sentence talk sounds like: "이용 실 뿐 까지 와" is what a recogniser makes of an unclear "욕실 불 꺼 줘".
//!
//! The sentences' acceptor is spelled out in sounds, and what was heard is aligned to all of its ways at once, each
//! sound said, misheard, missed or made up at the costs of [`super::sounds`]. The nearest sentences come out with what
//! they cost, the nearest first. Words in writings whose sounds are not known are near to nothing.

use std::cmp::Reverse;
use std::collections::{BTreeSet, BinaryHeap};

use super::fst::{Fst, NEVER, StateId, count};
use super::sounds::{self, Sound};
use super::symbols::Symbols;

/// Sounds of talk that is looked at, at most: nobody's command is longer.
const MAX_SOUNDS: usize = 96;

/// Costs kept at once, at most: 2 MB.
const MAX_CELLS: usize = 1 << 20;

/// States of the sentences at most: of more, the shortest talk would need more cells.
const MAX_STATES: usize = MAX_CELLS / 8;

/// Steps of the search for the nearest sentences, at most.
const MAX_STEPS: usize = 20_000;

/// No sentence ends behind this.
const FAR: u16 = u16::MAX;

/// A sentence and how far it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Neighbour {
    /// Its words, with blanks between.
    pub text: String,
    /// What the alignment costs, in hundredths; two sounds that have nothing in common cost 120.
    pub cost: u16,
}

/// One sound further.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Step {
    sound: Sound,
    /// The word that begins here; 0 within one.
    word: u32,
    next: StateId,
}

/// How far is near.
#[derive(Clone, Copy, Debug)]
pub struct Reach {
    /// Sounds that must have been heard: fewer are like many things.
    pub least: usize,
    /// What the nearest sentence may cost for each sound heard.
    pub sound: u16,
    /// How much more than the nearest the others may cost.
    pub further: u16,
    /// Sentences at most.
    pub most: usize,
}

impl Reach {
    /// What talk may cost as a sentence. Of 177 pieces of talk (and 84 with words of commands in them) no more than 3 are
    /// as near to one; of 122 commands that were heard as talk, 110 are.
    pub const TALK: Self = Self {
        least: 8,
        sound: 40,
        further: 200,
        most: 12,
    };
}

/// The sentences, sound by sound.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Near {
    steps: Vec<Step>,
    /// Where each state's steps end.
    ends: Vec<u32>,
    /// States that sentences end in are below.
    whole: Vec<bool>,
    start: StateId,
    /// The states, each behind those its steps lead to.
    order: Vec<StateId>,
}

/// A way that was begun; the greatest is the one that will have cost least.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Way {
    total: Reverse<u16>,
    cost: u16,
    state: StateId,
    heard: usize,
    words: Vec<u32>,
}

impl Near {
    /// Of an acceptor without circles, and its words. Sentences that are too many are near to nothing.
    #[must_use]
    pub fn new(sentences: &Fst, words: &Symbols) -> Self {
        let mut states: Vec<Vec<Step>> = vec![Vec::new(); sentences.len()];
        let mut spelled = Vec::new();
        for state in sentences.states() {
            if states.len() > MAX_STATES {
                return Self::default();
            }
            for arc in sentences.arcs(state) {
                spelled.clear();
                sounds::append(words.word(arc.input).unwrap_or_default(), &mut spelled);
                let mut at = state;
                for (i, sound) in spelled.iter().enumerate() {
                    let next = if i + 1 == spelled.len() {
                        arc.next
                    } else {
                        states.push(Vec::new());
                        count(states.len() - 1)
                    };
                    if let Some(steps) = states.get_mut(at as usize) {
                        steps.push(Step {
                            sound: *sound,
                            word: if i == 0 { arc.input } else { 0 },
                            next,
                        });
                    }
                    at = next;
                }
            }
        }
        let mut near = Self {
            whole: sentences
                .states()
                .map(|state| sentences.final_cost(state) != NEVER)
                .collect(),
            start: sentences.start.unwrap_or_default(),
            ..Self::default()
        };
        for steps in states {
            near.steps.extend(steps);
            near.ends.push(count(near.steps.len()));
        }
        near.order = near.behind_first();
        near
    }

    fn steps(&self, state: StateId) -> &[Step] {
        let at = state as usize;
        let to = self.ends.get(at).copied().unwrap_or_default() as usize;
        let from = at.checked_sub(1).and_then(|before| self.ends.get(before));
        self.steps
            .get(from.copied().unwrap_or_default() as usize..to)
            .unwrap_or_default()
    }

    fn is_whole(&self, state: StateId) -> bool {
        self.whole.get(state as usize).copied().unwrap_or_default()
    }

    fn behind_first(&self) -> Vec<StateId> {
        let mut order = Vec::with_capacity(self.ends.len());
        let mut seen = vec![false; self.ends.len()];
        let mut open = Vec::new();
        if let Some(seen) = seen.get_mut(self.start as usize) {
            *seen = true;
            open.push((self.start, 0));
        }
        while let Some((state, at)) = open.last_mut() {
            let Some(step) = self.steps(*state).get(*at) else {
                order.push(*state);
                open.pop();
                continue;
            };
            *at += 1;
            let next = step.next;
            if let Some(seen) = seen.get_mut(next as usize)
                && !std::mem::replace(seen, true)
            {
                open.push((next, 0));
            }
        }
        order
    }

    /// The sentences nearest to what was heard, the nearest first; none where even that is out of reach.
    #[must_use]
    pub fn closest(&self, words: &Symbols, heard: &str, reach: Reach) -> Vec<Neighbour> {
        let mut said = Vec::new();
        sounds::append(heard, &mut said);
        let width = said.len() + 1;
        if said.len() < reach.least
            || said.len() > MAX_SOUNDS
            || self.ends.len() * width > MAX_CELLS
        {
            return Vec::new();
        }
        let behind = self.behind(&said);
        let left = |state: StateId, heard: usize| {
            let at = state as usize * width + heard;
            behind.get(at).copied().unwrap_or(FAR)
        };
        let begin = |state, heard, cost: u16, words| {
            let total = cost.saturating_add(left(state, heard));
            (total != FAR).then_some(Way {
                total: Reverse(total),
                cost,
                state,
                heard,
                words,
            })
        };
        let nearest = left(self.start, 0);
        let limit =
            u16::try_from(said.len()).map_or(FAR, |heard| heard.saturating_mul(reach.sound));
        if nearest > limit {
            return Vec::new();
        }
        let mut found: Vec<Neighbour> = Vec::new();
        let mut open: BinaryHeap<Way> = begin(self.start, 0, 0, Vec::new()).into_iter().collect();
        let mut seen = BTreeSet::new();
        for _ in 0..MAX_STEPS {
            let Some(way) = open.pop() else { break };
            if way.total.0 > nearest.saturating_add(reach.further) || found.len() >= reach.most {
                break;
            }
            if !seen.insert((way.state, way.heard, way.words.clone())) {
                continue;
            }
            let sound = said.get(way.heard).copied();
            if let Some(sound) = sound {
                let cost = way.cost + sounds::unsaid(sound);
                open.extend(begin(way.state, way.heard + 1, cost, way.words.clone()));
            } else if self.is_whole(way.state) {
                let text: Vec<&str> = way.words.iter().filter_map(|w| words.word(*w)).collect();
                found.push(Neighbour {
                    text: text.join(" "),
                    cost: way.cost,
                });
            }
            for step in self.steps(way.state) {
                let mut words = way.words.clone();
                words.extend((step.word != 0).then_some(step.word));
                let cost = way.cost + sounds::unheard(step.sound);
                open.extend(begin(step.next, way.heard, cost, words.clone()));
                if let Some(sound) = sound {
                    let cost = way.cost + sounds::instead(step.sound, sound);
                    open.extend(begin(step.next, way.heard + 1, cost, words));
                }
            }
        }
        found
    }

    /// For each state, and each number of sounds that were heard before it, what the rest costs at least.
    fn behind(&self, said: &[Sound]) -> Vec<u16> {
        let width = said.len() + 1;
        let mut behind = vec![FAR; self.ends.len() * width];
        let mut row = vec![FAR; width];
        for state in &self.order {
            row.fill(FAR);
            if self.is_whole(*state)
                && let Some(end) = row.last_mut()
            {
                *end = 0;
            }
            for step in self.steps(*state) {
                let from = step.next as usize * width;
                let unheard = sounds::unheard(step.sound);
                let next = behind.get(from..from + width).unwrap_or_default();
                for (cell, cost) in row.iter_mut().zip(next) {
                    *cell = (*cell).min(cost.saturating_add(unheard));
                }
                for ((cell, cost), sound) in row.iter_mut().zip(next.iter().skip(1)).zip(said) {
                    let instead = sounds::instead(step.sound, *sound);
                    *cell = (*cell).min(cost.saturating_add(instead));
                }
            }
            for (at, sound) in said.iter().enumerate().rev() {
                let unsaid = row[at + 1].saturating_add(sounds::unsaid(*sound));
                row[at] = row[at].min(unsaid);
            }
            let from = *state as usize * width;
            if let Some(cells) = behind.get_mut(from..from + width) {
                cells.copy_from_slice(&row);
            }
        }
        behind
    }
}

#[cfg(test)]
mod tests {
    use super::super::fst::Arc;
    use super::*;
    use crate::graph::acceptor::Acceptor;
    use crate::graph::sentences::Letters;
    use crate::graph::vocabulary::Vocabulary;

    /// The sentences, each word of them a word of the model.
    fn near(sentences: &[&str]) -> (Near, Symbols) {
        let mut words: Vec<&str> = sentences.iter().flat_map(|text| text.split(' ')).collect();
        words.sort_unstable();
        words.dedup();
        let words = std::iter::once("<eps>").chain(words);
        let symbols: Symbols = (0..).zip(words.map(Into::into)).collect();
        let costs = symbols.iter().skip(1).map(|(label, _)| (label, 1.0));
        let vocabulary = Vocabulary::new(symbols.clone(), costs.collect());
        let letters = Letters::of(sentences.iter().copied()).unwrap_or_default();
        let acceptor = Acceptor::as_cut(&letters, &vocabulary).unwrap_or_default();
        (Near::new(&acceptor.fst, &symbols), symbols)
    }

    const ANYWHERE: Reach = Reach {
        least: 0,
        sound: FAR,
        further: FAR,
        most: 8,
    };

    fn closest(sentences: &[&str], heard: &str) -> Vec<(String, u16)> {
        let (near, words) = near(sentences);
        let found = near.closest(&words, heard, ANYWHERE);
        let found = found.into_iter();
        found.map(|found| (found.text, found.cost)).collect()
    }

    const HOME: &[&str] = &[
        "욕실 불 꺼 줘",
        "욕실 불 켜 줘",
        "거실 불 꺼 줘",
        "오늘 며칠 이야",
        "커튼 닫아 줘",
    ];

    #[test]
    fn talk_sounds_like_what_was_meant() {
        for (heard, meant) in [
            ("이용 실 뿐 까지 와", "욕실 불 꺼 줘"),
            ("역시 불 기억 주 와", "욕실 불 켜 줘"),
            ("방문 및 칠 이야기", "오늘 며칠 이야"),
            ("거실 불 꺼 줘", "거실 불 꺼 줘"),
        ] {
            let found = closest(HOME, heard);
            assert_eq!(found[0].0, meant, "{heard}: {found:?}");
            assert_eq!(found.len(), HOME.len());
            assert!(found.is_sorted_by_key(|(_, cost)| *cost), "{found:?}");
        }
    }

    /// What all alignments of a text cost at least, tried one by one.
    fn tried(said: &[Sound], heard: &[Sound]) -> u16 {
        match (said.split_first(), heard.split_first()) {
            (None, None) => 0,
            (Some((s, rest)), None) => sounds::unheard(*s) + tried(rest, heard),
            (None, Some((h, rest))) => sounds::unsaid(*h) + tried(said, rest),
            (Some((s, said_rest)), Some((h, heard_rest))) => (sounds::instead(*s, *h)
                + tried(said_rest, heard_rest))
            .min(sounds::unheard(*s) + tried(said_rest, heard))
            .min(sounds::unsaid(*h) + tried(said, heard_rest)),
        }
    }

    #[test]
    fn the_cost_is_that_of_the_best_alignment() {
        let spell = |text: &str| {
            let mut out = Vec::new();
            sounds::append(text, &mut out);
            out
        };
        let sentences = ["불 켜", "불 꺼", "문 닫아"];
        for heard in ["불", "문 자", "아", "", "극 구", "꺼"] {
            for (text, cost) in closest(&sentences, heard) {
                assert_eq!(cost, tried(&spell(&text), &spell(heard)), "{heard} {text}");
            }
        }
    }

    #[test]
    fn what_is_too_far_is_not_found() {
        let (near, words) = near(HOME);
        let found = |heard: &str, sound, further, most| {
            let reach = Reach {
                least: 0,
                sound,
                further,
                most,
            };
            near.closest(&words, heard, reach).len()
        };
        assert_eq!(found("거실 불 꺼 줘", FAR, FAR, 8), 5);
        // What is said clearly costs something, too: the model always hears some sounds better than others.
        assert_eq!(found("거실 불 꺼 줘", 0, FAR, 8), 0);
        assert_eq!(found("거실 불 꺼 줘", 20, FAR, 8), 5);
        assert_eq!(found("거실 불 꺼 줘", FAR, 0, 8), 1);
        assert_eq!(found("거실", FAR, FAR, 2), 2);
        assert_eq!(found(&"거실 ".repeat(50), FAR, FAR, 8), 0);
        // No sound, no sentence.
        assert_eq!(found("", 40, FAR, 8), 0);
        let reach = Reach {
            least: 12,
            ..ANYWHERE
        };
        assert!(near.closest(&words, "불 켜 줘", reach).is_empty());
        assert!(Near::default().closest(&words, "거실", ANYWHERE).is_empty());
    }

    /// What a file may hold that nobody packed: a word of 1,000 letters on each of 1,000 arcs, in a circle.
    #[test]
    fn sentences_without_end_are_near_to_nothing() {
        let words: Symbols = [(1, "가".repeat(1000).into())].into_iter().collect();
        let mut circle = Fst::new();
        for _ in 0..2 {
            for _ in 0..500 {
                circle.push(Arc {
                    input: 1,
                    output: 1,
                    weight: 0.0,
                    next: 0,
                });
            }
            circle.end_state(0.0);
        }
        circle.start = Some(0);
        assert_eq!(Near::new(&circle, &words), Near::default());
        let words: Symbols = [(1, "가".into())].into_iter().collect();
        let found = Near::new(&circle, &words).closest(&words, &"가".repeat(9), ANYWHERE);
        assert!(found.len() <= ANYWHERE.most);
    }

    #[test]
    fn words_whose_sounds_are_not_known_are_near_to_nothing() {
        let found = closest(&["включи свет", "불 켜"], "불 켜");
        assert_eq!(found.len(), 1, "{found:?}");
        assert!(closest(&["включи свет"], "включи свет").is_empty());
    }
}
