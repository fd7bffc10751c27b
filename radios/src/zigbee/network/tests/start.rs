//! How a network comes up: formed, resumed, restored, refused; lines at whose end nobody answers.

use tokio::time::Instant;

use super::*;

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

/// A port without a stick.
struct Empty;

impl Source for Empty {
    fn name(&self) -> String {
        "auto".to_owned()
    }

    fn open(&mut self) -> Opening<'_> {
        Box::pin(async { Err(std::io::Error::other("no Zigbee stick is plugged in")) })
    }
}

#[tokio::test(start_paused = true)]
async fn what_cannot_be_opened_names_itself() {
    let config = ZigbeeConfig::new(Box::new(Empty));
    let mut radio = spawn(config, None, vec![], Tap::none());
    let Some(Event::RadioDown { reason, .. }) = radio.events.recv().await else {
        panic!("the radio is down")
    };
    assert_eq!(reason, "no Zigbee stick is plugged in; trying again");
}
