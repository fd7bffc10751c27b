//! Frames as devices send them, and round trips of everything.

use proptest::collection::vec;
use proptest::prelude::*;

use super::command::{color, level, on_off};
use super::*;
use crate::Ieee;

#[test]
fn a_manufacturer_write_and_its_answer() {
    let write = Frame::ask(&Global::WriteAttributes(vec![Attribute::new(
        0x0203,
        Data::Bool(Some(false)),
    )]))
    .of_manufacturer(0x115f);
    let bytes = [0x14, 0x5f, 0x11, 0x00, 0x02, 0x03, 0x02, 0x10, 0x00];
    assert_eq!(write.encode(), bytes);
    assert_eq!(Frame::parse(&bytes), Ok(write.clone()));
    let answer = write.answer(&Global::WriteAttributesResponse(Vec::new()));
    assert_eq!(answer.encode(), [0x1c, 0x5f, 0x11, 0x00, 0x04, 0x00]);
}

#[test]
fn both_forms_of_a_reporting_answer() {
    let parse = |payload: &[u8]| Global::parse(id::CONFIGURE_REPORTING_RESPONSE, payload);
    assert_eq!(
        parse(&[0]),
        Ok(Global::ConfigureReportingResponse(Vec::new()))
    );
    let refused = ReportingStatus {
        status: Status::UNREPORTABLE_ATTRIBUTE,
        received: false,
        id: 0x0021,
    };
    assert_eq!(
        parse(&[0x8c, 0, 0x21, 0]),
        Ok(Global::ConfigureReportingResponse(vec![refused]))
    );
    let Ok(Global::ConfigureReportingResponse(all)) = parse(&[0x86]) else {
        panic!("a lone status")
    };
    assert_eq!(all[0].status, Status::UNSUPPORTED_ATTRIBUTE);
}

#[test]
fn a_lamp_is_dimmed() {
    let command = level::ToServer::MoveToLevelWithOnOff {
        level: 120,
        transition: 10,
        mask: Some(0),
        options: Some(0),
    };
    let bytes = [0x01, 0x00, 0x04, 120, 10, 0, 0, 0];
    assert_eq!(command.frame().encode(), bytes);
    assert_eq!(
        level::ToServer::parse(&Frame::parse(&bytes).unwrap()),
        Ok(Some(command))
    );
    // Older hosts leave the options off, and some bulbs' own reports of commands do, too.
    let short = Frame::parse(&bytes[..6]).unwrap();
    assert!(matches!(
        level::ToServer::parse(&short),
        Ok(Some(level::ToServer::MoveToLevelWithOnOff {
            mask: None,
            ..
        }))
    ));
    let error = level::ToServer::parse(&Frame::parse(&bytes[..4]).unwrap()).unwrap_err();
    assert_eq!(
        error.to_string(),
        "frame ends within `transition` (0 bytes left)"
    );
}

#[test]
fn what_is_not_in_the_table_is_no_error() {
    let frame = Frame::tell(0x77, vec![1, 2, 3]);
    assert_eq!(on_off::ToServer::parse(&frame), Ok(None));
    let theirs = on_off::ToServer::On {}.frame().of_manufacturer(0x115f);
    assert_eq!(on_off::ToServer::parse(&theirs), Ok(None));
    assert_eq!(
        color::ToServer::parse(&Frame::tell(0x0a, vec![0x7d, 0, 0, 0]))
            .unwrap()
            .unwrap()
            .id(),
        0x0a
    );
}

#[test]
fn errors_name_the_field() {
    let error = Frame::parse(&[0x04, 0x5f]).unwrap_err();
    assert_eq!(error.field, "manufacturer code");
    assert_eq!(Frame::parse(&[0x03, 0, 0]).unwrap_err().field, "frame type");
    assert_eq!(Frame::parse(&[]).unwrap_err().field, "frame control");
    let report = |payload: &[u8]| Global::parse(id::REPORT_ATTRIBUTES, payload).unwrap_err();
    assert_eq!(report(&[0]).field, "attribute id");
    assert_eq!(report(&[0, 0]).field, "data type");
    assert_eq!(report(&[0, 0, 0x77]).reason, Reason::Undefined);
    assert_eq!(report(&[0, 0, 0x29, 1]).field, "value");
    assert_eq!(report(&[0, 0, 0x42, 5, b'a']).field, "string");
}

