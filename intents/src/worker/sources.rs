//! Sound from a microphone, by way of `arecord`.
//!
//! A child process and not a binding to ALSA's library: that library loads plugins, which neither a
//! static binary nor one that brings its own C library (as on OpenWrt) can do; and a microphone that is
//! pulled out then ends a child and not the worker.

use std::io::Read;
use std::process::{Child, Command, Stdio};

/// Samples per second asked for.
pub(crate) const RATE: u32 = 16_000;

/// A recorder under way; it ends when dropped.
pub(crate) struct Recorder {
    child: Child,
}

impl Recorder {
    /// Starts `program` (normally `arecord`) on an ALSA device.
    ///
    /// # Errors
    /// Says how the program could not be started.
    pub(crate) fn start(
        program: &str,
        device: &str,
    ) -> Result<(Self, impl Read + Send + 'static + use<>), String> {
        let mut child = Command::new(program)
            .args(["-q", "-t", "raw", "-f", "S16_LE", "-c", "1", "-r"])
            .arg(RATE.to_string())
            .args(["-D", device])
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .map_err(|error| format!("{program} (of the package alsa-utils): {error}"))?;
        let sound = child.stdout.take().ok_or("the recorder has no output")?;
        Ok((Self { child }, sound))
    }
}

impl Drop for Recorder {
    fn drop(&mut self) {
        // It may have ended by itself; there is nothing to do about it either way.
        let _ = self.child.kill();
        let _ = self.child.wait();
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
