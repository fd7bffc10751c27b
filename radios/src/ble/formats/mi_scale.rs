//! Mi Scale and Mi Body Composition Scale (service data 0x181D and 0x181B).
//!
//! ```text
//! 181D, 10 bytes: flags u8 | weight u16le | year u16le, month, day, hour, minute, second
//! 181B, 13 bytes: unit u8 | flags u8 | year … second | impedance u16le Ω | weight u16le
//! ```
//!
//! Weights are in units of 5 g, or of a hundredth of a pound or of a jin. Half of what is said is
//! still moving: `weight` is only what has settled while somebody stands there.

use std::time::Duration;

use nom::Parser;
use nom::number::complete::le_u16;

use super::fields::take_field;
use super::layout::{exactly, product, rounded};
use super::{Claim, Format, Heard};
use crate::ble::{DecodeError, Reading};

const WEIGHT_SCALE: u16 = 0x181d;
const BODY_COMPOSITION: u16 = 0x181b;

pub(super) static FORMAT: Format = Format {
    claims: &[
        Claim::Service(WEIGHT_SCALE),
        Claim::Service(BODY_COMPOSITION),
    ],
    read,
};

/// The frame tells the second, so that the same bytes are the same weighing, however late.
const REPEAT_WITHIN: Duration = Duration::from_secs(24 * 3600);

const STABLE: u8 = 1 << 5;
const REMOVED: u8 = 1 << 7;

/// What a unit of the scale weighs in kg.
const KILOGRAM: f64 = 0.005;
const POUND: f64 = 0.004_535_923_7;
const JIN: f64 = 0.005;

fn read(heard: &mut Heard<'_>) -> Result<Reading, DecodeError> {
    let measured = if heard.id == WEIGHT_SCALE {
        weight_scale(exactly(heard.data, 10)?)?
    } else {
        body_composition(exactly(heard.data, 13)?)?
    };
    let mut reading = product("mi_scale", "Xiaomi", measured.model);
    let removed = measured.flags & REMOVED != 0;
    let settled = measured.flags & STABLE != 0 && !removed && measured.weight > 0.0;
    let weight = rounded(measured.weight, 3);
    reading.put("weight_non_stabilized", weight);
    reading.put("stabilized", settled);
    reading.put("weight_removed", removed);
    if settled {
        reading.put("weight", weight);
        if let Some(impedance) = measured.impedance {
            reading.put("impedance", impedance);
        }
    }
    let repeats = heard
        .memory
        .repeats_bytes(heard.id, heard.data, REPEAT_WITHIN, heard.now);
    reading.news = !repeats;
    Ok(reading)
}

struct Measured {
    model: &'static str,
    flags: u8,
    /// In kg.
    weight: f64,
    /// In ohms, where it was measured.
    impedance: Option<u16>,
}

fn weight_scale(mut data: &[u8]) -> Result<Measured, DecodeError> {
    let flags = take_field(&mut data, "flags", nom::number::complete::le_u8)?;
    let weight = take_field(&mut data, "weight", le_u16)?;
    let unit = match (flags & 1, flags & 1 << 4) {
        (0, 0) => KILOGRAM,
        // The jin's bit wins where both are set.
        (_, 0) => POUND,
        _ => JIN,
    };
    Ok(Measured {
        model: "XMTZC01HM/XMTZC04HM",
        flags,
        weight: f64::from(weight) * unit,
        impedance: None,
    })
}

fn body_composition(mut data: &[u8]) -> Result<Measured, DecodeError> {
    let mut byte = |name| take_field(&mut data, name, nom::number::complete::le_u8);
    let (units, flags) = (byte("unit")?, byte("flags")?);
    let mut tail = data.get(7..).unwrap_or_default();
    let numbers = (le_u16, le_u16).map(|both| both);
    let (impedance, weight) = take_field(&mut tail, "impedance", numbers)?;
    let unit = match (units & 1, flags & 1 << 6) {
        (0, 0) => KILOGRAM,
        (_, 0) => POUND,
        _ => JIN,
    };
    Ok(Measured {
        model: "XMTZC02HM/XMTZC05HM/NUN4049CN",
        flags,
        weight: f64::from(weight) * unit,
        impedance: (flags & 2 != 0).then_some(impedance),
    })
}

#[cfg(test)]
mod tests {
    use crate::ble::DecodeError;
    use crate::ble::formats::transcript::said;

    #[test]
    fn a_weight_that_settled() {
        assert_eq!(
            said("181d:229e43e507040b101301"),
            Ok(
                "stabilized true, weight 86.55, weight_non_stabilized 86.55, weight_removed false"
                    .into()
            )
        );
        assert_eq!(
            said("181b:0226b20705040f0201ac018642"),
            Ok("impedance 428, stabilized true, weight 85.15, weight_non_stabilized 85.15, weight_removed false".into())
        );
    }

    #[test]
    fn one_that_has_not_and_one_that_stepped_off() {
        assert_eq!(
            said("181b:0204b207010112101a0000a852"),
            Ok("stabilized false, weight_non_stabilized 105.8, weight_removed false".into())
        );
        assert_eq!(
            said("181d:a22044b20701010a1a15"),
            Ok("stabilized false, weight_non_stabilized 87.2, weight_removed true".into())
        );
    }

    #[test]
    fn pounds_and_jin_are_kilograms() {
        // 180.5 lb and 180.5 jin.
        assert_eq!(
            said("181d:218246e507040b101301"),
            Ok("stabilized true, weight 81.873, weight_non_stabilized 81.873, weight_removed false".into())
        );
        assert_eq!(
            said("181d:308246e507040b101301"),
            Ok(
                "stabilized true, weight 90.25, weight_non_stabilized 90.25, weight_removed false"
                    .into()
            )
        );
        assert_eq!(said("181d:00"), Err(DecodeError::Unknown));
    }
}
