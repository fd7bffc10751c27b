//! The core against transcripts: what BlueZ does, and what is done about it.

use std::time::Duration;

use super::machine::{MATCHES, Machine};
use super::words::{
    AdapterProperties, Answer, Call, DeviceProperties, Input, Lost, Object, Output, Refusal,
};
use super::{Mode, ScanConfig, Scanning};
use crate::ble::ServiceUuid;
use crate::{Event, Mac};

const HCI0: &str = "/org/bluez/hci0";
const HCI1: &str = "/org/bluez/hci1";
const DEVICE: &str = "/org/bluez/hci0/dev_A4_C1_38_02_83_F4";

/// A BlueZ that does as it is told, and the machine that tells it.
struct Bench {
    machine: Machine,
    now: Duration,
    /// What was said since last looked at, in short.
    log: Vec<String>,
    /// Calls that wait for an answer.
    calls: Vec<(u32, Call)>,
}

fn bench(config: &ScanConfig) -> Bench {
    let mut bench = Bench {
        machine: Machine::new(config),
        now: Duration::from_secs(1000),
        log: Vec::new(),
        calls: Vec::new(),
    };
    bench.give(Input::Connected);
    assert_eq!(bench.calls.len(), MATCHES.len() + 1);
    bench.calls.drain(..MATCHES.len());
    bench.log.drain(..MATCHES.len());
    bench
}

impl Bench {
    fn give(&mut self, input: Input) {
        self.machine.handle(input, self.now);
        while let Some(output) = self.machine.poll() {
            self.log.push(match &output {
                Output::Call(_, call) => short(call),
                Output::Advert(advert) => format!("advert {}", advert.address),
                Output::Event(Event::RadioUp { .. }) => "UP".into(),
                Output::Event(Event::RadioDown { reason, .. }) => format!("DOWN {reason}"),
                Output::Event(other) => format!("{other:?}"),
                Output::Paused => "PAUSED".into(),
            });
            if let Output::Call(id, call) = output {
                self.calls.push((id, call));
            }
        }
    }

    /// Answers the call under way.
    fn answer(&mut self, answer: Result<Answer, Refusal>) {
        let (id, _) = self.calls.remove(0);
        self.give(Input::Reply(id, answer));
    }

    fn done(&mut self) {
        self.answer(Ok(Answer::Done));
    }

    fn refuse(&mut self, name: &str, message: &str) {
        self.answer(Err(Refusal {
            name: format!("org.bluez.Error.{name}"),
            message: message.into(),
        }));
    }

    /// Lets time pass, as the machine asks to be woken.
    fn wait(&mut self, seconds: u64) {
        let end = self.now + Duration::from_secs(seconds);
        while let Some(at) = self.machine.deadline().filter(|at| *at <= end) {
            assert!(at >= self.now, "no deadline in the past");
            self.now = at;
            let before = self.machine.deadline();
            self.give(Input::Tick);
            assert_ne!(self.machine.deadline(), before, "a deadline is dealt with");
        }
        self.now = end;
    }

    #[track_caller]
    fn says(&mut self, expected: &[&str]) {
        let said: Vec<_> = self.log.drain(..).collect();
        assert_eq!(said, expected);
    }

    /// As far as scanning on a powered hci0.
    fn scanning(config: &ScanConfig) -> Self {
        let mut bench = bench(config);
        bench.answer(Ok(Answer::Owner(true)));
        bench.answer(Ok(Answer::Objects(vec![adapter(HCI0, true)])));
        bench.log.clear();
        bench.done();
        bench.done();
        bench.says(&["start hci0", "UP"]);
        bench.give(discovering(true));
        bench
    }

    fn heard(&mut self) {
        self.give(Input::Device(DEVICE.into(), said()));
    }
}

