//! Property values, in the vocabulary dashboards already speak (zigbee2mqtt's names and units).
//!
//! A [`Value`] is what one property holds; it serialises to the JSON a dashboard expects: whole
//! numbers without a fraction, `ON`/`OFF` as text, `color` as an object.

use std::borrow::Cow;
use std::fmt;

use serde::de::{MapAccess, SeqAccess, Visitor};
use serde::ser::{SerializeMap, SerializeSeq};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A property's name: `temperature`, `state_left`, `color_temp`. Mostly from a table, so borrowed.
pub type Property = Cow<'static, str>;

/// Properties and their new values, in the order they were found.
pub type Changes = Vec<(Property, Value)>;

/// The value of a property.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// Nothing known.
    Null,
    /// `contact`, `occupancy`, …
    Bool(bool),
    /// Any number; printed without a fraction when it has none.
    Number(f64),
    /// `ON`, `OFF`, enumerations, text.
    Text(Cow<'static, str>),
    /// Several values.
    List(Vec<Value>),
    /// Composite values such as `color` = `{x, y}`.
    Object(Vec<(Property, Value)>),
}

impl Value {
    /// The number in it, also from a numeric text (dashboards send both).
    #[must_use]
    pub fn as_f64(&self) -> Option<f64> {
        match self {
            Self::Number(n) => Some(*n),
            Self::Text(t) => t.trim().parse().ok().filter(|n: &f64| n.is_finite()),
            _ => None,
        }
    }

    /// The text in it.
    #[must_use]
    pub fn as_str(&self) -> Option<&str> {
        match self {
            Self::Text(t) => Some(t),
            _ => None,
        }
    }

    /// The boolean in it.
    #[must_use]
    pub const fn as_bool(&self) -> Option<bool> {
        match self {
            Self::Bool(b) => Some(*b),
            _ => None,
        }
    }

    /// The member `key` of an object.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&Self> {
        match self {
            Self::Object(members) => members.iter().find(|(k, _)| k == key).map(|(_, v)| v),
            _ => None,
        }
    }

    /// A number rounded to `digits` decimals, halves away from zero.
    #[must_use]
    pub fn rounded(number: f64, digits: i32) -> Self {
        let scale = 10f64.powi(digits);
        Self::Number((number * scale).round() / scale)
    }
}

impl From<bool> for Value {
    fn from(b: bool) -> Self {
        Self::Bool(b)
    }
}

impl From<&'static str> for Value {
    fn from(t: &'static str) -> Self {
        Self::Text(Cow::Borrowed(t))
    }
}

impl From<String> for Value {
    fn from(t: String) -> Self {
        Self::Text(Cow::Owned(t))
    }
}

macro_rules! from_number {
    ($($n:ty),*) => {$(
        impl From<$n> for Value {
            fn from(n: $n) -> Self {
                Self::Number(f64::from(n))
            }
        }
    )*};
}

from_number!(u8, i8, u16, i16, u32, i32, f32, f64);

/// 2^53: beyond it a float no longer holds every whole number.
const WHOLE: f64 = 9_007_199_254_740_992.0;

impl Serialize for Value {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Null => serializer.serialize_unit(),
            Self::Bool(b) => serializer.serialize_bool(*b),
            #[expect(clippy::cast_possible_truncation)] // whole and within ±2^53, checked here
            Self::Number(n) if n.fract() == 0.0 && n.abs() <= WHOLE => {
                serializer.serialize_i64(*n as i64)
            }
            Self::Number(n) => serializer.serialize_f64(*n),
            Self::Text(t) => serializer.serialize_str(t),
            Self::List(items) => {
                let mut seq = serializer.serialize_seq(Some(items.len()))?;
                for item in items {
                    seq.serialize_element(item)?;
                }
                seq.end()
            }
            Self::Object(members) => {
                let mut map = serializer.serialize_map(Some(members.len()))?;
                for (key, value) in members {
                    map.serialize_entry(key, value)?;
                }
                map.end()
            }
        }
    }
}

impl<'de> Deserialize<'de> for Value {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(ValueVisitor)
    }
}

struct ValueVisitor;

impl<'de> Visitor<'de> for ValueVisitor {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a property value")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, b: bool) -> Result<Value, E> {
        Ok(Value::Bool(b))
    }

    #[expect(clippy::cast_precision_loss)] // JSON numbers are floats to every reader of ours
    fn visit_i64<E>(self, n: i64) -> Result<Value, E> {
        Ok(Value::Number(n as f64))
    }

    #[expect(clippy::cast_precision_loss)]
    fn visit_u64<E>(self, n: u64) -> Result<Value, E> {
        Ok(Value::Number(n as f64))
    }

    fn visit_f64<E>(self, n: f64) -> Result<Value, E> {
        Ok(Value::Number(n))
    }

    fn visit_str<E>(self, t: &str) -> Result<Value, E> {
        Ok(Value::Text(Cow::Owned(t.to_owned())))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Value, A::Error> {
        let mut items = Vec::new();
        while let Some(item) = seq.next_element()? {
            items.push(item);
        }
        Ok(Value::List(items))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Value, A::Error> {
        let mut members = Vec::new();
        while let Some((key, value)) = map.next_entry::<String, Value>()? {
            members.push((Cow::Owned(key), value));
        }
        Ok(Value::Object(members))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whole_numbers_print_without_a_fraction() {
        let value = Value::Object(vec![
            ("brightness".into(), 120u8.into()),
            ("temperature".into(), Value::rounded(23.456, 2)),
            ("state".into(), "ON".into()),
        ]);
        let json = serde_json::to_string(&value).unwrap();
        assert_eq!(
            json,
            r#"{"brightness":120,"temperature":23.46,"state":"ON"}"#
        );
        assert_eq!(serde_json::from_str::<Value>(&json).unwrap(), value);
    }
}
