//! The network against a scripted dongle: each test is the transcript of an evening at home.

use std::time::Duration;

use tokio::time::{Instant, sleep, timeout};

use super::fake::{Arrived, COORDINATOR, Fake, Fate, LAMP, LAMP_ADDRESS};
use super::*;
use crate::ezsp::Status;
use crate::zigbee::zcl::Data;
use crate::{
    CommandError, DeviceId, DeviceKind, Event, Interview, InterviewState, Outcome, Radio, Value,
};

const ID: DeviceId = DeviceId::Zigbee(LAMP);
const ON: u8 = 1;
const TOGGLE: u8 = 2;
const ON_OFF: u16 = 6;
const PERMIT_JOINING: u16 = 0x0036;

struct Home {
    fake: Fake,
    radio: RadioHandle,
    token: u32,
}

fn config(fake: &Fake) -> ZigbeeConfig {
    let fake = fake.clone();
    ZigbeeConfig {
        seed: Some(1),
        ..ZigbeeConfig::new(Box::new(move || fake.open()))
    }
}

impl Home {
    fn start(fake: &Fake, stored: Option<NetworkSettings>, devices: Vec<DeviceInfo>) -> Self {
        Self {
            radio: spawn(config(fake), stored, devices, Tap::none()),
            fake: fake.clone(),
            token: 0,
        }
    }

    /// A home whose network is up, with an interviewed lamp.
    async fn with_lamp(version: u8) -> Self {
        let mut home = Self::start(&Fake::new(version), None, vec![]);
        home.up().await;
        home.fake.join();
        home.interviewed().await;
        sleep(Duration::from_secs(5)).await;
        home.drain();
        home.fake.arrived();
        home
    }

    async fn event(&mut self) -> Event {
        timeout(Duration::from_secs(700), self.radio.events.recv())
            .await
            .expect("an event in time")
            .expect("the radio goes on")
    }

    fn drain(&mut self) -> Vec<Event> {
        std::iter::from_fn(|| self.radio.events.try_recv().ok()).collect()
    }

    async fn until<T>(&mut self, mut find: impl FnMut(&Event) -> Option<T>) -> T {
        loop {
            let event = self.event().await;
            if let Some(found) = find(&event) {
                return found;
            }
        }
    }

    async fn up(&mut self) -> NetworkSettings {
        let settings = self
            .until(|event| match event {
                Event::Network(settings) => Some(settings.as_ref().clone()),
                Event::RadioDown { reason, .. } => panic!("{reason}"),
                _ => None,
            })
            .await;
        self.until(|event| matches!(event, Event::RadioUp { .. }).then_some(()))
            .await;
        settings
    }

    async fn down(&mut self) -> String {
        self.until(|event| match event {
            Event::RadioDown { reason, radio } => {
                assert_eq!(*radio, Radio::Zigbee);
                Some(reason.clone())
            }
            _ => None,
        })
        .await
    }

    async fn interviewed(&mut self) -> DeviceInfo {
        let mut record = None;
        loop {
            match self.event().await {
                Event::Device(info) => record = Some(*info),
                Event::Interview {
                    stage: Interview::Successful,
                    ..
                } => return record.expect("the record goes up before its success"),
                Event::Interview {
                    stage: Interview::Failed(why),
                    ..
                } => panic!("{why}"),
                _ => {}
            }
        }
    }

    async fn send(&mut self, command: impl FnOnce(u32) -> Command) -> u32 {
        self.token += 1;
        self.radio.commands.send(command(self.token)).await.unwrap();
        self.token
    }

    async fn set(&mut self, state: &'static str) -> u32 {
        self.send(|token| Command::Set {
            token,
            id: ID,
            endpoint: None,
            values: vec![("state".into(), state.into())],
        })
        .await
    }

    async fn done(&mut self, wanted: u32) -> Outcome {
        self.until(|event| match event {
            Event::Done { token, outcome } if *token == wanted => Some(outcome.clone()),
            _ => None,
        })
        .await
    }

    async fn turn(&mut self, state: &'static str) -> Outcome {
        let token = self.set(state).await;
        self.done(token).await
    }
}

fn shown(state: &'static str) -> Outcome {
    Ok(vec![("state".into(), Value::from(state))])
}

