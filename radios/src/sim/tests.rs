//! Transcripts: what a host says to the simulated dongle and what it hears, at every version.

use std::time::Duration;

use proptest::prelude::*;

use super::test_host::{Host, LAMP, LINK_KEY, NETWORK_KEY, ms, parameters};
use crate::ezsp::frame::Header;
use crate::ezsp::types::{ApsFrame, InitialSecurityState, SecurityContext};
use crate::ezsp::{Command, Notice, Status, Version, callback, command, values, wire};
use crate::zigbee::zcl::{Data, Frame as Zcl, Global, ReportingConfig, Type};
use crate::zigbee::zdo;
use crate::{Ieee, Value};

#[test]
fn nothing_is_answered_before_the_host_named_the_version() {
    for version in Version::all() {
        let mut host = Host::blank(version);
        let refused = |(id, parameters): (u16, Vec<u8>)| {
            assert_eq!(
                (id, parameters.first()),
                (callback::InvalidCommand::ID, Some(&0x30))
            );
        };
        refused(host.frame(Header::Extended, command::Nop::ID, &[]));
        // bellows asks for 4; the answer names ours, but that is not yet an agreement.
        let (id, reply) = host.frame(Header::Legacy, 0, &[4]);
        assert_eq!((id, reply.first()), (0, Some(&version.number())));
        refused(host.frame(Header::Extended, command::Nop::ID, &[]));
        let (_, reply) = host.frame(Header::Extended, 0, &[version.number()]);
        assert_eq!(reply.get(..2), Some([version.number(), 2].as_slice()));
        assert_eq!(
            host.frame(Header::Extended, command::Nop::ID, &[]),
            (command::Nop::ID, vec![])
        );
    }
}

#[test]
fn unknown_and_short_commands_are_invalid() {
    for version in Version::all() {
        let mut host = Host::blank(version).hello();
        let width = if version.since(14) { 4 } else { 1 };
        let (id, reason) = host.frame(Header::Extended, 0x0fff, &[]);
        assert_eq!(
            (id, reason.first(), reason.len()),
            (0x58, Some(&0x31), width)
        );
        let (id, _) = host.frame(Header::Extended, command::SetPolicy::ID, &[0]);
        assert_eq!(id, 0x58);
    }
}

#[test]
fn a_blank_part_forms_and_resumes_at_every_version() {
    for version in Version::all() {
        let mut host = Host::blank(version).hello();
        let reply = host.call(command::NetworkInit::default());
        assert_eq!(reply.status, Status::NOT_JOINED);
        assert_eq!(host.call(command::NetworkState {}).status, 0);

        let mut host = Host::formed(version);
        let formed = host.call(command::GetNetworkParameters {});
        assert_eq!(
            (formed.status, formed.parameters),
            (Status::OK, parameters())
        );
        let own = host.call(command::GetEui64 {}).eui64;
        let security = host.call(command::GetCurrentSecurityState {}).state;
        assert_eq!(security.trust_center_long_address, own);

        // Another power cut; all that is in RAM is gone, all that is in flash is there.
        let state = host.sim.state_to_keep();
        let text = serde_json::to_string(&state).unwrap();
        let mut host = Host::with(version, Some(serde_json::from_str(&text).unwrap()));
        host.sim.reset(Duration::ZERO);
        let mut host = host.hello();
        assert_eq!(
            host.call(command::GetNetworkParameters {}).status,
            Status::NOT_JOINED
        );
        assert_eq!(
            host.call(command::NetworkInit::default()).status,
            Status::OK
        );
        host.pass(ms(100));
        assert_eq!(host.status(), Some(Status::NETWORK_UP));
        assert_eq!(
            host.call(command::GetNetworkParameters {}).parameters,
            parameters()
        );
        let keys = if version.since(12) {
            let mut key = |core_key_type| {
                host.call(command::ExportKey {
                    context: SecurityContext {
                        core_key_type,
                        ..SecurityContext::default()
                    },
                })
                .key
            };
            [key(1), key(2)]
        } else {
            let mut key = |key_type| host.call(command::GetKey { key_type }).key_struct.key;
            [key(3), key(1)]
        };
        assert_eq!(keys, [wire::Key(NETWORK_KEY), wire::Key(LINK_KEY)]);
    }
}

