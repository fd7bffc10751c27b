//! `ble-figures [--hearth PROGRAM] [--theengs PYTHON]`: what BLE costs the whole process.
//!
//! 60 senders of ten formats air 200 adverts a second on a make-believe BlueZ, all of them taken up and
//! published to a broker; printed are CPU time and memory of the gateway's process, once it runs. With a
//! Python that has TheengsGateway the same is done with that.

#![expect(clippy::expect_used)]

use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use tests::air::adverts;
use tests::bluez::{BlueZ, Bus};
use tests::{Broker, Client, places};

const SENDERS: u32 = 60;
const RATE: u32 = 200;
const WARM: Duration = Duration::from_secs(10);
const SECONDS: u32 = 20;

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let mut parser = lexopt::Parser::from_env();
    let (mut hearth, mut theengs) = (None, None);
    while let Ok(Some(argument)) = parser.next() {
        match argument {
            lexopt::Arg::Long("hearth") => hearth = parser.value().ok().map(PathBuf::from),
            lexopt::Arg::Long("theengs") => theengs = parser.value().ok().map(PathBuf::from),
            _ => {}
        }
    }
    let hearth = hearth.unwrap_or_else(|| places::program("hearth"));
    let broker = Broker::start().expect("mosquitto");
    let folder = tempfile::tempdir().expect("a folder");
    let config = folder.path().join("hearth.toml");
    let text = format!(
        "data_dir = {:?}\nlog = \"warn\"\n[mqtt]\nserver = \"{}\"\n[zigbee]\nenabled = false\n\
         [ble]\nenabled = true\nadopt = \"nearby\"\n[web]\nenabled = false\n",
        folder.path().join("data"),
        broker.url(),
    );
    std::fs::write(&config, text).expect("the configuration");
    let mut command = Command::new(hearth);
    command.args(["run", "--config"]).arg(&config);
    measure("hearth", &mut command, &broker).await;
    if let Some(python) = theengs {
        let mut command = Command::new(python);
        command
            .args(["-m", "TheengsGateway", "-H", "127.0.0.1", "-P"])
            .arg(broker.port().to_string())
            .args([
                "-a", "hci0", "-sd", "60", "-tb", "1", "-D", "0", "-s", "active",
            ])
            .args(["-c"])
            .arg(folder.path().join("theengs.json"));
        measure("TheengsGateway", &mut command, &broker).await;
    }
}

async fn measure(name: &str, command: &mut Command, broker: &Broker) {
    let bus = Bus::start().expect("dbus-daemon");
    let bluez = BlueZ::start(&bus.address());
    bluez.power(true);
    let client = Client::connect(broker.port()).await;
    let mut process = command
        .env("DBUS_SYSTEM_BUS_ADDRESS", bus.address())
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("it starts");
    let pid = process.id();
    let begun = Instant::now();
    let (mut before, mut bus_before, mut seen_before) = (Duration::ZERO, Duration::ZERO, 0);
    let warm = u32::try_from(WARM.as_secs()).expect("small") * RATE;
    let mut ticks = tokio::time::interval(Duration::from_secs(1) / RATE);
    for number in 0..warm + SECONDS * RATE {
        ticks.tick().await;
        let mut advert = adverts::own(number);
        advert.address = adverts::sender(number % SENDERS);
        advert.rssi = Some(-40 - i16::try_from(number % 40).unwrap_or(0));
        bluez.air(&advert);
        if number == warm {
            before = cpu_time(pid);
            bus_before = cpu_time(bus.pid());
            seen_before = client.seen().len();
        }
    }
    let took = begun.elapsed().saturating_sub(WARM).as_secs_f64();
    let share = |used: Duration| 100.0 * used.as_secs_f64() / took;
    println!(
        "{name:<16} {:>5.1} % of a core at {RATE} adverts/s, {:>6} kB; {} messages published; dbus-daemon {:.1} %",
        share(cpu_time(pid).saturating_sub(before)),
        resident(pid),
        client.seen().len() - seen_before,
        share(cpu_time(bus.pid()).saturating_sub(bus_before)),
    );
    stop(&mut process);
}

fn stop(process: &mut Child) {
    let _ = process.kill();
    let _ = process.wait();
}

fn resident(pid: u32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
    (status.lines())
        .find_map(|line| line.strip_prefix("VmRSS:"))
        .and_then(|rest| rest.split_whitespace().next()?.parse().ok())
        .unwrap_or(0)
}

/// User and system time; the kernel counts in hundredths of a second.
fn cpu_time(pid: u32) -> Duration {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    let after = stat.rsplit(')').next().unwrap_or_default();
    let ticks: u64 = (after.split_whitespace().skip(11).take(2))
        .filter_map(|number| number.parse::<u64>().ok())
        .sum();
    Duration::from_millis(ticks * 10)
}
