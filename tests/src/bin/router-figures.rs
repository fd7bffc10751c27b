//! `router-figures --hearth PROGRAM [--name TARGET] [--table FILE]`: what a router's memory has to bear.
//!
//! Runs a router's build (no simulator, no broker of its own) with fifty simulated devices and a real mosquitto, and
//! tells its resident memory when it idles: radios only, with the page, and after a first sentence, as far as it was
//! built with these. Exits with 1 when it is more than the budget. With `--table`, a line of tab-separated
//! values is written there, too, in place of an older one of the same program.

#![expect(clippy::expect_used, clippy::panic)]

use std::fmt::Write as _;
use std::path::PathBuf;
use std::process::{Child, Command, ExitCode, Stdio};
use std::time::Duration;

use radios::Ieee;
use radios::sim::{self, DeviceConfig, SimConfig};
use serde_json::json;
use tests::{Broker, Client, places};

const DEVICES: u64 = 50;
/// In kB: radios only, and with the page.
const BUDGET: [u64; 2] = [8 << 10, 10 << 10];

struct Options {
    hearth: PathBuf,
    name: String,
    table: Option<PathBuf>,
}

fn options() -> Options {
    let mut parser = lexopt::Parser::from_env();
    let (mut hearth, mut name, mut table) = (None, "here".to_owned(), None);
    while let Some(argument) = parser.next().expect("arguments") {
        let lexopt::Arg::Long(option) = argument else {
            panic!("{argument:?}");
        };
        let option = option.to_owned();
        let value = parser.value().expect("a value");
        match &*option {
            "hearth" => hearth = Some(PathBuf::from(value)),
            "name" => name = value.to_string_lossy().into_owned(),
            "table" => table = Some(PathBuf::from(value)),
            _ => panic!("--{option}"),
        }
    }
    Options {
        hearth: hearth.expect("--hearth PROGRAM"),
        name,
        table,
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let options = options();
    let Some(broker) = Broker::start() else {
        return ExitCode::FAILURE;
    };
    let kinds = ["lamp", "plug", "color-lamp", "climate", "contact"];
    let devices: Vec<_> = (0..DEVICES)
        .map(|number| {
            // Children of the dongle are few; what stands in a socket is not a child.
            let kind = kinds[usize::try_from(if number < 12 { number % 5 } else { number % 3 })
                .unwrap_or_default()];
            let ieee = Ieee(0x000b_57ff_fe8c_0000 + number);
            DeviceConfig::new(&format!("device {number}"), kind, ieee)
        })
        .collect();
    let sim = sim::spawn(SimConfig {
        devices: devices.clone(),
        lively: true,
        latency: Duration::ZERO,
        ..SimConfig::default()
    })
    .expect("the simulator");
    let folder = tempfile::tempdir().expect("a folder");
    let configure = |page: bool| {
        let config = folder.path().join("hearth.toml");
        let text = format!(
            "data_dir = {:?}\nlog = \"warn\"\n[mqtt]\nserver = \"{}\"\n[zigbee]\nport = {:?}\nchannel = 15\n\
             [web]\nenabled = {page}\nlisten = \"127.0.0.1:{}\"\n[homeassistant]\nenabled = true\n",
            folder.path().join("data"),
            broker.url(),
            sim.address(),
            tests::broker::free_port(),
        );
        std::fs::write(&config, text).expect("the configuration");
        config
    };
    let run = |config: &PathBuf| -> Child {
        Command::new(&options.hearth)
            .arg("run")
            .arg("--config")
            .arg(config)
            .stdin(Stdio::null())
            .spawn()
            .expect("hearth starts")
    };

    // The first life: the devices join.
    let client = Client::connect(broker.port()).await;
    let mut gateway = run(&configure(false));
    client
        .expect("hearth/bridge/info", |i| !i["network"]["channel"].is_null())
        .await;
    for (number, device) in devices.iter().enumerate() {
        if number % 10 == 0 {
            client
                .publish("hearth/bridge/request/permit_join", r#"{"time":200}"#)
                .await;
        }
        sim.join(&device.name).await.expect("it joins");
        let address = device.ieee.to_string();
        client
            .expect("hearth/bridge/event", |e| {
                e["data"]["ieee_address"] == address && e["data"]["status"] == "successful"
            })
            .await;
    }
    let joined = resident(gateway.id());
    stop(&mut gateway);

    // Further lives: what a router that was started some time ago holds.
    let program = options
        .hearth
        .file_name()
        .map_or_else(String::new, |name| name.to_string_lossy().into_owned());
    let has = |part| places::has(&mut Command::new(&options.hearth), part);
    let lives: &[bool] = if has("web") { &[false, true] } else { &[false] };
    let sentences = has("sentences");
    let mut idle = [None, None];
    let mut said = None;
    for (at, page) in lives.iter().copied().enumerate() {
        let client = Client::connect(broker.port()).await;
        let mut gateway = run(&configure(page));
        client
            .expect_fresh("hearth/bridge/devices", |d| {
                d.as_array().is_some_and(|all| all.len() > 50)
            })
            .await;
        tokio::time::sleep(Duration::from_secs(10)).await;
        idle[at] = Some(resident(gateway.id()));
        if page && sentences {
            let ask = json!({ "text": "turn on the lamp", "transaction": "said" });
            client
                .publish("hearth/bridge/request/say", ask.to_string())
                .await;
            client
                .expect("hearth/bridge/response/say", |r| r["transaction"] == "said")
                .await;
            said = Some(resident(gateway.id()));
        }
        stop(&mut gateway);
    }
    let mut report = String::new();
    for (what, kb) in [
        ("idle, radios only", idle[0]),
        ("idle, with the page", idle[1]),
        ("after a sentence, with the page", said),
        ("when all have just joined", Some(joined)),
    ] {
        let Some(kb) = kb else { continue };
        let _ = writeln!(report, "{what:<34}{kb:>8} kB resident");
    }
    print!("{report}");
    if let Some(table) = &options.table {
        let cell = |kb: Option<u64>| kb.map_or_else(|| "–".to_owned(), |kb| kb.to_string());
        let key = format!("{}\t{program}\t", options.name);
        let mut lines = vec!["target\tprogram\tradios\tpage\tsentence\tjoined".to_owned()];
        let before = std::fs::read_to_string(table).unwrap_or_default();
        let others = before
            .lines()
            .skip(1)
            .filter(|line| !line.starts_with(&key));
        lines.extend(others.map(str::to_owned));
        lines.push(format!(
            "{key}{}\t{}\t{}\t{joined}",
            cell(idle[0]),
            cell(idle[1]),
            cell(said)
        ));
        std::fs::write(table, lines.join("\n") + "\n").expect("the table");
    }
    if idle
        .iter()
        .zip(BUDGET)
        .any(|(idle, most)| idle.is_some_and(|idle| idle > most))
    {
        eprintln!("more than the budget of {BUDGET:?} kB");
        return ExitCode::FAILURE;
    }
    ExitCode::SUCCESS
}

fn stop(gateway: &mut Child) {
    let _ = Command::new("kill")
        .arg("-TERM")
        .arg(gateway.id().to_string())
        .status();
    let _ = gateway.wait();
}

fn resident(pid: u32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).expect("its status");
    let line = status.lines().find(|line| line.starts_with("VmRSS"));
    line.and_then(|line| line.split_whitespace().nth(1))
        .and_then(|number| number.parse().ok())
        .expect("VmRSS")
}
