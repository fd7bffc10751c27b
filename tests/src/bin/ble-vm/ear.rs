//! The product's scanner with somebody who writes down what it hears.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use radios::ble::scan::{Control, ScanConfig, Scanning, spawn};
use radios::ble::{Advert, ServiceUuid};
use radios::{Event, Mac};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep};

/// What was heard.
#[derive(Debug, Default)]
pub(crate) struct Heard {
    /// Adverts in all.
    pub count: u32,
    /// The latest of each sender.
    pub senders: HashMap<Mac, Advert>,
    /// The highest number of the metronome.
    pub beat: u32,
    /// What was told of the radio.
    pub told: Vec<String>,
}

/// A running scanner.
pub(crate) struct Ear {
    heard: Arc<Mutex<Heard>>,
    pub(crate) control: Control,
    listener: JoinHandle<()>,
}

impl Drop for Ear {
    fn drop(&mut self) {
        self.listener.abort();
    }
}

/// The sender whose adverts count up.
pub(crate) const METRONOME: Mac = Mac([0xc2, 0, 0, 0, 0, 1]);
pub(crate) const METRONOME_SERVICE: u16 = 0xfff0;

impl Ear {
    /// Starts the scanner; `keep` says whether every sender is to be remembered.
    pub(crate) fn open(scanning: Scanning, keep: bool) -> Self {
        let config = ScanConfig {
            scanning,
            ..ScanConfig::default()
        };
        let (events, event_queue) = mpsc::channel(64);
        let (adverts, control) = spawn(config, events);
        let heard = Arc::new(Mutex::new(Heard::default()));
        let listener = tokio::spawn(listen(heard.clone(), adverts, event_queue, keep));
        Self {
            heard,
            control,
            listener,
        }
    }

    pub(crate) fn heard(&self) -> MutexGuard<'_, Heard> {
        self.heard.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits until `fulfilled`, for so long; the time that took.
    pub(crate) async fn until(
        &self,
        within: Duration,
        fulfilled: impl Fn(&Heard) -> bool,
    ) -> Option<Duration> {
        let begun = Instant::now();
        while begun.elapsed() < within {
            if fulfilled(&self.heard()) {
                return Some(begun.elapsed());
            }
            sleep(Duration::from_millis(10)).await;
        }
        None
    }
}

async fn listen(
    heard: Arc<Mutex<Heard>>,
    mut adverts: mpsc::Receiver<Advert>,
    mut events: mpsc::Receiver<Event>,
    keep: bool,
) {
    let metronome = ServiceUuid::from(METRONOME_SERVICE);
    loop {
        tokio::select! {
            advert = adverts.recv() => {
                let Some(advert) = advert else { return };
                let mut heard = heard.lock().unwrap_or_else(PoisonError::into_inner);
                heard.count += 1;
                if advert.address == METRONOME {
                    let number = (advert.service_data.iter())
                        .find(|(uuid, _)| *uuid == metronome)
                        .and_then(|(_, data)| data.as_slice().try_into().ok())
                        .map(u32::from_be_bytes);
                    heard.beat = heard.beat.max(number.unwrap_or(0));
                } else if keep {
                    // An advert without data repeats a sender, it does not replace what it said.
                    if !advert.service_data.is_empty() || !advert.manufacturer_data.is_empty() {
                        heard.senders.insert(advert.address, advert);
                    }
                }
            }
            event = events.recv() => {
                let told = match event {
                    Some(Event::RadioUp { .. }) => "up".to_owned(),
                    Some(Event::RadioDown { reason, .. }) => reason,
                    _ => continue,
                };
                println!("  radio: {told}");
                heard.lock().unwrap_or_else(PoisonError::into_inner).told.push(told);
            }
        }
    }
}
