//! The objects: a table of what each id says.

/// One object.
#[derive(Clone, Copy, Debug)]
pub(super) struct Row {
    /// Its id.
    pub(super) id: u8,
    /// Bytes of its value; 0: a length byte stands before them.
    pub(super) length: u8,
    /// What it is called.
    pub(super) property: &'static str,
    /// How it is read.
    pub(super) kind: Kind,
}

/// How an object's value is read.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Kind {
    /// A number without a sign: times the factor, rounded to so many decimals.
    Unsigned(f64, i32),
    /// As above, with a sign.
    Signed(f64, i32),
    /// A number with a sign, in steps of 0.35; to one decimal.
    Coarse,
    /// True unless 0.
    Flag,
    /// Which press of a button; 0: none, but the button is there.
    Button,
    /// Which way a dimmer is turned, and by how many steps.
    Dimmer,
    /// What somebody wants, with arguments of the maker's.
    Command,
    /// Text.
    Text,
    /// Any bytes.
    Raw,
    /// Seconds since 1970.
    Time,
    /// A version of the firmware, the least part first.
    Firmware,
    /// Nothing for the home.
    Silent,
}

/// The row of object `id`.
pub(super) fn row(id: u8) -> Option<&'static Row> {
    TABLE
        .binary_search_by_key(&id, |row| row.id)
        .ok()
        .and_then(|at| TABLE.get(at))
}

const fn of(id: u8, length: u8, property: &'static str, kind: Kind) -> Row {
    Row {
        id,
        length,
        property,
        kind,
    }
}

const fn number(id: u8, length: u8, property: &'static str, factor: f64, digits: i32) -> Row {
    of(id, length, property, Kind::Unsigned(factor, digits))
}

const fn signed(id: u8, length: u8, property: &'static str, factor: f64, digits: i32) -> Row {
    of(id, length, property, Kind::Signed(factor, digits))
}

const fn flag(id: u8, property: &'static str) -> Row {
    of(id, 1, property, Kind::Flag)
}

/// A hundredth of a pound, in kilograms.
const POUND: f64 = 0.004_535_923_7;

