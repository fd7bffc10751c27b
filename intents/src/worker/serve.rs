//! The protocol's other side: requests in, what was heard out.
//!
//! One thread owns the model and does everything that matters; it takes [`Event`]s from a bounded queue.
//! A thread reads the connection, another one the microphone; a full queue makes them wait.

use std::io::{BufRead, BufReader, Read, Write};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::thread;
use std::time::Instant;

use super::recognizer::{Ears, WorkerError};
use super::sources::{self, Recorder};
use super::stream::{Outcome, Stream};
use crate::ear::wake::Catalogue;
use crate::ear::{self, Ear};
use crate::voice::protocol::{
    MAX_AUDIO, MAX_LINE, MAX_STREAMS, MAX_WAKE, Reply, Request, STALL, VERSION, line,
};

/// Pieces of sound and requests that may wait: little, so that no stream's sound waits long behind another's.
const QUEUE: usize = 16;

/// What happens to the worker.
enum Event {
    /// Somebody connected: where to write.
    Connected(Box<dyn Write + Send>),
    /// They asked for something.
    Asked(Request),
    /// They sent sound for this stream, or for the latest, at this moment.
    Sent(Option<u32>, Vec<u8>, Instant),
    /// There are no more connections.
    Over,
    /// They wrote something that is no request.
    Nonsense(String),
    /// They are gone.
    Gone,
    /// The microphone of this listening heard.
    Sound(u32, Vec<i16>, Instant),
    /// The microphone of this listening ended.
    Silent(u32, String),
}

/// Where connections come from: calls its argument with each one's two halves, one after the other.
pub(crate) type Connections =
    Box<dyn FnOnce(&mut dyn FnMut(Box<dyn Read + Send>, Box<dyn Write + Send>)) + Send>;

/// Serves connections until there are no more.
pub(crate) fn serve(ears: Ears, recorder: String, wake: Catalogue, connections: Connections) {
    let (send, events) = sync_channel(QUEUE);
    let reader = send.clone();
    thread::spawn(move || {
        connections(&mut |read, write| {
            if reader.send(Event::Connected(write)).is_ok() {
                requests(read, &reader);
                let _ = reader.send(Event::Gone);
            }
        });
        // The queue stays open for the microphone's sake: say that this is the end.
        let _ = reader.send(Event::Over);
    });
    Worker {
        ears,
        recorder,
        wake,
        send,
        out: None,
        streams: Vec::new(),
        latest: None,
    }
    .run(&events);
}

/// Reads what a client sends to its end or until it makes no sense: how many requests there were, and how
/// many bytes of sound. What a fuzzer asks.
#[must_use]
pub fn requests_of(read: impl Read + Send + 'static) -> (usize, usize) {
    let (send, take) = sync_channel(16);
    let reader = std::thread::spawn(move || requests(Box::new(read), &send));
    let read = take
        .iter()
        .fold((0, 0), |(asked, sound), event| match event {
            Event::Asked(_) => (asked + 1, sound),
            Event::Sent(_, bytes, _) => (asked + 1, sound + bytes.len()),
            _ => (asked, sound),
        });
    // It panics here if the reader did.
    if let Err(panic) = reader.join() {
        std::panic::resume_unwind(panic);
    }
    read
}

/// Reads requests until the connection ends.
fn requests(read: Box<dyn Read + Send>, events: &SyncSender<Event>) {
    let mut read = BufReader::new(read);
    loop {
        let mut text = Vec::new();
        let limit = u64::try_from(MAX_LINE).unwrap_or(u64::MAX);
        match (&mut read).take(limit).read_until(b'\n', &mut text) {
            Ok(0) | Err(_) => return,
            Ok(_) => {}
        }
        if text.last() != Some(&b'\n') {
            let _ = events.send(Event::Nonsense("a line is too long or cut off".to_owned()));
            return;
        }
        let event = match serde_json::from_slice::<Request>(&text) {
            Ok(Request::Audio { bytes, .. }) if bytes > MAX_AUDIO || bytes % 2 != 0 => {
                // What follows cannot be told from requests any more.
                let _ = events.send(Event::Nonsense(format!("{bytes} bytes of sound")));
                return;
            }
            Ok(Request::Audio { id, bytes }) => {
                let mut sound = vec![0; bytes];
                if read.read_exact(&mut sound).is_err() {
                    return;
                }
                Event::Sent(id, sound, Instant::now())
            }
            Ok(request) => Event::Asked(request),
            Err(error) => Event::Nonsense(error.to_string()),
        };
        if events.send(event).is_err() {
            return;
        }
    }
}

