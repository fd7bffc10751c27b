//! Devices join, are interviewed, report, leave.

use super::*;

#[tokio::test(start_paused = true)]
async fn a_lamp_joins_is_interviewed_and_set_up() {
    for version in [8, 13, 16] {
        let fake = Fake::new(version);
        let mut home = Home::start(&fake, None, vec![]);
        home.up().await;
        let open = home
            .send(|token| Command::PermitJoin {
                token,
                seconds: 60,
                through: None,
            })
            .await;
        assert_eq!(home.event().await, Event::PermitJoin { seconds: 60 });
        assert_eq!(home.done(open).await, Ok(vec![]));
        assert!(fake.asked().contains(&"permitJoining"));
        let [told] = fake.broadcasts().try_into().unwrap();
        assert_eq!(
            (told.cluster, &told.payload[1..]),
            (PERMIT_JOINING, &[60, 1][..])
        );

        fake.join();
        let Event::Device(record) = home.event().await else {
            panic!("the record first")
        };
        assert_eq!(
            (record.id, record.network_address),
            (ID, Some(LAMP_ADDRESS))
        );
        assert_eq!(home.event().await, Event::Joined { id: ID });
        let info = home.interviewed().await;
        assert_eq!(info.kind, DeviceKind::Router);
        assert_eq!(
            info.model_id.as_deref(),
            Some("TRADFRI bulb E27 WS opal 980lm")
        );
        assert_eq!(info.manufacturer.as_deref(), Some("IKEA of Sweden"));
        assert_eq!(info.manufacturer_code, Some(0x117c));
        assert_eq!(info.power_source.as_deref(), Some("Mains (single phase)"));
        assert_eq!(info.interview, InterviewState::Successful);
        assert_eq!(info.endpoints[0].input, [0, 3, 4, 5, 6, 8, 0x0300]);

        // A minute after opening it closes by itself.
        let closed = home.until(|e| matches!(e, Event::PermitJoin { seconds: 0 }).then_some(()));
        timeout(Duration::from_secs(61), closed).await.unwrap();
    }
}

#[tokio::test(start_paused = true)]
async fn a_repeated_report_counts_once_and_gets_no_second_answer() {
    let mut home = Home::with_lamp(13).await;
    home.fake.report(ON_OFF, 0, Data::Bool(Some(true)), 77);
    let payload =
        {
            let report = crate::zigbee::zcl::Global::ReportAttributes(vec![
                crate::zigbee::zcl::Attribute::new(0, Data::Bool(Some(true))),
            ]);
            let mut frame = crate::zigbee::zcl::Frame::ask(&report).numbered(77);
            frame.from_server = true;
            frame.encode()
        };
    home.fake.repeat(ON_OFF, payload);
    sleep(Duration::from_secs(1)).await;
    let changes: Vec<_> = home
        .drain()
        .into_iter()
        .filter(|event| matches!(event, Event::Changed { .. }))
        .collect();
    let [
        Event::Changed {
            id, linkquality, ..
        },
    ] = changes.as_slice()
    else {
        panic!("{changes:?}")
    };
    assert_eq!((*id, *linkquality), (ID, Some(200)));
}

#[tokio::test(start_paused = true)]
async fn a_lamp_from_a_lost_registry_is_found_again_by_its_address() {
    let fake = Fake::new(13);
    let stored = Home::with_lamp_on(&fake).await;
    let mut home = Home::start(&fake, Some(stored), vec![]);
    home.up().await;
    fake.report(ON_OFF, 0, Data::Bool(Some(true)), 3);
    let info = home.interviewed().await;
    assert_eq!(info.id, ID);
}

impl Home {
    async fn with_lamp_on(fake: &Fake) -> NetworkSettings {
        let mut home = Self::start(fake, None, vec![]);
        let settings = home.up().await;
        fake.join();
        home.interviewed().await;
        sleep(Duration::from_secs(5)).await;
        settings
    }
}

