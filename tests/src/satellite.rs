//! A voice satellite: PyPI's `wyoming-satellite`, with a microphone that plays files and a speaker that is recorded.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use tempfile::TempDir;

use crate::broker::free_port;
use crate::places;

/// How a satellite decides when to send its sound.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// Always: the gateway finds the wake word, if there is one.
    Always,
    /// When somebody speaks.
    Voice,
    /// When its own detector heard its wake word: here any sound after half a second of quiet.
    Wake,
    /// When the Wyoming server at this port of this machine heard `okay_nabu`.
    Server(u16),
}

/// A running satellite; gone with this value.
#[derive(Debug)]
pub struct Satellite {
    child: Child,
    port: u16,
    folder: TempDir,
}

impl Satellite {
    /// Starts one, or says why the test is skipped.
    ///
    /// # Panics
    /// When it does not start.
    #[must_use]
    pub fn start(way: Way) -> Option<Self> {
        let python = places::test_data("peers/satellite/bin/python")?;
        let peers = places::root().join("tests/peers");
        let folder = TempDir::new().expect("a folder");
        let port = free_port();
        let shown = |path: &Path| path.to_str().expect("a path").to_owned();
        let script = |name: &str| format!("{} {}", shown(&python), shown(&peers.join(name)));
        std::fs::create_dir(folder.path().join("say")).expect("a folder");
        let said = shown(&folder.path().join("said.raw"));
        let mut command = Command::new(&python);
        command
            .args(["-m", "wyoming_satellite", "--no-zeroconf", "--debug"])
            .args(["--uri", &format!("tcp://127.0.0.1:{port}")])
            .args(["--name", "test satellite"])
            .arg("--mic-command")
            .arg(format!(
                "{} {}",
                script("microphone.py"),
                shown(&folder.path().join("say"))
            ))
            .args(["--snd-command", &format!("sh -c 'cat >> {said}'")]);
        match way {
            Way::Always => {}
            Way::Voice => {
                command
                    .arg("--vad")
                    .env("PYTHONPATH", peers.join("stand-ins"));
            }
            Way::Wake => {
                command.args(["--wake-command", &script("wake_on_beep.py")]);
            }
            Way::Server(port) => {
                let server = format!("tcp://127.0.0.1:{port}");
                command.args(["--wake-uri", &server, "--wake-word-name", "okay_nabu"]);
            }
        }
        let log = File::create(folder.path().join("log")).expect("the log");
        let child = command
            .stdin(Stdio::null())
            .stdout(log.try_clone().expect("the log"))
            .stderr(log)
            .spawn()
            .expect("the satellite starts");
        Some(Self {
            child,
            port,
            folder,
        })
    }

    /// Where it listens.
    #[must_use]
    pub fn server(&self) -> String {
        format!("tcp://127.0.0.1:{}", self.port)
    }

    /// Somebody speaks in front of it, as in the WAV file; with `beep`, after a short tone.
    ///
    /// # Panics
    /// When the file cannot be read.
    pub fn hear(&self, wav: &Path, beep: bool) {
        let mut samples = vec![0; 9_600];
        if beep {
            samples.extend((0..2_400).map(|i| if i / 16 % 2 == 0 { 6_000 } else { -6_000 }));
            samples.extend([0; 11_200]);
        }
        samples.extend(recorded(wav));
        self.put(&samples);
    }

    /// Somebody speaks in front of it: these recordings, with so much quiet before each.
    ///
    /// # Panics
    /// When a file cannot be read.
    pub fn hear_all(&self, spoken: &[(Duration, &Path)]) {
        let mut samples = Vec::new();
        for (quiet, wav) in spoken {
            let quiet = usize::try_from(quiet.as_millis() * 16).expect("a short pause");
            samples.extend(std::iter::repeat_n(0, quiet));
            samples.extend(recorded(wav));
        }
        self.put(&samples);
    }

    fn put(&self, samples: &[i16]) {
        let hidden = self.folder.path().join("say/next");
        std::fs::write(&hidden, wav_of(samples)).expect("a file");
        let name = self.folder.path().join("say/next.wav");
        std::fs::rename(hidden, name).expect("a file");
    }

    /// Bytes that it was told to play so far.
    #[must_use]
    pub fn played(&self) -> Vec<u8> {
        std::fs::read(self.folder.path().join("said.raw")).unwrap_or_default()
    }

    /// Its log.
    #[must_use]
    pub fn log(&self) -> String {
        std::fs::read_to_string(self.log_file()).unwrap_or_default()
    }

    fn log_file(&self) -> PathBuf {
        self.folder.path().join("log")
    }
}

impl Drop for Satellite {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("--- the satellite's log ---\n{}", self.log());
        }
        // Its commands end with their pipes.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The samples of a file.
fn recorded(wav: &Path) -> Vec<i16> {
    let content = std::fs::read(wav).expect("the recording");
    let sound = intents::voice::Wav::parse(&content).expect("a WAV file");
    assert_eq!(sound.rate, 16_000);
    sound.samples
}

/// 16 kHz, one channel, as a file.
fn wav_of(samples: &[i16]) -> Vec<u8> {
    let length = u32::try_from(2 * samples.len()).expect("a short recording");
    let mut wav = b"RIFF".to_vec();
    wav.extend((36 + length).to_le_bytes());
    wav.extend(b"WAVEfmt \x10\0\0\0\x01\0\x01\0");
    wav.extend(16_000_u32.to_le_bytes());
    wav.extend(32_000_u32.to_le_bytes());
    wav.extend(b"\x02\0\x10\0data");
    wav.extend(length.to_le_bytes());
    wav.extend(samples.iter().flat_map(|sample| sample.to_le_bytes()));
    wav
}
