//! A value as the file or the environment holds it, before its key says what it should be.

use std::fmt;

/// A value without a meaning yet.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Raw {
    Text(String),
    Integer(i64),
    Float(f64),
    Boolean(bool),
    List(Vec<Raw>),
    /// From the environment or UCI: text that may also stand for a number or a boolean.
    Environment(String),
    /// A table, a date: nothing that any key expects.
    Other(&'static str),
}

impl Raw {
    pub(super) fn text(&self) -> Option<&str> {
        match self {
            Self::Text(text) | Self::Environment(text) => Some(text),
            _ => None,
        }
    }

    pub(super) fn integer(&self) -> Option<i64> {
        match self {
            Self::Integer(number) => Some(*number),
            Self::Environment(text) => text.trim().parse().ok(),
            _ => None,
        }
    }

    pub(super) fn boolean(&self) -> Option<bool> {
        match self {
            Self::Boolean(truth) => Some(*truth),
            Self::Environment(text) => match text.trim() {
                "true" | "1" | "yes" | "on" | "enabled" => Some(true),
                "false" | "0" | "no" | "off" | "disabled" => Some(false),
                _ => None,
            },
            _ => None,
        }
    }

    /// Bytes: a list of numbers, or hexadecimal digits with or without `0x`.
    pub(super) fn bytes<const N: usize>(&self) -> Option<[u8; N]> {
        let mut bytes = [0u8; N];
        match self {
            Self::List(items) if items.len() == N => {
                for (byte, item) in bytes.iter_mut().zip(items) {
                    *byte = u8::try_from(item.integer()?).ok()?;
                }
                Some(bytes)
            }
            Self::Text(text) | Self::Environment(text) => {
                let text = text.trim();
                let digits = text.strip_prefix("0x").unwrap_or(text);
                if digits.len() != 2 * N || !digits.bytes().all(|b| b.is_ascii_hexdigit()) {
                    return None;
                }
                for (byte, pair) in bytes.iter_mut().zip(digits.as_bytes().chunks_exact(2)) {
                    *byte = u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok()?;
                }
                Some(bytes)
            }
            _ => None,
        }
    }

    /// A number, or hexadecimal digits after `0x`.
    pub(super) fn number_or_hex(&self) -> Option<u64> {
        match self {
            Self::Integer(number) => u64::try_from(*number).ok(),
            Self::Text(text) | Self::Environment(text) => {
                let text = text.trim();
                match text.strip_prefix("0x") {
                    Some(digits) if digits.bytes().all(|b| b.is_ascii_hexdigit()) => {
                        u64::from_str_radix(digits, 16).ok()
                    }
                    Some(_) => None,
                    None => text.parse().ok(),
                }
            }
            _ => None,
        }
    }
}

impl fmt::Display for Raw {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text(text) | Self::Environment(text) => {
                let short: String = text.chars().take(60).collect();
                write!(f, "{short:?}")
            }
            Self::Integer(number) => write!(f, "{number}"),
            Self::Float(number) => write!(f, "{number}"),
            Self::Boolean(truth) => write!(f, "{truth}"),
            Self::List(items) => write!(f, "a list of {}", items.len()),
            Self::Other(what) => f.write_str(what),
        }
    }
}
