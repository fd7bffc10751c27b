//! Attribute data types and values (2.6.2).

use std::borrow::Cow;

use super::Malformed;
use crate::Ieee;
use crate::zigbee::wire::{self, Parsed, Reason, Wire, malformed, named};

/// A data type's id.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
pub struct Type(pub u8);

#[allow(missing_docs)] // the names are the specification's
impl Type {
    pub const NO_DATA: Self = Self(0x00);
    pub const DATA8: Self = Self(0x08);
    pub const DATA16: Self = Self(0x09);
    pub const DATA24: Self = Self(0x0a);
    pub const DATA32: Self = Self(0x0b);
    pub const DATA64: Self = Self(0x0f);
    pub const BOOL: Self = Self(0x10);
    pub const MAP8: Self = Self(0x18);
    pub const MAP16: Self = Self(0x19);
    pub const MAP24: Self = Self(0x1a);
    pub const MAP32: Self = Self(0x1b);
    pub const MAP64: Self = Self(0x1f);
    pub const UINT8: Self = Self(0x20);
    pub const UINT16: Self = Self(0x21);
    pub const UINT24: Self = Self(0x22);
    pub const UINT32: Self = Self(0x23);
    pub const UINT40: Self = Self(0x24);
    pub const UINT48: Self = Self(0x25);
    pub const UINT56: Self = Self(0x26);
    pub const UINT64: Self = Self(0x27);
    pub const INT8: Self = Self(0x28);
    pub const INT16: Self = Self(0x29);
    pub const INT24: Self = Self(0x2a);
    pub const INT32: Self = Self(0x2b);
    pub const INT64: Self = Self(0x2f);
    pub const ENUM8: Self = Self(0x30);
    pub const ENUM16: Self = Self(0x31);
    pub const SEMI: Self = Self(0x38);
    pub const SINGLE: Self = Self(0x39);
    pub const DOUBLE: Self = Self(0x3a);
    pub const OCTETS: Self = Self(0x41);
    pub const TEXT: Self = Self(0x42);
    pub const LONG_OCTETS: Self = Self(0x43);
    pub const LONG_TEXT: Self = Self(0x44);
    pub const ARRAY: Self = Self(0x48);
    pub const STRUCT: Self = Self(0x4c);
    pub const SET: Self = Self(0x50);
    pub const BAG: Self = Self(0x51);
    pub const TIME_OF_DAY: Self = Self(0xe0);
    pub const DATE: Self = Self(0xe1);
    pub const UTC: Self = Self(0xe2);
    pub const CLUSTER_ID: Self = Self(0xe8);
    pub const ATTRIBUTE_ID: Self = Self(0xe9);
    pub const BACNET_OID: Self = Self(0xea);
    pub const EUI64: Self = Self(0xf0);
    pub const KEY128: Self = Self(0xf1);
    pub const UNKNOWN: Self = Self(0xff);

    /// Whether its values lie on a scale, so that a report waits for a reportable change.
    #[must_use]
    pub const fn is_analog(self) -> bool {
        matches!(self.0, 0x20..=0x2f | 0x38..=0x3a | 0xe0..=0xe2)
    }

    /// A value of this type from a number, cut to its range; `None` where the type holds no number.
    #[must_use]
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // `as` saturates
    pub fn of_number(self, number: f64) -> Option<Data> {
        let width = width(self.0);
        let max = u64::MAX >> (64 - 8 * u32::from(width.max(1)));
        Some(match self.0 {
            0x08..=0x0f => Data::Raw(width, (number as u64).min(max)),
            0x10 => Data::Bool(Some(number != 0.0)),
            0x18..=0x1f => Data::Bitmap(width, (number as u64).min(max)),
            0x20..=0x27 => Data::Uint(width, (number as u64).min(max)),
            0x28..=0x2f => {
                let half = (max >> 1).cast_signed();
                Data::Int(width, (number as i64).clamp(-half - 1, half))
            }
            0x30 => Data::Enum8(number as u8),
            0x31 => Data::Enum16(number as u16),
            0x38 => Data::Semi(number as f32),
            0x39 => Data::Single(number as f32),
            0x3a => Data::Double(number),
            0xe2 => Data::Utc(number as u32),
            _ => return None,
        })
    }
}

