//! Voice satellites: one task for each that the configuration names.
//!
//! The contract: [`crate::wyoming::satellite`] says what to do; here it is done. A satellite that stalls, floods,
//! hangs up or sends garbage costs its own connection, which is tried again after a pause that grows.

use std::future::{Future, pending};
use std::pin::Pin;
use std::time::Duration;

use intents::voice::{StreamEvent, StreamOptions};
use tokio::net::TcpStream;
use tokio::sync::mpsc;
use tokio::time::{Instant, sleep, sleep_until, timeout};

use super::sound::Sound;
use super::speech::Mouth;
use super::tapes::Taped;
use super::{Ear, Ears, Reply, Verdict};
use crate::config;
use crate::wyoming::link::{Link, LinkError};
use crate::wyoming::satellite::{Do, Satellite};

/// Calling takes no longer.
const CALL: Duration = Duration::from_secs(10);

/// Between two calls: doubled each time, up to the last.
const BACK_OFF: (Duration, Duration) = (Duration::from_secs(1), Duration::from_secs(60));

/// A connection that lasted this long was well: the waiting begins anew.
const WELL: Duration = Duration::from_secs(30);

/// Keeps in touch with the satellite `name`.
pub(super) async fn run(
    name: String,
    satellite: config::Satellite,
    ears: Ears,
    mouth: Mouth,
    mut replies: mpsc::Receiver<Reply>,
) {
    let ear = Ear {
        source: format!("satellite:{name}"),
        room: satellite.room.clone(),
    };
    let place = satellite
        .server
        .strip_prefix("tcp://")
        .unwrap_or(&satellite.server)
        .to_owned();
    let mut wait = BACK_OFF.0;
    let mut last = String::new();
    loop {
        let begun = Instant::now();
        let why = match timeout(CALL, TcpStream::connect(&place)).await {
            Err(_) => "it does not answer".to_owned(),
            Ok(Err(error)) => error.to_string(),
            Ok(Ok(stream)) => {
                let mut visit = Visit {
                    name: &name,
                    ear: &ear,
                    wake: &satellite.wake,
                    ears: ears.clone(),
                    mouth: &mouth,
                    link: Link::new(stream),
                    stream: None,
                    began: begun,
                };
                let why = visit.run(&mut replies).await;
                why.to_string()
            }
        };
        if begun.elapsed() > WELL {
            wait = BACK_OFF.0;
            last.clear();
        }
        // The same reason is told once.
        if why == last {
            tracing::debug!("satellite {name} at {place}: {why}");
        } else {
            tracing::warn!(
                "satellite {name} at {place}: {why}; trying again every {} s or less often",
                wait.as_secs()
            );
            last = why;
        }
        // What was to be said in the meantime is not said later.
        let pause = sleep(wait);
        tokio::pin!(pause);
        loop {
            tokio::select! {
                () = &mut pause => break,
                Some(_) = replies.recv() => {}
            }
        }
        wait = (wait * 2).min(BACK_OFF.1);
    }
}

/// Why a visit is over.
#[derive(Debug, thiserror::Error)]
enum Leaving {
    #[error(transparent)]
    Link(#[from] LinkError),
    #[error("{0}")]
    Reason(&'static str),
}

/// One connection to a satellite.
struct Visit<'a> {
    name: &'a str,
    ear: &'a Ear,
    wake: &'a [String],
    ears: Ears,
    mouth: &'a Mouth,
    link: Link,
    stream: Option<Taped>,
    began: Instant,
}

type Telling<'a> = Option<Pin<Box<dyn Future<Output = Verdict> + Send + 'a>>>;
type Speaking<'a> =
    Option<Pin<Box<dyn Future<Output = (Reply, Option<(Sound, bool)>)> + Send + 'a>>>;

/// What comes next.
enum Next {
    Came(crate::wyoming::message::Message, Vec<u8>),
    Heard(Option<StreamEvent>),
    Said(Verdict),
    Reply(Reply),
    Spoken(Reply, Option<(Sound, bool)>),
    Called,
    Replaced,
    Tick,
}

impl<'a> Visit<'a> {
    fn now(&self) -> Duration {
        self.began.elapsed()
    }

    async fn run(&mut self, replies: &mut mpsc::Receiver<Reply>) -> Leaving {
        match self.talk(replies).await {
            Err(leaving) => leaving,
            Ok(never) => match never {},
        }
    }

