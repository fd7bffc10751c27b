//! A bus of its own with a make-believe BlueZ on it: one adapter, and senders as they are aired.
//!
//! For what needs no kernel: the cost of the gateway at a given rate, and losing the bus itself. The real
//! thing is in `tests/src/bin/ble-vm`.

use std::collections::{HashMap, HashSet};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::{Duration, Instant};

use dbus::Message;
use dbus::arg::{PropMap, RefArg, Variant};
use dbus::channel::Channel;
use dbus::message::MessageType;
use radios::ble::Advert;
use tempfile::TempDir;

use crate::places;

const ADAPTER: &str = "/org/bluez/hci0";
const ADAPTER1: &str = "org.bluez.Adapter1";
const DEVICE1: &str = "org.bluez.Device1";
const OBJECTS: &str = "org.freedesktop.DBus.ObjectManager";
const PROPERTIES: &str = "org.freedesktop.DBus.Properties";

/// A `dbus-daemon` that only those who know its address talk to.
#[derive(Debug)]
pub struct Bus {
    folder: TempDir,
    daemon: Child,
}

impl Drop for Bus {
    fn drop(&mut self) {
        let _ = self.daemon.kill();
        let _ = self.daemon.wait();
    }
}

impl Bus {
    /// Starts it, or says why the test is skipped.
    ///
    /// # Panics
    /// When it does not come up.
    #[must_use]
    pub fn start() -> Option<Self> {
        places::system_program("dbus-daemon")?;
        let folder = TempDir::new().expect("a folder");
        let daemon = daemon(folder.path());
        Some(Self { folder, daemon })
    }

    /// Ends it and starts it again at the same place, with nobody on it.
    pub fn restart(&mut self) {
        let _ = self.daemon.kill();
        let _ = self.daemon.wait();
        let _ = std::fs::remove_file(self.folder.path().join("bus"));
        self.daemon = daemon(self.folder.path());
    }

    /// Where it listens.
    #[must_use]
    pub fn address(&self) -> String {
        format!("unix:path={}", self.folder.path().join("bus").display())
    }

    /// CPU time of the daemon's process is its own affair; its id.
    #[must_use]
    pub fn pid(&self) -> u32 {
        self.daemon.id()
    }
}

fn daemon(folder: &Path) -> Child {
    let socket = folder.join("bus");
    let config = folder.join("bus.conf");
    let text = format!(
        "<busconfig><type>session</type><listen>unix:path={}</listen><policy context=\"default\">\
         <allow send_destination=\"*\"/><allow receive_sender=\"*\"/><allow own=\"*\"/></policy></busconfig>",
        socket.display()
    );
    std::fs::write(&config, text).expect("the configuration");
    let daemon = Command::new("dbus-daemon")
        .arg(format!("--config-file={}", config.display()))
        .args(["--nofork", "--nopidfile", "--nosyslog"])
        .stdin(Stdio::null())
        .spawn()
        .expect("dbus-daemon starts");
    let begun = Instant::now();
    while !socket.exists() {
        assert!(begun.elapsed() < Duration::from_secs(10), "the bus listens");
        std::thread::sleep(Duration::from_millis(10));
    }
    daemon
}

/// The make-believe BlueZ, on a thread; gone with this value.
#[derive(Debug)]
pub struct BlueZ {
    orders: Sender<Order>,
    thread: Option<std::thread::JoinHandle<()>>,
}

#[derive(Debug)]
enum Order {
    Air(Box<Advert>),
    Power(bool),
    End,
}

