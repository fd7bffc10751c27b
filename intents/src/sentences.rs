//! Sentences as data: the community's format, from our own files, from a folder of YAML files, or
//! from the compiled JSON of the PyPI package `home-assistant-intents`.
//!
//! This module only reads; templates stay text until `compile` takes them. Everything that
//! is wrong with a file is an error that names file and line. Files of one language merge: lists
//! append, maps merge, single values are replaced.

use std::collections::BTreeMap;
use std::fmt;
use std::path::Path;

use serde::de::{DeserializeOwned, MapAccess, Visitor};
use serde::{Deserialize, Deserializer};

use crate::{Value, numbers};

/// English, written by us.
pub const EN: &str = include_str!("../sentences/en.yaml");
/// Korean, written by us.
pub const KO: &str = include_str!("../sentences/ko.yaml");

/// Our own languages: code, file name and text. A new one is a line here and its file.
pub const OWN: &[(&str, &str, &str)] = &[
    ("en", "en.yaml", EN),
    ("ko", "ko.yaml", KO),
    ("zh", "zh.yaml", include_str!("../sentences/zh.yaml")),
    ("de", "de.yaml", include_str!("../sentences/de.yaml")),
    ("vi", "vi.yaml", include_str!("../sentences/vi.yaml")),
];

/// The row of a language, also written `en-US`.
pub(crate) fn own(language: &str) -> Result<(&'static str, &'static str, &'static str), LoadError> {
    let family = language.split(['-', '_']).next().unwrap_or_default();
    OWN.iter()
        .find(|(code, ..)| code.eq_ignore_ascii_case(family))
        .copied()
        .ok_or_else(|| LoadError::Language(language.to_owned()))
}

/// Sentences that could not be loaded.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    /// Hearth has no sentences of its own in that language.
    #[error(
        "no sentences for the language `{0}`: there are en, ko, zh, de and vi, or give a folder of them"
    )]
    Language(String),
    /// The file or folder cannot be read.
    #[error("{file}: {error}")]
    Io {
        /// Which.
        file: String,
        /// Why.
        error: std::io::Error,
    },
    /// The file is no YAML or JSON of the expected form.
    #[error("{file}: {problem}")]
    Form {
        /// Which.
        file: String,
        /// What, with line and column.
        problem: String,
    },
    /// A template cannot be read.
    #[error("{file}:{line}: column {column}: {problem} in `{template}`")]
    Template {
        /// Which file.
        file: String,
        /// Which line; 0 where the form has no lines.
        line: u32,
        /// Where in the template, in characters, from 1.
        column: usize,
        /// What.
        problem: String,
        /// The template.
        template: String,
    },
    /// A template names a list that is nowhere.
    #[error("{file}:{line}: there is no list `{name}`, named in `{template}`")]
    NoList {
        /// Which file.
        file: String,
        /// Which line.
        line: u32,
        /// The list.
        name: String,
        /// The template.
        template: String,
    },
    /// A template names a rule that is nowhere.
    #[error("{file}:{line}: there is no rule `<{name}>`, named in `{template}`")]
    NoRule {
        /// Which file.
        file: String,
        /// Which line.
        line: u32,
        /// The rule.
        name: String,
        /// The template.
        template: String,
    },
    /// A rule contains itself.
    #[error("{file}:{line}: the rule `<{name}>` contains itself")]
    Recursion {
        /// Which file.
        file: String,
        /// Which line.
        line: u32,
        /// The rule.
        name: String,
    },
}

/// A map that keeps the order of its file: the first of two equal readings wins.
#[derive(Clone, Debug)]
pub struct Ordered<T>(pub Vec<(String, T)>);

impl<T> Default for Ordered<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<T> Ordered<T> {
    /// The value at `key`.
    pub fn get(&self, key: &str) -> Option<&T> {
        self.0.iter().find(|(k, _)| k == key).map(|(_, v)| v)
    }

