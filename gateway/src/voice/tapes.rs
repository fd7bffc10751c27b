//! Sound that is kept for debugging: never, unless somebody who may ask the control socket says so, and for how long.
//!
//! The contract: what is kept lies in one folder, in RAM where the machine has such a place, readable by its owner
//! alone; at most [`MOST`] bytes of it, for at most [`MINUTES`]. When the time is over, on demand, when the gateway ends
//! and when it starts, all of it is removed. Status and log tell that sound is kept.

use std::collections::VecDeque;
use std::fs;
use std::io::Write;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use intents::voice::{Stream, StreamEvent, Utterance, VoiceError, Wav};
use tokio::time::{Instant, sleep_until};

use crate::clock;
use crate::config::Config;
use crate::status;

/// Nobody debugs for longer at a time.
pub const MINUTES: u32 = 60;

/// Bytes of all recordings, at most.
const MOST: u64 = 8 << 20;

/// Sound of one recording, at most: the longest utterance and what was said before it.
const LONGEST: usize = 30;

/// Sound before an utterance: a wake word that was not heard may be in it.
const BEFORE: u32 = 10_000;

const FOLDER: &str = "hearth-sound";

/// Whether sound is kept, and where.
#[derive(Clone, Debug)]
pub(super) struct Tapes {
    folder: PathBuf,
    shelf: Arc<Mutex<Shelf>>,
}

#[derive(Debug, Default)]
struct Shelf {
    /// None: nothing is kept.
    until: Option<Instant>,
    /// The same for people.
    shown: String,
    number: u32,
    files: u32,
    bytes: u64,
    full: bool,
}

impl Tapes {
    /// Keeps nothing; what a gateway before left behind is removed.
    pub(super) fn new(config: &Config) -> Self {
        let ram = Path::new("/dev/shm");
        let base = match &config.state_dir {
            Some(folder) => folder.clone(),
            None if ram.is_dir() => ram.to_owned(),
            None => std::env::temp_dir(),
        };
        let name = match &config.state_dir {
            // Its own.
            Some(_) => FOLDER.to_owned(),
            // Homes of one machine must not take each other's away.
            None => format!("{FOLDER}-{:08x}", number_of(&config.data_dir)),
        };
        let tapes = Self {
            folder: base.join(name),
            shelf: Arc::default(),
        };
        tapes.remove();
        tapes
    }

    fn shelf(&self) -> MutexGuard<'_, Shelf> {
        // Nothing panics while it is held.
        self.shelf.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Keeps sound for so many minutes from now on; none ends it, and removes what was kept.
    ///
    /// # Errors
    /// In words for people.
    pub(super) fn keep(&self, minutes: u32) -> Result<Option<status::Kept>, String> {
        if minutes == 0 {
            self.end("somebody asked for it");
            return Ok(None);
        }
        if minutes > MINUTES {
            return Err(format!("sound is kept for at most {MINUTES} minutes"));
        }
        let folder = self.folder.display();
        if self.shelf().until.is_none() {
            // A folder that is there already is somebody else's: it must not get to hear this.
            let made = fs::DirBuilder::new().mode(0o700).create(&self.folder);
            made.map_err(|error| format!("{folder}: {error}"))?;
        }
        let long = Duration::from_secs(u64::from(minutes) * 60);
        let until = Instant::now() + long;
        {
            let mut shelf = self.shelf();
            shelf.until = Some(until);
            shelf.shown = clock::utc(clock::wall() + long);
        }
        tracing::warn!(
            "the sound of what is said is kept in {folder} for {minutes} minutes; \
             `hearth voice keep 0` ends that and removes it"
        );
        let tapes = self.clone();
        tokio::spawn(async move {
            sleep_until(until).await;
            // Perhaps it was asked for anew meanwhile.
            if tapes.shelf().until == Some(until) {
                tapes.end("the time is over");
            }
        });
        Ok(self.kept())
    }

    /// What is kept, if anything is.
    pub(super) fn kept(&self) -> Option<status::Kept> {
        let shelf = self.shelf();
        shelf.until.map(|_| status::Kept {
            until: shelf.shown.clone(),
            folder: self.folder.display().to_string(),
            files: shelf.files,
            bytes: shelf.bytes,
        })
    }

    fn end(&self, why: &str) {
        let before = std::mem::take(&mut *self.shelf());
        self.remove();
        if before.until.is_some() {
            tracing::warn!(
                "sound is no longer kept, {why}; {} recordings were removed",
                before.files
            );
        }
    }

