//! Sonoff R5 and S-MATE battery remotes. They all advertise from address 66:55:44:33:22:11, as a list
//! of 32-bit service UUIDs (or as company 0xFFFF), a frame that is not for BLE at all:
//!
//! ```text
//! ff ff ee 1b | c8 78 f6 4a | model u8 | 1 | sequence u8 | remote 4 | seed u8 | masked:
//!     1 | button u8 | press u8 | presses u32be | …
//! ```
//!
//! A masked byte is XORed with the seed and with a table. BlueZ hands up the UUIDs in order, four
//! bytes each, and drops the two that are left over; they are a check sum.
//!
//! So all remotes around are one device: what tells them apart is the number of the remote at the end
//! of each action, `button_top_left_double_press_5ad50922`.

use std::time::Duration;

use super::layout::product;
use super::{Claim, Format, Heard};
use crate::Mac;
use crate::ble::{Advert, DecodeError, Reading, ServiceUuid};

pub(super) static FORMAT: Format = Format {
    claims: &[Claim::Shape(looks_like_it)],
    read,
};

const ADDRESS: Mac = Mac([0x66, 0x55, 0x44, 0x33, 0x22, 0x11]);
const ANY_COMPANY: u16 = 0xffff;
const REPEAT_WITHIN: Duration = Duration::from_secs(30);
/// Owner of this format's memory.
const MEMORY: u16 = 0xee1b;
/// Bytes up to the end of the number of presses.
const LENGTH: usize = 23;

static MASK: [u8; 7] = [0x0f, 0x39, 0xbe, 0x5f, 0x27, 0x05, 0xbe];

struct Remote {
    id: u8,
    model: &'static str,
    buttons: &'static [&'static str],
}

static REMOTES: &[Remote] = &[
    Remote {
        id: 0x46,
        model: "S-MATE",
        buttons: &[
            "three_btn_switch_left",
            "three_btn_switch_middle",
            "three_btn_switch_right",
        ],
    },
    Remote {
        id: 0x47,
        model: "R5",
        buttons: &[
            "six_btn_switch_top_left",
            "six_btn_switch_top_middle",
            "six_btn_switch_top_right",
            "six_btn_switch_bottom_left",
            "six_btn_switch_bottom_middle",
            "six_btn_switch_bottom_right",
        ],
    },
];

/// In the words of the wire, and in those of actions.
static PRESSES: [(&str, &str); 3] = [
    ("single press", "press"),
    ("double press", "double_press"),
    ("long press", "long_press"),
];

fn looks_like_it(advert: &Advert) -> bool {
    advert.address == ADDRESS
}

/// The frame, from wherever this host has put it.
fn frame(advert: &Advert) -> Option<[u8; LENGTH]> {
    let mut bytes = Vec::with_capacity(24);
    if let Some(data) = advert.maker(ANY_COMPANY) {
        bytes.extend([0xff, 0xff]);
        bytes.extend(data.iter().take(LENGTH));
    } else {
        for uuid in advert.services.iter().take(8) {
            // 32-bit UUIDs differ from the base in their first four bytes alone.
            let [a, b, c, d, ..] = uuid.0.to_be_bytes();
            let base = ServiceUuid(u128::from(u32::from_be_bytes([a, b, c, d])) << 96);
            if uuid.0 - base.0 == ServiceUuid::of(0).0 {
                bytes.extend([d, c, b, a]);
            }
        }
    }
    bytes.get(..LENGTH)?.try_into().ok()
}

fn read(heard: &mut Heard<'_>) -> Result<Reading, DecodeError> {
    let Some(frame) = frame(heard.advert) else {
        return Err(DecodeError::Unknown);
    };
    let [
        0xff,
        0xff,
        0xee,
        0x1b,
        _,
        _,
        _,
        _,
        model,
        _,
        _,
        r0,
        r1,
        r2,
        r3,
        seed,
        masked @ ..,
    ] = frame
    else {
        return Err(DecodeError::Unknown);
    };
    let mut clear = masked;
    for (byte, mask) in clear.iter_mut().zip(MASK) {
        *byte ^= seed ^ mask;
    }
    let [_, button, press, presses @ ..] = clear;
    let remote = REMOTES
        .iter()
        .find(|remote| remote.id == model)
        .ok_or(DecodeError::Unsupported("Sonoff remote"))?;
    let button = remote
        .buttons
        .get(usize::from(button))
        .ok_or(DecodeError::Invalid("button"))?;
    let (press, action) = PRESSES
        .get(usize::from(press))
        .ok_or(DecodeError::Invalid("press"))?;
    let mut reading = product("sonoff", "Sonoff", remote.model);
    reading.put(button, "toggle");
    reading.put("button_switch", *press);
    let owner = u32::from_be_bytes([r0, r1, r2, r3]);
    let place = button.split_once("_switch_").map_or("", |(_, place)| place);
    reading.put("action", format!("button_{place}_{action}_{owner:08x}"));
    // Every remote in the world has this one address: the number of presses alone would not do.
    let repeat = heard.memory.repeats(
        MEMORY,
        owner.rotate_left(16) ^ u32::from_be_bytes(presses),
        REPEAT_WITHIN,
        heard.now,
    );
    reading.news = !repeat;
    Ok(reading)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use crate::ble::formats::transcript::{advert, refused, says};
    use crate::ble::{Memory, decode_with};

    const BASE: &str = "0000-1000-8000-00805f9b34fb";

    fn uuids(digits: &[&str]) -> String {
        let uuids: Vec<String> = digits.iter().map(|d| format!("{d}-{BASE}")).collect();
        format!("66:55:44:33:22:11 {}", uuids.join(" "))
    }

    #[test]
    fn services_that_are_none() {
        for (services, model, expected) in [
            (
                [
                    "1beeffff", "4af678c8", "5a369047", "7b2209d5", "24c54274", "82e47d5c",
                ],
                "R5",
                "action button_top_left_press_5ad50922, button_switch single press, \
                 six_btn_switch_top_left toggle",
            ),
            (
                [
                    "1beeffff", "4af678c8", "5add9046", "4e1fe7d9", "11f07741", "b7ab4b69",
                ],
                "S-MATE",
                "action button_left_press_5ad9e71f, button_switch single press, \
                 three_btn_switch_left toggle",
            ),
        ] {
            says(&uuids(&services), model, expected);
        }
    }

    #[test]
    fn other_lists_of_services_are_no_remotes() {
        refused(&uuids(&["1beeffff", "4af678c8"]));
        refused("66:55:44:33:22:11 fe95");
    }

    #[test]
    fn as_a_makers_data_and_once() {
        let advert = advert(
            "66:55:44:33:22:11 \
             #ffff:ee1bc878f64a4790365ad509227b7442c5245c7de4828b98",
        );
        let mut memory = Memory::default();
        let mut news = |second| {
            let now = Duration::from_secs(second);
            decode_with(&advert, None, &mut memory, now).unwrap().news
        };
        assert!(news(0));
        assert!(!news(1));
    }
}
