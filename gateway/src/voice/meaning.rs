//! Which of the recogniser's readings is meant.

use intents::voice::Utterance;
use intents::{Context, Match};

use crate::hub::Hub;

/// What an utterance comes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Meaning<'u> {
    /// This reading is a sentence.
    Sentence(&'u str),
    /// Two readings are as likely and mean different things.
    Doubt(&'u str, &'u str),
    /// No reading is a sentence: a room is full of talk that is not meant for us.
    Nothing,
}

/// The recogniser's first reading may be no sentence, and its second one is.
pub(super) fn meaning<'u>(hub: &Hub, utterance: &'u Utterance, context: &Context) -> Meaning<'u> {
    if let Some((one, other)) = in_doubt(hub, utterance, context) {
        return Meaning::Doubt(one, other);
    }
    utterance
        .texts()
        .find(|text| hub.understands(text, context))
        .map_or(Meaning::Nothing, Meaning::Sentence)
}

fn in_doubt<'u>(
    hub: &Hub,
    utterance: &'u Utterance,
    context: &Context,
) -> Option<(&'u str, &'u str)> {
    let engine = hub.engine()?;
    let one = utterance.text.as_str();
    let a = engine.understand_all(one, context, None).ok()?;
    utterance.rivals().find_map(|other| {
        let b = engine.understand_all(other, context, None).ok()?;
        let same = a.len() == b.len() && a.iter().zip(&b).all(|(a, b)| alike(a, b));
        (!same).then_some((one, other))
    })
}

fn alike(a: &Match, b: &Match) -> bool {
    a.intent == b.intent
        && a.slots.len() == b.slots.len()
        && a.slots
            .iter()
            .zip(&b.slots)
            .all(|(a, b)| a.name == b.name && a.value == b.value)
}
