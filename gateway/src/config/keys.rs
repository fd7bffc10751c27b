//! Every key: its default, what it expects, what it is for, and how it is read.

mod reference;
mod sections;

use super::raw::Raw;
use super::value::{
    adopt, confirm, label, language, level, listen, networks, pan_id, path, port, put, server,
    text, topic, tts, wake, within,
};
use super::{Config, Secret};

pub use reference::reference;
pub use sections::{DEVICE_KEYS, SATELLITE_KEYS, SectionKey, TRACKER_KEYS};

/// One key of the configuration.
#[derive(Clone, Copy)]
pub struct Key {
    /// Section and name: `mqtt.server`.
    pub path: &'static str,
    /// The default, as one would write it; empty: none.
    pub default: &'static str,
    /// What a value must be; errors say `expected …`.
    pub expects: &'static str,
    /// One line for people.
    pub about: &'static str,
    /// Whether its value must not be shown.
    pub secret: bool,
    pub(super) set: fn(&mut Config, &Raw) -> Option<()>,
}

impl std::fmt::Debug for Key {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Key").field(&self.path).finish()
    }
}

impl Key {
    /// The environment variable that wins over the file: `HEARTH_MQTT_SERVER`.
    #[must_use]
    pub fn variable(&self) -> String {
        format!("HEARTH_{}", self.path.to_uppercase().replace('.', "_"))
    }
}

const TEXT: &str = "a text";
const PATH: &str = "a path";
const SWITCH: &str = "true or false";
const LISTEN: &str = "an address and port such as \"127.0.0.1:8099\"";
const TOPIC: &str = "a topic without `+`, `#` and empty parts";
const ROOM: &str = "a room's name of 1 to 64 characters";

const fn key(
    path: &'static str,
    default: &'static str,
    expects: &'static str,
    about: &'static str,
    set: fn(&mut Config, &Raw) -> Option<()>,
) -> Key {
    Key {
        path,
        default,
        expects,
        about,
        secret: false,
        set,
    }
}

const fn secret(
    path: &'static str,
    expects: &'static str,
    about: &'static str,
    set: fn(&mut Config, &Raw) -> Option<()>,
) -> Key {
    Key {
        path,
        default: "",
        expects,
        about,
        secret: true,
        set,
    }
}