struct Worker {
    ears: Ears,
    recorder: String,
    wake: Catalogue,
    send: SyncSender<Event>,
    out: Option<Box<dyn Write + Send>>,
    streams: Vec<Stream>,
    /// Where sound without an id belongs.
    latest: Option<u32>,
}

impl Worker {
    fn run(mut self, events: &Receiver<Event>) {
        loop {
            let event = match self.stall() {
                Some(until) => {
                    let now = Instant::now();
                    match events.recv_timeout(until.saturating_duration_since(now)) {
                        Err(RecvTimeoutError::Timeout) => {
                            self.stalled();
                            continue;
                        }
                        other => other.ok(),
                    }
                }
                None => events.recv().ok(),
            };
            match event {
                None | Some(Event::Over) => return,
                Some(Event::Connected(out)) => {
                    self.out = Some(out);
                    let hello = Reply::Hello {
                        version: VERSION,
                        model: self.ears.name().to_owned(),
                        grammar: self.ears.takes_grammar(),
                        wake: self.wake.names(),
                    };
                    self.say(&hello);
                }
                Some(Event::Gone) => {
                    self.out = None;
                    self.streams.clear();
                }
                Some(Event::Nonsense(what)) => self.fail(0, &format!("no request: {what}")),
                Some(Event::Asked(request)) => self.asked(request),
                Some(Event::Sent(id, bytes, at)) => {
                    if let Some(id) = id.or(self.latest) {
                        self.heard(id, &sources::samples(&bytes), at);
                    }
                }
                Some(Event::Sound(id, samples, at)) => self.heard(id, &samples, at),
                Some(Event::Silent(id, reason)) => {
                    if self.close(id).is_some() {
                        self.fail(id, &reason);
                    }
                }
            }
        }
    }

    /// When the first stream that waits for sound is over.
    fn stall(&self) -> Option<Instant> {
        self.streams
            .iter()
            .filter_map(|stream| stream.heard.checked_add(STALL))
            .min()
    }

    /// Ends the streams whose sound stays away.
    fn stalled(&mut self) {
        let over: Vec<u32> = self
            .streams
            .iter()
            .filter(|stream| stream.heard.elapsed() >= STALL)
            .map(|stream| stream.id)
            .collect();
        for id in over {
            self.close(id);
            self.fail(id, &format!("no sound for {} s", STALL.as_secs()));
        }
    }

    fn say(&mut self, reply: &Reply) {
        let Some(out) = &mut self.out else { return };
        let written = line(reply)
            .map_err(std::io::Error::other)
            .and_then(|line| out.write_all(&line))
            .and_then(|()| out.flush());
        if written.is_err() {
            self.out = None;
        }
    }

    fn fail(&mut self, id: u32, reason: &str) {
        self.say(&Reply::Error {
            id,
            reason: reason.to_owned(),
        });
    }

    fn close(&mut self, id: u32) -> Option<Stream> {
        let at = self.streams.iter().position(|stream| stream.id == id)?;
        Some(self.streams.remove(at))
    }

    fn asked(&mut self, request: Request) {
        match request {
            Request::Grammar { phrases } => match self.ears.set_grammar(&phrases) {
                Ok(report) => self.say(&Reply::Grammar {
                    phrases: report.phrases,
                    words: report.words,
                    unknown: report.unknown,
                }),
                Err(error) => self.fail(0, &error.to_string()),
            },
            Request::Start {
                id,
                rate,
                until_silence,
                wake,
                again,
            } => {
                let options = ear::Options {
                    again,
                    until_silence: until_silence || !wake.is_empty(),
                };
                self.latest = Some(id);
                let opened = if (8_000..=48_000).contains(&rate) {
                    self.room(id).and_then(|()| self.ear(options, &wake))
                } else {
                    Err(WorkerError::Rate(rate).to_string())
                };
                match opened {
                    Ok(ear) => self.streams.push(Stream::new(id, rate, ear, again)),
                    Err(reason) => self.fail(id, &reason),
                }
            }
            // Its sound comes as another event.
            Request::Audio { .. } => {}
            Request::End { id } => {
                if let Some(mut stream) = self.close(id) {
                    let mut replies = Vec::new();
                    let done = stream.end(&self.ears, Instant::now(), &mut replies);
                    self.tell(id, done, &replies);
                }
            }
            Request::Listen { id, device, wake } => {
                let opened = self
                    .room(id)
                    .and_then(|()| self.microphone(id, &device, &wake));
                match opened {
                    Ok(stream) => self.streams.push(stream),
                    Err(reason) => self.fail(id, &reason),
                }
            }
        }
    }

