//! Alarms: IAS Zone (ZCL 8.2).

use super::super::exchange::{Heard, Step};
use super::super::part::{Context, Incoming, Part};
use super::measure::binary;
use crate::model::Expose;
use crate::zigbee::zcl::clusters::ias_zone::{ID, STATUS, TYPE};
use crate::zigbee::zcl::command::ias_zone::FromServer;

/// A zone: its alarm bit under the name of what it guards.
#[derive(Debug)]
pub(crate) struct Zone {
    /// What it guards.
    pub(crate) guards: Guards,
    /// Which properties besides the alarm.
    pub(crate) tamper: bool,
    /// `battery_low` comes with the status.
    pub(crate) battery_low: bool,
    /// The rest of the status bits are worth showing.
    pub(crate) all: bool,
}

/// What a zone guards.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Guards {
    Contact,
    Occupancy,
    WaterLeak,
    Smoke,
    Gas,
    CarbonMonoxide,
    Vibration,
    Sos,
    Alarm,
}

impl Guards {
    /// The zone type (attribute 0x0001) of a device, read at setup.
    pub(crate) const fn of_zone_type(zone: i64) -> Self {
        match zone {
            0x000d => Self::Occupancy,
            0x0015 => Self::Contact,
            0x0028 => Self::Smoke,
            0x002a => Self::WaterLeak,
            0x002b => Self::Gas,
            0x002c | 0x0115 | 0x010f => Self::Sos,
            0x002d => Self::Vibration,
            _ => Self::Alarm,
        }
    }

    /// Property, label, description, and the value that the alarm bit means.
    const fn names(self) -> (&'static str, &'static str, &'static str, bool) {
        match self {
            Self::Contact => ("contact", "Contact", "Whether it is closed", false),
            Self::Occupancy => ("occupancy", "Occupancy", "Whether motion was seen", true),
            Self::WaterLeak => ("water_leak", "Water leak", "Whether there is water", true),
            Self::Smoke => ("smoke", "Smoke", "Whether there is smoke", true),
            Self::Gas => ("gas", "Gas", "Whether there is gas", true),
            Self::CarbonMonoxide => (
                "carbon_monoxide",
                "Carbon monoxide",
                "Whether there is carbon monoxide",
                true,
            ),
            Self::Vibration => ("vibration", "Vibration", "Whether it shook", true),
            Self::Sos => ("sos", "SOS", "Whether help is called", true),
            Self::Alarm => ("alarm", "Alarm", "Whether it raises an alarm", true),
        }
    }
}

const ALARM_1: i64 = 1;
const TAMPER: i64 = 1 << 2;
const BATTERY_LOW: i64 = 1 << 3;

/// The other bits of the status: bit, property, label, description.
const OTHERS: &[(u8, &str, &str, &str)] = &[
    (
        4,
        "supervision_reports",
        "Supervision reports",
        "It reports now and then",
    ),
    (
        5,
        "restore_reports",
        "Restore reports",
        "It reports the end of an alarm",
    ),
    (6, "trouble", "Trouble", "Something is wrong with it"),
    (7, "ac_status", "AC status", "The mains fail"),
    (8, "test", "Test", "It is being tested"),
    (
        9,
        "battery_defect",
        "Battery defect",
        "The battery is broken",
    ),
];

impl Part for Zone {
    fn exposes(&self, _context: &Context<'_>, out: &mut Vec<Expose>) {
        let (name, label, description, on) = self.guards.names();
        out.push(binary(name, label, description, on));
        if self.tamper {
            out.push(binary("tamper", "Tamper", "Whether it was opened", true));
        }
        if self.battery_low {
            let text = "The battery is almost empty";
            let mut low = binary("battery_low", "Battery low", text, true);
            low.category = Some("diagnostic");
            out.push(low);
        }
        for (_, name, label, text) in OTHERS.iter().filter(|_| self.all) {
            let mut other = binary(name, label, text, true);
            other.category = Some("diagnostic");
            out.push(other);
        }
    }

    fn receive(&self, incoming: &mut Incoming<'_>, heard: &mut Heard) {
        if incoming.cluster != ID {
            return;
        }
        if let Some(zone) = incoming.whole(ID, TYPE) {
            incoming.learn(TYPE, zone, heard);
        }
        let notified = match FromServer::parse(incoming.frame) {
            Ok(Some(FromServer::StatusChangeNotification { zone_status, .. })) => {
                Some(i64::from(zone_status))
            }
            _ => incoming.whole(ID, STATUS),
        };
        let Some(status) = notified else {
            return;
        };
        let (name, _, _, on) = self.guards.names();
        heard.put(incoming.property(name), (status & ALARM_1 != 0) == on);
        if self.tamper {
            heard.put(incoming.property("tamper"), status & TAMPER != 0);
        }
        if self.battery_low {
            heard.put(incoming.property("battery_low"), status & BATTERY_LOW != 0);
        }
        for (bit, name, ..) in OTHERS.iter().filter(|_| self.all) {
            heard.put(incoming.property(name), status >> bit & 1 == 1);
        }
    }

    fn setup(&self, context: &Context<'_>, out: &mut Vec<Step>) {
        for endpoint in context.serving(ID) {
            out.push(Step::Bind {
                endpoint: endpoint.id,
                cluster: ID,
            });
            out.push(Step::Enroll {
                endpoint: endpoint.id,
            });
        }
    }
}
