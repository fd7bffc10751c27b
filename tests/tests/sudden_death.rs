//! A gateway killed at any moment loses nothing that it acknowledged.

use std::time::Duration;

use serde_json::json;
use tests::{Client, House};

const KILLS: u32 = 100;

/// A small generator: which moment is struck does not matter, only that they differ.
const fn next(state: u32) -> u32 {
    state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223)
}

#[tokio::test]
async fn a_hundred_kills_lose_no_device_and_no_acknowledged_rename() {
    let Some(mut house) = House::build().await else {
        return;
    };
    house.join("lamp", "lamp 0", "Bedroom").await;
    let address = house.address("lamp").await;
    let mut luck = 1;
    let mut acknowledged = 0;
    let mut answers = 0;
    for kill in 1..=KILLS {
        let name = format!("lamp {kill}");
        let transaction = format!("kill-{kill}");
        let rename = json!({ "from": address, "to": name, "transaction": transaction });
        house
            .client
            .publish("hearth/bridge/request/device/rename", rename.to_string())
            .await;
        luck = next(luck);
        tokio::time::sleep(Duration::from_micros(u64::from(luck >> 16) % 200_000 * 3)).await;
        house.gateway.kill();
        tokio::time::sleep(Duration::from_millis(5)).await;
        let answered = house.client.seen().iter().any(|m| {
            m.topic == "hearth/bridge/response/device/rename"
                && m.json()["transaction"] == transaction
                && m.json()["status"] == "ok"
        });
        if answered {
            acknowledged = kill;
            answers += 1;
        }
        house.client = Client::connect(house.broker.port()).await;
        house.gateway.start();
        house
            .client
            .expect_fresh("hearth/bridge/devices", |devices| {
                devices.as_array().into_iter().flatten().any(|d| {
                    d["ieee_address"] == address
                        && d["interview_state"] == "SUCCESSFUL"
                        && number(&d["friendly_name"]) >= Some(acknowledged)
                })
            })
            .await;
    }
    // The moments were such that both happened: killed before and after the answer.
    eprintln!("{answers} of {KILLS} renames were answered before the kill");
    assert!(
        answers > 0 && answers < KILLS,
        "{answers} of {KILLS} were answered: the test proves nothing"
    );
}

fn number(name: &serde_json::Value) -> Option<u32> {
    name.as_str()?.strip_prefix("lamp ")?.parse().ok()
}
