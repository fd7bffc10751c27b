//! What was meant by talk that sounds like a sentence.
//!
//! The search follows only what is near the best, and an unclear command may fall out of it: then the recogniser has
//! heard talk, word by word what the sound was like. Where that is near a sentence of the home, and to no other that
//! means something else, the sentence was meant; where it is near several, they are all handed on, as likely as each
//! other, for the speaker to be asked. Other people's talk is near to none.

use std::collections::BTreeMap;

use super::recognizer::{DOUBT, Reading};
use crate::graph::endings::Endings;
use crate::graph::filler::TALK;
use crate::graph::near::Reach;

/// A sentence that is nearer than all others by this was meant: a clear vowel and a half.
const SURE: u16 = 160;

/// A sentence that was in the search to its end, and is no further than this from the nearest, is the one.
const AS_NEAR: u16 = 60;

/// How far behind talk the recogniser's own sentence may be.
const BEHIND: f32 = 2.0;

/// What a reading's score is worth in hundredths of a sound.
const SCORE: f32 = 30.0;

/// Readings of talk that are looked at.
const READINGS: usize = 8;

/// What is heard for sure; all scores must be above nothing.
const CERTAIN: f32 = 100.0;

/// Whether a reading is of talk, or has some in it.
pub(super) fn is_talk(text: &str) -> bool {
    text.split(' ').any(|word| word.starts_with(TALK))
}

