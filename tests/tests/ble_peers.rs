//! Other people's decoders on adverts that nobody recorded: what xiaomi-ble and bthome-ble say of some
//! thousand random frames, plain, sealed with random keys and spoilt, against what ours says.

use std::process::Command;

use tests::cases::{Options, Tally, ble};
use tests::places;

const ADVERTS: &str = "2000";
const SEED: &str = "1";

#[test]
fn made_up_adverts_read_as_the_peers_read_them() {
    let Some(python) = places::test_data("peers/venv/bin/python") else {
        return;
    };
    let output = Command::new(python)
        .arg(places::root().join("tests/peers/ble_peer.py"))
        .args([ADVERTS, SEED])
        .env("TZ", "UTC")
        .output()
        .unwrap();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let text = String::from_utf8(output.stdout).unwrap();
    let mut lines = text.lines().zip(1..).map(|(line, number)| {
        let case = serde_json::from_str(line).map_err(|e| e.to_string())?;
        Ok((format!("advert {number}"), case))
    });
    let mut tally = Tally::default();
    ble::run(&Options::default(), &mut lines, &mut tally).unwrap();
    assert_eq!(tally.all.to_string(), ADVERTS);
    assert_eq!(tally.equal, tally.all);
}
