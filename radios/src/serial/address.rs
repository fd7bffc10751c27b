//! What a user writes to name a serial port.

use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// The TCP port that most network sticks listen on.
const TCP_PORT: u16 = 6638;
/// Slower than any dongle, faster than any UART.
const BAUDS: std::ops::RangeInclusive<u32> = 1200..=4_000_000;

/// How one end of the line stops the other.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Flow {
    /// By RTS and CTS wires.
    #[serde(rename = "hw")]
    Hardware,
    /// By XON and XOFF bytes.
    #[serde(rename = "sw")]
    Software,
    /// Not at all.
    None,
}

/// Line settings.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Line {
    /// Bits per second.
    pub baud: u32,
    /// Flow control.
    pub flow: Flow,
}

impl Line {
    /// Shorthand for tables.
    #[must_use]
    pub const fn new(baud: u32, flow: Flow) -> Self {
        Self { baud, flow }
    }
}

/// Where the radio is.
///
/// As text: `auto`, a path, or `tcp://host:port` (port 6638 if left out); `auto` and paths take
/// `?baud=115200` and `&flow=hw`, `sw` or `none`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum PortAddr {
    /// The only known stick that is plugged in.
    Auto {
        /// Bits per second, if not what is known of the stick.
        baud: Option<u32>,
        /// Flow control, if not what is known of the stick.
        flow: Option<Flow>,
    },
    /// A tty.
    Tty {
        /// Its path.
        path: PathBuf,
        /// Bits per second, if not what is known of the stick.
        baud: Option<u32>,
        /// Flow control, if not what is known of the stick.
        flow: Option<Flow>,
    },
    /// A serial port behind a network.
    Tcp {
        /// Name or address.
        host: String,
        /// TCP port.
        port: u16,
    },
}

impl PortAddr {
    /// A tty whose line settings are looked up.
    pub fn tty(path: impl Into<PathBuf>) -> Self {
        Self::Tty {
            path: path.into(),
            baud: None,
            flow: None,
        }
    }
}

impl fmt::Display for Flow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Hardware => "hw",
            Self::Software => "sw",
            Self::None => "none",
        })
    }
}

impl fmt::Display for Line {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let flow = match self.flow {
            Flow::Hardware => "hardware flow control",
            Flow::Software => "software flow control",
            Flow::None => "no flow control",
        };
        write!(f, "{} baud, {flow}", self.baud)
    }
}

impl fmt::Display for PortAddr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (baud, flow) = match self {
            Self::Auto { baud, flow } => {
                f.write_str("auto")?;
                (baud, flow)
            }
            Self::Tty { path, baud, flow } => {
                write!(f, "{}", path.display())?;
                (baud, flow)
            }
            Self::Tcp { host, port } if host.contains(':') => {
                return write!(f, "tcp://[{host}]:{port}");
            }
            Self::Tcp { host, port } => return write!(f, "tcp://{host}:{port}"),
        };
        if let Some(baud) = baud {
            write!(f, "?baud={baud}")?;
        }
        if let Some(flow) = flow {
            write!(f, "{}flow={flow}", if baud.is_some() { '&' } else { '?' })?;
        }
        Ok(())
    }
}

/// A text that names no port.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PortAddrError {
    /// Neither `auto`, nor a path, nor `tcp://`.
    #[error(
        "`{0}` is no serial port: expected `auto`, a path such as /dev/ttyUSB0, or tcp://host:port"
    )]
    Form(String),
    /// No host or no port after `tcp://`.
    #[error("`{0}` is no network port: expected tcp://host:port")]
    Tcp(String),
    /// `baud=` is no speed.
    #[error("`baud={0}`: expected a number from 1200 to 4000000, such as 115200")]
    Baud(String),
    /// `flow=` is none of the three.
    #[error("`flow={0}`: expected hw, sw or none")]
    Flow(String),
    /// Something else after the `?`.
    #[error("`{0}`: expected baud=… or flow=…")]
    Option(String),
}

impl FromStr for PortAddr {
    type Err = PortAddrError;

