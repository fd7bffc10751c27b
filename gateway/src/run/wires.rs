//! Starting the radios: the configured ones, or given ones.

use std::fmt;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use radios::serial::{Opener, PortAddr, PortAddrError};
use radios::tap::Tap;
use radios::zigbee::{FormPolicy, Source, ZigbeeConfig};
use radios::{
    Command, CommandError, DeviceId, Event, NetworkSettings, Radio, RadioHandle, ble, zigbee,
};
use tokio::sync::mpsc;

use crate::clock;
use crate::config::Config;
use crate::hub::Hub;

/// Given radios instead of the configured ones.
#[derive(Default)]
pub struct Wires {
    /// The way to a (simulated) dongle.
    pub zigbee: Option<Box<dyn Source>>,
    /// Recorded adverts.
    pub ble: Option<ble::Source>,
}

impl fmt::Debug for Wires {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Wires")
            .field("zigbee", &self.zigbee.as_ref().map(|source| source.name()))
            .field("ble", &self.ble.is_some())
            .finish()
    }
}

/// The radios of a running home.
#[derive(Debug, Default)]
pub(crate) struct Radios {
    zigbee: Option<RadioHandle>,
    ble: Option<RadioHandle>,
    port: Name,
}

/// What the dongle is called, for people: it turns out when it is opened.
type Name = Arc<Mutex<String>>;

impl Radios {
    /// Starts what `config` names, or what is given; what is neither stays off.
    pub(crate) fn start(
        config: &Config,
        wires: Wires,
        hub: &Hub,
        network: Option<NetworkSettings>,
        tap: &Tap,
    ) -> Self {
        let port = Name::default();
        let zigbee = config.zigbee.enabled.then(|| {
            let source = wires
                .zigbee
                .unwrap_or_else(|| Box::new(Port::of(&config.zigbee, Arc::clone(&port))));
            zigbee::spawn(
                zigbee_config(config, source),
                network,
                hub.records(Radio::Zigbee),
                tap.clone(),
            )
        });
        // Without an adapter, adverts come from traces and simulators alone.
        let ble = if cfg!(any(feature = "ble", feature = "sim", feature = "replay")) {
            config.ble.enabled.then(|| {
                ble::spawn(
                    ble_config(config, hub),
                    wires.ble.unwrap_or(ble::Source::Adapter),
                    tap.clone(),
                )
            })
        } else {
            if config.ble.enabled {
                tracing::warn!("ble: {}", crate::parts::NO_BLUETOOTH);
            }
            None
        };
        Self { zigbee, ble, port }
    }

    /// The dongle that was opened last; empty before.
    pub(crate) fn port(&self) -> String {
        self.port
            .lock()
            .map_or_else(|_| String::new(), |name| name.clone())
    }

    /// The next event of any radio; never, if there is none. One that ended stays silent.
    pub(crate) async fn next(&mut self) -> Event {
        let Self { zigbee, ble, .. } = self;
        tokio::select! {
            event = next(zigbee) => event,
            event = next(ble) => event,
        }
    }

    /// The ways down.
    pub(crate) fn commands(&self) -> Commands {
        let of = |radio: &Option<RadioHandle>| radio.as_ref().map(|radio| radio.commands.clone());
        Commands {
            zigbee: of(&self.zigbee),
            ble: of(&self.ble),
        }
    }
}

/// The ways down to the radios.
#[derive(Debug)]
pub(crate) struct Commands {
    zigbee: Option<mpsc::Sender<Command>>,
    ble: Option<mpsc::Sender<Command>>,
}

impl Commands {
    /// Hands `command` down, unless the radio is off or its queue is full.
    pub(crate) fn send(&self, radio: Radio, command: Command) -> Result<(), CommandError> {
        let (queue, name) = match radio {
            Radio::Zigbee => (&self.zigbee, "Zigbee"),
            Radio::Ble => (&self.ble, "Bluetooth"),
        };
        let Some(queue) = queue else {
            let why = format!("{name} is switched off");
            return Err(CommandError::Unavailable(why));
        };
        queue.try_send(command).map_err(|error| {
            CommandError::Unavailable(match error {
                mpsc::error::TrySendError::Full(_) => {
                    format!("too many commands wait for {name}")
                }
                mpsc::error::TrySendError::Closed(_) => format!("{name} has ended"),
            })
        })
    }
}

async fn next(handle: &mut Option<RadioHandle>) -> Event {
    if let Some(radio) = handle {
        if let Some(event) = radio.events.recv().await {
            return event;
        }
        tracing::error!("a radio's task has ended; its devices are no longer heard");
        *handle = None;
    }
    std::future::pending().await
}

