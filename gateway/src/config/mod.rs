//! The configuration: one typed [`Config`] from a TOML file and the environment.
//!
//! The contract: whatever is wrong is refused with an error that names the file, the line, the key
//! and what was expected; nothing unknown passes silently. Every key is one row of [`keys::KEYS`]:
//! its default, what it expects and how it is read; the reference in `docs/configuration.md` is
//! made from that table.
//!
//! Any key can be given in the environment instead, and wins there: `mqtt.server` is
//! `HEARTH_MQTT_SERVER`.

mod error;
pub mod keys;
mod load;
mod names;
mod raw;
#[cfg(test)]
mod tests;
mod tree;
pub mod uci;
mod value;

use std::collections::BTreeMap;
use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;

use radios::DeviceId;
use radios::ble::{Adopt, PerProperty, Rules, TrackerConfig};

pub use error::{ConfigError, Place, UciPlace};

/// Everything a user can set.
#[derive(Clone, Debug, PartialEq)]
pub struct Config {
    /// Where Hearth keeps what it must remember.
    pub data_dir: PathBuf,
    /// Socket that `hearth status` asks; without one, in `data_dir`.
    pub control: Option<PathBuf>,
    /// Socket of OpenWrt's ubus; without one, where OpenWrt has it.
    pub ubus: Option<PathBuf>,
    /// Where mere state is written, when not there.
    pub state_dir: Option<PathBuf>,
    /// Least severe level logged: `error`, `warn`, `info`, `debug` or `trace`.
    pub log: Level,
    /// The broker.
    pub mqtt: Mqtt,
    /// The Zigbee dongle.
    pub zigbee: Zigbee,
    /// The Bluetooth adapter.
    pub ble: Ble,
    /// The page.
    pub web: Web,
    /// Home Assistant's MQTT discovery.
    pub homeassistant: HomeAssistant,
    /// Sentences and speech.
    pub voice: Voice,
    /// What the file says of single devices; taken over when the device has no such option yet.
    pub devices: BTreeMap<DeviceId, Device>,
}

impl Config {
    /// Where the running gateway answers `hearth status`.
    #[must_use]
    pub fn control(&self) -> PathBuf {
        self.control
            .clone()
            .unwrap_or_else(|| self.data_dir.join("control.sock"))
    }
}

/// A severity.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// Something does not work.
    Error,
    /// Something is odd or was shed.
    Warn,
    /// What a user wants to know.
    Info,
    /// What a developer wants to know.
    Debug,
    /// Everything.
    Trace,
}

impl Level {
    /// As written in files and topics.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Warn => "warning",
            Self::Info => "info",
            Self::Debug => "debug",
            Self::Trace => "trace",
        }
    }
}

/// How the broker is reached.
#[derive(Clone, Debug, PartialEq)]
pub struct Mqtt {
    /// Which broker.
    pub server: Server,
    /// User name.
    pub user: Option<String>,
    /// Its password.
    pub password: Option<Secret<String>>,
    /// First part of every topic.
    pub base_topic: String,
    /// Client identifier; without one, made from the base topic.
    pub client_id: Option<String>,
    /// PEM file with the certificate authorities to trust for `mqtts://`.
    pub ca: Option<PathBuf>,
    /// Accept any certificate.
    pub insecure: bool,
    /// Seconds between signs of life.
    pub keepalive: u16,
    /// Largest packet taken or sent, in bytes.
    pub maximum_packet_size: usize,
    /// Where the embedded broker listens.
    pub listen: SocketAddr,
}

/// A broker.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Server {
    /// `mqtt://host:port`.
    Plain {
        /// Name or address.
        host: String,
        /// 1883 unless told.
        port: u16,
    },
    /// `mqtts://host:port`.
    Tls {
        /// Name or address.
        host: String,
        /// 8883 unless told.
        port: u16,
    },
    /// The one inside this process.
    Embedded,
}

