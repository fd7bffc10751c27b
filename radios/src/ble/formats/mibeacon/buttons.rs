//! Buttons, remotes and dimmers: which one, and how it was pressed.
//!
//! A press is an `action`: `button_press`, `button_left_double_press`, `dimmer_rotate_right`, … Two
//! buttons pressed at once are one action that names both.

use super::object::Object;

/// What one model calls its buttons, by the number in its objects.
struct Names {
    models: &'static [&'static str],
    names: &'static [&'static str],
}

/// Remotes of object 0x1001.
static REMOTES: &[Names] = &[
    Names {
        models: &["YLYK01YL"],
        names: &["on", "off", "brightness", "plus", "m", "min"],
    },
    Names {
        models: &["YLYK01YL-FANCL"],
        names: &[
            "fan",
            "light",
            "wind_speed",
            "color_temperature",
            "wind_mode",
            "brightness",
        ],
    },
    Names {
        models: &["YLYK01YL-VENFAN"],
        names: &[
            "swing",
            "power",
            "timer_60_minutes",
            "increase_wind_speed",
            "timer_30_minutes",
            "decrease_wind_speed",
        ],
    },
    Names {
        models: &["YLYB01YL-BHFRC"],
        names: &[
            "stop",
            "air_exchange",
            "fan",
            "increase_speed",
            "decrease_speed",
            "dry",
            "light",
            "swing",
            "heat",
        ],
    },
];

/// Wall switches of object 0x1001, whose long and double presses are the other way round.
static SWITCHES: &[Names] = &[
    Names {
        models: &["K9B-1BTN"],
        names: &[""],
    },
    Names {
        models: &["K9B-2BTN"],
        names: &["left", "right", "left_right"],
    },
    Names {
        models: &["K9B-3BTN"],
        names: &[
            "left",
            "middle",
            "right",
            "left_middle",
            "middle_right",
            "left_right",
            "left_middle_right",
        ],
    },
];

/// Buttons of the press objects of other families, by the number in them.
pub(super) const LEFT_RIGHT: &[&str] = &["left", "right"];
pub(super) const LEFT_RIGHT_BOTH: &[&str] = &["", "left", "right", "left_right"];
pub(super) const QUAD: &[&str] = &["", "left", "mid_left", "mid_right", "right"];

/// Puts the action of button `name` (empty: the only one).
fn act(o: &mut Object<'_>, name: &str, press: &str) {
    let action = if name.is_empty() {
        format!("button_{press}")
    } else {
        format!("button_{name}_{press}")
    };
    o.put("action", action);
}

/// A press of the button whose number is the first byte; of none that is not named.
pub(super) fn named(o: &mut Object<'_>, names: &[&str], press: &str) {
    if let (Some(number), false) = (o.data.first(), names.is_empty())
        && let Some(name) = names.get(usize::from(*number)).filter(|n| !n.is_empty())
    {
        act(o, name, press);
    }
}

/// A press of the only button.
pub(super) fn single(o: &mut Object<'_>, press: &str) {
    act(o, "", press);
}

/// Object 0x1001: button u8 | value u8 | kind of press u8.
pub(super) fn button(o: &mut Object<'_>) {
    let &[number, value, kind] = o.data else {
        return;
    };
    let of = |table: &'static [Names]| {
        table
            .iter()
            .find(|row| row.models.contains(&o.model))
            .map(|row| row.names.get(usize::from(number)).copied())
    };
    if o.model == "YLKG07YL/YLKG08YL" {
        return dimmer(o, number, value, kind);
    }
    if o.model == "XMMF01JQD" {
        if let Some(way) = ["rotate_right", "rotate_left"].get(usize::from(number)) {
            o.put("action", format!("cube_{way}"));
        }
        return;
    }
    let (name, press) = if let Some(name) = of(SWITCHES) {
        let press = match kind {
            0 => "press",
            1 => "long_press",
            2 => "double_press",
            _ => return,
        };
        (name, press)
    } else {
        let press = match kind {
            0 | 5 => "press",
            1 => "double_press",
            2 | 6 => "long_press",
            3 if number == 0 => "press",
            3 if number == 1 => "long_press",
            _ => return,
        };
        (of(REMOTES).unwrap_or(Some("")), press)
    };
    let Some(name) = name else {
        return;
    };
    if o.model == "YLYK01YL" && number <= 1 {
        o.put("power", number == 0);
    }
    act(o, name, press);
}

/// A dimmer that is pressed or turned; what is counted differs.
fn dimmer(o: &mut Object<'_>, number: u8, value: u8, kind: u8) {
    // Turned left, steps count down from 256.
    let turned = |steps: u8| match steps {
        0..=127 => ("right", u32::from(steps)),
        _ => ("left", 256 - u32::from(steps)),
    };
    let (action, counted, count) = match (kind, number) {
        (0 | 5, _) => ("dimmer_press", "number_of_presses", 0),
        (1, _) => ("dimmer_double_press", "number_of_presses", 0),
        (2 | 6, _) => ("dimmer_long_press", "duration", 0),
        (3, 0) => ("dimmer_press", "number_of_presses", value.into()),
        (3, 1) => ("dimmer_long_press", "duration", value.into()),
        (4, 0) => match turned(value) {
            ("right", steps) => ("dimmer_rotate_right", "steps", steps),
            (_, steps) => ("dimmer_rotate_left", "steps", steps),
        },
        (4, _) => match turned(number) {
            ("right", steps) => ("dimmer_rotate_right_pressed", "steps", steps),
            (_, steps) => ("dimmer_rotate_left_pressed", "steps", steps),
        },
        _ => return,
    };
    o.put("action", action);
    o.put(counted, count);
}
