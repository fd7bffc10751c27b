//! Transcripts of an interview, and round trips.

use proptest::prelude::*;

use super::*;
use crate::Ieee;

/// Both ways: the bytes give the message, the message gives the bytes.
fn same<M: Message + PartialEq + std::fmt::Debug>(bytes: &[u8], sequence: u8, message: &M) {
    assert_eq!(
        parse::<M>(bytes).as_ref().map(|(s, m)| (*s, m)),
        Ok((sequence, message))
    );
    assert_eq!(encode(sequence, message), bytes);
}

#[test]
fn an_interview() {
    same(
        &[1, 0x34, 0x12],
        1,
        &NodeDescriptorRequest { address: 0x1234 },
    );
    let descriptor = NodeDescriptor {
        kind_flags: 1,
        band_flags: 0x40,
        capabilities: 0x8e,
        manufacturer: 0x117c,
        max_buffer: 82,
        max_incoming: 82,
        server_mask: 0x2c00,
        max_outgoing: 82,
        descriptor_capabilities: 0,
    };
    assert_eq!(descriptor.logical_type(), LogicalType::Router);
    assert!(descriptor.receives_when_idle() && descriptor.is_mains_powered());
    assert_eq!(descriptor.stack_revision(), 22);
    same(
        &[
            1, 0, 0x34, 0x12, 1, 0x40, 0x8e, 0x7c, 0x11, 82, 82, 0, 0, 0x2c, 82, 0, 0,
        ],
        1,
        &NodeDescriptorResponse {
            status: Status::SUCCESS,
            address: 0x1234,
            descriptor: Some(descriptor),
        },
    );
    same(
        &[
            3, 0, 0x34, 0x12, 14, 1, 4, 1, 12, 1, 1, 2, 0, 0, 6, 0, 1, 0x19, 0,
        ],
        3,
        &SimpleDescriptorResponse {
            status: Status::SUCCESS,
            address: 0x1234,
            descriptor: SizedDescriptor(Some(SimpleDescriptor {
                endpoint: 1,
                profile: 0x0104,
                device: 0x010c,
                version: 1,
                input: Counted(vec![0, 6]),
                output: Counted(vec![0x19]),
            })),
        },
    );
    same(
        &[
            4, 8, 7, 6, 5, 4, 3, 2, 1, 1, 6, 0, 3, 0xff, 0, 0, 0, 0, 0, 0, 0, 1,
        ],
        4,
        &BindRequest {
            source: Ieee(0x0102_0304_0506_0708),
            source_endpoint: 1,
            cluster: 6,
            target: BindTarget::Device(Ieee(0xff), 1),
        },
    );
}

#[test]
fn a_refusal_is_understood_with_and_without_its_fields() {
    let long = parse::<SimpleDescriptorResponse>(&[9, 0x82, 0x34, 0x12, 0]).unwrap();
    assert_eq!(long.1.status, Status::INVALID_ENDPOINT);
    assert_eq!(long.1.address, 0x1234);
    let short = parse::<SimpleDescriptorResponse>(&[9, 0x82]).unwrap();
    assert_eq!(short.1.status, Status::INVALID_ENDPOINT);
}

#[test]
fn a_success_without_its_fields_names_the_first_missing() {
    let error = parse::<ActiveEndpointsResponse>(&[9, 0]).unwrap_err();
    assert_eq!(error.field, "address");
    let error = parse::<ActiveEndpointsResponse>(&[9, 0, 1, 1, 4, 1]).unwrap_err();
    assert_eq!(error.field, "endpoints");
    let error = parse::<BindRequest>(&[9, 1, 2, 3, 4, 5, 6, 7, 8, 1, 6, 0, 2]).unwrap_err();
    assert_eq!(error.field, "target address mode");
}

/// Whatever parses is written back so that it parses to the same.
fn stable<M: Message + PartialEq + std::fmt::Debug>(bytes: &[u8]) {
    if let Ok((sequence, message)) = parse::<M>(bytes) {
        assert_eq!(
            parse::<M>(&encode(sequence, &message)),
            Ok((sequence, message))
        );
    }
}

proptest! {
    #[test]
    fn any_bytes_are_read_without_panic_and_survive_writing(
        bytes in proptest::collection::vec(any::<u8>(), 0..80),
    ) {
        stable::<NetworkAddressRequest>(&bytes);
        stable::<NetworkAddressResponse>(&bytes);
        stable::<IeeeAddressRequest>(&bytes);
        stable::<IeeeAddressResponse>(&bytes);
        stable::<NodeDescriptorRequest>(&bytes);
        stable::<NodeDescriptorResponse>(&bytes);
        stable::<PowerDescriptorRequest>(&bytes);
        stable::<PowerDescriptorResponse>(&bytes);
        stable::<SimpleDescriptorRequest>(&bytes);
        stable::<SimpleDescriptorResponse>(&bytes);
        stable::<ActiveEndpointsRequest>(&bytes);
        stable::<ActiveEndpointsResponse>(&bytes);
        stable::<MatchDescriptorRequest>(&bytes);
        stable::<MatchDescriptorResponse>(&bytes);
        stable::<DeviceAnnounce>(&bytes);
        stable::<ParentAnnounce>(&bytes);
        stable::<ParentAnnounceResponse>(&bytes);
        stable::<BindRequest>(&bytes);
        stable::<BindResponse>(&bytes);
        stable::<UnbindRequest>(&bytes);
        stable::<UnbindResponse>(&bytes);
        stable::<LqiRequest>(&bytes);
        stable::<LqiResponse>(&bytes);
        stable::<RoutingRequest>(&bytes);
        stable::<RoutingResponse>(&bytes);
        stable::<BindingsRequest>(&bytes);
        stable::<BindingsResponse>(&bytes);
        stable::<LeaveRequest>(&bytes);
        stable::<LeaveResponse>(&bytes);
        stable::<PermitJoiningRequest>(&bytes);
        stable::<PermitJoiningResponse>(&bytes);
        stable::<NetworkUpdateRequest>(&bytes);
        stable::<NetworkUpdateResponse>(&bytes);
    }

    #[test]
    fn simple_descriptors_survive_the_wire(
        endpoint in 1u8..=240,
        device: u16,
        input in proptest::collection::vec(any::<u16>(), 0..30),
        output in proptest::collection::vec(any::<u16>(), 0..30),
    ) {
        let message = SimpleDescriptorResponse {
            status: Status::SUCCESS,
            address: 1,
            descriptor: SizedDescriptor(Some(SimpleDescriptor {
                endpoint,
                profile: 0x0104,
                device,
                version: 1,
                input: Counted(input),
                output: Counted(output),
            })),
        };
        prop_assert_eq!(
            parse::<SimpleDescriptorResponse>(&encode(5, &message)),
            Ok((5, message))
        );
    }
}
