//! Bluetooth on a real broker: recorded adverts in, what a user does and sees over MQTT.
//!
//! The gateway runs in this process, so that adverts can be handed to it; everything else is as it
//! is in a house: mosquitto, files, requests, Home Assistant's and Theengs' topics.

// Helpers of tests fail as tests do.
#![expect(clippy::expect_used)]

use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::time::Duration;

use hearth::config::Config;
use hearth::run::{self, Plan, Wires};
use radios::ble::{self, Advert, BleConfig, Household, Source};
use radios::{DeviceId, Event};
use serde_json::{Value as Json, json};
use tests::broker::free_port;
use tests::cases::lines;
use tests::places::shared;
use tests::{Broker, Browser, Client};
use tokio::sync::{mpsc, oneshot};

const ADDRESS: &str = "0xa4c1380283f4";
const KEY: &str = "e9ea895fac7cca6d30532432a516f3a8";
const WRONG: &str = "e9ea895fac7cca6d30532432a516f3a9";
/// A LYWSD03MMC says 46 % humidity, encrypted.
const SHUT: &str = r#"{"address":"A4:C1:38:02:83:F4","address_type":"public","rssi":-60,"local_name":"LYWSD03MMC","service_data":{"fe95":"58585b0550f4830238c1a495ef58763c26000097e2abb5"}}"#;
/// A phone, under the address of the moment.
const PHONE: &str = r#"{"address":"70:81:94:0D:FB:AA","address_type":"random","rssi":-70}"#;
const IRK: &str = "ec0234a357c8ad05341010a60a397d9b";

/// A gateway to run, the air around it, and the switch to end it.
struct Gateway {
    config: Config,
    plan: Plan,
    air: mpsc::Sender<Advert>,
    off: oneshot::Receiver<()>,
}

fn gateway(
    broker: &Broker,
    folder: &Path,
    base: &str,
    more: &str,
) -> (Gateway, oneshot::Sender<()>) {
    let data = folder.join(base);
    let text = format!(
        "data_dir = {data:?}\n[mqtt]\nserver = \"{}\"\nbase_topic = \"{base}\"\n[zigbee]\nenabled = false\n\
         [web]\nenabled = false\n[homeassistant]\nenabled = true\n[ble]\nenabled = true\n{more}",
        broker.url()
    );
    let config = Config::parse(&text, Path::new("hearth.toml"), |_| None).expect("a configuration");
    let (air, adverts) = mpsc::channel(16);
    let (switch, off) = oneshot::channel();
    let plan = Plan {
        trace: Some(folder.join(format!("{base}.trace"))),
        wires: Wires {
            ble: Some(Source::Adverts(adverts)),
            ..Wires::default()
        },
        ..Plan::default()
    };
    let gateway = Gateway {
        config,
        plan,
        air,
        off,
    };
    (gateway, switch)
}

impl Gateway {
    async fn run(self) {
        let stop = async {
            let _ = self.off.await;
        };
        run::run(self.config, self.plan, stop)
            .await
            .expect("it runs");
    }
}

async fn hear(air: &mpsc::Sender<Advert>, advert: &str) {
    let advert = Advert::from_json(advert).expect("an advert");
    air.send(advert).await.expect("it listens");
}

async fn ask(client: &Client, what: &str, mut body: Json) -> Json {
    static NUMBER: std::sync::atomic::AtomicU32 = std::sync::atomic::AtomicU32::new(1);
    let number = NUMBER.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
    let transaction = format!("test-{number}");
    body["transaction"] = json!(transaction);
    client
        .publish(&format!("hearth/bridge/request/{what}"), body.to_string())
        .await;
    client
        .expect(&format!("hearth/bridge/response/{what}"), |response| {
            response["transaction"] == transaction
        })
        .await
}

async fn online(client: &Client, base: &str) {
    client
        .expect(&format!("{base}/bridge/state"), |state| {
            state["state"] == "online"
        })
        .await;
}

