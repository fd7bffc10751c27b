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
//! ◂ {"type":"hello","version":1,"model":"vosk-ko","grammar":true,"wake":["okay_nabu"]}   the model is loaded
//! ▸ {"type":"grammar","phrases":["침실 불 켜 줘","거실 온도 알려 줘"]}    [] : listen for anything
//! ◂ {"type":"grammar","phrases":2,"words":8,"unknown":[]}              words the model does not have
//! ▸ {"type":"start","id":1,"rate":16000,"until_silence":true}
//! ▸ {"type":"audio","id":1,"bytes":3200}  + 3200 bytes                 without id: of the latest start
//! ◂ {"type":"speech","id":1}                                           somebody begins to speak
//! ◂ {"type":"partial","id":1,"text":"침실 불"}
//! ▸ {"type":"end","id":1}                                              not needed after silence
//! ◂ {"type":"final","id":1,"text":"침실 불 켜 줘","alternatives":[…],"confidence":0.9,…}
//! ▸ {"type":"listen","id":2,"device":"default"}                        the worker's own microphone
//! ◂ {"type":"final","id":2,…}                                          one for each utterance …
//! ▸ {"type":"end","id":2}                                              … until this
//! ◂ {"type":"error","id":1,"reason":"…"}                               instead of a final
//! ▸ {"type":"start","id":3,"rate":16000,"wake":["okay_nabu"],"again":true}
//! ▸ {"type":"audio","id":3,"bytes":3200}  + 3200 bytes                 for hours
//! ◂ {"type":"woken","id":3,"wake":"okay_nabu"}                         the wake word; what follows it counts
//! ◂ {"type":"speech","id":3}
//! ◂ {"type":"final","id":3,…,"since_ms":640}                           and waits for the wake word again
//! ▸ {"type":"end","id":3}
//! ◂ {"type":"final","id":3,…}                                          the last of this id, perhaps empty
//! ```
//!
//! At most [`MAX_STREAMS`] ids are under way at a time, each answered by itself; one more is refused with an
//! `error`. A `start` is answered by exactly one `final` or `error` with its id; sound after that is ignored.
//! One with `again` (and every `listen`) has a `final` for each utterance; the one after its `end`, or an
//! `error`, is its last. A stream whose sound stays away for [`STALL`] ends with an `error`.

use std::time::Duration;

use serde::{Deserialize, Serialize};

/// The version spoken here.
pub const VERSION: u32 = 1;

/// Bytes in one line, at most.
pub const MAX_LINE: usize = 1 << 20;

/// Bytes of one piece of audio, at most: a second at 48 kHz.
pub const MAX_AUDIO: usize = 96_000;

/// Streams and microphones under way at a time, at most.
pub const MAX_STREAMS: usize = 8;

/// Wake words of one stream, at most.
pub const MAX_WAKE: usize = 4;

/// A stream without sound for this long is over.
pub const STALL: Duration = Duration::from_secs(10);

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
        /// Nothing counts until one of these wake words was said; then the worker ends the utterance
        /// when the speaker falls silent.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        wake: Vec<String>,
        /// After an utterance the next one, until `end`; the worker finds where they begin and end.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        again: bool,
    },
    /// So many bytes of sound follow.
    Audio {
        /// Of which stream; of the one started last if absent.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        id: Option<u32>,
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
        /// Nothing counts until one of these wake words was said.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        wake: Vec<String>,
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
        /// The wake words there are.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        wake: Vec<String>,
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
    /// A wake word was said.
    Woken {
        /// In which stream.
        id: u32,
        /// Which wake word.
        wake: String,
    },
    /// Somebody begins to speak.
    Speech {
        /// In which stream.
        id: u32,
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
    /// How many of them are as likely.
    #[serde(default)]
    pub close: usize,
    /// How much likelier the text is than the alternatives, 0…1.
    pub confidence: f32,
    /// How long the sound was.
    pub audio_ms: u32,
    /// How long decoding took in all, and after the last sound.
    pub decode_ms: u32,
    /// See above.
    pub last_ms: u32,
    /// From the end of speech (its last voiced moment) to this message; 0 when nobody spoke.
    #[serde(default)]
    pub since_ms: u32,
    /// Why it ended: `end`, `silence`, `limit`, `nobody`.
    pub ended: Ended,
}

impl Utterance {
    /// All readings, likeliest first; none when nothing was understood.
    pub fn texts(&self) -> impl Iterator<Item = &str> {
        std::iter::once(self.text.as_str())
            .chain(self.alternatives.iter().map(String::as_str))
            .filter(|text| !text.is_empty())
    }

    /// The readings that are as likely as the first: where one of them means something else, better ask.
    pub fn rivals(&self) -> impl Iterator<Item = &str> {
        let close = self.close.max(usize::from(self.doubt));
        self.alternatives
            .iter()
            .take(close)
            .map(String::as_str)
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
    /// Nobody spoke.
    Nobody,
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
                until_silence: false,
                wake: Vec::new(),
                again: false,
            }
        );
        let audio: Request = serde_json::from_str(r#"{"type":"audio","bytes":2}"#).unwrap();
        assert_eq!(audio, Request::Audio { id: None, bytes: 2 });
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
