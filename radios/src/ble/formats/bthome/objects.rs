//! From a frame's bytes to its objects, of both versions, and what they say.
//!
//! ```text
//! v1: (kind << 5 | length of what follows) u8 | id u8 | value
//! v2: id u8 | value, of the id's own length, or: id u8 | length u8 | value
//! ```
//!
//! A property that comes several times in a frame is numbered: `temperature_1`, `temperature_2`.

use std::borrow::Cow;
use std::fmt::Write as _;

use nom::bytes::complete::take;
use nom::multi::length_data;
use nom::number::complete::le_u8;
use nom::{IResult, Parser};

use super::Version;
use super::table::{self, Kind, Row};
use crate::Value;
use crate::ble::advert::to_hex;
use crate::ble::formats::{decimal, instant};
use crate::ble::{DecodeError, Reading};

/// Objects of one frame; a frame of extended advertising holds 250 bytes.
const MOST: usize = 64;

/// One object.
#[derive(Clone, Copy)]
struct Object<'a> {
    row: &'static Row,
    /// How version 1 says the value is written.
    wire: Option<Wire>,
    data: &'a [u8],
}

/// How a value of version 1 is written.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Wire {
    Unsigned,
    Signed,
    Float,
    Text,
    Raw,
    Time,
}

/// Reads a frame's objects into `reading`; the packet id is also returned.
///
/// # Errors
/// When the frame is cut off before it says anything.
pub(super) fn read(
    version: Version,
    data: &[u8],
    reading: &mut Reading,
) -> Result<Option<u8>, DecodeError> {
    let (mut rest, mut whole) = (data, true);
    let mut objects: Vec<Object<'_>> = Vec::new();
    while !rest.is_empty() && objects.len() < MOST {
        let Ok((after, found)) = next(version, rest) else {
            whole = false;
            break;
        };
        match found {
            Found::Object(object) => objects.push(object),
            Found::Nothing => {}
            // What follows has a length nobody knows.
            Found::Unknown => break,
        }
        rest = after;
    }
    let mut packet = None;
    for (at, object) in objects.iter().enumerate() {
        if object.row.id == 0 {
            packet = object.data.first().copied();
        }
        let same = |other: &&Object<'_>| {
            other.row.property == object.row.property
                && (other.row.kind == Kind::Flag) == (object.row.kind == Kind::Flag)
        };
        let number = match objects.iter().filter(same).count() {
            0 | 1 => None,
            _ => Some(objects.iter().take(at + 1).filter(same).count()),
        };
        object.say(number, reading);
    }
    if whole || !objects.is_empty() {
        Ok(packet)
    } else {
        Err(DecodeError::Truncated("object"))
    }
}

enum Found<'a> {
    Object(Object<'a>),
    /// An object without a value, or one of version 1 that nobody knows.
    Nothing,
    Unknown,
}

fn next(version: Version, data: &[u8]) -> IResult<&[u8], Found<'_>> {
    let (after, first) = le_u8(data)?;
    if version == Version::One {
        let length = usize::from(first & 0x1f);
        let wire = match first >> 5 {
            0 => Wire::Unsigned,
            1 => Wire::Signed,
            2 => Wire::Float,
            3 => Wire::Text,
            4 => Wire::Raw,
            5 => Wire::Time,
            _ => return skip(length, after),
        };
        if length == 0 {
            return Ok((after, Found::Nothing));
        }
        let (rest, content) = take(length)(after)?;
        let (data, id) = le_u8(content)?;
        let found = match table::row(id) {
            Some(row) if !data.is_empty() => Found::Object(Object {
                row,
                wire: Some(wire),
                data,
            }),
            _ => Found::Nothing,
        };
        return Ok((rest, found));
    }
    let Some(row) = table::row(first) else {
        return Ok((after, Found::Unknown));
    };
    let (rest, data) = match (row.kind, row.length) {
        // Its length is that of the arguments; the command itself comes on top.
        (Kind::Command, _) => {
            let (after, length) = le_u8(after)?;
            take(usize::from(length & 0x1f) + 1)(after)?
        }
        (_, 0) => length_data(le_u8).parse(after)?,
        (_, length) => take(length)(after)?,
    };
    if data.is_empty() {
        return Ok((rest, Found::Nothing));
    }
    let wire = None;
    Ok((rest, Found::Object(Object { row, wire, data })))
}

fn skip(length: usize, data: &[u8]) -> IResult<&[u8], Found<'_>> {
    let (rest, _) = take(length)(data)?;
    Ok((rest, Found::Nothing))
}

const BUTTON: &[(u8, &str)] = &[
    (1, "press"),
    (2, "double_press"),
    (3, "triple_press"),
    (4, "long_press"),
    (5, "long_double_press"),
    (6, "long_triple_press"),
    (0x80, "hold_press"),
    (0x81, "hold_release"),
];
const DIMMER: &[(u8, &str)] = &[(1, "rotate_left"), (2, "rotate_right")];
const COMMAND: &[(u8, &str)] = &[
    (0, "off"),
    (1, "on"),
    (2, "toggle"),
    (3, "step_up"),
    (4, "step_down"),
];

