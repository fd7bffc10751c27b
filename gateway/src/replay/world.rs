//! The world around a replayed hub: messages are kept, nothing else leaves.

use bytes::Bytes;
use radios::{Command, CommandError, Radio};
use tokio::time::Instant;

use super::Published;
use crate::config::{Level, Secret};
use crate::hub::{Answer, CallId, ClientId, Document, Hub, Input, Publish, StoreToken};
use crate::run::{Commands, World};

/// Messages kept; a trace that yields more is cut.
const MOST: usize = 1_000_000;

pub(super) struct Recorded {
    radios: Commands,
    began: Instant,
    published: Vec<Published>,
}

impl Recorded {
    pub(super) fn new(radios: Commands) -> Self {
        Self {
            radios,
            began: Instant::now(),
            published: Vec::new(),
        }
    }

    pub(super) fn into_published(self) -> Vec<Published> {
        self.published
    }
}

impl World for Recorded {
    fn publish(&mut self, publish: Publish) {
        if self.published.len() < MOST {
            let payload = crate::trace::What::payload(&publish.payload);
            self.published.push(Published::new(
                self.began.elapsed().as_secs_f64(),
                &publish.topic,
                &payload,
                publish.retain,
            ));
        }
    }

    fn tell(&mut self, _: ClientId, _: &str, _: &Bytes) {}

    fn command(&mut self, radio: Radio, command: Command) -> Result<(), CommandError> {
        self.radios.send(radio, command)
    }

    /// The trace tells when it was on disk.
    fn store(&mut self, _: StoreToken, _: Document, _: Secret<Bytes>) -> Option<Input> {
        None
    }

    fn answer(&mut self, _: CallId, _: Answer) {}

    fn log(&mut self, level: Level, message: &str) {
        tracing::debug!(target: "hearth::replay", "{}: {message}", level.name());
    }

    fn listen(&mut self, _: Option<&str>) {}

    fn home_changed(&mut self, _: &Hub) {}
}
