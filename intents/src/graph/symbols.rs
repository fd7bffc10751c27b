//! Symbol tables: words and their labels.

use std::io::Read;

use nom::Parser;
use nom::bytes::streaming::take;
use nom::combinator::map_res;
use nom::error::ErrorKind;
use nom::number::streaming::{le_i64, le_u32};

use super::GraphError;
use super::fst::count;
use super::source::{Piece, Source, refuse};

/// OpenFst's mark of a symbol table.
const MAGIC: u32 = 2_125_658_996;

/// Bytes of a word at most.
pub(super) const MAX_WORD: usize = 1024;

/// Words by label and labels by word, in the memory of little more than the words.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Symbols {
    /// By label.
    all: Vec<(u32, Box<str>)>,
    /// Indices of `all`, by word.
    by_word: Vec<u32>,
}

impl FromIterator<(u32, Box<str>)> for Symbols {
    fn from_iter<I: IntoIterator<Item = (u32, Box<str>)>>(words: I) -> Self {
        let mut all: Vec<(u32, Box<str>)> = words.into_iter().collect();
        all.sort_by_key(|(label, _)| *label);
        all.dedup_by_key(|(label, _)| *label);
        let mut by_word: Vec<u32> = (0..count(all.len())).collect();
        by_word.sort_by(|a, b| all[*a as usize].1.cmp(&all[*b as usize].1));
        Self { all, by_word }
    }
}

/// A text with its length before it, as OpenFst writes them.
pub(super) fn text(input: &[u8]) -> Piece<'_, String> {
    let (rest, length) = le_u32(input)?;
    if length as usize > MAX_WORD {
        return refuse(input, ErrorKind::Verify);
    }
    let (rest, bytes) = take(length).parse(rest)?;
    match std::str::from_utf8(bytes) {
        Ok(text) => Ok((rest, text.to_owned())),
        Err(_) => refuse(input, ErrorKind::Char),
    }
}

impl Symbols {
    /// The word of a label.
    #[must_use]
    pub fn word(&self, label: u32) -> Option<&str> {
        let at = self.all.binary_search_by_key(&label, |(label, _)| *label);
        at.ok().map(|at| &*self.all[at].1)
    }

    /// The label of a word.
    #[must_use]
    pub fn label(&self, word: &str) -> Option<u32> {
        let at = self
            .by_word
            .binary_search_by(|at| (*self.all[*at as usize].1).cmp(word));
        at.ok().map(|at| self.all[self.by_word[at] as usize].0)
    }

    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.all.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.all.is_empty()
    }

    /// All, by label.
    pub fn iter(&self) -> impl Iterator<Item = (u32, &str)> {
        self.all.iter().map(|(label, word)| (*label, &**word))
    }

    /// Reads a table as it stands inside a file of a transducer.
    ///
    /// # Errors
    /// Names the field that is wrong.
    pub fn read<R: Read>(source: &mut Source<R>) -> Result<Self, GraphError> {
        source.mark("symbol table", MAGIC)?;
        source.parse("name of the symbol table", MAX_WORD + 4, text)?;
        source.u64("next free symbol")?;
        let size = source.u64("number of symbols")?;
        let mut all = Vec::new();
        for _ in 0..size {
            let word = source.parse("symbol", MAX_WORD + 4, text)?;
            let label = source.parse("label of a symbol", 8, |i| {
                map_res(le_i64, u32::try_from).parse(i)
            })?;
            all.push((label, word.into_boxed_str()));
        }
        Ok(all.into_iter().collect())
    }

    /// The table as it stands inside a file of a transducer.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut out = MAGIC.to_le_bytes().to_vec();
        let put = |text: &str, out: &mut Vec<u8>| {
            out.extend(count(text.len()).to_le_bytes());
            out.extend(text.as_bytes());
        };
        put("words", &mut out);
        let next = self
            .all
            .last()
            .map_or(0, |(label, _)| u64::from(*label) + 1);
        out.extend(next.to_le_bytes());
        out.extend((self.all.len() as u64).to_le_bytes());
        for (label, word) in &self.all {
            put(word, &mut out);
            out.extend(i64::from(*label).to_le_bytes());
        }
        out
    }

    /// Reads `words.txt`: a word and its label per line.
    ///
    /// # Errors
    /// Names the line that is wrong.
    pub fn from_text(file: &str, text: &str) -> Result<Self, GraphError> {
        let mut all = Vec::new();
        for (i, line) in text.lines().enumerate() {
            let mut parts = line.split_ascii_whitespace();
            let (Some(word), Some(Ok(label)), None) = (
                parts.next(),
                parts.next().map(str::parse::<u32>),
                parts.next(),
            ) else {
                return Err(GraphError::Unfit(format!(
                    "{file}:{}: expected a word and its number",
                    i + 1
                )));
            };
            all.push((label, word.into()));
        }
        Ok(all.into_iter().collect())
    }

    /// As `words.txt` has it.
    #[must_use]
    pub fn to_text(&self) -> String {
        self.all
            .iter()
            .map(|(label, word)| format!("{word} {label}\n"))
            .collect()
    }
}
