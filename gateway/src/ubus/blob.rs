//! Blobs, as ubus' attributes and their values travel: big-endian, each padded to four bytes.
//!
//! The contract: hostile input gives an error that names the field. Nothing is allocated before its
//! bytes are there, nesting is bounded by [`DEEPEST`], and what [`put_table`] writes, [`table`]
//! reads back as it was.
//!
//! An attribute is a word (1 bit: extended, 7 bits: identifier, 24 bits: length with this word) and
//! its content. In an extended one (a "blobmsg") the content opens with a name: its length in two
//! bytes, the name, a zero, padding; the identifier is then the type of the value.

use nom::bytes::complete::take;
use nom::number::complete::{be_f64, be_i16, be_i32, be_i64, be_u16, be_u32, i8 as byte};
use nom::{IResult, Parser};

/// Tables and lists in each other.
pub const DEEPEST: usize = 16;

const EXTENDED: u32 = 0x8000_0000;
const LENGTH: u32 = 0x00ff_ffff;

/// What is wrong with a blob.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BlobError {
    /// It ends in the middle, or promises more than there is.
    #[error("{0} is cut short")]
    Short(&'static str),
    /// It has another length than its type has.
    #[error("{0} has a wrong length")]
    Length(&'static str),
    /// A text that is not UTF-8 or lacks its end.
    #[error("{0} is not a text")]
    Text(&'static str),
    /// A type that is not known.
    #[error("the value has the unknown type {0}")]
    Type(u8),
    /// Nested too deeply.
    #[error("tables are nested more than {DEEPEST} deep")]
    Deep,
}

/// One attribute, not looked into.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Attribute<'a> {
    /// Which one; of an extended one the type.
    pub id: u8,
    /// Whether the content opens with a name.
    pub extended: bool,
    /// What it holds.
    pub content: &'a [u8],
}

/// A named value of a table.
pub type Member = (String, Value);

/// A value, as blobmsg types it.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// No value at all; JSON's null.
    Null,
    /// A list.
    List(Vec<Value>),
    /// A table.
    Table(Vec<Member>),
    /// A text, without zeros.
    Text(String),
    /// 64 bits.
    Int64(i64),
    /// 32 bits.
    Int32(i32),
    /// 16 bits.
    Int16(i16),
    /// 8 bits, which are also truth values.
    Int8(i8),
    /// A number with a fraction.
    Double(f64),
}

/// The types of blobmsg.
pub mod kind {
    /// No value.
    pub const NULL: u8 = 0;
    /// A list.
    pub const LIST: u8 = 1;
    /// A table.
    pub const TABLE: u8 = 2;
    /// A text.
    pub const TEXT: u8 = 3;
    /// 64 bits.
    pub const INT64: u8 = 4;
    /// 32 bits.
    pub const INT32: u8 = 5;
    /// 16 bits.
    pub const INT16: u8 = 6;
    /// 8 bits, or a truth value.
    pub const INT8: u8 = 7;
    /// A number with a fraction.
    pub const DOUBLE: u8 = 8;
}

/// Takes one attribute and its padding off `input`. The last one need not be padded.
///
/// # Errors
/// What is wrong.
pub fn attribute(input: &[u8]) -> Result<(&[u8], Attribute<'_>), BlobError> {
    let short = |_: nom::Err<nom::error::Error<&[u8]>>| BlobError::Short("an attribute");
    let (rest, word) = be_u32(input).map_err(short)?;
    let length = word & LENGTH;
    let length = length
        .checked_sub(4)
        .ok_or(BlobError::Length("an attribute"))?;
    let (rest, content) = take(length)(rest).map_err(short)?;
    let padding = rest.len().min(padding(content.len()));
    Ok((
        rest.get(padding..).unwrap_or_default(),
        Attribute {
            id: (word >> 24 & 0x7f) as u8,
            extended: word & EXTENDED != 0,
            content,
        },
    ))
}

/// Reads the members of a table.
///
/// # Errors
/// What is wrong.
pub fn table(content: &[u8]) -> Result<Vec<Member>, BlobError> {
    members(content, DEEPEST)
}

fn members(mut content: &[u8], depth: usize) -> Result<Vec<Member>, BlobError> {
    let mut members = Vec::new();
    while !content.is_empty() {
        let (rest, attribute) = attribute(content)?;
        members.push(member(attribute, depth)?);
        content = rest;
    }
    Ok(members)
}

