//! In place of speech, for a program that understands no sentences: nobody listens, nothing is said.

use crate::ask::Ask;
pub use crate::ask::Reply;
use crate::config::Config;
use crate::hub::Hub;
use crate::parts::NO_SENTENCES;
use crate::status;

/// Nobody who could say something.
#[derive(Clone, Copy, Debug, Default)]
pub struct Mouths;

impl Mouths {
    /// Says nothing.
    #[expect(clippy::needless_pass_by_value, reason = "as the other one")]
    pub fn say(self, _: &str, _: Reply) {}
}

/// No ears.
#[derive(Debug)]
pub struct Voice {
    shown: status::Voice,
}

impl Voice {
    /// Says so where the configuration wants more.
    #[must_use]
    pub fn open(config: &Config) -> Self {
        let voice = &config.voice;
        if voice.listens() {
            tracing::warn!("voice: {NO_SENTENCES}");
        }
        Self {
            shown: status::Voice {
                language: voice.language.clone(),
                absent: true,
                ..status::Voice::default()
            },
        }
    }

    /// There is nothing to start.
    pub const fn start(&mut self) -> bool {
        false
    }

    /// Nobody can listen.
    pub fn listen(&self, _: Option<&str>) {
        tracing::warn!("nobody can listen: {NO_SENTENCES}");
    }

    /// Nobody.
    #[must_use]
    pub const fn mouths(&self) -> Mouths {
        Mouths
    }

    /// Nobody to forward names to.
    pub const fn learn(&mut self, _: &Hub) {}

    /// There is no sound to be kept.
    ///
    /// # Errors
    /// When some is to be.
    pub fn keep(&self, minutes: u32) -> Result<Option<status::Kept>, String> {
        match minutes {
            0 => Ok(None),
            _ => Err(NO_SENTENCES.to_owned()),
        }
    }

    /// Off.
    #[must_use]
    pub fn status(&self) -> status::Voice {
        self.shown.clone()
    }

    /// Never.
    pub async fn next(&mut self, _: &Hub) -> Ask {
        std::future::pending().await
    }
}
