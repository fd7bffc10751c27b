//! R. W. Beckett's oil and gas burner controls (company 0x061A), as their app for technicians
//! hears them.
//!
//! Each byte is masked with the two before it: `clear[i] = b[i+2] ^ (b[i] + i + 2) ^ b[i+1]`. Then:
//!
//! ```text
//! product u16be (top bit: boot loader) | device u16be | state u16be | end of last cycle u16be
//! cycles u16be | … | serial u32be at 16 | … | connectable u8 (0: yes) | version u8
//! ```

use nom::bytes::complete::take;
use nom::number::complete::be_u16;

use super::fields::take_field;
use super::layout::product;
use super::{Claim, Format, Heard};
use crate::ble::{DecodeError, Reading};

pub(super) static FORMAT: Format = Format {
    claims: &[Claim::Company(0x061a)],
    read,
};

const BOOT_LOADER: u16 = 0x8000;
/// The one product whose state is known.
const GENISYS_7505: u16 = 3;

static PRODUCTS: &[(u16, &str)] = &[
    (0, "Unknown"),
    (1, "Genisys75xx"),
    (2, "Iot7653"),
    (GENISYS_7505, "Genisys7505"),
    (4, "Iot7652"),
    (5, "GenisysGas"),
];
static DEVICES: &[(u16, &str)] = &[
    (0, "Genisys_7505_7575"),
    (64, "Genisys_7556"),
    (96, "Genisys_7559"),
    (128, "Genisys_7580"),
];
static STATES: &[(u16, &str)] = &[
    (1, "Standby"),
    (2, "MotorRelayTest"),
    (3, "Prepurge"),
    (4, "TFI"),
    (5, "CarryOver"),
    (6, "Run"),
    (7, "PostPurge"),
    (8, "Recycle"),
    (9, "Lockout"),
    (10, "PumpPrime"),
    (11, "MotorRelayFeedbackTest"),
    (12, "NoIgnitionPrePurge"),
];
/// By the lowest three bits; 3 sends us to [`FLAME_FAULTS`].
static ENDS: [&str; 8] = [
    "NoEndCauseReported",
    "CFHEnded",
    "FlameLoss",
    "",
    "PumpPrime",
    "ManualShutdown",
    "LowVoltage",
    "NoEndCauseReported",
];
/// By the next two bits.
static FLAME_FAULTS: [&str; 4] = [
    "DidNotLight",
    "FlameLoss",
    "FlameEndOfPretime",
    "RelayFailure",
];

fn name(table: &[(u16, &'static str)], code: u16) -> Option<&'static str> {
    table
        .iter()
        .find(|(c, _)| *c == code)
        .map(|(_, name)| *name)
}

fn end_of_cycle(code: u16) -> &'static str {
    match ENDS[usize::from(code & 7)] {
        "" => FLAME_FAULTS[usize::from(code >> 3 & 3)],
        end => end,
    }
}

fn unmask(data: &[u8]) -> Vec<u8> {
    data.windows(3)
        .zip(2u8..)
        .map(|(bytes, at)| match bytes {
            [a, b, c] => c ^ a.wrapping_add(at) ^ b,
            _ => 0,
        })
        .collect()
}

fn read(heard: &mut Heard<'_>) -> Result<Reading, DecodeError> {
    // An advert holds at most 255 bytes, so `at` above never overflows.
    let clear = unmask(
        heard
            .data
            .get(..heard.data.len().min(64))
            .unwrap_or_default(),
    );
    let mut rest = clear.as_slice();
    let rest = &mut rest;
    let key = take_field(rest, "product", be_u16)?;
    let device = take_field(rest, "device", be_u16)?;
    let [.., connectable, version] = clear.as_slice() else {
        return Err(DecodeError::Truncated("version"));
    };
    let model =
        name(PRODUCTS, key & !BOOT_LOADER).ok_or(DecodeError::Unsupported("burner control"))?;
    let device = name(DEVICES, device).ok_or(DecodeError::Unsupported("burner control"))?;

    let mut reading = product("beckett", "R. W. Beckett", model);
    reading.put("burner_product", model);
    reading.put("burner_device", device);
    if key & !BOOT_LOADER == GENISYS_7505 {
        let state = take_field(rest, "state", be_u16)?;
        let end = take_field(rest, "end of last cycle", be_u16)?;
        let cycles = take_field(rest, "cycles", be_u16)?;
        let state = name(STATES, state).ok_or(DecodeError::Invalid("state"))?;
        reading.put("burner_state", state);
        reading.put("burner_last_end_cause", end_of_cycle(end));
        reading.put("burner_cycle_count", cycles);
    }
    if *version == 1 {
        let mut tail = clear.as_slice();
        if let Ok([a, b, c, d]) = take_field(&mut tail, "serial", |data| {
            let (data, _) = take(16usize)(data)?;
            let (data, serial) = take(4usize)(data)?;
            Ok((data, <[u8; 4]>::try_from(serial).unwrap_or_default()))
        }) {
            reading.put("burner_serial", u32::from_be_bytes([a, b, c, d]));
        }
    }
    reading.put("burner_is_bootloader", key & BOOT_LOADER != 0);
    reading.put("burner_connectable", *connectable == 0);
    reading.put("burner_advertisement_version", *version);
    Ok(reading)
}

#[cfg(test)]
mod tests {
    use crate::ble::formats::transcript::{refused, says};

    #[test]
    fn a_burner_stands_by() {
        says(
            "#061a:06ccc408c0cd0bdecd2bb3da6582f160611063411b615029",
            "Genisys7505",
            "burner_advertisement_version 1, burner_connectable true, burner_cycle_count 20319, \
             burner_device Genisys_7505_7575, burner_is_bootloader false, \
             burner_last_end_cause CFHEnded, burner_product Genisys7505, burner_serial 77100, \
             burner_state Standby",
        );
        refused("#061a:06ccc4");
        refused("#061a:000000000000000000000000000000000000000000000000");
    }
}
