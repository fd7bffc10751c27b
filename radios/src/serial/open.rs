//! Opens a port, and opens it again when the stick was pulled and plugged in somewhere else.

use std::fs;
use std::io;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use socket2::{SockRef, TcpKeepalive};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_serial::{ErrorKind, FlowControl, SerialPortBuilderExt};

use super::dongles::UNKNOWN;
use super::tty::Tty;
use super::{Adapter, Firmware, Flow, Identity, Line, PortAddr, find_in};

/// What a tty gets of which nothing is known: the setting most sticks are sold with.
const USUAL: Line = Line::new(115_200, Flow::Software);
/// A bridge in the same house answers at once or not at all.
const CONNECT: Duration = Duration::from_secs(5);
/// A bridge that lost power never says goodbye: ask after 15 s of silence, give up after 30.
const KEEPALIVE: TcpKeepalive = TcpKeepalive::new()
    .with_time(Duration::from_secs(15))
    .with_interval(Duration::from_secs(5))
    .with_retries(3);

/// A stream of bytes to a radio.
pub trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}

impl<S: AsyncRead + AsyncWrite + Send + Unpin> Stream for S {}

/// Opens a port once.
///
/// # Errors
/// In words for people: what is missing and what to do. The kinds are those of the system; see
/// [`Opener::open`].
pub async fn open(addr: &PortAddr) -> io::Result<Box<dyn Stream>> {
    Opener::new(addr.clone()).open().await
}

/// Opens a port again and again.
///
/// It remembers which stick it opened. When that comes back under another name, it is found there;
/// when another stick has taken its name, that one is left alone.
#[derive(Clone, Debug)]
pub struct Opener {
    addr: PortAddr,
    sys: PathBuf,
    dev: PathBuf,
    stick: Option<Identity>,
    line: Option<Line>,
    /// The line settings used last, if there was a choice.
    used: Option<Line>,
    name: String,
}

/// A tty to open.
struct Place {
    path: PathBuf,
    adapter: Option<Adapter>,
}

impl Opener {
    /// For the port at `addr`.
    #[must_use]
    pub fn new(addr: PortAddr) -> Self {
        Self::within(addr, "/sys", "/dev")
    }

    pub(super) fn within(addr: PortAddr, sys: impl Into<PathBuf>, dev: impl Into<PathBuf>) -> Self {
        Self {
            name: addr.to_string(),
            addr,
            sys: sys.into(),
            dev: dev.into(),
            stick: None,
            line: None,
            used: None,
        }
    }

    /// For people: what was opened last, or the address.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The stick that was opened last, if it is one.
    #[must_use]
    pub const fn stick(&self) -> Option<&Identity> {
        self.stick.as_ref()
    }

    /// Nothing answered: the next opening takes other line settings, in turn. Says which were used;
    /// none where there is nothing to choose.
    pub fn try_other_line(&mut self) -> Option<Line> {
        let used = self.used?;
        let next = match UNKNOWN.iter().position(|line| *line == used) {
            Some(at) => at + 1,
            None => 0,
        };
        self.line = UNKNOWN.get(next).or(UNKNOWN.first()).copied();
        Some(used)
    }

    /// Opens the port.
    ///
    /// # Errors
    /// `NotFound` when no such stick is plugged in: wait for it. `InvalidInput` when there are
    /// several and `auto` cannot tell. `PermissionDenied`, `ResourceBusy` and others as the system
    /// has it. All in words for people.
    pub async fn open(&mut self) -> io::Result<Box<dyn Stream>> {
        let (place, baud, flow) = match &self.addr {
            PortAddr::Tcp { host, port } => return connect(host, *port).await,
            PortAddr::Auto { baud, flow } => (self.only_stick()?, *baud, *flow),
            PortAddr::Tty { path, baud, flow } => (self.stick_at(path)?, *baud, *flow),
        };
        let known = place.adapter.as_ref().and_then(|a| a.lines().first());
        let line = self.line.or(known.copied()).unwrap_or(USUAL);
        let line = Line {
            baud: baud.unwrap_or(line.baud),
            flow: flow.unwrap_or(line.flow),
        };
        self.used = (baud.is_none() || flow.is_none()).then_some(line);
        let stream = open_tty(&place.path, line)?;
        self.name = match &place.adapter {
            Some(adapter) => adapter.to_string(),
            None => place.path.display().to_string(),
        };
        self.stick = place.adapter.map(|adapter| adapter.identity());
        Ok(Box::new(stream))
    }

