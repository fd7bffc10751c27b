//! What peers call otherwise than we do. Values are never bent: these tables only say which word of
//! a peer's is which of ours.
//!
//! Differences on purpose, passed over with their reason in [`ON_PURPOSE`], are the few places where
//! peers contradict one another, or say what nobody measured.

use serde_json::Value as Json;

/// A peer's property, and which of ours says the same; any of them will do.
pub(super) struct Word {
    /// Whose; empty: anybody's.
    pub(super) peer: &'static str,
    pub(super) theirs: &'static str,
    pub(super) ours: &'static [&'static str],
}

const fn word(peer: &'static str, theirs: &'static str, ours: &'static [&'static str]) -> Word {
    Word { peer, theirs, ours }
}

const BLE_MONITOR: &str = "ble_monitor";

/// Properties by another name. Only looked up where we do not know the peer's own word.
pub(super) static WORDS: &[Word] = &[
    word("", "acceleration_total", &["acceleration"]),
    word("", "armed_away", &["armed"]),
    word("", "battery", &["battery_low"]),
    word("", "battery_low", &["battery"]),
    word("", "low_battery", &["battery_low"]),
    word("", "battery_voltage", &["voltage"]),
    word("", "binary", &["generic"]),
    word("", "distance_mm", &["distance"]),
    word("", "gas", &["gas_detected"]),
    word("", "mass", &["weight"]),
    word("", "mass_non_stabilized", &["weight_non_stabilized"]),
    word("", "method", &["lock_method"]),
    word("", "moisture", &["moisture_detected"]),
    word("", "power_switch", &["power"]),
    word("", "switch", &["power"]),
    word("", "pulse", &["heart_rate"]),
    word("", "sound_pressure", &["noise"]),
    word("", "specific_gravity", &["gravity"]),
    word("", "stabilized_weight", &["weight"]),
    word("", "steps", &["number_of_presses", "duration"]),
    word("", "carbon_dioxide", &["co2"]),
    word("", "toothbrush", &["brushing"]),
    word("", "non_stabilized_mass", &["weight_non_stabilized"]),
    word("", "tvoc", &["voc"]),
    word("", "volatile_organic_compounds", &["voc"]),
    word("", "volume_ml", &["volume"]),
    word("", "volume_mL", &["volume"]),
    // The part outdoors, which this peer tells by `sensor_id`.
    word(BLE_MONITOR, "temperature", &["temperature_remote"]),
    word(BLE_MONITOR, "humidity", &["humidity_remote"]),
    word(BLE_MONITOR, "battery", &["battery_remote"]),
    // Ends a motion that the device does not end; that it began is the same news.
    word(BLE_MONITOR, "motion_timer", &["motion"]),
    // On all but the two that it counts as sensors of occupancy.
    word(BLE_MONITOR, "motion", &["occupancy"]),
    word(BLE_MONITOR, "pressure_state", &["occupancy"]),
    word(
        BLE_MONITOR,
        "duration_occupancy_detected",
        &["duration_detected"],
    ),
    word(
        BLE_MONITOR,
        "duration_no_occupancy_detected",
        &["duration_cleared"],
    ),
    // The first measurement of a body has the low frequency, the second the high one.
    word(BLE_MONITOR, "impedance_low", &["impedance_high"]),
    word(BLE_MONITOR, "impedance", &["impedance_low"]),
];

/// A text of a peer's that is a flag of ours: their property, their text, our property, its value.
pub(super) static TEXTS: &[(&str, &str, &str, bool)] = &[
    ("door_action", "open_the_door", "door", true),
    ("door_action", "close_the_door", "door", false),
    ("door_action", "timeout_not_closed", "door_left_open", true),
    (
        "door_action",
        "knock_on_the_door",
        "knock_on_the_door",
        true,
    ),
    ("door_action", "pry_the_door", "pry_the_door", true),
    ("door_action", "door_stuck", "door_stuck", true),
    ("event:motion", "motion_detected", "motion", true),
    ("status", "opened", "opening", true),
    ("status", "closed", "opening", false),
    ("status", "closing_timeout", "door_left_open", true),
    ("status", "door_not_closed", "door_left_open", true),
    (
        "status",
        "door_window_broken_open",
        "device_forcibly_removed",
        true,
    ),
];

