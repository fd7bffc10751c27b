//! Microphones of pages: sound comes over their WebSocket, the answer goes back the same way.
//!
//! The contract, on the topic `voice/microphone` of one client: the gateway says `{"state":"ready"}` when it has a
//! model; the page says `{"state":"start","rate":16000}`, sends binary frames (samples of 16 bit, little-endian,
//! mono), and may say `{"state":"end"}`. The gateway says `listening` when the worker is ready (which takes a moment
//! the first time; sound before it is of no use) and `speech` on the way, `heard` with the `text`,
//! and ends with one `done` with the `answer` or one `error`. A page that floods loses its own sound; one that stops
//! sending ends by itself.

use std::collections::HashMap;
use std::time::Duration;

use bytes::Bytes;
use intents::voice::{StreamEvent, StreamOptions, Utterance};
use serde_json::{Value as Json, json};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio::time::timeout;

use super::tapes::Taped;
use super::{Ear, Ears, Mouths, Verdict, worker};
use crate::hub::ClientId;

/// Pieces of sound that wait to be carried on: five seconds.
const SOUND: usize = 50;
/// Bytes of one piece that are taken: a second at 48 kHz.
const PIECE: usize = 96_000;
/// A worker may take this long to start.
const STARTING: Duration = Duration::from_secs(30);
/// A page may be silent this long, then it is gone.
const STALLED: Duration = Duration::from_secs(5);
/// An utterance may take this long.
const LONGEST: Duration = Duration::from_secs(30);

/// Devices may take this long to answer.
const ANSWERED: Duration = Duration::from_secs(20);

/// What is told to one client, on `voice/microphone`.
type Told = (ClientId, Bytes);

/// All pages that speak.
#[derive(Debug)]
pub struct Microphones {
    ears: Ears,
    mouths: Mouths,
    tell: mpsc::Sender<Told>,
    open: HashMap<ClientId, Open>,
}

/// One that speaks.
#[derive(Debug)]
struct Open {
    sound: Option<mpsc::Sender<Bytes>>,
    task: JoinHandle<()>,
}

impl Drop for Open {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Microphones {
    /// Tells pages through `tell`.
    #[must_use]
    pub fn new(ears: Ears, mouths: Mouths, tell: mpsc::Sender<(ClientId, Bytes)>) -> Self {
        Self {
            ears,
            mouths,
            tell,
            open: HashMap::new(),
        }
    }

    /// A page came, and there is a model.
    pub fn came(&self, client: ClientId) {
        Teller::new(client, &self.tell).say(json!({"state": "ready"}));
    }

    /// What a page says on `voice/microphone`. True when it begins to speak.
    pub fn said(&mut self, client: ClientId, payload: &[u8]) -> bool {
        let teller = Teller::new(client, &self.tell);
        let said: Json = serde_json::from_slice(payload).unwrap_or_default();
        let rate = said["rate"].as_u64().unwrap_or(16_000);
        match (said["state"].as_str(), u32::try_from(rate)) {
            (Some("start"), Ok(rate @ 8_000..=48_000)) => {
                let (sound, sounds) = mpsc::channel(SOUND);
                let task = tokio::spawn(speak(
                    self.ears.clone(),
                    self.mouths.clone(),
                    teller,
                    rate,
                    sounds,
                ));
                let sound = Some(sound);
                // One that was under way ends: its page began anew.
                self.open.insert(client, Open { sound, task });
                true
            }
            (Some("start"), _) => {
                teller.fail("'rate' must be from 8000 to 48000 samples per second");
                false
            }
            (Some("end"), _) => {
                if let Some(open) = self.open.get_mut(&client) {
                    open.sound = None;
                }
                false
            }
            _ => {
                teller.fail("expected {\"state\":\"start\"} or {\"state\":\"end\"}");
                false
            }
        }
    }

    /// Sound of a page. What comes before a start or after the end is of no use.
    pub fn sounded(&self, client: ClientId, sound: Bytes) {
        let Some(Open {
            sound: Some(to), ..
        }) = self.open.get(&client)
        else {
            return;
        };
        if sound.len() > PIECE {
            tracing::warn!(
                client,
                "a page sent {} bytes of sound at once: not taken",
                sound.len()
            );
        } else if let Err(mpsc::error::TrySendError::Full(_)) = to.try_send(sound) {
            tracing::warn!(
                client,
                "a page sends sound faster than time passes: some is lost"
            );
        }
    }

