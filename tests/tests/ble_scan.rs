//! The scanner on a bus of its own with a make-believe BlueZ: rates, and the loss of the bus itself.

// A test that cannot set up its world ends with the reason.
#![expect(clippy::expect_used)]

use std::time::Duration;

use radios::ble::Advert;
use radios::ble::scan::{Control, Mode, ScanConfig, spawn};
use radios::{Event, Mac};
use tests::air::adverts;
use tests::bluez::{BlueZ, Bus};
use tokio::sync::mpsc;
use tokio::time::{sleep, timeout};

const HEALED: Duration = Duration::from_secs(5);

struct Ear {
    adverts: mpsc::Receiver<Advert>,
    events: mpsc::Receiver<Event>,
    control: Control,
}

impl Ear {
    fn open(bus: &Bus) -> Self {
        let (sender, events) = mpsc::channel(16);
        let config = ScanConfig {
            bus: Some(bus.address()),
            ..ScanConfig::default()
        };
        let (adverts, control) = spawn(config, sender);
        Self {
            adverts,
            events,
            control,
        }
    }

    /// The radio is up, within the time that healing may take.
    async fn up(&mut self) {
        timeout(HEALED, async {
            while !matches!(self.events.recv().await, Some(Event::RadioUp { .. })) {}
        })
        .await
        .expect("the radio is up in time");
    }

    async fn down(&mut self) -> String {
        timeout(HEALED, async {
            loop {
                if let Some(Event::RadioDown { reason, .. }) = self.events.recv().await {
                    return reason;
                }
            }
        })
        .await
        .expect("the radio is told to be down")
    }

    async fn hears(&mut self, bluez: &BlueZ, number: u8) {
        let advert = Advert {
            address: Mac([0xc0, 0, 0, 0, 1, number]),
            ..adverts::own(0)
        };
        bluez.air(&advert);
        let heard = timeout(HEALED, self.adverts.recv()).await;
        assert_eq!(
            heard.expect("heard").map(|a| a.address),
            Some(advert.address)
        );
    }
}

#[tokio::test]
async fn all_are_heard_in_order_at_1000_a_second() {
    let Some(bus) = Bus::start() else { return };
    let bluez = BlueZ::start(&bus.address());
    let mut ear = Ear::open(&bus);
    ear.up().await;
    let list = adverts::list(None, 2000);
    for some in list.chunks(10) {
        for advert in some {
            bluez.air(advert);
        }
        for advert in some {
            let heard = timeout(HEALED, ear.adverts.recv()).await;
            let heard = heard.expect("in time").expect("an advert");
            assert_eq!(heard.address, advert.address);
            assert_eq!(heard.service_data, advert.service_data);
            assert_eq!(heard.manufacturer_data, advert.manufacturer_data);
            assert_eq!(heard.name, advert.name);
        }
    }
    assert_eq!(ear.control.status().shed, 0);
}

#[tokio::test]
async fn the_bus_and_bluez_come_and_go() {
    let Some(mut bus) = Bus::start() else { return };
    let mut ear = Ear::open(&bus);
    assert_eq!(ear.down().await, "no BlueZ is running (bluetoothd)");
    let bluez = BlueZ::start(&bus.address());
    ear.up().await;
    ear.hears(&bluez, 1).await;

    bluez.power(false);
    ear.up().await;
    ear.hears(&bluez, 2).await;

    drop(bluez);
    assert_eq!(ear.down().await, "no BlueZ is running (bluetoothd)");
    let bluez = BlueZ::start(&bus.address());
    ear.up().await;
    ear.hears(&bluez, 3).await;

    bus.restart();
    drop(bluez);
    let told = ear.down().await;
    assert!(told.starts_with("D-Bus"), "{told}");
    let bluez = BlueZ::start(&bus.address());
    ear.up().await;
    ear.hears(&bluez, 4).await;
}

#[tokio::test]
async fn a_pause_silences_and_a_resume_brings_back() {
    let Some(bus) = Bus::start() else { return };
    let bluez = BlueZ::start(&bus.address());
    let mut ear = Ear::open(&bus);
    ear.up().await;
    ear.control.pause().await;
    assert_eq!(ear.control.status().mode, Mode::Paused);
    bluez.air(&adverts::own(0));
    sleep(Duration::from_millis(100)).await;
    assert!(ear.adverts.try_recv().is_err());
    ear.control.resume().await;
    sleep(Duration::from_millis(100)).await;
    ear.hears(&bluez, 1).await;
}
