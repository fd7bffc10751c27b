//! Speech and sentences for others: a Wyoming server, as Home Assistant's Assist wants one.
//!
//! ```text
//! ◂ describe                                            ▸ info {asr, intent, handle, wake}
//! ◂ transcribe, audio-start, audio-chunk …, audio-stop  ▸ transcript
//! ◂ detect, audio-start, audio-chunk …                  ▸ detection, each time; not-detected at audio-stop if none
//! ◂ recognize {text}                                    ▸ intent, or intents-start … intents-stop, or not-recognized
//! ◂ transcript {text}                                   ▸ handled {text}, or not-handled {text}: it was done, or not
//! ◂ ping                                                ▸ pong
//! ```
//!
//! The contract: only who is allowed is spoken to; the others are hung up on, which is logged. At most [`CALLERS`] are served
//! at a time, each by a task of its own that costs the others nothing.

use std::future::pending;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use intents::voice::protocol::MAX_WAKE;
use intents::voice::{StreamEvent, StreamOptions};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep};

use super::Ears;
use super::tapes::Taped;
use crate::config::{self, Config};
use crate::hub::Utterance;
use crate::wyoming::audio::samples;
use crate::wyoming::link::{Link, LinkError};
use crate::wyoming::message::{
    At, Detection, Echo, Entity, Failure, Format, Info, Intent, Message, Nothing, Text,
};

/// Callers at a time.
const CALLERS: usize = 16;

/// Somebody who is not allowed is logged once in this time.
const STRANGERS: Duration = Duration::from_secs(10);

/// Before what broke is tried again.
const RETRY: Duration = Duration::from_secs(2);

/// What is offered, and to whom.
#[derive(Clone, Debug)]
pub(super) struct Offer {
    listen: SocketAddr,
    allow: Arc<[config::Network]>,
    /// The language that is spoken.
    spoken: String,
    /// The languages of sentences.
    languages: Arc<[String]>,
}

impl Offer {
    /// What the configuration offers, if anything.
    pub(super) fn new(config: &Config) -> Option<Self> {
        let voice = &config.voice;
        let spoken = voice.speech_language.as_ref().unwrap_or(&voice.language);
        let mut languages = vec![voice.language.clone(), spoken.clone()];
        languages.dedup();
        Some(Self {
            listen: voice.wyoming.listen?,
            allow: voice.wyoming.allow.clone().into(),
            spoken: spoken.clone(),
            languages: languages.into(),
        })
    }

    fn allows(&self, address: IpAddr) -> bool {
        let address = address.to_canonical();
        address.is_loopback() || self.allow.iter().any(|network| network.holds(address))
    }

    /// What there is, in the words of the protocol, with these wake words.
    fn info(&self, wake: &[String]) -> Info {
        let artifact = |name: &str, about: &str| {
            json!({
                "name": name,
                "description": about,
                "attribution": {"name": "Hearth", "url": ""},
                "installed": true,
                "version": env!("CARGO_PKG_VERSION"),
            })
        };
        let program = |about: &str, languages: &[String], more: Value| {
            let mut model = artifact("hearth", about);
            let mut program = artifact("hearth", about);
            extend(&mut model, json!({ "languages": languages }));
            extend(&mut program, json!({ "models": [model] }));
            extend(&mut program, more);
            json!([program])
        };
        // A model has a name like `okay_nabu`; what is said is much the same.
        let models: Vec<Value> = wake
            .iter()
            .map(|name| {
                let phrase = name.replace('_', " ");
                let mut model = artifact(name, &phrase);
                extend(&mut model, json!({ "languages": [], "phrase": phrase }));
                model
            })
            .collect();
        let mut waker = artifact("hearth", "Hearth waits for a wake word");
        extend(&mut waker, json!({ "models": models }));
        // One without models would be offered all the same.
        let wakers: Vec<Value> = Some(waker)
            .filter(|_| !wake.is_empty())
            .into_iter()
            .collect();
        let spoken = std::slice::from_ref(&self.spoken);
        let programs = json!({
            "asr": program("Hearth listens", spoken, json!({
                "supports_transcript_streaming": false,
                // It hears by itself when somebody falls silent.
                "requires_external_vad": false,
                "prefers_auto_gain_enabled": false,
                "prefers_noise_reduction_enabled": false,
            })),
            "intent": program("Hearth understands", &self.languages, json!({})),
            "handle": program("Hearth does it", &self.languages, json!({
                "supports_handled_streaming": false,
                "supports_home_control": true,
            })),
            "wake": wakers,
            "tts": [], "mic": [], "snd": [],
        });
        let Value::Object(programs) = programs else {
            return Info::default();
        };
        Info { programs }
    }
}

