//! Spoken cases: the recognised text must lead to the same intent and slots as the written one.
//!
//! A line is `{wav, language, text}`; the WAV is looked for beside the file of cases, then in the shared
//! folder. A text that is no command at all must be heard as no command. The home is
//! `tests/homes/speech-LANGUAGE.json`, the grammar is made from it and Hearth's own sentences, the model
//! is the one `make test-data` fetched (`vosk-LANGUAGE`).

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use intents::voice::Wav;
use intents::worker::Ears;
use intents::{Context, Engine, Home, Match, NoMatch};
use serde_json::Value as Json;

use super::{Lines, Options, Tally};
use crate::places::{data_folder, root, shared};

struct Listener {
    engine: Engine,
    ears: Ears,
}

impl Listener {
    fn new(language: &str) -> Result<Self, String> {
        let home = root().join(format!("tests/homes/speech-{language}.json"));
        let text =
            std::fs::read_to_string(&home).map_err(|e| format!("{}: {e}", home.display()))?;
        let home: Home =
            serde_json::from_str(&text).map_err(|e| format!("{}: {e}", home.display()))?;
        let mut engine = Engine::new(language).map_err(|e| e.to_string())?;
        engine.set_home(&home);
        let mut ears = Ears::load(
            &data_folder().join("vosk/libvosk.so"),
            &data_folder().join(format!("vosk-{language}")),
        )
        .map_err(|e| format!("{e} (`make test-data` fetches library and model)"))?;
        let report = ears
            .set_grammar(&engine.grammar().phrases)
            .map_err(|e| e.to_string())?;
        println!(
            "{language}: {} phrases of {} words; not in the model: {}",
            report.phrases,
            report.words,
            report.unknown.join(", ")
        );
        Ok(Self { engine, ears })
    }
}

/// Runs the cases.
///
/// # Errors
/// When a line has another form, a WAV cannot be read, or library and model are not there.
pub fn run(_: &Options, lines: &mut Lines<'_>, tally: &mut Tally) -> Result<(), String> {
    let mut listeners: HashMap<String, Listener> = HashMap::new();
    let context = Context::default();
    let mut commands = 0;
    for line in lines {
        let (place, line) = line?;
        let field = |key: &str| {
            line[key]
                .as_str()
                .ok_or_else(|| format!("{place}: no `{key}`"))
        };
        let (language, text) = (field("language")?, field("text")?);
        if !listeners.contains_key(language) {
            listeners.insert(language.to_owned(), Listener::new(language)?);
        }
        let Some(listener) = listeners.get(language) else {
            continue;
        };
        let path = find(&place, field("wav")?);
        let bytes =
            std::fs::read(&path).map_err(|e| format!("{place}: {}: {e}", path.display()))?;
        let wav = Wav::parse(&bytes).map_err(|e| format!("{place}: {}: {e}", path.display()))?;
        let heard = listener
            .ears
            .hear(wav.rate, &wav.samples)
            .map_err(|e| format!("{place}: {e}"))?;
        let expected = listener.engine.recognize(text, &context);
        commands += usize::from(expected.is_ok());
        let got = listener.engine.understand(heard.texts(), &context);
        let equal = meaning(&expected) == meaning(&got);
        tally.count(
            &place,
            &format!("{text:?} heard as {:?}", heard.text),
            &Json::from(meaning(&expected)),
            &Json::from(meaning(&got)),
            equal,
        );
    }
    println!("{commands} of the texts are commands");
    Ok(())
}

/// Intent and slots as one text; empty for none.
fn meaning(result: &Result<Match, NoMatch>) -> String {
    let Ok(found) = result else {
        return String::new();
    };
    let mut slots: Vec<String> = found
        .slots
        .iter()
        .map(|slot| format!(" {}={}", slot.name, slot.value))
        .collect();
    slots.sort();
    format!("{}{}", found.intent, slots.concat())
}

fn find(place: &str, wav: &str) -> PathBuf {
    let cases = place.rsplit_once(':').map_or(place, |(file, _)| file);
    let beside = Path::new(cases).parent().map(|folder| folder.join(wav));
    beside
        .into_iter()
        .chain([
            shared().join(wav),
            shared().join("facts/voice/audio").join(wav),
        ])
        .find(|path| path.exists())
        .unwrap_or_else(|| PathBuf::from(wav))
}
