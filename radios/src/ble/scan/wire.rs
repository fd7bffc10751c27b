//! D-Bus messages ⇄ the core's words.
//!
//! Signals are read in one pass, straight from the message; what is not of the expected type is
//! passed over, as if it were not there.

use dbus::Message;
use dbus::arg::{ArgType, Get, Iter, PropMap, Variant};
use dbus::channel::default_reply;
use dbus::message::MessageType;

use super::words::{
    AdapterProperties, Answer, Call, DeviceProperties, Input, Lost, Object, Refusal,
};
use crate::ble::ServiceUuid;

const BLUEZ: &str = "org.bluez";
const BUS: &str = "org.freedesktop.DBus";
const OBJECTS: &str = "org.freedesktop.DBus.ObjectManager";
const PROPERTIES: &str = "org.freedesktop.DBus.Properties";
const ADAPTER: &str = "org.bluez.Adapter1";
const DEVICE: &str = "org.bluez.Device1";
const MONITORS: &str = "org.bluez.AdvertisementMonitorManager1";
/// The longest data an extended advert can hold.
const LONGEST_DATA: usize = 1650;
/// Services, or data of services or companies, in one advert.
const MOST_ROWS: usize = 64;

/// Writes a call.
pub(super) fn write(call: &Call, monitors: &str) -> Result<Message, String> {
    let adapter = |path: &str, method| Message::new_method_call(BLUEZ, path, ADAPTER, method);
    let manager = |path: &str, method| Message::new_method_call(BLUEZ, path, MONITORS, method);
    let bus = |method| Message::new_method_call(BUS, "/org/freedesktop/DBus", BUS, method);
    let mut message = match call {
        Call::Match(rule) => bus("AddMatch")?.append1(*rule),
        Call::Owner => bus("NameHasOwner")?.append1(BLUEZ),
        Call::Objects => Message::new_method_call(BLUEZ, "/", OBJECTS, "GetManagedObjects")?,
        Call::Power(path, on) => Message::new_method_call(BLUEZ, &**path, PROPERTIES, "Set")?
            .append3(ADAPTER, "Powered", Variant(*on)),
        Call::Filter(path) => {
            let mut filter = PropMap::new();
            filter.insert("Transport".into(), Variant(Box::new("le".to_owned())));
            filter.insert("DuplicateData".into(), Variant(Box::new(true)));
            adapter(path, "SetDiscoveryFilter")?.append1(filter)
        }
        Call::Start(path) => adapter(path, "StartDiscovery")?,
        Call::Stop(path) => adapter(path, "StopDiscovery")?,
        Call::Monitor(path) => {
            manager(path, "RegisterMonitor")?.append1(dbus::Path::new(monitors)?)
        }
        Call::Unmonitor(path) => {
            manager(path, "UnregisterMonitor")?.append1(dbus::Path::new(monitors)?)
        }
    };
    // A BlueZ that is switched off on purpose is not to be started by a question.
    message.set_auto_start(false);
    Ok(message)
}

/// Reads a signal.
pub(super) fn signal(message: &Message) -> Option<Input> {
    let member = message.member()?;
    let mut args = message.iter_init();
    match &*member {
        "PropertiesChanged" => {
            let path = message.path()?.to_string();
            let interface: &str = next(&mut args)?;
            let changed = args.recurse(ArgType::Array)?;
            args.next();
            match interface {
                DEVICE => Some(Input::Device(
                    path,
                    DeviceProperties {
                        faded: strings(&mut args).any(|name| name == "RSSI"),
                        ..device(changed)
                    },
                )),
                ADAPTER => Some(Input::Adapter(path, adapter(changed))),
                _ => None,
            }
        }
        "InterfacesAdded" => {
            let path: dbus::Path<'_> = next(&mut args)?;
            Some(Input::Added(object(path.to_string(), &mut args)?))
        }
        "InterfacesRemoved" => {
            let path: dbus::Path<'_> = next(&mut args)?;
            let mut lost = Lost::default();
            for interface in strings(&mut args) {
                match interface {
                    ADAPTER => lost.adapter = true,
                    DEVICE => lost.device = true,
                    MONITORS => lost.monitors = true,
                    _ => {}
                }
            }
            Some(Input::Removed(path.to_string(), lost))
        }
        "NameOwnerChanged" => {
            let name: &str = next(&mut args)?;
            let _old: &str = next(&mut args)?;
            let new: &str = next(&mut args)?;
            (name == BLUEZ).then_some(Input::Owner(!new.is_empty()))
        }
        _ => None,
    }
}