#[test]
fn a_reset_loses_what_ram_holds() {
    let mut host = Host::blank(Version::COMMON).hello();
    let size = values::config_id::ADDRESS_TABLE_SIZE;
    let set = command::SetConfigurationValue {
        config_id: size,
        value: 16,
    };
    assert_eq!(host.call(set).status, Status::OK);
    let endpoint = command::AddEndpoint {
        endpoint: 1,
        profile_id: 0x0104,
        ..command::AddEndpoint::default()
    };
    assert_eq!(host.call(endpoint.clone()).status, Status::OK);
    let flags = command::GetExtendedValue {
        value_id: 0,
        characteristics: 1,
    };
    assert_eq!(host.call(flags.clone()).status, Status::OK);
    host.sim.reset(host.now);
    let mut host = host.hello();
    assert_eq!(
        host.call(command::GetConfigurationValue { config_id: size })
            .value,
        8
    );
    let gone = host.call(flags);
    assert_eq!((gone.status.is_ok(), gone.value.len()), (false, 2));

    // And sizes memory no more once the network runs.
    let mut host = Host::formed(Version::COMMON);
    let set = command::SetConfigurationValue {
        config_id: size,
        value: 16,
    };
    assert_eq!(host.call(set).status, Status::INVALID_STATE);
    assert_eq!(host.call(endpoint).status, Status::INVALID_STATE);
}

#[test]
fn the_lamp_joins_an_open_network_only() {
    let mut host = Host::formed(Version::COMMON);
    host.sim.pair("lamp", host.now).unwrap();
    host.pass(ms(3000));
    assert!(host.take::<callback::TrustCenterJoinHandler>().is_empty());

    // Open, but the trust centre lets nobody in.
    host.call(command::PermitJoining { duration: 3 });
    host.pass(ms(4000));
    let denied = host.take::<callback::TrustCenterJoinHandler>();
    assert_eq!(denied.first().map(|join| join.policy_decision), Some(2));
    assert_eq!(host.status(), Some(Status::ZIGBEE_NETWORK_CLOSED));

    host.heard.clear();
    host.open();
    host.pass(ms(3000));
    let [join] = host
        .take::<callback::TrustCenterJoinHandler>()
        .try_into()
        .unwrap();
    assert_eq!(
        (join.new_node_eui64, join.status, join.policy_decision),
        (LAMP, 1, 0)
    );
    let heard = host.take::<callback::IncomingMessageHandler>();
    let announced = heard
        .iter()
        .find(|heard| heard.aps_frame.cluster_id == 0x0013)
        .unwrap();
    assert_eq!(announced.kind, values::incoming_type::BROADCAST);
    let (_, announced) = zdo::parse::<zdo::DeviceAnnounce>(&announced.message).unwrap();
    assert_eq!(
        (announced.address, announced.ieee),
        (join.new_node_id, LAMP)
    );
    let keys = host.take::<callback::ZigbeeKeyEstablishmentHandler>();
    assert_eq!(keys.last().map(|key| key.status), Some(0x34));
}

#[test]
fn messages_have_a_fate() {
    for version in Version::all() {
        let (mut host, lamp) = Host::joined(version, "lamp");
        let on = Zcl::tell(1, vec![]).numbered(7);
        let answers = host.zcl(lamp, 0x0006, &on);
        assert_eq!(host.fate(1), Some(Status::OK));
        assert_eq!(answers.len(), 1, "a default response");
        assert_eq!(
            (answers[0].sequence, answers[0].payload.as_slice()),
            (7, [1, 0].as_slice())
        );
        assert_eq!(host.lamp("state"), Value::from("ON"));
        let log = host.sim.log();
        let last = log.last().unwrap();
        assert_eq!(
            (last.cluster, last.command, last.global),
            (0x0006, 1, false)
        );

        // Nobody there.
        host.unicast(lamp ^ 1, 0x0104, 0x0006, 2, on.encode());
        host.pass(ms(1100));
        assert_eq!(host.fate(2), None, "it tries for a while");
        host.pass(ms(200));
        assert_eq!(host.fate(2), Some(Status::ZIGBEE_DELIVERY_FAILED));
    }
}

