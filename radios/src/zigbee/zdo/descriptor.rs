//! Descriptors: what a node says of itself (2.3.2).

use crate::zigbee::wire::{Counted, Parsed, Wire, named, wire_struct};

wire_struct! {
    /// The node descriptor (2.3.2.3): 13 bytes.
    NodeDescriptor {
        /// Logical type in bits 0…2; complex and user descriptor available in bits 3 and 4.
        kind_flags: u8,
        /// APS flags in bits 0…2, frequency bands in bits 3…7 (bit 6: 2.4 GHz).
        band_flags: u8,
        /// MAC capabilities; see [`NodeDescriptor::receives_when_idle`] and its neighbours.
        capabilities: u8,
        /// The manufacturer's code.
        manufacturer: u16,
        /// Largest network payload, in bytes.
        max_buffer: u8,
        /// Largest incoming message after reassembly, in bytes.
        max_incoming: u16,
        /// Server roles; the stack's revision in bits 9…15.
        server_mask: u16,
        /// Largest outgoing message before fragmentation, in bytes.
        max_outgoing: u16,
        /// Descriptor capabilities.
        descriptor_capabilities: u8,
    }
    /// The simple descriptor of an endpoint (2.3.2.5), without its length byte.
    SimpleDescriptor {
        /// 1…240.
        endpoint: u8,
        /// The profile.
        profile: u16,
        /// The device id within the profile.
        device: u16,
        /// The device's version in bits 0…3.
        version: u8,
        /// Server clusters.
        input: Counted<u16>,
        /// Client clusters.
        output: Counted<u16>,
    }
    /// The power descriptor (2.3.2.4): four half bytes.
    PowerDescriptor {
        /// Mode in bits 0…3, available sources in bits 4…7.
        mode_and_available: u8,
        /// Current source in bits 0…3, its level in bits 4…7.
        source_and_level: u8,
    }
}

/// What a node is to the network.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogicalType {
    /// Formed the network.
    Coordinator,
    /// Routes.
    Router,
    /// Does neither.
    EndDevice,
    /// A reserved value.
    Reserved(u8),
}

/// Power sources, as a bit set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PowerSources(pub u8);

impl NodeDescriptor {
    /// What the node is.
    #[must_use]
    pub const fn logical_type(&self) -> LogicalType {
        match self.kind_flags & 7 {
            0 => LogicalType::Coordinator,
            1 => LogicalType::Router,
            2 => LogicalType::EndDevice,
            other => LogicalType::Reserved(other),
        }
    }

    /// Its receiver is on when it has nothing to do: messages reach it at once.
    #[must_use]
    pub const fn receives_when_idle(&self) -> bool {
        self.capabilities & 0x08 != 0
    }

    /// It runs on mains power.
    #[must_use]
    pub const fn is_mains_powered(&self) -> bool {
        self.capabilities & 0x04 != 0
    }

    /// The revision of the stack (21: Zigbee 3.0), 0 before it was told.
    #[must_use]
    pub const fn stack_revision(&self) -> u16 {
        self.server_mask >> 9
    }
}

impl PowerDescriptor {
    /// The sources it has.
    #[must_use]
    pub const fn available(&self) -> PowerSources {
        PowerSources(self.mode_and_available >> 4)
    }

    /// The source it runs on now.
    #[must_use]
    pub const fn current(&self) -> PowerSources {
        PowerSources(self.source_and_level & 0x0f)
    }
}

impl PowerSources {
    /// Constant mains power.
    pub const MAINS: Self = Self(1);
    /// A rechargeable battery.
    pub const RECHARGEABLE: Self = Self(2);
    /// A disposable battery.
    pub const DISPOSABLE: Self = Self(4);

    /// Whether it holds all of `other`.
    #[must_use]
    pub const fn contains(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }
}

/// A simple descriptor behind its length byte; nothing when that is 0.
///
/// Devices exist whose length byte is wrong: the counts decide, the length only says whether there
/// is one.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct SizedDescriptor(pub Option<SimpleDescriptor>);

impl Wire for SizedDescriptor {
    fn parse(input: &[u8]) -> Parsed<'_, Self> {
        if input.is_empty() {
            return Ok((input, Self(None)));
        }
        let (rest, length) = named("descriptor length", u8::parse, input)?;
        if length == 0 {
            return Ok((rest, Self(None)));
        }
        SimpleDescriptor::parse(rest).map(|(rest, descriptor)| (rest, Self(Some(descriptor))))
    }

    fn write(&self, out: &mut Vec<u8>) {
        match &self.0 {
            None => out.push(0),
            Some(descriptor) => {
                let mut bytes = Vec::new();
                descriptor.write(&mut bytes);
                out.push(u8::try_from(bytes.len()).unwrap_or(u8::MAX));
                out.extend_from_slice(&bytes);
            }
        }
    }
}