fn member(attribute: Attribute<'_>, depth: usize) -> Result<Member, BlobError> {
    let (name, content) = if attribute.extended {
        let (content, name) = name(attribute.content).map_err(|_| BlobError::Short("a name"))?;
        let name = std::str::from_utf8(name).map_err(|_| BlobError::Text("a name"))?;
        (name.to_owned(), content)
    } else {
        (String::new(), attribute.content)
    };
    Ok((name, value(attribute.id, content, depth)?))
}

/// A name with its zero and padding; gives what follows.
fn name(input: &[u8]) -> IResult<&[u8], &[u8]> {
    let (rest, length) = be_u16(input)?;
    let length = usize::from(length);
    let (rest, name) = take(length)(rest)?;
    let (rest, _) = take(1 + padding(2 + length + 1))(rest)?;
    Ok((rest, name))
}

fn value(id: u8, content: &[u8], depth: usize) -> Result<Value, BlobError> {
    let deeper = || depth.checked_sub(1).ok_or(BlobError::Deep);
    Ok(match id {
        kind::NULL => Value::Null,
        kind::LIST => Value::List(
            members(content, deeper()?)?
                .into_iter()
                .map(|(_, value)| value)
                .collect(),
        ),
        kind::TABLE => Value::Table(members(content, deeper()?)?),
        kind::TEXT => Value::Text(text(content, "a text")?.to_owned()),
        kind::INT64 => Value::Int64(whole(be_i64, content, "a 64-bit number")?),
        kind::INT32 => Value::Int32(whole(be_i32, content, "a 32-bit number")?),
        kind::INT16 => Value::Int16(whole(be_i16, content, "a 16-bit number")?),
        kind::INT8 => Value::Int8(whole(byte, content, "an 8-bit number")?),
        kind::DOUBLE => Value::Double(whole(be_f64, content, "a double")?),
        other => return Err(BlobError::Type(other)),
    })
}

/// A number that fills `content`.
fn whole<'a, T, P>(mut parser: P, content: &'a [u8], name: &'static str) -> Result<T, BlobError>
where
    P: Parser<&'a [u8], Output = T, Error = nom::error::Error<&'a [u8]>>,
{
    match parser.parse(content) {
        Ok(([], number)) => Ok(number),
        _ => Err(BlobError::Length(name)),
    }
}

/// A text that ends in its one zero.
///
/// # Errors
/// It does not, or is not UTF-8.
pub fn text<'a>(content: &'a [u8], name: &'static str) -> Result<&'a str, BlobError> {
    let Some((0, text)) = content.split_last() else {
        return Err(BlobError::Text(name));
    };
    match std::str::from_utf8(text) {
        Ok(text) if !text.contains('\0') => Ok(text),
        _ => Err(BlobError::Text(name)),
    }
}

const fn padding(length: usize) -> usize {
    length.wrapping_neg() & 3
}

/// Appends an attribute whose content `fill` appends.
pub fn put(out: &mut Vec<u8>, id: u8, fill: impl FnOnce(&mut Vec<u8>)) {
    put_as(out, u32::from(id & 0x7f) << 24, fill);
}

fn put_as(out: &mut Vec<u8>, word: u32, fill: impl FnOnce(&mut Vec<u8>)) {
    let start = out.len();
    out.extend([0; 4]);
    fill(out);
    let length = out.len() - start;
    // A message is far smaller than what fits in 24 bits: whoever sends it sees to that.
    let length = u32::try_from(length).unwrap_or(LENGTH).min(LENGTH);
    if let Some(head) = out.get_mut(start..start + 4) {
        head.copy_from_slice(&(word | length).to_be_bytes());
    }
    out.resize(out.len() + padding(out.len() - start), 0);
}

/// Appends a text and its zero.
pub fn put_text(out: &mut Vec<u8>, text: &str) {
    // A zero would end it for whoever reads it.
    out.extend(text.bytes().filter(|byte| *byte != 0));
    out.push(0);
}

/// Appends the members of a table.
pub fn put_table(out: &mut Vec<u8>, members: &[Member]) {
    for (name, value) in members {
        put_member(out, name, value);
    }
}

