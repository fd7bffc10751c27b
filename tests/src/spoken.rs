//! Homes that listen, and the recordings they hear.

use std::path::PathBuf;
use std::process::{Child, Command};
use std::time::Duration;

use radios::sim::SimConfig;

use crate::{Gateway, House, places};

/// The configuration of a home that listens in Korean.
fn korean() -> Option<String> {
    let model = places::test_data("vosk-ko")?;
    let library = places::test_data("vosk/libvosk.so")?;
    Some(format!(
        "[voice]\nlanguage = \"ko\"\nmodel = {model:?}\nlibrary = {library:?}\n"
    ))
}

/// A house that listens, with a lamp, whose model is packed and loaded; `more` follows in the section `voice`.
///
/// # Panics
/// When something does not start.
pub async fn listening(more: &str) -> Option<House> {
    listening_as(more, |_| ()).await
}

/// The same; `change` may do what it wants with the gateway before it starts.
///
/// # Panics
/// When something does not start.
pub async fn listening_as(more: &str, change: impl FnOnce(&mut Gateway)) -> Option<House> {
    let house = with_ears(more, change).await?;
    house.listening().await;
    Some(house)
}

/// A house with a lamp that listens as soon as there is a microphone.
///
/// # Panics
/// When something does not start.
pub async fn with_ears(more: &str, change: impl FnOnce(&mut Gateway)) -> Option<House> {
    let voice = korean()?;
    let config = SimConfig {
        latency: Duration::from_millis(1),
        ..SimConfig::default()
    };
    let house = House::build_as(config, &format!("{voice}{more}"), change).await?;
    house.join("lamp", "침실 불", "침실").await;
    Some(house)
}

/// A program of a peer's; gone with this value.
#[derive(Debug)]
pub struct Peer(pub Child);

impl Peer {
    /// A script of `tests/peers` with these arguments, to be started; none where the peers are not installed.
    #[must_use]
    pub fn python(script: &str, arguments: &[&str]) -> Option<Command> {
        let python = places::test_data("peers/venv/bin/python")?;
        let mut command = Command::new(python);
        command
            .arg(places::root().join("tests/peers").join(script))
            .args(arguments);
        Some(command)
    }
}

impl Drop for Peer {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// A recording of `tests/audio`.
#[must_use]
pub fn recording(name: &str) -> PathBuf {
    places::root().join("tests/audio").join(name)
}
