//! The scanner: adverts from the Bluetooth adapter, for as long as the house stands.
//!
//! The contract: [`spawn`] hands back a queue of [`Advert`](super::Advert)s and a [`Control`]. The
//! queue ends with the control's last user; nothing else ends it. Whatever happens below (power off,
//! `bluetoothd` restarted or absent, the adapter pulled and plugged, silence) is healed here and told
//! as [`RadioUp`](crate::Event::RadioUp) and [`RadioDown`](crate::Event::RadioDown).
//!
//! Adverts are taken out of BlueZ's signals, without a question per advert: with hundreds of senders
//! coming and going, questions fall behind and the senders are gone before they are answered.
//! The state machine (`machine`) is pure: facts about BlueZ's objects in, calls and
//! adverts out. `wire` knows how D-Bus writes both, `bus` moves messages, `task` joins them.

#[cfg(feature = "ble")]
mod bus;
#[cfg(any(feature = "ble", test))]
mod choice;
#[cfg(any(feature = "ble", test))]
mod machine;
#[cfg(feature = "ble")]
mod monitor;
mod pattern;
#[cfg(any(feature = "ble", test))]
mod senders;
#[cfg(feature = "ble")]
mod task;
#[cfg(test)]
mod tests;
#[cfg(any(feature = "ble", test))]
mod vigil;
#[cfg(feature = "ble")]
mod wire;
#[cfg(any(feature = "ble", test))]
mod words;

use std::time::Duration;

use tokio::sync::{mpsc, oneshot, watch};

pub use pattern::Pattern;
#[cfg(feature = "ble")]
pub use task::spawn;

/// How to listen.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Scanning {
    /// Ask every sender for the rest of its advert. Hears everything.
    #[default]
    Active,
    /// Listen only, where BlueZ can; spares the senders' batteries. Adverts that live in scan
    /// responses (some Govee) are never heard.
    Passive,
    /// Listen only, where BlueZ can, and ask for 10 s every 5 minutes.
    Auto,
}

impl std::str::FromStr for Scanning {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        match text {
            "active" => Ok(Self::Active),
            "passive" => Ok(Self::Passive),
            "auto" => Ok(Self::Auto),
            _ => Err(()),
        }
    }
}

/// What the scanner starts with.
#[derive(Clone, Debug)]
pub struct ScanConfig {
    /// Address (`00:1A:7D:DA:71:13`), place (`hci0`) or part of the name of the adapter; the first that
    /// speaks LE unless given.
    pub adapter: Option<String>,
    /// How to listen.
    pub scanning: Scanning,
    /// What a sender must have in its advert to be heard when listening passively.
    pub patterns: Vec<Pattern>,
    /// Silence of this length is taken for a deaf adapter.
    pub silence: Duration,
    /// The bus, as `unix:path=…`; found by itself unless given.
    pub bus: Option<String>,
}

impl Default for ScanConfig {
    fn default() -> Self {
        Self {
            adapter: None,
            scanning: Scanning::default(),
            patterns: Pattern::usual(),
            silence: Duration::from_secs(90),
            bus: None,
        }
    }
}

/// What the scanner does.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Mode {
    /// Nothing: the reason was told.
    #[default]
    Down,
    /// Active scanning.
    Active,
    /// Passive scanning.
    Passive,
    /// Paused, for a connection.
    Paused,
}

/// How the scanner fares.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ScanStatus {
    /// What it does.
    pub mode: Mode,
    /// The adapter's address.
    pub adapter: Option<String>,
    /// The adapter's place and name: `hci0 (kitchen)`.
    pub name: Option<String>,
    /// Adverts per second, over the last 10 s.
    pub per_second: u32,
    /// Adverts heard since the start.
    pub heard: u32,
    /// Adverts dropped because nobody took them in time.
    pub shed: u32,
    /// Senders in reach.
    pub senders: u32,
    /// How often scanning was begun anew because of silence.
    pub restarts: u32,
    /// How often the adapter was switched off and on because of silence.
    pub power_cycles: u32,
}

/// What is asked of the running scanner.
#[derive(Debug)]
enum Request {
    #[cfg_attr(not(feature = "ble"), allow(dead_code))] // nobody scans
    Pause(oneshot::Sender<()>),
    Resume,
}

/// The way to the running scanner. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Control {
    requests: mpsc::Sender<Request>,
    status: watch::Receiver<ScanStatus>,
}

impl Control {
    /// Stops scanning, for a connection. Returns when nothing scans any more, or after 5 s all the
    /// same. Scanning goes on by itself after 2 minutes, should nobody resume it.
    pub async fn pause(&self) {
        let (done, stopped) = oneshot::channel();
        if self.requests.send(Request::Pause(done)).await.is_ok() {
            let _ = tokio::time::timeout(PAUSE_WITHIN, stopped).await;
        }
    }

    /// Scans again.
    pub async fn resume(&self) {
        // An ended scanner has nothing to resume.
        let _ = self.requests.send(Request::Resume).await;
    }

    /// How the scanner fares now.
    #[must_use]
    pub fn status(&self) -> ScanStatus {
        self.status.borrow().clone()
    }
}

const PAUSE_WITHIN: Duration = Duration::from_secs(5);
