//! LuCI's translations: `.po` catalogues made into the `.lmo` files that its web server looks texts up in.
//!
//! The contract: the bytes are those that LuCI's own compiler makes of the same catalogue. An `.lmo` holds no texts
//! to be translated, only their hashes ([`hash`], 32 bits, Paul Hsieh's `SuperFastHash`):
//!
//! | what | bytes |
//! |---|---|
//! | texts in the order of the catalogue | UTF-8, each filled up with zeros to a multiple of 4 |
//! | index, sorted by key | 4 × u32: key, number of plural forms, offset, length |
//! | offset of the index | u32 |
//!
//! All numbers are big-endian. The key is the hash of `msgid`, with `msgctxt` and the byte 1 before it, and where
//! there is a plural, with the byte 2 and the form's number after it. The catalogue's rule for plurals is in the entry
//! with key 0. A text that is translated by itself is left out, so is one without translation.

use std::collections::BTreeMap;

use nom::branch::alt;
use nom::bytes::complete::{escaped, is_not, tag};
use nom::character::complete::{anychar, char, space0, u8 as number};
use nom::combinator::{all_consuming, opt, recognize, value};
use nom::sequence::{delimited, terminated};
use nom::{IResult, Parser};

/// More plural forms than any language has.
const FORMS: u8 = 10;

/// Why a catalogue cannot be compiled.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum LmoError {
    /// A line that is none of a catalogue.
    #[error("line {0}: not a line of a .po file")]
    Line(usize),
    /// A string before any `msgid`, or a plural form without one.
    #[error("line {0}: belongs to no msgid")]
    Stray(usize),
    /// Two texts that LuCI could not tell apart.
    #[error("{0:?} is there twice, or has the hash of another text")]
    Twice(String),
    /// Nothing is translated.
    #[error("holds no translation")]
    Empty,
    /// More than 4 GB.
    #[error("is too large")]
    Large,
}

/// What a string belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Field {
    Context,
    Id,
    Plural,
    Text(u8),
}

/// One message.
#[derive(Debug, Default)]
struct Message {
    context: String,
    id: String,
    plural: String,
    /// By plural form.
    texts: BTreeMap<u8, String>,
}

/// `SuperFastHash`, started with the number of bytes; 0 for no bytes. The last byte of an odd number is signed.
#[must_use]
pub fn hash(bytes: &[u8]) -> u32 {
    if bytes.is_empty() {
        return 0;
    }
    let pair = |low: u8, high: u8| u32::from(u16::from_le_bytes([low, high]));
    let signed = |byte: u8| i32::from(byte.cast_signed()).cast_unsigned();
    // Only its lower 32 bits count.
    #[expect(clippy::cast_possible_truncation)]
    let mut hash = bytes.len() as u32;
    let (fours, rest) = bytes.as_chunks::<4>();
    for &[a, b, c, d] in fours {
        hash = hash.wrapping_add(pair(a, b));
        hash = (hash << 16) ^ (pair(c, d) << 11) ^ hash;
        hash = hash.wrapping_add(hash >> 11);
    }
    match *rest {
        [a, b, c] => {
            hash = hash.wrapping_add(pair(a, b));
            hash ^= hash << 16;
            hash ^= signed(c) << 18;
            hash = hash.wrapping_add(hash >> 11);
        }
        [a, b] => {
            hash = hash.wrapping_add(pair(a, b));
            hash ^= hash << 11;
            hash = hash.wrapping_add(hash >> 17);
        }
        [a] => {
            hash = hash.wrapping_add(signed(a));
            hash ^= hash << 10;
            hash = hash.wrapping_add(hash >> 1);
        }
        _ => {}
    }
    hash ^= hash << 3;
    hash = hash.wrapping_add(hash >> 5);
    hash ^= hash << 4;
    hash = hash.wrapping_add(hash >> 17);
    hash ^= hash << 25;
    hash.wrapping_add(hash >> 6)
}

/// Compiles a `.po` catalogue.
///
/// # Errors
/// What is wrong with it, and in which line.
pub fn compile(po: &str) -> Result<Vec<u8>, LmoError> {
    let (mut texts, mut index) = (Vec::new(), BTreeMap::new());
    for message in messages(po)? {
        message.write(&mut texts, &mut index)?;
    }
    if index.is_empty() {
        return Err(LmoError::Empty);
    }
    let at = place(&texts)?;
    for (key, rest) in index {
        for number in [[key].as_slice(), &rest].concat() {
            texts.extend(number.to_be_bytes());
        }
    }
    texts.extend(at.to_be_bytes());
    Ok(texts)
}