/// Sorted by id. Units: °C, %, hPa, lx, kg, kWh, W, V, A, µg/m³, ppm, m, m/s, m/s², s, °, L, L of
/// water, m³ of gas, m³/h, mm of rain, µS/cm.
#[rustfmt::skip]
static TABLE: &[Row] = &[
    number(0x00, 1, "packet_id", 1.0, 0),
    number(0x01, 1, "battery", 1.0, 0),
    signed(0x02, 2, "temperature", 0.01, 2),
    number(0x03, 2, "humidity", 0.01, 2),
    number(0x04, 3, "pressure", 0.01, 2),
    number(0x05, 3, "illuminance", 0.01, 2),
    number(0x06, 2, "weight", 0.01, 2),
    number(0x07, 2, "weight", POUND, 3),
    signed(0x08, 2, "dew_point", 0.01, 2),
    number(0x09, 1, "count", 1.0, 0),
    number(0x0a, 3, "energy", 0.001, 3),
    number(0x0b, 3, "power", 0.01, 2),
    number(0x0c, 2, "voltage", 0.001, 3),
    number(0x0d, 2, "pm25", 1.0, 0),
    number(0x0e, 2, "pm10", 1.0, 0),
    flag(0x0f, "generic"),
    flag(0x10, "power"),
    flag(0x11, "opening"),
    number(0x12, 2, "co2", 1.0, 0),
    number(0x13, 2, "voc", 1.0, 0),
    number(0x14, 2, "moisture", 0.01, 2),
    flag(0x15, "battery_low"),
    flag(0x16, "battery_charging"),
    flag(0x17, "carbon_monoxide"),
    flag(0x18, "cold"),
    flag(0x19, "connectivity"),
    flag(0x1a, "door"),
    flag(0x1b, "garage_door"),
    flag(0x1c, "gas_detected"),
    flag(0x1d, "heat"),
    flag(0x1e, "light"),
    flag(0x1f, "lock"),
    flag(0x20, "moisture_detected"),
    flag(0x21, "motion"),
    flag(0x22, "moving"),
    flag(0x23, "occupancy"),
    flag(0x24, "plug"),
    flag(0x25, "presence"),
    flag(0x26, "problem"),
    flag(0x27, "running"),
    flag(0x28, "safety"),
    flag(0x29, "smoke"),
    flag(0x2a, "sound"),
    flag(0x2b, "tamper"),
    flag(0x2c, "vibration"),
    flag(0x2d, "window"),
    number(0x2e, 1, "humidity", 1.0, 0),
    number(0x2f, 1, "moisture", 1.0, 0),
    of(0x3a, 1, "button", Kind::Button),
    of(0x3b, 0, "command", Kind::Command),
    of(0x3c, 2, "dimmer", Kind::Dimmer),
    number(0x3d, 2, "count", 1.0, 0),
    number(0x3e, 4, "count", 1.0, 0),
    signed(0x3f, 2, "rotation", 0.1, 1),
    number(0x40, 2, "distance", 0.001, 3),
    number(0x41, 2, "distance", 0.1, 1),
    number(0x42, 3, "duration", 0.001, 3),
    number(0x43, 2, "current", 0.001, 3),
    number(0x44, 2, "speed", 0.01, 2),
    signed(0x45, 2, "temperature", 0.1, 1),
    number(0x46, 1, "uv_index", 0.1, 1),
    number(0x47, 2, "volume", 0.1, 1),
    number(0x48, 2, "volume", 0.001, 3),
    number(0x49, 2, "volume_flow_rate", 0.001, 3),
    number(0x4a, 2, "voltage", 0.1, 1),
    number(0x4b, 3, "gas", 0.001, 3),
    number(0x4c, 4, "gas", 0.001, 3),
    number(0x4d, 4, "energy", 0.001, 3),
    number(0x4e, 4, "volume", 0.001, 3),
    number(0x4f, 4, "water", 0.001, 3),
    of(0x50, 4, "timestamp", Kind::Time),
    number(0x51, 2, "acceleration", 0.001, 3),
    number(0x52, 2, "gyroscope", 0.001, 3),
    of(0x53, 0, "text", Kind::Text),
    of(0x54, 0, "raw", Kind::Raw),
    number(0x55, 4, "volume_storage", 0.001, 3),
    number(0x56, 2, "conductivity", 1.0, 0),
    signed(0x57, 1, "temperature", 1.0, 0),
    of(0x58, 1, "temperature", Kind::Coarse),
    signed(0x59, 1, "count", 1.0, 0),
    signed(0x5a, 2, "count", 1.0, 0),
    signed(0x5b, 4, "count", 1.0, 0),
    signed(0x5c, 4, "power", 0.01, 2),
    signed(0x5d, 2, "current", 0.001, 3),
    number(0x5e, 2, "direction", 0.01, 2),
    number(0x5f, 2, "precipitation", 0.1, 1),
    number(0x60, 1, "channel", 1.0, 0),
    number(0x61, 2, "rotational_speed", 1.0, 0),
    signed(0x62, 4, "speed", 0.000_001, 6),
    signed(0x63, 4, "acceleration", 0.000_001, 6),
    number(0x64, 1, "light_level", 1.0, 0),
    number(0x65, 1, "settings_revision", 1.0, 0),
    of(0xf0, 2, "", Kind::Silent),
    of(0xf1, 4, "", Kind::Firmware),
    of(0xf2, 3, "", Kind::Firmware),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_sorted() {
        assert!(TABLE.windows(2).all(|pair| pair[0].id < pair[1].id));
        assert_eq!(row(0x58).map(|row| row.property), Some("temperature"));
        assert!(row(0x66).is_none());
    }
}
