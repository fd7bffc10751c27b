//! What to simulate.

use std::path::PathBuf;
use std::time::Duration;

use super::port::Listen;
use crate::Ieee;
use crate::ezsp::Version;

/// What to simulate. [`SimConfig::default`] is the demo's home on a pty, all of it blank.
#[derive(Clone, Debug)]
pub struct SimConfig {
    /// EZSP protocol version of the co-processor.
    pub version: Version,
    /// Where hosts find it.
    pub listen: Listen,
    /// Where it keeps what survives a restart, devices included; `None`: nowhere.
    pub state_file: Option<PathBuf>,
    /// The co-processor's own address.
    pub ieee: Ieee,
    /// The devices around it. One the state file tells of goes on as it was.
    pub devices: Vec<DeviceConfig>,
    /// Devices move by themselves: the climate drifts, the plug counts.
    pub lively: bool,
    /// Time a packet takes through the air, one way.
    pub latency: Duration,
    /// Time until the co-processor gives up on a device that is always awake.
    pub patience: Duration,
    /// Luck that repeats.
    pub seed: u32,
}

/// A simulated device.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeviceConfig {
    /// What simulator and tests call it.
    pub name: String,
    /// Its model: a [`Model::kind`](super::device::models::Model::kind).
    pub kind: String,
    /// Its address.
    pub ieee: Ieee,
    /// Looks for an open network from the start, and joins when there is one.
    pub pairing: bool,
}

impl DeviceConfig {
    /// A device that does not look for a network until told to.
    #[must_use]
    pub fn new(name: &str, kind: &str, ieee: Ieee) -> Self {
        Self {
            name: name.to_owned(),
            kind: kind.to_owned(),
            ieee,
            pairing: false,
        }
    }

    /// The devices of the demo: `lamp`, `climate`, `plug`, `contact` and `color-lamp`, each of the
    /// kind it is called by.
    #[must_use]
    pub fn home() -> Vec<Self> {
        [
            ("lamp", 0x000b_57ff_fe8c_0a11),
            ("climate", 0x0015_8d00_0123_4567),
            ("plug", 0x8417_15ff_fe91_0b22),
            ("contact", 0x0015_8d00_0189_abcd),
            ("color-lamp", 0x000b_57ff_fe8c_0c33),
        ]
        .into_iter()
        .map(|(name, ieee)| Self::new(name, name, Ieee(ieee)))
        .collect()
    }
}

impl Default for SimConfig {
    fn default() -> Self {
        Self {
            version: Version::COMMON,
            listen: Listen::Pty(None),
            state_file: None,
            ieee: Ieee(0x00be_efff_fe51_0001),
            devices: DeviceConfig::home(),
            lively: false,
            latency: Duration::from_millis(4),
            patience: Duration::from_millis(1200),
            seed: 1,
        }
    }
}
