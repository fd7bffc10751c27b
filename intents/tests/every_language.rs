//! Every action of the gateway in every language of Hearth's own, now and for later, as a transcript.

mod transcript;

use intents::{Area, Context, Engine, Entity, Home};
use transcript::show;

/// A home that has everything, with names in five languages.
fn home() -> Home {
    let all = |name: &str, aliases: [&str; 4], domain: &str, area: &str| Entity {
        id: name.to_lowercase().replace(' ', "_"),
        name: name.to_owned(),
        aliases: aliases.iter().map(|a| (*a).to_owned()).collect(),
        domain: domain.to_owned(),
        area: Some(area.to_owned()),
    };
    let area = |name: &str, aliases: [&str; 4]| Area {
        name: name.to_owned(),
        aliases: aliases.iter().map(|a| (*a).to_owned()).collect(),
    };
    Home {
        areas: vec![
            area("Bedroom", ["침실", "卧室", "Schlafzimmer", "phòng ngủ"]),
            area("Kitchen", ["주방", "厨房", "Küche", "nhà bếp"]),
        ],
        floors: Vec::new(),
        entities: vec![
            all(
                "Lamp",
                ["스탠드", "台灯", "Stehlampe", "đèn bàn"],
                "light",
                "Bedroom",
            ),
            all(
                "Blind",
                ["블라인드", "百叶帘", "Rollo", "rèm cửa sổ"],
                "cover",
                "Bedroom",
            ),
            all(
                "Front Door",
                ["현관문", "大门", "Haustür", "cửa chính"],
                "lock",
                "Kitchen",
            ),
            all(
                "Fan",
                ["선풍기", "风扇", "Ventilator", "quạt"],
                "fan",
                "Bedroom",
            ),
            all(
                "Heater",
                ["보일러", "暖器", "Heizkörper", "máy sưởi"],
                "climate",
                "Bedroom",
            ),
            all(
                "Movie Night",
                ["영화", "电影模式", "Filmabend", "xem phim"],
                "scene",
                "Bedroom",
            ),
            all(
                "Sensor",
                ["센서", "传感器", "Fühler", "cảm biến"],
                "sensor",
                "Kitchen",
            ),
        ],
    }
}

