//! Meters: Metering (ZCL 10.4) and Electrical Measurement (ZCL 4.9).
//!
//! Devices count in units of their own: multiplier and divisor are read at setup and kept in the
//! record. Until they are known, raw numbers are shown as they are.

use super::super::exchange::{Heard, Request, Step, report};
use super::super::part::{Context, Incoming, Part};
use super::measure::numeric;
use crate::Value;
use crate::model::Expose;
use crate::zigbee::zcl::clusters::{electrical, metering};
use crate::zigbee::zcl::{ReportingConfig, Type};

/// A meter: `power`, `voltage`, `current`, `energy`, and what else it reports.
#[derive(Debug)]
pub(crate) struct Meter {
    /// The model's own scales, for devices that tell wrong ones or none. They hold once the device
    /// was set up; before, as with any meter, numbers are raw.
    pub(crate) scale: Scale,
    /// It answers no reporting configuration and has to be asked.
    pub(crate) quiet: bool,
}

/// What the raw numbers are divided by, where the device need not be asked.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Scale {
    pub(crate) power: Option<f64>,
    pub(crate) voltage: Option<f64>,
    pub(crate) current: Option<f64>,
    pub(crate) energy: Option<f64>,
}

/// Which multiplier and divisor a reading goes by.
#[derive(Clone, Copy, PartialEq)]
enum By {
    Power,
    Voltage,
    Current,
    Frequency,
    Fixed(f64),
}

/// Readings of Electrical Measurement: attribute, property, scale. Those of direct current come
/// under the same names; a device has one or the other.
const READINGS: &[(u16, &str, By)] = &[
    (0x0100, "voltage", By::Voltage),
    (0x0103, "current", By::Current),
    (0x0106, "power", By::Power),
    (electrical::FREQUENCY, "ac_frequency", By::Frequency),
    (electrical::ACTIVE_POWER, "power", By::Power),
    (electrical::ACTIVE_POWER_B, "power_phase_b", By::Power),
    (electrical::ACTIVE_POWER_C, "power_phase_c", By::Power),
    (electrical::APPARENT_POWER, "power_apparent", By::Power),
    (0x090f, "power_apparent_phase_b", By::Power),
    (0x0a0f, "power_apparent_phase_c", By::Power),
    (electrical::REACTIVE_POWER, "power_reactive", By::Power),
    (0x090e, "power_reactive_phase_b", By::Power),
    (0x0a0e, "power_reactive_phase_c", By::Power),
    (electrical::RMS_CURRENT, "current", By::Current),
    (electrical::RMS_CURRENT_B, "current_phase_b", By::Current),
    (electrical::RMS_CURRENT_C, "current_phase_c", By::Current),
    (0x0306, "current_neutral", By::Current),
    (electrical::RMS_VOLTAGE, "voltage", By::Voltage),
    (electrical::RMS_VOLTAGE_B, "voltage_phase_b", By::Voltage),
    (electrical::RMS_VOLTAGE_C, "voltage_phase_c", By::Voltage),
    (electrical::POWER_FACTOR, "power_factor", By::Fixed(100.0)),
    (0x0910, "power_factor_phase_b", By::Fixed(100.0)),
    (0x0a10, "power_factor_phase_c", By::Fixed(100.0)),
];

/// Sums of Metering: attribute and property.
const SUMS: &[(u16, &str)] = &[
    (metering::CURRENT_DELIVERED, "energy"),
    (metering::CURRENT_RECEIVED, "produced_energy"),
    (0x0100, "energy_tier_1"),
    (0x0102, "energy_tier_2"),
    (0x0104, "energy_tier_3"),
    (0x0106, "energy_tier_4"),
    (0x0101, "produced_energy_tier_1"),
    (0x0103, "produced_energy_tier_2"),
    (0x0105, "produced_energy_tier_3"),
    (0x0107, "produced_energy_tier_4"),
];

