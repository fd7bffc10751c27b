//! The virtual controller on `/dev/vhci`.
//!
//! Lines in: `adv ADDRESS random|public DATA RESPONSE RSSI` (hexadecimal, `-` for no scan response) is aired
//! as soon as the host scans, in their order; `lamp ADDRESS DATA` sets up the peripheral that can be
//! connected to and advertises ten times a second.
//! Lines out: `hci N` once the host has taken the controller; `scan active|passive|off`; `connected`,
//! `disconnected`, `written UUID DATA`.

use std::fs::{File, OpenOptions};
use std::io::{BufRead as _, Read as _, Write as _};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use super::att::Server;
use super::hci::{self, Answer, Effect};
use super::lamp::Lamp;

/// Kinds of reports.
const CONNECTABLE: u8 = 0;
const SCANNABLE: u8 = 2;
const PLAIN: u8 = 3;
const RESPONSE: u8 = 4;

const LAMP_EVERY: Duration = Duration::from_millis(100);
/// Attribute protocol, signalling, security manager.
const ATT: u16 = 4;
const SECURITY: u16 = 6;

/// An address as on the air.
type OnAir = [u8; 6];

#[derive(Debug, Default)]
struct State {
    scanning: bool,
    active: bool,
    /// The lamp that can be connected to, with its advert.
    lamp: Option<(OnAir, Vec<u8>, Lamp)>,
    /// Whom the host wants to connect to.
    wanted: Option<OnAir>,
    connection: Option<Connection>,
}

#[derive(Debug)]
struct Connection {
    server: Server,
    /// An L2CAP frame that has not come whole yet.
    partial: Vec<u8>,
}

#[derive(Debug, Clone)]
struct Controller {
    state: Arc<(Mutex<State>, Condvar)>,
    device: Arc<Mutex<File>>,
}

/// Runs the controller with this address until its input ends or the program is ended.
///
/// # Errors
/// When `/dev/vhci` cannot be used.
pub fn run(address: [u8; 6]) -> std::io::Result<()> {
    let mut own = address;
    own.reverse();
    let mut device = OpenOptions::new()
        .read(true)
        .write(true)
        .open("/dev/vhci")?;
    // A vendor packet: make a primary controller.
    device.write_all(&[0xff, 0])?;
    let controller = Controller {
        state: Arc::default(),
        device: Arc::new(Mutex::new(device.try_clone()?)),
    };
    let reader = controller.clone();
    thread::spawn(move || {
        let mut packet = [0; 4096];
        while let Ok(length) = device.read(&mut packet) {
            if length > 0 {
                reader.take(&packet[..length], own);
            }
        }
        std::process::exit(1);
    });
    let lamp = controller.clone();
    thread::spawn(move || {
        loop {
            thread::sleep(LAMP_EVERY);
            lamp.advertise();
        }
    });
    for line in std::io::stdin().lock().lines() {
        let line = line?;
        if controller.told(&line).is_none() {
            println!("not understood: {line}");
        }
    }
    Ok(())
}

impl Controller {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn send(&self, packet: &[u8]) {
        let mut device = self.device.lock().unwrap_or_else(PoisonError::into_inner);
        if let Err(error) = device.write_all(packet) {
            println!("not sent: {error}");
        }
    }

    /// A line of our input.
    fn told(&self, line: &str) -> Option<()> {
        let mut words = line.split(' ');
        match words.next()? {
            "adv" => {
                let address = on_air(words.next()?)?;
                let random = words.next()? == "random";
                let data = unhex(words.next()?)?;
                let response = match words.next()? {
                    "-" => None,
                    text => Some(unhex(text)?),
                };
                let rssi = words.next()?.parse().ok()?;
                self.air(address, random, &data, response.as_deref(), rssi);
            }
            "lamp" => {
                let address = on_air(words.next()?)?;
                let lamp = Lamp::default();
                self.state().lamp = Some((address, unhex(words.next()?)?, lamp));
            }
            _ => return None,
        }
        Some(())
    }

    /// Airs one advert; waits for the host to scan.
    fn air(&self, address: OnAir, random: bool, data: &[u8], response: Option<&[u8]>, rssi: i8) {
        let mut state = self.state();
        while !state.scanning {
            state = self
                .state
                .1
                .wait(state)
                .unwrap_or_else(PoisonError::into_inner);
        }
        let active = state.active;
        let kind = if response.is_some() { SCANNABLE } else { PLAIN };
        // Under the lock: the host cannot stop scanning in between.
        self.send(&hci::report(kind, random, address, data, rssi));
        if let Some(response) = response.filter(|_| active) {
            self.send(&hci::report(RESPONSE, random, address, response, rssi));
        }
        drop(state);
    }

