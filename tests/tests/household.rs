//! What is said to a whole house is done: a timer, a scene, a group, a question back, the heating.

use radios::Ieee;
use radios::sim::{DeviceConfig, SimConfig};
use serde_json::{Value as Json, json};
use tests::House;

const DOOR_LOCK: u16 = 0x0101;
const COVERING: u16 = 0x0102;
const ON_OFF: u16 = 0x0006;
const LEVEL: u16 = 0x0008;

/// Says it in the hall, and waits for the answer to exactly that.
async fn say(house: &House, text: &str) -> Json {
    house.client.forget();
    let said = json!({ "text": text, "source": "satellite:hall" });
    house
        .client
        .publish("hearth/voice/say", said.to_string())
        .await;
    house
        .client
        .expect("hearth/voice/answer", |answer| answer["heard"] == text)
        .await
}

#[tokio::test]
async fn a_household_is_run_by_voice() {
    let mut config = SimConfig::default();
    for (i, kind) in ["thermostat", "lock", "cover", "fan"]
        .into_iter()
        .enumerate()
    {
        let ieee = Ieee(0x00aa_bb00_0000_0001 + i as u64);
        config.devices.push(DeviceConfig::new(kind, kind, ieee));
    }
    let Some(house) = House::build_with(config, "").await else {
        return;
    };
    for (device, name, room) in [
        ("lamp", "Lamp", "Bedroom"),
        ("plug", "Radio", "Kitchen"),
        ("thermostat", "Heater", "Bedroom"),
        ("lock", "Front Door", "Hall"),
        ("cover", "Blind", "Bedroom"),
        ("fan", "Fan", "Bedroom"),
    ] {
        house.join(device, name, room).await;
    }
    house.settled().await;

    // Heating, cover and fan.
    let answer = say(&house, "set the heater to 21.5 degrees").await;
    assert_eq!(answer["text"], "Set to 21.5 degrees", "{answer}");
    house
        .client
        .expect("hearth/Heater", |state| {
            state["occupied_heating_setpoint"] == 21.5
        })
        .await;
    let setpoint = house
        .sim
        .get("thermostat", "occupied_heating_setpoint")
        .await;
    assert_eq!(setpoint.unwrap(), 21.5.into());
    let before = house.count().await;
    say(&house, "set the blind to 40 percent").await;
    let commands = house.arrived("cover", COVERING, before).await;
    // Go to lift percentage, counted from open to closed.
    assert_eq!(
        (commands[0].command, &commands[0].payload[..]),
        (5, &[60][..])
    );
    house
        .client
        .expect("hearth/Blind", |state| state["position"] == 40)
        .await;
    let answer = say(&house, "set the fan to high").await;
    assert_eq!(answer["ok"], true, "{answer}");
    assert_eq!(house.sim.get("fan", "fan_mode").await.unwrap(), 3.into());

    // A question back: nothing moves before the yes.
    let before = house.count().await;
    let answer = say(&house, "unlock the front door").await;
    assert_eq!(answer["confirm"], true, "{answer}");
    assert_eq!(answer["source"], "satellite:hall");
    let answer = say(&house, "yes").await;
    assert_eq!(answer["text"], "Unlocking Front Door", "{answer}");
    let commands = house.arrived("lock", DOOR_LOCK, before).await;
    assert_eq!(commands.len(), 1, "{commands:?}");
    assert_eq!(commands[0].command, 1, "unlock");
    house
        .client
        .expect("hearth/Front Door", |state| state["state"] == "UNLOCK")
        .await;

    // A group, by name and by topic.
    house
        .ask("group/add", json!({ "friendly_name": "Evening" }))
        .await;
    for device in ["Lamp", "Radio"] {
        let member = json!({ "group": "Evening", "device": device });
        house.ask("group/members/add", member).await;
    }
    let before = house.count().await;
    say(&house, "turn on evening").await;
    for device in ["lamp", "plug"] {
        assert_eq!(house.arrived(device, ON_OFF, before).await[0].command, 1);
    }
    house
        .client
        .expect("hearth/Evening", |state| state["state"] == "ON")
        .await;

    // A scene puts the lamp back.
    say(&house, "set the lamp to 50 percent").await;
    house
        .client
        .expect("hearth/Lamp", |state| state["brightness"] == 127)
        .await;
    house
        .ask(
            "scene/store",
            json!({ "name": "Movie Night", "room": "Bedroom" }),
        )
        .await;
    say(&house, "turn off the lamp").await;
    let before = house.count().await;
    say(&house, "activate movie night").await;
    let commands = house.arrived("lamp", LEVEL, before).await;
    assert_eq!(commands[0].payload[0], 127, "{commands:?}");

    // A command for later, and a timer that rings.
    let before = house.count().await;
    let answer = say(&house, "turn off the lamp in two seconds").await;
    assert_eq!(answer["text"], "I will do that in 2 seconds", "{answer}");
    assert_eq!(house.arrived("lamp", ON_OFF, before).await[0].command, 0);
    say(&house, "set a tea timer for one second").await;
    let rang = house
        .client
        .expect("hearth/voice/timer", |timer| timer["event"] == "finished")
        .await;
    assert_eq!(rang["text"], "The tea timer is done", "{rang}");
}
