//! The Zigbee stick: there, permitted, not in use by others, answering.

use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use radios::serial::{self, Adapter, DONGLES, Firmware, PortAddr};

use super::{Finding, Machine, Patient};

const ABOUT: &str = "stick";
/// Whose daemon it is on OpenWrt.
const USER: &str = "hearth";

/// Drivers of the bridge chips in sticks, by USB vendor.
const DRIVERS: &[(&str, &str)] = &[
    ("10c4", "kmod-usb-serial-cp210x"),
    ("1a86", "kmod-usb-serial-ch341 or kmod-usb-acm"),
    ("0403", "kmod-usb-serial-ftdi"),
    ("303a", "kmod-usb-acm"),
    ("1cf1", "kmod-usb-acm"),
    ("0451", "kmod-usb-acm"),
];

/// Programs known to take serial ports that are not theirs, or to use sticks themselves.
const GRABBERS: &[(&str, &str)] = &[
    (
        "ModemManager",
        "it tries every serial port for a modem: remove it, or have it ignore the stick",
    ),
    (
        "brltty",
        "it takes the stick for a braille terminal: remove it",
    ),
    ("ser2net", "take the port out of /etc/config/ser2net"),
    (
        "otbr-agent",
        "a stick is for Thread or for Zigbee: stop it, or give it a stick of its own",
    ),
    ("zigbee2mqtt", "only one program can use a stick: stop it"),
    (
        "node",
        "if that is Zigbee2MQTT, stop it: only one program can use a stick",
    ),
    ("domoticz", "take the stick out of its hardware list"),
    ("gpsd", "take the port out of /etc/config/gpsd"),
];

/// The tty that the configuration means, if it is there.
fn tty(patient: &Patient<'_>) -> Option<(PathBuf, Option<Adapter>)> {
    let found = adapters(patient.machine);
    match patient.config.zigbee.port.parse() {
        Ok(PortAddr::Tty { path, .. }) => {
            let path = patient.machine.path(&path.to_string_lossy());
            let adapter = found.into_iter().find(|adapter| adapter.path == path);
            path.exists().then_some((path, adapter))
        }
        Ok(PortAddr::Auto { .. }) => found
            .into_iter()
            .find(|adapter| adapter.dongle.is_some() && !other(adapter))
            .map(|adapter| (adapter.path.clone(), Some(adapter))),
        _ => None,
    }
}

fn adapters(machine: &Machine) -> Vec<Adapter> {
    serial::find_in(&machine.path("/sys"), &machine.path("/dev"))
}

fn other(adapter: &Adapter) -> bool {
    matches!(adapter.firmware(), Firmware::Other(_))
}

/// Whether the stick is there and may be used.
pub(super) fn plugged_in(patient: &Patient<'_>) -> Vec<Finding> {
    let zigbee = &patient.config.zigbee;
    if !zigbee.enabled {
        return vec![Finding::good(ABOUT, "Zigbee is switched off")];
    }
    if zigbee.port.starts_with("tcp://") {
        return vec![Finding::good(
            ABOUT,
            format!("in the network, at {}", zigbee.port),
        )];
    }
    let Some((path, adapter)) = tty(patient) else {
        return vec![missing(patient)];
    };
    let shown = adapter
        .as_ref()
        .map_or_else(|| path.display().to_string(), Adapter::to_string);
    let mut findings = Vec::new();
    if let Some(adapter) = adapter.as_ref().filter(|adapter| other(adapter)) {
        let advice = "Hearth speaks EZSP (Silicon Labs): flash the stick, or take another";
        findings.push(Finding::bad(ABOUT, adapter.to_string(), advice));
    } else {
        findings.push(Finding::good(ABOUT, shown));
    }
    findings.extend(permission(patient.machine, &path));
    findings
}

fn missing(patient: &Patient<'_>) -> Finding {
    let found = adapters(patient.machine);
    let port = &patient.config.zigbee.port;
    if let Some(driver) = undriven(patient.machine) {
        let seen = "a stick is plugged in, but the system has no driver for it";
        return Finding::bad(ABOUT, seen, format!("install {driver}"));
    }
    let others: Vec<String> = found.iter().map(Adapter::to_string).collect();
    let seen = match (port.as_str(), others.is_empty()) {
        ("auto", true) => "no stick is plugged in".to_owned(),
        ("auto", false) => format!("none that is known; there are: {}", others.join("; ")),
        (port, true) => format!("{port} is not there, and no other stick either"),
        (port, false) => format!("{port} is not there; there are: {}", others.join("; ")),
    };
    let advice = match (port.as_str(), others.is_empty()) {
        (_, true) => {
            "plug it in, best with a short extension cable; try another port of the router"
        }
        ("auto", false) => "name it: zigbee.port. `hearth adapters --probe` asks each",
        (_, false) => "set zigbee.port to one of them, or to auto",
    };
    Finding::bad(ABOUT, seen, advice)
}