#[test]
fn switches_of_the_board_strike_where_they_should() {
    let (mut host, lamp) = Host::joined(Version::COMMON, "lamp");
    let off = Zcl::tell(0, vec![]).encode();
    host.faults.change(|switches| {
        switches.busy = 1;
        switches.undeliverable.insert("lamp".into(), Some(1));
        switches.mute.insert("lamp".into(), Some(1));
    });
    assert_eq!(
        host.unicast(lamp, 0x0104, 0x0006, 1, off.clone()),
        Status::BUSY
    );
    for (tag, fate) in [
        (2, Status::ZIGBEE_DELIVERY_FAILED),
        (3, Status::OK),
        (4, Status::OK),
    ] {
        host.heard.clear();
        assert_eq!(
            host.unicast(lamp, 0x0104, 0x0006, tag, off.clone()),
            Status::OK
        );
        host.pass(ms(1500));
        assert_eq!(host.fate(tag), Some(fate));
        let answered = !host.take::<callback::IncomingMessageHandler>().is_empty();
        assert_eq!(answered, tag == 4, "undelivered, then mute, then well");
    }
}

#[test]
fn a_sleepy_device_answers_late_or_misses_it() {
    let (mut host, climate) = Host::joined(Version::COMMON, "climate");
    let read = Zcl::ask(&Global::ReadAttributes(vec![0x0005])).encode();
    for (asleep, after, fate) in [
        (2000, 2100, Status::OK),
        (9000, 7700, Status::ZIGBEE_DELIVERY_FAILED),
    ] {
        host.heard.clear();
        host.faults
            .change(|switches| switches.asleep = [("climate".into(), asleep)].into());
        host.unicast(climate, 0x0104, 0x0000, 9, read.clone());
        host.pass(ms(after - 200));
        assert_eq!(host.fate(9), None);
        host.pass(ms(300));
        assert_eq!(host.fate(9), Some(fate));
    }
}

#[test]
fn xiaomis_devices_speak_unasked() {
    let mut host = Host::formed(Version::COMMON);
    host.open();
    host.sim.pair("climate", host.now).unwrap();
    host.pass(ms(2000));
    let heard = host.take::<callback::IncomingMessageHandler>();
    let said: Vec<u16> = heard
        .iter()
        .map(|heard| heard.aps_frame.cluster_id)
        .collect();
    assert_eq!(
        said,
        [0x0013, 0x0000, 0x0000],
        "announced, named itself, told its battery"
    );
    let battery = Zcl::parse(&heard[2].message).unwrap();
    assert_eq!(battery.manufacturer, Some(0x115f));
    let Global::ReportAttributes(report) = battery.global().unwrap() else {
        panic!()
    };
    assert_eq!(report[0].id, 0xff01);
    assert_eq!(
        report[0].data.as_bytes().unwrap()[..4],
        [0x01, 0x21, 0xd1, 0x0b]
    );

    host.heard.clear();
    host.sim
        .set("climate", "temperature", &Value::from(23.45), host.now)
        .unwrap();
    host.pass(ms(20));
    let [heard] = host
        .take::<callback::IncomingMessageHandler>()
        .try_into()
        .unwrap();
    assert_eq!(
        heard.message[3..],
        [0x00, 0x00, 0x29, 0x29, 0x09],
        "2345 in a report"
    );
    assert!(
        host.sim
            .set("climate", "brightness", &Value::from(1u8), host.now)
            .is_err()
    );
}

