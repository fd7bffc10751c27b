//! The names of a home, folded and indexed for matching.

use crate::compile::{HOME_LISTS, Text};
use crate::normal::{Blanks, normalize};
use crate::recognize::{heard, letters};
use crate::trie::Trie;
use crate::{Home, Value};

/// One spoken form of a name.
#[derive(Clone, Debug)]
pub(crate) struct Name {
    /// What is compared.
    pub text: Text,
    /// The main name.
    pub value: String,
    /// What the context learns from it: `domain`.
    pub context: Vec<(String, Value)>,
    /// The entity's key, empty for areas and floors.
    pub id: String,
    /// The area it is in.
    pub area: Option<String>,
    /// What is compared to find it when it is nearly said.
    pub sound: Box<[char]>,
    /// Which letters are in that.
    pub letters: u64,
}

/// The three lists a home fills, in the order of [`HOME_LISTS`].
#[derive(Debug, Default)]
pub(crate) struct Names {
    /// The names.
    pub lists: [Vec<Name>; HOME_LISTS.len()],
    /// Finds them in a sentence: list in the upper bits, index in the lower 24.
    pub trie: Trie,
}

impl Names {
    /// From a home. Names that cannot be said (only punctuation) are left out.
    #[must_use]
    pub(crate) fn new(home: &Home, blanks: Blanks) -> Self {
        let mut names = Self::default();
        let [entities, areas, floors] = &mut names.lists;
        for entity in &home.entities {
            let context = if entity.domain.is_empty() {
                Vec::new()
            } else {
                vec![("domain".to_owned(), Value::Text(entity.domain.clone()))]
            };
            for spoken in std::iter::once(&entity.name).chain(&entity.aliases) {
                push(entities, spoken, &entity.name, &entity.id, &context, blanks);
                if let Some(last) = entities.last_mut() {
                    last.area.clone_from(&entity.area);
                }
            }
        }
        for area in &home.areas {
            for spoken in std::iter::once(&area.name).chain(&area.aliases) {
                push(areas, spoken, &area.name, "", &[], blanks);
            }
        }
        for floor in &home.floors {
            for spoken in std::iter::once(&floor.name).chain(&floor.aliases) {
                push(floors, spoken, &floor.name, "", &[], blanks);
            }
        }
        let mut words = Vec::new();
        for (list, entries) in names.lists.iter().enumerate() {
            for (i, name) in entries.iter().enumerate() {
                let key = u32::try_from((list << 24) | (i & 0xff_ffff)).unwrap_or(u32::MAX);
                words.push((name.text.core().to_vec(), key));
            }
        }
        names.trie = Trie::new(words);
        names
    }

    /// The ids of all entities whose main name is `value`.
    #[must_use]
    pub(crate) fn ids(&self, value: &str) -> Vec<String> {
        let mut ids: Vec<String> = Vec::new();
        for name in &self.lists[0] {
            if name.value == value && !name.id.is_empty() && !ids.contains(&name.id) {
                ids.push(name.id.clone());
            }
        }
        ids
    }
}

fn push(
    list: &mut Vec<Name>,
    spoken: &str,
    value: &str,
    id: &str,
    context: &[(String, Value)],
    blanks: Blanks,
) {
    let spoken = normalize(spoken.trim());
    if !spoken.chars().any(char::is_alphanumeric) {
        return;
    }
    let text = Text::new(&spoken, blanks);
    let sound = heard(text.core());
    list.push(Name {
        letters: letters(&sound),
        sound: sound.into(),
        text,
        value: value.to_owned(),
        context: context.to_vec(),
        id: id.to_owned(),
        area: None,
    });
}
