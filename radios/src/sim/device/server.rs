//! A ZCL server: attributes, and the global commands that read, write, report and discover them.

use std::collections::BTreeMap;
use std::time::Duration;

use super::models::{Model, READ, REPORT, WRITE};
use crate::zigbee::zcl::{
    Attribute, AttributeInfo, Data, Frame, Global, ReadRecord, ReportingConfig, ReportingRecord,
    ReportingStatus, Status, WriteStatus,
};

/// Endpoint, cluster, attribute.
pub(crate) type Place = (u8, u16, u16);

/// A device refuses more reports than this: its memory is small, as real ones' is.
const MAX_REPORTS: usize = 32;
/// An answer has to fit into one APS message.
const MAX_ANSWER: usize = 74;

/// The attributes of a device and how they are reported.
#[derive(Clone, Debug)]
pub(crate) struct Server {
    attributes: BTreeMap<Place, Stored>,
    reports: Vec<Report>,
}

#[derive(Clone, Debug, PartialEq)]
struct Stored {
    data: Data,
    access: u8,
}

/// A configured report.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Report {
    pub(crate) place: Place,
    pub(crate) minimum: u16,
    pub(crate) maximum: u16,
    pub(crate) change: f64,
    last: Data,
    sent: Duration,
}

impl Report {
    fn span(seconds: u16) -> Duration {
        Duration::from_secs(seconds.into())
    }

    /// When to send, given the attribute's value; `None`: not before it changes.
    fn due(&self, data: &Data) -> Option<Duration> {
        let changed = match (self.last.as_f64(), data.as_f64()) {
            (Some(last), Some(now)) if data.type_id().is_analog() => {
                (now - last).abs() >= self.change && (now - last) != 0.0
            }
            _ => self.last != *data,
        };
        let soon = changed.then(|| self.sent + Self::span(self.minimum));
        let late = (self.maximum != 0).then(|| self.sent + Self::span(self.maximum));
        match (soon, late) {
            (Some(soon), Some(late)) => Some(soon.min(late)),
            (soon, late) => soon.or(late),
        }
    }
}

impl Server {
    pub(crate) fn new(model: &Model) -> Self {
        let mut attributes = BTreeMap::new();
        for endpoint in model.endpoints {
            for (cluster, rows) in endpoint.attributes {
                for &(id, init, access) in *rows {
                    let data = init.data();
                    attributes.insert((endpoint.id, *cluster, id), Stored { data, access });
                }
            }
        }
        Self {
            attributes,
            reports: Vec::new(),
        }
    }

    pub(crate) fn get(&self, place: Place) -> Option<&Data> {
        self.attributes.get(&place).map(|stored| &stored.data)
    }

    /// The number at `place`, 0 where there is none.
    pub(crate) fn number(&self, place: Place) -> i64 {
        self.get(place).and_then(Data::as_i64).unwrap_or_default()
    }

    /// Sets the number at `place`, within its type's range; false if there is no such attribute.
    pub(crate) fn put(&mut self, place: Place, number: f64) -> bool {
        let Some(stored) = self.attributes.get_mut(&place) else {
            return false;
        };
        match stored.data.type_id().of_number(number) {
            Some(data) => stored.data = data,
            None => return false,
        }
        true
    }

    /// Everything it holds, for the state file.
    pub(crate) fn values(&self) -> impl Iterator<Item = (Place, &Data)> {
        self.attributes
            .iter()
            .map(|(place, stored)| (*place, &stored.data))
    }

    /// Puts back a value from the state file, if it is still of the attribute's type.
    pub(crate) fn restore(&mut self, place: Place, data: Data) {
        if let Some(stored) = self.attributes.get_mut(&place)
            && stored.data.type_id() == data.type_id()
        {
            stored.data = data;
        }
    }

    /// The configured reports.
    pub(crate) fn reports(&self) -> &[Report] {
        &self.reports
    }

    /// Configures a report, from the state file.
    pub(crate) fn report(
        &mut self,
        place: Place,
        minimum: u16,
        maximum: u16,
        change: f64,
        now: Duration,
    ) {
        let last = self.get(place).cloned().unwrap_or_default();
        self.reports.retain(|report| report.place != place);
        self.reports.push(Report {
            place,
            minimum,
            maximum,
            change,
            last,
            sent: now,
        });
    }

    /// Forgets all reports: the device left its network.
    pub(crate) fn forget(&mut self) {
        self.reports.clear();
    }

