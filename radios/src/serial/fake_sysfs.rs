//! A sysfs and a `/dev` of a test's own.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};

use super::{Adapter, find_in};

/// A USB stick.
#[derive(Clone, Copy)]
pub(super) struct Stick {
    pub(super) usb: (&'static str, &'static str),
    pub(super) manufacturer: &'static str,
    pub(super) name: &'static str,
    pub(super) serial: &'static str,
    pub(super) interface: u8,
}

impl Stick {
    pub(super) const SONOFF: Self = Self {
        usb: ("1a86", "55d4"),
        manufacturer: "ITEAD",
        name: "SONOFF Zigbee 3.0 USB Dongle Plus V2",
        serial: "20231122",
        interface: 0,
    };
    pub(super) const GENERIC: Self = Self {
        usb: ("10c4", "ea60"),
        manufacturer: "Silicon Labs",
        name: "CP2102N USB to UART Bridge Controller",
        serial: "0001",
        interface: 0,
    };
    pub(super) const CONBEE: Self = Self {
        usb: ("1cf1", "0030"),
        manufacturer: "dresden elektronik",
        name: "ConBee II",
        serial: "DE1",
        interface: 0,
    };
    pub(super) const HUSBZB: Self = Self {
        usb: ("10c4", "8a2a"),
        manufacturer: "Silicon Labs",
        name: "HubZ Smart Home Controller",
        serial: "612010F8",
        interface: 1,
    };
}

/// The tree; gone when dropped.
pub(super) struct FakeSys(PathBuf);

impl FakeSys {
    pub(super) fn new() -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let n = NEXT.fetch_add(1, Ordering::Relaxed);
        let root = std::env::temp_dir().join(format!("hearth-sysfs-{}-{n}", std::process::id()));
        fs::create_dir_all(root.join("sys/class/tty")).unwrap();
        fs::create_dir_all(root.join("dev")).unwrap();
        Self(fs::canonicalize(root).unwrap())
    }

    pub(super) fn sys(&self) -> PathBuf {
        self.0.join("sys")
    }

    pub(super) fn dev(&self) -> PathBuf {
        self.0.join("dev")
    }

    pub(super) fn find(&self) -> Vec<Adapter> {
        find_in(&self.sys(), &self.dev())
    }

    /// Lays out what the kernel does for a USB tty. A ttyUSB has a folder more than a ttyACM.
    pub(super) fn plug(&self, tty: &str, stick: &Stick) {
        let usb = self.sys().join(format!("devices/usb1/{tty}-1"));
        let interface = usb.join("1-1:1.0");
        let device = if tty.starts_with("ttyUSB") {
            interface.join(tty)
        } else {
            interface.clone()
        };
        let class = device.join("tty").join(tty);
        fs::create_dir_all(&class).unwrap();
        for (file, text) in [
            ("idVendor", stick.usb.0),
            ("idProduct", stick.usb.1),
            ("manufacturer", stick.manufacturer),
            ("product", stick.name),
            ("serial", stick.serial),
        ] {
            fs::write(usb.join(file), format!("{text}\n")).unwrap();
        }
        let number = format!("{:02x}\n", stick.interface);
        fs::write(interface.join("bInterfaceNumber"), number).unwrap();
        symlink(&device, class.join("device")).unwrap();
        symlink(&class, self.sys().join("class/tty").join(tty)).unwrap();
        if !self.dev().join(tty).exists() {
            fs::write(self.dev().join(tty), "").unwrap();
        }
    }

    /// A tty without hardware.
    pub(super) fn plug_virtual(&self, tty: &str) {
        let class = self.sys().join("devices/virtual/tty").join(tty);
        fs::create_dir_all(&class).unwrap();
        symlink(&class, self.sys().join("class/tty").join(tty)).unwrap();
    }

    pub(super) fn unplug(&self, tty: &str) {
        fs::remove_file(self.sys().join("class/tty").join(tty)).unwrap();
        fs::remove_dir_all(self.sys().join(format!("devices/usb1/{tty}-1"))).unwrap();
        let _ = fs::remove_file(self.dev().join(tty));
    }

    pub(super) fn link_by_id(&self, name: &str, tty: &str) -> PathBuf {
        let folder = self.dev().join("serial/by-id");
        fs::create_dir_all(&folder).unwrap();
        symlink(Path::new("../..").join(tty), folder.join(name)).unwrap();
        folder.join(name)
    }

    /// Makes `/dev/TTY` stand for another file, a pseudo-terminal say.
    pub(super) fn point(&self, tty: &str, to: &Path) {
        let _ = fs::remove_file(self.dev().join(tty));
        symlink(to, self.dev().join(tty)).unwrap();
    }
}

impl Drop for FakeSys {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}