#[tokio::test(start_paused = true)]
async fn a_sleeping_sensor_is_interviewed_when_it_speaks() {
    let fake = Fake::new(13);
    fake.be_sensor();
    let mut home = Home::start(&fake, None, vec![]);
    home.up().await;
    // It goes to sleep before its first answer.
    fake.fates([Fate::Fails(Status::MAC_INDIRECT_TIMEOUT); 30]);
    fake.join();
    let failed = home
        .until(|event| match event {
            Event::Interview {
                stage: Interview::Failed(why),
                ..
            } => Some(why.clone()),
            _ => None,
        })
        .await;
    assert!(failed.contains("node descriptor"), "{failed}");
    fake.clear_fates();
    sleep(Duration::from_secs(20)).await;
    fake.report(0x0402, 0, Data::Int(2, 2150), 9);
    let info = home.interviewed().await;
    assert_eq!(info.kind, DeviceKind::EndDevice);
    assert_eq!(info.manufacturer.as_deref(), Some("IKEA of Sweden"));
    assert_eq!(COORDINATOR.to_string(), "0x0022334455667788");
}

#[tokio::test(start_paused = true)]
async fn a_lumi_sensor_that_sleeps_at_once_is_known_by_its_model() {
    let fake = Fake::new(13);
    fake.be_sensor();
    let mut home = Home::start(&fake, None, vec![]);
    home.up().await;
    fake.fates([Fate::Fails(Status::MAC_INDIRECT_TIMEOUT); 30]);
    fake.join();
    sleep(Duration::from_millis(100)).await;
    fake.report(0x0000, 5, Data::text("lumi.sensor_ht"), 1);
    let info = home.interviewed().await;
    assert_eq!(info.model_id.as_deref(), Some("lumi.sensor_ht"));
    assert_eq!(info.manufacturer.as_deref(), Some("LUMI"));
    assert_eq!(info.endpoints[0].id, 1);
}

#[tokio::test(start_paused = true)]
async fn a_device_leaves_by_itself_and_by_command() {
    let mut home = Home::with_lamp(13).await;
    home.fake.leave();
    assert_eq!(home.event().await, Event::Left { id: ID });
    assert_eq!(home.turn("ON").await, Err(CommandError::UnknownDevice(ID)));

    let mut home = Home::with_lamp(13).await;
    let token = home
        .send(|token| Command::Remove {
            token,
            id: ID,
            force: false,
        })
        .await;
    assert_eq!(home.event().await, Event::Left { id: ID });
    assert_eq!(home.done(token).await, Ok(vec![]));
    // Its last words do not bring it back.
    home.fake.report(ON_OFF, 0, Data::Bool(Some(true)), 9);
    sleep(Duration::from_secs(20)).await;
    assert_eq!(home.drain(), []);

    let mut home = Home::with_lamp(13).await;
    home.fake
        .fates([Fate::Fails(Status::ZIGBEE_DELIVERY_FAILED); 9]);
    let token = home
        .send(|token| Command::Remove {
            token,
            id: ID,
            force: false,
        })
        .await;
    assert!(home.done(token).await.is_err());
    let token = home
        .send(|token| Command::Remove {
            token,
            id: ID,
            force: true,
        })
        .await;
    assert_eq!(home.done(token).await, Ok(vec![]));
}

#[tokio::test(start_paused = true)]
async fn garbage_from_the_air_changes_nothing() {
    let mut home = Home::with_lamp(13).await;
    let mut dice = 0x9e37_79b9u32;
    let mut next = || {
        dice ^= dice << 13;
        dice ^= dice >> 17;
        dice ^= dice << 5;
        dice
    };
    for _ in 0..2_000 {
        let [profile, cluster, length, zdo] = next().to_le_bytes();
        let payload: Vec<u8> = (0..length % 40).map(|_| next().to_le_bytes()[0]).collect();
        let cluster = match zdo % 3 {
            0 => u16::from(cluster % 8),
            1 => 0x8000 | u16::from(cluster % 0x40),
            _ => u16::from(cluster) << 8 | u16::from(profile),
        };
        // Not the announcements and leaves that a device may well send.
        if cluster == 0x0013 {
            continue;
        }
        let profile = if profile % 4 == 0 { 0 } else { 0x0104 };
        home.fake.say(cluster, profile, payload);
        sleep(Duration::from_millis(20)).await;
        for event in home.drain() {
            assert!(
                matches!(event, Event::Changed { id: ID, .. } | Event::Device(_)),
                "{event:?}"
            );
        }
    }
    assert_eq!(home.turn("ON").await, shown("ON"));
    assert!(home.fake.commands(ON_OFF).contains(&ON));
}
