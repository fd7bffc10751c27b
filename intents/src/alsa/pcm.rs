//! Sound in and out of a card.

#![allow(unsafe_code)] // the one place where the kernel is asked about sound: `ioctl` and `poll`

use std::ffi::{c_int, c_ulong};
use std::fs::{File, OpenOptions};
use std::io::{self, ErrorKind, Read, Write};
use std::os::fd::{AsRawFd, RawFd};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::sleep;
use std::time::{Duration, Instant};

use super::name::{Card, Way};
use super::params::{Form, Params, choose};

/// A card that gives or takes nothing for so long does not work.
const PATIENCE: Duration = Duration::from_secs(5);

/// Somebody else may be about to let go of it.
const BUSY: Duration = Duration::from_millis(500);

/// Frames that came too late, one after the other, before it is given up.
const TRIES: u32 = 20;

/// How often it is looked whether sound is still wanted.
const LOOK: c_int = 200;

/// `_IOC` of Linux' `asm/ioctl.h`: MIPS and PowerPC have their own.
mod request {
    use super::{Params, c_ulong};

    const OTHER: bool = cfg!(any(
        target_arch = "mips",
        target_arch = "mips32r6",
        target_arch = "mips64",
        target_arch = "powerpc",
        target_arch = "powerpc64"
    ));
    /// Neither in nor out.
    const PLAIN: c_ulong = if OTHER { 1 << 29 } else { 0 };
    /// In and out: the same bits everywhere.
    const BOTH: c_ulong = 3 << 30;
    const PCM: c_ulong = (b'A' as c_ulong) << 8;
    const PARAMS: c_ulong = BOTH | (size_of::<Params>() as c_ulong) << 16 | PCM;

    pub(super) const HW_REFINE: c_ulong = PARAMS | 0x10;
    pub(super) const HW_PARAMS: c_ulong = PARAMS | 0x11;
    pub(super) const PREPARE: c_ulong = PLAIN | PCM | 0x40;
    pub(super) const START: c_ulong = PLAIN | PCM | 0x42;
    pub(super) const DROP: c_ulong = PLAIN | PCM | 0x43;
}

/// Open without waiting for whoever has it, and never wait in `read` and `write`.
const NONBLOCK: c_int = if cfg!(any(
    target_arch = "mips",
    target_arch = "mips32r6",
    target_arch = "mips64"
)) {
    0x80
} else {
    0x800
};

const POLLIN: i16 = 1;
const POLLOUT: i16 = 4;

#[repr(C)]
struct PollFd {
    fd: c_int,
    events: i16,
    came: i16,
}

/// musl takes the request as an `int`; a `long` is passed in the same place.
#[cfg(target_env = "musl")]
type Asked = c_int;
#[cfg(not(target_env = "musl"))]
type Asked = c_ulong;

unsafe extern "C" {
    fn ioctl(fd: c_int, request: Asked, ...) -> c_int;
    fn poll(fds: *mut PollFd, count: c_ulong, milliseconds: c_int) -> c_int;
}

fn answered(result: c_int) -> io::Result<c_int> {
    if result < 0 {
        Err(io::Error::last_os_error())
    } else {
        Ok(result)
    }
}

/// An ioctl with parameters, which the kernel changes.
fn ask(file: RawFd, request: c_ulong, params: &mut Params) -> io::Result<()> {
    // SAFETY: `Params` has the size that the request names, which is checked where it is declared.
    answered(unsafe { ioctl(file, request as Asked, std::ptr::from_mut(params)) })?;
    Ok(())
}

/// An ioctl without.
fn tell(file: RawFd, request: c_ulong) -> io::Result<()> {
    // SAFETY: these requests take no argument; the kernel looks at none.
    answered(unsafe { ioctl(file, request as Asked, 0 as c_ulong) })?;
    Ok(())
}

/// Waits for the card; false when the time is over.
fn wait(file: RawFd, events: i16, milliseconds: c_int) -> io::Result<bool> {
    let mut fd = PollFd {
        fd: file,
        events,
        came: 0,
    };
    // SAFETY: one entry, which lives as long as the call.
    match answered(unsafe { poll(&raw mut fd, 1, milliseconds) }) {
        Ok(ready) => Ok(ready > 0),
        Err(error) if error.kind() == ErrorKind::Interrupted => Ok(false),
        Err(error) => Err(error),
    }
}

/// A card's device file, with everything agreed on.
#[derive(Debug)]
struct Pcm {
    file: File,
    form: Form,
}

