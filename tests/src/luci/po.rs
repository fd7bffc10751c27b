//! Translations as gettext keeps them.

use std::collections::BTreeMap;
use std::path::Path;

/// `msgid` to `msgstr` of a file of ours, without its head.
pub fn messages(path: &Path) -> BTreeMap<String, String> {
    let text = std::fs::read_to_string(path).expect("translations");
    let mut found = BTreeMap::new();
    let (mut id, mut into) = (String::new(), None::<bool>);
    let mut string = String::new();
    for line in text.lines().chain(["msgid \"\""]) {
        let line = line.trim();
        let (start, rest) = if let Some(rest) = line.strip_prefix("msgid ") {
            (Some(false), rest)
        } else if let Some(rest) = line.strip_prefix("msgstr ") {
            (Some(true), rest)
        } else if line.starts_with('"') {
            (None, line)
        } else {
            continue;
        };
        if let Some(start) = start {
            if into == Some(true) {
                found.insert(std::mem::take(&mut id), std::mem::take(&mut string));
            } else if into == Some(false) {
                id = std::mem::take(&mut string);
            }
            into = Some(start);
        }
        string.push_str(
            &rest
                .trim_matches('"')
                .replace("\\\"", "\"")
                .replace("\\n", "\n"),
        );
    }
    found.remove("");
    found
}
