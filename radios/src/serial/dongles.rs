//! What is known of the sticks people have. To add one, add a row.

use super::{Flow, Line};

/// What a stick speaks as it is sold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Firmware {
    /// EZSP over ASH: a coordinator for us.
    Ezsp,
    /// Something else, in words: no coordinator for us.
    Other(&'static str),
    /// A bridge chip in many products; only asking tells.
    Unknown,
}

/// A kind of stick, told by its USB ids and strings.
#[derive(Debug, PartialEq, Eq)]
pub struct Dongle {
    /// For people.
    pub name: &'static str,
    /// USB vendor and product id.
    pub usb: (u16, u16),
    /// Part of the manufacturer's string, any case; empty for any.
    pub manufacturer: &'static str,
    /// Part of the product's string, any case; empty for any.
    pub product: &'static str,
    /// Which interface of a stick with several radios.
    pub interface: Option<u8>,
    /// What it speaks.
    pub firmware: Firmware,
    /// Line settings, the most common first.
    pub lines: &'static [Line],
}

const SW_115200: Line = Line::new(115_200, Flow::Software);
const HW_115200: Line = Line::new(115_200, Flow::Hardware);
const SW_460800: Line = Line::new(460_800, Flow::Software);
const HW_460800: Line = Line::new(460_800, Flow::Hardware);
const SW_57600: Line = Line::new(57_600, Flow::Software);
const HW_57600: Line = Line::new(57_600, Flow::Hardware);

/// What to try on a stick of which nothing is known.
pub(super) const UNKNOWN: &[Line] = &[
    SW_115200, HW_115200, HW_460800, SW_460800, SW_57600, HW_57600,
];

const CP210X: (u16, u16) = (0x10c4, 0xea60);
const CH9102: (u16, u16) = (0x1a86, 0x55d4);
const ESP32: u16 = 0x303a;

const fn ezsp(
    name: &'static str,
    usb: (u16, u16),
    manufacturer: &'static str,
    product: &'static str,
    lines: &'static [Line],
) -> Dongle {
    Dongle {
        name,
        usb,
        manufacturer,
        product,
        interface: None,
        firmware: Firmware::Ezsp,
        lines,
    }
}

const fn other(
    name: &'static str,
    usb: (u16, u16),
    manufacturer: &'static str,
    product: &'static str,
    speaks: &'static str,
) -> Dongle {
    Dongle {
        firmware: Firmware::Other(speaks),
        ..ezsp(name, usb, manufacturer, product, &[])
    }
}

const fn bridge(name: &'static str, usb: (u16, u16)) -> Dongle {
    Dongle {
        firmware: Firmware::Unknown,
        ..ezsp(name, usb, "", "", UNKNOWN)
    }
}

/// The first row that fits counts, so the particular come before the general.
pub const DONGLES: &[Dongle] = &[
    ezsp(
        "Sonoff Dongle Plus V2 (Dongle-E)",
        CH9102,
        "itead",
        "plus v2",
        &[SW_115200],
    ),
    ezsp(
        "Sonoff Dongle Plus V2 (Dongle-E)",
        CP210X,
        "itead",
        "plus v2",
        &[SW_115200],
    ),
    ezsp(
        "Sonoff Dongle Lite MG21",
        CP210X,
        "sonoff",
        "lite mg21",
        &[SW_115200],
    ),
    ezsp(
        "Sonoff Dongle Plus MG24",
        CP210X,
        "sonoff",
        "plus mg24",
        &[SW_115200],
    ),
    ezsp("Sonoff Dongle Max", CP210X, "sonoff", "max", &[SW_115200]),
    ezsp(
        "Home Assistant SkyConnect",
        CP210X,
        "nabu casa",
        "skyconnect",
        &[HW_115200],
    ),
    ezsp(
        "Home Assistant Connect ZBT-1",
        CP210X,
        "nabu casa",
        "zbt-1",
        &[HW_115200],
    ),
    ezsp(
        "Home Assistant Connect ZBT-2",
        (ESP32, 0x4001),
        "nabu casa",
        "zbt-2",
        &[HW_460800, SW_460800],
    ),
    ezsp(
        "Home Assistant Connect ZBT-2",
        (ESP32, 0x831a),
        "nabu casa",
        "zbt-2",
        &[HW_460800, SW_460800],
    ),
    ezsp(
        "SMLIGHT SLZB-07",
        CP210X,
        "smlight",
        "slzb-07",
        &[HW_115200],
    ),
    ezsp(
        "SMLIGHT SLZB-06M (USB)",
        CP210X,
        "smlight",
        "slzb-06m",
        &[SW_115200],
    ),
    Dongle {
        interface: Some(1),
        ..ezsp("Nortek HUSBZB-1", (0x10c4, 0x8a2a), "", "", &[SW_57600])
    },
    other(
        "Nortek HUSBZB-1, Z-Wave half",
        (0x10c4, 0x8a2a),
        "",
        "",
        "Z-Wave",
    ),
    // The first edition of the Dongle Plus has a Texas Instruments radio behind the same chip.
    other(
        "Sonoff Dongle Plus (Dongle-P)",
        CP210X,
        "",
        "sonoff zigbee 3.0 usb dongle plus",
        "Z-Stack",
    ),
    other(
        "SMLIGHT SLZB-06 (USB)",
        CP210X,
        "smlight",
        "slzb-06",
        "Z-Stack",
    ),
    other("ConBee II or III", (0x1cf1, 0x0030), "", "", "deCONZ"),
    other(
        "Texas Instruments CC2531",
        (0x0451, 0x16a8),
        "",
        "",
        "Z-Stack",
    ),
    bridge("a stick with a CP210x bridge", CP210X),
    bridge("a stick with a CH9102 bridge", CH9102),
    bridge("a stick with a CH340 bridge", (0x1a86, 0x7523)),
    bridge("a stick with an FT231X bridge", (0x0403, 0x6015)),
    bridge("a stick with an FT232R bridge", (0x0403, 0x6001)),
];

