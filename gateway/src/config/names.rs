//! Which names the tables of keys hold, and the one most like a name that is not there.

use super::keys::KEYS;

/// Whether `name` is a table of keys.
pub(super) fn is_section(name: &str) -> bool {
    KEYS.iter().any(|key| {
        key.path
            .strip_prefix(name)
            .is_some_and(|rest| rest.starts_with('.'))
    })
}

/// The tables of keys.
pub(super) fn sections() -> impl Iterator<Item = &'static str> {
    KEYS.iter()
        .filter_map(|key| Some(key.path.split_once('.')?.0))
}

/// The candidate most like `key`, if any is like enough.
pub(super) fn nearest<'a>(key: &str, candidates: impl Iterator<Item = &'a str>) -> Option<String> {
    let name = |path: &str| path.rsplit('.').next().unwrap_or_default().to_owned();
    candidates
        .map(|candidate| {
            // A right name in a wrong section is as likely as a slip of the finger.
            let by_name = if name(key) == name(candidate) {
                2
            } else {
                usize::MAX
            };
            (distance(key, candidate).min(by_name), candidate)
        })
        .min_by_key(|(distance, _)| *distance)
        .filter(|(distance, _)| *distance <= 1 + key.len() / 4)
        .map(|(_, candidate)| candidate.to_owned())
}

/// Edit distance (insert, delete, replace).
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().take(100).collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, ca) in a.chars().take(100).enumerate() {
        let mut corner = i;
        let mut left = i + 1;
        for (cell, cb) in row.iter_mut().skip(1).zip(&b) {
            let replaced = corner + usize::from(ca != *cb);
            corner = *cell;
            left = replaced.min(corner + 1).min(left + 1);
            *cell = left;
        }
        if let Some(first) = row.first_mut() {
            *first = i + 1;
        }
    }
    row.last().copied().unwrap_or_default()
}
