//! The commands that every cluster knows (2.5): attributes read, written, reported, discovered.

use super::{Data, Malformed, Status, Type};
use crate::zigbee::wire::{self, Parsed, Reason, Wire, malformed, named, to_end};

/// Ids of the global commands.
#[allow(missing_docs)] // the names are the specification's
pub mod id {
    pub const READ_ATTRIBUTES: u8 = 0x00;
    pub const READ_ATTRIBUTES_RESPONSE: u8 = 0x01;
    pub const WRITE_ATTRIBUTES: u8 = 0x02;
    pub const WRITE_ATTRIBUTES_UNDIVIDED: u8 = 0x03;
    pub const WRITE_ATTRIBUTES_RESPONSE: u8 = 0x04;
    pub const WRITE_ATTRIBUTES_NO_RESPONSE: u8 = 0x05;
    pub const CONFIGURE_REPORTING: u8 = 0x06;
    pub const CONFIGURE_REPORTING_RESPONSE: u8 = 0x07;
    pub const READ_REPORTING_CONFIG: u8 = 0x08;
    pub const READ_REPORTING_CONFIG_RESPONSE: u8 = 0x09;
    pub const REPORT_ATTRIBUTES: u8 = 0x0a;
    pub const DEFAULT_RESPONSE: u8 = 0x0b;
    pub const DISCOVER_ATTRIBUTES: u8 = 0x0c;
    pub const DISCOVER_ATTRIBUTES_RESPONSE: u8 = 0x0d;
    pub const DISCOVER_COMMANDS_RECEIVED: u8 = 0x11;
    pub const DISCOVER_COMMANDS_RECEIVED_RESPONSE: u8 = 0x12;
    pub const DISCOVER_COMMANDS_GENERATED: u8 = 0x13;
    pub const DISCOVER_COMMANDS_GENERATED_RESPONSE: u8 = 0x14;
    pub const DISCOVER_ATTRIBUTES_EXTENDED: u8 = 0x15;
    pub const DISCOVER_ATTRIBUTES_EXTENDED_RESPONSE: u8 = 0x16;
}

/// An attribute and its value.
#[derive(Clone, Debug, PartialEq)]
pub struct Attribute {
    /// Its id.
    pub id: u16,
    /// Its value.
    pub data: Data,
}

/// One answer to a read.
#[derive(Clone, Debug, PartialEq)]
pub struct ReadRecord {
    /// The attribute.
    pub id: u16,
    /// Its value, or why not.
    pub value: Result<Data, Status>,
}

/// One answer to a write.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WriteStatus {
    /// What came of it.
    pub status: Status,
    /// The attribute.
    pub id: u16,
}

/// What a report is to look like.
#[derive(Clone, Debug, PartialEq)]
pub enum ReportingConfig {
    /// The receiver is to report.
    Send {
        /// The attribute.
        id: u16,
        /// Its type.
        of: Type,
        /// Seconds between reports at the least.
        minimum: u16,
        /// Seconds between reports at the most; 0xffff: never.
        maximum: u16,
        /// Smallest change worth a report, of the attribute's type; `Data::None` for discrete types.
        change: Data,
    },
    /// The receiver is to expect reports.
    Expect {
        /// The attribute.
        id: u16,
        /// Seconds after which a missing report is an error.
        timeout: u16,
    },
}

/// One answer to a configuration of reports.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReportingStatus {
    /// What came of it.
    pub status: Status,
    /// The attribute is reported by the other side.
    pub received: bool,
    /// The attribute.
    pub id: u16,
}

/// Which report's configuration is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReadReporting {
    /// Reports received, rather than sent, by the asked.
    pub received: bool,
    /// The attribute.
    pub id: u16,
}

/// One answer to that.
#[derive(Clone, Debug, PartialEq)]
pub struct ReportingRecord {
    /// The attribute is reported by the other side.
    pub received: bool,
    /// The attribute.
    pub id: u16,
    /// How it is reported, or why nothing is known.
    pub config: Result<ReportingConfig, Status>,
}

/// An attribute that a device has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AttributeInfo {
    /// Its id.
    pub id: u16,
    /// Its type.
    pub of: Type,
    /// Bit 0 readable, 1 writable, 2 reportable; only in the extended form.
    pub access: Option<u8>,
}