impl Pcm {
    fn open(card: &Card, way: Way, rate: u32) -> Result<Self, String> {
        let path = card.path(Path::new("/"), way)?;
        let wrong = |error: io::Error| {
            let shown = path.display();
            match error.kind() {
                ErrorKind::NotFound => format!("{shown}: there is no such sound card"),
                ErrorKind::ResourceBusy => format!("{shown}: another program has it"),
                _ => format!("{shown}: {error}"),
            }
        };
        let until = Instant::now() + BUSY;
        let file = loop {
            let file = OpenOptions::new()
                .read(true)
                .write(true)
                .custom_flags(NONBLOCK)
                .open(&path);
            match file {
                Err(error) if error.kind() == ErrorKind::ResourceBusy && Instant::now() < until => {
                    sleep(Duration::from_millis(20));
                }
                file => break file.map_err(wrong)?,
            }
        };
        let fd = file.as_raw_fd();
        let form = choose(rate, |params| ask(fd, request::HW_REFINE, params))
            .and_then(|mut params| {
                ask(fd, request::HW_PARAMS, &mut params)?;
                tell(fd, request::PREPARE)?;
                Ok(params.form())
            })
            .map_err(wrong)?
            .ok_or_else(|| format!("{}: its answer makes no sense", path.display()))?;
        Ok(Self { file, form })
    }

    fn tell(&self, request: c_ulong) -> io::Result<()> {
        tell(self.file.as_raw_fd(), request)
    }

    fn wait(&self, events: i16, milliseconds: c_int) -> io::Result<bool> {
        wait(self.file.as_raw_fd(), events, milliseconds)
    }
}

/// A microphone. Reading gives 16 bit little-endian, one channel, [`Capture::rate`] times a second; no more once it
/// was stopped.
#[derive(Debug)]
pub struct Capture {
    pcm: Pcm,
    raw: Vec<u8>,
    samples: Vec<i16>,
    /// Bytes of `samples` that were read.
    taken: usize,
    late: u32,
    stop: Arc<AtomicBool>,
}

impl Capture {
    /// Listens at a card, at `rate` if it can.
    ///
    /// # Errors
    /// In words for people.
    pub fn open(card: &Card, rate: u32) -> Result<Self, String> {
        let pcm = Pcm::open(card, Way::Capture, rate)?;
        pcm.tell(request::START)
            .map_err(|error| error.to_string())?;
        Ok(Self {
            raw: vec![0; pcm.form.period * pcm.form.frame()],
            pcm,
            samples: Vec::new(),
            taken: 0,
            late: 0,
            stop: Arc::default(),
        })
    }

    /// Samples per second.
    #[must_use]
    pub const fn rate(&self) -> u32 {
        self.pcm.form.rate
    }

    /// How often sound was fetched too late, and some of it is lost.
    #[must_use]
    pub const fn late(&self) -> u32 {
        self.late
    }

    /// Once this is true, reading ends.
    #[must_use]
    pub fn stopper(&self) -> Arc<AtomicBool> {
        Arc::clone(&self.stop)
    }

    /// One period of sound; false when it was stopped.
    fn fetch(&mut self) -> io::Result<bool> {
        let mut tries = 0;
        let mut since = Instant::now();
        loop {
            if self.stop.load(Ordering::Relaxed) {
                return Ok(false);
            }
            match self.pcm.file.read(&mut self.raw) {
                Ok(count) if count > 0 => {
                    self.samples.clear();
                    self.taken = 0;
                    let form = self.pcm.form;
                    form.mono(self.raw.get(..count).unwrap_or_default(), &mut self.samples);
                    return Ok(true);
                }
                Ok(_) => return Err(gone()),
                Err(error) if error.kind() == ErrorKind::WouldBlock => {
                    if since.elapsed() > PATIENCE {
                        return Err(io::Error::new(ErrorKind::TimedOut, "it gives no sound"));
                    }
                    self.pcm.wait(POLLIN, LOOK)?;
                }
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) if no_device(&error) || tries >= TRIES => return Err(told(error)),
                // It was fetched too late, or the machine slept: from now on, then.
                Err(error) => {
                    tries += 1;
                    self.late = self.late.saturating_add(1);
                    tracing::debug!("a microphone's sound was fetched too late: {error}");
                    let again = self.pcm.tell(request::PREPARE);
                    again
                        .and_then(|()| self.pcm.tell(request::START))
                        .map_err(told)?;
                    since = Instant::now();
                }
            }
        }
    }
}

impl Read for Capture {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        if self.taken >= 2 * self.samples.len() && !self.fetch()? {
            return Ok(0);
        }
        let bytes = self.samples.iter().flat_map(|sample| sample.to_le_bytes());
        let mut count = 0;
        for (to, from) in out.iter_mut().zip(bytes.skip(self.taken)) {
            *to = from;
            count += 1;
        }
        self.taken += count;
        Ok(count)
    }
}