    /// Takes in another map; `join` says what becomes of two values of one key.
    fn merge(&mut self, other: Self, join: impl Fn(&mut T, T)) {
        for (key, value) in other.0 {
            match self.0.iter_mut().find(|(k, _)| *k == key) {
                Some((_, old)) => join(old, value),
                None => self.0.push((key, value)),
            }
        }
    }
}

impl<'de, T: DeserializeOwned> Deserialize<'de> for Ordered<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Entries<T>(std::marker::PhantomData<T>);
        impl<'de, T: DeserializeOwned> Visitor<'de> for Entries<T> {
            type Value = Ordered<T>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a map")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut entries = Vec::new();
                while let Some(entry) = map.next_entry()? {
                    entries.push(entry);
                }
                Ok(Ordered(entries))
            }

            fn visit_unit<E>(self) -> Result<Self::Value, E> {
                Ok(Ordered(Vec::new()))
            }
        }
        deserializer.deserialize_map(Entries(std::marker::PhantomData))
    }
}

/// A language's sentences, as written.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct Sentences {
    /// `en`, `zh-CN`, …
    #[serde(default)]
    pub language: String,
    /// How to match.
    #[serde(default)]
    pub settings: Settings,
    /// Words that may stand anywhere and mean nothing.
    #[serde(default)]
    pub skip_words: Vec<String>,
    /// Named lists of values.
    #[serde(default)]
    pub lists: Ordered<List>,
    /// Named parts of templates.
    #[serde(default)]
    pub expansion_rules: Ordered<String>,
    /// The intents.
    #[serde(default)]
    pub intents: Ordered<Intent>,
    /// What to answer.
    #[serde(default)]
    pub responses: Responses,
    /// Hearth's own: the sentences a speech recogniser should expect, fewer and plainer than those that
    /// are understood. Without them it expects all.
    #[serde(default)]
    pub speech: Vec<Block>,
    /// Hearth's own: words that join two commands, or two things in one: "and".
    #[serde(default)]
    pub and_words: Vec<String>,
    /// Hearth's own: words that take something out: "except".
    #[serde(default)]
    pub except_words: Vec<String>,
    /// Hearth's own: words for the thing spoken of before: "it".
    #[serde(default)]
    pub it_words: Vec<String>,
    /// CLDR's rules for the language's number words, from a file beside the sentences.
    #[serde(skip)]
    pub numbers: Option<String>,
}

/// How to match.
#[derive(Clone, Copy, Debug, Default, Deserialize)]
pub struct Settings {
    /// Blanks between characters of scripts without blanks mean nothing.
    #[serde(default)]
    pub ignore_whitespace: bool,
    /// Hearth's own: no blank means anything, for languages whose writers and recognisers do not
    /// agree on them.
    #[serde(default)]
    pub ignore_all_whitespace: bool,
}

/// One intent.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct Intent {
    /// Blocks of sentences.
    #[serde(default)]
    pub data: Vec<Block>,
}

/// Sentences that share slots and conditions.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct Block {
    /// Templates.
    #[serde(default)]
    pub sentences: Vec<String>,
    /// Slots the sentences imply.
    #[serde(default)]
    pub slots: Ordered<Value>,
    /// What must be known besides.
    #[serde(default)]
    pub requires_context: Ordered<Condition>,
    /// What must not be.
    #[serde(default)]
    pub excludes_context: Ordered<Condition>,
    /// One of these words must occur.
    #[serde(default)]
    pub required_keywords: Vec<String>,
    /// Lists of this block only.
    #[serde(default)]
    pub lists: Ordered<List>,
    /// Rules of this block only.
    #[serde(default)]
    pub expansion_rules: Ordered<String>,
    /// The key of the answer.
    #[serde(default)]
    pub response: Option<String>,
    /// Where the block is from; filled in on loading.
    #[serde(skip)]
    pub file: u16,
    /// The lines of the sentences, filled in on loading where the form has lines.
    #[serde(skip)]
    pub lines: Vec<u32>,
}

