//! A simulated Zigbee dongle as a program of its own, for hosts that are not ours.
//!
//! The first line it prints is where it listens: the path of a tty, or `tcp://host:port`.

use std::io::Write as _;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use lexopt::prelude::*;
use radios::Value;
use radios::ezsp::Version;
use radios::sim::{self, DeviceConfig, Handle, Listen, SimConfig, Switches};
use serde::Deserialize;
use serde_json::json;
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::{TcpListener, TcpStream};

const HELP: &str = "\
ncp-sim: a simulated Zigbee dongle with simulated devices

  --version N           EZSP protocol version, 8…19 (13)
  --pty LINK            listen on a pty, behind this symbolic link
  --tcp HOST:PORT       listen on TCP; port 0 takes any free one
  --state FILE          keep what a dongle keeps in flash in FILE (nothing is kept)
  --join-after SECONDS  put the lamp into pairing mode after so many seconds
  --device NAME=KIND    add a device (lamp, color-lamp, plug, climate, contact)
  --lively              devices move by themselves
  --control HOST:PORT   take commands there, one line of JSON each: see `Order` in the source

The first line printed is where it listens; the second, with --control, where it takes commands.
";

struct Options {
    config: SimConfig,
    join_after: Option<Duration>,
    control: Option<SocketAddr>,
}

fn options() -> Result<Options, lexopt::Error> {
    let mut config = SimConfig::default();
    let (mut join_after, mut control) = (None, None);
    let mut parser = lexopt::Parser::from_env();
    while let Some(argument) = parser.next()? {
        match argument {
            Long("version") => {
                let number: u8 = parser.value()?.parse()?;
                config.version = Version::new(number).ok_or("--version: 8…19 are spoken")?;
            }
            Long("pty") => config.listen = Listen::Pty(Some(PathBuf::from(parser.value()?))),
            Long("tcp") => config.listen = Listen::Tcp(parser.value()?.parse()?),
            Long("state") => config.state_file = Some(PathBuf::from(parser.value()?)),
            Long("join-after") => {
                let seconds: f64 = parser.value()?.parse()?;
                let after =
                    Duration::try_from_secs_f64(seconds).map_err(|_| "--join-after: seconds")?;
                join_after = Some(after);
            }
            Long("device") => {
                let value = parser.value()?.string()?;
                let (name, kind) = value.split_once('=').ok_or("--device: NAME=KIND")?;
                let number = u64::try_from(config.devices.len()).unwrap_or_default();
                let ieee = radios::Ieee(0x00be_efff_fe00_1000 + number);
                config.devices.push(DeviceConfig::new(name, kind, ieee));
            }
            Long("lively") => config.lively = true,
            Long("control") => control = Some(parser.value()?.parse()?),
            Short('h') | Long("help") => {
                print!("{HELP}");
                std::process::exit(0);
            }
            _ => return Err(argument.unexpected()),
        }
    }
    Ok(Options {
        config,
        join_after,
        control,
    })
}

/// A command of the control line: `{"join": "lamp"}`, `{"set": ["climate", "temperature", 23.4]}`, ….
/// Each is answered by one line: `{"ok": …}` or `{"error": "…"}`.
#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum Order {
    /// Pairing mode.
    Join(String),
    /// Leave by itself.
    Leave(String),
    /// Announce itself.
    Announce(String),
    /// Device, property, value.
    Set(String, String, Value),
    /// Properties of a device.
    State(String),
    /// All devices.
    Devices,
    /// The network, keys included.
    Network,
    /// ZCL commands that arrived.
    Log,
    /// Forget them.
    ClearLog,
    /// Set the fault switches.
    Faults(Box<Switches>),
    /// What the faults did.
    Struck,
    /// Reboot, with the code.
    Reset(u8),
    /// ERROR, with the code.
    Fail(u8),
    /// Pull the cable.
    Unplug,
    /// Plug it in again.
    Plug,
}

async fn obey(handle: &Handle, order: Order) -> Result<serde_json::Value, sim::SimError> {
    let done = json!(true);
    Ok(match order {
        Order::Join(name) => handle.join(&name).await.map(|()| done)?,
        Order::Leave(name) => handle.leave(&name).await.map(|()| done)?,
        Order::Announce(name) => handle.announce(&name).await.map(|()| done)?,
        Order::Set(name, property, value) => {
            handle.set(&name, &property, value).await.map(|()| done)?
        }
        Order::State(name) => {
            let state = handle.state(&name).await?;
            state
                .into_iter()
                .map(|(property, value)| (property.to_owned(), json!(value)))
                .collect()
        }
        Order::Devices => json!(handle.devices().await?),
        Order::Network => json!(handle.network().await?),
        Order::Log => json!(handle.log().await?),
        Order::ClearLog => handle.clear_log().await.map(|()| done)?,
        Order::Faults(switches) => {
            handle.faults().change(|now| *now = *switches);
            done
        }
        Order::Struck => json!(handle.faults().struck()),
        Order::Reset(code) => handle.reset(code).await.map(|()| done)?,
        Order::Fail(code) => handle.fail(code).await.map(|()| done)?,
        Order::Unplug => handle.unplug().await.map(|()| done)?,
        Order::Plug => handle.plug().await.map(|()| done)?,
    })
}

async fn serve(handle: Handle, stream: TcpStream) -> std::io::Result<()> {
    let (read, mut write) = stream.into_split();
    let mut lines = BufReader::new(read).lines();
    while let Some(line) = lines.next_line().await? {
        let answer = match serde_json::from_str(&line) {
            Ok(order) => match obey(&handle, order).await {
                Ok(value) => json!({ "ok": value }),
                Err(error) => json!({ "error": error.to_string() }),
            },
            Err(error) => json!({ "error": error.to_string() }),
        };
        write.write_all(format!("{answer}\n").as_bytes()).await?;
    }
    Ok(())
}

async fn run(options: Options) -> std::io::Result<()> {
    let handle = sim::spawn(options.config)?;
    println!("{}", handle.address());
    if let Some(address) = options.control {
        let listener = TcpListener::bind(address).await?;
        println!("{}", listener.local_addr()?);
        let handle = handle.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(serve(handle.clone(), stream));
            }
        });
    }
    std::io::stdout().flush()?;
    if let Some(after) = options.join_after {
        tokio::time::sleep(after).await;
        handle.join("lamp").await.map_err(std::io::Error::other)?;
    }
    std::future::pending().await
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let outcome = match options() {
        Ok(options) => run(options).await.map_err(|error| error.to_string()),
        Err(error) => Err(format!("{error}\n\n{HELP}")),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("ncp-sim: {error}");
            ExitCode::FAILURE
        }
    }
}
