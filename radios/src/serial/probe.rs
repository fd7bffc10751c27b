//! Asks a stick with which line settings it answers.
//!
//! A reset, RST → RSTACK, is the one thing every EZSP stick answers in any state, and it does no harm:
//! the network is kept. Wrong settings look like silence, like noise, or like a stick that says XOFF
//! and nothing else; [`Saw`] tells them apart and says what they usually mean.

use std::fmt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use tokio::time::timeout;

use super::Line;
use super::open::open_tty;
use crate::ash::{Counters, Event, Failure, Link, Port, Role, Settings};
use crate::tap::Tap;

/// A stick reboots in half a second; two tries, because the first may meet a cut frame.
const TRY: Duration = Duration::from_millis(1200);
const TRIES: u8 = 2;
/// This many XOFF bytes are no accident.
const FLOOD: u32 = 8;

/// What one try saw.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Saw {
    /// RSTACK: these settings work.
    Answer {
        /// The reset code.
        code: u8,
    },
    /// An answer in another version of ASH.
    OtherVersion(u8),
    /// Nothing at all.
    Silence,
    /// Bytes that make no frames.
    Noise {
        /// How many.
        bytes: u32,
    },
    /// XOFF again and again.
    Stopped,
    /// Frames, but no answer to the reset: it talks to someone else.
    Chatter,
    /// The tty could not be opened or broke.
    Broken(String),
}

impl Saw {
    /// From what a link counted that was never answered.
    const fn of(counters: Counters) -> Self {
        let bad = counters.crc_errors.saturating_add(counters.framing_errors);
        match counters.bytes {
            0 => Self::Silence,
            _ if counters.xoffs >= FLOOD && counters.xoffs >= counters.bytes / 2 => Self::Stopped,
            _ if bad == 0 && counters.unexpected > 0 => Self::Chatter,
            bytes => Self::Noise { bytes },
        }
    }
}

impl fmt::Display for Saw {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Answer { .. } => f.write_str("answers"),
            Self::OtherVersion(version) => {
                write!(f, "answers in ASH version {version}, unknown to us")
            }
            Self::Silence => f.write_str("no answer"),
            Self::Noise { bytes } => {
                write!(f, "{bytes} bytes of noise: the speed is probably another")
            }
            Self::Stopped => f.write_str("only asks to stop sending: the flow control is another"),
            Self::Chatter => f.write_str("talks, but not to us: another program may be using it"),
            Self::Broken(why) => f.write_str(why),
        }
    }
}

/// Settings that were tried, and what came of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tried {
    /// The settings.
    pub line: Line,
    /// What was seen.
    pub saw: Saw,
}

/// What a probe found out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    /// The tty.
    pub path: PathBuf,
    /// In the order tried; an answer, if any, is the last.
    pub tried: Vec<Tried>,
}

impl Report {
    /// The settings that work.
    #[must_use]
    pub fn works(&self) -> Option<Line> {
        let last = self.tried.last()?;
        matches!(last.saw, Saw::Answer { .. }).then_some(last.line)
    }

    /// For people: what all the tries together usually mean.
    #[must_use]
    pub fn advice(&self) -> &'static str {
        let any = |f: fn(&Saw) -> bool| self.tried.iter().any(|t| f(&t.saw));
        if self.works().is_some() {
            "it works"
        } else if any(|saw| matches!(saw, Saw::Broken(_))) {
            "the port cannot be used: is another program using it, may this user use it?"
        } else if any(|saw| matches!(saw, Saw::OtherVersion(_))) {
            "it is a radio, but its firmware is not one that Hearth knows"
        } else if any(|saw| matches!(saw, Saw::Stopped)) {
            "it is there and waits: give the flow control of its firmware, `?flow=hw` or `?flow=sw`"
        } else if any(|saw| matches!(saw, Saw::Noise { .. })) {
            "something is there, but no setting tried fits: it may run another speed (give `?baud=`), or \
             other firmware (Z-Stack, Thread, a router's)"
        } else if any(|saw| matches!(saw, Saw::Chatter)) {
            "another program may be using it"
        } else {
            "nothing answers: it may run other firmware (Z-Stack, Thread, a router's), be in its \
             bootloader (unplug it and plug it in again), or be no Zigbee stick"
        }
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for Tried { line, saw } in &self.tried {
            writeln!(f, "{}: {line}: {saw}", self.path.display())?;
        }
        write!(f, "{}: {}", self.path.display(), self.advice())
    }
}

/// Tries `lines` in turn on the tty at `path` until one is answered. Takes up to 2.4 s each.
pub async fn probe(path: &Path, lines: &[Line]) -> Report {
    probe_for(path, lines, TRY).await
}

