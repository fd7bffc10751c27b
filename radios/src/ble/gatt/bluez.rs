//! Peripherals through BlueZ and btleplug.

use std::time::Duration;

use btleplug::api::{
    Central, CentralEvent, CharPropFlags, Manager as _, Peripheral as _, WriteType,
};
use btleplug::platform::{Adapter, Manager, Peripheral};
use futures_util::StreamExt;
use futures_util::stream::BoxStream;
use tokio::time::{sleep, timeout};

use super::link::{Characteristic, Doing, Link, LinkError, Peer, Write};
use crate::Mac;
use crate::ble::ServiceUuid;
use crate::ble::scan::Control;

/// How often BlueZ is asked for a device that it has not heard yet.
const LOOK_AGAIN: Duration = Duration::from_millis(500);

/// BlueZ answers within this time.
const OPEN: Duration = Duration::from_secs(5);

/// The adapter, opened when it is first needed and again after it failed.
pub struct BlueZ {
    /// The place of the adapter to use (`hci0`), asked each time it is opened.
    place: Box<dyn Fn() -> Option<String> + Send + Sync>,
    adapter: Option<Adapter>,
    found: Option<Peripheral>,
}

impl std::fmt::Debug for BlueZ {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("BlueZ")
            .field("adapter", &self.adapter)
            .finish_non_exhaustive()
    }
}

impl BlueZ {
    /// The adapter at this place; any where none is named.
    #[must_use]
    pub fn new(place: Option<String>) -> Self {
        Self {
            place: Box::new(move || place.clone()),
            adapter: None,
            found: None,
        }
    }

    /// The adapter that `scanner` uses.
    #[must_use]
    pub fn beside(scanner: Control) -> Self {
        Self {
            // Of `hci0 (kitchen)`, the place.
            place: Box::new(move || {
                let name = scanner.status().name?;
                name.split(' ').next().map(str::to_owned)
            }),
            adapter: None,
            found: None,
        }
    }

    async fn adapter(&mut self) -> Result<Adapter, LinkError> {
        if let Some(adapter) = &self.adapter {
            return Ok(adapter.clone());
        }
        let place = (self.place)();
        let adapter = timeout(OPEN, open(place.as_deref()))
            .await
            .map_err(|_| LinkError::NoAdapter("BlueZ does not answer".to_owned()))?
            .map_err(LinkError::NoAdapter)?;
        self.adapter = Some(adapter.clone());
        Ok(adapter)
    }

    async fn look(&mut self, address: Mac) -> Result<(), LinkError> {
        loop {
            let adapter = self.adapter().await?;
            let known = match adapter.peripherals().await {
                Ok(known) => known,
                Err(error) => {
                    // bluetoothd may have been started anew.
                    self.adapter = None;
                    return Err(failed(&error));
                }
            };
            let found = known
                .into_iter()
                .find(|peripheral| peripheral.address().into_inner() == address.0);
            if found.is_some() {
                self.found = found;
                return Ok(());
            }
            sleep(LOOK_AGAIN).await;
        }
    }

    async fn open(&mut self, address: Mac) -> Result<Box<dyn Peer>, LinkError> {
        let peripheral = match self.found.take() {
            Some(found) if found.address().into_inner() == address.0 => found,
            _ => return Err(LinkError::Lost),
        };
        let adapter = self.adapter().await?;
        peripheral.connect().await.map_err(|error| failed(&error))?;
        let peer = BlueZPeer::of(&adapter, peripheral.clone()).await;
        if peer.is_err() {
            // Half a connection keeps others away.
            let _ = peripheral.disconnect().await;
        }
        Ok(Box::new(peer?))
    }
}

/// The adapter at `place`, or the first.
async fn open(place: Option<&str>) -> Result<Adapter, String> {
    // libdbus blocks while it connects.
    let handle = tokio::runtime::Handle::current();
    let manager = tokio::task::spawn_blocking(move || handle.block_on(Manager::new()))
        .await
        .map_err(|error| error.to_string())?
        .map_err(|_| "no BlueZ is running (its D-Bus service was not found)".to_owned())?;
    let adapters = manager
        .adapters()
        .await
        .map_err(|error| format!("BlueZ does not answer: {error}"))?;
    for adapter in adapters {
        let Some(place) = place else {
            return Ok(adapter);
        };
        let info = adapter.adapter_info().await.unwrap_or_default();
        if info.split(' ').next() == Some(place) {
            return Ok(adapter);
        }
    }
    Err(place.map_or_else(
        || "no Bluetooth adapter was found".to_owned(),
        |place| format!("no Bluetooth adapter `{place}` was found"),
    ))
}

