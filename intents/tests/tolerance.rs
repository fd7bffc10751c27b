//! What tolerance understands, and what it leaves alone, as a transcript.

#![expect(clippy::unwrap_used)] // helpers of tests

mod transcript;

use intents::{Area, Context, Engine, Entity, Home};
use transcript::show;

fn home() -> Home {
    let entity = |name: &str, alias: &str, domain: &str, area: &str| Entity {
        id: name.to_lowercase().replace(' ', "_"),
        name: name.to_owned(),
        aliases: vec![alias.to_owned()],
        domain: domain.to_owned(),
        area: Some(area.to_owned()),
    };
    let area = |name: &str, alias: &str| Area {
        name: name.to_owned(),
        aliases: vec![alias.to_owned()],
    };
    Home {
        areas: vec![
            area("Bedroom", "침실"),
            area("Living Room", "거실"),
            area("Kitchen", "주방"),
        ],
        floors: Vec::new(),
        entities: vec![
            entity("Bedroom Lamp", "침실 스탠드", "light", "Bedroom"),
            entity("Climate", "온습도계", "sensor", "Living Room"),
            entity("Heater Plug", "히터", "switch", "Living Room"),
            entity("Television", "텔레비전", "media_player", "Living Room"),
            entity("Blind", "블라인드", "cover", "Bedroom"),
        ],
    }
}

fn engine(language: &str) -> Engine {
    let mut engine = Engine::new(language).unwrap();
    engine.set_home(&home());
    engine.set_tolerant(true);
    engine
}

fn told(engine: &Engine, sentence: &str) -> String {
    match engine.recognize(sentence, &Context::default()) {
        Ok(found) => show(&found),
        Err(_) => "-".to_owned(),
    }
}

fn check(language: &str, transcript: &[(&str, &str)]) {
    let engine = engine(language);
    let wrong: Vec<String> = transcript
        .iter()
        .map(|(said, meant)| (said, meant, told(&engine, said)))
        .filter(|(_, meant, got)| *meant != got)
        .map(|(said, meant, got)| format!("{said:?}\n  meant {meant}\n  got   {got}"))
        .collect();
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

#[test]
fn what_is_nearly_said_is_understood() {
    check(
        "en",
        &[
            // A letter wrong, a sound misheard.
            ("turn on the bedroom lapm", "HassTurnOn name=Bedroom Lamp"),
            ("tunr off the heater plug", "HassTurnOff name=Heater Plug"),
            (
                "swich on the kichen lights",
                "HassTurnOn area=Kitchen domain=light",
            ),
            ("turn off the televison", "HassTurnOff name=Television"),
            // Words nobody knows.
            (
                "kindly turn off the lights in the kitchen thanks",
                "HassTurnOff area=Kitchen domain=light",
            ),
            (
                "be so good and turn on the bedroom lamp",
                "HassTurnOn name=Bedroom Lamp",
            ),
            // Another order.
            (
                "in the kitchen turn the lights off",
                "HassTurnOff area=Kitchen domain=light",
            ),
            // The room of a thing said besides.
            (
                "in the bedroom dim the bedroom lamp",
                "HassLightSet brightness_step=-20 name=Bedroom Lamp",
            ),
        ],
    );
}

#[test]
fn what_is_no_command_stays_none() {
    for (language, talk) in [
        (
            "en",
            &[
                "the weather is really nice today",
                "did you watch the game yesterday",
                "my brother bought a new car",
                "where did I put my keys",
                "call me when you get home",
                "who won the world cup",
                "the lights of the city are beautiful",
                "he turned around and walked away",
                "don't turn on the bedroom lamp",
                "never turn off the heater plug",
                "I already turned off the lights in the kitchen",
                "why did you turn off the television",
                "she left the kitchen light on all night",
                "dinner is in the kitchen",
                "are you coming to the living room",
                "the bedroom is too small for us",
                "I want to paint the bedroom blue",
                "turn left at the next corner",
                "stay tuned for the news at nine",
                "what do you think about that",
                "turn on the garage lamp",
                "turn off the lights except in the kitchen",
            ][..],
        ),
        (
            "ko",
            &[
                "오늘 날씨가 정말 좋네요",
                "어제 경기 봤어",
                "내 열쇠 어디에 뒀어",
                "집에 도착하면 알려줘",
                "도시의 불빛이 아름답다",
                "침실 불 켜지 마",
                "왜 주방 불을 껐어",
                "어제 침실에서 잤어",
                "거실이 너무 좁아",
                "주방에서 밥 먹자",
                "침실 벽을 파란색으로 칠하고 싶어",
            ][..],
        ),
    ] {
        let engine = engine(language);
        let taken: Vec<String> = talk
            .iter()
            .map(|said| (said, told(&engine, said)))
            .filter(|(_, got)| got != "-")
            .map(|(said, got)| format!("{said}: {got}"))
            .collect();
        assert!(taken.is_empty(), "{}", taken.join("\n"));
    }
}

#[test]
fn a_tolerated_sentence_says_what_was_overlooked() {
    let found = engine("en")
        .recognize("kindly turn on the bedroom lapm", &Context::default())
        .unwrap();
    assert_eq!(
        found.explanation.forgiven,
        [
            "not understood: kindly",
            "\"bedroom lapm\" taken for Bedroom Lamp"
        ]
    );
    let found = engine("en")
        .recognize("turn on the bedroom lamp", &Context::default())
        .unwrap();
    assert!(found.explanation.forgiven.is_empty());
}

#[test]
fn what_fits_keeps_its_meaning() {
    let (mut strict, tolerant) = (engine("en"), engine("en"));
    strict.set_tolerant(false);
    for said in [
        "turn on the bedroom lamp",
        "what is the temperature in the living room",
        "set bedroom lamp to 50%",
        "close the blind",
    ] {
        let context = Context::default();
        assert_eq!(
            strict.recognize(said, &context),
            tolerant.recognize(said, &context)
        );
    }
}
