//! This machine's microphone and speaker by way of the system's own programs: the real `arecord` and `aplay`, at ALSA
//! devices that are a pipe and a file, from a spoken sentence to the lamp's ZCL and back to the speaker.

#![expect(clippy::unwrap_used)]

use std::fs::File;
use std::io::Write as _;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use intents::voice::Wav;
use tests::places;
use tests::spoken::{listening_as, recording};

const ON_OFF: u16 = 0x0006;

/// What ALSA's library knows: an `ear` that hears the pipe, and a `mouth` that speaks into the file.
fn devices(ear: &Path, mouth: &Path) -> String {
    format!(
        "pcm.nothing {{ type null }}\n\
         pcm.ear {{ type file slave.pcm nothing file /dev/null infile {ear:?} format raw }}\n\
         pcm.mouth {{ type file slave.pcm nothing file {mouth:?} format raw }}\n"
    )
}

/// Speaks a recording into the pipe as fast as a person would, with silence around it, and keeps silent until the
/// listener goes.
fn speak(pipe: &Path, recording: &Path) {
    let spoken = Wav::parse(&std::fs::read(recording).unwrap()).unwrap();
    assert_eq!(spoken.rate, 16_000);
    let silence = vec![0i16; 16_000];
    let mut sound: Vec<u8> = [&silence[..], &spoken.samples]
        .concat()
        .iter()
        .flat_map(|sample| sample.to_le_bytes())
        .collect();
    sound.resize(sound.len() + 30 * 32_000, 0);
    let mut pipe = File::options().write(true).open(pipe).unwrap();
    // As `arecord` fetches it: what is missing from a piece, ALSA's library makes up.
    for piece in sound.chunks(4_000) {
        if pipe.write_all(piece).is_err() {
            return;
        }
        std::thread::sleep(Duration::from_millis(125));
    }
}

#[tokio::test]
async fn a_sentence_at_the_microphone_reaches_the_lamp_and_is_answered() {
    if places::system_program("arecord").is_none() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let [ear, mouth, alsa] = ["ear", "mouth", "asound.conf"].map(|name| folder.path().join(name));
    let made = Command::new("mkfifo").arg(&ear).status().unwrap();
    assert!(made.success());
    std::fs::write(&alsa, devices(&ear, &mouth)).unwrap();
    let house = listening_as("microphone = \"ear\"\nspeaker = \"mouth\"\n", |gateway| {
        gateway.set("ALSA_CONFIG_PATH", &alsa);
    })
    .await;
    let Some(house) = house else { return };

    let before = house.count().await;
    std::thread::spawn(move || speak(&ear, &recording("bedroom-on.wav")));
    let commands = house.arrived("lamp", ON_OFF, before).await;
    assert_eq!(commands[0].command, 1, "{commands:?}");
    house
        .client
        .expect("hearth/voice/heard", |heard| {
            heard["source"] == "microphone"
        })
        .await;

    // It is answered aloud.
    for _ in 0..100 {
        let spoken = std::fs::read(&mouth).unwrap_or_default();
        if spoken.iter().any(|byte| *byte != 0) {
            return;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    panic!("nothing was played:\n{}", house.gateway.log());
}