fn number() -> impl Strategy<Value = Data> {
    (0u8..10, 1u8..=8, any::<u64>()).prop_map(|(which, width, n)| {
        let n = n >> (64 - 8 * u32::from(width));
        match which {
            0 => Data::Raw(width, n),
            1 => Data::Bitmap(width, n),
            2 => Data::Uint(width, n),
            3 => {
                let unused = 64 - 8 * u32::from(width);
                Data::Int(width, (n << unused).cast_signed() >> unused)
            }
            4 => Data::Enum8(n.to_le_bytes()[0]),
            5 => Data::Bool([None, Some(true), Some(false)][usize::from(width) % 3]),
            6 => Data::Utc(n.to_le_bytes()[0].into()),
            7 => Data::Eui64(Ieee(n)),
            8 => Data::ClusterId(n.to_le_bytes()[0].into()),
            _ => Data::AttributeId(n.to_le_bytes()[0].into()),
        }
    })
}

fn simple() -> impl Strategy<Value = Data> {
    prop_oneof![
        8 => number(),
        1 => any::<u16>().prop_map(Data::Enum16),
        1 => (-1000i16..1000).prop_map(|n| Data::Semi(f32::from(n))),
        1 => any::<i32>().prop_map(|n| Data::Double(f64::from(n) / 1024.0)),
        1 => any::<i16>().prop_map(|n| Data::Single(f32::from(n) / 16.0)),
        1 => proptest::option::of(vec(any::<u8>(), 0..40)).prop_map(Data::Octets),
        1 => proptest::option::of(vec(any::<u8>(), 0..40)).prop_map(Data::Text),
        1 => proptest::option::of(vec(any::<u8>(), 0..400)).prop_map(Data::LongOctets),
        1 => proptest::option::of(vec(any::<u8>(), 0..40)).prop_map(Data::LongText),
        1 => any::<[u8; 4]>().prop_map(Data::TimeOfDay),
        1 => any::<[u8; 4]>().prop_map(Data::Date),
        1 => any::<[u8; 16]>().prop_map(Data::Key),
        1 => any::<u32>().prop_map(Data::BacnetOid),
        1 => Just(Data::None),
        1 => Just(Data::Unknown),
    ]
}

fn data() -> impl Strategy<Value = Data> {
    prop_oneof![
        6 => simple(),
        1 => vec(simple(), 0..6).prop_map(Data::Struct),
        1 => vec(any::<u16>(), 0..6).prop_map(|items| Data::Array(
            Type::UINT16,
            items.into_iter().map(|n| Data::Uint(2, n.into())).collect(),
        )),
        1 => vec(vec(any::<u8>(), 0..4), 0..4).prop_map(|items| Data::Bag(
            Type::OCTETS,
            items.into_iter().map(|bytes| Data::Octets(Some(bytes))).collect(),
        )),
        1 => vec(vec(simple(), 0..3), 0..4).prop_map(|items| Data::Set(
            Type::STRUCT,
            items.into_iter().map(Data::Struct).collect(),
        )),
    ]
}

fn attribute() -> impl Strategy<Value = Attribute> {
    (any::<u16>(), data()).prop_map(|(id, data)| Attribute { id, data })
}

fn status() -> impl Strategy<Value = Status> {
    (1u8..).prop_map(Status)
}

fn reporting(id: u16) -> impl Strategy<Value = ReportingConfig> {
    prop_oneof![
        (any::<u16>(), any::<u16>(), number()).prop_map(move |(minimum, maximum, change)| {
            let of = change.type_id();
            ReportingConfig::Send {
                id,
                of,
                minimum,
                maximum,
                change: if of.is_analog() { change } else { Data::None },
            }
        }),
        any::<u16>().prop_map(move |timeout| ReportingConfig::Expect { id, timeout }),
    ]
}

