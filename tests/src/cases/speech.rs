//! Spoken cases: the recognised text must lead to the same intent and slots as the written one.
//!
//! A line is `{wav, language, text}`; the WAV is looked for beside the file of cases, then in the shared
//! folder. A text that is no command at all must be heard as no command. The home is
//! `tests/homes/speech-LANGUAGE.json`, the model (`vosk-LANGUAGE`) the one `make test-data` fetched, packed for
//! that home and Hearth's own sentences as the gateway does it. Beside it the same table is printed for
//! Vosk's own run-time grammar over the whole model, which is not counted.

use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};

use intents::graph::pack;
use intents::voice::{Utterance, Wav};
use intents::worker::Ears;
use intents::{Context, Engine, Home, Match};
use serde_json::Value as Json;
use tempfile::TempDir;

use super::{Lines, Options, Tally};
use crate::places::{data_folder, root, shared};

struct Listener {
    engine: Engine,
    packed: Ears,
    stock: Ears,
    /// The packed model; removed at the end.
    _folder: TempDir,
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

        let model = data_folder().join(format!("vosk-{language}"));
        let library = data_folder().join("vosk/libvosk.so");
        let missing =
            |e: &dyn std::fmt::Display| format!("{e} (`make test-data` fetches library and model)");
        let folder = TempDir::new().map_err(|e| e.to_string())?;
        let letters = engine.letters().map_err(|e| e.to_string())?;
        let report = pack::pack(&model, &letters, folder.path(), &pack::Options::default())
            .map_err(|e| missing(&e))?;
        println!(
            "{language}: packed {:.0} sentences of {} words: {} states, {} arcs, {} kB",
            report.sentences,
            report.words,
            report.states,
            report.arcs,
            report.bytes / 1000
        );
        for (word, _) in &report.unknown {
            println!("not in the model: {word}");
        }
        let before = resident();
        let packed = Ears::load(&library, folder.path()).map_err(|e| missing(&e))?;
        println!(
            "the packed model takes {} MB of memory",
            resident().saturating_sub(before) / 1000
        );
        let mut stock = Ears::load(&library, &model).map_err(|e| missing(&e))?;
        stock
            .set_grammar(&engine.grammar().phrases)
            .map_err(|e| e.to_string())?;
        Ok(Self {
            engine,
            packed,
            stock,
            _folder: folder,
        })
    }

    /// What was said means; nothing where two readings are as likely and mean different things.
    fn meaning(&self, heard: &Utterance, context: &Context) -> (String, bool) {
        let of = |text: &str| meaning(&self.engine, text, context);
        let one = of(&heard.text);
        let differs = |other: String| other != one && !one.is_empty() && !other.is_empty();
        if heard.rivals().any(|rival| differs(of(rival))) {
            return (String::new(), true);
        }
        let found = heard.texts().map(of).find(|found| !found.is_empty());
        (found.unwrap_or_default(), false)
    }
}

/// Memory of this process in kB.
fn resident() -> usize {
    std::fs::read_to_string("/proc/self/status")
        .ok()
        .and_then(|text| {
            let line = text.lines().find(|line| line.starts_with("VmRSS:"))?;
            line.split_ascii_whitespace().nth(1)?.parse().ok()
        })
        .unwrap_or_default()
}

/// What became of the clips of one speaker.
#[derive(Clone, Copy, Debug, Default)]
struct Row {
    right: usize,
    asked: usize,
    unheard: usize,
    wrong: usize,
    talk: usize,
    accepted: usize,
}

impl Row {
    fn count(&mut self, expected: &str, got: &str, asked: bool) {
        match (expected.is_empty(), got.is_empty()) {
            (true, true) => self.talk += 1,
            (true, false) => self.accepted += 1,
            (false, _) if expected == got => self.right += 1,
            (false, true) if asked => self.asked += 1,
            (false, true) => self.unheard += 1,
            (false, false) => self.wrong += 1,
        }
    }

    fn print(&self, name: &str) {
        println!(
            "{name:24} {:5} {:5} {:7} {:5} {:5} of {}",
            self.right,
            self.asked,
            self.unheard,
            self.wrong,
            self.accepted,
            self.talk + self.accepted
        );
    }
}

/// One way of listening: rows by speaker, and the time it took.
#[derive(Debug, Default)]
struct Table {
    rows: BTreeMap<String, Row>,
    decode_ms: u64,
    audio_ms: u64,
}

impl Table {
    fn count(&mut self, speaker: &str, heard: &Utterance, expected: &str, got: &(String, bool)) {
        let row = self.rows.entry(speaker.to_owned()).or_default();
        row.count(expected, &got.0, got.1);
        self.decode_ms += u64::from(heard.decode_ms);
        self.audio_ms += u64::from(heard.audio_ms);
    }

    #[expect(clippy::cast_precision_loss)] // milliseconds of some clips
    fn print(&self, name: &str) {
        println!("{name:24} right asked unheard wrong talk taken for a command");
        for (speaker, row) in &self.rows {
            row.print(speaker);
        }
        println!(
            "{:24} {:.3}",
            "real-time factor",
            self.decode_ms as f64 / self.audio_ms.max(1) as f64
        );
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
    let (mut packed, mut stock) = (Table::default(), Table::default());
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
        let hear = |ears: &Ears| {
            ears.hear(wav.rate, &wav.samples)
                .map_err(|e| format!("{place}: {e}"))
        };
        let expected = meaning(&listener.engine, text, &context);
        commands += usize::from(!expected.is_empty());
        let speaker = path
            .parent()
            .and_then(Path::file_name)
            .map_or_else(String::new, |name| name.to_string_lossy().into_owned());
        let heard = hear(&listener.stock)?;
        stock.count(
            &speaker,
            &heard,
            &expected,
            &listener.meaning(&heard, &context),
        );
        let heard = hear(&listener.packed)?;
        let got = listener.meaning(&heard, &context);
        packed.count(&speaker, &heard, &expected, &got);
        tally.count(
            &place,
            &format!("{text:?} heard as {:?}", heard.text),
            &Json::from(expected.clone()),
            &if got.1 {
                Json::from("asked back")
            } else {
                Json::from(got.0.clone())
            },
            got.0 == expected,
        );
    }
    packed.print("packed for the home");
    stock.print("Vosk's own grammar");
    println!("{commands} of the texts are commands");
    Ok(())
}

/// What a text has the gateway do, several commands in their order; empty for nothing.
fn meaning(engine: &Engine, text: &str, context: &Context) -> String {
    let found = engine.understand_all(text, context, None);
    let commands: Vec<String> = found
        .into_iter()
        .flatten()
        .map(|one| command(&one))
        .collect();
    commands.join("; ")
}

/// Intent and slots as one text.
fn command(found: &Match) -> String {
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