    /// When the next report is due.
    pub(crate) fn next(&self) -> Option<Duration> {
        self.reports
            .iter()
            .filter_map(|report| report.due(self.get(report.place)?))
            .min()
    }

    /// The reports that are due, one list for each endpoint and cluster.
    pub(crate) fn due(&mut self, now: Duration) -> Vec<(u8, u16, Vec<Attribute>)> {
        let mut due: Vec<(u8, u16, Vec<Attribute>)> = Vec::new();
        for report in &mut self.reports {
            let (endpoint, cluster, id) = report.place;
            let Some(stored) = self.attributes.get(&report.place) else {
                continue;
            };
            if report.due(&stored.data).is_none_or(|when| when > now) {
                continue;
            }
            report.sent = now;
            report.last = stored.data.clone();
            let attribute = Attribute {
                id,
                data: stored.data.clone(),
            };
            match due
                .iter_mut()
                .find(|(e, c, _)| (*e, *c) == (endpoint, cluster))
            {
                Some((.., attributes)) => attributes.push(attribute),
                None => due.push((endpoint, cluster, vec![attribute])),
            }
        }
        due
    }

    /// Carries out a global command; the answer, if it has one.
    pub(crate) fn global(
        &mut self,
        endpoint: u8,
        cluster: u16,
        frame: &Frame,
        now: Duration,
    ) -> Result<Option<Global>, Status> {
        let global = frame.global().map_err(|_| Status::MALFORMED_COMMAND)?;
        if frame.manufacturer.is_some() {
            // No model of ours has attributes of its manufacturer's.
            return Ok(match global {
                Global::ReadAttributes(ids) => Some(Global::ReadAttributesResponse(
                    ids.into_iter()
                        .map(|id| ReadRecord {
                            id,
                            value: Err(Status::UNSUPPORTED_ATTRIBUTE),
                        })
                        .collect(),
                )),
                _ => return Err(Status::UNSUP_MANUF_GENERAL_COMMAND),
            });
        }
        let at = |id| (endpoint, cluster, id);
        Ok(Some(match global {
            Global::ReadAttributes(ids) => Global::ReadAttributesResponse(self.read(at, &ids)),
            Global::WriteAttributes(values) => {
                Global::WriteAttributesResponse(self.write(at, values, false))
            }
            Global::WriteAttributesUndivided(values) => {
                Global::WriteAttributesResponse(self.write(at, values, true))
            }
            Global::WriteAttributesNoResponse(values) => {
                self.write(at, values, false);
                return Ok(None);
            }
            Global::ConfigureReporting(configs) => {
                let mut refused = Vec::new();
                for config in configs {
                    let (id, received) = match &config {
                        ReportingConfig::Send { id, .. } => (*id, false),
                        ReportingConfig::Expect { id, .. } => (*id, true),
                    };
                    let status = self.configure(at, config, now);
                    if !status.is_success() {
                        refused.push(ReportingStatus {
                            status,
                            received,
                            id,
                        });
                    }
                }
                Global::ConfigureReportingResponse(refused)
            }
            Global::ReadReportingConfig(asked) => Global::ReadReportingConfigResponse(
                asked
                    .into_iter()
                    .map(|asked| ReportingRecord {
                        received: asked.received,
                        id: asked.id,
                        config: self.configured(at(asked.id)),
                    })
                    .collect(),
            ),
            Global::DiscoverAttributes { start, max } => {
                let (complete, attributes) = self.discover(at, start, max, false);
                Global::DiscoverAttributesResponse {
                    complete,
                    attributes,
                }
            }
            Global::DiscoverAttributesExtended { start, max } => {
                let (complete, attributes) = self.discover(at, start, max, true);
                Global::DiscoverAttributesExtendedResponse {
                    complete,
                    attributes,
                }
            }
            // Answers to what a device asked: nothing to say to them.
            Global::DefaultResponse { .. }
            | Global::ReadAttributesResponse(_)
            | Global::WriteAttributesResponse(_)
            | Global::ConfigureReportingResponse(_)
            | Global::ReadReportingConfigResponse(_)
            | Global::ReportAttributes(_)
            | Global::DiscoverAttributesResponse { .. }
            | Global::DiscoverCommandsResponse { .. }
            | Global::DiscoverAttributesExtendedResponse { .. } => return Ok(None),
            Global::DiscoverCommands { .. } => return Err(Status::UNSUP_GENERAL_COMMAND),
        }))
    }

