//! Wake words, heard by Hearth's own runtime in the sound of real satellites and of Home Assistant's kind of caller.

#![expect(clippy::panic)]

use std::time::Duration;

use serde_json::Value as Json;
use tests::broker::free_port;
use tests::satellite::Way;
use tests::spoken::{Peer, listening, recording};
use tests::{House, Satellite, places};

const ON_OFF: u16 = 0x0006;

/// Quiet before somebody speaks, and between what is no one sentence.
const QUIET: Duration = Duration::from_millis(600);
const LATER: Duration = Duration::from_secs(2);

/// Samples of the tones for "speak" and "not understood", and what is certainly more than one of them.
const WOKEN: usize = 1984;
const SORRY: usize = 6615;

/// How many messages on `topic` came from `source`.
fn told(house: &House, topic: &str, source: &str) -> usize {
    let from = |m: &tests::client::Message| m.topic == topic && m.json()["source"] == source;
    house.client.seen().iter().filter(|m| from(m)).count()
}

/// Samples that a satellite was told to play, waited for.
async fn played(satellite: &Satellite, samples: usize) -> usize {
    for _ in 0..400 {
        if satellite.played().len() >= 2 * samples {
            break;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    satellite.played().len() / 2
}

/// Waits for the satellite to be told that it is over.
async fn over(satellite: &Satellite, times: usize) {
    for _ in 0..600 {
        if satellite.log().matches("type='transcript'").count() >= times {
            return;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("{times} transcripts did not come:\n{}", satellite.log());
}

/// Two satellites that send all their sound. The lamp goes on when the wake word was said before, at that satellite,
/// and at no other time.
#[tokio::test]
async fn only_what_follows_the_wake_word_counts() {
    let (Some(models), Some(kitchen), Some(hall)) = (
        places::test_data("wake/models"),
        Satellite::start(Way::Always),
        Satellite::start(Way::Always),
    ) else {
        return;
    };
    let more = format!(
        "wake = [\"okay_nabu\"]\nwake_folder = {models:?}\n\n\
         [voice.satellites.kitchen]\nserver = {:?}\nroom = \"침실\"\nwake = [\"okay_nabu\"]\n\n\
         [voice.satellites.hall]\nserver = {:?}\n",
        kitchen.server(),
        hall.server()
    );
    let Some(house) = listening(&more).await else {
        return;
    };
    let (wake, command) = (recording("okay-nabu.wav"), recording("bedroom-on.wav"));
    house.client.forget();
    let before = house.settled().await;

    // The command alone, in both rooms; then, while the hall goes on talking, with the wake word in the kitchen.
    hall.hear_all(&[
        (QUIET, &command),
        (LATER, &command),
        (QUIET, &command),
        (LATER, &command),
    ]);
    kitchen.hear_all(&[(QUIET, &command), (LATER, &wake), (QUIET, &command)]);
    let commands = house.arrived("lamp", ON_OFF, before).await;
    assert_eq!(commands.len(), 1, "{commands:?}");
    assert_eq!(commands[0].command, 1);
    let heard = house
        .client
        .expect("hearth/voice/heard", |heard| heard["text"].is_string())
        .await;
    assert_eq!(heard["source"], "satellite:kitchen");
    assert_eq!(heard["room"], "침실");
    house
        .client
        .expect("hearth/voice/answer", |a| a["ok"] == true)
        .await;
    let tones = played(&kitchen, 2 * WOKEN).await;
    assert!(tones >= 2 * WOKEN, "the tone and the answer: {tones}");
    let log = kitchen.log();
    assert!(log.contains("Wake word detected"), "{log}");

    // Somebody calls and then says nothing: told so after a while; what comes later is again nobody's business.
    let transcripts = kitchen.log().matches("type='transcript'").count();
    let so_far = kitchen.played().len() / 2;
    kitchen.hear_all(&[(QUIET, &wake)]);
    let tones = played(&kitchen, so_far + WOKEN + SORRY).await - so_far;
    assert!(
        (WOKEN + SORRY..WOKEN + SORRY + 1000).contains(&tones),
        "{tones}"
    );
    over(&kitchen, transcripts + 1).await;
    kitchen.hear_all(&[(QUIET, &command), (LATER, &wake), (QUIET, &command)]);
    let heard = house.count().await;
    house.arrived("lamp", ON_OFF, heard).await;
    over(&kitchen, transcripts + 2).await;

    // Nobody in the hall called: nothing was heard there, and no tone disturbed them.
    let commands = house.arrived("lamp", ON_OFF, before).await;
    assert_eq!(commands.len(), 2, "{commands:?}");
    assert_eq!(told(&house, "hearth/voice/heard", "satellite:kitchen"), 2);
    assert_eq!(told(&house, "hearth/voice/heard", "satellite:hall"), 0);
    assert_eq!(hall.played().len(), 0);
    assert!(!hall.log().contains("Wake word detected"));
}

/// A satellite whose wake word service is Hearth: at one port it is woken, at the other it is listened to.
#[tokio::test]
async fn a_satellite_may_be_woken_by_the_gateway() {
    let port = free_port();
    let (Some(models), Some(satellite)) = (
        places::test_data("wake/models"),
        Satellite::start(Way::Server(port)),
    ) else {
        return;
    };
    let more = format!(
        "wake_folder = {models:?}\n\n[voice.wyoming]\nlisten = \"127.0.0.1:{port}\"\n\n\
         [voice.satellites.kitchen]\nserver = {:?}\nroom = \"침실\"\n",
        satellite.server()
    );
    let Some(house) = listening(&more).await else {
        return;
    };
    let (wake, command) = (recording("okay-nabu.wav"), recording("bedroom-on.wav"));
    let before = house.settled().await;
    for round in 1..=2 {
        house.client.forget();
        satellite.hear_all(&[(LATER, &command), (LATER, &wake), (QUIET, &command)]);
        house
            .client
            .expect("hearth/voice/answer", |a| a["ok"] == true)
            .await;
        over(&satellite, round).await;
        assert_eq!(told(&house, "hearth/voice/heard", "satellite:kitchen"), 1);
    }
    let commands = house.arrived("lamp", ON_OFF, before).await;
    assert_eq!(commands.len(), 2, "{commands:?}");
}

/// Wake words for others: offered by name, found as often as they are said.
#[tokio::test]
async fn callers_are_told_of_wake_words() {
    let port = free_port();
    let Some(models) = places::test_data("wake/models") else {
        return;
    };
    let (wake, talk) = (recording("okay-nabu.wav"), recording("bedroom-on.wav"));
    let arguments = [
        &port.to_string(),
        wake.to_str().unwrap(),
        talk.to_str().unwrap(),
    ];
    let Some(mut peer) = Peer::python("wake_peer.py", &arguments.map(|text| text as &str)) else {
        return;
    };
    let more =
        format!("wake_folder = {models:?}\n\n[voice.wyoming]\nlisten = \"127.0.0.1:{port}\"\n");
    let Some(house) = listening(&more).await else {
        return;
    };
    let output = tokio::task::spawn_blocking(move || peer.output().unwrap())
        .await
        .unwrap();
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{errors}");
    let told: Vec<Json> = String::from_utf8(output.stdout)
        .unwrap()
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    let [info, named, any, none, unknown] = told.as_slice() else {
        panic!("{told:?}");
    };
    assert_eq!(
        info["wake"],
        serde_json::json!(["alexa", "hey_jarvis", "hey_mycroft", "okay_nabu"])
    );
    assert_eq!(info["phrases"][3], "okay nabu");
    // Twice in one stream, and when: in the time of the caller's own count, which began at an hour.
    for case in [named, any] {
        let detections = case["detections"].as_array().unwrap();
        let names: Vec<&Json> = detections.iter().map(|d| &d[0]).collect();
        assert_eq!(names, ["okay_nabu", "okay_nabu"], "{case}");
        let times: Vec<u64> = detections.iter().map(|d| d[1].as_u64().unwrap()).collect();
        assert!((3_600_000..3_603_500).contains(&times[0]), "{case}");
        assert!((3_603_500..3_608_000).contains(&times[1]), "{case}");
        assert_eq!(case["not_detected"], false);
    }
    assert_eq!(none["detections"].as_array().unwrap().len(), 0);
    assert_eq!(none["not_detected"], true);
    assert_eq!(unknown["not_detected"], true);
    assert!(
        unknown["error"].as_str().unwrap().contains("okay_nabu"),
        "{unknown}"
    );
    drop(house);
}