#[tokio::test(start_paused = true)]
async fn a_blank_dongle_gets_a_network_and_resumes_it() {
    for version in 8..=19 {
        let fake = Fake::new(version);
        let mut home = Home::start(&fake, None, vec![]);
        let formed = home.up().await;
        assert_eq!(Some(&formed), fake.network().as_ref());
        assert_eq!(formed.channel, 20, "the quietest, and the first of those");
        drop(home);
        sleep(Duration::from_secs(1)).await;
        let mut home = Home::start(&fake, Some(formed.clone()), vec![]);
        let resumed = home.up().await;
        assert_eq!(resumed, formed);
        let formed_again = fake.asked().iter().filter(|c| **c == "formNetwork").count();
        assert_eq!(formed_again, 1);
    }
}

#[tokio::test(start_paused = true)]
async fn the_stored_network_is_restored_on_a_blank_dongle_above_its_counter() {
    let fake = Fake::new(13);
    let formed = Home::start(&fake, None, vec![]).up().await;
    let stored = NetworkSettings {
        frame_counter: 5_000,
        ..formed
    };
    let blank = Fake::new(13);
    let restored = Home::start(&blank, Some(stored.clone()), vec![]).up().await;
    assert_eq!(restored.network_key, stored.network_key);
    assert_eq!(restored.pan_id, stored.pan_id);
    assert_eq!(restored.frame_counter, 15_000);
}

#[tokio::test(start_paused = true)]
async fn another_network_is_refused_in_plain_words_and_left_alone() {
    let fake = Fake::new(13);
    let ours = Home::start(&fake, None, vec![]).up().await;
    let theirs = NetworkSettings {
        pan_id: 0x1a62,
        extended_pan_id: 0xdddd_dddd_dddd_dddd,
        network_key: [7; 16],
        ..ours.clone()
    };
    let fake = Fake::new(13);
    fake.hold(theirs.clone());
    let mut home = Home::start(&fake, Some(ours.clone()), vec![]);
    let reason = home.down().await;
    assert!(reason.contains("0x1a62"), "{reason}");
    assert!(reason.contains("network key"), "{reason}");
    sleep(Duration::from_secs(120)).await;
    assert_eq!(home.drain(), [], "said once");
    let outcome = home
        .send(|token| Command::PermitJoin {
            token,
            seconds: 60,
            through: None,
        })
        .await;
    assert!(matches!(
        home.done(outcome).await,
        Err(CommandError::Unavailable(_))
    ));
    assert_eq!(fake.network(), Some(theirs));

    // The explicit act.
    let config = ZigbeeConfig {
        form: FormPolicy::Overwrite,
        ..config(&fake)
    };
    let mut home = Home {
        radio: spawn(config, Some(ours.clone()), vec![], Tap::none()),
        fake,
        token: 0,
    };
    assert_eq!(home.up().await.network_key, ours.network_key);
}

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
async fn a_command_is_delivered_answered_and_shown() {
    let mut home = Home::with_lamp(13).await;
    assert_eq!(home.turn("ON").await, shown("ON"));
    assert_eq!(home.fake.commands(ON_OFF), [ON]);
}

#[tokio::test(start_paused = true)]
async fn a_busy_dongle_is_asked_again_and_nothing_is_doubled() {
    let mut home = Home::with_lamp(13).await;
    home.fake.fates([
        Fate::Refused(Status::ZIGBEE_MAX_MESSAGE_LIMIT_REACHED),
        Fate::Refused(Status::BUSY),
        Fate::Refused(Status::ALLOCATION_FAILED),
    ]);
    let outcome = home.turn("TOGGLE").await;
    assert!(outcome.is_ok(), "{outcome:?}");
    assert_eq!(home.fake.commands(ON_OFF), [TOGGLE]);
}

#[tokio::test(start_paused = true)]
async fn an_unacknowledged_message_is_sent_again_over_a_new_route() {
    let mut home = Home::with_lamp(13).await;
    home.fake
        .fates([Fate::Fails(Status::ZIGBEE_DELIVERY_FAILED); 2]);
    assert_eq!(home.turn("ON").await, shown("ON"));
    let [Arrived { options, .. }] = home.fake.arrived().try_into().unwrap();
    assert_ne!(options & 0x0200, 0, "with route discovery");

    home.fake
        .fates([Fate::Fails(Status::ZIGBEE_DELIVERY_FAILED); 3]);
    let outcome = home.turn("ON").await;
    assert!(
        matches!(outcome, Err(CommandError::NotDelivered(_))),
        "{outcome:?}"
    );
    assert_eq!(home.fake.arrived(), []);
}