/// One condition on the context.
#[derive(Clone, Debug, Deserialize)]
#[serde(untagged)]
pub enum Condition {
    /// Any value will do.
    Any(()),
    /// One of these values.
    Of(Vec<Value>),
    /// That value.
    One(Value),
    /// The long form.
    Long {
        /// The value or values; absent: any.
        #[serde(default)]
        value: Option<Box<Condition>>,
        /// Whether, or where to, the context's value is copied.
        #[serde(default)]
        slot: Option<Value>,
    },
}

impl Condition {
    /// The values allowed; none: any.
    #[must_use]
    pub fn values(&self) -> Option<Vec<Value>> {
        match self {
            Self::Any(()) => None,
            Self::One(value) => Some(vec![value.clone()]),
            Self::Of(values) => Some(values.clone()),
            Self::Long { value, .. } => value.as_ref().and_then(|value| value.values()),
        }
    }

    /// The slot the context's value is copied to.
    #[must_use]
    pub fn slot(&self, key: &str) -> Option<String> {
        match self {
            Self::Long {
                slot: Some(Value::Bool(true)),
                ..
            } => Some(key.to_owned()),
            Self::Long {
                slot: Some(Value::Text(name)),
                ..
            } => Some(name.clone()),
            _ => None,
        }
    }
}

/// A named list.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct List {
    /// Values to choose from.
    #[serde(default)]
    pub values: Option<Vec<ListValue>>,
    /// A range of numbers.
    #[serde(default)]
    pub range: Option<Range>,
    /// Any text.
    #[serde(default)]
    pub wildcard: bool,
}

/// One value of a list.
#[derive(Clone, Debug, Deserialize)]
#[serde(untagged)]
pub enum ListValue {
    /// The text is the value.
    Text(String),
    /// The long form.
    Long {
        /// What is said; may be a template.
        r#in: String,
        /// The value; the text heard where absent.
        #[serde(default)]
        out: Option<Value>,
        /// Known once this was said.
        #[serde(default)]
        context: Ordered<Value>,
    },
}

/// A range of numbers.
#[derive(Clone, Copy, Debug, Deserialize)]
pub struct Range {
    /// The smallest.
    pub from: i32,
    /// The largest.
    pub to: i32,
    /// The distance of two.
    #[serde(default = "one")]
    pub step: i32,
    /// The value is the number times this.
    #[serde(default)]
    pub multiplier: Option<f64>,
    /// Fractions allowed between the whole numbers.
    #[serde(default)]
    pub fractions: Option<Fractions>,
    /// Whether digits are understood.
    #[serde(default = "yes")]
    pub digits: bool,
    /// Whether number words are understood.
    #[serde(default = "yes")]
    pub words: bool,
}

const fn one() -> i32 {
    1
}

const fn yes() -> bool {
    true
}

/// The fractions of a [`Range`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Fractions {
    /// .5
    Halves,
    /// .1 to .9
    Tenths,
}

/// What to answer.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct Responses {
    /// When something went wrong, by kind.
    #[serde(default)]
    pub errors: BTreeMap<String, String>,
    /// By intent and response key.
    #[serde(default)]
    pub intents: BTreeMap<String, BTreeMap<String, String>>,
    /// Hearth's own: what answers are put together with: `and`, `hours`, ….
    #[serde(default)]
    pub words: BTreeMap<String, String>,
}

impl Sentences {
    /// Our own sentences of a language: `en`, `ko`, also as `en-US`.
    ///
    /// # Errors
    /// Says which languages there are.
    pub fn own(language: &str) -> Result<(Self, Vec<String>), LoadError> {
        let (_, file, text) = own(language)?;
        let mut sentences = Self::from_yaml(file, text)?;
        sentences.place(0, Some(text));
        Ok((sentences, vec![file.to_owned()]))
    }