/// ENODEV is 19 on every machine.
fn no_device(error: &io::Error) -> bool {
    error.raw_os_error() == Some(19)
}

fn gone() -> io::Error {
    io::Error::new(ErrorKind::NotConnected, "the sound card is gone")
}

fn told(error: io::Error) -> io::Error {
    if no_device(&error) { gone() } else { error }
}

/// Plays `samples`, so many a second, and returns when they were heard.
///
/// # Errors
/// In words for people.
pub fn play(card: &Card, rate: u32, samples: &[i16]) -> Result<(), String> {
    let mut pcm = Pcm::open(card, Way::Playback, rate)?;
    let form = pcm.form;
    let mut bytes = Vec::new();
    form.spread(&at_rate(samples, rate, form.rate), &mut bytes);
    // What waits in the kernel is heard while as much silence is put behind it.
    let silence = form.buffer.next_multiple_of(form.period) * form.frame();
    bytes.resize(bytes.len() + silence, 0);
    let done = write(&mut pcm, &bytes).map_err(|error| error.to_string());
    // Whatever is left is silence.
    let _ = pcm.tell(request::DROP);
    done
}

fn write(pcm: &mut Pcm, mut bytes: &[u8]) -> io::Result<()> {
    let (mut tries, mut since) = (0, Instant::now());
    while !bytes.is_empty() {
        match pcm.file.write(bytes) {
            Ok(count) => {
                bytes = bytes.get(count..).unwrap_or_default();
                since = Instant::now();
            }
            Err(error) if error.kind() == ErrorKind::WouldBlock => {
                if since.elapsed() > PATIENCE {
                    return Err(io::Error::new(ErrorKind::TimedOut, "it takes no sound"));
                }
                pcm.wait(POLLOUT, LOOK)?;
            }
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) if no_device(&error) || tries >= TRIES => return Err(told(error)),
            // It ran dry: on with the rest.
            Err(_) => {
                tries += 1;
                pcm.tell(request::PREPARE).map_err(told)?;
            }
        }
    }
    Ok(())
}

/// Sound at another rate, by straight lines between samples: for tones and voices that is enough.
fn at_rate(samples: &[i16], from: u32, to: u32) -> Vec<i16> {
    if from == to || samples.is_empty() || from == 0 {
        return samples.to_vec();
    }
    let (from, to) = (u64::from(from), u64::from(to));
    let count = samples.len() as u64 * to / from;
    (0..count)
        .map(|i| {
            let (place, part) = (i * from / to, i * from % to);
            let place = usize::try_from(place).unwrap_or(usize::MAX);
            let sample =
                |at: usize| i64::from(samples.get(at).or(samples.last()).copied().unwrap_or(0));
            let (a, b) = (sample(place), sample(place.saturating_add(1)));
            let between =
                a + (b - a) * i64::try_from(part).unwrap_or(0) / i64::try_from(to).unwrap_or(1);
            i16::try_from(between).unwrap_or(0)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As the C compiler has them, of Linux' own headers on x86_64, aarch64, arm and mipsel.
    #[test]
    fn requests_have_the_kernels_numbers() {
        let (params, plain): (c_ulong, c_ulong) =
            match (cfg!(target_arch = "mips"), size_of::<c_ulong>()) {
                (true, 4) => (0xc25c_4110, 0x2000_4140),
                (true, _) => (0xc260_4110, 0x2000_4140),
                (false, 4) => (0xc25c_4110, 0x4140),
                (false, _) => (0xc260_4110, 0x4140),
            };
        assert_eq!(request::HW_REFINE, params);
        assert_eq!(request::HW_PARAMS, params + 1);
        assert_eq!(request::PREPARE, plain);
        assert_eq!(request::DROP, plain + 3);
    }

    #[test]
    fn a_card_that_is_not_there_is_named() {
        let card = Card::parse("hw:31,7").expect("a card");
        let error = Capture::open(&card, 16_000).expect_err("no such card");
        assert!(error.contains("pcmC31D7c"), "{error}");
        let error = play(&card, 16_000, &[0]).expect_err("no such card");
        assert!(error.contains("pcmC31D7p"), "{error}");
    }

    #[test]
    fn sound_of_another_rate_keeps_its_shape() {
        let ramp: Vec<i16> = (0..100).map(|i| i * 100).collect();
        let twice = at_rate(&ramp, 8_000, 16_000);
        assert_eq!(twice.len(), 200);
        assert_eq!(twice[..5], [0, 50, 100, 150, 200]);
        assert_eq!(at_rate(&twice, 16_000, 8_000), ramp);
        assert!(at_rate(&[], 8_000, 48_000).is_empty());
    }
}