/// A global command.
#[derive(Clone, Debug, PartialEq)]
pub enum Global {
    /// The values of these, please.
    ReadAttributes(Vec<u16>),
    /// Here they are.
    ReadAttributesResponse(Vec<ReadRecord>),
    /// Write these.
    WriteAttributes(Vec<Attribute>),
    /// Write these, all or none.
    WriteAttributesUndivided(Vec<Attribute>),
    /// Those that were not written; empty: all were.
    WriteAttributesResponse(Vec<WriteStatus>),
    /// Write these and do not answer.
    WriteAttributesNoResponse(Vec<Attribute>),
    /// Report these.
    ConfigureReporting(Vec<ReportingConfig>),
    /// Those that will not be reported; empty: all will. Devices also answer one record each.
    ConfigureReportingResponse(Vec<ReportingStatus>),
    /// How are these reported?
    ReadReportingConfig(Vec<ReadReporting>),
    /// Like this.
    ReadReportingConfigResponse(Vec<ReportingRecord>),
    /// These have changed, or it is time.
    ReportAttributes(Vec<Attribute>),
    /// What came of a command that has no answer of its own.
    DefaultResponse {
        /// The command.
        command: u8,
        /// What came of it.
        status: Status,
    },
    /// Which attributes are there?
    DiscoverAttributes {
        /// From this id on.
        start: u16,
        /// So many at the most.
        max: u8,
    },
    /// These.
    DiscoverAttributesResponse {
        /// There are no more.
        complete: bool,
        /// Without access.
        attributes: Vec<AttributeInfo>,
    },
    /// Which commands are understood (or, `generated`, sent)?
    DiscoverCommands {
        /// Sent rather than understood.
        generated: bool,
        /// From this id on.
        start: u8,
        /// So many at the most.
        max: u8,
    },
    /// These.
    DiscoverCommandsResponse {
        /// Sent rather than understood.
        generated: bool,
        /// There are no more.
        complete: bool,
        /// Their ids.
        commands: Vec<u8>,
    },
    /// Which attributes are there, and what may be done with them?
    DiscoverAttributesExtended {
        /// From this id on.
        start: u16,
        /// So many at the most.
        max: u8,
    },
    /// These.
    DiscoverAttributesExtendedResponse {
        /// There are no more.
        complete: bool,
        /// With access.
        attributes: Vec<AttributeInfo>,
    },
}

impl Global {
    /// The command's id.
    #[must_use]
    pub const fn command(&self) -> u8 {
        match self {
            Self::ReadAttributes(_) => id::READ_ATTRIBUTES,
            Self::ReadAttributesResponse(_) => id::READ_ATTRIBUTES_RESPONSE,
            Self::WriteAttributes(_) => id::WRITE_ATTRIBUTES,
            Self::WriteAttributesUndivided(_) => id::WRITE_ATTRIBUTES_UNDIVIDED,
            Self::WriteAttributesResponse(_) => id::WRITE_ATTRIBUTES_RESPONSE,
            Self::WriteAttributesNoResponse(_) => id::WRITE_ATTRIBUTES_NO_RESPONSE,
            Self::ConfigureReporting(_) => id::CONFIGURE_REPORTING,
            Self::ConfigureReportingResponse(_) => id::CONFIGURE_REPORTING_RESPONSE,
            Self::ReadReportingConfig(_) => id::READ_REPORTING_CONFIG,
            Self::ReadReportingConfigResponse(_) => id::READ_REPORTING_CONFIG_RESPONSE,
            Self::ReportAttributes(_) => id::REPORT_ATTRIBUTES,
            Self::DefaultResponse { .. } => id::DEFAULT_RESPONSE,
            Self::DiscoverAttributes { .. } => id::DISCOVER_ATTRIBUTES,
            Self::DiscoverAttributesResponse { .. } => id::DISCOVER_ATTRIBUTES_RESPONSE,
            Self::DiscoverCommands {
                generated: false, ..
            } => id::DISCOVER_COMMANDS_RECEIVED,
            Self::DiscoverCommands { .. } => id::DISCOVER_COMMANDS_GENERATED,
            Self::DiscoverCommandsResponse {
                generated: false, ..
            } => id::DISCOVER_COMMANDS_RECEIVED_RESPONSE,
            Self::DiscoverCommandsResponse { .. } => id::DISCOVER_COMMANDS_GENERATED_RESPONSE,
            Self::DiscoverAttributesExtended { .. } => id::DISCOVER_ATTRIBUTES_EXTENDED,
            Self::DiscoverAttributesExtendedResponse { .. } => {
                id::DISCOVER_ATTRIBUTES_EXTENDED_RESPONSE
            }
        }
    }

