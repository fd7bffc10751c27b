//! `figures [--hearth PROGRAM]`: what the whole process costs, measured from outside.
//!
//! Runs the gateway with its embedded broker and page on a simulated dongle with the demo's devices,
//! and prints resident memory, time to `bridge/state online`, latencies both ways, and CPU time a
//! report. The simulator and the MQTT client run in this process, so the latencies hold their time,
//! too. Ratios on one machine count, not single numbers.

#![expect(clippy::expect_used)]

use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use radios::sim::{self, SimConfig};
use serde_json::json;
use tests::broker::free_port;
use tests::{Client, places};

const SAMPLES: u32 = 500;
const REPORTS: u32 = 2000;
const TEMPERATURE: u16 = 0x0402;

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let program = arguments();
    let folder = tempfile::tempdir().expect("a folder");
    let sim = sim::spawn(SimConfig {
        latency: Duration::ZERO,
        ..SimConfig::default()
    })
    .expect("the simulator");
    let (broker, web) = (free_port(), free_port());
    let config = folder.path().join("hearth.toml");
    let text = format!(
        "data_dir = {:?}\nlog = \"warn\"\n[mqtt]\nserver = \"embedded\"\nlisten = \"127.0.0.1:{broker}\"\n\
         [zigbee]\nport = {:?}\nchannel = 15\n[ble]\nenabled = false\n[web]\nlisten = \"127.0.0.1:{web}\"\n",
        folder.path().join("data"),
        sim.address(),
    );
    std::fs::write(&config, text).expect("the configuration");
    let run = || -> Child {
        Command::new(&program)
            .args(["run", "--config"])
            .arg(&config)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .spawn()
            .expect("hearth starts")
    };
    println!(
        "program size          {:>10} bytes",
        std::fs::metadata(&program).expect("the program").len()
    );

    // The first life: the devices join.
    let mut gateway = run();
    let client = Client::connect(broker).await;
    client
        .expect("hearth/bridge/state", |s| s["state"] == "online")
        .await;
    client
        .publish("hearth/bridge/request/permit_join", r#"{"time":200}"#)
        .await;
    for device in ["lamp", "climate", "plug"] {
        sim.join(device).await.expect("joins");
    }
    for device in sim
        .devices()
        .await
        .expect("devices")
        .iter()
        .filter(|d| ["lamp", "climate", "plug"].contains(&&*d.name))
    {
        let address = device.ieee.to_string();
        client
            .expect("hearth/bridge/event", |e| {
                e["data"]["ieee_address"] == address && e["data"]["status"] == "successful"
            })
            .await;
        let rename = json!({ "from": address, "to": device.name });
        client
            .publish("hearth/bridge/request/device/rename", rename.to_string())
            .await;
    }
    client
        .publish("hearth/bridge/request/permit_join", r#"{"time":0}"#)
        .await;
    client
        .expect("hearth/bridge/devices", |d| {
            d.to_string().contains(r#""friendly_name":"plug""#)
        })
        .await;
    stop(&mut gateway);
    drop(client);

    // The second life: measured.
    let begun = Instant::now();
    let mut gateway = run();
    let client = Client::connect(broker).await;
    client
        .expect("hearth/bridge/state", |s| s["state"] == "online")
        .await;
    println!(
        "start to online       {:>10.1} ms (a client that dials until it is answered)",
        ms(begun.elapsed())
    );
    client
        .expect("hearth/bridge/info", |i| !i["network"]["channel"].is_null())
        .await;
    println!("start to network up   {:>10.1} ms", ms(begun.elapsed()));
    let pid = gateway.id();
    tokio::time::sleep(Duration::from_secs(5)).await;
    println!("resident, idle        {:>10} kB", resident(pid));

    let mut up = Vec::new();
    for number in 0..SAMPLES {
        let value = 1000 + number;
        let wanted = f64::from(value) / 100.0;
        client.forget();
        let sent = Instant::now();
        sim.say("climate", 1, TEMPERATURE, report(number, value))
            .await
            .expect("reported");
        client
            .expect("hearth/climate", |s| {
                s["temperature"].as_f64() == Some(wanted)
            })
            .await;
        up.push(sent.elapsed());
    }
    percentiles("NCP frame to MQTT", &mut up);

    let mut down = Vec::new();
    for number in 0..SAMPLES {
        let before = sim.log().await.expect("the log").len();
        let sent = Instant::now();
        client
            .publish(
                "hearth/lamp/set",
                json!({ "brightness": 10 + number % 200 }).to_string(),
            )
            .await;
        while sim.log().await.expect("the log").len() == before {
            tokio::task::yield_now().await;
        }
        down.push(sent.elapsed());
    }
    percentiles("MQTT set to lamp", &mut down);

    client.forget();
    let (cpu, begun) = (cpu_time(pid), Instant::now());
    let mut ticks = tokio::time::interval(Duration::from_millis(10));
    for number in 0..REPORTS {
        ticks.tick().await;
        sim.say(
            "climate",
            1,
            TEMPERATURE,
            report(number, 2000 + number % 500),
        )
        .await
        .expect("reported");
        if number == REPORTS / 2 {
            println!("resident, 100/s       {:>10} kB", resident(pid));
        }
    }
    let last = f64::from(2000 + (REPORTS - 1) % 500) / 100.0;
    client
        .expect("hearth/climate", |s| {
            s["temperature"].as_f64() == Some(last)
        })
        .await;
    let used = cpu_time(pid) - cpu;
    let seen = client
        .seen()
        .iter()
        .filter(|m| m.topic == "hearth/climate")
        .count();
    println!(
        "reports               {:>10} sent, {seen} published in {:.1} s",
        REPORTS,
        begun.elapsed().as_secs_f64()
    );
    println!(
        "CPU a report          {:>10.0} µs, broker included",
        used.as_secs_f64() * 1e6 / f64::from(REPORTS)
    );
    println!("resident at the end   {:>10} kB", resident(pid));
    stop(&mut gateway);
}

fn arguments() -> PathBuf {
    let mut parser = lexopt::Parser::from_env();
    let mut program = None;
    while let Ok(Some(argument)) = parser.next() {
        if let lexopt::Arg::Long("hearth") = argument {
            program = parser.value().ok().map(PathBuf::from);
        }
    }
    program.unwrap_or_else(|| places::program("hearth"))
}

/// A report of the measured temperature, int16 in hundredths.
fn report(number: u32, value: u32) -> Vec<u8> {
    let [low, high, ..] = value.to_le_bytes();
    let [sequence, ..] = number.to_le_bytes();
    vec![0x18, sequence, 0x0a, 0x00, 0x00, 0x29, low, high]
}

fn stop(gateway: &mut Child) {
    let _ = Command::new("kill")
        .arg("-TERM")
        .arg(gateway.id().to_string())
        .status();
    let _ = gateway.wait();
}

fn ms(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}

fn percentiles(what: &str, samples: &mut [Duration]) {
    samples.sort();
    let at = |share: usize| ms(samples[samples.len() * share / 100]);
    println!("{what:<22}{:>10.3} ms p50, {:.3} ms p99", at(50), at(99));
}

fn resident(pid: u32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).expect("its status");
    let line = status
        .lines()
        .find(|l| l.starts_with("VmRSS"))
        .expect("VmRSS");
    line.split_whitespace()
        .nth(1)
        .and_then(|n| n.parse().ok())
        .expect("a number")
}

/// User and system time; the kernel counts in hundredths of a second.
fn cpu_time(pid: u32) -> Duration {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).expect("its stat");
    let after = stat.rsplit(')').next().expect("fields");
    let ticks: u64 = after
        .split_whitespace()
        .skip(11)
        .take(2)
        .filter_map(|n| n.parse::<u64>().ok())
        .sum();
    Duration::from_millis(ticks * 10)
}
