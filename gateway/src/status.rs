//! How the gateway is: one document for people, scripts and watchdogs.
//!
//! The contract: every part is what the room in question last told; nothing is asked for, so making
//! the document never waits. `healthy` is false exactly when there is a complaint. What fills it is
//! the main loop itself: whoever gets no document knows that the loop hangs.
//!
//! The same document is shown by `hearth status --json` and on ubus.

use std::time::Duration;

use radios::{Event, Radio};
use serde::{Deserialize, Serialize};
use tokio::time::Instant;

use crate::config::Config;
use crate::hub::{Hub, Input, Now};
use crate::parts;

/// A room may take this long to come up before that is a complaint.
const PATIENCE: Duration = Duration::from_secs(60);

/// How the gateway is.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Status {
    /// Of Hearth.
    pub version: String,
    /// Seconds since the start.
    pub uptime: u32,
    /// Whether everything that is switched on works.
    pub healthy: bool,
    /// What does not, for people; empty when healthy.
    pub complaints: Vec<String>,
    /// The Zigbee dongle and its network.
    pub zigbee: Zigbee,
    /// The Bluetooth adapter.
    pub ble: Ble,
    /// The broker.
    pub mqtt: Mqtt,
    /// Speech.
    pub voice: Voice,
    /// Where the page is, if there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub page: Option<String>,
    /// Memory of this process.
    pub memory: Memory,
    /// What was written to flash.
    pub flash: Flash,
}

/// How a room is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum State {
    /// Switched off.
    #[default]
    Off,
    /// Not heard of yet.
    Starting,
    /// Works.
    Up,
    /// Does not work; it is being tried.
    Down,
}

/// The Zigbee dongle and its network.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Zigbee {
    /// How it is.
    pub state: State,
    /// Why it does not work.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// The dongle: what was opened last, or what is configured.
    pub port: String,
    /// Channel of the network, once it is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub channel: Option<u8>,
    /// PAN identifier of the network.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pan_id: Option<u16>,
    /// What the dongle runs.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub firmware: Option<String>,
    /// Devices of the home, the dongle not counted.
    pub devices: u32,
    /// Of those, the ones that can be reached, as far as that is known.
    pub online: u32,
    /// Seconds for which joining stays open; 0: closed.
    pub joining: u32,
}

/// The Bluetooth adapter.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Ble {
    /// How it is.
    pub state: State,
    /// Why it does not work.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// The configured adapter; none: the first one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub adapter: Option<String>,
    /// Devices of the home.
    pub devices: u32,
    /// Of those, the ones that can be heard.
    pub online: u32,
}

/// The broker.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Mqtt {
    /// Whether it is there.
    pub connected: bool,
    /// Which.
    pub server: String,
    /// First part of every topic.
    pub base_topic: String,
    /// Why it is not there.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// Speech. Typed sentences are understood whatever its state.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Voice {
    /// How the speech worker is; off where nothing listens.
    pub state: State,
    /// Why it does not work.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// This build understands no sentences at all.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub absent: bool,
    /// Language of sentences and answers.
    pub language: String,
    /// The model that listens, once it does.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub model: Option<String>,
    /// Wake words of all ears; without any, every sentence counts.
    pub wake: Vec<String>,
    /// The sound that is kept for debugging, while it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kept: Option<Kept>,
}

/// Sound that is kept for debugging.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Kept {
    /// When it is removed (RFC 3339, UTC).
    pub until: String,
    /// Where it lies.
    pub folder: String,
    /// Recordings so far.
    pub files: u32,
    /// Their bytes.
    pub bytes: u64,
}

/// Memory of this process.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Memory {
    /// What it occupies now, in kB.
    pub rss_kb: u32,
    /// What it occupied at most, in kB.
    pub peak_kb: u32,
}

/// What was written to flash, counted over all starts.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Flash {
    /// Files written.
    pub writes: u32,
    /// Their bytes.
    pub bytes: u64,
    /// Since when, in seconds since 1970.
    pub since: u64,
}

impl Memory {
    /// Of this process, from `/proc/self/status`; zeroes where there is none.
    #[must_use]
    pub fn read() -> Self {
        std::fs::read_to_string("/proc/self/status")
            .map_or_else(|_| Self::default(), |text| Self::parse(&text))
    }

