//! `hearth demo`: a running home with nothing at hand.
//!
//! The contract: everything but the devices is the real thing. A simulated dongle sits on a real
//! serial line (a pty), the gateway opens it like any other; devices join, are interviewed, named
//! and put into rooms by requests any program could send; a Bluetooth thermometer's encrypted adverts
//! come in where an adapter's would; the broker and the page are those of every home.

mod adverts;
mod check;
mod tour;

use std::fmt::Write as _;
use std::future::Future;
use std::io;
use std::net::{SocketAddr, TcpListener};
use std::path::{Path, PathBuf};

use radios::sim::{self, DeviceConfig, Listen, SimConfig};

use crate::config::{Config, ConfigError};
use crate::run::{self, Plan, StartError, Wires};

/// What can be chosen.
#[derive(Clone, Debug)]
pub struct Options {
    /// Where the page is.
    pub listen: SocketAddr,
    /// Where the broker listens; the usual port or any free one unless told.
    pub broker: Option<SocketAddr>,
    /// Where the home is kept; nowhere unless told.
    pub data: Option<PathBuf>,
    /// Folder with `vosk/libvosk.so` and the model `vosk-ko`.
    pub voice: Option<PathBuf>,
    /// A recording that turns the lamp on, in Korean, for the check.
    pub say: Option<PathBuf>,
    /// Try everything, then end.
    pub self_check: bool,
    /// Where a trace is written.
    pub trace: Option<PathBuf>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from(([127, 0, 0, 1], 8099)),
            broker: None,
            data: None,
            voice: None,
            say: None,
            self_check: false,
            trace: None,
        }
    }
}

/// The demo cannot start, or its check failed.
#[derive(Debug, thiserror::Error)]
pub enum DemoError {
    /// A file or a port.
    #[error("{what}: {error}")]
    Io {
        /// Which.
        what: String,
        /// What the system said.
        error: io::Error,
    },
    /// The demo's own configuration.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// The gateway does not start.
    #[error(transparent)]
    Start(#[from] StartError),
    /// Something that should work does not.
    #[error("{0}")]
    Failed(String),
}

fn io_error(what: impl Into<String>) -> impl FnOnce(io::Error) -> DemoError {
    let what = what.into();
    move |error| DemoError::Io { what, error }
}

/// Where everything of this demo is.
struct Place {
    folder: PathBuf,
    /// Gone at the end.
    temporary: bool,
}

impl Place {
    fn of(options: &Options) -> Result<Self, DemoError> {
        let place = match &options.data {
            Some(folder) => Self {
                folder: folder.clone(),
                temporary: false,
            },
            None => Self {
                folder: std::env::temp_dir().join(format!("hearth-demo-{}", std::process::id())),
                temporary: true,
            },
        };
        std::fs::create_dir_all(&place.folder)
            .map_err(io_error(place.folder.display().to_string()))?;
        Ok(place)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        if self.temporary {
            // What is left of it is in the folder for temporary files.
            let _ = std::fs::remove_dir_all(&self.folder);
        }
    }
}

/// The simulator's devices of the demo's home.
const DEVICES: [&str; 3] = ["lamp", "climate", "plug"];

/// Runs the demo until `stop`, or until its check is done.
///
/// # Errors
/// See [`DemoError`].
pub async fn run(options: Options, stop: impl Future<Output = ()>) -> Result<(), DemoError> {
    let place = Place::of(&options)?;
    let mut devices = DeviceConfig::home();
    devices.retain(|device| DEVICES.contains(&device.name.as_str()));
    let dongle = sim::spawn(SimConfig {
        listen: Listen::Pty(Some(place.folder.join("dongle"))),
        state_file: Some(place.folder.join("dongle.json")),
        devices: devices.clone(),
        lively: true,
        ..SimConfig::default()
    })
    .map_err(io_error("the simulated dongle"))?;
    let broker = match options.broker {
        Some(broker) => broker,
        None => free_port()?,
    };
    let file = place.folder.join("hearth.toml");
    let text = configuration(&options, &place.folder, dongle.address(), broker);
    std::fs::write(&file, &text).map_err(io_error(file.display().to_string()))?;
    let config = Config::load(&file)?;
    // Tells early, and by name, what the gateway itself would only log.
    TcpListener::bind(options.listen).map_err(io_error(format!(
        "the page cannot be at {} (--listen chooses another place)",
        options.listen
    )))?;
    let plan = Plan {
        trace: options.trace.clone(),
        wires: Wires {
            zigbee: None,
            ble: Some(adverts::play()?),
        },
        ..Plan::default()
    };
    let mut stop = std::pin::pin!(stop);
    let (end, ended) = tokio::sync::oneshot::channel::<()>();
    let gateway = run::run(config.clone(), plan, async {
        // Dropped or sent: either is the end.
        let _ = ended.await;
    });
    let visit = async {
        let visit = tokio::select! {
            () = &mut stop => Ok(()),
            done = tour::lead(&options, &config, &file, &dongle, &devices) => done,
        };
        drop(end);
        visit
    };
    let (ran, visited) = tokio::join!(gateway, visit);
    ran?;
    visited
}

/// The usual port of a broker, or any if that is taken.
fn free_port() -> Result<SocketAddr, DemoError> {
    let local = |port| SocketAddr::from(([127, 0, 0, 1], port));
    if TcpListener::bind(local(1883)).is_ok() {
        return Ok(local(1883));
    }
    TcpListener::bind(local(0))
        .and_then(|listener| listener.local_addr())
        .map_err(io_error("a port for the broker"))
}

fn configuration(options: &Options, folder: &Path, dongle: &str, broker: SocketAddr) -> String {
    let mut text = String::from("# The demo's configuration, written by `hearth demo`.\n");
    // Rust's quoting of texts is TOML's, for paths and addresses.
    let _ = write!(
        text,
        "data_dir = {:?}\n\n[mqtt]\nserver = \"embedded\"\nlisten = \"{broker}\"\n\n\
         [zigbee]\nport = {dongle:?}\n\n[ble]\nenabled = true\n\n[web]\nlisten = \"{}\"\n\n\
         [homeassistant]\nenabled = true\n\n[voice]\nlanguage = \"en\"\nspeech_language = \"ko\"\n",
        folder.join("data"),
        options.listen,
    );
    if let Some(voice) = &options.voice {
        let _ = write!(
            text,
            "model = {:?}\nlibrary = {:?}\n",
            voice.join("vosk-ko"),
            voice.join("vosk/libvosk.so")
        );
    }
    let _ = write!(
        text,
        "\n[devices.\"{}\"]\nfriendly_name = \"Thermometer\"\nroom = \"Bathroom\"\n\
         aliases = [\"욕실 온도계\"]\nbind_key = \"{}\"\n",
        adverts::THERMOMETER,
        adverts::KEY
    );
    text
}
