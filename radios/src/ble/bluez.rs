//! Adverts from the Bluetooth adapter, through BlueZ and btleplug.
//!
//! Where there is no adapter, or no BlueZ, that is said once, plainly, and looked for again at
//! leisure; nothing else waits for it.

use std::time::Duration;

use btleplug::api::{Central, CentralEvent, Manager as _, ScanFilter};
use btleplug::platform::{Adapter, Manager, PeripheralId};
use futures_util::StreamExt;
use tokio::sync::mpsc;
use tracing::{info, warn};

use super::{Advert, ServiceUuid};
use crate::{Event, Mac, Radio};

/// How often a missing adapter is looked for.
const LOOK_AGAIN: Duration = Duration::from_secs(30);
/// Adapters that hear nothing for this long are started anew.
const SILENCE: Duration = Duration::from_secs(90);

/// Scans for ever. Ends when nobody takes the adverts any more.
pub(super) async fn scan(
    wanted: Option<String>,
    adverts: mpsc::Sender<Advert>,
    events: mpsc::Sender<Event>,
) {
    let mut down = false;
    while !adverts.is_closed() {
        let reason = match open(wanted.as_deref()).await {
            Ok(adapter) => {
                down = false;
                let _ = events
                    .send(Event::RadioUp {
                        radio: Radio::Ble,
                        network: None,
                    })
                    .await;
                match listen(&adapter, &adverts).await {
                    Ok(()) => continue,
                    Err(error) => error.to_string(),
                }
            }
            Err(reason) => reason,
        };
        if !down {
            down = true;
            info!("BLE: {reason}; everything else goes on without it");
            let _ = events
                .send(Event::RadioDown {
                    radio: Radio::Ble,
                    reason,
                })
                .await;
        }
        tokio::select! {
            () = tokio::time::sleep(LOOK_AGAIN) => {}
            () = adverts.closed() => {}
        }
    }
}

async fn open(wanted: Option<&str>) -> Result<Adapter, String> {
    let manager = Manager::new()
        .await
        .map_err(|_| "no BlueZ is running (its D-Bus service was not found)".to_owned())?;
    let adapters = manager
        .adapters()
        .await
        .map_err(|error| format!("BlueZ does not answer: {error}"))?;
    for adapter in adapters {
        let Some(wanted) = wanted else {
            return Ok(adapter);
        };
        let info = adapter.adapter_info().await.unwrap_or_default();
        if info
            .to_ascii_lowercase()
            .contains(&wanted.to_ascii_lowercase())
        {
            return Ok(adapter);
        }
    }
    Err(wanted.map_or_else(
        || "no Bluetooth adapter was found".to_owned(),
        |wanted| format!("no Bluetooth adapter `{wanted}` was found"),
    ))
}

/// Hands up adverts until the adapter fails or falls silent (which is worth a new start).
async fn listen(adapter: &Adapter, adverts: &mpsc::Sender<Advert>) -> Result<(), btleplug::Error> {
    let mut events = adapter.events().await?;
    adapter.start_scan(ScanFilter::default()).await?;
    let mut shed = 0u32;
    let ended = loop {
        let event = match tokio::time::timeout(SILENCE, events.next()).await {
            Ok(Some(event)) => event,
            Ok(None) | Err(_) => break Ok(()),
        };
        if let CentralEvent::StateUpdate(state) = &event {
            info!("BLE adapter: {state:?}");
            if matches!(state, btleplug::api::CentralState::PoweredOn) {
                adapter.start_scan(ScanFilter::default()).await?;
            }
        }
        let Some(advert) = advert(event) else {
            continue;
        };
        match adverts.try_send(advert) {
            Ok(()) => {}
            Err(mpsc::error::TrySendError::Closed(_)) => break Ok(()),
            Err(mpsc::error::TrySendError::Full(_)) => {
                shed = shed.saturating_add(1);
                if shed.is_power_of_two() {
                    warn!(
                        shed,
                        "BLE: adverts come faster than they are read; some were dropped"
                    );
                }
            }
        }
    };
    // The adapter may be gone already.
    let _ = adapter.stop_scan().await;
    ended
}

fn advert(event: CentralEvent) -> Option<Advert> {
    match event {
        CentralEvent::ServiceDataAdvertisement { id, service_data } => Some(Advert {
            service_data: service_data
                .into_iter()
                .map(|(uuid, data)| (ServiceUuid(uuid.as_u128()), data))
                .collect(),
            address: address(&id)?,
            ..Advert::default()
        }),
        CentralEvent::ManufacturerDataAdvertisement {
            id,
            manufacturer_data,
        } => Some(Advert {
            manufacturer_data: manufacturer_data.into_iter().collect(),
            address: address(&id)?,
            ..Advert::default()
        }),
        _ => None,
    }
}

/// BlueZ names devices `hci0/dev_A4_C1_38_02_83_F4`.
fn address(id: &PeripheralId) -> Option<Mac> {
    address_in(&id.to_string())
}

fn address_in(path: &str) -> Option<Mac> {
    path.rsplit("dev_").next()?.replace('_', ":").parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bluez_paths_hold_the_address() {
        assert_eq!(
            address_in("hci0/dev_A4_C1_38_02_83_F4"),
            "A4:C1:38:02:83:F4".parse().ok()
        );
        assert_eq!(address_in("hci0"), None);
    }
}
