//! What gateway and speech worker say to each other.
//!
//! One connection (a Unix socket, TCP, or the worker's stdin and stdout) carries messages both ways. A
//! message is one line of JSON, at most [`MAX_LINE`] bytes, with its `type`. An `audio` message names in
//! `bytes` how many raw bytes follow its line, at most [`MAX_AUDIO`]; no other message has any. Audio is
//! signed 16 bit little-endian, mono.
//!
//! A transcript, gateway ▸ worker and worker ◂ gateway:
//!
//! ```text
//! ◂ {"type":"hello","version":1,"model":"vosk-ko","grammar":true}      once, when the model is loaded
//! ▸ {"type":"grammar","phrases":["침실 불 켜 줘","거실 온도 알려 줘"]}    [] : listen for anything
//! ◂ {"type":"grammar","phrases":2,"words":8,"unknown":[]}              words the model does not have
//! ▸ {"type":"start","id":1,"rate":16000,"until_silence":true}
//! ▸ {"type":"audio","bytes":3200}  + 3200 bytes
//! ◂ {"type":"partial","id":1,"text":"침실 불"}
//! ▸ {"type":"end","id":1}                                              not needed after silence
//! ◂ {"type":"final","id":1,"text":"침실 불 켜 줘","alternatives":[…],"confidence":0.9,…}
//! ▸ {"type":"listen","id":2,"device":"default"}                        the worker's own microphone
//! ◂ {"type":"final","id":2,…}                                          one for each utterance …
//! ▸ {"type":"end","id":2}                                              … until this
//! ◂ {"type":"error","id":1,"reason":"…"}                               instead of a final
//! ```
//!
//! Every `start` is answered by exactly one `final` or `error` with its id; audio after that is ignored.
//! One utterance is under way at a time; a new `start` ends the one before with an `error`.

use serde::{Deserialize, Serialize};

/// The version spoken here.
pub const VERSION: u32 = 1;

/// Bytes in one line, at most.
pub const MAX_LINE: usize = 1 << 20;

/// Bytes of one piece of audio, at most: a second at 48 kHz.
pub const MAX_AUDIO: usize = 96_000;

/// From the gateway to the worker.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "lowercase")]
pub enum Request {
    /// Listen for these phrases from now on; none: for anything.
    Grammar {
        /// The phrases, words between blanks.
        phrases: Vec<String>,
    },
    /// An utterance begins.
    Start {
        /// Chosen by the gateway.
        id: u32,
        /// Samples per second, 8000 to 48000.
        rate: u32,
        /// The worker ends the utterance when the speaker falls silent.
        #[serde(default)]
        until_silence: bool,
    },
    /// So many bytes of sound follow.
    Audio {
        /// How many; even.
        bytes: usize,
    },
    /// The utterance, or listening, ends.
    End {
        /// Which.
        id: u32,
    },
    /// Listen at a microphone of the worker's machine until `end`.
    Listen {
        /// Chosen by the gateway.
        id: u32,
        /// The ALSA device: `default`, `plughw:1,0`.
        device: String,
    },
}

/// From the worker to the gateway.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "lowercase")]
pub enum Reply {
    /// The model is loaded; first of all messages.
    Hello {
        /// The protocol's version.
        version: u32,
        /// The model's name.
        model: String,
        /// Whether grammars change anything: a model with a static graph has its own.
        grammar: bool,
    },
    /// The grammar is in use.
    Grammar {
        /// How many phrases are.
        phrases: usize,
        /// How many words.
        words: usize,
        /// Words the model does not have; their phrases are left out.
        unknown: Vec<String>,
    },
    /// What was understood so far.
    Partial {
        /// Of which utterance.
        id: u32,
        /// The text so far.
        text: String,
    },
    /// What was said.
    Final(Utterance),
    /// It did not work.
    Error {
        /// Which utterance; 0: none.
        id: u32,
        /// Why, for people.
        reason: String,
    },
}

/// What was said.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Utterance {
    /// Which utterance.
    pub id: u32,
    /// The words; empty when nothing was understood.
    pub text: String,
    /// Other readings, likeliest first; the text is not among them.
    #[serde(default)]
    pub alternatives: Vec<String>,
    /// Whether the first of them is as likely: where it means something else, better ask.
    #[serde(default)]
    pub doubt: bool,
    /// How much likelier the text is than the alternatives, 0…1.
    pub confidence: f32,
    /// How long the sound was.
    pub audio_ms: u32,
    /// How long decoding took in all, and after the last sound.
    pub decode_ms: u32,
    /// See above.
    pub last_ms: u32,
    /// Why it ended: `end`, `silence`, `limit`.
    pub ended: Ended,
}

impl Utterance {
    /// All readings, likeliest first; none when nothing was understood.
    pub fn texts(&self) -> impl Iterator<Item = &str> {
        std::iter::once(self.text.as_str())
            .chain(self.alternatives.iter().map(String::as_str))
            .filter(|text| !text.is_empty())
    }
}

/// Why an utterance ended.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Ended {
    /// The gateway, or the file, ended it.
    #[default]
    End,
    /// The speaker fell silent.
    Silence,
    /// It was too long.
    Limit,
}

/// A message as a line with its end.
///
/// # Errors
/// Never for these types; serde's signature has them.
pub fn line<T: Serialize>(message: &T) -> Result<Vec<u8>, serde_json::Error> {
    let mut line = serde_json::to_vec(message)?;
    line.push(b'\n');
    Ok(line)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_read_as_documented() {
        let start: Request =
            serde_json::from_str(r#"{"type":"start","id":1,"rate":16000}"#).unwrap();
        assert_eq!(
            start,
            Request::Start {
                id: 1,
                rate: 16000,
                until_silence: false
            }
        );
        let text = String::from_utf8(
            line(&Reply::Partial {
                id: 2,
                text: "불".into(),
            })
            .unwrap(),
        )
        .unwrap();
        assert_eq!(text, "{\"type\":\"partial\",\"id\":2,\"text\":\"불\"}\n");
        let text = String::from_utf8(line(&Reply::Final(Utterance::default())).unwrap()).unwrap();
        assert!(
            text.starts_with(r#"{"type":"final","id":0,"text":"","alternatives":[]"#),
            "{text}"
        );
        assert!(serde_json::from_str::<Request>(r#"{"type":"dance"}"#).is_err());
    }
}
