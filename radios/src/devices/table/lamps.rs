//! Lamps whose makers' names and limits are worth knowing.

use super::super::part::Part;
use super::super::parts::identify::{Effect, Identify, POWER_ON_BEHAVIOR};
use super::super::parts::light::Light;
use super::Entry;

/// Warm to cool white, as IKEA makes it: the driver goes on when it is told to fade off.
static IKEA_WHITE_SPECTRUM: Light = Light {
    temperature: Some((250, 454)),
    xy: false,
    hs: false,
    enhanced: false,
    temperature_by_xy: false,
    off_at_1: false,
    on_when_fading_off: true,
};

static IKEA_WARM: Light = Light {
    temperature: None,
    ..IKEA_WHITE_SPECTRUM
};

static IKEA_COLOR: Light = Light {
    temperature: Some((250, 454)),
    xy: true,
    temperature_by_xy: true,
    ..IKEA_WHITE_SPECTRUM
};

static EFFECT: Effect = Effect { color_loop: false };

const WHITE_SPECTRUM: &[&dyn Part] =
    &[&IKEA_WHITE_SPECTRUM, &EFFECT, &POWER_ON_BEHAVIOR, &Identify];
const WARM: &[&dyn Part] = &[&IKEA_WARM, &EFFECT, &POWER_ON_BEHAVIOR, &Identify];
const COLOR: &[&dyn Part] = &[&IKEA_COLOR, &EFFECT, &POWER_ON_BEHAVIOR, &Identify];

const fn ikea(
    ids: &'static [&'static str],
    model: &'static str,
    description: &'static str,
    parts: &'static [&'static dyn Part],
) -> Entry {
    Entry {
        ids,
        model,
        vendor: "IKEA",
        description,
        parts,
        ..Entry::PLAIN
    }
}

pub(super) const MODELS: &[Entry] = &[
    ikea(
        &[
            "TRADFRI bulb E27 WS opal 980lm",
            "TRADFRI bulb E26 WS opal 980lm",
            "TRADFRI bulb E27 WS\u{fffd}opal 980lm",
        ],
        "LED1545G12",
        "TRADFRI bulb E26/E27, white spectrum, globe, opal, 980 lm",
        WHITE_SPECTRUM,
    ),
    ikea(
        &["TRADFRI bulb E27 WW 806lm"],
        "LED1836G9",
        "TRADFRI bulb E27, warm white, globe, opal, 806 lm",
        WARM,
    ),
    ikea(
        &["TRADFRI bulb E27 CWS opal 600lm"],
        "LED1624G9",
        "TRADFRI bulb E27, color and white spectrum, opal, 600 lm",
        COLOR,
    ),
];