    /// From a file of compiled JSON or YAML, or from all YAML files of a folder and its folders.
    /// Gives the names of the files beside the sentences. A folder `numbers` with CLDR's rule files
    /// (`numbers/de.xml`) beside or in it teaches number words.
    ///
    /// # Errors
    /// Names the file and what is wrong with it.
    pub fn load(path: &Path) -> Result<(Self, Vec<String>), LoadError> {
        let mut files = Vec::new();
        gather(path, 0, &mut files)?;
        files.sort();
        let mut all = Self::default();
        let mut names = Vec::new();
        for file in files {
            let name = file
                .strip_prefix(path)
                .ok()
                .filter(|p| !p.as_os_str().is_empty())
                .or_else(|| file.file_name().map(Path::new))
                .unwrap_or(&file)
                .display()
                .to_string();
            let text = std::fs::read_to_string(&file).map_err(|error| LoadError::Io {
                file: file.display().to_string(),
                error,
            })?;
            let json = file.extension().is_some_and(|e| e == "json");
            let mut one = if json {
                serde_json::from_str(&text).map_err(|error| LoadError::Form {
                    file: name.clone(),
                    problem: error.to_string(),
                })?
            } else {
                Self::from_yaml(&name, &text)?
            };
            one.place(
                u16::try_from(names.len()).unwrap_or(u16::MAX),
                (!json).then_some(&text),
            );
            names.push(name);
            all.merge(one);
        }
        if names.is_empty() {
            return Err(LoadError::Form {
                file: path.display().to_string(),
                problem: "no .yaml or .json file in it".to_owned(),
            });
        }
        let folder = if path.is_dir() {
            Some(path)
        } else {
            path.parent()
        };
        all.numbers = folder.and_then(|folder| {
            numbers::file_names(&all.language).iter().find_map(|name| {
                std::fs::read_to_string(folder.join(format!("numbers/{name}.xml"))).ok()
            })
        });
        Ok((all, names))
    }

    /// From the text of a YAML file.
    ///
    /// # Errors
    /// Names the file, the line and what is wrong there.
    pub fn from_yaml(file: &str, text: &str) -> Result<Self, LoadError> {
        serde_yaml_ng::from_str(text).map_err(|error| LoadError::Form {
            file: file.to_owned(),
            problem: error.to_string(),
        })
    }

    /// Notes where the sentences of a file stand.
    fn place(&mut self, file: u16, text: Option<&str>) {
        let blocks = self
            .intents
            .0
            .iter_mut()
            .flat_map(|(_, intent)| &mut intent.data);
        let mut places = text.map(Places::new);
        for block in blocks.chain(&mut self.speech) {
            block.file = file;
            block.lines = places.as_mut().map_or_else(Vec::new, |places| {
                block.sentences.iter().map(|s| places.line_of(s)).collect()
            });
        }
    }

    /// Takes in another file of the same language.
    pub fn merge(&mut self, other: Self) {
        if !other.language.is_empty() {
            self.language = other.language;
        }
        self.settings.ignore_whitespace |= other.settings.ignore_whitespace;
        self.settings.ignore_all_whitespace |= other.settings.ignore_all_whitespace;
        self.skip_words.extend(other.skip_words);
        self.and_words.extend(other.and_words);
        self.except_words.extend(other.except_words);
        self.it_words.extend(other.it_words);
        self.lists.merge(other.lists, |old, new| {
            match (&mut old.values, new.values) {
                (Some(old), Some(new)) => old.extend(new),
                (old, Some(new)) => *old = Some(new),
                _ => {}
            }
            old.range = new.range.or(old.range);
            old.wildcard |= new.wildcard;
        });
        self.expansion_rules
            .merge(other.expansion_rules, |old, new| *old = new);
        self.intents
            .merge(other.intents, |old, new| old.data.extend(new.data));
        self.speech.extend(other.speech);
        self.responses.errors.extend(other.responses.errors);
        self.responses.words.extend(other.responses.words);
        for (intent, answers) in other.responses.intents {
            self.responses
                .intents
                .entry(intent)
                .or_default()
                .extend(answers);
        }
    }
}

