//! What the answers to calls mean.

use tracing::{info, warn};

use super::super::Scanning;
use super::super::choice::place;
use super::super::senders::address_in;
use super::super::words::{Answer, Call, Object, Output, Path, Refusal};
use super::{
    AGAIN, BEGINS_WITHIN, Machine, Monitoring, POWER_AGAIN, STALLED, Told, WINDOW, Window,
};
use crate::{Event, Radio};

impl Machine {
    pub(super) fn answered(&mut self, call: Call, answer: Result<Answer, Refusal>) {
        match (call, answer) {
            (Call::Match(_), _) => {}
            (Call::Owner, answer) => {
                self.bluez = Some(matches!(answer, Ok(Answer::Owner(true))));
            }
            (Call::Objects, Ok(Answer::Objects(objects))) => self.list(objects),
            (Call::Objects, answer) => {
                let why = answer.err().map(|refusal| refusal.message);
                self.trouble("BlueZ does not show its adapters", why, AGAIN);
            }
            (Call::Power(path, on), answer) => self.switched(&path, on, answer.err()),
            (Call::Filter(_), Ok(_)) => self.have.filter = true,
            (Call::Filter(_), Err(refusal)) if refusal.is("NotReady") => self.wait(AGAIN / 2),
            (Call::Filter(_), Err(refusal)) => {
                warn!(
                    "BLE: BlueZ does not take the filter ({}); adverts may be missing",
                    refusal.message
                );
                self.have.filter = true;
            }
            (Call::Start(_), Err(refusal)) if refusal.is("NotReady") => {
                self.have.filter = false;
                self.wait(AGAIN / 2);
            }
            (Call::Start(_), Err(refusal)) if !refusal.is("InProgress") => {
                self.have.filter = false;
                self.trouble("scanning does not start", Some(refusal.message), AGAIN);
            }
            (Call::Start(path), _) => {
                self.have.discovery = true;
                if self.adapters.get(&path).is_some_and(|a| !a.discovering) {
                    // The first start after BlueZ came is the one that finds an adapter stuck.
                    self.have.stuck = !self.have.began;
                    let patience = if self.have.stuck {
                        BEGINS_WITHIN
                    } else {
                        STALLED
                    };
                    self.have.stalled = Some(self.now + patience);
                }
                self.have.began = true;
                self.begun();
            }
            // Whatever stopping says: it is not ours any more.
            (Call::Stop(_), _) => {
                self.have.discovery = false;
                self.have.filter = false;
                self.have.restart = false;
                self.have.stalled = None;
            }
            (Call::Monitor(_), Ok(_)) => {
                self.have.monitor = Monitoring::On;
                if self.scanning == Scanning::Auto {
                    self.have.window = Some(Window::Open(self.now + WINDOW));
                }
                self.begun();
            }
            (Call::Monitor(_), Err(refusal)) => {
                info!(
                    "BLE: passive scanning is refused ({}); senders are asked instead",
                    refusal.message
                );
                self.have.monitor = Monitoring::Refused;
            }
            (Call::Unmonitor(_), _) => {
                self.have.monitor = Monitoring::Off;
                self.have.restart = false;
            }
        }
    }

    fn list(&mut self, objects: Vec<Object>) {
        self.listed = true;
        let (adapters, devices): (Vec<_>, Vec<_>) =
            (objects.into_iter()).partition(|object| object.device.is_none());
        for object in adapters {
            self.added(object);
        }
        for device in devices {
            // Old news: remembered, not heard.
            if let (Some(chosen), Some(said)) = (&self.chosen, device.device)
                && let Some(address) = address_in(&device.path, chosen)
            {
                let _ = self.senders.said(address, said);
            }
        }
    }

    fn switched(&mut self, path: &Path, on: bool, refusal: Option<Refusal>) {
        self.have.cycle = false;
        let Some(refusal) = refusal else {
            if let Some(adapter) = self.adapters.get_mut(path) {
                adapter.powered = on;
            }
            if !on {
                self.unpowered();
            }
            return;
        };
        if !on {
            return;
        }
        if refusal.is("Busy") || refusal.is("InProgress") {
            return self.wait(AGAIN / 2);
        }
        let blocked = refusal.is("Blocked")
            || refusal.message.contains("rfkill")
            || self
                .adapters
                .get(path)
                .is_some_and(|adapter| adapter.blocked);
        let place = place(path);
        if blocked {
            let what = format!("the Bluetooth adapter {place} is held off by rfkill");
            self.trouble(&what, None, POWER_AGAIN);
        } else {
            // Older BlueZ says no more than this of rfkill.
            let why = format!("{} (does rfkill hold it off?)", refusal.message);
            let what = format!("the Bluetooth adapter {place} cannot be switched on");
            self.trouble(&what, Some(why), POWER_AGAIN);
        }
    }

    /// Listening has begun.
    fn begun(&mut self) {
        self.vigil.listening(self.now);
        if self.told == Told::Up {
            return;
        }
        self.told = Told::Up;
        if let Some(path) = &self.chosen
            && let Some(adapter) = self.adapters.get(path)
        {
            let how = if self.have.discovery {
                "actively"
            } else {
                "passively"
            };
            info!(
                adapter = adapter.address,
                place = place(path),
                "BLE: scanning {how}"
            );
        }
        self.out.push_back(Output::Event(Event::RadioUp {
            radio: Radio::Ble,
            network: None,
        }));
    }
}