/// The package with the driver of a stick that has no tty.
fn undriven(machine: &Machine) -> Option<&'static str> {
    let driven = !adapters(machine).is_empty();
    let ids = machine.entries("/sys/bus/usb/devices");
    ids.iter().filter(|_| !driven).find_map(|device| {
        let id = |name: &str| {
            Some(
                std::fs::read_to_string(device.join(name))
                    .ok()?
                    .trim()
                    .to_owned(),
            )
        };
        let (vendor, product) = (id("idVendor")?, id("idProduct")?);
        let known = |number: u16, text: &str| u16::from_str_radix(text, 16) == Ok(number);
        DONGLES
            .iter()
            .any(|dongle| known(dongle.usb.0, &vendor) && known(dongle.usb.1, &product))
            .then(|| DRIVERS.iter().find(|(of, _)| *of == vendor))?
            .map(|(_, driver)| *driver)
    })
}

/// Whether the daemon's user may use the tty, where there is such a user.
fn permission(machine: &Machine, path: &Path) -> Option<Finding> {
    let (tty, users, groups) = (
        std::fs::metadata(path).ok()?,
        machine.read("/etc/passwd")?,
        machine.read("/etc/group")?,
    );
    let field = |line: &str, at: usize| line.split(':').nth(at).map(str::to_owned);
    let user = users
        .lines()
        .find(|line| line.split(':').next() == Some(USER))?;
    let (uid, gid) = (field(user, 2)?, field(user, 3)?);
    let (mode, group) = (tty.mode(), tty.gid().to_string());
    let named = groups
        .lines()
        .find(|line| field(line, 2).as_ref() == Some(&group));
    let name = named
        .and_then(|line| field(line, 0))
        .unwrap_or_else(|| group.clone());
    let member = gid == group
        || named
            .and_then(|line| field(line, 3))
            .is_some_and(|members| members.split(',').any(|member| member == USER));
    let may = (tty.uid().to_string() == uid && mode & 0o600 == 0o600)
        || (member && mode & 0o060 == 0o060)
        || mode & 0o006 == 0o006;
    let shown = format!("{} is {:03o}, group {name}", path.display(), mode & 0o777);
    Some(if may {
        Finding::good("permissions", shown)
    } else {
        Finding::bad(
            "permissions",
            format!("the user {USER} may not use the stick: {shown}"),
            format!(
                "add {USER} to the group {name} in /etc/group, then: /etc/init.d/hearth restart"
            ),
        )
    })
}

/// Whether another program holds the tty, or is about to.
pub(super) fn used_by_others(patient: &Patient<'_>) -> Vec<Finding> {
    let Some((path, _)) = tty(patient) else {
        return Vec::new();
    };
    let real = std::fs::canonicalize(&path).unwrap_or(path);
    let mut findings = Vec::new();
    let mut holder = false;
    for process in patient.machine.entries("/proc") {
        let number = process
            .file_name()
            .and_then(|name| name.to_str())
            .unwrap_or_default();
        if !number.bytes().all(|b| b.is_ascii_digit()) || number.is_empty() {
            continue;
        }
        let Ok(name) = std::fs::read_to_string(process.join("comm")) else {
            continue;
        };
        let name = name.trim();
        if name.starts_with("hearth") {
            continue;
        }
        let files = std::fs::read_dir(process.join("fd")).into_iter().flatten();
        let holds = files.flatten().any(|fd| {
            // As the link has it, and below the root of a machine that is looked at from outside.
            std::fs::read_link(fd.path()).is_ok_and(|target| {
                target == real || patient.machine.path(&target.to_string_lossy()) == real
            })
        });
        let known = GRABBERS.iter().find(|(grabber, _)| *grabber == name);
        let advice = known.map_or(
            "stop it: only one program can use a stick",
            |(_, advice)| *advice,
        );
        if holds {
            holder = true;
            let seen = format!("{name} (process {number}) uses {}", real.display());
            findings.push(Finding::bad("conflict", seen, advice));
        } else if known.is_some() && name != "node" {
            let seen = format!("{name} (process {number}) runs, and may take the stick");
            findings.push(Finding::note("conflict", seen, advice));
        }
    }
    if !holder {
        findings.push(Finding::good("conflict", "no other program uses the stick"));
    }
    findings
}

/// Whether the stick answers, and at which speed.
pub(super) async fn answers(patient: &Patient<'_>) -> Option<Finding> {
    const ABOUT: &str = "answers";
    if let Some(status) = patient.status {
        let zigbee = &status.zigbee;
        let firmware = zigbee
            .firmware
            .as_ref()
            .filter(|_| zigbee.state == crate::status::State::Up)?;
        return Some(Finding::good(ABOUT, firmware.clone()));
    }
    let (path, adapter) = tty(patient)?;
    if !patient.probe {
        return Some(Finding::good(ABOUT, "not asked (--probe asks)"));
    }
    let usual = [serial::Line::new(
        patient.config.zigbee.baudrate,
        serial::Flow::Software,
    )];
    let lines = adapter
        .as_ref()
        .map_or(&usual[..], |adapter| adapter.lines());
    let report = serial::probe::probe(&path, lines).await;
    Some(match report.works() {
        Some(line) if line.baud == patient.config.zigbee.baudrate || adapter.is_some() => {
            Finding::good(ABOUT, format!("at {line}"))
        }
        Some(line) => Finding::bad(
            ABOUT,
            format!("at {line}, not at {} baud", patient.config.zigbee.baudrate),
            format!("set zigbee.baudrate to {}", line.baud),
        ),
        None => {
            let tried: Vec<String> = report
                .tried
                .iter()
                .map(|tried| format!("{}: {}", tried.line, tried.saw))
                .collect();
            Finding::bad(ABOUT, tried.join("; "), report.advice())
        }
    })
}