/// Finds texts in a file, quickly where they are asked for in the file's order.
struct Places<'a> {
    file: &'a str,
    /// Behind the text found last, and its line.
    at: usize,
    line: u32,
}

impl<'a> Places<'a> {
    fn new(file: &'a str) -> Self {
        Self {
            file,
            at: 0,
            line: 1,
        }
    }

    /// The next line, else the first, on which a text stands, from 1; 0 when it is folded over lines or
    /// escaped.
    fn line_of(&mut self, text: &str) -> u32 {
        let after = self.file.get(self.at..).unwrap_or_default();
        let (from, line, found) = match after.find(text) {
            Some(found) => (self.at, self.line, found),
            None => match self.file.find(text) {
                Some(found) => (0, 1, found),
                None => return 0,
            },
        };
        let passed = self.file.get(from..from + found).unwrap_or_default();
        let lines = passed.bytes().filter(|byte| *byte == b'\n').count();
        self.line = line.saturating_add(u32::try_from(lines).unwrap_or(0));
        self.at = from + found;
        self.line
    }
}

fn gather(path: &Path, depth: usize, files: &mut Vec<std::path::PathBuf>) -> Result<(), LoadError> {
    let error = |error| LoadError::Io {
        file: path.display().to_string(),
        error,
    };
    if !std::fs::metadata(path).map_err(error)?.is_dir() {
        files.push(path.to_owned());
        return Ok(());
    }
    if depth > 4 {
        return Ok(());
    }
    for entry in std::fs::read_dir(path).map_err(error)? {
        let inner = entry.map_err(error)?.path();
        let fits = inner
            .extension()
            .is_some_and(|e| e == "yaml" || e == "yml" || e == "json");
        if fits || inner.is_dir() {
            gather(&inner, depth + 1, files)?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn conditions_come_in_four_forms() {
        let yaml = "
intents:
  X:
    data:
      - sentences: [a]
        requires_context:
          area: {slot: true}
          domain: [light, switch]
          floor: up
          zone:
";
        let sentences = Sentences::from_yaml("x.yaml", yaml).unwrap();
        let block = &sentences.intents.0[0].1.data[0];
        let of = |key: &str| block.requires_context.get(key).unwrap();
        assert_eq!(of("area").slot("area").as_deref(), Some("area"));
        assert_eq!(of("area").values(), None);
        assert_eq!(of("domain").values().unwrap().len(), 2);
        assert_eq!(of("floor").values(), Some(vec![Value::Text("up".into())]));
        assert_eq!(of("zone").values(), None);
    }

    #[test]
    fn files_merge_and_keep_their_order() {
        let mut a = Sentences::from_yaml(
            "a",
            "{language: en, lists: {l: {values: [x]}}, intents: {B: {data: [{sentences: [b]}]}}}",
        )
        .unwrap();
        a.merge(
            Sentences::from_yaml(
                "b",
                "{lists: {l: {values: [y]}}, skip_words: [please], \
                 intents: {B: {data: [{sentences: [c]}]}, A: {data: []}}}",
            )
            .unwrap(),
        );
        assert_eq!(a.lists.get("l").unwrap().values.as_ref().unwrap().len(), 2);
        assert_eq!(a.intents.0[0].0, "B");
        assert_eq!(a.intents.0[0].1.data.len(), 2);
        assert_eq!(a.intents.0[1].0, "A");
    }

    #[test]
    fn a_broken_file_names_its_line() {
        let error = Sentences::from_yaml("x.yaml", "intents:\n  X: 3\n").unwrap_err();
        assert!(error.to_string().starts_with("x.yaml: "), "{error}");
        assert!(error.to_string().contains("line 2"), "{error}");
    }
}
