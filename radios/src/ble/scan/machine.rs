//! The scanner's core: pure, one step an input.
//!
//! The contract: [`handle`](Machine::handle) an input with the time, then drain
//! [`poll`](Machine::poll); come back at [`deadline`](Machine::deadline) with [`Input::Tick`].
//! At most one call is under way. After each input the core compares what it wants (adapter powered,
//! filter set, discovery running, monitor registered) with what is, and makes the next call towards
//! it; so every way of losing the radio is healed by the same steps.

mod answers;

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use tracing::{info, warn};

use super::choice::{Adapter, choose, place};
use super::senders::{Senders, address_in};
use super::vigil::{Remedy, Vigil};
use super::words::{
    AdapterProperties, Call, DeviceProperties, Input, Lost, Object, Output, Path, Refusal,
};
use super::{Mode, ScanConfig, ScanStatus, Scanning};
use crate::{Event, Radio};

/// BlueZ answers within this time, or is asked again.
const ANSWER_WITHIN: Duration = Duration::from_secs(5);
/// All its objects may be a megabyte, in a place where phones come and go.
const OBJECTS_WITHIN: Duration = Duration::from_secs(30);
/// Powering an adapter may take it longer.
const POWER_WITHIN: Duration = Duration::from_secs(10);
/// A refused call is tried again after this.
const AGAIN: Duration = Duration::from_secs(1);
/// An adapter that cannot be powered is tried again after this.
const POWER_AGAIN: Duration = Duration::from_secs(3);
/// Discovery that BlueZ ended by itself has this long to come back by itself.
const STALLED: Duration = Duration::from_secs(4);
/// Discovery that BlueZ has promised begins within this time.
const BEGINS_WITHIN: Duration = Duration::from_secs(2);
/// A forgotten pause ends.
const LONGEST_PAUSE: Duration = Duration::from_secs(120);
/// While listening passively, senders are asked for this long …
const WINDOW: Duration = Duration::from_secs(10);
/// … every so often.
const WINDOW_EVERY: Duration = Duration::from_secs(300);

/// The signals asked for.
pub(super) const MATCHES: [&str; 4] = [
    "type='signal',sender='org.freedesktop.DBus',interface='org.freedesktop.DBus',member='NameOwnerChanged',arg0='org.bluez'",
    "type='signal',sender='org.bluez',interface='org.freedesktop.DBus.ObjectManager',path='/'",
    "type='signal',sender='org.bluez',interface='org.freedesktop.DBus.Properties',member='PropertiesChanged',arg0='org.bluez.Device1'",
    "type='signal',sender='org.bluez',interface='org.freedesktop.DBus.Properties',member='PropertiesChanged',arg0='org.bluez.Adapter1'",
];

/// See the [module](self).
#[derive(Debug)]
pub(super) struct Machine {
    wanted: Option<String>,
    scanning: Scanning,
    connected: bool,
    /// Whether BlueZ is there; none: not asked yet.
    bluez: Option<bool>,
    listed: bool,
    adapters: BTreeMap<Path, Adapter>,
    chosen: Option<Path>,
    /// Why there is no adapter any more.
    missing: Option<String>,
    senders: Senders,
    have: Have,
    waiting: Option<Waiting>,
    not_before: Duration,
    last_id: u32,
    pause: Option<Pause>,
    vigil: Vigil,
    told: Told,
    out: VecDeque<Output>,
    now: Duration,
    status: ScanStatus,
}