    /// Room for one more stream; one with the same id is over.
    fn room(&mut self, id: u32) -> Result<(), String> {
        if self.close(id).is_some() {
            self.fail(id, "another stream began with the same id");
        }
        if self.streams.len() >= MAX_STREAMS {
            return Err(format!("{MAX_STREAMS} streams are under way already"));
        }
        Ok(())
    }

    fn ear(&mut self, options: ear::Options, wake: &[String]) -> Result<Ear, String> {
        if wake.len() > MAX_WAKE {
            return Err(format!("more than {MAX_WAKE} wake words"));
        }
        let words: Result<Vec<_>, _> = wake.iter().map(|name| self.wake.find(name)).collect();
        let words = words.map_err(|error| error.to_string())?;
        Ok(Ear::new(options, &words))
    }

    fn tell(&mut self, id: u32, outcome: Outcome, replies: &[Reply]) {
        for reply in replies {
            self.say(reply);
        }
        match outcome {
            Outcome::Open => {}
            Outcome::Over => {
                self.close(id);
            }
            Outcome::Failed(reason) => {
                self.close(id);
                self.fail(id, &reason);
            }
        }
    }

    /// Sound of a stream.
    fn heard(&mut self, id: u32, samples: &[i16], at: Instant) {
        let Some(stream) = self.streams.iter_mut().find(|stream| stream.id == id) else {
            return;
        };
        let mut replies = Vec::new();
        let outcome = stream.accept(&self.ears, samples, at, &mut replies);
        self.tell(id, outcome, &replies);
    }

    fn microphone(&mut self, id: u32, device: &str, wake: &[String]) -> Result<Stream, String> {
        let options = ear::Options {
            again: true,
            until_silence: true,
        };
        let ear = self.ear(options, wake)?;
        let (recorder, sound, rate) = Recorder::start(&self.recorder, device)?;
        let events = self.send.clone();
        thread::spawn(move || {
            let ended = sources::pieces(sound, rate, |piece| {
                events.send(Event::Sound(id, piece, Instant::now())).is_ok()
            });
            let reason = match ended {
                Ok(()) => "the microphone's recorder ended".to_owned(),
                Err(error) => format!("the microphone's recorder: {error}"),
            };
            let _ = events.send(Event::Silent(id, reason));
        });
        Ok(Stream::new(id, rate, ear, true).with(recorder))
    }
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use proptest::prelude::*;

    use super::*;

    /// What a client's bytes become, as text.
    fn events(bytes: &[u8]) -> Vec<String> {
        let (send, take) = sync_channel(4096);
        requests(Box::new(Cursor::new(bytes.to_vec())), &send);
        drop(send);
        take.iter()
            .map(|event| match event {
                Event::Asked(request) => format!("{request:?}"),
                Event::Sent(id, sound, _) => format!("{id:?}: {} bytes", sound.len()),
                Event::Nonsense(what) => format!("nonsense: {what}"),
                _ => "another".to_owned(),
            })
            .collect()
    }

    #[test]
    fn sound_follows_its_line_and_nonsense_ends_what_cannot_be_told_apart() {
        let mut bytes = b"{\"type\":\"audio\",\"id\":7,\"bytes\":4}\n\n\n\n\n".to_vec();
        bytes.extend(b"{\"type\":\"end\",\"id\":7}\n{\"type\":\"audio\",\"bytes\":96002}\nxx");
        assert_eq!(
            events(&bytes),
            [
                "Some(7): 4 bytes",
                "End { id: 7 }",
                "nonsense: 96002 bytes of sound"
            ]
        );
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_to_their_end(
            pieces in prop::collection::vec(
                prop_oneof![
                    prop::collection::vec(any::<u8>(), 0..40),
                    Just(b"{\"type\":\"audio\",\"id\":1,\"bytes\":6}\n".to_vec()),
                    Just(b"{\"type\":\"start\",\"id\":1,\"rate\":16000,\"wake\":[\"x\"]}\n".to_vec()),
                    Just(b"{\"type\":\"end\",\"id\":4294967295}\n".to_vec()),
                    Just(b"\n".to_vec()),
                ],
                0..40,
            )
        ) {
            let bytes = pieces.concat();
            prop_assert!(events(&bytes).len() <= bytes.len());
        }
    }
}