    /// A page went.
    pub fn went(&mut self, client: ClientId) {
        self.open.remove(&client);
    }
}

/// The way to one page.
#[derive(Clone, Debug)]
struct Teller {
    client: ClientId,
    tell: mpsc::Sender<Told>,
}

impl Teller {
    fn new(client: ClientId, tell: &mpsc::Sender<Told>) -> Self {
        Self {
            client,
            tell: tell.clone(),
        }
    }

    #[expect(clippy::needless_pass_by_value, reason = "made for it")]
    fn say(&self, what: Json) {
        if self
            .tell
            .try_send((self.client, what.to_string().into()))
            .is_err()
        {
            tracing::warn!(
                client = self.client,
                "a page was not told what its microphone heard"
            );
        }
    }

    fn fail(&self, why: &str) {
        self.say(json!({"state": "error", "error": why}));
    }
}

/// One utterance, from the page's start to the end.
async fn speak(
    mut ears: Ears,
    mouths: Mouths,
    teller: Teller,
    rate: u32,
    mut sounds: mpsc::Receiver<Bytes>,
) {
    let started = async {
        let client = ears.client().await;
        worker::ready(&client).await.map(|()| client)
    };
    let client = match timeout(STARTING, started).await {
        Ok(Ok(client)) => client,
        Ok(Err(why)) => return teller.fail(&why),
        Err(_) => return teller.fail("the speech worker does not start"),
    };
    // What was said before is of no use: nobody was told to speak yet.
    while sounds.try_recv().is_ok() {}
    teller.say(json!({"state": "listening"}));
    let options = StreamOptions {
        rate,
        until_silence: true,
        ..StreamOptions::default()
    };
    // A question goes back to the page that gave rise to it.
    let source = format!("page:{}", teller.client);
    let mut stream = ears.open(&client, &source, options);
    let heard = timeout(LONGEST, listen(&mut stream, &mut sounds, &teller)).await;
    let utterance = match heard {
        Ok(Ok(utterance)) => utterance,
        Ok(Err(why)) => return teller.fail(&why),
        Err(_) => return teller.fail("nothing was understood in all that time"),
    };
    let text = utterance.text.clone();
    let ear = Ear { source, room: None };
    let mut replies = mouths.add(&ear.source);
    match ears.heard(&ear, utterance).await {
        Verdict::Sentence(text) => {
            teller.say(json!({"state": "heard", "text": text}));
            match timeout(ANSWERED, replies.recv()).await {
                Ok(Some(reply)) => teller.say(json!({"state": "done", "answer": {
                    "text": reply.text, "ok": reply.ok, "confirm": reply.confirm,
                }})),
                _ => teller.fail("it was not answered in time"),
            }
        }
        Verdict::Nothing if text.is_empty() => teller.fail("nothing was understood"),
        Verdict::Nothing => teller.fail(&format!("“{text}” is no sentence I know")),
    }
}

/// Carries sound in until an utterance comes out.
async fn listen(
    stream: &mut Taped,
    sounds: &mut mpsc::Receiver<Bytes>,
    teller: &Teller,
) -> Result<Utterance, String> {
    let mut more = true;
    loop {
        tokio::select! {
            sound = timeout(STALLED, sounds.recv()), if more => match sound {
                Ok(Some(sound)) => {
                    let samples: Vec<i16> = sound
                        .chunks_exact(2)
                        .map(|pair| i16::from_le_bytes([pair[0], pair[1]]))
                        .collect();
                    // What is shed is counted and logged there.
                    let _ = stream.send(&samples);
                }
                // The page said that it was the end, or it is stalled.
                _ => {
                    more = false;
                    stream.end();
                }
            },
            event = stream.next() => match event {
                Some(StreamEvent::Speech) => teller.say(json!({"state": "speech"})),
                Some(StreamEvent::Partial(text)) => teller.say(json!({"state": "speech", "text": text})),
                Some(StreamEvent::Woken(_)) => {}
                Some(StreamEvent::Final(utterance)) => return Ok(utterance),
                Some(StreamEvent::Error(why)) => return Err(why),
                None => return Err("the speech worker has ended".to_owned()),
            },
        }
    }
}