fn short(call: &Call) -> String {
    let place = |path: &str| path.rsplit('/').next().unwrap().to_owned();
    match call {
        Call::Match(_) => "match".into(),
        Call::Owner => "owner?".into(),
        Call::Objects => "objects?".into(),
        Call::Power(path, true) => format!("power on {}", place(path)),
        Call::Power(path, false) => format!("power off {}", place(path)),
        Call::Filter(path) => format!("filter {}", place(path)),
        Call::Start(path) => format!("start {}", place(path)),
        Call::Stop(path) => format!("stop {}", place(path)),
        Call::Monitor(path) => format!("monitor {}", place(path)),
        Call::Unmonitor(path) => format!("unmonitor {}", place(path)),
    }
}

fn adapter(path: &str, powered: bool) -> Object {
    Object {
        path: path.into(),
        adapter: Some(AdapterProperties {
            address: Some(format!("00:AA:01:00:00:0{}", &path[path.len() - 1..])),
            alias: Some("home".into()),
            powered: Some(powered),
            discovering: Some(false),
            central: Some(true),
            blocked: None,
        }),
        ..Object::default()
    }
}

fn changed(change: impl FnOnce(&mut AdapterProperties)) -> Input {
    let mut said = AdapterProperties::default();
    change(&mut said);
    Input::Adapter(HCI0.into(), said)
}

fn powered(on: bool) -> Input {
    changed(|said| said.powered = Some(on))
}

fn discovering(on: bool) -> Input {
    changed(|said| said.discovering = Some(on))
}

fn said() -> DeviceProperties {
    DeviceProperties {
        rssi: Some(-60),
        service_data: vec![(ServiceUuid::from(0xfcd2), vec![0x40])],
        ..DeviceProperties::default()
    }
}

#[test]
fn from_nothing_to_adverts() {
    let mut b = bench(&ScanConfig::default());
    b.says(&["owner?"]);
    b.answer(Ok(Answer::Owner(true)));
    b.says(&["objects?"]);
    let known = Object {
        path: DEVICE.into(),
        device: Some(DeviceProperties {
            name: Some("LYWSD03MMC".into()),
            ..said()
        }),
        ..Object::default()
    };
    // Devices may be listed before their adapter; what they said before our time is no news.
    b.answer(Ok(Answer::Objects(vec![known, adapter(HCI0, false)])));
    b.says(&["power on hci0"]);
    b.give(powered(true));
    b.done();
    b.says(&["filter hci0"]);
    b.done();
    b.says(&["start hci0"]);
    b.done();
    b.says(&["UP"]);
    b.give(Input::Device(DEVICE.into(), said()));
    b.says(&["advert 0xa4c1380283f4"]);
    assert_eq!(b.machine.status().heard, 1);
    assert_eq!(b.machine.status().mode, Mode::Active);
    assert_eq!(b.machine.status().name.as_deref(), Some("hci0 (home)"));
}

#[test]
fn names_come_from_what_was_known_before() {
    let mut machine = Machine::new(&ScanConfig::default());
    let now = Duration::ZERO;
    machine.handle(Input::Owner(true), now);
    machine.handle(Input::Added(adapter(HCI0, true)), now);
    let first = DeviceProperties {
        name: Some("Oral-B".into()),
        random: Some(true),
        ..said()
    };
    machine.handle(
        Input::Added(Object {
            path: DEVICE.into(),
            device: Some(first),
            ..Object::default()
        }),
        now,
    );
    machine.handle(Input::Device(DEVICE.into(), said()), now);
    let adverts: Vec<_> = std::iter::from_fn(|| machine.poll())
        .filter_map(|output| match output {
            Output::Advert(advert) => Some(advert),
            _ => None,
        })
        .collect();
    assert_eq!(adverts.len(), 2);
    assert_eq!(adverts[0], adverts[1]);
    assert_eq!(adverts[1].name.as_deref(), Some("Oral-B"));
    assert_eq!(
        adverts[1].address,
        Mac([0xa4, 0xc1, 0x38, 0x02, 0x83, 0xf4])
    );
}

