//! What Victron's records hold: fields of so many bits in a row, the lowest bit first.

use crate::ble::{DecodeError, Reading};

/// A kind of record.
pub(super) struct Record {
    id: u8,
    /// What sends it.
    pub(super) model: &'static str,
    fields: &'static [Field],
}

/// One field.
struct Field {
    /// The property; `""`: bits that mean nothing to us.
    property: &'static str,
    bits: u32,
    kind: Kind,
}

/// What a field's number means.
#[derive(Clone, Copy)]
enum Kind {
    /// A quotient of it and the divisor, less the offset. All bits set: not measured.
    Unsigned { divisor: f64, offset: f64 },
    /// Two's complement. All bits but the sign set: not measured.
    Signed { divisor: f64 },
    /// One of [`STATES`].
    State,
    /// A code or a set of flags, as it is.
    Code,
    /// A second input, see [`auxiliary`].
    Auxiliary,
}

const fn unsigned(property: &'static str, bits: u32, divisor: f64) -> Field {
    let offset = 0.0;
    Field {
        property,
        bits,
        kind: Kind::Unsigned { divisor, offset },
    }
}

const fn signed(property: &'static str, bits: u32, divisor: f64) -> Field {
    Field {
        property,
        bits,
        kind: Kind::Signed { divisor },
    }
}

/// Degrees from −40 in 7 bits.
const fn degrees(property: &'static str) -> Field {
    Field {
        property,
        bits: 7,
        kind: Kind::Unsigned {
            divisor: 1.0,
            offset: 40.0,
        },
    }
}

const fn state(property: &'static str) -> Field {
    Field {
        property,
        bits: 8,
        kind: Kind::State,
    }
}

const fn code(property: &'static str, bits: u32) -> Field {
    Field {
        property,
        bits,
        kind: Kind::Code,
    }
}

const AUXILIARY: Field = Field {
    property: "",
    bits: 18,
    kind: Kind::Auxiliary,
};

static RECORDS: &[Record] = &[
    Record {
        id: 0x01,
        model: "Solar charger",
        fields: &[
            state("charge_state"),
            code("charger_error", 8),
            signed("battery_voltage", 16, 100.0),
            signed("battery_current", 16, 10.0),
            unsigned("yield_today", 16, 100.0),
            unsigned("solar_power", 16, 1.0),
            unsigned("load_current", 9, 10.0),
        ],
    },
    Record {
        id: 0x02,
        model: "Battery monitor",
        fields: &[
            unsigned("remaining_minutes", 16, 1.0),
            signed("voltage", 16, 100.0),
            code("alarm", 16),
            AUXILIARY,
            signed("current", 22, 1000.0),
            unsigned("consumed_ah", 20, 10.0),
            unsigned("battery", 10, 10.0),
        ],
    },
    Record {
        id: 0x04,
        model: "DC/DC converter",
        fields: &[
            state("device_state"),
            code("charger_error", 8),
            unsigned("input_voltage", 16, 100.0),
            signed("output_voltage", 16, 100.0),
            code("off_reason", 32),
        ],
    },
    Record {
        id: 0x05,
        model: "Smart lithium battery",
        fields: &[
            code("bms_flags", 32),
            code("error_flags", 16),
            cell("cell_voltage_1"),
            cell("cell_voltage_2"),
            cell("cell_voltage_3"),
            cell("cell_voltage_4"),
            cell("cell_voltage_5"),
            cell("cell_voltage_6"),
            cell("cell_voltage_7"),
            cell("cell_voltage_8"),
            unsigned("battery_voltage", 12, 100.0),
            code("balancer_state", 4),
            degrees("temperature"),
        ],
    },
    Record {
        id: 0x08,
        model: "AC charger",
        fields: &[
            state("charge_state"),
            code("charger_error", 8),
            unsigned("output_voltage_1", 13, 100.0),
            unsigned("output_current_1", 11, 10.0),
            unsigned("output_voltage_2", 13, 100.0),
            unsigned("output_current_2", 11, 10.0),
            unsigned("output_voltage_3", 13, 100.0),
            unsigned("output_current_3", 11, 10.0),
            degrees("temperature"),
            unsigned("ac_current", 9, 10.0),
        ],
    },
    Record {
        id: 0x09,
        model: "Smart BatteryProtect",
        fields: &[
            state("device_state"),
            code("output_state", 8),
            code("charger_error", 8),
            code("alarm", 16),
            code("warning", 16),
            signed("input_voltage", 16, 100.0),
            unsigned("output_voltage", 16, 100.0),
            code("off_reason", 32),
        ],
    },
    Record {
        id: 0x0a,
        model: "Lynx Smart BMS",
        fields: &[
            code("error_flags", 8),
            unsigned("remaining_minutes", 16, 1.0),
            signed("voltage", 16, 100.0),
            signed("current", 16, 10.0),
            code("io_status", 16),
            code("alarm", 18),
            unsigned("battery", 10, 10.0),
            unsigned("consumed_ah", 20, 10.0),
            degrees("temperature"),
        ],
    },
    Record {
        id: 0x0b,
        model: "Multi RS",
        fields: &[
            state("device_state"),
            code("charger_error", 8),
            signed("battery_current", 16, 10.0),
            unsigned("battery_voltage", 14, 100.0),
            code("ac_input", 2),
            signed("ac_in_power", 16, 1.0),
            signed("ac_out_power", 16, 1.0),
            unsigned("solar_power", 16, 1.0),
            unsigned("yield_today", 16, 100.0),
        ],
    },
    Record {
        id: 0x0c,
        model: "VE.Bus",
        fields: &[
            state("device_state"),
            code("charger_error", 8),
            signed("battery_current", 16, 10.0),
            unsigned("battery_voltage", 14, 100.0),
            code("ac_input", 2),
            signed("ac_in_power", 19, 1.0),
            signed("ac_out_power", 19, 1.0),
            code("alarm", 2),
            degrees("temperature"),
            unsigned("battery", 7, 1.0),
        ],
    },
];