#[test]
fn reports_keep_to_minimum_maximum_and_change() {
    let (mut host, lamp) = Host::joined(Version::COMMON, "lamp");
    let own = host.call(command::GetEui64 {}).eui64;
    let bind = zdo::BindRequest {
        source: LAMP,
        source_endpoint: 1,
        cluster: 0x0008,
        target: zdo::BindTarget::Device(own, 1),
    };
    host.unicast(lamp, 0, 0x0021, 1, zdo::encode(1, &bind));
    host.pass(ms(20));
    host.zcl(lamp, 0x0006, &Zcl::tell(1, vec![]));
    let config = Global::ConfigureReporting(vec![ReportingConfig::Send {
        id: 0,
        of: Type::UINT8,
        minimum: 5,
        maximum: 60,
        change: Data::Uint(1, 10),
    }]);
    let answer = host.zcl(lamp, 0x0008, &Zcl::ask(&config));
    assert_eq!(
        answer[0].global(),
        Ok(Global::ConfigureReportingResponse(vec![]))
    );

    let reports = |host: &mut Host| {
        let heard = host.take::<callback::IncomingMessageHandler>();
        let frames = heard
            .iter()
            .map(|heard| Zcl::parse(&heard.message).unwrap());
        let levels = frames
            .filter(|frame| frame.command == 0x0a)
            .map(|frame| frame.payload[3]);
        let levels: Vec<u8> = levels.collect();
        host.heard.clear();
        levels
    };
    host.pass(ms(6000));
    assert!(reports(&mut host).is_empty(), "nothing changed");
    host.sim
        .set("lamp", "brightness", &Value::from(250u8), host.now)
        .unwrap();
    host.pass(ms(6000));
    assert!(reports(&mut host).is_empty(), "too small a change");
    host.sim
        .set("lamp", "brightness", &Value::from(100u8), host.now)
        .unwrap();
    host.pass(ms(50));
    assert_eq!(reports(&mut host), [100]);
    host.sim
        .set("lamp", "brightness", &Value::from(200u8), host.now)
        .unwrap();
    host.pass(ms(4900));
    assert!(reports(&mut host).is_empty(), "too soon");
    host.pass(ms(200));
    assert_eq!(reports(&mut host), [200]);
    host.pass(ms(60_000));
    assert_eq!(reports(&mut host), [200], "it is time");
}

/// Sends "toggle" to a group.
fn toggle_group(host: &mut Host, group: u16) -> Status {
    let request = command::SendMulticast {
        aps_frame: ApsFrame {
            profile_id: 0x0104,
            cluster_id: 0x0006,
            source_endpoint: 1,
            group_id: group,
            ..ApsFrame::default()
        },
        broadcast_addr: 0xfffd,
        message: Zcl::tell(2, vec![]).encode(),
        ..command::SendMulticast::default()
    };
    host.call(request).status
}

#[test]
fn a_group_is_heard_by_its_members_alone() {
    for version in [Version::OLDEST, Version::COMMON, Version::NEWEST] {
        let (mut host, lamp) = Host::joined(version, "lamp");
        let added = host.zcl(lamp, 0x0004, &Zcl::tell(0, vec![0x85, 0x03, 0]));
        assert_eq!(added[0].payload, [0x00, 0x85, 0x03], "group 901");
        host.heard.clear();
        for (group, state) in [(902, "OFF"), (901, "ON")] {
            assert_eq!(toggle_group(&mut host, group), Status::OK);
            host.pass(ms(50));
            assert_eq!(host.lamp("state"), Value::from(state));
        }
        // Groupcasts are not answered; that they went out is told.
        assert!(host.take::<callback::IncomingMessageHandler>().is_empty());
        let sent = host.take::<callback::MessageSentHandler>();
        let sent: Vec<(u8, u16)> = sent
            .iter()
            .map(|sent| (sent.kind, sent.destination))
            .collect();
        assert_eq!(sent, [(3, 902), (3, 901)]);
    }
}

#[test]
fn the_broadcast_table_fills_up_and_empties() {
    let mut host = Host::formed(Version::COMMON);
    let sent: Vec<Status> = (0..16).map(|_| toggle_group(&mut host, 1)).collect();
    assert_eq!(sent[..15], [Status::OK; 15]);
    assert_eq!(sent[15], Status::BUSY);
    host.pass(ms(9000));
    assert_eq!(toggle_group(&mut host, 1), Status::OK);
}