fn extend(object: &mut Value, more: Value) {
    if let (Value::Object(object), Value::Object(more)) = (object, more) {
        object.extend(more);
    }
}

/// Serves for as long as there is a home.
pub(super) async fn run(offer: Offer, ears: Ears) {
    let listener = loop {
        match TcpListener::bind(offer.listen).await {
            Ok(listener) => break listener,
            Err(error) => {
                tracing::error!("voice.wyoming: cannot listen at {}: {error}", offer.listen);
                sleep(Duration::from_secs(60)).await;
            }
        }
    };
    tracing::info!("speech and sentences for others at tcp://{}", offer.listen);
    let places = Arc::new(Semaphore::new(CALLERS));
    let mut callers = JoinSet::new();
    let mut strangers = Strangers::default();
    loop {
        let (stream, peer) = tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok(accepted) => accepted,
                Err(error) => {
                    tracing::warn!("voice.wyoming: {error}");
                    sleep(Duration::from_secs(1)).await;
                    continue;
                }
            },
            Some(_) = callers.join_next() => continue,
        };
        if !offer.allows(peer.ip()) {
            strangers.came(peer.ip());
            continue;
        }
        let Ok(place) = Arc::clone(&places).try_acquire_owned() else {
            tracing::warn!("voice.wyoming: {peer} was hung up on: {CALLERS} call already");
            continue;
        };
        let (offer, ears) = (offer.clone(), ears.clone());
        callers.spawn(async move {
            let mut call = Call {
                offer,
                ears,
                link: Link::new(stream),
                stream: None,
                work: Work::None,
                sound: Heard::default(),
                pause_until: None,
            };
            let Err(why) = call.run().await;
            tracing::debug!("voice.wyoming: {peer}: {why}");
            drop(place);
        });
    }
}

/// Who calls and may not.
#[derive(Default)]
struct Strangers {
    told: Option<Instant>,
    untold: u32,
}

impl Strangers {
    fn came(&mut self, address: IpAddr) {
        if self.told.is_some_and(|told| told.elapsed() < STRANGERS) {
            self.untold = self.untold.saturating_add(1);
            return;
        }
        let untold = std::mem::take(&mut self.untold);
        tracing::warn!(
            "voice.wyoming: {address} was hung up on, like {untold} others before: it is not among voice.wyoming.allow"
        );
        self.told = Some(Instant::now());
    }
}

/// What the sound is for that comes.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Work {
    None,
    /// It is to become text.
    Transcribe,
    /// These wake words are waited for, until the sound ends.
    Detect {
        names: Vec<String>,
        /// One was said already.
        said: bool,
    },
}

/// Sound that was heard.
#[derive(Clone, Copy, Debug, Default)]
struct Heard {
    samples: u64,
    rate: u32,
    /// When its last piece began, as the caller counts.
    last: Option<u64>,
}

impl Heard {
    /// When that is, in milliseconds: by the caller's own count, if it has one.
    fn now(&self) -> u64 {
        let counted = self.samples.saturating_mul(1000) / u64::from(self.rate.max(1));
        self.last.unwrap_or(counted)
    }
}

/// Somebody who calls.
struct Call {
    offer: Offer,
    ears: Ears,
    link: Link,
    stream: Option<Taped>,
    work: Work,
    sound: Heard,
    /// What broke is not tried again before.
    pause_until: Option<Instant>,
}