/// Every key outside `devices`, in the order the reference shows them.
pub const KEYS: &[Key] = &[
    key(
        "data_dir",
        "\"data\"",
        PATH,
        "Where Hearth keeps devices, network keys and state; created if missing.",
        |c, raw| put(&mut c.data_dir, path(raw)),
    ),
    key(
        "state_dir",
        "",
        PATH,
        "Where devices' last values are kept meanwhile, to spare flash: a folder in RAM. Brought to `data_dir` at a clean end; `data_dir` unless given.",
        |c, raw| put(&mut c.state_dir, path(raw).map(Some)),
    ),
    key(
        "control",
        "",
        PATH,
        "Socket that `hearth status` asks; `control.sock` in `data_dir` unless given.",
        |c, raw| put(&mut c.control, path(raw).map(Some)),
    ),
    key(
        "ubus",
        "",
        PATH,
        "Socket of OpenWrt's ubus; where OpenWrt has it unless given.",
        |c, raw| put(&mut c.ubus, path(raw).map(Some)),
    ),
    key(
        "log",
        "\"info\"",
        "one of \"error\", \"warn\", \"info\", \"debug\", \"trace\"",
        "Least severe messages logged to stderr.",
        |c, raw| put(&mut c.log, level(raw)),
    ),
    key(
        "mqtt.server",
        "\"mqtt://127.0.0.1:1883\"",
        "\"mqtt://host:port\", \"mqtts://host:port\" or \"embedded\"",
        "The broker; `mqtts://` for TLS, `embedded` for the one inside Hearth.",
        |c, raw| put(&mut c.mqtt.server, server(raw)),
    ),
    key(
        "mqtt.user",
        "",
        TEXT,
        "User name at the broker.",
        |c, raw| put(&mut c.mqtt.user, text(raw).map(Some)),
    ),
    secret(
        "mqtt.password",
        TEXT,
        "Password at the broker; better given as `HEARTH_MQTT_PASSWORD`.",
        |c, raw| {
            put(
                &mut c.mqtt.password,
                text(raw).map(|text| Some(Secret::new(text))),
            )
        },
    ),
    key(
        "mqtt.base_topic",
        "\"hearth\"",
        TOPIC,
        "First part of every topic.",
        |c, raw| put(&mut c.mqtt.base_topic, topic(raw)),
    ),
    key(
        "mqtt.client_id",
        "",
        "a text of 1 to 64 characters",
        "Client identifier at the broker; made from the base topic unless given.",
        |c, raw| put(&mut c.mqtt.client_id, label(raw).map(Some)),
    ),
    key(
        "mqtt.ca",
        "",
        PATH,
        "PEM file of the certificate authorities to trust for `mqtts://`; the public ones unless given.",
        |c, raw| put(&mut c.mqtt.ca, path(raw).map(Some)),
    ),
    key(
        "mqtt.insecure",
        "false",
        SWITCH,
        "Accept any certificate for `mqtts://`: whoever stands between can read and forge everything.",
        |c, raw| put(&mut c.mqtt.insecure, raw.boolean()),
    ),
    key(
        "mqtt.keepalive",
        "60",
        "seconds from 5 to 3600",
        "Seconds between signs of life to the broker.",
        |c, raw| put(&mut c.mqtt.keepalive, within(raw, 5, 3600)),
    ),
    key(
        "mqtt.maximum_packet_size",
        "4194304",
        "bytes from 4096 to 16777216",
        "Largest MQTT packet taken or sent.",
        |c, raw| {
            put(
                &mut c.mqtt.maximum_packet_size,
                within(raw, 4096, 16_777_216),
            )
        },
    ),
    key(
        "mqtt.listen",
        "\"127.0.0.1:1883\"",
        LISTEN,
        "Where the embedded broker listens.",
        |c, raw| put(&mut c.mqtt.listen, listen(raw)),
    ),
    key(
        "zigbee.enabled",
        "true",
        SWITCH,
        "Whether the Zigbee dongle is used.",
        |c, raw| put(&mut c.zigbee.enabled, raw.boolean()),
    ),
    key(
        "zigbee.port",
        "\"auto\"",
        "\"auto\", a tty path or \"tcp://host:port\"",
        "The dongle: found by its USB identity, or where it is.",
        |c, raw| put(&mut c.zigbee.port, port(raw)),
    ),
    key(
        "zigbee.baudrate",
        "115200",
        "bits per second from 9600 to 2000000",
        "Speed of a tty.",
        |c, raw| put(&mut c.zigbee.baudrate, within(raw, 9600, 2_000_000)),
    ),
    key(
        "zigbee.channel",
        "",
        "a channel from 11 to 26",
        "Channel of a network to form; a quiet one is chosen unless given.",
        |c, raw| put(&mut c.zigbee.channel, within(raw, 11, 26).map(Some)),
    ),
    key(
        "zigbee.pan_id",
        "",
        "a number from 1 to 65534, or hexadecimal digits after 0x",
        "PAN identifier of a network to form; random unless given.",
        |c, raw| put(&mut c.zigbee.pan_id, pan_id(raw).map(Some)),
    ),
    key(
        "zigbee.ext_pan_id",
        "",
        "16 hexadecimal digits or a list of 8 numbers",
        "Extended PAN identifier of a network to form; random unless given.",
        |c, raw| {
            put(
                &mut c.zigbee.ext_pan_id,
                raw.bytes::<8>()
                    .map(|bytes| Some(u64::from_be_bytes(bytes))),
            )
        },
    ),
    secret(
        "zigbee.network_key",
        "32 hexadecimal digits or a list of 16 numbers from 0 to 255",
        "Key of a network to form; random unless given, which is better.",
        |c, raw| {
            put(
                &mut c.zigbee.network_key,
                raw.bytes::<16>().map(|key| Some(Secret::new(key))),
            )
        },
    ),
    key(
        "zigbee.overwrite",
        "false",
        SWITCH,
        "Whether the home's network may replace another one that the dongle holds, whose devices are then lost. To be set for one start only.",
        |c, raw| put(&mut c.zigbee.overwrite, raw.boolean()),
    ),
    key(
        "zigbee.transmit_power",
        "",
        "dBm from -20 to 20",
        "Transmit power of a network to form; 8 unless given.",
        |c, raw| put(&mut c.zigbee.transmit_power, within(raw, -20, 20).map(Some)),
    ),
    key(
        "ble.enabled",
        "false",
        SWITCH,
        "Whether the Bluetooth adapter is used.",
        |c, raw| put(&mut c.ble.enabled, raw.boolean()),
    ),
    key(
        "ble.adapter",
        "",
        "an adapter's address or a name such as \"hci0\"",
        "Which Bluetooth adapter, best by its address; the first one that speaks LE unless given.",
        |c, raw| put(&mut c.ble.adapter, label(raw).map(Some)),
    ),
    key(
        "ble.scan",
        "\"active\"",
        "one of \"active\", \"passive\", \"auto\"",
        "How to listen: `active` hears all; `passive` spares batteries where BlueZ can, but misses scan responses (some Govee); `auto` is passive and active for 10 s every 5 minutes.",
        |c, raw| put(&mut c.ble.scan, text(raw)?.parse().ok()),
    ),
    key(
        "ble.adopt",
        "\"listed\"",
        "\"listed\" or \"nearby\"",
        "Which Bluetooth devices belong to the home: those that were named or chosen, or whatever can be read nearby.",
        |c, raw| put(&mut c.ble.adopt, adopt(raw)),
    ),
    key(
        "ble.minimum_interval",
        "0",
        "seconds from 0 to 3600",
        "Seconds between two measured values of one property; what is pressed or opens is never held back.",
        |c, raw| put(&mut c.ble.rules.minimum.all, within(raw, 0, 3600)),
    ),
    key(
        "ble.average",
        "0",
        "seconds from 0 to 3600",
        "Seconds over which measured values are averaged.",
        |c, raw| put(&mut c.ble.rules.average.all, within(raw, 0, 3600)),
    ),
    key(
        "ble.read_interval",
        "3600",
        "seconds from 0 to 86400",
        "Seconds between two readings of sensors that must be connected to, such as Mi Flora; 0: only on demand.",
        |c, raw| put(&mut c.ble.read_interval, within(raw, 0, 86400)),
    ),
    key(
        "ble.utc_offset",
        "0",
        "hours from -12 to 14",
        "Hours east of UTC, for clocks that are set over Bluetooth.",
        |c, raw| put(&mut c.ble.utc_offset, within(raw, -12, 14)),
    ),
    key(
        "ble.gatt_any",
        "false",
        SWITCH,
        "Whether `bridge/request/ble/gatt` may connect to devices that are not of the home.",
        |c, raw| put(&mut c.ble.gatt_any, raw.boolean()),
    ),
    key(
        "ble.room",
        "",
        ROOM,
        "Room this gateway stands in: where a tracker is that it hears best.",
        |c, raw| put(&mut c.ble.room, label(raw).map(Some)),
    ),
    key(
        "ble.presence_timeout",
        "180",
        "seconds from 10 to 3600",
        "Seconds of silence after which a tracker is not home.",
        |c, raw| put(&mut c.ble.presence_timeout, within(raw, 10, 3600)),
    ),
    key(
        "ble.presence_topic",
        "\"hearth/presence\"",
        TOPIC,
        "Where gateways of one broker tell each other how they hear trackers; the same for all of them.",
        |c, raw| put(&mut c.ble.presence_topic, topic(raw)),
    ),
    key(
        "ble.theengs_topics",
        "",
        TOPIC,
        "First part of topics that tell adverts in Theengs' words besides, such as \"home/TheengsGateway\".",
        |c, raw| put(&mut c.ble.theengs_topics, topic(raw).map(Some)),
    ),
    key(
        "web.enabled",
        "true",
        SWITCH,
        "Whether there is a page.",
        |c, raw| put(&mut c.web.enabled, raw.boolean()),
    ),
    key(
        "web.listen",
        "\"127.0.0.1:8099\"",
        LISTEN,
        "Where the page is served; `0.0.0.0:8099` for the whole home network.",
        |c, raw| put(&mut c.web.listen, listen(raw)),
    ),
    secret(
        "web.token",
        "a text of 8 characters or more",
        "What a browser must present; nothing unless given.",
        |c, raw| {
            put(
                &mut c.web.token,
                text(raw)
                    .filter(|token| token.chars().count() >= 8)
                    .map(|token| Some(Secret::new(token))),
            )
        },
    ),
    key(
        "homeassistant.enabled",
        "false",
        SWITCH,
        "Whether devices are announced to Home Assistant.",
        |c, raw| put(&mut c.homeassistant.enabled, raw.boolean()),
    ),
    key(
        "homeassistant.discovery_topic",
        "\"homeassistant\"",
        TOPIC,
        "First part of the topics that announce devices.",
        |c, raw| put(&mut c.homeassistant.discovery_topic, topic(raw)),
    ),
    key(
        "homeassistant.status_topic",
        "\"homeassistant/status\"",
        TOPIC,
        "Where Home Assistant says that it started.",
        |c, raw| put(&mut c.homeassistant.status_topic, topic(raw)),
    ),
    key(
        "voice.language",
        "\"en\"",
        "a language such as \"en\" or \"ko\"",
        "Language of sentences and answers.",
        |c, raw| put(&mut c.voice.language, language(raw)),
    ),
    key(
        "voice.speech_language",
        "",
        "a language such as \"en\" or \"ko\"",
        "Language of the speech model, when it is another; its sentences can also be typed.",
        |c, raw| put(&mut c.voice.speech_language, language(raw).map(Some)),
    ),
    key(
        "voice.model",
        "",
        PATH,
        "Folder of the Vosk model; without one only typed sentences are understood.",
        |c, raw| put(&mut c.voice.model, path(raw).map(Some)),
    ),
    key(
        "voice.library",
        "",
        PATH,
        "Path of libvosk; looked for where the system keeps libraries unless given.",
        |c, raw| put(&mut c.voice.library, path(raw).map(Some)),
    ),
    key(
        "voice.socket",
        "",
        "a path or \"tcp://host:port\"",
        "Socket of a speech worker that runs by itself; Hearth starts one unless given.",
        |c, raw| put(&mut c.voice.socket, text(raw).map(Some)),
    ),
    key(
        "voice.sentences",
        "",
        PATH,
        "Folder with sentences to use besides Hearth's own.",
        |c, raw| put(&mut c.voice.sentences, path(raw).map(Some)),
    ),
    key(
        "voice.microphone",
        "",
        "an ALSA device such as \"default\" or \"hw:1,0\"",
        "Where to listen; nowhere unless given.",
        |c, raw| put(&mut c.voice.microphone, label(raw).map(Some)),
    ),
    key(
        "voice.room",
        "",
        ROOM,
        "Room the microphone stands in: \"turn on the lamp\" means the lamp there.",
        |c, raw| put(&mut c.voice.room, label(raw).map(Some)),
    ),
    key(
        "voice.wake",
        "[]",
        "a list of at most 4 wake words such as \"okay_nabu\", or paths of models (.tflite)",
        "Wake words: only what follows one counts at the microphone; empty: it listens all the time.",
        |c, raw| put(&mut c.voice.wake, wake(raw)),
    ),
    key(
        "voice.wake_folder",
        "",
        PATH,
        "Folder of wake word models (microWakeWord); the folder `wake` beside `hearth-voice` unless given.",
        |c, raw| put(&mut c.voice.wake_folder, path(raw).map(Some)),
    ),
    key(
        "voice.confirm",
        "[\"lock\", \"garage\", \"all_off\"]",
        "a list of \"lock\", \"garage\" and \"all_off\"",
        "What is asked back when it is spoken: unlocking, opening a garage, turning everything off.",
        |c, raw| put(&mut c.voice.confirm, confirm(raw)),
    ),
    key(
        "voice.confirm_typed",
        "false",
        SWITCH,
        "Whether that is asked back when it is typed or comes over MQTT, too.",
        |c, raw| put(&mut c.voice.confirm_typed, raw.boolean()),
    ),
    key(
        "voice.speaker",
        "",
        "an ALSA device such as \"default\" or \"plughw:1,0\"",
        "Where the microphone's answers are played; nowhere unless given.",
        |c, raw| put(&mut c.voice.speaker, label(raw).map(Some)),
    ),
    key(
        "voice.tts",
        "\"off\"",
        "\"off\", \"espeak-ng\" or \"tcp://host:port\"",
        "What speaks answers: nothing (tones tell), the program espeak-ng, or a Wyoming server such as wyoming-piper.",
        |c, raw| put(&mut c.voice.tts, tts(raw)),
    ),
    key(
        "voice.earcons",
        "true",
        SWITCH,
        "Whether short tones tell that something was heard, done or not understood.",
        |c, raw| put(&mut c.voice.earcons, raw.boolean()),
    ),
    key(
        "voice.wyoming.listen",
        "",
        LISTEN,
        "Where Hearth recognises speech and sentences for others, such as Home Assistant's Assist; nowhere unless given.",
        |c, raw| put(&mut c.voice.wyoming.listen, listen(raw).map(Some)),
    ),
    key(
        "voice.wyoming.allow",
        "",
        "a list of at most 32 addresses or networks such as [\"192.168.1.20\", \"10.0.0.0/24\"]",
        "Who may call there besides this machine.",
        |c, raw| put(&mut c.voice.wyoming.allow, networks(raw)),
    ),
];
