//! A day of a home of fifty chatty devices, and what it writes to flash.

use std::collections::BTreeMap;
use std::time::Duration;

use radios::{
    DeviceId, DeviceInfo, DeviceKind, Event, Ieee, Interview, InterviewState, NetworkSettings,
};

use super::tests::{Memory, Step, apply};
use super::*;
use crate::config::Config;
use crate::hub::{Effect, Hub, Input, Message, Now, Origin, Settings};

const DEVICES: u64 = 50;
const DAY: Duration = Duration::from_secs(86_400);
/// Each device speaks so often.
const EVERY: Duration = Duration::from_secs(30);
/// Real changes of the day: renames, and a device that comes again under another short address.
const CHANGES: u32 = 4;
const MOST: usize = 150;

fn id(number: u64) -> DeviceId {
    DeviceId::Zigbee(Ieee(0x0015_8d00_0000_0000 + number))
}

fn record(number: u64, address: u16) -> DeviceInfo {
    DeviceInfo {
        model_id: Some("lumi.sensor_ht".to_owned()),
        network_address: Some(address),
        interview: InterviewState::Successful,
        ..DeviceInfo::new(id(number), DeviceKind::EndDevice)
    }
}

/// The hub with its store, and what was acknowledged when.
struct Home {
    hub: Hub,
    store: Store<Memory>,
    now: Now,
}

impl Home {
    fn start(flash: &Memory, ram: Option<&Memory>, now: Now) -> Self {
        let mut store = Store::over(flash.clone());
        if let Some(ram) = ram {
            store = store.with_state(ram.clone());
        }
        let loaded = store.load().unwrap();
        let settings = Settings::new(&Config::default(), radios::devices::define);
        Self {
            hub: Hub::new(settings, &loaded.saved, now).unwrap(),
            store,
            now,
        }
    }

    fn put(&mut self, input: Input) {
        let mut inputs = vec![input];
        while let Some(input) = inputs.pop() {
            for effect in self.hub.handle(input, self.now) {
                if let Effect::Store {
                    token,
                    document,
                    body,
                } = effect
                {
                    self.store.save(document, body.reveal()).unwrap();
                    inputs.push(Input::Stored {
                        token,
                        result: Ok(()),
                    });
                    inputs.push(Input::Wear(self.store.wear()));
                }
            }
        }
    }

    fn radio(&mut self, event: Event) {
        self.put(Input::Radio(event));
    }

    fn request(&mut self, path: &str, payload: &str) {
        self.put(Input::Message(Message {
            topic: format!("hearth/bridge/request/{path}"),
            payload: Bytes::copy_from_slice(payload.as_bytes()),
            origin: Origin::Broker,
        }));
    }

    fn join(&mut self) {
        self.put(Input::BrokerUp);
        self.radio(Event::Network(Box::new(NetworkSettings {
            pan_id: 0x1a62,
            extended_pan_id: 2,
            channel: 15,
            network_key: [7; 16],
            network_key_sequence: 0,
            frame_counter: 0,
            link_key: [8; 16],
        })));
        for number in 0..DEVICES {
            self.radio(Event::Joined { id: id(number) });
            self.radio(Event::Interview {
                id: id(number),
                stage: Interview::Started,
            });
            self.radio(Event::Device(Box::new(record(number, 1))));
            self.radio(Event::Interview {
                id: id(number),
                stage: Interview::Successful,
            });
        }
    }