    /// Reads the payload of global command `command`.
    ///
    /// # Errors
    /// [`Malformed`] names the field, `command` when the id is not known.
    pub fn parse(command: u8, payload: &[u8]) -> Result<Self, Malformed> {
        wire::complete("global command", Self::read(command, payload))
    }

    fn read(command: u8, input: &[u8]) -> Parsed<'_, Self> {
        fn all<'a, T>(
            input: &'a [u8],
            element: impl FnMut(&'a [u8]) -> Parsed<'a, T>,
            make: impl FnOnce(Vec<T>) -> Global,
        ) -> Parsed<'a, Global> {
            to_end(element, input).map(|(rest, items)| (rest, make(items)))
        }
        match command {
            id::READ_ATTRIBUTES => all(input, attribute_id, Self::ReadAttributes),
            id::READ_ATTRIBUTES_RESPONSE => {
                all(input, ReadRecord::read, Self::ReadAttributesResponse)
            }
            id::WRITE_ATTRIBUTES => all(input, Attribute::read, Self::WriteAttributes),
            id::WRITE_ATTRIBUTES_UNDIVIDED => {
                all(input, Attribute::read, Self::WriteAttributesUndivided)
            }
            id::WRITE_ATTRIBUTES_RESPONSE if is_plain_success(input) => {
                Ok((&[], Self::WriteAttributesResponse(Vec::new())))
            }
            id::WRITE_ATTRIBUTES_RESPONSE => {
                all(input, WriteStatus::read, Self::WriteAttributesResponse)
            }
            id::WRITE_ATTRIBUTES_NO_RESPONSE => {
                all(input, Attribute::read, Self::WriteAttributesNoResponse)
            }
            id::CONFIGURE_REPORTING => all(input, ReportingConfig::read, Self::ConfigureReporting),
            id::CONFIGURE_REPORTING_RESPONSE if is_plain_success(input) => {
                Ok((&[], Self::ConfigureReportingResponse(Vec::new())))
            }
            id::CONFIGURE_REPORTING_RESPONSE => all(
                input,
                ReportingStatus::read,
                Self::ConfigureReportingResponse,
            ),
            id::READ_REPORTING_CONFIG => all(input, ReadReporting::read, Self::ReadReportingConfig),
            id::READ_REPORTING_CONFIG_RESPONSE => all(
                input,
                ReportingRecord::read,
                Self::ReadReportingConfigResponse,
            ),
            id::REPORT_ATTRIBUTES => all(input, Attribute::read, Self::ReportAttributes),
            id::DEFAULT_RESPONSE => {
                let (rest, command) = named("command", u8::parse, input)?;
                let (rest, status) = named("status", Status::parse, rest)?;
                Ok((rest, Self::DefaultResponse { command, status }))
            }
            id::DISCOVER_ATTRIBUTES | id::DISCOVER_ATTRIBUTES_EXTENDED => {
                let (rest, start) = named("start attribute", u16::parse, input)?;
                let (rest, max) = named("maximum", u8::parse, rest)?;
                let global = if command == id::DISCOVER_ATTRIBUTES {
                    Self::DiscoverAttributes { start, max }
                } else {
                    Self::DiscoverAttributesExtended { start, max }
                };
                Ok((rest, global))
            }
            id::DISCOVER_ATTRIBUTES_RESPONSE | id::DISCOVER_ATTRIBUTES_EXTENDED_RESPONSE => {
                let extended = command == id::DISCOVER_ATTRIBUTES_EXTENDED_RESPONSE;
                let (rest, complete) = named("complete", bool::parse, input)?;
                let (rest, attributes) =
                    to_end(|input| AttributeInfo::read(extended, input), rest)?;
                let global = if extended {
                    Self::DiscoverAttributesExtendedResponse {
                        complete,
                        attributes,
                    }
                } else {
                    Self::DiscoverAttributesResponse {
                        complete,
                        attributes,
                    }
                };
                Ok((rest, global))
            }
            id::DISCOVER_COMMANDS_RECEIVED | id::DISCOVER_COMMANDS_GENERATED => {
                let (rest, start) = named("start command", u8::parse, input)?;
                let (rest, max) = named("maximum", u8::parse, rest)?;
                let generated = command == id::DISCOVER_COMMANDS_GENERATED;
                Ok((
                    rest,
                    Self::DiscoverCommands {
                        generated,
                        start,
                        max,
                    },
                ))
            }
            id::DISCOVER_COMMANDS_RECEIVED_RESPONSE | id::DISCOVER_COMMANDS_GENERATED_RESPONSE => {
                let (rest, complete) = named("complete", bool::parse, input)?;
                let (rest, commands) = to_end(u8::parse, rest)?;
                let generated = command == id::DISCOVER_COMMANDS_GENERATED_RESPONSE;
                Ok((
                    rest,
                    Self::DiscoverCommandsResponse {
                        generated,
                        complete,
                        commands,
                    },
                ))
            }
            _ => malformed("command", input, Reason::Undefined),
        }
    }

    /// The command's payload.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let mut out = Vec::new();
        match self {
            Self::ReadAttributes(ids) => ids.iter().for_each(|id| id.write(&mut out)),
            Self::ReadAttributesResponse(records) => {
                records.iter().for_each(|record| record.write(&mut out));
            }
            Self::WriteAttributes(attributes)
            | Self::WriteAttributesUndivided(attributes)
            | Self::WriteAttributesNoResponse(attributes)
            | Self::ReportAttributes(attributes) => {
                attributes.iter().for_each(|a| a.write(&mut out));
            }
            Self::WriteAttributesResponse(failed) if failed.is_empty() => out.push(0),
            Self::WriteAttributesResponse(failed) => failed.iter().for_each(|record| {
                record.status.write(&mut out);
                record.id.write(&mut out);
            }),
            Self::ConfigureReporting(configs) => {
                configs.iter().for_each(|config| config.write(&mut out));
            }
            Self::ConfigureReportingResponse(failed) if failed.is_empty() => out.push(0),
            Self::ConfigureReportingResponse(failed) => failed.iter().for_each(|record| {
                record.status.write(&mut out);
                record.received.write(&mut out);
                record.id.write(&mut out);
            }),
            Self::ReadReportingConfig(records) => records.iter().for_each(|record| {
                record.received.write(&mut out);
                record.id.write(&mut out);
            }),
            Self::ReadReportingConfigResponse(records) => {
                records.iter().for_each(|record| record.write(&mut out));
            }
            Self::DefaultResponse { command, status } => {
                command.write(&mut out);
                status.write(&mut out);
            }
            Self::DiscoverAttributes { start, max }
            | Self::DiscoverAttributesExtended { start, max } => {
                start.write(&mut out);
                max.write(&mut out);
            }
            Self::DiscoverAttributesResponse {
                complete,
                attributes,
            }
            | Self::DiscoverAttributesExtendedResponse {
                complete,
                attributes,
            } => {
                complete.write(&mut out);
                for info in attributes {
                    info.id.write(&mut out);
                    info.of.0.write(&mut out);
                    if matches!(self, Self::DiscoverAttributesExtendedResponse { .. }) {
                        info.access.unwrap_or(0).write(&mut out);
                    }
                }
            }
            Self::DiscoverCommands { start, max, .. } => {
                start.write(&mut out);
                max.write(&mut out);
            }
            Self::DiscoverCommandsResponse {
                complete, commands, ..
            } => {
                complete.write(&mut out);
                out.extend_from_slice(commands);
            }
        }
        out
    }
}

