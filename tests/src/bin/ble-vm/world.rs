//! The machine's Bluetooth: bus, BlueZ, controller; and how to disturb them.

use std::io;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use dbus::blocking::Connection;
use dbus::blocking::stdintf::org_freedesktop_dbus::Properties as _;
use radios::Mac;
use radios::ble::{Advert, ServiceUuid};
use tests::air::adverts::{Aired, aired};
use tests::air::controller::hex;
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::process::{Child, ChildStdin, Command};
use tokio::time::{Instant, sleep, timeout};

use super::ear::{METRONOME, METRONOME_SERVICE};

const CONTROLLER: &str = "00:AA:01:00:00:42";

/// All of it.
pub(crate) struct World {
    _bus: Child,
    bluetoothd: Option<Child>,
    pub(crate) air: Option<Air>,
}

impl World {
    pub(crate) async fn create() -> Self {
        let bus = Command::new("/usr/bin/dbus-daemon")
            .args(["--system", "--nofork", "--nopidfile"])
            .spawn()
            .expect("a bus");
        let socket = Path::new("/run/dbus/system_bus_socket");
        while !socket.exists() {
            sleep(Duration::from_millis(20)).await;
        }
        Self {
            _bus: bus,
            bluetoothd: None,
            air: None,
        }
    }

    /// Starts BlueZ and plugs the controller in, where they are not there yet.
    pub(crate) async fn complete(&mut self) {
        if self.air.is_none() {
            self.air = Some(Air::plug().await);
        }
        if self.bluetoothd.is_none() {
            self.start_bluetoothd(false);
        }
    }

    pub(crate) fn start_bluetoothd(&mut self, experimental: bool) {
        let mut command = Command::new("/usr/bin/bluetoothd");
        command.arg("-n");
        if experimental {
            command.arg("-E");
        }
        let log = std::fs::File::options()
            .create(true)
            .append(true)
            .open("/run/bluetoothd.log")
            .expect("a log");
        command.stdout(Stdio::null()).stderr(log);
        self.bluetoothd = Some(command.spawn().expect("bluetoothd"));
    }

    /// Ends BlueZ as a service manager does.
    pub(crate) async fn stop_bluetoothd(&mut self) {
        if let Some(mut bluetoothd) = self.bluetoothd.take() {
            if let Some(pid) = bluetoothd.id() {
                let mut kill = Command::new("/bin/busybox");
                let _ = kill
                    .args(["kill", "-TERM", &pid.to_string()])
                    .status()
                    .await;
            }
            let _ = bluetoothd.wait().await;
        }
    }

    /// Ends BlueZ as a crash does.
    pub(crate) async fn crash_bluetoothd(&mut self) {
        if let Some(mut bluetoothd) = self.bluetoothd.take() {
            let _ = bluetoothd.kill().await;
        }
    }

    /// Pulls the controller.
    pub(crate) async fn pull(&mut self) {
        if let Some(mut air) = self.air.take() {
            let _ = air.program.kill().await;
        }
    }

    pub(crate) fn air(&mut self) -> &mut Air {
        self.air.as_mut().expect("a controller")
    }

    /// Resident memory of BlueZ, in kB.
    pub(crate) fn bluetoothd_memory(&self) -> u64 {
        let pid = self.bluetoothd.as_ref().and_then(Child::id);
        pid.map_or(0, |pid| memory(&pid.to_string()))
    }
}

/// Resident memory of a process, in kB.
pub(crate) fn memory(pid: &str) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
    (status.lines())
        .find_map(|line| line.strip_prefix("VmRSS:"))
        .and_then(|rest| rest.split_whitespace().next()?.parse().ok())
        .unwrap_or(0)
}

/// CPU time of this process, in seconds.
pub(crate) fn cpu() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let after_name = stat.rsplit(')').next().unwrap_or_default();
    let ticks: f64 = (after_name.split_whitespace().skip(11).take(2))
        .filter_map(|number| number.parse::<f64>().ok())
        .sum();
    ticks / 100.0
}

