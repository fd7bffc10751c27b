//! The home's words for everything BLE devices say.
//!
//! Formats speak each its own language (`motion`, volts, `lock` that is true when open); the home
//! speaks zigbee2mqtt's. One table turns the one into the other, one tells what each word of the home
//! is. A newcomer adds a row.

use super::dialect;
use crate::{Changes, Value};

/// What a word of the home stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// Measured, in a unit (which may be none).
    Number(&'static str),
    /// True or false.
    Flag,
    /// Words.
    Text,
    /// What a button did.
    Action,
}

/// What is told of one property.
#[derive(Clone, Copy, Debug)]
pub(super) struct Word {
    pub(super) name: &'static str,
    pub(super) label: &'static str,
    pub(super) kind: Kind,
    /// Of the device rather than of the world.
    pub(super) diagnostic: bool,
}

const fn number(name: &'static str, label: &'static str, unit: &'static str) -> Word {
    Word {
        name,
        label,
        kind: Kind::Number(unit),
        diagnostic: false,
    }
}

const fn flag(name: &'static str, label: &'static str) -> Word {
    Word {
        name,
        label,
        kind: Kind::Flag,
        diagnostic: false,
    }
}

const fn text(name: &'static str, label: &'static str) -> Word {
    Word {
        name,
        label,
        kind: Kind::Text,
        diagnostic: false,
    }
}

const fn of_device(word: Word) -> Word {
    Word {
        diagnostic: true,
        ..word
    }
}

/// What becomes of a value when its word changes.
#[derive(Clone, Copy)]
enum Turn {
    Keep,
    /// True is false.
    Not,
    /// The number of the format's units in one of the home's.
    Times(f64),
    /// Only for flags: the same word is a number elsewhere.
    IfFlag,
    /// Only for words: the same.
    IfWords,
}

/// A format's word, the home's word, and what becomes of the value. The first that fits.
static TURNS: &[(&str, &str, Turn)] = &[
    ("motion", "occupancy", Turn::Keep),
    ("bed_occupancy", "occupancy", Turn::Keep),
    ("opening", "contact", Turn::Not),
    ("door", "contact", Turn::Not),
    ("moisture_detected", "water_leak", Turn::Keep),
    ("bottom_submersion", "water_leak", Turn::Keep),
    ("moisture", "water_leak", Turn::IfFlag),
    ("moisture", "soil_moisture", Turn::Keep),
    ("lock", "locked", Turn::Not),
    ("no_motion_time", "no_occupancy_since", Turn::Keep),
    ("voltage", "voltage", Turn::Times(1000.0)),
    ("mass", "weight", Turn::Keep),
    ("power", "powered", Turn::IfFlag),
    ("power_switch", "powered", Turn::Keep),
    ("battery", "battery_low", Turn::IfFlag),
    ("gas_detected", "gas_leak", Turn::Keep),
    ("gas", "gas_leak", Turn::IfFlag),
    ("carbon_dioxide", "co2", Turn::Keep),
    ("volatile_organic_compounds", "voc", Turn::Keep),
    ("battery_charging", "charging", Turn::Keep),
    ("distance_mm", "distance", Turn::Times(0.001)),
    ("pressure", "brushing_pressure", Turn::IfWords),
    ("magnetic_field_detected", "magnet", Turn::Keep),
];

/// Words of the wire that mean nothing to a home.
static DROPPED: &[&str] = &[
    "packet_id",
    "uuid",
    "major",
    "minor",
    "measured_power",
    "namespace",
    "instance",
    "ephemeral_id",
    "energy_unit",
    "power_unit",
    "constant",
    "accelerometer_x",
    "accelerometer_y",
    "reading_quality_raw",
    "sensor_id",
];

