//! What each model says, and where.

use super::layouts::At::{Maker, Service};
use super::layouts::Meaning::{
    Climate, ClimateBehind, Flag, Name, Not, Number, Open, Radiator, State, StateIs, Table, Wide,
};
use super::layouts::{At, Field, Layout, Meaning};

/// A model, by the letter or the number of its service data.
pub(super) struct Model {
    pub(super) name: &'static str,
    pub(super) letters: &'static [u8],
    /// Three bytes of the four.
    pub(super) numbers: &'static [u32],
    pub(super) layouts: &'static [Layout],
}

const fn field(property: &'static str, at: At, meaning: Meaning) -> Field {
    Field {
        property,
        at,
        meaning,
    }
}

const fn layout(service: usize, maker: usize, fields: &'static [Field]) -> Layout {
    Layout {
        service,
        maker,
        fields,
    }
}

const fn letter(name: &'static str, letters: &'static [u8], layouts: &'static [Layout]) -> Model {
    Model {
        name,
        letters,
        numbers: &[],
        layouts,
    }
}

const fn number(name: &'static str, numbers: &'static [u32], layouts: &'static [Layout]) -> Model {
    Model {
        name,
        letters: &[],
        numbers,
        layouts,
    }
}

const ALL: u8 = 0xff;
const PERCENT: u8 = 0x7f;
const WATTS: f64 = 65_535.0;
const BATTERY: Field = field("battery", Service(2), Number(PERCENT, 0));
const MAKER_BATTERY: Field = field("battery", Maker(7), Number(PERCENT, 0));
const CHARGING: Field = field("charging", Maker(7), Flag(0x80));
const ON: Field = field("state", Maker(7), State(0x80));

#[rustfmt::skip]
static METER: &[Layout] = &[
    layout(6, 0, &[field("", Service(3), Climate), BATTERY]),
    layout(0, 11, &[field("", Maker(8), Climate), BATTERY]),
];

#[rustfmt::skip]
static METER_CO2: &[Layout] = &[
    layout(0, 11, &[
        field("", Maker(8), Climate), BATTERY, field("co2", Maker(13), Wide(u16::MAX, 1.0, 9999.0)),
    ]),
    layout(6, 0, &[field("", Service(3), Climate), BATTERY]),
];

#[rustfmt::skip]
static STATION: &[Layout] = &[
    layout(0, 11, &[field("", Maker(8), Climate), MAKER_BATTERY]),
    layout(6, 0, &[field("", Service(3), Climate), BATTERY]),
];

#[rustfmt::skip]
static CURTAIN: &[Layout] = &[
    layout(0, 13, &[
        field("position", Maker(8), Open), field("moving", Maker(8), Flag(0x80)),
        field("light_level", Maker(9), Number(0xf0, 4)), field("battery", Maker(12), Number(PERCENT, 0)),
    ]),
    layout(0, 11, &[
        field("position", Maker(8), Open), field("moving", Maker(8), Flag(0x80)),
        field("light_level", Maker(9), Number(0xf0, 4)), BATTERY,
    ]),
    layout(6, 0, &[
        field("position", Service(3), Open), field("moving", Service(3), Flag(0x80)),
        field("light_level", Service(4), Number(0xf0, 4)), BATTERY,
    ]),
];

/// A door that stands open long is open, too.
#[rustfmt::skip]
static CONTACT: &[Layout] = &[
    layout(0, 13, &[
        field("motion", Maker(7), Flag(0x80)), field("opening", Maker(7), Flag(0x30)),
        field("door_left_open", Maker(7), Flag(0x20)), field("light", Maker(7), Flag(0x40)), BATTERY,
    ]),
    layout(9, 0, &[
        field("motion", Service(1), Flag(0x40)), field("opening", Service(3), Flag(0x06)),
        field("door_left_open", Service(3), Flag(0x04)), field("light", Service(3), Flag(0x01)), BATTERY,
    ]),
];

#[rustfmt::skip]
static MOTION: &[Layout] = &[
    layout(0, 8, &[
        field("motion", Maker(7), Flag(0x40)), field("light", Maker(7), Flag(0x20)), BATTERY,
    ]),
    layout(6, 0, &[
        field("motion", Service(1), Flag(0x40)), field("light", Service(5), Flag(0x02)), BATTERY,
    ]),
];

