//! Simulated peripherals: a [`Link`] without an adapter, for the demo and for tests.
//!
//! The contract: a [`SimAir`] holds peripherals; what they are is a [`Behaviour`], which reads the
//! bytes it is sent with its own eyes, not with the product's codecs. Each connection can be given
//! one [`Fault`]. Everything that happens is written down in [`SimAir::transcript`].

mod lamps;
mod sensors;

pub use lamps::{SimGovee, SimLedNetWf, SimTriones, SimYeelight};
pub use sensors::{SimClock, SimPlant};

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::mpsc;

use super::link::{Characteristic, Doing, Link, LinkError, Peer, Write};
use crate::Mac;
use crate::ble::ServiceUuid;
use crate::ble::advert::to_hex;

/// What a peripheral does.
pub trait Behaviour: Send + std::fmt::Debug {
    /// What it has.
    fn characteristics(&self) -> Vec<Characteristic>;
    /// It was written to; gives what it then notifies.
    fn written(&mut self, to: ServiceUuid, data: &[u8]) -> Vec<(ServiceUuid, Vec<u8>)>;
    /// It is read.
    fn read(&mut self, _from: ServiceUuid) -> Vec<u8> {
        Vec::new()
    }
    /// Somebody listens; gives what it then notifies.
    fn subscribed(&mut self, _to: ServiceUuid) -> Vec<(ServiceUuid, Vec<u8>)> {
        Vec::new()
    }
    /// For people: what it shows.
    fn shows(&self) -> String {
        String::new()
    }
}

/// What goes wrong with one connection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fault {
    /// Nothing.
    None,
    /// It is not heard.
    Absent,
    /// It refuses the connection.
    Refuses,
    /// It never answers the connection.
    Hangs,
    /// It is gone after so many operations.
    DropsAfter(u32),
    /// It notifies nothing.
    Silent,
    /// It notifies this before each right thing.
    Babbles(Vec<u8>),
}

#[derive(Debug, Default)]
struct Air {
    peripherals: HashMap<Mac, Peripheral>,
    transcript: Vec<String>,
}

#[derive(Debug)]
struct Peripheral {
    behaviour: Box<dyn Behaviour>,
    faults: VecDeque<Fault>,
    notify: Option<mpsc::Sender<(ServiceUuid, Vec<u8>)>>,
}

/// The air that simulated peripherals are in.
#[derive(Clone, Debug, Default)]
pub struct SimAir(Arc<Mutex<Air>>);

/// Lines of a transcript that are kept.
const LINES: usize = 4096;

impl SimAir {
    /// Puts a peripheral into the air.
    pub fn add(&self, address: Mac, behaviour: impl Behaviour + 'static) {
        let peripheral = Peripheral {
            behaviour: Box::new(behaviour),
            faults: VecDeque::new(),
            notify: None,
        };
        self.lock().peripherals.insert(address, peripheral);
    }

    /// What goes wrong with its next connections, one each.
    pub fn faults(&self, address: Mac, faults: impl IntoIterator<Item = Fault>) {
        if let Some(peripheral) = self.lock().peripherals.get_mut(&address) {
            peripheral.faults.extend(faults);
        }
    }

    /// It notifies by itself: somebody pressed its button.
    pub fn notify(&self, address: Mac, from: ServiceUuid, data: &[u8]) {
        if let Some(peripheral) = self.lock().peripherals.get(&address)
            && let Some(notify) = &peripheral.notify
        {
            // Nobody listens, or too slowly: as with a real one, it is lost.
            let _ = notify.try_send((from, data.to_vec()));
        }
    }

    /// What it shows.
    #[must_use]
    pub fn shows(&self, address: Mac) -> Option<String> {
        let air = self.lock();
        Some(air.peripherals.get(&address)?.behaviour.shows())
    }

    /// What happened since it was last asked, a line each.
    pub fn transcript(&self) -> Vec<String> {
        std::mem::take(&mut self.lock().transcript)
    }

    /// A way into this air.
    #[must_use]
    pub fn link(&self) -> Box<dyn Link> {
        Box::new(SimLink(self.clone()))
    }

    fn lock(&self) -> MutexGuard<'_, Air> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn note(&self, line: String) {
        let mut air = self.lock();
        if air.transcript.len() < LINES {
            air.transcript.push(line);
        }
    }

    /// Its behaviour reacts; what it notifies goes to who listens.
    fn react(
        &self,
        address: Mac,
        fault: &Fault,
        react: impl FnOnce(&mut dyn Behaviour) -> Vec<(ServiceUuid, Vec<u8>)>,
    ) {
        let mut air = self.lock();
        let Some(peripheral) = air.peripherals.get_mut(&address) else {
            return;
        };
        let told = react(peripheral.behaviour.as_mut());
        if let (Some(notify), false) = (&peripheral.notify, *fault == Fault::Silent) {
            for (from, data) in told {
                if let Fault::Babbles(babble) = fault {
                    let _ = notify.try_send((from, babble.clone()));
                }
                let _ = notify.try_send((from, data));
            }
        }
    }
}

#[derive(Debug)]
struct SimLink(SimAir);