/// Texts that are the same: theirs, ours. Compared without regard to case and punctuation.
pub(super) static SAME_TEXTS: &[(&str, &str)] = &[
    ("administrator", "0"),
    ("unknown_operator", "65535"),
    ("key_method", "key"),
    ("turntable_method", "turntable"),
    ("nfc_method", "nfc"),
    ("coercion_method", "coercion"),
    ("lock", "locked"),
    ("turn_on_anti_lock", "turn_on_antilock"),
    ("turn_off_anti_lock", "release_the_antilock"),
    (
        "the_battery_is_less_than_5",
        "the_battery_level_is_less_than_5_percent",
    ),
    (
        "the_battery_level_is_less_than_10",
        "the_battery_level_is_less_than_10_percent",
    ),
];

/// Properties of a peer's that tell a part of our `action`: how it was pressed.
pub(super) static PRESSES: &[&str] = &["button", "button_switch", "dimmer", "result"];

/// How peers call a press: theirs, ours.
pub(super) static PRESS: &[(&str, &str)] = &[
    ("single_press", "press"),
    ("short_press", "press"),
    ("toggle", "press"),
    ("left", "rotate_left"),
    ("right", "rotate_right"),
];

/// Properties of a peer's that tell which button an `action` is of: theirs, our button.
pub(super) static BUTTONS: &[(&str, &str)] = &[
    ("one_btn_switch", ""),
    ("two_btn_switch_left", "left"),
    ("two_btn_switch_right", "right"),
    ("three_btn_switch_left", "left"),
    ("three_btn_switch_middle", "middle"),
    ("three_btn_switch_right", "right"),
    ("four_btn_switch_1", "left"),
    ("four_btn_switch_2", "mid_left"),
    ("four_btn_switch_3", "mid_right"),
    ("four_btn_switch_4", "right"),
];

/// Buttons pressed at once, as our actions name them.
pub(super) static TOGETHER: &[(&str, &[&str])] = &[
    ("left_right", &["left", "right"]),
    ("left_middle", &["left", "middle"]),
    ("middle_right", &["middle", "right"]),
    ("left_middle_right", &["left", "middle", "right"]),
];

/// Remotes: their property, their word, our button.
pub(super) static REMOTES: &[(&str, &str, &str)] = &[
    ("remote", "on", "on"),
    ("remote", "off", "off"),
    ("remote", "sun", "brightness"),
    ("remote", "+", "plus"),
    ("remote", "m", "m"),
    ("remote", "-", "min"),
];

/// What we do differently.
pub(super) struct Difference {
    /// From whom; empty: from everybody.
    pub(super) peer: &'static str,
    /// The begin of the formats.
    pub(super) formats: &'static str,
    /// Their property, which is then not compared.
    pub(super) property: &'static str,
    /// Only in such cases.
    pub(super) when: fn(&Json) -> bool,
    /// Why.
    #[allow(dead_code)] // for readers
    pub(super) why: &'static str,
}

const fn differs(
    peer: &'static str,
    formats: &'static str,
    property: &'static str,
    when: fn(&Json) -> bool,
    why: &'static str,
) -> Difference {
    Difference {
        peer,
        formats,
        property,
        when,
        why,
    }
}

/// Service data of Qingping's whose first byte says that it is an event.
fn is_event(case: &Json) -> bool {
    let data = case["service_data"].as_object();
    let mut values = data.into_iter().flat_map(|data| data.values());
    values.any(|data| {
        let head = data.as_str().and_then(|data| data.get(..2));
        head.and_then(|head| u8::from_str_radix(head, 16).ok())
            .is_some_and(|flags| flags & 0x40 != 0)
    })
}