#[tokio::test(start_paused = true)]
async fn a_toggle_that_may_have_arrived_is_not_repeated() {
    let mut home = Home::with_lamp(13).await;
    home.fake
        .fates([Fate::Fails(Status::ZIGBEE_DELIVERY_FAILED)]);
    let outcome = home.turn("TOGGLE").await;
    assert!(
        matches!(outcome, Err(CommandError::NotDelivered(_))),
        "{outcome:?}"
    );
    home.fake.fates([Fate::Restart]);
    let outcome = home.turn("TOGGLE").await;
    assert!(
        matches!(outcome, Err(CommandError::NotDelivered(_))),
        "{outcome:?}"
    );
    sleep(Duration::from_secs(30)).await;
    assert_eq!(
        home.fake.commands(ON_OFF),
        [TOGGLE],
        "once, before the restart"
    );
}

#[tokio::test(start_paused = true)]
async fn an_unanswered_message_is_repeated_once_then_given_up() {
    let mut home = Home::with_lamp(13).await;
    home.fake.fates([Fate::Ignored]);
    assert_eq!(home.turn("ON").await, shown("ON"));
    home.fake.fates([Fate::Ignored, Fate::Ignored]);
    assert_eq!(home.turn("ON").await, Err(CommandError::Timeout(6)));
}

#[tokio::test(start_paused = true)]
async fn the_dongle_restarts_under_commands_and_none_is_lost() {
    for fate in [Fate::Restart, Fate::Error] {
        let mut home = Home::with_lamp(13).await;
        home.fake.fates([fate]);
        let tokens = [
            home.set("ON").await,
            home.set("OFF").await,
            home.set("ON").await,
        ];
        let began = Instant::now();
        let reason = home.down().await;
        assert!(reason.contains("trying again"), "{reason}");
        home.up().await;
        assert!(
            began.elapsed() < Duration::from_secs(2),
            "{:?}",
            began.elapsed()
        );
        let mut outcomes = Vec::new();
        while outcomes.len() < tokens.len() {
            if let Event::Done { token, outcome } = home.event().await {
                outcomes.push((token, outcome.is_ok()));
            }
        }
        assert_eq!(
            outcomes,
            tokens.map(|token| (token, true)),
            "in order, once each"
        );
        sleep(Duration::from_secs(30)).await;
        let again = home.drain();
        assert!(
            !again
                .iter()
                .any(|e| matches!(e, Event::Done { .. } | Event::RadioDown { .. })),
            "{again:?}"
        );
        assert_eq!(home.fake.sessions(), 2);
    }
}

#[tokio::test(start_paused = true)]
async fn the_cable_is_pulled_and_commands_wait_within_their_age() {
    let mut home = Home::with_lamp(13).await;
    home.fake.pull();
    home.down().await;
    let early = home.set("ON").await;
    sleep(Duration::from_secs(30)).await;
    let plugged = Instant::now();
    home.fake.plug();
    home.up().await;
    assert!(
        plugged.elapsed() < Duration::from_secs(2),
        "{:?}",
        plugged.elapsed()
    );
    assert_eq!(home.done(early).await, shown("ON"));

    home.fake.pull();
    home.down().await;
    let late = home.set("ON").await;
    let asked = Instant::now();
    assert!(matches!(
        home.done(late).await,
        Err(CommandError::Unavailable(_))
    ));
    assert_eq!(asked.elapsed().as_secs(), 60);
}

#[tokio::test(start_paused = true)]
async fn a_silent_dongle_is_noticed_and_started_again() {
    let mut home = Home::with_lamp(13).await;
    home.fake.hang();
    let hung = Instant::now();
    home.down().await;
    assert!(
        hung.elapsed() < Duration::from_secs(40),
        "{:?}",
        hung.elapsed()
    );
    home.up().await;
    assert_eq!(home.turn("ON").await, shown("ON"));
}

