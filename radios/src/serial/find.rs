//! Finds the sticks that are plugged in.
//!
//! `/sys/class/tty/NAME/device` leads to the interface of a USB device; above it lies the device with
//! its ids and strings. All read with ordinary file calls, so a test can build such a tree.

use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::dongles::UNKNOWN;
use super::{Dongle, Firmware, Line};

/// What a USB device says of itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Usb {
    /// Vendor id.
    pub vendor: u16,
    /// Product id.
    pub product: u16,
    /// The manufacturer's string; may be empty.
    pub manufacturer: String,
    /// The product's string; may be empty.
    pub name: String,
    /// The serial number, if it has one.
    pub serial: Option<String>,
    /// Which of the device's interfaces the tty is.
    pub interface: u8,
}

/// A serial adapter that is plugged in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Adapter {
    /// Its tty: `/dev/ttyUSB0`. The number depends on the order of plugging in.
    pub path: PathBuf,
    /// Its name that stays, where there is udev: `/dev/serial/by-id/…`.
    pub by_id: Option<PathBuf>,
    /// What it says of itself.
    pub usb: Usb,
    /// What we know of it.
    pub dongle: Option<&'static Dongle>,
}

/// What tells a stick from all others, wherever it is plugged in.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Identity {
    /// USB vendor id.
    pub vendor: u16,
    /// USB product id.
    pub product: u16,
    /// USB serial number; sticks without one are told apart by ids alone.
    pub serial: Option<String>,
    /// Which of the device's interfaces.
    pub interface: u8,
}

impl Adapter {
    /// The path to give to a user: the one that stays, if there is one.
    #[must_use]
    pub fn best_path(&self) -> &Path {
        self.by_id.as_deref().unwrap_or(&self.path)
    }

    /// What to recognise it by.
    #[must_use]
    pub fn identity(&self) -> Identity {
        Identity {
            vendor: self.usb.vendor,
            product: self.usb.product,
            serial: self.usb.serial.clone(),
            interface: self.usb.interface,
        }
    }

    /// Line settings worth trying, the likeliest first.
    #[must_use]
    pub fn lines(&self) -> &'static [Line] {
        self.dongle.map_or(UNKNOWN, |dongle| dongle.lines)
    }

    /// Whether it is, or may be, a coordinator for us.
    #[must_use]
    pub fn firmware(&self) -> Firmware {
        self.dongle.map_or(Firmware::Unknown, |d| d.firmware)
    }
}

impl fmt::Display for Adapter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let path = self.best_path().display();
        let (vendor, product) = (self.usb.vendor, self.usb.product);
        write!(f, "{path}: ")?;
        match self.dongle {
            Some(dongle) => f.write_str(dongle.name)?,
            None if self.usb.name.is_empty() => f.write_str("unknown adapter")?,
            None => f.write_str(&self.usb.name)?,
        }
        write!(f, " ({vendor:04x}:{product:04x})")?;
        if let Firmware::Other(speaks) = self.firmware() {
            write!(f, ", speaks {speaks}: not supported")?;
        }
        Ok(())
    }
}

/// The serial adapters on USB, known sticks first.
#[must_use]
pub fn find() -> Vec<Adapter> {
    find_in(Path::new("/sys"), Path::new("/dev"))
}

/// [`find`] in another sysfs and another `/dev`.
#[must_use]
pub fn find_in(sys: &Path, dev: &Path) -> Vec<Adapter> {
    let by_id: Vec<(PathBuf, PathBuf)> = entries(&dev.join("serial/by-id"))
        .filter_map(|link| Some((fs::canonicalize(&link).ok()?, link)))
        .collect();
    let mut adapters: Vec<Adapter> = entries(&sys.join("class/tty"))
        .filter_map(|class| {
            let usb = usb_of(&class.join("device"))?;
            let path = dev.join(class.file_name()?);
            let real = fs::canonicalize(&path).unwrap_or_else(|_| path.clone());
            Some(Adapter {
                by_id: by_id
                    .iter()
                    .find(|(target, _)| *target == real)
                    .map(|(_, link)| link.clone()),
                dongle: Dongle::of(&usb),
                path,
                usb,
            })
        })
        .collect();
    adapters.sort_by_key(|adapter| {
        let rank = match adapter.firmware() {
            Firmware::Ezsp => 0,
            Firmware::Unknown if adapter.dongle.is_some() => 1,
            Firmware::Unknown => 2,
            Firmware::Other(_) => 3,
        };
        (rank, adapter.path.clone())
    });
    adapters
}

fn entries(folder: &Path) -> impl Iterator<Item = PathBuf> {
    // A machine without USB has no such folder; that is no error, there is just nothing.
    let read = fs::read_dir(folder).into_iter().flatten();
    read.filter_map(|entry| Some(entry.ok()?.path()))
}