#[test]
fn a_level_takes_its_time_and_comes_from_the_dark() {
    let (mut host, lamp) = Host::joined(Version::COMMON, "lamp");
    // Move to level with on/off: 200 in 2 s.
    host.zcl(lamp, 0x0008, &Zcl::tell(4, vec![200, 20, 0]));
    assert_eq!(host.lamp("state"), Value::from("ON"));
    host.pass(ms(1000));
    let half = host.lamp("brightness").as_f64().unwrap();
    assert!((80.0..130.0).contains(&half), "{half}");
    host.pass(ms(1200));
    assert_eq!(host.lamp("brightness"), Value::from(200u8));
    // Plain "move to level" means nothing to a lamp that is off.
    host.zcl(lamp, 0x0006, &Zcl::tell(0, vec![]));
    host.zcl(lamp, 0x0008, &Zcl::tell(0, vec![50, 0, 0]));
    assert_eq!(host.lamp("brightness"), Value::from(200u8));
    // Colour temperature beyond what it can do stops at what it can.
    host.zcl(lamp, 0x0006, &Zcl::tell(1, vec![]));
    host.zcl(lamp, 0x0300, &Zcl::tell(0x0a, vec![0xff, 0xff, 0, 0]));
    assert_eq!(host.lamp("color_temp"), Value::from(454u16));
}

#[test]
fn who_knows_another_key_hears_nothing() {
    let (mut host, lamp) = Host::joined(Version::COMMON, "lamp");
    host.zcl(lamp, 0x0006, &Zcl::tell(1, vec![]));
    host.call(command::LeaveNetwork { options: 0 });
    host.pass(ms(100));
    assert_eq!(host.status(), Some(Status::NETWORK_DOWN));
    let mut other = [7; 16];
    other[0] = 1;
    for (key, counter, fate) in [
        (other, 100_000, Status::ZIGBEE_DELIVERY_FAILED),
        (NETWORK_KEY, 0, Status::ZIGBEE_DELIVERY_FAILED),
        (NETWORK_KEY, 100_000, Status::OK),
    ] {
        // The key it knows, but counters it has seen before: replays, to the lamp.
        let counter: u32 = counter;
        host.call(command::SetValue {
            value_id: values::value_id::NWK_FRAME_COUNTER,
            value: counter.to_le_bytes().to_vec(),
        });
        host.call(command::SetInitialSecurityState {
            state: InitialSecurityState {
                bitmask: 0x1b84,
                network_key: wire::Key(key),
                ..InitialSecurityState::default()
            },
        });
        host.call(command::FormNetwork {
            parameters: parameters(),
        });
        host.pass(ms(100));
        host.heard.clear();
        host.unicast(lamp, 0x0104, 0x0006, 1, Zcl::tell(2, vec![]).encode());
        host.pass(ms(1500));
        assert_eq!(host.fate(1), Some(fate), "key {key:?}, counter {counter}");
        host.call(command::LeaveNetwork { options: 0 });
        host.pass(ms(100));
    }
}

#[test]
fn leaving_is_told() {
    let (mut host, climate) = Host::joined(Version::COMMON, "climate");
    let leave = zdo::LeaveRequest {
        ieee: Ieee(0),
        flags: 0,
    };
    host.unicast(climate, 0, 0x0034, 1, zdo::encode(1, &leave));
    host.pass(ms(500));
    let heard = host.take::<callback::IncomingMessageHandler>();
    assert_eq!(heard[0].aps_frame.cluster_id, 0x8034);
    let [left] = host
        .take::<callback::TrustCenterJoinHandler>()
        .try_into()
        .unwrap();
    assert_eq!((left.new_node_id, left.status), (climate, 2));
    let [child] = host
        .take::<callback::ChildJoinHandler>()
        .try_into()
        .unwrap();
    assert!(!child.joining);
}

