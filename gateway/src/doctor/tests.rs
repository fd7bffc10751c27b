use std::fs;
use std::os::unix::fs::{PermissionsExt as _, symlink};

use super::*;

/// A made-up machine; gone when dropped.
struct Router(tempfile::TempDir);

impl Router {
    fn new() -> Self {
        let router = Self(tempfile::tempdir().unwrap());
        router.file(
            "/proc/meminfo",
            "MemTotal: 124000 kB\nMemAvailable: 61000 kB\n",
        );
        router.file(
            "/etc/passwd",
            "root:x:0:0::/:/bin/ash\nhearth:x:6210:6210::/:/bin/false\n",
        );
        router
    }

    fn machine(&self) -> Machine {
        Machine::below(fs::canonicalize(self.0.path()).unwrap())
    }

    fn file(&self, path: &str, text: &str) -> PathBuf {
        let path = self.machine().path(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, text).unwrap();
        path
    }

    /// A Sonoff stick as the kernel shows it, with or without a driver.
    fn plug(&self, tty: Option<&str>) {
        for (name, text) in [
            ("idVendor", "1a86"),
            ("idProduct", "55d4"),
            ("manufacturer", "ITEAD"),
            ("product", "SONOFF Zigbee 3.0 USB Dongle Plus V2"),
            ("serial", "2023"),
        ] {
            self.file(&format!("/sys/devices/usb1/1-1/{name}"), text);
        }
        let usb = self.machine().path("/sys/devices/usb1/1-1");
        let bus = self.machine().path("/sys/bus/usb/devices");
        fs::create_dir_all(&bus).unwrap();
        let _ = symlink(&usb, bus.join("1-1"));
        let Some(tty) = tty else { return };
        self.file(
            &format!("/sys/devices/usb1/1-1/1-1:1.0/tty/{tty}/dev"),
            "166:0",
        );
        self.file("/sys/devices/usb1/1-1/1-1:1.0/bInterfaceNumber", "00");
        let interface = usb.join("1-1:1.0");
        let class = interface.join("tty").join(tty);
        symlink(&interface, class.join("device")).unwrap();
        let classes = self.machine().path("/sys/class/tty");
        fs::create_dir_all(&classes).unwrap();
        symlink(&class, classes.join(tty)).unwrap();
        self.file(&format!("/dev/{tty}"), "");
    }

    fn process(&self, pid: u32, name: &str, holds: Option<&str>) {
        self.file(&format!("/proc/{pid}/comm"), &format!("{name}\n"));
        let folder = self.machine().path(&format!("/proc/{pid}/fd"));
        fs::create_dir_all(&folder).unwrap();
        if let Some(path) = holds {
            symlink(path, folder.join("5")).unwrap();
        }
    }