/// Whether a property of a case is this number.
fn is(case: &Json, property: &str, number: f64) -> bool {
    case["expected"][property].as_f64() == Some(number)
}

/// Whether a text of a case begins so.
fn begins(case: &Json, property: &str, with: &str) -> bool {
    let text = case["expected"][property].as_str();
    text.is_some_and(|text| text.starts_with(with))
}

/// A socket of a barbecue thermometer that nothing is plugged into.
const fn no_probe(property: &'static str, when: fn(&Json) -> bool) -> Difference {
    let why = "theirs are 0 °C at anything below, thus where no probe is plugged in; as inkbird-ble, \
        we say nothing then, and tell the cold";
    differs(BLE_MONITOR, "inkbird", property, when, why)
}

/// `MiBeacon` of LYWSD03MMC or MHO-C401, by the product number in its head.
fn shows_whole_percents(case: &Json) -> bool {
    let data = case["service_data"].as_object();
    let mut values = data.into_iter().flat_map(|data| data.values());
    values.any(|data| {
        let product = data.as_str().and_then(|data| data.get(4..8));
        matches!(product, Some("5b05" | "8703"))
    })
}

/// What we do differently, and why.
pub(super) static ON_PURPOSE: &[Difference] = &[
    differs(
        BLE_MONITOR,
        "pvvx",
        "status",
        |case| case["expected"]["status"] == "opened",
        "a constant, whatever the contact says",
    ),
    differs(
        BLE_MONITOR,
        "miscale",
        "stabilized",
        |case| case["expected"]["weight_removed"] == 1,
        "their flag stays set after one has stepped off; ours, as xiaomi-ble's, does not",
    ),
    differs(
        BLE_MONITOR,
        "mibeacon",
        "light",
        |case| case["expected"].get("illuminance").is_some(),
        "told of every measurement of lux, by whether it is exactly 100, or above",
    ),
    differs(
        BLE_MONITOR,
        "mibeacon",
        "humidity",
        shows_whole_percents,
        "their tenths are noise: as xiaomi-ble, and their own display, we tell whole percents",
    ),
    differs(
        BLE_MONITOR,
        "mibeacon",
        "locktype",
        |_| true,
        "in the name of our property: lock, childlock, antilock",
    ),
    differs(
        BLE_MONITOR,
        "mibeacon",
        "remote_single_press",
        |_| true,
        "an order to its host; the same as the button",
    ),
    differs(
        BLE_MONITOR,
        "mibeacon",
        "remote_long_press",
        |_| true,
        "an order to its host; the same as the button",
    ),
    differs(
        "",
        "qingping",
        "illuminance",
        is_event,
        "in event frames these bytes are no light: qingping-ble leaves them out from 1.2 on, too",
    ),
    no_probe("temperature_probe_1", |case| {
        is(case, "temperature_probe_1", 0.0)
    }),
    no_probe("temperature_probe_2", |case| {
        is(case, "temperature_probe_2", 0.0)
    }),
    no_probe("temperature_probe_3", |case| {
        is(case, "temperature_probe_3", 0.0)
    }),
    no_probe("temperature_probe_4", |case| {
        is(case, "temperature_probe_4", 0.0)
    }),
    no_probe("temperature_probe_5", |case| {
        is(case, "temperature_probe_5", 0.0)
    }),
    no_probe("temperature_probe_6", |case| {
        is(case, "temperature_probe_6", 0.0)
    }),
    differs(
        BLE_MONITOR,
        "oral",
        "counter",
        |_| true,
        "minutes and seconds read as one number; our `time`, as oralb-ble's, is in seconds",
    ),
    differs(
        BLE_MONITOR,
        "oral",
        "pressure",
        |case| begins(case, "pressure", "unknown"),
        "bits which they have no name for; we name them as oralb-ble does",
    ),
    differs(
        BLE_MONITOR,
        "oral",
        "sector",
        |case| begins(case, "sector", "sector"),
        "with the bits that are about the display; as oralb-ble, we leave these out",
    ),
];