/// What was set up at the chosen adapter.
#[derive(Debug, Default)]
struct Have {
    filter: bool,
    discovery: bool,
    /// Discovery is to be stopped and started.
    restart: bool,
    /// The adapter is to be switched off and on.
    cycle: bool,
    monitor: Monitoring,
    /// Since discovery ended by itself, or did not begin: when to help.
    stalled: Option<Duration>,
    /// Discovery never began: a `bluetoothd` that died has left the adapter scanning for nobody.
    stuck: bool,
    /// Discovery was started before.
    began: bool,
    /// The active window in passive scanning: open until, or to be opened at.
    window: Option<Window>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Window {
    Open(Duration),
    Next(Duration),
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Monitoring {
    #[default]
    Off,
    On,
    /// The adapter lost power meanwhile: BlueZ may have dropped it.
    Stale,
    Refused,
}

#[derive(Debug)]
struct Waiting {
    id: u32,
    call: Call,
    until: Duration,
}

#[derive(Debug)]
struct Pause {
    until: Duration,
    told: bool,
}

#[derive(Debug, PartialEq, Eq)]
enum Told {
    Nothing,
    Up,
    Down(String),
}

impl Machine {
    pub(super) fn new(config: &ScanConfig) -> Self {
        Self {
            wanted: config.adapter.clone(),
            scanning: config.scanning,
            connected: false,
            bluez: None,
            listed: false,
            adapters: BTreeMap::new(),
            chosen: None,
            missing: None,
            senders: Senders::default(),
            have: Have::default(),
            waiting: None,
            not_before: Duration::ZERO,
            last_id: 0,
            pause: None,
            vigil: Vigil::new(config.silence),
            told: Told::Nothing,
            out: VecDeque::new(),
            now: Duration::ZERO,
            status: ScanStatus::default(),
        }
    }

    /// Takes in what happened.
    pub(super) fn handle(&mut self, input: Input, now: Duration) {
        self.now = now;
        match input {
            // By far the most frequent, and of no consequence for the rest.
            Input::Device(path, said) => return self.said(&path, said),
            Input::Connected => self.connected(),
            Input::Disconnected(reason) => {
                self.forget_bluez();
                self.connected = false;
                self.bluez = None;
                self.down(reason);
            }
            Input::Owner(there) => {
                self.forget_bluez();
                self.bluez = Some(there);
            }
            Input::Added(object) => self.added(object),
            Input::Removed(path, lost) => self.removed(&path, lost),
            Input::Adapter(path, said) => self.adapter(&path, said),
            Input::Reply(id, answer) => {
                if let Some(waiting) = self.waiting.take_if(|waiting| waiting.id == id) {
                    self.answered(waiting.call, answer);
                }
            }
            Input::Pause => {
                self.pause = Some(Pause {
                    until: now + LONGEST_PAUSE,
                    told: false,
                });
            }
            Input::Resume => self.resume(),
            Input::Tick => {}
        }
        self.step();
    }

    /// What to do, first things first.
    pub(super) fn poll(&mut self) -> Option<Output> {
        self.out.pop_front()
    }

    /// When to come back at the latest.
    pub(super) fn deadline(&self) -> Option<Duration> {
        let waiting = self.waiting.as_ref().map(|waiting| waiting.until);
        let again = (self.connected && self.not_before > self.now).then_some(self.not_before);
        let pause = self.pause.as_ref().map(|pause| pause.until);
        let silence = self.is_listening().then(|| self.vigil.deadline());
        let window = self.have.window.map(|window| match window {
            Window::Open(at) | Window::Next(at) => at,
        });
        [waiting, again, pause, silence, window, self.have.stalled]
            .into_iter()
            .flatten()
            .min()
    }

    /// How it fares. The rate and the shed adverts are the caller's to fill in.
    pub(super) fn status(&self) -> ScanStatus {
        let adapter =
            (self.chosen.as_ref()).and_then(|path| Some((path, self.adapters.get(path)?)));
        ScanStatus {
            mode: match (&self.pause, self.told == Told::Up) {
                (_, false) => Mode::Down,
                (Some(_), _) => Mode::Paused,
                (None, _) if self.have.discovery => Mode::Active,
                (None, _) => Mode::Passive,
            },
            adapter: adapter.map(|(_, adapter)| adapter.address.clone()),
            name: adapter.map(|(path, adapter)| format!("{} ({})", place(path), adapter.alias)),
            senders: u32::try_from(self.senders.len()).unwrap_or(u32::MAX),
            ..self.status.clone()
        }
    }

    fn connected(&mut self) {
        self.forget_bluez();
        self.connected = true;
        self.bluez = None;
        self.not_before = self.now;
        for rule in MATCHES {
            let id = self.next_id();
            self.out.push_back(Output::Call(id, Call::Match(rule)));
        }
    }

    fn forget_bluez(&mut self) {
        self.listed = false;
        self.adapters.clear();
        self.chosen = None;
        self.missing = None;
        self.senders.clear();
        self.have = Have::default();
        self.waiting = None;
        self.not_before = self.now;
    }

    fn resume(&mut self) {
        if self.pause.take().is_some() {
            self.vigil.listening(self.now);
        }
    }

    // ----- what BlueZ shows

    fn said(&mut self, path: &str, said: DeviceProperties) {
        let Some(address) = (self.chosen.as_ref()).and_then(|chosen| address_in(path, chosen))
        else {
            return;
        };
        if let Some(advert) = self.senders.said(address, said) {
            self.vigil.heard(self.now);
            self.status.heard = self.status.heard.wrapping_add(1);
            self.out.push_back(Output::Advert(advert));
        }
    }

    fn added(&mut self, object: Object) {
        if let Some(said) = object.adapter {
            let adapter = Adapter::new(said);
            self.adapters.insert(object.path.as_str().into(), adapter);
            self.choose();
        }
        if object.monitors
            && let Some(adapter) = self.adapters.get_mut(object.path.as_str())
        {
            adapter.monitors = true;
        }
        if let Some(said) = object.device {
            self.said(&object.path, said);
        }
    }

    fn removed(&mut self, path: &str, lost: Lost) {
        if lost.device
            && let Some(chosen) = &self.chosen
            && let Some(address) = address_in(path, chosen)
        {
            self.senders.forget(address);
        }
        if lost.monitors
            && let Some(adapter) = self.adapters.get_mut(path)
        {
            adapter.monitors = false;
        }
        if lost.adapter && self.adapters.remove(path).is_some() {
            if self.chosen.as_deref() == Some(path) {
                let place = place(path);
                self.missing = Some(format!("the Bluetooth adapter {place} was unplugged"));
                // Another one is as good, unless one was asked for.
                self.leave_adapter();
            }
            self.choose();
        }
    }

    fn leave_adapter(&mut self) {
        self.chosen = None;
        self.senders.clear();
        self.have = Have::default();
        self.waiting = None;
        self.not_before = self.now;
    }

    /// Takes an adapter when there is none yet. A chosen one is kept: changing ears helps nobody.
    fn choose(&mut self) {
        if self.chosen.is_none() {
            self.chosen = choose(&self.adapters, self.wanted.as_deref());
            if self.chosen.is_some() {
                self.missing = None;
            }
        }
    }

    fn adapter(&mut self, path: &str, said: AdapterProperties) {
        let Some(adapter) = self.adapters.get_mut(path) else {
            return;
        };
        let was = adapter.clone();
        adapter.learn(said);
        let is = adapter.clone();
        if self.chosen.as_deref() != Some(path) {
            return;
        }
        if was.powered && !is.powered {
            // Switched off by us is no news for people.
            if !self.have.cycle {
                self.down(format!(
                    "the Bluetooth adapter {} was switched off; switching it on again",
                    place(path)
                ));
            }
            self.unpowered();
        }
        if was.discovering && !is.discovering && self.have.discovery && is.powered {
            self.have.stalled = Some(self.now + STALLED);
        }
        if is.discovering {
            self.have.stalled = None;
            self.have.stuck = false;
        }
    }

    /// Nothing is set up at an adapter without power.
    fn unpowered(&mut self) {
        self.have.filter = false;
        self.have.discovery = false;
        self.have.restart = false;
        self.have.stalled = None;
        self.have.stuck = false;
        self.have.window = None;
        if self.have.monitor == Monitoring::On {
            self.have.monitor = Monitoring::Stale;
        }
    }

    // ----- what comes next

    fn step(&mut self) {
        self.expire();
        if self.waiting.is_none()
            && let Some(call) = self.next_call()
        {
            let id = self.next_id();
            let within = match call {
                Call::Power(..) => POWER_WITHIN,
                Call::Objects => OBJECTS_WITHIN,
                _ => ANSWER_WITHIN,
            };
            self.out.push_back(Output::Call(id, call.clone()));
            self.waiting = Some(Waiting {
                id,
                call,
                until: self.now + within,
            });
        }
        let still = self.waiting.is_none() && !self.have.discovery;
        if let Some(pause) = self.pause.as_mut().filter(|pause| still && !pause.told) {
            pause.told = true;
            self.out.push_back(Output::Paused);
        }
    }

    /// What time alone brings about.
    fn expire(&mut self) {
        let now = self.now;
        if let Some(waiting) = self.waiting.take_if(|waiting| now >= waiting.until) {
            let silent = Refusal {
                name: "org.freedesktop.DBus.Error.NoReply".into(),
                message: "it does not answer".into(),
            };
            self.answered(waiting.call, Err(silent));
        }
        if self.pause.as_ref().is_some_and(|pause| now >= pause.until) {
            warn!("BLE: scanning was paused for 2 minutes; it goes on");
            self.resume();
        }
        if self.have.stalled.is_some_and(|at| now >= at) {
            self.have.stalled = None;
            let stuck = std::mem::take(&mut self.have.stuck);
            self.have.cycle = stuck && self.pause.is_none();
            self.have.restart = !stuck && self.pause.is_none();
        }
        match self.have.window {
            Some(Window::Next(at)) if now >= at => {
                self.have.window = Some(Window::Open(now + WINDOW));
            }
            Some(Window::Open(at)) if now >= at => {
                self.have.window = Some(Window::Next(now + WINDOW_EVERY.saturating_sub(WINDOW)));
            }
            _ => {}
        }
        if self.is_listening() {
            match self.vigil.remedy(now) {
                None => {}
                Some(Remedy::Restart) => {
                    self.status.restarts = self.status.restarts.wrapping_add(1);
                    self.have.restart = true;
                    self.tell_silence("scanning is begun anew");
                }
                Some(Remedy::PowerCycle) => {
                    self.status.power_cycles = self.status.power_cycles.wrapping_add(1);
                    self.have.cycle = true;
                    self.tell_silence("the adapter is switched off and on");
                }
            }
        }
    }

    fn tell_silence(&self, remedy: &str) {
        if self.vigil.tried().is_power_of_two() {
            warn!("BLE: nothing was heard for a long time; {remedy}");
        }
    }

    fn is_listening(&self) -> bool {
        let have = &self.have;
        self.pause.is_none()
            && (have.discovery || have.monitor == Monitoring::On)
            && !have.restart
            && !have.cycle
    }

    /// The next call towards what is wanted, or none: nothing is missing, or nothing can be done.
    fn next_call(&mut self) -> Option<Call> {
        if !self.connected || self.now < self.not_before {
            return None;
        }
        match self.bluez {
            None => return Some(Call::Owner),
            Some(false) => {
                self.down("no BlueZ is running (bluetoothd)".into());
                return None;
            }
            Some(true) if !self.listed => return Some(Call::Objects),
            Some(true) => {}
        }
        let Some(path) = self.chosen.clone() else {
            self.down(match (&self.missing, &self.wanted) {
                (Some(unplugged), _) => unplugged.clone(),
                (None, None) => "no Bluetooth adapter was found".into(),
                (None, Some(wanted)) => format!("no Bluetooth adapter `{wanted}` was found"),
            });
            return None;
        };
        let adapter = self.adapters.get(&path)?;
        if !adapter.powered {
            return Some(Call::Power(path, true));
        }
        let can_monitor = adapter.monitors;
        let have = &mut self.have;
        if have.cycle {
            return Some(Call::Power(path, false));
        }
        if self.scanning != Scanning::Active && !can_monitor && have.monitor == Monitoring::Off {
            have.monitor = Monitoring::Refused;
            info!(
                "BLE: this BlueZ offers no passive scanning (older ones only as `bluetoothd --experimental`); senders are asked instead"
            );
        }
        let passive = self.scanning != Scanning::Active && have.monitor != Monitoring::Refused;
        if !passive {
            have.window = None;
        }
        if have.monitor == Monitoring::Stale || (have.restart && have.monitor == Monitoring::On) {
            return Some(Call::Unmonitor(path));
        }
        if passive && have.monitor == Monitoring::Off {
            return Some(Call::Monitor(path));
        }
        let ask = !passive || matches!(have.window, Some(Window::Open(_)));
        let ask = ask && self.pause.is_none();
        if have.discovery && (!ask || have.restart) {
            return Some(Call::Stop(path));
        }
        have.restart = false;
        if ask && !have.discovery {
            return Some(if have.filter {
                Call::Start(path)
            } else {
                Call::Filter(path)
            });
        }
        None
    }

    fn trouble(&mut self, what: &str, why: Option<String>, again: Duration) {
        self.down(match why {
            Some(why) => format!("{what}: {why}"),
            None => what.to_owned(),
        });
        self.wait(again);
    }

    fn wait(&mut self, time: Duration) {
        self.not_before = self.now + time;
    }

    /// Tells once a reason.
    fn down(&mut self, reason: String) {
        if matches!(&self.told, Told::Down(told) if *told == reason) {
            return;
        }
        info!("BLE: {reason}; everything else goes on without it");
        self.told = Told::Down(reason.clone());
        self.out.push_back(Output::Event(Event::RadioDown {
            radio: Radio::Ble,
            reason,
        }));
    }

    fn next_id(&mut self) -> u32 {
        self.last_id = self.last_id.wrapping_add(1);
        self.last_id
    }
}