impl Message {
    fn write(
        &self,
        texts: &mut Vec<u8>,
        index: &mut BTreeMap<u32, [u32; 3]>,
    ) -> Result<(), LmoError> {
        if self.id.is_empty() {
            let rule = self.texts.get(&0).and_then(|header| rule(header));
            return rule.map_or(Ok(()), |rule| {
                put(texts, index, (0, 0), rule, "Plural-Forms")
            });
        }
        let forms = self.texts.keys().last().map_or(0, |last| last + 1);
        let filled = |(_, text): &(&u8, &String)| !text.is_empty();
        for (form, text) in self.texts.iter().filter(filled) {
            let key = self.key(*form);
            let key = hash(key.as_bytes());
            if key != hash(text.as_bytes()) {
                put(texts, index, (key, u32::from(forms)), text, &self.id)?;
            }
        }
        Ok(())
    }

    /// What LuCI looks for.
    fn key(&self, form: u8) -> String {
        let mut key = String::new();
        if !self.context.is_empty() {
            key = format!("{}\u{1}", self.context);
        }
        key.push_str(&self.id);
        if !self.plural.is_empty() {
            key.push_str(&format!("\u{2}{form}"));
        }
        key
    }

    fn field(&mut self, field: Field) -> &mut String {
        match field {
            Field::Context => &mut self.context,
            Field::Id => &mut self.id,
            Field::Plural => &mut self.plural,
            Field::Text(form) => self.texts.entry(form).or_default(),
        }
    }
}

/// Appends a text and its entry.
fn put(
    texts: &mut Vec<u8>,
    index: &mut BTreeMap<u32, [u32; 3]>,
    (key, forms): (u32, u32),
    text: &str,
    id: &str,
) -> Result<(), LmoError> {
    let entry = [forms, place(texts)?, place(text.as_bytes())?];
    if index.insert(key, entry).is_some() {
        return Err(LmoError::Twice(id.to_owned()));
    }
    texts.extend(text.as_bytes());
    texts.resize(texts.len().next_multiple_of(4), 0);
    Ok(())
}

fn place(bytes: &[u8]) -> Result<u32, LmoError> {
    u32::try_from(bytes.len()).map_err(|_| LmoError::Large)
}

/// The rule for plurals in a catalogue's head, whose lines end in `\n` as it is written.
fn rule(header: &str) -> Option<&str> {
    const NAME: &str = "Plural-Forms: ";
    let (ended, _) = header.rsplit_once(r"\n")?;
    ended.split(r"\n").find_map(|line| {
        let (name, rule) = line.split_at_checked(NAME.len())?;
        name.eq_ignore_ascii_case(NAME).then_some(rule)
    })
}

/// All messages in their order, the head among them.
fn messages(po: &str) -> Result<Vec<Message>, LmoError> {
    let mut messages: Vec<Message> = Vec::new();
    let mut current = None;
    for (number, line) in (1..).zip(po.lines()) {
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let (_, (field, text)) = all_consuming((opt(field), string))
            .parse(line)
            .map_err(|_| LmoError::Line(number))?;
        if let Some(field) = field {
            let first = match (field, current) {
                (Field::Context, _) => true,
                (Field::Id, before) => before != Some(Field::Context),
                (_, None) => return Err(LmoError::Stray(number)),
                _ => false,
            };
            if first {
                messages.push(Message::default());
            }
            current = Some(field);
        }
        let (Some(message), Some(field)) = (messages.last_mut(), current) else {
            return Err(LmoError::Stray(number));
        };
        message.field(field).push_str(&unescaped(text));
    }
    Ok(messages)
}

/// `\"` and `\\` stand for their second character; what else is escaped, LuCI keeps as it is written.
fn unescaped(text: &str) -> String {
    let mut plain = String::new();
    let mut characters = text.chars();
    while let Some(one) = characters.next() {
        match (one, characters.as_str().chars().next()) {
            ('\\', Some(next)) => {
                characters.next();
                if !matches!(next, '"' | '\\') {
                    plain.push(one);
                }
                plain.push(next);
            }
            _ => plain.push(one),
        }
    }
    plain
}

