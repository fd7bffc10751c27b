//! A fuzzer for the files and streams that voice reads: sentence templates, graphs, Wyoming, wake words, the speech
//! worker's requests, recordings.
//!
//! The contract is that of the fuzzer of adverts: a seed gives the same run everywhere. Every input begins as
//! something good and is damaged; what a reader makes of it is an answer or an error, soon, never a
//! panic; an error of a file names the file. What was read must work: templates are compiled and matched,
//! graphs written and read again, wake words run.

use std::io::Cursor;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::{Duration, Instant};

use hearth::wyoming::event::{Event, Reader};
use hearth::wyoming::message::Message;
use intents::ear::wake::{Listener, WakeWord};
use intents::graph::fst::{Arc, Fst};
use intents::graph::source::Source;
use intents::graph::symbols::Symbols;
use intents::graph::{ngram, read, write};
use intents::sentences::Sentences;
use intents::voice::Wav;
use intents::{Area, Context, Engine, Entity, Home};

use super::Dice;

/// No input takes longer, on a slow machine.
const LONGEST: Duration = Duration::from_secs(20);

/// What is fuzzed: its name, and what makes and tries an input. True: it was read.
type Target = (&'static str, fn(&mut Fuzzer) -> Result<bool, String>);

/// All targets.
pub static TARGETS: &[Target] = &[
    ("template", Fuzzer::template),
    ("sentences", Fuzzer::sentences),
    ("graph", Fuzzer::graph),
    ("wyoming", Fuzzer::wyoming),
    ("wake", Fuzzer::wake),
    ("worker", Fuzzer::worker),
    ("wav", Fuzzer::wav),
];

/// Templates of every kind, to begin with.
static TEMPLATES: &[&str] = &[
    "[please] (turn|switch) on [<the>] {name} [now]",
    "(now;quickly;{area}) go",
    "set {name} to {level:brightness}[ ]%",
    "{0..100,10:step} (percent|%)",
    "light[s] [(in|on)] {area}에 <the> (a|b|[c [d|e]])",
    "play {item} on {@item} {item:@said}",
    "\\{ \\[ \\\\ l'{area}",
    "<a><the><a>",
];

static SENTENCES: &str = r#"
language: en
settings: {ignore_whitespace: false}
skip_words: [please, would you]
lists:
  level: {range: {from: 0, to: 100, step: 10}}
  heat: {range: {from: 5, to: 30, fractions: halves, multiplier: -1}}
  item: {wildcard: true}
  mood: {values: [{in: "(cosy|warm)", out: 1, context: {weather: rain}}, bright]}
expansion_rules:
  the: "(the|my)"
  a: "[a|an] <the>"
intents:
  A:
    data:
      - sentences: ["play {item} in [<the>] {area}", "<a> {mood} mood"]
        slots: {x: 1}
      - sentences: ["open {name}", "heat {heat}"]
        requires_context: {domain: [cover], area: {slot: true}}
        excludes_context: {weather: rain}
        required_keywords: [open]
  B:
    data:
      - sentences: ["<local> {own}"]
        expansion_rules: {local: "<the> own"}
        lists: {own: {values: [thing]}}
        response: done
responses: {intents: {A: {default: "{{ slots.item }}"}}}
"#;

static REQUESTS: &[&str] = &[
    "{\"type\":\"grammar\",\"phrases\":[\"침실 불 켜 줘\"]}\n",
    "{\"type\":\"start\",\"id\":1,\"rate\":16000,\"until_silence\":true,\"wake\":[\"x\"]}\n",
    "{\"type\":\"audio\",\"id\":1,\"bytes\":6}\nabcdef",
    "{\"type\":\"listen\",\"id\":2,\"device\":\"default\"}\n",
    "{\"type\":\"end\",\"id\":1}\n",
];

static EVENTS: &[&str] = &[
    "{\"type\":\"describe\"}\n",
    "{\"type\":\"audio-start\",\"data_length\":41}\n{\"rate\":16000,\"width\":2,\"channels\":1,\"x\":\"y\"}",
    "{\"type\":\"audio-chunk\",\"data\":{\"rate\":16000,\"width\":2,\"channels\":1},\"payload_length\":4}\nabcd",
    "{\"type\":\"run-pipeline\",\"data\":{\"start_stage\":\"wake\",\"end_stage\":\"tts\"}}\n",
    "{\"type\":\"transcribe\",\"data\":{\"language\":\"ko\"}}\n",
    "{\"type\":\"recognize\",\"data\":{\"text\":\"불 켜\",\"context\":{}}}\n",
    "{\"type\":\"detection\",\"data\":{\"name\":\"okay_nabu\",\"timestamp\":5}}\n",
];

/// The wake words of a folder, in the order of their names.
#[must_use]
pub fn models(folder: &std::path::Path) -> Vec<Vec<u8>> {
    let mut files: Vec<_> = std::fs::read_dir(folder)
        .into_iter()
        .flatten()
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|path| path.extension().is_some_and(|end| end == "tflite"))
        .collect();
    files.sort();
    files
        .iter()
        .filter_map(|file| std::fs::read(file).ok())
        .collect()
}