    /// From the text of `/proc/PID/status`.
    #[must_use]
    pub fn parse(text: &str) -> Self {
        let field = |name: &str| {
            text.lines()
                .find_map(|line| line.strip_prefix(name)?.split_whitespace().next())
                .and_then(|number| number.parse().ok())
                .unwrap_or_default()
        };
        Self {
            rss_kb: field("VmRSS:"),
            peak_kb: field("VmHWM:"),
        }
    }
}

/// What the main loop keeps about its rooms as their words pass by.
#[derive(Debug)]
pub struct Board {
    began: Instant,
    zigbee: Room,
    ble: Room,
    mqtt: Room,
    page: Room,
    /// Parts of the configuration that are shown.
    shown: Status,
}

/// One room.
#[derive(Debug)]
struct Room {
    state: State,
    reason: Option<String>,
}

impl Room {
    const fn new(on: bool) -> Self {
        Self {
            state: if on { State::Starting } else { State::Off },
            reason: None,
        }
    }

    fn up(&mut self) {
        *self = Self {
            state: State::Up,
            reason: None,
        };
    }

    fn down(&mut self, reason: &str) {
        *self = Self {
            state: State::Down,
            reason: Some(reason.chars().take(300).collect()),
        };
    }
}

impl Board {
    /// Of a gateway that starts now.
    #[must_use]
    pub fn new(config: &Config) -> Self {
        Self {
            began: Instant::now(),
            zigbee: Room::new(config.zigbee.enabled),
            ble: Room::new(config.ble.enabled),
            mqtt: Room::new(true),
            page: Room::new(false),
            shown: Status {
                version: env!("CARGO_PKG_VERSION").to_owned(),
                zigbee: Zigbee {
                    port: config.zigbee.port.clone(),
                    ..Zigbee::default()
                },
                ble: Ble {
                    adapter: config.ble.adapter.clone(),
                    ..Ble::default()
                },
                mqtt: Mqtt {
                    server: config.mqtt.server.to_string(),
                    base_topic: config.mqtt.base_topic.clone(),
                    ..Mqtt::default()
                },
                voice: Voice {
                    absent: !parts::SENTENCES,
                    language: config.voice.language.clone(),
                    ..Voice::default()
                },
                ..Status::default()
            },
        }
    }

    /// Hears what the hub is about to hear.
    pub fn noticed(&mut self, input: &Input) {
        match input {
            Input::BrokerUp => self.mqtt.up(),
            Input::BrokerDown { reason } => self.mqtt.down(reason),
            Input::Radio(Event::RadioUp { radio, .. }) => self.radio(*radio).up(),
            Input::Radio(Event::RadioDown { radio, reason }) => self.radio(*radio).down(reason),
            _ => {}
        }
    }

    /// Where the page is, or why it is not served; nothing if there is to be none.
    pub fn page(&mut self, at: Option<Result<String, String>>) {
        match &at {
            Some(Err(why)) => self.page.down(why),
            _ => self.page = Room::new(false),
        }
        self.shown.page = at.and_then(Result::ok);
    }

    /// What the dongle turned out to be.
    pub fn port(&mut self, name: &str) {
        if !name.is_empty() {
            name.clone_into(&mut self.shown.zigbee.port);
        }
    }

    const fn radio(&mut self, radio: Radio) -> &mut Room {
        match radio {
            Radio::Zigbee => &mut self.zigbee,
            Radio::Ble => &mut self.ble,
        }
    }

    /// The document; `voice` and `flash` are their rooms' own.
    #[must_use]
    pub fn status(&self, hub: &Hub, now: Now, voice: Option<Voice>, flash: Flash) -> Status {
        let uptime = self.began.elapsed();
        let mut status = self.shown.clone();
        status.uptime = u32::try_from(uptime.as_secs()).unwrap_or(u32::MAX);
        status.zigbee.state = self.zigbee.state;
        status.zigbee.reason.clone_from(&self.zigbee.reason);
        status.ble.state = self.ble.state;
        status.ble.reason.clone_from(&self.ble.reason);
        status.mqtt.connected = self.mqtt.state == State::Up;
        status.mqtt.reason.clone_from(&self.mqtt.reason);
        if let Some(voice) = voice {
            status.voice = voice;
        }
        hub.census(&mut status, now);
        status.memory = Memory::read();
        status.flash = flash;
        let rooms = [
            ("zigbee", self.zigbee.state, &self.zigbee.reason),
            ("bluetooth", self.ble.state, &self.ble.reason),
            ("broker", self.mqtt.state, &self.mqtt.reason),
            ("voice", status.voice.state, &status.voice.reason),
            ("page", self.page.state, &self.page.reason),
        ];
        status.complaints = rooms
            .into_iter()
            .filter_map(|(name, state, reason)| match state {
                State::Down => Some(match reason {
                    Some(reason) => format!("{name}: {reason}"),
                    None => format!("{name} does not work"),
                }),
                State::Starting if uptime >= PATIENCE => {
                    Some(format!("{name} has not started yet"))
                }
                _ => None,
            })
            .collect();
        status.healthy = status.complaints.is_empty();
        status
    }
}