/// A response that says success once for all.
const fn is_plain_success(input: &[u8]) -> bool {
    matches!(input, [0])
}

fn attribute_id(input: &[u8]) -> Parsed<'_, u16> {
    named("attribute id", u16::parse, input)
}

impl Attribute {
    /// An attribute and its value.
    #[must_use]
    pub const fn new(id: u16, data: Data) -> Self {
        Self { id, data }
    }

    fn read(input: &[u8]) -> Parsed<'_, Self> {
        let (rest, id) = attribute_id(input)?;
        let (rest, data) = Data::read_typed(rest)?;
        Ok((rest, Self { id, data }))
    }

    fn write(&self, out: &mut Vec<u8>) {
        self.id.write(out);
        self.data.write_typed(out);
    }
}

impl ReadRecord {
    fn read(input: &[u8]) -> Parsed<'_, Self> {
        let (rest, id) = attribute_id(input)?;
        let (rest, status) = named("status", Status::parse, rest)?;
        if !status.is_success() {
            return Ok((
                rest,
                Self {
                    id,
                    value: Err(status),
                },
            ));
        }
        let (rest, data) = Data::read_typed(rest)?;
        Ok((
            rest,
            Self {
                id,
                value: Ok(data),
            },
        ))
    }

    fn write(&self, out: &mut Vec<u8>) {
        self.id.write(out);
        match &self.value {
            Ok(data) => {
                Status::SUCCESS.write(out);
                data.write_typed(out);
            }
            Err(status) => status.write(out),
        }
    }
}

