//! Xiaomi's own: the status structures of Mijia and Aqara devices.
//!
//! They tell most of what they know in one structure, about once an hour and at each press of the
//! button: key, ZCL type, value, over and over. It comes as a character string in Basic 0xFF01, as
//! a ZCL struct without keys in Basic 0xFF02 (older ones), or as octets in 0xFCC0/0x00F7. What the
//! keys mean differs from model to model, so a model names its [`Key`]s.

use std::time::Duration;

use super::super::color::round;
use super::super::exchange::{Heard, Later, Request};
use super::super::part::{Context, Incoming, Outgoing, Part, Setting};
use super::attribute::{Attribute, Choice, Meaning};
use super::battery::{self, Curve};
use super::measure::{binary, numeric};
use crate::Value;
use crate::model::{Expose, ExposeKind};
use crate::zigbee::zcl::clusters::{analog_input, basic, ias_zone, occupancy, on_off, xiaomi};
use crate::zigbee::zcl::{Attribute as Written, Data, Frame, Global, Type, id};

/// The manufacturer code of LUMI.
pub(crate) const LUMI: u16 = 0x115f;

/// What a key of the structure means.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Key {
    /// The key.
    pub(crate) key: u8,
    /// The property.
    pub(crate) property: &'static str,
    /// How its value is shown.
    pub(crate) shown: Shown,
}

/// How the value of a key is shown.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Shown {
    /// Divided, with so many decimals, within bounds.
    Number {
        divisor: f64,
        digits: i32,
        range: (f64, f64),
    },
    /// One less: counts start at 1.
    LessOne,
    /// True when it is 1 (or, inverted, when it is 0).
    Is(bool),
    /// ON when it is 1.
    OnOff,
}

const fn key(key: u8, property: &'static str, shown: Shown) -> Key {
    Key {
        key,
        property,
        shown,
    }
}

const fn number(divisor: f64, digits: i32) -> Shown {
    Shown::Number {
        divisor,
        digits,
        range: (f64::MIN, f64::MAX),
    }
}

/// Device temperature and how often power failed: nearly all devices.
pub(crate) const COMMON: &[Key] = &[
    key(3, "device_temperature", number(1.0, 0)),
    key(5, "power_outage_count", Shown::LessOne),
];

/// The voltage of a battery in mV.
pub(crate) const BATTERY: &[Key] = &[key(1, "voltage", number(1.0, 0))];

/// Climate sensors. What is beyond nature is a sensor that just started.
pub(crate) const CLIMATE: &[Key] = &[
    key(
        100,
        "temperature",
        Shown::Number {
            divisor: 100.0,
            digits: 2,
            range: (-65.0, 65.0),
        },
    ),
    key(
        101,
        "humidity",
        Shown::Number {
            divisor: 100.0,
            digits: 2,
            range: (0.0, 100.0),
        },
    ),
    key(
        102,
        "pressure",
        Shown::Number {
            divisor: 100.0,
            digits: 1,
            range: (300.0, 1200.0),
        },
    ),
];

/// Door and window contacts.
pub(crate) const CONTACT: &[Key] = &[key(100, "contact", Shown::Is(false))];

/// Water sensors.
pub(crate) const LEAK: &[Key] = &[key(100, "water_leak", Shown::Is(true))];

/// Light beside motion.
pub(crate) const MOTION_LIGHT: &[Key] = &[key(11, "illuminance", number(1.0, 0))];

/// Plugs and relays that measure.
pub(crate) const METER: &[Key] = &[
    key(100, "state", Shown::OnOff),
    key(149, "energy", number(1.0, 6)),
    key(149, "consumption", number(1.0, 6)),
    key(150, "voltage", number(10.0, 1)),
    key(151, "current", number(1000.0, 2)),
    key(152, "power", number(1.0, 3)),
];

/// The status structures of one model.
#[derive(Debug)]
pub(crate) struct Status {
    /// What its keys mean.
    pub(crate) keys: &'static [&'static [Key]],
    /// What a voltage says of its battery; none: it runs on mains.
    pub(crate) curve: Option<Curve>,
}

/// Most Mijia and Aqara batteries: a cell that is empty at 2.85 V for the radio.
pub(crate) const CELL: Curve = Curve::Line(2850.0, 3000.0);

/// The members of 0xFF02 that have a meaning, by place.
const STRUCT_VOLTAGE: usize = 1;
const STRUCT_OUTAGES: usize = 4;