impl Drop for BlueZ {
    fn drop(&mut self) {
        let _ = self.orders.send(Order::End);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

impl BlueZ {
    /// Takes the name `org.bluez` on that bus.
    ///
    /// # Panics
    /// When it cannot.
    #[must_use]
    pub fn start(address: &str) -> Self {
        let mut channel_ = Channel::open_private(address).expect("the bus");
        channel_.register().expect("the bus");
        let request = Message::new_method_call(
            "org.freedesktop.DBus",
            "/org/freedesktop/DBus",
            "org.freedesktop.DBus",
            "RequestName",
        )
        .expect("a call")
        .append2("org.bluez", 4_u32);
        let reply = channel_.send_with_reply_and_block(request, Duration::from_secs(5));
        reply.expect("the name");
        let (orders, queue) = channel();
        let thread = std::thread::spawn(move || Served::new(channel_).serve(&queue));
        Self {
            orders,
            thread: Some(thread),
        }
    }

    /// Airs an advert; heard only while somebody scans.
    pub fn air(&self, advert: &Advert) {
        let _ = self.orders.send(Order::Air(Box::new(advert.clone())));
    }

    /// Switches the adapter, as another program would.
    pub fn power(&self, on: bool) {
        let _ = self.orders.send(Order::Power(on));
    }
}

struct Served {
    bus: Channel,
    powered: bool,
    discovering: bool,
    known: HashSet<String>,
}

impl Served {
    fn new(bus: Channel) -> Self {
        Self {
            bus,
            powered: false,
            discovering: false,
            known: HashSet::new(),
        }
    }

    fn serve(mut self, orders: &Receiver<Order>) {
        loop {
            if self.bus.read_write(Some(Duration::from_millis(2))).is_err() {
                return;
            }
            while let Some(message) = self.bus.pop_message() {
                if message.msg_type() == MessageType::MethodCall {
                    let answer = self.called(&message);
                    let _ = self.bus.send(answer);
                }
            }
            while let Ok(order) = orders.try_recv() {
                match order {
                    Order::Air(advert) => self.air(&advert),
                    Order::Power(on) => self.power(on),
                    Order::End => return,
                }
            }
        }
    }

    fn called(&mut self, call: &Message) -> Message {
        let member = call.member().map(|member| member.to_string());
        match member.as_deref() {
            Some("GetManagedObjects") => {
                let mut objects: HashMap<dbus::Path<'_>, HashMap<&str, PropMap>> = HashMap::new();
                objects.insert(ADAPTER.into(), HashMap::from([(ADAPTER1, self.adapter())]));
                call.method_return().append1(objects)
            }
            Some("GetAll") => call.method_return().append1(self.adapter()),
            Some("Set") => {
                let mut args = call.iter_init();
                args.next();
                args.next();
                if let Some(Variant(on)) = args.get::<Variant<bool>>() {
                    self.power(on);
                }
                call.method_return()
            }
            Some("StartDiscovery") if !self.powered => {
                let name = "org.bluez.Error.NotReady".into();
                call.error(&name, c"Resource Not Ready")
            }
            Some(method @ ("StartDiscovery" | "StopDiscovery")) => {
                self.discovering = method == "StartDiscovery";
                self.changed(ADAPTER, ADAPTER1, self.adapter());
                call.method_return()
            }
            _ => call.method_return(),
        }
    }

    fn adapter(&self) -> PropMap {
        let mut map = PropMap::new();
        let mut put = |name: &str, value: Box<dyn RefArg>| {
            map.insert(name.to_owned(), Variant(value));
        };
        put("Address", Box::new("00:AA:01:00:00:42".to_owned()));
        put("AddressType", Box::new("public".to_owned()));
        put("Name", Box::new("make-believe".to_owned()));
        put("Alias", Box::new("make-believe".to_owned()));
        put("Powered", Box::new(self.powered));
        put("Discovering", Box::new(self.discovering));
        put("Roles", Box::new(vec!["central".to_owned()]));
        map
    }

    fn power(&mut self, on: bool) {
        self.powered = on;
        self.discovering = self.discovering && on;
        self.changed(ADAPTER, ADAPTER1, self.adapter());
    }

    fn air(&mut self, advert: &Advert) {
        if !self.discovering {
            return;
        }
        let address = advert.address.colons();
        let path = format!("{ADAPTER}/dev_{}", address.replace(':', "_"));
        let mut said = PropMap::new();
        let mut put = |name: &str, value: Box<dyn RefArg>| {
            said.insert(name.to_owned(), Variant(value));
        };
        put("RSSI", Box::new(advert.rssi.unwrap_or(-60)));
        if !advert.service_data.is_empty() {
            let data = advert.service_data.iter().map(|(uuid, data)| {
                let full = format!("{:08x}-0000-1000-8000-00805f9b34fb", uuid.0 >> 96);
                (full, Variant(Box::new(data.clone()) as Box<dyn RefArg>))
            });
            put("ServiceData", Box::new(data.collect::<PropMap>()));
        }
        if !advert.manufacturer_data.is_empty() {
            let data = advert.manufacturer_data.iter().map(|(company, data)| {
                (*company, Variant(Box::new(data.clone()) as Box<dyn RefArg>))
            });
            put(
                "ManufacturerData",
                Box::new(data.collect::<HashMap<_, _>>()),
            );
        }
        if !self.known.insert(path.clone()) {
            return self.changed(&path, DEVICE1, said);
        }
        let mut put = |name: &str, value: Box<dyn RefArg>| {
            said.insert(name.to_owned(), Variant(value));
        };
        let name = advert.name.clone();
        put("Address", Box::new(address.clone()));
        put("Alias", Box::new(name.clone().unwrap_or(address)));
        let kind = if advert.random { "random" } else { "public" };
        put("AddressType", Box::new(kind.to_owned()));
        if let Some(name) = name {
            put("Name", Box::new(name));
        }
        put("Adapter", Box::new(dbus::Path::from(ADAPTER)));
        put("UUIDs", Box::<Vec<String>>::default());
        for flag in [
            "Paired",
            "Trusted",
            "Blocked",
            "Connected",
            "ServicesResolved",
        ] {
            put(flag, Box::new(false));
        }
        let signal = Message::new_signal("/", OBJECTS, "InterfacesAdded").expect("a signal");
        let interfaces = HashMap::from([(DEVICE1, said)]);
        self.send(signal.append2(dbus::Path::from(path), interfaces));
    }

    fn changed(&self, path: &str, interface: &str, properties: PropMap) {
        let signal = Message::new_signal(path, PROPERTIES, "PropertiesChanged").expect("a signal");
        self.send(signal.append3(interface, properties, Vec::<String>::new()));
    }

    fn send(&self, message: Message) {
        // Whoever went away hears nothing.
        let _ = self.bus.send(message);
    }
}
