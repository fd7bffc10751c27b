//! Reading one object: its bytes, its product, and the ways values are put into words.

use nom::IResult;
use nom::bytes::complete::take;

use crate::ble::formats::decimal;
use crate::{Changes, Value};

/// One object of a frame.
pub(super) struct Object<'a> {
    /// Its bytes, of a length its row allows.
    pub(super) data: &'a [u8],
    /// The model of the product that sends it; empty when unknown.
    pub(super) model: &'static str,
    /// What it says.
    pub(super) changes: &'a mut Changes,
}

impl Object<'_> {
    /// The unsigned little-endian number of up to four bytes at `at`.
    pub(super) fn unsigned(&self, at: usize, width: usize) -> u32 {
        let field: IResult<&[u8], &[u8]> = take(width)(self.data.get(at..).unwrap_or(&[]));
        field.map_or(0, |(_, bytes)| {
            bytes
                .iter()
                .rev()
                .fold(0, |n, byte| n << 8 | u32::from(*byte))
        })
    }

    /// All of it as one unsigned number.
    pub(super) fn whole(&self) -> u32 {
        self.unsigned(0, self.data.len())
    }

    /// The first byte; 0 for an empty object.
    pub(super) fn first(&self) -> u8 {
        self.data.first().copied().unwrap_or(0)
    }

    /// The signed little-endian number of two bytes at `at`.
    #[expect(clippy::cast_possible_truncation, clippy::cast_possible_wrap)] // two's complement
    pub(super) fn signed(&self, at: usize) -> i16 {
        self.unsigned(at, 2) as u16 as i16
    }

    /// The floating-point number it is.
    pub(super) fn float(&self) -> f64 {
        f64::from(f32::from_bits(self.unsigned(0, 4)))
    }

    /// Says something.
    pub(super) fn put(&mut self, property: &'static str, value: impl Into<Value>) {
        self.changes.push((property.into(), value.into()));
    }

    /// Says a floating-point number, where it is one.
    pub(super) fn put_float(&mut self, property: &'static str, digits: usize) {
        let number = self.float();
        if number.is_finite() {
            self.put(property, decimal::rounded(number, digits));
        }
    }

    /// Says a battery's level, and the voltage that goes with it at the given empty and full.
    pub(super) fn put_battery(&mut self, empty: f64, full: f64) {
        let percent = self.first();
        self.put("battery", percent);
        let voltage = empty + (full - empty) * f64::from(percent) / 100.0;
        self.put("voltage", Value::rounded(voltage, 3));
    }
}

/// What reads an object.
pub(super) type Read = fn(&mut Object<'_>);

/// `|o|` put the number, divided.
macro_rules! number {
    ($property:literal) => {
        |o| o.put($property, o.whole())
    };
    ($property:literal, /$divisor:literal) => {
        |o| o.put($property, f64::from(o.whole()) / f64::from($divisor))
    };
}

macro_rules! signed {
    ($property:literal, /$divisor:literal) => {
        |o| o.put($property, f64::from(o.signed(0)) / f64::from($divisor))
    };
}

macro_rules! float {
    ($property:literal, $digits:literal) => {
        |o| o.put_float($property, $digits)
    };
}

/// A flag, true for a first byte that is `$pattern`.
macro_rules! flag {
    ($property:literal, $pattern:pat) => {
        |o| o.put($property, matches!(o.first(), $pattern))
    };
}

pub(super) use {flag, float, number, signed};
