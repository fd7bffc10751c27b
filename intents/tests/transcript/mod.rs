//! How transcripts write a command: `HassTurnOn name=Bedroom Lamp`, its slots by their names.

use intents::Match;

pub(crate) fn show(found: &Match) -> String {
    let mut slots: Vec<String> = found
        .slots
        .iter()
        .map(|slot| format!(" {}={}", slot.name, slot.value))
        .collect();
    slots.sort();
    found.intent.clone() + &slots.concat()
}