/// The value of an attribute. Numbers come with their width in bytes, 1…8.
#[derive(Clone, Debug, PartialEq, Default)]
pub enum Data {
    /// Nothing.
    #[default]
    None,
    /// General data, 8 to 64 bits.
    Raw(u8, u64),
    /// A boolean; `None` is the type's non-value.
    Bool(Option<bool>),
    /// A bitmap, 8 to 64 bits.
    Bitmap(u8, u64),
    /// An unsigned integer, 8 to 64 bits.
    Uint(u8, u64),
    /// A signed integer, 8 to 64 bits.
    Int(u8, i64),
    /// An enumeration of 8 bits.
    Enum8(u8),
    /// An enumeration of 16 bits.
    Enum16(u16),
    /// A half-precision float.
    Semi(f32),
    /// A single-precision float.
    Single(f32),
    /// A double-precision float.
    Double(f64),
    /// Octets; `None` is the type's non-value.
    Octets(Option<Vec<u8>>),
    /// Characters, as sent: mostly UTF-8. `None` is the type's non-value.
    Text(Option<Vec<u8>>),
    /// Octets with a 16-bit length.
    LongOctets(Option<Vec<u8>>),
    /// Characters with a 16-bit length.
    LongText(Option<Vec<u8>>),
    /// Values of one type.
    Array(Type, Vec<Data>),
    /// Values of various types.
    Struct(Vec<Data>),
    /// Distinct values of one type.
    Set(Type, Vec<Data>),
    /// Values of one type, in no order.
    Bag(Type, Vec<Data>),
    /// Hours, minutes, seconds, hundredths; 0xff each where unknown.
    TimeOfDay([u8; 4]),
    /// Year − 1900, month, day, weekday; 0xff each where unknown.
    Date([u8; 4]),
    /// Seconds since 2000-01-01 UTC.
    Utc(u32),
    /// A cluster id.
    ClusterId(u16),
    /// An attribute id.
    AttributeId(u16),
    /// A BACnet object id.
    BacnetOid(u32),
    /// An IEEE address.
    Eui64(Ieee),
    /// A 128-bit key.
    Key([u8; 16]),
    /// The type without a meaning or value.
    Unknown,
}

/// How deep arrays and structs may nest (2.6.2 allows 15; nobody goes beyond 3).
const MAX_DEPTH: u8 = 8;

/// The bytes of an integer type: its low three bits plus one.
const fn width(id: u8) -> u8 {
    (id & 7) + 1
}

impl Data {
    /// Its type.
    #[must_use]
    pub const fn type_id(&self) -> Type {
        Type(match self {
            Self::None => 0x00,
            Self::Raw(width, _) => 0x08 + bits(*width),
            Self::Bool(_) => 0x10,
            Self::Bitmap(width, _) => 0x18 + bits(*width),
            Self::Uint(width, _) => 0x20 + bits(*width),
            Self::Int(width, _) => 0x28 + bits(*width),
            Self::Enum8(_) => 0x30,
            Self::Enum16(_) => 0x31,
            Self::Semi(_) => 0x38,
            Self::Single(_) => 0x39,
            Self::Double(_) => 0x3a,
            Self::Octets(_) => 0x41,
            Self::Text(_) => 0x42,
            Self::LongOctets(_) => 0x43,
            Self::LongText(_) => 0x44,
            Self::Array(..) => 0x48,
            Self::Struct(_) => 0x4c,
            Self::Set(..) => 0x50,
            Self::Bag(..) => 0x51,
            Self::TimeOfDay(_) => 0xe0,
            Self::Date(_) => 0xe1,
            Self::Utc(_) => 0xe2,
            Self::ClusterId(_) => 0xe8,
            Self::AttributeId(_) => 0xe9,
            Self::BacnetOid(_) => 0xea,
            Self::Eui64(_) => 0xf0,
            Self::Key(_) => 0xf1,
            Self::Unknown => 0xff,
        })
    }

