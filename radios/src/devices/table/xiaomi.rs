//! Mijia and Aqara. None of these takes bindings or reporting configurations: they report by
//! themselves, and some leave the network when asked to do it otherwise.

use super::super::part::Part;
use super::super::parts::attribute::{Attribute, Meaning};
use super::super::parts::electricity::{Meter, Scale};
use super::super::parts::ias::{Guards, Zone};
use super::super::parts::identify::Identify;
use super::super::parts::measure::{HUMIDITY, Pressure, TEMPERATURE};
use super::super::parts::on_off::OnOff;
use super::super::parts::xiaomi::{
    AUTO_OFF, AnalogPower, BATTERY, BUTTON_LOCK, CELL, CLIMATE, COMMON, CONSUMER_CONNECTED,
    CONTACT, Contact, LEAK, LED_DISABLED_NIGHT, Lux, METER, MOTION_LIGHT, Motion,
    OVERLOAD_PROTECTION, OperationMode, OutageMemory, POWER_OUTAGE_MEMORY, SMOKE_SENSITIVITY,
    SelfTest, Status,
};
use super::super::parts::xiaomi_actions::{Button, Cube, Presses};
use super::Entry;
use crate::zigbee::zcl::clusters::basic;

/// By itself: nothing to configure.
static RELAY: OnOff = OnOff { quiet: true };

static SENSOR: Status = Status {
    keys: &[BATTERY, COMMON],
    curve: Some(CELL),
};
static CLIMATE_SENSOR: Status = Status {
    keys: &[BATTERY, COMMON, CLIMATE],
    curve: Some(CELL),
};
static CONTACT_SENSOR: Status = Status {
    keys: &[BATTERY, COMMON, CONTACT],
    curve: Some(CELL),
};
static LEAK_SENSOR: Status = Status {
    keys: &[BATTERY, COMMON, LEAK],
    curve: Some(CELL),
};
static MOTION_SENSOR: Status = Status {
    keys: &[BATTERY, COMMON, MOTION_LIGHT],
    curve: Some(CELL),
};
static METERING: Status = Status {
    keys: &[COMMON, METER],
    curve: None,
};
static MAINS: Status = Status {
    keys: &[COMMON],
    curve: None,
};

/// The climate sensor's own reports: nothing to configure, and 100 °C is a sensor that started.
static OWN_TEMPERATURE: Attribute = Attribute {
    meaning: Meaning::Number {
        divisor: 100.0,
        digits: 2,
        unit: "°C",
        range: Some((-65.0, 65.0)),
        step: None,
    },
    report: None,
    access: crate::Expose::STATE,
    ..TEMPERATURE
};
static OWN_HUMIDITY: Attribute = Attribute {
    report: None,
    access: crate::Expose::STATE,
    ..HUMIDITY
};

static METER_CLUSTERS: Meter = Meter {
    scale: Scale {
        power: None,
        voltage: None,
        current: None,
        energy: None,
    },
    quiet: true,
};

/// Numbers of presses, as the second kind of buttons counts them.
const PRESSES: &[(i64, &str)] = &[
    (1, "single"),
    (2, "double"),
    (3, "triple"),
    (4, "quadruple"),
    (0, "hold"),
    (255, "release"),
];

const PLUG: &[&dyn Part] = &[
    &RELAY,
    &AnalogPower,
    &METERING,
    &METER_CLUSTERS,
    &POWER_OUTAGE_MEMORY,
    &AUTO_OFF,
    &LED_DISABLED_NIGHT,
    &OVERLOAD_PROTECTION,
    &CONSUMER_CONNECTED,
];

