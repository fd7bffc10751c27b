//! Properties that are one attribute: numbers, switches and choices, as data.

use super::super::color::round;
use super::super::exchange::{Heard, Request, Step, report};
use super::super::part::{Context, Incoming, Outgoing, Part, Setting};
use crate::Value;
use crate::model::{Expose, ExposeKind};
use crate::zigbee::zcl::{Attribute as Written, Data, Frame, Global, Type};

/// A property that is one attribute.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Attribute {
    /// Its name.
    pub(crate) property: &'static str,
    /// Its name for people.
    pub(crate) label: &'static str,
    /// One line for people.
    pub(crate) description: &'static str,
    /// `config` or `diagnostic`.
    pub(crate) category: Option<&'static str>,
    /// The cluster.
    pub(crate) cluster: u16,
    /// The attribute.
    pub(crate) attribute: u16,
    /// Its type.
    pub(crate) of: Type,
    /// Where it is the manufacturer's own.
    pub(crate) manufacturer: Option<u16>,
    /// As in [`Expose`]. A property that cannot be read shows no value of its own accord.
    pub(crate) access: u8,
    /// What its values mean.
    pub(crate) meaning: Meaning,
    /// Seconds at the least and most, smallest change; none: it is not reported.
    pub(crate) report: Option<(u16, u16, u32)>,
}

/// What the values of an attribute mean.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Meaning {
    /// A number.
    Number {
        /// What the attribute counts in one unit of the property.
        divisor: f64,
        /// Decimals shown.
        digits: i32,
        /// The unit.
        unit: &'static str,
        /// Bounds of the property; what is reported beyond them is dropped.
        range: Option<(f64, f64)>,
        /// Step between values.
        step: Option<f64>,
    },
    /// Two values: of the property and of the attribute.
    Two {
        /// On.
        on: (Choice, i64),
        /// Off.
        off: (Choice, i64),
    },
    /// Several.
    Several(&'static [(&'static str, i64)]),
}

/// A value of a two-valued property.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Choice {
    /// `true` or `false`.
    Is(bool),
    /// A text.
    Named(&'static str),
}

impl Choice {
    pub(crate) fn value(self) -> Value {
        match self {
            Self::Is(b) => b.into(),
            Self::Named(t) => t.into(),
        }
    }

    fn is(self, value: &Value) -> bool {
        match (self, value) {
            (Self::Is(b), _) => value.as_bool() == Some(b),
            (Self::Named(t), Value::Text(given)) => given.eq_ignore_ascii_case(t),
            _ => false,
        }
    }
}

impl Attribute {
    /// A property without anything special, for `..` in tables.
    pub(crate) const PLAIN: Self = Self {
        property: "",
        label: "",
        description: "",
        category: None,
        cluster: 0,
        attribute: 0,
        of: Type::UINT8,
        manufacturer: None,
        access: Expose::STATE | Expose::GET,
        meaning: Meaning::Several(&[]),
        report: None,
    };

    /// The property's value for a value of the attribute.
    fn shown(&self, data: &Data) -> Option<Value> {
        match self.meaning {
            Meaning::Number {
                divisor,
                digits,
                range,
                ..
            } => {
                let number = round(data.as_f64()? / divisor, digits);
                let fits = range.is_none_or(|(min, max)| (min..=max).contains(&number));
                (fits && number.is_finite()).then_some(Value::Number(number))
            }
            Meaning::Two { on, off } => {
                let raw = data.as_i64()?;
                let matching = [on, off].into_iter().find(|(_, n)| *n == raw);
                matching.map(|(choice, _)| choice.value())
            }
            Meaning::Several(values) => {
                let raw = data.as_i64()?;
                let matching = values.iter().find(|(_, n)| *n == raw);
                matching.map(|(name, _)| Value::from(*name))
            }
        }
    }

    /// The attribute's value for a value of the property.
    fn raw(&self, setting: &Setting<'_>) -> Result<(f64, Value), crate::CommandError> {
        match self.meaning {
            Meaning::Number { divisor, range, .. } => {
                let (min, max) = range.unwrap_or((f64::MIN, f64::MAX));
                let number = match setting.value.as_f64() {
                    Some(n) if (min..=max).contains(&n) => n,
                    _ => {
                        return Err(match range {
                            Some(_) => setting.bad(format_args!("a number from {min} to {max}")),
                            None => setting.bad("a number"),
                        });
                    }
                };
                Ok((number * divisor, Value::Number(number)))
            }
            Meaning::Two { on, off } => {
                let wish = [on, off].into_iter().find(|(c, _)| c.is(setting.value));
                match wish {
                    #[expect(clippy::cast_precision_loss)] // small numbers of a table
                    Some((choice, raw)) => Ok((raw as f64, choice.value())),
                    None => Err(setting.bad(match on.0 {
                        Choice::Is(_) => "true or false",
                        Choice::Named(_) => "one of its two values, such as ON and OFF",
                    })),
                }
            }
            Meaning::Several(values) => {
                let text = setting.value.as_str().unwrap_or_default();
                let wish = values
                    .iter()
                    .find(|(name, _)| name.eq_ignore_ascii_case(text));
                match wish {
                    #[expect(clippy::cast_precision_loss)] // small numbers of a table
                    Some((name, raw)) => Ok((*raw as f64, Value::from(*name))),
                    None => {
                        let names: Vec<_> = values.iter().map(|(name, _)| *name).collect();
                        Err(setting.bad(format_args!("one of {}", names.join(", "))))
                    }
                }
            }
        }
    }
}

