//! Oral-B toothbrushes (company 00DC).
//!
//! ```text
//! protocol | model | version | state | pressure | minutes | seconds | mode | sector
//!   [ | sector timer | number of sectors ]
//! ```
//!
//! Pressure is a bit field: bit 3 the power button, bit 2 the other one, bit 7 too hard. A sector
//! of 7 is the last one. What is not in the tables is told by its number.

use super::fields::Fields;
use super::{Claim, Format, Heard};
use crate::Value;
use crate::ble::{DecodeError, Reading};

const COMPANY: u16 = 0x00dc;

pub(super) static FORMAT: Format = Format {
    claims: &[Claim::Company(COMPANY)],
    read,
};

type Names = &'static [(u8, &'static str)];

static SMART_MODES: Names = &[
    (0, "off"),
    (1, "daily clean"),
    (2, "sensitive"),
    (3, "massage"),
    (4, "whitening"),
    (5, "deep clean"),
    (6, "tongue cleaning"),
    (7, "turbo"),
    (255, "unknown"),
];

static IO_MODES: Names = &[
    (0, "daily clean"),
    (1, "sensitive"),
    (2, "gum care"),
    (3, "whiten"),
    (4, "intense"),
    (5, "super sensitive"),
    (6, "tongue cleaning"),
    (8, "settings"),
    (9, "off"),
    (11, "smart adapt"),
];

const RUNNING: u8 = 3;

static STATES: Names = &[
    (0, "unknown"),
    (1, "initializing"),
    (2, "idle"),
    (RUNNING, "running"),
    (4, "charging"),
    (5, "setup"),
    (6, "flight menu"),
    (8, "selection menu"),
    (9, "off"),
    (10, "post brushing statistics"),
    (113, "final test"),
    (114, "pcb test"),
    (115, "sleeping"),
    (116, "transport"),
];

/// Model numbers from … to, their name, their modes.
static MODELS: &[(u8, u8, &str, Names)] = &[
    (0, 2, "Triumph D36", SMART_MODES),
    (32, 34, "Genius Series D701", SMART_MODES),
    (39, 41, "Smart Series D700", SMART_MODES),
    (48, 50, "IO Series", IO_MODES),
    (52, 52, "IO Series 4", IO_MODES),
    (53, 53, "IO Series 5", IO_MODES),
    (54, 54, "IO Series", IO_MODES),
    (64, 70, "Smart Series D21", SMART_MODES),
    (80, 87, "Pro Series D601", SMART_MODES),
    (112, 114, "Genius X D706", SMART_MODES),
    (117, 119, "Genius X D706", SMART_MODES),
];

fn named(names: Names, number: u8, what: &str) -> Value {
    names
        .iter()
        .find(|(known, _)| *known == number)
        .map_or_else(
            || format!("unknown {what} {number}").into(),
            |(_, name)| (*name).into(),
        )
}

const fn pressure(flags: u8) -> &'static str {
    if flags & 8 != 0 {
        "power button pressed"
    } else if flags & 4 != 0 {
        "button pressed"
    } else if flags & 0x80 != 0 {
        "high"
    } else {
        "normal"
    }
}

/// The sector's name; its upper bits are about the display.
fn sector(state: u8, sector: u8, sectors: Option<u8>) -> Value {
    const LAST: u8 = 7;
    const USUAL: u8 = 4;
    let number = match sector & LAST {
        // Besides, the last one stays there after brushing.
        _ if state != RUNNING => 0,
        LAST => match sectors.map_or(0, |count| count & LAST) {
            0 => USUAL,
            count => count,
        },
        number => number,
    };
    match number {
        0 => "no sector".into(),
        number => format!("sector {number}").into(),
    }
}

fn read(heard: &mut Heard<'_>) -> Result<Reading, DecodeError> {
    if !matches!(heard.data.len(), 9 | 11) {
        return Err(DecodeError::Invalid("length"));
    }
    let mut fields = Fields(heard.data);
    fields.skip("protocol", 1)?;
    let model = fields.u8("model")?;
    fields.skip("version", 1)?;
    let state = fields.u8("state")?;
    let flags = fields.u8("pressure")?;
    let seconds = u16::from(fields.u8("minutes")?) * 60 + u16::from(fields.u8("seconds")?);
    let mode = fields.u8("mode")?;
    let at = fields.u8("sector")?;
    let (timer, sectors) = (fields.u8("timer").ok(), fields.u8("sectors").ok());
    let row = MODELS
        .iter()
        .find(|(from, to, ..)| (*from..=*to).contains(&model));
    let modes = row.map_or(SMART_MODES, |(.., modes)| modes);
    let mut reading = Reading {
        model: row.map(|(_, _, name, _)| *name),
        vendor: Some("Oral-B"),
        ..Reading::of("oralb")
    };
    reading.put("toothbrush_state", named(STATES, state, "state"));
    reading.put("brushing", state == RUNNING);
    reading.put("time", seconds);
    reading.put("mode", named(modes, mode, "mode"));
    reading.put("pressure", pressure(flags));
    reading.put("sector", sector(state, at, sectors));
    if let (Some(timer), Some(sectors)) = (timer, sectors) {
        reading.put("sector_timer", timer);
        reading.put("number_of_sectors", sectors);
    }
    Ok(reading)
}

#[cfg(test)]
mod tests {
    use super::super::tests::{change, maker};
    use super::*;
    use crate::ble::decode;

    fn hear(hex: &str) -> Reading {
        decode(&maker(COMPANY, hex), None).unwrap()
    }

    #[test]
    fn one_brushes() {
        let reading = hear("06326e0352011400050006");
        assert_eq!(reading.model, Some("IO Series"));
        assert_eq!(change(&reading, "toothbrush_state"), "running".into());
        assert_eq!(change(&reading, "brushing"), true.into());
        assert_eq!(change(&reading, "time"), 80u8.into());
        assert_eq!(change(&reading, "sector"), "sector 5".into());
        assert_eq!(change(&reading, "number_of_sectors"), 6u8.into());
    }

    #[test]
    fn at_rest_there_is_no_sector() {
        let reading = hear("03210c0230000601011404");
        assert_eq!(reading.model, Some("Genius Series D701"));
        assert_eq!(change(&reading, "sector"), "no sector".into());
        assert_eq!(change(&reading, "mode"), "daily clean".into());
    }

    #[test]
    fn buttons_come_before_pressure() {
        for (flags, meant) in [
            ("78", "power button pressed"),
            ("b6", "button pressed"),
            ("b2", "high"),
            ("72", "normal"),
        ] {
            let reading = hear(&format!("06313203{flags}020300020006"));
            assert_eq!(change(&reading, "pressure"), meant.into());
        }
    }

    #[test]
    fn the_last_sector_has_the_number_of_sectors() {
        let reading = hear("06326e0352011400070006");
        assert_eq!(change(&reading, "sector"), "sector 6".into());
        let short = hear("06326e035201140007");
        assert_eq!(change(&short, "sector"), "sector 4".into());
        assert_eq!(change(&short, "number_of_sectors"), Value::Null);
    }

    #[test]
    fn the_unknown_is_told_by_number() {
        let reading = hear("06326e4d52011400050006");
        let state = Value::from("unknown state 77".to_owned());
        assert_eq!(change(&reading, "toothbrush_state"), state);
        assert!(decode(&maker(COMPANY, "06326e4d520114000500"), None).is_err());
    }
}
