//! Wake words: our features, answers and detections against TensorFlow Lite's, number for number; hostile models.

#![expect(clippy::unwrap_used)] // helpers of tests

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;

use intents::ear::wake::{Catalogue, Features, Frame, Listener, WakeError, WakeWord};
use intents::ear::{Ear, Event, Options};
use intents::voice::Wav;
use proptest::prelude::*;

/// The tests' data, or a printed line; missing data is a failure where everything is required.
fn data(name: &str) -> Option<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/data");
    let folder = std::env::var_os("HEARTH_TEST_DATA").map_or(root, PathBuf::from);
    let path = folder.join("wake").join(name);
    if path.exists() {
        return Some(path);
    }
    assert!(
        std::env::var_os("HEARTH_REQUIRE_ALL").is_none(),
        "{} is missing: run `make test-data`",
        path.display()
    );
    eprintln!("skipped: {} is not there", path.display());
    None
}

/// Recordings that lie beside the project, if they do.
fn shared(folder: &str) -> Vec<PathBuf> {
    let beside = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared");
    let root = std::env::var_os("HEARTH_SHARED").map_or(beside, PathBuf::from);
    let folder = root.join("facts/voice/audio").join(folder);
    let mut files: Vec<PathBuf> = std::fs::read_dir(&folder)
        .map(|entries| entries.filter_map(|e| Some(e.ok()?.path())).collect())
        .unwrap_or_default();
    if files.is_empty() {
        eprintln!("skipped: {} is not there", folder.display());
    }
    files.sort();
    files
}

fn read(path: &Path) -> Vec<i16> {
    let wav = Wav::parse(&std::fs::read(path).unwrap()).unwrap();
    assert_eq!(wav.rate, 16_000);
    wav.samples
}

/// Noise from a generator of numbers, as loud as `loudness`, in bursts.
fn noise(mut seed: u32, seconds: usize, loudness: i32) -> Vec<i16> {
    (0..seconds * 16_000)
        .map(|i| {
            seed ^= seed << 13;
            seed ^= seed >> 17;
            seed ^= seed << 5;
            let burst = if i / 4000 % 3 == 0 { 8 } else { 1 };
            let [low, high, ..] = seed.to_le_bytes();
            let hiss = i32::from(i16::from_le_bytes([low, high]));
            i16::try_from(hiss * loudness / 32_768 / burst).unwrap()
        })
        .collect()
}

fn write(path: &Path, samples: &[i16]) {
    let bytes: Vec<u8> = samples.iter().flat_map(|s| s.to_le_bytes()).collect();
    let size = u32::try_from(bytes.len()).unwrap();
    let mut wav = Vec::new();
    wav.extend(b"RIFF");
    wav.extend((36 + size).to_le_bytes());
    wav.extend(b"WAVEfmt ");
    wav.extend(16_u32.to_le_bytes());
    wav.extend([1, 0, 1, 0]);
    wav.extend(16_000_u32.to_le_bytes());
    wav.extend(32_000_u32.to_le_bytes());
    wav.extend([2, 0, 16, 0]);
    wav.extend(b"data");
    wav.extend(size.to_le_bytes());
    wav.extend(bytes);
    std::fs::write(path, wav).unwrap();
}

fn frames(samples: &[i16]) -> Vec<Frame> {
    let mut features = Features::new();
    samples
        .chunks_exact(160)
        .filter_map(|piece| features.accept(piece.try_into().unwrap()))
        .collect()
}

#[derive(serde::Deserialize)]
struct Peer {
    features: Vec<Vec<u16>>,
    models: std::collections::BTreeMap<String, Told>,
}

#[derive(serde::Deserialize)]
struct Told {
    answers: Vec<i32>,
    heard: Vec<usize>,
}

#[test]
fn every_number_is_tensorflow_lites() {
    let (Some(python), Some(models)) = (data("venv/bin/python"), data("models")) else {
        return;
    };
    let place = tempfile::tempdir().unwrap();
    let mut files = shared("wake");
    files.extend(shared("neg_pf_dora").into_iter().take(4));
    for (i, loudness) in [3, 300, 9000, 32_767].into_iter().enumerate() {
        let file = place.path().join(format!("noise-{i}.wav"));
        write(
            &file,
            &noise(0x1234_5678 + u32::try_from(i).unwrap(), 3, loudness),
        );
        files.push(file);
    }
    let own = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/audio");
    files.push(own.join("bedroom-on.wav"));
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/peers/wake_words.py");
    let told = Command::new(python)
        .arg(script)
        .args(&files)
        .output()
        .unwrap();
    assert!(
        told.status.success(),
        "{}",
        String::from_utf8_lossy(&told.stderr)
    );
    let told = String::from_utf8(told.stdout).unwrap();
    assert_eq!(told.lines().count(), files.len());
    let (mut numbers, mut answers, mut heard) = (0, 0, 0);
    for (file, line) in files.iter().zip(told.lines()) {
        let peer: Peer = serde_json::from_str(line).unwrap();
        let ours = frames(&read(file));
        assert_eq!(ours.len(), peer.features.len(), "{}", file.display());
        for (number, (ours, theirs)) in ours.iter().zip(&peer.features).enumerate() {
            assert_eq!(ours[..], theirs[..], "{} frame {number}", file.display());
            numbers += theirs.len();
        }
        for (name, theirs) in &peer.models {
            let word = WakeWord::load(&models.join(format!("{name}.tflite"))).unwrap();
            let word = Arc::new(word);
            let mut listener = Listener::new(Arc::clone(&word));
            let step: Vec<i32> = ours.iter().filter_map(|f| listener.step(f)).collect();
            assert_eq!(step, theirs.answers, "{} {name}", file.display());
            let mut listener = Listener::new(word);
            let said = ours.iter().enumerate().filter(|(_, f)| listener.accept(f));
            let said: Vec<usize> = said.map(|(number, _)| number).collect();
            assert_eq!(said, theirs.heard, "{} {name}", file.display());
            answers += step.len();
            heard += usize::from(!said.is_empty());
        }
    }
    println!("{numbers} features, {answers} answers equal; {heard} wake words heard");
    assert!(files.len() < 10 || heard >= 7);
}

