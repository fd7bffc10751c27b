//! Finders and other things that tell no more than that they are here: told by name, service or
//! company. Tile, iTAG, nut, Tag-It, Gigaset G-Tag, `TicWatch`, Bosch Nyon.

use super::layout::product;
use super::{Claim, Format, Heard};
use crate::ble::{DecodeError, Reading};

pub(super) static FORMAT: Format = Format {
    claims: &[
        Claim::Service(0xfeed),
        Claim::Service(0xfeec),
        Claim::Service(0xfd84),
        Claim::Service(0x0900),
        Claim::Company(GIGASET),
        Claim::Name("Tile"),
        Claim::Name("iTAG"),
        Claim::Name("Tag-It"),
        Claim::Name("nut"),
        Claim::Name("TicWatch GTH"),
        Claim::Name("Nyon"),
    ],
    read,
};

const GIGASET: u16 = 0x0180;

struct Tracker {
    vendor: &'static str,
    model: &'static str,
    is: fn(&Heard<'_>) -> bool,
}

static TRACKERS: &[Tracker] = &[
    Tracker {
        vendor: "Tile",
        model: "Tile",
        is: |heard| matches!(heard.id, 0xfeed | 0xfeec | 0xfd84) || named(heard, "Tile"),
    },
    Tracker {
        vendor: "nut",
        model: "nutale",
        is: |heard| heard.id == 0x0900 && heard.data.len() == 12 && named(heard, "nutale"),
    },
    Tracker {
        vendor: "nut",
        model: "nut",
        is: |heard| named(heard, "nut") && heard.advert.offers(0x180a),
    },
    Tracker {
        vendor: "iTAG",
        model: "iTAG",
        is: |heard| named(heard, "iTAG") && heard.data.len() >= 2,
    },
    Tracker {
        vendor: "Tag-It",
        model: "Tag-It",
        is: |heard| named(heard, "Tag-It") && heard.data.len() == 11,
    },
    Tracker {
        vendor: "Gigaset",
        model: "G-Tag",
        is: |heard| heard.id == GIGASET && heard.data.starts_with(&[0x02, 0x15, 0x12, 0x34]),
    },
    Tracker {
        vendor: "Mobvoi",
        model: "TicWatch GTH",
        is: |heard| named(heard, "TicWatch GTH"),
    },
    Tracker {
        vendor: "Bosch",
        model: "Nyon",
        is: |heard| heard.id == 0x02a6 && heard.data.len() == 5 && named(heard, "Nyon"),
    },
];

fn named(heard: &Heard<'_>, start: &str) -> bool {
    let name = heard.advert.name.as_deref();
    name.is_some_and(|name| name.starts_with(start))
}

fn read(heard: &mut Heard<'_>) -> Result<Reading, DecodeError> {
    let tracker = TRACKERS
        .iter()
        .find(|tracker| (tracker.is)(heard))
        .ok_or(DecodeError::Unknown)?;
    Ok(product("tracker", tracker.vendor, tracker.model))
}

#[cfg(test)]
mod tests {
    use crate::ble::formats::transcript::{refused, says};

    #[test]
    fn they_are_here() {
        for (advert, model) in [
            ("feed:0200c58aaccd312f479e", "Tile"),
            ("name=Tile", "Tile"),
            ("name=iTAG #fc8a:23eb", "iTAG"),
            ("name=nutale 0900:aabbccddeeff160100010100", "nutale"),
            ("name=nut 180a #3412:5678", "nut"),
            ("#0180:0215123480c390ffbbc5", "G-Tag"),
            ("name=TicWatch_GTH_Pro #0000:aabbccddeeff", "TicWatch GTH"),
            ("name=Nyon-XXX #02a6:10eb002500", "Nyon"),
        ] {
            says(advert, model, "");
        }
        refused("name=nutshell");
        refused("name=Nyon-XXX #02a6:10eb0025");
    }
}