/// The sentences that may have been meant by readings whose best is talk, the likeliest first; none for mere talk.
pub(super) fn meant(sentences: &Endings, readings: &[Reading]) -> Vec<Reading> {
    let best = readings.first().map_or(0.0, |reading| reading.confidence);
    let behind = |reading: &Reading| best - reading.confidence;
    let mut near: BTreeMap<String, u16> = BTreeMap::new();
    for reading in readings.iter().take(READINGS) {
        if !is_talk(&reading.text) {
            continue;
        }
        let heard = reading.text.replace(TALK, "");
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // it saturates
        let worse = (behind(reading) * SCORE) as u16;
        for sentence in sentences.closest(&heard, Reach::TALK) {
            let cost = sentence.cost.saturating_add(worse);
            let least = near.entry(sentence.text).or_insert(cost);
            *least = cost.min(*least);
        }
    }
    let mut near: Vec<(u16, String)> = near.into_iter().map(|(text, cost)| (cost, text)).collect();
    near.sort();
    let Some((nearest, _)) = near.first() else {
        return Vec::new();
    };
    let nearest = *nearest;
    let solid = |text: &str| text.split(' ').collect::<String>();
    let searched: Vec<Reading> = readings
        .iter()
        .filter(|reading| !is_talk(&reading.text) && !reading.text.is_empty())
        .filter(|reading| behind(reading) < BEHIND)
        .cloned()
        .collect();
    if let Some(first) = searched.first() {
        let same = |(cost, text): &(u16, String)| {
            cost - nearest < AS_NEAR && solid(text) == solid(&first.text)
        };
        if near.iter().any(same) {
            return searched;
        }
    }
    let sounding = near.into_iter().map(|(cost, text)| Reading {
        confidence: CERTAIN - DOUBT * f32::from(cost - nearest) / f32::from(SURE),
        text,
        result: Vec::new(),
    });
    let mut out: Vec<Reading> = sounding.collect();
    // Sound and search disagree: neither is sure.
    out.extend(searched.into_iter().take(1).map(|reading| Reading {
        confidence: CERTAIN,
        ..reading
    }));
    out.sort_by(|a, b| b.confidence.total_cmp(&a.confidence));
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::graph::acceptor::Acceptor;
    use crate::graph::sentences::Letters;
    use crate::graph::symbols::Symbols;
    use crate::graph::vocabulary::Vocabulary;

    fn home() -> Endings {
        let words = [
            "<eps>", "욕실", "불", "꺼", "켜", "줘", "오늘", "며칠", "이", "야", "침실", "온도",
            "알려",
        ];
        let symbols: Symbols = (0..).zip(words.map(Into::into)).collect();
        let costs = symbols.iter().skip(1).map(|(label, _)| (label, 1.0));
        let vocabulary = Vocabulary::new(symbols.clone(), costs.collect());
        let letters = Letters::of([
            "욕실 불 꺼 줘",
            "욕실 불 켜 줘",
            "오늘 며칠이야",
            "침실 온도 알려 줘",
        ]);
        let acceptor = Acceptor::new(&letters.unwrap(), &vocabulary).unwrap();
        Endings::new(acceptor.fst, symbols)
    }

    /// What is handed on of these readings, each with its score: how much less likely each is than the first.
    fn of(heard: &[(&str, f32)]) -> Vec<(String, f32)> {
        let readings: Vec<Reading> = heard
            .iter()
            .map(|(text, confidence)| Reading {
                confidence: *confidence,
                text: (*text).to_owned(),
                result: Vec::new(),
            })
            .collect();
        let meant = meant(&home(), &readings);
        let best = meant.first().map_or(0.0, |reading| reading.confidence);
        let behind = |reading: Reading| (reading.text, best - reading.confidence);
        meant.into_iter().map(behind).collect()
    }

    #[test]
    fn what_sounds_like_one_sentence_was_meant() {
        let meant = of(&[
            ("<방문 <및 <칠 <이야기", 101.0),
            ("<어느 <및 <칠 <이야기", 99.6),
        ]);
        assert_eq!(meant[0].0, "오늘 며칠 이 야");
        assert!(
            meant.iter().skip(1).all(|(_, behind)| *behind >= DOUBT),
            "{meant:?}"
        );
        let meant = of(&[("<진 <치 <론 <도 <알려줘", 170.0)]);
        assert_eq!(meant[0].0, "침실 온도 알려 줘");
        assert_eq!(meant.len(), 1, "{meant:?}");
    }

    #[test]
    fn what_sounds_like_two_is_as_likely_either() {
        let meant = of(&[("<이용 <실 <뿐 <까지 <와", 122.0)]);
        let texts: Vec<&str> = meant.iter().map(|(text, _)| text.as_str()).collect();
        assert_eq!(texts, ["욕실 불 꺼 줘", "욕실 불 켜 줘"]);
        assert!(meant[1].1 > 0.0 && meant[1].1 < DOUBT, "{meant:?}");
    }

    #[test]
    fn a_sentence_that_the_search_still_had_is_the_one() {
        let heard = [("<역시 <본 <그러 <주 <와", 142.0), ("욕실 불 꺼 줘", 141.7)];
        assert_eq!(of(&heard), [("욕실 불 꺼 줘".to_owned(), 0.0)]);
        // Not one that sounds otherwise: then both may be it.
        let meant = of(&[("<어느 <및 <칠 <이야기", 101.0), ("욕실 불 켜 줘", 100.5)]);
        let likely: Vec<&str> = meant
            .iter()
            .filter(|(_, behind)| *behind < DOUBT)
            .map(|(text, _)| text.as_str())
            .collect();
        assert_eq!(likely, ["오늘 며칠 이 야", "욕실 불 켜 줘"]);
        // Nor one that was far behind.
        let heard = [("<이용 <실 <뿐 <까지 <와", 122.0), ("욕실 불 켜 줘", 118.0)];
        assert_eq!(of(&heard)[0].0, "욕실 불 꺼 줘");
    }

    #[test]
    fn talk_is_near_to_nothing() {
        for talk in [
            "<언론 <프랑스 <정 <만 <(천) <네요",
            "<우리 <기억 <이 <세 <차 <로써",
            "<집에 <또 <차 <하면 <알려 <지 <와",
            "<불",
            "<other>",
            "",
        ] {
            assert_eq!(of(&[(talk, 100.0)]), [], "{talk}");
        }
        assert_eq!(of(&[]), []);
        // A sentence that talk is likelier than is no better.
        assert_eq!(
            of(&[
                ("<우리 <기억 <이 <세 <차 <로써", 100.0),
                ("욕실 불 꺼 줘", 99.8)
            ]),
            []
        );
    }
}
