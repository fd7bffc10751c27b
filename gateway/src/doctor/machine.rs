//! Clock, memory, flash and Bluetooth of the machine.

use std::path::Path;
use std::process::Command;

use super::{Finding, Machine, Patient};
use crate::clock as wall;
use crate::status::State;

/// MB that a router needs free for itself and us.
pub(super) const LEAST_FREE: u32 = 12;
/// kB of flash below which writes begin to fail.
const LEAST_FLASH: u64 = 512;

pub(super) fn clock(_: &Patient<'_>) -> Vec<Finding> {
    vec![clock_at(wall::wall().as_secs())]
}

pub(super) fn clock_at(seconds: u64) -> Finding {
    let time = std::time::Duration::from_secs(seconds);
    let shown = wall::utc(time);
    if wall::is_set(time) {
        return Finding::good("clock", shown);
    }
    Finding::bad(
        "clock",
        format!("shows {shown}"),
        "let the router reach a time server (System → Time Synchronization): until then certificates are \
         refused and times are wrong",
    )
}

/// A number of `/proc/meminfo`, in MB.
pub(super) fn meminfo(machine: &Machine, field: &str) -> Option<u32> {
    let text = machine.read("/proc/meminfo")?;
    let rest = text
        .lines()
        .find_map(|line| line.strip_prefix(field)?.strip_prefix(':'))?;
    let kb: u32 = rest.split_whitespace().next()?.parse().ok()?;
    Some(kb / 1024)
}

pub(super) fn memory(patient: &Patient<'_>) -> Vec<Finding> {
    let (Some(total), Some(free)) = (
        meminfo(patient.machine, "MemTotal"),
        meminfo(patient.machine, "MemAvailable"),
    ) else {
        return Vec::new();
    };
    let mut seen = format!("{free} of {total} MB free");
    if let Some(status) = patient.status {
        let ours = f64::from(status.memory.rss_kb) / 1024.0;
        seen += &format!("; Hearth takes {ours:.1} MB");
    }
    vec![if free >= LEAST_FREE {
        Finding::good("memory", seen)
    } else {
        let advice =
            "stop what the router does not need; without swap the kernel ends programs next";
        Finding::bad("memory", seen, advice)
    }]
}

pub(super) fn flash(patient: &Patient<'_>) -> Vec<Finding> {
    let folder = &patient.config.data_dir;
    let mut findings = Vec::new();
    match free_kb(folder) {
        Some(free) if free < LEAST_FLASH => findings.push(Finding::bad(
            "flash",
            format!("{free} kB free where {} lies", folder.display()),
            "remove packages or files: soon nothing can be kept, no new device and no name",
        )),
        Some(free) => findings.push(Finding::good(
            "flash",
            format!("{} MB free where {} lies", free / 1024, folder.display()),
        )),
        None => {}
    }
    if let Some(status) = patient.status {
        let flash = &status.flash;
        let days = wall::wall().as_secs().saturating_sub(flash.since) / 86_400;
        // 50 devices that chatter make 150 a day at most.
        let a_day = u64::from(flash.writes) / (days + 1);
        if a_day > 300 {
            findings.push(Finding::note(
                "wear",
                format!("{a_day} files a day are written"),
                "devices that come and go, or are renamed by a script all the time? The log tells",
            ));
        } else if flash.writes > 0 {
            let seen = format!(
                "{} files, {} kB written so far",
                flash.writes,
                flash.bytes / 1024
            );
            findings.push(Finding::good("wear", seen));
        }
    }
    findings
}

/// By `df`, which every system has.
fn free_kb(folder: &Path) -> Option<u64> {
    let folder = folder.ancestors().find(|folder| folder.exists())?;
    let told = Command::new("df").arg("-Pk").arg(folder).output().ok()?;
    df(&String::from_utf8_lossy(&told.stdout))
}

pub(super) fn df(told: &str) -> Option<u64> {
    told.lines().nth(1)?.split_whitespace().nth(3)?.parse().ok()
}

pub(super) fn bluetooth(patient: &Patient<'_>) -> Vec<Finding> {
    const ABOUT: &str = "bluetooth";
    let ble = &patient.config.ble;
    if !ble.enabled {
        return vec![Finding::good(ABOUT, "switched off")];
    }
    // Whoever hears needs nothing, whatever its adapter is.
    if (patient.status).is_some_and(|status| status.ble.state == State::Up) {
        return vec![Finding::good(ABOUT, "works")];
    }
    let machine = patient.machine;
    let adapters = machine.entries("/sys/class/bluetooth");
    if adapters.is_empty() {
        let advice = "plug one in; its driver is kmod-bluetooth (and kmod-btusb)";
        return vec![Finding::bad(ABOUT, "no adapter", advice)];
    }
    let bus = [
        "/var/run/dbus/system_bus_socket",
        "/run/dbus/system_bus_socket",
    ];
    if !bus.iter().any(|bus| machine.path(bus).exists()) {
        let advice = "install and start dbus: /etc/init.d/dbus enable; /etc/init.d/dbus start";
        return vec![Finding::bad(ABOUT, "D-Bus does not run", advice)];
    }
    let daemon = machine.entries("/proc").iter().any(|process| {
        std::fs::read_to_string(process.join("comm")).is_ok_and(|name| name.trim() == "bluetoothd")
    });
    if !daemon {
        let advice =
            "install bluez-daemon; /etc/init.d/bluetoothd enable; /etc/init.d/bluetoothd start";
        return vec![Finding::bad(ABOUT, "BlueZ does not run", advice)];
    }
    let names: Vec<_> = adapters
        .iter()
        .filter_map(|path| path.file_name())
        .map(|name| name.to_string_lossy().into_owned())
        .filter(|name| !name.contains(':'))
        .collect();
    vec![Finding::good(
        ABOUT,
        format!("{}, BlueZ runs", names.join(", ")),
    )]
}
