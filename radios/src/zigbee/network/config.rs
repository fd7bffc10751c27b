//! What a user can choose about the Zigbee network, and how patient we are.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use super::source::Source;

/// When a network may be formed on the dongle.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum FormPolicy {
    /// Only on a dongle that holds none. One that holds another network than the stored or
    /// configured one is refused with the difference in plain words.
    #[default]
    IfBlank,
    /// Never: a dongle without a network is refused too.
    Never,
    /// Also over another network, whose devices are then lost: the user's explicit act.
    Overwrite,
}

/// Seconds since 2000-01-01 00:00 UTC, as the Time cluster counts. Given in, because the network
/// itself reads no wall clock.
pub type WallClock = Arc<dyn Fn() -> u32 + Send + Sync>;

/// The Zigbee side of a home.
pub struct ZigbeeConfig {
    /// The way to the dongle.
    pub port: Box<dyn Source>,
    /// Channel 11…26; none: as stored, or a quiet one when forming.
    pub channel: Option<u8>,
    /// PAN identifier; none: as stored, or random.
    pub pan_id: Option<u16>,
    /// Extended PAN identifier; none: as stored, or random.
    pub extended_pan_id: Option<u64>,
    /// Network key; none: as stored, or random.
    pub network_key: Option<[u8; 16]>,
    /// When to form.
    pub form: FormPolicy,
    /// Transmit power in dBm when forming.
    pub transmit_power: i8,
    /// Makes a formed network's random numbers repeatable; none: the system's random source. Never
    /// set it for a real home.
    pub seed: Option<u64>,
    /// Answers devices that ask for the time; none: they are told it is not known.
    pub clock: Option<WallClock>,
    /// How long a command waits for the dongle or an awake device before it fails.
    pub command_age: Duration,
    /// How long a command waits for a sleeping device to speak before it fails.
    pub sleepy_command_age: Duration,
}

impl ZigbeeConfig {
    /// Defaults for the dongle behind `port`.
    #[must_use]
    pub fn new(port: Box<dyn Source>) -> Self {
        Self {
            port,
            channel: None,
            pan_id: None,
            extended_pan_id: None,
            network_key: None,
            form: FormPolicy::IfBlank,
            transmit_power: 8,
            seed: None,
            clock: None,
            command_age: Duration::from_secs(60),
            sleepy_command_age: Duration::from_secs(600),
        }
    }
}

impl fmt::Debug for ZigbeeConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ZigbeeConfig")
            .field("port", &self.port.name())
            .field("channel", &self.channel)
            .field("form", &self.form)
            .finish_non_exhaustive()
    }
}
