//! What travels through the air between the co-processor and the devices.

use crate::Ieee;

/// Whom a packet is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum To {
    /// One node, by network address.
    Node(u16),
    /// All members of a group.
    Group(u16),
    /// A broadcast address, 0xfff8…0xffff.
    Broadcast(u16),
    /// One node, by its address for life: the network layer looks it up.
    Ieee(Ieee),
}

/// An APS message on its way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Packet {
    /// Network address of the sender.
    pub from: u16,
    /// Whom it is for.
    pub to: To,
    /// Profile; 0 is ZDO.
    pub profile: u16,
    /// Cluster.
    pub cluster: u16,
    /// Endpoint it comes from.
    pub source_endpoint: u8,
    /// Endpoint it goes to; 0xff is all of them.
    pub destination_endpoint: u8,
    /// ZCL or ZDO frame.
    pub payload: Vec<u8>,
}

/// The Zigbee Device Profile.
pub const ZDO_PROFILE: u16 = 0x0000;
/// Home Automation and Zigbee 3.0.
pub const HA_PROFILE: u16 = 0x0104;

/// Broadcast to everybody.
pub const EVERYBODY: u16 = 0xffff;
/// Broadcast to those whose receiver is always on.
pub const AWAKE: u16 = 0xfffd;
/// Broadcast to routers and the coordinator.
pub const ROUTERS: u16 = 0xfffc;

impl Packet {
    /// A packet that goes back where this one came from.
    #[must_use]
    pub const fn back(&self, from: u16, cluster: u16, payload: Vec<u8>) -> Self {
        Self {
            from,
            to: To::Node(self.from),
            profile: self.profile,
            cluster,
            source_endpoint: self.destination_endpoint,
            destination_endpoint: self.source_endpoint,
            payload,
        }
    }

    /// Whether it is for one node alone.
    #[must_use]
    pub const fn is_unicast(&self) -> bool {
        matches!(self.to, To::Node(_))
    }
}
