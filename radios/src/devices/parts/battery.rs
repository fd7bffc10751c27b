//! Batteries: Power Configuration (ZCL 3.3), and what a voltage says of what is left.

use super::super::exchange::{Heard, Request, Step, report};
use super::super::part::{Context, Incoming, Part};
use super::measure::{binary, numeric};
use crate::Value;
use crate::model::Expose;
use crate::zigbee::zcl::Type;
use crate::zigbee::zcl::clusters::power::{
    BATTERY_ALARM_STATE, BATTERY_PERCENTAGE, BATTERY_VOLTAGE, ID,
};

/// A battery: `battery`, `voltage`, `battery_low`.
#[derive(Debug)]
pub(crate) struct Battery {
    /// Where the device tells its voltage alone.
    pub(crate) curve: Option<Curve>,
    /// The device counts whole per cents, not halves.
    pub(crate) whole: bool,
}

/// What is left at which voltage (mV).
#[derive(Clone, Copy, Debug)]
pub(crate) enum Curve {
    /// From empty to full in a straight line.
    Line(f64, f64),
    /// A 3 V lithium cell that is empty at 2.1 V: flat, then steep.
    Lithium2100,
}

/// (voltage, per cent) corners of [`Curve::Lithium2100`].
const LITHIUM: &[(f64, f64)] = &[
    (2100.0, 0.0),
    (2440.0, 6.0),
    (2740.0, 18.0),
    (2900.0, 42.0),
    (3000.0, 100.0),
];

impl Curve {
    /// Per cent left.
    pub(crate) fn percent(self, millivolts: f64) -> f64 {
        let line = |(v0, p0): (f64, f64), (v1, p1): (f64, f64)| {
            p0 + (millivolts - v0) / (v1 - v0) * (p1 - p0)
        };
        let percent = match self {
            Self::Line(empty, full) => line((empty, 0.0), (full, 100.0)),
            Self::Lithium2100 => LITHIUM
                .windows(2)
                .find_map(|corners| match corners {
                    [from, to] if millivolts < to.0 => Some(line(*from, *to)),
                    _ => None,
                })
                .unwrap_or(100.0),
        };
        percent.round().clamp(0.0, 100.0)
    }
}

/// Exposes of a battery.
pub(crate) fn exposes(out: &mut Vec<Expose>, low: bool) {
    let mut battery = numeric(
        "battery",
        "Battery",
        "Remaining battery; may take up to 24 hours to come after joining",
        "%",
        Expose::STATE,
    );
    battery.category = Some("diagnostic");
    battery.value_min = Some(0.0);
    battery.value_max = Some(100.0);
    out.push(battery);
    let mut voltage = numeric(
        "voltage",
        "Voltage",
        "Voltage of the battery",
        "mV",
        Expose::STATE,
    );
    voltage.category = Some("diagnostic");
    out.push(voltage);
    if low {
        let mut low = binary(
            "battery_low",
            "Battery low",
            "The battery is almost empty",
            true,
        );
        low.category = Some("diagnostic");
        out.push(low);
    }
}

/// Alarm bits that mean a low battery: four per battery source.
const LOW: i64 = 0b1111 | 0b1111 << 10 | 0b1111 << 20;

impl Part for Battery {
    fn exposes(&self, _context: &Context<'_>, out: &mut Vec<Expose>) {
        exposes(out, false);
    }

    fn receive(&self, incoming: &mut Incoming<'_>, heard: &mut Heard) {
        if incoming.cluster != ID {
            return;
        }
        let percentage = incoming.number(ID, BATTERY_PERCENTAGE);
        if let Some(raw) = percentage.filter(|raw| *raw < 255.0) {
            let percent = if self.whole { raw } else { raw / 2.0 };
            heard.put(
                incoming.property("battery"),
                Value::rounded(percent.min(100.0), 2),
            );
        }
        let voltage = incoming.number(ID, BATTERY_VOLTAGE);
        if let Some(raw) = voltage.filter(|raw| *raw < 255.0) {
            let millivolts = raw * 100.0;
            heard.put(incoming.property("voltage"), millivolts);
            if let Some(curve) = self.curve {
                heard.put(incoming.property("battery"), curve.percent(millivolts));
            }
        }
        if let Some(bits) = incoming.data(ID, BATTERY_ALARM_STATE) {
            let low = bits.as_i64().is_some_and(|bits| bits & LOW != 0);
            heard.put(incoming.property("battery_low"), low);
        }
    }

    fn get(&self, context: &Context<'_>, key: &str) -> Option<Vec<Request>> {
        let attribute = match key {
            "battery" if self.curve.is_none() => BATTERY_PERCENTAGE,
            "battery" | "voltage" => BATTERY_VOLTAGE,
            _ => return None,
        };
        Some(vec![Request::read(
            context.target(ID),
            ID,
            None,
            &[attribute],
        )])
    }

    fn setup(&self, context: &Context<'_>, out: &mut Vec<Step>) {
        let (attribute, change) = match self.curve {
            None => (BATTERY_PERCENTAGE, 10),
            Some(_) => (BATTERY_VOLTAGE, 1),
        };
        if let Some(endpoint) = context.serving(ID).next() {
            out.push(Step::Bind {
                endpoint: endpoint.id,
                cluster: ID,
            });
            out.push(Step::Report {
                endpoint: endpoint.id,
                cluster: ID,
                manufacturer: None,
                reports: vec![report(attribute, Type::UINT8, 3600, 65000, change)],
            });
            out.push(Step::Send(Request::read(
                endpoint.id,
                ID,
                None,
                &[attribute],
            )));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_voltage_says_what_is_left() {
        let line = Curve::Line(2850.0, 3000.0);
        for (millivolts, percent) in [
            (2800.0, 0.0),
            (2925.0, 50.0),
            (2985.0, 90.0),
            (3100.0, 100.0),
        ] {
            assert_eq!(line.percent(millivolts), percent);
        }
        for (millivolts, percent) in [
            (2000.0, 0.0),
            (2100.0, 0.0),
            (2440.0, 6.0),
            (2800.0, 27.0),
            (2950.0, 71.0),
            (3000.0, 100.0),
        ] {
            assert_eq!(
                Curve::Lithium2100.percent(millivolts),
                percent,
                "{millivolts}"
            );
        }
    }
}
