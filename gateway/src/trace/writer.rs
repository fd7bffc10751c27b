//! Writing a trace: a bounded queue and a thread, so that a slow disk never holds the home up.

use std::fs::{File, OpenOptions};
use std::io::{self, BufWriter, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use radios::tap::{Direction, Tap, Tapped};
use tokio::time::Instant;

use super::head::Head;
use super::line::{Line, What};

/// Lines on their way to the disk.
const QUEUE: usize = 4096;
/// A line is on the disk at the latest after this time.
const FLUSH: Duration = Duration::from_secs(1);

/// A trace being written.
#[derive(Clone, Debug)]
pub struct Trace(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    began: Instant,
    lines: SyncSender<Option<String>>,
    lost: AtomicU32,
    thread: Mutex<Option<JoinHandle<()>>>,
}

impl Trace {
    /// Begins a trace in a new file that only its owner reads.
    ///
    /// # Errors
    /// What the system said.
    pub fn begin(path: &Path, head: &Head) -> io::Result<Self> {
        let file = OpenOptions::new()
            .write(true)
            .create(true)
            .truncate(true)
            .mode(0o600)
            .open(path)?;
        let (lines, queue) = sync_channel(QUEUE);
        let mut first = serde_json::to_string(head)?;
        first.push('\n');
        let mut out = BufWriter::new(file);
        out.write_all(first.as_bytes())?;
        out.flush()?;
        let name = path.display().to_string();
        let thread = thread::Builder::new()
            .name("trace".to_owned())
            .spawn(move || {
                if let Err(error) = write(out, &queue) {
                    tracing::error!("the trace {name} ends here: {error}");
                }
            })?;
        Ok(Self(Arc::new(Inner {
            began: Instant::now(),
            lines,
            lost: AtomicU32::new(0),
            thread: Mutex::new(Some(thread)),
        })))
    }

    /// When it began.
    #[must_use]
    pub fn began(&self) -> Instant {
        self.0.began
    }

    /// Writes a line, with the time now.
    pub fn write(&self, what: What<'_>) {
        let t = self.0.began.elapsed().as_secs_f64();
        let lost = self.0.lost.swap(0, Ordering::Relaxed);
        if lost > 0 {
            let gap = Line {
                t,
                what: What::Lost { lost },
            };
            if !self.hand(&gap) {
                self.0.lost.fetch_add(lost, Ordering::Relaxed);
            }
        }
        if !self.hand(&Line { t, what }) && self.0.lost.fetch_add(1, Ordering::Relaxed) == 0 {
            tracing::warn!("the trace cannot keep up: lines are missing");
        }
    }

    fn hand(&self, line: &Line<'_>) -> bool {
        // Lines are plain data: they always serialise.
        serde_json::to_string(line).is_ok_and(|text| self.0.lines.try_send(Some(text)).is_ok())
    }

    /// Ends the trace: returns when it is written. Later lines are dropped.
    pub fn finish(&self) {
        let thread = self
            .0
            .thread
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take();
        if let Some(thread) = thread {
            // Waits for a place in the queue, which the thread empties, and then for its end.
            let _ = self.0.lines.send(None);
            let _ = thread.join();
        }
    }

    /// The ear for radios.
    #[must_use]
    pub fn tap(&self) -> Tap {
        let trace = self.clone();
        Tap::new(move |tapped| match tapped {
            Tapped::Ezsp(Direction::Received, frame) => trace.write(What::Received {
                rx: hex(frame).into(),
            }),
            Tapped::Ezsp(Direction::Sent, frame) => trace.write(What::Sent {
                tx: hex(frame).into(),
            }),
            Tapped::Link(link) => trace.write(What::Link { link: link.into() }),
            Tapped::Advert(advert) => {
                if let Ok(advert) = serde_json::from_str(advert) {
                    trace.write(What::Advert { advert });
                }
            }
        })
    }
}

fn write(mut out: BufWriter<File>, queue: &Receiver<Option<String>>) -> io::Result<()> {
    let mut flushed = std::time::Instant::now();
    loop {
        match queue.recv_timeout(FLUSH) {
            Ok(Some(line)) => {
                out.write_all(line.as_bytes())?;
                out.write_all(b"\n")?;
            }
            Ok(None) | Err(RecvTimeoutError::Disconnected) => return out.flush(),
            Err(RecvTimeoutError::Timeout) => {}
        }
        if flushed.elapsed() >= FLUSH {
            out.flush()?;
            flushed = std::time::Instant::now();
        }
    }
}

fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    bytes
        .iter()
        .fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
            // Writing to a string cannot fail.
            let _ = write!(text, "{byte:02x}");
            text
        })
}