fn global() -> impl Strategy<Value = Global> {
    let attributes = || vec(attribute(), 0..6);
    let infos = |extended: bool| {
        vec((any::<u16>(), any::<u8>(), any::<u8>()), 0..6).prop_map(move |infos| {
            infos
                .into_iter()
                .map(|(id, of, access)| AttributeInfo {
                    id,
                    of: Type(of),
                    access: extended.then_some(access),
                })
                .collect()
        })
    };
    let written = || {
        vec((status(), any::<u16>()), 0..5).prop_map(|all| {
            all.into_iter()
                .map(|(status, id)| WriteStatus { status, id })
                .collect()
        })
    };
    prop_oneof![
        vec(any::<u16>(), 0..9).prop_map(Global::ReadAttributes),
        vec(
            (
                any::<u16>(),
                prop_oneof![3 => data().prop_map(Ok), 1 => status().prop_map(Err)]
            ),
            0..6
        )
        .prop_map(|all| Global::ReadAttributesResponse(
            all.into_iter()
                .map(|(id, value)| ReadRecord { id, value })
                .collect()
        )),
        attributes().prop_map(Global::WriteAttributes),
        attributes().prop_map(Global::WriteAttributesUndivided),
        attributes().prop_map(Global::WriteAttributesNoResponse),
        attributes().prop_map(Global::ReportAttributes),
        written().prop_map(Global::WriteAttributesResponse),
        vec(any::<u16>().prop_flat_map(reporting), 0..5).prop_map(Global::ConfigureReporting),
        vec((status(), any::<bool>(), any::<u16>()), 0..5).prop_map(|all| {
            Global::ConfigureReportingResponse(
                all.into_iter()
                    .map(|(status, received, id)| ReportingStatus {
                        status,
                        received,
                        id,
                    })
                    .collect(),
            )
        }),
        vec((any::<bool>(), any::<u16>()), 0..5).prop_map(|all| Global::ReadReportingConfig(
            all.into_iter()
                .map(|(received, id)| ReadReporting { received, id })
                .collect()
        )),
        vec(
            any::<u16>().prop_flat_map(|id| prop_oneof![
                reporting(id).prop_map(Ok),
                status().prop_map(Err)
            ]
            .prop_map(move |config| ReportingRecord {
                received: matches!(config, Ok(ReportingConfig::Expect { .. })),
                id,
                config,
            })),
            0..5
        )
        .prop_map(Global::ReadReportingConfigResponse),
        (any::<u8>(), any::<u8>()).prop_map(|(command, status)| Global::DefaultResponse {
            command,
            status: Status(status),
        }),
        (any::<u16>(), any::<u8>())
            .prop_map(|(start, max)| Global::DiscoverAttributes { start, max }),
        (any::<u16>(), any::<u8>())
            .prop_map(|(start, max)| Global::DiscoverAttributesExtended { start, max }),
        (any::<bool>(), infos(false)).prop_map(|(complete, attributes)| {
            Global::DiscoverAttributesResponse {
                complete,
                attributes,
            }
        }),
        (any::<bool>(), infos(true)).prop_map(|(complete, attributes)| {
            Global::DiscoverAttributesExtendedResponse {
                complete,
                attributes,
            }
        }),
        (any::<bool>(), any::<u8>(), any::<u8>()).prop_map(|(generated, start, max)| {
            Global::DiscoverCommands {
                generated,
                start,
                max,
            }
        }),
        (any::<bool>(), any::<bool>(), vec(any::<u8>(), 0..9)).prop_map(
            |(generated, complete, commands)| Global::DiscoverCommandsResponse {
                generated,
                complete,
                commands,
            }
        ),
    ]
}

proptest! {
    #[test]
    fn values_survive_the_wire(data in data()) {
        let mut bytes = Vec::new();
        data.write(&mut bytes);
        prop_assert_eq!(Data::parse(data.type_id(), &bytes), Ok((&[][..], data)));
    }

    #[test]
    fn global_commands_survive_the_wire(global in global()) {
        prop_assert_eq!(Global::parse(global.command(), &global.encode()), Ok(global));
    }

    #[test]
    fn frames_survive_the_wire(
        cluster: bool,
        manufacturer in proptest::option::of(any::<u16>()),
        from_server: bool,
        disable_default_response: bool,
        sequence: u8,
        command: u8,
        payload in vec(any::<u8>(), 0..80),
    ) {
        let frame = Frame {
            kind: if cluster { Kind::Cluster } else { Kind::Global },
            manufacturer,
            from_server,
            disable_default_response,
            sequence,
            command,
            payload,
        };
        prop_assert_eq!(Frame::parse(&frame.encode()), Ok(frame));
    }

    #[test]
    fn any_bytes_are_read_without_panic(bytes in vec(any::<u8>(), 0..120)) {
        if let Ok(frame) = Frame::parse(&bytes) {
            let _ = frame.global();
            let _ = level::ToServer::parse(&frame);
            let _ = color::ToServer::parse(&frame);
        }
        for command in 0..=0x16 {
            let _ = Global::parse(command, &bytes);
        }
    }
}
