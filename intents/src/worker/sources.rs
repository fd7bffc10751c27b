//! Sound from a microphone: from the card itself, or by way of `arecord`.
//!
//! A child process and not a binding to ALSA's library: that library loads plugins, which neither a
//! static binary nor one that brings its own C library (as on OpenWrt) can do. What only it knows, such as a sound
//! server, goes through `arecord`.

use std::io::Read;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::alsa::{Capture, Card};

/// Samples per second asked for.
pub(crate) const RATE: u32 = 16_000;

/// What records a microphone by itself, or through the system's own programs.
const RECORDER: &str = "arecord";

/// A recorder under way; it ends when dropped.
pub(crate) enum Recorder {
    /// A program that writes sound to its standard output.
    Program(Child),
    /// The sound card itself: true ends it.
    Card(Arc<AtomicBool>),
}

/// What a recorder gives, and how many samples of it are a second.
pub(crate) type Recorded = (Recorder, Box<dyn Read + Send>, u32);

impl Recorder {
    /// Records from an ALSA device: `hw:1,0` and its like from the card itself, other names, and all where another
    /// program is wanted than `arecord`, through the program. Where there is no `arecord`, `default` is the first card.
    ///
    /// # Errors
    /// Says how it could not be started.
    pub(crate) fn start(program: &str, device: &str) -> Result<Recorded, String> {
        if program == RECORDER
            && let Some(card) = Card::parse(device)
        {
            return Self::card(&card);
        }
        match Self::program(program, device) {
            Err(error) if program == RECORDER && device == "default" => match error.kind() {
                std::io::ErrorKind::NotFound => Self::card(&Card::FIRST),
                _ => Err(error.to_string()),
            },
            started => {
                started.map_err(|error| format!("{program} (of the package alsa-utils): {error}"))
            }
        }
    }

    fn card(card: &Card) -> Result<Recorded, String> {
        let capture = Capture::open(card, RATE)?;
        let rate = capture.rate();
        Ok((Self::Card(capture.stopper()), Box::new(capture), rate))
    }

    fn program(program: &str, device: &str) -> std::io::Result<Recorded> {
        let mut child = Command::new(program)
            .args(["-q", "-t", "raw", "-f", "S16_LE", "-c", "1", "-r"])
            .arg(RATE.to_string())
            .args(["-D", device])
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()?;
        let sound = child.stdout.take();
        let sound = sound.ok_or_else(|| std::io::Error::other("it has no output"))?;
        Ok((Self::Program(child), Box::new(sound), RATE))
    }
}

impl Drop for Recorder {
    fn drop(&mut self) {
        match self {
            // It may have ended by itself; there is nothing to do about it either way.
            Self::Program(child) => {
                let _ = child.kill();
                let _ = child.wait();
            }
            Self::Card(stop) => stop.store(true, Ordering::Relaxed),
        }
    }
}

/// Samples of bytes, little-endian; an odd byte at the end is dropped.
pub(crate) fn samples(bytes: &[u8]) -> Vec<i16> {
    bytes
        .chunks_exact(2)
        .map(|pair| i16::from_le_bytes([pair[0], pair[1]]))
        .collect()
}

/// Reads a stream of sound in pieces of 30 ms; `take` says whether to go on.
pub(crate) fn pieces(
    mut sound: impl Read,
    rate: u32,
    mut take: impl FnMut(Vec<i16>) -> bool,
) -> std::io::Result<()> {
    let mut buffer = vec![0; (rate / 100 * 6) as usize];
    let mut filled = 0;
    loop {
        let read = sound.read(&mut buffer[filled..])?;
        filled += read;
        if read != 0 && filled < buffer.len() {
            continue;
        }
        if filled > 1 && !take(samples(&buffer[..filled])) {
            return Ok(());
        }
        if read == 0 {
            return Ok(());
        }
        filled = 0;
    }
}
