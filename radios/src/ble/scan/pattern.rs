//! What an advert must hold to be heard passively.
//!
//! BlueZ's advertisement monitors pass on the adverts of senders that match one of these: a kind of
//! AD structure and how its content begins. Nearly every sensor has the flags structure, so the
//! values it takes in practice are the net with the smallest mesh; service data without flags is
//! named besides.

/// Flags.
const FLAGS: u8 = 0x01;
/// Service data with a 16-bit UUID.
const SERVICE_DATA: u8 = 0x16;
/// Manufacturer data.
const MANUFACTURER_DATA: u8 = 0xff;

/// General or limited discoverable, with and without BR/EDR, and the bits some set besides.
const USUAL_FLAGS: [u8; 10] = [0x06, 0x04, 0x05, 0x02, 0x01, 0x1a, 0x18, 0x1b, 0x0a, 0x00];
/// MiBeacon, BTHome v2 and v1, ATC and pvvx, Qingping, SwitchBot, HHCC, scales, Eddystone.
const USUAL_SERVICES: [u16; 11] = [
    0xfe95, 0xfcd2, 0x181c, 0x181e, 0x181a, 0xfdcd, 0xfd3d, 0xfd50, 0x181d, 0x181b, 0xfeaa,
];
/// Ruuvi, Apple (iBeacon), Mi Band, SwitchBot, Oral-B, Sensirion.
const USUAL_COMPANIES: [u16; 6] = [0x0499, 0x004c, 0x0157, 0x0969, 0x00dc, 0x06d5];

/// A kind of AD structure and how its content begins.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pattern {
    /// The AD type.
    pub kind: u8,
    /// The first bytes of its content; at least one.
    pub start: Vec<u8>,
}

impl Pattern {
    /// Service data of this service.
    #[must_use]
    pub fn service(uuid: u16) -> Self {
        Self {
            kind: SERVICE_DATA,
            start: uuid.to_le_bytes().to_vec(),
        }
    }

    /// Manufacturer data of this company.
    #[must_use]
    pub fn company(id: u16) -> Self {
        Self {
            kind: MANUFACTURER_DATA,
            start: id.to_le_bytes().to_vec(),
        }
    }

    /// What hears nearly everything.
    #[must_use]
    pub fn usual() -> Vec<Self> {
        let flags = USUAL_FLAGS.map(|flags| Self {
            kind: FLAGS,
            start: vec![flags],
        });
        flags
            .into_iter()
            .chain(USUAL_SERVICES.map(Self::service))
            .chain(USUAL_COMPANIES.map(Self::company))
            .collect()
    }
}

/// The most patterns one monitor may hold. BlueZ takes 16, but BlueZ 5.66 counts their bytes (34 each)
/// in eight bits and corrupts its memory when there are more than 7.
#[cfg(feature = "ble")]
pub(super) const PER_MONITOR: usize = 7;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_on_the_air_least_significant_byte_first() {
        assert_eq!(Pattern::service(0xfe95).start, [0x95, 0xfe]);
        assert_eq!(Pattern::company(0x0499).start, [0x99, 0x04]);
        assert!(Pattern::usual().iter().all(|p| !p.start.is_empty()));
    }
}
