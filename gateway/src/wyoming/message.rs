//! What events say: one row of [`Message`] for each kind that is spoken here.
//!
//! The contract: members that are unknown are passed over, members that may be missing are optional, and a member
//! that is of another type than it should be is an error that names event and member. A kind that has no row is `None`.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::event::Event;

/// What follows from a conversation; handed back as it came.
pub type Context = Map<String, Value>;

/// Nothing more to say.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Nothing {}

/// When, in milliseconds of sound.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct At {
    /// Since the stream began. Written even when unknown: some peers ask for the member.
    pub timestamp: Option<u64>,
}

/// How sound is written; of `audio-start` and `audio-chunk`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Format {
    /// Samples per second.
    pub rate: u32,
    /// Bytes per sample.
    pub width: u32,
    /// How many.
    pub channels: u32,
    /// Milliseconds since the stream began.
    #[serde(default)]
    pub timestamp: Option<u64>,
}

/// What `run-pipeline` asks for.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RunPipeline {
    /// `wake`: listen for a wake word first; `asr`: to a command at once.
    pub start_stage: String,
    /// `tts`: the answer can be heard.
    pub end_stage: String,
    /// The wake word that was said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub wake_word_name: Option<String>,
    /// Whether to begin again by itself.
    #[serde(default)]
    pub restart_on_end: bool,
}

/// Which wake words to listen for.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Detect {
    /// Any unless given.
    #[serde(default)]
    pub names: Option<Vec<String>>,
}

/// A wake word was said.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Detection {
    /// Which.
    #[serde(default)]
    pub name: Option<String>,
    /// When, in milliseconds of sound.
    #[serde(default)]
    pub timestamp: Option<u64>,
}

/// Sound is to become text.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Transcribe {
    /// In this language.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub language: Option<String>,
}

/// A text, and whatever belongs to it: of `transcript`, `recognize`, `handled` and their like.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Text {
    /// The text.
    #[serde(default)]
    pub text: Option<String>,
    /// Its language.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub language: Option<String>,
    /// What it belongs to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub context: Option<Context>,
}

impl Text {
    /// Just a text.
    #[must_use]
    pub fn new(text: &str) -> Self {
        Self {
            text: Some(text.to_owned()),
            ..Self::default()
        }
    }
}

/// An intent that was recognised.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Intent {
    /// Its name: `HassTurnOn`.
    pub name: String,
    /// Its slots.
    #[serde(default)]
    pub entities: Vec<Entity>,
    /// What to say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
    /// What it belongs to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub context: Option<Context>,
}

/// A slot of an intent.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Entity {
    /// Its name.
    pub name: String,
    /// Its value.
    #[serde(default)]
    pub value: Value,
}

/// A text is to become sound.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Synthesize {
    /// The text.
    pub text: String,
    /// Whose voice.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub voice: Option<Speaker>,
}

/// A voice.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Speaker {
    /// Its name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Its language.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub language: Option<String>,
}

/// Something did not work.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Failure {
    /// What, for people.
    #[serde(default)]
    pub text: String,
    /// What, for programs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
}

/// An echo, there or back.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Echo {
    /// Comes back as it went.
    pub text: Option<String>,
}

/// What a program can do; read by people's names only, written whole.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Info {
    /// Of speech recognisers, intent recognisers and so on, by kind.
    #[serde(flatten)]
    pub programs: Map<String, Value>,
}

/// A member of the wrong type, or none.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{kind}: {why}")]
pub struct MessageError {
    kind: &'static str,
    why: String,
}