impl fmt::Display for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (scheme, host, port) = match self {
            Self::Plain { host, port } => ("mqtt", host, port),
            Self::Tls { host, port } => ("mqtts", host, port),
            Self::Embedded => return f.write_str("embedded"),
        };
        if host.contains(':') {
            write!(f, "{scheme}://[{host}]:{port}")
        } else {
            write!(f, "{scheme}://{host}:{port}")
        }
    }
}

/// The Zigbee dongle and the network to form.
#[derive(Clone, Debug, PartialEq)]
pub struct Zigbee {
    /// Whether Zigbee is used.
    pub enabled: bool,
    /// `auto`, a tty path or `tcp://host:port`.
    pub port: String,
    /// Bits per second on a tty.
    pub baudrate: u32,
    /// Channel of a network to form.
    pub channel: Option<u8>,
    /// PAN identifier of a network to form.
    pub pan_id: Option<u16>,
    /// Extended PAN identifier of a network to form, as a number.
    pub ext_pan_id: Option<u64>,
    /// Key of a network to form.
    pub network_key: Option<Secret<[u8; 16]>>,
    /// Another network on the dongle may be replaced.
    pub overwrite: bool,
    /// Transmit power in dBm.
    pub transmit_power: Option<i8>,
}

/// The Bluetooth adapter.
#[derive(Clone, Debug, PartialEq)]
pub struct Ble {
    /// Whether BLE is used.
    pub enabled: bool,
    /// Which adapter; the first one unless told.
    pub adapter: Option<String>,
    /// How to listen.
    pub scan: radios::ble::scan::Scanning,
    /// Which senders become devices of the home.
    pub adopt: Adopt,
    /// How values are told, of devices that have no rules of their own.
    pub rules: Rules,
    /// Seconds between two readings of sensors that must be asked; 0: only on demand.
    pub read_interval: u32,
    /// Hours east of UTC, for clocks that are set.
    pub utc_offset: i8,
    /// Whether requests may connect to devices that are not of the home.
    pub gatt_any: bool,
    /// The room this gateway stands in, for trackers.
    pub room: Option<String>,
    /// Seconds without a tracker's advert after which it is away.
    pub presence_timeout: u16,
    /// Where gateways tell each other how they hear trackers.
    pub presence_topic: String,
    /// Where adverts are told in Theengs' words besides; nowhere unless given.
    pub theengs_topics: Option<String>,
    /// What people carry about.
    pub trackers: Vec<TrackerConfig>,
}

/// The page.
#[derive(Clone, Debug, PartialEq)]
pub struct Web {
    /// Whether there is a page.
    pub enabled: bool,
    /// Where it listens.
    pub listen: SocketAddr,
    /// What a browser must present.
    pub token: Option<Secret<String>>,
}

/// Home Assistant's MQTT discovery.
#[derive(Clone, Debug, PartialEq)]
pub struct HomeAssistant {
    /// Whether discovery is published.
    pub enabled: bool,
    /// First part of discovery topics.
    pub discovery_topic: String,
    /// Where Home Assistant says that it started.
    pub status_topic: String,
}

/// Sentences and speech.
#[derive(Clone, Debug, PartialEq)]
pub struct Voice {
    /// Language of sentences: `en`, `ko`, …
    pub language: String,
    /// Language of the speech model, where it is another.
    pub speech_language: Option<String>,
    /// Folder of the Vosk model; without one nothing listens, typed sentences still work.
    pub model: Option<PathBuf>,
    /// Path of libvosk.
    pub library: Option<PathBuf>,
    /// Socket of a speech worker that runs elsewhere; without one it is started here.
    pub socket: Option<String>,
    /// Folder with more sentences.
    pub sentences: Option<PathBuf>,
    /// ALSA device to listen at.
    pub microphone: Option<String>,
    /// Room the microphone stands in.
    pub room: Option<String>,
    /// Wake words without which the microphone is not listened to.
    pub wake: Vec<String>,
    /// Folder with wake words.
    pub wake_folder: Option<PathBuf>,
    /// What is asked back before it is done.
    pub confirm: Vec<Confirm>,
    /// Whether that is asked of those who type, too.
    pub confirm_typed: bool,
    /// ALSA device to answer at, where the microphone is.
    pub speaker: Option<String>,
    /// How answers become speech.
    pub tts: Tts,
    /// Whether short tones tell what Hearth did or wants.
    pub earcons: bool,
    /// Voice satellites, by name.
    pub satellites: BTreeMap<String, Satellite>,
    /// Speech and sentences for others.
    pub wyoming: Wyoming,
}