#[rustfmt::skip]
static PRESENCE: &[Layout] = &[layout(0, 12, &[
    field("motion", Maker(7), Flag(0x40)), field("light_level", Maker(11), Number(0x1f, 0)), BATTERY,
])];

#[rustfmt::skip]
static LEAK: &[Layout] = &[layout(0, 9, &[
    field("moisture_detected", Maker(8), Flag(0x01)), field("tamper", Maker(8), Flag(0x02)),
    MAKER_BATTERY, field("battery_low", Maker(7), Flag(0x80)),
])];

/// Lux of Hub 2's levels, and of Hub 3's.
static LUX: &[u16] = &[
    0, 0, 10, 20, 30, 40, 50, 60, 70, 80, 90, 105, 205, 317, 416, 510, 610, 707, 801, 897, 1023,
    1091,
];
static LUX_OF_TEN: &[u16] = &[0, 0, 50, 90, 205, 317, 510, 610, 707, 801, 1023];

#[rustfmt::skip]
static HUB2: &[Layout] = &[layout(0, 16, &[
    field("", Maker(13), Climate), field("illuminance", Maker(12), Table(0x1f, LUX)),
])];

#[rustfmt::skip]
static HUB3: &[Layout] = &[layout(0, 17, &[
    field("", Maker(13), Climate), field("illuminance", Maker(12), Table(0x0f, LUX_OF_TEN)),
    field("motion", Maker(16), Flag(0x80)),
])];

static HUB_MINI: &[Layout] = &[layout(0, 16, &[field("", Maker(13), Climate)])];

static LOCK_STATES: &[&str] = &[
    "locked",
    "unlocked",
    "locking",
    "unlocking",
    "locking blocked",
    "unlocking blocked",
    "latch locked",
    "half locked",
];

#[rustfmt::skip]
static LOCK: &[Layout] = &[layout(0, 9, &[
    field("lock", Maker(7), Flag(0x70)), field("status", Maker(7), Name(0x70, 4, LOCK_STATES)),
    field("opening", Maker(7), Flag(0x04)), field("door_left_open", Maker(8), Flag(0x20)), BATTERY,
])];

/// A lock that does not see the door.
#[rustfmt::skip]
static LOCK_LITE: &[Layout] = &[layout(0, 9, &[
    field("lock", Maker(7), Flag(0x70)), field("status", Maker(7), Name(0x70, 4, LOCK_STATES)), BATTERY,
])];

#[rustfmt::skip]
static LOCK_PRO: &[Layout] = &[layout(0, 12, &[
    field("lock", Maker(7), Flag(0x78)), field("status", Maker(7), Name(0x78, 3, LOCK_STATES)),
    field("opening", Maker(8), Flag(0x10)), field("door_left_open", Maker(11), Flag(0x80)),
    field("battery", Maker(9), Number(PERCENT, 0)),
])];

#[rustfmt::skip]
static PLUG: &[Layout] = &[layout(0, 12, &[
    field("state", Maker(7), StateIs(0x80)), field("power", Maker(10), Wide(0x7fff, 10.0, WATTS)),
])];

#[rustfmt::skip]
static RELAY: &[Layout] = &[layout(0, 8, &[ON])];

#[rustfmt::skip]
static RELAY_METER: &[Layout] = &[layout(0, 12, &[
    ON, field("power", Maker(10), Wide(u16::MAX, 1.0, WATTS)),
])];

#[rustfmt::skip]
static TWO_RELAYS: &[Layout] = &[layout(0, 14, &[
    field("state_1", Maker(7), State(0x80)), field("power_1", Maker(10), Wide(u16::MAX, 1.0, WATTS)),
    field("state_2", Maker(7), State(0x40)), field("power_2", Maker(12), Wide(u16::MAX, 1.0, WATTS)),
])];

#[rustfmt::skip]
static GARAGE: &[Layout] = &[layout(0, 8, &[ON, field("garage_door", Maker(7), Not(0x20))])];

/// In its press mode it has no state.
static BOT: &[Layout] = &[layout(3, 0, &[BATTERY])];

#[rustfmt::skip]
static TILT: &[Layout] = &[layout(0, 10, &[
    field("position", Maker(8), Number(PERCENT, 0)), field("moving", Maker(8), Flag(0x80)),
    field("light_level", Maker(9), Number(0xf0, 4)), BATTERY,
])];

