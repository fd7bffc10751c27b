//! The ZCL frame: header and payload (2.4.1).

use super::{Global, Malformed};
use crate::zigbee::wire::{self, Parsed, Reason, Wire, malformed, named};

/// Whose command a frame carries.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// A command that every cluster knows.
    Global,
    /// A command of the frame's cluster.
    Cluster,
}

/// A ZCL frame.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Frame {
    /// Whose command it is.
    pub kind: Kind,
    /// The manufacturer's code, where the command or attributes are its own.
    pub manufacturer: Option<u16>,
    /// From the side that holds the attributes; else towards it.
    pub from_server: bool,
    /// The receiver need not answer success.
    pub disable_default_response: bool,
    /// Ties an answer to its question.
    pub sequence: u8,
    /// The command's id: [`super::id`] for global ones.
    pub command: u8,
    /// What follows the header.
    pub payload: Vec<u8>,
}

const KIND: u8 = 0b0000_0011;
const MANUFACTURER: u8 = 0b0000_0100;
const FROM_SERVER: u8 = 0b0000_1000;
const NO_DEFAULT_RESPONSE: u8 = 0b0001_0000;

impl Frame {
    /// A global command towards the server, as the gateway asks it: no default response wanted.
    #[must_use]
    pub fn ask(global: &Global) -> Self {
        Self {
            kind: Kind::Global,
            manufacturer: None,
            from_server: false,
            disable_default_response: true,
            sequence: 0,
            command: global.command(),
            payload: global.encode(),
        }
    }

    /// A cluster command towards the server; its default response says whether it was done.
    #[must_use]
    pub const fn tell(command: u8, payload: Vec<u8>) -> Self {
        Self {
            kind: Kind::Cluster,
            manufacturer: None,
            from_server: false,
            disable_default_response: false,
            sequence: 0,
            command,
            payload,
        }
    }

    /// The same with a manufacturer's code.
    #[must_use]
    pub const fn of_manufacturer(mut self, code: u16) -> Self {
        self.manufacturer = Some(code);
        self
    }

    /// The same with a sequence number.
    #[must_use]
    pub const fn numbered(mut self, sequence: u8) -> Self {
        self.sequence = sequence;
        self
    }

    /// A global command in answer to this frame: same sequence and manufacturer, other direction.
    #[must_use]
    pub fn answer(&self, global: &Global) -> Self {
        Self {
            kind: Kind::Global,
            manufacturer: self.manufacturer,
            from_server: !self.from_server,
            disable_default_response: true,
            sequence: self.sequence,
            command: global.command(),
            payload: global.encode(),
        }
    }

    /// Reads a frame.
    ///
    /// # Errors
    /// [`Malformed`] names the header field at which the bytes end, or an undefined frame type.
    pub fn parse(input: &[u8]) -> Result<Self, Malformed> {
        wire::complete("frame", Self::read(input))
    }

    fn read(input: &[u8]) -> Parsed<'_, Self> {
        let (rest, control) = named("frame control", u8::parse, input)?;
        let kind = match control & KIND {
            0 => Kind::Global,
            1 => Kind::Cluster,
            _ => return malformed("frame type", input, Reason::Undefined),
        };
        let (rest, manufacturer) = if control & MANUFACTURER == 0 {
            (rest, None)
        } else {
            let (rest, code) = named("manufacturer code", u16::parse, rest)?;
            (rest, Some(code))
        };
        let (rest, sequence) = named("sequence", u8::parse, rest)?;
        let (rest, command) = named("command", u8::parse, rest)?;
        let frame = Self {
            kind,
            manufacturer,
            from_server: control & FROM_SERVER != 0,
            disable_default_response: control & NO_DEFAULT_RESPONSE != 0,
            sequence,
            command,
            payload: rest.to_vec(),
        };
        Ok((&[], frame))
    }

    /// Writes the frame.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let mut control = match self.kind {
            Kind::Global => 0,
            Kind::Cluster => 1,
        };
        for (bit, set) in [
            (MANUFACTURER, self.manufacturer.is_some()),
            (FROM_SERVER, self.from_server),
            (NO_DEFAULT_RESPONSE, self.disable_default_response),
        ] {
            if set {
                control |= bit;
            }
        }
        let mut out = Vec::with_capacity(5 + self.payload.len());
        out.push(control);
        self.manufacturer.write(&mut out);
        out.push(self.sequence);
        out.push(self.command);
        out.extend_from_slice(&self.payload);
        out
    }

    /// The global command in it.
    ///
    /// # Errors
    /// [`Malformed`] when its payload is, or when the frame carries a cluster's own command.
    pub fn global(&self) -> Result<Global, Malformed> {
        match self.kind {
            Kind::Global => Global::parse(self.command, &self.payload),
            Kind::Cluster => Err(Malformed {
                field: "frame type",
                left: self.payload.len(),
                reason: Reason::Undefined,
            }),
        }
    }
}