    fn look(&self, config: &Config, look: fn(&Patient<'_>) -> Vec<Finding>) -> Vec<Finding> {
        let machine = self.machine();
        look(&Patient {
            machine: &machine,
            config,
            status: None,
            probe: false,
        })
    }
}

fn worst(findings: &[Finding]) -> &Finding {
    findings.iter().max_by_key(|finding| finding.level).unwrap()
}

fn advice(finding: &Finding) -> &str {
    finding.advice.as_deref().unwrap_or_default()
}

#[test]
fn a_stick_is_missing_without_a_driver_or_there() {
    let config = Config::default();
    let router = Router::new();
    let found = router.look(&config, stick::plugged_in);
    assert_eq!(worst(&found).seen, "no stick is plugged in");

    router.plug(None);
    let found = router.look(&config, stick::plugged_in);
    assert_eq!(worst(&found).level, Level::Bad);
    assert!(advice(worst(&found)).contains("kmod-usb-acm"), "{found:?}");

    router.plug(Some("ttyACM0"));
    let found = router.look(&config, stick::plugged_in);
    assert!(found[0].seen.contains("Sonoff Dongle Plus V2"), "{found:?}");

    let mut named = config.clone();
    named.zigbee.port = "/dev/ttyUSB7".to_owned();
    let found = router.look(&named, stick::plugged_in);
    assert!(
        worst(&found)
            .seen
            .contains("/dev/ttyUSB7 is not there; there are"),
        "{found:?}"
    );
}

#[test]
fn the_user_must_be_in_the_group_of_the_tty() {
    use std::os::unix::fs::MetadataExt as _;
    let config = Config::default();
    let router = Router::new();
    router.plug(Some("ttyACM0"));
    let tty = router.machine().path("/dev/ttyACM0");
    fs::set_permissions(&tty, fs::Permissions::from_mode(0o660)).unwrap();
    let gid = fs::metadata(&tty).unwrap().gid();

    router.file("/etc/group", &format!("dialout:x:{gid}:\n"));
    let found = router.look(&config, stick::plugged_in);
    assert_eq!(worst(&found).about, "permissions");
    assert!(advice(worst(&found)).contains("group dialout"), "{found:?}");

    router.file("/etc/group", &format!("dialout:x:{gid}:gps,hearth\n"));
    assert_eq!(
        worst(&router.look(&config, stick::plugged_in)).level,
        Level::Good
    );
}

#[test]
fn who_else_uses_the_stick_is_named() {
    let config = Config::default();
    let router = Router::new();
    router.plug(Some("ttyACM0"));
    router.process(1, "procd", None);
    router.process(70, "hearth", Some("/dev/ttyACM0"));
    let found = router.look(&config, stick::used_by_others);
    assert_eq!(
        worst(&found).level,
        Level::Good,
        "we ourselves may: {found:?}"
    );

    router.process(80, "ModemManager", None);
    let found = router.look(&config, stick::used_by_others);
    assert_eq!(worst(&found).level, Level::Note, "{found:?}");

    router.process(90, "ser2net", Some("/dev/ttyACM0"));
    let found = router.look(&config, stick::used_by_others);
    assert!(
        worst(&found).seen.starts_with("ser2net (process 90) uses"),
        "{found:?}"
    );
    assert!(advice(worst(&found)).contains("/etc/config/ser2net"));
}

#[test]
fn a_clock_that_woke_up_in_the_past_is_bad() {
    assert_eq!(machine::clock_at(86_400).level, Level::Bad);
    assert!(machine::clock_at(86_400).seen.contains("1970-01-02"));
    assert_eq!(machine::clock_at(1_790_000_000).level, Level::Good);
}

#[test]
fn memory_and_flash_are_measured() {
    let config = Config::default();
    let router = Router::new();
    let found = router.look(&config, machine::memory);
    assert_eq!(found[0].seen, "59 of 121 MB free");
    router.file(
        "/proc/meminfo",
        "MemTotal: 60000 kB\nMemAvailable: 6000 kB\n",
    );
    assert_eq!(router.look(&config, machine::memory)[0].level, Level::Bad);
    let told = "Filesystem 1024-blocks Used Available Capacity Mounted on\noverlay 7000 5000 2000 71% /overlay\n";
    assert_eq!(machine::df(told), Some(2000));
}

#[test]
fn bluetooth_needs_adapter_bus_and_daemon() {
    let mut config = Config::default();
    config.ble.enabled = true;
    let router = Router::new();
    let mut said = Vec::new();
    let mut look = || said.push(router.look(&config, machine::bluetooth)[0].seen.clone());
    look();
    router.file("/sys/class/bluetooth/hci0/address", "");
    look();
    router.file("/var/run/dbus/system_bus_socket", "");
    look();
    router.process(50, "bluetoothd", None);
    look();
    assert_eq!(
        said,
        [
            "no adapter",
            "D-Bus does not run",
            "BlueZ does not run",
            "hci0, BlueZ runs"
        ]
    );
}

/// What the worker refuses, the doctor does not praise: both reckon alike.
#[test]
fn a_model_that_does_not_fit_is_told_with_numbers() {
    let router = Router::new();
    router.file("/models/ko/conf/model.conf", "");
    let mut config = Config {
        data_dir: "/etc/hearth".into(),
        ..Config::default()
    };
    config.voice.model = Some("/models/ko".into());
    let speech = {
        let config = config.clone();
        let router = &router;
        move || router.look(&config, speech::voice).remove(0)
    };
    let sized = |path: &str, megabytes: u64| {
        let file = fs::File::create(router.file(path, "")).unwrap();
        file.set_len(megabytes << 20).unwrap();
    };
    assert_eq!(speech().level, Level::Good);
    sized("/models/ko/graph/HCLG.fst", 16);
    assert_eq!(speech().level, Level::Good);
    sized("/models/ko/am/final.mdl", 12);
    assert_eq!(
        speech().seen,
        "the model needs about 68 MB; 59 of 121 MB are free"
    );
    config.voice.model = Some("/models/none".into());
    let found = router.look(&config, speech::voice);
    assert!(found[0].seen.contains("is no speech model"), "{found:?}");
}

/// Of a model that is packed for the home, the home's own counts.
#[test]
fn a_whole_model_counts_as_what_is_packed_from_it() {
    let router = Router::new();
    router.file("/models/ko/conf/model.conf", "");
    router.file("/models/ko/graph/disambig_tid.int", "");
    let file = fs::File::create(router.file("/models/ko/graph/HCLr.fst", "")).unwrap();
    file.set_len(250 << 20).unwrap();
    let mut config = Config {
        data_dir: "/etc/hearth".into(),
        ..Config::default()
    };
    config.voice.model = Some("/models/ko".into());
    let speech = || router.look(&config, speech::voice).remove(0);
    assert_eq!(
        speech().seen,
        "the model needs about 48 MB; 59 of 121 MB are free"
    );
    router.file(
        "/proc/meminfo",
        "MemTotal: 124000 kB\nMemAvailable: 65000 kB\n",
    );
    assert_eq!(
        speech().seen,
        "/models/ko, to be packed for this home when it is first used, about 48 MB of memory"
    );
    router.file("/etc/hearth/voice/graph/HCLG.fst", "packed");
    assert_eq!(
        speech().seen,
        "/models/ko, packed for this home, about 12 MB of memory"
    );
}

#[test]
fn a_path_that_is_not_absolute_begins_where_we_are() {
    let router = Router::new();
    let machine = router.machine();
    assert!(machine.path("/proc/meminfo").exists());
    assert_eq!(machine.path("models/ko"), Path::new("models/ko"));
}

#[test]
fn bluetooth_that_works_needs_no_adapter_that_we_know() {
    let router = Router::new();
    let mut config = Config::default();
    config.ble.enabled = true;
    let mut status = Status::default();
    status.ble.state = crate::status::State::Up;
    let machine = router.machine();
    let found = machine::bluetooth(&Patient {
        machine: &machine,
        config: &config,
        status: Some(&status),
        probe: false,
    });
    assert_eq!(
        (found[0].level, found[0].seen.as_str()),
        (Level::Good, "works")
    );
}

#[tokio::test]
async fn a_port_that_is_taken_and_a_broker_that_is_not_there_are_said() {
    let router = Router::new();
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let mut config = Config::default();
    config.web.listen = taken.local_addr().unwrap();
    let found = router.look(&config, network::ports);
    assert_eq!(found[0].level, Level::Bad);
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = free.local_addr().unwrap().port();
    drop(free);
    config.mqtt.server = crate::config::Server::Plain {
        host: "127.0.0.1".to_owned(),
        port,
    };
    let machine = router.machine();
    let patient = Patient {
        machine: &machine,
        config: &config,
        status: None,
        probe: false,
    };
    let found = network::broker(&patient).await;
    assert_eq!(found.level, Level::Bad);
    assert!(advice(&found).contains("mosquitto-nossl"), "{found:?}");
}

#[tokio::test]
async fn a_wrong_configuration_is_the_first_thing_said() {
    let router = Router::new();
    let file = router.file(
        "/etc/config/hearth",
        "config zigbee\n\toption chanel '11'\n",
    );
    let findings = examine(&router.machine(), &file, false).await;
    assert_eq!(findings[0].level, Level::Bad);
    assert!(findings[0].seen.contains("option 'chanel'"), "{findings:?}");
}