#[test]
fn a_wake_word_opens_the_ear_for_one_utterance() {
    let Some(models) = data("models") else { return };
    let clips = shared("wake");
    let Some(jarvis) = clips.iter().find(|f| f.ends_with("hey_jarvis_bf_emma.wav")) else {
        return;
    };
    let mut catalogue = Catalogue::new(vec![models.clone()]);
    assert_eq!(
        catalogue.names(),
        ["alexa", "hey_jarvis", "hey_mycroft", "okay_nabu"]
    );
    let word = catalogue.find("hey_jarvis").unwrap();
    assert_eq!(word.phrase(), "Hey Jarvis");
    let by_path = models.join("hey_jarvis.tflite");
    assert!(catalogue.find(by_path.to_str().unwrap()).is_ok());
    let missing = catalogue.find("hey_you").unwrap_err();
    assert!(matches!(&missing, WakeError::Unknown { known, .. } if known.len() == 4));
    let options = Options {
        again: true,
        until_silence: true,
    };
    let command =
        read(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/audio/bedroom-on.wav"));
    let mut sound = command.clone();
    sound.extend(noise(7, 1, 20));
    sound.extend(read(jarvis));
    sound.extend(&command);
    sound.extend(noise(9, 2, 20));
    sound.extend(&command);
    sound.extend(noise(11, 2, 20));
    let hear = |piece: usize| {
        let mut ear = Ear::new(options, std::slice::from_ref(&word));
        let (mut events, mut told, mut samples) = (Vec::new(), Vec::new(), 0);
        for piece in sound.chunks(piece) {
            ear.accept(piece, &mut events);
        }
        for event in events {
            match event {
                Event::Sound(sound) => samples += sound.len(),
                Event::Woken(name) => told.push(name),
                Event::Speech => told.push("speech".to_owned()),
                Event::ShortPause | Event::MediumPause | Event::GoesOn => {}
                Event::Over { ended, .. } => told.push(format!("{ended:?}")),
            }
        }
        (told, samples)
    };
    // What was said before the wake word, and after the utterance, does not count.
    let (told, samples) = hear(160);
    assert_eq!(told, ["hey_jarvis", "speech", "Silence"]);
    assert!(
        samples > command.len() / 2 && samples < 2 * command.len(),
        "{samples}"
    );
    // However the sound is cut.
    assert_eq!(hear(1777), (told.clone(), samples));
    assert_eq!(hear(sound.len()), (told, samples));
}

#[test]
fn a_file_that_is_no_model_is_refused_by_name() {
    for (bytes, message) in [
        (&b""[..], "Model.root"),
        (b"\x08\0\0\0TFL3\0\0\0\0", "Model."),
        (b"RIFFRIFFRIFF", "Model.root"),
        (b"\x08\0\0\0GIF8\0\0\0\0", "no TensorFlow Lite file"),
    ] {
        let error = WakeWord::parse("x", bytes, None).unwrap_err();
        assert!(error.contains(message), "{error}");
    }
    let Some(models) = data("models") else { return };
    let model = std::fs::read(models.join("okay_nabu.tflite")).unwrap();
    let why = WakeWord::parse("x", &model, Some(br#"{"micro":{"feature_step_size":20}}"#));
    assert!(why.unwrap_err().contains("feature_step_size"));
    let why = WakeWord::parse("x", &model, Some(br#"{"micro":{"probability_cutoff":2}}"#));
    assert!(why.unwrap_err().contains("probability_cutoff"));
    let why = WakeWord::parse("x", &model[..model.len() / 2], None).unwrap_err();
    assert!(why.contains(" at byte "), "{why}");
}

/// A model that was read runs, whatever is in it.
fn survives(bytes: &[u8]) {
    if let Ok(word) = WakeWord::parse("x", bytes, None) {
        let mut listener = Listener::new(Arc::new(word));
        for feature in [0, 300, u16::MAX] {
            for _ in 0..12 {
                listener.accept(&[feature; 40]);
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn a_spoilt_model_hurts_nobody(
        which in 0..4_usize,
        cut in any::<prop::sample::Index>(),
        truncate in prop::bool::weighted(0.2),
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..12),
    ) {
        let Some(models) = data("models") else { return Ok(()) };
        let name = ["alexa", "hey_jarvis", "hey_mycroft", "okay_nabu"][which];
        let mut bytes = std::fs::read(models.join(format!("{name}.tflite"))).unwrap();
        if truncate {
            let length = cut.index(bytes.len());
            bytes.truncate(length.max(1));
        }
        for (at, byte) in changes {
            let at = at.index(bytes.len());
            bytes[at] = byte;
        }
        survives(&bytes);
    }

    #[test]
    fn any_bytes_are_refused(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        let mut file = b"\x18\0\0\0TFL3".to_vec();
        file.extend(bytes);
        survives(&file);
    }
}
