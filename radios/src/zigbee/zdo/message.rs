//! The messages (2.4.3, 2.4.4).

use std::fmt;

use super::descriptor::{NodeDescriptor, PowerDescriptor, SizedDescriptor};
use crate::Ieee;
use crate::zigbee::wire::{
    Counted, Malformed, Parsed, Reason, Rest, Wire, malformed, named, open, wire_struct,
};

/// What came of a ZDO request. Unknown codes keep their number.
#[derive(Clone, Copy, PartialEq, Eq, Default)]
pub struct Status(pub u8);

macro_rules! statuses {
    ($($(#[$meta:meta])* $name:ident = $code:literal $text:literal)*) => {
        impl Status {
            $($(#[$meta])* pub const $name: Self = Self($code);)*
        }

        impl fmt::Display for Status {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                match self.0 {
                    $($code => f.write_str($text),)*
                    code => write!(f, "status {code:#04x}"),
                }
            }
        }
    };
}

statuses! {
    /// It was done.
    SUCCESS = 0x00 "success"
    /// A field is wrong.
    INVALID_REQUEST_TYPE = 0x80 "invalid request type"
    /// No such device here.
    DEVICE_NOT_FOUND = 0x81 "device not found"
    /// No such endpoint.
    INVALID_ENDPOINT = 0x82 "invalid endpoint"
    /// The endpoint has no simple descriptor.
    NOT_ACTIVE = 0x83 "endpoint not active"
    /// The request is not supported.
    NOT_SUPPORTED = 0x84 "not supported"
    /// Timed out.
    TIMEOUT = 0x85 "timeout"
    /// Nothing matches.
    NO_MATCH = 0x86 "no match"
    /// No such binding.
    NO_ENTRY = 0x88 "no entry"
    /// There is no such descriptor.
    NO_DESCRIPTOR = 0x89 "no descriptor"
    /// No room.
    INSUFFICIENT_SPACE = 0x8a "insufficient space"
    /// Not now.
    NOT_PERMITTED = 0x8b "not permitted"
    /// The table is full.
    TABLE_FULL = 0x8c "table full"
    /// The sender may not do that.
    NOT_AUTHORIZED = 0x8d "not authorized"
}

impl Status {
    /// Whether it was done.
    #[must_use]
    pub const fn is_success(self) -> bool {
        self.0 == 0
    }
}

impl fmt::Debug for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl Wire for Status {
    fn parse(input: &[u8]) -> Parsed<'_, Self> {
        u8::parse(input).map(|(rest, code)| (rest, Self(code)))
    }

    fn write(&self, out: &mut Vec<u8>) {
        out.push(self.0);
    }
}

/// A message of the ZDO.
pub trait Message: Sized {
    /// The cluster that carries it.
    const CLUSTER: u16;
    /// Its name, for logs.
    const NAME: &'static str;

    /// Reads the fields, without the sequence.
    ///
    /// # Errors
    /// [`Malformed`] names the field.
    fn parse_fields(input: &[u8]) -> Result<Self, Malformed>;

    /// Appends the fields.
    fn write_fields(&self, out: &mut Vec<u8>);
}

/// A message that asks for an answer.
pub trait Request: Message {
    /// The answer.
    type Response: Message;
}

/// Writes a message with its sequence.
#[must_use]
pub fn encode<M: Message>(sequence: u8, message: &M) -> Vec<u8> {
    let mut out = vec![sequence];
    message.write_fields(&mut out);
    out
}

/// Reads a message with its sequence.
///
/// # Errors
/// [`Malformed`] names the field.
pub fn parse<M: Message>(input: &[u8]) -> Result<(u8, M), Malformed> {
    match input.split_first() {
        Some((sequence, fields)) => Ok((*sequence, M::parse_fields(fields)?)),
        None => Err(Malformed {
            field: "sequence",
            left: 0,
            reason: Reason::Short,
        }),
    }
}

/// What answers carry in cluster ids.
pub const RESPONSE: u16 = 0x8000;

macro_rules! requests {
    ($(
        $(#[$meta:meta])*
        $name:ident = $cluster:literal $(-> $response:ident)? {
            $($(#[$field_meta:meta])* $field:ident: $type:ty),* $(,)?
        }
    )*) => {$(
        wire_struct! {
            $(#[$meta])*
            $name { $($(#[$field_meta])* $field: $type),* }
        }

        impl Message for $name {
            const CLUSTER: u16 = $cluster;
            const NAME: &'static str = stringify!($name);

            fn parse_fields(input: &[u8]) -> Result<Self, Malformed> {
                // Later revisions append fields; what follows is not ours.
                open(Self::NAME, <Self as Wire>::parse(input)).map(|(_, message)| message)
            }

            fn write_fields(&self, out: &mut Vec<u8>) {
                self.write(out);
            }
        }

        $(impl Request for $name {
            type Response = $response;
        })?
    )*};
}

macro_rules! responses {
    ($(
        $(#[$meta:meta])*
        $name:ident = $cluster:literal {
            $($(#[$field_meta:meta])* $field:ident: $type:ty),* $(,)?
        }
    )*) => {$(
        wire_struct! {
            $(#[$meta])*
            $name {
                /// What came of it.
                status: Status,
                $($(#[$field_meta])* $field: $type),*
            }
        }

        impl Message for $name {
            const CLUSTER: u16 = $cluster | RESPONSE;
            const NAME: &'static str = stringify!($name);

            fn parse_fields(input: &[u8]) -> Result<Self, Malformed> {
                // A refusal may consist of its status alone.
                if let [code] = *input
                    && code != 0
                {
                    let mut refusal = Self::default();
                    refusal.status = Status(code);
                    return Ok(refusal);
                }
                open(Self::NAME, <Self as Wire>::parse(input)).map(|(_, message)| message)
            }

            fn write_fields(&self, out: &mut Vec<u8>) {
                self.write(out);
            }
        }
    )*};
}

requests! {
    /// Who has this IEEE address?
    NetworkAddressRequest = 0x0000 -> NetworkAddressResponse {
        ieee: Ieee,
        /// 0: one address; 1: with those of its children.
        kind: u8,
        start: u8,
    }
    /// What is your IEEE address?
    IeeeAddressRequest = 0x0001 -> IeeeAddressResponse {
        address: u16,
        /// 0: one address; 1: with those of its children.
        kind: u8,
        start: u8,
    }
    /// What are you?
    NodeDescriptorRequest = 0x0002 -> NodeDescriptorResponse { address: u16 }
    /// What do you run on?
    PowerDescriptorRequest = 0x0003 -> PowerDescriptorResponse { address: u16 }
    /// What does your endpoint do?
    SimpleDescriptorRequest = 0x0004 -> SimpleDescriptorResponse { address: u16, endpoint: u8 }
    /// Which endpoints do you have?
    ActiveEndpointsRequest = 0x0005 -> ActiveEndpointsResponse { address: u16 }
    /// Who has these clusters?
    MatchDescriptorRequest = 0x0006 -> MatchDescriptorResponse {
        address: u16,
        profile: u16,
        input: Counted<u16>,
        output: Counted<u16>,
    }
    /// I am here (again); no answer.
    DeviceAnnounce = 0x0013 {
        address: u16,
        ieee: Ieee,
        /// As in the node descriptor.
        capabilities: u8,
    }
    /// These are my children; are they yours?
    ParentAnnounce = 0x001f -> ParentAnnounceResponse { children: Counted<Ieee> }
    /// Send what you report on this cluster there.
    BindRequest = 0x0021 -> BindResponse {
        source: Ieee,
        source_endpoint: u8,
        cluster: u16,
        target: BindTarget,
    }
    /// Stop sending it there.
    UnbindRequest = 0x0022 -> UnbindResponse {
        source: Ieee,
        source_endpoint: u8,
        cluster: u16,
        target: BindTarget,
    }
    /// Whom do you hear?
    LqiRequest = 0x0031 -> LqiResponse { start: u8 }
    /// Where do you route?
    RoutingRequest = 0x0032 -> RoutingResponse { start: u8 }
    /// Whom do you report to?
    BindingsRequest = 0x0033 -> BindingsResponse { start: u8 }
    /// Leave the network.
    LeaveRequest = 0x0034 -> LeaveResponse {
        /// Zero for the receiver itself.
        ieee: Ieee,
        /// Bit 6: with your children; bit 7: and join again.
        flags: u8,
    }
    /// Open or close for joining.
    PermitJoiningRequest = 0x0036 -> PermitJoiningResponse {
        /// Seconds; 0 closes.
        seconds: u8,
        /// Always 1 since Zigbee 3.0.
        trust_center: bool,
    }
    /// Scan, change the channel, or change the manager.
    NetworkUpdateRequest = 0x0038 -> NetworkUpdateResponse {
        /// Bits 11…26.
        channels: u32,
        /// 0…5: scan so long; 0xfe: change the channel; 0xff: change manager and channels.
        duration: u8,
        /// Scans (for 0…5) or update id (0xfe, 0xff), then (0xff) the manager's address.
        rest: Rest,
    }
}

responses! {
    /// This device has it.
    NetworkAddressResponse = 0x0000 { ieee: Ieee, address: u16, children: Option<Children> }
    /// This is it.
    IeeeAddressResponse = 0x0001 { ieee: Ieee, address: u16, children: Option<Children> }
    /// This.
    NodeDescriptorResponse = 0x0002 { address: u16, descriptor: Option<NodeDescriptor> }
    /// On this.
    PowerDescriptorResponse = 0x0003 { address: u16, descriptor: Option<PowerDescriptor> }
    /// This.
    SimpleDescriptorResponse = 0x0004 { address: u16, descriptor: SizedDescriptor }
    /// These.
    ActiveEndpointsResponse = 0x0005 { address: u16, endpoints: Counted<u8> }
    /// These endpoints of mine.
    MatchDescriptorResponse = 0x0006 { address: u16, endpoints: Counted<u8> }
    /// These are mine.
    ParentAnnounceResponse = 0x001f { children: Counted<Ieee> }
    /// What came of binding.
    BindResponse = 0x0021 {}
    /// What came of unbinding.
    UnbindResponse = 0x0022 {}
    /// A part of the neighbour table.
    LqiResponse = 0x0031 { total: u8, start: u8, neighbors: Counted<Neighbor> }
    /// A part of the routing table.
    RoutingResponse = 0x0032 { total: u8, start: u8, routes: Counted<Route> }
    /// A part of the binding table.
    BindingsResponse = 0x0033 { total: u8, start: u8, bindings: Counted<BindingRecord> }
    /// What came of leaving.
    LeaveResponse = 0x0034 {}
    /// What came of opening.
    PermitJoiningResponse = 0x0036 {}
    /// What the scan heard.
    NetworkUpdateResponse = 0x0038 {
        channels: u32,
        transmissions: u16,
        failures: u16,
        energy: Counted<u8>,
    }
}

wire_struct! {
    /// The children of an address answer's extended form.
    Children { count: u8, start: Option<u8>, addresses: Rest }
    /// A neighbour.
    Neighbor {
        /// Extended PAN identifier.
        extended_pan_id: u64,
        ieee: Ieee,
        address: u16,
        /// Device type in bits 0…1, receiver on when idle in 2…3, relationship in 4…6.
        flags: u8,
        /// Permit joining in bits 0…1.
        permit: u8,
        depth: u8,
        /// Link quality, 0…255.
        lqi: u8,
    }
    /// A route.
    Route {
        destination: u16,
        /// Status in bits 0…2, memory constrained 3, many-to-one 4, record required 5.
        flags: u8,
        next_hop: u16,
    }
    /// A binding.
    BindingRecord {
        source: Ieee,
        source_endpoint: u8,
        cluster: u16,
        target: BindTarget,
    }
}

/// Where bound messages go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BindTarget {
    /// To a group.
    Group(u16),
    /// To an endpoint of a device.
    Device(Ieee, u8),
}

impl Default for BindTarget {
    fn default() -> Self {
        Self::Group(0)
    }
}

impl Wire for BindTarget {
    fn parse(input: &[u8]) -> Parsed<'_, Self> {
        let (rest, mode) = named("target address mode", u8::parse, input)?;
        match mode {
            1 => named("target group", u16::parse, rest)
                .map(|(rest, group)| (rest, Self::Group(group))),
            3 => {
                let (rest, ieee) = named("target address", Ieee::parse, rest)?;
                let (rest, endpoint) = named("target endpoint", u8::parse, rest)?;
                Ok((rest, Self::Device(ieee, endpoint)))
            }
            _ => malformed("target address mode", input, Reason::Undefined),
        }
    }

    fn write(&self, out: &mut Vec<u8>) {
        match self {
            Self::Group(group) => {
                out.push(1);
                group.write(out);
            }
            Self::Device(ieee, endpoint) => {
                out.push(3);
                ieee.write(out);
                out.push(*endpoint);
            }
        }
    }
}
