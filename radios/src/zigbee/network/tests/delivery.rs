//! Commands on their way: delivered once, repeated, given up, kept while the dongle is away.

use tokio::time::Instant;

use super::*;

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
