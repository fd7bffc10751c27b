//! From a base to a home's graph, as a router makes it: with little memory, and with what was heard as the proof.

// A test that cannot set up its world ends with the reason.
#![expect(clippy::unwrap_used)]

use std::path::Path;
use std::process::Command;

use intents::voice::Wav;
use intents::worker::Ears;
use intents::{Context, Engine, Home};
use tests::places::{program, root, test_data};

/// kB of data that packing from a base may take: a router's share.
const MEMORY: u32 = 20 * 1024;

/// Runs `hearth voice pack` with so many kB of memory; what it printed.
fn pack(memory: Option<u32>, arguments: &[&Path], base: bool) -> String {
    let [model, home, out] = arguments else {
        unreachable!("three places")
    };
    let limit = memory.map_or_else(String::new, |kb| format!("ulimit -d {kb} && "));
    let output = Command::new("sh")
        .arg("-c")
        .arg(format!("{limit}exec \"$@\""))
        .arg("sh")
        .arg(program("hearth"))
        .args(["voice", "pack", "--language", "ko", "--model"])
        .arg(model)
        .arg("--home")
        .arg(home)
        .arg("--out")
        .arg(out)
        .args(base.then_some("--base"))
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    let wrong = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{said}{wrong}");
    said
}

/// Intent and slots of a sentence, or of the first of some readings that has any.
fn meaning<'t>(engine: &Engine, readings: impl IntoIterator<Item = &'t str>) -> String {
    match engine.understand(readings, &Context::default()) {
        Ok(found) => {
            let slots = found.slots.iter();
            let slots = slots.map(|slot| format!(" {}={}", slot.name, slot.value));
            found.intent.clone() + &slots.collect::<String>()
        }
        Err(reason) => format!("nothing: {reason}"),
    }
}

#[test]
fn a_router_packs_its_home_s_graph_from_a_base() {
    let (Some(model), Some(library)) = (test_data("vosk-ko"), test_data("vosk/libvosk.so")) else {
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    let base = folder.path().join("base");
    let home = root().join("tests/homes/speech-ko.json");

    // On a PC, once: the commonest words, and those of homes.
    let said = pack(None, &[&model, &home, &base], true);
    assert!(said.contains("in the base"), "{said}");
    let size = std::fs::metadata(base.join("graph/HCLr.fst"))
        .unwrap()
        .len();
    assert!(size < 20_000_000, "{size} bytes");

    // On a router, from the base alone; then a device is renamed to words that nobody foresaw.
    let first = folder.path().join("first");
    let said = pack(Some(MEMORY), &[&base, &home, &first], false);
    assert!(!said.contains("unknown"), "{said}");
    let text = std::fs::read_to_string(&home).unwrap();
    let renamed = folder.path().join("renamed.json");
    std::fs::write(&renamed, text.replacen("에어컨", "무지개 등대", 1)).unwrap();
    let second = folder.path().join("second");
    let said = pack(Some(MEMORY), &[&base, &renamed, &second], false);
    assert!(!said.contains("unknown"), "{said}");

    for (packed, home) in [(&first, &home), (&second, &renamed)] {
        let home: Home = serde_json::from_str(&std::fs::read_to_string(home).unwrap()).unwrap();
        let mut engine = Engine::new("ko").unwrap();
        engine.set_home(&home);
        let ears = Ears::load(&library, packed).unwrap();
        for (wav, text) in [
            ("bedroom-on.wav", "침실 불 켜 줘"),
            ("living-room-temperature.wav", "거실 온도 알려 줘"),
        ] {
            let bytes = std::fs::read(root().join("tests/audio").join(wav)).unwrap();
            let wav = Wav::parse(&bytes).unwrap();
            let heard = ears.hear(wav.rate, &wav.samples).unwrap();
            let meant = meaning(&engine, [text]);
            assert!(!meant.starts_with("nothing"), "{text}: {meant}");
            assert_eq!(meaning(&engine, heard.texts()), meant, "{}", heard.text);
        }
    }
}
