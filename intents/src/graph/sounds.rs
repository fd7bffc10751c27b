//! Words as sounds, and how like two sounds are to a recogniser. Hangul so far: a writing that says how it sounds.
//!
//! How like two sounds are was learnt (by expectation maximisation over all alignments) from what a small Korean
//! model hears without grammar in 600 sentences of 20 voices, their texts being known. A cost is −20 · ln p, where p is
//! how often the model hears the one for the other; `NEVER_HEARD` at most.

/// A sound: its row in the table.
pub type Sound = u8;

/// Sounds there are: [`Sound`]s are below.
pub const SOUNDS: usize = 28;

const fn sound(name: u8) -> Sound {
    let mut at = 0;
    while at < SOUNDS {
        if NAMES[at] == name {
            #[expect(clippy::cast_possible_truncation)] // below SOUNDS
            return at as Sound;
        }
        at += 1;
    }
    0
}

/// A letter each, for this file: ㄱㄲㅋ kKq, ㄷㄸㅌ dDt, ㅂㅃㅍ bBp, ㅅㅆ sS, ㅈㅉㅊ jJc, ㅎ h, ㄴ n, ㅁ m, final ㅇ G, ㄹ r; the
/// glides y and w; ㅏ a, ㅓ A, ㅗ o, ㅜ u, ㅔ ㅐ e, ㅡ U, ㅣ i.
const NAMES: &[u8; SOUNDS] = b"kKqdDtbBpsSjJchnmGrywaAoueUi";

/// By the number of the first consonant of a syllable in Unicode, 3.12; ㅇ has no sound there.
const FIRST: [&str; 19] = [
    "k", "K", "n", "d", "D", "r", "m", "b", "B", "s", "S", "", "j", "J", "c", "q", "t", "p", "h",
];

/// By the number of the vowel.
const VOWEL: [&str; 21] = [
    "a", "e", "ya", "ye", "A", "e", "yA", "ye", "o", "wa", "we", "we", "yo", "u", "wA", "we", "wi",
    "yu", "U", "Ui", "i",
];

/// By the number of what follows it, from none. As spelled: before a vowel it is said so.
const LAST: [&str; 28] = [
    "", "k", "k", "ks", "n", "nj", "nh", "d", "r", "rk", "rm", "rb", "rs", "rt", "rp", "rh", "m",
    "b", "bs", "s", "S", "G", "j", "c", "q", "t", "p", "h",
];

/// The names of A to Z, as they are said in Korean.
const ALPHABET: [&str; 26] = [
    "ei", "bi", "si", "di", "i", "epU", "ji", "eici", "ai", "jei", "qei", "er", "em", "en", "o",
    "pi", "qyu", "ar", "esU", "ti", "yu", "bUi", "dabUryu", "egsU", "wai", "jedU",
];

/// Appends how a text sounds; letters of which that is not known, and blanks, have no sound.
pub fn append(text: &str, out: &mut Vec<Sound>) {
    let mut say = |names: &str| out.extend(names.bytes().map(sound));
    for letter in text.chars() {
        match letter {
            '\u{ac00}'..='\u{d7a3}' => {
                let syllable = letter as usize - 0xac00;
                say(FIRST[syllable / (VOWEL.len() * LAST.len())]);
                say(VOWEL[syllable / LAST.len() % VOWEL.len()]);
                say(LAST[syllable % LAST.len()]);
            }
            'a'..='z' | 'A'..='Z' => {
                let at = letter.to_ascii_lowercase() as usize - usize::from(b'a');
                say(ALPHABET.get(at).copied().unwrap_or_default());
            }
            _ => {}
        }
    }
}

/// What it costs that the one was said and the other heard.
#[must_use]
pub fn instead(said: Sound, heard: Sound) -> u16 {
    cost(&COSTS, said, usize::from(heard))
}

/// What it costs that nothing was heard of it.
#[must_use]
pub fn unheard(said: Sound) -> u16 {
    cost(&COSTS, said, SOUNDS)
}

/// What it costs that it was heard and nobody said it.
#[must_use]
pub fn unsaid(heard: Sound) -> u16 {
    UNSAID
        .get(usize::from(heard))
        .map_or(NEVER_HEARD, |cost| u16::from(*cost))
}

fn cost(table: &[[u8; SOUNDS + 1]; SOUNDS], said: Sound, heard: usize) -> u16 {
    let row = table.get(usize::from(said));
    row.and_then(|row| row.get(heard))
        .map_or(NEVER_HEARD, |cost| u16::from(*cost))
}