    /// The lamp's advert, if anybody may hear it; and the connection, if one is wanted.
    fn advertise(&self) {
        let mut state = self.state();
        let Some((address, data, _)) = state.lamp.clone() else {
            return;
        };
        if state.connection.is_none() && state.scanning {
            self.send(&hci::report(CONNECTABLE, true, address, &data, -50));
            // The host waits for the response to what it has asked.
            if state.active {
                self.send(&hci::report(RESPONSE, true, address, &[], -50));
            }
        }
        self.connect(&mut state);
    }

    fn connect(&self, state: &mut State) {
        let Some((address, _, lamp)) = &state.lamp else {
            return;
        };
        if state.connection.is_none() && state.wanted == Some(*address) {
            state.connection = Some(Connection {
                server: Server::new(&lamp.services()),
                partial: Vec::new(),
            });
            self.send(&hci::connected(true, *address));
            state.wanted = None;
            println!("connected");
        }
    }

    /// A packet from the host.
    fn take(&self, packet: &[u8], own: OnAir) {
        match *packet {
            [0xff, _, low, high, ..] => println!("hci {}", u16::from_le_bytes([low, high])),
            [hci::COMMAND, low, high, _, ref parameters @ ..] => {
                self.command(u16::from_le_bytes([low, high]), parameters, own);
            }
            [hci::ACL, _, _, _, _, ref data @ ..] => {
                let starts = packet[2] & 0x30 != 0x10;
                self.data(starts, data);
            }
            _ => {}
        }
    }

    fn command(&self, opcode: u16, parameters: &[u8], own: OnAir) {
        let (answer, effect) = hci::command(opcode, parameters, own);
        if answer == Answer::Complete(vec![1]) {
            println!("unknown command {opcode:04x}");
        }
        let mut state = self.state();
        if let Effect::Reset | Effect::Scan(false) = effect {
            state.scanning = false;
        }
        self.send(&hci::answer(opcode, &answer));
        match effect {
            Effect::None => {}
            Effect::Reset => {
                state.connection = None;
                state.wanted = None;
                println!("scan off");
            }
            Effect::ScanKind { active } => state.active = active,
            Effect::Scan(on) => {
                state.scanning = on;
                println!(
                    "scan {}",
                    match (on, state.active) {
                        (false, _) => "off",
                        (true, true) => "active",
                        (true, false) => "passive",
                    }
                );
                self.state.1.notify_all();
            }
            Effect::Connect(peer) => state.wanted = Some(peer),
            Effect::CancelConnect => {
                if let Some(peer) = state.wanted.take() {
                    self.send(&hci::not_connected(peer));
                }
            }
            Effect::Disconnect => {
                state.connection = None;
                // Ended by our own host.
                self.send(&hci::disconnected(0x16));
                println!("disconnected");
            }
            Effect::Features => self.send(&hci::features()),
            Effect::Version => self.send(&hci::version()),
            Effect::Update => self.send(&hci::updated()),
        }
    }

    /// A fragment of an L2CAP frame.
    fn data(&self, starts: bool, fragment: &[u8]) {
        self.send(&hci::sent());
        let mut state = self.state();
        let State {
            connection, lamp, ..
        } = &mut *state;
        let (Some(connection), Some((_, _, lamp))) = (connection, lamp) else {
            return;
        };
        if starts {
            connection.partial.clear();
        }
        connection.partial.extend_from_slice(fragment);
        let &[low, high, channel, _, ref payload @ ..] = connection.partial.as_slice() else {
            return;
        };
        if payload.len() < usize::from(u16::from_le_bytes([low, high])) {
            return;
        }
        match u16::from(channel) {
            ATT => {
                let outcome = connection.server.take(payload);
                let notifications: Vec<_> = (outcome.written.iter())
                    .flat_map(|(uuid, value)| {
                        println!("written {uuid:04x} {}", hex(value));
                        lamp.written(*uuid, value)
                    })
                    .filter_map(|(uuid, value)| connection.server.notify(uuid, &value))
                    .collect();
                for pdu in outcome.response.into_iter().chain(notifications) {
                    self.send(&hci::data(ATT, &pdu));
                }
            }
            // Pairing is not supported.
            SECURITY => self.send(&hci::data(SECURITY, &[0x05, 0x05])),
            _ => {}
        }
        connection.partial.clear();
    }
}

fn on_air(text: &str) -> Option<OnAir> {
    let mut address: OnAir = unhex(text)?.try_into().ok()?;
    address.reverse();
    Some(address)
}

/// Bytes of hexadecimal digits.
#[must_use]
pub fn unhex(text: &str) -> Option<Vec<u8>> {
    (text.len().is_multiple_of(2) && text.is_ascii()).then_some(())?;
    (0..text.len() / 2)
        .map(|at| u8::from_str_radix(&text[2 * at..2 * at + 2], 16).ok())
        .collect()
}

/// Hexadecimal digits of bytes.
#[must_use]
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
