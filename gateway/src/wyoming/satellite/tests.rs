//! Conversations with satellites, as transcripts.

use super::*;
use crate::wyoming::message::{Format, Info};
use intents::voice::{StreamEvent, Utterance};
use serde_json::json;

const SOUND: Format = Format {
    rate: 16_000,
    width: 2,
    channels: 1,
    timestamp: None,
};

const fn at(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

/// What is done, in short.
fn short(todo: &[Do]) -> String {
    let words: Vec<String> = todo
        .iter()
        .map(|act| match act {
            Do::Send(Message::Transcript(text)) => {
                format!("transcript={}", text.text.clone().unwrap_or_default())
            }
            Do::Send(message) => message.kind().to_owned(),
            Do::Play(earcon) => format!("{earcon:?}"),
            Do::Speak(reply) => format!("say={}", reply.text),
            Do::Open { wake, again, .. } => format!("open{wake:?}{again}"),
            Do::Hear(samples) => format!("hear{}", samples.len()),
            Do::End => "end".to_owned(),
            Do::Drop => "drop".to_owned(),
            Do::Tell(utterance) => format!("tell={}", utterance.text),
            Do::Leave(why) => format!("leave: {why}"),
        })
        .collect();
    words.join(" ")
}

/// A satellite that has said what it is.
fn greeted(wake: &[&str]) -> Satellite {
    let wake = wake.iter().map(|word| (*word).to_owned()).collect();
    let (mut satellite, todo) = Satellite::new(wake, "ko".to_owned(), at(0));
    assert_eq!(short(&todo), "describe");
    let info = json!({"satellite": {"name": "Kitchen", "area": null}, "asr": []});
    let info = Message::Info(Info {
        programs: info.as_object().cloned().unwrap(),
    });
    assert_eq!(short(&satellite.came(info, &[], at(0))), "run-satellite");
    satellite
}

fn run(start: &str) -> Message {
    Message::RunPipeline(RunPipeline {
        start_stage: start.to_owned(),
        end_stage: "tts".to_owned(),
        ..RunPipeline::default()
    })
}

fn sound(satellite: &mut Satellite, seconds: u64) -> String {
    short(&satellite.came(Message::AudioChunk(SOUND), &[0; 640], at(seconds)))
}

fn heard(text: &str) -> StreamEvent {
    StreamEvent::Final(Utterance {
        text: text.to_owned(),
        ..Utterance::default()
    })
}

fn reply(text: &str, confirm: bool) -> Reply {
    Reply {
        text: text.to_owned(),
        language: None,
        ok: true,
        confirm,
    }
}

/// It sends all its sound, and the wake word is found in it here.
#[test]
fn a_satellite_that_always_streams() {
    let mut it = greeted(&["okay_nabu"]);
    assert_eq!(sound(&mut it, 1), "", "nothing was asked for yet");
    assert_eq!(short(&it.came(run("wake"), &[], at(1))), "detect");
    assert_eq!(sound(&mut it, 1), r#"open["okay_nabu"]true hear320"#);
    assert_eq!(sound(&mut it, 2), "hear320");
    let woken = it.heard(StreamEvent::Woken("okay_nabu".to_owned()), at(2));
    assert_eq!(short(&woken), "detection transcribe Woken");
    assert_eq!(
        short(&it.heard(StreamEvent::Speech, at(3))),
        "voice-started"
    );
    assert_eq!(
        short(&it.heard(heard("불 켜 줘"), at(4))),
        "voice-stopped tell=불 켜 줘"
    );
    let verdict = Verdict::Sentence("불 켜 줘".to_owned());
    assert_eq!(short(&it.said(verdict, at(4))), "");
    assert_eq!(
        short(&it.reply(reply("켰어요", false), at(4))),
        "transcript=불 켜 줘 say=켰어요"
    );
    assert_eq!(
        short(&it.speaking(Some("켰어요"), at(1), at(4))),
        "synthesize"
    );
    assert_eq!(sound(&mut it, 5), "hear320", "it listens all the time");
    // Talk without the wake word is nobody's business, and no reason for a tone.
    assert_eq!(short(&it.heard(heard(""), at(9))), "voice-stopped");
}

/// It woke by itself, and stops sending when it is told what was heard.
#[test]
fn a_satellite_that_wakes_by_itself() {
    let mut it = greeted(&[]);
    assert_eq!(short(&it.came(run("asr"), &[], at(1))), "transcribe");
    assert_eq!(sound(&mut it, 1), "open[]false hear320");
    it.heard(StreamEvent::Speech, at(1));
    it.heard(heard("불 켜 줘"), at(2));
    assert_eq!(sound(&mut it, 2), "", "one command was asked for");
    it.said(Verdict::Sentence("불 켜 줘".to_owned()), at(2));
    // The devices do not answer: it is released all the same.
    assert_eq!(short(&it.tick(at(5))), "transcript=불 켜 줘");
    assert_eq!(
        short(&it.reply(reply("켰어요", false), at(6))),
        "say=켰어요"
    );
}

/// A button was pressed in its room: the next words count, and then the wake word is wanted again.
#[test]
fn a_satellite_that_is_called() {
    let mut it = greeted(&["okay_nabu"]);
    assert_eq!(short(&it.called(at(1))), "", "it is not listened to yet");
    it.came(run("wake"), &[], at(1));
    sound(&mut it, 1);
    let called = short(&it.called(at(2)));
    assert!(called.starts_with("Woken drop"), "{called}");
    assert_eq!(sound(&mut it, 2), "open[]false hear320");
    it.heard(StreamEvent::Speech, at(3));
    let said = short(&it.heard(heard("불 켜 줘"), at(4)));
    assert!(said.contains("tell=불 켜 줘"), "{said}");
    it.said(Verdict::Sentence("불 켜 줘".to_owned()), at(4));
    it.reply(reply("켰어요", false), at(4));
    it.speaking(Some("켰어요"), at(1), at(4));
    let next = (5..12)
        .map(|second| sound(&mut it, second))
        .find(|todo| todo.contains("open"));
    assert_eq!(next.as_deref(), Some(r#"open["okay_nabu"]true hear320"#));
}

#[test]
fn who_says_nothing_after_the_wake_word_is_told_so() {
    let mut it = greeted(&[]);
    it.came(run("asr"), &[], at(1));
    sound(&mut it, 1);
    assert_eq!(it.deadline(), at(9));
    assert_eq!(
        short(&it.tick(at(9))),
        "error NotUnderstood transcript= drop"
    );
}

#[test]
fn a_question_is_listened_to_without_a_wake_word() {
    let mut it = greeted(&["okay_nabu"]);
    it.came(run("wake"), &[], at(1));
    sound(&mut it, 1);
    it.heard(StreamEvent::Woken("okay_nabu".to_owned()), at(2));
    it.heard(heard("문 열어 줘"), at(3));
    it.said(Verdict::Sentence("문 열어 줘".to_owned()), at(3));
    assert_eq!(
        short(&it.reply(reply("정말요?", true), at(3))),
        "say=정말요?",
        "the satellite is not told that it is over"
    );
    assert_eq!(
        short(&it.speaking(Some("정말요?"), at(1), at(3))),
        "synthesize drop transcribe"
    );
    assert_eq!(sound(&mut it, 4), "", "its own voice");
    assert_eq!(sound(&mut it, 5), "open[]false hear320");
    it.heard(heard("네"), at(6));
    it.said(Verdict::Sentence("네".to_owned()), at(6));
    assert_eq!(
        short(&it.reply(reply("열었어요", false), at(6))),
        "transcript=네 detect say=열었어요"
    );
    assert_eq!(sound(&mut it, 7), r#"open["okay_nabu"]true hear320"#);
}

#[test]
fn sound_may_end_and_begin_again() {
    let mut it = greeted(&[]);
    assert_eq!(short(&it.came(run("wake"), &[], at(1))), "transcribe");
    assert_eq!(sound(&mut it, 1), "open[]true hear320");
    let stop = Message::AudioStop(At::default());
    assert_eq!(short(&it.came(stop, &[], at(2))), "end");
    assert_eq!(short(&it.heard(heard(""), at(2))), "voice-stopped");
    assert_eq!(short(&it.came(run("wake"), &[], at(3))), "drop transcribe");
    assert_eq!(sound(&mut it, 3), "open[]true hear320");
}

#[test]
fn a_broken_stream_is_opened_again_but_not_at_once() {
    let mut it = greeted(&[]);
    it.came(run("wake"), &[], at(1));
    sound(&mut it, 1);
    let error = StreamEvent::Error("the speech worker ended".to_owned());
    assert_eq!(short(&it.heard(error, at(2))), "drop");
    assert_eq!(sound(&mut it, 3), "");
    assert_eq!(sound(&mut it, 4), "open[]true hear320");
    assert_eq!(short(&it.lost(at(5))), "drop");
    assert_eq!(sound(&mut it, 5), "open[]true hear320");
}

#[test]
fn what_is_no_satellite_is_left() {
    let (mut it, _) = Satellite::new(Vec::new(), "en".to_owned(), at(0));
    let info = Message::Info(Info::default());
    assert_eq!(
        short(&it.came(info, &[], at(0))),
        "leave: it is no satellite"
    );
    assert_eq!(short(&it.tick(at(10))), "leave: it does not say what it is");
    let mut it = greeted(&[]);
    it.came(Message::Pong(Echo::default()), &[], at(1));
    assert_eq!(short(&it.tick(at(10))), "ping");
    assert_eq!(
        short(&it.tick(at(26))),
        "leave: it does not answer any more"
    );
    let mut it = greeted(&[]);
    it.came(run("asr"), &[], at(1));
    let odd = Message::AudioChunk(Format { rate: 1, ..SOUND });
    assert_eq!(
        short(&it.came(odd, &[0; 64], at(1))),
        "leave: its sound cannot be used"
    );
}

/// Whatever comes in whatever order: sound goes only where a stream is open, and nothing panics.
fn any() -> impl proptest::strategy::Strategy<Value = Vec<(u8, u16)>> {
    proptest::collection::vec((proptest::prelude::any::<u8>(), 0_u16..3000), 0..80)
}

proptest::proptest! {
    #[test]
    fn any_order_of_events_is_survived(steps in any(), wake in proptest::prelude::any::<bool>()) {
        let mut it = greeted(if wake { &["okay_nabu"] } else { &[] });
        let mut now = at(0);
        let mut open = false;
        for (what, ms) in steps {
            now += Duration::from_millis(ms.into());
            let todo = match what % 16 {
                0 => it.came(run("wake"), &[], now),
                1 => it.came(run("asr"), &[], now),
                2 => it.came(Message::AudioStop(At::default()), &[], now),
                3 => it.came(Message::Played(Nothing {}), &[], now),
                4 => it.came(Message::Detection(Detection::default()), &[], now),
                5 if open => it.heard(StreamEvent::Woken("x".to_owned()), now),
                6 if open => it.heard(StreamEvent::Speech, now),
                7 if open => it.heard(heard("on"), now),
                8 if open => it.heard(heard(""), now),
                9 if open => it.heard(StreamEvent::Error("no".to_owned()), now),
                10 => it.said(Verdict::Nothing, now),
                11 => it.said(Verdict::Sentence("on".to_owned()), now),
                12 => it.reply(reply("yes", what > 128), now),
                13 => it.speaking(Some("yes"), at(1), now),
                14 => it.lost(now),
                15 => it.tick(now),
                _ => it.came(Message::AudioChunk(SOUND), &[0; 64], now),
            };
            for act in todo {
                match act {
                    Do::Open { .. } => open = true,
                    Do::Drop => open = false,
                    Do::Hear(_) => assert!(open),
                    _ => {}
                }
            }
        }
    }
}