    /// Every device speaks all day, each value another than the last; now and then something really changes.
    fn live(&mut self) {
        let end = self.now.elapsed + DAY;
        let step = EVERY / u32::try_from(DEVICES).unwrap();
        let mut turn: u64 = 0;
        let mut changes = 0;
        while self.now.elapsed < end {
            while self
                .hub
                .next_deadline()
                .is_some_and(|due| due <= self.now.elapsed)
            {
                self.put(Input::Tick);
            }
            let number = turn % DEVICES;
            let value = f64::from(u32::try_from(turn % 4001).unwrap()) / 100.0;
            self.radio(Event::Changed {
                id: id(number),
                changes: vec![
                    ("temperature".into(), value.into()),
                    ("battery".into(), 80u8.into()),
                ],
                linkquality: Some(u8::try_from(turn % 250).unwrap()),
            });
            // The radio tells the same records again and again: nothing of that is a change.
            if turn % 5000 == 4999 {
                self.radio(Event::Device(Box::new(record(7, 1))));
                self.radio(Event::Announced { id: id(8) });
            }
            turn += 1;
            if self.now.elapsed > DAY / (CHANGES + 1) * (changes + 1) && changes < CHANGES {
                changes += 1;
                if changes == 2 {
                    self.radio(Event::Device(Box::new(record(9, 2))));
                } else {
                    let from = id(3);
                    let body = format!(r#"{{"from":"{from}","to":"Lamp {changes}"}}"#);
                    self.request("device/rename", &body);
                }
            }
            self.now.elapsed += step;
            self.now.unix += step;
        }
    }
}

fn morning() -> Now {
    Now {
        elapsed: Duration::ZERO,
        unix: Duration::from_secs(1_800_000_000),
    }
}

fn writes(memory: &Memory) -> Vec<(String, Vec<u8>)> {
    let steps = memory.steps.lock().unwrap();
    let written = steps.iter().filter_map(|step| match step {
        Step::Write(name, content) => Some((name.clone(), content.clone())),
        _ => None,
    });
    written.collect()
}

/// A home of fifty whose joining is over; its flash, with the steps forgotten.
fn settled(ram: Option<&Memory>) -> (Home, Memory) {
    let flash = Memory::default();
    let mut home = Home::start(&flash, ram, morning());
    home.join();
    flash.steps.lock().unwrap().clear();
    home.store.wear = Wear::default();
    (home, flash)
}

#[test]
fn a_day_of_fifty_chatty_devices_spares_the_flash() {
    // State on flash, too: at most one write in ten minutes, and one a change.
    let (mut home, flash) = settled(None);
    home.live();
    home.put(Input::Shutdown);
    let written = writes(&flash);
    let state = written
        .iter()
        .filter(|(name, _)| name.starts_with("state"))
        .count();
    assert!(state <= 145 && state > 100, "{state}");
    assert_eq!(written.len() - state, CHANGES as usize);
    assert!(written.len() <= MOST, "{}", written.len());
    let bytes = written.iter().map(|(_, content)| content.len()).sum();
    let told = home.hub.wear();
    assert_eq!(told.writes as usize, written.len());
    assert_eq!(usize::try_from(told.bytes), Ok(bytes));

    // State in RAM, as on a router: the changes, and the state once, when it ends.
    let ram = Memory::default();
    let (mut home, flash) = settled(Some(&ram));
    home.live();
    home.put(Input::Shutdown);
    home.store.settle().unwrap();
    let written = writes(&flash);
    eprintln!(
        "a day with state in RAM: {} files, {} bytes; on flash: {} files, {bytes} bytes",
        written.len(),
        home.store.wear().bytes,
        told.writes
    );
    assert_eq!(written.len(), CHANGES as usize + 1);
    assert_eq!(home.store.wear().writes as usize, written.len());
}

/// The power fails at every write of a day: between any two steps, and after every byte of a write.
/// What was acknowledged before is found, whole.
#[test]
fn no_power_cut_of_a_day_tears_anything() {
    for ram in [None, Some(Memory::default())] {
        let (mut home, flash) = settled(ram.as_ref());
        let mut folder = flash.files.lock().unwrap().clone();
        home.live();
        home.put(Input::Shutdown);
        home.store.settle().unwrap();
        let steps = flash.steps.lock().unwrap().clone();
        let mut images = 0;
        let mut full = 0;
        // What each document was when last acknowledged, and what is being written.
        let mut known: BTreeMap<&str, Vec<u8>> = BTreeMap::new();
        for name in ["registry.json", "network.json", "state.json"] {
            if let Some(content) = folder.get(name) {
                known.insert(name, content.clone());
            }
        }
        let mut next = known.clone();
        for (at, step) in steps.iter().enumerate() {
            if let Step::Write(name, content) = step {
                let of = ["registry.json", "network.json", "state.json"]
                    .into_iter()
                    .find(|of| name.starts_with(of))
                    .unwrap();
                assert_ne!(*name, of, "never over the one that counts");
                next.insert(of, content.clone());
                for end in 0..content.len() {
                    // A torn file is known as such, whatever it was torn from...
                    assert!(envelope::open(&content[..end]).is_err(), "{name} at {end}");
                    images += 1;
                    // ... and the start from it finds what was: all of it tried for some bytes of every write.
                    if end < 2 || end + 2 > content.len() || end % 997 == at % 997 {
                        let mut torn = folder.clone();
                        torn.insert(name.clone(), content[..end].to_vec());
                        assert_found(torn, &known, &known);
                        full += 1;
                    }
                }
            }
            apply(&mut folder, step).unwrap();
            images += 1;
            full += 1;
            assert_found(folder.clone(), &known, &next);
            if matches!(step, Step::Sync) {
                known.clone_from(&next);
                assert_found(folder.clone(), &known, &known);
            }
        }
        let writes = writes(&flash).len();
        eprintln!("{images} power cuts in {writes} writes, {full} of them started from");
        assert!(images > 30_000 && full > 10 * writes, "{images} {full}");
    }
}

/// A start from `folder` finds of every document either what was acknowledged or what was being written.
fn assert_found(
    folder: BTreeMap<String, Vec<u8>>,
    known: &BTreeMap<&str, Vec<u8>>,
    next: &BTreeMap<&str, Vec<u8>>,
) {
    let mut store = Store::over(Memory::of(folder));
    let loaded = store.load().unwrap();
    let body = |of: &BTreeMap<&str, Vec<u8>>, name: &str| {
        of.get(name)
            .map(|content| envelope::open(content).unwrap().to_vec())
    };
    for (name, found) in [
        ("registry.json", loaded.saved.registry),
        ("state.json", loaded.saved.state),
    ] {
        let found = found.map(|found| found.to_vec());
        assert!(
            found == body(known, name) || found == body(next, name),
            "{name}"
        );
    }
    assert!(loaded.network.is_some());
}

#[test]
fn state_in_ram_is_used_while_it_is_there_and_comes_home_at_the_end() {
    let (flash, ram) = (Memory::default(), Memory::default());
    let open = |ram: &Memory| Store::over(flash.clone()).with_state(ram.clone());
    let state = |store: &mut Store<Memory>| {
        let state = store.load().unwrap().saved.state;
        state.map(|body| String::from_utf8(body.to_vec()).unwrap())
    };
    let mut store = open(&ram);
    store.save(Document::State, b"[1]").unwrap();
    assert_eq!(store.wear(), Wear::default());
    // Killed: the machine still runs, so the RAM holds it.
    assert_eq!(state(&mut open(&ram)).as_deref(), Some("[1]"));
    assert!(!flash.files.lock().unwrap().contains_key("state.json"));
    // What it left comes home at the next clean end, though nothing changed meanwhile.
    let mut store = open(&ram);
    store.load().unwrap();
    store.settle().unwrap();
    assert!(flash.files.lock().unwrap().contains_key("state.json"));
    flash.files.lock().unwrap().clear();
    let mut store = open(&ram);
    store.load().unwrap();
    // Ended cleanly, then the machine was started anew.
    store.save(Document::State, b"[2]").unwrap();
    store.settle().unwrap();
    assert_eq!(store.wear().writes, 1);
    store.settle().unwrap();
    assert_eq!(store.wear().writes, 1);
    let ram = Memory::default();
    let mut store = open(&ram);
    assert_eq!(state(&mut store).as_deref(), Some("[2]"));
    // Nothing new: nothing is written, and yet the folder in RAM gets what it lacks.
    store.settle().unwrap();
    store.save(Document::State, b"[2]").unwrap();
    assert!(ram.files.lock().unwrap().contains_key("state.json"));
    assert_eq!(store.wear().writes, 0);
    // A registry that says nothing new is not written again, also after a start.
    store.save(Document::Registry, b"{}").unwrap();
    store.save(Document::Registry, b"{}").unwrap();
    assert_eq!(store.wear().writes, 1);
    let mut store = open(&ram);
    store.load().unwrap();
    store.save(Document::Registry, b"{}").unwrap();
    assert_eq!(store.wear().writes, 0);
}