#[test]
fn bluetoothd_comes_late() {
    let mut b = bench(&ScanConfig::default());
    b.answer(Ok(Answer::Owner(false)));
    b.says(&["owner?", "DOWN no BlueZ is running (bluetoothd)"]);
    b.wait(3600);
    b.says(&[]);
    b.give(Input::Owner(true));
    b.answer(Ok(Answer::Objects(vec![])));
    b.says(&["objects?", "DOWN no Bluetooth adapter was found"]);
    b.give(Input::Added(adapter(HCI0, true)));
    b.says(&["filter hci0"]);
}

#[test]
fn bluetoothd_restarts() {
    let mut b = Bench::scanning(&ScanConfig::default());
    b.give(Input::Owner(false));
    b.says(&["DOWN no BlueZ is running (bluetoothd)"]);
    b.give(Input::Owner(true));
    b.answer(Ok(Answer::Objects(vec![adapter(HCI0, true)])));
    b.done();
    b.done();
    b.says(&["objects?", "filter hci0", "start hci0", "UP"]);
}

#[test]
fn bluetoothd_dies_and_leaves_the_adapter_scanning_for_nobody() {
    let mut b = Bench::scanning(&ScanConfig::default());
    b.give(Input::Owner(false));
    b.give(Input::Owner(true));
    b.answer(Ok(Answer::Objects(vec![adapter(HCI0, true)])));
    b.done();
    b.done();
    b.log.clear();
    // BlueZ says yes, the kernel says busy, and BlueZ would try again after 10 s.
    b.wait(2);
    b.done();
    b.done();
    b.done();
    b.done();
    b.says(&[
        "power off hci0",
        "power on hci0",
        "filter hci0",
        "start hci0",
    ]);
    // Once is enough.
    b.wait(4);
    b.says(&["stop hci0"]);
}

#[test]
fn the_adapter_is_switched_off() {
    let mut b = Bench::scanning(&ScanConfig::default());
    b.give(powered(false));
    b.says(&[
        "DOWN the Bluetooth adapter hci0 was switched off; switching it on again",
        "power on hci0",
    ]);
    b.refuse("Busy", "");
    b.says(&[]);
    b.wait(1);
    b.says(&["power on hci0"]);
    b.done();
    b.done();
    b.done();
    b.says(&["filter hci0", "start hci0", "UP"]);
}

#[test]
fn rfkill_holds_the_adapter_off_for_a_while() {
    let mut b = bench(&ScanConfig::default());
    b.answer(Ok(Answer::Owner(true)));
    b.answer(Ok(Answer::Objects(vec![adapter(HCI0, false)])));
    b.refuse("Blocked", "Blocked through rfkill");
    b.says(&[
        "owner?",
        "objects?",
        "power on hci0",
        "DOWN the Bluetooth adapter hci0 is held off by rfkill",
    ]);
    b.wait(2);
    b.says(&[]);
    b.wait(1);
    b.refuse("Blocked", "Blocked through rfkill");
    // Said once.
    b.says(&["power on hci0"]);
    b.wait(3);
    b.done();
    b.says(&["power on hci0", "filter hci0"]);
}

#[test]
fn the_adapter_is_pulled_and_comes_back_elsewhere() {
    let mut b = Bench::scanning(&ScanConfig::default());
    let lost = Lost {
        adapter: true,
        ..Lost::default()
    };
    b.give(Input::Removed(HCI0.into(), lost));
    b.says(&["DOWN the Bluetooth adapter hci0 was unplugged"]);
    b.give(Input::Added(adapter(HCI1, false)));
    b.done();
    b.done();
    b.done();
    b.says(&["power on hci1", "filter hci1", "start hci1", "UP"]);
    // Its devices count now, the old one's do not.
    b.heard();
    b.says(&[]);
    b.give(Input::Device(DEVICE.replace("hci0", "hci1"), said()));
    b.says(&["advert 0xa4c1380283f4"]);
}

