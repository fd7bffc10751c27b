//! The page in a real browser: what a user sees, clicks and types.

use std::time::Duration;

use serde_json::json;
use tests::{Browser, House, places, sound, spoken};

const ON_OFF: u16 = 0x0006;
const LEVEL: u16 = 0x0008;
const LAMP: &str = ".card[data-name=\"Bedroom Lamp\"]";

#[tokio::test]
async fn a_user_sees_clicks_renames_and_says() {
    let Some(house) = House::build().await else {
        return;
    };
    let Some(browser) = Browser::start(1180, 760).await else {
        return;
    };
    let errors = "document.querySelectorAll('.toast.error').length";

    // An empty home invites to add a device; a device that joins appears by itself, and wants a name.
    browser
        .open(&format!("http://127.0.0.1:{}/", house.web))
        .await;
    browser
        .expect("document.getElementById('link').dataset.state === 'on'")
        .await;
    browser
        .expect("!document.getElementById('empty').hidden")
        .await;
    browser.click("#join").await;
    browser
        .expect("/4:1\\d|4:0\\d/.test(document.getElementById('join-text').textContent)")
        .await;
    house.sim.join("lamp").await.expect("the lamp");
    browser
        .expect("document.querySelectorAll('.card').length === 1")
        .await;
    browser
        .expect("document.querySelector('.toast button') !== null")
        .await;
    browser.click(".toast button").await;
    browser.expect("document.getElementById('edit').open").await;
    browser.enter("#edit-name", "Bedroom Lamp").await;
    browser.enter("#edit-room", "Bedroom").await;
    browser.click("#edit-save").await;
    browser
        .expect(&format!(
            "document.querySelector('.room[data-room=Bedroom] {LAMP}')"
        ))
        .await;
    house
        .client
        .expect("hearth/bridge/devices", |devices| {
            devices.as_array().is_some_and(|devices| {
                devices
                    .iter()
                    .any(|d| d["friendly_name"] == "Bedroom Lamp" && d["room"] == "Bedroom")
            })
        })
        .await;

    // A click switches it; the switch shows what the lamp says.
    let before = house.count().await;
    let switch = format!("{LAMP} .switch");
    browser
        .expect(&format!("document.querySelector('{switch}:not(.unknown)')"))
        .await;
    let was_on = browser
        .run(&format!(
            "return document.querySelector('{switch}').checked"
        ))
        .await
        == true;
    browser.click(&switch).await;
    let commands = house.arrived("lamp", ON_OFF, before).await;
    assert_eq!(commands[0].command, u8::from(!was_on), "{commands:?}");
    browser
        .expect(&format!(
            "(s => s.checked === {} && !s.hasAttribute('aria-busy'))(document.querySelector('{switch}'))",
            !was_on
        ))
        .await;

    // The slider moves the brightness.
    let before = house.count().await;
    browser
        .run(&format!(
            "const s = document.querySelector('{LAMP} input[data-property=brightness]');\
             s.value = 77; s.dispatchEvent(new Event('input', {{bubbles: true}}));\
             s.dispatchEvent(new Event('change', {{bubbles: true}}))"
        ))
        .await;
    let commands = house.arrived("lamp", LEVEL, before).await;
    assert_eq!(commands[0].payload[0], 77, "{commands:?}");
    house
        .client
        .expect("hearth/Bedroom Lamp", |state| state["brightness"] == 77)
        .await;

    // A typed sentence is done, answered and explained.
    let before = house.count().await;
    browser
        .enter("#sentence", "turn off the bedroom lamp\u{e007}")
        .await;
    let commands = house.arrived("lamp", ON_OFF, before).await;
    assert_eq!(commands[0].command, 0, "{commands:?}");
    browser
        .expect("document.getElementById('answer-text').textContent.includes('Bedroom Lamp')")
        .await;
    browser
        .expect("document.getElementById('answer-explanation').textContent.includes('name')")
        .await;
    browser
        .expect(&format!("!document.querySelector('{switch}').checked"))
        .await;
    assert_eq!(browser.run(&format!("return {errors}")).await, 0);

    // What cannot be done is said.
    browser
        .enter("#sentence", "make me a sandwich\u{e007}")
        .await;
    browser
        .expect("document.getElementById('answer').classList.contains('bad')")
        .await;

    // Changes from elsewhere show while one watches, without a reload.
    house
        .client
        .publish("hearth/Bedroom Lamp/set", r#"{"state":"ON"}"#)
        .await;
    browser
        .expect(&format!("document.querySelector('{LAMP}.lit')"))
        .await;
    let complaints = browser.complaints().await;
    assert!(complaints.is_empty(), "{complaints:?}");
}

#[tokio::test]
async fn the_page_tells_when_the_gateway_is_away_and_comes_back_by_itself() {
    let Some(mut house) = House::build().await else {
        return;
    };
    let Some(browser) = Browser::start(420, 800).await else {
        return;
    };
    browser
        .open(&format!("http://127.0.0.1:{}/", house.web))
        .await;
    let state = |is: &str| format!("document.getElementById('link').dataset.state === '{is}'");
    browser.expect(&state("on")).await;
    house.gateway.kill();
    browser.expect(&state("off")).await;
    house.gateway.start();
    browser.expect(&state("on")).await;
}

#[tokio::test]
async fn a_user_speaks_to_the_page() {
    let Some(house) = spoken::with_ears("", |_| ()).await else {
        return;
    };
    let (_folder, sound) = sound::overheard("tests/audio/bedroom-on.wav");
    let switches = [
        "--use-fake-ui-for-media-stream".to_owned(),
        "--use-fake-device-for-media-stream".to_owned(),
        format!("--use-file-for-fake-audio-capture={}", sound.display()),
    ];
    let Some(browser) = Browser::start_with(420, 800, &switches).await else {
        return;
    };
    browser
        .open(&format!("http://127.0.0.1:{}/", house.web))
        .await;

    // The microphone appears when there is a model.
    browser
        .expect("!document.getElementById('speak').hidden")
        .await;
    let before = house.count().await;
    // The recording plays over and over; who begins to listen in the middle of it understands nothing, and tries again.
    for _ in 0..5 {
        browser
            .run("document.getElementById('answer').hidden = true")
            .await;
        browser.click("#speak").await;
        // The first to speak waits for the model to be packed.
        house.listening().await;
        browser
            .expect("!document.getElementById('answer').hidden")
            .await;
        let bad = "return document.getElementById('answer').classList.contains('bad')";
        if browser.run(bad).await == false {
            break;
        }
    }
    let commands = house.arrived("lamp", ON_OFF, before).await;
    assert_eq!(commands[0].command, 1, "on: {commands:?}");

    // What was heard and what came of it stand there, and the microphone is off again.
    browser
        .expect(
            "document.getElementById('sentence').value.replaceAll(' ', '').startsWith('침실불켜')",
        )
        .await;
    browser
        .expect("document.getElementById('answer-text').textContent.includes('켰어요')")
        .await;
    browser
        .expect("document.getElementById('speak').dataset.state === 'idle'")
        .await;
    let complaints = browser.complaints().await;
    assert!(complaints.is_empty(), "{complaints:?}");
}

/// A picture of the demo's home for the README: `HEARTH_PICTURE=docs/page.png cargo test -p tests
/// --test page picture`.
#[tokio::test]
async fn picture() {
    let Some(path) = std::env::var_os("HEARTH_PICTURE") else {
        return;
    };
    let Some(house) = House::build().await else {
        return;
    };
    for (device, name, room) in [
        ("lamp", "Bedroom Lamp", "Bedroom"),
        ("climate", "Climate", "Living room"),
        ("plug", "Coffee Machine", "Kitchen"),
        ("contact", "Balcony Door", "Hall"),
        ("color-lamp", "Reading Lamp", "Living room"),
    ] {
        house.join(device, name, room).await;
    }
    for (name, wish) in [
        ("Bedroom Lamp", json!({"state": "ON", "brightness": 160})),
        ("Coffee Machine", json!({"state": "ON"})),
        ("Reading Lamp", json!({"state": "OFF"})),
    ] {
        let topic = format!("hearth/{name}/set");
        house.client.publish(&topic, wish.to_string()).await;
    }
    let Some(browser) = Browser::start(1180, 1000).await else {
        return;
    };
    browser
        .open(&format!("http://127.0.0.1:{}/", house.web))
        .await;
    browser
        .expect("document.querySelectorAll('.card').length === 5")
        .await;
    for (device, property, value) in [
        ("climate", "temperature", 22.4),
        ("climate", "humidity", 46.0),
    ] {
        house.sim.set(device, property, value).await.expect("set");
    }
    browser
        .enter("#sentence", "turn on the bedroom lamp\u{e007}")
        .await;
    browser
        .expect("!document.getElementById('answer').hidden")
        .await;
    house.ask("permit_join", json!({"time": 0})).await;
    tokio::time::sleep(Duration::from_secs(3)).await;
    browser
        .run("document.querySelectorAll('.toast').forEach((t) => t.remove()); document.activeElement.blur()")
        .await;
    let picture = browser.screenshot().await;
    std::fs::write(places::root().join(path), picture).expect("the picture");
}