impl Object<'_> {
    /// Puts what it says; `number` tells several of a kind apart.
    fn say(&self, number: Option<usize>, reading: &mut Reading) {
        let value = match (self.row.kind, self.wire) {
            (Kind::Firmware, _) => {
                reading.firmware = Some(version(self.data));
                return;
            }
            (Kind::Silent, _) => return,
            (Kind::Button, _) => return self.act(BUTTON, number, reading),
            (Kind::Dimmer, _) => {
                self.act(DIMMER, number, reading);
                if let Some((1 | 2, [steps, ..])) = self.data.split_first().map(|(k, s)| (*k, s)) {
                    reading.put("steps", *steps);
                }
                return;
            }
            (Kind::Command, _) => {
                self.act(COMMAND, number, reading);
                if let Some((0..=4, args @ [_, ..])) = self.data.split_first().map(|(k, a)| (*k, a))
                {
                    reading.put("args", to_hex(args));
                }
                return;
            }
            (_, Some(wire)) => self.written(wire),
            (Kind::Unsigned(factor, digits), None) => self.scaled(false, factor, digits),
            (Kind::Signed(factor, digits), None) => self.scaled(true, factor, digits),
            (Kind::Coarse, None) => self.data.first().map(|byte| {
                let steps = i8::from_le_bytes([*byte]);
                decimal::rounded(f64::from(steps) * 0.35, 1).into()
            }),
            (Kind::Flag, None) => Some(Value::Bool(self.data.iter().any(|b| *b != 0))),
            (Kind::Text, None) => self.written(Wire::Text),
            (Kind::Raw, None) => self.written(Wire::Raw),
            (Kind::Time, None) => self.written(Wire::Time),
        };
        if let Some(value) = value {
            let property = match number {
                None => Cow::Borrowed(self.row.property),
                Some(number) => format!("{}_{number}", self.row.property).into(),
            };
            reading.changes.push((property, value));
        }
    }

    /// An action, if the first byte is one: `button_press`, `button_2_press`.
    fn act(&self, names: &[(u8, &str)], number: Option<usize>, reading: &mut Reading) {
        let code = self.data.first().copied().unwrap_or(0);
        if let Some((_, name)) = names.iter().find(|(known, _)| *known == code) {
            let mut action = self.row.property.to_owned();
            if let Some(number) = number {
                let _ = write!(action, "_{number}");
            }
            let _ = write!(action, "_{name}");
            reading.put("action", action);
        }
    }

    /// A value as version 1 writes it.
    fn written(&self, wire: Wire) -> Option<Value> {
        let (factor, digits) = match self.row.kind {
            Kind::Unsigned(factor, digits) | Kind::Signed(factor, digits) => (factor, digits),
            _ => (1.0, 0),
        };
        let value = match wire {
            Wire::Unsigned => self.scaled(false, factor, digits),
            Wire::Signed => self.scaled(true, factor, digits),
            Wire::Float => {
                let number = float(self.data)?;
                number
                    .is_finite()
                    .then(|| Value::rounded(number * factor, digits))
            }
            Wire::Text => std::str::from_utf8(self.data)
                .ok()
                .map(|text| Value::from(text.to_owned())),
            Wire::Raw => Some(to_hex(self.data).into()),
            Wire::Time => {
                let bytes = <[u8; 4]>::try_from(self.data).ok()?;
                Some(instant::iso(u32::from_le_bytes(bytes)).into())
            }
        }?;
        match (self.row.kind, &value) {
            (Kind::Flag, Value::Number(number)) => Some(Value::Bool(*number != 0.0)),
            _ => Some(value),
        }
    }

    /// A number of up to eight bytes.
    #[expect(clippy::cast_precision_loss)] // numbers of the home are floats
    fn scaled(&self, signed: bool, factor: f64, digits: i32) -> Option<Value> {
        let mut bytes = [0; 8];
        let place = bytes.get_mut(..self.data.len())?;
        place.copy_from_slice(self.data);
        let number = u64::from_le_bytes(bytes);
        let unused = 64 - 8 * self.data.len();
        let number = if signed {
            #[expect(clippy::cast_possible_wrap)] // two's complement
            let number = (number << unused) as i64 >> unused;
            number as f64
        } else {
            number as f64
        };
        Some(Value::rounded(number * factor, digits))
    }
}

/// A floating-point number of 2, 4 or 8 bytes.
fn float(data: &[u8]) -> Option<f64> {
    match *data {
        [a, b] => Some(half(u16::from_le_bytes([a, b]))),
        [a, b, c, d] => Some(f32::from_le_bytes([a, b, c, d]).into()),
        _ => <[u8; 8]>::try_from(data).ok().map(f64::from_le_bytes),
    }
}

/// IEEE 754 binary16: sign 1, exponent 5, fraction 10.
fn half(bits: u16) -> f64 {
    let (exponent, fraction) = (bits >> 10 & 0x1f, f64::from(bits & 0x3ff) / 1024.0);
    let size = match exponent {
        0 => fraction * 2f64.powi(-14),
        0x1f if fraction == 0.0 => f64::INFINITY,
        0x1f => f64::NAN,
        _ => (1.0 + fraction) * 2f64.powi(i32::from(exponent) - 15),
    };
    if bits & 0x8000 == 0 { size } else { -size }
}

/// `4.2.1.0` of the bytes 0, 1, 2, 4.
fn version(data: &[u8]) -> String {
    let parts: Vec<String> = data.iter().rev().map(ToString::to_string).collect();
    parts.join(".")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn halves_are_numbers() {
        assert_eq!(half(0x3c00), 1.0);
        assert_eq!(half(0xc000), -2.0);
        assert_eq!(half(0x0001), 2f64.powi(-24));
        assert_eq!(half(0x7bff), 65504.0);
        assert!(half(0x7e00).is_nan());
    }
}