/// Attributes that are kept in the record.
const KEPT: &[(u16, &[u16])] = &[
    (metering::ID, &[metering::MULTIPLIER, metering::DIVISOR]),
    (
        electrical::ID,
        &[
            electrical::FREQUENCY_MULTIPLIER,
            electrical::FREQUENCY_DIVISOR,
            electrical::VOLTAGE_MULTIPLIER,
            electrical::VOLTAGE_DIVISOR,
            electrical::CURRENT_MULTIPLIER,
            electrical::CURRENT_DIVISOR,
            electrical::POWER_MULTIPLIER,
            electrical::POWER_DIVISOR,
        ],
    ),
];

/// The factor of a multiplier and a divisor in the record; `None` while they are unknown.
#[expect(clippy::cast_precision_loss)] // 24-bit numbers
fn factor(incoming: &Incoming<'_>, multiplier: u16, divisor: u16) -> Option<f64> {
    let known = |attribute| {
        let context = &incoming.context;
        context.known(incoming.endpoint, incoming.cluster, attribute)
    };
    match (known(multiplier), known(divisor)) {
        (Some(multiplier), Some(divisor)) if multiplier > 0 && divisor > 0 => {
            Some(multiplier as f64 / divisor as f64)
        }
        _ => None,
    }
}

impl Meter {
    /// The model's own scales, once the device was set up.
    fn own(&self, incoming: &Incoming<'_>) -> Scale {
        let mut endpoints = incoming.context.info.endpoints.iter();
        let is_bound = endpoints.any(|e| e.id == incoming.endpoint && !e.bindings.is_empty());
        if is_bound {
            self.scale
        } else {
            Scale::default()
        }
    }

    fn reading(&self, incoming: &Incoming<'_>, by: By) -> f64 {
        use electrical as e;
        let scale = self.own(incoming);
        let (own, multiplier, divisor) = match by {
            By::Fixed(divisor) => return 1.0 / divisor,
            By::Power => (scale.power, e::POWER_MULTIPLIER, e::POWER_DIVISOR),
            By::Voltage => (scale.voltage, e::VOLTAGE_MULTIPLIER, e::VOLTAGE_DIVISOR),
            By::Current => (scale.current, e::CURRENT_MULTIPLIER, e::CURRENT_DIVISOR),
            By::Frequency => (None, e::FREQUENCY_MULTIPLIER, e::FREQUENCY_DIVISOR),
        };
        own.map(|divisor| 1.0 / divisor)
            .or_else(|| factor(incoming, multiplier, divisor))
            .unwrap_or(1.0)
    }

    fn electrical(&self, incoming: &Incoming<'_>, heard: &mut Heard) {
        for (attribute, property, by) in READINGS {
            let Some(raw) = incoming.number(electrical::ID, *attribute) else {
                continue;
            };
            let value = raw * self.reading(incoming, *by);
            heard.put(incoming.property(property), Value::rounded(value, 2));
        }
    }

    /// Sums are kWh, demand kW; a device without a scale is taken to count W.
    fn metering(&self, incoming: &Incoming<'_>, heard: &mut Heard) {
        let scale = self.own(incoming);
        let own = scale.energy.map(|divisor| 1.0 / divisor);
        let factor = own.or_else(|| factor(incoming, metering::MULTIPLIER, metering::DIVISOR));
        if let Some(raw) = incoming.number(metering::ID, metering::INSTANTANEOUS_DEMAND) {
            let power = match (scale.power, factor) {
                (Some(divisor), _) => raw / divisor,
                (None, Some(factor)) => raw * factor * 1000.0,
                (None, None) => raw,
            };
            heard.put(incoming.property("power"), Value::rounded(power, 2));
        }
        for (attribute, property) in SUMS {
            if let Some(raw) = incoming.number(metering::ID, *attribute) {
                let energy = raw * factor.unwrap_or(1.0);
                heard.put(incoming.property(property), Value::rounded(energy, 2));
            }
        }
    }
}