/// Every word of the home that BLE devices use. A word may also come with a number behind it
/// (`temperature_2`): its second, third, … of the kind.
#[rustfmt::skip]
static WORDS: &[Word] = &[
    // The air.
    number("temperature", "Temperature", "°C"),
    number("humidity", "Humidity", "%"),
    number("pressure", "Pressure", "hPa"),
    number("dew_point", "Dew point", "°C"),
    number("illuminance", "Illuminance", "lx"),
    number("co2", "CO2", "ppm"),
    number("voc", "VOC", "µg/m³"),
    number("voc_parts", "VOC", "ppb"),
    number("temperature_calibrated", "Corrected temperature", "°C"),
    text("air_quality", "Air quality"),
    number("air_quality_level", "Air quality level", ""),
    number("voc_index", "VOC index", ""),
    number("nox_index", "NOx index", ""),
    number("iaqs", "Air quality score", ""),
    number("aqi", "Air quality index", ""),
    number("pm1", "PM1", "µg/m³"),
    number("pm25", "PM2.5", "µg/m³"),
    number("pm4", "PM4", "µg/m³"),
    number("pm10", "PM10", "µg/m³"),
    number("formaldehyde", "Formaldehyde", "mg/m³"),
    number("sound_level", "Sound level", "dB"),
    number("noise", "Noise", "dB"),
    number("uv_index", "UV index", ""),
    number("precipitation", "Precipitation", "mm"),
    number("direction", "Direction", "°"),
    number("speed", "Speed", "m/s"),
    number("gravity", "Specific gravity", ""),
    number("light_level", "Light level", ""),
    // Probes in food.
    number("temperature_probe", "Probe temperature", "°C"),
    number("temperature_alarm_probe", "Probe alarm temperature", "°C"),
    number("low_temperature_alarm_probe", "Probe low alarm temperature", "°C"),
    number("internal_temperature_probe", "Probe internal temperature", "°C"),
    number("internal_center_temperature_probe", "Probe center temperature", "°C"),
    number("internal_end_temperature_probe", "Probe end temperature", "°C"),
    number("ambient_temperature_probe", "Probe ambient temperature", "°C"),
    number("target_temperature", "Target temperature", "°C"),
    number("external_temperature", "External temperature", "°C"),
    of_device(number("battery_probe", "Probe battery", "%")),
    number("cypress_temperature", "Internal temperature", "°C"),
    number("cypress_humidity", "Internal humidity", "%"),
    number("meat_temperature", "Meat temperature", "°C"),
    number("ambient_temperature", "Ambient temperature", "°C"),
    number("temperature_probe_tip", "Tip temperature", "°C"),
    // Plants.
    number("soil_moisture", "Soil moisture", "%"),
    number("conductivity", "Conductivity", "µS/cm"),
    // Bodies.
    number("weight", "Weight", "kg"),
    number("weight_non_stabilized", "Weight, not settled", "kg"),
    number("impedance", "Impedance", "Ω"),
    number("impedance_low", "Impedance, low frequency", "Ω"),
    number("heart_rate", "Heart rate", "bpm"),
    number("steps", "Steps", ""),
    number("profile_id", "Profile", ""),
    text("weight_unit", "Weight unit"),
    flag("weight_removed", "Weight removed"),
    flag("stabilized", "Settled"),
    flag("asleep", "Asleep"),
    flag("wearing", "Worn"),
    flag("snoring", "Snoring"),
    number("sleep_state", "Sleep state", ""),
    // Electricity, fluids, amounts.
    number("energy", "Energy", "kWh"),
    number("power", "Power", "W"),
    number("current", "Current", "A"),
    of_device(number("voltage", "Voltage", "mV")),
    number("battery_voltage", "Battery voltage", "V"),
    number("battery_current", "Battery current", "A"),
    number("input_voltage", "Input voltage", "V"),
    number("output_voltage", "Output voltage", "V"),
    number("output_current", "Output current", "A"),
    number("cell_voltage", "Cell voltage", "V"),
    number("starter_voltage", "Starter battery voltage", "V"),
    number("midpoint_voltage", "Midpoint voltage", "V"),
    number("load_current", "Load current", "A"),
    number("solar_power", "Solar power", "W"),
    number("yield_today", "Yield today", "kWh"),
    number("consumed_ah", "Consumed charge", "Ah"),
    number("remaining_minutes", "Time to go", "min"),
    number("ac_current", "AC current", "A"),
    number("ac_in_power", "AC input power", "W"),
    number("ac_out_power", "AC output power", "W"),
    text("charge_state", "Charging"),
    text("device_state", "State"),
    number("week_day", "Weekday", ""),
    number("week_day_total", "Pulses of that day", ""),
    number("water_level", "Water level", "cm"),
    number("level", "Level", "%"),
    number("fresh_tank", "Fresh water", "%"),
    number("black_tank", "Black water", "%"),
    number("grey_tank", "Grey water", "%"),
    number("lpg_tank", "Gas tank", "%"),
    number("galley_tank", "Galley water", "%"),
    number("chemical_tank", "Chemical tank", "%"),
    number("session", "Shower", ""),
    number("gas", "Gas", "m³"),
    number("water", "Water", "L"),
    number("water_pressure", "Water pressure", "bar"),
    number("volume", "Volume", "L"),
    number("volume_start", "Volume at start", "L"),
    number("volume_dispensed_port", "Volume dispensed", "L"),
    number("volume_storage", "Stored volume", "L"),
    number("volume_flow_rate", "Flow", "m³/h"),
    number("flow", "Flow", "L/h"),
    number("count", "Count", ""),
    number("distance", "Distance", "m"),
    number("duration", "Duration", "s"),
    number("rotation", "Rotation", "°"),
    number("rotational_speed", "Rotational speed", "rpm"),
    number("acceleration", "Acceleration", "m/s²"),
    number("acceleration_x", "Acceleration X", "m/s²"),
    number("acceleration_y", "Acceleration Y", "m/s²"),
    number("acceleration_z", "Acceleration Z", "m/s²"),
    number("acceleration_total", "Acceleration", "m/s²"),
    number("gyroscope", "Rotation speed", "°/s"),
    number("magnetic_field", "Magnetic field", "µT"),
    number("pitch", "Pitch", "°"),
    number("roll", "Roll", "°"),
    number("movement_counter", "Movements", ""),
    number("opening_percentage", "Opening", "%"),
    number("position", "Position", "%"),
    number("channel", "Channel", ""),
    number("consumable", "Consumable left", "%"),
    number("keg_size", "Keg size", ""),
    // Whether something is so.
    flag("occupancy", "Occupancy"),
    flag("presence", "Presence"),
    flag("contact", "Contact"),
    flag("window", "Window"),
    flag("garage_door", "Garage door"),
    flag("door_left_open", "Door left open"),
    flag("door_stuck", "Door stuck"),
    flag("door_has_been_forced", "Door forced"),
    flag("pry_the_door", "Door pried"),
    flag("locked", "Locked"),
    flag("armed", "Armed"),
    flag("childlock", "Child lock"),
    flag("fingerprint", "Fingerprint known"),
    flag("light", "Light"),
    flag("smoke", "Smoke"),
    flag("water_leak", "Water leak"),
    flag("top_splash", "Splash from above"),
    flag("gas_leak", "Gas"),
    flag("carbon_monoxide", "Carbon monoxide"),
    flag("cold", "Cold"),
    flag("heat", "Heat"),
    flag("moving", "Moving"),
    flag("vibration", "Vibration"),
    flag("tamper", "Tamper"),
    flag("tilt", "Tilt"),
    flag("shake", "Shake"),
    flag("impact", "Impact"),
    flag("impact_x", "Impact X"),
    flag("impact_y", "Impact Y"),
    flag("impact_z", "Impact Z"),
    flag("dropping", "Falling"),
    flag("sound", "Sound"),
    flag("problem", "Problem"),
    flag("running", "Running"),
    flag("safety", "Safety"),
    flag("plug", "Plugged in"),
    flag("connectivity", "Connected"),
    flag("powered", "Power"),
    flag("binary", "State"),
    flag("generic", "State"),
    flag("pressure_present", "Pressed"),
    flag("toothbrush", "Brushing"),
    flag("brushing", "Brushing"),
    flag("overheat", "Overheated"),
    number("pressure_present_duration", "Pressed for", "s"),
    number("pressure_not_present_duration", "Not pressed for", "s"),
    number("pressure_not_present_time_set", "Not pressed limit", "s"),
    number("no_occupancy_since", "No occupancy since", "s"),
    number("occupied_duration", "Occupied for", "s"),
    number("cleared_duration", "Clear for", "s"),
    number("motion_timer", "Motion timer", "s"),
    // What happened.
    Word { name: "action", label: "Action", kind: Kind::Action, diagnostic: false },
    number("number_of_presses", "Number of presses", ""),
    number("action_steps", "Steps turned", ""),
    text("button", "Button"),
    text("dimmer", "Dimmer"),
    text("button_switch", "Button"),
    text("one_btn_switch", "Switch"),
    text("two_btn_switch_left", "Left switch"),
    text("two_btn_switch_right", "Right switch"),
    text("three_btn_switch_left", "Left switch"),
    text("three_btn_switch_middle", "Middle switch"),
    text("three_btn_switch_right", "Right switch"),
    text("four_btn_switch", "Switch"),
    text("six_btn_switch_top_left", "Top left switch"),
    text("six_btn_switch_top_middle", "Top middle switch"),
    text("six_btn_switch_top_right", "Top right switch"),
    text("six_btn_switch_bottom_left", "Bottom left switch"),
    text("six_btn_switch_bottom_middle", "Bottom middle switch"),
    text("six_btn_switch_bottom_right", "Bottom right switch"),
    number("side", "Side", ""),
    text("url", "Address"),
    text("burner_state", "Burner"),
    text("burner_last_end_cause", "Last end"),
    number("burner_cycle_count", "Burner cycles", ""),
    text("burner_product", "Burner control"),
    text("burner_device", "Burner control device"),
    number("burner_serial", "Serial number", ""),
    flag("burner_is_bootloader", "Boot loader"),
    flag("burner_connectable", "Connectable"),
    number("burner_advertisement_version", "Advert version", ""),
    text("lock_method", "How it was locked"),
    text("locktype", "Lock"),
    text("method", "Method"),
    text("error", "Error"),
    number("key_id", "Key", ""),
    text("command", "Command"),
    text("text", "Text"),
    text("raw", "Raw data"),
    // Brushes, bottles, pumps and other things.
    text("mode", "Mode"),
    text("status", "Status"),
    text("toothbrush_state", "Brush"),
    text("brushing_pressure", "Pressure"),
    text("state", "State"),
    number("light_brightness", "Brightness", "%"),
    number("fan_speed", "Fan speed", "%"),
    number("target_humidity", "Target humidity", "%"),
    number("tank_level", "Tank level", "mm"),
    number("reading_quality", "Reading quality", "%"),
    number("gravity_velocity", "Gravity a day", ""),
    flag("button_pressed", "Button pressed"),
    text("sector", "Sector"),
    number("number_of_sectors", "Sectors", ""),
    number("sector_timer", "Time in sector", "s"),
    number("sector_time", "Time in sector", "s"),
    number("time", "Time", "s"),
    number("score", "Score", ""),
    text("pump_mode", "Pump mode"),
    number("pump_id", "Pump", ""),
    text("port_name", "Port"),
    text("port_state", "Port state"),
    number("port_index", "Port", ""),
    text("port_count", "Ports"),
    number("user_data", "User data", ""),
    text("timestamp", "Time of measurement"),
    // Second sensors, tanks, batteries of boats.
    number("internal_temperature", "Internal temperature", "°C"),
    number("internal_center_temperature", "Internal center temperature", "°C"),
    number("internal_end_temperature", "Internal end temperature", "°C"),
    number("temperature_remote", "Temperature remote", "°C"),
    number("temperature_alarm", "Temperature alarm", "°C"),
    number("low_temperature_alarm", "Low temperature alarm", "°C"),
    number("temperature_battery", "Temperature battery", "°C"),
    number("temperature_brake_left", "Temperature brake left", "°C"),
    number("temperature_brake_right", "Temperature brake right", "°C"),
    number("humidity_remote", "Humidity remote", "%"),
    number("humidity_probe", "Humidity probe", "%"),
    number("impedance_high", "Impedance high", "Ω"),
    number("motion_time", "Motion time", "s"),
    number("duration_detected", "Duration detected", "s"),
    number("duration_cleared", "Duration cleared", "s"),
    number("pressure_present_time_set", "Pressure present time set", "s"),
    number("distance_mm", "Distance mm", "mm"),
    number("nox", "Nox", ""),
    number("voc_raw", "Voc raw", ""),
    number("hcho", "Hcho", "ppb"),
    number("tvoc", "Tvoc", "ppb"),
    number("advertisement_count", "Advertisement count", ""),
    of_device(number("battery_remote", "Remote sensor battery", "%")),
    flag("occupancy_close_range", "Occupancy close range"),
    flag("antilock", "Antilock"),
    flag("device_forcibly_removed", "Device forcibly removed"),
    flag("magnet", "Magnet"),
    flag("plugged_in", "Plugged in"),
    // Of the device itself.
    of_device(number("battery", "Battery", "%")),
    of_device(flag("battery_low", "Battery low")),
    of_device(flag("charging", "Charging")),
    of_device(number("battery_status", "Battery status", "")),
    of_device(number("rssi", "Signal strength", "dBm")),
    of_device(number("tx_power", "Transmit power", "dBm")),
    of_device(number("uptime", "Uptime", "s")),
    of_device(number("version", "Version", "")),
    of_device(text("firmware", "Firmware")),
    of_device(number("settings_revision", "Settings revision", "")),
    of_device(number("measurement_sequence_number", "Measurement number", "")),
    of_device(number("switch", "Switch position", "")),
    of_device(number("charger_error", "Charger error", "")),
    of_device(number("off_reason", "Why it is off", "")),
    of_device(number("alarm", "Alarm", "")),
    of_device(number("warning", "Warning", "")),
    of_device(number("output_state", "Output state", "")),
    of_device(number("bms_flags", "BMS flags", "")),
    of_device(number("error_flags", "Error flags", "")),
    of_device(number("balancer_state", "Balancer state", "")),
    of_device(number("io_status", "Inputs and outputs", "")),
    of_device(number("ac_input", "AC input", "")),
    of_device(text("key_status", "Bind key")),
];