impl WriteStatus {
    fn read(input: &[u8]) -> Parsed<'_, Self> {
        let (rest, status) = named("status", Status::parse, input)?;
        let (rest, id) = attribute_id(rest)?;
        Ok((rest, Self { status, id }))
    }
}

impl ReportingStatus {
    /// Devices that refuse the whole command answer a status alone: an `id` of 0xffff stands for all.
    fn read(input: &[u8]) -> Parsed<'_, Self> {
        let (rest, status) = named("status", Status::parse, input)?;
        if rest.is_empty() {
            return Ok((
                rest,
                Self {
                    status,
                    received: false,
                    id: 0xffff,
                },
            ));
        }
        let (rest, received) = named("direction", bool::parse, rest)?;
        let (rest, id) = attribute_id(rest)?;
        Ok((
            rest,
            Self {
                status,
                received,
                id,
            },
        ))
    }
}

impl ReadReporting {
    fn read(input: &[u8]) -> Parsed<'_, Self> {
        let (rest, received) = named("direction", bool::parse, input)?;
        let (rest, id) = attribute_id(rest)?;
        Ok((rest, Self { received, id }))
    }
}

impl ReportingConfig {
    fn read(input: &[u8]) -> Parsed<'_, Self> {
        let (rest, received) = named("direction", bool::parse, input)?;
        let (rest, id) = attribute_id(rest)?;
        Self::read_body(received, id, rest)
    }

    fn read_body(received: bool, id: u16, input: &[u8]) -> Parsed<'_, Self> {
        if received {
            let (rest, timeout) = named("timeout", u16::parse, input)?;
            return Ok((rest, Self::Expect { id, timeout }));
        }
        let (rest, of) = named("data type", u8::parse, input)?;
        let of = Type(of);
        let (rest, minimum) = named("minimum interval", u16::parse, rest)?;
        let (rest, maximum) = named("maximum interval", u16::parse, rest)?;
        let (rest, change) = if of.is_analog() {
            Data::read(of, rest)?
        } else {
            (rest, Data::None)
        };
        Ok((
            rest,
            Self::Send {
                id,
                of,
                minimum,
                maximum,
                change,
            },
        ))
    }

    fn write(&self, out: &mut Vec<u8>) {
        match self {
            Self::Send { id, .. } => {
                out.push(0);
                id.write(out);
            }
            Self::Expect { id, .. } => {
                out.push(1);
                id.write(out);
            }
        }
        self.write_body(out);
    }

    fn write_body(&self, out: &mut Vec<u8>) {
        match self {
            Self::Send {
                of,
                minimum,
                maximum,
                change,
                ..
            } => {
                of.0.write(out);
                minimum.write(out);
                maximum.write(out);
                if of.is_analog() {
                    change.write(out);
                }
            }
            Self::Expect { timeout, .. } => timeout.write(out),
        }
    }
}

impl ReportingRecord {
    fn read(input: &[u8]) -> Parsed<'_, Self> {
        let (rest, status) = named("status", Status::parse, input)?;
        let (rest, received) = named("direction", bool::parse, rest)?;
        let (rest, id) = attribute_id(rest)?;
        if !status.is_success() {
            return Ok((
                rest,
                Self {
                    received,
                    id,
                    config: Err(status),
                },
            ));
        }
        let (rest, config) = ReportingConfig::read_body(received, id, rest)?;
        Ok((
            rest,
            Self {
                received,
                id,
                config: Ok(config),
            },
        ))
    }

    fn write(&self, out: &mut Vec<u8>) {
        let status = self.config.as_ref().err().copied();
        status.unwrap_or(Status::SUCCESS).write(out);
        self.received.write(out);
        self.id.write(out);
        if let Ok(config) = &self.config {
            config.write_body(out);
        }
    }
}

impl AttributeInfo {
    fn read(extended: bool, input: &[u8]) -> Parsed<'_, Self> {
        let (rest, id) = attribute_id(input)?;
        let (rest, of) = named("data type", u8::parse, rest)?;
        let (rest, access) = if extended {
            let (rest, access) = named("access", u8::parse, rest)?;
            (rest, Some(access))
        } else {
            (rest, None)
        };
        Ok((
            rest,
            Self {
                id,
                of: Type(of),
                access,
            },
        ))
    }
}