/// Nothing that was published or written for others holds a secret; what is kept is its owner's alone.
fn nothing_leaks(client: &Client, folder: &Path, base: &str) {
    let secrets = [KEY, WRONG, IRK].map(str::to_owned);
    let holds = |bytes: &[u8]| {
        let text = String::from_utf8_lossy(bytes).to_lowercase();
        secrets.iter().any(|secret| text.contains(secret))
    };
    for message in client.seen() {
        // What the user asks goes through the broker; what Hearth says must not repeat it.
        let asked = message.topic.contains("/bridge/request/");
        assert!(asked || !holds(&message.payload), "{}", message.topic);
    }
    let trace = std::fs::read(folder.join(format!("{base}.trace"))).expect("the trace");
    assert!(!holds(&trace), "the trace holds a key");
    let mut kept = 0;
    for entry in std::fs::read_dir(folder.join(base)).expect("the data folder") {
        let path = entry.expect("an entry").path();
        if path.is_file() && holds(&std::fs::read(&path).expect("a file")) {
            kept += 1;
            let mode = path.metadata().expect("its mode").permissions().mode();
            assert_eq!(mode & 0o777, 0o600, "{}", path.display());
        }
    }
    assert!(kept > 0, "the key is kept nowhere");
}

#[tokio::test]
async fn a_sensor_is_found_opened_with_its_key_and_shown_to_everybody() {
    let Some(broker) = Broker::start() else {
        return;
    };
    let folder = tempfile::tempdir().expect("a folder");
    let client = Client::connect(broker.port()).await;
    let more = "theengs_topics = \"home/TheengsGateway\"\n";
    let (first, off) = gateway(&broker, folder.path(), "hearth", more);
    let air = first.air.clone();
    let day = async {
        online(&client, "hearth").await;
        // Heard, but nobody's: it is nearby and no device.
        hear(&air, SHUT).await;
        let mut one = Json::Null;
        while one.is_null() {
            let nearby = ask(&client, "ble/nearby", json!({})).await;
            one = nearby["data"]["nearby"][0].clone();
        }
        assert_eq!(one["address"], ADDRESS);
        assert_eq!(one["model"], "LYWSD03MMC");
        assert_eq!(one["needs_key"], true);
        let devices = client.last().remove("hearth/bridge/devices");
        assert_eq!(devices, Some(json!([])));

        // A wrong key is refused at once, and says so.
        let wrong = ask(
            &client,
            "ble/adopt",
            json!({"address": ADDRESS, "friendly_name": "Bedroom", "key": WRONG}),
        )
        .await;
        assert_eq!(wrong["status"], "error");
        assert!(
            wrong["error"]
                .as_str()
                .unwrap_or_default()
                .contains("the key is wrong"),
            "{wrong}"
        );
        let token = ask(
            &client,
            "ble/adopt",
            json!({"address": ADDRESS, "key": &KEY[..24]}),
        )
        .await;
        assert!(
            token["error"]
                .as_str()
                .unwrap_or_default()
                .contains("token"),
            "{token}"
        );

        // The right one opens what was heard: its value is there without another advert.
        let right = ask(
            &client,
            "ble/adopt",
            json!({"address": ADDRESS, "friendly_name": "Bedroom", "key": KEY}),
        )
        .await;
        assert_eq!(right["status"], "ok", "{right}");
        assert_eq!(right["data"]["key_status"], "right");
        client
            .expect("hearth/Bedroom", |state| {
                state["humidity"] == 46 && state["key_status"] == "right"
            })
            .await;
        client
            .expect("hearth/Bedroom/availability", |state| {
                state["state"] == "online"
            })
            .await;
        let devices = client
            .expect("hearth/bridge/devices", |devices| {
                devices[0]["friendly_name"] == "Bedroom"
            })
            .await;
        assert_eq!(devices[0]["type"], "BLE");
        assert_eq!(devices[0]["definition"]["model"], "LYWSD03MMC");
        let discovery = client
            .expect(
                &format!("homeassistant/sensor/{ADDRESS}/humidity/config"),
                |config| config["state_topic"] == "hearth/Bedroom",
            )
            .await;
        assert_eq!(discovery["device_class"], "humidity");
        let theengs = client
            .expect("home/TheengsGateway/BTtoMQTT/A4C1380283F4", |told| {
                told["hum"] == 46
            })
            .await;
        assert_eq!(theengs["model_id"], "LYWSD03MMC");
        assert_eq!(theengs["rssi"], -60);
        client
            .expect("home/TheengsGateway/LWT", |state| state == "online")
            .await;

        // Another key for the device: tried before it is taken.
        let options = json!({"id": "Bedroom", "options": {"bind_key": WRONG}});
        let refused = ask(&client, "device/options", options).await;
        let why = refused["error"].as_str().unwrap_or_default().to_owned();
        assert!(
            why.contains("Bedroom") && why.contains("wrong"),
            "{refused}"
        );
        drop(off);
    };
    tokio::join!(first.run(), day);
    nothing_leaks(&client, folder.path(), "hearth");

    // After a restart it is there by itself: name, key and what it offers.
    client.forget();
    let (second, off) = gateway(&broker, folder.path(), "hearth", more);
    let air = second.air.clone();
    let night = async {
        online(&client, "hearth").await;
        client
            .expect_fresh(
                &format!("homeassistant/sensor/{ADDRESS}/humidity/config"),
                |_| true,
            )
            .await;
        hear(&air, SHUT).await;
        client
            .expect_fresh("hearth/Bedroom", |state| state["humidity"] == 46)
            .await;
        drop(off);
    };
    tokio::join!(second.run(), night);
    nothing_leaks(&client, folder.path(), "hearth");
}