    fn from_str(text: &str) -> Result<Self, PortAddrError> {
        let text = text.trim();
        let shown = || text.chars().take(80).collect();
        if let Some(rest) = text.strip_prefix("tcp://") {
            return tcp(rest.trim_end_matches('/')).ok_or_else(|| PortAddrError::Tcp(shown()));
        }
        let (place, options) = text.split_once('?').unwrap_or((text, ""));
        let (mut baud, mut flow) = (None, None);
        for option in options.split('&').filter(|option| !option.is_empty()) {
            match option.split_once('=') {
                Some(("baud", value)) => {
                    let number = value.parse().ok().filter(|b| BAUDS.contains(b));
                    baud = Some(number.ok_or_else(|| PortAddrError::Baud(value.to_owned()))?);
                }
                Some(("flow", value)) => {
                    flow = Some(match value {
                        "hw" | "hardware" | "rtscts" => Flow::Hardware,
                        "sw" | "software" | "xonxoff" => Flow::Software,
                        "none" => Flow::None,
                        _ => return Err(PortAddrError::Flow(value.to_owned())),
                    });
                }
                _ => return Err(PortAddrError::Option(option.to_owned())),
            }
        }
        match place {
            "auto" => Ok(Self::Auto { baud, flow }),
            _ if place.starts_with('/') => Ok(Self::Tty {
                path: place.into(),
                baud,
                flow,
            }),
            _ => Err(PortAddrError::Form(shown())),
        }
    }
}

/// `host`, `host:port`, `[v6]` or `[v6]:port`.
fn tcp(rest: &str) -> Option<PortAddr> {
    let (host, port) = if let Some(v6) = rest.strip_prefix('[') {
        let (host, port) = v6.split_once(']')?;
        let port = match port.strip_prefix(':') {
            Some(port) => Some(port),
            None if port.is_empty() => None,
            None => return None,
        };
        host.parse::<std::net::Ipv6Addr>().ok()?;
        (host, port)
    } else {
        match rest.split_once(':') {
            Some((host, port)) => (host, Some(port)),
            None => (rest, None),
        }
    };
    let strange = |c: char| c.is_whitespace() || c.is_control() || "/?#@".contains(c);
    if host.is_empty() || host.contains(strange) {
        return None;
    }
    let port = port.map_or(Some(TCP_PORT), |port| {
        port.parse().ok().filter(|&port| port != 0)
    })?;
    Some(PortAddr::Tcp {
        host: host.to_owned(),
        port,
    })
}

impl Serialize for PortAddr {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for PortAddr {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<'_, str>::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ports_print_as_they_parse() {
        let tty = |baud, flow| PortAddr::Tty {
            path: "/dev/ttyUSB0".into(),
            baud,
            flow,
        };
        let tcp = |host: &str, port| PortAddr::Tcp {
            host: host.into(),
            port,
        };
        for (text, addr) in [
            (
                "auto",
                PortAddr::Auto {
                    baud: None,
                    flow: None,
                },
            ),
            (
                "auto?baud=57600",
                PortAddr::Auto {
                    baud: Some(57600),
                    flow: None,
                },
            ),
            ("/dev/ttyUSB0", tty(None, None)),
            ("/dev/ttyUSB0?flow=none", tty(None, Some(Flow::None))),
            (
                "/dev/ttyUSB0?baud=115200&flow=hw",
                tty(Some(115_200), Some(Flow::Hardware)),
            ),
            ("tcp://127.0.0.1:6638", tcp("127.0.0.1", 6638)),
            ("tcp://slzb-06.local:1234", tcp("slzb-06.local", 1234)),
            ("tcp://[fe80::1]:6638", tcp("fe80::1", 6638)),
        ] {
            assert_eq!(text.parse(), Ok(addr.clone()), "{text}");
            assert_eq!(addr.to_string(), text);
        }
        assert_eq!("tcp://stick".parse(), Ok(tcp("stick", 6638)));
        assert_eq!("tcp://[::1]".parse(), Ok(tcp("::1", 6638)));
    }

    #[test]
    fn wrong_texts_are_refused_by_name() {
        use PortAddrError::{Baud, Flow, Form, Option, Tcp};
        for (text, error) in [
            ("", Form("".into())),
            ("ttyUSB0", Form("ttyUSB0".into())),
            ("COM3", Form("COM3".into())),
            ("tcp://", Tcp("tcp://".into())),
            ("tcp://host:0", Tcp("tcp://host:0".into())),
            ("tcp://host:70000", Tcp("tcp://host:70000".into())),
            ("tcp://fe80::1", Tcp("tcp://fe80::1".into())),
            ("tcp://[host]:1", Tcp("tcp://[host]:1".into())),
            ("tcp://a b:1", Tcp("tcp://a b:1".into())),
            ("auto?baud=fast", Baud("fast".into())),
            ("auto?baud=1", Baud("1".into())),
            ("/dev/ttyACM0?flow=yes", Flow("yes".into())),
            ("/dev/ttyACM0?parity=odd", Option("parity=odd".into())),
        ] {
            assert_eq!(text.parse::<PortAddr>(), Err(error), "{text}");
        }
    }
}
