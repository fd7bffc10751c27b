//! The LuCI app in a real browser, on the real daemon, through ubus.
//!
//! LuCI's runtime is the small one in `tests/luci`; with `HEARTH_LUCI` naming a checkout of LuCI it is
//! the real one, and the same test must pass.

// A test that cannot set up its world ends with the reason.
#![expect(clippy::unwrap_used, clippy::expect_used)]

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use radios::sim::SimConfig;
use serde_json::{Map, Value as Json, json};
use tests::luci::{Luci, Sections, Ubusd, app, po};
use tests::{Browser, House};

const ON_OFF: u16 = 0x0006;
const LEVEL: u16 = 0x0008;

/// A house whose gateway is on ubus.
async fn house(ubusd: &Ubusd) -> Option<House> {
    let config = SimConfig {
        latency: Duration::from_millis(1),
        ..SimConfig::default()
    };
    let house = House::build_as(config, "", |gateway| {
        let text = std::fs::read_to_string(gateway.config()).unwrap();
        let text = format!("ubus = {:?}\n{text}", ubusd.socket());
        std::fs::write(gateway.config(), text).unwrap();
    })
    .await?;
    ubusd.published("hearth").await;
    Some(house)
}

fn configuration() -> Sections {
    let section = |kind: &str, options: Json| {
        let mut options = options.as_object().cloned().unwrap_or_default();
        options.insert(".type".to_owned(), Json::from(kind));
        options
    };
    vec![
        ("main".into(), section("hearth", json!({"enabled": "1"}))),
        (
            "mqtt".into(),
            section("mqtt", json!({"server": "mqtt://127.0.0.1:1883"})),
        ),
        ("zigbee".into(), section("zigbee", json!({"port": "auto"}))),
        (
            "kitchen".into(),
            section(
                "satellite",
                json!({"server": "tcp://192.168.1.40:10700", "wake": ["okay_nabu"]}),
            ),
        ),
    ]
}

/// Whoever calls the object sees what a page would see, and its errors as ubus has them.
#[tokio::test]
async fn ubus_calls_reach_the_home_and_come_back() {
    let ubusd = Ubusd::start();
    let Some(house) = house(&ubusd).await else {
        return;
    };
    let (status, code) = ubusd.call("hearth", "status", json!({})).await;
    let status = status.unwrap();
    assert_eq!((code, &status["zigbee"]["channel"]), (0, &json!(15)));
    assert_eq!(status["mqtt"]["connected"], true, "{status}");

    house.join("lamp", "Bedroom Lamp", "Bedroom").await;
    let events: Vec<String> = ubusd.events().into_iter().map(|(name, _)| name).collect();
    assert!(
        events.contains(&"hearth.device_joined".to_owned()),
        "{events:?}"
    );

    let before = house.settled().await;
    let values = json!({"device": "Bedroom Lamp", "values": {"state": "ON", "brightness": 40}});
    let (set, code) = ubusd.call("hearth", "set", values).await;
    let set = set.unwrap();
    assert_eq!((code, &set["brightness"]), (0, &json!(40)), "{set}");
    assert!(!house.arrived("lamp", LEVEL, before).await.is_empty());

    let (devices, _) = ubusd.call("hearth", "devices", json!({})).await;
    let lamp = &devices.unwrap()["devices"][0];
    assert_eq!(lamp["state"]["brightness"], 40, "{lamp}");
    assert_eq!(lamp["room"], "Bedroom");
    assert_eq!(lamp["controls"][0]["property"], "state", "{lamp}");

    let say = json!({"text": "turn off the bedroom lamp", "explain": true});
    let (said, code) = ubusd.call("hearth", "say", say).await;
    assert_eq!(
        (code, said.unwrap()["intent"].as_str()),
        (0, Some("HassTurnOff"))
    );

    for (method, arguments, code) in [
        (
            "set",
            json!({"device": "Nobody", "values": {"state": "ON"}}),
            4,
        ),
        ("set", json!({"device": "Bedroom Lamp"}), 2),
        ("set", json!({"device": "Bedroom Lamp", "values": {}}), 2),
        ("permit_join", json!({"time": 999}), 2),
        ("permit_join", json!({"time": "long"}), 2),
        ("devices", json!({"device": "Nobody"}), 4),
        ("nearby", json!({}), 8),
        ("dance", json!({}), 3),
    ] {
        let answer = ubusd.call("hearth", method, arguments).await;
        assert_eq!(answer.1, code, "{method}: {answer:?}");
    }
}