#[test]
fn the_stack_answers_for_the_coordinator() {
    let mut host = Host::formed(Version::COMMON);
    let question = zdo::NodeDescriptorRequest { address: 0 };
    host.unicast(0, 0, 0x0002, 1, zdo::encode(3, &question));
    host.pass(ms(20));
    assert_eq!(host.fate(1), Some(Status::OK));
    let [heard] = host
        .take::<callback::IncomingMessageHandler>()
        .try_into()
        .unwrap();
    assert_eq!((heard.sender, heard.aps_frame.cluster_id), (0, 0x8002));
    let (sequence, answer) = zdo::parse::<zdo::NodeDescriptorResponse>(&heard.message).unwrap();
    let descriptor = answer.descriptor.unwrap();
    assert_eq!(
        (sequence, descriptor.logical_type()),
        (3, zdo::LogicalType::Coordinator)
    );
}

#[test]
fn tokens_are_flash() {
    let mut host = Host::formed(Version::COMMON);
    let token = values::nvm3_key::STACK_NETWORK_MANAGEMENT;
    let value = host
        .call(command::GetTokenData { token, index: 0 })
        .value
        .unwrap();
    assert_eq!(value.len(), 8);
    let mut changed = value;
    changed[6] = 5;
    let set = command::SetTokenData {
        token,
        index: 0,
        token_data: changed,
    };
    assert_eq!(host.call(set).status, Status::OK);
    assert_eq!(
        host.call(command::GetNetworkParameters {})
            .parameters
            .nwk_update_id,
        5
    );

    // The address changes with the next reset.
    let before = host.call(command::GetEui64 {}).eui64;
    let set = command::SetTokenData {
        token: values::nvm3_key::STACK_RESTORED_EUI64,
        index: 0,
        token_data: Ieee(0x1122).to_le_bytes().to_vec(),
    };
    assert_eq!(host.call(set).status, Status::OK);
    assert_eq!(host.call(command::GetEui64 {}).eui64, before);
    host.sim.reset(host.now);
    let mut host = host.hello();
    assert_eq!(host.call(command::GetEui64 {}).eui64, Ieee(0x1122));
}

#[test]
fn the_network_key_can_be_rotated() {
    let (mut host, lamp) = Host::joined(Version::COMMON, "lamp");
    host.call(command::BroadcastNextNetworkKey::default());
    host.call(command::BroadcastNetworkKeySwitch {});
    host.pass(ms(100));
    let [switched] = host
        .take::<callback::SwitchNetworkKeyHandler>()
        .try_into()
        .unwrap();
    assert_eq!(switched.sequence_number, 1);
    assert_ne!(host.sim.network().unwrap().key.0, NETWORK_KEY);
    host.zcl(lamp, 0x0006, &Zcl::tell(1, vec![]));
    assert_eq!(
        host.lamp("state"),
        Value::from("ON"),
        "the lamp has the new key"
    );
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    /// Whatever a host sends, each command gets one reply and nothing falls over.
    #[test]
    fn any_command_gets_one_reply(
        version in 8u8..=19,
        commands in proptest::collection::vec((0u16..0x0130, proptest::collection::vec(any::<u8>(), 0..80)), 1..20),
    ) {
        let mut host = Host::formed(Version::new(version).unwrap());
        for (id, parameters) in commands {
            if id != command::VersionCommand::ID {
                host.frame(Header::Extended, id, &parameters);
            }
            host.pass(ms(30));
        }
    }

    /// Whatever arrives at a device, it does not fall over.
    #[test]
    fn devices_survive_any_message(
        device in prop_oneof![Just("lamp"), Just("climate"), Just("plug"), Just("color-lamp"), Just("contact")],
        messages in proptest::collection::vec(
            (prop_oneof![Just(0u16), Just(0x0104)], 0u16..0x0c00, proptest::collection::vec(any::<u8>(), 0..60)), 1..20),
    ) {
        let (mut host, address) = Host::joined(Version::COMMON, device);
        for (profile, cluster, message) in messages {
            host.unicast(address, profile, cluster, 1, message);
            host.pass(ms(300));
        }
    }
}