    /// The number in it, as far as a float holds it; booleans are 0 and 1.
    #[must_use]
    #[expect(clippy::cast_precision_loss)] // beyond 2^53 a meter reading need not be exact
    pub fn as_f64(&self) -> Option<f64> {
        Some(match *self {
            Self::Raw(_, n) | Self::Bitmap(_, n) | Self::Uint(_, n) => n as f64,
            Self::Int(_, n) => n as f64,
            Self::Bool(b) => f64::from(u8::from(b?)),
            Self::Enum8(n) => f64::from(n),
            Self::Enum16(n) | Self::ClusterId(n) | Self::AttributeId(n) => f64::from(n),
            Self::Semi(n) | Self::Single(n) => f64::from(n),
            Self::Double(n) => n,
            Self::Utc(n) | Self::BacnetOid(n) => f64::from(n),
            _ => return None,
        })
    }

    /// The whole number in it.
    #[must_use]
    pub fn as_i64(&self) -> Option<i64> {
        match *self {
            Self::Raw(_, n) | Self::Bitmap(_, n) | Self::Uint(_, n) => i64::try_from(n).ok(),
            Self::Int(_, n) => Some(n),
            Self::Bool(b) => Some(i64::from(b?)),
            Self::Enum8(n) => Some(i64::from(n)),
            Self::Enum16(n) | Self::ClusterId(n) | Self::AttributeId(n) => Some(i64::from(n)),
            Self::Utc(n) | Self::BacnetOid(n) => Some(i64::from(n)),
            _ => None,
        }
    }