    fn remove(&self) {
        match fs::remove_dir_all(&self.folder) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                tracing::error!("{}: {error}", self.folder.display());
            }
            _ => {}
        }
    }

    fn on(&self) -> bool {
        let shelf = self.shelf();
        shelf.until.is_some() && !shelf.full
    }

    /// A tape for what one ear hears.
    pub(super) fn tape(&self, source: &str, rate: u32) -> Tape {
        Tape {
            tapes: self.clone(),
            source: source.to_owned(),
            rate,
            sound: VecDeque::new(),
        }
    }

    /// The files of one recording: its sound, and what was understood.
    fn put(&self, source: &str, wav: &[u8], said: &Utterance) {
        let told = serde_json::to_vec_pretty(said).unwrap_or_default();
        let bytes = (wav.len() + told.len()) as u64;
        // Held while it is written: what ends in between must find it.
        let mut shelf = self.shelf();
        if shelf.until.is_none() {
            return;
        }
        if shelf.bytes + bytes > MOST {
            if !shelf.full {
                tracing::warn!("no more sound is kept: {} bytes are", shelf.bytes);
            }
            shelf.full = true;
            return;
        }
        shelf.number += 1;
        let plain = |c: char| if c.is_ascii_alphanumeric() { c } else { '-' };
        let source: String = source.chars().take(48).map(plain).collect();
        let name = format!("{:04}-{source}", shelf.number);
        let written = [("wav", wav), ("json", &told)]
            .into_iter()
            .try_for_each(|(end, content)| {
                let path = self.folder.join(format!("{name}.{end}"));
                let mut file = fs::OpenOptions::new()
                    .write(true)
                    .create_new(true)
                    .mode(0o600)
                    .open(path)?;
                file.write_all(content)
            });
        match written {
            Ok(()) => {
                shelf.files += 1;
                shelf.bytes += bytes;
            }
            Err(error) => tracing::warn!("{}: {error}", self.folder.display()),
        }
    }
}

/// Any number that is another for another folder.
fn number_of(folder: &Path) -> u32 {
    use std::hash::{DefaultHasher, Hash, Hasher};
    let mut hasher = DefaultHasher::new();
    fs::canonicalize(folder)
        .unwrap_or_else(|_| folder.to_owned())
        .hash(&mut hasher);
    let [a, b, c, d, ..] = hasher.finish().to_le_bytes();
    u32::from_le_bytes([a, b, c, d])
}

/// The last sound of one ear, while sound is kept.
#[derive(Debug)]
pub(super) struct Tape {
    tapes: Tapes,
    source: String,
    rate: u32,
    sound: VecDeque<i16>,
}

impl Tape {
    fn hear(&mut self, samples: &[i16]) {
        if !self.tapes.on() {
            if !self.sound.is_empty() {
                self.sound = VecDeque::new();
            }
            return;
        }
        self.sound.extend(samples);
        let most = LONGEST * self.rate as usize;
        let over = self.sound.len().saturating_sub(most);
        self.sound.drain(..over);
    }

    fn said(&mut self, said: &Utterance) {
        if self.sound.is_empty() || !self.tapes.on() {
            return;
        }
        let ms = u64::from(
            said.audio_ms
                .saturating_add(said.since_ms)
                .saturating_add(BEFORE),
        );
        let wanted = ms * u64::from(self.rate) / 1000;
        let wanted = usize::try_from(wanted).unwrap_or(usize::MAX);
        let mut samples = Vec::from(std::mem::take(&mut self.sound));
        samples.drain(..samples.len().saturating_sub(wanted));
        let wav = Wav {
            rate: self.rate,
            samples,
        };
        let (tapes, source, said) = (self.tapes.clone(), self.source.clone(), said.clone());
        // The folder may lie on a disk.
        tokio::task::spawn_blocking(move || tapes.put(&source, &wav.bytes(), &said));
    }
}

/// A stream to the recogniser, and its tape.
#[derive(Debug)]
pub(super) struct Taped {
    stream: Stream,
    tape: Tape,
}

impl Taped {
    pub(super) const fn new(stream: Stream, tape: Tape) -> Self {
        Self { stream, tape }
    }

    /// As [`Stream::send`].
    pub(super) fn send(&mut self, samples: &[i16]) -> Result<(), VoiceError> {
        self.tape.hear(samples);
        self.stream.send(samples)
    }

    /// As [`Stream::end`].
    pub(super) fn end(&self) {
        self.stream.end();
    }

