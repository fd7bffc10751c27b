//! What any node answers about itself: descriptors, endpoints, neighbours.
//!
//! Serves the simulated devices and, for what a stack answers without its host, the co-processor.

use crate::Ieee;
use crate::zigbee::zdo::{
    self, ActiveEndpointsRequest, ActiveEndpointsResponse, BindingRecord, BindingsRequest,
    BindingsResponse, Counted, IeeeAddressRequest, IeeeAddressResponse, LqiRequest, LqiResponse,
    MatchDescriptorRequest, MatchDescriptorResponse, Message, Neighbor, NetworkAddressRequest,
    NetworkAddressResponse, NodeDescriptor, NodeDescriptorRequest, NodeDescriptorResponse,
    PowerDescriptor, PowerDescriptorRequest, PowerDescriptorResponse, RoutingRequest,
    RoutingResponse, SimpleDescriptor, SimpleDescriptorRequest, SimpleDescriptorResponse,
    SizedDescriptor, Status,
};

/// What a node knows of itself.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Node {
    pub(crate) ieee: Ieee,
    pub(crate) address: u16,
    pub(crate) descriptor: NodeDescriptor,
    pub(crate) power: PowerDescriptor,
    pub(crate) endpoints: Vec<SimpleDescriptor>,
    pub(crate) neighbors: Vec<Neighbor>,
    pub(crate) bindings: Vec<BindingRecord>,
}

/// MAC capabilities of a router on mains: full function, mains, receiver on when idle, address allocated.
pub(crate) const ROUTER: u8 = 0x8e;
/// MAC capabilities of a sleepy end device: address allocated.
pub(crate) const SLEEPY: u8 = 0x80;

/// Answers name at most so many neighbours or bindings: more do not fit.
const PAGE: usize = 2;

impl Node {
    /// The node descriptor of revision 21 of the stack, 2.4 GHz.
    pub(crate) const fn descriptor(
        logical: u8,
        capabilities: u8,
        manufacturer: u16,
        servers: u16,
    ) -> NodeDescriptor {
        NodeDescriptor {
            kind_flags: logical,
            band_flags: 0x40,
            capabilities,
            manufacturer,
            max_buffer: 82,
            max_incoming: 82,
            server_mask: (21 << 9) | servers,
            max_outgoing: 82,
            descriptor_capabilities: 0,
        }
    }