/// The fuzzer of files.
#[derive(Debug)]
pub struct Fuzzer {
    dice: Dice,
    /// Wake words as they are published, if there are any.
    models: Vec<Vec<u8>>,
}

impl Fuzzer {
    /// A fuzzer whose run `seed` determines; real wake-word `models` begin what is damaged.
    #[must_use]
    pub fn new(seed: u64, models: Vec<Vec<u8>>) -> Self {
        Self {
            dice: Dice(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1),
            models,
        }
    }

    /// Tries one input of a target; true when it was read.
    ///
    /// # Errors
    /// What is wrong: a panic, an answer that does not work, one that takes too long.
    pub fn step(&mut self, (name, target): &Target) -> Result<bool, String> {
        let before = self.dice.clone();
        let start = Instant::now();
        let tried = catch_unwind(AssertUnwindSafe(|| target(self)));
        let took = start.elapsed();
        let told = |what: String| format!("{name}, dice {before:?}: {what}");
        match tried {
            Err(_) => Err(told("it panicked".to_owned())),
            Ok(Err(wrong)) => Err(told(wrong)),
            Ok(Ok(_)) if took > LONGEST => Err(told(format!("it took {took:?}"))),
            Ok(Ok(read)) => Ok(read),
        }
    }

    /// Damages bytes: changes, removals, repeats, foreign pieces, cuts, numbers at their edges.
    fn damage(&mut self, bytes: &mut Vec<u8>, pieces: &[&[u8]]) {
        for _ in 0..1 + self.dice.below(4) {
            let at = self.dice.below(bytes.len() + 1);
            let end = at + self.dice.below(bytes.len() - at + 1).min(24);
            match self.dice.below(9) {
                0 | 1 if at < bytes.len() => bytes[at] = self.dice.byte(),
                2 if at < bytes.len() => bytes[at] ^= 1 << self.dice.below(8),
                3 => drop(bytes.drain(at..end)),
                4 => {
                    let again = bytes[at..end].to_vec();
                    for _ in 0..1 + self.dice.below(6) {
                        bytes.splice(at..at, again.iter().copied());
                    }
                }
                5 if !pieces.is_empty() => {
                    let piece = self.dice.of(pieces);
                    bytes.splice(at..at, piece.iter().copied());
                }
                6 => bytes.truncate(at),
                7 => {
                    let number = self
                        .dice
                        .of(&[0, 1, 0x7fff_ffff, 0x8000_0000, u32::MAX, 1 << 20]);
                    for (byte, new) in bytes[at..].iter_mut().zip(number.to_le_bytes()) {
                        *byte = new;
                    }
                }
                _ => {
                    let length = self.dice.below(12);
                    let new = self.dice.bytes(length);
                    bytes.splice(at..at, new);
                }
            }
            bytes.truncate(1 << 20);
        }
    }

    fn damaged_text(&mut self, text: &str) -> String {
        let mut bytes = text.as_bytes().to_vec();
        let pieces: &[&[u8]] = &[
            b"(",
            b")",
            b"[",
            b"]",
            b"{",
            b"}",
            b"<",
            b">",
            b"|",
            b";",
            b":",
            b"@",
            b"\\",
            b"..",
            b",",
            b" ",
            b"{0..9:x}",
            b"<the>",
            b"{name}",
            b"{item}",
            b"[a|b;c]",
            b"((((((((",
            b"-1",
            b"99999999999",
            "’".as_bytes(),
            "에".as_bytes(),
            "\u{301}".as_bytes(),
        ];
        self.damage(&mut bytes, pieces);
        String::from_utf8_lossy(&bytes).into_owned()
    }

