//! The microphone of this machine (or of the worker's, where that runs elsewhere), and the speaker beside it.

use std::io::ErrorKind;
use std::process::Stdio;
use std::time::Duration;

use intents::alsa::{self, Card};
use intents::voice::StreamEvent;
use tokio::io::AsyncWriteExt;
use tokio::process::Command;
use tokio::sync::mpsc;
use tokio::time::{sleep, timeout};

use super::earcon::Earcon;
use super::sound::Sound;
use super::speech::Mouth;
use super::{Ear, Ears, Reply, Verdict};

/// Besides its length, a sound may take this long to be played.
const PATIENCE: Duration = Duration::from_secs(5);

/// Who was called to listen may keep silent for this long.
const COMMAND: Duration = Duration::from_secs(10);

/// Far longer than anything lasts.
const FOREVER: Duration = Duration::from_secs(86_400 * 365);

/// Listens at the ALSA device `device` for as long as there is a home; answers at the ALSA device `speaker`,
/// if there is one. With wake words only what follows one counts.
pub(super) async fn run(
    (device, wake): (String, Vec<String>),
    ear: Ear,
    mut ears: Ears,
    speaker: Option<String>,
    mouth: Mouth,
    mut replies: mpsc::Receiver<Reply>,
) {
    let play = async |sound: Option<Sound>| {
        if let (Some(speaker), Some(sound)) = (&speaker, sound)
            && let Err(error) = play(speaker, &sound).await
        {
            tracing::warn!("voice.speaker: {error}");
        }
    };
    let mut calls = ears.calls(&ear);
    // Called, it listens once without its wake word.
    let mut called = false;
    loop {
        let client = ears.client().await;
        let words = if called { Vec::new() } else { wake.clone() };
        let mut heard = client.listen_for(device.clone(), words);
        let patience = sleep(if called { COMMAND } else { FOREVER });
        tokio::pin!(patience);
        if called {
            play(mouth.tone(Earcon::Woken)).await;
        } else if wake.is_empty() {
            tracing::info!("listening at {device}");
        } else {
            tracing::info!("listening at {device} for {}", wake.join(", "));
        }
        loop {
            tokio::select! {
                event = heard.recv() => match event {
                    None => break,
                    Some(StreamEvent::Final(utterance)) if called || !utterance.text.is_empty() => {
                        let said = ears.heard(&ear, utterance).await;
                        if said == Verdict::Nothing && !wake.is_empty() {
                            play(mouth.tone(Earcon::NotUnderstood)).await;
                        }
                        if std::mem::take(&mut called) {
                            break;
                        }
                    }
                    Some(StreamEvent::Woken(wake)) => {
                        tracing::debug!("heard {wake}");
                        play(mouth.tone(Earcon::Woken)).await;
                    }
                    Some(_) => {}
                },
                Some(reply) = replies.recv() => {
                    if speaker.is_some() {
                        play(mouth.speak(&reply).await.map(|(sound, _)| sound)).await;
                    }
                    // What the microphone heard of it meanwhile was our own voice.
                    while heard.try_recv().is_ok() {}
                }
                () = calls.next(), if !wake.is_empty() => {
                    called = true;
                    break;
                }
                () = &mut patience => {
                    called = false;
                    break;
                }
                () = ears.replaced() => break,
            }
        }
    }
}

/// Plays `sound` at a sound card, or through `aplay` where a device is none: a sound server, for one.
async fn play(device: &str, sound: &Sound) -> Result<(), String> {
    let played = match Card::parse(device) {
        Some(card) => at_card(card, sound).await,
        None => match by_program(device, sound).await {
            Err(Failed::Missing(_)) if device == "default" => at_card(Card::FIRST, sound).await,
            played => played,
        },
    };
    played.map_err(|failed| failed.to_string())
}

/// Why nothing, or not all, was heard.
#[derive(Debug, thiserror::Error)]
enum Failed {
    #[error("aplay: {0}")]
    Missing(std::io::Error),
    #[error("{0}")]
    Other(String),
}

async fn at_card(card: Card, sound: &Sound) -> Result<(), Failed> {
    let Sound { rate, samples } = sound.clone();
    tokio::task::spawn_blocking(move || alsa::play(&card, rate, &samples))
        .await
        .map_err(|error| Failed::Other(error.to_string()))?
        .map_err(Failed::Other)
}

async fn by_program(device: &str, sound: &Sound) -> Result<(), Failed> {
    let wrong = |error: std::io::Error| Failed::Other(format!("aplay: {error}"));
    let mut child = Command::new("aplay")
        .args(["-q", "-t", "raw", "-f", "S16_LE", "-c", "1", "-r"])
        .arg(sound.rate.to_string())
        .args(["-D", device])
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .kill_on_drop(true)
        .spawn()
        .map_err(|error| match error.kind() {
            ErrorKind::NotFound => Failed::Missing(error),
            _ => wrong(error),
        })?;
    let bytes: Vec<u8> = sound.samples.iter().flat_map(|s| s.to_le_bytes()).collect();
    let input = child.stdin.take();
    let playing = async {
        if let Some(mut input) = input {
            input.write_all(&bytes).await.map_err(wrong)?;
        }
        let status = child.wait().await.map_err(wrong)?;
        if status.success() {
            Ok(())
        } else {
            Err(Failed::Other(format!("aplay ended with {status}")))
        }
    };
    timeout(
        PATIENCE + Duration::from_millis(sound.milliseconds()),
        playing,
    )
    .await
    .unwrap_or_else(|_| Err(Failed::Other("aplay takes too long".to_owned())))
}