impl Call {
    async fn run(&mut self) -> Result<std::convert::Infallible, LinkError> {
        loop {
            let heard = async {
                match &mut self.stream {
                    Some(stream) => stream.next().await,
                    None => pending().await,
                }
            };
            tokio::select! {
                came = self.link.next() => {
                    let (message, payload) = came?;
                    self.came(message, &payload).await?;
                }
                event = heard => self.heard(event).await?,
            }
        }
    }

    async fn came(&mut self, message: Message, payload: &[u8]) -> Result<(), LinkError> {
        match message {
            Message::Describe(_) => {
                let info = Message::Info(self.offer.info(&self.ears.wake_words()));
                self.link.send(&info)?;
            }
            Message::Ping(Echo { text }) => self.link.send(&Message::Pong(Echo { text }))?,
            Message::Transcribe(_) => self.begin(Work::Transcribe),
            Message::Detect(detect) => self.begin(Work::Detect {
                names: detect.names.unwrap_or_default(),
                said: false,
            }),
            Message::AudioChunk(format) => self.sound(&format, payload)?,
            Message::AudioStop(_) => match &self.stream {
                Some(stream) => stream.end(),
                // No sound at all is silence.
                None => self.nothing()?,
            },
            Message::Recognize(text) => self.recognize(text).await?,
            Message::Transcript(text) => self.handle(text).await?,
            _ => {}
        }
        Ok(())
    }

    fn begin(&mut self, work: Work) {
        self.stream = None;
        self.work = work;
        self.sound = Heard::default();
    }

    /// Wake words to listen for, none for a command; or none of the wanted ones is there. A name is one that was
    /// offered: nobody else's files are read.
    fn wanted(&self, known: &[String]) -> Option<Vec<String>> {
        let Work::Detect { names, .. } = &self.work else {
            return Some(Vec::new());
        };
        let any = names.is_empty();
        let wanted = known.iter().filter(|name| any || names.contains(name));
        let wanted: Vec<String> = wanted.take(MAX_WAKE).cloned().collect();
        (!wanted.is_empty()).then_some(wanted)
    }

    fn sound(&mut self, format: &Format, payload: &[u8]) -> Result<(), LinkError> {
        if self.work == Work::None {
            return Ok(());
        }
        let samples = match samples(format, payload) {
            Ok(samples) => samples,
            Err(error) => return self.fail(&error.to_string()),
        };
        if self.stream.is_none() {
            let detects = matches!(self.work, Work::Detect { .. });
            if detects && self.pause_until.is_some_and(|at| Instant::now() < at) {
                return Ok(());
            }
            let known = self.ears.wake_words();
            let client = self.ears.now().filter(|_| !detects || !known.is_empty());
            let Some(client) = client else {
                if detects {
                    // It waits for as long as sound comes: the model may still be loaded.
                    self.pause_until = Some(Instant::now() + RETRY);
                    return Ok(());
                }
                return self.fail("the speech model is not ready yet");
            };
            let Some(wake) = self.wanted(&known) else {
                let why = format!("no such wake word; there are {}", known.join(", "));
                return self.fail(&why);
            };
            let options = StreamOptions {
                rate: format.rate,
                wake,
                again: false,
                until_silence: true,
            };
            self.stream = Some(self.ears.open(&client, "assist", options));
            self.sound.rate = format.rate;
        }
        self.sound.last = format.timestamp;
        if let Some(stream) = &mut self.stream {
            self.sound.samples += samples.len() as u64;
            // What is too much is shed there, and counted; after silence nothing more is wanted.
            let _ = stream.send(&samples);
        }
        Ok(())
    }

    /// Something did not work; what was asked for is over.
    fn fail(&mut self, why: &str) -> Result<(), LinkError> {
        self.stream = None;
        self.link.send(&Message::Error(Failure {
            text: why.to_owned(),
            code: None,
        }))?;
        self.nothing()
    }