/// Puts what a device of `format` said into the home's words.
pub(super) fn in_home_words(format: &str, changes: &mut Changes) {
    dialect::translate(format, changes);
    changes.retain(|(property, _)| !DROPPED.contains(&&**property));
    for (property, value) in changes {
        let (base, suffix) = split(property);
        let fits = |turn: &Turn| match turn {
            Turn::IfFlag => matches!(value, Value::Bool(_)),
            Turn::IfWords => matches!(value, Value::Text(_)),
            _ => true,
        };
        let turn = TURNS
            .iter()
            .find(|(theirs, _, turn)| *theirs == base && fits(turn));
        let Some((_, ours, turn)) = turn else {
            continue;
        };
        match (turn, &mut *value) {
            (Turn::Not, Value::Bool(flag)) => *flag = !*flag,
            (Turn::Times(factor), Value::Number(number)) => {
                // To the thousandth: what a sensor tells is not finer.
                *value = Value::rounded(*number * factor, 3);
            }
            _ => {}
        }
        if *ours != base {
            *property = match suffix {
                "" => (*ours).into(),
                suffix => format!("{ours}{suffix}").into(),
            };
        }
    }
}

/// `voltage_2` → `voltage`, `_2`.
fn split(property: &str) -> (&str, &str) {
    let digits = property
        .bytes()
        .rev()
        .take_while(u8::is_ascii_digit)
        .count();
    let at = property.len() - digits;
    match property.split_at_checked(at) {
        Some((head, _)) if digits > 0 && head.ends_with('_') => {
            property.split_at_checked(at - 1).unwrap_or((property, ""))
        }
        _ => (property, ""),
    }
}