impl Status {
    /// The pairs of a structure. A double is sent as four bytes; a byte left over means nothing.
    fn pairs(bytes: &[u8], most: usize) -> Option<Vec<(u8, Data)>> {
        let mut pairs = Vec::new();
        let mut rest = bytes;
        while let [key, of, value @ ..] = rest {
            if pairs.len() == most {
                break;
            }
            let (after, data) = match Type(*of) {
                Type::DOUBLE => Data::parse(Type::SINGLE, value).ok()?,
                of => Data::parse(of, value).ok()?,
            };
            pairs.push((*key, data));
            rest = after;
        }
        Some(pairs)
    }

    /// The structure of a frame, wherever it is.
    fn structure(incoming: &Incoming<'_>) -> Option<Vec<(u8, Data)>> {
        match incoming.cluster {
            xiaomi::ID => {
                let data = incoming.data(xiaomi::ID, xiaomi::STATUS)?;
                Self::pairs(data.as_bytes()?, usize::MAX)
            }
            basic::ID if incoming.frame.command == id::REPORT_ATTRIBUTES => {
                // The length before the pairs is wrong on some firmware; it bounds their number.
                let marker = [0x01, 0xff, Type::TEXT.0];
                let payload = &incoming.frame.payload;
                let at = payload.windows(3).position(|bytes| bytes == marker)?;
                let (length, pairs) = payload.get(at + 3..)?.split_first()?;
                Self::pairs(pairs, usize::from(*length))
            }
            _ => None,
        }
    }

    fn put(&self, key: u8, data: &Data, incoming: &Incoming<'_>, heard: &mut Heard) {
        let meanings = self.keys.iter().flat_map(|table| table.iter());
        let Some(raw) = data.as_f64() else {
            return;
        };
        for meaning in meanings.filter(|m| m.key == key) {
            let value = match meaning.shown {
                Shown::Number {
                    divisor,
                    digits,
                    range: (min, max),
                } => {
                    let number = round(raw / divisor, digits);
                    if !(min..=max).contains(&number) {
                        continue;
                    }
                    Value::Number(number)
                }
                Shown::LessOne => Value::Number(raw - 1.0),
                Shown::Is(when) => Value::Bool((raw == 1.0) == when),
                Shown::OnOff => super::on_off::state(raw),
            };
            heard.put(incoming.property(meaning.property), value);
            if let (1, Some(curve)) = (key, self.curve) {
                heard.put(incoming.property("battery"), curve.percent(raw));
            }
        }
    }
}

impl Part for Status {
    fn exposes(&self, _context: &Context<'_>, out: &mut Vec<Expose>) {
        if self.curve.is_some() {
            battery::exposes(out, false);
        }
        let state = Expose::STATE;
        let all = self.keys.iter().flat_map(|table| table.iter());
        for meaning in all {
            let mut expose = match meaning.property {
                "device_temperature" => numeric(
                    "device_temperature",
                    "Device temperature",
                    "Temperature inside the device",
                    "°C",
                    state,
                ),
                "power_outage_count" => numeric(
                    "power_outage_count",
                    "Power outage count",
                    "How often power failed",
                    "",
                    state,
                ),
                "energy" => numeric("energy", "Energy", "Sum of consumed energy", "kWh", state),
                "voltage" if self.curve.is_none() => {
                    numeric("voltage", "Voltage", "Voltage of the mains", "V", state)
                }
                "current" => numeric("current", "Current", "Current drawn now", "A", state),
                "illuminance" => numeric(
                    "illuminance",
                    "Illuminance",
                    "Measured illuminance",
                    "lx",
                    state,
                ),
                _ => continue,
            };
            if expose
                .name
                .is_some_and(|n| n.starts_with("device") || n.ends_with("count"))
            {
                expose.category = Some("diagnostic");
            }
            out.push(expose);
        }
    }

    fn receive(&self, incoming: &mut Incoming<'_>, heard: &mut Heard) {
        for (key, data) in Self::structure(incoming).unwrap_or_default() {
            self.put(key, &data, incoming, heard);
        }
        let Some(Data::Struct(members)) = incoming.data(basic::ID, basic::XIAOMI_STRUCT) else {
            return;
        };
        let member = |at: usize| members.get(at).and_then(Data::as_f64);
        if let Some(voltage) = member(STRUCT_VOLTAGE) {
            heard.put("voltage", voltage);
            if let Some(curve) = self.curve {
                heard.put("battery", curve.percent(voltage));
            }
        }
        if let Some(outages) = member(STRUCT_OUTAGES) {
            heard.put("power_outage_count", outages - 1.0);
        }
    }
}

/// A contact that is reported as On/Off: on is open.
#[derive(Debug)]
pub(crate) struct Contact;