/// Hundredths of a volt from 2.60 V; the lowest and the second highest code are "beyond the scale".
const fn cell(property: &'static str) -> Field {
    Field {
        property,
        bits: 7,
        kind: Kind::Unsigned {
            divisor: 100.0,
            offset: -2.6,
        },
    }
}

static STATES: &[(u64, &str)] = &[
    (0, "off"),
    (1, "low_power"),
    (2, "fault"),
    (3, "bulk"),
    (4, "absorption"),
    (5, "float"),
    (6, "storage"),
    (7, "equalize"),
    (9, "inverting"),
    (11, "power_supply"),
    (245, "starting_up"),
    (246, "repeated_absorption"),
    (247, "recondition"),
    (248, "battery_safe"),
    (249, "active"),
    (252, "external_control"),
];

/// The record of that number.
pub(super) fn find(id: u8) -> Option<&'static Record> {
    RECORDS.iter().find(|record| record.id == id)
}

/// Bits of `data`, from `at`, the lowest first; `None` behind its end.
fn bits(data: &[u8], at: u32, count: u32) -> Option<u64> {
    let mut number = 0;
    for bit in 0..count {
        let at = at + bit;
        let byte = data.get(usize::try_from(at / 8).ok()?)?;
        number |= u64::from(byte >> (at % 8) & 1) << bit;
    }
    Some(number)
}

/// Puts what `clear` says into `reading`. Records of older firmware end earlier.
///
/// # Errors
/// When not even the first field is there.
pub(super) fn put(reading: &mut Reading, record: &Record, clear: &[u8]) -> Result<(), DecodeError> {
    let mut at = 0;
    for field in record.fields {
        let Some(raw) = bits(clear, at, field.bits) else {
            break;
        };
        at += field.bits;
        put_field(reading, field, raw);
    }
    if at == 0 {
        return Err(DecodeError::Truncated("record"));
    }
    Ok(())
}

#[expect(clippy::cast_precision_loss)] // at most 32 bits
fn put_field(reading: &mut Reading, field: &Field, raw: u64) {
    let ones = (1u64 << field.bits) - 1;
    match field.kind {
        Kind::Unsigned { divisor, offset } if raw != ones => {
            let beyond = offset < 0.0 && (raw == 0 || raw == ones - 1);
            if !beyond {
                reading.put(field.property, raw as f64 / divisor - offset);
            }
        }
        Kind::Signed { divisor } if raw != ones >> 1 && !(raw == ones && field.bits == 22) => {
            let sign = 1u64 << (field.bits - 1);
            let size = (raw & (sign - 1)) as f64 - (raw & sign) as f64;
            reading.put(field.property, size / divisor);
        }
        Kind::State => {
            if let Some((_, state)) = STATES.iter().find(|(code, _)| *code == raw) {
                reading.put(field.property, *state);
            }
        }
        Kind::Code => reading.put(field.property, raw as f64),
        Kind::Auxiliary => auxiliary(reading, raw),
        Kind::Unsigned { .. } | Kind::Signed { .. } => {}
    }
}

/// A value u16, and in 2 bits what is wired to it.
fn auxiliary(reading: &mut Reading, raw: u64) {
    let [low, high, kind, ..] = raw.to_le_bytes();
    let value = f64::from(u16::from_le_bytes([low, high])) / 100.0;
    match kind {
        0 => {
            let volts = f64::from(i16::from_le_bytes([low, high])) / 100.0;
            reading.put("starter_voltage", volts);
        }
        1 => reading.put("midpoint_voltage", value),
        2 => reading.put("temperature", value - 273.15),
        _ => {}
    }
}