#[rustfmt::skip]
static SHADE: &[Layout] = &[layout(0, 10, &[
    field("position", Maker(8), Open), field("moving", Maker(7), Flag(0x06)),
    field("light_level", Maker(9), Number(0xf0, 4)), BATTERY,
])];

#[rustfmt::skip]
static LIGHT: &[Layout] = &[layout(0, 9, &[ON, field("light_brightness", Maker(7), Number(PERCENT, 0))])];

#[rustfmt::skip]
static CEILING: &[Layout] = &[layout(0, 11, &[
    field("state", Maker(10), State(0x80)), field("light_brightness", Maker(7), Number(PERCENT, 0)),
])];

static HUMIDIFIER: &[Layout] = &[layout(5, 0, &[field("state", Service(1), State(ALL))])];

#[rustfmt::skip]
static EVAPORATOR: &[Layout] = &[layout(0, 17, &[
    ON, field("", Maker(9), ClimateBehind), field("childlock", Maker(8), Flag(0x20)),
    field("target_humidity", Maker(16), Number(PERCENT, 0)),
])];

static BATTERY_ALONE: &[Layout] = &[layout(3, 0, &[BATTERY])];
static CHARGED: &[Layout] = &[layout(0, 8, &[MAKER_BATTERY, CHARGING])];

#[rustfmt::skip]
static KEYPAD: &[Layout] = &[layout(0, 14, &[
    MAKER_BATTERY, CHARGING, field("tamper", Maker(8), Flag(0x02)), field("motion", Maker(13), Flag(0x03)),
])];

#[rustfmt::skip]
static FAN: &[Layout] = &[layout(0, 10, &[
    ON, field("battery", Maker(8), Number(PERCENT, 0)), field("fan_speed", Maker(9), Number(PERCENT, 0)),
])];

#[rustfmt::skip]
static STANDING_FAN: &[Layout] = &[layout(0, 10, &[
    ON, field("battery", Maker(8), Number(PERCENT, 0)), field("charging", Maker(8), Flag(0x80)),
    field("fan_speed", Maker(9), Number(PERCENT, 0)),
])];

#[rustfmt::skip]
static FAN_PRO: &[Layout] = &[layout(0, 10, &[
    field("state", Maker(8), State(0x80)), MAKER_BATTERY, CHARGING,
    field("fan_speed", Maker(9), Number(PERCENT, 0)),
])];

static AIR: &[&str] = &["excellent", "good", "moderate", "unhealthy"];

#[rustfmt::skip]
static PURIFIER: &[Layout] = &[layout(0, 14, &[
    ON, field("childlock", Maker(8), Flag(0x02)), field("fan_speed", Maker(9), Number(PERCENT, 0)),
    field("air_quality", Maker(10), Name(0x06, 1, AIR)),
])];

static VACUUM: &[Layout] = &[layout(
    0,
    14,
    &[field("battery", Maker(12), Number(ALL, 0))],
)];
static SMALL_VACUUM: &[Layout] = &[layout(
    0,
    9,
    &[field("battery", Maker(8), Number(PERCENT, 0))],
)];

#[rustfmt::skip]
static PANEL: &[Layout] = &[layout(0, 16, &[
    ON, MAKER_BATTERY, field("", Maker(8), Climate), field("motion", Maker(15), Flag(0x80)),
])];

#[rustfmt::skip]
static RADIATOR: &[Layout] = &[layout(0, 13, &[
    ON, MAKER_BATTERY, field("", Maker(8), Radiator), field("opening", Maker(12), Flag(0x01)),
])];