    /// The answer to a ZDO request about descriptors or tables, with its cluster. `None`: the request
    /// is another's to answer, is no such request, or is malformed.
    pub(crate) fn answer(
        &self,
        cluster: u16,
        payload: &[u8],
        unicast: bool,
    ) -> Option<(u16, Vec<u8>)> {
        match cluster {
            NetworkAddressRequest::CLUSTER => {
                let (sequence, request) = zdo::parse::<NetworkAddressRequest>(payload).ok()?;
                if request.ieee != self.ieee {
                    // Only the one asked for answers; nobody vouches for others here.
                    return unicast.then(|| {
                        reply(
                            sequence,
                            &NetworkAddressResponse {
                                status: Status::DEVICE_NOT_FOUND,
                                ieee: request.ieee,
                                address: 0,
                                children: None,
                            },
                        )
                    });
                }
                Some(reply(
                    sequence,
                    &NetworkAddressResponse {
                        status: Status::SUCCESS,
                        ieee: self.ieee,
                        address: self.address,
                        children: None,
                    },
                ))
            }
            IeeeAddressRequest::CLUSTER => {
                let (sequence, request) = zdo::parse::<IeeeAddressRequest>(payload).ok()?;
                let (status, ieee) = if request.address == self.address {
                    (Status::SUCCESS, self.ieee)
                } else {
                    (Status::DEVICE_NOT_FOUND, Ieee(0))
                };
                Some(reply(
                    sequence,
                    &IeeeAddressResponse {
                        status,
                        ieee,
                        address: request.address,
                        children: None,
                    },
                ))
            }
            NodeDescriptorRequest::CLUSTER => {
                let (sequence, request) = zdo::parse::<NodeDescriptorRequest>(payload).ok()?;
                let own = request.address == self.address;
                Some(reply(
                    sequence,
                    &NodeDescriptorResponse {
                        status: found(own),
                        address: request.address,
                        descriptor: own.then(|| self.descriptor.clone()),
                    },
                ))
            }
            PowerDescriptorRequest::CLUSTER => {
                let (sequence, request) = zdo::parse::<PowerDescriptorRequest>(payload).ok()?;
                let own = request.address == self.address;
                Some(reply(
                    sequence,
                    &PowerDescriptorResponse {
                        status: found(own),
                        address: request.address,
                        descriptor: own.then(|| self.power.clone()),
                    },
                ))
            }
            SimpleDescriptorRequest::CLUSTER => {
                let (sequence, request) = zdo::parse::<SimpleDescriptorRequest>(payload).ok()?;
                let descriptor = self
                    .endpoints
                    .iter()
                    .find(|endpoint| endpoint.endpoint == request.endpoint);
                let status = match (
                    request.address == self.address,
                    request.endpoint,
                    descriptor,
                ) {
                    (false, ..) => Status::DEVICE_NOT_FOUND,
                    (_, 0 | 255, _) => Status::INVALID_ENDPOINT,
                    (.., None) => Status::NOT_ACTIVE,
                    (.., Some(_)) => Status::SUCCESS,
                };
                let descriptor = descriptor.filter(|_| status.is_success()).cloned();
                Some(reply(
                    sequence,
                    &SimpleDescriptorResponse {
                        status,
                        address: request.address,
                        descriptor: SizedDescriptor(descriptor),
                    },
                ))
            }
            ActiveEndpointsRequest::CLUSTER => {
                let (sequence, request) = zdo::parse::<ActiveEndpointsRequest>(payload).ok()?;
                let own = request.address == self.address;
                let endpoints = self.endpoints.iter().filter(|_| own);
                Some(reply(
                    sequence,
                    &ActiveEndpointsResponse {
                        status: found(own),
                        address: request.address,
                        endpoints: Counted(endpoints.map(|endpoint| endpoint.endpoint).collect()),
                    },
                ))
            }
            MatchDescriptorRequest::CLUSTER => {
                let (sequence, request) = zdo::parse::<MatchDescriptorRequest>(payload).ok()?;
                let matching: Vec<u8> = self
                    .endpoints
                    .iter()
                    .filter(|endpoint| {
                        endpoint.profile == request.profile
                            && (request
                                .input
                                .0
                                .iter()
                                .any(|id| endpoint.input.0.contains(id))
                                || request
                                    .output
                                    .0
                                    .iter()
                                    .any(|id| endpoint.output.0.contains(id)))
                    })
                    .map(|endpoint| endpoint.endpoint)
                    .collect();
                if !unicast && matching.is_empty() {
                    return None;
                }
                Some(reply(
                    sequence,
                    &MatchDescriptorResponse {
                        status: Status::SUCCESS,
                        address: self.address,
                        endpoints: Counted(matching),
                    },
                ))
            }
            LqiRequest::CLUSTER => {
                let (sequence, request) = zdo::parse::<LqiRequest>(payload).ok()?;
                Some(reply(
                    sequence,
                    &LqiResponse {
                        status: Status::SUCCESS,
                        total: count(&self.neighbors),
                        start: request.start,
                        neighbors: Counted(page(&self.neighbors, request.start)),
                    },
                ))
            }
            RoutingRequest::CLUSTER => {
                let (sequence, request) = zdo::parse::<RoutingRequest>(payload).ok()?;
                Some(reply(
                    sequence,
                    &RoutingResponse {
                        status: Status::SUCCESS,
                        total: 0,
                        start: request.start,
                        routes: Counted(Vec::new()),
                    },
                ))
            }
            BindingsRequest::CLUSTER => {
                let (sequence, request) = zdo::parse::<BindingsRequest>(payload).ok()?;
                Some(reply(
                    sequence,
                    &BindingsResponse {
                        status: Status::SUCCESS,
                        total: count(&self.bindings),
                        start: request.start,
                        bindings: Counted(page(&self.bindings, request.start)),
                    },
                ))
            }
            _ => None,
        }
    }
}

/// An answer, with the cluster that carries it.
pub(crate) fn reply<M: Message>(sequence: u8, message: &M) -> (u16, Vec<u8>) {
    (M::CLUSTER, zdo::encode(sequence, message))
}

const fn found(own: bool) -> Status {
    if own {
        Status::SUCCESS
    } else {
        Status::DEVICE_NOT_FOUND
    }
}

fn count<T>(table: &[T]) -> u8 {
    u8::try_from(table.len()).unwrap_or(u8::MAX)
}

fn page<T: Clone>(table: &[T], start: u8) -> Vec<T> {
    table
        .iter()
        .skip(start.into())
        .take(PAGE)
        .cloned()
        .collect()
}