/// The USB device that a tty's `device` link leads into.
fn usb_of(device: &Path) -> Option<Usb> {
    let device = fs::canonicalize(device).ok()?;
    // ttyUSB: device/interface/ttyUSB0, ttyACM: device/interface.
    let folders = || device.ancestors().take(4);
    let usb = folders().find(|folder| folder.join("idVendor").exists())?;
    let interface = folders().find_map(|folder| id(folder, "bInterfaceNumber"));
    Some(Usb {
        vendor: id(usb, "idVendor")?,
        product: id(usb, "idProduct")?,
        manufacturer: text(usb, "manufacturer").unwrap_or_default(),
        name: text(usb, "product").unwrap_or_default(),
        serial: text(usb, "serial").filter(|serial| !serial.is_empty()),
        interface: interface.and_then(|i| u8::try_from(i).ok()).unwrap_or(0),
    })
}

fn id(folder: &Path, file: &str) -> Option<u16> {
    u16::from_str_radix(&text(folder, file)?, 16).ok()
}

fn text(folder: &Path, file: &str) -> Option<String> {
    let bytes = fs::read(folder.join(file)).ok()?;
    let text = String::from_utf8_lossy(&bytes);
    // What a stick says of itself ends up in logs: no control characters.
    Some(text.trim().chars().filter(|c| !c.is_control()).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::serial::fake_sysfs::{FakeSys, Stick};

    #[test]
    fn sticks_are_found_with_their_names_and_order() {
        let fake = FakeSys::new();
        fake.plug("ttyUSB0", &Stick::GENERIC);
        fake.plug("ttyUSB1", &Stick::SONOFF);
        fake.plug("ttyACM0", &Stick::CONBEE);
        fake.plug_virtual("tty0");
        let found = fake.find();
        let names: Vec<String> = found
            .iter()
            .map(|a| a.path.file_name().unwrap().to_string_lossy().into_owned())
            .collect();
        assert_eq!(names, ["ttyUSB1", "ttyUSB0", "ttyACM0"]);
        let sonoff = &found[0];
        assert_eq!(sonoff.firmware(), Firmware::Ezsp);
        assert_eq!(
            sonoff.lines()[0].to_string(),
            "115200 baud, software flow control"
        );
        assert_eq!(sonoff.usb.serial.as_deref(), Some("20231122"));
        assert!(
            sonoff
                .to_string()
                .ends_with("Sonoff Dongle Plus V2 (Dongle-E) (1a86:55d4)")
        );
        assert_eq!(found[1].firmware(), Firmware::Unknown);
        assert!(
            found[2]
                .to_string()
                .ends_with("speaks deCONZ: not supported")
        );
    }

    #[test]
    fn names_that_stay_are_preferred_where_there_are_any() {
        let fake = FakeSys::new();
        fake.plug("ttyACM0", &Stick::SONOFF);
        assert_eq!(fake.find()[0].best_path(), fake.dev().join("ttyACM0"));
        let link = fake.link_by_id("usb-ITEAD_SONOFF-if00", "ttyACM0");
        assert_eq!(fake.find()[0].best_path(), link);
    }

    #[test]
    fn the_identity_stays_when_the_name_changes() {
        let fake = FakeSys::new();
        fake.plug("ttyUSB0", &Stick::SONOFF);
        let identity = fake.find()[0].identity();
        fake.unplug("ttyUSB0");
        assert_eq!(fake.find(), []);
        fake.plug(
            "ttyUSB0",
            &Stick {
                serial: "other",
                ..Stick::SONOFF
            },
        );
        fake.plug("ttyUSB1", &Stick::SONOFF);
        let again: Vec<_> = fake
            .find()
            .into_iter()
            .filter(|a| a.identity() == identity)
            .collect();
        assert_eq!(again.len(), 1);
        assert_eq!(again[0].path, fake.dev().join("ttyUSB1"));
    }

    #[test]
    fn interfaces_of_one_stick_are_told_apart() {
        let fake = FakeSys::new();
        fake.plug(
            "ttyUSB0",
            &Stick {
                interface: 0,
                ..Stick::HUSBZB
            },
        );
        fake.plug(
            "ttyUSB1",
            &Stick {
                interface: 1,
                ..Stick::HUSBZB
            },
        );
        let found = fake.find();
        assert_eq!(found[0].path, fake.dev().join("ttyUSB1"));
        assert_eq!(found[0].firmware(), Firmware::Ezsp);
        assert_eq!(found[1].firmware(), Firmware::Other("Z-Wave"));
    }

    #[test]
    fn a_machine_without_usb_has_none() {
        let fake = FakeSys::new();
        assert_eq!(find_in(Path::new("/nowhere"), Path::new("/nowhere")), []);
        assert_eq!(fake.find(), []);
    }
}