impl Part for Contact {
    fn exposes(&self, _context: &Context<'_>, out: &mut Vec<Expose>) {
        let text = "Whether it is closed";
        out.push(binary("contact", "Contact", text, false));
    }

    fn receive(&self, incoming: &mut Incoming<'_>, heard: &mut Heard) {
        if let Some(open) = incoming.number(on_off::ID, on_off::ON_OFF) {
            heard.put("contact", open == 0.0);
        }
    }
}

/// Motion that is reported when it begins and never when it ends.
#[derive(Debug)]
pub(crate) struct Motion;

/// How long the sensor stays silent after a motion, and a while.
const MOTION_ENDS: Duration = Duration::from_secs(90);

impl Part for Motion {
    fn exposes(&self, _context: &Context<'_>, out: &mut Vec<Expose>) {
        let text = "Whether motion was seen in the last 90 seconds";
        out.push(binary("occupancy", "Occupancy", text, true));
    }

    fn receive(&self, incoming: &mut Incoming<'_>, heard: &mut Heard) {
        let reported = incoming.frame.command == id::REPORT_ATTRIBUTES;
        if !reported || incoming.whole(occupancy::ID, occupancy::OCCUPANCY) != Some(1) {
            return;
        }
        moved(heard);
    }
}

/// There is motion, until it ends by itself.
fn moved(heard: &mut Heard) {
    heard.put("occupancy", true);
    heard.later = Some(Later {
        after: MOTION_ENDS,
        changes: vec![("occupancy".into(), false.into())],
    });
}

/// Light that comes with each motion, in lux (not a logarithm).
#[derive(Debug)]
pub(crate) struct Lux;

impl Part for Lux {
    fn exposes(&self, _context: &Context<'_>, _out: &mut Vec<Expose>) {}

    fn receive(&self, incoming: &mut Incoming<'_>, heard: &mut Heard) {
        use crate::zigbee::zcl::clusters::illuminance::{ID, MEASURED};
        if let Some(lux) = incoming.number(ID, MEASURED) {
            heard.put("illuminance", lux);
            moved(heard);
        }
    }
}

/// Power as an Analog Input.
#[derive(Debug)]
pub(crate) struct AnalogPower;

impl Part for AnalogPower {
    fn exposes(&self, _context: &Context<'_>, out: &mut Vec<Expose>) {
        let access = Expose::STATE | Expose::GET;
        out.push(numeric("power", "Power", "Power drawn now", "W", access));
    }

    fn receive(&self, incoming: &mut Incoming<'_>, heard: &mut Heard) {
        let power = incoming.number(analog_input::ID, analog_input::PRESENT_VALUE);
        if let Some(power) = power.filter(|p| p.is_finite()) {
            heard.put("power", Value::rounded(power, 2));
        }
    }

    fn get(&self, context: &Context<'_>, key: &str) -> Option<Vec<Request>> {
        use analog_input::{ID, PRESENT_VALUE};
        (key == "power").then(|| {
            let target = context.target(ID);
            vec![Request::read(target, ID, None, &[PRESENT_VALUE])]
        })
    }
}

/// Whether the plug of the first kind remembers its state over a power cut: a command of its own
/// hidden in an attribute.
#[derive(Debug)]
pub(crate) struct OutageMemory;

/// The hidden command: on and off, first and second frame.
const REMEMBER: [&[u8]; 2] = [
    &[0xaa, 0x80, 0x05, 0xd1, 0x47, 0x07, 0x01, 0x10, 0x01],
    &[0xaa, 0x80, 0x03, 0xd3, 0x07, 0x08, 0x01],
];
const FORGET: [&[u8]; 2] = [
    &[0xaa, 0x80, 0x05, 0xd1, 0x47, 0x09, 0x01, 0x10, 0x00],
    &[0xaa, 0x80, 0x03, 0xd3, 0x07, 0x0a, 0x01],
];
const HIDDEN: u16 = 0xfff0;

impl Part for OutageMemory {
    fn exposes(&self, _context: &Context<'_>, out: &mut Vec<Expose>) {
        let text = "Whether it goes on again after a power cut";
        let mut expose = binary("power_outage_memory", "Power outage memory", text, true);
        expose.access = Some(Expose::STATE | Expose::SET);
        expose.category = Some("config");
        out.push(expose);
    }