    fn find(&self) -> Vec<Adapter> {
        find_in(&self.sys, &self.dev)
    }

    /// The stick that was opened before, wherever it is; or the only one that may be meant.
    fn only_stick(&self) -> io::Result<Place> {
        let found = self.find();
        if let Some(stick) = &self.stick {
            return again(found, stick);
        }
        let of = |firmware: Firmware| {
            let fits = found
                .iter()
                .filter(|a| a.firmware() == firmware && a.dongle.is_some());
            fits.collect::<Vec<_>>()
        };
        let candidates = [of(Firmware::Ezsp), of(Firmware::Unknown)];
        match candidates.iter().find(|c| !c.is_empty()).map(Vec::as_slice) {
            Some([only]) => Ok(Place::of((*only).clone())),
            Some(several) => Err(io::Error::new(
                io::ErrorKind::InvalidInput,
                format!(
                    "several Zigbee sticks are plugged in, name one of them as `port`: {}",
                    list(several.iter().copied())
                ),
            )),
            None if found.is_empty() => Err(missing("no Zigbee stick is plugged in".to_owned())),
            None => Err(missing(format!(
                "no Zigbee stick is plugged in that can be used. There are: {}",
                list(&found)
            ))),
        }
    }

    /// The tty at `path`, unless the stick that was there is elsewhere now.
    fn stick_at(&self, path: &Path) -> io::Result<Place> {
        let found = self.find();
        let real = fs::canonicalize(path).ok();
        let there = real.as_ref().and_then(|real| {
            let same = |a: &&Adapter| fs::canonicalize(&a.path).is_ok_and(|p| p == *real);
            found.iter().find(same).cloned()
        });
        match (&self.stick, there) {
            (Some(stick), there)
                if there.as_ref().map(Adapter::identity).as_ref() != Some(stick) =>
            {
                again(found, stick)
            }
            (_, adapter) if real.is_some() => Ok(Place {
                path: path.to_owned(),
                adapter,
            }),
            _ if found.is_empty() => Err(missing(format!("{} is not there", path.display()))),
            _ => Err(missing(format!(
                "{} is not there. Plugged in: {}",
                path.display(),
                list(&found)
            ))),
        }
    }
}

impl Place {
    fn of(adapter: Adapter) -> Self {
        Self {
            path: adapter.path.clone(),
            adapter: Some(adapter),
        }
    }
}

fn again(found: Vec<Adapter>, stick: &Identity) -> io::Result<Place> {
    let mut same = found.into_iter().filter(|a| a.identity() == *stick);
    same.next().map(Place::of).ok_or_else(|| {
        let (vendor, product) = (stick.vendor, stick.product);
        let serial = stick.serial.as_deref().unwrap_or("none");
        missing(format!(
            "the stick {vendor:04x}:{product:04x} with serial number {serial} is not plugged in"
        ))
    })
}

fn missing(words: String) -> io::Error {
    io::Error::new(io::ErrorKind::NotFound, words)
}

fn list<'a>(adapters: impl IntoIterator<Item = &'a Adapter>) -> String {
    let lines: Vec<String> = adapters.into_iter().map(Adapter::to_string).collect();
    lines.join("; ")
}

pub(super) fn open_tty(path: &Path, line: Line) -> io::Result<Tty> {
    let flow = match line.flow {
        Flow::Hardware => FlowControl::Hardware,
        Flow::Software => FlowControl::Software,
        Flow::None => FlowControl::None,
    };
    tokio_serial::new(path.to_string_lossy(), line.baud)
        .flow_control(flow)
        .open_native_async()
        .map(|stream| {
            if is_pty(path) {
                shareable(stream)
            } else {
                stream
            }
        })
        .map(Tty::new)
        .map_err(|e| {
            let shown = path.display();
            // EBUSY and a lock of another program both come as "no device"; a device that is really
            // missing comes as "not found".
            if e.kind() == ErrorKind::NoDevice {
                let words = format!("{shown} is in use by another program");
                return io::Error::new(io::ErrorKind::ResourceBusy, words);
            }
            let e = io::Error::from(e);
            let words = match e.kind() {
                io::ErrorKind::PermissionDenied => {
                    format!("no permission to open {shown}: is this user in the group dialout?")
                }
                io::ErrorKind::NotFound => format!("{shown} is not there"),
                _ => format!("cannot open {shown}: {e}"),
            };
            io::Error::new(e.kind(), words)
        })
}

