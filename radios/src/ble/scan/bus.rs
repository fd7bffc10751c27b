//! A D-Bus connection that a tokio task can wait for.
//!
//! libdbus opens it (blocking, so on a thread of its own) and keeps its buffers; this waits for the
//! socket and moves messages. Bare messages, no dispatcher: nothing is looked up or boxed per signal.

use std::io;
use std::mem::MaybeUninit;
use std::os::unix::net::UnixStream as Socket;
use std::path::Path;
use std::time::Duration;

use dbus::Message;
use dbus::channel::Channel;
use socket2::SockRef;
use tokio::io::Interest;
use tokio::net::UnixStream;

/// The bus answers its greeting within this time.
const OPEN_WITHIN: Duration = Duration::from_secs(5);
/// Adverts repeat every 100 ms and more; nobody feels this much of delay at a button.
const GATHER: Duration = Duration::from_millis(30);
/// Where the system bus listens; the second is OpenWrt's.
const SOCKETS: [&str; 2] = [
    "/run/dbus/system_bus_socket",
    "/var/run/dbus/system_bus_socket",
];

/// An open connection.
pub(super) struct Bus {
    channel: Channel,
    /// Its socket, only ever waited for.
    socket: UnixStream,
}

impl Bus {
    /// Opens `address`, or the system bus.
    pub(super) async fn open(address: Option<&str>) -> Result<Self, String> {
        let address = match address {
            Some(address) => address.to_owned(),
            None => system_bus().ok_or("no D-Bus is running (its socket was not found)")?,
        };
        let opening = tokio::task::spawn_blocking(move || {
            let mut channel = Channel::open_private(&address)?;
            channel.register()?;
            channel.set_watch_enabled(true);
            Ok::<_, dbus::Error>(channel)
        });
        let channel = tokio::time::timeout(OPEN_WITHIN, opening)
            .await
            .map_err(|_| "D-Bus does not answer".to_owned())?
            .map_err(|error| error.to_string())?
            .map_err(|error| {
                let why = error.message().unwrap_or("no reason given");
                format!("D-Bus cannot be reached: {why}")
            })?;
        let socket = duplicate(&channel)
            .and_then(UnixStream::from_std)
            .map_err(|error| format!("D-Bus cannot be waited for: {error}"))?;
        Ok(Self { channel, socket })
    }

    /// Waits until there is something to read or room to write, and does both. What is `unasked` for is
    /// let gather a moment: in a crowd, one wake-up serves several adverts.
    pub(super) async fn turn(&self, unasked: bool) -> io::Result<()> {
        if unasked && !self.channel.has_messages_to_send() {
            self.readable().await?;
            tokio::time::sleep(GATHER).await;
        } else if self.channel.has_messages_to_send() {
            tokio::select! {
                readable = self.readable() => readable?,
                writable = self.socket.writable() => writable?,
            }
        } else {
            self.readable().await?;
        }
        self.channel
            .read_write(Some(Duration::ZERO))
            .map_err(|()| io::Error::from(io::ErrorKind::ConnectionAborted))?;
        if self.channel.has_messages_to_send() {
            // The socket is full: wait until tokio tells of room anew.
            let full = || Err::<(), _>(io::ErrorKind::WouldBlock.into());
            let _ = self.socket.try_io(Interest::WRITABLE, full);
        }
        Ok(())
    }

    /// libdbus reads so much at a time and leaves the rest, while tokio tells of news only: so the
    /// socket is asked whether it still has something.
    async fn readable(&self) -> io::Result<()> {
        loop {
            self.socket.readable().await?;
            let peek = || SockRef::from(&self.socket).peek(&mut [MaybeUninit::uninit()]);
            match self.socket.try_io(Interest::READABLE, peek) {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                peeked => return peeked.map(|_| ()),
            }
        }
    }

    /// The next message that was read.
    pub(super) fn pop(&self) -> Option<Message> {
        self.channel.pop_message()
    }

    /// Sends, or keeps it to be sent by [`turn`](Self::turn). Gives its serial number.
    pub(super) fn send(&self, message: Message) -> io::Result<u32> {
        self.channel
            .send(message)
            .map_err(|()| io::Error::from(io::ErrorKind::OutOfMemory))
    }
}

/// A descriptor of our own for the connection's socket: libdbus may close its one at any time.
fn duplicate(channel: &Channel) -> io::Result<Socket> {
    let fd = channel.watch().fd;
    // SAFETY: libdbus has just connected this socket, and `channel` is borrowed meanwhile.
    #[allow(unsafe_code)]
    let socket = unsafe { std::os::fd::BorrowedFd::borrow_raw(fd) };
    let socket = Socket::from(socket.try_clone_to_owned()?);
    socket.set_nonblocking(true)?;
    Ok(socket)
}

fn system_bus() -> Option<String> {
    if let Some(address) = std::env::var("DBUS_SYSTEM_BUS_ADDRESS")
        .ok()
        .filter(|address| !address.is_empty())
    {
        return Some(address);
    }
    let socket = SOCKETS.into_iter().find(|path| Path::new(path).exists())?;
    Some(format!("unix:path={socket}"))
}