impl Link for BlueZ {
    fn find(&mut self, address: Mac) -> Doing<'_, ()> {
        Box::pin(self.look(address))
    }

    fn connect(&mut self, address: Mac) -> Doing<'_, Box<dyn Peer>> {
        Box::pin(self.open(address))
    }
}

struct BlueZPeer {
    peripheral: Peripheral,
    characteristics: Vec<Characteristic>,
    /// btleplug's own, in the same order.
    handles: Vec<btleplug::api::Characteristic>,
    notifications: BoxStream<'static, Result<(usize, Vec<u8>), LinkError>>,
}

impl BlueZPeer {
    async fn of(adapter: &Adapter, peripheral: Peripheral) -> Result<Self, LinkError> {
        peripheral
            .discover_services()
            .await
            .map_err(|error| failed(&error))?;
        let handles: Vec<_> = peripheral.characteristics().into_iter().collect();
        let characteristics = handles.iter().map(characteristic).collect();
        let ids: Vec<_> = handles.iter().map(|c| (c.service_uuid, c.uuid)).collect();
        let told = peripheral
            .notifications()
            .await
            .map_err(|error| failed(&error))?
            .filter_map(move |told| {
                let id = (told.service_uuid, told.uuid);
                let at = ids.iter().position(|known| *known == id);
                std::future::ready(at.map(|at| Ok((at, told.value))))
            });
        let me = peripheral.id();
        let lost = adapter
            .events()
            .await
            .map_err(|error| failed(&error))?
            .filter_map(move |event| {
                let gone = matches!(&event, CentralEvent::DeviceDisconnected(id) if *id == me);
                std::future::ready(gone.then_some(Err(LinkError::Lost)))
            });
        Ok(Self {
            peripheral,
            characteristics,
            handles,
            notifications: futures_util::stream::select(told, lost).boxed(),
        })
    }

    fn handle(&self, at: usize) -> Result<&btleplug::api::Characteristic, LinkError> {
        self.handles.get(at).ok_or(LinkError::Lost)
    }
}

impl Peer for BlueZPeer {
    fn characteristics(&self) -> &[Characteristic] {
        &self.characteristics
    }

    fn write<'a>(&'a mut self, at: usize, data: &'a [u8], how: Write) -> Doing<'a, ()> {
        let how = match how {
            Write::Acknowledged => WriteType::WithResponse,
            Write::Command => WriteType::WithoutResponse,
        };
        Box::pin(async move {
            let handle = self.handle(at)?;
            let written = self.peripheral.write(handle, data, how).await;
            written.map_err(|error| failed(&error))
        })
    }

    fn read(&mut self, at: usize) -> Doing<'_, Vec<u8>> {
        Box::pin(async move {
            let read = self.peripheral.read(self.handle(at)?).await;
            read.map_err(|error| failed(&error))
        })
    }

    fn subscribe(&mut self, at: usize) -> Doing<'_, ()> {
        Box::pin(async move {
            let subscribed = self.peripheral.subscribe(self.handle(at)?).await;
            subscribed.map_err(|error| failed(&error))
        })
    }

    fn notified(&mut self) -> Doing<'_, (usize, Vec<u8>)> {
        Box::pin(async move {
            self.notifications
                .next()
                .await
                .unwrap_or(Err(LinkError::Lost))
        })
    }

    fn disconnect(&mut self) -> Doing<'_, ()> {
        Box::pin(async move {
            let gone = self.peripheral.disconnect().await;
            gone.map_err(|error| failed(&error))
        })
    }
}

fn characteristic(handle: &btleplug::api::Characteristic) -> Characteristic {
    let has = |flag| handle.properties.intersects(flag);
    Characteristic {
        service: ServiceUuid(handle.service_uuid.as_u128()),
        uuid: ServiceUuid(handle.uuid.as_u128()),
        read: has(CharPropFlags::READ),
        write: has(CharPropFlags::WRITE),
        command: has(CharPropFlags::WRITE_WITHOUT_RESPONSE),
        notify: has(CharPropFlags::NOTIFY | CharPropFlags::INDICATE),
    }
}

fn failed(error: &btleplug::Error) -> LinkError {
    match error {
        btleplug::Error::NotConnected => LinkError::Lost,
        error => LinkError::Failed(error.to_string()),
    }
}
