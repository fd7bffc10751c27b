//! Several things in one breath, as a transcript: a sentence and the commands in it.

#![expect(clippy::unwrap_used)] // helpers of tests

mod transcript;

use intents::{Area, Context, Engine, Entity, Home, Match};
use transcript::show;

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

/// Times of day: minutes after midnight, `at_either` where it may be noon or midnight that they are told from.
#[test]
fn at_a_time_of_day() {
    let on = |more: &str| format!("HassTurnOn{more} name=Lamp");
    let off = |more: &str| format!("HassTurnOff{more} name=Lamp");
    let wake = |more: &str| format!("HearthWake{more}");
    let transcripts: [(&str, &[(&str, String)]); 5] = [
        (
            "en",
            &[
                (
                    "turn off the lamp at half past ten",
                    off(" at=630 at_either=true"),
                ),
                ("at 7 pm turn on the lamp", on(" at=1140")),
                (
                    "turn on the lamp tomorrow at quarter to seven",
                    on(" at=405 at_day=1 at_either=true"),
                ),
                ("turn on the lamp at 19:30", on(" at=1170")),
                ("turn off the lamp at midnight", off(" at=0")),
                ("turn on the lamp at twelve tonight", on(" at=0")),
                ("wake me at seven", wake(" at=420 at_either=true")),
                (
                    "set an alarm for seven thirty in the morning",
                    wake(" at=450"),
                ),
                (
                    "wake me up tomorrow morning at six",
                    wake(" at=360 at_day=1"),
                ),
            ],
        ),
        (
            "de",
            &[
                ("um 22 Uhr die Stehlampe aus", off(" at=1320")),
                (
                    "schalte die Stehlampe um halb acht an",
                    on(" at=450 at_either=true"),
                ),
                (
                    "schalte die Stehlampe um sieben Uhr abends an",
                    on(" at=1140"),
                ),
                (
                    "weck mich morgen früh um Viertel vor sieben",
                    wake(" at=405 at_day=1"),
                ),
                (
                    "weck mich um sieben Uhr dreißig",
                    wake(" at=450 at_either=true"),
                ),
                (
                    "stell den Wecker auf 6 Uhr 15",
                    wake(" at=375 at_either=true"),
                ),
            ],
        ),
        (
            "ko",
            &[
                ("저녁 7시에 스탠드 켜 줘", on(" at=1140")),
                ("밤 열한 시 반에 스탠드 꺼 줘", off(" at=1410")),
                ("내일 아침 일곱 시에 깨워 줘", wake(" at=420 at_day=1")),
                ("7시 30분에 깨워 줘", wake(" at=450 at_either=true")),
                ("오전 6시 알람 맞춰 줘", wake(" at=360")),
            ],
        ),
        (
            "zh",
            &[
                ("晚上七点打开台灯", on(" at=1140")),
                ("晚上十点半关掉台灯", off(" at=1350")),
                ("明天早上六点一刻叫醒我", wake(" at=375 at_day=1")),
                ("设一个早上七点的闹钟", wake(" at=420")),
                ("中午十二点打开台灯", on(" at=720")),
            ],
        ),
        (
            "vi",
            &[
                ("bật đèn bàn lúc 7 giờ tối", on(" at=1140")),
                ("tắt đèn bàn lúc mười giờ rưỡi tối", off(" at=1350")),
                ("đánh thức tôi lúc 6 giờ sáng mai", wake(" at=360 at_day=1")),
                (
                    "đặt báo thức lúc 7 giờ kém 15",
                    wake(" at=405 at_either=true"),
                ),
            ],
        ),
    ];
    for (language, transcript) in transcripts {
        let meant: Vec<Vec<&str>> = transcript
            .iter()
            .map(|(_, meant)| vec![meant.as_str()])
            .collect();
        let transcript: Vec<(&str, &[&str])> = transcript
            .iter()
            .zip(&meant)
            .map(|((said, _), meant)| (*said, meant.as_slice()))
            .collect();
        check(language, &transcript);
    }
}

/// A time by itself is nothing to do, and not every number is a time.
#[test]
fn a_time_of_day_is_no_command() {
    for (language, said) in [
        ("en", "at seven"),
        ("en", "see you at seven"),
        ("en", "dinner is at half past six"),
        ("de", "um sieben Uhr"),
        ("de", "wir essen um sieben"),
        ("ko", "7시에"),
        ("ko", "7시에 만나"),
        ("zh", "晚上七点"),
        ("zh", "晚上七点吃饭"),
        ("vi", "lúc 7 giờ"),
        ("vi", "gặp nhau lúc 7 giờ"),
    ] {
        let mut engine = Engine::new(language).unwrap();
        engine.set_home(&home());
        engine.set_tolerant(true);
        let got = engine.understand_all(said, &Context::default(), None);
        assert!(got.is_err(), "{said}: {got:?}");
    }
}
