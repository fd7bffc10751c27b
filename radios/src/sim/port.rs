//! Where hosts find the simulated dongle: a pty that looks like its tty, or a TCP port.
//!
//! The pty is reached through a symbolic link, as a real dongle is through its by-id path: pulling
//! the cable takes the link away, plugging it in again brings it back, on another pty perhaps.

use std::future::poll_fn;
use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::pin::Pin;
use std::sync::atomic::{AtomicU32, Ordering};
use std::task::Poll;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream};
use tokio_serial::{SerialPort as _, SerialStream};

/// Where to be found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Listen {
    /// A pty, behind this symbolic link, or behind one in the folder for temporary files.
    Pty(Option<PathBuf>),
    /// A TCP address; port 0 takes any free one.
    Tcp(SocketAddr),
}

/// The dongle's end of the cable.
#[derive(Debug)]
pub(super) struct Port {
    listen: Listen,
    address: String,
    cable: Cable,
}

#[derive(Debug)]
enum Cable {
    Pulled,
    Pty {
        master: SerialStream,
        /// Kept open: without it, each host that closes the tty would hang up the master.
        _slave: SerialStream,
        link: PathBuf,
    },
    Tcp {
        listener: TcpListener,
        peer: Option<TcpStream>,
    },
}

/// What happened at the port.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Done {
    /// So many bytes came.
    Read(usize),
    /// So many bytes went.
    Wrote(usize),
    /// Another host connected; what was under way belongs to the one before.
    Connected,
    /// The host is gone.
    Gone,
}

impl Port {
    pub(super) fn open(listen: Listen) -> io::Result<Self> {
        let listen = match listen {
            Listen::Pty(None) => {
                static NEXT: AtomicU32 = AtomicU32::new(0);
                let name = format!(
                    "hearth-sim-{}-{}",
                    std::process::id(),
                    NEXT.fetch_add(1, Ordering::Relaxed)
                );
                Listen::Pty(Some(std::env::temp_dir().join(name)))
            }
            listen => listen,
        };
        let mut port = Self {
            listen,
            address: String::new(),
            cable: Cable::Pulled,
        };
        port.plug()?;
        Ok(port)
    }

    /// What a host opens: the path of a tty, or `tcp://host:port`.
    pub(super) fn address(&self) -> &str {
        &self.address
    }

    pub(super) fn plug(&mut self) -> io::Result<()> {
        if !matches!(self.cable, Cable::Pulled) {
            return Ok(());
        }
        match &self.listen {
            Listen::Pty(link) => {
                let (master, slave) = SerialStream::pair()?;
                let tty = slave
                    .name()
                    .ok_or_else(|| io::Error::other("the pty has no name"))?;
                let link = link.clone().unwrap_or_else(|| PathBuf::from(&tty));
                match std::fs::read_link(&link) {
                    Ok(_) => std::fs::remove_file(&link)?, // left by a simulator that was killed
                    Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                    Err(error) => return Err(error),
                }
                std::os::unix::fs::symlink(tty, &link)?;
                self.address = link.to_string_lossy().into_owned();
                self.cable = Cable::Pty {
                    master,
                    _slave: slave,
                    link,
                };
            }
            Listen::Tcp(address) => {
                let listener = std::net::TcpListener::bind(address)?;
                listener.set_nonblocking(true)?;
                let listener = TcpListener::from_std(listener)?;
                let bound = listener.local_addr()?;
                self.address = format!("tcp://{bound}");
                self.listen = Listen::Tcp(bound); // the same port when plugged in again
                self.cable = Cable::Tcp {
                    listener,
                    peer: None,
                };
            }
        }
        Ok(())
    }

    pub(super) fn pull(&mut self) {
        if let Cable::Pty { link, .. } = &self.cable {
            drop(std::fs::remove_file(link)); // gone already is as good
        }
        self.cable = Cable::Pulled;
    }

    /// Waits until bytes were read, or some of `unread` written.
    ///
    /// Nothing is lost when the wait is given up half-way.
    pub(super) async fn exchange(&mut self, buffer: &mut [u8], unread: &[u8]) -> Done {
        let done = match &mut self.cable {
            Cable::Pulled => std::future::pending().await,
            Cable::Pty { master, .. } => both(master, buffer, unread).await,
            Cable::Tcp { listener, peer } => {
                let traffic = async {
                    match peer {
                        Some(peer) => both(peer, buffer, unread).await,
                        // Without a host nobody hears what is said.
                        None if !unread.is_empty() => Ok(Done::Wrote(unread.len())),
                        None => std::future::pending().await,
                    }
                };
                tokio::select! {
                    done = traffic => done,
                    accepted = listener.accept() => accepted.map(|(connection, _)| {
                        connection.set_nodelay(true).ok();
                        *peer = Some(connection);
                        Done::Connected
                    }),
                }
            }
        };
        done.unwrap_or_else(|error| {
            match &mut self.cable {
                Cable::Tcp { peer, .. } => *peer = None, // the host is gone
                Cable::Pty { .. } => {
                    tracing::warn!(%error, "the simulator's pty failed");
                    self.pull();
                }
                Cable::Pulled => {}
            }
            Done::Gone
        })
    }
}

/// Reads or writes, whichever can be done first.
async fn both(
    stream: &mut (impl AsyncRead + AsyncWrite + Unpin),
    buffer: &mut [u8],
    unread: &[u8],
) -> io::Result<Done> {
    poll_fn(|context| {
        let mut into = ReadBuf::new(buffer);
        if let Poll::Ready(read) = Pin::new(&mut *stream).poll_read(context, &mut into) {
            return Poll::Ready(read.and_then(|()| match into.filled().len() {
                0 => Err(io::ErrorKind::UnexpectedEof.into()),
                read => Ok(Done::Read(read)),
            }));
        }
        if unread.is_empty() {
            return Poll::Pending;
        }
        let written = Pin::new(&mut *stream).poll_write(context, unread);
        written.map(|written| written.map(Done::Wrote))
    })
    .await
}

impl Drop for Port {
    fn drop(&mut self) {
        self.pull();
    }
}