    fn set(&self, setting: &Setting<'_>) -> Option<Outgoing> {
        if setting.key != "power_outage_memory" {
            return None;
        }
        let Some(remember) = setting.value.as_bool() else {
            return Some(Err(setting.bad("true or false")));
        };
        let hidden = if remember { REMEMBER } else { FORGET };
        let mut requests: Vec<Request> = hidden
            .iter()
            .map(|bytes| {
                let data = Data::Octets(Some(bytes.to_vec()));
                let write = Global::WriteAttributes(vec![Written::new(HIDDEN, data)]);
                let frame = Frame::ask(&write).of_manufacturer(LUMI);
                Request::new(setting.context.target(basic::ID), basic::ID, frame)
            })
            .collect();
        if let Some(last) = requests.last_mut() {
            last.changes = vec![("power_outage_memory".into(), remember.into())];
        }
        Some(Ok(requests))
    }
}

const SETTABLE: Attribute = Attribute {
    cluster: xiaomi::ID,
    manufacturer: Some(LUMI),
    of: Type::BOOL,
    category: Some("config"),
    access: Expose::STATE | Expose::SET | Expose::GET,
    meaning: Meaning::Two {
        on: (Choice::Is(true), 1),
        off: (Choice::Is(false), 0),
    },
    ..Attribute::PLAIN
};

/// Goes on again after a power cut.
pub(crate) static POWER_OUTAGE_MEMORY: Attribute = Attribute {
    property: "power_outage_memory",
    label: "Power outage memory",
    description: "Whether it goes on again after a power cut",
    attribute: xiaomi::POWER_OUTAGE_MEMORY,
    ..SETTABLE
};

/// Goes off when nothing draws power.
pub(crate) static AUTO_OFF: Attribute = Attribute {
    property: "auto_off",
    label: "Auto OFF",
    description: "Whether it goes off after 20 minutes below 2 W",
    attribute: xiaomi::AUTO_OFF,
    ..SETTABLE
};

/// No light at night.
pub(crate) static LED_DISABLED_NIGHT: Attribute = Attribute {
    property: "led_disabled_night",
    label: "LED disabled night",
    description: "Whether its light stays off at night",
    attribute: xiaomi::LED_DISABLED_NIGHT,
    ..SETTABLE
};

/// The button at the device does nothing.
pub(crate) static BUTTON_LOCK: Attribute = Attribute {
    property: "button_lock",
    label: "Button lock",
    description: "Whether its button does nothing",
    attribute: xiaomi::OPERATION_MODE,
    of: Type::UINT8,
    meaning: Meaning::Two {
        on: (Choice::Named("ON"), 0),
        off: (Choice::Named("OFF"), 1),
    },
    ..SETTABLE
};

/// The most power it gives.
pub(crate) static OVERLOAD_PROTECTION: Attribute = Attribute {
    property: "overload_protection",
    label: "Overload protection",
    description: "Goes off above this power",
    attribute: xiaomi::OVERLOAD_PROTECTION,
    of: Type::SINGLE,
    meaning: Meaning::Number {
        divisor: 1.0,
        digits: 2,
        unit: "W",
        range: Some((100.0, 2300.0)),
        step: None,
    },
    ..SETTABLE
};

/// Whether something is plugged in.
pub(crate) static CONSUMER_CONNECTED: Attribute = Attribute {
    property: "consumer_connected",
    label: "Consumer connected",
    description: "Whether something is plugged in",
    category: Some("diagnostic"),
    attribute: xiaomi::CONSUMER_CONNECTED,
    access: Expose::STATE,
    ..SETTABLE
};

/// How much smoke it takes.
pub(crate) static SMOKE_SENSITIVITY: Attribute = Attribute {
    property: "sensitivity",
    label: "Sensitivity",
    description: "How little smoke raises the alarm",
    cluster: ias_zone::ID,
    attribute: SMOKE_SETTING,
    of: Type::UINT32,
    access: Expose::STATE | Expose::SET,
    meaning: Meaning::Several(&[
        ("low", 0x0401_0000),
        ("medium", 0x0402_0000),
        ("high", 0x0403_0000),
    ]),
    ..SETTABLE
};

const SMOKE_SETTING: u16 = 0xfff1;
const SELF_TEST: u64 = 0x0301_0000;

/// `selftest`: it beeps.
#[derive(Debug)]
pub(crate) struct SelfTest;

impl Part for SelfTest {
    fn exposes(&self, _context: &Context<'_>, out: &mut Vec<Expose>) {
        let mut expose = Expose::of(ExposeKind::Enum);
        expose.name = Some("selftest");
        expose.label = Some("Selftest".to_owned());
        expose.property = Some("selftest".to_owned());
        expose.access = Some(Expose::SET);
        expose.description = Some("Have it test itself");
        expose.values = vec!["".into()];
        out.push(expose);
    }

