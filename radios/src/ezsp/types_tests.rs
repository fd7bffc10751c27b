//! Structs and fields with a form of their own, byte by byte.

use super::command::*;
use super::types::{Clusters, MmoHashContext, RxPacketInfo, TokenInfo};
use super::wire::Key;
use super::{ParameterError, Parameters, Status, Version, callback};

fn v(number: u8) -> Version {
    Version::new(number).unwrap()
}

#[test]
fn an_endpoint_has_both_counts_before_both_lists() {
    let request = AddEndpoint {
        endpoint: 1,
        profile_id: 0x0104,
        device_id: 0x0005,
        device_version: 0,
        clusters: Clusters {
            input: vec![0x0000, 0x0006],
            output: vec![0x0501],
        },
    };
    let bytes = [1, 4, 1, 5, 0, 0, 2, 1, 0, 0, 6, 0, 1, 5];
    assert_eq!(request.encode(v(8)).unwrap(), bytes);
    assert_eq!(AddEndpoint::decode(&bytes, v(8)), Ok(request));
    assert_eq!(
        AddEndpoint::decode(&bytes[..13], v(8))
            .unwrap_err()
            .to_string(),
        "addEndpoint: clusters is cut short at byte 6 (EZSP 8)"
    );
}

#[test]
fn a_unicast_grows_by_its_tag_alone() {
    let mut request = SendUnicast {
        destination: 0x1234,
        tag: 0x07,
        message: vec![0xaa],
        ..SendUnicast::default()
    };
    let old = request.encode(v(13)).unwrap();
    let new = request.encode(v(14)).unwrap();
    assert_eq!(old[14..], [0x07, 1, 0xaa]);
    assert_eq!(new[14..], [0x07, 0x00, 1, 0xaa]);
    assert_eq!(old[..14], new[..14]);
    request.tag = 0x107;
    assert_eq!(
        request.encode(v(13)),
        Err(ParameterError::TooLong {
            frame: "sendUnicast",
            field: "tag",
            version: v(13)
        })
    );
}

#[test]
fn what_became_of_a_message_moved_to_the_front() {
    let old = [
        0, 0x34, 0x12, 4, 1, 6, 0, 1, 1, 0x40, 1, 0, 0, 9, 0x21, 0x66, 0,
    ];
    let new = [
        0x02, 0x0c, 0, 0, 0, 0x34, 0x12, 4, 1, 6, 0, 1, 1, 0x40, 1, 0, 0, 9, 0x21, 0, 0,
    ];
    let sent = callback::MessageSentHandler::decode(&old, v(13)).unwrap();
    assert_eq!(
        (sent.destination, sent.tag, sent.status),
        (0x1234, 0x21, Status::ZIGBEE_DELIVERY_FAILED)
    );
    assert_eq!(sent.aps_frame.cluster_id, 6);
    assert_eq!(callback::MessageSentHandler::decode(&new, v(14)), Ok(sent));
}

#[test]
fn a_token_tells_its_form_by_its_length() {
    let info = TokenInfo {
        nvm3_key: 0x1e125,
        is_counter: false,
        is_indexed: true,
        size: 8,
        array_size: 2,
    };
    let narrow = [0, 0x25, 0xe1, 1, 0, 0, 1, 8, 2];
    let wide = [0, 0, 0, 0, 0x25, 0xe1, 1, 0, 0, 1, 8, 0, 0, 0, 2];
    for (number, bytes) in [(13, &narrow[..]), (18, &wide), (19, &wide)] {
        let reply = GetTokenInfoReply::decode(bytes, v(number)).unwrap();
        assert_eq!(reply.token_info, info, "version {number}");
    }
    let reply = GetTokenInfoReply {
        status: Status::OK,
        token_info: info,
    };
    assert_eq!(reply.encode(v(19)).unwrap(), wide);
    assert_eq!(reply.encode(v(18)).unwrap().len(), 12);
}

#[test]
fn a_token_that_is_not_there_has_no_data() {
    let none = GetTokenDataReply::decode(&[0x01], v(13)).unwrap();
    assert_eq!((none.status, none.value), (Status::FAIL, None));
    let empty = GetTokenDataReply::decode(&[0, 0, 0, 0, 0], v(13)).unwrap();
    assert_eq!((empty.status, empty.value), (Status::OK, Some(Vec::new())));
}

#[test]
fn how_a_packet_came_is_two_bytes_or_eighteen() {
    let old = [3, 0xff, 0xd8, 1, 0xaa];
    let message = callback::MacPassthroughMessageHandler::decode(&old, v(13)).unwrap();
    assert_eq!(
        message.packet_info,
        RxPacketInfo {
            last_hop_lqi: 255,
            last_hop_rssi: -40,
            ..RxPacketInfo::default()
        }
    );
    assert_eq!(message.encode(v(14)).unwrap().len(), 1 + 18 + 2);
}

#[test]
fn very_old_stacks_leave_the_network_index_out() {
    let reply = GetMulticastTableEntryReply::decode(&[0, 0x85, 0x03, 1], v(8)).unwrap();
    assert_eq!(
        (reply.value.multicast_id, reply.value.endpoint),
        (0x0385, 1)
    );
    assert_eq!(reply.encode(v(8)).unwrap(), [0, 0x85, 0x03, 1, 0]);
}

#[test]
fn what_newer_firmware_appends_is_passed_over() {
    let reply = GetNodeIdReply::decode(&[0x34, 0x12, 0xff, 0xff], v(16)).unwrap();
    assert_eq!(reply.node_id, 0x1234);
    // The flags that one host sends and the other does not.
    let mut bytes = ImportTransientKey::default().encode(v(14)).unwrap();
    assert_eq!(bytes.len(), 24);
    bytes.push(0);
    assert_eq!(
        ImportTransientKey::decode(&bytes, v(14)),
        Ok(ImportTransientKey::default())
    );
    assert_eq!(
        ImportTransientKey::default().encode(v(13)).unwrap().len(),
        25
    );
}

#[test]
fn keys_do_not_show_in_logs() {
    let key = *b"ZigBeeAlliance09";
    let token = SetTokenData {
        token: 7,
        index: 0,
        token_data: key.to_vec(),
    };
    assert_eq!(
        format!("{token:?}"),
        "SetTokenData { token: 7, index: 0, token_data: \"…\" }"
    );
    let hash = AesMmoHash {
        context: MmoHashContext {
            result: key,
            length: 16,
        },
        finalize: true,
        data: key.to_vec(),
    };
    let exported = ExportKeyReply {
        key: Key(key),
        ..ExportKeyReply::default()
    };
    for shown in [format!("{hash:?}"), format!("{exported:?}")] {
        assert!(!shown.contains("90, 105") && shown.contains('…'), "{shown}");
    }
}