    async fn talk(
        &mut self,
        replies: &mut mpsc::Receiver<Reply>,
    ) -> Result<std::convert::Infallible, Leaving> {
        let language = self.mouth.language().to_owned();
        let (mut satellite, mut todo) = Satellite::new(self.wake.to_vec(), language, self.now());
        let mut telling: Telling<'a> = None;
        let mut speaking: Speaking<'a> = None;
        let mut greeted = false;
        let mut calls = self.ears.calls(self.ear);
        loop {
            for act in todo {
                self.act(act, &mut satellite, &mut telling, &mut speaking)?;
            }
            if !greeted && let Some(called) = satellite.name() {
                greeted = true;
                tracing::info!("satellite {}: connected, it is \"{called}\"", self.name);
            }
            let until = self.began + satellite.deadline();
            let next = tokio::select! {
                came = self.link.next() => { let (message, payload) = came?; Next::Came(message, payload) }
                heard = hear(&mut self.stream) => Next::Heard(heard),
                said = done(&mut telling) => Next::Said(said),
                (reply, sound) = done(&mut speaking) => Next::Spoken(reply, sound),
                // One thing is said at a time.
                Some(reply) = replies.recv(), if speaking.is_none() => Next::Reply(reply),
                () = calls.next() => Next::Called,
                () = self.ears.replaced() => Next::Replaced,
                () = sleep_until(until) => Next::Tick,
            };
            let now = self.now();
            todo = match next {
                Next::Came(message, payload) => satellite.came(message, &payload, now),
                Next::Heard(Some(event)) => satellite.heard(event, now),
                Next::Heard(None) => {
                    self.stream = None;
                    satellite.lost(now)
                }
                Next::Said(verdict) => satellite.said(verdict, now),
                Next::Reply(reply) => satellite.reply(reply, now),
                Next::Spoken(reply, sound) => match sound {
                    Some((sound, words)) => {
                        let length = Duration::from_millis(sound.milliseconds());
                        let text = words.then_some(reply.text.as_str());
                        let todo = satellite.speaking(text, length, now);
                        for act in todo {
                            self.act(act, &mut satellite, &mut telling, &mut speaking)?;
                        }
                        self.link.play(&sound)?;
                        Vec::new()
                    }
                    None => satellite.speaking(None, Duration::ZERO, now),
                },
                Next::Called => satellite.called(now),
                Next::Replaced => satellite.lost(now),
                Next::Tick => satellite.tick(now),
            };
        }
    }

    fn act(
        &mut self,
        act: Do,
        satellite: &mut Satellite,
        telling: &mut Telling<'a>,
        speaking: &mut Speaking<'a>,
    ) -> Result<(), Leaving> {
        match act {
            Do::Send(message) => self.link.send(&message)?,
            Do::Play(earcon) => {
                if let Some(sound) = self.mouth.tone(earcon) {
                    self.link.play(&sound)?;
                }
            }
            Do::Speak(reply) => {
                let mouth = self.mouth;
                *speaking = Some(Box::pin(async move {
                    let sound = mouth.speak(&reply).await;
                    (reply, sound)
                }));
            }
            Do::Open { rate, wake, again } => {
                let options = StreamOptions {
                    rate,
                    wake,
                    again,
                    until_silence: true,
                };
                match self.ears.now() {
                    Some(client) => {
                        let source = &self.ear.source;
                        self.stream = Some(self.ears.open(&client, source, options));
                    }
                    None => {
                        let why = "the speech model is not ready yet".to_owned();
                        let todo = satellite.heard(StreamEvent::Error(why), self.now());
                        for act in todo {
                            self.act(act, satellite, telling, speaking)?;
                        }
                    }
                }
            }
            Do::Hear(samples) => {
                if let Some(stream) = &mut self.stream {
                    // What is too much is shed there, and counted.
                    let _ = stream.send(&samples);
                }
            }
            Do::End => {
                if let Some(stream) = &self.stream {
                    stream.end();
                }
            }
            Do::Drop => self.stream = None,
            Do::Tell(utterance) => {
                let (ears, ear) = (self.ears.clone(), self.ear);
                *telling = Some(Box::pin(async move { ears.heard(ear, utterance).await }));
            }
            Do::Leave(reason) => return Err(Leaving::Reason(reason)),
        }
        Ok(())
    }
}

/// The next event of a stream, if one is open.
async fn hear(stream: &mut Option<Taped>) -> Option<StreamEvent> {
    match stream {
        Some(stream) => stream.next().await,
        None => pending().await,
    }
}

/// What a future came to, if one is under way.
async fn done<T>(under_way: &mut Option<Pin<Box<dyn Future<Output = T> + Send + '_>>>) -> T {
    let result = match under_way {
        Some(future) => future.await,
        None => pending().await,
    };
    *under_way = None;
    result
}