impl Voice {
    /// Whether anything is to be listened to.
    #[must_use]
    pub fn listens(&self) -> bool {
        self.model.is_some()
            || self.microphone.is_some()
            || self.socket.is_some()
            || !self.satellites.is_empty()
            || self.wyoming.listen.is_some()
    }
}

/// Something that is done only when somebody says yes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Confirm {
    /// Unlocking.
    Lock,
    /// Opening a garage door.
    Garage,
    /// Turning everything off.
    AllOff,
}

/// How answers become speech.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Tts {
    /// They do not: tones only.
    #[default]
    Off,
    /// By the program espeak-ng.
    Espeak,
    /// By a Wyoming server, `tcp://host:port`.
    Wyoming(String),
}

/// A voice satellite.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Satellite {
    /// Where it listens: `tcp://host:port`.
    pub server: String,
    /// The room it stands in.
    pub room: Option<String>,
    /// Wake words to listen for, if it sends all its sound; without any, every sentence counts.
    pub wake: Vec<String>,
}

/// Speech and sentences for others, such as Home Assistant's Assist.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Wyoming {
    /// Where to listen; nowhere unless given.
    pub listen: Option<SocketAddr>,
    /// Who may call besides this machine: addresses, and networks as address and length.
    pub allow: Vec<Network>,
}

/// An address, or all that begin as it does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Network {
    /// The address.
    pub address: IpAddr,
    /// How many bits count.
    pub length: u8,
}

impl Network {
    /// Whether `address` is in it.
    #[must_use]
    pub fn holds(&self, address: IpAddr) -> bool {
        let bits = |address: IpAddr| match address.to_canonical() {
            IpAddr::V4(address) => (u128::from(u32::from(address)) << 96, 32),
            IpAddr::V6(address) => (u128::from(address), 128),
        };
        let ((ours, width), (theirs, other)) = (bits(self.address), bits(address));
        let differs = (ours ^ theirs)
            .checked_shr(128 - u32::from(self.length))
            .unwrap_or(0);
        width == other && differs == 0
    }
}

/// What the file says of one device.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Device {
    /// Its name.
    pub friendly_name: Option<String>,
    /// Its room.
    pub room: Option<String>,
    /// What else people call it.
    pub aliases: Vec<String>,
    /// Whether it is asked back before it is opened, unlocked or switched.
    pub confirm: bool,
    /// Action of a button that makes the ear of its room listen.
    pub push_to_talk: Option<String>,
    /// Key of a BLE device's advertisements.
    pub bind_key: Option<Secret<String>>,
    /// Seconds between two values of a BLE device's properties.
    pub minimum_interval: Option<PerProperty<u32>>,
    /// Seconds over which values of a BLE device are averaged.
    pub average: Option<PerProperty<u32>>,
    /// What a BLE device's values can be.
    pub limits: Vec<(String, (f64, f64))>,
}

/// Something that must not be shown: `Debug` hides it.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret<T>(T);

impl<T> Secret<T> {
    /// Hides `value`.
    pub const fn new(value: T) -> Self {
        Self(value)
    }

    /// The value, to be used and not shown.
    pub const fn reveal(&self) -> &T {
        &self.0
    }
}

impl<T> fmt::Debug for Secret<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("(hidden)")
    }
}
