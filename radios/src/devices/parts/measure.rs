//! Measuring clusters, as data; and the few whose values need more than a division.

use super::super::exchange::{Heard, Request, Step, report};
use super::super::part::{Context, Incoming, Part};
use super::attribute::{Attribute, Meaning};
use crate::Value;
use crate::model::{Expose, ExposeKind};
use crate::zigbee::zcl::{Type, clusters};

const fn number(divisor: f64, digits: i32, unit: &'static str) -> Meaning {
    Meaning::Number {
        divisor,
        digits,
        unit,
        range: None,
        step: None,
    }
}

const fn within(divisor: f64, digits: i32, unit: &'static str, min: f64, max: f64) -> Meaning {
    Meaning::Number {
        divisor,
        digits,
        unit,
        range: Some((min, max)),
        step: None,
    }
}

/// Temperature Measurement (ZCL 4.4), 0.01 °C.
pub(crate) static TEMPERATURE: Attribute = Attribute {
    property: "temperature",
    label: "Temperature",
    description: "Measured temperature",
    cluster: clusters::temperature::ID,
    attribute: clusters::temperature::MEASURED,
    of: Type::INT16,
    // The non-value 0x8000 is −327.68 °C, below absolute zero.
    meaning: within(100.0, 2, "°C", -273.15, 327.67),
    report: Some((10, 3600, 100)),
    ..Attribute::PLAIN
};

/// Relative Humidity (ZCL 4.7), 0.01 %.
pub(crate) static HUMIDITY: Attribute = Attribute {
    property: "humidity",
    label: "Humidity",
    description: "Measured relative humidity",
    cluster: clusters::humidity::ID,
    attribute: clusters::humidity::MEASURED,
    of: Type::UINT16,
    meaning: within(100.0, 2, "%", 0.0, 100.0),
    report: Some((10, 3600, 100)),
    ..Attribute::PLAIN
};

/// Soil moisture, 0.01 %.
pub(crate) static SOIL_MOISTURE: Attribute = Attribute {
    property: "soil_moisture",
    label: "Soil moisture",
    description: "Measured soil moisture",
    cluster: clusters::soil_moisture::ID,
    attribute: clusters::soil_moisture::MEASURED,
    of: Type::UINT16,
    meaning: number(100.0, 2, "%"),
    report: Some((10, 3600, 100)),
    ..Attribute::PLAIN
};

/// Carbon dioxide, as a fraction.
pub(crate) static CO2: Attribute = Attribute {
    property: "co2",
    label: "CO2",
    description: "Measured carbon dioxide",
    cluster: clusters::co2::ID,
    attribute: clusters::co2::MEASURED,
    of: Type::SINGLE,
    meaning: number(0.000_001, 0, "ppm"),
    report: Some((10, 3600, 0)),
    ..Attribute::PLAIN
};

/// Fine dust, µg/m³.
pub(crate) static PM25: Attribute = Attribute {
    property: "pm25",
    label: "PM2.5",
    description: "Measured fine dust",
    cluster: clusters::pm25::ID,
    attribute: clusters::pm25::MEASURED,
    of: Type::SINGLE,
    meaning: number(1.0, 2, "µg/m³"),
    report: Some((10, 3600, 1)),
    ..Attribute::PLAIN
};

/// Flow Measurement (ZCL 4.6), 0.1 m³/h.
pub(crate) static FLOW: Attribute = Attribute {
    property: "flow",
    label: "Flow",
    description: "Measured flow",
    cluster: clusters::flow::ID,
    attribute: clusters::flow::MEASURED,
    of: Type::UINT16,
    meaning: number(10.0, 2, "m³/h"),
    report: Some((10, 3600, 1)),
    ..Attribute::PLAIN
};

/// Device Temperature (ZCL 3.4), °C.
pub(crate) static DEVICE_TEMPERATURE: Attribute = Attribute {
    property: "device_temperature",
    label: "Device temperature",
    description: "Temperature inside the device",
    category: Some("diagnostic"),
    cluster: clusters::device_temperature::ID,
    attribute: clusters::device_temperature::CURRENT,
    of: Type::INT16,
    meaning: number(1.0, 0, "°C"),
    report: Some((300, 3600, 1)),
    ..Attribute::PLAIN
};

/// Illuminance Measurement (ZCL 4.2): a logarithm of lux.
#[derive(Debug)]
pub(crate) struct Illuminance;

/// Occupancy Sensing (ZCL 4.8).
#[derive(Debug)]
pub(crate) struct Occupancy;

/// Pressure Measurement (ZCL 4.5): kPa × 10, or with a scale of its own.
#[derive(Debug)]
pub(crate) struct Pressure {
    /// `hPa` or `kPa`.
    pub(crate) unit: &'static str,
}

/// One number that is read and reported.
pub(crate) fn numeric(
    property: &'static str,
    label: &str,
    description: &'static str,
    unit: &'static str,
    access: u8,
) -> Expose {
    let mut expose = Expose::of(ExposeKind::Numeric);
    expose.name = Some(property);
    expose.label = Some(label.to_owned());
    expose.property = Some(property.to_owned());
    expose.access = Some(access);
    expose.description = Some(description);
    expose.unit = (!unit.is_empty()).then_some(unit);
    expose
}

/// True or false, read and reported.
pub(crate) fn binary(
    property: &'static str,
    label: &str,
    description: &'static str,
    on: bool,
) -> Expose {
    let mut expose = Expose::of(ExposeKind::Binary);
    expose.name = Some(property);
    expose.label = Some(label.to_owned());
    expose.property = Some(property.to_owned());
    expose.access = Some(Expose::STATE);
    expose.description = Some(description);
    expose.value_on = Some(on.into());
    expose.value_off = Some((!on).into());
    expose
}