    fn template(&mut self) -> Result<bool, String> {
        let template = self.dice.of(TEMPLATES);
        let template = self.damaged_text(template);
        match intents::template::parse(&template) {
            Err(error) if error.column == 0 || error.column > template.chars().count() + 1 => {
                Err(format!("{template:?}: an error in column {}", error.column))
            }
            Err(_) => Ok(false),
            Ok(node) => {
                let _ = intents::template::expand(&node, 100);
                let yaml = serde_json::json!({
                    "language": "en",
                    "lists": {"level": {"range": {"from": 0, "to": 100}}, "item": {"wildcard": true}},
                    "expansion_rules": {"the": "(the|my)", "a": "an <the>"},
                    "intents": {"A": {"data": [{"sentences": [template]}]}},
                });
                self.compiled(&yaml.to_string(), &template)
            }
        }
    }

    fn sentences(&mut self) -> Result<bool, String> {
        let text = self.damaged_text(SENTENCES);
        self.compiled(&text, "play pizza in my kitchen please")
    }

    /// Compiles sentences and has them recognise.
    fn compiled(&mut self, yaml: &str, like: &str) -> Result<bool, String> {
        let named = |error: String| {
            if error.contains("fuzz.yaml") {
                Ok(false)
            } else {
                Err(format!("an error that names no file: {error}"))
            }
        };
        let sentences = match Sentences::from_yaml("fuzz.yaml", yaml) {
            Ok(sentences) => sentences,
            Err(error) => return named(error.to_string()),
        };
        let mut engine = match Engine::of(&sentences, vec!["fuzz.yaml".to_owned()]) {
            Ok(engine) => engine,
            Err(error) => return named(error.to_string()),
        };
        engine.set_home(&Home {
            entities: vec![Entity {
                id: "light.lamp".to_owned(),
                name: "Lamp".to_owned(),
                domain: "light".to_owned(),
                area: Some("Kitchen".to_owned()),
                ..Entity::default()
            }],
            areas: vec![Area {
                name: "Kitchen".to_owned(),
                aliases: Vec::new(),
            }],
            floors: Vec::new(),
        });
        engine.set_tolerant(self.dice.below(2) == 0);
        let said = self.damaged_text(like);
        for sentence in [like, &said, "open lamp", "heat twenty point five"] {
            let context = Context {
                area: (self.dice.below(2) == 0).then(|| "Kitchen".to_owned()),
                more: Vec::new(),
            };
            if let Ok(found) = engine.recognize(sentence, &context) {
                for slot in &found.slots {
                    if let Some((from, to)) = slot.span
                        && sentence.get(from..to).is_none()
                    {
                        return Err(format!("{sentence:?}: slot {} at {from}..{to}", slot.name));
                    }
                }
            }
        }
        let _ = engine.letters();
        Ok(true)
    }

    fn graph(&mut self) -> Result<bool, String> {
        let mut fst = Fst::new();
        let states = 1 + self.dice.below(12);
        for _ in 0..states {
            for _ in 0..self.dice.below(4) {
                fst.push(Arc {
                    input: self.small(9),
                    output: self.small(9),
                    weight: 0.5,
                    next: self.small(states),
                });
            }
            let cost = self.dice.of(&[0.0, 1.5, f32::INFINITY]);
            fst.end_state(cost);
        }
        fst.start = Some(0);
        let symbols: Symbols = [(0, "<eps>"), (3, "불"), (4, "켜줘"), (8, "turn")]
            .into_iter()
            .map(|(label, word): (u32, &str)| (label, word.into()))
            .collect();
        let mut bytes = match self.dice.below(4) {
            0 => write::to_const(&fst, None),
            1 => write::to_const(&fst, Some(&symbols)),
            2 => write::to_vector(&fst, Some(&symbols)),
            _ => symbols.to_bytes(),
        };
        self.damage(
            &mut bytes,
            &[
                b"const",
                b"vector",
                b"ngram",
                b"olabel_lookahead",
                b"standard",
            ],
        );
        let source = || Source::new("fuzz.fst".to_owned(), bytes.as_slice());
        let pruned = read::read_pruned(|| Ok(source()), |label| label % 2 == 0);
        let _ = ngram::unigrams(&mut source());
        let _ = Symbols::read(&mut source());
        match (read::read(&mut source()), pruned) {
            (Ok((fst, symbols)), Ok(pruned)) => {
                for fst in [&fst, &pruned] {
                    let again = write::to_const(fst, symbols.as_ref());
                    let (back, _) =
                        read::read(&mut Source::new("again".to_owned(), again.as_slice()))
                            .map_err(|error| format!("what was read cannot be written: {error}"))?;
                    if back.len() != fst.len() || back.arc_count() != fst.arc_count() {
                        return Err("what was read is written otherwise".to_owned());
                    }
                }
                let _ = fst.connected();
                Ok(true)
            }
            (Err(error), _) if !error.to_string().contains("fuzz.fst") => {
                Err(format!("an error that names no file: {error}"))
            }
            _ => Ok(false),
        }
    }