macro_rules! messages {
    ($($(#[$about:meta])* $kind:literal $name:ident($data:ty),)*) => {
        /// An event, understood.
        #[derive(Clone, Debug, PartialEq)]
        pub enum Message {
            $($(#[$about])* $name($data),)*
        }

        impl Message {
            /// The kinds there are.
            pub const KINDS: &'static [&'static str] = &[$($kind),*];

            /// As events call it.
            #[must_use]
            pub const fn kind(&self) -> &'static str {
                match self {
                    $(Self::$name(_) => $kind,)*
                }
            }

            /// Understands `event`; its payload stays with it.
            ///
            /// # Errors
            /// When a member is missing or of a wrong type.
            pub fn read(event: &Event) -> Result<Option<Self>, MessageError> {
                match event.kind.as_str() {
                    $($kind => <$data>::deserialize(&event.data)
                        .map(|data| Some(Self::$name(data)))
                        .map_err(|error| MessageError { kind: $kind, why: error.to_string() }),)*
                    _ => Ok(None),
                }
            }

            fn data(&self) -> Map<String, Value> {
                let value = match self {
                    $(Self::$name(data) => serde_json::to_value(data),)*
                };
                match value {
                    Ok(Value::Object(members)) => members,
                    _ => Map::new(),
                }
            }
        }
    };
}

messages! {
    /// What can you do?
    "describe" Describe(Nothing),
    /// This.
    "info" Info(Info),
    /// Are you there?
    "ping" Ping(Echo),
    /// Yes.
    "pong" Pong(Echo),
    /// It did not work.
    "error" Error(Failure),
    /// To a satellite: somebody listens.
    "run-satellite" RunSatellite(Nothing),
    /// To a satellite: nobody listens.
    "pause-satellite" PauseSatellite(Nothing),
    /// From a satellite: sound for this follows.
    "run-pipeline" RunPipeline(RunPipeline),
    /// From a satellite: it has played everything.
    "played" Played(Nothing),
    /// Sound begins.
    "audio-start" AudioStart(Format),
    /// Sound; the payload.
    "audio-chunk" AudioChunk(Format),
    /// Sound ends.
    "audio-stop" AudioStop(At),
    /// Listen for wake words.
    "detect" Detect(Detect),
    /// One was said.
    "detection" Detection(Detection),
    /// None was said.
    "not-detected" NotDetected(Nothing),
    /// Somebody begins to speak.
    "voice-started" VoiceStarted(At),
    /// They fall silent.
    "voice-stopped" VoiceStopped(At),
    /// Write down what is said in the sound that follows.
    "transcribe" Transcribe(Transcribe),
    /// What was said; to a handler: do it.
    "transcript" Transcript(Text),
    /// Which intent is this?
    "recognize" Recognize(Text),
    /// Several follow.
    "intents-start" IntentsStart(Nothing),
    /// This one.
    "intent" Intent(Intent),
    /// Those were all.
    "intents-stop" IntentsStop(Nothing),
    /// None.
    "not-recognized" NotRecognized(Text),
    /// It was done.
    "handled" Handled(Text),
    /// It could not be done.
    "not-handled" NotHandled(Text),
    /// Say this.
    "synthesize" Synthesize(Synthesize),
}

impl Message {
    /// As an event without a payload.
    #[must_use]
    pub fn event(&self) -> Event {
        self.with(Vec::new())
    }

    /// As an event.
    #[must_use]
    pub fn with(&self, payload: Vec<u8>) -> Event {
        Event {
            kind: self.kind().to_owned(),
            data: self.data(),
            payload,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn event(kind: &str, data: &Value) -> Event {
        Event {
            kind: kind.to_owned(),
            data: data.as_object().cloned().unwrap(),
            payload: Vec::new(),
        }
    }

    /// What the Python package writes, member for member.
    #[test]
    fn events_of_the_peer_are_understood() {
        for (event, message) in [
            (event("describe", &json!({})), Message::Describe(Nothing {})),
            (
                event(
                    "run-pipeline",
                    &json!({"start_stage": "wake", "end_stage": "tts", "restart_on_end": false, "snd_format": null}),
                ),
                Message::RunPipeline(RunPipeline {
                    start_stage: "wake".into(),
                    end_stage: "tts".into(),
                    ..RunPipeline::default()
                }),
            ),
            (
                event(
                    "audio-chunk",
                    &json!({"rate": 16000, "width": 2, "channels": 1, "timestamp": null}),
                ),
                Message::AudioChunk(Format {
                    rate: 16000,
                    width: 2,
                    channels: 1,
                    timestamp: None,
                }),
            ),
            (
                event("audio-stop", &json!({"timestamp": null})),
                Message::AudioStop(At::default()),
            ),
            (
                event("audio-stop", &json!({})),
                Message::AudioStop(At::default()),
            ),
            (
                event("detect", &json!({"names": null})),
                Message::Detect(Detect::default()),
            ),
            (
                event(
                    "transcript",
                    &json!({"text": "on", "context": {"conversation_id": "1"}, "language": "en"}),
                ),
                Message::Transcript(Text {
                    text: Some("on".into()),
                    language: Some("en".into()),
                    context: json!({"conversation_id": "1"}).as_object().cloned(),
                }),
            ),
        ] {
            assert_eq!(Message::read(&event), Ok(Some(message)));
        }
        assert_eq!(Message::read(&event("timer-started", &json!({}))), Ok(None));
    }

    #[test]
    fn an_error_names_event_and_member() {
        let error = |event: Event| Message::read(&event).unwrap_err().to_string();
        assert_eq!(
            error(event("audio-start", &json!({"rate": 16000, "width": 2}))),
            "audio-start: missing field `channels`"
        );
        assert_eq!(
            error(event("ping", &json!({"text": 5}))),
            "ping: invalid type: integer `5`, expected a string"
        );
    }

    #[test]
    fn what_is_written_is_understood() {
        for message in [
            Message::Ping(Echo { text: None }),
            Message::Synthesize(Synthesize {
                text: "done".into(),
                voice: Some(Speaker {
                    name: None,
                    language: Some("ko".into()),
                }),
            }),
            Message::Intent(Intent {
                name: "HassTurnOn".into(),
                entities: vec![Entity {
                    name: "brightness".into(),
                    value: json!(50.0),
                }],
                ..Intent::default()
            }),
            Message::Info(Info {
                programs: json!({"asr": [{"name": "hearth"}]})
                    .as_object()
                    .cloned()
                    .unwrap(),
            }),
        ] {
            assert_eq!(Message::read(&message.event()), Ok(Some(message)));
        }
    }
}