fn put_member(out: &mut Vec<u8>, name: &str, value: &Value) {
    put_as(out, EXTENDED | u32::from(value.kind()) << 24, |out| {
        let name = shortened(name);
        let start = out.len();
        // `shortened` sees to it that it fits.
        out.extend(u16::try_from(name.len()).unwrap_or_default().to_be_bytes());
        put_text(out, name);
        out.resize(out.len() + padding(out.len() - start), 0);
        match value {
            Value::Null => {}
            Value::List(values) => {
                for value in values {
                    put_member(out, "", value);
                }
            }
            Value::Table(members) => put_table(out, members),
            Value::Text(text) => put_text(out, text),
            Value::Int64(number) => out.extend(number.to_be_bytes()),
            Value::Int32(number) => out.extend(number.to_be_bytes()),
            Value::Int16(number) => out.extend(number.to_be_bytes()),
            Value::Int8(number) => out.extend(number.to_be_bytes()),
            Value::Double(number) => out.extend(number.to_be_bytes()),
        }
    });
}

impl Value {
    const fn kind(&self) -> u8 {
        match self {
            Self::Null => kind::NULL,
            Self::List(_) => kind::LIST,
            Self::Table(_) => kind::TABLE,
            Self::Text(_) => kind::TEXT,
            Self::Int64(_) => kind::INT64,
            Self::Int32(_) => kind::INT32,
            Self::Int16(_) => kind::INT16,
            Self::Int8(_) => kind::INT8,
            Self::Double(_) => kind::DOUBLE,
        }
    }
}

/// What of a name fits, and holds no zero.
fn shortened(name: &str) -> &str {
    let name = name.split('\0').next().unwrap_or_default();
    let mut end = name.len().min(255);
    while !name.is_char_boundary(end) {
        end -= 1;
    }
    name.get(..end).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn values() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            "[^\0]{0,24}".prop_map(Value::Text),
            any::<i64>().prop_map(Value::Int64),
            any::<i32>().prop_map(Value::Int32),
            any::<i16>().prop_map(Value::Int16),
            any::<i8>().prop_map(Value::Int8),
            (-1e9..1e9).prop_map(Value::Double),
        ];
        leaf.prop_recursive(5, 48, 6, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..6).prop_map(Value::List),
                prop::collection::vec(("[^\0]{0,12}", inner), 0..6).prop_map(Value::Table),
            ]
        })
    }

    proptest! {
        #[test]
        fn what_is_written_is_read(members in prop::collection::vec(("[^\0]{0,12}", values()), 0..8)) {
            let mut bytes = Vec::new();
            put_table(&mut bytes, &members);
            prop_assert_eq!(bytes.len() % 4, 0);
            prop_assert_eq!(table(&bytes), Ok(members));
        }

        #[test]
        fn anything_is_borne(bytes in prop::collection::vec(any::<u8>(), 0..256)) {
            let _ = table(&bytes);
            let _ = attribute(&bytes);
        }

        /// One byte changed, or the end cut off: an error or another table, never a panic.
        #[test]
        fn damage_is_borne(
            members in prop::collection::vec(("[a-z]{0,6}", values()), 1..5),
            at in any::<prop::sample::Index>(),
            byte in any::<u8>(),
            keep in any::<prop::sample::Index>(),
        ) {
            let mut bytes = Vec::new();
            put_table(&mut bytes, &members);
            let at = at.index(bytes.len());
            bytes[at] = byte;
            let _ = table(&bytes);
            bytes.truncate(keep.index(bytes.len()));
            let _ = table(&bytes);
        }
    }

    #[test]
    fn errors_name_the_field() {
        for (bytes, error) in [
            (&[0x81, 0, 0][..], BlobError::Short("an attribute")),
            (&[0x81, 0, 0, 3], BlobError::Length("an attribute")),
            (&[0x81, 0, 0, 8, 0, 0], BlobError::Short("an attribute")),
            (&[0x83, 0, 0, 8, 0, 9, b'a', 0], BlobError::Short("a name")),
            (
                &[0x83, 0, 0, 10, 0, 1, b'a', 0, b'x', b'y', 0, 0],
                BlobError::Text("a text"),
            ),
            (
                &[0x85, 0, 0, 10, 0, 1, b'a', 0, 1, 2, 0, 0],
                BlobError::Length("a 32-bit number"),
            ),
            (&[0x89, 0, 0, 8, 0, 1, b'a', 0], BlobError::Type(9)),
        ] {
            assert_eq!(table(bytes), Err(error), "{bytes:02x?}");
        }
    }

    #[test]
    fn depth_is_bounded() {
        let nested = |depth: usize| {
            let mut value = Value::Null;
            for _ in 0..depth {
                value = Value::List(vec![value]);
            }
            let mut bytes = Vec::new();
            put_table(&mut bytes, &[("deep".to_owned(), value)]);
            table(&bytes)
        };
        assert!(nested(DEEPEST).is_ok());
        assert_eq!(nested(DEEPEST + 1), Err(BlobError::Deep));
    }
}
