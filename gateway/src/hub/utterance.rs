//! Sentences, said or typed.

use super::{Answer, Effect, Hub, Now, Utterance};

impl Hub {
    pub(super) fn say(&mut self, _payload: &[u8], _now: Now) {}

    pub(super) fn utterance(&mut self, utterance: &Utterance, _now: Now) {
        if let Some(call) = utterance.call {
            self.out.push(Effect::Answer {
                call,
                answer: Answer::default(),
            });
        }
    }
}
