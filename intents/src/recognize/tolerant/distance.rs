//! How far two words are apart: edits, measured on what is heard of a script.
//!
//! Letters are compared as they are, Hangul by its parts: 스텐드 and 스탠드 differ in one of eight, not
//! in one of three.

/// The edit distance (insert, delete, replace, swap neighbours), or nothing when it is above `most`.
#[must_use]
pub(super) fn edits(a: &[char], b: &[char], most: usize) -> Option<usize> {
    if a.len().abs_diff(b.len()) > most || a.len() > MAX || b.len() > MAX {
        return None;
    }
    // Only cells near the diagonal can be small enough; what is beside them is too far. Lengths and
    // distances are below `MAX` + 2, which fits.
    #[expect(clippy::cast_possible_truncation)]
    let far = most.min(MAX) as u8 + 1;
    let mut before = [far; MAX + 2];
    let mut last = [far; MAX + 2];
    for (j, cell) in (0..far).zip(&mut last) {
        *cell = j;
    }
    for (i, x) in a.iter().enumerate() {
        let mut now = [far; MAX + 2];
        #[expect(clippy::cast_possible_truncation)]
        let mut least = (i as u8 + 1).min(far);
        now[0] = least;
        let from = i.saturating_sub(most);
        for (j, y) in b.iter().enumerate().take(i + most + 1).skip(from) {
            let same = u8::from(x != y);
            let mut cost = (last[j] + same).min(last[j + 1] + 1).min(now[j] + 1);
            if i > 0 && j > 0 && *x == b[j - 1] && a[i - 1] == *y {
                cost = cost.min(before[j - 1] + 1);
            }
            now[j + 1] = cost.min(far);
            least = least.min(cost);
        }
        if least >= far {
            return None;
        }
        before = last;
        last = now;
    }
    let found = usize::from(last[b.len()]);
    (found <= most).then_some(found)
}

/// Characters of a word or name that is compared, at most.
const MAX: usize = 48;

/// Edits that a word of this length may hold and still be meant.
#[must_use]
pub(super) const fn allowed(length: usize) -> usize {
    match length {
        0..=3 => 0,
        4..=6 => 1,
        7..=13 => 2,
        _ => 3,
    }
}

/// Text as it is compared for nearness: blanks gone, Hangul taken apart.
#[must_use]
pub(crate) fn heard(text: &[char]) -> Vec<char> {
    let mut out = Vec::with_capacity(text.len());
    heard_into(text, &mut out);
    out
}

/// See [`heard`]: behind what is there already.
pub(super) fn heard_into(text: &[char], out: &mut Vec<char>) {
    for c in text {
        match *c {
            ' ' | '-' | '_' | '\'' => {}
            '\u{ac00}'..='\u{d7a3}' => {
                unicode_normalization::char::decompose_canonical(*c, |part| out.push(part));
            }
            c => out.push(c),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn edits_count() {
        let far = |a: &str, b: &str, most| {
            edits(
                &a.chars().collect::<Vec<_>>(),
                &b.chars().collect::<Vec<_>>(),
                most,
            )
        };
        assert_eq!(far("kitchen", "kitchen", 2), Some(0));
        assert_eq!(far("kitchen", "kichten", 2), Some(2));
        assert_eq!(far("kitchen", "chicken", 2), None);
        assert_eq!(far("lamp", "lmap", 1), Some(1));
        assert_eq!(far("", "ab", 2), Some(2));
        assert_eq!(far("ab", "", 2), Some(2));
        assert_eq!(far("", "abc", 2), None);
        assert_eq!(far("abcdefgh", "bcdefgha", 2), Some(2));
        assert_eq!(far("abcdefgh", "cdefghab", 3), None);
    }

    #[test]
    fn hangul_is_compared_by_its_parts() {
        let parts = |text: &str| heard(&text.chars().collect::<Vec<_>>());
        assert_eq!(edits(&parts("스텐드"), &parts("스탠드"), 2), Some(1));
        assert_eq!(parts("living room"), parts("livingroom"));
    }
}