    fn set(&self, setting: &Setting<'_>) -> Option<Outgoing> {
        if setting.key != "selftest" {
            return None;
        }
        let data = Data::Uint(4, SELF_TEST);
        let write = Global::WriteAttributes(vec![Written::new(SMOKE_SETTING, data)]);
        let frame = Frame::ask(&write).of_manufacturer(LUMI);
        let target = setting.context.target(ias_zone::ID);
        Some(Ok(vec![Request::new(target, ias_zone::ID, frame)]))
    }
}

/// Whether the rockers of a wall switch move their relays or only tell.
#[derive(Debug)]
pub(crate) struct OperationMode {
    /// The rocker, by the endpoint's name (none: the only one), and its attribute.
    pub(crate) rockers: &'static [(Option<&'static str>, u16)],
    /// What a rocker may do.
    pub(crate) modes: &'static [(&'static str, u8)],
}

/// The endpoint that keeps the modes of all rockers.
const SYSTEM: u8 = 1;

impl Part for OperationMode {
    fn exposes(&self, _context: &Context<'_>, out: &mut Vec<Expose>) {
        for (rocker, _) in self.rockers {
            let mut expose = Expose::of(ExposeKind::Enum);
            let behind = rocker.map(|name| format!("_{name}")).unwrap_or_default();
            expose.name = Some("operation_mode");
            expose.label = Some("Operation mode".to_owned());
            expose.property = Some(format!("operation_mode{behind}"));
            expose.endpoint = *rocker;
            expose.access = Some(Expose::STATE | Expose::SET);
            expose.category = Some("config");
            expose.description = Some("What the rocker moves");
            expose.values = self.modes.iter().map(|(name, _)| (*name).into()).collect();
            out.push(expose);
        }
    }

    fn receive(&self, incoming: &mut Incoming<'_>, heard: &mut Heard) {
        for (rocker, attribute) in self.rockers {
            let Some(raw) = incoming.whole(basic::ID, *attribute) else {
                continue;
            };
            let mode = self.modes.iter().find(|(_, n)| i64::from(*n) == raw);
            if let Some((mode, _)) = mode {
                let behind = rocker.map(|name| format!("_{name}")).unwrap_or_default();
                heard.put(format!("operation_mode{behind}"), *mode);
            }
        }
    }

    fn set(&self, setting: &Setting<'_>) -> Option<Outgoing> {
        if setting.key != "operation_mode" {
            return None;
        }
        let (_, attribute) = self
            .rockers
            .iter()
            .find(|(name, _)| *name == setting.suffix)?;
        let wish = setting.value.as_str().unwrap_or_default();
        let Some((mode, raw)) = self.modes.iter().find(|(mode, _)| *mode == wish) else {
            let names: Vec<_> = self.modes.iter().map(|(mode, _)| *mode).collect();
            return Some(Err(setting.bad(format_args!("one of {}", names.join(", ")))));
        };
        let data = Data::Uint(1, u64::from(*raw));
        let write = Global::WriteAttributes(vec![Written::new(*attribute, data)]);
        let frame = Frame::ask(&write).of_manufacturer(LUMI);
        let shown = vec![(setting.shown("operation_mode"), (*mode).into())];
        let request = Request::new(SYSTEM, basic::ID, frame).showing(shown);
        Some(Ok(vec![request]))
    }

    fn get(&self, context: &Context<'_>, key: &str) -> Option<Vec<Request>> {
        if key != "operation_mode" {
            return None;
        }
        let suffix = context.endpoint.and_then(|id| context.model.suffix(id));
        let (_, attribute) = self.rockers.iter().find(|(name, _)| *name == suffix)?;
        Some(vec![Request::read(
            SYSTEM,
            basic::ID,
            Some(LUMI),
            &[*attribute],
        )])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pairs_are_read_to_the_end_and_no_further() {
        let bytes = [0x01, 0x21, 0xea, 0x0b, 0x64, 0x29, 0x6d, 0x05, 0x99];
        let pairs = Status::pairs(&bytes, usize::MAX).unwrap();
        assert_eq!(pairs, [(1, Data::Uint(2, 3050)), (100, Data::Int(2, 1389))]);
        assert_eq!(Status::pairs(&[0x01, 0x21, 0xea], 9), None, "cut short");
        assert_eq!(Status::pairs(&[0x01, 0x96, 0xea], 9), None, "no such type");
        let double = [0x95, 0x3a, 0x00, 0x00, 0x80, 0x3f];
        let pairs = Status::pairs(&double, usize::MAX).unwrap();
        assert_eq!(pairs, [(0x95, Data::Single(1.0))]);
    }
}
