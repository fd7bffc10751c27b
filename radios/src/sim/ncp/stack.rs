//! What the stack answers without its host: ZDO requests to the coordinator itself.

use std::time::Duration;

use super::Ncp;
use crate::sim::air::Packet;
use crate::sim::zdo::{Node, reply};
use crate::zigbee::zdo::{
    self, Counted, Message as _, Neighbor, NetworkUpdateRequest, NetworkUpdateResponse,
    PermitJoiningRequest, PermitJoiningResponse, PowerDescriptor, Status,
};

/// MAC capabilities of a coordinator: alternate coordinator, full function, mains, receiver on.
const COORDINATOR: u8 = 0x8f;
/// Server roles: primary trust centre, network manager.
const SERVERS: u16 = 0x0041;
/// Scans longer than this are none: 0xfe and 0xff mean something else.
const LONGEST_SCAN: u8 = 5;
/// Change the channel.
const CHANGE_CHANNEL: u8 = 0xfe;

impl Ncp {
    /// The answer to a ZDO request, with the cluster that carries it.
    pub(super) fn zdo(&mut self, packet: &Packet, now: Duration) -> Option<(u16, Vec<u8>)> {
        let unicast = packet.is_unicast();
        match packet.cluster {
            NetworkUpdateRequest::CLUSTER => {
                let (sequence, request) =
                    zdo::parse::<NetworkUpdateRequest>(&packet.payload).ok()?;
                match request.duration {
                    CHANGE_CHANNEL => {
                        self.change_channel(request.channels, now);
                        None
                    }
                    0..=LONGEST_SCAN if unicast => {
                        let channels =
                            (11..=26).filter(|channel| request.channels & 1 << channel != 0);
                        let energy = channels.map(|_: u8| {
                            // ZDO tells energy as 0…255 for about -100…0 dBm.
                            let dbm = i16::from(self.energy());
                            u8::try_from((dbm + 100) * 255 / 100).unwrap_or_default()
                        });
                        Some(reply(
                            sequence,
                            &NetworkUpdateResponse {
                                status: Status::SUCCESS,
                                channels: request.channels,
                                transmissions: 12,
                                failures: 0,
                                energy: Counted(energy.collect()),
                            },
                        ))
                    }
                    _ => None,
                }
            }
            PermitJoiningRequest::CLUSTER => {
                let (sequence, _) = zdo::parse::<PermitJoiningRequest>(&packet.payload).ok()?;
                let status = Status::SUCCESS;
                unicast.then(|| reply(sequence, &PermitJoiningResponse { status }))
            }
            cluster => {
                let answer = self.node().answer(cluster, &packet.payload, unicast);
                let unknown = unicast
                    && cluster & zdo::RESPONSE == 0
                    && cluster != zdo::DeviceAnnounce::CLUSTER;
                answer.or_else(|| {
                    let sequence = packet.payload.first().copied()?;
                    unknown.then(|| {
                        (
                            cluster | zdo::RESPONSE,
                            vec![sequence, Status::NOT_SUPPORTED.0],
                        )
                    })
                })
            }
        }
    }

    fn node(&self) -> Node {
        let extended_pan_id = self
            .nvm
            .network
            .as_ref()
            .map_or(0, |network| network.extended_pan_id);
        let child = |ieee| self.nvm.children.values().any(|child| child.ieee == ieee);
        Node {
            ieee: self.ram.ieee,
            address: 0,
            descriptor: Node::descriptor(0, COORDINATOR, self.ram.manufacturer_code, SERVERS),
            power: PowerDescriptor {
                mode_and_available: 0x10,
                source_and_level: 0xc1,
            },
            endpoints: self.ram.endpoints.clone(),
            neighbors: self
                .nodes
                .iter()
                .map(|&(ieee, address)| Neighbor {
                    extended_pan_id,
                    ieee,
                    address,
                    // A router that hears when idle and is a sibling, or a sleeping child.
                    flags: if child(ieee) {
                        0b0001_0010
                    } else {
                        0b0010_0101
                    },
                    permit: 2,
                    depth: 1,
                    lqi: 200,
                })
                .collect(),
            bindings: Vec::new(),
        }
    }
}