pub(super) const MODELS: &[Entry] = &[
    Entry {
        ids: &["lumi.sensor_ht", "lumi.sens"],
        model: "WSDCGQ01LM",
        vendor: "Xiaomi",
        description: "Mi temperature and humidity sensor",
        parts: &[&CLIMATE_SENSOR, &OWN_TEMPERATURE, &OWN_HUMIDITY],
        ..Entry::PLAIN
    },
    Entry {
        ids: &["lumi.weather"],
        model: "WSDCGQ11LM",
        vendor: "Aqara",
        description: "Temperature and humidity sensor",
        parts: &[
            &CLIMATE_SENSOR,
            &OWN_TEMPERATURE,
            &OWN_HUMIDITY,
            &OwnPressure,
        ],
        ..Entry::PLAIN
    },
    Entry {
        ids: &["lumi.sensor_magnet"],
        model: "MCCGQ01LM",
        vendor: "Xiaomi",
        description: "Mi door and window sensor",
        parts: &[&SENSOR, &Contact],
        ..Entry::PLAIN
    },
    Entry {
        ids: &["lumi.sensor_magnet.aq2"],
        model: "MCCGQ11LM",
        vendor: "Aqara",
        description: "Door and window sensor",
        parts: &[&CONTACT_SENSOR, &Contact, &Identify],
        ..Entry::PLAIN
    },
    Entry {
        ids: &["lumi.sensor_motion"],
        model: "RTCGQ01LM",
        vendor: "Xiaomi",
        description: "Mi motion sensor",
        parts: &[&SENSOR, &Motion],
        ..Entry::PLAIN
    },
    Entry {
        ids: &["lumi.sensor_motion.aq2"],
        model: "RTCGQ11LM",
        vendor: "Aqara",
        description: "Motion sensor",
        parts: &[&MOTION_SENSOR, &Motion, &Lux],
        ..Entry::PLAIN
    },
    Entry {
        ids: &["lumi.sensor_wleak.aq1"],
        model: "SJCGQ11LM",
        vendor: "Aqara",
        description: "Water leak sensor",
        parts: &[
            &LEAK_SENSOR,
            &Zone {
                guards: Guards::WaterLeak,
                tamper: false,
                battery_low: true,
                all: false,
            },
        ],
        ..Entry::PLAIN
    },
    Entry {
        ids: &["lumi.sensor_smoke"],
        model: "JTYJ-GD-01LM/BW",
        vendor: "Xiaomi",
        description: "Mijia Honeywell smoke detector",
        parts: &[
            &SENSOR,
            &Zone {
                guards: Guards::Smoke,
                tamper: true,
                battery_low: true,
                all: true,
            },
            &SMOKE_SENSITIVITY,
            &SelfTest,
        ],
        ..Entry::PLAIN
    },
    Entry {
        ids: &["lumi.sensor_switch"],
        model: "WXKG01LM",
        vendor: "Xiaomi",
        description: "Mi wireless switch",
        parts: &[&SENSOR, &Button],
        ..Entry::PLAIN
    },
    Entry {
        ids: &["lumi.sensor_switch.aq2", "lumi.remote.b1acn01"],
        model: "WXKG11LM",
        vendor: "Aqara",
        description: "Wireless mini switch",
        parts: &[&SENSOR, &Presses { actions: PRESSES }, &Identify],
        ..Entry::PLAIN
    },
    Entry {
        ids: &["lumi.sensor_cube", "lumi.sensor_cube.aqgl01"],
        model: "MFKZQ01LM",
        vendor: "Aqara",
        description: "Mi and Aqara cube",
        parts: &[&SENSOR, &Cube],
        ..Entry::PLAIN
    },
    Entry {
        ids: &["lumi.plug"],
        model: "ZNCZ02LM",
        vendor: "Xiaomi",
        description: "Mi power plug ZigBee",
        parts: &[&RELAY, &AnalogPower, &METERING, &OutageMemory],
        ..Entry::PLAIN
    },
    Entry {
        ids: &["lumi.plug.mmeu01"],
        model: "ZNCZ04LM",
        vendor: "Xiaomi",
        description: "Mi power plug ZigBee EU",
        parts: PLUG,
        ..Entry::PLAIN
    },
    Entry {
        ids: &["lumi.plug.maeu01"],
        model: "SP-EUC01",
        vendor: "Aqara",
        description: "Smart plug EU",
        parts: &[
            &BUTTON_LOCK,
            &RELAY,
            &AnalogPower,
            &METERING,
            &METER_CLUSTERS,
            &POWER_OUTAGE_MEMORY,
            &AUTO_OFF,
            &LED_DISABLED_NIGHT,
            &OVERLOAD_PROTECTION,
            &CONSUMER_CONNECTED,
        ],
        ..Entry::PLAIN
    },
    Entry {
        ids: &["lumi.ctrl_neutral1"],
        model: "QBKG04LM",
        vendor: "Aqara",
        description: "Smart wall switch (no neutral, single rocker)",
        parts: &[
            &RELAY,
            &MAINS,
            &OperationMode {
                rockers: &[(None, basic::XIAOMI_OPERATION_MODE_LEFT)],
                modes: &[("control_relay", 0x12), ("decoupled", 0xfe)],
            },
        ],
        endpoints: &[("system", 1), ("default", 2)],
        suffixes: false,
        ..Entry::PLAIN
    },
    Entry {
        ids: &["lumi.ctrl_neutral2"],
        model: "QBKG03LM",
        vendor: "Aqara",
        description: "Smart wall switch (no neutral, double rocker)",
        parts: &[
            &RELAY,
            &MAINS,
            &OperationMode {
                rockers: &[
                    (Some("left"), basic::XIAOMI_OPERATION_MODE_LEFT),
                    (Some("right"), basic::XIAOMI_OPERATION_MODE_RIGHT),
                ],
                modes: &[
                    ("control_left_relay", 0x12),
                    ("control_right_relay", 0x22),
                    ("decoupled", 0xfe),
                ],
            },
        ],
        endpoints: &[("system", 1), ("left", 2), ("right", 3)],
        suffixes: true,
        ..Entry::PLAIN
    },
];

/// Pressure as the weather sensor reports it, unasked.
#[derive(Debug)]
struct OwnPressure;

impl Part for OwnPressure {
    fn exposes(&self, context: &super::super::part::Context<'_>, out: &mut Vec<crate::Expose>) {
        Pressure { unit: "hPa" }.exposes(context, out);
    }

    fn receive(
        &self,
        incoming: &mut super::super::part::Incoming<'_>,
        heard: &mut super::super::exchange::Heard,
    ) {
        Pressure { unit: "hPa" }.receive(incoming, heard);
    }
}