/// Seconds from 1970 to 2000, from which the Time cluster counts.
const YEAR_2000: u64 = 946_684_800;

fn zigbee_config(config: &Config, source: Box<dyn Source>) -> ZigbeeConfig {
    let wanted = &config.zigbee;
    let mut made = ZigbeeConfig::new(source);
    made.channel = wanted.channel;
    made.pan_id = wanted.pan_id;
    made.extended_pan_id = wanted.ext_pan_id;
    made.network_key = wanted.network_key.as_ref().map(|key| *key.reveal());
    if wanted.overwrite {
        made.form = FormPolicy::Overwrite;
    }
    if let Some(power) = wanted.transmit_power {
        made.transmit_power = power;
    }
    made.clock = Some(std::sync::Arc::new(|| {
        let seconds = clock::wall().as_secs().saturating_sub(YEAR_2000);
        u32::try_from(seconds).unwrap_or(u32::MAX)
    }));
    made
}

fn ble_config(config: &Config, hub: &Hub) -> ble::BleConfig {
    let mut keys = Vec::new();
    // Keys of devices that have not been heard yet are in the configuration alone.
    let known = hub.bind_keys();
    let configured = config.devices.iter().filter_map(|(id, device)| {
        let key = device.bind_key.as_ref()?.reveal().clone();
        (!known.iter().any(|(known, _)| known == id)).then_some((*id, key))
    });
    let configured: Vec<_> = configured.collect();
    for (id, key) in known.into_iter().chain(configured) {
        match (id, key.parse()) {
            (DeviceId::Ble(mac), Ok(key)) => keys.push((mac, key)),
            (_, Err(error)) => tracing::warn!("the bind key of {id} is not used: {error}"),
            (DeviceId::Zigbee(_), Ok(_)) => {}
        }
    }
    let ble = &config.ble;
    let mut listed = Vec::new();
    let mut device_rules = std::collections::BTreeMap::new();
    for (id, device) in &config.devices {
        let DeviceId::Ble(mac) = id else { continue };
        listed.push(*mac);
        let mut rules = ble.rules.clone();
        if let Some(minimum) = &device.minimum_interval {
            rules.minimum = minimum.clone();
        }
        if let Some(average) = &device.average {
            rules.average = average.clone();
        }
        rules.limits.clone_from(&device.limits);
        if rules != ble.rules {
            device_rules.insert(*mac, rules);
        }
    }
    ble::BleConfig {
        scan: ble::scan::ScanConfig {
            adapter: ble.adapter.clone(),
            scanning: ble.scan,
            ..ble::scan::ScanConfig::default()
        },
        devices: hub.records(Radio::Ble),
        keys,
        listed,
        adopt: ble.adopt,
        rules: ble.rules.clone(),
        device_rules,
        trackers: ble.trackers.clone(),
        gatt: ble::gatt::Settings {
            read_every: (ble.read_interval > 0)
                .then(|| Duration::from_secs(ble.read_interval.into())),
            utc_offset: i32::from(ble.utc_offset) * 3600,
        },
    }
}

/// The dongle that the configuration names.
struct Port {
    opener: Result<Opener, PortAddrError>,
    /// Who wants to know which it is.
    told: Name,
}

/// What the configuration says when it says nothing: then what is known of the stick counts.
const USUAL_BAUD: u32 = 115_200;

impl Port {
    fn of(config: &crate::config::Zigbee, told: Name) -> Self {
        let wanted = Some(config.baudrate).filter(|baud| *baud != USUAL_BAUD);
        let opener = config.port.parse().map(|mut addr: PortAddr| {
            if let PortAddr::Auto { baud, .. } | PortAddr::Tty { baud, .. } = &mut addr {
                *baud = baud.or(wanted);
            }
            Opener::new(addr)
        });
        Self { opener, told }
    }
}

impl Source for Port {
    fn name(&self) -> String {
        match &self.opener {
            Ok(opener) => opener.name().to_owned(),
            Err(_) => "zigbee.port".to_owned(),
        }
    }

    fn open(&mut self) -> zigbee::Opening<'_> {
        Box::pin(async {
            match &mut self.opener {
                Ok(opener) => {
                    let line = opener.open().await?;
                    if let Ok(mut name) = self.told.lock() {
                        opener.name().clone_into(&mut name);
                    }
                    Ok(zigbee::Wire::Line(Box::new(line)))
                }
                Err(error) => Err(std::io::Error::other(error.to_string())),
            }
        })
    }

    fn unanswered(&mut self) -> Option<String> {
        self.opener.as_mut().ok().and_then(Source::unanswered)
    }
}
