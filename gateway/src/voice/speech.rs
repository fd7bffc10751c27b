//! Answers as sound: a text-to-speech server, espeak-ng, or a tone.

use std::process::Stdio;
use std::time::Duration;

use intents::voice::Wav;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::process::Command;
use tokio::time::timeout;

use super::Reply;
use super::earcon::Earcon;
use super::sound::Sound;
use crate::config::{Config, Tts};

/// espeak-ng speaks a sentence in a blink.
const PATIENCE: Duration = Duration::from_secs(10);

/// Bytes of one answer, at most: a minute at 22 kHz.
const MOST: u64 = 60 * 22_050 * 2;

/// Letters of one answer that are spoken.
const LONGEST: usize = 400;

/// How answers are spoken.
#[derive(Clone, Debug)]
pub struct Mouth {
    tts: Tts,
    earcons: bool,
    language: String,
}

impl Mouth {
    /// As the configuration says.
    #[must_use]
    pub fn new(config: &Config) -> Self {
        Self {
            tts: config.voice.tts.clone(),
            earcons: config.voice.earcons,
            language: config.voice.language.clone(),
        }
    }

    /// The language of the home.
    #[must_use]
    pub fn language(&self) -> &str {
        &self.language
    }

    /// The tone, unless tones are off.
    #[must_use]
    pub fn tone(&self, earcon: Earcon) -> Option<Sound> {
        self.earcons.then(|| earcon.sound())
    }

    /// What to play for `reply`, and whether its words are in it; nothing, where there are neither words
    /// nor tones.
    pub async fn speak(&self, reply: &Reply) -> Option<(Sound, bool)> {
        let text: String = reply.text.chars().take(LONGEST).collect();
        let language = reply.language.as_deref().unwrap_or(&self.language);
        let spoken = match &self.tts {
            _ if text.is_empty() => None,
            Tts::Off => None,
            #[cfg(feature = "wyoming")]
            Tts::Wyoming(server) => {
                match crate::wyoming::tts::speak(server, &text, language).await {
                    Ok(sound) => Some(sound),
                    Err(error) => {
                        tracing::warn!("the text-to-speech server at {server}: {error}");
                        None
                    }
                }
            }
            #[cfg(not(feature = "wyoming"))]
            Tts::Wyoming(_) => {
                tracing::warn!("voice.tts: {}", crate::parts::NO_WYOMING);
                None
            }
            Tts::Espeak => timeout(PATIENCE, espeak(&text, language))
                .await
                .unwrap_or_else(|_| Err("it takes too long".to_owned()))
                .map_err(|error| tracing::warn!("espeak-ng: {error}"))
                .ok(),
        };
        let spoken = spoken.filter(|sound| !sound.samples.is_empty());
        if let Some(sound) = spoken {
            // A question is told from an answer by its tone.
            let mut all = Sound::default();
            if let Some(tone) = self.tone(Earcon::Again).filter(|_| reply.confirm) {
                all.append(&tone);
            }
            all.append(&sound);
            return Some((all, true));
        }
        let earcon = match reply {
            Reply { confirm: true, .. } => Earcon::Again,
            Reply { ok: true, .. } => Earcon::Understood,
            Reply { ok: false, .. } => Earcon::NotUnderstood,
        };
        self.tone(earcon).map(|tone| (tone, false))
    }
}

/// `text`, spoken by espeak-ng. The text goes in by its standard input: it cannot be taken for an option.
async fn espeak(text: &str, language: &str) -> Result<Sound, String> {
    let wrong = |error: std::io::Error| error.to_string();
    let voice: String = language
        .chars()
        .filter(|c| c.is_ascii_alphanumeric() || *c == '-')
        .collect();
    let mut child = Command::new("espeak-ng")
        .args(["--stdin", "--stdout", "-v", &voice])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .kill_on_drop(true)
        .spawn()
        .map_err(wrong)?;
    let (Some(mut input), Some(output)) = (child.stdin.take(), child.stdout.take()) else {
        return Err("it has no input or output".to_owned());
    };
    // A sentence fits into a pipe.
    input.write_all(text.as_bytes()).await.map_err(wrong)?;
    drop(input);
    let mut bytes = Vec::new();
    output
        .take(MOST)
        .read_to_end(&mut bytes)
        .await
        .map_err(wrong)?;
    // A pipe's length is not known when the header is written: what came counts.
    patch_length(&mut bytes);
    let wav = Wav::parse(&bytes).map_err(|error| error.to_string())?;
    Ok(Sound {
        rate: wav.rate,
        samples: wav.samples,
    })
}

/// Corrects the lengths in a WAV file's header of 44 bytes.
fn patch_length(bytes: &mut [u8]) {
    let whole = u32::try_from(bytes.len()).unwrap_or(u32::MAX);
    for (at, less) in [(4, 8), (40, 44)] {
        if let Some(length) = bytes.get_mut(at..at + 4) {
            length.copy_from_slice(&whole.saturating_sub(less).to_le_bytes());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The real program, where it is installed: each language of the home has words and a voice.
    #[tokio::test]
    async fn espeak_speaks_answers() {
        let there = std::process::Command::new("espeak-ng")
            .arg("--version")
            .stdout(Stdio::null())
            .status();
        if there.is_err() {
            assert!(
                std::env::var_os("HEARTH_REQUIRE_ALL").is_none(),
                "espeak-ng is missing"
            );
            println!("skipped: espeak-ng is not installed");
            return;
        }
        let mut config = Config::default();
        config.voice.tts = Tts::Espeak;
        let mouth = Mouth::new(&config);
        let reply = |text: &str, language: &str, confirm| Reply {
            text: text.to_owned(),
            language: Some(language.to_owned()),
            ok: true,
            confirm,
        };
        for (language, text) in [
            ("en", "Turned on the lamp in the kitchen"),
            ("ko", "부엌 불을 켰어요"),
            ("de", "Das Licht in der Küche ist an"),
            ("vi", "Đã bật đèn trong bếp"),
            ("zh-CN", "已打开厨房的灯"),
            // Taken for an option, it would say nothing.
            ("en", "--version of the lamp, turned on"),
        ] {
            let (sound, words) = mouth.speak(&reply(text, language, false)).await.unwrap();
            assert!(words, "{language}");
            assert!(
                (600..6_000).contains(&sound.milliseconds()),
                "{language}: {}",
                sound.milliseconds()
            );
            let loud = sound
                .samples
                .iter()
                .filter(|s| s.unsigned_abs() > 1_000)
                .count();
            assert!(loud > sound.samples.len() / 10, "{language}: {loud}");
            // A question has its tone before it.
            let (asked, _) = mouth.speak(&reply(text, language, true)).await.unwrap();
            let tone = Earcon::Again.sound().milliseconds();
            let longer = asked.milliseconds() - sound.milliseconds();
            assert!(longer.abs_diff(tone) < 60, "{language}: {longer}");
        }
        // A language without a voice: tones.
        let (_, words) = mouth
            .speak(&reply("nuqneH", "tlh-none", false))
            .await
            .unwrap();
        assert!(!words);
    }
}
