//! What the hub adds to the status document: who belongs to the home, who can be reached.

use radios::Radio;

use super::presence::is_tracker;
use super::{Hub, Now};
use crate::status::Status;

impl Hub {
    /// Fills in the network and the numbers of devices.
    pub fn census(&self, status: &mut Status, now: Now) {
        for device in self.registry.iter() {
            if is_tracker(device.info.id) {
                continue;
            }
            let (all, online) = match device.radio() {
                Radio::Zigbee => (&mut status.zigbee.devices, &mut status.zigbee.online),
                Radio::Ble => (&mut status.ble.devices, &mut status.ble.online),
            };
            *all += 1;
            *online += u32::from(device.available == Some(true));
        }
        if let Some(joining) = &self.joining {
            let left = joining.until.saturating_sub(now.elapsed).as_secs();
            status.zigbee.joining = u32::try_from(left).unwrap_or(u32::MAX);
        }
        if let Some(network) = &self.network {
            status.zigbee.channel = Some(network.channel);
            status.zigbee.pan_id = Some(network.pan_id);
            status.zigbee.firmware = Some(network.firmware.clone());
        }
    }
}