/// Reads the answer to `call`.
pub(super) fn answer(call: &Call, message: &mut Message) -> Result<Answer, Refusal> {
    if let Err(error) = message.as_result() {
        return Err(Refusal {
            name: error.name().unwrap_or_default().to_owned(),
            message: error.message().unwrap_or_default().to_owned(),
        });
    }
    let mut args = message.iter_init();
    Ok(match call {
        Call::Owner => Answer::Owner(args.get().unwrap_or(false)),
        Call::Objects => {
            let mut objects = Vec::new();
            entries(&mut args, |path: dbus::Path<'_>, interfaces| {
                objects.extend(
                    object(path.to_string(), interfaces)
                        .filter(|object| object.adapter.is_some() || object.device.is_some()),
                );
            });
            Answer::Objects(objects)
        }
        _ => Answer::Done,
    })
}

/// What is to be said to a call that no object of ours takes.
pub(super) fn decline(message: &Message) -> Option<Message> {
    (message.msg_type() == MessageType::MethodCall)
        .then(|| default_reply(message))
        .flatten()
}

/// `a{sa{sv}}`: interfaces with their properties.
fn object(path: String, interfaces: &mut Iter<'_>) -> Option<Object> {
    let mut object = Object {
        path,
        ..Object::default()
    };
    entries(interfaces, |interface: &str, properties| match interface {
        ADAPTER => object.adapter = properties.recurse(ArgType::Array).map(adapter),
        DEVICE => object.device = properties.recurse(ArgType::Array).map(device),
        MONITORS => object.monitors = true,
        _ => {}
    })?;
    Some(object)
}

fn adapter(properties: Iter<'_>) -> AdapterProperties {
    let mut said = AdapterProperties::default();
    each(properties, |name: &str, value| {
        let Some(mut value) = value.recurse(ArgType::Variant) else {
            return;
        };
        match name {
            "Address" => said.address = value.get(),
            "Alias" => said.alias = value.get(),
            "Powered" => said.powered = value.get(),
            "Discovering" => said.discovering = value.get(),
            "Roles" => said.central = Some(strings(&mut value).any(|role| role == "central")),
            "PowerState" => said.blocked = value.get().map(|state: &str| state == "off-blocked"),
            _ => {}
        }
    });
    said
}

fn device(properties: Iter<'_>) -> DeviceProperties {
    let mut said = DeviceProperties::default();
    each(properties, |name: &str, value| {
        let Some(mut value) = value.recurse(ArgType::Variant) else {
            return;
        };
        match name {
            "AddressType" => said.random = value.get().map(|kind: &str| kind == "random"),
            "Name" => said.name = value.get(),
            "RSSI" => said.rssi = value.get(),
            "TxPower" => said.tx_power = value.get(),
            "UUIDs" => {
                let uuids = strings(&mut value).filter_map(|uuid| uuid.parse().ok());
                said.services = Some(uuids.take(MOST_ROWS).collect());
            }
            "ServiceData" => {
                let _ = entries(&mut value, |uuid: &str, data| {
                    if let (Ok(uuid), Some(data)) = (uuid.parse::<ServiceUuid>(), bytes(data))
                        && said.service_data.len() < MOST_ROWS
                    {
                        said.service_data.push((uuid, data));
                    }
                });
            }
            "ManufacturerData" => {
                let _ = entries(&mut value, |company: u16, data| {
                    if let Some(data) = bytes(data)
                        && said.manufacturer_data.len() < MOST_ROWS
                    {
                        said.manufacturer_data.push((company, data));
                    }
                });
            }
            _ => {}
        }
    });
    said
}

/// A variant that holds bytes.
fn bytes(value: &mut Iter<'_>) -> Option<Vec<u8>> {
    let bytes: &[u8] = value.recurse(ArgType::Variant)?.get()?;
    (bytes.len() <= LONGEST_DATA).then(|| bytes.to_vec())
}

fn next<'a, T: Get<'a>>(args: &mut Iter<'a>) -> Option<T> {
    let value = args.get();
    args.next();
    value
}

/// The entries of the dictionary that `value` stands at.
fn entries<'a, K: Get<'a>>(
    value: &mut Iter<'a>,
    entry: impl FnMut(K, &mut Iter<'a>),
) -> Option<()> {
    each(value.recurse(ArgType::Array)?, entry);
    Some(())
}

/// The entries of the dictionary that `dictionary` is inside of.
fn each<'a, K: Get<'a>>(mut dictionary: Iter<'a>, mut entry: impl FnMut(K, &mut Iter<'a>)) {
    loop {
        if let Some(mut inside) = dictionary.recurse(ArgType::DictEntry) {
            let key = inside.get();
            inside.next();
            if let Some(key) = key {
                entry(key, &mut inside);
            }
        }
        if !dictionary.next() {
            return;
        }
    }
}

/// The texts of the array that `value` stands at.
fn strings<'a>(value: &mut Iter<'a>) -> impl Iterator<Item = &'a str> + use<'a> {
    let mut array = value.recurse(ArgType::Array);
    std::iter::from_fn(move || {
        let array = array.as_mut()?;
        let text = array.get::<&'a str>()?;
        array.next();
        Some(text)
    })
}
