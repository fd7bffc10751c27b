//! A Wyoming server that turns text into sound, such as wyoming-piper.

use std::time::Duration;

use tokio::net::TcpStream;
use tokio::time::timeout;

use super::audio::samples;
use super::link::Link;
use super::message::{Message, Speaker, Synthesize};
use crate::voice::Sound;

/// Text and sound together may take this long.
const PATIENCE: Duration = Duration::from_secs(15);

/// Samples of one answer, at most: a minute at 22 kHz.
const MOST: usize = 60 * 22_050;

/// `text`, spoken by the server at `server` in a voice of `language`.
///
/// # Errors
/// In words for people.
pub async fn speak(server: &str, text: &str, language: &str) -> Result<Sound, String> {
    timeout(PATIENCE, ask(server, text, language))
        .await
        .unwrap_or_else(|_| Err("it takes too long".to_owned()))
}

async fn ask(server: &str, text: &str, language: &str) -> Result<Sound, String> {
    let place = server.strip_prefix("tcp://").unwrap_or(server);
    let stream = TcpStream::connect(place)
        .await
        .map_err(|error| error.to_string())?;
    let mut link = Link::new(stream);
    let wish = Message::Synthesize(Synthesize {
        text: text.to_owned(),
        voice: Some(Speaker {
            name: None,
            language: Some(language.to_owned()),
        }),
    });
    link.send(&wish).map_err(|error| error.to_string())?;
    let mut sound = Sound::default();
    loop {
        let (message, payload) = link.next().await.map_err(|error| error.to_string())?;
        match message {
            Message::AudioChunk(format) => {
                let samples = samples(&format, &payload).map_err(|error| error.to_string())?;
                if sound.samples.len() + samples.len() > MOST {
                    return Err("it does not come to an end".to_owned());
                }
                sound.append(&Sound {
                    rate: format.rate,
                    samples,
                });
            }
            Message::AudioStop(_) => return Ok(sound),
            Message::Error(failure) => return Err(failure.text),
            _ => {}
        }
    }
}