fn setup(
    context: &Context<'_>,
    cluster: u16,
    (attribute, of): (u16, Type),
    (minimum, maximum, change): (u16, u16, u32),
    out: &mut Vec<Step>,
) {
    for endpoint in context.serving(cluster) {
        out.push(Step::Bind {
            endpoint: endpoint.id,
            cluster,
        });
        out.push(Step::Report {
            endpoint: endpoint.id,
            cluster,
            manufacturer: None,
            reports: vec![report(attribute, of, minimum, maximum, change)],
        });
        out.push(Step::Send(Request::read(
            endpoint.id,
            cluster,
            None,
            &[attribute],
        )));
    }
}

impl Part for Illuminance {
    fn exposes(&self, context: &Context<'_>, out: &mut Vec<Expose>) {
        let access = Expose::STATE | Expose::GET;
        let expose = numeric(
            "illuminance",
            "Illuminance",
            "Measured illuminance",
            "lx",
            access,
        );
        super::attribute::per_endpoint(context, clusters::illuminance::ID, &expose, out);
    }

    fn receive(&self, incoming: &mut Incoming<'_>, heard: &mut Heard) {
        use clusters::illuminance::{ID, MEASURED};
        if let Some(raw) = incoming.number(ID, MEASURED).filter(|n| *n < 65535.0) {
            let lux = if raw == 0.0 {
                0.0
            } else {
                10f64.powf((raw - 1.0) / 10_000.0)
            };
            heard.put(incoming.property("illuminance"), Value::rounded(lux, 0));
        }
    }

    fn get(&self, context: &Context<'_>, key: &str) -> Option<Vec<Request>> {
        use clusters::illuminance::{ID, MEASURED};
        (key == "illuminance")
            .then(|| vec![Request::read(context.target(ID), ID, None, &[MEASURED])])
    }

    fn setup(&self, context: &Context<'_>, out: &mut Vec<Step>) {
        use clusters::illuminance::{ID, MEASURED};
        setup(context, ID, (MEASURED, Type::UINT16), (10, 3600, 5), out);
    }
}

impl Part for Occupancy {
    fn exposes(&self, context: &Context<'_>, out: &mut Vec<Expose>) {
        let mut expose = binary("occupancy", "Occupancy", "Whether motion was seen", true);
        expose.access = Some(Expose::STATE | Expose::GET);
        super::attribute::per_endpoint(context, clusters::occupancy::ID, &expose, out);
    }

    fn receive(&self, incoming: &mut Incoming<'_>, heard: &mut Heard) {
        use clusters::occupancy::{ID, OCCUPANCY};
        if let Some(bits) = incoming.whole(ID, OCCUPANCY) {
            heard.put(incoming.property("occupancy"), bits & 1 == 1);
        }
    }

    fn get(&self, context: &Context<'_>, key: &str) -> Option<Vec<Request>> {
        use clusters::occupancy::{ID, OCCUPANCY};
        (key == "occupancy")
            .then(|| vec![Request::read(context.target(ID), ID, None, &[OCCUPANCY])])
    }

    fn setup(&self, context: &Context<'_>, out: &mut Vec<Step>) {
        use clusters::occupancy::{ID, OCCUPANCY};
        setup(context, ID, (OCCUPANCY, Type::MAP8), (0, 3600, 0), out);
    }
}

impl Part for Pressure {
    fn exposes(&self, context: &Context<'_>, out: &mut Vec<Expose>) {
        let access = Expose::STATE | Expose::GET;
        let expose = numeric(
            "pressure",
            "Pressure",
            "Measured atmospheric pressure",
            self.unit,
            access,
        );
        super::attribute::per_endpoint(context, clusters::pressure::ID, &expose, out);
    }

    fn receive(&self, incoming: &mut Incoming<'_>, heard: &mut Heard) {
        use clusters::pressure::{ID, MEASURED, SCALE, SCALED};
        if incoming.cluster != ID {
            return;
        }
        if let Some(scale) = incoming.whole(ID, SCALE) {
            incoming.learn(SCALE, scale, heard);
        }
        let hectopascal = match incoming.number(ID, SCALED) {
            Some(scaled) => {
                let scale = incoming
                    .whole(ID, SCALE)
                    .or_else(|| incoming.context.known(incoming.endpoint, ID, SCALE));
                let scale = i32::try_from(scale.unwrap_or(0)).unwrap_or(0);
                Some(scaled / 10f64.powi(scale.clamp(-9, 9)) / 100.0)
            }
            None => incoming.number(ID, MEASURED),
        };
        if let Some(hectopascal) = hectopascal {
            let value = match self.unit {
                "kPa" => Value::rounded(hectopascal / 10.0, 2),
                _ => Value::rounded(hectopascal, 2),
            };
            heard.put(incoming.property("pressure"), value);
        }
    }

    fn get(&self, context: &Context<'_>, key: &str) -> Option<Vec<Request>> {
        use clusters::pressure::{ID, MEASURED};
        (key == "pressure").then(|| vec![Request::read(context.target(ID), ID, None, &[MEASURED])])
    }

    fn setup(&self, context: &Context<'_>, out: &mut Vec<Step>) {
        use clusters::pressure::{ID, MEASURED};
        setup(context, ID, (MEASURED, Type::INT16), (10, 3600, 5), out);
    }
}
