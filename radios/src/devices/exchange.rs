//! What goes in and out of the conversion.

use std::time::Duration;

use crate::model::Known;
use crate::zigbee::zcl::{Data, Frame, Global, ReportingConfig, Type};
use crate::{Changes, Property, Value};

/// What a frame told.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Heard {
    /// Properties and their values now.
    pub changes: Changes,
    /// To publish later, unless the same device says otherwise before: a motion sensor that never
    /// reports the end of a motion. A newer one replaces an older.
    pub later: Option<Later>,
    /// Facts for the record, by endpoint: see [`crate::devices::learn`].
    pub learned: Vec<(u8, Known)>,
}

/// Changes that time brings.
#[derive(Clone, Debug, PartialEq)]
pub struct Later {
    /// From now.
    pub after: Duration,
    /// What to publish then.
    pub changes: Changes,
}

impl Heard {
    /// Adds a property; one that is there already gets the newer value.
    pub(crate) fn put(&mut self, property: impl Into<Property>, value: impl Into<Value>) {
        let (property, value) = (property.into(), value.into());
        match self.changes.iter_mut().find(|(p, _)| *p == property) {
            Some((_, old)) => *old = value,
            None => self.changes.push((property, value)),
        }
    }

    /// Adds a member to a composite property.
    pub(crate) fn put_member(&mut self, property: Property, key: &'static str, value: Value) {
        if let Some((_, Value::Object(members))) =
            self.changes.iter_mut().find(|(p, _)| *p == property)
        {
            members.push((key.into(), value));
            return;
        }
        self.changes
            .push((property, Value::Object(vec![(key.into(), value)])));
    }
}

/// A frame for a device.
#[derive(Clone, Debug, PartialEq)]
pub struct Request {
    /// To which endpoint.
    pub endpoint: u8,
    /// On which cluster.
    pub cluster: u16,
    /// The frame; its sequence number is the sender's to choose.
    pub frame: Frame,
    /// The state to show once it was delivered.
    pub changes: Changes,
}

impl Request {
    pub(crate) fn new(endpoint: u8, cluster: u16, frame: Frame) -> Self {
        Self {
            endpoint,
            cluster,
            frame,
            changes: Changes::new(),
        }
    }

    /// Reads attributes.
    pub(crate) fn read(
        endpoint: u8,
        cluster: u16,
        manufacturer: Option<u16>,
        attributes: &[u16],
    ) -> Self {
        let mut frame = Frame::ask(&Global::ReadAttributes(attributes.to_vec()));
        frame.manufacturer = manufacturer;
        Self::new(endpoint, cluster, frame)
    }

    pub(crate) fn showing(mut self, changes: Changes) -> Self {
        self.changes = changes;
        self
    }
}

/// One step of the setup after an interview.
#[derive(Clone, Debug, PartialEq)]
pub enum Step {
    /// Bind a cluster to the gateway.
    Bind {
        /// The device's endpoint.
        endpoint: u8,
        /// The cluster.
        cluster: u16,
    },
    /// Have attributes reported.
    Report {
        /// The device's endpoint.
        endpoint: u8,
        /// The cluster.
        cluster: u16,
        /// Where the attributes are the manufacturer's own.
        manufacturer: Option<u16>,
        /// Which, how often.
        reports: Vec<ReportingConfig>,
    },
    /// Read or write attributes, or send a command. The answer to a read goes through
    /// [`crate::devices::receive`] like any frame.
    Send(Request),
    /// Enrol an IAS zone: write the gateway's IEEE address to attribute 0x0010, then send an
    /// enrol response (code 0, a zone id).
    Enroll {
        /// The device's endpoint.
        endpoint: u8,
    },
}

impl Step {
    /// The frame of the step; none for [`Step::Bind`] (ZDO) and [`Step::Enroll`] (needs the
    /// gateway's address).
    #[must_use]
    pub fn request(&self) -> Option<Request> {
        match self {
            Self::Bind { .. } | Self::Enroll { .. } => None,
            Self::Send(request) => Some(request.clone()),
            Self::Report {
                endpoint,
                cluster,
                manufacturer,
                reports,
            } => {
                let mut frame = Frame::ask(&Global::ConfigureReporting(reports.clone()));
                frame.manufacturer = *manufacturer;
                Some(Request::new(*endpoint, *cluster, frame))
            }
        }
    }
}

/// A report to be configured.
pub(crate) fn report(
    id: u16,
    of: Type,
    minimum: u16,
    maximum: u16,
    change: u32,
) -> ReportingConfig {
    let change = if of.is_analog() {
        of.of_number(f64::from(change)).unwrap_or(Data::None)
    } else {
        Data::None
    };
    ReportingConfig::Send {
        id,
        of,
        minimum,
        maximum,
        change,
    }
}