    fn small(&mut self, below: usize) -> u32 {
        u32::try_from(self.dice.below(below)).unwrap_or(0)
    }

    fn wyoming(&mut self) -> Result<bool, String> {
        let mut bytes = Vec::new();
        for _ in 0..1 + self.dice.below(5) {
            bytes.extend(self.dice.of(EVENTS).as_bytes());
        }
        self.damage(
            &mut bytes,
            &[
                b"\n",
                b"{",
                b"\"payload_length\":",
                b"1e999",
                b"-1",
                b"4294967296",
                b"null",
                b"[[[[[[",
            ],
        );
        let mut reader = Reader::default();
        let mut rest = bytes.as_slice();
        let mut read = false;
        while !rest.is_empty() {
            let (piece, more) = rest.split_at(1 + self.dice.below(rest.len()));
            rest = more;
            reader.push(piece);
            loop {
                match reader.event() {
                    Ok(Some(event)) => {
                        read = true;
                        if let Ok(Some(message)) = Message::read(&event) {
                            let again: Event = message.event();
                            Message::read(&again).map_err(|error| format!("{again:?}: {error}"))?;
                        }
                    }
                    Ok(None) => break,
                    Err(_) => return Ok(read),
                }
            }
        }
        Ok(read)
    }

    fn wake(&mut self) -> Result<bool, String> {
        if self.models.is_empty() {
            let length = self.dice.below(400);
            self.models.push(self.dice.bytes(length));
        }
        let which = self.dice.below(self.models.len());
        let mut model = self.models.get(which).cloned().unwrap_or_default();
        self.damage(&mut model, &[b"TFL3"]);
        let Ok(word) = WakeWord::parse("fuzz", &model, None) else {
            return Ok(false);
        };
        let mut listener = Listener::new(std::sync::Arc::new(word));
        for loud in [0, 40, 127] {
            let _ = listener.accept(&[loud; 40]);
        }
        Ok(true)
    }

    fn worker(&mut self) -> Result<bool, String> {
        let mut bytes = Vec::new();
        for _ in 0..1 + self.dice.below(5) {
            bytes.extend(self.dice.of(REQUESTS).as_bytes());
        }
        self.damage(
            &mut bytes,
            &[
                b"\n",
                b"{",
                b"\"bytes\":",
                b"1e999",
                b"-1",
                b"4294967296",
                b"null",
                b"[[[[[[",
            ],
        );
        let (asked, sound) = intents::worker::requests_of(Cursor::new(bytes.clone()));
        if sound > bytes.len() {
            return Err(format!("{sound} bytes of sound out of {}", bytes.len()));
        }
        Ok(asked > 0)
    }

    fn wav(&mut self) -> Result<bool, String> {
        let mut bytes = b"RIFF\x34\0\0\0WAVEfmt \x10\0\0\0\x01\0\x01\0\x80\x3e\0\0\0\x7d\0\0\x02\0\x10\0data\x10\0\0\0".to_vec();
        let sound = self.dice.bytes(16);
        bytes.extend(sound);
        self.damage(&mut bytes, &[b"data", b"fmt ", b"LIST"]);
        let read = Wav::parse(&bytes);
        if let Ok(wav) = &read
            && wav.samples.len() > bytes.len()
        {
            return Err(format!(
                "{} samples out of {} bytes",
                wav.samples.len(),
                bytes.len()
            ));
        }
        Ok(read.is_ok())
    }
}