#[test]
fn every_action_can_be_said_in_every_language() {
    let meant = [
        "HassTurnOn name=Lamp",
        "HassTurnOff area=Bedroom domain=light",
        "HassTurnOff domain=light",
        "HassTurnOff name=all",
        "HassLightSet brightness=25 name=Lamp",
        "HassLightSet color=blue name=Lamp",
        "HassLightSet name=Lamp temperature=2700",
        "HassTurnOn name=Blind",
        "HassTurnOff area=Bedroom domain=cover",
        "HassSetPosition name=Blind position=50",
        "HassTurnOn name=Front Door",
        "HassTurnOff name=Front Door",
        "HassFanSetSpeed name=Fan percentage=70",
        "HassClimateSetTemperature name=Heater temperature=21.5",
        "HassTurnOn name=Movie Night",
        "HassClimateGetTemperature area=Kitchen",
        "HassGetState area=Kitchen device_class=humidity domain=sensor",
        "HassGetState device_class=battery domain=sensor name=Sensor",
        "HassGetState device_class=window domain=binary_sensor state=open",
        "HassGetState name=Front Door state=locked",
        "HassStartTimer minutes=10",
        "HassCancelTimer",
        "HassStopMoving name=Blind",
        "HassFanSetSpeed name=Fan percentage=100",
        "HassFanSetSpeed name=Fan percentage_step=33",
        "HassClimateSetTemperature name=Heater temperature_step=1",
        "HearthClimateMode mode=auto name=Heater",
        "HassCancelAllTimers",
        "HassPauseTimer",
        "HassUnpauseTimer",
        "HassIncreaseTimer minutes=5",
        "HassTimerStatus",
        "HearthSceneStore name=Movie Night",
        "HassGetState device_class=presence domain=person state=home",
        "HassGetState device_class=battery domain=sensor state=low",
        "HassGetCurrentTime",
        "HassGetCurrentDate",
        "HearthYes",
        "HearthNo",
        "HearthChoose choice=2",
        "HearthChoose state=off",
        "HearthMedia",
        "HassLightSet brightness_step=10 name=Lamp",
    ];
    let said: [(&str, [&str; 43]); 5] = [
        (
            "en",
            [
                "turn on the lamp",
                "turn off the lights in the bedroom",
                "turn off all the lights",
                "turn everything off",
                "set the lamp to twenty-five percent",
                "make the lamp blue",
                "set the lamp to warm white",
                "open the blind",
                "close the blinds in the bedroom",
                "set the blind to 50%",
                "lock the front door",
                "unlock the front door",
                "set the fan to 70 percent",
                "set the heater to 21.5 degrees",
                "activate movie night",
                "how warm is it in the kitchen",
                "how humid is it in the kitchen",
                "what is the battery level of the sensor",
                "is a window open",
                "is the front door locked",
                "set a timer for ten minutes",
                "cancel the timer",
                "stop the blind",
                "set the fan to high",
                "make the fan faster",
                "make the heater warmer",
                "set the heater to auto",
                "cancel all timers",
                "pause the timer",
                "resume the timer",
                "add five minutes to the timer",
                "how much time is left",
                "save this as movie night",
                "is anyone home",
                "are any batteries low",
                "what time is it",
                "what day is it",
                "yes please",
                "no thanks",
                "the second one",
                "turn off",
                "play some music",
                "make the lamp a bit brighter",
            ],
        ),
        (
            "ko",
            [
                "스탠드 켜줘",
                "침실 불 꺼줘",
                "모든 조명 꺼줘",
                "다 꺼 줘",
                "스탠드 밝기 이십오 퍼센트로 설정해줘",
                "스탠드 파란색으로 바꿔줘",
                "스탠드 따뜻한 색으로 바꿔줘",
                "블라인드 열어줘",
                "침실 커튼 닫아줘",
                "블라인드 50퍼센트로 맞춰줘",
                "현관문 잠가줘",
                "현관문 잠금 해제해줘",
                "선풍기 속도 70퍼센트로 맞춰줘",
                "보일러 온도 21.5도로 맞춰줘",
                "영화 모드로 바꿔줘",
                "주방 온도 몇 도야",
                "주방 습도 알려줘",
                "센서 배터리 얼마야",
                "창문 열려 있어",
                "현관문 잠겨 있어",
                "십 분 타이머 맞춰줘",
                "타이머 취소해줘",
                "블라인드 멈춰줘",
                "선풍기 강풍으로 맞춰줘",
                "선풍기 더 세게 틀어줘",
                "보일러 온도 높여줘",
                "보일러 자동 모드로 바꿔줘",
                "모든 타이머 취소해줘",
                "타이머 잠깐 멈춰줘",
                "타이머 다시 시작해줘",
                "타이머 5분 추가해줘",
                "타이머 얼마나 남았어",
                "이대로 영화 모드로 저장해줘",
                "집에 누가 있어",
                "배터리 부족한 기기 있어",
                "지금 몇 시야",
                "오늘 며칠이야",
                "네",
                "아니요",
                "두 번째",
                "꺼 줘",
                "음악 틀어줘",
                "스탠드 조금 더 밝게 해줘",
            ],
        ),
        (
            "zh",
            [
                "打开台灯",
                "把卧室的灯关掉",
                "关掉所有的灯",
                "关掉所有设备",
                "把台灯亮度调到百分之二十五",
                "把台灯调成蓝色",
                "把台灯调成暖光",
                "打开百叶帘",
                "关上卧室的窗帘",
                "把百叶帘调到百分之50",
                "锁上大门",
                "解锁大门",
                "把风扇调到百分之70",
                "把暖器温度调到21.5度",
                "启动电影模式",
                "厨房温度是多少",
                "厨房湿度是多少",
                "传感器的电量是多少",
                "有窗户开着吗",
                "大门锁了吗",
                "设置十分钟的计时器",
                "取消计时器",
                "停下百叶帘",
                "把风扇调到高速",
                "把风扇调快一点",
                "把暖器温度调高一点",
                "把暖器设为自动模式",
                "取消所有计时器",
                "暂停计时器",
                "继续计时器",
                "计时器加五分钟",
                "计时器还剩多久",
                "保存电影模式场景",
                "家里有人吗",
                "哪个设备没电了",
                "现在几点了",
                "今天几号",
                "好的",
                "不用了",
                "第二个",
                "关掉",
                "播放音乐",
                "把台灯稍微亮一点",
            ],
        ),
        (
            "de",
            [
                "mach die Stehlampe an",
                "schalte das Licht im Schlafzimmer aus",
                "mach alle Lichter aus",
                "schalte alles aus",
                "stell die Stehlampe auf fünfundzwanzig Prozent",
                "mach die Stehlampe blau",
                "stell die Stehlampe auf warmweiß",
                "öffne das Rollo",
                "schließe die Vorhänge im Schlafzimmer",
                "stelle das Rollo auf 50 %",
                "schließ die Haustür ab",
                "schließ die Haustür auf",
                "stell den Ventilator auf 70 Prozent",
                "stell den Heizkörper auf 21,5 Grad",
                "starte Filmabend",
                "wie warm ist es in der Küche",
                "wie feucht ist es in der Küche",
                "wie ist der Batteriestand vom Fühler",
                "ist ein Fenster offen",
                "ist die Haustür abgeschlossen",
                "stell einen Timer auf zehn Minuten",
                "stoppe den Timer",
                "stoppe das Rollo",
                "stell den Ventilator auf hoch",
                "mach den Ventilator schneller",
                "mach den Heizkörper wärmer",
                "stell den Heizkörper auf Automatik",
                "lösche alle Timer",
                "halte den Timer an",
                "setz den Timer fort",
                "verlängere den Timer um fünf Minuten",
                "wie lange läuft der Timer noch",
                "speichere das als Filmabend",
                "ist jemand zu Hause",
                "sind Batterien leer",
                "wie spät ist es",
                "welcher Tag ist heute",
                "ja bitte",
                "nein danke",
                "das zweite",
                "aus",
                "spiel Musik",
                "mach die Stehlampe etwas heller",
            ],
        ),
        (
            "vi",
            [
                "bật đèn bàn",
                "tắt đèn phòng ngủ",
                "tắt tất cả các đèn",
                "tắt mọi thứ",
                "chỉnh độ sáng đèn bàn ở mức hai mươi lăm phần trăm",
                "đổi đèn bàn sang màu xanh",
                "chỉnh đèn bàn sang trắng ấm",
                "mở rèm cửa sổ",
                "đóng rèm ở phòng ngủ",
                "chỉnh rèm cửa sổ đến 50%",
                "khóa cửa chính lại",
                "mở khóa cửa chính",
                "chỉnh quạt lên 70 phần trăm",
                "chỉnh máy sưởi lên 21,5 độ",
                "kích hoạt xem phim",
                "nhiệt độ nhà bếp bao nhiêu",
                "độ ẩm trong nhà bếp là bao nhiêu",
                "mức pin của cảm biến là bao nhiêu",
                "có cửa sổ nào đang mở không",
                "cửa chính đã khóa chưa",
                "hẹn giờ mười phút",
                "hủy hẹn giờ",
                "dừng rèm cửa sổ lại",
                "chỉnh quạt ở mức cao",
                "tăng tốc độ quạt",
                "tăng nhiệt độ máy sưởi",
                "chuyển máy sưởi sang chế độ tự động",
                "hủy tất cả hẹn giờ",
                "tạm dừng hẹn giờ",
                "tiếp tục hẹn giờ",
                "thêm năm phút vào hẹn giờ",
                "hẹn giờ còn bao lâu nữa",
                "lưu lại thành cảnh xem phim",
                "có ai ở nhà không",
                "thiết bị nào sắp hết pin",
                "mấy giờ rồi",
                "hôm nay là ngày mấy",
                "vâng",
                "không",
                "cái thứ hai",
                "tắt đi",
                "bật nhạc",
                "chỉnh đèn bàn sáng hơn một chút",
            ],
        ),
    ];
    let mut wrong = Vec::new();
    for (language, sentences) in said {
        let mut engine = Engine::new(language).unwrap();
        engine.set_home(&home());
        for (sentence, meant) in sentences.iter().zip(meant) {
            let got = engine.recognize(sentence, &Context::default());
            let got = got.map_or_else(|reason| format!("! {reason}"), |found| show(&found));
            if got != meant {
                wrong.push(format!("{sentence:?}\n  meant {meant}\n  got   {got}"));
            }
        }
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

/// What several commands, or one for later, come to: `HassTurnOff delay=600 name=Lamp`.
fn all(engine: &Engine, sentence: &str) -> Vec<String> {
    engine
        .understand_all(sentence, &Context::default(), None)
        .map_or_else(
            |reason| vec![format!("! {reason}")],
            |found| found.iter().map(show).collect(),
        )
}

#[test]
fn a_command_may_be_for_later() {
    for (language, sentence) in [
        ("en", "turn off the lamp in ten minutes"),
        ("en", "in 10 minutes turn off the lamp"),
        ("ko", "10분 뒤에 스탠드 꺼 줘"),
        ("zh", "十分钟后关掉台灯"),
        ("de", "mach die Stehlampe in zehn Minuten aus"),
        ("de", "mach die Stehlampe aus in zehn Minuten"),
        ("vi", "tắt đèn bàn sau mười phút nữa"),
    ] {
        let mut engine = Engine::new(language).unwrap();
        engine.set_home(&home());
        engine.set_tolerant(true);
        let meant = ["HassTurnOff delay=600 name=Lamp"];
        assert_eq!(all(&engine, sentence), meant, "{sentence}");
    }
    let mut engine = Engine::new("en").unwrap();
    engine.set_home(&home());
    engine.set_tolerant(true);
    assert_eq!(
        all(
            &engine,
            "turn on the lamp and the fan in one hour and five minutes"
        ),
        [
            "HassTurnOn delay=3900 name=Lamp",
            "HassTurnOn delay=3900 name=Fan"
        ]
    );
    // When alone is no sentence, and talk stays talk.
    for talk in ["in ten minutes", "we will eat in ten minutes", "later"] {
        assert_eq!(all(&engine, talk), ["! that was not understood"], "{talk}");
    }
    assert!(
        engine
            .recognize("in ten minutes", &Context::default())
            .is_err()
    );
}