#[test]
fn the_adapter_that_was_asked_for_is_waited_for() {
    let mut b = bench(&ScanConfig {
        adapter: Some("00:aa:01:00:00:01".into()),
        ..ScanConfig::default()
    });
    b.answer(Ok(Answer::Owner(true)));
    b.answer(Ok(Answer::Objects(vec![adapter(HCI0, true)])));
    b.says(&[
        "owner?",
        "objects?",
        "DOWN no Bluetooth adapter `00:aa:01:00:00:01` was found",
    ]);
    b.give(Input::Added(adapter(HCI1, true)));
    b.says(&["filter hci1"]);
}

#[test]
fn an_answer_to_a_pulled_adapter_comes_too_late() {
    let mut b = Bench::scanning(&ScanConfig::default());
    b.give(powered(false));
    let (id, _) = b.calls.remove(0);
    b.log.clear();
    b.give(Input::Removed(
        HCI0.into(),
        Lost {
            adapter: true,
            ..Lost::default()
        },
    ));
    b.give(Input::Added(adapter(HCI1, true)));
    b.log.clear();
    b.give(Input::Reply(id, Ok(Answer::Done)));
    b.says(&[]);
    b.done();
    b.says(&["start hci1"]);
}

#[test]
fn silence_is_taken_for_deafness() {
    let mut b = Bench::scanning(&ScanConfig::default());
    b.wait(60);
    b.heard();
    b.wait(89);
    b.says(&["advert 0xa4c1380283f4"]);
    b.wait(1);
    b.done();
    b.done();
    b.done();
    b.says(&["stop hci0", "filter hci0", "start hci0"]);
    assert_eq!(b.machine.status().restarts, 1);
    // That did not help.
    b.wait(90);
    b.give(powered(false));
    b.done();
    b.says(&["power off hci0", "power on hci0"]);
    b.give(powered(true));
    b.done();
    b.done();
    b.done();
    b.says(&["filter hci0", "start hci0"]);
    assert_eq!(b.machine.status().power_cycles, 1);
    b.give(discovering(true));
    b.heard();
    b.wait(80);
    b.says(&["advert 0xa4c1380283f4"]);
}

#[test]
fn discovery_that_ends_by_itself_is_started_again() {
    let mut b = Bench::scanning(&ScanConfig::default());
    // A connection of somebody else interrupts it for a moment.
    b.give(discovering(false));
    b.wait(2);
    b.give(discovering(true));
    b.wait(10);
    b.says(&[]);
    b.give(discovering(false));
    b.wait(4);
    b.refuse("Failed", "No discovery started");
    b.done();
    b.done();
    b.says(&["stop hci0", "filter hci0", "start hci0"]);
}

#[test]
fn a_pause_for_a_connection() {
    let mut b = Bench::scanning(&ScanConfig::default());
    b.give(Input::Pause);
    b.says(&["stop hci0"]);
    b.done();
    b.says(&["PAUSED"]);
    assert_eq!(b.machine.status().mode, Mode::Paused);
    b.give(discovering(false));
    // Silence is no wonder now.
    b.wait(100);
    b.says(&[]);
    b.give(Input::Resume);
    b.done();
    b.done();
    b.says(&["filter hci0", "start hci0"]);
    // One that is forgotten ends.
    b.give(Input::Pause);
    b.done();
    b.says(&["stop hci0", "PAUSED"]);
    b.wait(120);
    b.says(&["filter hci0"]);
}

#[test]
fn a_pause_while_there_is_nothing_to_stop() {
    let mut b = bench(&ScanConfig::default());
    b.answer(Ok(Answer::Owner(false)));
    b.log.clear();
    b.give(Input::Pause);
    b.says(&["PAUSED"]);
}

