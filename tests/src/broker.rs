//! A real broker: mosquitto on a free port.

use std::io::Write;
use std::net::{TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use tempfile::TempDir;

use crate::places;

/// A mosquitto of its own; gone with this value.
#[derive(Debug)]
pub struct Broker {
    child: Option<Child>,
    port: u16,
    folder: TempDir,
}

/// A port nobody listens on just now.
#[must_use]
pub fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0")
        .expect("a free port")
        .local_addr()
        .expect("its number")
        .port()
}

impl Broker {
    /// Starts a broker, or says why the test is skipped.
    #[must_use]
    pub fn start() -> Option<Self> {
        places::system_program("mosquitto")?;
        let mut broker = Self {
            child: None,
            port: free_port(),
            folder: TempDir::new().expect("a folder"),
        };
        broker.resume();
        Some(broker)
    }

    /// Its port on 127.0.0.1.
    #[must_use]
    pub const fn port(&self) -> u16 {
        self.port
    }

    /// Its URL.
    #[must_use]
    pub fn url(&self) -> String {
        format!("mqtt://127.0.0.1:{}", self.port)
    }

    /// Ends the broker as a power cut would.
    pub fn kill(&mut self) {
        if let Some(mut child) = self.child.take() {
            let _ = child.kill();
            let _ = child.wait();
        }
    }

    /// Starts it again, on the same port and with nothing retained.
    pub fn resume(&mut self) {
        let config = self.folder.path().join("mosquitto.conf");
        let mut file = std::fs::File::create(&config).expect("a file");
        writeln!(
            file,
            "listener {} 127.0.0.1\nallow_anonymous true\npersistence false\nmax_inflight_messages 0",
            self.port
        )
        .expect("written");
        let program = places::system_program("mosquitto").expect("mosquitto");
        let child = Command::new(program)
            .arg("-c")
            .arg(&config)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("mosquitto starts");
        self.child = Some(child);
        let deadline = Instant::now() + Duration::from_secs(10);
        while TcpStream::connect(("127.0.0.1", self.port)).is_err() {
            assert!(Instant::now() < deadline, "mosquitto does not listen");
            std::thread::sleep(Duration::from_millis(20));
        }
    }
}

impl Drop for Broker {
    fn drop(&mut self) {
        self.kill();
    }
}
