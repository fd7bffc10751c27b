//! How a raw value becomes what a key holds; `None` is what the key does not expect.

use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;

use radios::ble::{Adopt, Identity, PerProperty};

use super::raw::Raw;
use super::{Confirm, Level, Network, Secret, Server, Tts};

pub(super) fn put<T>(place: &mut T, value: Option<T>) -> Option<()> {
    *place = value?;
    Some(())
}

pub(super) fn text(raw: &Raw) -> Option<String> {
    raw.text()
        .filter(|text| !text.is_empty())
        .map(str::to_owned)
}

/// A short text for people.
pub(super) fn label(raw: &Raw) -> Option<String> {
    text(raw).filter(|text| text.chars().count() <= 64 && !text.contains(char::is_control))
}

pub(super) fn labels(raw: &Raw) -> Option<Vec<String>> {
    match raw {
        Raw::List(items) if items.len() <= 8 => items.iter().map(label).collect(),
        _ => None,
    }
}

/// Wake words: names of models or their paths; as a list, or one of them.
pub(super) fn wake(raw: &Raw) -> Option<Vec<String>> {
    let one = |raw: &Raw| {
        let name = text(raw).filter(|name| name.len() <= 4096)?;
        let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-');
        (name.ends_with(".tflite") || name.chars().all(plain)).then_some(name)
    };
    match raw {
        Raw::List(items) if items.len() <= 4 => items.iter().map(one).collect(),
        Raw::List(_) => None,
        _ => Some(vec![one(raw)?]),
    }
}

/// What is asked back; as a list, or as words in one text.
pub(super) fn confirm(raw: &Raw) -> Option<Vec<Confirm>> {
    let word = |word: &str| match word {
        "lock" => Some(Confirm::Lock),
        "garage" => Some(Confirm::Garage),
        "all_off" => Some(Confirm::AllOff),
        _ => None,
    };
    match raw {
        Raw::List(items) => items.iter().map(|item| word(item.text()?)).collect(),
        _ => {
            let text = text(raw)?;
            let words = text.split([' ', ',']);
            words.filter(|w| !w.is_empty()).map(word).collect()
        }
    }
}

pub(super) fn path(raw: &Raw) -> Option<PathBuf> {
    text(raw).map(PathBuf::from)
}

pub(super) fn bind_key(raw: &Raw) -> Option<Secret<String>> {
    let digits = raw.text()?;
    let good = matches!(digits.len(), 24 | 32) && digits.bytes().all(|b| b.is_ascii_hexdigit());
    good.then(|| Secret::new(digits.to_ascii_lowercase()))
}

pub(super) fn adopt(raw: &Raw) -> Option<Adopt> {
    match raw.text()? {
        "listed" => Some(Adopt::Listed),
        "nearby" => Some(Adopt::Nearby),
        _ => None,
    }
}

/// `name=value` in each item of a list.
fn pairs(raw: &Raw) -> Option<Vec<(&str, &str)>> {
    match raw {
        Raw::List(items) if items.len() <= 32 => items
            .iter()
            .map(|item| item.text()?.split_once('='))
            .map(|pair| pair.map(|(name, value)| (name.trim(), value.trim())))
            .collect(),
        _ => None,
    }
}

pub(super) fn per_property(raw: &Raw) -> Option<PerProperty<u32>> {
    let good = |seconds: &u32| *seconds <= 3600;
    if let Some(all) = within(raw, 0, 3600) {
        return Some(PerProperty {
            all,
            single: Vec::new(),
        });
    }
    let single = pairs(raw)?
        .into_iter()
        .map(|(name, value)| Some((name.to_owned(), value.parse().ok().filter(good)?)))
        .collect::<Option<_>>()?;
    Some(PerProperty { all: 0, single })
}

pub(super) fn limits(raw: &Raw) -> Option<Vec<(String, (f64, f64))>> {
    pairs(raw)?
        .into_iter()
        .map(|(name, range)| {
            let (least, most) = range.split_once("..")?;
            let (least, most) = (least.trim().parse().ok()?, most.trim().parse().ok()?);
            (least < most).then(|| (name.to_owned(), (least, most)))
        })
        .collect()
}

/// Hexadecimal digits as bytes.
fn hex<const N: usize>(text: &str) -> Option<[u8; N]> {
    Raw::Text(text.to_owned()).bytes()
}

pub(super) fn ibeacon(raw: &Raw) -> Option<Identity> {
    let mut parts = raw.text()?.trim().split('/');
    let uuid = hex(&parts.next()?.replace('-', ""))?;
    let mut number = || match parts.next() {
        None => Some(None),
        Some(number) => number.trim().parse().ok().map(Some),
    };
    let (major, minor) = (number()?, number()?);
    parts.next().is_none().then_some(Identity::Beacon {
        uuid: u128::from_be_bytes(uuid),
        major,
        minor,
    })
}

