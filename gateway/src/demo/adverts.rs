//! The demo's Bluetooth thermometer: encrypted adverts, as they would come from the adapter.

use std::time::Duration;

use radios::ble::{Advert, Source};
use tokio::sync::mpsc;
use tokio::time::sleep;

use super::DemoError;

/// Its address.
pub(super) const THERMOMETER: &str = "0xa4c1380de370";
/// What its adverts are encrypted with. The demo's own; no real device has it.
pub(super) const KEY: &str = "68656172746864656d6f6b6579303031";

/// A round of adverts of a Mi thermometer (LYWSD03MMC, MiBeacon version 5), one a line.
const ADVERTS: &str = include_str!("adverts.jsonl");
/// Between two of them.
const PACE: Duration = Duration::from_secs(4);

/// Plays the adverts, round after round.
pub(super) fn play() -> Result<Source, DemoError> {
    let adverts = ADVERTS
        .lines()
        .map(Advert::from_json)
        .collect::<Result<Vec<_>, _>>()
        .map_err(|error| DemoError::Failed(format!("the recorded adverts: {error}")))?;
    let (sender, source) = mpsc::channel(8);
    tokio::spawn(async move {
        for advert in adverts.iter().cycle() {
            if sender.send(advert.clone()).await.is_err() {
                return;
            }
            sleep(PACE).await;
        }
    });
    Ok(Source::Adverts(source))
}

#[cfg(test)]
mod tests {
    use super::*;
    use radios::ble::{BindKey, decode};

    #[test]
    fn every_advert_opens_with_the_key_and_with_no_other() {
        let key: BindKey = KEY.parse().unwrap();
        let other: BindKey = "00112233445566778899aabbccddeeff".parse().unwrap();
        for line in ADVERTS.lines() {
            let advert = Advert::from_json(line).unwrap();
            assert!(!decode(&advert, Some(&key)).unwrap().changes.is_empty());
            assert!(decode(&advert, None).is_err());
            assert!(decode(&advert, Some(&other)).is_err());
        }
    }
}