/// What a line's string belongs to, and the space after it.
fn field(line: &str) -> IResult<&str, Field> {
    let form = delimited(char('['), number, char(']'));
    let form = nom::combinator::verify(form, |form| *form < FORMS);
    let text = (tag("msgstr"), opt(form)).map(|(_, form)| Field::Text(form.unwrap_or(0)));
    let field = alt((
        value(Field::Context, tag("msgctxt")),
        value(Field::Plural, tag("msgid_plural")),
        value(Field::Id, tag("msgid")),
        text,
    ));
    terminated(field, space0).parse(line)
}

/// What is between quotes, as it is written.
fn string(line: &str) -> IResult<&str, &str> {
    let inside = opt(recognize(escaped(is_not("\\\""), '\\', anychar)));
    let inside = inside.map(Option::unwrap_or_default);
    delimited(char('"'), inside, char('"')).parse(line)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hashes_as_luci_does() {
        // As LuCI's own compiler prints them: every remainder of four, and last bytes above 127.
        for (text, expected) in [
            ("", 0),
            ("a", 0x115e_a782),
            ("ab", 0x516b_8b44),
            ("lamp", 0x63f5_e825),
            ("lamps", 0x0830_bf58),
            ("\u{fc}", 0x787e_0cc7),
            ("\u{b4a4}", 0x12c7_bc59),
            ("x\u{fc}", 0xe60b_15ec),
            ("Licht in 3 rooms", 0x259f_1aaf),
        ] {
            assert_eq!(hash(text.as_bytes()), expected, "{text}");
        }
    }

    const HEAD: &str = "msgid \"\"\nmsgstr \"\"\n\"Plural-Forms: nplurals=2; plural=n;\\n\"\n";

    #[test]
    fn writes_texts_then_the_index_by_key_then_its_place() {
        let po = format!("{HEAD}\n# lamp\nmsgid \"lamp\"\nmsgstr \"\"\n\"L\"\n\"icht\"\n");
        let lmo = compile(&po).unwrap();
        let mut expected = b"nplurals=2; plural=n;\0\0\0Licht\0\0\0".to_vec();
        for number in [0, 0, 0, 21, hash(b"lamp"), 1, 24, 5, 32] {
            expected.extend(u32::to_be_bytes(number));
        }
        assert_eq!(lmo, expected);
    }

    #[test]
    fn knows_contexts_plurals_and_escapes() {
        let po = r#"
            msgctxt "shop"
            msgid "say \"lamp\" \\"
            msgid_plural "lamps"
            msgstr[0] "a\\b\n"
            msgstr[1] ""
            msgstr[2] "drei""#;
        let lmo = compile(po).unwrap();
        assert_eq!(&lmo[..12], b"a\\b\\n\0\0\0drei");
        let mut index = [(0, 0, 5), (2, 8, 4)].map(|(form, at, length)| {
            let key = format!("shop\u{1}say \"lamp\" \\\u{2}{form}");
            [hash(key.as_bytes()), 3, at, length]
        });
        index.sort_unstable();
        let mut expected: Vec<u8> = index
            .concat()
            .into_iter()
            .flat_map(u32::to_be_bytes)
            .collect();
        expected.extend([0, 0, 0, 12]);
        assert_eq!(&lmo[12..], expected);
    }

    #[test]
    fn leaves_out_what_is_not_translated() {
        let po = format!("{HEAD}msgid \"a\"\nmsgstr \"a\"\nmsgid \"b\"\nmsgstr \"\"\n");
        assert_eq!(compile(&po).unwrap(), compile(HEAD).unwrap());
        assert_eq!(compile("msgid \"b\"\nmsgstr \"\"\n"), Err(LmoError::Empty));
    }

    #[test]
    fn names_the_line_that_is_wrong() {
        assert_eq!(compile("msgid \"a\"\nmsgstr \"b\n"), Err(LmoError::Line(2)));
        assert_eq!(
            compile("msgid \"a\"\nmsgstr[10] \"b\""),
            Err(LmoError::Line(2))
        );
        assert_eq!(compile("# a\n\"b\"\n"), Err(LmoError::Stray(2)));
        assert_eq!(compile("msgstr \"b\"\n"), Err(LmoError::Stray(1)));
        let twice = "msgid \"a\"\nmsgstr \"b\"\n".repeat(2);
        assert_eq!(compile(&twice), Err(LmoError::Twice("a".into())));
    }

    proptest::proptest! {
        #[test]
        fn survives_any_text(po in "[msgidtrxplu_ \\[\\]0-9\"\\\\#\nä]{0,80}") {
            let _ = compile(&po);
        }
    }
}