pub(super) fn eddystone(raw: &Raw) -> Option<Identity> {
    let text = raw.text()?.trim();
    let (namespace, instance) = match text.split_once('/') {
        Some((namespace, instance)) => (namespace, Some(hex(instance.trim())?)),
        None => (text, None),
    };
    Some(Identity::Eddystone {
        namespace: hex(namespace.trim())?,
        instance,
    })
}

pub(super) fn within<T: TryFrom<i64>>(raw: &Raw, least: i64, most: i64) -> Option<T> {
    let number = raw.integer()?;
    if !(least..=most).contains(&number) {
        return None;
    }
    T::try_from(number).ok()
}

pub(super) fn listen(raw: &Raw) -> Option<SocketAddr> {
    raw.text()?.trim().parse().ok()
}

pub(super) fn level(raw: &Raw) -> Option<Level> {
    Some(match raw.text()? {
        "error" => Level::Error,
        "warn" | "warning" => Level::Warn,
        "info" => Level::Info,
        "debug" => Level::Debug,
        "trace" => Level::Trace,
        _ => return None,
    })
}

/// A topic one can publish to: no wildcards, no empty parts.
pub(super) fn topic(raw: &Raw) -> Option<String> {
    let text = raw.text()?;
    let good = text.len() <= 200
        && !text.contains(['+', '#', '\0'])
        && !text.starts_with('$')
        && text.split('/').all(|part| !part.is_empty());
    good.then(|| text.to_owned())
}

pub(super) fn language(raw: &Raw) -> Option<String> {
    let text = raw.text()?;
    let good = (2..=16).contains(&text.len())
        && text
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_');
    good.then(|| text.to_owned())
}

pub(super) fn port(raw: &Raw) -> Option<String> {
    let text = text(raw)?;
    match text.strip_prefix("tcp://") {
        Some(rest) => host_and_port(rest, None).map(|_| text.clone()),
        None => (text == "auto" || !text.contains("://")).then(|| text.clone()),
    }
}

/// `tcp://host:port`.
pub(super) fn tcp(raw: &Raw) -> Option<String> {
    let text = text(raw)?;
    host_and_port(text.strip_prefix("tcp://")?, None).map(|_| text.clone())
}

pub(super) fn tts(raw: &Raw) -> Option<Tts> {
    match raw.text()? {
        "off" => Some(Tts::Off),
        "espeak-ng" => Some(Tts::Espeak),
        _ => tcp(raw).map(Tts::Wyoming),
    }
}

pub(super) fn networks(raw: &Raw) -> Option<Vec<Network>> {
    match raw {
        Raw::List(items) if items.len() <= 32 => {
            items.iter().map(|item| network(item.text()?)).collect()
        }
        Raw::Environment(text) | Raw::Text(text) if !text.trim().is_empty() => text
            .split([',', ' '])
            .filter(|part| !part.is_empty())
            .map(network)
            .collect(),
        _ => None,
    }
}

fn network(text: &str) -> Option<Network> {
    let (address, length) = match text.split_once('/') {
        Some((address, length)) => (address, Some(length)),
        None => (text, None),
    };
    let address: IpAddr = address.trim().parse().ok()?;
    let most = if address.is_ipv4() { 32 } else { 128 };
    let length = match length {
        Some(length) => length.trim().parse().ok().filter(|bits| *bits <= most)?,
        None => most,
    };
    Some(Network { address, length })
}

pub(super) fn pan_id(raw: &Raw) -> Option<u16> {
    let number = u16::try_from(raw.number_or_hex()?).ok()?;
    (1..=0xfffe).contains(&number).then_some(number)
}

pub(super) fn server(raw: &Raw) -> Option<Server> {
    let text = raw.text()?.trim();
    if text == "embedded" {
        return Some(Server::Embedded);
    }
    let (scheme, rest) = text.split_once("://")?;
    let rest = rest.strip_suffix('/').unwrap_or(rest);
    match scheme {
        "mqtt" | "tcp" => {
            host_and_port(rest, Some(1883)).map(|(host, port)| Server::Plain { host, port })
        }
        "mqtts" | "ssl" => {
            host_and_port(rest, Some(8883)).map(|(host, port)| Server::Tls { host, port })
        }
        _ => None,
    }
}

/// `host:port`, `host` where a default is given, `[v6]:port`.
fn host_and_port(text: &str, default: Option<u16>) -> Option<(String, u16)> {
    let (host, port) = if let Some(rest) = text.strip_prefix('[') {
        let (host, after) = rest.split_once(']')?;
        host.parse::<IpAddr>().ok()?;
        match after.strip_prefix(':') {
            Some(port) => (host, Some(port)),
            None if after.is_empty() => (host, None),
            None => return None,
        }
    } else {
        match text.split_once(':') {
            Some((host, port)) => (host, Some(port)),
            None => (text, None),
        }
    };
    let bad = |c: char| c.is_whitespace() || c.is_control() || "/@?#".contains(c);
    if host.is_empty() || host.contains(bad) {
        return None;
    }
    let port = match port {
        Some(port) => port.parse().ok().filter(|port| *port != 0)?,
        None => default?,
    };
    Some((host.to_owned(), port))
}