/// On the page: who is nearby, a key typed wrong, then right.
#[tokio::test]
async fn a_user_picks_a_sensor_on_the_page_and_types_its_key() {
    let Some(broker) = Broker::start() else {
        return;
    };
    let Some(browser) = Browser::start(1180, 760).await else {
        return;
    };
    let folder = tempfile::tempdir().expect("a folder");
    let client = Client::connect(broker.port()).await;
    let (mut house, off) = gateway(&broker, folder.path(), "hearth", "");
    let port = free_port();
    house.config.web.enabled = true;
    house.config.web.listen = ([127, 0, 0, 1], port).into();
    let air = house.air.clone();
    let row = format!("#nearby-list li[data-address=\"{ADDRESS}\"]");
    let said = format!("(document.querySelector('{row} [role=status]') || {{}}).textContent");
    let visit = async {
        online(&client, "hearth").await;
        hear(&air, SHUT).await;
        browser.open(&format!("http://127.0.0.1:{port}/")).await;
        browser
            .expect("!document.getElementById('nearby-open').hidden")
            .await;
        browser.click("#nearby-open").await;
        browser
            .expect(&format!(
                "/LYWSD03MMC/.test((document.querySelector('{row} h3') || {{}}).textContent)"
            ))
            .await;
        browser
            .enter(&format!("{row} .take input:first-child"), "Bedroom")
            .await;
        browser
            .enter(&format!("{row} .take input:nth-child(2)"), WRONG)
            .await;
        browser.click(&format!("{row} .take button")).await;
        browser.expect(&format!("/wrong/.test({said})")).await;
        browser
            .enter(&format!("{row} .take input:nth-child(2)"), KEY)
            .await;
        browser.click(&format!("{row} .take button")).await;
        browser.expect(&format!("/right/.test({said})")).await;
        browser.click("#nearby-close").await;
        browser
            .expect("[...document.querySelectorAll('.card[data-name=Bedroom] .value b')].some((b) => b.textContent.includes('46'))")
            .await;
        drop(off);
    };
    tokio::join!(house.run(), visit);
    nothing_leaks(&client, folder.path(), "hearth");
}

