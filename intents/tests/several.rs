//! Several things in one breath, as a transcript: a sentence and the commands in it.

#![allow(clippy::unwrap_used)] // helpers of tests

use intents::{Area, Context, Engine, Entity, Home, Match};

fn home() -> Home {
    let aliases = |all: &[&str]| all.iter().map(|a| (*a).to_owned()).collect();
    let entity = |name: &str, all: &[&str], domain: &str| Entity {
        id: name.to_lowercase(),
        name: name.to_owned(),
        aliases: aliases(all),
        domain: domain.to_owned(),
        area: None,
    };
    let area = |name: &str, all: &[&str]| Area {
        name: name.to_owned(),
        aliases: aliases(all),
    };
    Home {
        areas: vec![
            area("Bedroom", &["침실", "卧室", "Schlafzimmer", "phòng ngủ"]),
            area("Kitchen", &["주방", "厨房", "Küche", "nhà bếp"]),
            area("Hall", &["현관", "走廊", "Flur", "hành lang"]),
        ],
        floors: Vec::new(),
        entities: vec![
            entity("Lamp", &["스탠드", "台灯", "Stehlampe", "đèn bàn"], "light"),
            entity("Fan", &["선풍기", "风扇", "Ventilator", "quạt"], "fan"),
            entity("Heater", &["히터", "暖器", "Heizer", "máy sưởi"], "switch"),
        ],
    }
}

fn show(found: &Match) -> String {
    let mut slots: Vec<String> = found
        .slots
        .iter()
        .map(|slot| format!(" {}={}", slot.name, slot.value))
        .collect();
    slots.sort();
    found.intent.clone() + &slots.concat()
}

fn check(language: &str, transcript: &[(&str, &[&str])]) {
    let mut engine = Engine::new(language).unwrap();
    engine.set_home(&home());
    let mut before: Option<Match> = None;
    let mut wrong = Vec::new();
    for (said, meant) in transcript {
        let got = engine.understand_all(said, &Context::default(), before.as_ref());
        let shown: Vec<String> = match &got {
            Ok(all) => all.iter().map(show).collect(),
            Err(reason) => vec![format!("! {reason}")],
        };
        if shown != *meant {
            wrong.push(format!("{said:?}\n  meant {meant:?}\n  got   {shown:?}"));
        }
        before = got.ok().and_then(|mut all| all.pop());
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

#[test]
fn english() {
    check(
        "en",
        &[
            (
                "turn on the lamp and turn off the fan",
                &["HassTurnOn name=Lamp", "HassTurnOff name=Fan"],
            ),
            (
                "turn on the lamp and the fan",
                &["HassTurnOn name=Lamp", "HassTurnOn name=Fan"],
            ),
            (
                "turn off the lights in the kitchen and the bedroom",
                &[
                    "HassTurnOff area=Kitchen domain=light",
                    "HassTurnOff area=Bedroom domain=light",
                ],
            ),
            (
                "turn on the lamp and the fan and the heater",
                &[
                    "HassTurnOn name=Lamp",
                    "HassTurnOn name=Fan",
                    "HassTurnOn name=Heater",
                ],
            ),
            (
                "turn off all the lights except in the kitchen",
                &["HassTurnOff domain=light except_area=Kitchen"],
            ),
            (
                "turn off everything except the heater",
                &["HassTurnOff except_name=Heater name=all"],
            ),
            ("turn on the lamp", &["HassTurnOn name=Lamp"]),
            (
                "set it to 50 percent",
                &["HassLightSet brightness=50 name=Lamp"],
            ),
            (
                "turn on the lamp and set it to fifty percent",
                &[
                    "HassTurnOn name=Lamp",
                    "HassLightSet brightness=50 name=Lamp",
                ],
            ),
            (
                "turn on the lamp and buy some milk",
                &["! that was not understood"],
            ),
            ("bread and butter", &["! that was not understood"]),
        ],
    );
}

#[test]
fn other_languages() {
    check(
        "ko",
        &[
            (
                "스탠드 켜고 선풍기 꺼줘",
                &["HassTurnOn name=Lamp", "HassTurnOff name=Fan"],
            ),
            (
                "거실이랑 침실 불 꺼줘",
                &["! no area called '거실이랑침실'"],
            ),
            (
                "주방이랑 침실 불 꺼줘",
                &[
                    "HassTurnOff area=Kitchen domain=light",
                    "HassTurnOff area=Bedroom domain=light",
                ],
            ),
            (
                "주방 빼고 모든 불 꺼줘",
                &["HassTurnOff domain=light except_area=Kitchen"],
            ),
        ],
    );
    check(
        "zh",
        &[
            (
                "打开台灯然后关掉风扇",
                &["HassTurnOn name=Lamp", "HassTurnOff name=Fan"],
            ),
            (
                "打开台灯和风扇",
                &["HassTurnOn name=Lamp", "HassTurnOn name=Fan"],
            ),
            (
                "除了厨房以外关掉所有的灯",
                &["HassTurnOff domain=light except_area=Kitchen"],
            ),
        ],
    );
    check(
        "de",
        &[
            (
                "mach die Stehlampe an und den Ventilator aus",
                &["HassTurnOn name=Lamp", "HassTurnOff name=Fan"],
            ),
            (
                "mach alle Lichter aus außer in der Küche",
                &["HassTurnOff domain=light except_area=Kitchen"],
            ),
            (
                "schalte die Stehlampe und den Ventilator ein",
                &["HassTurnOn name=Lamp", "HassTurnOn name=Fan"],
            ),
        ],
    );
    check(
        "vi",
        &[
            (
                "bật đèn bàn và tắt quạt",
                &["HassTurnOn name=Lamp", "HassTurnOff name=Fan"],
            ),
            (
                "tắt tất cả đèn trừ nhà bếp",
                &["HassTurnOff domain=light except_area=Kitchen"],
            ),
        ],
    );
}