impl Part for Meter {
    fn exposes(&self, context: &Context<'_>, out: &mut Vec<Expose>) {
        let access = Expose::STATE | Expose::GET;
        let has = |cluster| context.serving(cluster).next().is_some();
        let mut all = Vec::new();
        if has(electrical::ID) {
            all.push(("power", "Power", "Power drawn now", "W"));
            all.push(("voltage", "Voltage", "Voltage of the mains", "V"));
            all.push(("current", "Current", "Current drawn now", "A"));
        } else {
            all.push(("power", "Power", "Power drawn now", "W"));
        }
        if has(metering::ID) {
            all.push(("energy", "Energy", "Sum of consumed energy", "kWh"));
        }
        for (name, label, description, unit) in all {
            out.push(numeric(name, label, description, unit, access));
        }
    }

    fn receive(&self, incoming: &mut Incoming<'_>, heard: &mut Heard) {
        for (cluster, attributes) in KEPT {
            for attribute in *attributes {
                let value = incoming.whole(*cluster, *attribute);
                if let Some(value) = value {
                    incoming.learn(*attribute, value, heard);
                }
            }
        }
        match incoming.cluster {
            electrical::ID => self.electrical(incoming, heard),
            metering::ID => self.metering(incoming, heard),
            _ => {}
        }
    }

    fn get(&self, context: &Context<'_>, key: &str) -> Option<Vec<Request>> {
        let has_electrical = context.serving(electrical::ID).next().is_some();
        let (cluster, attribute) = match key {
            "power" if !has_electrical => (metering::ID, metering::INSTANTANEOUS_DEMAND),
            "energy" => (metering::ID, metering::CURRENT_DELIVERED),
            "produced_energy" => (metering::ID, metering::CURRENT_RECEIVED),
            "voltage" => (electrical::ID, electrical::RMS_VOLTAGE),
            "current" => (electrical::ID, electrical::RMS_CURRENT),
            _ => {
                let known = READINGS.iter().rev().find(|(_, name, _)| *name == key)?;
                (electrical::ID, known.0)
            }
        };
        Some(vec![Request::read(
            context.target(cluster),
            cluster,
            None,
            &[attribute],
        )])
    }

    fn setup(&self, context: &Context<'_>, out: &mut Vec<Step>) {
        for (cluster, kept) in KEPT {
            for endpoint in context.serving(*cluster) {
                let read = |attributes: &[u16]| {
                    Step::Send(Request::read(endpoint.id, *cluster, None, attributes))
                };
                out.push(Step::Bind {
                    endpoint: endpoint.id,
                    cluster: *cluster,
                });
                // Some devices answer no more than a few at a time.
                out.extend(kept.chunks(4).map(read));
                let reports = reports(*cluster);
                let ids: Vec<u16> = reports.iter().map(reported).collect();
                if !self.quiet {
                    out.push(Step::Report {
                        endpoint: endpoint.id,
                        cluster: *cluster,
                        manufacturer: None,
                        reports,
                    });
                }
                out.push(read(&ids));
            }
        }
    }
}

/// What is reported of a cluster.
fn reports(cluster: u16) -> Vec<ReportingConfig> {
    if cluster == metering::ID {
        return vec![
            report(metering::CURRENT_DELIVERED, Type::UINT48, 10, 3600, 1),
            report(metering::INSTANTANEOUS_DEMAND, Type::INT24, 10, 3600, 5),
        ];
    }
    vec![
        report(electrical::ACTIVE_POWER, Type::INT16, 10, 3600, 5),
        report(electrical::RMS_CURRENT, Type::UINT16, 10, 3600, 5),
        report(electrical::RMS_VOLTAGE, Type::UINT16, 10, 3600, 5),
    ]
}

fn reported(config: &ReportingConfig) -> u16 {
    match config {
        ReportingConfig::Send { id, .. } | ReportingConfig::Expect { id, .. } => *id,
    }
}
