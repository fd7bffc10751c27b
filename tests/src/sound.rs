//! Sounds for microphones that are not there.

use std::path::PathBuf;

use intents::voice::Wav;
use tempfile::TempDir;

use crate::places;

/// A recording with a moment of silence before and after it, as a microphone would hear it;
/// the file is gone with the folder.
///
/// # Panics
/// When the recording cannot be read.
#[must_use]
pub fn overheard(recording: &str) -> (TempDir, PathBuf) {
    let recording = std::fs::read(places::root().join(recording)).expect("the recording");
    let spoken = Wav::parse(&recording).expect("a WAV file");
    let silence = |seconds: u32| vec![0i16; (spoken.rate * seconds) as usize];
    let samples = [silence(1), spoken.samples, silence(2)].concat();
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("overheard.wav");
    std::fs::write(&path, wav(spoken.rate, &samples)).expect("the sound");
    (folder, path)
}

/// A WAV file of one channel of 16 bit.
fn wav(rate: u32, samples: &[i16]) -> Vec<u8> {
    let bytes = u32::try_from(2 * samples.len()).expect("a short sound");
    let mut file = Vec::new();
    file.extend(b"RIFF");
    file.extend((36 + bytes).to_le_bytes());
    file.extend(b"WAVEfmt ");
    file.extend(16u32.to_le_bytes());
    file.extend([1, 0, 1, 0]);
    file.extend(rate.to_le_bytes());
    file.extend((2 * rate).to_le_bytes());
    file.extend([2, 0, 16, 0]);
    file.extend(b"data");
    file.extend(bytes.to_le_bytes());
    file.extend(samples.iter().flat_map(|sample| sample.to_le_bytes()));
    file
}
