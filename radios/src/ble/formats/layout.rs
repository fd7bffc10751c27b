//! Layouts of fixed fields, as tables: for the many formats that are a handful of numbers in a row.
//!
//! The contract: a layout is read from the front, bytes behind it are left alone; a field that is
//! cut off is named in the error. A meaning that gives NaN says that nothing was measured: the
//! property is left out.

use nom::bytes::complete::take;
use nom::number::complete::{be_i16, be_u16, be_u24, le_f32, le_i16, le_u16, le_u32, u8 as any_u8};
use nom::{IResult, Parser};

use super::fields::take_field;
use crate::Value;
use crate::ble::{DecodeError, Reading};

/// One field of a layout.
pub(super) struct Field {
    /// The property it gives; the name in errors, too.
    property: &'static str,
    wire: Wire,
    meaning: fn(f64) -> f64,
}

/// How a number is written. The suffix tells the byte order.
#[derive(Clone, Copy)]
pub(super) enum Wire {
    U8,
    U16Le,
    I16Le,
    U16Be,
    I16Be,
    U24Be,
    U32Le,
    F32Le,
    /// Bytes that mean nothing to us.
    Skip(u8),
}

/// A field whose number is put through `meaning`.
pub(super) const fn field(property: &'static str, wire: Wire, meaning: fn(f64) -> f64) -> Field {
    Field {
        property,
        wire,
        meaning,
    }
}

/// Bytes between fields.
pub(super) const fn skip(bytes: u8) -> Field {
    field("padding", Wire::Skip(bytes), whole)
}

/// The number as it is.
pub(super) const fn whole(n: f64) -> f64 {
    n
}

/// Tenths.
pub(super) const fn tenths(n: f64) -> f64 {
    n / 10.0
}

/// Hundredths.
pub(super) const fn hundredths(n: f64) -> f64 {
    n / 100.0
}

/// Thousandths.
pub(super) const fn thousandths(n: f64) -> f64 {
    n / 1000.0
}

/// `n` rounded to `digits` decimals.
pub(super) fn rounded(n: f64, digits: i32) -> f64 {
    Value::rounded(n, digits).as_f64().unwrap_or(n)
}

fn number(data: &[u8], wire: Wire) -> IResult<&[u8], f64> {
    match wire {
        Wire::U8 => any_u8.map(f64::from).parse(data),
        Wire::U16Le => le_u16.map(f64::from).parse(data),
        Wire::I16Le => le_i16.map(f64::from).parse(data),
        Wire::U16Be => be_u16.map(f64::from).parse(data),
        Wire::I16Be => be_i16.map(f64::from).parse(data),
        Wire::U24Be => be_u24.map(f64::from).parse(data),
        Wire::U32Le => le_u32.map(f64::from).parse(data),
        Wire::F32Le => le_f32.map(f64::from).parse(data),
        Wire::Skip(bytes) => take(bytes).map(|_| f64::NAN).parse(data),
    }
}

/// Puts what `layout` finds in `data` into `reading`.
///
/// # Errors
/// Names the field that is cut off.
pub(super) fn put(
    reading: &mut Reading,
    layout: &[Field],
    mut data: &[u8],
) -> Result<(), DecodeError> {
    for field in layout {
        let number = take_field(&mut data, field.property, |data| number(data, field.wire))?;
        let value = (field.meaning)(number);
        // Infinities have no place in JSON either.
        if value.is_finite() {
            reading.put(field.property, value);
        }
    }
    Ok(())
}

/// `data`, if it has exactly `length` bytes; else it is some other format's.
///
/// # Errors
/// [`DecodeError::Unknown`].
pub(super) const fn exactly(data: &[u8], length: usize) -> Result<&[u8], DecodeError> {
    if data.len() == length {
        Ok(data)
    } else {
        Err(DecodeError::Unknown)
    }
}

/// An empty reading of a product.
pub(super) const fn product(
    format: &'static str,
    vendor: &'static str,
    model: &'static str,
) -> Reading {
    let mut reading = Reading::of(format);
    reading.vendor = Some(vendor);
    reading.model = Some(model);
    reading
}

#[cfg(test)]
mod tests {
    use super::*;

    static LAYOUT: &[Field] = &[
        field("temperature", Wire::I16Be, hundredths),
        skip(1),
        field(
            "humidity",
            Wire::U8,
            |n| if n > 100.0 { f64::NAN } else { n },
        ),
    ];

    fn read(data: &[u8]) -> Result<Vec<f64>, DecodeError> {
        let mut reading = Reading::of("test");
        put(&mut reading, LAYOUT, data)?;
        Ok(reading
            .changes
            .iter()
            .filter_map(|(_, v)| v.as_f64())
            .collect())
    }

    #[test]
    fn fields_come_in_order() {
        assert_eq!(read(&[0xff, 0x9c, 9, 40, 7]), Ok(vec![-1.0, 40.0]));
        assert_eq!(read(&[0xff, 0x9c, 9, 0xff]), Ok(vec![-1.0]));
    }

    #[test]
    fn the_field_that_is_cut_off_is_named() {
        assert_eq!(read(&[1]), Err(DecodeError::Truncated("temperature")));
        assert_eq!(read(&[1, 2]), Err(DecodeError::Truncated("padding")));
        assert_eq!(read(&[1, 2, 3]), Err(DecodeError::Truncated("humidity")));
    }
}
