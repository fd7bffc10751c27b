//! What Hearth's own sentences make of what people say, as a transcript: words → intent and slots.

#![expect(clippy::unwrap_used)] // helpers of tests

mod transcript;

use intents::{Area, Context, Engine, Entity, Home, NoMatch};
use transcript::show;

fn entity(name: &str, aliases: &[&str], domain: &str, area: Option<&str>) -> Entity {
    Entity {
        id: name.to_lowercase().replace(' ', "_"),
        name: name.to_owned(),
        aliases: aliases.iter().map(|a| (*a).to_owned()).collect(),
        domain: domain.to_owned(),
        area: area.map(str::to_owned),
    }
}

fn home() -> Home {
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
            entity("Bedroom Lamp", &["침실 스탠드"], "light", Some("Bedroom")),
            entity("Climate", &["온습도계"], "sensor", Some("Living Room")),
            entity("Heater Plug", &["히터"], "switch", Some("Living Room")),
            entity("Blind", &["블라인드"], "cover", Some("Bedroom")),
        ],
    }
}

fn engine(language: &str) -> Engine {
    let mut engine = Engine::new(language).unwrap();
    engine.set_home(&home());
    engine
}

/// `HassTurnOn name=Bedroom Lamp`, or the reason why not.
fn told(engine: &Engine, sentence: &str, area: Option<&str>) -> String {
    let context = Context {
        area: area.map(str::to_owned),
        more: Vec::new(),
    };
    match engine.recognize(sentence, &context) {
        Ok(found) => show(&found),
        Err(reason) => format!("! {reason}"),
    }
}