/// The highest cost.
const NEVER_HEARD: u16 = 120;

/// Of each sound said, in the order of [`NAMES`]: each heard, and last nothing.
#[rustfmt::skip]
const COSTS: [[u8; SOUNDS + 1]; SOUNDS] = [
    // ㄱ
    [5, 88, 74, 120, 120, 120, 67, 120, 120, 120, 120, 120, 120, 120, 120, 105, 109, 103, 77, 88, 120, 120, 120, 120, 120, 120, 120, 120, 46],
    // ㄲ
    [19, 20, 59, 107, 120, 66, 79, 120, 93, 120, 120, 120, 120, 120, 43, 93, 120, 120, 120, 120, 120, 120, 120, 120, 120, 120, 120, 120, 120],
    // ㅋ
    [20, 119, 30, 120, 120, 103, 120, 120, 69, 70, 120, 59, 120, 44, 90, 120, 120, 120, 120, 120, 120, 120, 120, 120, 120, 117, 120, 120, 36],
    // ㄷ
    [104, 120, 120, 7, 63, 61, 94, 120, 84, 93, 120, 65, 106, 78, 120, 68, 120, 120, 112, 120, 120, 98, 120, 120, 120, 120, 120, 100, 63],
    // ㄸ
    [120, 120, 120, 31, 14, 45, 45, 120, 120, 120, 120, 120, 120, 120, 120, 120, 120, 120, 120, 120, 120, 120, 120, 120, 120, 120, 120, 120, 57],
    // ㅌ
    [54, 120, 120, 50, 120, 18, 58, 120, 68, 99, 120, 28, 120, 49, 87, 120, 120, 120, 120, 120, 120, 120, 120, 120, 120, 120, 120, 120, 91],
    // ㅂ
    [99, 120, 120, 120, 120, 111, 8, 73, 53, 115, 120, 108, 120, 120, 120, 96, 50, 114, 120, 120, 102, 120, 120, 120, 120, 120, 120, 120, 44],
    // ㅃ
    [120, 120, 120, 120, 120, 120, 23, 10, 120, 120, 120, 120, 120, 120, 120, 120, 120, 120, 120, 120, 120, 120, 120, 120, 120, 120, 120, 120, 88],
    // ㅍ
    [120, 120, 120, 120, 120, 80, 27, 58, 10, 120, 80, 120, 120, 120, 120, 120, 120, 120, 120, 120, 120, 120, 120, 120, 120, 120, 120, 120, 65],
    // ㅅ
    [120, 120, 120, 117, 120, 120, 120, 120, 120, 6, 47, 46, 120, 78, 120, 120, 120, 120, 104, 120, 120, 120, 120, 120, 120, 120, 120, 120, 63],
    // ㅆ
    [109, 120, 120, 120, 120, 120, 120, 120, 120, 18, 17, 103, 120, 120, 120, 59, 120, 92, 120, 120, 120, 120, 120, 120, 120, 120, 120, 120, 46],
    // ㅈ
    [95, 120, 120, 74, 120, 102, 120, 120, 120, 64, 120, 6, 106, 44, 120, 86, 120, 120, 120, 83, 120, 120, 120, 120, 120, 120, 120, 120, 67],
    // ㅉ
    [119, 119, 119, 119, 119, 119, 119, 119, 119, 119, 119, 26, 46, 12, 119, 119, 119, 119, 119, 119, 119, 120, 120, 120, 120, 120, 120, 120, 78],
    // ㅊ
    [103, 120, 120, 120, 120, 83, 120, 120, 120, 96, 120, 17, 120, 14, 91, 120, 120, 120, 120, 90, 120, 120, 120, 120, 120, 120, 120, 120, 78],
    // ㅎ
    [46, 120, 120, 90, 120, 120, 84, 120, 120, 120, 120, 54, 120, 120, 14, 77, 84, 120, 120, 110, 85, 120, 120, 120, 120, 120, 120, 120, 27],
    // ㄴ
    [78, 120, 120, 116, 120, 120, 87, 120, 120, 92, 120, 120, 120, 120, 120, 5, 67, 90, 52, 120, 120, 120, 120, 120, 120, 120, 120, 120, 68],
    // ㅁ
    [89, 120, 110, 120, 120, 120, 43, 120, 120, 120, 120, 120, 120, 120, 120, 41, 8, 80, 77, 120, 120, 120, 120, 120, 120, 120, 120, 120, 74],
    // ㅇ
    [53, 120, 120, 120, 120, 120, 111, 120, 120, 120, 120, 120, 120, 120, 120, 27, 120, 9, 71, 120, 120, 113, 120, 120, 120, 120, 120, 120, 85],
    // ㄹ
    [63, 120, 120, 101, 120, 120, 92, 120, 120, 120, 120, 120, 120, 120, 120, 44, 107, 88, 11, 120, 120, 120, 120, 120, 120, 120, 120, 120, 29],
    // ㅣ̯ (y)
    [120, 103, 120, 99, 120, 120, 117, 120, 120, 120, 120, 91, 120, 113, 120, 120, 120, 120, 120, 9, 120, 120, 120, 120, 120, 80, 120, 31, 48],
    // ㅜ̯ (w)
    [111, 120, 120, 120, 120, 120, 81, 120, 120, 120, 120, 120, 120, 120, 105, 120, 92, 120, 79, 49, 10, 120, 120, 53, 47, 90, 120, 85, 55],
    // ㅏ
    [120, 120, 120, 120, 120, 120, 120, 120, 120, 120, 120, 120, 120, 120, 120, 98, 120, 120, 120, 120, 120, 4, 64, 96, 120, 75, 89, 102, 49],
    // ㅓ
    [120, 120, 120, 120, 120, 120, 120, 120, 120, 120, 120, 120, 120, 120, 120, 120, 120, 120, 120, 120, 120, 24, 15, 45, 100, 90, 71, 95, 57],
    // ㅗ
    [120, 120, 120, 120, 120, 120, 120, 120, 120, 120, 120, 120, 120, 120, 120, 120, 120, 120, 120, 120, 120, 68, 22, 17, 56, 96, 52, 89, 58],
    // ㅜ
    [111, 120, 120, 120, 120, 120, 120, 120, 120, 120, 120, 120, 120, 120, 120, 120, 120, 120, 91, 120, 120, 106, 96, 28, 10, 106, 59, 89, 64],
    // ㅔ
    [120, 120, 120, 120, 120, 120, 120, 120, 120, 120, 120, 120, 120, 120, 120, 120, 120, 120, 93, 72, 120, 70, 80, 108, 120, 8, 54, 55, 42],
    // ㅡ
    [120, 120, 120, 120, 120, 120, 120, 120, 120, 120, 120, 120, 120, 120, 120, 114, 120, 120, 120, 120, 120, 84, 73, 68, 60, 78, 5, 67, 61],
    // ㅣ
    [120, 120, 120, 120, 120, 120, 120, 120, 120, 120, 120, 120, 120, 120, 120, 120, 120, 120, 83, 105, 120, 105, 120, 120, 120, 83, 79, 3, 54],
];

