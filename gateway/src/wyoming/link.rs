//! One TCP connection that speaks Wyoming.
//!
//! The contract: [`Link::next`] may be dropped at any time and called again. A peer that floods is read at the
//! speed of `REFILL` and has to wait; one that takes nothing, or leaves an event unfinished, is given up after
//! [`PATIENCE`]; what waits for a peer is at most [`MAX_WAITING`] bytes.

use std::io::ErrorKind;
use std::time::Duration;

use tokio::net::TcpStream;
use tokio::time::{Instant, sleep_until};

use super::event::{Event, ReadError, Reader};
use super::message::{At, Format, Message};
use crate::voice::Sound;

/// Bytes that wait for a peer, at most: half a minute of speech.
pub const MAX_WAITING: usize = 2 << 20;

/// How long a peer may take nothing, or leave an event unfinished.
pub const PATIENCE: Duration = Duration::from_secs(15);

/// Bytes per millisecond that are read on the whole: more than sound at 48 kHz, two channels, needs.
const REFILL: u64 = 256;

/// Bytes that are read at once after a pause: some seconds that were kept before somebody spoke.
const BURST: u64 = 512 * 1024;

/// Bytes of sound in one event.
const CHUNK: usize = 2048;

/// Why a connection is over.
#[derive(Debug, thiserror::Error)]
pub enum LinkError {
    /// The peer closed it.
    #[error("it closed the connection")]
    Closed,
    /// The network.
    #[error("{0}")]
    Io(#[from] std::io::Error),
    /// The peer speaks something else.
    #[error("it speaks no Wyoming: {0}")]
    Read(#[from] ReadError),
    /// The peer takes nothing.
    #[error("it takes nothing any more")]
    Deaf,
    /// The peer stopped within an event.
    #[error("it stopped in the middle of an event")]
    Stalled,
}

/// A connection.
#[derive(Debug)]
pub struct Link {
    stream: TcpStream,
    reader: Reader,
    out: Vec<u8>,
    /// How much of it was sent.
    sent: usize,
    /// Since when nothing was sent though something waits.
    deaf_since: Option<Instant>,
    /// Since when an event is unfinished.
    within_since: Option<Instant>,
    budget: u64,
    refilled: Instant,
    odd: u32,
}

impl Link {
    /// Speaks over `stream`.
    #[must_use]
    pub fn new(stream: TcpStream) -> Self {
        // Small events count, at once; without it they are only slower.
        let _ = stream.set_nodelay(true);
        Self {
            stream,
            reader: Reader::default(),
            out: Vec::new(),
            sent: 0,
            deaf_since: None,
            within_since: None,
            budget: BURST,
            refilled: Instant::now(),
            odd: 0,
        }
    }

    /// Says `message`: on its way while [`Self::next`] or [`Self::flush`] is awaited.
    ///
    /// # Errors
    /// When the peer does not take what was said before.
    pub fn send(&mut self, message: &Message) -> Result<(), LinkError> {
        self.write(&message.event())
    }

    /// Plays `sound`.
    ///
    /// # Errors
    /// As [`Self::send`].
    pub fn play(&mut self, sound: &Sound) -> Result<(), LinkError> {
        let format = Format {
            rate: sound.rate,
            width: 2,
            channels: 1,
            timestamp: Some(0),
        };
        self.send(&Message::AudioStart(format))?;
        let mut at = 0;
        for piece in sound.samples.chunks(CHUNK / 2) {
            self.chunk(&format, at, piece)?;
            at += piece.len();
        }
        self.send(&Message::AudioStop(At {
            timestamp: Some(sound.milliseconds()),
        }))
    }

    /// One piece of sound, `at` samples after its beginning.
    fn chunk(&mut self, format: &Format, at: usize, samples: &[i16]) -> Result<(), LinkError> {
        let message = Message::AudioChunk(Format {
            timestamp: Some(at as u64 * 1000 / u64::from(format.rate.max(1))),
            ..*format
        });
        let bytes = samples.iter().flat_map(|s| s.to_le_bytes()).collect();
        self.write(&message.with(bytes))
    }

    fn write(&mut self, event: &Event) -> Result<(), LinkError> {
        let bytes = event.encode();
        if self.out.len() - self.sent + bytes.len() > MAX_WAITING {
            return Err(LinkError::Deaf);
        }
        if self.out.len() == self.sent {
            self.out.clear();
            self.sent = 0;
            self.deaf_since = Some(Instant::now());
        }
        self.out.extend_from_slice(&bytes);
        Ok(())
    }

    /// The next event that is known here, and its payload. Sends meanwhile what is to be sent.
    ///
    /// # Errors
    /// When the connection is over.
    pub async fn next(&mut self) -> Result<(Message, Vec<u8>), LinkError> {
        loop {
            while let Some(event) = self.reader.event()? {
                self.within_since = None;
                match Message::read(&event) {
                    Ok(Some(message)) => return Ok((message, event.payload)),
                    Ok(None) => tracing::trace!("a Wyoming event of no use: {}", event.kind),
                    Err(error) => {
                        if self.odd == 0 {
                            tracing::warn!("a Wyoming event is passed over: {error}");
                        }
                        self.odd = self.odd.saturating_add(1);
                    }
                }
            }
            self.move_bytes().await?;
        }
    }

    /// Sends what is to be sent.
    ///
    /// # Errors
    /// When the connection is over.
    pub async fn flush(&mut self) -> Result<(), LinkError> {
        while self.sent < self.out.len() {
            let until = self.deaf_since.unwrap_or_else(Instant::now) + PATIENCE;
            tokio::select! {
                ready = self.stream.writable() => { ready?; self.give()?; }
                () = sleep_until(until) => return Err(LinkError::Deaf),
            }
        }
        Ok(())
    }

    /// Some bytes in one direction, or a moment of waiting.
    async fn move_bytes(&mut self) -> Result<(), LinkError> {
        let now = Instant::now();
        self.refill(now);
        if !self.reader.is_within() {
            self.within_since = None;
        } else if self.within_since.is_none() {
            self.within_since = Some(now);
        }
        let waiting = self.sent < self.out.len();
        let deaf = self.deaf_since.filter(|_| waiting).map(|at| at + PATIENCE);
        let stalled = self.within_since.map(|at| at + PATIENCE);
        let patience = [deaf, stalled].into_iter().flatten().min();
        tokio::select! {
            ready = self.stream.readable(), if self.budget > 0 => {
                ready?;
                self.take()?;
            }
            ready = self.stream.writable(), if waiting => {
                ready?;
                self.give()?;
            }
            () = sleep_until(now + Duration::from_millis(20)), if self.budget == 0 => {}
            () = sleep_until(patience.unwrap_or(now)), if patience.is_some() => {
                let deaf = deaf.is_some() && deaf == patience;
                return Err(if deaf { LinkError::Deaf } else { LinkError::Stalled });
            }
        }
        Ok(())
    }

    fn refill(&mut self, now: Instant) {
        let passed = now.duration_since(self.refilled).as_millis();
        if passed > 0 {
            let more = u64::try_from(passed).unwrap_or(u64::MAX);
            self.budget = BURST.min(self.budget.saturating_add(more.saturating_mul(REFILL)));
            self.refilled = now;
        }
    }

    fn take(&mut self) -> Result<(), LinkError> {
        let mut bytes = [0; 8192];
        match self.stream.try_read(&mut bytes) {
            Ok(0) => Err(LinkError::Closed),
            Ok(count) => {
                self.budget = self.budget.saturating_sub(count as u64);
                self.reader.push(bytes.get(..count).unwrap_or_default());
                Ok(())
            }
            Err(error) if error.kind() == ErrorKind::WouldBlock => Ok(()),
            Err(error) => Err(error.into()),
        }
    }

    fn give(&mut self) -> Result<(), LinkError> {
        match self
            .stream
            .try_write(self.out.get(self.sent..).unwrap_or_default())
        {
            Ok(count) => {
                self.sent += count;
                self.deaf_since = Some(Instant::now());
                if self.sent >= self.out.len() {
                    self.out = Vec::new();
                    self.sent = 0;
                } else if self.sent > MAX_WAITING / 4 {
                    self.out.drain(..self.sent);
                    self.sent = 0;
                }
                Ok(())
            }
            Err(error) if error.kind() == ErrorKind::WouldBlock => Ok(()),
            Err(error) => Err(error.into()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::message::{Echo, Nothing};
    use super::*;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::TcpListener;

    async fn pair() -> (Link, TcpStream) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (ours, theirs) = tokio::join!(TcpStream::connect(address), listener.accept());
        (Link::new(ours.unwrap()), theirs.unwrap().0)
    }

    #[tokio::test]
    async fn events_go_both_ways() {
        let (mut link, mut peer) = pair().await;
        link.send(&Message::Describe(Nothing {})).unwrap();
        let unknown = b"{\"type\":\"dance\"}\n{\"type\":\"ping\",\"data\":{\"text\":5}}\n";
        peer.write_all(unknown).await.unwrap();
        let ping = Message::Ping(Echo {
            text: Some("x".into()),
        });
        peer.write_all(&ping.event().encode()).await.unwrap();
        assert_eq!(link.next().await.unwrap(), (ping, Vec::new()));
        link.flush().await.unwrap();
        let mut line = [0; 17];
        peer.read_exact(&mut line).await.unwrap();
        assert_eq!(&line, b"{\"type\":\"describe");
        drop(peer);
        assert!(matches!(
            link.next().await,
            Err(LinkError::Closed | LinkError::Io(_))
        ));
    }

    /// A hundred megabytes at once are read at the speed of a few microphones.
    #[tokio::test]
    async fn a_flood_has_to_wait() {
        let (mut link, mut peer) = pair().await;
        let flood = tokio::spawn(async move {
            let chunk = Message::AudioChunk(Format {
                rate: 16000,
                width: 2,
                channels: 1,
                timestamp: None,
            })
            .with(vec![0; 60_000])
            .encode();
            let mut sent = 0usize;
            while sent < 100 << 20 {
                if peer.write_all(&chunk).await.is_err() {
                    break;
                }
                sent += chunk.len();
            }
        });
        let begun = Instant::now();
        let mut read = 0;
        while begun.elapsed() < Duration::from_millis(400) {
            if let Ok(Ok((_, payload))) =
                tokio::time::timeout(Duration::from_millis(50), link.next()).await
            {
                read += payload.len();
            }
        }
        flood.abort();
        assert!((200_000..1_200_000).contains(&read), "{read} bytes");
    }

    #[tokio::test(start_paused = true)]
    async fn who_stops_within_an_event_is_given_up() {
        let (mut link, mut peer) = pair().await;
        peer.write_all(b"{\"type\":\"audio-ch").await.unwrap();
        assert!(matches!(link.next().await, Err(LinkError::Stalled)));
    }

    #[tokio::test]
    async fn who_takes_nothing_is_given_up() {
        let (mut link, _peer) = pair().await;
        let sound = Sound {
            rate: 22050,
            samples: vec![1; 400_000],
        };
        let mut said = 0;
        while link.play(&sound).is_ok() {
            said += 1;
            assert!(said < 10);
        }
        assert!(said > 0);
    }
}