#[test]
fn bluez_that_hangs_is_asked_again() {
    let mut b = bench(&ScanConfig::default());
    b.answer(Ok(Answer::Owner(true)));
    b.calls.clear();
    b.log.clear();
    b.wait(31);
    b.says(&[
        "DOWN BlueZ does not show its adapters: it does not answer",
        "objects?",
    ]);
}

#[test]
fn the_bus_goes_and_comes() {
    let mut b = Bench::scanning(&ScanConfig::default());
    b.give(Input::Disconnected("D-Bus is gone".into()));
    b.says(&["DOWN D-Bus is gone"]);
    b.give(Input::Connected);
    b.says(&["match", "match", "match", "match", "owner?"]);
}

#[test]
fn a_filter_that_is_not_ready_is_tried_again() {
    let mut b = bench(&ScanConfig::default());
    b.answer(Ok(Answer::Owner(true)));
    b.answer(Ok(Answer::Objects(vec![adapter(HCI0, true)])));
    b.log.clear();
    b.refuse("NotReady", "Resource Not Ready");
    b.says(&[]);
    b.wait(1);
    b.done();
    b.refuse("NotReady", "Resource Not Ready");
    b.says(&["filter hci0", "start hci0"]);
    b.wait(1);
    b.done();
    // Somebody of our name is at it already: as good.
    b.refuse("InProgress", "Operation already in progress");
    b.says(&["filter hci0", "start hci0", "UP"]);
}

fn passively(scanning: Scanning) -> Bench {
    let mut b = bench(&ScanConfig {
        scanning,
        ..ScanConfig::default()
    });
    b.answer(Ok(Answer::Owner(true)));
    let mut object = adapter(HCI0, true);
    object.monitors = true;
    b.answer(Ok(Answer::Objects(vec![object])));
    b.says(&["owner?", "objects?", "monitor hci0"]);
    b
}

#[test]
fn passive_where_bluez_can() {
    let mut b = passively(Scanning::Passive);
    b.done();
    b.says(&["UP"]);
    assert_eq!(b.machine.status().mode, Mode::Passive);
    b.heard();
    b.says(&["advert 0xa4c1380283f4"]);
    // A pause has nothing to stop.
    b.give(Input::Pause);
    b.says(&["PAUSED"]);
    b.give(Input::Resume);
    // Power loss takes the monitor along.
    b.give(powered(false));
    b.give(powered(true));
    b.done();
    b.done();
    b.done();
    b.says(&[
        "DOWN the Bluetooth adapter hci0 was switched off; switching it on again",
        "power on hci0",
        "unmonitor hci0",
        "monitor hci0",
        "UP",
    ]);
    b.wait(90);
    b.done();
    b.says(&["unmonitor hci0", "monitor hci0"]);
}

#[test]
fn active_windows_in_passive_scanning() {
    let mut b = passively(Scanning::Auto);
    b.done();
    b.done();
    b.done();
    b.says(&["UP", "filter hci0", "start hci0"]);
    b.give(discovering(true));
    assert_eq!(b.machine.status().mode, Mode::Active);
    b.wait(10);
    b.done();
    b.give(discovering(false));
    b.says(&["stop hci0"]);
    for _ in 0..4 {
        b.wait(70);
        b.heard();
    }
    b.log.clear();
    b.wait(10);
    b.says(&["filter hci0"]);
}

#[test]
fn active_where_bluez_cannot_or_will_not() {
    let mut b = passively(Scanning::Auto);
    b.refuse("NotPermitted", "no monitors left");
    b.says(&["filter hci0"]);

    let mut b = bench(&ScanConfig {
        scanning: Scanning::Passive,
        ..ScanConfig::default()
    });
    b.answer(Ok(Answer::Owner(true)));
    b.answer(Ok(Answer::Objects(vec![adapter(HCI0, true)])));
    b.says(&["owner?", "objects?", "filter hci0"]);
}