async fn probe_for(path: &Path, lines: &[Line], each: Duration) -> Report {
    let mut report = Report {
        path: path.to_owned(),
        tried: Vec::new(),
    };
    for &line in lines {
        let saw = ask(path, line, each).await;
        let done = matches!(saw, Saw::Answer { .. } | Saw::Broken(_));
        report.tried.push(Tried { line, saw });
        if done {
            break;
        }
    }
    report
}

async fn ask(path: &Path, line: Line, each: Duration) -> Saw {
    let stream = match open_tty(path, line) {
        Ok(stream) => stream,
        Err(e) => return Saw::Broken(e.to_string()),
    };
    let settings = Settings {
        reset_timeout: each,
        reset_tries: TRIES,
        ..Settings::host()
    };
    let mut port = Port::spawn_link(stream, Link::new(Role::Host, settings), Tap::none());
    let event = timeout(each * (u32::from(TRIES) + 1), port.events.recv()).await;
    let counters = port.counters();
    port.close().await;
    match event {
        Ok(Some(Event::Connected { code })) => Saw::Answer { code },
        Ok(Some(Event::Failed(Failure::Version(version)))) => Saw::OtherVersion(version),
        Ok(Some(Event::Failed(Failure::Lost(why)))) => Saw::Broken(why),
        _ => Saw::of(counters),
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio_serial::{SerialPort, SerialStream};

    use super::*;
    use crate::ash::{Deframer, Frame, code};
    use crate::serial::Flow;
    use crate::serial::dongles::UNKNOWN;
    use crate::serial::open::tests::pty;

    const EACH: Duration = Duration::from_millis(80);

    /// A stick whose UART runs at `baud`: it answers RST at that speed, `otherwise` at others.
    async fn stick(mut master: SerialStream, baud: u32, otherwise: &'static [u8]) {
        let mut deframer = Deframer::default();
        let mut chunk = [0; 64];
        loop {
            let n = master.read(&mut chunk).await.unwrap();
            for &byte in &chunk[..n] {
                if deframer.push(byte) != Some(Ok(Frame::Rst)) {
                    continue;
                }
                let code = code::SOFTWARE;
                let answer = Frame::RstAck { version: 2, code }.encode();
                let right = master.baud_rate().unwrap() == baud;
                let bytes = if right { &answer } else { otherwise };
                master.write_all(bytes).await.unwrap();
            }
        }
    }

    async fn probed(baud: u32, otherwise: &'static [u8]) -> Report {
        let (master, _keep, path) = pty();
        let stick = tokio::spawn(stick(master, baud, otherwise));
        let report = probe_for(&path, UNKNOWN, EACH).await;
        stick.abort();
        report
    }

    #[tokio::test]
    async fn the_speed_that_is_answered_is_found() {
        for baud in [115_200, 460_800, 57_600] {
            let report = probed(baud, &[]).await;
            let line = report.works().unwrap();
            assert_eq!(line.baud, baud);
            for tried in &report.tried[..report.tried.len() - 1] {
                assert_eq!(tried.saw, Saw::Silence);
            }
        }
    }

    #[tokio::test]
    async fn wrong_settings_are_told_apart() {
        let noise = probed(9600, &[0x25, 0x80, 0x7e, 0x00, 0xfe]).await;
        assert_eq!(noise.works(), None);
        assert_eq!(noise.tried.len(), UNKNOWN.len());
        assert_eq!(noise.tried[0].saw, Saw::Noise { bytes: 10 });
        assert!(noise.advice().starts_with("something is there"));

        let silent = probed(9600, &[]).await;
        assert!(silent.advice().starts_with("nothing answers"));

        // With software flow control the kernel eats XOFF, so a stick that waits for wires is heard
        // to ask only where the wires are tried.
        let stopped = probed(9600, &[0x13; 32]).await;
        let wires = stopped
            .tried
            .iter()
            .filter(|t| t.line.flow == Flow::Hardware);
        assert!(wires.clone().all(|t| t.saw == Saw::Stopped), "{stopped}");
        assert!(stopped.advice().contains("`?flow=sw`"));
    }

    #[tokio::test]
    async fn a_port_that_cannot_be_opened_ends_the_probe() {
        let report = probe_for(Path::new("/dev/nothing"), UNKNOWN, EACH).await;
        assert_eq!(report.tried.len(), 1);
        assert_eq!(
            report.tried[0].saw,
            Saw::Broken("/dev/nothing is not there".into())
        );
        assert!(report.advice().starts_with("the port cannot be used"));
        let text = report.to_string();
        assert!(
            text.starts_with("/dev/nothing: 115200 baud, software flow control: "),
            "{text}"
        );
    }
}