    /// The characters in it; undecodable ones are replaced.
    #[must_use]
    pub fn as_text(&self) -> Option<Cow<'_, str>> {
        match self {
            Self::Text(bytes) | Self::LongText(bytes) => {
                bytes.as_deref().map(String::from_utf8_lossy)
            }
            _ => None,
        }
    }

    /// The bytes of a string of either kind.
    #[must_use]
    pub fn as_bytes(&self) -> Option<&[u8]> {
        match self {
            Self::Octets(bytes)
            | Self::Text(bytes)
            | Self::LongOctets(bytes)
            | Self::LongText(bytes) => bytes.as_deref(),
            _ => None,
        }
    }

    /// Characters.
    #[must_use]
    pub fn text(text: &str) -> Self {
        Self::Text(Some(text.as_bytes().to_vec()))
    }

    /// Reads a value of type `of` from the front of `input`.
    ///
    /// # Errors
    /// [`Malformed`] for an undefined type, a value cut short, or a list that cannot be.
    pub fn parse(of: Type, input: &[u8]) -> Result<(&[u8], Self), Malformed> {
        wire::open("value", Self::read(of, input))
    }

    pub(crate) fn read(of: Type, input: &[u8]) -> Parsed<'_, Self> {
        Self::read_nested(of, input, 0)
    }

    /// Reads a type id and then a value of it.
    pub(crate) fn read_typed(input: &[u8]) -> Parsed<'_, Self> {
        let (rest, of) = named("data type", u8::parse, input)?;
        Self::read(Type(of), rest)
    }

    fn read_nested(of: Type, input: &[u8], depth: u8) -> Parsed<'_, Self> {
        let width = width(of.0);
        fn then<T>(parsed: Parsed<'_, T>, make: impl FnOnce(T) -> Data) -> Parsed<'_, Data> {
            parsed.map(|(rest, value)| (rest, make(value)))
        }
        named(
            "value",
            |input| match of.0 {
                0x00 => Ok((input, Self::None)),
                0x08..=0x0f => then(unsigned(width, input), |n| Self::Raw(width, n)),
                0x10 => then(u8::parse(input), |b| {
                    Self::Bool((b != 0xff).then_some(b != 0))
                }),
                0x18..=0x1f => then(unsigned(width, input), |n| Self::Bitmap(width, n)),
                0x20..=0x27 => then(unsigned(width, input), |n| Self::Uint(width, n)),
                0x28..=0x2f => then(unsigned(width, input), |n| {
                    Self::Int(width, sign_extend(width, n))
                }),
                0x30 => then(u8::parse(input), Self::Enum8),
                0x31 => then(u16::parse(input), Self::Enum16),
                0x38 => then(u16::parse(input), |n| Self::Semi(from_semi(n))),
                0x39 => then(u32::parse(input), |n| Self::Single(f32::from_bits(n))),
                0x3a => then(u64::parse(input), |n| Self::Double(f64::from_bits(n))),
                0x41 => then(string::<u8>(input), Self::Octets),
                0x42 => then(string::<u8>(input), Self::Text),
                0x43 => then(string::<u16>(input), Self::LongOctets),
                0x44 => then(string::<u16>(input), Self::LongText),
                0x48 => then(list(input, depth), |(of, items)| Self::Array(of, items)),
                0x4c => then(members(input, depth), Self::Struct),
                0x50 => then(list(input, depth), |(of, items)| Self::Set(of, items)),
                0x51 => then(list(input, depth), |(of, items)| Self::Bag(of, items)),
                0xe0 => then(Wire::parse(input), Self::TimeOfDay),
                0xe1 => then(Wire::parse(input), Self::Date),
                0xe2 => then(u32::parse(input), Self::Utc),
                0xe8 => then(u16::parse(input), Self::ClusterId),
                0xe9 => then(u16::parse(input), Self::AttributeId),
                0xea => then(u32::parse(input), Self::BacnetOid),
                0xf0 => then(Wire::parse(input), Self::Eui64),
                0xf1 => then(Wire::parse(input), Self::Key),
                0xff => Ok((input, Self::Unknown)),
                _ => malformed("data type", input, Reason::Undefined),
            },
            input,
        )
    }

    /// Appends the value, without its type.
    pub fn write(&self, out: &mut Vec<u8>) {
        match self {
            Self::None | Self::Unknown => {}
            Self::Raw(width, n) | Self::Bitmap(width, n) | Self::Uint(width, n) => {
                write_width(*width, *n, out);
            }
            Self::Int(width, n) => write_width(*width, n.cast_unsigned(), out),
            Self::Bool(b) => out.push(b.map_or(0xff, u8::from)),
            Self::Enum8(n) => n.write(out),
            Self::Enum16(n) | Self::ClusterId(n) | Self::AttributeId(n) => n.write(out),
            Self::Semi(n) => to_semi(*n).write(out),
            Self::Single(n) => n.to_bits().write(out),
            Self::Double(n) => n.to_bits().write(out),
            Self::Octets(bytes) | Self::Text(bytes) => write_string::<u8>(bytes.as_deref(), out),
            Self::LongOctets(bytes) | Self::LongText(bytes) => {
                write_string::<u16>(bytes.as_deref(), out);
            }
            Self::Array(of, items) | Self::Set(of, items) | Self::Bag(of, items) => {
                out.push(of.0);
                write_items(items, out, Self::write);
            }
            Self::Struct(items) => write_items(items, out, Self::write_typed),
            Self::TimeOfDay(bytes) | Self::Date(bytes) => bytes.write(out),
            Self::Utc(n) | Self::BacnetOid(n) => n.write(out),
            Self::Eui64(ieee) => ieee.write(out),
            Self::Key(key) => key.write(out),
        }
    }

    /// Appends the type id and the value.
    pub fn write_typed(&self, out: &mut Vec<u8>) {
        out.push(self.type_id().0);
        self.write(out);
    }
}