impl Status {
    /// For people, a line a room.
    #[must_use]
    pub fn lines(&self) -> String {
        let mut text = format!(
            "gateway   running for {}, version {}\n",
            span(self.uptime),
            self.version
        );
        text += &self.mqtt.lines();
        text += &self.zigbee.lines();
        text += &self.ble.lines();
        text += &self.voice.lines();
        if let Some(page) = &self.page {
            text += &format!("page      {page}\n");
        }
        text += &format!(
            "memory    {:.1} MB, at most {:.1} MB\nflash     {} written, {} kB\n",
            f64::from(self.memory.rss_kb) / 1024.0,
            f64::from(self.memory.peak_kb) / 1024.0,
            counted(self.flash.writes, "file"),
            self.flash.bytes / 1024
        );
        for complaint in &self.complaints {
            text += &format!("NOT WELL  {complaint}\n");
        }
        text
    }
}

impl Mqtt {
    fn lines(&self) -> String {
        let how = match (&self.reason, self.connected) {
            (_, true) => String::new(),
            (Some(reason), _) => format!(" cannot be reached: {reason}"),
            (None, _) => " is not reached yet".to_owned(),
        };
        format!(
            "broker    {}{how}, base topic {}\n",
            self.server, self.base_topic
        )
    }
}

impl Zigbee {
    fn lines(&self) -> String {
        let mut text = format!("zigbee    {}", state(self.state, self.reason.as_deref()));
        if let (Some(channel), Some(pan_id)) = (self.channel, self.pan_id) {
            text += &format!(", channel {channel}, PAN {pan_id:#06x}");
        }
        if let Some(firmware) = &self.firmware {
            text += &format!(", {firmware}");
        }
        text.push('\n');
        if self.state != State::Off {
            let joining = match self.joining {
                0 => "closed".to_owned(),
                seconds => format!("open for {seconds} s"),
            };
            text += &format!(
                "          {}\n          {}, {} online; joining {joining}\n",
                self.port,
                counted(self.devices, "device"),
                self.online
            );
        }
        text
    }
}

impl Ble {
    fn lines(&self) -> String {
        let mut text = format!("bluetooth {}\n", state(self.state, self.reason.as_deref()));
        if self.state != State::Off {
            text += &format!(
                "          {}, {} online\n",
                counted(self.devices, "device"),
                self.online
            );
        }
        text
    }
}

impl Voice {
    fn lines(&self) -> String {
        let words = match self.state {
            _ if self.absent => parts::NO_SENTENCES.to_owned(),
            State::Off => "nothing listens; typed sentences are understood".to_owned(),
            other => state(other, self.reason.as_deref()),
        };
        let mut text = format!("voice     {words} ({})\n", self.language);
        if let Some(model) = &self.model {
            text += &match self.wake.as_slice() {
                [] => format!("          model {model}\n"),
                wake => format!("          model {model}, after {}\n", wake.join(" or ")),
            };
        }
        if let Some(Kept {
            until,
            folder,
            files,
            ..
        }) = &self.kept
        {
            text += &format!(
                "          sound is kept until {until}: {} in {folder}\n",
                counted(*files, "recording")
            );
        }
        text
    }
}

/// `1 device`, `2 devices`.
fn counted(count: u32, of: &str) -> String {
    let s = if count == 1 { "" } else { "s" };
    format!("{count} {of}{s}")
}

fn state(state: State, reason: Option<&str>) -> String {
    match (state, reason) {
        (State::Off, _) => "switched off".to_owned(),
        (State::Starting, _) => "starting".to_owned(),
        (State::Up, _) => "works".to_owned(),
        (State::Down, Some(reason)) => format!("does not work: {reason}"),
        (State::Down, None) => "does not work".to_owned(),
    }
}

