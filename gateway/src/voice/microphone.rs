//! The microphone of this machine (or of the worker's, where that runs elsewhere), and the speaker beside it.

use std::process::Stdio;
use std::time::Duration;

use intents::voice::StreamEvent;
use tokio::io::AsyncWriteExt;
use tokio::process::Command;
use tokio::sync::mpsc;
use tokio::time::timeout;

use super::earcon::Earcon;
use super::sound::Sound;
use super::speech::Mouth;
use super::{Ear, Ears, Reply, Verdict};

/// Besides its length, a sound may take this long to be played.
const PATIENCE: Duration = Duration::from_secs(5);

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
    loop {
        let client = ears.client().await;
        let mut heard = client.listen_for(device.clone(), wake.clone());
        if wake.is_empty() {
            tracing::info!("listening at {device}");
        } else {
            tracing::info!("listening at {device} for {}", wake.join(", "));
        }
        loop {
            tokio::select! {
                event = heard.recv() => match event {
                    None => break,
                    Some(StreamEvent::Final(utterance)) if !utterance.text.is_empty() => {
                        let said = ears.heard(&ear, utterance).await;
                        if said == Verdict::Nothing && !wake.is_empty() {
                            play(mouth.tone(Earcon::NotUnderstood)).await;
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
                () = ears.replaced() => break,
            }
        }
    }
}

/// Plays `sound` through `aplay`.
async fn play(device: &str, sound: &Sound) -> Result<(), String> {
    let wrong = |error: std::io::Error| format!("aplay: {error}");
    let mut child = Command::new("aplay")
        .args(["-q", "-t", "raw", "-f", "S16_LE", "-c", "1", "-r"])
        .arg(sound.rate.to_string())
        .args(["-D", device])
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .kill_on_drop(true)
        .spawn()
        .map_err(wrong)?;
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
            Err(format!("aplay ended with {status}"))
        }
    };
    timeout(
        PATIENCE + Duration::from_millis(sound.milliseconds()),
        playing,
    )
    .await
    .unwrap_or_else(|_| Err("aplay takes too long".to_owned()))
}