impl Attribute {
    /// As one thing that is offered, for a device with one endpoint.
    pub(crate) fn features(&self, out: &mut Vec<Expose>) {
        let kind = match self.meaning {
            Meaning::Number { .. } => ExposeKind::Numeric,
            Meaning::Two { .. } => ExposeKind::Binary,
            Meaning::Several(_) => ExposeKind::Enum,
        };
        let mut expose = Expose::of(kind);
        expose.name = Some(self.property);
        expose.label = Some(self.label.to_owned());
        expose.property = Some(self.property.to_owned());
        expose.access = Some(self.access);
        expose.description = Some(self.description);
        expose.category = self.category;
        match self.meaning {
            Meaning::Number {
                unit, range, step, ..
            } => {
                expose.unit = (!unit.is_empty()).then_some(unit);
                if self.access & Expose::SET != 0 || unit == "%" {
                    expose.value_min = range.map(|(min, _)| min);
                    expose.value_max = range.map(|(_, max)| max);
                }
                expose.value_step = step;
            }
            Meaning::Two { on, off } => {
                expose.value_on = Some(on.0.value());
                expose.value_off = Some(off.0.value());
            }
            Meaning::Several(values) => {
                expose.values = values.iter().map(|(name, _)| (*name).into()).collect();
            }
        }
        out.push(expose);
    }
}

impl Part for Attribute {
    fn exposes(&self, context: &Context<'_>, out: &mut Vec<Expose>) {
        let mut own = Vec::new();
        self.features(&mut own);
        for expose in own {
            per_endpoint(context, self.cluster, &expose, out);
        }
    }

    fn receive(&self, incoming: &mut Incoming<'_>, heard: &mut Heard) {
        if incoming.frame.manufacturer != self.manufacturer && self.manufacturer.is_some() {
            return;
        }
        let data = incoming.data(self.cluster, self.attribute);
        if let Some(value) = data.and_then(|data| self.shown(data)) {
            heard.put(incoming.property(self.property), value);
        }
    }

    fn set(&self, setting: &Setting<'_>) -> Option<Outgoing> {
        if setting.key != self.property || self.access & Expose::SET == 0 {
            return None;
        }
        Some(self.raw(setting).map(|(raw, shown)| {
            let data = self.of.of_number(raw.round()).unwrap_or(Data::None);
            let write = Global::WriteAttributes(vec![Written::new(self.attribute, data)]);
            let mut frame = Frame::ask(&write);
            frame.manufacturer = self.manufacturer;
            let endpoint = setting.context.target(self.cluster);
            let request = Request::new(endpoint, self.cluster, frame);
            vec![request.showing(vec![(setting.shown(self.property), shown)])]
        }))
    }

    fn get(&self, context: &Context<'_>, key: &str) -> Option<Vec<Request>> {
        if key != self.property || self.access & Expose::GET == 0 {
            return None;
        }
        Some(vec![Request::read(
            context.target(self.cluster),
            self.cluster,
            self.manufacturer,
            &[self.attribute],
        )])
    }

    fn setup(&self, context: &Context<'_>, out: &mut Vec<Step>) {
        let Some((minimum, maximum, change)) = self.report else {
            return;
        };
        for endpoint in context.serving(self.cluster) {
            out.push(Step::Bind {
                endpoint: endpoint.id,
                cluster: self.cluster,
            });
            out.push(Step::Report {
                endpoint: endpoint.id,
                cluster: self.cluster,
                manufacturer: self.manufacturer,
                reports: vec![report(self.attribute, self.of, minimum, maximum, change)],
            });
            if self.access & Expose::GET != 0 {
                out.push(Step::Send(Request::read(
                    endpoint.id,
                    self.cluster,
                    self.manufacturer,
                    &[self.attribute],
                )));
            }
        }
    }
}

/// The expose once, or once for every endpoint that serves the cluster.
pub(crate) fn per_endpoint(
    context: &Context<'_>,
    cluster: u16,
    expose: &Expose,
    out: &mut Vec<Expose>,
) {
    let named: Vec<_> = context
        .serving(cluster)
        .filter_map(|e| context.model.suffix(e.id))
        .collect();
    if named.is_empty() {
        out.push(expose.clone());
        return;
    }
    for name in named {
        out.push(suffixed(expose, name));
    }
}

/// The expose of one endpoint of several.
fn suffixed(expose: &Expose, name: &str) -> Expose {
    let mut expose = expose.clone();
    expose.endpoint = endpoint_name(name);
    if let Some(property) = &mut expose.property {
        property.push('_');
        property.push_str(name);
    }
    expose.features = expose.features.iter().map(|f| suffixed(f, name)).collect();
    expose
}

/// Endpoint names that are numbers or in use by models, for ever.
fn endpoint_name(name: &str) -> Option<&'static str> {
    const NAMES: &[&str] = &[
        "1", "2", "3", "4", "5", "6", "7", "8", "9", "10", "11", "12", "13", "14", "15", "16",
        "left", "right", "center", "top", "bottom", "l1", "l2", "l3", "l4", "l5", "l6", "usb",
    ];
    NAMES.iter().copied().find(|known| *known == name)
}