#[tokio::test]
async fn two_gateways_say_in_which_room_a_phone_is() {
    let Some(broker) = Broker::start() else {
        return;
    };
    let folder = tempfile::tempdir().expect("a folder");
    let client = Client::connect(broker.port()).await;
    let more = |room: &str| {
        format!(
            "room = \"{room}\"\npresence_timeout = 10\n[[ble.tracker]]\nname = \"Anna's phone\"\nirk = \"{IRK}\"\n"
        )
    };
    let (down, down_off) = gateway(&broker, folder.path(), "hearth", &more("Kitchen"));
    let (up, up_off) = gateway(&broker, folder.path(), "hearth-up", &more("Upstairs"));
    let (down_air, up_air) = (down.air.clone(), up.air.clone());
    let louder = PHONE.replace("-70", "-50");
    let evening = async {
        online(&client, "hearth").await;
        online(&client, "hearth-up").await;
        // Upstairs it is heard, again and again as phones are, and both gateways know.
        let both_know = async {
            for base in ["hearth", "hearth-up"] {
                client
                    .expect(&format!("{base}/Anna's phone"), |state| {
                        state["presence"] == "home" && state["room"] == "Upstairs"
                    })
                    .await;
            }
        };
        let sending = async {
            loop {
                hear(&up_air, &louder).await;
                tokio::time::sleep(Duration::from_millis(200)).await;
            }
        };
        tokio::select! {
            () = both_know => {}
            () = sending => {}
        }
        client
            .expect("hearth/presence/Anna's phone/hearth-up", |told| {
                told["rssi"] == -50 && told["room"] == "Upstairs"
            })
            .await;
        // The kitchen hears it too, but not as well: it stays where it is.
        hear(&down_air, PHONE).await;
        let here = client
            .expect("hearth/Anna's phone", |state| state["rssi"] == -70)
            .await;
        assert_eq!(here["room"], "Upstairs", "{here}");
        let config = client.last();
        let tracker = config
            .iter()
            .find(|(topic, _)| topic.starts_with("homeassistant/device_tracker/"));
        assert_eq!(tracker.expect("announced").1["source_type"], "bluetooth_le");
        // Out of the house.
        client.forget();
        for base in ["hearth", "hearth-up"] {
            client
                .expect(&format!("{base}/Anna's phone"), |state| {
                    state["presence"] == "not_home"
                })
                .await;
        }
        drop((down_off, up_off));
    };
    tokio::time::timeout(Duration::from_secs(60), async {
        tokio::join!(down.run(), up.run(), evening)
    })
    .await
    .expect("in time");
    let seen = client.seen();
    assert!(
        seen.iter()
            .all(|m| !String::from_utf8_lossy(&m.payload).contains(IRK)),
        "the key of the phone was published"
    );
}

/// Whatever a format says, the home has a word for it: a label, a unit, an entity.
#[test]
fn every_word_of_the_known_adverts_is_offered() {
    let file = shared().join("facts/ble/vectors_dev.jsonl.gz");
    let Ok(cases) = lines(&file) else {
        println!("skipped: no {}", file.display());
        return;
    };
    let (mut told, mut missing) = (0, std::collections::BTreeSet::new());
    for case in cases {
        let (_, case) = case.expect("a case");
        let Ok(advert) = Advert::from_value(&case) else {
            continue;
        };
        let key = case["bindkey"].as_str().and_then(|key| key.parse().ok());
        let (mut home, _) = Household::new(BleConfig {
            listed: vec![advert.address],
            keys: key.map(|key| (advert.address, key)).into_iter().collect(),
            ..BleConfig::default()
        });
        let mut offered = Vec::new();
        for event in home.heard(&advert, Duration::from_secs(1)) {
            match event {
                Event::Device(record) => {
                    let definition = ble::define(&record).expect("a definition");
                    let exposes = definition.exposes.into_iter();
                    // One without a name is shown all the same, but has neither unit nor class.
                    let named = exposes.filter(|expose| expose.name.is_some());
                    offered = named.filter_map(|expose| expose.property).collect();
                }
                Event::Changed {
                    id: DeviceId::Ble(_),
                    changes,
                    ..
                } => {
                    for (property, value) in changes {
                        if property == "key_status" {
                            continue;
                        }
                        told += 1;
                        if !offered.contains(&property.to_string()) {
                            let format = case["format"].as_str().unwrap_or_default();
                            missing.insert(format!("{format} {property}={value:?}"));
                        }
                    }
                }
                _ => {}
            }
        }
    }
    assert!(missing.is_empty(), "no word for {missing:#?}");
    assert!(told > 300, "{told} values");
}