/// A width of 1…8 as the low bits of a type id.
const fn bits(width: u8) -> u8 {
    width.wrapping_sub(1) & 7
}

fn unsigned(width: u8, input: &[u8]) -> Parsed<'_, u64> {
    let Some((bytes, rest)) = input.split_at_checked(usize::from(width)) else {
        return malformed("", input, Reason::Short);
    };
    let number = bytes.iter().rev().fold(0, |n, b| n << 8 | u64::from(*b));
    Ok((rest, number))
}

fn write_width(width: u8, number: u64, out: &mut Vec<u8>) {
    let bytes = number.to_le_bytes();
    out.extend(bytes.iter().take(usize::from(bits(width)) + 1));
}

const fn sign_extend(width: u8, number: u64) -> i64 {
    let unused = 64 - 8 * width as u32;
    (number << unused).cast_signed() >> unused
}

/// A string behind its length; the largest length is the non-value.
fn string<L: Wire + Into<u32>>(input: &[u8]) -> Parsed<'_, Option<Vec<u8>>> {
    let max = if size_of::<L>() == 1 { 0xff } else { 0xffff };
    let (rest, length) = named("string length", L::parse, input)?;
    let length: u32 = length.into();
    if length == max {
        return Ok((rest, None));
    }
    match rest.split_at_checked(length as usize) {
        Some((bytes, rest)) => Ok((rest, Some(bytes.to_vec()))),
        None => malformed("string", rest, Reason::Short),
    }
}

/// Strings longer than the length can say are cut.
#[expect(clippy::cast_possible_truncation)] // cut to the length's range before
fn write_string<L>(bytes: Option<&[u8]>, out: &mut Vec<u8>) {
    let long = size_of::<L>() == 2;
    let most = if long { 0xfffe } else { 0xfe };
    match bytes {
        None if long => 0xffff_u16.write(out),
        None => 0xff_u8.write(out),
        Some(bytes) => {
            let bytes = &bytes[..bytes.len().min(most)];
            if long {
                (bytes.len() as u16).write(out);
            } else {
                (bytes.len() as u8).write(out);
            }
            out.extend_from_slice(bytes);
        }
    }
}

/// An array: element type, count, elements. The non-value count 0xffff reads as empty.
fn list(input: &[u8], depth: u8) -> Parsed<'_, (Type, Vec<Data>)> {
    let (rest, of) = named("element type", u8::parse, input)?;
    let (mut rest, count) = count(rest, depth)?;
    let mut items = Vec::new();
    for _ in 0..count {
        let (after, item) = Data::read_nested(Type(of), rest, depth + 1)?;
        items.push(item);
        rest = after;
    }
    Ok((rest, (Type(of), items)))
}

/// A struct: count, then each member's type and value.
fn members(input: &[u8], depth: u8) -> Parsed<'_, Vec<Data>> {
    let (mut rest, count) = count(input, depth)?;
    let mut items = Vec::new();
    for _ in 0..count {
        let (after, of) = named("member type", u8::parse, rest)?;
        let (after, item) = Data::read_nested(Type(of), after, depth + 1)?;
        items.push(item);
        rest = after;
    }
    Ok((rest, items))
}

/// The count of a list. Elements without bytes exist only in theory: a count beyond the bytes at
/// hand is refused before anything is allocated for it.
fn count(input: &[u8], depth: u8) -> Parsed<'_, usize> {
    let (rest, count) = named("element count", u16::parse, input)?;
    if count == 0xffff {
        return Ok((rest, 0));
    }
    if usize::from(count) > rest.len() || depth >= MAX_DEPTH {
        return malformed("element count", rest, Reason::Oversized);
    }
    Ok((rest, usize::from(count)))
}

fn write_items(items: &[Data], out: &mut Vec<u8>, each: impl Fn(&Data, &mut Vec<u8>)) {
    let count = u16::try_from(items.len()).unwrap_or(0xfffe).min(0xfffe);
    count.write(out);
    for item in items.iter().take(usize::from(count)) {
        each(item, out);
    }
}