/// Whether `path` is the end of a pseudo-terminal.
fn is_pty(path: &Path) -> bool {
    const UNIX98: std::ops::RangeInclusive<u64> = 136..=143;
    fs::metadata(path).is_ok_and(|data| UNIX98.contains(&(data.rdev() >> 8 & 0xfff)))
}

/// A pseudo-terminal outlives whoever had it to himself: after a crash, nobody could open it again.
/// The lock on the file, which ends with the process, keeps others off just as well.
fn shareable(mut stream: tokio_serial::SerialStream) -> tokio_serial::SerialStream {
    if let Err(error) = stream.set_exclusive(false) {
        tracing::debug!("TIOCNXCL: {error}");
    }
    stream
}

async fn connect(host: &str, port: u16) -> io::Result<Box<dyn Stream>> {
    let stream = timeout(CONNECT, TcpStream::connect((host, port)))
        .await
        .unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into()))
        .map_err(|e| {
            let words = match e.kind() {
                io::ErrorKind::ConnectionRefused => {
                    format!("{host} refuses connections on port {port}")
                }
                io::ErrorKind::TimedOut => format!("no answer from {host} on port {port}"),
                _ => format!("no connection to {host} on port {port}: {e}"),
            };
            io::Error::new(e.kind(), words)
        })?;
    stream.set_nodelay(true)?;
    SockRef::from(&stream).set_tcp_keepalive(&KEEPALIVE)?;
    Ok(Box::new(stream))
}

#[cfg(test)]
pub(super) mod tests {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio_serial::{SerialPort, SerialStream};

    use super::*;
    use crate::serial::fake_sysfs::{FakeSys, Stick};

    /// A pseudo-terminal whose other end has a path to be opened by.
    pub(in crate::serial) fn pty() -> (SerialStream, fs::File, PathBuf) {
        let (master, mut slave) = SerialStream::pair().unwrap();
        let path = PathBuf::from(slave.name().unwrap());
        slave.set_exclusive(false).unwrap();
        // While nobody has the slave open, the master only sees errors.
        let keep = fs::OpenOptions::new()
            .read(true)
            .write(true)
            .open(&path)
            .unwrap();
        (master, keep, path)
    }

    async fn talk(master: &mut SerialStream, stream: &mut Box<dyn Stream>) {
        stream.write_all(b"\x1a\x11\x00").await.unwrap();
        let mut heard = [0; 3];
        master.read_exact(&mut heard).await.unwrap();
        assert_eq!(heard, *b"\x1a\x11\x00");
        master.write_all(b"\r\n\x03").await.unwrap();
        stream.read_exact(&mut heard).await.unwrap();
        assert_eq!(heard, *b"\r\n\x03", "a raw line changes nothing");
    }

    #[tokio::test]
    async fn a_tty_in_use_is_said_to_be() {
        let (_master, _keep, path) = pty();
        let first = open(&PortAddr::tty(&path)).await.unwrap();
        let error = open(&PortAddr::tty(&path)).await.err().unwrap();
        assert_eq!(error.kind(), io::ErrorKind::ResourceBusy);
        let words = error.to_string();
        assert!(words.ends_with("is in use by another program"), "{words}");
        drop(first);
        open(&PortAddr::tty(&path)).await.unwrap();
    }

    fn auto() -> PortAddr {
        "auto".parse().unwrap()
    }

    #[tokio::test]
    async fn a_tty_is_opened_raw_with_its_settings() {
        for flow in ["hw", "sw", "none"] {
            let (mut master, _keep, path) = pty();
            let addr = format!("{}?baud=57600&flow={flow}", path.display());
            let mut stream = open(&addr.parse().unwrap()).await.unwrap();
            assert_eq!(master.baud_rate().unwrap(), 57600);
            talk(&mut master, &mut stream).await;
        }
    }