/// Switches the adapter, as another program would.
pub(crate) async fn power(on: bool) -> Result<(), dbus::Error> {
    tokio::task::spawn_blocking(move || {
        let bus = Connection::new_system()?;
        let adapter = (0..4)
            .map(|number| format!("/org/bluez/hci{number}"))
            .find(|path| {
                let proxy = bus.with_proxy("org.bluez", path.as_str(), Duration::from_secs(5));
                let powered: Result<bool, _> = proxy.get("org.bluez.Adapter1", "Powered");
                powered.is_ok()
            })
            .unwrap_or_default();
        let proxy = bus.with_proxy("org.bluez", adapter, Duration::from_secs(10));
        proxy.set("org.bluez.Adapter1", "Powered", on)
    })
    .await
    .expect("a thread")
}

/// Flips the switch that holds Bluetooth off.
pub(crate) fn rfkill(off: bool) -> io::Result<()> {
    for entry in std::fs::read_dir("/sys/class/rfkill")? {
        let switch: PathBuf = entry?.path();
        std::fs::write(switch.join("soft"), if off { "1" } else { "0" })?;
    }
    Ok(())
}

/// The controller.
pub(crate) struct Air {
    program: Child,
    input: ChildStdin,
    said: Arc<Mutex<Vec<String>>>,
}

impl Air {
    /// Plugs it in; returns when the kernel has it.
    pub(crate) async fn plug() -> Self {
        let mut program = Command::new("/hearth/ld.so")
            .args([
                "--library-path",
                "/hearth/lib",
                "/hearth/ble-vm",
                "controller",
            ])
            .arg(CONTROLLER)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .expect("the controller");
        let input = program.stdin.take().expect("its input");
        let mut output = BufReader::new(program.stdout.take().expect("its output")).lines();
        let said = Arc::new(Mutex::new(Vec::new()));
        let list = said.clone();
        tokio::spawn(async move {
            while let Ok(Some(line)) = output.next_line().await {
                list.lock()
                    .unwrap_or_else(PoisonError::into_inner)
                    .push(line);
            }
        });
        let air = Self {
            program,
            input,
            said,
        };
        let there = timeout(Duration::from_secs(20), air.says("hci ")).await;
        assert!(there.is_ok(), "the kernel takes the controller");
        air
    }

    /// What it said so far.
    pub(crate) fn said(&self) -> Vec<String> {
        self.said
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    /// Waits until it has said something that begins so.
    pub(crate) async fn says(&self, start: &str) {
        while !self.said().iter().any(|line| line.starts_with(start)) {
            sleep(Duration::from_millis(10)).await;
        }
    }

    /// Forgets what it said.
    pub(crate) fn forget(&self) {
        self.said
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clear();
    }

    pub(crate) async fn line(&mut self, line: &str) {
        let line = format!("{line}\n");
        let written = self.input.write_all(line.as_bytes()).await;
        written.expect("the controller runs");
    }

    /// Airs an advert as soon as somebody scans.
    pub(crate) async fn advert(&mut self, advert: &Advert, number: u32) {
        let Aired { data, response } = aired(advert).expect("it fits the air");
        let response = response.map_or_else(|| "-".to_owned(), |response| hex(&response));
        let kind = if advert.random { "random" } else { "public" };
        // Nobody is heard equally well twice.
        let rssi = -40 - i32::try_from(number % 50).unwrap_or(0);
        let Mac(address) = advert.address;
        let line = format!(
            "adv {} {kind} {} {response} {rssi}",
            hex(&address),
            hex(&data)
        );
        self.line(&line).await;
    }

    /// Airs the metronome's next beat.
    pub(crate) async fn beat(&mut self, number: u32) {
        let beat = Advert {
            address: METRONOME,
            random: true,
            service_data: vec![(
                ServiceUuid::from(METRONOME_SERVICE),
                number.to_be_bytes().to_vec(),
            )],
            ..Advert::default()
        };
        self.advert(&beat, number).await;
    }
}

/// Waits until the `number`th of so many a second is due.
pub(crate) async fn due(begun: Instant, number: u32, rate: u32) {
    tokio::time::sleep_until(begun + Duration::from_secs(1) * number / rate).await;
}
