//! Where hosts find the simulated dongle: a pty that looks like its tty, or a TCP port.
//!
//! The pty is reached through a symbolic link, as a real dongle is through its by-id path: pulling
//! the cable takes the link away, plugging it in again brings it back, on another pty perhaps.

use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU32, Ordering};

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

/// What a port is ready for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ready {
    Read,
    Write,
    /// Another host connected; what was under way belongs to the one before.
    Connected,
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

    /// Waits until there is something to read, or (if `writing`) room to write.
    pub(super) async fn ready(&mut self, writing: bool) -> Ready {
        match &mut self.cable {
            Cable::Pulled => std::future::pending().await,
            Cable::Pty { master, .. } => tokio::select! {
                _ = master.readable() => Ready::Read,
                _ = master.writable(), if writing => Ready::Write,
            },
            Cable::Tcp { listener, peer } => {
                let ready = async {
                    match peer {
                        None => std::future::pending().await,
                        Some(peer) => tokio::select! {
                            _ = peer.readable() => Ready::Read,
                            _ = peer.writable(), if writing => Ready::Write,
                        },
                    }
                };
                let accepted = tokio::select! {
                    ready = ready => return ready,
                    accepted = listener.accept() => accepted,
                };
                if let Ok((connection, _)) = accepted {
                    connection.set_nodelay(true).ok();
                    *peer = Some(connection);
                }
                Ready::Connected
            }
        }
    }

    /// Reads what is there; 0: nothing.
    pub(super) fn read(&mut self, buffer: &mut [u8]) -> usize {
        let read = match &mut self.cable {
            Cable::Pulled | Cable::Tcp { peer: None, .. } => return 0,
            Cable::Pty { master, .. } => master.try_read(buffer),
            Cable::Tcp {
                peer: Some(peer), ..
            } => match peer.try_read(buffer) {
                Ok(0) => Err(io::ErrorKind::UnexpectedEof.into()),
                read => read,
            },
        };
        self.unless_gone(read)
    }

    /// Writes what there is room for. Without a host, everything: nobody hears it.
    pub(super) fn write(&mut self, bytes: &[u8]) -> usize {
        let written = match &mut self.cable {
            Cable::Pulled | Cable::Tcp { peer: None, .. } => return bytes.len(),
            Cable::Pty { master, .. } => master.try_write(bytes),
            Cable::Tcp {
                peer: Some(peer), ..
            } => peer.try_write(bytes),
        };
        self.unless_gone(written)
    }

    fn unless_gone(&mut self, done: io::Result<usize>) -> usize {
        match done {
            Ok(count) => count,
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => 0,
            Err(_) => {
                if let Cable::Tcp { peer, .. } = &mut self.cable {
                    *peer = None;
                }
                0
            }
        }
    }
}

impl Drop for Port {
    fn drop(&mut self) {
        self.pull();
    }
}