/// What the home knows of a property, and which of its kind it is (empty for the only one).
pub(super) fn word(property: &str) -> Option<(&'static Word, &str)> {
    let find = |name: &str| WORDS.iter().find(|word| word.name == name);
    if let Some(word) = find(property) {
        return Some((word, ""));
    }
    let (base, suffix) = split(property);
    find(base).map(|word| (word, suffix.trim_start_matches('_')))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_home_has_one_word_for_a_thing() {
        let mut changes: Changes = vec![
            ("opening".into(), true.into()),
            ("battery".into(), 5u8.into()),
            ("voltage_2".into(), 3.305.into()),
            ("moisture".into(), true.into()),
            ("moisture".into(), 30.7.into()),
            ("power".into(), true.into()),
            ("power".into(), 12.5.into()),
            ("packet_id".into(), 9u8.into()),
            ("lock".into(), true.into()),
            ("pressure".into(), "high".into()),
            ("pressure".into(), 1013.5.into()),
        ];
        in_home_words("bthome", &mut changes);
        let expected: Changes = vec![
            ("contact".into(), false.into()),
            ("battery".into(), 5u8.into()),
            ("voltage_2".into(), 3305.0.into()),
            ("water_leak".into(), true.into()),
            ("soil_moisture".into(), 30.7.into()),
            ("powered".into(), true.into()),
            ("power".into(), 12.5.into()),
            ("locked".into(), false.into()),
            ("brushing_pressure".into(), "high".into()),
            ("pressure".into(), 1013.5.into()),
        ];
        assert_eq!(changes, expected);
    }

    #[test]
    fn numbered_words_are_known_by_their_kind() {
        for (property, name, which) in [
            ("temperature", "temperature", ""),
            ("temperature_3", "temperature", "3"),
            (
                "internal_temperature_probe_2",
                "internal_temperature_probe",
                "2",
            ),
            ("pm25", "pm25", ""),
            ("co2_1", "co2", "1"),
        ] {
            let (word, suffix) = word(property).unwrap();
            assert_eq!((word.name, suffix), (name, which));
        }
        assert!(word("nothing").is_none());
        assert!(word("_1").is_none());
        assert!(word("").is_none());
    }

    #[test]
    fn no_word_stands_twice() {
        for (at, word) in WORDS.iter().enumerate() {
            assert!(
                !WORDS[..at].iter().any(|other| other.name == word.name),
                "{}",
                word.name
            );
        }
    }
}