/// IEEE 754 binary16 to binary32: exact.
fn from_semi(half: u16) -> f32 {
    let sign = u32::from(half & 0x8000) << 16;
    let exponent = u32::from(half >> 10 & 0x1f);
    let fraction = u32::from(half & 0x3ff);
    match (exponent, fraction) {
        (0, _) => {
            // Zero and subnormals: fraction × 2^-24.
            let magnitude = f32::from(half & 0x3ff) / 16_777_216.0;
            if sign == 0 { magnitude } else { -magnitude }
        }
        (0x1f, _) => f32::from_bits(sign | 0x7f80_0000 | fraction << 13),
        _ => f32::from_bits(sign | (exponent + 112) << 23 | fraction << 13),
    }
}

/// IEEE 754 binary32 to binary16, rounding to nearest, ties to even.
#[expect(clippy::cast_possible_truncation)] // each part is masked to its field
fn to_semi(number: f32) -> u16 {
    let bits = number.to_bits();
    let sign = (bits >> 16 & 0x8000) as u16;
    let exponent = (bits >> 23 & 0xff).cast_signed() - 112;
    let fraction = bits & 0x7f_ffff;
    if bits & 0x7fff_ffff > 0x7f80_0000 {
        return sign | 0x7e00;
    }
    if exponent >= 0x1f {
        return sign | 0x7c00;
    }
    // The significand with its hidden bit, to be shifted right by 13 or, for subnormals, more.
    let (significand, shift, base) = if exponent > 0 {
        (fraction, 13, exponent.cast_unsigned() << 10)
    } else if exponent > -11 {
        (fraction | 0x80_0000, (14 - exponent).cast_unsigned(), 0)
    } else {
        return sign;
    };
    let mut rounded = significand >> shift;
    let lost = significand & ((1 << shift) - 1);
    let half = 1 << (shift - 1);
    if lost > half || lost == half && rounded & 1 == 1 {
        rounded += 1;
    }
    sign | (base + rounded) as u16
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn half_floats_are_exact_both_ways() {
        for half in 0..=u16::MAX {
            let number = from_semi(half);
            if number.is_nan() {
                assert!(from_semi(to_semi(number)).is_nan());
            } else {
                assert_eq!(to_semi(number), half, "{half:#06x} = {number}");
            }
        }
        assert_eq!(to_semi(1e9), 0x7c00);
        assert_eq!(to_semi(1.0 + 1.0 / 2048.0), 0x3c00, "ties go to even");
        assert_eq!(to_semi(1.0 + 3.0 / 2048.0), 0x3c02, "ties go to even");
    }

    #[test]
    fn a_list_that_claims_more_than_it_has_is_refused_unread() {
        // An array of 65534 elements without bytes; a struct nested beyond measure.
        for bytes in [&[0x00, 0xfe, 0xff][..], &[0x20, 0x10, 0x00, 1, 2]] {
            let error = Data::parse(Type::ARRAY, bytes).unwrap_err();
            assert_eq!(error.field, "element count");
            assert_eq!(error.reason, Reason::Oversized);
        }
        let nested = [0x01, 0x00, 0x4c].repeat(40);
        let error = Data::parse(Type::STRUCT, &nested).unwrap_err();
        assert_eq!(error.reason, Reason::Oversized);
    }

    #[test]
    fn numbers_are_cut_to_their_type() {
        assert_eq!(Type::UINT8.of_number(300.0), Some(Data::Uint(1, 255)));
        assert_eq!(Type::INT16.of_number(-1e9), Some(Data::Int(2, -32768)));
        assert_eq!(Type::UINT64.of_number(-1.0), Some(Data::Uint(8, 0)));
        assert_eq!(Type::TEXT.of_number(1.0), None);
    }
}