#[tokio::test(start_paused = true)]
async fn a_full_queue_refuses_visibly_and_answers_everyone() {
    let mut home = Home::with_lamp(13).await;
    home.fake.pull();
    home.down().await;
    let mut tokens = Vec::new();
    for _ in 0..40 {
        tokens.push(home.set("ON").await);
    }
    home.fake.plug();
    let mut outcomes = Vec::new();
    while outcomes.len() < 40 {
        if let Event::Done { token, outcome } = home.event().await {
            outcomes.push((token, outcome.is_ok()));
        }
    }
    let mut answered: Vec<_> = outcomes.iter().map(|(token, _)| *token).collect();
    answered.sort_unstable();
    assert_eq!(answered, tokens);
    let done = outcomes.iter().filter(|(_, ok)| *ok).count();
    assert!((16..=18).contains(&done), "{done}");
}

#[tokio::test(start_paused = true)]
async fn unknown_devices_are_answered_at_once() {
    let mut home = Home::with_lamp(13).await;
    let other = DeviceId::Zigbee(crate::Ieee(42));
    let token = home
        .send(|token| Command::Get {
            token,
            id: other,
            properties: vec!["state".into()],
        })
        .await;
    assert_eq!(
        home.done(token).await,
        Err(CommandError::UnknownDevice(other))
    );
    let token = home
        .send(|token| Command::BindKey {
            token,
            id: ID,
            key: None,
        })
        .await;
    assert!(home.done(token).await.is_err());
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

#[test]
fn the_same_evening_twice_is_the_same_to_the_byte() {
    async fn evening() -> Vec<String> {
        let log = Arc::new(std::sync::Mutex::new(Vec::new()));
        let lines = log.clone();
        let tap = Tap::new(move |tapped| lines.lock().unwrap().push(format!("{tapped:?}")));
        let fake = Fake::new(13);
        let mut home = Home {
            radio: spawn(config(&fake), None, vec![], tap),
            fake,
            token: 0,
        };
        home.up().await;
        home.fake.join();
        home.interviewed().await;
        home.fake
            .fates([Fate::Refused(Status::BUSY), Fate::Restart]);
        let _ = home.turn("ON").await;
        sleep(Duration::from_secs(60)).await;
        let lines = log.lock().unwrap().clone();
        assert!(lines.len() > 100, "{}", lines.len());
        lines
    }
    // Each in a world of its own, as a trace is replayed in.
    let world = || {
        tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .start_paused(true)
            .build()
            .unwrap()
    };
    let (first, second) = (world().block_on(evening()), world().block_on(evening()));
    for (n, (first, second)) in first.iter().zip(&second).enumerate() {
        assert_eq!(first, second, "frame {n}");
    }
    assert_eq!(first.len(), second.len());
}

/// A line at whose end nobody answers, as with wrong line settings.
struct Mute {
    asked: Arc<std::sync::atomic::AtomicU32>,
    ends: Vec<tokio::io::DuplexStream>,
}

impl Source for Mute {
    fn name(&self) -> String {
        "/dev/ttyUSB0".to_owned()
    }

    fn open(&mut self) -> Opening<'_> {
        let (near, far) = tokio::io::duplex(4096);
        self.ends.push(far);
        Box::pin(async move { Ok(Wire::Line(Box::new(near))) })
    }

    fn unanswered(&mut self) -> Option<String> {
        self.asked
            .fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        Some("115200 baud, software flow control".to_owned())
    }
}

#[tokio::test(start_paused = true)]
async fn a_mute_line_is_told_in_plain_words_and_other_settings_are_tried() {
    let asked = Arc::default();
    let mute = Mute {
        asked: Arc::clone(&asked),
        ends: Vec::new(),
    };
    let mut radio = spawn(ZigbeeConfig::new(Box::new(mute)), None, vec![], Tap::none());
    let Some(Event::RadioDown { reason, .. }) = radio.events.recv().await else {
        panic!("the radio is down")
    };
    assert!(reason.contains("/dev/ttyUSB0"), "{reason}");
    assert!(reason.contains("115200 baud"), "{reason}");
    sleep(Duration::from_secs(60)).await;
    assert!(asked.load(std::sync::atomic::Ordering::Relaxed) > 2);
    assert!(radio.events.try_recv().is_err(), "told once");
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