/// Every model.
#[rustfmt::skip]
pub(super) static MODELS: &[Model] = &[
    letter("Meter", b"Tt", METER),
    letter("Meter Plus", b"Ii", METER),
    letter("Indoor/Outdoor Meter", b"Ww", METER),
    letter("Meter Pro", b"4\x14", METER),
    letter("Meter Pro CO2", b"5\x15", METER_CO2),
    letter("Bot", b"H", BOT),
    letter("Curtain", b"Cc", CURTAIN),
    letter("Curtain 3", b"{[", CURTAIN),
    letter("Contact Sensor", b"Dd", CONTACT),
    letter("Motion Sensor", b"Ss", MOTION),
    letter("Leak Detector", b"&\x06", LEAK),
    letter("Hub 2", b"Vv", HUB2),
    letter("Hub Mini Matter", b"%\x05", HUB_MINI),
    letter("Lock", b"Oo", LOCK),
    letter("Lock Lite", b"-\x0d", LOCK_LITE),
    letter("Lock Pro", b"$\x04", LOCK_PRO),
    letter("Plug Mini (US)", b"Gg", PLUG),
    letter("Plug Mini (JP)", b"Jj", PLUG),
    letter("Plug Mini (EU)", b"?\x1f", RELAY_METER),
    letter("Relay Switch 1PM", b"<\x1c", RELAY_METER),
    letter("Relay Switch 1", b";\x1b", RELAY),
    letter("Relay Switch 2PM", b"=\x1d", TWO_RELAYS),
    letter("Garage Door Opener", b">\x1e", GARAGE),
    letter("Blind Tilt", b"Xx", TILT),
    letter("Roller Shade", b",\x0c", SHADE),
    letter("Color Bulb", b"Uu", LIGHT),
    letter("Light Strip", b"Rr", LIGHT),
    letter("Ceiling Light", b"Qq", CEILING),
    letter("Ceiling Light Pro", b"Nn", CEILING),
    letter("Humidifier", b"Ee", HUMIDIFIER),
    letter("Evaporative Humidifier", b"#\x03", EVAPORATOR),
    letter("Keypad", b"Yy", BATTERY_ALONE),
    letter("Remote", b"Bb", BATTERY_ALONE),
    letter("Universal Remote", b"'\x07", CHARGED),
    letter("Circulator Fan", b"~^", FAN),
    letter("Air Purifier (US)", b"*\x0a", PURIFIER),
    letter("Air Purifier (JP)", b"+\x0b", PURIFIER),
    letter("Air Purifier Table (US)", b"7\x17", PURIFIER),
    letter("Air Purifier Table (JP)", b"8\x18", PURIFIER),
    letter("K20 Vacuum", b".\x0f", VACUUM),
    letter("S10 Vacuum", b"Zz", VACUUM),
    letter("K10+ Pro Combo Vacuum", b"3\x13", VACUUM),
    letter("K10+ Vacuum", b"}]", SMALL_VACUUM),
    letter("K10+ Pro Vacuum", b"(\x08", SMALL_VACUUM),
    number("Hub 3", &[0x10_b940], HUB3),
    number("Lock Ultra", &[0x10_a5b8], LOCK_PRO),
    number("Lock Ultra Max", &[0x11_9fb8], LOCK_PRO),
    number("Lock Pro Wifi", &[0x10_ff90], LOCK_PRO),
    number("Lock Vision Pro", &[0x11_6909], LOCK_PRO),
    number("Lock Vision", &[0x11_6908], LOCK_LITE),
    number("Floor Lamp", &[0x10_d0b0, 0x10_d0b4], LIGHT),
    number("Strip Light 3", &[0x10_d0b1, 0x10_d0b3], LIGHT),
    number("Candle Warmer Lamp", &[0x11_22b8], LIGHT),
    number("Light Bars", &[0x11_bef8], LIGHT),
    number("RGBICWW Ceiling Light", &[0x11_bb10], LIGHT),
    number("Permanent Outdoor Light", &[0x10_d0b7], LIGHT),
    number("Neon Rope Light", &[0x10_d0b5, 0x10_d0b6], LIGHT),
    number("Circulator Fan Pro", &[0x11_b340], FAN_PRO),
    number("Standing Fan", &[0x11_0760], STANDING_FAN),
    number("K11+ Vacuum", &[0x10_fba8], VACUUM),
    number("S20 Vacuum", &[0x10_e050], VACUUM),
    number("Climate Panel", &[0x10_f3d8], PANEL),
    number("Smart Radiator Thermostat", &[0x11_3640], RADIATOR),
    number("Presence Sensor", &[0x10_ccc8], PRESENCE),
    number("Weather Station", &[0x10_53b0], STATION),
    number("Art Frame", &[0x11_3e10], CHARGED),
    number("Keypad Vision", &[0x11_0378], KEYPAD),
    number("Keypad Vision Pro", &[0x11_5198], KEYPAD),
];