fn check(language: &str, area: Option<&str>, transcript: &[(&str, &str)]) {
    let engine = engine(language);
    let wrong: Vec<String> = transcript
        .iter()
        .map(|(said, meant)| (said, meant, told(&engine, said, area)))
        .filter(|(_, meant, got)| *meant != got)
        .map(|(said, meant, got)| format!("{said:?}\n  meant {meant}\n  got   {got}"))
        .collect();
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

#[test]
fn english() {
    check(
        "en",
        None,
        &[
            ("turn on the bedroom lamp", "HassTurnOn name=Bedroom Lamp"),
            (
                "Please turn the Bedroom Lamp off.",
                "HassTurnOff name=Bedroom Lamp",
            ),
            ("bedroom lamp on", "HassTurnOn name=Bedroom Lamp"),
            ("toggle heater plug", "HassToggle name=Heater Plug"),
            (
                "switch off the lights in the kitchen",
                "HassTurnOff area=Kitchen domain=light",
            ),
            (
                "turn on the living room lights",
                "HassTurnOn area=Living Room domain=light",
            ),
            ("turn off all the lights", "HassTurnOff domain=light"),
            ("turn everything off", "HassTurnOff name=all"),
            (
                "turn off everything in the kitchen",
                "HassTurnOff area=Kitchen name=all",
            ),
            (
                "set bedroom lamp to 50%",
                "HassLightSet brightness=50 name=Bedroom Lamp",
            ),
            (
                "set the bedroom lamp brightness to fifty percent",
                "HassLightSet brightness=50 name=Bedroom Lamp",
            ),
            (
                "set the brightness of the bedroom lamp to twenty-five",
                "HassLightSet brightness=25 name=Bedroom Lamp",
            ),
            (
                "bedroom lamp to maximum brightness",
                "HassLightSet brightness=100 name=Bedroom Lamp",
            ),
            (
                "set the kitchen lights to 30 percent",
                "HassLightSet area=Kitchen brightness=30 domain=light",
            ),
            (
                "make the bedroom lamp brighter",
                "HassLightSet brightness_step=20 name=Bedroom Lamp",
            ),
            (
                "dim the bedroom lamp",
                "HassLightSet brightness_step=-20 name=Bedroom Lamp",
            ),
            (
                "dim the bedroom lamp by ten percent",
                "HassLightSet brightness_step=-10 name=Bedroom Lamp",
            ),
            (
                "set the bedroom lamp to warm white",
                "HassLightSet name=Bedroom Lamp temperature=2700",
            ),
            (
                "make the bedroom lamp cold",
                "HassLightSet name=Bedroom Lamp temperature=5500",
            ),
            (
                "set bedroom lamp to 2700 kelvin",
                "HassLightSet name=Bedroom Lamp temperature=2700",
            ),
            (
                "set bedroom lamp to 300 mired",
                "HassLightSet mired=300 name=Bedroom Lamp",
            ),
            (
                "make the bedroom lamp warmer",
                "HassLightSet name=Bedroom Lamp temperature_step=-500",
            ),
            (
                "what is the temperature in the living room?",
                "HassClimateGetTemperature area=Living Room",
            ),
            (
                "what's the temperature of climate",
                "HassClimateGetTemperature name=Climate",
            ),
            ("what's the temperature", "HassClimateGetTemperature"),
            (
                "how humid is it in the bedroom",
                "HassGetState area=Bedroom device_class=humidity domain=sensor",
            ),
            ("open the blind", "HassTurnOn name=Blind"),
            ("close the blind", "HassTurnOff name=Blind"),
            (
                "is the bedroom lamp on",
                "HassGetState name=Bedroom Lamp state=on",
            ),
            ("turn on the garage lamp", "! no device called 'garage'"),
            (
                "turn on climate",
                "! 'Climate' is a sensor: that cannot be done with it",
            ),
            (
                "what is the temperature in the attic",
                "! no area called 'attic'",
            ),
            (
                "set bedroom lamp to 500%",
                "! 500 is out of range (0 to 100)",
            ),
            ("tell me a story about dragons", "! that was not understood"),
            ("", "! nothing was said"),
            ("...", "! nothing was said"),
        ],
    );
}

#[test]
fn english_in_a_room() {
    check(
        "en",
        Some("Kitchen"),
        &[
            ("turn on the light", "HassTurnOn area=Kitchen domain=light"),
            ("lights out", "HassTurnOff area=Kitchen domain=light"),
            (
                "turn off the lights in the bedroom",
                "HassTurnOff area=Bedroom domain=light",
            ),
            ("turn on all the lights", "HassTurnOn domain=light"),
            (
                "brighter",
                "HassLightSet area=Kitchen brightness_step=20 domain=light",
            ),
            (
                "set the brightness to 40",
                "HassLightSet area=Kitchen brightness=40 domain=light",
            ),
            (
                "how warm is it in here",
                "HassClimateGetTemperature area=Kitchen",
            ),
        ],
    );
}

#[test]
fn korean() {
    check(
        "ko",
        None,
        &[
            ("침실 불 켜 줘", "HassTurnOn area=Bedroom domain=light"),
            ("침실 불 꺼줘", "HassTurnOff area=Bedroom domain=light"),
            ("침실불꺼줘", "HassTurnOff area=Bedroom domain=light"),
            (
                "침실에 있는 불을 좀 꺼 주세요",
                "HassTurnOff area=Bedroom domain=light",
            ),
            ("침실 스탠드 켜줘", "HassTurnOn name=Bedroom Lamp"),
            ("히터 꺼", "HassTurnOff name=Heater Plug"),
            (
                "거실 온도 알려 줘",
                "HassClimateGetTemperature area=Living Room",
            ),
            (
                "거실 온도 몇 도야",
                "HassClimateGetTemperature area=Living Room",
            ),
            (
                "습도 몇 퍼센트야",
                "HassGetState device_class=humidity domain=sensor",
            ),
            ("모든 조명 꺼줘", "HassTurnOff domain=light"),
            ("다 꺼 줘", "HassTurnOff name=all"),
            (
                "거실 조명 밝기 오십 퍼센트로 설정해줘",
                "HassLightSet area=Living Room brightness=50 domain=light",
            ),
            (
                "침실 스탠드 밝기 삼십 퍼센트로 내려줘",
                "HassLightSet brightness=30 name=Bedroom Lamp",
            ),
            (
                "침실 스탠드 이십오로 맞춰줘",
                "HassLightSet brightness=25 name=Bedroom Lamp",
            ),
            (
                "침실 스탠드 더 밝게 해줘",
                "HassLightSet brightness_step=20 name=Bedroom Lamp",
            ),
            (
                "침실 스탠드 따뜻한 색으로 바꿔줘",
                "HassLightSet name=Bedroom Lamp temperature=2700",
            ),
            (
                "침실 스탠드 2700켈빈으로 설정해줘",
                "HassLightSet name=Bedroom Lamp temperature=2700",
            ),
            (
                "거실 조명 파란색으로 변경해줘",
                "HassLightSet area=Living Room color=blue domain=light",
            ),
            ("블라인드 올려줘", "HassTurnOn name=Blind"),
            ("블라인드 닫아줘", "HassTurnOff name=Blind"),
            (
                "온도 이십사도로 맞춰줘",
                "HassClimateSetTemperature temperature=24",
            ),
        ],
    );
}

#[test]
fn a_match_shows_where_its_slots_were_said() {
    let engine = engine("en");
    let said = "Hey, set the  Bedroom Lamp to 50%!";
    let found = engine.recognize(said, &Context::default()).unwrap();
    let shown = |slot: &str| {
        let (from, to) = found.slot(slot).unwrap().span.unwrap();
        &said[from..to]
    };
    assert_eq!(shown("name"), "Bedroom Lamp");
    assert_eq!(shown("brightness"), "50");
    assert_eq!(found.slot("name").unwrap().ids, ["bedroom_lamp"]);
    assert!(found.explanation.source.starts_with("en.yaml:"));
    assert_eq!(found.explanation.compared, "set the Bedroom Lamp to 50%");
}

#[test]
fn hostile_sentences_cost_a_bounded_amount() {
    let engine = engine("en");
    for hostile in [
        "turn on ".repeat(60),
        "the ".repeat(120),
        "on all the lights in the bedroom ".repeat(14),
    ] {
        let answer = engine.recognize(&hostile, &Context::default());
        assert!(answer.is_err(), "{answer:?}");
    }
    let long = "turn on the bedroom lamp ".repeat(1000);
    assert!(matches!(
        engine.recognize(&long, &Context::default()),
        Err(NoMatch::TooLong(_))
    ));
}

#[test]
fn a_user_s_sentences_come_before_our_own() {
    let place = tempfile::tempdir().unwrap();
    let folder = place.path();
    std::fs::create_dir_all(folder.join("en")).unwrap();
    std::fs::write(
        folder.join("en/mine.yaml"),
        "language: en\nintents:\n  GoodNight:\n    data:\n      - sentences:\n          - good night\n          - \"turn off [the] {name}\"\n",
    )
    .unwrap();
    let mut engine = Engine::open("en", Some(folder)).unwrap();
    engine.set_home(&home());
    assert_eq!(told(&engine, "good night", None), "GoodNight");
    assert_eq!(
        told(&engine, "turn off the heater plug", None),
        "GoodNight name=Heater Plug"
    );
    assert_eq!(
        told(&engine, "turn on the heater plug", None),
        "HassTurnOn name=Heater Plug"
    );

    std::fs::write(
        folder.join("en/mine.yaml"),
        "intents:\n  X:\n    data:\n      - sentences: [\"good (night\"]\n",
    )
    .unwrap();
    let error = Engine::open("en", Some(folder)).unwrap_err().to_string();
    assert_eq!(
        error,
        "mine.yaml:4: column 6: this ( is not closed in `good (night`"
    );
}

/// What a recogniser is told to expect is understood, every sentence of it that is drawn.
#[test]
fn what_is_listened_for_is_understood() {
    let engine = engine("ko");
    let samples = engine.letters().unwrap().samples(300);
    assert!(samples.len() > 200);
    let context = Context {
        area: Some("x".to_owned()),
        more: Vec::new(),
    };
    let wrong: Vec<&String> = samples
        .iter()
        .filter(|said| engine.understand_all(said, &context, None).is_err())
        .collect();
    assert!(wrong.is_empty(), "{wrong:#?}");
}