    #[tokio::test]
    async fn auto_opens_the_only_stick_and_follows_it() {
        let fake = FakeSys::new();
        let mut opener = Opener::within(auto(), fake.sys(), fake.dev());
        let error = opener.open().await.err().unwrap();
        assert_eq!(error.kind(), io::ErrorKind::NotFound);
        assert_eq!(error.to_string(), "no Zigbee stick is plugged in");

        let (mut master, _keep, path) = pty();
        fake.plug("ttyUSB0", &Stick::CONBEE);
        fake.plug("ttyUSB1", &Stick::SONOFF);
        fake.point("ttyUSB1", &path);
        let mut stream = opener.open().await.unwrap();
        assert_eq!(master.baud_rate().unwrap(), 115_200);
        assert!(
            opener.name().contains("Sonoff Dongle Plus V2"),
            "{}",
            opener.name()
        );
        talk(&mut master, &mut stream).await;
        drop(stream);

        fake.unplug("ttyUSB1");
        let error = opener.open().await.err().unwrap();
        assert_eq!(error.kind(), io::ErrorKind::NotFound);
        assert!(error.to_string().contains("20231122"), "{error}");

        fake.plug(
            "ttyUSB1",
            &Stick {
                serial: "another",
                ..Stick::SONOFF
            },
        );
        fake.plug("ttyUSB7", &Stick::SONOFF);
        fake.point("ttyUSB7", &path);
        let mut stream = opener.open().await.unwrap();
        talk(&mut master, &mut stream).await;
    }

    #[tokio::test]
    async fn a_named_stick_is_followed_too() {
        let fake = FakeSys::new();
        let (_master, _keep, path) = pty();
        fake.plug("ttyUSB0", &Stick::SONOFF);
        fake.point("ttyUSB0", &path);
        let addr = PortAddr::tty(fake.dev().join("ttyUSB0"));
        let mut opener = Opener::within(addr, fake.sys(), fake.dev());
        drop(opener.open().await.unwrap());
        fake.unplug("ttyUSB0");
        fake.plug("ttyUSB0", &Stick::GENERIC); // takes the name
        let error = opener.open().await.err().unwrap();
        assert_eq!(error.kind(), io::ErrorKind::NotFound);
        fake.plug("ttyUSB1", &Stick::SONOFF);
        fake.point("ttyUSB1", &path);
        opener.open().await.unwrap();
        assert!(opener.name().contains("ttyUSB1"), "{}", opener.name());
    }

    #[tokio::test]
    async fn several_sticks_are_the_users_choice() {
        let fake = FakeSys::new();
        fake.plug("ttyUSB0", &Stick::SONOFF);
        fake.plug(
            "ttyUSB1",
            &Stick {
                serial: "2",
                ..Stick::SONOFF
            },
        );
        let mut opener = Opener::within(auto(), fake.sys(), fake.dev());
        let error = opener.open().await.err().unwrap();
        assert_eq!(error.kind(), io::ErrorKind::InvalidInput);
        let words = error.to_string();
        assert!(
            words.contains("ttyUSB0") && words.contains("ttyUSB1"),
            "{words}"
        );
    }

    #[tokio::test]
    async fn a_network_bridge_is_opened_without_delay_and_kept_alive() {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let addr = format!("tcp://{}", listener.local_addr().unwrap());
        let mut stream = open(&addr.parse().unwrap()).await.unwrap();
        let (mut bridge, _) = listener.accept().await.unwrap();
        stream.write_all(b"hello").await.unwrap();
        let mut heard = [0; 5];
        bridge.read_exact(&mut heard).await.unwrap();
        assert_eq!(heard, *b"hello");
        drop(listener);
        drop(bridge);
        let error = open(&addr.parse().unwrap()).await.err().unwrap();
        assert_eq!(error.kind(), io::ErrorKind::ConnectionRefused);
        assert!(
            error.to_string().starts_with("127.0.0.1 refuses"),
            "{error}"
        );
    }

    #[tokio::test]
    async fn what_is_not_there_is_said_in_words() {
        let fake = FakeSys::new();
        fake.plug("ttyACM0", &Stick::SONOFF);
        let addr = PortAddr::tty(fake.dev().join("ttyUSB9"));
        let error = Opener::within(addr, fake.sys(), fake.dev())
            .open()
            .await
            .err()
            .unwrap();
        assert_eq!(error.kind(), io::ErrorKind::NotFound);
        let words = error.to_string();
        assert!(
            words.contains("ttyUSB9 is not there. Plugged in: "),
            "{words}"
        );
        assert!(words.contains("Sonoff Dongle Plus V2"), "{words}");
        // A file that is no tty.
        let error = open(&PortAddr::tty("/dev/null")).await.err().unwrap();
        assert!(
            error.to_string().starts_with("cannot open /dev/null"),
            "{error}"
        );
    }
}