    fn read(&self, at: impl Fn(u16) -> Place, ids: &[u16]) -> Vec<ReadRecord> {
        let mut records = Vec::new();
        let mut length = 0;
        for &id in ids {
            let value = match self.attributes.get(&at(id)) {
                None => Err(Status::UNSUPPORTED_ATTRIBUTE),
                Some(stored) if stored.access & READ == 0 => Err(Status::UNSUPPORTED_ATTRIBUTE),
                Some(stored) => Ok(stored.data.clone()),
            };
            let mut bytes = Vec::new();
            if let Ok(data) = &value {
                data.write_typed(&mut bytes);
            }
            length += 3 + bytes.len();
            if length > MAX_ANSWER && !records.is_empty() {
                break; // the rest has to be asked for again (2.5.2.3)
            }
            records.push(ReadRecord { id, value });
        }
        records
    }

    fn write(
        &mut self,
        at: impl Fn(u16) -> Place,
        values: Vec<Attribute>,
        undivided: bool,
    ) -> Vec<WriteStatus> {
        let refused: Vec<WriteStatus> = values
            .iter()
            .filter_map(|value| {
                let status = match self.attributes.get(&at(value.id)) {
                    None => Status::UNSUPPORTED_ATTRIBUTE,
                    Some(stored) if stored.access & WRITE == 0 => Status::READ_ONLY,
                    Some(stored) if stored.data.type_id() != value.data.type_id() => {
                        Status::INVALID_DATA_TYPE
                    }
                    Some(_) => return None,
                };
                Some(WriteStatus {
                    status,
                    id: value.id,
                })
            })
            .collect();
        if undivided && !refused.is_empty() {
            return refused;
        }
        for value in values {
            if refused.iter().all(|refused| refused.id != value.id)
                && let Some(stored) = self.attributes.get_mut(&at(value.id))
            {
                stored.data = value.data;
            }
        }
        refused
    }

    fn configure(
        &mut self,
        at: impl Fn(u16) -> Place,
        config: ReportingConfig,
        now: Duration,
    ) -> Status {
        let ReportingConfig::Send {
            id,
            of,
            minimum,
            maximum,
            change,
        } = config
        else {
            return Status::UNREPORTABLE_ATTRIBUTE;
        };
        let place = at(id);
        let Some(stored) = self.attributes.get(&place) else {
            return Status::UNSUPPORTED_ATTRIBUTE;
        };
        if stored.access & REPORT == 0 {
            return Status::UNREPORTABLE_ATTRIBUTE;
        }
        if stored.data.type_id() != of {
            return Status::INVALID_DATA_TYPE;
        }
        if maximum == 0xffff {
            self.reports.retain(|report| report.place != place);
            return Status::SUCCESS;
        }
        if maximum != 0 && maximum < minimum {
            return Status::INVALID_VALUE;
        }
        let known = self.reports.iter().any(|report| report.place == place);
        if !known && self.reports.len() >= MAX_REPORTS {
            return Status::INSUFFICIENT_SPACE;
        }
        self.report(
            place,
            minimum,
            maximum,
            change.as_f64().unwrap_or_default(),
            now,
        );
        Status::SUCCESS
    }

    fn configured(&self, place: Place) -> Result<ReportingConfig, Status> {
        let stored = self
            .attributes
            .get(&place)
            .ok_or(Status::UNSUPPORTED_ATTRIBUTE)?;
        if stored.access & REPORT == 0 {
            return Err(Status::UNREPORTABLE_ATTRIBUTE);
        }
        let report = self
            .reports
            .iter()
            .find(|report| report.place == place)
            .ok_or(Status::NOT_FOUND)?;
        let of = stored.data.type_id();
        Ok(ReportingConfig::Send {
            id: place.2,
            of,
            minimum: report.minimum,
            maximum: report.maximum,
            change: if of.is_analog() {
                of.of_number(report.change).unwrap_or_default()
            } else {
                Data::None
            },
        })
    }

    fn discover(
        &self,
        at: impl Fn(u16) -> Place,
        start: u16,
        max: u8,
        extended: bool,
    ) -> (bool, Vec<AttributeInfo>) {
        let mut found: Vec<AttributeInfo> = self
            .attributes
            .range(at(start)..=at(u16::MAX))
            .filter(|(_, stored)| stored.access != 0)
            .map(|(place, stored)| AttributeInfo {
                id: place.2,
                of: stored.data.type_id(),
                access: extended.then_some(stored.access),
            })
            .collect();
        let complete = found.len() <= usize::from(max);
        found.truncate(max.into());
        (complete, found)
    }
}
