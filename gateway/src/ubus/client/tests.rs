//! A conversation with ubusd, as captured of the real one (2025-11), byte for byte.

use super::super::blob::kind::TEXT;
use super::*;

const METHODS: &[Method] = &[
    Method {
        name: "status",
        arguments: &[],
    },
    Method {
        name: "say",
        arguments: &[("text", TEXT)],
    },
];

fn bytes(hex: &str) -> Vec<u8> {
    let digits: Vec<u8> = hex
        .bytes()
        .filter(u8::is_ascii_hexdigit)
        .map(|digit| u8::try_from(char::from(digit).to_digit(16).unwrap()).unwrap())
        .collect();
    digits
        .chunks(2)
        .map(|pair| pair[0] << 4 | pair[1])
        .collect()
}

fn output(client: &mut Client) -> Vec<u8> {
    let bytes = client.output().to_vec();
    client.written(bytes.len());
    bytes
}

/// What ubusd says (`<`) and what ubus' own library says as the publisher of the same object (`>`).
const HELLO: &str = "0000 0000 bc31ca97 00000004";
const ADD: &str = "0006 0001 00000000 00000040 0200000b 6865617274680000 06000030
    82000010 0006 73746174757300000000 8200001c 0003 736179000000
    85000010 0004 746578740000 00000003";
const ADDED: &str = "0002 0001 00000000 00000014 03000008 13e53996 05000008 8e16120d";
const DONE: &str = "0001 0001 00000000 0000000c 01000008 00000000";
const EVENT: &str = "0005 0002 00000001 00000064 03000008 00000001 04000009 73656e6400000000
    0700004c 83000021 0002 696400000000 6865617274682e6465766963655f6a6f696e656400 000000
    82000024 0004 646174610000 83000016 000d 667269656e646c795f6e616d6500 6100 0000";
const CALL: &str = "0005 0002 d767b1d3 00000040 03000008 13e53996 04000008 73617900
    0c000009 726f6f7400000000 0d000009 726f6f7400000000
    07000014 8300000f 0004 746578740000 616200 00";
const REPLY: &str = "0002 0002 d767b1d3 0000008c 03000008 13e53996 07000080
    8300000f 0005 686561726400 616200 00 8700000d 0002 6f6b00000000 00 000000
    8500000c 0001 6e00 fffffffb 84000014 0003 626967000000 000000012a05f200
    88000010 0001 7400 4035800000000000
    81000020 0001 6c00 8500000c 0000 0000 00000001 8300000c 0000 0000 74776f00
    8000000c 0004 6e6f6e650000";
const REPLIED: &str = "0001 0002 d767b1d3 00000014 01000008 00000000 03000008 13e53996";

fn text(text: &str) -> Value {
    Value::Text(text.to_owned())
}

fn serving() -> Client {
    let mut client = Client::new("hearth", METHODS, Duration::ZERO);
    client.receive(&bytes(HELLO), Duration::ZERO).unwrap();
    client.receive(&bytes(ADDED), Duration::ZERO).unwrap();
    client.receive(&bytes(DONE), Duration::ZERO).unwrap();
    assert_eq!(client.poll(), Some(Heard::Published));
    let length = client.output().len();
    client.written(length);
    client
}

#[test]
fn publishing_serving_and_telling_as_the_library_does() {
    let mut client = Client::new("hearth", METHODS, Duration::ZERO);
    assert_eq!(client.output(), b"");
    // The socket gives bytes as it pleases.
    for byte in bytes(HELLO) {
        client.receive(&[byte], Duration::ZERO).unwrap();
    }
    assert_eq!(output(&mut client), bytes(ADD));
    let added = [bytes(ADDED), bytes(DONE)].concat();
    client.receive(&added, Duration::ZERO).unwrap();
    assert_eq!(client.poll(), Some(Heard::Published));

    client.event(
        "hearth.device_joined",
        vec![("friendly_name".to_owned(), text("a"))],
    );
    assert_eq!(output(&mut client), bytes(EVENT));
    // Its acknowledgement.
    client
        .receive(
            &bytes("0001 0002 00000001 0000000c 01000008 00000000"),
            Duration::ZERO,
        )
        .unwrap();
    assert_eq!(client.poll(), None);

    client.receive(&bytes(CALL), Duration::ZERO).unwrap();
    let Some(Heard::Call {
        caller,
        method,
        arguments,
    }) = client.poll()
    else {
        panic!("no call");
    };
    assert_eq!(
        (method, arguments),
        ("say", vec![("text".to_owned(), text("ab"))])
    );
    let reply = [
        ("heard", text("ab")),
        ("ok", Value::Int8(0)),
        ("n", Value::Int32(-5)),
        ("big", Value::Int64(5_000_000_000)),
        ("t", Value::Double(21.5)),
        ("l", Value::List(vec![Value::Int32(1), text("two")])),
        ("none", Value::Null),
    ]
    .map(|(name, value)| (name.to_owned(), value));
    client.answer(caller, Ok(&reply));
    assert_eq!(output(&mut client), [bytes(REPLY), bytes(REPLIED)].concat());
}