    /// Nothing was heard.
    fn nothing(&mut self) -> Result<(), LinkError> {
        match std::mem::replace(&mut self.work, Work::None) {
            Work::None => Ok(()),
            Work::Transcribe => self.transcript(String::new()),
            Work::Detect { said: true, .. } => Ok(()),
            Work::Detect { .. } => self.link.send(&Message::NotDetected(Nothing {})),
        }
    }

    fn transcript(&mut self, text: String) -> Result<(), LinkError> {
        self.link.send(&Message::Transcript(Text {
            text: Some(text),
            language: Some(self.offer.spoken.clone()),
            context: None,
        }))
    }

    async fn heard(&mut self, event: Option<StreamEvent>) -> Result<(), LinkError> {
        match event {
            Some(StreamEvent::Woken(name)) => {
                if let Work::Detect { said, .. } = &mut self.work {
                    *said = true;
                    // What follows is not for us; with more sound it is listened for again.
                    self.stream = None;
                    self.link.send(&Message::Detection(Detection {
                        name: Some(name),
                        timestamp: Some(self.sound.now()),
                    }))?;
                }
            }
            Some(StreamEvent::Final(utterance)) => {
                self.stream = None;
                if self.work == Work::Transcribe {
                    self.work = Work::None;
                    let text = self.ears.read(utterance).await;
                    self.link.send(&Message::VoiceStopped(At::default()))?;
                    self.transcript(text)?;
                } else {
                    self.nothing()?;
                }
            }
            Some(StreamEvent::Speech | StreamEvent::Partial(_)) => {}
            // Who waits for a wake word waits on: the worker was replaced, or no sound came for a while.
            lost if matches!(self.work, Work::Detect { .. }) => {
                tracing::debug!("voice.wyoming: waiting for a wake word begins anew: {lost:?}");
                self.stream = None;
                self.pause_until = Some(Instant::now() + RETRY);
            }
            Some(StreamEvent::Error(why)) => self.fail(&why)?,
            None => {
                self.stream = None;
                self.nothing()?;
            }
        }
        Ok(())
    }

    /// Says what a text means, without doing it.
    async fn recognize(&mut self, asked: Text) -> Result<(), LinkError> {
        let context = asked.context;
        let intent = |found: intents::Match, context| {
            Message::Intent(Intent {
                name: found.intent,
                entities: found
                    .slots
                    .into_iter()
                    .map(|slot| Entity {
                        name: slot.name,
                        value: value(&slot.value),
                    })
                    .collect(),
                text: None,
                context,
            })
        };
        match self.ears.recognize(asked.text.unwrap_or_default()).await {
            Ok(mut found) if found.len() == 1 => match found.pop() {
                Some(found) => self.link.send(&intent(found, context)),
                None => Ok(()),
            },
            Ok(found) => {
                self.link.send(&Message::IntentsStart(Nothing {}))?;
                for found in found {
                    self.link.send(&intent(found, context.clone()))?;
                }
                self.link.send(&Message::IntentsStop(Nothing {}))
            }
            Err(why) => self.link.send(&Message::NotRecognized(Text {
                text: Some(why),
                language: None,
                context,
            })),
        }
    }

    /// Does what a text asks for, and answers.
    async fn handle(&mut self, asked: Text) -> Result<(), LinkError> {
        let Text {
            text,
            language,
            context,
        } = asked;
        let utterance = Utterance {
            text: text.unwrap_or_default(),
            source: "assist".to_owned(),
            ..Utterance::default()
        };
        let answer = self.ears.ask(utterance).await;
        let ok = answer.as_ref().is_some_and(|answer| answer.ok);
        let text = Text {
            text: Some(answer.map_or_else(|| "too much at once".to_owned(), |answer| answer.text)),
            language,
            context,
        };
        self.link.send(&if ok {
            Message::Handled(text)
        } else {
            Message::NotHandled(text)
        })
    }
}

/// A slot's value as JSON.
fn value(said: &intents::Value) -> Value {
    match said {
        intents::Value::Number(number) => json!(number),
        intents::Value::Text(text) => json!(text),
        intents::Value::Bool(truth) => json!(truth),
        intents::Value::List(items) => Value::Array(items.iter().map(value).collect()),
    }
}
