//! What BlueZ says of a sender only once: address type, name, services, signal strength.
//!
//! BlueZ's signals hold what changed. The rest is remembered here for as long as BlueZ itself keeps
//! the sender (30 s after its last advert), so adverts come complete without asking.

use std::collections::HashMap;

use tracing::warn;

use super::words::DeviceProperties;
use crate::Mac;
use crate::ble::{Advert, ServiceUuid};

/// More senders than this are heard, but not remembered.
const MOST: usize = 4096;
/// Services one sender may list.
const MOST_SERVICES: usize = 16;
/// A name is at most as long as an extended advert.
const LONGEST_NAME: usize = 248;

/// The senders in reach.
#[derive(Debug, Default)]
pub(super) struct Senders {
    known: HashMap<Mac, Known>,
    strangers: u32,
}

#[derive(Debug, Default)]
struct Known {
    random: bool,
    name: Option<Box<str>>,
    rssi: Option<i16>,
    tx_power: Option<i16>,
    services: Box<[ServiceUuid]>,
}

impl Known {
    fn learn(&mut self, said: &mut DeviceProperties) {
        if let Some(random) = said.random {
            self.random = random;
        }
        if said.faded {
            self.rssi = None;
        }
        if let Some(name) = said.name.take().filter(|name| name.len() <= LONGEST_NAME) {
            self.name = Some(name.into());
        }
        self.rssi = said.rssi.or(self.rssi);
        self.tx_power = said.tx_power.or(self.tx_power);
        if let Some(mut services) = said.services.take() {
            services.truncate(MOST_SERVICES);
            self.services = services.into();
        }
    }

    fn advert(&self, address: Mac, said: DeviceProperties) -> Advert {
        Advert {
            address,
            random: self.random,
            name: self.name.as_deref().map(str::to_owned),
            rssi: self.rssi,
            tx_power: self.tx_power,
            services: self.services.to_vec(),
            service_data: said.service_data,
            manufacturer_data: said.manufacturer_data,
        }
    }
}

impl Senders {
    /// What was said of a sender; an advert, if one brought it.
    pub(super) fn said(&mut self, address: Mac, mut said: DeviceProperties) -> Option<Advert> {
        let heard = said.is_advert();
        if !self.known.contains_key(&address) && self.known.len() >= MOST {
            self.strangers = self.strangers.saturating_add(1);
            if self.strangers.is_power_of_two() {
                warn!(
                    strangers = self.strangers,
                    "BLE: more than {MOST} senders in reach; names of further ones are not kept"
                );
            }
            let mut stranger = Known::default();
            stranger.learn(&mut said);
            return heard.then(|| stranger.advert(address, said));
        }
        let known = self.known.entry(address).or_default();
        known.learn(&mut said);
        heard.then(|| known.advert(address, said))
    }

    /// BlueZ has forgotten a sender.
    pub(super) fn forget(&mut self, address: Mac) {
        self.known.remove(&address);
    }

    /// BlueZ has forgotten everything.
    pub(super) fn clear(&mut self) {
        self.known = HashMap::new();
    }

    pub(super) fn len(&self) -> usize {
        self.known.len()
    }
}

/// The address in `/org/bluez/hci0/dev_A4_C1_38_02_83_F4`, if that is a device of `adapter`.
pub(super) fn address_in(path: &str, adapter: &str) -> Option<Mac> {
    let digits = path.strip_prefix(adapter)?.strip_prefix("/dev_")?;
    let mut mac = [0; 6];
    let mut parts = digits.split('_');
    for byte in &mut mac {
        let part = parts.next().filter(|part| part.len() == 2)?;
        *byte = u8::from_str_radix(part, 16).ok()?;
    }
    parts.next().is_none().then_some(Mac(mac))
}

#[cfg(test)]
mod tests {
    use super::*;

    const MAC: Mac = Mac([0xa4, 0xc1, 0x38, 0x02, 0x83, 0xf4]);

    #[test]
    fn paths_hold_the_address() {
        let of = |path| address_in(path, "/org/bluez/hci0");
        assert_eq!(of("/org/bluez/hci0/dev_A4_C1_38_02_83_F4"), Some(MAC));
        assert_eq!(of("/org/bluez/hci1/dev_A4_C1_38_02_83_F4"), None);
        assert_eq!(
            of("/org/bluez/hci0/dev_A4_C1_38_02_83_F4/service0001"),
            None
        );
        assert_eq!(of("/org/bluez/hci0/dev_A4_C1_38_02_83"), None);
        assert_eq!(of("/org/bluez/hci0"), None);
    }

    #[test]
    fn an_advert_is_completed_from_what_was_said_before() {
        let mut senders = Senders::default();
        let first = DeviceProperties {
            random: Some(true),
            name: Some("GVH5075_1234".into()),
            rssi: Some(-60),
            services: Some(vec![ServiceUuid::from(0xec88)]),
            manufacturer_data: vec![(0xec88, vec![1])],
            ..DeviceProperties::default()
        };
        assert!(senders.said(MAC, first).is_some());
        // The signal strength did not change, so BlueZ does not repeat it.
        let next = DeviceProperties {
            manufacturer_data: vec![(0xec88, vec![2])],
            ..DeviceProperties::default()
        };
        let advert = senders.said(MAC, next).unwrap();
        assert!(advert.random);
        assert_eq!(advert.name.as_deref(), Some("GVH5075_1234"));
        assert_eq!(advert.rssi, Some(-60));
        assert_eq!(advert.services, vec![ServiceUuid::from(0xec88)]);
        assert_eq!(advert.manufacturer_data, vec![(0xec88, vec![2])]);
    }

    #[test]
    fn a_connection_is_no_advert() {
        let mut senders = Senders::default();
        let connected = DeviceProperties {
            services: Some(vec![ServiceUuid::from(0xffd5)]),
            ..DeviceProperties::default()
        };
        assert_eq!(senders.said(MAC, connected), None);
    }

    #[test]
    fn strangers_are_heard_when_the_table_is_full() {
        let mut senders = Senders::default();
        let said = || DeviceProperties {
            rssi: Some(-70),
            ..DeviceProperties::default()
        };
        for n in 0..5000_u32 {
            let [a, b, c, d] = n.to_be_bytes();
            assert!(senders.said(Mac([2, 0, a, b, c, d]), said()).is_some());
        }
        assert_eq!(senders.len(), MOST);
        senders.forget(Mac([2, 0, 0, 0, 0, 1]));
        assert_eq!(senders.len(), MOST - 1);
    }
}