/// `3 d 4 h`, `5 min`, `12 s`.
fn span(seconds: u32) -> String {
    let (days, hours, minutes) = (seconds / 86_400, seconds / 3600 % 24, seconds / 60 % 60);
    match (days, hours, minutes) {
        (0, 0, 0) => format!("{seconds} s"),
        (0, 0, _) => format!("{minutes} min"),
        (0, _, _) => format!("{hours} h {minutes} min"),
        _ => format!("{days} d {hours} h"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hub::Saved;
    use crate::run;

    fn hub(config: &Config) -> Hub {
        run::hub(config, &Saved::default(), Now::default()).unwrap()
    }

    #[tokio::test(start_paused = true)]
    async fn rooms_come_up_go_down_and_health_follows() {
        let config = Config::default();
        let hub = hub(&config);
        let mut board = Board::new(&config);
        let status = |board: &Board| board.status(&hub, Now::default(), None, Flash::default());

        let first = status(&board);
        assert!(first.healthy, "a start is no illness: {first:?}");
        assert_eq!(first.zigbee.state, State::Starting);
        assert_eq!(first.ble.state, State::Off);
        assert!(!first.mqtt.connected);

        board.noticed(&Input::BrokerUp);
        board.noticed(&Input::Radio(Event::RadioDown {
            radio: Radio::Zigbee,
            reason: "no Zigbee stick is plugged in".to_owned(),
        }));
        let down = status(&board);
        assert!(down.mqtt.connected && !down.healthy);
        assert_eq!(down.complaints, ["zigbee: no Zigbee stick is plugged in"]);
        assert!(down.lines().contains("NOT WELL  zigbee: no Zigbee stick"));

        board.noticed(&Input::Radio(Event::RadioUp {
            radio: Radio::Zigbee,
            network: None,
        }));
        assert!(status(&board).healthy);
        board.noticed(&Input::BrokerDown {
            reason: "it closed the connection".to_owned(),
        });
        assert_eq!(
            status(&board).complaints,
            ["broker: it closed the connection"]
        );
    }

    #[tokio::test(start_paused = true)]
    async fn a_page_that_is_not_served_is_a_complaint() {
        let config = Config::default();
        let hub = hub(&config);
        let mut board = Board::new(&config);
        board.noticed(&Input::BrokerUp);
        let status = |board: &Board| board.status(&hub, Now::default(), None, Flash::default());
        board.page(Some(Err("cannot listen at 10.0.0.1:8099".to_owned())));
        assert_eq!(
            status(&board).complaints,
            ["page: cannot listen at 10.0.0.1:8099"]
        );
        board.page(Some(Ok("http://10.0.0.1:8099/".to_owned())));
        assert!(status(&board).healthy);
        assert_eq!(status(&board).page.unwrap(), "http://10.0.0.1:8099/");
    }

    #[tokio::test(start_paused = true)]
    async fn a_room_that_never_starts_is_a_complaint() {
        let config = Config::default();
        let hub = hub(&config);
        let mut board = Board::new(&config);
        board.noticed(&Input::BrokerUp);
        tokio::time::advance(PATIENCE).await;
        let status = board.status(&hub, Now::default(), None, Flash::default());
        assert_eq!(status.complaints, ["zigbee has not started yet"]);
        assert_eq!(status.uptime, 60);
    }

    #[test]
    fn the_document_keeps_its_names() {
        let text = serde_json::to_value(Status::default()).unwrap();
        for pointer in [
            "/version",
            "/uptime",
            "/healthy",
            "/complaints",
            "/zigbee/state",
            "/zigbee/port",
            "/zigbee/devices",
            "/ble/state",
            "/mqtt/connected",
            "/mqtt/server",
            "/voice/state",
            "/voice/wake",
            "/memory/rss_kb",
            "/flash/writes",
            "/flash/bytes",
            "/flash/since",
        ] {
            assert!(text.pointer(pointer).is_some(), "{pointer} in {text}");
        }
        assert_eq!(text["zigbee"]["state"], "off");
        // An older or newer one can be read.
        let read: Status = serde_json::from_str(r#"{"healthy":true,"new":1}"#).unwrap();
        assert!(read.healthy);
    }

    #[test]
    fn memory_is_read_from_proc() {
        let text = "Name:\thearth\nVmHWM:\t    9120 kB\nVmRSS:\t    7340 kB\n";
        let memory = Memory::parse(text);
        assert_eq!((memory.rss_kb, memory.peak_kb), (7340, 9120));
        assert_eq!(Memory::parse(""), Memory::default());
    }
}