#[test]
fn silence_and_refusal_end_a_connection() {
    let mut client = Client::new("hearth", METHODS, Duration::ZERO);
    assert_eq!(client.tick(Duration::from_secs(9)), Ok(()));
    assert_eq!(client.tick(Duration::from_secs(10)), Err(Broken::Silent));
    client
        .receive(&bytes(HELLO), Duration::from_secs(9))
        .unwrap();
    assert_eq!(client.deadline(), Some(Duration::from_secs(19)));
    let refused = bytes("0001 0001 00000000 0000000c 01000008 00000006");
    assert_eq!(
        client.receive(&refused, Duration::from_secs(9)),
        Err(Broken::Refused(Status::PermissionDenied))
    );
    assert_eq!(serving().deadline(), None);
}

#[test]
fn too_many_calls_are_refused_and_too_many_events_shed() {
    let mut client = serving();
    for _ in 0..=MOST_CALLS {
        client.receive(&bytes(CALL), Duration::ZERO).unwrap();
    }
    let refused = output(&mut client);
    assert_eq!(refused.len(), 28, "one answer: a status alone");
    assert_eq!(refused[19], Status::NoMemory as u8);
    assert_eq!(std::iter::from_fn(|| client.poll()).count(), MOST_CALLS);
    for _ in 0..4096 {
        client.event(
            "hearth.x",
            vec![("text".to_owned(), text(&"x".repeat(2000)))],
        );
    }
    assert!(client.output().len() <= MOST_OUTPUT);
    assert!(client.shed > 0);
}

#[test]
fn an_answer_larger_than_ubus_carries_is_a_status() {
    let mut client = serving();
    client.receive(&bytes(CALL), Duration::ZERO).unwrap();
    let Some(Heard::Call { caller, .. }) = client.poll() else {
        panic!("no call");
    };
    client.answer(
        caller,
        Ok(&[("text".to_owned(), text(&"x".repeat(LARGEST)))]),
    );
    let answer = output(&mut client);
    assert_eq!((answer.len(), answer[19]), (28, Status::NoMemory as u8));
}

#[test]
fn a_caller_that_wants_no_answer_gets_none() {
    let mut client = serving();
    let object = 0x13e5_3996;
    let mut call = Vec::new();
    Body {
        object: Some(object),
        method: Some("status"),
        no_reply: true,
        ..Body::default()
    }
    .write(&mut call, Kind::Invoke, 7, 8);
    client.receive(&call, Duration::ZERO).unwrap();
    let Some(Heard::Call { caller, .. }) = client.poll() else {
        panic!("no call");
    };
    client.answer(caller, Ok(&[]));
    assert_eq!(client.output(), b"");
}

mod properties {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        /// Whatever a broken or hostile ubusd sends, in whatever pieces: no panic, bounded memory.
        #[test]
        fn anything_is_borne(
            pieces in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..64), 0..24),
            served: bool,
        ) {
            let mut client = if served {
                serving()
            } else {
                Client::new("hearth", METHODS, Duration::ZERO)
            };
            for piece in pieces {
                if client.receive(&piece, Duration::ZERO).is_err() {
                    break;
                }
                prop_assert!(client.received.len() <= HEAD + LARGEST_CALL);
            }
        }

        /// A call with any one byte changed.
        #[test]
        fn damaged_calls_are_borne(at in 0usize..72, byte: u8) {
            let mut client = serving();
            let mut call = bytes(CALL);
            call[at] = byte;
            let _ = client.receive(&call, Duration::ZERO);
            while let Some(Heard::Call { caller, .. }) = client.poll() {
                client.answer(caller, Ok(&[]));
            }
        }
    }
}

#[test]
fn procds_watchdog_is_fed_and_left_alone_where_it_may_not_be_asked() {
    let mut client = serving();
    let said = |client: &mut Client| {
        let bytes = output(client);
        (!bytes.is_empty()).then(|| {
            let header = Header::read(&bytes).unwrap();
            (header, bytes[HEAD..].to_vec())
        })
    };
    let answer = |client: &mut Client, kind, seq, body: Body<'_>| {
        let mut bytes = Vec::new();
        body.write(&mut bytes, kind, seq, 0);
        client.receive(&bytes, Duration::ZERO).unwrap();
    };
    client.alive("hearth", "main", 180);
    let (header, content) = said(&mut client).unwrap();
    assert_eq!(header.kind, Some(Kind::Lookup));
    assert_eq!(Body::read(&content).unwrap().path, Some("service"));
    let found = Body {
        path: Some("service"),
        object: Some(9),
        ..Body::default()
    };
    answer(&mut client, Kind::Data, header.seq, found);
    let status = |status| Body {
        status: Some(status),
        ..Body::default()
    };
    answer(&mut client, Kind::Status, header.seq, status(0));

    for outcome in [0, 6] {
        client.alive("hearth", "main", 180);
        let (header, content) = said(&mut client).unwrap();
        let body = Body::read(&content).unwrap();
        assert_eq!((header.kind, header.peer), (Some(Kind::Invoke), 9));
        assert_eq!((body.object, body.method), (Some(9), Some("watchdog")));
        let told = blob::table(body.data.unwrap()).unwrap();
        let expected = [
            ("name", text("hearth")),
            ("instance", text("main")),
            ("mode", Value::Int32(1)),
            ("timeout", Value::Int32(180)),
        ];
        let expected = expected.map(|(name, value)| (name.to_owned(), value));
        assert_eq!(told, expected);
        answer(&mut client, Kind::Status, header.seq, status(outcome));
    }
    client.alive("hearth", "main", 180);
    assert_eq!(said(&mut client), None, "it was told that it may not");
}