/// A changed configuration is taken up by the same process; a wrong one changes nothing.
#[tokio::test]
async fn reload_takes_up_another_configuration() {
    let ubusd = Ubusd::start();
    let Some(house) = house(&ubusd).await else {
        return;
    };
    let reload = || ubusd.call("hearth", "reload", json!({}));
    assert_eq!(reload().await, (Some(json!({"changed": false})), 0));

    let good = std::fs::read_to_string(house.gateway.config()).unwrap();
    std::fs::write(
        house.gateway.config(),
        format!("{good}\n[voice]\nlanguage = 7\n"),
    )
    .unwrap();
    let (told, code) = reload().await;
    assert_eq!(code, 2);
    let told = told.unwrap();
    let why = told["error"].as_str().unwrap();
    assert!(why.contains("`voice.language`"), "{why}");

    let changed = format!("{good}\n[voice]\nlanguage = \"de\"\n");
    std::fs::write(house.gateway.config(), changed).unwrap();
    let pid = house.gateway.pid();
    assert_eq!(reload().await, (Some(json!({"changed": true})), 0));
    let deadline = tokio::time::Instant::now() + Duration::from_secs(20);
    loop {
        let (status, _) = ubusd.call("hearth", "status", json!({})).await;
        if status.is_some_and(|status| status["voice"]["language"] == "de") {
            break;
        }
        assert!(tokio::time::Instant::now() < deadline, "not taken up");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    assert_eq!(house.gateway.pid(), pid, "the same process");
}

fn text_of(selector: &str) -> String {
    format!("((document.querySelector('{selector}') || {{}}).textContent || '')")
}

#[tokio::test]
async fn views_show_and_operate_a_home() {
    let ubusd = Arc::new(Ubusd::start());
    let Some(house) = house(&ubusd).await else {
        return;
    };
    let Some(browser) = Browser::start(1180, 1000).await else {
        return;
    };
    let luci = Luci::start(Arc::clone(&ubusd), configuration()).await;

    // How it is.
    browser.open(&luci.view("overview")).await;
    let cell = |row: &str| text_of(&format!("tr[data-row={row}]"));
    browser
        .expect(&format!("{}.includes('15')", cell("zigbee")))
        .await;
    browser
        .expect(&format!("{}.includes('mqtt://127.0.0.1')", cell("mqtt")))
        .await;
    browser
        .expect(&format!("{}.includes('MB')", cell("memory")))
        .await;
    picture(&browser, "overview").await;

    // A device that joins appears by itself, and gets a name that is no markup.
    let hostile = "<img src=x onerror=pwned=1>";
    browser.open(&luci.view("pairing")).await;
    browser.click("#hearth-open").await;
    browser
        .expect("/2[345]\\d/.test((document.getElementById('hearth-countdown') || {}).textContent)")
        .await;
    house.sim.join("lamp").await.expect("the lamp");
    browser
        .expect("document.querySelector('[data-newcomer]')")
        .await;
    let address = house.address("lamp").await;
    browser
        .expect(&format!(
            "{}.includes('IKEA')",
            text_of(&format!("[data-newcomer=\"{address}\"]"))
        ))
        .await;
    browser.enter("[data-name-of]", hostile).await;
    picture(&browser, "pairing").await;
    browser.click("[data-newcomer] button").await;
    browser
        .expect(&format!(
            "{}.includes('onerror')",
            text_of("[data-newcomer]")
        ))
        .await;

    // Switched, dimmed, named, put into a room.
    browser.open(&luci.view("devices")).await;
    let card = format!("[data-address=\"{address}\"]");
    browser
        .expect(&format!(
            "(document.querySelector('{card} strong') || {{}}).textContent === '{hostile}'"
        ))
        .await;
    let before = house.settled().await;
    let switch = format!("{card} input[data-property=state]");
    browser
        .expect(&format!("document.querySelector('{switch}')"))
        .await;
    let was = browser
        .run(&format!(
            "return document.querySelector('{switch}').checked"
        ))
        .await
        == true;
    browser.click(&switch).await;
    let arrived = house.arrived("lamp", ON_OFF, before).await;
    assert_eq!(arrived[0].command, u8::from(!was));
    let before = house.count().await;
    browser
        .run(&format!(
            "const s = document.querySelector('{card} input[data-property=brightness]');\
             s.value = 77; s.dispatchEvent(new Event('change', {{bubbles: true}}))"
        ))
        .await;
    let arrived = house.arrived("lamp", LEVEL, before).await;
    assert_eq!(arrived[0].payload[0], 77);
    browser.click(&format!("{card} .cbi-button-edit")).await;
    browser.enter("#hearth-name", "Bedroom Lamp").await;
    browser.enter("#hearth-room", "<b>Bedroom</b>").await;
    browser.click(".modal .cbi-button-positive").await;
    browser
        .expect(
            "(document.querySelector('#hearth-devices h3') || {}).textContent === '<b>Bedroom</b>'",
        )
        .await;
    browser
        .expect(&format!(
            "(document.querySelector('{card} strong') || {{}}).textContent === 'Bedroom Lamp'"
        ))
        .await;
    picture(&browser, "devices").await;

    // Said.
    browser.open(&luci.view("voice")).await;
    let before = house.count().await;
    browser
        .enter("#hearth-sentence", "turn off the bedroom lamp")
        .await;
    browser.click("#hearth-say").await;
    let arrived = house.arrived("lamp", ON_OFF, before).await;
    assert_eq!(arrived[0].command, 0);
    browser
        .expect("((document.getElementById('hearth-answer') || {}).textContent || '').includes('Bedroom Lamp')")
        .await;
    browser
        .expect("((document.getElementById('hearth-heard') || {}).textContent || '').includes('HassTurnOff')")
        .await;
    browser
        .expect("((document.getElementById('hearth-voice') || {}).textContent || '').includes('okay_nabu')")
        .await;
    picture(&browser, "voice").await;

    // Read in the log.
    luci.log("daemon.info hearth: <script>pwned = 1</script> running");
    browser.open(&luci.view("log")).await;
    browser
        .expect("((document.getElementById('hearth-log') || {}).value || '').includes('running')")
        .await;
    picture(&browser, "log").await;

    // Removed, after a question.
    browser.open(&luci.view("devices")).await;
    browser.click(&format!("{card} .cbi-button-remove")).await;
    browser.click(".modal .cbi-button-negative").await;
    browser
        .expect("document.querySelectorAll('[data-address]').length === 0")
        .await;

    assert_eq!(browser.run("return typeof window.pwned").await, "undefined");
    assert_eq!(browser.complaints().await, Vec::<String>::new());
}

#[tokio::test]
async fn settings_are_checked_and_saved() {
    let ubusd = Arc::new(Ubusd::start());
    let Some(browser) = Browser::start(1180, 1400).await else {
        return;
    };
    let luci = Luci::start(ubusd, configuration()).await;
    browser.open(&luci.view("settings")).await;
    let field = |section: &str, option: &str| {
        format!("document.getElementById('widget.cbid.hearth.{section}.{option}')")
    };
    // Tabs may hide a field: values go in as a script does it.
    let enter = |section: &str, option: &str, text: &str| {
        format!(
            "const f = {}; f.value = '{text}';\
             for (const e of ['input', 'keyup', 'change', 'blur']) f.dispatchEvent(new Event(e, {{bubbles: true}}))",
            field(section, option)
        )
    };
    let invalid = |section: &str, option: &str| {
        format!(
            "{}.classList.contains('cbi-input-invalid')",
            field(section, option)
        )
    };
    browser.expect(&field("zigbee", "channel")).await;
    picture(&browser, "settings").await;
    for (section, option, wrong, right) in [
        ("zigbee", "channel", "27", "20"),
        ("mqtt", "base_topic", "a/#", "home/hearth"),
        ("web", "listen", "8099", "0.0.0.0:8099"),
        ("ble", "utc_offset", "15", "-5"),
        ("voice", "socket", "here", "tcp://192.168.1.9:10500"),
    ] {
        browser.run(&enter(section, option, wrong)).await;
        browser.expect(&invalid(section, option)).await;
        browser.run(&enter(section, option, right)).await;
        browser
            .expect(&format!("!({})", invalid(section, option)))
            .await;
    }
    browser.click(".cbi-button-save").await;
    let deadline = tokio::time::Instant::now() + Duration::from_secs(10);
    let expected = [
        ("zigbee", "channel", "20"),
        ("zigbee", "port", "auto"),
        ("mqtt", "base_topic", "home/hearth"),
        ("web", "listen", "0.0.0.0:8099"),
        ("ble", "utc_offset", "-5"),
    ];
    loop {
        let config: BTreeMap<String, Map<String, Json>> = luci.config().into_iter().collect();
        let missing = expected.iter().find(|(section, option, value)| {
            config
                .get(*section)
                .is_none_or(|options| options.get(*option) != Some(&json!(value)))
        });
        let Some(missing) = missing else {
            assert_eq!(config["kitchen"]["wake"], json!(["okay_nabu"]), "kept");
            assert_eq!(config["ble"][".type"], "ble", "made where there was none");
            break;
        };
        assert!(
            tokio::time::Instant::now() < deadline,
            "{missing:?} in {config:#?}"
        );
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

/// A look at a view, where someone wants one: `HEARTH_PICTURES` names the folder.
async fn picture(browser: &Browser, name: &str) {
    if let Some(folder) = std::env::var_os("HEARTH_PICTURES") {
        let file = Path::new(&folder).join(format!("{name}.png"));
        std::fs::write(file, browser.screenshot().await).expect("a picture");
    }
}

/// The overview in Korean, as a user of that language sees it.
#[tokio::test]
async fn views_speak_the_users_language() {
    let ubusd = Arc::new(Ubusd::start());
    let Some(browser) = Browser::start(900, 700).await else {
        return;
    };
    let luci = Luci::start(ubusd, configuration()).await;
    if luci.is_real() {
        return;
    }
    let words = po::messages(&app().join("po/ko/hearth.po"));
    luci.translate(&words);
    // Nobody publishes the object: the view says so, in the user's words.
    browser.open(&luci.view("overview")).await;
    let absent = &words["Hearth is not running"];
    browser
        .expect(&format!(
            "{}.includes({absent:?})",
            text_of("#hearth-absent")
        ))
        .await;
}