    /// As [`Stream::next`].
    pub(super) async fn next(&mut self) -> Option<StreamEvent> {
        let event = self.stream.next().await;
        if let Some(StreamEvent::Final(said)) = &event {
            self.tape.said(said);
        }
        event
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tapes() -> (tempfile::TempDir, Tapes) {
        let folder = tempfile::tempdir().unwrap();
        let config = Config {
            state_dir: Some(folder.path().to_owned()),
            ..Config::default()
        };
        let tapes = Tapes::new(&config);
        (folder, tapes)
    }

    fn files(folder: &tempfile::TempDir) -> Vec<String> {
        let Ok(inside) = fs::read_dir(folder.path().join(FOLDER)) else {
            return Vec::new();
        };
        let mut names: Vec<String> = inside
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }

    fn on() -> Utterance {
        Utterance {
            text: "불 켜 줘".to_owned(),
            audio_ms: 500,
            ..Utterance::default()
        }
    }

    /// Waits until what is written beside the runtime is.
    async fn written(tapes: &Tapes, files: u32) -> status::Kept {
        for _ in 0..1000 {
            if let Some(kept) = tapes.kept().filter(|kept| kept.files == files) {
                return kept;
            }
            std::thread::sleep(Duration::from_millis(2));
            tokio::task::yield_now().await;
        }
        panic!("{:?}", tapes.kept());
    }

    #[tokio::test]
    async fn somebody_elses_folder_gets_no_sound() {
        let (folder, tapes) = tapes();
        fs::create_dir(folder.path().join(FOLDER)).unwrap();
        assert!(tapes.keep(1).unwrap_err().contains(FOLDER));
        assert_eq!(tapes.kept(), None);
    }

    #[tokio::test(start_paused = true)]
    async fn nothing_is_kept_unless_asked_for_and_not_for_longer() {
        let (folder, tapes) = tapes();
        let mut tape = tapes.tape("satellite:kitchen", 16_000);
        tape.hear(&[1; 16_000]);
        tape.said(&on());
        assert_eq!((tapes.kept(), files(&folder).len()), (None, 0));
        assert!(tape.sound.is_empty());
        assert!(tapes.keep(61).is_err());

        let kept = tapes.keep(2).unwrap().unwrap();
        assert_eq!((kept.files, kept.bytes), (0, 0));
        tape.hear(&[2; 8_000]);
        tape.said(&on());
        let kept = written(&tapes, 1).await;
        let names = ["0001-satellite-kitchen.json", "0001-satellite-kitchen.wav"];
        assert_eq!(files(&folder), names);
        let sound = fs::read(Path::new(&kept.folder).join(names[1])).unwrap();
        let sound = Wav::parse(&sound).unwrap();
        assert_eq!((sound.rate, sound.samples), (16_000, vec![2; 8_000]));
        let told = fs::read_to_string(Path::new(&kept.folder).join(names[0])).unwrap();
        assert!(told.contains("불 켜 줘"), "{told}");

        // Asked for anew, the first time's end does not count.
        tokio::time::advance(Duration::from_secs(100)).await;
        tapes.keep(2).unwrap();
        tokio::time::sleep(Duration::from_secs(30)).await;
        assert!(tapes.kept().is_some());
        tokio::time::sleep(Duration::from_secs(100)).await;
        assert_eq!((tapes.kept(), files(&folder).len()), (None, 0));
        assert!(!folder.path().join(FOLDER).exists());
    }

    #[tokio::test(start_paused = true)]
    async fn what_is_kept_goes_on_demand_and_with_the_next_start() {
        use std::os::unix::fs::PermissionsExt;
        let (folder, tapes) = tapes();
        tapes.keep(1).unwrap();
        let mode = fs::metadata(folder.path().join(FOLDER)).unwrap();
        assert_eq!(mode.permissions().mode() & 0o777, 0o700);
        let mut tape = tapes.tape("page:7", 48_000);
        for _ in 0..2 {
            tape.hear(&[0; 48_000]);
            tape.said(&on());
        }
        written(&tapes, 2).await;
        assert_eq!(files(&folder).len(), 4);
        assert_eq!(tapes.keep(0), Ok(None));
        assert_eq!(files(&folder).len(), 0);

        // One that died could not clean up.
        tapes.keep(1).unwrap();
        tape.hear(&[0; 48_000]);
        tape.said(&on());
        written(&tapes, 1).await;
        let config = Config {
            state_dir: Some(folder.path().to_owned()),
            ..Config::default()
        };
        let next = Tapes::new(&config);
        assert_eq!((next.kept(), files(&folder).len()), (None, 0));
    }

    #[tokio::test(start_paused = true)]
    async fn memory_and_files_are_bounded() {
        let (folder, tapes) = tapes();
        tapes.keep(60).unwrap();
        let mut tape = tapes.tape("page:7", 16_000);
        for _ in 0..100 {
            tape.hear(&[0; 16_000]);
        }
        assert_eq!(tape.sound.len(), LONGEST * 16_000);
        let long = Utterance {
            audio_ms: u32::MAX,
            ..Utterance::default()
        };
        for _ in 0..20 {
            tape.hear(&vec![0; LONGEST * 16_000]);
            tape.said(&Utterance {
                audio_ms: 20_000,
                ..long.clone()
            });
        }
        let kept = written(&tapes, 8).await;
        assert!(kept.bytes <= MOST);
        assert_eq!(files(&folder).len(), 16);
        tape.hear(&[0; 100]);
        tape.said(&long);
    }
}