impl Link for SimLink {
    fn find(&mut self, address: Mac) -> Doing<'_, ()> {
        Box::pin(async move {
            let there = {
                let mut air = self.0.lock();
                match air.peripherals.get_mut(&address) {
                    Some(peripheral) if peripheral.faults.front() == Some(&Fault::Absent) => {
                        peripheral.faults.pop_front();
                        false
                    }
                    Some(_) => true,
                    None => false,
                }
            };
            if !there {
                std::future::pending::<()>().await;
            }
            Ok(())
        })
    }

    fn connect(&mut self, address: Mac) -> Doing<'_, Box<dyn Peer>> {
        Box::pin(async move {
            let (listen, notified) = mpsc::channel(64);
            let (fault, characteristics) = {
                let mut air = self.0.lock();
                let Some(peripheral) = air.peripherals.get_mut(&address) else {
                    return Err(LinkError::Lost);
                };
                let fault = peripheral.faults.pop_front().unwrap_or(Fault::None);
                peripheral.notify = Some(listen);
                (fault, peripheral.behaviour.characteristics())
            };
            match fault {
                Fault::Refuses => {
                    self.0.note("refuse".to_owned());
                    return Err(LinkError::Failed("le-connection-abort-by-local".to_owned()));
                }
                Fault::Hangs => {
                    self.0.note("hang".to_owned());
                    std::future::pending::<()>().await;
                }
                _ => self.0.note("connect".to_owned()),
            }
            let peer: Box<dyn Peer> = Box::new(SimPeer {
                air: self.0.clone(),
                address,
                left: match fault {
                    Fault::DropsAfter(operations) => Some(operations),
                    _ => None,
                },
                fault,
                characteristics,
                subscribed: Vec::new(),
                notified,
            });
            Ok(peer)
        })
    }
}

struct SimPeer {
    air: SimAir,
    address: Mac,
    fault: Fault,
    /// Operations until it is gone.
    left: Option<u32>,
    characteristics: Vec<Characteristic>,
    subscribed: Vec<ServiceUuid>,
    notified: mpsc::Receiver<(ServiceUuid, Vec<u8>)>,
}

impl SimPeer {
    /// One operation on a characteristic.
    fn operate(&mut self, at: usize) -> Result<Characteristic, LinkError> {
        match &mut self.left {
            Some(0) => {
                self.air.note("lost".to_owned());
                return Err(LinkError::Lost);
            }
            Some(left) => *left -= 1,
            None => {}
        }
        self.characteristics.get(at).copied().ok_or(LinkError::Lost)
    }
}

impl Peer for SimPeer {
    fn characteristics(&self) -> &[Characteristic] {
        &self.characteristics
    }

    fn write<'a>(&'a mut self, at: usize, data: &'a [u8], how: Write) -> Doing<'a, ()> {
        Box::pin(async move {
            let to = self.operate(at)?.uuid;
            let sign = if how == Write::Command { ">" } else { ">>" };
            self.air.note(format!("{sign} {to} {}", to_hex(data)));
            self.air
                .react(self.address, &self.fault, |it| it.written(to, data));
            Ok(())
        })
    }

    fn read(&mut self, at: usize) -> Doing<'_, Vec<u8>> {
        Box::pin(async move {
            let from = self.operate(at)?.uuid;
            let mut data = Vec::new();
            self.air.react(self.address, &self.fault, |it| {
                data = it.read(from);
                Vec::new()
            });
            self.air.note(format!("< {from} {}", to_hex(&data)));
            Ok(data)
        })
    }

    fn subscribe(&mut self, at: usize) -> Doing<'_, ()> {
        Box::pin(async move {
            let to = self.operate(at)?.uuid;
            self.air.note(format!("subscribe {to}"));
            self.subscribed.push(to);
            self.air
                .react(self.address, &self.fault, |it| it.subscribed(to));
            Ok(())
        })
    }

    fn notified(&mut self) -> Doing<'_, (usize, Vec<u8>)> {
        Box::pin(async move {
            loop {
                if self.left == Some(0) {
                    return Err(LinkError::Lost);
                }
                let Some((from, data)) = self.notified.recv().await else {
                    return Err(LinkError::Lost);
                };
                let at = self.characteristics.iter().position(|c| c.uuid == from);
                if let (Some(at), true) = (at, self.subscribed.contains(&from)) {
                    self.air.note(format!("* {from} {}", to_hex(&data)));
                    return Ok((at, data));
                }
            }
        })
    }

    fn disconnect(&mut self) -> Doing<'_, ()> {
        self.air.note("disconnect".to_owned());
        if let Some(peripheral) = self.air.lock().peripherals.get_mut(&self.address) {
            peripheral.notify = None;
        }
        Box::pin(std::future::ready(Ok(())))
    }
}

/// A characteristic with these properties: `r`, `w` (acknowledged), `c` (command), `n`.
fn characteristic(service: ServiceUuid, uuid: ServiceUuid, can: &str) -> Characteristic {
    Characteristic {
        service,
        uuid,
        read: can.contains('r'),
        write: can.contains('w'),
        command: can.contains('c'),
        notify: can.contains('n'),
    }
}