/// Of each sound heard where none was said.
#[rustfmt::skip]
const UNSAID: [u8; SOUNDS] =
    [90, 120, 120, 120, 120, 120, 109, 120, 120, 119, 120, 120, 120, 120, 91, 89, 115, 112, 97, 92, 95, 120, 119, 120, 103, 120, 106, 73];

#[cfg(test)]
mod tests {
    use super::*;

    fn said(text: &str) -> String {
        let mut out = Vec::new();
        append(text, &mut out);
        out.iter()
            .map(|sound| char::from(NAMES[usize::from(*sound)]))
            .collect()
    }

    #[test]
    fn hangul_says_how_it_sounds() {
        for (text, sounds) in [
            ("거실 불", "kAsirbur"),
            ("꺼 줘", "KAjwA"),
            ("열어", "yArA"),
            ("없앙", "AbsaG"),
            ("TV", "tibUi"),
            ("의", "Ui"),
            ("… 12", ""),
        ] {
            assert_eq!(said(text), sounds, "{text}");
        }
    }

    #[test]
    fn a_sound_is_most_like_itself_or_its_kin() {
        let sounds = 0..Sound::try_from(SOUNDS).unwrap();
        for said in sounds.clone() {
            let least = sounds.clone().min_by_key(|heard| instead(said, *heard));
            let kin = [&b"kKq"[..], b"dDt", b"bBp", b"sS", b"jJc"];
            let name = |sound: Sound| NAMES[usize::from(sound)];
            let least = least.map(name).unwrap_or_default();
            assert!(
                least == name(said)
                    || kin
                        .iter()
                        .any(|kin| kin.contains(&least) && kin.contains(&name(said))),
                "{} is heard as {}",
                char::from(name(said)),
                char::from(least)
            );
        }
    }
}
