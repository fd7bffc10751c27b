//! A stream of sound to the speech worker, and what comes back: one satellite, one page, one button.
//!
//! The contract: [`Stream::send`] never waits. Sound that the worker has not taken yet lies in an inlet of
//! its own, at most [`INLET`] long; more is shed and counted. So a stream that floods loses its own sound and
//! nobody else's, and one that stalls costs nothing. Every stream ends by itself: with a last event, then none.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::{Notify, mpsc};

use super::client::VoiceError;
use super::protocol::{MAX_WAKE, Utterance};

/// Sound that waits for the worker, at most.
pub const INLET: Duration = Duration::from_secs(5);

/// Events that nobody took yet, at most.
const EVENTS: usize = 32;

/// How a stream is listened to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct StreamOptions {
    /// Samples per second, 8000 to 48000.
    pub rate: u32,
    /// Nothing counts until one of these wake words was said; none: the first speech counts.
    pub wake: Vec<String>,
    /// After an utterance the next one, until [`Stream::end`].
    pub again: bool,
    /// The worker ends an utterance when the speaker falls silent. Implied by `wake` and `again`.
    pub until_silence: bool,
}

/// What a stream tells.
#[derive(Clone, Debug, PartialEq)]
pub enum StreamEvent {
    /// This wake word was said.
    Woken(String),
    /// Somebody begins to speak.
    Speech,
    /// What was understood so far.
    Partial(String),
    /// What was said; the stream's last event, unless its options say `again`.
    Final(Utterance),
    /// Why the stream is over; its last event.
    Error(String),
}

/// Where a stream's sound waits for the worker.
#[derive(Debug)]
pub(super) struct Inlet {
    waiting: Mutex<Waiting>,
    limit: usize,
    /// Wakes the client's task: there is something to carry.
    work: Arc<Notify>,
    /// Wakes the sender: there is room again.
    room: Notify,
}

/// An inlet's content.
#[derive(Debug, Default)]
pub(super) struct Waiting {
    /// Bytes of sound.
    pub(super) sound: VecDeque<u8>,
    /// No more sound will come.
    pub(super) ended: bool,
    /// Nobody wants the answer any more.
    pub(super) dropped: bool,
    /// The stream is over: sound is refused.
    pub(super) over: bool,
    /// Samples that were shed.
    shed: u32,
}

impl Inlet {
    pub(super) fn lock(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes at most so many bytes out.
    pub(super) fn take(&self, bytes: usize) -> Vec<u8> {
        let mut waiting = self.lock();
        let bytes = bytes.min(waiting.sound.len());
        let piece = waiting.sound.drain(..bytes).collect();
        if waiting.sound.len() <= self.limit / 2 {
            self.room.notify_waiters();
        }
        piece
    }

    pub(super) fn close(&self) {
        let mut waiting = self.lock();
        waiting.over = true;
        waiting.sound = VecDeque::new();
        self.room.notify_waiters();
    }
}

/// The client's end of a new stream.
#[derive(Debug)]
pub(super) struct Opening {
    pub(super) options: StreamOptions,
    pub(super) inlet: Arc<Inlet>,
    pub(super) events: mpsc::Sender<Told>,
}

impl Opening {
    /// Ends the stream before it began.
    pub(super) fn refuse(&self, why: VoiceError) {
        self.inlet.close();
        // The channel is empty: nothing was told yet.
        let _ = self.events.try_send(Err(why));
    }
}

/// What the client tells a stream.
pub(super) type Told = Result<StreamEvent, VoiceError>;

/// A stream of sound under way; see the module. Dropping it ends it.
#[derive(Debug)]
pub struct Stream {
    inlet: Arc<Inlet>,
    events: mpsc::Receiver<Told>,
    /// An error was taken: it was the last.
    failed: bool,
}

impl Stream {
    /// Both ends of a stream.
    pub(super) fn new(mut options: StreamOptions, work: Arc<Notify>) -> (Self, Opening) {
        options.wake.truncate(MAX_WAKE);
        let (tell, events) = mpsc::channel(EVENTS);
        let rate = usize::try_from(options.rate.clamp(8_000, 48_000)).unwrap_or(48_000);
        let inlet = Arc::new(Inlet {
            waiting: Mutex::default(),
            limit: rate * 2 * usize::try_from(INLET.as_secs()).unwrap_or(5),
            work,
            room: Notify::new(),
        });
        let opening = Opening {
            options,
            inlet: Arc::clone(&inlet),
            events: tell,
        };
        let stream = Self {
            inlet,
            events,
            failed: false,
        };
        (stream, opening)
    }

    /// Hands on sound; never waits.
    ///
    /// # Errors
    /// [`VoiceError::Busy`] when too much waits already: the sound is shed and counted.
    /// [`VoiceError::NotReady`] when the stream is over.
    pub fn send(&self, samples: &[i16]) -> Result<(), VoiceError> {
        let mut waiting = self.inlet.lock();
        if waiting.over || waiting.ended {
            return Err(VoiceError::NotReady("the stream is over".to_owned()));
        }
        if waiting.sound.len() + 2 * samples.len() > self.inlet.limit {
            if waiting.shed == 0 {
                tracing::warn!(
                    "voice: a stream sends more than is taken: some of its sound is lost"
                );
            }
            let lost = u32::try_from(samples.len()).unwrap_or(u32::MAX);
            waiting.shed = waiting.shed.saturating_add(lost);
            return Err(VoiceError::Busy);
        }
        waiting
            .sound
            .extend(samples.iter().flat_map(|s| s.to_le_bytes()));
        drop(waiting);
        self.inlet.work.notify_one();
        Ok(())
    }

    /// All of a recording at once, whatever its length.
    pub(super) fn fill(&self, samples: &[i16]) {
        let mut waiting = self.inlet.lock();
        waiting
            .sound
            .extend(samples.iter().flat_map(|s| s.to_le_bytes()));
        waiting.ended = true;
    }

    /// Waits until there is room for half of what may wait, or the stream is over: for whoever has a
    /// recording and not a microphone.
    pub async fn room(&self) {
        loop {
            let room = self.inlet.room.notified();
            {
                let waiting = self.inlet.lock();
                if waiting.over || waiting.sound.len() <= self.inlet.limit / 2 {
                    return;
                }
            }
            room.await;
        }
    }

    /// No more sound comes; the last [`StreamEvent::Final`] follows.
    pub fn end(&self) {
        self.inlet.lock().ended = true;
        self.inlet.work.notify_one();
    }

    /// What happens next; none when the stream is over. Safe to cancel.
    pub async fn next(&mut self) -> Option<StreamEvent> {
        self.told()
            .await
            .map(|told| told.unwrap_or_else(|error| StreamEvent::Error(error.to_string())))
    }

    /// The same, with the error as it is.
    pub(super) async fn told(&mut self) -> Option<Told> {
        if self.failed {
            return None;
        }
        let told = self.events.recv().await;
        self.failed = matches!(told, Some(Err(_)));
        told
    }

    /// Samples that were shed so far.
    #[must_use]
    pub fn shed(&self) -> u32 {
        self.inlet.lock().shed
    }
}

impl Drop for Stream {
    fn drop(&mut self) {
        self.inlet.lock().dropped = true;
        self.inlet.work.notify_one();
    }
}