impl Dongle {
    /// The row for a USB device, if there is one.
    #[must_use]
    pub fn of(usb: &super::Usb) -> Option<&'static Self> {
        let within = |text: &str, part: &str| text.to_lowercase().contains(part);
        DONGLES.iter().find(|dongle| {
            dongle.usb == (usb.vendor, usb.product)
                && within(&usb.manufacturer, dongle.manufacturer)
                && within(&usb.name, dongle.product)
                && dongle.interface.is_none_or(|i| i == usb.interface)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::serial::Usb;

    fn known(usb: (u16, u16), manufacturer: &str, name: &str, interface: u8) -> &'static str {
        let usb = Usb {
            vendor: usb.0,
            product: usb.1,
            manufacturer: manufacturer.into(),
            name: name.into(),
            serial: None,
            interface,
        };
        Dongle::of(&usb).map_or("nothing", |dongle| dongle.name)
    }

    #[test]
    fn one_bridge_chip_is_many_sticks() {
        for (manufacturer, name, expected) in [
            (
                "ITEAD",
                "SONOFF Zigbee 3.0 USB Dongle Plus V2",
                "Sonoff Dongle Plus V2 (Dongle-E)",
            ),
            (
                "Silicon Labs",
                "Sonoff Zigbee 3.0 USB Dongle Plus",
                "Sonoff Dongle Plus (Dongle-P)",
            ),
            ("Nabu Casa", "SkyConnect v1.0", "Home Assistant SkyConnect"),
            (
                "Nabu Casa",
                "Home Assistant Connect ZBT-1",
                "Home Assistant Connect ZBT-1",
            ),
            ("SMLIGHT", "SMLIGHT SLZB-07mg24", "SMLIGHT SLZB-07"),
            ("SMLIGHT", "SMLIGHT SLZB-06M", "SMLIGHT SLZB-06M (USB)"),
            ("SMLIGHT", "SMLIGHT SLZB-06p7", "SMLIGHT SLZB-06 (USB)"),
            (
                "Silicon Labs",
                "CP2102N USB to UART Bridge Controller",
                "a stick with a CP210x bridge",
            ),
        ] {
            assert_eq!(known(CP210X, manufacturer, name, 0), expected);
        }
        assert_eq!(
            known((0x10c4, 0x8a2a), "Silicon Labs", "HubZ", 1),
            "Nortek HUSBZB-1"
        );
        assert_eq!(
            known((0x10c4, 0x8a2a), "Silicon Labs", "HubZ", 0),
            "Nortek HUSBZB-1, Z-Wave half"
        );
        assert_eq!(known((0x2341, 0x0043), "Arduino", "Uno", 0), "nothing");
    }

    #[test]
    fn every_row_can_be_reached() {
        for dongle in DONGLES {
            let found = known(
                dongle.usb,
                dongle.manufacturer,
                dongle.product,
                dongle.interface.unwrap_or(0),
            );
            assert_eq!(found, dongle.name);
            assert_eq!(dongle.product, dongle.product.to_lowercase());
            assert_eq!(dongle.manufacturer, dongle.manufacturer.to_lowercase());
            assert_eq!(
                dongle.lines.is_empty(),
                matches!(dongle.firmware, Firmware::Other(_))
            );
        }
    }
}
